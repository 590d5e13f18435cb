"""Projects as a dense table on a desk and as cards on a phone; a row opens its record."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from crm.core.i18n import _
from crm.projects.queries import LightInfo, ProjectRow
from crm.ui import links
from crm.ui.show import light
from crm.ui.words import NOTHING, day, pct, plain, yi
from models.vocabulary import LIGHT_LABELS, PARTY_LABELS, STAGE_LABELS, Light, ProjectStatus

# The same six lights inside a table cell, where Markdown is not drawn: a shape and a word.
CELL_SHAPES: dict[Light, str] = {
    Light.GREEN: "●",
    Light.YELLOW: "▲",
    Light.ORANGE: "◆",
    Light.RED: "■",
    Light.BLUE: "‖",
    Light.GREY: "○",
}
_CELL_COLOURS = {
    Light.GREEN: "green",
    Light.YELLOW: "yellow",
    Light.ORANGE: "orange",
    Light.RED: "red",
    Light.BLUE: "blue",
    Light.GREY: "gray",
}


def only_desk(key: str) -> AbstractContextManager[object]:
    """What is inside is shown on screens wider than 640 px (the page's own style, crm.web.shell)."""
    return st.container(key=f"desk-{key}")


def only_phone(key: str) -> AbstractContextManager[object]:
    """What is inside is shown on screens up to 640 px wide."""
    return st.container(key=f"phone-{key}")


def light_cell(value: Light) -> list[str]:
    """For a column configured by `light_column`."""
    return [f"{CELL_SHAPES[value]} {_(LIGHT_LABELS[value])}"]


def light_column() -> object:
    """A coloured word with a shape in each cell."""
    return st.column_config.MultiselectColumn(
        _("灯"),
        options=[light_cell(value)[0] for value in Light],
        color=[_CELL_COLOURS[value] for value in Light],  # type: ignore[arg-type]
        width=104,
    )


def waits_for(info: LightInfo) -> str:
    """部门 · 住建局: who holds the ball."""
    party = _(PARTY_LABELS[info.party])
    return f"{party} · {info.holder}" if info.holder else party


def why(info: LightInfo) -> str:
    """The reason of the light; on a quiet project the next thing to come."""
    if info.light is Light.GREEN and info.next_on is not None:
        return _("下一节点：{name}", name=info.next_name)
    return info.because


def table(rows: Sequence[ProjectRow], today: date, *, key: str, many: bool = False) -> list[int]:
    """The rows as a table; a click on a row opens the record. With `many`, returns the ids ticked."""
    frame = pd.DataFrame(
        {
            "light": [light_cell(r.light.light) for r in rows],
            "name": [r.name for r in rows],
            "stage": [_(STAGE_LABELS[r.stage]) for r in rows],
            "why": [why(r.light) for r in rows],
            "due": [day(r.due_on, year=today.year) if r.due_on else "" for r in rows],
            "ball": [waits_for(r.light) if r.status is ProjectStatus.ACTIVE else NOTHING for r in rows],
            "officers": ["、".join(r.officers) or _("未指派") for r in rows],
            "rate": [pct(r.light.rate_pct) for r in rows],
            "total": [yi(r.total_wan) for r in rows],
            "town": [r.town for r in rows],
            "enterprise": [r.enterprise for r in rows],
        }
    )
    event = st.dataframe(
        frame,
        key=key,
        hide_index=True,
        height="content" if len(rows) <= 30 else 700,
        on_select="rerun",
        selection_mode="multi-row" if many else "single-cell",
        placeholder="",
        alt=_("项目清单，{n}项", n=len(rows)),
        column_config={
            "light": light_column(),
            "name": st.column_config.TextColumn(_("项目"), width=220),
            "stage": st.column_config.TextColumn(_("阶段"), width=105),
            "why": st.column_config.TextColumn(_("原因 / 下一节点"), width=255),
            "due": st.column_config.TextColumn(_("最先到期"), width=100),
            "ball": st.column_config.TextColumn(_("等谁"), width=130),
            "officers": st.column_config.TextColumn(_("专员"), width=110),
            "rate": st.column_config.TextColumn(_("完成率"), width=70, alignment="right"),
            "total": st.column_config.TextColumn(_("总投资"), width=90, alignment="right"),
            "town": st.column_config.TextColumn(_("镇街"), width=80),
            "enterprise": st.column_config.TextColumn(_("企业"), width=220),
        },
    )
    chosen = event["selection"]  # type: ignore[index]
    if many:
        return [rows[i].id for i in chosen["rows"] if i < len(rows)]
    for cell in chosen["cells"]:
        if cell[0] < len(rows):
            links.go("project", id=rows[cell[0]].id)
    return []


def card(row: ProjectRow, today: date, *, stage: bool = True) -> DeltaGenerator:
    """One project as a card: name, light and reason, what is next, who holds the ball. Returns the card."""
    box = st.container(border=True, gap="xsmall")
    with box:
        links.link(f"**{plain(row.name)}**", "project", id=row.id)
        st.markdown(f"{light(row.light.light)} {plain(why(row.light))}")
        parts = [row.town, _(STAGE_LABELS[row.stage]) if stage else "", "、".join(row.officers)]
        if row.status is ProjectStatus.ACTIVE:
            parts.append(_("等{who}", who=row.light.holder or _(PARTY_LABELS[row.light.party])))
        if row.due_on:
            parts.append(day(row.due_on, year=today.year))
        st.caption(plain(" · ".join(p for p in parts if p)))
    return box


def listing(rows: Sequence[ProjectRow], today: date, *, key: str) -> None:
    """The rows as a table on a desk, as cards on a phone."""
    with only_desk(key):
        table(rows, today, key=f"{key}-table")
    with only_phone(key):
        for row in rows:
            card(row, today)
