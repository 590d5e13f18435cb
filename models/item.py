"""事项: the permit catalogue with limits and their legal basis, its versions, documents and register of
special procedures, and the plan templates made from it."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Record, StepType, json_column, words
from models.vocabulary import DayUnit, DocumentStanding, Party, ProcedureKind, ProjectType, Stage


class Item(Record, table=True):
    """What one may apply for. Every limit is an editable row with its basis beside it.

    The rule fields are those of the version in force today (`ItemVersion`): a copy for lists and joins,
    written by the catalogue's actions alone.
    """

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
    correction_limit: int = 5  # working days to tell what is missing (行政许可法 第三十二条); 3 for some
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
    # Named by an import of the hall's cases: no rule known yet, not offered for a new case.
    from_hall: bool = False
    # The acceptance system's own code of it (实施编码), where it is not ours.
    hall_code: str = Field(default="", max_length=60, index=True)
    active: bool = True


class ItemVersion(Record, table=True):
    """The item's rule from `from_on` until the day before `to_on` (None: until further notice).

    `rule` holds every rule field of `Item` as it was; a case points at the version it came under.
    """

    __tablename__ = "item_version"
    __table_args__ = (sa.UniqueConstraint("item_id", "from_on"),)

    item_id: int = Field(foreign_key="item.id", index=True)
    from_on: date
    to_on: date | None = None
    rule: dict[str, Any] = json_column()
    reason: str = Field(default="", max_length=300)  # why the rule changed, with the notice's number


class ItemDocument(Record, table=True):
    """材料: one document the item's rule asks for, and what may stand in for it, from `since_on` on."""

    __tablename__ = "item_document"
    __table_args__ = (sa.Index("ix_item_document_item", "item_id", "sort"),)

    item_id: int = Field(foreign_key="item.id")
    name: str = Field(max_length=200)
    standing: DocumentStanding = words(DocumentStanding, default=DocumentStanding.NEEDED)
    since_on: date | None = None  # the day this standing came into force
    before: DocumentStanding | None = words(DocumentStanding, nullable=True)  # what it was until then
    basis: str = Field(default="", max_length=200)
    note: str = Field(default="", max_length=300)
    sort: int = 0


class ItemProcedure(Record, table=True):
    """特殊环节登记: one kind of special procedure of one item, as its supervisor may hold it against a case.

    `stops_clock` follows 行政许可法 第四十五条 unless the item's own basis says otherwise, named in
    `stop_basis`. Limits are working days.
    """

    __tablename__ = "item_procedure"
    __table_args__ = (sa.UniqueConstraint("item_id", "kind", "name"),)

    item_id: int = Field(foreign_key="item.id", index=True)
    kind: ProcedureKind = words(ProcedureKind)
    name: str = Field(default="", max_length=80)  # as the item's guide words it
    stops_clock: bool = False
    stop_basis: str = Field(default="", max_length=200)
    basis: str = Field(default="", max_length=200)
    conditions: str = Field(default="", max_length=500)
    start_limit_wd: int | None = None  # after acceptance
    longest_wd: int | None = None
    times: int = 1
    notice_needed: bool = False
    charged: bool = False
    charge_basis: str = Field(default="", max_length=200)
    certainty: str = Field(default="", max_length=80)
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
