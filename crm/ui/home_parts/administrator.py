"""管理员的一页: is everything running, who may do what?"""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from crm.alerts.queries.lists import AlertFilter, count_alerts
from crm.alerts.queries.stored import last_finished
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.core.state import state
from crm.core.today import day_of
from crm.ui import links
from crm.ui.home_parts import alert_lines
from crm.ui.home_parts.common import greeting
from crm.ui.show import LIGHT_SHAPES, head
from crm.ui.words import day, moment, plain
from crm.workdays.queries import calendar as read_calendar
from crm.workdays.rules import LONGEST_LIMIT_WD, calendar_runs_out
from models.vocabulary import AlertKind, Light


def show(actor: Actor, today: date) -> None:
    with reading() as session:
        running = state(session, actor)
        runs_out = calendar_runs_out(read_calendar(session), today)
        scanned = last_finished(session)
        counts = count_alerts(session, actor)

    right = head(_("{hello}，{name}", hello=greeting(), name=actor.name), _("系统是否都在工作，谁能做什么？"))
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        alert_lines.scan_button(actor, today)

    lately = scanned is not None and scanned.finished_at is not None
    fresh = lately and scanned is not None and day_of(scanned.started_at) >= today - timedelta(days=1)
    _fact(
        Light.RED if running.last_scan_error else Light.GREEN if fresh else Light.YELLOW,
        _("预警扫描"),
        _(
            "最近一次{at}，新增{raised}条，消除{closed}条；现有{n}条预警，其中红灯{red}条。",
            at=moment(scanned.finished_at),
            raised=scanned.raised,
            closed=scanned.closed,
            n=counts.total,
            red=counts.by_light[Light.RED],
        )
        + (_(" 最近一次没有扫完，会自动再试。") if running.last_scan_error else "")
        if scanned is not None
        else _("还没有扫描过。每天07:30自动扫描，也可以点“立即扫描”。"),
        _("看预警"),
        links.to("alerts"),
    )
    left_wd = runs_out.workdays_left
    _fact(
        Light.RED
        if runs_out.confirmed_to is None
        else Light.YELLOW
        if left_wd < LONGEST_LIMIT_WD
        else Light.GREEN,
        _("工作日历"),
        _(
            "放假通知录到{day}，还有{n}个工作日；此后的期限只是暂定。",
            day=day(runs_out.confirmed_to),
            n=left_wd,
        )
        if runs_out.confirmed_to
        else _("今年的放假通知还没有录入，所有期限都只是暂定。"),
        _("工作日历"),
        links.to("calendar_admin"),
    )
    nobody = counts.by_kind[AlertKind.NO_OFFICER]
    _fact(
        Light.YELLOW if nobody else Light.GREEN,
        _("项目专员"),
        _("{n}个项目没有在岗专员。", n=nobody) if nobody else _("每个推进中的项目都有在岗专员。"),
        _("看清单"),
        links.to("alerts", **AlertFilter(kind=AlertKind.NO_OFFICER).query()),
    )
    _fact(
        Light.GREEN,
        _("账号"),
        _("{n}个账号可以登录，现在有{m}个浏览器登录着。", n=running.users, m=running.open_sessions),
        _("账号与权限"),
        links.to("users"),
    )
    _fact(
        Light.RED if running.disk_low else Light.GREEN,
        _("数据与磁盘"),
        _(
            "数据库{db} MB，文件{files} MB，磁盘还剩{free} MB。",
            db=running.database_mb,
            files=running.files_mb,
            free=running.free_mb,
        ),
        _("运行状况"),
        links.to("health"),
    )


FACT_LABELS = {Light.GREEN: "正常", Light.YELLOW: "请留意", Light.RED: "要处理"}


def _fact(value: Light, name: str, text: str, label: str, url: str) -> None:
    """One fact with its light and the screen where it is mended."""
    with st.container(border=True):
        left, right = st.columns([5, 2], vertical_alignment="center")
        icon, colour = LIGHT_SHAPES[value]
        left.markdown(f":{colour}-badge[{icon} {_(FACT_LABELS[value])}] **{plain(name)}**  \n{plain(text)}")
        with right, st.container(horizontal=True, horizontal_alignment="right"):
            links.button(label, url, key=f"fact-{name}")
