"""Words of a cell, and what counts as nothing. Pure."""

from __future__ import annotations

import re
import unicodedata

from crm.core.i18n import _
from crm.core.names import one_line
from crm.ledgers.reader import Cell

# How offices write "nothing here". 无 says something about a problem, so texts keep it.
EMPTY = frozenset(
    {
        "",
        "-",
        "--",
        "---",
        "—",
        "——",
        "–",
        "―",
        "/",
        "//",
        "\\",
        "|",
        "#",
        "·",
        "n/a",
        "na",
        "null",
        "none",
        "nan",
    }
)
UNKNOWN = frozenset({"无", "待定", "未定", "暂无", "暂未确定", "待确定", "未确定", "待明确", "没有", "不详"})


class Unreadable(ValueError):
    """A value that cannot be taken, with the sentence for the person who typed it."""


def narrow(text: str) -> str:
    """For numbers and keys only: full-width to half-width, ends trimmed."""
    return unicodedata.normalize("NFKC", text).strip()


def is_empty(text: str) -> bool:
    return re.sub(r"\s+", "", narrow(text)).casefold() in EMPTY or not narrow(text)


def blank(cell: Cell | None, *, unknown_too: bool = True) -> bool:
    """Whether the cell says nothing."""
    if cell is None:
        return True
    if cell.kind != "s":
        return False
    text = str(cell.value)
    return is_empty(text) or (unknown_too and re.sub(r"\s+", "", narrow(text)) in UNKNOWN)


def sound(cell: Cell) -> None:
    if cell.kind == "e":
        raise Unreadable(_("单元格是Excel错误值{value}，请改正公式后再导入", value=cell.value))
    if cell.kind == "f":
        raise Unreadable(_("公式没有保存计算结果，请用Excel打开文件、保存后再导入"))


def text(cell: Cell | None, limit: int = 2000) -> str:
    """Words as written; "" for an empty cell. Raises `Unreadable` for an error cell or an overlong text."""
    if cell is None:
        return ""
    sound(cell)
    value = (
        re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|_x000D_", "", cell.text)
        .replace("\r\n", "\n")
        .replace("\r", "\n")
    )
    value = value.strip().strip("\u3000").strip()
    if is_empty(value):
        return ""
    if len(value) > limit:
        raise Unreadable(_("文字有{n}个，超过{limit}个的上限，请精简", n=len(value), limit=limit))
    return value


def name(cell: Cell | None, limit: int = 200) -> str:
    """A name on one line, every rare character kept."""
    return one_line(text(cell, limit))
