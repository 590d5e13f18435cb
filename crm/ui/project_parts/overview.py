"""概况: who is behind the project, what it builds, who answers for it; editing all of it."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.core.access import Actor, Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.actions.officers import assign, end_assignment
from crm.projects.actions.register import add_department_contact, remove_department_contact
from crm.projects.gates import GATES
from crm.projects.inputs import AssignForm, DepartmentContactForm, EndAssignment
from crm.projects.queries import OfficerLine, ProjectCard, choices, enterprise_names, project_moves
from crm.ui import links
from crm.ui.forms import nonce, renew
from crm.ui.project_parts import forms
from crm.ui.project_parts.boxes import box, close_box, open_box
from crm.ui.show import saved, speaking
from crm.ui.words import NOTHING, day, plain, wan
from models.vocabulary import (
    OFFICER_ROLE_LABELS,
    PLAN_CLASS_LABELS,
    PROJECT_TYPE_LABELS,
    STAGE_LABELS,
    DatePrecision,
    OfficerRole,
)


def overview(actor: Actor, card: ProjectCard, today: date) -> None:
    """The tab. Two columns on a desk, one on a phone."""
    if st.session_state.get(f"_editing:{card.id}"):
        with reading() as session:
            offered, firms = choices(session), enterprise_names(session, actor)
        forms.edit(actor, card, offered, firms, today)
        return
    left, right = st.columns(2, gap="large", wrap=True)
    with left:
        _what(card)
        _passed(actor, card)
    with right:
        _who(actor, card, today)


def _lines(rows: list[tuple[str, str]]) -> None:
    """Label and value, one a line; values are plain text. Empty ones are not shown."""
    st.markdown(
        "  \n".join(
            f":gray[{plain(name)}]\u2003{plain(' '.join(value.split()))}"
            for name, value in rows
            if value and value != NOTHING
        )
        or plain(_("尚未填写。"))
    )


def _what(card: ProjectCard) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_("建设内容"), anchor=False)
        if Verb.PROJECT_EDIT in card.may:
            st.button(
                _("修改"),
                icon=":material/edit:",
                type="tertiary",
                key="edit-project",
                on_click=lambda: st.session_state.update({f"_editing:{card.id}": True}),
            )
    now, say = card.fields, forms.labels()

    def promised(name: str, precision: str) -> str:
        return day(now[name], precision=now[precision] or DatePrecision.DAY)

    _lines(
        [
            (say["project_code"], now["project_code"] or ""),
            (say["project_type"], _(PROJECT_TYPE_LABELS[now["project_type"]])),
            (say["plan_class"], _(PLAN_CLASS_LABELS[now["plan_class"]]) if now["plan_class"] else ""),
            (_("总投资"), wan(now["total_wan"])),
            (say["industry"], now["industry"]),
            (say["site"], now["site"]),
            (say["land_mu"], f"{now['land_mu'].normalize():f}" if now["land_mu"] is not None else ""),
            (
                say["building_sqm"],
                f"{now['building_sqm'].normalize():f}" if now["building_sqm"] is not None else "",
            ),
            (say["capacity"], now["capacity"]),
            (say["start_on"], promised("start_on", "start_precision")),
            (say["started_on"], day(now["started_on"])),
            (say["finish_on"], promised("finish_on", "finish_precision")),
            (say["finished_on"], day(now["finished_on"])),
            (say["production_on"], day(now["production_on"])),
            (say["produced_on"], day(now["produced_on"])),
            (say["remark"], now["remark"]),
            *((str(name), str(value)) for name, value in dict(now["extra"] or {}).items()),
        ]
    )


def _passed(actor: Actor, card: ProjectCard) -> None:
    """How the project came to its stage, with what an override walked past."""
    with reading() as session:
        moves = project_moves(session, actor, card.id)
    if not moves:
        return
    labels = {r.code: _(r.label) for r in GATES}
    with st.expander(_("阶段经过（{n}）", n=len(moves)), icon=":material/route:"):
        for move in moves:
            words = _(
                "{on} {a} → {b}，{who}",
                on=day(move.moved_on),
                a=_(STAGE_LABELS[move.from_stage]),
                b=_(STAGE_LABELS[move.to_stage]),
                who=move.by or _("系统"),
            )
            st.markdown(plain(words) + (f" :orange-badge[{_('越过门槛')}]" if move.overridden else ""))
            missing = "、".join(labels.get(code, code) for code in move.missing)
            said = [move.note, _("当时尚缺：{what}", what=missing) if missing else ""]
            if any(said):
                st.caption(plain(" · ".join(s for s in said if s)))


def _who(actor: Actor, card: ProjectCard, today: date) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_("联络专员"), anchor=False)
        if Verb.PROJECT_ASSIGN in card.may:
            st.button(
                _("指派/更换"),
                icon=":material/person_add:",
                type="tertiary",
                key="assign-officer",
                on_click=open_box,
                args=(f"assign-{card.id}",),
            )
    present = [o for o in card.officers if o.to_on is None]
    if not present:
        st.warning(plain(_("没有在岗的联络专员。")))
    for officer in present:
        _officer(officer, card, today)
        if officer.note:
            st.caption(plain(officer.note))
    past = [o for o in card.officers if o.to_on is not None]
    if past:
        with st.expander(_("历任（{n}）", n=len(past))):
            for officer in past:
                st.markdown(
                    plain(
                        _(
                            "{name}（{role}）{a} 至 {b}",
                            name=officer.name,
                            role=_(OFFICER_ROLE_LABELS[officer.role]),
                            a=day(officer.from_on),
                            b=day(officer.to_on),
                        )
                    )
                )
                if officer.note:
                    st.caption(plain(officer.note))
    box(f"assign-{card.id}", _("指派专员"), lambda: _assign(actor, card, today))
    for officer in present:
        box(f"end-{officer.assignment_id}", _("结束任期"), lambda o=officer: _end(actor, card, o, today))  # type: ignore[misc]

    st.subheader(_("企业与部门"), anchor=False)
    if card.enterprise_id:
        links.link(plain(card.enterprise), "enterprise", icon=":material/domain:", id=card.enterprise_id)
    _lines(
        [
            (_("统一社会信用代码"), card.credit_code or ""),
            *((_("企业联系人"), " ".join(p for p in (c.name, c.title, c.phone) if p)) for c in card.contacts),
            (_("责任单位"), card.fields["lead_unit"]),
            (_("牵头部门"), card.lead_department),
            (_("挂点领导"), card.fields["leader"]),
            *(
                (_("部门联络员"), f"{department} {c.name} {c.phone}")
                for department, c in card.department_contacts
            ),
        ]
    )
    if Verb.PROJECT_EDIT in card.may:
        st.button(
            _("部门联络员"),
            icon=":material/group_add:",
            type="tertiary",
            key="department-contacts",
            on_click=open_box,
            args=(f"liaison-{card.id}",),
        )
        box(f"liaison-{card.id}", _("部门联络员"), lambda: _liaison(actor, card))


def _officer(officer: OfficerLine, card: ProjectCard, today: date) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        words = _(
            "{role} {name}，{since}起",
            role=_(OFFICER_ROLE_LABELS[officer.role]),
            name=officer.name,
            since=day(officer.from_on, year=today.year),
        )
        st.markdown(plain(words) + ("" if officer.active else f" :orange-badge[{_('账号已停用')}]"))
        if Verb.PROJECT_ASSIGN in card.may:
            st.button(
                _("结束"),
                type="tertiary",
                key=f"end-{officer.assignment_id}",
                on_click=open_box,
                args=(f"end-{officer.assignment_id}",),
            )


def _assign(actor: Actor, card: ProjectCard, today: date) -> None:
    """A lead replaced ends the day before; the first assignment's date survives."""
    with reading() as session:
        officers = dict(choices(session).officers)
    form = f"assign-{card.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        officer = st.selectbox(
            _("专员"),
            list(officers),
            index=None,
            format_func=lambda i: officers[i],
            placeholder=_("输入姓名"),
            key="assign-officer-id",
        )
        role = st.radio(
            _("角色"),
            list(OfficerRole),
            format_func=lambda r: _(OFFICER_ROLE_LABELS[r]),
            horizontal=True,
            key="assign-role",
        )
        from_on = st.date_input(_("开始日期"), today, key="assign-from")
        note = st.text_area(
            _("交接说明"),
            max_chars=500,
            key="assign-note",
            placeholder=_("更换牵头专员时必填：交接了哪些未完事项"),
        )
        pressed = st.form_submit_button(_("指派"), type="primary")
    if pressed and (officer is None or role is None):
        st.error(plain(_("请选择专员和角色。")))
    elif pressed and officer is not None and role is not None:
        with speaking():
            assign(
                actor,
                AssignForm(
                    project_id=card.id, officer_id=officer, role=role, from_on=from_on, note=note or ""
                ),
                today=today,
            )
            renew(form)
            close_box()
            saved(_("已指派{name}。", name=officers[officer]), project_id=card.id)
            st.rerun()


