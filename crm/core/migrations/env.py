"""Alembic's entry; only `crm.core.migrate` runs it, with a connection of its own."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel.sql.sqltypes import AutoString

from models import Base
from models.base import StepType, UTCDateTime, WanType, WordType


def render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Migrations speak plain SQLAlchemy: they must not change when our types do."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, WordType):
        return "sa.String(length=32)"
    if isinstance(item, StepType):
        return "sa.SmallInteger()"
    if isinstance(item, WanType):
        return "sa.BigInteger()"
    if isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


def run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        compare_type=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
