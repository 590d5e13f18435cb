"""A project's page as each role meets it, and every save through the screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from crm.core import today as clock
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from models import Assignment, Milestone, MonthlyProgress, Officer, Project
from models.vocabulary import OfficerRole, ProjectStatus, Stage, StatusReason

TABS = ("overview", "plan", "money", "visits", "files", "timeline")


@pytest.fixture
def monday(monkeypatch: pytest.MonkeyPatch) -> date:
    """The wall clock stands at Monday 23 November 2026."""
    day = date(2026, 11, 23)
    monkeypatch.setattr(clock, "today", lambda: day)
    return day


def words(at: Any) -> str:
    assert not at.exception, at.exception
    parts = [*at.title, *at.subheader, *at.markdown, *at.caption, *at.error, *at.warning, *at.info]
    return "\n".join(str(p.value).replace("\\", "") for p in parts)


def project(cast: Any) -> Project:
    with reading() as session:
        found = session.get(Project, cast.project)
        assert found is not None
        return found


def button(at: Any, label: str) -> Any:
    return next(b for b in at.button if b.label == label)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("who", ["supervisor", "officer", "clerk", "leader", "admin"])
def test_every_tab_opens_for_everyone_who_may_see_the_project(
    app_test: Callable[..., Any], cast: Any, monday: date, who: str, tab: str
) -> None:
    at = app_test("project", getattr(cast, who), id=cast.project, tab=tab)
    assert "恒岳新能源电池项目（一期）" in words(at)


@pytest.mark.parametrize("who", ["stranger", "handler"])
def test_not_yours_and_not_there_read_the_same(
    app_test: Callable[..., Any], cast: Any, monday: date, who: str
) -> None:
    hidden = words(app_test("project", getattr(cast, who), id=cast.project))
    absent = words(app_test("project", getattr(cast, who), id=999_999))
    assert hidden == absent
    assert "恒岳" not in hidden


@pytest.mark.parametrize("bad", ["", "x", "-1", "1 or 1=1", "9" * 30])
def test_a_broken_address_is_answered_calmly(app_test: Callable[..., Any], cast: Any, bad: str) -> None:
    assert "没有找到这条记录" in words(app_test("project", cast.supervisor, id=bad))


def test_what_the_next_gate_still_asks_is_listed_beforehand(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:
    at = app_test("project", cast.officer, id=cast.project)
    assert any("进入“签约”还差1项：总投资" in e.label.replace("\\", "") for e in at.expander)


def test_moving_on_is_refused_with_all_that_is_missing_and_passes_once_it_is_there(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:
    at = app_test("project", cast.officer, id=cast.project)
    button(at, "推进到下一阶段").click().run()
    assert "还差1项" in words(at)
    button(at, "推进到“签约”").click().run()
    assert "进入“签约”还差：总投资" in words(at)
    assert project(cast).stage is Stage.EARLY_PLANNING
    with unit_of_work(SYSTEM, "test.total") as session:
        row = session.get(Project, cast.project)
        assert row is not None
        row.total_wan = Decimal(8600)
    at = app_test("project", cast.officer, id=cast.project)
    button(at, "推进到下一阶段").click().run()
    assert any("条件已齐备" in s.value for s in at.success)
    button(at, "推进到“签约”").click().run()
    assert not at.exception
    assert project(cast).stage is Stage.SIGNED


def test_overriding_is_offered_only_to_who_may_and_needs_its_reason(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:
    at = app_test("project", cast.officer, id=cast.project)
    button(at, "推进到下一阶段").click().run()
    assert not [c for c in at.checkbox if c.key == "move-override"]
    at = app_test("project", cast.supervisor, id=cast.project)
    button(at, "推进到下一阶段").click().run()
    at.checkbox(key="move-override").check().run()
    button(at, "推进到“签约”").click().run()
    assert project(cast).stage is Stage.EARLY_PLANNING
    at.text_area(key="move-note").set_value("区长办公会议定先行推进")
    button(at, "推进到“签约”").click().run()
    assert project(cast).stage is Stage.SIGNED


def test_suspending_needs_a_reason_and_turns_the_light_grey(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:
    at = app_test("project", cast.officer, id=cast.project)
    button(at, "暂停/终止").click().run()
    button(at, "保存").click().run()
    assert "请选择状态变更的原因" in words(at)
    at.selectbox(key="status-reason").set_value(StatusReason.FUNDS)
    button(at, "保存").click().run()
    assert project(cast).status is ProjectStatus.SUSPENDED
    assert "项目已暂停" in words(app_test("project", cast.officer, id=cast.project))


def test_an_edit_is_saved_and_a_wrong_amount_keeps_what_was_typed(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:
    at = app_test("project", cast.officer, id=cast.project)
    at.button(key="edit-project").click().run()
    total = next(t for t in at.text_input if t.label == "总投资（万元）")
    total.set_value("八千万")
    button(at, "保存").click().run()
    assert "不是有效的数字" in words(at)
    assert next(t for t in at.text_input if t.label == "总投资（万元）").value == "八千万"
    next(t for t in at.text_input if t.label == "总投资（万元）").set_value("8,600.5")
    button(at, "保存").click().run()
    assert project(cast).total_wan == Decimal("8600.5")


def test_the_second_of_two_savers_sees_the_first_ones_value_and_chooses(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:  # A7
    mine = app_test("project", cast.officer, id=cast.project)
    mine.button(key="edit-project").click().run()
    theirs = app_test("project", cast.supervisor, id=cast.project)
    theirs.button(key="edit-project").click().run()
    next(t for t in theirs.text_input if t.label == "责任单位").set_value("棠下镇政府")
    next(t for t in theirs.text_input if t.label == "行业").set_value("锂电池")
    button(theirs, "保存").click().run()
    next(t for t in mine.text_input if t.label == "责任单位").set_value("区经促局")
    next(t for t in mine.text_input if t.label == "挂点领导").set_value("谭主任")
    button(mine, "保存").click().run()
    assert not mine.exception
    offered = [option.replace("\\", "") for r in mine.radio for option in r.options]
    assert offered == ["您填写的：区经促局", "对方保存的：棠下镇政府"]
    assert project(cast).lead_unit == "棠下镇政府"
    button(mine, "按所选保存").click().run()
    saved = project(cast)
    assert (saved.lead_unit, saved.leader, saved.industry) == ("区经促局", "谭主任", "锂电池")


def test_a_project_is_handed_over_to_another_officer(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:
    with reading() as session:
        stranger = session.exec(select(Officer.id).where(Officer.user_id == cast.stranger.user_id)).one()
    at = app_test("project", cast.supervisor, id=cast.project)
    at.button(key="assign-officer").click().run()
    at.selectbox(key="assign-officer-id").set_value(stranger)
    at.text_area(key="assign-note").set_value("移交施工许可证在办事项")
    button(at, "指派").click().run()
    assert not at.exception
    with reading() as session:
        lead = session.exec(
            select(Assignment).where(
                Assignment.project_id == cast.project,
                Assignment.role == OfficerRole.LEAD,
                Assignment.to_on.is_(None),  # type: ignore[union-attr]
            )
        ).one()
    assert lead.officer_id == stranger


def test_only_the_supervisor_is_offered_to_assign(app_test: Callable[..., Any], cast: Any) -> None:
    at = app_test("project", cast.officer, id=cast.project)
    assert not [b for b in at.button if b.key == "assign-officer"]


# ── The plan ────────────────────────────────────────────────────────────────────────


def make_plan(app_test: Callable[..., Any], cast: Any) -> Any:
    at = app_test("project", cast.officer, id=cast.project, tab="plan")
    at.button(key="open-plan").click().run()
    assert "最长线路" in words(at)
    button(at, "采用这个计划").click().run()
    assert not at.exception
    return app_test("project", cast.officer, id=cast.project, tab="plan")


def milestones(cast: Any) -> list[Milestone]:
    with reading() as session:
        return list(
            session.exec(
                select(Milestone)
                .where(Milestone.project_id == cast.project, Milestone.done_on.is_(None))  # type: ignore[union-attr]
                .order_by(Milestone.sort)  # type: ignore[arg-type]
            )
        )


def test_a_plan_is_previewed_then_made_and_drawn(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:
    at = make_plan(app_test, cast)
    assert len(at.dataframe[0].value) == len(milestones(cast)) > 10
    assert any(name.startswith("★ ") for name in at.dataframe[0].value["name"])


def test_moving_a_date_shows_what_else_moves_before_it_is_written(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:
    make_plan(app_test, cast)
    first = next(m for m in milestones(cast) if m.critical and m.planned_on and m.planned_on > monday)
    before = {m.id: m.planned_on for m in milestones(cast)}
    assert first.planned_on is not None
    later = first.planned_on + timedelta(days=7)
    at = app_test("project", cast.officer, id=cast.project, tab="plan", milestone=first.id)
    next(d for d in at.date_input if d.label == "新的计划日期").set_value(later).run()
    preview = at.dataframe[1].value
    assert "推后5个工作日" in set(preview["变动"])
    assert {m.id: m.planned_on for m in milestones(cast)} == before  # K8: looking changes nothing
    next(t for t in at.text_input if t.label.startswith("原因（推迟")).set_value("企业调整设备选型")
    next(b for b in at.button if b.label.startswith("确认调整")).click().run()
    assert not at.exception
    after = {m.id: m.planned_on for m in milestones(cast)}
    assert after[first.id] == later
    assert sum(1 for key in after if after[key] != before[key]) == len(preview)


def test_a_milestone_is_marked_done_and_then_locked(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:
    make_plan(app_test, cast)
    with reading() as session:
        from models import MilestoneLink

        waiting = set(session.exec(select(MilestoneLink.milestone_id)))
    first = next(m for m in milestones(cast) if m.id not in waiting)
    at = app_test("project", cast.officer, id=cast.project, tab="plan", milestone=first.id)
    next(b for b in at.button if b.label == "登记完成").click().run()
    with reading() as session:
        row = session.get(Milestone, first.id)
    assert row is not None
    assert row.done_on == monday
    at = app_test("project", cast.officer, id=cast.project, tab="plan", milestone=first.id)
    labels = {b.label for b in at.button}
    assert "撤销完成" in labels
    assert "登记完成" not in labels


# ── Money ───────────────────────────────────────────────────────────────────────────


def test_a_month_is_reported_and_measured_against_the_schedule(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:
    at = app_test("project", cast.officer, id=cast.project, tab="money")
    next(t for t in at.text_input if t.label == "2026年计划投资（万元）").set_value("12000")
    button(at, "保存").click().run()
    assert not at.exception
    next(t for t in at.text_input if t.label == "1至本月完成投资（万元）").set_value("7000")
    next(t for t in at.text_area if t.label == "形象进度").set_value("主体结构封顶")
    button(at, "保存10月进度").click().run()
    assert "1-10月完成7,000万元，完成率58.3%，慢于序时进度25.0个百分点" in words(at)
    with reading() as session:
        row = session.exec(select(MonthlyProgress).where(MonthlyProgress.project_id == cast.project)).one()
    assert (row.month, row.done_wan, row.approved_at) == (10, Decimal(7000), None)


def test_a_leader_reads_and_changes_nothing(app_test: Callable[..., Any], cast: Any, monday: date) -> None:
    offered = set()
    for tab in TABS:
        at = app_test("project", cast.leader, id=cast.project, tab=tab)
        offered |= {b.label for b in at.button}
    assert not offered & {"推进到下一阶段", "修改", "指派/更换", "生成节点计划", "登记办件", "保存"}


def test_a_milestone_changed_by_somebody_else_meanwhile_is_told_before_it_is_overwritten(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:  # A7
    make_plan(app_test, cast)
    row = milestones(cast)[3]
    at = app_test("project", cast.officer, id=cast.project, tab="plan", milestone=row.id)
    with unit_of_work(SYSTEM, "test.theirs") as session:
        theirs = session.get(Milestone, row.id)
        assert theirs is not None
        theirs.name = "对方改的名字"
    next(t for t in at.text_input if t.label == "节点名称").set_value("我改的名字")
    button(at, "保存").click().run()
    assert "对方改的名字" in words(at)
    assert next(t for t in at.text_input if t.label == "节点名称").value == "我改的名字"
    with reading() as session:
        assert session.get(Milestone, row.id).name == "对方改的名字"  # type: ignore[union-attr]
    button(at, "保存").click().run()
    with reading() as session:
        assert session.get(Milestone, row.id).name == "我改的名字"  # type: ignore[union-attr]


def test_a_month_reported_by_somebody_else_meanwhile_is_told(
    app_test: Callable[..., Any], cast: Any, monday: date
) -> None:
    at = app_test("project", cast.officer, id=cast.project, tab="money")
    with unit_of_work(SYSTEM, "test.theirs") as session:
        session.add(
            MonthlyProgress(
                project_id=cast.project, year=2026, month=10, progress="对方填的", reported_on=monday
            )
        )
    next(t for t in at.text_area if t.label == "形象进度").set_value("我填的")
    button(at, "保存10月进度").click().run()
    with reading() as session:
        row = session.exec(select(MonthlyProgress).where(MonthlyProgress.project_id == cast.project)).one()
    assert row.progress == "对方填的"
    assert next(t for t in at.text_area if t.label == "形象进度").value == "我填的"
