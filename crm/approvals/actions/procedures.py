"""Special procedures of a case (特殊环节), and the stops among them; one transaction each.

Whether a procedure stops the clock, by when it had to begin and how long it may last are copied from the
item's register when it is opened (`rules.procedures`); nobody types them. One that begins late, or without
its written notice, is recorded all the same: the light tells, and an alert of its own.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import Session, col, select

from crm.approvals import rules
from crm.approvals.actions.events import record
from crm.approvals.actions.hints import limit_procedure, settle
from crm.approvals.actions.shared import keep_notice, not_ahead, open_case, refuse, tell
from crm.approvals.inputs import CloseProcedure, GiveNotice, OpenProcedure
from crm.approvals.queries.cases import procedures_of, register_row, times_used
from crm.approvals.rules import Registered, Step
from crm.core.access import Actor, Verb, require
from crm.core.db import fetch, unit_of_work
from crm.core.errors import NotFound, Problem
from crm.core.i18n import _
from crm.workdays import queries as workdays
from models import Case, ItemProcedure, SpecialProcedure
from models.vocabulary import ARTICLE_45_KINDS, PROCEDURE_KIND_LABELS, ProcedureKind

LONGEST_WD = 365


def open_procedure(actor: Actor, form: OpenProcedure, *, today: date) -> int:
    """启动特殊环节. Without a ground, a basis or a planned length it is refused; without written notice a stop
    is recorded, but the clock runs on. Returns its id."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.open_procedure") as session:
        case = open_case(session, actor, form.case_id, Step.OPEN_PROCEDURE)
        registered = _registered(session, case, form)
        limits = register_row(registered)
        staff = rules.distinct_names(form.staff)
        problems = _date_problems(form, case, today)
        problems += _ground_problems(form, limits)
        problems += _notice_problems(form)
        problems += _staff_problems(form.kind, staff)
        problems += _times_problems(session, case, form, registered)
        refuse(problems)
        calendar = workdays.calendar(session)
        row = SpecialProcedure(
            case_id=case.id or 0,
            register_id=registered.id if registered else None,
            kind=form.kind,
            stops_clock=rules.stops_clock(form.kind, limits),
            ground=form.ground,
            basis=form.basis,
            opened_by=form.opened_by or actor.name,
            from_on=form.from_on,
            planned_wd=form.planned_wd or 0,
            told_on=form.told_on,
            notice_no=form.notice_no if form.told_on else "",
            staff=staff,
            approver=form.approver,
        )
        limit_procedure(row, case, registered, calendar)
        session.add(row)
        session.flush()
        if form.notice_file is not None and form.told_on is not None:
            keep_notice(session, actor, row, form.notice_file.name, form.notice_file.data)
        kind = _(PROCEDURE_KIND_LABELS[row.kind])
        tell(session, case, _("{kind}：{ground}，自{day}", kind=kind, ground=row.ground, day=row.from_on))
        record(
            session,
            case,
            PROCEDURE_KIND_LABELS[row.kind],
            row.from_on,
            actor,
            calendar,
            lifecycle="start",
        )
        settle(session, case, today)
        return row.id or 0


def _registered(session: Session, case: Case, form: OpenProcedure) -> ItemProcedure | None:
    """The register's row for this procedure: the one named, else the only one of its kind."""
    rows = session.exec(
        select(ItemProcedure).where(
            col(ItemProcedure.item_id) == case.item_id,
            col(ItemProcedure.kind) == form.kind,
            col(ItemProcedure.active).is_(True),
        )
    ).all()
    if form.register_id is not None:
        chosen = next((row for row in rows if row.id == form.register_id), None)
        if chosen is None:
            raise NotFound(_("没有找到这条记录，或您无权查看。"))
        return chosen
    if len(rows) > 1:
        names = "、".join(row.name for row in rows)
        refuse([Problem("register_id", _("该事项登记了多个同类环节（{names}），请选择一个。", names=names))])
    return rows[0] if rows else None


def _date_problems(form: OpenProcedure, case: Case, today: date) -> list[Problem]:
    problems = not_ahead("from_on", form.from_on, today)
    if case.starts_on is not None and form.from_on < case.starts_on:
        problems.append(Problem("from_on", _("启动日期早于起算日期{day}。", day=case.starts_on)))
    elif case.accepted_on is not None and form.from_on < case.accepted_on:
        problems.append(Problem("from_on", _("启动日期早于受理日期{day}。", day=case.accepted_on)))
    if form.told_on is not None:
        problems += not_ahead("told_on", form.told_on, today)
        if form.told_on < case.received_on:
            problems.append(Problem("told_on", _("告知日期早于收件日期{day}。", day=case.received_on)))
    return problems


