"""What every table shares: one registry, named constraints, instants in UTC, a version.

The registry is our own because Streamlit's hot reload evicts modules, and SQLModel's
global metadata then refuses to see a table twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import declared_attr, registry
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

E = TypeVar("E", bound=StrEnum)
I = TypeVar("I", bound=IntEnum)  # noqa: E741


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """An instant. Refuses a naive value; SQLite gives it back with its zone."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class WordType(sa.types.TypeDecorator[E]):
    """A `StrEnum` stored as its value; an unknown word is refused on the way in."""

    impl = sa.String(32)
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self.words(value)


class StepType(sa.types.TypeDecorator[I]):
    """An `IntEnum` stored as its number, so that SQL can order by it."""

    impl = sa.SmallInteger
    cache_ok = True

    def __init__(self, steps: type[I]) -> None:
        super().__init__()
        self.steps = steps

    def process_bind_param(self, value: I | int | None, dialect: Dialect) -> int | None:
        return None if value is None else int(self.steps(value))

    def process_result_value(self, value: int | None, dialect: Dialect) -> I | None:
        return None if value is None else self.steps(value)


class WanType(sa.types.TypeDecorator[Decimal]):
    """万元 (10,000 yuan) as `Decimal`, kept as whole yuan, so that every database sums it exactly."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        yuan = Decimal(value) * 10_000
        if yuan != yuan.to_integral_value():
            raise ValueError(f"{value} 万元 is finer than one yuan")
        return int(yuan)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)) / 10_000


class Base(SQLModel, registry=registry(metadata=sa.MetaData(naming_convention=NAMING))):
    """Every table's parent. Table classes do not validate: inputs are separate classes."""


class Record(Base):
    """An editable record: an id, when it came and changed, and a version.

    The form carries the version it was opened with; the action compares it
    (`crm.core.db.check_version`), and SQLAlchemy guards the UPDATE itself.
    """

    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1, nullable=False)
    created_at: datetime = Field(
        default_factory=lambda: datetime.now(UTC), sa_type=UTCDateTime, nullable=False
    )
    updated_at: datetime = Field(
        default_factory=lambda: datetime.now(UTC),
        sa_type=UTCDateTime,
        nullable=False,
        sa_column_kwargs={"onupdate": lambda: datetime.now(UTC)},
    )

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]


def words(
    enum: type[StrEnum], *, default: Enum | None = None, nullable: bool = False, index: bool = False
) -> Any:
    """A column that holds one word of a closed list."""
    return Field(
        default=default if default is not None or nullable else ...,
        sa_type=WordType(enum),  # type: ignore[call-overload]
        nullable=nullable,
        index=index,
    )


def wan(*, default: Decimal | None = None) -> Any:
    """An amount in 万元 (10,000 yuan), exact to the yuan."""
    return Field(default=default, sa_type=WanType, nullable=True)  # type: ignore[call-overload]


def instant(*, nullable: bool = True, index: bool = False) -> Any:
    """A moment, UTC in the database."""
    return Field(default=None, sa_type=UTCDateTime, nullable=nullable, index=index)  # type: ignore[call-overload]


def now_column() -> Any:
    """A moment that defaults to the present."""
    return Field(default_factory=lambda: datetime.now(UTC), sa_type=UTCDateTime, nullable=False)


def json_column(*, default: Any = None) -> Any:
    """A JSON value; `default` is a factory such as `dict` or `list`."""
    return Field(default_factory=default or dict, sa_type=sa.JSON, nullable=False)
