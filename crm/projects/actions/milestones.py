"""The milestone plan: make it, move a promise, mark what is done, change what comes before what.

Previews read and compute; the matching action computes the same again inside its transaction, so
that what was shown is what is written, or the version says it is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import networkx as nx
from sqlmodel import Session, col, select

from crm.core import access
from crm.core.access import Actor, Verb
from crm.core.db import apply_changes, fetch, reading, unit_of_work
from crm.core.errors import Conflict, FieldClash, NotAllowed, Problem, Refusal
from crm.core.i18n import _
from crm.projects import gates, plan_rules, rules
from crm.projects.facts import (
    PlanOf,
    facts_of,
    links_of,
    milestone_in_scope,
    plan_of,
    project_in_scope,
    project_to_change,
)
from crm.projects.inputs import (
    AddMilestone,
    Direction,
    EditMilestone,
    MakePlan,
    MarkDone,
    MoveMilestone,
)
from crm.workdays.actions import Moved, on_calendar_change
from crm.workdays.queries import calendar as calendar_of
from crm.workdays.rules import Calendar
from models import Department, Item, Milestone, MilestoneLink, PlanStep, Project
from models.vocabulary import Scope, Stage

# What happened at these milestones is also a date of the project itself.
ACTUAL_OF_CODE = {"P41": "started_on", "P54": "finished_on", "P69": "produced_on"}


@dataclass(frozen=True)
class PlanRow:
    """One step of a plan as proposed. `old_on` is the promise before, `pushed_wd` working days it moves
    (positive later; None without an old promise); a step already done has only `done_on`."""

    code: str
    name: str
    stage: Stage
    duration_wd: int
    start_on: date | None
    finish_on: date | None
    old_on: date | None
    pushed_wd: int | None
    done_on: date | None
    critical: bool
    float_wd: int | None
    provisional: bool
    new: bool  # not yet among the project's milestones


@dataclass(frozen=True)
class PlanPreview:
    """A plan as it would be. `length_wd` of the longest chain; `short_wd`: working days the wanted date
    is too early; `passed`: names of template steps left out because their stage is behind the project."""

    rows: tuple[PlanRow, ...]
    length_wd: int
    short_wd: int
    end_on: date
    provisional: bool
    needs_reason: bool
    passed: tuple[str, ...]


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


@dataclass
class _Draft:
    """A plan before it is written: steps by code with what each is made from."""

    steps: list[plan_rules.Step]
    template: dict[str, PlanStep]
    milestones: Mapping[str, Milestone]
    passed: list[str] = field(default_factory=list)


# ── Making a plan ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class StepChoice:
    """One template step as it may be chosen. An `optional` one is left out unless included; a
    step `behind` the project's stage is taken as passed unless included; `present` is in the plan already."""

    code: str
    name: str
    stage: Stage
    duration_wd: int
    optional: bool
    behind: bool
    present: bool
    done: bool


def plan_choices(actor: Actor, project_id: int) -> list[StepChoice]:
    """The template steps of the project's type in order, for choosing what to include or leave out."""
    access.require(actor, Verb.MILESTONE_EDIT)
    with reading() as session:
        project = project_in_scope(session, actor, Verb.MILESTONE_EDIT, project_id)
        present = plan_of(session, project.id or 0).milestones
        return [
            StepChoice(
                code=s.code,
                name=s.name,
                stage=s.stage,
                duration_wd=s.duration_wd,
                optional=s.optional,
                behind=s.stage < project.stage,
                present=s.code in present and not present[s.code].inactive,
                done=s.code in present and present[s.code].done_on is not None,
            )
            for s in _template(session, project)
        ]


def preview_plan(actor: Actor, form: MakePlan, *, today: date) -> PlanPreview:
    """The plan `make_plan` would write. Raises `Refusal` where it would."""
    access.require(actor, Verb.MILESTONE_EDIT)
    with reading() as session:
        project = project_in_scope(session, actor, Verb.MILESTONE_EDIT, form.project_id)
        return _computed(session, project, form, today)[1]


