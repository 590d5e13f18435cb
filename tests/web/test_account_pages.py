"""The sign-in, sign-out and first-administrator forms, through the gate."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from sqlmodel import select
from starlette.applications import Starlette

from crm.core import signin
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.web.account import AccountPages, safe_next
from crm.web.gate import Gate
from models import AuditEntry, User, WebSession
from models.vocabulary import Role
from tests.web.conftest import PASSWORD, Answer, request

FORM = [("origin", "http://crm.test"), ("content-type", "application/x-www-form-urlencoded")]


@pytest.fixture
def site(gate: Gate) -> Gate:
    gate.app = Starlette(routes=AccountPages().routes())
    return gate


@pytest.fixture
def lin(cast: Any, password_hash: str) -> int:
    """The park clerk with a password; her login is linyq."""
    with unit_of_work(SYSTEM, "test") as session:
        user = session.exec(select(User).where(User.login == "linyq")).one()
        user.password_hash = password_hash
        return user.id


def post(site: Gate, path: str, *, cookie: str = "", scheme: str = "http", **form: str) -> Answer:
    headers = [("origin", f"{scheme}://crm.test"), FORM[1]]
    return request(
        site,
        path,
        method="POST",
        headers=headers,
        cookie=cookie,
        scheme=scheme,
        body=urlencode(form).encode(),
    )


def cookie_of(answer: Answer) -> str:
    return answer.headers["set-cookie"].split(";")[0].split("=", 1)[1]


def events(action: str) -> int:
    with reading() as session:
        return len(session.exec(select(AuditEntry).where(AuditEntry.action == action)).all())


def test_the_right_password_opens_a_session_and_goes_where_one_wanted(site: Gate, lin: int) -> None:
    answer = post(site, "/account/login", login="LinYQ", password=PASSWORD, next="/visit_log?id=3")
    assert answer.status == 303
    assert answer.headers["location"] == "/visit_log?id=3"
    crumbs = answer.headers["set-cookie"].lower()
    assert "httponly" in crumbs
    assert "samesite=lax" in crumbs
    assert "secure" not in crumbs
    assert signin.find(cookie_of(answer)).user_id == lin
    assert events("account.signed_in") == 1


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(site: Gate, lin: int) -> None:
    answer = post(site, "/account/login", scheme="https", login="linyq", password=PASSWORD)
    crumbs = answer.headers["set-cookie"]
    assert crumbs.startswith("__Host-crm_session=")
    assert "Secure" in crumbs
    assert "Path=/" in crumbs
    assert "Domain" not in crumbs


def test_signing_in_gives_a_new_token_and_ends_the_old_one(site: Gate, lin: int) -> None:
    planted = "p" * 43
    first = cookie_of(post(site, "/account/login", cookie=planted, login="linyq", password=PASSWORD))
    assert first != planted
    assert signin.find(planted) is None
    second = cookie_of(post(site, "/account/login", cookie=first, login="linyq", password=PASSWORD))
    assert second != first
    assert signin.find(first) is None
    assert signin.find(second) is not None


@pytest.mark.parametrize(
    ("login", "password"), [("linyq", "wrong password"), ("nobody", PASSWORD), ("", ""), ("linyq", "")]
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(
    site: Gate, lin: int, login: str, password: str
) -> None:
    answer = post(site, "/account/login", login=login, password=password)
    assert answer.status == 401
    assert "set-cookie" not in answer.headers
    assert "账号或密码不对" in answer.body.decode()
    assert events("account.sign_in_failed") == 1


def test_after_five_wrong_passwords_the_right_one_gets_the_same_text(site: Gate, lin: int) -> None:
    for _try in range(4):
        post(site, "/account/login", login="linyq", password="wrong password")
    fifth = post(site, "/account/login", login="linyq", password="wrong password")
    locked = post(site, "/account/login", login="linyq", password=PASSWORD)
    assert locked.status == 401
    assert locked.body == fifth.body
    assert events("account.locked") == 1
    assert events("account.signed_in") == 0


def test_a_full_width_login_is_the_same_account(site: Gate, lin: int) -> None:
    assert post(site, "/account/login", login="ｌｉｎｙｑ", password=PASSWORD).status == 303


def test_what_was_typed_is_shown_escaped(site: Gate, lin: int) -> None:
    answer = post(site, "/account/login", login='"><script>x</script>', password="y")
    assert b"<script" not in answer.body


EVIL = [
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "https://evil.test",
    "http:evil.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "/%2f%2fevil.test",
    "%2f%2fevil.test",
    "/%5cevil.test",
    "/%255cevil.test",
    "/%252f%252fevil.test",
    "/\tevil",
    "/\nevil",
    "/%0d%0aset-cookie:x",
    " //evil.test",
    "evil.test",
    "",
    "/account/login?next=/",
    "/auth/logout",
    "/account/setup",
]


@pytest.mark.parametrize("target", EVIL)
def test_next_never_leads_out_or_into_a_circle(target: str) -> None:
    assert safe_next(target) == "/"


@pytest.mark.parametrize("target", EVIL)
def test_the_form_itself_redirects_only_home_for_such_a_next(site: Gate, lin: int, target: str) -> None:
    answer = post(site, "/account/login", login="linyq", password=PASSWORD, next=target)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("target", ["/", "/project?id=5", "/visits?q=%E6%81%92%E5%B2%B3", "/files/abc"])
def test_next_leads_to_our_own_pages(target: str) -> None:
    assert safe_next(target) == target


def test_asking_to_sign_out_changes_nothing_and_posting_does(site: Gate, lin: int) -> None:
    token = cookie_of(post(site, "/account/login", login="linyq", password=PASSWORD))
    asked = request(site, "/auth/logout", cookie=token)
    assert asked.status == 200
    assert 'method="post"' in asked.body.decode()
    assert signin.find(token) is not None
    done = post(site, "/auth/logout", cookie=token)
    assert done.headers["location"] == "/account/login"
    assert 'crm_session=""' in done.headers["set-cookie"]
    assert signin.find(token) is None
    assert events("account.signed_out") == 1


def test_a_dead_cookie_is_cleared_on_the_way_to_the_form(site: Gate) -> None:
    answer = request(site, "/auth/logout", cookie="d" * 43)
    assert answer.status == 303
    assert 'crm_session=""' in answer.headers["set-cookie"]


def test_the_form_speaks_english_when_asked(site: Gate, lin: int) -> None:
    answer = request(site, "/account/login", query="lang=en")
    assert 'lang="en"' in answer.body.decode()


# -- the first administrator ---------------------------------------------------------------


@pytest.fixture
def empty_site(db: object, site: Gate) -> Gate:
    return site


ADMIN = {"login": "zhong", "name": "钟管理", "password": "river stone bridge", "again": "river stone bridge"}


def test_a_fresh_installation_leads_to_the_first_administrator_form(empty_site: Gate) -> None:
    code = signin.new_setup_code()
    assert request(empty_site, "/account/login").headers["location"] == "/account/setup"
    assert post(empty_site, "/account/setup", code=code.lower(), **ADMIN).status == 303
    assert post(empty_site, "/account/login", login="zhong", password="river stone bridge").status == 303


def test_a_fresh_installation_has_no_account_at_all(db: object) -> None:
    with reading() as session:
        assert session.exec(select(User)).all() == []


def test_the_code_works_once_and_never_after_an_administrator_exists(empty_site: Gate) -> None:
    code = signin.new_setup_code()
    post(empty_site, "/account/setup", code=code, **ADMIN)
    again = post(empty_site, "/account/setup", code=code, **(ADMIN | {"login": "second"}))
    assert again.headers["location"] == "/account/login"
    assert signin.new_setup_code() is None
    with reading() as session:
        assert [u.login for u in session.exec(select(User))] == ["zhong"]


def test_ten_wrong_codes_and_the_door_is_shut_even_for_the_right_one(empty_site: Gate) -> None:
    code = signin.new_setup_code()
    for _try in range(10):
        assert post(empty_site, "/account/setup", code="AAAA-AAAA-AAAA", **ADMIN).status == 422
    post(empty_site, "/account/setup", code=code, **ADMIN)
    with reading() as session:
        assert session.exec(select(User)).all() == []


def test_a_new_code_makes_the_old_one_worthless(empty_site: Gate) -> None:
    old, new = signin.new_setup_code(), signin.new_setup_code()
    assert post(empty_site, "/account/setup", code=old, **ADMIN).status == 422
    assert post(empty_site, "/account/setup", code=new, **ADMIN).status == 303


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"password": "short", "again": "short"}, "至少8位"),
        ({"password": "password123", "again": "password123"}, "太常见"),
        ({"password": "pengjiang2026!", "again": "pengjiang2026!"}, "太常见"),
        ({"again": "another thing"}, "不一样"),
        ({"login": " "}, "登录名"),
        ({"name": ""}, "姓名"),
    ],
)
def test_a_refused_first_administrator_is_told_why_and_may_try_again(
    empty_site: Gate, change: dict[str, str], says: str
) -> None:
    code = signin.new_setup_code()
    refused = post(empty_site, "/account/setup", code=code, **(ADMIN | change))
    assert refused.status == 422
    assert says in refused.body.decode()
    assert post(empty_site, "/account/setup", code=code, **ADMIN).status == 303


# -- demo accounts ---------------------------------------------------------------------------


def test_a_demo_account_signs_in_only_where_the_demo_was_started(site: Gate, lin: int) -> None:
    with unit_of_work(SYSTEM, "test") as session:
        session.execute(sa.update(User).values(demo=True), execution_options={"unaudited": "test"})
    assert post(site, "/account/login", login="linyq", password=PASSWORD).status == 401
    site.app = Starlette(routes=AccountPages(demo=True).routes())
    token = cookie_of(post(site, "/account/login", login="linyq", password=PASSWORD))
    assert signin.find(token, demo=True) is not None
    assert signin.find(token) is None
    with reading() as session:
        assert session.exec(select(WebSession)).one().user_id == lin


def test_an_administrator_of_the_demo_does_not_shut_the_real_set_up(site: Gate, cast: Any) -> None:
    with unit_of_work(SYSTEM, "test") as session:
        admin = session.exec(select(User).where(User.role == Role.ADMINISTRATOR)).one()
        admin.demo = True
    assert signin.new_setup_code() is not None
