"""What the visit forms hand in; whether it may be done is the action's business."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from crm.core.inputs import Input
from models.vocabulary import DemandClass, DemandGrade, VisitMode, VisitState

LENGTHS = {
    "note": 4000,
    "answered_on_spot": 2000,
    "place": 120,
    "name": 60,
    "title": 60,
    "text": 500,
    "owner": 60,
    "content": 2000,
    "result": 500,
}


class PersonIn(Input):
    """Someone at the visit. Of the enterprise: a known contact, or a new name that becomes one."""

    name: str = ""
    title: str = ""
    contact_id: int | None = None
    user_id: int | None = None


class PromiseIn(Input):
    """What we promised: the words, who does it, by when."""

    text: str
    owner: str = ""
    owner_id: int | None = None
    due_on: date | None = None


class DemandIn(Input):
    """What the enterprise asks for: class, urgency, words."""

    demand_class: DemandClass
    grade: DemandGrade = DemandGrade.ORDINARY
    content: str


class VisitForm(Input):
    """A visit as typed. `request_id` is drawn when the form opens, so that four fast clicks make one row.
    `photos` are public ids of pictures kept for this person's draft (`keep_photo`)."""

    request_id: str = Field(min_length=8, max_length=40)
    state: VisitState = VisitState.COMPLETE
    enterprise_id: int | None = None
    project_id: int | None = None
    visited_on: date
    mode: VisitMode = VisitMode.ON_SITE
    place: str = ""
    topics: tuple[str, ...] = ()
    note: str = ""
    answered_on_spot: str = ""
    next_visit_on: date | None = None
    ours: tuple[PersonIn, ...] = ()
    theirs: tuple[PersonIn, ...] = ()
    promises: tuple[PromiseIn, ...] = ()
    demands: tuple[DemandIn, ...] = ()
    photos: tuple[str, ...] = ()


class VisitEdit(Input):
    """The editable part of a visit, with what the form showed (`opened`) and the version it was opened with.
    Promises, demands and photos have verbs of their own."""

    version: int
    opened: dict[str, Any]
    state: VisitState = VisitState.COMPLETE
    enterprise_id: int | None = None
    project_id: int | None = None
    visited_on: date
    mode: VisitMode
    place: str = ""
    topics: tuple[str, ...] = ()
    note: str = ""
    answered_on_spot: str = ""
    next_visit_on: date | None = None
    ours: tuple[PersonIn, ...] = ()
    theirs: tuple[PersonIn, ...] = ()
