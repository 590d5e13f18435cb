"""The dry look: a file understood and its first rows judged; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, ClassVar

from pydantic import Field
from sqlmodel import Session

from crm.caselog import headers, reader
from crm.caselog.actions.files import Received
from crm.caselog.headers import LABELS
from crm.caselog.load_cases import CaseLoader
from crm.caselog.load_events import EventLoader
from crm.caselog.tally import Tally
from crm.core.access import Actor, Verb, require
from crm.core.db import reading
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.core.inputs import Input
from crm.workdays import queries as workdays

SAMPLE_ROWS = 2_000
KINDS = ("cases", "events")
Loader = CaseLoader | EventLoader


class Reading(Input):
    """How a file is to be read. `kind` "" lets the headers tell; `columns` maps a header to a field and goes
    before what is recognised ("" leaves the column out); `item` is what all cases apply for, where no column
    tells."""

    labels: ClassVar[Mapping[str, str]] = {"item": "事项名称"}

    kind: str = Field(default="", pattern="^(|cases|events)$")
    columns: dict[str, str] = Field(default_factory=dict)
    item: str = Field(default="", max_length=120)


@dataclass(frozen=True)
class Shown:
    """One column as it is understood. `sample` is its first filled cell, a person's name never among them."""

    header: str
    field: str
    sample: str


@dataclass(frozen=True)
class Look:
    """A file understood; its first rows judged. `kinds` is what it holds: cases, events, or both in one."""

    received: Received
    kinds: tuple[str, ...]
    columns: tuple[Shown, ...]
    mappings: dict[str, dict[str, str]]  # kind -> field -> header
    notes: tuple[str, ...]
    judged: int  # rows of the sample
    tally: Tally
    item: str


def mapping_of(found: reader.Survey, how: Reading, kind: str) -> dict[str, int]:
    """field -> column from 0, as recognised and as the person says."""
    places = {f: at for at, f in found.columns(kind).items()}
    for at, header in enumerate(found.headers):
        if header not in how.columns:
            continue
        said = how.columns[header]
        places = {f: p for f, p in places.items() if p != at and f != said}
        if said in LABELS[kind]:
            places[said] = at
    return places


def kinds_of(found: reader.Survey, how: Reading) -> tuple[str, ...]:
    """What the file holds. A row an event with the case's own columns beside it holds both."""
    fits = tuple(k for k in KINDS if not headers.missing(list(mapping_of(found, how, k)), k))
    if how.kind == "events" and "events" in fits:
        return fits
    if how.kind:
        return (how.kind,) if how.kind in fits else ()
    return fits


def has_a_row_an_event(found: reader.Survey, how: Reading) -> bool:
    """Whether a case's number comes once an event."""
    return not headers.missing(list(mapping_of(found, how, "events")), "events")


def places_of(found: reader.Survey, how: Reading, kind: str) -> dict[str, int]:
    """The mapping an import uses: in a file of both, what is the event's is not the case's."""
    places = mapping_of(found, how, kind)
    if kind == "cases" and has_a_row_an_event(found, how):
        theirs = {at for f, at in mapping_of(found, how, "events").items() if f != "case_no"}
        places = {f: at for f, at in places.items() if at not in theirs}
    return places


def loader_of(
    session: Session,
    found: reader.Survey,
    kind: str,
    places: dict[str, int],
    *,
    today: date,
    batch_id: int = 0,
    item: str = "",
    many_rows: bool = False,
) -> Loader:
    """The loader of one import, with what it needs to know read once."""
    heads = {f: found.headers[at] for f, at in places.items()}
    calendar = workdays.calendar(session)
    if kind == "events":
        return EventLoader(session, places=places, headers=heads, today=today, calendar=calendar)
    return CaseLoader(
        session,
        batch_id=batch_id,
        places=places,
        headers=heads,
        today=today,
        calendar=calendar,
        item=item,
        many_rows=many_rows,
    )


