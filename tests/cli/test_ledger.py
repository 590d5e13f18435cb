"""`crm import ledger` and `crm export projects` as a person or a script calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crm.cli import build
from crm.core.access import SYSTEM
from crm.core.errors import NotFound, Refusal
from crm.ledgers import actions
from crm.ledgers.recognise import Choice
from tests.ledgers.books import CODES, book_of

pytestmark = pytest.mark.usefixtures("db")
KEYS = [
    "name", "enterprise", "credit_code", "project_code", "level", "category", "town", "total_wan", "plan_wan",
    "done_wan", "start_on", "finish_on", "progress", "problem", "next_step", "lead_unit", "leader", "officers",
    "stage", "light",
]  # fmt: skip
GOOD = [
    "甲冷链项目",
    "江门市甲公司",
    CODES[1].lower(),
    "省重点",
    "产业工程",
    "棠下",
    1.5,
    500,
    "2024-2026",
    "容国栋、谭永乐",
]
HEAD = [
    "项目名称",
    "建设单位",
    "信用代码",
    "级别",
    "类别",
    "属地",
    "总投资（亿元）",
    "年度计划投资",
    "建设起止年限",
    "专员",
]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build(), list(arguments))


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(book_of([["截至2026年10月底"], HEAD, GOOD, ["乙项目", *GOOD[1:5], "会城", *GOOD[6:]]]))
    return path


@pytest.fixture
def good_ledger(tmp_path: Path) -> Path:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(book_of([["截至2026年10月底"], HEAD, GOOD]))
    return path


def test_without_a_word_it_only_looks(ledger: Path) -> None:
    found = json.loads(run("import", "ledger", str(ledger), "--json").stdout)
    assert list(found) == ["new", "changed", "unchanged", "duplicates", "refused", "batch"]
    assert (found["new"], found["batch"]) == (1, None)
    (refused,) = found["refused"]
    assert (refused["sheet"], refused["row"], refused["column"], refused["value"]) == (
        "Sheet1",
        4,
        "属地",
        "会城",
    )
    assert json.loads(run("export", "projects", "--json").stdout) == []


def test_a_commit_with_a_refused_row_fails_and_writes_nothing(ledger: Path) -> None:
    done = run("import", "ledger", str(ledger), "--commit", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["batch"] is None
    assert "没有写入" in done.stderr
    assert json.loads(run("export", "projects").stdout) == []


def test_the_good_rows_go_in_and_come_out_in_the_public_form(ledger: Path) -> None:
    done = run("import", "ledger", str(ledger), "--commit-good", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["batch"] == 1
    (project,) = json.loads(run("export", "projects", "--json", "--today", "2026-11-23").stdout)
    assert list(project) == KEYS
    assert project | {"light": ""} == {
        "name": "甲冷链项目", "enterprise": "江门市甲公司", "credit_code": CODES[1], "project_code": "",
        "level": "省重点", "category": "产业工程", "town": "棠下镇", "total_wan": 15000, "plan_wan": 500,
        "done_wan": None, "start_on": "2024-01-01", "finish_on": "2026-01-01", "progress": "", "problem": "",
        "next_step": "", "lead_unit": "", "leader": "", "officers": ["容国栋", "谭永乐"], "stage": "前期策划", "light": "",
    }  # fmt: skip
    assert project["light"] in ("green", "yellow", "orange", "red", "blue", "grey")


def test_committing_twice_says_that_nothing_is_to_be_written(good_ledger: Path) -> None:
    assert run("import", "ledger", str(good_ledger), "--commit").exit_code == 0
    again = run("import", "ledger", str(good_ledger), "--commit", "--json")
    found = json.loads(again.stdout)
    assert (again.exit_code, found["new"], found["changed"], found["unchanged"], found["batch"]) == (
        0,
        0,
        0,
        1,
        None,
    )


def test_the_workbook_written_is_read_back_as_unchanged(good_ledger: Path, tmp_path: Path) -> None:
    run("import", "ledger", str(good_ledger), "--commit")
    out = tmp_path / "导出.xlsx"
    assert run("export", "projects", "--xlsx", str(out)).stdout == ""
    found = json.loads(run("import", "ledger", str(out), "--json").stdout)
    assert (found["new"], found["changed"], found["unchanged"]) == (0, 0, 1)


def test_the_words_for_a_person_tell_what_was_understood(ledger: Path) -> None:
    said = run("import", "ledger", str(ledger)).stdout
    assert "表头在第2行，2个项目，2026年10月" in said
    assert "新增1 变更0 不变0 重复0 退回1" in said


def test_a_saved_mapping_a_year_and_a_month_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(book_of([["项目名称", "属地", "钱"], ["甲", "棠下镇", 2]]))
    form = actions.MappingForm(name="某办", choices={"钱": Choice("plan_wan", "亿元")})
    actions.save_mapping(SYSTEM, form)
    run("import", "ledger", str(path), "--commit", "--mapping", "某办", "--year", "2025", "--month", "3")
    (project,) = json.loads(run("export", "projects").stdout)
    assert project["plan_wan"] == 20000
    assert isinstance(run("import", "ledger", str(path), "--mapping", "没有").exception, NotFound)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--commit", "--commit-good"), "只能选一个"),
        (("--today", "昨天"), "日期"),
        (("--month", "13"), "月份"),
    ],
)
def test_bad_arguments_are_one_sentence(good_ledger: Path, arguments: tuple[str, ...], says: str) -> None:
    done = run("import", "ledger", str(good_ledger), *arguments)
    assert isinstance(done.exception, Refusal)
    assert says in str(done.exception)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    done = run("import", "ledger", str(tmp_path / "没有.xlsx"))
    assert isinstance(done.exception, Refusal)
    assert "打不开文件" in str(done.exception)
