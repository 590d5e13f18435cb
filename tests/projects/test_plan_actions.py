"""Making a plan, moving a promise, marking what is done: on both databases, from Monday 2026-11-23."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import select

from crm.core.db import reading
from crm.core.errors import Conflict, NotAllowed, NotFound, Refusal
from crm.projects import actions
from crm.projects.facts import links_of, plan_of
from crm.projects.inputs import (
    AddMilestone,
    Direction,
    EditMilestone,
    MakePlan,
    MarkDone,
    MilestoneFields,
    MoveMilestone,
)
from crm.workdays.actions import Closure, add_closure
from crm.workdays.queries import calendar
from models import AuditEntry, Milestone, Project
from models.vocabulary import ProjectType, Stage
from tests.conftest import MONDAY

FORWARD = {"direction": Direction.FORWARD}


def plan(actor, project_id, **more):
    return actions.make_plan(actor, MakePlan(**({"project_id": project_id} | FORWARD | more)), today=MONDAY)


def steps(project_id: int) -> dict[str, Milestone]:
    with reading() as session:
        return dict(plan_of(session, project_id).milestones)


def done(actor, milestone, on, evidence=""):
    actions.mark_done(actor, MarkDone(milestone_id=milestone.id, done_on=on, evidence=evidence), today=MONDAY)


def moving(milestone: Milestone, to: date, reason: str = "") -> MoveMilestone:
    return MoveMilestone(milestone_id=milestone.id, planned_on=to, version=milestone.version, reason=reason)


def later(day: date, n: int) -> date:
    with reading() as session:
        return calendar(session).add_workdays(day, n)


def fields(refused) -> set[str]:
    return {p.field for p in refused.value.problems}


@pytest.fixture
def planned(any_db, cast):
    """The officer's new-build project with a plan forward from today."""
    plan(cast.officer, cast.project)
    return cast


def test_a_preview_writes_nothing_and_the_plan_is_what_it_showed(any_db, cast):  # K8
    form = MakePlan(project_id=cast.project, **FORWARD)
    shown = actions.preview_plan(cast.officer, form, today=MONDAY)
    assert steps(cast.project) == {}
    made = actions.make_plan(cast.officer, form, today=MONDAY)
    assert made == shown
    written = steps(cast.project)
    assert {r.code: r.finish_on for r in shown.rows} == {c: m.planned_on for c, m in written.items()}
    assert written["L01"].planned_on == date(2026, 12, 2)  # seven working days after Monday the 23rd
    assert all(m.baseline_on == m.planned_on for m in written.values())


def test_a_permit_step_knows_its_item_and_its_department(planned):
    step = steps(planned.project)["P34"]
    assert step.department_id == planned.department  # 区住房和城乡建设局 issues it
    assert step.item_id is not None


def test_a_plan_into_a_year_without_notice_is_marked_provisional(any_db, cast):
    made = actions.preview_plan(cast.officer, MakePlan(project_id=cast.project, **FORWARD), today=MONDAY)
    assert made.provisional
    assert [r.provisional for r in made.rows if r.code in ("L01", "P69")] == [False, True]


def test_the_critical_path_is_marked_from_the_first_step_to_production(planned):
    critical = {c for c, m in steps(planned.project).items() if m.critical}
    assert {"L01", "L02", "P15", "P22", "P34", "P41", "C01", "C02", "C03", "C05", "P69"} <= critical
    assert {"P24", "P42", "P37"}.isdisjoint(critical)


def test_backward_ends_on_the_wanted_day_and_the_project_remembers_it(any_db, cast):
    wanted = date(2029, 6, 29)
    made = plan(cast.officer, cast.project, direction=Direction.BACKWARD, production_on=wanted)
    written = steps(cast.project)
    assert written["P69"].planned_on == wanted
    assert written["L01"].planned_on > MONDAY
    assert made.short_wd == 0
    with reading() as session:
        assert session.get(Project, cast.project).production_on == wanted


def test_backward_to_a_day_too_near_says_how_short_and_needs_a_reason(any_db, cast):
    form = {"direction": Direction.BACKWARD, "production_on": date(2027, 3, 31)}
    shown = actions.preview_plan(cast.officer, MakePlan(project_id=cast.project, **form), today=MONDAY)
    assert shown.short_wd == shown.length_wd - (5 + 23 + 20 + 18 + 23)  # working days of Nov to Mar left
    with pytest.raises(Refusal) as refused:
        plan(cast.officer, cast.project, **form)
    assert fields(refused) == {"reason"}
    assert steps(cast.project) == {}
    plan(cast.officer, cast.project, **form, reason="区要求一季度投产，逐项压缩")


