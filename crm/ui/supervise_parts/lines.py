"""The cases behind one cell of the board, each with why it is here and the letter that may be written."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.approvals.queries.supervision import NOBODY, Asked, SupervisedCase, supervised_cases
from crm.approvals.supervision_rules import SIGN_LABELS
from crm.briefings.letters.queries import LetterRow, unanswered_of
from crm.core.access import Actor, Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.case_parts.shown import badge
from crm.ui.paging import page_number, pager
from crm.ui.show import empty, head
from crm.ui.supervise_parts.words import reason
from crm.ui.words import day, plain
from models.vocabulary import CASE_STATE_LABELS, LIGHT_LABELS, Light

PER_PAGE = 20


def show(actor: Actor, today: date, asked: Asked, who: str) -> None:
    """The list. `who` names the row the reader came from, "" for the whole board."""
    key = "-".join(["supervised", *asked.query().values()])
    with reading() as session:
        rows, total = supervised_cases(session, actor, today, asked, page=page_number(key), per_page=PER_PAGE)
        letters = unanswered_of(session, actor, [row.id for row in rows])
    what = [who]
    what.append(_(LIGHT_LABELS[asked.light]) if asked.light else "")
    what.append(_(SIGN_LABELS[asked.sign]) if asked.sign else "")
    named = " · ".join(w for w in what if w) or _("全部在办件")
    right = head(_("{what} {n}件", what=named, n=total), _("最先到期的排在前面"))
    with right:
        links.button(_("回到督办台"), links.to("supervision"), icon=":material/arrow_back:")
    if not rows:
        empty(_("没有这样的办件。"))
        return
    with st.container(gap="xsmall"):
        for row in rows:
            with st.container(border=True):
                _line(actor, row, letters.get(row.id), today)
    pager(total, key=key, per_page=PER_PAGE)


def _line(actor: Actor, row: SupervisedCase, letter: LetterRow | None, today: date) -> None:
    left, right = st.columns([9, 4], vertical_alignment="center")
    with left, st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(badge(row.clocks), width="content")
            links.link(f"**{plain(row.item)}**", "case", id=row.id)
            st.caption(plain(row.case_no), width="content")
        whose = [row.project or row.applicant, row.applicant if row.project else "", row.department]
        if row.officer:
            whose.append(_("专员{name}", name=row.officer))
        st.markdown(plain(" · ".join(w for w in whose if w) or _("未登记申请单位")))
        why = [_due(row, today), *(reason(f, today.year) for f in row.found)]
        st.caption(plain("；".join(w for w in why if w)))
        if letter is not None:
            links.link(
                plain(
                    _(
                        "已发{number}，{day}前回复",
                        number=letter.number,
                        day=day(letter.reply_by_on, year=today.year),
                    )
                ),
                "letter",
                icon=":material/outgoing_mail:",
                id=letter.id,
            )
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        pressing = bool(row.found) or row.clocks.light in (Light.RED, Light.ORANGE, Light.YELLOW)
        waiting = letter is not None and letter.reply_by_on >= today
        if may(actor, Verb.SUPERVISE) and pressing and not waiting and row.department_id is not None:
            links.button(
                _("督办函"),
                links.to("letter", case=row.id),
                icon=":material/edit_document:",
                key=f"letter-{row.id}",
            )
        if st.button(_("看办件"), key=f"case-{row.id}", type="tertiary"):
            links.go("case", id=row.id)


def _due(row: SupervisedCase, today: date) -> str:
    clock = row.clocks.legal if row.clocks.past_legal else row.clocks.committed
    if clock is None or row.clocks.light is Light.GREY:
        return _(CASE_STATE_LABELS[row.state])
    on = day(clock.due_on, year=today.year)
    if row.clocks.past_legal or row.clocks.promised is None:
        return _("法定{day}到期", day=on)
    return _("承诺{day}到期", day=on)


def row_name(names: dict[int, str], asked: Asked) -> str:
    """The name of the department or officer a cell belongs to."""
    key = asked.department_id if asked.department_id is not None else asked.officer_id
    if key is None:
        return ""
    if key == NOBODY:
        return _("未登记部门") if asked.department_id is not None else _("没有牵头专员")
    return names.get(key, "")
