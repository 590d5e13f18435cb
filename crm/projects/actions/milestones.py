"""Changing a project's plan: move a promise, mark what is done, change what comes before what.

`preview_move` reads and computes; `move_milestone` computes the same again inside its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from crm.approvals.actions import on_granted
from crm.core import access
from crm.core.access import Actor, Verb
from crm.core.db import apply_changes, fetch, reading, unit_of_work
from crm.core.errors import Conflict, FieldClash, Problem, Refusal
from crm.core.i18n import _
from crm.projects import plan_rules, rules
from crm.projects.actions.refusals import (
    check_promise,
    cycle_refusal,
    early_refusal,
    refuse_locked,
    refuse_other_departments,
    refuse_waiving,
)
from crm.projects.facts import (
    PlanOf,
    facts_of,
    links_of,
    milestone_in_scope,
    plan_of,
    project_to_change,
)
from crm.projects.inputs import AddMilestone, EditMilestone, MarkDone, MoveMilestone
from crm.workdays.queries import calendar as calendar_of
from crm.workdays.rules import Calendar
from models import Case, Department, Milestone, MilestoneLink, Project

# What happened at these milestones is also a date of the project itself.
ACTUAL_OF_CODE = {"P41": "started_on", "P54": "finished_on", "P69": "produced_on"}


@dataclass(frozen=True)
class ShiftRow:
    """One promise that moves: from `old` to `new`, `pushed_wd` working days (negative: earlier)."""

    milestone_id: int
    code: str
    name: str
    old: date | None
    new: date
    pushed_wd: int | None
    provisional: bool


@dataclass(frozen=True)
class MovePreview:
    """What moving one promise would do: the milestone itself first. Nothing is written."""

    shifts: tuple[ShiftRow, ...]
    needs_reason: bool


# ── Moving a promise ────────────────────────────────────────────────────────────────


def preview_move(actor: Actor, milestone_id: int, planned_on: date, *, today: date) -> MovePreview:
    """What else would move, and by how many working days, if this promise moved. Nothing is written."""
    access.require(actor, Verb.MILESTONE_EDIT)
    with reading() as session:
        milestone, project = milestone_in_scope(session, actor, Verb.MILESTONE_EDIT, milestone_id)
        plan = plan_of(session, project.id or 0)
        shifts = _shifts(session, plan, milestone, planned_on, today)
        return MovePreview(shifts, _pushes_later(shifts))


def move_milestone(actor: Actor, form: MoveMilestone, *, today: date) -> tuple[ShiftRow, ...]:
    """Move a promise and whatever it forces to move; steps done keep their dates. Returns what moved.

    Raises `Refusal`: done (an actual date locks), not a working day, in the past, before its
    prerequisites allow, or later without a reason; `Conflict` when somebody changed the milestone first.
    """
    access.require(actor, Verb.MILESTONE_EDIT)
    with unit_of_work(actor, "projects.move_milestone", reason=form.reason) as session:
        milestone, project = milestone_in_scope(
            session, actor, Verb.MILESTONE_EDIT, form.milestone_id, to_change=True
        )
        if milestone.version != form.version:
            raise Conflict(
                _("您打开页面后，有人先修改了这个节点，请核对后再试。"),
                [FieldClash("planned_on", None, milestone.planned_on, form.planned_on)],
                milestone.version,
            )
        plan = plan_of(session, project.id or 0)
        shifts = _shifts(session, plan, milestone, form.planned_on, today)
        if _pushes_later(shifts) and not form.reason:
            raise Refusal(Problem("reason", _("节点推迟，请写明原因。")))
        _apply_shifts(session, plan, shifts)
        return shifts


def _shifts(
    session: Session, plan: PlanOf, milestone: Milestone, planned_on: date, today: date
) -> tuple[ShiftRow, ...]:
    calendar = calendar_of(session)
    refuse_locked(milestone)
    if milestone.inactive:
        raise Refusal(_("这个节点已设为不需要，请先恢复。"))
    check_promise(calendar, planned_on, today)
    try:
        found = plan_rules.push(plan.steps, calendar, milestone.code, planned_on)
    except plan_rules.TooEarly as early:
        raise early_refusal(early) from None
    return _rows_of(calendar, plan, found, today)


def _rows_of(
    calendar: Calendar, plan: PlanOf, found: Iterable[plan_rules.Shift], today: date
) -> tuple[ShiftRow, ...]:
    return tuple(
        ShiftRow(
            milestone_id=plan.milestones[s.code].id or 0,
            code=s.code,
            name=s.name,
            old=s.old,
            new=s.new,
            pushed_wd=s.pushed_wd,
            provisional=calendar.is_provisional(min(today, s.new), s.new),
        )
        for s in found
    )


def _apply_shifts(session: Session, plan: PlanOf, shifts: Iterable[ShiftRow | plan_rules.Shift]) -> None:
    calendar = calendar_of(session)
    for shift in shifts:
        row = plan.milestones[shift.code]
        row.baseline_on = row.baseline_on or shift.new
        row.planned_on = shift.new
        row.planned_start_on = plan_rules.start_of(calendar, shift.new, row.duration_wd)
    session.flush()


def _pushes_later(shifts: Iterable[ShiftRow]) -> bool:
    return any((s.pushed_wd or 0) > 0 for s in shifts)


# ── What has happened ───────────────────────────────────────────────────────────────


def preview_done(actor: Actor, milestone_id: int, done_on: date, *, today: date) -> tuple[ShiftRow, ...]:
    """The followers whose promises this actual date makes impossible, and where they would go. Nothing is written."""
    access.require(actor, Verb.MILESTONE_EDIT)
    with reading() as session:
        milestone, project = milestone_in_scope(session, actor, Verb.MILESTONE_EDIT, milestone_id)
        return _pushed_by(session, plan_of(session, project.id or 0), milestone.code, done_on, today)


def _pushed_by(session: Session, plan: PlanOf, code: str, done_on: date, today: date) -> tuple[ShiftRow, ...]:
    calendar = calendar_of(session)
    return _rows_of(
        calendar, plan, plan_rules.pushed_by_done(plan.steps, calendar, code, done_on, today), today
    )


def mark_done(actor: Actor, form: MarkDone, *, today: date) -> None:
    """Write an actual date; from then on it locks. Also dates the project's own start, completion, production.

    With `push_followers` the promises it makes impossible move with it, as `preview_done` shows.
    Raises `Refusal`: in the future, done already, before a prerequisite is done, or pushing without a reason.
    """
    access.require(actor, Verb.MILESTONE_EDIT)
    with unit_of_work(actor, "projects.mark_done", reason=form.reason) as session:
        milestone, project = milestone_in_scope(
            session, actor, Verb.MILESTONE_EDIT, form.milestone_id, to_change=True
        )
        if form.version is not None and form.version != milestone.version:
            raise Conflict(
                _("您打开页面后，有人先修改了这个节点，请核对后再试。"),
                [FieldClash("done_on", None, milestone.done_on, form.done_on)],
                milestone.version,
            )
        refuse_locked(milestone)
        plan = plan_of(session, project.id or 0)
        problems = []
        if rules.in_future(form.done_on, today):
            problems.append(Problem("done_on", _("实际完成日期不能晚于今天。")))
        problems += [
            Problem("done_on", _blocker_sentence(b))
            for b in plan_rules.blockers(plan.steps, milestone.code, form.done_on)
        ]
        if problems:
            raise Refusal(*problems)
        if form.push_followers:
            shifts = _pushed_by(session, plan, milestone.code, form.done_on, today)
            if _pushes_later(shifts) and not form.reason:
                raise Refusal(Problem("reason", _("节点推迟，请写明原因。")))
            _apply_shifts(session, plan, shifts)
        milestone.done_on = form.done_on
        milestone.inactive = False
        milestone.evidence = form.evidence or milestone.evidence
        actual = ACTUAL_OF_CODE.get(milestone.code)
        if actual and getattr(project, actual) is None:
            setattr(project, actual, form.done_on)
        _refresh_floats(session, project.id or 0)


@on_granted
def permit_granted(session: Session, case: Case) -> None:
    """A granted permit proves its milestone: it is done on the day of issue, with the permit's number.

    A milestone whose prerequisites are still open stays open; the officer clears those first.
    """
    if case.milestone_id is None or case.issued_on is None:
        return
    milestone = fetch(session, Milestone, case.milestone_id)
    if milestone.done_on is not None:
        return
    plan = plan_of(session, milestone.project_id)
    if any(True for _step in plan_rules.blockers(plan.steps, milestone.code, case.issued_on)):
        return
    milestone.done_on, milestone.evidence = case.issued_on, case.permit_no
    _refresh_floats(session, milestone.project_id)


def _blocker_sentence(step: plan_rules.Step) -> str:
    if step.done_on is None:
        return _("前置节点“{name}”还没有完成，请先登记。", name=step.name)
    return _("早于前置节点“{name}”的完成日期 {day}，请核对。", name=step.name, day=step.done_on)


def reopen(actor: Actor, milestone_id: int, *, reason: str) -> None:
    """Take an actual date back, with a reason. Refused while a step that stands on it is done."""
    access.require(actor, Verb.MILESTONE_EDIT)
    if not reason.strip():
        raise Refusal(Problem("reason", _("撤销完成，请写明原因。")))
    with unit_of_work(actor, "projects.reopen", reason=reason.strip()) as session:
        milestone, project = milestone_in_scope(
            session, actor, Verb.MILESTONE_EDIT, milestone_id, to_change=True
        )
        if milestone.done_on is None:
            raise Refusal(_("这个节点还没有完成，无需撤销。"))
        standing = plan_rules.done_after(plan_of(session, project.id or 0).steps, milestone.code)
        if standing:
            raise Refusal(
                _("后续节点“{names}”已经完成，请先撤销它们。", names="、".join(s.name for s in standing))
            )
        actual = ACTUAL_OF_CODE.get(milestone.code)
        if actual and getattr(project, actual) == milestone.done_on:
            setattr(project, actual, None)
        milestone.done_on = None
        _refresh_floats(session, project.id or 0)


# ── Changing the plan's shape ───────────────────────────────────────────────────────


def set_inactive(actor: Actor, milestone_id: int, inactive: bool, *, reason: str) -> None:
    """Say that this project does not need a step, or needs it after all. Needs a reason; its
    prerequisites pass on to what follows. What a gate asks for may be set aside only by who may override."""
    access.require(actor, Verb.MILESTONE_EDIT)
    if not reason.strip():
        raise Refusal(Problem("reason", _("请写明原因。")))
    with unit_of_work(actor, "projects.set_inactive", reason=reason.strip()) as session:
        milestone, project = milestone_in_scope(
            session, actor, Verb.MILESTONE_EDIT, milestone_id, to_change=True
        )
        refuse_other_departments(actor, project)
        refuse_locked(milestone)
        before = facts_of(session, project)
        milestone.inactive = inactive
        session.flush()
        refuse_waiving(actor, before, facts_of(session, project))
        _refresh_floats(session, project.id or 0)


def add_milestone(actor: Actor, form: AddMilestone, *, today: date) -> int:
    """Add a step of the project's own; returns its id. Its promise may not lie before its prerequisites'."""
    access.require(actor, Verb.MILESTONE_EDIT)
    with unit_of_work(actor, "projects.add_milestone") as session:
        project = project_to_change(session, actor, Verb.MILESTONE_EDIT, form.project_id)
        refuse_other_departments(actor, project)
        if form.department_id is not None:
            fetch(session, Department, form.department_id)
        plan = plan_of(session, project.id or 0)
        codes = set(plan.milestones)
        code = next(c for n in range(1, 1000) if (c := f"X{n:02d}") not in codes)
        row = Milestone(
            **form.model_dump(exclude={"prerequisites", "planned_on"}),
            code=code,
            sort=max((m.sort for m in plan.milestones.values()), default=0) + 10,
        )
        session.add(row)
        session.flush()
        _write_links(session, plan, row, form.prerequisites)
        if form.planned_on is not None:
            check_promise(calendar_of(session), form.planned_on, today)
            after = plan_of(session, project.id or 0)
            try:
                plan_rules.push(after.steps, calendar_of(session), code, form.planned_on)
            except plan_rules.TooEarly as early:
                raise early_refusal(early) from None
            row.planned_on = row.baseline_on = form.planned_on
            row.planned_start_on = plan_rules.start_of(calendar_of(session), form.planned_on, row.duration_wd)
        _refresh_floats(session, project.id or 0)
        return row.id or 0


def edit_milestone(actor: Actor, form: EditMilestone) -> None:
    """Change a step's name, stage, duration, party, department or note. A step done is locked but for its note."""
    access.require(actor, Verb.MILESTONE_EDIT)
    with unit_of_work(actor, "projects.edit_milestone") as session:
        row, project = milestone_in_scope(
            session, actor, Verb.MILESTONE_EDIT, form.milestone_id, to_change=True
        )
        refuse_other_departments(actor, project)
        changed = apply_changes(row, form.opened.model_dump(), form.typed.model_dump(), form.version)
        if row.done_on is not None and set(changed) - {"note"}:
            refuse_locked(row)
        if "department_id" in changed and row.department_id is not None:
            fetch(session, Department, row.department_id)
        session.flush()
        if "duration_wd" in changed and row.planned_on is not None:
            _keep_order(session, project, [row])
        _refresh_floats(session, project.id or 0)


