"""The forecast's arithmetic: order of the dates, delays, what is known, equal draws, and the plan itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.insight.forecast.history_rules import (
    Ahead,
    CaseTimes,
    History,
    Level,
    Past,
    seen,
)
from crm.insight.forecast.rules import (
    NoForecast,
    Target,
    forecast,
    quantiles,
    simulate,
    targets_of,
)
from crm.projects.plan_rules import PlanCycle, Step, lay_out
from crm.workdays.rules import Calendar, weekday_name
from models.vocabulary import Party, ProjectStatus, Stage

TODAY = date(2026, 11, 23)
CALENDAR = Calendar({date(2026, 10, 10): True}, frozenset({2025, 2026}))
ACTIVE = ProjectStatus.ACTIVE


def ahead(
    code: str,
    wd: int,
    *before: str,
    done: date | None = None,
    inactive: bool = False,
    stage: Stage = Stage.CONSTRUCTION_PERMIT,
    party: Party = Party.DEPARTMENT,
    used: int = 0,
    **more: object,
) -> Ahead:
    step = Step(code, f"节点{code}", wd, before, done_on=done, inactive=inactive)
    return Ahead(step, stage, party, used_wd=used, **more)  # type: ignore[arg-type]


def past(code: str, took: int, *, planned: int = 10, project: int = 1, **more: object) -> Past:
    values = {
        "stage": Stage.CONSTRUCTION_PERMIT,
        "kind": "",
        "party": Party.DEPARTMENT,
        "done_on": TODAY,
    } | more
    return Past(project, code, planned_wd=planned, took_wd=took, **values)  # type: ignore[arg-type]


PLAN = (
    ahead("P22", 10),
    ahead("P31", 10, "P22", party=Party.ENTERPRISE),
    ahead("P35", 5, "P22"),
    ahead("P34", 3, "P31"),
    ahead("P41", 5, "P34", "P35", party=Party.ENTERPRISE, stage=Stage.CONSTRUCTION),
    ahead("P69", 1, "P41", party=Party.ENTERPRISE, stage=Stage.PRODUCTION),
)


def slow_or_quick() -> History:
    """Thirty finished steps of each code: from half the plan to twice as long."""
    rows = [
        past(a.step.code, max(1, round(a.step.duration_wd * (0.5 + n / 20))), planned=a.step.duration_wd, project=n,
             party=a.party, stage=a.stage)
        for a in PLAN
        for n in range(30)
    ]  # fmt: skip
    return History(rows)


# ── The graph without history is the plan ───────────────────────────────────────────


def test_constants_give_the_plans_own_dates() -> None:
    made = forecast(1, ACTIVE, PLAN, History([]), CALENDAR, TODAY)
    layout = {p.code: p.finish_on for p in lay_out([a.step for a in PLAN], CALENDAR, TODAY).placed}
    for arrival in made.arrivals:
        assert arrival.p50_on == arrival.p80_on == arrival.p95_on == layout[arrival.code]
    licence = made.of(Target.LICENCE)
    assert licence is not None
    # 10 + 10 + 3 working days after Monday 23 November
    assert (licence.p50_on.isoformat(), weekday_name(licence.p50_on)) == ("2026-12-24", "周四")
    assert not licence.provisional
    production = made.of(Target.PRODUCTION)
    assert production is not None
    assert production.provisional  # January 2027 has no notice


durations = st.integers(min_value=0, max_value=40)


@st.composite
def graphs(draw: st.DrawFn) -> list[Ahead]:
    """Up to nine steps in a random order without circles, some done, some not needed; the last is 投产."""
    n = draw(st.integers(min_value=1, max_value=8))
    codes = [f"S{i}" for i in range(n)] + ["P69"]
    found = []
    for i, code in enumerate(codes):
        before = draw(st.sets(st.sampled_from(codes[:i]), max_size=3)) if i else set()
        state = (
            draw(st.sampled_from(("open", "open", "open", "done", "inactive"))) if code != "P69" else "open"
        )
        found.append(
            ahead(
                code,
                draw(durations),
                *sorted(before),
                done=TODAY if state == "done" else None,
                inactive=state == "inactive",
                party=draw(st.sampled_from((Party.DEPARTMENT, Party.ENTERPRISE))),
                stage=Stage.PRODUCTION if code == "P69" else Stage.CONSTRUCTION,
            )
        )
    return found


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Days taken of up to forty steps, planned ten days each, of a few projects."""
    took = draw(st.lists(st.integers(min_value=0, max_value=60), max_size=40))
    return History(
        [
            past(f"S{i % 3}", days, project=i % 10, stage=Stage.CONSTRUCTION, party=Party(party))
            for i, days in enumerate(took)
            for party in ("department", "enterprise")
        ]
    )


