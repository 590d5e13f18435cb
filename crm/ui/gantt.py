"""Bars over time: one project's milestones with the clocks of its permits, and many projects at once.

A chart never stands alone: the page shows the same facts as a table beside it. `narrow` is for a phone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from crm.approvals.queries import CaseRow
from crm.core.i18n import _
from crm.projects.queries import GanttRow, MilestoneLine
from crm.ui.project_parts.rows import CELL_SHAPES
from crm.ui.words import day
from models import SpecialProcedure
from models.vocabulary import LIGHT_LABELS, PROCEDURE_KIND_LABELS, Light

ROW_PX = 24
HEAD_PX = 84  # the legend and the axis, which Streamlit counts inside the height
DEEP, PALE, DONE, LATE, CLOCK, LEGAL, STOPPED = (
    "#1f4e8c",
    "#9db8d9",
    "#8fae9b",
    "#c2413a",
    "#5b8bc9",
    "#d9dde3",
    "#8a8f98",
)


def _at(on: date) -> datetime:
    return datetime(on.year, on.month, on.day)  # noqa: DTZ001 - a day on an axis, no zone


def _bar(row: str, kind: str, a: date, b: date, says: str) -> dict[str, Any]:
    # A day has width: the bar ends with the day, not at its beginning.
    return {"row": row, "kind": kind, "from": _at(a), "to": _at(b + timedelta(days=1)), "says": says}


def _chart(
    bars: list[dict[str, Any]],
    marks: list[dict[str, Any]],
    order: list[str],
    today: date,
    kinds: Mapping[str, str],
    thin: Sequence[str] = (),
    narrow: bool = False,
) -> dict[str, Any]:
    """A Vega-Lite spec for `st.vega_lite_chart`, its rows under `datasets` as data frames.

    Written as it is, not through Altair, whose checking of such a chart takes longer than all its queries.
    """
    tidy = {"labelFontSize": 12, "ticks": False, "domain": False, "grid": True, "gridOpacity": 0.4}
    y = {
        "field": "row",
        "type": "nominal",
        "sort": order,
        "title": None,
        "scale": {"domain": order},
        "axis": {"labelLimit": 105 if narrow else 250, **tidy},
    }
    x_axis = {"format": "%Y-%m", "tickCount": 3 if narrow else 8, "labelOverlap": True, "gridOpacity": 0.4}
    x = {"type": "temporal", "title": None, "axis": x_axis}
    used = [k for k in kinds if any(b["kind"] == k for b in bars)]
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": used, "range": [kinds[k] for k in used]},
        "legend": {"title": None, "orient": "top", "symbolType": "square", "columns": 3 if narrow else 0},
    }
    tips = [
        {"field": "row", "type": "nominal", "title": _("名称")},
        {"field": "says", "type": "nominal", "title": _("说明")},
    ]
    frame = pd.DataFrame(bars)
    datasets: dict[str, pd.DataFrame] = {}
    layers: list[dict[str, Any]] = []
    for name, size, wanted in (
        ("bars", 14, [k for k in used if k not in thin]),
        ("thin", 6, [k for k in used if k in thin]),
    ):
        if wanted:
            datasets[name] = frame[frame["kind"].isin(wanted)]
            layers.append(
                {
                    "data": {"name": name},
                    "mark": {"type": "bar", "height": size, "cornerRadius": 2},
                    "encoding": {
                        "x": {"field": "from", **x},
                        "x2": {"field": "to"},
                        "y": y,
                        "color": colour,
                        "tooltip": tips,
                    },
                }
            )
    if marks:
        datasets["marks"] = pd.DataFrame(marks)
        layers.append(
            {
                "data": {"name": "marks"},
                "mark": {
                    "type": "point",
                    "shape": "diamond",
                    "filled": True,
                    "size": 70,
                    "color": "#2f3b4a",
                },
                "encoding": {"x": {"field": "on", **x}, "y": y, "tooltip": tips},
            }
        )
    datasets["now"] = pd.DataFrame([{"on": _at(today), "says": _("今天 {day}", day=day(today))}])
    on = {"field": "on", "type": "temporal"}
    layers += [
        {
            "data": {"name": "now"},
            "mark": {"type": "rule", "color": LATE, "strokeWidth": 1.5, "strokeDash": [5, 3]},
            "encoding": {"x": on, "tooltip": [{"field": "says", "type": "nominal"}]},
        },
        {
            "data": {"name": "now"},
            "mark": {
                "type": "text",
                "text": _("今天"),
                "color": LATE,
                "dy": -6,
                "align": "left",
                "dx": 4,
                "fontSize": 11,
            },
            "encoding": {"x": on, "y": {"value": 0}},
        },
    ]
    return {"height": max(3, len(order)) * ROW_PX + HEAD_PX, "layer": layers, "datasets": datasets}


def project_chart(
    milestones: Sequence[MilestoneLine],
    cases: Sequence[CaseRow],
    stops: Mapping[int, Sequence[SpecialProcedure]],
    today: date,
    *,
    narrow: bool = False,
) -> dict[str, Any] | None:
    """Milestones as bars (the critical path deep, late ones red, a diamond where done), each permit's clock
    under its milestone: legal limit, what was promised, and the stops. None when nothing has a date."""
    critical, plan, done, late = _("关键线路"), _("计划"), _("已完成"), _("逾期")
    legal, promised, stopped = _("法定时限"), _("承诺时限"), _("停表（不计时）")
    bars: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    order: list[str] = []
    under: dict[int | None, list[CaseRow]] = {}
    for case in cases:
        under.setdefault(case.milestone_id, []).append(case)
    for m in milestones:
        if m.inactive:
            continue
        row = m.name if m.name not in order else f"{m.name} {m.code}"
        mine = under.pop(m.id, [])
        last = m.planned_on or m.done_on
        if last is not None:
            first = min(m.planned_start_on or last, last)
            kind = done if m.done_on else late if m.light is Light.RED else critical if m.critical else plan
            says = _("计划 {a} 至 {b}", a=day(first), b=day(last))
            if m.done_on:
                says += "，" + _("实际 {on}", on=day(m.done_on))
                marks.append({"row": row, "on": _at(m.done_on), "says": says})
            bars.append(_bar(row, kind, first, last, says))
            order.append(row)
        for case in mine:
            _clock_bars(bars, order, case, stops.get(case.id, ()), today, legal, promised, stopped)
    for left in under.values():
        for case in left:
            _clock_bars(bars, order, case, stops.get(case.id, ()), today, legal, promised, stopped)
    if not bars:
        return None
    kinds = {
        critical: DEEP,
        plan: PALE,
        done: DONE,
        late: LATE,
        legal: LEGAL,
        promised: CLOCK,
        stopped: STOPPED,
    }
    return _chart(bars, marks, order, today, kinds, thin=(promised, stopped), narrow=narrow)


def _clock_bars(
    bars: list[dict[str, Any]],
    order: list[str],
    case: CaseRow,
    stops: Sequence[SpecialProcedure],
    today: date,
    legal: str,
    promised: str,
    stopped: str,
) -> None:
    start = case.accepted_on or case.received_on
    row = f"  └ {case.item} {case.case_no}"
    ends = {legal: case.clocks.legal, promised: case.clocks.promised}
    drawn = False
    for kind, clock in ends.items():
        if clock is not None and clock.due_on >= start:
            says = _(
                "{kind} {a} 至 {b}，已用{used}，剩余{left}",
                kind=kind,
                a=day(start),
                b=day(clock.due_on),
                used=clock.used,
                left=clock.left,
            )
            bars.append(_bar(row, kind, start, clock.due_on, says))
            drawn = True
    for stop in stops:
        end = max((stop.to_on - timedelta(days=1)) if stop.to_on else today, stop.from_on)
        bars.append(
            _bar(row, stopped, stop.from_on, end, f"{_(PROCEDURE_KIND_LABELS[stop.kind])}：{stop.ground}")
        )
        drawn = True
    if drawn:
        order.append(row)


def many_chart(rows: Sequence[GanttRow], today: date, *, narrow: bool = False) -> dict[str, Any] | None:
    """Each project's plan (pale) with what has happened on it (thin), the light's shape and word by its name."""
    plan, actual = _("计划"), _("实际")
    bars: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    order: list[str] = []
    for r in rows:
        light = r.project.light.light
        word = "" if narrow else f"{_(LIGHT_LABELS[light])} "
        row = f"{CELL_SHAPES[light]}{word}{r.project.name}"
        drawn = False
        if r.planned.drawn and r.planned.from_on and r.planned.to_on:
            says = _("计划 {a} 至 {b}", a=day(r.planned.from_on), b=day(r.planned.to_on))
            bars.append(_bar(row, plan, r.planned.from_on, r.planned.to_on, says))
            drawn = True
        if r.actual.drawn and r.actual.from_on and r.actual.to_on:
            says = _("实际自 {a}，已完成{n}/{m}个节点", a=day(r.actual.from_on), n=r.done, m=r.milestones)
            kind = _("实际（红灯）") if light is Light.RED else actual
            bars.append(_bar(row, kind, r.actual.from_on, r.actual.to_on, says))
            drawn = True
        info = r.project.light
        if info.next_on is not None:
            marks.append(
                {
                    "row": row,
                    "on": _at(info.next_on),
                    "says": _("下一节点：{name}", name=info.next_name) + " " + day(info.next_on),
                }
            )
            drawn = True
        if drawn:
            order.append(row)
    if not bars:
        return None
    late = _("实际（红灯）")
    return _chart(
        bars, marks, order, today, {plan: PALE, actual: DEEP, late: LATE}, thin=(actual, late), narrow=narrow
    )
