"""Letters as lines: number, case, who must answer and by when."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.briefings.letters.queries import LetterRow
from crm.core.i18n import _
from crm.ui import links
from crm.ui.show import LIGHT_SHAPES
from crm.ui.words import day, plain
from models.vocabulary import LETTER_STATE_LABELS, LetterState, Light

_LOOK = {
    LetterState.ISSUED: Light.YELLOW,
    LetterState.REPLIED: Light.GREEN,
    LetterState.WITHDRAWN: Light.GREY,
}


def badge(row: LetterRow) -> str:
    """待回复, 逾期3个工作日未回复, 已回复 or 已撤销, with its shape."""
    icon, colour = LIGHT_SHAPES[Light.RED if row.overdue_wd is not None else _LOOK[row.state]]
    if row.overdue_wd:
        words = _("逾期{n}个工作日未回复", n=row.overdue_wd)
    else:
        words = _("逾期未回复") if row.overdue_wd == 0 else _(LETTER_STATE_LABELS[row.state])
    return f":{colour}-badge[{icon} {plain(words)}]"


def told(row: LetterRow, today: date) -> str:
    """When it went out, when the answer is due or came."""
    words = _("{day}签发", day=day(row.issued_on, year=today.year))
    if row.replied_on is not None:
        return words + "，" + _("{day}回复", day=day(row.replied_on, year=today.year))
    if row.state is LetterState.ISSUED:
        words += "，" + _("{day}前回复", day=day(row.reply_by_on, year=today.year))
    return words


def lines(rows: list[LetterRow], today: date) -> None:
    """One small card a letter; the number opens it."""
    with st.container(gap="xsmall"):
        for row in rows:
            with st.container(border=True, gap="xsmall"):
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.markdown(badge(row), width="content")
                    links.link(f"**{plain(row.number)}**", "letter", id=row.id)
                    st.caption(plain(row.department), width="content")
                st.markdown(plain(" · ".join(w for w in (row.item, row.subject, row.case_no) if w)))
                st.caption(plain(f"{told(row, today)} · {row.issued_by}"))
