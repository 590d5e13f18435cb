"""What a list of cases is narrowed to, as fields and as URL parameters, so that every figure elsewhere can
open the cases behind it. A link is `links.to("case", **CaseFilter(…).query())`.

| parameter | value |
|---|---|
| text | case number from its beginning; part of an item, enterprise, applicant or project |
| state | `open`, `closed`, `returned` (not accepted or withdrawn), `all` or a CaseState; a URL that says nothing asks for what is open |
| light, sign | a Light; a Sign of the supervisor's board, the same condition as its cell |
| item_id, enterprise_id, project_id, officer_id, batch_id | an id |
| department_id, town_id | an id, 0 for none |
| mine | `yes`: what the reader's own department decides |
| source, outcome, route, procedure | CaseSource, CaseOutcome, CaseRoute, ProcedureKind |
| received, decided | a day or month, or two with `..` between, both included: `2026-03`, `2026-01..2026-06` |
| late, corrected, stopped | `yes` or `no` |
| own_late | `yes` or `no`: closed after the deadline that the hall's own system states |
| procedures, opened_late, untold | `yes` or `no`: any special procedure; one opened after its start limit; a stop without notice |
| running, enterprise_time, stopped_time, total_time | working days of a closed case: `6..`, `3..9`, `..2`, `0` |
| step, wait | a CaseStep id, and how many working days the case waited before it |
| sort, page | `due`, `newest`, `closed`, `longest`; a number |

What makes no sense asks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals.queries.light_sql import light_on
from crm.approvals.queries.signs import sign_conditions
from crm.approvals.supervision_rules import Sign
from crm.core.access import Actor
from crm.core.names import name_key
from crm.workdays.queries import calendar as read_calendar
from models import Assignment, Case, CaseEvent, Enterprise, Item, Project, SpecialProcedure
from models.vocabulary import CaseOutcome, CaseRoute, CaseSource, CaseState, Light, ProcedureKind

OPEN, CLOSED, RETURNED, ALL = "open", "closed", "returned", "all"
NOBODY = 0  # as a department or town: none
NAMES_FOUND = 500  # how many enterprises or projects of one name are followed

_MONTH = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?", re.ASCII)


class CaseSort(StrEnum):
    """The orders of a list."""

    DUE = "due"
    NEWEST = "newest"
    CLOSED = "closed"
    LONGEST = "longest"


SORT_LABELS: dict[CaseSort, str] = {
    CaseSort.DUE: "最先到期",
    CaseSort.NEWEST: "最近收件",
    CaseSort.CLOSED: "最近办结",
    CaseSort.LONGEST: "用时最长",
}


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, both included; None is open."""

    first: date | None
    last: date | None

    @classmethod
    def read(cls, text: str) -> Span:
        """From `2026-03`, `2026-03-05` or two of them with `..`. Raises ValueError."""
        first, dots, last = text.partition("..")
        return cls(_edge(first, last=False), _edge(last if dots else first, last=True))

    def __str__(self) -> str:
        return f"{self.first or ''}..{self.last or ''}"

    def holds(self, column: Any) -> sa.ColumnElement[bool]:
        return _between(column, self.first, self.last)


@dataclass(frozen=True)
class Range:
    """Whole numbers from `least` to `most`, both included; None is open."""

    least: int | None
    most: int | None

    @classmethod
    def read(cls, text: str) -> Range:
        """From `6..`, `3..9`, `..2` or `4`. Raises ValueError."""
        least, dots, most = text.partition("..")
        low, high = (_number(part) if part else None for part in (least, most if dots else least))
        if low is None and high is None:
            raise ValueError(text)
        return cls(low, high)

    def __str__(self) -> str:
        one = self.least == self.most
        return str(self.least) if one else f"{_or_blank(self.least)}..{_or_blank(self.most)}"

    def holds(self, column: Any) -> sa.ColumnElement[bool]:
        return _between(column, self.least, self.most)


