"""Hostile, disguised and broken files: one clear sentence each, quickly, and the caller lives on."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from crm.core.errors import Refusal
from crm.ledgers import reader
from tests.ledgers.books import book_of, bytes_of, csv_of, simple_book, xls_of

GOOD = simple_book([("甲冷链项目", "棠下镇", 1200)])


def with_member(data: bytes, name: str, content: bytes, *, replace: bool = True) -> bytes:
    """The workbook with one member added or exchanged."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename != name or not replace:
                new.writestr(member.filename, old.read(member))
        new.writestr(name, content)
    return out.getvalue()


def sheet_xml(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("xl/worksheets/sheet1.xml")


def far_cell() -> bytes:
    book = load_workbook(io.BytesIO(GOOD))
    book.worksheets[0]["XFD1048576"] = 1
    return bytes_of(book)


def zip_bomb() -> bytes:
    return with_member(GOOD, "xl/media/image1.bin", b"\0" * 300_000_000)


def sheet_bomb() -> bytes:
    """Few bytes in the file, millions of cells in the sheet."""
    row = (
        b'<row r="%d">'
        + b"".join(b'<c r="%s%%d"><v>1</v></c>' % bytes([65 + i]) for i in range(20))
        + b"</row>"
    )
    rows = b"".join(row.replace(b"%d", str(n).encode()) for n in range(1, 60_001))
    head, tail = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>',
        b"</sheetData></worksheet>",
    )
    return with_member(GOOD, "xl/worksheets/sheet1.xml", head + rows + tail)


def many_members() -> bytes:
    out = io.BytesIO(GOOD)
    with zipfile.ZipFile(out, "a") as archive:
        for n in range(5_000):
            archive.writestr(f"xl/x{n}.xml", b"")
    return out.getvalue()


def laughs(kind: str) -> bytes:
    doctype = {
        "xxe": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        "laughs": b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    }[kind]
    return with_member(GOOD, "xl/worksheets/sheet1.xml", doctype + sheet_xml(GOOD))


def docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    return out.getvalue()


def encrypted_zip() -> bytes:
    data = bytearray(GOOD)
    # The "encrypted" bit of every local and central header.
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

