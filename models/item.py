"""事项: the permit catalogue with limits and their legal basis, and the plan templates made from it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Record, StepType, json_column, words
from models.vocabulary import DayUnit, Party, ProjectType, Stage


class Item(Record, table=True):
    """What one may apply for. Every limit is an editable row with its basis beside it."""

    __tablename__ = "item"

    code: str = Field(unique=True, max_length=20)
    name: str = Field(max_length=120)
    phase: str = Field(default="", max_length=10)
    kind: str = Field(default="", max_length=60)
    department: str = Field(default="", max_length=120)  # as the catalogue words it
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    legal_limit: int | None = None  # None: no limit in law
    legal_limit_text: str = Field(default="", max_length=120)
    unit: DayUnit = words(DayUnit, default=DayUnit.WORKING)
    promised_limit: int | None = None
    promised_limit_text: str = Field(default="", max_length=120)
    extension_limit: int = 0
    clock_start: str = Field(default="", max_length=60)
    legal_basis: str = Field(default="", max_length=200)
    prerequisite_text: str = Field(default="", max_length=200)
    promise_route: str = Field(default="", max_length=200)
    special_steps: str = Field(default="", max_length=200)
    follow_up: str = Field(default="", max_length=400)
    valid_months: int | None = None  # how long an issued permit holds
    renew_before: int | None = None  # apply for renewal this long before it ends
    renew_unit: DayUnit = words(DayUnit, default=DayUnit.CALENDAR)
    certainty: str = Field(
        default="", max_length=80
    )  # how well the row is known; 待核 marks what nobody confirmed
    active: bool = True


class PlanStep(Record, table=True):
    """One step of the milestone plan of one project type. `prerequisites` are codes of the same type."""

    __tablename__ = "plan_step"
    __table_args__ = (sa.UniqueConstraint("project_type", "code"),)

    project_type: ProjectType = words(ProjectType, index=True)
    code: str = Field(max_length=20)
    name: str = Field(max_length=120)
    stage: Stage = Field(sa_type=StepType(Stage), nullable=False)  # type: ignore[call-overload]
    item_code: str | None = Field(default=None, max_length=20)
    duration_wd: int = 0
    waits_for: Party = words(Party, default=Party.DEPARTMENT)
    prerequisites: list[str] = json_column(default=list)
    optional: bool = False
    sort: int = 0
