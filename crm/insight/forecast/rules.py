"""The likely dates of a project, by simulation over its milestone graph.

Pure; history, calendar and day are passed in. Only open steps are drawn; what is done keeps its date, and
a step set aside as not needed passes its prerequisites on, as in the plan (crm.projects.plan_rules). All
arithmetic is in whole working days from `today`, so that with constant durations the forecast is the
plan's own date. The draws of a step depend on the project and the step's code alone: the same inputs give
the same dates, and two variants of one project are compared on the same luck. House rule, ADR 0018.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from crm.insight.forecast.history_rules import WHOLE, Ahead, Behind, History
from crm.projects.plan_rules import graph_of
from crm.workdays.rules import Calendar
from models.vocabulary import ProjectStatus, Stage

DRAWS = 2_000
LEVELS = (50, 80, 95)
MOVERS = 3
RANKS = NDArray[np.float64]


class Target(StrEnum):
    """What a forecast is about."""

    LICENCE = "licence"
    PRODUCTION = "production"


TARGET_LABELS: dict[Target, str] = {Target.LICENCE: "取得主要许可", Target.PRODUCTION: "投产"}

# 施工许可 where the project needs one; a refit or a leased workshop without it waits for its planning
# permit or its environmental approval (house rule).
LICENCES = ("P34", "P22", "P23", "P24")
PRODUCTION = "P69"


class NoForecast(StrEnum):
    """Why there is none."""

    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    COMPLETED = "completed"
    NO_PLAN = "no_plan"
    NO_TARGET = "no_target"
    REACHED = "reached"


NO_FORECAST_LABELS: dict[NoForecast, str] = {
    NoForecast.SUSPENDED: "项目已暂停，恢复推进后再测算。",
    NoForecast.TERMINATED: "项目已终止，不测算。",
    NoForecast.COMPLETED: "项目已完成，不再测算。",
    NoForecast.NO_PLAN: "还没有节点计划，无法测算。",
    NoForecast.NO_TARGET: "节点计划中没有主要许可或投产节点，无法测算。",
    NoForecast.REACHED: "主要许可和投产节点都已完成，不再测算。",
}

_BY_STATUS = {
    ProjectStatus.SUSPENDED: NoForecast.SUSPENDED,
    ProjectStatus.TERMINATED: NoForecast.TERMINATED,
    ProjectStatus.COMPLETED: NoForecast.COMPLETED,
}


@dataclass(frozen=True)
class Mover:
    """A step that moves a target's date. `share` 0-1 of the date's variance; `on_path` 0-1: how often it
    lies on the longest path; `usual_wd`: its median; `sooner_wd`: by how many working days the 80 % date
    would come nearer if it took just that long."""

    code: str
    name: str
    share: float
    on_path: float
    usual_wd: int
    sooner_wd: int


@dataclass(frozen=True)
class Arrival:
    """A target's likely dates. `days_wd` are working days from the day of the forecast, by level of
    `LEVELS`; `provisional`: they lean on a year whose notice is not loaded."""

    target: Target
    code: str
    name: str
    planned_on: date | None
    days_wd: tuple[int, ...]
    p50_on: date
    p80_on: date
    p95_on: date
    provisional: bool
    movers: tuple[Mover, ...]


@dataclass(frozen=True)
class Forecast:
    """`reached`: targets already done, with their day. `why_not` says why `arrivals` is empty."""

    made_on: date
    arrivals: tuple[Arrival, ...]
    reached: tuple[tuple[Target, date], ...]
    behind: Mapping[str, Behind]
    draws: int
    common_pace: float
    why_not: NoForecast | None = None
    steps: tuple[Ahead, ...] = ()

    def of(self, target: Target) -> Arrival | None:
        return next((a for a in self.arrivals if a.target is target), None)


# Changes the draws of a step: (code, ranks of the draws, days drawn) -> days.
Adjust = Callable[[str, RANKS, WHOLE], WHOLE]


def targets_of(steps: Iterable[Ahead]) -> dict[Target, str]:
    """The code that stands for each target in this plan: steps not needed do not count."""
    wanted = {a.step.code: a for a in steps if not (a.step.inactive and a.step.done_on is None)}
    found: dict[Target, str] = {}
    licence = next((code for code in LICENCES if code in wanted), None)
    if licence is not None:
        found[Target.LICENCE] = licence
    if PRODUCTION in wanted:
        found[Target.PRODUCTION] = PRODUCTION
    else:
        last = [a.step.code for a in wanted.values() if a.stage is Stage.PRODUCTION]
        if last:
            found[Target.PRODUCTION] = last[-1]
    return found


def forecast(
    project_id: int,
    status: ProjectStatus,
    steps: Sequence[Ahead],
    history: History,
    calendar: Calendar,
    today: date,
    *,
    draws: int = DRAWS,
    adjust: Adjust | None = None,
    movers: bool = True,
) -> Forecast:
    """The likely dates of one project's targets, or why there are none. Raises `PlanCycle`."""
    wanted = targets_of(steps)
    by_code = {a.step.code: a for a in steps}
    done = {c: on for t, c in wanted.items() if (on := by_code[c].step.done_on) is not None}
    reached = tuple((t, done[c]) for t, c in wanted.items() if c in done)
    open_targets = {t: c for t, c in wanted.items() if c not in done}
    why_not = _BY_STATUS.get(status)
    if why_not is None and not any(not a.step.inactive for a in steps):
        why_not = NoForecast.NO_PLAN
    if why_not is None and not open_targets:
        why_not = NoForecast.REACHED if wanted else NoForecast.NO_TARGET
    if why_not is not None:
        return Forecast(today, (), reached, {}, draws, 0.0, why_not)
    run = simulate(project_id, steps, history, draws=draws, adjust=adjust, until=open_targets.values())
    arrivals = []
    for target, code in open_targets.items():
        step = by_code[code].step
        days = quantiles(run.finish[code])
        p50, p80, p95 = (calendar.next_workday(calendar.add_workdays(today, n)) for n in days)
        arrivals.append(
            Arrival(
                target=target,
                code=code,
                name=step.name,
                planned_on=step.planned_on,
                days_wd=days,
                p50_on=p50,
                p80_on=p80,
                p95_on=p95,
                provisional=calendar.is_provisional(today, p95),
                movers=_movers(run, by_code, code) if movers else (),
            )
        )
    return Forecast(
        today, tuple(arrivals), reached, run.behind, draws, history.common_pace, steps=tuple(steps)
    )


