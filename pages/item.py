"""One item of the catalogue (`?id=`): its rule in force, its documents, its special procedures, its history."""

from __future__ import annotations

import streamlit as st

from crm.approvals import queries
from crm.approvals.queries.catalogue import documents, versions
from crm.approvals.queries.registry import entries_of_item
from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.catalogue_parts import entries, history, papers, rule, said
from crm.ui.session import allowed, record_id, today
from crm.ui.show import empty, head, speaking
from crm.ui.words import plain

actor = allowed(Verb.PROJECT_VIEW)
day = today()
may_edit = may(actor, Verb.CATALOGUE_EDIT)


def one_item(item_id: int) -> None:
    with reading() as session:
        row = queries.find_item(session, item_id)
        kept = versions(session, item_id, day)
        asked = documents(session, item_id, day)
        steps = entries_of_item(session, item_id)
    if may_edit:
        links.link(_("全部事项"), "catalogue", icon=":material/arrow_back:")
    right = head(row.name, " · ".join(part for part in (row.code, row.kind, row.department) if part))
    if may_edit:
        with right:
            rule.buttons(row)
    if row.doubtful:
        fields = said.rule_labels() | {"department": _("部门说明")}
        told = "、".join(fields[name] for name in row.doubts)
        st.warning(
            plain(_("待核：{fields}中有尚未确认的内容，核对后请改写。", fields=told)), icon=":material/rule:"
        )
    names = [_("现行规则"), _("材料"), _("特殊环节"), _("改动记录")]
    wanted = {"papers": names[1], "steps": names[2], "history": names[3]}
    start = wanted.get(str(st.query_params.get("tab", "")), names[0])
    one, two, three, four = st.tabs(names, default=start, key=f"item-tabs-{item_id}")
    with one:
        rule.in_force(row, kept, day)
    with two:
        papers.shown(row, asked, day, may_edit=may_edit)
    with three:
        entries.shown(row, steps, may_edit=may_edit, figures=may(actor, Verb.INSIGHT_VIEW))
    with four:
        history.shown(kept, day, may_edit=may_edit)
        if may(actor, Verb.AUDIT_VIEW) or may_edit:
            st.subheader(_("逐项修改"), anchor=False)
            history.lines(actor, row.id, [d.id for d in asked], [e.id for e in steps])
    if may_edit:
        rule.boxes(actor, row, kept, day)
        papers.boxes(actor, row, asked, day)
        entries.boxes(actor, row, steps)
        history.boxes(actor, kept, day)


chosen = record_id()
if chosen is None:
    empty(plain(_("请从事项目录或登记簿打开一个事项。")))
else:
    with speaking():
        one_item(chosen)
