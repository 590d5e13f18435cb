"""The supervision letters written about the case, and for a supervisor the way to a new one."""

from __future__ import annotations

import streamlit as st

from crm.approvals.queries import CaseView
from crm.briefings.letters.queries import letters_of_case
from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.case_parts.desk import Desk
from crm.ui.words import plain
from models.vocabulary import LETTER_STATE_LABELS


def letters(desk: Desk, view: CaseView) -> None:
    with reading() as session:
        written = letters_of_case(session, desk.actor, view.row.id, desk.today)
    may_write = may(desk.actor, Verb.SUPERVISE) and view.row.decided_on is None
    if not written and not may_write:
        return
    with st.container(border=True):
        st.markdown(f"**{plain(_('督办函'))}**")
        for letter in written:
            links.link(
                plain(
                    _(
                        "{number} {state}，{day}前回复",
                        number=letter.number,
                        state=_(LETTER_STATE_LABELS[letter.state]),
                        day=desk.day(letter.reply_by_on),
                    )
                ),
                "letter",
                id=letter.id,
            )
        if may_write:
            links.button(_("写督办函"), links.to("letter", case=view.row.id), icon=":material/edit_document:")
