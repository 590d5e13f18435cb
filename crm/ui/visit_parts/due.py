"""What was promised and agreed, and falls due: promises to keep, visits to make."""

from __future__ import annotations

from datetime import date

import streamlit as st
from sqlmodel import Session

from crm.core.access import Actor, Verb, may
from crm.core.i18n import _
from crm.ui import links
from crm.ui.show import light
from crm.ui.words import day, plain
from crm.visits.queries import PromiseRow, due_promises, due_visits
from models.vocabulary import Light

SHOWN = 5  # of each kind; the rest are one click away


def show(session: Session, actor: Actor, today: date) -> None:
    """Nothing when nothing is due."""
    promises = due_promises(session, actor, today)
    visits = due_visits(session, actor, today) if may(actor, Verb.VISIT_LOG) else ()
    if not promises and not visits:
        return
    title = _("近期到期：承诺{p}条，约定走访{v}次", p=len(promises), v=len(visits))
    with st.expander(plain(title), icon=":material/event_upcoming:"):
        for promise in promises[:SHOWN]:
            links.link(
                f"{lateness(promise.due_on, today)} {plain(promise.text)} · {plain(promise.enterprise)}"
                + (f" · {plain(promise.owner)}" if promise.owner else ""),
                "visit",
                id=promise.visit_id,
            )
        if len(promises) > SHOWN:
            st.caption(_("另有{n}条承诺", n=len(promises) - SHOWN))
        for visit in visits[:SHOWN]:
            links.link(
                f"{lateness(visit.due_on, today)} {plain(_('约定走访'))} {plain(visit.enterprise)}",
                "visit",
                id=visit.visit_id,
            )
        if len(visits) > SHOWN:
            st.caption(_("另有{n}次约定走访", n=len(visits) - SHOWN))


def lateness(due_on: date | None, today: date) -> str:
    """The light of a promise by calendar days: past red, today orange, to come green."""
    if due_on is None:
        return ""
    if due_on < today:
        return light(Light.RED, _("{n}天", n=(today - due_on).days))
    if due_on == today:
        return light(Light.ORANGE)
    return light(Light.GREEN, day(due_on, year=today.year))


def promise_state(promise: PromiseRow, today: date) -> str:
    """A promise's light; grey once it is kept."""
    if promise.done_on is not None:
        return light(Light.GREY, day(promise.done_on, year=today.year))
    return lateness(promise.due_on, today)
