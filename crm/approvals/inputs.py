"""What the case forms hand in. Shapes only; whether it may be done is the action's business."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, StringConstraints

from models.vocabulary import ProcedureKind

Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Long = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]


class RegisterCase(BaseModel):
    """收件. Either a project (its enterprise is taken over) or an enterprise. `case_no` "" makes one."""

    item_id: int
    received_on: date
    project_id: int | None = None
    enterprise_id: int | None = None
    milestone_id: int | None = None
    case_no: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    request_id: Annotated[str, StringConstraints(min_length=8, max_length=40)]


class StopCase(BaseModel):
    """停表. `told_on` None: the applicant has not been told in writing, and the clock runs on."""

    case_id: int
    kind: ProcedureKind
    ground: Long
    basis: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
    planned_wd: int | None
    from_on: date
    told_on: date | None = None
    notice_no: Short = ""


class GiveNotice(BaseModel):
    """The written notice of a stop, given later."""

    stop_id: int
    told_on: date
    notice_no: Short


class ExtendCase(BaseModel):
    """延长. `basis` is asked for a second extension only."""

    case_id: int
    days: int
    approver: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
    reason: Long
    ordered_on: date
    basis: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""


class DecideCase(BaseModel):
    """办结. A permit issued has its number and day; `expires_on` None is computed from the item."""

    case_id: int
    decided_on: date
    result: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
    permit_no: Short = ""
    issued_on: date | None = None
    expires_on: date | None = None


class AmendCase(BaseModel):
    """What may be corrected by hand on a case; no date is among it. `opened` are the values shown."""

    case_id: int
    version: int
    opened: dict[str, Any]
    case_no: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    permit_no: Short
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
