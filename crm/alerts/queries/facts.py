"""What the scan reads, one batch of projects at a time.

Each function narrows by an index and gives the rules their facts; no verdict is made here.
A `Batch` is a range of project ids, or the cases that belong to no project.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.alerts import rules
from crm.approvals.queries import clocks_of, stops_of
from crm.core.today import day_of
from crm.projects.queries.lights import has_active_officer
from crm.workdays.rules import Calendar
from models import (
    AnnualPlan,
    Assignment,
    Case,
    Department,
    Item,
    Milestone,
    MonthlyProgress,
    Officer,
    Project,
    Threshold,
    User,
)
from models.vocabulary import CaseSource, CaseState, ProjectStatus, Role, Stage


@dataclass(frozen=True)
class Batch:
    """Projects with ids from `low` to `high`, both included; without bounds: what has no project."""

    low: int | None = None
    high: int | None = None

    def covers(self, project_id: Any) -> sa.ColumnElement[bool]:
        """The SQL condition on a project id column."""
        column: sa.ColumnElement[int | None] = sa.type_coerce(project_id, sa.Integer)
        return column.is_(None) if self.low is None else column.between(self.low, self.high)


@dataclass(frozen=True)
class ProjectFact:
    """What several rules need of a project."""

    id: int
    stage: Stage
    status: ProjectStatus
    created_on: date
    started: bool


def batches(session: Session, size: int) -> list[Batch]:
    """The whole register in batches of about `size` projects, and last what has no project."""
    ids = list(session.exec(select(Project.id).order_by(col(Project.id))))
    chunks = [ids[i : i + size] for i in range(0, len(ids), size)]
    return [Batch(chunk[0], chunk[-1]) for chunk in chunks] + [Batch()]


def thresholds(session: Session) -> rules.Thresholds:
    """The editable numbers as they stand."""
    return rules.Thresholds({(t.code, t.stage): t.value for t in session.exec(select(Threshold))})


def projects(session: Session, batch: Batch) -> dict[int, ProjectFact]:
    """Every project of the batch by id."""
    rows = session.exec(
        select(Project.id, Project.stage, Project.status, Project.created_at, Project.started_on).where(
            batch.covers(Project.id)
        )
    )
    return {
        int(id_): ProjectFact(int(id_), stage, status, day_of(created), started is not None)
        for id_, stage, status, created, started in rows
        if id_ is not None
    }


def due_milestones(
    session: Session, batch: Batch, active: dict[int, ProjectFact], until: date
) -> list[rules.MilestoneFact]:
    """Open milestones of active projects planned not later than `until`."""
    rows = session.exec(
        select(
            Milestone.id,
            Milestone.project_id,
            Milestone.name,
            Milestone.planned_on,
            Milestone.waits_for,
            Milestone.department_id,
            Department.name,
        )
        .outerjoin(Department, col(Department.id) == col(Milestone.department_id))
        .where(
            batch.covers(Milestone.project_id),
            col(Milestone.done_on).is_(None),
            col(Milestone.planned_on) <= until,
            col(Milestone.inactive).is_(False),
        )
    )
    return [
        rules.MilestoneFact(
            id=int(id_ or 0),
            project_id=project_id,
            stage=active[project_id].stage,
            name=name,
            planned_on=planned_on,
            waits_for=waits_for,
            department_id=department_id,
            department=department or "",
        )
        for id_, project_id, name, planned_on, waits_for, department_id, department in rows
        if project_id in active and planned_on is not None
    ]


def without_officer(session: Session, batch: Batch, today: date) -> list[rules.OfficerFact]:
    """Active projects nobody in post answers for, with the names of those assigned but disabled."""
    ids = [
        int(id_)
        for id_ in session.exec(
            select(Project.id).where(
                batch.covers(Project.id),
                col(Project.status) == ProjectStatus.ACTIVE,
                ~has_active_officer(today),
            )
        )
        if id_ is not None
    ]
    former: dict[int, list[str]] = defaultdict(list)
    rows = session.exec(
        select(Assignment.project_id, Officer.name)
        .join(Officer, col(Officer.id) == col(Assignment.officer_id))
        .where(
            batch.covers(Assignment.project_id),
            col(Assignment.from_on) <= today,
            sa.or_(col(Assignment.to_on).is_(None), col(Assignment.to_on) >= today),
        )
        .order_by(col(Assignment.id))
    )
    for project_id, name in rows:
        former[project_id].append(name)
    return [rules.OfficerFact(id_, tuple(former.get(id_, ()))) for id_ in ids]


def reports(
    session: Session, batch: Batch, active: dict[int, ProjectFact], year: int
) -> list[rules.ReportFact]:
    """Active projects with an investment plan for `year`, and the latest month they reported in it."""
    last: dict[int, int] = dict(
        session.exec(
            select(MonthlyProgress.project_id, sa.func.max(MonthlyProgress.month))
            .where(batch.covers(MonthlyProgress.project_id), col(MonthlyProgress.year) == year)
            .group_by(col(MonthlyProgress.project_id))
        ).all()
    )
    planned = session.exec(
        select(AnnualPlan.project_id).where(
            batch.covers(AnnualPlan.project_id),
            col(AnnualPlan.year) == year,
            col(AnnualPlan.plan_wan).is_not(None),
        )
    )
    return [
        rules.ReportFact(
            project_id=project_id,
            created_on=active[project_id].created_on,
            last=(year, last[project_id]) if project_id in last else None,
        )
        for project_id in planned
        if project_id in active
    ]


def progress(
    session: Session, batch: Batch, active: dict[int, ProjectFact], year: int
) -> list[rules.ProgressFact]:
    """The latest amount each active project reported in `year`, with its plan of that year."""
    latest: dict[int, tuple[int, Decimal, Decimal]] = {}
    rows = session.exec(
        select(
            MonthlyProgress.project_id,
            MonthlyProgress.month,
            col(MonthlyProgress.done_wan),
            col(AnnualPlan.plan_wan),
        )
        .join(
            AnnualPlan,
            sa.and_(
                col(AnnualPlan.project_id) == col(MonthlyProgress.project_id),
                col(AnnualPlan.year) == col(MonthlyProgress.year),
            ),
        )
        .where(
            batch.covers(MonthlyProgress.project_id),
            col(MonthlyProgress.year) == year,
            col(MonthlyProgress.done_wan).is_not(None),
            col(AnnualPlan.plan_wan).is_not(None),
        )
        .order_by(col(MonthlyProgress.month))
    )
    for project_id, month, done_wan, plan_wan in rows:
        if done_wan is not None and plan_wan is not None:
            latest[project_id] = (month, plan_wan, done_wan)
    return [
        rules.ProgressFact(project_id, active[project_id].stage, (year, month), plan_wan, done_wan)
        for project_id, (month, plan_wan, done_wan) in latest.items()
        if project_id in active
    ]


def alerted() -> sa.ColumnElement[bool]:
    """The SQL condition on `Case`: the hall's cases without a project raise no alert; they are on the board."""
    return sa.or_(col(Case.project_id).is_not(None), col(Case.source) == CaseSource.OURS)


