"""What the case forms hand in. Shapes only; whether it may be done is the action's business."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from models.vocabulary import CaseOutcome, ProcedureKind

Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Long = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]  # kept in the result


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


class NoticeFile(BaseModel):
    """The written notice itself, as it was uploaded."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    data: bytes


class TellCorrection(BaseModel):
    """一次性告知补正: what is missing, told on which day, to be answered by which."""

    case_id: int
    told_on: date
    due_on: date
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


class NotAccept(BaseModel):
    """不予受理, in writing."""

    case_id: int
    refused_on: date
    reason: Reason
    notice_no: Short


class OpenProcedure(BaseModel):
    """启动特殊环节. Whether it stops the clock is the register's business, never typed.

    `told_on` None: the applicant has not been told in writing, and a clock it would stop runs on.
    `register_id` chooses among several rows of the same kind. `approver` is asked for a further use
    than the register allows.
    """

    case_id: int
    kind: ProcedureKind
    ground: Long
    basis: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
    planned_wd: int | None
    from_on: date
    opened_by: Name = ""
    register_id: int | None = None
    told_on: date | None = None
    notice_no: Short = ""
    notice_file: NoticeFile | None = None
    staff: list[Name] = Field(default_factory=list, max_length=20)
    approver: Name = ""


class GiveNotice(BaseModel):
    """The written notice of a special procedure, given later."""

    procedure_id: int
    told_on: date
    notice_no: Short
    notice_file: NoticeFile | None = None


class CloseProcedure(BaseModel):
    """结束特殊环节. `to_on` is the first day after it: of a stop, the first day that counts again."""

    procedure_id: int
    to_on: date
    result: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class ExtendCase(BaseModel):
    """延长. `basis` is asked for a second extension only. `told_on`: the applicant was told why; None
    leaves that duty open."""

    case_id: int
    days: int
    approver: Name
    reason: Long
    ordered_on: date
    told_on: date | None = None
    basis: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""


class DecideCase(BaseModel):
    """办结. `result` "" takes the outcome's word. A permit issued has its number and day; `expires_on` None
    is computed from the item."""

    case_id: int
    decided_on: date
    outcome: CaseOutcome | None
    result: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    permit_no: Short = ""
    issued_on: date | None = None
    expires_on: date | None = None


class TerminateCase(BaseModel):
    """终止办理: without a decision, by a rule that says so."""

    case_id: int
    ended_on: date
    basis: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
    reason: Reason


class AmendCase(BaseModel):
    """What may be corrected by hand on a case; no date is among it. `opened` are the values shown."""

    case_id: int
    version: int
    opened: dict[str, Any]
    case_no: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    permit_no: Short
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