def link_milestones(actor: Actor, milestone_id: int, prerequisite_ids: Iterable[int]) -> None:
    """Say what must be done before a milestone; replaces what was said. Raises `Refusal` for a circle,
    naming its path, for a step done, and for a promise that the new prerequisite makes impossible."""
    access.require(actor, Verb.MILESTONE_EDIT)
    with unit_of_work(actor, "projects.link_milestones") as session:
        row, project = milestone_in_scope(session, actor, Verb.MILESTONE_EDIT, milestone_id, to_change=True)
        refuse_other_departments(actor, project)
        refuse_locked(row)
        _write_links(session, plan_of(session, project.id or 0), row, prerequisite_ids)
        if row.planned_on is not None:
            _keep_order(session, project, [row])
        _refresh_floats(session, project.id or 0)


def delete_milestone(actor: Actor, milestone_id: int, *, reason: str) -> None:
    """Delete a step of the project's own. One done is locked; one of the template is set aside instead."""
    access.require(actor, Verb.MILESTONE_EDIT)
    if not reason.strip():
        raise Refusal(Problem("reason", _("删除节点，请写明原因。")))
    with unit_of_work(actor, "projects.delete_milestone", reason=reason.strip()) as session:
        row, project = milestone_in_scope(session, actor, Verb.MILESTONE_EDIT, milestone_id, to_change=True)
        refuse_other_departments(actor, project)
        refuse_locked(row)
        if not row.code.startswith("X"):
            raise Refusal(_("模板中的节点不能删除，可设为“不需要”。"))
        for link in links_of(session, project.id or 0):
            if row.id in (link.milestone_id, link.prerequisite_id):
                session.delete(link)
        session.flush()
        session.delete(row)
        session.flush()
        _refresh_floats(session, project.id or 0)


