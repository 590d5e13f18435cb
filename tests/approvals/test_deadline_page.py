"""The deadline calculator's screen agrees with the rule and shows every day it counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from crm.core import today as wall
from tests.conftest import Cast

AppTest = Callable[..., Any]


@pytest.fixture(autouse=True)
def on_a_tuesday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "today", lambda: date(2025, 9, 30))


def ask(at: Any, accepted: date, limit: int) -> Any:
    at.date_input(key="deadline-accepted").set_value(accepted)
    at.number_input(key="deadline-limit").set_value(limit)
    return at.run()


def due(at: Any) -> str:
    return str(at.subheader[0].value)


def test_ten_working_days_over_the_national_day(cast: Cast, app_test: AppTest) -> None:  # W1
    at = ask(app_test("deadline", cast.clerk), date(2025, 9, 22), 10)
    assert not at.exception
    assert due(at) == "2025年10月11日 周六"
    assert [m.value for m in at.metric] == ["7个工作日", "3个工作日", "0个工作日"]
    table = at.dataframe[0].value
    counted = table[table["第几天"] != "—"]
    assert list(counted["第几天"]) == [str(n) for n in range(1, 11)]
    by_day = table.set_index("日期")
    assert by_day.loc["2025-09-28", "说明"] == "调休上班"
    assert by_day.loc["2025-10-01", "说明"] == "国庆节"
    assert by_day.loc["2025-09-27", "说明"] == "周末"


def test_a_stop_is_added_and_counted_out(cast: Cast, app_test: AppTest) -> None:  # W2
    at = ask(app_test("deadline", cast.officer), date(2025, 9, 22), 10)
    next(b for b in at.button if b.label == "添加一段停表").click().run()
    at.date_input(key="stop-from-1").set_value(date(2025, 9, 24))
    at.date_input(key="stop-to-1").set_value(date(2025, 9, 29)).run()
    assert due(at) == "2025年10月16日 周四"
    assert at.metric[2].value == "4个工作日"
    at.date_input(key="stop-to-1").set_value(date(2025, 9, 24)).run()
    assert any("恢复日应晚于停表日" in e.value for e in at.error)


def test_a_date_beyond_the_notices_is_plainly_marked(cast: Cast, app_test: AppTest) -> None:  # W7
    at = ask(app_test("deadline", cast.officer), date(2026, 12, 4), 20)
    assert any("暂定" in w.value for w in at.warning)


def test_an_items_limit_and_unit_are_taken_over(cast: Cast, app_test: AppTest) -> None:
    at = app_test("deadline", cast.officer)
    item = at.selectbox(key="deadline-item")
    at.selectbox(key="deadline-item").set_value(
        next(o for o in range(1, 60) if "P34" in _label(item, o))
    ).run()
    assert at.number_input(key="deadline-limit").value == 7
    at.date_input(key="deadline-accepted").set_value(date(2025, 9, 24)).run()
    assert due(at) == "2025年10月1日 周三"
    assert any("第二百零三条" in i.value for i in at.info)
    at.checkbox(key="deadline-roll").check().run()
    assert due(at) == "2025年10月9日 周四"


def _label(box: Any, option: int) -> str:
    try:
        return str(box.format_func(option))
    except KeyError:
        return ""
