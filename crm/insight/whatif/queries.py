"""Reads for the what-if: an item's rule today, its cases of the last year, the projects it would move.

Nothing is written. Cases are those the actor's INSIGHT_VIEW reaches (a department's its own), projects those
he may look at besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, project_condition, require, scopes
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.insight.forecast import queries as forecasts
from crm.insight.forecast import rules as forecast_rules
from crm.insight.forecast.facts import ProjectFacts
from crm.insight.forecast.history_rules import Ahead, History, Seen, seen
from crm.insight.forecast.rules import Target
from crm.insight.whatif import rules
from crm.insight.whatif.rules import Corrections, Limit, Ran, Scenario, Verdict
from crm.projects.plan_rules import Layout, PlanCycle, lay_out
from crm.workdays.queries import calendar as calendar_of
from crm.workdays.rules import Calendar
from models import Case, Department, Item, ItemDocument, Milestone, MilestoneLink, Project
from models.vocabulary import DayUnit, DocumentStanding, ProjectStatus, Scope

CASE_DAYS = 365


def case_reach(actor: Actor) -> sa.ColumnElement[bool]:
    """The SQL condition on `Case`: all, or what the actor's own department decides."""
    reach = scopes(actor, Verb.INSIGHT_VIEW)
    if Scope.ALL in reach:
        return sa.true()
    if Scope.OWN_DEPARTMENT in reach and actor.department_id is not None:
        return col(Case.department_id) == actor.department_id
    return sa.false()


def project_reach(actor: Actor) -> sa.ColumnElement[bool]:
    """The SQL condition on `Project`: both verbs must reach it."""
    return sa.and_(project_condition(actor, Verb.INSIGHT_VIEW), project_condition(actor, Verb.PROJECT_VIEW))


@dataclass(frozen=True)
class ItemNow:
    """An item's rule as it stands. `documents`: how many its rule asks for, None when none are recorded."""

    id: int
    code: str
    name: str
    legal_limit: int | None
    unit: DayUnit
    promised_limit: int | None
    documents: int | None
    promise_route: str

    def limit(self, which: Limit) -> int | None:
        return self.promised_limit if which is Limit.PROMISED else self.legal_limit

    def unit_of(self, which: Limit) -> DayUnit:
        return DayUnit.WORKING if which is Limit.PROMISED else self.unit


def items(session: Session, actor: Actor) -> dict[int, str]:
    """id -> "code name" of the items one may try a change of, the catalogue's own first."""
    require(actor, Verb.INSIGHT_VIEW)
    rows = session.execute(
        select(col(Item.id), col(Item.code), col(Item.name))
        .where(col(Item.active).is_(True))
        .order_by(col(Item.from_hall), col(Item.code))
    )
    return {row[0]: f"{row[1]} {row[2]}" for row in rows}


def item_by_code(session: Session, actor: Actor, code: str) -> int | None:
    """The id of the item with this code, None when there is none."""
    require(actor, Verb.INSIGHT_VIEW)
    return session.exec(select(col(Item.id)).where(col(Item.code) == code)).first()


def item_now(session: Session, actor: Actor, item_id: int) -> ItemNow:
    """The item's rule today. Raises `NotFound`."""
    require(actor, Verb.INSIGHT_VIEW)
    row = session.get(Item, int(item_id)) if 0 < item_id < 2**31 else None
    if row is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    documents = session.exec(
        select(sa.func.count(col(ItemDocument.id))).where(
            col(ItemDocument.item_id) == row.id, col(ItemDocument.standing) != DocumentStanding.DROPPED
        )
    ).one()
    return ItemNow(
        id=row.id or 0,
        code=row.code,
        name=row.name,
        legal_limit=row.legal_limit,
        unit=row.unit,
        promised_limit=row.promised_limit,
        documents=int(documents) or None,
        promise_route=row.promise_route,
    )


# ── The cases ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class CasesSay:
    """What the last year's closed cases say. `whole` None without a case that can be judged;
    `unmeasured`: closed cases without the days they took; `names` of departments by id."""

    first: date
    last: date
    whole: Verdict | None
    departments: tuple[Verdict, ...]
    unmeasured: int
    corrections: Corrections
    names: dict[int, str]
    ran: tuple[Ran, ...]
    enterprise: dict[int, int]


def window(today: date) -> tuple[date, date]:
    """The last year up to today, both ends included."""
    return today - timedelta(days=CASE_DAYS - 1), today


