"""The plan's arithmetic on the State Council's own calendar of 2026. Rows carry weekday names. No database."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.projects.plan_rules import (
    PlanCycle,
    Step,
    TooEarly,
    blockers,
    done_after,
    floats,
    graph_of,
    lay_out,
    push,
    repair,
)
from crm.projects.reference import read_steps
from crm.workdays.rules import Calendar, weekday_name
from models.vocabulary import ProjectType

ROOT = Path(__file__).resolve().parents[2]


def day(text: str) -> date:
    """`09-30 周三` of 2026, the weekday checked."""
    stated, weekday = text.split()
    found = date.fromisoformat(stated if len(stated) > 5 else f"2026-{stated}")
    assert weekday_name(found) == weekday, text
    return found


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    """2026 as noticed: 1-7 October off, 20 September and 10 October worked; 2027 without a notice."""
    off = [date(2026, 10, d) for d in range(1, 8)] + [date(2026, 9, d) for d in (25, 26, 27)]
    worked = [date(2026, 9, 20), date(2026, 10, 10)]
    return Calendar(dict.fromkeys(off, False) | dict.fromkeys(worked, True), frozenset({2026}))


CHAIN = (
    Step("A", "备案", 2),
    Step("B", "规划许可", 5, ("A",)),
    Step("C", "施工图", 3, ("B",)),
    Step("E", "环评", 4, ("A",)),
    Step("D", "开工", 0, ("C", "E")),
)


def dates(layout) -> dict[str, date]:
    return {p.code: p.finish_on for p in layout.placed}


def test_forward_each_step_starts_the_working_day_after_the_one_before_and_keeps_its_length(calendar):  # K14
    layout = lay_out(CHAIN, calendar, day("09-28 周一"))
    assert dates(layout) == {
        "A": day("09-30 周三"),
        "B": day("10-13 周二"),  # 8, 9 October, Saturday 10 worked, 12, 13
        "C": day("10-16 周五"),
        "E": day("10-12 周一"),
        "D": day("10-16 周五"),
    }
    placed = {p.code: p for p in layout.placed}
    assert placed["A"].start_on == day("09-29 周二")
    assert placed["B"].start_on == day("10-08 周四")
    assert placed["C"].start_on == day("10-14 周三")
    assert layout.length_wd == 10


def test_the_longest_chain_is_critical_and_the_rest_has_float(calendar):
    placed = {p.code: p for p in lay_out(CHAIN, calendar, day("09-28 周一")).placed}
    assert {c for c, p in placed.items() if p.critical} == {"A", "B", "C", "D"}
    assert placed["E"].float_wd == 4
    assert floats(CHAIN) == {"A": 0, "B": 0, "C": 0, "E": 4, "D": 0}


def test_backward_every_step_takes_its_latest_date(calendar):
    layout = lay_out(CHAIN, calendar, day("08-03 周一"), production_on=day("10-16 周五"))
    assert dates(layout) == {
        "A": day("09-30 周三"),
        "B": day("10-13 周二"),
        "C": day("10-16 周五"),
        "E": day("10-16 周五"),
        "D": day("10-16 周五"),
    }
    assert layout.short_wd == 0


def test_a_wanted_saturday_is_taken_as_the_friday_before_it(calendar):
    layout = lay_out(CHAIN, calendar, day("08-03 周一"), production_on=day("10-17 周六"))
    assert dates(layout)["D"] == day("10-16 周五")
    assert dates(layout)["A"] == day("09-30 周三")


def test_a_wanted_date_too_near_says_how_many_working_days_are_short(calendar):
    layout = lay_out(CHAIN, calendar, day("09-28 周一"), production_on=day("10-12 周一"))
    assert layout.short_wd == 4  # six working days are left: 29, 30, 8, 9, 10, 12
    assert dates(layout)["A"] < day("09-28 周一")


def test_from_a_rest_day_work_starts_on_the_next_working_day(calendar):
    layout = lay_out((Step("Z", "当天事", 0), Step("A", "备案", 1)), calendar, day("10-03 周六"))
    assert dates(layout) == {"Z": day("10-08 周四"), "A": day("10-08 周四")}


def test_what_is_done_stands_at_today_and_keeps_its_date(calendar):  # K9
    done = (Step("A", "备案", 2, done_on=day("09-01 周二")), *CHAIN[1:])
    layout = lay_out(done, calendar, day("09-28 周一"))
    assert "A" not in dates(layout)
    assert dates(layout)["B"] == day("10-10 周六")


def test_a_step_done_out_of_order_does_not_make_what_follows_wait_again(calendar):
    steps = (CHAIN[0], Step("B", "规划许可", 5, ("A",), done_on=day("09-01 周二")), CHAIN[2])
    assert dates(lay_out(steps, calendar, day("09-28 周一")))["C"] == day("10-08 周四")


def test_a_push_goes_on_through_a_step_not_needed(calendar):
    steps = (
        Step("A", "备案", 1, planned_on=date(2026, 9, 7)),
        Step("B", "不需要", 9, ("A",), planned_on=date(2026, 9, 8), inactive=True),
        Step("C", "开工", 1, ("B",), planned_on=date(2026, 9, 8)),
    )
    shifts = push(steps, calendar, "A", day("09-10 周四"))
    assert [(s.code, s.new) for s in shifts] == [("A", day("09-10 周四")), ("C", day("09-11 周五"))]


def test_a_step_not_needed_passes_its_prerequisites_on(calendar):
    steps = tuple(Step("B", "规划许可", 5, ("A",), inactive=True) if s.code == "B" else s for s in CHAIN)
    assert dates(lay_out(steps, calendar, day("09-28 周一")))["C"] == day("10-10 周六")
    assert [s.code for s in blockers(steps, "C", day("09-30 周三"))] == ["A"]


def test_a_count_that_reaches_a_year_without_notice_is_provisional(calendar):
    far = lay_out((Step("A", "长", 40),), calendar, day("12-01 周二")).placed[0]
    near = lay_out((Step("A", "短", 5),), calendar, day("12-01 周二")).placed[0]
    assert (far.provisional, near.provisional) == (True, False)
    gap = Calendar({}, frozenset({2026, 2028}))
    assert lay_out((Step("A", "跨年", 300),), gap, day("12-01 周二")).placed[0].provisional


def test_a_circle_is_refused_and_its_path_named():
    steps = (Step("A", "甲", 1, ("C",)), Step("B", "乙", 1, ("A",)), Step("C", "丙", 1, ("B",)))
    with pytest.raises(PlanCycle) as refused:
        graph_of(steps)
    assert refused.value.path[0] == refused.value.path[-1]
    assert set(refused.value.path) == {"甲", "乙", "丙"}


PROMISED = (
    Step("A", "备案", 2, planned_on=date(2026, 9, 2), done_on=date(2026, 9, 2)),
    Step("B", "规划许可", 5, ("A",), planned_on=date(2026, 9, 9)),
    Step("C", "施工图", 3, ("B",), planned_on=date(2026, 9, 16)),  # two working days of room before it
    Step("D", "开工", 1, ("C",), planned_on=date(2026, 9, 17)),
    Step("E", "环评", 4, ("A",), planned_on=date(2026, 9, 9)),
)


def test_a_push_uses_up_the_room_first_and_tells_how_far_each_goes(calendar):  # K7, K8
    shifts = push(PROMISED, calendar, "B", day("09-14 周一"))
    assert [(s.code, s.new, s.pushed_wd) for s in shifts] == [
        ("B", day("09-14 周一"), 3),
        ("C", day("09-17 周四"), 1),
        ("D", day("09-18 周五"), 1),
    ]


def test_a_push_within_the_room_moves_nothing_else(calendar):
    assert [s.code for s in push(PROMISED, calendar, "B", day("09-11 周五"))] == ["B"]


def test_a_push_counts_the_make_up_sunday_and_the_holiday(calendar):
    shifts = push(PROMISED, calendar, "D", day("10-08 周四"))
    # 18 Fri, 20 Sun worked, 21-24, 28, 29, 30, 8 October
    assert shifts[0].pushed_wd == 10


def test_coming_earlier_pulls_nothing_along(calendar):
    shifts = push(PROMISED, calendar, "C", day("09-14 周一"))
    assert [(s.code, s.pushed_wd) for s in shifts] == [("C", -2)]


def test_no_promise_before_its_prerequisites_allow(calendar):
    with pytest.raises(TooEarly) as refused:
        push(PROMISED, calendar, "C", day("09-11 周五"))
    assert (refused.value.because, refused.value.earliest) == ("规划许可", day("09-14 周一"))


def test_a_done_step_behind_the_moved_one_keeps_its_date(calendar):  # K9
    steps = (*PROMISED[:3], Step("D", "开工", 1, ("C",), date(2026, 9, 17), done_on=date(2026, 9, 10)))
    assert [s.code for s in push(steps, calendar, "C", day("09-22 周二"))] == ["C"]


def test_an_actual_date_waits_for_the_steps_before_it():  # K10
    assert [s.name for s in blockers(PROMISED, "C", date(2026, 9, 20))] == ["规划许可"]
    assert [s.name for s in blockers(PROMISED, "B", date(2026, 9, 1))] == ["备案"]
    assert blockers(PROMISED, "B", date(2026, 9, 2)) == []


def test_what_stands_on_a_step_is_known_before_it_is_reopened():
    steps = (*PROMISED[:1], Step("B", "规划许可", 5, ("A",), done_on=date(2026, 9, 9)))
    assert [s.code for s in done_after(steps, "A")] == ["B"]


def test_a_changed_calendar_moves_only_what_it_makes_impossible():  # W8
    before = Calendar({}, frozenset({2026}))
    steps = tuple(
        Step(s.code, s.name, s.duration_wd, s.prerequisites, p.finish_on, planned_start_on=p.start_on)
        for s, p in zip(CHAIN, lay_out(CHAIN, before, date(2026, 11, 23)).placed, strict=True)
    )
    closed = Calendar({date(2026, 11, 26): False}, frozenset({2026}))  # a Thursday within B
    moved = {s.code: s.new for s in repair(steps, closed, date(2026, 11, 23))}
    assert {s.code: s.planned_on for s in steps}["B"] == day("12-02 周三")
    assert moved["B"] == day("12-03 周四")
    assert moved["C"] == day("12-08 周二")
    assert "A" not in moved
    assert repair(steps, before, date(2026, 11, 23)) == []
    assert repair(steps[:2], closed, date(2026, 12, 3)) == []  # a promise already past stays as it was made


@st.composite
def plans(draw):
    """Acyclic plans: a step may wait only for earlier ones."""
    size = draw(st.integers(1, 12))
    steps = []
    for i in range(size):
        before = draw(st.sets(st.integers(0, i - 1), max_size=3)) if i else set()
        done = draw(st.booleans()) if i < 3 else False
        steps.append(
            Step(
                f"S{i}",
                f"步骤{i}",
                draw(st.integers(0, 30)),
                tuple(f"S{b}" for b in sorted(before)),
                done_on=date(2026, 1, 5) if done else None,
                inactive=draw(st.booleans()) if i % 4 == 3 else False,
            )
        )
    return tuple(steps)


EVERY = Calendar({}, frozenset(range(2026, 2035)))


@given(steps=plans(), late=st.integers(0, 60))
def test_forward_and_backward_keep_the_same_gaps_and_no_overlap(steps, late):
    today = date(2026, 3, 2)
    forward = lay_out(steps, EVERY, today)
    end = EVERY.add_workdays(today, forward.length_wd + late)
    backward = lay_out(steps, EVERY, today, production_on=end)
    assert backward.short_wd == 0
    early, latest = dates(forward), dates(backward)
    for step in steps:
        for before in step.prerequisites:
            if step.code in early and before in early:
                for found in (early, latest):
                    assert EVERY.count_workdays(found[before], found[step.code]) >= step.duration_wd
    for placed in forward.placed:
        room = EVERY.count_workdays(early[placed.code], latest[placed.code])
        assert room == placed.float_wd + late
    if forward.placed:
        assert min(p.float_wd for p in forward.placed) == 0


@given(steps=plans(), by=st.integers(1, 40), which=st.integers(0, 11))
def test_a_push_never_moves_what_is_done_and_leaves_no_overlap(steps, by, which):
    layout = {p.code: p.finish_on for p in lay_out(steps, EVERY, date(2026, 3, 2)).placed}
    steps = tuple(
        Step(s.code, s.name, s.duration_wd, s.prerequisites, layout.get(s.code), s.done_on, s.inactive)
        for s in steps
    )
    if not layout:
        return
    code = sorted(layout)[which % len(layout)]
    new = {s.code: s.new for s in push(steps, EVERY, code, EVERY.add_workdays(layout[code], by))}
    assert new.keys() <= layout.keys()
    assert all(day > layout[c] for c, day in new.items())
    assert max(EVERY.count_workdays(layout[c], d) for c, d in new.items()) == by
    after = layout | new
    for step in steps:
        for before in step.prerequisites:
            if step.code in after and before in after:
                assert EVERY.count_workdays(after[before], after[step.code]) >= step.duration_wd


@pytest.mark.parametrize("kind", list(ProjectType))
def test_every_template_is_a_graph_without_a_circle_whose_end_is_production(kind):
    rows = [s for s in read_steps() if s.project_type == kind]
    steps = [Step(s.code, s.name, s.duration_wd, tuple(s.prerequisites)) for s in rows]
    known = {s.code for s in steps}
    assert all(set(s.prerequisites) <= known for s in steps)
    graph_of(steps)
    assert "P69" in {code for code, left in floats(steps).items() if left == 0}


def test_a_template_names_only_items_of_the_catalogue():
    catalogue = ROOT / "crm" / "approvals" / "data" / "items.csv"
    with catalogue.open(encoding="utf-8-sig", newline="") as f:
        items = {row["code"] for row in csv.DictReader(f)}
    assert {s.item_code for s in read_steps() if s.item_code} <= items
