"""收件登记: a new case, of a project or of one of its milestones."""

from __future__ import annotations

import streamlit as st

from crm.approvals import actions, queries
from crm.approvals.inputs import RegisterCase
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.case_parts.desk import Desk, labels
from crm.ui.case_parts.promises import marked
from crm.ui.forms import nonce, renew
from crm.ui.show import head, saved, speaking
from crm.ui.words import plain


def new_case(desk: Desk, project_id: int | None, milestone_id: int | None = None) -> None:
    """The form; a milestone brings its project and its item with it."""
    head(_("收件登记"), _("期限按登记当天的事项目录确定，以后目录改动不影响本件。"))
    with reading() as session:
        items = queries.items_to_apply_for(session)
        milestone = (
            queries.milestone_to_apply_for(session, desk.actor, milestone_id)
            if milestone_id is not None
            else None
        )
        if milestone is not None:
            project_id = milestone.project_id
        name = queries.project_name(session, desk.actor, project_id) if project_id is not None else None
    if name is None:
        text = st.text_input(_("项目名称（输入一部分）"), key="case-project-search")
        with reading() as session:
            found = queries.projects_to_choose(session, desk.actor, text)
        project_id = st.selectbox(
            labels()["project_id"],
            list(found),
            index=0 if len(found) == 1 else None,
            format_func=lambda i: found[i],
            placeholder=_("请选择"),
            key=f"case-project-{text}",  # another search is another list: one found is chosen
        )
    else:
        st.markdown(f"**{plain(name)}**")
    if project_id is not None:
        with reading() as session:
            marked(queries.marks_of_project(session, desk.actor, project_id))
    if milestone is not None:
        st.caption(plain(_("节点：{name}", name=milestone.name)))
    known = list(items)
    with st.form(f"case-{nonce('case-new')}"):
        item = st.selectbox(
            labels()["item_id"],
            known,
            index=known.index(milestone.item_id) if milestone and milestone.item_id in items else None,
            format_func=lambda i: items[i],
            placeholder=_("请选择"),
            key=f"case-item-{nonce('case-new')}-{milestone_id or ''}",
        )
        left, right = st.columns(2, wrap=True)
        received_on = left.date_input(labels()["received_on"], desk.today)
        case_no = right.text_input(_("办件编号（留空自动编号）"), max_chars=40)
        note = st.text_input(labels()["note"], max_chars=500)
        if st.form_submit_button(_("收件"), type="primary"):
            with speaking(labels()):
                if item is None or project_id is None:
                    st.error(_("请选择项目和事项。"))
                    return
                made = actions.register(
                    desk.actor,
                    RegisterCase(
                        item_id=item,
                        project_id=project_id,
                        # Another item proves nothing of this milestone.
                        milestone_id=milestone.id
                        if milestone and milestone.item_id in (None, item)
                        else None,
                        received_on=received_on,
                        case_no=case_no,
                        note=note,
                        request_id=nonce("case-new"),
                    ),
                    today=desk.today,
                )
                renew("case-new")
                saved(_("已收件，请登记受理日期。"), project_id=project_id)
                links.go("case", id=made)
