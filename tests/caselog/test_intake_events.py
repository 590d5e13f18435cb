"""Events come in: known by their case, in any order, once; and a log whose rows carry the case too."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from crm.caselog import actions
from crm.caselog.actions import Asked, Reading
from crm.core.access import SYSTEM
from crm.core.db import reading
from models import Case, CaseBatch, CaseEvent, CaseStep, Item
from models.vocabulary import CaseState, LoadState
from tests.caselog.exports import TODAY, bring, case, count, counts, line, put, reasons, row
from tests.conftest import Cast

HEAD = ("办件编号", "环节", "时间", "经办人", "部门", "状态", "环节编号")


def event(number: str, step: str, at: str, key: str = "", state: str = "完成") -> list[str]:
    return [number, step, at, "1号窗口", "住建局", state, key]


def log(number: str) -> list[tuple[str, str, str, int | None]]:
    """(step, day, lifecycle, wait) of a case in the order of time."""
    with reading() as session:
        rows = session.execute(
            sa.select(CaseStep.name, CaseEvent.at, CaseEvent.lifecycle, CaseEvent.wait_wd)
            .join(CaseStep, col(CaseStep.id) == col(CaseEvent.step_id))
            .join(Case, col(Case.id) == col(CaseEvent.case_id))
            .where(col(Case.case_no) == number)
            .order_by(col(CaseEvent.at), col(CaseEvent.id))
        ).all()
    return [(name, at.date().isoformat(), lifecycle, wait) for name, at, lifecycle, wait in rows]


@pytest.fixture
def cases(any_db: str, cast: Cast, tmp_path: Path) -> None:
    bring(put(tmp_path, [row("A1"), row("A2")]))


# Received on Monday 2 March 2026; Thursday 5th, Friday 6th, Monday 9th.
STORY = [
    event("A1", "受理", "2026-03-02 10:00"),
    event("A1", "现场核查", "2026-03-05 09:00", state="开始"),
    event("A1", "现场核查", "2026-03-06 17:00"),
    event("A1", "办结", "2026-03-09 11:00"),
]
TOLD = [
    ("受理", "2026-03-02", "complete", 0),
    ("现场核查", "2026-03-05", "start", 3),
    ("现场核查", "2026-03-06", "complete", 1),
    ("办结", "2026-03-09", "complete", 1),
]


def test_each_event_tells_how_long_the_case_had_waited(cases: None, tmp_path: Path) -> None:
    found = bring(put(tmp_path, STORY, HEAD, name="环节.csv"))
    assert (found.kind, counts(found)) == ("events", (4, 0, 0, 0, 0))
    assert log("A1") == TOLD


def test_the_order_of_the_file_does_not_matter(cases: None, tmp_path: Path) -> None:
    bring(put(tmp_path, STORY[::-1], HEAD, name="环节.csv"), chunk=1)
    assert log("A1") == TOLD


def test_events_of_a_later_file_fall_into_their_place(cases: None, tmp_path: Path) -> None:
    bring(put(tmp_path, [STORY[0], STORY[3]], HEAD, name="环节1.csv"))
    assert log("A1")[1] == ("办结", "2026-03-09", "complete", 5)
    bring(put(tmp_path, [STORY[1], STORY[2]], HEAD, name="环节2.csv"))
    assert log("A1") == TOLD


def test_the_same_events_twice_change_nothing(cases: None, tmp_path: Path) -> None:
    path = put(tmp_path, STORY, HEAD, name="环节.csv")
    bring(path)
    assert counts(bring(path)) == (0, 0, 4, 0, 0)
    twice = put(tmp_path, [event("A2", "受理", "2026-03-02 10:00")] * 2, HEAD, name="环节.csv")
    found = bring(twice)
    assert counts(found) == (1, 0, 0, 1, 0)
    assert reasons(found.id) == {3: "与第2行是同一个环节，已跳过"}


def test_a_number_of_its_own_keeps_two_like_events_apart_and_is_never_rewritten(
    cases: None, tmp_path: Path
) -> None:
    two = [event("A1", "审核", "2026-03-03", "t1"), event("A1", "审核", "2026-03-03", "t2")]
    assert counts(bring(put(tmp_path, two, HEAD))) == (2, 0, 0, 0, 0)
    other = bring(put(tmp_path, [event("A1", "审核", "2026-03-04", "t1")], HEAD))
    assert reasons(other.id) == {2: "环节编号“t1”：这个编号已导入过，内容不同；环节不能改写"}


def test_an_event_without_its_case_is_refused(cases: None, tmp_path: Path) -> None:
    rows = [
        event("B9", "受理", "2026-03-02"),
        event("A1", "", "2026-03-02"),
        event("A1", "受理", "2027-01-01"),
    ]
    found = bring(put(tmp_path, rows, HEAD))
    assert reasons(found.id) == {
        2: "办件编号“B9”：没有这个办件，请先导入办件",
        3: "环节：环节不能为空",
        4: "时间“2027-01-01”：日期在今天之后，只能导入已经发生的事",
    }


# --- a log in the shape of an IEEE 1849 log flattened to a table: a row an event, the case's own columns beside it

XES = (
    "case:concept:name", "case:channel", "case:deadline", "case:department", "case:startdate", "case:enddate",
    "case:group", "concept:instance", "concept:name", "lifecycle:transition", "org:group", "org:resource",
    "time:timestamp",
)  # fmt: skip


def flat(number: str, deadline: str, closed: str, step: str, at: str, key: str) -> list[str]:
    return [number, "Desk", deadline, "General", "2011-10-10 09:00:00+02:00", closed, "Group 1", key, step,
            "complete", "Group 4", "Resource10", at]  # fmt: skip


LOG = [
    flat("case-1", "2011-12-06 13:41:31.788000+01:00", "2011-12-06 13:41:31.789000+01:00", "T01",
         "2011-10-11 13:45:40.276000+02:00", "task-1"),
    flat("case-2", "2011-12-06 13:41:31.788000+01:00", "2011-12-06 13:41:31.788000+01:00", "T01",
         "2011-10-11 08:00:00+02:00", "task-2"),
    flat("case-1", "2011-12-06 13:41:31.788000+01:00", "2011-12-06 13:41:31.789000+01:00", "T02",
         "2011-12-06 13:00:00+01:00", "task-3"),
    flat("case-3", "2011-12-06 13:41:31.788000+01:00", "", "T01", "2011-10-11 23:30:00+02:00", "task-4"),
]  # fmt: skip


def test_a_log_brings_its_cases_with_their_own_deadlines_and_then_its_events(
    any_db: str, cast: Cast, tmp_path: Path
) -> None:
    path = put(tmp_path, LOG, XES, name="log.csv")
    found = bring(path)
    assert (found.kind, counts(found)) == ("cases", (3, 0, 0, 0, 0))
    after = line(found.id + 1)
    assert (after.kind, after.state, counts(after)) == ("events", LoadState.DONE, (4, 0, 0, 0, 0))
    # A thousandth of a second decides.
    assert [case(n).late for n in ("case-1", "case-2", "case-3")] == [True, False, None]
    assert case("case-3").state is CaseState.ACCEPTED
    assert case("case-1").extra == {"department": "General", "group": "Group 1"}
    # 11 October, 23:30 in Amsterdam is the 12th in the district: two working days after Monday the 10th.
    assert log("case-3")[0][3] == 2
    with reading() as session:
        assert session.exec(select(Item.name).where(col(Item.from_hall).is_(True))).all() == ["log"]
    assert counts(bring(path)) == (0, 0, 3, 0, 0)


@pytest.mark.parametrize(("kind", "batches"), [("cases", ["cases"]), ("events", ["cases", "events"])])
def test_of_a_log_one_may_ask_for_the_cases_alone(
    db: Path, tmp_path: Path, kind: str, batches: list[str]
) -> None:
    found = bring(put(tmp_path, LOG, XES, name="log.csv"), kind=kind)
    assert counts(found) == (3, 0, 0, 0, 0)
    with reading() as session:
        assert session.exec(select(CaseBatch.kind).order_by(col(CaseBatch.id))).all() == batches


def test_who_listens_hears_the_months_of_receipt_and_close(
    db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm.caselog.actions import running

    heard: list[frozenset[date]] = []
    monkeypatch.setattr(running, "_loaded", [heard.append])
    monkeypatch.setattr(running, "_LISTENING", ())
    rows = [row("A1", 办结时间="2026-04-01"), row("A2", 办结时间="", 办理结果="")]
    bring(put(tmp_path, rows), chunk=1)
    bring(put(tmp_path, rows))
    assert heard == [frozenset({date(2026, 3, 1), date(2026, 4, 1)})]


def test_an_ear_that_fails_does_not_undo_the_import(
    db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm.caselog.actions import running

    def fails(_months: frozenset[date]) -> None:
        raise RuntimeError

    monkeypatch.setattr(running, "_loaded", [fails])
    monkeypatch.setattr(running, "_LISTENING", ())
    assert bring(put(tmp_path, [row("A1")])).state is LoadState.DONE
    with reading() as session:
        assert count(session, Case) == 1


def test_the_example_files_come_in_whole(db: Path) -> None:
    folder = Path(actions.__file__).parents[1] / "data"
    found = bring(folder / "办件示例.csv")
    assert counts(found) == (6, 0, 0, 0, 0)
    received = actions.receive(SYSTEM, folder / "环节示例.csv", "环节示例.csv")
    batch = actions.start(SYSTEM, received, Asked(how=Reading()), today=TODAY)
    assert actions.run(SYSTEM, batch, today=TODAY) is LoadState.DONE
    assert counts(line(batch)) == (9, 0, 0, 0, 0)
    assert case("440703202603040005").applicant == "个人"
