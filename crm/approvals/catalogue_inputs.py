"""What the catalogue's forms hand in. Shapes only; whether it may be done is the action's business."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from crm.approvals.catalogue_rules import Entry, ItemRule
from models.vocabulary import DayUnit, DocumentStanding, ProcedureKind

Text60 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
Text80 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Text120 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
Text200 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Text300 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Days = Annotated[int, Field(ge=0, le=3650)]
Length = Annotated[int, Field(ge=1, le=365)]


class EditItem(BaseModel):
    """What of an item is no rule, and so is in force at once; `opened` are the values the form showed."""

    item_id: int
    version: int
    opened: dict[str, Any]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    department: Text120
    department_id: int | None
    certainty: Text80
    active: bool


class RuleForm(BaseModel):
    """An item's rule as typed; the fields of `ItemRule`."""

    legal_limit: Days | None
    legal_limit_text: Text120
    unit: DayUnit
    promised_limit: Days | None
    promised_limit_text: Text120
    extension_limit: Days
    correction_limit: Annotated[int, Field(ge=1, le=5)]  # 行政许可法 第三十二条: five at most
    clock_start: Text60
    legal_basis: Text200
    prerequisite_text: Text200
    promise_route: Text200
    special_steps: Text200
    follow_up: Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
    valid_months: Annotated[int, Field(ge=1, le=1200)] | None
    renew_before: Days | None
    renew_unit: DayUnit
    certainty: Text80

    def rule(self) -> ItemRule:
        return ItemRule(**self.model_dump())


class ChangeRule(BaseModel):
    """A new version of an item's rule, in force from a day. `opened` is the rule the form showed;
    `reason` says why, with the notice's number."""

    item_id: int
    opened: RuleForm
    typed: RuleForm
    from_on: date | None
    reason: Text300


class DocumentForm(BaseModel):
    """A document (材料) as typed; `document_id` None adds one. `since_on`: the day the standing comes into
    force, None for one that always was so."""

    item_id: int
    document_id: int | None = None
    version: int = 1
    opened: dict[str, Any] = Field(default_factory=dict)
    name: Text200
    standing: DocumentStanding
    since_on: date | None = None
    basis: Text200 = ""
    note: Text300 = ""


class ProcedureForm(BaseModel):
    """An entry of the register as typed; `procedure_id` None adds one."""

    item_id: int
    procedure_id: int | None = None
    version: int = 1
    opened: dict[str, Any] = Field(default_factory=dict)
    kind: ProcedureKind
    name: Text80
    stops_clock: bool
    stop_basis: Text200
    basis: Text200
    conditions: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
    start_limit_wd: Annotated[int, Field(ge=0, le=365)] | None
    longest_wd: Length | None
    times: Annotated[int, Field(ge=1, le=99)]
    notice_needed: bool
    charged: bool
    charge_basis: Text200
    certainty: Text80
    active: bool

    def entry(self) -> Entry:
        return Entry(**self.model_dump(exclude={"item_id", "procedure_id", "version", "opened"}))
