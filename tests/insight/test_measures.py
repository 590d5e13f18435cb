"""A finding becomes a measure; its before and after are told honestly, checked by hand-worked tables."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import product
from random import Random
from statistics import NormalDist, median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, NotAllowed, NotFound, Refusal
from crm.insight.actions import tally
from crm.insight.actions.measures import drop_measure, edit_measure, make_measure, put_in_force
from crm.insight.inputs import DropMeasure, EditMeasure, MakeMeasure, MeasureFields, PutInForce
from crm.insight.measure_rules import Seasons, Verdict, seasons, share_change, shift, wilson
from crm.insight.queries import measures
from crm.insight.queries.measures import MeasureFilter
from crm.insight.queries.scope import Asked, By
from crm.insight.rules import Measure, Months, Share
from models import AuditEntry, Case, Item, ReformMeasure, User
from models.vocabulary import CaseOutcome, CaseSource, CaseState, MeasureState
from tests.insight.hall import fill

TODAY = date(2026, 11, 23)  # a Monday
SOON = TODAY + timedelta(days=30)


# --- seasons, by hand


@pytest.mark.parametrize(
    ("in_force", "today", "after", "before"),
    [
        # In force on 1 June: June counts whole; the last whole month is October.
        ("2026-06-01", "2026-11-23", ("2026-06", "2026-10"), ("2025-06", "2025-10")),
        # In force on 15 June: June belongs to neither side.
        ("2026-06-15", "2026-11-23", ("2026-07", "2026-10"), ("2025-07", "2025-10")),
        # Eleven at most then: a year back, the twelfth would be that June.
        ("2025-06-15", "2026-11-23", ("2025-07", "2026-05"), ("2024-07", "2025-05")),
        # Over the turn of the year.
        ("2025-10-20", "2026-02-05", ("2025-11", "2026-01"), ("2024-11", "2025-01")),
        # Never more than a year, or the year before would hold months after.
        ("2025-01-01", "2026-11-23", ("2025-01", "2025-12"), ("2024-01", "2024-12")),
        # The first whole month ended yesterday; today is a first of the month.
        ("2026-10-01", "2026-11-01", ("2026-10", "2026-10"), ("2025-10", "2025-10")),
        # No whole month yet.
        ("2026-10-02", "2026-11-23", None, None),
        ("2026-11-01", "2026-11-30", None, None),
    ],
)
def test_the_same_season_a_year_before(
    in_force: str, today: str, after: tuple[str, str] | None, before: tuple[str, str] | None
) -> None:
    found = seasons(date.fromisoformat(in_force), date.fromisoformat(today))

    def span(months: Months) -> tuple[str, str]:
        return (f"{months.first:%Y-%m}", f"{months.last:%Y-%m}")

    if found is None:
        assert (after, before) == (None, None)
    else:
        assert (span(found.after), span(found.before)) == (after, before)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 900))
def test_no_month_before_lies_after_the_measure(in_force: date, later: int) -> None:
    found = seasons(in_force, in_force + timedelta(days=later))
    if found is not None:
        assert found.before.count == found.after.count <= 12
        assert found.before.end <= in_force
        assert found.after.first >= in_force
        assert found.after.end <= in_force + timedelta(days=later)


# --- intervals


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe 1998, table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_the_interval_of_two_shares_is_the_published_one(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    found = share_change(Share(*other), Share(*one), few=1)
    assert found.low is not None
    assert found.high is not None
    assert round(found.low, 4) == low
    assert round(found.high, 4) == high


def test_wilson_of_a_known_share() -> None:
    low, high = wilson(Share(81, 263))  # Newcombe 1998 (single proportion), table I: 0.2553 to 0.3662
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


values = st.lists(st.integers(0, 30), min_size=20, max_size=45)


@given(values, values)
def test_the_shift_is_the_median_of_all_differences(before: list[int], after: list[int]) -> None:
    """Against the definition written out: every difference, sorted, and the ranks of the formula."""
    found = shift(Counter(before), Counter(after))
    differences = sorted(a - b for a, b in product(after, before))
    assert found.estimate == median(differences)
    m, n = len(before), len(after)
    spread = NormalDist().inv_cdf(0.975) * (m * n * (m + n + 1) / 12) ** 0.5
    rank = int(m * n / 2 - spread)
    assert (found.low, found.high) == (differences[rank - 1], differences[m * n - rank])
    assert (found.n_before, found.n_after) == (m, n)
    assert (found.verdict is Verdict.NO_DIFFERENCE) == (found.low <= 0 <= found.high)


def test_moving_every_case_by_two_days_is_found_as_two_days() -> None:
    rng = Random(1)
    before = Counter(rng.randrange(3, 15) for _ in range(400))
    found = shift(before, {value - 2: n for value, n in before.items()})
    assert found.estimate == -2
    assert found.verdict is Verdict.LESS
    back = shift({value - 2: n for value, n in before.items()}, before)
    assert (back.estimate, back.low, back.high) == (2, -(found.high or 0), -(found.low or 0))


def test_where_nothing_changed_a_difference_is_seldom_claimed() -> None:
    """Both sides drawn from the same days: the 95 % interval holds zero at least 95 times in 100."""
    rng = Random(2)

    def draw() -> Counter[int]:
        return Counter(min(int(rng.expovariate(0.2)), 40) for _ in range(80))

    trials = [shift(draw(), draw()).verdict for _ in range(400)]
    assert trials.count(Verdict.NO_DIFFERENCE) >= 380
    late = [
        share_change(*(Share(sum(rng.random() < 0.1 for _ in range(150)), 150) for _ in range(2))).verdict
        for _ in range(400)
    ]
    assert late.count(Verdict.NO_DIFFERENCE) >= 375


def test_few_cases_say_nothing() -> None:
    nineteen, many = {3: 19}, {9: 500}
    assert shift(nineteen, many).verdict is Verdict.TOO_FEW
    assert shift(many, nineteen).estimate is None
    assert share_change(Share(0, 19), Share(300, 500)).verdict is Verdict.TOO_FEW
    assert shift({3: 20}, {9: 20}).verdict is Verdict.MORE


# --- the life of a measure


def fields(cast: Any, **changes: Any) -> dict[str, Any]:
    with reading() as session:
        item = session.exec(select(Item).order_by(col(Item.id))).first()
    assert item is not None
    return {
        "title": "压减排水许可用时",
        "item_id": item.id,
        "text": "10天改5天",
        "owner_id": cast.handler.user_id,
        "due_on": SOON,
    } | changes


def made(cast: Any, **changes: Any) -> int:
    form = MakeMeasure(**fields(cast, **changes), request_id=f"made-{len(changes)}-{Random().random()}")
    return make_measure(cast.supervisor, form, today=TODAY)


def test_a_finding_becomes_a_measure_with_its_figures_kept(any_db: str, cast: Any) -> None:
    fill(Random(21), 500)
    tally.recount_stale(SYSTEM)
    item = fields(cast)["item_id"]
    seen = Asked(by=By.ITEM, key=item, span=6)
    form = MakeMeasure(**fields(cast), found_in=seen.query(), request_id="four-clicks")
    ids = {make_measure(cast.supervisor, form, today=TODAY) for _click in range(4)}
    assert len(ids) == 1
    with reading() as session:
        view = measures.measure_view(session, cast.supervisor, ids.pop(), today=TODAY)
        period = [
            c.running_wd
            for c in session.exec(
                select(Case).where(
                    Case.item_id == item,
                    col(Case.decided_on) >= date(2026, 5, 1),
                    col(Case.decided_on) < date(2026, 11, 1),
                    col(Case.running_wd).is_not(None),
                )
            )
        ]
    assert view.finding["period"] == ["2026-05", "2026-10"]
    assert view.finding["compared"] == ["2025-11", "2026-04"]
    assert view.finding["now"]["n"] == len(period)
    assert view.finding["now"]["days"] == sum(d for d in period if d is not None)
    assert Asked.read(view.finding["view"]) == seen.but(last=date(2026, 10, 1))
    # What was seen stays as it was when cases come later.
    kept = dict(view.finding)
    write(item, date(2026, 10, 1), [50] * 30, 30)
    tally.recount_stale(SYSTEM)
    with reading() as session:
        assert measures.measure_view(session, cast.supervisor, view.row.id, today=TODAY).finding == kept


def test_all_that_is_wrong_is_said_at_once(cast: Any) -> None:
    with pytest.raises(Refusal) as refused:
        made(
            cast,
            item_id=None,
            department_id=None,
            owner_id=cast.officer.user_id,  # an officer sees no analysis
            due_on=TODAY - timedelta(days=1),
        )
    assert {p.field for p in refused.value.problems} == {"item_id", "owner_id", "due_on"}
    with pytest.raises(Refusal):
        made(cast, item_id=999_999)
    with pytest.raises(Refusal) as empty:
        MakeMeasure(**fields(cast, title=" "), request_id="12345678")
    assert "举措" in str(empty.value)
    with pytest.raises(Refusal) as unchosen:
        MakeMeasure(**fields(cast, owner_id=None, due_on=None), request_id="12345678")
    assert [p.message for p in unchosen.value.problems] == [
        "“责任人”不能为空，请填写。",
        "“完成期限”不能为空，请填写。",
    ]
    with reading() as session:
        assert session.exec(select(ReformMeasure)).all() == []


def test_an_account_that_is_closed_owns_nothing(cast: Any) -> None:
    with unit_of_work(SYSTEM, "test.close") as session:
        session.get_one(User, cast.handler.user_id).active = False
    with pytest.raises(Refusal, match="责任人"):
        made(cast)


def test_planned_then_in_force_then_given_up(any_db: str, cast: Any) -> None:
    key = made(cast)
    with pytest.raises(Refusal, match="今天之后"):
        put_in_force(
            cast.supervisor,
            PutInForce(measure_id=key, in_force_on=TODAY + timedelta(days=1)),
            today=TODAY,
        )
    put_in_force(
        cast.supervisor, PutInForce(measure_id=key, in_force_on=TODAY, note="蓬政办〔2026〕9号"), today=TODAY
    )
    with pytest.raises(Refusal, match="已实施，不能登记实施"):
        put_in_force(cast.supervisor, PutInForce(measure_id=key, in_force_on=TODAY), today=TODAY)
    drop_measure(cast.supervisor, DropMeasure(measure_id=key, reason="上级统一了时限"))
    with pytest.raises(Refusal, match="已放弃，不能放弃"):
        drop_measure(cast.supervisor, DropMeasure(measure_id=key, reason="再来"))
    with reading() as session:
        view = measures.measure_view(session, cast.supervisor, key, today=TODAY)
        assert (view.row.state, view.row.in_force_on) == (MeasureState.DROPPED, TODAY)
        assert view.steps == ()
        trail = session.exec(select(AuditEntry).where(AuditEntry.record == "reform_measure")).all()
    assert [t.action for t in trail] == [
        "insight.make_measure",
        "insight.put_in_force",
        "insight.drop_measure",
    ]
    assert trail[-1].reason == "上级统一了时限"
    with pytest.raises(Refusal):
        DropMeasure(measure_id=key, reason="")


def test_two_editors_lose_nothing(cast: Any) -> None:
    key = made(cast)
    opened = MeasureFields(**fields(cast))

    def edit(version: int, **changes: Any) -> None:
        typed = MeasureFields(**(fields(cast) | changes))
        edit_measure(
            cast.supervisor,
            EditMeasure(measure_id=key, version=version, opened=opened, typed=typed),
            today=TODAY,
        )

    edit(1, title="第一个人改的")
    edit(1, text="第二个人改了别处")
    with reading() as session:
        row = session.get_one(ReformMeasure, key)
        assert (row.title, row.text) == ("第一个人改的", "第二个人改了别处")
    with pytest.raises(Conflict):
        edit(1, title="第三个人也改标题")


def test_an_old_date_may_stand_but_a_new_one_must_lie_ahead(cast: Any) -> None:
    key = made(cast)
    later = SOON + timedelta(days=5)
    opened = MeasureFields(**fields(cast))
    form = EditMeasure(
        measure_id=key, version=1, opened=opened, typed=MeasureFields(**fields(cast, title="改"))
    )
    edit_measure(cast.supervisor, form, today=later)
    with reading() as session:
        assert measures.measure_view(session, cast.supervisor, key, today=later).row.overdue
    moved = MeasureFields(**fields(cast, due_on=TODAY))
    with pytest.raises(Refusal, match="完成期限"):
        edit_measure(
            cast.supervisor,
            EditMeasure(measure_id=key, version=2, opened=opened, typed=moved),
            today=later,
        )


def test_who_sees_which_measure(cast: Any) -> None:
    with unit_of_work(SYSTEM, "test.items") as session:
        ours = Item(code="SELF", name="本部门的事项", department_id=cast.department)
        session.add(ours)
        session.flush()
        own_item = ours.id
    someone = cast.supervisor.user_id
    owned = made(cast)
    of_department = made(cast, item_id=None, department_id=cast.department, owner_id=someone)
    of_item = made(cast, item_id=own_item, owner_id=someone)
    foreign = made(cast, owner_id=someone, text="别的部门", title="别人的")
    with reading() as session:
        rows, total = measures.measure_list(session, cast.handler, MeasureFilter(), today=TODAY)
        assert ({r.id for r in rows}, total) == ({owned, of_department, of_item}, 3)
        for reader in (cast.supervisor, cast.leader, cast.admin):
            assert measures.measure_list(session, reader, MeasureFilter(), today=TODAY)[1] == 4
        mine = measures.measure_list(session, cast.handler, MeasureFilter(mine=True), today=TODAY)[0]
        assert [r.id for r in mine] == [owned]
        for missing in (foreign, 999_999):
            with pytest.raises(NotFound):
                measures.measure_view(session, cast.handler, missing, today=TODAY)
            with pytest.raises(NotFound):
                measures.comparison(session, cast.handler, missing, today=TODAY)
        with pytest.raises(NotAllowed):
            measures.measure_list(session, cast.officer, MeasureFilter(), today=TODAY)
    for reader in (cast.handler, cast.leader, cast.admin):
        with pytest.raises(NotAllowed):
            drop_measure(reader, DropMeasure(measure_id=owned, reason="不要"))


def test_the_list_is_searched_and_ordered_in_sql(any_db: str, cast: Any) -> None:
    late = made(cast, title="晚些", due_on=SOON + timedelta(days=9))
    early = made(cast, title="早些", due_on=SOON)
    done = made(cast, title="办了", text="x")
    gone = made(cast, title="不办了", text="xx")
    put_in_force(cast.supervisor, PutInForce(measure_id=done, in_force_on=TODAY), today=TODAY)
    drop_measure(cast.supervisor, DropMeasure(measure_id=gone, reason="重复"))

    def ids(**asked: Any) -> list[int]:
        with reading() as session:
            found = measures.measure_list(session, cast.supervisor, MeasureFilter(**asked), today=TODAY)
        return [r.id for r in found[0]]

    assert ids() == [early, late, done, gone]
    assert ids(text="些") == [early, late]
    assert ids(text="冯晓彤") == [early, late, done, gone]
    assert ids(text="100%_") == []
    assert ids(state=MeasureState.IN_FORCE) == [done]
    with reading() as session:
        page = measures.measure_list(
            session, cast.supervisor, MeasureFilter(), today=TODAY, page=2, per_page=3
        )
    assert ([r.id for r in page[0]], page[1]) == ([gone], 4)


# --- before and after, from cases


def write(item: int, month: date, days: list[int], late: int, *, department: int | None = None) -> None:
    """Cases of the item that closed in the month after so many working days, the first `late` of them late."""
    with unit_of_work(SYSTEM, "test.write") as session:
        for number, taken in enumerate(days):
            session.add(
                Case(
                    case_no=f"{item}-{month}-{number}-{department}",
                    source=CaseSource.HALL,
                    item_id=item,
                    department_id=department,
                    received_on=month - timedelta(days=20),
                    decided_on=month + timedelta(days=number % 28),
                    state=CaseState.DECIDED,
                    outcome=CaseOutcome.GRANTED,
                    running_wd=taken,
                    enterprise_wd=0,
                    stopped_wd=0,
                    late=number < late,
                )
            )


def test_a_measure_that_helped_and_one_that_did_not(any_db: str, cast: Any) -> None:
    helped = fields(cast)["item_id"]
    with reading() as session:
        same = session.exec(select(Item.id).where(Item.id != helped)).first()
    assert same is not None
    for month in (date(2025, 9, 1), date(2025, 10, 1)):
        write(helped, month, [8, 9, 10, 11] * 10, late=12)
        write(same, month, [8, 9, 10, 11] * 10, late=6)
    for month in (date(2026, 9, 1), date(2026, 10, 1)):
        write(helped, month, [3, 4, 5, 6] * 10, late=2)
        write(same, month, [8, 9, 10, 11] * 10, late=6)
    # Out of season, and in the broken month: neither side.
    write(helped, date(2026, 3, 1), [90] * 30, late=30)
    write(helped, date(2026, 8, 1), [90] * 30, late=30)
    tally.recount_stale(SYSTEM)
    keys = [made(cast), made(cast, item_id=same)]
    with reading() as session:
        assert measures.comparison(session, cast.leader, keys[0], today=TODAY) is None
    for key in keys:
        put_in_force(cast.supervisor, PutInForce(measure_id=key, in_force_on=date(2026, 8, 12)), today=TODAY)
    with reading() as session:
        good, none = (measures.comparison(session, cast.leader, key, today=TODAY) for key in keys)
    assert good is not None
    assert none is not None
    assert good.seasons == Seasons(Months(date(2025, 9, 1), 2), Months(date(2026, 9, 1), 2))
    running = good.days[0]
    assert running.measure is Measure.RUNNING_WD
    assert (running.before.n, running.before.median, running.after.n, running.after.median) == (80, 9, 80, 4)
    assert (running.change.estimate, running.change.verdict) == (-5, Verdict.LESS)
    assert good.late is not None
    assert (good.late.before, good.late.after) == (Share(24, 80), Share(4, 80))
    assert good.late.change.verdict is Verdict.LESS
    assert none.days[0].change.verdict is Verdict.NO_DIFFERENCE
    assert none.late is not None
    assert none.late.change.verdict is Verdict.NO_DIFFERENCE
    assert good.dropped == ()


def test_a_month_without_cases_on_one_side_counts_on_neither(cast: Any) -> None:
    """The hall's cases of September 2025 were never imported: September 2026 has nothing beside it."""
    item = fields(cast)["item_id"]
    write(item, date(2025, 10, 1), [9] * 30, late=0)
    write(item, date(2026, 9, 1), [40] * 30, late=30)
    write(item, date(2026, 10, 1), [4] * 30, late=0)
    tally.recount_stale(SYSTEM)
    key = made(cast)
    put_in_force(cast.supervisor, PutInForce(measure_id=key, in_force_on=date(2026, 9, 1)), today=TODAY)
    with reading() as session:
        found = measures.comparison(session, cast.supervisor, key, today=TODAY)
    assert found is not None
    assert found.dropped == (date(2026, 9, 1),)
    assert (found.days[0].before.n, found.days[0].after.n, found.days[0].after.median) == (30, 30, 4)
    assert found.days[0].change.verdict is Verdict.LESS


