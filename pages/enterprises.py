"""企业: every enterprise in the reader's reach, found by name, pinyin or credit code."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.actions.register import create_enterprise
from crm.projects.inputs import EnterpriseFields
from crm.projects.queries import EnterpriseRow, choices, list_enterprises
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.project_parts import asking, enterprise_form, rows
from crm.ui.project_parts.boxes import box, close_box, open_box
from crm.ui.session import allowed, today
from crm.ui.show import empty, head, saved, speaking
from crm.ui.words import NOTHING, day, plain

PER_PAGE = 25

actor = allowed(Verb.ENTERPRISE_VIEW)
now = today()
with reading() as session:
    offered = choices(session)


def new_enterprise() -> None:
    key = f"new-enterprise-{nonce('new-enterprise')}"
    with st.form(key, border=False):
        typed = enterprise_form.fields(key, {}, offered)
        pressed = st.form_submit_button(_("建立企业"), type="primary")
    if pressed:
        with speaking():
            made = create_enterprise(actor, EnterpriseFields(**typed))
            renew("new-enterprise")
            close_box()
            saved(_("企业已建立。"))
            links.go("enterprise", id=made)


def listing(found: tuple[EnterpriseRow, ...]) -> None:
    with rows.only_desk("enterprises"):
        event = st.dataframe(
            pd.DataFrame(
                {
                    "name": [r.name for r in found],
                    "town": [r.town for r in found],
                    "industry": [r.industry for r in found],
                    "projects": [r.projects for r in found],
                    "demands": [r.open_demands for r in found],
                    "visit": [day(r.last_visit_on, year=now.year) for r in found],
                    "code": [r.credit_code or NOTHING for r in found],
                }
            ),
            key="enterprise-table",
            hide_index=True,
            height="content",
            on_select="rerun",
            selection_mode="single-cell",
            alt=_("企业清单"),
            column_config={
                "name": st.column_config.TextColumn(_("企业"), width=320, pinned=True),
                "town": st.column_config.TextColumn(_("镇街"), width=90),
                "industry": st.column_config.TextColumn(_("行业"), width=140),
                "projects": st.column_config.NumberColumn(_("项目"), width=60),
                "demands": st.column_config.NumberColumn(_("未结诉求"), width=80),
                "visit": st.column_config.TextColumn(_("最近走访"), width=130),
                "code": st.column_config.TextColumn(_("统一社会信用代码"), width=180),
            },
        )
        for cell in event["selection"]["cells"]:
            if cell[0] < len(found):
                links.go("enterprise", id=found[cell[0]].id)
    with rows.only_phone("enterprises"):
        for r in found:
            with st.container(border=True, gap="xsmall"):
                links.link(f"**{plain(r.name)}**", "enterprise", id=r.id)
                parts = [
                    r.town,
                    _("{n}个项目", n=r.projects),
                    _("{n}件未结诉求", n=r.open_demands) if r.open_demands else "",
                    _("最近走访 {on}", on=day(r.last_visit_on, year=now.year)),
                ]
                st.caption(plain(" · ".join(p for p in parts if p)))


right = head(_("企业"))
with right, st.container(horizontal=True, horizontal_alignment="right"):
    if may(actor, Verb.PROJECT_CREATE) or may(actor, Verb.PROJECT_EDIT):
        st.button(
            _("新建企业"), type="primary", icon=":material/add:", on_click=open_box, args=("new-enterprise",)
        )
box("new-enterprise", _("新建企业"), new_enterprise)

with st.container(horizontal=True, vertical_alignment="center"):
    with st.container(width=300):
        text = asking.text(_("搜索"), "text", placeholder=_("企业名称、拼音首字母、信用代码"))
    with st.container(width=160):
        town = asking.choose(
            _("镇街"), "town_id", {str(i): n for i, n in offered.towns}, anything=_("全部镇街"), bare=True
        )
with reading() as session:
    page = list_enterprises(
        session,
        actor,
        text=text,
        town_id=int(town) if town else None,
        page=asking.page_asked(),
        per_page=PER_PAGE,
    )
if page.rows:
    listing(page.rows)
    asking.pages(page.total, PER_PAGE)
else:
    empty(
        _("没有符合条件的企业。换个说法搜索。")
        if text or town
        else _("还没有企业。导入台账后，企业会列在这里。")
    )
