"""The briefing screens, run as their readers run them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st

from crm.briefings import preview
from crm.briefings.actions import HallAsk, ProjectAsk, issue_hall, issue_project
from crm.ui import links
from tests.conftest import MONDAY, Cast

Page = Callable[..., Any]


@pytest.fixture
def went(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Where the page sent its reader; alone, a page knows no other to go to."""
    found: list[tuple[str, dict[str, Any]]] = []

    def go(page: str, **params: Any) -> None:
        found.append((page, params))
        st.stop()

    monkeypatch.setattr(links, "go", go)
    return found


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rendering has its own test; here the pages show the text."""
    monkeypatch.setattr(preview, "office", lambda: None)


def texts(at: Any) -> str:
    return "\n".join(str(e.value) for e in [*at.markdown, *at.caption, *at.subheader, *at.title])


def test_supervisor_previews_then_issues_the_hall_briefing(
    cast: Cast, app_test: Page, went: list[tuple[str, dict[str, Any]]]
) -> None:
    at = app_test("briefings", cast.supervisor)
    assert not at.exception
    at.button(key="draft").click().run()
    assert not at.exception
    assert "会客厅服务工作情况的简报" in texts(at)
    assert "第1期" in texts(at)
    at.button(key="issue").click().run()
    assert not at.exception
    assert went == [("briefing", {"id": 1})]
    again = app_test("briefings", cast.leader)
    assert len(again.dataframe) == 1


def test_officer_makes_papers_on_his_own_projects_only(cast: Cast, app_test: Page) -> None:
    at = app_test("briefings", cast.officer, project=cast.project)
    assert not at.exception
    assert at.selectbox(key="new-project").value == cast.project
    assert len(at.selectbox(key="new-project").options) == 1
    at.button(key="draft").click().run()
    assert not at.exception
    assert "恒岳新能源电池项目" in texts(at)


def test_leader_reads_but_is_offered_no_workshop(cast: Cast, app_test: Page) -> None:
    at = app_test("briefings", cast.leader)
    assert not at.exception
    assert [b.key for b in at.button if b.key in ("draft", "issue")] == []
    assert "还没有存档的简报" in texts(at)


def test_a_paper_opens_by_its_url_and_verifies(cast: Cast, app_test: Page) -> None:
    made = issue_hall(cast.supervisor, HallAsk(from_on=MONDAY, to_on=MONDAY), today=MONDAY)
    at = app_test("briefing", cast.leader, id=made.id)
    assert not at.exception
    assert made.sha256 in at.code[0].value
    at.button(key=f"verify-{made.id}").click().run()
    assert [s.value for s in at.error] == []
    assert len(at.success) == 3


def test_another_officers_paper_is_not_there(cast: Cast, app_test: Page) -> None:
    made = issue_project(cast.supervisor, ProjectAsk(project_id=cast.project, as_of=MONDAY), today=MONDAY)
    at = app_test("briefing", cast.stranger, id=made.id)
    assert not at.exception
    assert "没有找到这份简报" in texts(at)


def test_administrator_changes_the_masthead(cast: Cast, app_test: Page) -> None:
    at = app_test("briefings", cast.admin)
    assert not at.exception
    at.text_input[[t.label for t in at.text_input].index("编印单位")].input("蓬江区政务服务和数据管理局")
    next(b for b in at.button if b.label == "保存报头").click().run()
    assert not at.exception
    made = issue_hall(cast.supervisor, HallAsk(from_on=MONDAY, to_on=MONDAY), today=MONDAY)
    assert made.paper.imprint.office == "蓬江区政务服务和数据管理局"
