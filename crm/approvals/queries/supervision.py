"""The supervisor's board of lights: open cases counted by light and by sign, and the cases behind each cell.

A cell and the list behind it are the same conditions (`_where`), so the numbers agree. Everything is read
from the hints of open cases and of their procedures; nothing is computed case by case except on the page
of rows that is shown. Who may look: INSIGHT_VIEW, a department its own cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals.queries.cases import clocks_of, procedures_of
from crm.approvals.queries.light_sql import light_on
from crm.approvals.queries.signs import OPEN, sign_conditions, watched_of
from crm.approvals.rules import CaseClocks
from crm.approvals.supervision_rules import Found, Sign, found
from crm.core.access import Actor, Verb, require, scopes
from crm.workdays.queries import calendar as read_calendar
from crm.workdays.rules import Calendar
from models import Assignment, Case, Department, Enterprise, Item, Officer, Project
from models.vocabulary import CaseState, Light, OfficerRole, Scope

NOBODY = 0  # as a filter: no department, no lead officer
OPEN_LIGHTS = (Light.RED, Light.ORANGE, Light.YELLOW, Light.BLUE, Light.GREEN)


class By(StrEnum):
    """The board's rows."""

    DEPARTMENT = "department"
    OFFICER = "officer"


@dataclass(frozen=True)
class Asked:
    """One cell: which cases. None asks nothing; `NOBODY` asks for cases without a department or lead officer."""

    department_id: int | None = None
    officer_id: int | None = None
    light: Light | None = None
    sign: Sign | None = None

    def query(self) -> dict[str, str]:
        """As URL parameters: what `read` reads back."""
        return {f.name: str(v) for f in fields(self) if (v := getattr(self, f.name)) is not None}

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Asked:
        """From URL parameters; what makes no sense asks nothing."""
        values: dict[str, Any] = {}
        for name, kind in (("department_id", int), ("officer_id", int), ("light", Light), ("sign", Sign)):
            try:
                values[name] = kind(query[name])  # type: ignore[operator]
            except (KeyError, ValueError):
                continue
        return cls(**values)


@dataclass(frozen=True)
class BoardRow:
    """One department, or one officer: how many open cases by light, and by sign."""

    id: int
    name: str
    lights: Mapping[Light, int]
    signs: Mapping[Sign, int]

    @property
    def open_total(self) -> int:
        return sum(self.lights.values())


@dataclass(frozen=True)
class Board:
    """`rows` the reddest first, what belongs to nobody last; `total` is their sum."""

    rows: tuple[BoardRow, ...]
    total: BoardRow


@dataclass(frozen=True)
class SupervisedCase:
    """One line of the list behind a cell, judged by the rule itself."""

    id: int
    case_no: str
    item: str
    department_id: int | None
    department: str
    project_id: int | None
    project: str
    applicant: str
    officer: str
    state: CaseState
    clocks: CaseClocks
    found: tuple[Found, ...]


def board_condition(actor: Actor) -> sa.ColumnElement[bool]:
    """The SQL condition on `Case` of what the actor may see on the board: all, or his own department's."""
    reach = scopes(actor, Verb.INSIGHT_VIEW)
    if Scope.ALL in reach:
        return sa.true()
    if Scope.OWN_DEPARTMENT in reach and actor.department_id is not None:
        return col(Case.department_id) == actor.department_id
    return sa.false()


def lead_officer(today: date) -> Any:
    """The lead officer of the case's project today, as a scalar; NULL without one."""
    return (
        sa.select(sa.func.min(Assignment.officer_id))
        .where(
            col(Assignment.project_id) == col(Case.project_id),
            col(Assignment.role) == OfficerRole.LEAD,
            col(Assignment.from_on) <= today,
            sa.or_(col(Assignment.to_on).is_(None), col(Assignment.to_on) >= today),
        )
        .correlate(Case)
        .scalar_subquery()
    )


# --- the board ----------------------------------------------------------------------------------------------


def board(session: Session, actor: Actor, today: date, by: By = By.DEPARTMENT) -> Board:
    """Departments (or lead officers) x lights and signs of the open cases in the actor's reach."""
    require(actor, Verb.INSIGHT_VIEW)
    calendar = read_calendar(session)
    signs = sign_conditions(session, today, calendar)
    light = light_on(today)
    # An expression, not the bare column: else SQLite walks the department's index through all closed cases.
    who: Any = sa.func.coalesce(
        col(Case.department_id) if by is By.DEPARTMENT else lead_officer(today), NOBODY
    )

    def n_of(condition: sa.ColumnElement[bool]) -> Any:
        return sa.func.count(sa.case((condition, 1)))

    in_open = [s for s in Sign if s is not Sign.UNDELIVERED]
    rows = session.execute(
        sa.select(
            who.label("who"),
            *(n_of(light == each.value).label(each.value) for each in OPEN_LIGHTS),
            *(n_of(signs[sign]).label(sign.value) for sign in in_open),
        )
        .select_from(Case)
        .where(board_condition(actor), OPEN)
        .group_by(sa.text("who"))
    ).all()
    undelivered = session.execute(
        sa.select(who.label("who"), sa.func.count().label("n"))
        .select_from(Case)
        .where(board_condition(actor), signs[Sign.UNDELIVERED])
        .group_by(sa.text("who"))
    ).all()
    late_papers = {int(r.who): int(r.n) for r in undelivered}
    counted = {int(r.who): r for r in rows}
    keys = {*counted, *late_papers}
    named = names(session, by, sorted(keys))

    def row(key: int) -> BoardRow:
        r = counted.get(key)
        return BoardRow(
            key,
            named.get(key, ""),
            {each: int(getattr(r, each.value)) if r else 0 for each in OPEN_LIGHTS},
            {s: int(getattr(r, s.value)) if r else 0 for s in in_open}
            | {Sign.UNDELIVERED: late_papers.get(key, 0)},
        )

    made = sorted((row(key) for key in keys), key=_reddest)
    total = BoardRow(
        NOBODY,
        "",
        {each: sum(r.lights[each] for r in made) for each in OPEN_LIGHTS},
        {s: sum(r.signs[s] for r in made) for s in Sign},
    )
    return Board(tuple(made), total)


