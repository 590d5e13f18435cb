"""节点与审批: the plan, its chart with the permits' clocks, and every change of a promise previewed first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from crm.approvals.queries import CaseRow, cases_of_project, stops_of
from crm.core.access import Actor, Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.actions import (
    add_milestone,
    edit_milestone,
    make_plan,
    mark_done,
    move_milestone,
    plan_choices,
    preview_move,
    preview_plan,
    reopen,
    set_inactive,
)
from crm.projects.inputs import (
    DIRECTION_LABELS,
    MILESTONE_LABELS,
    AddMilestone,
    Direction,
    EditMilestone,
    MakePlan,
    MarkDone,
    MilestoneFields,
    MoveMilestone,
)
from crm.projects.queries import MilestoneLine, ProjectCard, choices, lateness, project_milestones
from crm.ui import gantt, links
from crm.ui.forms import nonce, renew
from crm.ui.project_parts.boxes import as_opened, box, close_box, forget_opened, open_box, saving
from crm.ui.project_parts.rows import light_cell, light_column, only_desk, only_phone
from crm.ui.show import empty, light, saved, speaking
from crm.ui.words import NOTHING, day, plain
from models.vocabulary import CASE_STATE_LABELS, PARTY_LABELS, STAGE_LABELS, Party, Stage


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
        box(f"make-plan-{card.id}", _("编排节点计划"), lambda: _make_plan(actor, card, today), width="large")
        box(f"add-milestone-{card.id}", _("添加节点"), lambda: _add(actor, card, milestones, today))
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
                st.altair_chart(chart, width="stretch", alt=told, key=f"plan-chart-{narrow}")
    if milestones:
        chosen = _table(milestones, today)
        if chosen is not None:
            st.dialog(
                plain(chosen.name), width="medium", position="right", on_dismiss=lambda: _look_at(None)
            )(lambda: _one(actor, card, chosen, milestones, today, may_edit=may_edit))()
    _cases(card, cases, today)


def _look_at(milestone_id: int | None) -> None:
    """Which milestone is open beside the table; in the URL, so that it can be linked."""
    forget_opened("milestone-")
    if milestone_id is None:
        st.query_params.pop("milestone", None)
    else:
        st.query_params["milestone"] = str(milestone_id)


def _picked(rows: Sequence[MilestoneLine]) -> None:
    """A cell of the table was clicked: its row's milestone opens."""
    cells = st.session_state["milestone-table"]["selection"]["cells"]
    if cells and cells[0][0] < len(rows):
        _look_at(rows[cells[0][0]].id)


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
            "ball": [m.department or _(PARTY_LABELS[m.waits_for]) for m in rows],
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
                                m.department or _(PARTY_LABELS[m.waits_for]),
                            )
                            if p
                        )
                    )
                )
                st.button(
                    _("打开"),
                    type="tertiary",
                    key=f"milestone-{m.id}",
                    on_click=_look_at,
                    args=(m.id,),
                )
    asked = str(st.query_params.get("milestone", ""))
    return next((m for m in rows if str(m.id) == asked), None)


def _one(
    actor: Actor,
    card: ProjectCard,
    m: MilestoneLine,
    milestones: Sequence[MilestoneLine],
    today: date,
    *,
    may_edit: bool,
) -> None:
    """One milestone: what it waits for, and its moves."""
    names = {each.id: each for each in milestones}
    late = lateness(m.late_days, m.late_wd)
    st.markdown(f"{light(m.light, late)} {plain(_('计划 {on}', on=day(m.planned_on, year=today.year)))}")
    before = [names[p] for p in m.prerequisites if p in names]
    if before:
        told = "、".join(f"{b.name}（{_('已完成') if b.done_on else _('未完成')}）" for b in before)
        st.caption(plain(_("前置：{what}", what=told)))
    if m.evidence or m.note:
        st.caption(plain(" · ".join(p for p in (m.evidence, m.note) if p)))
    if not may_edit:
        return
    if m.done_on is not None:
        _reopen(actor, m)
        return
    if m.inactive:
        _need(actor, m, needed=True)
        return
    done_tab, move_tab, edit_tab, need_tab = st.tabs(
        [_("登记完成"), _("调整日期"), _("修改节点"), _("设为不需要")], key=f"milestone-tabs-{m.id}"
    )
    opened = as_opened(f"milestone-{m.id}", m)
    with done_tab:
        _done(actor, m, opened, today)
    with move_tab:
        _move(actor, m, opened, today)
    with edit_tab:
        _edit(actor, m, opened)
    with need_tab:
        _need(actor, m, needed=False)
    if m.item_id is not None and Verb.CASE_EDIT in card.may:
        links.button(
            _("登记办件"),
            links.to("case", project=card.id, milestone=m.id),
            icon=":material/assignment_add:",
            key=f"case-{m.id}",
        )


