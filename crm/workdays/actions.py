"""Changing the calendar: load a year's notice, add or take back a closure of our own.

Every change recomputes what is open, in the same transaction, and says what moved. A room with
deadlines registers its function:

    @on_calendar_change
    def recompute(session, calendar, today) -> list[Moved]: ...

Closed records keep their dates.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, require_all
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotFound, Problem, Refusal
from crm.core.i18n import _
from crm.core.today import now
from crm.workdays import notice, queries
from crm.workdays.notice import Notice, NoticeDay
from crm.workdays.rules import Calendar
from models import CalendarDay, CalendarYear
from models.vocabulary import DayKind


@dataclass(frozen=True)
class Moved:
    """One open deadline that a calendar change moved. `record` is the table, `what` a person's words."""

    record: str
    record_id: int
    what: str
    old_on: date | None
    new_on: date | None
    provisional: bool = False


Recompute = Callable[[Session, Calendar, date], list[Moved]]
_listeners: list[Recompute] = []

# Rooms above this one that may have registered: imported by name, since imports only go downwards.
_LISTENING = ("crm.approvals.actions", "crm.projects.actions")


def on_calendar_change(recompute: Recompute) -> Recompute:
    """Register a room's recomputation; called once for each change of the calendar, before the commit."""
    if recompute not in _listeners:
        _listeners.append(recompute)
    return recompute


class LoadYear(BaseModel):
    """A year and its notice as text or file bytes. `source` "" takes the name in the file."""

    year: int
    content: str | bytes
    source: str = Field(default="", max_length=200)


@dataclass(frozen=True)
class DayChange:
    """One day as it was and as the notice says; None = an ordinary day by its weekday."""

    on: date
    old: bool | None
    new: bool | None
    name: str


@dataclass(frozen=True)
class Preview:
    """What loading would do; nothing is written."""

    notice: Notice
    first_time: bool
    changes: tuple[DayChange, ...]


@dataclass(frozen=True)
class Loaded:
    """What loading did."""

    year: int
    source: str
    days: int
    changes: tuple[DayChange, ...]
    warnings: tuple[str, ...]
    moved: tuple[Moved, ...]


def preview_year(actor: Actor, form: LoadYear) -> Preview:
    """Read a notice and compare it with the calendar. Raises `Refusal` with every fault in it."""
    require_all(actor, Verb.CALENDAR_EDIT)
    read = notice.parse(form.content, form.year, form.source)
    with reading() as session:
        return Preview(read, session.get(CalendarYear, form.year) is None, tuple(_differences(session, read)))


def load_year(actor: Actor, form: LoadYear, *, today: date) -> Loaded:
    """Make the notice the calendar of its year: confirmed from now on, open deadlines recomputed."""
    require_all(actor, Verb.CALENDAR_EDIT)
    read = notice.parse(form.content, form.year, form.source)
    with unit_of_work(actor, "workdays.load_year") as session:
        changes = tuple(_differences(session, read))
        _replace(session, read)
        row = session.get(CalendarYear, read.year)
        if row is None:
            session.add(CalendarYear(year=read.year, source=read.source))
        else:
            row.source, row.confirmed_at = read.source, now()
        moved = _calendar_changed(session, today)
    return Loaded(read.year, read.source, len(read.days), changes, read.warnings, moved)


class Closure(BaseModel):
    """A day the office itself is closed (typhoon, half a day given off): entered by hand."""

    on: date
    name: str = Field(min_length=1, max_length=60)


def add_closure(actor: Actor, form: Closure, *, today: date) -> tuple[Moved, ...]:
    """Close a working day. Refuses a day that is off already."""
    require_all(actor, Verb.CALENDAR_EDIT)
    name = form.name.strip()
    if not name:
        raise Refusal(Problem("name", _("请写明停工停业的原因，例如：台风停工。")))
    with unit_of_work(actor, "workdays.add_closure") as session:
        if not queries.load(session).is_workday(form.on):
            raise Refusal(Problem("on", _("{day}本来就不是工作日。", day=form.on)))
        row = session.get(CalendarDay, form.on)
        if row is not None:  # a make-up day that the office closes after all
            session.delete(row)
            session.flush()
        session.add(
            CalendarDay(on=form.on, is_workday=False, kind=DayKind.LOCAL, name=name, source=actor.name)
        )
        return _calendar_changed(session, today)


def remove_closure(actor: Actor, on: date, *, today: date) -> tuple[Moved, ...]:
    """Take back a closure entered by hand. Days of a notice change only by loading a notice."""
    require_all(actor, Verb.CALENDAR_EDIT)
    with unit_of_work(actor, "workdays.remove_closure") as session:
        row = session.get(CalendarDay, on)
        if row is None or row.kind is not DayKind.LOCAL:
            raise NotFound(_("没有找到{day}的停工记录。", day=on))
        session.delete(row)
        return _calendar_changed(session, today)


def _belongs_to(session: Session, year: int) -> list[CalendarDay]:
    """The stored days of one year's notice. A December day may come from the next year's."""
    own, following = session.get(CalendarYear, year), session.get(CalendarYear, year + 1)
    rows = session.exec(
        select(CalendarDay).where(
            col(CalendarDay.on) >= date(year - 1, 12, 1),
            col(CalendarDay.on) <= date(year, 12, 31),
            col(CalendarDay.kind) != DayKind.LOCAL,
        )
    )
    return [
        row
        for row in rows
        if (
            not (row.on.month == 12 and following is not None and row.source == following.source)
            if row.on.year == year
            else own is not None and row.source == own.source
        )
    ]


def _differences(session: Session, read: Notice) -> list[DayChange]:
    old = {row.on: row for row in _belongs_to(session, read.year)}
    new = {day.on: day for day in read.days}
    changes: list[DayChange] = []
    for on in sorted(old.keys() | new.keys()):
        before = old[on].is_workday if on in old else None
        after = new[on].is_workday if on in new else None
        if before is not after:
            changes.append(DayChange(on, before, after, new[on].name if on in new else old[on].name))
    return changes


def _replace(session: Session, read: Notice) -> None:
    new = {day.on: day for day in read.days}
    for row in _belongs_to(session, read.year):
        if row.on not in new:
            session.delete(row)
    for on, day in new.items():
        _put(session, session.get(CalendarDay, on), on, day, read.source)


def _put(session: Session, row: CalendarDay | None, on: date, day: NoticeDay, source: str) -> None:
    if row is None:
        session.add(
            CalendarDay(on=on, is_workday=day.is_workday, kind=day.kind, name=day.name, source=source)
        )
    elif row.kind is not DayKind.LOCAL or not day.is_workday:
        row.is_workday, row.kind, row.name, row.source = day.is_workday, day.kind, day.name, source


def _calendar_changed(session: Session, today: date) -> tuple[Moved, ...]:
    queries.mark_changed(session)
    session.flush()
    calendar = queries.load(session)
    for name in _LISTENING:
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)
    return tuple(moved for recompute in _listeners for moved in recompute(session, calendar, today))
