"""The steps of a case as a person takes them on its screen: what is asked, what is said, what is saved."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from crm.approvals import actions, queries
from crm.approvals.inputs import NotAccept, OpenProcedure, RegisterCase
from crm.approvals.queries import CaseView
from crm.approvals.rules import ARTICLE_45
from crm.core import today as wall
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from models import Case, Item
from models.vocabulary import CaseOutcome, CaseSource, CaseState, ProcedureKind
from tests.conftest import Cast

AppTest = Callable[..., Any]
PRESENT = date(2025, 9, 26)  # 周五
MONDAY = date(2025, 9, 22)


@pytest.fixture(autouse=True)
def on_a_friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "today", lambda: PRESENT)


def received(cast: Cast, code: str = "P22", on: date = MONDAY) -> int:
    with reading() as session:
        item = session.exec(select(Item.id).where(Item.code == code)).one() or 0
    return actions.register(
        cast.officer,
        RegisterCase(item_id=item, project_id=cast.project, received_on=on, request_id=uuid.uuid4().hex),
        today=PRESENT,
    )


@pytest.fixture
def case(cast: Cast) -> int:
    """A planning permit accepted on Monday 2025-09-22: 20 working days by law, 10 promised."""
    made = received(cast)
    actions.accept(cast.officer, made, MONDAY, today=PRESENT)
    return made


def texts(at: Any) -> str:
    kinds = ("markdown", "warning", "error", "info", "caption", "title")
    return " ".join(str(e.value) for kind in kinds for e in at.get(kind)).replace("\\", "")


def errors(at: Any) -> str:
    return " ".join(e.value for e in at.error).replace("\\", "")


def press(at: Any, label: str) -> Any:
    next(b for b in at.button if b.label == label).click().run()
    assert not at.exception
    return at


def field(at: Any, kind: str, label: str) -> Any:
    return next(e for e in at.get(kind) if e.label == label)


def choose(at: Any, kind: ProcedureKind) -> Any:
    """Choose the procedure by what the list calls it: the register's row first, else the bare kind."""
    box = field(at, "selectbox", "特殊环节")
    word = {
        ProcedureKind.EXPERT_REVIEW: "专家评审",
        ProcedureKind.SITE_CHECK: "现场核查",
        ProcedureKind.HEARING: "听证",
    }[kind]
    box.set_value(next(o for o in box.options if o.startswith(word))).run()
    assert not at.exception
    return at


def view(cast: Cast, case: int) -> CaseView:
    with reading() as session:
        return queries.case_view(session, cast.officer, case, PRESENT)


def test_a_correction_is_told_with_its_date_and_text_and_then_taken_in(cast: Cast, app_test: AppTest) -> None:
    case = received(cast)
    at = app_test("case", cast.officer, id=case)
    assert "2025-09-28（周日）" in texts(at)  # a make-up Sunday is the fifth working day
    press(at, "告知补正")
    assert "需要补正的全部内容" in errors(at)
    assert view(cast, case).row.state is CaseState.RECEIVED
    field(at, "text_area", "需要补正的全部内容").set_value("总平面图缺签章")
    press(at, "告知补正")
    assert "总平面图缺签章" in texts(at)
    assert view(cast, case).row.state is CaseState.CORRECTING
    press(at, "收到补正")
    assert view(cast, case).row.state is CaseState.RECEIVED
    assert not [b for b in at.button if b.label == "告知补正"]  # it is told once
    assert "补正已收到" in texts(at)


def test_a_refusal_to_accept_needs_its_reason_and_its_paper(cast: Cast, app_test: AppTest) -> None:
    case = received(cast)
    at = press(app_test("case", cast.officer, id=case), "不予受理")
    assert "理由" in errors(at)
    assert "告知文书文号" in errors(at)
    assert view(cast, case).row.state is CaseState.RECEIVED


def test_an_expert_review_told_in_writing_holds_the_clock_until_it_is_resumed(
    cast: Cast, case: int, app_test: AppTest
) -> None:
    at = choose(app_test("case", cast.officer, id=case), ProcedureKind.EXPERT_REVIEW)
    assert "不计入期限，但须书面告知申请人所需时间。" in texts(at)
    field(at, "text_input", "启动事由").set_value("设计方案专家评审")
    field(at, "number_input", "计划工作日数").set_value(4)
    field(at, "date_input", "停表日（当天起不计）").set_value(date(2025, 9, 24))
    field(at, "date_input", "书面告知日期").set_value(date(2025, 9, 24))
    field(at, "text_input", "告知文书文号").set_value("告〔2025〕9号")
    press(at, "启动特殊环节")
    assert "因专家评审自2025-09-24（周三）停表，还剩9个工作日" in texts(at)
    field(at, "text_area", "结论").set_value("原则同意，修改后通过")
    field(at, "date_input", "恢复日（当天起计）").set_value(date(2025, 9, 26))
    press(at, "保存")
    with reading() as session:
        row = session.get_one(Case, case)
        assert row.promised_due_on == date(2025, 10, 14)  # 周二: 9-24 and 9-25 are not counted
    assert "原则同意，修改后通过" in texts(at)


