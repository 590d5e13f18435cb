"""Many rows at once, past the unit of work: an import's rows are told by its batch, not one by one.

SQLite takes them by `executemany`, PostgreSQL by COPY. Values are turned into the database's own a column at
a time, each different one once: a year's export has a million dates and a few hundred days.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from models import Base

Rows = Sequence[Mapping[str, Any]]
_plain_json = json.JSONEncoder(ensure_ascii=False).encode


def table_of(model: type[Base]) -> sa.Table:
    table = sa.inspect(model).local_table
    assert isinstance(table, sa.Table)
    return table


def defaults(model: type[Base]) -> dict[str, Any]:
    """The model's own default of every column that has one, the same moment in all of them."""
    return {
        name: field.get_default(call_default_factory=True, validated_data={})
        for name, field in model.model_fields.items()
        if not field.is_required() and name != "id"
    }


def _stored(column: sa.Column[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """How this database takes a value of the column; None where as it is."""
    if isinstance(column.type, sa.JSON):
        return _plain_json
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _column(rows: Rows, name: str, stored: Callable[[Any], Any] | None) -> list[Any]:
    values = [row[name] for row in rows]
    if stored is None:
        return values
    if stored is _plain_json:
        return [None if v is None else stored(v) for v in values]
    known = {v: stored(v) for v in set(values) if v is not None}
    known[None] = None
    return [known[v] for v in values]


def insert(session: Session, model: type[Base], rows: Rows, same: Mapping[str, Any] | None = None) -> None:
    """Add the rows; all have the keys of the first. `same` are columns that are alike in all of them."""
    if not rows:
        return
    table, connection = table_of(model), session.connection()
    alike = {n: v for n, v in (same or {}).items() if n not in rows[0]}
    # In the table's order, in which SQLAlchemy writes them.
    columns = [c for c in table.columns if c.name in rows[0] or c.name in alike]
    stored = {c.name: _stored(c, connection.dialect) for c in columns}
    lines = zip(
        *(
            _column(rows, c.name, stored[c.name])
            if c.name in rows[0]
            else _column([alike], c.name, stored[c.name]) * len(rows)
            for c in columns
        ),
        strict=True,
    )
    if connection.dialect.name == "postgresql":
        from psycopg import sql

        order = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table.name), sql.SQL(", ").join(sql.Identifier(c.name) for c in columns)
        )
        raw: Any = connection.connection.driver_connection
        with raw.cursor() as cursor, cursor.copy(order) as copy:
            for line in lines:
                copy.write_row(line)
        return
    names = [c.name for c in columns]
    statement = str(sa.insert(table).values(dict.fromkeys(names)).compile(dialect=connection.dialect))
    connection.exec_driver_sql(statement, list(lines))


def update(session: Session, model: type[Base], rows: Rows) -> None:
    """Change rows by their `id`; all have the keys of the first."""
    if not rows:
        return
    table = table_of(model)
    names = [n for n in rows[0] if n != "id"]
    statement = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("_id"))
        .values({n: sa.bindparam(f"_{n}") for n in names})
    )
    session.connection().execute(
        statement, [{f"_{name}": value for name, value in row.items()} for row in rows]
    )
