"""What the visit screens show: finding an enterprise, lists, one record, what is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from crm.core import files
from crm.core.access import (
    Actor,
    Verb,
    enterprise_condition,
    may,
    project_condition,
    require,
    scopes,
    visit_condition,
)
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.names import mask_phone, name_key
from crm.visits.actions import PHOTO, contact_of
from models import (
    Assignment,
    Contact,
    Demand,
    Enterprise,
    Project,
    Promise,
    StoredFile,
    Town,
    User,
    Visit,
    VisitPerson,
)
from models.vocabulary import (
    DemandClass,
    DemandGrade,
    DemandState,
    ProjectStatus,
    Role,
    Scope,
    Side,
    VisitMode,
    VisitState,
)

DUE_WITHIN_DAYS = 7  # how far ahead the desk looks for visits and promises (house rule)


@dataclass(frozen=True)
class EnterpriseHit:
    """One enterprise of a search. `projects` are the names of its projects in scope."""

    id: int
    name: str
    town: str
    projects: tuple[str, ...]
    last_visited_on: date | None  # by this person


@dataclass(frozen=True)
class PersonRow:
    id: int
    name: str
    title: str
    phone: str = ""  # masked unless the reader may see it


@dataclass(frozen=True)
class ProjectChoice:
    id: int
    name: str


@dataclass(frozen=True)
class VisitRow:
    """One visit of a list."""

    id: int
    visited_on: date
    enterprise_id: int | None
    enterprise: str
    project_id: int | None
    project: str
    town: str
    mode: VisitMode
    state: VisitState
    note: str
    topics: tuple[str, ...]
    author: str
    demands: int
    promises_open: int
    photos: int


@dataclass(frozen=True)
class VisitPage:
    rows: tuple[VisitRow, ...]
    total: int


@dataclass(frozen=True)
class VisitFilter:
    """What the list asks for; None or "" asks for all."""

    text: str = ""
    town_id: int | None = None
    mode: VisitMode | None = None
    state: VisitState | None = None
    from_on: date | None = None
    to_on: date | None = None
    mine: bool = False
    project_id: int | None = None
    enterprise_id: int | None = None


@dataclass(frozen=True)
class PromiseRow:
    id: int
    visit_id: int
    enterprise: str
    project_id: int | None
    project: str
    text: str
    owner: str
    due_on: date | None
    done_on: date | None
    result: str


@dataclass(frozen=True)
class DemandRow:
    id: int
    demand_class: DemandClass
    grade: DemandGrade
    content: str
    raised_on: date
    state: DemandState
    result: str


@dataclass(frozen=True)
class PhotoRow:
    public_id: str
    name: str


@dataclass(frozen=True)
class VisitCard:
    """One visit with everything on it. `editable`: this reader may mend it."""

    id: int
    version: int
    state: VisitState
    visited_on: date
    mode: VisitMode
    place: str
    topics: tuple[str, ...]
    note: str
    answered_on_spot: str
    next_visit_on: date | None
    enterprise_id: int | None
    enterprise: str
    project_id: int | None
    project: str
    author: str
    created_at: datetime
    ours: tuple[VisitPerson, ...]
    theirs: tuple[VisitPerson, ...]
    promises: tuple[PromiseRow, ...]
    demands: tuple[DemandRow, ...]
    photos: tuple[PhotoRow, ...]
    editable: bool


@dataclass(frozen=True)
class DueVisit:
    """A next visit that was agreed and has not been made."""

    visit_id: int
    enterprise_id: int
    enterprise: str
    project_id: int | None
    project: str
    due_on: date


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


def list_visits(
    session: Session, actor: Actor, wanted: VisitFilter, *, page: int = 1, per_page: int = 25
) -> VisitPage:
    """Visits in the actor's scope, latest visit day first. Other people's drafts are not shown."""
    require(actor, Verb.VISIT_VIEW)
    where = [visit_condition(actor, Verb.VISIT_VIEW), *_asked(actor, wanted)]
    count: Any = sa.select(sa.func.count()).select_from(Visit)
    joined = wanted.town_id is not None or bool(wanted.text.strip())  # these read the joined rows
    if joined:
        count = _joined(count)
    total = session.execute(count.where(*where)).scalar_one()
    return VisitPage(_rows(session, where, (page - 1) * per_page, per_page, joined=joined), int(total))


def visits_of_project(
    session: Session, actor: Actor, project_id: int, *, limit: int = 50
) -> tuple[VisitRow, ...]:
    """The complete visits that count as contact of one project (`contact_of`), latest first."""
    require(actor, Verb.VISIT_VIEW)
    project = session.exec(
        select(Project).where(col(Project.id) == int(project_id), project_condition(actor, Verb.PROJECT_VIEW))
    ).first()
    if project is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    where = [
        visit_condition(actor, Verb.VISIT_VIEW),
        col(Visit.state) == VisitState.COMPLETE,
        contact_of(project.id or 0, project.enterprise_id),
    ]
    return _rows(session, where, 0, limit)


def visits_of_enterprise(
    session: Session, actor: Actor, enterprise_id: int, *, limit: int = 50
) -> tuple[VisitRow, ...]:
    """The complete visits to one enterprise that the actor may see, latest first."""
    require(actor, Verb.VISIT_VIEW)
    where = [
        visit_condition(actor, Verb.VISIT_VIEW),
        col(Visit.state) == VisitState.COMPLETE,
        col(Visit.enterprise_id) == int(enterprise_id),
    ]
    return _rows(session, where, 0, limit)


def _joined(statement: Any) -> Any:
    return (
        statement.select_from(Visit)
        .join(Enterprise, col(Enterprise.id) == col(Visit.enterprise_id), isouter=True)
        .join(Project, col(Project.id) == col(Visit.project_id), isouter=True)
        .join(
            Town,
            col(Town.id) == sa.func.coalesce(col(Project.town_id), col(Enterprise.town_id)),
            isouter=True,
        )
        .join(User, col(User.id) == col(Visit.author_id), isouter=True)
    )


def _asked(actor: Actor, wanted: VisitFilter) -> list[sa.ColumnElement[bool]]:
    own = col(Visit.author_id) == (actor.user_id or -1)
    asked: list[sa.ColumnElement[bool]] = [sa.or_(col(Visit.state) == VisitState.COMPLETE, own)]
    if wanted.mine:
        asked.append(own)
    if wanted.town_id is not None:
        asked.append(col(Town.id) == int(wanted.town_id))
    if wanted.mode is not None:
        asked.append(col(Visit.mode) == wanted.mode)
    if wanted.state is not None:
        asked.append(col(Visit.state) == wanted.state)
    if wanted.from_on is not None:
        asked.append(col(Visit.visited_on) >= wanted.from_on)
    if wanted.to_on is not None:
        asked.append(col(Visit.visited_on) <= wanted.to_on)
    if wanted.project_id is not None:
        asked.append(col(Visit.project_id) == int(wanted.project_id))
    if wanted.enterprise_id is not None:
        asked.append(col(Visit.enterprise_id) == int(wanted.enterprise_id))
    if wanted.text.strip():
        typed = wanted.text.strip()
        asked.append(
            sa.or_(
                col(Visit.note).contains(typed, autoescape=True),
                col(User.name).contains(typed, autoescape=True),
                _named(typed) if name_key(typed) else sa.false(),
                _spelt(Project, name_key(typed)) if name_key(typed) else sa.false(),
            )
        )
    return asked


def _rows(
    session: Session,
    where: Iterable[sa.ColumnElement[bool]],
    offset: int,
    limit: int,
    *,
    joined: bool = False,
) -> tuple[VisitRow, ...]:
    """One page, latest first. `joined`: the conditions read more than `Visit` itself."""
    demands = select(sa.func.count()).where(col(Demand.visit_id) == col(Visit.id)).scalar_subquery()
    promises = (
        select(sa.func.count())
        .where(col(Promise.visit_id) == col(Visit.id), col(Promise.done_on).is_(None))
        .scalar_subquery()
    )
    photos = (
        select(sa.func.count())
        .where(
            col(StoredFile.owner) == PHOTO,
            col(StoredFile.owner_id) == col(Visit.id),
            col(StoredFile.deleted_at).is_(None),
        )
        .scalar_subquery()
    )
    latest = (col(Visit.visited_on).desc(), col(Visit.id).desc())
    # The page's ids first: sorting whole rows with their counts costs more than all the rest.
    narrow = _joined(sa.select(col(Visit.id))) if joined else sa.select(col(Visit.id))
    page = narrow.where(*where).order_by(*latest).offset(offset).limit(limit)
    ids = session.execute(page).scalars().all()
    statement = (
        _joined(
            sa.select(Visit, Enterprise.name, Project.name, Town.name, User.name, demands, promises, photos)
        )
        .where(col(Visit.id).in_(ids))
        .order_by(*latest)
    )
    return tuple(
        VisitRow(
            v.id,
            v.visited_on,
            v.enterprise_id,
            enterprise or "",
            v.project_id,
            project or "",
            town or "",
            v.mode,
            v.state,
            v.note,
            tuple(v.topics),
            author or "",
            int(n_demands),
            int(n_promises),
            int(n_photos),
        )
        for v, enterprise, project, town, author, n_demands, n_promises, n_photos in session.execute(
            statement
        )
    )


def visit_card(session: Session, actor: Actor, visit_id: int) -> VisitCard:
    """One visit with its people, promises, demands and photos. Raises `NotFound` out of scope."""
    require(actor, Verb.VISIT_VIEW)
    own = col(Visit.author_id) == (actor.user_id or -1)
    found = session.execute(
        _joined(sa.select(Visit, Enterprise.name, Project.name, User.name)).where(
            col(Visit.id) == int(visit_id),
            visit_condition(actor, Verb.VISIT_VIEW),
            sa.or_(col(Visit.state) == VisitState.COMPLETE, own),
        )
    ).first()
    if found is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    visit, enterprise, project, author = found
    people = session.exec(
        select(VisitPerson).where(col(VisitPerson.visit_id) == visit.id).order_by(col(VisitPerson.id))
    ).all()
    demands = session.exec(
        select(Demand).where(col(Demand.visit_id) == visit.id).order_by(col(Demand.id))
    ).all()
    return VisitCard(
        id=visit.id,
        version=visit.version,
        state=visit.state,
        visited_on=visit.visited_on,
        mode=visit.mode,
        place=visit.place,
        topics=tuple(visit.topics),
        note=visit.note,
        answered_on_spot=visit.answered_on_spot,
        next_visit_on=visit.next_visit_on,
        enterprise_id=visit.enterprise_id,
        enterprise=enterprise or "",
        project_id=visit.project_id,
        project=project or "",
        author=author or "",
        created_at=visit.created_at,
        ours=tuple(p for p in people if p.side is Side.OURS),
        theirs=tuple(p for p in people if p.side is Side.ENTERPRISE),
        promises=_promises(session, [col(Promise.visit_id) == visit.id]),
        demands=tuple(
            DemandRow(d.id or 0, d.demand_class, d.grade, d.content, d.raised_on, d.state, d.result)
            for d in demands
        ),
        photos=tuple(PhotoRow(f.public_id, f.name) for f in files.of_owner(session, PHOTO, visit.id)),
        editable=may(actor, Verb.VISIT_LOG)
        and (visit.author_id == actor.user_id or Scope.ALL in scopes(actor, Verb.VISIT_LOG)),
    )


def _promises(session: Session, where: Iterable[sa.ColumnElement[bool]]) -> tuple[PromiseRow, ...]:
    rows = session.exec(
        select(Promise, Enterprise.name, Project.name)
        .join(Visit, col(Visit.id) == col(Promise.visit_id))
        .join(Enterprise, col(Enterprise.id) == col(Promise.enterprise_id), isouter=True)
        .join(Project, col(Project.id) == col(Promise.project_id), isouter=True)
        .where(*where)
        .order_by(col(Promise.due_on).is_(None), col(Promise.due_on), col(Promise.id))
    )
    return tuple(
        PromiseRow(
            p.id or 0,
            p.visit_id,
            enterprise or "",
            p.project_id,
            project or "",
            p.text,
            p.owner,
            p.due_on,
            p.done_on,
            p.result,
        )
        for p, enterprise, project in rows
    )


def due_promises(
    session: Session, actor: Actor, today: date, *, within_days: int = DUE_WITHIN_DAYS
) -> tuple[PromiseRow, ...]:
    """Open promises that are late or due within the coming days, earliest first.

    His own; of his own visits where nobody is named by account; and of projects he answers for.
    Whoever sees the whole district sees all.
    """
    until = today + timedelta(days=within_days)
    where = [col(Promise.done_on).is_(None), col(Promise.due_on).is_not(None), col(Promise.due_on) <= until]
    if Scope.ALL not in scopes(actor, Verb.VISIT_VIEW):
        where.append(
            sa.or_(
                col(Promise.owner_id) == (actor.user_id or -1),
                sa.and_(col(Promise.owner_id).is_(None), col(Visit.author_id) == (actor.user_id or -1)),
                col(Promise.project_id).in_(_answered_for(actor)),
            )
        )
    return _promises(session, where)


def due_visits(
    session: Session, actor: Actor, today: date, *, within_days: int = DUE_WITHIN_DAYS
) -> tuple[DueVisit, ...]:
    """Next visits agreed on that fall due by then and have not been made since, earliest first.

    Of the actor's own visits and the projects he answers for; all for the whole district's readers.
    """
    later = aliased(Visit)
    same = sa.case(
        (col(Visit.project_id).is_not(None), col(later.project_id) == col(Visit.project_id)),
        else_=sa.and_(col(later.project_id).is_(None), col(later.enterprise_id) == col(Visit.enterprise_id)),
    )
    made_since = (
        select(later.id)
        .where(
            col(later.state) == VisitState.COMPLETE,
            sa.or_(
                col(later.visited_on) > col(Visit.visited_on),
                sa.and_(col(later.visited_on) == col(Visit.visited_on), col(later.id) > col(Visit.id)),
            ),
            same,
        )
        .correlate(Visit)
        .exists()
    )
    where: list[sa.ColumnElement[bool]] = [
        col(Visit.state) == VisitState.COMPLETE,
        col(Visit.next_visit_on).is_not(None),
        col(Visit.next_visit_on) <= today + timedelta(days=within_days),
        visit_condition(actor, Verb.VISIT_VIEW),
        ~made_since,
        sa.or_(col(Project.id).is_(None), col(Project.status) == ProjectStatus.ACTIVE),
    ]
    if Scope.ALL not in scopes(actor, Verb.VISIT_VIEW):
        where.append(
            sa.or_(
                col(Visit.author_id) == (actor.user_id or -1), col(Visit.project_id).in_(_answered_for(actor))
            )
        )
    rows = session.execute(
        _joined(
            sa.select(
                Visit.id,
                Visit.enterprise_id,
                Enterprise.name,
                Visit.project_id,
                Project.name,
                Visit.next_visit_on,
            )
        )
        .where(*where)
        .order_by(col(Visit.next_visit_on), col(Visit.id))
    )
    return tuple(DueVisit(i, e or 0, name or "", p, project or "", on) for i, e, name, p, project, on in rows)


def _answered_for(actor: Actor) -> Any:
    return select(Assignment.project_id).where(
        col(Assignment.officer_id) == (actor.officer_id or -1), col(Assignment.to_on).is_(None)
    )


def last_contacts(session: Session, project_ids: Iterable[int], as_of: date) -> dict[int, date]:
    """The day each project was last contacted, up to and including `as_of`; never contacted = absent.

    By the day of the visit, never by the day it was typed (house rule; `contact_of`).
    """
    ids = [int(i) for i in project_ids]
    made = (col(Visit.state) == VisitState.COMPLETE, col(Visit.visited_on) <= as_of)
    # Two reads by index: as one join with "or" it is a hundred times slower on PostgreSQL.
    named: Any = sa.select(col(Visit.project_id).label("id"), col(Visit.visited_on).label("on_day")).where(
        col(Visit.project_id).in_(ids), *made
    )
    to_the_enterprise = (
        sa.select(col(Project.id), col(Visit.visited_on))
        .join(Visit, col(Visit.enterprise_id) == col(Project.enterprise_id))
        .where(col(Project.id).in_(ids), col(Visit.project_id).is_(None), *made)
    )
    both = sa.union_all(named, to_the_enterprise).subquery()
    rows = session.execute(sa.select(both.c.id, sa.func.max(both.c.on_day)).group_by(both.c.id))
    return {int(i or 0): on for i, on in rows if on is not None}