def clocks(session: Session, batch: Batch, today: date, calendar: Calendar) -> list[rules.ClockFact]:
    """Every case still running, with the verdict of its clock: promised where promised, else legal.

    A clock belongs to the applicant: it runs whatever the status of the project.
    """
    rows = list(
        session.exec(
            select(Case, Item.name, Department.name)
            .join(Item, col(Item.id) == col(Case.item_id))
            .outerjoin(Department, col(Department.id) == col(Case.department_id))
            .where(
                batch.covers(Case.project_id),
                alerted(),
                col(Case.state) == CaseState.ACCEPTED,
                col(Case.decided_on).is_(None),
                col(Case.accepted_on) <= today,
            )
        )
    )
    stops = stops_of(session, [int(case.id or 0) for case, _item, _department in rows])
    found: list[rules.ClockFact] = []
    for case, item, department in rows:
        if case.id is None:
            continue
        held = stops.get(case.id, [])
        # A stop nobody was told of stops nothing, and is an alert of its own.
        clocks = clocks_of(case, [s for s in held if s.told_on is not None], today, calendar)
        watched_by = clocks.legal if clocks.past_legal else clocks.committed
        if watched_by is None:
            continue
        due_on = watched_by.due_on
        found.append(
            rules.ClockFact(
                case_id=case.id,
                case_no=case.case_no,
                item=item,
                light=clocks.light,
                due_on=due_on,
                left=watched_by.left,
                unit=watched_by.unit,
                late_wd=calendar.count_workdays(due_on, today) if due_on < today else 0,
                past_legal=clocks.past_legal,
                project_id=case.project_id,
                enterprise_id=case.enterprise_id,
                department_id=case.department_id,
                department=department or "",
            )
        )
    return found


# --- who is told --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Staff:
    """Active accounts: supervisors, and handlers by department."""

    supervisors: frozenset[int]
    handlers: dict[int, frozenset[int]]


def staff(session: Session) -> Staff:
    """Whom alerts can reach apart from the officers of a project."""
    supervisors: set[int] = set()
    handlers: dict[int, set[int]] = defaultdict(set)
    for id_, role, department_id in session.exec(
        select(User.id, User.role, User.department_id).where(
            col(User.active).is_(True), col(User.role).in_([Role.SUPERVISOR, Role.DEPARTMENT])
        )
    ):
        if id_ is None:
            continue
        if role is Role.SUPERVISOR:
            supervisors.add(id_)
        elif department_id is not None:
            handlers[department_id].add(id_)
    return Staff(frozenset(supervisors), {d: frozenset(ids) for d, ids in handlers.items()})


def officers_of(session: Session, batch: Batch, today: date) -> dict[int, frozenset[int]]:
    """Project id -> accounts of the officers answerable today, lead and co; disabled ones left out."""
    found: dict[int, set[int]] = defaultdict(set)
    for project_id, user_id in session.exec(
        select(Assignment.project_id, User.id)
        .join(Officer, col(Officer.id) == col(Assignment.officer_id))
        .join(User, col(User.id) == col(Officer.user_id))
        .where(
            batch.covers(Assignment.project_id),
            col(Assignment.from_on) <= today,
            sa.or_(col(Assignment.to_on).is_(None), col(Assignment.to_on) >= today),
            col(Officer.active).is_(True),
            col(User.active).is_(True),
        )
    ):
        if user_id is not None:
            found[project_id].add(user_id)
    return {id_: frozenset(users) for id_, users in found.items()}


def soon_until(calendar: Calendar, today: date, limits: rules.Thresholds) -> date:
    """The latest planned date any stage's threshold calls soon: the narrowing of `due_milestones`."""
    return calendar.add_workdays(today, limits.most(rules.MILESTONE_SOON_WD))


def warn_until(today: date, limits: rules.Thresholds) -> date:
    """The latest end the expiry watch looks at."""
    return today + timedelta(days=limits.of(rules.EXPIRY_WARN_DAYS))