def _done(actor: Actor, m: MilestoneLine, opened: MilestoneLine, today: date) -> None:
    form = f"done-{m.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            done_on = st.date_input(_("完成日期"), today, max_value=today, width=160, key=f"{form}-on")
            evidence = st.text_input(_("依据（文号）"), max_chars=300, width=300, key=f"{form}-evidence")
            pressed = st.form_submit_button(_("登记完成"), type="primary")
    st.caption(plain(_("登记后日期锁定；更正须撤销并写明原因。")))
    if pressed:
        with saving(f"milestone-{m.id}", m):
            mark_done(
                actor,
                MarkDone(milestone_id=m.id, done_on=done_on, evidence=evidence or "", version=opened.version),
                today=today,
            )
            renew(form)
            _look_at(None)
            saved(_("“{name}”已登记完成。", name=m.name))
            st.rerun()


def _move(actor: Actor, m: MilestoneLine, opened: MilestoneLine, today: date) -> None:
    """First what else moves and by how much, then the button that says so."""
    form = f"move-milestone-{m.id}"
    planned_on = st.date_input(
        _("新的计划日期"),
        m.planned_on or today,
        width=180,
        key=f"{form}-on-{nonce(form)}",
        min_value=today if (m.planned_on or today) >= today else None,
    )
    if planned_on == m.planned_on or planned_on is None:
        st.caption(plain(_("选一个新日期，先看会带动哪些节点。")))
        return
    with saving(f"milestone-{m.id}", m):
        preview = preview_move(actor, m.id, planned_on, today=today)
        st.dataframe(
            pd.DataFrame(
                {
                    _("节点"): [s.name for s in preview.shifts],
                    _("原计划"): [day(s.old, year=today.year) for s in preview.shifts],
                    _("新计划"): [
                        day(s.new, year=today.year) + (_("（暂定）") if s.provisional else "")
                        for s in preview.shifts
                    ],
                    _("变动"): [pushed(s.pushed_wd) for s in preview.shifts],
                }
            ),
            hide_index=True,
            height="content",
            alt=_("会一起变动的节点"),
        )
        with st.form(f"{form}-{nonce(form)}", border=False):
            reason = (
                st.text_input(_("原因（推迟须写明）"), max_chars=300, key=f"{form}-reason")
                if preview.needs_reason
                else ""
            )
            pressed = st.form_submit_button(_("确认调整{n}个节点", n=len(preview.shifts)), type="primary")
        if pressed:
            move_milestone(
                actor,
                MoveMilestone(
                    milestone_id=m.id, planned_on=planned_on, version=opened.version, reason=reason or ""
                ),
                today=today,
            )
            renew(form)
            _look_at(None)
            saved(_("已调整{n}个节点。", n=len(preview.shifts)))
            st.rerun()


def pushed(days: int | None) -> str:
    """推后3个工作日 / 提前2个工作日."""
    if days is None:
        return _("新安排")
    if days == 0:
        return _("不变")
    return _("推后{n}个工作日", n=days) if days > 0 else _("提前{n}个工作日", n=-days)


