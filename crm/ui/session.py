"""Who is looking, asked of the database on every run; and the day it is."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.core import today as clock
from crm.core.access import Actor, Verb, may
from crm.core.accounts import actor_of_session
from crm.core.i18n import _, set_language
from crm.core.signin import note_denied


def me() -> Actor:
    """The signed-in actor; ends the run with a plain sentence when the session is over.

    The gate (crm.web) puts the user and session ids into `st.user`; the row is read again on
    every run, so that a sign-out or a disabled account takes effect on open pages.
    """
    uid, sid = st.user.get("uid"), st.user.get("sid")
    actor = actor_of_session(int(str(sid)), int(str(uid))) if uid and sid else None
    if actor is None:
        st.error(_("登录已失效，请重新登录。"))
        st.link_button(_("去登录"), "/account/login")
        st.stop()
    assert actor is not None
    set_language(actor.language)
    return actor


def session_row_id() -> int:
    """The id of this browser's session row (0 outside the gate)."""
    sid = str(st.user.get("sid") or "")
    return int(sid) if sid.isdigit() else 0


def allowed(verb: Verb) -> Actor:
    """`me()`, and stop the page when the role lacks the verb. The action checks again."""
    actor = me()
    if not may(actor, verb):
        note_denied(actor, verb.value)
        st.error(_("您没有查看此页的权限，如需开通请联系管理员。"))
        st.stop()
    return actor


def note_refusal(what: str) -> None:
    """A refused permission leaves a line in the log (ASVS v5.0.0-16.3.2)."""
    uid, sid = st.user.get("uid"), st.user.get("sid")
    actor = actor_of_session(int(str(sid)), int(str(uid))) if uid and sid else None
    if actor is not None:
        note_denied(actor, what)


def today() -> date:
    return clock.today()


def record_id(name: str = "id") -> int | None:
    """The record's id from the URL, so that every record can be linked, bookmarked and refreshed."""
    raw = str(st.query_params.get(name, ""))
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 12 else None
