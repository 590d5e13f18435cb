"""What a new paper is to be about: its kind, its period or its project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import streamlit as st

from crm.briefings import queries
from crm.briefings.actions import HallAsk, ProjectAsk
from crm.core.access import Actor
from crm.core.db import reading
from crm.core.i18n import _
from crm.ui.session import record_id
from models.vocabulary import BRIEFING_KIND_LABELS, BriefingKind


class Span(StrEnum):
    LAST_WEEK = "last_week"
    THIS_WEEK = "this_week"
    LAST_MONTH = "last_month"
    THIS_MONTH = "this_month"
    OWN = "own"


SPAN_LABELS: dict[Span, str] = {
    Span.LAST_WEEK: "上周",
    Span.THIS_WEEK: "本周",
    Span.LAST_MONTH: "上月",
    Span.THIS_MONTH: "本月",
    Span.OWN: "自定义",
}


def span_days(span: Span, today: date) -> tuple[date, date]:
    """First and last day; a week runs from Monday to Sunday."""
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    if span is Span.THIS_WEEK:
        return monday, monday + timedelta(days=6)
    if span is Span.LAST_WEEK:
        return monday - timedelta(days=7), monday - timedelta(days=1)
    if span is Span.THIS_MONTH:
        following = (first + timedelta(days=32)).replace(day=1)
        return first, following - timedelta(days=1)
    return (first - timedelta(days=1)).replace(day=1), first - timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """What was chosen; one of the two, or neither while something is missing."""

    hall: HallAsk | None = None
    project: ProjectAsk | None = None


def ask(actor: Actor, today: date, *, whole_district: bool) -> Asked:
    """The choices on the screen. `?project=5` opens with that project."""
    wanted = record_id("project")
    kinds = [BriefingKind.HALL, BriefingKind.PROJECT] if whole_district else [BriefingKind.PROJECT]
    kind = st.segmented_control(
        _("种类"),
        kinds,
        default=BriefingKind.PROJECT if wanted else kinds[0],
        format_func=lambda k: _(BRIEFING_KIND_LABELS[k]),
        required=True,
        key="new-kind",
    )
    if kind is BriefingKind.PROJECT:
        return _project(actor, today, wanted)
    return _hall(today)


def _hall(today: date) -> Asked:
    span = st.segmented_control(
        _("期间"),
        list(Span),
        default=Span.LAST_WEEK,
        format_func=lambda s: _(SPAN_LABELS[s]),
        required=True,
        key="new-span",
    )
    if span is not None and span is not Span.OWN:
        first, last = span_days(span, today)
        st.caption(_("{a} 至 {b}", a=first, b=last))
        return Asked(hall=HallAsk(from_on=first, to_on=last))
    with st.container(horizontal=True):
        first_day = st.date_input(_("开始日期"), today - timedelta(days=6), key="new-from", width=180)
        last_day = st.date_input(_("结束日期"), today, key="new-to", width=180)
    return Asked(hall=HallAsk(from_on=first_day, to_on=last_day))


def _project(actor: Actor, today: date, wanted: int | None) -> Asked:
    with reading() as session:
        offered = queries.choices(session, actor, limit=2000)
    names = {c.id: f"{c.name}（{c.project_code}）" if c.project_code else c.name for c in offered}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            _("项目"),
            list(names),
            index=list(names).index(wanted) if wanted in names else None,
            format_func=lambda i: names[i],
            placeholder=_("输入名称或代码查找"),
            key="new-project",
            width=420,
        )
        as_of = st.date_input(_("截至日期"), today, key="new-as-of", width=180)
    return Asked(project=ProjectAsk(project_id=chosen, as_of=as_of)) if chosen else Asked()
