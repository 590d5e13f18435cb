"""操作日志: who did what, when, from what to what. Read only; the database itself refuses changes."""

from __future__ import annotations

import streamlit as st

from crm.core import trail
from crm.core.access import Verb, scopes
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.fields import ACTIONS, RECORDS, record_label
from crm.ui.paging import page_number, pager
from crm.ui.session import allowed
from crm.ui.show import empty, head
from crm.ui.timeline import changes_text, sentence
from crm.ui.words import moment, plain
from models.vocabulary import Scope

PER_PAGE = 50
actor = allowed(Verb.AUDIT_VIEW)


def of_what(row: trail.TrailRow) -> str:
    """节点 施工许可证; by number when the record has no name or is gone."""
    name = names.get((row.record, row.record_id or 0)) or row.record_id or ""
    return f"{record_label(row.record)} {name}".strip()


head(_("操作日志"), _("每一次改动都在这里，不能修改或删除"))

with reading() as session:
    seen = trail.actions_seen(session, actor)

one, two, three, four = st.columns(4, wrap=True)
search = one.text_input(_("搜索"), placeholder=_("姓名、操作或理由"), bind="query-params", key="q")
record = two.selectbox(
    _("对象"),
    list(RECORDS),
    index=None,
    format_func=record_label,
    placeholder=_("全部"),
    bind="query-params",
    key="record",
)
action = three.selectbox(
    _("操作"),
    seen,
    index=None,
    format_func=lambda code: _(ACTIONS[code]) if code in ACTIONS else code,
    placeholder=_("全部"),
)
days = four.date_input(_("日期"), value=(), format="YYYY-MM-DD")
from_on, to_on = (*days, None, None)[:2] if isinstance(days, tuple) else (days, days)

with reading() as session:
    rows, total = trail.trail(
        session,
        actor,
        record=record,
        action=action,
        search=search,
        from_on=from_on,
        to_on=to_on or from_on,
        page=page_number("audit-page"),
        per_page=PER_PAGE,
    )
    names = trail.names_in(session, rows)

if not rows:
    empty(_("没有符合条件的记录。"))
else:
    phones = Scope.ALL in scopes(actor, Verb.PHONE_SEE)
    st.dataframe(
        [
            {
                _("时间"): moment(row.at),
                _("谁"): row.user_name,
                _("做了什么"): sentence(row),
                _("对象"): of_what(row),
                _("改动"): changes_text(row, names, phones=phones),
                _("理由"): row.reason,
            }
            for row in rows
        ],
        hide_index=True,
        height="content",
        column_config={
            _("时间"): st.column_config.TextColumn(width="small"),
            _("改动"): st.column_config.TextColumn(width="large"),
        },
    )
    st.caption(plain(_("共{n}条", n=total)))
    pager(total, key="audit-page", per_page=PER_PAGE)
