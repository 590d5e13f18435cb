"""Making a project's plan: forward from today's state, or backward from the wanted production date.

The preview reads and computes; the action computes the same again inside its transaction, so that
what was shown is what is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import networkx as nx
from sqlmodel import Session, col, select

from crm.core import access
from crm.core.access import Actor, Verb
from crm.core.db import reading, unit_of_work
from crm.core.errors import Problem, Refusal
from crm.core.i18n import _
from crm.projects import plan_rules
from crm.projects.actions.refusals import cycle_refusal, refuse_other_departments, refuse_waiving
from crm.projects.facts import facts_of, links_of, plan_of, project_in_scope, project_to_change
from crm.projects.inputs import Direction, MakePlan
from crm.workdays.actions import Moved, on_calendar_change
from crm.workdays.queries import calendar as calendar_of
from crm.workdays.rules import Calendar
from models import Item, Milestone, MilestoneLink, PlanStep, Project
from models.vocabulary import Stage


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


@dataclass
class _Draft:
    """A plan before it is written: steps by code with what each is made from."""

    steps: list[plan_rules.Step]
    template: dict[str, PlanStep]
    milestones: Mapping[str, Milestone]
    passed: list[str] = field(default_factory=list)


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
        refuse_other_departments(actor, project)
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
        refuse_waiving(actor, facts, facts_of(session, project))
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
        raise cycle_refusal(cycle) from None
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


# ── When the calendar changes ───────────────────────────────────────────────────────


@on_calendar_change
def recompute(session: Session, calendar: Calendar, today: date) -> list[Moved]:
    """Open promises from today on that the changed calendar makes impossible move later, with what
    depends on them; milestones done, and projects without such a promise, are untouched."""
    promises = session.exec(
        select(
            col(Milestone.project_id),
            col(Milestone.planned_start_on),
            col(Milestone.planned_on),
            col(Milestone.duration_wd),
        ).where(
            col(Milestone.done_on).is_(None),
            col(Milestone.inactive).is_(False),
            col(Milestone.planned_on) >= today,
        )
    ).all()
    projects = {
        project_id
        for project_id, start_on, planned_on, duration_wd in promises
        if planned_on and plan_rules.possible_on(calendar, start_on, planned_on, duration_wd) != planned_on
    }
    moved = []
    for project_id in sorted(projects):
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
