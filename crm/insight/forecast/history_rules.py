"""How long steps have really taken, and which of that stands behind one open step.

Pure. A finished step took the working days from the last of its prerequisites, or from the day its stage
was entered where that came later, to its own completion: waiting to apply, corrections and the authority's
own time together. Looked up from near to far, and the
first level with enough behind it is used (house rule, ADR 0018):

1. the step itself: same code. A department's step by the days it took; a step of the enterprise or the
   officer by its ratio of days taken to days planned, times its own plan, for a workshop and a tower
   block are both 主体封顶;
2. the item: its cases from receipt to decision, where the step is a department's;
3. items of the same kind, by ratio;
4. steps of the same stage, by ratio;
5. all steps, by ratio;
6. nothing: the plan's own days, without any spread, and said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm.projects.plan_rules import Step
from models.vocabulary import Party, Stage

ENOUGH_OWN = 10  # finished steps, or cases, of the step itself
ENOUGH_POOLED = 20
TAIL = 3  # seen to last longer than the days already used; fewer say nothing of what is left
ENOUGH_PROJECTS = 8  # projects with three finished steps each, before a common pace is believed
STEPS_EACH = 3
WHOLE = NDArray[np.int64]


class Level(StrEnum):
    """What stands behind a step's duration."""

    STEP = "step"
    CASES = "cases"
    KIND = "kind"
    STAGE = "stage"
    ALL = "all"
    PLAN = "plan"


LEVEL_LABELS: dict[Level, str] = {
    Level.STEP: "同一节点的历史",
    Level.CASES: "同一事项的办件",
    Level.KIND: "同类事项的历史",
    Level.STAGE: "同一阶段的历史",
    Level.ALL: "全部节点的历史",
    Level.PLAN: "没有足够历史，按计划工期",
}


@dataclass(frozen=True)
class Past:
    """One finished step. `took_wd` working days since it could begin."""

    project_id: int
    code: str
    stage: Stage
    kind: str  # of its item, "" without one
    party: Party
    planned_wd: int
    took_wd: int
    done_on: date


@dataclass(frozen=True)
class Ahead:
    """One milestone as the forecast sees it. `begun`: its prerequisites are done and its stage entered.
    Working days: `used_wd` since then (0 before), `case_wd` since the acceptance of its running case, None
    without one."""

    step: Step
    stage: Stage
    party: Party
    item_id: int | None = None
    kind: str = ""
    used_wd: int = 0
    case_wd: int | None = None
    begun: bool = False


@dataclass(frozen=True)
class Seen:
    """A distribution of whole working days: `values` ascending, `counts` of each."""

    values: WHOLE
    counts: WHOLE

    @cached_property
    def upto(self) -> WHOLE:
        return np.cumsum(self.counts)

    @property
    def n(self) -> int:
        return int(self.upto[-1]) if len(self.values) else 0

    def at(self, u: NDArray[np.float64]) -> WHOLE:
        """The values at the ranks `u` in [0, 1)."""
        found: WHOLE = self.values[np.searchsorted(self.upto, u * self.n, side="right")]
        return found

    def quantile(self, p: float) -> int:
        """The smallest value that at least the share `p` did not exceed."""
        at = int(np.searchsorted(self.upto, p * self.n - 1e-9, side="left"))
        return int(self.values[min(at, len(self.values) - 1)])

    def left_after(self, used: int) -> Seen | None:
        """What is left once `used` days have passed; None when hardly any lasted longer."""
        longer = self.values > used
        if int(self.counts[longer].sum()) < TAIL:
            return None
        return Seen(self.values[longer] - used, self.counts[longer])


def seen(days: Iterable[int] | Mapping[int, int] | WHOLE) -> Seen:
    """From single durations, or from how often each was seen. Durations are at least 0."""
    if isinstance(days, Mapping):
        values = np.array(sorted(days), dtype=np.int64)
        return Seen(values, np.array([days[int(v)] for v in values], dtype=np.int64))
    return Seen(*np.unique(np.fromiter(days, dtype=np.int64), return_counts=True))


@dataclass(frozen=True)
class Behind:
    """What one step's duration is drawn from: the level, how many durations, the days themselves.

    `left` is what is still to come of a step begun. `overran`: it already took longer than what the
    history shows, so it is taken as begun today.
    """

    level: Level
    n: int
    whole: Seen
    left: Seen
    overran: bool = False


@dataclass(frozen=True)
class CaseTimes:
    """Of one item's decided cases, in working days: receipt to decision, and acceptance to decision."""

    whole: Seen
    accepted: Seen


@dataclass(frozen=True)
class Ratios:
    """Days taken to days planned, to two decimals: `values` ascending, `counts` of each."""

    values: NDArray[np.float64]
    counts: WHOLE

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    def times(self, planned_wd: int) -> Seen:
        """Times a plan, in whole days: half a day up, and never less than one."""
        days = np.maximum(np.floor(self.values * planned_wd + 0.5).astype(np.int64), 1)
        values, at = np.unique(days, return_inverse=True)
        return Seen(values, np.bincount(at, weights=self.counts).astype(np.int64))


_NO_RATIOS = Ratios(np.array([], dtype=np.float64), np.array([], dtype=np.int64))


