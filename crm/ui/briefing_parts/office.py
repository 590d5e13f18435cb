"""The office's own masthead and Word templates, for who may change settings."""

from __future__ import annotations

from typing import Any

import streamlit as st

from crm.briefings import actions, queries, render
from crm.briefings.actions import MastheadForm
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.forms import nonce, renew
from crm.ui.show import saved, speaking
from crm.ui.words import plain
from models.vocabulary import BRIEFING_KIND_LABELS, BriefingKind


def masthead(actor: Actor) -> None:
    """编印单位、简报名、报送发."""
    with reading() as session:
        now = queries.setting(session)
    labels = {name: _(label) for name, label in MastheadForm.labels.items()}
    typed: dict[str, Any] = {}
    with st.form(f"masthead-{nonce('masthead')}", border=False):
        for name in ("office", "masthead_hall", "masthead_project", "report_to", "send_to", "distribute_to"):
            typed[name] = st.text_input(labels[name], now[name], key=f"masthead-{name}-{nonce('masthead')}")
        typed["copies"] = st.number_input(
            labels["copies"], 1, 9999, int(now["copies"]), key=f"masthead-copies-{nonce('masthead')}"
        )
        pressed = st.form_submit_button(_("保存报头"), type="primary")
    if pressed:
        with speaking(labels):
            actions.save_masthead(actor, MastheadForm(**typed))
            renew("masthead")
            saved(_("报头已保存，从下一期起使用。"))
            st.rerun()


def template(actor: Actor, kind: str, label: str = "") -> None:
    """Which template is in use; take it, put another in its place, or go back. `kind` is a key of the blanks."""
    label = label or _(BRIEFING_KIND_LABELS[BriefingKind(kind)])
    own = actions.has_own_template(kind)
    st.markdown(
        plain(
            _("{kind}：正在使用本单位的模板", kind=label)
            if own
            else _("{kind}：正在使用自带模板", kind=label)
        )
    )
    form = f"template-{kind}"
    with st.container(horizontal=True):
        st.download_button(  # the shipped template is public: it holds blanks, no data
            _("下载自带模板"),
            (render.SHIPPED_FOLDER / f"{kind}.docx").read_bytes(),
            f"{kind}.docx",
            render.MIME,
            key=f"{form}-shipped",
        )
        if own and st.button(_("恢复自带模板"), key=f"{form}-drop-{nonce(form)}"):
            with speaking():
                actions.drop_template(actor, kind)
                renew(form)
                saved(_("已恢复自带模板。"))
                st.rerun()
    sent = st.file_uploader(
        _("上传在 Word 中改好的模板（.docx）"),
        type=["docx"],
        max_upload_size=10,
        key=f"{form}-file-{nonce(form)}",
    )
    accept = st.checkbox(_("模板里没有的内容，确认不用"), key=f"{form}-accept-{nonce(form)}")
    if st.button(_("检查并启用"), disabled=sent is None, key=f"{form}-go-{nonce(form)}") and sent is not None:
        with speaking():
            actions.keep_template(actor, kind, sent.getvalue(), accept_missing=accept)
            renew(form)
            saved(_("模板已启用，从下一期起使用。"))
            st.rerun()
