"""A record's story in readable lines: who, when, what, from what to what."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from sqlmodel import Session

from crm.core import trail
from crm.core.access import Actor, Verb, scopes
from crm.core.i18n import _
from crm.ui.fields import ACTIONS, UNTOLD, label, record_label, tell
from crm.ui.paging import page_number, pager
from crm.ui.show import empty
from crm.ui.words import moment, plain
from models.vocabulary import AuditVerb, Scope

LONG = 120  # characters of one value before it is cut
PER_PAGE = 20


def timeline(
    session: Session,
    actor: Actor,
    *,
    record: str | None = None,
    record_id: int | None = None,
    project_id: int | None = None,
    enterprise_id: int | None = None,
    key: str = "timeline",
) -> None:
    """Show the trail of a record, a whole project or a whole enterprise, newest first, paged."""
    rows, total = trail.trail(
        session,
        actor,
        record=record,
        record_id=record_id,
        project_id=project_id,
        enterprise_id=enterprise_id,
        page=page_number(key),
        per_page=PER_PAGE,
    )
    if not rows:
        empty(_("还没有改动记录。"))
        return
    show_rows(session, actor, rows, one=record_id is not None)
    pager(total, key=key, per_page=PER_PAGE)


def show_rows(session: Session, actor: Actor, rows: list[trail.TrailRow], *, one: bool = False) -> None:
    """`one`: all are of the record whose page it is. The lines themselves; changes of one action at one moment are told together."""
    names = trail.names_in(session, rows)
    phones = Scope.ALL in scopes(actor, Verb.PHONE_SEE)
    told: tuple[object, ...] = ()
    for row in rows:
        head = (row.user_name, moment(row.at), row.action, row.reason)
        if head != told:
            told = head
            why = f"  \n{_('理由')}：{plain(row.reason)}" if row.reason else ""
            st.markdown(f"**{plain(row.user_name or _('系统'))}** {plain(moment(row.at))}{why}")
        st.markdown(
            "\n".join(
                [f"- {plain(sentence(row, {} if one else names))}", *_changes(row, names, phones=phones)]
            )
        )


def sentence(row: trail.TrailRow, names: Mapping[tuple[str, int], str] | None = None) -> str:
    """What was done, in plain text: 修改节点“施工许可证”, or the action's own words.

    `names` as `trail.names_in` gives them; the record whose own page it is needs no name.
    """
    if row.verb is AuditVerb.EVENT:
        return _(ACTIONS[row.action]) if row.action in ACTIONS else row.action
    thing = record_label(row.record)
    name = (names or {}).get((row.record, row.record_id or 0), "")
    if name:
        thing = _("{thing}“{name}”", thing=thing, name=name)
    return {
        AuditVerb.CREATE: _("新增{thing}", thing=thing),
        AuditVerb.UPDATE: _("修改{thing}", thing=thing),
        AuditVerb.DELETE: _("删除{thing}", thing=thing),
    }[row.verb]


def _changes(row: trail.TrailRow, names: dict[tuple[str, int], str], *, phones: bool) -> list[str]:
    lines = []
    for field, pair in row.changes.items():
        if _untold(row, field, pair):
            continue
        old, new = (
            _short(tell(field, value, row.record, resolve=lambda f, i: names.get((f, i), ""), phones=phones))
            for value in pair
        )
        name = plain(label(field, row.record))
        if row.verb is AuditVerb.UPDATE:
            lines.append(f"    - {name}：{plain(old)} → **{plain(new)}**")
        else:
            lines.append(f"    - {name}：{plain(old if row.verb is AuditVerb.DELETE else new)}")
    return lines


def changes_text(row: trail.TrailRow, names: dict[tuple[str, int], str], *, phones: bool) -> str:
    """All changes of a line as one plain text, for a table cell."""
    parts = []
    for field, pair in row.changes.items():
        if _untold(row, field, pair):
            continue
        old, new = (
            _short(tell(field, value, row.record, resolve=lambda f, i: names.get((f, i), ""), phones=phones))
            for value in pair
        )
        name = label(field, row.record)
        if row.verb is AuditVerb.UPDATE:
            parts.append(f"{name}：{old} → {new}")
        else:
            parts.append(f"{name}：{old if row.verb is AuditVerb.DELETE else new}")
    return "；".join(parts)


def _untold(row: trail.TrailRow, field: str, pair: object) -> bool:
    """Not for readers: bookkeeping, and what a new row has by default ("no", none)."""
    if field in UNTOLD or not isinstance(pair, list) or len(pair) != 2:
        return True
    return row.verb is AuditVerb.CREATE and pair[1] in (False, 0) and not field.endswith("_wan")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONG else text[:LONG] + "…"
