"""`crm scan` from the outside: what it prints and that it may be run again."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crm.cli.scan import _day, run
from crm.core.access import SYSTEM
from crm.core.db import unit_of_work
from crm.core.errors import Refusal
from models import Milestone
from models.vocabulary import Stage

MONDAY = date(2026, 11, 23)


@pytest.fixture
def late(db: Path, cast: Any) -> Any:
    with unit_of_work(SYSTEM, "test.milestone") as session:
        session.add(
            Milestone(
                project_id=cast.project,
                code="P34",
                name="施工许可证",
                stage=Stage.CONSTRUCTION_PERMIT,
                planned_on=date(2026, 11, 18),
                department_id=cast.department,
            )
        )
    return cast


def test_the_json_says_why_and_where_and_stands_alone_on_standard_output(
    late: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run(MONDAY, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["date"], told["raised"], told["closed"], told["open"]) == ("2026-11-23", 1, 0, 1)
    assert told["by_kind"] == {"milestone_overdue": 1}
    (alert,) = told["alerts"]
    assert alert["because"] == "施工许可证节点原定11月18日完成，已逾期3个工作日，等区住房和城乡建设局。"
    assert (alert["light"], alert["due_on"], alert["late_wd"]) == ("red", "2026-11-18", 3)
    assert alert["link"] == f"/project?id={late.project}&milestone={alert['record_id']}"


def test_a_second_run_raises_nothing_and_lists_the_same(
    late: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run(MONDAY, as_json=True)
    first = json.loads(capsys.readouterr().out)
    run(MONDAY, as_json=True)
    second = json.loads(capsys.readouterr().out)
    assert second["raised"] == 0
    assert second["alerts"] == first["alerts"]


def test_without_json_each_alert_is_a_line_and_the_sum_goes_to_standard_error(
    late: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run(MONDAY, as_json=False)
    printed = capsys.readouterr()
    assert printed.out.startswith("逾期\t恒岳新能源电池项目（一期）\t施工许可证节点原定")
    assert "新增1条，消除0条，现有1条" in printed.err


@pytest.mark.parametrize("text", ["20261123", "2026-13-01", "2026-02-30", "明天", "2026-1-1"])
def test_a_day_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refusal, match="2026-11-23"):
        _day(text)
