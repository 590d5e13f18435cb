"""特殊环节 on the case's screen: each as it stands, what may be done to it, and the form that opens one."""

from __future__ import annotations

import re
from datetime import timedelta

import streamlit as st

from crm.approvals import actions
from crm.approvals.inputs import CloseProcedure, GiveNotice, NoticeFile, OpenProcedure
from crm.approvals.queries import CaseView, ProcedureChoice, ProcedureRow
from crm.approvals.rules import ARTICLE_45, STEP_LABELS, Step, stops_clock
from crm.core.i18n import _
from crm.ui import links
from crm.ui.case_parts.desk import Desk, done, labels
from crm.ui.show import LIGHT_SHAPES, speaking
from crm.ui.words import plain
from models.vocabulary import PROCEDURE_KIND_LABELS, Light, ProcedureKind

NOTICE_TYPES = ["pdf", "jpg", "jpeg", "png", "doc", "docx"]


def procedures(desk: Desk, view: CaseView, *, working: bool) -> None:
    if not view.procedures:
        return
    st.subheader(_("特殊环节"), anchor=False)
    for row in view.procedures:
        with st.container(border=True):
            one_procedure(desk, row)
            if working and row.steps:
                procedure_steps(desk, view, row)


def one_procedure(desk: Desk, row: ProcedureRow) -> None:
    last = row.to_on if row.to_on is None or row.stops_clock else row.to_on - timedelta(days=1)
    end = desk.day(last) if last else _("尚未结束")
    st.markdown(
        f"**{plain(_(PROCEDURE_KIND_LABELS[row.kind]))}** {plain(f'{desk.day(row.from_on)} → {end}')} "
        + " ".join(marks(row))
    )
    st.markdown(plain(row.ground))
    facts = [
        row.basis,
        _("计划{n}个工作日", n=row.planned_wd),
        _("最迟{day}启动", day=desk.day(row.start_by_on)) if row.start_by_on else "",
        _("最迟{day}完成", day=desk.day(row.end_by_on)) if row.end_by_on else "",
        _("启动人：{who}", who=row.opened_by) if row.opened_by else "",
        _("核查人员：{who}", who="、".join(row.staff)) if row.staff else "",
        _("再次启动批准人：{who}", who=row.approver) if row.approver else "",
    ]
    st.caption(plain(" · ".join(filter(None, facts))))
    if row.told_on is not None:
        told = _("书面告知：{day} {number}", day=desk.day(row.told_on), number=row.notice_no)
        if row.notice_file:
            st.markdown(
                f":small[{plain(told)} [{plain(row.notice_file_name)}]({links.file(row.notice_file)})]"
            )
        else:
            st.caption(plain(told))
    if row.result:
        st.markdown(plain(_("结论：{result}", result=row.result)))


def marks(row: ProcedureRow) -> list[str]:
    """Badges: what it does to the clock, and what is wrong with it."""
    found: list[str] = []
    if row.holds:
        found.append(_badge(Light.BLUE, _("已停表")))
    elif row.stops_clock and not row.untold:
        found.append(_badge(Light.GREY, _("不计入期限")))
    elif not row.stops_clock:
        found.append(_badge(Light.GREY, _("计入期限")))
    if row.untold:
        found.append(_badge(Light.ORANGE, _("未书面告知，时间照算") if row.stops_clock else _("未书面告知")))
    if row.late_start:
        found.append(_badge(Light.ORANGE, _("启动超时")))
    if row.over_wd:
        found.append(_badge(Light.ORANGE, _("超期{n}个工作日", n=row.over_wd)))
    return found


def _badge(light: Light, words: str) -> str:
    icon, colour = LIGHT_SHAPES[light]
    return f":{colour}-badge[{icon} {plain(words)}]"


def procedure_steps(desk: Desk, view: CaseView, row: ProcedureRow) -> None:
    with st.container(horizontal=True):
        if Step.GIVE_NOTICE in row.steps and row.untold:
            with st.popover(_(STEP_LABELS[Step.GIVE_NOTICE])):
                notice_form(desk, view, row)
        if Step.CLOSE_PROCEDURE in row.steps:
            with st.popover(_(STEP_LABELS[Step.CLOSE_PROCEDURE])):
                close_form(desk, view, row)


def notice_form(desk: Desk, view: CaseView, row: ProcedureRow) -> None:
    with st.form(f"notice-{row.id}", border=False):
        told_on = st.date_input(labels()["told_on"], desk.today)
        number = st.text_input(labels()["notice_no"], max_chars=80)
        paper = notice_paper(f"notice-file-{row.id}")
        if st.form_submit_button(_("保存"), type="primary"):
            with speaking(labels()):
                actions.give_notice(
                    desk.actor,
                    GiveNotice(procedure_id=row.id, told_on=told_on, notice_no=number, notice_file=paper),
                    today=desk.today,
                )
                done(
                    _("已补书面告知，停表自当日起有效。") if row.stops_clock else _("已补书面告知。"),
                    view.row.project_id,
                )


