"""记一次走访: whom did I just see, and what do they need? One scroll on a phone, kept as it is typed."""

from __future__ import annotations

import streamlit as st

from crm.core.access import Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.forms import renew
from crm.ui.session import allowed, record_id, today
from crm.ui.show import head, saved, speaking
from crm.ui.visit_parts import typing
from crm.ui.words import plain
from crm.visits import queries
from crm.visits.actions import log_visit
from models.vocabulary import VisitState

actor = allowed(Verb.VISIT_LOG)
day = today()


def start() -> typing.Content:
    """The enterprise and project the form was opened for, from the URL."""
    project, enterprise = record_id("project"), record_id("enterprise")
    with reading() as session:
        if project is not None:
            chosen = queries.project_choice(session, actor, project)
            return {"enterprise_id": chosen[0], "project_id": chosen[1]} if chosen else {}
        if enterprise is not None and queries.enterprise_hit(session, actor, enterprise):
            return {"enterprise_id": enterprise}
    return {}


def save(content: typing.Content, state: VisitState) -> None:
    with speaking(typing.labels()):
        made = log_visit(actor, typing.to_form(content, state), today=day)
        renew(typing.FORM)
        st.session_state["_logged"] = made
        saved(
            _("走访已保存。") if state is VisitState.COMPLETE else _("已存为草稿，稍后可在走访记录里补齐。"),
            project_id=content["project_id"],
        )
        st.query_params.clear()
        st.rerun()


def done(visit_id: int) -> None:
    """After a save: the record, or the next one."""
    with reading() as session:
        card = queries.visit_card(session, actor, visit_id)
    with st.container(border=True):
        st.markdown(f":material/check_circle: **{plain(card.enterprise or _('草稿'))}**")
        st.markdown(plain(card.note[:120]) or plain(_("草稿已保存。")))
        with st.container(horizontal=True):
            links.button(_("查看记录"), links.to("visit", id=visit_id), icon=":material/open_in_new:")
            if st.button(_("再记一次"), type="primary", icon=":material/add:"):
                st.session_state.pop("_logged", None)
                st.rerun()


with st.container(width=640):
    head(_("记一次走访"))
    if "_logged" in st.session_state:
        done(st.session_state["_logged"])
        st.stop()
    begun = typing.seed(actor, start())
    if typing.was_restored():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(plain(_("已恢复上次没写完的内容。")), width="stretch")
            if st.button(_("清空重写"), type="tertiary", icon=":material/restart_alt:"):
                typing.start_over(actor)
                st.rerun()
    content = typing.fill(actor, day, begun)
    kept = typing.keep(actor, content)
    pressed = st.button(
        _("保存走访"),
        type="primary",
        width="stretch",
        icon=":material/check:",
        key=f"save:{content['request_id']}",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        later = st.button(_("先存草稿"), type="tertiary", key=f"later:{content['request_id']}")
        if kept:
            st.caption(plain(_("边写边存，关掉页面也不会丢。")), width="stretch")
    if pressed:
        save(content, VisitState.COMPLETE)
    elif later:
        save(content, VisitState.DRAFT)
