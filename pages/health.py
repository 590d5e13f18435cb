"""运行状况: is everything running, and what will run out."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from crm.core.access import Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.core.state import LOW_DISK_MB, state
from crm.core.today import day_of
from crm.ui import links
from crm.ui.session import allowed, today
from crm.ui.show import LIGHT_SHAPES, head
from crm.ui.words import moment, plain
from models.vocabulary import Light

actor = allowed(Verb.HEALTH_VIEW)
head(_("运行状况"), _("系统是否都在工作，什么快要用完"))

with reading() as session:
    now_is = state(session, actor)

WORDS = {Light.GREEN: _("正常"), Light.YELLOW: _("请留意"), Light.RED: _("要处理")}
this_day = today()
last_year = max(now_is.confirmed_years, default=0)
scanned_lately = now_is.last_scan_at is not None and day_of(now_is.last_scan_at) >= this_day - timedelta(
    days=1
)


def gigabytes(megabytes: int) -> str:
    return f"{megabytes / 1000:,.1f} GB" if megabytes >= 1000 else f"{megabytes} MB"


def line(value: Light, name: str, text: str, mend: str = "", url: str = "") -> None:
    """One fact: its light, what it is, and how to mend it when it is not green."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(name)}**  \n{plain(text)}", width="stretch")
        icon, colour = LIGHT_SHAPES[value]
        st.markdown(f":{colour}-badge[{icon} {WORDS[value]}]", width="content")
        if value is not Light.GREEN and mend:
            st.caption(plain(mend))
            if url:
                links.button(_("去处理"), url)


left, right = st.columns(2, gap="medium", wrap=True)
with left:
    line(
        Light.GREEN,
        _("数据库"),
        _(
            "{name}，结构版本 {schema}，{size}",
            name=now_is.database,
            schema=now_is.schema,
            size=gigabytes(now_is.database_mb),
        ),
    )
    line(
        Light.RED if now_is.disk_low else Light.GREEN,
        _("磁盘剩余空间"),
        gigabytes(now_is.free_mb),
        _("少于{n} MB 时数据库可能写不进去，请清理磁盘或换更大的盘。", n=LOW_DISK_MB),
    )
    line(Light.GREEN, _("文件"), gigabytes(now_is.files_mb))
    line(Light.GREEN, _("版本"), now_is.version)
with right:
    line(
        Light.RED if now_is.last_scan_error else Light.GREEN if scanned_lately else Light.YELLOW,
        _("预警扫描"),
        _("最近一次：{at}", at=moment(now_is.last_scan_at)),
        now_is.last_scan_error or _("每天07:30自动扫描；已超过一天没有扫描，请到预警页手动运行。"),
        links.to("alerts"),
    )
    line(
        Light.GREEN
        if last_year > this_day.year
        else Light.YELLOW
        if last_year == this_day.year
        else Light.RED,
        _("工作日历"),
        _("放假通知已录到{year}年", year=last_year) if last_year else _("还没有录入放假通知"),
        _("此后的期限只是暂定。国务院办公厅的通知一般在11月发布，发布后请录入。"),
        links.to("calendar_admin"),
    )
    line(Light.GREEN, _("账号"), _("{n}个账号可以登录", n=now_is.users))
    line(Light.GREEN, _("登录中的浏览器"), _("{n}个", n=now_is.open_sessions))
