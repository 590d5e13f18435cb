"""Ledgers as offices keep them, made by the tests. Every name is invented; codes are valid by their check character."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import xlwt
from openpyxl import Workbook
from stdnum.cn import uscc


def credit_code(body: str) -> str:
    """A valid code from its 17 first characters."""
    return body + uscc.calc_check_digit(body)


CODES = [credit_code(f"91440703MA4X{n:05d}") for n in range(60)]


def bytes_of(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def book_of(
    rows: Sequence[Sequence[Any]],
    *,
    name: str = "Sheet1",
    merges: Sequence[str] = (),
    formats: dict[str, str] | None = None,
    literal: bool = False,
) -> bytes:
    """One sheet with these rows from A1 down, merged and formatted as said. `literal`: "=1" is a text, no formula."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    for record in rows:
        sheet.append(list(record))
    for cells in sheet.iter_rows() if literal else ():
        for c in cells:
            if c.data_type == "f":
                c.data_type = "s"
    for area in merges:
        sheet.merge_cells(area)
    for cell, number_format in (formats or {}).items():
        sheet[cell].number_format = number_format
    return bytes_of(book)


def simple_book(projects: Sequence[Sequence[Any]], *, more: Sequence[str] = ()) -> bytes:
    """项目名称, 属地, 总投资（万元） and what else is said, header in the first row."""
    return book_of([["项目名称", "属地", "总投资（万元）", *more], *projects])


def csv_of(rows: Sequence[Sequence[Any]], *, encoding: str = "utf-8", separator: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode(encoding)


def xls_of(
    rows: Sequence[Sequence[Any]], *, merges: Sequence[tuple[int, int, int, int]] = (), name: str = "Sheet1"
) -> bytes:
    """An old .xls; merges are (first row, last row, first column, last column) from 0."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(name)
    covered = {(a, c): (a, b, c, d) for a, b, c, d in merges}
    for r, record in enumerate(rows):
        for c, value in enumerate(record):
            if (r, c) in covered:
                sheet.write_merge(*covered[r, c], value)
            elif value is not None:
                sheet.write(r, c, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
