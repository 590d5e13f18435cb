"""办件: one case with its clocks, special procedures, promises, next steps and history (`?id=`); else the
list, or a new one."""

from __future__ import annotations

import streamlit as st

from crm.approvals import queries
from crm.approvals.words import because
from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.case_parts.amend import amend
from crm.ui.case_parts.desk import Desk
from crm.ui.case_parts.letters import letters
from crm.ui.case_parts.listed import all_cases
from crm.ui.case_parts.new import new_case
from crm.ui.case_parts.permit import permit
from crm.ui.case_parts.procedures import procedures
from crm.ui.case_parts.promises import promises
from crm.ui.case_parts.shown import badge, clocks, duties, facts, path
from crm.ui.case_parts.steps import next_steps
from crm.ui.session import allowed, record_id, today
from crm.ui.show import head, speaking
from crm.ui.timeline import timeline
from crm.ui.words import plain

desk = Desk(allowed(Verb.PROJECT_VIEW), today())


def one_case(case_id: int) -> None:
    with speaking():
        with reading() as session:
            view = queries.case_view(session, desk.actor, case_id, desk.today)
            working = may(desk.actor, Verb.CASE_EDIT) and queries.may_work(session, desk.actor, case_id)
        row = view.row
        head(row.item, " · ".join(filter(None, (row.case_no, row.enterprise, row.department))))
        if row.project_id is not None:
            links.link(plain(row.project), "project", icon=":material/arrow_back:", id=row.project_id)
        st.markdown(badge(row.clocks) + " " + plain(because(view, desk.today)))
        path(desk, view)
        duties(desk, view)
        if row.clocks.provisional:
            st.warning(
                _("暂定：期限跨入尚未公布放假安排的年份，通知载入后会重新计算。"),
                icon=":material/event_upcoming:",
            )
        left, right = st.columns([3, 2], gap="large", wrap=True)
        with left:
            clocks(desk, view)
            procedures(desk, view, working=working)
            promises(desk, view, working=working)
            permit(desk, view, working=working)
            if working and view.steps:
                next_steps(desk, view)
        with right:
            facts(desk, view)
            letters(desk, view)
            if working:
                amend(desk, view)
        st.subheader(_("办理经过"), anchor=False)
        with reading() as session:
            timeline(session, desk.actor, record="permit_case", record_id=row.id, key=f"case-{row.id}")


case_id = record_id()
project = record_id("project")
if case_id is not None:
    one_case(case_id)
elif (project is not None or record_id("new") is not None) and may(desk.actor, Verb.CASE_EDIT):
    new_case(desk, project, record_id("milestone"))
else:
    all_cases(desk)
