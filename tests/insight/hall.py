"""Random cases as a hall would have them, for the tests that count them again by other means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlmodel import Session, select

from crm.core.access import SYSTEM
from crm.core.db import unit_of_work
from models import Case, CaseEvent, CaseStep, Department, Item, SpecialProcedure, Town
from models.vocabulary import CaseOutcome, CaseSource, CaseState, ProcedureKind

CLOSED = (
    CaseState.DECIDED,
    CaseState.DECIDED,
    CaseState.DECIDED,
    CaseState.DELIVERED,
    CaseState.NOT_ACCEPTED,
    CaseState.WITHDRAWN,
    CaseState.TERMINATED,
)


@dataclass(frozen=True)
class Places:
    """A few of the prepared places."""

    items: tuple[int, ...]
    departments: tuple[int | None, ...]
    towns: tuple[int | None, ...]


def places(session: Session) -> Places:
    items = [i.id for i in session.exec(select(Item).order_by(Item.id).limit(4))]  # type: ignore[arg-type]
    departments = [d.id for d in session.exec(select(Department).order_by(Department.id).limit(3))]  # type: ignore[arg-type]
    towns = [t.id for t in session.exec(select(Town).order_by(Town.id).limit(2))]  # type: ignore[arg-type]
    return Places(
        tuple(i for i in items if i), (*(d for d in departments if d), None), (*(t for t in towns if t), None)
    )


def random_case(rng: Random, where: Places, number: int, first: date, days: int) -> Case:
    """One case received within `days` of `first`; every measure may be missing."""
    received = first + timedelta(days=rng.randrange(days))
    is_open = rng.random() < 0.1
    state = CaseState.ACCEPTED if is_open else rng.choice(CLOSED)
    decided = None if is_open else received + timedelta(days=rng.randrange(70))
    settled = state in (CaseState.DECIDED, CaseState.DELIVERED)
    own = rng.random() < 0.5 and decided is not None
    due = datetime.combine(received + timedelta(days=30), time(9), UTC)
    return Case(
        case_no=f"随机{number}",
        source=CaseSource.HALL,
        item_id=rng.choice(where.items),
        department_id=rng.choice(where.departments),
        town_id=rng.choice(where.towns),
        received_on=received,
        state=state,
        outcome=rng.choice((CaseOutcome.GRANTED, CaseOutcome.GRANTED, CaseOutcome.REFUSED))
        if settled
        else None,
        decided_on=decided,
        corrections=rng.choice((0, 0, 0, 1, 2)),
        running_wd=rng.choice((None, *range(15))) if settled else None,
        enterprise_wd=rng.choice((None, 0, 0, 3, 8)),
        stopped_wd=rng.choice((None, 0, 0, 5)),
        late=rng.choice((None, False, False, True)) if settled else None,
        deadline_at=due if own else None,
        closed_at=due + timedelta(minutes=rng.randrange(-3000, 3000)) if own else None,
    )


def fill(rng: Random, n: int, *, first: date = date(2025, 8, 1), days: int = 450) -> None:
    """So many random cases with their steps and special procedures."""
    with unit_of_work(SYSTEM, "test.hall") as session:
        where = places(session)
        steps = [CaseStep(name=f"环节{i}") for i in range(3)]
        cases = [random_case(rng, where, i, first, days) for i in range(n)]
        session.add_all([*steps, *cases])
        session.flush()
        rows: list[CaseEvent | SpecialProcedure] = []
        for case in cases:
            at = datetime.combine(case.received_on, time(2), UTC)
            for step in rng.sample(steps, rng.randrange(4)):
                rows.append(
                    CaseEvent(
                        case_id=case.id or 0,
                        step_id=step.id or 0,
                        at=at,
                        wait_wd=rng.choice((None, 0, 1, 2, 9)),
                    )
                )
            if rng.random() < 0.3:
                begun = case.received_on + timedelta(days=rng.randrange(10))
                rows.append(
                    SpecialProcedure(
                        case_id=case.id or 0,
                        kind=rng.choice((ProcedureKind.SITE_CHECK, ProcedureKind.HEARING)),
                        stops_clock=rng.random() < 0.5,
                        ground="核查",
                        basis="依据",
                        from_on=begun,
                        planned_wd=5,
                        start_by_on=rng.choice((None, begun, begun - timedelta(days=1))),
                        told_on=rng.choice((None, begun)),
                    )
                )
        session.add_all(rows)
