"""完成率 against 序时进度, checked against figures that city and counties published."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.projects.rules import (
    Pace,
    StatusFacts,
    completion_pct,
    month_ended_or_running,
    pace,
    pace_light,
    pace_word,
    schedule_pct,
    status_refusals,
)
from models.vocabulary import Light, ProjectStatus, Stage, StatusReason
from tests.conftest import MONDAY

D = Decimal
# place and year, month, annual plan and done in 亿元, published rate %, published points or None
PUBLISHED = [
    ("江门 444 项", 10, "647.4", "629.0", "97.2", "13.8"),
    ("江门 2018", 6, "618.0", "349.4", "56.5", None),
    ("恩平 2022", 8, "55.28", "43.77", "79.17", "12.51"),
    ("开平 2023 省重点", 8, "47.7", "38.3", "80.3", "13.6"),
    ("开平 2023", 8, "193.4", "128.5", "66.4", "-0.23"),
    ("开平 2024 二月", 2, "127.1", "20.0", "15.7", "-1.0"),
    ("开平 2024 省重点", 3, "54.1", "14.7", "27.1", "2.1"),
    ("开平 2024 三月", 3, "205.5", "46.6", "22.7", "-2.3"),
    ("开平 2021", 5, "90.5", "38.8", "42.9", None),
    ("开平 2016", 6, "49.4", "25.0", "50.6", "0.6"),
    ("开平 2016 交通", 6, "5.25", "2.4809", "47.26", "-2.74"),
]


@pytest.mark.parametrize(("place", "month", "plan", "done", "rate", "points"), PUBLISHED)
def test_published_rates_and_points_recompute_within_a_tenth(place, month, plan, done, rate, points):
    assert abs(completion_pct(D(done), D(plan)) - D(rate)) <= D("0.1")
    if points is not None:
        assert abs(pace(D(done), D(plan), month) - D(points)) <= D("0.1")


@pytest.mark.parametrize(
    ("points", "word"),
    [
        ("0.05", Pace.FASTER),
        ("0.049", Pace.LEVEL),
        ("0", Pace.LEVEL),
        ("-0.049", Pace.LEVEL),
        ("-0.05", Pace.SLOWER),
        ("13.8", Pace.FASTER),
    ],
)
def test_closer_than_a_twentieth_of_a_point_is_level(points, word):
    assert pace_word(D(points)) is word


@pytest.mark.parametrize(
    ("points", "light"),
    [
        ("2.0", Light.GREEN),
        ("-9.99", Light.GREEN),
        ("-10", Light.YELLOW),
        ("-30", Light.YELLOW),
        ("-30.01", Light.RED),
        (None, Light.GREY),
    ],
)
def test_ten_points_behind_is_yellow_and_more_than_thirty_red(points, light):
    assert pace_light(None if points is None else D(points)) is light


def test_without_a_plan_or_a_figure_there_is_no_rate():
    assert completion_pct(D(5), D(0)) is None
    assert completion_pct(D(5), None) is None
    assert completion_pct(None, D(5)) is None
    assert pace(None, D(5), 3) is None


def test_a_month_is_one_to_twelve():
    assert schedule_pct(12) == 100
    with pytest.raises(ValueError, match="month 13"):
        schedule_pct(13)


@given(
    plan=st.decimals(1, 10**7, places=4),
    short=st.decimals("0.0001", 10**6, places=4),
)
def test_a_rate_below_the_plan_never_becomes_a_hundred(plan, short):
    assert completion_pct(max(D(0), plan - short), plan) < 100


def test_a_report_is_about_this_month_or_earlier():
    assert month_ended_or_running(2026, 11, MONDAY)
    assert month_ended_or_running(2025, 12, MONDAY)
    assert not month_ended_or_running(2026, 12, MONDAY)


S, R = ProjectStatus, StatusReason


@pytest.mark.parametrize(
    ("facts", "fields"),
    [
        (StatusFacts(S.ACTIVE, Stage.LAND, S.SUSPENDED, R.FUNDS, ""), []),
        (StatusFacts(S.ACTIVE, Stage.LAND, S.SUSPENDED, None, ""), ["reason"]),  # G16
        (StatusFacts(S.ACTIVE, Stage.LAND, S.TERMINATED, R.OTHER, "  "), ["text"]),  # G16
        (StatusFacts(S.ACTIVE, Stage.LAND, S.TERMINATED, R.OTHER, "投资方退出"), []),
        (StatusFacts(S.ACTIVE, Stage.LAND, S.COMPLETED, R.FINISHED, ""), ["status"]),  # G19
        (StatusFacts(S.ACTIVE, Stage.PRODUCTION, S.SUSPENDED, R.FUNDS, ""), ["status"]),  # G19
        (StatusFacts(S.ACTIVE, Stage.FULL_CAPACITY, S.COMPLETED, R.FINISHED, ""), []),
        (StatusFacts(S.TERMINATED, Stage.LAND, S.SUSPENDED, R.FUNDS, ""), ["status"]),
        (StatusFacts(S.SUSPENDED, Stage.LAND, S.ACTIVE, R.SOLVED, ""), []),
        (StatusFacts(S.ACTIVE, Stage.LAND, S.ACTIVE, R.SOLVED, ""), ["status"]),
    ],
)
def test_a_status_follows_only_where_the_matrix_lets_it_and_with_a_reason(facts, fields):
    assert [field for field, _ in status_refusals(facts)] == fields
