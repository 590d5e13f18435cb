"""办件: one case with its clocks, stops, next steps and history (`?id=`); else the list, or a new one."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from crm.approvals import actions, queries
from crm.approvals.inputs import (
    AmendCase,
    DecideCase,
    ExtendCase,
    GiveNotice,
    RegisterCase,
    StopCase,
)
from crm.approvals.queries import CaseFilter, CaseView, StopRow
from crm.approvals.rules import STEP_LABELS, CaseClocks, Clock, Step, counts_from_receipt
from crm.approvals.words import because, days, light_word
from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.errors import Conflict
from crm.core.i18n import _
from crm.ui import conflict, links
from crm.ui.forms import nonce, renew
from crm.ui.paging import PER_PAGE, page_number, pager
from crm.ui.session import allowed, record_id, today
from crm.ui.show import LIGHT_SHAPES, empty, head, saved, speaking
from crm.ui.timeline import timeline
from crm.ui.words import NOTHING, day, plain
from models.vocabulary import (
    CASE_STATE_LABELS,
    STOP_KIND_LABELS,
    CaseState,
    StopKind,
)

actor = allowed(Verb.PROJECT_VIEW)
present = today()
LABELS = {
    "item_id": _("事项"),
    "project_id": _("项目"),
    "received_on": _("收件日期"),
    "accepted_on": _("受理日期"),
    "case_no": _("办件编号"),
    "kind": _("停表环节"),
    "ground": _("停表事由"),
    "basis": _("依据"),
    "planned_wd": _("计划停表工作日数"),
    "from_on": _("停表日（当天起不计）"),
    "to_on": _("恢复日（当天起计）"),
    "told_on": _("书面告知日期"),
    "notice_no": _("告知文书文号"),
    "days": _("延长天数"),
    "approver": _("批准人（机关负责人）"),
    "reason": _("理由"),
    "ordered_on": _("批准日期"),
    "decided_on": _("办结日期"),
    "result": _("办理结果"),
    "permit_no": _("证号"),
    "issued_on": _("发证日期"),
    "expires_on": _("有效期至"),
    "withdrawn_on": _("撤回日期"),
    "note": _("备注"),
}


def the_day(value: date | None) -> str:
    return day(value, year=present.year)


# --- one case


def one_case(case_id: int) -> None:
    with speaking():
        with reading() as session:
            view = queries.case_view(session, actor, case_id, present)
            working = may(actor, Verb.CASE_EDIT) and queries.may_work(session, actor, case_id)
        row = view.row
        head(row.item, " · ".join(filter(None, (row.case_no, row.enterprise, row.department))))
        if row.project_id is not None:
            links.link(plain(row.project), "project", icon=":material/arrow_back:", id=row.project_id)
        st.markdown(badge(row.clocks) + " " + plain(because(view, present)))
        if row.clocks.provisional:
            st.warning(
                _("暂定：期限跨入尚未公布放假安排的年份，通知载入后会重新计算。"),
                icon=":material/event_upcoming:",
            )
        left, right = st.columns([3, 2], gap="large", wrap=True)
        with left:
            clocks(view)
            stops(view, working=working)
            if working and view.steps:
                next_steps(view)
        with right:
            facts(view)
            if working:
                amend(view)
        st.subheader(_("办理经过"), anchor=False)
        with reading() as session:
            timeline(session, actor, record="permit_case", record_id=row.id, key=f"case-{row.id}")


def badge(found: CaseClocks) -> str:
    icon, colour = LIGHT_SHAPES[found.light]
    return f":{colour}-badge[{icon} {plain(light_word(found))}]"


def clocks(view: CaseView) -> None:
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
            one_clock(name, found)


def one_clock(name: str, found: Clock) -> None:
    st.markdown(f"**{plain(name)}** {plain(days(found.limit, found.unit))}")
    st.markdown(plain(_("到期：{due}", due=the_day(found.due_on))))
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
                    rolled=the_day(found.rolled_on),
                )
            )
        )


def stops(view: CaseView, *, working: bool) -> None:
    if not view.stops:
        return
    st.subheader(_("停表"), anchor=False)
    for stop in view.stops:
        with st.container(border=True):
            end = the_day(stop.to_on) if stop.to_on else _("未恢复")
            st.markdown(
                f"**{plain(_(STOP_KIND_LABELS[stop.kind]))}** {plain(f'{the_day(stop.from_on)} → {end}')}"
            )
            st.markdown(plain(stop.ground))
            st.caption(plain(f"{stop.basis} · {_('计划{n}个工作日', n=stop.planned_wd)}"))
            if stop.told_on is None:
                st.markdown(plain(_("没有书面告知申请人：时间照算。")))
            else:
                st.caption(
                    plain(_("书面告知：{day} {number}", day=the_day(stop.told_on), number=stop.notice_no))
                )
            if working and view.row.state is CaseState.ACCEPTED:
                stop_steps(stop)


def stop_steps(stop: StopRow) -> None:
    with st.container(horizontal=True):
        if stop.told_on is None:
            with st.popover(_(STEP_LABELS[Step.GIVE_NOTICE])):
                notice_form(stop)
        if stop.open:
            with st.popover(_(STEP_LABELS[Step.RESUME])):
                resume_form(stop)


def notice_form(stop: StopRow) -> None:
    with st.form(f"notice-{stop.id}", border=False):
        told_on = st.date_input(LABELS["told_on"], present, max_value=present)
        number = st.text_input(LABELS["notice_no"], max_chars=80)
        if st.form_submit_button(_("保存"), type="primary"):
            with speaking(LABELS):
                actions.give_notice(
                    actor, GiveNotice(stop_id=stop.id, told_on=told_on, notice_no=number), today=present
                )
                done(_("已补书面告知，停表自当日起有效。"))


def resume_form(stop: StopRow) -> None:
    with st.form(f"resume-{stop.id}", border=False):
        to_on = st.date_input(LABELS["to_on"], present, max_value=present)
        if st.form_submit_button(_("保存"), type="primary"):
            with speaking(LABELS):
                actions.resume(actor, stop.id, to_on, today=present)
                done(_("已恢复计时，到期日已重新计算。"))


def next_steps(view: CaseView) -> None:
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
                forms[step](view)


def accept_form(view: CaseView) -> None:
    with st.form(f"accept-{view.row.id}", border=False):
        accepted_on = st.date_input(LABELS["accepted_on"], present, max_value=present)
        if counts_from_receipt(view.clock_start):
            st.caption(plain(_("该事项的期限依法从{start}起算，不从受理起算。", start=view.clock_start)))
        if st.form_submit_button(_("受理"), type="primary"):
            with speaking(LABELS):
                actions.accept(actor, view.row.id, accepted_on, today=present)
                done(_("已受理，期限开始计算。"))


def stop_form(view: CaseView) -> None:
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
            LABELS["kind"],
            list(StopKind),
            index=list(StopKind).index(StopKind.EXPERT_REVIEW),
            format_func=lambda k: _(STOP_KIND_LABELS[k]),
        )
        planned = right.number_input(LABELS["planned_wd"], 1, 365, None, step=1)
        ground = st.text_input(LABELS["ground"], max_chars=300)
        basis = st.text_input(LABELS["basis"], actions.ARTICLE_45, max_chars=200)
        from_on = left.date_input(LABELS["from_on"], present, max_value=present)
        told_on = right.date_input(LABELS["told_on"], None, max_value=present)
        notice_no = st.text_input(LABELS["notice_no"], max_chars=80)
        st.caption(plain(_("没有书面告知的，停表照样登记，但时间照算并亮橙灯。")))
        if st.form_submit_button(_("停表"), type="primary"):
            with speaking(LABELS):
                actions.stop(
                    actor,
                    StopCase(
                        case_id=view.row.id,
                        kind=kind,
                        ground=ground,
                        basis=basis,
                        planned_wd=int(planned) if planned is not None else None,
                        from_on=from_on,
                        told_on=told_on,
                        notice_no=notice_no,
                    ),
                    today=present,
                )
                done(_("已登记停表。"))


def extend_form(view: CaseView) -> None:
    if view.extension_limit:
        st.caption(plain(_("该事项最多可延长{n}，只能一次。", n=days(view.extension_limit, view.unit))))
    else:
        st.caption(plain(_("事项目录没有列明该事项可以延长。")))
    with st.form(f"extend-{view.row.id}", border=False):
        left, right = st.columns(2, wrap=True)
        count = left.number_input(LABELS["days"], 1, 365, max(view.extension_limit, 1), step=1)
        ordered_on = right.date_input(LABELS["ordered_on"], present, max_value=present)
        approver = st.text_input(LABELS["approver"], max_chars=60)
        reason = st.text_input(LABELS["reason"], max_chars=300)
        basis = ""
        if view.extended_on is not None:
            basis = st.text_input(_("再次延长的法律依据"), max_chars=120)
        if st.form_submit_button(_("延长期限"), type="primary"):
            with speaking(LABELS):
                actions.extend(
                    actor,
                    ExtendCase(
                        case_id=view.row.id,
                        days=int(count),
                        approver=approver,
                        reason=reason,
                        ordered_on=ordered_on,
                        basis=basis,
                    ),
                    today=present,
                )
                done(_("已延长，到期日已重新计算。"))


def decide_form(view: CaseView) -> None:
    with st.form(f"decide-{view.row.id}", border=False):
        left, right = st.columns(2, wrap=True)
        decided_on = left.date_input(LABELS["decided_on"], present, max_value=present)
        result = right.selectbox(
            LABELS["result"], [_("准予许可"), _("不予许可"), _("通过"), _("不通过")], accept_new_options=True
        )
        permit_no = left.text_input(LABELS["permit_no"], max_chars=80)
        issued_on = right.date_input(LABELS["issued_on"], None, max_value=present)
        expires_on = st.date_input(
            LABELS["expires_on"],
            None,
            help=_("按证面填写；留空则按事项目录推算。"),
        )
        if view.valid_months:
            st.caption(plain(_("留空则自发证之日起{n}个月。", n=view.valid_months)))
        if st.form_submit_button(_("办结"), type="primary"):
            with speaking(LABELS):
                actions.decide(
                    actor,
                    DecideCase(
                        case_id=view.row.id,
                        decided_on=decided_on,
                        result=result or "",
                        permit_no=permit_no,
                        issued_on=issued_on,
                        expires_on=expires_on,
                    ),
                    today=present,
                )
                done(_("已办结。"))


def withdraw_form(view: CaseView) -> None:
    with st.form(f"withdraw-{view.row.id}", border=False):
        withdrawn_on = st.date_input(LABELS["withdrawn_on"], present, max_value=present)
        reason = st.text_input(LABELS["reason"], max_chars=100)
        if st.form_submit_button(_("撤回")):
            with speaking(LABELS):
                actions.withdraw(actor, view.row.id, withdrawn_on, reason, today=present)
                done(_("已撤回，不再计时。"))


def done(message: str) -> None:
    saved(message)
    st.rerun()


def facts(view: CaseView) -> None:
    row = view.row
    lines = [
        (_("状态"), _(CASE_STATE_LABELS[row.state])),
        (_("收件"), the_day(row.received_on)),
        (_("受理"), the_day(row.accepted_on)),
        (_("起算"), the_day(view.starts_on)),
        (_("依据"), view.legal_basis or NOTHING),
    ]
    if view.extension:
        lines.append(
            (
                _("延长"),
                _(
                    "{n}，{day}由{who}批准：{why}",
                    n=days(view.extension, view.unit),
                    day=the_day(view.extended_on),
                    who=view.extension_approver,
                    why=view.extension_reason,
                ),
            )
        )
    if row.decided_on is not None:
        lines += [(_("办结"), the_day(row.decided_on)), (_("结果"), view.result or NOTHING)]
    if row.permit_no:
        lines += [
            (_("证号"), row.permit_no),
            (_("发证"), the_day(view.issued_on)),
            (_("有效期至"), the_day(row.expires_on)),
        ]
    if view.renew_by_on is not None:
        lines.append((_("最迟申请延续"), the_day(view.renew_by_on)))
    if view.follow_up:
        lines.append((_("后续"), view.follow_up))
    if view.note:
        lines.append((_("备注"), view.note))
    with st.container(border=True):
        st.markdown("\n".join(f"- {plain(name)}：{plain(value)}" for name, value in lines))


def amend(view: CaseView) -> None:
    form = f"amend-{view.row.id}"
    slot = f"_opened:{form}:{nonce(form)}"
    opened, version = st.session_state.setdefault(
        slot,
        ({"case_no": view.row.case_no, "permit_no": view.row.permit_no, "note": view.note}, view.version),
    )

    def save(typed: dict[str, str], base: dict[str, str], base_version: int) -> None:
        with speaking(LABELS):
            try:
                actions.amend(
                    actor, AmendCase(case_id=view.row.id, version=base_version, opened=base, **typed)
                )
            except Conflict as clash:
                conflict.remember(form, clash)
                st.session_state[f"_typed:{form}"] = typed
                st.rerun()
            conflict.forget(form)
            st.session_state.pop(slot, None)
            renew(form)
            done(_("已保存。"))

    with st.expander(_("更正编号、证号、备注")):
        waiting = conflict.pending(form)
        if waiting is not None:
            chosen = conflict.resolve(waiting, LABELS, record="permit_case", key=form)
            if chosen is not None:
                typed = st.session_state[f"_typed:{form}"] | chosen
                save(typed, opened | {c.field: c.stored for c in waiting.clashes}, waiting.stored_version)
        with st.form(f"{form}-{nonce(form)}", border=False):
            typed = {
                "case_no": st.text_input(LABELS["case_no"], opened["case_no"], max_chars=40),
                "permit_no": st.text_input(LABELS["permit_no"], opened["permit_no"], max_chars=80),
                "note": st.text_area(LABELS["note"], opened["note"], max_chars=500),
            }
            if st.form_submit_button(_("保存")):
                if typed["case_no"].strip():
                    save(typed, opened, version)
                else:
                    st.error(_("办件编号不能为空。"))


# --- a new case


def new_case(project_id: int | None) -> None:
    head(_("收件登记"), _("期限按登记当天的事项目录确定，以后目录改动不影响本件。"))
    with reading() as session:
        items = queries.items_to_apply_for(session)
        name = queries.project_name(session, actor, project_id) if project_id is not None else None
    if name is None:
        text = st.text_input(_("项目名称（输入一部分）"), key="case-project-search")
        with reading() as session:
            found = queries.projects_to_choose(session, actor, text)
        project_id = st.selectbox(
            LABELS["project_id"],
            list(found),
            index=0 if len(found) == 1 else None,
            format_func=lambda i: found[i],
            placeholder=_("请选择"),
            key="case-project",
        )
    else:
        st.markdown(f"**{plain(name)}**")
    with st.form(f"case-{nonce('case-new')}"):
        item = st.selectbox(
            LABELS["item_id"],
            list(items),
            index=None,
            format_func=lambda i: items[i],
            placeholder=_("请选择"),
            key=f"case-item-{nonce('case-new')}",
        )
        left, right = st.columns(2, wrap=True)
        received_on = left.date_input(LABELS["received_on"], present, max_value=present)
        case_no = right.text_input(_("办件编号（留空自动编号）"), max_chars=40)
        note = st.text_input(LABELS["note"], max_chars=500)
        if st.form_submit_button(_("收件"), type="primary"):
            with speaking(LABELS):
                if item is None or project_id is None:
                    st.error(_("请选择项目和事项。"))
                    return
                made = actions.register(
                    actor,
                    RegisterCase(
                        item_id=item,
                        project_id=project_id,
                        received_on=received_on,
                        case_no=case_no,
                        note=note,
                        request_id=nonce("case-new"),
                    ),
                    today=present,
                )
                renew("case-new")
                saved(_("已收件，请登记受理日期。"))
                links.go("case", id=made)


# --- the list


def all_cases() -> None:
    right = head(_("办件"), _("最先到期的排在前面"))
    if may(actor, Verb.CASE_EDIT):
        with right:
            links.button(_("收件登记"), links.to("case", new=1), type="primary")
    search, state, running = st.columns([3, 2, 1], vertical_alignment="bottom", wrap=True)
    text = search.text_input(_("查找"), placeholder=_("编号、事项、企业或项目"), key="cases-search")
    chosen = state.selectbox(
        _("状态"),
        list(CaseState),
        index=None,
        format_func=lambda s: _(CASE_STATE_LABELS[s]),
        placeholder=_("全部"),
        key="cases-state",
    )
    only = running.checkbox(_("只看在办"), True, key="cases-running")
    with reading() as session:
        rows, total = queries.case_list(
            session,
            actor,
            present,
            CaseFilter(search=text, state=chosen, running_only=only and chosen is None),
            page=page_number("cases"),
            per_page=PER_PAGE,
        )
    if not rows:
        empty(_("没有符合条件的办件。"))
        return
    frame = pd.DataFrame(
        [
            {
                _("灯"): light_word(r.clocks),
                _("剩余"): days(r.clocks.committed.left, r.clocks.committed.unit)
                if r.clocks.committed and r.decided_on is None
                else NOTHING,
                _("事项"): r.item,
                _("项目/企业"): r.project or r.enterprise,
                _("部门"): r.department,
                _("到期"): r.clocks.committed.due_on.isoformat() if r.clocks.committed else NOTHING,
                _("状态"): _(CASE_STATE_LABELS[r.state]),
                _("编号"): r.case_no,
            }
            for r in rows
        ]
    )
    picked = st.dataframe(
        frame, hide_index=True, on_select="rerun", selection_mode="single-row", key="cases-table"
    )
    pager(total, key="cases")
    if picked.selection.rows:
        links.go("case", id=rows[picked.selection.rows[0]].id)


case_id = record_id()
project = record_id("project")
if case_id is not None:
    one_case(case_id)
elif (project is not None or record_id("new") is not None) and may(actor, Verb.CASE_EDIT):
    new_case(project)
else:
    all_cases()
