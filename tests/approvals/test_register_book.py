"""特殊环节登记簿: what is in it from the start, what may be written in it, and its way out and in as a workbook."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlmodel import select

from crm.approvals import reference
from crm.approvals.actions import registry
from crm.approvals.actions.registry import Outcome
from crm.approvals.catalogue_inputs import ProcedureForm
from crm.approvals.catalogue_rules import ENTRY_FIELDS, Entry, Wrong, completed, names_article_45, wrong_with
from crm.approvals.queries.registry import EntryRow, all_entries
from crm.approvals.register_book import HEADERS
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, NotAllowed, Refusal
from crm.ledgers.registers import read_register, refused_workbook, register_workbook
from models import Item, ItemProcedure
from models.vocabulary import ARTICLE_45_KINDS, ProcedureKind, RowVerdict
from tests.conftest import MONDAY, Cast
from tests.ledgers.books import book_of

K = ProcedureKind
LAW = "行政许可法第四十五条"
NAME, KIND, LONGEST, CHARGED, COUNTED, STOP_BASIS, TOLD = (
    "环节名称",
    "环节类别",
    "所需时限（工作日）",
    "是否收费",
    "是否计算在法定办结时限内",
    "不计入依据",
    "须书面告知",
)


def register() -> dict[tuple[str, str], EntryRow]:
    with reading() as session:
        return {(row.item_code, row.entry.name): row for row in all_entries(session)}


# --- what is in it from the start


def test_every_item_with_special_steps_is_on_the_register_and_no_other(db: object) -> None:
    with reading() as session:
        told = {i.code for i in session.exec(select(Item)) if i.special_steps}
    assert {code for code, _name in register()} == told


def test_what_stops_the_clock_is_named_by_article_45_or_by_a_law_of_the_item(db: object) -> None:
    rows = register()
    assert [key for key, row in rows.items() if wrong_with(row.entry)] == []
    own = {key for key, r in rows.items() if r.entry.stops_clock and r.entry.kind not in ARTICLE_45_KINDS}
    assert own == {
        ("P13", "委托评估"),
        ("P27", "技术评审"),
        ("P29", "征求有关部门意见"),
        ("P29", "争议诉讼中止"),
    }
    checks = [row.entry for row in rows.values() if row.entry.kind is K.SITE_CHECK]
    assert len(checks) == 12
    assert not any(entry.stops_clock for entry in checks)


@pytest.mark.parametrize(
    ("code", "name", "stops", "start", "longest"),
    [
        ("P13", "委托评估", True, None, 30),
        ("P27", "技术评审", True, None, 30),
        ("P29", "听证", True, None, 20),
        ("P29", "征求有关部门意见", True, None, None),
        ("P32", "特殊消防设计专家评审", True, 3, 20),
        ("P35", "现场核查", False, 2, 3),
        ("P61", "现场核查", False, 2, 3),
        ("P67", "现场核查", False, 2, 3),
        ("P26", "节能评审", False, None, None),
        ("P68", "检验", True, 5, None),
    ],
)
def test_the_registers_limits(
    db: object, code: str, name: str, stops: bool, start: int | None, longest: int | None
) -> None:
    entry = register()[code, name].entry
    assert (entry.stops_clock, entry.start_limit_wd, entry.longest_wd) == (stops, start, longest)
    assert entry.notice_needed == stops
    assert entry.times == 1


def test_a_proposed_limit_is_marked_and_a_found_one_is_not(db: object) -> None:
    rows = register()
    assert rows["P35", "现场核查"].doubtful
    assert not rows["P27", "技术评审"].doubtful
    limited = [r for r in rows.values() if r.entry.kind is K.SITE_CHECK and r.entry.start_limit_wd]
    assert all(row.doubtful for row in limited)  # no law sets them: a proposal


def test_seeding_again_keeps_a_register_that_somebody_keeps(db: object) -> None:
    with unit_of_work(SYSTEM, "test.kept") as session:
        row = session.exec(select(ItemProcedure).where(ItemProcedure.name == "委托评估")).one()
        row.longest_wd = 20
    with unit_of_work(SYSTEM, "test.seed_again") as session:
        reference.seed(session)
    assert register()["P13", "委托评估"].entry.longest_wd == 20


# --- what may stand in it


CHECK = Entry(K.SITE_CHECK, "现场核查")
HEARING = Entry(K.HEARING, "听证", stops_clock=True, notice_needed=True)


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        (CHECK, []),
        (HEARING, []),
        (replace(CHECK, stops_clock=True, notice_needed=True), [Wrong.NOT_ARTICLE_45]),
        (replace(CHECK, stops_clock=True, notice_needed=True, stop_basis=LAW), [Wrong.NOT_ARTICLE_45]),
        (replace(CHECK, stops_clock=True, notice_needed=True, stop_basis="条例第九条"), []),
        (replace(CHECK, stops_clock=True, stop_basis="条例第九条"), [Wrong.NO_NOTICE]),
        (replace(HEARING, notice_needed=False), [Wrong.NO_NOTICE]),
        (replace(CHECK, stop_basis="条例第九条"), [Wrong.STOP_BASIS_IDLE]),
        (replace(CHECK, charged=True), [Wrong.NO_CHARGE_BASIS]),
        (replace(CHECK, charge_basis="价目表"), [Wrong.CHARGE_BASIS_IDLE]),
        (replace(CHECK, name=""), [Wrong.NO_NAME]),
    ],
)
def test_what_an_entry_is_refused_for(entry: Entry, wrong: list[Wrong]) -> None:
    assert wrong_with(entry) == wrong


@pytest.mark.parametrize("kind", list(K))
def test_only_the_kinds_article_45_names_may_lean_on_it(kind: ProcedureKind) -> None:
    entry = completed(Entry(kind, "环节", stops_clock=True, notice_needed=True))
    assert (not wrong_with(entry)) == (kind in ARTICLE_45_KINDS)
    assert entry.stop_basis == (LAW if kind in ARTICLE_45_KINDS else "")


@pytest.mark.parametrize(
    ("basis", "only"),
    [
        ("《中华人民共和国行政许可法》第四十五条", True),
        ("行政许可法 第45条", True),
        ("许可法45条", True),
        ("行政许可法第四十五条；取水条例第十九条", False),
        ("水利部令第53号", False),
        ("", False),
    ],
)
def test_article_45_is_known_however_it_is_written(basis: str, only: bool) -> None:
    assert names_article_45(basis) == only


def form(row: EntryRow, **typed: Any) -> ProcedureForm:
    opened = {name: getattr(row.entry, name) for name in ENTRY_FIELDS}
    return ProcedureForm(
        item_id=row.item_id, procedure_id=row.id, version=row.version, opened=opened, **(opened | typed)
    )


def test_a_site_check_that_stops_the_clock_is_refused_with_the_laws_name(cast: Cast) -> None:
    row = register()["P35", "现场核查"]
    with pytest.raises(Refusal, match="行政许可法第四十五条"):
        registry.save_procedure(cast.supervisor, form(row, stops_clock=True, notice_needed=True))
    registry.save_procedure(cast.supervisor, form(row, longest_wd=2))
    assert register()["P35", "现场核查"].entry.longest_wd == 2


def test_the_register_is_kept_by_who_keeps_the_catalogue_and_no_change_is_lost(cast: Cast) -> None:
    row = register()["P35", "现场核查"]
    for actor in (cast.officer, cast.handler, cast.leader):
        with pytest.raises(NotAllowed):
            registry.save_procedure(actor, form(row, longest_wd=2))
    registry.save_procedure(cast.supervisor, form(row, longest_wd=2))
    with pytest.raises(Conflict):
        registry.save_procedure(cast.admin, form(row, longest_wd=1))


# --- out and in


def exported() -> bytes:
    with reading() as session:
        return register_workbook(all_entries(session), MONDAY)


def mended(**cells: tuple[str, str, Any]) -> bytes:
    """The exported book with cells changed: name -> (row's 环节名称, header, value)."""
    book = load_workbook(io.BytesIO(exported()))
    sheet = book.active
    assert sheet is not None
    heads = {c.value: c.column for c in sheet[2]}
    for name, header, value in cells.values():
        for row in range(3, sheet.max_row + 1):
            if sheet.cell(row, heads[NAME]).value == name:
                sheet.cell(row, heads[header]).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def look(actor: Any, data: bytes) -> Outcome:
    return registry.look_register(actor, read_register(data, "登记簿.xlsx").lines)


def write(actor: Any, data: bytes, *, good: bool = False) -> Outcome:
    lines = read_register(data, "登记簿.xlsx").lines
    return registry.write_register(actor, lines, file_name="登记簿.xlsx", good_rows_only=good)


def test_what_goes_out_comes_in_unchanged(any_db: str, cast: Cast) -> None:
    before = register()
    outcome = write(cast.supervisor, exported())
    assert outcome.count(RowVerdict.UNCHANGED) == len(outcome.verdicts) == len(before)
    assert outcome.written == 0
    assert register() == before


def test_its_columns_are_those_of_a_published_guide(db: object) -> None:
    guide = [
        NAME,
        "环节类别",
        "所需时限（工作日）",
        "法定依据",
        "是否收费",
        "收费依据",
        COUNTED,
    ]
    assert list(HEADERS[3:10]) == guide
    sheet = load_workbook(io.BytesIO(exported())).active
    assert sheet is not None
    assert [c.value for c in sheet[2]] == list(HEADERS)


def test_a_mended_row_is_shown_before_it_is_written(any_db: str, cast: Cast) -> None:
    data = mended(a=("委托评估", LONGEST, 20))
    outcome = look(cast.supervisor, data)
    (changed,) = [v for v in outcome.verdicts if v.verdict is RowVerdict.CHANGED]
    assert changed.changes == {LONGEST: ("30", "20")}
    assert register()["P13", "委托评估"].entry.longest_wd == 30
    assert write(cast.supervisor, data).written == 1
    assert register()["P13", "委托评估"].entry.longest_wd == 20
    assert write(cast.supervisor, data).written == 0  # the same file twice


def test_every_error_of_a_row_is_told_with_line_column_value_and_what_may_stand_there(cast: Cast) -> None:
    data = mended(
        a=("委托评估", LONGEST, "三十"), b=("委托评估", CHARGED, "也许"), c=("委托评估", KIND, "评估")
    )
    (refused,) = look(cast.supervisor, data).refused
    told = {t.column: (t.value, t.allowed) for t in refused.troubles}
    assert refused.line.row == 3
    assert told[LONGEST] == ("三十", "1至365的整数")
    assert told[CHARGED] == ("也许", "是 / 否")
    assert told[KIND][0] == "评估"
    assert "技术审查" in told[KIND][1]


def test_a_bad_row_keeps_everything_out_unless_only_good_rows_are_wanted(any_db: str, cast: Cast) -> None:
    data = mended(a=("委托评估", LONGEST, 20), b=("选址论证", COUNTED, ""))
    outcome = write(cast.supervisor, data)
    assert (outcome.written, len(outcome.refused)) == (0, 1)
    assert register()["P13", "委托评估"].entry.longest_wd == 30
    assert write(cast.supervisor, data, good=True).written == 1
    assert register()["P13", "委托评估"].entry.longest_wd == 20


def test_refused_rows_go_out_with_their_reasons_and_come_in_again_mended(cast: Cast) -> None:
    outcome = look(cast.supervisor, mended(b=("选址论证", COUNTED, "")))
    data = refused_workbook(outcome.verdicts)
    book = load_workbook(io.BytesIO(data))
    sheet = book.active
    assert sheet is not None
    heads = {c.value: c.column for c in sheet[2]}
    assert COUNTED in str(sheet.cell(3, heads["退回原因"]).value)
    sheet.cell(3, heads[COUNTED]).value = "是"
    out = io.BytesIO()
    book.save(out)
    assert [v.verdict for v in look(cast.supervisor, out.getvalue()).verdicts] == [RowVerdict.UNCHANGED]


NEEDED = ["事项编号", NAME, KIND, COUNTED]


def rows(*records: list[Any], head: list[str] | None = None) -> bytes:
    return book_of([head or NEEDED, *records])


def test_the_order_of_columns_is_free_and_what_a_file_leaves_out_stays(cast: Cast) -> None:
    data = rows(["是", "现场核查", "P35", "现场核查"], head=[COUNTED, NAME, "事项编号", KIND])
    assert [v.verdict for v in look(cast.supervisor, data).verdicts] == [RowVerdict.UNCHANGED]
    assert write(cast.supervisor, data).written == 0
    assert len(register()) == 38


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ([*NEEDED, "责任人电话"], "不认识的列：责任人电话"),
        (["事项编号", NAME, KIND], "缺少列：是否计算在法定办结时限内"),
        ([*NEEDED, NAME], "列重复：环节名称"),
    ],
)
def test_a_column_nobody_knows_is_refused_before_any_row_is_read(
    cast: Cast, head: list[str], said: str
) -> None:
    with pytest.raises(Refusal, match=said):
        look(cast.supervisor, rows(["P99", "没有的环节", "没有的类别", "也许", "x"], head=head))


