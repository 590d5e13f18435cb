"""Every figure of the analysis, counted again from the raw cases with pandas; and each opens its own cases."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from crm.approvals import queries as cases
from crm.approvals.queries import CaseFilter
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed
from crm.insight import rules
from crm.insight.actions import tally
from crm.insight.queries import bottlenecks
from crm.insight.queries.scope import Asked, By
from crm.insight.rules import Against, Measure, Months, Share
from crm.ui.insight_parts import stick_links, stick_words
from models import Case, CaseEvent, SpecialProcedure
from tests.insight.hall import fill

TODAY = date(2026, 11, 23)
ASKED = Asked(span=6)


@pytest.fixture
def hall(any_db: str) -> pd.DataFrame:
    """Random cases, tallied; the raw rows as a data frame."""
    fill(Random(7), 900)
    tally.recount_stale(SYSTEM)
    with reading() as session:
        rows = [c.model_dump() for c in session.exec(select(Case)).all()]
    return pd.DataFrame(rows)


def closed_in(frame: pd.DataFrame, months: Months) -> pd.DataFrame:
    day = pd.to_datetime(frame["decided_on"])
    return frame[(day >= pd.Timestamp(months.first)) & (day < pd.Timestamp(months.end))]


def same(figures: rules.Figures, rows: pd.DataFrame) -> None:
    """The figures of one place are those of its raw closed cases."""
    assert figures.n(Measure.CLOSED) == len(rows)
    total = rows["running_wd"] + rows["enterprise_wd"].fillna(0) + rows["stopped_wd"].fillna(0)
    for measure, column in (
        (Measure.RUNNING_WD, rows["running_wd"]),
        (Measure.ENTERPRISE_WD, rows["enterprise_wd"]),
        (Measure.STOPPED_WD, rows["stopped_wd"]),
        (Measure.TOTAL_WD, total),
    ):
        values, days = column.dropna().astype(int).to_numpy(), figures.days(measure)
        assert days.n == len(values)
        assert days.total == values.sum()
        if len(values):
            # numpy's inverted_cdf is the nearest rank.
            assert days.median == np.quantile(values, 0.5, method="inverted_cdf")
            assert days.p90 == np.quantile(values, 0.9, method="inverted_cdf")
        else:
            assert (days.median, days.p90) == (None, None)
    outcome = rows["outcome"].astype(object).where(rows["outcome"].notna(), None)
    granted = int((outcome == "granted").sum())
    assert figures.passed == Share(granted, granted + int((outcome == "refused").sum()))
    assert figures.returned == Share(int(rows["state"].isin(["not_accepted", "withdrawn"]).sum()), len(rows))
    late = rows["late"].dropna().astype(bool)
    assert figures.yes(Measure.LATE) == Share(int(late.sum()), len(late))
    if len(rows):
        assert figures.corrections == Decimal(int(rows["corrections"].sum())) / len(rows)


@pytest.mark.parametrize(
    ("by", "column"),
    [(By.ITEM, "item_id"), (By.DEPARTMENT, "department_id"), (By.TOWN, "town_id")],
)
@pytest.mark.parametrize("against", list(Against))
def test_every_figure_is_that_of_the_raw_cases(
    hall: pd.DataFrame, by: By, column: str, against: Against
) -> None:
    asked = ASKED.but(by=by, against=against)
    with reading() as session:
        found = bottlenecks.ranking(session, SYSTEM, asked, today=TODAY)
        alone = [
            bottlenecks.place(session, SYSTEM, asked.but(key=p.key), today=TODAY)
            for p in found.places
            if p.key
        ]
    assert asked.period(TODAY) == Months(date(2026, 5, 1), 6)
    received = pd.to_datetime(hall["received_on"])
    seen = set()
    for place in found.places:
        mine = hall[hall[column].isna()] if place.key is None else hall[hall[column] == place.key]
        same(place.now, closed_in(mine, asked.period(TODAY)))
        same(place.before, closed_in(mine, asked.before(TODAY)))
        came = received[mine.index].between("2026-05-01", "2026-10-31")
        assert place.now.n(Measure.RECEIVED) == int(came.sum())
        seen.add(place.key)
    assert alone == [p for p in found.places if p.key]
    assert found.total == len(found.places) == len(seen)
    costs = [p.now.cost(Measure.RUNNING_WD) for p in found.places]
    assert costs == sorted(costs, reverse=True)
    assert sum(p.now.n(Measure.CLOSED) for p in found.places) == len(closed_in(hall, asked.period(TODAY)))


def test_the_whole_is_the_sum_of_its_places_and_of_its_months(hall: pd.DataFrame) -> None:
    with reading() as session:
        whole = bottlenecks.overall(session, SYSTEM, ASKED, today=TODAY)
        months = bottlenecks.ranking(session, SYSTEM, ASKED.but(by=By.MONTH), today=TODAY)
        line = bottlenecks.by_month(session, SYSTEM, ASKED, today=TODAY, months=6)
    same(whole.now, closed_in(hall, ASKED.period(TODAY)))
    same(whole.before, closed_in(hall, ASKED.before(TODAY)))
    assert [p.key for p in months.places] == [202610, 202609, 202608, 202607, 202606, 202605]
    for place, point in zip(months.places, reversed(line), strict=True):
        same(place.now, closed_in(hall, Months(point.month, 1)))
        assert place.now == point.figures
    for place, earlier in zip(months.places[:-1], months.places[1:], strict=True):
        assert place.before == earlier.now  # compared with the month before


def test_steps_are_ranked_by_what_was_waited_before_them(hall: pd.DataFrame) -> None:
    with reading() as session:
        events = pd.DataFrame([e.model_dump() for e in session.exec(select(CaseEvent)).all()])
        item = int(hall["item_id"].iloc[0])
        found = bottlenecks.ranking(session, SYSTEM, ASKED.but(by=By.STEP, item=item), today=TODAY).places
        inside = bottlenecks.step_waits(session, SYSTEM, ASKED.but(by=By.ITEM, key=item), today=TODAY)
    mine = closed_in(hall[hall["item_id"] == item], ASKED.period(TODAY))
    waits = events[events["case_id"].isin(mine["id"])].dropna(subset=["wait_wd"])
    assert {p.key for p in found} == set(waits["step_id"])
    assert inside == list(found)
    for place in found:
        values = waits[waits["step_id"] == place.key]["wait_wd"].astype(int).to_numpy()
        days = place.now.days(Measure.STEP_WAIT)
        assert (days.n, days.total) == (len(values), values.sum())
        assert days.median == np.quantile(values, 0.5, method="inverted_cdf")
    assert [p.now.cost(Measure.STEP_WAIT) for p in found] == sorted(
        (p.now.cost(Measure.STEP_WAIT) for p in found), reverse=True
    )


def test_steps_opened_late_are_counted_with_the_cases_they_belong_to(hall: pd.DataFrame) -> None:
    with reading() as session:
        rows = pd.DataFrame([p.model_dump() for p in session.exec(select(SpecialProcedure)).all()])
        whole = bottlenecks.overall(session, SYSTEM, ASKED, today=TODAY).now
    mine = rows[rows["case_id"].isin(closed_in(hall, ASKED.period(TODAY))["id"])]
    limited = mine.dropna(subset=["start_by_on"])
    assert whole.n(Measure.PROCEDURES) == len(mine)
    late = (limited["from_on"] > limited["start_by_on"]).sum()
    assert whole.yes(Measure.PROCEDURE_LATE) == Share(int(late), len(limited))
    stops = mine[mine["stops_clock"]]
    assert whole.yes(Measure.PROCEDURE_UNTOLD) == Share(int(stops["told_on"].isna().sum()), len(stops))


def opened(url: str) -> int:
    """How many cases the list behind a figure shows."""
    query = dict(parse_qsl(urlsplit(url).query))
    wanted = CaseFilter.read(query)
    with reading() as session:
        return cases.case_list(session, SYSTEM, TODAY, wanted).total


@pytest.mark.parametrize("by", [By.ITEM, By.DEPARTMENT, By.TOWN, By.STEP])
def test_each_figure_opens_exactly_its_cases(hall: pd.DataFrame, by: By) -> None:
    asked = ASKED.but(by=by)
    with reading() as session:
        found = bottlenecks.ranking(session, SYSTEM, asked, today=TODAY).places
    for place in found:
        for figures, period in ((place.now, asked.period(TODAY)), (place.before, asked.before(TODAY))):
            for measure in (Measure.STEP_WAIT,) if by is By.STEP else rules.CASE_MEASURES:
                counted = figures.n(measure)
                if measure in (
                    Measure.LATE,
                    Measure.LATE_OWN,
                    Measure.PROCEDURE_LATE,
                    Measure.PROCEDURE_UNTOLD,
                ):
                    counted = figures.yes(measure).part
                if measure is Measure.CORRECTIONS:
                    counted -= figures.of(measure).get(0, 0)
                url = stick_links.cases(asked, place, period, measure)
                assert opened(url) == counted, (measure, url)


def test_a_narrowed_view_opens_its_own_cases(hall: pd.DataFrame) -> None:
    item, town = int(hall["item_id"].iloc[0]), int(hall["town_id"].dropna().iloc[0])
    asked = ASKED.but(by=By.MONTH, item=item, town=town, span=3)
    with reading() as session:
        whole = bottlenecks.overall(session, SYSTEM, asked, today=TODAY)
    assert opened(stick_links.cases(asked, None, asked.period(TODAY), Measure.CLOSED)) == whole.now.n(
        Measure.CLOSED
    )


def test_a_department_sees_its_own_cases_alone(cast: Any) -> None:
    fill(Random(9), 400)
    with unit_of_work(SYSTEM, "test.move") as session:
        for number, case in enumerate(session.exec(select(Case).order_by(col(Case.id)))):
            case.department_id = cast.department if number % 3 == 0 else case.department_id
    tally.recount_stale(SYSTEM)
    with reading() as session:
        mine = bottlenecks.overall(session, cast.handler, ASKED, today=TODAY).now
        asked = bottlenecks.overall(session, SYSTEM, ASKED.but(department=cast.department), today=TODAY).now
        everything = bottlenecks.overall(session, SYSTEM, ASKED, today=TODAY).now
        assert mine == asked
        assert 0 < mine.n(Measure.CLOSED) < everything.n(Measure.CLOSED)
        listed = bottlenecks.ranking(session, cast.handler, ASKED.but(by=By.DEPARTMENT), today=TODAY)
        assert [p.key for p in listed.places] == [cast.department]
        other = ASKED.but(by=By.DEPARTMENT, key=cast.department + 1)
        assert bottlenecks.place(session, cast.handler, other, today=TODAY) is None
        assert list(bottlenecks.choices(session, cast.handler).departments) == [cast.department]
        for outsider in (cast.officer, cast.clerk):
            with pytest.raises(NotAllowed):
                bottlenecks.ranking(session, outsider, ASKED, today=TODAY)


def test_pages_of_a_ranking_follow_each_other(db: Any) -> None:
    fill(Random(11), 300)
    tally.recount_stale(SYSTEM)
    with reading() as session:
        whole = bottlenecks.ranking(session, SYSTEM, ASKED, today=TODAY)
        parts = [
            bottlenecks.ranking(session, SYSTEM, ASKED, today=TODAY, page=n, per_page=2) for n in (1, 2, 3)
        ]
    assert [p for part in parts for p in part.places] == list(whole.places)
    assert {part.total for part in parts} == {whole.total}


def test_late_by_the_halls_own_deadline_counts_only_cases_that_state_one(db: Any) -> None:
    fill(Random(13), 500)
    tally.recount_stale(SYSTEM)
    with reading() as session:
        rows = session.exec(select(Case).where(col(Case.decided_on).is_not(None))).all()
        months = Asked(span=12, last=date(2026, 12, 1))
        both = [c for c in rows if c.deadline_at and c.closed_at and c.decided_on >= date(2026, 1, 1)]  # type: ignore[operator]
        whole = bottlenecks.overall(session, SYSTEM, months, today=TODAY).now
    late = sum(c.closed_at > c.deadline_at for c in both)  # type: ignore[operator]
    assert whole.yes(Measure.LATE_OWN) == Share(late, len(both))


# --- the rules by themselves


@given(st.dictionaries(st.integers(0, 60), st.integers(1, 30), min_size=1, max_size=20), st.integers(1, 100))
def test_a_percentile_is_the_nearest_rank_of_the_cases_laid_out(
    histogram: dict[int, int], percent: int
) -> None:
    laid_out = sorted(v for value, n in histogram.items() for v in [value] * n)
    rank = max(1, math.ceil(len(laid_out) * percent / 100))
    assert rules.percentile(histogram, percent) == laid_out[rank - 1]


@pytest.mark.parametrize(
    ("values", "median", "p90"),
    [
        ([], None, None),
        ([4], 4, 4),
        ([1, 9], 1, 9),  # of two, the first is not exceeded by half
        ([1, 2, 3, 4], 2, 4),
        (list(range(1, 11)), 5, 9),  # nine of ten do not exceed nine days
        ([5] * 99 + [80], 5, 5),  # one case in a hundred does not move it
    ],
)
def test_median_and_ninetieth_by_hand(values: list[int], median: int | None, p90: int | None) -> None:
    histogram = {v: values.count(v) for v in values}
    assert rules.percentile(histogram, 50) == median
    assert rules.percentile(histogram, 90) == p90


@pytest.mark.parametrize(
    ("share", "says"),
    [
        (Share(0, 0), "—"),
        (Share(3, 7), "样本少 3/7"),
        (Share(19, 19), "样本少 19/19"),
        (Share(20, 20), "100.0%"),
        (Share(9_999, 10_000), "99.9%"),  # never up to 100 %
        (Share(1, 3_000), "0.0%"),
    ],
)
def test_a_share_is_cut_never_rounded_up_and_few_cases_are_said_to_be_few(share: Share, says: str) -> None:
    assert stick_words.share(share) == says


def test_the_months_asked_for_and_those_compared() -> None:
    asked = Asked()  # three months; on 23 November the last whole month is October
    assert stick_words.span(asked.period(TODAY)) == "2026年8月至10月"
    assert stick_words.span(asked.before(TODAY)) == "2026年5月至7月"
    season = asked.but(against=Against.SEASON)
    assert stick_words.span(season.before(TODAY)) == "2025年8月至10月"
    winter = asked.but(last=date(2026, 1, 1))
    assert stick_words.span(winter.period(TODAY)) == "2025年11月至2026年1月"
    assert stick_words.span(winter.but(span=1, against=Against.SEASON).before(TODAY)) == "2025年1月"
    assert asked.but(span=12).before(TODAY) == Months(date(2024, 11, 1), 12)


@given(
    st.builds(
        Asked,
        by=st.sampled_from(By),
        last=st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 1)).map(rules.month_of),
        span=st.sampled_from((1, 3, 6, 12)),
        against=st.sampled_from(Against),
        cost=st.sampled_from(rules.COSTS),
        item=st.none() | st.integers(1, 9_999),
        department=st.none() | st.integers(1, 99),
        town=st.none() | st.integers(1, 99),
        key=st.none() | st.integers(1, 9_999),
    )
)
def test_a_view_is_kept_in_its_url(asked: Asked) -> None:
    assert Asked.read(asked.query()) == asked


def test_a_senseless_url_asks_nothing() -> None:
    nonsense = {"by": "x", "span": "5", "last": "0000-13", "key": "-1", "item": "9" * 40, "cost": "late"}
    assert Asked.read(nonsense) == Asked()
