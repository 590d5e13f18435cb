"""The back-test: forecasts as of past days, made from what was known then, against what happened.

Pure. A forecast's 80 % date is judged once that date has come: a step done by then is a hit, one done
later or not done at all is a miss. So a project that is still unfinished counts as it should, and no
forecast is chosen by its outcome. A good forecast is hit by about as many of a hundred as its level says.
House rule, ADR 0018.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import sqrt
from statistics import NormalDist

from crm.insight.forecast.history_rules import Ahead, History
from crm.insight.forecast.rules import LEVELS, Target, quantiles, simulate, targets_of
from crm.workdays.rules import Calendar

MONTHS = 12
MOST = 600  # forecasts of projects tried at most; evenly taken from all there are
THIN = 30  # judged forecasts, below which a share says little
CONFIDENCE = 0.95


class What(StrEnum):
    """What was forecast."""

    LICENCE = "licence"
    PRODUCTION = "production"
    STEP = "step"


WHAT_LABELS: dict[What, str] = {
    What.LICENCE: "主要许可",
    What.PRODUCTION: "投产",
    What.STEP: "正在办理的节点",
}


@dataclass(frozen=True)
class Tried:
    """One forecast of the past. `by`: its dates by level; `done_on` None while it has not happened."""

    what: What
    project_id: int
    as_of: date
    by: tuple[date, ...]
    done_on: date | None


@dataclass(frozen=True)
class Share:
    """Of the `n` forecasts whose date at this level has come, `hits` were kept; of `projects` projects.
    `low` and `high` bound the share (Wilson, 95 %), None when n is 0; forecasts of one project are not
    independent, so the truth is wider."""

    what: What
    level: int
    n: int
    hits: int
    projects: int
    low: float | None
    high: float | None

    @property
    def thin(self) -> bool:
        return self.n < THIN


def month_firsts(today: date, months: int = MONTHS) -> list[date]:
    """The first day of each of the last so many months, oldest first."""
    found = []
    for back in range(months, 0, -1):
        year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        found.append(date(year, month + 1, 1))
    return found


def evenly(pairs: Sequence[tuple[date, int]], most: int = MOST) -> list[tuple[date, int]]:
    """At most so many, from beginning to end."""
    if len(pairs) <= most:
        return list(pairs)
    return [pairs[i * len(pairs) // most] for i in range(most)]


def try_one(
    project_id: int,
    steps: Sequence[Ahead],
    really: dict[str, date],
    history: History,
    calendar: Calendar,
    as_of: date,
) -> list[Tried]:
    """Forecast the targets, and the steps under way that lead to them, as of that day. `really`: code ->
    the day it was done after all. Nothing when no step had been done by then: the project had not begun."""
    if not any(a.step.done_on is not None for a in steps):
        return []
    by_code = {a.step.code: a for a in steps}
    targets = {c: t for t, c in targets_of(steps).items() if by_code[c].step.done_on is None}
    if not targets:
        return []
    run = simulate(project_id, steps, history, until=targets)
    found = []
    for code in run.behind:
        dates = tuple(
            calendar.next_workday(calendar.add_workdays(as_of, n)) for n in quantiles(run.finish[code])
        )
        if by_code[code].begun:
            found.append(Tried(What.STEP, project_id, as_of, dates, really.get(code)))
        if code in targets:
            what = What.LICENCE if targets[code] is Target.LICENCE else What.PRODUCTION
            found.append(Tried(what, project_id, as_of, dates, really.get(code)))
    return found


def calibration(tried: Iterable[Tried], today: date) -> list[Share]:
    """Of each kind and level, how many forecasts whose date has come were kept."""
    rows = list(tried)
    found = []
    for what in What:
        for at, level in enumerate(LEVELS):
            due = [t for t in rows if t.what is what and t.by[at] <= today]
            hits = sum(t.done_on is not None and t.done_on <= t.by[at] for t in due)
            low, high = bounds(hits, len(due))
            found.append(Share(what, level, len(due), hits, len({t.project_id for t in due}), low, high))
    return found


def bounds(hits: int, n: int) -> tuple[float | None, float | None]:
    """Wilson's interval of a share, 0-1."""
    if n == 0:
        return None, None
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    p, z2 = hits / n, z * z
    middle, half = p + z2 / (2 * n), z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))
