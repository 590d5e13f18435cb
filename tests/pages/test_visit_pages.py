"""The visit screens as people use them."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any

from PIL import Image
from sqlmodel import select

from crm.core.db import reading
from crm.core.drafts import load_draft, save_draft
from crm.core.today import today
from crm.visits import actions, queries
from crm.visits.actions import DRAFT_FORM, DemandIn, PersonIn, PromiseIn, VisitForm
from models import Demand, Promise, Visit
from models.vocabulary import DemandClass, VisitState


def log(cast: Any, **more: Any) -> int:
    values: dict[str, Any] = {
        "request_id": uuid.uuid4().hex,
        "enterprise_id": cast.enterprise,
        "project_id": cast.project,
        "visited_on": today(),
        "note": "设备月底进场。",
        "ours": (PersonIn(user_id=cast.officer.user_id),),
        "theirs": (PersonIn(contact_id=cast.contact),),
    } | more
    return actions.log_visit(cast.officer, VisitForm(**values), today=today())


def button(at: Any, label: str) -> Any:
    return next(b for b in at.button if b.label == label)


def words(at: Any) -> str:
    """All the text of the page as typed, without Markdown's escapes."""
    parts = [*at.markdown, *at.caption, *at.error, *at.warning, *at.title, *at.subheader]
    return "\n".join(p.value for p in parts).replace("\\", "")


def visits() -> list[Visit]:
    with reading() as session:
        return list(session.exec(select(Visit)))


def choose(at: Any, name: str) -> Any:
    """Type in the search box and tap the first hit."""
    at.text_input[0].set_value(name).run()
    return next(b for b in at.button if name in b.label.replace("\\", "")).click().run()


def test_a_visit_is_logged_from_an_empty_form(cast: Any, app_test: Any) -> None:
    at = app_test("visit_log", cast.officer)
    choose(at, "恒岳")
    at.pills[0].set_value([cast.contact])
    at.text_area[0].set_value("基础完工")
    button(at, "保存走访").click().run()
    assert not at.exception
    assert [(v.note, v.state, v.project_id) for v in visits()] == [
        ("基础完工", VisitState.COMPLETE, cast.project)
    ]
    assert {"查看记录", "再记一次"} <= {b.label for b in at.button}
    button(at, "再记一次").click().run()
    assert at.text_input[0].value == ""
    assert "换一家" not in {b.label for b in at.button}


def test_what_is_missing_is_said_by_name_and_what_was_typed_stays(cast: Any, app_test: Any) -> None:  # V1
    at = app_test("visit_log", cast.officer)
    choose(at, "恒岳")
    at.text_area[0].set_value("先写着")
    button(at, "保存走访").click().run()
    assert "接待人" in at.error[0].value
    assert at.text_area[0].value == "先写着"
    assert visits() == []


def test_a_reload_brings_back_what_was_typed(cast: Any, app_test: Any) -> None:  # V10
    at = app_test("visit_log", cast.officer)
    choose(at, "恒岳")
    at.text_area[0].set_value("写到一半")
    button(at, "有什么诉求？添加一条").click().run()
    at.text_area[1].set_value("缺电").run()
    again = app_test("visit_log", cast.officer)
    assert [t.value for t in again.text_area] == ["写到一半", "缺电"]
    assert "已恢复上次没写完的内容" in words(again)
    again.pills[0].set_value([cast.contact])
    button(again, "保存走访").click().run()
    assert load_draft(cast.officer, DRAFT_FORM) is None
    with reading() as session:
        assert [d.content for d in session.exec(select(Demand))] == ["缺电"]


def test_starting_over_forgets_the_draft(cast: Any, app_test: Any) -> None:
    save_draft(cast.officer, DRAFT_FORM, {"request_id": "x" * 10, "note": "旧的"})
    at = app_test("visit_log", cast.officer)
    assert at.text_area[0].value == "旧的"
    button(at, "清空重写").click().run()
    assert at.text_area[0].value == ""
    assert load_draft(cast.officer, DRAFT_FORM) is None


def test_a_saved_visit_and_a_reload_of_its_draft_are_one_visit(cast: Any, app_test: Any) -> None:
    at = app_test("visit_log", cast.officer, project=cast.project)
    at.pills[0].set_value([cast.contact])
    at.text_area[0].set_value("只此一次").run()
    kept = load_draft(cast.officer, DRAFT_FORM)
    assert kept is not None
    button(at, "保存走访").click().run()
    save_draft(cast.officer, DRAFT_FORM, kept)  # the answer of the save was lost on the way
    again = app_test("visit_log", cast.officer)
    button(again, "保存走访").click().run()
    assert len(visits()) == 1


def test_the_form_opens_for_the_project_in_the_url(cast: Any, app_test: Any) -> None:
    at = app_test("visit_log", cast.officer, project=cast.project)
    assert "江门市恒岳科技有限公司" in words(at)
    foreign = app_test("visit_log", cast.stranger, project=cast.project)
    assert "江门市恒岳科技有限公司" not in words(foreign)


def test_a_photo_is_kept_as_it_arrives(cast: Any, app_test: Any) -> None:
    out = io.BytesIO()
    Image.new("RGB", (3000, 2000), "navy").save(out, "JPEG")
    at = app_test("visit_log", cast.officer, project=cast.project)
    at.file_uploader[0].upload("IMG_1.jpg", out.getvalue()).run()
    assert not at.exception
    kept = load_draft(cast.officer, DRAFT_FORM)
    assert kept is not None
    assert len(kept["photos"]) == 1
    assert f"/files/{kept['photos'][0]}" in words(at)


