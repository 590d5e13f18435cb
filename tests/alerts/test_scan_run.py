"""One ground, one alert: however often the scan runs, by however many, after however many missed nights."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, col, select

from crm.alerts import actions, rules
from crm.alerts.queries.lists import AlertFilter, AlertRow, list_alerts
from crm.alerts.scan import TAKE_OVER, claim, scan
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.today import SHANGHAI
from models import (
    Alert,
    AlertRecipient,
    AnnualPlan,
    AuditEntry,
    Case,
    Item,
    Milestone,
    MonthlyProgress,
    Officer,
    Project,
    ScanRun,
    SpecialProcedure,
    User,
    Visit,
)
from models.vocabulary import (
    AlertKind,
    AlertState,
    CaseState,
    Light,
    Party,
    ProcedureKind,
    ProjectStatus,
    Stage,
    VisitState,
)

MONDAY = date(2026, 11, 23)
LONG_AGO = datetime(2025, 1, 6, 9, tzinfo=SHANGHAI)


def add(*rows: Any) -> list[int]:
    with unit_of_work(SYSTEM, "test.add") as session:
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def change(model: type[Any], id_: int, **fields: Any) -> None:
    with unit_of_work(SYSTEM, "test.change") as session:
        row = session.get(model, id_)
        for name, value in fields.items():
            setattr(row, name, value)


def milestone(project: int, planned_on: date, **more: Any) -> int:
    values: dict[str, Any] = {
        "code": f"M{planned_on:%m%d}",
        "name": "施工许可证",
        "stage": Stage.CONSTRUCTION_PERMIT,
        "waits_for": Party.DEPARTMENT,
    } | more
    return add(Milestone(project_id=project, planned_on=planned_on, **values))[0]


def visit(project: int | None, on: date, **more: Any) -> int:
    values: dict[str, Any] = {"request_id": f"v{project}{on}{len(more)}", "state": VisitState.COMPLETE} | more
    return add(Visit(project_id=project, visited_on=on, **values))[0]


def standing(kind: AlertKind | None = None) -> list[AlertRow]:
    with reading() as session:
        return list_alerts(session, SYSTEM, AlertFilter(kind=kind), per_page=1000).rows


def told(alert_id: int) -> set[int]:
    with reading() as session:
        return set(
            session.exec(select(AlertRecipient.user_id).where(AlertRecipient.alert_id == alert_id)).all()
        )


def one(kind: AlertKind) -> AlertRow:
    rows = standing(kind)
    assert len(rows) == 1, rows
    return rows[0]


# --- one ground, one alert ----------------------------------------------------------------------


def test_a_milestone_climbs_from_soon_to_today_to_overdue_as_one_alert(any_db: str, cast: Any) -> None:
    milestone(cast.project, date(2026, 11, 25), department_id=cast.department)
    seen = []
    for day in (20, 23, 25, 26):
        scan(date(2026, 11, day))
        (row,) = [r for r in standing() if r.record == "milestone"]
        seen.append((row.key, row.kind, row.light, row.late_wd))
    assert len({key for key, *_rest in seen}) == 1
    assert [rest for _key, *rest in seen] == [
        [AlertKind.MILESTONE_DUE_SOON, Light.YELLOW, None],
        [AlertKind.MILESTONE_DUE_SOON, Light.YELLOW, None],
        [AlertKind.MILESTONE_DUE_TODAY, Light.ORANGE, None],
        [AlertKind.MILESTONE_OVERDUE, Light.RED, 1],
    ]


def test_a_second_run_the_same_day_changes_nothing(any_db: str, cast: Any) -> None:
    milestone(cast.project, date(2026, 11, 18))
    first = scan(MONDAY)
    with reading() as session:
        lines = len(session.exec(select(AuditEntry.id)).all())
    second = scan(MONDAY)
    assert first.raised == first.standing > 0
    assert (second.raised, second.climbed, second.closed, second.reopened) == (0, 0, 0, 0)
    assert second.by_kind == first.by_kind
    with reading() as session:
        assert len(session.exec(select(AuditEntry.id)).all()) == lines


def test_missed_nights_lose_nothing(any_db: str, cast: Any) -> None:
    """The milestone was due soon, today and overdue while no scan ran."""
    milestone(cast.project, date(2026, 11, 12))
    scan(date(2026, 10, 20))
    assert not standing(AlertKind.MILESTONE_OVERDUE)
    scan(MONDAY)
    assert one(AlertKind.MILESTONE_OVERDUE).late_wd == 7


def test_an_alert_closes_itself_and_opens_again_with_its_ground(any_db: str, cast: Any) -> None:
    id_ = milestone(cast.project, date(2026, 11, 18))
    scan(MONDAY)
    first = one(AlertKind.MILESTONE_OVERDUE)
    change(Milestone, id_, done_on=MONDAY)
    assert scan(MONDAY).closed == 1
    assert not standing(AlertKind.MILESTONE_OVERDUE)
    change(Milestone, id_, done_on=None)
    assert scan(MONDAY + timedelta(days=1)).reopened == 1
    again = one(AlertKind.MILESTONE_OVERDUE)
    assert (again.id, again.raised_on) == (first.id, MONDAY + timedelta(days=1))


def test_raising_and_closing_are_in_the_trail_but_the_mere_passing_of_a_day_is_not(
    any_db: str, cast: Any
) -> None:
    id_ = milestone(cast.project, date(2026, 11, 18))
    scan(MONDAY)
    version = one(AlertKind.MILESTONE_OVERDUE).version
    scan(MONDAY + timedelta(days=1))
    row = one(AlertKind.MILESTONE_OVERDUE)
    assert (row.late_wd, row.version) == (4, version)
    assert "已逾期4个工作日" in row.because
    change(Milestone, id_, done_on=MONDAY)
    scan(MONDAY + timedelta(days=1))
    with reading() as session:
        lines = session.exec(
            select(AuditEntry).where(AuditEntry.record == "alert", AuditEntry.record_id == row.id)
        ).all()
    assert [line.action for line in lines] == ["alerts.scan", "alerts.scan"]
    assert lines[1].changes["state"] == ["open", "closed"]
    assert all(line.project_id == cast.project for line in lines)


# --- two at once --------------------------------------------------------------------------------


def _many(cast: Any) -> int:
    for n in range(30):
        project = cast.make_project(f"赛跑项目{n}", lead=cast.officer.officer_id)
        milestone(project, date(2026, 11, 18), department_id=cast.department)
    return 30


def _no_doubles(expected: int) -> None:
    with reading() as session:
        keys = Counter(session.exec(select(Alert.key).where(col(Alert.record) == "milestone")).all())
        pairs = Counter(session.exec(select(AlertRecipient.alert_id, AlertRecipient.user_id)).all())
    assert len(keys) == expected
    assert set(keys.values()) == {1}
    assert set(pairs.values()) == {1}


def test_scanners_racing_in_threads_neither_double_nor_lose_an_alert(any_db: str, cast: Any) -> None:
    expected = _many(cast)
    errors: list[BaseException] = []
    start = threading.Barrier(4)

    def run() -> None:
        try:
            start.wait()
            scan(MONDAY, batch_size=7)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    _no_doubles(expected)


def test_scanners_racing_in_processes_neither_double_nor_lose_an_alert(any_db: str, cast: Any) -> None:
    expected = _many(cast)
    code = (
        "from datetime import date; from crm.alerts.scan import scan; scan(date(2026, 11, 23), batch_size=7)"
    )
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    _no_doubles(expected)


def test_a_scanner_killed_between_batches_leaves_work_that_the_next_one_finishes(
    any_db: str, cast: Any
) -> None:
    expected = _many(cast)

    class Killed(BaseException):
        pass

    def die(done: int, _total: int) -> None:
        if done == 2:
            raise Killed

    with pytest.raises(Killed):
        scan(MONDAY, batch_size=7, progress=die)
    assert 0 < len(standing(AlertKind.MILESTONE_OVERDUE)) < expected
    scan(MONDAY, batch_size=7)
    _no_doubles(expected)


def test_a_scan_that_is_told_to_stop_says_that_it_is_not_complete(db: Any, cast: Any) -> None:
    _many(cast)
    stop = threading.Event()
    result = scan(MONDAY, batch_size=7, stop=stop, progress=lambda done, total: stop.set())
    assert not result.complete
    assert scan(MONDAY).complete


def test_a_slot_is_claimed_once_and_taken_over_when_its_process_died(any_db: str, cast: Any) -> None:
    nine = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
    first = claim("daily:2026-11-23", MONDAY, nine)
    assert first is not None
    assert claim("daily:2026-11-23", MONDAY, nine + TAKE_OVER - timedelta(seconds=1)) is None
    assert claim("daily:2026-11-23", MONDAY, nine + TAKE_OVER + timedelta(seconds=1)) == first
    change(ScanRun, first, finished_at=nine)
    assert claim("daily:2026-11-23", MONDAY, nine + 5 * TAKE_OVER) is None


# --- who is warned of what ----------------------------------------------------------------------


def test_the_officers_the_departments_handlers_and_for_red_the_supervisors_are_told(
    any_db: str, cast: Any
) -> None:
    milestone(cast.project, date(2026, 11, 25), department_id=cast.department)
    scan(MONDAY)
    answerable = {cast.officer.user_id, cast.teammate.user_id, cast.handler.user_id}
    assert told(one(AlertKind.MILESTONE_DUE_SOON).id) == answerable
    scan(date(2026, 11, 26))
    assert told(one(AlertKind.MILESTONE_OVERDUE).id) == answerable | {cast.supervisor.user_id}


def test_a_disabled_account_is_told_nothing_and_his_projects_are_on_the_list_without_officer(
    any_db: str, cast: Any
) -> None:  # R10
    project = cast.make_project("独任项目", lead=cast.officer.officer_id)
    milestone(project, date(2026, 11, 18))
    scan(MONDAY)
    assert not standing(AlertKind.NO_OFFICER)
    change(User, cast.officer.user_id, active=False)
    scan(MONDAY)
    alone = one(AlertKind.NO_OFFICER)
    assert alone.project_id == project
    assert alone.because == "专员何志强的账号已停用，项目没有在岗联络专员。"
    assert told(alone.id) == {cast.supervisor.user_id}
    overdue = next(r for r in standing(AlertKind.MILESTONE_OVERDUE) if r.project_id == project)
    assert told(overdue.id) == {cast.supervisor.user_id}


def test_an_officer_of_the_ledger_without_an_account_is_an_officer(db: Any, cast: Any) -> None:
    (officer,) = add(Officer(name="黎晓峰"))
    cast.make_project("台账项目", lead=officer)
    scan(MONDAY)
    assert not standing(AlertKind.NO_OFFICER)


@pytest.mark.parametrize(
    "status", [ProjectStatus.SUSPENDED, ProjectStatus.TERMINATED, ProjectStatus.COMPLETED]
)
def test_only_active_projects_are_warned_about(db: Any, cast: Any, status: ProjectStatus) -> None:  # R3
    change(Project, cast.project, created_at=LONG_AGO)
    milestone(cast.project, date(2026, 11, 18))
    add(AnnualPlan(project_id=cast.project, year=2026, plan_wan=Decimal(100)))
    scan(MONDAY)
    kinds = {row.kind for row in standing() if row.project_id == cast.project}
    assert kinds == {AlertKind.MILESTONE_OVERDUE, AlertKind.NO_CONTACT, AlertKind.PROGRESS_MISSING}
    change(Project, cast.project, status=status)
    scan(MONDAY)
    assert not [row for row in standing() if row.project_id == cast.project]


def test_a_milestone_done_or_not_needed_is_silent(db: Any, cast: Any) -> None:
    milestone(cast.project, date(2026, 11, 18), done_on=date(2026, 11, 17))
    milestone(cast.project, date(2026, 11, 19), inactive=True)
    scan(MONDAY)
    assert not [row for row in standing() if row.record == "milestone"]


def test_one_reminder_when_nobody_called_for_longer_than_the_threshold(any_db: str, cast: Any) -> None:  # R1
    change(Project, cast.project, created_at=LONG_AGO, stage=Stage.CONSTRUCTION)
    visit(cast.project, MONDAY - timedelta(days=15))
    scan(MONDAY)
    silent = one(AlertKind.NO_CONTACT)
    assert silent.because == "已15天没有走访或联系企业，上次是11月8日（本阶段不超过14天）。"
    assert told(silent.id) == {cast.officer.user_id, cast.teammate.user_id}
    visit(cast.project, MONDAY - timedelta(days=1))
    scan(MONDAY)
    assert not standing(AlertKind.NO_CONTACT)


def test_a_visit_typed_today_but_made_forty_days_ago_does_not_break_the_silence(
    any_db: str, cast: Any
) -> None:
    change(Project, cast.project, created_at=LONG_AGO)
    visit(cast.project, MONDAY - timedelta(days=40))  # created_at is now
    scan(MONDAY)
    assert one(AlertKind.NO_CONTACT).because_facts["n"] == 40


def test_a_draft_is_no_visit_and_a_visit_to_the_enterprise_counts_for_its_project(db: Any, cast: Any) -> None:
    change(Project, cast.project, created_at=LONG_AGO)
    visit(cast.project, MONDAY, state=VisitState.DRAFT)
    scan(MONDAY)
    assert one(AlertKind.NO_CONTACT).because_code == "never_contacted"  # R2
    visit(None, MONDAY - timedelta(days=2), enterprise_id=cast.enterprise)
    scan(MONDAY)
    assert not standing(AlertKind.NO_CONTACT)


def test_a_stages_threshold_of_zero_means_never(db: Any, cast: Any) -> None:  # R16
    change(Project, cast.project, created_at=LONG_AGO, stage=Stage.SIGNED)
    scan(MONDAY)
    assert one(AlertKind.NO_CONTACT)
    form = actions.ThresholdForm(code=rules.NO_CONTACT_DAYS, stage=Stage.SIGNED, value=0)
    actions.edit_threshold(cast.supervisor, form)
    scan(MONDAY)
    assert not standing(AlertKind.NO_CONTACT)


def test_progress_not_reported_and_progress_behind(any_db: str, cast: Any) -> None:
    change(Project, cast.project, created_at=LONG_AGO)
    add(
        AnnualPlan(project_id=cast.project, year=2026, plan_wan=Decimal(12000)),
        MonthlyProgress(
            project_id=cast.project, year=2026, month=9, done_wan=Decimal(6000), reported_on=date(2026, 10, 8)
        ),
    )
    scan(MONDAY)
    assert one(AlertKind.PROGRESS_MISSING).because == "2026年10月进度未报，应于11月6日前报送。"
    behind = one(AlertKind.PROGRESS_BEHIND)
    assert behind.because == "1—9月完成年度计划投资的50.0%，慢于序时进度25.0个百分点。"
    assert behind.light is Light.YELLOW
    add(
        MonthlyProgress(
            project_id=cast.project, year=2026, month=10, done_wan=Decimal(10000), reported_on=MONDAY
        )
    )
    scan(MONDAY)
    assert not standing(AlertKind.PROGRESS_MISSING) + standing(AlertKind.PROGRESS_BEHIND)


# --- cases --------------------------------------------------------------------------------------


def _item(session: Session, code: str) -> int:
    found = session.exec(select(Item).where(Item.code == code)).first()
    if found is None:
        found = Item(code=code, name=f"事项{code}")
        session.add(found)
        session.flush()
    assert found.id is not None
    return found.id


def case(cast: Any, code: str = "P35", **fields: Any) -> int:
    with unit_of_work(SYSTEM, "test.case") as session:
        values: dict[str, Any] = {
            "case_no": f"PJ{len(session.exec(select(Case.id)).all()) + 1:04d}",
            "item_id": _item(session, code),
            "enterprise_id": cast.enterprise,
            "project_id": cast.project,
            "department_id": cast.department,
            "state": CaseState.ACCEPTED,
            "received_on": date(2026, 11, 13),
            "accepted_on": date(2026, 11, 13),
            "promised_limit": 5,
            "legal_limit": 15,
        } | fields
        row = Case(**values)
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id


def test_a_case_warns_on_its_last_day_and_past_its_promise(any_db: str, cast: Any) -> None:
    """Accepted Friday 13 November, five working days promised: due Friday the 20th."""
    case(cast)
    scan(date(2026, 11, 18))
    assert not standing(AlertKind.CLOCK_YELLOW)
    scan(date(2026, 11, 19))
    assert one(AlertKind.CLOCK_YELLOW).light is Light.YELLOW
    scan(date(2026, 11, 20))
    assert one(AlertKind.CLOCK_YELLOW).light is Light.ORANGE
    scan(MONDAY)
    late = one(AlertKind.CLOCK_RED)
    assert (late.late_wd, late.due_on, late.department) == (1, date(2026, 11, 20), "区住房和城乡建设局")
    assert cast.handler.user_id in told(late.id)


def test_a_clock_stopped_with_notice_is_silent_and_without_notice_it_warns(any_db: str, cast: Any) -> None:
    id_ = case(cast)
    stop = {
        "case_id": id_,
        "kind": ProcedureKind.EXPERT_REVIEW,
        "ground": "专家评审",
        "basis": "行政许可法第四十五条",
        "from_on": date(2026, 11, 16),
        "planned_wd": 10,
    }
    (stop_id,) = add(SpecialProcedure(**stop))
    scan(date(2026, 11, 17))
    assert one(AlertKind.PROCEDURE_UNTOLD).because_code == "procedure_untold"
    change(SpecialProcedure, stop_id, told_on=date(2026, 11, 16))
    scan(MONDAY)
    assert not standing(AlertKind.CLOCK_YELLOW) + standing(AlertKind.CLOCK_RED)
    assert not standing(AlertKind.PROCEDURE_UNTOLD)


def test_a_case_decided_or_withdrawn_warns_no_more(db: Any, cast: Any) -> None:
    decided, withdrawn = case(cast), case(cast)
    scan(MONDAY)
    assert len(standing(AlertKind.CLOCK_RED)) == 2
    change(Case, decided, state=CaseState.DECIDED, decided_on=MONDAY)
    change(Case, withdrawn, state=CaseState.WITHDRAWN)
    scan(MONDAY)
    assert not standing(AlertKind.CLOCK_RED)


def test_a_case_of_an_enterprise_without_a_project_warns_too(any_db: str, cast: Any) -> None:
    case(cast, project_id=None)
    scan(MONDAY)
    row = one(AlertKind.CLOCK_RED)
    assert (row.project_id, row.enterprise_name) == (None, "江门市恒岳科技有限公司")
    assert told(row.id) == {cast.handler.user_id, cast.supervisor.user_id}


def _issued(cast: Any, code: str, issued_on: date, **more: Any) -> int:
    return case(
        cast,
        code,
        state=CaseState.DECIDED,
        received_on=issued_on,
        accepted_on=issued_on,
        decided_on=issued_on,
        issued_on=issued_on,
        **more,
    )


def test_a_construction_permit_warns_until_the_project_has_started(any_db: str, cast: Any) -> None:
    _issued(cast, "P34", date(2026, 8, 24))
    scan(MONDAY)
    assert one(AlertKind.EXPIRY).due_on == date(2026, 11, 24)
    change(Project, cast.project, started_on=MONDAY)
    scan(MONDAY)
    assert not standing(AlertKind.EXPIRY)


def test_a_permit_milestone_done_is_watched_when_no_case_tells(db: Any, cast: Any) -> None:
    milestone(cast.project, date(2026, 8, 20), code="P34", done_on=date(2026, 8, 24))
    scan(MONDAY)
    assert one(AlertKind.EXPIRY).record == "milestone"


def test_a_permit_warns_of_its_end_until_it_is_renewed(any_db: str, cast: Any) -> None:
    _issued(cast, "P61", date(2021, 12, 10), expires_on=date(2026, 12, 9), renew_by_on=date(2026, 10, 10))
    scan(MONDAY)
    late = one(AlertKind.EXPIRY)
    assert (late.because_code, late.light) == ("permit_renew", Light.RED)
    case(cast, "P61", received_on=MONDAY, accepted_on=MONDAY, promised_limit=20)
    scan(MONDAY)
    row = one(AlertKind.EXPIRY)
    assert (row.because_code, row.light) == ("permit_expires", Light.YELLOW)
    _issued(cast, "P61", MONDAY, expires_on=date(2031, 11, 22))
    scan(MONDAY)
    assert not standing(AlertKind.EXPIRY)


# --- what a person did ----------------------------------------------------------------------------


def test_a_snoozed_alert_wakes_on_its_day(any_db: str, cast: Any) -> None:
    milestone(cast.project, date(2026, 11, 18))
    scan(MONDAY)
    row = one(AlertKind.MILESTONE_OVERDUE)
    until = MONDAY + timedelta(days=3)
    actions.snooze(
        cast.officer,
        actions.Snooze(alert_id=row.id, version=row.version, reason="等周四的专题会", until=until),
        today=MONDAY,
    )
    scan(MONDAY + timedelta(days=2))
    assert one(AlertKind.MILESTONE_OVERDUE).state is AlertState.SNOOZED
    scan(MONDAY + timedelta(days=5))  # the nights between were missed
    assert one(AlertKind.MILESTONE_OVERDUE).state is AlertState.OPEN


def test_an_acknowledged_alert_that_turns_red_is_open_again(any_db: str, cast: Any) -> None:
    milestone(cast.project, date(2026, 11, 24))
    scan(MONDAY)
    row = one(AlertKind.MILESTONE_DUE_SOON)
    actions.acknowledge(
        cast.officer, actions.Acknowledge(alert_id=row.id, version=row.version, note="已约建设局明天会商")
    )
    scan(MONDAY + timedelta(days=1))
    assert one(AlertKind.MILESTONE_DUE_TODAY).state is AlertState.ACKNOWLEDGED
    scan(MONDAY + timedelta(days=2))
    assert one(AlertKind.MILESTONE_OVERDUE).state is AlertState.OPEN
