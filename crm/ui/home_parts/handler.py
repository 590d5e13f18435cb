"""部门经办的一页: what waits for me, and for how long may it?"""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from crm.alerts.queries.lists import AlertFilter, list_alerts
from crm.alerts.queries.waiting import WaitingRow, waiting_for_department
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.home_parts import alert_lines
from crm.ui.home_parts.common import greeting
from crm.ui.project_parts import asking
from crm.ui.project_parts.rows import light_cell, light_column, only_desk, only_phone
from crm.ui.show import empty, head, light
from crm.ui.words import day, plain

LINES = 6
PER_PAGE = 20


def show(actor: Actor, today: date) -> None:
    asked = AlertFilter(mine=True, pressing=True)
    with reading() as session:
        pressing = list_alerts(session, actor, asked, per_page=LINES)
        waiting = waiting_for_department(session, actor, today, page=asking.page_asked(), per_page=PER_PAGE)
    told = _("{n}件已到期或逾期", n=pressing.total) if pressing.total else _("没有到期的事")
    head(_("{hello}，{told}", hello=greeting(), told=told), _("哪些事在等我，还能等多久？"))
    if actor.department_id is None:
        empty(_("您的账号还没有填写部门，请联系管理员补上。"))
        return
    if pressing.rows:
        st.subheader(_("今天要办"), anchor=False)
        alert_lines.lines(pressing.rows, actor, today, key="today")
        if pressing.total > len(pressing.rows):
            links.link(_("全部{n}条", n=pressing.total), "alerts", **asked.query())
    st.subheader(_("等本部门办理 {n}", n=waiting.total), anchor=False)
    if not waiting.rows:
        empty(_("没有等本部门办理的办件或节点。"))
        return
    with only_desk("waiting"):
        _table(waiting.rows, today)
    with only_phone("waiting"):
        for row in waiting.rows:
            with st.container(border=True, gap="xsmall"):
                page, id_ = _page(row)
                links.link(f"**{plain(row.what)}**", page, id=id_)
                st.markdown(f"{light(row.light)} {plain(_left(row))}")
                st.caption(plain(" · ".join(p for p in (row.project, row.enterprise) if p)))
    asking.pages(waiting.total, PER_PAGE)


def _page(row: WaitingRow) -> tuple[str, int | None]:
    return ("case", row.record_id) if row.record == "case" else ("project", row.project_id)


def _left(row: WaitingRow) -> str:
    if row.left_wd is None:
        return _("没有期限")
    if row.left_wd < 0:
        return _("逾期{n}个工作日", n=-row.left_wd)
    return _("还剩{n}个工作日", n=row.left_wd) if row.left_wd else _("今天到期")


def _table(rows: list[WaitingRow], today: date) -> None:
    frame = pd.DataFrame(
        {
            "light": [light_cell(r.light) for r in rows],
            "what": [r.what for r in rows],
            "project": [r.project or r.enterprise for r in rows],
            "due": [day(r.due_on, year=today.year) if r.due_on else "" for r in rows],
            "left": [_left(r) for r in rows],
        }
    )
    event = st.dataframe(
        frame,
        key="waiting",
        hide_index=True,
        height="content",
        placeholder="",
        on_select="rerun",
        selection_mode="single-cell",
        alt=_("等本部门办理的办件和节点"),
        column_config={
            "light": light_column(),
            "what": st.column_config.TextColumn(_("办件或节点"), width=300),
            "project": st.column_config.TextColumn(_("项目或企业"), width=300),
            "due": st.column_config.TextColumn(_("期限"), width=120),
            "left": st.column_config.TextColumn(_("还能等多久"), width=130),
        },
    )
    for cell in event["selection"]["cells"]:  # type: ignore[index]
        if cell[0] < len(rows):
            page, id_ = _page(rows[cell[0]])
            links.go(page, id=id_)
