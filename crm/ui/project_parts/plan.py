"""节点与审批: the plan as a chart and a table, the permits' clocks beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from crm.approvals.queries import CaseRow, cases_of_project, stops_of
from crm.core.access import Actor, Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.queries import MilestoneLine, ProjectCard, lateness, project_milestones
from crm.ui import gantt, links
from crm.ui.project_parts.boxes import box, open_box
from crm.ui.project_parts.milestone_forms import look_at, one
from crm.ui.project_parts.plan_forms import add, arrange
from crm.ui.project_parts.rows import light_cell, light_column, only_desk, only_phone
from crm.ui.show import empty, light
from crm.ui.words import NOTHING, day, plain
from models.vocabulary import CASE_STATE_LABELS, PARTY_LABELS, STAGE_LABELS, Party


def plan(actor: Actor, card: ProjectCard, today: date) -> None:
    """The tab."""
    with reading() as session:
        milestones = project_milestones(session, actor, card.id, today)
        cases = cases_of_project(session, actor, card.id, today)
        stops = stops_of(session, [c.id for c in cases])
    may_edit = Verb.MILESTONE_EDIT in card.may
    if may_edit:
        with st.container(horizontal=True):
            st.button(
                _("重排计划") if milestones else _("生成节点计划"),
                icon=":material/event_repeat:",
                type="secondary" if milestones else "primary",
                on_click=open_box,
                args=(f"make-plan-{card.id}",),
                key="open-plan",
            )
            if milestones:
                st.button(
                    _("添加节点"),
                    icon=":material/add:",
                    type="tertiary",
                    on_click=open_box,
                    args=(f"add-milestone-{card.id}",),
                    key="open-add",
                )
        box(f"make-plan-{card.id}", _("编排节点计划"), lambda: arrange(actor, card, today), width="large")
        box(f"add-milestone-{card.id}", _("添加节点"), lambda: add(actor, card, milestones, today))
    if not milestones:
        empty(
            _("还没有节点计划。可按项目类型从审批事项目录生成，顺排或从投产日期倒排。")
            if may_edit
            else _("还没有节点计划。")
        )
    told = _("节点计划与办件时钟的横道图，内容与下表相同")
    for narrow, where in ((False, only_desk("plan-chart")), (True, only_phone("plan-chart"))):
        chart = gantt.project_chart(milestones, cases, stops, today, narrow=narrow)
        if chart is not None:
            with where:
                st.vega_lite_chart(spec=chart, width="stretch", alt=told, key=f"plan-chart-{narrow}")
    if milestones:
        chosen = _table(milestones, today)
        if chosen is not None:
            st.dialog(plain(chosen.name), width="medium", position="right", on_dismiss=lambda: look_at(None))(
                lambda: one(actor, card, chosen, milestones, today, may_edit=may_edit)
            )()
    _cases(card, cases, today)


def _holder(m: MilestoneLine) -> str:
    """Who must act: the department by name where it is a department's step, as the papers say it."""
    by_department = m.waits_for is Party.DEPARTMENT and m.department
    return m.department if by_department else _(PARTY_LABELS[m.waits_for])


def _picked(rows: Sequence[MilestoneLine]) -> None:
    """A cell of the table was clicked: its row's milestone opens."""
    cells = st.session_state["milestone-table"]["selection"]["cells"]
    if cells and cells[0][0] < len(rows):
        look_at(rows[cells[0][0]].id)


