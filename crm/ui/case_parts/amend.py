"""Correcting what is no date: number, permit number, note."""

from __future__ import annotations

import streamlit as st

from crm.approvals import actions
from crm.approvals.inputs import AmendCase
from crm.approvals.queries import CaseView
from crm.core.errors import Conflict
from crm.core.i18n import _
from crm.ui import conflict
from crm.ui.case_parts.desk import Desk, done, labels
from crm.ui.forms import nonce, renew
from crm.ui.show import speaking


def amend(desk: Desk, view: CaseView) -> None:
    form = f"amend-{view.row.id}"
    slot = f"_opened:{form}:{nonce(form)}"
    opened, version = st.session_state.setdefault(
        slot,
        ({"case_no": view.row.case_no, "permit_no": view.row.permit_no, "note": view.note}, view.version),
    )

    def save(typed: dict[str, str], base: dict[str, str], base_version: int) -> None:
        with speaking(labels()):
            try:
                actions.amend(
                    desk.actor, AmendCase(case_id=view.row.id, version=base_version, opened=base, **typed)
                )
            except Conflict as clash:
                conflict.remember(form, clash)
                st.session_state[f"_typed:{form}"] = typed
                st.rerun()
            conflict.forget(form)
            st.session_state.pop(slot, None)
            renew(form)
            done(_("已保存。"), None)

    with st.expander(_("更正编号、证号、备注")):
        waiting = conflict.pending(form)
        if waiting is not None:
            chosen = conflict.resolve(waiting, labels(), record="permit_case", key=form)
            if chosen is not None:
                typed = st.session_state[f"_typed:{form}"] | chosen
                save(typed, opened | {c.field: c.stored for c in waiting.clashes}, waiting.stored_version)
        with st.form(f"{form}-{nonce(form)}", border=False):
            typed = {
                "case_no": st.text_input(labels()["case_no"], opened["case_no"], max_chars=40),
                "permit_no": st.text_input(labels()["permit_no"], opened["permit_no"], max_chars=80),
                "note": st.text_area(labels()["note"], opened["note"], max_chars=500),
            }
            if st.form_submit_button(_("保存")):
                if typed["case_no"].strip():
                    save(typed, opened, version)
                else:
                    st.error(_("办件编号不能为空。"))
