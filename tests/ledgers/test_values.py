"""What a cell means, over everything that could stand in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from crm.core.names import name_key
from crm.ledgers import values
from crm.ledgers.reader import Cell
from crm.ledgers.values import UNITS, YUAN, Unreadable
from models.vocabulary import DatePrecision
from tests.ledgers.books import credit_code

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
CELLS = st.one_of(
    WORDS.map(lambda t: Cell("s", t)),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda n: Cell("n", [n, -1])),
    st.integers(-(10**18), 10**18).map(lambda n: Cell("n", [n, 0])),
    st.floats(-1e6, 1e6).map(lambda n: Cell("p", n)),
    st.dates(date(1900, 1, 1)).map(lambda d: Cell("d", d.isoformat())),
    st.booleans().map(lambda b: Cell("b", b)),
    st.sampled_from([Cell("e", "#REF!"), Cell("f", "=1")]),
)
PARSERS = (
    values.amount,
    values.day,
    values.span,
    values.people,
    values.phones,
    values.credit_code,
    values.project_code,
    values.level,
    values.category,
    values.name,
    values.text,
    lambda c: values.measure(c, Decimal(10) ** 9),
)


@given(CELLS, st.sampled_from(PARSERS))
def test_any_cell_is_a_value_or_one_reason_and_never_a_crash(cell: Cell, parse: object) -> None:
    said = "taken"
    try:
        parse(cell)  # type: ignore[operator]
    except Unreadable as reason:
        said = str(reason)
    assert said


@given(st.integers(0, 10**12), st.sampled_from(["plain", "thousands", "wide", "unit"]))
def test_an_amount_is_exact_however_it_is_written(yuan: int, style: str) -> None:
    wan = Decimal(yuan) / 10_000
    words = f"{wan:f}"
    if style == "thousands":
        words = f"{wan:,f}"
    elif style == "wide":
        words = "".join(chr(ord(c) + 0xFEE0) for c in words)
    elif style == "unit":
        words = f"约{words}万元"
    assert values.amount(Cell("s", words)) == wan


@given(st.decimals(0, 1000, places=4), st.sampled_from(sorted(UNITS)))
def test_the_columns_unit_is_applied_once(number: Decimal, unit: str) -> None:
    found = values.amount(Cell("s", f"{number}"), unit)
    assert found is not None
    assert abs(found - number * UNITS[unit]) <= YUAN / 2
    assert found == found.quantize(YUAN)


@given(st.floats(0, 1e6))
def test_a_float_of_a_cell_is_never_finer_than_one_yuan(number: float) -> None:
    found = values.amount(Cell("n", [number, -1]), "亿元") if number <= 1e4 else Decimal(0)
    assert found is not None
    assert (found * 10_000) % 1 == 0


@given(
    st.dates(date(1990, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"]),
)
def test_a_whole_date_comes_back_however_it_is_written(on: date, style: str) -> None:
    found = values.day(Cell("s", on.strftime(style)))
    assert found is not None
    assert (found.on, found.precision, found.last) == (on, DatePrecision.DAY, on)


@given(
    st.integers(1990, 2099),
    st.integers(1, 12),
    st.sampled_from(
        ["{y}.{m}", "{y}-{m:02d}", "{y}/{m}", "{y}年{m}月", "{y}年{m}月底", "{y}年{m:02d}月上旬"]
    ),
)
def test_a_month_is_kept_as_its_first_day(year: int, month: int, style: str) -> None:
    found = values.day(Cell("s", style.format(y=year, m=month)))
    assert found is not None
    assert (found.on, found.precision) == (date(year, month, 1), DatePrecision.MONTH)


@given(
    st.integers(1990, 2099),
    st.integers(1, 12),
    st.integers(1990, 2099),
    st.integers(1, 12),
    st.sampled_from(["{y}.{m}", "{y}-{m:02d}", "{y}年{m}月", "{y}年{m}月底"]),
    st.sampled_from(["-", "—", "～", "~", "至", "到", " - "]),
)
def test_a_span_splits_where_it_should(y1: int, m1: int, y2: int, m2: int, style: str, between: str) -> None:
    words = style.format(y=y1, m=m1) + between + style.format(y=y2, m=m2)
    start, finish = values.span(Cell("s", words))
    assert start is not None
    assert finish is not None
    assert (start.on, finish.on) == (date(y1, m1, 1), date(y2, m2, 1))


@pytest.mark.parametrize(
    ("words", "start", "finish"),
    [
        ("2024-2026", date(2024, 1, 1), date(2026, 1, 1)),
        ("2024～2026年", date(2024, 1, 1), date(2026, 1, 1)),
        ("2023年6月-2025-05", date(2023, 6, 1), date(2025, 5, 1)),
        ("2023-07-2026年6月", date(2023, 7, 1), date(2026, 6, 1)),
        ("2026.3-12", date(2026, 3, 1), date(2026, 12, 1)),
        ("2026年", date(2026, 1, 1), date(2026, 1, 1)),
        ("2025.1.2-2026.3.4", date(2025, 1, 2), date(2026, 3, 4)),
    ],
)
def test_spans_as_offices_write_them(words: str, start: date, finish: date) -> None:
    first, last = values.span(Cell("s", words))
    assert first is not None
    assert last is not None
    assert (first.on, last.on) == (start, finish)


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9))
def test_a_valid_credit_code_passes_and_one_wrong_character_is_told(body: str) -> None:
    code = credit_code("91440703" + body)
    assert values.credit_code(Cell("s", f" {code.lower()} ")) == code
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    with pytest.raises(Unreadable, match=uscc.calc_check_digit(code[:17])):
        values.credit_code(Cell("s", wrong))


NAMES = st.lists(
    st.text("李王张刘陈杨赵黄周吴容谭区余冯何梁㙍", min_size=1, max_size=1).flatmap(
        lambda s: st.text("国志强子晴咏琪慧珊永乐泽楷晓彤", min_size=2, max_size=2).map(lambda g: s + g)
    ),
    min_size=1,
    max_size=5,
    unique=True,
)


@given(NAMES, st.sampled_from(["、", "，", ",", "/", " ", "；", "\n", "　", " 、 "]))
def test_officers_in_one_cell_come_apart_in_order(names: list[str], between: str) -> None:
    assert [p.name for p in values.people(Cell("s", between.join(names)))] == names


@given(
    NAMES,
    st.sampled_from(["{n}{p}", "{n} {p}", "{n}（{p}）", "{n}：{p}"]),
    st.sampled_from(["、", "\n", "；"]),
)
def test_each_number_stays_with_the_name_before_it(names: list[str], style: str, between: str) -> None:
    numbers = [f"1390000{n:04d}" for n in range(len(names))]
    words = between.join(style.format(n=n, p=p) for n, p in zip(names, numbers, strict=True))
    assert [(p.name, p.phone) for p in values.people(Cell("s", words))] == list(
        zip(names, numbers, strict=True)
    )


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("李 明", ["李明"]),
        ("李 明 王 芳", ["李明", "王芳"]),
        ("容国\n栋", ["容国栋"]),
        ("冯\n晓彤", ["冯晓彤"]),
        ("牵头：何志强；协办：李明", ["何志强", "李明"]),
        ("何志强（组长）、李明", ["何志强", "李明"]),
        ("李明、李明", ["李明"]),
        ("待定", []),
        ("𬭚国栋/㙍晓彤", ["𬭚国栋", "㙍晓彤"]),
    ],
)
def test_names_as_offices_write_them(words: str, names: list[str]) -> None:
    assert [p.name for p in values.people(Cell("s", words))] == names


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=1, max_size=30))
def test_a_name_is_kept_to_the_character(words: str) -> None:
    if values.is_empty(words):
        return
    found = values.name(Cell("s", words))
    assert found == words
    assert name_key(found) == name_key(words)
