"""The permit catalogue: the items a key project meets, with limits and their legal basis.

`data/items.csv` is the starting point; the catalogue itself lives in the database and is edited
there. Limits the law writes as 日 are calendar days (`unit` days); 行政许可法 第八十二条 makes only
its own limits working days. `certainty` says how well a row is known; an uncertain one is marked
on the page until somebody confirms it.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from sqlmodel import Session, select

from models import Department, Item
from models.vocabulary import DayUnit

DATA = Path(__file__).parent / "data" / "items.csv"


@cache
def rows() -> tuple[dict[str, str], ...]:
    """The catalogue as shipped. `decides` is an alias of the department that decides, "" for none."""
    with DATA.open(encoding="utf-8", newline="") as f:
        return tuple(csv.DictReader(f))


def seed(session: Session) -> None:
    """Add the items that are missing; touch none that is there: it may have been edited."""
    there = set(session.exec(select(Item.code)))
    departments = _by_alias(session)
    for row in rows():
        if row["code"] not in there:
            session.add(_item(row, departments))
    session.flush()


def _by_alias(session: Session) -> dict[str, int]:
    found: dict[str, int] = {}
    for department in session.exec(select(Department)):
        if department.id is not None:
            for name in (department.name, department.short, *department.aliases):
                found.setdefault(name, department.id)
    return found


def _item(row: dict[str, str], departments: dict[str, int]) -> Item:
    return Item(
        code=row["code"],
        name=row["name"],
        phase=row["phase"],
        kind=row["kind"],
        department=row["department"],
        department_id=departments.get(row["decides"]),
        legal_limit=_number(row["legal_limit"]),
        legal_limit_text=row["legal_limit_text"],
        unit=DayUnit(row["unit"]),
        promised_limit=_number(row["promised_limit"]),
        promised_limit_text=row["promised_limit_text"],
        extension_limit=int(row["extension_limit"]),
        clock_start=row["clock_start"],
        legal_basis=row["legal_basis"],
        prerequisite_text=row["prerequisite_text"],
        promise_route=row["promise_route"],
        special_steps=row["special_steps"],
        follow_up=row["follow_up"],
        valid_months=_number(row["valid_months"]),
        renew_before=_number(row["renew_before"]),
        renew_unit=DayUnit(row["renew_unit"]),
        certainty=row["certainty"],
    )


def _number(text: str) -> int | None:
    return int(text) if text else None
