"""The database: one engine, one way to read, one way to write.

`reading()` gives a session for queries. `unit_of_work(actor, "projects.assign")` gives the
session of one action: one transaction, its audit rows written with it, committed here and
nowhere else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from crm.core import audit
from crm.core.access import Actor
from crm.core.errors import Conflict, FieldClash, NotFound
from crm.core.i18n import _
from crm.core.settings import load_settings
from models import Base, Record

R = TypeVar("R", bound=Record)
B = TypeVar("B", bound=Base)

BUSY_MS = 10_000


class AuditedSession(Session):
    """Every session of ours, so that the trail hangs on the class and not on anybody's memory."""


audit.watch(AuditedSession)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see below
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # NORMAL loses acknowledged writes in a power cut
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writer takes its lock at once: a read that turns into a write cannot wait, it fails.
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@lru_cache(maxsize=8)
def engine_for(url: str) -> sa.Engine:
    """The engine of one database URL, prepared for the way we use it."""
    if url.startswith("sqlite"):
        engine = sa.create_engine(url, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # Compiling our wide but short queries takes the server seconds and saves it nothing.
    no_jit = {"options": "-c jit=off"}
    return sa.create_engine(url, connect_args=no_jit, pool_pre_ping=True, pool_size=10, max_overflow=20)


def engine() -> sa.Engine:
    return engine_for(load_settings().database_url)


@contextmanager
def reading() -> Iterator[Session]:
    """A session for queries. Never commits."""
    with AuditedSession(engine(), expire_on_commit=False, autoflush=False) as session:
        yield session


@contextmanager
def unit_of_work(actor: Actor, action: str, *, reason: str = "") -> Iterator[Session]:
    """One transaction of one action. Commits at the end, or leaves nothing behind.

    `action` names the verb in the audit trail ("projects.assign"). A record that another
    transaction changed in between raises `Conflict`.
    """
    writer = engine().execution_options(immediate=True)
    with AuditedSession(writer, expire_on_commit=False) as session:
        session.info.update(actor=actor, action=action, reason=reason)
        try:
            yield session
            session.commit()
        except StaleDataError as error:
            session.rollback()
            raise Conflict(_("保存前有人修改了这条记录，请刷新后再试。"), [], 0) from error
        except BaseException:
            session.rollback()
            raise


def fetch(session: Session, model: type[B], key: Any) -> B:
    """The row, or `NotFound`. The key may come from pandas or a URL: SQLite finds nothing by np.int64."""
    try:
        number = int(key)
    except (TypeError, ValueError, OverflowError):
        number = 0
    row = session.get(model, number) if 0 < number < 2**31 else None
    if row is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return row


def apply_changes(
    record: R, opened: dict[str, Any], typed: dict[str, Any], opened_version: int
) -> dict[str, Any]:
    """Write the typed fields on the record if the form is still fresh.

    `opened` are the values the form showed. If somebody saved in between, fields that only he
    changed keep his value, fields only typed here take ours, and a field both changed to
    different values raises `Conflict` with all such fields. Returns what changed.
    """
    if record.version != opened_version:
        clashes = [
            FieldClash(name, opened.get(name), getattr(record, name), value)
            for name, value in typed.items()
            if value != opened.get(name)
            and getattr(record, name) != opened.get(name)
            and getattr(record, name) != value
        ]
        if clashes:
            raise Conflict(
                _("您编辑期间，有人先保存了这条记录。请逐项选择保留哪一个值。"),
                clashes,
                record.version,
            )
    changed: dict[str, Any] = {}
    for name, value in typed.items():
        untouched = record.version != opened_version and value == opened.get(name)
        if not untouched and getattr(record, name) != value:
            setattr(record, name, value)
            changed[name] = value
    return changed


def refresh_statistics(*tables: type[Base]) -> None:
    """Let the database count its indexes anew after a bulk load: without that a plan for a million rows is a guess.

    It takes about a second for a year of the hall's cases, and SQLite's other writers wait that long.
    """
    with engine().begin() as connection:
        for table in tables:
            connection.exec_driver_sql(f"ANALYZE {table.__tablename__}")
