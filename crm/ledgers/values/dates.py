"""Dates as exactly as they are stated, and spans of them. Pure."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from crm.core.i18n import _
from crm.ledgers.reader import Cell
from crm.ledgers.values.words import Unreadable, blank, narrow, sound
from models.vocabulary import DatePrecision

FIRST_YEAR, LAST_YEAR = 1980, 2100
EPOCH_1900 = date(1899, 12, 30)


@dataclass(frozen=True)
class Day:
    """A date as exactly as it was stated; a month or year is kept as its first day."""

    on: date
    precision: DatePrecision

    @property
    def last(self) -> date:
        """The last day it may mean."""
        if self.precision is DatePrecision.DAY:
            return self.on
        month = 12 if self.precision is DatePrecision.YEAR else self.on.month
        return date(self.on.year, month, calendar.monthrange(self.on.year, month)[1])


_CHINESE_DIGITS = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}
_DATE = (
    r"(?P<y{n}>(?:19|20|21)\d\d)(?!\d(?!\d))\s*(?:年度|年)?"
    r"(?:[-./]?\s*(?P<m{n}>1[0-9]|0?[1-9])(?!\d)\s*月?份?"
    r"(?:[-./]?\s*(?P<d{n}>3[0-9]|[12]\d|0?[1-9])(?!\d)\s*[日号]?)?"
    r"|\s*(?P<q{n}>第?[一二三四1234]季度|[Qq][1-4]|上半年|下半年|年?[初中底末]))?"
    r"\s*(?:底前|底|末|初|中旬|上旬|下旬|月中|以前|之前|前|左右)*"
)
_ONE = re.compile(_DATE.replace("{n}", "1"))
_TWO = re.compile(
    _DATE.replace("{n}", "1") + r"\s*(?:起|开始)?\s*[-~至到]+\s*" + _DATE.replace("{n}", "2") + r"\s*(?:止)?"
)
_SAME_YEAR = re.compile(_DATE.replace("{n}", "1") + r"\s*[-~至到]+\s*(?P<m2>1[0-2]|0?[1-9])\s*月?\s*底?")
_QUARTERS = {"一": 3, "1": 3, "二": 6, "2": 6, "三": 9, "3": 9, "四": 12, "4": 12}


def years_in_digits(words: str) -> str:
    """2026年 for 二〇二六年."""
    return re.sub(
        r"[〇零○一二三四五六七八九]{4}(?=年)",
        lambda m: "".join(_CHINESE_DIGITS[c] for c in m.group(0)),
        words,
    )


def _date_text(raw: str) -> str:
    plain = narrow(raw)
    plain = re.sub(r"[—–―－‐‑‒﹣～〜至到]+", lambda m: "~" if m.group(0)[0] in "～〜至到" else "-", plain)
    plain = years_in_digits(plain)
    plain = re.sub(r"(?<=年)([一二三四五六七八九十]{1,3})(?=月)", lambda m: small(m.group(1)), plain)
    plain = re.sub(r"(?<=月)([一二三四五六七八九十]{1,3})(?=[日号])", lambda m: small(m.group(1)), plain)
    plain = re.sub(r"(?<!\d)(\d\d)(?=年)", r"20\1", plain)
    plain = re.sub(r"[T ]\d{1,2}:\d\d(:\d\d)?(\.\d+)?$", "", plain)
    plain = re.sub(
        r"^(约|预计|计划|拟|力争|争取|暂定|已|于|自|从|在)+|\((预计|计划|实际|拟)\)"
        r"|(正式|全面|实质性)?(开工|动工|竣工|完工|投产|建成|完成)(建设)?$",
        "",
        plain,
    )
    return re.sub(r"\s+", "", plain)


def small(chinese: str) -> str:
    tens, ten, ones = chinese.rpartition("十")
    if not ten:
        return _CHINESE_DIGITS[chinese[-1]]
    return str((int(_CHINESE_DIGITS[tens]) if tens else 1) * 10 + (int(_CHINESE_DIGITS[ones]) if ones else 0))


def _build(groups: dict[str, str | None], n: str) -> Day:
    year = int(groups[f"y{n}"] or 0)
    month, on, part = groups.get(f"m{n}"), groups.get(f"d{n}"), groups.get(f"q{n}")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unreadable(_("年份{year}不合理，请检查", year=year))
    if part:
        return Day(date(year, _month_of(part), 1), DatePrecision.MONTH)
    if month is None:
        return Day(date(year, 1, 1), DatePrecision.YEAR)
    if int(month) > 12:
        raise Unreadable(_("没有{month}月，请检查日期", month=int(month)))
    if on is None:
        return Day(date(year, int(month), 1), DatePrecision.MONTH)
    try:
        return Day(date(year, int(month), int(on)), DatePrecision.DAY)
    except ValueError:
        raise Unreadable(
            _("{year}年{month}月没有{day}日，请检查日期", year=year, month=int(month), day=int(on))
        ) from None


def _month_of(part: str) -> int:
    """A promise by quarter or half is kept as its last month (house rule)."""
    if "上半" in part or part[-1] == "中":
        return 6
    if "下半" in part or part[-1] in "底末":
        return 12
    if part[-1] == "初":
        return 1
    return next(_QUARTERS[c] for c in part if c in _QUARTERS)


def day(cell: Cell | None) -> Day | None:
    """A date with how exactly it is stated. Raises `Unreadable` for 30 February and the like."""
    if cell is None or blank(cell):
        return None
    sound(cell)
    if cell.kind in "dm":
        on = date.fromisoformat(cell.value)
        if not FIRST_YEAR <= on.year <= LAST_YEAR:
            raise Unreadable(_("年份{year}不合理，请检查", year=on.year))
        if cell.kind == "m":
            return Day(on.replace(day=1), DatePrecision.MONTH)
        return Day(on, DatePrecision.DAY)
    if cell.kind not in "ns":
        raise Unreadable(_("日期读不懂，请写成 2026-03-01、2026年3月 或 2026年"))
    raw = _date_text(cell.text)
    packed = re.fullmatch(r"((?:19|20)\d\d)(\d\d)(\d\d)?", raw)
    if packed:
        raw = "-".join(p for p in packed.groups() if p)
    elif re.fullmatch(r"[2-7]\d{4}(\.\d+)?", raw):
        # A date whose cell lost its date format: Excel's serial number.
        return Day(EPOCH_1900 + timedelta(days=int(float(raw))), DatePrecision.DAY)
    found = _ONE.fullmatch(raw)
    if not found:
        raise Unreadable(_("日期读不懂，请写成 2026-03-01、2026年3月 或 2026年"))
    return _build(found.groupdict(), "1")


def span(cell: Cell | None) -> tuple[Day | None, Day | None]:
    """建设起止年限: (start, finish). One year alone is both; one month alone is the start."""
    if cell is None or blank(cell):
        return None, None
    sound(cell)
    if cell.kind == "s":
        raw = _date_text(str(cell.value))
        for pattern in (_TWO, _SAME_YEAR):
            mixed = re.fullmatch(r"\d{4}[./年]\d{1,2}月?-\d{1,2}月?", raw)  # 2026.3-12: March to December
            if pattern is _SAME_YEAR and _ONE.fullmatch(raw) and not mixed:
                break  # 2026-05 is a month, not the span from 2026 to May
            found = pattern.fullmatch(raw)
            if found:
                groups = found.groupdict()
                first = _build(groups, "1")
                return first, _build({"y2": groups["y1"], **groups}, "2")
    only = day(cell)
    if only is not None and only.precision is DatePrecision.YEAR:
        return only, only
    return only, None


def start(cell: Cell | None) -> tuple[Day | None, Day | None]:
    """A start date; or, where the cell holds a span, both of its ends. A year alone is only a start."""
    try:
        return day(cell), None
    except Unreadable:
        first, last = span(cell)
        return first, last
