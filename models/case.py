"""办件 in its first form: one application of one item, with its clock and stops."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Record, words
from models.vocabulary import CaseState, DayUnit, StopKind


class Case(Record, table=True):
    """A statutory date is never typed: `due_on`, `promised_due_on` and `yellow_on` are hints
    that the action writes from the rule (crm.approvals.rules) whenever a ground changes."""

    __tablename__ = "permit_case"
    __table_args__ = (
        sa.Index("ix_permit_case_open_due", "decided_on", "due_on"),
        sa.Index("ix_permit_case_expiry", "expires_on"),
    )

    case_no: str = Field(unique=True, max_length=40)
    item_id: int = Field(foreign_key="item.id", index=True)
    enterprise_id: int | None = Field(default=None, foreign_key="enterprise.id", index=True)
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    milestone_id: int | None = Field(default=None, foreign_key="milestone.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    state: CaseState = words(CaseState, default=CaseState.RECEIVED)
    received_on: date
    accepted_on: date | None = None
    # Day zero of the clock: the acceptance, or the receipt where the item's law counts from it.
    starts_on: date | None = None
    # The item's limits as they were on the day: a change of rule never rewrites a running case.
    legal_limit: int | None = None
    promised_limit: int | None = None
    unit: DayUnit = words(DayUnit, default=DayUnit.WORKING)
    extension: int = 0
    extension_approver: str = Field(default="", max_length=60)
    extension_reason: str = Field(default="", max_length=300)
    extended_on: date | None = None
    due_on: date | None = None
    promised_due_on: date | None = None
    yellow_on: date | None = None
    provisional: bool = False
    decided_on: date | None = None
    result: str = Field(default="", max_length=120)
    permit_no: str = Field(default="", max_length=80)
    issued_on: date | None = None
    expires_on: date | None = None
    renew_by_on: date | None = None
    note: str = Field(default="", max_length=500)
    request_id: str | None = Field(default=None, unique=True, max_length=40)  # four fast clicks make one row


class ClockStop(Record, table=True):
    """停表, half-open [from_on, to_on); `to_on` None while it lasts.
    Without `told_on` (written notice, 行政许可法 第四十五条) it does not stop the clock."""

    __tablename__ = "clock_stop"

    case_id: int = Field(foreign_key="permit_case.id", index=True)
    kind: StopKind = words(StopKind)
    ground: str = Field(max_length=300)
    basis: str = Field(max_length=200)
    from_on: date
    to_on: date | None = None
    planned_wd: int
    told_on: date | None = None
    notice_no: str = Field(default="", max_length=80)
