"""督办函: every letter in reach, the unanswered first."""

from __future__ import annotations

import streamlit as st

from crm.briefings.letters import queries
from crm.briefings.letters.queries import LetterAsk
from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.paging import page_number, pager
from crm.ui.session import allowed, today
from crm.ui.show import empty, head, speaking
from crm.ui.supervise_parts import head_form, letters
from models.vocabulary import LETTER_STATE_LABELS, LetterState

PER_PAGE = 20
OVERDUE = "overdue"

actor = allowed(Verb.INSIGHT_VIEW)
day = today()
asked = LetterAsk.read({name: str(value) for name, value in st.query_params.items()})


def wanted() -> LetterAsk:
    """What the boxes ask for; the address keeps it."""
    options = [None, LetterState.ISSUED, OVERDUE, LetterState.REPLIED, LetterState.WITHDRAWN]
    labels = {None: _("全部"), OVERDUE: _("逾期未回复")} | {s: _(LETTER_STATE_LABELS[s]) for s in LetterState}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state = st.selectbox(
            _("状态"),
            options,
            index=options.index(OVERDUE if asked.overdue else asked.state),
            format_func=lambda s: labels[s],
            key="letters-state",
            width=200,
        )
        text = st.text_input(
            _("查找"),
            asked.text,
            placeholder=_("文号、办件编号、事项、企业或项目"),
            key="letters-text",
            width=320,
        )
    return LetterAsk(
        LetterState(state) if state in set(LetterState) else None,
        state == OVERDUE,
        asked.department_id,
        text.strip(),
    )


right = head(_("督办函"), _("待回复的在前，最先到期的排最上面"))
with right:
    links.button(_("督办台"), links.to("supervision"), icon=":material/grid_on:")
with speaking():
    ask = wanted()
    if ask != asked:
        st.query_params.from_dict(ask.query())
    with reading() as session:
        rows, total = queries.letters(
            session, actor, day, ask, page=page_number("letters"), per_page=PER_PAGE
        )
    if rows:
        letters.lines(rows, day)
        pager(total, key="letters", per_page=PER_PAGE)
    else:
        empty(_("没有这样的督办函。在督办台点开任一数字，就可以给清单里的办件发函。"))
if may(actor, Verb.SETTING_EDIT):
    with st.expander(_("函头和模板"), icon=":material/settings:"):
        head_form.show(actor)
