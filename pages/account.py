"""我的账号: one's own password, language and signed-in browsers."""

from __future__ import annotations

import streamlit as st

from crm.core import accounts
from crm.core.db import reading
from crm.core.i18n import LANGUAGES, _
from crm.ui.forms import nonce, renew
from crm.ui.session import me, session_row_id
from crm.ui.show import head, saved, speaking
from crm.ui.words import moment, plain
from models.vocabulary import ROLE_LABELS

actor = me()
assert actor.user_id is not None
head(_("我的账号"), f"{actor.name} · {_(ROLE_LABELS[actor.role])}")

first = accounts.must_change_password(actor)
if first:
    st.info(_("您用的是一次性密码。请先设一个自己的密码，然后继续使用。"), icon=":material/key:")

left, right = st.columns(2, gap="large", wrap=True)
with left:
    st.subheader(_("修改密码"), anchor=False)
    with st.form(f"password-{nonce('password')}", border=True):
        current = st.text_input(_("现在的密码"), type="password", max_chars=128)
        new = st.text_input(
            _("新密码"), type="password", max_chars=128, help=_("至少8位，可以用一句容易记的话。")
        )
        again = st.text_input(_("再输一次新密码"), type="password", max_chars=128)
        if st.form_submit_button(_("修改密码"), type="primary"):
            with speaking():
                accounts.change_own_password(actor, current, new, again, keep_session=session_row_id())
                renew("password")
                saved(_("密码已修改，其他浏览器上的登录已退出。"))
                st.rerun()

if not first:
    with right:
        st.subheader(_("界面语言"), anchor=False)
        chosen = st.radio(
            _("界面语言"),
            list(LANGUAGES),
            index=list(LANGUAGES).index(actor.language),
            format_func=lambda code: LANGUAGES[code],
            horizontal=True,
            label_visibility="collapsed",
        )
        if chosen != actor.language:
            with speaking():
                accounts.set_language_of(actor, chosen)
                saved(_("界面语言已更改。"))
                st.rerun()

        st.subheader(_("登录中的浏览器"), anchor=False)
        with reading() as session:
            browsers = accounts.sessions_of(session, actor, actor.user_id)
        for row in browsers:
            here = row.id == session_row_id()
            with st.container(border=True, horizontal=True, vertical_alignment="center"):
                place = _("这个浏览器") if here else plain(row.address or _("地址不明"))
                st.markdown(f"**{place}**  \n" + _("{at} 最近使用", at=plain(moment(row.seen_at))))
                if not here and st.button(_("退出"), key=f"end-{row.id}"):
                    with speaking():
                        accounts.end_sessions(actor, actor.user_id, session_id=row.id)
                        saved(_("那个浏览器已退出登录。"))
                        st.rerun()
