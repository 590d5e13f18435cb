"""Before acceptance: what is missing is told once and in time, silence accepts, refusal is in writing."""

from __future__ import annotations

import threading
import uuid
from datetime import date
from typing import Any

import pytest
from sqlmodel import col, select

from crm.approvals import actions, queries, words
from crm.approvals.inputs import DecideCase, NotAccept, RegisterCase, TellCorrection
from crm.approvals.queries import CaseView
from crm.approvals.rules import Step
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, NotFound, Refusal
from crm.workdays.actions import Closure, add_closure
from crm.workdays.rules import weekday_name
from models import Case, CaseEvent, CaseStep, Commitment, Item
from models.vocabulary import CaseOutcome, CaseRoute, CaseState, ClockState, CommitmentState, Light
from tests.conftest import Cast

MONDAY = date(2025, 9, 22)
BY = date(2025, 9, 28)  # 周日, a make-up day: the fifth working day


def on(month: int, day: int) -> date:
    return date(2025, month, day)


def received(cast: Cast, code: str = "P22", day: date = MONDAY) -> int:
    with reading() as session:
        item = session.exec(select(Item.id).where(Item.code == code)).one() or 0
    form = RegisterCase(item_id=item, project_id=cast.project, received_on=day, request_id=uuid.uuid4().hex)
    return actions.register(cast.officer, form, today=day)


def told(cast: Cast, case: int, day: date = on(9, 24), due: date = on(10, 10)) -> None:
    form = TellCorrection(case_id=case, told_on=day, due_on=due, text="缺总平面图、缺用地批准文件")
    actions.tell_correction(cast.officer, form, today=day)


def stored(case: int) -> Case:
    with reading() as session:
        return session.get_one(Case, case)


def view(case: int, today: date) -> CaseView:
    with reading() as session:
        return queries.case_view(session, SYSTEM, case, today)


# Correction


def test_what_is_missing_is_told_and_the_case_waits_for_the_enterprise(any_db: str, cast: Cast) -> None:
    case = received(cast)
    assert stored(case).accept_by_on == BY
    assert words.because(view(case, MONDAY), MONDAY) == (
        "已收件，尚未受理；至2025-09-28（周日）仍不告知的，自收到材料之日起即为受理。"
    )
    told(cast, case)
    row = stored(case)
    assert (row.state, row.correction_told_on, row.correction_due_on, row.accept_by_on, row.corrections) == (
        CaseState.CORRECTING, on(9, 24), on(10, 10), None, 1,
    )  # fmt: skip
    assert words.because(view(case, on(9, 26)), on(9, 26)) == (
        "等申请人补正，至2025-10-10（周五）；受理期限没有起算。"
    )
    assert view(case, on(9, 26)).steps == (Step.TAKE_CORRECTION, Step.NOT_ACCEPT, Step.WITHDRAW)


def test_it_may_be_told_on_the_spot_and_at_the_latest_on_the_last_day(cast: Cast) -> None:
    told(cast, received(cast), day=MONDAY)
    told(cast, received(cast), day=BY)


def test_told_too_late_it_is_refused_and_the_law_says_what_follows(cast: Cast) -> None:
    case = received(cast)
    with pytest.raises(Refusal) as refused:
        told(cast, case, day=on(9, 29))
    assert str(refused.value) == (
        "至2025-09-28（5个工作日）没有书面告知申请人，依行政许可法第三十二条，"
        "自2025-09-22收到材料之日起即为受理；请按该日登记受理。"
    )
    assert stored(case).state is CaseState.RECEIVED
    actions.accept(cast.officer, case, MONDAY, today=on(9, 29))
    assert stored(case).starts_on == MONDAY


def test_an_item_with_fewer_days_to_speak_has_fewer(cast: Cast) -> None:
    case = received(cast, "P61")  # 排污许可管理条例: three days, not five
    with pytest.raises(Refusal, match=r"至2025-09-25（3个工作日）"):
        told(cast, case, day=on(9, 26))
    told(cast, case, day=on(9, 25))


def test_a_second_correction_is_refused(cast: Cast) -> None:
    case = received(cast)
    told(cast, case)
    actions.take_correction(cast.officer, case, on(9, 29), today=on(9, 29))
    assert view(case, on(9, 29)).steps == (Step.ACCEPT, Step.NOT_ACCEPT, Step.WITHDRAW)
    with pytest.raises(Refusal, match="应当一次告知，不能再次要求补正"):
        told(cast, case, day=on(9, 30))


def test_a_correction_names_all_that_is_missing_and_a_day_to_come(cast: Cast) -> None:
    case = received(cast)
    with pytest.raises(Refusal) as refused:
        actions.tell_correction(
            cast.officer,
            TellCorrection(case_id=case, told_on=on(9, 24), due_on=on(9, 24), text="  "),
            today=on(9, 24),
        )
    assert {p.field for p in refused.value.problems} == {"due_on", "text"}


