"""Accounts: who is behind a session right now, and what the administrator does with accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Session, col, select

from crm.core import passwords
from crm.core.access import Actor, Verb, require_all
from crm.core.audit import note_event
from crm.core.db import apply_changes, fetch, reading, unit_of_work
from crm.core.errors import Problem, Refusal
from crm.core.i18n import LANGUAGES, _
from crm.core.inputs import Input
from crm.core.signin import end_rows, has_administrator, login_key, policy
from crm.core.today import now
from models import Department, Officer, Town, User, WebSession
from models.vocabulary import Role

SIGN_IN_ROLES = tuple(role for role in Role if role is not Role.SYSTEM)
# A role that reaches nothing without its anchor must have it.
NEEDS_TOWN = frozenset({Role.PARK_STAFF})
NEEDS_DEPARTMENT = frozenset({Role.DEPARTMENT})


# -- who is acting -----------------------------------------------------------------------


def actor_of_user(session: Session, user: User) -> Actor:
    """The actor a user account stands for."""
    officer_id = session.exec(
        select(Officer.id).where(col(Officer.user_id) == user.id, col(Officer.active).is_(True))
    ).first()
    return Actor(
        user_id=user.id,
        name=user.name,
        role=user.role,
        town_id=user.town_id,
        department_id=user.department_id,
        officer_id=officer_id,
        language=user.language,
    )


def actor_of_session(session_id: int, user_id: int) -> Actor | None:
    """The actor of a live session row, or None when it has ended or the account is disabled."""
    with reading() as session:
        found = session.exec(
            select(User)
            .join(WebSession, col(WebSession.user_id) == User.id)
            .where(
                col(WebSession.id) == int(session_id),
                col(User.id) == int(user_id),
                col(WebSession.ended_at).is_(None),
                col(WebSession.expires_at) > now(),
                col(User.active).is_(True),
            )
        ).first()
        return actor_of_user(session, found) if found else None


def must_change_password(actor: Actor) -> bool:
    """Whether the account still has the one-time password the administrator gave out (never in a demo)."""
    with reading() as session:
        user = session.get(User, actor.user_id)
        return (
            user is not None and not user.demo and bool(user.password_hash) and user.password_set_at is None
        )


def language_of(user_id: int) -> str:
    """The language of an account's screens."""
    with reading() as session:
        user = session.get(User, user_id)
        return user.language if user is not None and user.language in LANGUAGES else "zh_CN"


# -- inputs and rows ---------------------------------------------------------------------


class UserForm(Input):
    """What the administrator fills in."""

    login: str = Field(default="", max_length=60)
    name: str = Field(default="", max_length=60)
    role: Role
    town_id: int | None = None
    department_id: int | None = None
    phone: str = Field(default="", max_length=30)
    language: str = "zh_CN"
    active: bool = True


@dataclass(frozen=True)
class UserRow:
    """One line of the list of accounts."""

    id: int
    version: int
    login: str
    name: str
    role: Role
    town_id: int | None
    town: str
    department_id: int | None
    department: str
    officer_id: int | None
    phone: str
    language: str
    active: bool
    demo: bool
    locked_until: datetime | None
    last_sign_in_at: datetime | None
    open_sessions: int


@dataclass(frozen=True)
class SessionRow:
    """One signed-in browser."""

    id: int
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str


# -- queries -----------------------------------------------------------------------------


def _user_query() -> sa.Select[Any]:
    open_count = (
        select(sa.func.count())
        .select_from(WebSession)
        .where(
            col(WebSession.user_id) == User.id,
            col(WebSession.ended_at).is_(None),
            col(WebSession.expires_at) > now(),
        )
        .correlate(User)
        .scalar_subquery()
    )
    query: sa.Select[Any] = (
        sa.select(User, Town.name, Department.name, Officer.id, open_count)
        .outerjoin(Town, col(Town.id) == User.town_id)
        .outerjoin(Department, col(Department.id) == User.department_id)
        .outerjoin(Officer, col(Officer.user_id) == User.id)
    )
    return query


def users(
    session: Session,
    actor: Actor,
    *,
    search: str = "",
    role: Role | None = None,
    active: bool | None = None,
    page: int = 1,
    per_page: int = 25,
) -> tuple[list[UserRow], int]:
    """A page of accounts by name, and how many there are in all."""
    require_all(actor, Verb.USER_ADMIN)
    conditions: list[sa.ColumnElement[bool]] = []
    if search.strip():
        text = search.strip()
        conditions.append(
            sa.or_(
                col(User.name).contains(text, autoescape=True),
                col(User.login_key).contains(login_key(text), autoescape=True),
            )
        )
    if role is not None:
        conditions.append(col(User.role) == role)
    if active is not None:
        conditions.append(col(User.active).is_(active))
    total = session.scalar(sa.select(sa.func.count()).select_from(User).where(*conditions)) or 0
    rows = session.execute(
        _user_query()
        .where(*conditions)
        .order_by(col(User.active).desc(), col(User.role), col(User.login_key), col(User.id))
        .offset((page - 1) * per_page)
        .limit(per_page)
    ).all()
    return [_row(*r) for r in rows], int(total)


