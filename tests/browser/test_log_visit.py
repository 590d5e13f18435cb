"""A visit logged on a phone, in a real browser: few taps, nothing lost, one row however often one taps."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import time
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, no_sideways_scroll, ready, sign_in

pytestmark = pytest.mark.browser


def rows(site: Site, sql: str, *values: object) -> list[tuple[object, ...]]:
    with sqlite3.connect(site.var / "crm.sqlite3") as connection:
        return connection.execute(sql, values).fetchall()


def photo(folder: Path) -> Path:
    out = io.BytesIO()
    Image.effect_noise((2400, 1800), 60).convert("RGB").save(out, "JPEG")
    path = folder / "现场.jpg"
    path.write_bytes(out.getvalue())
    return path


def fresh_form(page: Page, login: str) -> None:
    """The form, without what another test left in it."""
    sign_in(page, login, "/visit_log")
    again = page.get_by_role("button", name="清空重写")
    if again.count():
        again.click()
        expect(again).to_have_count(0)
    change = page.get_by_role("button", name="换一家")
    if change.count():
        change.click()
    expect(page.get_by_placeholder("企业或项目名称、拼音、首字母")).to_be_visible()


def first_hit(page: Page) -> None:
    page.locator("[class*='st-key-hit'] button").first.click()
    expect(page.get_by_role("button", name="换一家")).to_be_visible()


def test_a_visit_takes_few_taps_on_a_phone(phone: Page, site: Site) -> None:
    fresh_form(phone, "linyq")
    taps = 0
    first_hit(phone)  # the firm seen last is on top
    taps += 1
    phone.get_by_label("接待人", exact=True).get_by_role("button").first.click()
    taps += 1
    phone.get_by_role("button", name="建设进展").click()
    taps += 1
    phone.get_by_label("情况").fill("主体封顶，下周装设备。")
    taps += 1
    phone.get_by_role("button", name="保存走访").click()
    taps += 1
    expect(phone.get_by_role("button", name="再记一次")).to_be_visible()
    assert taps <= 6
    assert no_sideways_scroll(phone)
    phone.get_by_role("button", name="查看记录").click()
    expect(phone).to_have_url(re.compile(r"/visit\?id=\d+$"))
    expect(phone.get_by_text("主体封顶，下周装设备。").first).to_be_visible()
    phone.reload()
    ready(phone)
    expect(phone.get_by_text("主体封顶，下周装设备。").first).to_be_visible()


def test_a_firm_is_found_by_its_initials(phone: Page, site: Site) -> None:
    fresh_form(phone, "linyq")
    name, initials = rows(
        site,
        "select e.name, e.initials from enterprise e join town t on t.id = e.town_id "
        "where t.name = '棠下镇' order by e.id limit 1",
    )[0]
    phone.get_by_placeholder("企业或项目名称、拼音、首字母").press_sequentially(str(initials)[3:7])
    hit = phone.locator("[class*='st-key-hit'] button").filter(has_text=str(name))
    expect(hit).to_be_visible()


def test_a_reload_in_the_middle_of_a_sentence_loses_nothing(phone: Page, tmp_path: Path, site: Site) -> None:
    fresh_form(phone, "maijw")
    first_hit(phone)
    phone.set_input_files("input[type=file]", photo(tmp_path))
    expect(phone.get_by_role("button", name="移除", exact=True)).to_be_visible()
    note = phone.get_by_label("情况")
    note.press_sequentially("还没离开输入框就断了")
    expect(note).to_be_focused()
    expect.set_options(timeout=20_000)
    phone.wait_for_function(
        "document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')"
    )
    # told to the server after a pause in the typing; ask the database, not the clock
    deadline = time.monotonic() + 20
    escaped = "%" + json.dumps("还没离开输入框就断了")[1:-1].replace("\\u", "_u") + "%"
    while not rows(site, "select 1 from draft where content like ?", escaped):
        assert time.monotonic() < deadline
        phone.evaluate("new Promise(done => setTimeout(done, 50))")
    phone.reload()
    expect(phone.get_by_text("已恢复上次没写完的内容")).to_be_visible()
    expect(phone.get_by_label("情况")).to_have_value("还没离开输入框就断了")
    expect(phone.get_by_role("button", name="移除", exact=True)).to_be_visible()
    picture = phone.locator("img[src^='/files/']")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("i => i.naturalWidth") == 1600


def test_composing_chinese_is_not_cut_by_the_autosave(phone: Page) -> None:
    fresh_form(phone, "tanjm")
    first_hit(phone)
    phone.get_by_label("情况").click()
    ime = phone.context.new_cdp_session(phone)
    ime.send("Input.imeSetComposition", {"text": "jin'zhan", "selectionStart": 8, "selectionEnd": 8})
    phone.evaluate("new Promise(done => setTimeout(done, 1500))")  # longer than the autosave's pause
    ime.send("Input.imeSetComposition", {"text": "进展", "selectionStart": 2, "selectionEnd": 2})
    ime.send("Input.insertText", {"text": "进展"})
    expect(phone.get_by_label("情况")).to_have_value("进展")


def test_four_fast_taps_write_one_visit(phone: Page, site: Site) -> None:
    fresh_form(phone, "linyq")
    first_hit(phone)
    phone.get_by_label("接待人", exact=True).get_by_role("button").first.click()
    phone.get_by_label("情况").fill("连点四下只有一条")
    phone.get_by_label("情况").blur()
    ready(phone)
    save = phone.get_by_role("button", name="保存走访")
    save.evaluate("b => { b.click(); b.click(); b.click(); b.click(); }")
    expect(phone.get_by_role("button", name="再记一次")).to_be_visible()
    ready(phone)
    assert rows(site, "select count(*) from visit where note = '连点四下只有一条'") == [(1,)]
