"""The register in numbers, each with the filter that opens its own records.

The leader's page, the board and the briefings read these; nothing counts projects a second way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.core.access import Actor, Verb, project_condition
from crm.core.i18n import _
from crm.projects.queries.filters import Mark, ProjectFilter, mark_condition
from crm.projects.queries.lights import LIGHT_RANKS, light_columns, light_limits
from crm.projects.queries.past import reported_by
from crm.projects.rules import completion_pct, pace
from models import MonthlyProgress, Project, Town
from models.vocabulary import CATEGORY_LABELS, LEVEL_LABELS, Category, Level, Light


class By(StrEnum):
    TOWN = "town"
    LEVEL = "level"
    CATEGORY = "category"
    LEAD_UNIT = "lead_unit"


UNSET_LABELS: dict[By, str] = {
    By.TOWN: "未填镇街",
    By.LEVEL: "未填级别",
    By.CATEGORY: "未填类别",
    By.LEAD_UNIT: "未填责任单位",
}


@dataclass(frozen=True)
class Figure:
    """A count and the filter that opens exactly its records."""

    value: int
    opens: ProjectFilter


@dataclass(frozen=True)
class Summary:
    """One group of the register (or all of it) in one year.

    Money in 万元, unrounded. `done_wan` sums each project's latest report of the year up to `month`;
    `rate_pct` 完成率 0–100 and beyond, `points` percentage points ahead of 序时进度 at the end of `month`
    (negative: behind); both None without a plan or before the first report of the year.
    `total_projects` 在库; the marks count inside it.
    """

    label: str
    opens: ProjectFilter
    number: int
    total_wan: Decimal
    plan_wan: Decimal
    done_wan: Decimal
    year: int
    month: int | None
    rate_pct: Decimal | None
    points: Decimal | None
    lights: dict[Light, Figure]
    marks: dict[Mark, Figure]


# Counted beside the totals; every one opens as a list.
COUNTED = tuple(m for m in Mark if m is not Mark.REGISTER)


def latest_month(session: Session, actor: Actor, today: date) -> int | None:
    """The last month of this year that any of the actor's registered projects reported; None before the first."""
    found = session.execute(
        sa.select(sa.func.max(col(MonthlyProgress.month)))
        .select_from(MonthlyProgress)
        .join(Project, col(Project.id) == col(MonthlyProgress.project_id))
        .where(
            reported_by(MonthlyProgress, today),
            col(MonthlyProgress.done_wan).is_not(None),
            project_condition(actor, Verb.PROJECT_VIEW),
            mark_condition(Mark.REGISTER, today),
        )
    ).scalar_one()
    return None if found is None else int(found)


def summary(
    session: Session, actor: Actor, today: date, *, by: None = None, asked: ProjectFilter | None = None
) -> Summary:
    """The actor's whole register in numbers; `asked` narrows by town, level, category or responsible unit."""
    (whole,) = _summaries(session, actor, today, None, asked or ProjectFilter())
    return whole


def summary_by(
    session: Session, actor: Actor, today: date, by: By, *, asked: ProjectFilter | None = None
) -> tuple[Summary, ...]:
    """The same for each town, level, category or responsible unit; sums over the groups equal the whole."""
    return tuple(_summaries(session, actor, today, by, asked or ProjectFilter()))


def marks(session: Session, actor: Actor, today: date, wanted: Sequence[Mark]) -> dict[Mark, Figure]:
    """Only these of `summary`'s marks: the same counts without the lights and the money."""
    columns = [
        sa.func.sum(sa.case((mark_condition(m, today), 1), else_=0)).label(f"mark_{m.value}") for m in wanted
    ]
    row = session.execute(
        sa.select(*columns).where(
            project_condition(actor, Verb.PROJECT_VIEW), mark_condition(Mark.REGISTER, today)
        )
    ).one()
    return {m: Figure(int(getattr(row, f"mark_{m.value}") or 0), ProjectFilter(mark=m)) for m in wanted}


