"""The clock: due dates, stops, extensions, lights; told with weekday names, and as properties."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.approvals import rules
from crm.approvals.rules import Stop, clock
from crm.workdays.rules import Calendar, weekday_name
from models.vocabulary import ClockState, DayUnit, Light
from tests.workdays.test_counting import CALENDAR

WD, DAYS = DayUnit.WORKING, DayUnit.CALENDAR
ACCEPTED = date(2025, 9, 22)  # 周一


def told(from_on: date, to_on: date | None) -> Stop:
    return Stop(from_on, to_on, told_on=from_on)


def on(month: int, day: int) -> date:
    return date(2025, month, day)


def judge(today: date, *stops: Stop, limit: int = 10, unit: DayUnit = WD, **more: object) -> rules.Clock:
    return clock(ACCEPTED, limit, unit, stops, today=today, calendar=CALENDAR, **more)  # type: ignore[arg-type]


# Due dates


def test_ten_working_days_end_on_a_make_up_saturday() -> None:  # W1
    found = judge(on(9, 22))
    assert found.due_on == on(10, 11)
    assert weekday_name(found.due_on) == "周六"
    assert not found.provisional


def test_an_expert_review_moves_the_due_date_by_its_working_days() -> None:  # W2
    found = judge(on(9, 30), told(on(9, 24), on(9, 29)))  # 周三 to 周一; 周日 9-28 is worked
    assert found.due_on == on(10, 16)
    assert found.stopped == 4


def test_a_due_date_in_a_year_without_a_notice_is_provisional() -> None:  # W7
    found = clock(date(2026, 12, 4), 20, today=date(2026, 12, 7), calendar=CALENDAR)
    assert found.provisional
    assert found.due_on == date(2027, 1, 4)  # 周一; 元旦 is a Friday


def test_calendar_days_never_lean_on_a_notice() -> None:
    found = clock(date(2026, 12, 4), 30, DAYS, today=date(2026, 12, 7), calendar=CALENDAR)
    assert found.due_on == date(2027, 1, 3)
    assert not found.provisional


def test_an_extension_adds_its_days() -> None:
    assert judge(on(9, 22), limit=20).due_on == on(10, 24)  # W5
    assert judge(on(9, 22), limit=10, extension=10).due_on == on(10, 24)


def test_a_start_five_days_later_ends_later_with_the_length_unchanged() -> None:  # K7
    moved = clock(ACCEPTED + timedelta(days=5), 10, DAYS, today=ACCEPTED, calendar=CALENDAR)
    assert moved.due_on - judge(on(9, 22), unit=DAYS).due_on == timedelta(days=5)


@pytest.mark.parametrize(
    ("limit", "due", "weekday", "rolled", "rolled_weekday"),
    [
        (8, on(9, 30), "周二", None, ""),
        (5, on(9, 27), "周六", on(9, 28), "周日"),  # 9-28 is a make-up Sunday: the holiday ends there
        (9, on(10, 1), "周三", on(10, 9), "周四"),
        (16, on(10, 8), "周三", on(10, 9), "周四"),
        (20, on(10, 12), "周日", on(10, 13), "周一"),
    ],
)
def test_a_calendar_day_limit_that_ends_on_a_rest_day(
    limit: int, due: date, weekday: str, rolled: date | None, rolled_weekday: str
) -> None:  # 民法典 第二百零三条
    plain = judge(on(9, 22), limit=limit, unit=DAYS)
    assert (plain.due_on, plain.rolled_on) == (due, rolled)
    assert weekday_name(due) == weekday
    kind = judge(on(9, 22), limit=limit, unit=DAYS, roll=True)
    assert kind.due_on == (rolled or due)
    if rolled:
        assert weekday_name(rolled) == rolled_weekday
        assert judge(rolled, limit=limit, unit=DAYS, roll=True).light is Light.ORANGE
        assert judge(rolled, limit=limit, unit=DAYS, roll=True).left == 0
        assert judge(rolled + timedelta(days=1), limit=limit, unit=DAYS, roll=True).light is Light.RED


def test_calendar_day_limits_as_other_systems_count_them() -> None:  # C3, C7
    start = date(2024, 9, 1)
    pause = told(date(2024, 9, 5), date(2024, 9, 15))
    assert clock(start, 30, DAYS, today=start, calendar=CALENDAR).due_on == date(2024, 10, 1)
    assert clock(start, 20, DAYS, [pause], today=start, calendar=CALENDAR).due_on == date(2024, 10, 1)


# Used and left


@pytest.mark.parametrize(
    ("today", "weekday", "used", "left"),
    [
        (on(9, 22), "周一", 0, 10),
        (on(9, 23), "周二", 1, 9),
        (on(9, 27), "周六", 4, 6),
        (on(9, 28), "周日", 5, 5),
        (on(10, 8), "周三", 7, 3),
        (on(10, 11), "周六", 10, 0),
        (on(10, 12), "周日", 10, 0),
        (on(10, 13), "周一", 11, -1),
    ],
)
def test_the_day_after_acceptance_is_day_one(today: date, weekday: str, used: int, left: int) -> None:
    assert weekday_name(today) == weekday
    found = judge(today)
    assert (found.used, found.left) == (used, left)


def test_days_left_stand_still_while_stopped() -> None:  # K1
    stop = told(on(9, 24), None)
    readings = [judge(on(9, day), stop) for day in (24, 25, 26, 28, 29, 30)]
    assert {(r.used, r.left) for r in readings} == {(1, 9)}
    assert {r.state for r in readings} == {ClockState.STOPPED}
    assert {r.light for r in readings} == {Light.BLUE}


def test_while_stopped_the_due_date_is_as_if_the_clock_resumed_today() -> None:
    stop = told(on(9, 24), None)
    assert judge(on(9, 24), stop).due_on == on(10, 11)
    assert judge(on(9, 29), stop).due_on == judge(on(9, 29), told(on(9, 24), on(9, 29))).due_on == on(10, 16)


def test_the_day_a_stop_ends_counts_again() -> None:
    assert judge(on(9, 29), told(on(9, 24), on(9, 29))).used == 2  # 周二 9-23, 周一 9-29


def test_a_stop_planned_for_later_changes_nothing_yet_but_the_due_date_when_its_end_is_known() -> None:
    assert judge(on(9, 23), told(on(9, 25), None)).due_on == on(10, 11)
    assert judge(on(9, 23), told(on(9, 25), on(9, 26))).due_on == on(10, 13)
    assert judge(on(9, 23), told(on(9, 25), None)).state is ClockState.RUNNING


@pytest.mark.parametrize(
    ("from_on", "begins", "to_on", "resumes", "due", "weekday", "stopped"),
    [
        (on(9, 24), "周三", on(9, 25), "周四", on(10, 13), "周一", 1),
        (on(9, 24), "周三", on(9, 29), "周一", on(10, 16), "周四", 4),  # W2: 周日 9-28 is worked
        (on(9, 26), "周五", on(9, 28), "周日", on(10, 13), "周一", 1),  # 周六 9-27 is a rest day anyway
        (on(9, 27), "周六", on(9, 28), "周日", on(10, 11), "周六", 0),  # a stop over a rest day alone
        (on(9, 28), "周日", on(9, 29), "周一", on(10, 13), "周一", 1),  # a stop on a make-up day
        (on(9, 30), "周二", on(10, 9), "周四", on(10, 13), "周一", 1),  # the last day before the holiday
        (on(10, 1), "周三", on(10, 9), "周四", on(10, 11), "周六", 0),  # the holiday itself: nothing changes
        (on(10, 3), "周五", on(10, 10), "周五", on(10, 13), "周一", 1),  # one working day past it
        (on(10, 11), "周六", on(10, 13), "周一", on(10, 13), "周一", 1),  # opened on the last day
        (on(10, 11), "周六", on(10, 20), "周一", on(10, 20), "周一", 6),
        (on(9, 22), "周一", on(9, 24), "周三", on(10, 13), "周一", 1),  # from day zero on
        (on(10, 12), "周日", on(10, 20), "周一", on(10, 11), "周六", 5),  # opened after it was due: too late
    ],
)
def test_what_a_stop_does_to_ten_working_days(
    from_on: date, begins: str, to_on: date, resumes: str, due: date, weekday: str, stopped: int
) -> None:
    found = judge(on(10, 31), told(from_on, to_on))
    assert (weekday_name(from_on), weekday_name(to_on)) == (begins, resumes)
    assert (found.due_on, weekday_name(found.due_on), found.stopped) == (due, weekday, stopped)


def test_a_stop_opened_on_the_last_day_saves_that_day() -> None:
    last = on(10, 11)  # 周六, worked
    assert judge(last, told(last, None)).left == 1
    assert judge(last, told(last, None)).light is Light.BLUE
    assert judge(on(10, 14), told(last, on(10, 14))).due_on == on(10, 14)  # 周二


def test_a_stop_opened_after_the_due_date_does_not_mend_it() -> None:
    found = judge(on(10, 15), told(on(10, 13), None))
    assert found.due_on == on(10, 11)
    assert found.light is Light.RED


def test_days_the_enterprise_held_are_told_apart() -> None:  # K13
    found = judge(on(10, 9), told(on(9, 24), on(10, 9)))
    assert (found.used, found.stopped, found.left) == (2, 6, 8)
    assert not found.late


# Notice


def test_a_stop_without_written_notice_does_not_stop_the_clock_and_shows_orange() -> None:  # K4
    silent = Stop(on(9, 24), None, told_on=None)
    found = judge(on(9, 26), silent)
    assert (found.due_on, found.used, found.state, found.light) == (
        on(10, 11),
        4,
        ClockState.RUNNING,
        Light.ORANGE,
    )


def test_a_stop_counts_from_its_notice_on() -> None:
    late_notice = Stop(on(9, 24), on(9, 29), told_on=on(9, 26))
    assert judge(on(9, 25), late_notice).light is Light.ORANGE
    assert judge(on(9, 26), late_notice).light is Light.BLUE
    assert judge(on(9, 30), late_notice).due_on == on(10, 14)  # 周五 9-26 and 周日 9-28 are not counted


def test_a_notice_given_after_the_stop_ended_mends_nothing() -> None:
    assert judge(on(10, 9), Stop(on(9, 24), on(9, 29), told_on=on(9, 30))).due_on == on(10, 11)


def test_a_stop_that_does_not_resume_after_it_starts_is_refused() -> None:  # C9
    with pytest.raises(ValueError, match="resume"):
        told(on(9, 24), on(9, 24))


# Lights


@pytest.mark.parametrize(
    ("limit", "today", "weekday", "left", "light"),
    [
        (10, on(10, 8), "周三", 3, Light.GREEN),
        (10, on(10, 9), "周四", 2, Light.YELLOW),
        (10, on(10, 10), "周五", 1, Light.YELLOW),
        (10, on(10, 11), "周六", 0, Light.ORANGE),
        (10, on(10, 12), "周日", 0, Light.RED),
        (10, on(10, 13), "周一", -1, Light.RED),
        (5, on(9, 25), "周四", 2, Light.GREEN),
        (5, on(9, 26), "周五", 1, Light.YELLOW),
        (5, on(9, 28), "周日", 0, Light.ORANGE),
        (1, on(9, 22), "周一", 1, Light.YELLOW),
        (0, on(9, 22), "周一", 0, Light.ORANGE),
        (0, on(9, 23), "周二", -1, Light.RED),
    ],
)
def test_the_light_of_each_day(limit: int, today: date, weekday: str, left: int, light: Light) -> None:  # K15
    assert weekday_name(today) == weekday
    found = judge(today, limit=limit)
    assert (found.left, found.light) == (left, light)


def test_before_acceptance_nothing_runs() -> None:
    found = judge(on(9, 19), limit=1)
    assert (found.used, found.left, found.state, found.light) == (0, 1, ClockState.NOT_STARTED, Light.GREEN)


def test_a_decided_case_is_grey_and_its_days_stand() -> None:
    found = judge(on(12, 1), decided_on=on(9, 29))
    assert (found.used, found.left, found.state, found.light) == (6, 4, ClockState.CLOSED, Light.GREY)
    assert not found.late
    assert judge(on(12, 1), decided_on=on(10, 13)).late


def test_the_yellow_date_is_the_first_day_the_light_is_yellow() -> None:
    found = judge(on(9, 22))
    assert found.yellow_on == on(10, 9)
    assert judge(found.yellow_on).light is Light.YELLOW
    assert judge(found.yellow_on - timedelta(days=1)).light is Light.GREEN


@pytest.mark.parametrize(("limit", "left"), [(1, 1), (5, 1), (6, 2), (10, 2), (20, 4), (45, 9), (60, 12)])
def test_the_light_turns_yellow_at_a_fifth_of_the_limit_rounded_up(limit: int, left: int) -> None:
    assert rules.yellow_threshold(limit) == left


def test_negative_days_are_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        judge(on(9, 22), limit=-1)


# A slow count, written apart from the rule


def slow(
    accepted: date, limit: int, unit: DayUnit, stops: list[Stop], today: date, calendar: Calendar
) -> tuple[date, int]:
    """(due, used) by walking day after day."""

    def counts(day: date, end_of_open: date) -> bool:
        for s in stops:
            end = s.to_on or end_of_open
            if s.told_on is not None and max(s.from_on, s.told_on) <= day < end:
                return False
        return unit is DAYS or calendar.is_workday(day)

    due, need = accepted, limit
    while need:
        due += timedelta(days=1)
        need -= counts(due, today)
    used, day = 0, accepted
    while day < today:
        day += timedelta(days=1)
        used += counts(day, date.max)
    return due, used


def stop_at(start: int, length: int | None, notice: int | None) -> Stop:
    from_on = date(2025, 9, 1) + timedelta(days=start)
    return Stop(
        from_on,
        None if length is None else from_on + timedelta(days=length),
        None if notice is None else from_on + timedelta(days=notice),
    )


STOPS = st.builds(
    stop_at, st.integers(-5, 70), st.none() | st.integers(1, 25), st.none() | st.integers(-3, 6)
)
CLOSED = st.builds(stop_at, st.integers(-5, 70), st.integers(1, 25), st.just(0))
ACCEPTANCES = st.dates(date(2025, 9, 1), date(2025, 10, 31))
TODAYS = st.dates(date(2025, 9, 1), date(2026, 3, 31))
UNITS = st.sampled_from(DayUnit)


@settings(max_examples=400)
@given(ACCEPTANCES, st.integers(0, 45), UNITS, st.lists(STOPS, max_size=4), TODAYS, st.integers(0, 15))
def test_the_clock_agrees_with_a_slow_day_by_day_count(
    accepted: date, limit: int, unit: DayUnit, stops: list[Stop], today: date, extension: int
) -> None:
    found = clock(accepted, limit, unit, stops, extension, today=today, calendar=CALENDAR)
    due, used = slow(accepted, limit + extension, unit, stops, today, CALENDAR)
    assert (found.due_on, found.used, found.left) == (due, used, limit + extension - used)
    assert found.late == (today > due)
    if found.light is Light.YELLOW:
        assert found.left <= max(1, ceil((limit + extension) / 5))


@given(ACCEPTANCES, st.integers(0, 45), UNITS, st.lists(STOPS, max_size=3), STOPS, TODAYS)
def test_adding_a_stop_never_brings_the_due_date_nearer(
    accepted: date, limit: int, unit: DayUnit, stops: list[Stop], another: Stop, today: date
) -> None:
    before = clock(accepted, limit, unit, stops, today=today, calendar=CALENDAR)
    after = clock(accepted, limit, unit, [*stops, another], today=today, calendar=CALENDAR)
    assert after.due_on >= before.due_on
    assert after.left >= before.left


@given(ACCEPTANCES, st.integers(0, 45), UNITS, CLOSED, st.integers(1, 24), TODAYS)
def test_splitting_a_stop_changes_nothing(
    accepted: date, limit: int, unit: DayUnit, whole: Stop, at: int, today: date
) -> None:
    assert whole.to_on is not None
    middle = min(whole.from_on + timedelta(days=at), whole.to_on - timedelta(days=1))
    if middle <= whole.from_on:
        return
    halves = [told(whole.from_on, middle), told(middle, whole.to_on)]
    one = clock(accepted, limit, unit, [whole], today=today, calendar=CALENDAR)
    two = clock(accepted, limit, unit, halves, today=today, calendar=CALENDAR)
    assert one == two


@given(st.dates(date(2025, 9, 1), date(2025, 9, 30)), st.integers(1, 45), TODAYS)
def test_a_stop_over_a_holiday_changes_no_working_day_clock(accepted: date, limit: int, today: date) -> None:
    holiday = told(on(10, 1), on(10, 9))  # 周三 to 周四: the National Day week
    bare = clock(accepted, limit, today=today, calendar=CALENDAR)
    held = clock(accepted, limit, WD, [holiday], today=today, calendar=CALENDAR)
    assert (bare.due_on, bare.used, bare.left) == (held.due_on, held.used, held.left)


@given(ACCEPTANCES, st.integers(1, 45), st.lists(CLOSED, max_size=3), TODAYS)
def test_overlapping_stops_count_once(accepted: date, limit: int, stops: list[Stop], today: date) -> None:
    once = clock(accepted, limit, WD, stops, today=today, calendar=CALENDAR)
    twice = clock(accepted, limit, WD, stops + stops, today=today, calendar=CALENDAR)
    assert once == twice


@given(ACCEPTANCES, st.integers(1, 45), UNITS, st.lists(STOPS, max_size=3), TODAYS)
def test_the_days_shown_to_the_reader_add_up_to_the_limit(
    accepted: date, limit: int, unit: DayUnit, stops: list[Stop], today: date
) -> None:
    found = clock(accepted, limit, unit, stops, today=today, calendar=CALENDAR)
    shown = rules.counted_days(accepted, found.due_on, unit, stops, today=today, calendar=CALENDAR)
    assert sum(counted for _day, counted, _stopped in shown) == limit
