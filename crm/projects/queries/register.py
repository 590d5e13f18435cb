"""The project register as a list: searched, filtered, sorted and paged in SQL, by permission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, project_condition
from crm.projects.queries.filters import ProjectFilter, Sort, conditions
from crm.projects.queries.lights import (
    LightColumns,
    LightInfo,
    LightLimits,
    light_columns,
    light_limits,
    light_of,
    light_select,
    light_words,
)
from models import Department, Enterprise, Officer, Project, Town
from models.vocabulary import Category, Level, ProjectStatus, Stage


@dataclass(frozen=True)
class ProjectRow:
    """One line of the list. Money in 万元; `due_on` the first date that is due (milestone or case)."""

    id: int
    version: int
    name: str
    project_code: str | None
    enterprise_id: int | None
    enterprise: str
    town: str
    level: Level | None
    category: Category | None
    stage: Stage
    status: ProjectStatus
    total_wan: Decimal | None
    due_on: date | None
    officers: tuple[str, ...]
    light: LightInfo


@dataclass(frozen=True)
class ProjectPage:
    """A page of rows and how many there are in all."""

    rows: tuple[ProjectRow, ...]
    total: int


def list_projects(
    session: Session,
    actor: Actor,
    asked: ProjectFilter | None = None,
    sort: Sort = Sort.DUE,
    page: int = 1,
    *,
    today: date,
    per_page: int = 25,
    limits: LightLimits | None = None,
) -> ProjectPage:
    """The actor's projects that the filter asks for. A page past the end is the last page."""
    asked = asked or ProjectFilter()
    limits = limits or light_limits(session, today)
    lights = light_columns(limits)
    wanted, order = _wanted(asked, actor, sort, today, lights)
    found = _place(session, wanted, order, page, per_page)
    if not found and page > 1:
        number = int(session.execute(sa.select(sa.func.count()).select_from(wanted)).scalar_one())
        found = _place(session, wanted, order, -(-number // per_page), per_page)
    total = int(found[0].total) if found else 0
    return ProjectPage(_read_in_order(session, lights, limits, [int(r.id) for r in found]), total)


def projects_by_stage(
    session: Session, actor: Actor, asked: ProjectFilter | None = None, *, today: date, each: int = 12
) -> dict[Stage, tuple[ProjectRow, ...]]:
    """The first rows of every stage, the soonest due first: what `list_projects` shows of each stage first."""
    asked = (asked or ProjectFilter()).but(stage=None)
    limits = light_limits(session, today)
    lights = light_columns(limits)
    wanted, order = _wanted(asked, actor, Sort.DUE, today, lights)
    place = sa.func.row_number().over(partition_by=wanted.c.stage, order_by=order).label("place")
    placed = sa.select(wanted.c.id, wanted.c.stage, place).subquery()
    ids = session.execute(
        sa.select(placed.c.id).where(placed.c.place <= each).order_by(placed.c.stage, placed.c.place)
    ).scalars()
    found: dict[Stage, list[ProjectRow]] = {}
    for row in _read_in_order(session, lights, limits, [int(i) for i in ids]):
        found.setdefault(row.stage, []).append(row)
    return {stage: tuple(rows) for stage, rows in found.items()}


def _wanted(
    asked: ProjectFilter, actor: Actor, sort: Sort, today: date, lights: LightColumns
) -> tuple[sa.CTE, list[sa.ColumnElement[Any]]]:
    """(id and stage of every project asked for, how to order them).

    Narrow and computed once: the wide row and its names are read for one page only, and the light,
    a long expression, is not written again into each ORDER BY term.
    """
    where, reads_light = conditions(asked, actor, today, lights)
    keys = _order(sort, lights)
    statement: Any = sa.select(
        col(Project.id).label("id"),
        col(Project.stage).label("stage"),
        *(key.label(f"key{n}") for n, (key, _down) in enumerate(keys)),
    ).select_from(Project)
    if asked.text.strip():
        statement = statement.outerjoin(Enterprise, col(Enterprise.id) == col(Project.enterprise_id))
    if reads_light or sort in _BY_LIGHT:
        statement = lights.join(statement)
    statement = statement.where(*where, project_condition(actor, Verb.PROJECT_VIEW))
    wanted = statement.cte("wanted").prefix_with("MATERIALIZED")
    order = [
        (wanted.c[f"key{n}"].desc() if down else wanted.c[f"key{n}"].asc()).nulls_last()
        for n, (_key, down) in enumerate(keys)
    ]
    return wanted, [*order, wanted.c.id.asc()]


def _place(
    session: Session, wanted: sa.CTE, order: list[sa.ColumnElement[Any]], page: int, per_page: int
) -> Sequence[Any]:
    """(id, how many in all) of one page."""
    total = sa.select(sa.func.count()).select_from(wanted).scalar_subquery().label("total")
    statement = sa.select(wanted.c.id, total).order_by(*order)
    return session.execute(statement.limit(per_page).offset((max(page, 1) - 1) * per_page)).all()


def _read_in_order(
    session: Session, lights: LightColumns, limits: LightLimits, ids: Sequence[int]
) -> tuple[ProjectRow, ...]:
    """The rows of these ids, in this order."""
    if not ids:
        return ()
    rows = session.execute(_rows(lights).where(col(Project.id).in_(ids))).all()
    found = {r.id: r for r in _read(session, rows, limits)}
    return tuple(found[i] for i in ids)


def projects_by_id(
    session: Session, actor: Actor, ids: Sequence[int], *, today: date
) -> tuple[ProjectRow, ...]:
    """These projects, as far as the actor may see them, in the order asked."""
    if not ids:
        return ()
    limits = light_limits(session, today)
    lights = light_columns(limits)
    seen = session.execute(
        sa.select(col(Project.id)).where(
            col(Project.id).in_([int(i) for i in ids]), project_condition(actor, Verb.PROJECT_VIEW)
        )
    ).scalars()
    mine = set(seen)
    return _read_in_order(session, lights, limits, [int(i) for i in ids if int(i) in mine])


def _rows(lights: LightColumns) -> Any:
    statement = sa.select(
        *light_select(lights),
        col(Project.version).label("version"),
        col(Project.name).label("project_name"),
        col(Project.project_code).label("project_code"),
        col(Project.enterprise_id).label("enterprise_id"),
        col(Enterprise.name).label("enterprise_name"),
        col(Town.name).label("town_name"),
        col(Project.level).label("level"),
        col(Project.category).label("category"),
        col(Project.stage).label("stage"),
        col(Project.total_wan).label("total_wan"),
        lights.due_on.label("due_on"),
    ).select_from(Project)
    statement = statement.outerjoin(Enterprise, col(Enterprise.id) == col(Project.enterprise_id))
    return lights.join(statement.outerjoin(Town, col(Town.id) == col(Project.town_id)))


_BY_LIGHT = frozenset({Sort.DUE, Sort.LIGHT, Sort.STAGE})  # these orders read the light's joined rows


def _order(sort: Sort, lights: LightColumns) -> list[tuple[Any, bool]]:
    """(what to order by, whether the largest comes first); what is missing comes last, then by id."""
    due: list[tuple[Any, bool]] = [(lights.due_on, False), (lights.rank, True)]
    table: dict[Sort, list[tuple[Any, bool]]] = {
        Sort.DUE: due,
        Sort.LIGHT: [(lights.rank, True), *due[:1]],
        Sort.STAGE: [(col(Project.stage), False), *due],
        Sort.NAME: [(col(Project.pinyin), False)],
        Sort.TOTAL: [(col(Project.total_wan), True)],
        Sort.RECENT: [(col(Project.updated_at), True)],
    }
    return table[sort]


def _read(session: Session, rows: Sequence[Any], limits: LightLimits) -> tuple[ProjectRow, ...]:
    words = light_words(session, rows, limits.today)
    return tuple(
        ProjectRow(
            id=int(r.project_id),
            version=r.version,
            name=r.project_name,
            project_code=r.project_code,
            enterprise_id=r.enterprise_id,
            enterprise=r.enterprise_name or "",
            town=r.town_name or "",
            level=r.level,
            category=r.category,
            stage=r.stage,
            status=r.project_status,
            total_wan=r.total_wan,
            due_on=r.due_on,
            officers=words.officers.get(int(r.project_id), ()),
            light=light_of(r, words, limits),
        )
        for r in rows
    )


@dataclass(frozen=True)
class Choices:
    """What select boxes offer: (id, name) in order."""

    towns: tuple[tuple[int, str], ...]
    officers: tuple[tuple[int, str], ...]
    departments: tuple[tuple[int, str], ...]


def choices(session: Session) -> Choices:
    """Towns in the district's order, officers in post and departments by name."""
    return Choices(
        towns=tuple(
            (int(i or 0), n) for i, n in session.exec(select(Town.id, Town.name).order_by(col(Town.sort)))
        ),
        officers=tuple(
            (int(i or 0), n)
            for i, n in session.exec(
                select(Officer.id, Officer.name).where(col(Officer.active).is_(True)).order_by(Officer.name)
            )
        ),
        departments=tuple(
            (int(i or 0), n)
            for i, n in session.exec(
                select(Department.id, Department.name)
                .where(col(Department.active).is_(True))
                .order_by(col(Department.id))
            )
        ),
    )


def stage_counts(session: Session, actor: Actor, asked: ProjectFilter, *, today: date) -> dict[Stage, int]:
    """How many of the actor's projects stand in each stage, after the filter (its stage is ignored)."""
    limits = light_limits(session, today)
    lights = light_columns(limits)
    where, reads_light = conditions(asked.but(stage=None), actor, today, lights)
    statement = sa.select(col(Project.stage), sa.func.count()).select_from(Project)
    if asked.text.strip():
        statement = statement.outerjoin(Enterprise, col(Enterprise.id) == col(Project.enterprise_id))
    if reads_light:
        statement = lights.join(statement)
    statement = statement.where(*where, project_condition(actor, Verb.PROJECT_VIEW)).group_by(
        col(Project.stage)
    )
    found = {stage: int(n) for stage, n in session.execute(statement)}
    return {stage: found.get(stage, 0) for stage in Stage}


def light_counts(session: Session, actor: Actor, asked: ProjectFilter, *, today: date) -> dict[str, int]:
    """How many of the actor's projects show each light, after the filter (its light is ignored), by Light value."""
    from crm.projects.queries.lights import RANK_LIGHTS

    limits = light_limits(session, today)
    lights = light_columns(limits)
    where, _reads = conditions(asked.but(light=None), actor, today, lights)
    statement = sa.select(lights.rank.label("rank")).select_from(Project)
    if asked.text.strip():
        statement = statement.outerjoin(Enterprise, col(Enterprise.id) == col(Project.enterprise_id))
    inner = lights.join(statement).where(*where, project_condition(actor, Verb.PROJECT_VIEW))
    inner = inner.cte("lit").prefix_with("MATERIALIZED")
    counted = session.execute(sa.select(inner.c.rank, sa.func.count()).group_by(inner.c.rank)).all()
    found = {RANK_LIGHTS[int(rank)].value: int(n) for rank, n in counted}
    return {light.value: found.get(light.value, 0) for light in RANK_LIGHTS.values()}


__all__ = [
    "Choices",
    "ProjectPage",
    "ProjectRow",
    "choices",
    "light_counts",
    "list_projects",
    "projects_by_id",
    "projects_by_stage",
    "stage_counts",
]
