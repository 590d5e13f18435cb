"""The expiry watch and the promises, as alerts: when, how loud, in which words."""

from __future__ import annotations

from datetime import date

import pytest

from crm.alerts import expiry_rules, promise_rules
from crm.alerts.words import CODES, because
from crm.approvals import watch_rules
from crm.approvals.watch_rules import BY_CODE, LINES, PERMIT
from crm.workdays.rules import Calendar
from crm.workdays.shipped import movable_days
from models.vocabulary import AlertKind, CaseRoute, CommitmentState, Light

MONDAY = date(2026, 11, 23)
# 2026-10-10 Saturday is worked, 1 to 7 October are off.
CALENDAR = Calendar(
    exceptions={date(2026, 10, d): False for d in range(1, 8)} | {date(2026, 10, 10): True},
    confirmed=frozenset({2026}),
    movable=movable_days(),
)


def say(found: object) -> str:
    assert found is not None
    return because(found.because_code, found.because_facts | {"year_now": 2026})  # type: ignore[attr-defined]


def row(line: str, start: date, *, today: date = MONDAY, due: date | None = None, **more: object):
    act_by = due or BY_CODE[line].due(start)
    values: dict[str, object] = {
        "key": f"case:9:{line}",
        "line": line,
        "record": "case",
        "record_id": 9,
        "name": "某许可",
        "from_on": start,
        "act_by_on": act_by,
        "light": watch_rules.watch_light(line, start, act_by, today, 30),
        "days_left": (act_by - today).days,
        "expires_on": act_by,
        "case_id": 9,
        "project_id": 1,
    } | more
    return expiry_rules.WatchFact(**values)  # type: ignore[arg-type]


# line, begun, today, light, last day allowed
WATCHES = [
    ("start_construction", "2026-08-24", "2026-10-24", Light.GREEN, "2026-11-24"),  # 31 days left
    ("start_construction", "2026-08-24", "2026-10-25", Light.YELLOW, "2026-11-24"),
    ("start_construction", "2026-08-24", "2026-11-24", Light.ORANGE, "2026-11-24"),
    ("start_construction", "2026-08-24", "2026-11-25", Light.RED, "2026-11-24"),
    ("start_construction", "2026-11-30", "2027-02-01", Light.YELLOW, "2027-02-28"),  # no 30 February
    ("start_after_eia", "2021-12-01", "2026-11-23", Light.YELLOW, "2026-12-01"),  # five years
    ("start_after_soil", "2023-12-01", "2026-11-23", Light.YELLOW, "2026-12-01"),  # three
    ("start_after_energy", "2024-12-01", "2026-11-23", Light.YELLOW, "2026-12-01"),  # two
    ("start_after_filing", "2024-12-01", "2026-11-23", Light.YELLOW, "2026-12-01"),
    ("start_after_approval", "2024-12-01", "2026-11-23", Light.YELLOW, "2026-12-01"),
    (
        "land_idle_fee",
        "2025-12-01",
        "2026-11-23",
        Light.YELLOW,
        "2026-12-01",
    ),  # one year after the contract's
    ("land_take_back", "2024-12-01", "2026-11-23", Light.YELLOW, "2026-12-01"),  # two
    ("report_suspension", "2026-10-31", "2026-11-23", Light.YELLOW, "2026-11-30"),  # a month, no 31 November
    ("verify_before_resuming", "2025-11-22", "2026-11-23", Light.RED, "2026-11-22"),
    ("statistics", "2026-10-23", "2026-11-23", Light.GREEN, "2026-11-23"),  # silent until the month is over
    ("statistics", "2026-10-22", "2026-11-23", Light.YELLOW, "2026-11-22"),  # one month: yellow
    ("statistics", "2026-09-23", "2026-11-23", Light.YELLOW, "2026-10-23"),  # two months to the day
    ("statistics", "2026-09-22", "2026-11-23", Light.RED, "2026-10-22"),  # more than two: red
    ("file_acceptance", "2026-11-16", "2026-11-23", Light.YELLOW, "2026-12-01"),  # 15 days to file
    ("planning_records", "2026-05-31", "2026-11-23", Light.YELLOW, "2026-11-30"),  # six months
    ("discharge_change", "2026-10-24", "2026-11-23", Light.ORANGE, "2026-11-23"),  # 30 days
    ("special_equipment", "2026-10-23", "2026-11-23", Light.RED, "2026-11-22"),  # 30 days after first use
]


@pytest.mark.parametrize(("line", "start", "today", "light", "due"), WATCHES)
def test_each_line_of_the_watch_list_has_its_day_and_its_light(
    line: str, start: str, today: str, light: Light, due: str
):
    fact = row(line, date.fromisoformat(start), today=date.fromisoformat(today))
    assert fact.act_by_on == date.fromisoformat(due)
    found = expiry_rules.expiry(fact, date.fromisoformat(today), CALENDAR)
    if light is Light.GREEN:
        assert found is None
        return
    assert found is not None
    assert (found.light, found.due_on, found.kind) == (light, date.fromisoformat(due), AlertKind.EXPIRY)


def test_every_line_is_tried_above_and_has_its_sentence_and_its_words():
    assert {line for line, *_rest in WATCHES} == set(BY_CODE)
    assert {line.code for line in LINES} | {"permit_renew", "permit_expires", "permit_void"} <= CODES
    assert set(watch_rules.LINE_LABELS) == set(watch_rules.DUTY_LABELS) == {PERMIT, *BY_CODE}


def test_a_construction_permit_tells_the_article_of_the_law():
    found = expiry_rules.expiry(row("start_construction", date(2026, 8, 24)), MONDAY, CALENDAR)
    assert say(found) == (
        "施工许可证8月24日核发，须在11月24日前开工，否则应申请延期或自行废止，还剩1天（建筑法第九条）。"
    )


