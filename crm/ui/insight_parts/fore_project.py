"""A project's likely dates: one line on its page, and the explanation behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.insight.forecast.history_rules import Level
from crm.insight.forecast.queries import Kept, fresh, kept
from crm.insight.forecast.rules import (
    NO_FORECAST_LABELS,
    Forecast,
    Mover,
    NoForecast,
    Target,
)
from crm.projects.queries import ProjectCard
from crm.ui.insight_parts.fore_words import month, share, stands_behind, target
from crm.ui.insight_parts.fore_words import on as likely
from crm.ui.project_parts.boxes import box, open_box
from crm.ui.show import speaking
from crm.ui.words import NOTHING, day, plain
from models.vocabulary import ProjectStatus

_WHY = {
    ProjectStatus.SUSPENDED: NoForecast.SUSPENDED,
    ProjectStatus.TERMINATED: NoForecast.TERMINATED,
}


def forecast_line(actor: Actor, card: ProjectCard, today: date) -> None:
    """预计投产 2027年6月（八成把握): opens the explanation. A project not pursued says so in a sentence."""
    if card.status is not ProjectStatus.ACTIVE:
        why = _WHY.get(card.status)
        if why is not None:
            st.caption(plain(_("投产预测：{why}", why=_(NO_FORECAST_LABELS[why]))))
        return
    with reading() as session:
        rows = kept(session, actor, card.id)
    name = f"forecast-{card.id}"
    st.button(
        plain(_line(rows)),
        type="tertiary",
        icon=":material/event_upcoming:",
        key="open-forecast",
        on_click=_open,
        args=(name, card.id),
    )
    box(name, _("预计日期是怎样算出来的"), lambda: _explain(actor, card, rows, today), width="large")


def _open(name: str, project_id: int) -> None:
    st.session_state.pop(f"_afresh:{project_id}", None)
    open_box(name)


def _line(rows: Sequence[Kept]) -> str:
    if not rows:
        return _("预计投产日期：尚未测算")
    parts = []
    for row in rows:
        if row.target is Target.PRODUCTION:
            parts.append(_("预计投产 {month}（八成把握）", month=month(row.p80_on)))
        else:
            parts.append(
                _(
                    "预计取得{name} {month}（八成把握）",
                    name=row.basis.get("name", ""),
                    month=month(row.p80_on),
                )
            )
    return " · ".join(reversed(parts))


def _explain(actor: Actor, card: ProjectCard, rows: Sequence[Kept], today: date) -> None:
    slot = f"_afresh:{card.id}"
    if not rows:
        st.session_state[slot] = True
    if not st.session_state.get(slot):
        _dates(
            [(target(r.target, r.basis.get("name", "")), r.p50_on, r.p80_on, r.p95_on) for r in rows], today
        )
        st.caption(
            plain(
                _("{on}测算，模拟{n}次。", on=day(rows[0].made_on), n=f"{rows[0].basis.get('draws', 0):,}")
                + _provisional(any(r.basis.get("provisional") for r in rows))
            )
        )
        _movers(rows[-1].target, rows[-1].basis.get("name", ""), [Mover(**m) for m in rows[-1].movers])
        _levels([(Level(level), int(n)) for _code, level, n in rows[-1].basis.get("steps", [])])
        st.button(
            _("按今天的情况重新测算"),
            icon=":material/refresh:",
            key="forecast-afresh",
            on_click=lambda: st.session_state.update({slot: True}),
        )
        return
    with speaking():
        with reading() as session:
            _facts, made = fresh(session, actor, card.id, today)
        _fresh(made, today)


def _fresh(made: Forecast, today: date) -> None:
    """The forecast of this moment, with what stood behind every step."""
    for reached, on in made.reached:
        st.markdown(plain(_("{what}：已于{on}完成。", what=target(reached), on=day(on))))
    if made.why_not is not None:
        st.markdown(plain(_(NO_FORECAST_LABELS[made.why_not])))
        return
    _dates([(target(a.target, a.name), a.p50_on, a.p80_on, a.p95_on) for a in made.arrivals], today)
    st.caption(
        plain(
            _(
                "按今天（{on}）的节点和办件测算，模拟{n}次，未保存。",
                on=day(made.made_on),
                n=f"{made.draws:,}",
            )
            + _provisional(any(a.provisional for a in made.arrivals))
        )
    )
    last = made.arrivals[-1]
    _movers(last.target, last.name, last.movers)
    st.markdown(f"**{plain(_('每个节点的依据'))}**")
    frame = pd.DataFrame(
        [
            {
                "code": code,
                "behind": stands_behind(b.level, b.n),
                "half": b.left.quantile(0.5),
                "most": b.left.quantile(0.95),
                "note": _("已超过历史最长，按今天重新起算") if b.overran else "",
            }
            for code, b in made.behind.items()
        ]
    )
    names = {a.step.code: a.step.name for a in made.steps}
    frame.insert(0, "name", [names.get(c, c) for c in frame["code"]])
    st.dataframe(
        frame.drop(columns="code"),
        hide_index=True,
        height="content",
        alt=_("每个节点的依据"),
        column_config={
            "name": st.column_config.TextColumn(_("节点"), width=190),
            "behind": st.column_config.TextColumn(_("依据"), width=190),
            "half": st.column_config.NumberColumn(_("还需（中位）"), width=95),
            "most": st.column_config.NumberColumn(_("还需（九五成）"), width=105),
            "note": st.column_config.TextColumn(_("说明"), width=190),
        },
    )


def _provisional(value: bool) -> str:
    return _("跨入尚未公布放假安排的年份，日期为暂定。") if value else ""


def _dates(rows: Sequence[tuple[str, date, date, date]], today: date) -> None:
    """Half, eight in ten, nineteen in twenty: a line a target."""
    for name, half, most, nearly in rows:
        st.markdown(
            f"**{plain(name)}**  \n"
            + plain(
                _(
                    "五成把握 {a}，八成把握 {b}，九五成把握 {c}",
                    a=likely(half, today.year),
                    b=likely(most, today.year),
                    c=likely(nearly, today.year),
                )
            )
        )


def _movers(about: Target, name: str, movers: Sequence[Mover]) -> None:
    """The three steps that move the date most."""
    if not movers:
        return
    st.markdown(f"**{plain(_('最能左右“{what}”日期的节点', what=target(about, name)))}**")
    for mover in movers:
        parts = []
        if mover.share > 0:
            parts.append(_("占日期波动的{share}", share=share(mover.share)))
        parts.append(_("{share}的情形在最长线路上", share=share(mover.on_path)))
        parts.append(_("常见用时{n}个工作日", n=mover.usual_wd))
        if mover.sooner_wd > 0:
            parts.append(_("若按常见用时完成，八成把握的日期提前{n}个工作日", n=mover.sooner_wd))
        st.markdown(f"- **{plain(mover.name)}** {plain('，'.join(parts))}")


def _levels(steps: Sequence[tuple[Level, int]]) -> None:
    """How much history stood behind the steps, in one line."""
    if not steps:
        return
    parts = []
    for level in Level:
        counts = [n for found, n in steps if found is level]
        if not counts:
            continue
        parts.append(
            _("{n}个节点：{what}", n=len(counts), what=stands_behind(level, min(counts), max(counts)))
        )
    st.markdown(f"**{plain(_('依据'))}**  \n" + plain("；".join(parts) or NOTHING))
