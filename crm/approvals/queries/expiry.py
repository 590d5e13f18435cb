"""The expiry watch: every issued permit and every dated duty, by the day it is to be acted on.

One statement for the screen and for the scan: a part for each line of `watch_rules.LINES` and one for permits
watched by their own end, each with its due day computed in SQL, so that lists page and filter there.

Left out: permits replaced by a newer one of the same item (of the project, or of the enterprise where there is
none), permits whose decision was revoked, duties recorded as done, projects terminated (for duties also
completed ones), and the hall's cases that belong to no project of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals import watch_rules
from crm.approvals.queries.cases import case_condition
from crm.approvals.queries.commitments import revoked
from crm.approvals.queries.watch_sql import watch_sql
from crm.approvals.rules import months_later
from crm.approvals.watch_rules import PERMIT, Until
from crm.core.access import Actor, Verb, project_condition, require
from crm.core.names import name_key
from models import Case, Department, Enterprise, Item, Project
from models.vocabulary import Light

WARN_DAYS = 30  # the threshold's default; callers pass the office's own


@dataclass(frozen=True)
class WatchRow:
    """One permit or duty. `act_by_on` is the day to act by: the last day to apply for renewal (`renewing`),
    else the end of the permit or of the time allowed. `light` and `days_left` are of the day asked for."""

    line: str
    record: str  # case / milestone / project / obligation
    record_id: int
    case_id: int | None
    project_id: int | None
    project: str
    enterprise_id: int | None
    enterprise: str
    department_id: int | None
    department: str
    item_code: str
    item: str
    what: str
    permit_no: str
    from_on: date
    expires_on: date | None
    act_by_on: date
    renewing: bool
    extended: int  # how often the permit's end was put off
    days_left: int
    light: Light

    @property
    def key(self) -> str:
        return f"{self.record}:{self.record_id}:{self.line}"

    @property
    def must_start(self) -> bool:
        """It lapses because building has not started."""
        return self.line != PERMIT and watch_rules.BY_CODE[self.line].until is Until.STARTED

    @property
    def void(self) -> bool:
        """Lapsed of itself (建筑法 第九条): neither begun nor put off in time."""
        return self.days_left < 0 and not self.renewing and self.line == "start_construction"

    @property
    def used_up(self) -> bool:
        """Its end was put off as often as the law allows."""
        known = watch_rules.BY_CODE.get(self.line)
        return known is not None and 0 < known.extensions <= self.extended


@dataclass(frozen=True)
class WatchFilter:
    """What the watch list is narrowed to. `search`: project, enterprise, item or permit number."""

    search: str = ""
    line: str = ""
    department_id: int | None = None
    project_id: int | None = None
    late_only: bool = False
    within_days: int = 90


@dataclass(frozen=True)
class WatchPage:
    rows: list[WatchRow]
    total: int


def watch_list(
    session: Session,
    actor: Actor,
    today: date,
    wanted: WatchFilter | None = None,
    *,
    warn_days: int = WARN_DAYS,
    page: int = 1,
    per_page: int = 25,
) -> WatchPage:
    """What is to be acted on within so many calendar days or is past, soonest first, in the actor's reach."""
    require(actor, Verb.PROJECT_VIEW)
    asked = wanted or WatchFilter()
    until = today - timedelta(days=1) if asked.late_only else today + timedelta(days=asked.within_days)
    mine = project_condition(actor, Verb.PROJECT_VIEW)

    def of_project(project_id: Any) -> sa.ColumnElement[bool]:
        return sa.true() if _all(mine) else project_id.in_(select(Project.id).where(mine))

    both = watch_sql(
        case_condition(actor, Verb.PROJECT_VIEW),
        of_project,
        sa.literal(until, sa.Date),
        sa.literal(today, sa.Date),
        only=asked.line,
    )
    query = _named(both)
    if asked.department_id is not None:
        query = query.where(both.c.department_id == asked.department_id)
    if asked.project_id is not None:
        query = query.where(both.c.project_id == asked.project_id)
    text = asked.search.strip()
    if text:
        query = query.where(
            sa.or_(
                col(Project.name_key).contains(name_key(text), autoescape=True),
                col(Enterprise.name_key).contains(name_key(text), autoescape=True),
                both.c.item.contains(text, autoescape=True),
                both.c.what.contains(text, autoescape=True),
                both.c.permit_no.contains(text, autoescape=True),
            )
        )
    ordered = query.order_by(both.c.act_by_on, both.c.project_id, both.c.line, both.c.record_id)
    # The count rides on the page: the watch is worked out once, not twice.
    counted = ordered.add_columns(sa.func.count().over().label("total")).limit(per_page)
    found = session.execute(counted.offset((max(page, 1) - 1) * per_page)).all()
    if not found and page > 1:  # beyond the end: the list became shorter meanwhile
        found = session.execute(counted).all()
    total = found[0].total if found else 0
    return WatchPage([_row(r, today, warn_days) for r in found], int(total))


def watched(
    session: Session, low: int | None, high: int | None, until: date, today: date, *, warn_days: int
) -> list[WatchRow]:
    """The same rows for the scan: of the projects with ids from `low` to `high`, or (both None) of what has no
    project, to be acted on not later than `until`."""
    given: dict[str, Any] = {"until": until, "today": today}
    if low is not None:
        given |= {"low": low, "high": high}
    found = session.execute(_scan(low is None), given)
    return [_row(r, today, warn_days) for r in found]


