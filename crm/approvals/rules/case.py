"""A case's clocks side by side: by law, by promise, and the enterprise's own time; and its delivery.

Pure. The same facts give the screens, the alerts, the briefings and the hints their light.

- The light is the promised clock's, else the legal one's, but never milder than red once the legal limit is
  past. The enterprise's own time has a light of its own and never colours the authority's (house rule).
- A decision is delivered within ten working days (行政许可法 第四十四条), with a light of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crm.approvals.rules.clock import Clock, Stop, clock, named_day, paused
from crm.workdays.rules import Calendar, count_days
from models.vocabulary import DayUnit, Light

DELIVER_WD = 10  # 行政许可法 第四十四条
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Terms:
    """What a case was accepted under. `starts_on` is day zero, None while nothing runs; a limit None
    is one that neither law nor promise sets. `unit` is the legal limit's. `deadline` (from, due) is the one
    the hall's acceptance system states itself: it stands in the place of the promise."""

    starts_on: date | None
    legal_limit: int | None
    promised_limit: int | None
    unit: DayUnit
    extension: int = 0
    deadline: tuple[date, date] | None = None


@dataclass(frozen=True)
class Asked:
    """Something the enterprise was asked for or promised: on which day, by when, and when it did it.

    `corrects`: it is the correction before acceptance, the one thing the whole case waits for.
    """

    from_on: date
    due_on: date
    done_on: date | None = None
    corrects: bool = False


@dataclass(frozen=True)
class CaseClocks:
    """The clocks of one case; None where there is no such limit. `enterprise` is the date nearest of
    those it was asked to keep (the last it kept, closed, when none is open)."""

    legal: Clock | None
    promised: Clock | None
    light: Light
    past_legal: bool  # late by law, not only by promise
    untold: bool = False  # a stop is under way of which the applicant was not told in writing
    enterprise: Clock | None = None
    delivery: Clock | None = None

    @property
    def committed(self) -> Clock | None:
        """The one the case is watched by: what was promised, else what the law says."""
        return self.promised or self.legal

    @property
    def provisional(self) -> bool:
        return any(c.provisional for c in (self.legal, self.promised) if c)


def case_clocks(
    terms: Terms,
    stops: Sequence[Stop] = (),
    *,
    today: date,
    calendar: Calendar,
    decided_on: date | None = None,
    asked: Sequence[Asked] = (),
    deliver_from: date | None = None,
    delivered_on: date | None = None,
) -> CaseClocks:
    """Every clock of a case on the day `today`, and its one light.

    Promises of the authority are made in working days whatever unit the law uses (house rule: 排水许可,
    15 日 by regulation, is promised in 5 工作日). `deliver_from` is the day of a decision to be delivered.
    """
    enterprise = enterprise_clock(asked, today=today, calendar=calendar)
    delivery = None
    if deliver_from is not None:
        delivery = clock(deliver_from, DELIVER_WD, today=today, calendar=calendar, decided_on=delivered_on)
    starts_on = terms.starts_on

    def one(limit: int | None, unit: DayUnit) -> Clock | None:
        if limit is None or starts_on is None:
            return None
        return clock(
            starts_on,
            limit,
            unit,
            stops,
            terms.extension,
            today=today,
            calendar=calendar,
            decided_on=decided_on,
        )

    legal, promised = one(terms.legal_limit, terms.unit), one(terms.promised_limit, DayUnit.WORKING)
    if terms.deadline is not None:
        promised = named_day(*terms.deadline, stops, today=today, calendar=calendar, done_on=decided_on)
    past_legal = legal is not None and legal.late
    committed = promised or legal
    untold = decided_on is None and any(s.covers(today) and not s.holds_on(today) for s in stops)
    if decided_on is not None:
        light = Light.GREY
    elif past_legal:
        light = Light.RED
    elif committed is not None:
        light = committed.light
    else:
        stopped = any(s.holds_on(today) for s in stops)
        light = Light.ORANGE if untold else Light.BLUE if stopped else Light.GREEN
    return CaseClocks(legal, promised, light, past_legal, untold, enterprise, delivery)


def laid_stop(starts_on: date, stopped_wd: int, calendar: Calendar) -> Stop:
    """A stop of which only the number of working days is known, laid right behind day zero, where it moves
    every date the same."""
    resumed = calendar.add_workdays(starts_on, stopped_wd) + ONE_DAY
    return Stop(starts_on + ONE_DAY, resumed, told_on=starts_on)


def enterprise_clock(asked: Sequence[Asked], *, today: date, calendar: Calendar) -> Clock | None:
    """The enterprise's own time: to the nearest date still open, else the last one kept."""
    open_now = [a for a in asked if a.done_on is None]
    if open_now:
        nearest = min(open_now, key=lambda a: (a.due_on, a.from_on))
    elif asked:
        nearest = max(asked, key=lambda a: (a.done_on or a.due_on, a.from_on))
    else:
        return None
    return named_day(nearest.from_on, nearest.due_on, today=today, calendar=calendar, done_on=nearest.done_on)


@dataclass(frozen=True)
class Measures:
    """What a closed case took, in working days. None where that clock never ran."""

    running_wd: int | None  # the authority's own, stops left out
    stopped_wd: int | None
    enterprise_wd: int  # the case lay with the enterprise: from the correction notice to the answer
    late: bool | None  # by the committed clock


def measures(
    terms: Terms,
    stops: Sequence[Stop],
    asked: Sequence[Asked],
    *,
    closed_on: date,
    calendar: Calendar,
) -> Measures:
    """The measures of a case that closed on that day. A promise runs beside the authority's clock and is no
    waiting of the case, so that it is not among the enterprise's days here."""
    held = sum(
        count_days(calendar, DayUnit.WORKING, a.from_on, min(a.done_on or closed_on, closed_on))
        for a in asked
        if a.corrects
    )
    if terms.starts_on is None:
        return Measures(None, None, held, None)
    pauses = paused(stops, open_until=closed_on + ONE_DAY)
    whole = count_days(calendar, DayUnit.WORKING, terms.starts_on, closed_on)
    running = count_days(calendar, DayUnit.WORKING, terms.starts_on, closed_on, pauses)
    clocks = case_clocks(terms, stops, today=closed_on, calendar=calendar, decided_on=closed_on)
    return Measures(
        running_wd=running,
        stopped_wd=whole - running,
        enterprise_wd=held,
        late=clocks.committed.late if clocks.committed else None,
    )


def counts_from_receipt(clock_start: str) -> bool:
    """Whether the item's law counts from receipt (环境影响评价法 第二十二条: 自收到…之日起; 建筑法 第八条)."""
    return clock_start.startswith("收到")


def day_zero(clock_start: str, received_on: date, accepted_on: date) -> date:
    """The day the clock counts from: the receipt where the item's law says 收到…, else the acceptance.
    `received_on` is the receipt of what is complete: after a correction, the day the answer came."""
    return received_on if counts_from_receipt(clock_start) else accepted_on


def months_later(day: date, months: int) -> date:
    """The corresponding day so many months on, or that month's last (民法典 第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (first_of_next - ONE_DAY).day))
