"""The life of a case from its acceptance on: extension, decision, delivery, another end; one transaction each.

No action takes a due date: hints are written by `actions.hints.refresh_hints` alone, from the rule. What a
state allows is the table `rules.TRANSITIONS`. A date that lies ahead is refused: what has not happened cannot be
recorded.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from crm.approvals import rules
from crm.approvals.actions.commitments import cancel_open
from crm.approvals.actions.shared import not_ahead, open_case, refuse, refuse_the_halls, unit_word
from crm.approvals.actions.steps import end, last_step, not_before, take
from crm.approvals.inputs import AmendCase, DecideCase, ExtendCase, TerminateCase
from crm.approvals.queries.cases import clocks_of, find_case, procedures_of, stops_of
from crm.approvals.queries.catalogue import rule_of_case
from crm.approvals.rules import Step
from crm.core.access import Actor, Verb, require
from crm.core.db import apply_changes, unit_of_work
from crm.core.errors import Problem, Refusal
from crm.core.i18n import _
from crm.workdays import queries as workdays
from models import Case
from models.vocabulary import CASE_OUTCOME_LABELS, PROCEDURE_KIND_LABELS, CaseOutcome

Granted = Callable[[Session, Case], None]


_granted: list[Granted] = []


# The room above that registers itself when imported: imports only go downwards, so it is named here.
_LISTENING = ("crm.projects.actions",)


def on_granted(tell: Granted) -> Granted:
    """Register what else is true once a permit is granted; called in the decision's own transaction."""
    if tell not in _granted:
        _granted.append(tell)
    return tell


def extend(actor: Actor, form: ExtendCase, *, today: date) -> None:
    """延长 (行政许可法 第四十二条): needs approver and reason, once; a second only with a basis of its own.

    It counts from its order date, which must lie within the limit it extends. The applicant is to be told why.
    """
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.extend") as session:
        case = open_case(session, actor, form.case_id, Step.EXTEND)
        rule = rule_of_case(session, case)
        problems = not_ahead("ordered_on", form.ordered_on, today)
        problems += not_before("ordered_on", form.ordered_on, *last_step(case))
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
        take(session, case, Step.EXTEND, form.ordered_on, actor, today)


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
        take(session, case, Step.TELL_EXTENSION, told_on, actor, today)


def _told_problems(told_on: date, ordered_on: date, today: date) -> list[Problem]:
    return not_ahead("told_on", told_on, today) + not_before("told_on", told_on, ordered_on, _("批准延长"))


def decide(actor: Actor, form: DecideCase, *, today: date) -> None:
    """办结. A permit's end is the corresponding day after the item's months, unless its face says other.
    No procedure may be under way; the decision is to be delivered (`rules.DELIVER_WD`)."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.decide") as session:
        case = open_case(session, actor, form.case_id, Step.DECIDE)
        problems = not_ahead("decided_on", form.decided_on, today)
        problems += not_before("decided_on", form.decided_on, *last_step(case))
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
        take(session, case, Step.DECIDE, form.decided_on, actor, today)
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
        problems += not_before("delivered_on", delivered_on, case.decided_on or today, _("办结"))
        refuse(problems)
        case.delivered_on = delivered_on
        take(session, case, Step.DELIVER, delivered_on, actor, today)


def withdraw(actor: Actor, case_id: int, withdrawn_on: date, reason: str, *, today: date) -> None:
    """撤回: the clock ends and nothing reminds of it any more. Open procedures and promises end with it."""
    require(actor, Verb.CASE_EDIT)
    text = reason.strip()[:100]
    with unit_of_work(actor, "approvals.withdraw", reason=text) as session:
        case = open_case(session, actor, case_id, Step.WITHDRAW)
        problems = not_ahead("withdrawn_on", withdrawn_on, today)
        procedures = procedures_of(session, [case.id or 0])[case.id or 0]
        problems += not_before("withdrawn_on", withdrawn_on, *last_step(case, procedures))
        if not text:
            problems.append(Problem("reason", _("请写明撤回原因。")))
        refuse(problems)
        case.result = _("撤回：{reason}", reason=text)
        end(session, case, Step.WITHDRAW, withdrawn_on, actor, today)


def terminate(actor: Actor, form: TerminateCase, *, today: date) -> None:
    """终止办理: the case ends without a decision, by a rule that says so, and with its reason."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.terminate", reason=form.reason) as session:
        case = open_case(session, actor, form.case_id, Step.TERMINATE)
        problems = not_ahead("ended_on", form.ended_on, today)
        procedures = procedures_of(session, [case.id or 0])[case.id or 0]
        problems += not_before("ended_on", form.ended_on, *last_step(case, procedures))
        if not form.basis:
            problems.append(Problem("basis", _("请写明终止办理的依据；没有依据不能终止。")))
        if not form.reason:
            problems.append(Problem("reason", _("请写明终止办理的理由。")))
        refuse(problems)
        case.result = _("终止（{basis}）：{reason}", basis=form.basis, reason=form.reason)[:120]
        end(session, case, Step.TERMINATE, form.ended_on, actor, today)


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
