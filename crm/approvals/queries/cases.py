"""Cases with their clocks; which of them an actor reaches; choices for a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals import rules
from crm.approvals.rules import Asked, CaseClocks, Registered, Stop, Terms
from crm.core.access import Actor, Verb, enterprise_condition, project_condition, require, scopes
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.names import name_key
from crm.core.today import day_of
from crm.workdays import queries as workdays
from crm.workdays.rules import Calendar
from models import (
    Case,
    Commitment,
    Department,
    Enterprise,
    Item,
    ItemProcedure,
    Milestone,
    Project,
    SpecialProcedure,
)
from models.vocabulary import (
    CaseSource,
    CaseState,
    CommitmentState,
    Light,
    Scope,
)


def case_condition(actor: Actor, verb: Verb) -> sa.ColumnElement[bool]:
    """The SQL condition on `Case`: of a project in scope; without a project, of an enterprise or a town
    in scope; or decided by the actor's own department."""
    reach = scopes(actor, verb)
    if Scope.ALL in reach:
        return sa.true()
    if not reach:
        return sa.false()
    of_itself: list[sa.ColumnElement[bool]] = [
        col(Case.enterprise_id).in_(select(Enterprise.id).where(enterprise_condition(actor, verb)))
    ]
    if Scope.OWN_TOWN in reach and actor.town_id is not None:
        of_itself.append(col(Case.town_id) == actor.town_id)
    either: list[sa.ColumnElement[bool]] = [
        col(Case.project_id).in_(select(Project.id).where(project_condition(actor, verb))),
        sa.and_(col(Case.project_id).is_(None), sa.or_(*of_itself)),
    ]
    if Scope.OWN_DEPARTMENT in reach and actor.department_id is not None:
        either.append(col(Case.department_id) == actor.department_id)
    return sa.or_(*either)


def find_case(session: Session, actor: Actor, case_id: int, verb: Verb, *, locked: bool = False) -> Case:
    """The case, if it is there and in the actor's reach for the verb; else the same `NotFound`.

    `locked`: nobody else takes a step of it meanwhile; who comes second waits and sees what the first wrote.
    """
    query = select(Case).where(col(Case.id) == int(case_id), case_condition(actor, verb))
    if locked:
        query = query.with_for_update(of=Case).execution_options(populate_existing=True)
    found = session.exec(query).first()
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


def open_promises_of(session: Session, case_ids: Sequence[int]) -> dict[int, list[Commitment]]:
    """The promises of each case that are still to be kept or put right."""
    found: dict[int, list[Commitment]] = {case_id: [] for case_id in case_ids}
    for start in range(0, len(case_ids), 500):
        rows = session.exec(
            select(Commitment)
            .where(
                col(Commitment.case_id).in_(case_ids[start : start + 500]),
                col(Commitment.state).in_((CommitmentState.PENDING, CommitmentState.CORRECTING)),
            )
            .order_by(col(Commitment.due_on), col(Commitment.id))
        )
        for row in rows:
            found[row.case_id].append(row)
    return found


def clocks_of(
    case: Case,
    stops: Sequence[SpecialProcedure],
    today: date,
    calendar: Calendar,
    promises: Sequence[Commitment] = (),
) -> CaseClocks:
    """The rule's verdict on a stored case. The only way from a row to a light. Procedures that do not stop
    the clock may be among `stops`; `promises` are those still open, for the enterprise's own clock."""
    held = stops_of_rows(stops)
    if case.source is CaseSource.HALL and not held and case.stopped_wd and case.starts_on is not None:
        held = [
            rules.laid_stop(case.starts_on, case.stopped_wd, calendar)
        ]  # its export told the number alone
    return rules.case_clocks(
        terms_of(case),
        held,
        today=today,
        calendar=calendar,
        decided_on=case.decided_on,
        asked=asked_of(case, promises),
        # Of a decision taken before deliveries were kept nobody knows: it has no such date.
        deliver_from=case.decided_on if case.deliver_by_on is not None else None,
        delivered_on=case.delivered_on,
    )


def terms_of(case: Case) -> Terms:
    """What the case was accepted under; of a case of the hall, with the deadline its export states."""
    starts_on = case.starts_on or case.accepted_on
    deadline = None
    if case.source is CaseSource.HALL and case.deadline_at is not None:
        due_on = day_of(case.deadline_at)
        deadline = min(starts_on or case.received_on, due_on), due_on
    return Terms(starts_on, case.legal_limit, case.promised_limit, case.unit, case.extension, deadline)


def stops_of_rows(rows: Sequence[SpecialProcedure]) -> list[Stop]:
    """The stops among the procedures, as the rule knows them."""
    return [Stop(s.from_on, s.to_on, s.told_on) for s in rows if s.stops_clock]


def asked_of(case: Case, promises: Sequence[Commitment] = ()) -> list[Asked]:
    """What the enterprise was asked for and has promised: the correction, and the promises given."""
    found = []
    if case.correction_told_on is not None and case.correction_due_on is not None:
        done_on = case.corrected_on or case.decided_on
        found.append(Asked(case.correction_told_on, case.correction_due_on, done_on, corrects=True))
    for promise in promises:
        if promise.state is CommitmentState.PENDING:
            found.append(Asked(min(promise.promised_on, promise.due_on), promise.due_on))
        elif promise.state is CommitmentState.CORRECTING and promise.correct_by_on is not None:
            since = promise.verified_on or promise.promised_on
            found.append(Asked(min(since, promise.correct_by_on), promise.correct_by_on))
    return found


def register_row(row: ItemProcedure | None) -> Registered | None:
    """A row of the register as the rule knows it."""
    if row is None:
        return None
    return Registered(row.stops_clock, row.stop_basis, row.start_limit_wd, row.longest_wd, row.times)


def times_used(rows: Sequence[SpecialProcedure], registered: ItemProcedure) -> int:
    """How often a case has had a procedure of the register; one opened before the register knew its kind
    counts too."""
    return sum(row.kind is registered.kind and row.register_id in (registered.id, None) for row in rows)


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
    source: CaseSource = CaseSource.OURS
    applicant: str = ""  # as the hall wrote it; "" for a person
    late: bool | None = None  # of a closed case
    running_wd: int | None = None

    @property
    def light(self) -> Light:
        return self.clocks.light


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
    ids = [case.id for case, *_rest in found if case.id is not None]
    stops, promises = stops_of(session, ids), open_promises_of(session, ids)
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
            clocks=clocks_of(case, stops[case.id or 0], today, calendar, promises[case.id or 0]),
            source=case.source,
            applicant=case.applicant,
            late=case.late,
            running_wd=case.running_wd,
        )
        for case, item, department, enterprise, project in found
    ]


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
            select(Case.id).where(
                col(Case.id) == int(case_id),
                col(Case.source) == CaseSource.OURS,
                case_condition(actor, Verb.CASE_EDIT),
            )
        ).first()
        is not None
    )
