"""导入办件 as a person uses it: file, understanding, start, progress with its stop button, result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from crm.caselog import actions
from crm.core.db import reading
from models import CaseBatch, StoredFile
from models.vocabulary import LoadState
from tests.caselog.exports import TODAY, row, text
from tests.conftest import Cast

pytestmark = pytest.mark.usefixtures("db")
Page = Callable[..., Any]


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The batches the page would have started a process for."""
    found: list[int] = []
    monkeypatch.setattr(actions, "launch", found.append)
    return found


def upload(at: Any, rows: list[list[str]], name: str = "办件.csv") -> Any:
    at.file_uploader[0].upload(name, text(rows).encode("gb18030"))
    return at.run()


def words(at: Any) -> str:
    parts = [*at.markdown, *at.caption, *at.error, *at.warning, *at.success, *at.info, *at.subheader]
    return "\n".join(str(p.value) for p in parts).replace("\\", "")


def button(at: Any, start: str) -> Any:
    return next(b for b in at.button if b.label.startswith(start))


def test_the_page_tells_what_it_would_do_before_it_does_it(
    cast: Cast, app_test: Page, launched: list[int]
) -> None:
    at = app_test("case_import", cast.supervisor)
    assert not at.exception
    assert "自然人的姓名和证件号码不保存" in words(at)
    at = upload(at, [row("A1"), row("A2", 收件时间="x")])
    assert not at.exception
    assert "先看了前2行：新增1 变更0 不变0 重复0 退回1" in words(at)
    assert "**第3行** 收件时间“x”：日期读不懂" in words(at)
    with reading() as session:
        assert session.exec(select(CaseBatch)).first() is None
    assert launched == []


def test_a_start_hands_the_work_to_a_process_and_the_page_watches_it(
    cast: Cast, app_test: Page, launched: list[int]
) -> None:
    at = upload(app_test("case_import", cast.supervisor), [row("A1"), row("A2", 收件时间="x")])
    button(at, "导入2行").click().run()
    assert len(launched) == 1
    at = app_test("case_import", cast.supervisor, batch=launched[0])
    assert not at.exception
    assert button(at, "停止")
    # Somebody else opens the page: the import under way is what he sees.
    assert button(app_test("case_import", cast.admin), "停止")
    actions.run(cast.supervisor, launched[0], today=TODAY)
    at = app_test("case_import", cast.supervisor, batch=launched[0])
    assert not at.exception
    assert "新增1 变更0 不变0 重复0 退回1" in words(at)
    assert "退回和重复的行（1）" in words(at)
    button(at, "做成退回行工作簿").click().run()
    with reading() as session:
        assert session.exec(select(StoredFile.name)).one() == "办件-退回行.xlsx"


def test_stop_and_go_on(cast: Cast, app_test: Page, launched: list[int]) -> None:
    at = upload(app_test("case_import", cast.supervisor), [row("A1"), row("A2")])
    button(at, "导入2行").click().run()
    at = app_test("case_import", cast.supervisor, batch=launched[0])
    button(at, "停止").click().run()
    with reading() as session:
        assert session.exec(select(CaseBatch.state)).one() is LoadState.STOPPED
    at = app_test("case_import", cast.supervisor, batch=launched[0])
    assert "已停止，可续导" in words(at)
    button(at, "从中断处继续").click().run()
    assert launched == [launched[0]] * 2
    with reading() as session:
        assert session.exec(select(CaseBatch.state)).one() is LoadState.RUNNING


def test_a_file_that_is_no_export_is_told_in_one_sentence(cast: Cast, app_test: Page) -> None:
    at = app_test("case_import", cast.supervisor)
    at.file_uploader[0].upload("a.csv", b"1,2\n3,4\n")
    at = at.run()
    assert not at.exception
    assert len(at.error) == 1
    assert "没有找到表头" in words(at)


@pytest.mark.parametrize("who", ["officer", "clerk", "handler", "leader"])
def test_who_may_not_import_sees_no_page(cast: Cast, app_test: Page, who: str) -> None:
    at = app_test("case_import", getattr(cast, who))
    assert not at.file_uploader
    assert "没有查看此页的权限" in words(at)


def test_an_import_that_is_not_there_says_so(cast: Cast, app_test: Page) -> None:
    at = app_test("case_import", cast.supervisor, batch=99)
    assert not at.exception
    assert "没有找到这条记录" in words(at)
