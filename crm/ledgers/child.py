"""Reads one ledger file to plain cells, in a process of its own.

Run by path (`python -I child.py KIND < file > json`), so that it imports little and a hostile
file can only hurt this process: memory and CPU are limited before the first byte is read.
`crm.ledgers.reader` starts it and turns its one-word answers into sentences.

Answer on standard output: {"sheets": [{name, hidden, rows, merges, hidden_rows, hidden_cols}]} or
{"error": word, ...facts}. A cell is [column, kind, value]; kinds: s text, n number (value is
[number, decimals shown or -1]), p percentage (number of percent), d day (ISO), m month (ISO,
a date shown without its day), b truth, e error word, f formula without a stored result.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

MEMORY = 512 * 1024 * 1024
SECONDS = 9
MEMBERS = 2_000
UNPACKED = 200 * 1024 * 1024
RATIO = 150  # unpacked : packed, asked of members above a megabyte
ROWS = 100_000
COLUMNS = 500
CELLS = 400_000
CELL_TEXT = 40_000

Cell = list[Any]


class Bad(Exception):
    """A file that is not read; the word, and facts for the sentence."""

    def __init__(self, word: str, **facts: Any) -> None:
        self.word, self.facts = word, facts
        super().__init__(word)


# --- text -----------------------------------------------------------------------------


def decode(data: bytes) -> str:
    """UTF-8 (with or without its mark), UTF-16 with its mark, else GB18030."""
    if data[:3] == b"\xef\xbb\xbf":
        return data.decode("utf-8-sig")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Bad("encoding")


def read_csv(data: bytes) -> dict[str, Any]:
    try:
        text = decode(data)
    except UnicodeDecodeError as error:
        raise Bad("encoding") from error
    if "\x00" in text:
        raise Bad("binary")
    if re.match(r"\s*<(!doctype|html|table|\?xml)", text[:500], re.I):
        raise Bad("html")
    sample = text[:20_000]
    lines = [line for line in sample.splitlines() if line.strip()][:30]
    # The separator that cuts most lines into the same number of pieces.
    separator = ","
    for other in "\t;|":
        if sum(line.count(other) for line in lines) > sum(line.count(separator) for line in lines):
            separator = other
    csv.field_size_limit(CELL_TEXT * 4)
    rows: list[Any] = []
    cells = 0
    try:
        for number, record in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 1):
            found: list[Cell] = [
                [c, "s", value[:CELL_TEXT]] for c, value in enumerate(record, 1) if value.strip()
            ]
            if not found:
                continue
            if number > ROWS:
                raise Bad("rows", rows=number)
            if found[-1][0] > COLUMNS:
                raise Bad("far", cell=f"R{number}C{found[-1][0]}", sheet="CSV")
            cells += len(found)
            if cells > CELLS:
                raise Bad("cells", cells=cells)
            rows.append([number, found])
    except csv.Error as error:
        raise Bad("broken") from error
    return {"sheets": [_sheet("", False, rows)]}


# --- .xlsx -----------------------------------------------------------------------------


def scan_zip(data: bytes) -> bool:
    """Refuse what must not be unpacked. Returns whether some formula has no stored result."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Bad("half") from error
    names = {m.filename for m in members}
    if len(members) > MEMBERS:
        raise Bad("bomb")
    if any(m.flag_bits & 1 for m in members):
        raise Bad("encrypted")
    if sum(m.file_size for m in members) > UNPACKED:
        raise Bad("bomb")
    for member in members:
        if member.file_size > 1_000_000 and member.file_size > RATIO * max(member.compress_size, 1):
            raise Bad("bomb")
        if member.filename.lower().endswith((".zip", ".xlsx")) and member.file_size > 1_000_000:
            raise Bad("bomb")
    if "xl/vbaProject.bin" in names:
        raise Bad("macro")
    if "xl/workbook.bin" in names:
        raise Bad("xlsb")
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise Bad("not_a_workbook")
    if "content.xml" in names:
        raise Bad("ods")
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise Bad("not_a_workbook")
    uncached, filled, read = False, 0, 0
    for member in members:
        if not member.filename.startswith("xl/") or not member.filename.endswith((".xml", ".rels")):
            continue
        is_sheet = member.filename.startswith("xl/worksheets/sheet")
        try:
            with archive.open(member) as stream:
                tail = b""
                while chunk := stream.read(1 << 20):
                    read += len(chunk)
                    if read > UNPACKED:  # the directory may lie about sizes
                        raise Bad("bomb")
                    piece = tail + chunk
                    if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
                        raise Bad("entities")
                    if is_sheet:
                        filled += chunk.count(b"<v>") + chunk.count(b"<is>")
                        if filled > CELLS:
                            raise Bad("cells", cells=filled)
                        if re.search(rb"(</f>|<f/>|<f [^>]*/>)\s*(<v\s*/>|<v></v>|</c>)", piece):
                            uncached = True
                    tail = piece[-200:]
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
            raise Bad("half") from error
        except Exception as error:
            if isinstance(error, Bad):
                raise
            raise Bad("half") from error
    return uncached


def _shown_decimals(number_format: str) -> int:
    """How many decimals a plain number format shows; -1 for General and the like."""
    found = re.fullmatch(r"#?,?#*0(?:\.(0+))?_?\s*", number_format.split(";")[0])
    return len(found.group(1) or "") if found else -1


