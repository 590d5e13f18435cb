"""The wall clock, read once at the edge and passed in everywhere else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def today() -> date:
    """The day it is in the district."""
    return datetime.now(SHANGHAI).date()


def now() -> datetime:
    """This instant, UTC."""
    return datetime.now(UTC)


def day_of(instant: datetime) -> date:
    """The district's day an instant fell on."""
    return instant.astimezone(SHANGHAI).date()
