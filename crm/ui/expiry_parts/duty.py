"""Registering a day that no permit carries: a contract's start, a piece of special equipment put to use."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.approvals import actions, queries
from crm.approvals.commitment_inputs import AddDuty
from crm.approvals.watch_rules import DUTY_LABELS, FOLLOWS, TYPED
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.forms import nonce, renew
from crm.ui.project_parts.boxes import close_box
from crm.ui.show import saved, speaking
from crm.ui.words import plain

KIND_LABELS: dict[str, str] = {
    "land_idle_fee": "土地出让合同约定动工日",
    "discharge_change": "排污许可事项变更",
    "special_equipment": "特种设备投入使用",
}
FROM_LABELS: dict[str, str] = {
    "land_idle_fee": "合同约定动工日",
    "discharge_change": "变更日期",
    "special_equipment": "投用日期",
}
WHAT_LABELS: dict[str, str] = {
    "land_idle_fee": "合同编号（可不填）",
    "discharge_change": "变更内容",
    "special_equipment": "设备名称、编号",
}


def form(actor: Actor, today: date) -> None:
    """The dialog's body."""
    key = "add-duty"
    n = nonce(key)
    text = st.text_input(_("项目名称（输入一部分）"), key=f"{key}-search-{n}")
    with reading() as session:
        found = queries.projects_to_watch(session, actor, text or "")
    project_id = st.selectbox(
        _("项目"),
        list(found),
        index=0 if len(found) == 1 else None,
        format_func=lambda i: found[i],
        placeholder=_("请选择"),
        key=f"{key}-project-{n}",
    )
    line = st.selectbox(
        _("类别"),
        [code for code in TYPED if code not in FOLLOWS],
        format_func=lambda code: _(KIND_LABELS[code]),
        key=f"{key}-line-{n}",
    )
    st.caption(plain(_(DUTY_LABELS[line])))
    from_on = st.date_input(_(FROM_LABELS[line]), today, key=f"{key}-from-{n}")
    what = st.text_input(_(WHAT_LABELS[line]), max_chars=120, key=f"{key}-what-{n}")
    if st.button(_("登记"), type="primary", key=f"{key}-save-{n}"):
        with speaking({"line": _("类别"), "from_on": _(FROM_LABELS[line]), "what": _(WHAT_LABELS[line])}):
            if project_id is None:
                st.error(_("请选择项目。"))
                return
            actions.add_duty(
                actor,
                AddDuty(project_id=project_id, line=line, from_on=from_on, what=what or ""),
                today=today,
            )
            renew(key)
            close_box()
            saved(_("已登记，到期前会提醒。"), project_id=project_id)
            st.rerun()
