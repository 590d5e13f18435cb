"""Reads of the calendar. `calendar(session)` is what every other room asks for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from crm.workdays import rules
from crm.workdays.rules import Calendar
from crm.workdays.shipped import movable_days
from models import CalendarDay, CalendarYear, Setting
from models.vocabulary import DayKind

VERSION_KEY = "calendar"

_cached: dict[str, Calendar] = {}  # one entry: the calendar of the version last seen by this process


def calendar(session: Session) -> Calendar:
    """The calendar as it stands. One primary-key read when nothing changed since the last call."""
    version = _version(session)
    found = _cached.get(version) if version else None
    if found is None:
        found = load(session)
        if version:
            _cached.clear()
            _cached[version] = found
    return found


def load(session: Session) -> Calendar:
    """The calendar read afresh, inside the transaction that is changing it."""
    rows = session.exec(select(CalendarDay.on, CalendarDay.is_workday)).all()
    return Calendar(
        exceptions=dict(rows),
        confirmed=frozenset(session.exec(select(CalendarYear.year))),
        movable=movable_days(),
    )


def mark_changed(session: Session) -> None:
    """Give the calendar a new version, so that every process reads it again."""
    value = {"version": uuid.uuid4().hex}
    row = session.get(Setting, VERSION_KEY)
    if row is None:
        session.add(Setting(key=VERSION_KEY, value=value))
    else:
        row.value = value


def _version(session: Session) -> str:
    value = session.exec(select(Setting.value).where(Setting.key == VERSION_KEY)).first()
    return str((value or {}).get("version", ""))


@dataclass(frozen=True)
class YearRow:
    """One year of the calendar. `source` is "" and `confirmed_at` None while it is provisional."""

    year: int
    confirmed: bool
    source: str
    confirmed_at: datetime | None
    days_off: int  # days the notice or the office gives off
    makeup_days: int
    workdays: int


@dataclass(frozen=True)
class DayRow:
    """One day that differs from its weekday."""

    on: date
    is_workday: bool
    kind: DayKind
    name: str
    source: str


def years(session: Session, today: date) -> list[YearRow]:
    """Every loaded year, this year and the next, oldest first."""
    loaded = {row.year: row for row in session.exec(select(CalendarYear))}
    return [
        _year_row(session, year, loaded.get(year)) for year in sorted({*loaded, today.year, today.year + 1})
    ]


def _year_row(session: Session, year: int, row: CalendarYear | None) -> YearRow:
    days = days_of(session, year)
    first, last = date(year, 1, 1), date(year, 12, 31)
    known = calendar(session)
    return YearRow(
        year=year,
        confirmed=row is not None,
        source=row.source if row else "",
        confirmed_at=row.confirmed_at if row else None,
        days_off=sum(not d.is_workday for d in days),
        makeup_days=sum(d.is_workday for d in days),
        workdays=known.count_workdays(first, last) + int(known.is_workday(first)),
    )


def days_of(session: Session, year: int) -> list[DayRow]:
    """The days of a year that differ from their weekday, in order."""
    rows = session.exec(
        select(CalendarDay)
        .where(col(CalendarDay.on) >= date(year, 1, 1), col(CalendarDay.on) <= date(year, 12, 31))
        .order_by(col(CalendarDay.on))
    )
    return [DayRow(r.on, r.is_workday, r.kind, r.name, r.source) for r in rows]


def calendar_runs_out(session: Session, today: date) -> rules.RunsOut:
    """How far the confirmed calendar reaches: an item of the health page."""
    return rules.calendar_runs_out(calendar(session), today)
