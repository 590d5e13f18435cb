"""One case as it stands: its way, what is owed next, its clocks side by side, its facts."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.approvals.queries import CaseView
from crm.approvals.rules import CaseClocks, Clock
from crm.approvals.words import days, light_word
from crm.core.i18n import _
from crm.ui.case_parts.desk import Desk
from crm.ui.show import LIGHT_SHAPES
from crm.ui.words import NOTHING, plain
from models.vocabulary import CASE_ROUTE_LABELS, CASE_STATE_LABELS, LIGHT_LABELS, CaseState, Light


def badge(found: CaseClocks) -> str:
    icon, colour = LIGHT_SHAPES[found.light]
    return f":{colour}-badge[{icon} {plain(light_word(found))}]"


def path(desk: Desk, view: CaseView) -> None:
    """Where it stands on its way, with the days of what is behind it."""
    row = view.row
    ended = row.state in (CaseState.NOT_ACCEPTED, CaseState.WITHDRAWN, CaseState.TERMINATED)
    told = view.correction_told_on is not None
    steps: list[tuple[str, date | None, bool]] = [(_("收件"), row.received_on, True)]
    if told:
        steps += [
            (_("告知补正"), view.correction_told_on, True),
            (_("补正"), view.corrected_on, view.corrected_on is not None),
        ]
    if row.accepted_on is not None or not ended:
        accepted = _("视为受理") if view.deemed else _("受理")
        steps.append((accepted, row.accepted_on, row.accepted_on is not None))
    if ended:
        steps.append((_(CASE_STATE_LABELS[row.state]), row.decided_on, True))
    else:
        steps += [
            (_("办结"), row.decided_on, row.decided_on is not None),
            (_("送达"), view.delivered_on, view.delivered_on is not None),
        ]
    st.markdown(" → ".join(_milestone(desk, *step) for step in steps))


def _milestone(desk: Desk, name: str, on: date | None, reached: bool) -> str:
    if not reached:
        return f":gray[{plain(name)}]"
    return f"**{plain(name)}**" + (f" :small[{plain(desk.day(on))}]" if on is not None else "")


def duties(desk: Desk, view: CaseView) -> None:
    """What the law asks next and by when: one line each, none when nothing is owed."""
    row, lines = view.row, []
    if row.state is CaseState.RECEIVED and view.accept_by_on is not None and view.corrected_on is not None:
        late = view.accept_by_on < desk.today
        say = _("补正已收到，最迟{day}受理或不予受理。", day=desk.day(view.accept_by_on))
        lines.append((Light.ORANGE if late else Light.YELLOW, say))
    if row.state is CaseState.CORRECTING and view.correction_due_on is not None:
        late = view.correction_due_on < desk.today
        say = _(
            "等企业在{day}前补正：{text}", day=desk.day(view.correction_due_on), text=view.correction_text
        )
        lines.append((Light.ORANGE if late else Light.BLUE, say))
    if view.extension_untold:
        lines.append((Light.ORANGE, _("期限已延长，延长的理由还没有告知申请人。")))
    delivery = row.clocks.delivery
    if row.state is CaseState.DECIDED and delivery is not None:
        say = _("最迟{day}送达（行政许可法第四十四条）。", day=desk.day(delivery.due_on))
        lines.append((delivery.light, say))
    for light, say in lines:
        icon, colour = LIGHT_SHAPES[light]
        st.markdown(f":{colour}-badge[{icon} {plain(_('待办'))}] {plain(say)}")


def clocks(desk: Desk, view: CaseView) -> None:
    """Promised, legal and the enterprise's own side by side; the days not counted apart from all."""
    found = view.row.clocks
    shown = [
        (name, clock)
        for name, clock in (
            (_("承诺期限"), found.promised),
            (_("法定期限"), found.legal),
            (_("企业用时"), found.enterprise),
        )
        if clock is not None
    ]
    if not shown:
        return
    for slot, (name, clock) in zip(st.columns(len(shown), wrap=True), shown, strict=True):
        with slot, st.container(border=True):
            one_clock(desk, name, clock)
            if clock is found.enterprise:
                st.caption(plain(_("企业补正、补交和承诺的时间，不计入审批时限。")))


def one_clock(desk: Desk, name: str, found: Clock) -> None:
    icon, colour = LIGHT_SHAPES[found.light]
    st.markdown(
        f"**{plain(name)}** {plain(days(found.limit, found.unit))} "
        f":{colour}-badge[{icon} {plain(_(LIGHT_LABELS[found.light]))}]"
    )
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


def facts(desk: Desk, view: CaseView) -> None:
    row = view.row
    lines = [
        (_("状态"), _(CASE_STATE_LABELS[row.state])),
        (_("办理方式"), _(CASE_ROUTE_LABELS[view.route])),
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
    if view.correction_text:
        lines.append((_("补正内容"), view.correction_text))
    if row.decided_on is not None:
        lines += [(_("办结"), desk.day(row.decided_on)), (_("结果"), view.result or NOTHING)]
        if view.running_wd is not None:
            spent = _(
                "审批{a}个工作日，企业{b}个工作日，停表{c}个工作日",
                a=view.running_wd,
                b=view.enterprise_wd or 0,
                c=view.stopped_wd or 0,
            )
            lines.append((_("用时"), spent))
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
