"""The what-if in the database: counts against cases written by hand, who reaches which, and the pages."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from crm.approvals.queries import case_list
from crm.approvals.queries.case_filter import CLOSED, CaseFilter, Range, Span
from crm.core import today as clock
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, NotFound
from crm.insight.forecast import actions as forecasting
from crm.insight.forecast import queries as forecasts
from crm.insight.whatif import queries
from crm.insight.whatif.rules import Limit, Scenario
from crm.workdays.queries import calendar as calendar_of
from models import Case, Department, Item, Milestone, MilestoneLink
from models.vocabulary import CaseSource, CaseState, Party, Stage
from tests.conftest import MONDAY

YEAR = [(3, 0), (5, 0), (5, 4), (6, 0), (9, 6), (12, 0)]  # (running, the enterprise's own when corrected)


@pytest.fixture
def monday(monkeypatch: pytest.MonkeyPatch) -> date:
    monkeypatch.setattr(clock, "today", lambda: MONDAY)
    return MONDAY


def drainage(session: Any) -> Item:
    found: Item = session.exec(select(Item).where(Item.code == "P35")).one()
    return found


def cases(department: str = "区水利局") -> int:
    """Six closed cases of 排水许可 within the year, ours and the hall's, and three that do not count."""
    with unit_of_work(SYSTEM, "test.cases") as session:
        item = drainage(session)
        place = session.exec(select(Department).where(Department.name == department)).first()
        mine = place.id if place else session.exec(select(Department.id)).first()
        rows = [
            {"decided_on": MONDAY - timedelta(days=30 * n), "running_wd": wd, "enterprise_wd": ours, "corrections": int(ours > 0)}
            for n, (wd, ours) in enumerate(YEAR)
        ]  # fmt: skip
        rows += [
            {"decided_on": MONDAY - timedelta(days=365), "running_wd": 40},  # a year and a day
            {"decided_on": None, "running_wd": None},
            {"decided_on": MONDAY, "running_wd": None},  # sent back before its clock began
        ]
        for n, values in enumerate(rows):
            session.add(
                Case(
                    case_no=f"PS{n}",
                    item_id=item.id or 0,
                    source=CaseSource.OURS if n % 2 else CaseSource.HALL,
                    department_id=mine,
                    state=CaseState.DECIDED if values["decided_on"] else CaseState.ACCEPTED,
                    received_on=MONDAY - timedelta(days=400),
                    starts_on=values["decided_on"] - timedelta(days=14) if values["decided_on"] else None,
                    **values,
                )
            )
        return item.id or 0


def needs(project: int, *, before: bool = True) -> None:
    """规划许可 -> 施工图（企业）-> 排水许可（10）-> 投产."""
    with unit_of_work(SYSTEM, "test.plan") as session:
        items = {i.code: i for i in session.exec(select(Item))}
        ids: list[int] = []
        for sort, (code, wd, party, stage) in enumerate(
            (
                ("P22", 10, Party.DEPARTMENT, Stage.PLANNING_PERMIT),
                ("P31", 8, Party.ENTERPRISE, Stage.CONSTRUCTION_PERMIT),
                ("P35", 10, Party.DEPARTMENT, Stage.CONSTRUCTION_PERMIT),
                ("P69", 1, Party.ENTERPRISE, Stage.PRODUCTION),
            )
        ):
            row = Milestone(
                project_id=project,
                code=code,
                name=items[code].name,
                item_id=items[code].id,
                stage=stage,
                waits_for=party,
                duration_wd=wd,
                sort=sort,
            )
            session.add(row)
            session.flush()
            if ids:
                session.add(MilestoneLink(milestone_id=row.id or 0, prerequisite_id=ids[-1]))
            ids.append(row.id or 0)


# ── Counts ──────────────────────────────────────────────────────────────────────────


def test_the_years_cases_are_held_against_both_limits(any_db: str, cast: Any) -> None:
    item_id = cases()
    scenario = Scenario(item_id, was=10, limit=5, papers_was=8, papers=5)
    with reading() as session:
        item = queries.item_now(session, cast.leader, item_id)
        said = queries.cases_say(session, cast.leader, scenario, item, MONDAY)
    assert said.whole is not None
    assert (said.whole.n, said.whole.median, said.unmeasured) == (6, 5, 1)
    assert (said.whole.late_before, said.whole.late_after, said.whole.saved) == (1, 3, 1 + 4 + 7)
    assert (said.corrections.all_cases, said.corrections.n) == (7, 2)
    assert (said.corrections.median_wd, said.corrections.total_wd) == (4, 10)
    assert [v.n for v in said.departments] == [6]


