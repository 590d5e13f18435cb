"""What deserves a warning. Every row carries its weekday, so that a person can check it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.alerts import rules
from crm.alerts.words import because
from crm.core.i18n import using
from crm.workdays.rules import Calendar, weekday_name
from models.vocabulary import AlertKind, AlertState, DayUnit, Light, Party, Stage

# National Day 2026: 1-7 October off, Saturday 10 October worked.
CALENDAR = Calendar(
    exceptions={date(2026, 10, d): False for d in range(1, 8)} | {date(2026, 10, 10): True},
    confirmed=frozenset({2026}),
)
MONDAY = date(2026, 11, 23)


def _milestone(planned_on: date, **more: object) -> rules.MilestoneFact:
    values: dict[str, object] = {
        "id": 7,
        "project_id": 1,
        "stage": Stage.CONSTRUCTION_PERMIT,
        "name": "施工许可证",
        "planned_on": planned_on,
        "waits_for": Party.DEPARTMENT,
        "department_id": 6,
        "department": "区住房和城乡建设局",
    } | more
    return rules.MilestoneFact(**values)  # type: ignore[arg-type]


# planned, its weekday, today, its weekday, kind, light, working days late
MILESTONES = [
    ("2026-12-01", "周二", "2026-11-23", "周一", None, None, None),
    ("2026-11-30", "周一", "2026-11-23", "周一", AlertKind.MILESTONE_DUE_SOON, Light.YELLOW, None),
    ("2026-11-24", "周二", "2026-11-23", "周一", AlertKind.MILESTONE_DUE_SOON, Light.YELLOW, None),
    ("2026-11-23", "周一", "2026-11-23", "周一", AlertKind.MILESTONE_DUE_TODAY, Light.ORANGE, None),
    ("2026-11-20", "周五", "2026-11-21", "周六", AlertKind.MILESTONE_OVERDUE, Light.RED, 0),
    ("2026-11-20", "周五", "2026-11-23", "周一", AlertKind.MILESTONE_OVERDUE, Light.RED, 1),
    ("2026-11-18", "周三", "2026-11-23", "周一", AlertKind.MILESTONE_OVERDUE, Light.RED, 3),
    # over National Day: 30 September to 12 October has the 8th, 9th, the make-up 10th and the 12th
    ("2026-09-30", "周三", "2026-10-12", "周一", AlertKind.MILESTONE_OVERDUE, Light.RED, 4),
    ("2026-10-14", "周三", "2026-09-30", "周三", None, None, None),
    ("2026-10-13", "周二", "2026-09-30", "周三", AlertKind.MILESTONE_DUE_SOON, Light.YELLOW, None),
]


@pytest.mark.parametrize(("planned", "day1", "today", "day2", "kind", "light", "late"), MILESTONES)
def test_a_milestone_warns_five_working_days_ahead_on_the_day_and_after(
    planned: str,
    day1: str,
    today: str,
    day2: str,
    kind: AlertKind | None,
    light: Light | None,
    late: int | None,
) -> None:
    planned_on, on = date.fromisoformat(planned), date.fromisoformat(today)
    assert (weekday_name(planned_on), weekday_name(on)) == (day1, day2)
    found = rules.milestone(_milestone(planned_on), on, CALENDAR, 5)
    if kind is None:
        assert found is None
    else:
        assert found is not None
        assert (found.kind, found.light, found.late_wd) == (kind, light, late)
        assert found.key == "milestone:7:due"


def test_the_sentence_says_what_was_promised_how_late_it_is_and_who_is_waited_for() -> None:
    found = rules.milestone(_milestone(date(2026, 11, 18)), MONDAY, CALENDAR, 5)
    assert found is not None
    told = found.because_facts | {"year_now": 2026}
    assert (
        because(found.because_code, told)
        == "施工许可证节点原定11月18日完成，已逾期3个工作日，等区住房和城乡建设局。"
    )


def test_a_date_of_another_year_is_told_with_its_year() -> None:
    found = rules.milestone(_milestone(date(2025, 12, 31)), MONDAY, CALENDAR, 5)
    assert found is not None
    assert "原定2025年12月31日完成" in because(found.because_code, found.because_facts | {"year_now": 2026})


@given(
    planned=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    today=st.dates(date(2026, 1, 1), date(2026, 11, 30)),
    soon=st.integers(1, 60),
)
def test_a_missed_night_never_loses_a_milestone(planned: date, today: date, soon: int) -> None:
    """Once it warns it goes on warning, each day at least as loud as the day before."""
    first = rules.milestone(_milestone(planned), today, CALENDAR, soon)
    later = rules.milestone(_milestone(planned), today + timedelta(days=1), CALENDAR, soon)
    if first is not None:
        assert later is not None
        assert rules.LOUDNESS[later.light] >= rules.LOUDNESS[first.light]


# --- clock --------------------------------------------------------------------------------------


def _clock(light: Light, **more: object) -> rules.ClockFact:
    values: dict[str, object] = {
        "case_id": 3,
        "case_no": "PJ20261101",
        "item": "排水许可",
        "light": light,
        "due_on": date(2026, 11, 24),
        "left": 1,
        "unit": DayUnit.WORKING,
        "late_wd": 0,
        "department": "区农业农村和水利局",
    } | more
    return rules.ClockFact(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("light", [Light.GREEN, Light.BLUE, Light.GREY])
def test_a_green_stopped_or_closed_clock_is_silent(light: Light) -> None:
    assert rules.clock(_clock(light)) is None


@pytest.mark.parametrize(
    ("fact", "kind", "says"),
    [
        (_clock(Light.YELLOW), AlertKind.CLOCK_YELLOW, "应于11月24日办结，还剩1个工作日"),
        (_clock(Light.YELLOW, unit=DayUnit.CALENDAR, left=2), AlertKind.CLOCK_YELLOW, "还剩2日"),
        (_clock(Light.ORANGE, left=0), AlertKind.CLOCK_YELLOW, "今天（11月24日）应办结"),
        (_clock(Light.RED, left=-2, late_wd=2), AlertKind.CLOCK_RED, "承诺11月24日办结，已逾期2个工作日"),
        (_clock(Light.RED, late_wd=6, past_legal=True), AlertKind.CLOCK_RED, "法定时限11月24日已过"),
    ],
)
def test_a_clock_warns_yellow_and_red(fact: rules.ClockFact, kind: AlertKind, says: str) -> None:
    found = rules.clock(fact)
    assert found is not None
    assert found.kind is kind
    assert found.key == "case:3:clock"
    assert says in because(found.because_code, found.because_facts | {"year_now": 2026})


# --- silence ------------------------------------------------------------------------------------

# days since the last visit, threshold, warns, light
SILENCE = [
    (13, 14, None),
    (14, 14, None),
    (15, 14, Light.YELLOW),
    (28, 14, Light.YELLOW),
    (29, 14, Light.RED),
    (5, 5, None),
    (6, 5, Light.YELLOW),
    (10, 5, Light.YELLOW),
    (11, 5, Light.RED),
    (1000, 0, None),  # 0 = never
]


@pytest.mark.parametrize(("days", "limit", "light"), SILENCE)
def test_silence_warns_beyond_the_stages_threshold(days: int, limit: int, light: Light | None) -> None:
    fact = rules.ContactFact(1, Stage.CONSTRUCTION, date(2020, 1, 1), MONDAY - timedelta(days=days))
    found = rules.no_contact(fact, MONDAY, limit)
    assert (found.light if found else None) == light


@pytest.mark.parametrize(("age", "light"), [(30, None), (31, Light.RED)])
def test_never_contacted_counts_from_the_projects_creation(age: int, light: Light | None) -> None:
    fact = rules.ContactFact(1, Stage.SIGNED, MONDAY - timedelta(days=age), None)
    found = rules.no_contact(fact, MONDAY, 30)
    assert (found.light if found else None) == light
    if found:
        assert because(found.because_code, found.because_facts) == (
            "建档31天以来从未走访或联系企业（本阶段不超过30天）。"
        )


# --- monthly progress ---------------------------------------------------------------------------

# today, weekday, the month overdue, the day it was due
MONTHS = [
    ("2026-11-06", "周五", (2026, 9), "2026-10-13"),  # October is due on the 5th working day, 6 November
    ("2026-11-07", "周六", (2026, 10), "2026-11-06"),
    ("2026-10-13", "周二", (2026, 8), "2026-09-07"),  # after National Day the 5th working day is the 13th
    ("2026-10-14", "周三", (2026, 9), "2026-10-13"),
    ("2027-01-05", "周二", (2026, 11), "2026-12-07"),
]


@pytest.mark.parametrize(("today", "day", "month", "due"), MONTHS)
def test_a_month_is_due_on_the_fifth_working_day_of_the_next(
    today: str, day: str, month: tuple[int, int], due: str
) -> None:
    on = date.fromisoformat(today)
    assert weekday_name(on) == day
    assert rules.month_due(on, CALENDAR, 5) == (month, date.fromisoformat(due))


OLD = date(2025, 6, 1)


@pytest.mark.parametrize(
    ("last", "created", "light", "says"),
    [
        ((2026, 10), OLD, None, ""),
        ((2026, 11), OLD, None, ""),
        ((2026, 9), OLD, Light.YELLOW, "2026年10月进度未报，应于11月6日前报送。"),
        ((2026, 8), OLD, Light.RED, "2026年9月至10月进度连续2个月未报"),
        (None, OLD, Light.RED, "2026年1月至10月进度连续10个月未报"),
        (None, date(2026, 10, 20), Light.YELLOW, "2026年10月进度未报"),
        (None, date(2026, 11, 2), None, ""),  # registered after the month ended
    ],
)
def test_unreported_months_are_named_and_two_are_red(
    last: tuple[int, int] | None, created: date, light: Light | None, says: str
) -> None:
    found = rules.progress_missing(rules.ReportFact(1, created, last), MONDAY, CALENDAR, 5)
    assert (found.light if found else None) == light
    if found:
        assert says in because(found.because_code, found.because_facts | {"year_now": 2026})


# done of 12,000 at the end of October (序时进度 83.33 %)
BEHIND = [
    ("10000", None),  # level
    ("8800.0001", None),  # 9.9999... points
    ("8800", Light.YELLOW),  # exactly 10
    ("6400", Light.YELLOW),  # exactly 30
    ("6399.9999", Light.RED),
]


@pytest.mark.parametrize(("done", "light"), BEHIND)
def test_ten_points_behind_is_yellow_and_more_than_thirty_red(done: str, light: Light | None) -> None:
    fact = rules.ProgressFact(1, Stage.CONSTRUCTION, (2026, 10), Decimal(12000), Decimal(done))
    found = rules.progress_behind(fact, 10, 30)
    assert (found.light if found else None) == light


def test_a_plan_of_nothing_cannot_be_behind() -> None:
    fact = rules.ProgressFact(1, Stage.CONSTRUCTION, (2026, 10), Decimal(0), Decimal(0))
    assert rules.progress_behind(fact, 10, 30) is None


# --- what becomes of an alert -------------------------------------------------------------------

OPEN, TAKEN, PUT_OFF, CLOSED = (
    AlertState.OPEN,
    AlertState.ACKNOWLEDGED,
    AlertState.SNOOZED,
    AlertState.CLOSED,
)
LATER, PAST = MONDAY + timedelta(days=3), MONDAY


@pytest.mark.parametrize(
    ("state", "light", "until", "found", "becomes"),
    [
        (OPEN, Light.YELLOW, None, Light.RED, OPEN),
        (OPEN, Light.YELLOW, None, None, CLOSED),
        (TAKEN, Light.YELLOW, None, Light.YELLOW, TAKEN),
        (TAKEN, Light.YELLOW, None, Light.ORANGE, TAKEN),
        (TAKEN, Light.ORANGE, None, Light.RED, OPEN),
        (TAKEN, Light.RED, None, Light.RED, TAKEN),
        (TAKEN, Light.RED, None, None, CLOSED),
        (PUT_OFF, Light.YELLOW, LATER, Light.YELLOW, PUT_OFF),
        (PUT_OFF, Light.YELLOW, PAST, Light.YELLOW, OPEN),
        (PUT_OFF, Light.YELLOW, LATER, Light.RED, OPEN),
        (PUT_OFF, Light.RED, LATER, Light.RED, PUT_OFF),
        (PUT_OFF, Light.RED, LATER, None, CLOSED),
        (CLOSED, Light.RED, None, Light.YELLOW, OPEN),
    ],
)
def test_what_becomes_of_an_alert(
    state: AlertState, light: Light, until: date | None, found: Light | None, becomes: AlertState
) -> None:
    assert rules.next_state(state, light, until, found, MONDAY) is becomes


def test_a_stage_without_its_own_number_takes_the_general_one() -> None:
    limits = rules.Thresholds({("no_contact_days", None): 30, ("no_contact_days", 6): 14})
    assert limits.of("no_contact_days", Stage.CONSTRUCTION) == 14
    assert limits.of("no_contact_days", Stage.SIGNED) == 30
    assert limits.of("milestone_soon_wd") == 5  # nothing stored: the default


def test_an_english_reader_gets_english_dates() -> None:
    with using("en"):
        found = rules.milestone(_milestone(date(2026, 11, 18)), MONDAY, CALENDAR, 5)
        assert found is not None
        assert "18 Nov" in because(found.because_code, found.because_facts | {"year_now": 2026})
