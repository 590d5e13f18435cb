"""Figures of many cases: periods of whole months, shares, percentiles of working days, what a few cases cannot say.

Pure; counts in, figures out. What each figure means is written once, in `DEFINITION_LABELS`, and shown
under the tables.

- A period is whole months. A case belongs to the month it closed in (house rule: what is still open has no
  duration yet); only what came in (`received`) is counted by the day of receipt.
- Percentiles are nearest-rank: the smallest number of days that at least p % of the cases did not exceed. So a
  figure is always a number of days that some case really took.
- A share of fewer than `FEW` cases is not shown as a percentage (house rule: one case would move it by more
  than five points).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

FEW = 20

Histogram = Mapping[int, int]  # value -> how many cases


class Measure(StrEnum):
    """What the tally counts. Of the yes-or-no ones the values are 1 and 0; of the counts, 0."""

    RECEIVED = "received"
    CLOSED = "closed"
    GRANTED = "granted"
    REFUSED = "refused"
    RETURNED = "returned"
    CORRECTIONS = "corrections"
    RUNNING_WD = "running_wd"
    ENTERPRISE_WD = "enterprise_wd"
    STOPPED_WD = "stopped_wd"
    TOTAL_WD = "total_wd"
    LATE = "late"
    LATE_OWN = "late_own"
    PROCEDURES = "procedures"
    PROCEDURE_LATE = "procedure_late"
    PROCEDURE_UNTOLD = "procedure_untold"
    STEP_WAIT = "step_wait"


CASE_MEASURES = tuple(m for m in Measure if m is not Measure.STEP_WAIT)

MEASURE_LABELS: dict[Measure, str] = {
    Measure.RECEIVED: "收件",
    Measure.CLOSED: "办结",
    Measure.GRANTED: "准予",
    Measure.REFUSED: "不予",
    Measure.RETURNED: "退件",
    Measure.CORRECTIONS: "补正次数",
    Measure.RUNNING_WD: "计时天数",
    Measure.ENTERPRISE_WD: "企业用时",
    Measure.STOPPED_WD: "停表天数",
    Measure.TOTAL_WD: "全程天数",
    Measure.LATE: "超期",
    Measure.LATE_OWN: "超受理系统期限",
    Measure.PROCEDURES: "特殊环节",
    Measure.PROCEDURE_LATE: "特殊环节启动超时",
    Measure.PROCEDURE_UNTOLD: "停表未书面告知",
    Measure.STEP_WAIT: "环节前等待",
}
DEFINITION_LABELS: dict[Measure, str] = {
    Measure.RECEIVED: "收件日在该月的办件数，不论是否办结。",
    Measure.CLOSED: "办结日在该月的办件数：作出决定、不予受理、撤回和终止都算。以下各项都以这些办件为准。",
    Measure.GRANTED: "结果为准予的办件。通过率＝准予÷（准予＋不予）。",
    Measure.REFUSED: "结果为不予的办件。",
    Measure.RETURNED: "不予受理和撤回的办件。退件率＝退件÷办结。",
    Measure.CORRECTIONS: "要求补正的次数。件均补正＝补正次数之和÷办结。",
    Measure.RUNNING_WD: "期限在走的工作日：自起算到办结，扣除停表。",
    Measure.ENTERPRISE_WD: "等企业补正、补交的工作日，不算部门的时间。",
    Measure.STOPPED_WD: "书面告知后停表的工作日。",
    Measure.TOTAL_WD: "计时、企业用时与停表三者之和。",
    Measure.LATE: "办结晚于应办结日的办件。超期率＝超期÷有期限的办结办件。",
    Measure.LATE_OWN: "办结时刻晚于受理系统自己写的期限；只统计写明期限和办结时刻的办件。",
    Measure.PROCEDURES: "这些办件启动过的特殊环节数。",
    Measure.PROCEDURE_LATE: "晚于登记的启动时限才启动的特殊环节；分母只含有启动时限的环节。",
    Measure.PROCEDURE_UNTOLD: "停了表却没有书面告知申请人的环节；分母为全部停表环节。",
    Measure.STEP_WAIT: "上一环节到本环节之间的工作日；第一个环节自收件起算。",
}

# What a place can cost: days x cases, added up case by case.
COSTS = (Measure.RUNNING_WD, Measure.TOTAL_WD, Measure.ENTERPRISE_WD, Measure.STOPPED_WD)


# --- whole months


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def months_on(month: date, months: int) -> date:
    """The first day of the month so many months later (earlier when negative)."""
    year, index = divmod(month.year * 12 + month.month - 1 + months, 12)
    return date(year, index + 1, 1)


@dataclass(frozen=True)
class Months:
    """`count` whole months from `first`, a first of the month."""

    first: date
    count: int

    def __post_init__(self) -> None:
        if self.first.day != 1 or self.count < 1:
            raise ValueError("a period is one month or more, from a first of the month")

    @classmethod
    def up_to(cls, last: date, count: int) -> Months:
        """The `count` months ending with the month of `last`."""
        return cls(months_on(month_of(last), 1 - count), count)

    @property
    def last(self) -> date:
        """First day of the last month."""
        return months_on(self.first, self.count - 1)

    @property
    def end(self) -> date:
        """The day after the period."""
        return months_on(self.first, self.count)

    def __iter__(self) -> Iterator[date]:
        return (months_on(self.first, i) for i in range(self.count))

    def earlier(self, months: int) -> Months:
        return Months(months_on(self.first, -months), self.count)


class Against(StrEnum):
    """What a period is compared with."""

    PREVIOUS = "previous"
    SEASON = "season"


AGAINST_LABELS: dict[Against, str] = {
    Against.PREVIOUS: "与上一时段比",
    Against.SEASON: "与去年同期比",
}


def compared(period: Months, against: Against) -> Months:
    """The months of the same number just before, or the same months one year earlier."""
    return period.earlier(period.count if against is Against.PREVIOUS else 12)


# --- figures from counts


def count(histogram: Histogram) -> int:
    return sum(histogram.values())


def weight(histogram: Histogram) -> int:
    """The sum over all cases: value x how many."""
    return sum(value * n for value, n in histogram.items())


def percentile(histogram: Histogram, percent: int) -> int | None:
    """Nearest rank: the smallest value that at least `percent` % of the cases do not exceed; None without cases."""
    total = count(histogram)
    if total == 0:
        return None
    rank = max(1, -(-total * percent // 100))
    seen = 0
    for value in sorted(histogram):
        seen += histogram[value]
        if seen >= rank:
            return value
    raise AssertionError("counts add up")


@dataclass(frozen=True)
class Share:
    """`part` of `whole`. `pct` is exact; who prints it floors it."""

    part: int
    whole: int

    @property
    def pct(self) -> Decimal | None:
        return Decimal(self.part) * 100 / self.whole if self.whole else None

    @property
    def few(self) -> bool:
        """Too few for a percentage."""
        return self.whole < FEW


@dataclass(frozen=True)
class Days:
    """Working days of some cases."""

    n: int
    median: int | None
    p90: int | None
    total: int  # days x cases

    @property
    def few(self) -> bool:
        return self.n < FEW


def days(histogram: Histogram) -> Days:
    return Days(count(histogram), percentile(histogram, 50), percentile(histogram, 90), weight(histogram))


@dataclass(frozen=True)
class Figures:
    """Every figure of one place in one period, from its counts by measure."""

    counts: Mapping[Measure, Histogram] = field(default_factory=dict)

    def of(self, measure: Measure) -> Histogram:
        return self.counts.get(measure, {})

    def n(self, measure: Measure) -> int:
        """How many cases, or procedures, the measure counted."""
        return count(self.of(measure))

    def days(self, measure: Measure) -> Days:
        return days(self.of(measure))

    def yes(self, measure: Measure) -> Share:
        """Of a yes-or-no measure: how many yes among those it can be said of."""
        histogram = self.of(measure)
        return Share(histogram.get(1, 0), count(histogram))

    @property
    def passed(self) -> Share:
        granted = self.n(Measure.GRANTED)
        return Share(granted, granted + self.n(Measure.REFUSED))

    @property
    def returned(self) -> Share:
        return Share(self.n(Measure.RETURNED), self.n(Measure.CLOSED))

    @property
    def corrections(self) -> Decimal | None:
        """Per closed case."""
        closed = self.n(Measure.CLOSED)
        return Decimal(weight(self.of(Measure.CORRECTIONS))) / closed if closed else None

    def cost(self, measure: Measure) -> int:
        return weight(self.of(measure))
