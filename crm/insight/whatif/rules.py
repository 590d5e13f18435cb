"""A change of rule tried on paper. Pure; the counts and plans are passed in.

Two questions are kept apart (house rule, ADR 0018). What would have been late: the cases as they ran, held
against the new limit, for nobody works faster because of a rule. What could be saved: if everybody met the
new limit, the days beyond it. What the data cannot say is not made up: that a document was missing is
recorded, which one is not, so the gain of fewer documents is an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from crm.insight.forecast.history_rules import WHOLE, Ahead, Seen, seen
from crm.insight.forecast.rules import RANKS, Adjust
from crm.projects.plan_rules import Step, graph_of
from models.vocabulary import Party


class Limit(StrEnum):
    """Which limit is changed. The promised one is in working days, the legal one in the item's own unit."""

    PROMISED = "promised"
    LEGAL = "legal"


LIMIT_LABELS: dict[Limit, str] = {Limit.PROMISED: "承诺时限", Limit.LEGAL: "法定时限"}

MOST_DAYS = 365
MOST_PAPERS = 99


@dataclass(frozen=True)
class Scenario:
    """What is changed of one item. `was` and `limit` in days of the limit's unit, None where it is not
    changed; `papers_was` and `papers` likewise; `promise`: accepted on a promise, papers follow;
    `parallel`: codes of prerequisites that no longer hold the item up."""

    item_id: int
    which: Limit = Limit.PROMISED
    was: int | None = None
    limit: int | None = None
    papers_was: int | None = None
    papers: int | None = None
    promise: bool = False
    parallel: tuple[str, ...] = ()

    @property
    def limit_changed(self) -> bool:
        return self.limit is not None and self.was is not None and self.limit != self.was

    @property
    def fewer_papers(self) -> int:
        """How many documents fewer; 0 when none."""
        if self.papers is None or self.papers_was is None:
            return 0
        return max(0, self.papers_was - self.papers)

    @property
    def changes(self) -> bool:
        return self.limit_changed or self.fewer_papers > 0 or self.promise or bool(self.parallel)

    def query(self) -> dict[str, str]:
        """As the URL keeps it."""
        found = {"item": str(self.item_id)}
        if self.which is not Limit.PROMISED:
            found["which"] = self.which.value
        numbers = {"was": self.was, "limit": self.limit, "papers_was": self.papers_was, "papers": self.papers}
        found |= {name: str(n) for name, n in numbers.items() if n is not None}
        if self.promise:
            found["promise"] = "1"
        if self.parallel:
            found["parallel"] = ",".join(self.parallel)
        return found


def read(query: Mapping[str, str]) -> Scenario | None:
    """From the URL; what makes no sense there is left out. None without an item."""

    def number(name: str, most: int) -> int | None:
        text = query.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and int(text[:6]) <= most else None

    item = number("item", 10**9)
    if not item:
        return None
    return Scenario(
        item_id=item,
        which=Limit(query["which"]) if query.get("which") in set(Limit) else Limit.PROMISED,
        was=number("was", MOST_DAYS),
        limit=number("limit", MOST_DAYS),
        papers_was=number("papers_was", MOST_PAPERS),
        papers=number("papers", MOST_PAPERS),
        promise=query.get("promise") == "1",
        parallel=tuple(c for c in query.get("parallel", "").split(",") if c)[:20],
    )


# ── The cases as they ran ───────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Ran:
    """So many closed cases of one department that took so many days of the limit's unit."""

    department_id: int | None
    days: int
    n: int


@dataclass(frozen=True)
class Verdict:
    """The cases of one department, or of all. `late_before`: beyond the limit compared with; `late_after`:
    beyond the new one, as they ran; `saved`: days beyond the new limit, which meeting it would save."""

    department_id: int | None
    n: int
    median: int
    p90: int
    late_before: int
    late_after: int
    saved: int


def judge(rows: Sequence[Ran], was: int | None, limit: int) -> tuple[Verdict, list[Verdict]]:
    """(all together, each department, most days saved first). Raises ValueError without a case."""
    if not rows:
        raise ValueError("no case to judge")
    apart: dict[int | None, list[Ran]] = {}
    for row in rows:
        apart.setdefault(row.department_id, []).append(row)
    each = [_verdict(department, mine, was, limit) for department, mine in apart.items()]
    return _verdict(None, rows, was, limit), sorted(
        each, key=lambda v: (-v.saved, -v.n, v.department_id or 0)
    )


def _verdict(department_id: int | None, rows: Iterable[Ran], was: int | None, limit: int) -> Verdict:
    mine = list(rows)
    days = together(mine)
    return Verdict(
        department_id=department_id,
        n=days.n,
        median=days.quantile(0.5),
        p90=days.quantile(0.9),
        late_before=sum(r.n for r in mine if was is not None and r.days > was),
        late_after=sum(r.n for r in mine if r.days > limit),
        saved=sum(r.n * max(0, r.days - limit) for r in mine),
    )


