"""Logging a visit: what it must say, who may, and that four fast clicks make one."""

from __future__ import annotations

import io
import threading
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlmodel import col, select

from crm.core import files
from crm.core.db import fetch, reading
from crm.core.drafts import load_draft, save_draft
from crm.core.errors import Conflict, NotAllowed, NotFound, Refusal
from crm.visits import actions, queries
from crm.visits.actions import DemandIn, PersonIn, PromiseIn, VisitEdit, VisitForm
from models import AuditEntry, Contact, Demand, Project, Promise, Visit, VisitPerson
from models.vocabulary import DemandClass, DemandGrade, VisitMode, VisitState

TODAY = date(2026, 11, 23)  # Monday


def form(cast: Any, **more: Any) -> VisitForm:
    values: dict[str, Any] = {
        "request_id": uuid.uuid4().hex,
        "enterprise_id": cast.enterprise,
        "project_id": cast.project,
        "visited_on": TODAY,
        "note": "设备基础已完成，月底进场安装。",
        "ours": (PersonIn(user_id=cast.officer.user_id),),
        "theirs": (PersonIn(contact_id=cast.contact),),
    } | more
    return VisitForm(**values)


def fields(refusal: Refusal) -> list[str]:
    return [p.field for p in refusal.problems]


def count(model: Any) -> int:
    with reading() as session:
        return len(session.exec(select(model)).all())


def last_contact(project: int) -> date | None:
    with reading() as session:
        return fetch(session, Project, project).last_contact_on


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(out, "JPEG")
    return out.getvalue()


def test_a_visit_is_kept_with_its_people_promises_and_demands(any_db: str, cast: Any) -> None:
    visit_id = actions.log_visit(
        cast.officer,
        form(
            cast,
            topics=("建设进展", "用电"),
            answered_on_spot="临时用电方案已说明",
            next_visit_on=TODAY + timedelta(days=14),
            promises=(
                PromiseIn(
                    text="协调供电局踏勘", owner_id=cast.officer.user_id, due_on=TODAY + timedelta(days=3)
                ),
            ),
            demands=(
                DemandIn(
                    demand_class=DemandClass.UTILITIES,
                    grade=DemandGrade.COMPLEX,
                    content="专线外线工程迟迟未动",
                ),
            ),
        ),
        today=TODAY,
    )
    with reading() as session:
        card = queries.visit_card(session, cast.officer, visit_id)
    assert [p.name for p in card.ours] == ["何志强"]
    assert [(p.name, p.title) for p in card.theirs] == [("华粤升", "副总经理")]
    assert [(p.text, p.owner, p.due_on) for p in card.promises] == [
        ("协调供电局踏勘", "何志强", TODAY + timedelta(days=3))
    ]
    assert [(d.content, d.grade, d.raised_on) for d in card.demands] == [
        ("专线外线工程迟迟未动", DemandGrade.COMPLEX, TODAY)
    ]
    assert (card.topics, card.state, card.author) == (("建设进展", "用电"), VisitState.COMPLETE, "何志强")


def test_a_complete_visit_lacking_everything_is_refused_field_by_field(any_db: str, cast: Any) -> None:  # V1
    with pytest.raises(Refusal) as refusal:
        actions.log_visit(
            cast.officer,
            form(cast, enterprise_id=None, project_id=None, note="  ", ours=(), theirs=(PersonIn(name=" "),)),
            today=TODAY,
        )
    assert fields(refusal.value) == ["enterprise_id", "theirs", "ours", "note"]
    assert count(Visit) == 0


@pytest.mark.parametrize("lacking", ["theirs", "ours", "note"])
def test_a_complete_visit_lacking_one_thing_is_refused_for_that_alone(cast: Any, lacking: str) -> None:  # V1
    with pytest.raises(Refusal) as refusal:
        actions.log_visit(cast.officer, form(cast, **{lacking: "" if lacking == "note" else ()}), today=TODAY)
    assert fields(refusal.value) == [lacking]


