"""The cases in the reader's reach, soonest due first."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from crm.approvals import queries
from crm.approvals.queries import CaseFilter
from crm.approvals.words import days, light_word
from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.case_parts.desk import Desk
from crm.ui.paging import PER_PAGE, page_number, pager
from crm.ui.show import empty, head
from crm.ui.words import NOTHING
from models.vocabulary import CASE_STATE_LABELS, CaseState


def all_cases(desk: Desk) -> None:
    right = head(_("办件"), _("最先到期的排在前面"))
    if may(desk.actor, Verb.CASE_EDIT):
        with right:
            links.button(_("收件登记"), links.to("case", new=1), type="primary")
    search, state, running = st.columns([3, 2, 1], vertical_alignment="bottom", wrap=True)
    text = search.text_input(_("查找"), placeholder=_("编号、事项、企业或项目"), key="cases-search")
    chosen = state.selectbox(
        _("状态"),
        list(CaseState),
        index=None,
        format_func=lambda s: _(CASE_STATE_LABELS[s]),
        placeholder=_("全部"),
        key="cases-state",
    )
    only = running.checkbox(_("只看在办"), True, key="cases-running")
    with reading() as session:
        rows, total = queries.case_list(
            session,
            desk.actor,
            desk.today,
            CaseFilter(search=text, state=chosen, running_only=only and chosen is None),
            page=page_number("cases"),
            per_page=PER_PAGE,
        )
    if not rows:
        empty(_("没有符合条件的办件。"))
        return
    frame = pd.DataFrame(
        [
            {
                _("灯"): light_word(r.clocks),
                _("剩余"): days(r.clocks.committed.left, r.clocks.committed.unit)
                if r.clocks.committed and r.decided_on is None
                else NOTHING,
                _("事项"): r.item,
                _("项目/企业"): r.project or r.enterprise,
                _("部门"): r.department,
                _("到期"): r.clocks.committed.due_on.isoformat() if r.clocks.committed else NOTHING,
                _("状态"): _(CASE_STATE_LABELS[r.state]),
                _("编号"): r.case_no,
            }
            for r in rows
        ]
    )
    picked = st.dataframe(
        frame, hide_index=True, on_select="rerun", selection_mode="single-row", key="cases-table"
    )
    pager(total, key="cases")
    if picked.selection.rows:
        links.go("case", id=rows[picked.selection.rows[0]].id)
