"""What is given out: the rows that did not come in, each with its reason, to be mended and brought again."""

from __future__ import annotations

import io
import re
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from crm.caselog import queries
from crm.core import files
from crm.core.access import Actor, Verb, require
from crm.core.db import unit_of_work
from crm.core.errors import Refusal
from crm.core.i18n import _

MOST = 50_000  # rows in one workbook
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def keep_refused(actor: Actor, batch_id: int) -> str:
    """Store the rows set aside as a workbook only its maker may fetch; returns its public id.

    The columns are the file's own, so that the workbook, mended, can be imported as it is.
    """
    require(actor, Verb.CASE_IMPORT)
    with unit_of_work(actor, "caselog.refused_rows") as session:
        batch = queries.batch(session, actor, batch_id)
        rows = queries.set_aside(session, actor, batch_id, limit=MOST)
        if not rows:
            raise Refusal(_("这次导入没有退回的行。"))
        stem = batch.file_name.rpartition(".")[0] or batch.file_name
        stored = files.keep(
            session,
            data=workbook(rows),
            name=_("{stem}-退回行.xlsx", stem=stem),
            owner="case_batch",
            owner_id=batch_id,
            actor=actor,
        )
        return stored.public_id


def workbook(rows: list[queries.SetAside]) -> bytes:
    """Header, then the rows; every cell is text, so that none can become a formula."""
    headers = list(dict.fromkeys(h for r in rows for h in r.values))
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("退回行"))
    widths = [*(16 for _h in headers), 10, 60]
    for at, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.freeze_panes = "A2"

    def line(values: list[Any]) -> None:
        cells = []
        for value in values:
            cell = WriteOnlyCell(sheet, value=_CONTROL.sub("", str(value))[:32_000])
            cell.data_type, cell.number_format = "s", "@"
            cells.append(cell)
        sheet.append(cells)

    line([*headers, _("原行号"), _("退回原因")])
    for row in rows:
        line([*(row.values.get(h, "") for h in headers), row.row, row.reason])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
