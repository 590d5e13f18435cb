"""投资进度: the year's plan, each month against 序时进度, and the monthly report."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import streamlit as st

from crm.core.access import Actor, Verb
from crm.core.db import reading
from crm.core.i18n import _
from crm.projects.actions.progress import approve_progress, report_progress, return_progress, set_annual_plan
from crm.projects.inputs import PROGRESS_LABELS, AnnualPlanForm, ReportProgress
from crm.projects.queries import Money, MonthLine, ProjectCard, points_place, project_money
from crm.projects.rules import PACE_LABELS, Pace, pace_word
from crm.ui.forms import nonce, renew
from crm.ui.project_parts.boxes import as_opened, forget_opened, saving
from crm.ui.project_parts.forms import amount
from crm.ui.show import empty, saved, speaking
from crm.ui.words import NOTHING, moment, pct, plain, wan


def standing(points: Decimal | None) -> str:
    """快于序时进度2.1个百分点 / 与序时进度持平; empty without a rate."""
    if points is None:
        return ""
    word = pace_word(points)
    if word is Pace.LEVEL:
        return _(PACE_LABELS[word])
    return _("{pace}{n}个百分点", pace=_(PACE_LABELS[word]), n=points_place(points))


def money(actor: Actor, card: ProjectCard, today: date) -> None:
    """The tab."""
    with reading() as session:
        years = project_money(session, actor, card.id, today.year).years
    year = today.year
    if len(years) > 1:
        year = (
            st.segmented_control(
                _("年份"), list(years), default=today.year, key="money-year", label_visibility="collapsed"
            )
            or today.year
        )
    with reading() as session:
        found = project_money(session, actor, card.id, year)
    latest = found.latest
    if latest is not None and latest.rate_pct is not None:
        st.markdown(
            plain(
                _(
                    "{y}年计划投资{plan}，1-{m}月完成{done}，完成率{rate}，{pace}。",
                    y=year,
                    plan=wan(found.plan_wan),
                    m=latest.month,
                    done=wan(latest.done_wan),
                    rate=pct(latest.rate_pct),
                    pace=standing(latest.points),
                )
            )
        )
    elif found.plan_wan is not None:
        st.markdown(plain(_("{y}年计划投资{plan}，尚未报送完成投资。", y=year, plan=wan(found.plan_wan))))
    if found.months:
        _months(found)
    else:
        empty(_("{y}年还没有月度进度。", y=year))
    left, right = st.columns([2, 1], gap="large", wrap=True)
    with left:
        if Verb.PROGRESS_REPORT in card.may:
            _report(actor, card, found, today)
    with right:
        if Verb.PROJECT_EDIT in card.may:
            _plan(actor, card, found)
        if Verb.PROGRESS_APPROVE in card.may:
            _approve(actor, found)


def _months(found: Money) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "month": [_("1-{m}月", m=m.month) for m in found.months],
                "done": [wan(m.done_wan) for m in found.months],
                "rate": [pct(m.rate_pct) for m in found.months],
                "pace": [standing(m.points) or NOTHING for m in found.months],
                "progress": [m.progress for m in found.months],
                "problem": [m.problem for m in found.months],
                "next": [m.next_step for m in found.months],
                "approved": [
                    _("{who} 已审", who=m.approved_by) if m.approved_at else _("待审") for m in found.months
                ],
            }
        ),
        hide_index=True,
        height="content",
        row_height=44,
        alt=_("月度进度"),
        column_config={
            "month": st.column_config.TextColumn(_("月份"), width=70, pinned=True),
            "done": st.column_config.TextColumn(_("累计完成"), width=110, alignment="right"),
            "rate": st.column_config.TextColumn(_("完成率"), width=70, alignment="right"),
            "pace": st.column_config.TextColumn(_("序时进度"), width=190),
            "progress": st.column_config.TextColumn(_("形象进度"), width=260),
            "problem": st.column_config.TextColumn(_("存在问题"), width=220),
            "next": st.column_config.TextColumn(_("下一步计划"), width=220),
            "approved": st.column_config.TextColumn(_("审核"), width=110),
        },
    )


def _report(actor: Actor, card: ProjectCard, found: Money, today: date) -> None:
    """One month's report; a month already reported opens with what it says."""
    st.subheader(_("填报月度进度"), anchor=False)
    last = 12 if found.year < today.year else today.month
    known = {m.month: m for m in found.months}
    due = max(1, today.month - 1) if found.year == today.year else last
    month = st.selectbox(
        _("月份"),
        list(range(1, last + 1)),
        index=due - 1,
        format_func=lambda m: _("{m}月", m=m) + (_("（已报）") if m in known else ""),
        key=f"report-month-{found.year}",
        width=160,
    )
    now: MonthLine | None = known.get(month)
    form = f"report-{card.id}-{found.year}-{month}"
    say = {n: _(t) for n, t in PROGRESS_LABELS.items()}
    stored = now.version if now else None
    version = as_opened(f"{form}-{nonce(form)}", stored)
    with st.form(f"{form}-{nonce(form)}"):
        key = f"{form}-{nonce(form)}"
        done = amount(say["done_wan"], now.done_wan if now else None, f"{key}-done")
        progress = st.text_area(
            say["progress"], now.progress if now else "", max_chars=2000, key=f"{key}-progress"
        )
        problem = st.text_area(
            say["problem"], now.problem if now else "", max_chars=2000, key=f"{key}-problem"
        )
        next_step = st.text_area(
            say["next_step"], now.next_step if now else "", max_chars=2000, key=f"{key}-next"
        )
        reason = st.text_input(_("原因（累计数比上月少时必填）"), max_chars=300, key=f"{key}-reason")
        pressed = st.form_submit_button(_("保存{m}月进度", m=month), type="primary")
    if pressed:
        with saving(f"{form}-{nonce(form)}", stored, say):
            report_progress(
                actor,
                ReportProgress(
                    project_id=card.id,
                    year=found.year,
                    month=month,
                    done_wan=done or None,  # type: ignore[arg-type]
                    progress=progress or "",
                    problem=problem or "",
                    next_step=next_step or "",
                    version=version,
                    reason=reason or "",
                ),
                today=today,
            )
            forget_opened(form)
            renew(form)
            saved(_("{m}月进度已保存。", m=month), project_id=card.id)
            st.rerun()


