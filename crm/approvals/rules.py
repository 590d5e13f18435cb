"""The clock of a case: due date, days used and left, light. One rule for every clock.

Pure; facts in, verdict out. A legal, a promised and an enterprise clock are the same function
with other `limit` and `unit`. Called by case actions and queries, the deadline page and
`crm clock`.

The rule, with its sources:

- The day of acceptance is day zero (民法典 第二百零一条); `used` counts the days elapsed by `today`,
  `left` = limit + extension - used, negative when overdue.
- Unit `wd`: working days (行政许可法 第八十二条). Unit `days`: calendar days, where the law writes 日.
  The n-th calendar day is the due date even on a rest day: supervision warns by the stricter
  reading (house rule). `roll=True` applies 民法典 第二百零三条 instead: a last day that is a rest day
  gives way to the next working day. `rolled_on` tells that day in either case.
- Stops are half-open [from, to) and overlapping ones count once; the day a stop begins is not
  consumed (house rule). A stop counts from its written notice on (行政许可法 第四十五条: 应当将所需
  时间书面告知申请人); before the notice the clock runs on and the light is orange.
- While a stop lasts, `used` and `left` stand still, and the due date is the one there would be
  if the clock resumed today.
- Extension: days added to the limit (行政许可法 第四十二条).
- Lights (house rule): red past due; orange a stop without notice, or due today; blue validly
  stopped; yellow when `left` <= max(1, 20 % of the whole limit, rounded up); grey closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from crm.workdays.rules import MAX_DAYS, Calendar, Pause, count_days, nth_day
from models.vocabulary import CaseState, ClockState, DayUnit, Light

ONE_DAY = timedelta(days=1)
YELLOW_SHARE = 5  # a fifth of the limit


@dataclass(frozen=True)
class Stop:
    """停表, half-open [from_on, to_on); `to_on` None while it lasts. `told_on` is the day of the written
    notice, None without one. A stop that does not resume after it starts is refused (ValueError)."""

    from_on: date
    to_on: date | None
    told_on: date | None

    def __post_init__(self) -> None:
        if self.to_on is not None and self.to_on <= self.from_on:
            raise ValueError("a stop must resume after it starts")

    @property
    def holds_from(self) -> date | None:
        """The first day it really stops the clock; None while nobody was told."""
        return None if self.told_on is None else max(self.from_on, self.told_on)

    def covers(self, day: date) -> bool:
        return self.from_on <= day and (self.to_on is None or day < self.to_on)

    def holds_on(self, day: date) -> bool:
        return self.holds_from is not None and self.holds_from <= day and self.covers(day)


@dataclass(frozen=True)
class Clock:
    """What the rule says. `used`, `left` and `stopped` are days of `unit`."""

    due_on: date
    used: int
    left: int
    state: ClockState
    light: Light
    provisional: bool  # the due date leans on a year whose notice is not loaded
    unit: DayUnit
    limit: int  # extension included
    yellow_on: date  # first day the light is yellow, if nothing changes
    rolled_on: date | None  # 民法典 第二百零三条: where a due date on a rest day would move to
    stopped: int  # days not counted so far: never the authority's
    late: bool  # past due, or closed after it


def clock(
    accepted: date,
    limit: int,
    unit: DayUnit = DayUnit.WORKING,
    stops: Sequence[Stop] = (),
    extension: int = 0,
    *,
    today: date,
    calendar: Calendar,
    decided_on: date | None = None,
    roll: bool = False,
) -> Clock:
    """The clock of one case on the day `today`.

    `decided_on` closes it: used and left are those of that day and the light is grey.
    Raises ValueError on a negative limit or extension, or one beyond any calendar.
    """
    whole = limit + extension
    if limit < 0 or extension < 0 or whole > MAX_DAYS:
        raise ValueError("limit and extension are days from 0 upward")
    as_of = today if decided_on is None else decided_on
    stopped_now = decided_on is None and any(s.holds_on(today) for s in stops)

    # An open stop has not ended: for the due date as if it resumed today, for the days used not at all.
    planned = _pauses(stops, open_until=as_of)
    so_far = _pauses(stops, open_until=as_of + ONE_DAY)

    due_on = nth_day(calendar, unit, accepted, whole, planned)
    rolled_on = None
    if unit is DayUnit.CALENDAR and not calendar.is_workday(due_on):
        rolled_on = calendar.next_workday(due_on)
        if roll:
            due_on = rolled_on
    used = count_days(calendar, unit, accepted, as_of, so_far)
    left = whole - used
    if roll and as_of <= due_on:
        left = max(left, 0)
    threshold = yellow_threshold(whole)
    late = as_of > due_on
    return Clock(
        due_on=due_on,
        used=used,
        left=left,
        state=_state(accepted, today, decided_on, stopped_now),
        light=_light(late, accepted, left, threshold, due_on, today, decided_on, stopped_now, stops),
        provisional=_is_provisional(calendar, unit, accepted, due_on, rolled=roll),
        unit=unit,
        limit=whole,
        yellow_on=nth_day(calendar, unit, accepted, max(whole - threshold, 0), planned),
        rolled_on=rolled_on,
        stopped=count_days(calendar, unit, accepted, as_of) - used,
        late=late,
    )


def yellow_threshold(limit: int) -> int:
    """Days left at which the light turns yellow: a fifth of the limit rounded up, at least one."""
    return max(1, -(-limit // YELLOW_SHARE))


def counted_days(
    accepted: date, until: date, unit: DayUnit, stops: Sequence[Stop], *, today: date, calendar: Calendar
) -> list[tuple[date, bool, bool]]:
    """Day by day after `accepted` to `until`: (day, counted, stopped), so that a person can check the sum."""
    planned = _pauses(stops, open_until=today)
    rows: list[tuple[date, bool, bool]] = []
    day = accepted + ONE_DAY
    while day <= until:
        stopped = any(p.from_on <= day < p.to_on for p in planned)
        works = unit is DayUnit.CALENDAR or calendar.is_workday(day)
        rows.append((day, works and not stopped, stopped))
        day += ONE_DAY
    return rows


def _pauses(stops: Sequence[Stop], *, open_until: date) -> list[Pause]:
    found: list[Pause] = []
    for stop in stops:
        start = stop.holds_from
        end = open_until if stop.to_on is None else stop.to_on
        if start is not None and start < end:
            found.append(Pause(start, end))
    return found


def _state(accepted: date, today: date, decided_on: date | None, stopped_now: bool) -> ClockState:
    if decided_on is not None:
        return ClockState.CLOSED
    if today < accepted:
        return ClockState.NOT_STARTED
    return ClockState.STOPPED if stopped_now else ClockState.RUNNING


def _light(
    late: bool,
    accepted: date,
    left: int,
    threshold: int,
    due_on: date,
    today: date,
    decided_on: date | None,
    stopped_now: bool,
    stops: Sequence[Stop],
) -> Light:
    # First that applies, as in the table of the module's docstring.
    verdicts = (
        (decided_on is not None, Light.GREY),
        (late, Light.RED),
        (any(s.covers(today) and not s.holds_on(today) for s in stops), Light.ORANGE),
        (stopped_now, Light.BLUE),
        (today == due_on, Light.ORANGE),
        (today < accepted, Light.GREEN),
        (left <= threshold, Light.YELLOW),
    )
    return next((light for applies, light in verdicts if applies), Light.GREEN)


def _is_provisional(calendar: Calendar, unit: DayUnit, accepted: date, due_on: date, *, rolled: bool) -> bool:
    if unit is DayUnit.CALENDAR and not rolled:
        return False  # every day counts: no notice can move it
    return calendar.is_provisional(accepted, due_on)


# --- a case: its clocks side by side


@dataclass(frozen=True)
class Terms:
    """What a case was accepted under. `starts_on` is day zero, None while nothing runs; a limit None
    is one that neither law nor promise sets. `unit` is the legal limit's."""

    starts_on: date | None
    legal_limit: int | None
    promised_limit: int | None
    unit: DayUnit
    extension: int = 0


