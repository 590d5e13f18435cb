"""The shared look: page head, lights, empty states, messages."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from crm.alerts.scan import rescan_project
from crm.core.errors import Conflict, CrmError, NotAllowed, NotFound, Refusal
from crm.core.i18n import _
from crm.ui import links
from crm.ui.session import note_refusal, today
from crm.ui.words import plain
from models.vocabulary import LIGHT_LABELS, Light

log = logging.getLogger(__name__)

# A word and a shape for each light, never colour alone. Material symbols, no emoji.
LIGHT_SHAPES: dict[Light, tuple[str, str]] = {
    Light.GREEN: (":material/check_circle:", "green"),
    Light.YELLOW: (":material/change_history:", "yellow"),
    Light.ORANGE: (":material/schedule:", "orange"),
    Light.RED: (":material/error:", "red"),
    Light.BLUE: (":material/pause_circle:", "blue"),
    Light.GREY: (":material/remove_circle_outline:", "gray"),
}


def light(value: Light, text: str = "") -> str:
    """Markdown of one light: shape, word and, if given, a plain-text addition."""
    icon, colour = LIGHT_SHAPES[value]
    words = _(LIGHT_LABELS[value]) + (f" {plain(text)}" if text else "")
    return f":{colour}-badge[{icon} {words}]"


def head(title: str, caption: str = "") -> st.delta_generator.DeltaGenerator:
    """The page's title row; returns the right-hand slot for its one primary action."""
    left, right = st.columns([3, 1], vertical_alignment="bottom", wrap=True)
    with left:
        st.title(plain(title), anchor=False)
        if caption:
            st.caption(plain(caption))
    return right.container(horizontal=True, horizontal_alignment="right")


def empty(sentence: str, action: str = "", url: str = "") -> None:
    """An empty state: one sentence and one button."""
    with st.container(border=True):
        st.markdown(plain(sentence))
        if action and url:
            links.button(action, url, type="primary")


@contextmanager
def speaking(fields: dict[str, str] | None = None) -> Iterator[None]:
    """The one place that turns an error into a message. `fields` maps input names to labels.

    Use: `with speaking(): do_it(); st.toast(...); st.rerun()` — on a CrmError the rest is skipped
    and what was typed stays.
    """
    try:
        yield
    except Refusal as error:
        for problem in error.problems:
            label = (fields or {}).get(problem.field, "")
            named = not label or f"“{label}”" in problem.message  # the sentence names its field itself
            st.error(("" if named else f"**{plain(label)}** ") + plain(problem.message))
    except Conflict as error:
        st.warning(plain(str(error)))
        for clash in error.clashes:
            label = (fields or {}).get(clash.field, clash.field)
            st.markdown(
                f"- **{plain(label)}** "
                + plain(_("原为“{a}”，现为“{b}”，您填“{c}”", a=clash.opened, b=clash.stored, c=clash.typed))
            )
    except NotAllowed as error:
        note_refusal(str(error))
        st.error(plain(str(error)))
    except NotFound as error:
        st.error(plain(str(error)))
    except CrmError as error:
        st.error(plain(str(error)))


def look_again(*project_ids: int) -> None:
    """Make the projects' alerts true after a save. The save stands when that fails: the daily run mends it."""
    for project_id in project_ids:
        try:
            rescan_project(project_id, today())
        except Exception:
            log.exception("the alerts of project %s were not looked at again", project_id)


def saved(message: str, *, project_id: int | None = None) -> None:
    """A toast that survives the rerun after a save; with a project, its alerts are made true at once."""
    if project_id is not None:
        look_again(project_id)
    st.session_state["_saved"] = message


def show_saved() -> None:
    """Called once by the entry script on every run."""
    message = st.session_state.pop("_saved", "")
    if message:
        st.toast(plain(message), icon=":material/check:")
