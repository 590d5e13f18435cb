"""Moving a project through its stages, and suspending, ending or taking it up again.

Every path (page, board, bulk edit, import) comes through `move_in`, so that one gate table decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from crm.core import access
from crm.core.access import Actor, Verb
from crm.core.db import unit_of_work
from crm.core.errors import Conflict, CrmError, FieldClash, Problem, Refusal
from crm.core.i18n import _
from crm.projects import gates, rules
from crm.projects.facts import facts_of, plan_of, project_to_change
from crm.projects.inputs import ConfirmFact, MoveStage, SetStatus
from models import GateFact, Project, StageMove
from models.vocabulary import STAGE_LABELS, STATUS_REASON_LABELS, Stage


@dataclass(frozen=True)
class MoveOutcome:
    """What a bulk move did with one project. `problems` is empty when it moved."""

    project_id: int
    name: str
    moved: bool
    problems: tuple[Problem, ...] = ()


def move_stage(actor: Actor, form: MoveStage, *, today: date) -> int:
    """Move one project to a stage; returns the id of the move.

    Raises `Refusal` with everything that is missing at once, for all stages a jump passes. Going
    back needs a reason and no fields; overriding needs its own permission and a reason, and records
    what was walked past. `Conflict` when the stage is no longer the one the form showed.
    """
    access.require(actor, Verb.STAGE_MOVE)
    with unit_of_work(actor, "projects.move_stage", reason=form.note) as session:
        project = project_to_change(session, actor, Verb.STAGE_MOVE, form.project_id)
        return move_in(session, actor, project, form, today=today)


def move_many(
    actor: Actor, project_ids: Iterable[int], to_stage: Stage, *, moved_on: date, note: str = "", today: date
) -> list[MoveOutcome]:
    """Move several projects, each by itself through the same gate; one that may not stays where it is."""
    access.require(actor, Verb.STAGE_MOVE)
    outcomes = []
    for project_id in dict.fromkeys(int(p) for p in project_ids):
        name = ""
        try:
            with unit_of_work(actor, "projects.move_stage", reason=note) as session:
                project = project_to_change(session, actor, Verb.STAGE_MOVE, project_id)
                name = project.name
                form = MoveStage(project_id=project_id, to_stage=to_stage, moved_on=moved_on, note=note)
                move_in(session, actor, project, form, today=today)
            outcomes.append(MoveOutcome(project_id, name, True))
        except Refusal as refusal:
            outcomes.append(MoveOutcome(project_id, name, False, refusal.problems))
        except CrmError as error:
            outcomes.append(MoveOutcome(project_id, name, False, (Problem("", str(error)),)))
    return outcomes


def move_in(session: Session, actor: Actor, project: Project, form: MoveStage, *, today: date) -> int:
    """The move itself, inside the caller's transaction. The caller has checked scope."""
    if form.from_stage is not None and form.from_stage != project.stage:
        raise Conflict(
            _(
                "您打开页面后，有人已把项目移到“{stage}”。请刷新后再试。",
                stage=_(STAGE_LABELS[project.stage]),
            ),
            [FieldClash("stage", form.from_stage, project.stage, form.to_stage)],
            project.version,
        )
    if form.override:
        access.require(actor, Verb.STAGE_OVERRIDE)
    problems = _move_problems(project, form, today)
    missing = gates.missing_for(facts_of(session, project), form.to_stage)
    if missing and not form.override:
        problems += [requirement_problem(r) for r in missing]
    if problems:
        raise Refusal(*problems)
    move = StageMove(
        project_id=project.id or 0,
        from_stage=project.stage,
        to_stage=form.to_stage,
        moved_on=form.moved_on,
        user_id=actor.user_id,
        note=form.note,
        overridden=bool(missing),
        missing=[r.code for r in missing],
    )
    session.add(move)
    project.stage = form.to_stage
    project.stage_entered_on = form.moved_on
    session.flush()
    return move.id or 0


def requirement_problem(requirement: gates.Requirement) -> Problem:
    """A missing requirement as a message: for which stage, what, and how to supply it."""
    return Problem(
        requirement.field or requirement.code,
        _(
            "进入“{stage}”还差：{label}。{supply}",
            stage=_(STAGE_LABELS[requirement.stage]),
            label=_(requirement.label),
            supply=_(requirement.supply),
        ),
    )


