"""What the cases did with the register: opened, untold, late, over length, once too often, and outside of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from crm.approvals.queries.registry import (
    Measure,
    RegisterFilter,
    RegisterSums,
    Use,
    outside,
    register_page,
    uses,
)
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed
from models import Case, Item, ItemProcedure, SpecialProcedure
from models.vocabulary import CaseState, ProcedureKind
from tests.conftest import MONDAY, Cast

K, M = ProcedureKind, Measure
D = timedelta


def case_of(cast: Cast, code: str, number: str, *, project: int | None = None) -> int:
    with unit_of_work(SYSTEM, "test.case") as session:
        item = session.exec(select(Item).where(Item.code == code)).one()
        case = Case(
            case_no=number,
            item_id=item.id or 0,
            department_id=item.department_id,
            project_id=project or cast.project,
            enterprise_id=cast.enterprise,
            state=CaseState.ACCEPTED,
            received_on=MONDAY - D(20),
            accepted_on=MONDAY - D(20),
            starts_on=MONDAY - D(20),
        )
        session.add(case)
        session.flush()
        return case.id or 0


def opened(case_id: int, kind: ProcedureKind, from_on: date, *, named: bool = True, **more: Any) -> int:
    """A procedure as it is opened; `named`: under the register's entry of its kind."""
    with unit_of_work(SYSTEM, "test.procedure") as session:
        case = session.get_one(Case, case_id)
        entry = session.exec(
            select(ItemProcedure).where(ItemProcedure.item_id == case.item_id, ItemProcedure.kind == kind)
        ).first()
        row = SpecialProcedure(
            case_id=case_id,
            register_id=entry.id if entry and named else None,
            kind=kind,
            stops_clock=bool(entry and entry.stops_clock),
            ground="评审",
            basis="条例",
            from_on=from_on,
            planned_wd=3,
            **more,
        )
        session.add(row)
        session.flush()
        return row.id or 0


def counts(actor: Actor, code: str, kind: ProcedureKind) -> dict[Measure, int]:
    with reading() as session:
        rows, _sums = register_page(session, actor, MONDAY, RegisterFilter(search=code, kind=kind))
    (row,) = rows
    return dict(row.counts)


def behind(actor: Actor, measure: Measure) -> list[Use]:
    with reading() as session:
        return uses(session, actor, MONDAY, measure)[0]


def sums(actor: Actor, wanted: RegisterFilter | None = None) -> RegisterSums:
    with reading() as session:
        return register_page(session, actor, MONDAY, wanted or RegisterFilter())[1]


def test_each_number_opens_the_cases_behind_it(any_db: str, cast: Cast) -> None:
    check = {"start_by_on": MONDAY - D(14), "end_by_on": MONDAY - D(7)}
    first, second = case_of(cast, "P34", "办-1"), case_of(cast, "P34", "办-2")
    opened(first, K.SITE_CHECK, MONDAY - D(14), to_on=MONDAY - D(7), **check)  # on its last days: in time
    opened(first, K.SITE_CHECK, MONDAY - D(6), to_on=MONDAY - D(5))  # a second use
    opened(second, K.SITE_CHECK, MONDAY - D(13), **check)  # a day late, and still open
    review = case_of(cast, "P32", "办-3")
    opened(review, K.EXPERT_REVIEW, MONDAY - D(3))  # stops the clock, and nobody was told
    told = case_of(cast, "P32", "办-4")
    opened(told, K.EXPERT_REVIEW, MONDAY - D(3), told_on=MONDAY)

    assert counts(cast.supervisor, "P34", K.SITE_CHECK) == {
        M.OPENED: 3,
        M.UNTOLD: 0,
        M.LATE: 1,
        M.OVER: 1,
        M.AGAIN: 1,
    }
    assert counts(cast.supervisor, "P32", K.EXPERT_REVIEW) == {
        M.OPENED: 2,
        M.UNTOLD: 1,
        M.LATE: 0,
        M.OVER: 0,
        M.AGAIN: 0,
    }
    lists = {m: [u.case_no for u in behind(cast.supervisor, m)] for m in M}
    assert lists[M.UNTOLD] == ["办-3"]
    assert lists[M.LATE] == lists[M.OVER] == ["办-2"]
    assert lists[M.AGAIN] == ["办-1"]
    assert len(lists[M.OPENED]) == 5
    whole = sums(cast.supervisor)
    assert {m: len(found) for m, found in lists.items()} == whole.counts


