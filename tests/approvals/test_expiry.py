"""The expiry watch: every issued permit and every dated duty; the two extensions of a building permit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from crm.approvals import actions, queries, watch_rules
from crm.approvals.commitment_inputs import AddDuty, ExtendPermit, RevokeDecision, SettleDuty
from crm.approvals.queries import WatchFilter, WatchRow
from crm.approvals.queries.watch_sql import due_of
from crm.approvals.rules import months_later
from crm.approvals.watch_rules import BY_CODE, LINES, PERMIT, Line, Start, Until
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, NotFound, Refusal
from models import AuditEntry, Case, Milestone, Project
from models.vocabulary import CaseSource, CaseState, Light, ProjectStatus, Stage
from tests.approvals.promises import AFTER, broken, case_of, found_unkept, promised
from tests.conftest import Cast

MONDAY = date(2026, 11, 23)


def watch(actor: Actor = SYSTEM, today: date = MONDAY, **wanted: Any) -> list[WatchRow]:
    with reading() as session:
        return queries.watch_list(session, actor, today, WatchFilter(**wanted), per_page=100).rows


def lines(**wanted: Any) -> list[tuple[str, date]]:
    return [(r.line, r.act_by_on) for r in watch(**wanted)]


def issued(cast: Cast, code: str, day: date, **more: Any) -> int:
    return case_of(
        cast,
        code,
        **{"state": CaseState.DECIDED, "received_on": day, "decided_on": day, "issued_on": day} | more,
    )


def project(cast: Cast, **values: Any) -> None:
    with unit_of_work(SYSTEM, "test.project") as session:
        row = session.get_one(Project, cast.project)
        for name, value in values.items():
            setattr(row, name, value)


def milestone(cast: Cast, code: str, **values: Any) -> int:
    with unit_of_work(SYSTEM, "test.milestone") as session:
        row = Milestone(
            **{"project_id": cast.project, "code": code, "name": code, "stage": Stage.CONSTRUCTION} | values
        )
        session.add(row)
        session.flush()
        return row.id or 0


# --- the days, in SQL and in Python alike


@settings(max_examples=60, deadline=None)
@given(
    start=st.dates(date(2000, 1, 1), date(2100, 12, 31)),
    months=st.integers(0, 120),
    days=st.integers(0, 400),
)
def test_the_day_in_sql_is_the_day_of_the_rule(start: date, months: int, days: int):
    line = Line("x", Start.TYPED, Until.RECORD, "", months=months, days=days)
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        found = connection.execute(sa.select(due_of(line, sa.literal(start, sa.Date)))).scalar_one()
    engine.dispose()
    assert found == line.due(start)


def test_the_day_in_sql_on_both_databases(any_db: str):
    starts = [date(2024, 1, 31), date(2023, 11, 30), date(2024, 2, 29), date(2026, 12, 31), date(2026, 8, 24)]
    with reading() as session:
        for line in LINES:
            for start in starts:
                found = session.execute(sa.select(due_of(line, sa.literal(start, sa.Date)))).scalar_one()
                assert found == line.due(start), (line.code, start)


# --- what is watched


def test_every_line_of_the_list_is_watched_and_ends(cast: Cast, any_db: str):
    """One project with a cause for every line; each duty is dealt with in its own way and leaves the list."""
    for code, day in (
        ("P34", date(2026, 9, 1)),
        ("P24", date(2021, 12, 1)),
        ("P27", date(2023, 12, 1)),
        ("P26", date(2024, 12, 1)),
        ("P12", date(2024, 12, 1)),
        ("P13", date(2024, 12, 1)),
    ):
        issued(cast, code, day)
    add = {
        line: actions.add_duty(
            cast.officer, AddDuty(project_id=cast.project, line=line, from_on=day, what=what), today=MONDAY
        )
        for line, day, what in (
            ("land_idle_fee", date(2025, 12, 1), "440703〔2024〕12号"),
            ("special_equipment", date(2026, 11, 1), "起重机2号"),
            ("discharge_change", date(2026, 11, 2), "企业名称"),
        )
    }
    assert set(add) == {line for line in watch_rules.TYPED if line not in watch_rules.FOLLOWS}
    assert {line for line, _day in lines(within_days=400)} == {
        "start_construction",
        "start_after_eia",
        "start_after_soil",
        "start_after_energy",
        "start_after_filing",
        "start_after_approval",
        "land_idle_fee",
        "land_take_back",
        "special_equipment",
        "discharge_change",
    }
    project(cast, started_on=date(2026, 10, 1))
    assert lines() == [
        ("statistics", date(2026, 11, 1)),
        ("special_equipment", date(2026, 12, 1)),
        ("discharge_change", date(2026, 12, 2)),
    ]
    issued(cast, "P54", date(2026, 11, 20))
    assert ("file_acceptance", date(2026, 12, 5)) in lines()
    assert ("planning_records", date(2027, 5, 20)) in lines(within_days=200)
    project(cast, status=ProjectStatus.SUSPENDED, status_on=date(2026, 11, 10))
    assert ("report_suspension", date(2026, 12, 10)) in lines()
    assert ("verify_before_resuming", date(2027, 11, 10)) in lines(within_days=400)

    done = date(2026, 11, 23)
    for row in watch(within_days=400):
        if row.line not in ("file_acceptance", "statistics"):
            actions.settle_duty(
                cast.officer,
                SettleDuty(
                    line=row.line, record=row.record, record_id=row.record_id, done_on=done, evidence="1号"
                ),
                today=done,
            )
    assert {line for line, _day in lines(within_days=400)} == {"file_acceptance", "statistics"}
    milestone(cast, "P55", done_on=done)
    milestone(cast, "P42", done_on=done)
    assert lines(within_days=400) == []


def test_works_suspended_again_must_be_reported_again(cast: Cast):
    project(cast, started_on=date(2026, 1, 5), status=ProjectStatus.SUSPENDED, status_on=date(2026, 3, 2))
    (row,) = [r for r in watch(today=date(2026, 3, 9)) if r.line == "report_suspension"]
    assert (row.act_by_on, row.record) == (date(2026, 4, 2), "project")
    settled = SettleDuty(
        line="report_suspension",
        record="project",
        record_id=cast.project,
        done_on=date(2026, 3, 10),
        evidence="报告",
    )
    actions.settle_duty(cast.officer, settled, today=date(2026, 3, 10))
    assert "report_suspension" not in {r.line for r in watch(today=date(2026, 3, 11))}
    project(cast, status_on=date(2026, 11, 2))
    assert ("report_suspension", date(2026, 12, 2)) in lines()


def test_a_suspension_before_the_start_of_building_is_no_suspension_of_works(cast: Cast):
    project(cast, status=ProjectStatus.SUSPENDED, status_on=date(2026, 11, 2))
    assert "report_suspension" not in {line for line, _day in lines()}


def test_a_milestone_tells_where_no_case_does(cast: Cast):
    milestone(cast, "P34", done_on=date(2026, 9, 1))
    (row,) = watch()
    assert (row.record, row.act_by_on, row.must_start) == ("milestone", date(2026, 12, 1), True)
    issued(cast, "P34", date(2026, 9, 2))
    (row,) = watch()
    assert (row.record, row.act_by_on) == ("case", date(2026, 12, 2))


def test_a_permit_is_watched_by_its_renewal_then_by_its_end_until_a_newer_one(cast: Cast, any_db: str):
    issued(cast, "P61", date(2022, 1, 10), expires_on=date(2027, 1, 9), renew_by_on=date(2026, 11, 10))
    (row,) = watch()
    assert (row.line, row.act_by_on, row.renewing, row.light) == (PERMIT, date(2026, 11, 10), True, Light.RED)
    case_of(cast, "P61", received_on=date(2026, 11, 16))  # the renewal is applied for
    (row,) = watch()
    assert (row.act_by_on, row.renewing, row.light) == (date(2027, 1, 9), False, Light.GREEN)
    issued(cast, "P61", date(2026, 11, 20), expires_on=date(2031, 11, 19))
    assert watch() == []


def test_an_application_withdrawn_renews_nothing(cast: Cast):
    issued(cast, "P61", date(2022, 1, 10), expires_on=date(2027, 1, 9), renew_by_on=date(2026, 11, 10))
    case_of(
        cast, "P61", received_on=date(2026, 11, 16), state=CaseState.WITHDRAWN, decided_on=date(2026, 11, 18)
    )
    (row,) = watch()
    assert row.renewing


def test_a_permit_past_its_end_is_told_by_its_end(cast: Cast):
    issued(cast, "P61", date(2021, 11, 1), expires_on=date(2026, 10, 31), renew_by_on=date(2026, 9, 1))
    (row,) = watch()
    assert (row.act_by_on, row.renewing, row.days_left) == (date(2026, 10, 31), False, -23)
    assert watch(late_only=True) == [row]


def test_a_permit_needed_no_more_leaves_with_its_reason(cast: Cast):
    case = issued(cast, "P35", date(2021, 12, 1), expires_on=date(2026, 11, 30))
    form = SettleDuty(line=PERMIT, record="case", record_id=case, done_on=MONDAY, evidence="")
    with pytest.raises(Refusal, match="不再需要的，写明原因"):
        actions.settle_duty(cast.officer, form, today=MONDAY)
    actions.settle_duty(cast.officer, form.model_copy(update={"evidence": "厂房已退租"}), today=MONDAY)
    assert watch() == []


def test_a_revoked_permit_is_held_no_more(cast: Cast):
    case = case_of(cast, "P35")
    (promise,) = promised(cast.officer, case, "隐蔽工程合格")
    with unit_of_work(SYSTEM, "test.grant") as session:
        row = session.get_one(Case, case)
        row.state, row.decided_on, row.issued_on = CaseState.DECIDED, date(2026, 10, 14), date(2026, 10, 14)
        row.expires_on = date(2026, 12, 20)
    assert [r.case_id for r in watch()] == [case]
    found_unkept(cast.officer, promise)
    broken(cast.officer, promise)
    actions.revoke_decision(
        cast.officer,
        RevokeDecision(commitment_id=promise, revoked_on=AFTER, reason="撤〔2026〕1号"),
        today=AFTER,
    )
    assert watch() == []


def test_the_halls_cases_are_watched_only_with_a_project_of_ours(cast: Cast):
    end = {"expires_on": date(2026, 12, 20), "source": CaseSource.HALL}
    issued(cast, "P64", date(2021, 12, 21), project_id=None, **end)
    assert watch() == []
    issued(cast, "P64", date(2021, 12, 21), **end)
    assert len(watch()) == 1


def test_ended_projects_are_silent_but_the_permits_of_a_completed_one_are_not(cast: Cast):
    issued(cast, "P34", date(2026, 9, 1))
    issued(cast, "P61", date(2022, 1, 10), expires_on=date(2027, 1, 9))
    for status, shown in (
        (ProjectStatus.ACTIVE, {"start_construction", PERMIT}),
        (ProjectStatus.COMPLETED, {PERMIT}),
        (ProjectStatus.TERMINATED, set()),
    ):
        project(cast, status=status)
        assert {line for line, _day in lines()} == shown


def test_each_sees_his_own(cast: Cast):
    issued(cast, "P34", date(2026, 9, 1))
    milestone(cast, "P54", done_on=date(2026, 11, 20))
    actions.add_duty(
        cast.officer,
        AddDuty(project_id=cast.project, line="special_equipment", from_on=MONDAY, what="叉车"),
        today=MONDAY,
    )
    for actor in (cast.officer, cast.teammate, cast.clerk, cast.supervisor, cast.leader):
        assert {r.line for r in watch(actor)} == {
            "start_construction",
            "file_acceptance",
            "special_equipment",
        }
    for actor in (cast.stranger,):
        assert watch(actor) == []
    assert [r.line for r in watch(cast.handler)] == ["start_construction"], "its own department's permit"


def test_the_list_is_searched_filtered_and_paged_in_sql(cast: Cast, any_db: str):
    issued(cast, "P61", date(2021, 12, 1), expires_on=date(2026, 11, 30), permit_no="91440703-01")
    issued(cast, "P34", date(2026, 9, 1))
    other = issued(
        cast,
        "P34",
        date(2026, 9, 3),
        project_id=cast.other_project,
        enterprise_id=cast.other_enterprise,
    )
    assert [r.case_id for r in watch(search="瑞朗")] == [other]
    assert [r.line for r in watch(search="440703-01")] == [PERMIT]
    assert watch(search="100%_") == []
    assert {r.line for r in watch(line="start_construction")} == {"start_construction"}
    assert watch(line="nothing") == []
    assert len(watch(department_id=cast.department)) == 2
    assert len(watch(project_id=cast.other_project)) == 1
    with reading() as session:
        page = queries.watch_list(session, SYSTEM, MONDAY, page=2, per_page=2)
    assert (page.total, [r.case_id for r in page.rows]) == (3, [other])


# --- the two extensions


def extension(case: int, ordered: date, ends: date, **more: Any) -> ExtendPermit:
    return ExtendPermit(
        **{
            "case_id": case,
            "ordered_on": ordered,
            "new_expires_on": ends,
            "reason": "桩基设备未进场",
            "approver": "李局长",
        }
        | more
    )


def test_a_building_permit_is_put_off_twice_and_not_a_third_time(cast: Cast, any_db: str):
    case = issued(cast, "P34", date(2026, 2, 26), expires_on=date(2026, 5, 26))
    # Tuesday 26 May, the last day; three months each: 26 August, then 26 November
    first, second = date(2026, 5, 26), date(2026, 8, 25)
    actions.extend_permit(cast.officer, extension(case, first, date(2026, 8, 26)), today=first)
    actions.extend_permit(cast.officer, extension(case, second, date(2026, 11, 26)), today=second)
    with reading() as session:
        row = session.get_one(Case, case)
        trail = session.exec(select(AuditEntry).where(AuditEntry.action == "approvals.extend_permit")).all()
    assert (row.permit_extensions, row.expires_on) == (2, date(2026, 11, 26))
    assert {t.reason for t in trail} == {
        "桩基设备未进场（2026-05-26由李局长批准）",
        "桩基设备未进场（2026-08-25由李局长批准）",
    }
    (watched,) = watch()
    assert (watched.act_by_on, watched.extended, watched.light) == (date(2026, 11, 26), 2, Light.YELLOW)
    with pytest.raises(Refusal, match=r"已延期2次，不能再延.*自行废止（建筑法第九条）"):
        actions.extend_permit(cast.officer, extension(case, MONDAY, date(2027, 2, 26)), today=MONDAY)
    (gone,) = watch(today=date(2026, 11, 27))
    assert (gone.void, gone.light) == (True, Light.RED)


def test_an_extension_is_at_most_three_months_and_comes_before_the_permit_lapses(cast: Cast):
    case = issued(cast, "P34", date(2026, 8, 31))  # no end on its face: 30 November by the law
    with pytest.raises(Refusal, match="每次延期不超过3个月，最晚到2027-02-28"):
        actions.extend_permit(cast.officer, extension(case, MONDAY, date(2027, 3, 1)), today=MONDAY)
    with pytest.raises(Refusal, match="应晚于现在的到期日2026-11-30"):
        actions.extend_permit(cast.officer, extension(case, MONDAY, date(2026, 11, 30)), today=MONDAY)
    late = date(2026, 12, 1)
    with pytest.raises(Refusal, match="已自行废止；请重新申领"):
        actions.extend_permit(cast.officer, extension(case, late, date(2027, 2, 1)), today=late)
    actions.extend_permit(cast.officer, extension(case, date(2026, 11, 30), date(2027, 2, 28)), today=late)


def test_all_that_is_wrong_with_an_extension_is_said_at_once(cast: Cast):
    case = issued(cast, "P34", date(2026, 9, 1))
    with pytest.raises(Refusal) as refused:
        actions.extend_permit(
            cast.officer,
            extension(case, date(2026, 8, 31), date(2027, 6, 1), reason="", approver=""),
            today=MONDAY,
        )
    assert {p.field for p in refused.value.problems} == {"ordered_on", "new_expires_on", "reason", "approver"}


def test_what_cannot_be_put_off(cast: Cast):
    started = issued(cast, "P34", date(2026, 9, 1))
    other_item = issued(cast, "P61", date(2022, 1, 10), expires_on=date(2027, 1, 9))
    not_issued = case_of(cast, "P34", received_on=date(2026, 11, 2))
    project(cast, started_on=date(2026, 11, 2))
    for case, why in (
        (started, "已经开工"),
        (other_item, "请在到期前登记一件新的办件"),
        (not_issued, "还没有发证"),
    ):
        with pytest.raises(Refusal, match=why):
            actions.extend_permit(cast.officer, extension(case, MONDAY, date(2026, 12, 20)), today=MONDAY)
    with pytest.raises(NotFound):
        actions.extend_permit(cast.stranger, extension(started, MONDAY, date(2026, 12, 20)), today=MONDAY)
    with pytest.raises(NotAllowed):
        actions.extend_permit(cast.leader, extension(started, MONDAY, date(2026, 12, 20)), today=MONDAY)


@given(
    issued_on=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    asked=st.lists(st.tuples(st.integers(-10, 130), st.integers(1, 130)), max_size=6),
)
def test_however_it_is_asked_a_permit_never_outlives_nine_months(
    issued_on: date, asked: list[tuple[int, int]]
):
    """Two extensions of three months each bound the end, and none comes after the end it puts off."""
    ends, times = months_later(issued_on, 3), 0
    for before, by in asked:
        ordered = ends - timedelta(days=before)
        wanted = ends + timedelta(days=by)
        refused = watch_rules.extension_refused(
            "P34", extended=times, ends_on=ends, ordered_on=ordered, new_ends_on=wanted, started=False
        )
        if not refused:
            assert ordered <= ends
            assert wanted <= months_later(ends, 3)
            ends, times = wanted, times + 1
    assert times <= 2
    assert ends <= months_later(months_later(months_later(issued_on, 3), 3), 3) + timedelta(days=0)


# --- duties typed by hand


def test_a_duty_is_typed_once_and_completely(cast: Cast):
    form = AddDuty(project_id=cast.project, line="special_equipment", from_on=MONDAY, what="锅炉1号")
    actions.add_duty(cast.officer, form, today=MONDAY)
    with pytest.raises(Refusal, match="已经登记过"):
        actions.add_duty(cast.officer, form, today=MONDAY)
    with pytest.raises(Refusal, match="请写明是哪一台设备"):
        actions.add_duty(cast.officer, form.model_copy(update={"what": ""}), today=MONDAY)
    with pytest.raises(Refusal, match="在今天之后"):
        actions.add_duty(
            cast.officer, form.model_copy(update={"from_on": MONDAY + timedelta(days=1)}), today=MONDAY
        )
    for line in ("land_take_back", "start_construction", "nothing"):
        with pytest.raises(Refusal, match="请选择限期事项的类别"):
            actions.add_duty(cast.officer, form.model_copy(update={"line": line}), today=MONDAY)
    for actor, error in ((cast.stranger, NotFound), (cast.clerk, NotAllowed)):
        with pytest.raises(error):
            actions.add_duty(actor, form.model_copy(update={"what": "锅炉2号"}), today=MONDAY)


def test_a_duty_is_not_done_before_it_began_nor_tomorrow(cast: Cast):
    duty = actions.add_duty(
        cast.officer,
        AddDuty(project_id=cast.project, line="special_equipment", from_on=date(2026, 11, 2), what="锅炉"),
        today=MONDAY,
    )
    for day, why in ((date(2026, 11, 1), "早于起算日期"), (MONDAY + timedelta(days=1), "在今天之后")):
        with pytest.raises(Refusal, match=why):
            actions.settle_duty(
                cast.officer,
                SettleDuty(
                    line="special_equipment", record="obligation", record_id=duty, done_on=day, evidence="证"
                ),
                today=MONDAY,
            )


def test_the_registers_lines_agree_with_the_rule():
    start_bound = ["P12", "P13", "P23", "P24", "P26", "P27", "P28", "P34"]
    assert sorted(watch_rules.START_BOUND) == start_bound
    assert BY_CODE["start_construction"].extensions == 2
    assert all(line.basis for line in LINES)
