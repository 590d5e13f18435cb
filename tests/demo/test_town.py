"""The demo town is the same for the same day, alive on any day, and never deletes what is not its own."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select
from stdnum.cn import uscc
from typer.testing import CliRunner

from crm.approvals.queries import clocks_of
from crm.cli import build
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import Refusal
from crm.demo import PASSWORD, reset, town, words
from crm.projects.inputs import PROJECT_CODE
from crm.projects.plan_rules import Step, graph_of
from crm.workdays.queries import calendar as read_calendar
from models import (
    Alert,
    AnnualPlan,
    Assignment,
    Case,
    Contact,
    Demand,
    Enterprise,
    Milestone,
    MilestoneLink,
    MonthlyProgress,
    Officer,
    Project,
    Promise,
    SpecialProcedure,
    StageMove,
    Town,
    User,
    Visit,
    VisitPerson,
)
from models.vocabulary import (
    CaseState,
    DatePrecision,
    OfficerRole,
    ProjectStatus,
    ProjectType,
    Role,
    Side,
    Stage,
)
from tests.conftest import _forget_engines as forget_engines
from tests.conftest import _use

MONDAY = date(2026, 11, 23)
# Chance, or the moment of writing, and not a fact of the town.
NOT_FACTS = {"created_at", "updated_at", "password_hash", "id", "started_at", "finished_at"}


def use_database(patch: pytest.MonkeyPatch, var: Path) -> None:
    _use(patch, var, f"sqlite:///{var / 'crm.sqlite3'}")


def facts(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the town's tables without chance and moments."""
    tables = (
        Enterprise,
        Contact,
        Officer,
        Project,
        Milestone,
        Assignment,
        StageMove,
        AnnualPlan,
        MonthlyProgress,
        Case,
        SpecialProcedure,
        Visit,
        VisitPerson,
        Promise,
        Demand,
        Alert,
        User,
    )
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table in tables:
        columns = [c for c in table.__table__.columns if c.name not in NOT_FACTS]
        found[str(table.__tablename__)] = [
            tuple(row) for row in session.execute(sa.select(*columns).order_by(table.__table__.c.id))
        ]
    return found


