"""Which special procedures stop the clock, how soon they begin and how long they last."""

from __future__ import annotations

from datetime import date

import pytest

from crm.approvals.rules import (
    Registered,
    cites_article_45,
    distinct_names,
    end_by,
    longest,
    start_by,
    start_limit,
    stops_clock,
)
from crm.workdays.rules import weekday_name
from models.vocabulary import ARTICLE_45_KINDS, ProcedureKind
from tests.workdays.test_counting import CALENDAR

K = ProcedureKind
MONDAY = date(2025, 9, 22)


def registered(
    *, stops: bool = False, basis: str = "", start: int | None = None, most: int | None = None
) -> Registered:
    return Registered(stops, basis, start, most, 1)


@pytest.mark.parametrize("kind", sorted(ProcedureKind))
def test_without_a_row_in_the_register_the_law_alone_decides(kind: ProcedureKind) -> None:
    eight = {"听证", "招标", "拍卖", "检验", "检测", "检疫", "鉴定", "专家评审"}
    from models.vocabulary import PROCEDURE_KIND_LABELS

    assert stops_clock(kind, None) == (PROCEDURE_KIND_LABELS[kind] in eight)


@pytest.mark.parametrize("kind", sorted(set(ProcedureKind) - ARTICLE_45_KINDS))
def test_another_kind_stops_only_where_a_law_of_its_own_says_so(kind: ProcedureKind) -> None:
    assert not stops_clock(kind, registered(stops=True))  # a tick without a law is no stop
    assert not stops_clock(kind, registered(stops=True, basis="  "))
    assert not stops_clock(kind, registered(stops=False, basis="某条例第九条"))
    assert stops_clock(kind, registered(stops=True, basis="某条例第九条：评审时间不计入"))


def test_a_register_may_count_what_the_law_would_not(  # 危险化学品经营许可: 30日含现场核查和检验
) -> None:
    assert not stops_clock(K.INSPECTION, registered(stops=False))
    assert stops_clock(K.INSPECTION, registered(stops=True))


@pytest.mark.parametrize(
    ("kind", "own", "limit"),
    [
        (K.INSPECTION, None, 5),  # 行政许可法 第五十五条
        (K.TESTING, None, 5),
        (K.QUARANTINE, 2, 2),
        (K.TESTING, 9, 5),  # the register is never laxer than the law
        (K.SITE_CHECK, None, None),
        (K.SITE_CHECK, 2, 2),
        (K.HEARING, None, None),
    ],
)
def test_the_days_to_begin(kind: ProcedureKind, own: int | None, limit: int | None) -> None:
    assert start_limit(kind, registered(start=own)) == limit


@pytest.mark.parametrize(
    ("kind", "own", "limit"),
    [
        (K.HEARING, None, 20),
        (K.HEARING, 10, 10),
        (K.HEARING, 45, 20),
        (K.SITE_CHECK, 3, 3),
        (K.OTHER, None, None),
    ],
)
def test_the_days_it_may_last(kind: ProcedureKind, own: int | None, limit: int | None) -> None:
    assert longest(kind, registered(most=own)) == limit


@pytest.mark.parametrize(
    ("accepted", "weekday", "limit", "by", "its_weekday"),
    [
        (date(2025, 9, 22), "周一", 5, date(2025, 9, 28), "周日"),  # a make-up day
        (date(2025, 9, 26), "周五", 2, date(2025, 9, 29), "周一"),  # 周日 9-28 is worked
        (date(2025, 9, 30), "周二", 2, date(2025, 10, 10), "周五"),  # over the holiday
    ],
)
def test_it_begins_within_working_days_of_acceptance(
    accepted: date, weekday: str, limit: int, by: date, its_weekday: str
) -> None:
    assert (weekday_name(accepted), weekday_name(by)) == (weekday, its_weekday)
    assert start_by(K.SITE_CHECK, registered(start=limit), accepted, CALENDAR) == by


def test_without_a_limit_or_an_acceptance_there_is_no_last_day() -> None:
    assert start_by(K.SITE_CHECK, None, MONDAY, CALENDAR) is None
    assert start_by(K.TESTING, None, None, CALENDAR) is None


def test_it_lasts_as_long_as_the_register_allows_else_as_planned() -> None:
    assert end_by(K.SITE_CHECK, registered(most=3), MONDAY, 1, CALENDAR) == date(2025, 9, 25)
    assert end_by(K.SITE_CHECK, None, MONDAY, 5, CALENDAR) == date(2025, 9, 28)
    assert end_by(K.HEARING, None, MONDAY, 5, CALENDAR) == date(2025, 10, 24)


@pytest.mark.parametrize(
    ("basis", "cites"),
    [
        ("行政许可法第四十五条", True),
        ("《中华人民共和国行政许可法》第四十五条", True),
        ("行政许可法 第 45 条", True),
        ("依据许可法45条办理", True),
        ("行政许可法第四十五条第一款", True),
        ("行政许可法第四十二条", False),
        ("排污许可管理条例第十二条", False),
        ("某条例第四十五条", False),
        ("", False),
    ],
)
def test_article_45_is_known_however_it_is_written(basis: str, cites: bool) -> None:
    assert cites_article_45(basis) == cites


def test_one_name_twice_is_one_person() -> None:
    assert distinct_names(["张 三", "张三", " ", "李四"]) == ["张三", "李四"]
