"""计划模板: the steps a new plan is made from, one project type at a time; a step is edited on its own screen."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from crm.core.access import Actor
from crm.core.db import reading
from crm.core.errors import Conflict
from crm.core.i18n import _
from crm.projects.actions import edit_plan_step
from crm.projects.inputs import PLAN_STEP_LABELS, EditPlanStep, PlanStepFields
from crm.projects.queries.templates import PlanStepRow, find_plan_step, plan_steps
from crm.ui import conflict, links
from crm.ui.forms import nonce, renew
from crm.ui.show import head, saved, speaking
from crm.ui.timeline import timeline
from crm.ui.words import NOTHING, plain
from models.vocabulary import PARTY_LABELS, PROJECT_TYPE_LABELS, STAGE_LABELS, Party, ProjectType, Stage

FIELDS = tuple(PlanStepFields.model_fields)


def all_steps(asked: str) -> None:
    """One template as a table; a click on a row opens the step."""
    types = list(ProjectType)
    kind = st.segmented_control(
        _("项目类型"),
        types,
        default=next((t for t in types if t.value == asked), types[0]),
        format_func=lambda t: _(PROJECT_TYPE_LABELS[t]),
        required=True,
        key="template-type",
    )
    with reading() as session:
        rows = plan_steps(session, kind or types[0])
    names = {r.code: r.name for r in rows}
    st.caption(plain(_("新编排的计划照此生成，已有计划不变。点一行可修改。")))
    picked = st.dataframe(
        pd.DataFrame(
            {
                _("编号"): [r.code for r in rows],
                _("步骤"): [r.name for r in rows],
                _("阶段"): [_(STAGE_LABELS[r.stage]) for r in rows],
                _("工期（工作日）"): [r.duration_wd for r in rows],
                _("等谁"): [_(PARTY_LABELS[r.waits_for]) for r in rows],
                _("前置步骤"): ["、".join(names.get(c, c) for c in r.prerequisites) or NOTHING for r in rows],
                _("可选"): [_("可选") if r.optional else "" for r in rows],
            }
        ),
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        key=f"template-{kind}",
        alt=_("计划模板"),
    )
    if picked.selection.rows:
        links.go("catalogue", step=rows[picked.selection.rows[0]].id)


def one_step(actor: Actor, step_id: int) -> None:
    with speaking():
        with reading() as session:
            row = find_plan_step(session, step_id)
            others = [s for s in plan_steps(session, row.project_type) if s.code != row.code]
        links.link(_("计划模板"), "catalogue", icon=":material/arrow_back:", template=row.project_type.value)
        head(row.name, f"{_(PROJECT_TYPE_LABELS[row.project_type])} · {row.code}")
        _edit(actor, row, {s.code: s.name for s in others})
        st.subheader(_("修改记录"), anchor=False)
        with reading() as session:
            timeline(session, actor, record="plan_step", record_id=row.id, key=f"step-{row.id}")


def _edit(actor: Actor, row: PlanStepRow, others: dict[str, str]) -> None:
    form = f"step-{row.id}"
    slot = f"_opened:{form}:{nonce(form)}"
    opened: PlanStepRow = st.session_state.setdefault(slot, row)
    before = {name: getattr(opened, name) for name in FIELDS}
    say = {name: _(text) for name, text in PLAN_STEP_LABELS.items()}

    def save(typed: dict[str, Any], base: dict[str, Any], version: int) -> None:
        with speaking(say):
            try:
                edit_plan_step(
                    actor,
                    EditPlanStep(
                        step_id=row.id,
                        version=version,
                        opened=PlanStepFields.model_construct(**base),
                        typed=PlanStepFields(**typed),
                    ),
                )
            except Conflict as clash:
                conflict.remember(form, clash)
                st.session_state[f"_typed:{form}"] = typed
                st.rerun()
            conflict.forget(form)
            st.session_state.pop(slot, None)
            renew(form)
            saved(_("步骤已保存；已有计划不变。"))
            st.rerun()

    waiting = conflict.pending(form)
    if waiting is not None:
        chosen = conflict.resolve(waiting, say, record="plan_step", key=form)
        if chosen is not None:
            save(
                st.session_state[f"_typed:{form}"] | chosen,
                before | {c.field: c.stored for c in waiting.clashes},
                waiting.stored_version,
            )
    with st.form(f"{form}-{nonce(form)}"):
        typed = _inputs(opened, others, say, f"{form}-{nonce(form)}")
        if st.form_submit_button(_("保存"), type="primary"):
            save(typed, before, opened.version)


def _inputs(row: PlanStepRow, others: dict[str, str], say: dict[str, str], key: str) -> dict[str, Any]:
    typed: dict[str, Any] = {
        "name": st.text_input(say["name"], row.name, max_chars=120, key=f"{key}-name") or ""
    }
    left, right = st.columns(2, wrap=True)
    stages, parties = list(Stage), list(Party)
    with left:
        typed["stage"] = st.selectbox(
            say["stage"],
            stages,
            index=stages.index(row.stage),
            format_func=lambda s: _(STAGE_LABELS[s]),
            key=f"{key}-stage",
        )
        typed["duration_wd"] = int(
            st.number_input(say["duration_wd"], 0, 2000, row.duration_wd, key=f"{key}-duration") or 0
        )
    with right:
        typed["waits_for"] = st.selectbox(
            say["waits_for"],
            parties,
            index=parties.index(row.waits_for),
            format_func=lambda p: _(PARTY_LABELS[p]),
            key=f"{key}-party",
        )
        typed["optional"] = st.checkbox(say["optional"], row.optional, key=f"{key}-optional")
    typed["prerequisites"] = tuple(
        st.multiselect(
            say["prerequisites"],
            list(others),
            default=[c for c in row.prerequisites if c in others],
            format_func=lambda c: f"{c} {others[c]}",
            placeholder=_("没有"),
            key=f"{key}-before",
        )
    )
    return typed
