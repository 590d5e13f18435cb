"""Where it sticks: places ranked by what they cost, each with its figures now and in the months compared.

Sums and counts are made in SQL from the tally; a percentile is read off the counts it returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.core.access import Actor, Verb, require
from crm.core.i18n import _
from crm.insight.queries.scope import Asked, By, key_of_month, month_of_key, narrowed, tally_condition
from crm.insight.rules import CASE_MEASURES, Against, Figures, Measure, Months, months_on
from models import CaseStep, CaseTally, CaseTallyMonth, Department, Item, Town

_KEYS: dict[By, Any] = {
    By.ITEM: col(CaseTally.item_id),
    By.DEPARTMENT: col(CaseTally.department_id),
    By.STEP: col(CaseTally.step_id),
    By.TOWN: col(CaseTally.town_id),
    By.MONTH: col(CaseTally.month),
}


@dataclass(frozen=True)
class Place:
    """One item, department, step, town or month. `key` is its id, a month as 202610, None where the cases
    name none. `before` are the months compared."""

    key: int | None
    name: str
    now: Figures
    before: Figures


@dataclass(frozen=True)
class Ranking:
    """One page of places, the costliest first (months: the latest first), and how many there are."""

    places: tuple[Place, ...]
    total: int


@dataclass(frozen=True)
class MonthPoint:
    """One month of a place, for the line beside its figures."""

    month: date
    figures: Figures


def ranking(
    session: Session, actor: Actor, asked: Asked, *, today: date, page: int = 1, per_page: int = 25
) -> Ranking:
    """The places of the view, ranked by days x cases in the period."""
    require(actor, Verb.INSIGHT_VIEW)
    period, before = asked.period(today), asked.before(today)
    if asked.by is By.MONTH:
        return _by_month(session, actor, asked, period)
    measure = Measure.STEP_WAIT if asked.by is By.STEP else asked.cost
    counted = [measure] if asked.by is By.STEP else [measure, Measure.CLOSED, Measure.RECEIVED]
    key = _KEYS[asked.by]
    cost = sa.func.sum(
        sa.case((col(CaseTally.measure) == measure.value, col(CaseTally.value) * col(CaseTally.n)), else_=0)
    )
    ranked = (
        sa.select(key.label("key"), cost.label("cost"), sa.func.sum(col(CaseTally.n)).label("cases"))
        .where(*narrowed(actor, asked), *_counted(counted, period))
        .group_by(key)
        .cte("ranked")
    )
    keys = [
        None if k is None else int(k)
        for k in session.execute(
            sa.select(ranked.c.key)
            .order_by(ranked.c.cost.desc(), ranked.c.cases.desc(), ranked.c.key)
            .limit(per_page)
            .offset((page - 1) * per_page)
        ).scalars()
    ]
    total = session.execute(sa.select(sa.func.count()).select_from(ranked)).scalar_one()
    return Ranking(tuple(_places(session, actor, asked, keys, period, before)), int(total))


def place(session: Session, actor: Actor, asked: Asked, *, today: date) -> Place | None:
    """The one place the view's `key` names, with its figures; None without any case in either period."""
    require(actor, Verb.INSIGHT_VIEW)
    if asked.key is None or (asked.by is By.MONTH and month_of_key(asked.key) is None):
        return None
    period, before = asked.period(today), asked.before(today)
    if asked.by is By.MONTH:
        found = _months(session, actor, asked, [period.first, before.first])
        one = Place(asked.key, "", found.get(period.first, Figures()), found.get(before.first, Figures()))
    else:
        one = _places(session, actor, asked, [asked.key], period, before)[0]
    return one if one.now.counts or one.before.counts else None


def overall(session: Session, actor: Actor, asked: Asked, *, today: date) -> Place:
    """All cases of the view together, now and in the months compared."""
    require(actor, Verb.INSIGHT_VIEW)
    found = []
    for period in (asked.period(today), asked.before(today)):
        rows = session.execute(
            sa.select(col(CaseTally.measure), col(CaseTally.value), sa.func.sum(col(CaseTally.n)))
            .where(*narrowed(actor, asked), *_counted(CASE_MEASURES, period))
            .group_by(col(CaseTally.measure), col(CaseTally.value))
        ).all()
        found.append(_figures(rows))
    return Place(None, "", *found)


def by_month(
    session: Session, actor: Actor, asked: Asked, *, today: date, months: int = 24
) -> list[MonthPoint]:
    """The figures of the view's place (or of all its cases) month by month up to the period's end."""
    require(actor, Verb.INSIGHT_VIEW)
    span = Months.up_to(asked.period(today).last, months)
    found = _months(session, actor, asked, list(span))
    return [MonthPoint(month, found[month]) for month in span if month in found]


def step_waits(session: Session, actor: Actor, asked: Asked, *, today: date, limit: int = 12) -> list[Place]:
    """The waiting before each step inside the view's place, the costliest first."""
    inside = asked.but(by=By.STEP, key=None, **_held(asked))
    return list(ranking(session, actor, inside, today=today, per_page=limit).places)


def _held(asked: Asked) -> dict[str, int]:
    """The view's place as a filter, so that another breakdown stays inside it."""
    column = {By.ITEM: "item", By.DEPARTMENT: "department", By.TOWN: "town"}.get(asked.by)
    return {column: asked.key} if column is not None and asked.key is not None else {}


# --- reading


def _counted(measures: Iterable[Measure], period: Iterable[date]) -> list[sa.ColumnElement[bool]]:
    # Lists, not a range: with two equalities the index leads straight to the rows of each month.
    return [
        col(CaseTally.measure).in_([m.value for m in measures]),
        col(CaseTally.month).in_(list(period)),
    ]


