"""Lists of cases: filtered, sorted and paged in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.approvals.queries.cases import CaseRow, _by_due, _named, _rows, case_condition
from crm.core.access import Actor, Verb, require
from crm.core.names import name_key
from models import Case, Enterprise, Item, Project
from models.vocabulary import CaseState


@dataclass(frozen=True)
class CaseFilter:
    """What a list of cases is narrowed to. `search` is a case number, item, enterprise or project."""

    search: str = ""
    state: CaseState | None = None
    department_id: int | None = None
    running_only: bool = False


def case_list(
    session: Session, actor: Actor, today: date, wanted: CaseFilter, *, page: int = 1, per_page: int = 25
) -> tuple[list[CaseRow], int]:
    """(one page of cases, how many there are), soonest due first."""
    require(actor, Verb.PROJECT_VIEW)
    where: list[sa.ColumnElement[bool]] = [case_condition(actor, Verb.PROJECT_VIEW)]
    if wanted.state is not None:
        where.append(col(Case.state) == wanted.state)
    if wanted.running_only:
        where.append(col(Case.state).in_((CaseState.RECEIVED, CaseState.ACCEPTED)))
    if wanted.department_id is not None:
        where.append(col(Case.department_id) == wanted.department_id)
    text = wanted.search.strip()
    if text:
        where.append(
            sa.or_(
                col(Case.case_no).contains(text, autoescape=True),
                col(Item.name).contains(text, autoescape=True),
                col(Enterprise.name_key).contains(name_key(text), autoescape=True),
                col(Project.name_key).contains(name_key(text), autoescape=True),
            )
        )
    base = _named().where(*where)
    total = session.execute(
        base.with_only_columns(sa.func.count(col(Case.id)), maintain_column_froms=True)
    ).scalar_one()
    query = (
        base.order_by(col(Case.decided_on).is_not(None), *_by_due())
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return _rows(session, query, today), int(total)
