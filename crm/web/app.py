"""Puts the application together: Streamlit inside our gate, our routes, our lifespan."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import logging
import os
import pkgutil
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from crm.core import signin
from crm.web import files, shell
from crm.web.account import AccountPages
from crm.web.gate import SID, UID, Gate
from crm.web.headers import app_policy
from crm.web.live import LiveSockets
from crm.web.menu import FILES

LOG = logging.getLogger("crm.web")
ENTRY = Path(__file__).resolve().parent / "main.py"
MAX_UPLOAD_MB = 50
FIRST_SCAN_AFTER_S = 15.0

FONTS = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', system-ui, sans-serif"
INK, PAPER, WARM, LINE, BLUE = "#26241f", "#ffffff", "#f7f5f1", "#e2ddd4", "#1f4e8c"

# The look, in Streamlit's own words. White and warm grey, one deep blue for action; the six lights
# keep the only other colours.
THEME: dict[str, Any] = {
    "theme.base": "light",
    "theme.primaryColor": BLUE,
    "theme.backgroundColor": PAPER,
    "theme.secondaryBackgroundColor": WARM,
    "theme.textColor": INK,
    "theme.linkColor": BLUE,
    "theme.linkUnderline": False,
    "theme.borderColor": LINE,
    "theme.dataframeBorderColor": LINE,
    "theme.dataframeHeaderBackgroundColor": WARM,
    "theme.dataframeHeaderTextColor": "#5d574c",
    "theme.showWidgetBorder": True,
    "theme.showSidebarBorder": True,
    "theme.baseRadius": "6px",
    "theme.buttonRadius": "6px",
    "theme.baseFontSize": 15,
    "theme.font": FONTS,
    "theme.headingFont": FONTS,
    "theme.headingFontSizes": ["1.6rem", "1.25rem", "1.1rem", "1rem", "1rem", "1rem"],
    "theme.headingFontWeights": [600, 600, 600, 600, 600, 600],
    "theme.metricValueFontSize": "1.5rem",
    "theme.redColor": "#c0392b",
    "theme.orangeColor": "#c8651b",
    "theme.yellowColor": "#b98a00",
    "theme.greenColor": "#2f7d4f",
    "theme.blueColor": BLUE,
    "theme.grayColor": "#7a7368",
    "theme.redBackgroundColor": "#fbeae7",
    "theme.orangeBackgroundColor": "#fcefe2",
    "theme.yellowBackgroundColor": "#fbf3d6",
    "theme.greenBackgroundColor": "#e6f2ea",
    "theme.blueBackgroundColor": "#e6edf6",
    "theme.grayBackgroundColor": "#efece6",
    "theme.redTextColor": "#a32d20",
    "theme.orangeTextColor": "#9a4a0d",
    "theme.yellowTextColor": "#7a5b00",
    "theme.greenTextColor": "#24663f",
    "theme.blueTextColor": BLUE,
    "theme.grayTextColor": "#5d574c",
    "theme.chartCategoricalColors": [BLUE, "#8aa4c8", "#b7a98a", "#5d8a74", "#a46d5a", "#7a7368"],
    "theme.paddingTop": "2.25rem",
    "theme.sidebar.backgroundColor": WARM,
    "theme.sidebar.secondaryBackgroundColor": "#ebe7df",
    "theme.sidebar.borderColor": LINE,
}

# STREAMLIT_* variables and config.toml are not read when the app is started by our own command,
# so everything that matters is said here.
OPTIONS: dict[str, Any] = {
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "client.showErrorLinks": False,
    "browser.gatherUsageStats": False,
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": MAX_UPLOAD_MB,
    "server.enableAgentApi": False,
    "server.disconnectedSessionTTL": 120,
    "server.trustedUserHeaders": {UID: "uid", SID: "sid"},
    "server.enableStaticServing": False,
    "logger.enableRich": False,
    "global.showWarningOnDirectExecution": False,
    **THEME,
}

_STREAMLIT_PREFIXES = ("/static/", "/_stcore/", "/media/", "/component/")
_CLOSED = ("/_stcore/agent/", "/_stcore/metrics")


@dataclass(frozen=True)
class Serving:
    """How this server was started."""

    demo: bool = False
    demo_people: tuple[tuple[str, str, str], ...] = ()
    demo_password: str = ""
    daily_scan: bool = True


def known(path: str) -> bool:
    """Whether an address exists for a signed-in person. What Streamlit offers to programs does not."""
    if path.startswith(_CLOSED) or "//" in path or "\\" in path or "/../" in path:
        return False
    return (
        path == "/"
        or path.lstrip("/") in FILES
        or path in shell.SCRIPTS
        or path.startswith("/files/")
        or path.startswith(_STREAMLIT_PREFIXES)
    )


def auth_redirect(url: str) -> bytes:
    """The one Streamlit message that makes an open page go to a URL."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    message = ForwardMsg()
    message.auth_redirect.url = url
    return bytes(message.SerializeToString())