def _figures(rows: Iterable[Any]) -> Figures:
    """From (measure, value, n)."""
    counts: dict[Measure, dict[int, int]] = {}
    for measure, value, n in rows:
        counts.setdefault(Measure(measure), {})[int(value)] = int(n)
    return Figures(counts)


def _among(key: Any, keys: Sequence[int | None]) -> sa.ColumnElement[bool]:
    named = key.in_([k for k in keys if k is not None])
    return sa.or_(named, key.is_(None)) if None in keys else named


def _places(
    session: Session,
    actor: Actor,
    asked: Asked,
    keys: Sequence[int | None],
    period: Months,
    before: Months,
) -> list[Place]:
    key = _KEYS[asked.by]
    measures = (Measure.STEP_WAIT,) if asked.by is By.STEP else CASE_MEASURES
    sides: list[dict[int | None, list[Any]]] = []
    for months in (period, before):
        side: dict[int | None, list[Any]] = {}
        rows = session.execute(
            sa.select(key, col(CaseTally.measure), col(CaseTally.value), sa.func.sum(col(CaseTally.n)))
            .where(*narrowed(actor, asked), *_counted(measures, months), _among(key, keys))
            .group_by(key, col(CaseTally.measure), col(CaseTally.value))
        ).all()
        for k, *row in rows:
            side.setdefault(k, []).append(row)
        sides.append(side)
    names = _names(session, asked.by, [k for k in keys if k is not None])
    now, past = sides
    return [
        Place(
            k,
            names.get(k, "") if k is not None else _("未注明"),
            _figures(now.get(k, ())),
            _figures(past.get(k, ())),
        )
        for k in keys
    ]


def _names(session: Session, by: By, keys: Sequence[int]) -> dict[int, str]:
    model: Any = {By.ITEM: Item, By.DEPARTMENT: Department, By.STEP: CaseStep, By.TOWN: Town}[by]
    rows = session.execute(sa.select(model).where(model.id.in_(list(keys)))).scalars()
    return {row.id: (getattr(row, "short", "") or row.name) for row in rows}


def _by_month(session: Session, actor: Actor, asked: Asked, period: Months) -> Ranking:
    back = 12 if asked.against is Against.SEASON else 1
    months = sorted(period, reverse=True)
    found = _months(session, actor, asked, {*months, *(months_on(m, -back) for m in months)})
    places = tuple(
        Place(key_of_month(m), "", found.get(m, Figures()), found.get(months_on(m, -back), Figures()))
        for m in months
        if m in found
    )
    return Ranking(places, len(places))


def _months(session: Session, actor: Actor, asked: Asked, months: Iterable[date]) -> dict[date, Figures]:
    """The figures of each month with any case."""
    where = narrowed(actor, asked.but(**_held(asked)))
    measures: tuple[Measure, ...] = CASE_MEASURES
    if asked.by is By.STEP and asked.key is not None:
        where.append(col(CaseTally.step_id) == asked.key)
        measures = (Measure.STEP_WAIT,)
    rows = session.execute(
        sa.select(
            col(CaseTally.month), col(CaseTally.measure), col(CaseTally.value), sa.func.sum(col(CaseTally.n))
        )
        .where(*where, *_counted(measures, set(months)))
        .group_by(col(CaseTally.month), col(CaseTally.measure), col(CaseTally.value))
    ).all()
    found: dict[date, list[Any]] = {}
    for month, *row in rows:
        found.setdefault(month, []).append(row)
    return {month: _figures(of) for month, of in found.items()}


# --- what there is to ask, and how fresh it is


@dataclass(frozen=True)
class Choices:
    """The items, departments and towns that occur in the tally, id -> name; the months counted, latest first."""

    items: dict[int, str]
    departments: dict[int, str]
    towns: dict[int, str]
    months: tuple[date, ...]


def choices(session: Session, actor: Actor) -> Choices:
    """What a view may be narrowed to, within the actor's reach."""
    require(actor, Verb.INSIGHT_VIEW)
    where = (tally_condition(actor), col(CaseTally.measure) == Measure.CLOSED.value)

    def named(key: Any, model: Any) -> dict[int, str]:
        used = sa.select(key).where(*where).distinct()
        rows = session.execute(sa.select(model).where(model.id.in_(used)).order_by(model.name)).scalars()
        return {row.id: (getattr(row, "short", "") or row.name) for row in rows}

    months = session.execute(
        sa.select(col(CaseTally.month)).where(*where).distinct().order_by(col(CaseTally.month).desc())
    ).scalars()
    return Choices(
        named(col(CaseTally.item_id), Item),
        named(col(CaseTally.department_id), Department),
        named(col(CaseTally.town_id), Town),
        tuple(months),
    )


@dataclass(frozen=True)
class Counted:
    """Since when the figures of some months stand: the oldest count among them, and which were never counted."""

    as_of: datetime | None
    missing: tuple[date, ...]


def counted(session: Session, actor: Actor, months: Iterable[date]) -> Counted:
    """How fresh the tally of these months is."""
    require(actor, Verb.INSIGHT_VIEW)
    wanted = list(months)
    rows = {
        row.month: row.counted_at
        for row in session.execute(
            sa.select(col(CaseTallyMonth.month), col(CaseTallyMonth.counted_at)).where(
                col(CaseTallyMonth.month).in_(wanted)
            )
        )
    }
    return Counted(min(rows.values(), default=None), tuple(m for m in wanted if m not in rows))
