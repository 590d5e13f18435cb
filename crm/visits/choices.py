"""What a visit form offers: enterprises found while typing, their projects and people, our colleagues."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import (
    Actor,
    Verb,
    enterprise_condition,
    project_condition,
    require,
)
from crm.core.names import mask_phone, name_key
from crm.visits.shapes import (
    DemandRow as DemandRow,
)
from crm.visits.shapes import (
    DueVisit as DueVisit,
)
from crm.visits.shapes import (
    EnterpriseHit as EnterpriseHit,
)
from crm.visits.shapes import (
    PersonRow as PersonRow,
)
from crm.visits.shapes import (
    PhotoRow as PhotoRow,
)
from crm.visits.shapes import (
    ProjectChoice as ProjectChoice,
)
from crm.visits.shapes import (
    PromiseRow as PromiseRow,
)
from crm.visits.shapes import (
    VisitCard as VisitCard,
)
from crm.visits.shapes import (
    VisitFilter as VisitFilter,
)
from crm.visits.shapes import (
    VisitPage as VisitPage,
)
from crm.visits.shapes import (
    VisitRow as VisitRow,
)
from models import (
    Assignment,
    Contact,
    Enterprise,
    Project,
    Town,
    User,
    Visit,
)
from models.vocabulary import (
    ProjectStatus,
    Role,
)


def search_enterprises(
    session: Session, actor: Actor, text: str = "", *, limit: int = 20
) -> list[EnterpriseHit]:
    """Enterprises the actor may log a visit at, found by name, pinyin or initials, its own or a project's.

    First those this person visited last, then those of his own projects, then his own town's.
    """
    mine = (
        select(col(Visit.enterprise_id).label("id"), sa.func.max(col(Visit.visited_on)).label("last"))
        .where(col(Visit.author_id) == (actor.user_id or -1))
        .group_by(col(Visit.enterprise_id))
        .subquery()
    )
    led = col(Enterprise.id).in_(
        select(Project.enterprise_id)
        .join(Assignment, col(Assignment.project_id) == col(Project.id))
        .where(
            col(Assignment.officer_id) == (actor.officer_id or -1),
            col(Assignment.to_on).is_(None),
            col(Project.enterprise_id).is_not(None),
        )
    )
    own_town = col(Enterprise.town_id) == (actor.town_id or -1)
    found = session.exec(
        select(Enterprise.id, Enterprise.name, Town.name, mine.c.last)
        .join(Town, col(Town.id) == col(Enterprise.town_id), isouter=True)
        .join(mine, mine.c.id == col(Enterprise.id), isouter=True)
        .where(enterprise_condition(actor, Verb.VISIT_LOG), _named(text))
        .order_by(
            mine.c.last.is_(None),
            mine.c.last.desc(),
            sa.case((led, 0), (own_town, 1), else_=2),
            col(Enterprise.pinyin),
            col(Enterprise.id),
        )
        .limit(limit)
    ).all()
    names: dict[int, list[str]] = {}
    for enterprise_id, name in session.exec(
        select(Project.enterprise_id, Project.name)
        .where(
            col(Project.enterprise_id).in_([row[0] for row in found]),
            project_condition(actor, Verb.VISIT_LOG),
        )
        .order_by(col(Project.id))
    ):
        names.setdefault(int(enterprise_id or 0), []).append(name)
    return [
        EnterpriseHit(int(i or 0), name, town or "", tuple(names.get(int(i or 0), ())), last)
        for i, name, town, last in found
    ]


def _named(text: str) -> sa.ColumnElement[bool]:
    """Enterprises whose name, or a project's name, contains the text as written, in pinyin or by initials."""
    key = name_key(text)
    if not key:
        return sa.true()
    parts: list[sa.ColumnElement[bool]] = [
        col(Enterprise.name_key).contains(key, autoescape=True),
        col(Enterprise.id).in_(
            select(Project.enterprise_id).where(col(Project.enterprise_id).is_not(None), _spelt(Project, key))
        ),
    ]
    return sa.or_(*parts, _spelt(Enterprise, key))


def _spelt(model: type[Enterprise] | type[Project], key: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        col(model.name_key).contains(key, autoescape=True),
        col(model.pinyin).contains(key, autoescape=True),
        col(model.initials).contains(key, autoescape=True),
    )


def enterprise_hit(session: Session, actor: Actor, enterprise_id: int) -> EnterpriseHit | None:
    """One enterprise the actor may log a visit at, or None."""
    row = session.exec(
        select(Enterprise.id, Enterprise.name, Town.name)
        .join(Town, col(Town.id) == col(Enterprise.town_id), isouter=True)
        .where(col(Enterprise.id) == int(enterprise_id), enterprise_condition(actor, Verb.VISIT_LOG))
    ).first()
    if row is None:
        return None
    projects = projects_of(session, actor, enterprise_id)
    return EnterpriseHit(int(row[0] or 0), row[1], row[2] or "", tuple(p.name for p in projects), None)


def projects_of(session: Session, actor: Actor, enterprise_id: int) -> list[ProjectChoice]:
    """The enterprise's projects that the actor may log a visit for; the living ones first."""
    rows = session.exec(
        select(Project.id, Project.name)
        .where(col(Project.enterprise_id) == int(enterprise_id), project_condition(actor, Verb.VISIT_LOG))
        .order_by(sa.case((col(Project.status) == ProjectStatus.ACTIVE, 0), else_=1), col(Project.id))
    )
    return [ProjectChoice(int(i or 0), name) for i, name in rows]


def project_choice(session: Session, actor: Actor, project_id: int) -> tuple[int, int] | None:
    """(enterprise id, project id) for a form opened from a project's page, or None."""
    row = session.exec(
        select(Project.enterprise_id, Project.id).where(
            col(Project.id) == int(project_id), project_condition(actor, Verb.VISIT_LOG)
        )
    ).first()
    return (int(row[0]), int(row[1] or 0)) if row and row[0] is not None else None


def contacts_of(session: Session, actor: Actor, enterprise_id: int) -> list[PersonRow]:
    """The enterprise's active contacts. Phones are masked unless the actor may see them for it."""
    if (
        session.exec(
            select(Enterprise.id).where(
                col(Enterprise.id) == int(enterprise_id), enterprise_condition(actor, Verb.ENTERPRISE_VIEW)
            )
        ).first()
        is None
    ):
        return []
    open_phones = session.exec(
        select(Enterprise.id).where(
            col(Enterprise.id) == int(enterprise_id), enterprise_condition(actor, Verb.PHONE_SEE)
        )
    ).first()
    rows = session.exec(
        select(Contact)
        .where(col(Contact.enterprise_id) == int(enterprise_id), col(Contact.active).is_(True))
        .order_by(col(Contact.id))
    )
    return [
        PersonRow(c.id or 0, c.name, c.title, c.phone if open_phones else mask_phone(c.phone)) for c in rows
    ]


def colleagues(session: Session, actor: Actor) -> list[PersonRow]:
    """Who of ours may have gone along: everybody active but administrators; the actor first."""
    require(actor, Verb.VISIT_LOG)
    rows = session.exec(
        select(User.id, User.name)
        .where(col(User.active).is_(True), col(User.role) != Role.ADMINISTRATOR)
        .order_by(sa.case((col(User.id) == (actor.user_id or -1), 0), else_=1), col(User.name), col(User.id))
    )
    return [PersonRow(int(i or 0), name, "") for i, name in rows]
