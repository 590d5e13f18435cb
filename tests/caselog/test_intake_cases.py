"""The hall's cases come in: what is taken, what is refused, what a second export changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from crm.approvals import actions as approvals
from crm.approvals.inputs import RegisterCase
from crm.caselog.facts import CaseFacts, CaseReader
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from models import AuditEntry, Case, Item, ItemVersion, SpecialProcedure
from models.vocabulary import CaseOutcome, CaseSource, CaseState, DayUnit, LoadState
from tests.caselog.exports import HEAD, TODAY, bring, case, count, counts, put, reasons, row
from tests.conftest import Cast


def test_a_case_comes_in_with_its_item_department_town_and_enterprise(
    any_db: str, cast: Cast, tmp_path: Path
) -> None:
    found = bring(put(tmp_path, [row("A1")]))
    assert found.state is LoadState.DONE
    assert counts(found) == (1, 0, 0, 0, 0)
    one = case("A1")
    assert (one.source, one.state, one.outcome) == (CaseSource.HALL, CaseState.DECIDED, CaseOutcome.GRANTED)
    assert one.enterprise_id == cast.enterprise
    assert one.town_id == cast.town
    assert one.department_id == cast.department
    assert (one.legal_limit, one.promised_limit, one.unit) == (15, 5, DayUnit.WORKING)
    # Monday 2 March to Friday 6 March 2026: four working days; due on Monday the 9th.
    assert (one.running_wd, one.stopped_wd, one.late) == (4, 0, False)
    assert one.promised_due_on == date(2026, 3, 9)


def test_limits_come_from_the_file_else_from_the_version_in_force_that_day(db: Path, tmp_path: Path) -> None:
    with unit_of_work(SYSTEM, "test.versions") as session:
        item = session.exec(select(Item).where(Item.code == "P35")).one()
        for version in session.exec(select(ItemVersion).where(ItemVersion.item_id == item.id)):
            session.delete(version)
        session.flush()
        old = ItemVersion(item_id=item.id, from_on=date(2025, 1, 1), to_on=date(2026, 3, 1),
                          rule={"legal_limit": 15, "promised_limit": 10, "unit": "days"})  # fmt: skip
        new = ItemVersion(item_id=item.id, from_on=date(2026, 3, 1),
                          rule={"legal_limit": 15, "promised_limit": 5, "unit": "days"})  # fmt: skip
        session.add_all([old, new])
        session.flush()
        old_id, new_id = old.id, new.id
    blank = {"承诺期限": "", "法定期限": "", "期限单位": ""}
    rows = [
        row("A1", 收件时间="2026-02-25", 受理时间="2026-02-25", **blank),
        row("A2", **blank),
        row("A3", 承诺期限="3", 法定期限="", 期限单位=""),
    ]
    bring(put(tmp_path, rows))
    assert (case("A1").promised_limit, case("A1").item_version_id) == (10, old_id)
    assert (case("A2").promised_limit, case("A2").item_version_id) == (5, new_id)
    assert (case("A2").legal_limit, case("A2").unit) == (15, DayUnit.CALENDAR)
    assert case("A3").promised_limit == 3


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"收件时间": ""}, "收件时间：收件时间不能为空"),
        ({"收件时间": "2026-02-30"}, "收件时间“2026-02-30”：2026年2月没有30日，请检查日期"),
        ({"收件时间": "昨天"}, "收件时间“昨天”：日期读不懂，请写成 2026-03-01 或 2026-03-01 09:30"),
        ({"受理时间": "2026-13-01"}, "受理时间“2026-13-01”：没有13月，请检查日期"),
        ({"办结时间": "2026-11-24"}, "办结时间“2026-11-24”：日期在今天之后，只能导入已经发生的事"),
        ({"受理时间": "2026-03-01"}, "受理时间“2026-03-01”：早于收件时间“2026-03-02”，请核对"),
        ({"办结时间": "2026-03-01"}, "办结时间“2026-03-01”：早于收件时间“2026-03-02”，请核对"),
        ({"办结时间": ""}, "办理结果“准予许可”：有办理结果却没有办结时间，请补上"),
        ({"办理结果": "不予受理"}, "受理时间“2026-03-02”：不予受理的件不应有受理时间，请核对"),
        ({"事项编码": ""}, "事项名称：事项名称和事项编码至少要有一个"),
        ({"承诺期限": "很快"}, "承诺期限“很快”：天数读不懂，请填0到2000的整数"),
        ({"期限单位": "月"}, "期限单位“月”：期限单位应为“工作日”或“日”"),
        ({"统一社会信用代码": "91440703MA4UQPYH7X"}, "前17位对应的校验位应为H，这里是X"),
        ({"统一社会信用代码": "9.14407E+17"}, "信用代码被Excel改成了科学计数"),
        ({"办件编号": "4.40703E+19"}, "办件编号被Excel改成了科学计数"),
        ({"办件编号": "A" * 61}, "文字有61个，超过60个的上限，请精简"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_with_column_value_and_reason(
    db: Path, tmp_path: Path, cells: dict[str, str], says: str
) -> None:
    found = bring(put(tmp_path, [row("A1"), row("A2", **cells)]))
    assert counts(found) == (1, 0, 0, 0, 1)
    assert says in reasons(found.id)[3]


def test_all_that_is_wrong_with_a_row_is_told_at_once(db: Path, tmp_path: Path) -> None:
    found = bring(put(tmp_path, [row("A1", 收件时间="x", 承诺期限="y", 期限单位="z")]))
    assert reasons(found.id)[2].count("；") == 2


def test_today_is_not_the_future(db: Path, tmp_path: Path) -> None:
    today = TODAY.isoformat()
    found = bring(put(tmp_path, [row("A1", 收件时间=today, 受理时间=today, 办结时间=today)]))
    assert counts(found) == (1, 0, 0, 0, 0)


def test_a_number_twice_in_one_file_is_flagged_with_the_row_it_repeats(db: Path, tmp_path: Path) -> None:
    rows = [row("A1"), row("A2"), row("A1", 办结时间="2026-03-20")]
    found = bring(put(tmp_path, rows), chunk=1)
    assert counts(found) == (2, 0, 0, 1, 0)
    assert reasons(found.id) == {4: "办件编号与第2行重复，已跳过"}
    assert case("A1").decided_on == date(2026, 3, 6)


def test_the_same_file_twice_changes_nothing(any_db: str, cast: Cast, tmp_path: Path) -> None:
    path = put(tmp_path, [row("A1"), row("A2", 办结时间="", 办理结果="")])
    bring(path)
    before = case("A1").updated_at
    again = bring(path)
    assert counts(again) == (0, 0, 2, 0, 0)
    assert case("A1").updated_at == before


def test_a_later_export_closes_an_open_case(any_db: str, cast: Cast, tmp_path: Path) -> None:
    bring(put(tmp_path, [row("A1", 办结时间="", 办理结果="")]))
    one = case("A1")
    assert (one.state, one.late, one.running_wd) == (CaseState.ACCEPTED, None, None)
    assert one.promised_due_on == date(2026, 3, 9)
    found = bring(put(tmp_path, [row("A1", 办结时间="2026-03-12")]))
    assert counts(found) == (0, 1, 0, 0, 0)
    one = case("A1")
    assert (one.state, one.late, one.running_wd) == (CaseState.DECIDED, True, 8)


def test_an_older_export_does_not_open_a_closed_case(db: Path, tmp_path: Path) -> None:
    bring(put(tmp_path, [row("A1")]))
    found = bring(put(tmp_path, [row("A1", 办结时间="", 办理结果="")]))
    assert counts(found) == (0, 0, 1, 0, 0)
    assert found.summary["named"]["kept_closed"] == {"A1": 1}
    assert case("A1").state is CaseState.DECIDED


def test_a_column_the_export_lacks_takes_nothing_away(db: Path, tmp_path: Path) -> None:
    head = [*HEAD, "渠道", "停表天数"]
    bring(put(tmp_path, [[*row("A1", 办结时间="", 办理结果=""), "窗口", "2"]], head))
    short = ["办件编号", "事项编码", "收件时间", "受理时间", "办结时间", "办理结果"]
    bring(put(tmp_path, [["A1", "P35", "2026-03-02", "2026-03-02", "2026-03-12", "准予许可"]], short))
    one = case("A1")
    assert (one.channel, one.applicant, one.promised_limit) == ("窗口", "江门市恒岳科技有限公司", 5)
    assert one.state is CaseState.DECIDED


def test_a_case_of_our_own_is_never_overwritten(db: Path, cast: Cast, tmp_path: Path) -> None:
    with reading() as session:
        item = session.exec(select(Item.id).where(Item.code == "P35")).one()
    form = RegisterCase(item_id=item or 0, project_id=cast.project, received_on=date(2026, 3, 2), case_no="A1",
                        request_id="a" * 32)  # fmt: skip
    approvals.register(cast.supervisor, form, today=TODAY)
    found = bring(put(tmp_path, [row("A1"), row("A2")]))
    assert counts(found) == (1, 0, 0, 0, 0)
    assert found.summary["named"]["ours"] == {"A1": 1}
    one = case("A1")
    assert (one.source, one.state) == (CaseSource.OURS, CaseState.RECEIVED)


def test_an_unknown_item_enters_the_catalogue_out_of_use_until_somebody_gives_its_basis(
    db: Path, tmp_path: Path
) -> None:
    long_code = "11440703MB2D12345R4440118017000"
    rows = [
        row("A1", 事项编码="", 事项名称="户外招牌设置审批", 承诺期限="", 法定期限="", 期限单位=""),
        row("A2", 事项编码=long_code, 事项名称="居住证签发"),
        row("A3", 事项编码=long_code, 事项名称="居住证签发（换个写法）"),
    ]
    found = bring(put(tmp_path, rows))
    assert found.summary["counts"]["new_items"] == 2
    with reading() as session:
        new = session.exec(select(Item).where(col(Item.from_hall).is_(True))).all()
    assert {(i.name, i.hall_code, i.active) for i in new} == {
        ("户外招牌设置审批", "", False),
        ("居住证签发", long_code, False),
    }
    assert case("A2").item_id == case("A3").item_id
    assert all(len(i.code) <= 20 for i in new)
    # A second export knows them.
    assert "counts" not in bring(put(tmp_path, [row("A4", 事项编码=long_code)])).summary


def test_unknown_departments_and_towns_are_kept_as_they_are_written(db: Path, tmp_path: Path) -> None:
    found = bring(put(tmp_path, [row("A1", 部门="区民政局", 镇街="滨江新区")]))
    assert case("A1").extra == {"department": "区民政局", "town": "滨江新区"}
    assert found.summary["named"] == {
        "unknown_departments": {"区民政局": 1},
        "unknown_towns": {"滨江新区": 1},
    }


def test_a_special_step_that_stops_the_clock_is_not_counted(db: Path, tmp_path: Path) -> None:
    head = [*HEAD, "特殊环节", "特殊环节开始", "特殊环节结束", "特殊环节告知时间"]
    stopped = ["专家评审", "2026-03-03", "2026-03-09", "2026-03-03"]
    checked = ["现场核查", "2026-03-03", "2026-03-09", "2026-03-03"]
    untold = ["专家评审", "2026-03-03", "2026-03-09", ""]
    late = {"办结时间": "2026-03-12"}
    bring(
        put(
            tmp_path,
            [row("A1", **late) + stopped, row("A2", **late) + checked, row("A3", **late) + untold],
            head,
        )
    )
    # Tuesday 3 March to Friday 6 March: four working days, half-open. Thursday 12 March is the eighth.
    assert (case("A1").running_wd, case("A1").stopped_wd, case("A1").late) == (4, 4, False)
    assert (case("A2").running_wd, case("A2").stopped_wd, case("A2").late) == (8, 0, True)
    assert (case("A3").running_wd, case("A3").stopped_wd, case("A3").late) == (8, 0, True)
    with reading() as session:
        rows = session.exec(select(SpecialProcedure)).all()
    assert {r.case_id: r.stops_clock for r in rows} == {
        case("A1").id: True,
        case("A2").id: False,
        case("A3").id: True,
    }


def test_days_stopped_given_as_a_number_move_the_due_date(db: Path, tmp_path: Path) -> None:
    head = [*HEAD, "停表工作日"]
    bring(put(tmp_path, [[*row("A1", 办结时间="2026-03-12"), "4"]], head))
    one = case("A1")
    assert (one.running_wd, one.stopped_wd, one.late) == (4, 4, False)
    assert one.promised_due_on == date(2026, 3, 13)
    found = bring(put(tmp_path, [[*row("A2"), "9"]], head))
    assert reasons(found.id)[2] == "停表工作日“9”：多于受理到办结的4个工作日，请核对"


def test_the_enterprises_own_time_is_from_the_notice_to_the_answer(db: Path, tmp_path: Path) -> None:
    head = [*HEAD, "补正告知时间", "补正完成时间"]
    bring(put(tmp_path, [[*row("A1", 受理时间="2026-03-05"), "2026-03-03", "2026-03-05"]], head))
    one = case("A1")
    assert (one.corrections, one.enterprise_wd, one.running_wd) == (1, 2, 1)
    open_rows = [[*row("A2", 受理时间="", 办结时间="", 办理结果=""), "2026-03-03", ""]]
    bring(put(tmp_path, open_rows, head))
    assert case("A2").state is CaseState.CORRECTING


@pytest.mark.parametrize(
    ("deadline", "closed", "late"),
    [
        ("2026-03-09 10:00", "2026-03-09 10:00:01", True),
        ("2026-03-09 10:00", "2026-03-09 10:00:00", False),
        ("2026-03-09", "2026-03-09 23:30", False),
        ("2026-03-09", "2026-03-10 00:10", True),
        ("2026-03-09 10:00", "2026-03-09", False),
        ("2026-03-06", "2026-03-06", False),
        ("2026-03-05", "2026-03-06", True),
        ("2026-03-09 10:00:00+08:00", "2026-03-09 02:30:00+00:00", True),
    ],
)
def test_the_exports_own_deadline_decides(
    db: Path, tmp_path: Path, deadline: str, closed: str, late: bool
) -> None:
    bring(put(tmp_path, [[*row("A1", 办结时间=closed), deadline]], [*HEAD, "应办结时间"]))
    assert case("A1").late is late


def test_an_open_case_is_watched_by_the_exports_own_deadline(db: Path, tmp_path: Path) -> None:
    open_case = row("A1", 办结时间="", 办理结果="", 承诺期限="", 法定期限="")
    bring(put(tmp_path, [[*open_case, "2026-03-31 17:30"]], [*HEAD, "应办结时间"]))
    one = case("A1")
    assert one.promised_due_on == date(2026, 3, 31)
    assert one.deadline_at == datetime(2026, 3, 31, 9, 30, tzinfo=UTC)
    assert one.yellow_on is not None
    assert one.yellow_on < date(2026, 3, 31)


@pytest.mark.parametrize(
    ("result", "state", "outcome"),
    [
        ("准予许可", CaseState.DECIDED, CaseOutcome.GRANTED),
        ("不予许可", CaseState.DECIDED, CaseOutcome.REFUSED),
        ("未通过", CaseState.DECIDED, CaseOutcome.REFUSED),
        ("已办结", CaseState.DECIDED, None),
        ("申请人撤回", CaseState.WITHDRAWN, None),
        ("逾期未补正，退件", CaseState.TERMINATED, None),
    ],
)
def test_how_a_case_closed_is_read_from_its_words(
    db: Path, tmp_path: Path, result: str, state: CaseState, outcome: CaseOutcome | None
) -> None:
    bring(put(tmp_path, [row("A1", 办理结果=result)]))
    assert (case("A1").state, case("A1").outcome) == (state, outcome)


def test_a_case_that_was_not_accepted_has_no_clock(db: Path, tmp_path: Path) -> None:
    bring(put(tmp_path, [row("A1", 受理时间="", 办理结果="不予受理")]))
    one = case("A1")
    assert one.state is CaseState.NOT_ACCEPTED
    assert (one.starts_on, one.running_wd, one.late) == (None, None, None)


def test_nothing_is_written_if_any_row_is_refused_and_that_was_asked(db: Path, tmp_path: Path) -> None:
    found = bring(put(tmp_path, [row("A1"), row("A2", 收件时间="x")]), mode="all")
    assert found.state is LoadState.FAILED
    assert found.error == "有1行退回，按要求全部没有写入。改正后请重新导入。"
    with reading() as session:
        assert count(session, Case) == 0
    assert list(reasons(found.id)) == [3]
    mended = bring(put(tmp_path, [row("A1"), row("A2")]), mode="all")
    assert counts(mended) == (2, 0, 0, 0, 0)


def test_a_check_writes_nothing(db: Path, tmp_path: Path) -> None:
    found = bring(put(tmp_path, [row("A1", 事项编码="新的"), row("A2", 收件时间="x")]), mode="check")
    assert (found.state, counts(found)) == (LoadState.DONE, (1, 0, 0, 0, 1))
    with reading() as session:
        assert count(session, Case) == 0
        assert session.exec(select(Item).where(Item.code == "新的")).first() is None


def test_an_import_leaves_one_event_in_the_trail_not_one_a_row(db: Path, tmp_path: Path) -> None:
    bring(put(tmp_path, [row(f"A{n}") for n in range(50)]), chunk=10)
    with reading() as session:
        told = session.exec(select(AuditEntry).where(col(AuditEntry.action).like("caselog.%"))).all()
    assert [(e.action, e.verb.value) for e in told] == [
        ("caselog.start", "create"),
        ("caselog.finish", "event"),
    ]
    assert told[1].changes["created"] == [None, 50]


def _facts(**cells: str) -> CaseFacts | None:
    places = {"case_no": 0, "received": 1, "accepted": 2, "closed": 3, "item": 4}
    heads = {f: f for f in places}
    found, _troubles = CaseReader(places, heads, today=TODAY).read([cells.get(f, "") for f in places])
    return found


def test_every_way_a_day_is_written_is_the_same_day() -> None:
    ways = ("2026-03-02", "2026/3/2", "2026.3.2", "20260302", "2026年3月2日", "2026-03-02 00:00:00", "46083",
            " 2026-03-02 09:30 ", "2026-03-01T16:00:00Z", "２０２６－３－２")  # fmt: skip
    for way in ways:
        found = _facts(case_no="A", received=way, item="x")
        assert found is not None, way
        assert found.received == date(2026, 3, 2), way
