"""A workbook's plain cells to project rows: each sheet cut into tables, each table read. Pure."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import date

from crm.core.i18n import _
from crm.core.names import name_key
from crm.ledgers import headers, values
from crm.ledgers.headers import BY_FIELD, MONEY
from crm.ledgers.reader import Sheet
from crm.ledgers.recognise.body import Body
from crm.ledgers.recognise.grid import Grid
from crm.ledgers.recognise.heading import Heading
from crm.ledgers.recognise.lines import place_of
from crm.ledgers.recognise.periods import Period, file_period, period_of, title_lines
from crm.ledgers.recognise.shapes import Choice, Mapping_, Place, SheetView, SourceRow, Understanding, text_of
from models.vocabulary import Level


def understand(
    sheets: list[Sheet],
    *,
    file_name: str,
    towns: values.Towns,
    today: date,
    year: int | None = None,
    month: int | None = None,
    mapping: Mapping_ | None = None,
) -> Understanding:
    """All ledger rows of a workbook. A year and month given here go before whatever the file says."""
    choices = dict(mapping or {})
    book_period = file_period(sheets, file_name)
    views: list[SheetView] = []
    dated: list[_Dated] = []
    for sheet in sheets:
        if not sheet.rows:
            continue
        if sheet.hidden:
            views.append(
                SheetView(sheet.name, "hidden", notes=(_("隐藏的工作表，没有导入；需要时请先取消隐藏"),))
            )
            continue
        for part in _tables(sheet):
            table = _Table(part, towns, today, book_period, (year, month), choices)
            view, found = table.read()
            views.append(view)
            dated.append((len(views) - 1, table.own, found))
    rows: list[SourceRow] = []
    for place, own, found in dated:
        later = _superseded(own, found, dated, (year, month))
        if later:
            said = _("是{y}年{m}月的同一批项目，另有较新月份的工作表；只导入较新的一张", y=own[0], m=own[1])
            views[place] = replace(views[place], state="older", notes=(said,))
        else:
            rows.extend(found)
    ledgers = [v for v in views if v.state == "ledger"]
    first = ledgers[0] if ledgers else None
    return Understanding(
        tuple(views),
        tuple(rows),
        (first.year if first and first.year else None) or year or today.year,
        (first.month if first and first.month else None) or month or today.month,
    )


_Dated = tuple[int, Period, list[SourceRow]]  # place among the views, the period its own words state, rows


def _superseded(own: Period, rows: list[SourceRow], others: list[_Dated], asked: Period) -> bool:
    """Whether a sheet is a snapshot of projects that a sheet of a later month (or of the month asked for) holds too."""
    if not own[0] or not own[1] or not rows:
        return False
    names = {name_key(text_of(r.cells.get("name"))) for r in rows}
    for _place, other, found in others:
        if not other[0] or not other[1] or other == own or own == asked:
            continue
        newer = other == asked or ((other[0], other[1]) > (own[0], own[1]))
        shared = sum(name_key(text_of(r.cells.get("name"))) in names for r in found) if newer else 0
        if shared and shared * 2 >= len(names):
            return True
    return False


def _tables(sheet: Sheet) -> list[Sheet]:
    """A sheet cut where a second header of another layout begins; usually the sheet itself."""
    starts: list[int] = []
    layout: list[str] = []
    unit: str | None = None
    for r in sorted(sheet.rows):
        texts = [
            headers.squeeze(c.text) for c in sheet.rows[r].values() if c.kind == "s" and len(c.text) <= 20
        ]
        # The cheap question first: thousands of project rows come by here.
        if len(texts) < 3 or not _NAME_HEADERS.intersection(texts):
            continue
        if texts == layout and _unit_above(sheet, r) in (None, unit):
            continue  # the same header again at the top of a printed page
        exact = [f for t in texts if (f := _exact_field(t))]
        if "name" in exact and len(set(exact)) >= 3 and len(exact) * 3 >= len(sheet.rows[r]) * 2:
            starts.append(r)
            layout, unit = texts, _unit_above(sheet, r)
    if len(starts) < 2:
        return [sheet]
    numbers = sorted(sheet.rows)
    cuts = [min(_above(sheet, start), default=start) for start in starts[1:]]
    bounds = [0, *cuts, numbers[-1] + 1]
    return [
        replace(
            sheet,
            rows={r: cells for r, cells in sheet.rows.items() if low <= r < high},
            merges=tuple(m for m in sheet.merges if low <= m[0] < high),
        )
        for low, high in itertools.pairwise(bounds)
    ]


def _above(sheet: Sheet, header: int) -> list[int]:
    """The title lines that stand directly above a header."""
    lines = []
    for r in sorted((n for n in sheet.rows if n < header), reverse=True):
        if len(sheet.rows[r]) > 1:
            break
        lines.append(r)
    return lines


def _unit_above(sheet: Sheet, header: int) -> str | None:
    texts = (text_of(c) for r in _above(sheet, header) for c in sheet.rows[r].values())
    return next((u for t in texts if (u := headers.unit_of(t))), None)


_NAME_HEADERS = frozenset(headers.squeeze(w) for w in BY_FIELD["name"].synonyms)


def _exact_field(text: str) -> str:
    field_name, sure = headers.best_field(text) if len(text) <= 20 else ("", 0.0)
    return field_name if sure >= 98 else ""


class _Table:
    """Reads one table of a sheet."""

    def __init__(
        self,
        sheet: Sheet,
        towns: values.Towns,
        today: date,
        book_period: Period,
        asked: Period,
        choices: dict[str, Choice],
    ) -> None:
        self.sheet, self.towns, self.today = sheet, towns, today
        self.sheet, self.towns, self.today = sheet, towns, today
        self.book_period, self.asked = book_period, asked
        self.own: Period = (None, None)
        grid = Grid(sheet)
        self.heading, self.body = Heading(grid, towns, choices), Body(grid, towns)

    def read(self) -> tuple[SheetView, list[SourceRow]]:
        found = self.heading.find()
        if found is None:
            return (
                SheetView(self.sheet.name, "notes", notes=(_("没有项目表头，按说明页处理，没有导入"),)),
                [],
            )
        top, bottom, parts = found
        titles = title_lines(self.sheet, top)
        year, month, period_from = self._period(titles, parts)
        columns = self.heading.columns(top, bottom, parts, titles, year)
        outer = self._outer(titles)
        notes: list[str] = []
        if self.sheet.hidden_rows or self.sheet.hidden_cols:
            notes.append(
                _(
                    "含隐藏的{rows}行、{cols}列，已一并读取",
                    rows=self.sheet.hidden_rows,
                    cols=self.sheet.hidden_cols,
                )
            )
        rows, sections, totals = self.body.read(bottom, columns, outer, year, month, notes)
        money = [c for c in columns if c.field in MONEY]
        if money and any(c.unit_from == "default" for c in money):
            notes.append(_("未写明金额单位的列按万元读取"))
        return (
            SheetView(
                self.sheet.name, "ledger", top, tuple(columns), len(rows), sections, totals, outer, year, month,
                period_from, tuple(notes),
            ),
            rows,
        )  # fmt: skip

    def _period(self, titles: list[str], parts: dict[int, tuple[str, ...]]) -> tuple[int, int, str]:
        """(year, month, where it was read); `own` is what the sheet itself says, whatever was asked for."""
        ordered = sorted(titles, key=lambda t: 0 if re.search(r"截[至止]", t) else 1)
        said = [period_of(t) for t in [*ordered, self.sheet.name]]
        heads = ["".join(p) for p in parts.values()]
        months = [m for h in heads if (m := headers.month_of(h))]
        years = [y for h in heads if (y := headers.year_of(h)) and re.search(r"计划|完成|投资", h)]
        head: Period = (max(years, default=None), max(months, default=None))
        whole = next((p for p in said if p[0] and p[1]), None)
        year = next((p[0] for p in [*said, head, self.book_period] if p[0]), None)
        month = next((p[1] for p in said if p[1]), None)
        source = "sheet"
        if whole:
            year, month = whole
        elif month is None and head[1]:
            source, month = "header", head[1]
        self.own = (year, month)
        if month is None and self.book_period[1] and year in (None, self.book_period[0]):
            source, (year, month) = "book", self.book_period
        elif year is None and month is None:
            source = "caller"
        if year is None:
            # 12月份进度表 read in November is last year's.
            year = self.today.year - (1 if month and month > self.today.month else 0)
        if month is None:
            month = self.today.month if year == self.today.year else 12
        asked_year, asked_month = self.asked
        return asked_year or year, asked_month or month, "choice" if asked_year or asked_month else source

    def _outer(self, titles: list[str]) -> Place:
        """What the sheet's name, then its title lines, say about all its rows."""
        name_place, _purely = place_of(self.sheet.name, self.towns)
        title = "".join(titles)
        classes = {c for t in titles if len(t) <= 40 for c in values.categories_in(t)}
        inside = self.towns.inside(title)
        key = headers.squeeze(title)
        level = (
            Level.PROVINCE
            if re.search(r"省级?重点", key)
            else Level.CITY
            if re.search(r"(?<!江门)市级?重点", key)
            else None
        )
        category = classes.pop() if len(classes) == 1 else None
        return name_place.over(Place(level, category, None, inside.pop() if len(inside) == 1 else None))
