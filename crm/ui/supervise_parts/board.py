"""Departments or officers x lights and signs; every number opens the cases behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import pandas as pd
import streamlit as st

from crm.approvals.queries.supervision import OPEN_LIGHTS, Asked, Board, BoardRow, By
from crm.approvals.supervision_rules import SIGN_LABELS, Sign
from crm.briefings.letters.queries import LetterAsk, Waiting
from crm.core.i18n import _
from crm.ui import links
from crm.ui.words import plain
from models.vocabulary import Light

# A shape and a word for each light, for heads of columns, where no badge may stand.
HEAD_LABELS: dict[Light, str] = {
    Light.RED: "■ 红",
    Light.ORANGE: "◆ 橙",
    Light.YELLOW: "▲ 黄",
    Light.BLUE: "‖ 停表",
    Light.GREEN: "● 绿",
}
SHORT_LABELS: dict[Sign, str] = {
    Sign.NEW_YELLOW: "新增黄灯",
    Sign.NEW_RED: "新增红灯",
    Sign.UNTOLD: "停表未告知",
    Sign.LATE_START: "启动晚",
    Sign.NOT_OPENED: "应启未启",
    Sign.OVERLONG: "环节超期",
    Sign.SILENT: "将视为受理",
    Sign.CORRECTION_OVERDUE: "补正逾期",
    Sign.EXTENSION_UNTOLD: "延期未告知",
    Sign.UNDELIVERED: "未按期送达",
}
WAITING, OVERDUE = "letters_waiting", "letters_overdue"


def figures(board: Board) -> None:
    """Today's figures in a row of buttons, each opening its list; what is nought is left out."""
    shown = [sign for sign in Sign if board.total.signs[sign]]
    if not shown:
        return
    with st.container(horizontal=True, gap="small"):
        for sign in shown:
            links.button(
                f"{plain(_(SIGN_LABELS[sign]))} **{board.total.signs[sign]}**",
                links.to("supervision", **Asked(sign=sign).query()),
                key=f"figure-{sign.value}",
            )


def lights(board: Board, by: By) -> None:
    """The lights of every row, and their sum."""
    columns: dict[str, Any] = {each.value: _(HEAD_LABELS[each]) for each in OPEN_LIGHTS}

    def numbers(row: BoardRow) -> dict[str, int | None]:
        return {each.value: row.lights[each] or None for each in OPEN_LIGHTS} | {"open": row.open_total}

    def opens(row: BoardRow, column: str, *, whole: bool) -> None:
        asked = _of(row, by, whole=whole)
        light = Light(column) if column in columns else None
        _go(Asked(asked.department_id, asked.officer_id, light))

    _table(
        board,
        by,
        columns | {"open": _("在办")},
        numbers,
        opens,
        key="board-lights",
        alt=_("各部门在办件的红、橙、黄灯、停表和正常数量"),
    )


def signs(board: Board, by: By, letters: Mapping[int | None, Waiting]) -> None:
    """The signs of the rows that have any, and the letters that wait for an answer."""
    shown = [sign for sign in Sign if board.total.signs[sign]]
    columns: dict[str, Any] = {sign.value: _(SHORT_LABELS[sign]) for sign in shown}
    by_department = by is By.DEPARTMENT and bool(letters)
    if by_department:
        columns |= {WAITING: _("函待回复"), OVERDUE: _("函逾期")}
    if not columns:
        return

    def waiting(row: BoardRow) -> Waiting:
        if row is board.total:
            return Waiting(sum(w.waiting for w in letters.values()), sum(w.overdue for w in letters.values()))
        return letters.get(row.id or None, Waiting(0, 0))

    def numbers(row: BoardRow) -> dict[str, int | None]:
        found = {sign.value: row.signs[sign] or None for sign in shown}
        if by_department:
            found |= {WAITING: waiting(row).waiting or None, OVERDUE: waiting(row).overdue or None}
        return found

    def opens(row: BoardRow, column: str, *, whole: bool) -> None:
        asked = _of(row, by, whole=whole)
        if column in (WAITING, OVERDUE):
            ask = LetterAsk(overdue=column == OVERDUE, department_id=asked.department_id)
            links.go("letters", **ask.query())
        sign = Sign(column) if column in set(Sign) else None
        _go(Asked(asked.department_id, asked.officer_id, None, sign))

    _table(
        board, by, columns, numbers, opens, key="board-signs", alt=_("各部门特殊环节、告知和送达的问题数量")
    )


def _of(row: BoardRow, by: By, *, whole: bool) -> Asked:
    if whole:
        return Asked()
    return Asked(department_id=row.id) if by is By.DEPARTMENT else Asked(officer_id=row.id)


def _go(asked: Asked) -> NoReturn:
    links.go("supervision", **(asked.query() or {"open": "1"}))


def _table(
    board: Board, by: By, columns: dict[str, str], numbers: Any, opens: Any, *, key: str, alt: str
) -> None:
    rows = [row for row in board.rows if any(v for v in numbers(row).values())]
    nobody = _("未登记部门") if by is By.DEPARTMENT else _("没有牵头专员")
    frame = pd.DataFrame(
        [{"who": row.name or nobody} | numbers(row) for row in rows]
        + [{"who": _("合计")} | numbers(board.total)]
    ).astype(dict.fromkeys(columns, "Int64"))
    event = st.dataframe(
        frame,
        key=f"{key}-{by.value}",
        hide_index=True,
        height="content",
        placeholder="",
        on_select="rerun",
        selection_mode="single-cell",
        alt=alt,
        column_config={
            "who": st.column_config.TextColumn(
                _("部门") if by is By.DEPARTMENT else _("牵头专员"), width=190, pinned=True
            )
        }
        | {
            name: st.column_config.NumberColumn(label, width=36 + 15 * len(label))
            for name, label in columns.items()
        },
    )
    for at, column in event["selection"]["cells"]:  # type: ignore[index]
        if at <= len(rows):
            whole = at == len(rows)
            opens(board.total if whole else rows[at], column, whole=whole)
