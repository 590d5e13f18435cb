"""项目: one key project whole. `?id=` names it; `?tab=` and `?milestone=` say where one looks."""

from __future__ import annotations

import streamlit as st

from crm.core.access import Verb
from crm.core.db import reading
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.projects.queries import project_card
from crm.ui import links
from crm.ui.project_parts.header import header
from crm.ui.project_parts.life import files, visits_and_demands
from crm.ui.project_parts.money import money
from crm.ui.project_parts.overview import overview
from crm.ui.project_parts.plan import plan
from crm.ui.session import allowed, record_id, today
from crm.ui.show import empty
from crm.ui.timeline import timeline

actor = allowed(Verb.PROJECT_VIEW)
day = today()
try:
    with reading() as session:
        card = project_card(session, actor, record_id() or 0, day)
except NotFound as error:
    empty(str(error), _("回到项目清单"), links.to("projects"))
    st.stop()

header(actor, card, day)

TABS = {
    "overview": _("概况"),
    "plan": _("节点与审批"),
    "money": _("投资进度"),
    "visits": _("走访与诉求"),
    "files": _("文件"),
    "timeline": _("时间线"),
}


def turn() -> None:
    st.query_params["tab"] = next(k for k, v in TABS.items() if v == st.session_state["project-tab"])


asked = str(st.query_params.get("tab", "plan" if "milestone" in st.query_params else "overview"))
tabs = st.tabs(
    list(TABS.values()), default=TABS.get(asked, TABS["overview"]), key="project-tab", on_change=turn
)
for (name, _title), tab in zip(TABS.items(), tabs, strict=True):
    if not tab.open:
        continue
    with tab:
        match name:
            case "overview":
                overview(actor, card, day)
            case "plan":
                plan(actor, card, day)
            case "money":
                money(actor, card, day)
            case "visits":
                visits_and_demands(actor, card, day)
            case "files":
                files(actor, card)
            case "timeline":
                with reading() as session:
                    timeline(session, actor, project_id=card.id, key="project-timeline")