def close_form(desk: Desk, view: CaseView, row: ProcedureRow) -> None:
    with st.form(f"close-{row.id}", border=False):
        # A stop ends on the day that counts again; any other procedure is told by its last day.
        ended_on = st.date_input(
            labels()["to_on"] if row.stops_clock else labels()["last_day"],
            desk.today,
        )
        to_on = ended_on if row.stops_clock else ended_on + timedelta(days=1)
        result = st.text_area(labels()["conclusion"], max_chars=500)
        if st.form_submit_button(_("保存"), type="primary"):
            with speaking(labels() | {"result": labels()["conclusion"]}):
                actions.close_procedure(
                    desk.actor,
                    CloseProcedure(procedure_id=row.id, to_on=to_on, result=result),
                    today=desk.today,
                )
                done(
                    _("已恢复计时，到期日已重新计算。") if row.stops_clock else _("已登记结束。"),
                    view.row.project_id,
                )


def notice_paper(key: str) -> NoticeFile | None:
    paper = st.file_uploader(_("告知书（可不传）"), type=NOTICE_TYPES, key=key)
    return NoticeFile(name=paper.name, data=paper.getvalue()) if paper is not None else None


def open_form(desk: Desk, view: CaseView) -> None:
    """Choose the procedure first: what the register says of it is shown before anything is typed."""
    offered: list[ProcedureChoice | ProcedureKind] = [
        *view.choices,
        *(k for k in ProcedureKind if k not in {c.kind for c in view.choices}),
    ]
    chosen = st.selectbox(
        labels()["procedure"], offered, index=None, format_func=_name, placeholder=_("请选择")
    )
    if chosen is None:
        st.caption(
            plain(
                _(
                    "只有听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审依行政许可法第四十五条不计入期限；现场核查、技术审查、公示照常计时，除非事项自身的规定另有写明。"
                )
            )
        )
        if view.special_steps:
            st.caption(plain(_("本事项的特殊环节：{steps}", steps=view.special_steps)))
        return
    choice = chosen if isinstance(chosen, ProcedureChoice) else None
    kind = choice.kind if choice else chosen
    assert isinstance(kind, ProcedureKind)
    stops = choice.stops_clock if choice else stops_clock(kind, None)
    told = _say(desk, choice, stops)
    st.caption(plain(" ".join(told)))
    with st.form(f"open-{view.row.id}-{_name(chosen)}", border=False):
        left, right = st.columns(2, wrap=True)
        from_on = left.date_input(labels()["from_on"] if stops else labels()["opened_on"], desk.today)
        planned = right.number_input(
            labels()["planned_wd"], 1, 365, choice.longest_wd if choice else None, step=1
        )
        ground = st.text_input(labels()["ground"], max_chars=300)
        basis = st.text_input(
            labels()["basis"],
            (choice.basis if choice else "") or (ARTICLE_45 if stops else ""),
            max_chars=200,
        )
        opened_by = st.text_input(labels()["opened_by"], desk.actor.name, max_chars=60)
        staff = ""
        if kind is ProcedureKind.SITE_CHECK:
            staff = st.text_input(labels()["staff"], placeholder=_("两人以上，用顿号分开"), max_chars=200)
        approver = ""
        if choice and choice.used >= choice.times:
            approver = st.text_input(labels()["again_approver"], max_chars=60)
        left, right = st.columns(2, wrap=True)
        told_on = left.date_input(labels()["told_on"], None)
        notice_no = right.text_input(labels()["notice_no"], max_chars=80)
        paper = notice_paper(f"open-file-{view.row.id}")
        if stops:
            st.caption(plain(_("没有书面告知的，停表照样登记，但时间照算并亮橙灯。")))
        if st.form_submit_button(_("启动特殊环节"), type="primary"):
            with speaking(labels()):
                actions.open_procedure(
                    desk.actor,
                    OpenProcedure(
                        case_id=view.row.id,
                        kind=kind,
                        ground=ground,
                        basis=basis,
                        planned_wd=int(planned) if planned is not None else None,
                        from_on=from_on,
                        opened_by=opened_by,
                        register_id=choice.register_id if choice else None,
                        told_on=told_on,
                        notice_no=notice_no,
                        notice_file=paper,
                        staff=[name for name in re.split(r"[、,，;；\s]+", staff) if name],
                        approver=approver,
                    ),
                    today=desk.today,
                )
                done(_("已登记停表。") if stops else _("已登记特殊环节，时间照算。"), view.row.project_id)


def _name(chosen: ProcedureChoice | ProcedureKind) -> str:
    if isinstance(chosen, ProcedureChoice):
        kind = _(PROCEDURE_KIND_LABELS[chosen.kind])
        return f"{kind}：{chosen.name}" if chosen.name and chosen.name != kind else kind
    return _("{kind}（登记簿未列）", kind=_(PROCEDURE_KIND_LABELS[chosen]))


def _say(desk: Desk, choice: ProcedureChoice | None, stops: bool) -> list[str]:
    """What the register says of it, in sentences."""
    told = [_("不计入期限，但须书面告知申请人所需时间。") if stops else _("计入期限，不停表。")]
    if choice is None:
        return [*told, _("登记簿没有列明这一环节，请先核实依据。")]
    if choice.conditions:
        told.append(_("启动条件：{text}。", text=choice.conditions.rstrip("。")))
    if choice.start_by_on is not None:
        told.append(_("最迟{day}启动。", day=desk.day(choice.start_by_on)))
    if choice.longest_wd is not None:
        told.append(_("最长{n}个工作日。", n=choice.longest_wd))
    if choice.used:
        told.append(_("已用{used}次，登记簿允许{times}次。", used=choice.used, times=choice.times))
    return told
