"""One letter: drafted and issued, or issued with its answer."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.briefings.letters import actions, queries
from crm.briefings.letters.actions import LetterForm, ReplyForm, WithdrawForm
from crm.briefings.letters.queries import LetterCard
from crm.core import files
from crm.core.access import Actor, Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.briefing_parts import sheet
from crm.ui.forms import nonce, renew
from crm.ui.show import head, saved, speaking
from crm.ui.supervise_parts.letters import badge, told
from crm.ui.words import day, plain
from models.vocabulary import LetterState


def new(actor: Actor, case_id: int, today: date) -> None:
    """The letter as it would go out now, and the button that sends it."""
    with reading() as session:
        standing = queries.waiting_for_reply(session, case_id, today)
    if standing is not None:
        with reading() as session:
            card = queries.letter(session, actor, int(standing.id or 0), today)
        st.info(
            plain(
                _(
                    "该办件已发{number}，回复期限{by}未到，不能重复发函。",
                    number=card.row.number,
                    by=day(card.row.reply_by_on, year=today.year),
                )
            )
        )
        show(actor, card, today)
        return
    top = st.container()
    with st.expander(_("补充要求和回复期限"), icon=":material/edit_note:"):
        words = st.text_area(
            _("另有要求"),
            max_chars=300,
            placeholder=_("写进“有关要求”，例如：请分管领导牵头会商"),
            key=f"words-{case_id}",
        )
        days = st.number_input(
            _("回复期限（个工作日）"), 1, 60, None, placeholder=_("按阈值设置"), key=f"days-{case_id}"
        )
    form = LetterForm(case_id=case_id, words=words or "", reply_wd=None if days is None else int(days))
    draft = actions.draft(actor, form, today=today)
    with top:
        right = head(
            draft.title, _("将编为{number}，签发后连同数据快照一起存档。", number=draft.letter.head.number)
        )
    with right:
        pressed = st.button(_("签发"), type="primary", icon=":material/send:", key=f"issue-{case_id}")
    if pressed:
        issued = actions.issue(actor, form, today=today)
        saved(_("已签发{number}。", number=issued.number))
        links.go("letter", id=issued.id)
    sheet.show(draft.data)


def show(actor: Actor, card: LetterCard, today: date) -> None:
    """An issued letter as it prints, its answer, and what may still be done."""
    row = card.row
    right = head(
        row.number, _("{item} · {subject}，主送{to}", item=row.item, subject=row.subject, to=row.department)
    )
    with right:
        st.link_button(
            _("下载 Word"),
            links.file(row.public_id),
            type="primary",
            icon=":material/download:",
            width="stretch",
        )
    st.markdown(badge(row) + " " + plain(told(row, today)))
    with st.container(horizontal=True):
        links.link(_("打开办件"), "case", icon=":material/assignment:", id=row.case_id)
        links.link(_("全部督办函"), "letters", icon=":material/outgoing_mail:")
    if card.reply:
        with st.container(border=True):
            st.markdown(f"**{plain(_('回复'))}** {plain(card.reply)}")
    if card.withdrawn_on is not None:
        st.warning(
            plain(
                _(
                    "{day}撤销：{why}",
                    day=day(card.withdrawn_on, year=today.year),
                    why=card.withdraw_reason,
                )
            ),
            icon=":material/undo:",
        )
    if row.state is LetterState.ISSUED and actions.may_reply(actor, row.department_id):
        _reply(actor, row.id, today)
    sheet.show(files.read(card.file))
    if row.state is LetterState.ISSUED and may(actor, Verb.SUPERVISE):
        _withdraw(actor, row.id, today)
    _snapshot(actor, card, today)


def _reply(actor: Actor, letter_id: int, today: date) -> None:
    form = f"reply-{letter_id}"
    labels = {name: _(label) for name, label in ReplyForm.labels.items()}
    with st.container(border=True):
        st.subheader(_("登记回复"), anchor=False)
        with st.form(f"{form}-{nonce(form)}", border=False):
            text = st.text_area(
                labels["text"], max_chars=1000, placeholder=_("办理情况、逾期原因、整改措施和办结日期")
            )
            on = st.date_input(labels["replied_on"], today, format="YYYY-MM-DD")
            pressed = st.form_submit_button(_("登记回复"), type="primary")
        if pressed:
            with speaking(labels):
                actions.reply(
                    actor, ReplyForm(letter_id=letter_id, text=text or "", replied_on=on), today=today
                )
                renew(form)
                saved(_("回复已登记。"))
                st.rerun()


def _withdraw(actor: Actor, letter_id: int, today: date) -> None:
    form = f"withdraw-{letter_id}"
    labels = {name: _(label) for name, label in WithdrawForm.labels.items()}
    with (
        st.expander(_("撤销"), icon=":material/undo:"),
        st.form(f"{form}-{nonce(form)}", border=False),
    ):
        st.caption(plain(_("文号不再使用，文件留在存档里。")))
        reason = st.text_input(labels["reason"], max_chars=300)
        pressed = st.form_submit_button(_("撤销"))
    if pressed:
        with speaking(labels):
            actions.withdraw(actor, WithdrawForm(letter_id=letter_id, reason=reason or ""), today=today)
            renew(form)
            saved(_("已撤销。"))
            st.rerun()


def _snapshot(actor: Actor, card: LetterCard, today: date) -> None:
    with st.expander(_("数据快照和核验"), icon=":material/fingerprint:"):
        st.code(
            f"sha256 {card.sha256}\ntemplate {card.template_sha256}\nfile {card.file.sha256}", language=None
        )
        if st.button(_("核验"), key=f"verify-{card.row.id}", icon=":material/verified:"):
            with speaking():
                sheet.tell_verdict(actions.verify(actor, card.row.id, today=today))
        st.json(card.facts, expanded=False)
