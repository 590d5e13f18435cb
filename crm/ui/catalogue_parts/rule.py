"""现行规则: the rule in force, said; a new version of it, made in a dialog; what is no rule, edited at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from crm.approvals import queries
from crm.approvals.actions import catalogue
from crm.approvals.catalogue_inputs import ChangeRule, EditItem, RuleForm
from crm.approvals.catalogue_rules import ItemRule
from crm.approvals.queries import ItemRow
from crm.approvals.queries.catalogue import VersionRow
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.errors import Conflict
from crm.core.i18n import _
from crm.ui.catalogue_parts import said
from crm.ui.project_parts.boxes import as_opened, box, close_box, forget_opened, open_box, saving
from crm.ui.show import saved, speaking
from crm.ui.words import day, plain
from models.vocabulary import DAY_UNIT_LABELS, DayUnit

TEXTS = {
    "clock_start": 60,
    "legal_limit_text": 120,
    "promised_limit_text": 120,
    "legal_basis": 200,
    "prerequisite_text": 200,
    "promise_route": 200,
    "special_steps": 200,
    "follow_up": 400,
    "certainty": 80,
}


def in_force(row: ItemRow, versions: list[VersionRow], today: date) -> None:
    """The rule as it stands today, and what is to come."""
    rule = row.rule
    for version in versions:
        if version.ahead:
            told = "；".join(
                _(
                    "{field}由{old}改为{new}",
                    field=said.field(name),
                    old=said.rule_value(name, old, rule),
                    new=said.rule_value(name, new, version.rule),
                )
                for name, (old, new) in version.changes.items()
            )
            st.info(
                plain(_("自{day}起：{told}。", day=day(version.from_on, year=today.year), told=told)),
                icon=":material/event_upcoming:",
            )
    left, right = st.columns(2, gap="large", wrap=True)
    with left:
        st.subheader(_("期限"), anchor=False)
        said.lines(
            [
                (_("法定期限"), said.limit(rule.legal_limit, rule.unit, rule.legal_limit_text)),
                (_("法定期限说明"), _more(rule.legal_limit, rule.legal_limit_text)),
                (
                    _("承诺期限"),
                    said.limit(rule.promised_limit, DayUnit.WORKING, rule.promised_limit_text),
                ),
                (_("承诺期限说明"), _more(rule.promised_limit, rule.promised_limit_text)),
                (_("从何时起算"), rule.clock_start),
                (_("补正告知"), said.rule_value("correction_limit", rule.correction_limit, rule)),
                (_("最多可延长"), said.rule_value("extension_limit", rule.extension_limit, rule)),
                (_("法律依据"), rule.legal_basis),
            ]
        )
    with right:
        st.subheader(_("办理与后续"), anchor=False)
        said.lines(
            [
                (_("前置"), rule.prerequisite_text),
                (_("告知承诺/容缺"), rule.promise_route),
                (_("特殊环节"), rule.special_steps),
                (_("有效期与后续"), rule.follow_up),
                (_("证照有效"), _("{n}个月", n=rule.valid_months) if rule.valid_months else ""),
                (
                    _("提前多久申请延续"),
                    said.rule_value("renew_before", rule.renew_before, rule),
                ),
                (_("依据可靠程度"), rule.certainty),
            ]
        )


def _more(limit: int | None, text: str) -> str:
    """What the catalogue's words say beyond the number."""
    return "" if limit is None or text == str(limit) else text


def buttons(row: ItemRow) -> None:
    """Beside the title: the one primary action, and the quiet one."""
    st.button(
        _("修改基本信息"),
        type="tertiary",
        icon=":material/edit:",
        key="edit-item",
        on_click=open_box,
        args=(f"item-{row.id}",),
    )
    st.button(
        _("发布新规则"),
        type="primary",
        icon=":material/published_with_changes:",
        key="change-rule",
        on_click=open_box,
        args=(f"rule-{row.id}",),
    )


def boxes(actor: Actor, row: ItemRow, versions: list[VersionRow], today: date) -> None:
    """The dialogs of this tab, shown when they are open."""
    box(
        f"rule-{row.id}",
        _("发布新规则：{name}", name=row.name),
        lambda: _new_version(actor, row, versions, today),
        width="large",
    )
    box(f"item-{row.id}", _("修改基本信息"), lambda: _basics(actor, row, today))


