"""What waits for a department, and what waits for a leader's word: lists the home screens open with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.alerts.queries.facts import thresholds
from crm.alerts.rules import MILESTONE_SOON_WD
from crm.core.access import Actor, Verb, project_condition, require, visit_condition
from crm.workdays.queries import calendar as read_calendar
from models import Case, Demand, Enterprise, Item, Milestone, Project, Visit
from models.vocabulary import CaseState, DemandGrade, DemandState, Light, ProjectStatus


@dataclass(frozen=True)
class WaitingRow:
    """A case or milestone the department must finish. `left_wd` working days left, negative when late."""

    record: str  # "case" or "milestone"
    record_id: int
    what: str
    project_id: int | None
    project: str
    enterprise: str
    due_on: date | None
    left_wd: int | None
    light: Light


@dataclass(frozen=True)
class WaitingPage:
    rows: list[WaitingRow]
    total: int


def waiting_for_department(
    session: Session, actor: Actor, today: date, *, page: int = 1, per_page: int = 25
) -> WaitingPage:
    """Running cases and open milestones of the actor's department, the first due first.

    Cases by their due hint (promised, else legal), milestones of active projects by their plan; what has
    no date comes last. A department without an id has nothing waiting.
    """
    require(actor, Verb.ALERT_VIEW)
    if actor.department_id is None:
        return WaitingPage([], 0)
    cases: Any = (
        sa.select(
            sa.literal("case").label("record"),
            col(Case.id).label("record_id"),
            (col(Item.name) + " " + col(Case.case_no)).label("what"),
            col(Case.project_id).label("project_id"),
            col(Project.name).label("project"),
            col(Enterprise.name).label("enterprise"),
            sa.func.coalesce(col(Case.promised_due_on), col(Case.due_on)).label("due_on"),
        )
        .select_from(Case)
        .join(Item, col(Item.id) == col(Case.item_id))
        .outerjoin(Project, col(Project.id) == col(Case.project_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Case.enterprise_id))
        .where(
            col(Case.department_id) == actor.department_id,
            col(Case.decided_on).is_(None),
            col(Case.state).in_([CaseState.RECEIVED, CaseState.ACCEPTED]),
        )
    )
    milestones: Any = (
        sa.select(
            sa.literal("milestone").label("record"),
            col(Milestone.id).label("record_id"),
            col(Milestone.name).label("what"),
            col(Milestone.project_id).label("project_id"),
            col(Project.name).label("project"),
            col(Enterprise.name).label("enterprise"),
            col(Milestone.planned_on).label("due_on"),
        )
        .select_from(Milestone)
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Project.enterprise_id))
        .where(
            col(Milestone.department_id) == actor.department_id,
            col(Milestone.done_on).is_(None),
            col(Milestone.inactive).is_(False),
            col(Project.status) == ProjectStatus.ACTIVE,
        )
    )
    both = sa.union_all(cases, milestones).subquery()
    total = int(session.execute(sa.select(sa.func.count()).select_from(both)).scalar_one())
    page = max(1, min(page, -(-total // per_page)))
    found = session.execute(
        sa.select(both)
        .order_by(both.c.due_on.asc().nulls_last(), both.c.record, both.c.record_id)
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    calendar = read_calendar(session)
    soon_on = calendar.add_workdays(today, thresholds(session).of(MILESTONE_SOON_WD))
    rows: list[WaitingRow] = []
    for r in found:
        left = None if r.due_on is None else calendar.count_workdays(today, r.due_on)
        rows.append(
            WaitingRow(
                record=r.record,
                record_id=int(r.record_id),
                what=r.what,
                project_id=r.project_id,
                project=r.project or "",
                enterprise=r.enterprise or "",
                due_on=r.due_on,
                left_wd=left,
                light=_light(r.due_on, today, soon_on),
            )
        )
    return WaitingPage(rows, total)


def _light(due_on: date | None, today: date, soon_on: date) -> Light:
    if due_on is None or due_on > soon_on:
        return Light.GREEN
    if due_on < today:
        return Light.RED
    return Light.ORANGE if due_on == today else Light.YELLOW


@dataclass(frozen=True)
class MajorDemand:
    """An open demand graded Ⅳ: it needs the district's leaders or a higher office."""

    visit_id: int | None
    project_id: int | None
    project: str
    enterprise: str
    content: str
    raised_on: date


def major_demands(session: Session, actor: Actor, *, limit: int = 10) -> list[MajorDemand]:
    """Open demands of grade Ⅳ in the actor's reach, the oldest first."""
    require(actor, Verb.VISIT_VIEW)
    rows = session.exec(
        select(Demand, Project.name, Enterprise.name)
        .outerjoin(Visit, col(Visit.id) == col(Demand.visit_id))
        .outerjoin(Project, col(Project.id) == col(Demand.project_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Demand.enterprise_id))
        .where(
            col(Demand.grade) == DemandGrade.MAJOR,
            col(Demand.state) == DemandState.OPEN,
            sa.or_(
                visit_condition(actor, Verb.VISIT_VIEW),
                sa.and_(
                    col(Demand.visit_id).is_(None),
                    col(Project.id).is_not(None),
                    project_condition(actor, Verb.VISIT_VIEW),
                ),
            ),
        )
        .order_by(col(Demand.raised_on), col(Demand.id))
        .limit(limit)
    )
    return [
        MajorDemand(d.visit_id, d.project_id, project or "", enterprise or "", d.content, d.raised_on)
        for d, project, enterprise in rows
    ]
