"""The verbs of a case (办件) and of the catalogue: one transaction each.

No action takes a due date: `due_on`, `promised_due_on`, `yellow_on`, `provisional` and
`renew_by_on` are written by `refresh_hints` alone, from the rule. What a state allows is the table
`rules.STEPS`. A date that lies ahead is refused: what has not happened cannot be recorded.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm.approvals import rules
from crm.approvals.inputs import (
    AmendCase,
    DecideCase,
    EditItem,
    ExtendCase,
    GiveNotice,
    RegisterCase,
    StopCase,
)
from crm.approvals.queries import clocks_of, find_case, stops_of
from crm.approvals.rules import STEP_LABELS, STEPS, Step
from crm.core.access import Actor, Verb, enterprise_condition, project_condition, require, require_all
from crm.core.audit import note_event
from crm.core.db import apply_changes, fetch, unit_of_work
from crm.core.errors import NotFound, Problem, Refusal
from crm.core.i18n import _
from crm.workdays import queries as workdays
from crm.workdays.actions import Moved, on_calendar_change
from crm.workdays.rules import Calendar
from models import Case, ClockStop, Enterprise, Item, Milestone, Project
from models.vocabulary import CASE_STATE_LABELS, STOP_KIND_LABELS, CaseState, DayUnit, StopKind

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


# --- the life of a case


def register(actor: Actor, form: RegisterCase, *, today: date) -> int:
    """收件: open a case under the item's limits as they are now. Returns its id.

    The same `request_id` twice is one case. Limits are copied, so that a later change of the
    catalogue never rewrites it.
    """
    require(actor, Verb.CASE_EDIT)
    _refuse(_not_ahead("received_on", form.received_on, today))
    with unit_of_work(actor, "approvals.register") as session:
        known = session.exec(select(Case.id).where(Case.request_id == form.request_id)).first()
        if known is not None:
            return known
        item = fetch(session, Item, form.item_id)
        if not item.active:
            raise Refusal(Problem("item_id", _("事项“{name}”已停用。", name=item.name)))
        project_id, enterprise_id = _whose(session, actor, form)
        milestone_id = _milestone(session, form, project_id)
        number = form.case_no or f"{item.code}-{form.received_on:%Y%m%d}-{form.request_id[-6:].upper()}"
        case = Case(
            case_no=number,
            item_id=item.id or 0,
            enterprise_id=enterprise_id,
            project_id=project_id,
            milestone_id=milestone_id,
            department_id=item.department_id,
            received_on=form.received_on,
            legal_limit=item.legal_limit,
            promised_limit=item.promised_limit,
            unit=item.unit,
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
        case = _open_case(session, actor, case_id, Step.ACCEPT)
        problems = _not_ahead("accepted_on", accepted_on, today)
        if accepted_on < case.received_on:
            problems.append(Problem("accepted_on", _("受理日期早于收件日期{day}。", day=case.received_on)))
        _refuse(problems)
        item = fetch(session, Item, case.item_id)
        case.accepted_on = accepted_on
        case.starts_on = rules.day_zero(item.clock_start, case.received_on, accepted_on)
        case.state = CaseState.ACCEPTED
        _settle(session, case, today)


def stop(actor: Actor, form: StopCase, *, today: date) -> int:
    """停表. Without a legal basis or a planned length it is refused; without written notice it is
    recorded, but the clock runs on. Returns the stop's id."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.stop") as session:
        case = _open_case(session, actor, form.case_id, Step.STOP)
        problems = _not_ahead("from_on", form.from_on, today)
        if form.told_on is not None:
            problems += _not_ahead("told_on", form.told_on, today)
        if case.starts_on is not None and form.from_on < case.starts_on:
            problems.append(Problem("from_on", _("停表日期早于起算日期{day}。", day=case.starts_on)))
        if not form.ground:
            problems.append(Problem("ground", _("请写明停表事由。")))
        if not form.basis:
            problems.append(Problem("basis", _("请写明停表依据；没有法律依据不能停表。")))
        elif form.kind is StopKind.OTHER and _is_article_45(form.basis):
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
        _refuse(problems)
        row = ClockStop(
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
        _tell(
            session,
            case,
            _(
                "{kind}：{ground}，自{day}",
                kind=_(STOP_KIND_LABELS[row.kind]),
                ground=row.ground,
                day=row.from_on,
            ),
        )
        _settle(session, case, today)
        return row.id or 0


def _is_article_45(basis: str) -> bool:
    plain = basis.replace("《", "").replace("》", "").replace(" ", "").removeprefix("中华人民共和国")
    return plain in (ARTICLE_45, "行政许可法45条", "行政许可法第45条", "许可法第四十五条")


def give_notice(actor: Actor, form: GiveNotice, *, today: date) -> None:
    """补书面告知: from that day on the stop holds. A notice is given once."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.give_notice") as session:
        row, case = _stop_of(session, actor, form.stop_id, Step.GIVE_NOTICE)
        problems = _not_ahead("told_on", form.told_on, today)
        if row.told_on is not None:
            problems.append(Problem("told_on", _("已于{day}书面告知。", day=row.told_on)))
        if not form.notice_no:
            problems.append(Problem("notice_no", _("请写明告知文书的文号。")))
        _refuse(problems)
        row.told_on, row.notice_no = form.told_on, form.notice_no
        _tell(session, case, _("书面告知{number}，{day}", number=row.notice_no, day=row.told_on))
        _settle(session, case, today)


def resume(actor: Actor, stop_id: int, to_on: date, *, today: date) -> None:
    """恢复计时: `to_on` is the first day that counts again."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.resume") as session:
        row, case = _stop_of(session, actor, stop_id, Step.RESUME)
        problems = _not_ahead("to_on", to_on, today)
        if row.to_on is not None:
            problems.append(Problem("to_on", _("已于{day}恢复计时。", day=row.to_on)))
        if to_on <= row.from_on:
            problems.append(Problem("to_on", _("恢复日期应晚于停表日期{day}。", day=row.from_on)))
        _refuse(problems)
        row.to_on = to_on
        _tell(session, case, _("{kind}结束，{day}恢复计时", kind=_(STOP_KIND_LABELS[row.kind]), day=to_on))
        _settle(session, case, today)


