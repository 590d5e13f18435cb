"""A row of an export as facts: every value read, or every trouble told. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from crm.caselog import rules, values
from crm.caselog.headers import LABELS
from crm.caselog.values import Moment, Unreadable
from crm.core.i18n import _
from models.vocabulary import CaseOutcome, CaseRoute, CaseState, DayUnit

TOTALS = frozenset({"合计", "总计", "小计", "合 计", "总 计"})


class Trouble(NamedTuple):
    """One thing wrong with a row: the column as the file heads it, the cell's value, what to do."""

    column: str
    value: str
    reason: str


class CaseFacts(NamedTuple):
    """One case as the export tells it. `given` names the fields the file has a column for; a field without
    one says nothing about the case."""

    case_no: str
    item_code: str
    item: str
    applicant: str
    applicant_code: str
    department: str
    town: str
    channel: str
    handler: str
    route: CaseRoute
    received: date
    told: date | None
    correct_by: date | None
    corrected: date | None
    corrections: int
    accepted: date | None
    state: CaseState
    outcome: CaseOutcome | None
    procedure: str
    procedure_from: date | None
    procedure_to: date | None
    procedure_told: date | None
    stopped: int
    extension: int
    closed_on: date | None
    closed_at: datetime | None
    result: str
    delivered: date | None
    permit_no: str
    promised_limit: int | None
    legal_limit: int | None
    unit: DayUnit | None
    deadline_on: date | None
    deadline_at: datetime | None
    extra: tuple[tuple[str, str], ...]
    odd_code: bool

    @property
    def fingerprint(self) -> str:
        """24 characters that change when anything the export says changes."""
        return hashlib.blake2b(repr(tuple(self)).encode(), digest_size=12).hexdigest()


class EventFacts(NamedTuple):
    """One event as the export tells it."""

    case_no: str
    step: str
    at: datetime
    on: date
    who: str
    unit: str
    lifecycle: str
    number: str


DAYS_FIELDS = ("promised_limit", "legal_limit", "stopped", "extension")
MOMENTS = (
    "received", "told", "correct_by", "corrected", "accepted", "procedure_from", "procedure_to",
    "procedure_told", "closed", "delivered", "deadline",
)  # fmt: skip
MAY_LIE_AHEAD = frozenset({"deadline", "correct_by"})
# (field, the one it may not lie before)
ORDER = (
    ("told", "received"),
    ("corrected", "told"),
    ("accepted", "received"),
    ("procedure_from", "received"),
    ("closed", "received"),
    ("closed", "accepted"),
    ("delivered", "closed"),
)
TEXTS = {
    "case_no": 60, "item_code": 60, "item": 120, "applicant": 120, "department": 80, "town": 60, "channel": 40,
    "handler": 60, "result": 120, "permit_no": 80, "procedure": 80, "group": 60, "planned_end": 40,
}  # fmt: skip
LIFECYCLES = {
    "": "complete", "完成": "complete", "结束": "complete", "办结": "complete", "已完成": "complete", "已办": "complete",
    "开始": "start", "启动": "start", "进行中": "start", "在办": "start", "暂停": "suspend", "停表": "suspend",
    "恢复": "resume", "退回": "reassign", "取消": "withdraw",
}  # fmt: skip


# A number that Excel turned into 4.40703E+19 has lost its digits: no case can be known by it.
_LOST_DIGITS = re.compile(r"\d(\.\d+)?[Ee]\+\d+")


def _lost_digits(number: str) -> bool:
    return "+" in number and _LOST_DIGITS.fullmatch(number) is not None


class _Row:
    """Reads the cells of one row; keeps what is wrong."""

    __slots__ = ("cells", "headers", "labels", "places", "troubles")

    def __init__(
        self, places: Mapping[str, int], headers: Mapping[str, str], labels: Mapping[str, str]
    ) -> None:
        self.places, self.headers, self.labels = places, headers, labels
        self.cells: Sequence[str] = ()
        self.troubles: list[Trouble] = []

    def blank(self, field: str) -> bool:
        return values.is_empty(self.raw(field))

    def start(self, cells: Sequence[str]) -> None:
        self.cells = cells
        self.troubles = []

    def raw(self, field: str) -> str:
        place = self.places.get(field)
        if place is None or place >= len(self.cells):
            return ""
        return self.cells[place]

    def wrong(self, field: str, reason: str) -> None:
        column = self.headers.get(field) or _(self.labels[field])
        self.troubles.append(Trouble(column, self.raw(field).strip()[:80], reason))

    def text(self, field: str, limit: int) -> str:
        raw = self.raw(field)
        if not raw:
            return ""
        try:
            return values.text(raw, limit)
        except Unreadable as error:
            self.wrong(field, str(error))
            return ""

    def moment(self, field: str, today: date) -> Moment | None:
        raw = self.raw(field)
        if not raw:
            return None
        if values.is_empty(raw):
            return None
        try:
            found = values.moment(raw)
        except Unreadable as error:
            self.wrong(field, str(error))
            return None
        if found.on > today and field not in MAY_LIE_AHEAD:
            self.wrong(field, _("日期在今天之后，只能导入已经发生的事"))
            return None
        return found

    def days(self, field: str) -> int | None:
        raw = self.raw(field)
        if not raw or values.is_empty(raw):
            return None
        try:
            return values.days(raw)
        except Unreadable as error:
            self.wrong(field, str(error))
            return None


