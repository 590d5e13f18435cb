"""The plan templates: what a new plan of a project type is made from. Plans already made keep their steps."""

from __future__ import annotations

from sqlmodel import col, select

from crm.core import access
from crm.core.access import Actor, Verb
from crm.core.db import apply_changes, fetch, unit_of_work
from crm.core.errors import Problem, Refusal
from crm.core.i18n import _
from crm.projects import plan_rules
from crm.projects.actions.refusals import cycle_refusal
from crm.projects.inputs import EditPlanStep
from models import PlanStep


def edit_plan_step(actor: Actor, form: EditPlanStep) -> None:
    """Change one step of a template.

    Raises `Refusal` for a prerequisite that the template does not have, and for a circle, naming its
    path; `Conflict` when somebody else changed the same field since the form was opened.
    """
    access.require_all(actor, Verb.CATALOGUE_EDIT)
    with unit_of_work(actor, "projects.edit_plan_step") as session:
        row = fetch(session, PlanStep, form.step_id)
        typed = form.typed.model_dump()
        steps = {
            s.code: s
            for s in session.exec(select(PlanStep).where(col(PlanStep.project_type) == row.project_type))
        }
        typed["prerequisites"] = [c for c in steps if c in form.typed.prerequisites]
        unknown = [c for c in form.typed.prerequisites if c not in steps]
        if unknown:
            raise Refusal(
                Problem("prerequisites", _("这个模板中没有步骤 {codes}。", codes="、".join(unknown)))
            )
        opened = form.opened.model_dump()
        opened["prerequisites"] = list(form.opened.prerequisites)
        for values in (opened, typed):  # the same steps in another order are the same value
            if set(values["prerequisites"]) == set(row.prerequisites):
                values["prerequisites"] = list(row.prerequisites)
        apply_changes(row, opened, typed, form.version)
        try:
            plan_rules.graph_of(
                plan_rules.Step(s.code, s.name, s.duration_wd, tuple(s.prerequisites)) for s in steps.values()
            )
        except plan_rules.PlanCycle as cycle:
            raise cycle_refusal(cycle) from None