def test_what_is_missing_of_a_procedure_is_told_and_nothing_is_saved(
    cast: Cast, case: int, app_test: AppTest
) -> None:  # K4
    at = choose(app_test("case", cast.officer, id=case), ProcedureKind.EXPERT_REVIEW)
    field(at, "text_input", "依据").set_value("")
    field(at, "number_input", "计划工作日数").set_value(None)
    press(at, "启动特殊环节")
    told = errors(at)
    assert all(name in told for name in ("启动事由", "依据", "计划工作日数"))
    assert view(cast, case).procedures == ()


def test_one_person_alone_makes_no_site_check(cast: Cast, case: int, app_test: AppTest) -> None:
    at = choose(app_test("case", cast.officer, id=case), ProcedureKind.SITE_CHECK)
    assert "计入期限，不停表。" in texts(at)
    field(at, "text_input", "启动事由").set_value("核对场地")
    field(at, "text_input", "依据").set_value("行政许可法第三十四条")
    field(at, "number_input", "计划工作日数").set_value(2)
    field(at, "text_input", "核查人员").set_value("张伟")
    press(at, "启动特殊环节")
    assert "两名以上" in errors(at)
    field(at, "text_input", "核查人员").set_value("张伟、李娜")
    press(at, "启动特殊环节")
    (row,) = view(cast, case).procedures
    assert (row.staff, row.stops_clock) == (("张伟", "李娜"), False)
    assert "核查人员：张伟、李娜" in texts(at)


def test_a_stop_without_notice_asks_for_it(cast: Cast, case: int, app_test: AppTest) -> None:
    actions.open_procedure(
        cast.officer,
        OpenProcedure(
            case_id=case,
            kind=ProcedureKind.TESTING,
            ground="水质检测",
            basis=ARTICLE_45,
            planned_wd=3,
            from_on=date(2025, 9, 24),
        ),
        today=PRESENT,
    )
    at = app_test("case", cast.officer, id=case)
    assert "检测没有书面告知申请人，时间照算" in texts(at)
    assert "未书面告知，时间照算" in texts(at)
    field(at, "text_input", "告知文书文号").set_value("告〔2025〕9号")
    press(at, "保存")
    assert "因检测自2025-09-24（周三）停表" in texts(at)


def test_a_decision_is_owed_to_the_applicant_until_it_is_delivered(
    cast: Cast, case: int, app_test: AppTest
) -> None:
    at = app_test("case", cast.officer, id=case)
    field(at, "radio", "决定").set_value(CaseOutcome.REFUSED)
    press(at, "办结")
    seen = view(cast, case)
    assert (seen.row.state, seen.outcome) == (CaseState.DECIDED, CaseOutcome.REFUSED)
    assert "最迟10月16日 周四送达" in texts(at)  # ten working days from Friday 09-26, over the holiday
    press(at, "送达")
    assert view(cast, case).row.state is CaseState.DELIVERED


def test_a_case_that_ended_offers_nothing_more(cast: Cast, app_test: AppTest) -> None:
    case = received(cast)
    actions.not_accept(
        cast.officer,
        NotAccept(case_id=case, refused_on=PRESENT, reason="不属于本机关职权", notice_no="不受〔2025〕1号"),
        today=PRESENT,
    )
    at = app_test("case", cast.officer, id=case)
    assert "不予受理" in texts(at)
    assert not [b for b in at.button if b.label in ("受理", "告知补正", "办结", "送达", "撤回")]


def test_a_case_kept_by_the_hall_is_only_read(cast: Cast, case: int, app_test: AppTest) -> None:
    with unit_of_work(SYSTEM, "test.hall") as session:
        session.get_one(Case, case).source = CaseSource.HALL
    at = app_test("case", cast.officer, id=case)
    assert not at.exception
    assert "承诺期限还剩6个工作日" in texts(at)
    assert not [b for b in at.button if b.label in ("办结", "启动特殊环节", "延长期限", "撤回")]


def test_only_a_supervisor_is_led_to_a_new_letter(cast: Cast, case: int, app_test: AppTest) -> None:
    for actor, offered in ((cast.supervisor, True), (cast.officer, False), (cast.leader, False)):
        at = app_test("case", actor, id=case)
        assert bool([b for b in at.button if b.label == "写督办函"]) is offered