def cases_say(session: Session, actor: Actor, scenario: Scenario, item: ItemNow, today: date) -> CasesSay:
    """The last year's closed cases of the item against the new limit, counted in SQL."""
    require(actor, Verb.INSIGHT_VIEW)
    first, last = window(today)
    where = [col(Case.item_id) == item.id, col(Case.decided_on).between(first, last), case_reach(actor)]
    tally = _tally(session, where)
    closed = sum(tally.values())
    enterprise: dict[int, int] = {}
    ran: dict[tuple[int | None, int], int] = {}
    for (department, days, own), n in tally.items():
        if own is not None:
            enterprise[own] = enterprise.get(own, 0) + n
        if days is not None:
            ran[department, days] = ran.get((department, days), 0) + n
    if item.unit_of(scenario.which) is DayUnit.CALENDAR:
        ran = _calendar_days(session, where)
    counted = [Ran(department, days, n) for (department, days), n in ran.items()]
    limit = scenario.limit if scenario.limit is not None else item.limit(scenario.which)
    was = scenario.was if scenario.was is not None else item.limit(scenario.which)
    whole, each = rules.judge(counted, was, limit) if counted and limit is not None else (None, [])
    ids = {v.department_id for v in each if v.department_id is not None}
    names = {
        row.id or 0: row.short or row.name
        for row in session.exec(select(Department).where(col(Department.id).in_(ids)))
    }
    return CasesSay(
        first=first,
        last=last,
        whole=whole,
        departments=tuple(each),
        unmeasured=closed - sum(r.n for r in counted),
        corrections=rules.corrections(closed, enterprise),
        names=names,
        ran=tuple(counted),
        enterprise=enterprise,
    )


def _tally(
    session: Session, where: Sequence[sa.ColumnElement[bool]]
) -> dict[tuple[int | None, int | None, int | None], int]:
    """(department, running days, the enterprise's own days of a corrected case) -> how many, in one pass.
    Running days None where the clock never ran; the enterprise's None where nothing was corrected."""
    own = sa.case((col(Case.corrections) > 0, sa.func.coalesce(col(Case.enterprise_wd), 0)))
    rows = session.execute(
        select(col(Case.department_id), col(Case.running_wd), own, sa.func.count())
        .where(*where)
        .group_by(sa.text("1"), sa.text("2"), sa.text("3"))
    )
    return {(row[0], row[1], row[2]): int(row[3]) for row in rows}


def _calendar_days(
    session: Session, where: Sequence[sa.ColumnElement[bool]]
) -> dict[tuple[int | None, int], int]:
    """The law's own 日 each closed case took, by department. They are known only of cases that were never
    stopped; the others stay unmeasured."""
    dated = session.execute(
        select(col(Case.department_id), col(Case.starts_on), col(Case.decided_on), sa.func.count())
        .where(*where, col(Case.starts_on).is_not(None), sa.func.coalesce(col(Case.stopped_wd), 0) == 0)
        .group_by(col(Case.department_id), col(Case.starts_on), col(Case.decided_on))
    )
    found: dict[tuple[int | None, int], int] = {}
    for department, start, end, n in dated:
        key = (department, max(0, (end - start).days))
        found[key] = found.get(key, 0) + int(n)
    return found


# ── The projects ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Before:
    """A prerequisite of the item's open steps, and in how many projects it stands open before them."""

    code: str
    name: str
    projects: int


def prerequisites(session: Session, actor: Actor, item_id: int) -> list[Before]:
    """What stands before the item's open steps, the commonest first: each may be tried in parallel."""
    require(actor, Verb.INSIGHT_VIEW)
    first = aliased(Milestone)
    rows = session.execute(
        select(
            col(first.code),
            sa.func.min(col(first.name)),
            sa.func.count(sa.distinct(col(Milestone.project_id))),
        )
        .join(MilestoneLink, col(MilestoneLink.prerequisite_id) == col(first.id))
        .join(Milestone, col(Milestone.id) == col(MilestoneLink.milestone_id))
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .where(*_open_step(item_id), col(first.done_on).is_(None), col(first.inactive).is_(False))
        .where(project_reach(actor))
        .group_by(col(first.code))
        .order_by(sa.text("3 DESC"), col(first.code))
    )
    return [Before(*row) for row in rows]


def _open_step(item_id: int) -> list[sa.ColumnElement[bool]]:
    return [
        col(Milestone.item_id) == item_id,
        col(Milestone.done_on).is_(None),
        col(Milestone.inactive).is_(False),
        col(Project.status) == ProjectStatus.ACTIVE,
    ]


