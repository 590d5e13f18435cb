"""A paper about a past day tells that day: nothing of what was done, stopped or decided since."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from crm.briefings import actions, queries, render, sentences
from crm.briefings.actions import HallAsk, ProjectAsk
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from models import AnnualPlan, Case, Demand, Item, Milestone, Project, SpecialProcedure, StageMove
from models.vocabulary import CaseState, DemandClass, Light, Party, ProcedureKind, ProjectStatus, Stage
from tests.briefings.test_papers import add, hall_facts, project_facts, report, visit
from tests.conftest import MONDAY, Cast, make_project

pytestmark = pytest.mark.usefixtures("any_db")

OCTOBER = HallAsk(from_on=date(2026, 10, 1), to_on=date(2026, 10, 31))  # a Saturday
FRIDAY = date(2026, 10, 30)


def change(project: int, **values: Any) -> None:
    with unit_of_work(SYSTEM, "test.change") as session:
        row = session.get_one(Project, project)
        for name, value in values.items():
            setattr(row, name, value)


def node(project: int, planned: date, done: date | None) -> Milestone:
    return Milestone(
        project_id=project,
        code="x",
        name="施工许可",
        stage=Stage.CONSTRUCTION_PERMIT,
        planned_on=planned,
        done_on=done,
        waits_for=Party.DEPARTMENT,
    )


def test_a_node_done_since_was_late_then(cast: Cast) -> None:
    add(node(cast.project, date(2026, 10, 20), date(2026, 11, 10)))
    october, today = hall_facts(cast.supervisor, OCTOBER), hall_facts(cast.supervisor)
    assert [r.project for r in october.reds] == ["恒岳新能源电池项目（一期）"]
    assert [m.what for m in october.late_nodes] == ["施工许可"]
    assert (today.reds, today.late_nodes) == ((), ())
    (then,) = project_facts(cast.supervisor, cast.project, FRIDAY).nodes
    assert (then.done_on, then.late) == (None, 8)  # Wednesday 21 to Friday 30


def test_a_project_suspended_since_ran_then_and_one_ended_since_was_counted(cast: Cast) -> None:
    ended = make_project("后来终止的项目")
    change(cast.project, status=ProjectStatus.SUSPENDED, status_on=date(2026, 11, 5), status_reason="缺钱")
    change(ended, status=ProjectStatus.SUSPENDED, status_on=date(2026, 10, 12), status_reason="停")
    change(ended, status=ProjectStatus.TERMINATED, status_on=date(2026, 11, 6), status_reason="撤")
    october, today = hall_facts(cast.supervisor, OCTOBER), hall_facts(cast.supervisor)
    assert {x.name: x.suspended for x in october.projects} == {
        "恒岳新能源电池项目（一期）": False,
        "瑞朗精密模具项目": False,
        "后来终止的项目": True,
    }
    assert {x.name: x.suspended for x in today.projects} == {
        "恒岳新能源电池项目（一期）": True,
        "瑞朗精密模具项目": False,
    }
    then = project_facts(cast.supervisor, cast.project, FRIDAY)
    assert (then.status, then.status_reason) == ("推进中", "")


def test_a_project_begun_since_should_have_begun_then(cast: Cast) -> None:
    change(
        cast.project,
        start_on=date(2026, 10, 15),
        started_on=date(2026, 11, 9),
        stage=Stage.CONSTRUCTION,
        stage_entered_on=date(2026, 11, 9),
    )
    add(
        StageMove(
            project_id=cast.project,
            from_stage=Stage.CONSTRUCTION_PERMIT,
            to_stage=Stage.CONSTRUCTION,
            moved_on=date(2026, 11, 9),
        )
    )
    october, today = hall_facts(cast.supervisor, OCTOBER), hall_facts(cast.supervisor)
    assert (october.pace.not_started, october.pace.started) == (("恒岳新能源电池项目（一期）",), 0)
    assert (today.pace.not_started, today.pace.started) == ((), 1)
    assert project_facts(cast.supervisor, cast.project, FRIDAY).line.stage == "施工许可"
    assert project_facts(cast.supervisor, cast.project).line.stage == "开工建设"


def test_a_case_decided_or_stopped_since_was_open_and_late_then(cast: Cast) -> None:
    with reading() as session:
        item = session.exec(select(Item.id).order_by(col(Item.id)).limit(1)).first()
    if item is None:
        row = Item(code="X1", name="排水许可")
        add(row)
        item = row.id

    def case(no: str, decided: date | None) -> Case:
        return Case(
            case_no=no,
            item_id=item,
            project_id=cast.project,
            department_id=cast.department,
            received_on=date(2026, 10, 12),
            accepted_on=date(2026, 10, 12),
            starts_on=date(2026, 10, 12),
            legal_limit=5,
            due_on=date(2026, 10, 19),
            state=CaseState.DECIDED if decided else CaseState.ACCEPTED,
            decided_on=decided,
        )

    stopped = case("b", None)
    add(case("a", date(2026, 11, 3)), stopped)
    add(
        SpecialProcedure(
            case_id=stopped.id or 0,
            kind=ProcedureKind.INSPECTION,
            ground="专家评审",
            basis="行政许可法第四十五条",
            from_on=date(2026, 11, 2),
            planned_wd=20,
            told_on=date(2026, 11, 2),
        )
    )
    october = hall_facts(cast.supervisor, OCTOBER)
    assert (october.cases.open_total, october.cases.stopped, len(october.cases.overdue)) == (2, 0, 2)
    assert next(x.light for x in october.projects) is Light.RED


def test_a_month_still_running_lends_no_figure_unless_it_was_filed(cast: Cast) -> None:
    add(
        AnnualPlan(project_id=cast.project, year=2026, plan_wan=Decimal(1200)),
        report(cast.project, 9, 900, reported_on=date(2026, 10, 5)),
        report(cast.project, 10, 1000, reported_on=date(2026, 11, 3), problem="十月的困难"),
    )
    middle = project_facts(cast.supervisor, cast.project, date(2026, 10, 20))
    month_end = project_facts(cast.supervisor, cast.project, date(2026, 10, 31))
    assert (middle.line.done_month, middle.line.done_wan) == (9, Decimal(900))
    assert (month_end.line.done_month, month_end.line.done_wan) == (10, Decimal(1000))
    assert hall_facts(cast.supervisor, OCTOBER).pace.month == 10


def test_visits_and_demands_of_later_days_stay_out(cast: Cast) -> None:
    add(
        visit(cast.project, cast.enterprise, date(2026, 11, 2)),
        Demand(
            project_id=cast.project,
            demand_class=DemandClass.LAND,
            content="那时还没办结",
            raised_on=date(2026, 10, 8),
            closed_on=date(2026, 11, 2),
            result="办了",
        ),
    )
    then = project_facts(cast.supervisor, cast.project, FRIDAY)
    assert then.visits_this_year == 0
    assert [(d.closed_on, d.result) for d in then.demands] == [(None, "")]
    assert hall_facts(cast.supervisor, OCTOBER).demands.open_total == 1


def test_a_past_paper_says_what_it_cannot_tell_and_todays_has_nothing_to_say(cast: Cast) -> None:
    says = "没有历史记录，按2026年11月23日的登记情况"
    ask = ProjectAsk(project_id=cast.project, as_of=FRIDAY)
    assert says in render.text_of(actions.draft_hall(cast.supervisor, OCTOBER, today=MONDAY).data)
    assert says in render.text_of(actions.draft_project(cast.supervisor, ask, today=MONDAY).data)
    now = ProjectAsk(project_id=cast.project, as_of=MONDAY)
    assert "没有历史记录" not in render.text_of(
        actions.draft_project(cast.supervisor, now, today=MONDAY).data
    )


def test_a_completed_project_still_in_this_years_plan_is_counted_and_marked(cast: Cast) -> None:  # B6
    done = make_project("今年完成的项目", status=ProjectStatus.COMPLETED, total_wan=Decimal(500))
    add(AnnualPlan(project_id=done, year=2026, plan_wan=Decimal(100)), report(done, 10, 100))
    paper = actions.draft_hall(cast.supervisor, HallAsk(from_on=MONDAY, to_on=MONDAY), today=MONDAY).paper
    told = sentences.hall_blanks(paper)  # type: ignore[arg-type]
    assert "今年完成的项目（已完成）" in [r["name"] for r in told["annex_rows"]]
    assert "（其中已完成1项）" in told["lead"][0]


def test_every_figure_opens_exactly_the_records_it_counts(cast: Cast) -> None:
    add(
        visit(cast.project, cast.enterprise, date(2026, 10, 8)),
        visit(cast.project, cast.enterprise, date(2026, 10, 9)),
        visit(cast.project, cast.enterprise, date(2026, 11, 2)),
        Demand(
            project_id=cast.project,
            demand_class=DemandClass.LAND,
            content="十月的",
            raised_on=date(2026, 10, 8),
        ),
        Demand(
            project_id=cast.project,
            demand_class=DemandClass.LAND,
            content="十一月的",
            raised_on=date(2026, 11, 8),
        ),
        node(cast.project, date(2026, 10, 20), date(2026, 11, 10)),
    )
    facts = hall_facts(cast.supervisor, OCTOBER)
    with reading() as session:
        found = {s.figure: s for s in queries.hall_sources(session, cast.supervisor, facts)}
    counted = {name: len(s.entries) for name, s in found.items()}
    assert counted["重点项目数"] == len(facts.projects) == 2
    assert counted["走访接待"] == facts.visits.total == 2
    assert counted["涉及企业"] == facts.visits.enterprises == 1
    assert counted["收到企业诉求"] == facts.demands.raised == 1
    assert counted["审批办结"] == facts.cases.decided == 0
    assert counted["红灯项目"] == len(facts.reds) == 1
    assert counted["需领导协调事项"] == len(facts.decisions)
    assert counted["应开工未开工"] == len(facts.pace.not_started)
    assert [(e.page, e.id) for e in found["红灯项目"].entries] == [("project", cast.project)]