def _ground_problems(form: OpenProcedure, registered: Registered | None) -> list[Problem]:
    problems: list[Problem] = []
    if not form.ground:
        problems.append(Problem("ground", _("请写明启动的事由。")))
    if not form.basis:
        problems.append(Problem("basis", _("请写明启动的依据；没有依据不能启动特殊环节。")))
    elif form.kind not in ARTICLE_45_KINDS and rules.cites_article_45(form.basis):
        problems.append(
            Problem(
                "basis",
                _(
                    "第四十五条只列举听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审；其他环节须写事项自身的依据。"
                ),
            )
        )
    most = rules.longest(form.kind, registered)
    if form.planned_wd is None or not 1 <= form.planned_wd <= LONGEST_WD:
        problems.append(Problem("planned_wd", _("请写明计划所需的工作日数（1至{most}）。", most=LONGEST_WD)))
    elif most is not None and form.planned_wd > most:
        problems.append(Problem("planned_wd", _("该环节最长{n}个工作日，计划时长不能超过它。", n=most)))
    return problems


def _notice_problems(form: OpenProcedure) -> list[Problem]:
    if form.told_on is not None and not form.notice_no:
        return [Problem("notice_no", _("请写明告知文书的文号。"))]
    if form.told_on is None and (form.notice_no or form.notice_file is not None):
        return [Problem("told_on", _("写了告知文书，请同时写告知日期。"))]
    return []


def _staff_problems(kind: ProcedureKind, staff: list[str]) -> list[Problem]:
    if kind is ProcedureKind.SITE_CHECK and len(staff) < rules.SITE_CHECK_STAFF:
        return [Problem("staff", _("现场核查应当指派两名以上工作人员（行政许可法第三十四条），请写明姓名。"))]
    return []


def _times_problems(
    session: Session, case: Case, form: OpenProcedure, registered: ItemProcedure | None
) -> list[Problem]:
    if registered is None or form.approver:
        return []
    rows = procedures_of(session, [case.id or 0])[case.id or 0]
    used = times_used(rows, registered)
    if used < registered.times:
        return []
    return [
        Problem(
            "approver",
            _(
                "该环节登记的次数是{n}次，本办件已用{used}次；再次启动须写明批准人。",
                n=registered.times,
                used=used,
            ),
        )
    ]


def give_notice(actor: Actor, form: GiveNotice, *, today: date) -> None:
    """补书面告知: from that day on a stop holds. A notice is given once."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.give_notice") as session:
        row, case = _procedure_of(session, actor, form.procedure_id, Step.GIVE_NOTICE)
        problems = not_ahead("told_on", form.told_on, today)
        if row.told_on is not None:
            problems.append(Problem("told_on", _("已于{day}书面告知。", day=row.told_on)))
        if form.told_on < case.received_on:
            problems.append(Problem("told_on", _("告知日期早于收件日期{day}。", day=case.received_on)))
        if not form.notice_no:
            problems.append(Problem("notice_no", _("请写明告知文书的文号。")))
        refuse(problems)
        row.told_on, row.notice_no = form.told_on, form.notice_no
        if form.notice_file is not None:
            keep_notice(session, actor, row, form.notice_file.name, form.notice_file.data)
        tell(session, case, _("书面告知{number}，{day}", number=row.notice_no, day=row.told_on))
        calendar = workdays.calendar(session)
        record(session, case, rules.STEP_LABELS[Step.GIVE_NOTICE], form.told_on, actor, calendar)
        settle(session, case, today)


def close_procedure(actor: Actor, form: CloseProcedure, *, today: date) -> None:
    """结束特殊环节, with its result: of a stop, `to_on` is the first day that counts again."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.close_procedure") as session:
        row, case = _procedure_of(session, actor, form.procedure_id, Step.CLOSE_PROCEDURE)
        # What ran beside the clock may end on the very day; a stop's end is the day that counts again.
        last = form.to_on if row.stops_clock else form.to_on - timedelta(days=1)
        problems = not_ahead("to_on", last, today)
        if row.to_on is not None:
            problems.append(Problem("to_on", _("已于{day}结束。", day=row.to_on)))
        if form.to_on <= row.from_on:
            problems.append(Problem("to_on", _("结束日期应晚于启动日期{day}。", day=row.from_on)))
        if not form.result:
            problems.append(Problem("result", _("请写明该环节的结论。")))
        refuse(problems)
        row.to_on, row.result = form.to_on, form.result
        kind = _(PROCEDURE_KIND_LABELS[row.kind])
        tell(session, case, _("{kind}结束，{day}起继续计时", kind=kind, day=form.to_on))
        calendar = workdays.calendar(session)
        record(session, case, PROCEDURE_KIND_LABELS[row.kind], form.to_on, actor, calendar)
        settle(session, case, today)


def _procedure_of(
    session: Session, actor: Actor, procedure_id: int, step: Step
) -> tuple[SpecialProcedure, Case]:
    row = fetch(session, SpecialProcedure, procedure_id)
    case = open_case(session, actor, row.case_id, step)
    session.refresh(row)  # it may have been read before the wait for the case
    return row, case
