"""The life of a case, from receipt to delivery or another end; one transaction each.

No action takes a due date: hints are written by `actions.hints.refresh_hints` alone, from the rule. What a
state allows is the table `rules.TRANSITIONS`. A date that lies ahead is refused: what has not happened cannot be
recorded.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm.approvals import rules
from crm.approvals.actions.commitments import cancel_open
from crm.approvals.actions.events import record
from crm.approvals.actions.hints import refresh_hints
from crm.approvals.actions.shared import not_ahead, open_case, refuse, refuse_the_halls, unit_word
from crm.approvals.inputs import (
    AmendCase,
    DecideCase,
    ExtendCase,
    NotAccept,
    RegisterCase,
    TellCorrection,
    TerminateCase,
)
from crm.approvals.queries.cases import clocks_of, find_case, procedures_of, stops_of
from crm.approvals.queries.catalogue import rule_of_case, version_on
from crm.approvals.rules import STEP_LABELS, Step
from crm.core.access import (
    SYSTEM,
    Actor,
    Verb,
    enterprise_condition,
    project_condition,
    require,
    require_all,
)
from crm.core.db import apply_changes, fetch, reading, unit_of_work
from crm.core.errors import NotFound, Problem, Refusal
from crm.core.i18n import _
from crm.workdays import queries as workdays
from models import Case, Enterprise, Item, Milestone, Project
from models.vocabulary import CASE_OUTCOME_LABELS, PROCEDURE_KIND_LABELS, CaseOutcome, CaseSource, CaseState

RECEIVED = "收件"  # the first event of a case

Granted = Callable[[Session, Case], None]


_granted: list[Granted] = []


# The room above that registers itself when imported: imports only go downwards, so it is named here.
_LISTENING = ("crm.projects.actions",)


def on_granted(tell: Granted) -> Granted:
    """Register what else is true once a permit is granted; called in the decision's own transaction."""
    if tell not in _granted:
        _granted.append(tell)
    return tell


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
        problems += _not_before("told_on", form.told_on, case.received_on, _("收件"))
        problems += _silence("told_on", session, case, form.told_on)
        if form.due_on <= form.told_on:
            problems.append(Problem("due_on", _("补正期限应晚于告知日期{day}。", day=form.told_on)))
        if not form.text:
            problems.append(Problem("text", _("请写明需要补正的全部内容。")))
        refuse(problems)
        case.correction_told_on, case.correction_due_on = form.told_on, form.due_on
        case.correction_text = form.text
        _take(session, case, Step.TELL_CORRECTION, form.told_on, actor, today)


def take_correction(actor: Actor, case_id: int, corrected_on: date, *, today: date) -> None:
    """收到补正: the enterprise has answered, and the authority has to accept or to refuse it in writing."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.take_correction") as session:
        case = open_case(session, actor, case_id, Step.TAKE_CORRECTION)
        problems = not_ahead("corrected_on", corrected_on, today)
        problems += _not_before(
            "corrected_on", corrected_on, case.correction_told_on or case.received_on, _("补正告知")
        )
        refuse(problems)
        case.corrected_on = corrected_on
        _take(session, case, Step.TAKE_CORRECTION, corrected_on, actor, today)


def accept(actor: Actor, case_id: int, accepted_on: date, *, today: date) -> None:
    """受理: the clock starts, on the day the item's law names (`rules.day_zero`)."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.accept") as session:
        case = open_case(session, actor, case_id, Step.ACCEPT)
        problems = not_ahead("accepted_on", accepted_on, today)
        if case.corrected_on is not None:
            problems += _not_before("accepted_on", accepted_on, case.corrected_on, _("收到补正"))
        else:
            problems += _not_before("accepted_on", accepted_on, case.received_on, _("收件"))
        problems += _silence("accepted_on", session, case, accepted_on)
        refuse(problems)
        _start(session, case, accepted_on)
        _take(session, case, Step.ACCEPT, accepted_on, actor, today)


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
            _take(session, case, Step.DEEM_ACCEPTED, today, actor, today)
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
        problems += _not_before("refused_on", form.refused_on, *_last_step(case))
        if case.state is CaseState.RECEIVED:
            problems += _silence("refused_on", session, case, form.refused_on)
        if not form.reason:
            problems.append(Problem("reason", _("请写明不予受理的理由。")))
        if not form.notice_no:
            problems.append(Problem("notice_no", _("不予受理应当出具书面凭证，请写明文号。")))
        refuse(problems)
        case.result = _("不予受理（{number}）：{reason}", number=form.notice_no, reason=form.reason)[:120]
        _end(session, case, Step.NOT_ACCEPT, form.refused_on, actor, today)


