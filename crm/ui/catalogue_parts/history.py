"""历次规则: each version with what it changed, why and by whom; one not yet in force may be withdrawn."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.approvals.actions import catalogue
from crm.approvals.actions.catalogue import FIRST_ON
from crm.approvals.queries.catalogue import VersionRow
from crm.core import trail
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.catalogue_parts import said
from crm.ui.paging import page_number, pager
from crm.ui.project_parts.boxes import box, close_box, open_box
from crm.ui.show import saved, speaking
from crm.ui.timeline import PER_PAGE, show_rows
from crm.ui.words import day, moment, plain


def shown(versions: list[VersionRow], today: date, *, may_edit: bool) -> None:
    if not versions:
        st.markdown(plain(_("该事项的规则还没有改过。")))
    for version in versions:
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{plain(_spell(version, today))}** {_badge(version)}")
                if may_edit and version.ahead:
                    st.button(
                        _("撤回"),
                        icon=":material/undo:",
                        type="tertiary",
                        key=f"withdraw-{version.id}",
                        on_click=open_box,
                        args=(f"version-{version.id}",),
                    )
            changed = [
                f"- :gray[{plain(said.field(name))}]\u2003"
                f"{plain(said.rule_value(name, old, version.rule))} → "
                f"**{plain(said.rule_value(name, new, version.rule))}**"
                for name, (old, new) in version.changes.items()
            ]
            if changed:
                st.markdown("\n".join(changed))
            elif version.from_on != FIRST_ON:
                st.markdown(f":gray[{plain(_('与此前的规则相同。'))}]")
            parts = [
                version.reason,
                _("{who}，{when}", who=version.by, when=moment(version.at)) if version.by else "",
            ]
            st.caption(plain(" · ".join(part for part in parts if part)))


def _spell(version: VersionRow, today: date) -> str:
    start = day(version.from_on, year=today.year)
    if version.from_on == FIRST_ON:
        end = day(version.to_on, year=today.year)
        return _("{day}以前", day=end) if version.to_on else _("建库以来")
    if version.to_on is None:
        return _("{day}起", day=start)
    return _("{start}起，至{end}前", start=start, end=day(version.to_on, year=today.year))


def _badge(version: VersionRow) -> str:
    if version.ahead:
        return f":orange-badge[:material/event_upcoming: {_('尚未生效')}]"
    if version.in_force:
        return f":green-badge[:material/check_circle: {_('现行')}]"
    return f":gray-badge[{_('已失效')}]"


def lines(actor: Actor, item_id: int, documents: list[int], entries: list[int]) -> None:
    """Every change of the item, its documents and its register, newest first, paged."""
    key = f"item-trail-{item_id}"
    with reading() as session:
        rows, total = trail.trail(
            session,
            actor,
            records={"item": [item_id], "item_document": documents, "item_procedure": entries},
            page=page_number(key),
            per_page=PER_PAGE,
        )
        if not rows:
            st.caption(plain(_("还没有改动记录。")))
            return
        show_rows(session, actor, rows)
    pager(total, key=key, per_page=PER_PAGE)


def boxes(actor: Actor, versions: list[VersionRow], today: date) -> None:
    for version in versions:
        if version.ahead:
            box(
                f"version-{version.id}",
                _("撤回尚未生效的规则"),
                lambda version=version: _withdraw(actor, version, today),  # type: ignore[misc]
            )


def _withdraw(actor: Actor, version: VersionRow, today: date) -> None:
    st.markdown(plain(_("自{day}起的规则将不再生效，此前的规则继续适用。", day=version.from_on)))
    with st.form(f"withdraw-{version.id}", border=False):
        reason = st.text_input(_("撤回原因"), max_chars=300)
        pressed = st.form_submit_button(_("撤回"), type="primary")
    if pressed:
        with speaking({"reason": _("撤回原因")}):
            catalogue.withdraw_version(actor, version.id, reason=reason or "", today=today)
            close_box()
            saved(_("已撤回。"))
            st.rerun()
