"""The project's own fields as a form: for a new project and for editing, with a conflict shown field by field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import streamlit as st

from crm.core.access import Actor
from crm.core.errors import Conflict
from crm.core.i18n import _
from crm.projects.actions.register import edit_project
from crm.projects.inputs import PROJECT_LABELS, EditProject, ProjectFields
from crm.projects.queries import Choices, ProjectCard
from crm.ui import conflict
from crm.ui.forms import nonce, renew
from crm.ui.show import saved, speaking
from models.vocabulary import (
    CATEGORY_LABELS,
    LEVEL_LABELS,
    PARTY_LABELS,
    PLAN_CLASS_LABELS,
    PROJECT_TYPE_LABELS,
    Category,
    DatePrecision,
    Level,
    Party,
    PlanClass,
    ProjectType,
)

PRECISION_LABELS: dict[DatePrecision, str] = {
    DatePrecision.DAY: "到日",
    DatePrecision.MONTH: "到月",
    DatePrecision.YEAR: "到年",
}


def labels() -> dict[str, str]:
    """Input name -> what people call it, in the user's language."""
    return {name: _(text) for name, text in PROJECT_LABELS.items()}


def amount(label: str, value: Decimal | None, key: str, *, help: str | None = None) -> str:
    """A number typed as text, so that nothing is rounded on the way; commas are dropped."""
    shown = "" if value is None else f"{value.normalize():f}"
    typed = st.text_input(label, shown, key=key, help=help, max_chars=24)
    return str(typed or "").replace(",", "").replace("，", "").strip()


def _select(label: str, key: str, words: Mapping[Any, str], value: Any, *, required: bool = False) -> Any:
    options = list(words)
    if value is not None and value not in words:
        options.insert(0, value)  # not offered any more, but not to be lost by saving the form
    return st.selectbox(
        label,
        options,
        index=options.index(value) if value is not None else (0 if required else None),
        format_func=lambda each: _(words[each]) if each in words else str(each),
        placeholder=_("未填"),
        key=key,
    )


def fields(key: str, now: Mapping[str, Any], offered: Choices, firms: Mapping[int, str]) -> dict[str, Any]:
    """All inputs of `ProjectFields`, filled from `now`. Returns what is typed, unchecked."""
    say = labels()
    typed: dict[str, Any] = {}

    def words(name: str, limit: int, *, area: bool = False) -> None:
        box = st.text_area if area else st.text_input
        typed[name] = box(say[name], now.get(name) or "", max_chars=limit, key=f"{key}-{name}") or ""

    def day_input(name: str) -> None:
        typed[name] = st.date_input(
            say[name],
            now.get(name),
            key=f"{key}-{name}",
            format="YYYY-MM-DD",
            min_value=date(2000, 1, 1),
            max_value=date(2100, 12, 31),
        )

    def number(name: str) -> None:
        typed[name] = amount(say[name], now.get(name), f"{key}-{name}") or None

    words("name", 200)
    left, right = st.columns(2, wrap=True)
    with left:
        typed["enterprise_id"] = _select(
            say["enterprise_id"], f"{key}-enterprise_id", firms, now.get("enterprise_id")
        )
        typed["town_id"] = _select(say["town_id"], f"{key}-town_id", dict(offered.towns), now.get("town_id"))
        typed["level"] = _select(
            say["level"], f"{key}-level", {v: LEVEL_LABELS[v] for v in Level}, now.get("level")
        )
        typed["category"] = _select(
            say["category"], f"{key}-category", {v: CATEGORY_LABELS[v] for v in Category}, now.get("category")
        )
        typed["project_type"] = _select(
            say["project_type"],
            f"{key}-project_type",
            {v: PROJECT_TYPE_LABELS[v] for v in ProjectType},
            now.get("project_type"),
            required=True,
        )
        typed["plan_class"] = _select(
            say["plan_class"],
            f"{key}-plan_class",
            {v: PLAN_CLASS_LABELS[v] for v in PlanClass},
            now.get("plan_class"),
        )
        words("project_code", 30)
        words("industry", 80)
    with right:
        number("total_wan")
        number("land_mu")
        number("building_sqm")
        typed["land_by_auction"] = st.checkbox(
            say["land_by_auction"], bool(now.get("land_by_auction", True)), key=f"{key}-land_by_auction"
        )
        words("site", 200)
        words("lead_unit", 80)
        words("leader", 60)
        typed["ball"] = _select(
            say["ball"],
            f"{key}-ball",
            {v: PARTY_LABELS[v] for v in Party},
            Party(now["ball"]) if now.get("ball") else None,
        )
        words("ball_note", 200)
    words("capacity", 1000, area=True)
    st.markdown(f"**{_('计划与实际日期')}**")
    for name, precision in (("start_on", "start_precision"), ("finish_on", "finish_precision")):
        one, two = st.columns([2, 1], wrap=True)
        with one:
            day_input(name)
        with two:
            typed[precision] = _select(
                say[precision],
                f"{key}-{precision}",
                PRECISION_LABELS,
                now.get(precision) or DatePrecision.DAY,
                required=True,
            )
    columns = st.columns(4, wrap=True)
    for column, name in zip(
        columns, ("production_on", "started_on", "finished_on", "produced_on"), strict=True
    ):
        with column:
            day_input(name)
    words("remark", 2000, area=True)
    return typed


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values.get(name) for name in ProjectFields.model_fields}


