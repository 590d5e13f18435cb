"""假如: an item's rule changed on paper, on the last year's cases and on the open projects. Nothing is written."""

from __future__ import annotations

import streamlit as st

from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.insight.whatif import queries
from crm.insight.whatif.rules import read
from crm.ui import links
from crm.ui.insight_parts import fore_ask, fore_cases, fore_moves
from crm.ui.session import allowed, today
from crm.ui.show import empty, head
from crm.ui.words import plain

actor = allowed(Verb.INSIGHT_VIEW)
now = today()
asked = fore_ask.asked_now()

with reading() as session:
    items = queries.items(session, actor)
    example = queries.item_by_code(session, actor, fore_ask.EXAMPLE)

right = head(_("假如"), _("改一个事项的规则，看过去一年的办件和在办项目会怎样。只测算，不写入任何数据。"))
if example is not None:
    with right:
        scenario = read({"item": str(example), **fore_ask.EXAMPLE_CHANGE})
        assert scenario is not None
        st.button(
            _("示例：排水许可"),
            icon=":material/lightbulb:",
            help=_("承诺时限10改5个工作日，材料8份改5份。"),
            on_click=fore_ask.to_url,
            args=(scenario,),
            key="whatif-example",
        )

fore_ask.choose_item(items, asked)
if asked is None:
    empty(_("选择一个事项，改它的时限、材料、承诺方式或前置节点，就能看到影响。也可以先看右上角的示例。"))
    st.stop()
assert asked is not None
try:
    with reading() as session:
        item = queries.item_now(session, actor, asked.item_id)
        before = queries.prerequisites(session, actor, item.id)
except NotFound as error:
    empty(str(error), _("重新选择"), links.to("whatif"))
    st.stop()
fore_ask.form(asked, item, before)
with reading() as session:
    said = queries.cases_say(session, actor, asked, item, now)
fore_cases.cases(said, asked, item)
if asked.changes:
    fore_moves.projects(actor, asked, item, said, now)
    st.divider()
    with st.container(horizontal=True):
        if may(actor, Verb.CATALOGUE_EDIT):
            links.button(
                _("定为新版本"),
                links.to("item", id=item.id),
                icon=":material/history_edu:",
                key="whatif-version",
            )
        if may(actor, Verb.MEASURE_EDIT):
            links.button(
                _("列为改革举措"),
                links.to("insight", key=item.id),
                icon=":material/flag:",
                key="whatif-measure",
            )
    st.caption(plain(_("测算条件都在网址里，复制网址即可发给别人。")))
else:
    st.caption(plain(_("填写要改的内容，再点“测算”。")))
