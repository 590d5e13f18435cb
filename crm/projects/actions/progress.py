"""The monthly report and the annual plan. Only approved text enters a paper."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from crm.core import access
from crm.core.access import Actor, Verb
from crm.core.db import apply_changes, fetch, unit_of_work
from crm.core.errors import Conflict, FieldClash, NotAllowed, Problem, Refusal
from crm.core.i18n import _
from crm.core.today import now
from crm.projects import rules
from crm.projects.facts import project_to_change
from crm.projects.inputs import AnnualPlanForm, ReportProgress
from models import AnnualPlan, MonthlyProgress

FIELDS = ("done_wan", "progress", "problem", "next_step")


def report_progress(actor: Actor, form: ReportProgress, *, today: date) -> int:
    """Report one month, or correct a report not yet approved; returns its id.

    An approved report is changed only by who may approve, and stands approved by him. Raises
    `Refusal`: a month to come, a month before the last approved one, nothing said, a total below an
    earlier month's without a reason; `Conflict` when somebody saved first.
    """
    access.require(actor, Verb.PROGRESS_REPORT)
    with unit_of_work(actor, "projects.report_progress", reason=form.reason) as session:
        project = project_to_change(session, actor, Verb.PROGRESS_REPORT, form.project_id)
        months = _months(session, project.id or 0)
        key = rules.month_key(form.year, form.month)
        row = next((m for m in months if rules.month_key(m.year, m.month) == key), None)
        problems = _report_problems(form, months, row, today)
        if problems:
            raise Refusal(*problems)
        if row is None:
            row = MonthlyProgress(
                project_id=project.id or 0, year=form.year, month=form.month, reported_on=today
            )
            session.add(row)
        elif row.approved_at is not None and not access.may(actor, Verb.PROGRESS_APPROVE):
            raise NotAllowed(_("这个月的进度已审核，只有审核人可以修改，请联系督办。"))
        elif form.version != row.version:
            raise Conflict(
                _("您填写期间，有人先保存了这个月的进度。请核对后再保存。"),
                [
                    FieldClash(name, None, getattr(row, name), getattr(form, name))
                    for name in FIELDS
                    if getattr(row, name) != getattr(form, name)
                ],
                row.version,
            )
        for name in FIELDS:
            setattr(row, name, getattr(form, name))
        row.reported_on = today
        if row.approved_at is not None:
            row.approved_at, row.approved_by = now(), actor.user_id
        session.flush()
        return row.id or 0


def _report_problems(
    form: ReportProgress, months: list[MonthlyProgress], row: MonthlyProgress | None, today: date
) -> list[Problem]:
    key = rules.month_key(form.year, form.month)
    problems = []
    if not rules.month_ended_or_running(form.year, form.month, today):
        problems.append(Problem("month", _("还没到这个月，不能填报。")))
    if form.done_wan is None and not form.progress:
        problems.append(Problem("progress", _("请至少填写完成投资或形象进度。")))
    approved = max((rules.month_key(m.year, m.month) for m in months if m.approved_at), default=None)
    if row is None and approved is not None and key < approved:
        problems.append(Problem("month", _("之后的月份已经审核，不能再补报更早的月份。")))
    earlier = max(
        (m for m in months if m.year == form.year and m.month < form.month and m.done_wan is not None),
        key=lambda m: m.month,
        default=None,
    )
    if (
        earlier is not None
        and earlier.done_wan is not None
        and form.done_wan is not None
        and form.done_wan < earlier.done_wan
        and not form.reason
    ):
        problems.append(
            Problem(
                "done_wan",
                _(
                    "累计完成投资比 {month} 月的 {amount} 万元还少。请核对；确属核减的，请写明原因。",
                    month=earlier.month,
                    amount=f"{earlier.done_wan.normalize():f}",
                ),
            )
        )
    return problems


def approve_progress(actor: Actor, progress_id: int, *, version: int) -> None:
    """Approve one month's report as it was read: `version` is that of the report on the screen."""
    access.require(actor, Verb.PROGRESS_APPROVE)
    with unit_of_work(actor, "projects.approve_progress") as session:
        row = fetch(session, MonthlyProgress, progress_id)
        project_to_change(session, actor, Verb.PROGRESS_APPROVE, row.project_id)
        if row.version != version:
            raise Conflict(_("这份进度在您阅读期间有改动，请重新阅读后再审核。"), [], row.version)
        if row.approved_at is not None:
            raise Refusal(_("这份进度已经审核。"))
        row.approved_at, row.approved_by = now(), actor.user_id


def return_progress(actor: Actor, progress_id: int, *, reason: str) -> None:
    """Take an approval back, with a reason, so that the officer can correct the report."""
    access.require(actor, Verb.PROGRESS_APPROVE)
    if not reason.strip():
        raise Refusal(Problem("reason", _("退回进度，请写明原因。")))
    with unit_of_work(actor, "projects.return_progress", reason=reason.strip()) as session:
        row = fetch(session, MonthlyProgress, progress_id)
        project_to_change(session, actor, Verb.PROGRESS_APPROVE, row.project_id)
        row.approved_at = row.approved_by = None


def set_annual_plan(actor: Actor, form: AnnualPlanForm) -> int:
    """Set what a project is to invest in a year, in 万元; returns the row's id."""
    access.require(actor, Verb.PROJECT_EDIT)
    with unit_of_work(actor, "projects.set_annual_plan") as session:
        project = project_to_change(session, actor, Verb.PROJECT_EDIT, form.project_id)
        row = session.exec(
            select(AnnualPlan).where(
                col(AnnualPlan.project_id) == project.id, col(AnnualPlan.year) == form.year
            )
        ).first()
        if row is None:
            row = AnnualPlan(project_id=project.id or 0, year=form.year, plan_wan=form.plan_wan)
            session.add(row)
        else:
            apply_changes(row, {}, {"plan_wan": form.plan_wan}, form.version or 0)
        session.flush()
        return row.id or 0


def _months(session: Session, project_id: int) -> list[MonthlyProgress]:
    return list(
        session.exec(
            select(MonthlyProgress)
            .where(col(MonthlyProgress.project_id) == project_id)
            .order_by(col(MonthlyProgress.year), col(MonthlyProgress.month))
        )
    )
