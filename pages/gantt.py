"""挂图作战: many projects on one chart, and the three lists of what should have happened (三未)."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from crm.core.access import Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.queries import (
    MARK_LABELS,
    GanttRow,
    Mark,
    ProjectFilter,
    choices,
    gantt_rows,
    light_counts,
    marks,
)
from crm.ui import gantt, links
from crm.ui.project_parts import asking, rows
from crm.ui.session import allowed, today
from crm.ui.show import empty, head, light
from crm.ui.words import NOTHING, day, plain
from models.vocabulary import DatePrecision

PER_PAGE = 20
UNMET = (Mark.NOT_STARTED, Mark.NOT_FINISHED, Mark.NOT_PRODUCED)

actor = allowed(Verb.PROJECT_VIEW)
now = today()

with reading() as session:
    offered = choices(session)
    unmet_counts = marks(session, actor, now, UNMET)


def count(asked: ProjectFilter) -> dict[str, int]:
    with reading() as session:
        return light_counts(session, actor, asked, today=now)


def due(row: GanttRow, mark: Mark | None) -> str:
    """The promise a list is about, by its own precision; else the first date that is due."""
    if mark is Mark.NOT_STARTED:
        return _("应于{on}开工", on=day(row.start_on, precision=row.start_precision))
    if mark is Mark.NOT_FINISHED:
        return _("应于{on}竣工", on=day(row.finish_on, precision=row.finish_precision))
    if mark is Mark.NOT_PRODUCED:
        return _("应于{on}投产", on=day(row.production_on, precision=DatePrecision.DAY))
    return day(row.project.due_on, year=now.year) if row.project.due_on else ""


def table(found: tuple[GanttRow, ...], mark: Mark | None) -> None:
    """The chart's facts in words; a row opens its project."""
    frame = pd.DataFrame(
        {
            "light": [rows.light_cell(r.project.light.light) for r in found],
            "name": [r.project.name for r in found],
            "officers": ["、".join(r.project.officers) or _("未指派") for r in found],
            "next": [r.project.light.next_name or NOTHING for r in found],
            "due": [due(r, mark) for r in found],
            "why": [rows.why(r.project.light) for r in found],
            "ball": [rows.waits_for(r.project.light) for r in found],
            "done": [f"{r.done}/{r.milestones}" if r.milestones else NOTHING for r in found],
            "blocker": [r.blocker for r in found],
        }
    )
    event = st.dataframe(
        frame,
        key="gantt-table",
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-cell",
        alt=_("挂图作战清单"),
        column_config={
            "light": rows.light_column(),
            "name": st.column_config.TextColumn(_("项目"), width=230),
            "officers": st.column_config.TextColumn(_("责任专员"), width=110),
            "next": st.column_config.TextColumn(_("下一节点"), width=160),
            "due": st.column_config.TextColumn(_("期限"), width=150),
            "why": st.column_config.TextColumn(_("原因"), width=240),
            "ball": st.column_config.TextColumn(_("等谁"), width=130),
            "done": st.column_config.TextColumn(_("节点"), width=60, alignment="right"),
            "blocker": st.column_config.TextColumn(_("卡点"), width=260),
        },
    )
    for cell in event["selection"]["cells"]:
        if cell[0] < len(found):
            links.go("project", id=found[cell[0]].project.id, tab="plan")


def cards(found: tuple[GanttRow, ...], mark: Mark | None) -> None:
    for r in found:
        with st.container(border=True, gap="xsmall"):
            links.link(f"**{plain(r.project.name)}**", "project", id=r.project.id, tab="plan")
            st.markdown(f"{light(r.project.light.light)} {plain(rows.why(r.project.light))}")
            parts = [due(r, mark), "、".join(r.project.officers), r.blocker]
            st.caption(plain(" · ".join(p for p in parts if p)))


head(_("挂图作战"))
unmet = {m.value: f"{_(MARK_LABELS[m])} {unmet_counts[m].value}" for m in UNMET}
asking.pick(_("三未清单"), "mark", unmet)
asked, sort = asking.filter_bar(actor, offered, counts=count, marks=False)
with reading() as session:
    found, total = gantt_rows(session, actor, asked, sort, asking.page_asked(), today=now, per_page=PER_PAGE)
if not found:
    if asked.mark in UNMET:
        empty(_("这张清单上没有项目：该办的都办了。"))
    else:
        empty(_("没有符合条件的项目。换个说法搜索，或清除筛选。"))
    st.stop()
mark = asked.mark if asked.mark in UNMET else None
note = _("◆ 为下一节点；浅色为计划，深色为实际。")
told = _("各项目计划与实际的横道图，内容与下表相同")


def draw(*, narrow: bool) -> None:
    chart = gantt.many_chart(found, now, narrow=narrow)
    if chart is not None:
        st.vega_lite_chart(spec=chart, width="stretch", alt=told, key=f"gantt-{narrow}")
        st.caption(plain(note))


with rows.only_desk("gantt"):
    draw(narrow=False)
    table(found, mark)
with rows.only_phone("gantt"):
    draw(narrow=True)
    cards(found, mark)
asking.pages(total, PER_PAGE)
