"""The demo town's promises: one in each state, an enterprise that broke one, one that repaired it; and a few
dated duties that no permit carries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, select

from crm.workdays.rules import Calendar
from models import Case, Commitment, CreditMark, Item, Obligation, Project
from models.vocabulary import (
    CaseRoute,
    CaseSource,
    CaseState,
    CommitmentState,
    ProjectStatus,
)

OURS_FIRST = (
    "P34",
    "P33",
    "P36",
    "P24",
    "P22",
)  # the housing bureau's come first: its handler is a demo sign-in
WORDS = {
    "P34": "施工合同网签备案表",
    "P33": "人防易地建设费缴款凭证",
    "P36": "消纳场处置合同",
    "P24": "危险废物委托处置协议",
    "P22": "日照分析补充说明",
}
CHECKER = "冯晓彤、区海明"


def write_promises(session: Session, today: date, calendar: Calendar) -> int:
    """Write them upon the cases already there; returns how many promises."""
    # A demo dated long ago has no project of that kind yet: what is not there is not promised.
    running = _cases(session, CaseState.ACCEPTED)
    granted = [
        (case, item)
        for case, item in _cases(session, CaseState.DECIDED, CaseState.DELIVERED)
        if case.issued_on is not None
    ]
    rows = [
        *_pending(running, today, calendar),
        *_checked(granted, today, calendar),
    ]
    session.add_all(rows)
    session.flush()
    for row in rows:
        case = session.get_one(Case, row.case_id)
        case.route = row.route
    broken = [row for row in rows if row.state is CommitmentState.BROKEN]
    for number, row in enumerate(broken):
        if row.enterprise_id is None or row.broken_on is None:
            continue
        mark = CreditMark(
            enterprise_id=row.enterprise_id,
            case_id=row.case_id,
            commitment_id=row.id or 0,
            marked_on=row.broken_on,
            reason="责令改正后逾期仍未提交",
        )
        if number:  # the first stays open, the second was repaired
            mark.repaired_on = min(today, row.broken_on + timedelta(days=14))
            mark.repair_basis = f"蓬信修〔{row.broken_on.year}〕{number + 2}号"
        session.add(mark)
    _duties(session, today)
    session.flush()
    return len(rows)


def _cases(session: Session, *states: CaseState) -> list[tuple[Case, Item]]:
    """Cases one may promise something in, one of each enterprise, the housing bureau's first."""
    found = session.exec(
        select(Case, Item)
        .join(Item, col(Item.id) == col(Case.item_id))
        .where(
            col(Case.source) == CaseSource.OURS,
            col(Case.state).in_(states),
            col(Case.enterprise_id).is_not(None),
            col(Item.code).in_(OURS_FIRST),
        )
        .order_by(col(Case.received_on).desc(), col(Case.id))
    ).all()
    ranked = sorted(found, key=lambda pair: OURS_FIRST.index(pair[1].code))
    seen: set[int | None] = set()
    chosen: list[tuple[Case, Item]] = []
    for case, item in ranked:
        if case.enterprise_id not in seen:
            seen.add(case.enterprise_id)
            chosen.append((case, item))
    return chosen


def _promise(case: Case, item: Item, promised_on: date, due_on: date, **more: Any) -> Commitment:
    values: dict[str, Any] = {
        "case_id": case.id or 0,
        "enterprise_id": case.enterprise_id,
        "route": CaseRoute.COMMITMENT,
        "text": WORDS[item.code],
        "promised_on": promised_on,
        "due_on": due_on,
        "verify_by_on": max(promised_on + timedelta(days=60), due_on),
    } | more
    return Commitment(**values)


def _pending(cases: Sequence[tuple[Case, Item]], today: date, calendar: Calendar) -> Iterator[Commitment]:
    """On running cases: due soon, due today, overdue, and papers that follow."""
    plans = (
        (2, CaseRoute.COMMITMENT),
        (0, CaseRoute.LATER_PAPERS),
        (-3, CaseRoute.COMMITMENT),
        (8, CaseRoute.LATER_PAPERS),
    )
    for (case, item), (wd, route) in zip(cases, plans, strict=False):
        due = calendar.add_workdays(today, wd) if wd else today
        told = min(case.received_on, due - timedelta(days=1))
        later: dict[str, Any] = (
            {"route": route, "verify_by_on": None} if route is CaseRoute.LATER_PAPERS else {}
        )
        yield _promise(case, item, told, due, **later)


def _checked(cases: Sequence[tuple[Case, Item]], today: date, calendar: Calendar) -> Iterator[Commitment]:
    """On granted permits: to be checked, verified, ordered to be put right, broken, broken and repaired."""
    by_age = sorted(cases, key=lambda pair: pair[0].received_on)
    old, young = by_age[: len(by_age) // 2], by_age[len(by_age) // 2 :]
    states = iter(
        (
            CommitmentState.FULFILLED,
            CommitmentState.CORRECTING,
            CommitmentState.VERIFIED,
            CommitmentState.FULFILLED,
        )
    )
    for (case, item), state in zip(reversed(young), states, strict=False):
        told = case.received_on
        due = min(calendar.add_workdays(told, 10), calendar.add_workdays(today, -4))
        row = _promise(case, item, min(told, due - timedelta(days=1)), due, state=state)
        if state is CommitmentState.CORRECTING:
            row.verified_on, row.verified_by = calendar.add_workdays(today, -2), CHECKER
            row.finding, row.correct_by_on = "现场核对，承诺的凭证尚未取得", calendar.add_workdays(today, 3)
        else:
            row.fulfilled_on = due
            row.verify_by_on = calendar.add_workdays(today, 2)
        if state is CommitmentState.VERIFIED:
            row.verified_on, row.verified_by = calendar.add_workdays(today, -1), CHECKER
            row.finding = "材料齐全，与承诺一致"
        yield row
    for case, item in old[:2]:
        told = case.received_on
        due = calendar.add_workdays(told, 10)
        found = calendar.add_workdays(due, 3)
        mend = calendar.add_workdays(found, 10)
        if mend >= today:
            continue
        yield _promise(
            case,
            item,
            told,
            due,
            state=CommitmentState.BROKEN,
            verified_on=found,
            verified_by=CHECKER,
            finding="到期未提交，电话催告后仍未提交",
            correct_by_on=mend,
            broken_on=min(today, mend + timedelta(days=1)),
        )


def _duties(session: Session, today: date) -> None:
    """Contracts' start dates of projects not begun, and a crane put to use."""
    waiting = session.exec(
        select(Project)
        .where(
            col(Project.status) == ProjectStatus.ACTIVE,
            col(Project.started_on).is_(None),
            col(Project.land_mu).is_not(None),
        )
        .order_by(col(Project.id))
        .limit(3)
    ).all()
    for project, days in zip(waiting, (340, 380, 100), strict=False):
        session.add(
            Obligation(
                project_id=project.id or 0,
                line="land_idle_fee",
                what=f"440703-{today.year}-{project.id or 0:04d}",
                from_on=today - timedelta(days=days),
            )
        )
    built = session.exec(
        select(Project)
        .where(col(Project.status) == ProjectStatus.ACTIVE, col(Project.started_on).is_not(None))
        .order_by(col(Project.id).desc())
        .limit(2)
    ).all()
    for project, (what, days) in zip(built, (("桥式起重机1号", 22), ("压力容器2号", 35)), strict=False):
        session.add(
            Obligation(
                project_id=project.id or 0,
                line="special_equipment",
                what=what,
                from_on=today - timedelta(days=days),
            )
        )
