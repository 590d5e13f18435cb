"""The life of a case up to its acceptance: receipt, correction, acceptance or its refusal; one transaction each.

行政许可法 第三十二条: what is missing is told once, on the spot or within five working days (fewer where the item
says so); silence accepts the case from the day its papers were received; a refusal to accept is in writing.
No action takes a due date, and a date that lies ahead is refused: what has not happened cannot be recorded.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm.approvals import rules
from crm.approvals.actions.events import record
from crm.approvals.actions.hints import refresh_hints
from crm.approvals.actions.shared import not_ahead, open_case, refuse
from crm.approvals.actions.steps import end, last_step, not_before, take
from crm.approvals.inputs import NotAccept, RegisterCase, TellCorrection
from crm.approvals.queries.catalogue import rule_of_case, version_on
from crm.approvals.rules import Step
from crm.core.access import (
    SYSTEM,
    Actor,
    Verb,
    enterprise_condition,
    project_condition,
    require,
    require_all,
)
from crm.core.db import fetch, reading, unit_of_work
from crm.core.errors import NotFound, Problem, Refusal
from crm.core.i18n import _
from crm.workdays import queries as workdays
from models import Case, Enterprise, Item, Milestone, Project
from models.vocabulary import CaseSource, CaseState

RECEIVED = "收件"  # the first event of a case


def register(actor: Actor, form: RegisterCase, *, today: date) -> int:
    """收件: open a case under the item's rule of the day it was received. Returns its id.

    The same `request_id` twice is one case. The version and its limits are copied, so that a later change
    of the catalogue never rewrites it.
    """
    require(actor, Verb.CASE_EDIT)
    refuse(not_ahead("received_on", form.received_on, today))
    with unit_of_work(actor, "approvals.register") as session:
        known = session.exec(select(Case.id).where(Case.request_id == form.request_id)).first()
        if known is not None:
            return known
        item = fetch(session, Item, form.item_id)
        if not item.active:
            raise Refusal(Problem("item_id", _("事项“{name}”已停用。", name=item.name)))
        version = version_on(session, item.id or 0, form.received_on)
        project_id, enterprise_id = _whose(session, actor, form)
        milestone_id = _milestone(session, form, project_id)
        number = form.case_no or f"{item.code}-{form.received_on:%Y%m%d}-{form.request_id[-6:].upper()}"
        case = Case(
            case_no=number,
            item_id=item.id or 0,
            item_version_id=version.id,
            enterprise_id=enterprise_id,
            project_id=project_id,
            milestone_id=milestone_id,
            department_id=item.department_id,
            received_on=form.received_on,
            legal_limit=version.rule.legal_limit,
            promised_limit=version.rule.promised_limit,
            unit=version.rule.unit,
            note=form.note,
            request_id=form.request_id,
        )
        session.add(case)
        try:
            session.flush()
        except IntegrityError as error:
            raise Refusal(Problem("case_no", _("办件编号“{number}”已经用过。", number=number))) from error
        with session.no_autoflush:
            calendar = workdays.calendar(session)
            refresh_hints(session, case, calendar, today, ())
            record(session, case, RECEIVED, form.received_on, actor, calendar)
        return case.id or 0


def _whose(session: Session, actor: Actor, form: RegisterCase) -> tuple[int | None, int | None]:
    """(project, enterprise) of a new case, both in the actor's reach."""
    if form.project_id is not None:
        project = session.exec(
            select(Project).where(
                col(Project.id) == form.project_id, project_condition(actor, Verb.CASE_EDIT)
            )
        ).first()
        if project is None:
            raise NotFound(_("没有找到这条记录，或您无权查看。"))
        return project.id, project.enterprise_id
    if form.enterprise_id is None:
        raise Refusal(Problem("project_id", _("请选择项目或企业。")))
    enterprise = session.exec(
        select(Enterprise.id).where(
            col(Enterprise.id) == form.enterprise_id, enterprise_condition(actor, Verb.CASE_EDIT)
        )
    ).first()
    if enterprise is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return None, enterprise


def _milestone(session: Session, form: RegisterCase, project_id: int | None) -> int | None:
    """The project's milestone the case is for: the one named, else the one of the same item."""
    if project_id is None:
        return None
    wanted = (
        col(Milestone.item_id) == form.item_id
        if form.milestone_id is None
        else col(Milestone.id) == form.milestone_id
    )
    found = session.exec(select(Milestone.id).where(wanted, col(Milestone.project_id) == project_id)).first()
    if found is None and form.milestone_id is not None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return found