@given(graphs())
def test_any_graph_of_constants_is_the_deterministic_plan(steps: list[Ahead]) -> None:
    made = forecast(7, ACTIVE, steps, History([]), CALENDAR, TODAY, draws=50)
    planned = {p.code: p.finish_on for p in lay_out([a.step for a in steps], CALENDAR, TODAY).placed}
    production = made.of(Target.PRODUCTION)
    assert production is not None
    assert {production.p50_on, production.p80_on, production.p95_on} == {planned["P69"]}


# ── Properties ──────────────────────────────────────────────────────────────────────


@given(graphs(), histories())
@settings(max_examples=60)
def test_the_surer_the_later(steps: list[Ahead], known: History) -> None:
    for arrival in forecast(3, ACTIVE, steps, known, CALENDAR, TODAY, draws=200).arrivals:
        assert TODAY <= arrival.p50_on <= arrival.p80_on <= arrival.p95_on


@given(graphs(), histories(), st.data())
@settings(max_examples=60)
def test_a_delay_never_brings_the_date_nearer(
    steps: list[Ahead], known: History, data: st.DataObject
) -> None:
    late = data.draw(st.sampled_from([a.step.code for a in steps]))
    more = data.draw(st.integers(min_value=1, max_value=30))
    calm = forecast(3, ACTIVE, steps, known, CALENDAR, TODAY, draws=200, movers=False)
    slow = forecast(
        3,
        ACTIVE,
        steps,
        known,
        CALENDAR,
        TODAY,
        draws=200,
        movers=False,
        adjust=lambda code, _ranks, days: days + more if code == late else days,
    )
    for before, after in zip(calm.arrivals, slow.arrivals, strict=True):
        assert all(a <= b for a, b in zip(before.days_wd, after.days_wd, strict=True))


@given(graphs(), histories())
@settings(max_examples=40)
def test_the_same_inputs_give_the_same_dates(steps: list[Ahead], known: History) -> None:
    one, two = (forecast(11, ACTIVE, steps, known, CALENDAR, TODAY, draws=200) for _ in range(2))
    assert one.arrivals == two.arrivals


@given(graphs(), histories())
@settings(max_examples=40)
def test_the_shares_of_the_movers_are_shares(steps: list[Ahead], known: History) -> None:
    for arrival in forecast(5, ACTIVE, steps, known, CALENDAR, TODAY, draws=200).arrivals:
        assert len(arrival.movers) <= 3
        assert [m.share for m in arrival.movers] == sorted((m.share for m in arrival.movers), reverse=True)
        assert all(0 <= m.on_path <= 1 and m.sooner_wd >= 0 for m in arrival.movers)


def test_another_project_has_other_luck_but_nearly_the_same_dates() -> None:
    one = simulate(1, PLAN, slow_or_quick()).finish["P69"]
    two = simulate(2, PLAN, slow_or_quick()).finish["P69"]
    assert (one != two).any()
    assert abs(quantiles(one)[1] - quantiles(two)[1]) <= 3


# ── What is known, and what cannot be said ──────────────────────────────────────────


def test_what_is_done_is_known_and_not_forecast() -> None:
    steps = [ahead("P34", 3, done=date(2026, 11, 2)), PLAN[-2], PLAN[-1]]
    made = forecast(1, ACTIVE, steps, History([]), CALENDAR, TODAY)
    assert made.reached == ((Target.LICENCE, date(2026, 11, 2)),)
    assert [a.target for a in made.arrivals] == [Target.PRODUCTION]


