"""材料: what must be handed in, what may follow, what a promise replaces, what was dropped and since when."""

from __future__ import annotations

from collections import Counter
from datetime import date

import streamlit as st

from crm.approvals.actions import catalogue
from crm.approvals.catalogue_inputs import DocumentForm
from crm.approvals.queries import ItemRow
from crm.approvals.queries.catalogue import ASKED, DocumentRow
from crm.core.access import Actor
from crm.core.i18n import _
from crm.ui.catalogue_parts import said
from crm.ui.project_parts.boxes import as_opened, box, close_box, forget_opened, open_box, saving
from crm.ui.show import saved
from crm.ui.words import day, plain
from models.vocabulary import DOCUMENT_STANDING_LABELS, DocumentStanding

S = DocumentStanding


def shown(row: ItemRow, documents: list[DocumentRow], today: date, *, may_edit: bool) -> None:
    """How many, of which standing; then each with what changed when, on what basis."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_summary(documents), anchor=False)
        if may_edit:
            st.button(
                _("增加材料"),
                icon=":material/add:",
                type="tertiary",
                key="add-document",
                on_click=open_box,
                args=(f"document-{row.id}-new",),
            )
    told = _change(documents)
    if told:
        st.caption(plain(told))
    if row.rule.promise_route:
        st.caption(plain(_("告知承诺/容缺：{text}", text=row.rule.promise_route)))
    if not documents:
        st.markdown(plain(_("该事项的材料清单还没有录入。")))
        return
    for document in documents:
        _one(document, today, may_edit=may_edit)


def _summary(documents: list[DocumentRow]) -> str:
    now = Counter(d.now for d in documents)
    asked = sum(n for standing, n in now.items() if standing in ASKED)
    parts = [f"{_(DOCUMENT_STANDING_LABELS[standing])}{now[standing]}" for standing in S if now.get(standing)]
    return _("材料{n}份", n=asked) + (f"（{'，'.join(parts)}）" if parts else "")


def _change(documents: list[DocumentRow]) -> str:
    """How many there were before what was changed, and how many there will be."""
    now = sum(d.now in ASKED for d in documents)
    past = sum((d.before if d.since_on and not d.ahead else d.now) in ASKED for d in documents)
    then = sum(d.standing in ASKED for d in documents)
    parts = [
        _("原{n}份", n=past) if past != now else "",
        _("已定的改动全部实行后为{n}份", n=then) if then != now else "",
    ]
    return "，".join(part for part in parts if part)


def _one(document: DocumentRow, today: date, *, may_edit: bool) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap="xsmall"):
            badge = (
                said.STANDING_BADGES[document.now].format(word=_(DOCUMENT_STANDING_LABELS[document.now]))
                if document.now is not None
                else f":gray-badge[{_('尚未实行')}]"
            )
            name = plain(document.name)
            if document.now is S.DROPPED:
                name = f"~~{name}~~"
            doubt = f" {said.doubt()}" if document.doubtful else ""
            st.markdown(f"{name} {badge}{doubt}")
            if document.since_on is not None:
                st.markdown(f":gray[{plain(_changed(document, today))}]")
            told = " · ".join(part for part in (document.basis, document.note) if part)
            if told:
                st.caption(plain(told))
        if may_edit:
            st.button(
                _("修改"),
                icon=":material/edit:",
                type="tertiary",
                key=f"edit-document-{document.id}",
                on_click=open_box,
                args=(f"document-{document.id}",),
            )


def _changed(document: DocumentRow, today: date) -> str:
    on = day(document.since_on, year=today.year)
    new = _(DOCUMENT_STANDING_LABELS[document.standing])
    if document.before is None:
        return _("自{day}起{new}", day=on, new=new)
    old = _(DOCUMENT_STANDING_LABELS[document.before])
    return _("自{day}起由“{old}”改为“{new}”", day=on, old=old, new=new)


def boxes(actor: Actor, row: ItemRow, documents: list[DocumentRow], today: date) -> None:
    """The dialogs of this tab, shown when they are open."""
    box(f"document-{row.id}-new", _("增加材料"), lambda: _edit(actor, row, None, today))
    for document in documents:
        box(
            f"document-{document.id}",
            _("修改材料"),
            lambda document=document: _edit(actor, row, document, today),  # type: ignore[misc]
        )


def _edit(actor: Actor, row: ItemRow, document: DocumentRow | None, today: date) -> None:
    form = f"document-{document.id if document else f'{row.id}-new'}"
    opened: DocumentRow | None = as_opened(form, document)
    labels = {
        "name": _("材料名称"),
        "standing": _("提交要求"),
        "since_on": _("新要求自哪天起实行"),
        "basis": _("依据（通知文号）"),
        "note": _("说明"),
    }
    with st.form(form, border=False):
        name = st.text_input(labels["name"], opened.name if opened else "", max_chars=200, key=f"{form}-name")
        standing = st.radio(
            labels["standing"],
            list(S),
            index=list(S).index(opened.standing) if opened else 0,
            format_func=lambda s: _(DOCUMENT_STANDING_LABELS[s]),
            horizontal=True,
            key=f"{form}-standing",
        )
        since = st.date_input(
            labels["since_on"],
            opened.since_on if opened and opened.ahead else None,
            format="YYYY-MM-DD",
            help=_("只在改变提交要求时填写；新增的材料一直如此的，不填。"),
            key=f"{form}-since",
        )
        basis = st.text_input(
            labels["basis"], opened.basis if opened else "", max_chars=200, key=f"{form}-basis"
        )
        note = st.text_input(labels["note"], opened.note if opened else "", max_chars=300, key=f"{form}-note")
        pressed = st.form_submit_button(_("保存"), type="primary")
    if not pressed:
        return
    with saving(form, document, labels):
        catalogue.save_document(
            actor,
            DocumentForm(
                item_id=row.id,
                document_id=opened.id if opened else None,
                version=opened.version if opened else 1,
                opened={"name": opened.name, "basis": opened.basis, "note": opened.note} if opened else {},
                name=name or "",
                standing=standing or S.NEEDED,
                since_on=since if isinstance(since, date) else None,
                basis=basis or "",
                note=note or "",
            ),
            today=today,
        )
        forget_opened(form)
        close_box()
        saved(_("材料“{name}”已保存。", name=name))
        st.rerun()
