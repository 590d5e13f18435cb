"""The gate: nothing reaches a screen, a socket or a file without a sign-in.

Pure ASGI, in front of everything, because Starlette's own middleware base never sees sockets.
It strips the identity headers from whatever arrives, looks the cookie up in our session table and
puts `X-Crm-Uid` and `X-Crm-Sid` in; `server.trustedUserHeaders` turns those into `st.user`, so
that Streamlit itself will not resume one person's page for another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm.core.signin import TOUCH_EVERY, LiveSession
from crm.core.today import now
from crm.web.headers import FORM_POLICY, RawHeaders, dressed
from crm.web.live import LiveSockets

LOG = logging.getLogger("crm.web")

UID, SID = "x-crm-uid", "x-crm-sid"
COOKIE, SECURE_COOKIE = "crm_session", "__Host-crm_session"
STREAM = "/_stcore/stream"
SIGN_IN = "/account/login"
SIGN_OUT = "/auth/logout"
AUTH_ENDED = 4401  # close code of a socket whose sign-in is over

# Exact paths, never prefixes: /healthzX and /account/loginfoo are not public.
PUBLIC = frozenset({SIGN_IN, "/account/setup", SIGN_OUT, "/healthz", "/favicon.png", "/favicon.ico"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# What anybody may send us without a sign-in: a short form, at once. Without a limit a stranger fills
# the disk through the sign-in form, or holds its sockets open.
FORM_BYTES = 64 * 1024
FORM_SECONDS = 20.0


@dataclass
class Gate:
    """`app` inside; `find` and `touch` ask the session table; `known` says which paths exist at all."""

    app: ASGIApp
    find: Callable[[str], LiveSession | None]
    touch: Callable[[int], None]
    known: Callable[[str], bool]
    policy: str
    auth_redirect: Callable[[str], bytes]  # the one message that sends an open page to a URL
    origins: frozenset[str] = frozenset()  # further origins that may speak to us (CRM_ORIGINS)
    live: LiveSockets = field(default_factory=LiveSockets)
    form_seconds: float = FORM_SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, self._dressing(scope, send))
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    # -- http ----------------------------------------------------------------------------

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope["path"])
        headers: RawHeaders = scope["headers"]
        if scope["method"] not in SAFE_METHODS and not self._same_site(scope):
            await _plain("请从本系统的页面提交。", 403)(scope, receive, send)
            return
        try:
            who = await self._who(scope)
        except Exception:
            LOG.exception("the session table does not answer")
            # Fail closed: nobody is let in while we cannot ask.
            await _unavailable()(scope, receive, send)
            return
        inner = {**scope, "headers": _identified(headers, who), "state": {**scope.get("state", {})}}
        inner["state"]["who"] = who
        if path in PUBLIC:
            await self._public(inner, receive, send)
        elif who is None:
            await _ask_to_sign_in(scope)(scope, receive, send)
        elif not self.known(path):
            await _missing()(scope, receive, send)
        else:
            await self._seen(who)
            await self.app(inner, receive, send)

    async def _public(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page for strangers: its form is read here, whole, small and soon, or not at all."""
        if scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.form_seconds):
                body = await _form_body(scope, receive)
        except TimeoutError:
            await _plain("提交中断太久，请重新填写。", 408)(scope, receive, send)
            return
        except _TooMuch:
            await _plain("提交的内容太大。", 413)(scope, receive, send)
            return
        if body is not None:
            await self.app(scope, _replayed(body, receive), send)

    def _dressing(self, scope: Scope, send: Send) -> Send:
        path = str(scope["path"])
        # Bundles carry a hash in their name; everything else may hold someone's data.
        store = path.startswith("/static/")
        policy = FORM_POLICY if path in PUBLIC else self.policy

        async def dressed_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure = scope.get("scheme") == "https"
                message = {
                    **message,
                    "headers": dressed(
                        message.get("headers", []),
                        policy=policy,
                        secure=secure,
                        store=store and message["status"] < 400,
                    ),
                }
            await send(message)

        return dressed_send

    # -- sockets -------------------------------------------------------------------------

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Also before Streamlit sees it: its own check of a foreign origin asks the internet for our
        # address inside the event loop, and freezes every page where packets are dropped.
        if scope["path"] != STREAM or not self._origin_ok(scope, required=True):
            await _refuse(receive, send)
            return
        try:
            who = await self._who(scope)
        except Exception:
            LOG.exception("the session table does not answer")
            await _refuse(receive, send)
            return
        if who is None:
            await self._send_to_sign_in(scope, receive, send)
            return
        inner = {**scope, "headers": _identified(scope["headers"], who)}
        ended = self.live.join(who.id)
        try:
            await _Stream(self, inner, who, receive, send, ended).run()
        finally:
            self.live.leave(who.id, ended)

    async def _send_to_sign_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Refusing the handshake would leave a stale tab on "Connection error" for ever.
        await receive()
        asked = [str(p) for p in scope.get("subprotocols", [])]
        await send({"type": "websocket.accept", "subprotocol": asked[0] if asked else None})
        await send({"type": "websocket.send", "bytes": self.auth_redirect(SIGN_OUT)})
        await send({"type": "websocket.close", "code": AUTH_ENDED})

    # -- questions -----------------------------------------------------------------------

    async def _who(self, scope: Scope) -> LiveSession | None:
        token = session_token(scope)
        return await asyncio.to_thread(self.find, token) if token else None

    async def _seen(self, who: LiveSession) -> None:
        if now() - who.seen_at > TOUCH_EVERY:
            try:
                await asyncio.to_thread(self.touch, who.id)
            except Exception:
                LOG.exception("could not note that session %s is in use", who.id)

    def _origin_ok(self, scope: Scope, *, required: bool) -> bool:
        """Exactly one Origin, and it is ours: the Host we were asked as, or one of CRM_ORIGINS."""
        found = _all(scope, b"origin")
        if not found:
            return not required
        hosts = _all(scope, b"host")
        if len(found) != 1 or len(hosts) != 1:
            return False
        origin = found[0].lower()
        if origin in self.origins:
            return True
        secure = scope.get("scheme") in {"https", "wss"}
        schemes = ("https",) if secure else ("http", "https")
        return origin in {f"{scheme}://{hosts[0].lower()}" for scheme in schemes}

    def _same_site(self, scope: Scope) -> bool:
        """Whether a changing request comes from our own page (ASVS v5.0.0-3.5.1)."""
        if not self._origin_ok(scope, required=False):
            return False
        site = _all(scope, b"sec-fetch-site")
        if site and site != ["same-origin"]:
            return False
        return bool(_all(scope, b"origin") or site)