@pytest.fixture(autouse=True)
def _one_hash(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2id is slow on purpose; only the sign-in needs the real one."""
    if "demo_account" not in request.node.name:
        monkeypatch.setattr(town, "hash_of", lambda _password: "$argon2id$none")


def test_the_same_day_makes_the_same_town_also_after_a_reset(standing: Path) -> None:
    with reading() as session:
        first = facts(session)
    reset.wipe()
    town.make(MONDAY)
    with reading() as session:
        second = facts(session)
    assert first == second


@pytest.mark.postgres
def test_the_town_stands_on_postgresql_too_and_can_be_reset(postgres_db: str) -> None:
    made = town.make(MONDAY)
    reset.wipe()
    assert town.make(MONDAY).projects == made.projects


# Days on which arithmetic with months, years and the State Council's calendar goes wrong first.
ODD_DAYS = {
    "New Year's Day": date(2025, 1, 1),
    "the last day of a short February": date(2025, 2, 28),
    "mid-year": date(2025, 7, 16),
    "National Day": date(2025, 10, 1),
    "a make-up Saturday": date(2026, 2, 14),
    "Spring Festival": date(2026, 2, 17),
    "the end of a quarter": date(2026, 3, 31),
    "a Sunday": date(2026, 11, 22),
    "the last day before a year without a notice": date(2026, 12, 31),
    "a leap day": date(2028, 2, 29),
}


@pytest.mark.parametrize("today", ODD_DAYS.values(), ids=ODD_DAYS)
def test_the_town_is_sound_on_any_day(db: Any, today: date) -> None:
    made = town.make(today)
    assert made.projects == 60
    with reading() as session:
        faults = list(_faults(session, today))
        assert faults == []
        assert _states(session, today) >= {"green", "yellow", "orange", "red", "blue", "grey"}
        assert session.exec(select(sa.func.count()).select_from(Alert)).one() > 20


def _faults(session: Session, today: date) -> Any:
    """What no real register could hold."""
    for project in session.exec(select(Project)):
        stated = project.finish_precision is not DatePrecision.YEAR
        if stated and project.start_on and project.finish_on and project.finish_on < project.start_on:
            yield f"{project.name}: finish before start"
        for name in (
            "started_on",
            "finished_on",
            "produced_on",
            "stage_entered_on",
            "status_on",
            "last_contact_on",
        ):
            day = getattr(project, name)
            if day is not None and day > today:
                yield f"{project.name}: {name} lies ahead"
        if project.started_on and project.finished_on and project.finished_on < project.started_on:
            yield f"{project.name}: finished before started"
        if project.project_code and not PROJECT_CODE.match(project.project_code):
            yield f"{project.name}: code {project.project_code}"
        if project.status is not ProjectStatus.ACTIVE and not project.status_reason:
            yield f"{project.name}: no reason"
        moves = session.exec(
            select(StageMove).where(StageMove.project_id == project.id).order_by(col(StageMove.id))
        ).all()
        days = [m.moved_on for m in moves]
        if days != sorted(days) or (moves and moves[-1].to_stage != project.stage):
            yield f"{project.name}: moves"
    for firm in session.exec(select(Enterprise)):
        if not uscc.is_valid(firm.credit_code or ""):
            yield f"{firm.name}: credit code"
    done = {m.id: m for m in session.exec(select(Milestone))}
    for milestone in done.values():
        if milestone.done_on is not None and milestone.done_on > today:
            yield f"{milestone.name}: done ahead"
    for link in session.exec(select(MilestoneLink)):
        before, after = done[link.prerequisite_id], done[link.milestone_id]
        if after.done_on is not None and (before.done_on is None or before.done_on > after.done_on):
            yield f"{after.project_id} {after.name}: done before {before.name}"
    for visit in session.exec(select(Visit)):
        if visit.visited_on > today or visit.created_at.date() > today:
            yield f"visit {visit.id} lies ahead"
    for case in session.exec(select(Case)):
        if case.decided_on is not None and (case.decided_on > today or case.decided_on < case.received_on):
            yield f"{case.case_no}: decided"
    for row in session.exec(select(MonthlyProgress)):
        if row.reported_on > today or (row.done_wan or 0) < 0:
            yield f"progress {row.project_id} {row.year}-{row.month}"


def _states(session: Session, today: date) -> set[str]:
    calendar = read_calendar(session)
    stops: dict[int, list[SpecialProcedure]] = {}
    for stop in session.exec(select(SpecialProcedure)):
        stops.setdefault(stop.case_id, []).append(stop)
    return {
        clocks_of(case, stops.get(case.id or 0, []), today, calendar).light.value
        for case in session.exec(select(Case))
    }


@pytest.fixture(scope="module")
def monday_town(prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town of a Monday, built once: its data folder."""
    var = tmp_path_factory.mktemp("monday")
    shutil.copy(prepared_sqlite, var / "crm.sqlite3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(town, "hash_of", lambda _password: "$argon2id$none")
        use_database(patch, var)
        town.make(MONDAY)
        forget_engines()
    return var


@pytest.fixture
def standing(db: Path, monday_town: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The town of a Monday, to change: a copy of its own."""
    forget_engines()
    shutil.copy(monday_town / "crm.sqlite3", db / "crm.sqlite3")
    use_database(monkeypatch, db)
    return db


@pytest.fixture
def living(monday_town: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """The town of a Monday, read."""
    use_database(monkeypatch, monday_town)
    with reading() as session:
        yield session
    forget_engines()


def test_the_town_has_every_stage_type_town_role_and_status(living: Session) -> None:
    projects = living.exec(select(Project)).all()
    assert {p.stage for p in projects} == set(Stage)
    assert {p.project_type for p in projects} == set(ProjectType)
    assert {p.town_id for p in projects} == set(living.exec(select(Town.id)))
    assert {p.status for p in projects} == set(ProjectStatus)
    users = Counter(u.role for u in living.exec(select(User)))
    assert users[Role.OFFICER] == 10
    assert users[Role.LEADER] == 2
    assert users[Role.DEPARTMENT] >= 3
    assert set(users) == set(Role) - {Role.SYSTEM}


def test_every_case_state_is_there(living: Session) -> None:
    cases = living.exec(select(Case)).all()
    assert {c.state for c in cases} == set(CaseState)
    assert any(c.extension and c.extended_on for c in cases)
    told = [s.told_on for s in living.exec(select(SpecialProcedure)) if s.to_on is None]
    assert None in told
    assert any(t is not None for t in told)
    assert any(c.renew_by_on and c.renew_by_on <= MONDAY + timedelta(days=30) for c in cases)


def test_one_project_has_nobody_and_some_were_handed_over(living: Session) -> None:
    led = set(
        living.exec(
            select(Assignment.project_id).where(
                Assignment.role == OfficerRole.LEAD, col(Assignment.to_on).is_(None)
            )
        )
    )
    alone = [p for p in living.exec(select(Project)) if p.id not in led]
    assert len(alone) == 1
    handed = living.exec(
        select(sa.func.count(sa.distinct(col(Assignment.project_id)))).where(
            col(Assignment.to_on).is_not(None), col(Assignment.project_id).in_(led)
        )
    ).one()
    assert handed >= 2


def test_no_officer_has_more_than_a_fifth_of_the_projects(living: Session) -> None:
    load = Counter(
        living.exec(
            select(Assignment.officer_id).where(
                Assignment.role == OfficerRole.LEAD, col(Assignment.to_on).is_(None)
            )
        )
    )
    assert max(load.values()) <= 12
    assert len(load) == 10


def test_a_complete_visit_has_people_of_both_sides(living: Session) -> None:
    sides: dict[int, set[Side]] = {}
    for person in living.exec(select(VisitPerson)):
        sides.setdefault(person.visit_id, set()).add(person.side)
    visits = living.exec(select(Visit)).all()
    assert len(visits) > 150
    assert [v.id for v in visits if sides.get(v.id or 0) != {Side.OURS, Side.ENTERPRISE}] == []


def test_some_money_runs_far_behind_some_ahead_and_some_is_not_reported(living: Session) -> None:
    plans = {p.project_id: p.plan_wan for p in living.exec(select(AnnualPlan).where(AnnualPlan.year == 2026))}
    october = {
        r.project_id: r.done_wan
        for r in living.exec(
            select(MonthlyProgress).where(MonthlyProgress.year == 2026, MonthlyProgress.month == 10)
        )
    }
    gaps = [float(october[i] / plan * 100) - 1000 / 12 for i, plan in plans.items() if i in october]  # type: ignore[operator]
    assert min(gaps) < -30
    assert max(gaps) > 8
    assert len([i for i in plans if i not in october]) >= 3


def test_the_trail_says_who_made_a_visit(living: Session) -> None:
    from models import AuditEntry

    names = set(
        living.exec(
            select(AuditEntry.user_name).where(
                AuditEntry.record == "visit", AuditEntry.action == "visits.log"
            )
        )
    )
    assert {"何志强", "林咏琪"} <= names


def test_milestone_plans_have_no_cycle(living: Session) -> None:
    codes = {m.id: m for m in living.exec(select(Milestone))}
    before: dict[int, list[str]] = {}
    for link in living.exec(select(MilestoneLink)):
        before.setdefault(link.milestone_id, []).append(codes[link.prerequisite_id].code)
    by_project: dict[int, list[Step]] = {}
    for m in codes.values():
        by_project.setdefault(m.project_id, []).append(
            Step(m.code, m.name, m.duration_wd, tuple(before.get(m.id or 0, ())))
        )
    for steps in by_project.values():
        graph_of(steps)  # raises PlanCycle


def test_names_are_distinct_and_phones_lie_in_a_range_nobody_has(living: Session) -> None:
    firms = living.exec(select(Enterprise.name)).all()
    assert len(firms) == len(set(firms))
    phones = [*living.exec(select(Contact.phone)), *living.exec(select(User.phone))]
    assert [p for p in phones if not (p.startswith("154") and len(p) == 11)] == []


def test_nobody_of_the_demo_is_called_what_another_is(living: Session) -> None:
    assert len({login for login, *_rest in words.PEOPLE}) == len(words.PEOPLE)


# The commands


def run(*arguments: str) -> Any:
    return CliRunner().invoke(build(), ["demo", *arguments])


def test_make_fills_an_empty_database(db: Any) -> None:
    assert json.loads(run("make", "--json").stdout)["projects"] == 60


def test_make_refuses_a_database_that_is_not_empty(standing: Path) -> None:
    again = run("make")
    assert isinstance(again.exception, Refusal)
    assert "20个账号、60个项目" in str(again.exception)


def test_reset_builds_the_demo_afresh_with_what_demo_accounts_added(standing: Path) -> None:
    with reading() as session:
        officer = session.exec(select(User).where(User.login == "hezq")).one()
    from crm.core.access import Actor

    with unit_of_work(Actor(officer.id, officer.name, officer.role), "ledgers.commit") as session:
        session.add(Project(name="试导入", name_key="试导入"))
    done = run("reset", "--json")
    assert json.loads(done.stdout)["projects"] == 60


def test_reset_refuses_to_delete_real_accounts_and_projects(db: Any) -> None:
    with unit_of_work(SYSTEM, "users.create") as session:
        session.add(User(login="real", login_key="real", name="真人", role=Role.ADMINISTRATOR))
        session.add(Project(name="真项目", name_key="真项目"))
    refused = run("reset")
    assert isinstance(refused.exception, Refusal)
    assert "1个正式账号、1个不属于演示的项目" in str(refused.exception)
    assert run("reset", "--yes-delete-everything").exit_code == 0
    with reading() as session:
        assert session.exec(select(User).where(User.login == "real")).first() is None


def test_the_sign_ins_are_listed_with_their_password(db: Any) -> None:
    listed = json.loads(run("accounts", "--json").stdout)
    assert listed["password"] == PASSWORD
    assert [a["login"] for a in listed["accounts"]][:2] == ["hezq", "lixy"]


def test_a_demo_account_is_refused_outside_a_demo(db: Any) -> None:
    from crm.core import signin
    from crm.core.errors import CrmError

    town.make(MONDAY)
    assert signin.sign_in("hezq", PASSWORD, demo=True).token
    with pytest.raises(CrmError):
        signin.sign_in("hezq", PASSWORD, demo=False)
