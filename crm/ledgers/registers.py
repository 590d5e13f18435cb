"""特殊环节登记簿 as an Excel workbook, out and in.

What the columns mean is `crm.approvals.register_book`'s business; here a file is read as safely as any ledger
(`crm.ledgers.reader`: own process, limits) and its table found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crm.approvals.queries.registry import EntryRow
from crm.approvals.register_book import (
    HEADERS,
    ITEM_CODE,
    REASON,
    WIDTHS,
    Line,
    Verdict,
    as_cells,
    check_headers,
)
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.ledgers import reader, workbook

SHEET = "特殊环节登记簿"


@dataclass(frozen=True)
class RegisterFile:
    """A register file as read. `blank` rows are left out; `sheet` is the one the table stands on."""

    name: str
    sheet: str
    lines: tuple[Line, ...]


def register_workbook(rows: Sequence[EntryRow], today: date) -> bytes:
    """The register as a workbook that `read_register` reads back to the same."""
    return workbook.table(
        _("特殊环节登记簿（{day}导出，共{n}个环节）", day=today.isoformat(), n=len(rows)),
        HEADERS,
        [(row.item_code, row.item, row.department, *as_cells(row.entry)) for row in rows],
        name=SHEET,
        widths=WIDTHS,
    )


def read_register(data: bytes, name: str) -> RegisterFile:
    """The rows of a register file. Raises `Refusal` with one sentence for a file that is not read, has no
    such table, or has a column nobody knows; then no row of it has been looked at."""
    sheets = reader.read(data, name)
    for sheet in sheets:
        if sheet.hidden:
            continue
        for number in sorted(sheet.rows)[:20]:
            columns = {index: cell.text.strip() for index, cell in sheet.rows[number].items()}
            if ITEM_CODE in columns.values():
                check_headers(list(columns.values()))
                return RegisterFile(name, sheet.name, _lines(sheet, number, columns))
    raise Refusal(
        _(
            "“{name}”里没有找到登记簿的表头：至少要有“{column}”一列。请用导出的登记簿修改后再导入。",
            name=name,
            column=ITEM_CODE,
        )
    )


def _lines(sheet: reader.Sheet, header: int, columns: dict[int, str]) -> tuple[Line, ...]:
    """The rows under the header."""
    found = []
    for number in sorted(sheet.rows):
        cells = sheet.rows[number]
        if number <= header or not any(index in columns for index in cells):
            continue
        texts = {
            title: cells[index].text.strip() if index in cells else "" for index, title in columns.items()
        }
        stray = [index for index in cells if index not in columns]
        if stray:
            raise Refusal(
                _(
                    "第{row}行在表头之外还有内容（第{column}列），请删去后再导入。",
                    row=number,
                    column=stray[0],
                )
            )
        formula = next((index for index, cell in cells.items() if cell.kind in ("f", "e")), None)
        if formula is not None:
            raise Refusal(
                _(
                    "第{row}行“{column}”是公式或错误值，请改为文字或数字后再导入。",
                    row=number,
                    column=columns[formula],
                )
            )
        found.append(Line(number, texts))
    if not found:
        raise Refusal(_("登记簿里一行也没有，请核对后再导入。"))
    return tuple(found)


def refused_workbook(verdicts: Sequence[Verdict]) -> bytes:
    """The refused rows with their reasons, to be mended and brought again."""
    rows = [
        (*(v.line.cells.get(h, "") for h in HEADERS), "；".join(t.reason for t in v.troubles))
        for v in verdicts
        if v.troubles
    ]
    return workbook.table(
        _("退回的登记行（共{n}行，改正后可直接再次导入）", n=len(rows)),
        [*HEADERS, REASON],
        rows,
        name=SHEET,
        widths=[*WIDTHS, 60],
    )
