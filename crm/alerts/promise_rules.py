"""Alerts of promises: what is due to be handed in, to be put right, to be checked. Pure.

Due within `soon_wd` working days yellow, today orange, past red (domain: 承诺到期前3个工作日提醒). The last day
belongs to the enterprise: only the day after is late.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from crm.alerts.rules import Finding, json_facts
from crm.workdays.rules import Calendar
from models.vocabulary import AlertKind, CaseRoute, CommitmentState, Light, Party


@dataclass(frozen=True)
class PromiseFact:
    """An open promise of a case."""

    id: int
    case_id: int
    case_no: str
    item: str
    text: str
    route: CaseRoute
    state: CommitmentState
    due_on: date
    verify_by_on: date | None
    correct_by_on: date | None
    project_id: int | None = None
    enterprise_id: int | None = None
    department_id: int | None = None
    department: str = ""


def promise(fact: PromiseFact, today: date, calendar: Calendar, soon_wd: int) -> Iterator[Finding]:
    """The grounds of one promise: the enterprise's day, and the authority's day to check."""
    if fact.state is CommitmentState.PENDING:
        yield from _due(
            fact, AlertKind.COMMITMENT_DUE, "due", "promise_due", fact.due_on, today, calendar, soon_wd
        )
    if fact.state is CommitmentState.CORRECTING and fact.correct_by_on is not None:
        yield from _due(
            fact,
            AlertKind.COMMITMENT_DUE,
            "due",
            "promise_correct",
            fact.correct_by_on,
            today,
            calendar,
            soon_wd,
        )
    checkable = fact.state in (CommitmentState.PENDING, CommitmentState.FULFILLED)
    if checkable and fact.verify_by_on is not None:
        yield from _due(
            fact,
            AlertKind.VERIFICATION_DUE,
            "verify",
            "promise_verify",
            fact.verify_by_on,
            today,
            calendar,
            soon_wd,
        )


def _due(
    fact: PromiseFact,
    kind: AlertKind,
    family: str,
    code: str,
    due: date,
    today: date,
    calendar: Calendar,
    soon_wd: int,
) -> Iterator[Finding]:
    if due > calendar.add_workdays(today, soon_wd):
        return
    late = calendar.count_workdays(due, today) if due < today else None
    light = Light.RED if due < today else Light.ORANGE if due == today else Light.YELLOW
    checks = kind is AlertKind.VERIFICATION_DUE
    yield Finding(
        key=f"commitment:{fact.id}:{family}",
        kind=kind,
        light=light,
        because_code=code,
        because_facts=json_facts(
            name=fact.item,
            no=fact.case_no,
            text=fact.text,
            route=fact.route.value,
            due=due,
            n=calendar.count_workdays(today, due) if late is None else late,
            past=late is not None,
            party=(Party.DEPARTMENT if checks else Party.ENTERPRISE).value,
            department=fact.department if checks else "",
        ),
        project_id=fact.project_id,
        record="case",
        record_id=fact.case_id,
        due_on=due,
        late_wd=late,
        enterprise_id=fact.enterprise_id,
        department_id=fact.department_id,
    )
