"""Permit cases with their clocks, nodes of the plans, and what needs the leader's word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.approvals import queries as approvals
from crm.approvals.rules import Stop, Terms, case_clocks
from crm.briefings.context import CaseFacts, Matter
from crm.briefings.queries.contact import demand_scope, open_demand
from crm.briefings.queries.days import days_late, happened_by
from crm.briefings.queries.register import officers_on
from crm.core.access import Actor, Verb, project_condition
from crm.projects.queries.past import status_on
from crm.workdays.rules import Calendar
from models import Case, Demand, Department, Enterprise, Item, Milestone, Project
from models.vocabulary import (
    DEMAND_CLASS_LABELS,
    PARTY_LABELS,
    UNDECIDED_CASE_STATES,
    CaseSource,
    DayUnit,
    DemandGrade,
    Light,
    Party,
    ProjectStatus,
)

# 提级: a matter this many working days late goes to the leader in charge (house rule, after the
# escalation ladder T+3 of the district's supervision practice).
ESCALATE_WD = 3


def case_rows(
    session: Session, actor: Actor, on: date, where: Iterable[sa.ColumnElement[bool]] = ()
) -> list[tuple[Case, Item, Department | None, Project | None, Enterprise | None]]:
    """Cases kept here or of a project; what else the hall sees all day is no matter of these papers."""
    rows = session.execute(
        sa.select(Case, Item, Department, Project, Enterprise)
        .join(Item, col(Item.id) == col(Case.item_id))
        .outerjoin(Department, col(Department.id) == col(Case.department_id))
        .outerjoin(Project, col(Project.id) == col(Case.project_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Case.enterprise_id))
        .where(
            approvals.case_condition(actor, Verb.PROJECT_VIEW),
            sa.or_(col(Case.project_id).is_not(None), col(Case.source) == CaseSource.OURS),
            col(Case.state).not_in(UNDECIDED_CASE_STATES),
            col(Case.received_on) <= on,
            *where,
        )
        .order_by(col(Case.due_on), col(Case.id))
    )
    return [(c, i, d, p, e) for c, i, d, p, e in rows]


def clocks_on(session: Session, cases: Sequence[Case], on: date, calendar: Calendar) -> dict[int, Any]:
    """Each case's clocks as of the day: what was decided or stopped later had not happened yet."""
    stops = approvals.stops_of(session, [c.id for c in cases if c.id is not None])
    found = {}
    for c in cases:
        decided = c.decided_on if c.decided_on is not None and c.decided_on <= on else None
        found[c.id or 0] = case_clocks(
            Terms(c.starts_on or c.accepted_on, c.legal_limit, c.promised_limit, c.unit, c.extension),
            [
                Stop(
                    s.from_on,
                    s.to_on if s.to_on is None or s.to_on <= on else None,
                    happened_by(s.told_on, on),
                )
                for s in stops.get(c.id or 0, [])
                if s.from_on <= on
            ],
            today=on,
            calendar=calendar,
            decided_on=decided,
        )
    return found


def case_facts(
    session: Session, actor: Actor, from_on: date, to_on: date, as_of: date, calendar: Calendar
) -> CaseFacts:
    rows = case_rows(
        session,
        actor,
        as_of,
        [
            sa.or_(
                col(Case.decided_on).is_(None),
                col(Case.decided_on) >= from_on,
                sa.and_(col(Case.accepted_on) >= from_on, col(Case.accepted_on) <= to_on),
            )
        ],
    )
    clocks = clocks_on(session, [r[0] for r in rows], as_of, calendar)
    accepted = decided = decided_late = open_total = stopped = 0
    overdue = []
    for c, item, department, project, enterprise in rows:
        clock = clocks[c.id or 0]
        accepted += c.accepted_on is not None and from_on <= c.accepted_on <= to_on
        if c.decided_on is not None and c.decided_on <= as_of:
            if c.decided_on >= from_on:
                decided += 1
                decided_late += is_late(clock)
            continue
        open_total += 1
        stopped += clock.light is Light.BLUE
        if clock.light is Light.RED:
            overdue.append(
                late_case(clock, as_of, calendar, item.name, department, case_subject(project, enterprise))
            )
    overdue.sort(key=lambda m: -(m.late or 0))
    return CaseFacts(accepted, decided, decided_late, open_total, stopped, tuple(overdue))


def is_late(clocks: Any) -> bool:
    return bool(clocks.past_legal or (clocks.committed is not None and clocks.committed.late))