@cache
def _scan(without_project: bool) -> sa.Select[Any]:
    """The scan's statement, put together once: it runs after many a save."""

    def covers(project_id: Any) -> sa.ColumnElement[bool]:
        column = sa.type_coerce(project_id, sa.Integer)
        if without_project:
            # Not by the index of project ids: the hall's million stands there too.
            return sa.func.coalesce(column, 0) == 0
        return column.between(sa.bindparam("low", type_=sa.Integer), sa.bindparam("high", type_=sa.Integer))

    until, today = sa.bindparam("until", type_=sa.Date), sa.bindparam("today", type_=sa.Date)
    both = watch_sql(covers(Case.project_id), covers, until, today)
    return _named(both).order_by(both.c.record, both.c.record_id, both.c.line)


def _all(condition: sa.ColumnElement[bool]) -> bool:
    return isinstance(condition, sa.True_)


def _named(both: sa.Subquery) -> sa.Select[Any]:
    return (
        sa.select(
            both,
            col(Project.name).label("project"),
            col(Enterprise.name).label("enterprise"),
            sa.func.coalesce(sa.func.nullif(col(Department.short), ""), col(Department.name)).label(
                "department"
            ),
        )
        .select_from(both)
        .outerjoin(Project, col(Project.id) == both.c.project_id)
        .outerjoin(Enterprise, col(Enterprise.id) == both.c.enterprise_id)
        .outerjoin(Department, col(Department.id) == both.c.department_id)
    )


def _row(found: Any, today: date, warn_days: int) -> WatchRow:
    act_by_on = found.act_by_on
    return WatchRow(
        line=found.line,
        record=found.record,
        record_id=int(found.record_id),
        case_id=found.case_id,
        project_id=found.project_id,
        project=found.project or "",
        enterprise_id=found.enterprise_id,
        enterprise=found.enterprise or "",
        department_id=found.department_id,
        department=found.department or "",
        item_code=found.item_code or "",
        item=found.item or "",
        what=found.what or "",
        permit_no=found.permit_no or "",
        from_on=found.from_on,
        expires_on=found.expires_on,
        act_by_on=act_by_on,
        renewing=bool(found.renewing),
        extended=int(found.extended or 0),
        days_left=(act_by_on - today).days,
        light=watch_rules.watch_light(found.line, found.from_on, act_by_on, today, warn_days),
    )


# --- one permit whose end may be put off


@dataclass(frozen=True)
class PermitView:
    """A permit that lapses without a start and may be put off. `latest_on`: how far the next extension may
    reach; None when none may be."""

    ends_on: date
    extended: int
    most: int
    months: int
    basis: str
    started: bool
    revoked: bool
    void: bool
    latest_on: date | None
    light: Light


def permit_view(
    session: Session, actor: Actor, case_id: int, today: date, *, warn_days: int = WARN_DAYS
) -> PermitView | None:
    """The permit of a case in reach; None when nothing was issued or its item knows no extension."""
    require(actor, Verb.PROJECT_VIEW)
    found = session.execute(
        sa.select(Case, col(Item.code), col(Project.started_on), revoked(col(Case.id)))
        .join(Item, col(Item.id) == col(Case.item_id))
        .outerjoin(Project, col(Project.id) == col(Case.project_id))
        .where(col(Case.id) == int(case_id), case_condition(actor, Verb.PROJECT_VIEW))
    ).first()
    if found is None:
        return None
    case, code, started_on, was_revoked = found
    line = watch_rules.line_of_item(code)
    if line is None or not line.extensions or case.issued_on is None:
        return None
    ends_on = case.expires_on or line.due(case.issued_on)
    latest = months_later(ends_on, line.extension_months)
    refused = was_revoked or watch_rules.extension_refused(
        code,
        extended=case.permit_extensions,
        ends_on=ends_on,
        # An order given in time may be written down later.
        ordered_on=min(today, ends_on),
        new_ends_on=latest,
        started=started_on is not None,
    )
    return PermitView(
        ends_on=ends_on,
        extended=case.permit_extensions,
        most=line.extensions,
        months=line.extension_months,
        basis=line.basis,
        started=started_on is not None,
        revoked=bool(was_revoked),
        void=started_on is None and today > ends_on,
        latest_on=None if refused else latest,
        light=watch_rules.watch_light(line.code, case.issued_on, ends_on, today, warn_days),
    )


def may_settle(session: Session, actor: Actor, rows: list[WatchRow]) -> frozenset[str]:
    """The keys of the rows the actor may record as done: for their buttons. The action asks again."""
    projects = set(
        session.exec(
            select(Project.id).where(
                col(Project.id).in_([r.project_id for r in rows if r.project_id is not None]),
                project_condition(actor, Verb.MILESTONE_EDIT),
            )
        )
    )
    cases = set(
        session.exec(
            select(Case.id).where(
                col(Case.id).in_([r.case_id for r in rows if r.case_id is not None]),
                case_condition(actor, Verb.MILESTONE_EDIT),
            )
        )
    )
    return frozenset(r.key for r in rows if (r.case_id in cases if r.case_id else r.project_id in projects))


def projects_to_watch(session: Session, actor: Actor, search: str, *, limit: int = 20) -> dict[int, str]:
    """id -> name of the projects one may register a duty for, by part of the name."""
    rows = session.exec(
        select(Project)
        .where(
            project_condition(actor, Verb.MILESTONE_EDIT),
            col(Project.name_key).contains(name_key(search), autoescape=True),
        )
        .order_by(col(Project.name))
        .limit(limit)
    )
    return {p.id: p.name for p in rows if p.id is not None}
