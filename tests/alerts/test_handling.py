"""What people do about alerts, and who may see and do what."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from crm.alerts import actions, rules
from crm.alerts.queries import lists
from crm.alerts.queries.lists import NO_DEPARTMENT, AlertFilter, AlertSort
from crm.alerts.scan import scan
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, NotAllowed, NotFound, Refusal
from models import AuditEntry, Department, Milestone
from models.vocabulary import AlertKind, AlertState, Light, Party, Role, Stage

MONDAY = date(2026, 11, 23)


@pytest.fixture
def town(any_db: str, cast: Any) -> Any:
    """Two projects: the officer's has an overdue and a coming milestone, the stranger's an overdue one."""
    with unit_of_work(SYSTEM, "test.milestones") as session:
        for project, code, planned, department in (
            (cast.project, "P34", MONDAY - timedelta(days=5), cast.department),
            (cast.project, "P22", MONDAY + timedelta(days=2), None),
            (cast.other_project, "P34", MONDAY - timedelta(days=10), None),
        ):
            session.add(
                Milestone(
                    project_id=project,
                    code=code,
                    name=f"节点{code}",
                    stage=Stage.CONSTRUCTION_PERMIT,
                    planned_on=planned,
                    department_id=department,
                    waits_for=Party.DEPARTMENT if department else Party.ENTERPRISE,
                )
            )
    scan(MONDAY)
    return cast


def see(actor: Actor, **asked: Any) -> list[lists.AlertRow]:
    with reading() as session:
        return lists.list_alerts(session, actor, AlertFilter(**asked)).rows


def overdue(actor: Actor = SYSTEM, project: int | None = None) -> lists.AlertRow:
    rows = [r for r in see(actor, kind=AlertKind.MILESTONE_OVERDUE) if project in (None, r.project_id)]
    return rows[0]


def test_each_sees_the_alerts_of_his_own_projects_town_or_department(town: Any) -> None:
    assert {r.project_id for r in see(town.officer)} == {town.project}
    assert {r.project_id for r in see(town.stranger)} == {town.other_project}
    assert {r.project_id for r in see(town.clerk)} == {town.project}
    assert {r.project_id for r in see(town.handler)} == {town.project}
    assert {r.project_id for r in see(town.supervisor)} == {town.project, town.other_project}
    assert len(see(town.leader)) == 3


def test_a_clerk_without_a_town_sees_nothing(town: Any) -> None:
    assert see(Actor(user_id=99, name="无镇街", role=Role.PARK_STAFF)) == []
    assert see(Actor(user_id=98, name="无部门", role=Role.DEPARTMENT)) == []


def test_my_list_is_what_i_am_told_of(town: Any) -> None:
    assert [r.department_id for r in see(town.handler, mine=True)] == [town.department]
    assert {r.light for r in see(town.supervisor, mine=True)} == {Light.RED}
    assert see(town.leader, mine=True) == []


def test_the_most_urgent_comes_first(town: Any) -> None:
    rows = see(town.supervisor)
    assert [(r.light, r.late_wd) for r in rows] == [(Light.RED, 6), (Light.RED, 3), (Light.YELLOW, None)]
    with reading() as session:
        recent = lists.list_alerts(session, town.supervisor, sort=AlertSort.RECENT, per_page=2, page=2)
    assert (recent.total, len(recent.rows)) == (3, 1)


@pytest.mark.parametrize(
    ("asked", "n"),
    [
        ({}, 3),
        ({"light": Light.RED}, 2),
        ({"kind": AlertKind.MILESTONE_DUE_SOON}, 1),
        ({"department_id": NO_DEPARTMENT}, 2),
        ({"raised_on": MONDAY}, 3),
        ({"raised_on": MONDAY - timedelta(days=1)}, 0),
        ({"text": "恒岳"}, 2),
        ({"text": "hyxny"}, 2),
        ({"text": "逾期6个工作日"}, 1),
        ({"text": "100%"}, 0),
        ({"state": AlertState.CLOSED}, 0),
    ],
)
def test_every_count_is_of_the_list_it_opens(town: Any, asked: dict[str, Any], n: int) -> None:
    query = AlertFilter.read(AlertFilter(**asked).query())
    with reading() as session:
        assert lists.list_alerts(session, town.supervisor, query).total == n
        counts = lists.count_alerts(session, town.supervisor, query)
    assert counts.total == sum(counts.by_kind.values()) == n


def test_nonsense_in_the_address_asks_nothing() -> None:
    assert (
        AlertFilter.read({"kind": "x", "light": "", "raised_on": "30 February", "no": "1"}) == AlertFilter()
    )


def test_the_board_of_lights_counts_by_department(town: Any) -> None:
    with reading() as session:
        board = lists.department_lights(session, town.supervisor)
        housing = session.get(Department, town.department)
    assert housing is not None
    assert [(d.department, d.red, d.orange, d.yellow) for d in board] == [
        (housing.short, 1, 0, 0),
        ("", 1, 0, 1),
    ]


def test_acknowledging_says_what_will_be_done_and_is_in_the_trail(town: Any) -> None:
    row = overdue(project=town.project)
    actions.acknowledge(
        town.officer, actions.Acknowledge(alert_id=row.id, version=row.version, note="今天约住建局会商")
    )
    after = overdue(project=town.project)
    assert (after.state, after.handled_by, after.handled_note) == (
        AlertState.ACKNOWLEDGED,
        "何志强",
        "今天约住建局会商",
    )
    with reading() as session:
        last = session.exec(
            select(AuditEntry).where(AuditEntry.record == "alert").order_by(AuditEntry.id.desc())  # type: ignore[union-attr]
        ).first()
    assert last is not None
    assert (last.action, last.user_name, last.changes["state"]) == (
        "alerts.acknowledge",
        "何志强",
        ["open", "acknowledged"],
    )


def test_four_fast_clicks_acknowledge_once(town: Any) -> None:
    row = overdue(project=town.project)
    form = actions.Acknowledge(alert_id=row.id, version=row.version, note="已联系")
    for _click in range(4):
        actions.acknowledge(town.officer, form)
    assert overdue(project=town.project).version == row.version + 1


def test_the_second_of_two_is_told_that_the_first_was_there(town: Any) -> None:
    row = overdue(project=town.project)
    actions.acknowledge(
        town.teammate, actions.Acknowledge(alert_id=row.id, version=row.version, note="我来跟")
    )
    form = actions.Acknowledge(alert_id=row.id, version=row.version, note="我来办")
    with pytest.raises(Conflict):
        actions.acknowledge(town.officer, form)
    assert overdue(project=town.project).handled_note == "我来跟"


def test_an_alert_of_another_town_does_not_exist_for_me(town: Any) -> None:
    row = overdue(project=town.other_project)
    form = actions.Acknowledge(alert_id=row.id, version=row.version, note="x")
    with pytest.raises(NotFound, match="没有找到"):
        actions.acknowledge(town.officer, form)
    with pytest.raises(NotFound):
        actions.acknowledge(town.officer, form.model_copy(update={"alert_id": 10**9}))


def test_those_who_only_look_cannot_handle(town: Any) -> None:
    row = overdue(project=town.project)
    form = actions.Acknowledge(alert_id=row.id, version=row.version, note="x")
    for actor in (town.leader, town.clerk, town.admin):
        with pytest.raises(NotAllowed):
            actions.acknowledge(actor, form)
        assert not [r for r in see(actor) if r.may_handle]


def test_a_handler_handles_his_departments_alerts_and_not_anothers(town: Any) -> None:
    with unit_of_work(SYSTEM, "test.other") as session:
        other = session.exec(select(Department).where(Department.name == "区统计局")).one()
        session.add(
            Milestone(
                project_id=town.project,
                code="P42",
                name="入统",
                stage=Stage.CONSTRUCTION,
                planned_on=MONDAY,
                department_id=other.id,
            )
        )
    scan(MONDAY)
    may = {r.department: r.may_handle for r in see(town.handler)}
    assert may == {"区住房和城乡建设局": True, "": True, "区统计局": False}


@pytest.mark.parametrize("days", [0, -1, 91])
def test_a_snooze_ends_in_the_future_and_within_ninety_days(town: Any, days: int) -> None:
    row = overdue(project=town.project)
    form = actions.Snooze(
        alert_id=row.id, version=row.version, reason="等专题会", until=MONDAY + timedelta(days=days)
    )
    with pytest.raises(Refusal):
        actions.snooze(town.officer, form, today=MONDAY)


def test_a_snooze_needs_its_reason() -> None:
    with pytest.raises(Refusal, match="暂缓原因"):
        actions.Snooze(alert_id=1, version=1, reason=" ", until=MONDAY)


def test_a_snooze_can_be_taken_back(town: Any) -> None:
    row = overdue(project=town.project)
    form = actions.Snooze(
        alert_id=row.id, version=row.version, reason="等专题会", until=MONDAY + timedelta(days=90)
    )
    actions.snooze(town.officer, form, today=MONDAY)
    actions.snooze(town.officer, form, today=MONDAY)
    row = overdue(project=town.project)
    assert (row.state, row.snoozed_until) == (AlertState.SNOOZED, MONDAY + timedelta(days=90))
    actions.reopen(town.officer, row.id, row.version)
    actions.reopen(town.officer, row.id, row.version)
    assert overdue(project=town.project).state is AlertState.OPEN


def test_a_closed_alert_needs_no_handling(town: Any) -> None:
    row = overdue(project=town.project)
    with unit_of_work(SYSTEM, "test.done") as session:
        milestone = session.get(Milestone, row.record_id)
        assert milestone is not None
        milestone.done_on = MONDAY
    scan(MONDAY)
    with pytest.raises(Refusal, match="已经消除"):
        actions.acknowledge(town.officer, actions.Acknowledge(alert_id=row.id, version=row.version, note="x"))


def test_only_supervisors_and_administrators_run_the_scan_by_hand(town: Any) -> None:
    for actor in (town.supervisor, town.admin):
        assert actions.run_scan(actor, MONDAY).complete
    for actor in (town.officer, town.leader, town.clerk, town.handler):
        with pytest.raises(NotAllowed):
            actions.run_scan(actor, MONDAY)


# --- thresholds ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (rules.MILESTONE_SOON_WD, 0),
        (rules.EXPIRY_WARN_DAYS, 0),
        (rules.EXPIRY_WARN_DAYS, 366),
        (rules.NO_CONTACT_DAYS, 366),
        (rules.NO_CONTACT_DAYS, -1),
        (rules.PROGRESS_DUE_DAY_WD, 21),
        (rules.PROGRESS_RED_POINTS, 10),  # not above yellow
        (rules.PROGRESS_YELLOW_POINTS, 30),  # not below red
    ],
)
def test_a_threshold_outside_its_range_is_refused(db: Any, cast: Any, code: str, value: int) -> None:  # R8
    with pytest.raises(Refusal):
        actions.edit_threshold(cast.supervisor, actions.ThresholdForm(code=code, value=value, version=1))


@pytest.mark.parametrize("text", ["十天", "", "3.5", None])
def test_a_threshold_that_is_no_whole_number_is_refused(text: Any) -> None:  # R8
    with pytest.raises(Refusal, match="数值"):
        actions.ThresholdForm(code=rules.MILESTONE_SOON_WD, value=text)


def test_a_threshold_is_edited_by_those_who_may_and_not_over_anothers_edit(db: Any, cast: Any) -> None:
    def row() -> lists.ThresholdRow:
        with reading() as session:
            return next(t for t in lists.list_thresholds(session) if t.code == rules.MILESTONE_SOON_WD)

    form = actions.ThresholdForm(
        code=rules.MILESTONE_SOON_WD, value=10, basis="区里要求提前两周", version=row().version
    )
    with pytest.raises(NotAllowed):
        actions.edit_threshold(cast.officer, form)
    actions.edit_threshold(cast.supervisor, form)
    assert (row().value, row().basis) == (10, "区里要求提前两周")
    with pytest.raises(Conflict):
        actions.edit_threshold(cast.admin, form.model_copy(update={"value": 7}))
    with pytest.raises(NotFound):
        actions.edit_threshold(
            cast.admin, actions.ThresholdForm(code=rules.MILESTONE_SOON_WD, stage=Stage.SIGNED, value=7)
        )


def test_a_stage_may_have_its_own_number_and_give_it_up(db: Any, cast: Any) -> None:
    def own() -> list[int]:
        with reading() as session:
            return [
                t.value
                for t in lists.list_thresholds(session)
                if (t.code, t.stage) == (rules.NO_CONTACT_DAYS, Stage.LAND)
            ]

    actions.edit_threshold(
        cast.supervisor, actions.ThresholdForm(code=rules.NO_CONTACT_DAYS, stage=Stage.LAND, value=21)
    )
    assert own() == [21]
    actions.drop_stage_threshold(cast.supervisor, rules.NO_CONTACT_DAYS, Stage.LAND)
    actions.drop_stage_threshold(cast.supervisor, rules.NO_CONTACT_DAYS, Stage.LAND)
    assert own() == []
