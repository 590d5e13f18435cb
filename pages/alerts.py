"""预警: what is late or about to be, why, and what is done about it."""

from __future__ import annotations

import streamlit as st

from crm.alerts.queries.lists import (
    ALERT_SORT_LABELS,
    NO_DEPARTMENT,
    AlertFilter,
    AlertSort,
    count_alerts,
    list_alerts,
)
from crm.core.access import Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.queries import choices
from crm.ui import links
from crm.ui.home_parts import alert_lines
from crm.ui.project_parts import asking
from crm.ui.session import allowed, today
from crm.ui.show import LIGHT_SHAPES, empty, head
from crm.ui.words import day, plain
from models.vocabulary import (
    ALERT_KIND_LABELS,
    ALERT_STATE_LABELS,
    AlertKind,
    AlertState,
)

PER_PAGE = 20

actor = allowed(Verb.ALERT_VIEW)
now = today()

right = head(_("预警"))
with right, st.container(horizontal=True, horizontal_alignment="right"):
    alert_lines.scan_button(actor, now)

asked = AlertFilter.read(asking.query())
with reading() as session:
    offered = choices(session)
    by_kind = count_alerts(session, actor, asked.but(kind=None)).by_kind
    by_light = count_alerts(session, actor, asked.but(light=None)).by_light
    mine = count_alerts(session, actor, asked.but(mine=True)).total

with st.container(horizontal=True, vertical_alignment="center"):
    with st.container(width=300):
        asking.text(_("搜索"), "text", placeholder=_("项目、企业、拼音首字母、原因里的字"))
    hidden = [n for n in asked.query() if n in ("state", "department_id", "town_id")]
    label = _("筛选（{n}）", n=len(hidden)) if hidden else _("筛选")
    with st.popover(label, icon=":material/filter_list:", type="primary" if hidden else "secondary"):
        asking.choose(
            _("状态"),
            "state",
            asking.words(ALERT_STATE_LABELS, list(AlertState)),
            anything=_("未消除的"),
        )
        asking.choose(
            _("等哪个部门"),
            "department_id",
            {str(i): n for i, n in offered.departments} | {str(NO_DEPARTMENT): _("不等部门（专员或企业）")},
        )
        asking.choose(_("镇街"), "town_id", {str(i): n for i, n in offered.towns})
    with st.container(width=150):
        sort = asking.choose(
            _("排序"),
            "sort",
            asking.words(ALERT_SORT_LABELS, list(AlertSort)),
            anything=_("最要紧"),
            bare=True,
        )
    if asked.query():
        st.button(_("清除"), type="tertiary", icon=":material/close:", on_click=asking.clear, key="ask-clear")
with st.container(horizontal=True, vertical_alignment="center"):
    asking.pick(_("只看"), "mine", {"1": _("通知我的 {n}", n=mine)})
    asking.pick(
        _("灯"),
        "light",
        {
            light.value: f"{LIGHT_SHAPES[light][0]} {_(name)} {by_light[light]}"
            for light, name in alert_lines.ALERT_LIGHT_LABELS.items()
        },
    )
asking.pick(
    _("种类"),
    "kind",
    {
        kind.value: f"{_(ALERT_KIND_LABELS[kind])} {by_kind[kind]}"
        for kind in AlertKind
        if by_kind[kind] or asked.kind is kind
    },
)

told: list[str] = []
if asked.pressing:
    told.append(_("今天要处理：红灯和今天到期、还没有人认领的"))
if asked.raised_on:
    told.append(_("{day}发现的", day=day(asked.raised_on, year=now.year)))
if asked.late_from is not None:
    told.append(_("逾期{n}个工作日以上的", n=asked.late_from))
if told:
    st.caption(plain("；".join(told)))

with reading() as session:
    found = list_alerts(
        session,
        actor,
        asked,
        sort=AlertSort(sort) if sort else AlertSort.URGENT,
        page=asking.page_asked(),
        per_page=PER_PAGE,
    )

if not found.rows:
    if asked.query():
        empty(_("没有符合条件的预警。换个条件，或清除筛选。"))
    else:
        empty(_("目前没有预警，一切按计划推进。"), _("看项目清单"), links.to("projects"))
else:
    alert_lines.lines(found.rows, actor, now, key="alerts")
    asking.pages(found.total, PER_PAGE)
