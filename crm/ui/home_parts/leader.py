"""领导的一页: are we on plan, what is red, what must I decide? Reads like a briefing.

Ten numbers in sentences, each the link to its own records; every number comes with the filter that
opens it (crm.projects.queries.summary).
"""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.alerts.queries.lists import AlertFilter, AlertRow, list_alerts
from crm.alerts.queries.waiting import MajorDemand, major_demands
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.queries import (
    Mark,
    ProjectFilter,
    ProjectRow,
    Sort,
    Summary,
    list_projects,
    summary,
)
from crm.projects.queries.lights import points_place
from crm.projects.rules import PACE_LABELS, Pace, pace_word
from crm.ui import links
from crm.ui.home_parts.alert_lines import why
from crm.ui.home_parts.briefs import latest
from crm.ui.home_parts.common import greeting
from crm.ui.show import empty, head, light
from crm.ui.words import day, pct, plain, yi
from models.vocabulary import PARTY_LABELS, Light

RED_LINES = 10
STUCK_WD = 5  # working days late: 专题调度 in the escalation ladder (house rule)
DECISIONS = 5


def show(actor: Actor, today: date) -> None:
    stuck_asked = AlertFilter(late_from=STUCK_WD, light=Light.RED)
    with reading() as session:
        whole = summary(session, actor, today)
        red_asked = whole.lights[Light.RED].opens
        red = list_projects(session, actor, red_asked, Sort.DUE, today=today, per_page=RED_LINES)
        stuck = list_alerts(session, actor, stuck_asked, per_page=DECISIONS)
        demands = major_demands(session, actor, limit=DECISIONS)

    head(_("{hello}，{name}", hello=greeting(), name=actor.name), day(today))
    if not whole.number:
        empty(_("重点项目库里还没有项目。台账导入后，这里就是全区的一页纸。"))
        return
    left, right = st.columns([5, 2], gap="large")
    with left:
        st.subheader(_("总体情况"), anchor=False)
        for paragraph in paragraphs(whole, today):
            st.markdown(paragraph)
        st.subheader(_("红灯项目 {n}", n=red.total), anchor=False)
        _red(red.rows, red.total, red_asked, today)
    with right:
        st.subheader(_("需要协调决定"), anchor=False)
        _decisions(stuck.rows, stuck.total, stuck_asked, demands, today)
        st.subheader(_("最新简报"), anchor=False)
        latest(actor)


def number(text: str, asked: ProjectFilter) -> str:
    """A number in a sentence that opens its records. `text` is ours, never typed by anybody."""
    return f"[**{plain(text)}**]({links.to('projects', **asked.query())})"


def paragraphs(whole: Summary, today: date) -> list[str]:
    """The register in ten numbers, as Markdown sentences."""
    marks, lights = whole.marks, whole.lights
    planned = marks[Mark.PLANNED].opens
    first = _(
        "今年安排重点项目{number}项，总投资{total}，年度计划投资{plan}。",
        number=number(str(whole.number), whole.opens),
        total=number(yi(whole.total_wan), whole.opens.but()),
        plan=number(yi(whole.plan_wan), planned),
    )
    if whole.month and whole.rate_pct is not None and whole.points is not None:
        word = pace_word(whole.points)
        against = _(PACE_LABELS[word])
        if word is not Pace.LEVEL:
            against = _("{word}{points}个百分点", word=against, points=points_place(whole.points))
        first += _(
            "1—{month}月累计完成投资{done}，完成年度计划的{rate}，{against}。",
            month=whole.month,
            done=number(yi(whole.done_wan), marks[Mark.REPORTED].opens),
            rate=number(pct(whole.rate_pct), planned),
            against=f"**{plain(against)}**",
        )
    else:
        first += _("今年还没有项目报送进度。")
    second = _(
        "今年计划开工{planned}项，已开工{started}项；应开工未开工{late}项。",
        planned=number(str(marks[Mark.START_PLANNED].value), marks[Mark.START_PLANNED].opens),
        started=number(str(marks[Mark.STARTED].value), marks[Mark.STARTED].opens),
        late=number(str(marks[Mark.NOT_STARTED].value), marks[Mark.NOT_STARTED].opens),
    )
    third = _(
        "目前红灯{red}项，黄灯{yellow}项。",
        red=number(str(lights[Light.RED].value), lights[Light.RED].opens),
        yellow=number(str(lights[Light.YELLOW].value), lights[Light.YELLOW].opens),
    )
    return [first, second, third]


def _red(rows: tuple[ProjectRow, ...], total: int, asked: ProjectFilter, today: date) -> None:
    """Project, cause, who, by when: one paragraph each."""
    if not rows:
        empty(_("没有红灯项目。"))
        return
    with st.container(border=True, gap="small"):
        for place, row in enumerate(rows, 1):
            with st.container(gap="xsmall"):
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    links.link(f"**{place}. {plain(row.name)}**", "project", id=row.id)
                    st.caption(plain(row.town), width="content")
                st.markdown(f"{light(row.light.light)} {plain(row.light.because)}")
                who = [
                    _("等{who}", who=row.light.holder or _(PARTY_LABELS[row.light.party])),
                    _("专员{names}", names="、".join(row.officers) or _("未指派")),
                ]
                if row.light.due_on:
                    who.append(_("原定{day}", day=day(row.light.due_on, year=today.year)))
                st.caption(plain(" · ".join(who)))
    if total > len(rows):
        links.link(_("全部{n}个红灯项目", n=total), "projects", **asked.query())


def _decisions(
    stuck: list[AlertRow], total: int, asked: AlertFilter, demands: list[MajorDemand], today: date
) -> None:
    """Demands only the district can settle, and what has been late for too long."""
    if not stuck and not demands:
        st.markdown(plain(_("目前没有需要您决定的事。")))
        return
    for demand in demands:
        with st.container(border=True, gap="xsmall"):
            whom = demand.project or demand.enterprise
            st.markdown(f"**{plain(_('重大诉求'))}** {plain(whom)}")
            st.markdown(plain(demand.content[:120]))
            st.caption(plain(_("{day}提出", day=day(demand.raised_on, year=today.year))))
            if demand.visit_id is not None:
                links.link(_("看走访"), "visit", id=demand.visit_id)
    if stuck:
        worst = stuck[0]
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"**{plain(_('久拖未决 {n}件', n=total))}**")
            st.markdown(
                plain(
                    _(
                        "逾期{d}个工作日以上的有{n}件，最久的是{name}：{why}",
                        d=STUCK_WD,
                        n=total,
                        name=worst.project_name or worst.enterprise_name,
                        why=why(worst),
                    )
                )
            )
            links.link(_("看清单"), "alerts", **asked.query())
