"""Working days and calendar days: count, add, and say when the answer is only provisional.

Pure. The calendar is passed in everywhere (`crm.workdays.queries.calendar` reads it).

Counting (民法典 第二百零一条; 行政许可法 第八十二条): the day it starts is not counted; the next
counted day is day 1. Working days are those of the State Council's notices, make-up Saturdays
and Sundays included. A pause is half-open [from, to): `to` is the first day that counts again.

A year without a confirmed notice is provisional. What is done for it, precisely: Saturdays and
Sundays are off; the 13 days fixed by 全国年节及纪念日放假办法 (2024 revision) are off: 1 January,
New Year's Eve to the third day of the Spring Festival, Qingming, 1-2 May, Dragon Boat,
Mid-Autumn, 1-3 October. No bridge days, no days off in lieu and no make-up days are guessed.
The movable ones are tabled to 2040 (`data/lunar_days.csv`); outside the table only the fixed
dates are off.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from models.vocabulary import DayUnit

ONE_DAY = timedelta(days=1)
SATURDAY = 5
MAX_DAYS = 20_000  # longer than any limit; stops a typing slip before the calendar's end

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def weekday_name(day: date) -> str:
    """周一 … 周日."""
    return WEEKDAYS[day.weekday()]


@dataclass(frozen=True)
class Pause:
    """Days that are not counted, half-open [from_on, to_on). Empty or backward is refused (ValueError)."""

    from_on: date
    to_on: date

    def __post_init__(self) -> None:
        if self.from_on >= self.to_on:
            raise ValueError("a pause must resume after it starts")


@dataclass(frozen=True)
class Calendar:
    """The dated calendar. `exceptions`: day -> whether it is worked, for days that differ from their
    weekday; `confirmed`: years whose notice is loaded; `movable`: statutory days of lunar date."""

    exceptions: Mapping[date, bool]
    confirmed: frozenset[int]
    movable: frozenset[date] = frozenset()
    _years: dict[int, tuple[int, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def is_workday(self, day: date) -> bool:
        """Whether offices work that day, by notice, else by weekday and statute."""
        said = self.exceptions.get(day)
        if said is not None:
            return said
        return day.weekday() < SATURDAY and not self.is_statutory(day)

    def is_statutory(self, day: date) -> bool:
        """全国年节及纪念日放假办法: off by the law itself, whatever the notice says of the days around it."""
        if (day.month, day.day) in _FIXED:
            return True
        # 除夕 and 2 May are statutory since 2025 (revision of 2024-11-10).
        return (day.year >= 2025 and (day.month, day.day) == (5, 2)) or day in self.movable

    def is_provisional(self, first: date, last: date | None = None) -> bool:
        """Whether any day from `first` to `last` lies in a year without a confirmed notice."""
        return any(year not in self.confirmed for year in range(first.year, (last or first).year + 1))

    def count_workdays(self, after: date, until: date) -> int:
        """Working days in (after, until]; negative when `until` lies before `after`."""
        if until < after:
            return -self.count_workdays(until, after)
        low, high = after.toordinal(), until.toordinal()
        total = 0
        for year in range(after.year, until.year + 1):
            days = self._workdays(year)
            total += bisect_right(days, high) - bisect_right(days, low)
        return total

    def add_workdays(self, day: date, n: int) -> date:
        """The n-th working day after `day`; before it when n is negative; `day` itself when n is 0."""
        if abs(n) > MAX_DAYS:
            raise ValueError("too many days")
        ordinal, year = day.toordinal(), day.year
        if n > 0:
            at = bisect_right(self._workdays(year), ordinal) + n - 1
            while at >= len(self._workdays(year)):
                at -= len(self._workdays(year))
                year += 1
            return date.fromordinal(self._workdays(year)[at])
        if n < 0:
            at = bisect_left(self._workdays(year), ordinal) + n
            while at < 0:
                year -= 1
                at += len(self._workdays(year))
            return date.fromordinal(self._workdays(year)[at])
        return day

    def next_workday(self, day: date) -> date:
        """`day` if it is worked, else the first worked day after it."""
        return day if self.is_workday(day) else self.add_workdays(day, 1)

    def _workdays(self, year: int) -> tuple[int, ...]:
        known = self._years.get(year)
        if known is None:
            start, end = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
            known = tuple(o for o in range(start, end + 1) if self.is_workday(date.fromordinal(o)))
            self._years[year] = known
        return known


_FIXED = frozenset({(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)})


def merge(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """The same days as disjoint pauses in order: overlapping or touching ones count once."""
    merged: list[Pause] = []
    for pause in sorted(pauses, key=lambda p: p.from_on):
        if merged and pause.from_on <= merged[-1].to_on:
            if pause.to_on > merged[-1].to_on:
                merged[-1] = Pause(merged[-1].from_on, pause.to_on)
        else:
            merged.append(pause)
    return tuple(merged)


def count_days(
    calendar: Calendar, unit: DayUnit, after: date, until: date, pauses: Iterable[Pause] = ()
) -> int:
    """Counted days of the unit in (after, until], days inside a pause left out. 0 when `until` <= `after`."""
    if until <= after:
        return 0
    total = _span(calendar, unit, after, until)
    for pause in merge(pauses):
        first, last = max(pause.from_on - ONE_DAY, after), min(pause.to_on - ONE_DAY, until)
        if last > first:
            total -= _span(calendar, unit, first, last)
    return total


def nth_day(calendar: Calendar, unit: DayUnit, after: date, n: int, pauses: Iterable[Pause] = ()) -> date:
    """The n-th counted day after `after`, days inside a pause left out; `after` itself when n is 0."""
    if not 0 <= n <= MAX_DAYS:
        raise ValueError("a limit is between 0 and 20,000 days")
    if n == 0:
        return after
    at = after
    for pause in merge(pauses):
        before = _span(calendar, unit, at, pause.from_on - ONE_DAY) if pause.from_on > at else 0
        if before >= n:
            break
        n -= before
        at = max(at, pause.to_on - ONE_DAY)
    return calendar.add_workdays(at, n) if unit is DayUnit.WORKING else at + timedelta(days=n)


def _span(calendar: Calendar, unit: DayUnit, after: date, until: date) -> int:
    return calendar.count_workdays(after, until) if unit is DayUnit.WORKING else (until - after).days


# Calendar days in both manners of speaking. `inclusive`: the first day is day 1 ("from 1 to 10
# September is ten days"); otherwise it is day zero, as limits are counted.


def days_between(first: date, last: date, *, inclusive: bool = False) -> int:
    """Calendar days from `first` to `last`."""
    return (last - first).days + (1 if inclusive else 0)


def end_of_days(first: date, n: int, *, inclusive: bool = False, pauses: Iterable[Pause] = ()) -> date:
    """The last of n calendar days that start on `first`, paused days left out."""
    start = first - ONE_DAY if inclusive else first
    return nth_day(EVERY_DAY, DayUnit.CALENDAR, start, n, pauses)


def start_of_days(last: date, n: int, *, inclusive: bool = False, pauses: Iterable[Pause] = ()) -> date:
    """The start from which n calendar days end on `last`, paused days left out (planning backward)."""
    paused = merge(pauses)
    day = last
    left = n
    while left > 0:
        if not any(p.from_on <= day < p.to_on for p in paused):
            left -= 1
        day -= ONE_DAY
    return day + ONE_DAY if inclusive else day


EVERY_DAY = Calendar(exceptions={}, confirmed=frozenset())


@dataclass(frozen=True)
class RunsOut:
    """How far the confirmed calendar reaches from a day. `confirmed_to` None: not even this year."""

    confirmed_to: date | None
    workdays_left: int


# A 45-day joint case with its 15 days of extension (行政许可法 第四十二条) is the longest ordinary limit.
LONGEST_LIMIT_WD = 60


def calendar_runs_out(calendar: Calendar, today: date) -> RunsOut:
    """Confirmed working days after `today`: below `LONGEST_LIMIT_WD`, some new deadline is provisional."""
    year = today.year
    if year not in calendar.confirmed:
        return RunsOut(None, 0)
    while year + 1 in calendar.confirmed:
        year += 1
    end = date(year, 12, 31)
    return RunsOut(end, calendar.count_workdays(today, end))
