"""A real server and a real Chromium, shared by all browser tests.

`site` is a demo server of its own, `sign_in(page, login)` passes the form, `desktop` and `phone`
are fresh browser contexts with a page each.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from crm.demo import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CRM_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
DESKTOP, PHONE = (1440, 900), (390, 844)


@dataclass(frozen=True)
class Site:
    """A running server: its address and data folder."""

    url: str
    var: Path

    def crm(self, *arguments: str) -> str:
        """Run a `crm` command against the same data, as the administrator at the console would."""
        done = subprocess.run(
            [sys.executable, "-c", "from crm.cli import main; main()", *arguments],
            cwd=ROOT,
            env=environment(self.var),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout


def environment(var: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k != "CRM_DATABASE_URL"}
    return kept | {"CRM_VAR": str(var)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(var: Path, *arguments: str) -> tuple[subprocess.Popen[bytes], str, Path]:
    """Start `crm serve` and wait until it answers; returns (process, url, log file)."""
    port, log = free_port(), var / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from crm.cli import main; main()",
                "serve",
                "--port",
                str(port),
                *arguments,
            ],
            cwd=ROOT,
            env=environment(var),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=1):
                return process, url, log
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)  # the one place that must ask again: the server is another process
    process.kill()
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')}")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo town, served."""
    var = tmp_path_factory.mktemp("site")
    process, url, _log = start(var, "--demo", "--no-scan")
    yield Site(url, var)
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def _context(chromium: Browser, site: Site, size: tuple[int, int], *, touch: bool) -> BrowserContext:
    context = chromium.new_context(
        base_url=site.url,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": size[0], "height": size[1]},
        has_touch=touch,
    )
    context.set_default_timeout(20_000)
    return context


@pytest.fixture
def new_context(chromium: Browser, site: Site) -> Iterator[Callable[..., BrowserContext]]:
    """`new_context()` is another person's browser; `new_context(phone=True)` his phone."""
    opened: list[BrowserContext] = []

    def make(*, phone: bool = False) -> BrowserContext:
        opened.append(_context(chromium, site, PHONE if phone else DESKTOP, touch=phone))
        return opened[-1]

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def desktop(new_context: Callable[..., BrowserContext]) -> Page:
    """A page of 1440 x 900."""
    return new_context().new_page()


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext]) -> Page:
    """A page of 390 x 844 with touch."""
    return new_context(phone=True).new_page()


def sign_in(page: Page, login: str, path: str = "/", password: str = PASSWORD) -> None:
    """Go to a screen by way of the sign-in form, and wait until the screen has been drawn."""
    page.goto(path)
    page.locator("#login").fill(login)
    page.locator("#password").fill(password)
    page.locator("button[type=submit]").click()
    ready(page)


def ready(page: Page) -> None:
    """Wait until the screen stands still: drawn, and no run in progress."""
    page.wait_for_selector("[data-testid=stAppViewContainer]")
    page.wait_for_selector("[data-testid=stMain] [data-testid=stVerticalBlock] *", state="attached")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0)


def type_date(field: Locator, day: date, beside: Locator | None = None) -> None:
    """Type a day into a date field, part by part, as a person does.

    The calendar that opens over the form is closed by Escape; in a popover, which Escape would close too,
    by a click `beside` it.
    """
    for part, digits in (("year", f"{day:%Y}"), ("month", f"{day:%m}"), ("day", f"{day:%d}")):
        segment = field.locator(f"[role=spinbutton][data-type={part}]")
        segment.click()
        segment.press_sequentially(digits)
    if beside is None:
        field.page.keyboard.press("Escape")
    else:
        beside.click()
    expect(field.page.get_by_role("grid")).to_have_count(0)


def no_sideways_scroll(page: Page) -> bool:
    """Whether the page fits its width."""
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1 && "
            "(() => { const m = document.querySelector('[data-testid=stMain]');"
            " return !m || m.scrollWidth <= m.clientWidth + 1 })()"
        )
    )
