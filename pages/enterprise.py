"""企业档案: one enterprise with its people, projects, visits and demands. `?id=` names it."""

from __future__ import annotations

import streamlit as st

from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.projects.queries import choices, enterprise_card
from crm.ui import links
from crm.ui.project_parts import enterprise_form, marks, rows
from crm.ui.project_parts.life import demand_list, visit_list
from crm.ui.session import allowed, record_id, today
from crm.ui.show import empty, head
from crm.ui.timeline import timeline
from crm.ui.words import plain

actor = allowed(Verb.ENTERPRISE_VIEW)
now = today()
try:
    with reading() as session:
        card = enterprise_card(session, actor, record_id() or 0, now)
        offered = choices(session)
except NotFound as error:
    empty(str(error), _("回到企业清单"), links.to("enterprises"))
    st.stop()

links.link(_("企业清单"), "enterprises", icon=":material/arrow_back:")
facts = (card.fields.get("credit_code") or "", card.town, card.fields["industry"], card.fields["address"])
right = head(card.name, " · ".join(f for f in facts if f))
with right, st.container(horizontal=True, horizontal_alignment="right"):
    if may(actor, Verb.VISIT_LOG):
        links.button(
            _("记一次走访"),
            links.to("visit_log", enterprise=card.id),
            type="primary",
            icon=":material/edit_note:",
            key="log-visit",
        )

marks.marks(actor, card.id, now)
st.subheader(_("项目（{n}）", n=len(card.projects)), anchor=False)
if card.projects:
    rows.listing(card.projects, now, key="enterprise-projects")
else:
    empty(_("这家企业没有您可以查看的重点项目。"))
left, right_side = st.columns(2, gap="large", wrap=True)
with left:
    st.subheader(_("联系人"), anchor=False)
    enterprise_form.contacts(actor, card)
    st.subheader(_("走访（{n}）", n=card.visit_total), anchor=False)
    visit_list(card.visits, now)
    if card.visit_total > len(card.visits):
        links.link(_("查看全部走访"), "visits", enterprise=card.id)
with right_side:
    st.subheader(_("诉求（{n}）", n=len(card.demands)), anchor=False)
    demand_list(card.demands, now)
    st.caption(plain(_("办件 {n} 件", n=card.cases)))
if card.may_edit:
    with st.expander(_("修改企业信息"), icon=":material/edit:"):
        enterprise_form.edit(actor, card, offered)
details = st.expander(
    _("时间线"), icon=":material/history:", on_change="rerun", key="enterprise-timeline-open"
)
if details.open:
    with details, reading() as session:
        timeline(session, actor, enterprise_id=card.id, key="enterprise-timeline")
