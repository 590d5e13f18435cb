"""The forms of the next steps a case allows."""

from __future__ import annotations

import streamlit as st

from crm.approvals import actions, queries
from crm.approvals.inputs import DecideCase, ExtendCase, GiveNotice, StopCase
from crm.approvals.queries import CaseView, StopRow
from crm.approvals.rules import STEP_LABELS, Step, counts_from_receipt
from crm.approvals.words import days
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.case_parts.desk import Desk, done, labels
from crm.ui.show import speaking
from crm.ui.words import plain
from models.vocabulary import PROCEDURE_KIND_LABELS, ProcedureKind


def stop_steps(desk: Desk, view: CaseView, stop: StopRow) -> None:
    with st.container(horizontal=True):
        if stop.told_on is None:
            with st.popover(_(STEP_LABELS[Step.GIVE_NOTICE])):
                notice_form(desk, view, stop)
        if stop.open:
            with st.popover(_(STEP_LABELS[Step.RESUME])):
                resume_form(desk, view, stop)


def notice_form(desk: Desk, view: CaseView, stop: StopRow) -> None:
    with st.form(f"notice-{stop.id}", border=False):
        told_on = st.date_input(labels()["told_on"], desk.today, max_value=desk.today)
        number = st.text_input(labels()["notice_no"], max_chars=80)
        if st.form_submit_button(_("保存"), type="primary"):
            with speaking(labels()):
                actions.give_notice(
                    desk.actor,
                    GiveNotice(stop_id=stop.id, told_on=told_on, notice_no=number),
                    today=desk.today,
                )
                done(_("已补书面告知，停表自当日起有效。"), view.row.project_id)


def resume_form(desk: Desk, view: CaseView, stop: StopRow) -> None:
    with st.form(f"resume-{stop.id}", border=False):
        to_on = st.date_input(labels()["to_on"], desk.today, max_value=desk.today)
        if st.form_submit_button(_("保存"), type="primary"):
            with speaking(labels()):
                actions.resume(desk.actor, stop.id, to_on, today=desk.today)
                done(_("已恢复计时，到期日已重新计算。"), view.row.project_id)


def next_steps(desk: Desk, view: CaseView) -> None:
    """The forms of the steps the state allows; those of a single stop sit beside it."""
    forms = {
        Step.ACCEPT: accept_form,
        Step.STOP: stop_form,
        Step.EXTEND: extend_form,
        Step.DECIDE: decide_form,
        Step.WITHDRAW: withdraw_form,
    }
    st.subheader(_("下一步"), anchor=False)
    for step in view.steps:
        if step in forms:
            with st.expander(_(STEP_LABELS[step]), expanded=step is Step.ACCEPT):
                forms[step](desk, view)


def accept_form(desk: Desk, view: CaseView) -> None:
    with st.form(f"accept-{view.row.id}", border=False):
        accepted_on = st.date_input(labels()["accepted_on"], desk.today, max_value=desk.today)
        if counts_from_receipt(view.clock_start):
            st.caption(plain(_("该事项的期限依法从{start}起算，不从受理起算。", start=view.clock_start)))
        if st.form_submit_button(_("受理"), type="primary"):
            with speaking(labels()):
                actions.accept(desk.actor, view.row.id, accepted_on, today=desk.today)
                done(_("已受理，期限开始计算。"), view.row.project_id)


def stop_form(desk: Desk, view: CaseView) -> None:
    st.caption(
        plain(
            _(
                "只有听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审依行政许可法第四十五条不计入期限；现场核查、技术审查、公示照常计时，除非事项自身的规定另有写明。"
            )
        )
    )
    if view.special_steps:
        st.caption(plain(_("本事项的特殊环节：{steps}", steps=view.special_steps)))
    with st.form(f"stop-{view.row.id}", border=False):
        left, right = st.columns(2, wrap=True)
        kind = left.selectbox(
            labels()["kind"],
            list(ProcedureKind),
            index=list(ProcedureKind).index(ProcedureKind.EXPERT_REVIEW),
            format_func=lambda k: _(PROCEDURE_KIND_LABELS[k]),
        )
        planned = right.number_input(labels()["planned_wd"], 1, 365, None, step=1)
        ground = st.text_input(labels()["ground"], max_chars=300)
        basis = st.text_input(labels()["basis"], actions.ARTICLE_45, max_chars=200)
        from_on = left.date_input(labels()["from_on"], desk.today, max_value=desk.today)
        told_on = right.date_input(labels()["told_on"], None, max_value=desk.today)
        notice_no = st.text_input(labels()["notice_no"], max_chars=80)
        st.caption(plain(_("没有书面告知的，停表照样登记，但时间照算并亮橙灯。")))
        if st.form_submit_button(_("停表"), type="primary"):
            with speaking(labels()):
                actions.stop(
                    desk.actor,
                    StopCase(
                        case_id=view.row.id,
                        kind=kind or ProcedureKind.EXPERT_REVIEW,
                        ground=ground,
                        basis=basis,
                        planned_wd=int(planned) if planned is not None else None,
                        from_on=from_on,
                        told_on=told_on,
                        notice_no=notice_no,
                    ),
                    today=desk.today,
                )
                done(_("已登记停表。"), view.row.project_id)


def extend_form(desk: Desk, view: CaseView) -> None:
    if view.extension_limit:
        st.caption(plain(_("该事项最多可延长{n}，只能一次。", n=days(view.extension_limit, view.unit))))
    else:
        st.caption(plain(_("事项目录没有列明该事项可以延长。")))
    with st.form(f"extend-{view.row.id}", border=False):
        left, right = st.columns(2, wrap=True)
        count = left.number_input(labels()["days"], 1, 365, max(view.extension_limit, 1), step=1)
        ordered_on = right.date_input(labels()["ordered_on"], desk.today, max_value=desk.today)
        approver = st.text_input(labels()["approver"], max_chars=60)
        reason = st.text_input(labels()["reason"], max_chars=300)
        basis = ""
        if view.extended_on is not None:
            basis = st.text_input(_("再次延长的法律依据"), max_chars=120)
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
                        basis=basis,
                    ),
                    today=desk.today,
                )
                done(_("已延长，到期日已重新计算。"), view.row.project_id)


def decide_form(desk: Desk, view: CaseView) -> None:
    with st.form(f"decide-{view.row.id}", border=False):
        left, right = st.columns(2, wrap=True)
        decided_on = left.date_input(labels()["decided_on"], desk.today, max_value=desk.today)
        result = right.selectbox(
            labels()["result"],
            [_("准予许可"), _("不予许可"), _("通过"), _("不通过")],
            accept_new_options=True,
        )
        permit_no = left.text_input(labels()["permit_no"], max_chars=80)
        issued_on = right.date_input(labels()["issued_on"], None, max_value=desk.today)
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
                        result=result or "",
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


def withdraw_form(desk: Desk, view: CaseView) -> None:
    with st.form(f"withdraw-{view.row.id}", border=False):
        withdrawn_on = st.date_input(labels()["withdrawn_on"], desk.today, max_value=desk.today)
        reason = st.text_input(labels()["reason"], max_chars=100)
        if st.form_submit_button(_("撤回")):
            with speaking(labels()):
                actions.withdraw(desk.actor, view.row.id, withdrawn_on, reason, today=desk.today)
                done(_("已撤回，不再计时。"), view.row.project_id)