def test_each_figure_is_what_the_list_of_cases_shows_behind_it(db: Any, cast: Any) -> None:
    item_id = cases()
    first, last = queries.window(MONDAY)
    with reading() as session:
        for least, n in ((0, 6), (6, 3), (11, 1)):
            asked = CaseFilter(
                state=CLOSED, item_id=item_id, decided=Span(first, last), running=Range(least, None)
            )
            _rows, total = case_list(session, cast.supervisor, MONDAY, CaseFilter.read(asked.query()))
            assert total == n


def test_the_laws_own_days_are_counted_by_the_calendar(any_db: str, cast: Any) -> None:
    item_id = cases()
    with reading() as session:
        item = queries.item_now(session, SYSTEM, item_id)
        scenario = Scenario(item_id, which=Limit.LEGAL, was=15, limit=10)
        said = queries.cases_say(session, SYSTEM, scenario, item, MONDAY)
    # each ran fourteen calendar days, the one without a measure too
    assert said.whole is not None
    assert (said.whole.n, said.whole.late_before, said.whole.late_after, said.whole.saved) == (7, 0, 7, 28)


def test_a_department_sees_its_own_cases_alone(any_db: str, cast: Any) -> None:
    item_id = cases()
    with reading() as session:
        item = queries.item_now(session, cast.handler, item_id)
        said = queries.cases_say(session, cast.handler, Scenario(item_id, was=10, limit=5), item, MONDAY)
        assert (said.whole, said.unmeasured) == (None, 0)
        for actor in (cast.officer, cast.clerk):
            with pytest.raises(NotAllowed):
                queries.cases_say(session, actor, Scenario(item_id), item, MONDAY)
            with pytest.raises(NotAllowed):
                queries.affected(session, actor, item_id)


def test_an_item_that_is_not_there(db: Any, cast: Any) -> None:
    with reading() as session:
        for wrong in (0, 999_999, 2**40):
            with pytest.raises(NotFound):
                queries.item_now(session, cast.leader, wrong)


# ── Projects ────────────────────────────────────────────────────────────────────────


def moved(actor: Any, scenario: Scenario) -> list[queries.Move]:
    with reading() as session:
        item = queries.item_now(session, actor, scenario.item_id)
        said = queries.cases_say(session, actor, scenario, item, MONDAY)
        history = forecasts.history(session, calendar_of(session), MONDAY)
        base = queries.ground(session, actor, item, said, history)
        ids = queries.affected(session, actor, item.id)
        return queries.moves(session, actor, ids, scenario, base, MONDAY)


def test_a_shorter_limit_brings_the_projects_on_its_path_nearer(any_db: str, cast: Any) -> None:
    needs(cast.project)
    with reading() as session:
        item_id = drainage(session).id or 0
    (move,) = moved(cast.supervisor, Scenario(item_id, was=10, limit=5))
    # no case of the item is known: the difference of the limits itself
    assert (move.project_id, move.plan_wd, move.forecast_wd) == (cast.project, 5, 5)
    assert move.before_on is not None
    assert move.after_on is not None
    assert move.after_on < move.before_on
    assert move.new_critical == move.eased == ()


def test_where_cases_met_the_new_limit_already_only_the_plan_moves(db: Any, cast: Any) -> None:
    needs(cast.project)
    with unit_of_work(SYSTEM, "test.quick") as session:
        item_id = drainage(session).id or 0
        for n in range(12):
            session.add(
                Case(
                    case_no=f"K{n}", item_id=item_id, state=CaseState.DECIDED, received_on=MONDAY,
                    decided_on=MONDAY, running_wd=4, enterprise_wd=0, stopped_wd=0,
                )
            )  # fmt: skip
    (move,) = moved(cast.supervisor, Scenario(item_id, was=10, limit=5))
    assert (move.plan_wd, move.forecast_wd) == (5, 0)


def test_a_prerequisite_in_parallel_changes_the_path(any_db: str, cast: Any) -> None:
    needs(cast.project)
    with reading() as session:
        item_id = drainage(session).id or 0
        offered = queries.prerequisites(session, cast.supervisor, item_id)
    assert [(b.code, b.projects) for b in offered] == [("P31", 1)]
    (move,) = moved(cast.supervisor, Scenario(item_id, parallel=("P31",)))
    # 10 + 8 + 10 + 1 becomes 10 + max(8, 10) + 1
    assert (move.plan_wd, move.forecast_wd) == (8, 8)
    assert [name for name in move.eased if "施工图" in name]


