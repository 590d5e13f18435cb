"""The watch list as one statement: a part for each line of `watch_rules.LINES`, one for permits that end.

Every part gives the same columns; the due day is computed in SQL, so that lists page and filter there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col

from crm.approvals import watch_rules
from crm.approvals.queries.commitments import revoked
from crm.approvals.watch_rules import PERMIT, START_BOUND, Line, Start, Until
from models import Case, Item, Milestone, Obligation, Project
from models.vocabulary import CaseSource, CaseState, ProjectStatus

ENDED = (ProjectStatus.TERMINATED, ProjectStatus.COMPLETED)
Day = sa.ColumnElement[date]
NOT_HELD = (CaseState.WITHDRAWN, CaseState.NOT_ACCEPTED, CaseState.TERMINATED)


class later(FunctionElement[date]):
    """`later(day, months, days)`: `watch_rules.Line.due` in SQL, months clipped to the month's last day."""

    name = "later"
    type = sa.Date()
    inherit_cache = True


@compiles(later)
def _later(element: later, compiler: Any, **kw: Any) -> str:
    day, months, days = (compiler.process(c, **kw) for c in element.clauses)
    return f"CAST({day} + make_interval(months => {months}, days => {days}) AS DATE)"


@compiles(later, "sqlite")
def _later_sqlite(element: later, compiler: Any, **kw: Any) -> str:
    # SQLite lets 31 January + 1 month run over into March: the month's last day bounds it.
    day, months, days = (compiler.process(c, **kw) for c in element.clauses)
    naive = f"date({day}, '+' || {months} || ' months')"
    last = f"date({day}, 'start of month', '+' || ({months} + 1) || ' months', '-1 day')"
    return f"date(min({naive}, {last}), '+' || {days} || ' days')"


def due_of(line: Line, start: Any) -> sa.ColumnElement[date]:
    """The line's last day in SQL. The numbers are the table's own, never typed by anybody."""
    return later(start, sa.literal_column(str(line.months)), sa.literal_column(str(line.days)))


def watch_sql(
    case_reach: sa.ColumnElement[bool],
    of_project: Callable[[Any], sa.ColumnElement[bool]],
    until: Day,
    today: Day,
    *,
    only: str = "",
) -> sa.Subquery:
    parts: list[sa.Select[Any]] = []
    if only in ("", PERMIT):
        parts.append(_permits(case_reach, until, today))
    for line in watch_rules.LINES:
        if only not in ("", line.code):
            continue
        if line.start is Start.PERMIT:
            parts.append(_issued(line, case_reach, until, today))
            parts.append(_done(line, of_project, until))
        elif line.start is Start.TYPED:
            parts.append(_typed(line, of_project, until))
        else:
            parts.append(_happened(line, of_project, until))
    if not parts:  # a line nobody knows: nothing
        parts.append(_permits(case_reach, until, today).where(sa.false()))
    return sa.union_all(*parts).subquery("watched")


def _columns(line: str, record: str, **given: Any) -> list[sa.Label[Any]]:
    """The union's columns in one order; what is not given is empty."""
    empty: dict[str, Any] = {
        "line": sa.literal(line),
        "record": sa.literal(record),
        "record_id": sa.null(),
        "case_id": sa.cast(sa.null(), sa.Integer),
        "project_id": sa.cast(sa.null(), sa.Integer),
        "enterprise_id": sa.cast(sa.null(), sa.Integer),
        "department_id": sa.cast(sa.null(), sa.Integer),
        "item_code": sa.literal(""),
        "item": sa.literal(""),
        "what": sa.literal(""),
        "permit_no": sa.literal(""),
        "from_on": sa.null(),
        "expires_on": sa.cast(sa.null(), sa.Date),
        "act_by_on": sa.null(),
        "renewing": sa.literal(0),
        "extended": sa.literal(0),
    }
    return [value.label(name) for name, value in (empty | given).items()]


