"""What the reader asks of the list of cases: search, lights, the rest behind one button, all of it in the URL.

Other screens link here with filters that have no box of their own (a step's waiting, a range of days):
every filter that is set is said in words, and a press takes it away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

import streamlit as st

from crm.approvals import queries
from crm.approvals.queries import CaseFilter, Range, Span
from crm.approvals.queries.case_filter import ALL, CLOSED, NOBODY, OPEN, RETURNED, SORT_LABELS
from crm.approvals.supervision_rules import SIGN_LABELS
from crm.core import places
from crm.core.db import reading
from crm.core.i18n import _, language
from crm.ui.case_parts.desk import Desk
from crm.ui.project_parts import asking
from crm.ui.show import LIGHT_SHAPES
from models.vocabulary import (
    CASE_OUTCOME_LABELS,
    CASE_ROUTE_LABELS,
    CASE_SOURCE_LABELS,
    CASE_STATE_LABELS,
    LIGHT_LABELS,
    PROCEDURE_KIND_LABELS,
    CaseState,
    Light,
)

MONTHS_OFFERED = 24
_ON_THE_BAR = frozenset({"text", "light", "sort", "state"})


def filter_bar(desk: Desk, *, counts: Callable[[CaseFilter], Mapping[str, int]]) -> CaseFilter:
    """Ask; returns what is asked."""
    asked = CaseFilter.read(asking.query())
    with reading() as session:
        items, towns = queries.items_of_cases(session), places.towns(session)
        departments = places.departments(session)
        named = queries.names_asked(session, desk.actor, asked)
    with st.container(horizontal=True, vertical_alignment="center", key="ask-bar"):
        with st.container(width=280):
            asking.text(_("搜索"), "text", placeholder=_("编号、事项、企业或项目"))
        with st.container(width=130):
            _state(asked)
        behind = [name for name in asked.query() if name not in _ON_THE_BAR]
        label = _("筛选（{n}）", n=len(behind)) if behind else _("筛选")
        with st.popover(label, icon=":material/filter_list:", type="primary" if behind else "secondary"):
            if desk.actor.department_id is not None:
                asking.choose(_("范围"), "mine", {"yes": _("本部门办理的")})
            asking.choose(_("事项"), "item_id", {str(i): n for i, n in items.items()})
            asking.choose(_("部门"), "department_id", _with_none(departments))
            asking.choose(_("镇街"), "town_id", _with_none(towns))
            months = _months(desk.today)
            asking.choose(_("收件月份"), "received", months)
            asking.choose(_("办结月份"), "decided", months)
            asking.choose(_("是否超期"), "late", {"yes": _("超期办结"), "no": _("按期办结")})
            asking.choose(_("补正"), "corrected", {"yes": _("有补正"), "no": _("无补正")})
            asking.choose(_("停表"), "stopped", {"yes": _("有停表"), "no": _("无停表")})
            asking.choose(_("特殊环节"), "procedure", asking.words(PROCEDURE_KIND_LABELS))
            asking.choose(_("督办标记"), "sign", asking.words(SIGN_LABELS))
            asking.choose(_("来源"), "source", asking.words(CASE_SOURCE_LABELS))
        with st.container(width=140):
            asking.choose(
                _("排序"), "sort", asking.words(SORT_LABELS), anything=_(SORT_LABELS[asked.order]), bare=True
            )
    if asked.state == OPEN or asked.light is not None:
        asking.pick(_("灯"), "light", _lights(counts(asked)))
    _said(asked, named)
    return asked


def _state(asked: CaseFilter) -> None:
    """The state asked for, said even where the URL says nothing."""
    words = {OPEN: _("在办"), CLOSED: _("已结"), RETURNED: _("退件"), ALL: _("全部")}
    words |= {state.value: _(CASE_STATE_LABELS[state]) for state in CaseState}
    key = "ask-state"
    st.session_state[key] = asked.state

    def put() -> None:
        st.query_params["state"] = str(st.session_state[key])
        for name in ("page", "light"):
            st.query_params.pop(name, None)

    st.selectbox(
        _("状态"),
        list(words),
        format_func=lambda value: words[value],
        label_visibility="collapsed",
        key=key,
        on_change=put,
    )


def _lights(counts: Mapping[str, int]) -> dict[str, str]:
    order = (Light.RED, Light.ORANGE, Light.YELLOW, Light.BLUE, Light.GREEN)
    return {
        light.value: f"{LIGHT_SHAPES[light][0]} {_(LIGHT_LABELS[light])} {counts.get(light.value, 0):,}"
        for light in order
    }


def _said(asked: CaseFilter, named: Mapping[str, str]) -> None:
    """The filters behind the button in words; a press takes one away."""
    query = asked.query()
    set_ = [each.name for each in fields(asked) if each.name in query and each.name not in _ON_THE_BAR]
    if not set_ and not query.keys() - {"state", "sort"}:
        return
    with st.container(horizontal=True, gap="small", key="asked-words"):
        for name in set_:
            st.button(
                in_words(asked, name, named),
                key=f"asked-{name}",
                icon=":material/close:",
                type="tertiary",
                on_click=_take_away,
                args=(name,),
            )
        st.button(_("全部清除"), type="tertiary", on_click=asking.clear, key="ask-clear")


def _take_away(name: str) -> None:
    for each in (name, "page"):
        st.query_params.pop(each, None)


def in_words(asked: CaseFilter, name: str, named: Mapping[str, str]) -> str:
    """One filter as a person would say it."""
    value = getattr(asked, name)
    if name in named:
        return named[name]
    if isinstance(value, Span):
        label = _("收件") if name == "received" else _("办结")
        return f"{label} {_span(value)}"
    if isinstance(value, Range):
        labels = {
            "running": _("办理用时"),
            "enterprise_time": _("企业用时"),
            "stopped_time": _("停表"),
            "total_time": _("全程天数"),
            "wait": _("环节前等待"),
        }
        return f"{labels[name]} {_range(value)}"
    if isinstance(value, bool):
        words = {
            "mine": (_("本部门办理的"), _("全部部门")),
            "late": (_("超期办结"), _("按期办结")),
            "corrected": (_("有补正"), _("无补正")),
            "stopped": (_("有停表"), _("无停表")),
            "own_late": (_("超受理系统期限"), _("在受理系统期限内")),
            "procedures": (_("有特殊环节"), _("无特殊环节")),
            "opened_late": (_("特殊环节启动超时"), _("特殊环节按时启动")),
            "untold": (_("停表未书面告知"), _("停表均已书面告知")),
        }
        return words[name][0 if value else 1]
    if value == NOBODY and name in ("department_id", "town_id"):
        return _("没有部门") if name == "department_id" else _("没有镇街")
    closed_lists: dict[str, Mapping[Any, str]] = {
        "sign": SIGN_LABELS,
        "source": CASE_SOURCE_LABELS,
        "outcome": CASE_OUTCOME_LABELS,
        "route": CASE_ROUTE_LABELS,
        "procedure": PROCEDURE_KIND_LABELS,
    }
    if name in closed_lists:
        return _(closed_lists[name][value])
    ids = {
        "item_id": _("事项"),
        "department_id": _("部门"),
        "town_id": _("镇街"),
        "officer_id": _("专员"),
        "enterprise_id": _("企业"),
        "project_id": _("项目"),
        "batch_id": _("导入批次"),
        "step": _("环节"),
    }
    return f"{ids[name]} {value}"


def _span(span: Span) -> str:
    first, last = span.first, span.last
    if first is not None and last is not None:
        whole_months = first.day == 1 and (last + timedelta(days=1)).day == 1
        if whole_months:
            one = (first.year, first.month) == (last.year, last.month)
            return _month(first) if one else f"{_month(first)}—{_month(last)}"
        return f"{first}" if first == last else f"{first}—{last}"
    return _("{day}起", day=first) if first is not None else _("{day}止", day=last)


def _range(asked: Range) -> str:
    if asked.least is not None and asked.most is not None:
        n = str(asked.least) if asked.least == asked.most else f"{asked.least}—{asked.most}"
        return _("{n}个工作日", n=n)
    if asked.least is not None:
        return _("{n}个工作日以上", n=asked.least)
    return _("{n}个工作日以内", n=asked.most)


def _month(day: date) -> str:
    return f"{day:%Y-%m}" if language() == "en" else f"{day.year}年{day.month}月"


def _months(today: date) -> dict[str, str]:
    """URL value -> words of the last months, this one first."""
    found: dict[str, str] = {}
    day = today.replace(day=1)
    for _n in range(MONTHS_OFFERED):
        found[str(Span.read(f"{day:%Y-%m}"))] = _month(day)
        day = (day - timedelta(days=1)).replace(day=1)
    return found


def _with_none(names: Mapping[int, str]) -> dict[str, str]:
    return {**{str(i): n for i, n in names.items()}, str(NOBODY): _("（未填）")}
