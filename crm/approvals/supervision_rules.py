"""What a supervisor holds against an open case although its clock may be green. Pure.

The board counts these in SQL (`crm.approvals.queries.supervision`); here is the same for one case, with
how late and by which article, for the lists, the supervision letter and the alerts. A test holds the two
together. Days are working days; `today` is passed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.workdays.rules import Calendar
from models.vocabulary import CaseState, ProcedureKind


class Sign(StrEnum):
    """A column of the board beside the lights."""

    NEW_YELLOW = "new_yellow"
    NEW_RED = "new_red"
    UNTOLD = "untold"
    LATE_START = "late_start"
    NOT_OPENED = "not_opened"
    OVERLONG = "overlong"
    SILENT = "silent"
    CORRECTION_OVERDUE = "correction_overdue"
    EXTENSION_UNTOLD = "extension_untold"
    UNDELIVERED = "undelivered"


SIGN_LABELS: dict[Sign, str] = {
    Sign.NEW_YELLOW: "今天新增黄灯",
    Sign.NEW_RED: "今天新增红灯",
    Sign.UNTOLD: "停表未书面告知",
    Sign.LATE_START: "特殊环节启动晚",
    Sign.NOT_OPENED: "特殊环节应启动未启动",
    Sign.OVERLONG: "特殊环节超期",
    Sign.SILENT: "将因逾期不告知视为受理",
    Sign.CORRECTION_OVERDUE: "企业补正逾期",
    Sign.EXTENSION_UNTOLD: "延期未告知",
    Sign.UNDELIVERED: "决定未按期送达",
}

ARTICLE_32 = "《中华人民共和国行政许可法》第三十二条"
ARTICLE_42 = "《中华人民共和国行政许可法》第四十二条"
ARTICLE_44 = "《中华人民共和国行政许可法》第四十四条"
ARTICLE_45 = "《中华人民共和国行政许可法》第四十五条"
ARTICLE_55 = "《中华人民共和国行政许可法》第五十五条"
# 行政许可法 第五十五条: inspection, testing and quarantine by two people sent within five days of acceptance.
_ARTICLE_55_KINDS = frozenset({ProcedureKind.INSPECTION, ProcedureKind.TESTING, ProcedureKind.QUARANTINE})


@dataclass(frozen=True)
class Procedure:
    """One special procedure of the case, half-open [from_on, to_on); `end_by_on` is the last day it may take."""

    id: int
    register_id: int | None
    kind: ProcedureKind
    name: str
    stops_clock: bool
    from_on: date
    to_on: date | None
    told_on: date | None
    start_by_on: date | None
    end_by_on: date
    basis: str

    @property
    def untold(self) -> bool:
        """Under way as a stop, and nobody told in writing: it stops nothing."""
        return self.stops_clock and self.to_on is None and self.told_on is None


@dataclass(frozen=True)
class Required:
    """A registered procedure that every case of the item goes through: it has a start limit and no condition
    (house rule: one with a condition is required only where a person found the condition met)."""

    register_id: int
    kind: ProcedureKind
    name: str
    start_limit_wd: int
    basis: str


@dataclass(frozen=True)
class Watched:
    """What the signs are read from. `required` is empty for cases whose procedures we do not keep."""

    state: CaseState
    accept_by_on: date | None = None
    correction_due_on: date | None = None
    accepted_on: date | None = None
    extended_on: date | None = None
    extension_told_on: date | None = None
    deliver_by_on: date | None = None
    delivered_on: date | None = None
    procedures: tuple[Procedure, ...] = ()
    required: tuple[Required, ...] = ()


@dataclass(frozen=True)
class Found:
    """One sign found on a case. `due_on` is the day it should have been done by, `done_on` the day it was,
    None while it is not; `late_wd` counts the working days between, 0 on the last day itself."""

    sign: Sign
    due_on: date | None
    done_on: date | None
    late_wd: int
    basis: str
    procedure: str = ""
    kind: ProcedureKind | None = None
    procedure_id: int | None = None
    register_id: int | None = None


def found(case: Watched, today: date, calendar: Calendar) -> Iterator[Found]:
    """Every sign the case shows today, in the order of the board's columns."""
    running = case.state is CaseState.ACCEPTED
    if running:
        for p in case.procedures:
            if p.untold:
                yield Found(
                    Sign.UNTOLD,
                    p.from_on,
                    None,
                    calendar.count_workdays(p.from_on, today),
                    ARTICLE_45,
                    p.name,
                    p.kind,
                    p.id,
                    p.register_id,
                )
        yield from _starts(case, today, calendar)
        for p in case.procedures:
            if p.to_on is None and p.end_by_on < today:
                yield Found(
                    Sign.OVERLONG,
                    p.end_by_on,
                    None,
                    calendar.count_workdays(p.end_by_on, today),
                    p.basis,
                    p.name,
                    p.kind,
                    p.id,
                    p.register_id,
                )
    if (
        case.state is CaseState.RECEIVED
        and case.accept_by_on is not None
        and case.accept_by_on <= calendar.add_workdays(today, 1)
    ):
        late = max(calendar.count_workdays(case.accept_by_on, today), 0)
        yield Found(Sign.SILENT, case.accept_by_on, None, late, ARTICLE_32)
    if (
        case.state is CaseState.CORRECTING
        and case.correction_due_on is not None
        and case.correction_due_on < today
    ):
        late = calendar.count_workdays(case.correction_due_on, today)
        yield Found(Sign.CORRECTION_OVERDUE, case.correction_due_on, None, late, ARTICLE_32)
    if running and case.extended_on is not None and case.extension_told_on is None:
        late = calendar.count_workdays(case.extended_on, today)
        yield Found(Sign.EXTENSION_UNTOLD, case.extended_on, None, late, ARTICLE_42)
    if (
        case.state is CaseState.DECIDED
        and case.deliver_by_on is not None
        and case.delivered_on is None
        and case.deliver_by_on < today
    ):
        late = calendar.count_workdays(case.deliver_by_on, today)
        yield Found(Sign.UNDELIVERED, case.deliver_by_on, None, late, ARTICLE_44)


