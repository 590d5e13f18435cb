"""节点: dated promises inside a stage, and what must come before what."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Base, Record, StepType, words
from models.vocabulary import Party, Stage


class Milestone(Record, table=True):
    """`planned_on` and `done_on` are a pair; an actual date locks the row. `duration_wd` working days."""

    __tablename__ = "milestone"
    __table_args__ = (
        sa.Index("ix_milestone_project", "project_id", "sort"),
        sa.Index("ix_milestone_open_due", "done_on", "planned_on"),
        # The next open milestone of a project is one seek (crm.projects.queries.lights).
        sa.Index("ix_milestone_next", "project_id", "done_on", "inactive", "planned_on", "sort"),
        sa.Index("ix_milestone_department", "department_id", "done_on"),
        sa.UniqueConstraint("project_id", "code"),
    )

    project_id: int = Field(foreign_key="project.id")
    code: str = Field(max_length=20)  # the item's code, or one of its own
    name: str = Field(max_length=120)
    stage: Stage = Field(sa_type=StepType(Stage), nullable=False)  # type: ignore[call-overload]
    item_id: int | None = Field(default=None, foreign_key="item.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id")
    waits_for: Party = words(Party, default=Party.DEPARTMENT)
    duration_wd: int = 0
    baseline_on: date | None = None  # the first plan, kept
    planned_start_on: date | None = None
    planned_on: date | None = None
    done_on: date | None = None
    evidence: str = Field(default="", max_length=300)
    critical: bool = False
    float_wd: int | None = None
    inactive: bool = False  # not needed by this project; no reminders
    sort: int = 0
    note: str = Field(default="", max_length=1000)


class MilestoneLink(Base, table=True):
    """`prerequisite_id` must be done before `milestone_id`. The graph has no cycle (crm.projects.rules)."""

    __tablename__ = "milestone_link"
    __table_args__ = (sa.UniqueConstraint("milestone_id", "prerequisite_id"),)

    id: int | None = Field(default=None, primary_key=True)
    milestone_id: int = Field(foreign_key="milestone.id", index=True)
    prerequisite_id: int = Field(foreign_key="milestone.id", index=True)
