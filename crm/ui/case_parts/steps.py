"""The forms of the next steps a case allows. Those of one special procedure sit beside it (procedures.py)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import streamlit as st

from crm.approvals import actions, queries
from crm.approvals.inputs import DecideCase, ExtendCase, NotAccept, TellCorrection, TerminateCase
from crm.approvals.queries import CaseView
from crm.approvals.rules import STEP_LABELS, Step, counts_from_receipt
from crm.approvals.words import day as checkable
from crm.approvals.words import days
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.case_parts.desk import Desk, done, labels
from crm.ui.case_parts.procedures import open_form
from crm.ui.show import speaking
from crm.ui.words import plain
from models.vocabulary import CASE_OUTCOME_LABELS, CaseOutcome

Form = Callable[[Desk, CaseView], None]

# The step that comes first on an ordinary day stands open.
USUAL = (Step.TAKE_CORRECTION, Step.ACCEPT, Step.TELL_EXTENSION, Step.DELIVER)


def next_steps(desk: Desk, view: CaseView) -> None:
    """The forms of the steps the state allows, the usual one open."""
    offered = [step for step in view.steps if step in FORMS]
    if not offered:
        return
    first = next((step for step in USUAL if step in offered), None)
    st.subheader(_("下一步"), anchor=False)
    for step in offered:
        with st.expander(_(STEP_LABELS[step]), expanded=step is first):
            FORMS[step](desk, view)


def tell_correction_form(desk: Desk, view: CaseView) -> None:
    if view.accept_by_on is not None:
        st.caption(
            plain(
                _(
                    "需要补正的全部内容只能告知一次，最迟{day}；逾期不告知的，自收件之日起即为受理（行政许可法第三十二条）。",
                    day=checkable(view.accept_by_on),
                )
            )
        )
    with st.form(f"tell-{view.row.id}", border=False):
        left, right = st.columns(2, wrap=True)
        told_on = left.date_input(labels()["told_on"], desk.today)
        due_on = right.date_input(labels()["correction_due_on"], desk.today + timedelta(days=14))
        text = st.text_area(
            labels()["correction_text"], max_chars=1000, placeholder=_("逐条写明缺什么、怎么改")
        )
        if st.form_submit_button(_("告知补正"), type="primary"):
            with speaking(labels()):
                actions.tell_correction(
                    desk.actor,
                    TellCorrection(case_id=view.row.id, told_on=told_on, due_on=due_on, text=text),
                    today=desk.today,
                )
                done(_("已登记补正告知；补正期间是企业用时，不计入审批时限。"), view.row.project_id)


def take_correction_form(desk: Desk, view: CaseView) -> None:
    with st.form(f"taken-{view.row.id}", border=False):
        corrected_on = st.date_input(labels()["corrected_on"], desk.today)
        if st.form_submit_button(_("收到补正"), type="primary"):
            with speaking(labels()):
                actions.take_correction(desk.actor, view.row.id, corrected_on, today=desk.today)
                done(_("已收到补正，请受理或不予受理。"), view.row.project_id)


def accept_form(desk: Desk, view: CaseView) -> None:
    with st.form(f"accept-{view.row.id}", border=False):
        accepted_on = st.date_input(labels()["accepted_on"], desk.today)
        if counts_from_receipt(view.clock_start):
            st.caption(plain(_("该事项的期限依法从{start}起算，不从受理起算。", start=view.clock_start)))
        if st.form_submit_button(_("受理"), type="primary"):
            with speaking(labels()):
                actions.accept(desk.actor, view.row.id, accepted_on, today=desk.today)
                done(_("已受理，期限开始计算。"), view.row.project_id)


def not_accept_form(desk: Desk, view: CaseView) -> None:
    st.caption(plain(_("不予受理应当出具加盖专用印章、注明日期的书面凭证（行政许可法第三十二条）。")))
    with st.form(f"not-accept-{view.row.id}", border=False):
        left, right = st.columns(2, wrap=True)
        refused_on = left.date_input(labels()["refused_on"], desk.today)
        notice_no = right.text_input(labels()["notice_no"], max_chars=80)
        reason = st.text_input(labels()["reason"], max_chars=100)
        if st.form_submit_button(_("不予受理")):
            with speaking(labels()):
                actions.not_accept(
                    desk.actor,
                    NotAccept(case_id=view.row.id, refused_on=refused_on, reason=reason, notice_no=notice_no),
                    today=desk.today,
                )
                done(_("已登记不予受理。"), view.row.project_id)


def extend_form(desk: Desk, view: CaseView) -> None:
    if view.extension_limit:
        st.caption(plain(_("该事项最多可延长{n}，只能一次。", n=days(view.extension_limit, view.unit))))
    else:
        st.caption(plain(_("事项目录没有列明该事项可以延长。")))
    with st.form(f"extend-{view.row.id}", border=False):
        left, right = st.columns(2, wrap=True)
        count = left.number_input(labels()["days"], 1, 365, max(view.extension_limit, 1), step=1)
        ordered_on = right.date_input(labels()["ordered_on"], desk.today)
        approver = left.text_input(labels()["approver"], max_chars=60)
        told_on = right.date_input(labels()["extension_told_on"], None)
        reason = st.text_input(labels()["reason"], max_chars=300)
        basis = ""
        if view.extended_on is not None:
            basis = st.text_input(_("再次延长的法律依据"), max_chars=120)
        st.caption(
            plain(_("延长的理由应当告知申请人（行政许可法第四十二条）；还没有告知的，留空，告知后再登记。"))
        )
        if st.form_submit_button(_("延长期限"), type="primary"):
            with speaking(labels()):
                actions.extend(
                    desk.actor,
                    ExtendCase(
                        case_id=view.row.id,
                        days=int(count),
                        approver=approver,
                        reason=reason,
                        ordered_on=ordered_on,
                        told_on=told_on,
                        basis=basis,
                    ),
                    today=desk.today,
                )
                done(_("已延长，到期日已重新计算。"), view.row.project_id)


def tell_extension_form(desk: Desk, view: CaseView) -> None:
    with st.form(f"tell-extension-{view.row.id}", border=False):
        told_on = st.date_input(labels()["extension_told_on"], desk.today)
        if st.form_submit_button(_("登记告知"), type="primary"):
            with speaking(labels()):
                actions.tell_extension(desk.actor, view.row.id, told_on, today=desk.today)
                done(_("已登记告知。"), view.row.project_id)


def decide_form(desk: Desk, view: CaseView) -> None:
    with st.form(f"decide-{view.row.id}", border=False):
        outcome = st.radio(
            labels()["outcome"],
            list(CaseOutcome),
            format_func=lambda o: _(CASE_OUTCOME_LABELS[o]),
            horizontal=True,
        )
        left, right = st.columns(2, wrap=True)
        decided_on = left.date_input(labels()["decided_on"], desk.today)
        result = right.text_input(
            labels()["result"], max_chars=120, placeholder=_("如：准予许可；留空即按决定填写")
        )
        permit_no = left.text_input(labels()["permit_no"], max_chars=80)
        issued_on = right.date_input(labels()["issued_on"], None)
        expires_on = st.date_input(
            labels()["expires_on"],
            None,
            help=_("按证面填写；留空则按事项目录推算。"),
        )
        if view.valid_months:
            st.caption(plain(_("留空则自发证之日起{n}个月。", n=view.valid_months)))
        if st.form_submit_button(_("办结"), type="primary"):
            with speaking(labels()):
                actions.decide(
                    desk.actor,
                    DecideCase(
                        case_id=view.row.id,
                        decided_on=decided_on,
                        outcome=outcome,
                        result=result,
                        permit_no=permit_no,
                        issued_on=issued_on,
                        expires_on=expires_on,
                    ),
                    today=desk.today,
                )
                done(decided(desk, view), view.row.project_id)


def decided(desk: Desk, before: CaseView) -> str:
    """What a decision did, its milestone included."""
    with reading() as session:
        after = queries.case_view(session, desk.actor, before.row.id, desk.today)
    if not after.milestone or before.milestone_done_on is not None:
        return _("已办结。")
    if after.milestone_done_on is not None:
        return _(
            "已办结，节点“{name}”已登记完成（{day}）。",
            name=after.milestone,
            day=desk.day(after.milestone_done_on),
        )
    if after.issued_on is not None:
        return _("已办结。节点“{name}”的前置节点还没有完成，请到项目中登记。", name=after.milestone)
    return _("已办结。")


def deliver_form(desk: Desk, view: CaseView) -> None:
    with st.form(f"deliver-{view.row.id}", border=False):
        delivered_on = st.date_input(labels()["delivered_on"], desk.today)
        if st.form_submit_button(_("送达"), type="primary"):
            with speaking(labels()):
                actions.deliver(desk.actor, view.row.id, delivered_on, today=desk.today)
                done(_("已登记送达。"), view.row.project_id)


def terminate_form(desk: Desk, view: CaseView) -> None:
    with st.form(f"terminate-{view.row.id}", border=False):
        ended_on = st.date_input(labels()["ended_on"], desk.today)
        basis = st.text_input(labels()["basis"], max_chars=100)
        reason = st.text_input(labels()["reason"], max_chars=100)
        if st.form_submit_button(_("终止办理")):
            with speaking(labels()):
                actions.terminate(
                    desk.actor,
                    TerminateCase(case_id=view.row.id, ended_on=ended_on, basis=basis, reason=reason),
                    today=desk.today,
                )
                done(_("已终止办理，不再计时。"), view.row.project_id)


def withdraw_form(desk: Desk, view: CaseView) -> None:
    with st.form(f"withdraw-{view.row.id}", border=False):
        withdrawn_on = st.date_input(labels()["withdrawn_on"], desk.today)
        reason = st.text_input(labels()["reason"], max_chars=100)
        if st.form_submit_button(_("撤回")):
            with speaking(labels()):
                actions.withdraw(desk.actor, view.row.id, withdrawn_on, reason, today=desk.today)
                done(_("已撤回，不再计时。"), view.row.project_id)


FORMS: dict[Step, Form] = {
    Step.TELL_CORRECTION: tell_correction_form,
    Step.TAKE_CORRECTION: take_correction_form,
    Step.ACCEPT: accept_form,
    Step.NOT_ACCEPT: not_accept_form,
    Step.OPEN_PROCEDURE: open_form,
    Step.EXTEND: extend_form,
    Step.TELL_EXTENSION: tell_extension_form,
    Step.DECIDE: decide_form,
    Step.DELIVER: deliver_form,
    Step.TERMINATE: terminate_form,
    Step.WITHDRAW: withdraw_form,
}