def _starts(case: Watched, today: date, calendar: Calendar) -> Iterator[Found]:
    for p in case.procedures:
        if p.start_by_on is not None and p.from_on > p.start_by_on:
            late = calendar.count_workdays(p.start_by_on, p.from_on)
            yield Found(
                Sign.LATE_START,
                p.start_by_on,
                p.from_on,
                late,
                start_basis(p.kind, p.basis),
                p.name,
                p.kind,
                p.id,
                p.register_id,
            )
    for r, start_by in unopened(case, calendar):
        if start_by < today:
            yield Found(
                Sign.NOT_OPENED,
                start_by,
                None,
                calendar.count_workdays(start_by, today),
                start_basis(r.kind, r.basis),
                r.name,
                r.kind,
                None,
                r.register_id,
            )


def unopened(case: Watched, calendar: Calendar) -> Iterator[tuple[Required, date]]:
    """Required procedures nobody opened, each with the last day to open it."""
    if case.accepted_on is None:
        return
    for r in case.required:
        opened = any(
            p.register_id == r.register_id or (p.register_id is None and p.kind is r.kind)
            for p in case.procedures
        )
        if not opened:
            yield r, calendar.add_workdays(case.accepted_on, r.start_limit_wd)


def start_basis(kind: ProcedureKind, basis: str) -> str:
    """What the start limit rests on: the article for inspection, testing and quarantine, else the register's."""
    return ARTICLE_55 if kind in _ARTICLE_55_KINDS else basis


def end_by(end_by_on: date | None, from_on: date, planned_wd: int, calendar: Calendar) -> date:
    """The last day a procedure may take: as copied from the register, else as long as it was planned for."""
    return end_by_on or calendar.add_workdays(from_on, planned_wd)
