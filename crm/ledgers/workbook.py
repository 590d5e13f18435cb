"""Rows out to an Excel workbook in which no cell can become a formula.

openpyxl turns any string that starts with "=" into a formula, so every text cell is typed as text
by force; control characters, which Excel refuses, are taken out; a text longer than a cell holds
is cut and says so.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from crm.core.i18n import _
from crm.ledgers.judge import Verdict
from crm.ledgers.queries import ProjectLine
from crm.ledgers.reader import Sheet
from crm.ledgers.recognise import Understanding
from models.vocabulary import DatePrecision, RowVerdict

CELL_LIMIT = 32_767  # Excel's own
CUT = "……（超出单元格上限，已截断）"
# What XML 1.0 cannot carry, lone surrogates included.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_THIN = Side(style="thin", color="BFBFBF")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEAD = PatternFill("solid", fgColor="F2F2F2")


def safe_text(value: str) -> str:
    """The text as a cell can hold it: never altered but for control characters and the length."""
    clean = _CONTROL.sub("", value).replace("\r\n", "\n").replace("\r", "\n")
    return clean if len(clean) <= CELL_LIMIT else clean[: CELL_LIMIT - len(CUT)] + CUT


def put(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    """Write one cell: numbers as numbers, everything else as text, never as a formula."""
    cell = sheet.cell(row, column)
    if value is None or value == "":
        return
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        cell.value = safe_text(str(value))
        cell.data_type = "s"
        # Keeps "=1+1" a text when a person edits the cell and presses Enter.
        if str(value)[:1] in "=+-@\t＝＋－＠":
            cell.quotePrefix = True
        cell.number_format = "@"
    else:
        cell.value = value
    cell.border = _BORDER


def table(
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    name: str,
    widths: Sequence[int] = (),
) -> bytes:
    """A titled table as .xlsx bytes; the header is the second row, frozen."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = name[:31]
    put(sheet, 1, 1, title)
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    sheet.cell(1, 1).border = Border()
    for c, header in enumerate(headers, 1):
        put(sheet, 2, c, header)
        head = sheet.cell(2, c)
        head.font, head.fill = Font(bold=True), _HEAD
        head.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        sheet.column_dimensions[get_column_letter(c)].width = widths[c - 1] if c <= len(widths) else 14
    for r, record in enumerate(rows, 3):
        for c, value in enumerate(record, 1):
            put(sheet, r, c, value)
            sheet.cell(r, c).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "B3"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# --- all projects ------------------------------------------------------------------------

# Column, width, value. The headers are ones the import reads back; units stand in them.
EXPORT_COLUMNS: tuple[tuple[str, int], ...] = (
    ("项目名称", 34),
    ("建设单位", 30),
    ("统一社会信用代码", 22),
    ("项目代码", 26),
    ("级别", 9),
    ("类别", 14),
    ("属地", 11),
    ("总投资（万元）", 13),
    ("年度计划投资（万元）", 13),
    ("年度累计完成投资（万元）", 13),
    ("计划开工", 12),
    ("计划竣工", 12),
    ("形象进度", 36),
    ("存在问题", 30),
    ("下一步计划", 30),
    ("责任单位", 20),
    ("挂点领导", 12),
    ("服务专员", 18),
    ("当前阶段", 14),
    ("灯", 8),
    ("计划年度", 9),
    ("填报月份", 10),
)


def stated(on: date | None, precision: DatePrecision) -> str:
    """A date as exactly as it was promised: 2026, 2026-03 or 2026-03-01."""
    if on is None:
        return ""
    return {DatePrecision.YEAR: f"{on:%Y}", DatePrecision.MONTH: f"{on:%Y-%m}"}.get(precision, on.isoformat())


def projects_workbook(lines: Sequence[ProjectLine], today: date) -> bytes:
    """All projects as a ledger that the import reads back to the same data."""
    rows = [
        (
            p.name,
            p.enterprise,
            p.credit_code,
            p.project_code,
            p.level,
            p.category,
            p.town,
            p.total_wan,
            p.plan_wan,
            p.done_wan,
            stated(p.start_on, p.start_precision),
            stated(p.finish_on, p.finish_precision),
            p.progress,
            p.problem,
            p.next_step,
            p.lead_unit,
            p.leader,
            "、".join(p.officers),
            p.stage,
            p.light,
            str(p.plan_year or ""),
            f"{p.reported[0]}-{p.reported[1]:02d}" if p.reported else "",
        )
        for p in lines
    ]
    return table(
        f"重点项目台账（{today.isoformat()}导出，共{len(rows)}项）",
        [h for h, _w in EXPORT_COLUMNS],
        rows,
        name="重点项目台账",
        widths=[w for _h, w in EXPORT_COLUMNS],
    )


# --- refused rows ---------------------------------------------------------------------------


def refused_workbook(sheets: list[Sheet], understanding: Understanding, verdicts: list[Verdict]) -> bytes:
    """The refused rows as they stand in the file, the reason beside each."""
    columns = understanding.columns
    grids = {s.name: s for s in sheets}
    index = {v.name: {c.key: c.index for c in v.columns} for v in understanding.sheets}
    rows = []
    for v in verdicts:
        if v.verdict is not RowVerdict.REFUSED:
            continue
        own = grids[v.source.sheet].rows.get(v.source.row, {})
        places = index[v.source.sheet]
        words = [own[places[c.key]].text if places.get(c.key) in own else "" for c in columns]
        rows.append((v.source.sheet, v.source.row, *words, v.reason))
    return table(
        _("退回的台账行（共{n}行，改正后可直接再次导入）", n=len(rows)),
        ["原工作表", "原行号", *(c.header for c in columns), "退回原因"],
        rows,
        name="退回",
        widths=[12, 8, *([16] * len(columns)), 60],
    )
