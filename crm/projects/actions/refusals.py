"""What the plan's actions refuse, in words: shared by making a plan and by changing one."""

from __future__ import annotations

from datetime import date

from crm.core import access
from crm.core.access import Actor, Verb
from crm.core.errors import NotAllowed, Problem, Refusal
from crm.core.i18n import _
from crm.projects import gates, plan_rules
from crm.workdays.rules import Calendar
from models import Milestone, Project
from models.vocabulary import Scope


def refuse_other_departments(actor: Actor, project: Project) -> None:
    """A handler changes whole plans only for projects his department leads."""
    if (
        access.scopes(actor, Verb.MILESTONE_EDIT) == {Scope.OWN_DEPARTMENT}
        and project.lead_department_id != actor.department_id
    ):
        raise NotAllowed(_("整体计划由项目专员或责任单位编排，您可以登记本部门节点的完成情况。"))


def refuse_waiving(actor: Actor, before: gates.ProjectFacts, after: gates.ProjectFacts) -> None:
    """Setting aside the only step that proves a requirement is overriding its gate."""
    waived = gates.newly_waived(before, after)
    if waived and not access.may(actor, Verb.STAGE_OVERRIDE):
        raise NotAllowed(
            _(
                "“{names}”是阶段门槛要求的事项，设为不需要须由督办办理。",
                names="、".join(_(r.label) for r in waived),
            )
        )


def check_promise(calendar: Calendar, planned_on: date, today: date) -> None:
    if planned_on < today:
        raise Refusal(Problem("planned_on", _("计划日期不能早于今天。")))
    if not calendar.is_workday(planned_on):
        raise Refusal(
            Problem(
                "planned_on",
                _(
                    "{day} 不是工作日，最近的工作日是 {next}。",
                    day=planned_on,
                    next=calendar.next_workday(planned_on),
                ),
            )
        )


def refuse_locked(milestone: Milestone) -> None:
    if milestone.done_on is not None:
        raise Refusal(
            _(
                "“{name}”已于 {day} 完成，日期已锁定；确需更正，请先写明原因撤销完成。",
                name=milestone.name,
                day=milestone.done_on,
            )
        )


def early_refusal(early: plan_rules.TooEarly) -> Refusal:
    return Refusal(
        Problem(
            "planned_on",
            _(
                "前置节点“{name}”在 {day} 才完成，本节点最早只能排到 {earliest}。",
                name=early.because,
                day=early.because_on,
                earliest=early.earliest,
            ),
        )
    )


def cycle_refusal(cycle: plan_rules.PlanCycle) -> Refusal:
    return Refusal(
        Problem(
            "prerequisites",
            _("前置关系绕成了圈：{path}。请去掉其中一条。", path=" → ".join(cycle.path)),
        )
    )
