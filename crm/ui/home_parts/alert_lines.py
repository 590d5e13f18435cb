"""Alerts as lines: light, record, why in one sentence, one next step, and what may be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import streamlit as st

from crm.alerts import actions
from crm.alerts.queries.lists import AlertRow, alert_row
from crm.alerts.words import sentence
from crm.core.access import Actor, Verb, may
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.project_parts.boxes import box, close_box, open_box
from crm.ui.show import LIGHT_SHAPES, saved, speaking
from crm.ui.words import day, moment, plain
from models.vocabulary import ALERT_KIND_LABELS, ALERT_STATE_LABELS, AlertKind, AlertState, Light

_CHOSEN = "_alert_chosen"
# Not every red alert is a date missed (a project long unvisited is not 逾期), so the lights are called plainly.
ALERT_LIGHT_LABELS: dict[Light, str] = {Light.RED: "红灯", Light.ORANGE: "今天到期", Light.YELLOW: "黄灯"}


def badge(row: AlertRow) -> str:
    """Shape, colour and word: ■ 节点逾期 3个工作日."""
    icon, colour = LIGHT_SHAPES[row.light]
    words = _(ALERT_KIND_LABELS[row.kind])
    if row.late_wd and row.kind is not AlertKind.EXPIRY:  # those are told in calendar days
        words += " " + _("{n}个工作日", n=row.late_wd)
    return f":{colour}-badge[{icon} {plain(words)}]"


def why(row: AlertRow) -> str:
    """The sentence in the reader's language, as plain text."""
    return sentence(row.because_code, row.because_facts, row.because)


def next_step(row: AlertRow, actor: Actor) -> tuple[str, str, dict[str, object]]:
    """(label, page, parameters) of the one thing to do next."""
    page, params = row.opens
    if row.kind is AlertKind.NO_CONTACT and may(actor, Verb.VISIT_LOG):
        return _("记一次走访"), "visit_log", {"project": row.project_id}
    if row.kind is AlertKind.NO_OFFICER and may(actor, Verb.PROJECT_ASSIGN):
        return _("指派专员"), page, {**params}
    if row.kind is AlertKind.PROGRESS_MISSING and may(actor, Verb.PROGRESS_REPORT):
        return _("填报进度"), page, {**params, "tab": "money"}
    if row.kind is AlertKind.PROGRESS_BEHIND:
        return _("看进度"), page, {**params, "tab": "money"}
    if row.record == "milestone":
        return _("看节点"), page, {**params}
    return (_("看办件") if page == "case" else _("看项目")), page, {**params}


def lines(rows: Sequence[AlertRow], actor: Actor, today: date, *, key: str) -> None:
    """The alerts, one small card under the other."""
    with st.container(gap="xsmall"):
        for row in rows:
            with st.container(border=True):
                _line(row, actor, key)
    handling(actor, today)


def _line(row: AlertRow, actor: Actor, key: str) -> None:
    left, right = st.columns([9, 4], vertical_alignment="center")
    with left, st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(badge(row), width="content")
            name = row.project_name or row.enterprise_name or _("未关联项目")
            if row.project_id is not None:
                links.link(f"**{plain(name)}**", "project", id=row.project_id)
            else:
                links.link(f"**{plain(name)}**", "enterprise", id=row.enterprise_id)
            if row.town:
                st.caption(plain(row.town), width="content")
        st.markdown(plain(why(row)))
        if row.state is not AlertState.OPEN:
            st.caption(plain(_handled(row)))
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        label, page, params = next_step(row, actor)
        if st.button(label, key=f"{key}-go-{row.id}"):
            links.go(page, **params)
        if row.may_handle and row.state is not AlertState.CLOSED:
            _handle_buttons(row, key)


def _handle_buttons(row: AlertRow, key: str) -> None:
    if row.state is not AlertState.ACKNOWLEDGED:
        st.button(
            _("认领"),
            key=f"{key}-take-{row.id}",
            type="tertiary",
            icon=":material/back_hand:",
            on_click=_choose,
            args=("alert-acknowledge", row.id),
        )
    st.button(
        _("暂缓") if row.state is not AlertState.SNOOZED else _("改期"),
        key=f"{key}-later-{row.id}",
        type="tertiary",
        icon=":material/snooze:",
        on_click=_choose,
        args=("alert-snooze", row.id),
    )


