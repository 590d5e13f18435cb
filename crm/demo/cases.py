"""The demo town's permits: the past ones decided, the present ones in every state a clock can show."""

from __future__ import annotations

import calendar as months
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from sqlmodel import Session, col, select

from crm.approvals.actions import refresh_hints
from crm.demo.projects import Made
from crm.workdays.rules import Calendar
from models import Case, Item, ItemProcedure, Milestone, SpecialProcedure
from models.vocabulary import CaseOutcome, CaseState, DayUnit, Party, ProcedureKind, ProjectStatus

DELIVERED_AFTER_WD = 3
HISTORY_DAYS = 330  # decided cases are shown for about a year back
PLAIN = (
    "green",
    "yellow",
    "late",
    "stopped",
    "green",
    "untold",
    "legal_late",
    "received",
    "yellow",
    "correcting",
)
CALENDAR_ITEMS = ("P34", "P24", "P62")  # limits the law writes in 日: they fall due on any day of the week


def write_cases(session: Session, rng: Random, made: list[Made], today: date, calendar: Calendar) -> int:
    """Write them; returns how many."""
    rows: list[tuple[Case, list[SpecialProcedure]]] = []
    states = iter(_states())
    due_today, extended = dict.fromkeys(CALENDAR_ITEMS, True), False
    for project in made:
        if project.plot.status is ProjectStatus.TERMINATED:
            continue
        rows += _past(rng, project, today, calendar)
        ready = _next_permit(project)
        if ready is None or project.plot.status is not ProjectStatus.ACTIVE:
            continue
        milestone, item = ready
        if due_today.pop(item.code, False):
            rows.append(_open(project, milestone, item, "due_today", today, calendar))
        elif item.extension_limit and not extended:
            extended = True
            rows.append(_open(project, milestone, item, "extended", today, calendar))
        else:
            rows.append(_open(project, milestone, item, next(states), today, calendar))
    rows += _expiring(made, today, calendar)
    rows += _ended(made, today, calendar)
    for number, (case, _stops) in enumerate(rows, 1):
        case.case_no = f"440703{case.received_on:%y%m%d}{number:04d}"
    session.add_all(case for case, _stops in rows)
    with session.no_autoflush:
        for case, stops in rows:
            refresh_hints(session, case, calendar, today, stops)
    session.flush()
    listed = _registered(session)
    for case, stops in rows:
        for stop in stops:
            stop.case_id = case.id or 0
            _by_the_register(stop, listed.get(case.item_id))
            session.add(stop)
    session.flush()
    return len(rows)


def _registered(session: Session) -> dict[int, ItemProcedure]:
    """The first procedure of each item that its register lets stop the clock."""
    rows = session.exec(
        select(ItemProcedure)
        .where(col(ItemProcedure.stops_clock), col(ItemProcedure.active))
        .order_by(col(ItemProcedure.id).desc())
    )
    return {row.item_id: row for row in rows}


def _by_the_register(stop: SpecialProcedure, listed: ItemProcedure | None) -> None:
    """A handler opens what the register lists, where it lists anything."""
    if listed is None:
        return
    stop.register_id, stop.kind = listed.id, listed.kind
    stop.ground, stop.basis = f"组织{listed.name}", listed.stop_basis or listed.basis or stop.basis


def _states() -> Iterator[str]:
    while True:
        yield from PLAIN


def _limit(item: Item) -> int:
    return item.promised_limit or item.legal_limit or 0


def _unit(item: Item) -> DayUnit:
    """A promise counts working days; a limit of law counts what the law says."""
    return DayUnit.WORKING if item.promised_limit else item.unit


def _next_permit(project: Made) -> tuple[Milestone, Item] | None:
    """The first open permit with a clock whose prerequisites the project's stage has reached."""
    items = {i.id: i for i in project.plot.items.values()}
    for milestone in sorted(project.milestones.values(), key=lambda m: m.sort):
        item = items.get(milestone.item_id)
        if (
            milestone.done_on is None
            and milestone.stage == project.plot.stage
            and milestone.waits_for is Party.DEPARTMENT
            and item is not None
            and item.legal_limit
            and _limit(item) > 1
        ):
            return milestone, item
    return None


