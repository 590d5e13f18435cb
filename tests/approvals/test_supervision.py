"""The board of lights: what it counts, that its cells are the lists behind them, and who may see which row."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from crm.approvals.actions import refresh_hints
from crm.approvals.queries import supervision
from crm.approvals.queries.signs import sign_conditions, watched_of
from crm.approvals.queries.supervision import NOBODY, Asked, By
from crm.approvals.supervision_rules import Sign, found
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed
from crm.workdays.queries import calendar as read_calendar
from models import Case, Department, Item, ItemProcedure, SpecialProcedure
from models.vocabulary import (
    CaseOutcome,
    CaseSource,
    CaseState,
    DayUnit,
    Light,
    ProcedureKind,
)

MONDAY = date(2026, 11, 23)  # 周一
FRIDAY = date(2026, 11, 20)  # 周五
LATE = Asked(light=Light.RED)


def item_id(session: Session, code: str = "P35") -> int:
    return session.exec(select(Item).where(Item.code == code)).one().id or 0


def a_case(session: Session, cast: Any, **more: Any) -> Case:
    """A running case of 区住房和城乡建设局 on the cast's project, far from its end; hints by the one writer."""
    procedures: list[SpecialProcedure] = more.pop("procedures", [])
    values: dict[str, Any] = {
        "case_no": f"S{random.getrandbits(48)}",
        "item_id": item_id(session),
        "project_id": cast.project,
        "enterprise_id": cast.enterprise,
        "department_id": cast.department,
        "state": CaseState.ACCEPTED,
        "received_on": date(2026, 11, 2),
        "accepted_on": date(2026, 11, 2),
        "starts_on": date(2026, 11, 2),
        "legal_limit": 60,
        "promised_limit": None,
        "unit": DayUnit.WORKING,
    } | more
    case = Case(**values)
    session.add(case)
    session.flush()
    for row in procedures:
        row.case_id = case.id or 0
        session.add(row)
    session.flush()
    refresh_hints(session, case, read_calendar(session), MONDAY)
    session.flush()
    return case


def a_procedure(**more: Any) -> SpecialProcedure:
    values: dict[str, Any] = {
        "case_id": 0,
        "kind": ProcedureKind.EXPERT_REVIEW,
        "stops_clock": True,
        "ground": "专家评审",
        "basis": "行政许可法第四十五条",
        "from_on": date(2026, 11, 10),
        "planned_wd": 30,
        "told_on": date(2026, 11, 10),
    } | more
    return SpecialProcedure(**values)


def make(cast: Any, **more: Any) -> int:
    with unit_of_work(SYSTEM, "test.case") as session:
        return a_case(session, cast, **more).id or 0


def board(actor: Actor, by: By = By.DEPARTMENT, today: date = MONDAY) -> supervision.Board:
    with reading() as session:
        return supervision.board(session, actor, today, by)


def listed(actor: Actor, asked: Asked, today: date = MONDAY) -> list[int]:
    found_ids: list[int] = []
    with reading() as session:
        page = 1
        while True:
            rows, total = supervision.supervised_cases(session, actor, today, asked, page=page, per_page=7)
            found_ids += [r.id for r in rows]
            if len(found_ids) >= total or not rows:
                assert len(found_ids) == total
                return found_ids
            page += 1


def signs_of(case_id: int, today: date = MONDAY) -> set[Sign]:
    """The signs whose cell lists the case."""
    return {s for s in Sign if case_id in listed(SYSTEM, Asked(sign=s), today)}


# --- one sign at a time ------------------------------------------------------------------------------------


