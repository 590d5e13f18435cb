"""Special procedures of a case, and the stops among them; one transaction each."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from crm.approvals.actions.hints import settle
from crm.approvals.actions.life import ARTICLE_45
from crm.approvals.actions.shared import not_ahead, open_case, refuse, tell
from crm.approvals.inputs import (
    GiveNotice,
    StopCase,
)
from crm.approvals.rules import Step
from crm.core.access import Actor, Verb, require
from crm.core.db import fetch, unit_of_work
from crm.core.errors import Problem
from crm.core.i18n import _
from models import Case, SpecialProcedure
from models.vocabulary import PROCEDURE_KIND_LABELS, ProcedureKind


def stop(actor: Actor, form: StopCase, *, today: date) -> int:
    """停表. Without a legal basis or a planned length it is refused; without written notice it is
    recorded, but the clock runs on. Returns the stop's id."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.stop") as session:
        case = open_case(session, actor, form.case_id, Step.STOP)
        problems = not_ahead("from_on", form.from_on, today)
        if form.told_on is not None:
            problems += not_ahead("told_on", form.told_on, today)
        if case.starts_on is not None and form.from_on < case.starts_on:
            problems.append(Problem("from_on", _("停表日期早于起算日期{day}。", day=case.starts_on)))
        if not form.ground:
            problems.append(Problem("ground", _("请写明停表事由。")))
        if not form.basis:
            problems.append(Problem("basis", _("请写明停表依据；没有法律依据不能停表。")))
        elif form.kind is ProcedureKind.OTHER and _is_article_45(form.basis):
            problems.append(
                Problem(
                    "basis",
                    _(
                        "第四十五条只列举听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审；其他环节须写事项自身的依据。"
                    ),
                )
            )
        if form.planned_wd is None or not 1 <= form.planned_wd <= 365:
            problems.append(Problem("planned_wd", _("请写明计划停表的工作日数（1至365）。")))
        refuse(problems)
        row = SpecialProcedure(
            case_id=case.id or 0,
            kind=form.kind,
            ground=form.ground,
            basis=form.basis,
            from_on=form.from_on,
            planned_wd=form.planned_wd or 0,
            told_on=form.told_on,
            notice_no=form.notice_no if form.told_on else "",
        )
        session.add(row)
        session.flush()
        tell(
            session,
            case,
            _(
                "{kind}：{ground}，自{day}",
                kind=_(PROCEDURE_KIND_LABELS[row.kind]),
                ground=row.ground,
                day=row.from_on,
            ),
        )
        settle(session, case, today)
        return row.id or 0


def _is_article_45(basis: str) -> bool:
    plain = basis.replace("《", "").replace("》", "").replace(" ", "").removeprefix("中华人民共和国")
    return plain in (ARTICLE_45, "行政许可法45条", "行政许可法第45条", "许可法第四十五条")


def give_notice(actor: Actor, form: GiveNotice, *, today: date) -> None:
    """补书面告知: from that day on the stop holds. A notice is given once."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.give_notice") as session:
        row, case = _stop_of(session, actor, form.stop_id, Step.GIVE_NOTICE)
        problems = not_ahead("told_on", form.told_on, today)
        if row.told_on is not None:
            problems.append(Problem("told_on", _("已于{day}书面告知。", day=row.told_on)))
        if not form.notice_no:
            problems.append(Problem("notice_no", _("请写明告知文书的文号。")))
        refuse(problems)
        row.told_on, row.notice_no = form.told_on, form.notice_no
        tell(session, case, _("书面告知{number}，{day}", number=row.notice_no, day=row.told_on))
        settle(session, case, today)


def resume(actor: Actor, stop_id: int, to_on: date, *, today: date) -> None:
    """恢复计时: `to_on` is the first day that counts again."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.resume") as session:
        row, case = _stop_of(session, actor, stop_id, Step.RESUME)
        problems = not_ahead("to_on", to_on, today)
        if row.to_on is not None:
            problems.append(Problem("to_on", _("已于{day}恢复计时。", day=row.to_on)))
        if to_on <= row.from_on:
            problems.append(Problem("to_on", _("恢复日期应晚于停表日期{day}。", day=row.from_on)))
        refuse(problems)
        row.to_on = to_on
        tell(
            session, case, _("{kind}结束，{day}恢复计时", kind=_(PROCEDURE_KIND_LABELS[row.kind]), day=to_on)
        )
        settle(session, case, today)


def _stop_of(session: Session, actor: Actor, stop_id: int, step: Step) -> tuple[SpecialProcedure, Case]:
    row = fetch(session, SpecialProcedure, stop_id)
    return row, open_case(session, actor, row.case_id, step)
