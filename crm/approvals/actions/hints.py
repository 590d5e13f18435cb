"""The dates of a case that are never typed: written here alone, from the rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlmodel import Session, col, select

from crm.approvals import rules
from crm.approvals.queries.cases import (
    asked_of,
    clocks_of,
    procedures_of,
    register_row,
    stops_of_rows,
    terms_of,
)
from crm.approvals.queries.catalogue import rule_of_case
from crm.core.db import fetch
from crm.core.i18n import _
from crm.workdays import queries as workdays
from crm.workdays.actions import Moved, on_calendar_change
from crm.workdays.rules import Calendar
from models import Case, Item, ItemProcedure, SpecialProcedure
from models.vocabulary import OPEN_CASE_STATES, CaseSource, CaseState, DayUnit


def refresh_hints(
    session: Session,
    case: Case,
    calendar: Calendar,
    today: date,
    stops: Sequence[SpecialProcedure] | None = None,
) -> None:
    """Write the case's dates and measures from the rule; the only writer of them. `stops` are its special
    procedures (those that do not stop the clock may be among them); None reads them, and those just added
    must have been flushed.

    The lights that lists and boards find by SQL (`queries.light_sql`) stand on these hints.
    """
    if stops is None:
        stops = procedures_of(session, [case.id or 0])[case.id or 0]
    held = stops_of_rows(stops)
    clocks = clocks_of(case, stops, today, calendar)
    committed = clocks.committed
    case.due_on = clocks.legal.due_on if clocks.legal else None
    case.promised_due_on = clocks.promised.due_on if clocks.promised else None
    case.yellow_on = committed.yellow_on if committed else None
    case.provisional = clocks.provisional
    case.accept_by_on = _accept_by(session, case, calendar)
    case.deliver_by_on = _deliver_by(case, calendar)
    case.renew_by_on = _renew_by(fetch(session, Item, case.item_id), case.expires_on, calendar)
    running = case.decided_on is None
    held_now = [s.holds_from for s in held if running and s.to_on is None and s.holds_from is not None]
    case.held_from = min(held_now, default=None)
    case.untold_from = min(
        (s.from_on for s in held if running and s.to_on is None and s.holds_from is None), default=None
    )
    _write_measures(case, held, calendar)


def _write_measures(case: Case, held: Sequence[rules.Stop], calendar: Calendar) -> None:
    case.corrections = int(case.correction_told_on is not None)
    if case.decided_on is None:
        case.running_wd = case.stopped_wd = case.enterprise_wd = case.late = None
        return
    found = rules.measures(terms_of(case), held, asked_of(case), closed_on=case.decided_on, calendar=calendar)
    case.running_wd, case.stopped_wd = found.running_wd, found.stopped_wd
    case.enterprise_wd, case.late = found.enterprise_wd, found.late


def _accept_by(session: Session, case: Case, calendar: Calendar) -> date | None:
    if case.state is not CaseState.RECEIVED:
        return None
    limit = rule_of_case(session, case).correction_limit
    return rules.accept_by(case.received_on, case.corrected_on, limit, calendar)


def _deliver_by(case: Case, calendar: Calendar) -> date | None:
    if case.state not in (CaseState.DECIDED, CaseState.DELIVERED) or case.outcome is None:
        return None
    assert case.decided_on is not None
    return calendar.add_workdays(case.decided_on, rules.DELIVER_WD)


def settle(session: Session, case: Case, today: date) -> None:
    # One flush, one line in the trail: the step and the dates it moved belong together.
    with session.no_autoflush:
        refresh_hints(session, case, workdays.calendar(session), today)


def _renew_by(item: Item, expires_on: date | None, calendar: Calendar) -> date | None:
    if expires_on is None or item.renew_before is None:
        return None
    if item.renew_unit is DayUnit.WORKING:
        return calendar.add_workdays(expires_on, -item.renew_before)
    return expires_on - timedelta(days=item.renew_before)


def limit_procedure(
    row: SpecialProcedure, case: Case, registered: ItemProcedure | None, calendar: Calendar
) -> None:
    """Write until when a procedure had to begin and may last."""
    limits = register_row(registered)
    row.start_by_on = rules.start_by(row.kind, limits, case.accepted_on, calendar)
    row.end_by_on = rules.end_by(row.kind, limits, row.from_on, row.planned_wd, calendar)


@on_calendar_change
def recompute(session: Session, calendar: Calendar, today: date) -> list[Moved]:
    """After a change of the calendar: every open case of ours anew, what is to be delivered, and the last day
    to renew a permit where that is counted in working days and still lies ahead. Decided cases keep their
    due dates; the hall's cases keep what its acceptance system says. What moved."""
    session.exec(select(Item)).all()  # into the identity map: one read instead of one a case
    with session.no_autoflush:
        return [
            *_running_moved(session, calendar, today),
            *_deliveries_moved(session, calendar, today),
            *_renewals_moved(session, calendar, today),
        ]


