"""堵点分析: where approvals stick, the costliest first; one place whole (`?key=`); each figure opens its cases."""

from __future__ import annotations

import streamlit as st

from crm.core.access import Verb, may, scopes
from crm.core.db import reading
from crm.core.i18n import _
from crm.insight.actions.tally import recount_stale
from crm.insight.queries import bottlenecks
from crm.insight.queries.bottlenecks import Choices, Counted
from crm.insight.queries.scope import Asked, By
from crm.insight.rules import CASE_MEASURES, MEASURE_LABELS, Measure
from crm.ui import links
from crm.ui.insight_parts import stick_ask, stick_links, stick_make, stick_place, stick_table
from crm.ui.insight_parts.stick_words import middle, share, span
from crm.ui.project_parts import asking
from crm.ui.session import allowed, today
from crm.ui.show import empty, head, saved, speaking
from crm.ui.words import moment, plain
from models.vocabulary import Scope

PER_PAGE = 25

actor = allowed(Verb.INSIGHT_VIEW)
day = today()
asked = stick_ask.asked_now()

with reading() as session:
    offered = bottlenecks.choices(session, actor)
    fresh = bottlenecks.counted(session, actor, [*asked.period(day), *asked.before(day)])


def recount_button() -> None:
    """Counting what changed since; only for who sees all of it."""
    if Scope.ALL not in scopes(actor, Verb.INSIGHT_VIEW):
        return
    if st.button(_("立即重算"), icon=":material/refresh:", key="recount"):
        with speaking(), st.spinner(_("正在重算有变动的月份…")):
            months = recount_stale(actor)
            saved(_("已重算{n}个月的统计。", n=months) if months else _("没有需要重算的月份。"))
            st.rerun()


def freshness(counted: Counted) -> str:
    """As of when the figures stand."""
    if counted.as_of is None:
        return _("所选月份还没有统计")
    parts = [_("统计截至{at}", at=moment(counted.as_of)), _("按办结月份计")]
    if counted.missing:
        parts.append(_("其中{n}个月没有办件", n=len(counted.missing)))
    return " · ".join(parts)


def together(asked: Asked) -> None:
    """All cases of the view in one sentence, each number opening its cases."""
    with reading() as session:
        whole = bottlenecks.overall(session, actor, asked, today=day)
    now, period = whole.now, asked.period(day)
    closed, late = now.n(Measure.CLOSED), now.yes(Measure.LATE)

    def number(text: str, measure: Measure) -> str:
        return f"[{plain(text)}]({stick_links.cases(asked, None, period, measure)})"

    st.markdown(
        _(
            "{months}收件{received}件，办结{closed}件；计时中位/九成{days}个工作日，超期{late}件（{rate}）。",
            months=span(period),
            received=number(f"{now.n(Measure.RECEIVED):,}", Measure.RECEIVED),
            closed=number(f"{closed:,}", Measure.CLOSED),
            days=number(middle(now.days(Measure.RUNNING_WD)), Measure.RUNNING_WD),
            late=number(f"{late.part:,}", Measure.LATE),
            rate=plain(share(late)),
        )
    )


def ranked(offered: Choices) -> None:
    right = head(_("堵点分析"), freshness(fresh))
    with right:
        recount_button()
    asked = stick_ask.bar(offered, day)
    with reading() as session:
        found = bottlenecks.ranking(
            session, actor, asked, today=day, page=asking.page_asked(), per_page=PER_PAGE
        )
    if not found.places:
        empty(
            _(
                "{months}没有办结的办件。换个时段，或先导入全厅办件再点“立即重算”。",
                months=span(asked.period(day)),
            )
        )
        return
    together(asked)
    if asked.by is By.MONTH:
        with reading() as session:
            line = bottlenecks.by_month(session, actor, asked, today=day)
        stick_place.line_chart(line, asked)
    else:
        cost = Measure.STEP_WAIT if asked.by is By.STEP else asked.cost
        st.caption(
            plain(
                _(
                    "按{cost}的合计天数（天数×件数）从多到少排；变化与{before}比。",
                    cost=_(MEASURE_LABELS[cost]),
                    before=span(asked.before(day)),
                )
            )
        )
    stick_table.listing(found.places, asked, day)
    asking.pages(found.total, PER_PAGE)
    stick_table.definitions((Measure.STEP_WAIT,) if asked.by is By.STEP else CASE_MEASURES)


def one_place(offered: Choices) -> None:
    with reading() as session:
        place = bottlenecks.place(session, actor, asked, today=day)
    back = asked.but(key=None).query()
    if place is None:
        head(_("堵点分析"))
        empty(_("所选时段里这里没有办件。"), _("返回排序"), links.to("insight", **back))
        return
    name = stick_table.title(place, asked.by)
    right = head(name, freshness(fresh))
    with right:
        if may(actor, Verb.MEASURE_EDIT) and asked.by is not By.MONTH:
            stick_make.make_button(actor, asked, name, day, _("转为改革举措"))
    links.link(_("返回排序"), "insight", icon=":material/arrow_back:", **back)
    with st.container(horizontal=True, vertical_alignment="center"):
        stick_ask.months_bar(offered, day)
    stick_place.figures(place, asked, day)
    with reading() as session:
        line = bottlenecks.by_month(session, actor, asked, today=day)
        inside = (
            bottlenecks.step_waits(session, actor, asked, today=day)
            if asked.by in (By.ITEM, By.DEPARTMENT, By.TOWN)
            else []
        )
    stick_place.line_chart(line, asked)
    stick_place.waits(inside, asked, day)


if asked.key is None:
    ranked(offered)
else:
    one_place(offered)
