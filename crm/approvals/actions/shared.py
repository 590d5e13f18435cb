"""What the verbs of a case share."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from crm.approvals.queries.cases import find_case
from crm.approvals.rules import STATE_REASON_LABELS, STEP_LABELS, Step, allowed
from crm.core import files
from crm.core.access import Actor, Verb
from crm.core.audit import note_event
from crm.core.errors import Problem, Refusal
from crm.core.i18n import _
from models import Case, SpecialProcedure
from models.vocabulary import CASE_STATE_LABELS, CaseSource, DayUnit


def open_case(session: Session, actor: Actor, case_id: int, step: Step) -> Case:
    """The case, in reach, ours, and in a state that allows the step; else a refusal with the reason."""
    case = find_case(session, actor, case_id, Verb.CASE_EDIT, locked=True)
    refuse_the_halls(case)
    if not allowed(step, case.state):
        raise Refusal(
            _(
                "办件{state}，不能{step}：{why}。",
                state=_(CASE_STATE_LABELS[case.state]),
                step=_(STEP_LABELS[step]),
                why=_(STATE_REASON_LABELS[case.state]),
            )
        )
    return case


def refuse_the_halls(case: Case) -> None:
    """A case of the acceptance system is kept there: here it is read only."""
    if case.source is CaseSource.HALL:
        raise Refusal(_("本办件由政务服务受理系统办理，请在该系统中操作后重新导入。"))


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
    """A special procedure is its own row; the case's story tells of it too."""
    note_event(
        session,
        "permit_case",
        case.id,
        changes={"stop": [None, what]},
        project_id=case.project_id,
        enterprise_id=case.enterprise_id,
    )


def keep_notice(session: Session, actor: Actor, row: SpecialProcedure, name: str, data: bytes) -> None:
    """Store the written notice of a procedure that has its id."""
    stored = files.keep(
        session, data=data, name=name, owner="special_procedure", owner_id=row.id, actor=actor
    )
    row.notice_file_id = stored.id
