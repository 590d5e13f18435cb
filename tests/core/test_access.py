"""Who may do what, how far: every cell of role x verb x (own, other town's, absent) project.

The expectation is written out here by hand, as the office would say it, and not read from the code.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, col, select

from crm.core import access
from crm.core.access import SYSTEM, Verb
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed
from models import Assignment, Enterprise, Milestone, Project, User, Visit
from models.vocabulary import Party, Role, Scope, Stage, VisitState

# own = projects one is assigned to, town = of one's town, dept = of one's department, all = every one
OFFICER = {
    "own+town": "project.view visit.log visit.view enterprise.view ledger.import",
    "own": "project.edit stage.move milestone.edit progress.report case.edit phone.see export alert.view "
    "alert.handle briefing.read briefing.make",
}
PARK_STAFF = {"town": "project.view visit.log visit.view enterprise.view alert.view"}
DEPARTMENT = {
    "dept": "project.view milestone.edit case.edit visit.view enterprise.view alert.view alert.handle "
    "insight.view"
}
SUPERVISOR = {
    "all": "project.view project.edit project.create project.assign stage.move stage.override milestone.edit "
    "progress.report progress.approve case.edit visit.log visit.view enterprise.view phone.see ledger.import "
    "export alert.view alert.handle scan.run briefing.read briefing.make catalogue.edit threshold.edit "
    "case.import insight.view measure.edit supervise"
}
LEADER = {"all": "project.view visit.view enterprise.view alert.view briefing.read insight.view"}
ADMINISTRATOR = {
    "all": "project.view project.create project.assign enterprise.view visit.view ledger.import export alert.view "
    "scan.run briefing.read catalogue.edit threshold.edit calendar.edit setting.edit user.admin audit.view "
    "health.view case.import insight.view"
}
OFFICE = {
    Role.OFFICER: OFFICER,
    Role.PARK_STAFF: PARK_STAFF,
    Role.DEPARTMENT: DEPARTMENT,
    Role.SUPERVISOR: SUPERVISOR,
    Role.LEADER: LEADER,
    Role.ADMINISTRATOR: ADMINISTRATOR,
}
ACTORS = {
    "supervisor": Role.SUPERVISOR,
    "admin": Role.ADMINISTRATOR,
    "leader": Role.LEADER,
    "officer": Role.OFFICER,
    "teammate": Role.OFFICER,
    "stranger": Role.OFFICER,
    "clerk": Role.PARK_STAFF,
    "handler": Role.DEPARTMENT,
}


def reach(role: Role, verb: Verb) -> str:
    """As the office says it: own+town, own, town, dept, all or "" (not at all)."""
    return next((how for how, verbs in OFFICE[role].items() if verb.value in verbs.split()), "")


def seen(session: Session, actor: Any, verb: Verb) -> set[int]:
    return set(session.exec(select(Project.id).where(access.project_condition(actor, verb))).all())


@pytest.fixture
def town(cast: Any) -> Any:
    """The cast's two projects, a milestone of the handler's department in the first."""
    with unit_of_work(SYSTEM, "test") as session:
        session.add(
            Milestone(
                project_id=cast.project,
                code="x",
                name="施工许可",
                stage=Stage.CONSTRUCTION_PERMIT,
                waits_for=Party.DEPARTMENT,
                department_id=cast.department,
            )
        )
    return cast


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("who", list(ACTORS))
def test_each_cell_of_the_table(town: Any, who: str, verb: Verb) -> None:
    actor = getattr(town, who)
    how = reach(actor.role, verb)
    expected: set[int] = set()
    if how == "all":
        expected = {town.project, town.other_project}
    elif "own" in how and who in ("officer", "teammate"):
        expected = {town.project}
    elif "own" in how and who == "stranger":
        expected = {town.other_project}
    elif (how == "town" and who == "clerk") or (how == "dept" and who == "handler"):
        expected = {town.project}
    with reading() as session:
        assert seen(session, actor, verb) == expected
    assert access.may(actor, verb) is bool(how)
    if how:
        access.require(actor, verb)
    else:
        with pytest.raises(NotAllowed):
            access.require(actor, verb)
    if how == "all":
        access.require_all(actor, verb)
    else:
        with pytest.raises(NotAllowed):
            access.require_all(actor, verb)


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("role", [r for r in Role if r is not Role.SYSTEM])
def test_a_role_without_its_anchor_reaches_nothing_rather_than_everything(
    town: Any, role: Role, verb: Verb
) -> None:
    lost = access.Actor(user_id=999, name="新人", role=role)
    with reading() as session:
        everything = reach(role, verb) == "all"
        assert bool(seen(session, lost, verb)) is everything
        firms = session.exec(select(Enterprise.id).where(access.enterprise_condition(lost, verb))).all()
        assert bool(firms) is everything
        if not everything:
            assert session.exec(select(Visit.id).where(access.visit_condition(lost, verb))).all() == []


def test_every_verb_has_a_label_and_every_role_a_row() -> None:
    assert set(access.VERB_LABELS) == set(Verb)
    assert set(access.TABLE) == set(Role)
    told = {v for rows in OFFICE.values() for verbs in rows.values() for v in verbs.split()}
    assert told == {v.value for v in Verb}


def test_an_officer_who_handed_over_reaches_it_no_longer(any_db: str, cast: Any) -> None:
    with unit_of_work(SYSTEM, "test") as session:
        row = session.exec(
            select(Assignment).where(
                Assignment.project_id == cast.project, Assignment.officer_id == cast.officer.officer_id
            )
        ).one()
        row.to_on = date(2026, 11, 20)
    with reading() as session:
        assert seen(session, cast.officer, Verb.PROJECT_VIEW) == set()
        assert seen(session, cast.teammate, Verb.PROJECT_VIEW) == {cast.project}


def test_an_officer_of_a_town_sees_its_other_projects_but_edits_only_his_own(any_db: str, cast: Any) -> None:
    other = cast.make_project("荷塘水厂扩建工程", town="荷塘镇")
    with reading() as session:
        assert seen(session, cast.stranger, Verb.PROJECT_VIEW) == {cast.other_project, other}
        assert seen(session, cast.stranger, Verb.PROJECT_EDIT) == {cast.other_project}


def test_a_visit_is_seen_with_its_project_or_enterprise_and_by_its_author(any_db: str, cast: Any) -> None:
    with unit_of_work(SYSTEM, "test") as session:
        for n, (project, firm, author) in enumerate(
            [
                (cast.project, cast.enterprise, cast.officer.user_id),
                (None, cast.other_enterprise, cast.stranger.user_id),
                (None, None, cast.clerk.user_id),
            ]
        ):
            session.add(
                Visit(
                    request_id=str(n),
                    project_id=project,
                    enterprise_id=firm,
                    author_id=author,
                    visited_on=date(2026, 11, 20),
                    state=VisitState.COMPLETE,
                )
            )
    expected = {"officer": {1}, "teammate": {1}, "stranger": {2}, "clerk": {1, 3}, "leader": {1, 2, 3}}
    with reading() as session:
        for who, ids in expected.items():
            found = session.exec(
                select(Visit.id).where(access.visit_condition(getattr(cast, who), Verb.VISIT_VIEW))
            ).all()
            assert set(found) == ids, who


def test_a_numpy_or_text_town_id_does_not_widen_the_reach(db: object, cast: Any) -> None:
    with reading() as session:
        for odd in (0, -1, 999):
            assert seen(session, replace(cast.clerk, town_id=odd), Verb.PROJECT_VIEW) == set()


def test_system_is_nobody_who_signs_in(db: object, cast: Any) -> None:
    assert access.scopes(SYSTEM, Verb.USER_ADMIN) == {Scope.ALL}
    with reading() as session:
        assert session.exec(select(User.id).where(col(User.role) == Role.SYSTEM)).all() == []
