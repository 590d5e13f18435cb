"""A change of rule on paper: counts by hand, the graph in parallel, what the URL keeps."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.insight.forecast.history_rules import Ahead, History, seen
from crm.insight.forecast.rules import Target, forecast
from crm.insight.whatif.rules import (
    Limit,
    Ran,
    Scenario,
    changed_plan,
    codes_of,
    corrections,
    cut,
    judge,
    plan_steps,
    read,
)
from crm.projects.plan_rules import Step, lay_out
from crm.workdays.rules import Calendar
from models.vocabulary import Party, ProjectStatus, Stage

TODAY = date(2026, 11, 23)
CALENDAR = Calendar({}, frozenset({2026, 2027}))
ITEM = 35


def step(
    code: str,
    wd: int,
    *before: str,
    party: Party = Party.DEPARTMENT,
    item: int | None = None,
    done: date | None = None,
    stage: Stage = Stage.CONSTRUCTION_PERMIT,
) -> Ahead:
    return Ahead(Step(code, f"节点{code}", wd, before, done_on=done), stage, party, item_id=item)


def plan(own: int = 10) -> list[Ahead]:
    """规划许可 -> 施工图（企业） -> 排水许可 -> 投产，and 施工许可 beside it."""
    return [
        step("P22", 10),
        step("P31", 8, "P22", party=Party.ENTERPRISE),
        step("P35", own, "P31", item=ITEM),
        step("P34", 3, "P31"),
        step("P69", 1, "P34", "P35", stage=Stage.PRODUCTION, party=Party.ENTERPRISE),
    ]


def ten_to_five(**more: object) -> Scenario:
    return Scenario(ITEM, was=10, limit=5, **more)  # type: ignore[arg-type]


# ── The cases as they ran ───────────────────────────────────────────────────────────


def test_the_cases_are_counted_as_they_ran() -> None:
    rows = [Ran(1, 4, 6), Ran(1, 8, 3), Ran(2, 5, 2), Ran(2, 12, 1), Ran(None, 7, 1)]
    whole, each = judge(rows, 10, 5)
    assert (whole.n, whole.median, whole.p90) == (13, 5, 8)
    # over ten: the one of 12; over five: 3 of 8, 1 of 12, 1 of 7
    assert (whole.late_before, whole.late_after) == (1, 5)
    # 3 x 3 + 1 x 7 + 1 x 2
    assert whole.saved == 18
    assert [(v.department_id, v.n, v.late_after, v.saved) for v in each] == [
        (1, 9, 3, 9),
        (2, 3, 1, 7),
        (None, 1, 1, 2),
    ]


def test_a_case_on_the_limit_is_in_time() -> None:
    whole, _each = judge([Ran(1, 5, 4)], 5, 5)
    assert (whole.late_before, whole.late_after, whole.saved) == (0, 0, 0)


counted = st.lists(
    st.builds(Ran, st.sampled_from([1, 2, None]), st.integers(0, 90), st.integers(1, 50)), min_size=1
)


@given(counted, st.integers(0, 60), st.integers(0, 60))
def test_the_parts_add_up_to_the_whole(rows: list[Ran], was: int, limit: int) -> None:
    whole, each = judge(rows, was, limit)
    for name in ("n", "late_before", "late_after", "saved"):
        assert getattr(whole, name) == sum(getattr(v, name) for v in each)
    assert whole.late_after <= whole.n
    assert (whole.saved == 0) == (whole.late_after == 0)


@given(counted, st.integers(1, 60))
def test_a_stricter_limit_is_never_met_by_more_cases(rows: list[Ran], limit: int) -> None:
    strict, mild = judge(rows, None, limit - 1)[0], judge(rows, None, limit)[0]
    assert strict.late_after >= mild.late_after
    assert strict.saved >= mild.saved


def test_corrections_say_what_fewer_papers_could_save_at_most() -> None:
    found = corrections(100, {3: 5, 10: 2})
    assert (found.all_cases, found.n, found.median_wd, found.total_wd) == (100, 7, 3, 35)
    assert corrections(100, {}).total_wd == 0


# ── The plan ────────────────────────────────────────────────────────────────────────


def days(steps: list[Ahead]) -> dict[str, int]:
    return {a.step.code: a.step.duration_wd for a in steps}


@pytest.mark.parametrize(
    ("planned", "was", "limit", "expected"),
    [
        (10, 10, 5, 5),
        (14, 10, 5, 9),  # four days to prepare stay
        (5, 10, 5, 5),  # the plan keeps the new limit already
        (7, 10, 5, 5),
        (10, 10, 15, 15),
        (6, 10, 15, 6),  # planned quicker than the old limit: a longer one makes nobody slower
    ],
)
def test_the_plan_moves_by_the_difference(planned: int, was: int, limit: int, expected: int) -> None:
    scenario = Scenario(ITEM, was=was, limit=limit)
    assert days(changed_plan(plan(planned), scenario, planned_by_promise=True))["P35"] == expected


def test_only_the_items_open_steps_change() -> None:
    changed = changed_plan(plan(), ten_to_five(), planned_by_promise=True)
    assert days(changed) == days(plan()) | {"P35": 5}
    finished = [step("P35", 10, item=ITEM, done=TODAY), step("P69", 1, "P35", stage=Stage.PRODUCTION)]
    assert changed_plan(finished, ten_to_five(), planned_by_promise=True) == finished


def test_the_legal_limit_does_not_move_a_plan_made_by_the_promise() -> None:
    legal = Scenario(ITEM, which=Limit.LEGAL, was=15, limit=7)
    assert days(changed_plan(plan(15), legal, planned_by_promise=True))["P35"] == 15
    assert days(changed_plan(plan(15), legal, planned_by_promise=False))["P35"] == 7


def before(steps: list[Ahead], code: str) -> set[str]:
    return next(set(a.step.prerequisites) for a in steps if a.step.code == code)


def test_in_parallel_a_prerequisite_holds_up_only_what_follows() -> None:
    changed = changed_plan(plan(), Scenario(ITEM, parallel=("P31",)), planned_by_promise=True)
    assert before(changed, "P35") == {"P22"}
    assert before(changed, "P69") == {"P34", "P35", "P31"}
    assert before(changed, "P34") == {"P31"}
    now, then = (lay_out(plan_steps(s), CALENDAR, TODAY).length_wd for s in (plan(), changed))
    # 10 + 8 + 10 + 1 before; then the longest is 10 + 8 + 3 + 1
    assert (now, then) == (29, 22)


def test_under_a_promise_what_waits_for_the_enterprise_runs_beside() -> None:
    changed = changed_plan(plan(), Scenario(ITEM, promise=True), planned_by_promise=True)
    assert before(changed, "P35") == {"P22"}
    other = [
        step("P22", 10),
        step("P35", 10, "P22", item=ITEM),
        step("P69", 1, "P35", stage=Stage.PRODUCTION),
    ]
    assert changed_plan(other, Scenario(ITEM, promise=True), planned_by_promise=True) == other


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.booleans())
def test_no_reform_makes_a_plan_longer_but_a_longer_limit(
    own: int, was: int, limit: int, promise: bool
) -> None:
    scenario = Scenario(ITEM, was=was, limit=limit, promise=promise)
    now = lay_out(plan_steps(plan(own)), CALENDAR, TODAY).length_wd
    changed = changed_plan(plan(own), scenario, planned_by_promise=True)
    then = lay_out(plan_steps(changed), CALENDAR, TODAY).length_wd
    assert then <= now or limit > was


# ── The forecast ────────────────────────────────────────────────────────────────────


def test_meeting_the_limit_takes_off_what_cases_of_that_rank_took_beyond_it() -> None:
    change = cut(ten_to_five(), ["P35"], seen({3: 1, 12: 1}), None)
    ranks, took = np.array([0.25, 0.75]), np.array([6, 20])
    assert change("P35", ranks, took).tolist() == [6, 13]  # the slow half took 7 days beyond five
    assert change("P34", ranks, took).tolist() == [6, 20]


def test_without_any_case_the_limits_difference_is_taken_off_and_a_day_is_left() -> None:
    change = cut(ten_to_five(), ["P35"], None, None)
    assert change("P35", np.array([0.5, 0.5]), np.array([3, 9])).tolist() == [1, 4]


def test_a_longer_limit_slows_nobody_down() -> None:
    change = cut(Scenario(ITEM, was=5, limit=10), ["P35"], None, None)
    assert change("P35", np.array([0.5]), np.array([7])).tolist() == [7]


def test_fewer_papers_take_off_the_enterprises_own_time_at_most() -> None:
    scenario = Scenario(ITEM, papers_was=8, papers=5)
    change = cut(scenario, ["P35"], None, seen({0: 9, 6: 1}))
    assert change("P35", np.array([0.5, 0.95]), np.array([9, 9])).tolist() == [9, 3]


def test_the_forecast_never_moves_later_by_meeting_a_limit() -> None:
    steps = plan()
    now = forecast(1, ProjectStatus.ACTIVE, steps, History([]), CALENDAR, TODAY)
    then = forecast(
        1,
        ProjectStatus.ACTIVE,
        steps,
        History([]),
        CALENDAR,
        TODAY,
        adjust=cut(ten_to_five(), codes_of(steps, ITEM), None, None),
    )
    a, b = now.of(Target.PRODUCTION), then.of(Target.PRODUCTION)
    assert a is not None
    assert b is not None
    assert [x - y for x, y in zip(a.days_wd, b.days_wd, strict=True)] == [5, 5, 5]


# ── The URL ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "scenario",
    [
        ten_to_five(),
        ten_to_five(papers_was=8, papers=5, promise=True, parallel=("P31", "C03")),
        Scenario(7, which=Limit.LEGAL, was=15, limit=0),
        Scenario(7),
    ],
)
def test_the_url_says_the_whole_scenario(scenario: Scenario) -> None:
    assert read(scenario.query()) == scenario


def test_nonsense_in_the_url_asks_nothing() -> None:
    assert read({}) is None
    assert read({"item": "abc"}) is None
    odd = read(
        {"item": "7", "limit": "-3", "was": "99999999999", "papers": "１", "which": "x", "promise": "yes"}
    )
    assert odd == Scenario(7)
    assert not odd.changes
    assert not Scenario(7, was=5, limit=5).changes
    assert Scenario(7, papers_was=5, papers=8).fewer_papers == 0
