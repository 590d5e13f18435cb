"""What the list shows is what its export holds, and the trail says what was asked for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from crm.core.db import reading
from crm.ledgers import actions
from crm.projects.queries import ProjectFilter, list_projects
from models import AuditEntry
from models.vocabulary import Light
from tests.conftest import Cast

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "asked",
    [
        ProjectFilter(text="恒岳"),
        ProjectFilter(text="hyxny"),
        ProjectFilter(light=Light.GREY),
        ProjectFilter(light=Light.RED),
        ProjectFilter(),
    ],
    ids=["by name", "by initials", "grey", "red", "everything"],
)
def test_an_export_holds_exactly_the_projects_of_the_list(cast: Cast, asked: ProjectFilter) -> None:
    with reading() as session:
        shown = list_projects(session, cast.supervisor, asked, today=TODAY).rows
    lines = actions.export_projects(cast.supervisor, today=TODAY, asked=asked)
    assert sorted(line.name for line in lines) == sorted(row.name for row in shown)


def test_a_filtered_export_is_logged_with_its_filter_and_its_count(cast: Cast) -> None:  # A6
    asked = ProjectFilter(town_id=cast.town, text="恒岳")
    actions.export_projects(cast.supervisor, today=TODAY, asked=asked)
    with reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "ledgers.export")).one()
    assert entry.user_id == cast.supervisor.user_id
    assert entry.changes == {
        "count": [None, 1],
        "filters": [None, {"text": "恒岳", "town_id": cast.town}],
    }


def test_a_filter_never_widens_what_one_may_export(cast: Cast) -> None:  # A1
    asked = ProjectFilter(town_id=cast.other_town)
    assert actions.export_projects(cast.officer, today=TODAY, asked=asked) == []


def test_the_button_exports_what_is_filtered_and_offers_no_stale_file(db: Path, cast: Cast, app_test) -> None:
    page = app_test("projects", cast.supervisor, text="恒岳")
    next(b for b in page.button if b.label == "导出台账").click().run()
    with reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "ledgers.export")).one()
    assert entry.changes["filters"] == [None, {"text": "恒岳"}]
    page.query_params["text"] = "瑞朗"
    page.run()
    assert [b.label for b in page.button if b.label == "导出台账"] == ["导出台账"]
