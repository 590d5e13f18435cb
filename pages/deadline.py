"""期限计算: when it is due, what is used and left, and every day counted, so that a person can check it."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from crm.approvals import queries, rules
from crm.approvals.rules import Clock, Stop
from crm.approvals.words import days
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.session import me, today
from crm.ui.show import head, light
from crm.ui.words import day, plain
from crm.workdays import queries as workdays
from crm.workdays.rules import weekday_name
from models.vocabulary import CLOCK_STATE_LABELS, DAY_UNIT_LABELS, DayUnit

me()
present = today()
STOPS = "deadline-stops"
MOST_STOPS = 5


def stop_inputs(accepted: date) -> list[Stop]:
    """The stops typed so far; a finished one whose end is not after its start is told and left out."""
    numbers: list[int] = st.session_state.setdefault(STOPS, [])
    found: list[Stop] = []
    for number in list(numbers):
        start, end, remove = st.columns([3, 3, 1], vertical_alignment="bottom", wrap=True)
        with start:
            from_on = st.date_input(_("停表日（当天起不计）"), accepted, key=f"stop-from-{number}")
        with end:
            to_on = st.date_input(_("恢复日（当天起计，未恢复留空）"), None, key=f"stop-to-{number}")
        with remove:
            if st.button(_("移除"), key=f"stop-remove-{number}"):
                numbers.remove(number)
                st.rerun()
        if to_on is not None and to_on <= from_on:
            st.error(_("恢复日应晚于停表日。"))
        else:
            found.append(Stop(from_on, to_on, told_on=from_on))
    if len(numbers) < MOST_STOPS and st.button(_("添加一段停表"), icon=":material/add:"):
        numbers.append(max(numbers, default=0) + 1)
        st.rerun()
    return found


def take_over() -> None:
    """Fill limit and unit from the chosen item."""
    chosen = st.session_state.get("deadline-item")
    if chosen is None:
        return
    with reading() as session:
        item = queries.find_item(session, chosen)
    if item.legal_limit is not None:
        st.session_state["deadline-limit"] = item.legal_limit
        st.session_state["deadline-unit"] = item.unit


head(_("期限计算"), _("按国务院放假安排计算；受理当天不计，次日为第1天。"))
with reading() as session:
    calendar = workdays.calendar(session)
    items = queries.items_to_apply_for(session)

asked, answered = st.columns([2, 3], gap="large", wrap=True)
with asked:
    st.selectbox(
        _("按事项带出法定期限（可不选）"),
        list(items),
        index=None,
        format_func=lambda i: items[i],
        placeholder=_("选择事项"),
        key="deadline-item",
        on_change=take_over,
    )
    accepted = st.date_input(_("受理日期"), present, key="deadline-accepted")
    st.session_state.setdefault("deadline-limit", 20)
    st.session_state.setdefault("deadline-unit", DayUnit.WORKING)
    limit = int(st.number_input(_("期限"), 0, 365, step=1, key="deadline-limit"))
    unit = st.radio(
        _("单位"),
        list(DayUnit),
        format_func=lambda u: _(DAY_UNIT_LABELS[u]),
        horizontal=True,
        key="deadline-unit",
    )
    roll = unit is DayUnit.CALENDAR and st.checkbox(
        _("最后一日是休息日的，顺延到节假日结束的次日（民法典第二百零三条）"), key="deadline-roll"
    )
    extension = int(st.number_input(_("已批准的延长"), 0, 365, 0, step=1, key="deadline-extend"))
    judged = st.date_input(_("按哪一天看"), present, key="deadline-today")
    stops = stop_inputs(accepted)


def verdict(found: Clock) -> None:
    st.caption(_("到期日"))
    st.subheader(plain(day(found.due_on)), anchor=False)
    st.markdown(light(found.light) + " " + plain(_(CLOCK_STATE_LABELS[found.state])))
    used, left, held = st.columns(3)
    used.metric(_("已用"), days(found.used, found.unit))
    left.metric(_("剩余"), days(found.left, found.unit))
    held.metric(_("停表不计"), days(found.stopped, found.unit))
    if found.provisional:
        st.warning(
            _("暂定：期限跨入尚未公布放假安排的年份，按周末和法定节假日推算，通知载入后会重新计算。"),
            icon=":material/event_upcoming:",
        )
    if any(s.to_on is None for s in stops):
        st.info(_("停表尚未恢复：到期日按“今天恢复”推算，会随停表顺延。"))
    if found.rolled_on and not roll:
        st.info(
            _(
                "{due}是休息日；如依民法典第二百零三条顺延，则为{rolled}。",
                due=day(found.due_on),
                rolled=day(found.rolled_on),
            )
        )


def every_day(found: Clock) -> None:
    """The days from the first to the due date, each counted or not, and why."""
    named: dict[date, str] = {}
    with reading() as session:
        for year in range(accepted.year, found.due_on.year + 1):
            named |= {d.on: d.name for d in workdays.days_of(session, year)}
    rows = []
    number = 0
    for on, counted, stopped in rules.counted_days(
        accepted, found.due_on, found.unit, stops, today=judged, calendar=calendar
    ):
        number += counted
        if stopped:
            why = _("停表")
        elif counted:
            why = _("调休上班") if unit is DayUnit.WORKING and on.weekday() >= 5 else ""
        else:
            why = named.get(on) or (_("周末") if on.weekday() >= 5 else _("法定节假日"))
        rows.append(
            {
                _("日期"): on.isoformat() + (_("（今天）") if on == present else ""),
                _("星期"): _(weekday_name(on)),
                _("第几天"): str(number) if counted else "—",
                _("说明"): why,
            }
        )
    st.caption(plain(_("逐日核对：共{n}天计入", n=number)))
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=min(38 + 35 * max(len(rows), 1), 500))


with answered:
    found = rules.clock(
        accepted, limit, unit, stops, extension, today=judged, calendar=calendar, roll=bool(roll)
    )
    verdict(found)
    if found.due_on > accepted:
        every_day(found)