def test_backward_without_a_date_or_with_a_past_one_is_refused(any_db, cast):
    with pytest.raises(Refusal, match="要求投产日期"):
        plan(cast.officer, cast.project, direction=Direction.BACKWARD)
    with pytest.raises(Refusal) as refused:
        plan(cast.officer, cast.project, direction=Direction.BACKWARD, production_on=MONDAY)
    assert fields(refused) == {"production_on"}


@pytest.mark.parametrize("kind", list(ProjectType))
def test_each_type_has_its_own_plan(any_db, cast, kind):
    pid = cast.make_project(f"{kind}项目", lead=cast.officer.officer_id, project_type=kind)
    plan(cast.officer, pid)
    codes = set(steps(pid))
    assert {"P41", "P69"} <= codes
    assert ("P15" in codes) is (kind is ProjectType.NEW_BUILD)
    assert ("K01" in codes) is (kind is ProjectType.LEASED_FACTORY)
    assert ("G01" in codes) is (kind is ProjectType.GOVERNMENT_WORKS)
    assert ("P34" in codes) is (kind in (ProjectType.NEW_BUILD, ProjectType.GOVERNMENT_WORKS))


def test_optional_steps_come_when_asked_for_and_others_can_be_left_out_by_who_may(any_db, cast):
    assert "P32" not in {r.code for r in plan(cast.officer, cast.project).rows}
    made = plan(cast.officer, cast.project, include=("P32", "P23"), leave_out=("P24",), reason="改报告书")
    codes = {r.code for r in made.rows}
    assert {"P32", "P23"} <= codes
    assert "P24" not in codes
    written = steps(cast.project)
    assert written["P24"].inactive
    with reading() as session:
        by_id = {m.id: m.code for m in written.values()}
        pairs = {(by_id[x.prerequisite_id], by_id[x.milestone_id]) for x in links_of(session, cast.project)}
    assert ("P32", "P34") in pairs
    assert ("P23", "P41") in pairs


def test_an_officer_cannot_plan_a_gates_permit_away_but_a_supervisor_can(any_db, cast):
    plan(cast.officer, cast.project)
    with pytest.raises(NotAllowed, match="施工许可证"):
        plan(cast.officer, cast.project, leave_out=("P34",))
    with pytest.raises(NotAllowed, match="施工许可证"):
        actions.set_inactive(cast.officer, steps(cast.project)["P34"].id, True, reason="不用")
    assert not steps(cast.project)["P34"].inactive
    actions.set_inactive(cast.supervisor, steps(cast.project)["P34"].id, True, reason="限额以下小型工程")
    assert steps(cast.project)["P34"].inactive


def test_a_project_under_construction_is_planned_from_where_it_stands(any_db, cast):
    pid = cast.make_project("在建项目", lead=cast.officer.officer_id, stage=Stage.CONSTRUCTION)
    made = plan(cast.officer, pid)
    assert "施工许可" not in {r.name for r in made.rows}
    assert "建筑工程施工许可证" in made.passed
    written = steps(pid)
    assert "P34" not in written
    assert written["C01"].planned_on == later(MONDAY, 50)  # 开工 5 and 基础 45 working days


def test_a_second_plan_keeps_what_is_done_and_needs_a_reason_to_promise_later(planned):  # K9
    first = steps(planned.project)["L01"]
    done(planned.officer, first, MONDAY)
    baseline = {c: m.baseline_on for c, m in steps(planned.project).items()}
    slow = MakePlan(project_id=planned.project, **FORWARD)
    with pytest.raises(Refusal) as refused:
        actions.make_plan(planned.officer, slow, today=date(2027, 2, 1))
    assert fields(refused) == {"reason"}
    actions.make_plan(
        planned.officer, slow.model_copy(update={"reason": "企业推迟签约"}), today=date(2027, 2, 1)
    )
    after = steps(planned.project)
    assert after["L01"].done_on == MONDAY
    assert after["L02"].planned_on == later(date(2027, 2, 1), 20)
    assert {c: m.baseline_on for c, m in after.items()} == baseline


def test_a_move_shows_what_else_moves_and_cancelling_changes_nothing(planned):  # K7, K8
    before = steps(planned.project)
    target = later(before["C01"].planned_on, 5)
    shown = actions.preview_move(planned.officer, before["C01"].id, target, today=MONDAY)
    assert shown.needs_reason
    assert {s.pushed_wd for s in shown.shifts} == {5}
    assert next(s.code for s in shown.shifts) == "C01"
    assert "P22" not in {s.code for s in shown.shifts}
    assert {c: m.planned_on for c, m in steps(planned.project).items()} == {
        c: m.planned_on for c, m in before.items()
    }
    moved = actions.move_milestone(planned.officer, moving(before["C01"], target, "暴雨停工"), today=MONDAY)
    assert moved == shown.shifts
    after = steps(planned.project)
    assert after["P69"].planned_on == later(before["P69"].planned_on, 5)
    assert after["C01"].planned_start_on == later(before["C01"].planned_start_on, 5)  # length kept
    assert after["C01"].baseline_on == before["C01"].baseline_on
    with reading() as session:
        trail = session.exec(select(AuditEntry).where(AuditEntry.action == "projects.move_milestone")).all()
    assert {t.reason for t in trail} == {"暴雨停工"}
    assert len(trail) == len(moved)


