"""A workbook's plain cells to project rows: where the header is, what each column means, which lines
are sections, totals and notes. Pure; what is uncertain is said, not guessed silently.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from crm.core.i18n import _
from crm.core.names import one_line
from crm.ledgers import headers, values
from crm.ledgers.headers import BY_FIELD, FIELDS, MONEY
from crm.ledgers.reader import Cell, Sheet
from models.vocabulary import Category, Level, PlanClass

HEADER_WITHIN = 30  # rows in which the first header is looked for
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


# --- the file ---------------------------------------------------------------------------


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
    book_period = _file_period(sheets, file_name)
    views: list[SheetView] = []
    rows: list[SourceRow] = []
    for sheet in sheets:
        if not sheet.rows:
            continue
        if sheet.hidden:
            views.append(
                SheetView(sheet.name, "hidden", notes=(_("隐藏的工作表，没有导入；需要时请先取消隐藏"),))
            )
            continue
        for part in _tables(sheet):
            view, found = _Table(part, towns, today, book_period, (year, month), choices).read()
            views.append(view)
            rows.extend(found)
    ledgers = [v for v in views if v.state == "ledger"]
    first = ledgers[0] if ledgers else None
    return Understanding(
        tuple(views),
        tuple(rows),
        (first.year if first and first.year else None) or year or today.year,
        (first.month if first and first.month else None) or month or today.month,
    )


def _tables(sheet: Sheet) -> list[Sheet]:
    """A sheet cut where a second header of another layout begins; usually the sheet itself."""
    starts: list[int] = []
    layout: list[str] = []
    for r in sorted(sheet.rows):
        texts = [
            headers.squeeze(c.text) for c in sheet.rows[r].values() if c.kind == "s" and len(c.text) <= 20
        ]
        # The cheap question first: thousands of project rows come by here.
        if len(texts) < 3 or texts == layout or not _NAME_HEADERS.intersection(texts):
            continue
        exact = [f for t in texts if (f := _exact_field(t))]
        if "name" in exact and len(set(exact)) >= 3 and len(exact) * 3 >= len(sheet.rows[r]) * 2:
            starts.append(r)
            layout = texts
    if len(starts) < 2:
        return [sheet]
    numbers = sorted(sheet.rows)
    cuts = []
    for start in starts[1:]:
        # Its own title lines stand directly above it.
        above = [n for n in numbers if n < start]
        while above and len(sheet.rows[above[-1]]) == 1:
            start = above.pop()
        cuts.append(start)
    bounds = [0, *cuts, numbers[-1] + 1]
    return [
        replace(
            sheet,
            rows={r: cells for r, cells in sheet.rows.items() if low <= r < high},
            merges=tuple(m for m in sheet.merges if low <= m[0] < high),
        )
        for low, high in itertools.pairwise(bounds)
    ]


_NAME_HEADERS = frozenset(headers.squeeze(w) for w in BY_FIELD["name"].synonyms)


def _exact_field(text: str) -> str:
    field_name, sure = headers.best_field(text) if len(text) <= 20 else ("", 0.0)
    return field_name if sure >= 98 else ""


# --- period -----------------------------------------------------------------------------

Period = tuple[int | None, int | None]
_QUARTER = {"上半年": 6, "前三季度": 9, "三季度": 9, "二季度": 6, "一季度": 3, "四季度": 12, "全年": 12}


def period_of(words: str) -> Period:
    """(year, month) a title or name states; either may be None."""
    plain = headers.squeeze(words)
    if re.search(r"(制表|填报|填表|打印|报送|更新|编制)(日期|时间)", plain):
        return None, None
    for pattern in (
        r"截[至止]到?(20\d\d)[年.\-/](\d{1,2})月?",
        r"(20\d\d)年度?(?:1|一)月?[-—–~至到](\d{1,2}|[一二三四五六七八九十]{1,3})月",
        r"(20\d\d)年度?(\d{1,2})月",
        r"(?<!\d)(20\d\d)[.\-_/]?(0[1-9]|1[0-2])(?!\d)",
    ):
        found = re.search(pattern, plain)
        if found:
            text = found.group(2)
            month = int(text) if text.isdigit() else int(values._small(text))
            if 1 <= month <= 12:
                return int(found.group(1)), month
    year = headers.year_of(plain)
    part = next((m for word, m in _QUARTER.items() if word in plain), None)
    return year, part or headers.month_of(plain)


def _title_lines(sheet: Sheet, until: int) -> list[str]:
    return [
        cell.text
        for r in sorted(sheet.rows)
        if r < until
        for cell in sheet.rows[r].values()
        if cell.kind in "sdm"
    ]


def _file_period(sheets: list[Sheet], file_name: str) -> Period:
    """The first sheet's title, else the file's name."""
    for sheet in sheets:
        if sheet.hidden or not sheet.rows:
            continue
        lines = [
            c.text
            for r in sorted(sheet.rows)[:4]
            for c in sheet.rows[r].values()
            if c.kind == "s" and len(sheet.rows[r]) <= 2
        ]
        for line in lines:
            found = period_of(line)
            if found[0]:
                return found
    return period_of(re.sub(r"\.\w+$", "", file_name))


# --- lines that are not projects --------------------------------------------------------

_ENUMERATORS: tuple[tuple[str, int], ...] = (
    (r"^第[一二三四五六七八九十\d]+(部分|类|章)[:：、]?", 1),
    (r"^[一二三四五六七八九十]{1,3}[、.．,，:：\s]", 1),
    (r"^[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]+[、.．]?", 1),
    (r"^[(（][一二三四五六七八九十]{1,3}[)）][、.]?", 2),
    (r"^\d{1,2}[、.．]\s*(?=\D)", 3),
    (r"^[(（]\d{1,2}[)）][、.]?", 4),
)
_CHINESE_SEQ = re.compile(r"^[(（]?[一二三四五六七八九十]{1,3}[)）]?[、.]?$|^[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]+$|^[A-Z]$")
# 合计 alone, counted or ended with; 小计量仪表项目 is a project.
_TOTAL = re.compile(
    r"^(总?合计|小计|总计|共计|全区合计|本页小计|累计)(?=$|[(（:：]|\d|共)|^(共|总共)\d+[项个]|(合计|小计|总计|共计)([(（][^()（）]*[)）])?[:：]?$"
)
_UNIT_CELL = re.compile(r"[(（]?(亿元|万元|元|亩|平方米|㎡|%|％|年月?|年/月|个|人)[)）]?")
_COUNT = re.compile(r"[(（](共|计|合计)?\d+\s*[个项]?(项目)?[)）]|共?\d+\s*[个项](项目)?$")
_NOTE = re.compile(
    r"^(注|备注|说明|填报|填表|制表|审核|审批|单位负责人|分管领导|统计负责人|联系人|报送|数据来源|\*|※|附)"
)
_SIGNED = re.compile(
    r"^(填表人?|填报人?|制表人?|审核人?|审批人?|单位负责人|统计负责人|分管领导|填报单位|(填报|填表|制表|报送)(日期|时间))[:：]"
)
_FILLERS = re.compile(
    r"省级?重点|市级?重点|区级?重点|省级?|市级?|区级?|重点|重大|建设|项目|工程|类|全区|年度|计划|部分|情况|的|和|及|、|[()（）:：\s—-]"
    r"|20\d\d年?|基础设施|产业|工业|制造业?|先进|民生|保障|社会|事业|公共服务|服务业|现代|新开工|续建|投产|竣工|在建|前期|预备|储备|新建|蓬江|江门"
)


def strip_enumerator(label: str) -> tuple[str, int]:
    """(the label without 一、/（一）/1., its depth; 0 = none)."""
    for pattern, depth in _ENUMERATORS:
        found = re.match(pattern, label)
        if found:
            return label[found.end() :].strip(), depth
    return label, 0


def is_total(label: str) -> bool:
    plain, _depth = strip_enumerator(re.sub(r"\s+", "", values.narrow(label)))
    return bool(_TOTAL.search(plain))


def place_of(label: str, towns: values.Towns) -> tuple[Place, bool]:
    """What a section's label says, and whether it says nothing but that."""
    plain, _depth = strip_enumerator(re.sub(r"\s+", "", values.narrow(label)))
    plain = _COUNT.sub("", plain).strip()
    inside = towns.inside(plain)
    rest = plain
    for way in sorted(towns.ways, key=len, reverse=True):
        rest = rest.replace(way, "")
    purely = not _FILLERS.sub("", re.sub(r"街道办事处|街道办|街道|办事处|镇|街", "", rest))
    where = Place(
        values.level_of(plain) if re.search(r"重点|级|^[省市区]$", plain) else None,
        values.category_of(plain),
        values.plan_class_of(plain),
        inside.pop() if len(inside) == 1 else None,
    )
    return where, purely