def test_no_answer_comes_before_the_question_and_no_acceptance_before_the_answer(cast: Cast) -> None:  # K10
    case = received(cast)
    told(cast, case)
    with pytest.raises(Refusal, match="早于补正告知日期2025-09-24"):
        actions.take_correction(cast.officer, case, on(9, 23), today=on(9, 29))
    actions.take_correction(cast.officer, case, on(9, 29), today=on(9, 30))
    with pytest.raises(Refusal, match="早于收到补正日期2025-09-29"):
        actions.accept(cast.officer, case, on(9, 26), today=on(9, 30))


def test_the_days_the_enterprise_took_are_its_own_and_never_the_authoritys(cast: Cast) -> None:  # K13
    case = received(cast, "P34")  # 建筑法 第八条: counted from receipt
    told(cast, case, day=MONDAY, due=on(9, 30))
    actions.take_correction(cast.officer, case, on(10, 13), today=on(10, 13))
    actions.accept(cast.officer, case, on(10, 13), today=on(10, 13))
    seen = view(case, on(10, 13))
    assert (seen.starts_on, seen.row.light) == (on(10, 13), Light.GREEN)
    own = seen.row.clocks.enterprise
    assert own is not None
    assert (own.state, own.used, own.late, own.light) == (ClockState.CLOSED, 11, True, Light.GREY)
    actions.decide(
        cast.officer,
        DecideCase(case_id=case, decided_on=on(10, 15), outcome=CaseOutcome.REFUSED),
        today=on(10, 15),
    )
    row = stored(case)
    assert (row.running_wd, row.enterprise_wd, row.stopped_wd, row.late) == (2, 11, 0, False)


@pytest.mark.parametrize(
    ("today", "weekday", "used", "left", "light"),
    [
        (on(9, 24), "周三", 0, 8, Light.GREEN),
        (on(9, 28), "周日", 3, 5, Light.GREEN),  # a make-up day
        (on(10, 8), "周三", 5, 3, Light.GREEN),  # the holiday's last
        (on(10, 9), "周四", 6, 2, Light.YELLOW),
        (on(10, 11), "周六", 8, 0, Light.YELLOW),  # a make-up day
        (on(10, 12), "周日", 8, 0, Light.ORANGE),  # the day the notice named, though it is a rest day
        (on(10, 13), "周一", 9, -1, Light.RED),
    ],
)
def test_the_enterprises_own_clock(
    cast: Cast, today: date, weekday: str, used: int, left: int, light: Light
) -> None:
    case = received(cast)
    told(cast, case, due=on(10, 12))  # 周日
    assert weekday_name(today) == weekday
    clocks = view(case, today).row.clocks
    own = clocks.enterprise
    assert own is not None
    assert own.due_on == on(10, 12)
    assert (own.used, own.left, own.light) == (used, left, light)
    assert clocks.light is Light.GREEN  # K13


def test_an_open_promise_is_the_enterprises_own_time_too(any_db: str, cast: Cast) -> None:
    case = received(cast)
    actions.accept(cast.officer, case, MONDAY, today=MONDAY)
    with unit_of_work(SYSTEM, "test.promise") as session:
        for text, due, state in (
            ("水质检测报告", on(9, 30), CommitmentState.PENDING),
            ("竣工报告", on(9, 26), CommitmentState.PENDING),
            ("早已交来", on(9, 24), CommitmentState.FULFILLED),
        ):
            session.add(
                Commitment(
                    case_id=case,
                    route=CaseRoute.LATER_PAPERS,
                    text=text,
                    promised_on=MONDAY,
                    due_on=due,
                    state=state,
                )
            )
    clocks = view(case, on(9, 29)).row.clocks
    assert clocks.enterprise is not None
    assert (clocks.enterprise.due_on, clocks.enterprise.light) == (on(9, 26), Light.RED)
    assert clocks.light is Light.GREEN  # K13: the authority is in time


# Silence


def test_silence_accepts_the_case_from_the_day_it_was_received(any_db: str, cast: Cast) -> None:
    silent, spoken, accepted = received(cast), received(cast), received(cast)
    told(cast, spoken)
    actions.accept(cast.officer, accepted, on(9, 23), today=on(9, 23))
    assert actions.deem_accepted(BY) == 0  # the day itself is not over
    assert actions.deem_accepted(on(9, 29)) == 1
    row = stored(silent)
    assert (row.state, row.deemed, row.accepted_on, row.starts_on, row.accept_by_on) == (
        CaseState.ACCEPTED, True, MONDAY, MONDAY, None,
    )  # fmt: skip
    assert row.promised_due_on == on(10, 11)  # W1: the clock has run since the receipt
    assert (stored(spoken).state, stored(accepted).deemed) == (CaseState.CORRECTING, False)
    assert actions.deem_accepted(on(9, 29)) == 0


