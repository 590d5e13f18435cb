"""The catalogue's screens: an item, its rule changed by the supervisor; the register and what stands behind it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlmodel import select

from crm.approvals.queries.catalogue import versions
from crm.approvals.queries.registry import all_entries
from crm.core import today as clock
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.ledgers.registers import register_workbook
from models import Case, Item, ItemDocument, ItemProcedure, SpecialProcedure
from models.vocabulary import CaseState, DocumentStanding, ProcedureKind
from tests.conftest import MONDAY, Cast

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: MONDAY)


def item_id(code: str) -> int:
    with reading() as session:
        found = session.exec(select(Item.id).where(Item.code == code)).one()
    assert found is not None
    return found


def words(page: Any) -> str:
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error")
    return "\n".join(element.value for kind in kinds for element in getattr(page, kind))


def press(page: Any, label: str) -> Any:
    (button,) = [b for b in page.button if b.label == label]
    return button.click().run()


def test_an_item_shows_its_rule_papers_special_procedures_and_history(cast: Cast, app_test: Run) -> None:
    page = app_test("item", cast.supervisor, id=item_id("P35"))
    assert not page.exception
    told = words(page)
    for expected in ("15日", "5个工作日", "材料6份", "隐蔽工程竣工报告", "现场核查", "建库以来"):
        assert expected in told
    assert "部门说明" in told  # which field nobody confirmed


def test_who_does_not_keep_the_catalogue_reads_and_changes_nothing(cast: Cast, app_test: Run) -> None:
    for actor in (cast.officer, cast.handler, cast.leader):
        page = app_test("item", actor, id=item_id("P35"))
        assert not page.exception
        assert "现场核查" in words(page)
        assert not [b.label for b in page.button if b.label in ("发布新规则", "修改", "登记环节", "增加材料")]


def test_the_supervisor_publishes_a_rule_with_its_notice(cast: Cast, app_test: Run) -> None:
    item = item_id("P35")
    page = press(app_test("item", cast.supervisor, id=item), "发布新规则")
    form = f"rule-{item}"
    page.number_input(key=f"{form}-promised_limit").set_value(4)
    page = press(page, "发布")
    assert "自哪天起生效" in words(page)
    page.date_input(key=f"{form}-from").set_value(date(2026, 11, 30))
    page.text_input(key=f"{form}-reason").set_value("江蓬政数〔2026〕18号")
    page = press(page, "发布")
    assert not page.exception
    with reading() as session:
        latest, first = versions(session, item, MONDAY)
    assert (latest.rule.promised_limit, latest.from_on, latest.reason) == (
        4,
        date(2026, 11, 30),
        "江蓬政数〔2026〕18号",
    )
    assert first.to_on == latest.from_on
    assert "由5个工作日改为4个工作日" in words(page).replace("\\", "")


def test_eight_papers_become_five_and_the_page_says_so(cast: Cast, app_test: Run) -> None:
    with unit_of_work(SYSTEM, "test.papers") as session:
        item = session.exec(select(Item).where(Item.code == "P34")).one()
        for n in range(8):
            dropped = n >= 5
            session.add(
                ItemDocument(
                    item_id=item.id or 0,
                    name=f"材料{n}",
                    standing=DocumentStanding.DROPPED if dropped else DocumentStanding.NEEDED,
                    before=DocumentStanding.NEEDED if dropped else None,
                    since_on=MONDAY if dropped else None,
                )
            )
    told = words(app_test("item", cast.supervisor, id=item_id("P34"), tab="papers"))
    assert "材料5份（必须提交5，已取消3）" in told
    assert "原8份" in told


def test_the_register_tells_its_sums_and_opens_the_cases_behind_them(cast: Cast, app_test: Run) -> None:
    with unit_of_work(SYSTEM, "test.use") as session:
        item = session.exec(select(Item).where(Item.code == "P34")).one()
        entry = session.exec(select(ItemProcedure).where(ItemProcedure.item_id == item.id)).one()
        case = Case(
            case_no="办-77",
            item_id=item.id or 0,
            project_id=cast.project,
            state=CaseState.ACCEPTED,
            received_on=MONDAY - timedelta(9),
        )
        session.add(case)
        session.flush()
        session.add(
            SpecialProcedure(
                case_id=case.id or 0,
                register_id=entry.id,
                kind=ProcedureKind.SITE_CHECK,
                stops_clock=False,
                ground="踏勘",
                basis="条例",
                from_on=MONDAY - timedelta(3),
                start_by_on=MONDAY - timedelta(5),
                planned_wd=3,
            )
        )
    page = app_test("register", cast.supervisor)
    assert not page.exception
    assert "29个事项登记了38个特殊环节" in words(page)
    assert {"启动 1", "启动超时 1", "登记簿以外启动 0"} <= {b.label for b in page.button}
    behind = app_test("register", cast.supervisor, show="late")
    assert not behind.exception
    assert "共1次" in words(behind)
    assert "办\\-77" in words(behind)


@pytest.mark.parametrize("show", ["opened", "untold", "over", "again", "outside"])
def test_a_number_that_is_nought_says_so(cast: Cast, app_test: Run, show: str) -> None:
    page = app_test("register", cast.supervisor, show=show)
    assert not page.exception
    assert "没有这样的办件" in words(page)


def test_a_leader_reads_the_register_and_an_officer_does_not(cast: Cast, app_test: Run) -> None:
    page = app_test("register", cast.leader)
    assert "29个事项" in words(page)
    assert "导入登记簿" not in {b.label for b in page.button}
    assert "没有查看此页的权限" in words(app_test("register", cast.officer))


def test_the_catalogue_lists_the_items(cast: Cast, app_test: Run) -> None:
    page = app_test("catalogue", cast.supervisor)
    assert not page.exception
    assert "共45项" in words(page)


def test_a_register_file_is_judged_on_the_screen_before_it_is_written(cast: Cast, app_test: Run) -> None:
    with reading() as session:
        data = register_workbook(all_entries(session), MONDAY)
    book = load_workbook(io.BytesIO(data))
    sheet = book.active
    assert sheet is not None
    heads = {c.value: c.column for c in sheet[2]}
    sheet.cell(3, heads["所需时限（工作日）"]).value = 20
    sheet.cell(4, heads["是否收费"]).value = "也许"
    out = io.BytesIO()
    book.save(out)

    page = app_test("register", cast.supervisor, do="book")
    page.file_uploader[0].upload("登记簿.xlsx", out.getvalue()).run()
    assert not page.exception
    told = words(page).replace("\\", "")
    assert "30 → 20" in told
    assert "“是否收费”写的“也许”读不懂。（可填：是 / 否）" in told
    (write,) = [b for b in page.button if b.label.startswith("只写好的行")]
    assert "变更1" in write.label
