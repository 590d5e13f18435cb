"""`crm catalogue register` as a person or a script calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from crm.cli import build
from crm.core.errors import Refusal

pytestmark = pytest.mark.usefixtures("db")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build(), ["catalogue", "register", *arguments])


def mend(path: Path, row: int, header: str, value: object) -> None:
    book = load_workbook(path)
    sheet = book.active
    assert sheet is not None
    column = next(c.column for c in sheet[2] if c.value == header)
    assert column is not None
    sheet.cell(row, column).value = value  # type: ignore[assignment]
    book.save(path)


def test_out_mended_looked_at_and_in(tmp_path: Path) -> None:
    path = tmp_path / "登记簿.xlsx"
    assert run("export", str(path)).exit_code == 0
    same = json.loads(run("import", str(path), "--json").stdout)
    assert (same["new"], same["changed"], same["unchanged"], same["written"]) == (0, 0, 38, 0)

    mend(path, 3, "所需时限（工作日）", 20)
    dry = json.loads(run("import", str(path), "--dry-run", "--json").stdout)
    assert dry["written"] == 0
    assert dry["changes"] == [
        {"row": 3, "item": "P13", "column": "所需时限（工作日）", "old": "30", "new": "20"}
    ]
    done = run("import", str(path))
    assert done.exit_code == 0
    assert "30 → 20" in done.stdout


def test_a_refused_row_ends_with_one_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "登记簿.xlsx"
    run("export", str(path))
    mend(path, 3, "所需时限（工作日）", "很久")
    mend(path, 4, "次数上限", 2)
    refused = run("import", str(path), "--json")
    assert refused.exit_code == 1
    told = json.loads(refused.stdout)
    assert told["written"] == 0
    assert [(r["row"], r["column"], r["value"], r["allowed"]) for r in told["refused"]] == [
        (3, "所需时限（工作日）", "很久", "1至365的整数")
    ]
    good = run("import", str(path), "--good-rows-only", "--json")
    assert good.exit_code == 0
    assert json.loads(good.stdout)["written"] == 1


def test_a_file_that_is_not_there_is_told_in_one_sentence(tmp_path: Path) -> None:
    result = run("import", str(tmp_path / "没有.xlsx"))
    assert isinstance(result.exception, Refusal)