@pytest.mark.parametrize(
    ("to", "field"),
    [
        (date(2026, 11, 20), "planned_on"),  # a Friday in the past
        (date(2026, 12, 5), "planned_on"),  # a Saturday
        (date(2026, 12, 1), "planned_on"),  # before its prerequisite is done
        (date(2027, 1, 29), "reason"),  # later, without a reason
    ],
)
def test_an_impossible_promise_is_refused(planned, to, field):
    with pytest.raises(Refusal) as refused:
        actions.move_milestone(planned.officer, moving(steps(planned.project)["L02"], to), today=MONDAY)
    assert fields(refused) == {field}


def test_the_second_of_two_movers_is_told(planned):  # A7
    step = steps(planned.project)["C01"]
    target = later(step.planned_on, 3)
    actions.move_milestone(planned.officer, moving(step, target, "缺工"), today=MONDAY)
    with pytest.raises(Conflict) as second:
        actions.move_milestone(planned.supervisor, moving(step, target, "缺工"), today=MONDAY)
    assert second.value.clashes[0].stored == target


def test_an_actual_date_locks_until_it_is_reopened_with_a_reason(planned):  # K11
    step = steps(planned.project)["L01"]
    done(planned.officer, step, MONDAY, "研判纪要 1 号")
    locked = steps(planned.project)["L01"]
    for attempt in (
        lambda: done(planned.officer, locked, MONDAY),
        lambda: actions.move_milestone(
            planned.officer, moving(locked, date(2026, 12, 31), "推迟"), today=MONDAY
        ),
        lambda: actions.set_inactive(planned.supervisor, locked.id, True, reason="不用"),
        lambda: actions.delete_milestone(planned.supervisor, locked.id, reason="不用"),
        lambda: actions.link_milestones(planned.officer, locked.id, []),
    ):
        with pytest.raises(Refusal, match="已锁定"):
            attempt()
    with pytest.raises(Refusal, match="原因"):
        actions.reopen(planned.officer, locked.id, reason=" ")
    actions.reopen(planned.officer, locked.id, reason="日期录错")
    assert steps(planned.project)["L01"].done_on is None


@pytest.mark.parametrize(("days", "accepted"), [(0, True), (1, False)])
def test_done_today_is_accepted_and_tomorrow_refused(planned, days, accepted):  # G21
    step = steps(planned.project)["L01"]
    if accepted:
        done(planned.officer, step, MONDAY + timedelta(days=days))
        assert steps(planned.project)["L01"].done_on == MONDAY
    else:
        with pytest.raises(Refusal) as refused:
            done(planned.officer, step, MONDAY + timedelta(days=days))
        assert fields(refused) == {"done_on"}


def test_nothing_is_done_before_what_comes_before_it(planned):  # K10
    found = steps(planned.project)
    with pytest.raises(Refusal, match="招商线索登记与研判”还没有完成"):
        done(planned.officer, found["L02"], MONDAY)
    done(planned.officer, found["L01"], date(2026, 11, 18))
    with pytest.raises(Refusal, match="早于前置节点"):
        done(planned.officer, found["L02"], date(2026, 11, 17))
    done(planned.officer, found["L02"], date(2026, 11, 18))
    with pytest.raises(Refusal, match="投资协议签约”已经完成"):
        actions.reopen(planned.officer, found["L01"].id, reason="录错")


def test_starting_work_dates_the_project_itself(any_db, cast):
    pid = cast.make_project("已领证项目", lead=cast.officer.officer_id, stage=Stage.CONSTRUCTION)
    plan(cast.officer, pid)
    start = steps(pid)["P41"]
    done(cast.officer, start, date(2026, 11, 20), "开工令")
    with reading() as session:
        assert session.get(Project, pid).started_on == date(2026, 11, 20)
    actions.reopen(cast.officer, start.id, reason="实际为桩基进场")
    with reading() as session:
        assert session.get(Project, pid).started_on is None


def test_what_is_done_leaves_the_critical_path(planned):
    done(planned.officer, steps(planned.project)["L01"], MONDAY)
    first = steps(planned.project)["L01"]
    assert (first.critical, first.float_wd) == (False, None)


