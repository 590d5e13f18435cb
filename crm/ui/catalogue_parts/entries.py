"""特殊环节: the register's entries of one item, and their form."""

from __future__ import annotations

import streamlit as st

from crm.approvals.actions import registry
from crm.approvals.catalogue_inputs import ProcedureForm
from crm.approvals.catalogue_rules import ENTRY_FIELDS, Entry
from crm.approvals.queries import ItemRow
from crm.approvals.queries.registry import EntryRow
from crm.approvals.rules.procedures import ARTICLE_45
from crm.core.access import Actor
from crm.core.i18n import _
from crm.ui import links
from crm.ui.catalogue_parts import said
from crm.ui.project_parts.boxes import as_opened, box, close_box, forget_opened, open_box, saving
from crm.ui.show import saved
from crm.ui.words import plain
from models.vocabulary import ARTICLE_45_KINDS, PROCEDURE_KIND_LABELS, ProcedureKind


def shown(row: ItemRow, entries: list[EntryRow], *, may_edit: bool, figures: bool) -> None:
    """`figures`: whether the reader may see what the cases did with them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        stopping = sum(e.entry.stops_clock for e in entries if e.entry.active)
        active = sum(e.entry.active for e in entries)
        st.subheader(
            _("特殊环节{n}个（停表{m}个）", n=active, m=stopping) if entries else _("特殊环节"), anchor=False
        )
        if may_edit:
            st.button(
                _("登记环节"),
                icon=":material/add:",
                type="tertiary",
                key="add-entry",
                on_click=open_box,
                args=(f"entry-{row.id}-new",),
            )
    if not entries:
        st.markdown(plain(_("该事项没有登记特殊环节；没有登记的环节不得启动。")))
        return
    if figures:
        links.link(_("看办件中的启动情况"), "register", icon=":material/fact_check:", text=row.code)
    for found in entries:
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(said.entry_head(found.entry))
                if may_edit:
                    st.button(
                        _("修改"),
                        icon=":material/edit:",
                        type="tertiary",
                        key=f"edit-entry-{found.id}",
                        on_click=open_box,
                        args=(f"entry-{found.id}",),
                    )
            said.lines(said.entry_lines(found.entry))


def boxes(actor: Actor, row: ItemRow, entries: list[EntryRow]) -> None:
    """The dialogs of this tab, shown when they are open."""
    box(f"entry-{row.id}-new", _("登记环节"), lambda: _edit(actor, row, None))
    for found in entries:
        box(
            f"entry-{found.id}",
            _("修改特殊环节"),
            lambda found=found: _edit(actor, row, found),  # type: ignore[misc]
        )


def labels() -> dict[str, str]:
    return {
        "name": _("环节名称"),
        "kind": _("环节类别"),
        "stops_clock": _("停表（时间不计算在法定办结时限内）"),
        "stop_basis": _("停表依据"),
        "basis": _("环节依据"),
        "conditions": _("启动条件"),
        "start_limit_wd": _("启动时限（受理后工作日）"),
        "longest_wd": _("最长时限（工作日）"),
        "times": _("次数上限"),
        "notice_needed": _("须书面告知"),
        "charged": _("收费"),
        "charge_basis": _("收费依据"),
        "certainty": _("核对情况"),
        "active": _("启用"),
    }


def _edit(actor: Actor, row: ItemRow, found: EntryRow | None) -> None:
    form = f"entry-{found.id if found else f'{row.id}-new'}"
    opened: EntryRow | None = as_opened(form, found)
    entry = opened.entry if opened else Entry(ProcedureKind.SITE_CHECK)
    say = labels()
    named = "、".join(_(PROCEDURE_KIND_LABELS[kind]) for kind in ProcedureKind if kind in ARTICLE_45_KINDS)
    st.caption(
        plain(
            _(
                "{law}只列举{kinds}；其他环节要停表，须写明该事项自身的法规名称和条款。",
                law=_(ARTICLE_45),
                kinds=named,
            )
        )
    )
    kinds = list(ProcedureKind)
    with st.form(form, border=False):
        left, right = st.columns(2, gap="large", wrap=True)
        with left:
            name = st.text_input(say["name"], entry.name, max_chars=80, key=f"{form}-name")
            kind = st.selectbox(
                say["kind"],
                kinds,
                index=kinds.index(entry.kind),
                format_func=lambda k: _(PROCEDURE_KIND_LABELS[k]),
                key=f"{form}-kind",
            )
            stops = st.checkbox(say["stops_clock"], entry.stops_clock, key=f"{form}-stops")
            stop_basis = st.text_input(
                say["stop_basis"], entry.stop_basis, max_chars=200, key=f"{form}-stop-basis"
            )
            notice = st.checkbox(say["notice_needed"], entry.notice_needed, key=f"{form}-notice")
            basis = st.text_input(say["basis"], entry.basis, max_chars=200, key=f"{form}-basis")
            conditions = st.text_area(
                say["conditions"], entry.conditions, max_chars=500, height=80, key=f"{form}-conditions"
            )
        with right:
            start = st.number_input(
                say["start_limit_wd"],
                0,
                365,
                entry.start_limit_wd,
                step=1,
                placeholder=_("没有"),
                key=f"{form}-start",
            )
            longest = st.number_input(
                say["longest_wd"],
                1,
                365,
                entry.longest_wd,
                step=1,
                placeholder=_("没有"),
                key=f"{form}-longest",
            )
            times = st.number_input(say["times"], 1, 99, entry.times, step=1, key=f"{form}-times")
            charged = st.checkbox(say["charged"], entry.charged, key=f"{form}-charged")
            charge_basis = st.text_input(
                say["charge_basis"], entry.charge_basis, max_chars=200, key=f"{form}-charge-basis"
            )
            certainty = st.text_input(
                say["certainty"], entry.certainty, max_chars=80, key=f"{form}-certainty"
            )
            active = st.checkbox(say["active"], entry.active, key=f"{form}-active")
        pressed = st.form_submit_button(_("保存"), type="primary")
    if not pressed:
        return
    with saving(form, found, say):
        registry.save_procedure(
            actor,
            ProcedureForm(
                item_id=row.id,
                procedure_id=opened.id if opened else None,
                version=opened.version if opened else 1,
                opened={field: getattr(entry, field) for field in ENTRY_FIELDS} if opened else {},
                kind=kind,
                name=name or "",
                stops_clock=stops,
                stop_basis=stop_basis or "",
                basis=basis or "",
                conditions=conditions or "",
                start_limit_wd=int(start) if start is not None else None,
                longest_wd=int(longest) if longest is not None else None,
                times=int(times or 1),
                notice_needed=notice,
                charged=charged,
                charge_basis=charge_basis or "",
                certainty=certainty or "",
                active=active,
            ),
        )
        forget_opened(form)
        close_box()
        saved(_("特殊环节“{name}”已保存；已经启动的仍按启动时的登记。", name=name))
        st.rerun()
