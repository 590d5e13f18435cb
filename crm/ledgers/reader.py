"""A ledger file to plain cells: the door to the child process that reads it.

Limits (house rule, ADR 0005 family): 20 MB as a file, 200 MB unpacked, 400,000 filled cells, 512 MB memory,
10 seconds. Every file that is not read gets one sentence; the caller lives on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm.core.errors import Refusal
from crm.core.i18n import _

CHILD = Path(__file__).with_name("child.py")
FILE_BYTES = 20 * 1024 * 1024
SECONDS = 10

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Cell:
    """One filled cell. Kinds: s n p d m b e f, as `crm.ledgers.child` describes them."""

    kind: str
    value: Any

    @property
    def text(self) -> str:
        """As a person reads it in the sheet."""
        if self.kind == "n":
            number, decimals = self.value
            if decimals > 0 or (decimals == 0 and float(number).is_integer()):
                return f"{number:.{decimals}f}"
            return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else repr(number)
        if self.kind == "p":
            return f"{self.value:g}%"
        if self.kind == "m":
            return str(self.value)[:7]
        return str(self.value)


@dataclass(frozen=True)
class Sheet:
    """Filled cells by row and column number, as in the sheet, from 1. `merges` are (r1, c1, r2, c2)."""

    name: str
    hidden: bool
    rows: dict[int, dict[int, Cell]]
    merges: tuple[tuple[int, int, int, int], ...]
    hidden_rows: int
    hidden_cols: int


def kind_of(data: bytes, name: str) -> str:
    """csv, xls or xlsx, by content first; the name only decides between texts and nothing."""
    ending = name.lower().rpartition(".")[2]
    if not data:
        raise Refusal(_("文件“{name}”是空的（0字节），请重新导出后再导入。", name=name))
    if len(data) > FILE_BYTES:
        raise Refusal(
            _("文件“{name}”有{size}MB，超过20MB的上限。请拆分后再导入。", name=name, size=len(data) >> 20)
        )
    if ending in ("xlsm", "xltm", "xlam"):
        raise Refusal(_sentence("macro", name, {}))
    if data.startswith(_ZIP):
        if ending == "csv":
            raise Refusal(_("“{name}”其实是Excel工作簿，请把扩展名改为.xlsx后再导入。", name=name))
        return "xlsx"
    if data.startswith(_OLE):
        return "xls"
    if ending in ("xlsx", "xls", "et"):
        head = data[:2000].lstrip().lower()
        if head.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"\xef\xbb\xbf<")):
            raise Refusal(_sentence("html", name, {}))
        raise Refusal(_sentence("disguised", name, {}))
    if ending not in ("csv", "txt", "tsv"):
        raise Refusal(_("不认识“{name}”的类型。请上传.xlsx、.xls或.csv文件。", name=name))
    return "csv"


def read(data: bytes, name: str) -> list[Sheet]:
    """The sheets of a ledger file. Raises `Refusal` with one sentence for any file that is not read."""
    kind = kind_of(data, name)
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(CHILD), kind],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            close_fds=True,
        )
    except subprocess.TimeoutExpired:
        raise Refusal(_sentence("time", name, {})) from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        # Killed by its limits, or the parser itself gave up the process.
        raise Refusal(_sentence("time" if done.returncode in (-24, -9) else "broken", name, {})) from None
    if "error" in answer:
        raise Refusal(_sentence(answer.pop("error"), name, answer))
    return [
        Sheet(
            name=s["name"],
            hidden=s["hidden"],
            rows={r: {c: Cell(k, v) for c, k, v in cells} for r, cells in s["rows"]},
            merges=tuple((a, b, c, d) for a, b, c, d in s["merges"]),
            hidden_rows=s["hidden_rows"],
            hidden_cols=s["hidden_cols"],
        )
        for s in answer["sheets"]
    ]


def _sentence(word: str, name: str, facts: dict[str, Any]) -> str:
    """What is wrong with the file and how to mend it."""
    sentences = {
        "encoding": _("“{name}”的文字编码无法识别。请另存为UTF-8或GBK编码的CSV后再导入。", name=name),
        "binary": _("“{name}”不是文本文件。请在Excel中另存为.xlsx或.csv后再导入。", name=name),
        "html": _("“{name}”其实是网页，不是工作簿。请用Excel打开后另存为.xlsx再导入。", name=name),
        "disguised": _(
            "“{name}”不是Excel工作簿，只是扩展名相同。请用Excel打开后另存为.xlsx再导入。", name=name
        ),
        "half": _("“{name}”不完整或已损坏（可能没有传完）。请重新下载或另存后再导入。", name=name),
        "broken": _("“{name}”的内容已损坏，无法读取。请用Excel打开修复并另存为.xlsx后再导入。", name=name),
        "bomb": _("“{name}”解压后过大，疑似压缩炸弹，已拒绝。请另存为新的.xlsx后再导入。", name=name),
        "encrypted": _("“{name}”设有打开密码，无法读取。请去掉密码后再导入。", name=name),
        "macro": _("“{name}”含宏（.xlsm），不予接收。请另存为不含宏的.xlsx后再导入。", name=name),
        "xlsb": _("“{name}”是二进制工作簿（.xlsb）。请另存为.xlsx后再导入。", name=name),
        "ods": _("“{name}”是OpenDocument表格。请另存为.xlsx后再导入。", name=name),
        "not_a_workbook": _("“{name}”里没有工作表（可能是Word等其他文件）。请上传Excel台账。", name=name),
        "entities": _(
            "“{name}”含有外部实体声明，不安全，已拒绝。请用Excel另存为新的.xlsx后再导入。", name=name
        ),
        "memory": _("“{name}”读取时占用内存超过512MB，已停止。请删去无关工作表和格式后再导入。", name=name),
        "time": _("“{name}”10秒内没有读完，已停止。请删去无关工作表和格式后再导入。", name=name),
        "rows": _("“{name}”超过10万行。请拆分后再导入。", name=name),
        "cells": _("“{name}”超过40万个有内容的单元格。请拆分后再导入。", name=name),
        "far": _(
            "工作表“{sheet}”的单元格{cell}远在表格之外却有内容。请删去它（Ctrl+End可找到）后再导入。",
            sheet=facts.get("sheet", ""),
            cell=facts.get("cell", ""),
        ),
    }
    return sentences.get(word, sentences["broken"])
