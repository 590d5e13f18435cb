"""What the catalogue's forms hand in. Shapes only; whether it may be done is the action's business."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from models.vocabulary import DayUnit

Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Text200 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Days = Annotated[int, Field(ge=0, le=3650)]


class EditItem(BaseModel):
    """One row of the catalogue as typed; `opened` are the values the form showed."""

    item_id: int
    version: int
    opened: dict[str, Any]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    department_id: int | None
    legal_limit: Days | None
    legal_limit_text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
    unit: DayUnit
    promised_limit: Days | None
    promised_limit_text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
    extension_limit: Days
    clock_start: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
    legal_basis: Text200
    promise_route: Text200
    special_steps: Text200
    follow_up: Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
    valid_months: Annotated[int, Field(ge=1, le=1200)] | None
    renew_before: Days | None
    renew_unit: DayUnit
    certainty: Short
    active: bool
