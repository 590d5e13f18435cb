"""Towns (镇街) and departments: the district's fixed places, editable by the administrator."""

from __future__ import annotations

from sqlmodel import Field

from models.base import Record, json_column


class Town(Record, table=True):
    """镇街. `aliases` are the short ways ledgers write it (棠下, 白沙街)."""

    __tablename__ = "town"

    code: str = Field(unique=True, max_length=12)
    name: str = Field(unique=True, max_length=60)
    aliases: list[str] = json_column(default=list)
    sort: int = 0


class Department(Record, table=True):
    """A department or other body that decides, reviews or answers. `aliases` as for towns."""

    __tablename__ = "department"

    name: str = Field(unique=True, max_length=80)
    short: str = Field(default="", max_length=30)
    aliases: list[str] = json_column(default=list)
    active: bool = True
