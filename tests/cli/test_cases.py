"""`crm import cases` and `crm import events` as a person or a script calls them."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from crm.caselog.actions import running
from crm.cli import build
from crm.core.errors import Refusal
from tests.caselog.exports import HEAD, case, put, row

pytestmark = pytest.mark.usefixtures("db")
TODAY = ["--today", "2026-11-23"]


def crm(*words: str) -> Result:
    return CliRunner().invoke(build(), [*words, *TODAY])


def test_the_good_rows_come_in_and_the_bad_ones_are_told(tmp_path: Path) -> None:
    path, refused = put(tmp_path, [row("A1"), row("A2", 收件时间="x")]), tmp_path / "退回.xlsx"
    done = crm("import", "cases", str(path), "--json", "--refused", str(refused))
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert [(b["kind"], b["state"], b["new"], b["refused"]) for b in found] == [("cases", "done", 1, 1)]
    assert found[0]["set_aside"][0]["row"] == 3
    assert found[0]["set_aside"][0]["values"]["收件时间"] == "x"
    sheet = openpyxl.load_workbook(refused).active
    assert sheet is not None
    assert sheet.max_row == 2


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    done = crm("import", "cases", str(put(tmp_path, [row("A1")])), "--dry-run")
    assert "新增1" in done.stdout
    assert "没有写入" in done.stdout
    done = crm("import", "cases", str(put(tmp_path, [row("A1")])))
    assert "新增1 变更0" in done.stdout


def test_all_or_nothing_has_an_exit_code(tmp_path: Path) -> None:
    bad = crm("import", "cases", str(put(tmp_path, [row("A1"), row("A2", 收件时间="x")])), "--all-or-nothing")
    assert bad.exit_code == 1
    assert "全部没有写入" in bad.stdout


def test_a_column_is_said_on_the_command_line(tmp_path: Path) -> None:
    path = put(tmp_path, [row("A1")], [*HEAD[:7], "来的日子", *HEAD[8:]])
    with pytest.raises(Refusal, match="缺少这些列：收件时间"):
        CliRunner().invoke(build(), ["import", "cases", str(path)], catch_exceptions=False)
    assert crm("import", "cases", str(path), "--column", "来的日子=received").exit_code == 0
    assert case("A1").received_on.isoformat() == "2026-03-02"


def test_ctrl_c_stops_and_the_same_command_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, [row(f"A{n}") for n in range(6)])
    walk = running._chunk
    pressed = []

    def presses(*args: object, **more: object) -> bool:
        if pressed:
            return walk(*args, **more)  # type: ignore[arg-type]
        pressed.append(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "_chunk", presses)
    stopped = crm("import", "cases", str(path), "--json")
    assert stopped.exit_code == 1
    assert json.loads(stopped.stdout)[0]["state"] == "stopped"
    done = json.loads(crm("import", "cases", str(path), "--json").stdout)
    assert [(b["batch"], b["state"], b["new"]) for b in done] == [(1, "done", 6)]


def test_events_follow_their_cases(tmp_path: Path) -> None:
    crm("import", "cases", str(put(tmp_path, [row("A1")])))
    events = put(tmp_path, [["A1", "受理", "2026-03-02 10:00"], ["B1", "受理", "2026-03-02 10:00"]],
                 ["办件编号", "环节", "时间"], name="环节.csv")  # fmt: skip
    found = json.loads(crm("import", "events", str(events), "--json").stdout)
    assert [(b["kind"], b["new"], b["refused"]) for b in found] == [("events", 1, 1)]
