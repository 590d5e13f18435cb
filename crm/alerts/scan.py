"""The scan: reads the facts, asks the rules, and makes the alert table say what they say.

Runs in batches of projects, one transaction each, so that memory stays small and nobody waits
long for the database. A batch reads its facts and writes its alerts under one lock, so that two
scans at once do the same work twice and write it once; the unique key of an alert is the last
guard. A second run the same day, or the first after missed nights, finds what is true now.

What a run writes:
- a new ground: a new alert (audited);
- a ground that climbs (soon, today, overdue), goes, or comes back: the alert changes (audited), see
  `rules.next_state`;
- a ground that merely lasts: its sentence, days late and `seen_on` are refreshed. That is the passing
  of time and no change by anybody, so it leaves no line in the trail and keeps the record's version.
"""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from crm.alerts import expiry_rules, procedure_rules, promise_rules, rules
from crm.alerts.queries import facts, procedures
from crm.alerts.queries import promises as promised
from crm.alerts.queries import stored as shelf
from crm.alerts.queries.facts import Batch, Staff
from crm.alerts.queries.stored import Stored
from crm.alerts.rules import Finding
from crm.alerts.words import because
from crm.core.access import SYSTEM, Actor
from crm.core.db import fetch, reading, unit_of_work
from crm.core.i18n import using
from crm.core.today import now as instant_now
from crm.visits.queries import last_contacts
from crm.workdays.queries import calendar as read_calendar
from crm.workdays.rules import Calendar
from models import Alert, AlertRecipient, ScanRun
from models.vocabulary import AlertKind, AlertState, Light, ProjectStatus

BATCH = 400  # projects in one transaction: well under a second on SQLite
TAKE_OVER = timedelta(minutes=10)  # a run unfinished for so long has died with its process
_LOCK = 440_703_002  # any constant: one scanner at a time on PostgreSQL


@dataclass(frozen=True)
class ScanResult:
    """What a run did. `standing` are alerts open, acknowledged or snoozed when it ended.

    `ran` is False when another process has, or had, the slot. `complete` is False when it was stopped.
    """

    today: date
    ran: bool
    complete: bool
    raised: int = 0
    climbed: int = 0
    closed: int = 0
    reopened: int = 0
    by_kind: dict[AlertKind, int] = field(default_factory=dict, hash=False)

    @property
    def standing(self) -> int:
        return sum(self.by_kind.values())


def scan(
    today: date,
    *,
    slot: str | None = None,
    actor: Actor = SYSTEM,
    progress: Callable[[int, int], None] | None = None,
    stop: threading.Event | None = None,
    batch_size: int = BATCH,
    now: Callable[[], datetime] = instant_now,
) -> ScanResult:
    """Make the alerts true for the day `today`.

    `slot` is a name that only one run may have (the daily run's); without one the run is its own.
    `progress(done, total)` is called after each batch; `stop` ends the run between two batches, and the
    next run does the rest. An unexpected error is kept with the run and raised.
    """
    run_id = claim(slot or f"manual:{uuid.uuid4().hex}", today, now())
    if run_id is None:
        return ScanResult(today, ran=False, complete=False, by_kind=_standing())
    done: Counter[str] = Counter()
    complete = True
    try:
        with reading() as session:
            batches = facts.batches(session, batch_size)
        for number, batch in enumerate(batches, 1):
            if stop is not None and stop.is_set():
                complete = False
                break
            with unit_of_work(actor, "alerts.scan") as session:
                _alone(session)
                done += _one_batch(session, batch, today)
            if progress is not None:
                progress(number, len(batches))
    except Exception as error:
        with unit_of_work(actor, "alerts.scan_failed") as session:
            fetch(session, ScanRun, run_id).error = repr(error)[:500]
        raise
    by_kind = _standing()
    if complete:
        with unit_of_work(actor, "alerts.scan_done") as session:
            run = fetch(session, ScanRun, run_id)
            run.finished_at, run.error = now(), ""
            run.raised, run.closed = done["raised"], done["closed"]
            run.counts = {kind.value: n for kind, n in by_kind.items()}
    return ScanResult(
        today,
        ran=True,
        complete=complete,
        raised=done["raised"],
        climbed=done["climbed"],
        closed=done["closed"],
        reopened=done["reopened"],
        by_kind=by_kind,
    )


def rescan_project(project_id: int | None, today: date) -> None:
    """Make one project's alerts true at once, after a change that may take a ground away or bring one.

    The same batch as the daily run's, with one project in it: a few reads, and writes only where
    something changed. Called by the screens after a save (house rule, see README); None does nothing.
    It is no run of its own: nobody's permission is asked and no `ScanRun` is kept.
    """
    if project_id is None:
        return
    with unit_of_work(SYSTEM, "alerts.scan") as session:
        _alone(session)
        _one_batch(session, Batch(int(project_id), int(project_id)), today)


