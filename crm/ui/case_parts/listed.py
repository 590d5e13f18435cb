"""The cases in the reader's reach: a table on a desk, cards on a phone; ours and the hall's alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd
import streamlit as st

from crm.approvals import queries
from crm.approvals.queries import COUNTED, CaseFilter, CaseRow
from crm.approvals.words import days, light_word
from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.i18n import _, language
from crm.ui import links
from crm.ui.case_parts.asked import filter_bar
from crm.ui.case_parts.desk import Desk
from crm.ui.case_parts.shown import badge
from crm.ui.project_parts import asking
from crm.ui.project_parts.rows import CELL_SHAPES, only_desk, only_phone
from crm.ui.show import LIGHT_SHAPES, empty, head
from crm.ui.words import NOTHING, day, plain
from models.vocabulary import CASE_STATE_LABELS, LIGHT_LABELS, CaseSource, DayUnit, Light

PER_PAGE = 25


def all_cases(desk: Desk) -> None:
    right = head(_("办件"))
    if may(desk.actor, Verb.CASE_EDIT):
        with right:
            links.button(_("收件登记"), links.to("case", new=1), type="primary")

    def counts(asked: CaseFilter) -> Mapping[str, int]:
        with reading() as session:
            return queries.case_lights(session, desk.actor, desk.today, asked)

    asked = filter_bar(desk, counts=counts)
    with reading() as session:
        found = queries.case_list(
            session, desk.actor, desk.today, asked, page=asking.page_asked(), per_page=PER_PAGE
        )
    if not found.rows:
        empty(_("没有符合条件的办件。换个说法搜索，或清除筛选。"))
        return
    said = _("共{n}件", n=f"{found.total:,}")
    if found.more:
        said = _("超过{n}件，只列前{n}件，请再缩小范围", n=f"{COUNTED:,}")
    st.caption(said)
    with only_desk("case-list"):
        _table(desk, found.rows)
    with only_phone("case-list"):
        for row in found.rows:
            _card(desk, row)
    asking.pages(min(found.total, COUNTED), PER_PAGE, counted=False)


def who(row: CaseRow) -> str:
    """Whose case: the project, else the enterprise, else the applicant as the hall wrote it."""
    named = row.project or row.enterprise or row.applicant
    return named or (_("个人") if row.source is CaseSource.HALL else NOTHING)


def time_said(row: CaseRow) -> str:
    """还剩2个工作日 / 逾期3个工作日 / 用时4个工作日，超期."""
    if row.decided_on is not None:
        if row.running_wd is None:
            return NOTHING
        used = _("用时{n}", n=days(row.running_wd, DayUnit.WORKING))
        return _("{used}，超期", used=used) if row.late else used
    clocks = row.clocks
    watched = clocks.legal if clocks.past_legal else clocks.committed
    if watched is None:
        return _("未起算") if row.accepted_on is None else NOTHING
    if clocks.light is Light.RED:
        late = -watched.left
        return _("逾期{n}", n=days(late, watched.unit)) if late > 0 else _("期限已过")
    return _("还剩{n}", n=days(watched.left, watched.unit)) if watched.left else _("今天到期")


def _table(desk: Desk, rows: Sequence[CaseRow]) -> None:
    year = desk.today.year
    frame = pd.DataFrame(
        {
            "light": [[_light_cell(r.light, light_word(r.clocks))] for r in rows],
            "time": [time_said(r) for r in rows],
            "item": [r.item for r in rows],
            "who": [who(r) for r in rows],
            "department": [r.department or NOTHING for r in rows],
            "received": [_short(r.received_on, year) for r in rows],
            "due": [_due(r, year) for r in rows],
            "state": [_(CASE_STATE_LABELS[r.state]) for r in rows],
            "number": [r.case_no for r in rows],
        }
    )
    event = st.dataframe(
        frame,
        key="cases-table",
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-cell",
        placeholder="",
        alt=_("办件清单，{n}件", n=len(rows)),
        column_config={
            "light": _light_column(),
            "time": st.column_config.TextColumn(_("时限"), width=140),
            "item": st.column_config.TextColumn(_("事项"), width=180),
            "who": st.column_config.TextColumn(_("项目 / 申请单位"), width=180),
            "department": st.column_config.TextColumn(_("部门"), width=90),
            "received": st.column_config.TextColumn(_("收件"), width=95),
            "due": st.column_config.TextColumn(_("到期 / 办结"), width=135),
            "state": st.column_config.TextColumn(_("状态"), width=85),
            "number": st.column_config.TextColumn(_("编号"), width=190),
        },
    )
    for cell in event["selection"]["cells"]:  # type: ignore[index]
        if cell[0] < len(rows):
            links.go("case", id=rows[cell[0]].id)


def _light_cell(light: Light, word: str) -> str:
    return f"{CELL_SHAPES[light]} {word}"


def _light_column() -> object:
    """The six lights, and the orange that is no due date (`light_word`)."""
    lights = [(light, _(LIGHT_LABELS[light])) for light in Light] + [(Light.ORANGE, _("停表未告知"))]
    return st.column_config.MultiselectColumn(
        _("灯"),
        options=[_light_cell(*each) for each in lights],
        color=[LIGHT_SHAPES[light][1] for light, _word in lights],  # type: ignore[arg-type]
        width=112,
    )


def _card(desk: Desk, row: CaseRow) -> None:
    year = desk.today.year
    with st.container(border=True, gap="xsmall"):
        links.link(f"**{plain(row.item)}**", "case", id=row.id)
        st.markdown(f"{badge(row.clocks)} {plain(time_said(row))}")
        parts = (who(row), row.department, _due(row, year), _(CASE_STATE_LABELS[row.state]))
        st.caption(plain(" · ".join(part for part in parts if part and part != NOTHING)))
        st.caption(plain(row.case_no))


def _due(row: CaseRow, year: int) -> str:
    """3月5日办结, else the day it is due."""
    if row.decided_on is not None:
        return _("{day}办结", day=_short(row.decided_on, year))
    clocks = row.clocks
    watched = clocks.legal if clocks.past_legal else clocks.committed
    return _("{day}到期", day=_short(watched.due_on, year)) if watched is not None else NOTHING


def _short(value: date, year: int) -> str:
    """3月5日, with its year when that is not this one: a column of dates needs no weekday."""
    return day(value, year=year).split(" ")[0] if language() != "en" else value.isoformat()
