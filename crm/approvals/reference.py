"""The permit catalogue: the items a key project meets, with limits and their legal basis, the first version of
each rule, the documents and special procedures as far as they are known.

`data/*.csv` is the starting point; the catalogue itself lives in the database and is edited
there. Limits the law writes as 日 are calendar days (`unit` days); 行政许可法 第八十二条 makes only
its own limits working days. `certainty` says how well a row is known; an uncertain one is marked
on the page until somebody confirms it.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from sqlmodel import Session, select

from crm.approvals.actions.catalogue import first_version
from models import Department, Item, ItemDocument, ItemProcedure, ItemVersion
from models.vocabulary import DayUnit, DocumentStanding, ProcedureKind

DATA = Path(__file__).parent / "data"
# 排污许可管理条例: three days to tell what is missing, where 行政许可法 第三十二条 gives five.
THREE_TO_CORRECT = ("P61", "P62")


@cache
def rows(name: str = "items") -> tuple[dict[str, str], ...]:
    """The catalogue as shipped: items, documents or procedures. `decides` is an alias of the department that
    decides, "" for none."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as f:
        return tuple(csv.DictReader(f))


def seed(session: Session) -> None:
    """Add what is missing, touch nothing that is there: it may have been edited.

    An item that was there before versions were kept gets its first one from its row as it stands, in force
    since `FIRST_ON`; documents and register are filled in for items that have none of them.
    """
    there = set(session.exec(select(Item.code)))
    departments = _by_alias(session)
    for row in rows():
        if row["code"] not in there:
            session.add(_item(row, departments))
    session.flush()
    items = {item.code: item for item in session.exec(select(Item))}
    _correction_limits(session, items)
    versioned = set(session.exec(select(ItemVersion.item_id)))
    for item in items.values():
        if item.id not in versioned and not item.from_hall:
            first_version(session, item)
    _documents(session, items)
    _procedures(session, items)


def _correction_limits(session: Session, items: dict[str, Item]) -> None:
    """Only before an item has versions: afterwards the limit is whoever kept it last."""
    versioned = set(session.exec(select(ItemVersion.item_id)))
    for code in THREE_TO_CORRECT:
        if items[code].id not in versioned:
            items[code].correction_limit = 3
    session.flush()


def _documents(session: Session, items: dict[str, Item]) -> None:
    kept = set(session.exec(select(ItemDocument.item_id)))
    for sort, row in enumerate(rows("documents"), 1):
        item_id = items[row["item_code"]].id or 0
        if item_id not in kept:
            session.add(
                ItemDocument(
                    item_id=item_id,
                    name=row["name"],
                    standing=DocumentStanding(row["standing"]),
                    basis=row["basis"],
                    note=row["note"],
                    sort=sort * 10,
                )
            )
    session.flush()


def _procedures(session: Session, items: dict[str, Item]) -> None:
    kept = set(session.exec(select(ItemProcedure.item_id)))
    for row in rows("procedures"):
        item_id = items[row["item_code"]].id or 0
        if item_id not in kept:
            session.add(
                ItemProcedure(
                    item_id=item_id,
                    kind=ProcedureKind(row["kind"]),
                    name=row["name"],
                    stops_clock=row["stops_clock"] == "1",
                    stop_basis=row["stop_basis"],
                    basis=row["basis"],
                    conditions=row["conditions"],
                    start_limit_wd=_number(row["start_limit_wd"]),
                    longest_wd=_number(row["longest_wd"]),
                    times=int(row["times"]),
                    notice_needed=row["notice_needed"] == "1",
                    charged=row["charged"] == "1",
                    charge_basis=row["charge_basis"],
                    certainty=row["certainty"],
                )
            )
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