@dataclass(frozen=True)
class CaseFilter:
    """See the module. None, "" and False ask nothing; `state` "all" is every state."""

    text: str = ""
    state: str = ALL
    light: Light | None = None
    sign: Sign | None = None
    item_id: int | None = None
    department_id: int | None = None
    mine: bool | None = None
    town_id: int | None = None
    officer_id: int | None = None
    enterprise_id: int | None = None
    project_id: int | None = None
    batch_id: int | None = None
    source: CaseSource | None = None
    received: Span | None = None
    decided: Span | None = None
    late: bool | None = None
    corrected: bool | None = None
    stopped: bool | None = None
    own_late: bool | None = None
    procedures: bool | None = None
    opened_late: bool | None = None
    untold: bool | None = None
    outcome: CaseOutcome | None = None
    route: CaseRoute | None = None
    procedure: ProcedureKind | None = None
    running: Range | None = None
    enterprise_time: Range | None = None
    stopped_time: Range | None = None
    total_time: Range | None = None
    step: int | None = None
    wait: Range | None = None
    sort: CaseSort | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> CaseFilter:
        """From URL parameters. Without `state`: what is open, or all where a text or a closed case's
        property is asked for."""
        values: dict[str, Any] = {}
        for name, reader in _READERS.items():
            asked = str(query.get(name, "")).strip()
            if asked:
                try:
                    values[name] = reader(asked)
                except (ValueError, OverflowError):
                    continue
        grey = values.get("light") is Light.GREY
        values.setdefault("state", ALL if grey or _ABOUT_ALL & values.keys() else OPEN)
        return cls(**values)

    def query(self) -> dict[str, str]:
        """As URL parameters, `page` apart: what `read` reads back."""
        found: dict[str, str] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and value != "":
                found[each.name] = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        if CaseFilter.read({**found, "state": ""}).state == self.state:
            del found["state"]
        return found

    @property
    def order(self) -> CaseSort:
        """The order asked for, else the one that suits what is asked."""
        if self.sort is not None:
            return self.sort
        if self.state == OPEN or self.light is not None or self.sign is not None:
            return CaseSort.DUE
        closed = self.state == CLOSED or self.decided is not None or self.late is not None
        return CaseSort.CLOSED if closed else CaseSort.NEWEST


def conditions(
    session: Session, actor: Actor, today: date, asked: CaseFilter
) -> list[sa.ColumnElement[bool]]:
    """The filter as conditions on `Case` alone: names are looked up first, so that no join is needed."""
    where: list[sa.ColumnElement[bool]] = []
    if asked.state == OPEN:
        where.append(col(Case.decided_on).is_(None))
    elif asked.state == CLOSED:
        where.append(col(Case.decided_on).is_not(None))
    elif asked.state == RETURNED:
        where.append(col(Case.state).in_((CaseState.NOT_ACCEPTED, CaseState.WITHDRAWN)))
    elif asked.state != ALL:
        where.append(col(Case.state) == CaseState(asked.state))
    if asked.light is Light.GREY:
        where.append(col(Case.decided_on).is_not(None))
    elif asked.light is not None:
        where += [col(Case.decided_on).is_(None), light_on(today) == asked.light.value]
    if asked.sign is not None:
        where.append(sign_conditions(session, today, read_calendar(session))[asked.sign])
    for name in ("item_id", "enterprise_id", "project_id", "batch_id", "source", "outcome", "route"):
        value = getattr(asked, name)
        if value is not None:
            where.append(col(getattr(Case, name)) == value)
    for name in ("department_id", "town_id"):
        value = getattr(asked, name)
        if value is not None:
            column = col(getattr(Case, name))
            where.append(column.is_(None) if value == NOBODY else column == value)
    if asked.mine:
        where.append(col(Case.department_id) == (actor.department_id or -1))
    if asked.officer_id is not None:
        where.append(_of_officer(asked.officer_id, today))
    for span, day in ((asked.received, col(Case.received_on)), (asked.decided, col(Case.decided_on))):
        if span is not None:
            where.append(span.holds(day))
    if asked.late is not None:
        where.append(col(Case.late).is_(asked.late))
    if asked.corrected is not None:
        where.append(col(Case.corrections) > 0 if asked.corrected else col(Case.corrections) == 0)
    if asked.stopped is not None:
        stopped = sa.or_(
            sa.func.coalesce(col(Case.stopped_wd), 0) > 0,
            col(Case.held_from).is_not(None),
            col(Case.untold_from).is_not(None),
        )
        where.append(stopped if asked.stopped else ~stopped)
    if asked.own_late is not None:
        after = col(Case.closed_at) > col(Case.deadline_at)
        where.append(after if asked.own_late else col(Case.closed_at) <= col(Case.deadline_at))
    for wanted, having in (
        (asked.procedures, ()),
        (asked.opened_late, (col(SpecialProcedure.from_on) > col(SpecialProcedure.start_by_on),)),
        (
            asked.untold,
            (col(SpecialProcedure.stops_clock).is_(True), col(SpecialProcedure.told_on).is_(None)),
        ),
    ):
        if wanted is not None:
            any_ = sa.exists().where(col(SpecialProcedure.case_id) == col(Case.id), *having).correlate(Case)
            where.append(any_ if wanted else ~any_)
    if asked.procedure is not None:
        where.append(
            col(Case.id).in_(
                select(SpecialProcedure.case_id).where(col(SpecialProcedure.kind) == asked.procedure)
            )
        )
    for range_, measure in (
        (asked.running, Case.running_wd),
        (asked.enterprise_time, Case.enterprise_wd),
        (asked.stopped_time, Case.stopped_wd),
    ):
        if range_ is not None:
            where.append(range_.holds(col(measure)))
    if asked.total_time is not None:
        beside = (sa.func.coalesce(col(part), 0) for part in (Case.enterprise_wd, Case.stopped_wd))
        where.append(asked.total_time.holds(sum(beside, col(Case.running_wd))))
    if asked.step is not None or asked.wait is not None:
        where.append(_waited(asked.step, asked.wait))
    if asked.text.strip():
        where.append(_text(session, asked.text.strip()))
    return where