def _plan(actor: Actor, card: ProjectCard, found: Money) -> None:
    st.subheader(_("年度计划"), anchor=False)
    form = f"annual-{card.id}-{found.year}"
    version = as_opened(f"{form}-{nonce(form)}", found.plan_version or None)
    with st.form(f"{form}-{nonce(form)}"):
        typed = amount(_("{y}年计划投资（万元）", y=found.year), found.plan_wan, f"{form}-{nonce(form)}-plan")
        pressed = st.form_submit_button(_("保存"))
    if pressed:
        labels = {n: _(t) for n, t in PROGRESS_LABELS.items()}
        with saving(f"{form}-{nonce(form)}", found.plan_version or None, labels):
            set_annual_plan(
                actor,
                AnnualPlanForm(
                    project_id=card.id,
                    year=found.year,
                    plan_wan=typed or None,  # type: ignore[arg-type]
                    version=version,
                ),
            )
            forget_opened(form)
            renew(form)
            saved(_("年度计划已保存。"), project_id=card.id)
            st.rerun()


def _approve(actor: Actor, found: Money) -> None:
    """Only approved words enter a paper."""
    if not found.months:
        return
    st.subheader(_("审核"), anchor=False)
    for m in reversed(found.months):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(plain(_("{m}月", m=m.month)))
            if m.approved_at is None:
                # The version the screen showed before this click, not the one just read.
                read = st.session_state.get(f"_read:{m.id}", m.version)
                st.session_state[f"_read:{m.id}"] = m.version
                if st.button(_("审核通过"), key=f"approve-{m.id}"):
                    with speaking():
                        approve_progress(actor, m.id, version=read)
                        saved(_("{m}月进度已审核。", m=m.month))
                        st.rerun()
            else:
                st.caption(plain(f"{m.approved_by} {moment(m.approved_at)}"))
                with st.popover(_("退回"), type="tertiary"):
                    reason = st.text_input(_("原因"), key=f"return-{m.id}-reason", max_chars=300)
                    if st.button(_("退回"), key=f"return-{m.id}"):
                        with speaking():
                            return_progress(actor, m.id, reason=reason or "")
                            saved(_("已退回。"))
                            st.rerun()
