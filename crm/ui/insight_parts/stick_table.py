"""The ranking: one line a place, the costliest first, each figure opening its cases; cards on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from crm.core.i18n import _
from crm.insight.queries.bottlenecks import Place
from crm.insight.queries.scope import BY_LABELS, Asked, By, month_of_key
from crm.insight.rules import DEFINITION_LABELS, MEASURE_LABELS, Figures, Measure, Months, compared
from crm.ui import links
from crm.ui.insight_parts import stick_links
from crm.ui.insight_parts.stick_words import (
    difference,
    median_difference,
    middle,
    middle_days,
    month,
    share,
)
from crm.ui.project_parts.rows import only_desk, only_phone
from crm.ui.words import NOTHING, plain


@dataclass(frozen=True)
class _Column:
    """One column: what its cells say, and the cases of which measure they open (None: the place itself)."""

    name: str
    says: Callable[[Place], str]
    opens: Measure | None
    width: int
    past: bool = False  # opens the months compared


def title(place: Place, by: By) -> str:
    """The place's name as the reader reads it."""
    if by is By.MONTH:
        on = month_of_key(place.key)
        return month(on) if on else ""
    return place.name


def corrections(figures: Figures) -> str:
    """Corrections per case, cut to two decimals."""
    value = figures.corrections
    return NOTHING if value is None else f"{int(value * 100) / 100:.2f}"


def _columns(asked: Asked) -> list[_Column]:
    cost = Measure.STEP_WAIT if asked.by is By.STEP else asked.cost

    def days(measure: Measure, width: int = 76) -> _Column:
        name = _(MEASURE_LABELS[measure])
        return _Column(name, lambda p: middle(p.now.days(measure), narrow=True), measure, width)

    found = [
        _Column(_(BY_LABELS[asked.by]), lambda p: title(p, asked.by), None, 215),
        _Column(_("合计天数"), lambda p: f"{p.now.cost(cost):,}", cost, 78),
        _Column(
            _("合计变化"), lambda p: difference(p.now.cost(cost), p.before.cost(cost)), cost, 78, past=True
        ),
    ]
    if asked.by is By.STEP:
        return [
            *found,
            _Column(_("次数"), lambda p: f"{p.now.n(cost):,}", cost, 90),
            days(cost, 130),
            _Column(
                _("中位变化"),
                lambda p: median_difference(p.now.days(cost), p.before.days(cost)),
                cost,
                95,
                past=True,
            ),
        ]
    return [
        *found,
        _Column(_("办结"), lambda p: f"{p.now.n(Measure.CLOSED):,}", Measure.CLOSED, 66),
        days(Measure.RUNNING_WD),
        _Column(
            _("中位变化"),
            lambda p: median_difference(p.now.days(Measure.RUNNING_WD), p.before.days(Measure.RUNNING_WD)),
            Measure.RUNNING_WD,
            74,
            past=True,
        ),
        _Column(_("超期率"), lambda p: share(p.now.yes(Measure.LATE), narrow=True), Measure.LATE, 70),
        _Column(_("通过率"), lambda p: share(p.now.passed, narrow=True), Measure.GRANTED, 70),
        _Column(_("退件率"), lambda p: share(p.now.returned, narrow=True), Measure.RETURNED, 68),
        _Column(_("件均补正"), lambda p: corrections(p.now), Measure.CORRECTIONS, 74),
        days(Measure.ENTERPRISE_WD),
        days(Measure.STOPPED_WD),
        _Column(
            _("启动超时"),
            lambda p: share(p.now.yes(Measure.PROCEDURE_LATE), narrow=True),
            Measure.PROCEDURE_LATE,
            90,
        ),
        _Column(_("收件"), lambda p: f"{p.now.n(Measure.RECEIVED):,}", Measure.RECEIVED, 72),
    ]


def listing(places: Sequence[Place], asked: Asked, today: date) -> None:
    """The page of places."""
    with only_desk("stick"):
        _table(places, asked, today)
    with only_phone("stick"):
        for place in places:
            _card(place, asked)


def _table(places: Sequence[Place], asked: Asked, today: date) -> None:
    columns = _columns(asked)
    names = [str(i) for i in range(len(columns))]
    frame = pd.DataFrame({n: [c.says(p) for p in places] for n, c in zip(names, columns, strict=True)})
    event: Any = st.dataframe(
        frame,
        key="stick-table",
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-cell",
        alt=_("堵点排序，{n}行", n=len(places)),
        column_config={
            n: st.column_config.TextColumn(c.name, width=c.width, alignment="left" if i == 0 else "right")
            for i, (n, c) in enumerate(zip(names, columns, strict=True))
        },
    )
    for row, name in event["selection"]["cells"]:
        if row >= len(places) or name not in names:
            continue
        place, column = places[row], columns[names.index(name)]
        if column.opens is None:
            if place.key is not None:
                links.go("insight", **asked.but(key=place.key).query())
            continue
        period = _period(asked, place, today, past=column.past)
        links.go_to(stick_links.cases(asked, place, period, column.opens))


def _period(asked: Asked, place: Place, today: date, *, past: bool) -> Months:
    """The months a cell counts: of the month view the row's own."""
    one = asked.but(key=place.key) if asked.by is By.MONTH else asked
    return compared(one.period(today), asked.against) if past else one.period(today)


def _card(place: Place, asked: Asked) -> None:
    cost = Measure.STEP_WAIT if asked.by is By.STEP else asked.cost
    with st.container(border=True, gap="xsmall"):
        name = f"**{plain(title(place, asked.by))}**"
        if place.key is None:
            st.markdown(name)
        else:
            links.link(name, "insight", **asked.but(key=place.key).query())
        parts = [
            _("合计{n}天", n=f"{place.now.cost(cost):,}"),
            _("变化{n}", n=difference(place.now.cost(cost), place.before.cost(cost))),
        ]
        if asked.by is By.STEP:
            parts += [
                _("{n}次", n=f"{place.now.n(cost):,}"),
                middle_days(place.now.days(cost)),
            ]
        else:
            parts += [
                _("办结{n}件", n=f"{place.now.n(Measure.CLOSED):,}"),
                middle_days(place.now.days(Measure.RUNNING_WD)),
                _("超期率{p}", p=share(place.now.yes(Measure.LATE))),
            ]
        st.caption(plain(" · ".join(parts)))


def definitions(measures: Sequence[Measure]) -> None:
    """How each figure is counted, under the table, folded."""
    with st.expander(_("这些数字怎么算"), icon=":material/help:"):
        lines = [f"- **{plain(_(MEASURE_LABELS[m]))}** {plain(_(DEFINITION_LABELS[m]))}" for m in measures]
        lines.append(
            "- "
            + plain(
                _(
                    "“5 / 9”：一半的办件不超过5个工作日，九成不超过9个工作日（就近取位法：取某一件办件真实的天数）。合计天数＝每件天数相加，按它从多到少排。"
                )
            )
        )
        lines.append("- " + plain(_("不足20件写“样本少”，不写百分比；比率只舍不入，写100%就是全部。")))
        lines.append("- " + plain(_("点任何一个数字，打开它所统计的办件；点名称看这一处的全部数字。")))
        st.markdown("\n".join(lines))
