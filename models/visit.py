"""走访, the people at it, what was promised, and the demands raised."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Base, Record, instant, json_column, words
from models.vocabulary import DemandClass, DemandGrade, DemandState, Side, VisitMode, VisitState


class Visit(Record, table=True):
    """`visited_on` is the day at the enterprise; `created_at` the day it was typed. Silence counts by the first."""

    __tablename__ = "visit"
    __table_args__ = (
        sa.Index("ix_visit_enterprise", "enterprise_id", "visited_on"),
        sa.Index("ix_visit_project", "project_id", "visited_on"),
        sa.Index("ix_visit_on", "state", "visited_on"),
        sa.Index("ix_visit_latest", "visited_on", "id"),  # the list, latest first, without a sort
    )

    request_id: str = Field(unique=True, max_length=40)  # four fast clicks make one row
    enterprise_id: int | None = Field(default=None, foreign_key="enterprise.id")
    project_id: int | None = Field(default=None, foreign_key="project.id")
    visited_on: date
    mode: VisitMode = words(VisitMode, default=VisitMode.ON_SITE)
    place: str = Field(default="", max_length=120)
    topics: list[str] = json_column(default=list)
    note: str = Field(default="", max_length=4000)
    answered_on_spot: str = Field(default="", max_length=2000)
    next_visit_on: date | None = Field(default=None, index=True)
    state: VisitState = words(VisitState, default=VisitState.DRAFT)
    author_id: int | None = Field(default=None, foreign_key="user_account.id", index=True)


class VisitPerson(Base, table=True):
    """Someone at the visit, from either side, as named on the day."""

    __tablename__ = "visit_person"

    id: int | None = Field(default=None, primary_key=True)
    visit_id: int = Field(foreign_key="visit.id", index=True)
    side: Side = words(Side)
    name: str = Field(max_length=60)
    title: str = Field(default="", max_length=60)
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    contact_id: int | None = Field(default=None, foreign_key="contact.id")


class Promise(Record, table=True):
    """What we promised the enterprise, with an owner and a date."""

    __tablename__ = "promise"
    __table_args__ = (sa.Index("ix_promise_open", "done_on", "due_on"),)

    visit_id: int = Field(foreign_key="visit.id", index=True)
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    enterprise_id: int | None = Field(default=None, foreign_key="enterprise.id", index=True)
    text: str = Field(max_length=500)
    owner: str = Field(default="", max_length=60)
    owner_id: int | None = Field(default=None, foreign_key="user_account.id", index=True)
    due_on: date | None = None
    done_on: date | None = None
    result: str = Field(default="", max_length=500)


class Demand(Record, table=True):
    """诉求 as recorded; its own life (hand-out, answer, confirmation, close) comes with the demand loop."""

    __tablename__ = "demand"
    __table_args__ = (sa.Index("ix_demand_raised", "raised_on", "demand_class"),)

    visit_id: int | None = Field(default=None, foreign_key="visit.id", index=True)
    enterprise_id: int | None = Field(default=None, foreign_key="enterprise.id", index=True)
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    demand_class: DemandClass = words(DemandClass)
    grade: DemandGrade = words(DemandGrade, default=DemandGrade.ORDINARY)
    content: str = Field(max_length=2000)
    raised_on: date
    state: DemandState = words(DemandState, default=DemandState.OPEN, index=True)
    closed_on: date | None = None
    result: str = Field(default="", max_length=1000)


class StoredFile(Base, table=True):
    """A file the product keeps, by its hash under CRM_VAR/files; the name is only metadata.
    `owner` and `owner_id` say which record it belongs to, and so who may read it."""

    __tablename__ = "stored_file"
    __table_args__ = (sa.Index("ix_stored_file_owner", "owner", "owner_id"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True, max_length=40)  # random; what the URL carries
    sha256: str = Field(max_length=64, index=True)
    name: str = Field(max_length=255)
    mime: str = Field(max_length=120)
    size: int
    owner: str = Field(max_length=30)
    owner_id: int | None = None
    made_by: int | None = Field(default=None, foreign_key="user_account.id")
    made_at: datetime = instant(nullable=False)
    deleted_at: datetime | None = instant()


class Draft(Base, table=True):
    """A half-filled form, kept as it is typed, one per person and form."""

    __tablename__ = "draft"
    __table_args__ = (sa.UniqueConstraint("user_id", "form"),)

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user_account.id", index=True)
    form: str = Field(max_length=80)
    content: dict[str, object] = json_column()
    saved_at: datetime = instant(nullable=False)