def _table(milestones: Sequence[MilestoneLine], today: date) -> MilestoneLine | None:
    """The milestones as a table; returns the one asked for, from the row or the URL."""
    show_all = (
        st.toggle(_("显示不需要的节点"), key="show-inactive") if any(m.inactive for m in milestones) else True
    )
    rows = [m for m in milestones if show_all or not m.inactive]
    frame = pd.DataFrame(
        {
            "light": [light_cell(m.light) for m in rows],
            "name": [("★ " if m.critical and m.done_on is None else "") + m.name for m in rows],
            "stage": [_(STAGE_LABELS[m.stage]) for m in rows],
            "planned": [day(m.planned_on, year=today.year) for m in rows],
            "done": [day(m.done_on, year=today.year) if m.done_on else "" for m in rows],
            "late": [
                _("不需要") if m.inactive else _("已完成") if m.done_on else lateness(m.late_days, m.late_wd)
                for m in rows
            ],
            "ball": [_holder(m) for m in rows],
            "duration": [m.duration_wd for m in rows],
            "float": [NOTHING if m.float_wd is None else str(m.float_wd) for m in rows],
            "baseline": [day(m.baseline_on, year=today.year) for m in rows],
        }
    )
    with only_desk("milestones"):
        st.caption(plain(_("★ 为关键线路。点一行，可以调整日期或登记完成。")))
        st.dataframe(
            frame,
            key="milestone-table",
            hide_index=True,
            on_select=lambda: _picked(rows),
            selection_mode="single-cell",
            height="content",
            alt=_("节点清单"),
            column_config={
                "light": light_column(),
                "name": st.column_config.TextColumn(_("节点"), width=240),
                "stage": st.column_config.TextColumn(_("阶段"), width=110),
                "planned": st.column_config.TextColumn(_("计划完成"), width=120),
                "done": st.column_config.TextColumn(_("实际完成"), width=120),
                "late": st.column_config.TextColumn(_("期限"), width=130),
                "ball": st.column_config.TextColumn(_("由谁办理"), width=120),
                "duration": st.column_config.NumberColumn(_("工期（工作日）"), width=90),
                "float": st.column_config.TextColumn(_("机动"), width=60, alignment="right"),
                "baseline": st.column_config.TextColumn(_("最初计划"), width=120),
            },
        )
    with only_phone("milestones"):
        for m in rows:
            with st.container(border=True, gap="xsmall"):
                st.markdown(f"{light(m.light)} **{plain(m.name)}**")
                late = _("已完成") if m.done_on else lateness(m.late_days, m.late_wd)
                st.caption(
                    plain(
                        " · ".join(
                            p
                            for p in (
                                _("计划 {on}", on=day(m.planned_on, year=today.year)),
                                _("实际 {on}", on=day(m.done_on, year=today.year)) if m.done_on else "",
                                late,
                                _holder(m),
                            )
                            if p
                        )
                    )
                )
                st.button(
                    _("打开"),
                    type="tertiary",
                    key=f"milestone-{m.id}",
                    on_click=look_at,
                    args=(m.id,),
                )
    asked = str(st.query_params.get("milestone", ""))
    return next((m for m in rows if str(m.id) == asked), None)


def _cases(card: ProjectCard, cases: Sequence[CaseRow], today: date) -> None:
    """The permits' clocks in words; each opens its own page."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_("办件"), anchor=False)
        if Verb.CASE_EDIT in card.may:
            links.button(
                _("登记办件"),
                links.to("case", project=card.id),
                icon=":material/add:",
                type="tertiary",
                key="case-new",
            )
    if not cases:
        st.caption(plain(_("还没有登记办件。")))
    for c in cases:
        with st.container(border=True, gap="xsmall"):
            links.link(f"**{plain(c.item)}** {plain(c.case_no)}", "case", id=c.id)
            clock = c.clocks.committed
            parts = [c.department, _(CASE_STATE_LABELS[c.state])]
            if c.decided_on is not None:
                parts.append(_("{on}办结", on=day(c.decided_on, year=today.year)))
            elif clock is not None:
                if c.clocks.promised is not None:
                    parts.append(_("承诺 {on}", on=day(c.clocks.promised.due_on, year=today.year)))
                if c.clocks.legal is not None:
                    parts.append(_("法定 {on}", on=day(c.clocks.legal.due_on, year=today.year)))
                parts.append(_("已用{used}日，剩{left}日", used=clock.used, left=clock.left))
                if clock.stopped:
                    parts.append(_("不计时{n}日", n=clock.stopped))
            if c.clocks.provisional:
                parts.append(_("暂定"))
            st.markdown(f"{light(c.light)} {plain(' · '.join(p for p in parts if p))}")