def _of_officer(officer_id: int, today: date) -> sa.ColumnElement[bool]:
    return col(Case.project_id).in_(
        select(Assignment.project_id).where(
            col(Assignment.officer_id) == officer_id,
            col(Assignment.from_on) <= today,
            sa.or_(col(Assignment.to_on).is_(None), col(Assignment.to_on) >= today),
        )
    )


def _waited(step: int | None, wait: Range | None) -> sa.ColumnElement[bool]:
    event = sa.exists().where(col(CaseEvent.case_id) == col(Case.id))
    if step is not None:
        event = event.where(col(CaseEvent.step_id) == step)
    if wait is not None:
        event = event.where(wait.holds(col(CaseEvent.wait_wd)))
    return event.correlate(Case)


def _text(session: Session, text: str) -> sa.ColumnElement[bool]:
    """Names are found among the few thousand items, enterprises and projects, not among a million cases."""
    key = name_key(text)
    either: list[sa.ColumnElement[bool]] = [_number_begins(text)]
    named: dict[Any, sa.Select[Any]] = {
        Case.item_id: sa.select(col(Item.id)).where(
            sa.or_(
                col(Item.name).contains(text, autoescape=True),
                sa.func.upper(col(Item.code)) == text.upper(),
            )
        )
    }
    if key:
        named[Case.enterprise_id] = sa.select(col(Enterprise.id)).where(
            sa.or_(*(_part_of(model_column, key) for model_column in _names_of(Enterprise, key)))
        )
        named[Case.project_id] = sa.select(col(Project.id)).where(
            sa.or_(*(_part_of(model_column, key) for model_column in _names_of(Project, key)))
        )
    for column, query in named.items():
        ids = list(session.execute(query.limit(NAMES_FOUND)).scalars())
        if ids:
            either.append(col(column).in_(ids))
    if not text.isascii():
        either.append(col(Case.applicant).contains(text, autoescape=True))
    return sa.or_(*either)


def _names_of(model: Any, key: str) -> list[Any]:
    letters = key.isascii() and key.isalnum()
    return [model.name_key, *((model.pinyin, model.initials) if letters else ())]


def _part_of(column: Any, key: str) -> sa.ColumnElement[bool]:
    return col(column).contains(key.lower() if key.isascii() else key, autoescape=True)


def _number_begins(text: str) -> sa.ColumnElement[bool]:
    begins = col(Case.case_no).startswith(text, autoescape=True)
    if not (text.isascii() and text.isalnum()):
        return begins
    # LIKE alone reads every number; between two bounds the index is used, whatever the collation.
    bounds = [begins, col(Case.case_no) >= text]
    stem = text.rstrip("9zZ")
    if stem:
        bounds.append(col(Case.case_no) < stem[:-1] + chr(ord(stem[-1]) + 1))
    return sa.and_(*bounds)


def _between(column: Any, least: Any, most: Any) -> sa.ColumnElement[bool]:
    bounds = [column >= least] if least is not None else []
    bounds += [column <= most] if most is not None else []
    return sa.and_(column.is_not(None), *bounds)


def _edge(text: str, *, last: bool) -> date | None:
    if not text:
        return None
    found = _MONTH.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day = int(found[1]), int(found[2]), found[3]
    if day is not None:
        return date(year, month, int(day))
    first = date(year, month, 1)
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1) if last else first


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(text)
    return int(text)


def _or_blank(value: int | None) -> str:
    return "" if value is None else str(value)


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(text)
    return text == "yes"


def _state(text: str) -> str:
    return text if text in (OPEN, CLOSED, RETURNED, ALL) else CaseState(text).value


_READERS: dict[str, Any] = {
    "text": lambda words: words.replace("\0", "")[:100],
    "state": _state,
    "light": Light,
    "sign": Sign,
    "source": CaseSource,
    "outcome": CaseOutcome,
    "route": CaseRoute,
    "procedure": ProcedureKind,
    "sort": CaseSort,
}
_READERS |= dict.fromkeys(
    (
        "item_id",
        "department_id",
        "town_id",
        "officer_id",
        "enterprise_id",
        "project_id",
        "batch_id",
        "step",
    ),
    _number,
)
_READERS |= dict.fromkeys(
    ("mine", "late", "corrected", "stopped", "own_late", "procedures", "opened_late", "untold"), _yes
)
_READERS |= dict.fromkeys(("received", "decided"), Span.read)
_READERS |= dict.fromkeys(("running", "enterprise_time", "stopped_time", "total_time", "wait"), Range.read)

# Who asks for one of these does not mean the open cases alone.
_ABOUT_ALL = frozenset(
    {
        "text",
        "decided",
        "late",
        "own_late",
        "outcome",
        "running",
        "enterprise_time",
        "stopped_time",
        "total_time",
        "batch_id",
        "wait",
    }
)