class CaseReader:
    """Reads rows of cases. `places` says in which column a field stands, `headers` how the file heads it.

    `item`: what all rows apply for, where the file has no column that says so.
    """

    def __init__(
        self, places: Mapping[str, int], headers: Mapping[str, str], *, today: date, item: str = ""
    ) -> None:
        self.row = _Row(places, headers, LABELS["cases"])
        self.today, self.item = today, item
        self.has = frozenset(places)
        self._moments = [f for f in MOMENTS if f in self.has]

    def read(self, cells: Sequence[str]) -> tuple[CaseFacts | None, list[Trouble]]:
        """(the facts, no trouble) or (None, what is wrong, all of it)."""
        row = self.row
        row.start(cells)
        text = {f: row.text(f, limit) for f, limit in TEXTS.items() if f in self.has}
        at: dict[str, Moment] = {}
        for field in self._moments:
            found = row.moment(field, self.today)
            if found is not None:
                at[field] = found
        self._needs(row, text, at)
        self._order(row, at)
        days = {f: row.days(f) for f in DAYS_FIELDS if f in self.has}
        corrections = self._corrections(row, at)
        unit, unit_raw = None, row.raw("unit")
        if unit_raw and not values.is_empty(unit_raw):
            unit = rules.unit_of(unit_raw)
            if unit is None:
                row.wrong("unit", _("期限单位应为“工作日”或“日”"))
        elif "unit" not in self.has and "legal_limit" in self.has:
            raw = row.raw("legal_limit")
            unit = rules.unit_of(raw) if raw and not raw.isdigit() else None
        applicant, code, odd = self._applicant(row, text.get("applicant", ""))
        how = self._how(row, text, at)
        self._procedure(row, text, at)
        if row.troubles:
            return None, row.troubles
        accepted = at.get("accepted")
        accepted_on = accepted.on if accepted else self._taken_as_accepted(at, how)
        state, outcome = rules.state_of(
            accepted=accepted_on is not None,
            told="told" in at,
            corrected="corrected" in at,
            closed="closed" in at,
            delivered="delivered" in at,
            how=how,
        )
        closed, deadline = at.get("closed"), at.get("deadline")
        extra = tuple((f, text[f]) for f in ("group", "planned_end") if text.get(f))
        return (
            CaseFacts(
                case_no=text["case_no"],
                item_code=text.get("item_code", ""),
                item=text.get("item", "") or ("" if text.get("item_code") else self.item),
                applicant=applicant,
                applicant_code=code,
                department=text.get("department", ""),
                town=text.get("town", ""),
                channel=text.get("channel", ""),
                handler=text.get("handler", ""),
                route=rules.route(row.raw("route")) if "route" in self.has else CaseRoute.ORDINARY,
                received=at["received"].on,
                told=_on(at.get("told")),
                correct_by=_on(at.get("correct_by")),
                corrected=_on(at.get("corrected")),
                corrections=corrections,
                accepted=accepted_on,
                state=state,
                outcome=outcome,
                procedure=text.get("procedure", ""),
                procedure_from=_on(at.get("procedure_from")),
                procedure_to=_on(at.get("procedure_to")),
                procedure_told=_on(at.get("procedure_told")),
                stopped=days.get("stopped") or 0,
                extension=days.get("extension") or 0,
                closed_on=_on(closed),
                closed_at=closed.at if closed else None,
                result=text.get("result", ""),
                delivered=_on(at.get("delivered")),
                permit_no=text.get("permit_no", ""),
                promised_limit=days.get("promised_limit"),
                legal_limit=days.get("legal_limit"),
                unit=unit,
                deadline_on=_on(deadline),
                deadline_at=deadline.at if deadline else None,
                extra=extra,
                odd_code=odd,
            ),
            [],
        )

    def _needs(self, row: _Row, text: dict[str, str], at: dict[str, Moment]) -> None:
        if row.blank("case_no"):
            row.wrong("case_no", _("办件编号不能为空"))
        elif _lost_digits(text.get("case_no", "")):
            row.wrong("case_no", _("办件编号被Excel改成了科学计数，请把该列设为“文本”后重新导出"))
        if "received" not in at and row.blank("received"):
            row.wrong("received", _("收件时间不能为空"))
        if not (text.get("item") or text.get("item_code") or self.item):
            row.wrong("item", _("事项名称和事项编码至少要有一个"))

    def _order(self, row: _Row, at: dict[str, Moment]) -> None:
        for later, earlier in ORDER:
            a, b = at.get(later), at.get(earlier)
            if a is not None and b is not None and a.on < b.on:
                row.wrong(
                    later,
                    _(
                        "早于{earlier}“{day}”，请核对",
                        earlier=row.headers.get(earlier, ""),
                        day=b.on.isoformat(),
                    ),
                )
        first, last = at.get("procedure_from"), at.get("procedure_to")
        if last is not None and (first is None or last.on <= first.on):
            row.wrong("procedure_to", _("特殊环节的结束应晚于开始，请核对"))

    def _corrections(self, row: _Row, at: dict[str, Moment]) -> int:
        raw = row.raw("corrections")
        count = 1 if "told" in at else 0
        if raw and not values.is_empty(raw):
            try:
                count = max(count, values.whole_number(raw))
            except Unreadable as error:
                row.wrong("corrections", str(error))
        return count

    def _applicant(self, row: _Row, name: str) -> tuple[str, str, bool]:
        raw = row.raw("applicant_code")
        code = values.Code("", person=False, odd=False)
        if raw and not values.is_empty(raw):
            try:
                code = values.credit_code(raw)
            except Unreadable as error:
                if not rules.is_person(name, row.raw("applicant_kind"), has_code=False, has_id_card=False):
                    row.wrong("applicant_code", str(error))
        if rules.is_person(
            name, row.raw("applicant_kind"), has_code=bool(code.code), has_id_card=code.person
        ):
            return rules.PERSON, "", False
        return name, code.code, code.odd

    def _how(
        self, row: _Row, text: dict[str, str], at: dict[str, Moment]
    ) -> tuple[CaseState, CaseOutcome | None] | None:
        result = text.get("result", "")
        how = rules.closing(result) if result else None
        if how is not None and "closed" not in at and row.blank("closed"):
            if "closed" in self.has:
                row.wrong("result", _("有办理结果却没有办结时间，请补上"))
            return how
        status = row.raw("status").strip()
        if "closed" in at and status:
            told = rules.closing(status)
            if how is None or (told is not None and told[0] is not CaseState.DECIDED):
                how = told or how
        if how is not None and how[0] is CaseState.NOT_ACCEPTED and "accepted" in at:
            row.wrong("accepted", _("不予受理的件不应有受理时间，请核对"))
        return how

    def _taken_as_accepted(
        self, at: dict[str, Moment], how: tuple[CaseState, CaseOutcome | None] | None
    ) -> date | None:
        """The day of receipt stands for the acceptance where the file never tells it, or tells only that
        the case was decided."""
        if how is not None and how[0] is not CaseState.DECIDED:
            return None
        if "accepted" not in self.has or "closed" in at:
            return at["received"].on
        return None

    def _procedure(self, row: _Row, text: dict[str, str], at: dict[str, Moment]) -> None:
        if text.get("procedure") and "procedure_from" in self.has and "procedure_from" not in at:
            row.wrong("procedure", _("有特殊环节却没有开始时间，请补上"))


