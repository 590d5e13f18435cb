"""Groups of projects and their sums, and the sentences about money and starts that both papers use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from crm.briefings.context import Pace, ProjectLine
from crm.briefings.sentences.words import (
    TENTH,
    against_pace,
    ahead,
    column,
    months,
    names,
    percent,
    points_cell,
    rate_cell,
    yi,
)
from crm.projects.rules import LEVEL_WITHIN, completion_pct


@dataclass(frozen=True)
class Group:
    """Some projects taken together; every total is the sum of its own lines."""

    name: str
    count: int
    total_wan: Decimal
    plan_wan: Decimal
    done_wan: Decimal


def together(name: str, lines: Iterable[ProjectLine]) -> Group:
    held = list(lines)
    return Group(
        name,
        len(held),
        sum((x.total_wan or Decimal() for x in held), Decimal()),
        sum((x.plan_wan or Decimal() for x in held), Decimal()),
        sum((x.done_wan or Decimal() for x in held), Decimal()),
    )


def grouped(lines: Sequence[ProjectLine], field: str, empty: str) -> list[Group]:
    """One group for each value of `field`, in the order of the lines' own first sight, the unnamed last."""
    seen: dict[str, list[ProjectLine]] = {}
    for line in lines:
        seen.setdefault(getattr(line, field) or empty, []).append(line)
    order = sorted(seen, key=lambda name: name == empty)
    return [together(name, seen[name]) for name in order]


def group_rows(groups: Sequence[Group], whole: Group, month: int | None) -> list[dict[str, str]]:
    rows = [*groups, Group("合计", whole.count, whole.total_wan, whole.plan_wan, whole.done_wan)]
    totals, plans, dones = (
        column([r.total_wan for r in rows]),
        column([r.plan_wan for r in rows]),
        column([r.done_wan for r in rows]),
    )
    return [
        {
            "name": r.name,
            "count": str(r.count),
            "total": totals[i],
            "plan": plans[i],
            "done": dones[i],
            "rate": rate_cell(completion_pct(r.done_wan, r.plan_wan)),
            "diff": points_cell(ahead(r.done_wan, r.plan_wan, month)),
        }
        for i, r in enumerate(rows)
    ]


def best_and_worst(groups: Sequence[Group], month: int | None, unit: str) -> str:
    """Who leads and who lags, both by number; nothing to compare says so."""
    rated = [(value, g) for g in groups if (value := ahead(g.done_wan, g.plan_wan, month)) is not None]
    if len(rated) < 2:
        return ""
    top, low = max(rated, key=lambda x: x[0]), min(rated, key=lambda x: x[0])
    if top[0] == low[0]:
        return ""

    def told(pair: tuple[Decimal, Group], word: str) -> str:
        value = completion_pct(pair[1].done_wan, pair[1].plan_wan)
        assert value is not None
        return f"{pair[1].name}完成率{word}，为{percent(value)}，{against_pace(pair[0])}"

    behind = sorted((x for x in rated if x[0] <= -LEVEL_WITHIN), key=lambda x: x[0])
    tail = ""
    if len(behind) > 1:
        tail = (
            f"慢于序时进度的有{len(behind)}{unit}，依次为"
            + "、".join(f"{g.name}（慢{abs(v).quantize(TENTH, ROUND_HALF_UP)}个百分点）" for v, g in behind)
            + "。"
        )
    return f"{told(top, '最高')}；{told(low, '最低')}。{tail}"


def investment(whole: Group, pace: Pace) -> str:
    """年度计划投资…，1—10月累计完成投资…，占…的…%，快于序时进度…个百分点。"""
    plan = (
        f"{pace.year}年度计划投资{yi(whole.plan_wan)}"
        if whole.plan_wan
        else f"{pace.year}年未下达年度计划投资"
    )
    if pace.month is None:
        return f"{plan}，今年尚无进度月报。"
    done = f"{months(pace.month)}累计完成投资{yi(whole.done_wan)}"
    value = completion_pct(whole.done_wan, whole.plan_wan)
    points = ahead(whole.done_wan, whole.plan_wan, pace.month)
    if value is None or points is None:
        return f"{plan}，{done}。"
    return f"{plan}，{done}，占年度计划投资的{percent(value)}，{against_pace(points)}。"


def starts(pace: Pace, *, named: bool = False) -> str:
    """今年计划开工…项，已开工…项… and the three lists."""
    told = []
    if pace.planned_starts:
        told.append(f"{pace.year}年计划开工项目{pace.planned_starts}项")
    done = "、".join(
        f"{word}{n}项"
        for word, n in (("开工", pace.started), ("竣工", pace.finished), ("投产", pace.produced))
        if n
    )
    told.append(f"今年已{done}" if done else "今年暂无开工、竣工、投产项目")
    missed = [
        f"{word}{len(held)}项" + (f"（{names(held)}）" if named else "")
        for word, held in (
            ("应开工未开工", pace.not_started),
            ("应竣工未竣工", pace.not_finished),
            ("应投产未投产", pace.not_produced),
        )
        if held
    ]
    told.append("、".join(missed) or "没有应开工未开工、应竣工未竣工、应投产未投产项目")
    return "；".join(told) + "。"
