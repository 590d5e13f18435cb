"""How the figures of the analysis are written: shares floored, few cases said to be few, differences with a sign."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_DOWN, Decimal

from crm.core.i18n import _, language
from crm.insight.rules import Days, Months, Share
from crm.ui.words import NOTHING, pct


def month(on: date) -> str:
    """2026年8月."""
    return f"{on:%Y-%m}" if language() == "en" else f"{on.year}年{on.month}月"


def span(months: Months) -> str:
    """2026年8月至10月; one month alone; both years where they differ."""
    if months.count == 1:
        return month(months.first)
    same_year = months.first.year == months.last.year and language() != "en"
    last = f"{months.last.month}月" if same_year else month(months.last)
    return _("{a}至{b}", a=month(months.first), b=last)


def share(value: Share, *, narrow: bool = False) -> str:
    """2.1%; with few cases the counts instead (in a narrow cell only that they are few); a dash when there is
    nothing to share."""
    if not value.whole:
        return NOTHING
    if value.few and narrow:
        return _("样本少")
    if value.few:
        return _("样本少 {a}/{b}", a=value.part, b=value.whole)
    return pct(value.pct)


def middle(value: Days, *, narrow: bool = False) -> str:
    """5 / 9: median and 90th percentile; few cases as in `share`."""
    if not value.n:
        return NOTHING
    if value.few and narrow:
        return _("样本少")
    if value.few:
        return _("样本少 {n}件", n=value.n)
    return f"{value.median} / {value.p90}"


def middle_days(value: Days) -> str:
    """`middle` in a sentence: 中位/九成5 / 9天; few cases carry no unit of days."""
    told = middle(value)
    return told if not value.n or value.few else _("中位/九成{d}天", d=told)


def difference(now: int, before: int) -> str:
    """+3, −2, 持平."""
    if now == before:
        return _("持平")
    return f"+{now - before:,}" if now > before else f"−{before - now:,}"


def median_difference(now: Days, before: Days) -> str:
    """How the median moved; a dash when either side has too few cases to say."""
    if now.few or before.few or now.median is None or before.median is None:
        return NOTHING
    return difference(now.median, before.median)


def points(now: Share, before: Share) -> str:
    """How a share moved, in percentage points, cut to one decimal (two where one would say none); a dash when either side is too small to say."""
    if now.few or before.few or now.pct is None or before.pct is None:
        return NOTHING
    moved = now.pct - before.pct
    if moved == 0:
        return _("持平")
    size = abs(moved)
    places = 1 if size >= Decimal("0.1") else 2  # a difference is never cut down to none
    cut = max(size.quantize(Decimal(1).scaleb(-places), ROUND_DOWN), Decimal("0.01"))
    return _("{sign}{n}个百分点", sign="+" if moved > 0 else "−", n=cut)
