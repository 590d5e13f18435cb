"""The calendar files that come with the program (`data/`)."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    """One file, a dictionary a row."""
    with (DATA / name).open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


@cache
def movable_days() -> frozenset[date]:
    """Statutory days of lunar date or solar term, 2027-2040, for years without a notice yet."""
    return frozenset(date.fromisoformat(row["day"]) for row in rows("lunar_days.csv"))
