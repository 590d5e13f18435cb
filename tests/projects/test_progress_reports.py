"""Monthly reports, their approval, and the annual plan: on both databases."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.core.db import reading
from crm.core.errors import Conflict, NotAllowed, NotFound, Refusal
from crm.projects import actions
from crm.projects.inputs import AnnualPlanForm, ReportProgress
from models import AnnualPlan, MonthlyProgress
from tests.conftest import MONDAY


def report(actor, project_id, month, done="100", *, year=2026, **more):
    form = ReportProgress(
        **(
            {"project_id": project_id, "year": year, "month": month, "done_wan": done, "progress": "桩基完成"}
            | more
        )
    )
    return actions.report_progress(actor, form, today=MONDAY)


def row(progress_id: int) -> MonthlyProgress:
    with reading() as session:
        found = session.get(MonthlyProgress, progress_id)
        assert found is not None
        return found


def fields(refused) -> set[str]:
    return {p.field for p in refused.value.problems}


def test_a_report_is_kept_under_its_month_with_the_day_it_was_made(any_db, cast):
    made = row(report(cast.officer, cast.project, 10, "3280.5"))
    assert (made.year, made.month, made.done_wan, made.reported_on) == (2026, 10, Decimal("3280.5"), MONDAY)
    assert made.approved_at is None


def test_an_unapproved_report_is_corrected_in_place(any_db, cast):
    first = report(cast.officer, cast.project, 10, "100")
    assert report(cast.officer, cast.project, 10, "120", version=1) == first
    assert row(first).done_wan == 120


def test_a_report_of_a_month_to_come_or_of_nothing_is_refused(any_db, cast):
    report(cast.officer, cast.project, 11)
    with pytest.raises(Refusal) as refused:
        report(cast.officer, cast.project, 12)
    assert fields(refused) == {"month"}
    with pytest.raises(Refusal) as refused:
        report(cast.officer, cast.project, 10, done=None, progress="")
    assert fields(refused) == {"progress"}


def test_no_status_is_entered_before_the_last_approved_one(any_db, cast):  # B5
    september = report(cast.officer, cast.project, 9)
    actions.approve_progress(cast.supervisor, september, version=1)
    for actor in (cast.officer, cast.supervisor):
        with pytest.raises(Refusal) as refused:
            report(actor, cast.project, 8)
        assert fields(refused) == {"month"}
    assert report(cast.officer, cast.project, 10) > 0


def test_after_approval_only_who_approves_edits(any_db, cast):  # B5
    made = report(cast.officer, cast.project, 10)
    actions.approve_progress(cast.supervisor, made, version=1)
    assert row(made).approved_by == cast.supervisor.user_id
    with pytest.raises(NotAllowed):
        report(cast.officer, cast.project, 10, "130", version=2)
    report(cast.supervisor, cast.project, 10, "130", version=2)
    assert row(made).done_wan == 130
    assert row(made).approved_at is not None


def test_an_approval_taken_back_with_a_reason_lets_the_officer_correct(any_db, cast):
    made = report(cast.officer, cast.project, 10)
    actions.approve_progress(cast.supervisor, made, version=1)
    with pytest.raises(Refusal):
        actions.return_progress(cast.supervisor, made, reason="")
    actions.return_progress(cast.supervisor, made, reason="与统计口径不符")
    assert row(made).approved_at is None
    report(cast.officer, cast.project, 10, "90", version=3)
    assert row(made).done_wan == 90


def test_what_was_read_is_what_is_approved(any_db, cast):
    made = report(cast.officer, cast.project, 10)
    report(cast.officer, cast.project, 10, "110", version=1)
    with pytest.raises(Conflict):
        actions.approve_progress(cast.supervisor, made, version=1)
    actions.approve_progress(cast.supervisor, made, version=2)
    with pytest.raises(Refusal, match="已经审核"):
        actions.approve_progress(cast.supervisor, made, version=3)


def test_the_second_reporter_of_a_month_is_shown_the_first_ones_figures(any_db, cast):  # A7
    report(cast.officer, cast.project, 10, "100")
    with pytest.raises(Conflict) as second:
        report(cast.teammate, cast.project, 10, "105", progress="桩基完成")
    assert [(c.field, c.stored, c.typed) for c in second.value.clashes] == [
        ("done_wan", Decimal(100), Decimal(105))
    ]


def test_a_total_below_an_earlier_months_needs_a_reason(any_db, cast):
    report(cast.officer, cast.project, 9, "500")
    with pytest.raises(Refusal) as refused:
        report(cast.officer, cast.project, 10, "480")
    assert fields(refused) == {"done_wan"}
    assert "9 月的 500 万元" in str(refused.value)
    assert report(cast.officer, cast.project, 10, "480", reason="统计核减设备款") > 0
    assert report(cast.officer, cast.project, 1, "20", year=2025) > 0  # another year counts anew


def test_who_reports_and_who_approves(any_db, cast):
    made = report(cast.officer, cast.project, 10)
    with pytest.raises(NotAllowed):
        actions.approve_progress(cast.officer, made, version=1)
    for actor in (cast.clerk, cast.leader, cast.handler):
        with pytest.raises(NotAllowed):
            report(actor, cast.project, 11)
    with pytest.raises(NotFound):
        report(cast.stranger, cast.project, 11)


def test_the_annual_plan_is_one_per_year_and_its_second_writer_is_told(any_db, cast):
    made = actions.set_annual_plan(
        cast.officer, AnnualPlanForm(project_id=cast.project, year=2026, plan_wan="6000")
    )
    with pytest.raises(Conflict):
        actions.set_annual_plan(
            cast.teammate, AnnualPlanForm(project_id=cast.project, year=2026, plan_wan="7000")
        )
    again = actions.set_annual_plan(
        cast.officer, AnnualPlanForm(project_id=cast.project, year=2026, plan_wan="6500", version=1)
    )
    assert made == again
    with reading() as session:
        assert session.get(AnnualPlan, made).plan_wan == 6500
