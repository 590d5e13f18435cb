"""What a file may look like: encodings, workbooks, hostile ones; and what is never kept of a person."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from crm.caselog import actions, headers, queries, reader, rules
from crm.caselog.actions import Reading
from crm.core import files
from crm.core.access import SYSTEM, Actor
from crm.core.db import engine, reading
from crm.core.errors import NotAllowed, Refusal
from crm.core.files import find
from models.vocabulary import LoadState
from tests.caselog.exports import HEAD, TODAY, bring, case, counts, put, reasons, row, text
from tests.conftest import Cast

ID_CARD = "440703199003070017"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_common_encoding_is_read(db: Path, tmp_path: Path, encoding: str) -> None:
    bring(put(tmp_path, [row("A1")], encoding=encoding))
    assert case("A1").applicant == "江门市恒岳科技有限公司"


@pytest.mark.parametrize("mark", ["\t", ";"])
def test_other_separators_are_found(db: Path, tmp_path: Path, mark: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text([row("A1")]).replace(",", mark), encoding="gb18030")
    assert counts(bring(path)) == (1, 0, 0, 0, 0)


def test_title_lines_blank_lines_totals_and_a_repeated_header_are_no_rows(db: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    body = text([row("A1"), [], row("A2")]) + text([row("A3"), ["合计", "3"]])
    path.write_text("区行政服务中心办件导出\n导出时间：2026-11-23\n" + body, encoding="utf-8")
    found = bring(path)
    assert counts(found) == (3, 0, 0, 0, 0)


def test_row_numbers_are_those_of_the_sheet(db: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("标题\n\n" + text([row("A1"), [], row("A2", 收件时间="x")]), encoding="utf-8")
    assert list(reasons(bring(path).id)) == [6]


def workbook(rows: list[list[object]], *, name: str = "办件.xlsx", folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in [list(HEAD), *rows]:
        sheet.append(line)
    book.create_sheet("说明").append(["本表由系统导出"])
    path = folder / name
    book.save(path)
    return path


def test_a_workbook_with_real_dates_is_the_same_as_its_text(db: Path, tmp_path: Path) -> None:
    cells: list[object] = list(row("A1"))
    cells[7:10] = [
        datetime.fromisoformat(at) for at in ("2026-03-02 09:30", "2026-03-02 00:00", "2026-03-06 16:00")
    ]
    cells[11], cells[12] = 5, 15.0
    path = workbook([cells], folder=tmp_path)
    received = actions.receive(SYSTEM, path, path.name)
    look = actions.look(SYSTEM, received, Reading(), today=TODAY)
    assert look.notes == ("只读取工作表“Sheet”，没有读取：说明",)
    bring(path)
    one = case("A1")
    assert (one.received_on.isoformat(), one.running_wd, one.promised_limit) == ("2026-03-02", 4, 5)
    assert one.closed_at is not None


def test_a_number_that_excel_rounded_is_refused_not_guessed(db: Path, tmp_path: Path) -> None:
    cells: list[object] = list(row("A1"))
    cells[0] = 44070320260302000123
    found = bring(workbook([cells], folder=tmp_path))
    assert "办件编号被Excel改成了科学计数" in reasons(found.id)[2]


def test_a_formula_is_only_text_on_the_way_in_and_on_the_way_out(
    db: Path, cast: Cast, tmp_path: Path
) -> None:
    evil = '=HYPERLINK("http://x","y")'
    found = bring(put(tmp_path, [row("A1", 收件时间=evil, 申请单位="=1+1有限公司")]))
    assert found.refused == 1
    public_id = actions.keep_refused(SYSTEM, found.id)
    with reading() as session:
        sheet = openpyxl.load_workbook(io.BytesIO(files.read(find(session, public_id)))).active
    assert sheet is not None
    assert {cell.data_type for line in sheet.iter_rows() for cell in line if cell.value is not None} == {"s"}
    assert [cell.value for cell in sheet[2]][:1] == ["A1"]
    assert str(sheet.cell(2, sheet.max_column).value).startswith("收件时间“=HYPERLINK")


def test_refused_rows_mended_in_the_workbook_come_in(db: Path, tmp_path: Path) -> None:
    found = bring(put(tmp_path, [row("A1", 收件时间="2026-02-30"), row("A2")]))
    with reading() as session:
        data = actions.workbook(queries.set_aside(session, SYSTEM, found.id))
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.active
    assert sheet is not None
    at = [cell.value for cell in sheet[1]].index("收件时间") + 1
    sheet.cell(2, at).value = "2026-03-01"
    path = tmp_path / "改正.xlsx"
    book.save(path)
    assert counts(bring(path)) == (1, 0, 0, 0, 0)


def zipped(folder: Path, name: str, members: dict[str, bytes]) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return path


def test_a_zip_with_one_export_is_read(db: Path, tmp_path: Path) -> None:
    path = zipped(
        tmp_path, "2026.zip", {"导出/办件.csv": text([row("A1")]).encode("gb18030"), "说明.docx": b"x"}
    )
    found = bring(path)
    assert (found.file_name, counts(found)) == ("办件.csv", (1, 0, 0, 0, 0))
    with pytest.raises(Refusal, match="只有一个"):
        actions.receive(SYSTEM, zipped(tmp_path, "b.zip", {"a.csv": b"1", "b.csv": b"2"}), "b.zip")


PARTS = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}
ENTITY = b'<!DOCTYPE x [<!ENTITY a "b">]><workbook/>'
GOOD = text([row("A1")]).encode()
ZEROS = 300_000_000


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


# what it is -> (how it is made, what is said of it)
HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "empty": (lambda f: written(f, "e.csv", b""), "是空的"),
    "binary": (lambda f: written(f, "b.csv", b"\x00\x01\x02" * 1000), "不是文本文件"),
    "html": (lambda f: written(f, "h.csv", b"<html><table><tr><td>1</td></tr></table>"), "其实是网页"),
    "no header": (lambda f: written(f, "n.csv", b"1,2,3\n4,5,6\n"), "没有找到表头"),
    "wrong type": (lambda f: written(f, "a.exe", GOOD), "不认识"),
    "endless line": (lambda f: written(f, "l.csv", GOOD + b"x" * 2_000_000), "超过100万字"),
    "open quote": (lambda f: written(f, "q.csv", GOOD + b'"' + b"x,\n" * 200_000), "引号没有配对"),
    "noise": (lambda f: written(f, "r.csv", GOOD + bytes([0xFF, 0x81, 0x0A]) * 5_000), "文字编码无法识别"),
    "bomb": (lambda f: zipped(f, "z.xlsx", PARTS | {"xl/worksheets/sheet1.xml": bytes(ZEROS)}), "解压后过大"),
    "zip bomb": (lambda f: zipped(f, "z.zip", {"a.csv": bytes(ZEROS)}), "解压后过大"),
    "macro": (lambda f: zipped(f, "m.xlsx", PARTS | {"xl/vbaProject.bin": b"x"}), "含宏"),
    "entities": (lambda f: zipped(f, "x.xlsx", PARTS | {"xl/workbook.xml": ENTITY}), "外部实体"),
    "half": (lambda f: written(f, "p.xlsx", b"PK\x03\x04" + b"x" * 100), "不完整或已损坏"),
    "word": (lambda f: zipped(f, "w.xlsx", {"word/document.xml": b"x"}), "没有工作表"),
}


@pytest.mark.parametrize("which", list(HOSTILE))
def test_a_hostile_file_gets_one_sentence_and_leaves_nothing(db: Path, tmp_path: Path, which: str) -> None:
    make, says = HOSTILE[which]
    path = make(tmp_path)
    with pytest.raises(Refusal, match=says) as told:
        actions.receive(SYSTEM, path, path.name)
    assert len(told.value.problems) == 1
    assert list((db / "intake").iterdir()) == []


def test_a_damaged_byte_refuses_its_row_alone(db: Path, tmp_path: Path) -> None:
    rows = [row(f"A{n:03d}") for n in range(300)]
    data = text(rows).encode().replace("江门市恒岳".encode(), b"\xff\xfe", 1)
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    found = bring(path)
    assert counts(found) == (299, 0, 0, 0, 1)
    assert reasons(found.id) == {2: "整行：含有无法识别的字符，请重新导出"}


def test_nul_and_control_marks_never_reach_the_database(any_db: str, cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    filler = text([row(f"B{n:04d}") for n in range(800)])  # so that the first look sees text alone
    path.write_text(
        filler + text([row("A1", 申请单位="江门市\x00恒\x07岳有限公司")]).split("\n", 1)[1], "utf-8"
    )
    assert bring(path).state is LoadState.DONE
    assert case("A1").applicant == "江门市恒 岳有限公司"


# --- people


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("张三", "", ""),
        ("庄晓红", "", ""),
        ("欧阳建国", "", ""),
        ("阿卜杜拉·买买提", "", ""),
        ("陈**", "", ""),
        ("JOHN SMITH", "", ""),
        ("李四、王五", "", ""),
        ("张三", ID_CARD, ""),
        ("张三", "440703********0017", ""),
        ("张三服装店", "", "个人"),
        ("某某科技有限公司", "91440703MA4UQPYH7H", "自然人"),
    ],
)
def test_a_natural_person_is_kept_as_such_and_nothing_more(
    db: Path, tmp_path: Path, name: str, code: str, kind: str
) -> None:
    cells = [*row("A1", 申请单位=name, 统一社会信用代码=code), kind]
    bad = [*row("A2", 申请单位=name, 统一社会信用代码=code, 收件时间="x"), kind]
    found = bring(put(tmp_path, [cells, bad], [*HEAD, "申请人类型"]))
    one = case("A1")
    assert (one.applicant, one.applicant_code, one.enterprise_id) == ("个人", "", None)
    assert found.refused == 1
    with engine().connect() as connection:
        dump = [
            str(tuple(r))
            for table in ("permit_case", "case_batch", "case_batch_row", "audit_entry", "item")
            for r in connection.execute(sa.text("SELECT * FROM " + table))
        ]
    for words in (name, code):
        assert not words or not any(words in r for r in dump), words


@pytest.mark.parametrize("name", ["江门市恒岳科技有限公司", "荷塘五金厂", "蓬江区棠下中学", "ABC Co Ltd"])
def test_an_organisation_keeps_its_name(name: str) -> None:
    assert not rules.is_person(name, "", has_code=False, has_id_card=False)


@given(st.text(alphabet="赵钱孙李周吴郑王庄商楼馆园行", min_size=1, max_size=3))
def test_a_short_name_without_a_code_is_always_a_persons(name: str) -> None:
    assert rules.is_person(name, "", has_code=False, has_id_card=False)


def test_columns_nobody_asked_for_are_not_kept(db: Path, tmp_path: Path) -> None:
    bring(put(tmp_path, [[*row("A1"), "13800001111", "张三"]], [*HEAD, "联系电话", "法定代表人"]))
    assert case("A1").extra is None


# --- headers and rights


@pytest.mark.parametrize(
    ("header", "field"),
    [("申办流水号", "case_no"), ("受理时间（年月日）", "accepted"), (" 收件 日期 ", "received"), ("实际办结时间", "closed"),
     ("法定办结时限", "legal_limit"), ("case:enddate_planned", "planned_end"), ("联系人", None)],
)  # fmt: skip
def test_headers_are_known_by_their_synonyms(header: str, field: str | None) -> None:
    assert headers.recognise([header], "cases").get(0) == field


def test_a_person_says_what_a_column_means(db: Path, tmp_path: Path) -> None:
    head = ["号", *HEAD[1:]]
    path = put(tmp_path, [row("A1")], head)
    with pytest.raises(Refusal, match="没有找到表头"):
        actions.receive(SYSTEM, path, path.name)
    head = ["办件编号", *HEAD[1:7], "来的日子", *HEAD[8:]]
    path = put(tmp_path, [row("A1")], head)
    received = actions.receive(SYSTEM, path, path.name)
    with pytest.raises(Refusal, match="文件缺少这些列：收件时间"):
        actions.look(SYSTEM, received, Reading(), today=TODAY)
    look = actions.look(SYSTEM, received, Reading(columns={"来的日子": "received", "渠道": ""}), today=TODAY)
    assert look.tally.created == 1


@pytest.mark.parametrize("who", ["officer", "clerk", "handler", "leader"])
def test_only_supervisor_and_administrator_import(cast: Cast, tmp_path: Path, who: str) -> None:
    actor: Actor = getattr(cast, who)
    with pytest.raises(NotAllowed):
        actions.receive(actor, put(tmp_path, [row("A1")]), "a.csv")
    with reading() as session, pytest.raises(NotAllowed):
        queries.batches(session, actor)


def test_a_sheet_too_large_for_memory_is_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm.caselog import child

    path = workbook([list(row("A1")), [], list(row("A2"))], folder=tmp_path)
    whole, walked = tmp_path / "1.csv", tmp_path / "2.csv"
    child.convert(str(path), str(whole))
    monkeypatch.setattr(child, "AT_ONCE", 0)
    child.convert(str(path), str(walked))
    assert whole.read_text() == walked.read_text()
    assert reader.survey(whole, "a.csv").rows == 3
