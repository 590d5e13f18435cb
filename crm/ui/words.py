"""How dates, amounts, rates and names are written on screens."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from crm.core.i18n import _, language
from crm.core.today import SHANGHAI
from models.vocabulary import DatePrecision

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
NOTHING = "—"


def day(value: date | None, *, year: int | None = None, precision: DatePrecision = DatePrecision.DAY) -> str:
    """11月22日 周日; with its year when that is not `year` (pass the current one). By month or year if so stated."""
    if value is None:
        return NOTHING
    if precision is DatePrecision.YEAR:
        return f"{value.year}" if language() == "en" else f"{value.year}年"
    if precision is DatePrecision.MONTH:
        return f"{value:%Y-%m}" if language() == "en" else f"{value.year}年{value.month}月"
    if language() == "en":
        return f"{value:%a} {value.day} {value:%b}" + ("" if year == value.year else f" {value.year}")
    head = "" if year == value.year else f"{value.year}年"
    return f"{head}{value.month}月{value.day}日 {WEEKDAYS[value.weekday()]}"


def moment(value: datetime | None) -> str:
    """An instant in the district's time, to the minute."""
    return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if value else NOTHING


def wan(value: Decimal | None) -> str:
    """12,345万元, decimals only where there are any."""
    if value is None:
        return NOTHING
    text = f"{value.normalize():,f}"
    return f"{text}{_('万元')}"


def yi(value: Decimal | None) -> str:
    """3.2亿元 from 万元, one decimal, half up; small amounts stay in 万元."""
    if value is None:
        return NOTHING
    if abs(value) < 10_000:
        return wan(value)
    return f"{(value / 10_000).quantize(Decimal('0.1'), ROUND_HALF_UP):,f}{_('亿元')}"


def pct(value: Decimal | None, places: int = 1) -> str:
    """A rate 0-100, floored, so that 100 % is printed only when it is."""
    if value is None:
        return NOTHING
    return f"{value.quantize(Decimal(1).scaleb(-places), ROUND_DOWN)}%"


def plain(text: str) -> str:
    """User text safe inside Streamlit Markdown: shown exactly as typed."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|$<>~:])", r"\\\1", text)
