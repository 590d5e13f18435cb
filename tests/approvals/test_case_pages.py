"""The screens of a case and of the catalogue: what they show, what they save, what they keep from whom."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from crm.approvals import actions
from crm.approvals.inputs import RegisterCase
from crm.core import today as wall
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from models import Case, Item, Milestone
from models.vocabulary import CaseState, Stage
from tests.conftest import Cast

AppTest = Callable[..., Any]
PRESENT = date(2025, 9, 26)  # 周五
MONDAY = date(2025, 9, 22)


@pytest.fixture(autouse=True)
def on_a_friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "today", lambda: PRESENT)


def item_id(code: str) -> int:
    with reading() as session:
        return session.exec(select(Item.id).where(Item.code == code)).one() or 0


@pytest.fixture
def case(cast: Cast) -> int:
    made = actions.register(
        cast.officer,
        RegisterCase(
            item_id=item_id("P22"), project_id=cast.project, received_on=MONDAY, request_id=uuid.uuid4().hex
        ),
        today=PRESENT,
    )
    actions.accept(cast.officer, made, MONDAY, today=PRESENT)
    return made


def texts(at: Any) -> str:
    kinds = ("markdown", "warning", "error", "info", "caption", "title")
    return " ".join(str(e.value) for kind in kinds for e in at.get(kind)).replace("\\", "")


def button(at: Any, label: str) -> Any:
    return next(b for b in at.button if b.label == label)


def state(case: int) -> Case:
    with reading() as session:
        return session.get_one(Case, case)


def test_a_case_shows_both_clocks_and_why(cast: Cast, case: int, app_test: AppTest) -> None:
    at = app_test("case", cast.officer, id=case)
    assert not at.exception
    told = texts(at)
    assert "承诺期限还剩6个工作日，2025-10-11（周六）到期。" in told
    assert "到期：10月24日 周五" in told
    assert "已用4个工作日，剩余16个工作日" in told


def test_a_decision_closes_the_case(cast: Cast, case: int, app_test: AppTest) -> None:
    at = app_test("case", cast.officer, id=case)
    button(at, "办结").click().run()
    assert not at.exception
    assert state(case).state is CaseState.DECIDED
    assert "在承诺期限内" in texts(at)
    assert not [b for b in at.button if b.label in ("办结", "启动特殊环节", "撤回")]


def test_who_may_only_look_has_no_buttons(cast: Cast, case: int, app_test: AppTest) -> None:
    for actor in (cast.leader, cast.clerk):
        at = app_test("case", actor, id=case)
        assert "承诺期限还剩6个工作日" in texts(at)
        assert not [b for b in at.button if b.label in ("办结", "启动特殊环节", "撤回", "保存")]


def test_somebody_elses_case_is_not_found(cast: Cast, case: int, app_test: AppTest) -> None:  # A9
    at = app_test("case", cast.stranger, id=case)
    assert "没有找到这条记录，或您无权查看。" in texts(at)
    assert "恒岳" not in texts(at)


def test_a_new_case_is_registered_for_a_project(cast: Cast, app_test: AppTest) -> None:
    at = app_test("case", cast.officer, project=cast.project)
    assert "恒岳新能源电池项目（一期）" in texts(at)
    next(s for s in at.selectbox if s.label == "事项").set_value(item_id("P34"))
    button(at, "收件").click().run()
    with reading() as session:
        made = session.exec(select(Case)).one()
    assert (made.project_id, made.enterprise_id, made.received_on) == (cast.project, cast.enterprise, PRESENT)


def test_the_list_shows_only_what_is_in_reach(cast: Cast, case: int, app_test: AppTest) -> None:  # A1
    at = app_test("case", cast.officer)
    assert not at.exception
    assert list(at.dataframe[0].value["item"]) == ["建设工程规划许可证"]
    assert "没有符合条件的办件。" in texts(app_test("case", cast.stranger))


# The catalogue


def test_the_catalogue_is_listed_and_narrowed(cast: Cast, app_test: AppTest) -> None:
    at = app_test("catalogue", cast.supervisor)
    assert not at.exception
    assert "共45项" in texts(at)
    at.text_input(key="items-search").set_value("排水").run()
    table = at.dataframe[0].value
    assert list(table["编号"]) == ["P35"]
    assert list(table["法定"]) == ["15日"]
    assert list(table["承诺"]) == ["5个工作日"]
    assert list(table["核对"]) == ["待核"]


def test_the_catalogue_is_not_offered_to_an_officer(cast: Cast, app_test: AppTest) -> None:
    at = app_test("catalogue", cast.officer)
    assert "您没有查看此页的权限" in texts(at)
    assert not at.dataframe


@pytest.fixture
def milestone(cast: Cast) -> int:
    with unit_of_work(SYSTEM, "test.milestone") as session:
        row = Milestone(
            project_id=cast.project,
            code="P34",
            name="建筑工程施工许可证",
            stage=Stage.CONSTRUCTION_PERMIT,
            item_id=item_id("P34"),
        )
        session.add(row)
        session.flush()
        return row.id or 0


def test_a_case_begun_at_a_milestone_knows_its_project_and_item(
    cast: Cast, milestone: int, app_test: AppTest
) -> None:
    at = app_test("case", cast.officer, project=cast.project, milestone=milestone)
    assert not at.exception
    assert "恒岳新能源电池项目" in texts(at)
    assert "节点：建筑工程施工许可证" in texts(at)
    assert at.selectbox[0].value == item_id("P34")
    button(at, "收件").click().run()
    with reading() as session:
        made = session.exec(select(Case)).one()
    assert (made.project_id, made.milestone_id, made.item_id) == (cast.project, milestone, item_id("P34"))


def test_a_case_of_another_item_is_not_tied_to_the_milestone(
    cast: Cast, milestone: int, app_test: AppTest
) -> None:
    at = app_test("case", cast.officer, project=cast.project, milestone=milestone)
    at.selectbox[0].select(item_id("P22"))
    button(at, "收件").click().run()
    with reading() as session:
        made = session.exec(select(Case)).one()
    assert (made.item_id, made.milestone_id) == (item_id("P22"), None)


def test_a_milestone_out_of_reach_brings_nothing(cast: Cast, milestone: int, app_test: AppTest) -> None:
    at = app_test("case", cast.stranger, project=cast.project, milestone=milestone)
    assert "恒岳" not in texts(at)
    assert "建筑工程施工许可证" not in texts(at)


def test_a_granted_permit_says_that_its_milestone_was_completed(
    cast: Cast, milestone: int, app_test: AppTest
) -> None:
    made = actions.register(
        cast.officer,
        RegisterCase(
            item_id=item_id("P34"),
            project_id=cast.project,
            milestone_id=milestone,
            received_on=MONDAY,
            request_id=uuid.uuid4().hex,
        ),
        today=PRESENT,
    )
    actions.accept(cast.officer, made, MONDAY, today=PRESENT)
    at = app_test("case", cast.officer, id=made)
    assert "节点：建筑工程施工许可证，尚未完成" in texts(at)
    next(t for t in at.text_input if t.label == "证号").input("440703202509260101")
    next(d for d in at.date_input if d.label == "发证日期").set_value(PRESENT)
    button(at, "办结").click().run()
    assert not at.exception
    assert "节点：建筑工程施工许可证，9月26日 周五完成" in texts(at)
