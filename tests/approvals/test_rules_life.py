"""The table of states and steps, every step against every state, on paper and in the actions."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from crm.approvals import actions, inputs
from crm.approvals.rules import (
    STATE_REASON_LABELS,
    STEP_LABELS,
    TRANSITIONS,
    Step,
    accept_by,
    after,
    allowed,
    next_steps,
)
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import Refusal
from crm.workdays.rules import weekday_name
from models import Case, Item, SpecialProcedure
from models.vocabulary import (
    CASE_STATE_LABELS,
    OPEN_CASE_STATES,
    CaseOutcome,
    CaseSource,
    CaseState,
    ProcedureKind,
)
from tests.conftest import Cast
from tests.workdays.test_counting import CALENDAR

# Who wrote the law of this product's cases reads it here: one line a step, one column a state.
# A name in a cell is the state the step leads to, "stays" that the state stays, a dot that it is refused.
COLUMNS = (
    CaseState.RECEIVED, CaseState.CORRECTING, CaseState.ACCEPTED, CaseState.DECIDED,
    CaseState.DELIVERED, CaseState.NOT_ACCEPTED, CaseState.WITHDRAWN, CaseState.TERMINATED,
)  # fmt: skip
TABLE = """
tell_correction   correcting    .             .           .          .  .  .  .
take_correction   .             received      .           .          .  .  .  .
accept            accepted      .             .           .          .  .  .  .
deem_accepted     accepted      .             .           .          .  .  .  .
not_accept        not_accepted  not_accepted  .           .          .  .  .  .
open_procedure    .             .             stays       .          .  .  .  .
give_notice       .             .             stays       .          .  .  .  .
close_procedure   .             .             stays       .          .  .  .  .
extend            .             .             stays       .          .  .  .  .
tell_extension    .             .             stays       .          .  .  .  .
decide            .             .             decided     .          .  .  .  .
deliver           .             .             .           delivered  .  .  .  .
terminate         .             .             terminated  .          .  .  .  .
withdraw          withdrawn     withdrawn     withdrawn   .          .  .  .  .
"""
CELLS = [
    (Step(line.split()[0]), state, cell)
    for line in TABLE.strip().splitlines()
    for state, cell in zip(COLUMNS, line.split()[1:], strict=True)
]
EVERY = pytest.mark.parametrize(
    ("step", "state", "cell"), CELLS, ids=[f"{step}-{state}" for step, state, _cell in CELLS]
)


def test_the_table_here_names_every_step_and_every_state() -> None:
    assert {step for step, _state, _cell in CELLS} == set(Step) == set(TRANSITIONS) == set(STEP_LABELS)
    assert set(COLUMNS) == set(CaseState) == set(STATE_REASON_LABELS)


@EVERY
def test_a_step_leads_where_the_table_says_or_is_refused(step: Step, state: CaseState, cell: str) -> None:
    if cell == ".":
        assert not allowed(step, state)
        with pytest.raises(ValueError, match="not allowed"):
            after(step, state)
    else:
        assert after(step, state) is (state if cell == "stays" else CaseState(cell))


def test_the_buttons_are_the_tables_steps_without_those_no_person_takes() -> None:
    assert next_steps(CaseState.RECEIVED) == [
        Step.TELL_CORRECTION, Step.ACCEPT, Step.NOT_ACCEPT, Step.WITHDRAW,
    ]  # fmt: skip
    assert Step.TELL_CORRECTION not in next_steps(CaseState.RECEIVED, told=True)
    assert Step.TELL_EXTENSION not in next_steps(CaseState.ACCEPTED)
    assert Step.TELL_EXTENSION in next_steps(CaseState.ACCEPTED, untold_extension=True)
    for state in set(CaseState) - OPEN_CASE_STATES - {CaseState.DECIDED}:
        assert next_steps(state) == []


# The same table in the actions, on a real row in each state

MONDAY, TUESDAY = date(2025, 9, 22), date(2025, 9, 23)


def a_case(cast: Cast, state: CaseState, **more: Any) -> tuple[int, int]:
    """(case, a procedure of it still open) in that state."""
    closed = state not in OPEN_CASE_STATES
    accepted = state in (CaseState.ACCEPTED, CaseState.DECIDED, CaseState.DELIVERED, CaseState.TERMINATED)
    values: dict[str, Any] = {
        "state": state,
        "received_on": MONDAY,
        "accepted_on": MONDAY if accepted else None,
        "starts_on": MONDAY if accepted else None,
        "decided_on": MONDAY if closed else None,
        "outcome": CaseOutcome.GRANTED if state in (CaseState.DECIDED, CaseState.DELIVERED) else None,
        "legal_limit": 20,
        "correction_told_on": MONDAY if state is CaseState.CORRECTING else None,
        "correction_due_on": TUESDAY if state is CaseState.CORRECTING else None,
    }
    with unit_of_work(SYSTEM, "test.state") as session:
        case = Case(
            case_no=uuid.uuid4().hex,
            item_id=session.exec(select(Item.id).where(Item.code == "P22")).one() or 0,
            project_id=cast.project,
            **(values | more),
        )
        session.add(case)
        session.flush()
        procedure = SpecialProcedure(
            case_id=case.id or 0,
            kind=ProcedureKind.EXPERT_REVIEW,
            ground="评审",
            basis="行政许可法第四十五条",
            from_on=MONDAY,
            planned_wd=5,
        )
        session.add(procedure)
        session.flush()
        return case.id or 0, procedure.id or 0


def _open(actor: Actor, case: int, _procedure: int) -> None:
    form = inputs.OpenProcedure(
        case_id=case, kind=ProcedureKind.APPRAISAL, ground="鉴定", basis="行政许可法第四十五条", planned_wd=3,
        from_on=TUESDAY,
    )  # fmt: skip
    actions.open_procedure(actor, form, today=TUESDAY)


def _extend(actor: Actor, case: int, _procedure: int) -> None:
    form = inputs.ExtendCase(case_id=case, days=5, approver="局长", reason="复杂", ordered_on=TUESDAY)
    actions.extend(actor, form, today=TUESDAY)


def _tell_extension(actor: Actor, case: int, procedure: int) -> None:
    with reading() as session:
        running = session.get_one(Case, case).state is CaseState.ACCEPTED
    if running:
        _extend(actor, case, procedure)
    actions.tell_extension(actor, case, TUESDAY, today=TUESDAY)


def _decide(actor: Actor, case: int, procedure: int) -> None:
    with unit_of_work(SYSTEM, "test.close") as session:
        session.get_one(SpecialProcedure, procedure).to_on = TUESDAY
    form = inputs.DecideCase(case_id=case, decided_on=TUESDAY, outcome=CaseOutcome.REFUSED)
    actions.decide(actor, form, today=TUESDAY)


DO: dict[Step, Callable[[Actor, int, int], Any]] = {
    Step.TELL_CORRECTION: lambda a, c, p: actions.tell_correction(
        a,
        inputs.TellCorrection(case_id=c, told_on=TUESDAY, due_on=date(2025, 9, 26), text="缺图纸"),
        today=TUESDAY,
    ),
    Step.TAKE_CORRECTION: lambda a, c, p: actions.take_correction(a, c, TUESDAY, today=TUESDAY),
    Step.ACCEPT: lambda a, c, p: actions.accept(a, c, TUESDAY, today=TUESDAY),
    Step.NOT_ACCEPT: lambda a, c, p: actions.not_accept(
        a, inputs.NotAccept(case_id=c, refused_on=TUESDAY, reason="不属职权", notice_no="1号"), today=TUESDAY
    ),
    Step.OPEN_PROCEDURE: _open,
    Step.GIVE_NOTICE: lambda a, c, p: actions.give_notice(
        a, inputs.GiveNotice(procedure_id=p, told_on=TUESDAY, notice_no="2号"), today=TUESDAY
    ),
    Step.CLOSE_PROCEDURE: lambda a, c, p: actions.close_procedure(
        a, inputs.CloseProcedure(procedure_id=p, to_on=TUESDAY, result="通过"), today=TUESDAY
    ),
    Step.EXTEND: _extend,
    Step.TELL_EXTENSION: _tell_extension,
    Step.DECIDE: _decide,
    Step.DELIVER: lambda a, c, p: actions.deliver(a, c, TUESDAY, today=TUESDAY),
    Step.TERMINATE: lambda a, c, p: actions.terminate(
        a,
        inputs.TerminateCase(case_id=c, ended_on=TUESDAY, basis="条例第九条", reason="主体注销"),
        today=TUESDAY,
    ),
    Step.WITHDRAW: lambda a, c, p: actions.withdraw(a, c, TUESDAY, "改址", today=TUESDAY),
}


def test_every_step_a_person_takes_has_its_action() -> None:
    assert set(DO) == set(Step) - {Step.DEEM_ACCEPTED}


def test_every_action_keeps_to_the_table_and_says_why_not(cast: Cast) -> None:
    for step, state, cell in CELLS:
        if step is Step.DEEM_ACCEPTED:
            continue
        case, procedure = a_case(cast, state)
        if cell == ".":
            with pytest.raises(Refusal) as refused:
                DO[step](cast.officer, case, procedure)
            assert CASE_STATE_LABELS[state] in str(refused.value), (step, state)
            assert STATE_REASON_LABELS[state] in str(refused.value), (step, state)
        else:
            DO[step](cast.officer, case, procedure)
        with reading() as session:
            wanted = state if cell in (".", "stays") else CaseState(cell)
            assert session.get_one(Case, case).state is wanted, (step, state)


def test_a_case_of_the_acceptance_system_is_read_only(cast: Cast) -> None:
    for step, do in DO.items():
        for state in TRANSITIONS[step].from_states:
            case, procedure = a_case(cast, state, source=CaseSource.HALL)
            with pytest.raises(Refusal, match="受理系统办理"):
                do(cast.officer, case, procedure)
    with pytest.raises(Refusal, match="受理系统办理"):
        form = inputs.AmendCase(case_id=case, version=1, opened={}, case_no="改", permit_no="", note="")
        actions.amend(cast.officer, form)


# The last day to say what is missing


@pytest.mark.parametrize(
    ("received", "weekday", "limit", "by", "its_weekday"),
    [
        (date(2025, 9, 22), "周一", 5, date(2025, 9, 28), "周日"),  # a make-up day, worked
        (date(2025, 9, 22), "周一", 3, date(2025, 9, 25), "周四"),
        (date(2025, 9, 26), "周五", 5, date(2025, 10, 10), "周五"),  # over the National Day week
        (date(2025, 9, 27), "周六", 5, date(2025, 10, 10), "周五"),
        (date(2025, 10, 6), "周一", 3, date(2025, 10, 11), "周六"),  # received in the holiday
    ],
)
def test_the_days_to_speak_are_working_days(
    received: date, weekday: str, limit: int, by: date, its_weekday: str
) -> None:
    assert (weekday_name(received), weekday_name(by)) == (weekday, its_weekday)
    assert accept_by(received, None, limit, CALENDAR) == by


def test_after_a_correction_they_run_from_its_answer() -> None:
    assert accept_by(date(2025, 9, 1), date(2025, 9, 22), 5, CALENDAR) == date(2025, 9, 28)