def test_a_day_late_it_comes_to_the_same(cast: Cast) -> None:
    case = received(cast)
    assert actions.deem_accepted(on(11, 3)) == 1
    assert stored(case).accepted_on == MONDAY


def test_two_runs_at_once_accept_it_once(any_db: str, cast: Cast) -> None:
    cases = [received(cast) for _ in range(3)]
    counts: list[int] = []
    runs = [
        threading.Thread(target=lambda: counts.append(actions.deem_accepted(on(9, 29)))) for _ in range(4)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(counts) == [0, 0, 0, 3]
    with reading() as session:
        story = steps_told(session, cases[0])
    assert story == ["收件", "视为受理"]


def steps_told(session: Any, case: int) -> list[str]:
    return list(
        session.exec(
            select(CaseStep.name)
            .join(CaseEvent, col(CaseEvent.step_id) == col(CaseStep.id))
            .where(col(CaseEvent.case_id) == case)
            .order_by(col(CaseEvent.id))
        )
    )


def test_silence_after_the_answer_accepts_from_the_answer(cast: Cast) -> None:
    case = received(cast, "P34")
    told(cast, case)
    actions.take_correction(cast.officer, case, on(9, 29), today=on(9, 29))
    assert stored(case).accept_by_on == on(10, 13)  # 周一: 9-30, 10-9, 10-10, 10-11 and 10-13
    assert actions.deem_accepted(on(10, 13)) == 0
    assert actions.deem_accepted(on(10, 14)) == 1
    assert (stored(case).accepted_on, stored(case).starts_on) == (on(9, 29), on(9, 29))


def test_a_typhoon_closure_moves_the_last_day_to_speak(cast: Cast) -> None:
    case = received(cast)
    moved = add_closure(SYSTEM, Closure(on=on(9, 24), name="台风停工"), today=on(9, 24))
    assert [(m.record_id, m.old_on, m.new_on) for m in moved] == [(case, BY, on(9, 29))]


def test_the_daily_run_is_for_whoever_may_run_it(cast: Cast) -> None:
    received(cast)
    with pytest.raises(NotAllowed):
        actions.deem_accepted(on(9, 29), cast.officer)
    assert actions.deem_accepted(on(9, 29), cast.supervisor) == 1


# Refusal to accept


def test_a_refusal_to_accept_has_its_reason_and_its_notice(any_db: str, cast: Cast) -> None:
    case = received(cast)
    with pytest.raises(Refusal) as refused:
        actions.not_accept(
            cast.officer,
            NotAccept(case_id=case, refused_on=on(9, 23), reason=" ", notice_no=""),
            today=on(9, 23),
        )
    assert {p.field for p in refused.value.problems} == {"reason", "notice_no"}
    actions.not_accept(
        cast.officer,
        NotAccept(
            case_id=case, refused_on=on(9, 23), reason="不属于本机关职权", notice_no="蓬不受〔2025〕3号"
        ),
        today=on(9, 23),
    )
    row = stored(case)
    assert (row.state, row.decided_on, row.accept_by_on, row.running_wd, row.late) == (
        CaseState.NOT_ACCEPTED, on(9, 23), None, None, None,
    )  # fmt: skip
    assert row.result == "不予受理（蓬不受〔2025〕3号）：不属于本机关职权"
    assert view(case, on(11, 3)).row.light is Light.GREY
    assert view(case, on(11, 3)).steps == ()


def test_what_silence_accepted_is_not_refused_any_more(cast: Cast) -> None:
    case = received(cast)
    form = NotAccept(case_id=case, refused_on=on(9, 29), reason="材料不全", notice_no="1号")
    with pytest.raises(Refusal, match="即为受理"):
        actions.not_accept(cast.officer, form, today=on(9, 29))


def test_a_correction_never_answered_ends_in_a_refusal_to_accept(cast: Cast) -> None:
    case = received(cast)
    told(cast, case)
    form = NotAccept(case_id=case, refused_on=on(10, 15), reason="逾期未补正", notice_no="1号")
    actions.not_accept(cast.officer, form, today=on(10, 15))
    row = stored(case)
    assert (row.state, row.enterprise_wd) == (CaseState.NOT_ACCEPTED, 11)
    assert row.corrected_on is None


def test_a_stranger_finds_no_case_to_correct(cast: Cast) -> None:
    case = received(cast)
    with pytest.raises(NotFound):
        actions.tell_correction(
            cast.stranger,
            TellCorrection(case_id=case, told_on=MONDAY, due_on=on(9, 30), text="缺图"),
            today=MONDAY,
        )
    with pytest.raises(NotAllowed):
        actions.take_correction(cast.clerk, case, MONDAY, today=MONDAY)