def claim(slot: str, today: date, now: datetime) -> int | None:
    """Take the slot: the run's id, or None when it is done or another process is at it.

    A run that did not finish within `TAKE_OVER` died with its process, or failed, and is taken over.
    """
    with unit_of_work(SYSTEM, "alerts.claim") as session:
        run = ScanRun(slot=slot, scanned_on=today, started_at=now)
        try:
            with session.begin_nested():
                session.add(run)
                session.flush()
            return run.id
        except IntegrityError:
            other = shelf.run_of(session, slot)
        if other is None or other.finished_at is not None or other.started_at > now - TAKE_OVER:
            return None
        taken = session.execute(
            sa.update(ScanRun)
            .where(
                col(ScanRun.id) == other.id,
                col(ScanRun.started_at) == other.started_at,
                col(ScanRun.finished_at).is_(None),
            )
            .values(started_at=now, error="")
            .execution_options(synchronize_session=False)
        )
        return other.id if taken.rowcount == 1 else None  # type: ignore[attr-defined]


def _standing() -> dict[AlertKind, int]:
    with reading() as session:
        return shelf.standing_by_kind(session)


def _alone(session: Session) -> None:
    """Wait for any other scanner's batch. On SQLite the transaction itself is the lock."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


# --- one batch ----------------------------------------------------------------------------------


def _one_batch(session: Session, batch: Batch, today: date) -> Counter[str]:
    calendar = read_calendar(session)
    found = rules.unique(judge(session, batch, today, calendar))
    before = shelf.stored(session, batch, found)
    done: Counter[str] = Counter()

    new = [_alert(finding, today) for key, finding in found.items() if key not in before]
    session.add_all(new)
    done["raised"] = len(new)

    changed: dict[int, tuple[Stored, Finding | None, AlertState]] = {}
    lasting: list[dict[str, Any]] = []
    for key, row in before.items():
        finding = found.get(key)
        if finding is None and row.state is AlertState.CLOSED:
            continue
        state = rules.next_state(
            row.state, row.light, row.snoozed_until, finding.light if finding else None, today
        )
        if (
            finding is None
            or state is not row.state
            or finding.light is not row.light
            or finding.kind is not row.kind
        ):
            changed[row.id] = (row, finding, state)
            continue
        fields = _telling(finding, today)
        if any(getattr(row, name) != value for name, value in fields.items() if name != "because"):
            lasting.append({"row_id": row.id} | fields)
    for alert in shelf.alerts(session, list(changed)):
        assert alert.id is not None
        row, finding, state = changed[alert.id]
        done[_change(alert, row, finding, state, today)] += 1
    session.flush()
    if lasting:
        _refresh(session, lasting)

    ids = {row.key: row.id for row in before.values()} | {a.key: a.id for a in new if a.id is not None}
    _tell(session, batch, {ids[key]: finding for key, finding in found.items()}, today)
    return done


def judge(session: Session, batch: Batch, today: date, calendar: Calendar) -> Iterator[Finding]:
    """Every ground for an alert in the batch, by the rules."""
    limits = facts.thresholds(session)
    known = facts.projects(session, batch)
    active = {id_: p for id_, p in known.items() if p.status is ProjectStatus.ACTIVE}
    warn = limits.of(rules.EXPIRY_WARN_DAYS)

    def some(findings: Iterator[Finding | None]) -> Iterator[Finding]:
        return (finding for finding in findings if finding is not None)

    for milestone in facts.due_milestones(session, batch, active, facts.soon_until(calendar, today, limits)):
        soon = limits.of(rules.MILESTONE_SOON_WD, milestone.stage)
        found = rules.milestone(milestone, today, calendar, soon)
        if found is not None:
            yield found
    yield from some(rules.clock(case) for case in facts.clocks(session, batch, today, calendar))
    red, tell = limits.of(rules.PROCEDURE_RED_WD), limits.of(rules.CORRECTION_WARN_WD)
    for watched in procedures.watched(session, batch, calendar):
        yield from procedure_rules.procedures(watched, today, calendar, red, tell)
    until = facts.warn_until(today, limits)
    yield from some(
        expiry_rules.expiry(row, today, calendar)
        for row in promised.watch_facts(session, batch, until, today, warn)
    )
    promise_soon = limits.of(rules.COMMITMENT_SOON_WD)
    for promise in promised.promises(session, batch, calendar.add_workdays(today, promise_soon)):
        yield from promise_rules.promise(promise, today, calendar, promise_soon)
    if not known:
        return
    contacts = last_contacts(session, active, today)
    for project in active.values():
        silence = rules.ContactFact(project.id, project.stage, project.created_on, contacts.get(project.id))
        found = rules.no_contact(silence, today, limits.of(rules.NO_CONTACT_DAYS, project.stage))
        if found is not None:
            yield found
    yield from (rules.no_officer(fact) for fact in facts.without_officer(session, batch, today))
    due_day = limits.of(rules.PROGRESS_DUE_DAY_WD)
    (year, _month), _due = rules.month_due(today, calendar, due_day)
    yield from some(
        rules.progress_missing(fact, today, calendar, due_day)
        for fact in facts.reports(session, batch, active, year)
    )
    yield from some(
        rules.progress_behind(
            fact,
            limits.of(rules.PROGRESS_YELLOW_POINTS, fact.stage),
            limits.of(rules.PROGRESS_RED_POINTS, fact.stage),
        )
        for fact in facts.progress(session, batch, active, today.year)
    )


def _telling(finding: Finding, today: date) -> dict[str, Any]:
    """The fields of an alert that follow the finding from day to day."""
    told = finding.because_facts | {"year_now": today.year}
    with using("zh_CN"):
        sentence = because(finding.because_code, told)
    return {
        "because": sentence[:500],
        "because_code": finding.because_code,
        "because_facts": told,
        "due_on": finding.due_on,
        "late_wd": finding.late_wd,
        "seen_on": today,
        "project_id": finding.project_id,
        "enterprise_id": finding.enterprise_id,
        "department_id": finding.department_id,
    }


def _alert(finding: Finding, today: date) -> Alert:
    return Alert(
        key=finding.key,
        kind=finding.kind,
        light=finding.light,
        record=finding.record,
        record_id=finding.record_id,
        state=AlertState.OPEN,
        raised_on=today,
        **_telling(finding, today),
    )


def _change(alert: Alert, row: Stored, finding: Finding | None, state: AlertState, today: date) -> str:
    """Move a stored alert to its new state; returns what happened, for the count."""
    if finding is None:
        alert.state, alert.closed_on, alert.snoozed_until = state, today, None
        return "closed"
    climbed = rules.LOUDNESS[finding.light] > rules.LOUDNESS[row.light]
    for name, value in _telling(finding, today).items():
        setattr(alert, name, value)
    alert.kind, alert.light, alert.state = finding.kind, finding.light, state
    if row.state is AlertState.CLOSED:
        alert.raised_on, alert.closed_on = today, None
        alert.handled_by, alert.handled_at, alert.handled_note = None, None, ""
        return "reopened"
    if state is AlertState.OPEN:
        alert.snoozed_until = None
    return "climbed" if climbed else "changed"


def _refresh(session: Session, rows: list[dict[str, Any]]) -> None:
    table = Alert.__table__  # type: ignore[attr-defined]
    names = [name for name in rows[0] if name != "row_id"]
    session.connection().execute(
        sa.update(table)
        .where(table.c.id == sa.bindparam("row_id"))
        .values({name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
        .execution_options(unaudited="a ground that lasts: time passing, not a change by anybody"),
        [{"row_id": r["row_id"]} | {f"new_{name}": r[name] for name in names} for r in rows],
    )


# --- who is told --------------------------------------------------------------------------------


def _tell(session: Session, batch: Batch, standing: dict[int, Finding], today: date) -> None:
    """Make the recipients of the standing alerts the people answerable today."""
    officers = facts.officers_of(session, batch, today)
    people = facts.staff(session)
    told = shelf.recipients(session, batch)
    add: list[dict[str, Any]] = []
    drop: list[int] = []
    for alert_id, finding in standing.items():
        wanted = whom(finding, officers, people)
        already = told.get(alert_id, {})
        add += [{"alert_id": alert_id, "user_id": u} for u in sorted(wanted - already.keys())]
        drop += [row_id for user_id, row_id in already.items() if user_id not in wanted]
    if add:
        session.execute(sa.insert(AlertRecipient), add)
    for start in range(0, len(drop), shelf.AT_ONCE):
        some = drop[start : start + shelf.AT_ONCE]
        session.execute(sa.delete(AlertRecipient).where(col(AlertRecipient.id).in_(some)))


def whom(finding: Finding, officers: dict[int, frozenset[int]], people: Staff) -> frozenset[int]:
    """The project's officers; the handlers of the department waited for; supervisors when it is red or
    nobody else would be told. Leaders are not disturbed by single alerts (house rule)."""
    told: frozenset[int] = frozenset()
    if finding.project_id is not None:
        told |= officers.get(finding.project_id, frozenset())
    if finding.department_id is not None:
        told |= people.handlers.get(finding.department_id, frozenset())
    if finding.light is Light.RED or finding.kind is AlertKind.NO_OFFICER or not told:
        told |= people.supervisors
    return told