def extend(actor: Actor, form: ExtendCase, *, today: date) -> None:
    """延长 (行政许可法 第四十二条): needs approver and reason, once; a second only with a basis of its own.

    It counts from its order date, which must lie within the limit it extends. The applicant is to be told why.
    """
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.extend") as session:
        case = open_case(session, actor, form.case_id, Step.EXTEND)
        rule = rule_of_case(session, case)
        problems = not_ahead("ordered_on", form.ordered_on, today)
        problems += _not_before("ordered_on", form.ordered_on, *_last_step(case))
        again = case.extended_on is not None
        if again and not form.basis:
            problems.append(
                Problem("basis", _("已于{day}延长过一次；再次延长须写明法律依据。", day=case.extended_on))
            )
        if not form.approver:
            problems.append(Problem("approver", _("请写明批准延长的机关负责人。")))
        if not form.reason:
            problems.append(Problem("reason", _("请写明延长理由；理由应当告知申请人。")))
        if form.days < 1:
            problems.append(Problem("days", _("延长的天数至少为1。")))
        elif not again and form.days > rule.extension_limit:
            problems.append(
                Problem(
                    "days",
                    _("该事项最多可延长{n}{unit}。", n=rule.extension_limit, unit=unit_word(case.unit))
                    if rule.extension_limit
                    else _("事项目录没有列明该事项可以延长；如确有依据，请先在目录中补充。"),
                )
            )
        if form.told_on is not None:
            problems += _told_problems(form.told_on, form.ordered_on, today)
        clocks = clocks_of(
            case, stops_of(session, [case.id or 0])[case.id or 0], form.ordered_on, workdays.calendar(session)
        )
        if clocks.legal is not None and clocks.legal.late:
            problems.append(
                Problem("ordered_on", _("法定期限已于{day}届满，届满后不能再延长。", day=clocks.legal.due_on))
            )
        refuse(problems)
        case.extension += form.days
        case.extension_approver = form.approver
        case.extension_reason = f"{form.reason}（{form.basis}）"[:300] if again else form.reason
        case.extended_on, case.extension_told_on = form.ordered_on, form.told_on
        _take(session, case, Step.EXTEND, form.ordered_on, actor, today)


def tell_extension(actor: Actor, case_id: int, told_on: date, *, today: date) -> None:
    """告知延长理由 (行政许可法 第四十二条: 应当将延长期限的理由告知申请人), where the extension left it open."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.tell_extension") as session:
        case = open_case(session, actor, case_id, Step.TELL_EXTENSION)
        if case.extended_on is None:
            raise Refusal(_("该办件没有延长过期限。"))
        if case.extension_told_on is not None:
            raise Refusal(Problem("told_on", _("已于{day}告知申请人。", day=case.extension_told_on)))
        refuse(_told_problems(told_on, case.extended_on, today))
        case.extension_told_on = told_on
        _take(session, case, Step.TELL_EXTENSION, told_on, actor, today)


def _told_problems(told_on: date, ordered_on: date, today: date) -> list[Problem]:
    return not_ahead("told_on", told_on, today) + _not_before("told_on", told_on, ordered_on, _("批准延长"))


def decide(actor: Actor, form: DecideCase, *, today: date) -> None:
    """办结. A permit's end is the corresponding day after the item's months, unless its face says other.
    No procedure may be under way; the decision is to be delivered (`rules.DELIVER_WD`)."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.decide") as session:
        case = open_case(session, actor, form.case_id, Step.DECIDE)
        problems = not_ahead("decided_on", form.decided_on, today)
        problems += _not_before("decided_on", form.decided_on, *_last_step(case))
        for row in procedures_of(session, [case.id or 0])[case.id or 0]:
            kind = _(PROCEDURE_KIND_LABELS[row.kind])
            if row.to_on is None:
                problems.append(
                    Problem("decided_on", _("{kind}还没有结束，请先登记结束日期和结论。", kind=kind))
                )
            elif form.decided_on < row.to_on - timedelta(days=0 if row.stops_clock else 1):
                problems.append(
                    Problem("decided_on", _("办结日期早于{kind}结束的日期{day}。", kind=kind, day=row.to_on))
                )
        if form.outcome is None:
            problems.append(Problem("outcome", _("请选择办理结果：准予或不予。")))
        problems += _permit_problems(form, today)
        refuse(problems)
        assert form.outcome is not None
        rule = rule_of_case(session, case)
        if form.outcome is CaseOutcome.REFUSED:
            cancel_open(session, case)
        case.outcome = form.outcome
        case.result = form.result or _(CASE_OUTCOME_LABELS[form.outcome])
        case.permit_no, case.issued_on = form.permit_no, form.issued_on
        case.expires_on = form.expires_on
        if form.issued_on is not None and form.expires_on is None and rule.valid_months is not None:
            case.expires_on = rules.months_later(form.issued_on, rule.valid_months)
        case.decided_on = form.decided_on
        _take(session, case, Step.DECIDE, form.decided_on, actor, today)
        if case.issued_on is not None:
            for name in _LISTENING:
                importlib.import_module(name)
            for tell in _granted:
                tell(session, case)


