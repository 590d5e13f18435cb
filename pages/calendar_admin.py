"""工作日历: the years and their notices; load one, and see which deadlines it moved."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from crm.core.access import Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.forms import nonce, renew
from crm.ui.session import allowed, today
from crm.ui.show import head, saved, speaking
from crm.ui.words import NOTHING, day, moment, plain
from crm.workdays import actions, queries
from crm.workdays.actions import Closure, LoadYear
from crm.workdays.rules import LONGEST_LIMIT_WD, weekday_name
from models.vocabulary import DayKind

actor = allowed(Verb.CALENDAR_EDIT)
present = today()
KINDS = {DayKind.HOLIDAY: _("放假"), DayKind.MAKEUP: _("调休上班"), DayKind.LOCAL: _("停工")}
LABELS = {"year": _("年份"), "content": _("通知"), "on": _("日期"), "name": _("原因")}
LOADED, WAITING = "calendar-loaded", "calendar-waiting"

head(_("工作日历"), _("办理期限都按这份日历计算。没有载入通知的年份，算出的日期一律标“暂定”。"))
with reading() as session:
    years = queries.years(session, present)
    reach = queries.calendar_runs_out(session, present)

if reach.workdays_left < LONGEST_LIMIT_WD:
    until = day(reach.confirmed_to) if reach.confirmed_to else NOTHING
    st.warning(
        _(
            "已确认的日历到{until}，还有{n}个工作日；更长的期限现在只能暂定。下一年的通知一般在每年10月至12月公布，公布后请在此载入。",
            until=until,
            n=reach.workdays_left,
        ),
        icon=":material/event_busy:",
    )


def changed(old: bool | None, new: bool | None) -> str:
    words = {None: _("照常"), True: _("上班"), False: _("放假")}
    return f"{words[old]} → {words[new]}"


def moved_list(moved: tuple[actions.Moved, ...]) -> None:
    if not moved:
        st.markdown(plain(_("没有在办期限因此变动。")))
        return
    st.markdown(plain(_("以下{n}个在办期限已重新计算：", n=len(moved))))
    rows = [
        {
            _("期限"): m.what,
            _("原日期"): m.old_on.isoformat() if m.old_on else NOTHING,
            _("新日期"): m.new_on.isoformat() if m.new_on else NOTHING,
            _("状态"): _("暂定") if m.provisional else _("确定"),
        }
        for m in moved
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def show_loaded() -> None:
    told = st.session_state.get(LOADED)
    if told is None:
        return
    with st.container(border=True):
        title, moved = told
        st.markdown(f"**{plain(title)}**")
        moved_list(moved)
        if st.button(_("知道了"), key="calendar-told"):
            st.session_state.pop(LOADED)
            st.rerun()


def loading() -> None:
    st.subheader(_("载入一年的放假通知"), anchor=False)
    unknown = next((y.year for y in years if not y.confirmed and y.year >= present.year), present.year + 1)
    with st.form(f"load-{nonce('calendar-load')}"):
        year = st.number_input(LABELS["year"], 2000, 2100, unknown, step=1, key="load-year")
        text = st.text_area(
            _("粘贴通知全文"),
            height=180,
            placeholder=_("一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。"),
            key=f"load-text-{nonce('calendar-load')}",
        )
        file = st.file_uploader(
            _("或选择 CSV、JSON、文本文件"),
            type=["csv", "json", "txt"],
            max_upload_size=1,
            key=f"load-file-{nonce('calendar-load')}",
        )
        source = st.text_input(_("通知名称和文号（可不填）"), max_chars=200, key="load-source")
        if st.form_submit_button(_("先看看会改哪些天")):
            content: str | bytes = file.getvalue() if file is not None else text
            st.session_state[WAITING] = LoadYear(year=int(year), content=content, source=source)
    waiting: LoadYear | None = st.session_state.get(WAITING)
    if waiting is not None:
        with speaking(LABELS):
            preview(waiting)


def preview(waiting: LoadYear) -> None:
    seen = actions.preview_year(actor, waiting)
    with st.container(border=True):
        st.markdown(
            f"**{plain(_('{year}年：读到{n}天，与现有日历不同{m}天', year=seen.notice.year, n=len(seen.notice.days), m=len(seen.changes)))}**"
        )
        for warning in seen.notice.warnings:
            st.warning(plain(warning))
        if seen.changes:
            rows = [
                {
                    _("日期"): c.on.isoformat(),
                    _("星期"): _(weekday_name(c.on)),
                    _("变动"): changed(c.old, c.new),
                    _("名称"): c.name,
                }
                for c in seen.changes
            ]
            st.dataframe(pd.DataFrame(rows), hide_index=True, height=min(38 + 35 * len(rows), 400))
        yes, no = st.columns(2)
        if yes.button(_("载入并重新计算在办期限"), type="primary", key=f"load-yes-{nonce('calendar-load')}"):
            done = actions.load_year(actor, waiting, today=present)
            st.session_state[LOADED] = (
                _("{year}年已载入：{source}", year=done.year, source=done.source),
                done.moved,
            )
            _finish()
        if no.button(_("不载入"), key="load-no"):
            _finish()


def _finish() -> None:
    st.session_state.pop(WAITING, None)
    renew("calendar-load")
    st.rerun()


def the_years() -> None:
    st.subheader(_("各年份"), anchor=False)
    rows = [
        {
            _("年份"): y.year,
            _("状态"): _("已确认") if y.confirmed else _("暂定"),
            _("工作日"): y.workdays,
            _("调休上班"): y.makeup_days,
            _("通知"): y.source or NOTHING,
            _("载入时间"): moment(y.confirmed_at),
        }
        for y in years
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    chosen = st.selectbox(
        _("查看一年的特殊日子"), [y.year for y in years], index=len(years) - 1, key="calendar-year"
    )
    with reading() as session:
        days = queries.days_of(session, chosen)
    if not days:
        st.caption(plain(_("{year}年还没有载入通知。", year=chosen)))
        return
    st.dataframe(
        pd.DataFrame(
            [
                {
                    _("日期"): d.on.isoformat(),
                    _("星期"): _(weekday_name(d.on)),
                    _("安排"): KINDS[d.kind],
                    _("名称"): d.name,
                }
                for d in days
            ]
        ),
        hide_index=True,
        height=320 if len(days) > 8 else "content",
    )
    for row in (d for d in days if d.kind is DayKind.LOCAL):
        if st.button(_("取消{day}的停工", day=row.on), key=f"remove-{row.on}"):
            take_back(row.on)


def take_back(on: date) -> None:
    with speaking(LABELS):
        moved = actions.remove_closure(actor, on, today=present)
        st.session_state[LOADED] = (_("已取消{day}的停工。", day=on), moved)
        st.rerun()


def closing() -> None:
    st.subheader(_("登记停工日"), anchor=False)
    st.caption(plain(_("台风停工等本地安排：当天不算工作日，在办期限相应顺延。")))
    with st.form(f"closure-{nonce('calendar-closure')}"):
        on = st.date_input(LABELS["on"], present, key="closure-on")
        name = st.text_input(LABELS["name"], max_chars=60, key=f"closure-name-{nonce('calendar-closure')}")
        if st.form_submit_button(_("登记")):
            with speaking(LABELS):
                if not name.strip():
                    st.error(_("请写明停工停业的原因，例如：台风停工。"))
                    return
                moved = actions.add_closure(actor, Closure(on=on, name=name), today=present)
                st.session_state[LOADED] = (_("已登记{day}停工。", day=on), moved)
                renew("calendar-closure")
                saved(_("已登记{day}停工。", day=on))
                st.rerun()


left, right = st.columns([2, 3], gap="large", wrap=True)
with left:
    loading()
    show_loaded()
    closing()
with right:
    the_years()
