"""The latest papers to read, as a short list of links."""

from __future__ import annotations

import streamlit as st

from crm.briefings.queries import listed
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.core.today import day_of
from crm.ui import links
from crm.ui.words import day, plain
from models.vocabulary import BRIEFING_KIND_LABELS

PAPERS = 5


def latest(actor: Actor) -> None:
    """The newest papers this reader may open."""
    with reading() as session:
        page = listed(session, actor, per_page=PAPERS)
    for paper in page.rows:
        with st.container(border=True, gap="xsmall"):
            links.link(f"**{plain(paper.title)}**", "briefing", id=paper.id)
            st.caption(
                plain(
                    _(
                        "{kind} {year}年第{number}期 · {day}",
                        kind=_(BRIEFING_KIND_LABELS[paper.kind]),
                        year=paper.series_year,
                        number=paper.number,
                        day=day(day_of(paper.made_at)),
                    )
                )
            )
    if not page.rows:
        st.markdown(plain(_("还没有简报。")))
    else:
        links.link(_("全部简报"), "briefings")
