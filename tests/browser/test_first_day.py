"""The first day with the product, in a real browser: a ledger in, a red project explained and reassigned,
a visit from a phone, and two papers out whose numbers are the register's."""

from __future__ import annotations

import io
import json
import re
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.document import Document as Paper
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from crm.core.today import today
from tests.browser import ledgers
from tests.browser.conftest import DESKTOP, PHONE, Site, no_sideways_scroll, ready, sign_in

pytestmark = pytest.mark.browser
PREVIEW = 120_000  # ms: laying out a long paper takes its time on a busy machine


def register(site: Site) -> dict[str, dict[str, Any]]:
    return {p["name"]: p for p in json.loads(site.crm("export", "projects", "--json"))}


def rows(site: Site, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with sqlite3.connect(site.var / "crm.sqlite3") as connection:
        return connection.execute(sql, values).fetchall()


def take(page: Page, path: Path) -> None:
    """Choose a ledger and wait until the screen says what would change."""
    page.goto("/import_ledger")
    ready(page)
    page.set_input_files("input[type=file]", path)
    expect(page.get_by_text("三、写入后会变成这样")).to_be_visible()


def count(page: Page, verdict: str, number: int) -> None:
    expect(page.get_by_role("tab", name=f"{verdict} {number}", exact=True)).to_be_visible()


def bring_in_the_ledgers(page: Page, folder: Path) -> None:
    good, bad = ledgers.titled(folder, today()), ledgers.with_bad_rows(folder)
    take(page, good.path)
    count(page, "新增", len(good.projects))
    page.get_by_role("button", name=re.compile(r"^写入：新增")).click()
    expect(page.get_by_text(f"：新增{len(good.projects)}个、变更0个。").first).to_be_visible()

    take(page, bad.path)
    count(page, "新增", len(bad.projects))
    count(page, "退回", len(bad.refused))
    page.get_by_role("tab", name=f"退回 {len(bad.refused)}", exact=True).click()
    expect(page.get_by_text(f"第{bad.refused[0]}行").first).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^只写好的行")).click()
    expect(page.get_by_text(f"：新增{len(bad.projects)}个、变更0个。").first).to_be_visible()

    take(page, good.path)
    expect(page.get_by_text("台账与登记库一致，没有需要写入的变化。")).to_be_visible()


def open_a_red_project(page: Page, name: str) -> int:
    """On the list, by its light, on a narrow window; the card says why and opens the record. Returns its id."""
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto("/projects?light=red")
    ready(page)
    search = page.get_by_placeholder("项目、企业、拼音首字母、代码")
    search.fill(name)
    search.press("Enter")
    cards = page.locator("[class*='st-key-phone-project-list']")
    expect(cards.get_by_test_id("stPageLink")).to_have_count(1)
    expect(cards.get_by_text(re.compile("逾期.*(工作日|天)|慢于序时进度")).first).to_be_visible()
    cards.get_by_role("link", name=name).click()
    expect(page).to_have_url(re.compile(r"/project\?id=\d+$"))
    assert no_sideways_scroll(page)
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    page.reload()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return int(page.url.rpartition("=")[2])


def reassign(page: Page, officer: str) -> None:
    ready(page)
    expect(page.get_by_text(re.compile("逾期|慢于序时进度")).first).to_be_visible()
    page.get_by_role("button", name="指派/更换").click()
    dialog = page.get_by_role("dialog")
    choice = dialog.get_by_label("专员", exact=True)
    choice.click()
    choice.fill(officer)
    page.get_by_role("option", name=officer).click()
    dialog.get_by_label("交接说明").fill("水保方案和施工图审查两项未办完，资料已移交。")
    dialog.get_by_role("button", name="指派", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text(f"牵头专员 {officer}")).to_be_visible()


def log_a_visit(phone: Page, firm: str, photo: Path) -> None:
    """On a phone; a reload in the middle loses nothing."""
    phone.goto("/visit_log")
    ready(phone)
    phone.get_by_placeholder("企业或项目名称、拼音、首字母").press_sequentially(firm[3:7])
    phone.locator("[class*='st-key-hit'] button").filter(has_text=firm).first.click()
    expect(phone.get_by_role("button", name="换一家")).to_be_visible()
    received = phone.get_by_placeholder("姓名 职务，多人用顿号隔开")
    received.fill("梁工 项目经理")
    received.blur()
    phone.set_input_files("input[type=file]", photo)
    expect(phone.get_by_role("button", name="移除", exact=True)).to_be_visible()
    phone.get_by_role("button", name="有什么诉求？添加一条").click()
    phone.get_by_label("企业的原话").fill("厂区外高压线请尽快迁改。")
    phone.get_by_label("企业的原话").blur()
    phone.get_by_role("button", name="答应了什么？添加一条").click()
    phone.get_by_label("答应的事").fill("三日内答复迁改时间")
    phone.get_by_label("答应的事").blur()
    phone.get_by_label("情况").fill("基坑支护完成，等水保批复。")
    phone.get_by_label("情况").blur()
    ready(phone)
    phone.reload()
    expect(phone.get_by_text("已恢复上次没写完的内容")).to_be_visible()
    expect(phone.get_by_label("情况")).to_have_value("基坑支护完成，等水保批复。")
    expect(phone.get_by_label("企业的原话")).to_have_value("厂区外高压线请尽快迁改。")
    expect(phone.get_by_label("答应的事")).to_have_value("三日内答复迁改时间")
    expect(phone.get_by_role("button", name="移除", exact=True)).to_be_visible()
    assert no_sideways_scroll(phone)
    phone.get_by_role("button", name="保存走访").click()
    expect(phone.get_by_role("button", name="再记一次")).to_be_visible()
    phone.get_by_role("button", name="查看记录").click()
    expect(phone).to_have_url(re.compile(r"/visit\?id=\d+$"))
    expect(phone.get_by_text("三日内答复迁改时间").first).to_be_visible()


def paper(page: Page) -> Paper:
    """Preview, issue, download through our own route, open."""
    page.get_by_role("button", name="预览").click()
    issue = page.get_by_role("button", name="生成并存档")
    expect(issue).to_be_visible(timeout=PREVIEW)
    expect(page.get_by_text("第1页", exact=True)).to_be_visible(timeout=PREVIEW)
    issue.click()
    expect(page).to_have_url(re.compile(r"/briefing\?id=\d+$"), timeout=PREVIEW)
    link = page.get_by_role("link", name="下载 Word")
    with page.expect_download() as waiting:
        link.click()
    assert re.search(r"/files/[\w-]+$", waiting.value.url)
    return Document(io.BytesIO(Path(waiting.value.path()).read_bytes()))


def words(document: Paper) -> str:
    return "\n".join(p.text for p in document.paragraphs)


def last_line(document: Paper, heading: str) -> list[str]:
    """The cells of the last row of the table that begins with that heading (or 序号 and that heading)."""
    for table in document.tables:
        if heading in [c.text.strip() for c in table.rows[0].cells[:2]]:
            return [c.text.strip() for c in table.rows[-1].cells]
    raise AssertionError(f"no table with {heading}")


def test_the_first_day(
    desktop: Page, site: Site, new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    """Ledger to briefing: what a new user does first."""
    errors: list[str] = []
    desktop.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(desktop, "chenduban", "/import_ledger")
    bring_in_the_ledgers(desktop, tmp_path)

    clerks = dict(
        rows(
            site,
            "select t.name, min(u.login) from user_account u join town t on t.id = u.town_id"
            " where u.role = 'park_staff' group by t.name",
        )
    )
    name, red = next(
        (n, p)
        for n, p in register(site).items()
        if p["light"] == "red" and p["town"] in clerks and p["officers"]
    )
    number = open_a_red_project(desktop, name)
    officer = next(o for o in ("赵思颖", "何志强", "李欣怡") if o not in red["officers"])
    reassign(desktop, officer)
    assert officer in register(site)[name]["officers"]

    rows(site, "delete from draft")  # the town is shared: no half-filled form of another story
    phone = new_context(phone=True).new_page()
    phone.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(phone, clerks[red["town"]], "/visit_log")
    Image.effect_noise((800, 600), 50).convert("RGB").save(tmp_path / "现场.jpg")
    log_a_visit(phone, str(red["enterprise"]), tmp_path / "现场.jpg")

    desktop.goto(f"/briefings?project={number}")
    ready(desktop)
    report = paper(desktop)
    told = words(report)
    assert name in told
    assert f"牵头专员：{officer}" in told
    assert str(red["enterprise"]) in told
    assert "基坑支护完成，等水保批复" in told
    assert "厂区外高压线请尽快迁改" in told

    desktop.goto("/briefings")
    ready(desktop)
    desktop.get_by_role("radio", name="本周").or_(desktop.get_by_role("button", name="本周")).first.click()
    ready(desktop)
    hall = paper(desktop)
    ended = {n for (n,) in rows(site, "select name from project where status = 'terminated'")}
    counted = [p for n, p in register(site).items() if n not in ended]
    sums = [
        sum((Decimal(str(p[key])) for p in counted if p[key] is not None), Decimal(0))
        for key in ("total_wan", "plan_wan", "done_wan")
    ]
    for heading, first in (("类别", 2), ("镇街", 2), ("项目名称", 5)):
        line = last_line(hall, heading)
        assert [Decimal(c.replace(",", "")) for c in line[first : first + 3]] == sums, heading
    told = words(hall)
    assert f"全区安排重点项目{len(counted)}项" in told
    assert f"红灯项目{sum(p['light'] == 'red' for p in counted)}项" in told
    assert errors == []