def _on(moment: Moment | None) -> date | None:
    return moment.on if moment else None


class EventReader:
    """Reads rows of events."""

    def __init__(self, places: Mapping[str, int], headers: Mapping[str, str], *, today: date) -> None:
        self.row = _Row(places, headers, LABELS["events"])
        self.today = today
        self.has = frozenset(places)

    def read(self, cells: Sequence[str]) -> tuple[EventFacts | None, list[Trouble]]:
        """(the facts, no trouble) or (None, what is wrong, all of it)."""
        row = self.row
        row.start(cells)
        case_no, step = row.text("case_no", 60), row.text("step", 120)
        who, unit, number = row.text("who", 60), row.text("unit", 60), row.text("number", 40)
        at = row.moment("at", self.today)
        if not case_no and row.blank("case_no"):
            row.wrong("case_no", _("办件编号不能为空"))
        elif _lost_digits(case_no):
            row.wrong("case_no", _("办件编号被Excel改成了科学计数，请把该列设为“文本”后重新导出"))
        if not step and row.blank("step"):
            row.wrong("step", _("环节不能为空"))
        if at is None and row.blank("at"):
            row.wrong("at", _("时间不能为空"))
        said = row.raw("lifecycle").strip()
        lifecycle = LIFECYCLES.get(said, said)
        if len(lifecycle) > 20:
            row.wrong("lifecycle", _("状态太长，最多 {n} 个字", n=20))
        if row.troubles or at is None:
            return None, row.troubles
        instant = at.at or datetime.combine(at.on, datetime.min.time(), rules.DISTRICT)
        return EventFacts(case_no, step, instant, at.on, who, unit, lifecycle, number), []


def kept_values(
    places: Mapping[str, int], headers: Mapping[str, str], cells: Sequence[str]
) -> dict[str, Any]:
    """A refused row as it is set aside: the columns we understand, as they were, but no person's name or
    identity card."""
    found = {
        headers[field]: cells[place].replace("\x00", "")[:500]
        for field, place in places.items()
        if place < len(cells) and cells[place].strip()
    }
    name, code = headers.get("applicant", ""), headers.get("applicant_code", "")
    try:
        known = values.credit_code(found.get(code, ""))
    except Unreadable:
        known = values.Code("", person=False, odd=True)
    kind = found.get(headers.get("applicant_kind", ""), "")
    if rules.is_person(found.get(name, ""), kind, has_code=bool(known.code), has_id_card=known.person):
        if found.get(name):
            found[name] = rules.PERSON
        found.pop(code, None)
    return found