def make_plan(actor: Actor, form: MakePlan, *, today: date) -> PlanPreview:
    """Write the plan: forward from today's state or backward from the wanted production date.

    Steps done keep their dates; a first promise is kept as the baseline. Raises `Refusal` when a
    promise moves later, or time is short, without a reason; `NotAllowed` when leaving a step out
    would switch a gate off and the actor may not override gates.
    """
    access.require(actor, Verb.MILESTONE_EDIT)
    with unit_of_work(actor, "projects.make_plan", reason=form.reason) as session:
        project = project_to_change(session, actor, Verb.MILESTONE_EDIT, form.project_id)
        _refuse_other_departments(actor, project)
        facts = facts_of(session, project)
        draft, preview = _computed(session, project, form, today)
        if preview.needs_reason and not form.reason:
            raise Refusal(Problem("reason", _("有节点推迟或时间不够，请写明原因。")))
        rows = _write_steps(session, project, draft)
        for row in preview.rows:
            milestone = rows[row.code]
            if row.finish_on is None:
                continue
            milestone.baseline_on = milestone.baseline_on or row.finish_on
            milestone.planned_start_on, milestone.planned_on = row.start_on, row.finish_on
            milestone.critical, milestone.float_wd = row.critical, row.float_wd
        if form.direction is Direction.BACKWARD:
            project.production_on = form.production_on
        session.flush()
        _refuse_waiving(actor, facts, facts_of(session, project))
        return preview


def _computed(session: Session, project: Project, form: MakePlan, today: date) -> tuple[_Draft, PlanPreview]:
    if form.production_on is not None and form.production_on <= today:
        raise Refusal(Problem("production_on", _("要求投产日期必须晚于今天。")))
    draft = _draft(session, project, form)
    calendar = calendar_of(session)
    backward = form.production_on if form.direction is Direction.BACKWARD else None
    try:
        layout = plan_rules.lay_out(draft.steps, calendar, today, production_on=backward)
    except plan_rules.PlanCycle as cycle:
        raise _cycle_refusal(cycle) from None
    if not layout.placed:
        raise Refusal(_("没有需要安排的节点：各节点都已完成或设为不需要。"))
    placed = {p.code: p for p in layout.placed}
    rows = tuple(
        _plan_row(calendar, step, placed.get(step.code), draft) for step in draft.steps if not step.inactive
    )
    return draft, PlanPreview(
        rows=rows,
        length_wd=layout.length_wd,
        short_wd=layout.short_wd,
        end_on=layout.end_on,
        provisional=any(r.provisional for r in rows),
        needs_reason=layout.short_wd > 0 or any((r.pushed_wd or 0) > 0 for r in rows),
        passed=tuple(draft.passed),
    )


def _plan_row(
    calendar: Calendar, step: plan_rules.Step, placed: plan_rules.Placed | None, draft: _Draft
) -> PlanRow:
    milestone, template = draft.milestones.get(step.code), draft.template.get(step.code)
    source = milestone or template
    assert source is not None
    old = step.planned_on if placed else None
    return PlanRow(
        code=step.code,
        name=step.name,
        stage=source.stage,
        duration_wd=step.duration_wd,
        start_on=placed.start_on if placed else None,
        finish_on=placed.finish_on if placed else None,
        old_on=old,
        pushed_wd=calendar.count_workdays(old, placed.finish_on) if old and placed else None,
        done_on=step.done_on,
        critical=placed.critical if placed else False,
        float_wd=placed.float_wd if placed else None,
        provisional=placed.provisional if placed else False,
        new=milestone is None,
    )


def _template(session: Session, project: Project) -> list[PlanStep]:
    return list(
        session.exec(
            select(PlanStep)
            .where(col(PlanStep.project_type) == project.project_type)
            .order_by(col(PlanStep.sort), col(PlanStep.id))
        )
    )


def _draft(session: Session, project: Project, form: MakePlan) -> _Draft:
    """Template and present milestones together. A template step not wanted passes its prerequisites on;
    one whose stage lies behind the project is taken as passed, unless asked for."""
    template = {s.code: s for s in _template(session, project)}
    present = plan_of(session, project.id or 0)
    draft = _Draft([], template, present.milestones)
    unknown = [
        c for c in (*form.include, *form.leave_out) if c not in template and c not in present.milestones
    ]
    if unknown:
        raise Refusal(_("节点模板中没有 {codes}，请重新选择。", codes="、".join(unknown)))
    for step in present.steps:
        left_out = step.code in form.leave_out and step.done_on is None
        wanted = template.get(step.code)
        draft.steps.append(
            plan_rules.Step(
                code=step.code,
                name=step.name,
                duration_wd=step.duration_wd,
                prerequisites=tuple(
                    dict.fromkeys((*step.prerequisites, *(wanted.prerequisites if wanted else ())))
                ),
                planned_on=step.planned_on,
                done_on=step.done_on,
                inactive=left_out or (step.inactive and step.code not in form.include),
            )
        )
    for code, step_row in template.items():
        if code in present.milestones:
            continue
        asked = code in form.include
        behind = step_row.stage < project.stage and not asked
        if behind and not step_row.optional:
            draft.passed.append(step_row.name)
        draft.steps.append(
            plan_rules.Step(
                code=code,
                name=step_row.name,
                duration_wd=step_row.duration_wd,
                prerequisites=tuple(step_row.prerequisites),
                inactive=(code in form.leave_out) or behind or (step_row.optional and not asked),
            )
        )
    return draft


