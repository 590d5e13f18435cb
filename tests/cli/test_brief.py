"""`crm brief` as an office calls it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crm.briefings import render
from crm.cli import build
from crm.core.errors import CrmError
from tests.conftest import Cast, make_project


def run(*arguments: str) -> Any:
    return CliRunner().invoke(build(), ["brief", *arguments])


def test_the_hall_briefing_is_written_and_its_facts_told_as_json(cast: Cast, tmp_path: Path) -> None:
    out = tmp_path / "周报.docx"
    done = run("hall", "--from", "2026-11-16", "--to", "2026-11-22", "--out", str(out), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["kind"], told["number"], told["new"]) == ("hall", 1, True)
    assert told["title"] == "关于2026年11月16日至22日会客厅服务工作情况的简报"
    assert told["file_sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert len(told["facts"]["projects"]) == 2
    assert "全区安排重点项目2项" in render.text_of(out.read_bytes())


def test_the_same_again_is_the_same_file_and_number(cast: Cast, tmp_path: Path) -> None:
    files = [tmp_path / "a.docx", tmp_path / "b.docx"]
    for out in files:
        done = run("hall", "--from", "2026-11-16", "--to", "2026-11-22", "--out", str(out))
        assert done.exit_code == 0
        assert done.stdout == ""
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("key", ["2603-440703-04-01-123456", "有码项目"])
def test_the_project_report_by_code_or_name(cast: Cast, tmp_path: Path, key: str) -> None:
    make_project("有码项目", project_code="2603-440703-04-01-123456")
    out = tmp_path / "p.docx"
    done = run("project", "--project", key, "--out", str(out), "--as-of", "2026-11-20", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["facts"]["as_of"] == "2026-11-20"
    assert "截至2026年11月20日" in render.text_of(out.read_bytes())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("hall", "--from", "11月16日", "--to", "2026-11-22"), "--from 不是有效的日期：“11月16日”"),
        (("hall", "--from", "2026-02-30", "--to", "2026-11-22"), "--from 不是有效的日期"),
        (("hall", "--from", "2026-11-22", "--to", "2026-11-16"), "早于开始日期"),
        (("project", "--project", "无此项目"), "没有找到项目“无此项目”"),
        (("project", "--project", "瑞朗精密模具项目", "--as-of", "2999-01-01"), "还没有到"),
    ],
)
def test_a_wrong_question_gets_one_clear_sentence_and_no_file(
    cast: Cast, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    out = tmp_path / "x.docx"
    done = run(*arguments, "--out", str(out))
    assert isinstance(done.exception, CrmError)
    assert says in str(done.exception)
    assert list(tmp_path.glob("*.docx")) == []


@pytest.mark.parametrize(("name", "says"), [("x.pdf", ".docx 结尾"), ("nowhere/x.docx", "不能写入文件夹")])
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_issued(
    cast: Cast, tmp_path: Path, name: str, says: str
) -> None:
    done = run("hall", "--from", "2026-11-16", "--to", "2026-11-22", "--out", str(tmp_path / name))
    assert says in str(done.exception)
    done = run(
        "hall", "--from", "2026-11-16", "--to", "2026-11-22", "--out", str(tmp_path / "x.docx"), "--json"
    )
    assert json.loads(done.stdout)["number"] == 1


def test_a_template_is_checked_against_its_blanks(tmp_path: Path) -> None:
    good = render.SHIPPED_FOLDER / "project.docx"
    assert run("check-template", str(good)).exit_code == 0
    done = run("check-template", str(good), "--kind", "hall", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert "annex_rows[].name" in told["missing"]
    assert "node_rows[].planned" in told["unknown"]
    broken = tmp_path / "x.docx"
    broken.write_bytes(b"hello")
    done = run("check-template", str(broken))
    assert done.exit_code == 1
    assert "不是 Word" in done.stderr