def together(rows: Iterable[Ran]) -> Seen:
    """The days of all these cases."""
    of: dict[int, int] = {}
    for row in rows:
        of[row.days] = of.get(row.days, 0) + row.n
    return seen(of)


@dataclass(frozen=True)
class Corrections:
    """Cases sent back for papers, of `all_cases`; `median_wd` and `total_wd` of the enterprise's own time in
    them. What fewer papers could save at most: all of it."""

    all_cases: int
    n: int
    median_wd: int
    total_wd: int


def corrections(all_cases: int, enterprise: Mapping[int, int]) -> Corrections:
    """`enterprise`: working days of the enterprise's own time -> how many corrected cases."""
    if not enterprise:
        return Corrections(all_cases, 0, 0, 0)
    days = seen(enterprise)
    return Corrections(all_cases, days.n, days.quantile(0.5), sum(d * n for d, n in enterprise.items()))


# ── The open projects ───────────────────────────────────────────────────────────────


def codes_of(steps: Iterable[Ahead], item_id: int) -> list[str]:
    """The open steps of the item in a plan."""
    return [a.step.code for a in steps if a.item_id == item_id and a.step.open]


def changed_plan(steps: Sequence[Ahead], scenario: Scenario, *, planned_by_promise: bool) -> list[Ahead]:
    """The same plan under the new rule.

    A new limit moves the step's planned days by the difference, for the plan may hold time to prepare
    besides, but never below the new limit nor where the plan keeps it already; a plan made by the promise
    does not move with the legal limit. A prerequisite in parallel, or
    under a promise each one that waits for the enterprise, no longer comes before the step but before what
    follows it; what it waited for itself the step waits for now.
    """
    targets = set(codes_of(steps, scenario.item_id))
    found = {a.step.code: a for a in steps}
    for code in sorted(targets):
        step = found[code].step
        if scenario.limit_changed and (scenario.which is Limit.PROMISED or not planned_by_promise):
            days = _planned(step.duration_wd, scenario.was or 0, scenario.limit or 0)
            found[code] = replace(found[code], step=replace(step, duration_wd=days))
        freed = [
            p
            for p in step.prerequisites
            if p in found
            and found[p].step.open
            and (p in scenario.parallel or (scenario.promise and found[p].party is Party.ENTERPRISE))
        ]
        for p in freed:
            _set_parallel(found, p, code)
    return [found[a.step.code] for a in steps]


def _planned(planned_wd: int, was: int, limit: int) -> int:
    """The planned days under the new limit."""
    if limit < was:
        return planned_wd if planned_wd <= limit else max(limit, planned_wd + limit - was)
    return planned_wd + limit - was if planned_wd >= was else planned_wd


def _set_parallel(found: dict[str, Ahead], first: str, then: str) -> None:
    graph = graph_of([a.step for a in found.values()])
    followers = sorted(graph.successors(then))

    def before(code: str, change: Iterable[str]) -> None:
        step = found[code].step
        found[code] = replace(found[code], step=replace(step, prerequisites=tuple(dict.fromkeys(change))))

    mine = found[then].step.prerequisites
    before(then, [p for p in (*mine, *found[first].step.prerequisites) if p != first])
    for code in followers:
        before(code, (*found[code].step.prerequisites, first))


def cut(scenario: Scenario, targets: Iterable[str], days: Seen | None, enterprise: Seen | None) -> Adjust:
    """How the draws of the item's steps change if everybody met the new limit: by the days that cases of
    the same rank took beyond it; and, under fewer papers or a promise, by the enterprise's own time of the
    same rank, at most. A step never takes less than one day of what it took. Without any case of the item
    the limits' difference itself is taken off; a longer limit changes nothing."""
    wanted = set(targets)

    def change(code: str, ranks: RANKS, took: WHOLE) -> WHOLE:
        if code not in wanted:
            return took
        less = np.zeros_like(took)
        if scenario.limit_changed and scenario.which is Limit.PROMISED:
            limit = scenario.limit or 0
            if days is not None and days.n:
                less = less + np.maximum(days.at(ranks) - limit, 0)
            else:
                less = less + max(0, (scenario.was or 0) - limit)
        if (scenario.fewer_papers or scenario.promise) and enterprise is not None and enterprise.n:
            less = less + enterprise.at(ranks)
        left: WHOLE = np.maximum(took - less, np.minimum(took, 1))
        return left

    return change


def plan_steps(steps: Iterable[Ahead]) -> list[Step]:
    """For the plan's own arithmetic."""
    return [a.step for a in steps]