def test_a_construction_permit_put_off_twice_is_told_so():
    found = expiry_rules.expiry(row("start_construction", date(2026, 8, 24), extended=2), MONDAY, CALENDAR)
    assert "已延期2次，须在11月24日前开工，否则自行废止" in say(found)
    once = expiry_rules.expiry(row("start_construction", date(2026, 8, 24), extended=1), MONDAY, CALENDAR)
    assert "否则应申请延期或自行废止" in say(once)


def test_a_construction_permit_neither_used_nor_put_off_is_void():
    found = expiry_rules.expiry(row("start_construction", date(2026, 8, 20)), MONDAY, CALENDAR)
    assert say(found) == (
        "施工许可证8月20日核发，至11月20日没有开工也没有延期，已自行废止，须重新申领（建筑法第九条）。"
    )


@pytest.mark.parametrize("line", sorted(BY_CODE))
def test_no_sentence_has_an_empty_blank(line: str):
    fact = row(line, date(2026, 11, 20), due=date(2026, 12, 1), what="起重机2号", light=Light.YELLOW)
    text = say(expiry_rules.expiry(fact, MONDAY, CALENDAR))
    assert "12月1日" in text
    assert "None" not in text
    assert "（）" not in text


def test_a_permit_warns_of_its_renewal_first_and_of_its_end_after():
    soon = expiry_rules.expiry(
        row(PERMIT, date(2021, 12, 10), due=date(2026, 12, 12), renewing=True, expires_on=date(2027, 2, 10)),
        MONDAY,
        CALENDAR,
    )
    assert say(soon) == "某许可2027年2月10日到期，须在12月12日前申请延续，还剩19天。"
    ended = expiry_rules.expiry(row(PERMIT, date(2021, 11, 23), due=date(2026, 11, 22)), MONDAY, CALENDAR)
    assert ended is not None
    assert (say(ended), ended.light) == ("某许可有效期至11月22日，已过1天。", Light.RED)


# --- promises -----------------------------------------------------------------------------------


def promise(**more: object) -> promise_rules.PromiseFact:
    values: dict[str, object] = {
        "id": 4,
        "case_id": 7,
        "case_no": "P36-1",
        "item": "余泥处置核准",
        "text": "消纳场合同",
        "route": CaseRoute.COMMITMENT,
        "state": CommitmentState.PENDING,
        "due_on": date(2027, 1, 15),
        "verify_by_on": date(2027, 2, 15),
        "correct_by_on": None,
        "project_id": 1,
        "department": "城管局",
    } | more
    return promise_rules.PromiseFact(**values)  # type: ignore[arg-type]


# due, light, words; today is Monday 23 November, three working days ahead is Thursday the 26th
PROMISES = [
    (date(2026, 11, 27), None, ""),  # Friday: the fourth working day
    (date(2026, 11, 26), Light.YELLOW, "还剩3个工作日"),  # Thursday
    (date(2026, 11, 23), Light.ORANGE, "今天到期"),
    (date(2026, 11, 22), Light.RED, "已逾期1个工作日"),  # Sunday: Monday is the first working day past it
    (date(2026, 11, 19), Light.RED, "已逾期2个工作日"),  # Thursday
]


@pytest.mark.parametrize(("due", "light", "words"), PROMISES)
def test_a_promise_warns_three_working_days_ahead(due: date, light: Light | None, words: str):
    found = list(promise_rules.promise(promise(due_on=due), MONDAY, CALENDAR, 3))
    assert [f.light for f in found] == ([light] if light else [])
    if found:
        assert found[0].key == "commitment:4:due"
        assert found[0].kind is AlertKind.COMMITMENT_DUE
        assert words in say(found[0])
        assert found[0].record_id == 7


def test_a_promise_late_since_saturday_is_not_a_working_day_late_on_sunday():
    (found,) = promise_rules.promise(promise(due_on=date(2026, 11, 21)), date(2026, 11, 22), CALENDAR, 3)
    assert "尚不足1个工作日" in say(found)
    assert found.late_wd == 0


def test_the_check_is_an_alert_of_its_own_for_the_department():
    fact = promise(state=CommitmentState.FULFILLED, verify_by_on=date(2026, 11, 20))
    (found,) = promise_rules.promise(fact, MONDAY, CALENDAR, 3)
    assert (found.kind, found.key, found.light) == (
        AlertKind.VERIFICATION_DUE,
        "commitment:4:verify",
        Light.RED,
    )
    assert say(found).endswith("应于11月20日前核查，已逾期1个工作日，等城管局。")


def test_what_was_ordered_to_be_put_right_is_watched_by_its_own_day():
    fact = promise(state=CommitmentState.CORRECTING, correct_by_on=date(2026, 11, 25))
    (found,) = promise_rules.promise(fact, MONDAY, CALENDAR, 3)
    assert found.kind is AlertKind.COMMITMENT_DUE
    assert "责令11月25日前改正，还剩2个工作日" in say(found)


def test_papers_that_follow_are_told_as_such():
    fact = promise(route=CaseRoute.LATER_PAPERS, due_on=MONDAY, verify_by_on=None)
    (found,) = promise_rules.promise(fact, MONDAY, CALENDAR, 3)
    assert "容缺的“消纳场合同”应于11月23日前补交" in say(found)


@pytest.mark.parametrize(
    "state", [CommitmentState.VERIFIED, CommitmentState.BROKEN, CommitmentState.CANCELLED]
)
def test_a_closed_promise_is_silent(state: CommitmentState):
    fact = promise(state=state, due_on=date(2026, 1, 1), verify_by_on=date(2026, 1, 2))
    assert list(promise_rules.promise(fact, MONDAY, CALENDAR, 3)) == []