def _write_steps(session: Session, project: Project, draft: _Draft) -> dict[str, Milestone]:
    """Milestones for the draft's active steps, their links, and what is set aside. Returns rows by code."""
    items = {i.code: i for i in session.exec(select(Item))}
    rows = dict(draft.milestones)
    for step in draft.steps:
        row, template = rows.get(step.code), draft.template.get(step.code)
        if row is not None:
            row.inactive = step.inactive
        elif template is not None and not step.inactive:
            item = items.get(template.item_code or "")
            row = Milestone(
                project_id=project.id or 0,
                code=template.code,
                name=template.name,
                stage=template.stage,
                item_id=item.id if item else None,
                department_id=item.department_id if item else None,
                waits_for=template.waits_for,
                duration_wd=template.duration_wd,
                sort=template.sort,
            )
            session.add(row)
            rows[step.code] = row
    session.flush()
    known = {(link.milestone_id, link.prerequisite_id) for link in links_of(session, project.id or 0)}
    for before, after in _needed_links(draft, rows):
        pair = (rows[after].id or 0, rows[before].id or 0)
        if pair not in known:
            session.add(MilestoneLink(milestone_id=pair[0], prerequisite_id=pair[1]))
    session.flush()
    return rows


def _needed_links(draft: _Draft, rows: Mapping[str, Milestone]) -> list[tuple[str, str]]:
    """(before, after) among steps that have a row; steps without one hand their prerequisites on.
    A link that a chain of others implies is left out, for a picture one can read."""
    by_code = {s.code: s for s in draft.steps}

    def resolved(codes: Iterable[str], seen: frozenset[str] = frozenset()) -> set[str]:
        found: set[str] = set()
        for code in codes:
            if code in rows:
                found.add(code)
            elif code in by_code and code not in seen:
                found |= resolved(by_code[code].prerequisites, seen | {code})
        return found

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(rows)
    graph.add_edges_from(
        (b, s.code) for s in draft.steps if s.code in rows for b in resolved(s.prerequisites)
    )
    return list(nx.transitive_reduction(graph).edges)


def _refuse_other_departments(actor: Actor, project: Project) -> None:
    """A handler changes whole plans only for projects his department leads."""
    if (
        access.scopes(actor, Verb.MILESTONE_EDIT) == {Scope.OWN_DEPARTMENT}
        and project.lead_department_id != actor.department_id
    ):
        raise NotAllowed(_("整体计划由项目专员或责任单位编排，您可以登记本部门节点的完成情况。"))


def _refuse_waiving(actor: Actor, before: gates.ProjectFacts, after: gates.ProjectFacts) -> None:
    """Setting aside the only step that proves a requirement is overriding its gate."""
    waived = gates.newly_waived(before, after)
    if waived and not access.may(actor, Verb.STAGE_OVERRIDE):
        raise NotAllowed(
            _(
                "“{names}”是阶段门槛要求的事项，设为不需要须由督办办理。",
                names="、".join(_(r.label) for r in waived),
            )
        )


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
    _refuse_locked(milestone)
    if milestone.inactive:
        raise Refusal(_("这个节点已设为不需要，请先恢复。"))
    _check_promise(calendar, planned_on, today)
    try:
        found = plan_rules.push(plan.steps, calendar, milestone.code, planned_on)
    except plan_rules.TooEarly as early:
        raise _early_refusal(early) from None
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


def _check_promise(calendar: Calendar, planned_on: date, today: date) -> None:
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


def _refuse_locked(milestone: Milestone) -> None:
    if milestone.done_on is not None:
        raise Refusal(
            _(
                "“{name}”已于 {day} 完成，日期已锁定；确需更正，请先写明原因撤销完成。",
                name=milestone.name,
                day=milestone.done_on,
            )
        )


def _early_refusal(early: plan_rules.TooEarly) -> Refusal:
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


