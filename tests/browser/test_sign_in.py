"""Signing in and out, in a real browser against a real server."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Site, no_sideways_scroll, ready, sign_in, start

pytestmark = pytest.mark.browser
Contexts = Callable[..., BrowserContext]
FORM = re.compile(r"/account/login")


def cookie_of(page: Page) -> str:
    return next(c["value"] for c in page.context.cookies() if c["name"] == "crm_session")


def test_a_person_signs_in_and_a_refresh_keeps_him_in(desktop: Page, site: Site) -> None:
    sign_in(desktop, "guanli", "/account")
    expect(desktop.get_by_role("heading", name="我的账号")).to_be_visible()
    desktop.reload()
    ready(desktop)
    expect(desktop.get_by_role("heading", name="我的账号")).to_be_visible()
    crumbs = [c for c in desktop.context.cookies() if c["name"] == "crm_session"]
    assert crumbs[0]["httpOnly"]
    assert crumbs[0]["sameSite"] == "Lax"
    assert "crm_session" not in desktop.evaluate("document.cookie")


def test_a_deep_link_leads_through_the_form_to_the_screen(desktop: Page) -> None:
    sign_in(desktop, "guanli", "/users?q=谭")
    expect(desktop).to_have_url(re.compile(r"/users\?q="))
    expect(desktop.get_by_role("heading", name="账号与权限")).to_be_visible()


def test_the_very_first_request_of_an_anonymous_deep_link_runs_no_page(tmp_path: Path) -> None:
    process, url, log = start(tmp_path, "--no-scan")
    try:
        for path in ("/users", "/audit", "/project?id=1"):
            answer = httpx.get(url + path, headers={"accept": "text/html"})
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/account/login")
        assert "一次性设置码" in log.read_text()
    finally:
        process.terminate()
        process.wait(20)


def test_a_wrong_password_says_so_and_keeps_the_name(desktop: Page) -> None:
    desktop.goto("/account/login")
    desktop.fill("#login", "nobody")
    desktop.fill("#password", "wrong password")
    desktop.click("button[type=submit]")
    expect(desktop.get_by_role("alert")).to_contain_text("账号或密码不对")
    expect(desktop.locator("#login")).to_have_value("nobody")


def test_signing_out_in_one_tab_sends_the_other_to_the_form(desktop: Page) -> None:
    sign_in(desktop, "tanzhuren", "/account")
    other = desktop.context.new_page()
    other.goto("/account")
    ready(other)
    desktop.goto("/auth/logout")
    desktop.get_by_role("button", name="退出登录").click()
    expect(desktop).to_have_url(FORM)
    # The other tab is not touched: its open socket is closed and it goes by itself.
    expect(other).to_have_url(FORM, timeout=10_000)


def test_signing_out_from_the_menu_ends_the_session_for_good(desktop: Page, site: Site) -> None:
    sign_in(desktop, "tanzhuren", "/account")
    token = cookie_of(desktop)
    desktop.get_by_test_id("stSidebar").get_by_role("button", name=re.compile("谭卓然")).click()
    desktop.get_by_text("退出登录").click()
    expect(desktop).to_have_url(FORM, timeout=10_000)
    replay = httpx.get(f"{site.url}/account", cookies={"crm_session": token})
    assert replay.status_code == 401


def test_disabling_an_account_takes_its_open_page_away(new_context: Contexts, site: Site) -> None:
    page = new_context().new_page()
    site.crm("user", "enable", "fengxt")
    sign_in(page, "fengxt", "/account")
    token = cookie_of(page)
    site.crm("user", "disable", "fengxt")
    try:
        expect(page).to_have_url(FORM, timeout=10_000)
        assert httpx.get(f"{site.url}/", cookies={"crm_session": token}).status_code == 401
    finally:
        site.crm("user", "enable", "fengxt")


def test_a_page_of_another_role_is_not_reachable(desktop: Page) -> None:
    sign_in(desktop, "linyq", "/users")
    ready(desktop)
    expect(desktop.get_by_role("heading", name="账号与权限")).to_have_count(0)
    expect(desktop.get_by_role("button", name="开通账号")).to_have_count(0)


def test_the_inside_of_the_server_answers_nobody_without_a_cookie(site: Site) -> None:
    for path in (
        "/media/x",
        "/_stcore/health",
        "/_stcore/host-config",
        "/_stcore/metrics",
        "/_stcore/agent/openapi.json",
        "/static/index.html",
        "/files/x",
        "/component/x/y",
    ):
        assert httpx.get(site.url + path).status_code == 401, path


def test_a_socket_without_a_cookie_or_of_a_foreign_origin_starts_nothing(desktop: Page, site: Site) -> None:
    sign_in(desktop, "guanli", "/account")
    token = cookie_of(desktop)
    host = urlsplit(site.url).netloc
    refused = [
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {},
        {"Origin": "http://evil.test", "Host": host},
    ]
    for headers in refused:
        assert upgrade(site, headers | {"Cookie": f"crm_session={token}"}).startswith("HTTP/1.1 403"), headers
    told = upgrade(site, {"Origin": site.url})
    assert told.startswith("HTTP/1.1 101")
    assert "/auth/logout" in told
    assert "HTTP/1.1 101" in upgrade(site, {"Origin": site.url, "Cookie": f"crm_session={token}"})


def upgrade(site: Site, headers: dict[str, str]) -> str:
    """What the server says to a raw WebSocket handshake, and just after it."""
    parts = urlsplit(site.url)
    given = {
        "Host": parts.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "streamlit",
    } | headers
    head = "GET /_stcore/stream HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in given.items()) + "\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(head.encode())
        heard = connection.recv(4096)
        if b" 101 " in heard and "Cookie" not in headers:
            while b"/auth/logout" not in heard and (more := connection.recv(4096)):
                heard += more
    return heard.decode("latin-1")


def test_the_page_works_under_its_policy_and_loads_nothing_from_outside(desktop: Page, site: Site) -> None:
    wrong: list[str] = []
    asked: set[str] = set()
    desktop.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
    desktop.on("pageerror", lambda e: wrong.append(str(e)))
    desktop.on("request", lambda r: asked.add(urlsplit(r.url).netloc))
    sign_in(desktop, "guanli", "/health")
    expect(desktop.get_by_role("heading", name="运行状况")).to_be_visible()
    desktop.goto("/audit")
    ready(desktop)
    assert wrong == []
    assert asked <= {urlsplit(site.url).netloc, ""}


def test_an_error_on_a_page_shows_no_inside(site: Site, desktop: Page) -> None:
    sign_in(desktop, "guanli", "/account")
    config = desktop.evaluate("fetch('/_stcore/host-config').then(r => r.json())")
    assert "Traceback" not in json.dumps(config)


@pytest.mark.parametrize("login", ["guanli", "linyq"])
def test_the_form_and_the_menu_fit_a_phone(phone: Page, login: str) -> None:
    phone.goto("/account/login")
    assert no_sideways_scroll(phone)
    sign_in(phone, login, "/account")
    expect(phone.get_by_role("heading", name="我的账号")).to_be_visible()
    assert no_sideways_scroll(phone)


def test_the_widgets_of_streamlit_speak_chinese(desktop: Page) -> None:
    sign_in(desktop, "guanli", "/audit")
    expect(desktop.get_by_role("heading", name="操作日志")).to_be_visible()
    body = desktop.locator("body")
    for english in ("Select an option", "Choose an option", "Page not found", "Press Enter to apply"):
        expect(body).not_to_contain_text(english)


def test_the_second_look_is_english_when_chosen(new_context: Contexts) -> None:
    page = new_context().new_page()
    page.goto("/account/login?lang=en")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_an_account_opened_on_the_screen_signs_in_and_must_choose_its_own_password(
    desktop: Page, new_context: Contexts
) -> None:
    sign_in(desktop, "guanli", "/users")
    desktop.get_by_role("button", name="开通账号").click()
    form = desktop.get_by_role("dialog")
    form.get_by_label("登录名").fill("wujie")
    form.get_by_label("姓名").fill("伍杰")
    form.get_by_role("combobox", name="角色").click()
    desktop.get_by_role("option", name="领导").click()
    form.get_by_role("button", name="开通", exact=True).click()
    shown = desktop.locator("code").filter(has_text="wujie")
    expect(shown).to_be_visible()
    once = shown.inner_text().split()[-1]
    desktop.reload()
    ready(desktop)
    expect(desktop.locator("code").filter(has_text="wujie")).to_have_count(0)

    page = new_context().new_page()
    sign_in(page, "wujie", "/projects", once)
    expect(page.get_by_text("您用的是一次性密码")).to_be_visible()
    expect(page).to_have_url(re.compile("/account"))
    page.get_by_label("现在的密码").fill(once)
    page.get_by_label("新密码", exact=True).fill("river stone bridge")
    page.get_by_label("再输一次新密码").fill("river stone bridge")
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    # Two slow hashes on purpose; a busy machine may take its time.
    expect(page.get_by_text("密码已修改")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("您用的是一次性密码")).to_have_count(0)


def test_an_upload_passes_the_gate_and_the_file_is_read(desktop: Page) -> None:
    sign_in(desktop, "guanli", "/import_ledger")
    with desktop.expect_response(re.compile("/_stcore/upload_file/")) as sent:
        desktop.locator("input[type=file]").first.set_input_files(
            {
                "name": "台账.csv",
                "mimeType": "text/csv",
                "buffer": "项目名称,所属镇街\n试验,棠下镇\n".encode(),
            }
        )
    assert sent.value.status in (200, 204)


def test_switching_the_language_changes_the_menu_and_back(desktop: Page) -> None:
    sign_in(desktop, "liuquzhang", "/account")
    side = desktop.get_by_test_id("stSidebar")
    side.get_by_role("button", name=re.compile("刘景行")).click()
    desktop.get_by_text("English", exact=True).last.click()
    ready(desktop)
    desktop.reload()
    ready(desktop)
    expect(desktop.locator("html")).to_have_attribute("lang", "en")
    side.get_by_role("button", name=re.compile("刘景行")).click()
    desktop.get_by_text("中文", exact=True).last.click()
    ready(desktop)
    desktop.reload()
    ready(desktop)
    expect(desktop.locator("html")).to_have_attribute("lang", "zh-CN")
