"""Small things several home screens show: the greeting, the visit button, promises and visits due."""

from __future__ import annotations

from datetime import date, datetime

import streamlit as st

from crm.core.i18n import _
from crm.core.today import SHANGHAI, now
from crm.ui import links
from crm.ui.show import LIGHT_SHAPES
from crm.ui.words import day, plain
from crm.visits.queries import DueVisit, PromiseRow
from models.vocabulary import Light


def greeting(moment: datetime | None = None) -> str:
    """By the hour in the district."""
    hour = (moment or now()).astimezone(SHANGHAI).hour
    if hour < 11:
        return _("早上好")
    if hour < 13:
        return _("中午好")
    return _("下午好") if hour < 18 else _("晚上好")


def log_visit_button() -> None:
    """The officer's and the clerk's one primary action."""
    links.button(
        _("记一次走访"),
        links.to("visit_log"),
        type="primary",
        icon=":material/edit_note:",
        key="log-visit",
    )


def _due_badge(due_on: date | None, today: date) -> str:
    if due_on is None or due_on > today:
        icon, colour = LIGHT_SHAPES[Light.YELLOW]
        words = day(due_on, year=today.year)
    elif due_on == today:
        icon, colour = LIGHT_SHAPES[Light.ORANGE]
        words = _("今天")
    else:
        icon, colour = LIGHT_SHAPES[Light.RED]
        words = _("逾期{n}天", n=(today - due_on).days)
    return f":{colour}-badge[{icon} {plain(words)}]"


def promise_line(promise: PromiseRow, today: date) -> None:
    """A promise with its day and one next step: record what came of it."""
    left, right = st.columns([5, 2], vertical_alignment="center")
    whom = promise.project or promise.enterprise
    left.markdown(
        f"{_due_badge(promise.due_on, today)} {plain(_('承诺'))} **{plain(whom)}** {plain(promise.text)}"
    )
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        links.button(_("记结果"), links.to("visit", id=promise.visit_id), key=f"promise-{promise.id}")


def visit_due_line(visit: DueVisit, today: date) -> None:
    """A next visit that was agreed, and the button that logs it."""
    left, right = st.columns([5, 2], vertical_alignment="center")
    whom = visit.project or visit.enterprise
    left.markdown(
        f"{_due_badge(visit.due_on, today)} {plain(_('约定走访'))} **{plain(whom)}**"
        + (f" {plain(visit.enterprise)}" if visit.project else "")
    )
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        links.button(
            _("记走访"),
            links.to("visit_log", enterprise=visit.enterprise_id, project=visit.project_id),
            key=f"visit-due-{visit.visit_id}",
        )
