"""The calendar 2019-2026, from the State Council's notices, into the database.

`data/days.csv` names for every day the notice it comes from (`data/notices.csv`). A day or year
already in the database is left alone: an administrator may have loaded a later notice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from sqlmodel import Session, select

from crm.workdays import shipped
from crm.workdays.queries import mark_changed
from models import CalendarDay, CalendarYear
from models.vocabulary import DayKind


def seed(session: Session) -> None:
    """Add the days and years that are missing; touch none that is there."""
    notices = {row["notice"]: row for row in shipped.rows("notices.csv")}
    years = set(session.exec(select(CalendarYear.year)))
    new_years = {int(n["year"]) for n in notices.values() if n["year"]} - years
    if not new_years:
        return
    there = set(session.exec(select(CalendarDay.on)))
    for row in shipped.rows("days.csv"):
        on, kind = date.fromisoformat(row["day"]), DayKind(row["kind"])
        # "2019b" amends 2019; a December day may be the next year's.
        if int(row["notice"][:4]) in new_years and on not in there:
            session.add(
                CalendarDay(
                    on=on,
                    is_workday=kind is DayKind.MAKEUP,
                    kind=kind,
                    name=row["name"],
                    source=notices[row["notice"]]["source"],
                )
            )
    for notice in notices.values():
        if notice["year"] and int(notice["year"]) in new_years:
            issued = date.fromisoformat(notice["issued_on"])
            session.add(
                CalendarYear(
                    year=int(notice["year"]),
                    source=notice["source"],
                    confirmed_at=datetime.combine(issued, time(), UTC),
                )
            )
    mark_changed(session)
