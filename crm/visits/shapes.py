"""What the reads of visits give back and what they may be asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from models import (
    VisitPerson,
)
from models.vocabulary import (
    DemandClass,
    DemandGrade,
    DemandState,
    VisitMode,
    VisitState,
)


@dataclass(frozen=True)
class EnterpriseHit:
    """One enterprise of a search. `projects` are the names of its projects in scope."""

    id: int
    name: str
    town: str
    projects: tuple[str, ...]
    last_visited_on: date | None  # by this person


@dataclass(frozen=True)
class PersonRow:
    id: int
    name: str
    title: str
    phone: str = ""  # masked unless the reader may see it


@dataclass(frozen=True)
class ProjectChoice:
    id: int
    name: str


@dataclass(frozen=True)
class VisitRow:
    """One visit of a list."""

    id: int
    visited_on: date
    enterprise_id: int | None
    enterprise: str
    project_id: int | None
    project: str
    town: str
    mode: VisitMode
    state: VisitState
    note: str
    topics: tuple[str, ...]
    author: str
    demands: int
    promises_open: int
    photos: int


@dataclass(frozen=True)
class VisitPage:
    rows: tuple[VisitRow, ...]
    total: int


@dataclass(frozen=True)
class VisitFilter:
    """What the list asks for; None or "" asks for all."""

    text: str = ""
    town_id: int | None = None
    mode: VisitMode | None = None
    state: VisitState | None = None
    from_on: date | None = None
    to_on: date | None = None
    mine: bool = False
    project_id: int | None = None
    enterprise_id: int | None = None


@dataclass(frozen=True)
class PromiseRow:
    id: int
    visit_id: int
    enterprise: str
    project_id: int | None
    project: str
    text: str
    owner: str
    due_on: date | None
    done_on: date | None
    result: str


@dataclass(frozen=True)
class DemandRow:
    id: int
    demand_class: DemandClass
    grade: DemandGrade
    content: str
    raised_on: date
    state: DemandState
    result: str


@dataclass(frozen=True)
class PhotoRow:
    public_id: str
    name: str


@dataclass(frozen=True)
class VisitCard:
    """One visit with everything on it. `editable`: this reader may mend it."""

    id: int
    version: int
    state: VisitState
    visited_on: date
    mode: VisitMode
    place: str
    topics: tuple[str, ...]
    note: str
    answered_on_spot: str
    next_visit_on: date | None
    enterprise_id: int | None
    enterprise: str
    project_id: int | None
    project: str
    author: str
    created_at: datetime
    ours: tuple[VisitPerson, ...]
    theirs: tuple[VisitPerson, ...]
    promises: tuple[PromiseRow, ...]
    demands: tuple[DemandRow, ...]
    photos: tuple[PhotoRow, ...]
    editable: bool


@dataclass(frozen=True)
class DueVisit:
    """A next visit that was agreed and has not been made."""

    visit_id: int
    enterprise_id: int
    enterprise: str
    project_id: int | None
    project: str
    due_on: date
