"""证照到期与后续: every permit that ends and every dated duty, by the day it is to be acted on."""

from __future__ import annotations

import streamlit as st

from crm.alerts.queries.facts import thresholds
from crm.alerts.rules import EXPIRY_WARN_DAYS
from crm.approvals import queries
from crm.approvals.queries import WatchFilter
from crm.approvals.watch_rules import LINE_LABELS
from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.expiry_parts import duty, rows
from crm.ui.project_parts import asking
from crm.ui.project_parts.boxes import box, open_box
from crm.ui.session import allowed, today
from crm.ui.show import empty, head
from crm.ui.words import plain

PER_PAGE = 20
WITHIN_LABELS: dict[str, str] = {"late": "已过期限", "30": "30天内", "365": "一年内"}
USUAL_DAYS = 90

actor = allowed(Verb.PROJECT_VIEW)
now = today()

right = head(_("证照到期与后续"), _("每一张证照的到期、延续，开工、备案、报送等限期事项，最先到期的排在前面"))
if may(actor, Verb.MILESTONE_EDIT):
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            _("登记限期事项"), type="primary", icon=":material/add:", on_click=open_box, args=("add-duty",)
        )
        box("add-duty", _("登记限期事项"), lambda: duty.form(actor, now), width="small")

with reading() as session:
    offered = queries.departments(session)
    warn = thresholds(session).of(EXPIRY_WARN_DAYS)

with st.container(horizontal=True, vertical_alignment="center"):
    with st.container(width=300):
        text = asking.text(_("搜索"), "text", placeholder=_("项目、企业、事项、证号"))
    with st.container(width=220):
        line = asking.choose(
            _("类别"),
            "line",
            {code: _(name) for code, name in LINE_LABELS.items()},
            anything=_("全部类别"),
            bare=True,
        )
    with st.container(width=220):
        department = asking.choose(
            _("部门"),
            "department_id",
            {str(i): n for i, n in offered.items()},
            anything=_("全部部门"),
            bare=True,
        )
    within = asking.pick(_("期限"), "within", {code: _(name) for code, name in WITHIN_LABELS.items()})
    if asking.query():
        st.button(_("清除"), type="tertiary", icon=":material/close:", on_click=asking.clear, key="ask-clear")

project = asking.query().get("project_id", "")
with reading() as session:
    found = queries.watch_list(
        session,
        actor,
        now,
        WatchFilter(
            search=text,
            line=line,
            department_id=int(department) if department else None,
            project_id=int(project)
            if project.isascii() and project.isdigit() and len(project) < 10
            else None,
            late_only=within == "late",
            within_days=int(within) if within.isdigit() else USUAL_DAYS,
        ),
        warn_days=warn,
        page=asking.page_asked(),
        per_page=PER_PAGE,
    )
    settle = queries.may_settle(session, actor, found.rows)

if not within:
    st.caption(plain(_("显示{n}天内到期和已经过期的，共{total}项。", n=USUAL_DAYS, total=found.total)))
else:
    st.caption(plain(_("共{total}项。", total=found.total)))
if found.rows:
    rows.show(found.rows, actor, now, settle)
    asking.pages(found.total, PER_PAGE)
elif asking.query():
    empty(_("没有符合条件的证照或事项。换个条件，或清除筛选。"))
else:
    empty(_("{n}天内没有要到期的证照或限期事项。", n=USUAL_DAYS))