def test_a_step_of_ones_own_takes_its_place_and_can_be_deleted(planned):
    before = steps(planned.project)
    form = AddMilestone(
        project_id=planned.project,
        name="高压线迁改",
        stage=Stage.CONSTRUCTION_PERMIT,
        duration_wd=10,
        planned_on=later(before["P22"].planned_on, 10),
        prerequisites=(before["P22"].id,),
    )
    added = actions.add_milestone(planned.officer, form, today=MONDAY)
    own = steps(planned.project)["X01"]
    assert own.planned_start_on == later(own.planned_on, -9)
    actions.link_milestones(
        planned.officer,
        before["P41"].id,
        [before["P34"].id, before["P24"].id, added],
    )
    with pytest.raises(Refusal, match="模板中的节点"):
        actions.delete_milestone(planned.officer, before["P41"].id, reason="不用")
    actions.delete_milestone(planned.officer, added, reason="线路不用迁")
    assert "X01" not in steps(planned.project)


def test_a_circle_is_refused_by_its_path_and_leaves_the_links_as_they_were(planned):
    found = steps(planned.project)
    with reading() as session:
        before = {(x.milestone_id, x.prerequisite_id) for x in links_of(session, planned.project)}
    with pytest.raises(Refusal) as refused:
        actions.link_milestones(planned.officer, found["L01"].id, [found["P11"].id])
    message = refused.value.problems[0].message
    assert "绕成了圈" in message
    assert all(name in message for name in ("招商线索登记与研判", "投资协议签约", "市场主体设立登记"))
    with reading() as session:
        assert {(x.milestone_id, x.prerequisite_id) for x in links_of(session, planned.project)} == before


def test_a_prerequisite_of_another_project_is_refused(planned):
    plan(planned.stranger, planned.other_project)
    theirs = steps(planned.other_project)["L01"]
    with pytest.raises(Refusal, match="同一项目"):
        actions.link_milestones(planned.officer, steps(planned.project)["P41"].id, [theirs.id])


def test_a_longer_step_that_no_longer_fits_its_promise_is_refused(planned):
    step = steps(planned.project)["C02"]
    opened = MilestoneFields(
        name=step.name,
        stage=step.stage,
        duration_wd=step.duration_wd,
        waits_for=step.waits_for,
        department_id=step.department_id,
        note=step.note,
    )
    longer = opened.model_copy(update={"duration_wd": step.duration_wd + 1})
    with pytest.raises(Refusal, match="最早只能排到"):
        actions.edit_milestone(
            planned.officer,
            EditMilestone(milestone_id=step.id, version=step.version, opened=opened, typed=longer),
        )
    noted = opened.model_copy(update={"note": "地下室一层"})
    actions.edit_milestone(
        planned.officer,
        EditMilestone(milestone_id=step.id, version=step.version, opened=opened, typed=noted),
    )
    assert steps(planned.project)["C02"].note == "地下室一层"


def test_a_department_marks_its_own_steps_and_no_others(planned):
    found = steps(planned.project)
    for code in ("L01", "L02", "P11", "P12", "P15", "P16", "P17", "P21", "P22", "P31"):
        done(planned.officer, found[code], MONDAY)
    with pytest.raises(NotFound):
        done(planned.handler, found["P24"], MONDAY)
    with pytest.raises(NotAllowed):
        plan(planned.handler, planned.project)
    done(planned.handler, found["P34"], MONDAY, "440703202611230101")
    assert steps(planned.project)["P34"].evidence == "440703202611230101"


def test_another_officers_plan_is_out_of_reach(planned):
    step = steps(planned.project)["L01"]
    with pytest.raises(NotFound):
        actions.preview_move(planned.stranger, step.id, date(2026, 12, 10), today=MONDAY)
    with pytest.raises(NotFound):
        done(planned.stranger, step, MONDAY)
    with pytest.raises(NotAllowed):
        plan(planned.clerk, planned.project)


def test_a_day_closed_by_typhoon_moves_the_open_promises_it_touches(planned):  # W8
    before = steps(planned.project)
    moved = add_closure(planned.admin, Closure(on=date(2026, 11, 25), name="台风停工"), today=MONDAY)
    after = steps(planned.project)
    assert before["L01"].planned_on == date(2026, 12, 2)
    assert after["L01"].planned_on == date(2026, 12, 3)
    listed = {m.record_id: (m.old_on, m.new_on) for m in moved if m.record == "milestone"}
    assert listed[after["L01"].id] == (date(2026, 12, 2), date(2026, 12, 3))
    assert after["L01"].baseline_on == date(2026, 12, 2)
