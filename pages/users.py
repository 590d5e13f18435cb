"""账号与权限: who may sign in, as what, from where; the administrator's desk."""

from __future__ import annotations

import streamlit as st

from crm.core import accounts
from crm.core.access import Verb
from crm.core.db import reading
from crm.core.errors import Conflict
from crm.core.i18n import LANGUAGES, _
from crm.core.places import departments, towns
from crm.ui import conflict, links
from crm.ui.forms import nonce, renew
from crm.ui.paging import PER_PAGE, page_number, pager
from crm.ui.session import allowed, record_id
from crm.ui.show import empty, head, saved, speaking
from crm.ui.words import moment, plain
from models.vocabulary import ROLE_LABELS, Role

actor = allowed(Verb.USER_ADMIN)
LABELS = {
    "login": _("登录名"),
    "name": _("姓名"),
    "role": _("角色"),
    "town_id": _("镇街"),
    "department_id": _("部门"),
    "phone": _("电话"),
    "language": _("界面语言"),
    "active": _("可以登录"),
}
with reading() as session:
    town_names, department_names = towns(session), departments(session)


def place_name(field: str, key: int) -> str:
    return (town_names if field == "town_id" else department_names).get(key, "")


def fields(key: str, row: accounts.UserRow | None) -> accounts.UserForm:
    """The inputs of an account, filled from `row` when there is one."""
    left, right = st.columns(2, wrap=True)
    roles = list(accounts.SIGN_IN_ROLES)
    with left:
        login = st.text_input(LABELS["login"], row.login if row else "", max_chars=60, key=f"{key}-login")
        name = st.text_input(LABELS["name"], row.name if row else "", max_chars=60, key=f"{key}-name")
        role = st.selectbox(
            LABELS["role"],
            roles,
            index=roles.index(row.role) if row else None,
            format_func=lambda r: _(ROLE_LABELS[r]),
            placeholder=_("请选择"),
            key=f"{key}-role",
        )
        phone = st.text_input(LABELS["phone"], row.phone if row else "", max_chars=30, key=f"{key}-phone")
    with right:
        town = _choice("town_id", town_names, row.town_id if row else None, key)
        department = _choice("department_id", department_names, row.department_id if row else None, key)
        language = st.selectbox(
            LABELS["language"],
            list(LANGUAGES),
            index=list(LANGUAGES).index(row.language) if row else 0,
            format_func=lambda code: LANGUAGES[code],
            key=f"{key}-language",
        )
        active = st.checkbox(LABELS["active"], row.active if row else True, key=f"{key}-active")
    return accounts.UserForm(
        login=login,
        name=name,
        role=role or Role.SYSTEM,  # refused by the action with a sentence
        town_id=town,
        department_id=department,
        phone=phone,
        language=language,
        active=active,
    )


def _choice(field: str, names: dict[int, str], current: int | None, key: str) -> int | None:
    options = list(names)
    return st.selectbox(
        LABELS[field],
        options,
        index=options.index(current) if current in names else None,
        format_func=lambda i: names[i],
        placeholder=_("无"),
        key=f"{key}-{field}",
    )


def show_once(login: str, password: str) -> None:
    st.session_state["_once"] = (login, password)


def one_account(user_id: int) -> None:
    """One account: its fields, password, signed-in browsers and officer record."""
    links.link(_("全部账号"), "users", icon=":material/arrow_back:")
    with speaking():
        with reading() as session:
            row = accounts.user(session, actor, user_id)
            browsers = accounts.sessions_of(session, actor, user_id)
            officers = accounts.officers_to_link(session, actor, user_id)
        head(row.name, f"{row.login} · {_(ROLE_LABELS[row.role])}")
        told_once()
        edit(row)
        left, right = st.columns(2, gap="large", wrap=True)
        with left:
            password_box(row)
            officer_box(row, officers)
        with right:
            browser_box(row, browsers)


def edit(row: accounts.UserRow) -> None:
    form = f"user-{row.id}"
    opened_slot = f"_opened:{form}:{nonce(form)}"
    # The values the form was opened with: what somebody else saves meanwhile must be noticed.
    opened: accounts.UserRow = st.session_state.setdefault(opened_slot, row)
    before = {f: getattr(opened, f) for f in accounts.UserForm.model_fields}
    waiting = conflict.pending(form)

    def save(typed: accounts.UserForm, base: dict[str, object], version: int) -> None:
        with speaking(LABELS):
            try:
                accounts.edit_user(actor, row.id, typed, opened=base, version=version)
            except Conflict as clash:
                conflict.remember(form, clash)
                st.session_state[f"_typed:{form}"] = typed
                st.rerun()
            conflict.forget(form)
            st.session_state.pop(opened_slot, None)
            renew(form)
            saved(_("{name}的账号已保存，立即生效。", name=typed.name))
            st.rerun()

    if waiting is not None:
        chosen = conflict.resolve(waiting, LABELS, record="user_account", key=form, names=place_name)
        if chosen is not None:
            typed = st.session_state[f"_typed:{form}"].model_copy(update=chosen)
            save(typed, before | {c.field: c.stored for c in waiting.clashes}, waiting.stored_version)
    with st.form(f"{form}-{nonce(form)}"):
        typed = fields(f"{form}-{nonce(form)}", opened)
        if st.form_submit_button(_("保存"), type="primary"):
            save(typed, before, opened.version)


