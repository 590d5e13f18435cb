"""The frozen facts of a paper: what every number and name in it came from.

Plain dates, numbers and words, no row of the database: that is what a template is given, what is
stored with the paper, and what its sha256 is of. The same context makes the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import PlainSerializer, TypeAdapter

from models.vocabulary import BriefingKind, DatePrecision, Light

# 万元, written without exponent or trailing zeros, so that equal amounts have equal JSON.
Wan = Annotated[Decimal, PlainSerializer(lambda v: format(v.normalize(), "f"), return_type=str)]


@dataclass(frozen=True)
class Imprint:
    """The masthead and the 报尾: whose paper this is, its number, to whom it goes."""

    masthead: str
    office: str
    series_year: int
    number: int
    issued_on: date
    report_to: str
    send_to: str
    distribute_to: str
    copies: int


@dataclass(frozen=True)
class Count:
    """How many of one kind; the kind in the field's own word."""

    name: str
    n: int


@dataclass(frozen=True)
class ProjectLine:
    """One key project as it stood on the day: a row of the annex, and a summand of every total.

    `done_wan` is this year's total up to `done_month`, None where nothing was reported this year.
    """

    project_id: int
    name: str
    town: str
    level: str
    category: str
    stage: str
    suspended: bool
    light: Light
    light_why: str
    total_wan: Wan | None
    plan_wan: Wan | None
    done_wan: Wan | None
    done_month: int | None
    unit: str
    leader: str
    officers: tuple[str, ...]
    completed: bool = False  # still counted while this year's plan names it


@dataclass(frozen=True)
class Problem:
    """A difficulty from an approved monthly report, with who, what next and by when."""

    project: str
    town: str
    text: str
    next_step: str
    unit: str
    officers: tuple[str, ...]
    due_on: date | None
    due_what: str
    month: int
    reported_on: date


@dataclass(frozen=True)
class Red:
    """A project at red: why, who answers, by when it was or is to be done."""

    project: str
    town: str
    cause: str
    unit: str
    officers: tuple[str, ...]
    due_on: date | None


@dataclass(frozen=True)
class Matter:
    """Something dated that somebody answers for: a promise, a permit case, a node, a demand.

    `late` counts the unit that bounds it (`unit_word`: 个工作日 or 天), None when not late.
    """

    subject: str
    what: str
    who: str
    on: date | None
    late: int | None = None
    unit_word: str = "个工作日"


@dataclass(frozen=True)
class VisitFacts:
    """Complete visits with `visited_on` in the period."""

    total: int
    enterprises: int
    by_mode: tuple[Count, ...]
    by_town: tuple[Count, ...]


@dataclass(frozen=True)
class DemandFacts:
    """Demands by the day they were raised and closed; `open_*` at the end of the period."""

    raised: int
    by_class: tuple[Count, ...]
    closed: int
    open_total: int
    open_major: int


@dataclass(frozen=True)
class PromiseFacts:
    """Promises: made in the period; due in it (kept in time, kept late, not kept, or due on its very last day
    and still open); open at its end."""

    made: int
    due: int
    kept: int
    kept_late: int
    broken: int
    open_total: int
    overdue: tuple[Matter, ...]
    falling_due: int = 0


@dataclass(frozen=True)
class CaseFacts:
    """Permit cases: accepted and decided in the period; open, stopped and overdue at its end."""

    accepted: int
    decided: int
    decided_late: int
    open_total: int
    stopped: int
    overdue: tuple[Matter, ...]


@dataclass(frozen=True)
class Pace:
    """The investment year: `month` is the last month reported by anybody, None before the first report.

    The counts are of projects whose plan or fact falls in the year; the three lists of 应…未… by name.
    """

    year: int
    month: int | None
    behind_report: int  # projects whose figure is older than `month`
    planned_starts: int
    started: int
    finished: int
    produced: int
    not_started: tuple[str, ...]
    not_finished: tuple[str, ...]
    not_produced: tuple[str, ...]