HOSTILE = {
    "empty": (lambda: b"", "台账.xlsx", "空的"),
    "text named xlsx": (lambda: "项目名称,属地".encode(), "台账.xlsx", "不是Excel工作簿"),
    "html named xls": (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "台账.xls", "网页"),
    "html named csv": (lambda: b"<!DOCTYPE html><html></html>", "台账.csv", "网页"),
    "half a zip": (lambda: GOOD[: len(GOOD) // 2], "台账.xlsx", "不完整"),
    "docx named xlsx": (docx, "台账.xlsx", "没有工作表"),
    "macro workbook": (lambda: GOOD, "台账.xlsm", "宏"),
    "macro inside": (lambda: with_member(GOOD, "xl/vbaProject.bin", b"x"), "台账.xlsx", "宏"),
    "encrypted xlsx (OLE)": (lambda: OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600, "台账.xlsx", "密码"),
    "encrypted zip": (encrypted_zip, "台账.xlsx", "密码"),
    "broken xls": (lambda: OLE + b"\0" * 2000, "台账.xls", "损坏"),
    "broken xml": (lambda: with_member(GOOD, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"), "台账.xlsx", "损坏"),
    "far cell": (far_cell, "台账.xlsx", "XFD1048576"),
    "zip bomb": (zip_bomb, "台账.xlsx", "压缩炸弹"),
    "sheet of a million cells": (sheet_bomb, "台账.xlsx", "拆分"),
    "five thousand members": (many_members, "台账.xlsx", "压缩炸弹"),
    "external entity": (lambda: laughs("xxe"), "台账.xlsx", "外部实体"),
    "billion laughs": (lambda: laughs("laughs"), "台账.xlsx", "外部实体"),
    "binary named csv": (lambda: b"a,b\n\x00\x01\x02", "台账.csv", "不是文本文件"),
    "a kind we do not read": (lambda: b"%PDF-1.7", "台账.pdf", "不认识"),
    "workbook named csv": (lambda: GOOD, "台账.csv", "扩展名"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_gets_one_sentence_within_ten_seconds(what: str) -> None:
    make, name, says = HOSTILE[what]
    data = make()
    begun = time.monotonic()
    with pytest.raises(Refusal) as refused:
        reader.read(data, name)
    assert time.monotonic() - begun < 10
    assert says in str(refused.value)
    assert str(refused.value).count("。") <= 3
    # The caller lives on and reads the next file.
    assert reader.read(GOOD, "台账.xlsx")[0].rows[2][1].text == "甲冷链项目"


def test_a_file_larger_than_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "FILE_BYTES", 1000)
    with pytest.raises(Refusal, match="上限"):
        reader.read(GOOD, "台账.xlsx")


def test_a_child_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("while True: pass")
    monkeypatch.setattr(reader, "CHILD", slow)
    monkeypatch.setattr(reader, "SECONDS", 0.5)
    with pytest.raises(Refusal, match="没有读完"):
        reader.read(GOOD, "台账.xlsx")


def test_a_child_that_dies_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dying = tmp_path / "dying.py"
    dying.write_text("import os; os.abort()")
    monkeypatch.setattr(reader, "CHILD", dying)
    with pytest.raises(Refusal, match="损坏"):
        reader.read(GOOD, "台账.xlsx")


def test_the_child_may_not_take_more_than_its_memory(tmp_path: Path) -> None:
    import subprocess
    import sys

    probe = (
        f"import runpy, sys; sys.argv = ['child', 'csv']\n"
        f"child = runpy.run_path({str(reader.CHILD)!r})\n"
        "child['READERS']['csv'] = lambda data: len(bytearray(700_000_000))\n"
        "child['main']()"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], input=b"", capture_output=True, timeout=20, check=False
    )
    assert done.stdout == b'{"error": "memory"}'


def test_styled_empty_cells_far_away_are_no_reason_to_refuse() -> None:
    book = load_workbook(io.BytesIO(GOOD))
    book.worksheets[0]["XFD9"].number_format = "0.00"
    assert len(reader.read(bytes_of(book), "台账.xlsx")[0].rows) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_csv_in_every_usual_encoding_and_separator(encoding: str, separator: str) -> None:
    data = csv_of(
        [["项目名称", "属地", "总投资"], ["㙍氏𬭚业项目", "棠下镇", "1,200"]],
        encoding=encoding,
        separator=separator,
    )
    sheet = reader.read(data, "台账.csv")[0]
    assert [c.text for c in sheet.rows[2].values()] == ["㙍氏𬭚业项目", "棠下镇", "1,200"]


def test_csv_rows_are_numbered_as_the_sheet_shows_them() -> None:
    data = '项目名称,属地\n\n"甲\n项目",棠下镇\n乙项目,荷塘镇\n'.encode()
    assert list(reader.read(data, "a.csv")[0].rows) == [1, 3, 4]


def test_old_xls_keeps_merges_and_numbers() -> None:
    sheet = reader.read(
        xls_of([["项目名称", "属地"], ["甲", "棠下镇"], ["乙", None]], merges=[(1, 2, 1, 1)]), "a.xls"
    )[0]
    assert sheet.merges == ((2, 2, 3, 2),)
    assert sheet.rows[2][2].text == "棠下镇"


def test_numbers_percentages_dates_errors_and_formulas_are_told_apart() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    from datetime import date, datetime

    for c, (value, shape) in enumerate(
        [
            (2026.1, "0.00"),
            (0.573, "0.0%"),
            (datetime(2026, 11, 1), "yyyy-mm-dd"),  # noqa: DTZ001 - a cell has no zone
            (date(2026, 11, 1), 'yyyy"年"m"月"'),
            ("#DIV/0!", "General"),
            ("=1+1", "General"),
            (True, "General"),
        ],
        1,
    ):
        sheet.cell(1, c, value).number_format = shape
    sheet.cell(1, 5).data_type = "e"
    cells = reader.read(bytes_of(book), "a.xlsx")[0].rows[1]
    assert {c: (cell.kind, cell.text) for c, cell in cells.items()} == {
        1: ("n", "2026.10"),
        2: ("p", "57.3%"),
        3: ("d", "2026-11-01"),
        4: ("m", "2026-11"),
        5: ("e", "#DIV/0!"),
        6: ("f", "=1+1"),
        7: ("b", "True"),
    }


def test_a_1904_workbook_keeps_its_dates() -> None:
    from datetime import datetime

    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.worksheets[0]["A1"] = datetime(2026, 3, 1)  # noqa: DTZ001 - a cell has no zone
    assert reader.read(bytes_of(book), "a.xlsx")[0].rows[1][1].text == "2026-03-01"


def test_hidden_sheets_rows_and_columns_are_reported() -> None:
    book = load_workbook(io.BytesIO(book_of([["项目名称", "属地"], ["甲", "棠下镇"]])))
    book.worksheets[0].row_dimensions[2].hidden = True
    book.worksheets[0].column_dimensions["B"].hidden = True
    book.create_sheet("旧表").sheet_state = "hidden"
    book["旧表"]["A1"] = 1
    first, second = reader.read(bytes_of(book), "a.xlsx")
    assert (first.hidden_rows, first.hidden_cols, first.hidden, second.hidden) == (1, 1, False, True)
