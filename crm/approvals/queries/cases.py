"""One case with its clocks, stops and next steps; which cases an actor reaches; choices for a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals import rules
from crm.approvals.rules import CaseClocks, Step, Stop, Terms
from crm.core.access import Actor, Verb, enterprise_condition, project_condition, require, scopes
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.names import name_key
from crm.workdays import queries as workdays
from crm.workdays.rules import Calendar
from models import Case, Department, Enterprise, Item, Milestone, Project, SpecialProcedure
from models.vocabulary import CaseState, DayUnit, Light, ProcedureKind, Scope


def case_condition(actor: Actor, verb: Verb) -> sa.ColumnElement[bool]:
    """The SQL condition on `Case`: of a project in scope, of an enterprise in scope when it has no
    project, or decided by the actor's own department."""
    reach = scopes(actor, verb)
    if Scope.ALL in reach:
        return sa.true()
    if not reach:
        return sa.false()
    either: list[sa.ColumnElement[bool]] = [
        col(Case.project_id).in_(select(Project.id).where(project_condition(actor, verb))),
        sa.and_(
            col(Case.project_id).is_(None),
            col(Case.enterprise_id).in_(select(Enterprise.id).where(enterprise_condition(actor, verb))),
        ),
    ]
    if Scope.OWN_DEPARTMENT in reach and actor.department_id is not None:
        either.append(col(Case.department_id) == actor.department_id)
    return sa.or_(*either)


def find_case(session: Session, actor: Actor, case_id: int, verb: Verb) -> Case:
    """The case, if it is there and in the actor's reach for the verb; else the same `NotFound`."""
    found = session.exec(
        select(Case).where(col(Case.id) == int(case_id), case_condition(actor, verb))
    ).first()
    if found is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return found


def stops_of(session: Session, case_ids: Sequence[int]) -> dict[int, list[SpecialProcedure]]:
    """The special procedures of each case that stop its clock, oldest first."""
    return {
        case_id: [row for row in rows if row.stops_clock]
        for case_id, rows in procedures_of(session, case_ids).items()
    }


def procedures_of(session: Session, case_ids: Sequence[int]) -> dict[int, list[SpecialProcedure]]:
    """The special procedures of each case, oldest first; an empty list for one without any."""
    found: dict[int, list[SpecialProcedure]] = {case_id: [] for case_id in case_ids}
    for start in range(0, len(case_ids), 500):
        rows = session.exec(
            select(SpecialProcedure)
            .where(col(SpecialProcedure.case_id).in_(case_ids[start : start + 500]))
            .order_by(col(SpecialProcedure.from_on), col(SpecialProcedure.id))
        )
        for row in rows:
            found[row.case_id].append(row)
    return found


def clocks_of(case: Case, stops: Sequence[SpecialProcedure], today: date, calendar: Calendar) -> CaseClocks:
    """The rule's verdict on a stored case. The only way from a row to a light."""
    return rules.case_clocks(
        Terms(
            case.starts_on or case.accepted_on,
            case.legal_limit,
            case.promised_limit,
            case.unit,
            case.extension,
        ),
        [Stop(s.from_on, s.to_on, s.told_on) for s in stops],
        today=today,
        calendar=calendar,
        decided_on=case.decided_on,
    )


@dataclass(frozen=True)
class CaseRow:
    """One case in a list. `clocks` is judged on the day asked for."""

    id: int
    case_no: str
    item_code: str
    item: str
    department: str
    enterprise_id: int | None
    enterprise: str
    project_id: int | None
    project: str
    milestone_id: int | None
    state: CaseState
    received_on: date
    accepted_on: date | None
    decided_on: date | None
    permit_no: str
    expires_on: date | None
    clocks: CaseClocks

    @property
    def light(self) -> Light:
        return self.clocks.light


@dataclass(frozen=True)
class StopRow:
    """One stop of a case. `open`: not resumed yet; `holds`: it does stop the clock on the day asked for."""

    id: int
    kind: ProcedureKind
    ground: str
    basis: str
    from_on: date
    to_on: date | None
    planned_wd: int
    told_on: date | None
    notice_no: str
    open: bool
    holds: bool


@dataclass(frozen=True)
class CaseView:
    """One case whole. `steps` are what its state allows next, whoever asks."""

    row: CaseRow
    version: int
    starts_on: date | None
    legal_limit: int | None
    promised_limit: int | None
    unit: DayUnit
    extension: int
    extension_limit: int
    extension_approver: str
    extension_reason: str
    extended_on: date | None
    result: str
    issued_on: date | None
    renew_by_on: date | None
    note: str
    legal_basis: str
    special_steps: str
    follow_up: str
    clock_start: str
    valid_months: int | None
    stops: tuple[StopRow, ...]
    steps: tuple[Step, ...]
    milestone: str  # the project's milestone that the permit proves, "" without one
    milestone_done_on: date | None


def _named() -> sa.Select[Case, Item, Department, Enterprise, Project]:
    return (
        sa.select(Case, Item, Department, Enterprise, Project)
        .join(Item, col(Item.id) == col(Case.item_id))
        .outerjoin(Department, col(Department.id) == col(Case.department_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Case.enterprise_id))
        .outerjoin(Project, col(Project.id) == col(Case.project_id))
    )