def _reddest(row: BoardRow) -> tuple[Any, ...]:
    return (
        row.id == NOBODY,
        -row.lights[Light.RED],
        -row.lights[Light.ORANGE],
        -row.lights[Light.YELLOW],
        row.name,
        row.id,
    )


def names(session: Session, by: By, ids: Sequence[int]) -> dict[int, str]:
    """What the board's rows are called: departments by their short name, officers by theirs."""
    if by is By.DEPARTMENT:
        rows = session.execute(
            sa.select(Department.id, Department.short, Department.name).where(col(Department.id).in_(ids))
        )
        return {r.id: r.short or r.name for r in rows}
    officers = session.execute(sa.select(Officer.id, Officer.name).where(col(Officer.id).in_(ids)))
    return {r.id: r.name for r in officers}


# --- the list behind a cell -----------------------------------------------------------------------------------


def _where(
    session: Session, actor: Actor, asked: Asked, today: date, calendar: Calendar
) -> list[sa.ColumnElement[bool]]:
    where = [board_condition(actor)]
    where.append(OPEN if asked.sign is None else sign_conditions(session, today, calendar)[asked.sign])
    if asked.light is not None:
        where += [OPEN, light_on(today) == asked.light.value]
    if asked.department_id is not None:
        column = col(Case.department_id)
        where.append(column.is_(None) if asked.department_id == NOBODY else column == asked.department_id)
    if asked.officer_id is not None:
        who = lead_officer(today)
        where.append(who.is_(None) if asked.officer_id == NOBODY else who == asked.officer_id)
    return where


def supervised_cases(
    session: Session, actor: Actor, today: date, asked: Asked, *, page: int = 1, per_page: int = 25
) -> tuple[list[SupervisedCase], int]:
    """(one page of the cell's cases, how many there are), the first due first. A page past the end is the last."""
    require(actor, Verb.INSIGHT_VIEW)
    calendar = read_calendar(session)
    where = _where(session, actor, asked, today, calendar)
    total = int(session.execute(sa.select(sa.func.count()).select_from(Case).where(*where)).scalar_one())
    page = max(1, min(page, -(-total // per_page)))
    due = sa.func.coalesce(
        col(Case.promised_due_on), col(Case.due_on), col(Case.accept_by_on), col(Case.deliver_by_on)
    )
    cases = list(
        session.exec(
            select(Case)
            .where(*where)
            .order_by(due.is_(None), due, col(Case.received_on), col(Case.id))
            .limit(per_page)
            .offset((page - 1) * per_page)
        )
    )
    return _lines(session, cases, today, calendar), total


def _lines(session: Session, cases: list[Case], today: date, calendar: Calendar) -> list[SupervisedCase]:
    ids = [int(c.id or 0) for c in cases]
    named = {
        r.id: r
        for r in session.execute(
            sa.select(
                Case.id,
                Item.name.label("item"),  # type: ignore[attr-defined]
                Department.short.label("short"),  # type: ignore[attr-defined]
                Department.name.label("department"),  # type: ignore[attr-defined]
                Project.name.label("project"),  # type: ignore[attr-defined]
                Enterprise.name.label("enterprise"),  # type: ignore[attr-defined]
                Officer.name.label("officer"),  # type: ignore[attr-defined]
            )
            .select_from(Case)
            .join(Item, col(Item.id) == col(Case.item_id))
            .outerjoin(Department, col(Department.id) == col(Case.department_id))
            .outerjoin(Project, col(Project.id) == col(Case.project_id))
            .outerjoin(Enterprise, col(Enterprise.id) == col(Case.enterprise_id))
            .outerjoin(Officer, col(Officer.id) == lead_officer(today))
            .where(col(Case.id).in_(ids))
        )
    }
    watched = watched_of(session, cases, calendar)
    stops = procedures_of(session, ids)
    lines = []
    for c in cases:
        names = named[c.id]
        lines.append(
            SupervisedCase(
                id=int(c.id or 0),
                case_no=c.case_no,
                item=names.item,
                department_id=c.department_id,
                department=names.short or names.department or "",
                project_id=c.project_id,
                project=names.project or "",
                applicant=names.enterprise or c.applicant,
                officer=names.officer or "",
                state=c.state,
                clocks=clocks_of(c, [s for s in stops[int(c.id or 0)] if s.stops_clock], today, calendar),
                found=tuple(found(watched[int(c.id or 0)], today, calendar)),
            )
        )
    return lines