def password_box(row: accounts.UserRow) -> None:
    st.subheader(_("密码"), anchor=False)
    if row.locked_until:
        st.warning(_("连续输错密码，锁定到 {at}。重设密码可立即解锁。", at=moment(row.locked_until)))
    if st.button(_("重设为一次性密码"), icon=":material/key:"):
        with speaking():
            show_once(row.login, accounts.set_password(actor, row.id))
            st.rerun()
    st.caption(plain(_("新密码只显示一次；本人登录后须先改成自己的密码。")))


def officer_box(row: accounts.UserRow, officers: list[tuple[int, str]]) -> None:
    if row.role is not Role.OFFICER:
        return
    st.subheader(_("对应的联络专员"), anchor=False)
    if row.officer_id is None:
        st.caption(plain(_("台账里的专员先于账号存在；关联后，他名下的项目才归这个账号。")))
    names = dict(officers)
    options = list(names)
    chosen = st.selectbox(
        _("联络专员"),
        options,
        index=options.index(row.officer_id) if row.officer_id in names else None,
        format_func=lambda i: names[i],
        placeholder=_("请选择"),
        key=f"officer-{row.id}",
    )
    if chosen != row.officer_id and st.button(_("保存关联"), key=f"link-{row.id}"):
        with speaking():
            accounts.link_officer(actor, row.id, chosen)
            saved(_("账号与专员已关联。"))
            st.rerun()


def browser_box(row: accounts.UserRow, browsers: list[accounts.SessionRow]) -> None:
    st.subheader(_("登录中的浏览器"), anchor=False)
    if not browsers:
        st.caption(plain(_("目前没有登录。")))
        return
    if st.button(_("全部退出"), icon=":material/logout:"):
        with speaking():
            accounts.end_sessions(actor, row.id)
            saved(_("{name}的所有登录已退出。", name=row.name))
            st.rerun()
    for browser in browsers:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{plain(browser.address or _('地址不明'))}**  \n"
                + plain(_("{at} 最近使用", at=moment(browser.seen_at)))
            )
            if st.button(_("退出"), key=f"end-{browser.id}"):
                with speaking():
                    accounts.end_sessions(actor, row.id, session_id=browser.id)
                    saved(_("那个浏览器已退出登录。"))
                    st.rerun()


def told_once() -> None:
    """The one-time password, shown on this run only."""
    once = st.session_state.pop("_once", None)
    if once:
        st.success(_("一次性密码（只显示这一次，请当面或电话告诉本人）："), icon=":material/key:")
        st.code(f"{once[0]}    {once[1]}", language=None)


@st.dialog(_("开通账号"), width="large")
def new_account() -> None:
    form = "user-new"
    with st.form(f"{form}-{nonce(form)}", border=False):
        typed = fields(f"{form}-{nonce(form)}", None)
        if st.form_submit_button(_("开通"), type="primary"):
            with speaking(LABELS):
                user_id, once = accounts.create_user(actor, typed)
                show_once(typed.login, once)
                renew(form)
                saved(_("{name}的账号已开通。", name=typed.name))
                st.query_params["id"] = str(user_id)
                st.rerun()


def all_accounts() -> None:
    if head(_("账号与权限"), _("谁可以登录，能看到什么")).button(
        _("开通账号"), type="primary", icon=":material/person_add:"
    ):
        new_account()
    told_once()
    first, second, third = st.columns([2, 1, 1], wrap=True)
    search = first.text_input(_("搜索"), placeholder=_("姓名或登录名"), bind="query-params", key="q")
    role = second.selectbox(
        _("角色"),
        list(accounts.SIGN_IN_ROLES),
        index=None,
        format_func=lambda r: _(ROLE_LABELS[r]),
        placeholder=_("全部"),
    )
    state = third.selectbox(
        _("状态"),
        [True, False],
        index=None,
        format_func=lambda a: _("可以登录") if a else _("已停用"),
        placeholder=_("全部"),
    )
    with reading() as session:
        rows, total = accounts.users(
            session, actor, search=search, role=role, active=state, page=page_number("users-page")
        )
    if not rows:
        empty(_("没有符合条件的账号。"))
        return
    picked = st.dataframe(
        [
            {
                _("姓名"): r.name,
                _("登录名"): r.login,
                _("角色"): _(ROLE_LABELS[r.role]),
                _("镇街或部门"): r.town or r.department,
                _("状态"): _("可以登录") if r.active else _("已停用"),
                _("登录中"): r.open_sessions,
                _("最近登录"): moment(r.last_sign_in_at),
            }
            for r in rows
        ],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"users-table-{nonce('users-table')}",
    )
    if picked.selection.rows:
        renew("users-table")  # coming back, no row is chosen
        links.go("users", id=rows[picked.selection.rows[0]].id)
    st.caption(plain(_("共{n}个账号", n=total)))
    pager(total, key="users-page", per_page=PER_PAGE)


chosen_id = record_id()
if chosen_id is None:
    all_accounts()
else:
    one_account(chosen_id)