def test_a_row_that_says_a_site_check_stops_the_clock_is_refused_with_the_laws_name(cast: Cast) -> None:
    head = [*NEEDED, STOP_BASIS, TOLD]
    data = rows(
        ["P35", "现场核查", "现场核查", "否", "", "是"],
        ["P34", "现场踏勘", "现场核查", "否", LAW, "是"],
        ["P36", "现场踏勘", "现场核查", "否", "某条例第九条", "是"],
        ["P23", "听证", "听证", "否", "", "否"],
        head=head,
    )
    outcome = look(cast.supervisor, data)
    assert [v.verdict for v in outcome.verdicts] == [
        RowVerdict.REFUSED,
        RowVerdict.REFUSED,
        RowVerdict.CHANGED,
        RowVerdict.REFUSED,
    ]
    assert all("行政许可法第四十五条" in t.reason for v in outcome.refused for t in v.troubles)


def test_an_unknown_item_and_a_repeated_row_are_refused(cast: Cast) -> None:
    data = rows(
        ["P99", "核查", "现场核查", "是"],
        ["P38", "复勘", "现场核查", "是"],
        ["P38", "复勘", "现场核查", "是"],
    )
    outcome = look(cast.supervisor, data)
    assert [v.verdict for v in outcome.verdicts] == [RowVerdict.REFUSED, RowVerdict.NEW, RowVerdict.REFUSED]
    assert "目录中没有" in outcome.verdicts[0].troubles[0].reason
    assert "第3行" in outcome.verdicts[2].troubles[0].reason