def edit(actor: Actor, card: ProjectCard, offered: Choices, firms: Mapping[int, str], today: date) -> None:
    """The edit form. What was typed stays until it is saved, also when somebody saved first."""
    form = f"project-{card.id}"
    slot = f"_opened:{form}:{nonce(form)}"
    # As it was opened, not as it stands: what somebody else saves meanwhile must be noticed.
    opened: tuple[dict[str, Any], int] = st.session_state.setdefault(
        slot, (_known(card.fields), card.version)
    )
    before, version = opened

    def save(typed: dict[str, Any], base: dict[str, Any], base_version: int) -> None:
        with speaking(labels()):
            try:
                edit_project(
                    actor,
                    EditProject(
                        project_id=card.id,
                        version=base_version,
                        opened=ProjectFields.model_construct(**_parties(base)),
                        typed=ProjectFields(**typed),
                    ),
                    today=today,
                )
            except Conflict as clash:
                conflict.remember(form, clash)
                st.session_state[f"_typed:{form}"] = typed
                st.rerun()
            conflict.forget(form)
            st.session_state.pop(slot, None)
            renew(form)
            st.session_state.pop(f"_editing:{card.id}", None)
            saved(_("项目信息已保存。"), project_id=card.id)
            st.rerun()

    waiting = conflict.pending(form)
    if waiting is not None:
        names = dict(offered.towns)

        def named(field: str, key: int) -> str:
            return {"town_id": names, "enterprise_id": dict(firms)}.get(field, {}).get(key, "")

        chosen = conflict.resolve(waiting, labels(), record="project", key=form, names=named)
        if chosen is not None:
            # Fields only the other changed keep his value: the base stays what this form was opened with.
            base = before | {c.field: c.stored for c in waiting.clashes}
            save(dict(st.session_state[f"_typed:{form}"]) | chosen, base, version)
    with st.form(f"{form}-{nonce(form)}", border=False):
        typed = fields(f"{form}-{nonce(form)}", before, offered, firms)
        with st.container(horizontal=True):
            pressed = st.form_submit_button(_("保存"), type="primary")
            dropped = st.form_submit_button(_("放弃修改"), type="tertiary")
    if pressed:
        save(typed, before, version)
    if dropped:
        conflict.forget(form)
        st.session_state.pop(slot, None)
        renew(form)
        st.session_state.pop(f"_editing:{card.id}", None)
        st.rerun()


def _parties(values: Mapping[str, Any]) -> dict[str, Any]:
    """The record keeps the hand-set party as a word or ""; the form as a Party or nothing."""
    return dict(values) | {"ball": Party(values["ball"]) if values.get("ball") else None}
