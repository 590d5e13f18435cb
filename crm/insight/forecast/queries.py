"""Reads for the forecast: the history of durations, plans of projects, and the forecasts kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, project_condition, require
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.insight.forecast import rules
from crm.insight.forecast.facts import CaseFact, MilestoneFact, ProjectFacts
from crm.insight.forecast.history_rules import CaseTimes, History, Past, seen
from crm.insight.forecast.rules import Forecast, Target
from crm.projects.actions.refusals import cycle_refusal
from crm.projects.plan_rules import PlanCycle
from crm.workdays.queries import calendar as calendar_of
from crm.workdays.rules import Calendar
from models import Case, Item, Milestone, MilestoneLink, Project, ProjectForecast, Setting, StageMove
from models.vocabulary import CaseState, Party, ProjectStatus, Stage

HISTORY_DAYS = 3 * 365  # finished steps older than this say little of today's way of working
CASE_DAYS = 365
KEPT_DAYS = 7  # of history counted by the nightly run, for screens
HISTORY_KEY = "forecast_history"
BACKTEST_KEY = "forecast_backtest"
DECIDED = (CaseState.DECIDED, CaseState.DELIVERED)


# ── History ─────────────────────────────────────────────────────────────────────────


def past_steps(
    session: Session, calendar: Calendar, today: date, *, codes: Sequence[str] | None = None
) -> list[Past]:
    """Every step finished in the last three years whose prerequisites were done, with the working days it
    took. `codes` narrows it to steps of these codes."""
    before = aliased(Milestone)
    entered = _entered().subquery()
    query = (
        select(
            col(Milestone.project_id),
            col(Milestone.code),
            col(Milestone.stage),
            col(Item.kind),
            col(Milestone.waits_for),
            col(Milestone.duration_wd),
            col(Milestone.done_on),
            sa.func.max(col(before.done_on)),
            sa.func.min(entered.c.moved_on),
        )
        .join(MilestoneLink, col(MilestoneLink.milestone_id) == col(Milestone.id))
        .join(before, col(before.id) == col(MilestoneLink.prerequisite_id))
        .outerjoin(Item, col(Item.id) == col(Milestone.item_id))
        .outerjoin(
            entered,
            sa.and_(
                entered.c.project_id == col(Milestone.project_id), entered.c.to_stage == col(Milestone.stage)
            ),
        )
        .where(
            col(Milestone.done_on) > today - timedelta(days=HISTORY_DAYS),
            col(Milestone.done_on) <= today,
            col(before.done_on).is_not(None),
        )
        .group_by(
            col(Milestone.id),
            col(Milestone.project_id),
            col(Milestone.code),
            col(Milestone.stage),
            col(Item.kind),
            col(Milestone.waits_for),
            col(Milestone.duration_wd),
            col(Milestone.done_on),
        )
    )
    if codes is not None:
        query = query.where(col(Milestone.code).in_(list(codes)))
    rows = session.execute(query).all()
    if not rows:
        return []
    worked = _workdays(calendar, min(r[7] for r in rows), today)
    finish = np.searchsorted(worked, [r[6].toordinal() for r in rows], side="right")
    # A step done before its stage was entered began with its prerequisites.
    begun = [max(r[7], r[8]) if r[8] is not None and r[8] <= r[6] else r[7] for r in rows]
    start = np.searchsorted(worked, [b.toordinal() for b in begun], side="right")
    took = np.maximum(finish - start, 0)
    return [
        Past(r[0], r[1], Stage(r[2]), r[3] or "", Party(r[4]), r[5], int(t), r[6])
        for r, t in zip(rows, took, strict=True)
    ]


def _entered() -> sa.Select[int, Stage, date]:
    """When each project first entered each stage."""
    return sa.select(
        col(StageMove.project_id),
        col(StageMove.to_stage),
        sa.func.min(col(StageMove.moved_on)).label("moved_on"),
    ).group_by(col(StageMove.project_id), col(StageMove.to_stage))


def _workdays(calendar: Calendar, first: date, last: date) -> np.ndarray[Any, np.dtype[np.int64]]:
    days = range(first.toordinal(), last.toordinal() + 1)
    return np.array([d for d in days if calendar.is_workday(date.fromordinal(d))], dtype=np.int64)


def case_times(
    session: Session, today: date, *, item_ids: Sequence[int] | None = None
) -> dict[int, CaseTimes]:
    """How long the last year's decided cases of each item took, counted in SQL."""
    if item_ids is not None and not item_ids:
        return {}
    query = (
        select(
            col(Case.item_id),
            sa.func.coalesce(col(Case.enterprise_wd), 0),
            col(Case.running_wd) + sa.func.coalesce(col(Case.stopped_wd), 0),
            sa.func.count(),
        )
        .where(
            col(Case.state).in_(DECIDED),
            col(Case.decided_on) > today - timedelta(days=CASE_DAYS),
            col(Case.decided_on) <= today,
            col(Case.running_wd).is_not(None),
        )
        .group_by(sa.text("1"), sa.text("2"), sa.text("3"))
    )
    if item_ids is not None:
        query = query.where(col(Case.item_id).in_(list(item_ids)))
    whole: dict[int, dict[int, int]] = {}
    accepted: dict[int, dict[int, int]] = {}
    for item_id, enterprise, authority, n in session.execute(query):
        mine, theirs = accepted.setdefault(item_id, {}), whole.setdefault(item_id, {})
        mine[authority] = mine.get(authority, 0) + n
        theirs[authority + enterprise] = theirs.get(authority + enterprise, 0) + n
    return {i: CaseTimes(seen(whole[i]), seen(accepted[i])) for i in whole}


