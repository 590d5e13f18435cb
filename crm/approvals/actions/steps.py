"""Taking one step of a case: its state, its event, and the dates it moves, together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlmodel import Session

from crm.approvals import rules
from crm.approvals.actions.commitments import cancel_open
from crm.approvals.actions.events import record
from crm.approvals.actions.hints import refresh_hints
from crm.approvals.queries.cases import procedures_of
from crm.approvals.rules import STEP_LABELS, Step
from crm.core.access import Actor
from crm.core.errors import Problem
from crm.core.i18n import _
from crm.workdays import queries as workdays
from models import Case, SpecialProcedure
from models.vocabulary import PROCEDURE_KIND_LABELS


def end(session: Session, case: Case, step: Step, on: date, actor: Actor, today: date) -> None:
    """The case ends without a decision, and what was open in it ends with it."""
    with session.no_autoflush:  # one flush, one line in the trail
        for row in procedures_of(session, [case.id or 0])[case.id or 0]:
            if row.to_on is None:
                row.to_on = max(on, row.from_on + timedelta(days=1))
        cancel_open(session, case)
        case.decided_on = on
        take(session, case, step, on, actor, today)


def take(session: Session, case: Case, step: Step, on: date, actor: Actor, today: date) -> None:
    """The step is taken: its state, its event, and the dates it moves, in one flush."""
    case.state = rules.after(step, case.state)
    with session.no_autoflush:
        calendar = workdays.calendar(session)
        refresh_hints(session, case, calendar, today)
        record(session, case, STEP_LABELS[step], on, actor, calendar)


def last_step(case: Case, procedures: Sequence[SpecialProcedure] = ()) -> tuple[date, str]:
    """The latest dated step the case has taken: nothing after it may be dated before it. An extension is
    ordered beside the work and holds nothing up."""
    steps = (
        (case.received_on, _("收件")),
        (case.correction_told_on, _("补正告知")),
        (case.corrected_on, _("收到补正")),
        (case.accepted_on, _("受理")),
        *((row.from_on, _(PROCEDURE_KIND_LABELS[row.kind])) for row in procedures),
    )
    # Of two on one day the later step.
    return max(((on, name) for on, name in reversed(steps) if on is not None), key=lambda step: step[0])


def not_before(field: str, on: date, earliest: date, what: str) -> list[Problem]:
    """K10: an actual date before the step it follows."""
    if on >= earliest:
        return []
    return [Problem(field, _("日期{on}早于{what}日期{day}。", on=on, what=what, day=earliest))]
