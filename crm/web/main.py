"""What Streamlit runs for every page: who is here, the menu of his role, then the screen."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from crm.core import accounts, signin
from crm.core.access import Actor
from crm.core.i18n import LANGUAGES, _
from crm.core.state import LOW_DISK_MB, free_mb
from crm.ui.session import me, session_row_id
from crm.ui.show import show_saved
from crm.ui.words import plain
from crm.web.menu import MENU, PageSpec, offered
from models.vocabulary import ROLE_LABELS

ASSETS = Path(__file__).resolve().parent / "assets"
ACCOUNT = next(page for page in MENU if page.file == "account")


def navigation(actor: Actor) -> None:
    """The role's menu in sections; a record's own page exists but is not listed."""
    pages = offered(actor)
    first = accounts.must_change_password(actor)
    sections: dict[str, list[st.Page]] = {}
    for spec in pages:
        sections.setdefault(_(spec.section), []).append(_page(spec, default=spec is pages[0]))
    chosen = st.navigation(sections, position="hidden" if first else "sidebar", expanded=True)
    if first and chosen.url_path != ACCOUNT.file:
        st.switch_page(ACCOUNT.path)
    with st.sidebar:
        user_menu(actor)
    show_saved()
    banner()
    chosen.run()


def _page(spec: PageSpec, *, default: bool) -> st.Page:
    return st.Page(
        spec.path,
        title=_(spec.title),
        icon=spec.icon,
        url_path=spec.file,
        default=default,
        visibility="hidden" if spec.hidden and not default else "visible",
    )


def banner() -> None:
    """What everybody must know before he types: there is no room left to save it."""
    if free_mb() < LOW_DISK_MB:
        st.warning(
            plain(_("服务器磁盘空间不足，暂时可能无法保存。请联系管理员。")), icon=":material/disc_full:"
        )


def user_menu(actor: Actor) -> None:
    """Name, role, and the three things one does with one's own account."""
    other = next(code for code in LANGUAGES if code != actor.language)
    choices = {
        "account": _("我的账号与密码"),
        "language": LANGUAGES[other],
        "sign_out": _("退出登录"),
    }
    chosen = st.menu_button(
        plain(f"{actor.name} · {_(ROLE_LABELS[actor.role])}"),
        list(choices),
        format_func=lambda code: choices[code],
        icon=":material/account_circle:",
        type="tertiary",
        key="_user_menu",
    )
    if chosen == "account":
        st.switch_page(ACCOUNT.path)
    elif chosen == "language":
        accounts.set_language_of(actor, other)
        st.rerun()
    elif chosen == "sign_out":
        signin.sign_out(session_row_id())
        st.logout()  # sends the page to /auth/logout, which clears the dead cookie


st.set_page_config(page_title="会客厅 CRM", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), icon_image=str(ASSETS / "icon.svg"), size="large")
navigation(me())