def history(session: Session, calendar: Calendar, today: date) -> History:
    """Everything known on that day; of cases those of items that stand in some plan."""
    planned = session.exec(
        select(col(Milestone.item_id)).where(col(Milestone.item_id).is_not(None)).distinct()
    ).all()
    items = [item for item in planned if item is not None]
    return History(past_steps(session, calendar, today), case_times(session, today, item_ids=items))


def history_now(session: Session, calendar: Calendar, today: date) -> History:
    """The history the last nightly run counted, for screens: reading it anew takes seconds at full size.
    Counted anew when there is none of the last days."""
    row = session.get(Setting, HISTORY_KEY)
    value = row.value if row else {}
    if value.get("on", "") > (today - timedelta(days=KEPT_DAYS)).isoformat():
        return History.unpacked(value["history"])
    return history(session, calendar, today)


# ── Plans ───────────────────────────────────────────────────────────────────────────


def plans(session: Session, ids: Sequence[int]) -> list[ProjectFacts]:
    """The plans of these projects with their accepted cases, in the order of ids; whoever asks has asked
    who may see them."""
    wanted = sorted(set(ids))
    projects = session.execute(
        select(
            col(Project.id),
            col(Project.name),
            col(Project.status),
            col(Project.production_on),
            col(Project.stage),
        )
        .where(col(Project.id).in_(wanted))
        .order_by(col(Project.id))
    ).all()
    milestones: dict[int, list[MilestoneFact]] = {}
    for row in session.execute(
        select(
            col(Milestone.project_id),
            col(Milestone.id),
            col(Milestone.code),
            col(Milestone.name),
            col(Milestone.stage),
            col(Milestone.item_id),
            col(Item.kind),
            col(Milestone.waits_for),
            col(Milestone.duration_wd),
            col(Milestone.planned_on),
            col(Milestone.done_on),
            col(Milestone.inactive),
        )
        .outerjoin(Item, col(Item.id) == col(Milestone.item_id))
        .where(col(Milestone.project_id).in_(wanted))
        .order_by(col(Milestone.project_id), col(Milestone.sort), col(Milestone.id))
    ):
        milestones.setdefault(row[0], []).append(
            MilestoneFact(
                row[1], row[2], row[3], Stage(row[4]), row[5], row[6] or "", Party(row[7]), *row[8:12]
            )
        )
    before: dict[int, dict[int, tuple[int, ...]]] = {}
    for project_id, after, first in session.execute(
        select(col(Milestone.project_id), col(MilestoneLink.milestone_id), col(MilestoneLink.prerequisite_id))
        .join(MilestoneLink, col(MilestoneLink.milestone_id) == col(Milestone.id))
        .where(col(Milestone.project_id).in_(wanted))
        .order_by(col(MilestoneLink.id))
    ):
        mine = before.setdefault(project_id, {})
        mine[after] = (*mine.get(after, ()), first)
    cases: dict[int, dict[int, tuple[CaseFact, ...]]] = {}
    for project_id, milestone_id, accepted_on, decided_on in session.execute(
        select(col(Case.project_id), col(Case.milestone_id), col(Case.accepted_on), col(Case.decided_on))
        .where(
            col(Case.project_id).in_(wanted),
            col(Case.milestone_id).is_not(None),
            col(Case.accepted_on).is_not(None),
        )
        .order_by(col(Case.id))
    ):
        under = cases.setdefault(project_id, {})
        under[milestone_id] = (*under.get(milestone_id, ()), CaseFact(accepted_on, decided_on))
    entered: dict[int, dict[Stage, date]] = {}
    for project_id, stage, moved_on in session.execute(
        _entered().where(col(StageMove.project_id).in_(wanted))
    ):
        entered.setdefault(project_id, {})[Stage(stage)] = moved_on
    return [
        ProjectFacts(
            id=p[0],
            name=p[1],
            status=ProjectStatus(p[2]),
            production_on=p[3],
            milestones=tuple(milestones.get(p[0], ())),
            before=before.get(p[0], {}),
            cases=cases.get(p[0], {}),
            stage=Stage(p[4]),
            entered=entered.get(p[0], {}),
        )
        for p in projects
    ]


