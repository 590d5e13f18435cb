"""A ledger against the register: dry run, commit, the same file again, officers, scope, revert, export."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlmodel import col, func, select

from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, NotFound, Refusal
from crm.ledgers import actions, queries
from crm.ledgers.actions import Look, MappingForm, Reading
from crm.ledgers.recognise import Choice
from crm.ledgers.workbook import projects_workbook, refused_workbook
from models import (
    AnnualPlan,
    Assignment,
    AuditEntry,
    Base,
    Enterprise,
    ImportBatch,
    ImportRow,
    Milestone,
    MonthlyProgress,
    Officer,
    Project,
    Town,
)
from models.vocabulary import DatePrecision, OfficerRole, ProjectType, Stage
from tests.conftest import Cast
from tests.ledgers.books import CODES, book_of, simple_book

TODAY = date(2026, 11, 23)  # a Monday
HEAD = ["项目名称", "建设单位", "统一社会信用代码", "项目代码", "属地", "总投资（万元）", "年度计划投资", "累计完成投资", "形象进度", "存在问题", "责任单位", "服务专员", "联系电话"]  # fmt: skip
CODE = "2604-440703-04-01-{:06d}"


def line(n: int, **other: Any) -> list[Any]:
    values: dict[str, Any] = {
        "项目名称": f"第{n}号冷链物流项目",
        "建设单位": f"江门市第{n}实业有限公司",
        "统一社会信用代码": CODES[n],
        "项目代码": CODE.format(n),
        "属地": "棠下镇",
        "总投资（万元）": 1000 + n,
        "年度计划投资": 500,
        "累计完成投资": 200,
        "形象进度": "桩基施工",
        "存在问题": "无",
        "责任单位": "区经济促进局",
        "服务专员": "容国栋、谭永乐",
        "联系电话": "13900000001",
    } | other
    return [values[h] for h in HEAD]


def ledger(*lines: Sequence[Any], title: str = "重点项目进展情况表（截至2026年10月底）") -> bytes:
    return book_of([[title], HEAD, *lines])


def look(data: bytes, actor: Actor = SYSTEM, **how: Any) -> Look:
    return actions.look(actor, data, "台账.xlsx", Reading(**how), today=TODAY)


def commit(
    data: bytes, actor: Actor = SYSTEM, *, good: bool = False, today: date = TODAY
) -> actions.Committed:
    return actions.commit(actor, data, "台账.xlsx", Reading(), today=today, good_rows_only=good)


def rows_in_every_table() -> dict[str, int]:
    with reading() as session:
        return {
            t.name: session.execute(select(func.count()).select_from(t)).scalar_one()
            for t in Base.metadata.sorted_tables
        }


def project(name: str) -> Project:
    with reading() as session:
        return session.exec(select(Project).where(Project.name == name)).one()


def officers_of(name: str) -> list[tuple[str, str, date, date | None]]:
    with reading() as session:
        found = session.exec(
            select(Officer.name, Assignment)
            .join(Assignment, col(Assignment.officer_id) == col(Officer.id))
            .join(Project, col(Project.id) == col(Assignment.project_id))
            .where(Project.name == name)
            .order_by(col(Assignment.id))
        )
        return [(who, a.role.value, a.from_on, a.to_on) for who, a in found]


# --- dry run -------------------------------------------------------------------------------


def test_a_dry_run_reports_every_error_with_row_column_and_value_and_creates_nothing(
    any_db: str,
) -> None:  # I1
    before = rows_in_every_table()
    found = look(
        ledger(
            line(1),
            line(2, 属地="会城街道", **{"总投资（万元）": "若干"}),
            line(3, 统一社会信用代码=CODES[3][:-1] + "0"),
            line(1),
        )
    ).as_json()
    assert rows_in_every_table() == before
    assert (found["new"], found["changed"], found["unchanged"], found["batch"]) == (1, 0, 0, None)
    assert [(r["row"], r["column"], r["value"]) for r in found["refused"]] == [
        (4, "属地", "会城街道"),
        (4, "总投资（万元）", "若干"),
        (5, "统一社会信用代码", CODES[3][:-1] + "0"),
    ]
    assert "棠下镇" in found["refused"][0]["reason"]  # the allowed values
    assert [(d["row"], d["repeats_row"]) for d in found["duplicates"]] == [(6, 3)]


def test_one_bad_row_and_nothing_is_created(any_db: str) -> None:  # I2
    before = rows_in_every_table()
    done = commit(ledger(line(1), line(2, 属地="会城街道")))
    assert (done.blocked, done.batch) == (True, None)
    assert rows_in_every_table() == before


def test_the_good_rows_only_when_asked(any_db: str) -> None:
    done = commit(ledger(line(1), line(2, 属地="会城街道")), good=True)
    assert not done.blocked
    assert project("第1号冷链物流项目").project_code == CODE.format(1)
    with reading() as session:
        assert session.exec(select(func.count()).select_from(Project)).one() == 1
        refused = session.exec(
            select(ImportRow).where(ImportRow.batch_id == done.batch, ImportRow.row == 4)
        ).one()
    assert "会城" not in refused.reason or "属地" in refused.reason


def test_the_same_file_twice_changes_nothing_at_all(any_db: str) -> None:  # I3
    data = ledger(
        line(1), line(2, 统一社会信用代码=None, 项目代码=None), line(3, 联系电话="13900000003"), line(1)
    )
    commit(data)
    before = rows_in_every_table()
    again = commit(data)
    assert (again.look.counts["new"], again.look.counts["changed"], again.look.counts["unchanged"]) == (
        0,
        0,
        3,
    )
    assert again.batch is None
    assert rows_in_every_table() == before


def test_a_duplicate_in_the_file_and_a_row_already_registered_are_both_flagged(any_db: str) -> None:  # I4
    commit(ledger(line(1)))
    found = look(ledger(line(1, **{"总投资（万元）": 9}), line(2), line(2, **{"总投资（万元）": 7})))
    assert [v.verdict.value for v in found.verdicts] == ["changed", "new", "duplicate"]
    assert found.verdicts[0].changes == {"总投资（万元）": ["1,001", "9"]}
    assert "总投资" in found.verdicts[2].reason  # the two lines do not say the same


def test_a_duplicate_is_skipped_and_does_not_block(any_db: str) -> None:
    done = commit(ledger(line(1), line(1)))
    assert not done.blocked
    assert project("第1号冷链物流项目").total_wan == 1001


def test_column_order_is_free_and_an_unknown_column_is_kept(db: Path) -> None:  # I8
    commit(book_of([["领衔同志", "总投资（万元）", "属地", "项目名称"], ["谭志强", 5, "荷塘", "甲项目"]]))
    assert project("甲项目").extra == {"领衔同志": "谭志强"}


def test_what_the_user_was_shown_must_still_be_true(db: Path) -> None:
    data = ledger(line(1))
    shown = look(data).counts
    commit(data)
    with pytest.raises(Refusal, match="有了变化"):
        actions.commit(SYSTEM, data, "台账.xlsx", Reading(), today=TODAY, expected=shown)


def test_a_book_without_a_header_is_told_what_is_needed(db: Path) -> None:
    with pytest.raises(Refusal, match="项目名称"):
        look(book_of([["通知"], ["各镇街：请按时报送。"]]))


# --- what a new project gets --------------------------------------------------------------------


def test_a_new_project_comes_whole(any_db: str) -> None:
    commit(ledger(line(1)))
    p = project("第1号冷链物流项目")
    assert (p.total_wan, p.stage, p.lead_unit, p.project_type) == (
        1001,
        Stage.CONSTRUCTION,
        "区经济促进局",
        ProjectType.NEW_BUILD,
    )
    assert p.lead_department_id is not None
    assert p.initials
    with reading() as session:
        firm = session.get(Enterprise, p.enterprise_id)
        plan = session.exec(select(AnnualPlan)).one()
        month = session.exec(select(MonthlyProgress)).one()
    assert firm is not None
    assert (firm.name, firm.credit_code) == ("江门市第1实业有限公司", CODES[1])
    assert (plan.year, plan.plan_wan) == (2026, 500)
    assert (month.year, month.month, month.done_wan, month.progress, month.problem) == (
        2026,
        10,
        200,
        "桩基施工",
        "无",
    )
    assert month.approved_at is not None
    assert officers_of(p.name) == [
        ("容国栋", "lead", date(2026, 10, 1), None),
        ("谭永乐", "co", date(2026, 10, 1), None),
    ]


def test_a_ledger_never_moves_an_existing_projects_stage(db: Path) -> None:
    commit(ledger(line(1)))
    commit(ledger(line(1, 形象进度="已投产"), title="截至2026年11月底"))
    assert project("第1号冷链物流项目").stage is Stage.CONSTRUCTION


def test_a_later_month_adds_its_own_progress_and_keeps_the_earlier(db: Path) -> None:
    commit(ledger(line(1)))
    commit(ledger(line(1, 累计完成投资=300, 存在问题="")))
    commit(ledger(line(1, 累计完成投资=400), title="截至2026年11月底"))
    with reading() as session:
        months = session.exec(select(MonthlyProgress).order_by(col(MonthlyProgress.month))).all()
    assert [(m.month, m.done_wan, m.problem) for m in months] == [(10, 300, ""), (11, 400, "无")]


def test_an_older_months_ledger_brings_its_month_and_what_was_missing_and_overwrites_nothing(
    any_db: str,
) -> None:
    commit(ledger(line(1, 责任单位=None), title="截至2026年10月底"))
    name = "第1号冷链物流项目"
    before = (project(name).total_wan, officers_of(name))
    old = ledger(
        line(1, **{"总投资（万元）": 7, "年度计划投资": 8, "累计完成投资": 90, "形象进度": "场地平整"}, 服务专员="何志强", 责任单位="区发展和改革局"),
        title="截至2026年8月底",
    )  # fmt: skip
    (verdict,) = look(old).verdicts
    assert set(verdict.changes) == {
        "责任单位",
        "2026年8月累计完成投资（万元）",
        "2026年8月形象进度",
        "2026年8月存在问题",
    }
    (note,) = verdict.notes
    assert "2026年10月" in note
    assert "总投资（万元）、年度计划投资、服务专员保持不变" in note
    commit(old)
    assert (project(name).total_wan, officers_of(name)) == before
    assert project(name).lead_unit == "区发展和改革局"
    with reading() as session:
        months = session.exec(select(MonthlyProgress).order_by(col(MonthlyProgress.month))).all()
        assert session.exec(select(AnnualPlan.plan_wan)).one() == 500
    assert [(m.month, m.done_wan, m.progress) for m in months] == [(8, 90, "场地平整"), (10, 200, "桩基施工")]
    assert commit(old).batch is None


def test_an_older_ledger_may_name_an_officer_who_has_left(db: Path) -> None:
    commit(ledger(line(1, 服务专员="何志强")))
    commit(ledger(line(1, 服务专员="容国栋"), title="截至2026年11月底"))
    with unit_of_work(SYSTEM, "test.leave") as session:
        session.exec(select(Officer).where(Officer.name == "何志强")).one().active = False
    (verdict,) = look(ledger(line(1, 服务专员="何志强", 累计完成投资=150))).verdicts
    assert list(verdict.changes) == ["2026年10月累计完成投资（万元）"]


def test_a_reverted_newer_ledger_holds_nothing_back(db: Path) -> None:
    commit(ledger(line(1), title="截至2026年8月底"))
    newer = commit(ledger(line(1, **{"总投资（万元）": 7})))
    actions.revert(SYSTEM, newer.batch or 0)
    found = look(ledger(line(1, **{"总投资（万元）": 9}), title="截至2026年8月底"))
    assert found.verdicts[0].changes == {"总投资（万元）": ["1,001", "9"]}


def test_the_same_month_again_still_corrects(db: Path) -> None:
    commit(ledger(line(1)))
    assert look(ledger(line(1, **{"总投资（万元）": 9}))).verdicts[0].changes == {
        "总投资（万元）": ["1,001", "9"]
    }


def test_a_blank_cell_does_not_take_a_registered_value_away(db: Path) -> None:
    commit(ledger(line(1)))
    found = look(ledger(line(1, **{"总投资（万元）": None, "责任单位": "—", "服务专员": ""})))
    assert found.counts["unchanged"] == 1


# --- matching -------------------------------------------------------------------------------------


def test_a_project_code_goes_before_the_name(db: Path) -> None:
    commit(ledger(line(1)))
    found = look(ledger(line(1, 项目名称="改了名的冷链项目")))
    assert found.verdicts[0].changes == {"项目名称": ["第1号冷链物流项目", "改了名的冷链项目"]}


def test_without_a_code_credit_code_and_name_then_name_and_town(db: Path) -> None:
    commit(ledger(line(1)))
    assert look(ledger(line(1, 项目代码=None))).counts["unchanged"] == 1
    spaced = line(1, 项目代码=None, 统一社会信用代码=None, 项目名称=" 第1号 冷链（物流）项目 ")
    assert look(ledger(spaced)).counts["unchanged"] == 1


def test_one_firm_with_projects_of_one_name_in_two_towns(db: Path) -> None:
    data = ledger(line(1, 项目代码=None), line(1, 项目代码=None, 属地="荷塘镇"))
    commit(data)
    again = look(data)
    assert again.counts == {"new": 0, "changed": 0, "unchanged": 2, "duplicate": 0, "refused": 0}


def test_same_name_different_credit_codes_are_two_firms_and_said_so(db: Path) -> None:
    data = ledger(line(1), line(2, 建设单位="江门市第1实业有限公司"))
    found = commit(data).look
    assert "信用代码" in found.verdicts[1].notes[0]
    with reading() as session:
        assert session.exec(select(func.count()).select_from(Enterprise)).one() == 2
    assert look(data).counts["unchanged"] == 2


def test_one_credit_code_under_two_names_in_a_file_is_refused(db: Path) -> None:
    found = look(ledger(line(1), line(2, 统一社会信用代码=CODES[1])))
    assert [v.verdict.value for v in found.verdicts] == ["new", "refused"]
    assert "第3行" in found.verdicts[1].reason


def test_a_firm_known_by_name_is_given_the_credit_code_that_comes_later(db: Path) -> None:
    commit(ledger(line(1, 统一社会信用代码=None)))
    found = commit(ledger(line(1))).look
    assert found.verdicts[0].changes == {"统一社会信用代码": ["", CODES[1]]}
    with reading() as session:
        assert session.exec(select(Enterprise)).one().credit_code == CODES[1]


# --- officers --------------------------------------------------------------------------------------


def officer(name: str, **fields: Any) -> int:
    with unit_of_work(SYSTEM, "test.officer") as session:
        row = Officer(name=name, **fields)
        session.add(row)
        session.flush()
        return int(row.id or 0)


def town_id(name: str) -> int:
    with reading() as session:
        return int(session.exec(select(Town.id).where(Town.name == name)).one() or 0)


def test_an_ambiguous_officer_is_a_row_error_that_a_phone_town_or_unit_resolves(db: Path) -> None:  # I5
    officer("容国栋", phone="13900000009", unit="荷塘镇", town_id=town_id("荷塘镇"))
    officer("容国栋", phone="13900000008", unit="潮连街道", town_id=town_id("潮连街道"))
    (trouble,) = look(ledger(line(1))).verdicts[0].troubles
    assert (trouble.column, trouble.value) == ("服务专员", "容国栋")
    assert "荷塘镇" in trouble.reason
    assert look(ledger(line(1, 联系电话="13900000008"))).counts["new"] == 1
    assert look(ledger(line(1, 属地="荷塘镇"))).counts["new"] == 1
    assert look(ledger(line(1, 责任单位="潮连街道"))).counts["new"] == 1


def test_an_unknown_officer_is_registered_with_his_number(db: Path) -> None:
    commit(ledger(line(1)))
    with reading() as session:
        assert {(o.name, o.phone) for o in session.exec(select(Officer))} == {
            ("容国栋", "13900000001"),
            ("谭永乐", ""),
        }


def test_another_number_for_one_project_stays_with_that_project(db: Path) -> None:
    data = ledger(line(1), line(2, 联系电话="13900000002"))
    commit(data)
    with reading() as session:
        assert session.exec(select(Officer.phone).where(Officer.name == "容国栋")).one() == "13900000001"
        assert sorted(session.exec(select(Assignment.phone).where(Assignment.role == OfficerRole.LEAD))) == [
            "",
            "13900000002",
        ]
    assert look(data).counts["unchanged"] == 2


def test_a_changed_officer_ends_the_old_assignment_the_day_before(db: Path) -> None:
    commit(ledger(line(1)))
    commit(ledger(line(1, 服务专员="谭永乐"), title="截至2026年11月底"))
    assert officers_of("第1号冷链物流项目") == [
        ("容国栋", "lead", date(2026, 10, 1), date(2026, 10, 31)),
        ("谭永乐", "co", date(2026, 10, 1), date(2026, 10, 31)),
        ("谭永乐", "lead", date(2026, 11, 1), None),
    ]


# --- who may ------------------------------------------------------------------------------------------


def test_an_officer_imports_only_what_is_his(cast: Cast) -> None:
    data = simple_book(
        [
            ("恒岳新能源电池项目（一期）", "棠下镇", 10),
            ("瑞朗精密模具项目", "荷塘镇", 20),
            ("全新项目", "棠下镇", 30),
        ]
    )
    verdicts = look(data, cast.officer).verdicts
    assert [v.verdict.value for v in verdicts] == ["changed", "refused", "refused"]
    assert "负责范围" in verdicts[1].reason


def test_an_officer_of_a_town_brings_in_his_towns_projects(cast: Cast) -> None:
    data = simple_book([("全新项目", "荷塘镇", 30), ("另一项目", "棠下镇", 30)])
    assert [v.verdict.value for v in look(data, cast.stranger).verdicts] == ["new", "refused"]


def test_an_officers_own_figures_wait_for_approval(cast: Cast) -> None:
    commit(
        book_of([["项目名称", "属地", "累计完成投资"], ["恒岳新能源电池项目（一期）", "棠下镇", 5]]),
        cast.officer,
    )
    with reading() as session:
        assert session.exec(select(MonthlyProgress)).one().approved_at is None


def test_an_officer_does_not_reassign_by_a_ledger(cast: Cast) -> None:
    data = book_of([["项目名称", "属地", "服务专员"], ["恒岳新能源电池项目（一期）", "棠下镇", "别人甲"]])
    (verdict,) = look(data, cast.officer).verdicts
    assert "指派" in verdict.reason


def test_park_staff_may_not_import_and_leaders_may_not_export(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        look(ledger(line(1)), cast.clerk)
    with pytest.raises(NotAllowed):
        actions.export_projects(cast.leader, today=TODAY)


def test_extra_columns_cannot_set_fields_of_ours(db: Path) -> None:
    commit(
        book_of(
            [
                ["项目名称", "属地", "role", "batch_id", "version"],
                ["甲项目", "棠下镇", "administrator", 99, 77],
            ]
        )
    )
    p = project("甲项目")
    assert p.version == 1
    assert p.batch_id == 1
    assert p.extra == {"role": "administrator", "batch_id": "99", "version": "77"}


# --- revert ------------------------------------------------------------------------------------------


def test_a_batch_is_taken_back_to_the_last_row(any_db: str) -> None:
    commit(ledger(line(1)))
    before = rows_in_every_table()
    with reading() as session:
        was = session.exec(select(Project)).one().model_dump(exclude={"version", "updated_at"})
    batch = commit(
        ledger(line(1, **{"总投资（万元）": 5, "服务专员": "李明"}), line(2), title="截至2026年11月底")
    ).batch
    assert batch is not None
    actions.revert(SYSTEM, batch)
    after = rows_in_every_table()
    quiet = ("audit_entry", "import_batch", "import_row")
    assert {k: v for k, v in after.items() if k not in quiet} == {
        k: v for k, v in before.items() if k not in quiet
    }
    with reading() as session:
        assert session.exec(select(Project)).one().model_dump(exclude={"version", "updated_at"}) == was
    assert [o[3] for o in officers_of("第1号冷链物流项目")] == [None, None]
    with pytest.raises(Refusal, match="已经撤销"):
        actions.revert(SYSTEM, batch)


def test_a_batch_somebody_has_edited_is_not_taken_back_and_he_is_named(cast: Cast) -> None:
    batch = commit(ledger(line(1)), cast.supervisor).batch
    assert batch is not None
    with unit_of_work(cast.admin, "test.edit") as session:
        session.exec(select(Project).where(Project.name == "第1号冷链物流项目")).one().leader = "谭志强"
    with pytest.raises(Refusal) as refused:
        actions.revert(cast.supervisor, batch)
    assert "钟管理" in str(refused.value)
    assert "第1号冷链物流项目" in str(refused.value)
    assert project("第1号冷链物流项目").leader == "谭志强"


def test_a_batch_with_something_hung_on_it_is_not_taken_back(cast: Cast) -> None:
    batch = commit(ledger(line(1)), cast.supervisor).batch
    assert batch is not None
    with unit_of_work(cast.admin, "test.milestone") as session:
        p = session.exec(select(Project).where(Project.name == "第1号冷链物流项目")).one()
        session.add(Milestone(project_id=int(p.id or 0), code="X", name="竣工", stage=Stage.COMPLETION))
    with pytest.raises(Refusal, match="钟管理登记的节点"):
        actions.revert(cast.supervisor, batch)


def test_another_officers_batch_is_not_there_for_him(cast: Cast) -> None:
    batch = commit(ledger(line(1)), cast.supervisor).batch
    assert batch is not None
    with pytest.raises(NotFound):
        actions.revert(cast.officer, batch)
    with reading() as session:
        assert queries.batches(session, cast.officer) == ([], 0)


def test_every_row_a_commit_writes_is_in_the_trail(cast: Cast) -> None:
    commit(ledger(line(1)), cast.supervisor)
    with reading() as session:
        made = session.exec(select(AuditEntry).where(AuditEntry.action == "ledgers.commit")).all()
    assert {e.record for e in made} >= {
        "project",
        "enterprise",
        "officer",
        "assignment",
        "annual_plan",
        "monthly_progress",
    }
    assert {e.user_name for e in made} == {"陈督办"}


# --- all or nothing, and speed -----------------------------------------------------------------------


def many(n: int) -> bytes:
    rows = [
        [f"第{i}号精密制造项目", f"江门市第{i}科技有限公司", None, CODE.format(i), ("棠下镇", "荷塘镇")[i % 2], 1000 + i, 500, 200, "桩基施工", "无", "区经济促进局", f"专员{'甲乙丙丁戊己庚辛'[i % 8]}", f"139{i % 8:08d}"]
        for i in range(n)
    ]  # fmt: skip
    return ledger(*rows)


def test_five_thousand_rows_come_in_and_a_second_time_change_nothing(db: Path) -> None:
    data = many(5_000)
    assert commit(data).look.counts["new"] == 5_000
    assert look(data).counts["unchanged"] == 5_000


def test_killed_in_the_middle_leaves_all_or_nothing(any_db: str, tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(many(400))
    before = rows_in_every_table()
    # The child says so when its rows are flushed and not yet committed, then waits to be killed.
    program = (
        "import sys, time, pathlib, datetime\n"
        "from crm.core.access import SYSTEM\n"
        "from crm.ledgers import actions, queries\n"
        "def stop(session):\n"
        "    print('flushed', flush=True)\n"
        "    sys.stdin.read()\n"
        "queries.last_audit_id = stop\n"
        f"actions.commit(SYSTEM, pathlib.Path({str(path)!r}).read_bytes(), 'a.xlsx', actions.Reading(), today=datetime.date(2026, 11, 23))\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(os.environ),
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "flushed\n"
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=10)
    assert rows_in_every_table() == before
    assert commit(path.read_bytes()).look.counts["new"] == 400


# --- mappings -------------------------------------------------------------------------------------------


def test_a_mapping_is_saved_under_a_name_and_used_again(cast: Cast) -> None:
    form = MappingForm(name="某办", choices={"金额": Choice("total_wan", "亿元")})
    actions.save_mapping(cast.supervisor, form)
    data = book_of([["项目名称", "属地", "金额"], ["甲项目", "棠下镇", 2]])
    found = look(data, mapping=actions.load_mapping(SYSTEM, "某办"))
    assert found.verdicts[0].source.project["total_wan"] == 20000
    with pytest.raises(NotFound):
        actions.load_mapping(SYSTEM, "没有这个")


def test_a_mapping_of_two_columns_to_one_field_is_refused(cast: Cast) -> None:
    with pytest.raises(Refusal, match="同一个栏目"):
        actions.save_mapping(
            cast.supervisor, MappingForm(name="x", choices={"甲": Choice("leader"), "乙": Choice("leader")})
        )


def test_somebody_elses_mapping_is_not_overwritten(cast: Cast) -> None:
    actions.save_mapping(cast.supervisor, MappingForm(name="某办", choices={"甲": Choice("leader")}))
    with pytest.raises(NotAllowed):
        actions.save_mapping(cast.officer, MappingForm(name="某办", choices={"甲": Choice("name")}))


# --- out again ------------------------------------------------------------------------------------------


def exported(actor: Actor = SYSTEM) -> bytes:
    return projects_workbook(actions.export_projects(actor, today=TODAY), TODAY)


def test_the_export_comes_back_as_all_unchanged(any_db: str) -> None:
    head = [*HEAD, "建设起止年限", "级别", "类别", "挂点领导", "下一步计划"]
    rows = [
        [*line(1), "2024-2026", "省重点", "产业工程", "谭志强", "继续跟踪"],
        [
            *line(2, 形象进度="=1+1", 存在问题="-无", 属地="环市街"),
            "2026.3-2027年6月底",
            "市重点",
            "民生",
            "",
            "@某",
        ],
        [*line(3, 统一社会信用代码=None, 服务专员=None, 联系电话=None), "2026年", None, None, None, None],
        [
            *line(4, 累计完成投资=None, 形象进度=None, 存在问题=None),
            "2025-01-02至2026-03-04",
            None,
            None,
            None,
            None,
        ],
    ]
    commit(book_of([["截至2026年10月底"], head, *rows], literal=True))
    commit(ledger(line(1, 累计完成投资=300), title="截至2026年11月底"))
    found = look(exported())
    assert found.counts == {"new": 0, "changed": 0, "unchanged": 4, "duplicate": 0, "refused": 0}
    assert [p.reported for p in actions.export_projects(SYSTEM, today=TODAY)] == [
        (2026, 11),
        (2026, 10),
        (2026, 10),
        None,
    ]


def test_the_export_read_into_an_empty_register_gives_the_same_projects(db: Path) -> None:
    commit(
        book_of(
            [
                ["截至2026年10月底"],
                [*HEAD, "建设起止年限", "当前阶段"],
                [*line(1), "2024-2026", None],
                [*line(2), "2026.3-2027年6月底", None],
            ]
        )
    )
    lines = actions.export_projects(SYSTEM, today=TODAY)
    data = exported()
    actions.revert(SYSTEM, 1)
    commit(data)
    assert actions.export_projects(SYSTEM, today=TODAY) == lines
    assert lines[0].start_precision is DatePrecision.YEAR


@pytest.mark.parametrize(
    "name", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(1)", "\t=1", "＝1", "=cmd|' /C calc'!A0"]
)
def test_no_cell_of_an_export_becomes_a_formula(db: Path, name: str) -> None:
    commit(book_of([["项目名称", "属地", "存在问题"], ["甲项目", "棠下镇", f" {name}"]]))
    book = load_workbook(io.BytesIO(exported()))
    cells = [c for row in book.worksheets[0].iter_rows() for c in row if c.value is not None]
    assert {c.data_type for c in cells} <= {"s", "n"}
    assert name.strip() in [c.value for c in cells]


def test_control_characters_and_overlong_texts_do_not_break_the_export() -> None:
    from crm.ledgers.workbook import CELL_LIMIT, CUT, table

    data = table("题", ["甲", "乙"], [["a\x00b\x07c\ud800", "长" * 40_000]], name="表")
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    assert sheet["A3"].value == "abc"
    assert len(sheet["B3"].value) == CELL_LIMIT
    assert sheet["B3"].value.endswith(CUT)


def test_an_export_is_logged_with_who_and_how_many_and_is_capped(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:  # A6
    actions.export_projects(cast.supervisor, today=TODAY)
    with reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "ledgers.export")).one()
    assert (entry.user_id, entry.changes["count"], entry.changes["filters"]) == (
        cast.supervisor.user_id,
        [None, 2],
        [None, {}],
    )
    monkeypatch.setattr("crm.ledgers.actions.giving.EXPORT_CAP", 1)
    with pytest.raises(Refusal, match="最多导出"):
        actions.export_projects(cast.supervisor, today=TODAY)


def test_an_officer_exports_only_his_own_projects(cast: Cast) -> None:  # A1
    assert [p.name for p in actions.export_projects(cast.officer, today=TODAY)] == [
        "恒岳新能源电池项目（一期）"
    ]


def test_refused_rows_go_out_with_the_reason_beside_each_and_come_back_mended(db: Path) -> None:  # I5
    found = look(ledger(line(1), line(2, 属地="会城街道")))
    data = refused_workbook(found.sheets, found.understanding, found.verdicts)
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    head = [c.value for c in sheet[2]]
    body = dict(zip(head, [c.value for c in sheet[3]], strict=True))
    assert (body["原行号"], body["项目名称"], body["属地"]) == (4, "第2号冷链物流项目", "会城街道")
    assert "不是本区镇街" in body["退回原因"]
    sheet.cell(3, head.index("属地") + 1, "杜阮镇")
    out = io.BytesIO()
    sheet.parent.save(out)
    (verdict,) = look(out.getvalue()).verdicts
    assert verdict.verdict.value == "new"
    assert verdict.source.project["total_wan"] == Decimal(1002)


def test_the_batch_says_what_it_was(db: Path) -> None:
    commit(ledger(line(1), line(1), line(2, 属地="会城街道")), good=True)
    with reading() as session:
        ((found,), total) = queries.batches(session, SYSTEM)
        assert session.exec(select(ImportBatch.sha256)).one()
    assert total == 1
    assert (found.new, found.duplicates, found.refused, found.year, found.month) == (1, 1, 1, 2026, 10)