def extend(actor: Actor, form: ExtendCase, *, today: date) -> None:
    """延长 (行政许可法 第四十二条): needs approver and reason, once; a second only with a basis of its own.

    It counts from its order date, which must lie within the limit it extends.
    """
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.extend") as session:
        case = _open_case(session, actor, form.case_id, Step.EXTEND)
        item = fetch(session, Item, case.item_id)
        problems = _not_ahead("ordered_on", form.ordered_on, today)
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
        elif not again and form.days > item.extension_limit:
            problems.append(
                Problem(
                    "days",
                    _("该事项最多可延长{n}{unit}。", n=item.extension_limit, unit=_unit(case.unit))
                    if item.extension_limit
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
        _refuse(problems)
        case.extension += form.days
        case.extension_approver = form.approver
        case.extension_reason = f"{form.reason}（{form.basis}）" if again else form.reason
        case.extended_on = form.ordered_on
        _settle(session, case, today)


def decide(actor: Actor, form: DecideCase, *, today: date) -> None:
    """办结. A permit's end is the corresponding day after the item's months, unless its face says other."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.decide") as session:
        case = _open_case(session, actor, form.case_id, Step.DECIDE)
        stops = stops_of(session, [case.id or 0])[case.id or 0]
        problems = _not_ahead("decided_on", form.decided_on, today)
        if case.accepted_on is not None and form.decided_on < case.accepted_on:
            problems.append(Problem("decided_on", _("办结日期早于受理日期{day}。", day=case.accepted_on)))
        for row in stops:
            if row.to_on is None:
                problems.append(
                    Problem(
                        "decided_on",
                        _("{kind}还没有恢复计时，请先登记恢复日期。", kind=_(STOP_KIND_LABELS[row.kind])),
                    )
                )
            elif form.decided_on < row.from_on:
                problems.append(Problem("decided_on", _("办结日期早于停表日期{day}。", day=row.from_on)))
        if not form.result:
            problems.append(Problem("result", _("请写明办理结果。")))
        problems += _permit_problems(form, today)
        _refuse(problems)
        item = fetch(session, Item, case.item_id)
        case.decided_on, case.result, case.state = form.decided_on, form.result, CaseState.DECIDED
        case.permit_no, case.issued_on = form.permit_no, form.issued_on
        case.expires_on = form.expires_on
        if form.issued_on is not None and form.expires_on is None and item.valid_months is not None:
            case.expires_on = rules.months_later(form.issued_on, item.valid_months)
        _settle(session, case, today)
        if case.issued_on is not None:
            for name in _LISTENING:
                importlib.import_module(name)
            for tell in _granted:
                tell(session, case)


def _permit_problems(form: DecideCase, today: date) -> list[Problem]:
    problems: list[Problem] = []
    if form.issued_on is not None:
        problems += _not_ahead("issued_on", form.issued_on, today)
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
        case = _open_case(session, actor, case_id, Step.WITHDRAW)
        problems = _not_ahead("withdrawn_on", withdrawn_on, today)
        if withdrawn_on < (case.accepted_on or case.received_on):
            problems.append(Problem("withdrawn_on", _("撤回日期早于收件或受理日期。")))
        if not text:
            problems.append(Problem("reason", _("请写明撤回原因。")))
        _refuse(problems)
        case.state, case.decided_on = CaseState.WITHDRAWN, withdrawn_on
        case.result = _("撤回：{reason}", reason=text)
        for row in stops_of(session, [case.id or 0])[case.id or 0]:
            if row.to_on is None:
                row.to_on = max(withdrawn_on, row.from_on + timedelta(days=1))
        _settle(session, case, today)


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


# --- the hints


def refresh_hints(
    session: Session,
    case: Case,
    calendar: Calendar,
    today: date,
    stops: Sequence[ClockStop] | None = None,
) -> None:
    """Write the case's dates from the rule. The only writer of `due_on`, `promised_due_on`,
    `yellow_on`, `provisional` and `renew_by_on`; `renew_by_on` follows `expires_on`. `stops` None reads
    them; those just added must have been flushed."""
    if stops is None:
        stops = stops_of(session, [case.id or 0])[case.id or 0]
    clocks = clocks_of(case, stops, today, calendar)
    committed = clocks.committed
    case.due_on = clocks.legal.due_on if clocks.legal else None
    case.promised_due_on = clocks.promised.due_on if clocks.promised else None
    case.yellow_on = committed.yellow_on if committed else None
    case.provisional = clocks.provisional
    case.renew_by_on = _renew_by(fetch(session, Item, case.item_id), case.expires_on, calendar)


def _settle(session: Session, case: Case, today: date) -> None:
    # One flush, one line in the trail: the step and the dates it moved belong together.
    with session.no_autoflush:
        refresh_hints(session, case, workdays.calendar(session), today)


def _renew_by(item: Item, expires_on: date | None, calendar: Calendar) -> date | None:
    if expires_on is None or item.renew_before is None:
        return None
    if item.renew_unit is DayUnit.WORKING:
        return calendar.add_workdays(expires_on, -item.renew_before)
    return expires_on - timedelta(days=item.renew_before)


@on_calendar_change
def recompute(session: Session, calendar: Calendar, today: date) -> list[Moved]:
    """After a change of the calendar: every running case anew, and the last day to renew a permit where
    that is counted in working days and still lies ahead. Decided cases keep their due dates. What moved."""
    session.exec(select(Item)).all()  # into the identity map: one read instead of one a case
    with session.no_autoflush:
        return [*_running_moved(session, calendar, today), *_renewals_moved(session, calendar, today)]


def _running_moved(session: Session, calendar: Calendar, today: date) -> list[Moved]:
    moved: list[Moved] = []
    running = session.exec(
        select(Case).where(col(Case.state) == CaseState.ACCEPTED, col(Case.decided_on).is_(None))
    ).all()
    stops = stops_of(session, [case.id for case in running if case.id is not None])
    for case in running:
        before = (case.due_on, case.promised_due_on)
        refresh_hints(session, case, calendar, today, stops[case.id or 0])
        words = (_("{no} 法定到期日", no=case.case_no), _("{no} 承诺到期日", no=case.case_no))
        after = (case.due_on, case.promised_due_on)
        moved += [
            Moved("permit_case", case.id or 0, what, old, new, case.provisional)
            for what, old, new in zip(words, before, after, strict=True)
            if old != new
        ]
    return moved


def _renewals_moved(session: Session, calendar: Calendar, today: date) -> list[Moved]:
    moved: list[Moved] = []
    rows = session.exec(
        select(Case, Item)
        .join(Item, col(Item.id) == col(Case.item_id))
        .where(
            col(Case.state) == CaseState.DECIDED,
            col(Item.renew_unit) == DayUnit.WORKING,
            col(Case.renew_by_on) >= today,
        )
    ).all()
    for case, item in rows:
        old, new = case.renew_by_on, _renew_by(item, case.expires_on, calendar)
        if old != new and case.expires_on is not None:
            case.renew_by_on = new
            moved.append(
                Moved(
                    "permit_case",
                    case.id or 0,
                    _("{no} 最迟申请延续日", no=case.case_no),
                    old,
                    new,
                    calendar.is_provisional(new or today, case.expires_on),
                )
            )
    return moved


# --- the catalogue


def edit_item(actor: Actor, form: EditItem) -> None:
    """Change a row of the catalogue. Running cases keep the limits they were registered under."""
    require_all(actor, Verb.CATALOGUE_EDIT)
    typed = form.model_dump(exclude={"item_id", "version", "opened"})
    problems: list[Problem] = []
    if (form.legal_limit is not None or form.extension_limit) and not form.legal_basis:
        problems.append(Problem("legal_basis", _("有法定期限或可延长的，请写明依据。")))
    if form.renew_before is not None and form.valid_months is None:
        problems.append(Problem("valid_months", _("写了提前续期的天数，请同时写证照有效的月数。")))
    _refuse(problems)
    with unit_of_work(actor, "approvals.edit_item") as session:
        apply_changes(fetch(session, Item, form.item_id), form.opened, typed, form.version)


# --- shared


def _open_case(session: Session, actor: Actor, case_id: int, step: Step) -> Case:
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


def _stop_of(session: Session, actor: Actor, stop_id: int, step: Step) -> tuple[ClockStop, Case]:
    row = fetch(session, ClockStop, stop_id)
    return row, _open_case(session, actor, row.case_id, step)


def _not_ahead(field: str, on: date, today: date) -> list[Problem]:
    """What is recorded has happened."""
    if on > today:
        return [Problem(field, _("日期{day}在今天之后，只能登记已经发生的事。", day=on))]
    return []


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Refusal(*problems)


def _unit(unit: DayUnit) -> str:
    return _("个工作日") if unit is DayUnit.WORKING else _("日")


def _tell(session: Session, case: Case, what: str) -> None:
    """A stop is its own row; the case's story tells of it too."""
    note_event(
        session,
        "permit_case",
        case.id,
        changes={"stop": [None, what]},
        project_id=case.project_id,
        enterprise_id=case.enterprise_id,
    )
