"""Alerts of the expiry watch: one finding for each row of the watch list that is near or past. Pure.

The list itself, with its articles of law, is `crm.approvals.watch_rules`; screen and alerts share its rows and
its lights.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crm.alerts.rules import Finding, json_facts
from crm.approvals.watch_rules import BY_CODE, PERMIT
from crm.workdays.rules import Calendar
from models.vocabulary import AlertKind, Light


@dataclass(frozen=True)
class WatchFact:
    """A row of the watch list. `key` is its own ("case:9:start_construction"); `light` and `days_left` are the
    rule's; `act_by_on` the day to act by, `renewing` when that is the last day to apply for renewal."""

    key: str
    line: str
    record: str
    record_id: int
    name: str
    from_on: date
    act_by_on: date
    light: Light
    days_left: int
    expires_on: date | None = None
    renewing: bool = False
    extended: int = 0
    permit_no: str = ""
    what: str = ""
    case_id: int | None = None
    project_id: int | None = None
    enterprise_id: int | None = None
    department_id: int | None = None


def expiry(fact: WatchFact, today: date, calendar: Calendar) -> Finding | None:
    """The finding of one row; None while its light is green."""
    if fact.light is Light.GREEN:
        return None
    known = BY_CODE.get(fact.line)
    late = fact.days_left < 0
    return Finding(
        key=fact.key,
        kind=AlertKind.EXPIRY,
        light=fact.light,
        because_code=_code(fact, late=late),
        because_facts=json_facts(
            name=fact.name,
            no=fact.permit_no,
            what=fact.what,
            start=fact.from_on,
            due=fact.act_by_on,
            left=fact.days_left,
            expires=fact.expires_on,
            extended=fact.extended,
            used_up=bool(known and known.extensions and fact.extended >= known.extensions),
            basis=known.basis if known else "",
        ),
        project_id=fact.project_id,
        record="case" if fact.case_id is not None else fact.record,
        record_id=fact.case_id if fact.case_id is not None else fact.record_id,
        due_on=fact.act_by_on,
        late_wd=calendar.count_workdays(fact.act_by_on, today) if late else None,
        # Told with its project; a permit without one, with its enterprise.
        enterprise_id=fact.enterprise_id if fact.project_id is None or fact.line == PERMIT else None,
        department_id=fact.department_id,
    )


def _code(fact: WatchFact, *, late: bool) -> str:
    if fact.renewing:
        return "permit_renew"
    if fact.line == PERMIT:
        return "permit_expires"
    if fact.line == "start_construction" and late:
        return "permit_void"
    return fact.line