def test_new_today_means_since_the_last_working_day(any_db: str, cast: Any) -> None:
    # Ten working days from 11-06 (周五) end on 11-20 (周五); yellow begins two days before.
    fresh = make(cast, accepted_on=date(2026, 11, 6), starts_on=date(2026, 11, 6), promised_limit=10)
    # Calendar days: 15 days from 11-06 end on 11-21, a Saturday.
    rest = make(
        cast,
        accepted_on=date(2026, 11, 6),
        starts_on=date(2026, 11, 6),
        legal_limit=15,
        unit=DayUnit.CALENDAR,
    )
    old = make(
        cast, accepted_on=date(2026, 11, 5), starts_on=date(2026, 11, 5), promised_limit=10
    )  # due 周四
    yellow = make(cast, accepted_on=date(2026, 11, 11), starts_on=date(2026, 11, 11), promised_limit=10)
    assert signs_of(fresh) == {Sign.NEW_RED}
    assert signs_of(rest) == {Sign.NEW_RED}
    assert signs_of(old) == set()
    assert old in listed(SYSTEM, LATE)
    assert signs_of(yellow) == {Sign.NEW_YELLOW}
    assert signs_of(yellow, MONDAY + timedelta(days=1)) == set(), "yesterday's yellow is not today's"


def test_procedures_without_notice_late_and_over_length(any_db: str, cast: Any) -> None:
    untold = make(cast, procedures=[a_procedure(told_on=None)])
    late = make(
        cast,
        procedures=[
            a_procedure(
                kind=ProcedureKind.SITE_CHECK,
                stops_clock=False,
                told_on=None,
                start_by_on=date(2026, 11, 4),
                from_on=date(2026, 11, 6),
                to_on=date(2026, 11, 9),
            )
        ],
    )
    over = make(cast, procedures=[a_procedure(end_by_on=FRIDAY)])
    by_plan = make(cast, procedures=[a_procedure(planned_wd=8)])  # 11-10 + 8 working days = 11-20 周五
    in_time = make(cast, procedures=[a_procedure(planned_wd=9)])  # today is its last day
    assert signs_of(untold) == {Sign.UNTOLD}
    assert signs_of(late) == {Sign.LATE_START}
    assert signs_of(over) == {Sign.OVERLONG}
    assert signs_of(by_plan) == {Sign.OVERLONG}
    assert signs_of(in_time) == set()


def test_a_required_step_not_opened_is_counted_for_our_own_cases_alone(any_db: str, cast: Any) -> None:
    with unit_of_work(SYSTEM, "test.register") as session:
        item = session.exec(select(Item).where(Item.code == "P16")).one()
        session.add(
            ItemProcedure(
                item_id=item.id or 0, kind=ProcedureKind.SITE_CHECK, name="现场核查", start_limit_wd=2
            )
        )
        session.flush()
        mine = a_case(session, cast, item_id=item.id).id or 0
        halls = a_case(session, cast, item_id=item.id, source=CaseSource.HALL).id or 0
        done = a_procedure(kind=ProcedureKind.SITE_CHECK, stops_clock=False, to_on=date(2026, 11, 12))
        opened = a_case(session, cast, item_id=item.id, procedures=[done]).id or 0
        # 2026-11-19 周四 + 2 working days = 11-23 周一: still in time.
        fresh = a_case(session, cast, item_id=item.id, accepted_on=date(2026, 11, 19)).id or 0
    assert signs_of(mine) == {Sign.NOT_OPENED}
    assert signs_of(halls) == set()
    assert signs_of(opened) == set()
    assert signs_of(fresh) == set()
    assert signs_of(fresh, MONDAY + timedelta(days=1)) == {Sign.NOT_OPENED}


def test_silence_corrections_extensions_and_deliveries(any_db: str, cast: Any) -> None:
    new = {"accepted_on": None, "starts_on": None}
    # Received 11-17 周二: five working days to tell what is missing end on 11-24 周二, tomorrow.
    silent = make(cast, state=CaseState.RECEIVED, received_on=date(2026, 11, 17), **new)
    later = make(cast, state=CaseState.RECEIVED, received_on=date(2026, 11, 18), **new)
    correcting = make(cast, state=CaseState.CORRECTING, correction_due_on=FRIDAY, **new)
    extended = make(cast, extension=5, extended_on=FRIDAY)
    told = make(cast, extension=5, extended_on=FRIDAY, extension_told_on=FRIDAY)
    decided = {"state": CaseState.DECIDED, "outcome": CaseOutcome.GRANTED}
    # Ten working days after 11-06 周五 end on 11-20 周五.
    undelivered = make(cast, decided_on=date(2026, 11, 6), **decided)
    in_time = make(cast, decided_on=date(2026, 11, 9), **decided)
    assert signs_of(silent) == {Sign.SILENT}
    assert signs_of(later) == set()
    assert signs_of(correcting) == {Sign.CORRECTION_OVERDUE}
    assert signs_of(extended) == {Sign.EXTENSION_UNTOLD}
    assert signs_of(told) == set()
    assert signs_of(undelivered) == {Sign.UNDELIVERED}
    assert signs_of(in_time) == set()