def test_with_everything_done_the_dates_are_those_that_were() -> None:
    steps = [
        ahead("P34", 3, done=date(2026, 3, 2)),
        ahead("P69", 1, "P34", done=date(2026, 11, 20), stage=Stage.PRODUCTION),
    ]
    made = forecast(1, ACTIVE, steps, History([]), CALENDAR, TODAY)
    assert made.why_not is NoForecast.REACHED
    assert dict(made.reached) == {
        Target.LICENCE: date(2026, 3, 2),
        Target.PRODUCTION: date(2026, 11, 20),
    }


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (ProjectStatus.SUSPENDED, NoForecast.SUSPENDED),
        (ProjectStatus.TERMINATED, NoForecast.TERMINATED),
        (ProjectStatus.COMPLETED, NoForecast.COMPLETED),
    ],
)
def test_a_project_not_pursued_has_no_forecast(status: ProjectStatus, why: NoForecast) -> None:
    made = forecast(1, status, PLAN, History([]), CALENDAR, TODAY)
    assert (made.arrivals, made.why_not) == ((), why)


def test_without_a_plan_or_a_target_there_is_nothing_to_say() -> None:
    assert forecast(1, ACTIVE, [], History([]), CALENDAR, TODAY).why_not is NoForecast.NO_PLAN
    odd = [ahead("X1", 5, stage=Stage.LAND)]
    assert forecast(1, ACTIVE, odd, History([]), CALENDAR, TODAY).why_not is NoForecast.NO_TARGET


def test_a_circle_is_refused_with_its_path() -> None:
    steps = [ahead("P34", 3, "P69"), ahead("P69", 1, "P34", stage=Stage.PRODUCTION)]
    with pytest.raises(PlanCycle):
        forecast(1, ACTIVE, steps, History([]), CALENDAR, TODAY)


def test_a_refit_without_a_building_permit_waits_for_its_own_licence() -> None:
    refit = [ahead("P24", 10), ahead("P34", 3, inactive=True), ahead("P69", 1, "P24", stage=Stage.PRODUCTION)]
    assert targets_of(refit) == {Target.LICENCE: "P24", Target.PRODUCTION: "P69"}
    needed = [*refit[:1], ahead("P34", 3), refit[2]]
    assert targets_of(needed)[Target.LICENCE] == "P34"


# ── What stands behind a step ───────────────────────────────────────────────────────


def test_a_step_with_enough_history_of_its_own_takes_it() -> None:
    rows = [past("P22", n, project=n) for n in range(6, 16)]
    behind = History(rows).behind(ahead("P22", 10))
    assert (behind.level, behind.n) == (Level.STEP, 10)
    assert (behind.whole.quantile(0.5), behind.whole.quantile(1.0)) == (10, 15)


def test_nine_are_not_enough_and_the_items_cases_speak() -> None:
    rows = [past("P22", n) for n in range(6, 15)]
    cases = {4: CaseTimes(whole=seen({8: 30, 12: 10}), accepted=seen({6: 40}))}
    behind = History(rows, cases).behind(ahead("P22", 10, item_id=4))
    assert (behind.level, behind.n) == (Level.CASES, 40)


def test_then_items_of_its_kind_its_stage_all_steps_and_at_last_the_plan() -> None:
    kind = [past(f"K{n}", 20, kind="行政许可", stage=Stage.LAND) for n in range(20)]
    stage = [past(f"S{n}", 15, stage=Stage.CONSTRUCTION_PERMIT) for n in range(20)]
    step = ahead("P22", 10, kind="行政许可")
    assert History(kind + stage).behind(step).level is Level.KIND
    assert History(kind + stage).behind(step).whole.values.tolist() == [20]
    assert History(stage).behind(step).level is Level.STAGE
    assert History(stage).behind(replace(step, stage=Stage.LAND)).level is Level.ALL
    nothing = History(stage[:5]).behind(step)
    assert (nothing.level, nothing.n, nothing.whole.values.tolist()) == (Level.PLAN, 0, [10])


def test_a_building_step_goes_by_its_own_plan_and_a_permit_by_the_days_it_takes() -> None:
    rows = [
        past(c, 40, planned=20, project=n, party=p)
        for n in range(12)
        for c, p in (("C02", Party.ENTERPRISE), ("P22", Party.DEPARTMENT))
    ]
    known = History(rows)
    assert known.behind(ahead("C02", 90, party=Party.ENTERPRISE)).whole.values.tolist() == [180]
    assert known.behind(ahead("P22", 90)).whole.values.tolist() == [40]


