"""The application's own page: Streamlit's index.html in our name and language, made once at start."""

from __future__ import annotations

import re
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from crm.core.accounts import language_of
from crm.core.i18n import LANGUAGES
from crm.web.menu import FILES

HERE = Path(__file__).resolve().parent
ASSETS = HERE / "assets"
ZH = "/assets/zh.js"
TYPED = "/assets/typed.js"
SCRIPTS = (ZH, TYPED)
TITLE = "会客厅 CRM"
# Lists come twice, as a table for a desk and as cards for a phone (crm.ui.project_parts.rows): the
# server is not told how wide the screen is. A board scrolls sideways within itself.
STYLE = """<style>
@media (max-width: 640px) { [class*="st-key-desk-"] { display: none !important; } }
@media (min-width: 640.02px) { [class*="st-key-phone-"] { display: none !important; } }
.st-key-board-columns { overflow-x: auto; padding-bottom: .5rem; }
</style>"""


def index_html(language: str = "zh_CN") -> str:
    """Streamlit's page with our title, icon and translation script; without its offers to programs."""
    from streamlit import file_util

    html = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    html = html.replace('<html lang="en">', f'<html lang="{language.replace("_", "-")}">')
    html = re.sub(r"<title>.*?</title>", f"<title>{TITLE}</title>", html)
    html = re.sub(r'<link rel="shortcut icon"[^>]*>', '<link rel="icon" href="/favicon.ico" />', html)
    html = re.sub(r"<!--.*?-->", "", html, flags=re.S)
    html = re.sub(r'<link rel="service-desc"[^>]*>', "", html)
    # Our fonts are the system's: no need to fetch Streamlit's before the first paint.
    html = re.sub(r'<link\s+rel="preload"[^>]*as="font"[^>]*>', "", html, flags=re.S)
    html = re.sub(
        r"<noscript>.*?</noscript>",
        "<noscript><p>请开启浏览器的 JavaScript 后使用本系统。</p></noscript>",
        html,
        flags=re.S,
    )
    ours = [TYPED, *([ZH] if language == "zh_CN" else [])]
    scripts = "".join(f'    <script defer src="{path}"></script>\n' for path in ours)
    html = html.replace("</head>", f"    {STYLE}\n{scripts}  </head>")
    return html.lstrip()


def routes() -> list[Route]:
    """One route a screen; all give the same page, and Streamlit opens the screen of the address."""
    pages = {language: index_html(language) for language in LANGUAGES}

    async def page(request: Request) -> Response:
        language = await anyio.to_thread.run_sync(language_of, request.state.who.user_id)
        return HTMLResponse(pages[language])

    async def home(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse("/" + query, status_code=307)

    async def script(request: Request) -> Response:
        return FileResponse(ASSETS / Path(request.url.path).name, media_type="text/javascript")

    async def icon(_request: Request) -> Response:
        return FileResponse(ASSETS / "icon.svg", media_type="image/svg+xml")

    return [
        Route("/", page),
        Route("/home", home),
        *(Route(f"/{name}", page) for name in sorted(FILES - {"home"})),
        *(Route(path, script) for path in SCRIPTS),
        Route("/favicon.ico", icon),
        Route("/favicon.png", icon),
    ]
