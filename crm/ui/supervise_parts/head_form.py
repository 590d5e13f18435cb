"""The letterhead and the Word template of letters, for who may change settings."""

from __future__ import annotations

import streamlit as st

from crm.briefings.blanks import LETTER
from crm.briefings.letters import actions, queries
from crm.briefings.letters.actions import HeadForm
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.briefing_parts import office
from crm.ui.forms import nonce, renew
from crm.ui.show import saved, speaking


def show(actor: Actor) -> None:
    """函头、署名、机关代字; and the template."""
    with reading() as session:
        now = queries.head_words(session)
    labels = {name: _(label) for name, label in HeadForm.labels.items()}
    with st.form(f"letter-head-{nonce('letter-head')}", border=False):
        typed = {name: st.text_input(labels[name], now[name]) for name in HeadForm.labels}
        pressed = st.form_submit_button(_("保存函头"), type="primary")
    if pressed:
        with speaking(labels):
            actions.save_head(actor, HeadForm(**typed))
            renew("letter-head")
            saved(_("函头已保存，从下一件督办函起使用。"))
            st.rerun()
    st.divider()
    office.template(actor, LETTER, _("督办函"))
