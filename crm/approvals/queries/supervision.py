"""The supervisor's board of lights: open cases counted by light and by sign, and the cases behind each cell.

A cell and the list behind it are the same conditions (`_where`), so the numbers agree. Everything is read
from the hints of open cases and of their procedures; nothing is computed case by case except on the page
of rows that is shown. Who may look: INSIGHT_VIEW, a department its own cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals.queries.cases import clocks_of, procedures_of, register_row
from crm.approvals.rules import CaseClocks
from crm.approvals.rules.procedures import LAW_START_WD, start_limit
from crm.approvals.supervision_rules import Found, Procedure, Required, Sign, Watched, end_by, found
from crm.core.access import Actor, Verb, require, scopes
from crm.workdays.queries import calendar as read_calendar
from crm.workdays.rules import Calendar
from models import (
    Assignment,
    Case,
    Department,
    Enterprise,
    Item,
    ItemProcedure,
    Officer,
    Project,
    SpecialProcedure,
)
from models.vocabulary import (
    PROCEDURE_KIND_LABELS,
    CaseSource,
    CaseState,
    Light,
    OfficerRole,
    Scope,
)

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


# --- conditions -------------------------------------------------------------------------------------------

_OPEN = col(Case.decided_on).is_(None)
_RUNNING = sa.and_(_OPEN, col(Case.state) == CaseState.ACCEPTED)


def light_of(today: date) -> sa.ColumnElement[Any]:
    """A running case's light from its hints, the same as the rule's (crm.approvals.rules)."""
    held = sa.and_(col(Case.held_from).is_not(None), col(Case.held_from) <= today)
    # A stop that holds has kept the clock where it was the day before it began.
    as_of = sa.case((held, col(Case.held_from)), else_=sa.literal(today, sa.Date))
    return sa.case(
        (sa.or_(col(Case.due_on) < as_of, col(Case.promised_due_on) < as_of), Light.RED.value),
        (col(Case.untold_from) <= today, Light.ORANGE.value),
        (held, Light.BLUE.value),
        (sa.func.coalesce(col(Case.promised_due_on), col(Case.due_on)) == today, Light.ORANGE.value),
        (col(Case.starts_on) > today, Light.GREEN.value),
        (col(Case.yellow_on) <= today, Light.YELLOW.value),
        else_=Light.GREEN.value,
    )


def sign_conditions(session: Session, today: date, calendar: Calendar) -> dict[Sign, sa.ColumnElement[bool]]:
    """The SQL condition on `Case` of every sign. "New" means since the last working day: what fell due on a
    Friday, or a Saturday counted in calendar days, is new on Monday."""
    last_workday, next_workday = calendar.add_workdays(today, -1), calendar.add_workdays(today, 1)
    light = light_of(today)
    first_due = sa.case(
        (col(Case.promised_due_on).is_(None), col(Case.due_on)),
        (col(Case.due_on).is_(None), col(Case.promised_due_on)),
        (col(Case.due_on) < col(Case.promised_due_on), col(Case.due_on)),
        else_=col(Case.promised_due_on),
    )
    return {
        Sign.NEW_YELLOW: sa.and_(
            _OPEN,
            col(Case.yellow_on) > last_workday,
            col(Case.yellow_on) <= today,
            light == Light.YELLOW.value,
        ),
        Sign.NEW_RED: sa.and_(_OPEN, first_due >= last_workday, first_due < today, light == Light.RED.value),
        Sign.UNTOLD: sa.and_(
            _RUNNING,
            _of_procedure(
                col(SpecialProcedure.stops_clock).is_(True),
                col(SpecialProcedure.to_on).is_(None),
                col(SpecialProcedure.told_on).is_(None),
            ),
        ),
        Sign.LATE_START: sa.and_(
            _RUNNING, _of_procedure(col(SpecialProcedure.from_on) > col(SpecialProcedure.start_by_on))
        ),
        Sign.NOT_OPENED: sa.and_(_RUNNING, _not_opened(session, today, calendar)),
        Sign.OVERLONG: sa.and_(
            _RUNNING,
            _of_procedure(col(SpecialProcedure.to_on).is_(None), _past_its_end(session, today, calendar)),
        ),
        Sign.SILENT: sa.and_(
            _OPEN, col(Case.state) == CaseState.RECEIVED, col(Case.accept_by_on) <= next_workday
        ),
        Sign.CORRECTION_OVERDUE: sa.and_(
            _OPEN, col(Case.state) == CaseState.CORRECTING, col(Case.correction_due_on) < today
        ),
        Sign.EXTENSION_UNTOLD: sa.and_(
            _RUNNING, col(Case.extended_on).is_not(None), col(Case.extension_told_on).is_(None)
        ),
        Sign.UNDELIVERED: sa.and_(
            col(Case.state) == CaseState.DECIDED,
            col(Case.deliver_by_on) < today,
            col(Case.delivered_on).is_(None),
        ),
    }


def _of_procedure(*where: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return col(Case.id).in_(select(SpecialProcedure.case_id).where(*where))


def _past_its_end(session: Session, today: date, calendar: Calendar) -> sa.ColumnElement[bool]:
    """Past the day copied from the register; without one, past the length it was planned for."""
    open_ended = sa.and_(col(SpecialProcedure.to_on).is_(None), col(SpecialProcedure.end_by_on).is_(None))
    planned = session.exec(select(SpecialProcedure.planned_wd).where(open_ended).distinct()).all()
    return sa.or_(
        col(SpecialProcedure.end_by_on) < today,
        sa.and_(
            col(SpecialProcedure.end_by_on).is_(None),
            col(SpecialProcedure.from_on)
            < _begun_before(SpecialProcedure.planned_wd, planned, today, calendar),
        ),
    )


def _begun_before(length: Any, lengths: Sequence[int], today: date, calendar: Calendar) -> Any:
    """By a column of working days, the first day that is not yet over: what began before it is past its end.

    add_workdays(day, n) < today exactly when day < this.
    """
    if not lengths:
        return sa.literal(None, sa.Date)
    firsts = []
    for n in lengths:
        day = calendar.add_workdays(today, -n)
        while calendar.add_workdays(day - timedelta(days=1), n) >= today:
            day -= timedelta(days=1)
        while calendar.add_workdays(day, n) < today:
            day += timedelta(days=1)
        firsts.append((length == n, sa.literal(day, sa.Date)))
    return sa.case(*firsts, else_=sa.literal(None, sa.Date))


# The start limit of a register row, never laxer than the law's: `rules.start_limit` in SQL.
_START_LIMIT: Any = sa.case(
    *(
        (
            sa.and_(
                col(ItemProcedure.kind) == kind,
                sa.or_(
                    col(ItemProcedure.start_limit_wd).is_(None), col(ItemProcedure.start_limit_wd) > law_wd
                ),
            ),
            law_wd,
        )
        for kind, law_wd in LAW_START_WD.items()
    ),
    else_=col(ItemProcedure.start_limit_wd),
)


def _required() -> tuple[sa.ColumnElement[bool], ...]:
    """Register rows every case of the item goes through: see `supervision_rules.Required`."""
    return (
        col(ItemProcedure.active).is_(True),
        _START_LIMIT.is_not(None),
        col(ItemProcedure.conditions) == "",
    )


def _not_opened(session: Session, today: date, calendar: Calendar) -> sa.ColumnElement[bool]:
    limits = session.execute(sa.select(_START_LIMIT).where(*_required()).distinct()).scalars().all()
    opened = sa.exists().where(
        col(SpecialProcedure.case_id) == col(Case.id),
        sa.or_(
            col(SpecialProcedure.register_id) == col(ItemProcedure.id),
            sa.and_(
                col(SpecialProcedure.register_id).is_(None),
                col(SpecialProcedure.kind) == col(ItemProcedure.kind),
            ),
        ),
    )
    begun = _begun_before(_START_LIMIT, [int(n) for n in limits], today, calendar)
    missing = sa.exists().where(
        col(ItemProcedure.item_id) == col(Case.item_id),
        *_required(),
        col(Case.accepted_on) < begun,
        ~opened.correlate(Case, ItemProcedure),
    )
    # The hall's export tells nothing of procedures: only for cases kept here can one be missing.
    return sa.and_(col(Case.source) == CaseSource.OURS, missing.correlate(Case))


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
    light = light_of(today)
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
        .where(board_condition(actor), _OPEN)
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
    where.append(_OPEN if asked.sign is None else sign_conditions(session, today, calendar)[asked.sign])
    if asked.light is not None:
        where += [_OPEN, light_of(today) == asked.light.value]
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


def watched_of(session: Session, cases: Sequence[Case], calendar: Calendar) -> dict[int, Watched]:
    """By case: what the signs are read from. Three reads however many cases."""
    procedures = procedures_of(session, [int(c.id or 0) for c in cases])
    ours = {c.item_id for c in cases if c.source is CaseSource.OURS and c.state is CaseState.ACCEPTED}
    required: dict[int, list[Required]] = {}
    register: dict[int, ItemProcedure] = {}
    for start in range(0, len(ordered := sorted(ours)), 500):
        for r in session.exec(
            select(ItemProcedure)
            .where(col(ItemProcedure.item_id).in_(ordered[start : start + 500]))
            .order_by(col(ItemProcedure.id))
        ):
            register[int(r.id or 0)] = r
            limit = start_limit(r.kind, register_row(r))
            if r.active and limit is not None and not r.conditions:
                required.setdefault(r.item_id, []).append(
                    Required(
                        int(r.id or 0),
                        r.kind,
                        r.name or PROCEDURE_KIND_LABELS[r.kind],
                        limit,
                        r.basis,
                    )
                )
    return {
        int(c.id or 0): Watched(
            state=c.state,
            accept_by_on=c.accept_by_on,
            correction_due_on=c.correction_due_on,
            accepted_on=c.accepted_on,
            extended_on=c.extended_on,
            extension_told_on=c.extension_told_on,
            deliver_by_on=c.deliver_by_on,
            delivered_on=c.delivered_on,
            procedures=tuple(
                _procedure(p, register.get(p.register_id or 0), calendar) for p in procedures[int(c.id or 0)]
            ),
            required=tuple(required.get(c.item_id, ())) if c.source is CaseSource.OURS else (),
        )
        for c in cases
    }


def _procedure(row: SpecialProcedure, register: ItemProcedure | None, calendar: Calendar) -> Procedure:
    name = register.name if register is not None and register.name else PROCEDURE_KIND_LABELS[row.kind]
    return Procedure(
        id=int(row.id or 0),
        register_id=row.register_id,
        kind=row.kind,
        name=name,
        stops_clock=row.stops_clock,
        from_on=row.from_on,
        to_on=row.to_on,
        told_on=row.told_on,
        start_by_on=row.start_by_on,
        end_by_on=end_by(row.end_by_on, row.from_on, row.planned_wd, calendar),
        basis=row.basis,
    )
