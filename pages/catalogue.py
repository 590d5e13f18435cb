"""事项目录: limits, units, where the clock starts, and the law behind each; the plan templates made from it."""

from __future__ import annotations

import streamlit as st

from crm.core.access import Verb
from crm.core.i18n import _
from crm.ui.catalogue_parts import listed
from crm.ui.project_parts import plan_templates
from crm.ui.session import allowed, record_id
from crm.ui.show import head

actor = allowed(Verb.CATALOGUE_EDIT)

chosen_step = record_id("step")
if chosen_step is not None:
    plan_templates.one_step(actor, chosen_step)
else:
    head(_("事项目录"), _("法律写“日”的是自然日，写“工作日”的才按工作日；标“待核”的条目请核对后修改。"))
    items_tab, templates_tab = _("事项"), _("计划模板")
    asked = st.query_params.get("template")
    items, templates = st.tabs(
        [items_tab, templates_tab], default=templates_tab if asked else items_tab, key="catalogue-tabs"
    )
    with items:
        listed.all_items()
    with templates:
        plan_templates.all_steps(str(asked or ""))
