"""What the analysis is asked: broken down by what, which months, against which, narrowed to what. In the URL."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.core.i18n import _
from crm.insight.queries.bottlenecks import Choices
from crm.insight.queries.scope import BY_LABELS, SPANS, Asked, By
from crm.insight.rules import AGAINST_LABELS, COSTS, MEASURE_LABELS, Against, month_of, months_on
from crm.ui.insight_parts.stick_words import month
from crm.ui.project_parts import asking

SPAN_LABELS = {1: "一个月", 3: "三个月", 6: "六个月", 12: "十二个月"}


def asked_now() -> Asked:
    """The view as the URL asks it."""
    return Asked.read(asking.query())


def _by_control(asked: Asked) -> None:
    """One breakdown is always chosen; another one starts at its first page, with no place open."""
    key = "ask-by"
    st.session_state[key] = asked.by.value

    def put() -> None:
        chosen = st.session_state.get(key)
        for name in ("key", "page", "by"):
            st.query_params.pop(name, None)
        if chosen and chosen != By.ITEM.value:
            st.query_params["by"] = chosen

    st.segmented_control(
        _("按什么看"),
        [b.value for b in By],
        format_func=lambda value: _(BY_LABELS[By(value)]),
        key=key,
        label_visibility="collapsed",
        on_change=put,
    )


def months_bar(offered: Choices, today: date) -> None:
    """The period and what it is compared with, side by side."""
    with st.container(width=130):
        asking.choose(
            _("时段"), "span", {str(n): _(SPAN_LABELS[n]) for n in SPANS}, anything=_("三个月"), bare=True
        )
    last_whole = months_on(month_of(today), -1)
    choices = {f"{m:%Y-%m}": _("截至{month}", month=month(m)) for m in offered.months}
    with st.container(width=170):
        asking.choose(
            _("截至"), "last", choices, anything=_("截至{month}", month=month(last_whole)), bare=True
        )
    with st.container(width=160):
        asking.choose(
            _("对比"),
            "against",
            {a.value: _(AGAINST_LABELS[a]) for a in Against},
            anything=_(AGAINST_LABELS[Against.PREVIOUS]),
            bare=True,
        )


def bar(offered: Choices, today: date) -> Asked:
    """All that a ranking is asked; returns the view."""
    asked = asked_now()
    _by_control(asked)
    with st.container(horizontal=True, vertical_alignment="center"):
        months_bar(offered, today)
        narrowed = sum(value is not None for value in (asked.item, asked.department, asked.town))
        label = _("筛选（{n}）", n=narrowed) if narrowed else _("筛选")
        with st.popover(label, icon=":material/filter_list:", type="primary" if narrowed else "secondary"):
            asking.choose(_("事项"), "item", {str(k): v for k, v in offered.items.items()})
            asking.choose(_("部门"), "department", {str(k): v for k, v in offered.departments.items()})
            asking.choose(_("镇街"), "town", {str(k): v for k, v in offered.towns.items()})
            asking.choose(
                _("按哪种用时排"),
                "cost",
                {m.value: _(MEASURE_LABELS[m]) for m in COSTS},
                anything=_(MEASURE_LABELS[COSTS[0]]),
            )
        if asked.query():
            st.button(
                _("清除"), type="tertiary", icon=":material/close:", on_click=asking.clear, key="ask-clear"
            )
    return asked_now()
