"""预警: what a scan found, whom it concerns, what was done about it; and the editable thresholds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Base, Record, instant, json_column, now_column, words
from models.vocabulary import AlertKind, AlertState, Light


class Alert(Record, table=True):
    """`key` is unique: one ground, one alert, however often and by however many processes the scan runs."""

    __tablename__ = "alert"
    __table_args__ = (
        sa.Index("ix_alert_state_light", "state", "light"),
        sa.Index("ix_alert_project", "project_id", "state"),
    )

    key: str = Field(unique=True, max_length=120)
    kind: AlertKind = words(AlertKind, index=True)
    light: Light = words(Light)
    because: str = Field(max_length=500)  # one sentence, Chinese
    because_code: str = Field(default="", max_length=60)  # message id, so that English can be told too
    because_facts: dict[str, Any] = json_column()
    project_id: int | None = Field(default=None, foreign_key="project.id")
    enterprise_id: int | None = Field(default=None, foreign_key="enterprise.id", index=True)
    department_id: int | None = Field(
        default=None, foreign_key="department.id", index=True
    )  # who is waited for
    record: str = Field(default="", max_length=30)  # milestone / case / project
    record_id: int | None = None
    due_on: date | None = None
    late_wd: int | None = None
    state: AlertState = words(AlertState, default=AlertState.OPEN)
    raised_on: date
    seen_on: date  # last scan that still found the ground
    handled_by: int | None = Field(default=None, foreign_key="user_account.id")
    handled_at: datetime | None = instant()
    handled_note: str = Field(default="", max_length=500)
    snoozed_until: date | None = None
    closed_on: date | None = None


class AlertRecipient(Base, table=True):
    """Who is told of an alert in his own list."""

    __tablename__ = "alert_recipient"
    __table_args__ = (sa.UniqueConstraint("alert_id", "user_id"),)

    id: int | None = Field(default=None, primary_key=True)
    alert_id: int = Field(foreign_key="alert.id", index=True)
    user_id: int = Field(foreign_key="user_account.id", index=True)
    read_at: datetime | None = instant()


class Threshold(Record, table=True):
    """One editable number of the scan. `stage` None means every stage without a row of its own; 0 = never."""

    __tablename__ = "threshold"
    __table_args__ = (sa.UniqueConstraint("code", "stage"),)

    code: str = Field(max_length=40)
    stage: int | None = None
    value: int
    unit: str = Field(default="", max_length=10)
    basis: str = Field(default="", max_length=200)


class ScanRun(Base, table=True):
    """One scan. `slot` is unique for the daily run ('daily:2026-11-23'), so that several processes run it once."""

    __tablename__ = "scan_run"

    id: int | None = Field(default=None, primary_key=True)
    slot: str = Field(unique=True, max_length=60)
    scanned_on: date
    started_at: datetime = now_column()
    finished_at: datetime | None = instant()
    raised: int = 0
    closed: int = 0
    counts: dict[str, int] = json_column()
    error: str = Field(default="", max_length=500)