def test_a_draft_may_lack_them_all(any_db: str, cast: Any) -> None:  # V1
    visit_id = actions.log_visit(
        cast.officer,
        form(
            cast,
            state=VisitState.DRAFT,
            enterprise_id=None,
            project_id=None,
            note="",
            ours=(),
            theirs=(),
        ),
        today=TODAY,
    )
    with reading() as session:
        assert queries.visit_card(session, cast.officer, visit_id).state is VisitState.DRAFT


def edit(cast: Any, visit_id: int, **more: Any) -> VisitEdit:
    """The visit's form as the page opens it, with some fields typed anew."""
    with reading() as session:
        card = queries.visit_card(session, cast.officer, visit_id)
    opened = {
        "state": card.state,
        "enterprise_id": card.enterprise_id,
        "project_id": card.project_id,
        "visited_on": card.visited_on,
        "mode": card.mode,
        "place": card.place,
        "topics": list(card.topics),
        "note": card.note,
        "answered_on_spot": card.answered_on_spot,
        "next_visit_on": card.next_visit_on,
    }
    people = {
        "ours": tuple(PersonIn(name=p.name, user_id=p.user_id) for p in card.ours),
        "theirs": tuple(PersonIn(name=p.name, contact_id=p.contact_id) for p in card.theirs),
    }
    typed = {**opened, **people, **more}
    typed["topics"] = tuple(typed["topics"])
    return VisitEdit(version=card.version, opened=opened, **typed)


def test_a_draft_is_completed_later_and_a_complete_visit_never_becomes_a_draft(
    any_db: str, cast: Any
) -> None:  # V2
    visit_id = actions.log_visit(
        cast.officer, form(cast, state=VisitState.DRAFT, note="", theirs=()), today=TODAY
    )
    assert last_contact(cast.project) is None
    with pytest.raises(Refusal) as refusal:
        actions.edit_visit(
            cast.officer, visit_id, edit(cast, visit_id, state=VisitState.COMPLETE), today=TODAY
        )
    assert fields(refusal.value) == ["theirs", "note"]
    actions.edit_visit(
        cast.officer,
        visit_id,
        edit(
            cast,
            visit_id,
            state=VisitState.COMPLETE,
            note="已补记",
            theirs=(PersonIn(contact_id=cast.contact),),
        ),
        today=TODAY,
    )
    assert last_contact(cast.project) == TODAY
    with pytest.raises(Refusal) as refusal:
        actions.edit_visit(cast.officer, visit_id, edit(cast, visit_id, state=VisitState.DRAFT), today=TODAY)
    assert fields(refusal.value) == ["state"]


def test_a_contact_of_another_enterprise_is_refused(any_db: str, cast: Any) -> None:  # V3
    with pytest.raises(Refusal) as refusal:
        actions.log_visit(
            cast.officer, form(cast, theirs=(PersonIn(contact_id=cast.other_contact),)), today=TODAY
        )
    assert fields(refusal.value) == ["theirs"]


def test_a_project_of_another_enterprise_is_refused(cast: Any) -> None:
    with pytest.raises(Refusal) as refusal:
        actions.log_visit(
            cast.supervisor,
            form(cast, project_id=cast.other_project, ours=(PersonIn(name="陈督办"),)),
            today=TODAY,
        )
    assert fields(refusal.value) == ["project_id"]


@pytest.mark.parametrize(("day", "fine"), [(TODAY, True), (TODAY + timedelta(days=1), False)])
def test_a_visit_tomorrow_is_refused_and_today_accepted(cast: Any, day: date, fine: bool) -> None:  # G21
    if fine:
        assert actions.log_visit(cast.officer, form(cast, visited_on=day), today=TODAY) > 0
        return
    with pytest.raises(Refusal) as refusal:
        actions.log_visit(cast.officer, form(cast, visited_on=day), today=TODAY)
    assert fields(refusal.value) == ["visited_on"]


