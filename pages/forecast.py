"""投产预测: when each project is likely to get its licence and to produce, and how far to believe it."""

from __future__ import annotations

import streamlit as st

from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.insight.forecast.actions import forecast_all
from crm.insight.forecast.queries import (
    ORDER_LABELS,
    SHOWN,
    Order,
    backtest_kept,
    forecast_counts,
    forecasts,
)
from crm.projects.queries import choices
from crm.ui import links
from crm.ui.insight_parts import fore_calibration, fore_list
from crm.ui.project_parts import asking
from crm.ui.session import allowed, today
from crm.ui.show import empty, head, saved, speaking
from crm.ui.words import day

PER_PAGE = 25

actor = allowed(Verb.PROJECT_VIEW)
now = today()
query = asking.query()
shown = query.get("show", "") if query.get("show", "") in SHOWN else ""
order = query.get("order", "") if query.get("order", "") in ORDER_LABELS else Order.PRODUCTION

with reading() as session:
    counts = forecast_counts(session, actor)
    towns = dict(choices(session).towns)
    rows, total = forecasts(
        session, actor, shown=shown, order=order, page=asking.page_asked(), per_page=PER_PAGE
    )
    kept = backtest_kept(session, actor)


def afresh() -> None:
    """All projects again, with the bar; leaving the page stops it between two batches."""
    if st.button(_("全部重新测算"), icon=":material/refresh:", key="forecast-all"):
        with speaking():
            bar = st.progress(0.0, _("正在测算…"))
            made = forecast_all(
                actor,
                now,
                progress=lambda done, of: bar.progress(done / max(1, of), _("已测算{a}/{b}项", a=done, b=of)),
            )
            saved(_("已测算{n}项，{m}项没有可测算的节点。", n=made.forecast, m=made.without))
            st.rerun()


def opening() -> None:
    """The numbers in one sentence, each opening its rows."""

    def number(n: int, **asked: str) -> str:
        return f"[{n:,}]({links.to('forecast', **asked)})"

    sentence = _(
        "推进中的项目已测算{forecast}项；有要求投产日期的{wanted}项中，{late}项按八成把握的日期晚于要求。"
        "另有{without}项没有节点计划或没有待完成的目标，未测算。",
        forecast=number(counts.forecast),
        wanted=f"{counts.wanted:,}",
        late=number(counts.late, show="late"),
        without=number(counts.without, show="without"),
    )
    st.markdown(sentence)


right = head(
    _("投产预测"),
    _("{on}测算 · 按历史用时模拟节点计划", on=day(counts.made_on)) if counts.made_on else _("尚未测算"),
)
if may(actor, Verb.SCAN_RUN):
    with right:
        afresh()
if not counts.forecast and not counts.without:
    empty(_("您名下还没有推进中的项目。"))
    st.stop()
opening()
with st.container(horizontal=True, vertical_alignment="bottom"):
    with st.container(width=220):
        asking.choose(
            _("范围"),
            "show",
            {"late": _("八成日期晚于要求"), "without": _("未测算")},
            anything=_("已测算的项目"),
        )
    with st.container(width=180):
        asking.choose(_("排序"), "order", {k: _(v) for k, v in ORDER_LABELS.items()}, anything=_("投产日期"))
if rows:
    fore_list.listing(rows, towns, now)
    asking.pages(total, PER_PAGE)
else:
    empty(_("没有这样的项目。"))
st.divider()
fore_calibration.calibration(kept)
