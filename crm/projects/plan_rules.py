"""The milestone plan as arithmetic: a graph without cycles, laid out in working days.

Pure; the calendar is passed in. A step of duration n finishes on the n-th working day after the
last of its prerequisites, so it starts on the next working day with no gap and no overlap.
Forward the plan starts from today's state; backward (倒排工期) every step takes its latest date
before the wanted production date. Steps already done keep their dates in any case, and steps set
aside as not needed pass their prerequisites on. House rule, ADR 0008.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import networkx as nx

from crm.workdays.rules import Calendar


@dataclass(frozen=True)
class Step:
    """One milestone as the plan sees it. `duration_wd` in working days; `prerequisites` are codes."""

    code: str
    name: str
    duration_wd: int = 0
    prerequisites: tuple[str, ...] = ()
    planned_on: date | None = None
    done_on: date | None = None
    inactive: bool = False
    planned_start_on: date | None = None

    @property
    def open(self) -> bool:
        return self.done_on is None and not self.inactive


@dataclass(frozen=True)
class Placed:
    """An open step with its computed dates. `float_wd`: working days it may slip without moving the
    end; 0 is the critical path. `provisional`: the count crosses a year without a confirmed notice."""

    code: str
    start_on: date
    finish_on: date
    float_wd: int
    critical: bool
    provisional: bool


@dataclass(frozen=True)
class Layout:
    """`length_wd`: working days of the longest chain of open steps. `short_wd`: by how many working
    days the wanted date is too early (0 when it is not, or when planning forward)."""

    placed: tuple[Placed, ...]
    length_wd: int
    short_wd: int
    end_on: date


@dataclass(frozen=True)
class Shift:
    """A promise that moves. `pushed_wd` working days, negative when it comes earlier; None if there was no date."""

    code: str
    name: str
    old: date | None
    new: date
    pushed_wd: int | None


class PlanCycle(ValueError):
    """The prerequisites form a circle. `path` names the steps in order, the first repeated at the end."""

    def __init__(self, path: Sequence[str]) -> None:
        self.path = tuple(path)
        super().__init__(" → ".join(self.path))


class TooEarly(ValueError):
    """The wanted date lies before what the prerequisites allow. `because` names the latest of them."""

    def __init__(self, earliest: date, because: str, because_on: date) -> None:
        self.earliest, self.because, self.because_on = earliest, because, because_on
        super().__init__(f"{because} {because_on} -> {earliest}")


def graph_of(steps: Iterable[Step]) -> nx.DiGraph[str]:
    """Prerequisite -> step. Prerequisites outside the plan are left out. Raises `PlanCycle`."""
    by_code = {s.code: s for s in steps}
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(by_code)
    for step in by_code.values():
        graph.add_edges_from((p, step.code) for p in step.prerequisites if p in by_code)
    try:
        edges = nx.find_cycle(graph)
    except nx.NetworkXNoCycle:
        return graph
    names = [by_code[edge[0]].name for edge in edges]
    raise PlanCycle([*names, names[0]])


def lay_out(
    steps: Sequence[Step], calendar: Calendar, today: date, *, production_on: date | None = None
) -> Layout:
    """Dates of every open step: forward from `today`, or backward from `production_on` if given.

    A wanted day that is not worked is taken as the working day before it. Raises `PlanCycle`.
    """
    graph = graph_of(steps)
    by_code = {s.code: s for s in steps}
    order = list(nx.topological_sort(graph))
    head = _heads(graph, order, by_code)
    tail = _tails(graph, order, by_code)
    waiting = [s for s in steps if s.open]
    length = max((head[s.code] + tail[s.code] for s in waiting), default=0)
    end = _last_workday(calendar, production_on) if production_on else None
    placed = []
    for step in waiting:
        if end is not None:
            finish = calendar.add_workdays(end, -tail[step.code])
        else:
            finish = calendar.next_workday(calendar.add_workdays(today, head[step.code]))
        slack = length - head[step.code] - tail[step.code]
        start = start_of(calendar, finish, step.duration_wd)
        placed.append(
            Placed(
                code=step.code,
                start_on=start,
                finish_on=finish,
                float_wd=slack,
                critical=slack == 0,
                provisional=calendar.is_provisional(min(today, start), max(today, finish)),
            )
        )
    short = max(0, length - calendar.count_workdays(today, end)) if end is not None else 0
    last = end or max((p.finish_on for p in placed), default=today)
    return Layout(tuple(placed), length, short, last)


def floats(steps: Sequence[Step]) -> dict[str, int]:
    """Total float of every open step in working days, by the durations alone; 0 is critical."""
    graph = graph_of(steps)
    by_code = {s.code: s for s in steps}
    order = list(nx.topological_sort(graph))
    head, tail = _heads(graph, order, by_code), _tails(graph, order, by_code)
    length = max((head[s.code] + tail[s.code] for s in steps if s.open), default=0)
    return {s.code: length - head[s.code] - tail[s.code] for s in steps if s.open}


def push(steps: Sequence[Step], calendar: Calendar, code: str, new_on: date) -> list[Shift]:
    """What moves when one step's promise moves to `new_on`: the step itself first, then those it forces.

    A later step moves only as far as its prerequisites force it, its duration kept; room in between
    is used up first. Steps done, and steps without a date, keep what they have. Coming earlier pulls
    nothing along. Raises `TooEarly` when a prerequisite's date does not allow it.
    """
    graph = graph_of(steps)
    by_code = {s.code: s for s in steps}
    moved = by_code[code]
    limit = _latest(by_code, moved.prerequisites)
    if limit is not None:
        earliest = calendar.add_workdays(limit[0], moved.duration_wd)
        if new_on < earliest:
            raise TooEarly(earliest, limit[1], limit[0])
    if new_on == moved.planned_on:
        return []
    new = {code: new_on}
    _force(graph, by_code, calendar, new)
    return [_shift(calendar, by_code[c], day) for c, day in new.items()]


def pushed_by_done(
    steps: Sequence[Step], calendar: Calendar, code: str, done_on: date, today: date
) -> list[Shift]:
    """The followers whose promises a step done so late makes impossible, with the first days possible.

    A follower that would stand in the past even so is left where it is: it is late already.
    """
    graph = graph_of(steps)
    by_code = {s.code: s for s in steps}
    new = {code: done_on}
    _force(graph, by_code, calendar, new)
    return [_shift(calendar, by_code[c], day) for c, day in new.items() if c != code and day >= today]


def repair(steps: Sequence[Step], calendar: Calendar, from_day: date) -> list[Shift]:
    """What moves because the calendar itself changed: an open promise from `from_day` on that falls on
    a day no longer worked, or whose working days have become too few, moves later and pushes what
    depends on it. A promise never comes earlier by itself."""
    graph = graph_of(steps)
    by_code = {s.code: s for s in steps}
    new: dict[str, date] = {}
    for step in steps:
        if not step.open or step.planned_on is None or step.planned_on < from_day:
            continue
        day = possible_on(calendar, step.planned_start_on, step.planned_on, step.duration_wd)
        if day != step.planned_on:
            new[step.code] = day
    _force(graph, by_code, calendar, new)
    return [_shift(calendar, by_code[c], day) for c, day in new.items()]


def possible_on(calendar: Calendar, start_on: date | None, planned_on: date, duration_wd: int) -> date:
    """The promise if the calendar still allows it, else the first day that does: worked, and with as
    many working days from the planned start as the step takes."""
    day = calendar.next_workday(planned_on)
    if start_on is not None and duration_wd > 0:
        day = max(day, calendar.add_workdays(calendar.next_workday(start_on), duration_wd - 1))
    return day


def blockers(steps: Sequence[Step], code: str, done_on: date) -> list[Step]:
    """Prerequisites that forbid an actual date: not done yet, or done later than `done_on`."""
    by_code = {s.code: s for s in steps}
    return [
        p
        for p in _real_prerequisites(by_code, by_code[code].prerequisites)
        if p.done_on is None or p.done_on > done_on
    ]


def done_after(steps: Sequence[Step], code: str) -> list[Step]:
    """Steps already done that stand on this one: it cannot be reopened under them."""
    by_code = {s.code: s for s in steps}
    return [
        s
        for s in steps
        if s.done_on is not None
        and any(p.code == code for p in _real_prerequisites(by_code, s.prerequisites))
    ]


def start_of(calendar: Calendar, finish: date, duration_wd: int) -> date:
    """The first of `duration_wd` working days that end on `finish`."""
    return calendar.add_workdays(finish, 1 - duration_wd) if duration_wd > 1 else finish


def _duration(step: Step) -> int:
    return step.duration_wd if step.open else 0


def _heads(graph: nx.DiGraph[str], order: list[str], by_code: Mapping[str, Step]) -> dict[str, int]:
    """Working days from today to each step's earliest finish. What is done stands at today."""
    head: dict[str, int] = {}
    for code in order:
        step = by_code[code]
        before = max((head[p] for p in graph.predecessors(code)), default=0)
        head[code] = 0 if step.done_on is not None else before + _duration(step)
    return head


