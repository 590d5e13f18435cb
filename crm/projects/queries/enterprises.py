"""Enterprises as a list and as a record, as far as this reader may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, enterprise_condition, may, project_condition, scopes
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.names import mask_phone, name_key
from crm.projects.queries.card import ContactLine, DemandLine, VisitLine, _demands, _visits
from crm.projects.queries.filters import ProjectFilter, Sort
from crm.projects.queries.register import ProjectRow, list_projects
from models import Case, Contact, Demand, Enterprise, Project, Town, Visit
from models.vocabulary import DemandState, Scope, VisitState


@dataclass(frozen=True)
class EnterpriseRow:
    """One line of the list; counts are of what the reader may see."""

    id: int
    name: str
    credit_code: str | None
    town: str
    industry: str
    projects: int
    open_demands: int
    last_visit_on: date | None


@dataclass(frozen=True)
class EnterprisePage:
    rows: tuple[EnterpriseRow, ...]
    total: int


def list_enterprises(
    session: Session,
    actor: Actor,
    *,
    text: str = "",
    town_id: int | None = None,
    page: int = 1,
    per_page: int = 25,
) -> EnterprisePage:
    """Enterprises in scope by name, full pinyin, initials or credit code; sorted by pinyin."""
    where: list[sa.ColumnElement[bool]] = [enterprise_condition(actor, Verb.ENTERPRISE_VIEW)]
    if town_id is not None:
        where.append(col(Enterprise.town_id) == town_id)
    if text.strip():
        where.append(_text(text))
    total = int(
        session.execute(sa.select(sa.func.count()).select_from(Enterprise).where(*where)).scalar_one()
    )
    page = max(1, min(page, -(-total // per_page)))
    projects = (
        sa.select(sa.func.count())
        .where(col(Project.enterprise_id) == col(Enterprise.id), project_condition(actor, Verb.PROJECT_VIEW))
        .correlate(Enterprise)
        .scalar_subquery()
    )
    demands = (
        sa.select(sa.func.count())
        .where(col(Demand.enterprise_id) == col(Enterprise.id), col(Demand.state) == DemandState.OPEN)
        .correlate(Enterprise)
        .scalar_subquery()
    )
    visited = (
        sa.select(sa.func.max(col(Visit.visited_on)))
        .where(col(Visit.enterprise_id) == col(Enterprise.id), col(Visit.state) == VisitState.COMPLETE)
        .correlate(Enterprise)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(
            col(Enterprise.id),
            col(Enterprise.name),
            col(Enterprise.credit_code),
            col(Town.name).label("town"),
            col(Enterprise.industry),
            projects.label("projects"),
            demands.label("demands"),
            visited.label("visited"),
        )
        .select_from(Enterprise)
        .outerjoin(Town, col(Town.id) == col(Enterprise.town_id))
        .where(*where)
        .order_by(col(Enterprise.pinyin), col(Enterprise.id))
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return EnterprisePage(
        tuple(
            EnterpriseRow(
                id=int(r.id),
                name=r.name,
                credit_code=r.credit_code,
                town=r.town or "",
                industry=r.industry,
                projects=int(r.projects),
                open_demands=int(r.demands),
                last_visit_on=r.visited,
            )
            for r in rows
        ),
        total,
    )


def _text(text: str) -> sa.ColumnElement[bool]:
    asked, key = text.strip(), name_key(text)
    either: list[sa.ColumnElement[bool]] = [
        col(Enterprise.name).contains(asked, autoescape=True),
        col(Enterprise.credit_code).contains(asked.upper(), autoescape=True),
    ]
    if key:
        either.append(col(Enterprise.name_key).contains(key, autoescape=True))
    if key.isascii() and key.isalnum():
        either += [
            col(Enterprise.pinyin).contains(key, autoescape=True),
            col(Enterprise.initials).contains(key, autoescape=True),
        ]
    return sa.or_(*either)


@dataclass(frozen=True)
class EnterpriseCard:
    """An enterprise with what hangs on it. `fields` are its own columns by name, for forms."""

    id: int
    version: int
    name: str
    fields: Mapping[str, Any]
    town: str
    contacts: tuple[ContactLine, ...]
    projects: tuple[ProjectRow, ...]
    visits: tuple[VisitLine, ...]
    visit_total: int
    demands: tuple[DemandLine, ...]
    cases: int
    may_edit: bool


def enterprise_card(session: Session, actor: Actor, enterprise_id: int, today: date) -> EnterpriseCard:
    """Raises `NotFound` for one that is not there and one that is not the reader's alike."""
    firm = session.exec(
        select(Enterprise).where(
            col(Enterprise.id) == int(enterprise_id), enterprise_condition(actor, Verb.ENTERPRISE_VIEW)
        )
    ).first()
    if firm is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    assert firm.id is not None
    town = session.get(Town, firm.town_id) if firm.town_id else None
    contacts = session.exec(
        select(Contact)
        .where(col(Contact.enterprise_id) == firm.id, col(Contact.active).is_(True))
        .order_by(col(Contact.id))
    ).all()
    sees_phones = _reaches(session, actor, firm.id, Verb.PHONE_SEE)
    sees_visits = _reaches(session, actor, firm.id, Verb.VISIT_VIEW)
    visits, visit_total = _visits(session, actor, col(Visit.enterprise_id) == firm.id, 1, 20)
    return EnterpriseCard(
        id=firm.id,
        version=firm.version,
        name=firm.name,
        fields=MappingProxyType(firm.model_dump()),
        town=town.name if town else "",
        contacts=tuple(
            ContactLine(c.id or 0, c.name, c.title, c.phone if sees_phones else mask_phone(c.phone))
            for c in contacts
        ),
        projects=list_projects(
            session, actor, ProjectFilter(enterprise_id=firm.id), Sort.LIGHT, today=today, per_page=100
        ).rows,
        visits=visits,
        visit_total=visit_total,
        demands=_demands(session, actor, col(Demand.enterprise_id) == firm.id) if sees_visits else (),
        cases=int(
            session.execute(
                sa.select(sa.func.count())
                .select_from(Case)
                .outerjoin(Project, col(Project.id) == col(Case.project_id))
                .where(
                    col(Case.enterprise_id) == firm.id,
                    sa.or_(col(Case.project_id).is_(None), project_condition(actor, Verb.PROJECT_VIEW)),
                )
            ).scalar_one()
        ),
        may_edit=_reaches(session, actor, firm.id, Verb.PROJECT_EDIT),
    )


def _reaches(session: Session, actor: Actor, enterprise_id: int, verb: Verb) -> bool:
    """Whether the verb reaches this enterprise: everywhere, or by one of its projects or its town."""
    if not may(actor, verb):
        return False
    if Scope.ALL in scopes(actor, verb):
        return True
    found = session.exec(
        select(Enterprise.id).where(col(Enterprise.id) == enterprise_id, enterprise_condition(actor, verb))
    ).first()
    return found is not None


def enterprise_names(session: Session, actor: Actor) -> dict[int, str]:
    """{id: name} of every enterprise in the reader's reach, by pinyin: for select boxes."""
    rows = session.execute(
        sa.select(col(Enterprise.id), col(Enterprise.name))
        .where(enterprise_condition(actor, Verb.ENTERPRISE_VIEW))
        .order_by(col(Enterprise.pinyin), col(Enterprise.id))
        .limit(5000)
    )
    return {int(key): name for key, name in rows}
