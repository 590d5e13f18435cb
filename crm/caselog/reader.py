"""An export file to rows of text, a line at a time, whatever its size.

A workbook is first turned into CSV by a limited process of its own (`child.py`). What is written here holds
for any text: UTF-8, UTF-16 or GB18030, commas, tabs or semicolons, title lines above the header. A file that
is no table gets one sentence; a damaged row among good ones is refused alone.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from crm.caselog import headers
from crm.core.errors import Refusal
from crm.core.i18n import _

CHILD = Path(__file__).with_name("child.py")
SECONDS = 920
MAX_BYTES = 4 * 1024**3
MAX_LINE = 1_000_000  # characters; a longer line is no row of a table
MAX_FIELD = 200_000
HEAD_ROWS = 20  # the header is looked for in these
SAMPLE = 64 * 1024
DAMAGED_SHARE = 100  # one line in so many may hold bytes that are no text; above it the encoding is wrong
REPLACED = "\ufffd"

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Survey:
    """What one look through the file found. Rows are counted as Excel numbers them, from 1."""

    sha256: str
    encoding: str
    separator: str
    damaged: bool  # some bytes are no text: rows that hold them are refused
    header_row: int
    headers: tuple[str, ...]
    rows: int  # behind the header, blank ones included
    sheet: str = ""
    others: tuple[str, ...] = ()  # sheets that were not read

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Survey:
        return cls(**{**kept, "headers": tuple(kept["headers"]), "others": tuple(kept["others"])})

    def columns(self, kind: str) -> dict[int, str]:
        """{column from 0: field} as recognised by the header."""
        return headers.recognise(self.headers, kind)


def is_workbook(path: Path) -> bool:
    with path.open("rb") as f:
        return f.read(8).startswith((_ZIP, _OLE))


def digest(path: Path) -> str:
    """SHA-256 of the file."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def to_csv(path: Path, target: Path, name: str) -> dict[str, Any]:
    """Turn a workbook into CSV. Returns {"sheet", "others", "rows"}; raises `Refusal`."""
    done = subprocess.run(
        [sys.executable, "-I", str(CHILD), str(path), str(target)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
        close_fds=True,
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        # Killed by its limits, or the parser itself gave up the process.
        word = "time" if done.returncode in (-24, -9) else "memory" if done.returncode == -6 else "broken"
        answer = {"error": word}
    if "error" in answer:
        target.unlink(missing_ok=True)
        raise Refusal(_sentence(str(answer["error"]), name))
    return answer


def survey(path: Path, name: str, *, sha256: str = "", sheet: str = "", others: Iterable[str] = ()) -> Survey:
    """Look once through a text file. Raises `Refusal` for one that is no export."""
    if path.stat().st_size == 0:
        raise Refusal(_("文件“{name}”是空的（0字节），请重新导出后再导入。", name=name))
    if path.stat().st_size > MAX_BYTES:
        raise Refusal(_("文件“{name}”超过4GB的上限。请按月份拆分后再导入。", name=name))
    with path.open("rb") as f:
        head = f.read(SAMPLE)
    encoding, damaged = _encoding(path, head, name)
    if not encoding.startswith("utf-16") and b"\x00" in head:
        raise Refusal(_("“{name}”不是文本文件。请在Excel中另存为.xlsx或.csv后再导入。", name=name))
    text = head.decode(encoding, "replace")
    if text.lstrip()[:15].lower().startswith(("<html", "<!doctype", "<table", "<?xml")):
        raise Refusal(_("“{name}”其实是网页，不是表格。请用Excel打开后另存为.xlsx再导入。", name=name))
    separator = _separator(text)
    with _opened(path, encoding, damaged) as f:
        rows = _parsed(f, separator, name)
        top = [cells for _n, cells in zip(range(HEAD_ROWS), rows, strict=False)]
        header_row = _header_row(top)
        if header_row is None:
            raise Refusal(
                _(
                    "“{name}”前{n}行里没有找到表头：办件文件至少要有“办件编号”和“收件时间”，环节文件至少要有“办件编号”“环节”和“时间”。",
                    name=name,
                    n=HEAD_ROWS,
                )
            )
        count = len(top) + sum(1 for _row in rows)
    return Survey(
        sha256=sha256 or digest(path),
        encoding=encoding,
        separator=separator,
        damaged=damaged,
        header_row=header_row,
        headers=tuple(h.strip() for h in top[header_row - 1]),
        rows=count - header_row,
        sheet=sheet,
        others=tuple(others),
    )


def records(path: Path, found: Survey, name: str) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells) of every record behind the header, blank ones included."""
    with _opened(path, found.encoding, found.damaged) as f:
        for number, cells in enumerate(_parsed(f, found.separator, name), 1):
            if number > found.header_row:
                yield number, cells


def is_damaged(cells: list[str]) -> bool:
    """Whether the row holds bytes that were no text."""
    return any(REPLACED in cell for cell in cells)


def _opened(path: Path, encoding: str, damaged: bool) -> TextIO:
    return path.open(encoding=encoding, errors="replace" if damaged else "strict", newline="")


def _parsed(f: TextIO, separator: str, name: str) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(_lines(f, name), delimiter=separator)
    try:
        yield from reader
    except csv.Error:
        raise Refusal(
            _(
                "“{name}”第{n}行附近的引号没有配对，无法继续读取。请改正后再导入。",
                name=name,
                n=reader.line_num,
            )
        ) from None
    except UnicodeDecodeError:
        raise Refusal(_sentence("encoding", name)) from None


def _lines(f: TextIO, name: str) -> Iterator[str]:
    number = 0
    while line := f.readline(MAX_LINE):
        number += 1
        if len(line) >= MAX_LINE:
            raise Refusal(_("“{name}”第{n}行超过100万字，不是表格的一行。请检查文件。", name=name, n=number))
        yield line.replace("\x00", "") if "\x00" in line else line


def _encoding(path: Path, head: bytes, name: str) -> tuple[str, bool]:
    """(encoding, whether some bytes are no text in it)."""
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding, _broken(path, encoding)[0] > 0
    fewest = ("", 1 << 60, 1)
    for encoding in ("utf-8", "gb18030"):
        broken, lines = _broken(path, encoding)
        if broken == 0:
            return encoding, False
        if broken < fewest[1]:
            fewest = (encoding, broken, lines)
    if fewest[1] * DAMAGED_SHARE > fewest[2]:
        raise Refusal(_sentence("encoding", name))
    return fewest[0], True


def _broken(path: Path, encoding: str) -> tuple[int, int]:
    """(bytes that are no text in this encoding, lines)."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines, clean = 0, True
    with path.open("rb") as f:
        while block := f.read(1 << 20):
            lines += block.count(b"\n")
            if clean:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    clean = False
    if clean:
        return 0, lines
    with path.open(encoding=encoding, errors="replace", newline="") as f:
        broken = 0
        while text := f.read(1 << 20):
            broken += text.count(REPLACED)
    return max(broken, 1), max(lines, 1)


def _separator(text: str) -> str:
    """The separator that cuts most of the first lines into pieces."""
    lines = [line for line in text.splitlines() if line.strip()][:30]
    return max(",\t;|", key=lambda mark: sum(line.count(mark) for line in lines))


def _header_row(top: list[list[str]]) -> int | None:
    """The row, from 1, whose cells name most fields, if they name what is needed."""
    best, at = 1, None
    for number, cells in enumerate(top, 1):
        for kind in headers.WAYS:
            fields = list(headers.recognise(cells, kind).values())
            if "case_no" in fields and len(fields) > best:
                best, at = len(fields), number
    return at


def _sentence(word: str, name: str) -> str:
    """What is wrong with the file and how to mend it."""
    sentences = {
        "encoding": _("“{name}”的文字编码无法识别。请另存为UTF-8或GBK编码的CSV后再导入。", name=name),
        "half": _("“{name}”不完整或已损坏（可能没有传完）。请重新下载或另存后再导入。", name=name),
        "broken": _("“{name}”的内容已损坏，无法读取。请用Excel打开修复并另存为.xlsx后再导入。", name=name),
        "bomb": _("“{name}”解压后过大，疑似压缩炸弹，已拒绝。请另存为新的.xlsx或.csv后再导入。", name=name),
        "encrypted": _("“{name}”设有打开密码，无法读取。请去掉密码后再导入。", name=name),
        "macro": _("“{name}”含宏（.xlsm），不予接收。请另存为不含宏的.xlsx后再导入。", name=name),
        "not_a_workbook": _("“{name}”里没有工作表（可能是压缩包或其他文件）。请上传.xlsx或.csv。", name=name),
        "entities": _(
            "“{name}”含有外部实体声明，不安全，已拒绝。请用Excel另存为新的.xlsx后再导入。", name=name
        ),
        "memory": _("“{name}”读取时占用内存过多，已停止。请另存为.csv后再导入。", name=name),
        "time": _("“{name}”15分钟内没有读完，已停止。请另存为.csv后再导入。", name=name),
        "disk": _("服务器磁盘空间不足，“{name}”没有读完。请联系管理员。", name=name),
        "empty": _("“{name}”的工作表都是空的。", name=name),
        "far": _("“{name}”有超过500列，不像办件导出。请删去多余的列后再导入。", name=name),
    }
    return sentences.get(word, sentences["broken"])
