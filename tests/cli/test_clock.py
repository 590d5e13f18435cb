"""`crm clock` and `crm calendar` as a person or a script meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crm.cli import main
from crm.core import today as wall

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def crm(db: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command as the console script does: (exit code, standard output, standard error)."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("crm.cli.COMMANDS", ("clock", "calendar"))
        monkeypatch.setattr("sys.argv", ["crm", *arguments])
        code: Any = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        printed = capsys.readouterr()
        return int(code), printed.out, printed.err

    return run


def answer(crm: Run, *arguments: str) -> Any:
    code, out, err = crm("clock", *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_one_question_is_answered_with_six_facts(crm: Run) -> None:  # W1
    assert answer(crm, "--accepted", "2025-09-22", "--limit", "10", "--today", "2025-09-30") == {
        "due_on": "2025-10-11",
        "used": 7,
        "left": 3,
        "state": "running",
        "light": "green",
        "provisional": False,
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--limit", "10", "--stop", "2025-09-24:2025-09-29"), {"due_on": "2025-10-16"}),  # W2
        (("--limit", "20"), {"due_on": "2025-10-24"}),  # W5
        (("--limit", "10", "--extend", "10"), {"due_on": "2025-10-24"}),
        (("--limit", "10", "--unit", "days"), {"due_on": "2025-10-02", "used": 8, "left": 2}),
        (("--limit", "10", "--unit", "days", "--roll"), {"due_on": "2025-10-09"}),
        (
            ("--limit", "10", "--stop", "2025-09-24:"),
            {"used": 1, "left": 9, "state": "stopped", "light": "blue"},
        ),
        (
            ("--limit", "10", "--stop", "2025-09-24:2025-09-26", "--stop", "2025-09-25:2025-09-29"),
            {"due_on": "2025-10-16"},
        ),
    ],
)
def test_stops_extensions_and_units(crm: Run, arguments: tuple[str, ...], expected: dict[str, Any]) -> None:
    found = answer(crm, "--accepted", "2025-09-22", "--today", "2025-09-30", *arguments)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(("limit", "due"), [("5", "2026-02-14"), ("10", "2026-02-28")])
def test_due_dates_on_make_up_saturdays(crm: Run, limit: str, due: str) -> None:  # W6
    assert answer(crm, "--accepted", "2026-02-09", "--limit", limit)["due_on"] == due


def test_a_year_without_a_notice_is_provisional(crm: Run) -> None:  # W7
    assert answer(crm, "--accepted", "2026-12-04", "--limit", "20")["provisional"] is True


def test_today_is_the_districts_day_when_left_out(crm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "today", lambda: date(2025, 10, 13))
    found = answer(crm, "--accepted", "2025-09-22", "--limit", "10")
    assert (found["used"], found["left"], found["light"]) == (11, -1, "red")


def test_without_json_a_readable_line_is_printed(crm: Run) -> None:
    code, out, _err = crm("clock", "--accepted", "2025-09-22", "--limit", "10", "--today", "2025-10-13")
    assert code == 0
    assert "2025-10-11" in out
    assert "逾期" in out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--limit", "10"), "--accepted"),
        (("--accepted", "2025-02-30", "--limit", "10"), "--accepted"),
        (("--accepted", "20250922", "--limit", "10"), "--accepted"),
        (("--accepted", "0001-01-01", "--limit", "10"), "--accepted"),
        (("--accepted", "2025-09-22"), "--limit"),
        (("--accepted", "2025-09-22", "--limit", "-1"), "--limit"),
        (("--accepted", "2025-09-22", "--limit", "1e3"), "--limit"),
        (("--accepted", "2025-09-22", "--limit", "999999"), "--limit"),
        (("--accepted", "2025-09-22", "--limit", "10", "--unit", "weeks"), "--unit"),
        (("--accepted", "2025-09-22", "--limit", "10", "--stop", "2025-09-24"), "--stop"),
        (("--accepted", "2025-09-22", "--limit", "10", "--stop", "2025-09-24:2025-09-24"), "--stop"),
        (("--accepted", "2025-09-22", "--limit", "10", "--extend", "two"), "--extend"),
        (("--accepted", "2025-09-22", "--limit", "10", "--today", "tomorrow"), "--today"),
        (("--accepted", "2025-09-22", "--batch", "x.csv"), "--batch"),
        (("--batch", "no-such.csv"), "no-such.csv"),
    ],
)
def test_a_bad_question_is_one_line_on_standard_error(
    crm: Run, arguments: tuple[str, ...], named: str
) -> None:
    code, out, err = crm("clock", *arguments, "--json")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert named in err


HEADER = "accepted,limit,unit,stops,extend,today"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_batch_is_answered_in_its_order(crm: Run, tmp_path: Path, encoding: str, newline: str) -> None:
    rows = [
        HEADER,
        "2025-09-22,10,,,,2025-09-30",
        "",
        "2025-09-22,10,wd,2025-09-24:2025-09-26;2025-09-25:2025-09-29,0,2025-09-30",
        "2025-09-22, 10 ,days,2025-09-24:,,2025-09-30",
    ]
    file = tmp_path / "一批.csv"
    file.write_bytes(newline.join(rows).encode(encoding))
    found = answer(crm, "--batch", str(file))
    assert [row["due_on"] for row in found] == ["2025-10-11", "2025-10-16", "2025-10-08"]
    assert [row["left"] for row in found] == [3, 7, 9]


def test_the_columns_may_come_in_any_order_and_some_may_lack(crm: Run, tmp_path: Path) -> None:
    file = tmp_path / "b.csv"
    file.write_text("limit,today,accepted\n10,2025-09-30,2025-09-22\n", encoding="utf-8")
    assert answer(crm, "--batch", str(file))[0]["used"] == 7


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"{HEADER}\n2025-09-22,10,,,,\n2025-09-31,10,,,,\n", ("第3行", "accepted")),
        (f"{HEADER}\n2025-09-22,ten,,,,\n", ("第2行", "limit")),
        (f"{HEADER}\n2025-09-22,10,月,,,\n", ("第2行", "unit")),
        (f"{HEADER}\n2025-09-22,10,,2025-09-24:x,,\n", ("第2行", "stops")),
        (f"{HEADER}\n2025-09-22,10,,,,,7\n", ("第2行", "列")),
        ("accepted,unit\n", ("limit",)),
        ("accepted,limit,colour\n", ("colour",)),
        ("", ("accepted",)),
        (f'{HEADER}\n"2025-09-22,10\n', ("CSV",)),
    ],
)
def test_a_bad_row_is_named_with_its_column_and_nothing_is_answered(
    crm: Run, tmp_path: Path, text: str, named: tuple[str, ...]
) -> None:
    file = tmp_path / "b.csv"
    file.write_text(text, encoding="utf-8")
    code, out, err = crm("clock", "--batch", str(file), "--json")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert all(word in err for word in named)


def test_a_file_that_is_no_text_is_refused(crm: Run, tmp_path: Path) -> None:
    file = tmp_path / "b.csv"
    file.write_bytes(b"PK\x03\x04\0\0\0\0\xff\xff\xff")
    code, out, err = crm("clock", "--batch", str(file), "--json")
    assert (code, out) == (2, "")
    assert "b.csv" in err


def test_an_empty_batch_is_an_empty_list(crm: Run, tmp_path: Path) -> None:
    file = tmp_path / "b.csv"
    file.write_text(HEADER + "\n", encoding="utf-8")
    assert answer(crm, "--batch", str(file)) == []


# The calendar


NOTICE_2027 = """元旦：1月1日（周五）至3日（周日）放假，共3天。
春节：2月5日（周五）至11日（周四）放假调休，共7天。1月31日（周日）、2月20日（周六）上班。
劳动节：5月1日（周六）至5日（周三）放假调休，共5天。
国庆节：10月1日（周五）至7日（周四）放假调休，共7天。10月9日（周六）上班。"""


def test_a_years_notice_is_loaded_and_its_dates_are_no_longer_provisional(crm: Run, tmp_path: Path) -> None:
    file = tmp_path / "2027.txt"
    file.write_text(NOTICE_2027, encoding="utf-8")
    assert answer(crm, "--accepted", "2027-01-25", "--limit", "10")["due_on"] == "2027-02-10"
    code, out, _err = crm("calendar", "load", "2027", str(file), "--json")
    assert code == 0
    assert json.loads(out)["year"] == 2027
    found = answer(crm, "--accepted", "2027-01-25", "--limit", "10")
    assert (found["due_on"], found["provisional"]) == ("2027-02-12", False)


def test_a_notice_with_a_wrong_weekday_is_refused_and_nothing_changes(crm: Run, tmp_path: Path) -> None:
    file = tmp_path / "2027.txt"
    file.write_text("1月1日（周四）至3日（周六）放假调休，共3天。", encoding="utf-8")
    code, out, err = crm("calendar", "load", "2027", str(file), "--json")
    assert (code, out) == (2, "")
    assert "实际是周五" in err
    _code, out, _err = crm("calendar", "show", "2027", "--json")
    assert json.loads(out)["confirmed"] is False


def test_the_years_are_listed_with_their_notices(crm: Run) -> None:
    _code, out, _err = crm("calendar", "years", "--json")
    years = {row["year"]: row for row in json.loads(out)}
    assert years[2026]["workdays"] == 248
    assert "国办发明电〔2025〕7号" in years[2026]["source"]
    _code, out, _err = crm("calendar", "show", "2026", "--json")
    days = {row["on"]: row["is_workday"] for row in json.loads(out)["days"]}
    assert days["2026-02-14"] is True
    assert days["2026-02-16"] is False
