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

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

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


@dataclass
class History:
    """All finished steps known on a day, indexed; `cases` by item id."""

    past: list[Past]
    cases: Mapping[int, CaseTimes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._took: dict[str, Seen] = {}
        self._ratios: dict[tuple[str, object], NDArray[np.float64]] = {}

    @cached_property
    def _groups(self) -> dict[tuple[str, object], list[Past]]:
        groups: dict[tuple[str, object], list[Past]] = {}
        for p in self.past:
            groups.setdefault(("code", p.code), []).append(p)
            groups.setdefault(("stage", p.stage), []).append(p)
            groups.setdefault(("all", ""), []).append(p)
            if p.kind and p.party is Party.DEPARTMENT:
                groups.setdefault(("kind", p.kind), []).append(p)
        return groups

    def ratios(self, by: str, key: object) -> NDArray[np.float64]:
        """Days taken to days planned of a group, for the steps that had a plan."""
        found = self._ratios.get((by, key))
        if found is None:
            rows = [p.took_wd / p.planned_wd for p in self._groups.get((by, key), ()) if p.planned_wd > 0]
            found = self._ratios[(by, key)] = np.array(rows, dtype=np.float64)
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
        own = self._groups.get(("code", step.code), [])
        if department and len(own) >= ENOUGH_OWN:
            if step.code not in self._took:
                self._took[step.code] = seen(p.took_wd for p in own)
            return Level.STEP, self._took[step.code]
        if not department and len(self.ratios("code", step.code)) >= ENOUGH_OWN and step.duration_wd > 0:
            return Level.STEP, _times(self.ratios("code", step.code), step.duration_wd)
        cases = self.cases.get(ahead.item_id or 0)
        if department and cases is not None and cases.whole.n >= ENOUGH_OWN:
            return Level.CASES, cases.whole
        if step.duration_wd > 0:
            kind = ahead.kind if department else ""
            for level, by, key in (
                (Level.KIND, "kind", kind),
                (Level.STAGE, "stage", ahead.stage),
                (Level.ALL, "all", ""),
            ):
                ratios = self.ratios(by, key)
                if len(ratios) >= ENOUGH_POOLED:
                    return level, _times(ratios, step.duration_wd)
        return Level.PLAN, seen([step.duration_wd])

    @cached_property
    def common_pace(self) -> float:
        """How much of a step's being slow or quick is its project's: the intraclass correlation of the
        logarithm of days taken to days planned among steps of one project (one-way analysis of variance),
        from 0 to 0.9; 0 while too few projects have finished enough steps."""
        of: dict[int, list[float]] = {}
        for p in self.past:
            if p.planned_wd > 0:
                of.setdefault(p.project_id, []).append(float(np.log(max(p.took_wd, 0.5) / p.planned_wd)))
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


def _times(ratios: NDArray[np.float64], planned_wd: int) -> Seen:
    """Ratios times a plan, in whole days: half a day up, and never less than one of a step that takes any."""
    days = np.maximum(np.floor(ratios * planned_wd + 0.5).astype(np.int64), 1)
    return seen(days)
