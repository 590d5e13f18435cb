"""The life of a case: receipt, acceptance, extension, decision, withdrawal; one transaction each.

No action takes a due date: hints are written by `actions.hints.refresh_hints` alone, from the rule. What a
state allows is the table `rules.STEPS`. A date that lies ahead is refused: what has not happened cannot be
recorded.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm.approvals import rules
from crm.approvals.actions.hints import settle
from crm.approvals.actions.shared import not_ahead, open_case, refuse, unit_word
from crm.approvals.inputs import (
    AmendCase,
    DecideCase,
    ExtendCase,
    RegisterCase,
)
from crm.approvals.queries.cases import clocks_of, find_case, stops_of
from crm.approvals.queries.catalogue import rule_of_case, version_on
from crm.approvals.rules import Step
from crm.core.access import Actor, Verb, enterprise_condition, project_condition, require
from crm.core.db import apply_changes, fetch, unit_of_work
from crm.core.errors import NotFound, Problem, Refusal
from crm.core.i18n import _
from crm.workdays import queries as workdays
from models import Case, Enterprise, Item, Milestone, Project
from models.vocabulary import PROCEDURE_KIND_LABELS, CaseState

ARTICLE_45 = "行政许可法第四十五条"


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


def accept(actor: Actor, case_id: int, accepted_on: date, *, today: date) -> None:
    """受理: the clock starts, on the day the item's law names (`rules.day_zero`)."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.accept") as session:
        case = open_case(session, actor, case_id, Step.ACCEPT)
        problems = not_ahead("accepted_on", accepted_on, today)
        if accepted_on < case.received_on:
            problems.append(Problem("accepted_on", _("受理日期早于收件日期{day}。", day=case.received_on)))
        refuse(problems)
        rule = rule_of_case(session, case)
        case.accepted_on = accepted_on
        case.starts_on = rules.day_zero(rule.clock_start, case.received_on, accepted_on)
        case.state = CaseState.ACCEPTED
        settle(session, case, today)


def extend(actor: Actor, form: ExtendCase, *, today: date) -> None:
    """延长 (行政许可法 第四十二条): needs approver and reason, once; a second only with a basis of its own.

    It counts from its order date, which must lie within the limit it extends.
    """
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.extend") as session:
        case = open_case(session, actor, form.case_id, Step.EXTEND)
        rule = rule_of_case(session, case)
        problems = not_ahead("ordered_on", form.ordered_on, today)
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
        case.extension_reason = f"{form.reason}（{form.basis}）" if again else form.reason
        case.extended_on = form.ordered_on
        settle(session, case, today)


def decide(actor: Actor, form: DecideCase, *, today: date) -> None:
    """办结. A permit's end is the corresponding day after the item's months, unless its face says other."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.decide") as session:
        case = open_case(session, actor, form.case_id, Step.DECIDE)
        stops = stops_of(session, [case.id or 0])[case.id or 0]
        problems = not_ahead("decided_on", form.decided_on, today)
        if case.accepted_on is not None and form.decided_on < case.accepted_on:
            problems.append(Problem("decided_on", _("办结日期早于受理日期{day}。", day=case.accepted_on)))
        for row in stops:
            if row.to_on is None:
                problems.append(
                    Problem(
                        "decided_on",
                        _(
                            "{kind}还没有恢复计时，请先登记恢复日期。",
                            kind=_(PROCEDURE_KIND_LABELS[row.kind]),
                        ),
                    )
                )
            elif form.decided_on < row.from_on:
                problems.append(Problem("decided_on", _("办结日期早于停表日期{day}。", day=row.from_on)))
        if not form.result:
            problems.append(Problem("result", _("请写明办理结果。")))
        problems += _permit_problems(form, today)
        refuse(problems)
        rule = rule_of_case(session, case)
        case.decided_on, case.result, case.state = form.decided_on, form.result, CaseState.DECIDED
        case.permit_no, case.issued_on = form.permit_no, form.issued_on
        case.expires_on = form.expires_on
        if form.issued_on is not None and form.expires_on is None and rule.valid_months is not None:
            case.expires_on = rules.months_later(form.issued_on, rule.valid_months)
        settle(session, case, today)
        if case.issued_on is not None:
            for name in _LISTENING:
                importlib.import_module(name)
            for tell in _granted:
                tell(session, case)


def _permit_problems(form: DecideCase, today: date) -> list[Problem]:
    problems: list[Problem] = []
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


def withdraw(actor: Actor, case_id: int, withdrawn_on: date, reason: str, *, today: date) -> None:
    """撤回: the clock ends and nothing reminds of it any more. Open stops end with it."""
    require(actor, Verb.CASE_EDIT)
    text = reason.strip()[:100]
    with unit_of_work(actor, "approvals.withdraw", reason=text) as session:
        case = open_case(session, actor, case_id, Step.WITHDRAW)
        problems = not_ahead("withdrawn_on", withdrawn_on, today)
        if withdrawn_on < (case.accepted_on or case.received_on):
            problems.append(Problem("withdrawn_on", _("撤回日期早于收件或受理日期。")))
        if not text:
            problems.append(Problem("reason", _("请写明撤回原因。")))
        refuse(problems)
        case.state, case.decided_on = CaseState.WITHDRAWN, withdrawn_on
        case.result = _("撤回：{reason}", reason=text)
        for row in stops_of(session, [case.id or 0])[case.id or 0]:
            if row.to_on is None:
                row.to_on = max(withdrawn_on, row.from_on + timedelta(days=1))
        settle(session, case, today)


def amend(actor: Actor, form: AmendCase) -> None:
    """Correct what is no date: number, permit number, note. A stale form raises `Conflict`."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.amend") as session:
        case = find_case(session, actor, form.case_id, Verb.CASE_EDIT)
        typed = form.model_dump(include={"case_no", "permit_no", "note"})
        apply_changes(case, form.opened, typed, form.version)
        try:
            session.flush()
        except IntegrityError as error:
            raise Refusal(
                Problem("case_no", _("办件编号“{number}”已经用过。", number=form.case_no))
            ) from error
