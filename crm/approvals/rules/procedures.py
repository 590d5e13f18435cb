"""Special procedures (特殊环节): which of them stop the clock, and how soon, how long, how often.

Pure. 行政许可法 第四十五条 names eight kinds whose time is not counted; any other (a site check, a technical
review, a publicity) runs with the clock unless the item's register says that a law of its own stops it, and
which. 第五十五条: inspection, testing and quarantine begin within five days of acceptance. 第四十七条: a hearing
is held within twenty days of being asked for. 第三十四条: a site check is made by two persons at least.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from crm.workdays.rules import Calendar
from models.vocabulary import ARTICLE_45_KINDS, ProcedureKind

ARTICLE_45 = "行政许可法第四十五条"
SITE_CHECK_STAFF = 2  # 行政许可法 第三十四条
LAW_START_WD: dict[ProcedureKind, int] = {  # after acceptance, 行政许可法 第五十五条
    ProcedureKind.INSPECTION: 5,
    ProcedureKind.TESTING: 5,
    ProcedureKind.QUARANTINE: 5,
}
LAW_LONGEST_WD: dict[ProcedureKind, int] = {ProcedureKind.HEARING: 20}  # 行政许可法 第四十七条


@dataclass(frozen=True)
class Registered:
    """What the item's register says of one kind."""

    stops_clock: bool
    stop_basis: str
    start_limit_wd: int | None
    longest_wd: int | None
    times: int


def stops_clock(kind: ProcedureKind, registered: Registered | None) -> bool:
    """Whether its time is not counted. Without a row in the register the law alone decides."""
    by_law = kind in ARTICLE_45_KINDS
    if registered is None:
        return by_law
    return registered.stops_clock and (by_law or bool(registered.stop_basis.strip()))


def start_limit(kind: ProcedureKind, registered: Registered | None) -> int | None:
    """Working days after acceptance within which it begins: the register's, never laxer than the law's."""
    return _stricter(registered.start_limit_wd if registered else None, LAW_START_WD.get(kind))


def longest(kind: ProcedureKind, registered: Registered | None) -> int | None:
    """Working days it may last: the register's, never laxer than the law's."""
    return _stricter(registered.longest_wd if registered else None, LAW_LONGEST_WD.get(kind))


def start_by(
    kind: ProcedureKind, registered: Registered | None, accepted_on: date | None, calendar: Calendar
) -> date | None:
    """The last day to begin it; None where nobody set a limit."""
    limit = start_limit(kind, registered)
    if limit is None or accepted_on is None:
        return None
    return calendar.add_workdays(accepted_on, limit)


def end_by(
    kind: ProcedureKind, registered: Registered | None, from_on: date, planned_wd: int, calendar: Calendar
) -> date:
    """The last day it may last: the longest allowed, else the length that was planned."""
    limit = longest(kind, registered)
    return calendar.add_workdays(from_on, planned_wd if limit is None else limit)


def cites_article_45(basis: str) -> bool:
    """Whether a basis leans on 行政许可法 第四十五条, however it is written."""
    plain = re.sub(r"[《》\s]", "", basis)
    return re.search(r"许可法第?(四十五|45)条", plain) is not None


def distinct_names(staff: Iterable[str]) -> list[str]:
    """The names given, each once, blanks left out."""
    return list(dict.fromkeys(name for name in (re.sub(r"\s+", "", s) for s in staff) if name))


def _stricter(*limits: int | None) -> int | None:
    known = [limit for limit in limits if limit is not None]
    return min(known) if known else None
