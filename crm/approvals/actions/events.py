"""The event log of a case: every step of our own cases, written in the step's own transaction."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlmodel import Session, col, select

from crm.core.access import Actor
from crm.core.today import SHANGHAI, day_of
from crm.core.today import now as instant_now
from crm.workdays.rules import Calendar
from models import Case, CaseEvent, CaseStep

NOON = time(12)  # of a step whose hour nobody knows


def record(
    session: Session,
    case: Case,
    step_name: str,
    on: date,
    actor: Actor,
    calendar: Calendar,
    *,
    lifecycle: str = "complete",
) -> None:
    """Add one event. `on` is the day it happened: of today it is this instant, of an earlier day noon in the
    district. `lifecycle` is "start" for the beginning of what lasts, as in IEEE 1849.

    The wait is counted from the event before it in time, else from the receipt.
    """
    moment = instant_now()
    at = moment if day_of(moment) == on else datetime.combine(on, NOON, tzinfo=SHANGHAI)
    before = session.exec(
        select(CaseEvent.at)
        .where(col(CaseEvent.case_id) == case.id, col(CaseEvent.at) <= at)
        .order_by(col(CaseEvent.at).desc())
        .limit(1)
    ).first()
    since = case.received_on if before is None else day_of(before)
    session.add(
        CaseEvent(
            case_id=case.id or 0,
            step_id=_step_id(session, step_name),
            at=at,
            who=actor.name,
            lifecycle=lifecycle,
            wait_wd=max(0, calendar.count_workdays(since, on)),
        )
    )


def _step_id(session: Session, name: str) -> int:
    found = session.exec(select(CaseStep.id).where(CaseStep.name == name)).first()
    if found is not None:
        return found
    # Two may name a new step at once: the second finds the first's.
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    session.execute(insert(CaseStep).values(name=name).on_conflict_do_nothing())
    return session.exec(select(CaseStep.id).where(CaseStep.name == name)).one() or 0
