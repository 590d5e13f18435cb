"""What deserves a warning, and how loud: facts in, findings out.

One finding per ground. The key names the record and the family of grounds ("milestone:7:due"),
so a milestone that goes from soon to today to overdue is one alert that climbs, never three.
Every rule states a condition that stays true while its ground lasts ("later than"), never "exactly
N days ago": a missed night loses nothing.

Called by `crm.alerts.scan`. Sentences are made from `because_code` and `because_facts` in
`crm.alerts.words`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from crm.approvals.commitment_rules import HAND_IN_WD, VERIFY_DAYS
from crm.workdays.rules import Calendar
from models.vocabulary import AlertKind, AlertState, DayUnit, Light, Party, Stage

# --- thresholds ---------------------------------------------------------------------------------

MILESTONE_SOON_WD = "milestone_soon_wd"
NO_CONTACT_DAYS = "no_contact_days"
EXPIRY_WARN_DAYS = "expiry_warn_days"
COMMITMENT_SOON_WD = "commitment_soon_wd"
PROMISE_HAND_IN_WD = "promise_hand_in_wd"
PROMISE_VERIFY_DAYS = "promise_verify_days"
PROGRESS_DUE_DAY_WD = "progress_due_day_wd"
PROGRESS_YELLOW_POINTS = "progress_yellow_points"
PROGRESS_RED_POINTS = "progress_red_points"
PROCEDURE_RED_WD = "procedure_red_wd"
CORRECTION_WARN_WD = "correction_warn_wd"
LETTER_REPLY_WD = "letter_reply_wd"


@dataclass(frozen=True)
class ThresholdRule:
    """The range one threshold may take. `per_stage`: it may differ by stage; 0 then means never."""

    code: str
    default: int
    least: int
    most: int
    unit: str
    per_stage: bool = False


# House rule: a number of days beyond a year is a slip of the finger, not a policy.
THRESHOLD_RULES: dict[str, ThresholdRule] = {
    rule.code: rule
    for rule in (
        ThresholdRule(MILESTONE_SOON_WD, 5, 1, 60, "wd"),
        ThresholdRule(NO_CONTACT_DAYS, 30, 0, 365, "days", per_stage=True),
        ThresholdRule(EXPIRY_WARN_DAYS, 30, 1, 365, "days"),
        ThresholdRule(COMMITMENT_SOON_WD, 3, 1, 20, "wd"),
        ThresholdRule(PROMISE_HAND_IN_WD, HAND_IN_WD, 1, 60, "wd"),
        ThresholdRule(PROMISE_VERIFY_DAYS, VERIFY_DAYS, 1, 365, "days"),
        ThresholdRule(PROGRESS_DUE_DAY_WD, 5, 1, 20, "wd"),
        ThresholdRule(PROGRESS_YELLOW_POINTS, 10, 1, 100, "points"),
        ThresholdRule(PROGRESS_RED_POINTS, 30, 1, 100, "points"),
        ThresholdRule(PROCEDURE_RED_WD, 3, 1, 60, "wd"),
        ThresholdRule(CORRECTION_WARN_WD, 1, 1, 10, "wd"),
        ThresholdRule(LETTER_REPLY_WD, 3, 1, 60, "wd"),
    )
}


@dataclass(frozen=True)
class Thresholds:
    """The editable numbers. `values` maps (code, stage or None) to the number."""

    values: Mapping[tuple[str, int | None], int]

    def of(self, code: str, stage: Stage | None = None) -> int:
        """The stage's own number, else the one for all stages, else the default."""
        if stage is not None and (code, int(stage)) in self.values:
            return self.values[code, int(stage)]
        return self.values.get((code, None), THRESHOLD_RULES[code].default)

    def most(self, code: str) -> int:
        """The largest number any stage has."""
        own = [value for (name, stage), value in self.values.items() if name == code and stage is not None]
        return max([self.of(code), *own])


# --- what is found ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """One ground for an alert. `late_wd` is working days past `due_on`, None where days are not counted so."""

    key: str
    kind: AlertKind
    light: Light
    because_code: str
    because_facts: dict[str, Any] = field(hash=False)
    project_id: int | None
    record: str
    record_id: int
    due_on: date | None = None
    late_wd: int | None = None
    enterprise_id: int | None = None
    department_id: int | None = None


# --- milestones ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class MilestoneFact:
    """An open milestone (not done, not inactive) of an active project."""

    id: int
    project_id: int
    stage: Stage  # the project's
    name: str
    planned_on: date
    waits_for: Party
    department_id: int | None = None
    department: str = ""


