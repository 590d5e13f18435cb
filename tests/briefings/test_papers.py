"""From the district's records to an issued paper, on both databases."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from crm.briefings import actions, queries, render, sentences
from crm.briefings.actions import HallAsk, MastheadForm, ProjectAsk
from crm.briefings.context import HallFacts, ProjectFacts, fingerprint
from crm.core import files
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, NotFound, Refusal
from crm.core.i18n import using
from crm.core.today import now
from models import (
    AnnualPlan,
    Assignment,
    Briefing,
    Case,
    Demand,
    Item,
    Milestone,
    MonthlyProgress,
    Officer,
    Promise,
    Visit,
)
from models.vocabulary import (
    BriefingKind,
    CaseState,
    DemandClass,
    DemandGrade,
    DemandState,
    OfficerRole,
    Party,
    ProjectStatus,
    Stage,
    VisitMode,
    VisitState,
)
from tests.conftest import MONDAY, Cast, make_project

FROM, TO = MONDAY - timedelta(days=7), MONDAY - timedelta(days=1)  # Monday 16 to Sunday 22 November 2026
WEEK = HallAsk(from_on=FROM, to_on=TO)
pytestmark = pytest.mark.usefixtures("any_db")


def add(*rows: Any) -> None:
    with unit_of_work(SYSTEM, "test.rows") as session:
        for row in rows:
            session.add(row)
            session.flush()


def report(project: int, month: int, done: int, **more: Any) -> MonthlyProgress:
    values: dict[str, Any] = {"reported_on": date(2026, month, 28), "approved_at": now()} | more
    return MonthlyProgress(project_id=project, year=2026, month=month, done_wan=Decimal(done), **values)


def visit(
    project: int, enterprise: int, on: date, state: VisitState = VisitState.COMPLETE, **more: Any
) -> Visit:
    return Visit(
        request_id=f"{project}-{enterprise}-{on}-{state}-{more}"[:40],
        project_id=project,
        enterprise_id=enterprise,
        visited_on=on,
        state=state,
        **more,
    )


def hall_facts(actor: Actor, ask: HallAsk = WEEK, today: date = MONDAY) -> HallFacts:
    with reading() as session:
        return queries.hall_facts(session, actor, ask.from_on, ask.to_on, today=today)


def project_facts(actor: Actor, project: int, on: date = MONDAY) -> ProjectFacts:
    with reading() as session:
        return queries.project_facts(session, actor, project, on)


def text_of(issued: actions.Issued) -> str:
    return render.text_of(issued.data)


# What enters a paper ----------------------------------------------------------------------------------


def test_unapproved_words_never_enter_a_paper(cast: Cast) -> None:  # B3
    add(
        report(cast.project, 9, 10, progress="九月形象", problem="九月的困难", next_step="九月的措施"),
        report(
            cast.project,
            10,
            20,
            progress="未审形象",
            problem="未审困难",
            next_step="未审措施",
            approved_at=None,
        ),
    )
    for issued in (
        actions.issue_hall(cast.supervisor, WEEK, today=MONDAY),
        actions.issue_project(cast.officer, ProjectAsk(project_id=cast.project, as_of=MONDAY), today=MONDAY),
    ):
        assert "未审" not in text_of(issued)
        assert "九月的困难" in text_of(issued)
        assert "9月月报，9月28日填报，距今" in text_of(issued)
    with reading() as session:
        for row in session.exec(select(Briefing)):
            assert "未审" not in str(row.context)


def test_suspended_projects_are_in_and_marked_closed_ones_are_not(cast: Cast) -> None:  # B6
    make_project("停着的项目", status=ProjectStatus.SUSPENDED)
    make_project("终止的项目", status=ProjectStatus.TERMINATED)
    make_project("往年完成的项目", status=ProjectStatus.COMPLETED)
    text = text_of(actions.issue_hall(cast.supervisor, WEEK, today=MONDAY))
    assert "停着的项目（暂停）" in text
    assert "终止的项目" not in text
    assert "往年完成的项目" not in text
    assert "全区安排重点项目3项（其中暂停1项）" in text


def test_every_total_is_the_sum_of_its_rows_in_more_than_a_dozen_projects(cast: Cast) -> None:  # B9
    for n in range(13):
        made = make_project(
            f"第{n}号项目",
            town=("棠下镇", "荷塘镇", "杜阮镇")[n % 3],
            total_wan=Decimal(1000 * n) + Decimal("0.5"),
        )
        add(AnnualPlan(project_id=made, year=2026, plan_wan=Decimal(100 + n)), report(made, 10, 50 + n))
    told = sentences.hall_blanks(actions.draft_hall(cast.supervisor, WEEK, today=MONDAY).paper)  # type: ignore[arg-type]

    def amount(text: str) -> Decimal:
        return Decimal() if text == sentences.NONE else Decimal(text.replace(",", ""))

    assert len(told["annex_rows"]) == 15 + 1
    for table in ("class_rows", "town_rows", "annex_rows"):
        *rows, last = told[table]
        for column in ("total", "plan", "done"):
            assert sum(amount(r[column]) for r in rows) == amount(last[column])
    assert amount(told["annex_rows"][-1]["done"]) == sum(50 + n for n in range(13))
    assert "其中2项" not in told["progress"][0]


def test_an_empty_period_says_so(cast: Cast) -> None:  # B10
    text = text_of(actions.issue_hall(cast.supervisor, WEEK, today=MONDAY))
    assert "没有走访接待、企业诉求、服务承诺和审批办件记录。" in text
    assert "本期没有走访接待记录。" in text


def test_a_register_without_projects_still_makes_a_paper() -> None:
    issued = actions.issue_hall(SYSTEM, WEEK, today=MONDAY)
    assert "全区在册重点项目0项" in text_of(issued)


def test_last_months_paper_names_last_months_officer(cast: Cast) -> None:
    with unit_of_work(SYSTEM, "test.handover") as session:
        old = session.exec(
            select(Assignment).where(
                col(Assignment.project_id) == cast.project, col(Assignment.role) == OfficerRole.LEAD
            )
        ).one()
        old.to_on = date(2026, 10, 31)
        heir = Officer(name="新专员")
        session.add(heir)
        session.flush()
        session.add(
            Assignment(
                project_id=cast.project,
                officer_id=heir.id or 0,
                role=OfficerRole.LEAD,
                from_on=date(2026, 11, 1),
            )
        )
    october = project_facts(cast.supervisor, cast.project, date(2026, 10, 31))
    november = project_facts(cast.supervisor, cast.project, date(2026, 11, 1))
    assert october.terms[0].name == "何志强"
    assert november.terms[0].name == "新专员"
    assert hall_facts(cast.supervisor, HallAsk(from_on=date(2026, 10, 1), to_on=date(2026, 10, 31))).projects[
        0
    ].officers == ("何志强", "李欣怡")


def test_a_paper_about_june_knows_nothing_of_october(cast: Cast) -> None:
    add(
        AnnualPlan(project_id=cast.project, year=2026, plan_wan=Decimal(1200)),
        report(cast.project, 6, 500),
        report(cast.project, 10, 1000),
    )
    facts = hall_facts(cast.supervisor, HallAsk(from_on=date(2026, 6, 1), to_on=date(2026, 6, 30)))
    assert facts.pace.month == 6
    assert sum(x.done_wan or 0 for x in facts.projects) == 500


def test_visits_count_by_the_day_at_the_enterprise_and_drafts_do_not(cast: Cast) -> None:
    add(
        visit(cast.project, cast.enterprise, FROM),
        visit(cast.project, cast.enterprise, TO, mode=VisitMode.PHONE),
        visit(cast.other_project, cast.other_enterprise, TO, mode=VisitMode.HALL),
        visit(cast.project, cast.enterprise, FROM - timedelta(days=1)),
        visit(cast.project, cast.enterprise, TO + timedelta(days=1)),
        visit(cast.project, cast.enterprise, TO, VisitState.DRAFT),
    )
    facts = hall_facts(cast.supervisor).visits
    assert (facts.total, facts.enterprises) == (3, 2)
    assert {c.name: c.n for c in facts.by_mode} == {"上门": 1, "电话": 1, "会客厅": 1}
    assert {c.name: c.n for c in facts.by_town} == {"棠下镇": 2, "荷塘镇": 1}


def test_demands_by_class_and_the_major_ones_go_to_the_leader(cast: Cast) -> None:
    add(
        Demand(project_id=cast.project, demand_class=DemandClass.LAND, content="地块有坟", raised_on=FROM),
        Demand(
            project_id=cast.project,
            demand_class=DemandClass.UTILITIES,
            grade=DemandGrade.MAJOR,
            content="高压线迁改",
            raised_on=TO,
        ),
        Demand(
            project_id=cast.project,
            demand_class=DemandClass.LAND,
            content="旧的",
            raised_on=FROM - timedelta(days=30),
            state=DemandState.CLOSED,
            closed_on=TO,
            result="解决",
        ),
        Demand(project_id=cast.project, demand_class=DemandClass.TAX, content="以后的", raised_on=MONDAY),
    )
    facts = hall_facts(cast.supervisor)
    assert (facts.demands.raised, facts.demands.closed) == (2, 1)
    assert (facts.demands.open_total, facts.demands.open_major) == (2, 1)
    assert [m.what for m in facts.decisions] == ["水电气通信诉求（Ⅳ级，11月22日提出）：高压线迁改"]
    assert facts.decisions[0].who == "联络专员何志强、李欣怡"


def test_promises_kept_kept_late_and_broken(cast: Cast) -> None:
    held = visit(cast.project, cast.enterprise, FROM)
    add(held)
    about: dict[str, Any] = {
        "visit_id": held.id,
        "project_id": cast.project,
        "enterprise_id": cast.enterprise,
    }
    wednesday, friday = FROM + timedelta(days=2), FROM + timedelta(days=4)
    add(
        Promise(**about, text="按期", due_on=friday, done_on=wednesday),
        Promise(**about, text="晚了", due_on=wednesday, done_on=friday),
        Promise(**about, text="没办", owner="何志强", due_on=wednesday),
        Promise(**about, text="未到期", due_on=MONDAY + timedelta(days=1)),
    )
    p = hall_facts(cast.supervisor).promises
    assert (p.made, p.due, p.kept, p.kept_late, p.broken, p.open_total) == (4, 3, 1, 1, 1, 2)
    (late,) = p.overdue
    assert (late.what, late.who, late.late, late.unit_word) == ("没办", "何志强", 2, "个工作日")  # Thu, Fri


def test_cases_as_they_stood_at_the_end_of_the_period(cast: Cast) -> None:
    with unit_of_work(SYSTEM, "test.item") as session:
        item = session.exec(select(Item).limit(1)).first()
        if item is None:
            item = Item(code="X1", name="排水许可")
            session.add(item)
            session.flush()
        item_id = item.id or 0

    def case(no: str, accepted: date, decided: date | None = None) -> Case:
        return Case(
            case_no=no,
            item_id=item_id,
            project_id=cast.project,
            department_id=cast.department,
            received_on=accepted,
            accepted_on=accepted,
            starts_on=accepted,
            legal_limit=5,
            state=CaseState.DECIDED if decided else CaseState.ACCEPTED,
            decided_on=decided,
        )

    add(
        case("a", date(2026, 11, 16), date(2026, 11, 18)),  # decided in time
        case("b", date(2026, 11, 9), date(2026, 11, 17)),  # six working days: late
        case("c", date(2026, 11, 2)),  # due Monday 9, open
        case("d", date(2026, 11, 18), MONDAY),  # still open on Sunday
    )
    c = hall_facts(cast.supervisor).cases
    assert (c.accepted, c.decided, c.decided_late, c.open_total, c.stopped) == (2, 2, 1, 2, 0)
    (late,) = c.overdue
    assert (late.late, late.on) == (9, date(2026, 11, 9))


def test_a_department_s_node_three_working_days_late_goes_to_the_leader(cast: Cast) -> None:
    def node(code: str, on: date, waits_for: Party) -> Milestone:
        return Milestone(
            project_id=cast.project,
            code=code,
            name=code,
            stage=Stage.LAND,
            department_id=cast.department,
            planned_on=on,
            waits_for=waits_for,
        )

    add(
        node("施工许可", date(2026, 11, 17), Party.DEPARTMENT),
        node("两天", date(2026, 11, 18), Party.DEPARTMENT),
        node("企业自己", date(2026, 11, 2), Party.ENTERPRISE),
        node("将来", date(2026, 11, 25), Party.DEPARTMENT),
    )
    facts = hall_facts(cast.supervisor)
    assert [(m.what, m.late) for m in facts.decisions] == [("施工许可逾期，提请协调督办", 3)]
    assert [m.what for m in facts.coming_nodes] == ["将来"]
    assert [m.what for m in facts.late_nodes] == ["企业自己", "施工许可", "两天"]
    assert [r.project for r in facts.reds] == ["恒岳新能源电池项目（一期）"]


def test_phones_are_masked_even_for_who_may_see_them(cast: Cast) -> None:
    issued = actions.issue_project(
        cast.supervisor, ProjectAsk(project_id=cast.project, as_of=MONDAY), today=MONDAY
    )
    assert "139****1234" in text_of(issued)
    assert "13900001234" not in text_of(issued)


def test_markup_in_names_comes_out_as_it_was_typed(cast: Cast) -> None:
    make_project("R&D<园>{{7*7}}</w:t>𬭚项目")
    text = text_of(actions.issue_hall(cast.supervisor, WEEK, today=MONDAY))
    assert "R&D<园>{{7*7}}</w:t>𬭚项目" in text


def test_the_paper_is_chinese_whatever_the_screen_speaks(cast: Cast) -> None:
    with using("en"):
        abroad = actions.draft_hall(cast.supervisor, WEEK, today=MONDAY)
    assert abroad.data == actions.draft_hall(cast.supervisor, WEEK, today=MONDAY).data


# Issuing ------------------------------------------------------------------------------------------------


def test_the_same_facts_are_the_same_paper(cast: Cast) -> None:  # B9
    first = actions.issue_hall(cast.supervisor, WEEK, today=MONDAY)
    again = actions.issue_hall(cast.supervisor, WEEK, today=MONDAY)
    assert (first.new, again.new) == (True, False)
    assert (again.id, again.number, again.data) == (first.id, first.number, first.data)
    make_project("新来的项目")
    changed = actions.issue_hall(cast.supervisor, WEEK, today=MONDAY)
    assert (changed.new, changed.number) == (True, first.number + 1)


def test_numbers_run_by_kind_and_year_without_gaps(cast: Cast) -> None:
    numbers = []
    for day in (MONDAY, MONDAY + timedelta(days=1), date(2027, 1, 4)):
        numbers.append(actions.issue_hall(cast.supervisor, WEEK, today=day).number)
    assert numbers == [1, 2, 1]
    one = actions.issue_project(cast.officer, ProjectAsk(project_id=cast.project, as_of=MONDAY), today=MONDAY)
    assert one.number == 1


def test_four_at_once_get_four_numbers(cast: Cast) -> None:
    asks = [HallAsk(from_on=FROM - timedelta(days=n), to_on=TO) for n in range(4)]
    found: list[int] = []
    faults: list[BaseException] = []

    def run(ask: HallAsk) -> None:
        try:
            found.append(actions.issue_hall(cast.supervisor, ask, today=MONDAY).number)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(ask,)) for ask in asks]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not faults
    assert sorted(found) == [1, 2, 3, 4]


def test_a_paper_that_fails_leaves_no_number_behind(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_more: Any) -> Any:
        raise Refusal("磁盘已满")

    with monkeypatch.context() as patch:
        patch.setattr(files, "keep", broken)
        with pytest.raises(Refusal):
            actions.issue_hall(cast.supervisor, WEEK, today=MONDAY)
    assert actions.issue_hall(cast.supervisor, WEEK, today=MONDAY).number == 1


def test_the_snapshot_is_stored_with_the_paper_and_makes_it_again(cast: Cast) -> None:
    issued = actions.issue_hall(cast.supervisor, WEEK, today=MONDAY)
    with reading() as session:
        card = queries.one(session, cast.leader, issued.id)
    assert fingerprint(card.context) == card.sha256 == issued.sha256
    assert files.read(card.file) == issued.data
    assert actions.verify(cast.leader, issued.id) == actions.Verdict(True, True, True)


def test_a_changed_snapshot_or_file_is_noticed(cast: Cast) -> None:
    issued = actions.issue_hall(cast.supervisor, WEEK, today=MONDAY)
    with unit_of_work(SYSTEM, "test.forge") as session:
        row = session.get_one(Briefing, issued.id)
        row.context = row.context | {"kind": "hall", "forged": 1}
    with reading() as session:
        stored = queries.one(session, cast.leader, issued.id).file
    files.path_of(stored).write_bytes(b"x")
    assert actions.verify(cast.leader, issued.id) == actions.Verdict(False, False, None)


# Who may ------------------------------------------------------------------------------------------------


def test_an_officer_makes_papers_on_his_own_projects_alone(cast: Cast) -> None:
    ask = ProjectAsk(project_id=cast.other_project, as_of=MONDAY)
    with pytest.raises(NotFound) as not_his:
        actions.issue_project(cast.officer, ask, today=MONDAY)
    with pytest.raises(NotFound) as not_there:
        actions.issue_project(cast.officer, ProjectAsk(project_id=999_999, as_of=MONDAY), today=MONDAY)
    assert str(not_his.value) == str(not_there.value)
    with pytest.raises(NotAllowed):
        actions.issue_hall(cast.officer, WEEK, today=MONDAY)


@pytest.mark.parametrize("who", ["clerk", "handler", "leader", "admin"])
def test_who_only_reads_makes_none(cast: Cast, who: str) -> None:
    with pytest.raises(NotAllowed):
        actions.issue_hall(getattr(cast, who), WEEK, today=MONDAY)
    with pytest.raises(NotAllowed):
        actions.draft_project(
            getattr(cast, who), ProjectAsk(project_id=cast.project, as_of=MONDAY), today=MONDAY
        )


def test_the_archive_shows_each_reader_his_own(cast: Cast) -> None:
    actions.issue_hall(cast.supervisor, WEEK, today=MONDAY)
    actions.issue_project(cast.supervisor, ProjectAsk(project_id=cast.project, as_of=MONDAY), today=MONDAY)
    with reading() as session:
        seen = {
            who: [r.kind.value for r in queries.listed(session, getattr(cast, who)).rows]
            for who in ("supervisor", "leader", "admin", "officer", "stranger", "clerk", "handler")
        }
    assert seen == {
        "supervisor": ["project", "hall"],
        "leader": ["project", "hall"],
        "admin": ["project", "hall"],
        "officer": ["project"],
        "stranger": [],
        "clerk": [],
        "handler": [],
    }


# Asking badly ---------------------------------------------------------------------------------------------


def test_a_period_that_ends_before_it_begins_is_refused(cast: Cast) -> None:
    with pytest.raises(Refusal, match="早于开始日期"):
        actions.issue_hall(cast.supervisor, HallAsk(from_on=TO, to_on=FROM), today=MONDAY)


def test_a_report_on_a_day_to_come_is_refused(cast: Cast) -> None:
    ask = ProjectAsk(project_id=cast.project, as_of=MONDAY + timedelta(days=1))
    with pytest.raises(Refusal, match="还没有到"):
        actions.issue_project(cast.officer, ask, today=MONDAY)


def test_a_project_is_found_by_code_name_or_number(cast: Cast) -> None:
    coded = make_project("有码项目", project_code="2603-440703-04-01-123456")
    make_project("同名项目", town="棠下镇")
    make_project("同名项目", town="荷塘镇")
    with reading() as session:
        for key in ("2603-440703-04-01-123456", "有码项目", f" {coded} "):
            assert queries.find_project(session, SYSTEM, key) == coded
        with pytest.raises(NotFound, match="没有找到项目“无此项目”"):
            queries.find_project(session, SYSTEM, "无此项目")
        with pytest.raises(Refusal, match="有 2 个项目名为"):
            queries.find_project(session, SYSTEM, "同名项目")
        with pytest.raises(NotFound):
            queries.find_project(session, cast.officer, "有码项目")


# The office's own template and masthead --------------------------------------------------------------------


def test_the_office_puts_its_own_template_in_place_and_takes_it_away(cast: Cast) -> None:
    from tests.briefings.test_render import edited

    own = edited(BriefingKind.HALL, "一、会客厅服务情况", "一、服务情况")
    with pytest.raises(NotAllowed):
        actions.keep_template(cast.supervisor, BriefingKind.HALL, own)
    actions.keep_template(cast.admin, BriefingKind.HALL, own)
    issued = actions.issue_hall(cast.supervisor, WEEK, today=MONDAY)
    assert "一、服务情况" in text_of(issued)
    actions.drop_template(cast.admin, BriefingKind.HALL)
    assert actions.verify(cast.leader, issued.id) == actions.Verdict(True, True, True)
    assert "一、会客厅服务情况" in text_of(actions.issue_hall(cast.supervisor, WEEK, today=MONDAY))


def test_a_template_with_missing_blanks_needs_a_word_one_with_unknown_blanks_never_passes(cast: Cast) -> None:
    from tests.briefings.test_render import edited

    short = edited(BriefingKind.HALL, "{{ copies }}", "30")
    with pytest.raises(Refusal, match="copies"):
        actions.keep_template(cast.admin, BriefingKind.HALL, short)
    assert actions.keep_template(cast.admin, BriefingKind.HALL, short, accept_missing=True).missing == (
        "copies",
    )
    strange = edited(BriefingKind.HALL, "{{ copies }}", "{{ nonsense }}")
    with pytest.raises(Refusal, match="nonsense"):
        actions.keep_template(cast.admin, BriefingKind.HALL, strange, accept_missing=True)


def test_the_masthead_is_the_offices_own(cast: Cast) -> None:
    form = MastheadForm(
        office="蓬江区政务服务和数据管理局",
        masthead_hall="会客厅周报",
        masthead_project="项目专报",
        report_to="区委。",
        copies=5,
    )
    with pytest.raises(NotAllowed):
        actions.save_masthead(cast.supervisor, form)
    actions.save_masthead(cast.admin, form)
    text = text_of(actions.issue_hall(cast.supervisor, WEEK, today=MONDAY))
    assert text.startswith("会客厅周报\n2026年第1期\n蓬江区政务服务和数据管理局\t2026年11月23日\n")
    assert "报：区委。\n送：无。\n" in text
    assert "共印5份" in text


def test_a_masthead_too_long_for_its_line_is_refused() -> None:
    with pytest.raises(Refusal, match="最多 10 个字"):
        MastheadForm(office="甲", masthead_hall="一二三四五六七八九十一", masthead_project="乙", copies=1)
