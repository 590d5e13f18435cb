"""One ledger line to facts in our words, or to all that is wrong with it at once. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from crm.core.i18n import _
from crm.core.names import name_key
from crm.ledgers import values
from crm.ledgers.headers import BY_FIELD
from crm.ledgers.reader import Cell
from crm.ledgers.recognise import SourceRow
from crm.ledgers.stages import stage_of_label, stage_of_progress
from crm.ledgers.values import Day, Person, Unreadable
from models.vocabulary import Category, Level, PlanClass, Stage

T = TypeVar("T")
MONTH_TEXTS = ("progress", "problem", "next_step")
DATE_FIELDS = ("production_on", "started_on", "finished_on", "produced_on")


@dataclass(frozen=True)
class Trouble:
    """One thing wrong in a row: the column as the sheet names it, the value found, how to mend it."""

    column: str
    value: str
    reason: str


@dataclass
class LedgerRow:
    """What one line says. A field that the line leaves blank is absent from `project`."""

    sheet: str
    row: int
    name: str
    year: int
    month: int
    plan_year: int
    enterprise: str = ""
    credit_code: str | None = None
    project_code: str | None = None
    town_id: int | None = None
    project: dict[str, Any] = field(default_factory=dict)
    plan_wan: Decimal | None = None
    done_wan: Decimal | None = None
    texts: dict[str, str] = field(default_factory=dict)  # of the columns the sheet has, blank ones too
    officers: list[Person] = field(default_factory=list)
    contact: Person | None = None
    stage: Stage = Stage.EARLY_PLANNING
    stage_from: str = ""  # the words the stage was read from
    extra: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def key(self) -> str:
        return name_key(self.name)

    def label(self, name: str) -> str:
        """The column as the sheet names it, else as we do."""
        return self.labels.get(name) or (_(BY_FIELD[name].label) if name in BY_FIELD else name)


class _Reader:
    """Reads fields of one row; each failure becomes a `Trouble` and the others are still read."""

    def __init__(self, source: SourceRow, towns: values.Towns) -> None:
        self.source, self.towns = source, towns
        self.out = LedgerRow(
            source.sheet, source.row, "", source.year, source.month, source.plan_year, labels=source.labels
        )

    def take(self, name: str, parse: Callable[[Cell | None], T], default: T) -> T:
        cell = self.source.cells.get(name)
        try:
            return parse(cell)
        except Unreadable as error:
            self.trouble(name, cell.text if cell else "", str(error))
            return default

    def trouble(self, name: str, value: str, reason: str) -> None:
        self.out.troubles.append(Trouble(self.out.label(name), value, reason))

    def put(self, name: str, value: Any) -> None:
        if value is not None and value != "":
            self.out.project[name] = value


def read_row(source: SourceRow, towns: values.Towns) -> LedgerRow:
    """All a line says. `troubles` lists everything wrong with it; empty = it can be taken."""
    r = _Reader(source, towns)
    out = r.out
    out.name = r.take("name", values.name, "")
    if not out.name and not any(t.column == out.label("name") for t in out.troubles):
        r.trouble("name", "", _("没有项目名称，请补填"))
    out.enterprise = r.take("enterprise", values.name, "")
    out.credit_code = r.take("credit_code", values.credit_code, None)
    out.project_code = r.take("project_code", values.project_code, None)
    _period_of_row(r)
    _town(r)
    _lists(r)
    _money(r)
    _dates(r)
    _words(r)
    _people(r)
    _stage(r)
    for header, cell in source.extra.items():
        words = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", cell.text).strip()
        if words:
            out.extra[header] = words[:2000]
    return out


def _period_of_row(r: _Reader) -> None:
    stated: Day | None = r.take("reported", values.day, None)
    if stated is not None:
        r.out.year, r.out.month = stated.on.year, stated.on.month
        r.out.plan_year = stated.on.year
    year: Day | None = r.take("plan_year", values.day, None)
    if year is not None:
        r.out.plan_year = year.on.year


def _town(r: _Reader) -> None:
    cell = r.source.cells.get("town")
    words = r.take("town", lambda c: values.name(c, 80), "")
    if words and words not in values.UNKNOWN:
        r.out.town_id = r.towns.find(words)
        if r.out.town_id is None:
            allowed = "、".join(r.towns.names)
            inside = r.towns.inside(words)
            reason = (
                _("写了不止一个镇街，请只填一个：{allowed}", allowed=allowed)
                if len(inside) > 1
                else _("不是本区镇街，应为：{allowed}", allowed=allowed)
            )
            r.trouble("town", words, reason)
        return
    r.out.town_id = r.source.place.town_id
    if r.out.town_id is None:
        site = r.towns.inside(_plain(r.source.cells.get("site")))
        unit = r.towns.find(_plain(r.source.cells.get("lead_unit")))
        r.out.town_id = site.pop() if len(site) == 1 else unit if "town" not in r.source.labels else None
    if r.out.town_id is None and not any(t.column == r.out.label("town") for t in r.out.troubles):
        r.trouble(
            "town",
            cell.text if cell else "",
            _("没有写明属地，应为：{allowed}", allowed="、".join(r.towns.names)),
        )


def _lists(r: _Reader) -> None:
    place = r.source.place
    level: Level | None = r.take("level", values.level, None)
    r.put("level", level or place.level)
    category: Category | None = r.take("category", values.category, None)
    r.put("category", category or place.category)
    words = r.take("plan_class", lambda c: values.text(c, 200), "")
    known: PlanClass | None = values.plan_class_of(words) if words else None
    r.put("plan_class", known or place.plan_class)
    if words and known is None:
        r.out.extra[re.sub(r"\s+", "", r.out.label("plan_class"))] = words


def _money(r: _Reader) -> None:
    units = r.source.units
    r.put("total_wan", r.take("total_wan", lambda c: values.amount(c, units.get("total_wan", "万元")), None))
    r.out.plan_wan = r.take("plan_wan", lambda c: values.amount(c, units.get("plan_wan", "万元")), None)
    r.out.done_wan = r.take("done_wan", lambda c: values.amount(c, units.get("done_wan", "万元")), None)
    r.put("land_mu", r.take("land_mu", lambda c: values.measure(c, Decimal(10) ** 9), None))
    r.put("building_sqm", r.take("building_sqm", lambda c: values.measure(c, Decimal(10) ** 11), None))


def _dates(r: _Reader) -> None:
    nothing: tuple[Day | None, Day | None] = (None, None)
    for name in ("period", "start", "finish", *DATE_FIELDS):
        _set_aside(r, name)
    start, finish = r.take("period", values.span, nothing)
    column = "period"
    own_finish: Day | None = r.take("finish", values.day, None)
    # 2024-2026 in the start column: both ends, unless a finish column says its own.
    own_start, until = r.take("start", values.start, nothing)
    own_finish = own_finish or until
    if own_start or own_finish:
        column = "finish" if own_finish else "period"
    start, finish = own_start or start, own_finish or finish
    if start and finish and finish.last < start.on:
        cell = r.source.cells.get(column)
        r.trouble(column, cell.text if cell else "", _("竣工早于开工，请核对两个日期"))
        return
    for name, value in (("start", start), ("finish", finish)):
        if value is not None:
            r.put(f"{name}_on", value.on)
            r.put(f"{name}_precision", value.precision)
    for name in DATE_FIELDS:
        value = r.take(name, values.day, None)
        if value is not None:
            r.put(name, value.last if name == "production_on" else value.on)


_STATUS = re.compile(
    r"(尚|暂|还)?未(能)?(开工|动工|竣工|完工|建成|投产)|已(全面|正式)?(开工|动工|竣工|完工|建成|投产)|前期(工作|阶段)?|在建|续建"
)
_DURATION = re.compile(r"约?[\d.一二三四五六七八九十两]+(个月|月|年|天|日|日历天|个工作日)")


def _set_aside(r: _Reader, name: str) -> None:
    """未开工 or 24个月 where a date is asked says something, but no date: it is kept under the column's header."""
    cell = r.source.cells.get(name)
    words = re.sub(r"\s+", "", values.narrow(cell.text)) if cell is not None and cell.kind == "s" else ""
    if _STATUS.fullmatch(words) or (name == "period" and _DURATION.fullmatch(words)):
        r.out.extra[re.sub(r"\s+", "", r.out.label(name))] = words
        del r.source.cells[name]