def look(actor: Actor, received: Received, how: Reading, *, today: date) -> Look:
    """Understand a file and judge its first rows. Raises `Refusal` when needed columns are missing."""
    require(actor, Verb.CASE_IMPORT)
    found = received.survey
    kinds = kinds_of(found, how)
    if not kinds:
        raise Refusal(_missing(found, how))
    mappings = {kind: places_of(found, how, kind) for kind in kinds}
    item = how.item or default_item(received, mappings)
    tally, judged = Tally(), 0
    first = kinds[0]
    with reading() as session:
        loader = loader_of(
            session,
            found,
            first,
            mappings[first],
            today=today,
            item=item,
            many_rows=has_a_row_an_event(found, how),
        )
        rows: list[Any] = []
        sample: list[list[str]] = []
        for number, cells in islice(reader.records(received.path, found, received.name), SAMPLE_ROWS):
            judged += 1
            sample.append(cells)
            one = loader.judge(number, cells, tally, damaged=found.damaged and reader.is_damaged(cells))
            if one is not None:
                rows.append(one)
        loader.settle(session, rows, tally, write=False)
        session.rollback()
    shown = _columns(found, mappings, sample)
    return Look(
        received,
        kinds,
        shown,
        {kind: {f: found.headers[at] for f, at in places.items()} for kind, places in mappings.items()},
        _notes(received, mappings, item),
        judged,
        tally,
        item,
    )


def default_item(received: Received, mappings: dict[str, dict[str, int]]) -> str:
    """What all cases of a file apply for that has no column of items: named after the file."""
    places = mappings.get("cases")
    if places is None or "item" in places or "item_code" in places:
        return ""
    return received.name.rpartition(".")[0][:120] or received.name[:120]


def _missing(found: reader.Survey, how: Reading) -> str:
    kind = how.kind or "cases"
    lacking = headers.missing(list(mapping_of(found, how, kind)), kind)
    return _(
        "文件缺少这些列：{columns}。表头（第{row}行）里有：{headers}",
        columns="、".join(_(LABELS[kind][f]) for f in lacking),
        row=found.header_row,
        headers="、".join(h for h in found.headers if h)[:300],
    )


PERSONAL = frozenset({"applicant", "applicant_code"})


def _columns(
    found: reader.Survey, mappings: dict[str, dict[str, int]], sample: list[list[str]]
) -> tuple[Shown, ...]:
    fields: dict[int, str] = {}
    for kind in reversed(KINDS):
        fields |= {at: f"{kind}.{f}" for f, at in mappings.get(kind, {}).items()}
    shown = []
    for at, header in enumerate(found.headers):
        field_name = fields.get(at, "")
        filled = next((row[at].strip() for row in sample if at < len(row) and row[at].strip()), "")
        hidden = not field_name or field_name.partition(".")[2] in PERSONAL
        if header or filled:
            shown.append(Shown(header, field_name, "" if hidden else filled[:40]))
    return tuple(shown)


def _notes(received: Received, mappings: dict[str, dict[str, int]], item: str) -> tuple[str, ...]:
    """What a person should know before he presses the button."""
    found, notes = received.survey, []
    if found.others:
        notes.append(
            _(
                "只读取工作表“{sheet}”，没有读取：{others}",
                sheet=found.sheet,
                others="、".join(found.others[:5]),
            )
        )
    if found.damaged:
        notes.append(_("文件里有无法识别的字符，含有这些字符的行会退回"))
    cases = mappings.get("cases")
    if cases is not None:
        if "accepted" not in cases:
            notes.append(_("文件没有受理时间，从收件当天起算"))
        if "closed" not in cases:
            notes.append(_("文件没有办结时间，所有办件都按未办结导入"))
        if "deadline" in cases:
            notes.append(_("文件写明了应办结时间，是否超期以它为准"))
        if item:
            notes.append(_("文件没有事项列，所有办件都记在事项“{item}”名下", item=item))
    return tuple(notes)