def _new_version(actor: Actor, row: ItemRow, versions: list[VersionRow], today: date) -> None:
    form = f"rule-{row.id}"
    opened: ItemRule = as_opened(form, row.rule)
    st.caption(plain(_("新规则自生效日起用于收件；此前收件的办件仍按收件当日的规则。")))
    for version in versions:
        if version.ahead:
            st.warning(
                plain(
                    _(
                        "已有自{day}起的版本；生效日写在它之前的，到那天仍换成它。",
                        day=day(version.from_on, year=today.year),
                    )
                )
            )
    with st.form(form, border=False):
        when, why = st.columns([1, 2], wrap=True)
        # No `min_value`: Streamlit keeps a date below it to itself and sends the one before.
        from_on = when.date_input(_("自哪天起生效"), None, format="YYYY-MM-DD", key=f"{form}-from")
        reason = why.text_input(
            _("变更理由和通知文号"),
            max_chars=300,
            placeholder=_("例：关于压减排水许可时限的通知（江蓬政数〔2026〕18号）"),
            key=f"{form}-reason",
        )
        typed = _inputs(opened, form)
        pressed = st.form_submit_button(_("发布"), type="primary")
    if not pressed:
        return
    labels = said.rule_labels() | {"from_on": _("自哪天起生效"), "reason": _("变更理由和通知文号")}
    with speaking(labels):
        try:
            catalogue.change_rule(
                actor,
                ChangeRule(
                    item_id=row.id,
                    opened=RuleForm.model_validate(_values(opened)),
                    typed=RuleForm.model_validate(typed),
                    from_on=from_on if isinstance(from_on, date) else None,
                    reason=reason or "",
                ),
                today=today,
            )
        except Conflict as clash:
            # What was typed stays; pressed again, it stands against what is stored now.
            stored = {c.field: c.stored for c in clash.clashes}
            st.session_state[f"_opened:{form}"] = replace(opened, **stored)
            raise
        forget_opened(form)
        close_box()
        saved(_("新规则已发布，自{day}起生效。", day=from_on))
        st.rerun()


def _values(rule: ItemRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in RuleForm.model_fields}


def _inputs(rule: ItemRule, key: str) -> dict[str, Any]:
    labels = said.rule_labels()

    def text(name: str) -> str:
        return (
            st.text_input(labels[name], getattr(rule, name), max_chars=TEXTS[name], key=f"{key}-{name}") or ""
        )

    def number(name: str, *, least: int = 0, most: int = 3650) -> int | None:
        value = st.number_input(
            labels[name],
            least,
            most,
            getattr(rule, name),
            step=1,
            placeholder=_("没有"),
            key=f"{key}-{name}",
        )
        return int(value) if value is not None else None

    def unit(name: str) -> DayUnit:
        now: DayUnit = getattr(rule, name)
        chosen = st.radio(
            labels[name],
            list(DayUnit),
            index=list(DayUnit).index(now),
            format_func=lambda u: _(DAY_UNIT_LABELS[u]),
            horizontal=True,
            key=f"{key}-{name}",
        )
        return chosen or now

    typed: dict[str, Any] = {}
    left, right = st.columns(2, gap="large", wrap=True)
    with left:
        typed["promised_limit"] = number("promised_limit")
        typed["promised_limit_text"] = text("promised_limit_text")
        typed["legal_limit"] = number("legal_limit")
        typed["unit"] = unit("unit")
        typed["legal_limit_text"] = text("legal_limit_text")
        typed["clock_start"] = text("clock_start")
        typed["legal_basis"] = text("legal_basis")
        typed["extension_limit"] = number("extension_limit") or 0
        typed["correction_limit"] = number("correction_limit", least=1, most=5) or 5
    with right:
        typed["promise_route"] = text("promise_route")
        typed["special_steps"] = text("special_steps")
        typed["prerequisite_text"] = text("prerequisite_text")
        typed["follow_up"] = text("follow_up")
        typed["valid_months"] = number("valid_months", least=1, most=1200)
        typed["renew_before"] = number("renew_before")
        typed["renew_unit"] = unit("renew_unit")
        typed["certainty"] = text("certainty")
    return typed


def _basics(actor: Actor, row: ItemRow, today: date) -> None:
    form = f"item-{row.id}"
    opened: ItemRow = as_opened(form, row)
    with reading() as session:
        departments = queries.departments(session)
    labels = {
        "name": _("事项名称"),
        "department_id": _("主管部门"),
        "department": _("部门说明"),
        "certainty": _("依据可靠程度"),
        "active": _("启用"),
    }
    st.caption(plain(_("这里的内容不是规则，保存后立即生效；期限等规则请用“发布新规则”。")))
    with st.form(form, border=False):
        name = st.text_input(labels["name"], opened.name, max_chars=120, key=f"{form}-name")
        known = list(departments)
        department = st.selectbox(
            labels["department_id"],
            known,
            index=known.index(opened.department_id) if opened.department_id in departments else None,
            format_func=lambda i: departments[i],
            placeholder=_("无"),
            key=f"{form}-department",
        )
        worded = st.text_input(
            labels["department"], opened.department, max_chars=120, key=f"{form}-department-text"
        )
        certainty = st.text_input(
            labels["certainty"],
            opened.certainty,
            max_chars=80,
            help=_("写有“待核”的条目在目录中标出；核对后请改写。"),
            key=f"{form}-certainty",
        )
        active = st.checkbox(labels["active"], opened.active, key=f"{form}-active")
        pressed = st.form_submit_button(_("保存"), type="primary")
    if not pressed:
        return
    if not (name or "").strip():
        st.error(_("事项名称不能为空。"))
        return
    with saving(form, row, labels):
        catalogue.edit_item(
            actor,
            EditItem(
                item_id=row.id,
                version=opened.version,
                opened={field: getattr(opened, field) for field in labels},
                name=name or "",
                department=worded or "",
                department_id=department,
                certainty=certainty or "",
                active=active,
            ),
            today=today,
        )
        forget_opened(form)
        close_box()
        saved(_("{name}已保存。", name=name))
        st.rerun()
