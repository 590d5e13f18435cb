"""The roll of officers and what each has in hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, project_condition, require_all
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.projects.queries.lights import LIGHT_RANKS, light_columns, light_limits
from models import Assignment, Officer, Project, Town, User
from models.vocabulary import Light, OfficerRole, ProjectStatus, Role


@dataclass(frozen=True)
class OfficerRow:
    """One officer. `lead`, `co`: active projects he answers for now; `red`: of both, those with a red light."""

    id: int
    version: int
    name: str
    phone: str
    unit: str
    town_id: int | None
    town: str
    user_id: int | None
    account: str  # the sign-in name, "" without an account
    account_active: bool
    active: bool
    lead: int = 0
    co: int = 0
    red: int = 0

    @property
    def in_post(self) -> bool:
        """As the register asks it: in post, and his account, if he has one, not disabled."""
        return self.active and (self.user_id is None or self.account_active)


def officer_list(
    session: Session,
    actor: Actor,
    *,
    today: date,
    search: str = "",
    with_inactive: bool = False,
    page: int = 1,
    per_page: int = 25,
) -> tuple[list[OfficerRow], int]:
    """(a page of the roll by name, how many there are), each with what he has in hand."""
    require_all(actor, Verb.PROJECT_ASSIGN)
    where: list[sa.ColumnElement[bool]] = []
    text = search.strip()
    if text:
        where.append(
            sa.or_(
                col(Officer.name).contains(text, autoescape=True),
                col(Officer.unit).contains(text, autoescape=True),
            )
        )
    if not with_inactive:
        # One out of post who still has projects stays in sight until they are handed over.
        where.append(sa.or_(col(Officer.active).is_(True), col(Officer.id).in_(_busy())))
    total = session.scalar(sa.select(sa.func.count()).select_from(Officer).where(*where)) or 0
    rows = session.execute(
        _named()
        .where(*where)
        .order_by(col(Officer.name), col(Officer.id))
        .limit(per_page)
        .offset((page - 1) * per_page)
    ).all()
    return _loaded(session, rows, today), int(total)


def find_officer(session: Session, actor: Actor, officer_id: int, *, today: date) -> OfficerRow:
    """One officer, or `NotFound`."""
    require_all(actor, Verb.PROJECT_ASSIGN)
    rows = session.execute(_named().where(col(Officer.id) == int(officer_id))).all()
    if not rows:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return _loaded(session, rows, today)[0]


def _busy() -> Any:
    return select(Assignment.officer_id).where(col(Assignment.to_on).is_(None))


def _named() -> Any:
    return (
        sa.select(Officer, Town.name, User.login, User.active)  # type: ignore[call-overload]
        .outerjoin(Town, col(Town.id) == col(Officer.town_id))
        .outerjoin(User, col(User.id) == col(Officer.user_id))
    )


def _loaded(session: Session, rows: Any, today: date) -> list[OfficerRow]:
    ids = [int(officer.id) for officer, *_rest in rows]
    mine = (
        col(Assignment.officer_id).in_(ids),
        col(Assignment.to_on).is_(None),
        col(Project.status) == ProjectStatus.ACTIVE,
    )
    held = {
        (officer_id, role): int(n)
        for officer_id, role, n in session.execute(
            sa.select(col(Assignment.officer_id), col(Assignment.role), sa.func.count())
            .join(Project, col(Project.id) == col(Assignment.project_id))
            .where(*mine)
            .group_by(col(Assignment.officer_id), col(Assignment.role))
        )
    }
    lights = light_columns(light_limits(session, today))
    judged = lights.join(
        sa.select(col(Assignment.officer_id).label("officer_id"), col(Project.id).label("project_id"))
        .select_from(Project)
        .join(Assignment, col(Assignment.project_id) == col(Project.id))
    )
    judged = judged.where(*mine, lights.rank == LIGHT_RANKS[Light.RED]).distinct().subquery()
    red = {
        int(officer_id): int(n)
        for officer_id, n in session.execute(
            sa.select(judged.c.officer_id, sa.func.count()).group_by(judged.c.officer_id)
        )
    }
    return [
        OfficerRow(
            id=officer.id,
            version=officer.version,
            name=officer.name,
            phone=officer.phone,
            unit=officer.unit,
            town_id=officer.town_id,
            town=town or "",
            user_id=officer.user_id,
            account=login or "",
            account_active=bool(signs_in),
            active=officer.active,
            lead=held.get((officer.id, OfficerRole.LEAD), 0),
            co=held.get((officer.id, OfficerRole.CO), 0),
            red=red.get(officer.id, 0),
        )
        for officer, town, login, signs_in in rows
    ]


@dataclass(frozen=True)
class HeldProject:
    """A project an officer answers for now."""

    id: int
    name: str
    role: OfficerRole
    from_on: date


def held_projects(session: Session, actor: Actor, officer_id: int) -> list[HeldProject]:
    """What an officer has in hand now, led projects first, whatever their status."""
    require_all(actor, Verb.PROJECT_ASSIGN)
    rows = session.execute(
        sa.select(col(Project.id), col(Project.name), col(Assignment.role), col(Assignment.from_on))
        .join(Assignment, col(Assignment.project_id) == col(Project.id))
        .where(
            col(Assignment.officer_id) == int(officer_id),
            col(Assignment.to_on).is_(None),
            project_condition(actor, Verb.PROJECT_ASSIGN),
        )
        .order_by(sa.case((col(Assignment.role) == OfficerRole.LEAD, 0), else_=1), col(Project.name))
    )
    return [HeldProject(int(i), n, r, f) for i, n, r, f in rows]


def project_ids_of(session: Session, officer_ids: Sequence[int]) -> dict[int, list[int]]:
    """Officer -> the ids of the projects he answers for now, for the officers named."""
    found: dict[int, list[int]] = {int(i): [] for i in officer_ids}
    for officer_id, project_id in session.execute(
        sa.select(col(Assignment.officer_id), col(Assignment.project_id)).where(
            col(Assignment.officer_id).in_(list(found)), col(Assignment.to_on).is_(None)
        )
    ):
        found[officer_id].append(project_id)
    return found


def accounts_to_link(session: Session, actor: Actor, officer_id: int) -> list[tuple[int, str]]:
    """(account id, name and sign-in name) of the officers' accounts without an officer, and his own."""
    require_all(actor, Verb.USER_ADMIN)
    rows = session.execute(
        sa.select(col(User.id), col(User.name), col(User.login))
        .outerjoin(Officer, col(Officer.user_id) == col(User.id))
        .where(
            col(User.role) == Role.OFFICER,
            col(User.active).is_(True),
            sa.or_(col(Officer.id).is_(None), col(Officer.id) == int(officer_id)),
        )
        .order_by(col(User.name), col(User.id))
    )
    return [(int(i), f"{name}（{login}）") for i, name, login in rows]
