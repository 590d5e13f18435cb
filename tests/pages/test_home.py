"""The first screen of each role answers its question, and every number opens its records."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from crm.alerts.queries.lists import AlertFilter, list_alerts
from crm.alerts.scan import scan
from crm.core import today as clock
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.projects.queries import ProjectFilter, list_projects
from crm.ui.home_parts.common import greeting
from models import AnnualPlan, Demand, Milestone, MonthlyProgress, Promise, User, Visit
from models.vocabulary import (
    AlertKind,
    AlertState,
    DemandClass,
    DemandGrade,
    Light,
    Party,
    Role,
    Stage,
    VisitState,
)

MONDAY = date(2026, 11, 23)


@pytest.fixture
def town(db: Any, cast: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Monday 23 November. The officer's project has a permit overdue since the 12th at the housing bureau,
    a milestone due tomorrow, a promise due today and a visit due on Wednesday."""
    monkeypatch.setattr(clock, "today", lambda: MONDAY)
    with unit_of_work(SYSTEM, "test.town") as session:
        for code, name, planned, department in (
            ("P34", "施工许可证", date(2026, 11, 12), cast.department),
            ("P22", "建设工程规划许可证", MONDAY + timedelta(days=1), None),
        ):
            session.add(
                Milestone(
                    project_id=cast.project,
                    code=code,
                    name=name,
                    stage=Stage.CONSTRUCTION_PERMIT,
                    planned_on=planned,
                    department_id=department,
                    waits_for=Party.DEPARTMENT if department else Party.ENTERPRISE,
                )
            )
        session.add_all(
            [
                AnnualPlan(project_id=cast.project, year=2026, plan_wan=Decimal(12000)),
                MonthlyProgress(
                    project_id=cast.project,
                    year=2026,
                    month=10,
                    done_wan=Decimal(11000),
                    reported_on=date(2026, 11, 4),
                ),
            ]
        )
        visit = Visit(
            request_id="v1",
            enterprise_id=cast.enterprise,
            project_id=cast.project,
            visited_on=MONDAY - timedelta(days=3),
            next_visit_on=MONDAY + timedelta(days=2),
            state=VisitState.COMPLETE,
            author_id=cast.officer.user_id,
            note="看了桩基现场",
        )
        session.add(visit)
        session.flush()
        session.add(
            Promise(
                visit_id=visit.id or 0,
                project_id=cast.project,
                enterprise_id=cast.enterprise,
                text="答复高压线迁改时间",
                owner_id=cast.officer.user_id,
                due_on=MONDAY,
            )
        )
        session.add(
            Demand(
                visit_id=visit.id,
                project_id=cast.project,
                enterprise_id=cast.enterprise,
                demand_class=DemandClass.UTILITIES,
                grade=DemandGrade.MAJOR,
                content="220千伏高压线需迁改，涉及市供电局",
                raised_on=MONDAY - timedelta(days=3),
            )
        )
    scan(MONDAY)
    return cast


def words(at: Any) -> str:
    """Everything on the page that a person reads, without the escapes of Markdown."""
    parts = [e.value for kind in ("title", "subheader", "caption", "markdown") for e in getattr(at, kind)]
    parts += [b.label for b in at.button]
    return re.sub(r"\\(.)", r"\1", "\n".join(str(p) for p in parts))


def test_the_officer_reads_what_will_go_wrong_today_and_why(town: Any, app_test: Any) -> None:
    at = app_test("home", town.officer)
    assert not at.exception
    text = words(at)
    assert "今天2件会出问题" in text  # the overdue permit and the promise
    assert "施工许可证节点原定11月12日完成，已逾期7个工作日，等区住房和城乡建设局。" in text
    assert "答复高压线迁改时间" in text
    assert "约定走访" in text
    assert "我的项目 1" in text
    assert "记一次走访" in text


def test_an_officer_without_worries_is_told_so(town: Any, app_test: Any) -> None:
    at = app_test("home", town.stranger)
    assert not at.exception
    assert "今天没有会出问题的事" in words(at)


def test_the_officer_acknowledges_from_his_desk(town: Any, app_test: Any) -> None:
    at = app_test("home", town.officer)
    next(b for b in at.button if b.label == "认领").click().run()
    at.text_area[0].set_value("今天下午到住建局对接")
    next(b for b in at.button if b.form_id and b.label == "认领").click().run()
    assert not at.exception
    with reading() as session:
        (row,) = list_alerts(session, SYSTEM, AlertFilter(kind=AlertKind.MILESTONE_OVERDUE)).rows
    assert (row.state, row.handled_note) == (AlertState.ACKNOWLEDGED, "今天下午到住建局对接")
    assert "今天1件会出问题" in words(app_test("home", town.officer))


def test_an_acknowledgement_without_a_word_is_refused_and_nothing_is_saved(town: Any, app_test: Any) -> None:
    at = app_test("home", town.officer)
    next(b for b in at.button if b.label == "认领").click().run()
    next(b for b in at.button if b.form_id and b.label == "认领").click().run()
    assert at.error
    with reading() as session:
        (row,) = list_alerts(session, SYSTEM, AlertFilter(kind=AlertKind.MILESTONE_OVERDUE)).rows
    assert row.state is AlertState.OPEN


