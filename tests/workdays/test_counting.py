"""Counting days: by the State Council's notices, in calendar days, around pauses and missing years."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.workdays import rules
from crm.workdays.rules import EVERY_DAY, Calendar, Pause
from crm.workdays.shipped import movable_days
from crm.workdays.shipped import rows as shipped_rows
from models.vocabulary import DayUnit

FIRST, LAST = date(2019, 1, 1), date(2026, 12, 31)


def shipped() -> Calendar:
    """The calendar as the data files have it."""
    days = {date.fromisoformat(r["day"]): r["kind"] == "makeup" for r in shipped_rows("days.csv")}
    return Calendar(exceptions=days, confirmed=frozenset(range(2019, 2027)), movable=movable_days())


CALENDAR = shipped()


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def test_every_day_2019_to_2026_agrees_with_chinesecalendar() -> None:
    differing = [
        d for d in every_day(FIRST, LAST) if CALENDAR.is_workday(d) != chinese_calendar.is_workday(d)
    ]
    assert differing == []


def test_every_day_2019_to_2026_agrees_with_holidays() -> None:
    second = holidays.country_holidays("CN")
    differing = [d for d in every_day(FIRST, LAST) if CALENDAR.is_workday(d) != second.is_working_day(d)]
    assert differing == []


def test_the_movable_statutory_days_to_2040_agree_with_holidays() -> None:
    second = holidays.country_holidays("CN", language="zh_CN", years=range(2027, 2041))
    theirs = {
        day
        for day, name in second.items()
        if not any(word in name for word in ("观察", "休息", "补假"))
        and any(n in name for n in ("除夕", "春节", "清明", "端午", "中秋"))
    }
    assert movable_days() == theirs


@pytest.mark.parametrize(
    ("year", "by_month"),
    [(2026, [21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23])],
)
def test_working_days_of_each_month(year: int, by_month: list[int]) -> None:
    ends = [date(year + (m == 12), m % 12 + 1, 1) - timedelta(days=1) for m in range(1, 13)]
    starts = [date(year, m, 1) - timedelta(days=1) for m in range(1, 13)]
    assert [CALENDAR.count_workdays(a, b) for a, b in zip(starts, ends, strict=True)] == by_month


@pytest.mark.parametrize(
    ("accepted", "weekday", "n", "due", "due_weekday"),
    [
        (date(2025, 9, 22), "周一", 10, date(2025, 10, 11), "周六"),
        (date(2025, 9, 22), "周一", 20, date(2025, 10, 24), "周五"),
        (date(2026, 2, 9), "周一", 5, date(2026, 2, 14), "周六"),
        (date(2026, 2, 9), "周一", 10, date(2026, 2, 28), "周六"),
        (date(2026, 2, 11), "周三", 5, date(2026, 2, 25), "周三"),
        (date(2026, 2, 11), "周三", 20, date(2026, 3, 17), "周二"),
        (date(2026, 2, 13), "周五", 1, date(2026, 2, 14), "周六"),
        (date(2026, 9, 30), "周三", 5, date(2026, 10, 13), "周二"),
        (date(2024, 2, 8), "周四", 5, date(2024, 2, 21), "周三"),
        (date(2026, 11, 23), "周一", 20, date(2026, 12, 21), "周一"),
    ],
)
def test_working_days_are_counted_over_holidays_and_make_up_days(
    accepted: date, weekday: str, n: int, due: date, due_weekday: str
) -> None:  # W1, W5, W6 and the field's own vectors
    assert (rules.weekday_name(accepted), rules.weekday_name(due)) == (weekday, due_weekday)
    assert CALENDAR.add_workdays(accepted, n) == due
    assert CALENDAR.count_workdays(accepted, due) == n
    assert CALENDAR.add_workdays(due + timedelta(days=1), -n) >= accepted


DAYS = st.dates(FIRST, date(2028, 12, 31))


@given(DAYS, st.integers(1, 300))
def test_adding_and_counting_are_each_others_inverse(day: date, n: int) -> None:
    due = CALENDAR.add_workdays(day, n)
    assert CALENDAR.is_workday(due)
    assert CALENDAR.count_workdays(day, due) == n
    back = CALENDAR.add_workdays(due, -n)
    assert CALENDAR.is_workday(back)
    assert CALENDAR.count_workdays(back, due) == n


@given(DAYS, DAYS)
def test_counting_agrees_with_a_day_by_day_walk(a: date, b: date) -> None:
    low, high = min(a, b), max(a, b)
    slow = sum(CALENDAR.is_workday(d) for d in every_day(low, high)[1:])
    assert CALENDAR.count_workdays(low, high) == slow
    assert CALENDAR.count_workdays(high, low) == -slow


# A year without a notice


def test_a_year_without_a_notice_is_provisional() -> None:  # W7
    assert not CALENDAR.is_provisional(date(2026, 12, 4), date(2026, 12, 31))
    assert CALENDAR.is_provisional(date(2026, 12, 4), date(2027, 1, 4))
    assert CALENDAR.is_provisional(date(2018, 12, 31), date(2019, 1, 1))


@pytest.mark.parametrize(
    ("day", "weekday", "works", "why"),
    [
        (date(2027, 1, 1), "周五", False, "元旦"),
        (date(2027, 2, 5), "周五", False, "除夕"),
        (date(2027, 2, 8), "周一", False, "初三"),
        (date(2027, 2, 9), "周二", True, "in lieu of a weekend: not guessed"),
        (date(2027, 4, 5), "周一", False, "清明节"),
        (date(2027, 5, 3), "周一", True, "in lieu of a weekend: not guessed"),
        (date(2027, 6, 9), "周三", False, "端午节"),
        (date(2027, 9, 15), "周三", False, "中秋节"),
        (date(2027, 10, 1), "周五", False, "国庆节"),
        (date(2027, 10, 4), "周一", True, "bridge: not guessed"),
        (date(2027, 10, 9), "周六", False, "no make-up day is guessed"),
    ],
)
def test_without_a_notice_weekends_and_statutory_days_are_off_and_nothing_else(
    day: date, weekday: str, works: bool, why: str
) -> None:
    assert rules.weekday_name(day) == weekday
    assert CALENDAR.is_workday(day) is works, why


def test_before_2025_neither_the_second_of_may_nor_new_years_eve_was_statutory() -> None:
    bare = Calendar(exceptions={}, confirmed=frozenset())
    assert bare.is_workday(date(2024, 5, 2))  # 周四
    assert not bare.is_workday(date(2025, 5, 2))  # 周五


def test_the_calendar_runs_out_at_the_end_of_its_last_confirmed_year() -> None:
    ahead = rules.calendar_runs_out(CALENDAR, date(2026, 11, 23))
    assert (ahead.confirmed_to, ahead.workdays_left) == (date(2026, 12, 31), 28)
    assert rules.calendar_runs_out(CALENDAR, date(2026, 1, 1)).workdays_left == 248
    assert rules.calendar_runs_out(CALENDAR, date(2027, 1, 4)) == rules.RunsOut(None, 0)


# Calendar days, both manners of counting


TEN_DAY_PAUSE = [Pause(date(2024, 9, 5), date(2024, 9, 15))]


def test_calendar_days_between_two_dates() -> None:  # C1, C2
    assert rules.days_between(date(2024, 9, 1), date(2024, 9, 10), inclusive=True) == 10
    assert rules.days_between(date(2024, 9, 1), date(2024, 9, 4)) == 3


def test_calendar_days_forward() -> None:  # C3, C4
    assert rules.end_of_days(date(2024, 9, 1), 30) == date(2024, 10, 1)
    assert rules.end_of_days(date(2024, 9, 1), 30, inclusive=True) == date(2024, 9, 30)


def test_calendar_days_backward() -> None:  # C5
    assert rules.start_of_days(date(2024, 10, 1), 10) == date(2024, 9, 21)
    assert rules.start_of_days(date(2024, 10, 1), 10, inclusive=True) == date(2024, 9, 22)


def test_a_ten_day_pause_moves_the_end_and_the_start_by_ten_days() -> None:  # C7, C8
    assert rules.end_of_days(date(2024, 9, 1), 20, pauses=TEN_DAY_PAUSE) == date(2024, 10, 1)
    assert rules.start_of_days(date(2024, 10, 1), 20, pauses=TEN_DAY_PAUSE) == date(2024, 9, 1)


@pytest.mark.parametrize("resume", [date(2024, 9, 5), date(2024, 9, 4)])
def test_a_pause_that_does_not_resume_after_it_starts_is_refused(resume: date) -> None:  # C9
    with pytest.raises(ValueError, match="resume"):
        Pause(date(2024, 9, 5), resume)


def test_overlapping_and_touching_pauses_are_one() -> None:
    d = date(2024, 9, 1)
    pauses = [
        Pause(d, d + timedelta(3)),
        Pause(d + timedelta(2), d + timedelta(5)),
        Pause(d + timedelta(5), d + timedelta(6)),
    ]
    assert rules.merge(pauses) == (Pause(d, d + timedelta(6)),)


@given(
    st.dates(date(2024, 1, 1), date(2025, 1, 1)),
    st.integers(0, 60),
    st.lists(st.tuples(st.integers(-10, 60), st.integers(1, 20)), max_size=4),
    st.sampled_from(DayUnit),
)
def test_the_nth_day_around_pauses_agrees_with_a_day_by_day_walk(
    start: date, n: int, raw: list[tuple[int, int]], unit: DayUnit
) -> None:
    pauses = [Pause(start + timedelta(a), start + timedelta(a + k)) for a, k in raw]
    day, left = start, n
    while left:
        day += timedelta(days=1)
        works = unit is DayUnit.CALENDAR or CALENDAR.is_workday(day)
        left -= works and not any(p.from_on <= day < p.to_on for p in pauses)
    assert rules.nth_day(CALENDAR, unit, start, n, pauses) == day
    assert rules.count_days(CALENDAR, unit, start, day, pauses) == n


def test_a_limit_beyond_any_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        rules.nth_day(EVERY_DAY, DayUnit.CALENDAR, FIRST, 10**6)


def test_the_rule_never_calls_the_packages_it_is_checked_against() -> None:
    source = Path(rules.__file__).parent
    for path in source.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "import holidays" not in text
        assert "chinese_calendar" not in text
