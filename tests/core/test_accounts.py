"""Accounts and sessions: brakes, limits, and changes that take effect at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from crm.core import accounts, passwords, signin
from crm.core.access import SYSTEM, Verb, may
from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, NotAllowed, NotFound, Refusal
from crm.core.today import now
from models import AuditEntry, Officer, Setting, User, WebSession
from models.vocabulary import Role

PASSWORD = "mooncake lantern"


@pytest.fixture(scope="module")
def password_hash() -> str:
    return passwords.hash_of(PASSWORD)


@pytest.fixture(autouse=True)
def _fresh_brakes() -> None:
    signin.ADDRESSES.clear()
    signin.GHOSTS.clear()


@pytest.fixture
def lin(any_db: str, cast: Any, password_hash: str) -> Any:
    with unit_of_work(SYSTEM, "test") as session:
        session.exec(select(User).where(User.login == "linyq")).one().password_hash = password_hash
    return cast.clerk


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which passwords the slow hash was asked about."""
    asked: list[str] = []

    def matches(stored: str, password: str) -> bool:
        asked.append(password)
        return bool(stored) and password == PASSWORD

    monkeypatch.setattr(passwords, "matches", matches)
    return asked


def form_of(row: accounts.UserRow, **changes: Any) -> tuple[accounts.UserForm, dict[str, Any]]:
    opened = {f: getattr(row, f) for f in accounts.UserForm.model_fields}
    return accounts.UserForm(**(opened | changes)), opened


def row_of(cast: Any, actor: Any) -> accounts.UserRow:
    with reading() as session:
        return accounts.user(session, cast.admin, actor.user_id)


def lock_time(monkeypatch: pytest.MonkeyPatch, **later: int) -> None:
    monkeypatch.setattr(signin, "now", lambda: now() + timedelta(**later))
    monkeypatch.setattr(accounts, "now", lambda: now() + timedelta(**later))


# -- brakes --------------------------------------------------------------------------------


def test_an_account_is_locked_after_five_and_open_again_after_a_quarter_of_an_hour(
    lin: Any, hashes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _try in range(7):
        with pytest.raises(Refusal):
            signin.sign_in("linyq", "wrong")
    assert len(hashes) == 5
    with pytest.raises(Refusal):
        signin.sign_in("linyq", PASSWORD)
    lock_time(monkeypatch, minutes=16)
    assert signin.sign_in("linyq", PASSWORD).user_id == lin.user_id


def test_a_right_password_forgets_the_wrong_ones_before_it(lin: Any, hashes: list[str]) -> None:
    for _round in range(3):
        for _try in range(4):
            with pytest.raises(Refusal):
                signin.sign_in("linyq", "wrong")
        signin.sign_in("linyq", PASSWORD)


def test_fifty_guesses_at_once_are_still_five(lin: Any, hashes: list[str]) -> None:
    def guess(n: int) -> None:
        with pytest.raises(Refusal):
            signin.sign_in("linyq", f"wrong {n}", address=f"10.0.0.{n}")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(guess, range(50)))
    assert len(hashes) == 5


def test_a_name_that_does_not_exist_is_braked_like_one_that_does(lin: Any, hashes: list[str]) -> None:
    told = set()
    for name in ("linyq", "nobody"):
        for _try in range(7):
            with pytest.raises(Refusal) as refusal:
                signin.sign_in(name, "wrong")
            told.add(str(refusal.value))
    assert len(hashes) == 10
    assert len(told) == 1


def test_one_address_that_sprays_many_accounts_must_wait(lin: Any, hashes: list[str]) -> None:
    for n in range(70):
        with pytest.raises(Refusal):
            signin.sign_in(f"user{n}", "Spring2026", address="10.9.9.9")
    assert len(hashes) == 60
    with pytest.raises(Refusal, match="网络地址"):
        signin.sign_in("linyq", PASSWORD, address="10.9.9.9")
    assert signin.sign_in("linyq", PASSWORD, address="10.1.1.1").user_id == lin.user_id


def test_at_most_two_hashes_run_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    running, most, lock, both = 0, 0, threading.Lock(), threading.Event()

    class Slow:
        def hash(self, _password: str) -> str:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
                if running == 2:
                    both.set()
            both.wait(5)
            with lock:
                running -= 1
            return "x"

    monkeypatch.setattr(passwords, "_hasher", Slow())
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(passwords.hash_of, ["p"] * 12))
    assert most == 2


def test_a_typed_login_leaves_one_clean_line_in_the_log(lin: Any, hashes: list[str]) -> None:
    with pytest.raises(Refusal):
        signin.sign_in("x\r\nadmin \x1b[31m\u2028y", "wrong", address="10.0.0.1")
    with reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "account.sign_in_failed")).one()
    assert entry.changes == {"login": [None, "xadmin [31my"], "address": [None, "10.0.0.1"]}


# -- the life of a session -------------------------------------------------------------------


