"""How likely dates are written: by month in a sentence, by day in a table."""

from __future__ import annotations

from datetime import date

from crm.core.i18n import _, language
from crm.insight.forecast.history_rules import LEVEL_LABELS, Level
from crm.insight.forecast.rules import TARGET_LABELS, Target
from crm.ui.words import NOTHING, day
from models.vocabulary import DatePrecision, DayUnit


def month(value: date) -> str:
    """2027年6月."""
    return day(value, precision=DatePrecision.MONTH)


def on(day: date | None, year: int) -> str:
    """2027年6月13日, without its year when that is `year`: a likely day needs no weekday."""
    if day is None:
        return NOTHING
    if language() == "en":
        return f"{day.day} {day:%b}" + ("" if day.year == year else f" {day.year}")
    return (
        f"{day.month}月{day.day}日" if day.year == year else f"{day.year}年{day.month}月{day.day}日"
    )  # a date's own form


def unit(value: DayUnit) -> str:
    """10个工作日, 15日: what follows a number."""
    return _("个工作日") if value is DayUnit.WORKING else _("日")


def target(value: Target, name: str = "") -> str:
    """施工许可 by the milestone's own name where there is one; 投产 as it is."""
    return name or _(TARGET_LABELS[value])


def share(value: float) -> str:
    """A share of 1 as whole percent, cut, so that 100 % is printed only when it is; some are never told as none."""
    if 0 < value < 0.01:
        return "<1%"
    return f"{int(value * 100 + 1e-9)}%"


def stands_behind(level: Level, n: int, most: int | None = None) -> str:
    """What a step's duration was drawn from, and how many there were; of several steps from `n` to `most`."""
    if level is Level.PLAN:
        return _(LEVEL_LABELS[level])
    many = f"{n:,}" if most is None or most == n else f"{n:,}～{most:,}"
    return _("{what}（{n}条）", what=_(LEVEL_LABELS[level]), n=many)
