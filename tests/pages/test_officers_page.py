"""联络专员: the supervisor sees who carries what, and hands over many projects at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import col, select

from crm.core import today as wall
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, Refusal
from crm.projects.actions import deactivate_officer, hand_over
from crm.projects.inputs import HandOver
from crm.projects.queries.officers import accounts_to_link, find_officer, officer_list
from models import Assignment, AuditEntry, Milestone, Officer
from models.vocabulary import OfficerRole, Stage
from tests.conftest import Cast

MONDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def on_a_monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "today", lambda: MONDAY)


def officer_id(name: str) -> int:
    with reading() as session:
        return session.exec(select(Officer.id).where(Officer.name == name)).one() or 0


def present(project: int) -> set[tuple[int, OfficerRole]]:
    with reading() as session:
        rows = session.exec(
            select(Assignment).where(Assignment.project_id == project, col(Assignment.to_on).is_(None))
        ).all()
        return {(a.officer_id, a.role) for a in rows}


def button(page: Any, label: str) -> Any:
    return next(b for b in page.button if b.label == label)


def texts(page: Any) -> str:
    kinds = ("markdown", "warning", "error", "caption", "title", "subheader")
    return " ".join(str(e.value) for kind in kinds for e in page.get(kind)).replace("\\", "")


# --- what each has in hand


def test_the_roll_counts_led_and_joined_projects_and_red_lights(any_db: str, cast: Cast) -> None:
    with unit_of_work(SYSTEM, "test.late") as session:
        session.add(
            Milestone(
                project_id=cast.project,
                code="P34",
                name="施工许可证",
                stage=Stage.CONSTRUCTION_PERMIT,
                planned_on=date(2026, 11, 16),
            )
        )
    with reading() as session:
        rows, total = officer_list(session, cast.supervisor, today=MONDAY)
    assert total == 3
    assert {r.name: (r.lead, r.co, r.red) for r in rows} == {
        "何志强": (1, 0, 1),
        "李欣怡": (0, 1, 1),
        "区国栋": (1, 0, 0),
    }


def test_one_out_of_post_stays_in_sight_while_he_has_projects(cast: Cast) -> None:
    deactivate_officer(cast.supervisor, officer_id("何志强"), reason="调离")
    with reading() as session:
        rows, _total = officer_list(session, cast.supervisor, today=MONDAY)
    assert [r.in_post for r in rows if r.name == "何志强"] == [False]


def test_only_who_assigns_sees_the_roll(cast: Cast, app_test: Any) -> None:
    with reading() as session, pytest.raises(NotAllowed):
        officer_list(session, cast.officer, today=MONDAY)
    page = app_test("officers", cast.officer)
    assert "何志强" not in texts(page)
    assert not page.dataframe


def test_accounts_are_offered_to_the_administrator_alone(cast: Cast) -> None:
    with reading() as session:
        offered = accounts_to_link(session, cast.admin, officer_id("何志强"))
        assert [name for _id, name in offered] == ["何志强（hezq）"]
        with pytest.raises(NotAllowed):
            accounts_to_link(session, cast.supervisor, officer_id("何志强"))


# --- hand-over


def test_all_projects_of_an_officer_go_over_in_their_roles_and_the_past_is_kept(
    any_db: str, cast: Cast
) -> None:
    leaving, successor = officer_id("何志强"), officer_id("区国栋")
    second = cast.make_project("第二个项目", lead=officer_id("李欣怡"), co=leaving)
    done = hand_over(
        cast.supervisor,
        HandOver(from_officer_id=leaving, officer_id=successor, from_on=MONDAY, note="工作调动"),
        today=MONDAY,
    )
    assert done == [cast.project, second]
    assert present(cast.project) == {
        (successor, OfficerRole.LEAD),
        (officer_id("李欣怡"), OfficerRole.CO),
    }
    assert present(second) == {(officer_id("李欣怡"), OfficerRole.LEAD), (successor, OfficerRole.CO)}
    with reading() as session:
        past = session.exec(select(Assignment).where(Assignment.officer_id == leaving)).all()
        assert {a.to_on for a in past} == {date(2026, 11, 22)}
        reasons = session.exec(select(AuditEntry.reason).where(AuditEntry.action == "projects.hand_over"))
        assert set(reasons) == {"工作调动"}


def test_a_co_officer_who_takes_the_lead_is_not_there_twice(cast: Cast) -> None:
    successor = officer_id("李欣怡")
    hand_over(
        cast.supervisor,
        HandOver(from_officer_id=officer_id("何志强"), officer_id=successor, from_on=MONDAY, note="工作调动"),
        today=MONDAY,
    )
    assert present(cast.project) == {(successor, OfficerRole.LEAD)}


def test_a_lead_who_takes_over_from_his_co_officer_stays_lead(cast: Cast) -> None:
    lead = officer_id("何志强")
    hand_over(
        cast.supervisor,
        HandOver(from_officer_id=officer_id("李欣怡"), officer_id=lead, from_on=MONDAY, note="归并"),
        today=MONDAY,
    )
    assert present(cast.project) == {(lead, OfficerRole.LEAD)}


def test_a_hand_over_that_one_project_refuses_changes_none(cast: Cast) -> None:
    leaving = officer_id("何志强")
    late = cast.make_project("刚接手的项目", lead=leaving, since=MONDAY)
    before = present(cast.project)
    with pytest.raises(Refusal, match="刚接手的项目"):
        hand_over(
            cast.supervisor,
            HandOver(
                from_officer_id=leaving,
                officer_id=officer_id("区国栋"),
                from_on=date(2026, 11, 16),
                note="工作调动",
            ),
            today=MONDAY,
        )
    assert (present(cast.project), present(late)) == (before, {(leaving, OfficerRole.LEAD)})


def test_an_officer_may_not_hand_over(cast: Cast) -> None:
    form = HandOver(
        from_officer_id=officer_id("何志强"), officer_id=officer_id("区国栋"), from_on=MONDAY, note="x"
    )
    with pytest.raises(NotAllowed):
        hand_over(cast.officer, form, today=MONDAY)


# --- the screen


def test_projects_without_an_officer_come_first_and_are_assigned_there(cast: Cast, app_test: Any) -> None:
    alone = cast.make_project("无人项目")
    page = app_test("officers", cast.supervisor)
    assert not page.exception
    assert "1个项目没有在岗专员" in texts(page)
    page.multiselect[0].set_value([alone])
    next(s for s in page.selectbox if s.label == "接手专员").set_value(officer_id("何志强"))
    next(t for t in page.text_input if t.label == "交接说明").set_value("新项目")
    button(page, "指派专员").click().run()
    assert not page.exception
    assert present(alone) == {(officer_id("何志强"), OfficerRole.LEAD)}
    assert "没有在岗专员" not in texts(page)


def test_everything_is_handed_over_from_the_officers_own_page(cast: Cast, app_test: Any) -> None:
    page = app_test("officers", cast.supervisor, id=officer_id("何志强"))
    assert "牵头1个项目" in texts(page)
    next(s for s in page.selectbox if s.label == "接手专员").set_value(officer_id("区国栋"))
    next(t for t in page.text_input if t.label == "交接说明").set_value("工作调动")
    button(page, "移交项目").click().run()
    assert not page.exception
    assert "名下没有项目" in texts(page)


def test_an_officer_is_added_and_taken_out_of_post(cast: Cast, app_test: Any) -> None:
    page = app_test("officers", cast.supervisor)
    button(page, "新增专员").click().run()
    next(t for t in page.text_input if t.label == "姓名").set_value("新专员")
    next(b for b in page.button if b.label == "保存").click().run()
    made = officer_id("新专员")
    page = app_test("officers", cast.supervisor, id=made)
    next(t for t in page.text_input if t.label == "原因").set_value("借调结束")
    button(page, "停用专员").click().run()
    with reading() as session:
        assert not find_officer(session, cast.supervisor, made, today=MONDAY).active
    button(page, "恢复在岗").click().run()
    with reading() as session:
        assert find_officer(session, cast.supervisor, made, today=MONDAY).active
