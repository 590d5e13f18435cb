"""A year's notice: read as published, refused with every fault in it, loaded in one go."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlmodel import select

from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, NotFound, Refusal
from crm.workdays import actions, notice, queries
from crm.workdays.actions import Closure, LoadYear
from crm.workdays.rules import EVERY_DAY, Calendar, calendar_runs_out
from models import AuditEntry, CalendarDay
from models.vocabulary import DayKind
from tests.conftest import Cast
from tests.workdays.test_counting import CALENDAR, every_day

TODAY = date(2026, 11, 23)

PUBLISHED = {
    2019: """一、元旦：2018年12月30日至2019年1月1日放假调休，共3天。2018年12月29日（星期六）上班。
二、春节：2月4日至10日放假调休，共7天。2月2日（星期六）、2月3日（星期日）上班。
三、清明节：4月5日放假，与周末连休。
四、劳动节：5月1日至4日放假调休，共4天。4月28日（星期日）、5月5日（星期日）上班。
五、端午节：6月7日放假，与周末连休。
六、中秋节：9月13日放假，与周末连休。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。""",
    2024: """一、元旦：1月1日放假，与周末连休。
二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。鼓励各单位结合带薪年休假等制度落实，安排职工在除夕（2月9日）休息。
三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。
四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。
五、端午节：6月10日放假，与周末连休。
六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。""",
    2026: """国务院办公厅关于2026年部分节假日安排的通知
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
    经国务院批准，现将2026年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
    一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
    二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
    三、清明节：4月4日（周六）至6日（周一）放假，共3天。
    四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
    五、端午节：6月19日（周五）至21日（周日）放假，共3天。
    六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
    七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
    节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作。
