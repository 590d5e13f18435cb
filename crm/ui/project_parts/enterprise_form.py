"""An enterprise's own fields and the people one reaches there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from crm.core.access import Actor
from crm.core.errors import Conflict
from crm.core.i18n import _
from crm.projects.actions.register import add_contact, edit_enterprise, retire_contact
from crm.projects.inputs import (
    CONTACT_LABELS,
    ENTERPRISE_LABELS,
    ContactForm,
    EditEnterprise,
    EnterpriseFields,
)
from crm.projects.queries import Choices, ContactLine, EnterpriseCard
from crm.ui import conflict
from crm.ui.forms import nonce, renew
from crm.ui.show import saved, speaking
from crm.ui.words import plain


def labels() -> dict[str, str]:
    """Input name -> what people call it, in the user's language."""
    return {name: _(text) for name, text in ENTERPRISE_LABELS.items()}


def fields(key: str, now: Mapping[str, Any], offered: Choices) -> dict[str, Any]:
    """All inputs of `EnterpriseFields`, filled from `now`. Returns what is typed, unchecked."""
    say = labels()
    towns = dict(offered.towns)
    ids = list(towns)

    def words(name: str, limit: int) -> str:
        return st.text_input(say[name], now.get(name) or "", max_chars=limit, key=f"{key}-{name}") or ""

    return {
        "name": words("name", 200),
        "credit_code": words("credit_code", 30) or None,
        "town_id": st.selectbox(
            say["town_id"],
            ids,
            index=ids.index(now["town_id"]) if now.get("town_id") in towns else None,
            format_func=lambda i: towns[i],
            placeholder=_("未填"),
            key=f"{key}-town_id",
        ),
        "address": words("address", 200),
        "industry": words("industry", 80),
    }


def edit(actor: Actor, card: EnterpriseCard, offered: Choices) -> None:
    """The edit form; what was typed stays until it is saved, also when somebody saved first."""
    form = f"enterprise-{card.id}"
    slot = f"_opened:{form}:{nonce(form)}"
    before, version = st.session_state.setdefault(
        slot, ({name: card.fields.get(name) for name in EnterpriseFields.model_fields}, card.version)
    )

    def save(typed: dict[str, Any], base: dict[str, Any]) -> None:
        with speaking(labels()):
            try:
                edit_enterprise(
                    actor,
                    EditEnterprise(
                        enterprise_id=card.id,
                        version=version,
                        opened=EnterpriseFields.model_construct(**base),
                        typed=EnterpriseFields(**typed),
                    ),
                )
            except Conflict as clash:
                conflict.remember(form, clash)
                st.session_state[f"_typed:{form}"] = typed
                st.rerun()
            conflict.forget(form)
            st.session_state.pop(slot, None)
            renew(form)
            saved(_("企业信息已保存。"))
            st.rerun()

    waiting = conflict.pending(form)
    if waiting is not None:
        towns = dict(offered.towns)
        chosen = conflict.resolve(
            waiting, labels(), record="enterprise", key=form, names=lambda _field, i: towns.get(i, "")
        )
        if chosen is not None:
            save(
                dict(st.session_state[f"_typed:{form}"]) | chosen,
                before | {c.field: c.stored for c in waiting.clashes},
            )
    with st.form(f"{form}-{nonce(form)}"):
        typed = fields(f"{form}-{nonce(form)}", before, offered)
        pressed = st.form_submit_button(_("保存"), type="primary")
    if pressed:
        save(typed, before)


def contacts(actor: Actor, card: EnterpriseCard) -> None:
    """The people one reaches there; adding one, and saying that one has left."""
    for contact in card.contacts:
        _contact(actor, contact, may_edit=card.may_edit)
    if not card.contacts:
        st.caption(plain(_("还没有联系人。")))
    if not card.may_edit:
        return
    form = f"contact-{card.id}"
    with (
        st.popover(_("添加联系人"), icon=":material/person_add:"),
        st.form(f"{form}-{nonce(form)}", border=False),
    ):
        say = {n: _(t) for n, t in CONTACT_LABELS.items()}
        name = st.text_input(say["name"], max_chars=60, key=f"{form}-name-{nonce(form)}")
        title = st.text_input(say["title"], max_chars=60, key=f"{form}-title-{nonce(form)}")
        phone = st.text_input(say["phone"], max_chars=30, type="phone", key=f"{form}-phone-{nonce(form)}")
        pressed = st.form_submit_button(_("添加"), type="primary")
    if pressed:
        with speaking():
            add_contact(
                actor,
                ContactForm(enterprise_id=card.id, name=name or "", title=title or "", phone=phone or ""),
            )
            renew(form)
            saved(_("已添加联系人。"))
            st.rerun()


def _contact(actor: Actor, contact: ContactLine, *, may_edit: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(contact.name)}** {plain(contact.title)} {plain(contact.phone)}")
        if may_edit:
            with st.popover(_("停用"), type="tertiary"):
                reason = st.text_input(_("原因"), max_chars=300, key=f"retire-{contact.id}-reason")
                if st.button(_("停用这位联系人"), key=f"retire-{contact.id}"):
                    with speaking():
                        retire_contact(actor, contact.id, reason=reason or "")
                        saved(_("联系人已停用。"))
                        st.rerun()