@pytest.mark.parametrize(
    ("to_on", "over"),
    [
        (date(2026, 11, 12), False),  # Thursday: Mon, Tue and Wed were used, three of three
        (date(2026, 11, 13), True),  # Friday: a fourth
        (None, True),  # lasts until today
    ],
)
def test_three_working_days_from_monday_the_ninth_end_on_thursday(
    cast: Cast, to_on: date | None, over: bool
) -> None:
    case = case_of(cast, "P34", "办-1")
    opened(case, K.SITE_CHECK, date(2026, 11, 9), to_on=to_on, end_by_on=date(2026, 11, 12))
    assert counts(cast.supervisor, "P34", K.SITE_CHECK)[M.OVER] == int(over)


def test_a_year_is_looked_back_on_and_what_is_open_always(cast: Cast) -> None:
    case = case_of(cast, "P34", "办-1")
    opened(case, K.SITE_CHECK, date(2025, 11, 1), to_on=date(2025, 11, 4))
    assert counts(cast.supervisor, "P34", K.SITE_CHECK)[M.OPENED] == 1
    opened(case, K.SITE_CHECK, date(2025, 10, 31), to_on=date(2025, 11, 4))
    assert counts(cast.supervisor, "P34", K.SITE_CHECK)[M.OPENED] == 1
    opened(case, K.SITE_CHECK, date(2025, 10, 30))
    assert counts(cast.supervisor, "P34", K.SITE_CHECK)[M.OPENED] == 2


def test_a_step_the_register_does_not_know_is_told_apart(any_db: str, cast: Cast) -> None:
    case = case_of(cast, "P34", "办-1")
    opened(case, K.SITE_CHECK, MONDAY - D(3), named=False)  # of a kind it knows: counted there
    opened(case, K.EXPERT_REVIEW, MONDAY - D(2))
    assert counts(cast.supervisor, "P34", K.SITE_CHECK)[M.OPENED] == 1
    with reading() as session:
        found, total = outside(session, cast.supervisor, MONDAY)
    assert total == 1
    assert [(u.case_no, u.kind, u.name) for u in found] == [("办-1", K.EXPERT_REVIEW, "")]


def test_the_register_is_narrowed_paged_and_summed_alike(any_db: str, cast: Cast) -> None:
    whole = sums(cast.supervisor)
    assert (whole.items, whole.entries) == (29, 38)
    stopping = sums(cast.supervisor, RegisterFilter(stops=True))
    assert stopping.entries == stopping.stops == whole.stops
    doubtful = sums(cast.supervisor, RegisterFilter(doubtful_only=True))
    assert doubtful.entries == doubtful.doubtful == whole.doubtful
    assert sums(cast.supervisor, RegisterFilter(measure=M.LATE)).entries == 0
    with reading() as session:
        pages = [
            register_page(session, cast.supervisor, MONDAY, RegisterFilter(), page=n, per_page=20)[0]
            for n in (1, 2)
        ]
    assert [len(p) for p in pages] == [20, 18]
    assert len({r.row.id for p in pages for r in p}) == 38


def test_a_department_sees_its_own_items_and_an_officer_no_register(cast: Cast) -> None:
    with reading() as session:
        rows, own = register_page(session, cast.handler, MONDAY, RegisterFilter(), per_page=50)
        assert {r.row.department for r in rows} == {"区住房和城乡建设局"}
        assert own.entries == len(rows) > 0
        with pytest.raises(NotAllowed):
            register_page(session, cast.officer, MONDAY, RegisterFilter())
        with pytest.raises(NotAllowed):
            outside(session, cast.officer, MONDAY)