def affected(session: Session, actor: Actor, item_id: int) -> list[int]:
    """The projects being pursued with an open step of the item, by id."""
    require(actor, Verb.INSIGHT_VIEW)
    return list(
        session.exec(
            select(col(Milestone.project_id))
            .join(Project, col(Project.id) == col(Milestone.project_id))
            .where(*_open_step(item_id), project_reach(actor))
            .distinct()
            .order_by(col(Milestone.project_id))
        )
    )


@dataclass(frozen=True)
class Move:
    """How one project moves, in working days, earlier positive. `plan_wd`: its plan's end; `forecast_wd`:
    the 80 % date of the last target if everybody met the new rule; both None where there is none. `new_critical`: steps
    that become critical, `eased`: that no longer are."""

    project_id: int
    name: str
    target: Target | None
    plan_wd: int | None
    before_on: date | None
    after_on: date | None
    forecast_wd: int | None
    new_critical: tuple[str, ...]
    eased: tuple[str, ...]

    @property
    def moves(self) -> bool:
        return bool(self.plan_wd or self.forecast_wd or self.new_critical or self.eased)


@dataclass(frozen=True)
class Ground:
    """What every project's move is computed from, read once."""

    calendar: Calendar
    history: History
    days: Seen | None
    enterprise: Seen | None
    planned_by_promise: bool


def ground(session: Session, actor: Actor, item: ItemNow, said: CasesSay, history: History) -> Ground:
    """History (crm.insight.forecast.queries.history), calendar, and the days of the item's own cases."""
    require(actor, Verb.INSIGHT_VIEW)
    corrected = said.corrections.n
    enterprise = {0: max(0, said.corrections.all_cases - corrected)} if corrected else {}
    for days, n in said.enterprise.items():
        enterprise[days] = enterprise.get(days, 0) + n
    return Ground(
        calendar=calendar_of(session),
        history=history,
        days=rules.together(said.ran) if said.ran else None,
        enterprise=seen({d: n for d, n in enterprise.items() if n}) if enterprise else None,
        planned_by_promise=item.promised_limit is not None,
    )


def moves(
    session: Session, actor: Actor, ids: Sequence[int], scenario: Scenario, base: Ground, today: date
) -> list[Move]:
    """How these projects would move, in their order; those out of reach are left out."""
    require(actor, Verb.INSIGHT_VIEW)
    mine = session.exec(select(col(Project.id)).where(col(Project.id).in_(list(ids)), project_reach(actor)))
    facts = forecasts.plans(session, [i for i in mine if i is not None])
    return [_move(f, scenario, base, today) for f in facts]


def _move(facts: ProjectFacts, scenario: Scenario, base: Ground, today: date) -> Move:
    steps = facts.ahead(base.calendar, today)
    changed = rules.changed_plan(steps, scenario, planned_by_promise=base.planned_by_promise)
    try:
        plan = lay_out(rules.plan_steps(steps), base.calendar, today)
        plan_after = lay_out(rules.plan_steps(changed), base.calendar, today)
        args = (base.history, base.calendar, today)
        now = forecast_rules.forecast(facts.id, facts.status, steps, *args, movers=False)
        adjust = rules.cut(scenario, rules.codes_of(steps, scenario.item_id), base.days, base.enterprise)
        # The plan's shorter days change what is planned; what is taken is changed by `adjust` alone.
        drawn = _with_links_of(steps, changed)
        then = forecast_rules.forecast(facts.id, facts.status, drawn, *args, adjust=adjust, movers=False)
    except PlanCycle:
        return Move(facts.id, facts.name, None, None, None, None, None, (), ())
    before, after = (now.arrivals[-1], then.arrivals[-1]) if now.arrivals else (None, None)
    critical, critical_after = _critical(plan), _critical(plan_after)
    names = {m.code: m.name for m in facts.milestones}
    return Move(
        project_id=facts.id,
        name=facts.name,
        target=before.target if before else None,
        plan_wd=plan.length_wd - plan_after.length_wd,
        before_on=before.p80_on if before else None,
        after_on=after.p80_on if after else None,
        forecast_wd=before.days_wd[1] - after.days_wd[1] if before and after else None,
        new_critical=tuple(names[c] for c in critical_after if c not in critical),
        eased=tuple(names[c] for c in critical if c not in critical_after),
    )


def _with_links_of(steps: Sequence[Ahead], changed: Sequence[Ahead]) -> list[Ahead]:
    return [
        replace(a, step=replace(a.step, prerequisites=b.step.prerequisites))
        for a, b in zip(steps, changed, strict=True)
    ]


def _critical(layout: Layout) -> dict[str, None]:
    return dict.fromkeys(p.code for p in layout.placed if p.critical)