def bomb() -> bytes:
    out = io.BytesIO(exported())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b"0" * 60_000_000)
    return out.getvalue()


def with_macro() -> bytes:
    out = io.BytesIO(exported())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: rows(["P35", "=1+1", "现场核查", "是"]), "公式"),
        (bomb, "压缩炸弹"),
        (with_macro, "含宏"),
        (lambda: b"PK\x03\x04 half", "损坏"),
        (lambda: b"", "空的"),
        (lambda: book_of([["项目名称", "属地"], ["甲", "棠下"]]), "没有找到登记簿的表头"),
        (lambda: book_of([NEEDED]), "一行也没有"),
    ],
)
def test_a_hostile_or_a_wrong_file_is_answered_by_one_sentence(db: object, make: Any, said: str) -> None:
    with pytest.raises(Refusal, match=said) as refused:
        read_register(make(), "登记簿.xlsx")
    assert len(refused.value.problems) == 1


def test_a_text_that_looks_like_a_formula_goes_out_as_text(cast: Cast) -> None:
    row = register()["P35", "现场核查"]
    registry.save_procedure(cast.supervisor, form(row, conditions="=HYPERLINK(1)"))
    sheet = load_workbook(io.BytesIO(exported())).active
    assert sheet is not None
    found = [c for line in sheet.iter_rows() for c in line if c.value == "=HYPERLINK(1)"]
    assert [c.data_type for c in found] == ["s"]