def _cases(line: str, expires: Any, case_reach: sa.ColumnElement[bool], until: Day, today: Day) -> Any:
    """Issued permits still held, with the day to act by: the renewal's while it is ahead and not applied for."""
    newer: Any = aliased(Case)

    def one_after(when: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        """Another case of the item for the same project, or for the same enterprise where there is none."""
        other = sa.select(newer.id).where(
            newer.item_id == col(Case.item_id), newer.id != col(Case.id), newer.state.not_in(NOT_HELD), when
        )
        # Two statements and not one condition: each is a seek of its own, and only one of them is made.
        return sa.or_(
            other.where(newer.project_id == col(Case.project_id)).exists(),
            sa.and_(
                col(Case.project_id).is_(None),
                other.where(
                    newer.project_id.is_(None), newer.enterprise_id == col(Case.enterprise_id)
                ).exists(),
            ),
        )

    replaced = one_after(
        sa.or_(
            newer.issued_on > col(Case.issued_on),
            sa.and_(newer.issued_on == col(Case.issued_on), newer.id > col(Case.id)),
        )
    )
    applied = one_after(newer.received_on > col(Case.issued_on))
    renewing = sa.and_(expires >= today, col(Case.renew_by_on).is_not(None), ~applied)
    act_by = sa.case((renewing, col(Case.renew_by_on)), else_=expires)
    return (
        sa.select(
            *_columns(
                line,
                "case",
                record_id=col(Case.id),
                case_id=col(Case.id),
                project_id=col(Case.project_id),
                enterprise_id=col(Case.enterprise_id),
                department_id=col(Case.department_id),
                item_code=col(Item.code),
                item=col(Item.name),
                permit_no=col(Case.permit_no),
                from_on=col(Case.issued_on),
                expires_on=sa.type_coerce(expires, sa.Date),
                act_by_on=sa.type_coerce(act_by, sa.Date),
                renewing=sa.case((renewing, 1), else_=0),
                extended=col(Case.permit_extensions),
            )
        )
        .join(Item, col(Item.id) == col(Case.item_id))
        .outerjoin(Project, col(Project.id) == col(Case.project_id))
        .where(
            case_reach,
            sa.or_(col(Case.source) == CaseSource.OURS, col(Case.project_id).is_not(None)),
            col(Case.issued_on).is_not(None),
            act_by <= until,
            ~replaced,
            ~revoked(col(Case.id)),
            ~_settled(line, col(Case.project_id), col(Case.issued_on), col(Case.id)),
        )
    )


def _permits(case_reach: sa.ColumnElement[bool], until: Day, today: Day) -> sa.Select[Any]:
    """Permits watched by their own end."""
    # The index is on the end: no permit is to be renewed longer before it than the catalogue's longest lead,
    # working days stretched to calendar days.
    lead = sa.select(sa.func.coalesce(sa.func.max(Item.renew_before), 0) * 2).scalar_subquery()
    bound = later(until, sa.literal_column("0"), lead)
    return _cases(PERMIT, col(Case.expires_on), case_reach, until, today).where(  # type: ignore[no-any-return]
        col(Case.expires_on) <= bound,
        col(Item.code).not_in(sorted(START_BOUND)),
        sa.or_(col(Project.status).is_(None), col(Project.status) != ProjectStatus.TERMINATED),
    )


def _issued(line: Line, case_reach: sa.ColumnElement[bool], until: Day, today: Day) -> sa.Select[Any]:
    """Permits of the line's items. A day on the permit itself goes before the line's own count."""
    own = line.until is Until.STARTED
    due = due_of(line, col(Case.issued_on))
    expires = sa.func.coalesce(col(Case.expires_on), due) if own else due
    found = _cases(line.code, expires, case_reach, until, today).where(
        col(Item.code).in_(line.items),
        sa.or_(col(Project.status).is_(None), col(Project.status).not_in(ENDED)),
    )
    return found.where(_not_ended(line, col(Case.project_id)))  # type: ignore[no-any-return]


def _done(line: Line, of_project: Callable[[Any], sa.ColumnElement[bool]], until: Day) -> sa.Select[Any]:
    """Milestones of the line's items that are done, where no case tells of the permit."""
    told = sa.exists(
        sa.select(col(Case.id))
        .join(Item, col(Item.id) == col(Case.item_id))
        .where(
            col(Case.project_id) == col(Milestone.project_id),
            col(Case.issued_on).is_not(None),
            col(Item.code) == col(Milestone.code),
        )
    )
    due = due_of(line, col(Milestone.done_on))
    return (
        sa.select(
            *_columns(
                line.code,
                "milestone",
                record_id=col(Milestone.id),
                project_id=col(Milestone.project_id),
                enterprise_id=col(Project.enterprise_id),
                department_id=col(Milestone.department_id),
                item_code=col(Milestone.code),
                item=col(Milestone.name),
                permit_no=col(Milestone.evidence),
                from_on=col(Milestone.done_on),
                expires_on=due,
                act_by_on=due,
            )
        )
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .where(
            of_project(col(Milestone.project_id)),
            col(Milestone.code).in_(line.items),
            col(Milestone.done_on).is_not(None),
            due <= until,
            col(Project.status).not_in(ENDED),
            ~told,
            _not_ended(line, col(Milestone.project_id)),
            ~_settled(line.code, col(Milestone.project_id), col(Milestone.done_on)),
        )
    )


def _happened(line: Line, of_project: Callable[[Any], sa.ColumnElement[bool]], until: Day) -> sa.Select[Any]:
    """Projects whose start, or whose suspension after the start, begins the time."""
    if line.start is Start.SUSPENDED:
        start = col(Project.status_on)
        begun = sa.and_(
            col(Project.status) == ProjectStatus.SUSPENDED,
            col(Project.started_on).is_not(None),
            col(Project.finished_on).is_(None),
        )
    else:
        start = col(Project.started_on)
        begun = sa.and_(col(Project.status).not_in(ENDED), col(Project.produced_on).is_(None))
    due = due_of(line, start)
    return sa.select(
        *_columns(
            line.code,
            "project",
            record_id=col(Project.id),
            project_id=col(Project.id),
            enterprise_id=col(Project.enterprise_id),
            department_id=col(Project.lead_department_id),
            from_on=start,
            act_by_on=due,
        )
    ).where(
        of_project(col(Project.id)),
        begun,
        start.is_not(None),
        due <= until,
        _not_ended(line, col(Project.id)),
        ~_settled(line.code, col(Project.id), start),
    )


def _typed(line: Line, of_project: Callable[[Any], sa.ColumnElement[bool]], until: Day) -> sa.Select[Any]:
    """Days that only a paper knows, as they were typed."""
    due = due_of(line, col(Obligation.from_on))
    return (
        sa.select(
            *_columns(
                line.code,
                "obligation",
                record_id=col(Obligation.id),
                project_id=col(Obligation.project_id),
                enterprise_id=col(Project.enterprise_id),
                department_id=col(Project.lead_department_id),
                what=col(Obligation.what),
                from_on=col(Obligation.from_on),
                act_by_on=due,
            )
        )
        .join(Project, col(Project.id) == col(Obligation.project_id))
        .where(
            of_project(col(Obligation.project_id)),
            col(Obligation.line) == watch_rules.FOLLOWS.get(line.code, line.code),
            col(Obligation.done_on).is_(None),
            due <= until,
            col(Project.status).not_in(ENDED),
            _not_ended(line, col(Obligation.project_id)),
        )
    )


def _not_ended(line: Line, project_id: Any) -> sa.ColumnElement[bool]:
    """That what ends the line's watch has not come: the start, or the milestone."""
    if line.until is Until.STARTED:
        return col(Project.started_on).is_(None)
    if line.until is Until.RECORD:
        return sa.true()
    by = aliased(Milestone)
    return ~sa.exists(
        sa.select(by.id).where(
            by.project_id == project_id,
            by.code == line.until_code,
            sa.or_(by.done_on.is_not(None), by.inactive.is_(True)),  # type: ignore[union-attr,attr-defined]
        )
    )


def _settled(line: str, project_id: Any, from_on: Any, case_id: Any = None) -> sa.ColumnElement[bool]:
    """That a record says the duty begun on `from_on` is done."""
    whose = sa.and_(col(Obligation.case_id).is_(None), col(Obligation.project_id) == project_id)
    if case_id is not None:
        whose = sa.or_(col(Obligation.case_id) == case_id, whose)
    return sa.exists(
        sa.select(col(Obligation.id)).where(
            col(Obligation.line) == line,
            col(Obligation.done_on) >= from_on,
            whose,
        )
    )
