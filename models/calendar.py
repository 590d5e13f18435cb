"""The State Council calendar as dated data of our own."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field

from models.base import Base, now_column, words
from models.vocabulary import DayKind


class CalendarDay(Base, table=True):
    """A day that differs from its weekday: a holiday on a weekday or weekend, or a make-up working day."""

    __tablename__ = "calendar_day"

    on: date = Field(primary_key=True, sa_column_kwargs={"name": "day"})
    is_workday: bool
    kind: DayKind = words(DayKind)
    name: str = Field(default="", max_length=60)
    source: str = Field(default="", max_length=200)


class CalendarYear(Base, table=True):
    """A year whose notice is loaded. A year without a row here is provisional."""

    __tablename__ = "calendar_year"

    year: int = Field(primary_key=True)
    source: str = Field(max_length=200)
    confirmed_at: datetime = now_column()