def _cycle_refusal(cycle: plan_rules.PlanCycle) -> Refusal:
    return Refusal(
        Problem(
            "prerequisites",
            _("前置关系绕成了圈：{path}。请去掉其中一条。", path=" → ".join(cycle.path)),
        )
    )


# ── What has happened ───────────────────────────────────────────────────────────────


def mark_done(actor: Actor, form: MarkDone, *, today: date) -> None:
    """Write an actual date; from then on it locks. Also dates the project's own start, completion, production.

    Raises `Refusal`: in the future, done already, or before a prerequisite is done.
    """
    access.require(actor, Verb.MILESTONE_EDIT)
    with unit_of_work(actor, "projects.mark_done") as session:
        milestone, project = milestone_in_scope(
            session, actor, Verb.MILESTONE_EDIT, form.milestone_id, to_change=True
        )
        if form.version is not None and form.version != milestone.version:
            raise Conflict(
                _("您打开页面后，有人先修改了这个节点，请核对后再试。"),
                [FieldClash("done_on", None, milestone.done_on, form.done_on)],
                milestone.version,
            )
        _refuse_locked(milestone)
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
        milestone.done_on = form.done_on
        milestone.inactive = False
        milestone.evidence = form.evidence or milestone.evidence
        actual = ACTUAL_OF_CODE.get(milestone.code)
        if actual and getattr(project, actual) is None:
            setattr(project, actual, form.done_on)
        _refresh_floats(session, project.id or 0)


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
        _refuse_other_departments(actor, project)
        _refuse_locked(milestone)
        before = facts_of(session, project)
        milestone.inactive = inactive
        session.flush()
        _refuse_waiving(actor, before, facts_of(session, project))
        _refresh_floats(session, project.id or 0)


def add_milestone(actor: Actor, form: AddMilestone, *, today: date) -> int:
    """Add a step of the project's own; returns its id. Its promise may not lie before its prerequisites'."""
    access.require(actor, Verb.MILESTONE_EDIT)
    with unit_of_work(actor, "projects.add_milestone") as session:
        project = project_to_change(session, actor, Verb.MILESTONE_EDIT, form.project_id)
        _refuse_other_departments(actor, project)
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
            _check_promise(calendar_of(session), form.planned_on, today)
            after = plan_of(session, project.id or 0)
            try:
                plan_rules.push(after.steps, calendar_of(session), code, form.planned_on)
            except plan_rules.TooEarly as early:
                raise _early_refusal(early) from None
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
        _refuse_other_departments(actor, project)
        changed = apply_changes(row, form.opened.model_dump(), form.typed.model_dump(), form.version)
        if row.done_on is not None and set(changed) - {"note"}:
            _refuse_locked(row)
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
        _refuse_other_departments(actor, project)
        _refuse_locked(row)
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
        _refuse_other_departments(actor, project)
        _refuse_locked(row)
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
        raise _cycle_refusal(cycle) from None


def _keep_order(session: Session, project: Project, rows: Iterable[Milestone]) -> None:
    """Refuse a shape in which a promise lies before what its prerequisites allow; renew its start."""
    plan, calendar = plan_of(session, project.id or 0), calendar_of(session)
    for row in rows:
        if row.planned_on is None:
            continue
        try:
            plan_rules.push(plan.steps, calendar, row.code, row.planned_on)
        except plan_rules.TooEarly as early:
            raise _early_refusal(early) from None
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


# ── When the calendar changes ───────────────────────────────────────────────────────


@on_calendar_change
def recompute(session: Session, calendar: Calendar, today: date) -> list[Moved]:
    """Open promises from today on that the changed calendar makes impossible move later, with what
    depends on them; milestones done, and projects without such a promise, are untouched."""
    projects = session.exec(
        select(Milestone.project_id)
        .where(col(Milestone.done_on).is_(None), col(Milestone.planned_on) >= today)
        .distinct()
    ).all()
    moved = []
    for project_id in projects:
        plan = plan_of(session, project_id)
        shifts = plan_rules.repair(plan.steps, calendar, today)
        for shift in shifts:
            row = plan.milestones[shift.code]
            row.planned_on = shift.new
            row.planned_start_on = plan_rules.start_of(calendar, shift.new, row.duration_wd)
            moved.append(
                Moved(
                    record="milestone",
                    record_id=row.id or 0,
                    what=row.name,
                    old_on=shift.old,
                    new_on=shift.new,
                    provisional=calendar.is_provisional(min(today, shift.new), shift.new),
                )
            )
    session.flush()
    return moved