def test_without_cases_before_nothing_is_claimed(cast: Any) -> None:
    item = fields(cast)["item_id"]
    write(item, date(2026, 10, 1), [3] * 40, late=0)
    tally.recount_stale(SYSTEM)
    key = made(cast)
    put_in_force(cast.supervisor, PutInForce(measure_id=key, in_force_on=date(2026, 9, 30)), today=TODAY)
    with reading() as session:
        found = measures.comparison(session, cast.supervisor, key, today=TODAY)
    assert found is not None
    assert found.days[0].change.verdict is Verdict.TOO_FEW
    assert found.late is not None
    assert found.late.change.verdict is Verdict.TOO_FEW
    assert (found.days[0].before.n, found.days[0].after.n) == (0, 40)


def test_a_measure_of_this_week_has_nothing_to_compare_yet(cast: Any) -> None:
    key = made(cast)
    put_in_force(cast.supervisor, PutInForce(measure_id=key, in_force_on=TODAY), today=TODAY)
    with reading() as session:
        found = measures.comparison(session, cast.supervisor, key, today=TODAY)
    assert found is not None
    assert found.seasons is None


def test_a_department_compares_its_own_cases_alone(cast: Any) -> None:
    item = fields(cast)["item_id"]
    for month, taken in ((date(2025, 10, 1), 9), (date(2026, 10, 1), 4)):
        write(item, month, [taken] * 30, late=0, department=cast.department)
        write(item, month, [20] * 50, late=0)
    tally.recount_stale(SYSTEM)
    key = made(cast)
    put_in_force(cast.supervisor, PutInForce(measure_id=key, in_force_on=date(2026, 10, 1)), today=TODAY)
    with reading() as session:
        own = measures.comparison(session, cast.handler, key, today=TODAY)
        all_ = measures.comparison(session, cast.supervisor, key, today=TODAY)
    assert own is not None
    assert all_ is not None
    assert (own.days[0].before.n, own.days[0].after.median) == (30, 4)
    assert all_.days[0].before.n == 80
