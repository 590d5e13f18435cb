"""Making a plan and adding a step to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from crm.core.access import Actor
from crm.core.i18n import _
from crm.projects.actions import (
    add_milestone,
    make_plan,
    plan_choices,
    preview_plan,
)
from crm.projects.inputs import (
    DIRECTION_LABELS,
    AddMilestone,
    Direction,
    MakePlan,
)
from crm.projects.queries import MilestoneLine, ProjectCard
from crm.ui.forms import nonce, renew
from crm.ui.project_parts.boxes import close_box
from crm.ui.project_parts.milestone_forms import fields, pushed
from crm.ui.show import saved, speaking
from crm.ui.words import day, plain
from models.vocabulary import Party


def add(actor: Actor, card: ProjectCard, milestones: Sequence[MilestoneLine], today: date) -> None:
    form = f"add-{card.id}"
    names = {m.id: m.name for m in milestones}
    with st.form(f"{form}-{nonce(form)}", border=False):
        typed = fields(
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
            saved(_("已添加节点。"), project_id=card.id)
            st.rerun()


def arrange(actor: Actor, card: ProjectCard, today: date) -> None:
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
            saved(_("节点计划已编排。"), project_id=card.id)
            st.rerun()
