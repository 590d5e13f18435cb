"""简报/专报: a paper with the frozen snapshot it was made from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Base, json_column, now_column, words
from models.vocabulary import BriefingKind


class Briefing(Base, table=True):
    """The context is what every number in the paper came from; `sha256` is of its canonical JSON."""

    __tablename__ = "briefing"
    __table_args__ = (
        sa.UniqueConstraint("kind", "series_year", "number"),
        sa.Index("ix_briefing_made", "kind", "made_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: BriefingKind = words(BriefingKind)
    series_year: int
    number: int
    title: str = Field(max_length=200)
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    from_on: date | None = None
    to_on: date | None = None
    context: dict[str, Any] = json_column()
    sha256: str = Field(max_length=64)
    template: str = Field(max_length=80)
    template_sha256: str = Field(max_length=64)
    queries_version: str = Field(max_length=20)
    file_id: int | None = Field(default=None, foreign_key="stored_file.id")
    made_by: int | None = Field(default=None, foreign_key="user_account.id")
    made_at: datetime = now_column()


class Setting(Base, table=True):
    """One value the office may change: its name, the masthead, the font map."""

    __tablename__ = "setting"

    key: str = Field(primary_key=True, max_length=60)
    value: dict[str, Any] = json_column()
