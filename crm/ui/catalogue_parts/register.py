"""特殊环节登记簿: what is registered, what the cases did with it, and the cases behind each number."""

from __future__ import annotations

from datetime import date
from itertools import groupby

import pandas as pd
import streamlit as st

from crm.approvals import queries
from crm.approvals.queries.registry import (
    Measure,
    RegisterFilter,
    RegisterRow,
    RegisterSums,
    Use,
    outside,
    register_page,
    uses,
)
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.catalogue_parts import said
from crm.ui.project_parts import asking
from crm.ui.project_parts.rows import only_desk, only_phone
from crm.ui.show import empty
from crm.ui.words import NOTHING, day, plain
from models.vocabulary import PROCEDURE_KIND_LABELS, ProcedureKind

PER_PAGE = 25
OUTSIDE = "outside"
SHORT_LABELS: dict[Measure, str] = {
    Measure.OPENED: "启动",
    Measure.UNTOLD: "未告知",
    Measure.LATE: "启动迟",
    Measure.OVER: "超时长",
    Measure.AGAIN: "超次数",
}
MEASURE_LABELS: dict[Measure, str] = {
    Measure.OPENED: "启动",
    Measure.UNTOLD: "未书面告知",
    Measure.LATE: "启动超时",
    Measure.OVER: "超最长时限",
    Measure.AGAIN: "超次数",
}
EXPLAIN_LABELS: dict[Measure, str] = {
    Measure.OPENED: "近12个月启动的，和仍在进行的。",
    Measure.UNTOLD: "停表或须书面告知，却没有书面告知的；没有告知，时间照算。",
    Measure.LATE: "在登记的启动时限之后才启动的。",
    Measure.OVER: "超过登记的最长时限（没有登记的，按启动时的计划）的。",
    Measure.AGAIN: "在同一办件中用得比登记的次数多的。",
}


def asked() -> RegisterFilter:
    """What the URL asks for."""
    query = asking.query()
    kinds = {kind.value: kind for kind in ProcedureKind}
    department = query.get("department", "")
    return RegisterFilter(
        search=query.get("text", ""),
        department_id=int(department) if department.isascii() and department.isdigit() else None,
        kind=kinds.get(query.get("kind", "")),
        stops={"yes": True, "no": False}.get(query.get("stops", "")),
        doubtful_only=query.get("doubt") == "yes",
        measure={m.value: m for m in Measure}.get(query.get("measure", "")),
    )


def filters() -> None:
    with reading() as session:
        departments = queries.departments(session)
    with st.container(horizontal=True, vertical_alignment="center", key="register-bar"):
        with st.container(width=300):
            asking.text(_("搜索"), "text", placeholder=_("事项、环节、依据"))
        set_ = [n for n in ("department", "kind", "measure") if n in asking.query()]
        label = _("筛选（{n}）", n=len(set_)) if set_ else _("筛选")
        with st.popover(label, icon=":material/filter_list:", type="primary" if set_ else "secondary"):
            asking.choose(_("主管部门"), "department", {str(i): n for i, n in departments.items()})
            asking.choose(_("环节类别"), "kind", asking.words(PROCEDURE_KIND_LABELS))
            asking.choose(_("有这样的办件"), "measure", asking.words(MEASURE_LABELS))
        if set(asking.query()) - {"page"}:
            st.button(
                _("清除"),
                type="tertiary",
                icon=":material/close:",
                on_click=asking.clear,
                key="register-clear",
            )
    with st.container(horizontal=True, vertical_alignment="center"):
        asking.pick(_("计时"), "stops", {"yes": _("停表"), "no": _("不停表")})
        asking.pick(_("核对"), "doubt", {"yes": _("只看待核")})


def listed(actor: Actor, today: date) -> None:
    """The register: the sums in a sentence, each number a door; then item by item."""
    wanted = asked()
    with reading() as session:
        rows, sums = register_page(session, actor, today, wanted, page=asking.page_asked(), per_page=PER_PAGE)
        _unregistered, unregistered = outside(session, actor, today, per_page=1)
    filters()
    if not rows:
        empty(_("没有符合条件的特殊环节。"))
        return
    _sentence(sums, unregistered)
    with only_desk("register"):
        _table(rows)
    with only_phone("register"):
        for _item, found in groupby(rows, key=lambda r: r.row.item_id):
            _card(list(found))
    asking.pages(sums.entries, PER_PAGE, counted=False)


