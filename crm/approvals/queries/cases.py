"""One case with its clocks, stops and next steps; which cases an actor reaches; choices for a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals import rules
from crm.approvals.queries.catalogue import rule_of_case
from crm.approvals.rules import Asked, CaseClocks, Registered, Step, Stop, Terms
from crm.core.access import Actor, Verb, enterprise_condition, project_condition, require, scopes
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.names import name_key
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
    StoredFile,
)
from models.vocabulary import (
    CaseOutcome,
    CaseRoute,
    CaseSource,
    CaseState,
    CommitmentState,
    DayUnit,
    Light,
    ProcedureKind,
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
    return rules.case_clocks(
        terms_of(case),
        stops_of_rows(stops),
        today=today,
        calendar=calendar,
        decided_on=case.decided_on,
        asked=asked_of(case, promises),
        # Of a decision taken before deliveries were kept nobody knows: it has no such date.
        deliver_from=case.decided_on if case.deliver_by_on is not None else None,
        delivered_on=case.delivered_on,
    )


def terms_of(case: Case) -> Terms:
    """What the case was accepted under."""
    return Terms(
        case.starts_on or case.accepted_on,
        case.legal_limit,
        case.promised_limit,
        case.unit,
        case.extension,
    )


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


@dataclass(frozen=True)
class ProcedureRow:
    """One special procedure of a case, judged on the day asked for.

    `open`: not ended yet; `holds`: it does stop the clock that day; `untold`: a written notice is owed and was
    not given; `late_start`: it began after its start limit; `over_wd`: working days it has lasted beyond
    `end_by_on`; `registered`: the item's register knows it. `notice_file` is the notice's public file id.
    """

    id: int
    kind: ProcedureKind
    ground: str
    basis: str
    opened_by: str
    from_on: date
    to_on: date | None
    planned_wd: int
    stops_clock: bool
    start_by_on: date | None
    end_by_on: date | None
    told_on: date | None
    notice_no: str
    notice_file: str
    notice_file_name: str
    staff: tuple[str, ...]
    approver: str
    result: str
    registered: bool
    open: bool
    holds: bool
    untold: bool
    late_start: bool
    over_wd: int
    steps: tuple[Step, ...]  # GIVE_NOTICE, CLOSE_PROCEDURE: what may be done to it next


@dataclass(frozen=True)
class CaseView:
    """One case whole. `steps` are what its state allows next, whoever asks; none on a case of the hall.

    `accept_by_on`: the last day to tell what is missing, after which silence has accepted; `deemed`: it has.
    `extension_untold`: it was extended and the applicant has not been told why. The `_wd` are the closed
    case's measures, in working days.
    """

    row: CaseRow
    version: int
    source: CaseSource
    route: CaseRoute
    starts_on: date | None
    accept_by_on: date | None
    correction_limit: int
    correction_told_on: date | None
    correction_due_on: date | None
    correction_text: str
    corrected_on: date | None
    deemed: bool
    legal_limit: int | None
    promised_limit: int | None
    unit: DayUnit
    extension: int
    extension_limit: int
    extension_approver: str
    extension_reason: str
    extended_on: date | None
    extension_told_on: date | None
    extension_untold: bool
    outcome: CaseOutcome | None
    result: str
    issued_on: date | None
    deliver_by_on: date | None
    delivered_on: date | None
    renew_by_on: date | None
    note: str
    legal_basis: str
    special_steps: str
    follow_up: str
    clock_start: str
    valid_months: int | None
    running_wd: int | None
    stopped_wd: int | None
    enterprise_wd: int | None
    late: bool | None
    procedures: tuple[ProcedureRow, ...]
    choices: tuple[ProcedureChoice, ...]
    steps: tuple[Step, ...]
    milestone: str  # the project's milestone that the permit proves, "" without one
    milestone_done_on: date | None

    @property
    def stops(self) -> tuple[ProcedureRow, ...]:
        """The procedures that stop the clock."""
        return tuple(p for p in self.procedures if p.stops_clock)


@dataclass(frozen=True)
class ProcedureChoice:
    """One special procedure the item's register allows: for the form that opens it. `used`: how often this
    case had it; `start_by_on`: the last day to begin it."""

    register_id: int
    kind: ProcedureKind
    name: str
    stops_clock: bool
    basis: str
    conditions: str
    start_by_on: date | None
    longest_wd: int | None
    times: int
    used: int
    notice_needed: bool


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


def case_view(session: Session, actor: Actor, case_id: int, today: date) -> CaseView:
    """One case with its clocks, special procedures and next steps."""
    require(actor, Verb.PROJECT_VIEW)
    case = find_case(session, actor, case_id, Verb.PROJECT_VIEW)
    row = _rows(session, _named().where(col(Case.id) == case.id), today)[0]
    rule = rule_of_case(session, case)
    milestone = session.get(Milestone, case.milestone_id) if case.milestone_id is not None else None
    procedures = _procedure_rows(session, case, today)
    untold = case.extended_on is not None and case.extension_told_on is None
    same = {name: getattr(case, name) for name in _AS_STORED}
    return CaseView(
        row=row,
        starts_on=case.starts_on or case.accepted_on,
        correction_limit=rule.correction_limit,
        extension_limit=rule.extension_limit,
        extension_untold=untold,
        legal_basis=rule.legal_basis,
        special_steps=rule.special_steps,
        follow_up=rule.follow_up,
        clock_start=rule.clock_start,
        valid_months=rule.valid_months,
        procedures=procedures,
        choices=_choices(session, case, procedures),
        steps=steps_of(case),
        milestone=milestone.name if milestone else "",
        milestone_done_on=milestone.done_on if milestone else None,
        **same,
    )


_AS_STORED = (
    "version", "source", "route", "accept_by_on", "correction_told_on", "correction_due_on",
    "correction_text", "corrected_on", "deemed", "legal_limit", "promised_limit", "unit", "extension",
    "extension_approver", "extension_reason", "extended_on", "extension_told_on", "outcome", "result",
    "issued_on", "deliver_by_on", "delivered_on", "renew_by_on", "note", "running_wd", "stopped_wd",
    "enterprise_wd", "late",
)  # fmt: skip


def steps_of(case: Case) -> tuple[Step, ...]:
    """The steps a person may take next; none on a case that the acceptance system keeps."""
    if case.source is CaseSource.HALL:
        return ()
    return tuple(
        rules.next_steps(
            case.state,
            told=case.correction_told_on is not None,
            untold_extension=case.extended_on is not None and case.extension_told_on is None,
        )
    )


def _procedure_rows(session: Session, case: Case, today: date) -> tuple[ProcedureRow, ...]:
    rows = procedures_of(session, [case.id or 0])[case.id or 0]
    registered = _by_id(session, ItemProcedure, [r.register_id for r in rows])
    notices = _by_id(session, StoredFile, [r.notice_file_id for r in rows])
    calendar, steps = workdays.calendar(session), steps_of(case)
    return tuple(
        _procedure_row(
            row,
            registered.get(row.register_id or 0),
            notices.get(row.notice_file_id or 0),
            today,
            calendar,
            steps,
        )
        for row in rows
    )


def _by_id(session: Session, model: Any, ids: Sequence[int | None]) -> dict[int, Any]:
    wanted = [i for i in ids if i is not None]
    if not wanted:
        return {}
    return {row.id: row for row in session.exec(select(model).where(col(model.id).in_(wanted)))}


def _procedure_row(
    row: SpecialProcedure,
    registered: ItemProcedure | None,
    notice: StoredFile | None,
    today: date,
    calendar: Calendar,
    steps: Sequence[Step],
) -> ProcedureRow:
    owes_notice = row.stops_clock or (registered is not None and registered.notice_needed)
    last = min(row.to_on - timedelta(days=1), today) if row.to_on else today
    over = calendar.count_workdays(row.end_by_on, last) if row.end_by_on and last > row.end_by_on else 0
    may = {Step.GIVE_NOTICE: row.told_on is None, Step.CLOSE_PROCEDURE: row.to_on is None}
    return ProcedureRow(
        id=row.id or 0,
        kind=row.kind,
        ground=row.ground,
        basis=row.basis,
        opened_by=row.opened_by,
        from_on=row.from_on,
        to_on=row.to_on,
        planned_wd=row.planned_wd,
        stops_clock=row.stops_clock,
        start_by_on=row.start_by_on,
        end_by_on=row.end_by_on,
        told_on=row.told_on,
        notice_no=row.notice_no,
        notice_file=notice.public_id if notice else "",
        notice_file_name=notice.name if notice else "",
        staff=tuple(row.staff or ()),
        approver=row.approver,
        result=row.result,
        registered=registered is not None,
        open=row.to_on is None,
        holds=row.stops_clock and Stop(row.from_on, row.to_on, row.told_on).holds_on(today),
        untold=owes_notice and row.told_on is None,
        late_start=row.start_by_on is not None and row.from_on > row.start_by_on,
        over_wd=over,
        steps=tuple(step for step in steps if may.get(step)),
    )


def _choices(session: Session, case: Case, procedures: Sequence[ProcedureRow]) -> tuple[ProcedureChoice, ...]:
    """What the item's register offers this case."""
    calendar = workdays.calendar(session)
    rows = session.exec(
        select(ItemProcedure)
        .where(col(ItemProcedure.item_id) == case.item_id, col(ItemProcedure.active).is_(True))
        .order_by(col(ItemProcedure.id))
    )
    return tuple(
        ProcedureChoice(
            register_id=row.id or 0,
            kind=row.kind,
            name=row.name,
            stops_clock=rules.stops_clock(row.kind, register_row(row)),
            basis=row.stop_basis or row.basis,
            conditions=row.conditions,
            start_by_on=rules.start_by(row.kind, register_row(row), case.accepted_on, calendar),
            longest_wd=rules.longest(row.kind, register_row(row)),
            times=row.times,
            used=sum(p.kind is row.kind for p in procedures),
            notice_needed=row.notice_needed,
        )
        for row in rows
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
            select(Case.id).where(
                col(Case.id) == int(case_id),
                col(Case.source) == CaseSource.OURS,
                case_condition(actor, Verb.CASE_EDIT),
            )
        ).first()
        is not None
    )