def test_days_already_used_do_not_come_again() -> None:
    rows = [past("P22", n) for n in range(1, 21)]
    behind = History(rows).behind(ahead("P22", 10, used=15))
    assert behind.left.values.tolist() == [1, 2, 3, 4, 5]
    assert not behind.overran


def test_a_step_longer_than_all_that_was_seen_is_taken_as_begun_today_and_said() -> None:
    rows = [past("P22", n) for n in range(1, 21)]
    behind = History(rows).behind(ahead("P22", 10, used=19))
    assert behind.overran
    assert behind.left is behind.whole


def test_a_running_case_goes_by_its_own_clock() -> None:
    cases = {4: CaseTimes(whole=seen({12: 20}), accepted=seen({5: 10, 8: 10}))}
    rows = [past("P22", 30) for _ in range(20)]
    behind = History(rows, cases).behind(ahead("P22", 10, item_id=4, used=25, case_wd=6))
    assert (behind.level, behind.left.values.tolist()) == (Level.CASES, [2])


@given(graphs(), histories())
@settings(max_examples=40)
def test_a_history_kept_overnight_says_the_same(steps: list[Ahead], known: History) -> None:
    kept = History.unpacked(json.loads(json.dumps(known.packed())))
    one, two = (forecast(3, ACTIVE, steps, h, CALENDAR, TODAY, draws=100) for h in (known, kept))
    assert one.arrivals == two.arrivals


def test_cases_are_kept_too() -> None:
    cases = {4: CaseTimes(whole=seen({8: 30, 12: 10}), accepted=seen({6: 40}))}
    kept = History.unpacked(json.loads(json.dumps(History([], cases).packed())))
    assert kept.behind(ahead("P22", 10, item_id=4)).whole.values.tolist() == [8, 12]


# ── What moves the date ─────────────────────────────────────────────────────────────


def test_the_step_that_varies_on_the_longest_path_moves_it_most() -> None:
    steady = [past("P35", 5, project=n) for n in range(20)]
    wild = [past("P22", 5 if n % 2 else 60, project=n) for n in range(20)]
    steps = [
        ahead("P35", 5),
        ahead("P22", 10),
        ahead("P34", 3, "P22", "P35"),
    ]
    arrival = forecast(1, ACTIVE, steps, History(steady + wild), CALENDAR, TODAY).of(Target.LICENCE)
    assert arrival is not None
    first = arrival.movers[0]
    assert first.code == "P22"
    assert first.share > 0.9  # the rest is P34's own
    assert first.usual_wd == 5
    assert first.sooner_wd > 30  # with it at its usual five days the eight-in-ten date is weeks nearer
    assert "P35" not in {m.code for m in arrival.movers}


def test_where_nothing_varies_the_longest_steps_are_named() -> None:
    arrival = forecast(1, ACTIVE, PLAN, History([]), CALENDAR, TODAY).of(Target.PRODUCTION)
    assert arrival is not None
    assert {m.code for m in arrival.movers} == {"P22", "P31", "P41"}
    assert all(m.share == 0 for m in arrival.movers)


def test_projects_that_are_slow_throughout_widen_the_forecast() -> None:
    unlike = [
        past(a.step.code, max(1, round(a.step.duration_wd * pace)), planned=a.step.duration_wd, project=n,
             party=a.party, stage=a.stage)
        for n, pace in enumerate(np.linspace(0.5, 3, 30))
        for a in PLAN
    ]  # fmt: skip
    known = History(unlike)
    assert known.common_pace > 0.5
    apart = History(unlike)
    apart.common_pace = 0.0  # the same durations drawn without the common pace
    together, loose = (
        forecast(1, ACTIVE, PLAN, h, CALENDAR, TODAY).of(Target.PRODUCTION) for h in (known, apart)
    )
    assert together is not None
    assert loose is not None
    assert together.days_wd[2] - together.days_wd[0] > loose.days_wd[2] - loose.days_wd[0]


def test_projects_alike_have_no_common_pace() -> None:
    rng = np.random.default_rng(3)
    rows = [past(f"S{i}", int(rng.integers(5, 30)), project=n) for n in range(30) for i in range(6)]
    assert History(rows).common_pace < 0.1
    assert History(rows[:30]).common_pace == 0.0  # five projects are too few to say
