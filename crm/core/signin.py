"""Signing in and staying signed in: one row a browser, only the token's SHA-256 kept.

The gate (crm.web.gate) asks `find` for every request. A session ends by `expires_at`
(idle time slides it, the absolute limit stops it) or by `ended_at`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
import unicodedata
from collections import OrderedDict, deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core import passwords
from crm.core.access import SYSTEM, Actor
from crm.core.audit import note_event
from crm.core.db import reading, unit_of_work
from crm.core.errors import Problem, Refusal
from crm.core.i18n import _
from crm.core.today import now
from models import Setting, SetupCode, User, WebSession
from models.vocabulary import Role

TOUCH_EVERY = timedelta(minutes=1)
SETUP_TRIES = 10
KNOWN_GHOSTS = 10_000


@dataclass(frozen=True)
class SignInPolicy:
    """The numbers of the setting `sign_in`; each may be overridden there under its own name."""

    idle_minutes: int = 480
    absolute_minutes: int = 720
    tries: int = 5  # wrong passwords before an account is locked
    lock_minutes: int = 15
    address_tries: int = 60  # failures from one address in `lock_minutes` before it must wait
    password_min: int = passwords.MIN_LENGTH


@dataclass(frozen=True)
class LiveSession:
    """Who is behind a cookie."""

    id: int
    user_id: int
    seen_at: datetime


@dataclass(frozen=True)
class SignedIn:
    """A fresh session. `token` goes into the cookie and nowhere else."""

    token: str
    session_id: int
    user_id: int
    max_age: int  # seconds


def policy(session: Session) -> SignInPolicy:
    """The policy in force."""
    row = session.get(Setting, "sign_in")
    known = SignInPolicy.__dataclass_fields__
    values = {k: int(v) for k, v in (row.value if row else {}).items() if k in known}
    return SignInPolicy(**values)


def login_key(login: str) -> str:
    """`ａｄｍｉｎ` and `Admin` are admin."""
    return unicodedata.normalize("NFKC", login).strip().casefold()[:60]


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def one_line(text: str, limit: int = 60) -> str:
    """Typed text as the trail may keep it: no control or line characters."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "", text)[:limit]


# -- who is behind a cookie --------------------------------------------------------------


def _live(moment: datetime, *, demo: bool) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [
        col(WebSession.ended_at).is_(None),
        col(WebSession.expires_at) > moment,
        col(User.active).is_(True),
    ]
    if not demo:
        conditions.append(col(User.demo).is_(False))
    return conditions


def find(token: str, *, demo: bool = False) -> LiveSession | None:
    """The live session of a cookie's token, or None. Demo accounts live only in a demo."""
    if not 20 <= len(token) <= 100 or not token.isascii():
        return None
    with reading() as session:
        row = session.exec(
            select(WebSession.id, WebSession.user_id, WebSession.seen_at)
            .join(User, col(User.id) == WebSession.user_id)
            .where(col(WebSession.token_hash) == token_hash(token), *_live(now(), demo=demo))
        ).first()
    return LiveSession(int(row[0]), int(row[1]), row[2]) if row and row[0] is not None else None


def still_live(session_ids: Collection[int], *, demo: bool = False) -> set[int]:
    """Which of these sessions have neither ended, expired nor lost their account."""
    if not session_ids:
        return set()
    with reading() as session:
        rows = session.exec(
            select(WebSession.id)
            .join(User, col(User.id) == WebSession.user_id)
            .where(col(WebSession.id).in_([int(i) for i in session_ids]), *_live(now(), demo=demo))
        ).all()
    return {int(r) for r in rows if r is not None}


def touch(session_id: int) -> None:
    """Someone is at the keyboard: slide the idle limit, never past the absolute one."""
    with unit_of_work(SYSTEM, "session.touch") as session:
        rules = policy(session)
        row = session.get(WebSession, session_id)
        if row is None or row.ended_at is not None:
            return
        moment = now()
        row.seen_at = moment
        row.expires_at = min(
            moment + timedelta(minutes=rules.idle_minutes),
            row.created_at + timedelta(minutes=rules.absolute_minutes),
        )


# -- brakes ------------------------------------------------------------------------------


