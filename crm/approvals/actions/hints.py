"""The dates of a case that are never typed: written here alone, from the rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlmodel import Session, col, select

from crm.approvals.queries.cases import clocks_of, stops_of
from crm.core.db import fetch
from crm.core.i18n import _
from crm.workdays import queries as workdays
from crm.workdays.actions import Moved, on_calendar_change
from crm.workdays.rules import Calendar
from models import Case, Item, SpecialProcedure
from models.vocabulary import CaseState, DayUnit


def refresh_hints(
    session: Session,
    case: Case,
    calendar: Calendar,
    today: date,
    stops: Sequence[SpecialProcedure] | None = None,
) -> None:
    """Write the case's dates from the rule. The only writer of `due_on`, `promised_due_on`,
    `yellow_on`, `provisional` and `renew_by_on`; `renew_by_on` follows `expires_on`. `stops` None reads
    them; those just added must have been flushed."""
    if stops is None:
        stops = stops_of(session, [case.id or 0])[case.id or 0]
    clocks = clocks_of(case, stops, today, calendar)
    committed = clocks.committed
    case.due_on = clocks.legal.due_on if clocks.legal else None
    case.promised_due_on = clocks.promised.due_on if clocks.promised else None
    case.yellow_on = committed.yellow_on if committed else None
    case.provisional = clocks.provisional
    case.renew_by_on = _renew_by(fetch(session, Item, case.item_id), case.expires_on, calendar)


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


@on_calendar_change
def recompute(session: Session, calendar: Calendar, today: date) -> list[Moved]:
    """After a change of the calendar: every running case anew, and the last day to renew a permit where
    that is counted in working days and still lies ahead. Decided cases keep their due dates. What moved."""
    session.exec(select(Item)).all()  # into the identity map: one read instead of one a case
    with session.no_autoflush:
        return [*_running_moved(session, calendar, today), *_renewals_moved(session, calendar, today)]


def _running_moved(session: Session, calendar: Calendar, today: date) -> list[Moved]:
    moved: list[Moved] = []
    running = session.exec(
        select(Case).where(col(Case.state) == CaseState.ACCEPTED, col(Case.decided_on).is_(None))
    ).all()
    stops = stops_of(session, [case.id for case in running if case.id is not None])
    for case in running:
        before = (case.due_on, case.promised_due_on)
        refresh_hints(session, case, calendar, today, stops[case.id or 0])
        words = (_("{no} 法定到期日", no=case.case_no), _("{no} 承诺到期日", no=case.case_no))
        after = (case.due_on, case.promised_due_on)
        moved += [
            Moved("permit_case", case.id or 0, what, old, new, case.provisional)
            for what, old, new in zip(words, before, after, strict=True)
            if old != new
        ]
    return moved


def _renewals_moved(session: Session, calendar: Calendar, today: date) -> list[Moved]:
    moved: list[Moved] = []
    rows = session.exec(
        select(Case, Item)
        .join(Item, col(Item.id) == col(Case.item_id))
        .where(
            col(Case.state) == CaseState.DECIDED,
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
