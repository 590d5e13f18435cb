"""园区会客厅的工作台: whom did I just see, and what do they need?"""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.alerts.queries.lists import count_alerts
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.home_parts.common import greeting, promise_line, visit_due_line
from crm.ui.show import empty, head
from crm.ui.words import day, plain
from crm.visits.queries import (
    VisitFilter,
    VisitRow,
    due_promises,
    due_visits,
    list_visits,
    search_enterprises,
)
from models.vocabulary import VISIT_MODE_LABELS, VisitState

RECENT = 6


def show(actor: Actor, today: date) -> None:
    with reading() as session:
        near = search_enterprises(session, actor, limit=RECENT)
        drafts = list_visits(session, actor, VisitFilter(mine=True, state=VisitState.DRAFT), per_page=RECENT)
        done = list_visits(session, actor, VisitFilter(mine=True, state=VisitState.COMPLETE), per_page=RECENT)
        promises = due_promises(session, actor, today)
        visits = due_visits(session, actor, today)
        alerts = count_alerts(session, actor).total

    head(_("{hello}，{name}", hello=greeting(), name=actor.name), _("刚见了谁？他们需要什么？"))
    if st.button(
        _("记一次走访"), type="primary", icon=":material/edit_note:", width="stretch", key="log-visit"
    ):
        links.go("visit_log")

    if near:
        st.subheader(_("最近和本镇的企业"), anchor=False)
        with st.container(horizontal=True, gap="small"):
            for hit in near:
                if st.button(
                    plain(hit.name), key=f"near-{hit.id}", help=plain("、".join(hit.projects)) or None
                ):
                    links.go("visit_log", enterprise=hit.id)
    if drafts.rows:
        st.subheader(_("我的草稿 {n}", n=drafts.total), anchor=False)
        _visits(drafts.rows, today, _("接着写"), "draft")
    if promises or visits:
        st.subheader(_("七天内要办"), anchor=False)
        with st.container(border=True, gap="small"):
            for promise in promises:
                promise_line(promise, today)
            for visit in visits:
                visit_due_line(visit, today)
    st.subheader(_("我最近的走访"), anchor=False)
    if done.rows:
        _visits(done.rows, today, _("查看"), "done")
    else:
        empty(_("还没有走访记录。点上面的“记一次走访”，一分钟内就能记完。"))
    with st.container(horizontal=True):
        links.link(_("全部走访记录"), "visits", icon=":material/forum:")
        if alerts:
            links.link(_("本镇预警{n}条", n=alerts), "alerts", icon=":material/notifications:")


def _visits(rows: tuple[VisitRow, ...], today: date, label: str, slot: str) -> None:
    with st.container(border=True, gap="small"):
        for row in rows:
            left, right = st.columns([5, 2], vertical_alignment="center")
            note = row.note if len(row.note) <= 60 else row.note[:60] + "…"
            left.markdown(
                f"**{plain(row.enterprise or _('未选企业'))}** "
                + plain(f"{day(row.visited_on, year=today.year)} {_(VISIT_MODE_LABELS[row.mode])}")
                + (f"  \n{plain(note)}" if note else "")
            )
            with right, st.container(horizontal=True, horizontal_alignment="right"):
                if st.button(label, key=f"{slot}-{row.id}"):
                    links.go("visit", id=row.id)
