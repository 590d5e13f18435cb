"""A gate in front of an echo: what gets through, and as whom."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from crm.core import passwords, signin
from crm.web.app import auth_redirect, known
from crm.web.gate import Gate
from crm.web.headers import app_policy

Scope = dict[str, Any]
PASSWORD = "mooncake lantern"


@pytest.fixture(scope="session")
def password_hash() -> str:
    return passwords.hash_of(PASSWORD)


@pytest.fixture(autouse=True)
def _fresh_brakes() -> None:
    signin.ADDRESSES.clear()
    signin.GHOSTS.clear()


class Echo:
    """The application behind the gate: answers with the headers it was given."""

    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        self.calls += 1
        headers = [[k.decode("latin-1"), v.decode("latin-1")] for k, v in scope["headers"]]
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": json.dumps(headers)})
            while (await receive())["type"] != "websocket.disconnect":
                pass
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"server", b"x")]})
        await send({"type": "http.response.body", "body": json.dumps(headers).encode()})


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def gate(db: object, echo: Echo) -> Gate:
    """A gate on the test's own database."""
    return Gate(
        app=echo,
        find=signin.find,
        touch=signin.touch,
        known=known,
        policy=app_policy("<html></html>"),
        auth_redirect=auth_redirect,
    )


@pytest.fixture
def token_of(cast: Any) -> Callable[..., signin.SignedIn]:
    """Signs an actor of the cast in, without the password."""

    def sign(actor: Any) -> signin.SignedIn:
        return signin._open(actor.user_id, signin.SignInPolicy(), address="127.0.0.1", agent="test")

    return sign


class Answer:
    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.messages = messages
        start = next((m for m in messages if m["type"] == "http.response.start"), None)
        self.status = start["status"] if start else 0
        self.headers = {k.decode().lower(): v.decode() for k, v in (start["headers"] if start else [])}
        self.body = b"".join(m.get("body", b"") for m in messages if m["type"] == "http.response.body")

    @property
    def seen_headers(self) -> list[tuple[str, str]]:
        """What the application behind the gate was given."""
        return [(k, v) for k, v in json.loads(self.body)]


def request(
    app: Any,
    path: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | list[tuple[str, str]] | None = None,
    cookie: str = "",
    scheme: str = "http",
    query: str = "",
    body: bytes = b"",
) -> Answer:
    """One raw request; `path` is what the server decoded, so that path tricks arrive as they are."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers or [])
    if not any(k.lower() == "host" for k, _v in pairs):
        pairs.append(("host", "crm.test"))
    if cookie:
        pairs.append(("cookie", f"crm_session={cookie}"))
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "scheme": scheme,
        "root_path": "",
        "server": ("crm.test", 80),
        "client": ("10.0.0.9", 1234),
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in pairs],
    }
    sent: list[dict[str, Any]] = []
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.Event().wait()  # the client stays and listens
        return left.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    run(app(scope, receive, send))
    return Answer(sent)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


class Socket:
    """A raw WebSocket client. `wait_for` gives what the server sent next."""

    def __init__(self, app: Any, path: str, headers: list[tuple[str, str]], scheme: str = "ws") -> None:
        self.scope = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "scheme": scheme,
            "root_path": "",
            "client": ("10.0.0.9", 1234),
            "server": ("crm.test", 80),
            "subprotocols": ["streamlit", "xsrf"],
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers],
        }
        self.app = app
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.inbox.put_nowait({"type": "websocket.connect"})

    async def __aenter__(self) -> Socket:
        self.task = asyncio.create_task(self.app(self.scope, self.inbox.get, self.outbox.put))
        return self

    async def __aexit__(self, *_args: object) -> None:
        self.inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self.task, 5)

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.outbox.get(), 5)


def handshake(
    app: Any, path: str = "/_stcore/stream", *, cookie: str = "", headers: list[tuple[str, str]] | None = None
) -> list[dict[str, Any]]:
    """Everything the server sends to a socket that says nothing more."""
    pairs = list(headers if headers is not None else [("origin", "http://crm.test")])
    if not any(k == "host" for k, _v in pairs):
        pairs.append(("host", "crm.test"))
    if cookie:
        pairs.append(("cookie", f"crm_session={cookie}"))

    async def talk() -> list[dict[str, Any]]:
        async with Socket(app, path, pairs) as socket:
            pass
        found = []
        while not socket.outbox.empty():
            found.append(socket.outbox.get_nowait())
        return found

    return run(talk())
