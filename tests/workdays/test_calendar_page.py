"""The administrator's calendar screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from crm.core import today as wall
from crm.core.db import reading
from crm.workdays import queries
from tests.conftest import Cast

AppTest = Callable[..., Any]
NOTICE = (
    "元旦：1月1日（周五）至3日（周日）放假，共3天。春节：2月5日至11日放假调休，共7天。1月31日（周日）上班。"
)


@pytest.fixture(autouse=True)
def on_a_monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "today", lambda: date(2026, 11, 23))


def texts(at: Any) -> str:
    return " ".join(
        str(e.value) for kind in ("markdown", "warning", "error", "info", "caption") for e in at.get(kind)
    )


def button(at: Any, label: str) -> Any:
    return next(b for b in at.button if b.label == label)


def test_a_notice_is_previewed_then_loaded(cast: Cast, app_test: AppTest) -> None:
    at = app_test("calendar_admin", cast.admin)
    assert not at.exception
    assert "还有28个工作日" in texts(at)
    at.text_area[0].set_value(NOTICE)
    button(at, "先看看会改哪些天").click().run()
    assert not at.exception
    assert "读到11天" in texts(at)
    with reading() as session:
        assert queries.days_of(session, 2027) == []
    button(at, "载入并重新计算在办期限").click().run()
    assert not at.exception
    assert "2027年已载入" in texts(at)
    with reading() as session:
        assert not queries.calendar(session).is_provisional(date(2027, 6, 1))


def test_a_faulty_notice_is_told_and_what_was_pasted_stays(cast: Cast, app_test: AppTest) -> None:
    at = app_test("calendar_admin", cast.admin)
    at.text_area[0].set_value("1月1日（周四）放假。")
    button(at, "先看看会改哪些天").click().run()
    assert any("实际是周五" in e.value for e in at.error)
    assert at.text_area[0].value == "1月1日（周四）放假。"


def test_a_typhoon_closure_is_entered_and_taken_back(cast: Cast, app_test: AppTest) -> None:
    at = app_test("calendar_admin", cast.admin)
    at.date_input(key="closure-on").set_value(date(2026, 11, 24))
    next(t for t in at.text_input if str(t.key).startswith("closure-name")).set_value("台风停工")
    button(at, "登记").click().run()
    assert not at.exception
    at.selectbox(key="calendar-year").set_value(2026).run()
    button(at, "取消2026-11-24的停工").click().run()
    with reading() as session:
        assert queries.calendar(session).is_workday(date(2026, 11, 24))


def test_an_officer_is_not_shown_the_calendars_desk(cast: Cast, app_test: AppTest) -> None:
    at = app_test("calendar_admin", cast.officer)
    assert "您没有查看此页的权限" in texts(at)
    assert not at.text_area