def configure() -> None:
    """Give Streamlit its options. Must run before the `App` is made."""
    from streamlit.web import bootstrap

    bootstrap.load_config_options(OPTIONS)


async def _alive(_request: Request) -> Response:
    return JSONResponse({"ok": True})


def _warm() -> None:
    """Import what the first page needs before the first answer."""
    import altair  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow  # noqa: F401


def _warm_screens() -> None:
    """Then, while people sign in, what the screens need; and keep the collector off all of it."""
    import crm.ui

    for module in pkgutil.walk_packages(crm.ui.__path__, "crm.ui."):
        importlib.import_module(module.name)
    gc.collect()
    gc.freeze()  # a full collection after every run of a page costs 60 ms otherwise


def make_app(serving: Serving | None = None) -> ASGIApp:
    """The whole application as one ASGI callable."""
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.web.server.starlette import App

    serving = serving or Serving()
    configure()
    # A folder named pages/ must never become a menu by itself.
    PagesManager.uses_pages_directory = False
    live = LiveSockets()

    @contextlib.asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        await asyncio.to_thread(_warm)
        screens = asyncio.create_task(asyncio.to_thread(_warm_screens), name="crm-warm")
        stop = threading.Event()
        watcher = asyncio.create_task(
            live.watch(lambda ids: signin.still_live(ids, demo=serving.demo)), name="crm-live-sockets"
        )
        if serving.daily_scan:
            _start_daily_scan(stop)
        try:
            yield
        finally:
            stop.set()
            watcher.cancel()
            with contextlib.suppress(Exception):
                await screens
            with contextlib.suppress(asyncio.CancelledError):
                await watcher

    account = AccountPages(serving.demo, serving.demo_people, serving.demo_password)
    inner = App(
        ENTRY,
        lifespan=lifespan,
        routes=[
            Route("/healthz", _alive),
            *account.routes(),
            *files.routes(),
            *shell.routes(),
        ],
    )
    return Gate(
        app=inner,
        find=lambda token: signin.find(token, demo=serving.demo),
        touch=signin.touch,
        known=known,
        policy=app_policy(shell.index_html()),
        auth_redirect=auth_redirect,
        origins=frozenset(
            o.strip().lower() for o in os.environ.get("CRM_ORIGINS", "").split(",") if o.strip()
        ),
        live=live,
    )


def _start_daily_scan(stop: threading.Event) -> None:
    def run() -> None:
        # Not while people wait for the first page: a scan that was missed catches up a little later.
        if stop.wait(FIRST_SCAN_AFTER_S):
            return
        from crm.alerts import daily
        from crm.insight.actions import tally
        from crm.insight.forecast.actions import nightly

        daily.followed_by(tally.daily)
        daily.followed_by(nightly)
        daily.run_forever(stop)

    threading.Thread(target=run, name="crm-daily-scan", daemon=True).start()