class History:
    """All finished steps known on a day, counted by what they are looked up by; `cases` by item id.

    `took`: days of department steps by code; `ratios` by ("code" | "kind" | "stage" | "all", key);
    `common_pace`: see `pace_of`.
    """

    def __init__(self, past: Sequence[Past], cases: Mapping[int, CaseTimes] | None = None) -> None:
        took: dict[str, list[int]] = {}
        ratios: dict[tuple[str, str], list[float]] = {}
        for p in past:
            if p.party is Party.DEPARTMENT:
                took.setdefault(p.code, []).append(p.took_wd)
            if p.planned_wd <= 0:
                continue
            ratio = round(p.took_wd / p.planned_wd, 2)
            keys = [("code", p.code), ("stage", str(int(p.stage))), ("all", "")]
            if p.kind and p.party is Party.DEPARTMENT:
                keys.append(("kind", p.kind))
            for key in keys:
                ratios.setdefault(key, []).append(ratio)
        self.took = {code: seen(days) for code, days in took.items()}
        self.ratios = {key: Ratios(*np.unique(rows, return_counts=True)) for key, rows in ratios.items()}
        self.cases: Mapping[int, CaseTimes] = cases or {}
        self.common_pace = pace_of(past)

    def packed(self) -> dict[str, Any]:
        """As JSON keeps it; `unpacked` gives the same history back."""
        return {
            "took": {code: _pairs(s) for code, s in self.took.items()},
            "ratios": [[by, key, *_pairs(r)] for (by, key), r in self.ratios.items()],
            "cases": {str(i): [_pairs(c.whole), _pairs(c.accepted)] for i, c in self.cases.items()},
            "pace": self.common_pace,
        }

    @classmethod
    def unpacked(cls, kept: Mapping[str, Any]) -> History:
        """From what `packed` gave."""
        found = cls([])
        found.took = {code: Seen(*_whole(pair)) for code, pair in kept["took"].items()}
        found.ratios = {
            (by, key): Ratios(np.array(values, dtype=np.float64), np.array(counts, dtype=np.int64))
            for by, key, values, counts in kept["ratios"]
        }
        found.cases = {
            int(i): CaseTimes(Seen(*_whole(whole)), Seen(*_whole(accepted)))
            for i, (whole, accepted) in kept["cases"].items()
        }
        found.common_pace = float(kept["pace"])
        return found

    def behind(self, ahead: Ahead) -> Behind:
        """What an open step's duration is drawn from, and what is left of it."""
        level, whole = self._whole(ahead)
        cases = self.cases.get(ahead.item_id or 0)
        if ahead.case_wd is not None and cases is not None:
            times = cases.accepted
            if times.n >= ENOUGH_OWN:
                left = times.left_after(ahead.case_wd)
                return Behind(Level.CASES, times.n, times, left or times, left is None)
        n = whole.n if level is not Level.PLAN else 0
        if ahead.used_wd > 0 and level is not Level.PLAN:
            left = whole.left_after(ahead.used_wd)
            return Behind(level, n, whole, left or whole, left is None)
        return Behind(level, n, whole, whole)

    def _whole(self, ahead: Ahead) -> tuple[Level, Seen]:
        step, department = ahead.step, ahead.party is Party.DEPARTMENT
        took = self.took.get(step.code)
        if department and took is not None and took.n >= ENOUGH_OWN:
            return Level.STEP, took
        own = self.ratios.get(("code", step.code), _NO_RATIOS)
        if not department and own.n >= ENOUGH_OWN and step.duration_wd > 0:
            return Level.STEP, own.times(step.duration_wd)
        cases = self.cases.get(ahead.item_id or 0)
        if department and cases is not None and cases.whole.n >= ENOUGH_OWN:
            return Level.CASES, cases.whole
        if step.duration_wd > 0:
            kind = ahead.kind if department else ""
            for level, by, key in (
                (Level.KIND, "kind", kind),
                (Level.STAGE, "stage", str(int(ahead.stage))),
                (Level.ALL, "all", ""),
            ):
                pooled = self.ratios.get((by, key), _NO_RATIOS)
                if pooled.n >= ENOUGH_POOLED:
                    return level, pooled.times(step.duration_wd)
        return Level.PLAN, seen([step.duration_wd])


def pace_of(past: Iterable[Past]) -> float:
    """How much of a step's being slow or quick is its project's: the intraclass correlation of the
    logarithm of days taken to days planned among steps of one project (one-way analysis of variance),
    from 0 to 0.9; 0 while too few projects have finished enough steps."""
    of: dict[int, list[float]] = {}
    for p in past:
        if p.planned_wd > 0:
            of.setdefault(p.project_id, []).append(log(max(p.took_wd, 0.5) / p.planned_wd))
    groups = [np.array(rows) for rows in of.values() if len(rows) >= STEPS_EACH]
    if len(groups) < ENOUGH_PROJECTS:
        return 0.0
    sizes = np.array([len(g) for g in groups], dtype=np.float64)
    means = np.array([g.mean() for g in groups])
    total, k = sizes.sum(), len(groups)
    grand = (sizes * means).sum() / total
    between = (sizes * (means - grand) ** 2).sum() / (k - 1)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (total - k)
    typical = (total - (sizes**2).sum() / total) / (k - 1)
    spread = between + (typical - 1) * within
    return float(np.clip((between - within) / spread, 0.0, 0.9)) if spread > 0 else 0.0


def _pairs(found: Seen | Ratios) -> list[list[Any]]:
    return [found.values.tolist(), found.counts.tolist()]


def _whole(pair: Sequence[Sequence[int]]) -> tuple[WHOLE, WHOLE]:
    return np.array(pair[0], dtype=np.int64), np.array(pair[1], dtype=np.int64)
