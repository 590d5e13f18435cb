"""导入台账 as a person uses it: file, understanding, changes, the last button, history and revert."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from crm.core.db import reading
from models import ImportBatch, Project, SavedMapping, StoredFile
from models.vocabulary import BatchState
from tests.conftest import Cast
from tests.ledgers.books import simple_book

pytestmark = pytest.mark.usefixtures("db")
Page = Callable[..., Any]


def upload(at: Any, data: bytes, name: str = "台账.xlsx") -> Any:
    at.file_uploader[0].upload(name, data)
    return at.run()


def words(at: Any) -> str:
    parts = [*at.markdown, *at.caption, *at.error, *at.warning, *at.success, *at.subheader]
    return "\n".join(str(p.value) for p in parts).replace("\\", "")


def button(at: Any, start: str) -> Any:
    return next(b for b in at.button if b.label.startswith(start))


def projects() -> list[str]:
    with reading() as session:
        return [p.name for p in session.exec(select(Project).order_by(Project.id))]  # type: ignore[arg-type]


def test_an_empty_page_says_what_to_do_and_that_nothing_is_written_yet(cast: Cast, app_test: Page) -> None:
    at = app_test("import_ledger", cast.supervisor)
    assert not at.exception
    assert "写入之前不会改动任何数据" in words(at)
    assert "还没有导入过台账" in words(at)


def test_nothing_is_written_before_the_last_button_which_says_the_numbers(cast: Cast, app_test: Page) -> None:
    before = projects()
    at = upload(
        app_test("import_ledger", cast.supervisor),
        simple_book([("甲冷链项目", "棠下镇", 1200), ("乙照明项目", "荷塘", 300)]),
    )
    assert not at.exception
    assert projects() == before
    go = button(at, "写入：新增2个、变更0个")
    at = go.click().run()
    assert not at.exception
    assert projects() == [*before, "甲冷链项目", "乙照明项目"]
    assert "第1批" in words(at)


def test_a_bad_row_leaves_the_choice_between_mending_and_the_good_rows_only(
    cast: Cast, app_test: Page
) -> None:
    at = upload(
        app_test("import_ledger", cast.supervisor),
        simple_book([("甲冷链项目", "棠下镇", 1200), ("乙照明项目", "会城街道", 300)]),
    )
    assert button(at, "全部写入").disabled
    at = button(at, "只写好的行：新增1个、变更0个，1行不写").click().run()
    assert "甲冷链项目" in projects()
    assert "乙照明项目" not in projects()


def test_refused_rows_come_back_as_a_workbook_only_the_importer_may_fetch(cast: Cast, app_test: Page) -> None:
    at = upload(app_test("import_ledger", cast.supervisor), simple_book([("乙照明项目", "会城街道", 300)]))
    at = button(at, "做成退回行工作簿").click().run()
    assert not at.exception
    with reading() as session:
        kept = session.exec(select(StoredFile)).one()
    assert kept.owner == "import_batch"
    assert kept.made_by == cast.supervisor.user_id


def test_an_unmapped_column_is_shown_and_the_user_may_give_it_a_meaning_and_save_it(
    cast: Cast, app_test: Page
) -> None:
    book = simple_book([("甲冷链项目", "棠下镇", 1200, "谭志强")], more=("领衔同志",))
    at = upload(app_test("import_ledger", cast.supervisor), book)
    assert any("1列保持原列名" in e.label for e in at.expander)
    box = next(s for s in at.selectbox if s.label.replace("\\", "") == "领衔同志")
    at = box.set_value("leader").run()
    assert any("全部对应" in e.label for e in at.expander)
    next(t for t in at.text_input if t.label == "把这套对应关系保存为").input("某办台账")
    at = button(at, "保存对应关系").click().run()
    assert not at.exception
    with reading() as session:
        assert session.exec(select(SavedMapping)).one().mapping["领衔同志"]["field"] == "leader"
    at = button(at, "写入：新增1个").click().run()
    with reading() as session:
        assert session.exec(select(Project).where(Project.name == "甲冷链项目")).one().leader == "谭志强"


def test_a_batch_is_reverted_from_the_history(cast: Cast, app_test: Page) -> None:
    at = upload(app_test("import_ledger", cast.supervisor), simple_book([("甲冷链项目", "棠下镇", 1200)]))
    at = button(at, "写入：新增1个").click().run()
    at = button(at, "确认撤销第1批").click().run()
    assert not at.exception
    assert "甲冷链项目" not in projects()
    with reading() as session:
        assert session.exec(select(ImportBatch)).one().state is BatchState.REVERTED


def test_a_file_that_is_no_ledger_gets_one_sentence_and_the_page_lives_on(cast: Cast, app_test: Page) -> None:
    at = upload(app_test("import_ledger", cast.supervisor), b"PK\x03\x04 half a zip")
    assert not at.exception
    assert "不完整或已损坏" in words(at)
    assert "还没有导入过台账" in words(at)


def test_a_role_without_the_right_is_told_so(cast: Cast, app_test: Page) -> None:
    at = app_test("import_ledger", cast.clerk)
    assert not at.file_uploader
    assert "没有查看此页的权限" in words(at)


def test_the_export_is_kept_for_its_maker(cast: Cast, app_test: Page) -> None:
    at = app_test("import_ledger", cast.supervisor)
    at = button(at, "导出全部项目").click().run()
    assert not at.exception
    with reading() as session:
        kept = session.exec(select(StoredFile)).one()
    assert (kept.owner, kept.made_by) == ("export", cast.supervisor.user_id)