class _Stream:
    """One open page. Passes everything through until the sign-in ends, then sends it away."""

    def __init__(
        self, gate: Gate, scope: Scope, who: LiveSession, receive: Receive, send: Send, ended: asyncio.Event
    ) -> None:
        self.gate, self.scope, self.who, self.ended = gate, scope, who, ended
        self._receive, self._send = receive, send
        self._open = self._gone = False
        self._seen_at = now()

    async def run(self) -> None:
        await self.gate.app(self.scope, self._from_client, self._to_client)

    async def _from_client(self) -> Message:
        if self._gone:
            return {"type": "websocket.disconnect", "code": AUTH_ENDED}
        message = asyncio.ensure_future(self._receive())
        ended = asyncio.ensure_future(self.ended.wait())
        try:
            await asyncio.wait({message, ended}, return_when=asyncio.FIRST_COMPLETED)
            if self.ended.is_set():
                return await self._send_away()
        finally:
            ended.cancel()
            if not message.done():
                message.cancel()
        if now() - self._seen_at > TOUCH_EVERY:
            self._seen_at = now()
            await self.gate._seen(self.who)
        return message.result()

    async def _to_client(self, message: Message) -> None:
        if self._gone:
            return
        self._open = self._open or message["type"] == "websocket.accept"
        await self._send(message)

    async def _send_away(self) -> Message:
        self._gone = True
        if self._open:
            await self._send({"type": "websocket.send", "bytes": self.gate.auth_redirect(SIGN_OUT)})
        await self._send({"type": "websocket.close", "code": AUTH_ENDED})
        return {"type": "websocket.disconnect", "code": AUTH_ENDED}


