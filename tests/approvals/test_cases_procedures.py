"""Special procedures of a case: opened by the register, told in writing, ended with a result, put on the record."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import pytest
from sqlmodel import col, select

from crm.approvals import actions, queries
from crm.approvals.actions import events
from crm.approvals.inputs import (
    CloseProcedure,
    DecideCase,
    ExtendCase,
    GiveNotice,
    NoticeFile,
    OpenProcedure,
    RegisterCase,
    TerminateCase,
)
from crm.approvals.queries import CaseView, ProcedureRow
from crm.approvals.rules import Step
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotFound, Refusal
from crm.core.today import SHANGHAI
from crm.web.files import readable
from crm.workdays.actions import Closure, add_closure
from models import Case, CaseEvent, CaseStep, Item, ItemProcedure, SpecialProcedure
from models.vocabulary import CaseOutcome, CaseState, Light, ProcedureKind
from tests.conftest import Cast

MONDAY = date(2025, 9, 22)
ARTICLE = "行政许可法第四十五条"
PDF = b"%PDF-1.4 notice"


def on(month: int, day: int) -> date:
    return date(2025, month, day)


def accepted(cast: Cast, code: str = "P2A") -> int:
    with reading() as session:
        item = session.exec(select(Item.id).where(Item.code == code)).one() or 0
    form = RegisterCase(
        item_id=item, project_id=cast.project, received_on=MONDAY, request_id=uuid.uuid4().hex
    )
    case = actions.register(cast.officer, form, today=MONDAY)
    actions.accept(cast.officer, case, MONDAY, today=MONDAY)
    return case


@pytest.fixture
def register(db: str) -> Any:
    """Writes the register of P2A anew: kind and what it says."""

    def written(kind: ProcedureKind, **says: Any) -> int:
        with unit_of_work(SYSTEM, "test.register") as session:
            item = session.exec(select(Item.id).where(Item.code == "P2A")).one() or 0
            row = ItemProcedure(item_id=item, kind=kind, name=says.pop("name", "新登记"), **says)
            session.add(row)
            session.flush()
            return row.id or 0

    with unit_of_work(SYSTEM, "test.empty") as session:
        item = session.exec(select(Item.id).where(Item.code == "P2A")).one()
        for row in session.exec(select(ItemProcedure).where(ItemProcedure.item_id == item)).all():
            session.delete(row)
    return written


def check(case: int, **more: Any) -> OpenProcedure:
    return OpenProcedure(
        **{
            "case_id": case,
            "kind": ProcedureKind.SITE_CHECK,
            "ground": "核查现场条件",
            "basis": "河道管理条例第十一条",
            "planned_wd": 2,
            "from_on": on(9, 23),
            "staff": ["张三", "李四"],
        }
        | more
    )


def opened(cast: Cast, case: int, today: date = on(9, 23), **more: Any) -> int:
    return actions.open_procedure(cast.officer, check(case, **more), today=today)


def view(case: int, today: date) -> CaseView:
    with reading() as session:
        return queries.case_view(session, SYSTEM, case, today)


def only(case: int, today: date) -> ProcedureRow:
    (row,) = view(case, today).procedures
    return row


def stored(case: int) -> Case:
    with reading() as session:
        return session.get_one(Case, case)


# What stops and what does not


def test_a_site_check_is_on_the_record_and_the_clock_runs_on(cast: Cast, register: Any) -> None:
    case = accepted(cast)
    before = stored(case).due_on
    opened(cast, case, told_on=on(9, 23), notice_no="告1号")
    row = only(case, on(9, 26))
    assert (row.stops_clock, row.holds, row.opened_by, row.staff) == (
        False,
        False,
        "何志强",
        ("张三", "李四"),
    )
    seen = view(case, on(9, 26))
    assert (seen.row.light, seen.stops, stored(case).due_on) == (Light.GREEN, (), before)


def test_a_technical_review_stops_it_only_with_the_items_own_law(cast: Cast, register: Any) -> None:
    register(
        ProcedureKind.TECHNICAL_REVIEW, stops_clock=True, stop_basis="水利部令第53号：技术评审时间不计入"
    )
    case = accepted(cast)
    more = {"kind": ProcedureKind.TECHNICAL_REVIEW, "told_on": on(9, 23), "notice_no": "告1号"}
    opened(cast, case, **more)
    assert view(case, on(9, 24)).row.light is Light.BLUE
    register(ProcedureKind.CONSULTATION, stops_clock=True)  # no law beside the tick
    other = accepted(cast)
    opened(cast, other, **(more | {"kind": ProcedureKind.CONSULTATION}))
    assert view(other, on(9, 24)).row.light is Light.GREEN


@pytest.mark.parametrize(
    "kind", [ProcedureKind.SITE_CHECK, ProcedureKind.TECHNICAL_REVIEW, ProcedureKind.OTHER]
)
def test_article_45_is_no_basis_for_another_kind(cast: Cast, register: Any, kind: ProcedureKind) -> None:
    case = accepted(cast)
    with pytest.raises(Refusal, match="第四十五条只列举"):
        opened(cast, case, kind=kind, basis="《行政许可法》第45条")
    assert view(case, on(9, 23)).procedures == ()


def test_two_stops_at_once_count_once(cast: Cast, register: Any) -> None:
    case = accepted(cast)
    more = {"basis": ARTICLE, "told_on": on(9, 24), "notice_no": "告1号", "from_on": on(9, 24)}
    first = opened(cast, case, today=on(9, 24), kind=ProcedureKind.EXPERT_REVIEW, **more)
    second = opened(cast, case, today=on(9, 24), kind=ProcedureKind.TESTING, **more)
    for procedure in (first, second):
        form = CloseProcedure(procedure_id=procedure, to_on=on(9, 29), result="通过")
        actions.close_procedure(cast.officer, form, today=on(9, 29))
    assert view(case, on(9, 29)).row.clocks.committed.stopped == 4  # type: ignore[union-attr]


# Staff, times, lengths


@pytest.mark.parametrize("staff", [[], ["张三"], ["张三", " 张 三 "], ["张三", ""]])
def test_a_site_check_is_made_by_two_persons(cast: Cast, register: Any, staff: list[str]) -> None:
    case = accepted(cast)
    with pytest.raises(Refusal, match="两名以上工作人员（行政许可法第三十四条）"):
        opened(cast, case, staff=staff)


def test_a_further_use_than_the_register_allows_needs_its_approver(cast: Cast, register: Any) -> None:
    register(ProcedureKind.SITE_CHECK, times=1)
    case = accepted(cast)
    opened(cast, case)
    with pytest.raises(Refusal) as refused:
        opened(cast, case)
    assert [p.field for p in refused.value.problems] == ["approver"]
    assert "本办件已用1次" in str(refused.value)
    opened(cast, case, approver="区水利局局长")
    assert view(case, on(9, 23)).procedures[1].approver == "区水利局局长"
    assert view(case, on(9, 23)).choices[0].used == 2


def test_it_is_planned_no_longer_than_the_register_allows(cast: Cast, register: Any) -> None:
    register(ProcedureKind.SITE_CHECK, longest_wd=3)
    case = accepted(cast)
    with pytest.raises(Refusal, match="最长3个工作日"):
        opened(cast, case, planned_wd=4)
    for no_length in (None, 0, 366):
        with pytest.raises(Refusal, match="计划所需的工作日数"):
            opened(cast, case, planned_wd=no_length)
    opened(cast, case, planned_wd=3)


def test_what_begins_late_or_lasts_too_long_is_recorded_and_told(cast: Cast, register: Any) -> None:
    register(ProcedureKind.SITE_CHECK, start_limit_wd=2, longest_wd=3)
    case = accepted(cast)
    opened(cast, case, from_on=on(9, 25), today=on(9, 25))
    row = only(case, on(9, 25))
    assert (row.start_by_on, row.late_start, row.end_by_on, row.over_wd) == (on(9, 24), True, on(9, 29), 0)
    late = only(case, on(10, 9))
    assert late.over_wd == 2  # 周二 9-30 and 周四 10-9, the holiday between
    assert view(case, on(10, 9)).row.light is Light.GREEN  # though the case itself is still on time


def test_a_procedure_in_time_is_not_late_afterwards(cast: Cast, register: Any) -> None:
    register(ProcedureKind.SITE_CHECK, start_limit_wd=2, longest_wd=3)
    case = accepted(cast)
    procedure = opened(cast, case)
    form = CloseProcedure(procedure_id=procedure, to_on=on(9, 25), result="符合条件")
    actions.close_procedure(cast.officer, form, today=on(9, 25))
    row = only(case, date(2026, 1, 5))
    assert (row.late_start, row.over_wd, row.open, row.result) == (False, 0, False, "符合条件")


def test_a_testing_begins_within_five_days_by_law_alone(cast: Cast, register: Any) -> None:
    case = accepted(cast)
    opened(cast, case, kind=ProcedureKind.TESTING, basis=ARTICLE, staff=[])
    assert only(case, on(9, 23)).start_by_on == on(9, 28)  # 周日, a make-up day


def test_a_row_of_the_register_is_chosen_where_there_are_several(cast: Cast, register: Any) -> None:
    first = register(ProcedureKind.SITE_CHECK, name="初勘", longest_wd=2)
    second = register(ProcedureKind.SITE_CHECK, name="复勘", longest_wd=5)
    case = accepted(cast)
    with pytest.raises(Refusal, match="初勘、复勘"):
        opened(cast, case)
    opened(cast, case, register_id=second)
    assert only(case, on(9, 23)).end_by_on == on(9, 29)
    opened(cast, case, register_id=first)  # the other one has not been used
    with pytest.raises(NotFound):
        opened(cast, case, register_id=first, kind=ProcedureKind.PUBLICITY)


def test_the_form_is_offered_what_the_register_says(cast: Cast, register: Any) -> None:
    row = register(
        ProcedureKind.SITE_CHECK, name="现场踏勘", start_limit_wd=2, longest_wd=3, notice_needed=True
    )
    register(ProcedureKind.PUBLICITY, name="旧公示", active=False)
    (choice,) = view(accepted(cast), MONDAY).choices
    assert (choice.register_id, choice.name, choice.stops_clock, choice.start_by_on, choice.notice_needed) == (
        row, "现场踏勘", False, on(9, 24), True,
    )  # fmt: skip


# Notice


def test_a_stop_without_notice_is_orange_until_the_notice_is_kept(cast: Cast, register: Any) -> None:  # K4
    case = accepted(cast)
    procedure = opened(cast, case, kind=ProcedureKind.EXPERT_REVIEW, basis=ARTICLE)
    assert (stored(case).untold_from, stored(case).held_from) == (on(9, 23), None)
    assert only(case, on(9, 24)).steps == (Step.GIVE_NOTICE, Step.CLOSE_PROCEDURE)
    assert view(case, on(9, 24)).row.light is Light.ORANGE
    actions.give_notice(
        cast.officer,
        GiveNotice(
            procedure_id=procedure,
            told_on=on(9, 25),
            notice_no="告2号",
            notice_file=NoticeFile(name="告知书.pdf", data=PDF),
        ),
        today=on(9, 25),
    )
    assert (stored(case).untold_from, stored(case).held_from) == (None, on(9, 25))
    row = only(case, on(9, 25))
    assert (row.holds, row.untold, row.notice_file_name, row.steps) == (
        True, False, "告知书.pdf", (Step.CLOSE_PROCEDURE,),
    )  # fmt: skip
    with reading() as session:
        assert readable(session, cast.officer, row.notice_file) is not None
        assert readable(session, cast.stranger, row.notice_file) is None


def test_a_notice_has_its_day_its_number_and_a_real_file(cast: Cast, register: Any) -> None:
    case = accepted(cast)
    review = {"kind": ProcedureKind.EXPERT_REVIEW, "basis": ARTICLE}
    with pytest.raises(Refusal, match="文号"):
        opened(cast, case, told_on=on(9, 23), **review)
    with pytest.raises(Refusal, match="同时写告知日期"):
        opened(cast, case, notice_no="告3号", **review)
    with pytest.raises(Refusal, match="内容与扩展名"):
        opened(
            cast,
            case,
            told_on=on(9, 23),
            notice_no="告3号",
            notice_file=NoticeFile(name="告知书.pdf", data=b"MZ"),
            **review,
        )
    assert view(case, on(9, 23)).procedures == ()  # nothing half kept
    opened(
        cast,
        case,
        told_on=on(9, 23),
        notice_no="告3号",
        notice_file=NoticeFile(name="告.pdf", data=PDF),
        **review,
    )
    assert only(case, on(9, 23)).notice_file


def test_a_notice_may_be_owed_where_the_clock_runs_on(cast: Cast, register: Any) -> None:
    register(ProcedureKind.SITE_CHECK, notice_needed=True)
    case = accepted(cast)
    opened(cast, case)
    assert only(case, on(9, 23)).untold
    assert (view(case, on(9, 23)).row.light, stored(case).untold_from) == (Light.GREEN, None)


# Its end, and the case's


def test_a_check_may_end_on_the_day_it_began_and_has_a_result(cast: Cast, register: Any) -> None:
    case = accepted(cast)
    procedure = opened(cast, case)
    with pytest.raises(Refusal, match="结论"):
        actions.close_procedure(
            cast.officer, CloseProcedure(procedure_id=procedure, to_on=on(9, 24), result=" "), today=on(9, 23)
        )
    form = CloseProcedure(procedure_id=procedure, to_on=on(9, 24), result="符合条件")
    actions.close_procedure(cast.officer, form, today=on(9, 23))
    actions.decide(
        cast.officer,
        DecideCase(case_id=case, decided_on=on(9, 23), outcome=CaseOutcome.GRANTED),
        today=on(9, 23),
    )
    assert stored(case).state is CaseState.DECIDED


def test_a_stop_ends_when_its_days_count_again(cast: Cast, register: Any) -> None:
    case = accepted(cast)
    stop = opened(cast, case, kind=ProcedureKind.EXPERT_REVIEW, basis=ARTICLE)
    with pytest.raises(Refusal, match="今天之后"):
        actions.close_procedure(
            cast.officer, CloseProcedure(procedure_id=stop, to_on=on(9, 24), result="通过"), today=on(9, 23)
        )


def test_a_case_is_not_decided_while_a_check_is_under_way(cast: Cast, register: Any) -> None:
    case = accepted(cast)
    opened(cast, case)
    with pytest.raises(Refusal, match="现场核查还没有结束"):
        actions.decide(
            cast.officer,
            DecideCase(case_id=case, decided_on=on(9, 24), outcome=CaseOutcome.GRANTED),
            today=on(9, 24),
        )


def test_a_terminated_case_has_its_basis_and_ends_what_was_open(any_db: str, cast: Cast) -> None:
    case = accepted(cast)
    opened(cast, case)
    with pytest.raises(Refusal) as refused:
        actions.terminate(
            cast.officer,
            TerminateCase(case_id=case, ended_on=on(9, 26), basis="", reason=""),
            today=on(9, 26),
        )
    assert {p.field for p in refused.value.problems} == {"basis", "reason"}
    with pytest.raises(Refusal, match="早于现场核查日期2025-09-23"):
        actions.terminate(
            cast.officer,
            TerminateCase(case_id=case, ended_on=MONDAY, basis="条例", reason="注销"),
            today=on(9, 26),
        )
    actions.terminate(
        cast.officer,
        TerminateCase(case_id=case, ended_on=on(9, 26), basis="条例第九条", reason="企业注销"),
        today=on(9, 26),
    )
    row = stored(case)
    assert (row.state, row.decided_on, row.result) == (
        CaseState.TERMINATED, on(9, 26), "终止（条例第九条）：企业注销",
    )  # fmt: skip
    assert only(case, on(9, 29)).to_on == on(9, 26)


# Extension told, delivery


def test_an_extension_leaves_the_duty_to_tell_it(cast: Cast) -> None:
    case = accepted(cast, "P22")
    form = ExtendCase(case_id=case, days=5, approver="局长", reason="复杂", ordered_on=on(9, 24))
    actions.extend(cast.officer, form, today=on(9, 24))
    seen = view(case, on(9, 24))
    assert seen.extension_untold
    assert Step.TELL_EXTENSION in seen.steps
    with pytest.raises(Refusal, match="早于批准延长日期"):
        actions.tell_extension(cast.officer, case, on(9, 23), today=on(9, 25))
    actions.tell_extension(cast.officer, case, on(9, 25), today=on(9, 25))
    assert not view(case, on(9, 25)).extension_untold
    with pytest.raises(Refusal, match="已于2025-09-25告知"):
        actions.tell_extension(cast.officer, case, on(9, 26), today=on(9, 26))


def test_an_extension_told_at_once_owes_nothing(cast: Cast) -> None:
    case = accepted(cast, "P22")
    form = ExtendCase(
        case_id=case, days=5, approver="局长", reason="复杂", ordered_on=on(9, 24), told_on=on(9, 24)
    )
    actions.extend(cast.officer, form, today=on(9, 24))
    assert not view(case, on(9, 24)).extension_untold


@pytest.mark.parametrize(
    ("today", "light"),
    [
        (on(9, 24), Light.GREEN),
        (on(10, 10), Light.YELLOW),  # 周五: two days left
        (on(10, 13), Light.ORANGE),  # 周一: the tenth working day
        (on(10, 14), Light.RED),
    ],
)
def test_a_decision_is_delivered_within_ten_days_and_has_a_light_of_its_own(
    cast: Cast, today: date, light: Light
) -> None:
    case = accepted(cast)
    actions.decide(
        cast.officer,
        DecideCase(case_id=case, decided_on=on(9, 23), outcome=CaseOutcome.REFUSED),
        today=on(9, 23),
    )
    assert stored(case).deliver_by_on == on(10, 13)
    clocks = view(case, today).row.clocks
    assert clocks.delivery is not None
    assert (clocks.delivery.light, clocks.light) == (light, Light.GREY)


def test_a_delivery_closes_the_case_and_late_it_stays_late(any_db: str, cast: Cast) -> None:
    case = accepted(cast)
    actions.decide(
        cast.officer,
        DecideCase(case_id=case, decided_on=on(9, 23), outcome=CaseOutcome.GRANTED),
        today=on(9, 23),
    )
    assert stored(case).result == "准予"
    with pytest.raises(Refusal, match="早于办结日期"):
        actions.deliver(cast.officer, case, MONDAY, today=on(10, 15))
    actions.deliver(cast.officer, case, on(10, 15), today=on(10, 15))
    seen = view(case, date(2026, 1, 5))
    assert (seen.row.state, seen.delivered_on, seen.steps) == (CaseState.DELIVERED, on(10, 15), ())
    assert seen.row.clocks.delivery is not None
    assert (seen.row.clocks.delivery.late, seen.row.clocks.delivery.used) == (True, 12)


def test_a_refusal_carries_no_permit(cast: Cast) -> None:
    case = accepted(cast)
    with pytest.raises(Refusal, match="没有证号和发证日期"):
        actions.decide(
            cast.officer,
            DecideCase(
                case_id=case,
                decided_on=on(9, 23),
                outcome=CaseOutcome.REFUSED,
                permit_no="1号",
                issued_on=on(9, 23),
            ),
            today=on(9, 23),
        )


# Measures and events


def test_a_closed_case_keeps_its_measures(cast: Cast, register: Any) -> None:
    case = accepted(cast, "P22")  # promised 10
    stop = opened(
        cast, case, kind=ProcedureKind.TESTING, basis=ARTICLE, staff=[], from_on=on(9, 24), today=on(9, 24),
        told_on=on(9, 24), notice_no="告1号",
    )  # fmt: skip
    form = CloseProcedure(procedure_id=stop, to_on=on(9, 29), result="合格")
    actions.close_procedure(cast.officer, form, today=on(9, 29))
    assert (stored(case).running_wd, stored(case).late) == (None, None)
    actions.decide(
        cast.officer,
        DecideCase(case_id=case, decided_on=on(10, 17), outcome=CaseOutcome.GRANTED),
        today=on(10, 17),
    )
    row = stored(case)  # the promised day is 2025-10-16, as in W2
    assert (row.running_wd, row.stopped_wd, row.enterprise_wd, row.late, row.corrections) == (
        11,
        4,
        0,
        True,
        0,
    )


def test_every_step_is_an_event_with_the_wait_before_it(any_db: str, cast: Cast) -> None:
    case = accepted(cast)
    check_ = opened(cast, case, from_on=on(9, 25), today=on(9, 25))
    form = CloseProcedure(procedure_id=check_, to_on=on(9, 29), result="通过")
    actions.close_procedure(cast.officer, form, today=on(9, 29))
    actions.decide(
        cast.officer,
        DecideCase(case_id=case, decided_on=on(10, 9), outcome=CaseOutcome.GRANTED),
        today=on(10, 9),
    )
    with reading() as session:
        events = session.exec(
            select(CaseStep.name, CaseEvent)
            .join(CaseStep, col(CaseStep.id) == col(CaseEvent.step_id))
            .where(col(CaseEvent.case_id) == case)
            .order_by(col(CaseEvent.at), col(CaseEvent.id))
        ).all()
    told = [
        (name, e.at.astimezone(SHANGHAI).isoformat()[:16], e.lifecycle, e.wait_wd, e.who)
        for name, e in events
    ]
    assert told == [
        ("收件", "2025-09-22T12:00", "complete", 0, "何志强"),
        ("受理", "2025-09-22T12:00", "complete", 0, "何志强"),
        ("现场核查", "2025-09-25T12:00", "start", 3, "何志强"),
        ("现场核查", "2025-09-29T12:00", "complete", 3, "何志强"),  # 周五, the worked 周日, 周一
        ("办结", "2025-10-09T12:00", "complete", 2, "何志强"),
    ]


def test_a_refused_step_leaves_no_event(cast: Cast) -> None:
    case = accepted(cast)
    with pytest.raises(Refusal):
        opened(cast, case, staff=[])
    with reading() as session:
        assert len(session.exec(select(CaseEvent).where(col(CaseEvent.case_id) == case)).all()) == 2


def test_a_closure_moves_the_limits_of_what_is_under_way(cast: Cast, register: Any) -> None:
    register(ProcedureKind.SITE_CHECK, start_limit_wd=2, longest_wd=3)
    case = accepted(cast)
    procedure = opened(cast, case)
    add_closure(SYSTEM, Closure(on=on(9, 24), name="台风停工"), today=on(9, 24))
    with reading() as session:
        row = session.get_one(SpecialProcedure, procedure)
    assert (row.start_by_on, row.end_by_on) == (on(9, 25), on(9, 28))


def test_a_step_recorded_on_its_own_day_has_its_hour(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    evening = datetime(2025, 9, 22, 23, 30, tzinfo=SHANGHAI)  # still the 22nd in the district, not in UTC
    monkeypatch.setattr(events, "instant_now", lambda: evening)
    case = accepted(cast)
    with reading() as session:
        moments = session.exec(select(CaseEvent.at).where(col(CaseEvent.case_id) == case)).all()
    assert set(moments) == {evening}
