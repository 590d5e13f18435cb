"""The demo town's hall: a year and a half of everybody's cases with their events, written in bulk.

`HallRows` turns invented lives into rows by the one clock rule; `write_hall` writes the demo's few
thousand. The benchmarks write a district's million the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals.rules import CaseClocks, Stop, Terms, case_clocks, day_zero
from crm.core.today import SHANGHAI
from crm.demo.hall_items import HallItem, items
from crm.demo.hall_life import REFUSED, Life, WorkedDays, firm_names, lives
from crm.workdays.rules import Calendar
from models import (
    Base,
    Case,
    CaseEvent,
    CaseStep,
    Department,
    Enterprise,
    Item,
    ItemProcedure,
    SpecialProcedure,
    Town,
)
from models.vocabulary import CaseOutcome, CaseSource, CaseState, DayUnit, ProcedureKind

CASES = 5_000
MONTHS_BACK = 18
REFORM_DAYS_AGO = 270  # the drainage permit's reform
OF_THE_HALL = frozenset({"H001", "H010", "H012", "H013", "H029", "H033", "H066", "H067", "H068"})
BATCH = 5_000
SEED = 20_260
# Of a site check the register is silent about: begun within 2 working days, over within 3 (house rule).
CHECK_BEGINS_WD, CHECK_LASTS_WD = 2, 3


class HallRows:
    """Rows of `permit_case`, `special_procedure` and `case_event` of invented lives. `firms`: the
    hall's name of a firm -> the register's enterprise behind it."""

    def __init__(
        self,
        session: Session,
        things: Sequence[HallItem],
        calendar: Calendar,
        first: date,
        today: date,
        firms: Mapping[str, tuple[int, str]],
    ) -> None:
        self.calendar, self.today, self.firms = calendar, today, firms
        self.worked = WorkedDays(calendar, first - timedelta(days=30), today + timedelta(days=400))
        self.departments = _departments(session, things)
        self.items = _item_ids(session, things, self.departments)
        self.towns = {t.name: t.id for t in session.exec(select(Town))}
        self.steps: dict[str, int] = {s.name: s.id or 0 for s in session.exec(select(CaseStep))}
        self.register = {
            row.item_id: (row.id, row.start_limit_wd, row.longest_wd)
            for row in session.exec(
                select(ItemProcedure).where(ItemProcedure.kind == ProcedureKind.SITE_CHECK)
            )
        }
        self.session = session
        self.case = _defaults(Case)
        self.procedure = _defaults(SpecialProcedure)
        self._clocks = cache(self._clocks_of)

    def of(self, life: Life, case_id: int, **more: Any) -> tuple[dict[str, Any], list[Any], list[Any]]:
        """(the case's row, its special procedures, its events); `more` are fields that differ."""
        item, stopped = life.item, life.stopped
        received_on, accepted_on, decided_on = _day(life.received), _day(life.accepted), _day(life.decided)
        assert received_on is not None
        starts_on = day_zero(item.clock_start, received_on, accepted_on) if accepted_on else None
        stops = (Stop(stopped.from_on, stopped.to_on, stopped.from_on),) if stopped else ()
        clocks = self._clocks(
            Terms(starts_on, item.legal, life.promised, item.unit), stops, decided_on if stops else None
        )
        committed = clocks.committed
        state, outcome = _standing(life)
        enterprise_id, applicant = self.firms.get(life.applicant, (None, life.applicant))
        row = self.case | {
            "id": case_id,
            "case_no": life.number,
            "source": CaseSource.HALL,
            "item_id": self.items[item.code],
            "enterprise_id": enterprise_id,
            "applicant": applicant,
            "applicant_code": life.code,
            "department_id": self.departments.get(item.department),
            "town_id": self.towns.get(life.town),
            "channel": life.channel,
            "handler": life.handler,
            "state": state,
            "received_on": received_on,
            "correction_told_on": _day(life.told),
            "corrected_on": _day(life.corrected),
            "accepted_on": accepted_on,
            "starts_on": starts_on,
            "legal_limit": item.legal,
            "promised_limit": life.promised,
            "unit": item.unit,
            "due_on": clocks.legal.due_on if clocks.legal else None,
            "promised_due_on": clocks.promised.due_on if clocks.promised else None,
            "yellow_on": committed.yellow_on if committed else None,
            "provisional": clocks.provisional,
            "held_from": stopped.from_on if stopped and stopped.to_on is None else None,
            "decided_on": decided_on,
            "outcome": outcome,
            "result": life.result,
            "closed_at": _utc(life.decided),
            "corrections": int(life.told is not None),
        }
        if decided_on is not None:
            told, corrected = _day(life.told), _day(life.corrected)
            row["enterprise_wd"] = self.worked.between(told, corrected) if told and corrected else 0
            row["stopped_wd"] = life.stopped_wd
            if starts_on is not None:
                row["running_wd"] = self.worked.between(starts_on, decided_on) - life.stopped_wd
                row["late"] = committed is not None and decided_on > committed.due_on
        row |= more
        return row, self._procedures(life, case_id), self._events(life, case_id, received_on)

    def _procedures(self, life: Life, case_id: int) -> list[dict[str, Any]]:
        found = []
        if life.stopped is not None:
            opened = life.stopped
            found.append(
                self.procedure
                | {
                    "case_id": case_id,
                    "kind": opened.kind,
                    "stops_clock": True,
                    "ground": "组织专家评审",
                    "basis": "行政许可法第四十五条",
                    "opened_by": life.handler,
                    "from_on": opened.from_on,
                    "to_on": opened.to_on,
                    "planned_wd": max(life.stopped_wd, 10),
                    "told_on": opened.from_on,
                    "notice_no": f"特告〔{opened.from_on.year}〕{case_id}号",
                }
            )
        if life.checked is not None and life.accepted is not None:
            opened = life.checked
            register_id, begins, lasts = self.register.get(self.items[life.item.code], (None, None, None))
            lasts = lasts or CHECK_LASTS_WD
            found.append(
                self.procedure
                | {
                    "case_id": case_id,
                    "register_id": register_id,
                    "kind": opened.kind,
                    "stops_clock": False,
                    "ground": "现场核查",
                    "basis": "行政许可法第三十四条",
                    "opened_by": life.handler,
                    "from_on": opened.from_on,
                    "to_on": opened.to_on,
                    "planned_wd": lasts,
                    "start_by_on": self.worked.after(life.accepted.date(), begins or CHECK_BEGINS_WD),
                    "end_by_on": self.worked.after(opened.from_on, lasts),
                }
            )
        return found

    def _events(self, life: Life, case_id: int, received_on: date) -> list[dict[str, Any]]:
        found, before = [], received_on
        for event in life.events:
            day = event.at.date()
            found.append(
                {
                    "case_id": case_id,
                    "step_id": self._step(event.step),
                    "at": _utc(event.at),
                    "who": event.who,
                    "unit": life.item.department,
                    "lifecycle": event.lifecycle,
                    "number": "",
                    "wait_wd": self.worked.between(before, day),
                }
            )
            before = day
        return found

    def _step(self, name: str) -> int:
        if name not in self.steps:
            step = CaseStep(name=name)
            self.session.add(step)
            self.session.flush()
            self.steps[name] = step.id or 0
        return self.steps[name]

    def _clocks_of(self, terms: Terms, stops: tuple[Stop, ...], decided_on: date | None) -> CaseClocks:
        # Without a stop the due dates are the same on every day, so most cases share a few verdicts.
        return case_clocks(terms, stops, today=self.today, calendar=self.calendar, decided_on=decided_on)


def write_hall(session: Session, today: date, calendar: Calendar, *, n: int = CASES) -> int:
    """Write the demo's hall; returns how many cases."""
    things = demo_items()
    since = (today.replace(day=1) - timedelta(days=MONTHS_BACK * 30)).replace(day=1)
    firms = registered(session, every=1)
    maker = HallRows(session, things, calendar, since, today, firms)
    reform_on = today - timedelta(days=REFORM_DAYS_AGO)
    made = lives(n, since, today, seed=SEED, items=things, calendar=calendar, reform_on=reform_on, handlers=4)
    first = int(session.execute(sa.select(sa.func.coalesce(sa.func.max(col(Case.id)), 0))).scalar_one()) + 1
    put(session, (maker.of(life, first + at) for at, life in enumerate(made)))
    return n


def demo_items() -> tuple[HallItem, ...]:
    """The catalogue's items and a few of the hall's own, none of them drowning the others."""
    shown = [i for i in items() if i.code.startswith("P") or i.code in OF_THE_HALL]
    return tuple(i._replace(weight=24.0 if i.code == "P35" else i.weight**0.5) for i in shown)


def registered(session: Session, *, every: int) -> dict[str, tuple[int, str]]:
    """Every so many firms of the hall's is one of the register: its name there -> (id, name here)."""
    rows = session.execute(sa.select(col(Enterprise.id), col(Enterprise.name)).order_by(col(Enterprise.id)))
    names = firm_names()[::every]
    return {hall[0]: (int(id_), name) for hall, (id_, name) in zip(names, rows, strict=False)}


def put(session: Session, made: Iterable[tuple[dict[str, Any], list[Any], list[Any]]]) -> None:
    """Write the rows in batches, past the unit of work: they are an import's, not somebody's deed."""
    stream: Iterator[tuple[dict[str, Any], list[Any], list[Any]]] = iter(made)
    while batch := list(islice(stream, BATCH)):
        _insert(session, Case, [row for row, _p, _e in batch])
        _insert(session, SpecialProcedure, [p for _r, found, _e in batch for p in found])
        _insert(session, CaseEvent, [e for _r, _p, found in batch for e in found])
    connection = session.connection()
    if connection.dialect.name == "postgresql":  # ids were given: the sequence must not give them again
        newest = sa.select(sa.func.max(col(Case.id))).scalar_subquery()
        connection.execute(
            sa.select(sa.func.setval(sa.func.pg_get_serial_sequence("permit_case", "id"), newest))
        )


def _insert(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(sa.insert(sa.inspect(model).local_table), rows)


def _departments(session: Session, things: Sequence[HallItem]) -> dict[str, int]:
    """Name or alias -> id; those the register does not know are added."""
    found: dict[str, int] = {}
    for department in session.exec(select(Department)):
        for name in (department.name, department.short, *department.aliases):
            found.setdefault(name, department.id or 0)
    for name in dict.fromkeys(t.department for t in things if t.department):
        if name not in found:
            short = name.removeprefix("江门市").removeprefix("区")
            row = Department(name=name, short=short[:12])
            session.add(row)
            session.flush()
            found[name] = row.id or 0
    return found


def _item_ids(session: Session, things: Sequence[HallItem], departments: Mapping[str, int]) -> dict[str, int]:
    """Code -> id; items the catalogue does not know come in as an import would bring them."""
    found = {i.code: i.id or 0 for i in session.exec(select(Item))}
    for thing in things:
        if thing.code not in found:
            row = Item(
                code=thing.code,
                name=thing.name,
                department=thing.department,
                department_id=departments.get(thing.department),
                legal_limit=thing.legal,
                unit=DayUnit(thing.unit),
                promised_limit=thing.promised,
                clock_start=thing.clock_start,
                from_hall=True,
            )
            session.add(row)
            session.flush()
            found[thing.code] = row.id or 0
    return found


def _standing(life: Life) -> tuple[CaseState, CaseOutcome | None]:
    if life.decided is not None:
        if life.result == REFUSED:
            return CaseState.NOT_ACCEPTED, None
        if life.accepted is None or life.result == "申请人撤回":
            return CaseState.WITHDRAWN, None
        granted = life.result == "准予许可"
        return CaseState.DECIDED, CaseOutcome.GRANTED if granted else CaseOutcome.REFUSED
    if life.accepted is not None:
        return CaseState.ACCEPTED, None
    return (CaseState.CORRECTING if life.told and not life.corrected else CaseState.RECEIVED), None


def _defaults(model: type[Base]) -> dict[str, Any]:
    """The model's own defaults by column, the same moment in all of them."""
    return {
        name: field.get_default(call_default_factory=True, validated_data={})
        for name, field in model.model_fields.items()
        if not field.is_required() and name != "id"
    }


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=SHANGHAI) if moment is not None else None