def _write_links(session: Session, plan: PlanOf, row: Milestone, prerequisite_ids: Iterable[int]) -> None:
    """Make the milestone's prerequisites exactly these, all of the same project and without a circle."""
    wanted = {int(p) for p in prerequisite_ids}
    own = {m.id for m in plan.milestones.values()}
    if not wanted <= own:
        raise Refusal(Problem("prerequisites", _("前置节点必须是同一项目的节点。")))
    for link in links_of(session, row.project_id):
        if link.milestone_id == row.id:
            if link.prerequisite_id in wanted:
                wanted.discard(link.prerequisite_id)
            else:
                session.delete(link)
    session.add_all(MilestoneLink(milestone_id=row.id or 0, prerequisite_id=p) for p in sorted(wanted))
    session.flush()
    try:
        plan_rules.graph_of(plan_of(session, row.project_id).steps)
    except plan_rules.PlanCycle as cycle:
        raise cycle_refusal(cycle) from None


def _keep_order(session: Session, project: Project, rows: Iterable[Milestone]) -> None:
    """Refuse a shape in which a promise lies before what its prerequisites allow; renew its start."""
    plan, calendar = plan_of(session, project.id or 0), calendar_of(session)
    for row in rows:
        if row.planned_on is None:
            continue
        try:
            plan_rules.push(plan.steps, calendar, row.code, row.planned_on)
        except plan_rules.TooEarly as early:
            raise early_refusal(early) from None
        row.planned_start_on = plan_rules.start_of(calendar, row.planned_on, row.duration_wd)


def _refresh_floats(session: Session, project_id: int) -> None:
    """Mark the critical path anew after the shape of the plan or its state changed."""
    session.flush()
    plan = plan_of(session, project_id)
    floats = plan_rules.floats(plan.steps)
    for code, row in plan.milestones.items():
        value = floats.get(code)
        if row.float_wd != value or row.critical != (value == 0):
            row.float_wd, row.critical = value, value == 0