国务院办公厅
2025年11月4日""",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_a_published_notice_gives_the_year_as_it_was_worked(year: int) -> None:
    read = notice.parse(PUBLISHED[year], year)
    from_text = Calendar({d.on: d.is_workday for d in read.days}, frozenset({year}))
    differing = [
        d
        for d in every_day(date(year, 1, 1), date(year, 12, 31))
        if from_text.is_workday(d) != CALENDAR.is_workday(d)
    ]
    assert differing == []
    assert read.warnings == ()


def test_the_days_keep_the_name_of_their_holiday() -> None:
    names = {d.on: d.name for d in notice.parse(PUBLISHED[2026], 2026).days}
    assert names[date(2026, 1, 4)] == "元旦"
    assert names[date(2026, 2, 28)] == "春节"


def test_a_december_day_may_belong_to_the_next_years_notice() -> None:
    kinds = {d.on: d.kind for d in notice.parse(PUBLISHED[2019], 2019).days}
    assert kinds[date(2018, 12, 29)] is DayKind.MAKEUP
    assert kinds[date(2018, 12, 31)] is DayKind.HOLIDAY


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_the_same_year_as_csv_and_as_json(encoding: str) -> None:
    text = notice.parse(PUBLISHED[2026], 2026).days
    rows = "\r\n".join(["day,kind,name", *(f"{d.on},{d.kind.value},{d.name}" for d in text)])
    assert notice.parse(rows.encode(encoding), 2026).days == text
    ours = {
        "year": 2026,
        "holidays": {str(d.on): d.name for d in text if not d.is_workday},
        "workdays": {str(d.on): d.name for d in text if d.is_workday},
    }
    assert notice.parse(json.dumps(ours), 2026).days == text
    public = {
        "year": 2026,
        "papers": ["https://www.gov.cn/notice"],
        "days": [{"name": d.name, "date": str(d.on), "isOffDay": not d.is_workday} for d in text],
    }
    read = notice.parse(json.dumps(public), 2026)
    assert read.days == text
    assert read.source == "https://www.gov.cn/notice"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("1月1日（周四）至3日（周日）放假。", "2027-01-01写作周四，实际是周五"),
        ("1月5日（周二）上班。", "不是周末"),
        ("1月1日至4日放假，共3天。", "写明共3天，但日期算出4天"),
        ("2月30日放假。", "“2月30日”不是一个日期"),
        ("10月7日至1日放假。", "首尾颠倒"),
        ("3日放假。", "“3日”不是一个日期"),
        ("1月2日（周六）放假。1月2日（周六）上班。", "既写放假又写上班"),
        ("2029年1月1日放假。", "不属于2027年的通知"),
        ("祝大家新年快乐", "没有读到任何放假或上班的日期"),
        ("", "没有内容"),
        ("{", "不是合格的 JSON"),
        ('{"year": 2026, "holidays": ["2026-01-01"]}', "文件写的是2026年，要载入的是2027年"),
        ('{"holidays": ["1月1日"]}', "holidays 第1项：“1月1日”不是日期"),
        ('{"holidays": 7}', "holidays 应为日期的列表"),
        ('{"days": [7]}', "days 第1项"),
        ("day,kind\n2027-01-01,假\n", "第2行：类型“假”看不懂"),
        ("day,kind\n2027-1-1,holiday\n", "第2行：“2027-1-1”不是日期"),
        (b"PK\x03\x04\0\0", "读不懂这个文件"),
    ],
)
def test_a_faulty_notice_is_refused_with_its_fault(content: str | bytes, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        notice.parse(content, 2027)
    assert said in str(refused.value)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Refusal) as refused:
        notice.parse("1月1日（周四）放假。1月5日（周二）上班。2月30日放假。", 2027)
    assert len(refused.value.problems) == 3


def test_resuming_ordinary_work_names_no_make_up_day() -> None:
    read = notice.parse("延长假期：1月31日至2月2日放假，2月3日（星期一）起正常上班。", 2020)
    assert [d.on.day for d in read.days] == [31, 1, 2]


def test_a_statutory_day_that_is_never_mentioned_is_a_warning() -> None:
    read = notice.parse("1月1日（周五）至3日（周日）放假，共3天。", 2027)
    assert len(read.warnings) == 4
    assert not EVERY_DAY.is_workday(date(2027, 10, 1))


# Loading


def load(content: str, year: int = 2027, source: str = "2027年通知") -> actions.Loaded:
    return actions.load_year(SYSTEM, LoadYear(year=year, content=content, source=source), today=TODAY)


SPRING_2027 = "春节：2月5日至11日放假调休，共7天。1月31日（周日）、2月20日（周六）上班。"


def test_loading_confirms_the_year_for_every_process(any_db: str) -> None:
    with reading() as session:
        before = queries.calendar(session)
    assert before.is_provisional(date(2027, 2, 1))
    load(SPRING_2027)
    with reading() as session:
        after = queries.calendar(session)
        assert queries.calendar_runs_out(session, TODAY).confirmed_to == date(2027, 12, 31)
    assert not after.is_provisional(date(2027, 2, 1))
    assert after.is_workday(date(2027, 2, 20))
    assert not after.is_workday(date(2027, 2, 11))
    assert not after.is_workday(date(2027, 10, 1))  # by law, though never mentioned


def test_a_calendar_that_did_not_change_is_read_once(db: object) -> None:
    with reading() as session:
        assert queries.calendar(session) is queries.calendar(session)


def test_loading_again_replaces_the_year_and_keeps_the_neighbours(any_db: str) -> None:
    load("元旦：2026年12月31日至2027年1月3日放假调休，共4天。2026年12月26日（周六）上班。" + SPRING_2027)
    second = load(SPRING_2027)
    assert {c.on for c in second.changes} == {date(2026, 12, 26)} | set(
        every_day(date(2026, 12, 31), date(2027, 1, 3))
    )
    with reading() as session:
        kept = {d.on for d in queries.days_of(session, 2026)}
        after = queries.calendar(session)
    assert date(2026, 10, 10) in kept
    assert date(2026, 12, 26) not in kept
    assert after.is_workday(date(2026, 12, 31))
    reloaded = load(PUBLISHED[2026], 2026, "国务院办公厅关于2026年部分节假日安排的通知")
    assert reloaded.changes == ()


def test_reloading_a_year_leaves_the_december_days_of_the_next_years_notice(any_db: str) -> None:
    load("元旦：2026年12月31日至2027年1月3日放假调休，共4天。2026年12月26日（周六）上班。")
    load(PUBLISHED[2026], 2026, "2026年通知")
    with reading() as session:
        assert queries.calendar(session).is_workday(date(2026, 12, 26))


def test_a_preview_writes_nothing(db: object) -> None:
    seen = actions.preview_year(SYSTEM, LoadYear(year=2027, content=SPRING_2027))
    assert seen.first_time
    assert date(2027, 2, 20) in {c.on for c in seen.changes}
    with reading() as session:
        assert queries.days_of(session, 2027) == []


def test_only_who_keeps_the_calendar_may_change_it(cast: Cast) -> None:
    for actor in (cast.officer, cast.supervisor, cast.leader, cast.clerk, cast.handler):
        with pytest.raises(NotAllowed):
            actions.load_year(actor, LoadYear(year=2027, content=SPRING_2027), today=TODAY)
        with pytest.raises(NotAllowed):
            actions.preview_year(actor, LoadYear(year=2027, content=SPRING_2027))
        with pytest.raises(NotAllowed):
            actions.add_closure(actor, Closure(on=TODAY, name="台风停工"), today=TODAY)
    assert actions.load_year(cast.admin, LoadYear(year=2027, content=SPRING_2027), today=TODAY).year == 2027


def trail() -> int:
    with reading() as session:
        return len(session.exec(select(AuditEntry.id)).all())


def test_a_refused_notice_leaves_no_trace(db: object) -> None:
    before = trail()
    with pytest.raises(Refusal):
        load("1月1日（周四）放假。")
    assert trail() == before
    with reading() as session:
        assert session.get(CalendarDay, date(2027, 1, 1)) is None


def test_a_typhoon_closes_a_working_day_and_can_be_taken_back(any_db: str) -> None:
    tuesday = date(2026, 11, 24)
    actions.add_closure(SYSTEM, Closure(on=tuesday, name="台风停工"), today=TODAY)
    with reading() as session:
        assert queries.calendar(session).add_workdays(TODAY, 1) == tuesday + timedelta(days=1)
    actions.remove_closure(SYSTEM, tuesday, today=TODAY)
    with reading() as session:
        assert queries.calendar(session).add_workdays(TODAY, 1) == tuesday


def test_a_day_that_is_off_already_cannot_be_closed(db: object) -> None:
    with pytest.raises(Refusal, match="不是工作日"):
        actions.add_closure(SYSTEM, Closure(on=date(2026, 11, 22), name="台风停工"), today=TODAY)  # 周日


def test_a_day_of_a_notice_is_no_closure_to_take_back(db: object) -> None:
    with pytest.raises(NotFound):
        actions.remove_closure(SYSTEM, date(2026, 10, 1), today=TODAY)


def test_other_rooms_recompute_in_the_same_transaction(db: object, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def failing(session: object, calendar: Calendar, today: date) -> list[actions.Moved]:
        seen.append(calendar.is_provisional(date(2027, 1, 1)))
        raise RuntimeError("a room that cannot recompute")

    monkeypatch.setattr(actions, "_listeners", [failing])
    with pytest.raises(RuntimeError, match="cannot recompute"):
        load(SPRING_2027)
    assert seen == [False]
    with reading() as session:
        assert queries.calendar(session).is_provisional(date(2027, 1, 1))


def test_the_calendar_is_seeded_once(db: object) -> None:
    from crm.workdays import reference

    with unit_of_work(SYSTEM, "test.seed_again") as session:
        reference.seed(session)
        assert not session.new
    with reading() as session:
        seeded = queries.calendar(session)
    assert seeded.exceptions == CALENDAR.exceptions
    assert calendar_runs_out(seeded, TODAY).workdays_left == 28