def test_projects_out_of_reach_are_neither_counted_nor_shown(db: Any, cast: Any) -> None:
    needs(cast.project)
    with reading() as session:
        item_id = drainage(session).id or 0
        assert queries.affected(session, cast.leader, item_id) == [cast.project]
        assert queries.affected(session, cast.handler, item_id) == []
    assert moved(cast.handler, Scenario(item_id, was=10, limit=5)) == []


# ── The pages ───────────────────────────────────────────────────────────────────────


def words(at: Any) -> str:
    parts = [
        e.value for kind in ("title", "subheader", "caption", "markdown", "error") for e in getattr(at, kind)
    ]
    return re.sub(r"\\(.)", r"\1", "\n".join(str(p) for p in parts))


def test_the_example_is_one_button_and_one_url(db: Any, cast: Any, app_test: Any, monday: date) -> None:
    item_id = cases()
    needs(cast.project)
    at = app_test("whatif", cast.supervisor)
    assert "选择一个事项" in words(at)
    at.button(key="whatif-example").click().run()
    assert not at.exception
    assert "".join(at.query_params["item"]) == str(item_id)
    said = words(at)
    assert "按原时限10个工作日，[1](" in said
    assert "会有[3](" in said
    assert "合计节省**12**个工作日，平均每件2.0个工作日" in said
    assert "7件中有2件补正过，企业补正用时中位4个工作日，合计10个工作日" in said
    assert "上限" in said
    assert "1个推进中的项目还要办这个事项" in said
    assert "1项的计划移动，合计+5个工作日" in said


def test_the_leader_may_look_and_has_no_way_to_change_the_rule(
    db: Any, cast: Any, app_test: Any, monday: date
) -> None:
    item_id = cases()
    at = app_test("whatif", cast.leader, item=item_id, was=10, limit=5)
    assert not at.exception
    keys = {b.key for b in at.button}
    assert "whatif-version" not in keys
    assert "whatif-measure" not in keys
    assert {"whatif-version", "whatif-measure"} <= {
        b.key for b in app_test("whatif", cast.supervisor, item=item_id, was=10, limit=5).button
    }


def test_who_may_not_look_is_told_so(db: Any, cast: Any, app_test: Any, monday: date) -> None:
    for actor in (cast.officer, cast.clerk):
        assert "没有查看此页的权限" in words(app_test("whatif", actor))


def test_a_wrong_item_in_the_url_is_said(db: Any, cast: Any, app_test: Any, monday: date) -> None:
    at = app_test("whatif", cast.leader, item=999_999, limit=5)
    assert not at.exception
    assert "没有找到" in words(at)


def test_the_projects_page_says_when_and_opens_why(db: Any, cast: Any, app_test: Any, monday: date) -> None:
    needs(cast.project)
    at = app_test("project", cast.officer, id=cast.project)
    assert "尚未测算" in at.button(key="open-forecast").label
    forecasting.forecast_all(SYSTEM, MONDAY)
    at = app_test("project", cast.officer, id=cast.project)
    # 29 working days from 23 November: 2027 has no notice
    assert "预计投产 2027年1月（八成把握）" in re.sub(r"\\(.)", r"\1", at.button(key="open-forecast").label)
    at.button(key="open-forecast").click().run()
    assert not at.exception
    said = words(at)
    assert "八成把握" in said
    assert "最能左右" in said
    assert "没有足够历史，按计划工期" in said
    assert "暂定" in said


def test_the_forecast_page_for_each_reader(db: Any, cast: Any, app_test: Any, monday: date) -> None:
    needs(cast.project)
    forecasting.nightly(MONDAY)
    for actor, n in ((cast.supervisor, 1), (cast.officer, 1), (cast.stranger, 0)):
        at = app_test("forecast", actor)
        assert not at.exception
        assert f"已测算[{n}]" in words(at)
        assert "历史太少" in words(at)
    assert "forecast-all" not in {b.key for b in app_test("forecast", cast.officer).button}
    at = app_test("forecast", cast.supervisor)
    at.button(key="forecast-all").click().run()
    assert not at.exception
