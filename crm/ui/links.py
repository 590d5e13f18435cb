"""URLs of our screens and files, and going there in the same tab.

Streamlit opens `st.link_button` and Markdown links in a new tab; `go`, `button` and `link` stay.
"""

from __future__ import annotations

from typing import Literal, NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit

import streamlit as st
from streamlit.errors import StreamlitAPIException

from crm.core.settings import ROOT


def to(page: str, **params: object) -> str:
    """`to("project", id=5)` -> "/project?id=5". The page's name is its file's name."""
    query = urlencode({k: str(v) for k, v in params.items() if v is not None})
    return ("/" if page == "home" else f"/{page}") + (f"?{query}" if query else "")


def file(public_id: str) -> str:
    """A stored file, through our own permission-checked route."""
    return f"/files/{public_id}"


def _path(page: str) -> str:
    return str(ROOT / "pages" / f"{page}.py")


def go(page: str, **params: object) -> NoReturn:
    """Open a screen in this tab: after a click on a row or a save."""
    st.switch_page(_path(page), query_params={k: str(v) for k, v in params.items() if v is not None})


def go_to(url: str) -> NoReturn:
    """Open one of our own URLs, as `to` makes them, in this tab."""
    parts = urlsplit(url)
    go(parts.path.strip("/") or "home", **dict(parse_qsl(parts.query)))


def button(
    label: str,
    url: str,
    *,
    type: Literal["primary", "secondary", "tertiary"] = "secondary",
    icon: str | None = None,
    key: str | None = None,
    help: str | None = None,
) -> None:
    """A button that opens one of our own URLs in this tab."""
    if st.button(label, type=type, icon=icon, key=key or f"_go:{label}:{url}", help=help):
        go_to(url)


def link(label: str, page: str, *, icon: str | None = None, **params: object) -> None:
    """A quiet link to a screen, in this tab. `label` is Markdown: `plain()` user text."""
    query = {k: str(v) for k, v in params.items() if v is not None}
    try:
        st.page_link(_path(page), label=label, icon=icon, query_params=query)
    except StreamlitAPIException:  # the screen is not offered to this role, or the page runs alone
        st.markdown(label)
