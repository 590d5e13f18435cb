"""The demo town's special procedures gone wrong, and the letters that pressed for them.

On running permits that the town already has: a site check opened late, one over its length, one with
and one without the written notice, an extension nobody told; then two letters, one of them answered.
"""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from crm.approvals.actions import refresh_hints
from crm.approvals.queries.supervision import Asked, supervised_cases
from crm.approvals.rules import ARTICLE_45, end_by, start_by
from crm.approvals.supervision_rules import Sign
from crm.briefings.letters import actions as letters
from crm.briefings.letters.actions import LetterForm, ReplyForm
from crm.core.access import Actor
from crm.core.db import reading
from crm.workdays.rules import Calendar
from models import Case, SpecialProcedure
from models.vocabulary import CaseSource, CaseState, Light, ProcedureKind

SITE_CHECK_BASIS = "行政许可法第三十四条第三款"
LATE_START_WD = 2  # a site check begins within so many working days of acceptance (the register's default)


def write_supervision(session: Session, today: date, calendar: Calendar) -> int:
    """Write the procedures; returns how many."""
    used = set(session.exec(select(SpecialProcedure.case_id)))
    running = [
        c
        for c in session.exec(
            select(Case)
            .where(
                col(Case.state) == CaseState.ACCEPTED,
                col(Case.source) == CaseSource.OURS,
                col(Case.project_id).is_not(None),
            )
            .order_by(col(Case.accepted_on), col(Case.id))
        )
        if c.id not in used and c.accepted_on is not None and c.accepted_on < today
    ]
    written = 0
    for case, make in zip(running, (_late_start, _overlong, _untold, _told, _late_start), strict=False):
        rows = make(case, today, calendar)
        session.add_all(rows)
        session.flush()
        refresh_hints(session, case, calendar, today)
        written += len(rows)
    if len(running) > written:
        case = running[-1]
        case.extension, case.extended_on = case.extension or 5, today
        case.extension_approver, case.extension_reason = "分管副局长", "补充核对图纸"
        refresh_hints(session, case, calendar, today)
    session.flush()
    return written


def _days_before(today: date, n: int, case: Case, calendar: Calendar) -> date:
    """So many working days ago, but not before the case was accepted."""
    return max(calendar.add_workdays(today, -n), case.accepted_on or today)


def _late_start(case: Case, today: date, calendar: Calendar) -> list[SpecialProcedure]:
    accepted = case.accepted_on or today
    opened = min(calendar.add_workdays(accepted, LATE_START_WD + 2), today)
    row = SpecialProcedure(
        case_id=case.id or 0,
        kind=ProcedureKind.SITE_CHECK,
        stops_clock=False,
        ground="核查现场条件",
        basis=SITE_CHECK_BASIS,
        opened_by="业务股",
        from_on=opened,
        planned_wd=3,
        start_by_on=calendar.add_workdays(accepted, LATE_START_WD),
        staff=["李明", "王强"],
    )
    row.end_by_on = calendar.add_workdays(opened, 3)
    return [row]


def _overlong(case: Case, today: date, calendar: Calendar) -> list[SpecialProcedure]:
    opened = _days_before(today, 7, case, calendar)
    return [_review(case, opened, opened, 3, calendar)]


def _untold(case: Case, today: date, calendar: Calendar) -> list[SpecialProcedure]:
    return [_review(case, _days_before(today, 4, case, calendar), None, 10, calendar)]


def _told(case: Case, today: date, calendar: Calendar) -> list[SpecialProcedure]:
    opened = _days_before(today, 2, case, calendar)
    return [_review(case, opened, opened, 10, calendar)]


def _review(
    case: Case, opened: date, told_on: date | None, planned: int, calendar: Calendar
) -> SpecialProcedure:
    kind = ProcedureKind.EXPERT_REVIEW
    return SpecialProcedure(
        case_id=case.id or 0,
        kind=kind,
        stops_clock=True,
        ground="组织专家论证技术方案",
        basis=ARTICLE_45,
        opened_by="技术股",
        from_on=opened,
        planned_wd=planned,
        start_by_on=start_by(kind, None, case.accepted_on, calendar),
        end_by_on=end_by(kind, None, opened, planned, calendar),
        told_on=told_on,
        notice_no=f"江蓬专评告〔{opened.year}〕{case.id}号" if told_on else "",
    )


def send_letters(supervisor: Actor, today: date) -> int:
    """Two letters, in the order they went out: one answered, one still waiting. Returns how many."""
    with reading() as session:
        red, _n = supervised_cases(session, supervisor, today, Asked(light=Light.RED))
        untold, _n = supervised_cases(session, supervisor, today, Asked(sign=Sign.UNTOLD))
    first = next((c for c in red if c.department_id is not None and c.project_id is not None), None)
    second = next(
        (c for c in untold if c.department_id is not None and (first is None or c.id != first.id)), None
    )
    sent = 0
    if first is not None:
        issued = letters.issue(
            supervisor,
            LetterForm(case_id=first.id, words="请分管领导牵头会商，一次性解决"),
            today=today,
        )
        letters.reply(
            supervisor,
            ReplyForm(
                letter_id=issued.id,
                text="经核，因补充资料往返两次致逾期。已明确业务股负责，三个工作日内作出决定。",
                replied_on=today,
            ),
            today=today,
        )
        sent += 1
    if second is not None:
        letters.issue(supervisor, LetterForm(case_id=second.id), today=today)
        sent += 1
    return sent
