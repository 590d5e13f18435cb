"""The administrator's screen of accounts."""

from __future__ import annotations

from typing import Any

from crm.core import accounts
from crm.core.db import fetch, reading, unit_of_work
from models import User


def field(at: Any, label: str) -> Any:
    return next(w for w in [*at.text_input, *at.selectbox] if w.label == label)


def press(at: Any, label: str) -> Any:
    return next(b for b in at.button if b.label == label).click().run()


def test_the_second_of_two_administrators_chooses_field_by_field_and_loses_nothing(
    db: object, cast: Any, app_test: Any
) -> None:
    at = app_test("users", cast.admin, id=cast.officer.user_id)
    with unit_of_work(cast.supervisor, "users.edit") as session:
        fetch(session, User, cast.officer.user_id).phone = "13900000001"
    field(at, "电话").set_value("13900000002")
    field(at, "姓名").set_value("何志强（小）")
    press(at, "保存")
    assert not at.exception
    choice = next(r for r in at.radio if "电话" in r.label)
    assert [o.replace("\\", "") for o in choice.options] == [
        "您填写的：13900000002",
        "对方保存的：13900000001",
    ]
    choice.set_value(choice.options[1])
    press(at, "按所选保存")
    assert not at.exception
    with reading() as session:
        saved = fetch(session, User, cast.officer.user_id)
        assert (saved.phone, saved.name) == ("13900000001", "何志强（小）")


def test_what_one_field_lacks_is_said_and_the_rest_stays_typed(db: object, cast: Any, app_test: Any) -> None:
    at = app_test("users", cast.admin, id=cast.clerk.user_id)
    field(at, "姓名").set_value("")
    field(at, "电话").set_value("13900000009")
    press(at, "保存")
    assert "请填写姓名" in at.error[0].value
    assert field(at, "电话").value == "13900000009"
    with reading() as session:
        assert accounts.user(session, cast.admin, cast.clerk.user_id).phone == ""


def test_an_account_that_is_not_there_is_said_plainly(db: object, cast: Any, app_test: Any) -> None:
    at = app_test("users", cast.admin, id=999)
    assert not at.exception
    assert "没有找到" in at.error[0].value


def test_a_reset_shows_the_one_time_password_once(db: object, cast: Any, app_test: Any) -> None:
    at = app_test("users", cast.admin, id=cast.clerk.user_id)
    press(at, "重设为一次性密码")
    assert at.code[0].value.startswith("linyq")
    at.run()
    assert len(at.code) == 0


def test_ones_own_password_is_changed_only_with_the_present_one(db: object, cast: Any, app_test: Any) -> None:
    accounts.choose_password(cast.admin, cast.clerk.user_id, "river stone bridge")
    at = app_test("account", cast.clerk)
    for label, text in (
        ("现在的密码", "wrong"),
        ("新密码", "mooncake lantern"),
        ("再输一次新密码", "mooncake lantern"),
    ):
        field(at, label).set_value(text)
    press(at, "修改密码")
    assert any("现在的密码不对" in e.value for e in at.error)
