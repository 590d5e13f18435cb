"""Special procedures and corrections warn in themselves, though the case they belong to is on time."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from crm.alerts.queries.lists import AlertFilter, AlertRow, list_alerts
from crm.alerts.scan import scan
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from models import AlertRecipient, Case, Item, ItemProcedure, SpecialProcedure
from models.vocabulary import AlertKind, AlertState, CaseSource, CaseState, Light, ProcedureKind

ACCEPTED = date(2026, 11, 16)  # 周一
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 11, n) for n in (17, 18, 19, 20))
SATURDAY, MONDAY, TUESDAY_24, WEDNESDAY_25 = (date(2026, 11, n) for n in (21, 23, 24, 25))


def add(*rows: Any) -> list[int]:
    with unit_of_work(SYSTEM, "test.add") as session:
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def change(model: type[Any], id_: int, **fields: Any) -> None:
    with unit_of_work(SYSTEM, "test.change") as session:
        row = session.get_one(model, id_)
        for name, value in fields.items():
            setattr(row, name, value)


def an_item(session: Session) -> Item:
    """排水许可, whose register is emptied so that each test says what it holds."""
    item = session.exec(select(Item).where(Item.code == "P35")).one()
    for row in session.exec(select(ItemProcedure).where(ItemProcedure.item_id == item.id)):
        session.delete(row)
    session.flush()
    return item


def case(cast: Any, **more: Any) -> int:
    """A case on time for weeks: accepted on 2026-11-16 (周一) with a limit of 60 working days."""
    with unit_of_work(SYSTEM, "test.case") as session:
        values: dict[str, Any] = {
            "case_no": f"K{len(session.exec(select(Case.id)).all())}",
            "item_id": an_item(session).id,
            "project_id": cast.project,
            "enterprise_id": cast.enterprise,
            "department_id": cast.department,
            "state": CaseState.ACCEPTED,
            "received_on": ACCEPTED,
            "accepted_on": ACCEPTED,
            "starts_on": ACCEPTED,
            "legal_limit": 60,
        } | more
        row = Case(**values)
        session.add(row)
        session.flush()
        return row.id or 0


def procedure(case_id: int, **more: Any) -> int:
    values: dict[str, Any] = {
        "kind": ProcedureKind.EXPERT_REVIEW,
        "stops_clock": True,
        "ground": "专家评审",
        "basis": "行政许可法第四十五条",
        "from_on": TUESDAY,
        "planned_wd": 10,
        "told_on": TUESDAY,
        "end_by_on": date(2026, 12, 1),
    } | more
    return add(SpecialProcedure(case_id=case_id, **values))[0]


def required(cast: Any, **more: Any) -> int:
    """The register asks for a site check within 2 working days of acceptance."""
    with unit_of_work(SYSTEM, "test.register") as session:
        item = session.exec(select(Item).where(Item.code == "P35")).one()
        values: dict[str, Any] = {
            "kind": ProcedureKind.SITE_CHECK,
            "name": "现场核查",
            "start_limit_wd": 2,
            "basis": "排水许可办法",
        } | more
        row = ItemProcedure(item_id=item.id or 0, **values)
        session.add(row)
        session.flush()
        return row.id or 0


def standing() -> list[AlertRow]:
    with reading() as session:
        rows = list_alerts(session, SYSTEM, AlertFilter(), per_page=100).rows
    ours = {
        AlertKind.PROCEDURE_UNTOLD,
        AlertKind.PROCEDURE_LATE_START,
        AlertKind.PROCEDURE_OVERLONG,
        AlertKind.CORRECTION_DUE,
        AlertKind.CLOCK_YELLOW,
        AlertKind.CLOCK_RED,
    }
    return [row for row in rows if row.kind in ours]


def one() -> AlertRow:
    (row,) = standing()
    return row


def told(alert_id: int) -> set[int]:
    with reading() as session:
        return set(
            session.exec(select(AlertRecipient.user_id).where(AlertRecipient.alert_id == alert_id)).all()
        )


def test_a_stop_nobody_was_told_of_warns_climbs_and_closes_with_the_notice(any_db: str, cast: Any) -> None:
    stop = procedure(case(cast), told_on=None)
    scan(WEDNESDAY)
    first = one()
    assert (first.kind, first.light) == (AlertKind.PROCEDURE_UNTOLD, Light.ORANGE)
    assert first.because == (
        "办件K0（城镇污水排入排水管网许可）的专家评审自11月17日起停表未书面告知申请人，已1个工作日，"
        "时限照算，等区住房和城乡建设局。"
    ).replace("城镇污水排入排水管网许可", first.because_facts["name"])
    assert told(first.id) >= {cast.officer.user_id, cast.teammate.user_id, cast.handler.user_id}
    assert cast.supervisor.user_id not in told(first.id)
    scan(FRIDAY)  # three working days: the house's limit itself
    assert one().light is Light.ORANGE
    scan(MONDAY)  # the fourth
    red = one()
    assert (red.key, red.light, red.late_wd) == (first.key, Light.RED, 4)
    assert cast.supervisor.user_id in told(red.id)
    change(SpecialProcedure, stop, told_on=MONDAY)
    scan(MONDAY)
    assert standing() == []


def test_a_required_step_warns_on_its_last_day_then_until_it_is_opened(any_db: str, cast: Any) -> None:
    id_ = case(cast)
    register = required(cast)
    seen = {}
    for day in (TUESDAY, WEDNESDAY, THURSDAY, TUESDAY_24):
        scan(day)
        seen[day] = [(a.because_code, a.light, a.late_wd) for a in standing()]
    assert seen == {
        TUESDAY: [],
        WEDNESDAY: [("procedure_open_today", Light.YELLOW, None)],
        THURSDAY: [("procedure_not_opened", Light.ORANGE, 1)],
        TUESDAY_24: [("procedure_not_opened", Light.RED, 4)],
    }
    key = one().key
    opened = procedure(
        id_,
        kind=ProcedureKind.SITE_CHECK,
        stops_clock=False,
        register_id=register,
        from_on=TUESDAY_24,
        start_by_on=WEDNESDAY,
        staff=["李明", "王强"],
        told_on=None,
    )
    scan(TUESDAY_24)
    late = one()
    assert (late.key, late.because_code, late.light) == (key, "procedure_started_late", Light.ORANGE)
    assert "应于11月18日前启动，11月24日才启动，晚4个工作日" in late.because
    change(SpecialProcedure, opened, to_on=WEDNESDAY_25)
    scan(WEDNESDAY_25)
    assert standing() == [], "once it is over nobody can mend it: the board and the history keep it"


@pytest.mark.parametrize(
    ("register", "why"),
    [
        ({"conditions": "重点排水户"}, "one with a condition is required only where the condition is met"),
        ({"start_limit_wd": None}, "nobody set a limit"),
        ({"active": False}, "no longer in the register"),
    ],
)
def test_a_step_that_is_not_required_does_not_warn(cast: Any, register: dict[str, Any], why: str) -> None:
    case(cast)
    required(cast, **register)
    scan(MONDAY)
    assert standing() == [], why


def test_inspections_begin_within_five_days_by_law_whatever_the_register_says(cast: Any) -> None:
    case(cast)
    required(cast, kind=ProcedureKind.TESTING, name="检测", start_limit_wd=30)
    scan(MONDAY)  # 2026-11-23, the fifth working day: in time, but the last
    assert (one().because_code, one().light) == ("procedure_open_today", Light.YELLOW)
    scan(TUESDAY_24)
    assert one().because_code == "procedure_not_opened"


def test_a_step_over_its_length_warns_by_the_register_or_by_its_plan(any_db: str, cast: Any) -> None:
    id_ = case(cast)
    first = procedure(id_, end_by_on=THURSDAY)
    scan(THURSDAY)
    assert (one().because_code, one().light) == ("procedure_ends_today", Light.YELLOW)
    scan(FRIDAY)
    assert (one().kind, one().light, one().late_wd) == (AlertKind.PROCEDURE_OVERLONG, Light.ORANGE, 1)
    change(SpecialProcedure, first, end_by_on=None, planned_wd=3)  # from 周二 17 on: 周五 20
    scan(FRIDAY)
    assert one().because_code == "procedure_ends_today"
    scan(SATURDAY)
    assert "已超期不足1个工作日" in one().because
    change(SpecialProcedure, first, to_on=SATURDAY, result="通过")
    scan(MONDAY)
    assert standing() == []


def test_the_last_day_to_tell_what_is_missing_is_warned_of_before_it_passes(any_db: str, cast: Any) -> None:
    case(cast, state=CaseState.RECEIVED, accepted_on=None, starts_on=None, accept_by_on=MONDAY)
    seen = []
    for day in (THURSDAY, FRIDAY, MONDAY, TUESDAY_24):
        scan(day)
        seen += [(day.day, a.key, a.because_code, a.light) for a in standing()]
    assert [(d, c, light) for d, _key, c, light in seen] == [
        (20, "correction_tell_soon", Light.YELLOW),
        (23, "correction_tell_today", Light.ORANGE),
        (24, "correction_silent", Light.RED),
    ]
    assert len({key for _d, key, *_rest in seen}) == 1


def test_a_correction_the_enterprise_owes_is_never_the_authoritys_lateness(any_db: str, cast: Any) -> None:
    case(
        cast,
        state=CaseState.CORRECTING,
        accepted_on=None,
        starts_on=None,
        correction_told_on=ACCEPTED,
        correction_due_on=THURSDAY,
    )
    scan(THURSDAY)
    assert standing() == []
    scan(date(2026, 12, 18))
    row = one()
    assert (row.kind, row.light, row.department_id) == (AlertKind.CORRECTION_DUE, Light.YELLOW, None)
    assert cast.officer.user_id in told(row.id)
    assert cast.handler.user_id not in told(row.id)


def test_a_second_scan_changes_nothing(any_db: str, cast: Any) -> None:
    procedure(case(cast), told_on=None, end_by_on=WEDNESDAY)
    assert scan(MONDAY).raised == 2
    before = [(a.id, a.version, a.state) for a in standing()]
    again = scan(MONDAY)
    assert (again.raised, again.climbed, again.closed) == (0, 0, 0)
    assert [(a.id, a.version, a.state) for a in standing()] == before


def test_a_decided_case_takes_its_alerts_with_it(any_db: str, cast: Any) -> None:
    id_ = case(cast)
    procedure(id_, told_on=None)
    scan(WEDNESDAY)
    alert = one()
    change(Case, id_, state=CaseState.DECIDED, decided_on=THURSDAY)
    scan(THURSDAY)
    assert standing() == []
    with reading() as session:
        (closed,) = list_alerts(session, SYSTEM, AlertFilter(state=AlertState.CLOSED)).rows
    assert closed.id == alert.id


def test_the_halls_cases_without_a_project_raise_no_alert(any_db: str, cast: Any) -> None:
    alone = case(cast, project_id=None, enterprise_id=None, source=CaseSource.HALL, legal_limit=1)
    procedure(alone, told_on=None, end_by_on=WEDNESDAY)
    scan(MONDAY)
    assert standing() == []
    change(Case, alone, source=CaseSource.OURS)
    scan(MONDAY)
    assert {a.kind for a in standing()} == {
        AlertKind.CLOCK_RED,
        AlertKind.PROCEDURE_UNTOLD,
        AlertKind.PROCEDURE_OVERLONG,
    }