def active_ids(session: Session) -> list[int]:
    """The projects a forecast is made for: those being pursued."""
    rows = session.exec(
        select(col(Project.id)).where(col(Project.status) == ProjectStatus.ACTIVE).order_by(col(Project.id))
    )
    return [project_id for project_id in rows if project_id is not None]


# ── One project ─────────────────────────────────────────────────────────────────────


def fresh(session: Session, actor: Actor, project_id: int, today: date) -> tuple[ProjectFacts, Forecast]:
    """The forecast of one project as of today, computed now and kept nowhere. Raises `NotFound`, and
    `Refusal` for a plan that goes in a circle."""
    require(actor, Verb.PROJECT_VIEW)
    _in_scope(session, actor, project_id)
    facts = plans(session, [project_id])[0]
    calendar = calendar_of(session)
    known = history_now(session, calendar, today)
    try:
        made = rules.forecast(facts.id, facts.status, facts.ahead(calendar, today), known, calendar, today)
    except PlanCycle as cycle:
        raise cycle_refusal(cycle) from None
    return facts, made


@dataclass(frozen=True)
class Kept:
    """A forecast as the nightly run kept it."""

    target: Target
    made_on: date
    p50_on: date
    p80_on: date
    p95_on: date
    movers: tuple[dict[str, Any], ...]
    basis: dict[str, Any]


def kept(session: Session, actor: Actor, project_id: int) -> list[Kept]:
    """The kept forecasts of one project, its licence first; empty when there are none. Raises `NotFound`."""
    require(actor, Verb.PROJECT_VIEW)
    _in_scope(session, actor, project_id)
    rows = session.exec(select(ProjectForecast).where(col(ProjectForecast.project_id) == int(project_id)))
    found = [
        Kept(Target(r.target), r.made_on, r.p50_on, r.p80_on, r.p95_on, tuple(r.movers), r.basis)
        for r in rows
    ]
    return sorted(found, key=lambda k: list(Target).index(k.target))


def _in_scope(session: Session, actor: Actor, project_id: int) -> None:
    found = session.exec(
        select(col(Project.id)).where(
            col(Project.id) == int(project_id), project_condition(actor, Verb.PROJECT_VIEW)
        )
    ).first()
    if found is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))


# ── All projects ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Dates:
    """One target's likely dates."""

    p50_on: date
    p80_on: date
    p95_on: date


@dataclass(frozen=True)
class ForecastRow:
    """One project's line. `wanted_on` is its wanted date of production; `mover` the step that moves the
    last target most."""

    project_id: int
    name: str
    town_id: int | None
    stage: Stage
    licence: Dates | None
    production: Dates | None
    wanted_on: date | None
    mover: str

    @property
    def late(self) -> bool:
        """Whether the 80 % date of production lies after the wanted one."""
        return (
            self.wanted_on is not None
            and self.production is not None
            and self.production.p80_on > self.wanted_on
        )


@dataclass(frozen=True)
class ForecastCounts:
    """Of the projects being pursued in the reader's reach. `wanted`: forecast and with a wanted date of
    production; `late`: of those, 80 % date after it; `without`: no forecast; `made_on` the oldest one's day."""

    forecast: int
    wanted: int
    late: int
    without: int
    made_on: date | None


class Order:
    """How the list is sorted: URL value -> Chinese words."""

    PRODUCTION, LICENCE, NAME = "production", "licence", "name"


ORDER_LABELS = {Order.PRODUCTION: "投产日期", Order.LICENCE: "主要许可日期", Order.NAME: "项目名称"}
SHOWN = ("", "late", "without")


