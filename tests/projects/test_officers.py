"""Who answers for a project, then and now: on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import select

from crm.core.access import SYSTEM, Verb
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, NotFound, Refusal
from crm.projects import actions
from crm.projects.facts import active_lead, officers_on, project_in_scope
from crm.projects.inputs import AssignForm, EndAssignment, OfficerFields
from models import Assignment, Officer, User
from models.vocabulary import OfficerRole
from tests.conftest import MONDAY

LAST_MONTH = date(2026, 10, 15)


def hand_over(cast, to, on=MONDAY, note="交接施工许可办理事项", role=OfficerRole.LEAD, by=None):
    form = AssignForm(project_id=cast.project, officer_id=to, role=role, from_on=on, note=note)
    return actions.assign(by or cast.supervisor, form, today=MONDAY)


def names(project_id: int, day: date) -> list[tuple[str, str]]:
    with reading() as session:
        return [(o.name, o.role.value) for o in officers_on(session, project_id, day)]


def rows(project_id: int) -> list[Assignment]:
    with reading() as session:
        return list(
            session.exec(
                select(Assignment)
                .where(Assignment.project_id == project_id)
                .order_by(Assignment.from_on, Assignment.id)
            )
        )


def fields(refused) -> set[str]:
    return {p.field for p in refused.value.problems}


def test_a_paper_about_last_month_names_last_months_officer(any_db, cast):
    hand_over(cast, cast.stranger.officer_id)
    assert names(cast.project, LAST_MONTH) == [("何志强", "lead"), ("李欣怡", "co")]
    assert names(cast.project, MONDAY - timedelta(days=1)) == [("何志强", "lead"), ("李欣怡", "co")]
    assert names(cast.project, MONDAY) == [("区国栋", "lead"), ("李欣怡", "co")]


def test_the_first_assignments_date_survives_a_hand_over(any_db, cast):  # G18
    first = rows(cast.project)[0].from_on
    hand_over(cast, cast.stranger.officer_id)
    hand_over(cast, cast.officer.officer_id, note="原专员回任")
    assert rows(cast.project)[0].from_on == first
    assert [a.officer_id for a in rows(cast.project) if a.to_on is None and a.role is OfficerRole.LEAD] == [
        cast.officer.officer_id
    ]


def test_after_the_hand_over_the_project_is_the_new_officers_and_no_longer_the_old_ones(any_db, cast):
    hand_over(cast, cast.stranger.officer_id)
    with reading() as session:
        assert project_in_scope(session, cast.stranger, Verb.PROJECT_EDIT, cast.project)
        with pytest.raises(NotFound):
            project_in_scope(session, cast.officer, Verb.PROJECT_EDIT, cast.project)


def test_replacing_a_lead_needs_a_note_of_what_is_handed_over(any_db, cast):
    with pytest.raises(Refusal) as refused:
        hand_over(cast, cast.stranger.officer_id, note="")
    assert fields(refused) == {"note"}
    hand_over(cast, cast.stranger.officer_id, note="", role=OfficerRole.CO)


def test_a_co_officer_who_becomes_lead_leaves_his_old_role(any_db, cast):
    hand_over(cast, cast.teammate.officer_id)
    assert names(cast.project, MONDAY) == [("李欣怡", "lead")]


@pytest.mark.parametrize(
    ("on", "field"),
    [(MONDAY + timedelta(days=1), "from_on"), (MONDAY - timedelta(days=201), "from_on")],
)
def test_a_hand_over_dated_tomorrow_or_before_the_present_lead_began_is_refused(
    any_db, cast, on, field
):  # G21
    with pytest.raises(Refusal) as refused:
        hand_over(cast, cast.stranger.officer_id, on=on)
    assert fields(refused) == {field}
    assert len(rows(cast.project)) == 2


def test_the_same_officer_again_is_refused(any_db, cast):
    with pytest.raises(Refusal) as refused:
        hand_over(cast, cast.officer.officer_id)
    assert fields(refused) == {"officer_id"}


def test_who_is_out_of_post_cannot_be_assigned(any_db, cast):
    actions.deactivate_officer(cast.supervisor, cast.stranger.officer_id, reason="退休")
    with pytest.raises(Refusal) as refused:
        hand_over(cast, cast.stranger.officer_id)
    assert fields(refused) == {"officer_id"}
    actions.reactivate_officer(cast.supervisor, cast.stranger.officer_id)
    with unit_of_work(SYSTEM, "test.disable") as session:
        session.get(User, cast.stranger.user_id).active = False
    with pytest.raises(Refusal) as refused:
        hand_over(cast, cast.stranger.officer_id)
    assert fields(refused) == {"officer_id"}


def test_a_deactivated_officers_projects_are_named_and_have_no_active_lead(any_db, cast):  # R10
    assert actions.deactivate_officer(cast.supervisor, cast.officer.officer_id, reason="调离") == [
        cast.project
    ]
    with reading() as session:
        assert active_lead(session, cast.project) is None
        assert officers_on(session, cast.project, MONDAY)[0].active is False


def test_a_disabled_account_alone_leaves_the_project_without_an_active_lead(any_db, cast):  # R10
    with unit_of_work(SYSTEM, "test.disable") as session:
        session.get(User, cast.officer.user_id).active = False
    with reading() as session:
        assert active_lead(session, cast.project) is None


def test_an_officer_without_an_account_is_an_active_lead_all_the_same(any_db, cast):
    new = actions.create_officer(cast.supervisor, OfficerFields(name="黎卓文", unit="荷塘镇"))
    hand_over(cast, new)
    with reading() as session:
        assert active_lead(session, cast.project).officer_id == new


def test_ending_without_a_successor_needs_a_note_and_keeps_the_history(any_db, cast):
    lead = rows(cast.project)[0]
    with pytest.raises(Refusal):
        EndAssignment(assignment_id=lead.id, to_on=MONDAY, note="")
    actions.end_assignment(
        cast.supervisor, EndAssignment(assignment_id=lead.id, to_on=MONDAY, note="借调"), today=MONDAY
    )
    assert ("何志强", "lead") in names(cast.project, MONDAY)
    assert names(cast.project, MONDAY + timedelta(days=1)) == [("李欣怡", "co")]
    with pytest.raises(Refusal, match="已于"):
        actions.end_assignment(
            cast.supervisor, EndAssignment(assignment_id=lead.id, to_on=MONDAY, note="又"), today=MONDAY
        )


def test_only_who_may_assign_assigns(any_db, cast):
    for actor in (cast.officer, cast.leader, cast.clerk, cast.handler):
        with pytest.raises(NotAllowed):
            hand_over(cast, cast.stranger.officer_id, by=actor)


def test_a_namesake_of_the_same_unit_is_refused_and_of_another_accepted(any_db, cast):
    actions.create_officer(cast.supervisor, OfficerFields(name="陈伟", unit="棠下镇"))
    with pytest.raises(Refusal) as refused:
        actions.create_officer(cast.supervisor, OfficerFields(name="陈伟", unit="棠下镇"))
    assert fields(refused) == {"name"}
    assert actions.create_officer(cast.supervisor, OfficerFields(name="陈伟", unit="荷塘镇")) > 0


def test_one_account_belongs_to_one_officer(any_db, cast):
    new = actions.create_officer(cast.supervisor, OfficerFields(name="黎卓文"))
    with pytest.raises(Refusal, match="何志强"):
        actions.link_account(cast.admin, new, cast.officer.user_id)
    with pytest.raises(Refusal, match="不是联络专员账号"):
        actions.link_account(cast.admin, new, cast.clerk.user_id)
    actions.link_account(cast.admin, cast.officer.officer_id, None)
    actions.link_account(cast.admin, new, cast.officer.user_id)
    with reading() as session:
        assert session.get(Officer, new).user_id == cast.officer.user_id
    with pytest.raises(NotAllowed):
        actions.link_account(cast.supervisor, new, None)