def _words(r: _Reader) -> None:
    for name in MONTH_TEXTS:
        if name in r.source.labels:
            r.out.texts[name] = r.take(name, values.text, "")
    r.put("lead_unit", r.take("lead_unit", lambda c: values.name(c, 80), ""))
    r.put("industry", r.take("industry", lambda c: values.name(c, 80), ""))
    r.put("site", r.take("site", lambda c: values.name(c, 200), ""))
    r.put("capacity", r.take("capacity", lambda c: values.text(c, 1000), ""))
    r.put("remark", r.take("remark", values.text, ""))
    r.put("leader", _leader(r))


def _leader(r: _Reader) -> str:
    """One or several names, joined by 、; words that are no names are kept as written."""
    words = r.take("leader", lambda c: values.name(c, 60), "")
    if not words:
        return ""
    try:
        found = values.people(r.source.cells.get("leader"))
    except Unreadable:
        return words
    joined = "、".join(p.name for p in found)
    return joined if joined and len(joined) <= 60 else words if found else ""


def _people(r: _Reader) -> None:
    cells = r.source.cells
    lead = _names(r, [cells.get("officers")])
    helpers = _names(r, [cells.get("co_officers")])
    theirs = values.phones(cells.get("co_phone"))
    if theirs:
        helpers = pair(helpers, theirs)
    numbers = [n for c in [cells.get("phone"), *r.source.more_phones] for n in values.phones(c)]
    everyone = [*lead, *helpers, *_names(r, r.source.more_people)]
    unique = list({p.name: p for p in reversed(everyone)}.values())[::-1]
    if theirs:
        mine = [p for p in unique if p not in helpers]
        r.out.officers = [*pair(mine, numbers), *(p for p in unique if p in helpers)]
    else:
        r.out.officers = pair(unique, numbers)
    contacts: list[Person] = r.take("contact_name", values.people, [])
    if contacts:
        r.out.contact = pair(contacts[:1], values.phones(r.source.cells.get("contact_phone")))[0]


