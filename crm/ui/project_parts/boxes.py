"""Dialogs that stay open over reruns until they are saved or dismissed, one at a time; and records as
they were when a form was opened, so that what somebody else saves meanwhile is noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, TypeVar

import streamlit as st

from crm.core.errors import Conflict
from crm.core.i18n import _
from crm.ui.show import speaking
from crm.ui.words import plain

T = TypeVar("T")

_SLOT = "_open_box"


def open_box(name: str) -> None:
    """Callback of the button that opens a dialog."""
    st.session_state[_SLOT] = name


def close_box() -> None:
    st.session_state.pop(_SLOT, None)


def is_open(name: str) -> bool:
    return st.session_state.get(_SLOT) == name


def box(
    name: str, title: str, body: Callable[[], None], *, width: Literal["small", "medium", "large"] = "medium"
) -> None:
    """Show the dialog if it is open. The body calls `close_box()` before the rerun that follows a save."""
    if is_open(name):
        st.dialog(title, width=width, on_dismiss=close_box)(body)()


def as_opened(form: str, now: T) -> T:
    """What the form showed when it was opened: a rerun reads the record afresh, the form must not."""
    opened: T = st.session_state.setdefault(f"_opened:{form}", now)
    return opened


def forget_opened(prefix: str) -> None:
    """The forms whose name starts so were closed or saved; the next opening reads afresh."""
    for key in [k for k in st.session_state if str(k).startswith(f"_opened:{prefix}")]:
        st.session_state.pop(key, None)


@contextmanager
def saving(form: str, now: object, labels: Mapping[str, str] | None = None) -> Iterator[None]:
    """Like `speaking()`; on a conflict what was typed stays, and saving again goes by what is stored now."""
    with speaking(dict(labels) if labels else None):
        try:
            yield
        except Conflict:
            st.session_state[f"_opened:{form}"] = now
            st.caption(plain(_("您填的内容还在。核对后再按一次保存，即以您填写的为准。")))
            raise