def test_an_idle_session_ends_after_eight_hours(
    lin: Any, hashes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = signin.sign_in("linyq", PASSWORD)
    lock_time(monkeypatch, hours=7)
    assert signin.find(signed.token) is not None
    lock_time(monkeypatch, hours=8, minutes=1)
    assert signin.find(signed.token) is None
    assert signin.still_live([signed.session_id]) == set()
    assert accounts.actor_of_session(signed.session_id, lin.user_id) is None


def test_use_slides_the_idle_limit_but_never_past_twelve_hours(
    lin: Any, hashes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = signin.sign_in("linyq", PASSWORD)
    for hours in (7, 11):
        lock_time(monkeypatch, hours=hours)
        assert signin.find(signed.token) is not None
        signin.touch(signed.session_id)
    lock_time(monkeypatch, hours=12, minutes=1)
    assert signin.find(signed.token) is None


def test_the_limits_are_settings(lin: Any, hashes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with unit_of_work(SYSTEM, "test") as session:
        session.add(Setting(key="sign_in", value={"idle_minutes": 30, "tries": 2}))
    signed = signin.sign_in("linyq", PASSWORD)
    for _try in range(3):
        with pytest.raises(Refusal):
            signin.sign_in("linyq", "wrong")
    assert len(hashes) == 3
    lock_time(monkeypatch, minutes=31)
    assert signin.find(signed.token) is None


def test_a_session_of_another_account_is_no_session(lin: Any, cast: Any, hashes: list[str]) -> None:
    signed = signin.sign_in("linyq", PASSWORD)
    assert accounts.actor_of_session(signed.session_id, cast.admin.user_id) is None


# -- the administrator ---------------------------------------------------------------------


def test_a_new_role_takes_effect_in_the_same_session(lin: Any, cast: Any, hashes: list[str]) -> None:
    signed = signin.sign_in("linyq", PASSWORD)
    row = row_of(cast, lin)
    form, opened = form_of(row, role=Role.SUPERVISOR)
    accounts.edit_user(cast.admin, row.id, form, opened=opened, version=row.version)
    actor = accounts.actor_of_session(signed.session_id, lin.user_id)
    assert actor is not None
    assert may(actor, Verb.SCAN_RUN)


def test_an_account_given_out_starts_with_a_one_time_password(any_db: str, cast: Any) -> None:
    form = accounts.UserForm(login="Wu.Jie", name="伍杰", role=Role.PARK_STAFF, town_id=cast.town)
    user_id, once = accounts.create_user(cast.admin, form)
    signed = signin.sign_in("wu.jie", once)
    actor = accounts.actor_of_session(signed.session_id, user_id)
    assert actor is not None
    assert accounts.must_change_password(actor)
    other = signin.sign_in("wu.jie", once)
    accounts.change_own_password(
        actor, once, "river stone bridge", "river stone bridge", keep_session=signed.session_id
    )
    assert not accounts.must_change_password(actor)
    assert signin.find(signed.token) is not None
    assert signin.find(other.token) is None
    with reading() as session:
        assert (
            session.exec(select(User.password_hash).where(User.id == user_id)).one().startswith("$argon2id$")
        )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"login": "ＬＩＮＹＱ"}, "已有人使用"),
        ({"login": "  "}, "登录名"),
        ({"name": ""}, "姓名"),
        ({"role": Role.PARK_STAFF}, "镇街"),
        ({"role": Role.DEPARTMENT}, "部门"),
        ({"role": Role.SYSTEM}, "角色"),
        ({"town_id": 999}, "没有这个镇街"),
        ({"department_id": 999}, "没有这个部门"),
    ],
)
def test_a_wrong_account_form_is_refused_with_what_to_mend(
    db: object, cast: Any, change: dict[str, Any], says: str
) -> None:
    values = {"login": "wu", "name": "伍杰", "role": Role.LEADER} | change
    with pytest.raises(Refusal, match=says):
        accounts.create_user(cast.admin, accounts.UserForm(**values))


def test_only_the_administrator_touches_accounts(db: object, cast: Any) -> None:
    form = accounts.UserForm(login="wu", name="伍杰", role=Role.ADMINISTRATOR)
    row = row_of(cast, cast.officer)
    edited, opened = form_of(row, role=Role.ADMINISTRATOR)
    for actor in (cast.supervisor, cast.leader, cast.officer, cast.clerk, cast.handler):
        for deed in (
            lambda a=actor: accounts.create_user(a, form),
            lambda a=actor: accounts.edit_user(a, row.id, edited, opened=opened, version=row.version),
            lambda a=actor: accounts.set_password(a, cast.admin.user_id),
            lambda a=actor: accounts.end_sessions(a, cast.admin.user_id),
            lambda a=actor: accounts.link_officer(a, a.user_id, cast.officer.officer_id),
        ):
            with pytest.raises(NotAllowed):
                deed()


