"""What is done about permits that end and duties that fall due; one transaction each."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from crm.approvals import watch_rules
from crm.approvals.actions.events import record
from crm.approvals.actions.hints import settle
from crm.approvals.actions.shared import not_ahead, refuse, refuse_the_halls
from crm.approvals.commitment_inputs import AddDuty, ExtendPermit, SettleDuty
from crm.approvals.queries.cases import find_case
from crm.approvals.queries.commitments import revoked
from crm.approvals.rules import months_later
from crm.approvals.watch_rules import PERMIT, Start
from crm.core.access import Actor, Verb, project_condition, require
from crm.core.db import fetch, unit_of_work
from crm.core.errors import NotFound, Problem, Refusal
from crm.core.i18n import _
from crm.workdays import queries as workdays
from models import Case, Item, Milestone, Obligation, Project

EXTENDED = "证照延期"  # the step in the event log


def extend_permit(actor: Actor, form: ExtendPermit, *, today: date) -> None:
    """延期: at most twice, each by at most three months, and only before the permit lapses (建筑法 第九条).

    After that, or once the day is past, the permit is void of itself and a new one is to be applied for.
    """
    require(actor, Verb.CASE_EDIT)
    reason = _("{reason}（{day}由{who}批准）", reason=form.reason, day=form.ordered_on, who=form.approver)
    with unit_of_work(actor, "approvals.extend_permit", reason=reason) as session:
        case = find_case(session, actor, form.case_id, Verb.CASE_EDIT, locked=True)
        refuse_the_halls(case)
        item = session.get_one(Item, case.item_id)
        line = watch_rules.line_of_item(item.code)
        if case.issued_on is None or line is None or not line.extensions:
            raise Refusal(_not_extendable(item, case))
        if session.exec(select(Case.id).where(col(Case.id) == case.id, revoked(col(Case.id)))).first():
            raise Refusal(_("该证照的决定已撤销，不能延期。"))
        ends_on = case.expires_on or line.due(case.issued_on)
        project = session.get(Project, case.project_id) if case.project_id is not None else None
        problems = not_ahead("ordered_on", form.ordered_on, today)
        if form.ordered_on < case.issued_on:
            problems.append(Problem("ordered_on", _("批准日期早于发证日期{day}。", day=case.issued_on)))
        if not form.approver:
            problems.append(Problem("approver", _("请写明批准延期的机关负责人。")))
        if not form.reason:
            problems.append(Problem("reason", _("请写明延期理由。")))
        for refused in watch_rules.extension_refused(
            item.code,
            extended=case.permit_extensions,
            ends_on=ends_on,
            ordered_on=form.ordered_on,
            new_ends_on=form.new_expires_on,
            started=project is not None and project.started_on is not None,
        ):
            problems.append(Problem(refused.field, _why(refused.code, ends_on, line)))
        refuse(problems)
        case.expires_on = form.new_expires_on
        case.permit_extensions += 1
        settle(session, case, today)
        record(session, case, EXTENDED, form.ordered_on, actor, workdays.calendar(session))


def _not_extendable(item: Item, case: Case) -> str:
    if case.issued_on is None:
        return _("还没有发证，无从延期。")
    return _("“{name}”的有效期不能延期；需要延续的，请在到期前登记一件新的办件。", name=item.name)


def _why(code: str, ends_on: date, line: watch_rules.Line) -> str:
    said = {
        "started": _("项目已经开工，施工许可证不必再延期。"),
        "lapsed": _(
            "该证{day}到期，到期前没有开工也没有申请延期，已自行废止；请重新申领（{basis}）。",
            day=ends_on,
            basis=line.basis,
        ),
        "used_up": _(
            "已延期{n}次，不能再延；到期仍不开工的，施工许可证自行废止（{basis}）。",
            n=line.extensions,
            basis=line.basis,
        ),
        "not_later": _("新的到期日应晚于现在的到期日{day}。", day=ends_on),
        "too_long": _(
            "每次延期不超过{n}个月，最晚到{day}（{basis}）。",
            n=line.extension_months,
            day=months_later(ends_on, line.extension_months),
            basis=line.basis,
        ),
    }
    return said[code]


def add_duty(actor: Actor, form: AddDuty, *, today: date) -> int:
    """Register a day the watch counts from that no permit carries. Returns its id."""
    require(actor, Verb.MILESTONE_EDIT)
    with unit_of_work(actor, "approvals.add_duty") as session:
        _project(session, actor, form.project_id)
        problems: list[Problem] = []
        line = watch_rules.BY_CODE.get(form.line)
        if line is None or line.start is not Start.TYPED or form.line in watch_rules.FOLLOWS:
            problems.append(Problem("line", _("请选择限期事项的类别。")))
        elif form.line != "land_idle_fee":  # a contract's start date usually lies ahead
            problems += not_ahead("from_on", form.from_on, today)
            if not form.what:
                problems.append(Problem("what", _("请写明是哪一台设备、哪一项变更。")))
        refuse(problems)
        known = session.exec(
            select(Obligation.id).where(
                col(Obligation.project_id) == form.project_id,
                col(Obligation.line) == form.line,
                col(Obligation.what) == form.what,
                col(Obligation.from_on) == form.from_on,
            )
        ).first()
        if known is not None:
            raise Refusal(Problem("what", _("这一项已经登记过，起算日期{day}。", day=form.from_on)))
        row = Obligation(project_id=form.project_id, line=form.line, what=form.what, from_on=form.from_on)
        session.add(row)
        session.flush()
        return row.id or 0


def settle_duty(actor: Actor, form: SettleDuty, *, today: date) -> None:
    """登记已办: the row leaves the watch list. For a permit that ends: why it is needed no more."""
    require(actor, Verb.MILESTONE_EDIT)
    with unit_of_work(actor, "approvals.settle_duty", reason=form.evidence) as session:
        if form.line != PERMIT and form.line not in watch_rules.BY_CODE:
            raise NotFound(_("没有找到这条记录，或您无权查看。"))
        problems = not_ahead("done_on", form.done_on, today)
        if not form.evidence:
            problems.append(Problem("evidence", _("请写明办理的文号或凭据；不再需要的，写明原因。")))
        if form.record == "obligation":
            row = fetch(session, Obligation, form.record_id)
            _project(session, actor, row.project_id or 0)
            start = row.from_on
        else:
            row, start = _begun(session, actor, form)
        if form.done_on < start:
            problems.append(Problem("done_on", _("办理日期早于起算日期{day}。", day=start)))
        refuse(problems)
        row.done_on, row.evidence = form.done_on, form.evidence
        session.add(row)


def _begun(session: Session, actor: Actor, form: SettleDuty) -> tuple[Obligation, date]:
    """(a new record of a duty that began with a permit, a milestone or the project itself, the day it began)."""
    if form.record == "case":
        case = find_case(session, actor, form.record_id, Verb.MILESTONE_EDIT)
        start, project_id, case_id = case.issued_on, case.project_id, case.id
    elif form.record == "milestone":
        milestone = fetch(session, Milestone, form.record_id)
        _project(session, actor, milestone.project_id)
        start, project_id, case_id = milestone.done_on, milestone.project_id, None
    else:
        project = _project(session, actor, form.record_id)
        begun = (
            project.status_on
            if watch_rules.BY_CODE[form.line].start is Start.SUSPENDED
            else project.started_on
        )
        start, project_id, case_id = begun, project.id, None
    if start is None:
        raise Refusal(_("这一项还没有起算，不必登记。"))
    return Obligation(project_id=project_id, case_id=case_id, line=form.line, from_on=start), start


def _project(session: Session, actor: Actor, project_id: int) -> Project:
    found = session.exec(
        select(Project).where(
            col(Project.id) == int(project_id), project_condition(actor, Verb.MILESTONE_EDIT)
        )
    ).first()
    if found is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return found
