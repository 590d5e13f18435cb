"""Cases and promises for the stories of this room, written straight into the database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlmodel import select

from crm.approvals import actions
from crm.approvals.commitment_inputs import (
    BreakPromise,
    MakePromises,
    PromiseLine,
    VerifyPromise,
)
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from models import Case, Commitment, Item
from models.vocabulary import CaseOutcome, CaseRoute, CaseState
from tests.conftest import Cast

TOLD = date(2026, 10, 12)  # Monday: the list is told and promised
DUE = date(2026, 10, 26)  # Monday, ten working days on
CHECK_BY = date(2026, 12, 11)  # Friday, sixty days on
FOUND = date(2026, 10, 28)  # Wednesday: found not kept
MEND_BY = date(2026, 11, 11)  # Wednesday: ordered to be put right by then
AFTER = date(2026, 11, 12)  # Thursday: the time to put it right is over


def case_of(cast: Cast, code: str = "P36", **more: Any) -> int:
    """A received case of the cast's project; P36 opens 告知承诺 by its own rule."""
    with unit_of_work(SYSTEM, "test.case") as session:
        item = session.exec(select(Item).where(Item.code == code)).one()
        values: dict[str, Any] = {
            "case_no": f"{code}-{more.get('received_on', TOLD)}-{len(session.exec(select(Case.id)).all())}",
            "item_id": item.id,
            "enterprise_id": cast.enterprise,
            "project_id": cast.project,
            "department_id": item.department_id,
            "state": CaseState.RECEIVED,
            "received_on": TOLD,
            "legal_limit": item.legal_limit,
            "promised_limit": item.promised_limit,
            "unit": item.unit,
        } | more
        case = Case(**values)
        session.add(case)
        session.flush()
        return case.id or 0


def grant(case_id: int, day: date) -> None:
    """Decided in the enterprise's favour, without the steps before it."""
    with unit_of_work(SYSTEM, "test.grant") as session:
        case = session.get_one(Case, case_id)
        case.state, case.outcome, case.decided_on = CaseState.DECIDED, CaseOutcome.GRANTED, day
        case.permit_no, case.issued_on = "余泥准〔2026〕1号", day


def promised(
    actor: Actor,
    case_id: int,
    *texts: str,
    route: CaseRoute = CaseRoute.COMMITMENT,
    told: date = TOLD,
    due: date = DUE,
) -> list[int]:
    return actions.make_promises(
        actor,
        MakePromises(
            case_id=case_id,
            route=route,
            promised_on=told,
            lines=tuple(
                PromiseLine(
                    text=text,
                    due_on=due,
                    verify_by_on=due + timedelta(days=46) if route is CaseRoute.COMMITMENT else None,
                )
                for text in texts or ("运输车辆密闭改装",)
            ),
        ),
        today=told,
    )


def found_unkept(actor: Actor, promise: int, *, on: date = FOUND, mend_by: date = MEND_BY) -> None:
    actions.verify_promise(
        actor,
        VerifyPromise(
            commitment_id=promise,
            verified_on=on,
            verified_by="冯晓彤",
            kept=False,
            finding="两台车没有密闭",
            correct_by_on=mend_by,
        ),
        today=on,
    )


def broken(actor: Actor, promise: int, *, on: date = AFTER) -> int:
    return actions.break_promise(
        actor, BreakPromise(commitment_id=promise, broken_on=on, reason="逾期没有改正"), today=on
    )


def stored(promise: int) -> Commitment:
    with reading() as session:
        return session.get_one(Commitment, promise)