# --- the whole -----------------------------------------------------------------------------------------------


def a_crowd(cast: Any, seed: int, n: int = 60) -> None:
    """Cases of every state, of three departments and none, with and without a project."""
    rng = random.Random(seed)
    with unit_of_work(SYSTEM, "test.crowd") as session:
        departments = [d.id for d in session.exec(select(Department).limit(3))] + [None]
        items = [item_id(session, code) for code in ("P16", "P35", "P36", "P24")]
        for _n in range(n):
            state = rng.choice([*CaseState, CaseState.ACCEPTED, CaseState.ACCEPTED, CaseState.RECEIVED])
            received = MONDAY - timedelta(days=rng.randrange(0, 45))
            accepted = received if state not in (CaseState.RECEIVED, CaseState.CORRECTING) else None
            closed = state not in (CaseState.RECEIVED, CaseState.CORRECTING, CaseState.ACCEPTED)
            procedures = []
            for _p in range(rng.randrange(0, 3) if accepted else 0):
                start = received + timedelta(days=rng.randrange(0, 20))
                if start > MONDAY:
                    continue
                end = start + timedelta(days=rng.randrange(1, 9)) if rng.random() < 0.4 else None
                kind = rng.choice(
                    [ProcedureKind.SITE_CHECK, ProcedureKind.EXPERT_REVIEW, ProcedureKind.TESTING]
                )
                procedures.append(
                    a_procedure(
                        kind=kind,
                        stops_clock=kind is not ProcedureKind.SITE_CHECK,
                        from_on=start,
                        to_on=end if end and end <= MONDAY else None,
                        told_on=start if rng.random() < 0.6 else None,
                        planned_wd=rng.randrange(1, 12),
                        start_by_on=received + timedelta(days=5) if rng.random() < 0.7 else None,
                        end_by_on=start + timedelta(days=6) if rng.random() < 0.5 else None,
                    )
                )
            a_case(
                session,
                cast,
                case_no=f"{seed}-{_n}",
                item_id=rng.choice(items),
                project_id=rng.choice([cast.project, cast.other_project, None]),
                department_id=rng.choice(departments),
                source=rng.choice([CaseSource.OURS, CaseSource.OURS, CaseSource.HALL]),
                state=state,
                received_on=received,
                accepted_on=accepted,
                starts_on=accepted,
                legal_limit=rng.choice([3, 10, 20]),
                promised_limit=rng.choice([None, 2, 5]),
                unit=rng.choice(list(DayUnit)),
                correction_due_on=MONDAY + timedelta(days=rng.randrange(-5, 5))
                if state is CaseState.CORRECTING
                else None,
                decided_on=min(received + timedelta(days=rng.randrange(0, 20)), MONDAY) if closed else None,
                outcome=CaseOutcome.GRANTED if state is CaseState.DECIDED else None,
                extension=5 if rng.random() < 0.2 else 0,
                extended_on=MONDAY if rng.random() < 0.2 else None,
                procedures=procedures,
            )


