"""Reform measures: the list, one whole, and what the cases say before and after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import TABLE, Actor, Verb, require, scopes
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.insight.measure_rules import (
    Change,
    MeasureStep,
    Seasons,
    next_steps,
    seasons,
    share_change,
    shift,
)
from crm.insight.queries.bottlenecks import Counted, counted
from crm.insight.queries.scope import tally_condition
from crm.insight.rules import Days, Figures, Histogram, Measure, Share, days
from models import CaseTally, Department, Item, ReformMeasure, User
from models.vocabulary import MeasureState, Role, Scope

OWNER_ROLES = tuple(
    role for role, verbs in TABLE.items() if Verb.INSIGHT_VIEW in verbs and role is not Role.SYSTEM
)


def measure_condition(actor: Actor) -> sa.ColumnElement[bool]:
    """The SQL condition on `ReformMeasure`: all; or one's own, and those of one's department or its items."""
    reach = scopes(actor, Verb.INSIGHT_VIEW)
    if Scope.ALL in reach:
        return sa.true()
    if not reach:
        return sa.false()
    either = [col(ReformMeasure.owner_id) == (actor.user_id or -1)]
    if Scope.OWN_DEPARTMENT in reach and actor.department_id is not None:
        either.append(col(ReformMeasure.department_id) == actor.department_id)
        either.append(
            col(ReformMeasure.item_id).in_(select(Item.id).where(Item.department_id == actor.department_id))
        )
    return sa.or_(*either)


@dataclass(frozen=True)
class MeasureFilter:
    """What the list is narrowed to."""

    text: str = ""
    state: MeasureState | None = None
    department_id: int | None = None
    mine: bool = False


@dataclass(frozen=True)
class MeasureRow:
    """One measure in the list. `overdue`: planned, and its date has passed."""

    id: int
    title: str
    item: str
    department: str
    owner: str
    state: MeasureState
    due_on: date
    in_force_on: date | None
    overdue: bool


@dataclass(frozen=True)
class MeasureView:
    """One measure whole. `finding` is what was seen when it was made, {} when it came from none."""

    row: MeasureRow
    version: int
    item_id: int | None
    department_id: int | None
    owner_id: int | None
    text: str
    note: str
    finding: Mapping[str, Any]
    steps: tuple[MeasureStep, ...]


def _named() -> sa.Select[ReformMeasure, Item, Department, User]:
    return (
        sa.select(ReformMeasure, Item, Department, User)
        .outerjoin(Item, col(Item.id) == col(ReformMeasure.item_id))
        # A measure about an item is its department's, unless it names another.
        .outerjoin(
            Department,
            col(Department.id) == sa.func.coalesce(col(ReformMeasure.department_id), col(Item.department_id)),
        )
        .outerjoin(User, col(User.id) == col(ReformMeasure.owner_id))
    )


def _row(found: Any, today: date) -> MeasureRow:
    measure, item, department, owner = found
    return MeasureRow(
        id=measure.id,
        title=measure.title,
        item=item.name if item else "",
        department=(department.short or department.name) if department else "",
        owner=owner.name if owner else "",
        state=measure.state,
        due_on=measure.due_on,
        in_force_on=measure.in_force_on,
        overdue=measure.state is MeasureState.PLANNED and measure.due_on < today,
    )


def measure_list(
    session: Session, actor: Actor, wanted: MeasureFilter, *, today: date, page: int = 1, per_page: int = 25
) -> tuple[list[MeasureRow], int]:
    """(one page, how many there are): planned ones first, the soonest due on top, then the latest in force."""
    require(actor, Verb.INSIGHT_VIEW)
    where = [measure_condition(actor)]
    if wanted.state is not None:
        where.append(col(ReformMeasure.state) == wanted.state)
    if wanted.department_id is not None:
        where.append(col(ReformMeasure.department_id) == wanted.department_id)
    if wanted.mine:
        where.append(col(ReformMeasure.owner_id) == (actor.user_id or -1))
    text = wanted.text.strip()
    if text:
        where.append(
            sa.or_(
                col(ReformMeasure.title).contains(text, autoescape=True),
                col(Item.name).contains(text, autoescape=True),
                col(User.name).contains(text, autoescape=True),
            )
        )
    base = _named().where(*where)
    total = session.execute(
        base.with_only_columns(sa.func.count(col(ReformMeasure.id)), maintain_column_froms=True)
    ).scalar_one()
    order = sa.case(
        {MeasureState.PLANNED.value: 0, MeasureState.IN_FORCE.value: 1},
        value=sa.cast(col(ReformMeasure.state), sa.String),
        else_=2,
    )
    rows = session.execute(
        base.order_by(
            order,
            sa.case((order == 0, col(ReformMeasure.due_on))),
            col(ReformMeasure.in_force_on).desc().nulls_last(),
            col(ReformMeasure.id),
        )
        .limit(per_page)
        .offset((page - 1) * per_page)
    ).all()
    return [_row(found, today) for found in rows], int(total)


def find_measure(session: Session, actor: Actor, measure_id: int) -> ReformMeasure:
    """The measure, if it is there and in the actor's reach; else the same `NotFound`."""
    found = session.exec(
        select(ReformMeasure).where(col(ReformMeasure.id) == int(measure_id), measure_condition(actor))
    ).first()
    if found is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return found