@dataclass(frozen=True)
class HallFacts:
    """What the reception-hall briefing tells of [from_on, to_on], both days included.

    `as_of` is the day everything "at the end" is judged on: `to_on`, or the day the paper was made when
    the period is not over.
    """

    from_on: date
    to_on: date
    as_of: date
    visits: VisitFacts
    demands: DemandFacts
    promises: PromiseFacts
    cases: CaseFacts
    pace: Pace
    projects: tuple[ProjectLine, ...]
    reds: tuple[Red, ...]
    problems: tuple[Problem, ...]
    decisions: tuple[Matter, ...]
    coming_days: int
    coming_nodes: tuple[Matter, ...]
    coming_promises: tuple[Matter, ...]
    late_nodes: tuple[Matter, ...]


@dataclass(frozen=True)
class Node:
    """One milestone of the plan."""

    name: str
    party: str
    planned_on: date | None
    done_on: date | None
    late: int | None  # working days, None when not late
    critical: bool


@dataclass(frozen=True)
class CaseRow:
    """One permit case with its clock on the day."""

    name: str
    department: str
    accepted_on: date | None
    limit: str
    due_on: date | None
    state: str
    provisional: bool


@dataclass(frozen=True)
class VisitNote:
    """One visit in a line. `people` are ours."""

    on: date
    mode: str
    people: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class DemandNote:
    demand_class: str
    grade: str
    content: str
    raised_on: date
    closed_on: date | None
    result: str


@dataclass(frozen=True)
class OfficerTerm:
    """Who answered for the project on the day, and since when."""

    name: str
    role: str
    from_on: date


@dataclass(frozen=True)
class Report:
    """One month's approved words. Unapproved words never come this far."""

    year: int
    month: int
    progress: str
    problem: str
    next_step: str
    reported_on: date


@dataclass(frozen=True)
class ProjectFacts:
    """What the single-project report tells of one project as of one day."""

    project_id: int
    as_of: date
    line: ProjectLine
    enterprise: str
    credit_code: str
    project_code: str
    project_type: str
    industry: str
    site: str
    land_mu: Wan | None
    building_sqm: Wan | None
    capacity: str
    status: str
    status_reason: str
    status_on: date | None
    start_on: date | None
    start_precision: DatePrecision
    started_on: date | None
    finish_on: date | None
    finish_precision: DatePrecision
    finished_on: date | None
    stage_entered_on: date | None
    terms: tuple[OfficerTerm, ...]
    contacts: tuple[str, ...]  # masked already
    year: int
    report: Report | None
    nodes: tuple[Node, ...]
    cases: tuple[CaseRow, ...]
    visits_this_year: int
    last_visits: tuple[VisitNote, ...]
    demands: tuple[DemandNote, ...]
    promises: tuple[Matter, ...]
    decisions: tuple[Matter, ...]
    ball: str


@dataclass(frozen=True)
class HallPaper:
    imprint: Imprint
    facts: HallFacts
    kind: BriefingKind = BriefingKind.HALL


@dataclass(frozen=True)
class ProjectPaper:
    imprint: Imprint
    facts: ProjectFacts
    kind: BriefingKind = BriefingKind.PROJECT


Paper = HallPaper | ProjectPaper

_ADAPTERS: dict[BriefingKind, TypeAdapter[Any]] = {
    BriefingKind.HALL: TypeAdapter(HallPaper),
    BriefingKind.PROJECT: TypeAdapter(ProjectPaper),
}


def to_plain(paper: Paper) -> dict[str, Any]:
    """The paper's context as JSON values: what is stored."""
    plain: dict[str, Any] = _ADAPTERS[paper.kind].dump_python(paper, mode="json")
    return plain


def from_plain(plain: dict[str, Any]) -> Paper:
    """The stored context as it was frozen. Raises `ValueError` for one of another shape."""
    paper: Paper = _ADAPTERS[BriefingKind(plain["kind"])].validate_python(plain)
    return paper


def canonical(plain: dict[str, Any]) -> bytes:
    """One spelling of a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Verdict:
    """A stored paper or letter checked again. `same_bytes` None when its template is no longer at hand."""

    snapshot_intact: bool
    file_intact: bool
    same_bytes: bool | None


def fingerprint(plain: dict[str, Any]) -> str:
    """sha256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(plain)).hexdigest()
