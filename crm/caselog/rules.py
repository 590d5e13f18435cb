"""What an export's row means: whose it is, where the case stands, what its clock says. Pure.

House rules (ADR 0016):

- A natural person is "个人" and nothing more.
- Dates decide where a case stands; words only say how it closed.
- A closed case has its measures in working days: `running` the authority's own time from day zero to the
  close, stopped days left out; `enterprise` the time papers were being put right; `stopped`.
- `late`: past the deadline the export itself states, to the instant where both are stated; else past the
  committed due date of the one clock rule (crm.approvals.rules).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from crm.approvals.rules import (
    Asked,
    Stop,
    Terms,
    case_clocks,
    clock,
    complete_on,
    day_zero,
    laid_stop,
    measures,
)
from crm.workdays.rules import Calendar
from models.vocabulary import CaseOutcome, CaseRoute, CaseState, DayUnit, ProcedureKind

ONE_DAY = timedelta(days=1)
DISTRICT = timezone(timedelta(hours=8))  # no summer time since 1991
PERSON = "个人"

# --- who applies

_ORGANISATION = re.compile(
    r"公司|企业|集团|银行|医院|学校|小学|中学|大学|政府|中心|协会|商会|工会|合作|委员|工作室|经营|事务所|幼儿园|超市|酒店|"
    r"(?i:\b(?:ltd|limited|inc|llc|corp|company|co)\b)"
)
_ENDINGS = re.compile(r".{3,}[厂店部社所局会院馆站队处场铺档吧室]$")  # 4 characters and more: 荷塘五金厂
_PERSON_KIND = re.compile(r"个人|自然人|公民|居民|群众")
_SEVERAL = re.compile(r"[、,，;；/]|等.{0,3}人?$")


def is_person(name: str, kind: str, *, has_code: bool, has_id_card: bool) -> bool:
    """Whether the applicant is a natural person: told so, known by an identity card, or named as no
    organisation is and without a credit code. In doubt a short name is a person's: it is then not kept."""
    if has_id_card or (kind and _PERSON_KIND.search(kind) and "个体" not in kind):
        return True
    if has_code or not name or (kind and not _PERSON_KIND.search(kind)):
        return False
    if "*" in name or "＊" in name:
        return True
    if _ORGANISATION.search(name) or _ENDINGS.search(name):
        return False
    if name.isascii():
        return True
    longest = max(len(piece) for piece in _SEVERAL.split(name))
    return longest <= (15 if "·" in name else 4)


# --- how it closed

# Looked for in order; the first hit decides. Reviewable: one line, one way of closing.
_CLOSINGS: tuple[tuple[re.Pattern[str], CaseState, CaseOutcome | None], ...] = (
    (re.compile(r"不予受理|不受理|未受理"), CaseState.NOT_ACCEPTED, None),
    (re.compile(r"撤回|撤件|撤销申请|主动撤"), CaseState.WITHDRAWN, None),
    (re.compile(r"终止|中止|作废|逾期未补|视为放弃|退件|作退|退办"), CaseState.TERMINATED, None),
    (re.compile(r"不|未|驳回|否决"), CaseState.DECIDED, CaseOutcome.REFUSED),
    (
        re.compile(r"准|通过|同意|批|许可|发证|出证|合格|备案|登记"),
        CaseState.DECIDED,
        CaseOutcome.GRANTED,
    ),
    (re.compile(r"办结|送达|取件|完成|已办|结束"), CaseState.DECIDED, None),
)


def closing(words: str) -> tuple[CaseState, CaseOutcome | None] | None:
    """How a result's words say the case ended; None for words that say nothing of it."""
    for pattern, state, outcome in _CLOSINGS:
        if pattern.search(words):
            return state, outcome
    return None


# 承诺件 is none of them: a case with a promised limit, as nearly every one has.
_ROUTES: tuple[tuple[str, CaseRoute], ...] = (
    ("告知承诺", CaseRoute.COMMITMENT),
    ("承诺制", CaseRoute.COMMITMENT),
    ("先行承诺", CaseRoute.COMMITMENT),
    ("容缺", CaseRoute.LATER_PAPERS),
)


def route(words: str) -> CaseRoute:
    """告知承诺, 容缺受理, else the ordinary way."""
    return next((way for word, way in _ROUTES if word in words), CaseRoute.ORDINARY)


# Looked for in order in the name of a special step.
_KINDS: tuple[tuple[str, ProcedureKind], ...] = (
    ("听证", ProcedureKind.HEARING),
    ("招标", ProcedureKind.TENDER),
    ("拍卖", ProcedureKind.AUCTION),
    ("检验", ProcedureKind.INSPECTION),
    ("检测", ProcedureKind.TESTING),
    ("检疫", ProcedureKind.QUARANTINE),
    ("鉴定", ProcedureKind.APPRAISAL),
    ("专家", ProcedureKind.EXPERT_REVIEW),
    ("技术审查", ProcedureKind.TECHNICAL_REVIEW),
    ("技术评审", ProcedureKind.TECHNICAL_REVIEW),
    ("技术评估", ProcedureKind.TECHNICAL_REVIEW),
    ("评审", ProcedureKind.EXPERT_REVIEW),
    ("核查", ProcedureKind.SITE_CHECK),
    ("勘", ProcedureKind.SITE_CHECK),
    ("踏", ProcedureKind.SITE_CHECK),
    ("公示", ProcedureKind.PUBLICITY),
    ("公告", ProcedureKind.PUBLICITY),
    ("征求", ProcedureKind.CONSULTATION),
    ("意见", ProcedureKind.CONSULTATION),
)