def test_a_photo_that_is_none_is_refused_in_words(cast: Any, app_test: Any) -> None:
    at = app_test("visit_log", cast.officer, project=cast.project)
    at.file_uploader[0].upload("x.jpg", b"not a photo").run()
    assert "不是能识别的照片" in at.error[0].value


def test_a_promise_card_is_saved_with_the_visit_and_can_be_dropped(cast: Any, app_test: Any) -> None:
    at = app_test("visit_log", cast.officer, project=cast.project)
    button(at, "答应了什么？添加一条").click().run()
    button(at, "再添加一条承诺").click().run()
    next(b for b in at.button if b.label == "删除这条").click().run()
    next(t for t in at.text_input if t.label == "答应的事").set_value("约供电局踏勘")
    at.pills[0].set_value([cast.contact])
    at.text_area[0].set_value("谈妥")
    button(at, "保存走访").click().run()
    with reading() as session:
        assert [(p.text, p.owner) for p in session.exec(select(Promise))] == [("约供电局踏勘", "何志强")]


def test_the_leader_may_read_visits_and_log_none(cast: Any, app_test: Any) -> None:
    visit = log(cast)
    assert "您没有查看此页的权限" in words(app_test("visit_log", cast.leader))
    at = app_test("visit", cast.leader, id=visit)
    assert "设备月底进场。" in words(at)
    assert "修改" not in {b.label for b in at.button}


def test_the_list_says_what_to_do_when_it_is_empty(cast: Any, app_test: Any) -> None:
    assert "还没有走访记录。" in words(app_test("visits", cast.officer))
    log(cast)
    assert "没有符合条件的走访" in words(app_test("visits", cast.officer, text="没有这样的"))
    at = app_test("visits", cast.officer, mode="no such", town_id="'", state="x")
    assert not at.exception
    assert at.dataframe[0].value["企业"].tolist() == ["江门市恒岳科技有限公司"]


def test_a_record_that_is_not_yours_looks_like_one_that_is_not_there(cast: Any, app_test: Any) -> None:
    visit = log(cast)
    for which in ({"id": visit}, {"id": 999}, {"id": "x"}, {}):
        at = app_test("visit", cast.stranger, **which)
        assert "没有找到这条走访，或您无权查看。" in words(at)


def test_the_record_shows_all_and_user_text_as_typed(cast: Any, app_test: Any) -> None:
    visit = log(
        cast,
        note="**粗** $x$ ![](http://evil/x.png)\n第二行",
        demands=(DemandIn(demand_class=DemandClass.LAND, content="# 用地"),),
        promises=(PromiseIn(text="答复", owner_id=cast.officer.user_id, due_on=today() - timedelta(days=0)),),
    )
    at = app_test("visit", cast.officer, id=visit)
    raw = "\n".join(m.value for m in at.markdown)
    assert "\\*\\*粗\\*\\* \\$x\\$ \\!\\[\\]" in raw
    assert "今天到期" in raw
    assert "# 用地" in words(at)


def test_a_promise_is_ticked_off_on_the_record(cast: Any, app_test: Any) -> None:
    visit = log(cast, promises=(PromiseIn(text="答复", due_on=today()),))
    at = app_test("visit", cast.officer, id=visit)
    next(t for t in at.text_input if t.label == "结果").set_value("已答复")
    button(at, "记下结果").click().run()
    with reading() as session:
        assert [(p.done_on, p.result) for p in session.exec(select(Promise))] == [(today(), "已答复")]


def test_the_author_mends_the_visit_and_the_trail_shows_it(cast: Any, app_test: Any) -> None:
    visit = log(cast)
    at = app_test("visit", cast.officer, id=visit)
    button(at, "修改").click().run()
    next(t for t in at.text_area if t.label == "情况").set_value("改为下月进场。")
    button(at, "保存修改").click().run()
    assert not at.exception
    assert "改为下月进场。" in words(at)
    assert "设备月底进场。" in words(at)  # the old words, in the timeline


def test_two_savers_the_second_chooses_field_by_field(cast: Any, app_test: Any) -> None:  # A7
    visit = log(cast)
    at = app_test("visit", cast.officer, id=visit)
    button(at, "修改").click().run()
    other = app_test("visit", cast.supervisor, id=visit)
    button(other, "修改").click().run()
    next(t for t in other.text_area if t.label == "情况").set_value("督办写的")
    button(other, "保存修改").click().run()
    next(t for t in at.text_area if t.label == "情况").set_value("专员写的")
    button(at, "保存修改").click().run()
    assert not at.exception
    text = words(at) + " ".join(str(r.options) for r in at.radio)
    assert "督办写的" in text
    assert "专员写的" in text
    at.radio[0].set_value(at.radio[0].options[0])
    with reading() as session:
        assert queries.visit_card(session, cast.officer, visit).note == "督办写的"


def test_a_draft_without_enterprise_is_completed_on_its_record(cast: Any, app_test: Any) -> None:  # V2
    visit = log(cast, state=VisitState.DRAFT, enterprise_id=None, project_id=None, note="", theirs=())
    at = app_test("visit", cast.officer, id=visit)
    assert "这是草稿" in words(at)
    button(at, "修改").click().run()
    choose(at, "恒岳")
    next(m for m in at.multiselect if m.label == "接待人").set_value([cast.contact])
    next(t for t in at.text_area if t.label == "情况").set_value("补记")
    button(at, "保存修改").click().run()
    assert not at.exception
    assert [(v.state, v.enterprise_id, v.note) for v in visits()] == [
        (VisitState.COMPLETE, cast.enterprise, "补记")
    ]