def _rows(
    session: Session, query: sa.Select[Case, Item, Department, Enterprise, Project], today: date
) -> list[CaseRow]:
    found = session.execute(query).all()
    calendar = workdays.calendar(session)
    stops = stops_of(session, [case.id for case, *_rest in found if case.id is not None])
    return [
        CaseRow(
            id=case.id or 0,
            case_no=case.case_no,
            item_code=item.code,
            item=item.name,
            department=(department.short or department.name) if department else "",
            enterprise_id=case.enterprise_id,
            enterprise=enterprise.name if enterprise else "",
            project_id=case.project_id,
            project=project.name if project else "",
            milestone_id=case.milestone_id,
            state=case.state,
            received_on=case.received_on,
            accepted_on=case.accepted_on,
            decided_on=case.decided_on,
            permit_no=case.permit_no,
            expires_on=case.expires_on,
            clocks=clocks_of(case, stops[case.id or 0], today, calendar),
        )
        for case, item, department, enterprise, project in found
    ]


def case_view(session: Session, actor: Actor, case_id: int, today: date) -> CaseView:
    """One case with its clocks, stops and next steps."""
    require(actor, Verb.PROJECT_VIEW)
    case = find_case(session, actor, case_id, Verb.PROJECT_VIEW)
    row = _rows(session, _named().where(col(Case.id) == case.id), today)[0]
    item = session.get_one(Item, case.item_id)
    stops = stops_of(session, [row.id])[row.id]
    milestone = session.get(Milestone, case.milestone_id) if case.milestone_id is not None else None
    return CaseView(
        row=row,
        version=case.version,
        starts_on=case.starts_on or case.accepted_on,
        legal_limit=case.legal_limit,
        promised_limit=case.promised_limit,
        unit=case.unit,
        extension=case.extension,
        extension_limit=item.extension_limit,
        extension_approver=case.extension_approver,
        extension_reason=case.extension_reason,
        extended_on=case.extended_on,
        result=case.result,
        issued_on=case.issued_on,
        renew_by_on=case.renew_by_on,
        note=case.note,
        legal_basis=item.legal_basis,
        special_steps=item.special_steps,
        follow_up=item.follow_up,
        clock_start=item.clock_start,
        valid_months=item.valid_months,
        stops=tuple(_stop_row(stop, today) for stop in stops),
        steps=tuple(rules.next_steps(case.state)),
        milestone=milestone.name if milestone else "",
        milestone_done_on=milestone.done_on if milestone else None,
    )


def _stop_row(stop: SpecialProcedure, today: date) -> StopRow:
    return StopRow(
        id=stop.id or 0,
        kind=stop.kind,
        ground=stop.ground,
        basis=stop.basis,
        from_on=stop.from_on,
        to_on=stop.to_on,
        planned_wd=stop.planned_wd,
        told_on=stop.told_on,
        notice_no=stop.notice_no,
        open=stop.to_on is None,
        holds=stop.stops_clock and Stop(stop.from_on, stop.to_on, stop.told_on).holds_on(today),
    )


def cases_of_project(session: Session, actor: Actor, project_id: int, today: date) -> list[CaseRow]:
    """The cases of one project, running ones first, then by due date."""
    require(actor, Verb.PROJECT_VIEW)
    query = (
        _named()
        .where(col(Case.project_id) == int(project_id), case_condition(actor, Verb.PROJECT_VIEW))
        .order_by(col(Case.decided_on).is_not(None), *_by_due())
    )
    return _rows(session, query, today)


def _by_due() -> tuple[Any, ...]:
    due = sa.func.coalesce(col(Case.promised_due_on), col(Case.due_on))
    return (due.is_(None), due, col(Case.received_on), col(Case.id))


def items_to_apply_for(session: Session) -> dict[int, str]:
    """id -> "code name" of the active items, for the form that registers a case."""
    rows = session.exec(select(Item).where(col(Item.active).is_(True)).order_by(col(Item.code)))
    return {i.id: f"{i.code} {i.name}" for i in rows if i.id is not None}


def projects_to_choose(session: Session, actor: Actor, search: str, *, limit: int = 20) -> dict[int, str]:
    """id -> name of the projects one may register a case for, by part of the name."""
    rows = session.exec(
        select(Project)
        .where(
            project_condition(actor, Verb.CASE_EDIT),
            col(Project.name_key).contains(name_key(search), autoescape=True),
        )
        .order_by(col(Project.name))
        .limit(limit)
    )
    return {p.id: p.name for p in rows if p.id is not None}


def project_name(session: Session, actor: Actor, project_id: int) -> str | None:
    """The name of a project one may register a case for; None when it is not in reach."""
    return session.exec(
        select(Project.name).where(
            col(Project.id) == int(project_id), project_condition(actor, Verb.CASE_EDIT)
        )
    ).first()


@dataclass(frozen=True)
class MilestoneChoice:
    """The milestone a new case is for, and the catalogue's item behind it."""

    id: int
    name: str
    project_id: int
    item_id: int | None


def milestone_to_apply_for(session: Session, actor: Actor, milestone_id: int) -> MilestoneChoice | None:
    """A milestone one may register a case for; None when it is not in reach or its project is not."""
    row = session.exec(
        select(Milestone)
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .where(col(Milestone.id) == int(milestone_id), project_condition(actor, Verb.CASE_EDIT))
    ).first()
    return MilestoneChoice(row.id or 0, row.name, row.project_id, row.item_id) if row else None


def may_work(session: Session, actor: Actor, case_id: int) -> bool:
    """Whether the actor may take the case's next step: for its buttons. The action asks again."""
    return (
        session.exec(
            select(Case.id).where(col(Case.id) == int(case_id), case_condition(actor, Verb.CASE_EDIT))
        ).first()
        is not None
    )