def test_a_new_name_at_the_enterprise_becomes_its_contact_once(any_db: str, cast: Any) -> None:
    for _i in range(2):
        actions.log_visit(
            cast.officer, form(cast, theirs=(PersonIn(name="梁㙍", title="项目经理"),)), today=TODAY
        )
    with reading() as session:
        found = session.exec(select(Contact).where(col(Contact.name) == "梁㙍")).all()
    assert [(c.enterprise_id, c.title) for c in found] == [(cast.enterprise, "项目经理")]


def test_the_same_request_again_is_the_same_visit(any_db: str, cast: Any) -> None:
    same = form(cast)
    first = actions.log_visit(cast.officer, same, today=TODAY)
    assert actions.log_visit(cast.officer, same, today=TODAY) == first
    assert (count(Visit), count(VisitPerson)) == (1, 2)


def test_four_fast_clicks_make_one_visit(any_db: str, cast: Any) -> None:
    same = form(cast, demands=(DemandIn(demand_class=DemandClass.LAND, content="用地指标"),))
    ids: list[int] = []
    gate = threading.Barrier(4)

    def click() -> None:
        gate.wait()
        ids.append(actions.log_visit(cast.officer, same, today=TODAY))

    clicks = [threading.Thread(target=click) for _i in range(4)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1
    assert (count(Visit), count(Demand)) == (1, 1)


def test_somebody_elses_request_id_gives_nothing_away(any_db: str, cast: Any) -> None:
    same = form(cast)
    actions.log_visit(cast.officer, same, today=TODAY)
    with pytest.raises(Exception) as error:  # noqa: PT011
        actions.log_visit(cast.teammate, same, today=TODAY)
    assert not isinstance(error.value, NotFound)
    assert count(Visit) == 1


def test_a_visit_typed_forty_days_late_does_not_reset_the_silence(any_db: str, cast: Any) -> None:  # R1
    actions.log_visit(
        cast.officer, form(cast, visited_on=TODAY - timedelta(days=10)), today=TODAY - timedelta(days=10)
    )
    actions.log_visit(cast.officer, form(cast, visited_on=TODAY - timedelta(days=40)), today=TODAY)
    assert last_contact(cast.project) == TODAY - timedelta(days=10)


def test_correcting_the_visits_day_moves_the_silence_back(any_db: str, cast: Any) -> None:
    visit_id = actions.log_visit(cast.officer, form(cast), today=TODAY)
    assert last_contact(cast.project) == TODAY
    actions.edit_visit(
        cast.officer, visit_id, edit(cast, visit_id, visited_on=TODAY - timedelta(days=5)), today=TODAY
    )
    assert last_contact(cast.project) == TODAY - timedelta(days=5)


def test_a_visit_to_the_enterprise_is_a_contact_of_all_its_projects(any_db: str, cast: Any) -> None:
    second = cast.make_project("恒岳二期", enterprise="江门市恒岳科技有限公司")
    actions.log_visit(cast.officer, form(cast, project_id=None), today=TODAY)
    assert (last_contact(cast.project), last_contact(second)) == (TODAY, TODAY)
    with reading() as session:
        assert queries.last_contacts(session, [cast.project, second, cast.other_project], TODAY) == {
            cast.project: TODAY,
            second: TODAY,
        }


def test_a_visit_that_names_one_project_is_no_contact_of_the_others(any_db: str, cast: Any) -> None:
    second = cast.make_project("恒岳二期", enterprise="江门市恒岳科技有限公司")
    actions.log_visit(cast.officer, form(cast), today=TODAY)
    assert last_contact(second) is None


# Who may


@pytest.mark.parametrize("who", ["officer", "teammate", "clerk", "supervisor"])
def test_officers_park_staff_of_the_town_and_supervisors_log_visits(cast: Any, who: str) -> None:
    assert actions.log_visit(getattr(cast, who), form(cast), today=TODAY) > 0


@pytest.mark.parametrize("who", ["leader", "handler", "admin"])
def test_leaders_departments_and_administrators_do_not(cast: Any, who: str) -> None:
    with pytest.raises(NotAllowed):
        actions.log_visit(getattr(cast, who), form(cast), today=TODAY)


def test_an_officer_of_another_town_finds_no_such_enterprise(any_db: str, cast: Any) -> None:
    with pytest.raises(NotFound):
        actions.log_visit(cast.stranger, form(cast), today=TODAY)
    with pytest.raises(NotFound):
        actions.log_visit(cast.stranger, form(cast, project_id=None), today=TODAY)


def test_a_clerk_without_a_town_finds_nothing(cast: Any) -> None:
    from dataclasses import replace

    with pytest.raises(NotFound):
        actions.log_visit(replace(cast.clerk, town_id=None), form(cast), today=TODAY)


# Mending


def test_only_the_author_and_the_supervisor_mend_a_visit(cast: Any) -> None:
    visit_id = actions.log_visit(cast.officer, form(cast), today=TODAY)
    with pytest.raises(NotAllowed):
        actions.edit_visit(cast.teammate, visit_id, edit(cast, visit_id, note="改"), today=TODAY)
    with pytest.raises(NotFound):
        actions.edit_visit(cast.stranger, visit_id, edit(cast, visit_id, note="改"), today=TODAY)
    actions.edit_visit(cast.supervisor, visit_id, edit(cast, visit_id, note="督办补记"), today=TODAY)
    with reading() as session:
        assert queries.visit_card(session, cast.officer, visit_id).note == "督办补记"


def test_the_second_of_two_savers_sees_what_the_first_changed(any_db: str, cast: Any) -> None:  # A7
    visit_id = actions.log_visit(cast.officer, form(cast), today=TODAY)
    mine = edit(cast, visit_id, note="我写的", place="厂区")
    actions.edit_visit(cast.supervisor, visit_id, edit(cast, visit_id, note="他写的"), today=TODAY)
    with pytest.raises(Conflict) as conflict:
        actions.edit_visit(cast.officer, visit_id, mine, today=TODAY)
    clash = conflict.value.clashes[0]
    assert (clash.field, clash.stored, clash.typed) == ("note", "他写的", "我写的")


def test_two_savers_of_different_fields_both_win(any_db: str, cast: Any) -> None:
    visit_id = actions.log_visit(cast.officer, form(cast), today=TODAY)
    mine = edit(cast, visit_id, place="厂区")
    actions.edit_visit(cast.supervisor, visit_id, edit(cast, visit_id, note="他写的"), today=TODAY)
    actions.edit_visit(cast.officer, visit_id, mine, today=TODAY)
    with reading() as session:
        card = queries.visit_card(session, cast.officer, visit_id)
    assert (card.note, card.place) == ("他写的", "厂区")


def test_an_edit_is_in_the_trail_with_old_and_new(cast: Any) -> None:  # A4
    visit_id = actions.log_visit(cast.officer, form(cast), today=TODAY)
    actions.edit_visit(cast.officer, visit_id, edit(cast, visit_id, mode=VisitMode.PHONE), today=TODAY)
    with reading() as session:
        entry = session.exec(
            select(AuditEntry).where(col(AuditEntry.record) == "visit", AuditEntry.action == "visits.edit")
        ).one()
    assert (entry.user_name, entry.changes) == ("何志强", {"mode": ["on_site", "phone"]})


def test_a_refused_visit_leaves_no_trail_and_no_new_contact(any_db: str, cast: Any) -> None:
    with reading() as session:
        before = len(session.exec(select(AuditEntry)).all())
    with pytest.raises(Refusal):
        actions.log_visit(
            cast.officer,
            form(
                cast,
                theirs=(PersonIn(name="新人"),),
                demands=(DemandIn(demand_class=DemandClass.LAND, content=" "),),
            ),
            today=TODAY,
        )
    with reading() as session:
        assert len(session.exec(select(AuditEntry)).all()) == before
        assert session.exec(select(Contact).where(col(Contact.name) == "新人")).all() == []


def test_a_promise_is_ticked_off_with_its_result(any_db: str, cast: Any) -> None:
    actions.log_visit(
        cast.officer,
        form(cast, promises=(PromiseIn(text="答复迁改时间", owner_id=cast.teammate.user_id, due_on=TODAY),)),
        today=TODAY,
    )
    with reading() as session:
        promise = queries.due_promises(session, cast.teammate, TODAY)[0]
        assert queries.due_promises(session, cast.stranger, TODAY) == ()
    with pytest.raises(NotFound):
        actions.keep_promise(cast.stranger, promise.id, done_on=TODAY, today=TODAY)
    actions.keep_promise(cast.teammate, promise.id, done_on=TODAY, result="已书面答复", today=TODAY)
    actions.keep_promise(cast.teammate, promise.id, done_on=TODAY, result="再点一次", today=TODAY)
    with reading() as session:
        kept = session.get(Promise, promise.id)
        assert kept is not None
        assert (kept.done_on, kept.result) == (TODAY, "已书面答复")
        assert queries.due_promises(session, cast.teammate, TODAY) == ()


def test_saving_the_visit_forgets_the_half_filled_form(any_db: str, cast: Any) -> None:
    save_draft(cast.officer, actions.DRAFT_FORM, {"note": "写到一半"})
    actions.log_visit(cast.officer, form(cast), today=TODAY)
    assert load_draft(cast.officer, actions.DRAFT_FORM) is None


# Photos


def test_photos_wait_with_the_draft_and_then_belong_to_the_visit(any_db: str, cast: Any) -> None:
    photo = actions.keep_photo(cast.officer, jpeg(), "现场.png")
    visit_id = actions.log_visit(cast.officer, form(cast, photos=(photo,)), today=TODAY)
    with reading() as session:
        card = queries.visit_card(session, cast.officer, visit_id)
        assert [(p.public_id, p.name) for p in card.photos] == [(photo, "现场.jpg")]
        assert files.read(files.find(session, photo)).startswith(b"\xff\xd8")


def test_another_persons_photo_cannot_be_taken_into_a_visit(cast: Any) -> None:
    photo = actions.keep_photo(cast.teammate, jpeg(), "现场.jpg")
    with pytest.raises(NotFound):
        actions.log_visit(cast.officer, form(cast, photos=(photo,)), today=TODAY)
    with pytest.raises(NotFound):
        actions.remove_photo(cast.officer, photo)


def test_a_tenth_photo_is_refused(cast: Any) -> None:
    photos = tuple(actions.keep_photo(cast.officer, jpeg(), f"{i}.jpg") for i in range(10))
    with pytest.raises(Refusal, match="最多保存9张"):
        actions.log_visit(cast.officer, form(cast, photos=photos), today=TODAY)


def test_a_removed_photo_is_gone_from_the_visit(cast: Any) -> None:
    photo = actions.keep_photo(cast.officer, jpeg(), "现场.jpg")
    visit_id = actions.log_visit(cast.officer, form(cast, photos=(photo,)), today=TODAY)
    with pytest.raises(NotAllowed):
        actions.remove_photo(cast.teammate, photo)
    actions.remove_photo(cast.officer, photo)
    with reading() as session:
        assert queries.visit_card(session, cast.officer, visit_id).photos == ()


def test_control_characters_are_left_out_and_rare_ones_kept(any_db: str, cast: Any) -> None:
    visit_id = actions.log_visit(cast.officer, form(cast, note="前\x00后\x0b㙍𬭚\n第二行"), today=TODAY)
    with reading() as session:
        assert queries.visit_card(session, cast.officer, visit_id).note == "前后㙍𬭚\n第二行"


def test_text_longer_than_the_field_is_told_its_length(any_db: str, cast: Any) -> None:
    with pytest.raises(Refusal, match="内容有4001字，最多4000字") as refusal:
        actions.log_visit(cast.officer, form(cast, note="长" * 4001), today=TODAY)
    assert fields(refusal.value) == ["note"]