@dataclass(frozen=True)
class CaseClocks:
    """The legal and the promised clock of one case; None where there is no such limit."""

    legal: Clock | None
    promised: Clock | None
    light: Light
    past_legal: bool  # late by law, not only by promise
    untold: bool = False  # a stop is under way of which the applicant was not told in writing

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
) -> CaseClocks:
    """Both clocks of a case on the day `today`, and its one light.

    Promises are made in working days whatever unit the law uses (house rule: 排水许可, 15 日 by
    regulation, is promised in 5 工作日). The light is the promised clock's, but never milder than red
    once the legal limit is past.
    """
    if terms.starts_on is None:
        light = Light.GREEN if decided_on is None else Light.GREY
        return CaseClocks(None, None, light, past_legal=False)
    starts_on = terms.starts_on

    def one(limit: int | None, unit: DayUnit) -> Clock | None:
        if limit is None:
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
    return CaseClocks(legal, promised, light, past_legal, untold)


def counts_from_receipt(clock_start: str) -> bool:
    """Whether the item's law counts from receipt (环境影响评价法 第二十二条: 自收到…之日起; 建筑法 第八条)."""
    return clock_start.startswith("收到")


def day_zero(clock_start: str, received_on: date, accepted_on: date) -> date:
    """The day the clock counts from: the receipt where the item's law says 收到…, else the acceptance."""
    return received_on if counts_from_receipt(clock_start) else accepted_on


def months_later(day: date, months: int) -> date:
    """The corresponding day so many months on, or that month's last (民法典 第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (first_of_next - ONE_DAY).day))


# --- the life of a case, in its first form: one table, for actions and buttons alike


class Step(StrEnum):
    """What may be done to a case."""

    ACCEPT = "accept"
    STOP = "stop"
    GIVE_NOTICE = "give_notice"
    RESUME = "resume"
    EXTEND = "extend"
    DECIDE = "decide"
    WITHDRAW = "withdraw"


STEP_LABELS: dict[Step, str] = {
    Step.ACCEPT: "受理",
    Step.STOP: "停表",
    Step.GIVE_NOTICE: "补书面告知",
    Step.RESUME: "恢复计时",
    Step.EXTEND: "延长期限",
    Step.DECIDE: "办结",
    Step.WITHDRAW: "撤回",
}

STEPS: dict[Step, frozenset[CaseState]] = {
    Step.ACCEPT: frozenset({CaseState.RECEIVED}),
    Step.STOP: frozenset({CaseState.ACCEPTED}),
    Step.GIVE_NOTICE: frozenset({CaseState.ACCEPTED}),
    Step.RESUME: frozenset({CaseState.ACCEPTED}),
    Step.EXTEND: frozenset({CaseState.ACCEPTED}),
    Step.DECIDE: frozenset({CaseState.ACCEPTED}),
    Step.WITHDRAW: frozenset({CaseState.RECEIVED, CaseState.ACCEPTED}),
}


def next_steps(state: CaseState) -> list[Step]:
    """The steps a case in this state allows, in the order of its life."""
    return [step for step, states in STEPS.items() if state in states]
