"""A department handler's day in a real browser: a paper that is missing, a hearing told too late, a decision
handed over; and a promise that was broken, which closes the short way to the enterprise."""

from __future__ import annotations

import re
import sqlite3
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from crm.core.today import today
from tests.browser.conftest import PHONE, Site, no_sideways_scroll, ready, sign_in, type_date

pytestmark = pytest.mark.browser


def one(site: Site, sql: str, *values: object) -> tuple[Any, ...]:
    with sqlite3.connect(site.var / "crm.sqlite3") as connection:
        found = connection.execute(sql, values).fetchone()
    assert found is not None
    return tuple(found)


def a_project(site: Site, order: str) -> tuple[str, int]:
    """The first or last project that waits for a building permit of the handler's bureau: name, enterprise.

    Its name is part of no other's, and its enterprise has never broken a promise.
    """
    name, enterprise = one(
        site,
        "select p.name, p.enterprise_id from project p join milestone m on m.project_id = p.id "
        "join department d on d.id = m.department_id where m.code = 'P34' and p.status = 'active' "
        "and d.name like '%住房和城乡建设局' and p.enterprise_id is not null "
        "and (select count(*) from project q where instr(q.name, p.name) > 0) = 1 "
        "and p.enterprise_id not in (select enterprise_id from credit_mark) "
        f"order by p.id {order} limit 1",
    )
    return name, enterprise


def step(page: Page, name: str) -> Locator:
    """The form of one next step, opened."""
    ready(page)
    heading = page.locator("summary").filter(has=page.get_by_text(name, exact=True))
    form = page.get_by_test_id("stExpander").filter(has=heading)
    if not form.locator("details[open]").count():
        form.locator("summary").click()
    expect(form.locator("details[open]")).to_have_count(1)
    # While it slides open it is inert, and a list opened inside it closes again.
    form.locator("details").evaluate(
        "e => Promise.allSettled(e.getAnimations({subtree: true}).map(a => a.finished))"
    )
    return form


def press(page: Page, where: Locator | Page, name: str) -> None:
    where.get_by_role("button", name=name, exact=True).last.click()
    ready(page)


def date_field(where: Locator | Page, label: str) -> Locator:
    return where.get_by_test_id("stDateInput").filter(has_text=label).first


def register(page: Page, project: str, item: str, on: date) -> str:
    """收件: of a project, by part of its name, and an item, by its code. Returns the case's number."""
    page.goto("/case?new=1")
    ready(page)
    search = page.get_by_label("项目名称（输入一部分）")
    search.fill(project)
    search.press("Enter")
    ready(page)
    expect(page.get_by_role("combobox", name=re.compile("项目$"))).to_have_value(project)
    box = page.get_by_role("combobox", name="事项", exact=True)
    box.fill(item)
    expect(page.get_by_role("option", name=re.compile(f"^{item} "))).to_have_attribute("data-focused", "true")
    box.press("Enter")
    if on != today():
        type_date(date_field(page, "收件日期"), on)
    press(page, page, "收件")
    expect(page.get_by_text("下一步", exact=True)).to_be_visible()
    return str(page.url.rsplit("=", 1)[1])


def choose(page: Page, form: Locator, procedure: str) -> None:
    ready(page)
    box = form.get_by_role("combobox", name="特殊环节")
    box.fill(procedure)
    expect(page.get_by_role("option", name=re.compile(procedure)).first).to_have_attribute(
        "data-focused", "true"
    )
    box.press("Enter")
    expect(form.get_by_text(re.compile("计入期限"))).to_be_visible()
    ready(page)


