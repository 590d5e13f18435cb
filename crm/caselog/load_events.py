"""Rows of events into `case_event`. An event has one key: its case and the source's own number of it, else its
case, step, instant and lifecycle; the same event brought again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from crm.caselog import bulk, queries
from crm.caselog.facts import TOTALS, EventFacts, EventReader, Trouble, kept_values
from crm.caselog.queries import CaseKey, StoredEvent
from crm.caselog.tally import Aside, Tally, reason_of
from crm.core.i18n import _
from crm.core.today import day_of
from crm.workdays.rules import Calendar
from models import CaseEvent, CaseStep
from models.vocabulary import CaseSource

MEMORY = 200_000  # counts of working days kept


class JudgedEvent(NamedTuple):
    row: int
    facts: EventFacts
    cells: list[str]


@dataclass
class _Line:
    """One event of a case in time: stored with an id, or new without."""

    at: datetime
    on: date
    id: int | None
    row: dict[str, Any] | None
    wait_wd: int | None
    order: int


class EventLoader:
    """One import of events. `judge` needs no database, `settle` runs inside the chunk's transaction."""

    kind = "events"

    def __init__(
        self,
        session: Session,
        *,
        places: dict[str, int],
        headers: dict[str, str],
        today: date,
        calendar: Calendar,
    ) -> None:
        self.places, self.headers, self.calendar = places, headers, calendar
        self.reader = EventReader(places, headers, today=today)
        self.steps = queries.steps(session)
        self._number_at = places["case_no"]
        self._waits: dict[tuple[date, date], int] = {}

    # --- before the transaction

    def skip(self, row: int, cells: list[str]) -> None:
        """A row of an earlier run: what it brought is stored."""

    def judge(self, row: int, cells: list[str], tally: Tally, *, damaged: bool) -> JudgedEvent | None:
        """The row's facts; None for one that is blank, a total or refused (told in the tally)."""
        number = cells[self._number_at].strip() if self._number_at < len(cells) else ""
        if (not number and not any(c.strip() for c in cells)) or number in TOTALS:
            return None
        if number == self.headers["case_no"]:
            return None  # exports laid end to end repeat their header
        if damaged:
            self._refuse(tally, row, cells, [Trouble(_("整行"), "", _("含有无法识别的字符，请重新导出"))])
            return None
        facts, troubles = self.reader.read(cells)
        if facts is None:
            self._refuse(tally, row, cells, troubles)
            return None
        return JudgedEvent(row, facts, cells)

    def _refuse(self, tally: Tally, row: int, cells: list[str], troubles: list[Trouble]) -> None:
        tally.refused += 1
        tally.asides.append(Aside(row, reason_of(troubles), self._kept(cells)))

    def _kept(self, cells: list[str]) -> dict[str, Any]:
        return kept_values(self.places, self.headers, cells)

    # --- inside it

    def settle(self, session: Session, judged: list[JudgedEvent], tally: Tally, *, write: bool) -> None:
        """Compare with what is stored; with `write`, add the new events and mend the waits after them."""
        cases = queries.case_keys(session, {j.facts.case_no for j in judged})
        stored = queries.stored_events(session, {c.id for c in cases.values() if c.source is CaseSource.HALL})
        known: dict[tuple[Any, ...], StoredEvent | JudgedEvent] = {}
        lines: dict[int, list[_Line]] = {}
        by_id = {case.id: case for case in cases.values()}
        for case_id, events in stored.items():
            lines[case_id] = [_Line(e.at, day_of(e.at), e.id, None, e.wait_wd, e.id) for e in events]
            for e in events:
                known[_key(e.case_id, e.step_id, e.at, e.lifecycle, e.number)] = e
        touched: set[int] = set()
        for one in judged:
            case = self._case_of(one, cases, tally)
            if case is None:
                continue
            facts = one.facts
            step_id = self._step(session, facts.step, write=write)
            key = _key(case.id, step_id, facts.at, facts.lifecycle, facts.number)
            before = known.get(key)
            if before is not None:
                self._again(before, one, step_id, tally)
                continue
            known[key] = one
            tally.created += 1
            touched.add(case.id)
            row = {
                "case_id": case.id,
                "step_id": step_id,
                "at": facts.at,
                "who": facts.who,
                "unit": facts.unit,
                "lifecycle": facts.lifecycle,
                "number": facts.number,
                "wait_wd": None,
            }
            lines.setdefault(case.id, []).append(
                _Line(facts.at, facts.on, None, row, None, 1 << 40 | one.row)
            )
            tally.touch(case.received_on, case.decided_on)
        if write:
            self._write(session, touched, lines, by_id)

    def _case_of(self, one: JudgedEvent, cases: dict[str, CaseKey], tally: Tally) -> CaseKey | None:
        number = one.facts.case_no
        case = cases.get(number)
        if case is None:
            trouble = Trouble(self.headers["case_no"], number, _("没有这个办件，请先导入办件"))
            self._refuse(tally, one.row, one.cells, [trouble])
            return None
        if case.source is not CaseSource.HALL:
            tally.count("ours", number)
            return None
        return case

    def _again(self, before: StoredEvent | JudgedEvent, one: JudgedEvent, step_id: int, tally: Tally) -> None:
        """The same event again; or another one under a number that is taken."""
        facts = one.facts
        if isinstance(before, JudgedEvent):
            if (before.facts.step, before.facts.at) == (facts.step, facts.at):
                tally.duplicates += 1
                reason = _("与第{row}行是同一个环节，已跳过", row=before.row)
                tally.asides.append(Aside(one.row, reason, self._kept(one.cells)))
                return
            what = _("第{row}行用过这个编号，内容不同", row=before.row)
        elif (before.step_id, before.at) == (step_id, facts.at):
            tally.unchanged += 1
            return
        else:
            what = _("这个编号已导入过，内容不同；环节不能改写")
        self._refuse(tally, one.row, one.cells, [Trouble(self.headers["number"], facts.number, what)])

    def _step(self, session: Session, name: str, *, write: bool) -> int:
        found = self.steps.get(name)
        if found is None:
            if write:
                step = CaseStep(name=name)
                session.add(step)
                session.flush()
                found = step.id or 0
            else:
                found = -len(self.steps) - 1
            self.steps[name] = found
        return found

    def _write(
        self, session: Session, touched: set[int], lines: dict[int, list[_Line]], cases: dict[int, CaseKey]
    ) -> None:
        """Waits of the touched cases, in the order of time whatever the order of the file."""
        added: list[dict[str, Any]] = []
        mended: list[dict[str, Any]] = []
        for case_id in touched:
            since = cases[case_id].received_on
            for line in sorted(lines[case_id], key=lambda x: (x.at, x.order)):
                wait = self._wait(since, line.on)
                if line.row is not None:
                    line.row["wait_wd"] = wait
                    added.append(line.row)
                elif wait != line.wait_wd:
                    mended.append({"id": line.id, "wait_wd": wait})
                since = line.on
        bulk.insert(session, CaseEvent, added)
        bulk.update(session, CaseEvent, mended)

    def _wait(self, since: date, on: date) -> int:
        """Working days after `since` to `on`; an event told before the receipt waited for nothing."""
        key = (since, on)
        found = self._waits.get(key)
        if found is None:
            if len(self._waits) > MEMORY:
                self._waits.clear()
            found = self._waits[key] = max(0, self.calendar.count_workdays(since, on))
        return found


def _key(case_id: int, step_id: int, at: datetime, lifecycle: str, number: str) -> tuple[Any, ...]:
    return (case_id, number) if number else (case_id, step_id, at, lifecycle)
