"""The event log given out: CSV, or XES (IEEE 1849-2016) that process-mining tools read back equal.

Streamed: one case at a time goes from the database into the file, however many there are. A case is a trace
in the order it was received, its events in the order they happened. Instants carry their zone and their
microseconds. Persons never stand in it: an applicant is an organisation or nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from io import TextIOBase
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.approvals.queries import Span, case_condition
from crm.core.access import Actor, Verb, require
from crm.core.audit import note_event
from crm.core.db import reading, unit_of_work
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.core.today import SHANGHAI
from models import Case, CaseEvent, CaseStep, Department, Item, Town

EXPORT_CAP = 20_000_000  # events in one file: five years of the whole hall (house rule)
AT_ONCE = 5_000  # rows fetched from the database in one go

CSV_HEADERS = (
    "case:concept:name",
    "concept:name",
    "time:timestamp",
    "lifecycle:transition",
    "org:resource",
    "org:group",
    "concept:instance",
    "case:item_code",
    "case:item",
    "case:department",
    "case:town",
    "case:channel",
    "case:applicant",
    "case:responsible",
    "case:state",
    "case:outcome",
    "case:startdate",
    "case:enddate",
    "case:deadline",
)
# IEEE 1849-2016, 7: the extensions whose keys stand in the log.
EXTENSIONS = (
    ("Concept", "concept", "http://www.xes-standard.org/concept.xesext"),
    ("Time", "time", "http://www.xes-standard.org/time.xesext"),
    ("Organizational", "org", "http://www.xes-standard.org/org.xesext"),
    ("Lifecycle", "lifecycle", "http://www.xes-standard.org/lifecycle.xesext"),
)
# What XML 1.0 cannot hold in any spelling.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


class Format(StrEnum):
    """How the log is written."""

    CSV = "csv"
    XES = "xes"


@dataclass(frozen=True)
class LogAsked:
    """Which cases: of one item (its code), received within the days."""

    item: str = ""
    received: Span = field(default_factory=lambda: Span(None, None))

    def told(self) -> str:
        """For the audit trail."""
        return f"item={self.item} received={self.received}"


class Written(NamedTuple):
    """What went into the file."""

    cases: int
    events: int


class _Case(NamedTuple):
    id: int
    number: str
    attributes: dict[str, str | date | datetime]


class _Event(NamedTuple):
    step: str
    at: datetime
    who: str
    group: str
    lifecycle: str
    number: str


def export_events(actor: Actor, out: TextIOBase, how: Format, asked: LogAsked | None = None) -> Written:
    """Write the events of the cases in the actor's reach into a text file (UTF-8, newline="").

    A case without events has no trace. The export is logged first: who, which cases, how many events.
    Raises `Refusal` above `EXPORT_CAP` events or for an item nobody knows.
    """
    asked = asked or LogAsked()
    require(actor, Verb.EXPORT)
    with unit_of_work(actor, "caselog.export") as session:
        where = _where(session, actor, asked)
        count = int(
            session.execute(
                sa.select(sa.func.count())
                .select_from(CaseEvent)
                .join(Case, col(Case.id) == col(CaseEvent.case_id))
                .where(*where)
            ).scalar_one()
        )
        if count > EXPORT_CAP:
            raise Refusal(_("一次最多导出{n}条环节记录，请按事项或收件日期缩小范围。", n=f"{EXPORT_CAP:,}"))
        note_event(
            session,
            "case_event",
            None,
            changes={"count": [None, count], "filters": [None, f"{asked.told()} format={how}"]},
        )
    with reading() as session:
        log = _log(session, where)
        return _write_csv(out, log) if how is Format.CSV else _write_xes(out, log)


def _where(session: Session, actor: Actor, asked: LogAsked) -> list[sa.ColumnElement[bool]]:
    where = [case_condition(actor, Verb.EXPORT)]
    if asked.item:
        item_id = session.execute(
            sa.select(col(Item.id)).where(
                sa.or_(col(Item.code) == asked.item, col(Item.hall_code) == asked.item)
            )
        ).scalar()
        if item_id is None:
            raise Refusal(_("事项目录里没有编码“{code}”。", code=asked.item))
        where.append(col(Case.item_id) == item_id)
    if asked.received != Span(None, None):
        where.append(asked.received.holds(col(Case.received_on)))
    return where


def _log(session: Session, where: list[sa.ColumnElement[bool]]) -> Iterator[tuple[_Case, list[_Event]]]:
    """(case, its events) one after the other, in the order the cases were received."""
    query: Any = (
        sa.select(
            col(Case.id).label("case_id"),
            col(Case.case_no),
            col(Item.code).label("item_code"),
            col(Item.name).label("item"),
            col(Department.name).label("department"),
            col(Town.name).label("town"),
            col(Case.channel),
            col(Case.applicant),
            col(Case.handler),
            col(Case.state),
            col(Case.outcome),
            col(Case.received_on),
            col(Case.closed_at),
            col(Case.decided_on),
            col(Case.deadline_at),
            col(Case.due_on),
            col(Case.promised_due_on),
            col(CaseStep.name).label("step"),
            col(CaseEvent.at),
            col(CaseEvent.who),
            col(CaseEvent.unit).label("group_name"),
            col(CaseEvent.lifecycle),
            col(CaseEvent.number),
        )
        .select_from(Case)
        .join(CaseEvent, col(CaseEvent.case_id) == col(Case.id))
        .join(CaseStep, col(CaseStep.id) == col(CaseEvent.step_id))
        .join(Item, col(Item.id) == col(Case.item_id))
        .outerjoin(Department, col(Department.id) == col(Case.department_id))
        .outerjoin(Town, col(Town.id) == col(Case.town_id))
        .where(*where)
        .order_by(col(Case.received_on), col(Case.id), col(CaseEvent.at), col(CaseEvent.id))
    )
    rows = session.connection().execution_options(yield_per=AT_ONCE).execute(query)
    for _id, of_case in groupby(rows, key=attrgetter("case_id")):
        lines = list(of_case)
        yield _case(lines[0]), [_event(line) for line in lines]


def _event(row: Any) -> _Event:
    return _Event(row.step, row.at, row.who, row.group_name, row.lifecycle, row.number)


def _case(row: Any) -> _Case:
    given: dict[str, str | date | datetime | None] = {
        "item_code": row.item_code,
        "item": row.item,
        "department": row.department,
        "town": row.town,
        "channel": row.channel,
        "applicant": row.applicant,
        "responsible": row.handler,
        "state": row.state.value,
        "outcome": row.outcome.value if row.outcome is not None else None,
        "startdate": row.received_on,
        "enddate": row.closed_at or row.decided_on,
        "deadline": row.deadline_at or row.promised_due_on or row.due_on,
    }
    attributes = {name: value for name, value in given.items() if value is not None and value != ""}
    return _Case(row.case_id, row.case_no, attributes)


# --- CSV


def _write_csv(out: TextIOBase, log: Iterator[tuple[_Case, list[_Event]]]) -> Written:
    """One row an event, the case's attributes repeated; headers as PM4Py and the XES standard name them."""
    writer = csv.writer(out)
    writer.writerow(CSV_HEADERS)
    cases = events = 0
    for case, of_case in log:
        attributes = [_words(case.attributes.get(name.removeprefix("case:"), "")) for name in CSV_HEADERS[7:]]
        for e in of_case:
            line = [case.number, e.step, _instant(e.at), e.lifecycle, e.who, e.group, e.number]
            writer.writerow([_inert(word) for word in (*line, *attributes)])
        cases, events = cases + 1, events + len(of_case)
    return Written(cases, events)


