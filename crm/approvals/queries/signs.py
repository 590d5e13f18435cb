"""The signs of the supervisor's board as SQL conditions on open cases, and one case's facts for the rule.

Two tellings of `crm.approvals.supervision_rules.found`: the conditions count and find thousands of cases by
indexed hints, `watched_of` reads what the rule needs for a page of them. A test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals.queries.cases import procedures_of, register_row
from crm.approvals.queries.light_sql import light_on
from crm.approvals.rules.procedures import LAW_START_WD, start_limit
from crm.approvals.supervision_rules import Procedure, Required, Sign, Watched, end_by
from crm.workdays.rules import Calendar
from models import Case, ItemProcedure, SpecialProcedure
from models.vocabulary import PROCEDURE_KIND_LABELS, CaseSource, CaseState, Light

OPEN = col(Case.decided_on).is_(None)
RUNNING = sa.and_(OPEN, col(Case.state) == CaseState.ACCEPTED)


def sign_conditions(session: Session, today: date, calendar: Calendar) -> dict[Sign, sa.ColumnElement[bool]]:
    """The SQL condition on `Case` of every sign. "New" means since the last working day: what fell due on a
    Friday, or a Saturday counted in calendar days, is new on Monday."""
    last_workday, next_workday = calendar.add_workdays(today, -1), calendar.add_workdays(today, 1)
    light = light_on(today)
    first_due = sa.case(
        (col(Case.promised_due_on).is_(None), col(Case.due_on)),
        (col(Case.due_on).is_(None), col(Case.promised_due_on)),
        (col(Case.due_on) < col(Case.promised_due_on), col(Case.due_on)),
        else_=col(Case.promised_due_on),
    )
    return {
        Sign.NEW_YELLOW: sa.and_(
            OPEN,
            col(Case.yellow_on) > last_workday,
            col(Case.yellow_on) <= today,
            light == Light.YELLOW.value,
        ),
        Sign.NEW_RED: sa.and_(OPEN, first_due >= last_workday, first_due < today, light == Light.RED.value),
        Sign.UNTOLD: sa.and_(
            RUNNING,
            _of_procedure(
                col(SpecialProcedure.stops_clock).is_(True),
                col(SpecialProcedure.to_on).is_(None),
                col(SpecialProcedure.told_on).is_(None),
            ),
        ),
        Sign.LATE_START: sa.and_(
            RUNNING, _of_procedure(col(SpecialProcedure.from_on) > col(SpecialProcedure.start_by_on))
        ),
        Sign.NOT_OPENED: sa.and_(RUNNING, _not_opened(session, today, calendar)),
        Sign.OVERLONG: sa.and_(
            RUNNING,
            _of_procedure(col(SpecialProcedure.to_on).is_(None), _past_its_end(session, today, calendar)),
        ),
        Sign.SILENT: sa.and_(
            OPEN, col(Case.state) == CaseState.RECEIVED, col(Case.accept_by_on) <= next_workday
        ),
        Sign.CORRECTION_OVERDUE: sa.and_(
            OPEN, col(Case.state) == CaseState.CORRECTING, col(Case.correction_due_on) < today
        ),
        Sign.EXTENSION_UNTOLD: sa.and_(
            RUNNING, col(Case.extended_on).is_not(None), col(Case.extension_told_on).is_(None)
        ),
        Sign.UNDELIVERED: sa.and_(
            col(Case.state) == CaseState.DECIDED,
            col(Case.deliver_by_on) < today,
            col(Case.delivered_on).is_(None),
        ),
    }


def _of_procedure(*where: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return col(Case.id).in_(select(SpecialProcedure.case_id).where(*where))


def _past_its_end(session: Session, today: date, calendar: Calendar) -> sa.ColumnElement[bool]:
    """Past the day copied from the register; without one, past the length it was planned for."""
    open_ended = sa.and_(col(SpecialProcedure.to_on).is_(None), col(SpecialProcedure.end_by_on).is_(None))
    planned = session.exec(select(SpecialProcedure.planned_wd).where(open_ended).distinct()).all()
    return sa.or_(
        col(SpecialProcedure.end_by_on) < today,
        sa.and_(
            col(SpecialProcedure.end_by_on).is_(None),
            col(SpecialProcedure.from_on)
            < _begun_before(SpecialProcedure.planned_wd, planned, today, calendar),
        ),
    )


def _begun_before(length: Any, lengths: Sequence[int], today: date, calendar: Calendar) -> Any:
    """By a column of working days, the first day that is not yet over: what began before it is past its end.

    add_workdays(day, n) < today exactly when day < this.
    """
    if not lengths:
        return sa.literal(None, sa.Date)
    firsts = []
    for n in lengths:
        day = calendar.add_workdays(today, -n)
        while calendar.add_workdays(day - timedelta(days=1), n) >= today:
            day -= timedelta(days=1)
        while calendar.add_workdays(day, n) < today:
            day += timedelta(days=1)
        firsts.append((length == n, sa.literal(day, sa.Date)))
    return sa.case(*firsts, else_=sa.literal(None, sa.Date))


# The start limit of a register row, never laxer than the law's: `rules.start_limit` in SQL.
_START_LIMIT: Any = sa.case(
    *(
        (
            sa.and_(
                col(ItemProcedure.kind) == kind,
                sa.or_(
                    col(ItemProcedure.start_limit_wd).is_(None), col(ItemProcedure.start_limit_wd) > law_wd
                ),
            ),
            law_wd,
        )
        for kind, law_wd in LAW_START_WD.items()
    ),
    else_=col(ItemProcedure.start_limit_wd),
)


def _required() -> tuple[sa.ColumnElement[bool], ...]:
    """Register rows every case of the item goes through: see `supervision_rules.Required`."""
    return (
        col(ItemProcedure.active).is_(True),
        _START_LIMIT.is_not(None),
        col(ItemProcedure.conditions) == "",
    )


def _not_opened(session: Session, today: date, calendar: Calendar) -> sa.ColumnElement[bool]:
    limits = session.execute(sa.select(_START_LIMIT).where(*_required()).distinct()).scalars().all()
    opened = sa.exists().where(
        col(SpecialProcedure.case_id) == col(Case.id),
        sa.or_(
            col(SpecialProcedure.register_id) == col(ItemProcedure.id),
            sa.and_(
                col(SpecialProcedure.register_id).is_(None),
                col(SpecialProcedure.kind) == col(ItemProcedure.kind),
            ),
        ),
    )
    begun = _begun_before(_START_LIMIT, [int(n) for n in limits], today, calendar)
    missing = sa.exists().where(
        col(ItemProcedure.item_id) == col(Case.item_id),
        *_required(),
        col(Case.accepted_on) < begun,
        ~opened.correlate(Case, ItemProcedure),
    )
    # The hall's export tells nothing of procedures: only for cases kept here can one be missing.
    return sa.and_(col(Case.source) == CaseSource.OURS, missing.correlate(Case))


def watched_of(session: Session, cases: Sequence[Case], calendar: Calendar) -> dict[int, Watched]:
    """By case: what the signs are read from. Three reads however many cases."""
    procedures = procedures_of(session, [int(c.id or 0) for c in cases])
    ours = {c.item_id for c in cases if c.source is CaseSource.OURS and c.state is CaseState.ACCEPTED}
    required: dict[int, list[Required]] = {}
    register: dict[int, ItemProcedure] = {}
    for start in range(0, len(ordered := sorted(ours)), 500):
        for r in session.exec(
            select(ItemProcedure)
            .where(col(ItemProcedure.item_id).in_(ordered[start : start + 500]))
            .order_by(col(ItemProcedure.id))
        ):
            register[int(r.id or 0)] = r
            limit = start_limit(r.kind, register_row(r))
            if r.active and limit is not None and not r.conditions:
                required.setdefault(r.item_id, []).append(
                    Required(
                        int(r.id or 0),
                        r.kind,
                        r.name or PROCEDURE_KIND_LABELS[r.kind],
                        limit,
                        r.basis,
                    )
                )
    return {
        int(c.id or 0): Watched(
            state=c.state,
            accept_by_on=c.accept_by_on,
            correction_due_on=c.correction_due_on,
            accepted_on=c.accepted_on,
            extended_on=c.extended_on,
            extension_told_on=c.extension_told_on,
            deliver_by_on=c.deliver_by_on,
            delivered_on=c.delivered_on,
            procedures=tuple(
                _procedure(p, register.get(p.register_id or 0), calendar) for p in procedures[int(c.id or 0)]
            ),
            required=tuple(required.get(c.item_id, ())) if c.source is CaseSource.OURS else (),
        )
        for c in cases
    }


def _procedure(row: SpecialProcedure, register: ItemProcedure | None, calendar: Calendar) -> Procedure:
    name = register.name if register is not None and register.name else PROCEDURE_KIND_LABELS[row.kind]
    return Procedure(
        id=int(row.id or 0),
        register_id=row.register_id,
        kind=row.kind,
        name=name,
        stops_clock=row.stops_clock,
        from_on=row.from_on,
        to_on=row.to_on,
        told_on=row.told_on,
        start_by_on=row.start_by_on,
        end_by_on=end_by(row.end_by_on, row.from_on, row.planned_wd, calendar),
        basis=row.basis,
    )
