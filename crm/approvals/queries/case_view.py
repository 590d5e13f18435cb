"""One case whole: its clocks, its special procedures, what the register allows, its next steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, select

from crm.approvals import rules
from crm.approvals.queries.cases import (
    CaseRow,
    _named,
    _rows,
    find_case,
    procedures_of,
    register_row,
    times_used,
)
from crm.approvals.queries.catalogue import rule_of_case
from crm.approvals.rules import Step, Stop
from crm.core.access import Actor, Verb, require
from crm.workdays import queries as workdays
from crm.workdays.rules import Calendar
from models import Case, ItemProcedure, Milestone, SpecialProcedure, StoredFile
from models.vocabulary import CaseOutcome, CaseRoute, CaseSource, DayUnit, ProcedureKind


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


def case_view(session: Session, actor: Actor, case_id: int, today: date) -> CaseView:
    """One case with its clocks, special procedures and next steps."""
    require(actor, Verb.PROJECT_VIEW)
    case = find_case(session, actor, case_id, Verb.PROJECT_VIEW)
    row = _rows(session, _named().where(col(Case.id) == case.id), today)[0]
    rule = rule_of_case(session, case)
    milestone = session.get(Milestone, case.milestone_id) if case.milestone_id is not None else None
    rows = procedures_of(session, [case.id or 0])[case.id or 0]
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
        procedures=_procedure_rows(session, case, rows, today),
        choices=_choices(session, case, rows),
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


def _procedure_rows(
    session: Session, case: Case, rows: Sequence[SpecialProcedure], today: date
) -> tuple[ProcedureRow, ...]:
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


def _choices(
    session: Session, case: Case, procedures: Sequence[SpecialProcedure]
) -> tuple[ProcedureChoice, ...]:
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
            used=times_used(procedures, row),
            notice_needed=row.notice_needed,
        )
        for row in rows
    )
