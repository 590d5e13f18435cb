"""Finding an enterprise by how one types it; lists; and what falls due."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from crm.core.db import reading
from crm.core.errors import NotAllowed, NotFound
from crm.visits import actions, queries
from crm.visits.actions import DemandIn, PersonIn, PromiseIn, VisitForm
from crm.visits.queries import VisitFilter
from models.vocabulary import DemandClass, VisitMode, VisitState

TODAY = date(2026, 11, 23)  # Monday


def log(actor: Any, enterprise: int, **more: Any) -> int:
    values: dict[str, Any] = {
        "request_id": uuid.uuid4().hex,
        "enterprise_id": enterprise,
        "visited_on": TODAY,
        "note": "谈进展",
        "ours": (PersonIn(name=actor.name),),
        "theirs": (PersonIn(name="接待人"),),
    } | more
    return actions.log_visit(actor, VisitForm(**values), today=TODAY)


def names(actor: Any, text: str = "") -> list[str]:
    with reading() as session:
        return [h.name for h in queries.search_enterprises(session, actor, text)]


@pytest.mark.parametrize(
    "typed",
    [
        "恒岳",
        "江门市恒岳科技",
        "hengyue",
        "jmshykj",
        "hykj",
        "HYKJ",
        "新能源电池",
        "xnydc",
        "恒岳科技 有限公司",
    ],
)
def test_an_enterprise_is_found_by_name_pinyin_or_initials_its_own_or_a_projects(
    any_db: str, cast: Any, typed: str
) -> None:
    assert names(cast.officer, typed) == ["江门市恒岳科技有限公司"]


@pytest.mark.parametrize("typed", ["100%", "%", "_", "'; drop table visit;--", "\\"])
def test_signs_of_sql_are_only_text(any_db: str, cast: Any, typed: str) -> None:
    found = names(cast.officer, typed)
    assert found in ([], ["江门市恒岳科技有限公司"])  # punctuation alone asks for nothing, so for all
    assert ("江门市恒岳科技有限公司" in found) == (typed in ("_", "\\"))


def test_an_enterprise_out_of_scope_is_not_offered(any_db: str, cast: Any) -> None:
    assert names(cast.stranger, "恒岳") == []
    assert names(cast.supervisor, "恒岳") == ["江门市恒岳科技有限公司"]
    assert names(cast.handler, "恒岳") == []


def test_those_visited_last_come_first_then_own_projects_then_the_town(any_db: str, cast: Any) -> None:
    second = cast.make_project("甲二项目", enterprise="甲二公司", lead=None)
    cast.make_project("甲一项目", enterprise="甲一公司")
    assert names(cast.clerk)[0] == "江门市恒岳科技有限公司" or len(names(cast.clerk)) == 3
    with reading() as session:
        firm = queries.project_choice(session, cast.clerk, second)
    assert firm is not None
    log(cast.clerk, firm[0])
    assert names(cast.clerk)[0] == "甲二公司"


def test_the_hit_says_where_which_project_and_when(any_db: str, cast: Any) -> None:
    log(cast.officer, cast.enterprise, visited_on=TODAY - timedelta(days=3))
    with reading() as session:
        hit = queries.search_enterprises(session, cast.officer, "恒岳")[0]
    assert (hit.town, hit.projects, hit.last_visited_on) == (
        "棠下镇",
        ("恒岳新能源电池项目（一期）",),
        TODAY - timedelta(days=3),
    )


def listed(actor: Any, **wanted: Any) -> list[int]:
    with reading() as session:
        return [r.id for r in queries.list_visits(session, actor, VisitFilter(**wanted)).rows]


def test_the_list_is_latest_first_filtered_and_paged_in_sql(any_db: str, cast: Any) -> None:
    ids = [
        log(cast.officer, cast.enterprise, visited_on=TODAY - timedelta(days=n), note=f"第{n}次")
        for n in range(5)
    ]
    assert listed(cast.officer) == ids
    assert listed(cast.officer, text="第3次") == [ids[3]]
    assert listed(cast.officer, text="hykj") == ids
    assert listed(cast.officer, from_on=TODAY - timedelta(days=1)) == ids[:2]
    assert listed(cast.officer, to_on=TODAY - timedelta(days=4)) == ids[4:]
    assert listed(cast.officer, mode=VisitMode.PHONE) == []
    assert listed(cast.officer, town_id=cast.town) == ids
    assert listed(cast.officer, town_id=cast.other_town) == []
    with reading() as session:
        second = queries.list_visits(session, cast.officer, VisitFilter(), page=2, per_page=2)
    assert ([r.id for r in second.rows], second.total) == (ids[2:4], 5)


def test_the_row_counts_demands_open_promises_and_photos(any_db: str, cast: Any) -> None:
    log(
        cast.officer,
        cast.enterprise,
        demands=(DemandIn(demand_class=DemandClass.LAND, content="地"),),
        promises=(PromiseIn(text="一"), PromiseIn(text="二")),
    )
    with reading() as session:
        row = queries.list_visits(session, cast.officer, VisitFilter()).rows[0]
    assert (row.demands, row.promises_open, row.photos, row.author) == (1, 2, 0, "何志强")


def test_somebody_elses_draft_is_not_shown(any_db: str, cast: Any) -> None:
    mine = log(cast.officer, cast.enterprise, state=VisitState.DRAFT, note="")
    assert listed(cast.officer) == [mine]
    assert listed(cast.supervisor) == []
    with reading() as session, pytest.raises(NotFound):
        queries.visit_card(session, cast.supervisor, mine)


def test_a_visit_of_another_town_is_not_found(any_db: str, cast: Any) -> None:
    visit = log(cast.officer, cast.enterprise, project_id=cast.project)
    assert listed(cast.stranger) == []
    with reading() as session, pytest.raises(NotFound):
        queries.visit_card(session, cast.stranger, visit)


def test_a_projects_visits_include_those_to_its_enterprise_as_a_whole(any_db: str, cast: Any) -> None:
    second = cast.make_project("恒岳二期", enterprise="江门市恒岳科技有限公司")
    named = log(cast.officer, cast.enterprise, project_id=cast.project)
    whole = log(cast.officer, cast.enterprise)
    with reading() as session:
        assert [v.id for v in queries.visits_of_project(session, cast.officer, cast.project)] == [
            whole,
            named,
        ]
        assert [v.id for v in queries.visits_of_project(session, cast.supervisor, second)] == [whole]
        with pytest.raises(NotFound):
            queries.visits_of_project(session, cast.stranger, cast.project)


def test_phones_are_masked_for_who_may_not_see_them(any_db: str, cast: Any) -> None:
    with reading() as session:
        assert queries.contacts_of(session, cast.officer, cast.enterprise)[0].phone == "13900001234"
        assert queries.contacts_of(session, cast.clerk, cast.enterprise)[0].phone == "139****1234"
        assert queries.contacts_of(session, cast.stranger, cast.enterprise) == []


def test_colleagues_begin_with_oneself_and_leave_out_administrators(any_db: str, cast: Any) -> None:
    with reading() as session:
        people = queries.colleagues(session, cast.clerk)
        with pytest.raises(NotAllowed):
            queries.colleagues(session, cast.leader)
    assert people[0].name == "林咏琪"
    assert "钟管理" not in [p.name for p in people]


# What falls due


@pytest.mark.parametrize(
    ("in_days", "shown"),
    [(-30, True), (0, True), (7, True), (8, False)],
    ids=["late", "today", "week", "later"],
)
def test_promises_are_shown_late_and_a_week_ahead(any_db: str, cast: Any, in_days: int, shown: bool) -> None:
    log(
        cast.officer,
        cast.enterprise,
        visited_on=TODAY - timedelta(days=40),
        promises=(
            PromiseIn(text="答复", owner_id=cast.officer.user_id, due_on=TODAY + timedelta(days=in_days)),
        ),
    )
    with reading() as session:
        assert bool(queries.due_promises(session, cast.officer, TODAY)) is shown
        assert queries.due_promises(session, cast.stranger, TODAY) == ()


def test_a_promise_of_nobody_by_account_falls_to_who_wrote_it_and_who_answers(any_db: str, cast: Any) -> None:
    log(
        cast.clerk,
        cast.enterprise,
        project_id=cast.project,
        promises=(PromiseIn(text="答复", owner="外单位", due_on=TODAY),),
    )
    with reading() as session:
        for who in (cast.clerk, cast.officer, cast.teammate, cast.supervisor):
            assert [p.owner for p in queries.due_promises(session, who, TODAY)] == ["外单位"]


def test_an_agreed_visit_is_due_until_it_is_made(any_db: str, cast: Any) -> None:
    log(
        cast.officer,
        cast.enterprise,
        project_id=cast.project,
        visited_on=TODAY - timedelta(days=10),
        next_visit_on=TODAY + timedelta(days=2),
    )
    with reading() as session:
        due = queries.due_visits(session, cast.officer, TODAY)
        assert [(d.enterprise_id, d.due_on) for d in due] == [(cast.enterprise, TODAY + timedelta(days=2))]
        assert queries.due_visits(session, cast.stranger, TODAY) == ()
        assert queries.due_visits(session, cast.officer, TODAY - timedelta(days=9)) == ()
    log(cast.teammate, cast.enterprise, project_id=cast.project)
    with reading() as session:
        assert queries.due_visits(session, cast.officer, TODAY) == ()


def test_the_last_contact_is_the_latest_complete_visit_up_to_the_day(any_db: str, cast: Any) -> None:
    log(cast.officer, cast.enterprise, visited_on=TODAY - timedelta(days=9), project_id=cast.project)
    log(cast.officer, cast.enterprise, visited_on=TODAY - timedelta(days=2), project_id=cast.project)
    log(cast.officer, cast.enterprise, state=VisitState.DRAFT, project_id=cast.project)
    with reading() as session:
        for as_of, last in ((TODAY, 2), (TODAY - timedelta(days=3), 9)):
            assert queries.last_contacts(session, [cast.project], as_of) == {
                cast.project: TODAY - timedelta(days=last)
            }
        assert queries.last_contacts(session, [cast.project], TODAY - timedelta(days=10)) == {}
