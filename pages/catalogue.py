"""事项目录: limits, units, where the clock starts, and the law behind each; edited here (`?id=`)."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from crm.approvals import actions, queries
from crm.approvals.catalogue_inputs import EditItem
from crm.approvals.queries import ItemFilter, ItemRow
from crm.approvals.words import days
from crm.core.access import Verb
from crm.core.db import reading
from crm.core.errors import Conflict
from crm.core.i18n import _
from crm.ui import conflict, links
from crm.ui.forms import nonce, renew
from crm.ui.paging import PER_PAGE, page_number, pager
from crm.ui.project_parts import plan_templates
from crm.ui.session import allowed, record_id, today
from crm.ui.show import empty, head, saved, speaking
from crm.ui.timeline import timeline
from crm.ui.words import NOTHING, plain
from models.vocabulary import DAY_UNIT_LABELS, DayUnit

actor = allowed(Verb.CATALOGUE_EDIT)
LABELS = {
    "name": _("事项名称"),
    "department_id": _("主管部门"),
    "legal_limit": _("法定期限"),
    "legal_limit_text": _("法定期限说明"),
    "unit": _("法定期限单位"),
    "promised_limit": _("承诺期限（工作日）"),
    "promised_limit_text": _("承诺期限说明"),
    "extension_limit": _("最多可延长"),
    "clock_start": _("从何时起算"),
    "legal_basis": _("法律依据"),
    "promise_route": _("告知承诺/容缺"),
    "special_steps": _("特殊环节"),
    "follow_up": _("有效期与后续"),
    "valid_months": _("证照有效（月）"),
    "renew_before": _("提前多久申请延续"),
    "renew_unit": _("提前期的单位"),
    "certainty": _("依据可靠程度"),
    "active": _("启用"),
}
TEXTS = {
    "name": 120,
    "clock_start": 60,
    "legal_limit_text": 120,
    "promised_limit_text": 120,
    "legal_basis": 200,
    "promise_route": 200,
    "special_steps": 200,
    "follow_up": 400,
    "certainty": 80,
}
FIELDS = tuple(name for name in EditItem.model_fields if name not in ("item_id", "version", "opened"))

with reading() as session:
    department_names = queries.departments(session)


def department_name(_field: str, key: int) -> str:
    return department_names.get(key, "")


def all_items() -> None:
    with reading() as session:
        known_phases = queries.phases(session)
    search, phase, department, doubt = st.columns([3, 2, 3, 2], vertical_alignment="bottom", wrap=True)
    text = search.text_input(_("查找"), placeholder=_("编号、名称、依据、部门"), key="items-search")
    in_phase = phase.selectbox(_("阶段"), known_phases, index=None, placeholder=_("全部"), key="items-phase")
    by = department.selectbox(
        LABELS["department_id"],
        list(department_names),
        index=None,
        format_func=lambda i: department_names[i],
        placeholder=_("全部"),
        key="items-department",
    )
    doubtful = doubt.checkbox(_("只看待核"), key="items-doubt")
    stopped = doubt.checkbox(_("含停用"), key="items-stopped")
    with reading() as session:
        rows, total = queries.item_list(
            session,
            ItemFilter(
                search=text,
                phase=in_phase or "",
                department_id=by,
                doubtful_only=doubtful,
                active_only=not stopped,
            ),
            page=page_number("items"),
            per_page=PER_PAGE,
        )
    if not rows:
        empty(_("没有符合条件的事项。"))
        return
    st.caption(plain(_("共{n}项", n=total)))
    picked = st.dataframe(
        pd.DataFrame([line(r) for r in rows]),
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        key="items-table",
    )
    pager(total, key="items")
    if picked.selection.rows:
        links.go("catalogue", id=rows[picked.selection.rows[0]].id)


def line(row: ItemRow) -> dict[str, str]:
    return {
        _("编号"): row.code,
        _("事项"): row.name,
        _("部门"): department_names.get(row.department_id or 0, row.department),
        _("法定"): limit_text(row.legal_limit, row.unit, row.legal_limit_text),
        _("承诺"): limit_text(row.promised_limit, DayUnit.WORKING, row.promised_limit_text),
        _("起算"): row.clock_start or NOTHING,
        _("可延长"): days(row.extension_limit, row.unit) if row.extension_limit else NOTHING,
        _("核对"): _("待核") if row.doubtful else "",
        _("依据"): row.legal_basis or NOTHING,
    }


def limit_text(limit: int | None, unit: DayUnit, text: str) -> str:
    if limit is None:
        return text or NOTHING
    return _("即办") if limit == 0 else days(limit, unit)


def one_item(item_id: int) -> None:
    links.link(_("全部事项"), "catalogue", icon=":material/arrow_back:")
    with speaking():
        with reading() as session:
            row = queries.find_item(session, item_id)
        head(row.name, f"{row.code} · {row.kind} · {row.department}")
        if row.doubtful:
            st.warning(_("待核：本条有尚未确认的内容，核对后请修改“依据可靠程度”。"), icon=":material/rule:")
        if row.prerequisite_text:
            st.caption(plain(_("前置：{text}", text=row.prerequisite_text)))
        edit(row)
        st.subheader(_("修改记录"), anchor=False)
        with reading() as session:
            timeline(session, actor, record="item", record_id=row.id, key=f"item-{row.id}")


def edit(row: ItemRow) -> None:
    form = f"item-{row.id}"
    slot = f"_opened:{form}:{nonce(form)}"
    opened: ItemRow = st.session_state.setdefault(slot, row)
    before = {name: getattr(opened, name) for name in FIELDS}

    def save(typed: dict[str, Any], base: dict[str, Any], version: int) -> None:
        with speaking(LABELS):
            try:
                actions.edit_item(
                    actor,
                    EditItem.model_validate({"item_id": row.id, "version": version, "opened": base} | typed),
                    today=today(),
                )
            except Conflict as clash:
                conflict.remember(form, clash)
                st.session_state[f"_typed:{form}"] = typed
                st.rerun()
            conflict.forget(form)
            st.session_state.pop(slot, None)
            renew(form)
            saved(_("{name}已保存；在办件仍按登记时的期限。", name=typed["name"]))
            st.rerun()

    waiting = conflict.pending(form)
    if waiting is not None:
        chosen = conflict.resolve(waiting, LABELS, record="item", key=form, names=department_name)
        if chosen is not None:
            save(
                st.session_state[f"_typed:{form}"] | chosen,
                before | {c.field: c.stored for c in waiting.clashes},
                waiting.stored_version,
            )
    with st.form(f"{form}-{nonce(form)}"):
        typed = inputs(opened, f"{form}-{nonce(form)}")
        if st.form_submit_button(_("保存"), type="primary"):
            if typed["name"].strip():
                save(typed, before, opened.version)
            else:
                st.error(_("事项名称不能为空。"))


def inputs(row: ItemRow, key: str) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    left, right = st.columns(2, gap="large", wrap=True)
    with left:
        typed["name"] = text("name", row, key)
        known = list(department_names)
        typed["department_id"] = st.selectbox(
            LABELS["department_id"],
            known,
            index=known.index(row.department_id) if row.department_id in department_names else None,
            format_func=lambda i: department_names[i],
            placeholder=_("无"),
            key=f"{key}-department",
        )
        typed["legal_limit"] = number("legal_limit", row.legal_limit, key)
        typed["unit"] = unit("unit", row.unit, key)
        typed["legal_limit_text"] = text("legal_limit_text", row, key)
        typed["clock_start"] = text("clock_start", row, key)
        typed["legal_basis"] = text("legal_basis", row, key)
        typed["extension_limit"] = number("extension_limit", row.extension_limit, key) or 0
    with right:
        typed["promised_limit"] = number("promised_limit", row.promised_limit, key)
        typed["promised_limit_text"] = text("promised_limit_text", row, key)
        typed["special_steps"] = text("special_steps", row, key)
        typed["promise_route"] = text("promise_route", row, key)
        typed["valid_months"] = number("valid_months", row.valid_months, key, least=1)
        typed["renew_before"] = number("renew_before", row.renew_before, key)
        typed["renew_unit"] = unit("renew_unit", row.renew_unit, key)
        typed["follow_up"] = text("follow_up", row, key)
        typed["certainty"] = text("certainty", row, key)
        typed["active"] = st.checkbox(LABELS["active"], row.active, key=f"{key}-active")
    return typed


def text(name: str, row: ItemRow, key: str) -> str:
    return st.text_input(LABELS[name], getattr(row, name), max_chars=TEXTS[name], key=f"{key}-{name}")


def number(name: str, value: int | None, key: str, *, least: int = 0) -> int | None:
    typed = st.number_input(
        LABELS[name],
        least,
        3650 if least == 0 else 1200,
        value,
        step=1,
        placeholder=_("没有"),
        key=f"{key}-{name}",
    )
    return int(typed) if typed is not None else None


def unit(name: str, value: DayUnit, key: str) -> DayUnit:
    return st.radio(
        LABELS[name],
        list(DayUnit),
        index=list(DayUnit).index(value),
        format_func=lambda u: _(DAY_UNIT_LABELS[u]),
        horizontal=True,
        key=f"{key}-{name}",
    )


chosen_item, chosen_step = record_id(), record_id("step")
if chosen_item is not None:
    one_item(chosen_item)
elif chosen_step is not None:
    plan_templates.one_step(actor, chosen_step)
else:
    head(_("事项目录"), _("法律写“日”的是自然日，写“工作日”的才按工作日；标“待核”的条目请核对后修改。"))
    items_tab, templates_tab = _("事项"), _("计划模板")
    asked = st.query_params.get("template")
    items, templates = st.tabs(
        [items_tab, templates_tab], default=templates_tab if asked else items_tab, key="catalogue-tabs"
    )
    with items:
        all_items()
    with templates:
        plan_templates.all_steps(str(asked or ""))