def quantiles(days: WHOLE) -> tuple[int, ...]:
    """The smallest number of days that at least 50, 80 and 95 % of the draws did not exceed."""
    ordered = np.sort(days)
    return tuple(int(ordered[-(-len(ordered) * level // 100) - 1]) for level in LEVELS)


@dataclass(frozen=True)
class Run:
    """One simulation: working days from today to each step's finish, and what each took, by draw."""

    order: tuple[str, ...]
    graph: nx.DiGraph[str]
    took: Mapping[str, WHOLE]
    finish: Mapping[str, WHOLE]
    behind: Mapping[str, Behind]
    done: frozenset[str]


def simulate(
    project_id: int,
    steps: Sequence[Ahead],
    history: History,
    *,
    draws: int = DRAWS,
    adjust: Adjust | None = None,
    until: Iterable[str] | None = None,
) -> Run:
    """Draw every open step and walk the graph. `until`: only what leads to these codes. Raises `PlanCycle`."""
    by_code = {a.step.code: a for a in steps}
    graph = graph_of([a.step for a in steps])
    order = tuple(nx.topological_sort(graph))
    if until is not None:
        needed: set[str] = set()
        for code in until:
            needed |= {code} | nx.ancestors(graph, code)
        order = tuple(c for c in order if c in needed)
    pace = history.common_pace
    common = _normal(project_id, "", draws) if pace > 0 else None
    took: dict[str, WHOLE] = {}
    finish: dict[str, WHOLE] = {}
    behind: dict[str, Behind] = {}
    nothing = np.zeros(draws, dtype=np.int64)
    for code in order:
        ahead = by_code[code]
        if ahead.step.done_on is not None:
            finish[code] = took[code] = nothing
            continue
        before = nothing
        for p in graph.predecessors(code):
            before = np.maximum(before, finish[p])
        if not ahead.step.open:
            finish[code], took[code] = before, nothing
            continue
        behind[code] = history.behind(ahead)
        ranks = _ranks(project_id, code, draws, pace, common)
        days = behind[code].left.at(ranks)
        took[code] = adjust(code, ranks, days) if adjust is not None else days
        finish[code] = before + took[code]
    done = frozenset(c for c in order if by_code[c].step.done_on is not None)
    return Run(order, graph, took, finish, behind, done)


def _normal(project_id: int, code: str, draws: int) -> RANKS:
    return np.random.default_rng([project_id, zlib.crc32(code.encode())]).standard_normal(draws)


def _ranks(project_id: int, code: str, draws: int, pace: float, common: RANKS | None) -> RANKS:
    """Evenly spread ranks in [0, 1), shuffled; those of one project go together as far as `pace` says
    (a Gaussian copula with one common factor)."""
    own = _normal(project_id, code, draws)
    score = own if common is None else np.sqrt(pace) * common + np.sqrt(1 - pace) * own
    ranks = np.empty(draws)
    ranks[np.argsort(score)] = (np.arange(draws) + 0.5) / draws
    return ranks


def _movers(run: Run, by_code: Mapping[str, Ahead], target: str) -> tuple[Mover, ...]:
    """The steps whose days on the longest path make up most of the date's variance.

    In every draw the target's date is the sum of the steps on its longest path, so their covariances
    with the date add up to its variance exactly. Where nothing varies, the longest steps of the path.
    """
    end = run.finish[target]
    on_path = _longest_path(run, target)
    spread = float(end.var())
    found: list[tuple[float, float, str]] = []
    for code, here in on_path.items():
        if code not in run.behind or not here.any():
            continue
        part = run.took[code] * here
        mean = float(part.mean())
        share = float(((part - mean) * (end - end.mean())).mean()) / spread if spread > 0 else 0.0
        found.append((share if spread > 0 else mean, mean, code))
    found.sort(key=lambda f: (-f[0], -f[1], f[2]))
    whole = quantiles(end)[1]
    movers = []
    for weight, _mean, code in found[:MOVERS]:
        usual = int(np.sort(run.took[code])[(len(end) - 1) // 2])
        movers.append(
            Mover(
                code=code,
                name=by_code[code].step.name,
                share=max(0.0, weight) if spread > 0 else 0.0,
                on_path=float(on_path[code].mean()),
                usual_wd=usual,
                sooner_wd=max(0, whole - quantiles(_again(run, target, code, usual))[1]),
            )
        )
    return tuple(movers)


def _longest_path(run: Run, target: str) -> dict[str, NDArray[np.bool_]]:
    """Of each step, in which draws it lies on the longest path to the target; one path a draw."""
    here: dict[str, NDArray[np.bool_]] = {target: np.ones(len(run.finish[target]), dtype=bool)}
    for code in reversed(run.order):
        mine = here.get(code)
        if mine is None or not mine.any():
            continue
        waiting = mine & (run.finish[code] > run.took[code])
        for p in run.graph.predecessors(code):
            through = waiting & (run.finish[p] == run.finish[code] - run.took[code])
            here[p] = here[p] | through if p in here else through
            waiting = waiting & ~through
    return here


def _again(run: Run, target: str, fixed: str, days: int) -> WHOLE:
    """The target's finish if one step took just so long in every draw."""
    changed: dict[str, WHOLE] = {}
    nothing = np.zeros(len(run.finish[target]), dtype=np.int64)
    for code in run.order:
        if code in run.done or (
            code != fixed and not any(p in changed for p in run.graph.predecessors(code))
        ):
            continue
        before = nothing
        for p in run.graph.predecessors(code):
            before = np.maximum(before, changed.get(p, run.finish[p]))
        changed[code] = before + (days if code == fixed else run.took[code])
    return changed[target]
