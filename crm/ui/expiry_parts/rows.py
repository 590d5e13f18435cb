"""One permit or duty as a row: light, whose, what must be done by when, and the way to its record."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.approvals import actions
from crm.approvals.commitment_inputs import SettleDuty
from crm.approvals.queries import WatchRow
from crm.approvals.watch_rules import BY_CODE, DUTY_LABELS, LINE_LABELS, PERMIT
from crm.core.access import Actor
from crm.core.i18n import _
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.project_parts.boxes import box, close_box, open_box
from crm.ui.show import LIGHT_SHAPES, saved, speaking
from crm.ui.words import day, plain

_CHOSEN = "_expiry_chosen"


def badge(row: WatchRow) -> str:
    """Shape, colour and words: how many days are left or gone."""
    icon, colour = LIGHT_SHAPES[row.light]
    if row.void:
        words = _("已自行废止")
    elif row.days_left < 0:
        words = _("已过{n}天", n=-row.days_left)
    elif row.days_left == 0:
        words = _("今天到期")
    else:
        words = _("还剩{n}天", n=row.days_left)
    return f":{colour}-badge[{icon} {plain(words)}]"


def title(row: WatchRow) -> str:
    """What is watched: the permit by its item, anything else by its line."""
    name = row.item if row.line == PERMIT else _(LINE_LABELS[row.line])
    return _("{name}：{what}", name=name, what=row.what) if row.what else name


def told(row: WatchRow, today: date) -> str:
    """What must be done by when, with its source."""

    def on(value: date | None) -> str:
        return day(value, year=today.year)

    known = BY_CODE.get(row.line)
    if row.void:
        return _(
            "{start}核发，至{due}没有开工也没有延期，须重新申领（{basis}）。",
            start=on(row.from_on),
            due=on(row.act_by_on),
            basis=known.basis if known else "",
        )
    if row.used_up:
        return _(
            "{due}前：开工；已延期{n}次，不能再延，否则自行废止（{start}核发，{basis}）。",
            due=on(row.act_by_on),
            n=row.extended,
            start=on(row.from_on),
            basis=known.basis if known else "",
        )
    if row.renewing:
        return _("{end}到期，{due}前申请延续。", end=on(row.expires_on), due=on(row.act_by_on))
    if row.line == PERMIT:
        return _("有效期至{due}：{duty}。", due=on(row.act_by_on), duty=_(DUTY_LABELS[PERMIT]))
    return _(
        "{due}前：{duty}（{start}起算，{basis}）。",
        due=on(row.act_by_on),
        duty=_(DUTY_LABELS[row.line]),
        start=on(row.from_on),
        basis=known.basis if known else "",
    )


def show(rows: list[WatchRow], actor: Actor, today: date, settle: frozenset[str]) -> None:
    """The rows, one small card under the other, and the dialog behind their buttons."""
    by_key = {row.key: row for row in rows}
    with st.container(gap="xsmall"):
        for row in rows:
            with st.container(border=True):
                _row(row, today, may_settle=row.key in settle)
    chosen = by_key.get(str(st.session_state.get(_CHOSEN, "")))
    if chosen is not None:
        box("settle-duty", _("登记已办"), lambda: _settle(actor, chosen, today), width="small")


def _row(row: WatchRow, today: date, *, may_settle: bool) -> None:
    left, right = st.columns([9, 4], vertical_alignment="center")
    with left, st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(badge(row), width="content")
            if row.project_id is not None:
                links.link(f"**{plain(row.project)}**", "project", id=row.project_id)
            elif row.enterprise_id is not None:
                links.link(f"**{plain(row.enterprise)}**", "enterprise", id=row.enterprise_id)
        st.markdown(f"**{plain(title(row))}** {plain(told(row, today))}")
        facts = [row.permit_no, row.department, _("已延期{n}次", n=row.extended) if row.extended else ""]
        st.caption(plain(" · ".join(f for f in facts if f)))
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        if row.case_id is not None:
            links.button(_("看办件"), links.to("case", id=row.case_id), key=f"watch-case-{row.key}")
        elif row.project_id is not None:
            params = {"milestone": row.record_id} if row.record == "milestone" else {}
            links.button(
                _("看项目"), links.to("project", id=row.project_id, **params), key=f"watch-project-{row.key}"
            )
        if may_settle:
            st.button(
                _("不再需要") if row.line == PERMIT else _("登记已办"),
                key=f"settle-{row.key}",
                type="tertiary",
                icon=":material/task_alt:",
                on_click=_choose,
                args=(row.key,),
            )


def _choose(key: str) -> None:
    st.session_state[_CHOSEN] = key
    open_box("settle-duty")


def _settle(actor: Actor, row: WatchRow, today: date) -> None:
    st.markdown(f"{badge(row)} **{plain(title(row))}** {plain(row.project or row.enterprise)}")
    st.markdown(plain(told(row, today)))
    key = f"settle-{row.key}"
    say = {"done_on": _("办理日期"), "evidence": _("文号或凭据；不再需要的写明原因")}
    with st.form(f"{key}-{nonce(key)}", border=False):
        on = st.date_input(say["done_on"], today)
        evidence = st.text_input(say["evidence"], max_chars=300)
        pressed = st.form_submit_button(_("登记"), type="primary")
    if pressed:
        with speaking(say):
            actions.settle_duty(
                actor,
                SettleDuty(
                    line=row.line,
                    record=row.record,
                    record_id=row.record_id,
                    done_on=on,
                    evidence=evidence or "",
                ),
                today=today,
            )
            renew(key)
            close_box()
            saved(_("已登记，不再提醒。"), project_id=row.project_id)
            st.rerun()
