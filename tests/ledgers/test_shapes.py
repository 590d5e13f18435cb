"""Ledgers of many shapes, each as some office really keeps it, read to the same facts. No database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment

from crm.core.reference import TOWNS
from crm.ledgers.facts import LedgerRow, read_row
from crm.ledgers.reader import read
from crm.ledgers.recognise import Choice, Understanding, understand
from crm.ledgers.values import Towns
from models.vocabulary import Category, DatePrecision, Level, PlanClass, Stage
from tests.ledgers.books import CODES, book_of, bytes_of, csv_of, xls_of

TODAY = date(2026, 11, 23)
PLACES = Towns([(i, name, list(aliases)) for i, (_code, name, aliases) in enumerate(TOWNS, 1)])
TOWN_IDS = {name: i for i, (_code, name, _aliases) in enumerate(TOWNS, 1)}


def understood(data: bytes, name: str = "台账.xlsx", **how: Any) -> Understanding:
    return understand(read(data, name), file_name=name, towns=PLACES, today=TODAY, **how)


def rows_of(data: bytes, name: str = "台账.xlsx", **how: Any) -> list[LedgerRow]:
    return [read_row(r, PLACES) for r in understood(data, name, **how).rows]


def only(data: bytes, name: str = "台账.xlsx", **how: Any) -> LedgerRow:
    (row,) = rows_of(data, name, **how)
    assert not row.troubles, row.troubles
    return row


def cell(header: str, value: Any, *, title: str | None = None, **how: Any) -> LedgerRow:
    """One project with one more column."""
    head = ["项目名称", "属地", header]
    top = [[title]] if title else []
    return rows_of(book_of([*top, head, ["甲冷链项目", "棠下镇", value]]), **how)[0]


# --- where the header is ---------------------------------------------------------------------


@pytest.mark.parametrize("lines", range(12))
def test_the_header_may_stand_below_any_number_of_title_lines(lines: int) -> None:
    above = [[f"蓬江区重点项目情况说明第{n}段"] for n in range(lines)]
    row = only(book_of([*above, ["项目名称", "建设单位", "属地"], ["甲冷链项目", "江门市甲公司", "棠下"]]))
    assert (row.name, row.enterprise, row.town_id) == ("甲冷链项目", "江门市甲公司", TOWN_IDS["棠下镇"])
    assert row.row == lines + 2


def test_a_statistical_report_with_two_header_rows_sections_totals_and_notes() -> None:
    rows = [
        ["2026年重点建设项目进展情况表（截至2026年9月底）"],
        ["单位：万元"],
        ["序号", "项目名称", "建设单位", "属地", "建设起止年限", "总投资", "2026年计划投资", "完成投资情况", None, "形象进度", "联络员"],
        [None, None, None, None, None, None, None, "1-9月累计完成", "完成率(%)", None, None],
        ["甲", "乙", "丙", "丁", "1", "2", "3", "4", "5", "6", "7"],
        ["合计（3项）", None, None, None, None, 600, 60, 30],
        ["一、省重点项目（2项）", None, None, None, None, 300, 30, 20],
        ["（一）产业工程（1项）", None, None, None, None, 100, 10, 10],
        [1, "甲冷链\n项目", "江门市甲公司", "棠下镇", "2024-2026", "1,00", 10, 10, "100%", "主体施工", "容国栋"],
        ["（三）民生保障工程（1项）", None, None, None, None, 200, 20, 10],
        [2, "乙医院项目", "蓬江区荷塘镇人民政府", "荷塘", "2025.3-2027年6月底", "２００", 20, 10, 0.5, "桩基施工", "李 明、王芳"],
        ["小计", None, None, None, None, 300],
        ["二、区重点项目（1项）"],
        [3, "丙道路项目", "蓬江区潮连街道办事处", "潮连街", "2026年", 300, 30, 10, "33%", "", "—"],
        ["注：完成率=累计完成/年度计划。"],
        ["填表人：容国栋   联系电话：13800000000"],
    ]  # fmt: skip
    rows[8][5] = "1,100"
    merges = [f"{c}3:{c}4" for c in "ABCDEFGJK"] + [
        "H3:I3",
        "A1:K1",
        "A2:K2",
        "A6:E6",
        "A7:E7",
        "A8:E8",
        "A10:E10",
        "A12:E12",
        "A13:K13",
        "A15:K15",
    ]
    seen = rows_of(book_of(rows, merges=merges))
    assert [(r.row, r.name) for r in seen] == [(9, "甲冷链项目"), (11, "乙医院项目"), (14, "丙道路项目")]
    assert [r.project.get("level") for r in seen] == [Level.PROVINCE, Level.PROVINCE, Level.DISTRICT]
    assert [r.project.get("category") for r in seen] == [Category.INDUSTRY, Category.LIVELIHOOD, None]
    assert [r.project["total_wan"] for r in seen] == [1100, 200, 300]
    assert [(r.year, r.month) for r in seen] == [(2026, 9)] * 3
    assert [[p.name for p in r.officers] for r in seen] == [["容国栋"], ["李明", "王芳"], []]
    assert (seen[1].project["start_on"], seen[1].project["finish_on"]) == (date(2025, 3, 1), date(2027, 6, 1))
    assert not any(r.troubles for r in seen)


def test_one_sheet_a_town_in_yi_with_real_dates_and_a_sheet_of_explanations() -> None:
    book = load_workbook_from(
        {
            "填报说明": [["一、填报范围", "各镇街"], ["二、时限", "每月5日前"]],
            "白沙街道": [["白沙街道重点项目台账"], ["项目", "企业名称", "投资总额（亿元）", "计划动工时间"], ["甲项目", "甲公司", 2.1099, date(2026, 11, 1)], ["小计", None, "=SUM(C3:C3)"]],
            "杜阮": [["重点项目台账"], ["项目", "企业名称", "投资总额（亿元）", "计划动工时间"], ["乙项目", "乙公司", 0.5, date(2026, 3, 9)]],
        }
    )  # fmt: skip
    seen = rows_of(book)
    assert [(r.sheet, r.town_id, r.project["total_wan"]) for r in seen] == [
        ("白沙街道", TOWN_IDS["白沙街道"], Decimal("21099")),
        ("杜阮", TOWN_IDS["杜阮镇"], Decimal("5000")),
    ]
    assert seen[1].project["start_on"] == date(2026, 3, 9)
    assert understood(book).sheets[0].state == "notes"


def load_workbook_from(sheets: dict[str, list[list[Any]]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for record in rows:
            sheet.append(record)
    return bytes_of(book)


@pytest.mark.parametrize("make", ["xlsx", "xls"])
def test_a_town_and_a_category_merged_down_hold_for_all_their_rows(make: str) -> None:
    rows = [
        ["镇街", "类别", "项目名称", "业主单位", "总投资"],
        ["棠下镇", "产业工程", "甲项目", "甲公司", 100],
        [None, None, "乙项目", "乙公司", 200],
        ["荷塘镇", None, "丙项目", "丙公司", 300],
        [None, "基础设施", "丁项目", "丁公司", 400],
    ]
    data = (
        book_of(rows, merges=["A2:A3", "A4:A5", "B2:B4"])
        if make == "xlsx"
        else xls_of(rows, merges=[(1, 2, 0, 0), (3, 4, 0, 0), (1, 3, 1, 1)])
    )
    seen = rows_of(data, f"台账.{make}")
    assert [r.town_id for r in seen] == [TOWN_IDS[t] for t in ("棠下镇", "棠下镇", "荷塘镇", "荷塘镇")]
    assert [r.project["category"] for r in seen] == [Category.INDUSTRY] * 3 + [Category.INFRASTRUCTURE]


def test_a_csv_saved_from_such_a_sheet_has_the_town_on_the_first_line_only() -> None:
    data = csv_of(
        [
            ["镇街", "项目名称", "总投资"],
            ["棠下镇", "甲", 1],
            ["", "乙", 2],
            ["", "丙", 3],
            ["荷塘镇", "丁", 4],
            ["", "戊", 5],
        ]
    )
    assert [r.town_id for r in rows_of(data, "a.csv")] == [TOWN_IDS["棠下镇"]] * 3 + [TOWN_IDS["荷塘镇"]] * 2


def test_one_forgotten_town_in_a_full_column_is_refused_not_guessed() -> None:
    rows = [["项目名称", "属地"], ["甲", "棠下镇"], ["乙", "棠下镇"], ["丙", None], ["丁", "荷塘镇"]]
    assert [bool(r.troubles) for r in rows_of(book_of(rows))] == [False, False, True, False]


def test_sections_by_town_without_enumerators_in_the_name_column() -> None:
    rows = [
        ["序号", "项目名称", "建设单位", "总投资（万元）"],
        [None, "棠下镇（2项）", None, 300],
        [1, "甲项目", "甲公司", 100],
        [2, "乙项目", "乙公司", 200],
        [None, "荷塘镇（1项）", None, 400],
        [3, "丙项目", "丙公司", 400],
        [None, "总计", None, 700],
    ]
    assert [(r.name, r.town_id) for r in rows_of(book_of(rows))] == [
        ("甲项目", TOWN_IDS["棠下镇"]),
        ("乙项目", TOWN_IDS["棠下镇"]),
        ("丙项目", TOWN_IDS["荷塘镇"]),
    ]


def test_sections_numbered_in_the_sequence_column_and_arabic_third_level() -> None:
    rows = [
        ["序号", "项目名称", "建设单位", "总投资（万元）"],
        ["一", "市重点项目", None, 300],
        ["（一）", "产业工程", None, 300],
        ["1.棠下镇", None, None, 300],
        ["1", "甲项目", "甲公司", 100],
        ["2.荷塘镇", None, None, 300],
        ["2", "乙项目", "乙公司", 200],
        ["二", "区重点项目", None, 300],
        ["1.杜阮镇"],
        ["3", "丙项目", "丙公司", 200],
        ["共3项", None, None, 500],
    ]
    seen = rows_of(book_of(rows))
    assert [(r.project.get("level"), r.project.get("category"), r.town_id) for r in seen] == [
        (Level.CITY, Category.INDUSTRY, TOWN_IDS["棠下镇"]),
        (Level.CITY, Category.INDUSTRY, TOWN_IDS["荷塘镇"]),
        (Level.DISTRICT, None, TOWN_IDS["杜阮镇"]),
    ]


def test_a_named_total_above_its_rows_opens_their_group() -> None:
    rows = [
        ["项目名称", "项目业主", "镇街", "总投资(亿元)"],
        ["总计", None, None, 5],
        ["产业工程小计", None, None, 3],
        ["甲项目", "甲公司", "棠下镇", 2],
        ["民生工程小计", None, None, 2],
        ["丙医院", "蓬江区荷塘镇人民政府", "荷塘镇", 2],
    ]
    assert [r.project["category"] for r in rows_of(book_of(rows))] == [Category.INDUSTRY, Category.LIVELIHOOD]


def test_a_named_total_below_its_rows_says_nothing_of_the_next() -> None:
    rows = [
        ["项目名称", "属地", "总投资"],
        ["甲项目", "棠下镇", 2],
        ["产业工程小计", None, 2],
        ["丙项目", "荷塘镇", 2],
        ["民生工程小计", None, 2],
    ]
    assert ["category" in r.project for r in rows_of(book_of(rows))] == [False, False]


@pytest.mark.parametrize(
    "name",
    ["小计量仪表项目", "合计科技园项目", "共享制造项目", "总计算力中心", "注塑模具项目", "说明书印刷项目"],
)
def test_a_project_whose_name_begins_like_a_total_or_note_is_a_project(name: str) -> None:
    assert only(book_of([["序号", "项目名称", "属地", "总投资"], [1, name, "棠下镇", 5]])).name == name
    assert only(book_of([["项目名称", "属地", "总投资"], [name, "棠下镇", 5]])).name == name


def test_a_line_of_units_under_the_names() -> None:
    rows = [["项目名称", "属地", "总投资", "年度计划"], [None, None, "亿元", "万元"], ["甲", "棠下", 1, 500]]
    row = only(book_of(rows))
    assert (row.project["total_wan"], row.plan_wan) == (10000, 500)


def test_a_header_of_three_rows() -> None:
    rows = [
        ["序号", "基本情况", None, "投资情况（亿元）", None, None, "联系服务", None],
        [None, "项目名称", "所在地", "总投资", "2026年", None, "专员", None],
        [None, None, None, None, "计划", "完成", "姓名", "电话"],
        [1, "甲项目", "潮连街", 1, 0.5, 0.2, "何志强", 13900001111],
    ]
    merges = ["A1:A3", "B1:C1", "B2:B3", "C2:C3", "D1:F1", "D2:D3", "E2:F2", "G1:H1", "G2:H2"]
    row = only(book_of(rows, merges=merges))
    assert (row.project["total_wan"], row.plan_wan, row.done_wan) == (10000, 5000, 2000)
    assert [(p.name, p.phone) for p in row.officers] == [("何志强", "13900001111")]


def test_a_column_under_an_unknown_header_is_told_by_its_towns() -> None:
    rows = [["项目名称", "落地", "总投资"], ["甲", "棠下", 1], ["乙", "荷塘镇", 1]]
    assert [r.town_id for r in rows_of(book_of(rows))] == [TOWN_IDS["棠下镇"], TOWN_IDS["荷塘镇"]]


def test_signatures_and_numbered_notes_in_the_name_column_are_no_projects() -> None:
    rows = [
        ["项目名称", "建设单位", "属地", "总投资"],
        ["甲", "甲公司", "棠下镇", 5],
        ["注：1.带*为新开工项目。"],
        ["2.数据截至2026年10月底。"],
        ["填表人：张三", "审核人：李四", None, "联系电话：13800000000"],
    ]
    assert [r.name for r in rows_of(book_of(rows))] == ["甲"]


def test_two_tables_of_different_layout_on_one_sheet_are_both_read() -> None:
    rows = [
        ["一、省重点项目"],
        ["项目名称", "属地", "总投资（万元）"],
        ["甲", "棠下镇", 5],
        ["二、市重点项目"],
        ["属地", "项目名称", "项目业主", "总投资（亿元）"],
        ["荷塘镇", "乙", "乙公司", 6],
    ]
    assert [(r.row, r.name, r.project["total_wan"], r.project["level"]) for r in rows_of(book_of(rows))] == [
        (3, "甲", 5, Level.PROVINCE),
        (6, "乙", 60000, Level.CITY),
    ]


def test_a_header_printed_again_on_every_page_is_no_project() -> None:
    head = ["项目名称", "属地", "总投资"]
    rows = [head, ["甲", "棠下镇", 1], head, ["乙", "荷塘镇", 2]]
    assert [r.name for r in rows_of(book_of(rows))] == ["甲", "乙"]


def test_an_unmerged_two_row_header_of_a_csv() -> None:
    rows = [
        ["项目名称", "属地", "投资情况（亿元）", "", "", "服务专员", ""],
        ["", "", "总投资", "本年计划", "本年完成", "姓名", "电话"],
        ["甲项目", "棠下镇", "1.2", "0.5", "0.25", "何志强", "139-0000-1111"],
    ]
    row = only(csv_of(rows), "a.csv")
    assert (row.project["total_wan"], row.plan_wan, row.done_wan) == (12000, 5000, 2500)
    assert [(p.name, p.phone) for p in row.officers] == [("何志强", "13900001111")]


def test_columns_come_in_any_order_and_an_unknown_one_is_kept_under_its_own_header() -> None:
    rows = [["环保 联系单", "总投资", "属地", "名称"], ["已发", 100, "棠下镇", "甲项目"]]
    row = only(book_of(rows))
    assert row.extra == {"环保联系单": "已发"}
    assert (row.name, row.project["total_wan"]) == ("甲项目", 100)


def test_hidden_rows_are_read_and_hidden_sheets_are_not() -> None:
    import io

    book = load_workbook(io.BytesIO(book_of([["项目名称", "属地"], ["甲", "棠下镇"], ["乙", "棠下镇"]])))
    book.worksheets[0].row_dimensions[3].hidden = True
    old = book.copy_worksheet(book.worksheets[0])
    old.sheet_state = "hidden"
    book.worksheets[0]["A2"].comment = Comment("核对", "某")
    seen = understood(bytes_of(book))
    assert len(seen.rows) == 2
    assert [s.state for s in seen.sheets] == ["ledger", "hidden"]
    assert "隐藏" in seen.sheets[0].notes[0]


def test_a_project_over_two_lines_keeps_all_its_officers() -> None:
    rows = [
        ["项目名称", "属地", "专员", "电话"],
        ["甲项目", "棠下镇", "何志强", 13900001111],
        [None, None, "李明", 13900002222],
    ]
    (row,) = rows_of(book_of(rows, merges=["A2:A3", "B2:B3"]))
    assert [(p.name, p.phone) for p in row.officers] == [("何志强", "13900001111"), ("李明", "13900002222")]


def test_a_ledger_by_file_name_only_when_nothing_else_states_the_period() -> None:
    data = book_of([["项目名称", "属地", "累计完成投资"], ["甲", "棠下镇", 5]])
    assert (only(data, "2026年8月台账.xlsx").year, only(data, "2026年8月台账.xlsx").month) == (2026, 8)
    assert (only(data).year, only(data).month) == (2026, 11)
    assert (only(data, year=2025, month=7).year, only(data, year=2025, month=7).month) == (2025, 7)


@pytest.mark.parametrize(
    ("title", "period"),
    [
        ("项目进展情况表（截至2026年10月底）", (2026, 10)),
        ("2026年1-9月重点项目完成情况", (2026, 9)),
        ("蓬江区2026年8月重点项目调度表", (2026, 8)),
        ("2025年上半年重点项目", (2025, 6)),
        ("2026年第三季度重点项目", (2026, 9)),
        ("2025年重点项目计划表", (2025, 12)),
        ("制表日期：2026年3月5日", (2026, 11)),
    ],
)
def test_the_period_comes_from_the_title(title: str, period: tuple[int, int]) -> None:
    row = cell("总投资", 1, title=title)
    assert (row.year, row.month) == period


# --- money --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "header", "value", "wan"),
    [
        ("单位：万元", "总投资", 1234, "1234"),
        ("单位：亿元", "总投资", 1.2, "12000"),
        ("（单位：亿元）", "总投资（万元）", 1234, "1234"),
        (None, "总投资（亿元）", "1.2", "12000"),
        (None, "总投资(万元)", "12,345.6", "12345.6"),
        (None, "总投资（元）", 120000000, "12000"),
        ("金额单位：人民币亿元", "总投资", "0.5", "5000"),
        (None, "总投资", "1.2亿", "12000"),
        (None, "总投资（亿元）", "3000万", "3000"),
        (None, "总投资", "约3000万元", "3000"),
        (None, "总投资", "３，０００", "3000"),
        (None, "总投资", 28533.000000000004, "28533"),
    ],
)
def test_amounts_in_every_unit(title: str | None, header: str, value: Any, wan: str) -> None:
    row = cell(header, value, title=title)
    assert not row.troubles
    assert row.project["total_wan"] == Decimal(wan)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("1.2-1.5", "区间"),
        (-5, "负"),
        ("(5)", "负"),
        ("若干", "读不懂"),
        (99_999_999_999, "超过"),
        ("#DIV/0!", "错误值"),
        ("=A1*2", "计算结果"),
        (True, "金额"),
        ("12,34", "读不懂"),
    ],
)
def test_an_amount_that_cannot_be_taken_is_refused_with_the_reason(value: Any, says: str) -> None:
    row = cell("总投资（万元）", value)
    (trouble,) = row.troubles
    assert trouble.column == "总投资（万元）"
    assert says in trouble.reason


def test_last_years_and_one_months_figures_are_not_this_years() -> None:
    rows = [
        ["重点项目（截至2026年10月底）"],
        [
            "项目名称",
            "属地",
            "2025年完成投资",
            "2026年计划投资",
            "10月完成投资",
            "2026年1-10月完成投资",
            "自开工累计完成投资",
        ],
        ["甲", "棠下镇", 1, 2, 3, 4, 5],
    ]
    row = only(book_of(rows))
    assert (row.plan_wan, row.done_wan) == (2, 4)
    assert row.extra == {"2025年完成投资": "1", "10月完成投资": "3", "自开工累计完成投资": "5"}


@pytest.mark.parametrize("empty", ["—", "-", "/", "", "　", "――".replace("―", "—")])
def test_a_dash_is_nothing_and_not_zero(empty: str) -> None:
    row = cell("总投资", empty)
    assert "total_wan" not in row.project
    assert not row.troubles


# --- dates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "on", "precision"),
    [
        ("2026.3", date(2026, 3, 1), DatePrecision.MONTH),
        (2026.3, date(2026, 3, 1), DatePrecision.MONTH),
        ("2026年3月底", date(2026, 3, 1), DatePrecision.MONTH),
        ("2026-05", date(2026, 5, 1), DatePrecision.MONTH),
        ("2026/3/1", date(2026, 3, 1), DatePrecision.DAY),
        (2026, date(2026, 1, 1), DatePrecision.YEAR),
        (date(2026, 3, 9), date(2026, 3, 9), DatePrecision.DAY),
        (46090, date(2026, 3, 9), DatePrecision.DAY),
        ("２０２６年１２月", date(2026, 12, 1), DatePrecision.MONTH),
    ],
)
def test_dates_in_every_way_of_writing(value: Any, on: date, precision: DatePrecision) -> None:
    row = cell("计划开工", value)
    assert not row.troubles
    assert (row.project["start_on"], row.project["start_precision"]) == (on, precision)


def test_the_thirtieth_of_february_is_refused() -> None:
    (trouble,) = cell("计划开工", "2026年2月30日").troubles
    assert trouble.reason == "2026年2月没有30日，请检查日期"


@pytest.mark.parametrize(
    ("start", "finish", "ok"),
    [
        ("2026-05", "2026", True),  # some day of 2026 may be later
        ("2026-05-20", "2026-05", True),
        ("2026-05", "2026-04", False),
        ("2026", "2025-12-31", False),
    ],
)
def test_finish_before_start_is_judged_by_how_exactly_both_are_stated(
    start: str, finish: str, ok: bool
) -> None:
    rows = [["项目名称", "属地", "计划开工", "计划竣工"], ["甲", "棠下镇", start, finish]]
    (row,) = rows_of(book_of(rows))
    assert (not row.troubles) is ok


# --- people and places -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "town",
    ["棠下", "棠下镇", "棠下镇人民政府", "蓬江区棠下镇", "棠 下 镇", "江门市蓬江区棠下镇", "棠下镇莲塘村"],
)
def test_a_town_written_short_or_long(town: str) -> None:
    rows = [["项目名称", "镇街"], ["甲", town]]
    assert only(book_of(rows)).town_id == TOWN_IDS["棠下镇"]


@pytest.mark.parametrize("town", ["环市", "环市街", "环市街道", "环市街道办", "环市街道办事处", "环市办事处"])
def test_a_street_written_short_or_long(town: str) -> None:
    assert only(book_of([["项目名称", "镇街"], ["甲", town]])).town_id == TOWN_IDS["环市街道"]


def test_a_town_of_another_district_is_refused_and_the_allowed_ones_named() -> None:
    (row,) = rows_of(book_of([["项目名称", "镇街"], ["甲", "新会区会城街道"]]))
    assert "不是本区镇街" in row.troubles[0].reason
    assert "棠下镇" in row.troubles[0].reason


def test_rare_characters_stay_exactly_as_written() -> None:
    rows = [
        ["项目名称", "属地", "业主", "专员"],
        ["𬭚业（㙍）Ａ项目", "棠下镇", "江门市㙍氏𬭚业有限公司", "㙍国栋、𬭚小明"],
    ]
    row = only(book_of(rows))
    assert (row.name, row.enterprise) == ("𬭚业（㙍）Ａ项目", "江门市㙍氏𬭚业有限公司")
    assert [p.name for p in row.officers] == ["㙍国栋", "𬭚小明"]


def test_a_bare_telephone_column_belongs_to_the_person_on_its_left() -> None:
    rows = [
        ["项目名称", "属地", "服务专员", "联系电话", "企业联系人", "联系电话"],
        ["甲", "棠下镇", "何志强", "13900001111", "余丽华", "13900002222"],
    ]
    row = only(book_of(rows))
    assert [(p.name, p.phone) for p in row.officers] == [("何志强", "13900001111")]
    assert row.contact is not None
    assert row.contact.name == "余丽华"


def test_name_and_number_in_one_cell() -> None:
    row = cell("服务专员及联系电话", "何志强13800000000\n李 明 13900001111")
    assert [(p.name, p.phone) for p in row.officers] == [("何志强", "13800000000"), ("李明", "13900001111")]


def test_a_credit_code_is_upper_cased_and_a_wrong_one_told_its_check_character() -> None:
    assert cell("信用代码", CODES[0].lower()).credit_code == CODES[0]
    wrong = CODES[0][:-1] + ("0" if CODES[0][-1] != "0" else "1")
    (trouble,) = cell("信用代码", wrong).troubles
    assert f"应为{CODES[0][-1]}" in trouble.reason


def test_a_credit_code_ruined_by_excel_is_explained() -> None:
    (trouble,) = cell("信用代码", 914407030000000000).troubles
    assert "科学计数" in trouble.reason


def test_a_row_without_a_name_is_refused_not_skipped() -> None:
    rows = [
        ["序号", "项目名称", "建设单位", "属地", "总投资"],
        [1, None, "甲公司", "棠下镇", 5],
        [2, "乙", "乙公司", "棠下镇", 5],
    ]
    seen = rows_of(book_of(rows))
    assert [bool(r.troubles) for r in seen] == [True, False]
    assert seen[0].troubles[0].column == "项目名称"


def test_a_column_called_class_is_judged_by_what_stands_in_it() -> None:
    rows = [["项目名称", "属地", "类别"], ["甲", "棠下镇", "新开工"], ["乙", "棠下镇", "续建"]]
    seen = rows_of(book_of(rows))
    assert [r.project.get("plan_class") for r in seen] == [PlanClass.NEW_START, PlanClass.CONTINUED]


def test_everything_wrong_with_a_row_is_told_at_once() -> None:
    rows = [
        ["项目名称", "属地", "信用代码", "总投资", "计划开工"],
        [None, "会城", "123", "若干", "2026年2月30日"],
    ]
    (row,) = rows_of(book_of(rows))
    assert [t.column for t in row.troubles] == ["项目名称", "信用代码", "属地", "总投资", "计划开工"]


def test_the_users_mapping_goes_before_ours() -> None:
    rows = [["项目名称", "属地", "金额"], ["甲", "棠下镇", 2]]
    row = only(book_of(rows), mapping={"金额": Choice("total_wan", "亿元")})
    assert row.project["total_wan"] == 20000


def test_two_columns_chosen_for_one_field_lose_nothing() -> None:
    rows = [["项目名称", "属地", "金额", "数额"], ["甲", "棠下镇", 2, 3]]
    row = only(book_of(rows), mapping={"金额": Choice("total_wan"), "数额": Choice("total_wan")})
    assert (row.project["total_wan"], row.extra) == (2, {"数额": "3"})


# --- the stage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("progress", "stage"),
    [
        ("前期策划，正在开展选址论证", Stage.EARLY_PLANNING),
        ("已完成备案，正在办理用地手续", Stage.LAND),
        ("已摘牌，正在办理建设用地规划许可证", Stage.LAND),
        ("已取得建设工程规划许可证，正在办理施工许可证", Stage.CONSTRUCTION_PERMIT),
        ("已取得施工许可证", Stage.CONSTRUCTION_PERMIT),
        ("桩基施工", Stage.CONSTRUCTION),
        ("主体结构封顶", Stage.CONSTRUCTION),
        ("设备安装调试", Stage.CONSTRUCTION),
        ("厂房主体完成80%，计划2026年底投产", Stage.CONSTRUCTION),
        ("已竣工，正在办理联合验收", Stage.COMPLETION),
        ("已投产", Stage.PRODUCTION),
        ("计划12月开工", Stage.EARLY_PLANNING),
        ("尚未开工", Stage.EARLY_PLANNING),
        ("", Stage.EARLY_PLANNING),
    ],
)
def test_a_new_projects_stage_is_read_conservatively(progress: str, stage: Stage) -> None:
    assert cell("形象进度", progress).stage is stage


# --- offices that keep their ledgers otherwise ---------------------------------------------------------


def said(row: LedgerRow, *names: str) -> list[Any]:
    """The named facts of a row, dates as exactly as they were stated."""
    shapes = {DatePrecision.YEAR: "%Y", DatePrecision.MONTH: "%Y-%m", DatePrecision.DAY: "%Y-%m-%d"}
    found = []
    for name in names:
        value = row.project.get(name)
        precision = row.project.get(name.replace("_on", "_precision"))
        found.append(f"{value:{shapes[precision]}}" if value and precision else value)
    return found


@pytest.mark.parametrize(
    ("header", "value", "start", "finish"),
    [
        ("实际/计划开工", "2025.6", "2025-06", None),
        ("计划（实际）开工时间", "2025.6", "2025-06", None),
        ("动工日期", "2025-06-01", "2025-06-01", None),
        ("开工时间", "已于2025年3月开工", "2025-03", None),
        ("开工时间", "2024-2026", "2024", "2026"),
        ("开工时间", "2024年3月-2026年12月", "2024-03", "2026-12"),
        ("开竣工日期", "2024.3-2026.12", "2024-03", "2026-12"),
        ("建设周期", "2025.05～2026.10", "2025-05", "2026-10"),
        ("建设起讫年限", "2025-2026", "2025", "2026"),
        ("完工时间", "力争2026年底竣工", None, "2026-12"),
    ],
)
def test_start_and_finish_under_many_headers(
    header: str, value: str, start: str | None, finish: str | None
) -> None:
    row = cell(header, value)
    assert not row.troubles
    assert said(row, "start_on", "finish_on") == [start, finish]


def test_a_start_beside_a_production_date_is_still_the_start() -> None:
    rows = [["项目名称", "镇街", "动工日期", "投产日期"], ["甲", "棠下镇", "2025年5月", "2026年6月"]]
    assert said(only(book_of(rows)), "start_on", "production_on") == ["2025-05", date(2026, 6, 30)]


def test_a_span_in_the_start_column_gives_way_to_a_finish_column() -> None:
    rows = [["项目名称", "镇街", "开工时间", "竣工时间"], ["甲", "棠下镇", "2024-2026", "2027年"]]
    assert said(only(book_of(rows)), "start_on", "finish_on") == ["2024", "2027"]


@pytest.mark.parametrize(
    ("header", "words"), [("开工时间", "未开工"), ("建设周期", "24个月"), ("竣工时间", "未竣工")]
)
def test_a_state_or_a_duration_where_a_date_is_asked_is_kept_as_words(header: str, words: str) -> None:
    row = cell(header, words)
    assert (row.troubles, row.extra) == ([], {header: words})


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("帮办专员", "officers"),
        ("首席服务官", "officers"),
        ("联络人", "officers"),
        ("跟踪服务人员", "officers"),
        ("企业联络员", "contact_name"),
        ("投资方名称", "enterprise"),
        ("街镇", "town"),
        ("所属镇（街）", "town"),
        ("落户镇街道", "town"),
        ("建设性质", "plan_class"),
        ("下阶段工作计划", "next_step"),
        ("责任部门", "lead_unit"),
        ("牵头部门", "lead_unit"),
        ("包联领导", "leader"),
        ("协调事项", "problem"),
        ("主要困难", "problem"),
        ("今年以来完成", "done_wan"),
        ("本月止累计", "done_wan"),
        ("截至目前完成", "done_wan"),
        ("年内累计完成", "done_wan"),
        ("2026年目标", "plan_wan"),
        ("概算总投资（万元）", "total_wan"),
        ("投资额(万)", "total_wan"),
        ("项目名称及建设内容", "name"),
        ("项目名称（投资企业）", "name"),
        ("责任单位及责任人", "lead_unit"),
        # and what must stay nobody's
        ("10月完成投资", ""),
        ("开工以来累计完成投资", ""),
        ("2025年完成投资额", "done_wan"),
        ("施工单位", ""),
        ("其中：固定资产投资", ""),
        ("排名", ""),
    ],
)
def test_what_a_header_means(header: str, field: str) -> None:
    from crm.ledgers.headers import best_field

    assert best_field(header)[0] == field


@pytest.mark.parametrize(
    "words",
    [
        "张三（13800000000）；李四",
        "张三13800000000/李四",
        "牵头：张三 13800000000 协办：李四",
        "张三\n13800000000\n李四",
    ],
)
def test_two_officers_and_one_number_in_one_cell(words: str) -> None:
    assert [(p.name, p.phone) for p in cell("服务专员", words).officers] == [
        ("张三", "13800000000"),
        ("李四", ""),
    ]


def test_every_number_goes_to_the_person_before_it() -> None:
    rows = [
        ["项目名称", "镇街", "挂点领导", "联系电话", "项目联系人", "联系电话", "牵头专员", "专员电话", "协办专员", "协办专员电话"],
        ["甲", "棠下镇", "王建国", 1, "陈伟", 13900000001, "张三", 13800000001, "李四、王五", 13800000002],
    ]  # fmt: skip
    row = only(book_of(rows))
    assert row.contact is not None
    assert (row.contact.name, row.contact.phone) == ("陈伟", "13900000001")
    assert [(p.name, p.phone) for p in row.officers] == [
        ("张三", "13800000001"),
        ("李四", "13800000002"),
        ("王五", ""),
    ]


def test_a_three_row_header_with_units_in_a_row_of_their_own() -> None:
    rows = [
        ["2026年1-8月重点项目"],
        ["序号", "项目概况", "", "", "投资", "", "", "联系服务", ""],
        ["", "项目名称", "业主", "街镇", "总投资", "其中：2026年", "", "专员", "电话"],
        ["", "", "", "", "", "计划", "完成", "", ""],
        ["", "", "", "", "亿元", "万元", "万元", "", ""],
        [1, "甲", "甲公司", "潮连", 1.5, 100, 50, "张三", "13800000001"],
    ]
    merges = ["A1:I1", "A2:A5", "B2:D2", "E2:G2", "H2:I2", "F3:G3", "B3:B5", "C3:C5", "D3:D5", "E3:E4"]
    row = only(book_of(rows, merges=merges))
    assert (row.project["total_wan"], row.plan_wan, row.done_wan, row.month) == (15000, 100, 50, 8)
    assert row.town_id == TOWN_IDS["潮连街道"]


def test_two_tables_of_one_layout_each_in_its_own_unit() -> None:
    head = ["序号", "项目名称", "镇街", "总投资"]
    rows = [
        ["表一：产业项目（单位：亿元）"], head, [1, "甲", "棠下", 1.2], ["合计", "", "", 1.2], [],
        ["表二：民生项目（单位：万元）"], head, [1, "乙", "荷塘", 1200], ["合计", "", "", 1200],
    ]  # fmt: skip
    assert [(r.name, r.project["total_wan"], r.project["category"]) for r in rows_of(book_of(rows))] == [
        ("甲", 12000, Category.INDUSTRY),
        ("乙", 1200, Category.LIVELIHOOD),
    ]


def test_a_printed_page_repeats_its_unit_and_the_section_goes_on() -> None:
    head = ["序号", "项目名称", "镇街", "总投资"]
    rows = [
        ["单位：亿元"],
        head,
        ["一、省重点项目"],
        [1, "甲", "棠下", 1],
        ["单位：亿元"],
        head,
        [2, "乙", "荷塘", 2],
    ]
    assert [(r.name, r.project["level"]) for r in rows_of(book_of(rows))] == [
        ("甲", Level.PROVINCE),
        ("乙", Level.PROVINCE),
    ]


def snapshots() -> bytes:
    """One sheet a month of the same projects."""
    return load_workbook_from(
        {
            f"{m}月": [
                ["2026年重点项目"],
                ["项目名称", "镇街", "累计完成投资"],
                ["甲", "棠下镇", m * 10],
                ["乙", "荷塘镇", m],
            ]
            for m in (8, 9, 10)
        }
    )


def test_of_monthly_snapshots_the_latest_is_read_and_the_others_are_named() -> None:
    seen = understood(snapshots())
    assert [v.state for v in seen.sheets] == ["older", "older", "ledger"]
    assert "9月" in seen.sheets[1].notes[0]
    rows = rows_of(snapshots())
    assert [(r.name, r.done_wan, r.year, r.month) for r in rows] == [
        ("甲", 100, 2026, 10),
        ("乙", 10, 2026, 10),
    ]


def test_a_month_asked_for_is_the_snapshot_that_is_read() -> None:
    assert [r.done_wan for r in rows_of(snapshots(), year=2026, month=9)] == [90, 9]


def test_sheets_of_one_month_and_sheets_of_different_projects_are_all_read() -> None:
    book = load_workbook_from(
        {
            "9月开工": [["2026年9月"], ["项目名称", "镇街", "总投资"], ["甲", "棠下镇", 1]],
            "10月开工": [["2026年10月"], ["项目名称", "镇街", "总投资"], ["乙", "荷塘镇", 1]],
        }
    )
    assert [(r.name, r.month) for r in rows_of(book)] == [("甲", 9), ("乙", 10)]


def test_a_text_of_utf16_with_tabs_and_line_breaks_inside_quotes() -> None:
    rows = [
        ["项目名称", "镇街", "总投资（万元）", "进展情况"],
        ["𬭚业〔2026〕\n一号㙍项目", "棠下", "1,200.5", "一、打桩；\n二、采购。"],
    ]
    row = only(csv_of(rows, encoding="utf-16", separator="\t"), "a.csv")
    assert (row.name, row.project["total_wan"]) == ("𬭚业〔2026〕一号㙍项目", Decimal("1200.5"))
    assert row.texts["progress"] == "一、打桩；\n二、采购。"
