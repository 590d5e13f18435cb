"""After a save nobody looks until tomorrow at an alert whose ground is gone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from crm.alerts.queries.lists import AlertFilter, list_alerts
from crm.alerts.scan import rescan_project, scan
from crm.core import today as wall
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.projects.actions import mark_done
from crm.projects.inputs import MarkDone
from models import Milestone, ScanRun
from models.vocabulary import Stage
from tests.conftest import Cast

MONDAY = date(2026, 11, 23)


def late_milestone(project: int) -> int:
    with unit_of_work(SYSTEM, "test.milestone") as session:
        row = Milestone(
            project_id=project,
            code="P34",
            name="施工许可证",
            stage=Stage.CONSTRUCTION_PERMIT,
            planned_on=date(2026, 11, 16),
        )
        session.add(row)
        session.flush()
        return row.id or 0


def about_milestones() -> list[tuple[int | None, int]]:
    with reading() as session:
        rows = list_alerts(session, SYSTEM, AlertFilter(), per_page=1000).rows
    return [(r.project_id, r.record_id) for r in rows if r.record == "milestone"]


def test_a_step_done_takes_its_alert_off_the_desk_at_once(any_db: str, cast: Cast) -> None:
    step, other = late_milestone(cast.project), late_milestone(cast.other_project)
    scan(MONDAY)
    assert sorted(about_milestones()) == sorted([(cast.project, step), (cast.other_project, other)])
    mark_done(cast.officer, MarkDone(milestone_id=step, done_on=MONDAY), today=MONDAY)
    rescan_project(cast.project, MONDAY)
    assert about_milestones() == [(cast.other_project, other)]


def test_looking_again_touches_no_other_project_and_is_no_run(cast: Cast) -> None:
    late_milestone(cast.other_project)
    rescan_project(cast.project, MONDAY)
    assert about_milestones() == []
    with reading() as session:
        assert session.exec(select(ScanRun)).all() == []


def test_marking_done_on_the_page_closes_the_alert(
    cast: Cast, app_test: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall, "today", lambda: MONDAY)
    step = late_milestone(cast.project)
    scan(MONDAY)
    page = app_test("project", cast.officer, id=cast.project, milestone=step, tab="plan")
    next(b for b in page.button if b.label == "登记完成").click().run()
    assert not page.exception
    assert about_milestones() == []


def test_a_save_stands_even_when_the_alerts_cannot_be_looked_at(
    cast: Cast, app_test: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall, "today", lambda: MONDAY)
    step = late_milestone(cast.project)

    def broken(_project: int, _today: date) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("crm.ui.show.rescan_project", broken)
    page = app_test("project", cast.officer, id=cast.project, milestone=step, tab="plan")
    next(b for b in page.button if b.label == "登记完成").click().run()
    assert not page.exception
    with reading() as session:
        assert session.get_one(Milestone, step).done_on == MONDAY