def test_an_account_that_does_not_exist_is_not_found(db: object, cast: Any) -> None:
    with pytest.raises(NotFound):
        accounts.set_password(cast.admin, 999)


def test_the_last_administrator_cannot_be_disabled_or_demoted(db: object, cast: Any) -> None:
    row = row_of(cast, cast.admin)
    for change in ({"active": False}, {"role": Role.LEADER}):
        form, opened = form_of(row, **change)
        with pytest.raises(Refusal, match="最后一个管理员"):
            accounts.edit_user(cast.admin, row.id, form, opened=opened, version=row.version)
    assert row_of(cast, cast.admin).active


def test_two_administrators_editing_one_account_see_the_clash(db: object, cast: Any) -> None:
    row = row_of(cast, cast.officer)
    first, opened = form_of(row, phone="13900000001")
    accounts.edit_user(cast.admin, row.id, first, opened=opened, version=row.version)
    second, _same = form_of(row, phone="13900000002", name="何志强（新）")
    with pytest.raises(Conflict) as clash:
        accounts.edit_user(cast.admin, row.id, second, opened=opened, version=row.version)
    assert [(c.field, c.stored, c.typed) for c in clash.value.clashes] == [
        ("phone", "13900000001", "13900000002")
    ]


def test_resetting_a_password_unlocks_and_signs_out(lin: Any, cast: Any, hashes: list[str]) -> None:
    signed = signin.sign_in("linyq", PASSWORD)
    for _try in range(5):
        with pytest.raises(Refusal):
            signin.sign_in("linyq", "wrong")
    assert row_of(cast, lin).locked_until is not None
    accounts.set_password(cast.admin, lin.user_id)
    assert row_of(cast, lin).locked_until is None
    assert signin.find(signed.token) is None


def test_ending_one_browser_leaves_the_other(lin: Any, cast: Any, hashes: list[str]) -> None:
    one, two = signin.sign_in("linyq", PASSWORD), signin.sign_in("linyq", PASSWORD)
    assert accounts.end_sessions(lin, lin.user_id, session_id=one.session_id) == 1
    assert signin.find(one.token) is None
    assert signin.find(two.token) is not None


def test_nobody_ends_another_ones_browser_by_its_number(lin: Any, cast: Any, hashes: list[str]) -> None:
    signed = signin.sign_in("linyq", PASSWORD)
    assert accounts.end_sessions(cast.officer, cast.officer.user_id, session_id=signed.session_id) == 0
    assert signin.find(signed.token) is not None


def test_linking_an_officer_gives_his_projects_to_the_account_at_once(any_db: str, cast: Any) -> None:
    with unit_of_work(SYSTEM, "test") as session:
        newcomer = Officer(name="梁宝怡")
        session.add(newcomer)
        session.flush()
        officer_id = newcomer.id
    accounts.link_officer(cast.admin, cast.clerk.user_id, officer_id)
    with reading() as session:
        clerk = session.get(User, cast.clerk.user_id)
        assert accounts.actor_of_user(session, clerk).officer_id == officer_id
    with pytest.raises(Refusal, match="另一个账号"):
        accounts.link_officer(cast.admin, cast.leader.user_id, officer_id)
    accounts.link_officer(cast.admin, cast.clerk.user_id, None)
    with reading() as session:
        assert session.get(Officer, officer_id).user_id is None


def test_every_sign_in_and_sign_out_leaves_exactly_one_line(lin: Any, hashes: list[str]) -> None:
    signed = signin.sign_in("linyq", PASSWORD)
    signin.sign_out(signed.session_id)
    signin.sign_out(signed.session_id)
    with reading() as session:
        actions = session.exec(
            select(AuditEntry.action).where(AuditEntry.action.startswith("account."))
        ).all()
        assert sorted(actions) == ["account.signed_in", "account.signed_out"]
        assert session.exec(select(WebSession)).one().ended_why == "signed_out"


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "Passw0rd!",
        "12345678",
        "aaaaaaaa",
        "qwertyuiop",
        "huiketing2026",
        "linyq2026",
        "88888888",
        "abcabcab",
    ],
)
def test_easy_passwords_are_refused(password: str) -> None:
    assert passwords.problems(password, login="linyq")


@pytest.mark.parametrize("password", ["river stone bridge", "月满西江-白沙堤", "correcthorse", "x7#Kq9!mP2"])
def test_good_passwords_pass_without_composition_rules(password: str) -> None:
    assert passwords.problems(password, login="linyq") == []


def test_the_list_of_accounts_pages_and_searches(db: object, cast: Any) -> None:
    with reading() as session:
        rows, total = accounts.users(session, cast.admin, per_page=3, page=2)
        assert total == 8
        assert len(rows) == 3
        found, _n = accounts.users(session, cast.admin, search="HEZQ")
        assert [r.name for r in found] == ["何志强"]
        assert accounts.users(session, cast.admin, role=Role.OFFICER)[1] == 3
        with pytest.raises(NotAllowed):
            accounts.users(session, cast.supervisor)
