"""督办的一页: where does it stick, and who holds the ball?"""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from crm.alerts.queries.lists import (
    AlertFilter,
    DepartmentLights,
    count_alerts,
    department_lights,
    list_alerts,
)
from crm.approvals.queries import supervision
from crm.approvals.supervision_rules import SIGN_LABELS, Sign
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.home_parts import alert_lines
from crm.ui.home_parts.common import greeting
from crm.ui.show import empty, head
from crm.ui.words import plain
from models.vocabulary import AlertKind, Light

LINES = 8
# What of the board of lights the first screen tells.
TODAY = (Sign.NEW_YELLOW, Sign.NEW_RED, Sign.UNTOLD, Sign.LATE_START, Sign.NOT_OPENED, Sign.OVERLONG)


def show(actor: Actor, today: date) -> None:
    new_asked = AlertFilter(raised_on=today)
    pressing = AlertFilter(pressing=True)
    with reading() as session:
        counts = count_alerts(session, actor)
        board = department_lights(session, actor)
        fresh = count_alerts(session, actor, new_asked)
        worst = list_alerts(session, actor, pressing, per_page=LINES)
        cases = supervision.board(session, actor, today).total

    red = counts.by_light[Light.RED]
    right = head(
        _("{hello}，现在有{n}件红灯", hello=greeting(), n=red),
        _("卡在哪里，球在谁手里？"),
    )
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        alert_lines.scan_button(actor, today)
    _to_the_board(cases)
    if not counts.total:
        empty(_("目前没有预警。每天07:30自动扫描，也可以点“立即扫描”。"))
        return

    st.markdown(
        " ".join(
            (
                _figure(_("今天新增黄灯"), fresh.by_light[Light.YELLOW], new_asked.but(light=Light.YELLOW)),
                _figure(_("今天新增红灯"), fresh.by_light[Light.RED], new_asked.but(light=Light.RED)),
                _figure(
                    _("无在岗专员"),
                    counts.by_kind[AlertKind.NO_OFFICER],
                    AlertFilter(kind=AlertKind.NO_OFFICER),
                ),
                _figure(
                    _("月报未报"),
                    counts.by_kind[AlertKind.PROGRESS_MISSING],
                    AlertFilter(kind=AlertKind.PROGRESS_MISSING),
                ),
                _figure(
                    _("久未联系"),
                    counts.by_kind[AlertKind.NO_CONTACT],
                    AlertFilter(kind=AlertKind.NO_CONTACT),
                ),
            )
        )
    )
    left, side = st.columns([3, 7], gap="medium")
    with left:
        st.subheader(_("部门亮灯"), anchor=False)
        _board(board)
    with side:
        st.subheader(_("待处理 {n}", n=worst.total), anchor=False)
        if worst.rows:
            alert_lines.lines(worst.rows, actor, today, key="worst")
            if worst.total > len(worst.rows):
                links.link(_("全部{n}件", n=worst.total), "alerts", **pressing.query())
        else:
            empty(_("红灯和今天到期的都有人认领了。"))


def _to_the_board(cases: supervision.BoardRow) -> None:
    """One line of the board of lights: all open cases, with the way to it."""
    shown = [f"{_(SIGN_LABELS[sign])}{cases.signs[sign]}" for sign in TODAY if cases.signs[sign]]
    line = _("督办台：在办{n}件，红灯{red}件", n=cases.open_total, red=cases.lights[Light.RED])
    links.link(plain("，".join([line, *shown])), "supervision", icon=":material/traffic:")


def _figure(label: str, n: int, asked: AlertFilter) -> str:
    """A labelled number that opens its list."""
    return f"{plain(label)} [**{n}**]({links.to('alerts', **asked.query())})&emsp;"


_COLUMNS = {"red": Light.RED, "orange": Light.ORANGE, "yellow": Light.YELLOW}


def _board(board: list[DepartmentLights]) -> None:
    """Departments x lights; a click on a cell opens its list, on the name the department's."""
    frame = pd.DataFrame(
        {
            "department": [d.department or _("专员或企业") for d in board],
            "red": [d.red or None for d in board],
            "orange": [d.orange or None for d in board],
            "yellow": [d.yellow or None for d in board],
        }
    ).astype({"red": "Int64", "orange": "Int64", "yellow": "Int64"})
    event = st.dataframe(
        frame,
        key="board-of-lights",
        hide_index=True,
        height="content",
        placeholder="",
        on_select="rerun",
        selection_mode="single-cell",
        alt=_("各部门的黄灯、今天到期和红灯数量"),
        column_config={
            "department": st.column_config.TextColumn(_("等谁"), width=110),
            "red": st.column_config.NumberColumn(_("■ 红"), width=56),
            "orange": st.column_config.NumberColumn(_("◆ 今天"), width=56),
            "yellow": st.column_config.NumberColumn(_("▲ 黄"), width=56),
        },
    )
    for row, column in event["selection"]["cells"]:  # type: ignore[index]
        if row < len(board):
            asked = AlertFilter(department_id=board[row].department_id, light=_COLUMNS.get(column))
            links.go("alerts", **asked.query())
    st.caption(plain(_("点数字看清单。")))