def _cell(value: Any, number_format: str, kind: str, is_percent: bool) -> Cell | None:
    if value is None or value == "":
        return None
    if kind == "e":
        return [0, "e", str(value)]
    if isinstance(value, bool):
        return [0, "b", value]
    if isinstance(value, datetime):
        bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", number_format.split(";")[0]).lower()
        shape = "m" if "d" not in bare and "y" in bare else "d"
        return [0, shape, value.date().isoformat()]
    if isinstance(value, date):
        return [0, "d", value.isoformat()]
    if isinstance(value, time | timedelta):
        return [0, "s", str(value)]
    if isinstance(value, int | float):
        if is_percent:
            return [0, "p", round(value * 100, 10)]
        return [0, "n", [value, _shown_decimals(number_format)]]
    return [0, "s", str(value)[:CELL_TEXT]]


def read_xlsx(data: bytes) -> dict[str, Any]:
    uncached = scan_zip(data)
    import warnings

    warnings.simplefilter("ignore")
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
        formulas = load_workbook(io.BytesIO(data), keep_links=False) if uncached else None
    except MemoryError:
        raise
    except Exception as error:
        raise Bad("broken") from error
    sheets = []
    total = 0
    for sheet in book.worksheets:
        texts = formulas[sheet.title]._cells if formulas else {}
        rows: dict[int, list[Cell]] = {}
        # The stored cells themselves: walking the rectangle would visit 17 billion for one far cell.
        for (r, c), cell in sorted(sheet._cells.items()):
            made = _cell(
                cell.value, cell.number_format or "", cell.data_type, "%" in (cell.number_format or "")
            )
            if made is None and (r, c) in texts and texts[r, c].data_type == "f":
                made = [0, "f", str(texts[r, c].value)[:200]]
            if made is None:
                continue
            if r > ROWS or c > COLUMNS:
                raise Bad("far", cell=cell.coordinate, sheet=sheet.title)
            made[0] = c
            rows.setdefault(r, []).append(made)
            total += 1
            if total > CELLS:
                raise Bad("cells", cells=total)
        last = max(rows, default=0)
        wide = max((cell[0] for row in rows.values() for cell in row), default=0)
        merges = [
            [m.min_row, m.min_col, min(m.max_row, last), min(m.max_col, wide)]
            for m in sheet.merged_cells.ranges
            if m.min_row <= last and m.min_col <= wide
        ]
        hidden_rows = sum(1 for r in rows if r in sheet.row_dimensions and sheet.row_dimensions[r].hidden)
        hidden_cols = sum(1 for d in sheet.column_dimensions.values() if d.hidden)
        sheets.append(
            _sheet(
                sheet.title,
                sheet.sheet_state != "visible",
                [[r, rows[r]] for r in sorted(rows)],
                merges,
                hidden_rows,
                hidden_cols,
            )
        )
    return {"sheets": sheets}


# --- .xls ------------------------------------------------------------------------------


def read_xls(data: bytes) -> dict[str, Any]:
    for mark, word in (("WordDocument", "not_a_workbook"), ("EncryptedPackage", "encrypted")):
        if mark.encode("utf-16-le") in data:
            raise Bad(word)
    from python_calamine import CalamineWorkbook, PasswordError, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError as error:
        raise Bad("encrypted") from error
    except Exception as error:
        raise Bad("encrypted" if "assword" in str(error) or "ncrypt" in str(error) else "broken") from error
    sheets = []
    total = 0
    for meta in book.sheets_metadata:
        try:
            sheet = book.get_sheet_by_name(meta.name)
            grid = sheet.to_python(skip_empty_area=False)
            ranges = sheet.merged_cell_ranges or []
        except Exception as error:
            raise Bad("broken") from error
        rows: list[Any] = []
        for r, record in enumerate(grid, 1):
            found: list[Cell] = []
            for c, value in enumerate(record, 1):
                is_error = isinstance(value, str) and re.fullmatch(
                    r"#(N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!)", value
                )
                made = _cell(value, "yyyy-mm-dd", "e" if is_error else "", False)
                if made is not None:
                    if c > COLUMNS:
                        raise Bad("far", cell=f"R{r}C{c}", sheet=meta.name)
                    made[0] = c
                    found.append(made)
            if found:
                rows.append([r, found])
                total += len(found)
                if total > CELLS:
                    raise Bad("cells", cells=total)
        merges = [[a + 1, b + 1, c + 1, d + 1] for (a, b), (c, d) in ranges]
        sheets.append(_sheet(meta.name, meta.visible != SheetVisibleEnum.Visible, rows, merges))
    return {"sheets": sheets}


def _sheet(
    name: str,
    hidden: bool,
    rows: list[Any],
    merges: list[list[int]] | None = None,
    hidden_rows: int = 0,
    hidden_cols: int = 0,
) -> dict[str, Any]:
    return {
        "name": name,
        "hidden": hidden,
        "rows": rows,
        "merges": merges or [],
        "hidden_rows": hidden_rows,
        "hidden_cols": hidden_cols,
    }


READERS = {"csv": read_csv, "xlsx": read_xlsx, "xls": read_xls}


def main() -> None:
    """Limit this process, read, answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # openpyxl imports these when they are there; they cost address space and are not needed.
    for heavy in ("numpy", "pandas", "PIL", "lxml"):
        sys.modules[heavy] = None  # type: ignore[assignment]
    answer: dict[str, Any]
    try:
        answer = READERS[sys.argv[1]](sys.stdin.buffer.read())
    except Bad as bad:
        answer = {"error": bad.word, **bad.facts}
    except MemoryError:
        answer = {"error": "memory"}
    # A lone surrogate out of a damaged file has no UTF-8; the reader shows it as a question mark.
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
