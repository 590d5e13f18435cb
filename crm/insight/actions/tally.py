"""Counting the cases into the tally, month by month, in SQL; run after an import, daily, and on demand.

A month is deleted and counted anew in one transaction, so doing it twice, or twice at once, changes nothing.
`stale_months` finds by their mark the months whose cases changed since.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from crm.caselog.actions import on_loaded
from crm.core.access import SYSTEM, Actor, Verb, require_all
from crm.core.db import reading, unit_of_work
from crm.core.today import now
from crm.insight.rules import Measure, Months, month_of
from models import Case, CaseEvent, CaseTally, CaseTallyMonth, SpecialProcedure
from models.vocabulary import CaseOutcome, CaseState

RETURNED = (CaseState.NOT_ACCEPTED, CaseState.WITHDRAWN)
_COLUMNS = ("month", "item_id", "department_id", "town_id", "step_id", "measure", "value", "n")


def recount(actor: Actor, months: Iterable[date]) -> int:
    """Count these months anew, each in one transaction of its own. Any day stands for its month.
    Returns how many months were counted."""
    require_all(actor, Verb.INSIGHT_VIEW)
    wanted = sorted({month_of(day) for day in months})
    for month in wanted:
        with unit_of_work(actor, "insight.recount") as session:
            _count(session, month)
    return len(wanted)


def recount_stale(actor: Actor) -> int:
    """Count the months whose cases changed since they were counted. Returns how many."""
    require_all(actor, Verb.INSIGHT_VIEW)
    with reading() as session:
        months = stale_months(session)
    return recount(actor, months)


@on_loaded
def after_import(months: frozenset[date]) -> int:
    """Count what an import touched, and what else changed meanwhile (a case that left a month). How many months."""
    with reading() as session:
        stale = stale_months(session)
    return recount(SYSTEM, {*months, *stale})


_done_for: set[date] = set()


def daily(today: date, stop: threading.Event | None = None) -> int:
    """The daily run's share, once a day in each process: the months whose cases changed. A second process
    finds them counted, or counts them to the same again. Returns how many were counted."""
    if today in _done_for:
        return 0
    with reading() as session:
        months = stale_months(session)
    for number, month in enumerate(months):
        if stop is not None and stop.is_set():
            return number
        recount(SYSTEM, [month])
    _done_for.clear()
    _done_for.add(today)
    return len(months)


def stale_months(session: Session) -> list[date]:
    """The months whose tally is missing or was counted from other rows than there are now, oldest first."""
    marks = _marks(session)
    counted = {row.month: row.mark for row in session.execute(sa.select(*CaseTallyMonth.__table__.c))}  # type: ignore[attr-defined]
    return sorted(m for m in {*marks, *counted} if marks.get(m, _NO_MARK) != counted.get(m))


# --- the mark of a month: how many rows, and their last change

_Part = tuple[int, str]
_NO_MARK = "0/0/0"


def _marks(session: Session, month: date | None = None) -> dict[date, str]:
    """The mark of each month with rows, or of this month alone."""
    procedures = (
        sa.select().select_from(SpecialProcedure).join(Case, col(Case.id) == col(SpecialProcedure.case_id))
    )
    parts = [
        _part(session, sa.select(), col(Case.decided_on), col(Case.updated_at), month),
        _part(session, sa.select(), col(Case.received_on), col(Case.updated_at), month),
        _part(
            session,
            procedures,
            col(Case.decided_on),
            col(SpecialProcedure.updated_at),
            month,
        ),
    ]
    empty = (0, "")
    found = {
        m: "/".join(f"{n}@{last}" if n else "0" for n, last in (part.get(m, empty) for part in parts))
        for m in {m for part in parts for m in part}
    }
    if month is not None and month not in found:
        found[month] = _NO_MARK
    return found


def _part(
    session: Session, base: sa.Select[Any], day: Any, changed: Any, month: date | None
) -> dict[date, _Part]:
    year, index = sa.extract("year", day), sa.extract("month", day)
    query = (
        base.add_columns(year, index, sa.func.count(), sa.func.max(changed))
        .where(day.is_not(None) if month is None else _within(day, month))
        .group_by(year, index)
    )
    return {
        date(int(y), int(m), 1): (int(n), last.isoformat()) for y, m, n, last in session.execute(query).all()
    }


# --- one month


def _within(day: Any, month: date) -> sa.ColumnElement[bool]:
    return sa.and_(day >= month, day < Months(month, 1).end)


def _count(session: Session, month: date) -> None:
    mark = _marks(session, month)[month]
    # First, because its row is the lock: who counts the same month at the same time waits here.
    _stamp(session, month, mark)
    session.execute(
        sa.delete(CaseTally).where(col(CaseTally.measure).in_(list(Measure)), col(CaseTally.month) == month)
    )
    session.execute(sa.insert(CaseTally).from_select(_COLUMNS, _rows(month)))


def _stamp(session: Session, month: date, mark: str) -> None:
    dialect = session.get_bind().dialect.name
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    moment = now()
    session.connection().execute(
        insert(CaseTallyMonth)
        .values(month=month, counted_at=moment, mark=mark)
        .on_conflict_do_update(index_elements=["month"], set_={"counted_at": moment, "mark": mark})
    )


def _rows(month: date) -> sa.CompoundSelect[Any]:
    """Every row of the month's tally, as one query."""
    place = (col(Case.item_id), col(Case.department_id), col(Case.town_id))
    closed = (
        sa.select(
            *place,
            col(Case.state),
            col(Case.outcome),
            col(Case.corrections),
            col(Case.running_wd),
            col(Case.enterprise_wd),
            col(Case.stopped_wd),
            col(Case.late),
            sa.case(
                (
                    sa.and_(col(Case.deadline_at).is_not(None), col(Case.closed_at).is_not(None)),
                    _yes(col(Case.closed_at) > col(Case.deadline_at)),
                )
            ).label("late_own"),
        )
        .where(_within(col(Case.decided_on), month))
        # Each measure groups it once more: read from the wide table once.
        .cte("closed")
        .prefix_with("MATERIALIZED")
    )
    steps = (
        sa.select(*place, col(SpecialProcedure.from_on), col(SpecialProcedure.start_by_on))
        .add_columns(col(SpecialProcedure.stops_clock), col(SpecialProcedure.told_on))
        .join(Case, col(Case.id) == col(SpecialProcedure.case_id))
        .where(_within(col(Case.decided_on), month))
        .cte("steps")
        .prefix_with("MATERIALIZED")
    )
    c, s = closed.c, steps.c
    # Literal, not bound: PostgreSQL compares a grouped expression with the selected one by its text.
    zero: sa.ColumnElement[int] = sa.literal_column("0")
    whole = c.running_wd + sa.func.coalesce(c.enterprise_wd, zero) + sa.func.coalesce(c.stopped_wd, zero)

    def tallied(
        measure: Measure, source: Any, value: Any = None, *where: Any, step: Any = None
    ) -> sa.Select[Any]:
        t = source.c if isinstance(source, sa.CTE) else Case.__table__.c  # type: ignore[attr-defined]
        keys = (t.item_id, t.department_id, t.town_id)
        return (
            sa.select(
                sa.literal(month, sa.Date()).label("month"),
                *keys,
                (sa.cast(sa.null(), sa.Integer) if step is None else step).label("step_id"),
                sa.literal(measure.value).label("measure"),
                (zero if value is None else value).label("value"),
                sa.func.count().label("n"),
            )
            .select_from(source)
            .where(*where)
            .group_by(*keys, *(column for column in (step, value) if column is not None))
        )

    events = sa.join(CaseEvent, Case, col(Case.id) == col(CaseEvent.case_id))
    return sa.union_all(
        tallied(Measure.RECEIVED, Case, None, _within(col(Case.received_on), month)),
        tallied(Measure.CLOSED, closed),
        tallied(Measure.GRANTED, closed, None, c.outcome == CaseOutcome.GRANTED),
        tallied(Measure.REFUSED, closed, None, c.outcome == CaseOutcome.REFUSED),
        tallied(Measure.RETURNED, closed, None, c.state.in_(RETURNED)),
        tallied(Measure.CORRECTIONS, closed, c.corrections),
        *(
            tallied(measure, closed, c[measure.value], c[measure.value].is_not(None))
            for measure in (Measure.RUNNING_WD, Measure.ENTERPRISE_WD, Measure.STOPPED_WD)
        ),
        tallied(Measure.TOTAL_WD, closed, whole, c.running_wd.is_not(None)),
        tallied(Measure.LATE, closed, _yes(c.late), c.late.is_not(None)),
        tallied(Measure.LATE_OWN, closed, c.late_own, c.late_own.is_not(None)),
        tallied(Measure.PROCEDURES, steps),
        tallied(Measure.PROCEDURE_LATE, steps, _yes(s.from_on > s.start_by_on), s.start_by_on.is_not(None)),
        tallied(Measure.PROCEDURE_UNTOLD, steps, _yes(s.told_on.is_(None)), s.stops_clock.is_(sa.true())),
        tallied(
            Measure.STEP_WAIT,
            events,
            col(CaseEvent.wait_wd),
            _within(col(Case.decided_on), month),
            col(CaseEvent.wait_wd).is_not(None),
            step=col(CaseEvent.step_id),
        ),
    )


def _yes(condition: Any) -> sa.ColumnElement[int]:
    return sa.case((condition, sa.literal_column("1")), else_=sa.literal_column("0"))