def _handled(row: AlertRow) -> str:
    parts = [_(ALERT_STATE_LABELS[row.state])]
    if row.state is AlertState.SNOOZED:
        parts[0] = _("暂缓到{day}", day=day(row.snoozed_until))
    if row.state is AlertState.CLOSED:
        return parts[0]
    parts += [row.handled_by, moment(row.handled_at) if row.handled_at else "", row.handled_note]
    return " · ".join(part for part in parts if part)


def _choose(name: str, alert_id: int) -> None:
    st.session_state[_CHOSEN] = alert_id
    open_box(name)


def handling(actor: Actor, today: date) -> None:
    """The dialogs behind the lines' buttons. Called once on a page that shows lines."""
    box("alert-acknowledge", _("认领预警"), lambda: _acknowledge(actor), width="small")
    box("alert-snooze", _("暂缓预警"), lambda: _snooze(actor, today), width="small")


def _chosen(actor: Actor) -> AlertRow | None:
    with reading() as session:
        row = alert_row(session, actor, int(st.session_state.get(_CHOSEN, 0)))
    if row is None:
        st.warning(plain(_("没有找到这条预警，或您无权处理。")))
        return None
    st.markdown(f"{badge(row)} **{plain(row.project_name or row.enterprise_name)}**")
    st.markdown(plain(why(row)))
    return row


def _acknowledge(actor: Actor) -> None:
    row = _chosen(actor)
    if row is None:
        return
    form = f"acknowledge-{row.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        note = st.text_area(
            _("打算怎么办"), max_chars=500, placeholder=_("例如：今天下午到住建局对接，周三前拿到受理单")
        )
        pressed = st.form_submit_button(_("认领"), type="primary")
    if pressed:
        with speaking({"note": _("打算怎么办")}):
            actions.acknowledge(
                actor, actions.Acknowledge(alert_id=row.id, version=row.version, note=note or "")
            )
            _done(form, _("已认领，原因消除前一直留在列表里；变成红灯会重新提醒。"))
    if row.state is AlertState.SNOOZED:
        _reopen_button(actor, row)


def _snooze(actor: Actor, today: date) -> None:
    row = _chosen(actor)
    if row is None:
        return
    form = f"snooze-{row.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        until = st.date_input(
            _("暂缓到"),
            today + timedelta(days=3),
            format="YYYY-MM-DD",
        )
        reason = st.text_area(_("暂缓原因"), max_chars=500, placeholder=_("例如：等周四专题会议定"))
        pressed = st.form_submit_button(_("暂缓"), type="primary")
    if pressed:
        with speaking({"reason": _("暂缓原因"), "until": _("暂缓到")}):
            actions.snooze(
                actor,
                actions.Snooze(alert_id=row.id, version=row.version, reason=reason or "", until=until),
                today=today,
            )
            _done(form, _("已暂缓到{day}，到时自动回到列表。", day=day(until, year=today.year)))
    if row.state is AlertState.SNOOZED:
        _reopen_button(actor, row)


def _reopen_button(actor: Actor, row: AlertRow) -> None:
    if st.button(_("取消暂缓"), type="tertiary"):
        with speaking():
            actions.reopen(actor, row.id, row.version)
            _done(f"reopen-{row.id}", _("已放回待处理。"))


def _done(form: str, message: str) -> None:
    renew(form)
    close_box()
    saved(message)
    st.rerun()


def scan_button(actor: Actor, today: date, *, key: str = "scan-now") -> None:
    """立即扫描, for those who may."""
    if may(actor, Verb.SCAN_RUN) and st.button(_("立即扫描"), icon=":material/radar:", key=key):
        with st.spinner(_("正在扫描…")), speaking():
            result = actions.run_scan(actor, today)
            saved(
                _(
                    "扫描完成：新增{raised}条，消除{closed}条，现有{n}条。",
                    raised=result.raised,
                    closed=result.closed,
                    n=result.standing,
                )
            )
            st.rerun()
