"""联络专员: the person answerable for a project, with or without an account yet."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Record, words
from models.vocabulary import OfficerRole


class Officer(Record, table=True):
    """A ledger names officers before they have accounts; the administrator links the two later."""

    __tablename__ = "officer"

    name: str = Field(max_length=60, index=True)
    phone: str = Field(default="", max_length=30)
    unit: str = Field(default="", max_length=80)
    town_id: int | None = Field(default=None, foreign_key="town.id", index=True)
    user_id: int | None = Field(default=None, foreign_key="user_account.id", unique=True)
    active: bool = Field(default=True, index=True)


class Assignment(Record, table=True):
    """Who answered for which project from when to when. `to_on` is the last day, None while it lasts."""

    __tablename__ = "assignment"
    __table_args__ = (
        sa.Index("ix_assignment_open", "project_id", "to_on"),
        sa.Index("ix_assignment_officer_open", "officer_id", "to_on"),
    )

    project_id: int = Field(foreign_key="project.id")
    officer_id: int = Field(foreign_key="officer.id")
    role: OfficerRole = words(OfficerRole)
    from_on: date
    to_on: date | None = None
    phone: str = Field(
        default="", max_length=30
    )  # as this project's ledger gives it, when not the officer's own
    note: str = Field(default="", max_length=500)
    batch_id: int | None = Field(default=None, foreign_key="import_batch.id")
