"""A hall's year: 960,000 cases and their events, as the acceptance system exports them and as rows.

`write_cases` and `write_events` stream CSV files that the product imports; `fill` puts the same cases
straight into the database. The same (n, seed, until) always makes the same cases.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.core.access import SYSTEM
from crm.core.db import unit_of_work
from crm.demo.hall import HallRows, put, registered
from crm.demo.hall_items import HallItem, items
from crm.demo.hall_life import DONE, Life, lives
from crm.workdays import shipped
from crm.workdays.queries import calendar as stored_calendar
from crm.workdays.rules import Calendar
from models import Case, CaseEvent, Project, SpecialProcedure
from models.vocabulary import DAY_UNIT_LABELS, CaseSource

YEAR = 960_000
KEY_PROJECT_CASES = 5_000
REFORM_DAYS_AGO = 150  # the drainage permit's reform

CASE_HEADERS = (
    "办件编号", "事项编码", "事项名称", "申请单位", "统一社会信用代码", "申请人类型", "部门", "镇街", "渠道",
    "收件时间", "受理时间", "补正告知时间", "补正完成时间", "停表工作日", "办结时间", "办理结果", "承诺期限",
    "法定期限", "期限单位",
)  # fmt: skip
EVENT_HEADERS = ("办件编号", "环节", "时间", "经办人", "部门", "状态")


def hall(
    n: int, seed: int, until: date, *, calendar: Calendar | None = None, things: tuple[HallItem, ...] = ()
) -> Iterator[Life]:
    """`n` cases received in the year that ends on `until`, in the order they came."""
    return lives(
        n,
        until - timedelta(days=364),
        until,
        seed=seed,
        items=things or items(),
        calendar=calendar or shipped_calendar(),
        reform_on=until - timedelta(days=REFORM_DAYS_AGO),
    )


def shipped_calendar() -> Calendar:
    """The calendar the program comes with, without a database."""
    rows = shipped.rows("days.csv")
    return Calendar(
        {date.fromisoformat(r["day"]): r["kind"] == "makeup" for r in rows},
        frozenset(int(r["day"][:4]) for r in rows),
        shipped.movable_days(),
    )


def write_cases(path: Path, n: int, seed: int, until: date) -> int:
    """One row a case; returns the rows written. A person's name is masked, as in the real export."""
    with path.open("w", encoding="utf-8-sig", newline="") as f:
        out = csv.writer(f)
        out.writerow(CASE_HEADERS)
        for life in hall(n, seed, until):
            out.writerow(_case_line(life))
    return n


def write_events(path: Path, n: int, seed: int, until: date) -> int:
    """One row an event of the same cases; returns the rows written."""
    written = 0
    with path.open("w", encoding="utf-8-sig", newline="") as f:
        out = csv.writer(f)
        out.writerow(EVENT_HEADERS)
        for life in hall(n, seed, until):
            for event in life.events:
                state = "完成" if event.lifecycle == DONE else "开始"
                out.writerow(
                    (life.number, event.step, _moment(event.at), event.who, life.item.department, state)
                )
            written += len(life.events)
    return written


def _case_line(life: Life) -> tuple[Any, ...]:
    item = life.item
    return (
        life.number,
        item.code,
        item.name,
        "陈**" if life.person else life.applicant,
        life.code,
        "自然人" if life.person else "企业",
        item.department,
        life.town,
        life.channel,
        _moment(life.received),
        _moment(life.accepted),
        _moment(life.told),
        _moment(life.corrected),
        life.stopped_wd or "",
        _moment(life.decided),
        life.result,
        "" if life.promised is None else life.promised,
        "" if item.legal is None else item.legal,
        DAY_UNIT_LABELS[item.unit],
    )


def _moment(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S") if at is not None else ""


def fill(n: int, until: date, seed: int = 7, *, ours: int = KEY_PROJECT_CASES) -> None:
    """Fill the current, prepared database: `n` cases of the hall with their events and, when it holds
    projects, `ours` cases of them. Indexes are built after the rows."""
    with unit_of_work(SYSTEM, "benchmark.hall") as session:
        indexes = [
            (table, index)
            for table in (_table(Case), _table(CaseEvent), _table(SpecialProcedure))
            for index in sorted(table.indexes, key=lambda i: str(i.name))
        ]
        for _t, index in indexes:
            index.drop(session.connection())
        calendar, things = stored_calendar(session), items()
        maker = HallRows(
            session, things, calendar, until - timedelta(days=364), until, registered(session, every=8)
        )
        first = 1 + (session.execute(sa.select(sa.func.max(col(Case.id)))).scalar_one() or 0)
        put(
            session,
            (
                maker.of(life, first + at)
                for at, life in enumerate(hall(n, seed, until, calendar=calendar, things=things))
            ),
        )
        put(session, _of_projects(session, maker, first + n, ours, seed, until, calendar))
        for _t, index in indexes:
            index.create(session.connection())
    with unit_of_work(SYSTEM, "benchmark.analyse") as session:
        session.execute(sa.text("ANALYZE"))


def _of_projects(
    session: Session, maker: HallRows, first: int, n: int, seed: int, until: date, calendar: Calendar
) -> Iterator[tuple[dict[str, Any], list[Any], list[Any]]]:
    projects = session.execute(
        sa.select(col(Project.id), col(Project.enterprise_id), col(Project.town_id))
    ).all()
    if not projects:
        return
    dice = Random(seed)
    permits = tuple(i._replace(weight=1.0) for i in items() if i.code.startswith("P"))
    for at, life in enumerate(hall(n, seed + 1, until, calendar=calendar, things=permits)):
        project_id, enterprise_id, town_id = dice.choice(projects)
        yield maker.of(
            life,
            first + at,
            case_no=f"KP{life.number}",
            source=CaseSource.OURS,
            project_id=project_id,
            enterprise_id=enterprise_id,
            town_id=town_id,
            applicant="",
            applicant_code="",
        )


def _table(model: Any) -> sa.Table:
    table = sa.inspect(model).local_table
    assert isinstance(table, sa.Table)
    return table


def main() -> None:
    """`python -m benchmarks.hall csv FOLDER [n]` or `python -m benchmarks.hall fill [n]` (into CRM_VAR)."""
    from benchmarks import district
    from crm.prepare import prepare

    what, rest = sys.argv[1], sys.argv[2:]
    until = date(2026, 11, 23)
    start = time.perf_counter()
    if what == "csv":
        folder, n = Path(rest[0]), int(rest[1]) if len(rest) > 1 else YEAR
        print(write_cases(folder / "cases.csv", n, 7, until), "cases")
        print(write_events(folder / "events.csv", n, 7, until), "events")
    else:
        if not os.environ.get("CRM_VAR"):
            raise SystemExit("say where: CRM_VAR=folder")
        prepare()
        district.fill(until)
        fill(int(rest[0]) if rest else YEAR, until)
    print(f"{time.perf_counter() - start:,.0f} s")


if __name__ == "__main__":
    main()
