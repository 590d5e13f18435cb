"""The board, the big chart and the enterprises, as each role meets them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from crm.core import today as clock
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from models import Contact, Enterprise, Milestone, Project
from models.vocabulary import DatePrecision, Stage

ROLES = ("supervisor", "officer", "clerk", "leader", "admin", "handler", "stranger")


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> date:
    """The wall clock stands at Monday 23 November 2026."""
    day = date(2026, 11, 23)
    monkeypatch.setattr(clock, "today", lambda: day)
    return day


def words(at: Any) -> str:
    assert not at.exception, at.exception
    parts = [*at.title, *at.subheader, *at.markdown, *at.caption, *at.error, *at.warning]
    return "\n".join(str(p.value).replace("\\", "") for p in parts)


@pytest.mark.parametrize("page", ["board", "gantt", "enterprises", "projects"])
@pytest.mark.parametrize("who", ROLES)
def test_every_screen_opens_for_every_role(
    app_test: Callable[..., Any], cast: Any, who: str, page: str
) -> None:
    assert words(app_test(page, getattr(cast, who)))


@pytest.mark.parametrize("page", ["board", "gantt", "enterprises"])
def test_a_stranger_reads_nothing_of_another_towns_project(
    app_test: Callable[..., Any], cast: Any, page: str
) -> None:  # A1
    at = app_test(page, cast.stranger)
    seen = words(at) + "".join(str(d.value.to_dict()) for d in at.dataframe)
    assert "瑞朗" in seen
    assert "恒岳" not in seen


def test_the_board_refuses_a_move_with_all_that_is_missing_and_lets_a_complete_one_pass(
    app_test: Callable[..., Any], cast: Any
) -> None:  # G15
    at = app_test("board", cast.officer)
    at.menu_button(key=f"desk-move-{cast.project}").click(Stage.SIGNED).run()
    assert "进入“签约”还差：总投资" in words(at)
    with unit_of_work(SYSTEM, "test.total") as session:
        row = session.get(Project, cast.project)
        assert row is not None
        row.total_wan = Decimal(8600)
    at = app_test("board", cast.officer)
    at.menu_button(key=f"desk-move-{cast.project}").click(Stage.SIGNED).run()
    with reading() as session:
        row = session.get(Project, cast.project)
        assert row is not None
        assert row.stage is Stage.SIGNED


def test_the_big_chart_lists_what_should_have_started(app_test: Callable[..., Any], cast: Any) -> None:
    cast.make_project("迟开工项目", start_on=date(2026, 9, 1), start_precision=DatePrecision.MONTH)
    at = app_test("gantt", cast.supervisor, mark="not_started")
    assert list(at.dataframe[0].value["name"]) == ["迟开工项目"]
    assert at.dataframe[0].value["due"][0] == "应于2026年9月开工"


def test_the_big_chart_shows_the_next_node_and_the_officer(app_test: Callable[..., Any], cast: Any) -> None:
    with unit_of_work(SYSTEM, "test.milestone") as session:
        session.add(
            Milestone(
                project_id=cast.project,
                code="P34",
                name="施工许可证",
                stage=Stage.CONSTRUCTION_PERMIT,
                planned_on=date(2026, 11, 20),
                department_id=cast.department,
            )
        )
    row = app_test("gantt", cast.officer).dataframe[0].value.iloc[0]
    assert (row["light"], row["next"], row["why"]) == (
        ["■ 逾期"],
        "施工许可证",
        "施工许可证 逾期1个工作日",
    )
    assert row["officers"] == "何志强、李欣怡"


def test_an_enterprise_is_found_by_initials_and_its_record_shows_people_and_projects(
    app_test: Callable[..., Any], cast: Any
) -> None:
    at = app_test("enterprises", cast.officer, text="jmshy")
    assert list(at.dataframe[0].value["name"]) == ["江门市恒岳科技有限公司"]
    at = app_test("enterprise", cast.officer, id=cast.enterprise)
    assert "华粤升" in words(at)
    assert "13900001234" in words(at)
    assert list(at.dataframe[0].value["name"]) == ["恒岳新能源电池项目（一期）"]


def test_a_clerk_reads_a_masked_phone(app_test: Callable[..., Any], cast: Any) -> None:
    seen = words(app_test("enterprise", cast.clerk, id=cast.enterprise))
    assert "139****1234" in seen
    assert "13900001234" not in seen


def test_another_towns_enterprise_is_not_found(app_test: Callable[..., Any], cast: Any) -> None:
    hidden = words(app_test("enterprise", cast.clerk, id=cast.other_enterprise))
    absent = words(app_test("enterprise", cast.clerk, id=999_999))
    assert hidden == absent
    assert "瑞朗" not in hidden


def test_a_contact_is_added_on_the_enterprises_page(app_test: Callable[..., Any], cast: Any) -> None:
    at = app_test("enterprise", cast.officer, id=cast.enterprise)
    next(t for t in at.text_input if t.label == "姓名").set_value("黄工")
    next(b for b in at.button if b.label == "添加").click().run()
    assert not at.exception
    with reading() as session:
        names = session.exec(select(Contact.name).where(Contact.enterprise_id == cast.enterprise)).all()
    assert set(names) == {"华粤升", "黄工"}


def test_a_wrong_credit_code_is_refused_and_kept_as_typed(app_test: Callable[..., Any], cast: Any) -> None:
    at = app_test("enterprise", cast.officer, id=cast.enterprise)
    code = next(t for t in at.text_input if t.label == "统一社会信用代码")
    code.set_value("91440703MA4UQPYH70")
    next(b for b in at.button if b.label == "保存").click().run()
    assert at.error
    assert next(t for t in at.text_input if t.label == "统一社会信用代码").value == "91440703MA4UQPYH70"
    with reading() as session:
        firm = session.get(Enterprise, cast.enterprise)
        assert firm is not None
        assert firm.credit_code == "91440703MA4UQPYH7H"