def test_a_missing_paper_a_late_notice_and_a_decision_handed_over(desktop: Page, site: Site) -> None:
    page = desktop
    sign_in(page, "fengxt")
    project, _enterprise = a_project(site, "asc")
    case = register(page, project, "P34", today())

    form = step(page, "告知补正")
    press(page, form, "告知补正")
    expect(form.get_by_text("需要补正的全部内容").last).to_be_visible()  # nothing said, nothing saved
    form.get_by_label("需要补正的全部内容").fill("缺施工合同备案表")
    press(page, form, "告知补正")
    expect(page.get_by_text("等企业在").first).to_be_visible()
    press(page, step(page, "收到补正"), "收到补正")
    expect(page.get_by_text("补正已收到").first).to_be_visible()
    press(page, step(page, "受理"), "受理")
    expect(page.get_by_text("承诺期限还剩")).to_be_visible()

    form = step(page, "启动特殊环节")
    choose(page, form, "听证")
    form = step(page, "启动特殊环节")
    form.get_by_label("启动事由").fill("利害关系人申请听证")
    form.get_by_label("计划工作日数").fill("10")
    press(page, form, "启动特殊环节")
    expect(page.get_by_text("听证没有书面告知申请人，时间照算")).to_be_visible()
    page.get_by_role("button", name="补书面告知").click()
    page.get_by_label("告知文书文号").last.fill("蓬住建听告〔2026〕3号")
    press(page, page, "保存")
    expect(page.get_by_text(re.compile("因听证自.*停表"))).to_be_visible()

    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    expect(page.get_by_text(re.compile("因听证自.*停表"))).to_be_visible()
    assert no_sideways_scroll(page)
    assert one(site, "select state, held_from, corrections from permit_case where id = ?", case) == (
        "accepted",
        today().isoformat(),
        1,
    )


def test_a_broken_promise_closes_the_short_way_until_it_is_repaired(desktop: Page, site: Site) -> None:
    page = desktop
    sign_in(page, "fengxt")
    project, enterprise = a_project(site, "desc")
    received, checked, mend = (today() - timedelta(days=n) for n in (60, 20, 5))
    broken = register(page, project, "P34", received)
    form = step(page, "受理")
    type_date(date_field(form, "受理日期"), received)
    press(page, form, "受理")
    expect(step(page, "办结")).to_be_visible()

    promise(page, "施工图审查合格书于领证前补齐", received)
    expect(page.get_by_text("待履行，已过期限")).to_be_visible()
    page.get_by_role("button", name="核查").click()
    page.get_by_text("不属实或未履行，责令改正").click()
    sheet = page.get_by_test_id("stPopoverBody")
    type_date(date_field(sheet, "核查日期"), checked, beside=sheet.get_by_text("核查结果"))
    type_date(date_field(sheet, "改正期限"), mend, beside=sheet.get_by_text("核查结果"))
    sheet.get_by_label("核查发现").fill("审查合格书至今没有出具")
    press(page, page, "登记核查")
    page.get_by_role("button", name="认定未履行").click()
    page.get_by_test_id("stPopoverBody").get_by_label("理由").fill("责令改正后仍未补齐")
    press(page, page.get_by_test_id("stPopoverBody"), "认定未履行")
    expect(page.get_by_text("已记入失诺记录").first).to_be_visible()
    assert one(site, "select count(*) from credit_mark where enterprise_id = ?", enterprise) == (1,)

    register(page, project, "P33", today())
    expect(page.get_by_text("失诺记录").first).to_be_visible()
    expect(page.get_by_text("登记告知承诺或容缺")).to_have_count(0)
    assert broken != page.url.rsplit("=", 1)[1]


def promise(page: Page, text: str, on: date) -> None:
    """The list told and promised on that day, with the dates the form proposes."""
    form = step(page, "登记告知承诺或容缺")
    type_date(date_field(form, "承诺（告知）日期"), on)
    ready(page)
    form = step(page, "登记告知承诺或容缺")
    words = form.get_by_label("承诺的材料或条件（每行一项）")
    words.fill(text)
    words.press("Control+Enter")
    ready(page)
    press(page, step(page, "登记告知承诺或容缺"), "登记1项")
