"""联络专员的工作台: what will go wrong today if I do nothing?"""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.alerts.queries.lists import AlertFilter, AlertPage, count_alerts, list_alerts
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.queries import ProjectFilter, light_counts, list_projects
from crm.ui import links
from crm.ui.home_parts import alert_lines
from crm.ui.home_parts.common import greeting, log_visit_button, promise_line, visit_due_line
from crm.ui.project_parts import asking, rows
from crm.ui.show import empty, head
from crm.ui.words import plain
from crm.visits.queries import DueVisit, PromiseRow, due_promises, due_visits

TODAY_LINES = 8
PER_PAGE = 10
PRESSING = AlertFilter(mine=True, pressing=True)


def show(actor: Actor, today: date) -> None:
    with reading() as session:
        pressing = list_alerts(session, actor, PRESSING, per_page=TODAY_LINES)
        all_mine = count_alerts(session, actor, AlertFilter(mine=True)).total
        promises = due_promises(session, actor, today)
        visits = due_visits(session, actor, today)
    due_now = [p for p in promises if p.due_on is not None and p.due_on <= today]
    later = [p for p in promises if p.due_on is not None and p.due_on > today]
    wrong = pressing.total + len(due_now)

    told = _("今天{n}件会出问题", n=wrong) if wrong else _("今天没有会出问题的事")
    right = head(_("{hello}，{told}", hello=greeting(), told=told))
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        log_visit_button()
    _today(actor, today, pressing, due_now, all_mine)
    if later or visits:
        _coming(today, later, visits)
    _my_projects(actor, today)


def _today(actor: Actor, today: date, pressing: AlertPage, due_now: list[PromiseRow], all_mine: int) -> None:
    st.subheader(_("今天要办"), anchor=False)
    if pressing.rows:
        alert_lines.lines(pressing.rows, actor, today, key="today")
    if due_now:
        with st.container(border=True, gap="small"):
            for promise in due_now:
                promise_line(promise, today)
    if not pressing.rows and not due_now:
        empty(_("今天没有逾期或到期的事。可以看看快到期的，或走访一家企业。"))
    with st.container(horizontal=True):
        if pressing.total > len(pressing.rows):
            links.link(_("今天要办的全部{n}条", n=pressing.total), "alerts", **PRESSING.query())
        if all_mine:
            links.link(_("通知我的全部预警{n}条", n=all_mine), "alerts", mine=1)


def _coming(today: date, later: list[PromiseRow], visits: tuple[DueVisit, ...]) -> None:
    st.subheader(_("七天内"), anchor=False)
    with st.container(border=True, gap="small"):
        for promise in later:
            promise_line(promise, today)
        for visit in visits:
            visit_due_line(visit, today)


def _my_projects(actor: Actor, today: date) -> None:
    asked = ProjectFilter.read(asking.query()).but(officer_id=actor.officer_id)
    if actor.officer_id is None:
        st.subheader(_("我的项目"), anchor=False)
        empty(_("您的账号还没有关联专员，请联系管理员关联后再看名下项目。"))
        return
    with reading() as session:
        counts = light_counts(session, actor, asked, today=today)
        found = list_projects(session, actor, asked, page=asking.page_asked(), today=today, per_page=PER_PAGE)
    st.subheader(_("我的项目 {n}", n=found.total), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        asking.pick(_("灯"), "light", asking.lights(counts))
        asking.pick(_("等谁"), "waiting", asking.waiting_words(actor))
        st.caption(plain(_("排序：最先到期")))
    if found.rows:
        rows.listing(found.rows, today, key="my-projects")
        asking.pages(found.total, PER_PAGE)
    elif asked.but(officer_id=None).query():
        empty(_("没有符合条件的项目，换一个灯或等谁看看。"))
    else:
        empty(_("您名下还没有项目。请联系督办为您指派项目。"))