def milestone(fact: MilestoneFact, today: date, calendar: Calendar, soon_wd: int) -> Finding | None:
    """Due soon (yellow, not later than the `soon_wd`-th working day from today), due today (orange), overdue (red).

    A milestone due today is not overdue; the day after it is, even on a rest day (late 0).
    """
    late: int | None = None
    if fact.planned_on < today:
        kind, light, code = AlertKind.MILESTONE_OVERDUE, Light.RED, "milestone_overdue"
        late = n = calendar.count_workdays(fact.planned_on, today)
    elif fact.planned_on == today:
        kind, light, code, n = AlertKind.MILESTONE_DUE_TODAY, Light.ORANGE, "milestone_due_today", 0
    else:
        if fact.planned_on > calendar.add_workdays(today, soon_wd):
            return None
        n = calendar.count_workdays(today, fact.planned_on)
        kind, light, code = AlertKind.MILESTONE_DUE_SOON, Light.YELLOW, "milestone_due_soon"
    return Finding(
        key=f"milestone:{fact.id}:due",
        kind=kind,
        light=light,
        because_code=code,
        because_facts=json_facts(
            name=fact.name, due=fact.planned_on, n=n, party=fact.waits_for.value, department=fact.department
        ),
        project_id=fact.project_id,
        record="milestone",
        record_id=fact.id,
        due_on=fact.planned_on,
        late_wd=late,
        department_id=fact.department_id,
    )


# --- the clock of cases -------------------------------------------------------------------------


@dataclass(frozen=True)
class ClockFact:
    """An open case with the verdict of its clock (crm.approvals.rules) on the day of the scan.

    `left` is in the unit of the limit; negative when past. `due_on` is the promised due date, or
    the legal one where nothing was promised.
    """

    case_id: int
    case_no: str
    item: str
    light: Light
    due_on: date | None
    left: int
    unit: DayUnit
    late_wd: int
    past_legal: bool = False
    project_id: int | None = None
    enterprise_id: int | None = None
    department_id: int | None = None
    department: str = ""


def clock(fact: ClockFact) -> Finding | None:
    """Yellow or orange clock -> `clock_yellow`; red -> `clock_red`. Green, blue and grey are silent."""
    if fact.light not in (Light.YELLOW, Light.ORANGE, Light.RED):
        return None
    if fact.light is Light.RED:
        kind = AlertKind.CLOCK_RED
        code = "clock_past_legal" if fact.past_legal else "clock_late"
    else:
        kind = AlertKind.CLOCK_YELLOW
        code = "clock_due_today" if fact.light is Light.ORANGE else "clock_soon"
    red = kind is AlertKind.CLOCK_RED
    return Finding(
        key=f"case:{fact.case_id}:clock",
        kind=kind,
        light=fact.light,
        because_code=code,
        because_facts=json_facts(
            name=fact.item,
            no=fact.case_no,
            due=fact.due_on,
            n=fact.late_wd if red else fact.left,
            unit=(DayUnit.WORKING if red else fact.unit).value,
            department=fact.department,
        ),
        project_id=fact.project_id,
        record="case",
        record_id=fact.case_id,
        due_on=fact.due_on,
        late_wd=fact.late_wd if red else None,
        enterprise_id=fact.enterprise_id,
        department_id=fact.department_id,
    )


# --- silence ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ContactFact:
    """`last_on` is the day of the latest complete visit or contact, never the day it was typed."""

    project_id: int
    stage: Stage
    created_on: date
    last_on: date | None


def no_contact(fact: ContactFact, today: date, limit_days: int) -> Finding | None:
    """More than `limit_days` calendar days without a visit or contact; 0 = never warns.

    Never contacted counts from the project's creation, and is red; otherwise yellow, red beyond
    twice the limit (house rule).
    """
    if limit_days <= 0:
        return None
    since = fact.last_on or fact.created_on
    silent = (today - since).days
    if silent <= limit_days:
        return None
    return Finding(
        key=f"project:{fact.project_id}:contact",
        kind=AlertKind.NO_CONTACT,
        light=Light.RED if fact.last_on is None or silent > 2 * limit_days else Light.YELLOW,
        because_code="no_contact" if fact.last_on else "never_contacted",
        because_facts=json_facts(n=silent, last=fact.last_on, limit=limit_days),
        project_id=fact.project_id,
        record="project",
        record_id=fact.project_id,
        due_on=since + timedelta(days=limit_days),
    )


# --- officers -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfficerFact:
    """An active project without an active officer. `former`: those assigned whose account is disabled."""

    project_id: int
    former: tuple[str, ...] = ()


def no_officer(fact: OfficerFact) -> Finding:
    """Yellow: nobody is late yet, but nobody would be told."""
    return Finding(
        key=f"project:{fact.project_id}:officer",
        kind=AlertKind.NO_OFFICER,
        light=Light.YELLOW,
        because_code="officer_left" if fact.former else "no_officer",
        because_facts=json_facts(names=list(fact.former)),
        project_id=fact.project_id,
        record="project",
        record_id=fact.project_id,
    )


# --- monthly progress ---------------------------------------------------------------------------

Month = tuple[int, int]  # (year, month)


@dataclass(frozen=True)
class ReportFact:
    """An active project with an annual plan. `last` is the latest month reported in the due month's year."""

    project_id: int
    created_on: date
    last: Month | None


def month_due(today: date, calendar: Calendar, due_day_wd: int) -> tuple[Month, date]:
    """The latest month whose report is overdue today, and the day it was due.

    A month is due on the `due_day_wd`-th working day of the next month, overdue the day after.
    """
    month = _previous((today.year, today.month))
    due = report_due(month, calendar, due_day_wd)
    if today <= due:
        month = _previous(month)
        due = report_due(month, calendar, due_day_wd)
    return month, due