def _edit(actor: Actor, m: MilestoneLine, opened: MilestoneLine) -> None:
    form = f"edit-milestone-{m.id}"
    before = {
        "name": opened.name,
        "stage": opened.stage,
        "duration_wd": opened.duration_wd,
        "waits_for": opened.waits_for,
        "department_id": opened.department_id,
        "note": opened.note,
    }
    with st.form(f"{form}-{nonce(form)}", border=False):
        typed = _fields(form, before)
        pressed = st.form_submit_button(_("保存"), type="primary")
    if pressed:
        with saving(f"milestone-{m.id}", m, {n: _(t) for n, t in MILESTONE_LABELS.items()}):
            edit_milestone(
                actor,
                EditMilestone(
                    milestone_id=m.id,
                    version=opened.version,
                    opened=MilestoneFields.model_construct(**before),  # type: ignore[arg-type]
                    typed=MilestoneFields(**typed),  # type: ignore[arg-type]
                ),
            )
            renew(form)
            _look_at(None)
            saved(_("节点已保存。"))
            st.rerun()


def _fields(key: str, now: dict[str, object]) -> dict[str, object]:
    with reading() as session:
        departments = dict(choices(session).departments)
    say = {n: _(t) for n, t in MILESTONE_LABELS.items()}
    parties, stages = list(Party), list(Stage)
    name = st.text_input(say["name"], str(now["name"]), max_chars=120, key=f"{key}-name")
    left, right = st.columns(2, wrap=True)
    with left:
        stage = st.selectbox(
            say["stage"],
            stages,
            index=stages.index(
                Stage(int(str(now["stage"].value if isinstance(now["stage"], Stage) else now["stage"])))
            ),
            format_func=lambda s: _(STAGE_LABELS[s]),
            key=f"{key}-stage",
        )
        duration = st.number_input(
            say["duration_wd"], 0, 2000, int(str(now["duration_wd"])), key=f"{key}-duration"
        )
    with right:
        waits_for = st.selectbox(
            say["waits_for"],
            parties,
            index=parties.index(Party(str(now["waits_for"]))),
            format_func=lambda p: _(PARTY_LABELS[p]),
            key=f"{key}-party",
        )
        ids = list(departments)
        department = st.selectbox(
            say["department_id"],
            ids,
            index=ids.index(now["department_id"]) if now["department_id"] in departments else None,  # type: ignore[arg-type]
            format_func=lambda i: departments[i],
            placeholder=_("未填"),
            key=f"{key}-department",
        )
    note = st.text_input(say["note"], str(now["note"]), max_chars=1000, key=f"{key}-note")
    return {
        "name": name or "",
        "stage": stage,
        "duration_wd": int(duration or 0),
        "waits_for": waits_for,
        "department_id": department,
        "note": note or "",
    }


def _need(actor: Actor, m: MilestoneLine, *, needed: bool) -> None:
    form = f"need-{m.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        reason = st.text_input(_("原因"), max_chars=300, key=f"{form}-reason")
        pressed = st.form_submit_button(_("恢复这个节点") if needed else _("设为不需要"))
    if pressed:
        with speaking():
            set_inactive(actor, m.id, not needed, reason=reason or "")
            renew(form)
            _look_at(None)
            saved(_("节点已恢复。") if needed else _("节点已设为不需要，不再提醒。"))
            st.rerun()


def _reopen(actor: Actor, m: MilestoneLine) -> None:
    form = f"reopen-{m.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        reason = st.text_input(_("撤销完成的原因"), max_chars=300, key=f"{form}-reason")
        pressed = st.form_submit_button(_("撤销完成"))
    if pressed:
        with speaking():
            reopen(actor, m.id, reason=reason or "")
            renew(form)
            _look_at(None)
            saved(_("已撤销完成。"))
            st.rerun()