def user(session: Session, actor: Actor, user_id: int) -> UserRow:
    """One account. Raises `NotFound`."""
    require_all(actor, Verb.USER_ADMIN)
    fetch(session, User, user_id)
    return _row(*session.execute(_user_query().where(col(User.id) == int(user_id))).one())


def _row(
    user: User, town: str | None, department: str | None, officer_id: int | None, opened: int
) -> UserRow:
    assert user.id is not None
    return UserRow(
        id=user.id,
        version=user.version,
        login=user.login,
        name=user.name,
        role=user.role,
        town_id=user.town_id,
        town=town or "",
        department_id=user.department_id,
        department=department or "",
        officer_id=officer_id,
        phone=user.phone,
        language=user.language,
        active=user.active,
        demo=user.demo,
        locked_until=user.locked_until if user.locked_until and user.locked_until > now() else None,
        last_sign_in_at=user.last_sign_in_at,
        open_sessions=opened,
    )


def sessions_of(session: Session, actor: Actor, user_id: int) -> list[SessionRow]:
    """The account's signed-in browsers, newest first: one's own, or anybody's for the administrator."""
    if actor.user_id != user_id:
        require_all(actor, Verb.USER_ADMIN)
    rows = session.exec(
        select(WebSession)
        .where(
            col(WebSession.user_id) == int(user_id),
            col(WebSession.ended_at).is_(None),
            col(WebSession.expires_at) > now(),
        )
        .order_by(col(WebSession.seen_at).desc())
        .limit(50)
    ).all()
    return [SessionRow(r.id or 0, r.created_at, r.seen_at, r.expires_at, r.address, r.agent) for r in rows]


# -- actions -----------------------------------------------------------------------------


def _check(session: Session, form: UserForm, *, user_id: int | None) -> None:
    problems: list[Problem] = []
    key = login_key(form.login)
    if not key:
        problems.append(Problem("login", _("请填写登录名。")))
    elif session.exec(
        select(User.id).where(col(User.login_key) == key, col(User.id) != (user_id or 0))
    ).first():
        problems.append(
            Problem("login", _("登录名“{login}”已有人使用，请换一个。", login=form.login.strip()))
        )
    if not form.name.strip():
        problems.append(Problem("name", _("请填写姓名。")))
    if form.role not in SIGN_IN_ROLES:
        problems.append(Problem("role", _("这个角色不能登录，请另选一个。")))
    if form.role in NEEDS_TOWN and form.town_id is None:
        problems.append(Problem("town_id", _("园区会客厅人员要选所属镇街，否则什么也看不到。")))
    if form.role in NEEDS_DEPARTMENT and form.department_id is None:
        problems.append(Problem("department_id", _("部门经办要选所属部门，否则什么也看不到。")))
    if form.town_id is not None and session.get(Town, int(form.town_id)) is None:
        problems.append(Problem("town_id", _("没有这个镇街，请重新选择。")))
    if form.department_id is not None and session.get(Department, int(form.department_id)) is None:
        problems.append(Problem("department_id", _("没有这个部门，请重新选择。")))
    if form.language not in LANGUAGES:
        problems.append(Problem("language", _("没有这种语言，请重新选择。")))
    if problems:
        raise Refusal(*problems)


def create_user(actor: Actor, form: UserForm, *, password: str | None = None) -> tuple[int, str]:
    """Open an account. Returns (user id, one-time password).

    Without `password` a one-time password is made, to be changed at the first sign-in; with one
    (the command line), it is checked and kept and "" is returned.
    """
    require_all(actor, Verb.USER_ADMIN)
    once = "" if password else passwords.temporary()
    with unit_of_work(actor, "users.create") as session:
        _check(session, form, user_id=None)
        if password:
            _fit(session, password, form.login, form.name)
        row = User(
            login=form.login.strip(),
            login_key=login_key(form.login),
            name=form.name.strip(),
            role=form.role,
            town_id=form.town_id,
            department_id=form.department_id,
            phone=form.phone.strip(),
            language=form.language,
            active=form.active,
            password_hash=passwords.hash_of(password or once),
            password_set_at=now() if password else None,
        )
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id, once


def edit_user(
    actor: Actor, user_id: int, form: UserForm, *, opened: dict[str, object], version: int
) -> dict[str, object]:
    """Change an account; role and disabling take effect at once. Returns what changed.

    Raises `Conflict` when somebody saved first, `Refusal` when it would leave no administrator.
    """
    require_all(actor, Verb.USER_ADMIN)
    with unit_of_work(actor, "users.edit") as session:
        row = fetch(session, User, user_id)
        _check(session, form, user_id=user_id)
        was_administrator = row.role is Role.ADMINISTRATOR and row.active and not row.demo
        changed = apply_changes(row, opened, form.model_dump(), version)
        if "login" in changed:
            row.login_key = login_key(form.login)
        if not row.active:
            end_rows(session, "disabled", [col(WebSession.user_id) == user_id])
        session.flush()
        if was_administrator and not has_administrator(session):
            raise Refusal(_("这是最后一个管理员，不能停用或改为别的角色。请先另设一个管理员。"))
        return changed