def _tails(graph: nx.DiGraph[str], order: list[str], by_code: Mapping[str, Step]) -> dict[str, int]:
    """Working days from each step's finish to the end of the longest chain behind it."""
    tail: dict[str, int] = {}
    for code in reversed(order):
        tail[code] = max(
            (tail[n] + _duration(by_code[n]) for n in graph.successors(code) if by_code[n].done_on is None),
            default=0,
        )
    return tail


def _real_prerequisites(by_code: Mapping[str, Step], codes: Iterable[str]) -> list[Step]:
    """Prerequisites that count: one not needed passes its own on."""
    found: dict[str, Step] = {}
    seen: set[str] = set()
    todo = list(codes)
    while todo:
        step = by_code.get(todo.pop(0))
        if step is None or step.code in seen:
            continue
        seen.add(step.code)
        if step.inactive and step.done_on is None:
            todo.extend(step.prerequisites)
        else:
            found[step.code] = step
    return list(found.values())


def _latest(
    by_code: Mapping[str, Step], codes: Iterable[str], new: Mapping[str, date] | None = None
) -> tuple[date, str] | None:
    """(latest finish among the prerequisites, its name); None when none has a date."""
    dated = [
        (day, p.name)
        for p in _real_prerequisites(by_code, codes)
        if (day := p.done_on or (new or {}).get(p.code) or p.planned_on) is not None
    ]
    return max(dated, default=None)


def _force(
    graph: nx.DiGraph[str], by_code: Mapping[str, Step], calendar: Calendar, new: dict[str, date]
) -> None:
    """Add to `new` the dates of the steps that the dates in it push, in order."""
    touched = set(new)
    for code in nx.topological_sort(graph):
        step = by_code[code]
        if not any(p in touched for p in graph.predecessors(code)):
            continue
        if step.inactive and step.done_on is None:
            touched.add(code)
            continue
        if not step.open or step.planned_on is None:
            continue
        limit = _latest(by_code, step.prerequisites, new)
        if limit is None:
            continue
        forced = calendar.add_workdays(limit[0], step.duration_wd)
        if forced > new.get(code, step.planned_on):
            new[code] = forced
            touched.add(code)


def _shift(calendar: Calendar, step: Step, new: date) -> Shift:
    pushed = calendar.count_workdays(step.planned_on, new) if step.planned_on else None
    return Shift(step.code, step.name, step.planned_on, new, pushed)


def _last_workday(calendar: Calendar, day: date) -> date:
    return day if calendar.is_workday(day) else calendar.add_workdays(day, -1)
