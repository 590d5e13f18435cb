"""The latest briefings, as a short list of links."""

from __future__ import annotations

import streamlit as st

from crm.core.access import Actor
from crm.core.i18n import _
from crm.ui.words import plain


def latest(actor: Actor) -> None:
    st.markdown(plain(_("还没有简报。")))
