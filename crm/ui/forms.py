"""Forms that write once: a nonce in the key and a request id on the row."""

from __future__ import annotations

import uuid

import streamlit as st


def nonce(form: str) -> str:
    """A key for this opening of a form; `renew` after a save gives a fresh, empty one."""
    slot = f"_nonce:{form}"
    if slot not in st.session_state:
        st.session_state[slot] = uuid.uuid4().hex
    return str(st.session_state[slot])


def renew(form: str) -> None:
    st.session_state.pop(f"_nonce:{form}", None)
