"""联络专员: who answers for how much; projects without anybody first; hand-over of many at once (`?id=` one officer)."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pandas as pd
import streamlit as st

from crm.core.access import Verb, may
from crm.core.db import reading
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.places import towns
from crm.projects.actions import (
    create_officer,
    deactivate_officer,
    edit_officer,
    hand_over,
    link_account,
    reactivate_officer,
)
from crm.projects.inputs import OFFICER_LABELS, HandOver, OfficerFields
from crm.projects.queries import Mark, ProjectFilter, choices, list_projects
from crm.projects.queries.officers import (
    HeldProject,
    OfficerRow,
    accounts_to_link,
    find_officer,
    held_projects,
    officer_list,
    project_ids_of,
)
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.paging import PER_PAGE, page_number, pager
from crm.ui.project_parts.boxes import box, close_box, open_box
from crm.ui.session import allowed, record_id, today
from crm.ui.show import empty, head, look_again, saved, speaking
from crm.ui.words import NOTHING, day, plain
from crm.visits.queries import due_visits
from models.vocabulary import OFFICER_ROLE_LABELS

actor = allowed(Verb.PROJECT_ASSIGN)
present = today()
say = {name: _(text) for name, text in OFFICER_LABELS.items()} | {
    "project_ids": _("项目"),
    "user_id": _("账号"),
}
UNASSIGNED = 50  # projects without an officer offered at once


def visits_due(projects: dict[int, list[int]]) -> dict[int, int]:
    """Officer -> visits agreed on that fall due within days, by the projects he answers for."""
    with reading() as session:
        due = Counter(v.project_id for v in due_visits(session, actor, present))
    return {officer_id: sum(due[p] for p in ids) for officer_id, ids in projects.items()}


def fields(key: str, row: OfficerRow | None) -> OfficerFields | None:
    """The inputs of an officer; None until the button is pressed."""
    with reading() as session:
        names = towns(session)
    known = list(names)
    with st.form(key, border=False):
        name = st.text_input(say["name"], row.name if row else "", max_chars=60, key=f"{key}-name")
        unit = st.text_input(say["unit"], row.unit if row else "", max_chars=80, key=f"{key}-unit")
        phone = st.text_input(say["phone"], row.phone if row else "", max_chars=30, key=f"{key}-phone")
        town = st.selectbox(
            say["town_id"],
            known,
            index=known.index(row.town_id) if row and row.town_id in names else None,
            format_func=lambda i: names[i],
            placeholder=_("无"),
            key=f"{key}-town",
        )
        if not st.form_submit_button(_("保存"), type="primary"):
            return None
    with speaking(say):
        return OfficerFields(name=name or "", unit=unit or "", phone=phone or "", town_id=town)
    return None


def add() -> None:
    typed = fields(f"officer-new-{nonce('officer-new')}", None)
    if typed is not None:
        with speaking(say):
            made = create_officer(actor, typed)
            renew("officer-new")
            close_box()
            saved(_("已新增专员{name}。", name=typed.name))
            links.go("officers", id=made)


def give(
    form: str, projects: dict[int, str], *, leaving: int | None, offered: dict[int, str], whole: bool
) -> None:
    """To whom, from when, with which note; nothing chosen means all of them where `whole`."""
    with st.form(f"{form}-{nonce(form)}"):
        wanted = st.multiselect(
            say["project_ids"],
            list(projects),
            format_func=lambda i: projects[i],
            placeholder=_("不选即移交全部{n}个项目", n=len(projects)) if whole else _("请选择项目"),
            key=f"{form}-projects-{nonce(form)}",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            successor = st.selectbox(
                _("接手专员"),
                [i for i in offered if i != leaving],
                index=None,
                format_func=lambda i: offered[i],
                placeholder=_("输入姓名"),
                width=220,
                key=f"{form}-to-{nonce(form)}",
            )
            from_on = st.date_input(say["from_on"], present, width=160, key=f"{form}-on")
        note = st.text_input(
            say["note"],
            max_chars=500,
            placeholder=_("交接了哪些未完事项"),
            key=f"{form}-note-{nonce(form)}",
        )
        pressed = st.form_submit_button(_("移交项目") if whole else _("指派专员"), type="primary")
    if not pressed:
        return
    if successor is None or not (wanted or whole):
        st.error(plain(_("请选择项目和接手专员。")))
        return
    with speaking(say):
        done = hand_over(
            actor,
            HandOver(
                from_officer_id=leaving,
                officer_id=successor,
                project_ids=tuple(wanted),
                from_on=from_on or present,
                note=note or "",
            ),
            today=present,
        )
        look_again(*done)
        renew(form)
        saved(_("{n}个项目已交给{name}。", n=len(done), name=offered[successor]))
        st.rerun()


def nobody() -> None:
    """Projects nobody answers for, before anything else."""
    asked = ProjectFilter(mark=Mark.NO_OFFICER)
    with reading() as session:
        found = list_projects(session, actor, asked, today=present, per_page=UNASSIGNED)
        offered = dict(choices(session).officers)
    if not found.total:
        return
    with st.container(border=True):
        st.subheader(_("{n}个项目没有在岗专员", n=found.total), anchor=False)
        links.link(_("在项目清单中查看"), "projects", icon=":material/list_alt:", **asked.query())
        give("assign-many", {r.id: r.name for r in found.rows}, leaving=None, offered=offered, whole=False)


def everyone() -> None:
    with head(_("联络专员"), _("谁手上有多少项目、多少红灯；人员调动时整批移交")):
        st.button(
            _("新增专员"),
            type="primary",
            icon=":material/person_add:",
            on_click=open_box,
            args=("officer-new",),
        )
    box("officer-new", _("新增专员"), add)
    nobody()
    left, right = st.columns([3, 1], vertical_alignment="bottom", wrap=True)
    text = left.text_input(_("查找"), placeholder=_("姓名、单位"), key="officers-search")
    stopped = right.checkbox(_("含停用"), key="officers-stopped")
    with reading() as session:
        rows, total = officer_list(
            session,
            actor,
            today=present,
            search=text,
            with_inactive=stopped,
            page=page_number("officers"),
            per_page=PER_PAGE,
        )
        due = visits_due(project_ids_of(session, [r.id for r in rows]))
    if not rows:
        empty(_("没有符合条件的专员。"))
        return
    picked = st.dataframe(
        pd.DataFrame(
            {
                _("姓名"): [r.name for r in rows],
                _("牵头项目"): [r.lead for r in rows],
                _("协办"): [r.co for r in rows],
                _("红灯"): [r.red for r in rows],
                _("待走访"): [due[r.id] for r in rows],
                _("单位"): [r.unit or NOTHING for r in rows],
                _("镇街"): [r.town or NOTHING for r in rows],
                _("账号"): [r.account or _("未关联") for r in rows],
                _("状态"): [standing(r) for r in rows],
            }
        ),
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        key="officers-table",
        alt=_("专员名单"),
    )
    pager(total, key="officers")
    if picked.selection.rows:
        links.go("officers", id=rows[picked.selection.rows[0]].id)


def standing(row: OfficerRow) -> str:
    if row.in_post:
        return _("在岗")
    return _("已停用") if not row.active else _("账号已停用")


def one(officer_id: int) -> None:
    links.link(_("全部专员"), "officers", icon=":material/arrow_back:")
    try:
        with reading() as session:
            row = find_officer(session, actor, officer_id, today=present)
            projects = held_projects(session, actor, officer_id)
            offered = dict(choices(session).officers)
    except NotFound as missing:
        empty(str(missing), _("全部专员"), links.to("officers"))
        return
    head(row.name, " · ".join(filter(None, (row.unit, row.town, row.phone, standing(row)))))
    st.markdown(
        plain(
            _(
                "牵头{lead}个项目，协办{co}个，红灯{red}个，待走访{due}次",
                lead=row.lead,
                co=row.co,
                red=row.red,
                due=visits_due({row.id: [p.id for p in projects]})[row.id],
            )
        )
    )
    links.link(_("在项目清单中查看"), "projects", icon=":material/list_alt:", officer_id=row.id)
    if not row.in_post and projects:
        st.warning(plain(_("此人已不在岗，名下项目请尽快移交。")), icon=":material/person_off:")
    left, right = st.columns([3, 2], gap="large", wrap=True)
    with left:
        st.subheader(_("名下项目"), anchor=False)
        if projects:
            in_hand(projects, present)
            st.subheader(_("移交项目"), anchor=False)
            give(
                f"hand-over-{row.id}",
                {p.id: p.name for p in projects},
                leaving=row.id,
                offered=offered,
                whole=True,
            )
        else:
            st.caption(plain(_("名下没有项目。")))
    with right:
        with st.expander(_("修改资料")):
            typed = fields(f"officer-{row.id}-{nonce(f'officer-{row.id}')}", row)
            if typed is not None:
                with speaking(say):
                    edit_officer(actor, row.id, typed)
                    renew(f"officer-{row.id}")
                    saved(_("已保存。"))
                    st.rerun()
        if may(actor, Verb.USER_ADMIN):
            account(row)
        post(row)


def in_hand(projects: list[HeldProject], on: date) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                _("项目"): [p.name for p in projects],
                _("角色"): [_(OFFICER_ROLE_LABELS[p.role]) for p in projects],
                _("开始日期"): [day(p.from_on, year=on.year) for p in projects],
            }
        ),
        hide_index=True,
        height="content" if len(projects) <= 12 else 440,
        alt=_("名下项目"),
    )


def account(row: OfficerRow) -> None:
    with reading() as session:
        offered = dict(accounts_to_link(session, actor, row.id))
    known = list(offered)
    with st.expander(_("登录账号")), st.form(f"account-{row.id}", border=False):
        chosen = st.selectbox(
            say["user_id"],
            known,
            index=known.index(row.user_id) if row.user_id in offered else None,
            format_func=lambda i: offered[i],
            placeholder=_("不关联"),
            key=f"account-{row.id}-user",
        )
        if st.form_submit_button(_("保存")):
            with speaking(say):
                link_account(actor, row.id, chosen)
                saved(_("已保存。"))
                st.rerun()


def post(row: OfficerRow) -> None:
    """Out of post and back; his projects stay his until each is handed over."""
    if not row.active:
        if st.button(_("恢复在岗")):
            with speaking():
                reactivate_officer(actor, row.id)
                saved(_("{name}已恢复在岗。", name=row.name))
                st.rerun()
        return
    with st.expander(_("停用")), st.form(f"stop-{row.id}-{nonce(f'stop-{row.id}')}", border=False):
        reason = st.text_input(_("原因"), max_chars=300, key=f"stop-{row.id}-reason")
        if st.form_submit_button(_("停用专员")):
            with speaking({"reason": _("原因")}):
                look_again(*deactivate_officer(actor, row.id, reason=reason or ""))
                renew(f"stop-{row.id}")
                saved(_("{name}已停用，名下项目请移交他人。", name=row.name))
                st.rerun()


chosen_officer = record_id()
if chosen_officer is not None:
    one(chosen_officer)
else:
    everyone()
