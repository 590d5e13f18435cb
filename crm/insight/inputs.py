"""What the pages of the analysis hand to the actions. Building one with bad values raises `Refusal` in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from crm.core.inputs import Input

MEASURE_FIELD_LABELS: dict[str, str] = {
    "title": "举措",
    "item_id": "事项",
    "department_id": "部门",
    "text": "怎么改",
    "owner_id": "责任人",
    "due_on": "完成期限",
    "in_force_on": "实施日期",
    "reason": "理由",
    "note": "说明",
}

Title = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=1000)]


class MeasureFields(Input):
    """What one may change of a measure. An item or a department, or both, say whose cases it is about."""

    labels: ClassVar[Mapping[str, str]] = MEASURE_FIELD_LABELS

    title: Title
    item_id: int | None = None
    department_id: int | None = None
    text: Text = ""
    owner_id: int
    due_on: date

    @model_validator(mode="before")
    @classmethod
    def _nothing_chosen_is_missing(cls, typed: Any) -> Any:
        """An empty box is said to be empty, not to hold a bad number."""
        if not isinstance(typed, dict):
            return typed
        return {k: v for k, v in typed.items() if v is not None or k not in ("owner_id", "due_on")}


class MakeMeasure(MeasureFields):
    """A measure from a finding: `found_in` are the URL parameters of the view it was found in, {} without one.
    `request_id` is drawn when the form opens, so that four fast clicks make one measure."""

    found_in: Mapping[str, str] = {}
    request_id: str = Field(min_length=8, max_length=40)


class EditMeasure(Input):
    """The fields as the form showed them (`opened`) and as typed; see `crm.core.db.apply_changes`."""

    labels: ClassVar[Mapping[str, str]] = MEASURE_FIELD_LABELS

    measure_id: int
    version: int
    opened: MeasureFields
    typed: MeasureFields


class PutInForce(Input):
    labels: ClassVar[Mapping[str, str]] = MEASURE_FIELD_LABELS

    measure_id: int
    in_force_on: date
    note: Annotated[str, Field(max_length=500)] = ""


class DropMeasure(Input):
    labels: ClassVar[Mapping[str, str]] = MEASURE_FIELD_LABELS

    measure_id: int
    reason: Annotated[str, Field(min_length=1, max_length=500)]
