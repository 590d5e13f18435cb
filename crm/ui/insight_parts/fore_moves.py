"""The what-if on the open projects: how each plan and its likely date would move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _, language
from crm.insight.forecast import queries as forecasts
from crm.insight.whatif import queries
from crm.insight.whatif.queries import CasesSay, Ground, ItemNow, Move
from crm.insight.whatif.rules import Limit, Scenario
from crm.ui import links
from crm.ui.insight_parts.fore_words import on as likely
from crm.ui.project_parts import asking
from crm.ui.project_parts.rows import only_desk, only_phone
from crm.ui.words import NOTHING, plain
from crm.workdays.queries import calendar as calendar_of

PER_PAGE = 10
AT_ONCE = 50
WAITED_FOR = 25  # so many are computed without being asked for


def projects(actor: Actor, scenario: Scenario, item: ItemNow, said: CasesSay, today: date) -> None:
    """The section: a page of affected projects, and all of them on request."""
    st.subheader(_("在办项目"), anchor=False)
    with reading() as session:
        ids = queries.affected(session, actor, item.id)
    if not ids:
        st.markdown(plain(_("没有项目还要办这个事项。")))
        return
    st.markdown(plain(_("{n}个推进中的项目还要办这个事项。", n=f"{len(ids):,}")))
    if scenario.which is Limit.LEGAL and scenario.limit_changed and item.promised_limit is not None:
        st.caption(plain(_("节点计划按承诺时限编排，只改法定时限不会移动计划。")))
    base = _ground(actor, item, said, today)
    slot = f"_whatif:{today}:{scenario}"
    many = len(ids) > WAITED_FOR and slot not in st.session_state
    if many and st.button(_("全部测算"), icon=":material/calculate:", key="whatif-all"):
        st.session_state[slot] = _all(actor, ids, scenario, base, today)
        st.rerun()
    whole: list[Move] | None = st.session_state.get(slot)
    if whole is None and len(ids) <= WAITED_FOR:
        whole = _some(actor, ids, scenario, base, today)
    if whole is not None:
        _summary(whole)
        rows = sorted(whole, key=lambda m: (-(m.forecast_wd or 0), -(m.plan_wd or 0), m.project_id))
        start = (min(asking.page_asked(), -(-len(rows) // PER_PAGE)) - 1) * PER_PAGE
        shown: Sequence[Move] = rows[start : start + PER_PAGE]
    else:
        start = (min(asking.page_asked(), -(-len(ids) // PER_PAGE)) - 1) * PER_PAGE
        shown = _some(actor, ids[start : start + PER_PAGE], scenario, base, today)
    _listing(shown, today)
    asking.pages(len(ids), PER_PAGE)
    st.caption(
        plain(
            _(
                "“计划”按节点工期推算，“八成日期”按历史用时模拟。八成日期一栏是每件都做到新规则时的提前，"
                "照现在的实际用时则不变；减材料、先行承诺按上限计算。"
            )
        )
    )


def _ground(actor: Actor, item: ItemNow, said: CasesSay, today: date) -> Ground:
    with reading() as session:
        known = forecasts.history_now(session, calendar_of(session), today)
        return queries.ground(session, actor, item, said, known)


def _some(actor: Actor, ids: Sequence[int], scenario: Scenario, base: Ground, today: date) -> list[Move]:
    with reading() as session:
        return queries.moves(session, actor, ids, scenario, base, today)


def _all(actor: Actor, ids: Sequence[int], scenario: Scenario, base: Ground, today: date) -> list[Move]:
    """Every affected project, with the bar; leaving the page stops it and nothing is kept."""
    bar = st.progress(0.0, _("正在测算…"))
    found: list[Move] = []
    for start in range(0, len(ids), AT_ONCE):
        found += _some(actor, ids[start : start + AT_ONCE], scenario, base, today)
        done = min(start + AT_ONCE, len(ids))
        bar.progress(done / len(ids), _("已测算{a}/{b}项", a=done, b=len(ids)))
    bar.empty()
    return found


def _summary(rows: Sequence[Move]) -> None:
    plan = sorted(m.plan_wd for m in rows if m.plan_wd)
    likely = sorted(m.forecast_wd for m in rows if m.forecast_wd)
    new = sum(bool(m.new_critical) for m in rows)
    parts = [_("{n}项中，{k}项的计划移动", n=f"{len(rows):,}", k=f"{len(plan):,}")]
    if plan:
        parts.append(_("合计{total}个工作日", total=f"{sum(plan):+,}"))
    parts.append(_("{k}项的八成日期移动", k=f"{len(likely):,}"))
    if likely:
        parts.append(_("合计{total}个工作日", total=f"{sum(likely):+,}"))
    if new:
        parts.append(_("{k}项有新的关键节点", k=f"{new:,}"))
    comma, stop = (", ", ".") if language() == "en" else ("，", "。")
    st.markdown(f"**{plain(comma.join(parts) + stop)}** " + plain(_("（+为提前）")))
    if not plan and not likely:
        st.caption(
            plain(
                _(
                    "这个事项不在这些项目的最长线路上，或者计划已按新时限安排：改它省下办件的时间，但不提前项目。"
                )
            )
        )


def _moved(days: int | None) -> str:
    if days is None:
        return NOTHING
    if days == 0:
        return _("不变")
    return _("提前{n}个工作日", n=days) if days > 0 else _("推后{n}个工作日", n=-days)


def _listing(rows: Sequence[Move], today: date) -> None:
    with only_desk("whatif-projects"):
        frame = pd.DataFrame(
            {
                "name": [m.name for m in rows],
                "plan": [_moved(m.plan_wd) for m in rows],
                "likely": [_moved(m.forecast_wd) for m in rows],
                "before": [likely(m.before_on, today.year) for m in rows],
                "after": [likely(m.after_on, today.year) for m in rows],
                "new": ["、".join(m.new_critical) for m in rows],
                "eased": ["、".join(m.eased) for m in rows],
            }
        )
        event = st.dataframe(
            frame,
            key="whatif-projects",
            hide_index=True,
            height="content",
            on_select="rerun",
            selection_mode="single-cell",
            alt=_("项目的变化"),
            column_config={
                "name": st.column_config.TextColumn(_("项目"), width=200),
                "plan": st.column_config.TextColumn(_("计划"), width=112),
                "likely": st.column_config.TextColumn(_("八成日期"), width=112),
                "before": st.column_config.TextColumn(_("原八成日期"), width=105),
                "after": st.column_config.TextColumn(_("新八成日期"), width=105),
                "new": st.column_config.TextColumn(_("新的关键节点"), width=180),
                "eased": st.column_config.TextColumn(_("不再关键"), width=190),
            },
        )
        for cell in event["selection"]["cells"]:  # type: ignore[index]
            if cell[0] < len(rows):
                links.go("project", id=rows[cell[0]].project_id, tab="plan")
    with only_phone("whatif-projects"):
        for m in rows:
            with st.container(border=True, gap="xsmall"):
                links.link(f"**{plain(m.name)}**", "project", id=m.project_id, tab="plan")
                st.markdown(
                    plain(
                        _(
                            "计划{plan}，八成日期{likely}",
                            plan=_moved(m.plan_wd),
                            likely=_moved(m.forecast_wd),
                        )
                    )
                )
                said = [
                    _("新的关键节点：{what}", what="、".join(m.new_critical)) if m.new_critical else "",
                    _("不再关键：{what}", what="、".join(m.eased)) if m.eased else "",
                ]
                if any(said):
                    st.caption(plain("；".join(s for s in said if s)))