def _joined(actor: Actor) -> tuple[Any, Any, Any]:
    licence, production = aliased(ProjectForecast), aliased(ProjectForecast)
    query = (
        select(Project, licence, production)
        .outerjoin(
            licence,
            sa.and_(col(licence.project_id) == col(Project.id), col(licence.target) == Target.LICENCE.value),
        )
        .outerjoin(
            production,
            sa.and_(
                col(production.project_id) == col(Project.id),
                col(production.target) == Target.PRODUCTION.value,
            ),
        )
        .where(col(Project.status) == ProjectStatus.ACTIVE, project_condition(actor, Verb.PROJECT_VIEW))
    )
    return query, licence, production


def _late(production: Any) -> sa.ColumnElement[bool]:
    late: sa.ColumnElement[bool] = col(production.p80_on) > col(Project.production_on)
    return late


def forecasts(
    session: Session,
    actor: Actor,
    *,
    shown: str = "",
    order: str = Order.PRODUCTION,
    page: int = 1,
    per_page: int = 25,
) -> tuple[list[ForecastRow], int]:
    """(a page of projects being pursued, how many there are). `shown`: "" those with a forecast, "late"
    those whose 80 % date lies after the wanted date of production, "without" those without one."""
    require(actor, Verb.PROJECT_VIEW)
    query, licence, production = _joined(actor)
    some = sa.or_(col(licence.id).is_not(None), col(production.id).is_not(None))
    if shown == "late":
        query = query.where(_late(production))
    else:
        query = query.where(sa.not_(some) if shown == "without" else some)
    total = session.execute(
        query.with_only_columns(sa.func.count(col(Project.id)), maintain_column_froms=True)
    ).scalar_one()
    by = {
        Order.PRODUCTION: (col(production.p80_on).is_(None), col(production.p80_on)),
        Order.LICENCE: (col(licence.p80_on).is_(None), col(licence.p80_on)),
    }.get(order, (col(Project.name),))
    rows = session.execute(
        query.order_by(*by, col(Project.id)).limit(per_page).offset((page - 1) * per_page)
    ).all()
    return [_row(*row) for row in rows], int(total)


def _row(
    project: Project, licence: ProjectForecast | None, production: ProjectForecast | None
) -> ForecastRow:
    def dates(row: ProjectForecast | None) -> Dates | None:
        return Dates(row.p50_on, row.p80_on, row.p95_on) if row else None

    last = production or licence
    return ForecastRow(
        project_id=project.id or 0,
        name=project.name,
        town_id=project.town_id,
        stage=project.stage,
        licence=dates(licence),
        production=dates(production),
        wanted_on=project.production_on,
        mover=str(last.movers[0]["name"]) if last and last.movers else "",
    )


def forecast_counts(session: Session, actor: Actor) -> ForecastCounts:
    """How many projects are forecast, late, and without, in one pass."""
    require(actor, Verb.PROJECT_VIEW)
    query, licence, production = _joined(actor)
    some = sa.or_(col(licence.id).is_not(None), col(production.id).is_not(None))
    wanted = sa.and_(col(production.id).is_not(None), col(Project.production_on).is_not(None))

    def many(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

    row = session.execute(
        query.with_only_columns(
            many(some),
            many(wanted),
            many(_late(production)),
            many(sa.not_(some)),
            sa.func.min(sa.func.coalesce(col(production.made_on), col(licence.made_on))),
            maintain_column_froms=True,
        )
    ).one()
    made_on = row[4]
    if isinstance(made_on, str):  # SQLite gives an aggregate of two dates as text
        made_on = date.fromisoformat(made_on)
    return ForecastCounts(int(row[0]), int(row[1]), int(row[2]), int(row[3]), made_on)


# ── Back-test ───────────────────────────────────────────────────────────────────────


def backtest_kept(session: Session, actor: Actor) -> dict[str, Any] | None:
    """The calibration the nightly run kept (see `backtest_rules.Calibration`), None before the first."""
    require(actor, Verb.PROJECT_VIEW)
    row = session.get(Setting, BACKTEST_KEY)
    return dict(row.value) if row and row.value.get("lines") else None


def finished_or_active(session: Session) -> list[int]:
    """Projects with a plan worth testing on: begun, and not given up."""
    return list(
        session.exec(
            select(col(Milestone.project_id))
            .join(Project, col(Project.id) == col(Milestone.project_id))
            .where(
                col(Milestone.done_on).is_not(None),
                col(Project.status).in_((ProjectStatus.ACTIVE, ProjectStatus.COMPLETED)),
            )
            .distinct()
            .order_by(col(Milestone.project_id))
        )
    )
