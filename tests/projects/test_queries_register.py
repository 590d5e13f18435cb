"""Lists, search, figures and the record, as each of the cast may see them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from crm.core.access import SYSTEM, Actor, Verb
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotFound
from crm.projects.queries import (
    By,
    Mark,
    ProjectFilter,
    Sort,
    Waiting,
    enterprise_card,
    gantt_rows,
    light_counts,
    list_enterprises,
    list_projects,
    marks,
    project_card,
    project_milestones,
    project_money,
    projects_by_id,
    projects_by_stage,
    stage_counts,
    summary,
    summary_by,
)
from models import AnnualPlan, Milestone, MonthlyProgress, Officer, Project
from models.vocabulary import (
    Category,
    DatePrecision,
    Level,
    Light,
    OfficerRole,
    Party,
    ProjectStatus,
    Role,
    Stage,
)

MONDAY = date(2026, 11, 23)


def names(actor: Actor, asked: ProjectFilter | None = None, sort: Sort = Sort.NAME) -> list[str]:
    with reading() as session:
        return [r.name for r in list_projects(session, actor, asked, sort, today=MONDAY, per_page=100).rows]


def add(*rows: Any) -> None:
    with unit_of_work(SYSTEM, "test.add") as session:
        session.add_all(rows)


BATTERY, MOULD = "恒岳新能源电池项目（一期）", "瑞朗精密模具项目"


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("supervisor", {BATTERY, MOULD}),
        ("leader", {BATTERY, MOULD}),
        ("admin", {BATTERY, MOULD}),
        ("officer", {BATTERY}),
        ("teammate", {BATTERY}),
        ("stranger", {MOULD}),
        ("clerk", {BATTERY}),
        ("handler", set()),
    ],
)
def test_a_restricted_user_sees_only_his_in_list_search_and_direct_url(
    any_db: str, cast: Any, who: str, sees: set[str]
) -> None:  # A1
    actor = getattr(cast, who)
    assert set(names(actor)) == sees
    assert set(names(actor, ProjectFilter(text="xm"))) == sees  # 项目 by its initials
    for project, name in ((cast.project, BATTERY), (cast.other_project, MOULD)):
        with reading() as session:
            if name in sees:
                assert project_card(session, actor, project, MONDAY).name == name
                continue
            for read, more in (
                (project_card, (MONDAY,)),
                (project_milestones, (MONDAY,)),
                (project_money, (2026,)),
            ):
                with pytest.raises(NotFound) as hidden:
                    read(session, actor, project, *more)
                with pytest.raises(NotFound) as absent:
                    project_card(session, actor, 999_999, MONDAY)
                assert str(hidden.value) == str(absent.value)
            assert projects_by_id(session, actor, [project], today=MONDAY) == ()


@pytest.mark.parametrize("role", [Role.OFFICER, Role.PARK_STAFF, Role.DEPARTMENT])
def test_a_role_without_its_town_or_team_sees_nothing(cast: Any, role: Role) -> None:  # A2
    nobody = Actor(user_id=999, name="无归属", role=role)
    assert names(nobody) == []
    with reading() as session:
        assert list_enterprises(session, nobody).total == 0
        assert summary(session, nobody, MONDAY).number == 0
        assert stage_counts(session, nobody, ProjectFilter(), today=MONDAY)[Stage.EARLY_PLANNING] == 0


def test_a_department_sees_the_projects_it_has_a_milestone_on(cast: Any) -> None:
    add(
        Milestone(
            project_id=cast.project,
            code="P34",
            name="施工许可证",
            stage=Stage.CONSTRUCTION_PERMIT,
            department_id=cast.department,
        )
    )
    assert names(cast.handler) == [BATTERY]


@pytest.mark.parametrize(
    "asked",
    [
        "电池",
        "恒岳新能源电池项目(一期)",
        "hengyue",
        "hyxny",
        "恒岳科技",
        "91440703MA4UQPYH7H",
        "jmshy",
        "2601-440703-04-01-123456",
    ],
)
def test_search_finds_by_name_enterprise_pinyin_initials_and_codes(
    any_db: str, cast: Any, asked: str
) -> None:
    with unit_of_work(SYSTEM, "test.code") as session:
        project = session.get(Project, cast.project)
        assert project is not None
        project.project_code = "2601-440703-04-01-123456"
    assert names(cast.supervisor, ProjectFilter(text=asked)) == [BATTERY]


@pytest.mark.parametrize("asked", ["%", "_", "' OR 1=1--", '"; drop table project', "\\", "不存在的名字"])
def test_signs_of_a_query_language_are_only_text(cast: Any, asked: str) -> None:
    assert names(cast.supervisor, ProjectFilter(text=asked)) == []


def test_rare_characters_are_found_exactly(any_db: str, cast: Any) -> None:
    cast.make_project("㙍𬭚新材料项目")
    assert names(cast.supervisor, ProjectFilter(text="𬭚")) == ["㙍𬭚新材料项目"]


def test_every_filter_narrows(cast: Any) -> None:
    officer = _officer_id(cast.stranger)
    cast.make_project(
        "市政道路工程",
        town="荷塘镇",
        lead=officer,
        level=Level.CITY,
        category=Category.INFRASTRUCTURE,
        stage=Stage.CONSTRUCTION,
        status=ProjectStatus.SUSPENDED,
        lead_unit="荷塘镇政府",
    )
    road = ["市政道路工程"]
    assert names(cast.supervisor, ProjectFilter(level=Level.CITY)) == road
    assert names(cast.supervisor, ProjectFilter(category=Category.INFRASTRUCTURE)) == road
    assert names(cast.supervisor, ProjectFilter(stage=Stage.CONSTRUCTION)) == road
    assert names(cast.supervisor, ProjectFilter(status=ProjectStatus.SUSPENDED)) == road
    assert names(cast.supervisor, ProjectFilter(light=Light.GREY)) == road
    assert names(cast.supervisor, ProjectFilter(lead_unit="荷塘镇政府")) == road
    assert names(cast.supervisor, ProjectFilter(officer_id=officer)) == [MOULD, *road]
    assert set(names(cast.supervisor, ProjectFilter(town_id=cast.town))) == {BATTERY}
    assert names(cast.supervisor, ProjectFilter(unset="lead_unit")) == [BATTERY, MOULD]


def test_a_filter_survives_its_url() -> None:
    asked = ProjectFilter(
        text="电 池&", town_id=3, stage=Stage.LAND, light=Light.RED, waiting=Waiting.ME, mark=Mark.NOT_STARTED
    )
    assert ProjectFilter.read(asked.query()) == asked


def test_a_url_that_makes_no_sense_asks_nothing() -> None:
    assert (
        ProjectFilter.read({"stage": "99", "light": "purple", "town_id": "x", "other": "1"})
        == ProjectFilter()
    )


def test_first_due_comes_first_and_undated_last(cast: Any) -> None:
    later, sooner = cast.make_project("甲项目"), cast.make_project("乙项目")
    add(
        Milestone(project_id=later, code="A", name="一", stage=Stage.LAND, planned_on=date(2026, 12, 20)),
        Milestone(project_id=sooner, code="A", name="一", stage=Stage.LAND, planned_on=date(2026, 12, 1)),
    )
    assert names(cast.supervisor, sort=Sort.DUE)[:2] == ["乙项目", "甲项目"]


def test_the_list_pages_in_a_fixed_order_and_ends_on_its_last_page(cast: Any) -> None:
    for number in range(7):
        cast.make_project(f"流水{number}号项目")
    with reading() as session:
        pages = [
            list_projects(session, cast.supervisor, None, Sort.DUE, page, today=MONDAY, per_page=4)
            for page in (1, 2, 3, 99)
        ]
    seen = [r.id for p in pages[:3] for r in p.rows]
    assert len(seen) == len(set(seen)) == pages[0].total == 9
    assert pages[3].rows == pages[2].rows


def test_waiting_for_me_is_the_officers_own_and_the_departments_own(cast: Any) -> None:
    add(
        Milestone(
            project_id=cast.other_project,
            code="P34",
            name="施工许可证",
            stage=Stage.LAND,
            planned_on=MONDAY,
            department_id=cast.department,
            waits_for=Party.DEPARTMENT,
        )
    )
    mine, theirs = ProjectFilter(waiting=Waiting.ME), ProjectFilter(waiting=Waiting.DEPARTMENT)
    assert names(cast.officer, mine) == [BATTERY]
    assert names(cast.stranger, mine) == []
    assert names(cast.handler, mine) == [MOULD]
    assert names(cast.supervisor, theirs) == [MOULD]


# ── 三未 ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("start_on", "precision", "listed"),
    [
        (date(2026, 11, 22), DatePrecision.DAY, True),  # yesterday, a Sunday
        (MONDAY, DatePrecision.DAY, False),
        (date(2026, 10, 1), DatePrecision.MONTH, True),
        (date(2026, 11, 1), DatePrecision.MONTH, False),  # November is not over
        (date(2025, 1, 1), DatePrecision.YEAR, True),
        (date(2026, 1, 1), DatePrecision.YEAR, False),  # 2026 is not over
    ],
)
def test_should_have_started_is_late_only_after_the_period_it_was_promised_in(
    any_db: str, cast: Any, start_on: date, precision: DatePrecision, listed: bool
) -> None:
    cast.make_project("应开工项目", start_on=start_on, start_precision=precision)
    assert (names(cast.supervisor, ProjectFilter(mark=Mark.NOT_STARTED)) == ["应开工项目"]) is listed


def test_a_project_that_started_or_passed_the_stage_is_not_unstarted(cast: Any) -> None:
    past = {"start_on": date(2026, 1, 5), "start_precision": DatePrecision.DAY}
    cast.make_project("已开工", started_on=date(2026, 3, 1), **past)
    cast.make_project("已在建", stage=Stage.CONSTRUCTION, **past)
    cast.make_project("暂停中", status=ProjectStatus.SUSPENDED, **past)
    assert names(cast.supervisor, ProjectFilter(mark=Mark.NOT_STARTED)) == []


def test_should_have_finished_and_produced(cast: Any) -> None:
    cast.make_project(
        "该竣工", stage=Stage.CONSTRUCTION, finish_on=date(2026, 9, 1), finish_precision=DatePrecision.MONTH
    )
    cast.make_project("该投产", stage=Stage.TRIAL, production_on=date(2026, 11, 20))
    assert names(cast.supervisor, ProjectFilter(mark=Mark.NOT_FINISHED)) == ["该竣工"]
    assert names(cast.supervisor, ProjectFilter(mark=Mark.NOT_PRODUCED)) == ["该投产"]


# ── Figures ─────────────────────────────────────────────────────────────────────────


def test_every_figure_opens_exactly_its_records_and_groups_add_up(any_db: str, cast: Any) -> None:
    one = cast.make_project(
        "甲", total_wan=Decimal("10000"), level=Level.CITY, lead_unit="棠下镇", start_on=date(2026, 2, 1)
    )
    two = cast.make_project(
        "乙",
        town="杜阮镇",
        total_wan=Decimal("20000.5"),
        level=None,
        category=None,
        started_on=date(2026, 5, 1),
    )
    gone = cast.make_project("丙", total_wan=Decimal("99999"), status=ProjectStatus.TERMINATED)
    for project, plan, done in ((one, 1200, 900), (two, 2400, 2400), (gone, 5000, 0)):
        add(
            AnnualPlan(project_id=project, year=2026, plan_wan=Decimal(plan)),
            MonthlyProgress(
                project_id=project, year=2026, month=9, done_wan=Decimal(done), reported_on=MONDAY
            ),
        )
    with reading() as session:
        whole = summary(session, cast.supervisor, MONDAY)
        assert (whole.number, whole.total_wan, whole.plan_wan, whole.done_wan) == (
            4,
            Decimal("30000.5"),
            3600,
            3300,
        )
        assert whole.month == 9
        assert whole.rate_pct == Decimal(3300) * 100 / 3600
        assert whole.points == whole.rate_pct - 75
        for by in By:
            groups = summary_by(session, cast.supervisor, MONDAY, by)
            assert sum(g.number for g in groups) == whole.number
            assert sum(g.plan_wan for g in groups) == whole.plan_wan
            assert sum(g.done_wan for g in groups) == whole.done_wan
            for group in (*groups, whole):
                opened = list_projects(session, cast.supervisor, group.opens, today=MONDAY, per_page=100)
                assert opened.total == group.number, (by, group.label)
                for figure in (*group.lights.values(), *group.marks.values()):
                    found = list_projects(session, cast.supervisor, figure.opens, today=MONDAY)
                    assert found.total == figure.value, (by, group.label, figure.opens)
    assert sum(f.value for f in whole.lights.values()) == whole.number


def test_an_empty_register_gives_zeros_and_no_rate(db: Any) -> None:
    with reading() as session:
        nothing = summary(session, SYSTEM, MONDAY)
    assert (nothing.number, nothing.plan_wan, nothing.rate_pct, nothing.month) == (0, 0, None, None)


def test_light_and_stage_counts_add_up_to_the_list(any_db: str, cast: Any) -> None:
    add(
        Milestone(
            project_id=cast.project, code="A", name="一", stage=Stage.LAND, planned_on=date(2026, 11, 1)
        )
    )
    with reading() as session:
        lights = light_counts(session, cast.supervisor, ProjectFilter(), today=MONDAY)
        stages = stage_counts(session, cast.supervisor, ProjectFilter(), today=MONDAY)
    assert (lights["red"], lights["green"]) == (1, 1)
    assert sum(stages.values()) == 2


# ── The record ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("who", "phone"),
    [
        ("supervisor", "13900001234"),
        ("officer", "13900001234"),
        ("leader", "139****1234"),
        ("clerk", "139****1234"),
        ("admin", "139****1234"),
    ],
)
def test_phones_are_masked_unless_the_reader_may_see_them_on_this_project(
    cast: Any, who: str, phone: str
) -> None:
    with reading() as session:
        assert project_card(session, getattr(cast, who), cast.project, MONDAY).contacts[0].phone == phone
        assert (
            enterprise_card(session, getattr(cast, who), cast.enterprise, MONDAY).contacts[0].phone == phone
        )


def test_the_record_says_what_this_reader_may_do_with_this_project(cast: Any) -> None:
    with reading() as session:
        assert Verb.STAGE_MOVE in project_card(session, cast.officer, cast.project, MONDAY).may
        assert Verb.STAGE_OVERRIDE not in project_card(session, cast.officer, cast.project, MONDAY).may
        assert Verb.PROJECT_EDIT not in project_card(session, cast.leader, cast.project, MONDAY).may


def test_officers_are_listed_with_their_dates_the_lead_first(cast: Any) -> None:
    with reading() as session:
        card = project_card(session, cast.supervisor, cast.project, MONDAY)
    assert [(o.name, o.role, o.to_on) for o in card.officers] == [
        ("何志强", OfficerRole.LEAD, None),
        ("李欣怡", OfficerRole.CO, None),
    ]


def test_an_enterprise_of_another_town_is_not_found(cast: Any) -> None:
    with reading() as session:
        assert [r.name for r in list_enterprises(session, cast.clerk, text="jms").rows] == [
            "江门市恒岳科技有限公司"
        ]
        with pytest.raises(NotFound):
            enterprise_card(session, cast.clerk, cast.other_enterprise, MONDAY)


def test_the_big_chart_draws_plan_and_fact_and_names_the_blocker(any_db: str, cast: Any) -> None:
    add(
        Milestone(
            project_id=cast.project,
            code="A",
            name="签约",
            stage=Stage.SIGNED,
            planned_on=date(2026, 3, 2),
            done_on=date(2026, 3, 6),
        ),
        Milestone(
            project_id=cast.project,
            code="B",
            name="施工许可证",
            stage=Stage.CONSTRUCTION_PERMIT,
            planned_start_on=date(2026, 11, 2),
            planned_on=date(2026, 12, 7),
        ),
        MonthlyProgress(
            project_id=cast.project, year=2026, month=9, problem="高压线未迁改", reported_on=MONDAY
        ),
        MonthlyProgress(
            project_id=cast.project, year=2026, month=10, problem="等施工图审查", reported_on=MONDAY
        ),
    )
    with reading() as session:
        rows, total = gantt_rows(session, cast.officer, ProjectFilter(), Sort.DUE, 1, today=MONDAY)
    assert total == 1
    assert (rows[0].planned.from_on, rows[0].planned.to_on) == (date(2026, 3, 2), date(2026, 12, 7))
    assert (rows[0].actual.from_on, rows[0].actual.to_on) == (date(2026, 3, 6), MONDAY)
    assert (rows[0].done, rows[0].milestones, rows[0].blocker) == (1, 2, "等施工图审查")


def test_the_boards_first_cards_are_the_first_of_each_stages_list(any_db: str, cast: Any) -> None:
    for n in range(3):
        made = cast.make_project(f"签约项目{n}", stage=Stage.SIGNED)
        add(
            Milestone(
                project_id=made, code="A", name="节点", stage=Stage.SIGNED, planned_on=date(2026, 12, 9 - n)
            )
        )
    with reading() as session:
        first = projects_by_stage(session, cast.supervisor, today=MONDAY, each=2)
        listed = {
            stage: list_projects(
                session, cast.supervisor, ProjectFilter(stage=stage), Sort.DUE, today=MONDAY, per_page=2
            ).rows
            for stage in first
        }
        hidden = projects_by_stage(session, cast.clerk, today=MONDAY)
    assert first == listed
    assert [r.name for r in first[Stage.SIGNED]] == ["签约项目2", "签约项目1"]
    assert cast.other_project not in {r.id for rows in hidden.values() for r in rows}


def test_the_three_unmet_counts_are_those_of_the_figures(any_db: str, cast: Any) -> None:
    cast.make_project("迟开工项目", start_on=date(2026, 9, 1))
    cast.make_project("迟竣工项目", finish_on=date(2026, 9, 1), stage=Stage.CONSTRUCTION)
    unmet = (Mark.NOT_STARTED, Mark.NOT_FINISHED, Mark.NOT_PRODUCED)
    with reading() as session:
        whole = summary(session, cast.supervisor, MONDAY)
        some = marks(session, cast.supervisor, MONDAY, unmet)
    assert some == {m: whole.marks[m] for m in unmet}
    assert [some[m].value for m in unmet] == [1, 1, 0]


def test_a_page_past_the_end_is_the_last_one(any_db: str, cast: Any) -> None:
    with reading() as session:
        found = list_projects(
            session, cast.supervisor, ProjectFilter(), Sort.NAME, 99, today=MONDAY, per_page=1
        )
        last = list_projects(
            session, cast.supervisor, ProjectFilter(), Sort.NAME, 2, today=MONDAY, per_page=1
        )
        none = list_projects(session, cast.supervisor, ProjectFilter(text="没有"), page=9, today=MONDAY)
    assert found == last
    assert found.total == 2
    assert (none.rows, none.total) == ((), 0)


def _officer_id(actor: Actor) -> int:
    with reading() as session:
        return session.exec(select(Officer.id).where(Officer.user_id == actor.user_id)).one()