def _move_problems(project: Project, form: MoveStage, today: date) -> list[Problem]:
    """What is wrong with the move apart from the gate."""
    problems = []
    if not rules.may_move_stage(project.status):
        problems.append(Problem("status", _("项目已暂停、终止或办结，不能变更阶段，请先恢复推进。")))
    if form.to_stage == project.stage:
        problems.append(Problem("to_stage", _("项目已经处于这个阶段。")))
    if rules.in_future(form.moved_on, today):
        problems.append(Problem("moved_on", _("进入日期不能晚于今天。")))
    if project.stage_entered_on and form.moved_on < project.stage_entered_on:
        problems.append(
            Problem(
                "moved_on",
                _("进入日期不能早于进入当前阶段的日期 {day}。", day=project.stage_entered_on),
            )
        )
    if form.to_stage < project.stage and not form.note:
        problems.append(Problem("note", _("退回以前的阶段，请写明原因。")))
    if form.override and not form.note:
        problems.append(Problem("note", _("越过门槛推进，请写明原因。")))
    return problems


def confirm_fact(actor: Actor, form: ConfirmFact, *, today: date) -> int:
    """Vouch for something no other record proves, with its evidence; again replaces the earlier word.

    Refused for a fact of the register, and for an open step of the project's own plan: that has its date.
    """
    access.require(actor, Verb.PROJECT_EDIT)
    if form.code not in gates.confirmable_codes():
        raise Refusal(Problem("code", _("这一项不能用确认代替，请按提示补充资料。")))
    if rules.in_future(form.confirmed_on, today):
        raise Refusal(Problem("confirmed_on", _("日期不能晚于今天。")))
    with unit_of_work(actor, "projects.confirm_fact") as session:
        project = project_to_change(session, actor, Verb.PROJECT_EDIT, form.project_id)
        step = plan_of(session, project.id or 0).milestones.get(form.code)
        if step is not None and step.done_on is None and not step.inactive:
            raise Refusal(
                Problem("code", _("节点计划中已有“{name}”，请直接登记它的完成日期。", name=step.name))
            )
        fact = _fact(session, project, form.code)
        if fact is None:
            fact = GateFact(project_id=project.id or 0, code=form.code, confirmed_on=form.confirmed_on)
            session.add(fact)
        fact.confirmed_on, fact.evidence = form.confirmed_on, form.evidence
        session.flush()
        return fact.id or 0


def withdraw_fact(actor: Actor, project_id: int, code: str, *, reason: str) -> None:
    """Take a confirmation back. Needs a reason; the stage already reached stays."""
    access.require(actor, Verb.PROJECT_EDIT)
    if not reason.strip():
        raise Refusal(Problem("reason", _("撤销确认，请写明原因。")))
    with unit_of_work(actor, "projects.withdraw_fact", reason=reason.strip()) as session:
        project = project_to_change(session, actor, Verb.PROJECT_EDIT, project_id)
        fact = _fact(session, project, code)
        if fact is None:
            raise Refusal(_("这一项没有确认记录。"))
        session.delete(fact)


def _fact(session: Session, project: Project, code: str) -> GateFact | None:
    return session.exec(
        select(GateFact).where(col(GateFact.project_id) == project.id, col(GateFact.code) == code)
    ).first()


def set_status(actor: Actor, form: SetStatus, *, today: date) -> None:
    """Suspend, end, complete or take a project up again. The stage stays; the reason is kept.

    Raises `Refusal`: no reason, "other" without words, a status that cannot follow or does not fit the stage.
    """
    access.require(actor, Verb.STAGE_MOVE)
    with unit_of_work(actor, "projects.set_status", reason=form.text) as session:
        project = project_to_change(session, actor, Verb.STAGE_MOVE, form.project_id)
        facts = rules.StatusFacts(project.status, project.stage, form.status, form.reason, form.text)
        problems = [Problem(field, _(says)) for field, says in rules.status_refusals(facts)]
        if rules.in_future(form.on, today):
            problems.append(Problem("on", _("日期不能晚于今天。")))
        if problems or form.reason is None:
            raise Refusal(*problems)
        label = _(STATUS_REASON_LABELS[form.reason])
        project.status = form.status
        project.status_reason = _("{reason}：{text}", reason=label, text=form.text) if form.text else label
        project.status_on = form.on
