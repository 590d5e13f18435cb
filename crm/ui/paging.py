"""Lists page in SQL; this is the control under them."""

from __future__ import annotations

import math

import streamlit as st

PER_PAGE = 25


def pager(total: int, *, key: str, per_page: int = PER_PAGE) -> None:
    """Show the pagination under a list. Read the page with `page_number` before the query."""
    pages = max(1, math.ceil(total / per_page))
    if pages > 1:
        st.pagination(pages, key=key)


def page_number(key: str) -> int:
    """1-based page asked for."""
    value = st.session_state.get(key)
    return int(value) if value else 1
