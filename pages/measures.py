"""改革举措: what was made of findings, and whether it helped (`?id=`); else the list."""

from __future__ import annotations

import streamlit as st

from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.insight.queries import measures
from crm.insight.queries.measures import MeasureFilter
from crm.insight.queries.scope import Asked
from crm.ui import links
from crm.ui.insight_parts import stick_make, stick_measures
from crm.ui.project_parts import asking
from crm.ui.session import allowed, record_id, today
from crm.ui.show import empty, head, speaking
from crm.ui.timeline import timeline
from crm.ui.words import NOTHING, day, plain
from models.vocabulary import MEASURE_STATE_LABELS, MeasureState

PER_PAGE = 25

actor = allowed(Verb.INSIGHT_VIEW)
now = today()


def all_measures() -> None:
    right = head(_("改革举措"), _("从研判发现到实施，再看实施前后"))
    if may(actor, Verb.MEASURE_EDIT):
        with right:
            stick_make.make_button(actor, Asked(), "", now, _("新建改革举措"))
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width=300):
            text = asking.text(_("搜索"), "text", placeholder=_("举措、事项、责任人"))
        with st.container(width=160):
            state = asking.choose(
                _("状态"),
                "state",
                {s.value: _(MEASURE_STATE_LABELS[s]) for s in MeasureState},
                anything=_("全部状态"),
                bare=True,
            )
        mine = asking.pick(_("责任人"), "mine", {"1": _("我负责的")})
    with reading() as session:
        rows, total = measures.measure_list(
            session,
            actor,
            MeasureFilter(text=text, state=MeasureState(state) if state else None, mine=bool(mine)),
            today=now,
            page=asking.page_asked(),
            per_page=PER_PAGE,
        )
    if not rows:
        if text or state or mine:
            empty(_("没有符合条件的举措。"))
        else:
            empty(
                _("还没有改革举措。在堵点分析里打开一处，点“转为改革举措”。"),
                _("去堵点分析"),
                links.to("insight"),
            )
        return
    stick_measures.listing(rows, now)
    asking.pages(total, PER_PAGE)


def one_measure(measure_id: int) -> None:
    with speaking():
        with reading() as session:
            view = measures.measure_view(session, actor, measure_id, today=now)
            found = measures.comparison(session, actor, measure_id, today=now)
        row = view.row
        right = head(row.title, " · ".join(p for p in (row.item, row.department) if p))
        links.link(_("全部举措"), "measures", icon=":material/arrow_back:")
        if may(actor, Verb.MEASURE_EDIT) and view.steps:
            with right:
                stick_measures.steps(actor, view, now)
        st.markdown(f"{stick_measures.badge(row.state)} {plain(stick_measures.when(row, now))}")
        facts = {
            _("责任人"): row.owner or NOTHING,
            _("完成期限"): day(row.due_on),
            _("怎么改"): view.text or NOTHING,
            _("说明"): view.note or NOTHING,
        }
        st.markdown("  \n".join(f":gray[{plain(k)}] {plain(v)}" for k, v in facts.items()))
        st.subheader(_("当时的发现"), anchor=False)
        stick_measures.finding(view)
        st.subheader(_("实施前后"), anchor=False)
        stick_measures.before_after(view, found)
        st.subheader(_("经过"), anchor=False)
        with reading() as session:
            timeline(session, actor, record="reform_measure", record_id=row.id, key=f"measure-{row.id}")


measure_id = record_id()
if measure_id is not None:
    one_measure(measure_id)
else:
    all_measures()
