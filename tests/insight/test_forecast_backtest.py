"""The back-test: only what was known then, judged once its day has come, counted with its interval."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm.insight.forecast.backtest_rules import (
    MOST,
    Tried,
    What,
    bounds,
    calibration,
    evenly,
    month_firsts,
    try_one,
)
from crm.insight.forecast.facts import CaseFact, MilestoneFact, ProjectFacts
from crm.insight.forecast.history_rules import History
from crm.workdays.rules import Calendar
from models.vocabulary import Party, ProjectStatus, Stage

TODAY = date(2026, 11, 23)
CALENDAR = Calendar({}, frozenset({2025, 2026, 2027}))


def milestone(number: int, code: str, wd: int, done: date | None, **more: object) -> MilestoneFact:
    values = {
        "stage": Stage.CONSTRUCTION_PERMIT,
        "item_id": None,
        "kind": "",
        "party": Party.DEPARTMENT,
        "planned_on": None,
        "inactive": False,
    } | more
    return MilestoneFact(number, code, f"节点{code}", duration_wd=wd, done_on=done, **values)  # type: ignore[arg-type]


def project(**more: object) -> ProjectFacts:
    values = {
        "id": 1,
        "name": "恒岳",
        "status": ProjectStatus.ACTIVE,
        "production_on": None,
        "milestones": (
            milestone(1, "P22", 10, date(2026, 6, 1)),
            milestone(2, "P34", 3, date(2026, 8, 3)),
            milestone(3, "P69", 1, None, stage=Stage.PRODUCTION),
        ),
        "before": {2: (1,), 3: (2,)},
        "cases": {2: (CaseFact(date(2026, 7, 20), date(2026, 8, 3)),)},
        "stage": Stage.CONSTRUCTION,
    } | more
    return ProjectFacts(**values)  # type: ignore[arg-type]


def test_a_past_day_knows_nothing_of_what_came_after() -> None:
    steps = {a.step.code: a for a in project().ahead(CALENDAR, date(2026, 7, 27))}
    assert steps["P22"].step.done_on == date(2026, 6, 1)
    assert steps["P34"].step.done_on is None
    # 1 June (Monday) to 27 July (Monday): eight weeks
    assert (steps["P34"].begun, steps["P34"].used_wd) == (True, 40)
    assert steps["P34"].case_wd == 5  # its case was accepted on Monday 20 July and still ran
    earlier = {a.step.code: a for a in project().ahead(CALENDAR, date(2026, 5, 1))}
    assert earlier["P22"].step.done_on is None
    assert (earlier["P34"].begun, earlier["P34"].case_wd) == (False, None)


def test_a_step_begins_when_its_stage_is_entered_if_that_came_later() -> None:
    facts = project(entered={Stage.CONSTRUCTION_PERMIT: date(2026, 7, 6)})
    steps = {a.step.code: a for a in facts.ahead(CALENDAR, date(2026, 7, 27))}
    assert steps["P34"].used_wd == 15
    before = {a.step.code: a for a in facts.ahead(CALENDAR, date(2026, 7, 3))}
    assert (before["P34"].begun, before["P34"].used_wd) == (False, 0)


def test_a_step_not_needed_passes_its_own_prerequisites_on() -> None:
    facts = project(
        milestones=(
            milestone(1, "P22", 10, date(2026, 6, 1)),
            milestone(2, "P32", 9, None, inactive=True),
            milestone(3, "P34", 3, None),
        ),
        before={2: (1,), 3: (2,)},
        cases={},
    )
    assert {a.step.code: a.used_wd for a in facts.ahead(CALENDAR, date(2026, 6, 8))}["P34"] == 5


def test_a_forecast_of_the_past_says_what_became_of_it() -> None:
    facts = project()
    as_of = date(2026, 6, 1)
    really = {m.code: m.done_on for m in facts.milestones if m.done_on}
    tried = try_one(1, facts.ahead(CALENDAR, as_of), really, History([]), CALENDAR, as_of)
    found = {(t.what, t.done_on): t.by[0] for t in tried}
    # P34 takes its planned three days from Monday 1 June: Thursday the 4th
    assert found[What.LICENCE, date(2026, 8, 3)] == date(2026, 6, 4)
    assert found[What.STEP, date(2026, 8, 3)] == date(2026, 6, 4)
    assert found[What.PRODUCTION, None] == date(2026, 6, 5)


def test_a_project_not_begun_by_then_is_not_tried() -> None:
    facts, as_of = project(), date(2026, 5, 1)
    assert try_one(1, facts.ahead(CALENDAR, as_of), {}, History([]), CALENDAR, as_of) == []


def tried(by: date, done_on: date | None, project_id: int = 1) -> Tried:
    return Tried(What.LICENCE, project_id, date(2026, 1, 1), (by, by, by), done_on)


def test_a_forecast_counts_once_its_day_has_come() -> None:
    rows = [
        tried(date(2026, 11, 20), date(2026, 11, 19)),  # kept
        tried(date(2026, 11, 20), date(2026, 11, 20)),  # kept on the day
        tried(date(2026, 11, 20), date(2026, 11, 23), 2),  # late
        tried(date(2026, 11, 20), None, 3),  # not done at all: a miss, not left out
        tried(TODAY, None, 4),  # its day is today
        tried(TODAY + timedelta(days=1), None, 5),  # still open either way
        tried(TODAY + timedelta(days=1), date(2026, 11, 2), 6),  # kept already, but chosen by its outcome
    ]
    share = next(s for s in calibration(rows, TODAY) if s.what is What.LICENCE and s.level == 80)
    assert (share.n, share.hits, share.projects) == (5, 2, 4)
    assert share.thin


def test_without_history_there_is_nothing_to_count() -> None:
    assert {(s.n, s.low, s.high) for s in calibration([], TODAY)} == {(0, None, None)}


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1.0), (81, 263, 0.255, 0.366)],
)
def test_wilsons_interval(hits: int, n: int, low: float, high: float) -> None:
    # The last row is Newcombe's own example (Statistics in Medicine 1998, 17: 857-872).
    found = bounds(hits, n)
    assert found == (pytest.approx(low, abs=0.001), pytest.approx(high, abs=0.001))


def test_the_last_twelve_months_each_on_their_first() -> None:
    firsts = month_firsts(TODAY)
    assert (firsts[0], firsts[-1], len(firsts)) == (date(2025, 11, 1), date(2026, 10, 1), 12)
    assert month_firsts(date(2026, 1, 31))[-1] == date(2025, 12, 1)


def test_of_too_many_some_are_taken_from_beginning_to_end() -> None:
    pairs = [(TODAY, n) for n in range(5 * MOST)]
    some = evenly(pairs)
    assert len(some) == MOST
    assert some[0] == pairs[0]
    assert some[-1][1] >= 5 * MOST - 5
    assert evenly(pairs[:7]) == pairs[:7]