# -- helpers -----------------------------------------------------------------------------


class _TooMuch(Exception):
    """A stranger sends more than a form."""


async def _form_body(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body, or None when the client has gone. Raises `_TooMuch` beyond `FORM_BYTES`."""
    if any(not size.isdigit() or int(size) > FORM_BYTES for size in _all(scope, b"content-length")):
        raise _TooMuch
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += bytes(message.get("body", b""))
        if len(body) > FORM_BYTES:
            raise _TooMuch
        if not message.get("more_body", False):
            return body


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read, then listens on."""
    left = [body]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again


def _all(scope: Scope, name: bytes) -> list[str]:
    return [v.decode("latin-1").strip() for k, v in scope["headers"] if k.lower() == name]


def session_token(scope: Scope) -> str:
    """The session cookie's value; "" when there is none, or two that differ.

    Under https only the `__Host-` cookie counts, which no neighbouring host can plant.
    """
    name = SECURE_COOKIE if scope.get("scheme") in {"https", "wss"} else COOKIE
    found: set[str] = set()
    for line in _all(scope, b"cookie"):
        for part in line.split(";"):
            key, _eq, value = part.strip().partition("=")
            if key == name:
                found.add(_unquoted(value))
    return found.pop() if len(found) == 1 else ""


def _unquoted(value: str) -> str:
    try:
        jar: SimpleCookie = SimpleCookie()
        jar.load(f"x={value}")
        return jar["x"].value if "x" in jar else ""
    except CookieError:
        return ""


def _identified(headers: RawHeaders, who: LiveSession | None) -> RawHeaders:
    """The headers without any identity the client claims, and with the one we found."""
    kept = [
        (k, v) for k, v in headers if k.decode("latin-1").strip().lower().replace("_", "-") not in {UID, SID}
    ]
    if who is not None:
        kept += [(UID.encode(), str(who.user_id).encode()), (SID.encode(), str(who.id).encode())]
    return kept


def wants_page(scope: Scope) -> bool:
    """Whether a person is looking (a navigation), and not a script of the page."""
    mode = _all(scope, b"sec-fetch-mode")
    if mode:
        return mode == ["navigate"]
    return scope["method"] in {"GET", "HEAD"} and any("text/html" in a for a in _all(scope, b"accept"))


def _ask_to_sign_in(scope: Scope) -> Response:
    if wants_page(scope):
        query = scope.get("query_string", b"").decode("latin-1")
        here = quote(str(scope["path"])) + (f"?{query}" if query else "")
        return RedirectResponse(f"{SIGN_IN}?next={quote(here, safe='')}", status_code=303)
    return JSONResponse({"error": "请先登录。"}, status_code=401)


def _plain(text: str, status: int) -> Response:
    return Response(text, status_code=status, media_type="text/plain")


_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport"
content="width=device-width"><title>{title}</title><body style="font:16px/1.7 'PingFang SC','Microsoft YaHei',
'Noto Sans CJK SC',sans-serif;color:#26241f;background:#f7f5f1;margin:18vh auto;max-width:28rem;padding:0 1.5rem">
<h1 style="font-size:1.4rem">{title}</h1><p>{text}</p><p><a href="/" style="color:#1f4e8c">回到首页</a></p>"""


def _missing() -> Response:
    page = _PAGE.format(title="没有这个页面", text="地址可能写错了，或者页面已经移走。")
    return HTMLResponse(page, status_code=404)


def _unavailable() -> Response:
    page = _PAGE.format(title="暂时无法使用", text="数据库没有应答，请稍后再试；您已保存的内容不受影响。")
    return HTMLResponse(page, status_code=503, headers={"Retry-After": "10"})


async def _refuse(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})