def _sentence(sums: RegisterSums, unregistered: int) -> None:
    st.markdown(
        plain(
            _(
                "{items}个事项登记了{entries}个特殊环节：{stops}个停表，{runs}个不停表；{doubt}个有内容待核。",
                items=sums.items,
                entries=sums.entries,
                stops=sums.stops,
                runs=sums.entries - sums.stops,
                doubt=sums.doubtful,
            )
        )
    )
    keep = {k: v for k, v in asking.query().items() if k not in ("page", "measure")}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(plain(_("近12个月：")))
        for measure in Measure:
            n = sums.counts[measure]
            links.button(
                f"{_(MEASURE_LABELS[measure])} {n}",
                links.to("register", **(keep | {"show": measure.value})),
                type="tertiary" if not n or measure is Measure.OPENED else "secondary",
                key=f"register-{measure.value}",
                help=_(EXPLAIN_LABELS[measure]),
            )
        links.button(
            _("登记簿以外启动 {n}", n=unregistered),
            links.to("register", show=OUTSIDE),
            type="secondary" if unregistered else "tertiary",
            key="register-outside",
            help=_("该事项的登记簿没有这一类环节，却在办件中启动了的。"),
        )


def _table(rows: list[RegisterRow]) -> None:
    numbers = {m: [r.counts[m] or None for r in rows] for m in Measure}
    frame = pd.DataFrame(
        {
            "item": [f"{r.row.item_code} {r.row.item}" for r in rows],
            "name": [r.row.entry.name for r in rows],
            "stops": [said.stop_word(r.row.entry) for r in rows],
            "basis": [r.row.entry.stop_basis or r.row.entry.basis for r in rows],
            "start": [r.row.entry.start_limit_wd for r in rows],
            "longest": [r.row.entry.longest_wd for r in rows],
            "times": [r.row.entry.times for r in rows],
            "notice": [_("须告知") if r.row.entry.notice_needed else "" for r in rows],
            "doubt": [_("待核") if r.row.doubtful else "" for r in rows],
            **{m.value: numbers[m] for m in Measure},
            "charged": [_("收费") if r.row.entry.charged else _("不收") for r in rows],
            "kind": [said.kind(r.row.entry) for r in rows],
            "department": [r.row.department for r in rows],
        }
    )

    def number(title: str, width: int, explain: str = "") -> object:
        return st.column_config.NumberColumn(title, width=width, help=explain or None)

    event = st.dataframe(
        frame,
        key=f"register-table-{asking.page_asked()}",
        hide_index=True,
        height="content",
        placeholder="",
        on_select="rerun",
        selection_mode="single-cell",
        alt=_("特殊环节登记簿，本页{n}个环节", n=len(rows)),
        column_config={
            "item": st.column_config.TextColumn(_("事项"), width=170),
            "name": st.column_config.TextColumn(_("环节"), width=100),
            "stops": st.column_config.TextColumn(_("计时"), width=58),
            "basis": st.column_config.TextColumn(_("依据"), width=116),
            "start": number(_("限启动"), 56, _("受理后几个工作日内启动")),
            "longest": number(_("最长"), 48, _("最长几个工作日")),
            "times": number(_("次数"), 48, _("每件最多几次")),
            "notice": st.column_config.TextColumn(_("告知"), width=58),
            "doubt": st.column_config.TextColumn(_("核对"), width=50),
            **{
                m.value: number(_(SHORT_LABELS[m]), 50 if m is Measure.OPENED else 58, _(EXPLAIN_LABELS[m]))
                for m in Measure
            },
            "charged": st.column_config.TextColumn(_("收费"), width=54),
            "kind": st.column_config.TextColumn(_("类别"), width=120),
            "department": st.column_config.TextColumn(_("主管部门"), width=170),
        },
    )
    for cell in event["selection"]["cells"]:  # type: ignore[index]
        if cell[0] < len(rows):
            found = rows[cell[0]]
            measure = {m.value: m for m in Measure}.get(str(cell[1]))
            if measure is not None and found.counts[measure]:
                links.go("register", show=measure.value, entry=found.row.id)
            links.go("item", id=found.row.item_id, tab="steps")