def case_subject(project: Project | None, enterprise: Enterprise | None) -> str:
    return project.name if project else enterprise.name if enterprise else "（未登记申请人）"


def late_case(
    clocks: Any, on: date, calendar: Calendar, item: str, department: Department | None, subject: str
) -> Matter:
    clock = clocks.committed
    late, unit = days_late(calendar, clock.due_on, on) if clock else (None, "个工作日")
    if clock is not None and clock.left < 0:
        late, unit = -clock.left, "个工作日" if clock.unit is DayUnit.WORKING else "天"
    return Matter(
        subject=subject,
        what=item,
        who=department.name if department else "",
        on=clock.due_on if clock else None,
        late=late,
        unit_word=unit,
    )


def open_nodes(
    session: Session, actor: Actor, on: date, calendar: Calendar, *, until: date
) -> list[tuple[Party, Matter]]:
    """(whom it waits for, node): open milestones of running projects planned up to `until`, in order."""
    rows = session.execute(
        sa.select(Milestone, Project.name, Department.name, Project.lead_unit, Enterprise.name)
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .outerjoin(Department, col(Department.id) == col(Milestone.department_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Project.enterprise_id))
        .where(
            project_condition(actor, Verb.PROJECT_VIEW),
            status_on(on) == ProjectStatus.ACTIVE.value,
            col(Milestone.inactive).is_(False),
            sa.or_(col(Milestone.done_on).is_(None), col(Milestone.done_on) > on),
            col(Milestone.planned_on) <= until,
        )
        .order_by(col(Milestone.planned_on), col(Milestone.id))
    ).all()
    officers = officers_on(session, list({m.project_id for m, *_rest in rows}), on)
    found = []
    for m, project, department, unit, firm in rows:
        late, unit_word = days_late(calendar, m.planned_on, on)
        matter = Matter(
            subject=project,
            what=m.name,
            who=holder_of(m, department, unit, firm, officers.get(m.project_id, ())),
            on=m.planned_on,
            late=late,
            unit_word=unit_word,
        )
        found.append((m.waits_for, matter))
    return found


def holder_of(
    m: Milestone, department: str | None, unit: str, firm: str | None, officers: Sequence[str]
) -> str:
    """Who must act on a milestone, by name where there is one."""
    if m.waits_for is Party.DEPARTMENT:
        return department or unit
    if m.waits_for is Party.ENTERPRISE:
        return firm or PARTY_LABELS[Party.ENTERPRISE]
    return f"联络专员{'、'.join(officers[:1])}" if officers else unit


def decisions(
    session: Session,
    actor: Actor,
    on: date,
    nodes: Sequence[Matter],
    cases: Sequence[Matter],
    only: int | None = None,
) -> tuple[Matter, ...]:
    """需领导协调事项: open demands of grade Ⅳ; nodes held by a department and permit cases that are late by
    `ESCALATE_WD` working days or more. A node and its own case are one matter."""
    where = [demand_scope(actor), open_demand(on), col(Demand.grade) == DemandGrade.MAJOR]
    if only is not None:
        where.append(col(Demand.project_id) == only)
    rows = session.execute(
        sa.select(Demand, Project.name, Enterprise.name, Project.lead_unit)
        .outerjoin(Project, col(Project.id) == col(Demand.project_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Demand.enterprise_id))
        .where(*where)
        .order_by(col(Demand.raised_on), col(Demand.id))
    ).all()
    officers = officers_on(session, [d.project_id for d, *_rest in rows if d.project_id], on)
    found = []
    for d, project, firm, unit in rows:
        mine = officers.get(d.project_id or 0, ())
        who = "、".join(x for x in (unit or "", f"联络专员{'、'.join(mine)}" if mine else "") if x)
        what = f"{DEMAND_CLASS_LABELS[d.demand_class]}诉求（Ⅳ级，{d.raised_on.month}月{d.raised_on.day}日提出）：{d.content}"
        found.append(Matter(subject=project or firm or "企业", what=what, who=who, on=None))
    told: set[tuple[str, str]] = set()
    for m in sorted([*cases, *nodes], key=lambda m: -(m.late or 0)):
        if (m.subject, m.what) in told:
            continue
        told.add((m.subject, m.what))
        if m.late and m.late >= ESCALATE_WD and m.unit_word == "个工作日":
            found.append(Matter(m.subject, f"{m.what}逾期，提请协调督办", m.who, m.on, m.late, m.unit_word))
    return tuple(found)