def tell_correction(actor: Actor, form: TellCorrection, *, today: date) -> None:
    """一次性告知补正 (行政许可法 第三十二条): once, on the spot or within the item's working days of receipt.

    Told later than that it is refused: by then the case is accepted, from the day it was received.
    """
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.tell_correction") as session:
        case = open_case(session, actor, form.case_id, Step.TELL_CORRECTION)
        if case.correction_told_on is not None:
            raise Refusal(
                Problem(
                    "told_on",
                    _(
                        "已于{day}告知过补正；需要补正的内容应当一次告知，不能再次要求补正。",
                        day=case.correction_told_on,
                    ),
                )
            )
        problems = not_ahead("told_on", form.told_on, today)
        problems += not_before("told_on", form.told_on, case.received_on, _("收件"))
        problems += _silence("told_on", session, case, form.told_on)
        if form.due_on <= form.told_on:
            problems.append(Problem("due_on", _("补正期限应晚于告知日期{day}。", day=form.told_on)))
        if not form.text:
            problems.append(Problem("text", _("请写明需要补正的全部内容。")))
        refuse(problems)
        case.correction_told_on, case.correction_due_on = form.told_on, form.due_on
        case.correction_text = form.text
        take(session, case, Step.TELL_CORRECTION, form.told_on, actor, today)


def take_correction(actor: Actor, case_id: int, corrected_on: date, *, today: date) -> None:
    """收到补正: the enterprise has answered, and the authority has to accept or to refuse it in writing."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.take_correction") as session:
        case = open_case(session, actor, case_id, Step.TAKE_CORRECTION)
        problems = not_ahead("corrected_on", corrected_on, today)
        problems += not_before(
            "corrected_on", corrected_on, case.correction_told_on or case.received_on, _("补正告知")
        )
        refuse(problems)
        case.corrected_on = corrected_on
        take(session, case, Step.TAKE_CORRECTION, corrected_on, actor, today)


def accept(actor: Actor, case_id: int, accepted_on: date, *, today: date) -> None:
    """受理: the clock starts, on the day the item's law names (`rules.day_zero`)."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.accept") as session:
        case = open_case(session, actor, case_id, Step.ACCEPT)
        problems = not_ahead("accepted_on", accepted_on, today)
        if case.corrected_on is not None:
            problems += not_before("accepted_on", accepted_on, case.corrected_on, _("收到补正"))
        else:
            problems += not_before("accepted_on", accepted_on, case.received_on, _("收件"))
        problems += _silence("accepted_on", session, case, accepted_on)
        refuse(problems)
        _start(session, case, accepted_on)
        take(session, case, Step.ACCEPT, accepted_on, actor, today)


def deem_accepted(today: date, actor: Actor = SYSTEM) -> int:
    """视为受理 (行政许可法 第三十二条): cases whose applicant was told nothing in time are accepted from the day
    their papers were received. Called by the daily run; a second call finds nothing. Returns how many."""
    require_all(actor, Verb.SCAN_RUN)
    silent = (
        col(Case.accept_by_on) < today,
        col(Case.state) == CaseState.RECEIVED,
        col(Case.source) == CaseSource.OURS,
    )
    with reading() as session:  # most days there is none: no writer's lock for that
        if session.exec(select(Case.id).where(*silent).limit(1)).first() is None:
            return 0
    with unit_of_work(actor, "approvals.deem_accepted") as session:
        # Two processes at once: the second waits and then finds no case still waiting.
        found = session.exec(select(Case).where(*silent).order_by(col(Case.id)).with_for_update()).all()
        for case in found:
            _start(session, case, rules.complete_on(case.received_on, case.corrected_on))
            case.deemed = True
            take(session, case, Step.DEEM_ACCEPTED, today, actor, today)
        return len(found)


def _start(session: Session, case: Case, accepted_on: date) -> None:
    clock_start = rule_of_case(session, case).clock_start
    complete_on = rules.complete_on(case.received_on, case.corrected_on)
    case.accepted_on = accepted_on
    case.starts_on = rules.day_zero(clock_start, complete_on, accepted_on)


def _silence(field: str, session: Session, case: Case, on: date) -> list[Problem]:
    """What is done after the last day to speak comes too late: silence has accepted the case."""
    limit = rule_of_case(session, case).correction_limit
    by = rules.accept_by(case.received_on, case.corrected_on, limit, workdays.calendar(session))
    if on <= by:
        return []
    return [
        Problem(
            field,
            _(
                "至{by}（{n}个工作日）没有书面告知申请人，依行政许可法第三十二条，自{received}收到材料之日起即为受理；请按该日登记受理。",
                by=by,
                n=limit,
                received=rules.complete_on(case.received_on, case.corrected_on),
            ),
        )
    ]


def not_accept(actor: Actor, form: NotAccept, *, today: date) -> None:
    """不予受理: with its reason, in a written and dated notice (行政许可法 第三十二条第二款)."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.not_accept", reason=form.reason) as session:
        case = open_case(session, actor, form.case_id, Step.NOT_ACCEPT)
        problems = not_ahead("refused_on", form.refused_on, today)
        problems += not_before("refused_on", form.refused_on, *last_step(case))
        if case.state is CaseState.RECEIVED:
            problems += _silence("refused_on", session, case, form.refused_on)
        if not form.reason:
            problems.append(Problem("reason", _("请写明不予受理的理由。")))
        if not form.notice_no:
            problems.append(Problem("notice_no", _("不予受理应当出具书面凭证，请写明文号。")))
        refuse(problems)
        case.result = _("不予受理（{number}）：{reason}", number=form.notice_no, reason=form.reason)[:120]
        end(session, case, Step.NOT_ACCEPT, form.refused_on, actor, today)
