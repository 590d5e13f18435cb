"""特殊环节登记簿 as a table: its columns as a real service guide shows them, read and written in words.

Pure. A file's cells come in as `Line`s and are judged against what the register says; reading a file safely
is the ledgers' business (`crm.ledgers.registers`), writing rows that of `actions.write_register`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from crm.approvals.catalogue_rules import (
    ENTRY_FIELDS,
    WRONG_FIELDS,
    Entry,
    completed,
    wrong_with,
)
from crm.approvals.catalogue_words import wrong_words
from crm.core.errors import Refusal
from crm.core.i18n import _
from models.vocabulary import PROCEDURE_KIND_LABELS, ProcedureKind, RowVerdict

YES, NO = "是", "否"
ITEM_CODE, ITEM_NAME, ITEM_DEPARTMENT = "事项编号", "事项名称", "实施部门"


class Unread(Exception):
    """A cell that has no meaning; says which values would."""

    def __init__(self, allowed: str) -> None:
        self.allowed = allowed
        super().__init__(allowed)


def _text(limit: int) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if len(cell) > limit:
            raise Unread(_("不超过{n}个字", n=limit))
        return cell

    return read


def _yes(cell: str) -> bool:
    words = {YES: True, "✓": True, "√": True, "Y": True, NO: False, "": False, "×": False, "N": False}
    if cell.upper() not in words:
        raise Unread(_("是 / 否"))
    return words[cell.upper()]


def _counted(cell: str) -> bool:
    """是否计算在法定办结时限内: counted means that it does not stop the clock. Blank is no answer here."""
    if cell not in (YES, NO):
        raise Unread(_("是（不停表） / 否（停表）"))
    return cell == NO


def _number(least: int, most: int, blank: int | None) -> Callable[[str], int | None]:
    def read(cell: str) -> int | None:
        if not cell:
            return blank
        if not (cell.isascii() and cell.isdigit() and least <= int(cell[:6]) <= most):
            raise Unread(_("{least}至{most}的整数", least=least, most=most))
        return int(cell)

    return read


def _kind(cell: str) -> ProcedureKind:
    for kind, label in PROCEDURE_KIND_LABELS.items():
        if cell == label:
            return kind
    raise Unread("、".join(PROCEDURE_KIND_LABELS.values()))


def _yes_no(value: bool) -> str:
    return YES if value else NO


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


@dataclass(frozen=True)
class Column:
    """One column: its header, the entry's field, and the words both ways. `width` is Excel's."""

    header: str
    field: str
    read: Callable[[str], Any]
    show: Callable[[Any], str] = _shown
    width: int = 14


# As printed in a published service guide (环节名称 … 是否计算在法定办结时限内), and what supervision adds.
COLUMNS: tuple[Column, ...] = (
    Column("环节名称", "name", _text(80), width=22),
    Column("环节类别", "kind", _kind, lambda kind: PROCEDURE_KIND_LABELS[kind], 16),
    Column("所需时限（工作日）", "longest_wd", _number(1, 365, None), width=11),
    Column("法定依据", "basis", _text(200), width=32),
    Column("是否收费", "charged", _yes, _yes_no, 9),
    Column("收费依据", "charge_basis", _text(200), width=18),
    Column("是否计算在法定办结时限内", "stops_clock", _counted, lambda stops: _yes_no(not stops), 13),
    Column("不计入依据", "stop_basis", _text(200), width=32),
    Column("启动条件", "conditions", _text(500), width=32),
    Column("启动时限（受理后工作日）", "start_limit_wd", _number(0, 365, None), width=12),
    Column("须书面告知", "notice_needed", _yes, _yes_no, 9),
    Column("次数上限", "times", _number(1, 99, 1), width=9),
    Column("核对情况", "certainty", _text(80), width=26),
    Column("启用", "active", lambda cell: True if cell == "" else _yes(cell), _yes_no, 8),
)
# The item's name and department are there to be read by people; only its code is read back.
FOR_READING = (ITEM_NAME, ITEM_DEPARTMENT)
REASON = "退回原因"  # stands in a file of refused rows, which may be brought again as it is
HEADERS: tuple[str, ...] = (ITEM_CODE, *FOR_READING, *(c.header for c in COLUMNS))
NEEDED = (ITEM_CODE, "环节名称", "环节类别", "是否计算在法定办结时限内")
WIDTHS: tuple[int, ...] = (10, 30, 20, *(c.width for c in COLUMNS))
_BY_FIELD = {c.field: c for c in COLUMNS}


@dataclass(frozen=True)
class Line:
    """One row of a file: its number there, and its cells by header; absent columns are not in `cells`."""

    row: int
    cells: Mapping[str, str]

    @property
    def item_code(self) -> str:
        return self.cells.get(ITEM_CODE, "")


@dataclass(frozen=True)
class Trouble:
    """Why a row is refused: the column, what stands there, what may stand there ("" where words say it)."""

    column: str
    value: str
    reason: str
    allowed: str = ""


@dataclass(frozen=True)
class Verdict:
    """What becomes of a row. `changes`: header -> (old, new) in words."""

    line: Line
    verdict: RowVerdict
    entry: Entry | None = None
    procedure_id: int | None = None
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True)
class Known:
    """The register as it stands: item code -> id, and (item id, kind, name) -> (id, entry)."""

    items: Mapping[str, int]
    entries: Mapping[tuple[int, ProcedureKind, str], tuple[int, Entry]]


def check_headers(headers: Sequence[str]) -> None:
    """Refuse a table with a column nobody knows, a missing or a doubled one, before a row of it is read.
    The order is free."""
    unknown = [h for h in headers if h not in (*HEADERS, REASON)]
    missing = [h for h in NEEDED if h not in headers]
    doubled = sorted({h for h in headers if headers.count(h) > 1})
    if unknown:
        raise Refusal(
            _(
                "不认识的列：{columns}。登记簿的列是：{known}。请改正表头后再导入。",
                columns="、".join(unknown),
                known="、".join(HEADERS),
            )
        )
    if missing:
        raise Refusal(_("缺少列：{columns}。请补上后再导入。", columns="、".join(missing)))
    if doubled:
        raise Refusal(_("列重复：{columns}。请删去多余的列后再导入。", columns="、".join(doubled)))


def as_cells(entry: Entry) -> list[str]:
    """The entry in words, column by column."""
    return [c.show(getattr(entry, c.field)) for c in COLUMNS]


def judge(lines: Iterable[Line], known: Known) -> tuple[Verdict, ...]:
    """Every row new, changed, unchanged, a duplicate within the file, or refused with all that is wrong."""
    seen: dict[tuple[int, ProcedureKind, str], Line] = {}
    return tuple(_one(line, known, seen) for line in lines)


def _one(line: Line, known: Known, seen: dict[tuple[int, ProcedureKind, str], Line]) -> Verdict:
    values, troubles = _values(line)
    item_id = known.items.get(line.item_code)
    if item_id is None:
        troubles.insert(
            0,
            Trouble(
                ITEM_CODE,
                line.item_code,
                _("目录中没有这个事项编号。"),
                _("事项目录中的编号"),
            ),
        )
    if troubles or item_id is None:
        return Verdict(line, RowVerdict.REFUSED, troubles=tuple(troubles))
    key = (item_id, values["kind"], values["name"])
    before = known.entries.get(key)
    # A column the file does not have leaves what the register says.
    entry = completed(replace(before[1] if before else Entry(values["kind"]), **values))
    wrong = wrong_with(entry)
    if wrong:
        return Verdict(line, RowVerdict.REFUSED, troubles=tuple(_trouble(w, entry, line) for w in wrong))
    if key in seen:
        first = seen[key]
        reason = _("与第{row}行重复：同一事项、类别和环节名称只能有一行。", row=first.row)
        return Verdict(line, RowVerdict.REFUSED, troubles=(Trouble("环节名称", entry.name, reason),))
    seen[key] = line
    if before is None:
        return Verdict(line, RowVerdict.NEW, entry)
    old, new = asdict(before[1]), asdict(entry)
    changes = {
        _BY_FIELD[name].header: (_BY_FIELD[name].show(old[name]), _BY_FIELD[name].show(new[name]))
        for name in ENTRY_FIELDS
        if old[name] != new[name]
    }
    verdict = RowVerdict.CHANGED if changes else RowVerdict.UNCHANGED
    return Verdict(line, verdict, entry, before[0], changes)


def _values(line: Line) -> tuple[dict[str, Any], list[Trouble]]:
    values: dict[str, Any] = {}
    troubles: list[Trouble] = []
    for column in COLUMNS:
        if column.header not in line.cells:
            continue
        cell = line.cells[column.header].strip()
        try:
            values[column.field] = column.read(cell)
        except Unread as unread:
            reason = (
                _("“{column}”写的“{value}”读不懂。", column=column.header, value=cell)
                if cell
                else _("“{column}”没有填写。", column=column.header)
            )
            troubles.append(Trouble(column.header, cell, reason, unread.allowed))
    return values, troubles


def _trouble(wrong: Any, entry: Entry, line: Line) -> Trouble:
    header = _BY_FIELD[WRONG_FIELDS[wrong]].header
    return Trouble(header, line.cells.get(header, ""), wrong_words(wrong, entry.kind))