def _card(rows: list[RegisterRow]) -> None:
    """One item with its steps."""
    first = rows[0].row
    with st.container(border=True, gap="xsmall"):
        links.link(f"**{plain(f'{first.item_code} {first.item}')}**", "item", id=first.item_id, tab="steps")
        st.caption(plain(first.department))
        for found in rows:
            entry = found.row.entry
            st.markdown(said.entry_head(entry))
            limits = [
                _("受理后{n}启动", n=said.wd(entry.start_limit_wd))
                if entry.start_limit_wd is not None
                else "",
                _("最长{n}", n=said.wd(entry.longest_wd)) if entry.longest_wd is not None else "",
                _("每件{n}次", n=entry.times),
                _("须书面告知") if entry.notice_needed else "",
                entry.stop_basis,
            ]
            st.caption(plain(" · ".join(part for part in limits if part)))
            told = {m: n for m, n in found.counts.items() if n}
            if told:
                with st.container(horizontal=True, gap="small"):
                    for m, n in told.items():
                        links.button(
                            f"{_(MEASURE_LABELS[m])} {n}",
                            links.to("register", show=m.value, entry=found.row.id),
                            key=f"phone-{found.row.id}-{m.value}",
                        )


# --- the cases behind a number


def behind(actor: Actor, today: date, show: str, entry_id: int | None) -> None:
    """The procedures that a number counts, newest first; a row opens its case."""
    links.link(_("特殊环节登记簿"), "register", icon=":material/arrow_back:")
    measures = {m.value: m for m in Measure}
    page = asking.page_asked()
    with reading() as session:
        if show == OUTSIDE:
            rows, total = outside(session, actor, today, page=page, per_page=PER_PAGE)
        else:
            rows, total = uses(
                session,
                actor,
                today,
                measures[show],
                entry_id=entry_id,
                wanted=asked() if entry_id is None else None,
                page=page,
                per_page=PER_PAGE,
            )
    if show == OUTSIDE:
        title, explain = (
            _("登记簿以外启动的特殊环节"),
            _("该事项的登记簿没有这一类环节，却在办件中启动了的。"),
        )
    else:
        title = _("{measure}的特殊环节", measure=_(MEASURE_LABELS[measures[show]]))
        explain = _(EXPLAIN_LABELS[measures[show]])
        if entry_id is not None and rows:
            title = _(
                "{item} · {name}：{measure}",
                item=rows[0].item,
                name=rows[0].name,
                measure=_(MEASURE_LABELS[measures[show]]),
            )
    st.title(plain(title), anchor=False)
    st.caption(plain(_("共{n}次。{explain}", n=total, explain=explain)))
    if not rows:
        empty(_("没有这样的办件。"))
        return
    with only_desk("uses"):
        _uses_table(rows, today)
    with only_phone("uses"):
        for use in rows:
            _use_card(use, today)
    asking.pages(total, PER_PAGE, counted=False)


def _uses_table(rows: list[Use], today: date) -> None:
    def on(value: date | None) -> str:
        return day(value, year=today.year) if value else ""

    frame = pd.DataFrame(
        {
            _("办件"): [u.case_no for u in rows],
            _("项目/企业"): [u.whose for u in rows],
            _("事项"): [u.item for u in rows],
            _("环节"): [u.name or _(PROCEDURE_KIND_LABELS[u.kind]) for u in rows],
            _("启动"): [on(u.from_on) for u in rows],
            _("最迟启动"): [on(u.start_by_on) for u in rows],
            _("结束"): [on(u.to_on) or _("进行中") for u in rows],
            _("最迟结束"): [on(u.end_by_on) for u in rows],
            _("书面告知"): [on(u.told_on) or _("没有") for u in rows],
            _("第几次"): [u.nth for u in rows],
        }
    )
    event = st.dataframe(
        frame,
        key=f"uses-{asking.page_asked()}",
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-cell",
        alt=_("特殊环节，本页{n}次", n=len(rows)),
    )
    for cell in event["selection"]["cells"]:  # type: ignore[index]
        if cell[0] < len(rows):
            links.go("case", id=rows[cell[0]].case_id)


def _use_card(use: Use, today: date) -> None:
    with st.container(border=True, gap="xsmall"):
        links.link(f"**{plain(use.case_no)}**", "case", id=use.case_id)
        st.markdown(plain(f"{use.item} · {use.name or _(PROCEDURE_KIND_LABELS[use.kind])}"))
        parts = [
            _("启动{day}", day=day(use.from_on, year=today.year)),
            _("最迟启动{day}", day=day(use.start_by_on, year=today.year)) if use.start_by_on else "",
            _("结束{day}", day=day(use.to_on, year=today.year)) if use.to_on else _("进行中"),
            _("最迟结束{day}", day=day(use.end_by_on, year=today.year)) if use.end_by_on else "",
            _("告知{day}", day=day(use.told_on, year=today.year)) if use.told_on else _("没有书面告知"),
            use.whose if use.whose != NOTHING else "",
        ]
        st.caption(plain(" · ".join(part for part in parts if part)))
