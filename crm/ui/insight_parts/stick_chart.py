"""One quiet line: median and 90th percentile of working days month by month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from crm.core.i18n import _
from crm.insight.queries.bottlenecks import MonthPoint
from crm.insight.rules import Measure
from crm.ui.insight_parts.stick_words import month

DEEP, PALE = "#1f4e8c", "#9db8d9"
HEIGHT = 240


def by_month(
    points: Sequence[MonthPoint], measure: Measure, *, narrow: bool = False
) -> dict[str, Any] | None:
    """A Vega-Lite spec for `st.vega_lite_chart`; months with few cases are left out. None when fewer than two
    months are left: the table says it all."""
    median, most = _("中位"), _("九成不超过")
    rows = []
    for point in points:
        days = point.figures.days(measure)
        if days.few:
            continue
        at = datetime(point.month.year, point.month.month, 1)  # noqa: DTZ001 - a month on an axis, no zone
        for kind, value in ((median, days.median), (most, days.p90)):
            says = _("{month}：{n}件", month=month(point.month), n=f"{days.n:,}")
            rows.append({"at": at, "kind": kind, "days": value, "says": says})
    if len(rows) < 4:
        return None
    x_axis = {
        "format": "%Y-%m",
        "tickCount": 4 if narrow else 12,
        "labelOverlap": True,
        "grid": False,
        "domain": False,
    }
    y_axis = {"gridOpacity": 0.4, "domain": False, "ticks": False, "tickMinStep": 1, "tickCount": 5}
    return {
        "height": HEIGHT,
        "layer": [
            {
                "data": {"name": "rows"},
                "mark": {"type": "line", "point": {"size": 40}, "strokeWidth": 2},
                "encoding": {
                    "x": {"field": "at", "type": "temporal", "title": None, "axis": x_axis},
                    "y": {
                        "field": "days",
                        "type": "quantitative",
                        "title": _("工作日"),
                        "axis": y_axis,
                        "scale": {"zero": True},
                    },
                    "color": {
                        "field": "kind",
                        "type": "nominal",
                        "scale": {"domain": [median, most], "range": [DEEP, PALE]},
                        "legend": {"title": None, "orient": "top"},
                    },
                    "tooltip": [
                        {"field": "says", "type": "nominal", "title": _("月份")},
                        {"field": "kind", "type": "nominal", "title": _("说明")},
                        {"field": "days", "type": "quantitative", "title": _("工作日")},
                    ],
                },
            }
        ],
        "datasets": {"rows": pd.DataFrame(rows)},
    }