def _summaries(
    session: Session, actor: Actor, today: date, by: By | None, asked: ProjectFilter
) -> list[Summary]:
    limits = light_limits(session, today)
    lights = light_columns(limits)
    month = latest_month(session, actor, today)
    group: Any = {
        By.TOWN: col(Project.town_id),
        By.LEVEL: col(Project.level),
        By.CATEGORY: col(Project.category),
        By.LEAD_UNIT: col(Project.lead_unit),
        None: sa.literal(0),
    }[by]
    inner = lights.join(
        sa.select(
            group.label("bucket"),
            lights.rank.label("rank"),
            sa.type_coerce(col(Project.total_wan), sa.BigInteger).label("total"),
            sa.type_coerce(lights.plan.plan_wan, sa.BigInteger).label("plan"),
            sa.type_coerce(lights.report.done_wan, sa.BigInteger).label("done"),
            *(sa.case((mark_condition(m, today), 1), else_=0).label(m.value) for m in COUNTED),
        ).select_from(Project)
    )
    where = [project_condition(actor, Verb.PROJECT_VIEW), mark_condition(Mark.REGISTER, today)]
    for column, value in (
        (Project.town_id, asked.town_id),
        (Project.level, asked.level),
        (Project.category, asked.category),
        (Project.lead_unit, asked.lead_unit or None),
    ):
        if value is not None:
            where.append(col(column) == value)
    # Computed once: without the hint SQLite writes the light's expression into every sum below.
    rows = inner.where(*where).cte("rows").prefix_with("MATERIALIZED")
    columns = [
        sa.func.count().label("number"),
        *(
            sa.cast(sa.func.coalesce(sa.func.sum(rows.c[n]), 0), sa.BigInteger).label(n)
            for n in ("total", "plan", "done")
        ),
        *(
            sa.func.sum(sa.case((rows.c.rank == rank, 1), else_=0)).label(f"light_{light.value}")
            for light, rank in LIGHT_RANKS.items()
        ),
        *(sa.func.sum(rows.c[m.value]).label(f"mark_{m.value}") for m in COUNTED),
    ]
    statement = sa.select(rows.c.bucket, *columns).group_by(rows.c.bucket)
    found = session.execute(statement).all()
    if by is None and not found:
        return [_summary(None, today, month, asked, _("全部"))]

    towns = {
        i: (n, s) for i, n, s in session.execute(sa.select(col(Town.id), col(Town.name), col(Town.sort)))
    }
    made = []
    for row in found:
        value, opens, label, order = row.bucket, asked, _("全部"), 0
        if by is not None and not value:
            label, order = _(UNSET_LABELS[by]), 999
            opens = asked.but(unset="town_id" if by is By.TOWN else by.value)
        elif by is By.TOWN:
            (label, order), opens = towns[value], asked.but(town_id=value)
        elif by is By.LEVEL:
            level = Level(value)
            label, order, opens = _(LEVEL_LABELS[level]), list(Level).index(level), asked.but(level=level)
        elif by is By.CATEGORY:
            kind = Category(value)
            label, opens = _(CATEGORY_LABELS[kind]), asked.but(category=kind)
            order = list(Category).index(kind)
        elif by is By.LEAD_UNIT:
            label, opens = value, asked.but(lead_unit=value)
        made.append((order, label, _summary(row, today, month, opens, label)))
    return [s for _order, _label, s in sorted(made, key=lambda x: (x[0], x[1]))]


def _summary(row: Any, today: date, month: int | None, opens: ProjectFilter, label: str) -> Summary:
    def number(name: str) -> int:
        return int(getattr(row, name) or 0) if row is not None else 0

    def wan(name: str) -> Decimal:
        return Decimal(number(name)) / 10_000

    plan, done = wan("plan"), wan("done")
    return Summary(
        label=label,
        opens=opens.but(mark=Mark.REGISTER),
        number=number("number"),
        total_wan=wan("total"),
        plan_wan=plan,
        done_wan=done,
        year=today.year,
        month=month,
        rate_pct=completion_pct(done, plan) if month else None,
        points=pace(done, plan, month) if month else None,
        lights={
            light: Figure(number(f"light_{light.value}"), opens.but(light=light, mark=Mark.REGISTER))
            for light in LIGHT_RANKS
        },
        marks={m: Figure(number(f"mark_{m.value}"), opens.but(mark=m)) for m in COUNTED},
    )


__all__ = ["COUNTED", "By", "Figure", "Summary", "latest_month", "marks", "summary", "summary_by"]
