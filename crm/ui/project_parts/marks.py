"""失诺记录 of an enterprise: what it did not keep, when, in which case, and how that is repaired."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.approvals import actions, queries
from crm.approvals.commitment_inputs import RepairMark
from crm.approvals.queries import MarkRow
from crm.core.access import Actor, Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.show import saved, speaking
from crm.ui.words import day, plain


def marks(actor: Actor, enterprise_id: int, today: date) -> None:
    """Nothing where there is no mark. Open ones as a warning, repaired ones as a quiet line."""
    with reading() as session:
        found = queries.enterprise_marks(session, actor, enterprise_id)
    for row in found:
        if row.open:
            with st.container(border=True):
                _open(actor, row, today)
    repaired = [row for row in found if not row.open]
    if repaired:
        with st.expander(_("已修复的失诺记录（{n}）", n=len(repaired)), icon=":material/verified:"):
            for row in repaired:
                st.markdown(
                    plain(
                        _(
                            "{marked}因“{promise}”未履行记入（{item}），{repaired}修复：{basis}",
                            marked=day(row.marked_on, year=today.year),
                            promise=row.promise,
                            item=row.item,
                            repaired=day(row.repaired_on, year=today.year),
                            basis=row.repair_basis,
                        )
                    )
                )


def _open(actor: Actor, row: MarkRow, today: date) -> None:
    st.markdown(
        f":red-badge[:material/gpp_maybe: {plain(_('失诺记录'))}] "
        + plain(
            _(
                "{day}记入：{item}承诺的“{promise}”没有履行",
                day=day(row.marked_on, year=today.year),
                item=row.item,
                promise=row.promise,
            )
        )
    )
    st.caption(
        plain(_("理由：{reason}。修复前不适用告知承诺和容缺受理，请按一般程序收齐材料。", reason=row.reason))
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if row.case_in_reach:
            links.link(
                plain(_("看办件 {no}", no=row.case_no)), "case", icon=":material/assignment:", id=row.case_id
            )
        else:
            st.caption(plain(_("办件 {no}", no=row.case_no)), width="content")
        if may(actor, Verb.SUPERVISE):
            with st.popover(_("登记信用修复"), key=f"mark-{row.id}"):
                _repair(actor, row, today)
        else:
            st.caption(
                plain(_("修复：企业改正并提交修复材料后，由督办登记。")),
                width="content",
            )


def _repair(actor: Actor, row: MarkRow, today: date) -> None:
    key = f"repair-{row.id}"
    say = {"repaired_on": _("修复日期"), "basis": _("依据和文号")}
    with st.form(f"{key}-{nonce(key)}", border=False):
        on = st.date_input(say["repaired_on"], today)
        basis = st.text_input(say["basis"], max_chars=300, placeholder=_("例如：信用修复决定书文号"))
        pressed = st.form_submit_button(_("登记信用修复"), type="primary")
    if pressed:
        with speaking(say):
            actions.repair_mark(
                actor, RepairMark(mark_id=row.id, repaired_on=on, basis=basis or ""), today=today
            )
            renew(key)
            saved(_("已登记修复，企业可以重新适用告知承诺和容缺受理。"))
            st.rerun()
