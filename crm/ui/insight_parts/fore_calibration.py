"""How often past forecasts came true: the back-test as a table and a chart, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from crm.core.i18n import _
from crm.insight.forecast.backtest_rules import MONTHS, THIN, WHAT_LABELS, What
from crm.ui.insight_parts.fore_words import share
from crm.ui.words import NOTHING, day, plain

DEEP, GREY = "#1f4e8c", "#7a7368"


def calibration(kept: Mapping[str, Any] | None) -> None:
    """The section under the list; one sentence while there is nothing to judge by."""
    st.subheader(_("以往预测准不准"), anchor=False)
    if kept is None:
        st.caption(plain(_("还没有回测结果，每天早上测算后自动更新。")))
        return
    lines: Sequence[dict[str, Any]] = kept["lines"]
    st.caption(
        plain(
            _(
                "{on}回测：站在过去{months}个月每月1日，只用当时已知的情况预测，再与实际对照。"
                "到了预测日期的才算数：按期完成为准，晚了或至今未完成为不准。节点关系和计划工期按现在的计划。",
                on=day(date.fromisoformat(kept["made_on"])),
                months=MONTHS,
            )
        )
    )
    if not any(line["n"] for line in lines):
        st.markdown(plain(_("历史太少：还没有到期的预测可以对照，请把上面的日期当作参考。")))
        return
    for what in What:
        mine = [line for line in lines if line["what"] == what.value]
        st.markdown(f"**{plain(_(WHAT_LABELS[what]))}**  \n" + plain(_verdict(mine)))
    _table(lines)
    st.vega_lite_chart(
        spec=_chart(lines), width="stretch", alt=_("名义把握与实际命中的对照图，内容与上表相同")
    )


def _verdict(lines: Sequence[Mapping[str, Any]]) -> str:
    """One sentence: does it hold what it says, and is there enough to say so."""
    judged = [line for line in lines if line["n"]]
    if not judged:
        return _("还没有到期的预测。")
    parts = []
    for line in judged:
        low, high = line["low"], line["high"]
        name = line["level"] / 100
        if high < name:
            parts.append(_("{level}%把握实际{share}，偏乐观", level=line["level"], share=_of(line)))
        elif low > name:
            parts.append(_("{level}%把握实际{share}，偏保守", level=line["level"], share=_of(line)))
        else:
            parts.append(_("{level}%把握实际{share}，相符", level=line["level"], share=_of(line)))
    said = "；".join(parts) + "。"
    if any(line["n"] < THIN for line in judged):
        said += _("有的不足{n}次，历史偏少，只作参考。", n=THIN)
    return said


def _of(line: Mapping[str, Any]) -> str:
    return share(line["hits"] / line["n"]) if line["n"] else NOTHING


def _table(lines: Sequence[Mapping[str, Any]]) -> None:
    frame = pd.DataFrame(
        [
            {
                "what": _(WHAT_LABELS[What(line["what"])]),
                "level": f"{line['level']}%",
                "n": line["n"],
                "hits": line["hits"],
                "share": _of(line),
                "range": f"{share(line['low'])}～{share(line['high'])}" if line["n"] else NOTHING,
                "projects": line["projects"],
            }
            for line in lines
        ]
    )
    st.dataframe(
        frame,
        hide_index=True,
        height="content",
        alt=_("回测结果"),
        column_config={
            "what": st.column_config.TextColumn(_("预测对象"), width=130),
            "level": st.column_config.TextColumn(_("把握"), width=70, alignment="right"),
            "n": st.column_config.NumberColumn(_("到期的预测"), width=100),
            "hits": st.column_config.NumberColumn(_("如期完成"), width=90),
            "share": st.column_config.TextColumn(_("实际命中"), width=90, alignment="right"),
            "range": st.column_config.TextColumn(
                _("可信区间"),
                width=120,
                alignment="right",
                help=_("威尔逊95%区间。同一项目的多次预测并不独立，真实的不确定性更大。"),
            ),
            "projects": st.column_config.NumberColumn(_("涉及项目"), width=90),
        },
    )


def _chart(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    rows = pd.DataFrame(
        [
            {
                "what": _(WHAT_LABELS[What(line["what"])]),
                "level": line["level"],
                "share": 100 * line["hits"] / line["n"],
                "low": 100 * line["low"],
                "high": 100 * line["high"],
                "says": _("{n}次预测，{hits}次如期", n=line["n"], hits=line["hits"]),
            }
            for line in lines
            if line["n"]
        ]
    )
    axis = {"gridOpacity": 0.4, "domain": False, "ticks": False}
    x = {
        "field": "level",
        "type": "quantitative",
        "title": _("名义把握（%）"),
        "scale": {"domain": [40, 100]},
        "axis": {"values": [50, 80, 95], **axis},
    }
    y = {"type": "quantitative", "title": _("实际命中（%）"), "scale": {"domain": [0, 100]}, "axis": axis}
    colour = {"field": "what", "type": "nominal", "legend": {"title": None, "orient": "top"}}
    tips = [
        {"field": "what", "type": "nominal", "title": _("预测对象")},
        {"field": "says", "type": "nominal", "title": _("说明")},
    ]
    return {
        "height": 260,
        "datasets": {
            "rows": rows,
            "even": pd.DataFrame([{"level": 40, "share": 40}, {"level": 100, "share": 100}]),
        },
        "layer": [
            {
                "data": {"name": "even"},
                "mark": {"type": "line", "color": GREY, "strokeDash": [4, 4], "strokeWidth": 1},
                "encoding": {"x": x, "y": {"field": "share", **y}},
            },
            {
                "data": {"name": "rows"},
                "mark": {"type": "line", "point": {"size": 60}, "strokeWidth": 2},
                "encoding": {"x": x, "y": {"field": "share", **y}, "color": colour, "tooltip": tips},
            },
            {
                "data": {"name": "rows"},
                "mark": {"type": "rule", "opacity": 0.5},
                "encoding": {
                    "x": x,
                    "y": {"field": "low", **y},
                    "y2": {"field": "high"},
                    "color": colour,
                    "tooltip": tips,
                },
            },
        ],
    }