def measure_view(session: Session, actor: Actor, measure_id: int, *, today: date) -> MeasureView:
    """One measure whole."""
    require(actor, Verb.INSIGHT_VIEW)
    measure = find_measure(session, actor, measure_id)
    found = session.execute(_named().where(col(ReformMeasure.id) == measure.id)).one()
    return MeasureView(
        row=_row(found, today),
        version=measure.version,
        item_id=measure.item_id,
        department_id=measure.department_id,
        owner_id=measure.owner_id,
        text=measure.text,
        note=measure.note,
        finding=dict(measure.facts),
        steps=tuple(next_steps(measure.state)),
    )


# --- before and after


@dataclass(frozen=True)
class DaysBeside:
    """Working days of one measure on both sides."""

    measure: Measure
    before: Days
    after: Days
    change: Change


@dataclass(frozen=True)
class LateBeside:
    before: Share
    after: Share
    change: Change


@dataclass(frozen=True)
class Comparison:
    """What the cases say on both sides of a measure. `seasons` None: no whole month has passed yet.
    `dropped` are the months after for which one side has no case: they count on neither."""

    seasons: Seasons | None
    dropped: tuple[date, ...] = ()
    days: tuple[DaysBeside, ...] = ()
    late: LateBeside | None = None
    counted: Counted = field(default_factory=lambda: Counted(None, ()))


def comparison(session: Session, actor: Actor, measure_id: int, *, today: date) -> Comparison | None:
    """The same season before and after the measure came into force; None while it has not.

    The cases are those of its item and department, and of the town and step of its finding.
    """
    require(actor, Verb.INSIGHT_VIEW)
    measure = find_measure(session, actor, measure_id)
    if measure.in_force_on is None:
        return None
    beside = seasons(measure.in_force_on, today)
    if beside is None:
        return Comparison(None)
    where = [tally_condition(actor)]
    place = measure.facts.get("place", {})
    for column, value in (
        (col(CaseTally.item_id), measure.item_id),
        (col(CaseTally.department_id), measure.department_id),
        (col(CaseTally.town_id), place.get("town")),
    ):
        if value is not None:
            where.append(column == value)
    step = place.get("step")
    found = _by_month(session, where, [*beside.before, *beside.after], step)
    pairs = list(zip(beside.before, beside.after, strict=True))
    # Month by month the same season: where one side has no case (not imported yet), neither counts.
    whole = [pair for pair in pairs if all(month in found for month in pair)] or pairs
    before, after = (_together(found.get(pair[side], {}) for pair in whole) for side in (0, 1))
    wanted = [Measure.RUNNING_WD, Measure.TOTAL_WD] + ([Measure.STEP_WAIT] if step is not None else [])
    return Comparison(
        beside,
        tuple(after for before, after in pairs if (before, after) not in whole),
        tuple(_days_beside(m, before.of(m), after.of(m)) for m in wanted),
        LateBeside(
            before.yes(Measure.LATE),
            after.yes(Measure.LATE),
            share_change(before.yes(Measure.LATE), after.yes(Measure.LATE)),
        ),
        counted(session, actor, [*beside.before, *beside.after]),
    )


def _days_beside(measure: Measure, before: Histogram, after: Histogram) -> DaysBeside:
    return DaysBeside(measure, days(before), days(after), shift(before, after))


_Counts = dict[Measure, dict[int, int]]


def _by_month(
    session: Session, where: list[sa.ColumnElement[bool]], months: Iterable[date], step: int | None
) -> dict[date, _Counts]:
    of_cases = col(CaseTally.measure).in_(
        [m.value for m in (Measure.RUNNING_WD, Measure.TOTAL_WD, Measure.LATE)]
    )
    of_step = sa.and_(col(CaseTally.measure) == Measure.STEP_WAIT.value, col(CaseTally.step_id) == step)
    columns = (col(CaseTally.month), col(CaseTally.measure), col(CaseTally.value))
    rows = session.execute(
        sa.select(*columns, sa.func.sum(col(CaseTally.n)))
        .where(
            *where,
            col(CaseTally.month).in_(list(months)),
            of_cases if step is None else sa.or_(of_cases, of_step),
        )
        .group_by(*columns)
    ).all()
    found: dict[date, _Counts] = {}
    for month, name, value, n in rows:
        found.setdefault(month, {}).setdefault(Measure(name), {})[int(value)] = int(n)
    return found


def _together(months: Iterable[_Counts]) -> Figures:
    counts: dict[Measure, Counter[int]] = {}
    for month in months:
        for measure, histogram in month.items():
            counts.setdefault(measure, Counter()).update(histogram)
    return Figures(counts)


# --- choices of the form


def owners(session: Session) -> dict[int, str]:
    """id -> name of those who may answer for a measure: whoever can see it."""
    rows = session.exec(
        select(User).where(col(User.active).is_(True), col(User.role).in_(OWNER_ROLES)).order_by(User.name)
    )
    return {u.id: u.name for u in rows if u.id is not None}


def items(session: Session) -> dict[int, str]:
    rows = session.exec(select(Item).where(col(Item.active).is_(True)).order_by(Item.code))
    return {i.id: i.name for i in rows if i.id is not None}


def departments(session: Session) -> dict[int, str]:
    rows = session.exec(select(Department).order_by(Department.name))
    return {d.id: d.short or d.name for d in rows if d.id is not None}
