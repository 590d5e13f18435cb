"""The register's projects as they stood on a day: rows, officers, stages, approved words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.briefings.context import ProjectLine, Report
from crm.core.access import Actor, Verb, project_condition
from crm.projects.queries import LightInfo, Mark, mark_condition, project_lights
from crm.projects.queries.past import reported_by, stage_on, status_on
from models import AnnualPlan, Assignment, MonthlyProgress, Officer, Project, Town
from models.vocabulary import CATEGORY_LABELS, LEVEL_LABELS, STAGE_LABELS, OfficerRole, ProjectStatus


def register_lines(
    session: Session, actor: Actor, on: date, only: int | None = None
) -> tuple[tuple[ProjectLine, ...], dict[int, LightInfo]]:
    """The register's projects in scope as they stood, in the order of towns; and their lights.

    A suspended project is in and marked; a terminated one is not (house rule). One project asked for by
    `only` is there whatever its state.
    """
    statement = (
        sa.select(Project, Town.name, AnnualPlan.plan_wan, stage_on(on), status_on(on))
        .outerjoin(Town, col(Town.id) == col(Project.town_id))
        .outerjoin(
            AnnualPlan,
            sa.and_(col(AnnualPlan.project_id) == col(Project.id), col(AnnualPlan.year) == on.year),
        )
        .where(project_condition(actor, Verb.PROJECT_VIEW))
        .order_by(col(Town.sort).is_(None), col(Town.sort), col(Project.pinyin), col(Project.id))
    )
    statement = statement.where(
        mark_condition(Mark.REGISTER, on) if only is None else col(Project.id) == int(only)
    )
    rows = session.execute(statement).all()
    ids = [p.id or 0 for p, *_rest in rows]
    lights = project_lights(session, on, ids)
    officers = officers_on(session, ids, on)
    lines = []
    for p, town, plan, stage, status in rows:
        light = lights[p.id or 0]
        lines.append(
            ProjectLine(
                project_id=p.id or 0,
                name=p.name,
                town=town or "",
                level=LEVEL_LABELS[p.level] if p.level else "",
                category=CATEGORY_LABELS[p.category] if p.category else "",
                stage=STAGE_LABELS[stage],
                suspended=status == ProjectStatus.SUSPENDED,
                completed=status == ProjectStatus.COMPLETED,
                light=light.light,
                light_why=light.because,
                total_wan=p.total_wan,
                plan_wan=plan,
                done_wan=light.done_wan,
                done_month=light.month,
                unit=p.lead_unit,
                leader=p.leader,
                officers=officers.get(p.id or 0, ()),
            )
        )
    return tuple(lines), lights


def officers_on(session: Session, ids: Sequence[int], on: date) -> dict[int, tuple[str, ...]]:
    """Who answered on the day, the lead first: last month's paper names last month's officer."""
    found: dict[int, list[str]] = {}
    for project_id, name, _role, _since in assignments_on(session, ids, on):
        if name not in found.setdefault(project_id, []):
            found[project_id].append(name)
    return {k: tuple(v) for k, v in found.items()}


def assignments_on(
    session: Session, ids: Sequence[int], on: date
) -> list[tuple[int, str, OfficerRole, date]]:
    rows = session.execute(
        sa.select(Assignment.project_id, Officer.name, Assignment.role, Assignment.from_on)
        .join(Officer, col(Officer.id) == col(Assignment.officer_id))
        .where(
            col(Assignment.project_id).in_(list(ids)),
            col(Assignment.from_on) <= on,
            sa.or_(col(Assignment.to_on).is_(None), col(Assignment.to_on) >= on),
        )
        .order_by(sa.case((col(Assignment.role) == OfficerRole.LEAD, 0), else_=1), col(Assignment.id))
    )
    return [(p, n, r, f) for p, n, r, f in rows]


def approved_reports(session: Session, ids: Sequence[int], on: date) -> dict[int, Report]:
    """Each project's latest approved words, of a month that was over on the day or filed by then."""
    found: dict[int, Report] = {}
    for m in session.exec(
        select(MonthlyProgress)
        .where(
            col(MonthlyProgress.project_id).in_(list(ids)),
            col(MonthlyProgress.approved_at).is_not(None),
            sa.or_(
                reported_by(MonthlyProgress, on),
                sa.and_(col(MonthlyProgress.year) < on.year, col(MonthlyProgress.reported_on) <= on),
            ),
        )
        .order_by(col(MonthlyProgress.year).desc(), col(MonthlyProgress.month).desc())
    ):
        found.setdefault(
            m.project_id, Report(m.year, m.month, m.progress, m.problem, m.next_step, m.reported_on)
        )
    return found
