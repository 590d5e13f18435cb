"""The list of cases: each filter finds what it says, in the reader's reach, page by page, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from crm.approvals import queries
from crm.approvals.queries import CaseFilter, CaseSort, Range, Span, case_filter, lists
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed
from crm.core.today import SHANGHAI
from models import Case, CaseEvent, CaseStep, Department, Enterprise, Item, SpecialProcedure, Town
from models.vocabulary import (
    CaseOutcome,
    CaseSource,
    CaseState,
    Light,
    ProcedureKind,
    Role,
)
from tests.conftest import MONDAY, Cast


def put(number: str, item: str = "P35", **fields: Any) -> int:
    """A case of the hall as an import leaves it; closed when it has a `decided_on`."""
    with unit_of_work(SYSTEM, "test.case") as session:
        item_id = session.exec(select(Item.id).where(Item.code == item)).one()
        closed = fields.get("decided_on") is not None
        values: dict[str, Any] = {
            "source": CaseSource.HALL,
            "received_on": MONDAY - timedelta(days=10),
            "state": CaseState.DECIDED if closed else CaseState.ACCEPTED,
        } | fields
        case = Case(case_no=number, item_id=item_id or 0, **values)
        session.add(case)
        session.flush()
        return case.id or 0


def found(actor: Actor = SYSTEM, *, page: int = 1, per_page: int = 25, **query: str) -> list[str]:
    """Case numbers the list shows for these URL parameters, in its order; the count agrees with them."""
    with reading() as session:
        wanted = CaseFilter.read(query)
        shown = queries.case_list(session, actor, MONDAY, wanted, page=page, per_page=per_page)
        assert shown.total == queries.count_cases(session, actor, MONDAY, wanted)
        return [row.case_no for row in shown.rows]


def department(name: str) -> int:
    with reading() as session:
        return session.exec(select(Department.id).where(Department.name == name)).one() or 0


# What is asked, as a URL says it


def test_a_url_that_says_nothing_asks_for_what_is_open() -> None:
    assert CaseFilter.read({}).state == "open"
    assert CaseFilter.read({"item_id": "3", "received": "2026-03"}).state == "open"
    for about_all in ("text", "decided", "late", "running", "outcome"):
        value = {"decided": "2026-03", "late": "yes", "running": "3..", "outcome": "refused"}.get(
            about_all, "x"
        )
        assert CaseFilter.read({about_all: value}).state == "all", about_all
    assert CaseFilter.read({"light": "grey"}).state == "all"


@pytest.mark.parametrize(
    "query",
    [
        {"light": "pink", "state": "asleep", "sign": "?", "item_id": "-1", "town_id": "٣", "late": "1"},
        {"received": "2026-13", "decided": "9999-12", "running": "..", "wait": "a..b", "step": "9" * 12},
        {"received": "2026-3", "batch_id": "1e3", "sort": "random", "outcome": "", "page": "x"},
    ],
)
def test_what_makes_no_sense_asks_nothing(query: dict[str, str]) -> None:
    assert CaseFilter.read(query) == CaseFilter(state="open")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-03", date(2026, 3, 1), date(2026, 3, 31)),
        ("2026-01..2026-02", date(2026, 1, 1), date(2026, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-03-05", date(2026, 3, 5), date(2026, 3, 5)),
        ("2026-03-05..2026-04", date(2026, 3, 5), date(2026, 4, 30)),
        ("2026-12..", date(2026, 12, 1), None),
        ("..2026-12", None, date(2026, 12, 31)),
    ],
)
def test_days_and_months_are_read_with_both_ends(text: str, first: date | None, last: date | None) -> None:
    assert Span.read(text) == Span(first, last)


_words = st.sampled_from(
    [
        CaseFilter(state="open"),
        CaseFilter(text="恒岳", state="open"),
        CaseFilter(state="closed", late=True, received=Span(date(2026, 1, 1), None)),
        CaseFilter(light=Light.RED, department_id=0, mine=True, state="open"),
        CaseFilter(running=Range(6, None), wait=Range(0, 0), step=4, state="all"),
        CaseFilter(procedure=ProcedureKind.HEARING, outcome=CaseOutcome.REFUSED, sort=CaseSort.LONGEST),
        CaseFilter(light=Light.GREY),
        CaseFilter(state="returned", own_late=False),
        CaseFilter(state="correcting", corrected=False),
    ]
)


@given(_words)
def test_a_filter_comes_back_from_its_own_url(asked: CaseFilter) -> None:
    assert CaseFilter.read(asked.query()) == asked


@given(st.dictionaries(st.sampled_from(sorted(case_filter._READERS)), st.text(max_size=12), max_size=6))
def test_no_url_breaks_the_filter(query: dict[str, str]) -> None:
    asked = CaseFilter.read(query)
    assert CaseFilter.read(asked.query()) == asked


# What is found


@pytest.mark.usefixtures("any_db")
def test_each_filter_finds_what_it_says() -> None:
    march, day = date(2026, 3, 10), date(2026, 3, 20)
    put("open", due_on=MONDAY, promised_due_on=MONDAY)
    put("late", received_on=march, decided_on=day, accepted_on=march, late=True, running_wd=9, stopped_wd=0)
    put(
        "quick",
        "P34",
        received_on=march,
        decided_on=march,
        late=False,
        running_wd=0,
        outcome=CaseOutcome.GRANTED,
    )
    put(
        "sent back", decided_on=day, corrections=1, enterprise_wd=4, running_wd=2, outcome=CaseOutcome.REFUSED
    )
    put("stopped", decided_on=day, stopped_wd=6, running_wd=3, enterprise_wd=0)
    put("held", held_from=MONDAY)
    put("refused entry", decided_on=day, state=CaseState.NOT_ACCEPTED)
    put(
        "own deadline",
        decided_on=day,
        closed_at=datetime(2026, 3, 20, 15, tzinfo=SHANGHAI),
        deadline_at=datetime(2026, 3, 20, 14, tzinfo=SHANGHAI),
    )
    with reading() as session:
        item = str(session.exec(select(Item.id).where(Item.code == "P34")).one())
    for query, expected in (
        ({}, {"open", "held"}),
        ({"state": "closed", "item_id": item}, {"quick"}),
        ({"late": "yes"}, {"late"}),
        ({"late": "no"}, {"quick"}),
        ({"received": "2026-03", "state": "all"}, {"late", "quick"}),
        ({"decided": "2026-03-11..2026-03-31", "corrected": "yes"}, {"sent back"}),
        ({"stopped": "yes", "state": "all"}, {"stopped", "held"}),
        ({"running": "3.."}, {"late", "stopped"}),
        ({"running": "0"}, {"quick"}),
        ({"enterprise_time": "1..9"}, {"sent back"}),
        ({"stopped_time": "6"}, {"stopped"}),
        ({"total_time": "6..9"}, {"late", "sent back", "stopped"}),
        ({"outcome": "refused"}, {"sent back"}),
        ({"state": "returned"}, {"refused entry"}),
        ({"own_late": "yes"}, {"own deadline"}),
        ({"light": "orange"}, {"open"}),
        ({"light": "blue"}, {"held"}),
        ({"source": "ours", "state": "all"}, set()),
    ):
        assert set(found(**query)) == expected, query


@pytest.mark.usefixtures("any_db")
def test_waits_and_procedures_find_their_cases() -> None:
    slow, quick = put("slow"), put("quick")
    with unit_of_work(SYSTEM, "test.more") as session:
        step = CaseStep(name="审查")
        session.add(step)
        session.flush()
        for case_id, wait in ((slow, 7), (quick, 1)):
            at = datetime(2026, 11, 20, tzinfo=SHANGHAI)
            session.add(CaseEvent(case_id=case_id, step_id=step.id or 0, at=at, wait_wd=wait))
        session.add(
            SpecialProcedure(
                case_id=slow,
                kind=ProcedureKind.SITE_CHECK,
                ground="现场核查",
                basis="行政许可法第三十四条",
                stops_clock=False,
                from_on=MONDAY,
                start_by_on=MONDAY - timedelta(days=3),
                planned_wd=2,
            )
        )
        number = str(step.id)
    assert found(step=number, wait="5..", state="open") == ["slow"]
    assert found(step=number, wait="..5", state="open") == ["quick"]
    assert found(procedure="site_check") == found(opened_late="yes") == ["slow"]


@pytest.mark.usefixtures("any_db")
def test_a_text_finds_the_number_from_its_beginning_and_names_in_part() -> None:
    with unit_of_work(SYSTEM, "test.firm") as session:
        firm = Enterprise(
            name="江门市瑞朗实业有限公司",
            name_key="江门市瑞朗实业有限公司",
            pinyin="ruilang",
            initials="jmsrl",
        )
        session.add(firm)
        session.flush()
        firm_id = firm.id
    put("4407032026", applicant="江门市恒岳灯饰有限公司")
    put("4407039", "P34", enterprise_id=firm_id, decided_on=MONDAY)
    put("X44070320", "P36")
    assert found(text="440703") == ["4407039", "4407032026"]
    assert found(text="4407039") == ["4407039"]
    assert found(text="99") == []
    assert found(text="恒岳") == ["4407032026"]
    assert found(text="瑞朗") == found(text="ruilang") == ["4407039"]
    assert found(text="p36") == found(text="建筑垃圾") == ["X44070320"]
    assert found(text="100%_") == found(text="查无此人") == []


# In which order, how many


@pytest.mark.usefixtures("any_db")
def test_the_orders() -> None:
    early, late = MONDAY + timedelta(days=1), MONDAY + timedelta(days=9)
    put("due late", due_on=late, received_on=date(2026, 1, 1))
    put("due early", due_on=late, promised_due_on=early, received_on=date(2026, 1, 2))
    put("no limit", received_on=date(2026, 1, 3))
    put("closed", decided_on=MONDAY, running_wd=3, received_on=date(2026, 1, 4))
    put("closed before", decided_on=date(2026, 5, 1), running_wd=8, received_on=date(2026, 1, 5))
    assert found() == ["due early", "due late", "no limit"]
    assert found(state="all") == ["closed before", "closed", "no limit", "due early", "due late"]
    assert found(state="closed") == ["closed", "closed before"]
    assert found(state="closed", sort="longest") == ["closed before", "closed"]
    assert found(state="all", sort="due")[:3] == ["due early", "due late", "no limit"]
    assert found(state="all", sort="longest")[:2] == ["closed before", "closed"]


@pytest.mark.usefixtures("any_db")
@pytest.mark.parametrize("counted", [4, 100])
def test_pages_are_the_same_whether_more_are_found_than_are_counted(
    monkeypatch: pytest.MonkeyPatch, counted: int
) -> None:
    monkeypatch.setattr(lists, "COUNTED", counted)
    numbers = [f"N{n}" for n in range(6)]
    for n, number in enumerate(numbers):
        put(number, received_on=date(2026, 3, 1) + timedelta(days=n))
    newest = numbers[::-1]
    assert found(state="all", per_page=2) == newest[:2]
    assert found(state="all", per_page=2, page=2) == newest[2:4]
    with reading() as session:
        shown = queries.case_list(session, SYSTEM, MONDAY, CaseFilter(), per_page=2)
        assert (shown.total, shown.more) == ((5, True) if counted == 4 else (6, False))
    beyond = found(state="all", per_page=2, page=99)
    assert beyond == (newest[2:4] if counted == 4 else newest[4:])
    assert found(state="closed", page=99) == []


@pytest.mark.usefixtures("any_db")
def test_the_lights_are_counted_as_they_are_listed() -> None:
    put("red", promised_due_on=MONDAY - timedelta(days=1))
    put("yellow", promised_due_on=MONDAY + timedelta(days=1), yellow_on=MONDAY)
    put("another", promised_due_on=MONDAY + timedelta(days=2), yellow_on=MONDAY)
    put("closed", decided_on=MONDAY)
    with reading() as session:
        counts = queries.case_lights(session, SYSTEM, MONDAY, CaseFilter.read({"light": "red"}))
    assert counts == {"red": 1, "yellow": 2}
    assert {light: len(found(light=light)) for light in counts} == counts


# For whom


@pytest.mark.usefixtures("any_db")
def test_everybody_sees_the_halls_cases_in_his_reach(cast: Cast) -> None:  # A1
    other = department("区市场监督管理局")
    put("my department", department_id=cast.department)
    put("another department", department_id=other)
    put("my town", town_id=cast.town)
    put("another town", town_id=cast.other_town)
    put("my enterprise", enterprise_id=cast.enterprise)
    put("another enterprise", enterprise_id=cast.other_enterprise)
    put("my project", project_id=cast.project)
    put("my project in another town", project_id=cast.project, town_id=cast.other_town)
    put("another project in my town", project_id=cast.other_project, town_id=cast.town)
    everything = set(found())
    assert len(everything) == 9
    assert set(found(cast.supervisor)) == set(found(cast.leader)) == set(found(cast.admin)) == everything
    assert set(found(cast.handler)) == {"my department"}
    mine = {"my enterprise", "my project", "my project in another town"}
    assert set(found(cast.officer)) == mine
    # What belongs to a project is seen through the project alone.
    assert set(found(cast.clerk)) == mine | {"my town"}
    assert found(replace(cast.clerk, town_id=None)) == []
    assert set(found(cast.handler, mine="yes")) == {"my department"}
    assert found(cast.officer, mine="yes") == []
    assert found(cast.officer, project_id=str(cast.other_project)) == []
    nobody = Actor(None, "无", Role.SYSTEM)
    with reading() as session, pytest.raises(NotAllowed):
        queries.case_list(session, replace(nobody, role=None), MONDAY, CaseFilter())  # type: ignore[arg-type]


@pytest.mark.usefixtures("any_db")
def test_the_cases_of_an_officer_are_those_of_his_projects(cast: Cast) -> None:
    put("his", project_id=cast.project)
    put("another's", project_id=cast.other_project)
    assert found(officer_id=str(cast.officer.officer_id)) == ["his"]
    assert found(officer_id=str(cast.teammate.officer_id)) == ["his"]  # the co-officer's too


def test_names_behind_ids_are_told_within_reach(cast: Cast) -> None:
    with reading() as session:
        town = session.exec(select(Town.name).where(col(Town.id) == cast.town)).one()
        asked = CaseFilter(town_id=cast.town, enterprise_id=cast.other_enterprise, project_id=cast.project)
        assert queries.names_asked(session, cast.officer, asked) == {
            "town_id": town,
            "project_id": "恒岳新能源电池项目（一期）",
        }
