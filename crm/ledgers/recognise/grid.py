"""A sheet's cells, merges seen through."""

from __future__ import annotations

from crm.ledgers.reader import Cell, Sheet


class Grid:
    """Rows and columns are numbered as in the sheet, from 1."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
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
