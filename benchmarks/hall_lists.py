"""How long the list of cases takes at a hall's full size, and what else reads cases.

`python -m benchmarks.hall_lists`: on the database that CRM_VAR / CRM_DATABASE_URL name, filled by
`python -m benchmarks.hall fill`. Medians of five, beside a bare read of the same 25 rows and their count.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from benchmarks.__main__ import TODAY, Line, seconds
from crm.approvals.queries import CaseFilter, case_lights, case_list
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading
from models import Department, Item, Officer, Town
from models.vocabulary import Role


def readers(session: Session) -> dict[str, Actor]:
    """Everybody, a department's handler, an officer of a town, and a town's clerk."""
    department = session.exec(select(Department.id).where(Department.name == "区市场监督管理局")).one()
    town = session.exec(select(Town.id).where(Town.name == "棠下镇")).one()
    officer = session.exec(select(Officer.id).order_by(col(Officer.id))).first()
    return {
        "everybody's": SYSTEM,
        "department": Actor(-1, "handler", Role.DEPARTMENT, department_id=department),
        "officer": Actor(-1, "officer", Role.OFFICER, town_id=town, officer_id=officer),
        "clerk": Actor(-1, "clerk", Role.PARK_STAFF, town_id=town),
    }


def asked(session: Session) -> dict[str, dict[str, str]]:
    """What is asked of the list, as URLs ask it."""
    drainage = session.exec(select(Item.id).where(Item.code == "P35")).one()
    busy = session.exec(select(Item.id).where(Item.name == "个体工商户登记")).one()
    return {
        "open, first due": {},
        "open, red": {"light": "red"},
        "all, newest": {"state": "all"},
        "all, page 400": {"state": "all", "page": "400"},
        "closed, newest": {"state": "closed"},
        "one item": {"state": "all", "item_id": str(drainage)},
        "one busy item, a month": {"item_id": str(busy), "decided": "2026-03"},
        "late, a quarter": {"late": "yes", "decided": "2026-01..2026-03"},
        "late, a town": {"late": "yes", "town_id": "3"},
        "longest of an item": {"item_id": str(drainage), "running": "6..", "sort": "longest"},
        "corrected and refused": {"corrected": "yes", "outcome": "refused"},
        "stopped": {"state": "all", "stopped": "yes"},
        "a case number": {"text": "440703202603050"},
        "an enterprise": {"text": "恒岳灯饰"},
        "nothing found": {"text": "查无此人"},
    }


def measure() -> list[Line]:
    lines: list[Line] = []
    with reading() as session:
        who, what = readers(session), asked(session)

        def bare() -> None:
            session.execute(sa.text("select * from permit_case order by id desc limit 25")).all()
            session.execute(
                sa.text("select count(*) from (select 1 from permit_case limit 10001) as found")
            ).scalar()

        plain = seconds(bare) * 1_000
        for reader, actor in who.items():
            for name, query in what.items():
                work = _list(session, actor, query, TODAY)
                lines.append(
                    Line(f"{reader} {name}", seconds(work) * 1_000, "ms", plain, "25 rows and a count")
                )
    return lines


def _list(session: Session, actor: Actor, query: dict[str, str], today: date) -> Callable[[], Any]:
    wanted, page = CaseFilter.read(query), int(query.get("page", "1"))

    def run() -> None:
        session.rollback()
        if wanted.state == "open":
            case_lights(session, actor, today, wanted)
        case_list(session, actor, today, wanted, page=page)

    return run


if __name__ == "__main__":
    for line in measure():
        print(line, flush=True)