def _past(
    rng: Random, project: Made, today: date, calendar: Calendar
) -> Iterator[tuple[Case, list[SpecialProcedure]]]:
    """The permits the project has got within the last year, most of them early, a few late."""
    items = {i.id: i for i in project.plot.items.values()}
    for milestone in project.milestones.values():
        item = items.get(milestone.item_id)
        if milestone.done_on is None or item is None or not item.legal_limit or not item.department_id:
            continue
        if (today - milestone.done_on).days > HISTORY_DAYS:
            continue
        took = max(1, _limit(item) + (2 if rng.random() < 0.08 else -rng.randrange(0, 3)))
        accepted = _before(calendar, _unit(item), milestone.done_on, took)
        case = _case(project, milestone, item, accepted)
        _granted(case, milestone.done_on, today, calendar)
        case.permit_no = milestone.evidence or f"蓬{item.code}-{milestone.done_on:%Y}-{milestone.id}"
        _valid_until(case, item)
        yield case, []


def _open(
    project: Made, milestone: Milestone, item: Item, state: str, today: date, calendar: Calendar
) -> tuple[Case, list[SpecialProcedure]]:
    """One running case in the wanted state."""
    limit, legal = _limit(item), item.legal_limit or 0
    used = {
        "green": 0 if limit <= 4 else 1,
        "yellow": limit - 1,
        "due_today": limit,
        "late": limit + 2 if legal > limit + 2 else limit + 1,
        "legal_late": legal + 3,
        "stopped": 2,
        "untold": 2,
        "extended": limit + 1,
        "received": 0,
        "correcting": 0,
    }[state]
    stops: list[SpecialProcedure] = []
    if state in ("stopped", "untold"):
        # two days counted, then the stop began: six working days ago
        began = _before(calendar, DayUnit.WORKING, today, 6)
        case = _case(project, milestone, item, _before(calendar, _unit(item), began, used))
        stops.append(
            SpecialProcedure(
                case_id=0,
                kind=ProcedureKind.EXPERT_REVIEW,
                ground="组织专家评审",
                basis="行政许可法第四十五条",
                from_on=began,
                planned_wd=15,
                told_on=began if state == "stopped" else None,
                notice_no=f"江蓬审告〔{began.year}〕{project.plot.number + 5}号"
                if state == "stopped"
                else "",
            )
        )
        return case, stops
    if state == "due_today" and not calendar.is_workday(today):
        # Only a limit in calendar days can fall due on a rest day: one without a promise.
        case = _case(project, milestone, item, today - timedelta(days=legal))
        case.promised_limit = None
        return case, stops
    accepted = _before(calendar, item.unit if state == "legal_late" else _unit(item), today, used)
    if state != "due_today" and not calendar.is_workday(accepted):
        accepted = calendar.add_workdays(accepted, -1)
    case = _case(project, milestone, item, accepted)
    if state == "received":
        case.state, case.accepted_on, case.starts_on = CaseState.RECEIVED, None, None
    if state == "correcting":
        case.state, case.accepted_on, case.starts_on = CaseState.CORRECTING, None, None
        case.received_on = _before(calendar, DayUnit.WORKING, today, 4)
        case.correction_told_on = _before(calendar, DayUnit.WORKING, today, 2)
        case.correction_due_on = calendar.add_workdays(today, 8)
        case.correction_text = "1. 总平面图未加盖设计单位出图章；2. 缺用地批准文件复印件。"
    if state == "extended":
        case.extension = item.extension_limit
        case.extended_on = _before(calendar, DayUnit.WORKING, today, 2)
        case.extension_told_on = case.extended_on
        case.extension_approver, case.extension_reason = "分管副局长", "涉及两个街区的管线综合，需补充会审"
    return case, stops