@pytest.mark.parametrize("by", list(By))
def test_every_cell_is_the_length_of_its_list_and_the_rows_sum_to_the_whole(
    any_db: str, cast: Any, by: By
) -> None:
    a_crowd(cast, seed=7)
    whole = board(SYSTEM, by)
    assert whole.total.open_total == len(listed(SYSTEM, Asked())) > 20
    for light in supervision.OPEN_LIGHTS:
        assert whole.total.lights[light] == sum(r.lights[light] for r in whole.rows)
        assert whole.total.lights[light] == len(listed(SYSTEM, Asked(light=light)))
    for sign in Sign:
        assert whole.total.signs[sign] == sum(r.signs[sign] for r in whole.rows)
        assert whole.total.signs[sign] == len(listed(SYSTEM, Asked(sign=sign)))
    for row in whole.rows:
        of_row = {"department_id": row.id} if by is By.DEPARTMENT else {"officer_id": row.id}
        assert row.open_total == len(listed(SYSTEM, Asked(**of_row)))
        for light in supervision.OPEN_LIGHTS:
            assert row.lights[light] == len(listed(SYSTEM, Asked(**of_row, light=light))), (row.name, light)
        for sign in Sign:
            assert row.signs[sign] == len(listed(SYSTEM, Asked(**of_row, sign=sign))), (row.name, sign)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_board_counts_what_the_rules_find(any_db: str, cast: Any, seed: int) -> None:
    """The SQL over hints against the rule, case by case: lights and every sign that the rule knows."""
    a_crowd(cast, seed)
    with reading() as session:
        calendar = read_calendar(session)
        cases = list(session.exec(select(Case)))
        watched = watched_of(session, cases, calendar)
        by_rule = {c.id: {f.sign for f in found(watched[c.id or 0], MONDAY, calendar)} for c in cases}
        conditions = sign_conditions(session, MONDAY, calendar)
        for sign, condition in conditions.items():
            if sign in (Sign.NEW_YELLOW, Sign.NEW_RED):
                continue
            by_sql = set(session.exec(select(Case.id).where(condition)))
            assert by_sql == {id_ for id_, signs in by_rule.items() if sign in signs}, sign
        assert len(set().union(*by_rule.values())) >= 6, "a crowd that shows little proves little"
        rows, _total = supervision.supervised_cases(session, SYSTEM, MONDAY, Asked(), per_page=500)
        shown = {row.id: row.clocks.light for row in rows}
    for light in supervision.OPEN_LIGHTS:
        assert set(listed(SYSTEM, Asked(light=light))) == {i for i, seen in shown.items() if seen is light}


def test_what_belongs_to_nobody_stands_last_and_opens_its_own_list(any_db: str, cast: Any) -> None:
    make(cast)
    alone = make(cast, department_id=None, project_id=None)
    rows = board(SYSTEM).rows
    assert [r.id for r in rows] == [cast.department, NOBODY]
    assert listed(SYSTEM, Asked(department_id=NOBODY)) == [alone]
    officers = board(SYSTEM, By.OFFICER).rows
    assert [r.name for r in officers] == ["何志强", ""]
    assert listed(SYSTEM, Asked(officer_id=NOBODY)) == [alone]


# --- who may look ------------------------------------------------------------------------------------------


def test_a_handler_sees_his_own_departments_row_alone(any_db: str, cast: Any) -> None:
    own = make(cast)
    with reading() as session:
        other_department = session.exec(select(Department).where(Department.id != cast.department)).first()
    assert other_department is not None
    other = make(cast, department_id=other_department.id)  # of his project, but not his to answer for
    assert [r.id for r in board(cast.handler).rows] == [cast.department]
    assert listed(cast.handler, Asked()) == [own]
    assert listed(cast.handler, Asked(department_id=other_department.id)) == []
    for reader in (cast.supervisor, cast.leader, cast.admin):
        assert set(listed(reader, Asked())) == {own, other}


@pytest.mark.parametrize("who", ["officer", "clerk"])
def test_who_has_no_business_with_the_board_is_refused(cast: Any, who: str) -> None:
    make(cast)
    with pytest.raises(NotAllowed):
        board(getattr(cast, who))
    with pytest.raises(NotAllowed):
        listed(getattr(cast, who), Asked())


def test_a_cell_survives_the_address_and_nonsense_asks_nothing() -> None:
    asked = Asked(department_id=3, light=Light.RED, sign=Sign.UNTOLD)
    assert Asked.read(asked.query()) == asked
    assert Asked.read({"light": "purple", "sign": "", "department_id": "x", "id": "4"}) == Asked()
