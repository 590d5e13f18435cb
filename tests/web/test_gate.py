"""Nothing reaches a screen, a socket or a file without a sign-in, whatever the request pretends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from crm.core import accounts, signin
from crm.core.access import SYSTEM
from crm.web.gate import Gate
from tests.web.conftest import Echo, Socket, handshake, request, run

OURS = {"origin": "http://crm.test"}
CLOSED = [
    "/media/0123abc.docx",
    "/_stcore/host-config",
    "/_stcore/health",
    "/_stcore/metrics",
    "/_stcore/agent/openapi.json",
    "/_stcore/agent/mcp",
    "/_stcore/upload_file/x/y",
    "/component/x/index.html",
    "/static/js/index.js",
    "/files/abc",
    "/assets/zh.js",
    "/",
    "/project",
    # Tricks with the public list: it holds exact paths and nothing near them.
    "/healthzX",
    "/healthz/",
    "/healthz/../project",
    "//healthz",
    "/HEALTHZ",
    "/account/loginfoo",
    "/account/login/",
    "/account/login/../../project",
    "/static/../healthz",
    "/account%2flogin",
    "/%2e%2e/healthz",
    "/account/login\\..\\x",
    "/auth/logout/x",
    "/auth/login",
    "/oauth2callback",
]


@pytest.mark.parametrize("path", CLOSED)
def test_without_a_sign_in_nothing_but_the_sign_in_is_answered(gate: Gate, echo: Echo, path: str) -> None:
    assert request(gate, path).status == 401
    assert echo.calls == 0


@pytest.mark.parametrize("path", CLOSED)
def test_a_person_without_a_sign_in_is_led_to_the_form_and_back(gate: Gate, echo: Echo, path: str) -> None:
    answer = request(gate, path, headers={"accept": "text/html"}, query="id=5")
    assert answer.status == 303
    assert answer.headers["location"].startswith("/account/login?next=%2F")
    assert echo.calls == 0


@pytest.mark.parametrize(
    "path", ["/account/login", "/account/setup", "/auth/logout", "/healthz", "/favicon.ico"]
)
def test_only_the_public_list_is_public(gate: Gate, path: str) -> None:
    assert request(gate, path).status == 200


@pytest.mark.parametrize(
    "path",
    ["/_stcore/agent/openapi.json", "/_stcore/metrics", "/auth/login", "/oauth2callback", "/nowhere", "//x"],
)
def test_what_we_do_not_offer_does_not_exist_for_anyone(
    gate: Gate, echo: Echo, cast: Any, token_of: Callable[..., Any], path: str
) -> None:
    assert request(gate, path, cookie=token_of(cast.admin).token).status == 404
    assert echo.calls == 0


SPOOFS = [
    [("x-crm-uid", "1")],
    [("X-Crm-Uid", "1"), ("X-CRM-SID", "1")],
    [("X_Crm_Uid", "1")],
    [("x-crm_uid", "1"), ("x_crm-sid", "7")],
    [("x-crm-uid", "1"), ("x-crm-uid", "2")],
    [(" x-crm-uid", "1")],
]


@pytest.mark.parametrize("claims", SPOOFS)
def test_an_identity_the_client_claims_is_stripped(
    gate: Gate, cast: Any, token_of: Callable[..., Any], claims: list[tuple[str, str]]
) -> None:
    signed = token_of(cast.clerk)
    seen = request(gate, "/project", headers=claims, cookie=signed.token).seen_headers
    ours = [(k, v) for k, v in seen if "crm" in k.lower() and k.lower() != "host" and k != "cookie"]
    assert ours == [("x-crm-uid", str(cast.clerk.user_id)), ("x-crm-sid", str(signed.session_id))]


@pytest.mark.parametrize("claims", SPOOFS)
def test_a_claimed_identity_is_stripped_on_public_pages_too(
    gate: Gate, claims: list[tuple[str, str]]
) -> None:
    seen = request(gate, "/healthz", headers=claims).seen_headers
    assert [k for k, _v in seen] == ["host"]


@pytest.mark.parametrize(
    "value", ["", "x", "a" * 43, "ä" * 30, "a" * 5000, '"', "'; drop table user_account; --", "\x00" * 30]
)
def test_a_made_up_cookie_is_nobody(gate: Gate, value: str) -> None:
    assert request(gate, "/project", cookie=value).status == 401


def test_a_truncated_or_longer_token_is_nobody(gate: Gate, cast: Any, token_of: Callable[..., Any]) -> None:
    token = token_of(cast.officer).token
    for wrong in (token[:-1], token + "A", token.swapcase()):
        assert request(gate, "/project", cookie=wrong).status == 401


def test_two_different_session_cookies_are_nobody(
    gate: Gate, cast: Any, token_of: Callable[..., Any]
) -> None:
    one, two = token_of(cast.officer).token, token_of(cast.clerk).token
    answer = request(gate, "/project", headers=[("cookie", f"crm_session={one}; crm_session={two}")])
    assert answer.status == 401


def test_over_https_only_the_host_bound_cookie_counts(
    gate: Gate, cast: Any, token_of: Callable[..., Any]
) -> None:
    token = token_of(cast.officer).token
    assert request(gate, "/project", cookie=token, scheme="https").status == 401
    bound = [("cookie", f"__Host-crm_session={token}")]
    assert request(gate, "/project", headers=bound, scheme="https").status == 200


def test_only_the_hash_of_the_token_is_kept(
    gate: Gate, cast: Any, token_of: Callable[..., Any], session: Any
) -> None:
    from sqlmodel import select

    from models import WebSession

    signed = token_of(cast.officer)
    row = session.exec(select(WebSession).where(WebSession.id == signed.session_id)).one()
    assert signed.token not in json.dumps(row.model_dump(), default=str)
    assert row.token_hash == signin.token_hash(signed.token)


def test_signing_out_kills_the_cookie_at_once(gate: Gate, cast: Any, token_of: Callable[..., Any]) -> None:
    signed = token_of(cast.officer)
    assert request(gate, "/project", cookie=signed.token).status == 200
    signin.sign_out(signed.session_id)
    assert request(gate, "/project", cookie=signed.token).status == 401


def test_disabling_the_account_kills_the_cookie_at_once(
    gate: Gate, cast: Any, token_of: Callable[..., Any]
) -> None:
    from crm.core.db import reading

    signed = token_of(cast.clerk)
    with reading() as session:
        row = accounts.user(session, cast.admin, cast.clerk.user_id)
    form = accounts.UserForm(login=row.login, name=row.name, role=row.role, town_id=row.town_id, active=False)
    opened = {f: getattr(row, f) for f in accounts.UserForm.model_fields}
    accounts.edit_user(cast.admin, row.id, form, opened=opened, version=row.version)
    assert request(gate, "/project", cookie=signed.token).status == 401


# -- changing requests -------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://evil.test"},
        {"origin": "null"},
        {"origin": "http://crm.test.evil.test"},
        {"origin": "http://crm.test", "sec-fetch-site": "cross-site"},
        {"origin": "http://crm.test", "sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none"},
    ],
)
@pytest.mark.parametrize("path", ["/account/login", "/auth/logout", "/_stcore/upload_file/a/b"])
def test_a_changing_request_from_elsewhere_is_refused(
    gate: Gate, echo: Echo, cast: Any, token_of: Callable[..., Any], path: str, headers: dict[str, str]
) -> None:
    signed = token_of(cast.officer)
    assert request(gate, path, method="POST", headers=headers, cookie=signed.token).status == 403
    assert echo.calls == 0


@pytest.mark.parametrize(
    "headers", [OURS, OURS | {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "same-origin"}]
)
def test_a_changing_request_from_our_own_page_passes(gate: Gate, headers: dict[str, str]) -> None:
    assert request(gate, "/account/login", method="POST", headers=headers).status == 200


def test_two_origins_are_none_of_ours(gate: Gate) -> None:
    twice = [("origin", "http://crm.test"), ("origin", "http://evil.test")]
    assert request(gate, "/account/login", method="POST", headers=twice).status == 403


def test_over_https_a_plain_http_origin_is_foreign(gate: Gate) -> None:
    answer = request(gate, "/account/login", method="POST", headers=OURS, scheme="https")
    assert answer.status == 403


def post(gate: Gate, bodies: list[bytes], *, length: str | None = None, ends: bool = True) -> Any:
    """A form sent in pieces; the client then stays, or (`ends` False) never sends the rest."""
    sent: list[dict[str, Any]] = []
    left = [{"type": "http.request", "body": b, "more_body": True} for b in bodies]
    if ends:
        left[-1]["more_body"] = False
    headers = [(b"host", b"crm.test"), (b"origin", b"http://crm.test")]
    if length is not None:
        headers.append((b"content-length", length.encode()))
    scope = {"type": "http", "method": "POST", "path": "/account/login", "headers": headers, "scheme": "http"}

    async def receive() -> Any:
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    run(gate(scope, receive, send))
    return next((m["status"] for m in sent if m["type"] == "http.response.start"), None)


def test_a_stranger_sends_a_form_and_not_a_gigabyte(gate: Gate, echo: Echo) -> None:
    assert post(gate, [b"login=a"], length="2000000000") == 413
    assert post(gate, [b"x" * 40_000] * 3) == 413  # in pieces, without saying how much
    assert post(gate, [b"login=a"], length="-1") == 413
    assert echo.calls == 0
    assert post(gate, [b"login=", b"a"], length="7") == 200


def test_a_form_that_never_ends_is_given_up(gate: Gate, echo: Echo) -> None:
    gate.form_seconds = 0.05
    assert post(gate, [b"login="], ends=False) == 408
    assert echo.calls == 0


def test_a_stranger_who_leaves_in_the_middle_starts_nothing(gate: Gate, echo: Echo) -> None:
    gone = [{"type": "http.request", "body": b"login=", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return gone.pop(0)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/account/login",
        "headers": [(b"host", b"crm.test"), (b"origin", b"http://crm.test")],
        "scheme": "http",
    }
    run(gate(scope, receive, send))
    assert echo.calls == 0


# -- sockets -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("origin", "null")],
        [("origin", "http://evil.test")],
        [("origin", "http://crm.test.evil.test")],
        [("origin", "http://crm.test:81")],
        [("origin", "http://crm.test"), ("origin", "http://crm.test")],
        [("origin", "http://evil.test"), ("host", "crm.test")],
        [("origin", "http://crm.test"), ("host", "other.test")],
        [("origin", "file://crm.test")],
        [("origin", "http://crm.test/")],
        [("origin", "http://crm.test/x")],
        [("origin", "http://someone@crm.test")],
    ],
)
def test_a_socket_of_a_foreign_or_missing_origin_is_refused_before_anything_runs(
    gate: Gate, echo: Echo, cast: Any, token_of: Callable[..., Any], headers: list[tuple[str, str]]
) -> None:
    sent = handshake(gate, cookie=token_of(cast.officer).token, headers=headers)
    assert [m["type"] for m in sent] == ["websocket.close"]
    assert echo.calls == 0


@pytest.mark.parametrize(
    "path", ["/", "/_stcore/streamX", "/_stcore/stream/", "/project/_stcore/stream", "//x"]
)
def test_a_socket_elsewhere_is_refused(
    gate: Gate, echo: Echo, cast: Any, token_of: Callable[..., Any], path: str
) -> None:
    sent = handshake(gate, path, cookie=token_of(cast.officer).token)
    assert [m["type"] for m in sent] == ["websocket.close"]
    assert echo.calls == 0


def test_a_socket_without_a_sign_in_is_told_where_to_sign_in_and_closed(gate: Gate, echo: Echo) -> None:
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    sent = handshake(gate)
    assert [m["type"] for m in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    message = ForwardMsg()
    message.ParseFromString(sent[1]["bytes"])
    assert message.auth_redirect.url == "/auth/logout"
    assert sent[2]["code"] == 4401
    assert echo.calls == 0


def test_a_signed_in_socket_carries_our_identity_and_not_the_claimed_one(
    gate: Gate, cast: Any, token_of: Callable[..., Any]
) -> None:
    signed = token_of(cast.officer)
    claim = [("origin", "http://crm.test"), ("X_Crm_Uid", "1"), ("x-crm-sid", "1")]
    sent = handshake(gate, cookie=signed.token, headers=claim)
    seen = [tuple(pair) for pair in json.loads(sent[1]["text"])]
    ours = [(k, v) for k, v in seen if k.lower().replace("_", "-").startswith("x-crm")]
    assert ours == [("x-crm-uid", str(cast.officer.user_id)), ("x-crm-sid", str(signed.session_id))]


def test_an_origin_the_office_named_may_open_a_socket(
    gate: Gate, cast: Any, token_of: Callable[..., Any]
) -> None:
    gate.origins = frozenset({"https://crm.pengjiang.test"})
    headers = [("origin", "https://crm.pengjiang.test"), ("host", "10.1.1.1:8501")]
    sent = handshake(gate, cookie=token_of(cast.officer).token, headers=headers)
    assert sent[0]["type"] == "websocket.accept"


def test_ending_a_sign_in_sends_its_open_page_away_and_no_other(
    gate: Gate, cast: Any, token_of: Callable[..., Any]
) -> None:
    mine, other = token_of(cast.officer), token_of(cast.clerk)

    def socket(token: str) -> Socket:
        headers = [("host", "crm.test"), ("origin", "http://crm.test"), ("cookie", f"crm_session={token}")]
        return Socket(gate, "/_stcore/stream", headers)

    async def story() -> None:
        watcher = asyncio.create_task(gate.live.watch(signin.still_live))
        async with socket(mine.token) as first, socket(other.token) as second:
            for page in (first, second):
                assert (await page.next())["type"] == "websocket.accept"
                assert (await page.next())["type"] == "websocket.send"
            # In another process, or by the administrator: only the row changes.
            accounts.end_sessions(SYSTEM, cast.officer.user_id)
            assert b"/auth/logout" in (await first.next())["bytes"]
            assert (await first.next())["code"] == 4401
            assert second.outbox.empty()
        watcher.cancel()

    run(story())
    assert gate.live.ids() == []


# -- answers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "signed_in"),
    [
        ("/", True),
        ("/", False),
        ("/nowhere", True),
        ("/account/login", False),
        ("/healthz", False),
        ("/files/x", False),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_answer_carries_the_security_headers(
    gate: Gate, cast: Any, token_of: Callable[..., Any], path: str, signed_in: bool, scheme: str
) -> None:
    name = "__Host-crm_session" if scheme == "https" else "crm_session"
    cookie = [("cookie", f"{name}={token_of(cast.officer).token}")] if signed_in else []
    headers = request(gate, path, headers=cookie, scheme=scheme).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert "permissions-policy" in headers
    assert ("strict-transport-security" in headers) is (scheme == "https")
    assert "server" not in headers


def test_when_the_database_does_not_answer_nobody_is_let_in(gate: Gate, echo: Echo) -> None:
    def broken(_token: str) -> None:
        raise OSError("no database")

    gate.find = broken
    answer = request(gate, "/project", cookie="x" * 43)
    assert answer.status == 503
    assert b"no database" not in answer.body
    assert [m["type"] for m in handshake(gate, cookie="x" * 43)] == ["websocket.close"]
    assert echo.calls == 0
