"""Dialogs that stay open over reruns until they are saved or dismissed; one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

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
