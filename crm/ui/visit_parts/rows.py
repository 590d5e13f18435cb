"""Visits as a table on a desk and as cards on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from crm.core.i18n import _
from crm.ui import links
from crm.ui.project_parts.rows import only_desk, only_phone
from crm.ui.words import NOTHING, day, plain
from crm.visits.queries import VisitRow
from models.vocabulary import VISIT_MODE_LABELS, VisitState

SUMMARY = 60  # characters of the note in a list


def show(rows: Sequence[VisitRow], today: date, *, key: str) -> None:
    """Both forms; the screen's width decides which is seen."""
    with only_desk(key):
        _table(rows, today, key)
    with only_phone(key):
        for row in rows:
            _card(row, today, key)


def _table(rows: Sequence[VisitRow], today: date, key: str) -> None:
    frame = pd.DataFrame(
        {
            _("日期"): [day(r.visited_on, year=today.year) for r in rows],
            _("企业"): [r.enterprise or NOTHING for r in rows],
            _("项目"): [r.project or NOTHING for r in rows],
            _("方式"): [_(VISIT_MODE_LABELS[r.mode]) for r in rows],
            _("登记人"): [r.author or NOTHING for r in rows],
            _("诉求"): [r.demands or None for r in rows],
            _("未办承诺"): [r.promises_open or None for r in rows],
            _("情况"): [summary(r) for r in rows],
        }
    )
    widths = {_("日期"): 100, _("企业"): 200, _("项目"): 170, _("方式"): 60, _("登记人"): 70}
    picked = st.dataframe(
        frame,
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        placeholder="",
        key=f"visits-{key}",
        column_config={name: st.column_config.TextColumn(width=width) for name, width in widths.items()}
        | {
            _("诉求"): st.column_config.NumberColumn(width=50),
            _("未办承诺"): st.column_config.NumberColumn(width=75),
            _("情况"): st.column_config.TextColumn(width="medium"),
        },
    )
    chosen = picked["selection"]["rows"]
    if chosen and chosen[0] < len(rows):
        links.go("visit", id=rows[chosen[0]].id)


def _card(row: VisitRow, today: date, key: str) -> None:
    with st.container(border=True, gap="xxsmall"):
        links.link(f"**{plain(row.enterprise or _('未选企业'))}**", "visit", id=row.id)
        st.caption(
            plain(
                " · ".join(
                    [
                        day(row.visited_on, year=today.year),
                        _(VISIT_MODE_LABELS[row.mode]),
                        row.author,
                        *([row.project] if row.project else []),
                    ]
                )
            )
        )
        st.markdown(plain(summary(row)))
        marks = badges(row)
        if marks:
            st.markdown(marks)


def summary(row: VisitRow) -> str:
    """The beginning of the note; a draft says so."""
    text = row.note.replace("\n", " ")
    text = text[:SUMMARY] + "…" if len(text) > SUMMARY else text
    return f"[{_('草稿')}] {text}" if row.state is VisitState.DRAFT else text


def badges(row: VisitRow) -> str:
    """How many demands, open promises and photos: a word with each number."""
    parts = []
    if row.demands:
        parts.append(f":blue-badge[{_('诉求{n}条', n=row.demands)}]")
    if row.promises_open:
        parts.append(f":orange-badge[{_('承诺未办{n}条', n=row.promises_open)}]")
    if row.photos:
        parts.append(f":gray-badge[{_('照片{n}张', n=row.photos)}]")
    return " ".join(parts)
