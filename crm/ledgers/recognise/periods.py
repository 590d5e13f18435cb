"""The year and month a title, sheet name or file name states. Pure."""

from __future__ import annotations

import re

from crm.ledgers import headers, values
from crm.ledgers.reader import Sheet

Period = tuple[int | None, int | None]
_QUARTER = {"上半年": 6, "前三季度": 9, "三季度": 9, "二季度": 6, "一季度": 3, "四季度": 12, "全年": 12}


def period_of(words: str) -> Period:
    """(year, month) a title or name states; either may be None."""
    plain = values.years_in_digits(headers.squeeze(words))
    if re.search(r"(制表|填报|填表|打印|报送|更新|编制)(日期|时间)", plain):
        return None, None
    for pattern in (
        r"截[至止]到?(20\d\d)[年.\-/](\d{1,2})月?",
        r"(20\d\d)年度?(?:1|一)月?[-—–~至到](\d{1,2}|[一二三四五六七八九十]{1,3})月",
        r"(20\d\d)年度?(\d{1,2})月",
        r"(?<!\d)(20\d\d)[.\-_/]?(0[1-9]|1[0-2])(?!\d)",
    ):
        found = re.search(pattern, plain)
        if found:
            text = found.group(2)
            month = int(text) if text.isdigit() else int(values.small(text))
            if 1 <= month <= 12:
                return int(found.group(1)), month
    year = headers.year_of(plain)
    part = next((m for word, m in _QUARTER.items() if word in plain), None)
    return year, part or headers.month_of(plain) or _lone_month(plain)


# 2026年重点项目（8月）, a sheet called 十月; 11月5日前 and 3月底前 are deadlines.
_LONE = re.compile(
    r"(?<![\d一二三四五六七八九十])(1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?!\d{1,2}[日号]|[一-十初底末]*前)"
)


def _lone_month(plain: str) -> int | None:
    """The only month a short line names, or None."""
    found = {m.group(1) for m in _LONE.finditer(plain)} if len(plain) <= 40 else set()
    if len(found) != 1:
        return None
    text = found.pop()
    return int(text) if text.isdigit() else int(values.small(text))


def title_lines(sheet: Sheet, until: int) -> list[str]:
    return [
        cell.text
        for r in sorted(sheet.rows)
        if r < until
        for cell in sheet.rows[r].values()
        if cell.kind in "sdm"
    ]


def file_period(sheets: list[Sheet], file_name: str) -> Period:
    """The first sheet's title, else the file's name."""
    for sheet in sheets:
        if sheet.hidden or not sheet.rows:
            continue
        lines = [
            c.text
            for r in sorted(sheet.rows)[:4]
            for c in sheet.rows[r].values()
            if c.kind == "s" and len(sheet.rows[r]) <= 2
        ]
        for line in lines:
            found = period_of(line)
            if found[0]:
                return found
    return period_of(re.sub(r"\.\w+$", "", file_name))
