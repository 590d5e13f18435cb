"""Where it sticks and what was made of it, on the screen: each role sees what is his, figures open their cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlmodel import select

from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.today import today
from crm.insight.actions import tally
from crm.insight.actions.measures import make_measure
from crm.insight.inputs import MakeMeasure
from crm.insight.queries import bottlenecks
from crm.insight.queries.scope import Asked, By
from crm.insight.rules import Days, Measure, month_of, months_on
from crm.ui.insight_parts.fore_words import share
from crm.ui.insight_parts.stick_words import middle_days
from crm.ui.words import NOTHING, plain
from models import Case, ReformMeasure
from models.vocabulary import MeasureState
from tests.insight.hall import fill

Page = Callable[..., Any]


@pytest.fixture
def hall(cast: Any) -> None:
    """A year and a half of random cases up to today, counted; every third is the handler's department's."""
    fill(Random(31), 700, first=today() - timedelta(days=540), days=500)
    with unit_of_work(SYSTEM, "test.move") as session:
        for number, case in enumerate(session.exec(select(Case))):
            case.department_id = cast.department if number % 3 == 0 else case.department_id
    tally.recount_stale(SYSTEM)


def worst(actor: Any = SYSTEM, **asked: Any) -> bottlenecks.Place:
    with reading() as session:
        return bottlenecks.ranking(session, actor, Asked(**asked), today=today()).places[0]


def told(at: Any) -> str:
    return " ".join(m.value for m in (*at.markdown, *at.caption, *at.title, *at.info, *at.subheader))


def test_the_costliest_comes_first(app_test: Page, cast: Any, hall: None) -> None:
    at = app_test("insight", cast.supervisor)
    assert not at.exception
    table = at.dataframe[0].value
    first = worst()
    assert table.iloc[0, 0] == first.name
    assert table.iloc[0, 1] == f"{first.now.cost(Measure.RUNNING_WD):,}"
    with reading() as session:
        whole = bottlenecks.overall(session, SYSTEM, Asked(), today=today()).now
    assert f"办结[{whole.n(Measure.CLOSED):,}](/case?" in told(at)
    assert "统计截至" in told(at)


@pytest.mark.parametrize("by", list(By))
def test_every_breakdown_opens(app_test: Page, cast: Any, hall: None, by: By) -> None:
    at = app_test("insight", cast.leader, by=by.value, span=12, against="season")
    assert not at.exception
    assert not at.error
    assert len(at.dataframe[0].value)


@pytest.mark.parametrize("by", [By.ITEM, By.DEPARTMENT, By.STEP, By.TOWN])
def test_one_place_shows_its_figures_on_both_sides_with_n(
    app_test: Page, cast: Any, hall: None, by: By
) -> None:
    place = worst(by=by)
    at = app_test("insight", cast.supervisor, by=by.value, key=place.key)
    assert not at.exception
    assert place.name in told(at)
    table = at.dataframe[0].value
    measure = Measure.STEP_WAIT if by is By.STEP else Measure.RUNNING_WD
    row = table[table["name"].str.endswith("合计") & table["name"].str.startswith(("计时", "环节"))].iloc[0]
    assert row["now"] == f"{place.now.cost(measure):,}"
    assert row["n"] == f"{place.now.n(measure):,}"
    assert row["before"] == f"{place.before.cost(measure):,}"


def test_a_handler_sees_his_department_and_cannot_count_again(app_test: Page, cast: Any, hall: None) -> None:
    at = app_test("insight", cast.handler, by="department")
    assert not at.exception
    assert len(at.dataframe[0].value) == 1
    assert "recount" not in {b.key for b in at.button}
    with reading() as session:
        everywhere = bottlenecks.ranking(session, SYSTEM, Asked(by=By.DEPARTMENT), today=today()).places
    foreign = next(p.key for p in everywhere if p.key not in (None, cast.department))
    at = app_test("insight", cast.handler, by="department", key=foreign)
    assert "所选时段里这里没有办件" in told(at)


@pytest.mark.parametrize("who", ["officer", "clerk"])
@pytest.mark.parametrize("page", ["insight", "measures"])
def test_who_has_no_analysis_is_told_so(app_test: Page, cast: Any, who: str, page: str) -> None:
    at = app_test(page, getattr(cast, who))
    assert "没有查看此页的权限" in at.error[0].value


def test_an_empty_town_says_what_to_do(app_test: Page, cast: Any) -> None:
    at = app_test("insight", cast.supervisor)
    assert not at.exception
    assert "没有办结的办件" in told(at)
    at = app_test("measures", cast.leader)
    assert "还没有改革举措" in told(at)


def test_counting_again_on_the_spot(app_test: Page, cast: Any, hall: None) -> None:
    with unit_of_work(SYSTEM, "test.late") as session:
        case = session.exec(select(Case).where(Case.running_wd == 3)).first()
        assert case is not None
        case.running_wd = 300
        touched = {month_of(case.received_on), month_of(case.decided_on or case.received_on)}
    at = app_test("insight", cast.supervisor)
    at.button(key="recount").click().run()
    assert not at.exception
    with reading() as session:
        assert tally.stale_months(session) == []
    assert at.session_state["_saved"] == f"已重算{len(touched)}个月的统计。"


def make(at: Any, owner: int, **typed: Any) -> Any:
    """Open the dialog, type, save."""
    at.button(key="measure-make").click().run()
    owners = next(w for w in at.selectbox if w.label == "责任人")
    if owner:
        owners.set_value(owner)
    for label, value in typed.items():
        next(w for w in (*at.text_input, *at.text_area) if w.label == label).set_value(value)
    next(b for b in at.button if b.label == "保存").click().run()
    return at


def test_a_finding_is_turned_into_a_measure(app_test: Page, cast: Any, hall: None) -> None:
    place = worst()
    at = app_test("insight", cast.supervisor, key=place.key)
    make(at, 0)
    assert "“责任人”不能为空" in at.error[0].value
    at = app_test("insight", cast.supervisor, key=place.key)
    make(at, cast.handler.user_id, 怎么改="并联审批")
    with reading() as session:
        row = session.exec(select(ReformMeasure)).one()
    assert (row.item_id, row.owner_id, row.text) == (place.key, cast.handler.user_id, "并联审批")
    assert row.facts["now"]["days"] == place.now.cost(Measure.RUNNING_WD)
    at = app_test("measures", cast.handler, id=row.id)
    assert not at.exception
    assert f"合计{place.now.cost(Measure.RUNNING_WD):,}天" in told(at)
    assert "还没有实施" in told(at)
    assert [b.key for b in at.button if str(b.key).startswith("measure-")] == []  # he sees, he does not edit


def test_a_leader_finds_but_does_not_make(app_test: Page, cast: Any, hall: None) -> None:
    at = app_test("insight", cast.leader, key=worst().key)
    assert "measure-make" not in {b.key for b in at.button}


def made(cast: Any, **more: Any) -> int:
    with reading() as session:
        item = session.exec(select(Case.item_id)).first()
    form = MakeMeasure(
        title="压减<b>用时</b>**",
        item_id=item,
        owner_id=cast.handler.user_id,
        due_on=today() + timedelta(days=9),
        request_id="page-measure",
        **more,
    )
    return make_measure(cast.supervisor, form, today=today())


def test_a_measure_is_put_in_force_and_compared(app_test: Page, cast: Any, hall: None) -> None:
    key = made(cast)
    at = app_test("measures", cast.supervisor, id=key)
    assert at.title[0].value == plain("压减<b>用时</b>**")
    at.button(key="measure-put_in_force").click().run()
    early = months_on(month_of(today()), -3)
    next(d for d in at.date_input if d.label == "实施日期").set_value(early)
    [b for b in at.button if b.label == "登记实施"][-1].click().run()
    assert not at.exception
    with reading() as session:
        row = session.get_one(ReformMeasure, key)
        assert (row.state, row.in_force_on) == (MeasureState.IN_FORCE, early)
    at = app_test("measures", cast.leader, id=key)
    assert "95%区间" in told(at) or "样本少，不下结论" in told(at)
    assert "没有排除" in told(at)
    sides = next(d.value for d in at.dataframe if "before" in d.value)
    assert list(sides["name"]) == ["计时天数：中位 / 九成", "全程天数：中位 / 九成", "超期率"]


def test_a_measure_is_given_up_only_with_a_reason(app_test: Page, cast: Any, hall: None) -> None:
    key = made(cast)
    at = app_test("measures", cast.supervisor, id=key)
    at.button(key="measure-drop").click().run()
    [b for b in at.button if b.label == "放弃这项举措"][-1].click().run()
    assert "“理由”不能为空" in at.error[0].value
    next(t for t in at.text_input if t.label == "理由").set_value("上级统一")
    [b for b in at.button if b.label == "放弃这项举措"][-1].click().run()
    with reading() as session:
        assert session.get_one(ReformMeasure, key).state is MeasureState.DROPPED


def test_a_measure_of_others_is_not_found(app_test: Page, cast: Any, hall: None) -> None:
    with reading() as session:
        item = session.exec(select(Case.item_id)).first()
    form = MakeMeasure(
        title="别人的", item_id=item, owner_id=cast.leader.user_id, due_on=today(), request_id="not-his-1"
    )
    key = make_measure(cast.supervisor, form, today=today())
    at = app_test("measures", cast.handler, id=key)
    assert "没有找到这条记录" in at.error[0].value
    assert app_test("measures", cast.handler, id=999_999).error[0].value == at.error[0].value


def test_few_cases_are_told_without_a_unit_of_days() -> None:
    few, enough = Days(n=5, median=3, p90=9, total=20), Days(n=40, median=3, p90=9, total=150)
    assert middle_days(few) == "样本少 5件"
    assert middle_days(enough) == "中位/九成3 / 9天"
    assert middle_days(Days(n=0, median=None, p90=None, total=0)) == NOTHING


def test_some_are_never_told_as_none_nor_nearly_all_as_all() -> None:
    assert [share(n / 300) for n in (0, 1, 3, 299, 300)] == ["0%", "<1%", "1%", "99%", "100%"]
