"""The lines under a header: which are projects, and what stands above each. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

from crm.core.i18n import _
from crm.ledgers import headers, values
from crm.ledgers.headers import MONEY
from crm.ledgers.reader import Cell
from crm.ledgers.recognise.grid import Grid
from crm.ledgers.recognise.lines import CHINESE_SEQ, COUNT, NOTE, SIGNED, is_total, place_of, strip_enumerator
from crm.ledgers.recognise.shapes import IGNORE, KEEP, Column, Place, SourceRow, letter, text_of

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


class Body:
    """The lines of one table."""

    def __init__(self, grid: Grid, towns: values.Towns) -> None:
        self.sheet, self.towns = grid.sheet, towns
        self.rows, self.covered, self.at = grid.rows, grid.covered, grid.at

    def read(
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
            if not any(text_of(c) or c.kind != "s" for c in own.values()):
                continue
            if self._repeats_header(own, columns, head_key) or self._numbers_columns(own):
                continue
            if name_col and (r, name_col) in self.covered and self.covered[r, name_col][0] < r and rows:
                _continue_row(rows[-1], own, by_field)
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
                _continue_row(rows[-1], own, by_field)
                continue
            if verdict == "section":
                sections += 1
                since = 0
                self._enter(stack, label, text_of(own.get(seq_col)) if seq_col else "")
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
        name = text_of(own.get(name_col)) if name_col else ""
        first = next((text_of(own[c]) for c in sorted(own) if own[c].kind == "s" and text_of(own[c])), "")
        if name and (not first or first == name or CHINESE_SEQ.match(first) or first.isdigit()):
            return f"{first}、{name}" if first and CHINESE_SEQ.match(first) and first != name else name
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
        name = text_of(own.get(name_col)) if name_col else ""
        facts = {
            f
            for f in _FACTS & set(cells)
            if not values.blank(cells[f]) and not self._is_label(r, f, cells, label)
        }
        strong = facts & {"enterprise", "credit_code", "project_code", "officers"}
        if SIGNED.match(re.sub(r"\s+", "", label)):
            return "note"
        if label and is_total(label) and not strong:
            return "total"
        if name and is_total(name) and not strong:
            return "total"
        words_alone = len([c for c in own.values() if text_of(c) or c.kind != "s"]) == 1
        seq = text_of(own.get(seq_col)) if seq_col else ""
        if words_alone and label.endswith(("。", "；", ";")):
            return "note"
        if not name:
            if (words_alone or not facts) and label and NOTE.match(re.sub(r"\s+", "", label)):
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
        if words_alone and NOTE.match(re.sub(r"\s+", "", name)):
            return "note"
        _plain, depth = strip_enumerator(name)
        where, purely = place_of(name, self.towns)
        if seq.isdigit() and not purely:
            return "project"
        if purely and name and not seq.isdigit():
            return "section"
        if depth in (1, 2) or (seq and CHINESE_SEQ.match(seq)):
            return "section"
        if COUNT.search(re.sub(r"\s+", "", values.narrow(name))) and not seq:
            return "section"
        return "project"

    def _is_label(self, r: int, f: str, cells: dict[str, Cell], label: str) -> bool:
        """A section's words that happen to stand in a mapped column."""
        return bool(label) and cells[f].kind == "s" and text_of(cells[f]) == label and len(self.rows[r]) == 1

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
                and not SIGNED.match(re.sub(r"\s+", "", text_of(self.rows[r].get(name_col))))
                and text_of(self.rows[r].get(name_col))
                and not is_total(text_of(self.rows[r].get(name_col)))
            ]
            words = [text_of(self.at(r, c)) for r in lines]
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
            (headers.squeeze(text_of(own.get(c.index))), key, c)
            for c, key in zip(columns, keys, strict=True)
            if key
        ]
        filled = [(t, k, c) for t, k, c in texts if t]
        same = sum(1 for t, k, c in filled if t == k or t in {headers.squeeze(p) for p in c.parts})
        return len(filled) >= 2 and same >= 2 and same * 3 >= len(filled) * 2

    def _numbers_columns(self, own: dict[int, Cell]) -> bool:
        """The line 甲 乙 1 2 3 … under a statistical header."""
        texts = [text_of(own[c]) for c in sorted(own)]
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


def _continue_row(row: SourceRow, own: dict[int, Cell], by_field: dict[str, Column]) -> None:
    """A second sheet line of the same project: more officers, more numbers."""
    for f, into in (
        ("officers", row.more_people),
        ("co_officers", row.more_people),
        ("phone", row.more_phones),
    ):
        cell = own.get(by_field[f].index) if f in by_field else None
        if cell is not None and not values.blank(cell):
            into.append(cell)
