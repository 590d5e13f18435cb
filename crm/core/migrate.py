"""Brings a database to this version's tables. Every command and the server call it first."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from crm.core.db import engine
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.core.settings import load_settings

HERE = Path(__file__).resolve().parent / "migrations"
_ADVISORY_KEY = 440_703_001  # any constant: one migrator at a time on PostgreSQL


@cache
def _config() -> object:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config


@cache
def head() -> str:
    """The newest revision, by file name: NNNN_what.py."""
    return max(p.stem for p in (HERE / "versions").glob("[0-9]*.py"))[:4]


def current(connection: sa.Connection) -> str | None:
    """The database's revision; None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    value = connection.execute(sa.text("select version_num from alembic_version")).scalar()
    return str(value) if value else None


@contextmanager
def _one_at_a_time(connection: sa.Connection) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("select pg_advisory_lock(:k)"), {"k": _ADVISORY_KEY})
        try:
            yield
        finally:
            connection.execute(sa.text("select pg_advisory_unlock(:k)"), {"k": _ADVISORY_KEY})
            connection.commit()
        return
    with (load_settings().var / ".migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def upgrade() -> bool:
    """Bring the database to the head. Returns whether anything was done.

    Raises `Refusal` for a database made by a newer version.
    """
    with engine().connect() as connection:
        if current(connection) == head():
            return False
        with _one_at_a_time(connection):
            connection.rollback()
            now = current(connection)
            connection.rollback()
            if now == head():
                return False
            if now is not None and now > head():
                raise Refusal(
                    _(
                        "数据库由更新的版本建立（{now}），本程序只认识到 {head}。请升级程序后再启动。",
                        now=now,
                        head=head(),
                    )
                )
            from alembic import command
            from alembic.config import Config

            config = _config()
            assert isinstance(config, Config)
            config.attributes["connection"] = connection
            with _tables_may_be_rebuilt(connection):
                command.upgrade(config, "head")
                connection.commit()
            return True


@contextmanager
def _tables_may_be_rebuilt(connection: sa.Connection) -> Iterator[None]:
    """SQLite changes a table by copying it; with references enforced, dropping the old one would fail.

    They are checked as a whole afterwards, and enforced again.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")  # no effect inside a transaction: none is open here
    try:
        yield
        broken = cursor.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"references broken by the upgrade: {broken[:5]}")
    finally:
        cursor.execute("PRAGMA foreign_keys=ON")