def _permit_problems(form: DecideCase, today: date) -> list[Problem]:
    problems: list[Problem] = []
    if form.outcome is CaseOutcome.REFUSED and (form.permit_no or form.issued_on):
        problems.append(Problem("permit_no", _("不予许可的，没有证号和发证日期。")))
    if form.issued_on is not None:
        problems += not_ahead("issued_on", form.issued_on, today)
        if form.issued_on < form.decided_on:
            problems.append(Problem("issued_on", _("发证日期早于办结日期。")))
        if not form.permit_no:
            problems.append(Problem("permit_no", _("写了发证日期，请同时写证号。")))
    elif form.permit_no:
        problems.append(Problem("issued_on", _("写了证号，请同时写发证日期。")))
    if form.expires_on is not None and (form.issued_on is None or form.expires_on <= form.issued_on):
        problems.append(Problem("expires_on", _("有效期应晚于发证日期。")))
    return problems


def deliver(actor: Actor, case_id: int, delivered_on: date, *, today: date) -> None:
    """送达 (行政许可法 第四十四条: 自作出决定之日起十日内). Late it is recorded too, and stays late."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.deliver") as session:
        case = open_case(session, actor, case_id, Step.DELIVER)
        problems = not_ahead("delivered_on", delivered_on, today)
        problems += _not_before("delivered_on", delivered_on, case.decided_on or today, _("办结"))
        refuse(problems)
        case.delivered_on = delivered_on
        _take(session, case, Step.DELIVER, delivered_on, actor, today)


def withdraw(actor: Actor, case_id: int, withdrawn_on: date, reason: str, *, today: date) -> None:
    """撤回: the clock ends and nothing reminds of it any more. Open procedures and promises end with it."""
    require(actor, Verb.CASE_EDIT)
    text = reason.strip()[:100]
    with unit_of_work(actor, "approvals.withdraw", reason=text) as session:
        case = open_case(session, actor, case_id, Step.WITHDRAW)
        problems = not_ahead("withdrawn_on", withdrawn_on, today)
        problems += _not_before("withdrawn_on", withdrawn_on, *_last_step(case))
        if not text:
            problems.append(Problem("reason", _("请写明撤回原因。")))
        refuse(problems)
        case.result = _("撤回：{reason}", reason=text)
        _end(session, case, Step.WITHDRAW, withdrawn_on, actor, today)


def terminate(actor: Actor, form: TerminateCase, *, today: date) -> None:
    """终止办理: the case ends without a decision, by a rule that says so, and with its reason."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.terminate", reason=form.reason) as session:
        case = open_case(session, actor, form.case_id, Step.TERMINATE)
        problems = not_ahead("ended_on", form.ended_on, today)
        problems += _not_before("ended_on", form.ended_on, *_last_step(case))
        if not form.basis:
            problems.append(Problem("basis", _("请写明终止办理的依据；没有依据不能终止。")))
        if not form.reason:
            problems.append(Problem("reason", _("请写明终止办理的理由。")))
        refuse(problems)
        case.result = _("终止（{basis}）：{reason}", basis=form.basis, reason=form.reason)[:120]
        _end(session, case, Step.TERMINATE, form.ended_on, actor, today)


def _end(session: Session, case: Case, step: Step, on: date, actor: Actor, today: date) -> None:
    """The case ends without a decision, and what was open in it ends with it."""
    with session.no_autoflush:  # one flush, one line in the trail
        for row in procedures_of(session, [case.id or 0])[case.id or 0]:
            if row.to_on is None:
                row.to_on = max(on, row.from_on + timedelta(days=1))
        cancel_open(session, case)
        case.decided_on = on
        _take(session, case, step, on, actor, today)


def _take(session: Session, case: Case, step: Step, on: date, actor: Actor, today: date) -> None:
    """The step is taken: its state, its event, and the dates it moves, in one flush."""
    case.state = rules.after(step, case.state)
    with session.no_autoflush:
        calendar = workdays.calendar(session)
        refresh_hints(session, case, calendar, today)
        record(session, case, STEP_LABELS[step], on, actor, calendar)


def _last_step(case: Case) -> tuple[date, str]:
    """The latest dated step the case has taken: nothing after it may be dated before it. An extension is
    ordered beside the work and holds nothing up."""
    steps = (
        (case.received_on, _("收件")),
        (case.correction_told_on, _("补正告知")),
        (case.corrected_on, _("收到补正")),
        (case.accepted_on, _("受理")),
    )
    # Of two on one day the later step.
    return max(((on, name) for on, name in reversed(steps) if on is not None), key=lambda step: step[0])


def _not_before(field: str, on: date, earliest: date, what: str) -> list[Problem]:
    """K10: an actual date before the step it follows."""
    if on >= earliest:
        return []
    return [Problem(field, _("日期{on}早于{what}日期{day}。", on=on, what=what, day=earliest))]


def amend(actor: Actor, form: AmendCase) -> None:
    """Correct what is no date: number, permit number, note. A stale form raises `Conflict`."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.amend") as session:
        case = find_case(session, actor, form.case_id, Verb.CASE_EDIT)
        refuse_the_halls(case)
        typed = form.model_dump(include={"case_no", "permit_no", "note"})
        apply_changes(case, form.opened, typed, form.version)
        try:
            session.flush()
        except IntegrityError as error:
            raise Refusal(
                Problem("case_no", _("办件编号“{number}”已经用过。", number=form.case_no))
            ) from error
