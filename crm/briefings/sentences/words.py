"""How the papers put their facts: pure wording, facts in, sentences out.

Numerals by GB/T 15835-2011 (Arabic numbers, years in four digits, no leading zero). 快于/慢于/持平 and
个百分点 as the published reports of the trade use them. House rules: a rate is floored to one decimal,
so that 100% is printed only when it is; a difference of rates is computed from unrounded amounts and
printed half up; under 0.05 it is 持平; no adjective without a number.

The papers are Chinese documents whatever language the screen speaks, so nothing here is translated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from crm.briefings.context import Count, Matter
from crm.projects.rules import LEVEL_WITHIN
from crm.projects.rules import pace as points_ahead
from models.vocabulary import DatePrecision, Light

TENTH = Decimal("0.1")
NONE = "—"
LISTED = 10  # items of one list in the text; what is over is counted, never dropped silently
NAMED = 5  # of names or items strung together in one sentence
TITLE_CHARS = 18  # a 22 pt line holds 20

LIGHT_WORDS = {
    Light.GREEN: "绿灯",
    Light.YELLOW: "黄灯",
    Light.ORANGE: "橙灯",
    Light.RED: "红灯",
    Light.BLUE: "暂停",
    Light.GREY: "已结",
}


# Numbers and dates ------------------------------------------------------------------------------


def full_date(value: date) -> str:
    """2026年11月2日."""
    return f"{value.year}年{value.month}月{value.day}日"


def short_date(value: date, year: int) -> str:
    """11月2日, with its year when that is not `year`."""
    return f"{value.month}月{value.day}日" if value.year == year else full_date(value)


def table_date(value: date | None) -> str:
    """2026-11-02: the one style of every table."""
    return value.isoformat() if value else NONE


def stated_date(value: date, precision: DatePrecision) -> str:
    """As exactly as it was promised: 2026年, 2026年3月, 2026年3月1日."""
    if precision is DatePrecision.YEAR:
        return f"{value.year}年"
    return f"{value.year}年{value.month}月" if precision is DatePrecision.MONTH else full_date(value)


def _last_day(value: date) -> bool:
    return (date.fromordinal(value.toordinal() + 1)).month != value.month


def period(start: date, end: date) -> str:
    """2026年10月 for a whole month; else from a day to a day, nothing said twice."""
    if start == end:
        return full_date(start)
    if start.year != end.year:
        return f"{full_date(start)}至{full_date(end)}"
    if start.day == 1 and _last_day(end):
        if start.month == end.month:
            return f"{start.year}年{start.month}月"
        return f"{start.year}年{start.month}—{end.month}月"
    if start.month == end.month:
        return f"{start.year}年{start.month}月{start.day}日至{end.day}日"
    return f"{full_date(start)}至{end.month}月{end.day}日"


def months(last: int) -> str:
    """1—10月; January alone is 1月."""
    return "1月" if last == 1 else f"1—{last}月"


def yi(wan: Decimal) -> str:
    """An aggregate from 万元: 31.8亿元, one decimal, half up; under 1亿元 it stays in 万元."""
    if abs(wan) < 10_000:
        return f"{bare(wan)}万元"
    return f"{(wan / 10_000).quantize(TENTH, ROUND_HALF_UP)}亿元"


def exact(wan: Decimal) -> str:
    """One project's amount, nothing rounded: 1.0395亿元; under 1亿元, or with odd yuan, 万元."""
    if abs(wan) >= 10_000 and wan % 1 == 0:
        return f"{bare(wan / 10_000)}亿元"
    return f"{bare(wan)}万元"


def bare(value: Decimal) -> str:
    return format(value.normalize(), "f")


def floored(value: Decimal) -> Decimal:
    """One decimal, downwards: 99.99 stays below 100. The one exception keeps 100 for equality alone:
    what lies just above it is told as 100.1."""
    shown = value.quantize(TENTH, ROUND_FLOOR)
    return shown + TENTH if shown == 100 and value != 100 else shown


def percent(value: Decimal) -> str:
    """97.1%; a whole number without its zero: 25%."""
    shown = floored(value)
    return f"{shown:.0f}%" if shown == shown.to_integral_value() else f"{shown}%"


