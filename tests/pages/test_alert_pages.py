"""The list of alerts and the thresholds, as people use them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest

from crm.alerts import rules
from crm.alerts.queries.lists import AlertFilter, list_alerts, list_thresholds
from crm.alerts.scan import scan
from crm.core import today as clock
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from models import Milestone
from models.vocabulary import AlertKind, AlertState, Stage

MONDAY = date(2026, 11, 23)


@pytest.fixture
def town(db: Any, cast: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """30 overdue milestones of the officer's project, one coming of the stranger's."""
    monkeypatch.setattr(clock, "today", lambda: MONDAY)
    with unit_of_work(SYSTEM, "test.town") as session:
        for n in range(30):
            session.add(
                Milestone(
                    project_id=cast.project,
                    code=f"X{n}",
                    name=f"节点{n}",
                    stage=Stage.CONSTRUCTION,
                    planned_on=MONDAY - timedelta(days=n + 1),
                )
            )
        session.add(
            Milestone(
                project_id=cast.other_project,
                code="Y",
                name="并网验收",
                stage=Stage.CONSTRUCTION,
                planned_on=MONDAY + timedelta(days=1),
            )
        )
    scan(MONDAY)
    return cast


def words(at: Any) -> str:
    parts = [e.value for kind in ("title", "caption", "markdown", "info") for e in getattr(at, kind)]
    return re.sub(r"\\(.)", r"\1", "\n".join(str(p) for p in parts))


def lines(at: Any) -> int:
    return len([b for b in at.button if b.label == "看节点"])


def test_the_list_is_paged_and_says_why(town: Any, app_test: Any) -> None:
    at = app_test("alerts", town.supervisor)
    assert not at.exception
    assert lines(at) == 20
    assert "节点29节点原定10月24日完成，已逾期21个工作日" in words(at)
    assert "共31项" in words(at)
    at.query_params["page"] = "2"
    assert lines(at.run()) == 11


def test_a_link_with_a_filter_opens_exactly_its_alerts(town: Any, app_test: Any) -> None:
    at = app_test("alerts", town.supervisor, kind="milestone_due_soon")
    assert lines(at) == 1
    assert "并网验收节点计划11月24日完成，还剩1个工作日" in words(at)
    assert lines(app_test("alerts", town.supervisor, text="没有这个项目")) == 0


def test_another_towns_alerts_are_not_in_my_list(town: Any, app_test: Any) -> None:
    assert "并网验收" not in words(app_test("alerts", town.officer, kind="milestone_due_soon"))


def test_an_alert_is_put_off_with_its_reason(town: Any, app_test: Any) -> None:
    at = app_test("alerts", town.stranger)
    next(b for b in at.button if b.label == "暂缓").click().run()
    at.text_area[0].set_value("等周四专题会议定")
    next(b for b in at.button if b.form_id and b.label == "暂缓").click().run()
    assert not at.exception
    with reading() as session:
        (row,) = list_alerts(session, SYSTEM, AlertFilter(kind=AlertKind.MILESTONE_DUE_SOON)).rows
    assert (row.state, row.handled_note) == (AlertState.SNOOZED, "等周四专题会议定")
    assert row.snoozed_until == MONDAY + timedelta(days=3)


def test_those_who_only_look_find_no_buttons(town: Any, app_test: Any) -> None:
    at = app_test("alerts", town.leader)
    assert not [b for b in at.button if b.label in ("认领", "暂缓", "立即扫描")]


def test_a_threshold_is_changed_with_its_ground(town: Any, app_test: Any) -> None:
    at = app_test("thresholds", town.supervisor)
    assert not at.exception
    at.number_input[0].set_value(10)
    at.text_input[0].set_value("区里要求提前两周")
    next(b for b in at.button if b.label == "保存").click().run()
    assert not at.exception
    with reading() as session:
        row = next(t for t in list_thresholds(session) if t.code == rules.MILESTONE_SOON_WD)
    assert (row.value, row.basis) == (10, "区里要求提前两周")


def test_the_thresholds_page_is_closed_to_officers(town: Any, app_test: Any) -> None:
    at = app_test("thresholds", town.officer)
    assert at.error
    assert not at.number_input