def set_password(actor: Actor, user_id: int) -> str:
    """Reset to a one-time password, shown once; unlocks the account and ends its sessions."""
    require_all(actor, Verb.USER_ADMIN)
    once = passwords.temporary()
    hashed = passwords.hash_of(once)
    with unit_of_work(actor, "users.reset_password") as session:
        row = fetch(session, User, user_id)
        row.password_hash = hashed
        row.password_set_at = None
        row.failed_attempts = 0
        row.locked_until = None
        end_rows(session, "password_reset", [col(WebSession.user_id) == user_id])
    return once


def choose_password(actor: Actor, user_id: int, password: str) -> None:
    """Set a lasting password for an account (the command line); ends its sessions."""
    require_all(actor, Verb.USER_ADMIN)
    with reading() as session:
        row = fetch(session, User, user_id)
        _fit(session, password, row.login, row.name)
    hashed = passwords.hash_of(password)
    with unit_of_work(actor, "users.set_password") as session:
        row = fetch(session, User, user_id)
        row.password_hash = hashed
        row.password_set_at = now()
        row.failed_attempts = 0
        row.locked_until = None
        end_rows(session, "password_reset", [col(WebSession.user_id) == user_id])


def change_own_password(  # own record
    actor: Actor, current: str, new: str, again: str, *, keep_session: int | None
) -> None:
    """Change one's own password; every other browser of the account is signed out."""
    with reading() as session:
        row = fetch(session, User, actor.user_id)
        rules = policy(session)
    found: list[Problem] = []
    if not passwords.matches(row.password_hash, current):
        found.append(Problem("current", _("现在的密码不对。")))
    if new != again:
        found.append(Problem("again", _("两次输入的新密码不一样。")))
    found += passwords.problems(new, login=row.login, name=row.name, minimum=rules.password_min)
    if not found and passwords.normal(new) == passwords.normal(current):
        found.append(Problem("password", _("新密码和现在的一样，请换一个。")))
    if found:
        raise Refusal(*found)
    hashed = passwords.hash_of(new)
    with unit_of_work(actor, "account.change_password") as session:
        row = fetch(session, User, actor.user_id)
        row.password_hash = hashed
        row.password_set_at = now()
        end_rows(
            session,
            "password_changed",
            [col(WebSession.user_id) == actor.user_id, col(WebSession.id) != (keep_session or 0)],
        )


def set_language_of(actor: Actor, language: str) -> None:  # own record
    """Choose the language of one's own screens."""
    if language not in LANGUAGES:
        raise Refusal(_("没有这种语言，请重新选择。"))
    with unit_of_work(actor, "account.language") as session:
        fetch(session, User, actor.user_id).language = language


def end_sessions(actor: Actor, user_id: int, *, session_id: int | None = None) -> int:
    """Sign an account out everywhere, or one browser of it. Returns how many ended."""
    if actor.user_id != user_id:
        require_all(actor, Verb.USER_ADMIN)
    with unit_of_work(actor, "users.end_sessions") as session:
        conditions: list[sa.ColumnElement[bool]] = [col(WebSession.user_id) == int(user_id)]
        if session_id is not None:
            conditions.append(col(WebSession.id) == int(session_id))
        ended = end_rows(session, "ended_by_administrator", conditions)
        if ended:
            note_event(session, "user_account", int(user_id), changes={"sessions": [ended, 0]})
        return ended


def _fit(session: Session, password: str, login: str, name: str) -> None:
    found = passwords.problems(password, login=login, name=name, minimum=policy(session).password_min)
    if found:
        raise Refusal(*found)


def officers_to_link(session: Session, actor: Actor, user_id: int) -> list[tuple[int, str]]:
    """(officer id, name and unit) of the active officers without an account, and this account's own."""
    require_all(actor, Verb.USER_ADMIN)
    rows = session.exec(
        select(Officer.id, Officer.name, Officer.unit)
        .where(
            col(Officer.active).is_(True),
            sa.or_(col(Officer.user_id).is_(None), col(Officer.user_id) == int(user_id)),
        )
        .order_by(col(Officer.name), col(Officer.id))
    ).all()
    return [(int(key), f"{name}（{unit}）" if unit else name) for key, name, unit in rows if key is not None]


def link_officer(actor: Actor, user_id: int, officer_id: int | None) -> None:
    """Say which officer of the register this account is; None undoes it. Takes effect at once."""
    require_all(actor, Verb.USER_ADMIN)
    with unit_of_work(actor, "users.link_officer") as session:
        row = fetch(session, User, user_id)
        before = session.exec(select(Officer).where(col(Officer.user_id) == int(user_id))).first()
        if officer_id is None:
            if before is not None:
                before.user_id = None
            return
        officer = fetch(session, Officer, officer_id)
        if officer.user_id not in (None, row.id):
            raise Refusal(
                Problem("officer_id", _("{name}已关联另一个账号，请先在那里取消。", name=officer.name))
            )
        if before is not None and before.id != officer.id:
            before.user_id = None
            session.flush()  # the link is unique: free it before it is given
        officer.user_id = row.id