# --- one sheet --------------------------------------------------------------------------

_FACTS = frozenset(
    [
        "enterprise",
        "credit_code",
        "project_code",
        "officers",
        "start",
        "finish",
        "period",
        "progress",
        "problem",
        "leader",
        "lead_unit",
        "phone",
        "site",
        "capacity",
        "contact_name",
        "industry",
    ]
)
_PEOPLE_ONLY = frozenset({"officers", "co_officers", "phone", "contact_name", "contact_phone"})


class _Table:
    """Reads one sheet. Rows and columns are numbered as in the sheet, from 1."""

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
        self.book_period, self.asked, self.choices = book_period, asked, choices
        self.rows = sheet.rows
        # (row, column) -> the corner cell of the merge that covers it, the corner itself excluded
        self.covered: dict[tuple[int, int], tuple[int, int]] = {}
        for r1, c1, r2, c2 in sheet.merges:
            for r in range(r1, min(r2, r1 + 2000) + 1):
                for c in range(c1, min(c2, c1 + 200) + 1):
                    if (r, c) != (r1, c1):
                        self.covered[r, c] = (r1, c1)

    def at(self, r: int, c: int) -> Cell | None:
        r, c = self.covered.get((r, c), (r, c))
        return self.rows.get(r, {}).get(c)

    # header

    def _parts(self, top: int, bottom: int, wide: int) -> dict[int, tuple[str, ...]]:
        """Header texts of each column from the top row down, a merged text once."""
        parts: dict[int, tuple[str, ...]] = {}
        above = ""
        for c in range(1, wide + 1):
            texts: list[str] = []
            for r in range(top, bottom + 1):
                cell = self.at(r, c)
                word = one_line(cell.text).strip() if cell is not None and cell.kind in "sn" else ""
                if r == top and bottom > top:
                    if word:
                        above = word
                    elif (
                        not self.covered.get((r, c))
                        and self.at(bottom, c) is not None
                        and self.at(bottom, c - 1) is not None
                        and c > 1
                        and above != _text(self.at(bottom, c - 1))
                    ):
                        word = above  # an unmerged group title stands over its first column only
                if word and (not texts or texts[-1] != word):
                    texts.append(word)
            if texts:
                parts[c] = tuple(texts)
        return parts

    def _assign(self, parts: dict[int, tuple[str, ...]], year: int | None) -> dict[int, tuple[str, float]]:
        """Column -> (field, how sure). Each field once, the surest column first."""
        wishes: list[tuple[float, int, int, str]] = []
        fixed: dict[int, tuple[str, float]] = {}
        for c, texts in parts.items():
            choice = self.choices.get(headers.squeeze("".join(texts)))
            if choice is not None:
                # Two columns chosen for one field: the second is kept under its own header, not lost.
                clash = choice.field in {f for f, _s in fixed.values()} - {KEEP, IGNORE}
                fixed[c] = (KEEP if clash else choice.field, 100.0)
                continue
            if len(headers.squeeze("".join(texts))) > 60:
                continue
            stated = headers.year_of("".join(texts))
            for f in FIELDS:
                if f.field in ("plan_wan", "done_wan") and stated and year and stated != year:
                    continue
                sure = headers.score_parts(texts, f)
                if sure:
                    wishes.append(
                        (-sure, min(headers.rank("".join(texts), f), headers.rank(texts[-1], f)), c, f.field)
                    )
        taken = {f for f, _sure in fixed.values()}
        found = dict(fixed)
        for sure, _rank, c, name in sorted(wishes):
            if c not in found and name not in taken:
                found[c] = (name, -sure)
                taken.add(name)
        return found

    def _find_header(self) -> tuple[int, int, dict[int, tuple[str, ...]]] | None:
        """(first row, last row, header texts) of the sheet's first table."""
        best: tuple[int, int, int, dict[int, tuple[str, ...]]] | None = None
        numbers = sorted(self.rows)
        for r in [n for n in numbers if n <= numbers[0] + HEADER_WITHIN]:
            texts = {one_line(c.text) for c in self.rows[r].values() if c.kind == "s"}
            if len(texts) < 2:
                continue
            wide = max(self.rows[r])
            for depth in range(3):
                bottom = r + depth
                if depth and not self._may_extend(r, bottom):
                    break
                wide = max(wide, max(self.rows.get(bottom, {1: None})))
                parts = self._parts(r, bottom, wide)
                found = self._assign(parts, None)
                fields = {f for f, _s in found.values()}
                if "name" not in fields or len(fields - {"seq"}) < 2:
                    continue
                # Two-word lines above a header (附件1 … 单位：万元) must not be its first row.
                count = len(fields) - (5 if len(texts) < 3 and depth else 0)
                # Of one first row, the deeper header that reads as much: its last row may carry units.
                if best is None or count > best[0] or (count == best[0] and best[1] == r):
                    best = (count, r, bottom, parts)
        return best[1:] if best else None

    def _may_extend(self, top: int, row: int) -> bool:
        """Whether `row` still belongs to a header that starts at `top`."""
        cells = self.rows.get(row)
        if any(r1 == top and r2 >= row for r1, _c1, r2, _c2 in self.sheet.merges if r1 < r2):
            return True
        if cells and all(_UNIT_CELL.fullmatch(c.text.strip()) for c in cells.values()):
            return True  # a line of units under the names
        if not cells or len(cells) < 2 or any(c.kind != "s" or len(c.text) > 20 for c in cells.values()):
            return False
        above = self.rows.get(top, {})
        names = [c for c, cell in above.items() if headers.best_field(one_line(cell.text))[0] == "name"]
        if any(c in cells and headers.best_field(one_line(cells[c].text))[0] != "name" for c in names):
            return False
        if any(re.search(r"\d{4,}", c.text) for c in cells.values()):
            return False
        under = [c for c in cells if c not in above or c + 1 not in above]
        meant = sum(1 for c in cells.values() if headers.best_field(one_line(c.text))[1] >= 90)
        return meant >= 1 and (bool(under) or not names)

    # the sheet

    def read(self) -> tuple[SheetView, list[SourceRow]]:
        found = self._find_header()
        if found is None:
            return (
                SheetView(self.sheet.name, "notes", notes=(_("没有项目表头，按说明页处理，没有导入"),)),
                [],
            )
        top, bottom, parts = found
        titles = _title_lines(self.sheet, top)
        year, month, period_from = self._period(titles, parts)
        columns = self._columns(top, bottom, parts, titles, year)
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
        rows, sections, totals = self._body(bottom, columns, outer, year, month, notes)
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
        asked_year, asked_month = self.asked
        if asked_year and asked_month:
            return asked_year, asked_month, "choice"
        ordered = sorted(titles, key=lambda t: 0 if re.search(r"截[至止]", t) else 1)
        stated = [("sheet", period_of(t)) for t in [*ordered, self.sheet.name]]
        heads = ["".join(p) for p in parts.values()]
        months = [m for h in heads if (m := headers.month_of(h))]
        years = [y for h in heads if (y := headers.year_of(h)) and re.search(r"计划|完成|投资", h)]
        stated.append(("header", (max(years, default=None), max(months, default=None))))
        stated.append(("book", self.book_period))
        full = next(((w, p) for w, p in stated if p[0] and p[1]), None)
        year = next((p[0] for _w, p in stated if p[0]), None)
        if full and (year is None or full[1][0] == year):
            source, (year, month) = full
        else:
            source = "sheet" if year else "caller"
            month = next((p[1] for _w, p in stated if p[1]), None)
            if year is None:
                year = self.today.year
            if month is None:
                month = self.today.month if year == self.today.year else 12
        assert year is not None
        assert month is not None
        return asked_year or year, asked_month or month, "choice" if asked_year or asked_month else source

    def _outer(self, titles: list[str]) -> Place:
        """What the sheet's name, then its title lines, say about all its rows."""
        name_place, _purely = place_of(self.sheet.name, self.towns)
        title = "".join(titles)
        inside = self.towns.inside(title)
        key = headers.squeeze(title)
        level = (
            Level.PROVINCE
            if re.search(r"省级?重点", key)
            else Level.CITY
            if re.search(r"(?<!江门)市级?重点", key)
            else None
        )
        return name_place.over(Place(level, None, None, inside.pop() if len(inside) == 1 else None))

    def _columns(
        self, top: int, bottom: int, parts: dict[int, tuple[str, ...]], titles: list[str], year: int
    ) -> list[Column]:
        assigned = self._assign(parts, year)
        body = [r for r in sorted(self.rows) if r > bottom]
        for c in sorted({c for r in body for c in self.rows[r]} - set(parts)):
            parts[c] = ()
        self._by_content(assigned, parts, body)
        self._phone_of_whom(assigned, parts)
        by_title = next((u for t in titles if (u := headers.unit_of(t))), None)
        columns = []
        for c in sorted(parts):
            name, sure = assigned.get(c, (KEEP, 0.0))
            unit, unit_from = "", ""
            if name in MONEY:
                choice = self.choices.get(headers.squeeze("".join(parts[c])))
                own = next((u for p in reversed(parts[c]) if (u := headers.unit_of(p))), None)
                unit, unit_from = (
                    (choice.unit, "choice")
                    if choice and choice.unit
                    else (own, "header")
                    if own
                    else (by_title, "title")
                    if by_title
                    else ("万元", "default")
                )
            columns.append(
                Column(c, parts[c], name, sure, unit, unit_from, headers.year_of("".join(parts[c])))
            )
        return columns

    def _by_content(
        self, assigned: dict[int, tuple[str, float]], parts: dict[int, tuple[str, ...]], body: list[int]
    ) -> None:
        """A column whose header says little is judged by what stands in it: codes, and which list a 类别 is of."""
        taken = {f for f, _s in assigned.values()}
        probes: dict[str, Callable[[str], bool]] = {
            "credit_code": lambda t: bool(re.fullmatch(r"[0-9A-Za-z]{18}", t)) and not t.isdigit(),
            "project_code": lambda t: bool(re.fullmatch(r"\d{4}-\d{6}-\d{2}-\d{2}-\d{6}", t)),
            "level": lambda t: bool(re.fullmatch(r"[省市区]级?重点(项目)?", t)),
            "category": lambda t: bool(re.fullmatch(r"(基础设施|产业|民生保障)工程", t)),
            "town": lambda t: self.towns.find(t) is not None,
        }
        lists: dict[str, Callable[[str], object]] = {
            "level": values.level_of,
            "category": values.category_of,
            "plan_class": values.plan_class_of,
        }
        for c, texts in list(parts.items()):
            if headers.squeeze("".join(texts)) in self.choices:
                continue
            sample = [t for r in body[:60] if (t := _text(self.rows[r].get(c)))]
            if not sample:
                continue
            name = assigned.get(c, ("", 0.0))[0]
            if not name:
                for f, probe in probes.items():
                    if f not in taken and sum(probe(t) for t in sample) * 2 > len(sample):
                        assigned[c] = (f, 90.0)
                        taken.add(f)
            elif name in lists:
                hits = {
                    f: sum(1 for t in sample if len(t) <= 12 and known(t) is not None)
                    for f, known in lists.items()
                }
                if hits[name] * 2 > len(sample):
                    continue
                other = max((f for f in hits if f not in taken), key=lambda f: hits[f], default="")
                del assigned[c]
                taken.discard(name)
                if other and hits[other] * 2 > len(sample):
                    assigned[c] = (other, 85.0)
                    taken.add(other)

    def _phone_of_whom(
        self, assigned: dict[int, tuple[str, float]], parts: dict[int, tuple[str, ...]]
    ) -> None:
        """A bare 联系电话 belongs to the nearest person column on its left."""
        for c, (name, sure) in list(assigned.items()):
            if name != "phone" or (
                sure >= 100.0 and headers.core("".join(parts[c])).startswith(("专员", "联络员", "服务专员"))
            ):
                continue
            if headers.squeeze("".join(parts[c])) in self.choices:
                continue
            left = [
                (k, f)
                for k, (f, _s) in assigned.items()
                if k < c and f in ("officers", "co_officers", "contact_name", "leader")
            ]
            if (
                left
                and max(left)[1] == "contact_name"
                and "contact_phone" not in {f for f, _s in assigned.values()}
            ):
                assigned[c] = ("contact_phone", sure)

    # the body

    def _body(
        self, bottom: int, columns: list[Column], outer: Place, year: int, month: int, notes: list[str]
    ) -> tuple[list[SourceRow], int, int]:
        by_field = {c.field: c for c in columns if c.field not in (KEEP, IGNORE)}
        name_col = by_field["name"].index if "name" in by_field else 0
        seq_col = by_field["seq"].index if "seq" in by_field else 0
        head_key = [headers.squeeze("".join(c.parts)) for c in columns]
        down = self._fill_down(bottom, by_field, name_col, notes)
        stack: list[tuple[int, Place]] = []
        rows: list[SourceRow] = []
        sections = totals = since = 0  # since: projects after the last section or total
        labels = {c.field: c.header for c in columns}
        units = {c.field: c.unit for c in columns if c.field in MONEY}
        kept = _kept_headers(columns)
        plan_year = by_field["plan_wan"].year if "plan_wan" in by_field else None
        for r in sorted(self.rows):
            if r <= bottom:
                continue
            own = self.rows[r]
            cells = {
                f: cell for f, c in by_field.items() if (cell := self._body_cell(r, c.index)) is not None
            }
            if not any(_text(c) or c.kind != "s" for c in own.values()):
                continue
            if self._repeats_header(own, columns, head_key) or self._numbers_columns(own):
                continue
            if name_col and (r, name_col) in self.covered and self.covered[r, name_col][0] < r and rows:
                _continue_row(rows[-1], own, by_field, self)
                continue
            label = self._label(r, seq_col, name_col)
            verdict = self._line(r, own, cells, label, seq_col, name_col, bool(rows))
            if verdict == "total":
                totals += 1
                if self._opens_group(stack, label, since):
                    self._enter(stack, label, "")
                since = 0
                continue
            if verdict == "note":
                continue
            if verdict == "continue" and rows:
                _continue_row(rows[-1], own, by_field, self)
                continue
            if verdict == "section":
                sections += 1
                since = 0
                self._enter(stack, label, _text(own.get(seq_col)) if seq_col else "")
                continue
            for f, cell in down.get(r, {}).items():
                cells.setdefault(f, cell)
            since += 1
            place = outer
            for _depth, said in stack:
                place = said.over(place)
            extra = {h: cell for c, h in kept.items() if (cell := self._body_cell(r, c)) is not None}
            rows.append(
                SourceRow(
                    self.sheet.name, r, cells, extra, place, year, month, plan_year or year, units, labels
                )
            )
        return rows, sections, totals

    def _body_cell(self, r: int, c: int) -> Cell | None:
        """The cell, or the one a vertical merge carries down to it. A sideways merge stays in its first column."""
        corner = self.covered.get((r, c))
        if corner and corner[1] != c:
            return None
        cell = self.at(r, c)
        return cell if cell is not None and (cell.kind != "s" or str(cell.value).strip()) else None

    def _label(self, r: int, seq_col: int, name_col: int) -> str:
        """The words a section or total line starts with."""
        own = self.rows[r]
        name = _text(own.get(name_col)) if name_col else ""
        first = next((_text(own[c]) for c in sorted(own) if own[c].kind == "s" and _text(own[c])), "")
        if name and (not first or first == name or _CHINESE_SEQ.match(first) or first.isdigit()):
            return f"{first}、{name}" if first and _CHINESE_SEQ.match(first) and first != name else name
        return first or name

    def _line(
        self,
        r: int,
        own: dict[int, Cell],
        cells: dict[str, Cell],
        label: str,
        seq_col: int,
        name_col: int,
        any_yet: bool,
    ) -> str:
        """project, section, total, note or continue."""
        name = _text(own.get(name_col)) if name_col else ""
        facts = {
            f
            for f in _FACTS & set(cells)
            if not values.blank(cells[f]) and not self._is_label(r, f, cells, label)
        }
        strong = facts & {"enterprise", "credit_code", "project_code", "officers"}
        if _SIGNED.match(re.sub(r"\s+", "", label)):
            return "note"
        if label and is_total(label) and not strong:
            return "total"
        if name and is_total(name) and not strong:
            return "total"
        words_alone = len([c for c in own.values() if _text(c) or c.kind != "s"]) == 1
        seq = _text(own.get(seq_col)) if seq_col else ""
        if words_alone and label.endswith(("。", "；", ";")):
            return "note"
        if not name:
            if (words_alone or not facts) and label and _NOTE.match(re.sub(r"\s+", "", label)):
                return "note"
            if not facts:
                _plain, depth = strip_enumerator(label)
                where, purely = place_of(label, self.towns)
                if (
                    label
                    and not label.isdigit()
                    and (depth or purely or where != Place())
                    and len(label) <= 60
                ):
                    return "section"
                numbers = [f for f in cells if f in MONEY]
                return "project" if numbers and seq.isdigit() else "note"
            filled = {f for f in cells if f != "seq" and not values.blank(cells[f])}
            if any_yet and not seq and filled and filled <= _PEOPLE_ONLY:
                return "continue"
            if len(facts) == 1 and not seq and words_alone:
                return "note"
            return "project"
        if facts:
            return "project"
        if words_alone and _NOTE.match(re.sub(r"\s+", "", name)):
            return "note"
        _plain, depth = strip_enumerator(name)
        where, purely = place_of(name, self.towns)
        if seq.isdigit() and not purely:
            return "project"
        if purely and name and not seq.isdigit():
            return "section"
        if depth in (1, 2) or (seq and _CHINESE_SEQ.match(seq)):
            return "section"
        if _COUNT.search(re.sub(r"\s+", "", values.narrow(name))) and not seq:
            return "section"
        return "project"

    def _is_label(self, r: int, f: str, cells: dict[str, Cell], label: str) -> bool:
        """A section's words that happen to stand in a mapped column."""
        return bool(label) and cells[f].kind == "s" and _text(cells[f]) == label and len(self.rows[r]) == 1

    def _opens_group(self, stack: list[tuple[int, Place]], label: str, since: int) -> bool:
        """Whether a named total (民生工程小计) stands above its rows: nothing precedes it, or another group is open."""
        where, _purely = place_of(label, self.towns)
        if where == Place():
            return False
        now = Place()
        for _depth, said in stack:
            now = said.over(now)
        names = ("level", "category", "plan_class", "town_id")
        other = any(
            getattr(where, n) and getattr(now, n) and getattr(where, n) != getattr(now, n) for n in names
        )
        return other or (since == 0 and not stack)

    def _enter(self, stack: list[tuple[int, Place]], label: str, seq: str) -> None:
        """A section opens: what it does not repeat, it inherits; its equals and inners close."""
        where, _purely = place_of(label, self.towns)
        _plain, depth = strip_enumerator(label)
        if not depth:
            # Without an enumerator, it closes from the first open section that speaks of the same thing.
            said = {k for k in ("level", "category", "plan_class", "town_id") if getattr(where, k)}
            for i, (_d, other) in enumerate(stack):
                if any(getattr(other, k) for k in said):
                    del stack[i:]
                    break
            stack.append((stack[-1][0] + 1 if stack else 1, where))
            return
        while stack and stack[-1][0] >= depth:
            stack.pop()
        stack.append((depth, where))

    def _fill_down(
        self, bottom: int, by_field: dict[str, Column], name_col: int, notes: list[str]
    ) -> dict[int, dict[str, Cell]]:
        """A town, level or category written only on the first line of its group, without a merge.

        Taken as a group only where most lines are blank or no filled one repeats the one before it;
        a single forgotten cell in an otherwise full column stays forgotten, and is refused.
        """
        filled: dict[int, dict[str, Cell]] = {}
        for f in ("town", "level", "category"):
            if f not in by_field:
                continue
            c = by_field[f].index
            lines = [
                r
                for r in sorted(self.rows)
                if r > bottom
                and len(self.rows[r]) > 1
                and not _SIGNED.match(re.sub(r"\s+", "", _text(self.rows[r].get(name_col))))
                and _text(self.rows[r].get(name_col))
                and not is_total(_text(self.rows[r].get(name_col)))
            ]
            words = [_text(self.at(r, c)) for r in lines]
            given = [w for w in words if w]
            gaps = len(words) - len(given)
            if not given or not gaps or not words[0] or gaps * 2 < len(words):
                continue
            if any(a == b for a, b in itertools.pairwise(given)) or len(set(given)) != len(given):
                continue
            last: Cell | None = None
            for r, word in zip(lines, words, strict=True):
                if word:
                    last = self.at(r, c)
                elif last is not None:
                    filled.setdefault(r, {})[f] = last
            notes.append(_("“{column}”只在每组第一行填写，其余行按上一行补齐", column=by_field[f].header))
        return filled

    def _repeats_header(self, own: dict[int, Cell], columns: list[Column], keys: list[str]) -> bool:
        texts = [
            (headers.squeeze(_text(own.get(c.index))), key, c)
            for c, key in zip(columns, keys, strict=True)
            if key
        ]
        filled = [(t, k, c) for t, k, c in texts if t]
        same = sum(1 for t, k, c in filled if t == k or t in {headers.squeeze(p) for p in c.parts})
        return len(filled) >= 2 and same >= 2 and same * 3 >= len(filled) * 2

    def _numbers_columns(self, own: dict[int, Cell]) -> bool:
        """The line 甲 乙 1 2 3 … under a statistical header."""
        texts = [_text(own[c]) for c in sorted(own)]
        digits = [t for t in texts if t.strip("()（）").isdigit()]
        rest = [t for t in texts if t not in digits]
        if len(digits) < 4 or any(t not in "甲乙丙丁戊己庚辛" for t in rest):
            return False
        order = [int(t.strip("()（）")) for t in digits]
        return order == list(range(order[0], order[0] + len(order)))


def _kept_headers(columns: Iterable[Column]) -> dict[int, str]:
    """Column -> the name under which its values are kept with the project."""
    kept: dict[int, str] = {}
    for c in columns:
        if c.field == KEEP:
            name = re.sub(r"\s+", "", c.header)[:60]
            kept[c.index] = name if name not in kept.values() else f"{name}({letter(c.index)})"
    return kept


def _text(cell: Cell | None) -> str:
    return cell.text.strip() if cell is not None else ""


def _continue_row(row: SourceRow, own: dict[int, Cell], by_field: dict[str, Column], table: _Table) -> None:
    """A second sheet line of the same project: more officers, more numbers."""
    for f, into in (
        ("officers", row.more_people),
        ("co_officers", row.more_people),
        ("phone", row.more_phones),
    ):
        cell = own.get(by_field[f].index) if f in by_field else None
        if cell is not None and not values.blank(cell):
            into.append(cell)


LABELS = {f: w.label for f, w in BY_FIELD.items()}