def _inert(word: str) -> str:
    """A spreadsheet runs what starts like a formula; with an apostrophe before it, it is read as text."""
    return f"'{word}" if word.startswith(("=", "+", "-", "@", "\t", "\r")) else word


def _words(value: str | date | datetime) -> str:
    return value if isinstance(value, str) else _instant(value)


def _instant(value: date | datetime) -> str:
    """ISO 8601 with the zone; a day is its first moment in the district."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=SHANGHAI)
    return value.astimezone(UTC).isoformat(timespec="microseconds")


# --- XES


def _write_xes(out: TextIOBase, log: Iterator[tuple[_Case, list[_Event]]]) -> Written:
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write('<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">\n')
    for name, prefix, uri in EXTENSIONS:
        out.write(f'  <extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n')
    out.write('  <global scope="trace">\n    <string key="concept:name" value=""/>\n  </global>\n')
    out.write('  <global scope="event">\n    <string key="concept:name" value=""/>\n')
    out.write('    <date key="time:timestamp" value="1970-01-01T00:00:00.000000+00:00"/>\n')
    out.write('    <string key="lifecycle:transition" value="complete"/>\n  </global>\n')
    out.write('  <classifier name="Activity" keys="concept:name"/>\n')
    out.write('  <classifier name="Activity and lifecycle" keys="concept:name lifecycle:transition"/>\n')
    out.write('  <string key="lifecycle:model" value="standard"/>\n')
    cases = events = 0
    for case, of_case in log:
        parts = ["  <trace>\n", _string("concept:name", case.number, 4)]
        parts += [_attribute(name, value, 4) for name, value in case.attributes.items()]
        for e in of_case:
            parts += ["    <event>\n", _string("concept:name", e.step, 6), _date("time:timestamp", e.at, 6)]
            parts.append(_string("lifecycle:transition", e.lifecycle, 6))
            for key, value in (
                ("org:resource", e.who),
                ("org:group", e.group),
                ("concept:instance", e.number),
            ):
                if value:
                    parts.append(_string(key, value, 6))
            parts.append("    </event>\n")
        parts.append("  </trace>\n")
        out.write("".join(parts))
        cases, events = cases + 1, events + len(of_case)
    out.write("</log>\n")
    return Written(cases, events)


def _attribute(key: str, value: str | date | datetime, indent: int) -> str:
    return _string(key, value, indent) if isinstance(value, str) else _date(key, value, indent)


def _string(key: str, value: str, indent: int) -> str:
    # A line break inside an attribute would come back as a space unless it is spelled out.
    spelled = quoteattr(_UNWRITABLE.sub("", value), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
    return f"{' ' * indent}<string key={quoteattr(key)} value={spelled}/>\n"


def _date(key: str, value: date | datetime, indent: int) -> str:
    return f'{" " * indent}<date key={quoteattr(key)} value="{_instant(value)}"/>\n'