def _add(actor: Actor, card: ProjectCard, milestones: Sequence[MilestoneLine], today: date) -> None:
    form = f"add-{card.id}"
    names = {m.id: m.name for m in milestones}
    with st.form(f"{form}-{nonce(form)}", border=False):
        typed = _fields(
            f"{form}-{nonce(form)}",
            {
                "name": "",
                "stage": card.stage,
                "duration_wd": 5,
                "waits_for": Party.ENTERPRISE,
                "department_id": None,
                "note": "",
            },
        )
        planned_on = st.date_input(_("计划完成"), None, key=f"{form}-on-{nonce(form)}")
        before = st.multiselect(
            _("前置节点"), list(names), format_func=lambda i: names[i], key=f"{form}-before-{nonce(form)}"
        )
        pressed = st.form_submit_button(_("添加"), type="primary")
    if pressed:
        with speaking():
            add_milestone(
                actor,
                AddMilestone(project_id=card.id, planned_on=planned_on, prerequisites=tuple(before), **typed),  # type: ignore[arg-type]
                today=today,
            )
            renew(form)
            close_box()
            saved(_("已添加节点。"))
            st.rerun()


def _make_plan(actor: Actor, card: ProjectCard, today: date) -> None:
    """Choose the direction and the optional steps, see the plan as it would be, then write it."""
    with speaking():
        steps = plan_choices(actor, card.id)
        direction = st.radio(
            _("编排方式"),
            list(Direction),
            format_func=lambda d: _(DIRECTION_LABELS[d]),
            horizontal=True,
            key="plan-direction",
        )
        wanted = None
        if direction is None:
            return
        if direction is Direction.BACKWARD:
            wanted = st.date_input(
                _("要求投产日期"), card.fields["production_on"], key="plan-production", width=180
            )
            if wanted is None:
                st.info(plain(_("请先填写要求投产日期。")))
                return
        names = {s.code: s.name for s in steps}
        optional = [s.code for s in steps if s.optional and not s.done]
        include = st.multiselect(
            _("本项目需要的可选事项"),
            optional,
            default=[s.code for s in steps if s.optional and s.present and not s.done],
            format_func=lambda c: names.get(c, c),
            key="plan-include",
        )
        leave_out = st.multiselect(
            _("本项目不需要的事项"),
            [s.code for s in steps if not s.optional and not s.done],
            format_func=lambda c: names.get(c, c),
            key="plan-leave-out",
        )
        dropped = [s.code for s in steps if s.optional and s.present and not s.done and s.code not in include]
        form = MakePlan(
            project_id=card.id,
            direction=direction,
            production_on=wanted,
            include=tuple(include),
            leave_out=(*leave_out, *dropped),
        )
        preview = preview_plan(actor, form, today=today)
        told = _("最长线路{n}个工作日，排到 {end}。", n=preview.length_wd, end=day(preview.end_on))
        if preview.short_wd > 0:
            st.warning(plain(told + _("比要求的投产日期还差{n}个工作日。", n=preview.short_wd)))
        else:
            st.info(plain(told))
        if preview.provisional:
            st.caption(plain(_("跨入放假通知未公布的年份，有关日期为暂定。")))
        if preview.passed:
            st.caption(plain(_("早于当前阶段、视为已过的事项：{what}", what="、".join(preview.passed))))
        st.dataframe(
            pd.DataFrame(
                {
                    _("节点"): [("★ " if r.critical else "") + r.name for r in preview.rows],
                    _("工期"): [r.duration_wd for r in preview.rows],
                    _("开始"): [day(r.start_on, year=today.year) for r in preview.rows],
                    _("完成"): [day(r.done_on or r.finish_on, year=today.year) for r in preview.rows],
                    _("变动"): [_("已完成") if r.done_on else pushed(r.pushed_wd) for r in preview.rows],
                }
            ),
            hide_index=True,
            height=320,
            alt=_("计划预览"),
        )
        key = f"plan-{card.id}"
        with st.form(f"{key}-{nonce(key)}", border=False):
            reason = (
                st.text_input(_("原因（有节点推迟或时间不够，须写明）"), max_chars=300, key="plan-reason")
                if preview.needs_reason
                else ""
            )
            pressed = st.form_submit_button(_("采用这个计划"), type="primary")
        if pressed:
            make_plan(actor, form.model_copy(update={"reason": (reason or "").strip()}), today=today)
            renew(key)
            close_box()
            saved(_("节点计划已编排。"))
            st.rerun()


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
