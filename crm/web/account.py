"""The sign-in, first-administrator and sign-out forms: plain HTML without a script."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import anyio.to_thread
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from crm.core import signin
from crm.core.errors import Refusal
from crm.core.i18n import LANGUAGES, _, using
from crm.web.gate import COOKIE, SECURE_COOKIE, SIGN_IN

TEMPLATES = Path(__file__).resolve().parent / "templates"
LANGUAGE_COOKIE = "crm_language"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals["_"] = _
    return environment


def safe_next(target: str | None) -> str:
    """Where to go after signing in: a path of our own, or the first screen.

    Refuses anything a browser could read as another host (`//evil`, `/\\evil`, `https:`, control
    characters, the same once or twice percent-encoded) and the sign-in pages themselves.
    """
    text = target or "/"
    seen = text
    for _round in range(3):
        parts = urlsplit(seen)
        bad = (
            not seen.startswith("/")
            or seen.startswith("//")
            or "\\" in seen
            or parts.scheme
            or parts.netloc
            or any(ord(c) < 33 or ord(c) == 127 for c in seen)
            or parts.path.startswith(("/account/login", "/account/setup", "/auth/"))
        )
        if bad:
            return "/"
        seen = unquote(seen)
    return text


@dataclass(frozen=True)
class AccountPages:
    """The routes. `demo` says whether demo accounts may sign in; `demo_people` are shown under the form."""

    demo: bool = False
    demo_people: tuple[tuple[str, str, str], ...] = ()  # (login, name, role label)
    demo_password: str = ""

    def routes(self) -> list[Route]:
        return [
            Route("/account/login", self.login, methods=["GET", "POST"]),
            Route("/account/setup", self.setup, methods=["GET", "POST"]),
            Route("/auth/logout", self.logout, methods=["GET", "POST"]),
        ]

    async def login(self, request: Request) -> Response:
        target = safe_next(request.query_params.get("next"))
        if request.method != "POST":
            if getattr(request.state, "who", None) is not None:
                return RedirectResponse(target, status_code=303)
            if not self.demo and await anyio.to_thread.run_sync(signin.setup_open):
                return RedirectResponse("/account/setup", status_code=303)
            return self._page(request, "login.html", target=target, login="", problems=())
        form = await request.form()
        login, password = str(form.get("login", "")), str(form.get("password", ""))
        target = safe_next(str(form.get("next", "/")))
        with using(_language(request)):
            try:
                signed = await anyio.to_thread.run_sync(
                    lambda: signin.sign_in(
                        login,
                        password,
                        address=request.client.host if request.client else "",
                        agent=request.headers.get("user-agent", ""),
                        demo=self.demo,
                    )
                )
            except Refusal as refusal:
                return self._page(
                    request,
                    "login.html",
                    status=401,
                    target=target,
                    login=login[:60],
                    problems=tuple(p.message for p in refusal.problems),
                )
        # A sign-in begins a new session; whatever was in the browser before ends (fixation).
        old = getattr(request.state, "who", None)
        if old is not None:
            await anyio.to_thread.run_sync(signin.sign_out, old.id, "signed_in_anew")
        response = RedirectResponse(target, status_code=303)
        _set_cookie(request, response, signed.token, signed.max_age)
        return response

    async def setup(self, request: Request) -> Response:
        if not await anyio.to_thread.run_sync(signin.setup_open):
            return RedirectResponse(SIGN_IN, status_code=303)
        if request.method != "POST":
            return self._page(request, "setup.html", typed={}, problems=())
        form = {k: str(v) for k, v in (await request.form()).items()}
        with using(_language(request)):
            try:
                if form.get("password") != form.get("again"):
                    raise Refusal(_("两次输入的密码不一样。"))
                await anyio.to_thread.run_sync(
                    lambda: signin.first_administrator(
                        form.get("code", ""),
                        form.get("login", ""),
                        form.get("name", ""),
                        form.get("password", ""),
                    )
                )
            except Refusal as refusal:
                typed = {k: form.get(k, "")[:60] for k in ("code", "login", "name")}
                return self._page(
                    request,
                    "setup.html",
                    status=422,
                    typed=typed,
                    problems=tuple(p.message for p in refusal.problems),
                )
        return RedirectResponse(SIGN_IN, status_code=303)

    async def logout(self, request: Request) -> Response:
        """POST ends the session. GET changes nothing: it asks, or clears a dead cookie."""
        who = getattr(request.state, "who", None)
        if request.method == "POST" and who is not None:
            await anyio.to_thread.run_sync(signin.sign_out, who.id)
        elif who is not None:
            return self._page(request, "logout.html")
        response = RedirectResponse(SIGN_IN, status_code=303)
        for name in (COOKIE, SECURE_COOKIE):
            if name in request.cookies:
                response.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True)
        return response

    def _page(self, request: Request, template: str, *, status: int = 200, **blanks: object) -> Response:
        code = _language(request)
        with using(code):
            html = (
                _templates()
                .get_template(template)
                .render(
                    language=code,
                    languages=LANGUAGES,
                    demo=self.demo,
                    demo_people=self.demo_people,
                    demo_password=self.demo_password,
                    **blanks,
                )
            )
        response = HTMLResponse(html, status_code=status)
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, code, max_age=31_536_000, samesite="lax", httponly=True)
        return response


def _language(request: Request) -> str:
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE) or ""
    return asked if asked in LANGUAGES else "zh_CN"


def _set_cookie(request: Request, response: Response, token: str, max_age: int) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        token,
        max_age=max_age,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
