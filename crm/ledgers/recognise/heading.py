"""Where a table's header is and what each of its columns means. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from crm.core.names import one_line
from crm.ledgers import headers, values
from crm.ledgers.headers import BY_FIELD, FIELDS, MONEY
from crm.ledgers.recognise.grid import Grid
from crm.ledgers.recognise.lines import UNIT_CELL
from crm.ledgers.recognise.shapes import IGNORE, KEEP, Choice, Column, text_of

HEADER_WITHIN = 30  # rows in which the first header is looked for


class Heading:
    """The header of one table."""

    def __init__(self, grid: Grid, towns: values.Towns, choices: dict[str, Choice]) -> None:
        self.grid, self.towns, self.choices = grid, towns, choices
        self.rows, self.covered, self.at = grid.rows, grid.covered, grid.at

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
                        and above != text_of(self.at(bottom, c - 1))
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

    def find(self) -> tuple[int, int, dict[int, tuple[str, ...]]] | None:
        """(first row, last row, header texts) of the sheet's first table."""
        best: tuple[int, int, int, dict[int, tuple[str, ...]]] | None = None
        numbers = sorted(self.rows)
        for r in [n for n in numbers if n <= numbers[0] + HEADER_WITHIN]:
            texts = {one_line(c.text) for c in self.rows[r].values() if c.kind == "s"}
            if len(texts) < 2:
                continue
            wide = max(self.rows[r])
            for depth in range(5):
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
        if any(r1 == top and r2 >= row for r1, _c1, r2, _c2 in self.grid.sheet.merges if r1 < r2):
            return True
        if cells and all(UNIT_CELL.fullmatch(c.text.strip()) for c in cells.values()):
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

    def columns(
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
            sample = [t for r in body[:60] if (t := text_of(self.rows[r].get(c)))]
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
        """A bare 联系电话 belongs to the nearest person column on its left, whatever stands further off."""
        bare = [
            c
            for c, texts in sorted(parts.items())
            if texts
            and headers.squeeze("".join(texts)) not in self.choices
            and assigned.get(c, ("phone", 0.0))[0] == "phone"
            and headers.core(texts[-1]) in _BARE_PHONE
            and not any(headers.best_field(t)[0] in _NUMBER_OF for t in texts[:-1])
        ]
        for c in bare:
            assigned.pop(c, None)
        owned = {f for f, _s in assigned.values()}
        for c, texts in parts.items():  # 专员电话, when a bare one had taken its place
            if c not in assigned and c not in bare and texts and "phone" not in owned:
                sure = headers.score_parts(texts, BY_FIELD["phone"])
                if sure and headers.squeeze("".join(texts)) not in self.choices:
                    assigned[c] = ("phone", sure)
                    owned.add("phone")
        for c in bare:
            left = max(((k, f) for k, (f, _s) in assigned.items() if k < c and f in _NUMBER_OF), default=None)
            wanted = _NUMBER_OF[left[1]] if left else "phone"
            if wanted and wanted not in owned:
                assigned[c] = (wanted, 95.0)
                owned.add(wanted)


# A person column -> the field of the number beside it; nobody's number of a leader is kept as a field.
_NUMBER_OF = {"officers": "phone", "co_officers": "co_phone", "contact_name": "contact_phone", "leader": ""}
_BARE_PHONE = frozenset(
    ["联系电话", "电话", "手机", "手机号", "手机号码", "联系方式", "联系手机", "电话号码", "号码"]
)
