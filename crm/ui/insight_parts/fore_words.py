"""How likely dates are written: by month in a sentence, by day in a table."""

from __future__ import annotations

from datetime import date

from crm.core.i18n import _
from crm.insight.forecast.history_rules import LEVEL_LABELS, Level
from crm.insight.forecast.rules import TARGET_LABELS, Target
from crm.ui.words import day
from models.vocabulary import DatePrecision


def month(on: date) -> str:
    """2027年6月."""
    return day(on, precision=DatePrecision.MONTH)


def target(value: Target, name: str = "") -> str:
    """施工许可 by the milestone's own name where there is one; 投产 as it is."""
    return name or _(TARGET_LABELS[value])


def share(value: float) -> str:
    """A share of 1 as whole percent, cut, so that 100 % is printed only when it is."""
    return f"{int(value * 100 + 1e-9)}%"


def stands_behind(level: Level, n: int, most: int | None = None) -> str:
    """What a step's duration was drawn from, and how many there were; of several steps from `n` to `most`."""
    if level is Level.PLAN:
        return _(LEVEL_LABELS[level])
    many = f"{n:,}" if most is None or most == n else f"{n:,}～{most:,}"
    return _("{what}（{n}条）", what=_(LEVEL_LABELS[level]), n=many)
