"""Alerts of special procedures and of corrections: wrong in themselves though the case may be on time.

The signs are those of the supervisor's board (`crm.approvals.supervision_rules`); here they get a light.
House rule, after the lights of 电子监察: orange while the wrong lasts, red once it has lasted longer than
`red_wd` working days; yellow on the last day that is still in time. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.alerts.rules import Finding, json_facts
from crm.approvals.supervision_rules import Found, Procedure, Sign, Watched, found, unopened
from crm.workdays.rules import Calendar
from models.vocabulary import AlertKind, CaseState, Light, Party


@dataclass(frozen=True)
class ProcedureFact:
    """An open case with its special procedures, and the names the sentences need."""

    case_id: int
    case_no: str
    item: str
    watched: Watched
    project_id: int | None = None
    enterprise_id: int | None = None
    department_id: int | None = None
    department: str = ""


def procedures(
    fact: ProcedureFact, today: date, calendar: Calendar, red_wd: int, warn_wd: int
) -> Iterator[Finding]:
    """Every ground of one case. A procedure and a kind of wrong are one alert, however it climbs.

    One opened late is warned of while it lasts; afterwards nobody can mend it, and it stays on the board
    and in the case's history.
    """
    going = {p.id for p in fact.watched.procedures if p.to_on is None}
    for f in found(fact.watched, today, calendar):
        late = Light.RED if f.late_wd > red_wd else Light.ORANGE
        match f.sign:
            case Sign.UNTOLD:
                yield _of(fact, f, AlertKind.PROCEDURE_UNTOLD, "procedure_untold", late, "untold")
            case Sign.LATE_START if f.procedure_id in going:
                kind, code = AlertKind.PROCEDURE_LATE_START, "procedure_started_late"
                yield _of(fact, f, kind, code, Light.ORANGE, "start")
            case Sign.NOT_OPENED:
                yield _of(fact, f, AlertKind.PROCEDURE_LATE_START, "procedure_not_opened", late, "start")
            case Sign.OVERLONG:
                yield _of(fact, f, AlertKind.PROCEDURE_OVERLONG, "procedure_overlong", late, "length")
            case Sign.CORRECTION_OVERDUE:
                # The enterprise's own time: it never makes the authority late, so it stays yellow.
                yield _correction(fact, "correction_overdue", Light.YELLOW, f.due_on, f.late_wd, today)
    yield from _last_days(fact, today, calendar, going)
    yield from _tell_or_accept(fact, today, calendar, warn_wd)


def _last_days(fact: ProcedureFact, today: date, calendar: Calendar, going: set[int]) -> Iterator[Finding]:
    """What must begin or end today, the last day in time."""
    if fact.watched.state is not CaseState.ACCEPTED:
        return
    for required, start_by in unopened(fact.watched, calendar):
        if start_by == today:
            f = Found(
                Sign.NOT_OPENED, today, None, 0, "", required.name, required.kind, None, required.register_id
            )
            kind, code = AlertKind.PROCEDURE_LATE_START, "procedure_open_today"
            yield _of(fact, f, kind, code, Light.YELLOW, "start")
    for p in fact.watched.procedures:
        if p.id in going and p.end_by_on == today:
            yield _of(
                fact,
                _ends(p, today),
                AlertKind.PROCEDURE_OVERLONG,
                "procedure_ends_today",
                Light.YELLOW,
                "length",
            )


def _ends(p: Procedure, today: date) -> Found:
    return Found(Sign.OVERLONG, today, None, 0, "", p.name, p.kind, p.id, p.register_id)


def _tell_or_accept(fact: ProcedureFact, today: date, calendar: Calendar, warn_wd: int) -> Iterator[Finding]:
    """The last day to accept or to tell what is missing: silent after it means accepted (行政许可法 第三十二条)."""
    due = fact.watched.accept_by_on
    if fact.watched.state is not CaseState.RECEIVED or due is None:
        return
    if due > calendar.add_workdays(today, warn_wd):
        return
    if due < today:
        late = calendar.count_workdays(due, today)
        yield _correction(fact, "correction_silent", Light.RED, due, late, today)
    elif due == today:
        yield _correction(fact, "correction_tell_today", Light.ORANGE, due, None, today)
    else:
        left = calendar.count_workdays(today, due)
        yield _correction(fact, "correction_tell_soon", Light.YELLOW, due, None, today, left=left)


def _of(fact: ProcedureFact, f: Found, kind: AlertKind, code: str, light: Light, family: str) -> Finding:
    what = f.register_id if family == "start" and f.register_id else f.procedure_id or f.kind
    return Finding(
        key=f"case:{fact.case_id}:{family}:{what}",
        kind=kind,
        light=light,
        because_code=code,
        because_facts=json_facts(
            name=fact.item,
            no=fact.case_no,
            what=f.kind.value if f.kind else None,
            due=f.due_on,
            n=f.late_wd,
            opened=f.done_on,
            department=fact.department,
        ),
        record="case",
        record_id=fact.case_id,
        due_on=f.due_on,
        late_wd=f.late_wd if light is not Light.YELLOW else None,
        project_id=fact.project_id,
        enterprise_id=fact.enterprise_id,
        department_id=fact.department_id,
    )


def _correction(
    fact: ProcedureFact,
    code: str,
    light: Light,
    due: date | None,
    late_wd: int | None,
    today: date,
    **more: Any,
) -> Finding:
    theirs = code == "correction_overdue"
    return Finding(
        key=f"case:{fact.case_id}:correction",
        kind=AlertKind.CORRECTION_DUE,
        light=light,
        because_code=code,
        because_facts=json_facts(
            name=fact.item,
            no=fact.case_no,
            due=due,
            n=late_wd,
            party=Party.ENTERPRISE.value if theirs else Party.DEPARTMENT.value,
            department="" if theirs else fact.department,
            **more,
        ),
        record="case",
        record_id=fact.case_id,
        due_on=due,
        late_wd=late_wd,
        project_id=fact.project_id,
        enterprise_id=fact.enterprise_id,
        department_id=None if theirs else fact.department_id,
    )
