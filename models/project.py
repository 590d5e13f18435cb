"""重点项目: what is built, where it stands, and its money month by month."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Base, Record, StepType, instant, json_column, now_column, wan, words
from models.vocabulary import (
    Category,
    DatePrecision,
    Level,
    PlanClass,
    ProjectStatus,
    ProjectType,
    Stage,
)


class Project(Record, table=True):
    """A key project. Its light is computed (crm.projects.queries), never stored."""

    __tablename__ = "project"
    __table_args__ = (
        sa.Index("ix_project_town_stage", "town_id", "stage"),
        # No index on (status, stage): nearly all are active, and scanning it would visit each project's
        # milestones out of order, half as fast as in the order of ids.
        sa.Index("ix_project_name_key_town", "name_key", "town_id"),
    )

    name: str = Field(max_length=200)
    name_key: str = Field(max_length=200)
    pinyin: str = Field(default="", max_length=800)
    initials: str = Field(default="", max_length=200, index=True)
    project_code: str | None = Field(default=None, unique=True, max_length=30)
    enterprise_id: int | None = Field(default=None, foreign_key="enterprise.id", index=True)
    town_id: int | None = Field(default=None, foreign_key="town.id")
    level: Level | None = words(Level, nullable=True, index=True)
    category: Category | None = words(Category, nullable=True)
    project_type: ProjectType = words(ProjectType, default=ProjectType.NEW_BUILD)
    plan_class: PlanClass | None = words(PlanClass, nullable=True)
    industry: str = Field(default="", max_length=80)
    site: str = Field(default="", max_length=200)
    land_mu: Decimal | None = Field(default=None, max_digits=12, decimal_places=2)
    building_sqm: Decimal | None = Field(default=None, max_digits=14, decimal_places=2)
    capacity: str = Field(default="", max_length=1000)
    land_by_auction: bool = True
    total_wan: Decimal | None = wan()
    start_on: date | None = None
    start_precision: DatePrecision = words(DatePrecision, default=DatePrecision.DAY)
    finish_on: date | None = None
    finish_precision: DatePrecision = words(DatePrecision, default=DatePrecision.DAY)
    production_on: date | None = None  # wanted date of production, for 倒排工期
    started_on: date | None = None  # actual
    finished_on: date | None = None
    produced_on: date | None = None
    lead_unit: str = Field(default="", max_length=80)
    lead_department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    leader: str = Field(default="", max_length=60)  # 挂点领导, as the ledger names him
    stage: Stage = Field(default=Stage.EARLY_PLANNING, sa_type=StepType(Stage), nullable=False)  # type: ignore[call-overload]
    stage_entered_on: date | None = None
    status: ProjectStatus = words(ProjectStatus, default=ProjectStatus.ACTIVE)
    status_reason: str = Field(default="", max_length=500)
    status_on: date | None = None
    ball: str = Field(default="", max_length=20)  # a Party value set by hand; "" = derived
    ball_note: str = Field(default="", max_length=200)
    last_contact_on: date | None = Field(
        default=None, index=True
    )  # hint: latest visited_on of complete visits
    remark: str = Field(default="", max_length=2000)
    extra: dict[str, Any] = json_column()  # ledger columns kept under their own header
    batch_id: int | None = Field(default=None, foreign_key="import_batch.id")


class DepartmentContact(Record, table=True):
    """部门联络员 of one project."""

    __tablename__ = "department_contact"
    __table_args__ = (sa.UniqueConstraint("project_id", "department_id", "name"),)

    project_id: int = Field(foreign_key="project.id", index=True)
    department_id: int = Field(foreign_key="department.id", index=True)
    name: str = Field(max_length=60)
    phone: str = Field(default="", max_length=30)


class GateFact(Record, table=True):
    """Something a gate asks for that no other record proves, confirmed by a person with its evidence."""

    __tablename__ = "gate_fact"
    __table_args__ = (sa.UniqueConstraint("project_id", "code"),)

    project_id: int = Field(foreign_key="project.id", index=True)
    code: str = Field(max_length=40)
    confirmed_on: date
    evidence: str = Field(default="", max_length=300)


class StageMove(Base, table=True):
    """One entry into a stage. Never edited."""

    __tablename__ = "stage_move"

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    from_stage: Stage = Field(sa_type=StepType(Stage), nullable=False)  # type: ignore[call-overload]
    to_stage: Stage = Field(sa_type=StepType(Stage), nullable=False)  # type: ignore[call-overload]
    moved_on: date
    moved_at: datetime = now_column()
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    note: str = Field(default="", max_length=500)
    overridden: bool = False
    missing: list[str] = json_column(default=list)  # what an override walked past


class AnnualPlan(Record, table=True):
    """年度计划投资 of one project in one year."""

    __tablename__ = "annual_plan"
    __table_args__ = (sa.UniqueConstraint("project_id", "year"),)

    project_id: int = Field(foreign_key="project.id", index=True)
    year: int
    plan_wan: Decimal | None = wan()
    batch_id: int | None = Field(default=None, foreign_key="import_batch.id")


class MonthlyProgress(Record, table=True):
    """What a project reported for one month. `done_wan` is this year's total up to the month's end."""

    __tablename__ = "monthly_progress"
    __table_args__ = (
        sa.UniqueConstraint("project_id", "year", "month"),
        sa.Index("ix_monthly_progress_period", "year", "month"),
    )

    project_id: int = Field(foreign_key="project.id", index=True)
    year: int
    month: int
    done_wan: Decimal | None = wan()
    progress: str = Field(default="", max_length=2000)
    problem: str = Field(default="", max_length=2000)
    next_step: str = Field(default="", max_length=2000)
    reported_on: date
    approved_at: datetime | None = instant()  # only approved text enters a paper
    approved_by: int | None = Field(default=None, foreign_key="user_account.id")
    batch_id: int | None = Field(default=None, foreign_key="import_batch.id")