def _expiring(
    made: list[Made], today: date, calendar: Calendar
) -> Iterator[tuple[Case, list[SpecialProcedure]]]:
    """Permits that run out soon or have just run out."""
    plans = ((41, "P35", 18), (45, "P62", 75), (52, "P35", -6), (55, "P62", 40))
    for number, code, left in plans:
        project = next((m for m in made if m.plot.number == number), None)
        item = project.plot.items.get(code) if project else None
        if project is None or item is None:
            continue
        ends = today + timedelta(days=left)
        issued = _years_before(ends, 5)
        case = _case(project, None, item, _before(calendar, _unit(item), issued, _limit(item)))
        _granted(case, issued, today, calendar)
        case.permit_no = f"粤江蓬{code}〔{issued.year}〕{number}号"
        case.expires_on = ends
        case.note = "企业一期厂房的许可证"
        yield case, []


def _ended(
    made: list[Made], today: date, calendar: Calendar
) -> Iterator[tuple[Case, list[SpecialProcedure]]]:
    """Applications that ended without a decision: withdrawn, not accepted, terminated."""
    plans = (
        (18, "P36", CaseState.WITHDRAWN, "申请人撤回", "企业调整方案后重新申报"),
        (27, "P22", CaseState.WITHDRAWN, "申请人撤回", "企业调整方案后重新申报"),
        (18, "P22", CaseState.NOT_ACCEPTED, "不予受理（江蓬不受告第18号）：不属于本机关职权范围", ""),
        (27, "P36", CaseState.TERMINATED, "终止（建筑垃圾管理规定）：申请的处置场地已关闭", ""),
    )
    for number, code, state, result, note in plans:
        project = next((m for m in made if m.plot.number == number), None)
        item = project.plot.items.get(code) if project else None
        if project is None or item is None:
            continue
        case = _case(project, None, item, _before(calendar, DayUnit.WORKING, today, 12 + number))
        case.state, case.result, case.note = state, result, note
        case.decided_on = calendar.add_workdays(case.received_on, 4)
        if state is CaseState.NOT_ACCEPTED:
            case.accepted_on, case.starts_on = None, None
        yield case, []


def _case(project: Made, milestone: Milestone | None, item: Item, accepted: date) -> Case:
    return Case(
        case_no="",
        item_id=item.id or 0,
        enterprise_id=project.plot.firm.id,
        project_id=project.row.id,
        milestone_id=milestone.id if milestone else None,
        department_id=item.department_id,
        state=CaseState.ACCEPTED,
        received_on=accepted,
        accepted_on=accepted,
        starts_on=accepted,
        legal_limit=item.legal_limit,
        promised_limit=item.promised_limit,
        unit=item.unit,
    )


def _granted(case: Case, on: date, today: date, calendar: Calendar) -> None:
    """Granted that day and handed over soon after; of the last days' permits some wait for it."""
    case.outcome, case.result = CaseOutcome.GRANTED, "准予许可"
    case.state, case.decided_on, case.issued_on = CaseState.DECIDED, on, on
    handed = calendar.add_workdays(on, DELIVERED_AFTER_WD)
    if handed <= today:
        case.state, case.delivered_on = CaseState.DELIVERED, handed


def _before(calendar: Calendar, unit: DayUnit, day: date, n: int) -> date:
    """The day from which `n` days of the unit have been counted by `day`."""
    if unit is DayUnit.CALENDAR:
        return day - timedelta(days=n)
    base = day if calendar.is_workday(day) else calendar.add_workdays(day, -1)
    return calendar.add_workdays(base, -n)


def _valid_until(case: Case, item: Item) -> None:
    if item.valid_months is None or case.issued_on is None:
        return
    year, month = divmod(case.issued_on.month - 1 + item.valid_months, 12)
    year, month = case.issued_on.year + year, month + 1
    case.expires_on = date(year, month, min(case.issued_on.day, months.monthrange(year, month)[1]))


def _years_before(day: date, years: int) -> date:
    return date(day.year - years, day.month, min(day.day, months.monthrange(day.year - years, day.month)[1]))
