"""The tally says what the cases say: counted again from the raw rows with pandas, on both databases."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed
from crm.insight.actions import tally
from crm.insight.rules import Measure, month_of
from models import Case, CaseEvent, CaseTally, CaseTallyMonth, SpecialProcedure
from tests.insight.hall import fill, places, random_case

Row = tuple[Any, ...]


def tallied() -> Counter[Row]:
    with reading() as session:
        rows = session.exec(select(CaseTally)).all()
    keys = [(r.month, r.item_id, r.department_id, r.town_id, r.step_id, r.measure, r.value) for r in rows]
    assert len(set(keys)) == len(keys), "one row for one value"
    return Counter({key: r.n for key, r in zip(keys, rows, strict=True)})


def frame(model: Any) -> pd.DataFrame:
    with reading() as session:
        return pd.DataFrame([row.model_dump() for row in session.exec(select(model)).all()])


def whole(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def by_hand() -> Counter[Row]:
    """The same counts, one case at a time."""
    found: Counter[Row] = Counter()
    cases = {int(row["id"]): row for row in frame(Case).to_dict("records")}

    def add(case: Any, day: date, measure: Measure, value: int, step: int | None = None) -> None:
        place = (whole(case["item_id"]), whole(case["department_id"]), whole(case["town_id"]))
        found[(month_of(day), *place, step, measure.value, value)] += 1

    for case in cases.values():
        add(case, case["received_on"], Measure.RECEIVED, 0)
        closed = case["decided_on"]
        if closed is None or pd.isna(closed):
            continue
        add(case, closed, Measure.CLOSED, 0)
        if case["outcome"] is not None and not pd.isna(case["outcome"]):
            add(case, closed, Measure(str(case["outcome"])), 0)
        if case["state"] in ("not_accepted", "withdrawn"):
            add(case, closed, Measure.RETURNED, 0)
        add(case, closed, Measure.CORRECTIONS, case["corrections"])
        parts = [whole(case[name]) for name in ("running_wd", "enterprise_wd", "stopped_wd")]
        for measure, days in zip(
            (Measure.RUNNING_WD, Measure.ENTERPRISE_WD, Measure.STOPPED_WD), parts, strict=True
        ):
            if days is not None:
                add(case, closed, measure, days)
        if parts[0] is not None:
            add(case, closed, Measure.TOTAL_WD, sum(p or 0 for p in parts))
        if case["late"] is not None and not pd.isna(case["late"]):
            add(case, closed, Measure.LATE, int(case["late"]))
        if not pd.isna(case["deadline_at"]) and not pd.isna(case["closed_at"]):
            add(case, closed, Measure.LATE_OWN, int(case["closed_at"] > case["deadline_at"]))
    for row in frame(SpecialProcedure).to_dict("records"):
        case = cases[int(row["case_id"])]
        closed = case["decided_on"]
        if closed is None or pd.isna(closed):
            continue
        add(case, closed, Measure.PROCEDURES, 0)
        if row["start_by_on"] is not None:
            add(case, closed, Measure.PROCEDURE_LATE, int(row["from_on"] > row["start_by_on"]))
        if row["stops_clock"]:
            add(case, closed, Measure.PROCEDURE_UNTOLD, int(row["told_on"] is None))
    for row in frame(CaseEvent).to_dict("records"):
        case, wait = cases[int(row["case_id"])], whole(row["wait_wd"])
        closed = case["decided_on"]
        if closed is not None and not pd.isna(closed) and wait is not None:
            add(case, closed, Measure.STEP_WAIT, wait, int(row["step_id"]))
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_the_tally_counts_what_the_cases_say(any_db: str, seed: int) -> None:
    fill(Random(seed), 300)
    tally.recount_stale(SYSTEM)
    assert tallied() == by_hand()


def test_counting_twice_changes_nothing(any_db: str) -> None:
    fill(Random(3), 80)
    tally.recount_stale(SYSTEM)
    once = tallied()
    with reading() as session:
        months = list(session.exec(select(CaseTallyMonth.month)))
        assert tally.stale_months(session) == []
    assert tally.recount_stale(SYSTEM) == 0
    assert tally.recount(SYSTEM, [m + timedelta(days=13) for m in months]) == len(months)
    assert tallied() == once


def test_after_edits_the_stale_months_alone_make_it_equal_to_a_count_from_nothing(any_db: str) -> None:
    rng = Random(4)
    fill(rng, 200)
    tally.recount_stale(SYSTEM)
    with unit_of_work(SYSTEM, "test.edits") as session:
        cases = list(session.exec(select(Case).order_by(col(Case.id))))
        closed = [c for c in cases if c.decided_on is not None]
        # Closed in another month, opened again, moved to another item, decided otherwise, gone, come.
        closed[0].decided_on = closed[0].decided_on + timedelta(days=40)  # type: ignore[operator]
        closed[1].decided_on = None
        closed[2].item_id = next(c.item_id for c in closed if c.item_id != closed[2].item_id)
        closed[3].late = not closed[3].late
        session.add(random_case(rng, places(session), 9_001, date(2026, 11, 1), 1))
        loose = session.exec(select(SpecialProcedure)).first()
        assert loose is not None
        loose.told_on = None if loose.told_on else loose.from_on
        led = {*session.exec(select(SpecialProcedure.case_id)), *session.exec(select(CaseEvent.case_id))}
        session.delete(next(c for c in closed[4:] if c.id not in led))
    with reading() as session:
        stale = tally.stale_months(session)
        assert 2 <= len(stale) < session.execute(sa.select(sa.func.count(CaseTallyMonth.month))).scalar_one()
    tally.recount_stale(SYSTEM)
    assert tallied() == by_hand()
    with reading() as session:
        assert tally.stale_months(session) == []


def test_a_month_whose_last_case_left_is_empty_again(db: Any) -> None:
    with unit_of_work(SYSTEM, "test.one") as session:
        item = places(session).items[0]
        case = Case(case_no="一件", item_id=item, received_on=date(2026, 3, 2), decided_on=date(2026, 4, 7))
        session.add(case)
    tally.recount_stale(SYSTEM)
    assert {key[0] for key in tallied()} == {date(2026, 3, 1), date(2026, 4, 1)}
    with unit_of_work(SYSTEM, "test.gone") as session:
        session.delete(session.exec(select(Case)).one())
    tally.recount_stale(SYSTEM)
    assert tallied() == Counter()


def test_only_who_sees_all_counts_again(cast: Any) -> None:
    for actor in (cast.officer, cast.clerk, cast.handler):
        with pytest.raises(NotAllowed):
            tally.recount(actor, [date(2026, 1, 1)])
    assert tally.recount(cast.supervisor, [date(2026, 1, 1)]) == 1


@pytest.fixture
def new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the server had just begun: no day's run is done."""
    monkeypatch.setattr(tally, "_done_for", set())


@pytest.mark.usefixtures("new_process")
def test_the_daily_run_counts_what_changed_once_a_day(db: Any) -> None:
    fill(Random(5), 60)
    monday = date(2026, 11, 23)
    assert tally.daily(monday) > 0
    assert tallied() == by_hand()
    with unit_of_work(SYSTEM, "test.edit") as session:
        session.exec(select(Case).where(col(Case.decided_on).is_not(None))).first().corrections += 1  # type: ignore[union-attr]
    assert tally.daily(monday) == 0  # asked again the same day
    assert tally.daily(monday + timedelta(days=1)) >= 1
    assert tallied() == by_hand()


@pytest.mark.usefixtures("new_process")
def test_a_stopped_server_leaves_whole_months_and_goes_on_later(db: Any) -> None:
    fill(Random(6), 60)
    stop = threading.Event()
    stop.set()
    day = date(2026, 11, 24)
    assert tally.daily(day, stop) == 0
    assert tallied() == Counter()
    assert tally.daily(day) > 0
    assert tallied() == by_hand()