def report_due(month: Month, calendar: Calendar, due_day_wd: int) -> date:
    """The last day on which `month` is reported in time."""
    last_day = add_months(date(month[0], month[1], 1), 1) - timedelta(days=1)
    return calendar.add_workdays(last_day, due_day_wd)


def progress_missing(fact: ReportFact, today: date, calendar: Calendar, due_day_wd: int) -> Finding | None:
    """Months of the due month's year not reported: yellow for one, red from two on.

    A month that ended before the project was registered is not asked for.
    """
    (year, upto), due = month_due(today, calendar, due_day_wd)
    first = 1
    if fact.last is not None and fact.last[0] == year:
        first = fact.last[1] + 1
    if fact.created_on.year > year:
        return None
    if fact.created_on.year == year:
        first = max(first, fact.created_on.month)
    missing = list(range(first, upto + 1))
    if not missing:
        return None
    return Finding(
        key=f"project:{fact.project_id}:report",
        kind=AlertKind.PROGRESS_MISSING,
        light=Light.YELLOW if len(missing) == 1 else Light.RED,
        because_code="progress_missing" if len(missing) == 1 else "progress_missing_months",
        because_facts=json_facts(year=year, first=missing[0], upto=upto, n=len(missing), due=due),
        project_id=fact.project_id,
        record="project",
        record_id=fact.project_id,
        due_on=due,
        late_wd=calendar.count_workdays(due, today),
    )


@dataclass(frozen=True)
class ProgressFact:
    """The latest report of the year against its plan. Amounts in 万元 (10,000 yuan)."""

    project_id: int
    stage: Stage
    month: Month
    plan_wan: Decimal
    done_wan: Decimal


def _tenths(value: Fraction) -> str:
    """One decimal, downwards: a rate is never told higher than it is."""
    whole, tenth = divmod(value * 10 // 1, 10)
    return f"{whole}.{tenth}"


def progress_behind(fact: ProgressFact, yellow_points: int, red_points: int) -> Finding | None:
    """Behind 序时进度 (months elapsed / 12) by `yellow_points` or more: yellow; by more than `red_points`: red.

    Compared before any rounding (银川市 2025-03: 10-30 points yellow, more than 30 red).
    """
    if fact.plan_wan <= 0:
        return None
    due = Fraction(fact.month[1] * 100, 12)
    rate = Fraction(fact.done_wan) * 100 / Fraction(fact.plan_wan)
    behind = due - rate
    if behind < yellow_points:
        return None
    return Finding(
        key=f"project:{fact.project_id}:progress",
        kind=AlertKind.PROGRESS_BEHIND,
        light=Light.RED if behind > red_points else Light.YELLOW,
        because_code="progress_behind",
        because_facts=json_facts(
            month=fact.month[1], rate=_tenths(rate), points=_tenths(behind + Fraction(1, 20))
        ),
        project_id=fact.project_id,
        record="project",
        record_id=fact.project_id,
    )


# --- what becomes of an alert -------------------------------------------------------------------

LOUDNESS: dict[Light, int] = {
    Light.GREEN: 0,
    Light.GREY: 0,
    Light.BLUE: 0,
    Light.YELLOW: 1,
    Light.ORANGE: 2,
    Light.RED: 3,
}


def next_state(
    state: AlertState, light: Light, snoozed_until: date | None, found: Light | None, today: date
) -> AlertState:
    """The state of a stored alert after a scan that found its ground with light `found`, or None.

    - ground gone: closed, whatever it was;
    - ground back: open again;
    - acknowledged or snoozed, and it turned red since: open again, for the person answered for less;
    - snoozed and the day has come: open again.
    """
    if found is None:
        return AlertState.CLOSED
    if state is AlertState.CLOSED:
        return AlertState.OPEN
    if (
        state in (AlertState.ACKNOWLEDGED, AlertState.SNOOZED)
        and found is Light.RED
        and light is not Light.RED
    ):
        return AlertState.OPEN
    if state is AlertState.SNOOZED and (snoozed_until is None or snoozed_until <= today):
        return AlertState.OPEN
    return state


# --- small things -------------------------------------------------------------------------------


def add_months(start: date, months: int) -> date:
    """The same day `months` later, or that month's last day (民法典 第二百零二条)."""
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    for day in (start.day, 30, 29, 28):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _previous(month: Month) -> Month:
    return (month[0] - 1, 12) if month[1] == 1 else (month[0], month[1] - 1)


def json_facts(**values: Any) -> dict[str, Any]:
    """Facts as JSON: dates as ISO text, what is missing left out."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value is not None and value != "" and value != []
    }


def unique(findings: Iterable[Finding]) -> dict[str, Finding]:
    """By key; of two with one key the louder stays."""
    chosen: dict[str, Finding] = {}
    for found in findings:
        other = chosen.get(found.key)
        if other is None or LOUDNESS[found.light] > LOUDNESS[other.light]:
            chosen[found.key] = found
    return chosen
