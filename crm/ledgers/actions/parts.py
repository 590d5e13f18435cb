"""What committing and reverting share: a record's fields as JSON and back."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from crm.core.audit import plain as json_plain
from models import (
    Base,
)
from models.base import StepType, UTCDateTime, WanType, WordType

_QUIET = frozenset({"id", "version", "created_at", "updated_at"})


def fields(record: Base) -> dict[str, Any]:
    """A record's own fields as JSON."""
    names = [a.key for a in sa.inspect(type(record)).column_attrs]
    return {n: json_plain(getattr(record, n)) for n in names if n not in _QUIET}


def from_json(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, WordType):
        return kind.words(value)
    if isinstance(kind, StepType):
        return kind.steps(value)
    if isinstance(kind, UTCDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(value)
    if isinstance(kind, WanType | sa.Numeric) and not isinstance(kind, sa.Float):
        return Decimal(value)
    return value
