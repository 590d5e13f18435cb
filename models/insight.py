"""What is made of findings: reform measures, and the forecast of each project."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Base, Record, json_column, now_column, words
from models.vocabulary import LetterState, MeasureState


class ReformMeasure(Record, table=True):
    """改革举措: a finding turned into something to do, and later compared before and after."""

    __tablename__ = "reform_measure"

    title: str = Field(max_length=200)
    item_id: int | None = Field(default=None, foreign_key="item.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    facts: dict[str, Any] = json_column()  # the figures of the finding it was made from, with their periods
    text: str = Field(default="", max_length=1000)
    owner_id: int | None = Field(default=None, foreign_key="user_account.id", index=True)
    due_on: date
    state: MeasureState = words(MeasureState, default=MeasureState.PLANNED)
    in_force_on: date | None = None
    note: str = Field(default="", max_length=500)
    request_id: str | None = Field(default=None, unique=True, max_length=40)  # four fast clicks make one row


class ProjectForecast(Base, table=True):
    """The last nightly forecast of one open project: likely dates by target ("licence", "production")."""

    __tablename__ = "project_forecast"
    __table_args__ = (sa.UniqueConstraint("project_id", "target"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    target: str = Field(max_length=20)
    made_on: date
    p50_on: date
    p80_on: date
    p95_on: date
    movers: list[dict[str, Any]] = json_column(default=list)  # the milestones that move it most
    basis: dict[str, Any] = json_column()  # draws, seed, how much history stood behind the durations
    made_at: datetime = now_column()


class SupervisionLetter(Record, table=True):
    """督办函: why a case (or several of one department) must move, by when an answer is due."""

    __tablename__ = "supervision_letter"
    __table_args__ = (
        sa.UniqueConstraint("series_year", "serial"),
        sa.Index("ix_supervision_letter_waiting", "state", "reply_by_on"),
    )

    number: str = Field(unique=True, max_length=60)
    series_year: int
    serial: int  # without gaps within its year; a withdrawn letter keeps its own
    case_id: int = Field(foreign_key="permit_case.id", index=True)
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    state: LetterState = words(LetterState, default=LetterState.ISSUED)
    issued_on: date
    reply_by_on: date
    facts: dict[str, Any] = json_column()  # the frozen facts the paper was written from
    sha256: str = Field(max_length=64)
    template_sha256: str = Field(max_length=64)
    file_id: int | None = Field(default=None, foreign_key="stored_file.id")
    replied_on: date | None = None
    reply: str = Field(default="", max_length=1000)
    withdrawn_on: date | None = None
    withdraw_reason: str = Field(default="", max_length=300)
    issued_by: int | None = Field(default=None, foreign_key="user_account.id")
