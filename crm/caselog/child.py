"""Turns one workbook into CSV, in a process of its own.

Run by path (`python -I child.py WORKBOOK CSV`), so that it imports little and a hostile file can only hurt
this process: memory, time and what it writes are limited before the first byte is read. `crm.caselog.reader`
starts it and turns its one-word answers into sentences.

Answer on standard output, one line of JSON: {"sheet", "others": [names not read], "rows"} or {"error": word}.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

MEMORY = 800 * 1024 * 1024
SECONDS = 900
WRITTEN = 4 * 1024**3
UNPACKED = 3 * 1024**3  # a million rows of twenty columns unpack to 1.5 GB
RATIO = 150
MEMBERS = 2_000
AT_ONCE = 400 * 1024 * 1024  # a bigger sheet does not fit in memory whole; it is walked, ten times slower
COLUMNS = 500
CELL_TEXT = 40_000


class Bad(Exception):
    """A workbook that is not read; the word for the sentence."""


def scan(path: str) -> int:
    """Refuse what must not be unpacked; returns the size of the largest member, unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = {m.filename for m in members}
            if "[Content_Types].xml" in names and "xl/workbook.xml" in names:
                head = archive.open("xl/workbook.xml").read(20_000)
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    raise Bad("entities")
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
        raise Bad("half") from error
    except RuntimeError as error:  # an encrypted member
        raise Bad("encrypted") from error
    if len(members) > MEMBERS or sum(m.file_size for m in members) > UNPACKED:
        raise Bad("bomb")
    if any(m.flag_bits & 1 for m in members):
        raise Bad("encrypted")
    for member in members:
        if member.file_size > 1_000_000 and member.file_size > RATIO * max(member.compress_size, 1):
            raise Bad("bomb")
    if "xl/vbaProject.bin" in names:
        raise Bad("macro")
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise Bad("not_a_workbook")
    return max(m.file_size for m in members)


def words(value: Any) -> str:
    """A cell as text: days and instants in ISO, whole numbers without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date().isoformat()
        return value.isoformat(" ", "microseconds" if value.microsecond else "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time | timedelta):
        return str(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return f"{value:E}" if abs(value) >= 1e15 else repr(value)  # more digits than Excel keeps
    if isinstance(value, int) and abs(value) >= 10**15:
        return f"{value:E}"
    return str(value)[:CELL_TEXT]


def whole(path: str) -> tuple[str, list[str], Iterator[list[Any]]]:
    """The first sheet with rows, read at once."""
    from python_calamine import CalamineWorkbook, PasswordError, SheetVisibleEnum

    try:
        with open(path, "rb") as f:
            book = CalamineWorkbook.from_filelike(f)
    except PasswordError as error:
        raise Bad("encrypted") from error
    except Exception as error:
        raise Bad("encrypted" if "assword" in str(error) or "ncrypt" in str(error) else "broken") from error
    names = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible]
    for name in names:
        try:
            sheet = book.get_sheet_by_name(name)
        except Exception as error:
            raise Bad("broken") from error
        if sheet.height > 1:
            skipped: Iterator[list[Any]] = iter([[]] * (sheet.start[0] if sheet.start else 0))
            return name, [n for n in names if n != name], _chain(skipped, sheet.iter_rows())
    raise Bad("empty")


def _chain(first: Iterator[list[Any]], then: Iterator[list[Any]]) -> Iterator[list[Any]]:
    yield from first
    yield from then


def walked(path: str) -> tuple[str, list[str], Iterator[list[Any]]]:
    """The first sheet, row by row."""
    import warnings

    warnings.simplefilter("ignore")
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    sheets = [s for s in book.worksheets if s.sheet_state == "visible"]
    if not sheets:
        raise Bad("empty")
    sheet = sheets[0]
    rows = (list(row) for row in sheet.iter_rows(values_only=True))
    return sheet.title, [s.title for s in sheets[1:]], rows


def convert(source: str, target: str) -> dict[str, Any]:
    with open(source, "rb") as f:
        is_zip = f.read(4) == b"PK\x03\x04"
    read = walked if is_zip and scan(source) > AT_ONCE else whole
    name, others, rows = read(source)
    count = 0
    with open(target, "w", encoding="utf-8", errors="replace", newline="") as out:
        writer = csv.writer(out)
        for row in rows:
            while row and (row[-1] is None or row[-1] == ""):
                row.pop()
            if len(row) > COLUMNS:
                raise Bad("far")
            # An empty line stays a record of its own: row numbers are the sheet's.
            writer.writerow([words(v) for v in row] or [""])
            count += 1
    return {"sheet": name, "others": others, "rows": count}


def main() -> None:
    """Limit this process, convert, answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN, WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for heavy in ("numpy", "pandas", "PIL", "lxml"):
        sys.modules[heavy] = None  # type: ignore[assignment]
    answer: dict[str, Any]
    try:
        answer = convert(sys.argv[1], sys.argv[2])
    except Bad as bad:
        answer = {"error": str(bad)}
    except MemoryError:
        answer = {"error": "memory"}
    except OSError:
        answer = {"error": "disk"}
    except Exception:
        answer = {"error": "broken"}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
