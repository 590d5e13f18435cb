"""The light that SQL finds by the hints is the light the rule gives, on both databases, day after day."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from random import Random

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals.actions import refresh_hints
from crm.approvals.queries import clocks_of, light_is, light_on, past_legal, procedures_of
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.today import SHANGHAI
from crm.workdays import queries as workdays
from models import Case, Item, SpecialProcedure
from models.vocabulary import CaseOutcome, CaseSource, CaseState, DayUnit, Light, ProcedureKind

FIRST = date(2025, 8, 1)  # the National Day week and its make-up days lie ahead
DAYS = 75
LIMITS = (None, 0, 1, 3, 5, 10, 20, 30)


def a_case(rng: Random, number: int, item: int) -> tuple[Case, list[SpecialProcedure], date]:
    """(case, its procedures, the day of its last step): no date of it lies after that day."""
    accepted = FIRST + timedelta(days=rng.randrange(40))
    last = accepted + timedelta(days=rng.randrange(45))
    case = Case(
        case_no=f"L{number}",
        item_id=item,
        received_on=accepted,
        accepted_on=accepted,
        starts_on=accepted,
        state=CaseState.ACCEPTED,
        legal_limit=rng.choice(LIMITS),
        promised_limit=rng.choice(LIMITS),
        unit=rng.choice(list(DayUnit)),
        extension=rng.choice((0, 0, 5, 10)),
    )
    if rng.random() < 0.1:
        case.state, case.accepted_on, case.starts_on = CaseState.RECEIVED, None, None
    elif rng.random() < 0.1:
        case.state, case.outcome, case.decided_on = CaseState.DECIDED, CaseOutcome.GRANTED, last
    if rng.random() < 0.25:  # the hall's own deadline, whatever the limits say
        case.source = CaseSource.HALL
        stated = accepted + timedelta(days=rng.randrange(-3, 40))
        case.deadline_at = datetime.combine(stated, time(17), SHANGHAI)
    procedures = []
    if case.state is CaseState.ACCEPTED:
        procedures = [a_procedure(rng, accepted, last) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    return case, procedures, last


def a_procedure(rng: Random, accepted: date, last: date) -> SpecialProcedure:
    begins = accepted + timedelta(days=rng.randrange((last - accepted).days + 1))
    ends = begins + timedelta(days=rng.randrange(1, 20))
    told = begins + timedelta(days=rng.choice((0, 0, 0, -1, 2)))
    return SpecialProcedure(
        case_id=0,
        kind=ProcedureKind.EXPERT_REVIEW,
        stops_clock=rng.random() < 0.85,
        ground="评审",
        basis="条例",
        from_on=begins,
        to_on=ends if ends <= last and rng.random() < 0.6 else None,
        told_on=told if told <= last and rng.random() < 0.75 else None,
        planned_wd=5,
    )


def written(rng: Random, n: int) -> dict[int, date]:
    """case id -> the day of its last step."""
    found: dict[int, date] = {}
    with unit_of_work(SYSTEM, "test.lights") as session:
        calendar = workdays.calendar(session)
        item = session.exec(select(Item.id).where(Item.code == "P22")).one() or 0
        for number in range(n):
            case, procedures, last = a_case(rng, number, item)
            session.add(case)
            session.flush()
            for row in procedures:
                row.case_id = case.id or 0
                session.add(row)
            session.flush()
            refresh_hints(session, case, calendar, last)
            found[case.id or 0] = last
    return found


def lights_by_sql(session: Session, day: date) -> dict[int, str]:
    return dict(session.execute(sa.select(col(Case.id), light_on(day))).all())  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [11, 12])
def test_sql_and_the_rule_show_the_same_light(any_db: str, seed: int) -> None:
    last = written(Random(seed), 250)
    seen: Counter[str] = Counter()
    with reading() as session:
        calendar = workdays.calendar(session)
        cases = session.exec(select(Case).where(col(Case.id).in_(last))).all()
        procedures = procedures_of(session, list(last))
        for day in (FIRST + timedelta(days=n) for n in range(0, DAYS + 60, 3)):
            by_sql = lights_by_sql(session, day)
            late = set(session.exec(select(Case.id).where(past_legal(day))))
            for case in cases:
                key = case.id or 0
                if day < last[key]:
                    continue
                clocks = clocks_of(case, procedures[key], day, calendar)
                assert by_sql[key] == clocks.light.value, (case, procedures[key], day)
                assert (key in late) == (clocks.past_legal and case.decided_on is None), (case, day)
                seen[by_sql[key]] += 1
    assert set(seen) == {light.value for light in Light}


def test_cases_are_found_by_their_light(any_db: str) -> None:
    written(Random(7), 60)
    day = FIRST + timedelta(days=80)
    with reading() as session:
        by_sql = lights_by_sql(session, day)
        for wanted in ({Light.RED}, {Light.BLUE, Light.ORANGE}, {Light.GREY, Light.GREEN}):
            found = set(session.exec(select(Case.id).where(light_is(wanted, day))))
            assert found == {key for key, light in by_sql.items() if Light(light) in wanted}
