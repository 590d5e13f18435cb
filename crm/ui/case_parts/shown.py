"""One case as it stands: its clocks side by side, its stops, its facts."""

from __future__ import annotations

import streamlit as st

from crm.approvals.queries import CaseView
from crm.approvals.rules import CaseClocks, Clock
from crm.approvals.words import days, light_word
from crm.core.i18n import _
from crm.ui.case_parts.desk import Desk
from crm.ui.case_parts.steps import stop_steps
from crm.ui.show import LIGHT_SHAPES
from crm.ui.words import NOTHING, plain
from models.vocabulary import CASE_STATE_LABELS, PROCEDURE_KIND_LABELS, CaseState


def badge(found: CaseClocks) -> str:
    icon, colour = LIGHT_SHAPES[found.light]
    return f":{colour}-badge[{icon} {plain(light_word(found))}]"


def clocks(desk: Desk, view: CaseView) -> None:
    """Promised and legal side by side; the days not counted apart from both."""
    shown = [
        (name, found)
        for name, found in ((_("承诺期限"), view.row.clocks.promised), (_("法定期限"), view.row.clocks.legal))
        if found is not None
    ]
    if not shown:
        return
    for slot, (name, found) in zip(st.columns(len(shown), wrap=True), shown, strict=True):
        with slot, st.container(border=True):
            one_clock(desk, name, found)


def one_clock(desk: Desk, name: str, found: Clock) -> None:
    st.markdown(f"**{plain(name)}** {plain(days(found.limit, found.unit))}")
    st.markdown(plain(_("到期：{due}", due=desk.day(found.due_on))))
    st.markdown(
        plain(
            _("已用{used}，剩余{left}", used=days(found.used, found.unit), left=days(found.left, found.unit))
            + (_("；停表不计{held}", held=days(found.stopped, found.unit)) if found.stopped else "")
        )
    )
    if found.rolled_on is not None:
        st.caption(
            plain(
                _(
                    "到期日是休息日；如依民法典第二百零三条顺延，则为{rolled}。",
                    rolled=desk.day(found.rolled_on),
                )
            )
        )


def stops(desk: Desk, view: CaseView, *, working: bool) -> None:
    if not view.stops:
        return
    st.subheader(_("停表"), anchor=False)
    for stop in view.stops:
        with st.container(border=True):
            end = desk.day(stop.to_on) if stop.to_on else _("未恢复")
            st.markdown(
                f"**{plain(_(PROCEDURE_KIND_LABELS[stop.kind]))}** {plain(f'{desk.day(stop.from_on)} → {end}')}"
            )
            st.markdown(plain(stop.ground))
            st.caption(plain(f"{stop.basis} · {_('计划{n}个工作日', n=stop.planned_wd)}"))
            if stop.told_on is None:
                st.markdown(plain(_("没有书面告知申请人：时间照算。")))
            else:
                st.caption(
                    plain(_("书面告知：{day} {number}", day=desk.day(stop.told_on), number=stop.notice_no))
                )
            if working and view.row.state is CaseState.ACCEPTED:
                stop_steps(desk, view, stop)


def facts(desk: Desk, view: CaseView) -> None:
    row = view.row
    lines = [
        (_("状态"), _(CASE_STATE_LABELS[row.state])),
        (_("收件"), desk.day(row.received_on)),
        (_("受理"), desk.day(row.accepted_on)),
        (_("起算"), desk.day(view.starts_on)),
        (_("依据"), view.legal_basis or NOTHING),
    ]
    if view.extension:
        lines.append(
            (
                _("延长"),
                _(
                    "{n}，{day}由{who}批准：{why}",
                    n=days(view.extension, view.unit),
                    day=desk.day(view.extended_on),
                    who=view.extension_approver,
                    why=view.extension_reason,
                ),
            )
        )
    if row.decided_on is not None:
        lines += [(_("办结"), desk.day(row.decided_on)), (_("结果"), view.result or NOTHING)]
    if row.permit_no:
        lines += [
            (_("证号"), row.permit_no),
            (_("发证"), desk.day(view.issued_on)),
            (_("有效期至"), desk.day(row.expires_on)),
        ]
    if view.milestone:
        told = (
            _("{name}，{day}完成", name=view.milestone, day=desk.day(view.milestone_done_on))
            if view.milestone_done_on
            else _("{name}，尚未完成", name=view.milestone)
        )
        lines.append((_("节点"), told))
    if view.renew_by_on is not None:
        lines.append((_("最迟申请延续"), desk.day(view.renew_by_on)))
    if view.follow_up:
        lines.append((_("后续"), view.follow_up))
    if view.note:
        lines.append((_("备注"), view.note))
    with st.container(border=True):
        st.markdown("\n".join(f"- {plain(name)}：{plain(value)}" for name, value in lines))
