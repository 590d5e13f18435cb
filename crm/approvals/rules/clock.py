"""One clock: due date, days used and left, light. One rule for every clock.

Pure; facts in, verdict out. A legal and a promised clock are the same function with other `limit` and
`unit`; a date somebody named (`named_day`) is read by the same counting and the same table of lights. Called by case actions and queries, the deadline page and
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

from crm.workdays.rules import MAX_DAYS, Calendar, Pause, count_days, nth_day
from models.vocabulary import ClockState, DayUnit, Light

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
    planned = paused(stops, open_until=as_of)
    so_far = paused(stops, open_until=as_of + ONE_DAY)

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


def named_day(
    from_on: date,
    due_on: date,
    stops: Sequence[Stop] = (),
    *,
    today: date,
    calendar: Calendar,
    done_on: date | None = None,
) -> Clock:
    """The clock of a due date that a notice, a promise or another system named, in working days: no limit is
    counted to it, so it stands on whatever day it names, a rest day too. `done_on` closes it.

    Who named the date has counted the stops in; one that holds now only keeps a date from passing that had not
    passed when it began. Raises ValueError when the date named lies before the day it was named on.
    """
    if due_on < from_on:
        raise ValueError("a date is named for a day to come")
    as_of = today if done_on is None else done_on
    whole = count_days(calendar, DayUnit.WORKING, from_on, due_on)
    used = count_days(calendar, DayUnit.WORKING, from_on, as_of)
    threshold = yellow_threshold(whole)
    holding = [s.holds_from for s in stops if done_on is None and s.holds_from and s.holds_on(today)]
    kept = bool(holding) and due_on >= min(holding) and due_on > from_on
    late = as_of > due_on and not kept
    return Clock(
        due_on=due_on,
        used=used,
        left=whole - used,
        state=_state(from_on, today, done_on, bool(holding)),
        light=_light(late, from_on, whole - used, threshold, due_on, today, done_on, bool(holding), stops),
        provisional=calendar.is_provisional(from_on, due_on),
        unit=DayUnit.WORKING,
        limit=whole,
        yellow_on=nth_day(calendar, DayUnit.WORKING, from_on, max(whole - threshold, 0)),
        rolled_on=None,
        stopped=0,
        late=late,
    )


def yellow_threshold(limit: int) -> int:
    """Days left at which the light turns yellow: a fifth of the limit rounded up, at least one."""
    return max(1, -(-limit // YELLOW_SHARE))


def counted_days(
    accepted: date, until: date, unit: DayUnit, stops: Sequence[Stop], *, today: date, calendar: Calendar
) -> list[tuple[date, bool, bool]]:
    """Day by day after `accepted` to `until`: (day, counted, stopped), so that a person can check the sum."""
    planned = paused(stops, open_until=today)
    rows: list[tuple[date, bool, bool]] = []
    day = accepted + ONE_DAY
    while day <= until:
        stopped = any(p.from_on <= day < p.to_on for p in planned)
        works = unit is DayUnit.CALENDAR or calendar.is_workday(day)
        rows.append((day, works and not stopped, stopped))
        day += ONE_DAY
    return rows


def paused(stops: Sequence[Stop], *, open_until: date) -> list[Pause]:
    """The days that are not counted; a stop still open is taken to last until the day before `open_until`."""
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