class Brake:
    """Failures of a window of time, by key; bounded, in this process's memory.

    Used for addresses and for login names that do not exist, which must behave as if they did.
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, key: str, seconds: float) -> int:
        with self._lock:
            times = self._failures.get(key)
            if not times:
                return 0
            while times and times[0] < time.monotonic() - seconds:
                times.popleft()
            return len(times)

    def add(self, key: str) -> None:
        with self._lock:
            self._failures.setdefault(key, deque(maxlen=1000)).append(time.monotonic())
            self._failures.move_to_end(key)
            while len(self._failures) > KNOWN_GHOSTS:
                self._failures.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._failures.clear()


ADDRESSES = Brake()
GHOSTS = Brake()


def _wrong() -> Refusal:
    return Refusal(
        Problem("", _("账号或密码不对，或账号暂时被锁定。连续输错后请稍等一刻钟，或请管理员重设密码。"))
    )


# -- signing in --------------------------------------------------------------------------


def sign_in(login: str, password: str, *, address: str = "", agent: str = "", demo: bool = False) -> SignedIn:
    """Check a password and open a session.

    Raises `Refusal` with one and the same text for an unknown name, a wrong password, a locked or
    disabled account, and a demo account outside a demo. An attempt is counted before the slow
    hash runs, so that fifty at once are still only five.
    """
    key = login_key(login)
    typed = one_line(login)
    with reading() as session:
        rules = policy(session)
    if ADDRESSES.count(address, rules.lock_minutes * 60) >= rules.address_tries:
        raise Refusal(Problem("", _("从您的网络地址登录失败次数太多，请稍等一刻钟再试。")))
    attempt = _claim(key, rules)
    right = attempt.may_hash and passwords.matches(attempt.password_hash, password)
    if right and attempt.user_id is not None and (demo or not attempt.demo) and attempt.active:
        return _open(attempt.user_id, rules, address=address, agent=agent)
    ADDRESSES.add(address)
    if attempt.user_id is None:
        GHOSTS.add(key)
    _note_failure(attempt, typed, address, rules)
    raise _wrong()


@dataclass(frozen=True)
class _Attempt:
    user_id: int | None
    password_hash: str
    active: bool
    demo: bool
    may_hash: bool
    count: int


def _claim(key: str, rules: SignInPolicy) -> _Attempt:
    """Count this attempt against the account, or find it locked."""
    with unit_of_work(SYSTEM, "account.attempt") as session:
        # The row is held until the count is written: guesses at the same instant count one by one.
        user = session.exec(select(User).where(col(User.login_key) == key).with_for_update()).first()
        if user is None or user.id is None:
            tries = GHOSTS.count(key, rules.lock_minutes * 60)
            return _Attempt(None, "", False, False, tries < rules.tries, tries + 1)
        locked = user.locked_until is not None and user.locked_until > now()
        tries = 0 if user.locked_until is not None and not locked else user.failed_attempts
        if locked or tries >= rules.tries:
            return _Attempt(user.id, "", user.active, user.demo, False, tries + 1)
        _bookkeeping(session, user.id, failed_attempts=tries + 1, locked_until=None)
        return _Attempt(user.id, user.password_hash, user.active, user.demo, True, tries + 1)


def _bookkeeping(session: Session, user_id: int, **values: object) -> None:
    session.execute(
        sa.update(User)
        .where(col(User.id) == user_id)
        .values(**values, updated_at=User.__table__.c.updated_at),  # type: ignore[attr-defined]
        execution_options={"unaudited": "the sign-in leaves one event row of its own"},
    )


def _note_failure(attempt: _Attempt, typed: str, address: str, rules: SignInPolicy) -> None:
    locks = attempt.user_id is not None and attempt.may_hash and attempt.count >= rules.tries
    action = "account.locked" if locks else "account.sign_in_failed"
    with unit_of_work(SYSTEM, action) as session:
        if locks and attempt.user_id is not None:
            until = now() + timedelta(minutes=rules.lock_minutes)
            _bookkeeping(session, attempt.user_id, locked_until=until)
        note_event(
            session,
            "user_account",
            attempt.user_id,
            changes={"login": [None, typed], "address": [None, address]},
        )


def _open(user_id: int, rules: SignInPolicy, *, address: str, agent: str) -> SignedIn:
    from crm.core.accounts import actor_of_user

    token = secrets.token_urlsafe(32)
    with reading() as session:
        user = session.get(User, user_id)
        assert user is not None
        actor = actor_of_user(session, user)
    with unit_of_work(actor, "account.signed_in") as session:
        moment = now()
        row = WebSession(
            token_hash=token_hash(token),
            user_id=user_id,
            created_at=moment,
            seen_at=moment,
            expires_at=moment + timedelta(minutes=min(rules.idle_minutes, rules.absolute_minutes)),
            address=one_line(address, 64),
            agent=one_line(agent, 200),
        )
        session.add(row)
        session.flush()
        _bookkeeping(session, user_id, failed_attempts=0, locked_until=None, last_sign_in_at=moment)
        note_event(session, "user_account", user_id, changes={"address": [None, one_line(address, 64)]})
        assert row.id is not None
        return SignedIn(token, row.id, user_id, rules.absolute_minutes * 60)


def sign_out(session_id: int, why: str = "signed_out") -> None:
    """End one session at once. Ending it twice is no error."""
    from crm.core.accounts import actor_of_user

    with reading() as session:
        row = session.get(WebSession, session_id)
        user = session.get(User, row.user_id) if row else None
        if row is None or user is None or row.ended_at is not None:
            return
        actor = actor_of_user(session, user)
    with unit_of_work(actor, "account.signed_out") as session:
        end_rows(session, why, [col(WebSession.id) == session_id])
        note_event(session, "user_account", user.id)


def end_rows(session: Session, why: str, conditions: list[sa.ColumnElement[bool]]) -> int:
    """End the live sessions that meet the conditions, inside the caller's transaction. Returns how many."""
    result = session.execute(
        sa.update(WebSession)
        .where(col(WebSession.ended_at).is_(None), *conditions)
        .values(ended_at=now(), ended_why=why),
        execution_options={"synchronize_session": False},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def note_denied(actor: Actor, what: str) -> None:
    """A refused permission leaves a record."""
    with unit_of_work(actor, "access.denied") as session:
        note_event(session, "access", None, changes={"what": [None, one_line(what, 200)]})


# -- the first administrator -------------------------------------------------------------


def has_administrator(session: Session) -> bool:
    """Whether somebody who is not a demo account can administer."""
    return (
        session.exec(
            select(User.id).where(
                col(User.role) == Role.ADMINISTRATOR, col(User.active).is_(True), col(User.demo).is_(False)
            )
        ).first()
        is not None
    )


def new_setup_code() -> str | None:
    """A fresh one-time code for the first administrator; None once there is one. Older codes die."""
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    raw = "".join(secrets.choice(alphabet) for _i in range(12))
    code = f"{raw[:4]}-{raw[4:8]}-{raw[8:]}"
    with unit_of_work(SYSTEM, "setup.code") as session:
        if has_administrator(session):
            return None
        for old in session.exec(select(SetupCode).where(col(SetupCode.used_at).is_(None))):
            old.used_at = now()
        session.add(SetupCode(code_hash=token_hash(_code_key(code))))
        note_event(session, "setup_code", None)
    return code


def _code_key(code: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", code.upper())


def setup_open() -> bool:
    """Whether the first-administrator form may be shown."""
    with reading() as session:
        return (
            not has_administrator(session)
            and session.exec(
                select(SetupCode.id).where(
                    col(SetupCode.used_at).is_(None), col(SetupCode.failed_attempts) < SETUP_TRIES
                )
            ).first()
            is not None
        )


def first_administrator(code: str, login: str, name: str, password: str) -> int:
    """Create the first administrator with the code printed on the console. Single use.

    Raises `Refusal` for a wrong or spent code (the tries are counted) or an unfit password.
    """
    spent = Refusal(Problem("code", _("设置码不对或已失效。请在服务器上运行 crm user setup-code 重新取得。")))
    with unit_of_work(SYSTEM, "setup.try") as session:
        row = session.exec(
            select(SetupCode)
            .where(col(SetupCode.used_at).is_(None), col(SetupCode.failed_attempts) < SETUP_TRIES)
            .with_for_update()
        ).first()
        if row is None or has_administrator(session):
            raise spent
        right = secrets.compare_digest(row.code_hash, token_hash(_code_key(code)))
        if not right:
            row.failed_attempts += 1
    if not right:
        raise spent
    found = passwords.problems(password, login=login, name=name)
    key = login_key(login)
    if not key:
        found.append(Problem("login", _("请填写登录名。")))
    if not name.strip():
        found.append(Problem("name", _("请填写姓名。")))
    if found:
        raise Refusal(*found)
    hashed = passwords.hash_of(password)
    with unit_of_work(SYSTEM, "setup.first_administrator") as session:
        row = session.exec(
            select(SetupCode)
            .where(col(SetupCode.used_at).is_(None), col(SetupCode.code_hash) == token_hash(_code_key(code)))
            .with_for_update()
        ).first()
        if row is None or has_administrator(session):
            raise spent
        if session.exec(select(User.id).where(col(User.login_key) == key)).first() is not None:
            raise Refusal(Problem("login", _("登录名“{login}”已有人使用，请换一个。", login=login)))
        row.used_at = now()
        user = User(
            login=login.strip(),
            login_key=key,
            name=name.strip(),
            role=Role.ADMINISTRATOR,
            password_hash=hashed,
            password_set_at=now(),
        )
        session.add(user)
        session.flush()
        assert user.id is not None
        return user.id
