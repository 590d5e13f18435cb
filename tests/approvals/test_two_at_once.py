"""Two people take a step of one case at the same moment: one is done, the other is told; never both, never half."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlmodel import col, select

from crm.approvals import actions
from crm.approvals.inputs import CloseProcedure, DecideCase, OpenProcedure
from crm.core.db import reading
from crm.core.errors import CrmError
from models import Case, SpecialProcedure
from models.vocabulary import CaseOutcome, ProcedureKind
from tests.approvals.test_cases_procedures import ARTICLE, MONDAY, accepted, on
from tests.conftest import Cast


def at_once(*steps: Callable[[], object]) -> list[str]:
    """What each was told; empty for who was done."""
    start = Barrier(len(steps))

    def run(step: Callable[[], object]) -> str:
        start.wait()
        try:
            step()
        except CrmError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def opening(cast: Cast, case: int) -> Callable[[], object]:
    form = OpenProcedure(
        case_id=case,
        kind=ProcedureKind.EXPERT_REVIEW,
        ground="专家评审",
        basis=ARTICLE,
        from_on=MONDAY,
        planned_wd=5,
        told_on=MONDAY,
        notice_no="告〔2025〕1号",
    )
    return lambda: actions.open_procedure(cast.officer, form, today=on(9, 23))


def deciding(cast: Cast, case: int) -> Callable[[], object]:
    form = DecideCase(case_id=case, decided_on=on(9, 23), outcome=CaseOutcome.GRANTED)
    return lambda: actions.decide(cast.officer, form, today=on(9, 23))


def test_a_case_is_decided_once(cast: Cast, any_db: str) -> None:
    case = accepted(cast)
    told = at_once(deciding(cast, case), deciding(cast, case))
    assert sorted(map(bool, told)) == [False, True]
    assert "办结" in max(told)


def test_nothing_is_decided_while_a_stop_is_being_opened(cast: Cast, any_db: str) -> None:
    for _round in range(4):
        case = accepted(cast)
        told = at_once(deciding(cast, case), opening(cast, case))
        assert sorted(map(bool, told)) == [False, True]
        with reading() as session:
            running = session.exec(
                select(SpecialProcedure.id).where(
                    col(SpecialProcedure.case_id) == case, col(SpecialProcedure.to_on).is_(None)
                )
            ).all()
            decided = session.exec(select(Case.decided_on).where(col(Case.id) == case)).one()
        assert bool(running) is (decided is None)


def test_a_procedure_is_ended_once_and_the_second_is_told_when(cast: Cast, any_db: str) -> None:
    case = accepted(cast)
    procedure = opening(cast, case)()
    assert isinstance(procedure, int)
    form = CloseProcedure(procedure_id=procedure, to_on=on(9, 23), result="通过")
    told = at_once(*[lambda: actions.close_procedure(cast.officer, form, today=on(9, 23))] * 2)
    assert sorted(told)[0] == ""
    assert "已于2025-09-23结束" in sorted(told)[1]