def test_the_clerk_starts_with_a_big_button_and_the_towns_enterprises(town: Any, app_test: Any) -> None:
    at = app_test("home", town.clerk)
    assert not at.exception
    text = words(at)
    assert "记一次走访" in text
    assert "江门市恒岳科技有限公司" in text
    assert "瑞朗实业" not in text  # another town's
    assert "还没有走访记录" in text


def test_the_leader_reads_ten_numbers_in_sentences(town: Any, app_test: Any) -> None:
    at = app_test("home", town.leader)
    assert not at.exception
    text = words(at)
    linked = re.findall(r"\[\*\*(.+?)\*\*\]\((/projects[^)]*)\)", text)
    assert len(linked) == 10
    assert "今年安排重点项目[**2**]" in text
    assert "完成年度计划的[**91.6%**]" in text  # 11,000 of 12,000, floored
    assert "快于序时进度8.3个百分点" in text
    assert "恒岳新能源电池项目（一期）" in text
    assert "逾期7个工作日" in text
    assert "220千伏高压线需迁改" in text  # what he must decide
    assert "专员何志强、李欣怡" in text


def test_every_number_of_the_leaders_page_opens_as_many_projects(town: Any, app_test: Any) -> None:
    from urllib.parse import parse_qsl, urlsplit

    text = words(app_test("home", town.leader))
    for shown, url in re.findall(r"\[\*\*(\d+)\*\*\]\((/projects[^)]*)\)", text):
        asked = ProjectFilter.read(dict(parse_qsl(urlsplit(url).query)))
        with reading() as session:
            assert list_projects(session, town.leader, asked, today=MONDAY).total == int(shown), url


def test_the_supervisor_sees_where_it_sticks(town: Any, app_test: Any) -> None:
    town.make_project("无人项目")
    scan(MONDAY)
    at = app_test("home", town.supervisor)
    assert not at.exception
    text = words(at)
    assert "现在有1件红灯" in text
    assert "今天新增红灯 [**1**](/alerts?light=red&raised_on=2026-11-23)" in text
    assert "无在岗专员 [**1**](/alerts?kind=no_officer)" in text
    frame = at.dataframe[0].value
    assert frame.iloc[0].tolist()[:2] == ["住建局", 1]
    assert "立即扫描" in text


def test_the_scan_button_scans(town: Any, app_test: Any) -> None:
    with unit_of_work(SYSTEM, "test.done") as session:
        for milestone in session.exec(select(Milestone)):
            milestone.done_on = MONDAY
    at = app_test("home", town.supervisor)
    next(b for b in at.button if b.label == "立即扫描").click().run()
    assert not at.exception
    with reading() as session:
        assert not list_alerts(session, SYSTEM, AlertFilter(light=Light.RED)).rows


def test_a_handler_sees_what_waits_for_his_department(town: Any, app_test: Any) -> None:
    at = app_test("home", town.handler)
    assert not at.exception
    text = words(at)
    assert "1件已到期或逾期" in text
    assert "等本部门办理 1" in text
    assert "逾期7个工作日" in text


def test_an_administrator_sees_that_everything_runs(town: Any, app_test: Any) -> None:
    at = app_test("home", town.admin)
    assert not at.exception
    text = words(at)
    assert "8个账号可以登录" in text
    assert "放假通知录到" in text
    assert "最近一次" in text


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.SYSTEM])
def test_every_role_has_a_home_on_an_empty_town(db: Any, app_test: Any, role: Role) -> None:
    """Even an account without a town, a department or an officer."""
    with unit_of_work(SYSTEM, "test.user") as session:
        user = User(login="x", login_key="x", name="新人", role=role)
        session.add(user)
        session.flush()
        actor = Actor(user_id=user.id, name="新人", role=role)
    at = app_test("home", actor)
    assert not at.exception
    assert at.title


@pytest.mark.parametrize(
    ("hour", "says"), [(0, "早上好"), (10, "早上好"), (11, "中午好"), (13, "下午好"), (18, "晚上好")]
)
def test_the_greeting_follows_the_districts_clock(hour: int, says: str) -> None:
    from datetime import UTC, datetime

    moment = datetime(2026, 11, 23, hour, tzinfo=clock.SHANGHAI)
    assert greeting(moment) == greeting(moment.astimezone(UTC)) == says


def test_the_administrator_is_told_of_a_scan_that_failed(
    town: Any, app_test: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm.alerts import scan as scanning

    def full(*_given: Any) -> Any:
        raise OSError("disk full")

    monkeypatch.setattr(scanning, "_one_batch", full)
    with pytest.raises(OSError, match="disk full"):
        scan(MONDAY)
    at = app_test("home", town.admin)
    assert not at.exception
    assert "最近一次没有扫完" in words(at)