def share(part: int, whole: int) -> str:
    """6.5% of a count."""
    return percent(Decimal(part * 100) / whole)


def ahead(done: Decimal | None, plan: Decimal | None, month: int | None) -> Decimal | None:
    """Percentage points ahead (+) or behind (-) 序时进度, unrounded; None without a report."""
    return None if month is None else points_ahead(done, plan, month)


def against_pace(points: Decimal) -> str:
    """快于序时进度2.1个百分点 / 慢于… / 与序时进度持平."""
    if abs(points) < LEVEL_WITHIN:
        return "与序时进度持平"
    shown = abs(points).quantize(TENTH, ROUND_HALF_UP)
    return f"{'快于' if points > 0 else '慢于'}序时进度{shown}个百分点"


def column(values: Sequence[Decimal | None]) -> list[str]:
    """A table's column of amounts: thousands parted, the same decimals in every row, exact."""
    places = max((_places(v) for v in values if v is not None), default=0)
    return [NONE if v is None else f"{v:,.{places}f}" for v in values]


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def rate_cell(value: Decimal | None) -> str:
    return NONE if value is None else f"{floored(value)}"


def points_cell(points: Decimal | None) -> str:
    if points is None:
        return NONE
    shown = points.quantize(TENTH, ROUND_HALF_UP)
    return f"{shown}" if shown else "0.0"


# Words --------------------------------------------------------------------------------------------


def one_line(text: str) -> str:
    """Free text inside a sentence: its lines joined, its last stop taken off."""
    lines = [
        part.strip().rstrip("。；;.") for part in text.replace("\r", "\n").replace("\v", "\n").split("\n")
    ]
    return "；".join(part for part in lines if part)


def counts(items: Iterable[Count], unit: str) -> str:
    """上门10次、电话3次; what did not happen is not told."""
    return "、".join(f"{c.name}{c.n}{unit}" for c in items if c.n)


def names(items: Sequence[str], *, most: int = NAMED) -> str:
    return "、".join(items[:most]) + (f"等{len(items)}项" if len(items) > most else "")


def numbered(items: Sequence[str], *, most: int = LISTED, what: str = "项") -> list[str]:
    """1.… 2.… as paragraphs; what is over is counted."""
    lines = [f"{n}.{text}" for n, text in enumerate(items[:most], 1)]
    if len(items) > most:
        lines.append(f"另有{len(items) - most}{what}，见系统清单。")
    return lines


def late_words(matter: Matter) -> str:
    return f"，已逾期{matter.late}{matter.unit_word}" if matter.late else ""


def duty(unit: str, officers: Sequence[str]) -> str:
    """Who answers: the unit, then the officers; both missing is said."""
    who = [unit] if unit else []
    if officers:
        who.append(f"联络专员{'、'.join(officers)}")
    return "、".join(who) or "责任单位和联络专员未明确"


def title_lines(*parts: str) -> list[str]:
    """A title of lines of at most `TITLE_CHARS`, broken between parts, inside a part evenly."""
    whole = "".join(parts)
    if len(whole) <= TITLE_CHARS:
        return [whole]
    lines: list[str] = []
    for part in parts:
        rest = part
        while len(rest) > TITLE_CHARS:
            cut = _break_at(rest)
            lines.append(rest[:cut])
            rest = rest[cut:]
        lines.append(rest)
    return lines


def _break_at(text: str) -> int:
    """Where to break a long line: before a bracket or after a natural seam, else evenly, never inside a number or Latin word."""
    rows = -(-len(text) // TITLE_CHARS)
    ideal = -(-len(text) // rows)
    seams = [
        i
        for i in range(4, min(TITLE_CHARS, len(text) - 3) + 1)
        if text[i] in "（(" or text[i - 1] in "）)的市区镇县、"
    ]
    if seams:
        best = min(seams, key=lambda i: abs(i - ideal))
        if len(text) - best <= TITLE_CHARS * (rows - 1) or rows > 2:
            return best
    cut = min(ideal, TITLE_CHARS)
    while cut > 4 and text[cut - 1].isascii() and text[cut].isascii() and text[cut].isalnum():
        cut -= 1
    return cut
