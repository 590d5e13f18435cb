"""The permit a case issued: until when it holds, and the extension the law allows (建筑法 第九条)."""

from __future__ import annotations

import streamlit as st

from crm.approvals import actions, queries
from crm.approvals.commitment_inputs import ExtendPermit
from crm.approvals.queries import CaseView, PermitView
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.case_parts.desk import Desk, done
from crm.ui.forms import nonce, renew
from crm.ui.show import light, speaking
from crm.ui.words import plain


def permit(desk: Desk, view: CaseView, *, working: bool) -> None:
    """Only of a permit whose end may be put off; the others' ends stand among the facts."""
    if view.issued_on is None:
        return
    with reading() as session:
        found = queries.permit_view(session, desk.actor, view.row.id, desk.today)
    if found is None:
        return
    st.subheader(_("开工期限"), anchor=False)
    with st.container(border=True):
        st.markdown(_state(desk, found))
        st.caption(
            plain(
                _(
                    "已延期{n}次，最多{most}次，每次不超过{months}个月（{basis}）。",
                    n=found.extended,
                    most=found.most,
                    months=found.months,
                    basis=found.basis,
                )
            )
        )
        if working and found.latest_on is not None:
            with st.popover(_("登记延期"), key=f"permit-{view.row.id}-{found.extended}"):
                _form(desk, view, found)


def _state(desk: Desk, found: PermitView) -> str:
    ends = desk.day(found.ends_on)
    if found.revoked:
        return plain(_("决定已撤销，证照不再有效。"))
    if found.started:
        return plain(_("项目已开工，施工许可证不因未开工而废止。"))
    if found.void:
        return (
            light(found.light)
            + " "
            + plain(_("至{day}没有开工也没有延期，已自行废止，须重新申领。", day=ends))
        )
    if found.latest_on is None:
        return (
            light(found.light)
            + " "
            + plain(_("须在{day}前开工；已延期{n}次，不能再延，到期自行废止。", day=ends, n=found.extended))
        )
    return light(found.light) + " " + plain(_("须在{day}前开工，或在到期前申请延期。", day=ends))


def _form(desk: Desk, view: CaseView, found: PermitView) -> None:
    key, latest = f"extend-permit-{view.row.id}", found.latest_on or found.ends_on
    say = {
        "ordered_on": _("批准日期"),
        "new_expires_on": _("延期至"),
        "reason": _("延期理由"),
        "approver": _("批准人（机关负责人）"),
    }
    with st.form(f"{key}-{nonce(key)}", border=False):
        ordered_on = st.date_input(say["ordered_on"], min(desk.today, found.ends_on))
        until = st.date_input(say["new_expires_on"], latest)
        reason = st.text_input(say["reason"], max_chars=300)
        approver = st.text_input(say["approver"], max_chars=60)
        pressed = st.form_submit_button(_("登记延期"), type="primary")
    if pressed:
        with speaking(say):
            actions.extend_permit(
                desk.actor,
                ExtendPermit(
                    case_id=view.row.id,
                    ordered_on=ordered_on,
                    new_expires_on=until,
                    reason=reason or "",
                    approver=approver or "",
                ),
                today=desk.today,
            )
            renew(key)
            done(_("已延期至{day}。", day=desk.day(until)), view.row.project_id)
