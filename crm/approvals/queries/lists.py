"""Lists of cases: filtered, sorted and paged in SQL, among ours and the hall's million alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.approvals.queries.case_filter import OPEN, CaseFilter, CaseSort, conditions
from crm.approvals.queries.cases import CaseRow, _named, _rows, case_condition
from crm.approvals.queries.light_sql import light_on
from crm.core.access import Actor, Verb, enterprise_condition, project_condition, require
from models import Case, CaseStep, Department, Enterprise, Item, Officer, Project, Town

COUNTED = 10_000  # beyond it a list says "more than", and pages no further


class CasePage(NamedTuple):
    """One page of rows. `total` is how many there are in all, `COUNTED` + 1 where there are more."""

    rows: list[CaseRow]
    total: int

    @property
    def more(self) -> bool:
        """Whether there are more than were counted."""
        return self.total > COUNTED


def case_list(
    session: Session, actor: Actor, today: date, wanted: CaseFilter, *, page: int = 1, per_page: int = 25
) -> CasePage:
    """One page of the cases in the actor's reach. A page past the end is the last."""
    require(actor, Verb.PROJECT_VIEW)
    where = _where(session, actor, today, wanted)
    ids, total = _place(session, where, _order(wanted), page, per_page)
    found = {row.id: row for row in _rows(session, _named().where(col(Case.id).in_(ids)), today)}
    return CasePage([found[i] for i in ids], total)


def _place(
    session: Session, where: list[Any], order: list[tuple[Any, bool]], page: int, per_page: int
) -> tuple[list[int], int]:
    """(the ids of one page, how many in all). The wide rows and their names are read for one page only.

    What is found is gathered first and ordered after: asked for the order at once, a database walks its
    index through a million cases to meet a few. Only where more are found than are counted does it walk.
    """
    keys = [key.label(f"key{n}") for n, (key, _down) in enumerate(order)]
    narrow = sa.select(col(Case.id).label("id"), *keys).where(*where)
    found = narrow.limit(COUNTED + 1).cte("found").prefix_with("MATERIALIZED")
    total = sa.select(sa.func.count()).select_from(found).scalar_subquery()
    columns = [found.c[key.name] for key in keys]
    start = (max(page, 1) - 1) * per_page
    shown = sa.select(found.c.id, total.label("total")).order_by(*_sorted(columns, order))
    rows = session.execute(shown.limit(per_page).offset(start)).all()
    if not rows and start:
        known = session.execute(sa.select(sa.func.count()).select_from(found)).scalar_one()
        last = max(1, -(-min(int(known), COUNTED) // per_page))
        return _place(session, where, order, last, per_page)
    count = int(rows[0].total) if rows else 0
    if count <= COUNTED:
        return [int(row.id) for row in rows], count
    walk = sa.select(col(Case.id)).where(*where).order_by(*_sorted([key for key, _d in order], order))
    start = min(start, COUNTED - per_page)
    return list(session.execute(walk.limit(per_page).offset(start)).scalars()), count


def _sorted(columns: list[Any], order: list[tuple[Any, bool]]) -> list[Any]:
    return [column.desc() if down else column for column, (_key, down) in zip(columns, order, strict=True)]


def count_cases(session: Session, actor: Actor, today: date, wanted: CaseFilter) -> int:
    """How many cases the filter finds in the actor's reach; `COUNTED` + 1 when there are more."""
    require(actor, Verb.PROJECT_VIEW)
    return _count(session, _where(session, actor, today, wanted))


def case_lights(session: Session, actor: Actor, today: date, wanted: CaseFilter) -> dict[str, int]:
    """Light value -> how many open cases show it, after the filter (its own light and state are ignored)."""
    require(actor, Verb.PROJECT_VIEW)
    light = light_on(today).label("light")
    where = _where(session, actor, today, replace(wanted, light=None, state=OPEN))
    rows = session.execute(
        sa.select(light, sa.func.count()).select_from(Case).where(*where).group_by(sa.text("light"))
    )
    return {value: int(n) for value, n in rows}


def items_of_cases(session: Session) -> dict[int, str]:
    """id -> "code name" of the items one may narrow a list to, the hall's among them."""
    rows = session.execute(sa.select(col(Item.id), col(Item.code), col(Item.name)).order_by(col(Item.code)))
    return {int(id_): f"{code} {name}" for id_, code, name in rows}


def names_asked(session: Session, actor: Actor, wanted: CaseFilter) -> dict[str, str]:
    """Field of the filter -> the name behind the id it holds, as far as the actor may know it."""
    tables: dict[str, tuple[Any, Any]] = {
        "item_id": (Item, sa.true()),
        "department_id": (Department, sa.true()),
        "town_id": (Town, sa.true()),
        "officer_id": (Officer, sa.true()),
        "step": (CaseStep, sa.true()),
        "enterprise_id": (Enterprise, enterprise_condition(actor, Verb.PROJECT_VIEW)),
        "project_id": (Project, project_condition(actor, Verb.PROJECT_VIEW)),
    }
    found: dict[str, str] = {}
    for name, (model, reach) in tables.items():
        key = getattr(wanted, name)
        if key:
            row = session.execute(sa.select(col(model.name)).where(col(model.id) == key, reach)).first()
            if row is not None:
                found[name] = str(row[0])
    return found


def _where(session: Session, actor: Actor, today: date, wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    return [case_condition(actor, Verb.PROJECT_VIEW), *conditions(session, actor, today, wanted)]


def _count(session: Session, where: list[sa.ColumnElement[bool]]) -> int:
    some = sa.select(sa.literal(1)).select_from(Case).where(*where).limit(COUNTED + 1).subquery()
    return int(session.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def _order(wanted: CaseFilter) -> list[tuple[Any, bool]]:
    """(what to order by, whether the largest comes first); what is missing comes last."""
    number = (col(Case.id), True)
    match wanted.order:
        case CaseSort.DUE:
            due = sa.func.coalesce(col(Case.promised_due_on), col(Case.due_on))
            keys = [due.is_(None), due, col(Case.received_on), col(Case.id)]
            if wanted.state != OPEN:
                keys.insert(0, col(Case.decided_on).is_not(None))
            return [(key, False) for key in keys]
        case CaseSort.CLOSED:
            return [(col(Case.decided_on).is_(None), False), (col(Case.decided_on), True), number]
        case CaseSort.LONGEST:
            return [(col(Case.running_wd).is_(None), False), (col(Case.running_wd), True), number]
        case _:
            return [(col(Case.received_on), True), number]