def procedure_kind(words: str) -> ProcedureKind:
    """The kind of special step a name tells; OTHER for one that tells none."""
    return next((kind for word, kind in _KINDS if word in words), ProcedureKind.OTHER)


def unit_of(words: str) -> DayUnit | None:
    """工作日, or 日 and 天 as calendar days; None for words that are no unit."""
    if "工作" in words:
        return DayUnit.WORKING
    return DayUnit.CALENDAR if re.search(r"日|天", words) else None


# --- what the clock says


class Course(NamedTuple):
    """The facts of one case that its clock needs. `procedure` is (from, to, told) of a special step that
    stops the clock; `stopped_wd` is the working days not counted where only their number is stated."""

    received_on: date
    accepted_on: date | None
    clock_start: str
    legal_limit: int | None
    promised_limit: int | None
    unit: DayUnit
    extension: int
    told_on: date | None
    corrected_on: date | None
    procedure: tuple[date, date | None, date | None] | None
    stopped_wd: int
    closed_on: date | None
    deadline_on: date | None  # the day of the deadline the export states
    knows_corrections: bool


class Measured(NamedTuple):
    """What the rule makes of a course. Dates as on `Case`; measures None while it is open or where the
    export cannot tell. `late` leaves the export's own deadline to `is_late`."""

    starts_on: date | None
    due_on: date | None
    promised_due_on: date | None
    yellow_on: date | None
    provisional: bool
    held_from: date | None
    untold_from: date | None
    running_wd: int | None
    enterprise_wd: int | None
    stopped_wd: int | None
    late: bool | None


class TooManyStopped(ValueError):
    """More days stopped than there were working days."""


def measure(course: Course, *, today: date, calendar: Calendar) -> Measured:
    """The dates and measures of one case. Raises `TooManyStopped` (the limit in its args)."""
    c = course
    starts_on = None
    if c.accepted_on is not None:
        starts_on = day_zero(c.clock_start, complete_on(c.received_on, c.corrected_on), c.accepted_on)
    stops = _stops(c, starts_on, today, calendar)
    terms = Terms(starts_on, c.legal_limit, c.promised_limit, c.unit, c.extension)
    clocks = case_clocks(terms, stops, today=today, calendar=calendar, decided_on=c.closed_on)
    due_on = clocks.legal.due_on if clocks.legal else None
    promised_due_on = clocks.promised.due_on if clocks.promised else None
    yellow_on = clocks.committed.yellow_on if clocks.committed else None
    if c.deadline_on is not None:
        # The acceptance system's own deadline is what it promised; the law's stays beside it.
        promised_due_on = c.deadline_on
        due_on = due_on or c.deadline_on
        yellow_on = _yellow(starts_on or c.received_on, c.deadline_on, today, calendar)
    open_stop = c.procedure if c.closed_on is None and c.procedure and c.procedure[1] is None else None
    running = enterprise = stopped = late = None
    if c.closed_on is not None:
        asked = [] if c.told_on is None else [Asked(c.told_on, c.told_on, c.corrected_on, corrects=True)]
        found = measures(terms, stops, asked, closed_on=c.closed_on, calendar=calendar)
        running, stopped, late = found.running_wd, found.stopped_wd, found.late
        enterprise = found.enterprise_wd if c.knows_corrections else None
    return Measured(
        starts_on,
        due_on,
        promised_due_on,
        yellow_on,
        clocks.provisional,
        open_stop[0] if open_stop and open_stop[2] is not None else None,
        open_stop[0] if open_stop and open_stop[2] is None else None,
        running,
        enterprise,
        stopped,
        late,
    )


def _stops(c: Course, starts_on: date | None, today: date, calendar: Calendar) -> list[Stop]:
    if c.procedure is not None:
        return [Stop(*c.procedure)]
    if not c.stopped_wd or starts_on is None:
        return []
    most = calendar.count_workdays(starts_on, c.closed_on or today)
    if c.stopped_wd > most:
        raise TooManyStopped(most)
    return [laid_stop(starts_on, c.stopped_wd, calendar)]


def _yellow(starts_on: date, due_on: date, today: date, calendar: Calendar) -> date | None:
    limit = calendar.count_workdays(starts_on, due_on)
    if limit < 0:
        return None
    return clock(starts_on, limit, today=today, calendar=calendar).yellow_on


def is_late(
    closed_on: date, closed_at: datetime | None, deadline_on: date, deadline_at: datetime | None
) -> bool:
    """Whether a case closed after the deadline its export states: by instants where both tell the time of
    day, else by days (on the day itself is in time)."""
    if closed_at is not None and deadline_at is not None:
        return closed_at > deadline_at
    return closed_on > deadline_on


def end_of(day: date) -> datetime:
    """The last instant of a day in the district: what a deadline without a time of day means."""
    return datetime.combine(day + ONE_DAY, datetime.min.time(), DISTRICT) - timedelta(microseconds=1)


def state_of(
    *,
    accepted: bool,
    told: bool,
    corrected: bool,
    closed: bool,
    delivered: bool,
    how: tuple[CaseState, CaseOutcome | None] | None,
) -> tuple[CaseState, CaseOutcome | None]:
    """Where a case stands, from its dates; `how` is what the words say of its close."""
    if closed:
        state, outcome = how or (CaseState.DECIDED, None)
        if state is CaseState.DECIDED and delivered:
            state = CaseState.DELIVERED
        return state, outcome
    if accepted:
        return CaseState.ACCEPTED, None
    return (CaseState.CORRECTING if told and not corrected else CaseState.RECEIVED), None
