"""走访记录: who was seen, when, and what came of it; and the promises and visits that fall due."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.queries import choices
from crm.ui import links
from crm.ui.project_parts import asking
from crm.ui.session import allowed, today
from crm.ui.show import empty, head
from crm.ui.visit_parts import due, rows
from crm.visits.queries import VisitFilter, list_visits
from models.vocabulary import VISIT_MODE_LABELS, VisitMode, VisitState

PER_PAGE = 25
STATE_LABELS = {VisitState.COMPLETE: "已完成", VisitState.DRAFT: "草稿"}

actor = allowed(Verb.VISIT_VIEW)
now = today()


def asked() -> VisitFilter:
    """The filter in the URL; what is not understood asks for everything."""
    query = asking.query()

    def number(name: str) -> int | None:
        raw = query.get(name, "")
        return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 12 else None

    def on(name: str) -> date | None:
        try:
            return date.fromisoformat(query.get(name, ""))
        except ValueError:
            return None

    return VisitFilter(
        text=query.get("text", "")[:100],
        town_id=number("town_id"),
        mode=VisitMode(query["mode"]) if query.get("mode") in set(VisitMode) else None,
        state=VisitState(query["state"]) if query.get("state") in set(VisitState) else None,
        from_on=on("from_on"),
        to_on=on("to_on"),
        mine=query.get("mine") == "1",
        project_id=number("project_id"),
        enterprise_id=number("enterprise_id"),
    )


right = head(_("走访记录"))
if may(actor, Verb.VISIT_LOG):
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        links.button(
            _("记一次走访"),
            links.to("visit_log"),
            type="primary",
            icon=":material/edit_note:",
            key="log-visit",
        )

with reading() as session:
    due.show(session, actor, now)
    towns = choices(session).towns

with st.container(horizontal=True, vertical_alignment="center"):
    with st.container(width=300):
        asking.text(_("搜索"), "text", placeholder=_("企业、项目、拼音首字母、情况里的字"))
    with st.container(width=130):
        asking.choose(_("镇街"), "town_id", {str(i): n for i, n in towns}, anything=_("全部镇街"), bare=True)
    with st.container(width=130):
        asking.choose(_("方式"), "mode", asking.words(VISIT_MODE_LABELS), anything=_("全部方式"), bare=True)
    offered = {"1": _("我登记的")} if may(actor, Verb.VISIT_LOG) else {}
    if offered:
        asking.pick(_("只看"), "mine", offered)
        asking.pick(_("状态"), "state", {VisitState.DRAFT.value: _(STATE_LABELS[VisitState.DRAFT])})
    if asking.query():
        st.button(_("清除"), type="tertiary", icon=":material/close:", on_click=asking.clear, key="ask-clear")

wanted = asked()
with reading() as session:
    found = list_visits(session, actor, wanted, page=asking.page_asked(), per_page=PER_PAGE)
if found.rows:
    rows.show(found.rows, now, key="list")
    asking.pages(found.total, PER_PAGE)
elif asking.query():
    empty(_("没有符合条件的走访。请放宽条件，或清除筛选。"))
elif may(actor, Verb.VISIT_LOG):
    empty(_("还没有走访记录。"), _("记一次走访"), links.to("visit_log"))
else:
    empty(_("您的范围内还没有走访记录。"))