def _names(r: _Reader, cells: list[Cell] | list[Cell | None]) -> list[Person]:
    found: list[Person] = []
    for cell in cells:
        try:
            found.extend(values.people(cell))
        except Unreadable as error:
            r.trouble("officers", cell.text if cell else "", str(error))
    return found


def pair(people: list[Person], numbers: list[str]) -> list[Person]:
    """As many numbers as people go by order; otherwise the first number is the first person's."""
    if not people or not numbers:
        return people
    if len(numbers) == len(people):
        return [Person(p.name, p.phone or n) for p, n in zip(people, numbers, strict=True)]
    return [Person(people[0].name, people[0].phone or numbers[0]), *people[1:]]


def _stage(r: _Reader) -> None:
    words = r.take("stage", lambda c: values.name(c, 200), "")
    named = stage_of_label(words) if words else None
    if named is not None:
        r.out.stage, r.out.stage_from = named, words
        return
    if words:
        r.out.extra[re.sub(r"\s+", "", r.out.label("stage"))] = words
    progress = r.out.texts.get("progress", "") or words
    r.out.stage, r.out.stage_from = stage_of_progress(progress), progress


def _plain(cell: Cell | None) -> str:
    return cell.text if cell is not None else ""


def first_of_month(row: LedgerRow) -> date:
    return date(row.year, row.month, 1)
