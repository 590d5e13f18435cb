"""What the verbs of a case share."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from crm.approvals.queries.cases import find_case
from crm.approvals.rules import STEP_LABELS, STEPS, Step
from crm.core.access import Actor, Verb
from crm.core.audit import note_event
from crm.core.errors import Problem, Refusal
from crm.core.i18n import _
from models import Case
from models.vocabulary import CASE_STATE_LABELS, DayUnit


def open_case(session: Session, actor: Actor, case_id: int, step: Step) -> Case:
    case = find_case(session, actor, case_id, Verb.CASE_EDIT)
    if case.state not in STEPS[step]:
        raise Refusal(
            _(
                "办件{state}，不能{step}。",
                state=_(CASE_STATE_LABELS[case.state]),
                step=_(STEP_LABELS[step]),
            )
        )
    return case


def not_ahead(field: str, on: date, today: date) -> list[Problem]:
    """What is recorded has happened."""
    if on > today:
        return [Problem(field, _("日期{day}在今天之后，只能登记已经发生的事。", day=on))]
    return []


def refuse(problems: list[Problem]) -> None:
    if problems:
        raise Refusal(*problems)


def unit_word(unit: DayUnit) -> str:
    return _("个工作日") if unit is DayUnit.WORKING else _("日")


def tell(session: Session, case: Case, what: str) -> None:
    """A stop is its own row; the case's story tells of it too."""
    note_event(
        session,
        "permit_case",
        case.id,
        changes={"stop": [None, what]},
        project_id=case.project_id,
        enterprise_id=case.enterprise_id,
    )
