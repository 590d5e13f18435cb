"""One place whole: every figure in the period and in the months compared, its line, the steps inside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from crm.core.i18n import _
from crm.insight.queries.bottlenecks import MonthPoint, Place
from crm.insight.queries.scope import Asked, By
from crm.insight.rules import CASE_MEASURES, MEASURE_LABELS, Figures, Measure, Share
from crm.ui import links
from crm.ui.insight_parts import stick_chart, stick_links
from crm.ui.insight_parts.stick_table import corrections, definitions, title
from crm.ui.insight_parts.stick_words import (
    difference,
    median_difference,
    middle,
    points,
    share,
    span,
)
from crm.ui.project_parts.rows import only_desk, only_phone
from crm.ui.words import NOTHING, plain


@dataclass(frozen=True)
class _Line:
    name: str
    says: Callable[[Figures], str]
    n: Callable[[Figures], int]
    moved: Callable[[Figures, Figures], str]
    opens: Measure


def _lines(asked: Asked) -> list[_Line]:
    def number(measure: Measure) -> _Line:
        return _Line(
            _(MEASURE_LABELS[measure]),
            lambda f: f"{f.n(measure):,}",
            lambda f: f.n(measure),
            lambda now, before: difference(now.n(measure), before.n(measure)),
            measure,
        )

    def days(measure: Measure) -> list[_Line]:
        name = _(MEASURE_LABELS[measure])
        return [
            _Line(
                _("{name}：中位 / 九成", name=name),
                lambda f: middle(f.days(measure)),
                lambda f: f.n(measure),
                lambda now, before: median_difference(now.days(measure), before.days(measure)),
                measure,
            ),
            _Line(
                _("{name}：合计", name=name),
                lambda f: f"{f.cost(measure):,}",
                lambda f: f.n(measure),
                lambda now, before: difference(now.cost(measure), before.cost(measure)),
                measure,
            ),
        ]

    def part(name: str, of: Callable[[Figures], Share], opens: Measure) -> _Line:
        return _Line(
            name,
            lambda f: share(of(f)),
            lambda f: of(f).whole,
            lambda now, before: points(of(now), of(before)),
            opens,
        )

    if asked.by is By.STEP:
        return days(Measure.STEP_WAIT)
    return [
        number(Measure.RECEIVED),
        number(Measure.CLOSED),
        *days(Measure.RUNNING_WD),
        *days(Measure.ENTERPRISE_WD),
        *days(Measure.STOPPED_WD),
        *days(Measure.TOTAL_WD),
        part(_("超期率"), lambda f: f.yes(Measure.LATE), Measure.LATE),
        part(_("超受理系统期限"), lambda f: f.yes(Measure.LATE_OWN), Measure.LATE_OWN),
        part(_("通过率"), lambda f: f.passed, Measure.GRANTED),
        part(_("不予率"), lambda f: Share(f.n(Measure.REFUSED), f.passed.whole), Measure.REFUSED),
        part(_("退件率"), lambda f: f.returned, Measure.RETURNED),
        _Line(
            _("件均补正"),
            corrections,
            lambda f: f.n(Measure.CLOSED),
            lambda now, before: NOTHING,
            Measure.CORRECTIONS,
        ),
        number(Measure.PROCEDURES),
        part(_("特殊环节启动超时"), lambda f: f.yes(Measure.PROCEDURE_LATE), Measure.PROCEDURE_LATE),
        part(_("停表未书面告知"), lambda f: f.yes(Measure.PROCEDURE_UNTOLD), Measure.PROCEDURE_UNTOLD),
    ]


def figures(place: Place, asked: Asked, today: date) -> None:
    """Each figure now and in the months compared, with its n; a click opens its cases."""
    lines = [line for line in _lines(asked) if line.n(place.now) or line.n(place.before)]
    period, before = asked.period(today), asked.before(today)
    with only_desk("place"):
        _table(place, asked, lines, today)
    with only_phone("place"), st.container(border=True, gap="xsmall"):
        for line in lines:
            says = f"{plain(line.name)} **{plain(line.says(place.now))}**"
            links.link(says, "case", **stick_links.query(asked, place, period, line.opens))
            st.caption(
                plain(
                    _(
                        "n={n}；{before}：{was}，n={m}",
                        n=f"{line.n(place.now):,}",
                        before=span(before),
                        was=line.says(place.before),
                        m=f"{line.n(place.before):,}",
                    )
                )
            )
    definitions((Measure.STEP_WAIT,) if asked.by is By.STEP else CASE_MEASURES)


def _table(place: Place, asked: Asked, lines: Sequence[_Line], today: date) -> None:
    period, before = asked.period(today), asked.before(today)
    frame = pd.DataFrame(
        {
            "name": [line.name for line in lines],
            "now": [line.says(place.now) for line in lines],
            "n": [f"{line.n(place.now):,}" for line in lines],
            "moved": [line.moved(place.now, place.before) for line in lines],
            "before": [line.says(place.before) for line in lines],
            "m": [f"{line.n(place.before):,}" for line in lines],
        }
    )

    def column(name: str, width: int, *, left: bool = False) -> Any:
        return st.column_config.TextColumn(name, width=width, alignment="left" if left else "right")

    event: Any = st.dataframe(
        frame,
        key="stick-figures",
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-cell",
        alt=_("{name}的各项数字", name=title(place, asked.by)),
        column_config={
            "name": column(_("指标"), 190, left=True),
            "now": column(span(period), 150),
            "n": column(_("件数"), 90),
            "moved": column(_("变化"), 120),
            "before": column(span(before), 150),
            "m": column(_("件数（对比）"), 110),
        },
    )
    for row, name in event["selection"]["cells"]:
        if row < len(lines):
            past = name in ("before", "m")
            links.go_to(stick_links.cases(asked, place, before if past else period, lines[row].opens))


def line_chart(found: Sequence[MonthPoint], asked: Asked) -> None:
    """The place month by month."""
    measure = Measure.STEP_WAIT if asked.by is By.STEP else asked.cost
    told = _("{name}逐月的中位数和九成位数", name=_(MEASURE_LABELS[measure]))
    for narrow, screen in ((False, only_desk), (True, only_phone)):
        with screen("stick-chart"):
            chart = stick_chart.by_month(found, measure, narrow=narrow)
            if chart is None:
                continue
            st.caption(plain(told))
            st.vega_lite_chart(spec=chart, width="stretch", alt=told, key=f"stick-chart-{narrow}")


def waits(found: Sequence[Place], asked: Asked, today: date) -> None:
    """The waiting before each step inside the place, the costliest first."""
    inside = [p for p in found if p.now.n(Measure.STEP_WAIT)]
    if not inside:
        return
    st.subheader(_("各环节前等待"), anchor=False)
    frame = pd.DataFrame(
        {
            "name": [p.name for p in inside],
            "days": [middle(p.now.days(Measure.STEP_WAIT)) for p in inside],
            "total": [f"{p.now.cost(Measure.STEP_WAIT):,}" for p in inside],
            "n": [f"{p.now.n(Measure.STEP_WAIT):,}" for p in inside],
            "moved": [
                median_difference(p.now.days(Measure.STEP_WAIT), p.before.days(Measure.STEP_WAIT))
                for p in inside
            ],
        }
    )
    event: Any = st.dataframe(
        frame,
        key="stick-waits",
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-cell",
        alt=_("各环节前等待"),
        column_config={
            "name": st.column_config.TextColumn(_("环节"), width=140),
            "days": st.column_config.TextColumn(_("中位 / 九成（工作日）"), width=150, alignment="right"),
            "total": st.column_config.TextColumn(_("合计天数"), width=90, alignment="right"),
            "n": st.column_config.TextColumn(_("次数"), width=90, alignment="right"),
            "moved": st.column_config.TextColumn(_("中位变化"), width=100, alignment="right"),
        },
    )
    for row, _column in event["selection"]["cells"]:
        if row < len(inside):
            held = {By.ITEM: "item", By.DEPARTMENT: "department", By.TOWN: "town"}.get(asked.by)
            narrowed = asked.but(by=By.STEP, key=None, **({held: asked.key} if held else {}))
            links.go_to(stick_links.cases(narrowed, inside[row], asked.period(today), Measure.STEP_WAIT))
