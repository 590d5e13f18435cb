"""One milestone beside the table: what it waits for, and every change of it previewed first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from crm.core.access import Actor, Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.actions import (
    edit_milestone,
    mark_done,
    move_milestone,
    preview_done,
    preview_move,
    reopen,
    set_inactive,
)
from crm.projects.actions.milestones import ShiftRow
from crm.projects.inputs import (
    MILESTONE_LABELS,
    EditMilestone,
    MarkDone,
    MilestoneFields,
    MoveMilestone,
)
from crm.projects.queries import MilestoneLine, ProjectCard, choices, lateness
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.project_parts.boxes import as_opened, forget_opened, saving
from crm.ui.show import light, saved, speaking
from crm.ui.words import day, plain
from models.vocabulary import PARTY_LABELS, STAGE_LABELS, Party, Stage


def look_at(milestone_id: int | None) -> None:
    """Which milestone is open beside the table; in the URL, so that it can be linked."""
    forget_opened("milestone-")
    if milestone_id is None:
        st.query_params.pop("milestone", None)
    else:
        st.query_params["milestone"] = str(milestone_id)


def one(
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
        _reopen(actor, card, m)
        return
    if m.inactive:
        _need(actor, card, m, needed=True)
        return
    done_tab, move_tab, edit_tab, need_tab = st.tabs(
        [_("登记完成"), _("调整日期"), _("修改节点"), _("设为不需要")], key=f"milestone-tabs-{m.id}"
    )
    opened = as_opened(f"milestone-{m.id}", m)
    with done_tab:
        _done(actor, card, m, opened, today)
    with move_tab:
        _move(actor, card, m, opened, today)
    with edit_tab:
        _edit(actor, card, m, opened)
    with need_tab:
        _need(actor, card, m, needed=False)
    if m.item_id is not None and Verb.CASE_EDIT in card.may:
        links.button(
            _("登记办件"),
            links.to("case", project=card.id, milestone=m.id),
            icon=":material/assignment_add:",
            key=f"case-{m.id}",
        )


def _done(actor: Actor, card: ProjectCard, m: MilestoneLine, opened: MilestoneLine, today: date) -> None:
    """The actual date; when it comes late, first what it makes impossible."""
    form = f"done-{m.id}"
    done_on = st.date_input(_("完成日期"), today, width=160, key=f"{form}-on-{nonce(form)}")
    with saving(f"milestone-{m.id}", m):
        pushed_on = preview_done(actor, m.id, done_on or today, today=today)
        if pushed_on:
            st.warning(
                plain(_("比计划晚，后续{n}个节点按现有工期已来不及：", n=len(pushed_on))),
                icon=":material/event_busy:",
            )
            shifts_table(pushed_on, today)
        with st.form(f"{form}-{nonce(form)}", border=False):
            evidence = st.text_input(_("依据（文号）"), max_chars=300, width=300, key=f"{form}-evidence")
            reason = (
                st.text_input(
                    _("后续节点推迟的原因"),
                    _("“{name}”晚于计划完成，后续顺延", name=m.name),
                    max_chars=300,
                    key=f"{form}-reason-{nonce(form)}",
                )
                if pushed_on
                else ""
            )
            with st.container(horizontal=True):
                push = bool(pushed_on) and st.form_submit_button(_("登记完成并重排后续节点"), type="primary")
                plainly = st.form_submit_button(
                    _("只登记完成") if pushed_on else _("登记完成"),
                    type="secondary" if pushed_on else "primary",
                )
        st.caption(plain(_("登记后日期锁定；更正须撤销并写明原因。")))
        if push or plainly:
            mark_done(
                actor,
                MarkDone(
                    milestone_id=m.id,
                    done_on=done_on or today,
                    evidence=evidence or "",
                    version=opened.version,
                    push_followers=push,
                    reason=(reason or "") if push else "",
                ),
                today=today,
            )
            renew(form)
            look_at(None)
            saved(
                _("“{name}”已登记完成，后续{n}个节点已顺延。", name=m.name, n=len(pushed_on))
                if push
                else _("“{name}”已登记完成。", name=m.name),
                project_id=card.id,
            )
            st.rerun()


def _move(actor: Actor, card: ProjectCard, m: MilestoneLine, opened: MilestoneLine, today: date) -> None:
    """First what else moves and by how much, then the button that says so."""
    form = f"move-milestone-{m.id}"
    planned_on = st.date_input(
        _("新的计划日期"),
        m.planned_on or today,
        width=180,
        key=f"{form}-on-{nonce(form)}",
    )
    if planned_on == m.planned_on or planned_on is None:
        st.caption(plain(_("选一个新日期，先看会带动哪些节点。")))
        return
    with saving(f"milestone-{m.id}", m):
        preview = preview_move(actor, m.id, planned_on, today=today)
        shifts_table(preview.shifts, today)
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
            look_at(None)
            saved(_("已调整{n}个节点。", n=len(preview.shifts)), project_id=card.id)
            st.rerun()


def shifts_table(shifts: Sequence[ShiftRow], today: date) -> None:
    """Which promises move, from when to when."""
    st.dataframe(
        pd.DataFrame(
            {
                _("节点"): [s.name for s in shifts],
                _("原计划"): [day(s.old, year=today.year) for s in shifts],
                _("新计划"): [
                    day(s.new, year=today.year) + (_("（暂定）") if s.provisional else "") for s in shifts
                ],
                _("变动"): [pushed(s.pushed_wd) for s in shifts],
            }
        ),
        hide_index=True,
        height="content",
        alt=_("会一起变动的节点"),
    )


def pushed(days: int | None) -> str:
    """推后3个工作日 / 提前2个工作日."""
    if days is None:
        return _("新安排")
    if days == 0:
        return _("不变")
    return _("推后{n}个工作日", n=days) if days > 0 else _("提前{n}个工作日", n=-days)


def _edit(actor: Actor, card: ProjectCard, m: MilestoneLine, opened: MilestoneLine) -> None:
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
        typed = fields(form, before)
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
            look_at(None)
            saved(_("节点已保存。"), project_id=card.id)
            st.rerun()


def fields(key: str, now: dict[str, object]) -> dict[str, object]:
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


def _need(actor: Actor, card: ProjectCard, m: MilestoneLine, *, needed: bool) -> None:
    form = f"need-{m.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        reason = st.text_input(_("原因"), max_chars=300, key=f"{form}-reason")
        pressed = st.form_submit_button(_("恢复这个节点") if needed else _("设为不需要"))
    if pressed:
        with speaking():
            set_inactive(actor, m.id, not needed, reason=reason or "")
            renew(form)
            look_at(None)
            saved(_("节点已恢复。") if needed else _("节点已设为不需要，不再提醒。"), project_id=card.id)
            st.rerun()


def _reopen(actor: Actor, card: ProjectCard, m: MilestoneLine) -> None:
    form = f"reopen-{m.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        reason = st.text_input(_("撤销完成的原因"), max_chars=300, key=f"{form}-reason")
        pressed = st.form_submit_button(_("撤销完成"))
    if pressed:
        with speaking():
            reopen(actor, m.id, reason=reason or "")
            renew(form)
            look_at(None)
            saved(_("已撤销完成。"), project_id=card.id)
            st.rerun()
