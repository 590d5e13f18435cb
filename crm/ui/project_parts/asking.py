"""What the reader asks of a list, kept in the URL: it can be bookmarked, shared, refreshed and gone back to.

The URL is the truth on every run; a widget writes to it when it changes, and the page starts again at 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from crm.core.access import Actor
from crm.core.i18n import _
from crm.projects.queries import (
    MARK_LABELS,
    SORT_LABELS,
    Choices,
    Mark,
    ProjectFilter,
    Sort,
    Waiting,
)
from crm.ui.forms import nonce, renew
from crm.ui.show import LIGHT_SHAPES
from models.vocabulary import (
    CATEGORY_LABELS,
    LEVEL_LABELS,
    LIGHT_LABELS,
    PROJECT_STATUS_LABELS,
    STAGE_LABELS,
    Category,
    Level,
    Light,
    ProjectStatus,
    Role,
    Stage,
)


def query() -> dict[str, str]:
    """The URL's parameters as they stand."""
    return {name: str(st.query_params[name]) for name in st.query_params}


def _put(name: str, key: str) -> None:
    value = st.session_state.get(key)
    if value in (None, "", "None"):
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = str(value)
    st.query_params.pop("page", None)


def text(label: str, name: str, *, placeholder: str = "") -> str:
    """A search box bound to the URL."""
    key = f"ask-{name}"
    st.session_state[key] = query().get(name, "")
    st.text_input(
        label,
        key=key,
        type="search",
        placeholder=placeholder,
        label_visibility="collapsed",
        icon=":material/search:",
        max_chars=100,
        on_change=_put,
        args=(name, key),
    )
    return str(st.session_state[key] or "")


def choose(
    label: str, name: str, options: Mapping[str, str], *, anything: str = "", bare: bool = False
) -> str:
    """A select box bound to the URL; `options` are URL value -> words. Returns "" when nothing is asked."""
    key = f"ask-{name}"
    now = query().get(name, "")
    st.session_state[key] = now if now in options else None
    st.selectbox(
        label,
        list(options),
        index=None,
        format_func=lambda value: options[value],
        placeholder=anything or _("不限"),
        label_visibility="collapsed" if bare else "visible",
        key=key,
        on_change=_put,
        args=(name, key),
    )
    return str(st.session_state[key] or "")


def pick(label: str, name: str, options: Mapping[str, str]) -> str:
    """Pills bound to the URL, none or one chosen."""
    key = f"ask-{name}"
    now = query().get(name, "")
    st.session_state[key] = now if now in options else None
    st.pills(
        label,
        list(options),
        format_func=lambda value: options[value],
        key=key,
        label_visibility="collapsed",
        on_change=_put,
        args=(name, key),
    )
    return str(st.session_state[key] or "")


def page_asked() -> int:
    """1-based page of the list."""
    raw = query().get("page", "1")
    return int(raw) if raw.isascii() and raw.isdigit() and 0 < len(raw) < 6 else 1


def pages(total: int, per_page: int, *, counted: bool = True) -> None:
    """The pagination under a list, bound to the URL. `counted` False where the list itself says how many."""
    number = max(1, -(-total // per_page))
    if number == 1:
        return

    page = min(page_asked(), number)
    key = f"ask-page-{nonce('ask-page')}"
    # Its value cannot be set once it exists, so where the URL moved without it, another takes its place.
    if st.session_state.get(key, page) != page:
        renew("ask-page")
        key = f"ask-page-{nonce('ask-page')}"

    def turn() -> None:
        st.query_params["page"] = str(st.session_state[key])

    with st.container(horizontal=True, vertical_alignment="center"):
        st.pagination(number, default=page, key=key, on_change=turn, max_visible_pages=5)
        if counted:
            st.caption(_("共{n}项", n=total))


def clear() -> None:
    for name in list(st.query_params):
        st.query_params.pop(name, None)


def words(labels: Mapping[Any, str], members: Sequence[Any] | None = None) -> dict[str, str]:
    """URL value -> words of a closed list, in its own order."""
    return {str(int(m) if isinstance(m, Stage) else m): _(labels[m]) for m in (members or list(labels))}


def lights(counts: Mapping[str, int] | None = None) -> dict[str, str]:
    """The lights as pills: shape, word and how many."""
    order = (Light.RED, Light.ORANGE, Light.YELLOW, Light.GREEN, Light.GREY)
    return {
        light.value: f"{LIGHT_SHAPES[light][0]} {_(LIGHT_LABELS[light])}"
        + (f" {counts[light.value]}" if counts is not None else "")
        for light in order
    }


def waiting_words(actor: Actor) -> dict[str, str]:
    """等我 is offered to those who can hold the ball themselves."""
    offered = {
        Waiting.ME.value: _("等我"),
        Waiting.OFFICER.value: _("等专员"),
        Waiting.DEPARTMENT.value: _("等部门"),
        Waiting.ENTERPRISE.value: _("等企业"),
    }
    if actor.role not in (Role.OFFICER, Role.DEPARTMENT):
        offered.pop(Waiting.ME.value)
    return offered


def filter_bar(
    actor: Actor,
    offered: Choices,
    *,
    counts: Callable[[ProjectFilter], Mapping[str, int]],
    stages: bool = True,
    marks: bool = True,
) -> tuple[ProjectFilter, Sort]:
    """Search, lights, who is waited for, and the rest behind one button. Returns what is asked.

    `stages`, `marks` False where the page asks for these itself.
    """
    asked = ProjectFilter.read(query())
    with st.container(horizontal=True, vertical_alignment="center", key="ask-bar"):
        with st.container(width=300):
            text(_("搜索"), "text", placeholder=_("项目、企业、拼音首字母、代码"))
        set_ = [n for n in asked.query() if n not in ("text", "light", "waiting")]
        label = _("筛选（{n}）", n=len(set_)) if set_ else _("筛选")
        with st.popover(label, icon=":material/filter_list:", type="primary" if set_ else "secondary"):
            if stages:
                choose(_("阶段"), "stage", words(STAGE_LABELS))
            choose(_("镇街"), "town_id", {str(i): n for i, n in offered.towns})
            choose(_("专员"), "officer_id", {str(i): n for i, n in offered.officers})
            choose(_("级别"), "level", words(LEVEL_LABELS, list(Level)))
            choose(_("类别"), "category", words(CATEGORY_LABELS, list(Category)))
            choose(_("状态"), "status", words(PROJECT_STATUS_LABELS, list(ProjectStatus)))
            if marks:
                choose(_("清单"), "mark", words(MARK_LABELS, list(Mark)))
        with st.container(width=140):
            sort = choose(
                _("排序"), "sort", words(SORT_LABELS, list(Sort)), anything=_("最先到期"), bare=True
            )
        if asked.query():
            st.button(_("清除"), type="tertiary", icon=":material/close:", on_click=clear, key="ask-clear")
    with st.container(horizontal=True, vertical_alignment="center"):
        pick(_("灯"), "light", lights(counts(asked)))
        pick(_("等谁"), "waiting", waiting_words(actor))
    return asked, Sort(sort) if sort else Sort.DUE
