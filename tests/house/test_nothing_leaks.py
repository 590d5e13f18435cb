"""What a reader does not reach shows nowhere: not in a list, a count, a search or a timeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session, col, select

from crm.alerts.queries.lists import list_alerts
from crm.alerts.queries.waiting import major_demands
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed
from crm.core.trail import trail
from crm.ledgers.queries import project_lines
from crm.projects.queries import (
    ProjectFilter,
    enterprise_card,
    enterprise_names,
    light_counts,
    list_projects,
    project_demands,
    project_visits,
    stage_counts,
)
from crm.visits.queries import VisitFilter, due_promises, due_visits, list_visits, search_enterprises
from models import Alert, Briefing, Demand, Project, Promise, Visit
from models.vocabulary import AlertKind, BriefingKind, DemandClass, DemandGrade, Light, VisitState
from tests.conftest import MONDAY as TODAY


def add(*rows: Any) -> None:
    with unit_of_work(SYSTEM, "test.rows") as session:
        session.add_all(rows)


def visit(cast: Any, state: VisitState, note: str, **more: Any) -> int:
    row = Visit(
        request_id=note, enterprise_id=cast.enterprise, visited_on=TODAY, note=note, state=state, **more
    )
    add(row)
    assert row.id is not None
    return row.id


def told(session: Session, actor: Actor) -> str:
    """Everything the actor's trail says, as one text."""
    return "".join(f"{row.record} {row.changes}" for row in trail(session, actor, per_page=1000)[0])


def how_many(ask: Callable[[], int]) -> int:
    """A refusal shows as little as an empty list."""
    try:
        return ask()
    except NotAllowed:
        return 0


def test_a_firms_page_is_silent_about_its_demands_in_another_town(cast: Any) -> None:
    elsewhere = cast.make_project("另一处扩建项目", town="荷塘镇", enterprise="江门市恒岳科技有限公司")
    kind = next(iter(DemandClass))
    for project_id, content in ((cast.project, "本镇用电"), (elsewhere, "外镇用地"), (None, "全厂用工")):
        add(
            Demand(
                enterprise_id=cast.enterprise,
                project_id=project_id,
                demand_class=kind,
                content=content,
                raised_on=TODAY,
            )
        )
    with reading() as session:
        seen = {
            who: {d.content for d in enterprise_card(session, actor, cast.enterprise, TODAY).demands}
            for who, actor in (("clerk", cast.clerk), ("supervisor", cast.supervisor))
        }
    assert seen == {"clerk": {"本镇用电", "全厂用工"}, "supervisor": {"本镇用电", "外镇用地", "全厂用工"}}


@pytest.mark.parametrize("who", ["clerk", "teammate", "supervisor", "leader", "handler"])
def test_somebody_elses_draft_is_read_nowhere(cast: Any, who: str) -> None:
    actor, author = getattr(cast, who), cast.officer.user_id
    key = visit(cast, VisitState.DRAFT, "未定稿的话", project_id=cast.project, author_id=author)
    add(
        Promise(visit_id=key, project_id=cast.project, enterprise_id=cast.enterprise, text="未定稿的承诺"),
        Demand(
            visit_id=key,
            project_id=cast.project,
            enterprise_id=cast.enterprise,
            demand_class=next(iter(DemandClass)),
            content="未定稿的诉求",
            raised_on=TODAY,
        ),
    )
    with reading() as session:
        assert "未定稿" not in told(session, actor)
        if who != "handler":
            assert project_visits(session, actor, cast.project) == ((), 0)
            assert project_demands(session, actor, cast.project) == ()
            card = enterprise_card(session, actor, cast.enterprise, TODAY)
            assert (card.visits, card.visit_total, card.demands) == ((), 0, ())
        # Its author still finds all of it.
        assert project_visits(session, cast.officer, cast.project)[1] == 1
        assert len(project_demands(session, cast.officer, cast.project)) == 1
        assert "未定稿的话" in told(session, cast.officer)


def test_a_paper_one_may_not_read_is_not_told_in_the_timeline(cast: Any) -> None:
    add(
        Briefing(
            kind=BriefingKind.PROJECT,
            series_year=2026,
            number=1,
            title="不给园区看的专报",
            project_id=cast.project,
            context={"secret": "底数"},
            sha256="0" * 64,
            template="t",
            template_sha256="0" * 64,
            queries_version="1",
        )
    )
    with reading() as session:
        assert "专报" not in told(session, cast.clerk)
        assert "底数" not in told(session, cast.clerk)
        assert "专报" in told(session, cast.officer)


def test_a_role_without_its_anchor_sees_nothing_at_all(cast: Any) -> None:
    visit(cast, VisitState.COMPLETE, "谈用电", project_id=cast.project, author_id=cast.officer.user_id)
    add(
        Alert(
            key="a",
            kind=next(iter(AlertKind)),
            light=Light.RED,
            because="逾期",
            project_id=cast.project,
            raised_on=TODAY,
            seen_on=TODAY,
        )
    )
    nobody = [
        replace(cast.clerk, town_id=None),
        replace(cast.officer, user_id=10_000, officer_id=None, town_id=None),
        replace(cast.handler, department_id=None),
    ]
    everything = ProjectFilter()
    with reading() as session:
        for actor in nobody:
            counts = {
                "projects": lambda a=actor: list_projects(session, a, everything, today=TODAY).total,
                "stages": lambda a=actor: sum(stage_counts(session, a, everything, today=TODAY).values()),
                "lights": lambda a=actor: sum(light_counts(session, a, everything, today=TODAY).values()),
                "firms": lambda a=actor: len(enterprise_names(session, a)),
                "visits": lambda a=actor: list_visits(session, a, VisitFilter()).total,
                "alerts": lambda a=actor: list_alerts(session, a).total,
                "trail": lambda a=actor: trail(session, a)[1],
                "export": lambda a=actor: len(project_lines(session, a, TODAY)),
                "promises": lambda a=actor: len(due_promises(session, a, TODAY)),
                "next visits": lambda a=actor: len(due_visits(session, a, TODAY)),
                "search": lambda a=actor: len(search_enterprises(session, a, "恒岳")),
            }
            assert {name: how_many(ask) for name, ask in counts.items()} == dict.fromkeys(counts, 0)
        # The same questions find something for who may ask.
        assert list_projects(session, cast.supervisor, everything, today=TODAY).total == 2
        assert session.exec(select(Project.id).where(col(Project.id) == cast.project)).one()


def test_a_demand_of_no_visit_counts_where_its_project_is_seen(cast: Any) -> None:
    add(
        Demand(
            project_id=cast.project,
            enterprise_id=cast.enterprise,
            demand_class=next(iter(DemandClass)),
            grade=DemandGrade.MAJOR,
            content="要用地指标",
            raised_on=TODAY,
        )
    )
    with reading() as session:
        found = {
            who: len(major_demands(session, getattr(cast, who))) for who in ("leader", "clerk", "stranger")
        }
    assert found == {"leader": 1, "clerk": 1, "stranger": 0}
