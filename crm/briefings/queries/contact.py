"""Visits, demands and promises: what was said at the enterprise, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.briefings.context import Count, DemandFacts, Matter, PromiseFacts, VisitFacts
from crm.briefings.queries.days import days_late, happened_by
from crm.core.access import Actor, Verb, enterprise_condition, project_condition, scopes, visit_condition
from crm.workdays.rules import Calendar
from models import Demand, Enterprise, Project, Promise, Town, Visit
from models.vocabulary import (
    DEMAND_CLASS_LABELS,
    VISIT_MODE_LABELS,
    DemandGrade,
    Scope,
    VisitMode,
    VisitState,
)


def visit_where(actor: Actor, from_on: date, to_on: date) -> tuple[sa.ColumnElement[bool], ...]:
    """The complete visits of the period in reach."""
    return (
        col(Visit.state) == VisitState.COMPLETE,
        col(Visit.visited_on) >= from_on,
        col(Visit.visited_on) <= to_on,
        visit_condition(actor, Verb.VISIT_VIEW),
    )


def visit_facts(session: Session, actor: Actor, from_on: date, to_on: date) -> VisitFacts:
    where = visit_where(actor, from_on, to_on)
    modes = {
        mode: int(n)
        for mode, n in session.execute(
            sa.select(Visit.mode, sa.func.count()).where(*where).group_by(col(Visit.mode))
        )
    }
    # The town of the project visited, else of the enterprise.
    town = sa.func.coalesce(col(Project.town_id), col(Enterprise.town_id))
    towns = session.execute(
        sa.select(Town.name, sa.func.count())
        .select_from(Visit)
        .outerjoin(Project, col(Project.id) == col(Visit.project_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Visit.enterprise_id))
        .outerjoin(Town, col(Town.id) == town)
        .where(*where)
        .group_by(col(Town.name), col(Town.sort))
        .order_by(sa.func.count().desc(), col(Town.sort))
    ).all()
    enterprises = session.execute(
        sa.select(
            sa.func.count(sa.distinct(sa.func.coalesce(col(Visit.enterprise_id), col(Project.enterprise_id))))
        )
        .select_from(Visit)
        .outerjoin(Project, col(Project.id) == col(Visit.project_id))
        .where(*where)
    ).scalar_one()
    return VisitFacts(
        total=sum(modes.values()),
        enterprises=int(enterprises),
        by_mode=tuple(Count(VISIT_MODE_LABELS[m], int(modes.get(m, 0))) for m in VisitMode if modes.get(m)),
        by_town=tuple(
            [Count(name, int(n)) for name, n in towns if name]
            + [Count("未填镇街", int(n)) for name, n in towns if not name]
        ),
    )


def demand_scope(actor: Actor) -> sa.ColumnElement[bool]:
    return _of_scope(actor, col(Demand.project_id), col(Demand.enterprise_id), col(Demand.visit_id))


def _of_scope(actor: Actor, project_id: Any, enterprise_id: Any, visit_id: Any) -> sa.ColumnElement[bool]:
    """Something raised at a visit: reached by its project, else its enterprise, or by the visit itself.
    What a draft says is not yet said."""
    complete = sa.or_(
        visit_id.is_(None), visit_id.in_(select(Visit.id).where(col(Visit.state) == VisitState.COMPLETE))
    )
    if Scope.ALL in scopes(actor, Verb.VISIT_VIEW):
        return complete
    return sa.and_(
        complete,
        sa.or_(
            project_id.in_(select(Project.id).where(project_condition(actor, Verb.VISIT_VIEW))),
            sa.and_(
                project_id.is_(None),
                enterprise_id.in_(select(Enterprise.id).where(enterprise_condition(actor, Verb.VISIT_VIEW))),
            ),
        ),
    )


def demand_facts(session: Session, actor: Actor, from_on: date, to_on: date, as_of: date) -> DemandFacts:
    scope = demand_scope(actor)
    raised = sa.and_(col(Demand.raised_on) >= from_on, col(Demand.raised_on) <= to_on)
    closed = sa.and_(col(Demand.closed_on) >= from_on, col(Demand.closed_on) <= to_on)
    by_class = {
        kind: int(n)
        for kind, n in session.execute(
            sa.select(Demand.demand_class, sa.func.count())
            .where(scope, raised)
            .group_by(col(Demand.demand_class))
        )
    }
    open_ = open_demand(as_of)
    numbers = session.execute(
        sa.select(
            sa.func.count(sa.case((raised, 1))),
            sa.func.count(sa.case((closed, 1))),
            sa.func.count(sa.case((open_, 1))),
            sa.func.count(sa.case((sa.and_(open_, col(Demand.grade) == DemandGrade.MAJOR), 1))),
        ).where(scope)
    ).one()
    order = sorted(by_class, key=lambda k: (-by_class[k], list(DEMAND_CLASS_LABELS).index(k)))
    return DemandFacts(
        raised=int(numbers[0]),
        by_class=tuple(Count(DEMAND_CLASS_LABELS[k], by_class[k]) for k in order),
        closed=int(numbers[1]),
        open_total=int(numbers[2]),
        open_major=int(numbers[3]),
    )


def open_demand(on: date) -> sa.ColumnElement[bool]:
    return sa.and_(
        col(Demand.raised_on) <= on, sa.or_(col(Demand.closed_on).is_(None), col(Demand.closed_on) > on)
    )


def promise_rows(session: Session, where: Sequence[sa.ColumnElement[bool]]) -> list[tuple[Promise, str]]:
    """(promise, whom it was made to) with the visit's day joined for its making."""
    rows = session.execute(
        sa.select(Promise, Enterprise.name, Project.name)
        .join(Visit, col(Visit.id) == col(Promise.visit_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Promise.enterprise_id))
        .outerjoin(Project, col(Project.id) == col(Promise.project_id))
        .where(*where)
        .order_by(col(Promise.due_on).is_(None), col(Promise.due_on), col(Promise.id))
    )
    return [(p, enterprise or project or "企业") for p, enterprise, project in rows]


