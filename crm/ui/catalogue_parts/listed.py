"""The catalogue as a list: a table on a desk, cards on a phone; a row opens the item."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from crm.approvals import queries
from crm.approvals.queries import ItemFilter, ItemRow
from crm.approvals.words import days
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.catalogue_parts import said
from crm.ui.paging import PER_PAGE, page_number, pager
from crm.ui.project_parts.rows import only_desk, only_phone
from crm.ui.show import empty
from crm.ui.words import NOTHING, plain
from models.vocabulary import DayUnit


def all_items() -> None:
    with reading() as session:
        known_phases = queries.phases(session)
        departments = queries.departments(session)
    search, phase, department, doubt = st.columns([3, 2, 3, 2], vertical_alignment="bottom", wrap=True)
    text = search.text_input(_("查找"), placeholder=_("编号、名称、依据、部门"), key="items-search")
    in_phase = phase.selectbox(_("阶段"), known_phases, index=None, placeholder=_("全部"), key="items-phase")
    by = department.selectbox(
        _("主管部门"),
        list(departments),
        index=None,
        format_func=lambda i: departments[i],
        placeholder=_("全部"),
        key="items-department",
    )
    doubtful = doubt.checkbox(_("只看待核"), key="items-doubt")
    stopped = doubt.checkbox(_("含停用"), key="items-stopped")
    wanted = ItemFilter(
        search=text,
        phase=in_phase or "",
        department_id=by,
        doubtful_only=doubtful,
        active_only=not stopped,
    )
    with reading() as session:
        rows, total = queries.item_list(session, wanted, page=page_number("items"), per_page=PER_PAGE)
    if not rows:
        empty(_("没有符合条件的事项。"))
        return
    st.caption(plain(_("共{n}项", n=total)))
    with only_desk("items"):
        _table(rows, departments)
    with only_phone("items"):
        for row in rows:
            _card(row, departments)
    pager(total, key="items")


def _table(rows: list[ItemRow], departments: dict[int, str]) -> None:
    picked = st.dataframe(
        pd.DataFrame(
            [
                {
                    _("编号"): row.code,
                    _("事项"): row.name,
                    _("部门"): departments.get(row.department_id or 0, row.department),
                    _("法定"): said.limit(row.legal_limit, row.unit, row.legal_limit_text),
                    _("承诺"): said.limit(row.promised_limit, DayUnit.WORKING, row.promised_limit_text),
                    _("起算"): row.clock_start or NOTHING,
                    _("可延长"): days(row.extension_limit, row.unit) if row.extension_limit else NOTHING,
                    _("核对"): _("待核") if row.doubtful else "",
                    _("依据"): row.legal_basis or NOTHING,
                }
                for row in rows
            ]
        ),
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-cell",
        key="items-table",
        alt=_("事项目录，{n}项", n=len(rows)),
    )
    for cell in picked["selection"]["cells"]:  # type: ignore[index]
        if cell[0] < len(rows):
            links.go("item", id=rows[cell[0]].id)


def _card(row: ItemRow, departments: dict[int, str]) -> None:
    with st.container(border=True, gap="xsmall"):
        links.link(f"**{plain(row.name)}**", "item", id=row.id)
        limits = _(
            "法定{legal} · 承诺{promised}",
            legal=said.limit(row.legal_limit, row.unit, row.legal_limit_text),
            promised=said.limit(row.promised_limit, DayUnit.WORKING, row.promised_limit_text),
        )
        st.markdown(plain(limits) + (f" {said.doubt()}" if row.doubtful else ""))
        st.caption(plain(f"{row.code} · {departments.get(row.department_id or 0, row.department)}"))
