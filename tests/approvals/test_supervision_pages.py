"""The board and the letters on the screen: what each role sees, and a letter from click to answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from crm.briefings import preview
from crm.briefings.letters import actions
from crm.briefings.letters.actions import LetterForm, ReplyForm
from crm.core import today as wall
from crm.core.db import reading
from models import SupervisionLetter
from models.vocabulary import LetterState
from tests.briefings.test_letters import a_case, a_procedure
from tests.conftest import Cast

AppTest = Callable[..., Any]
MONDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def on_a_monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "today", lambda: MONDAY)
    monkeypatch.setattr(
        preview, "office", lambda: None
    )  # the words are enough here; the pages are tried on paper


def texts(at: Any) -> str:
    kinds = ("title", "markdown", "caption", "warning", "error", "info")
    return " ".join(str(e.value) for kind in kinds for e in at.get(kind)).replace("\\", "")


def buttons(at: Any) -> list[str]:
    return [b.label.replace("\\", "") for b in at.button]


def press(at: Any, label: str) -> Any:
    return next(b for b in at.button if b.label == label).click().run()


def letter_rows() -> list[SupervisionLetter]:
    with reading() as session:
        return list(session.exec(select(SupervisionLetter)))


@pytest.fixture
def case(cast: Cast) -> int:
    return a_case(cast, a_procedure())


@pytest.mark.parametrize("who", ["supervisor", "leader", "admin", "handler"])
def test_the_board_says_what_is_red_and_what_lacks_notice(
    cast: Cast, app_test: AppTest, case: int, who: str
) -> None:
    at = app_test("supervision", getattr(cast, who))
    assert not at.exception
    assert "督办台：红灯1件" in texts(at)
    assert "停表未书面告知 **1**" in buttons(at)
    frame = at.dataframe[0].value
    assert list(frame["who"]) == ["住建局", "合计"]
    assert list(frame["red"]) == [1, 1]


@pytest.mark.parametrize("who", ["officer", "clerk"])
def test_the_board_is_closed_to_others(cast: Cast, app_test: AppTest, case: int, who: str) -> None:
    at = app_test("supervision", getattr(cast, who))
    assert "没有查看此页的权限" in texts(at)


def test_a_cells_list_says_why_and_only_the_supervisor_may_write(
    cast: Cast, app_test: AppTest, case: int
) -> None:
    at = app_test("supervision", cast.supervisor, sign="untold")
    assert "停表未书面告知 1件" in texts(at)
    assert "专家评审自11月11日 周三起停表未书面告知，已8个工作日" in texts(at)
    assert "督办函" in buttons(at)
    for who in (cast.leader, cast.handler):
        looking = app_test("supervision", who, sign="untold")
        assert "停表未书面告知 1件" in texts(looking)
        assert "督办函" not in buttons(looking)
    assert "没有这样的办件" in texts(app_test("supervision", cast.leader, sign="undelivered"))


def test_from_the_click_to_the_answer(cast: Cast, app_test: AppTest, case: int) -> None:
    at = app_test("letter", cast.supervisor, case=case)
    assert not at.exception
    assert "将编为江蓬政服督〔2026〕1号" in texts(at)
    assert letter_rows() == [], "a preview writes nothing"
    press(at, "签发")
    (row,) = letter_rows()
    assert row.number == "江蓬政服督〔2026〕1号"

    again = app_test("letter", cast.supervisor, case=case)
    assert "不能重复发函" in texts(again)
    assert "签发" not in buttons(again)

    handler = app_test("letter", cast.handler, id=row.id)
    assert "待回复" in texts(handler)
    handler.text_area[0].set_value("已补发书面告知，本周办结。")
    press(handler, "登记回复")
    assert letter_rows()[0].state is LetterState.REPLIED
    leader = app_test("letter", cast.leader, id=row.id)
    assert "已补发书面告知，本周办结。" in texts(leader)
    assert "登记回复" not in buttons(leader)
    assert "撤销" not in buttons(leader)


def test_an_empty_answer_is_refused_and_nothing_is_saved(cast: Cast, app_test: AppTest, case: int) -> None:
    made = actions.issue(cast.supervisor, LetterForm(case_id=case), today=MONDAY)
    at = press(app_test("letter", cast.handler, id=made.id), "登记回复")
    assert "“回复内容”不能为空" in texts(at)
    assert letter_rows()[0].state is LetterState.ISSUED


def test_a_letter_is_withdrawn_with_a_reason(cast: Cast, app_test: AppTest, case: int) -> None:
    made = actions.issue(cast.supervisor, LetterForm(case_id=case), today=MONDAY)
    at = app_test("letter", cast.supervisor, id=made.id)
    next(t for t in at.text_input if t.label == "撤销原因").set_value("发错部门")
    press(at, "撤销")
    assert letter_rows()[0].withdraw_reason == "发错部门"
    assert "11月23日 周一撤销：发错部门" in texts(app_test("letter", cast.leader, id=made.id))


def test_a_case_without_fault_is_said_to_need_no_letter(cast: Cast, app_test: AppTest) -> None:
    fine = a_case(cast, promised_limit=60, legal_limit=60)
    assert "不需要督办" in texts(app_test("letter", cast.supervisor, case=fine))


@pytest.mark.parametrize("who", ["stranger", "clerk"])
def test_a_letter_not_in_reach_is_not_there(cast: Cast, app_test: AppTest, case: int, who: str) -> None:
    made = actions.issue(cast.supervisor, LetterForm(case_id=case), today=MONDAY)
    at = app_test("letter", getattr(cast, who), id=made.id)
    assert "没有找到这条记录，或您无权查看" in texts(at)
    assert made.number not in texts(at)


def test_the_list_of_letters_filters_by_the_address(cast: Cast, app_test: AppTest, case: int) -> None:
    answered = actions.issue(cast.supervisor, LetterForm(case_id=case), today=MONDAY)
    actions.reply(cast.handler, ReplyForm(letter_id=answered.id, text="好", replied_on=MONDAY), today=MONDAY)
    waiting = actions.issue(cast.supervisor, LetterForm(case_id=a_case(cast)), today=MONDAY)
    everything = texts(app_test("letters", cast.leader))
    assert "待回复" in everything
    assert "已回复" in everything
    only = texts(app_test("letters", cast.leader, state="issued"))
    assert waiting.number.split("〕")[1] in only
    assert "11月23日 周一回复" not in only
    assert "没有这样的督办函" in texts(app_test("letters", cast.leader, overdue="1"))


def test_the_supervisors_home_leads_to_the_board(cast: Cast, app_test: AppTest, case: int) -> None:
    at = app_test("home", cast.supervisor)
    assert not at.exception
    assert "督办台：在办1件，红灯1件，停表未书面告知1" in texts(at)
