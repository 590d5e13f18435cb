"""Every line of a story reads as a person would write it: words for codes, names for numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from crm.core import trail
from crm.core.access import Actor
from crm.core.db import reading, unit_of_work
from crm.projects.actions import assign, move_milestone
from crm.projects.inputs import AssignForm, MoveMilestone
from crm.ui.timeline import changes_text, sentence
from models import Demand, Milestone, MonthlyProgress, Visit, VisitPerson
from models.vocabulary import DemandClass, DemandState, Side, Stage, VisitState
from tests.conftest import Cast

MONDAY = date(2026, 11, 23)


def lines(actor: Actor, **asked: Any) -> Iterator[str]:
    with reading() as session:
        rows, _total = trail.trail(session, actor, per_page=100, **asked)
        names = trail.names_in(session, rows)
        for row in rows:
            yield f"{sentence(row, names)}：{changes_text(row, names, phones=True)}"


def milestone(project: int) -> tuple[int, int]:
    from crm.core.access import SYSTEM

    with unit_of_work(SYSTEM, "test.milestone") as session:
        row = Milestone(
            project_id=project,
            code="P34",
            name="施工许可证",
            stage=Stage.CONSTRUCTION_PERMIT,
            planned_on=MONDAY,
        )
        session.add(row)
        session.flush()
        return row.id or 0, row.version


def test_a_moved_milestone_is_named(any_db: str, cast: Cast) -> None:
    step, version = milestone(cast.project)
    move_milestone(
        cast.officer,
        MoveMilestone(milestone_id=step, planned_on=date(2026, 11, 30), version=version, reason="图审延后"),
        today=MONDAY,
    )
    told = next(iter(lines(cast.officer, project_id=cast.project)))
    assert told.startswith("修改节点“施工许可证”：")
    assert "计划日期：2026年11月23日 周一 → 2026年11月30日 周一" in told


def test_an_ended_assignment_names_its_officer(cast: Cast) -> None:
    with reading() as session:
        from sqlmodel import select

        from models import Officer

        stranger = session.exec(select(Officer.id).where(Officer.name == "区国栋")).one()
    assign(
        cast.supervisor,
        AssignForm(project_id=cast.project, officer_id=stranger, from_on=MONDAY, note="调岗"),
        today=MONDAY,
    )
    told = list(lines(cast.supervisor, project_id=cast.project))
    assert any(t.startswith("修改专员指派“何志强”：截止日期：") for t in told)
    assert any("联络专员：区国栋" in t for t in told)


@pytest.mark.parametrize(
    ("record", "row", "words"),
    [
        ("visit", Visit(visited_on=MONDAY, state=VisitState.DRAFT, request_id="v-1"), "状态：草稿"),
        (
            "demand",
            Demand(demand_class=DemandClass.LAND, content="用电", raised_on=MONDAY, state=DemandState.CLOSED),
            "状态：已办结",
        ),
        ("visit_person", VisitPerson(side=Side.OURS, name="林咏琪"), "哪一方：我方"),
        ("monthly_progress", MonthlyProgress(year=2026, month=10, reported_on=MONDAY), "月份：10"),
    ],
    ids=["visit", "demand", "visit_person", "monthly_progress"],
)
def test_codes_are_told_in_words(cast: Cast, record: str, row: Any, words: str) -> None:
    with unit_of_work(cast.supervisor, "test.add") as session:
        if record in ("demand", "visit_person"):
            visit = Visit(
                visited_on=MONDAY, state=VisitState.COMPLETE, request_id="v-2", enterprise_id=cast.enterprise
            )
            session.add(visit)
            session.flush()
            row.visit_id = visit.id
        if record == "demand":
            row.enterprise_id = cast.enterprise
        if record == "monthly_progress":
            row.project_id = cast.project
        session.add(row)
    told = next(iter(lines(cast.admin, record=record)))
    assert words in told
    assert not re.search(r"complete|draft|closed|open|ours|走访：\d", told)


def test_the_log_names_what_was_changed(cast: Cast, app_test: Any) -> None:
    step, version = milestone(cast.project)
    move_milestone(
        cast.officer,
        MoveMilestone(milestone_id=step, planned_on=date(2026, 11, 30), version=version, reason="图审延后"),
        today=MONDAY,
    )
    page = app_test("audit", cast.admin)
    assert not page.exception
    shown = page.dataframe[0].value
    assert "节点 施工许可证" in set(shown["对象"])
