"""What the visit screens show: finding an enterprise, lists, one record, what is due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from crm.core import files
from crm.core.access import (
    Actor,
    Verb,
    may,
    project_condition,
    require,
    scopes,
    visit_condition,
)
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.names import name_key
from crm.visits.actions import PHOTO, contact_of
from crm.visits.choices import (
    _named,
    _spelt,
)
from crm.visits.choices import (
    colleagues as colleagues,
)
from crm.visits.choices import (
    contacts_of as contacts_of,
)
from crm.visits.choices import (
    enterprise_hit as enterprise_hit,
)
from crm.visits.choices import (
    project_choice as project_choice,
)
from crm.visits.choices import (
    projects_of as projects_of,
)
from crm.visits.choices import (
    search_enterprises as search_enterprises,
)
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
    ProjectStatus,
    Scope,
    Side,
    VisitState,
)

DUE_WITHIN_DAYS = 7  # how far ahead the desk looks for visits and promises (house rule)


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