def promise_scope(actor: Actor, on: date) -> list[sa.ColumnElement[bool]]:
    return [
        _of_scope(actor, col(Promise.project_id), col(Promise.enterprise_id), col(Promise.visit_id)),
        col(Visit.visited_on) <= on,
    ]


def open_promise(on: date) -> sa.ColumnElement[bool]:
    return sa.or_(col(Promise.done_on).is_(None), col(Promise.done_on) > on)


def promise_facts(
    session: Session, actor: Actor, from_on: date, to_on: date, as_of: date, calendar: Calendar
) -> PromiseFacts:
    """Those due later than the day the paper is judged on have not fallen due yet."""
    rows = promise_rows(session, promise_scope(actor, as_of))
    made = session.execute(
        sa.select(sa.func.count())
        .select_from(Promise)
        .join(Visit, col(Visit.id) == col(Promise.visit_id))
        .where(*promise_scope(actor, to_on), col(Visit.visited_on) >= from_on)
    ).scalar_one()
    kept = kept_late = broken = falling_due = 0
    open_ = []
    for p, to in rows:
        done = happened_by(p.done_on, as_of)
        if done is None:
            open_.append((p, to))
        if p.due_on is None or not from_on <= p.due_on <= to_on:
            continue
        if done is not None:
            kept += done <= p.due_on
            kept_late += done > p.due_on
        else:
            broken += p.due_on < as_of
            falling_due += p.due_on == as_of
    return PromiseFacts(
        made=int(made),
        due=kept + kept_late + broken + falling_due,
        kept=kept,
        kept_late=kept_late,
        broken=broken,
        falling_due=falling_due,
        open_total=len(open_),
        overdue=tuple(
            promise_matter(p, to, as_of, calendar)
            for p, to in open_
            if p.due_on is not None and p.due_on < as_of
        ),
    )


def promise_matter(p: Promise, to: str, on: date, calendar: Calendar) -> Matter:
    late, unit = days_late(calendar, p.due_on, on)
    return Matter(subject=to, what=p.text, who=p.owner, on=p.due_on, late=late, unit_word=unit)


def coming_promises(session: Session, actor: Actor, on: date, days: int) -> tuple[Matter, ...]:
    rows = promise_rows(
        session,
        [
            *promise_scope(actor, on),
            open_promise(on),
            col(Promise.due_on) >= on,
            col(Promise.due_on) <= on + timedelta(days=days),
        ],
    )
    return tuple(Matter(subject=f"{to}：", what=p.text, who=p.owner, on=p.due_on) for p, to in rows)
