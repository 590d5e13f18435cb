"""The light of a project, ground by ground, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.projects.queries import Ground, LightInfo, ProjectFilter, Sort, list_projects, project_lights
from models import (
    AnnualPlan,
    Assignment,
    Case,
    Department,
    Item,
    Milestone,
    MonthlyProgress,
    Officer,
    Project,
    SpecialProcedure,
    Threshold,
    User,
)
from models.vocabulary import CaseState, Light, Party, ProcedureKind, ProjectStatus, Stage

MONDAY = date(2026, 11, 23)
FRIDAY_BEFORE = date(2026, 11, 20)
NEXT_MONDAY = date(2026, 11, 30)  # the fifth working day after MONDAY
NEXT_TUESDAY = date(2026, 12, 1)


def add(*rows: Any) -> list[int]:
    with unit_of_work(SYSTEM, "test.add") as session:
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def milestone(project: int, planned_on: date | None, **fields: Any) -> int:
    values = {"code": f"M{planned_on}", "name": "施工许可证", "stage": Stage.CONSTRUCTION_PERMIT} | fields
    return add(Milestone(project_id=project, planned_on=planned_on, **values))[0]


def permit_case(project: int, due_on: date | None, **fields: Any) -> int:
    with reading() as session:
        item = session.exec(select(Item).where(Item.code == "P22")).first()
    item_id = item.id if item else add(Item(code="P22", name="建设工程规划许可证"))[0]
    values = {"state": CaseState.ACCEPTED, "received_on": date(2026, 11, 2)} | fields
    return add(
        Case(
            case_no=f"A{project}-{due_on}-{len(values)}",
            item_id=item_id,
            project_id=project,
            due_on=due_on,
            **values,
        )
    )[0]


def progress(project: int, plan: str, month: int, done: str) -> None:
    add(
        AnnualPlan(project_id=project, year=2026, plan_wan=Decimal(plan)),
        MonthlyProgress(
            project_id=project, year=2026, month=month, done_wan=Decimal(done), reported_on=MONDAY
        ),
    )


def light_of(project: int, today: date = MONDAY) -> LightInfo:
    with reading() as session:
        return project_lights(session, today, [project])[project]


def change(project: int, **values: Any) -> None:
    with unit_of_work(SYSTEM, "test.change") as session:
        row = session.get(Project, project)
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)


GROUNDS: list[tuple[str, Callable[[int], Any], Light, Ground]] = [
    ("nothing late", lambda p: None, Light.GREEN, Ground.NONE),
    (
        "milestone was due on Friday",
        lambda p: milestone(p, FRIDAY_BEFORE),
        Light.RED,
        Ground.MILESTONE_OVERDUE,
    ),
    ("milestone is due today", lambda p: milestone(p, MONDAY), Light.ORANGE, Ground.MILESTONE_TODAY),
    (
        "milestone due in 5 working days",
        lambda p: milestone(p, NEXT_MONDAY),
        Light.YELLOW,
        Ground.MILESTONE_SOON,
    ),
    ("milestone due in 6 working days", lambda p: milestone(p, NEXT_TUESDAY), Light.GREEN, Ground.NONE),
    (
        "overdue milestone already done",
        lambda p: milestone(p, FRIDAY_BEFORE, done_on=MONDAY),
        Light.GREEN,
        Ground.NONE,
    ),
    (
        "overdue milestone the project does not need",
        lambda p: milestone(p, FRIDAY_BEFORE, inactive=True),
        Light.GREEN,
        Ground.NONE,
    ),
    ("milestone without a date", lambda p: milestone(p, None), Light.GREEN, Ground.NONE),
    ("case past its legal due date", lambda p: permit_case(p, FRIDAY_BEFORE), Light.RED, Ground.CASE_OVERDUE),
    (
        "case past its promised date only",
        lambda p: permit_case(p, NEXT_TUESDAY, promised_due_on=FRIDAY_BEFORE),
        Light.RED,
        Ground.CASE_OVERDUE,
    ),
    ("case due today", lambda p: permit_case(p, MONDAY), Light.ORANGE, Ground.CASE_TODAY),
    (
        "case in its yellow days",
        lambda p: permit_case(p, NEXT_TUESDAY, yellow_on=MONDAY),
        Light.YELLOW,
        Ground.CASE_SOON,
    ),
    (
        "case before its yellow days",
        lambda p: permit_case(p, NEXT_TUESDAY, yellow_on=NEXT_MONDAY),
        Light.GREEN,
        Ground.NONE,
    ),
    (
        "late case already decided",
        lambda p: permit_case(p, FRIDAY_BEFORE, decided_on=MONDAY, state=CaseState.DECIDED),
        Light.GREEN,
        Ground.NONE,
    ),
    (
        "late case withdrawn",
        lambda p: permit_case(p, FRIDAY_BEFORE, state=CaseState.WITHDRAWN),
        Light.GREEN,
        Ground.NONE,
    ),
    # October's 序时进度 is 83.33 %.
    ("9.9 points behind", lambda p: progress(p, "10000", 10, "7344"), Light.GREEN, Ground.NONE),
    (
        "exactly 10 points behind",
        lambda p: progress(p, "12000", 9, "7800"),
        Light.YELLOW,
        Ground.PROGRESS_BEHIND,
    ),
    (
        "exactly 30 points behind",
        lambda p: progress(p, "12000", 9, "5400"),
        Light.YELLOW,
        Ground.PROGRESS_BEHIND,
    ),
    (
        "30.01 points behind",
        lambda p: progress(p, "12000", 9, "5398.8"),
        Light.RED,
        Ground.PROGRESS_FAR_BEHIND,
    ),
    ("ahead of schedule", lambda p: progress(p, "12000", 9, "11000"), Light.GREEN, Ground.NONE),
    ("reported against no plan", lambda p: progress(p, "0", 9, "100"), Light.GREEN, Ground.NONE),
    ("suspended", lambda p: change(p, status=ProjectStatus.SUSPENDED), Light.GREY, Ground.CLOSED),
    ("terminated", lambda p: change(p, status=ProjectStatus.TERMINATED), Light.GREY, Ground.CLOSED),
    ("completed", lambda p: change(p, status=ProjectStatus.COMPLETED), Light.GREY, Ground.CLOSED),
]


@pytest.mark.parametrize(("ground", "given", "light", "reason"), GROUNDS, ids=[g[0] for g in GROUNDS])
def test_each_ground_gives_its_light(
    cast: Any, ground: str, given: Callable[[int], Any], light: Light, reason: Ground
) -> None:
    given(cast.project)
    info = light_of(cast.project)
    assert (info.light, info.ground) == (light, reason)


def test_the_light_is_the_same_on_both_databases(any_db: str, cast: Any) -> None:
    for number, (_name, given, *_rest) in enumerate(GROUNDS):
        project = cast.make_project(f"项目{number}", lead=_officer(cast.officer.user_id))
        given(project)
        info = light_of(project)
        assert (info.light, info.ground) == GROUNDS[number][2:], GROUNDS[number][0]
    with reading() as session:
        reds = list_projects(
            session, cast.supervisor, ProjectFilter(light=Light.RED), Sort.LIGHT, today=MONDAY, per_page=100
        )
    assert reds.total == sum(1 for g in GROUNDS if g[2] is Light.RED)
    assert {row.light.light for row in reds.rows} == {Light.RED}


def _officer(user_id: int) -> int:
    with reading() as session:
        return session.exec(select(Officer.id).where(Officer.user_id == user_id)).one()


def test_the_worst_ground_wins_and_is_named(cast: Any) -> None:
    milestone(cast.project, NEXT_MONDAY, name="临期节点", code="A")
    case = permit_case(cast.project, FRIDAY_BEFORE)
    info = light_of(cast.project)
    assert (info.light, info.record, info.record_id) == (Light.RED, "permit_case", case)
    assert info.name == "建设工程规划许可证"
    assert info.because == "建设工程规划许可证 逾期1个工作日"


def test_a_milestone_overdue_over_the_weekend_only_is_late_by_working_days(cast: Any) -> None:
    milestone(cast.project, FRIDAY_BEFORE)
    assert light_of(cast.project).late_wd == 1
    assert (
        light_of(cast.project, FRIDAY_BEFORE + timedelta(days=1)).because == "施工许可证 逾期1天"
    )  # a Saturday


def test_due_today_is_not_overdue_and_tomorrow_it_is(cast: Any) -> None:  # K15
    milestone(cast.project, MONDAY)
    assert light_of(cast.project).because == "施工许可证 今天到期"
    assert light_of(cast.project, MONDAY + timedelta(days=1)).because == "施工许可证 逾期1个工作日"


def test_a_stop_told_in_writing_freezes_the_case_and_one_without_notice_does_not(
    cast: Any,
) -> None:  # K4, K13
    case = permit_case(cast.project, FRIDAY_BEFORE)
    stop = SpecialProcedure(
        case_id=case,
        kind=ProcedureKind.EXPERT_REVIEW,
        ground="专家评审",
        basis="行政许可法第四十五条",
        from_on=date(2026, 11, 18),
        planned_wd=5,
    )
    (stop_id,) = add(stop)
    assert light_of(cast.project).light is Light.RED
    with unit_of_work(SYSTEM, "test.told") as session:
        row = session.get(SpecialProcedure, stop_id)
        assert row is not None
        row.told_on = date(2026, 11, 18)
    assert light_of(cast.project).light is Light.GREEN


def test_progress_is_read_from_the_latest_reported_month(cast: Any) -> None:
    progress(cast.project, "12000", 3, "0")
    add(
        MonthlyProgress(
            project_id=cast.project, year=2026, month=9, done_wan=Decimal(9000), reported_on=MONDAY
        ),
        MonthlyProgress(project_id=cast.project, year=2026, month=10, reported_on=MONDAY),  # words, no amount
        MonthlyProgress(
            project_id=cast.project, year=2025, month=12, done_wan=Decimal(1), reported_on=MONDAY
        ),
    )
    info = light_of(cast.project)
    assert (info.light, info.month, info.rate_pct, info.points) == (Light.GREEN, 9, 75, 0)


def test_behind_says_by_how_many_points(cast: Any) -> None:
    progress(cast.project, "10000", 10, "5000")
    assert light_of(cast.project).because == "1-10月完成率50.0%，慢于序时进度33.3个百分点"


def test_a_project_whose_officers_are_gone_is_yellow(cast: Any) -> None:  # R10
    with unit_of_work(SYSTEM, "test.end") as session:
        for row in session.exec(select(Assignment).where(Assignment.project_id == cast.project)):
            row.to_on = FRIDAY_BEFORE
    info = light_of(cast.project)
    assert (info.light, info.ground) == (Light.YELLOW, Ground.NO_OFFICER)
    assert light_of(cast.project, FRIDAY_BEFORE).light is Light.GREEN  # the last day still counts


def test_an_officer_with_a_disabled_account_answers_for_nothing(cast: Any) -> None:
    with unit_of_work(SYSTEM, "test.disable") as session:
        for actor in (cast.officer, cast.teammate):
            user = session.get(User, actor.user_id)
            assert user is not None
            user.active = False
    assert light_of(cast.project).ground is Ground.NO_OFFICER


def test_an_officer_without_an_account_yet_answers_all_the_same(cast: Any) -> None:
    (officer,) = add(Officer(name="新来的"))
    project = cast.make_project("新项目", lead=officer)
    assert light_of(project).light is Light.GREEN


def test_the_threshold_of_a_stage_overrides_the_general_one_and_0_means_never(cast: Any) -> None:
    milestone(cast.project, NEXT_TUESDAY)
    add(Threshold(code="milestone_soon_wd", stage=int(Stage.EARLY_PLANNING), value=6))
    assert light_of(cast.project).light is Light.YELLOW
    change(cast.project, stage=Stage.LAND)
    assert light_of(cast.project).light is Light.GREEN
    with unit_of_work(SYSTEM, "test.never") as session:
        row = session.exec(
            select(Threshold).where(Threshold.code == "milestone_soon_wd", Threshold.stage.is_(None))  # type: ignore[union-attr]
        ).one()
        row.value = 0
    milestone(cast.project, date(2026, 11, 24), code="tomorrow")
    assert light_of(cast.project).light is Light.GREEN


def test_the_ball_is_with_whom_the_next_milestone_waits_for_unless_set_by_hand(cast: Any) -> None:
    assert (light_of(cast.project).party, light_of(cast.project).holder) == (Party.OFFICER, "何志强")
    with reading() as session:
        housing = session.get(Department, cast.department)
        assert housing is not None
    milestone(cast.project, NEXT_MONDAY, department_id=cast.department, waits_for=Party.DEPARTMENT)
    assert (light_of(cast.project).party, light_of(cast.project).holder) == (Party.DEPARTMENT, housing.short)
    change(cast.project, ball="enterprise")
    assert light_of(cast.project).holder == "江门市恒岳科技有限公司"
    assert light_of(cast.project).by_hand
