"""The wording, rule by rule; the published figures of the trade recomputed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.briefings import sentences as s
from crm.briefings.context import Matter
from crm.projects.rules import completion_pct
from models.vocabulary import DatePrecision
from tests.briefings import papers

# Published: who, month, plan and done in 亿元, the rate and the percentage points as printed.
# Reports of 江门市 and its districts 2016-2024; the printed figures round either way, so ±0.1.
PUBLISHED = (
    ("江门市重点 1-10月", 10, "647.4", "629.0", "97.2", "13.8"),
    ("江门市重点 2018上半年", 6, "618.0", "349.4", "56.5", None),
    ("恩平 2022-08", 8, "55.28", "43.77", "79.17", "12.51"),
    ("开平省重点 2023-08", 8, "47.7", "38.3", "80.3", "13.6"),
    ("开平市重点 2023-08", 8, "193.4", "128.5", "66.4", "-0.23"),
    ("开平江门重点 2024-02", 2, "127.1", "20.0", "15.7", "-1.0"),
    ("开平省重点 2024-03", 3, "54.1", "14.7", "27.1", "2.1"),
    ("开平市重点 2024-03", 3, "205.5", "46.6", "22.7", "-2.3"),
    ("开平江门重点 2021-05", 5, "90.5", "38.8", "42.9", None),
    ("开平江门重点 2016-06", 6, "49.4", "25.0", "50.6", "0.6"),
    ("开平交通一体 2016-06", 6, "5.25", "2.4809", "47.26", "-2.74"),
)


@pytest.mark.parametrize(("who", "month", "plan", "done", "rate", "points"), PUBLISHED)
def test_published_figures_come_out_within_their_own_rounding(
    who: str, month: int, plan: str, done: str, rate: str, points: str | None
) -> None:
    plan_wan, done_wan = Decimal(plan) * 10_000, Decimal(done) * 10_000
    told = completion_pct(done_wan, plan_wan)
    assert told is not None
    assert abs(Decimal(s.percent(told).rstrip("%")) - Decimal(rate)) <= Decimal("0.1")
    if points is not None:
        ahead = s.ahead(done_wan, plan_wan, month)
        assert ahead is not None
        assert abs(ahead - Decimal(points)) <= Decimal("0.1")
        assert s.against_pace(ahead).startswith("快于" if Decimal(points) > 0 else "慢于")


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ("2.1", "快于序时进度2.1个百分点"),
        ("-2.3", "慢于序时进度2.3个百分点"),
        ("0", "与序时进度持平"),
        ("0.0499", "与序时进度持平"),
        ("-0.0499", "与序时进度持平"),
        ("0.05", "快于序时进度0.1个百分点"),
        ("-0.05", "慢于序时进度0.1个百分点"),
        ("13.82", "快于序时进度13.8个百分点"),
    ],
)
def test_faster_slower_or_level(points: str, told: str) -> None:
    assert s.against_pace(Decimal(points)) == told


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        ("97.16", "97.1%"),
        ("25", "25%"),
        ("0", "0%"),
        ("99.999", "99.9%"),
        ("100", "100%"),
        ("100.04", "100.1%"),
        ("102.39", "102.3%"),
    ],
)
def test_a_rate_is_floored_and_100_is_printed_only_when_it_is(rate: str, told: str) -> None:
    assert s.percent(Decimal(rate)) == told


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_no_other_rate_ever_reads_100(done: int, plan: int) -> None:
    value = completion_pct(Decimal(done), Decimal(plan))
    assert value is not None
    assert (s.percent(value) == "100%") == (done == plan)
    assert (s.rate_cell(value) == "100.0") == (done == plan)


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        (date(2026, 11, 16), date(2026, 11, 22), "2026年11月16日至22日"),
        (date(2026, 10, 26), date(2026, 11, 1), "2026年10月26日至11月1日"),
        (date(2025, 12, 29), date(2026, 1, 4), "2025年12月29日至2026年1月4日"),
        (date(2026, 10, 1), date(2026, 10, 31), "2026年10月"),
        (date(2028, 2, 1), date(2028, 2, 29), "2028年2月"),
        (date(2026, 2, 1), date(2026, 2, 27), "2026年2月1日至27日"),
        (date(2026, 1, 1), date(2026, 9, 30), "2026年1—9月"),
        (date(2026, 11, 2), date(2026, 11, 2), "2026年11月2日"),
    ],
)
def test_a_period_says_nothing_twice(a: date, b: date, told: str) -> None:
    assert s.period(a, b) == told


def test_dates_have_four_digit_years_and_no_leading_zeros() -> None:
    assert s.full_date(date(2026, 1, 2)) == "2026年1月2日"
    assert s.table_date(date(2026, 1, 2)) == "2026-01-02"
    assert s.stated_date(date(2026, 3, 1), DatePrecision.MONTH) == "2026年3月"
    assert s.stated_date(date(2026, 1, 1), DatePrecision.YEAR) == "2026年"


@pytest.mark.parametrize(
    ("wan", "told"),
    [
        ("318000", "31.8亿元"),
        ("6290000", "629.0亿元"),
        ("9999", "9999万元"),
        ("0", "0万元"),
        ("850.5", "850.5万元"),
    ],
)
def test_an_aggregate_is_in_yi_with_one_decimal(wan: str, told: str) -> None:
    assert s.yi(Decimal(wan)) == told


@pytest.mark.parametrize(
    ("wan", "told"), [("86000", "8.6亿元"), ("86543", "8.6543亿元"), ("6320", "6320万元")]
)
def test_one_projects_amount_is_exact(wan: str, told: str) -> None:
    assert s.exact(Decimal(wan)) == told


def test_a_column_has_the_same_decimals_in_every_row() -> None:
    assert s.column([Decimal("1200"), Decimal("0.5"), None]) == ["1,200.0", "0.5", "—"]


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        (("恒岳新能源电池项目", "服务专报"), ["恒岳新能源电池项目服务专报"]),
        (
            ("关于2026年11月16日至22日", "会客厅服务工作情况的简报"),
            ["关于2026年11月16日至22日", "会客厅服务工作情况的简报"],
        ),
    ],
)
def test_a_title_breaks_between_its_parts(parts: tuple[str, ...], lines: list[str]) -> None:
    assert s.title_lines(*parts) == lines


@given(st.text(alphabet="江门市蓬江区新能源电池（一期）ABC123", min_size=1, max_size=200))
def test_a_title_of_any_length_loses_nothing_and_fits(name: str) -> None:
    lines = s.title_lines(name, "服务专报")
    assert "".join(lines) == name + "服务专报"
    assert all(len(line) <= s.TITLE_CHARS for line in lines)


def test_the_first_paragraph_goes_by_the_numbers() -> None:
    assert s.overview(papers.hall_facts()) == (
        "截至2026年11月22日，全区安排重点项目14项（其中暂停1项），项目总投资87.6亿元，"
        "2026年度计划投资17.7亿元，1—10月累计完成投资13.8亿元，占年度计划投资的77.6%，"
        "慢于序时进度5.6个百分点。2026年计划开工项目6项；今年已开工4项、竣工2项、投产1项；"
        "应开工未开工2项、应竣工未竣工1项。"
    )


def test_the_second_paragraph_tells_the_halls_own_work() -> None:
    assert s.service(papers.hall_facts()) == (
        "2026年11月16日至22日，走访接待18次、涉及企业12家，收到企业诉求9件、办结诉求4件，"
        "到期承诺5项、按期兑现4项，审批办结7件、其中超时1件。截至期末，红灯项目3项，需领导协调事项2项。"
    )


def test_an_empty_period_says_so() -> None:
    quiet = papers.empty_hall_facts()
    assert s.service(quiet) == (
        "2026年11月1日，没有走访接待、企业诉求、服务承诺和审批办件记录。截至期末，没有红灯项目和需领导协调事项。"
    )
    told = s.hall_blanks(replace(papers.hall_paper(), facts=quiet))
    assert told["visits"] == ["本期没有走访接待记录。"]
    assert told["red_rows"] == []
    assert told["problems"] == ["本期没有经审核的问题上报。"]
    assert all(text for key, texts in told.items() if isinstance(texts, list) for text in texts), told


def test_nothing_is_ever_counted_as_zero_in_a_sentence() -> None:
    none_closed = replace(papers.hall_facts(), demands=replace(papers.hall_facts().demands, closed=0))
    assert "收到企业诉求9件、没有办结诉求" in s.service(none_closed)
    assert "0件" not in s.service(none_closed)


def test_a_problem_says_who_what_and_by_when_and_how_old_the_words_are() -> None:
    first, second, third = papers.hall_facts().problems
    on = papers.SUNDAY
    assert s.problem(first, on) == (
        "恒岳新能源电池项目（一期）（棠下镇）：110千伏高压线跨越地块东南角，迁改方案未定，影响基坑开挖。"
        "责任单位：区经济促进局、联络专员何志强；下一步：供电部门出具迁改方案并报区政府审定；"
        "时限：12月15日前完成施工许可（10月月报，11月5日填报，距今17天）。"
    )
    assert "时限：未报" in s.problem(second, on)
    assert "下一步：未报措施" in s.problem(third, on)


def test_what_is_over_is_counted_not_dropped() -> None:
    lines = s.numbered([f"第{n}件" for n in range(1, 14)], what="件")
    assert lines[0] == "1.第1件"
    assert lines[-1] == "另有3件，见系统清单。"
    assert len(lines) == s.LISTED + 1


def test_free_text_keeps_its_words_in_one_sentence() -> None:
    assert s.one_line("  第一行。\n\n第二行；\r\n第三行") == "第一行；第二行；第三行"


def test_a_late_matter_says_its_first_date_and_how_late() -> None:
    late = Matter("甲项目", "排水许可逾期，提请协调督办", "区农业农村和水利局", date(2026, 11, 5), 12)
    assert s.decision(late, papers.SUNDAY) == (
        "甲项目：排水许可逾期，提请协调督办。责任单位：区农业农村和水利局；时限：原定11月5日，已逾期12个工作日。"
    )


def test_every_total_is_the_sum_of_its_rows() -> None:
    told = s.hall_blanks(papers.hall_paper())

    def amount(text: str) -> Decimal:
        return Decimal() if text == s.NONE else Decimal(text.replace(",", ""))

    for table in ("class_rows", "town_rows", "annex_rows"):
        *rows, last = told[table]
        for column in ("total", "plan", "done"):
            assert sum(amount(r[column]) for r in rows) == amount(last[column]), (table, column)
    for table in ("class_rows", "town_rows"):
        *rows, last = told[table]
        assert sum(int(r["count"]) for r in rows) == int(last["count"]) == len(papers.lines())


def test_a_suspended_project_is_in_the_annex_and_marked() -> None:
    rows = s.annex_rows(papers.lines(), 10)
    row = next(r for r in rows if r["name"].startswith("潮连文旅码头项目"))
    assert (row["name"], row["light"]) == ("潮连文旅码头项目（暂停）", "暂停")


def test_the_lights_add_up_to_the_projects() -> None:
    text = next(x for x in s.progress(papers.hall_facts()) if x.startswith("按亮灯分"))
    assert text == "按亮灯分，绿灯7项、黄灯3项、红灯3项、暂停1项。"


def test_the_projects_lead_tells_where_it_stands() -> None:
    assert s.project_lead(papers.project_facts()) == (
        "截至2026年11月22日，项目处于“施工许可”阶段，总投资8.6亿元，2026年度计划投资1.2亿元，"
        "1—10月累计完成投资6320万元，占年度计划投资的52.6%，慢于序时进度30.7个百分点。"
        "审批与建设节点9个，已完成5个，逾期1个。今年走访14次，收到企业诉求2件、已办结1件。"
    )


def test_a_project_with_nothing_recorded_still_makes_sentences() -> None:
    bare = replace(
        papers.project_facts(),
        line=replace(
            papers.lines()[12],
            total_wan=None,
            plan_wan=None,
            done_wan=None,
            done_month=None,
            unit="",
            leader="",
        ),
        enterprise="",
        credit_code="",
        project_code="",
        capacity="",
        terms=(),
        contacts=(),
        report=None,
        nodes=(),
        cases=(),
        visits_this_year=0,
        last_visits=(),
        demands=(),
        promises=(),
        decisions=(),
        start_on=None,
        finish_on=None,
        stage_entered_on=None,
        ball="",
    )
    told = s.project_blanks(replace(papers.project_paper(), facts=bare))
    assert "总投资未登记" in told["lead"][0]
    assert "今年尚无进度月报" in told["lead"][0]
    assert "截至当日没有在岗联络专员" in told["basics"][-1]
    assert told["node_rows"] == told["case_rows"] == []
    assert told["problems"] == ["没有经审核的问题上报，也没有逾期的节点和办件。"]
    assert told["next_steps"] == ["没有经审核的下一步计划，也没有已排期的后续节点。"]


def test_a_suspended_project_says_since_when_and_why_and_its_nodes_rest() -> None:
    facts = papers.project_facts()
    resting = replace(
        facts,
        line=replace(facts.line, suspended=True),
        status="暂停",
        status_reason="资金问题",
        status_on=date(2026, 11, 2),
        nodes=tuple(replace(n, late=None) for n in facts.nodes),
    )
    told = s.project_blanks(papers.ProjectPaper(papers.IMPRINT, resting))
    assert told["problems"][0].split("。")[0].endswith("2026年11月2日起暂停，资金问题，暂停期间节点不计逾期")
    states = {r["name"]: r["state"] for r in told["node_rows"]}
    assert states["建筑工程施工许可证核发（关键）"] == "暂停"
    assert states["主体封顶（关键）"] == "未到期"


def test_a_promise_due_on_the_last_day_is_neither_kept_nor_broken() -> None:
    facts = papers.hall_facts()
    promises = replace(facts.promises, due=3, kept=1, broken=1, falling_due=1, overdue=())
    paper = papers.HallPaper(papers.IMPRINT, replace(facts, promises=promises))
    told = s.hall_blanks(paper)["promises"][0]
    assert "本期到期3项，按期兑现1项、到期未兑现1项、最后一天到期待兑现1项，按期兑现率50%。" in told
