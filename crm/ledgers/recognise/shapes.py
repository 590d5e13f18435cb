"""What is found in a file: columns, places, rows, sheets. Plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm.core.i18n import _
from crm.core.names import one_line
from crm.ledgers import headers
from crm.ledgers.reader import Cell
from models.vocabulary import Category, Level, PlanClass

KEEP, IGNORE = "", "-"  # a column's meaning: kept under its own header; left out by the user's choice


@dataclass(frozen=True)
class Choice:
    """What the user says a column means. `unit` only for money."""

    field: str
    unit: str = ""


Mapping_ = Mapping[str, Choice]


@dataclass(frozen=True)
class Column:
    """One column of a table. `key` is how a saved mapping names it."""

    index: int
    parts: tuple[str, ...]
    field: str
    sure: float
    unit: str = ""
    unit_from: str = ""  # where the unit was read: header, title, default, choice
    year: int | None = None

    @property
    def header(self) -> str:
        return " ".join(one_line(p).replace("\n", "") for p in self.parts) or _(
            "第{n}列", n=letter(self.index)
        )

    @property
    def key(self) -> str:
        return headers.squeeze("".join(self.parts)) or f"#{letter(self.index)}"


@dataclass(frozen=True)
class Place:
    """What sections, sheet name and title say about the rows under them."""

    level: Level | None = None
    category: Category | None = None
    plan_class: PlanClass | None = None
    town_id: int | None = None

    def over(self, outer: Place) -> Place:
        """This one where it says something, else the outer."""
        return Place(
            self.level or outer.level,
            self.category or outer.category,
            self.plan_class or outer.plan_class,
            self.town_id or outer.town_id,
        )


@dataclass
class SourceRow:
    """One project's line as found: cells by field, the rest by header, and what stands above it."""

    sheet: str
    row: int
    cells: dict[str, Cell]
    extra: dict[str, Cell]
    place: Place
    year: int
    month: int
    plan_year: int
    units: dict[str, str]
    labels: dict[str, str]  # field -> the header as the sheet has it
    more_people: list[Cell] = field(default_factory=list)
    more_phones: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class SheetView:
    """One line a sheet: what was understood. `state`: ledger, hidden, notes."""

    name: str
    state: str
    header_row: int | None = None
    columns: tuple[Column, ...] = ()
    rows: int = 0
    sections: int = 0
    totals: int = 0
    place: Place = Place()
    year: int | None = None
    month: int | None = None
    period_from: str = ""  # sheet, header, book, file, caller, choice
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Understanding:
    """What a file says, before the database is asked."""

    sheets: tuple[SheetView, ...]
    rows: tuple[SourceRow, ...]
    year: int
    month: int

    @property
    def columns(self) -> list[Column]:
        """Every different column of the file once, in order."""
        seen: dict[str, Column] = {}
        for sheet in self.sheets:
            for column in sheet.columns:
                seen.setdefault(column.key, column)
        return list(seen.values())


def letter(index: int) -> str:
    """A, B … AA, as the sheet names the column."""
    name = ""
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def text_of(cell: Cell | None) -> str:
    return cell.text.strip() if cell is not None else ""