def _end(actor: Actor, card: ProjectCard, officer: OfficerLine, today: date) -> None:
    form = f"end-{officer.assignment_id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        st.markdown(
            plain(
                _("{name}不再负责这个项目。没有其他专员时，项目会列入“无在岗专员”清单。", name=officer.name)
            )
        )
        to_on = st.date_input(_("最后一天"), today, key=f"{form}-to")
        note = st.text_area(_("交接说明"), max_chars=500, key=f"{form}-note")
        pressed = st.form_submit_button(_("结束任期"), type="primary")
    if pressed:
        with speaking():
            end_assignment(
                actor,
                EndAssignment(assignment_id=officer.assignment_id, to_on=to_on, note=note or ""),
                today=today,
            )
            renew(form)
            close_box()
            saved(_("任期已结束。"), project_id=card.id)
            st.rerun()


def _liaison(actor: Actor, card: ProjectCard) -> None:
    for department, contact in card.department_contacts:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(plain(f"{department} {contact.name} {contact.phone}"))
            if st.button(_("移除"), type="tertiary", key=f"liaison-{contact.id}"):
                with speaking():
                    remove_department_contact(actor, contact.id)
                    saved(_("已移除。"))
                    st.rerun()
    with reading() as session:
        departments = dict(choices(session).departments)
    form = f"liaison-{card.id}"
    with st.form(f"{form}-{nonce(form)}", border=False):
        department_id = st.selectbox(
            _("部门"), list(departments), format_func=lambda i: departments[i], key="liaison-department"
        )
        name = st.text_input(_("姓名"), max_chars=60, key=f"liaison-name-{nonce(form)}")
        phone = st.text_input(_("联系电话"), max_chars=30, type="phone", key=f"liaison-phone-{nonce(form)}")
        pressed = st.form_submit_button(_("添加"), type="primary")
    if pressed:
        with speaking():
            add_department_contact(
                actor,
                DepartmentContactForm(
                    project_id=card.id, department_id=department_id, name=name or "", phone=phone or ""
                ),
            )
            renew(form)
            saved(_("已添加部门联络员。"))
            st.rerun()
