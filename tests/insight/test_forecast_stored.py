"""The forecast in the database: what it reads, what the night keeps, who sees it."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from crm.alerts import daily
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, NotFound, Refusal
from crm.core.today import SHANGHAI
from crm.insight.forecast import actions, queries
from crm.insight.forecast.history_rules import Level
from crm.insight.forecast.queries import Order
from crm.insight.forecast.rules import NoForecast, Target
from crm.workdays.queries import calendar as calendar_of
from models import AuditEntry, Case, Item, Milestone, MilestoneLink, Project, ProjectForecast, StageMove
from models.vocabulary import CaseState, Party, ProjectStatus, Stage
from tests.conftest import MONDAY

STEPS = (
    ("P22", 10, (), Stage.PLANNING_PERMIT, Party.DEPARTMENT),
    ("P34", 3, ("P22",), Stage.CONSTRUCTION_PERMIT, Party.DEPARTMENT),
    ("P69", 20, ("P34",), Stage.PRODUCTION, Party.ENTERPRISE),
)


def plan(project: int, done: dict[str, date] | None = None) -> dict[str, int]:
    """规划许可 -> 施工许可 -> 投产; `done` by code. Returns milestone ids by code."""
    with unit_of_work(SYSTEM, "test.plan") as session:
        items = {i.code: i for i in session.exec(select(Item))}
        ids: dict[str, int] = {}
        for sort, (code, wd, before, stage, party) in enumerate(STEPS):
            row = Milestone(
                project_id=project,
                code=code,
                name=items[code].name,
                item_id=items[code].id,
                stage=stage,
                waits_for=party,
                duration_wd=wd,
                sort=sort,
                done_on=(done or {}).get(code),
            )
            session.add(row)
            session.flush()
            ids[code] = row.id or 0
            for p in before:
                session.add(MilestoneLink(milestone_id=ids[code], prerequisite_id=ids[p]))
    return ids


def finished_projects(cast: Any, days: list[int]) -> None:
    """Projects whose 施工许可 came so many working days after their 规划许可."""
    with reading() as session:
        calendar = calendar_of(session)
    begun = date(2026, 3, 2)
    for n, took in enumerate(days):
        project = cast.make_project(f"已建成{n}号", enterprise=f"江门市已建成{n}号有限公司")
        plan(project, {"P22": begun, "P34": calendar.add_workdays(begun, took)})


def test_history_counts_working_days_from_the_last_prerequisite(any_db: str, cast: Any) -> None:
    finished_projects(cast, [2, 5])
    with reading() as session:
        past = queries.past_steps(session, calendar_of(session), MONDAY)
        assert sorted((p.code, p.planned_wd, p.took_wd) for p in past) == [("P34", 3, 2), ("P34", 3, 5)]
        assert queries.past_steps(session, calendar_of(session), date(2026, 3, 5)) == [
            p for p in past if p.done_on <= date(2026, 3, 5)
        ]
        assert queries.past_steps(session, calendar_of(session), MONDAY, codes=["P22"]) == []


def test_a_stage_entered_later_is_when_its_step_began(any_db: str, cast: Any) -> None:
    ids = plan(cast.project, {"P22": date(2026, 3, 2), "P34": date(2026, 3, 23)})
    with unit_of_work(SYSTEM, "test.move") as session:
        session.add(
            StageMove(
                project_id=cast.project,
                from_stage=Stage.PLANNING_PERMIT,
                to_stage=Stage.CONSTRUCTION_PERMIT,
                moved_on=date(2026, 3, 16),
            )
        )
    assert ids
    with reading() as session:
        past = queries.past_steps(session, calendar_of(session), MONDAY)
    assert [p.took_wd for p in past] == [5]


def test_case_times_come_from_the_last_years_decided_cases(any_db: str, cast: Any) -> None:
    with unit_of_work(SYSTEM, "test.cases") as session:
        item = session.exec(select(Item).where(Item.code == "P34")).one()
        for n, (decided, running, enterprise, stopped) in enumerate(
            [
                (MONDAY, 3, 2, 1),
                (MONDAY - timedelta(days=300), 3, None, None),
                (MONDAY - timedelta(days=400), 9, 0, 0),  # longer ago than a year
                (None, None, None, None),
            ]
        ):
            session.add(
                Case(
                    case_no=f"Y{n}",
                    item_id=item.id or 0,
                    state=CaseState.DECIDED if decided else CaseState.ACCEPTED,
                    received_on=MONDAY - timedelta(days=500),
                    decided_on=decided,
                    running_wd=running,
                    enterprise_wd=enterprise,
                    stopped_wd=stopped,
                )
            )
        item_id = item.id or 0
    with reading() as session:
        found = queries.case_times(session, MONDAY)[item_id]
    assert found.whole.values.tolist() == [3, 6]
    assert found.accepted.values.tolist() == [3, 4]
    assert found.whole.counts.tolist() == [1, 1]


def test_one_project_afresh_with_what_stood_behind_each_step(any_db: str, cast: Any) -> None:
    finished_projects(cast, list(range(1, 13)))
    plan(cast.project, {"P22": MONDAY - timedelta(days=3)})
    with reading() as session:
        _facts, made = queries.fresh(session, cast.officer, cast.project, MONDAY)
    assert [a.target for a in made.arrivals] == [Target.LICENCE, Target.PRODUCTION]
    assert (made.behind["P34"].level, made.behind["P34"].n) == (Level.STEP, 12)
    assert made.behind["P69"].level is Level.PLAN
    licence, production = made.arrivals
    assert licence.p50_on <= licence.p80_on <= licence.p95_on < production.p50_on
    assert production.provisional or production.p95_on.year == 2026


def test_a_running_case_conditions_what_is_left(db: Any, cast: Any) -> None:
    ids = plan(cast.project, {"P22": date(2026, 11, 2)})
    with unit_of_work(SYSTEM, "test.case") as session:
        item = session.exec(select(Item).where(Item.code == "P34")).one()
        for n in range(12):
            session.add(
                Case(
                    case_no=f"H{n}",
                    item_id=item.id or 0,
                    state=CaseState.DECIDED,
                    received_on=date(2026, 9, 1),
                    decided_on=date(2026, 9, 9),
                    running_wd=3 if n < 6 else 8,
                    enterprise_wd=0,
                    stopped_wd=0,
                )
            )
        session.add(
            Case(
                case_no="R",
                item_id=item.id or 0,
                project_id=cast.project,
                milestone_id=ids["P34"],
                state=CaseState.ACCEPTED,
                received_on=date(2026, 11, 16),
                accepted_on=date(2026, 11, 16),  # Monday a week ago: five working days used
            )
        )
    with reading() as session:
        _facts, made = queries.fresh(session, SYSTEM, cast.project, MONDAY)
    assert made.behind["P34"].level is Level.CASES
    assert made.behind["P34"].left.values.tolist() == [3]  # only the eights lasted longer than five
    assert made.arrivals[0].p50_on == date(2026, 11, 26)


@pytest.mark.parametrize("status", [ProjectStatus.SUSPENDED, ProjectStatus.TERMINATED])
def test_a_project_at_rest_has_no_forecast_and_loses_the_one_it_had(
    any_db: str, cast: Any, status: ProjectStatus
) -> None:
    plan(cast.project)
    actions.forecast_all(SYSTEM, MONDAY)
    with unit_of_work(SYSTEM, "test.rest") as session:
        session.get_one(Project, cast.project).status = status
    actions.forecast_all(SYSTEM, MONDAY)
    with reading() as session:
        assert queries.kept(session, SYSTEM, cast.project) == []
        _facts, made = queries.fresh(session, SYSTEM, cast.project, MONDAY)
    assert made.why_not in (NoForecast.SUSPENDED, NoForecast.TERMINATED)


def test_a_plan_in_a_circle_is_named_and_stops_nobody_elses_forecast(db: Any, cast: Any) -> None:
    ids = plan(cast.project)
    plan(cast.other_project)
    with unit_of_work(SYSTEM, "test.circle") as session:
        session.add(MilestoneLink(milestone_id=ids["P22"], prerequisite_id=ids["P69"]))
    with reading() as session, pytest.raises(Refusal) as told:
        queries.fresh(session, SYSTEM, cast.project, MONDAY)
    assert "投产" in str(told.value)
    made = actions.forecast_all(SYSTEM, MONDAY)
    assert (made.forecast, made.without) == (1, 1)


# ── The night ───────────────────────────────────────────────────────────────────────


def test_all_projects_are_kept_and_made_again_leave_one_each(any_db: str, cast: Any) -> None:
    plan(cast.project)
    plan(cast.other_project, {"P22": date(2026, 10, 9), "P34": date(2026, 11, 2)})
    told: list[tuple[int, int]] = []
    for day in (MONDAY, MONDAY + timedelta(days=1)):
        made = actions.forecast_all(SYSTEM, day, progress=lambda a, b: told.append((a, b)))
    assert (made.forecast, made.without, made.complete) == (2, 0, True)
    assert told == [(2, 2), (2, 2)]
    with reading() as session:
        rows = session.exec(select(ProjectForecast)).all()
        assert sorted((r.project_id, r.target) for r in rows) == sorted(
            [(cast.project, "licence"), (cast.project, "production"), (cast.other_project, "production")]
        )
        assert {r.made_on for r in rows} == {MONDAY + timedelta(days=1)}
        kept = queries.kept(session, cast.officer, cast.project)
        assert [k.target for k in kept] == [Target.LICENCE, Target.PRODUCTION]
        assert kept[1].movers[0]["name"]
        assert {level for _code, level, _n in kept[1].basis["steps"]} == {"plan"}
        assert session.exec(select(AuditEntry).where(AuditEntry.record == "project_forecast")).all() == []


def test_a_run_that_is_stopped_leaves_whole_projects_and_says_so(db: Any, cast: Any) -> None:
    plan(cast.project)
    stop = threading.Event()
    stop.set()
    assert not actions.forecast_all(SYSTEM, MONDAY, stop=stop).complete
    assert not actions.nightly(MONDAY, stop)
    assert actions.nightly(MONDAY)  # taken up again at once


def test_the_night_is_run_once_a_day_and_taken_over_from_a_dead_process(any_db: str, cast: Any) -> None:
    plan(cast.project)
    assert actions.nightly(MONDAY)
    assert not actions.nightly(MONDAY)
    assert actions.nightly(MONDAY + timedelta(days=1))
    with reading() as session:
        kept = queries.backtest_kept(session, SYSTEM)
    assert kept is not None
    assert kept["made_on"] == (MONDAY + timedelta(days=1)).isoformat()
    at = datetime(2026, 11, 25, tzinfo=UTC)
    day = MONDAY + timedelta(days=2)
    assert actions._claim(day, at)
    assert not actions._claim(day, at + timedelta(minutes=29))
    assert actions._claim(day, at + timedelta(minutes=31))


def test_it_follows_the_daily_scan(db: Any, cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plan(cast.project)
    monkeypatch.setattr(daily, "_FOLLOWING", [])
    failing: list[date] = []

    def fails(day: date, _stop: threading.Event | None) -> None:
        failing.append(day)
        raise OSError("disk full")

    daily.followed_by(fails)
    daily.followed_by(actions.nightly)
    daily.followed_by(actions.nightly)
    daily.run_following(datetime(2026, 11, 23, 7, 29, tzinfo=SHANGHAI))
    assert failing == []
    daily.run_following(datetime(2026, 11, 23, 7, 30, tzinfo=SHANGHAI))
    assert failing == [MONDAY]
    with reading() as session:
        assert len(queries.kept(session, SYSTEM, cast.project)) == 2


# ── Who sees what ───────────────────────────────────────────────────────────────────


def test_a_stranger_gets_the_same_answer_as_for_no_project_at_all(db: Any, cast: Any) -> None:
    plan(cast.project)
    actions.forecast_all(SYSTEM, MONDAY)
    with reading() as session:
        for read in (queries.kept, lambda s, a, p: queries.fresh(s, a, p, MONDAY)):
            for project in (cast.project, 999_999):
                with pytest.raises(NotFound) as told:
                    read(session, cast.stranger, project)
                assert "没有找到" in str(told.value)
        rows, total = queries.forecasts(session, cast.stranger)
        assert (rows, total) == ([], 0)
        mine, total = queries.forecasts(session, cast.officer)
        assert ([r.project_id for r in mine], total) == ([cast.project], 1)


def test_only_who_may_run_the_scan_makes_all_forecasts(db: Any, cast: Any) -> None:
    for actor in (cast.officer, cast.leader, cast.handler, cast.clerk):
        with pytest.raises(NotAllowed):
            actions.forecast_all(actor, MONDAY)
    assert actions.forecast_all(cast.supervisor, MONDAY).complete


def test_the_list_narrows_to_what_comes_later_than_wanted(any_db: str, cast: Any) -> None:
    plan(cast.project)
    plan(cast.other_project)
    with unit_of_work(SYSTEM, "test.wanted") as session:
        session.get_one(Project, cast.project).production_on = MONDAY + timedelta(days=7)
        session.get_one(Project, cast.other_project).production_on = MONDAY + timedelta(days=700)
    actions.forecast_all(SYSTEM, MONDAY)
    bare = cast.make_project("无计划项目", enterprise="江门市无计划有限公司")
    with reading() as session:
        counts = queries.forecast_counts(session, SYSTEM)
        assert (counts.forecast, counts.wanted, counts.late, counts.without) == (2, 2, 1, 1)
        assert counts.made_on == MONDAY
        late, n = queries.forecasts(session, SYSTEM, shown="late")
        assert ([r.project_id for r in late], n) == ([cast.project], 1)
        assert late[0].late
        without, n = queries.forecasts(session, SYSTEM, shown="without")
        assert ([r.project_id for r in without], n) == ([bare], 1)
        for order in (Order.PRODUCTION, Order.LICENCE, Order.NAME):
            rows, n = queries.forecasts(session, SYSTEM, order=order, page=2, per_page=1)
            assert (len(rows), n) == (1, 2)