def _running_moved(session: Session, calendar: Calendar, today: date) -> list[Moved]:
    moved: list[Moved] = []
    running = session.exec(
        select(Case).where(
            col(Case.state).in_(OPEN_CASE_STATES),
            col(Case.decided_on).is_(None),
            col(Case.source) == CaseSource.OURS,
        )
    ).all()
    procedures = procedures_of(session, [case.id for case in running if case.id is not None])
    registered = {row.id: row for row in session.exec(select(ItemProcedure))}
    for case in running:
        before = (case.due_on, case.promised_due_on, case.accept_by_on)
        rows = procedures[case.id or 0]
        refresh_hints(session, case, calendar, today, rows)
        for row in rows:
            if row.to_on is None:
                limit_procedure(row, case, registered.get(row.register_id), calendar)
        words = (
            _("{no} 法定到期日", no=case.case_no),
            _("{no} 承诺到期日", no=case.case_no),
            _("{no} 受理期限", no=case.case_no),
        )
        after = (case.due_on, case.promised_due_on, case.accept_by_on)
        moved += [
            Moved("permit_case", case.id or 0, what, old, new, case.provisional)
            for what, old, new in zip(words, before, after, strict=True)
            if old != new
        ]
    return moved


def _deliveries_moved(session: Session, calendar: Calendar, today: date) -> list[Moved]:
    moved: list[Moved] = []
    waiting = session.exec(
        select(Case).where(col(Case.state) == CaseState.DECIDED, col(Case.deliver_by_on) >= today)
    ).all()
    for case in waiting:
        old, new = case.deliver_by_on, _deliver_by(case, calendar)
        if old == new or case.decided_on is None or new is None:
            continue
        case.deliver_by_on = new
        unsure = calendar.is_provisional(case.decided_on, new)
        moved.append(
            Moved("permit_case", case.id or 0, _("{no} 送达期限", no=case.case_no), old, new, unsure)
        )
    return moved


def _renewals_moved(session: Session, calendar: Calendar, today: date) -> list[Moved]:
    moved: list[Moved] = []
    rows = session.exec(
        select(Case, Item)
        .join(Item, col(Item.id) == col(Case.item_id))
        .where(
            col(Case.state).in_((CaseState.DECIDED, CaseState.DELIVERED)),
            col(Item.renew_unit) == DayUnit.WORKING,
            col(Case.renew_by_on) >= today,
        )
    ).all()
    for case, item in rows:
        old, new = case.renew_by_on, _renew_by(item, case.expires_on, calendar)
        if old != new and case.expires_on is not None:
            case.renew_by_on = new
            moved.append(
                Moved(
                    "permit_case",
                    case.id or 0,
                    _("{no} 最迟申请延续日", no=case.case_no),
                    old,
                    new,
                    calendar.is_provisional(new or today, case.expires_on),
                )
            )
    return moved
