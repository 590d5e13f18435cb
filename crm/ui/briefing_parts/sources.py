"""数字从哪里来: the figures of a drafted paper, each with the very records it counts."""

from __future__ import annotations

import streamlit as st

from crm.briefings.context import HallPaper, Paper
from crm.briefings.queries import Source, hall_sources
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.words import plain

TABLE_HEIGHT = 320


def show(actor: Actor, paper: Paper) -> None:
    """The table of figures; a chosen one lists its records below, each opening its own screen."""
    if not isinstance(paper, HallPaper):
        st.caption(plain(_("专报的数字都出自这个项目自己的节点、月报、走访和诉求。")))
        links.link(_("打开项目"), "project", id=paper.facts.project_id)
        return
    with reading() as session:
        found = hall_sources(session, actor, paper.facts)
    st.caption(plain(_("选中一行，下面列出这个数字对应的每一条记录，点开可以核对。")))
    chosen = st.dataframe(
        [{"figure": s.figure, "value": s.value, "records": len(s.entries)} for s in found],
        column_config={
            "figure": st.column_config.TextColumn(_("数字")),
            "value": st.column_config.TextColumn(_("简报里的值")),
            "records": st.column_config.NumberColumn(_("记录数"), width="small"),
        },
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=TABLE_HEIGHT,
        key="sources",
    )
    rows = chosen["selection"]["rows"]
    if rows and rows[0] < len(found):
        _records(found[rows[0]])


def _records(source: Source) -> None:
    st.markdown(f"**{plain(source.figure)} {plain(source.value)}**")
    if not source.entries:
        st.caption(plain(_("没有对应的记录。")))
        return
    st.dataframe(
        [
            {"open": links.to(e.page, id=e.id) if e.page and e.id else None, "label": e.label}
            for e in source.entries
        ],
        column_config={
            "open": st.column_config.LinkColumn(_("打开"), display_text=_("打开"), width="small"),
            "label": st.column_config.TextColumn(_("记录")),
        },
        hide_index=True,
        height=TABLE_HEIGHT,
        key=f"sources-{source.figure}",
    )
