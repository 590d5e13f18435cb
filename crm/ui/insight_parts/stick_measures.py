"""A reform measure on the screen: its finding, its before and after in plain sentences, and its next steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.insight.actions.measures import drop_measure, edit_measure, put_in_force
from crm.insight.inputs import (
    MEASURE_FIELD_LABELS,
    DropMeasure,
    EditMeasure,
    MeasureFields,
    PutInForce,
)
from crm.insight.measure_rules import MEASURE_STEP_LABELS, Change, MeasureStep, Verdict
from crm.insight.queries import measures
from crm.insight.queries.measures import Comparison, MeasureRow, MeasureView
from crm.insight.rules import FEW, MEASURE_LABELS, Measure, Months
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.insight_parts.stick_fields import fields, labels
from crm.ui.insight_parts.stick_words import middle, share, span
from crm.ui.project_parts.boxes import as_opened, box, close_box, forget_opened, open_box
from crm.ui.project_parts.rows import only_desk, only_phone
from crm.ui.show import saved, speaking
from crm.ui.words import NOTHING, day, moment, plain
from models.vocabulary import MEASURE_STATE_LABELS, MeasureState

_COLOURS = {MeasureState.PLANNED: "blue", MeasureState.IN_FORCE: "green", MeasureState.DROPPED: "gray"}
_ICONS = {
    MeasureState.PLANNED: ":material/schedule:",
    MeasureState.IN_FORCE: ":material/check_circle:",
    MeasureState.DROPPED: ":material/block:",
}


def badge(state: MeasureState) -> str:
    return f":{_COLOURS[state]}-badge[{_ICONS[state]} {_(MEASURE_STATE_LABELS[state])}]"


def when(row: MeasureRow, today: date) -> str:
    """The date that matters now: in force since, or due by, and how it stands."""
    if row.in_force_on is not None:
        return _("{day}起实施", day=day(row.in_force_on, year=today.year))
    if row.overdue:
        return _("应于{day}完成，已过期", day=day(row.due_on, year=today.year))
    return _("{day}前完成", day=day(row.due_on, year=today.year))


def listing(rows: Sequence[MeasureRow], today: date) -> None:
    """The list; a row opens its measure."""
    with only_desk("measures"):
        _table(rows, today)
    with only_phone("measures"):
        for row in rows:
            with st.container(border=True, gap="xsmall"):
                links.link(f"**{plain(row.title)}**", "measures", id=row.id)
                st.markdown(f"{badge(row.state)} {plain(when(row, today))}")
                st.caption(plain(" · ".join(p for p in (row.item, row.department, row.owner) if p)))


def _table(rows: Sequence[MeasureRow], today: date) -> None:
    frame = pd.DataFrame(
        {
            "title": [r.title for r in rows],
            "state": [_(MEASURE_STATE_LABELS[r.state]) for r in rows],
            "when": [when(r, today) for r in rows],
            "item": [r.item for r in rows],
            "department": [r.department for r in rows],
            "owner": [r.owner for r in rows],
        }
    )
    event: Any = st.dataframe(
        frame,
        key="measures-table",
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-cell",
        alt=_("改革举措，{n}项", n=len(rows)),
        column_config={
            "title": st.column_config.TextColumn(_("举措"), width=300),
            "state": st.column_config.TextColumn(_("状态"), width=80),
            "when": st.column_config.TextColumn(_("时间"), width=220),
            "item": st.column_config.TextColumn(_("事项"), width=200),
            "department": st.column_config.TextColumn(_("部门"), width=140),
            "owner": st.column_config.TextColumn(_("责任人"), width=90),
        },
    )
    for row, _column in event["selection"]["cells"]:
        if row < len(rows):
            links.go("measures", id=rows[row].id)


# --- one measure


def finding(view: MeasureView) -> None:
    """What was seen when it was made: kept as it was, with its periods."""
    kept = view.finding
    if not kept:
        st.caption(plain(_("不是从数据研判转来的，没有保存当时的数字。")))
        return
    now, before = kept["now"], kept["before"]
    measure = Measure(now["measure"])
    st.markdown(
        plain(
            _(
                "当时看到：{period}“{name}”{measure}中位{median}、九成不超过{p90}个工作日，合计{days}天（n={n}），超期{late}件；{compared}中位{was}（n={m}）。",
                period=_months(kept["period"]),
                name=kept["name"] or _("全部办件"),
                measure=_(MEASURE_LABELS[measure]),
                median=NOTHING if now["median"] is None else now["median"],
                p90=NOTHING if now["p90"] is None else now["p90"],
                days=f"{now['days']:,}",
                n=f"{now['n']:,}",
                late=f"{now['late'][0]:,}",
                compared=_months(kept["compared"]),
                was=NOTHING if before["median"] is None else before["median"],
                m=f"{before['n']:,}",
            )
        )
    )
    links.link(_("打开当时的视图"), "insight", icon=":material/query_stats:", **kept["view"])


def _months(pair: Sequence[str]) -> str:
    first, last = (date.fromisoformat(f"{m}-01") for m in pair)
    return span(Months(first, (last.year - first.year) * 12 + last.month - first.month + 1))


def before_after(view: MeasureView, found: Comparison | None) -> None:
    """The same season before and after, with n on both sides and what the interval says."""
    if found is None:
        st.info(plain(_("还没有实施。登记实施日期后，这里比较实施前后同一季节的办件。")))
        return
    if found.seasons is None:
        st.info(plain(_("实施后还没有过完一个整月，暂时无从比较。")))
        return
    seasons = found.seasons
    st.caption(
        plain(
            _(
                "实施后{after}，与一年前同样的月份{before}比；按办结月份计。",
                after=span(seasons.after),
                before=span(seasons.before),
            )
            + (_("其中{n}个月有一边没有办件，两边都不算。", n=len(found.dropped)) if found.dropped else "")
        )
    )
    for line in found.days:
        _verdict(_(MEASURE_LABELS[line.measure]), _days_sentence(line.change))
    if found.late is not None:
        _verdict(_("超期率"), _late_sentence(found.late.change))
    frame = pd.DataFrame(
        [
            {
                "name": _("{name}：中位 / 九成", name=_(MEASURE_LABELS[line.measure])),
                "before": middle(line.before),
                "m": f"{line.before.n:,}",
                "after": middle(line.after),
                "n": f"{line.after.n:,}",
            }
            for line in found.days
        ]
        + (
            [
                {
                    "name": _("超期率"),
                    "before": share(found.late.before),
                    "m": f"{found.late.before.whole:,}",
                    "after": share(found.late.after),
                    "n": f"{found.late.after.whole:,}",
                }
            ]
            if found.late
            else []
        )
    )

    def column(name: str, width: int) -> Any:
        return st.column_config.TextColumn(name, width=width, alignment="right")

    st.dataframe(
        frame,
        key="measure-sides",
        hide_index=True,
        height="content",
        alt=_("实施前后的数字"),
        column_config={
            "name": st.column_config.TextColumn(_("指标"), width=180),
            "before": column(_("前：{months}", months=span(seasons.before)), 170),
            "m": column(_("件数（前）"), 90),
            "after": column(_("后：{months}", months=span(seasons.after)), 170),
            "n": column(_("件数（后）"), 90),
        },
    )
    st.caption(
        plain(
            _(
                "天数的差是全部前后两两之差的中位数（霍奇斯-莱曼估计）及其95%区间；超期率的差用纽科姆区间。区间含零就写“看不出差别”，一边不足{n}件不下结论。同一时间的其他变化（收件多少、人手、别的改革）没有排除；实施前收件、实施后办结的办件也算在“后”里，会把差别冲淡。",
                n=FEW,
            )
        )
    )
    if found.counted.as_of is not None:
        st.caption(plain(_("统计截至{at}", at=moment(found.counted.as_of))))


def _verdict(name: str, says: str) -> None:
    st.markdown(f"- **{plain(name)}** {plain(says)}")


def _days_sentence(change: Change) -> str:
    if change.verdict is Verdict.TOO_FEW:
        return _too_few(change)
    if change.verdict is Verdict.NO_DIFFERENCE:
        low, high = _number(change.low), _number(change.high)
        return _("看不出差别：95%区间为{low}至{high}个工作日，含零。", low=low, high=high)
    size, between = _number(abs(change.estimate or 0)), _between(change, _number)
    if change.verdict is Verdict.LESS:
        return _("少了约{n}个工作日（95%区间：少{between}）。", n=size, between=between)
    return _("多了约{n}个工作日（95%区间：多{between}）。", n=size, between=between)


def _late_sentence(change: Change) -> str:
    if change.verdict is Verdict.TOO_FEW:
        return _too_few(change)
    if change.verdict is Verdict.NO_DIFFERENCE:
        low, high = _point(change.low), _point(change.high)
        return _("看不出差别：95%区间为{low}至{high}个百分点，含零。", low=low, high=high)
    size, between = _point(abs(change.estimate or 0)), _between(change, _point)
    if change.verdict is Verdict.LESS:
        return _("低了{n}个百分点（95%区间：低{between}）。", n=size, between=between)
    return _("高了{n}个百分点（95%区间：高{between}）。", n=size, between=between)


def _between(change: Change, write: Callable[[float], str]) -> str:
    """The interval without its sign, the smaller end first; one number when both ends are the same."""
    low, high = sorted(abs(end or 0) for end in (change.low, change.high))
    return write(low) if low == high else _("{a}至{b}", a=write(low), b=write(high))


def _too_few(change: Change) -> str:
    return _("样本少，不下结论（前{m}件，后{n}件）。", m=change.n_before, n=change.n_after)


def _number(value: float | None) -> str:
    """Days, halves only where there is one."""
    return f"{value or 0:g}".replace("-", "−")


def _point(value: float | None) -> str:
    """Percentage points, one decimal; never a difference rounded away to zero."""
    points = (value or 0) * 100
    text = f"{points:.1f}" if abs(points) >= 0.05 or points == 0 else f"{points:.2g}"
    return text.replace("-", "−")


# --- what may be done


def steps(actor: Actor, view: MeasureView, today: date) -> None:
    """The buttons of its next steps, each with its dialog."""
    primary = MeasureStep.PUT_IN_FORCE if MeasureStep.PUT_IN_FORCE in view.steps else None
    for step in view.steps:
        st.button(
            _(MEASURE_STEP_LABELS[step]),
            type="primary" if step is primary else "secondary",
            key=f"measure-{step.value}",
            on_click=open_box,
            args=(f"measure-{step.value}",),
        )
    bodies = {
        MeasureStep.EDIT: lambda: _edit(actor, view, today),
        MeasureStep.PUT_IN_FORCE: lambda: _put_in_force(actor, view, today),
        MeasureStep.DROP: lambda: _drop(actor, view),
    }
    for step in view.steps:
        box(f"measure-{step.value}", _(MEASURE_STEP_LABELS[step]), bodies[step])


def _words() -> dict[str, str]:
    return labels(MEASURE_FIELD_LABELS)


def _edit(actor: Actor, view: MeasureView, today: date) -> None:
    form = f"measure-edit-{view.row.id}"
    opened, version = as_opened(form, (_stored(view), view.version))
    with reading() as session:
        choices = (measures.items(session), measures.departments(session), measures.owners(session))
    key = f"{form}-{nonce(form)}"
    with st.form(key, border=False, enter_to_submit=False):
        typed = fields(key, opened, choices)
        pressed = st.form_submit_button(_("保存"), type="primary")
    if pressed:
        with speaking(_words()):
            edit_measure(
                actor,
                EditMeasure(
                    measure_id=view.row.id,
                    version=version,
                    opened=MeasureFields(**opened),
                    typed=MeasureFields(**typed),
                ),
                today=today,
            )
            _done(form, _("已保存。"))


def _stored(view: MeasureView) -> Mapping[str, Any]:
    return {
        "title": view.row.title,
        "item_id": view.item_id,
        "department_id": view.department_id,
        "text": view.text,
        "owner_id": view.owner_id,
        "due_on": view.row.due_on,
    }


def _put_in_force(actor: Actor, view: MeasureView, today: date) -> None:
    form = f"measure-force-{view.row.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        on = st.date_input(_("实施日期"), today, key=f"{form}-on")
        note = st.text_input(
            _("说明"), max_chars=500, placeholder=_("文号或实施范围，可不填"), key=f"{form}-note"
        )
        pressed = st.form_submit_button(_("登记实施"), type="primary")
    if pressed:
        with speaking(_words()):
            put_in_force(
                actor, PutInForce(measure_id=view.row.id, in_force_on=on, note=note or ""), today=today
            )
            _done(form, _("已登记实施；过完一个整月后可看前后比较。"))


def _drop(actor: Actor, view: MeasureView) -> None:
    form = f"measure-drop-{view.row.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        reason = st.text_input(_("理由"), max_chars=500, key=f"{form}-reason")
        pressed = st.form_submit_button(_("放弃这项举措"), type="primary")
    if pressed:
        with speaking(_words()):
            drop_measure(actor, DropMeasure(measure_id=view.row.id, reason=reason or ""))
            _done(form, _("已放弃。"))


def _done(form: str, message: str) -> None:
    renew(form)
    forget_opened(form)
    close_box()
    saved(message)
    st.rerun()
