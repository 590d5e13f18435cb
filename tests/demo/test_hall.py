"""The invented hall: what its cases say of themselves is what the product's own rules say."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from benchmarks import hall as full_size
from crm.approvals import rules
from crm.approvals.queries.cases import clocks_of, stops_of_rows, terms_of
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.today import day_of
from crm.demo.hall import REFORM_DAYS_AGO, write_hall
from crm.demo.hall_items import items
from crm.workdays.queries import calendar as read_calendar
from models import Case, CaseEvent, CaseStep, Item, SpecialProcedure
from models.vocabulary import CaseSource, CaseState

MONDAY = date(2026, 11, 23)


@pytest.fixture
def hall(any_db: str) -> str:
    with unit_of_work(SYSTEM, "test.hall") as session:
        assert write_hall(session, MONDAY, read_calendar(session), n=1_500) == 1_500
    return any_db


def test_the_hall_has_106_items_of_very_different_volume() -> None:
    things = items()
    assert len(things) == len({i.code for i in things}) == 106
    assert max(i.weight for i in things) > 500 * min(i.weight for i in things)


def test_every_date_and_measure_of_a_case_is_the_rules_own(hall: str) -> None:
    with reading() as session:
        calendar = read_calendar(session)
        procedures: dict[int, list[SpecialProcedure]] = {}
        for row in session.exec(select(SpecialProcedure)):
            procedures.setdefault(row.case_id, []).append(row)
        for case in session.exec(select(Case)):
            mine = procedures.get(case.id or 0, [])
            clocks = clocks_of(case, mine, MONDAY, calendar)
            assert case.due_on == (clocks.legal.due_on if clocks.legal else None)
            assert case.promised_due_on == (clocks.promised.due_on if clocks.promised else None)
            if case.decided_on is None:
                assert case.late is case.running_wd is None
                continue
            assert case.received_on <= case.decided_on <= MONDAY
            if case.accepted_on is None:
                assert case.state in (CaseState.NOT_ACCEPTED, CaseState.WITHDRAWN)
                continue
            measured = rules.measures(
                terms_of(case), stops_of_rows(mine), (), closed_on=case.decided_on, calendar=calendar
            )
            assert (case.running_wd, case.stopped_wd) == (measured.running_wd, measured.stopped_wd)
            assert case.late == bool(measured.late)


def test_no_case_of_the_hall_belongs_to_a_project_or_names_a_person(hall: str) -> None:
    with reading() as session:
        cases = session.exec(select(Case)).all()
    assert {c.source for c in cases} == {CaseSource.HALL}
    assert all(c.project_id is None for c in cases)
    assert all(c.applicant == "" or c.applicant.endswith("公司") for c in cases)
    assert sum(c.applicant == "" for c in cases) > 300
    assert any(c.enterprise_id for c in cases) is False  # no enterprise stands in this register


def test_events_follow_one_another_and_wait_working_days(hall: str) -> None:
    with reading() as session:
        calendar = read_calendar(session)
        rows = session.execute(
            sa.select(CaseEvent.case_id, CaseEvent.at, CaseEvent.wait_wd, CaseStep.name)
            .join(CaseStep, col(CaseStep.id) == col(CaseEvent.step_id))
            .order_by(col(CaseEvent.case_id), col(CaseEvent.id))
        ).all()
        assert len({r.case_id for r in rows}) == 1_500
        assert {r.name for r in rows} >= {"收件", "受理", "现场核查", "审查", "办结", "补正告知", "补正材料"}
        for before, after in pairwise(rows):
            if before.case_id == after.case_id:
                assert before.at <= after.at
                since, on = (day_of(x.at) for x in (before, after))
                assert after.wait_wd == calendar.count_workdays(since, on)
            else:
                assert (after.name, after.wait_wd) == ("收件", 0)


def test_the_drainage_permits_site_checks_open_late_until_the_reform(hall: str) -> None:
    reform_on = MONDAY - timedelta(days=REFORM_DAYS_AGO)
    with reading() as session:
        rows = session.execute(
            sa.select(
                Case.received_on, Case.promised_limit, SpecialProcedure.from_on, SpecialProcedure.start_by_on
            )
            .join(Case, col(Case.id) == col(SpecialProcedure.case_id))
            .join(Item, col(Item.id) == col(Case.item_id))
            .where(col(Item.code) == "P35")
        ).all()
    before = [r for r in rows if r.received_on < reform_on]
    after = [r for r in rows if r.received_on >= reform_on]
    assert {r.promised_limit for r in before} == {10}
    assert {r.promised_limit for r in after} == {5}
    assert sum(r.from_on > r.start_by_on for r in before) > len(before) * 0.8
    assert sum(r.from_on > r.start_by_on for r in after) < len(after) * 0.5


def test_the_exports_tell_the_same_cases_every_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        full_size.write_cases(tmp_path / f"{name}.csv", 800, 5, MONDAY)
        full_size.write_events(tmp_path / f"{name}e.csv", 800, 5, MONDAY)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "ae.csv").read_bytes() == (tmp_path / "be.csv").read_bytes()
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as f:
        cases = list(csv.DictReader(f))
    with (tmp_path / "ae.csv").open(encoding="utf-8-sig", newline="") as f:
        events = Counter(row["办件编号"] for row in csv.DictReader(f))
    assert len(cases) == 800 == len({c["办件编号"] for c in cases})
    assert set(events) == {c["办件编号"] for c in cases}
    assert all(c["申请单位"] == "陈**" for c in cases if c["申请人类型"] == "自然人")
    assert all(c["收件时间"] < "2026-11-24" and c["办结时间"] < "2026-11-24" for c in cases)
