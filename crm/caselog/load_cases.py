"""Rows of cases into `permit_case`: a chunk is judged, settled against what is stored, and written at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from crm.approvals import rules as approvals
from crm.caselog import bulk, queries, rules
from crm.caselog.facts import TOTALS, CaseFacts, CaseReader, Trouble, kept_values
from crm.caselog.queries import Known, KnownItem, StoredCase
from crm.caselog.tally import Aside, Tally, reason_of
from crm.core.i18n import _
from crm.core.today import day_of, now
from crm.workdays.rules import Calendar
from models import Case, Item, SpecialProcedure
from models.vocabulary import CaseSource, DayUnit, ProcedureKind

MEMORY = 50_000  # verdicts of the clock kept
MAX_CODE = 20  # of Item.code


class Judged(NamedTuple):
    row: int
    facts: CaseFacts
    cells: list[str]


# What a file's column writes on the case.
_PLAIN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("channel", ("channel",)),
    ("handler", ("handler",)),
    ("route", ("route",)),
    ("result", ("result",)),
    ("permit_no", ("permit_no",)),
)


class CaseLoader:
    """One import of cases. `judge` needs no database, `settle` runs inside the chunk's transaction."""

    kind = "cases"

    def __init__(
        self,
        session: Session,
        *,
        batch_id: int,
        places: dict[str, int],
        headers: dict[str, str],
        today: date,
        calendar: Calendar,
        item: str = "",
        many_rows: bool = False,
    ) -> None:
        """`many_rows`: the file has a row an event, so that a case's number comes again and again."""
        self.known = Known(session)
        self.batch_id, self.today, self.calendar, self.many_rows = batch_id, today, calendar, many_rows
        self.places, self.headers = places, headers
        self.reader = CaseReader(places, headers, today=today, item=item)
        self.has = self.reader.has
        self.seen: dict[int, int] = {}
        self.row = bulk.defaults(Case) | {"source": CaseSource.HALL, "batch_id": batch_id}
        self.procedure = bulk.defaults(SpecialProcedure)
        self._measured: dict[rules.Course, rules.Measured] = {}
        self._number_at = places["case_no"]

    # --- before the transaction

    def skip(self, row: int, cells: list[str]) -> None:
        """A row of an earlier run: only its number is remembered."""
        number = cells[self._number_at].strip() if self._number_at < len(cells) else ""
        self.seen.setdefault(hash(number), row)

    def judge(self, row: int, cells: list[str], tally: Tally, *, damaged: bool) -> Judged | None:
        """The row's facts; None for one that is blank, a total, repeated or refused (told in the tally)."""
        number = cells[self._number_at].strip() if self._number_at < len(cells) else ""
        if (not number and not any(c.strip() for c in cells)) or number in TOTALS:
            return None
        if number == self.headers["case_no"]:
            return None  # exports laid end to end repeat their header
        if number:
            first = self.seen.setdefault(hash(number), row)
            if first != row:
                if not self.many_rows:
                    tally.duplicates += 1
                    reason = _("办件编号与第{row}行重复，已跳过", row=first)
                    tally.asides.append(Aside(row, reason, self._kept(cells)))
                return None
        if damaged:
            self._refuse(tally, row, cells, [Trouble(_("整行"), "", _("含有无法识别的字符，请重新导出"))])
            return None
        facts, troubles = self.reader.read(cells)
        if facts is None:
            self._refuse(tally, row, cells, troubles)
            return None
        return Judged(row, facts, cells)

    def _refuse(self, tally: Tally, row: int, cells: list[str], troubles: list[Trouble]) -> None:
        tally.refused += 1
        tally.asides.append(Aside(row, reason_of(troubles), self._kept(cells)))

    def _kept(self, cells: list[str]) -> dict[str, Any]:
        return kept_values(self.places, self.headers, cells)

    # --- inside it

    def settle(self, session: Session, judged: list[Judged], tally: Tally, *, write: bool) -> None:
        """Compare with what is stored; with `write`, add and change the rows."""
        stored = queries.stored_cases(session, [j.facts.case_no for j in judged])
        moment = now()
        self.row["created_at"] = self.row["updated_at"] = moment
        added: list[dict[str, Any]] = []
        changed: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        special: list[tuple[str, dict[str, Any]]] = []
        for one in judged:
            facts = one.facts
            old = stored.get(facts.case_no)
            fingerprint = facts.fingerprint
            if old is not None and not self._takes(old, facts, fingerprint, tally):
                continue
            item = self._item(session, facts, tally, write=write)
            try:
                row = self._columns(facts, old, item, tally)
            except rules.TooManyStopped as error:
                self._refuse(tally, one.row, one.cells, [self._too_many(facts, int(error.args[0]))])
                continue
            row |= {"fingerprint": fingerprint, "batch_id": self.batch_id, "updated_at": moment}
            if facts.odd_code:
                tally.count("odd_codes")
            if old is None:
                tally.created += 1
                added.append(row)
            else:
                tally.changed += 1
                row["id"] = old.id
                changed.setdefault(tuple(row), []).append(row)
                tally.touch(old.received_on, old.closed_on)
            tally.touch(row["received_on"], row["decided_on"])
            if facts.procedure and facts.procedure_from:
                special.append((facts.case_no, self._special(facts, item, row)))
        if write:
            bulk.insert(session, Case, added, self.row)
            for same in changed.values():
                bulk.update(session, Case, same)
            self._write_special(session, special)

    def _takes(self, old: StoredCase, facts: CaseFacts, fingerprint: str, tally: Tally) -> bool:
        """Whether the row changes the stored case: not one of ours, not the same again, not an older state."""
        if old.source is not CaseSource.HALL:
            tally.count("ours", facts.case_no)
            return False
        if old.fingerprint == fingerprint:
            tally.unchanged += 1
            return False
        if old.closed_on is not None and facts.closed_on is None:
            tally.unchanged += 1
            tally.count("kept_closed", facts.case_no)
            return False
        return True

    def _too_many(self, facts: CaseFacts, most: int) -> Trouble:
        label = self.headers.get("stopped", "")
        return Trouble(label, str(facts.stopped), _("多于受理到办结的{n}个工作日，请核对", n=most))

    def _item(self, session: Session, facts: CaseFacts, tally: Tally, *, write: bool) -> KnownItem:
        found = self.known.item(facts.item_code, facts.item)
        if found is not None:
            return found
        code = facts.item_code or facts.item
        short = facts.item_code
        if not short or len(short) > MAX_CODE:
            short = "H" + blake2b(code.encode(), digest_size=6).hexdigest().upper()
        item = Item(
            code=short,
            hall_code=facts.item_code,
            name=facts.item or facts.item_code,
            department=facts.department,
            department_id=self.known.department(facts.department),
            from_hall=True,
            active=False,
        )
        tally.count("new_items", item.name)
        if write:
            session.add(item)
            session.flush()
        return self.known.add_item(item)

    def _columns(
        self, facts: CaseFacts, old: StoredCase | None, item: KnownItem, tally: Tally
    ) -> dict[str, Any]:
        """The case's columns: those of the file, those the rule makes of them. What the file has no column
        for keeps its stored value."""
        f, has = facts, self.has

        def told(name: str, value: Any, stored: Any) -> Any:
            return value if old is None or name in has else stored

        accepted = told("accepted", f.accepted, (old and old.accepted_on) or f.accepted)
        closed_on = f.closed_on
        received = f.received
        told_on = told("told", f.told, old and old.told_on)
        corrected_on = told("corrected", f.corrected, old and old.corrected_on)
        extension = told("extension", f.extension, old.extension if old else 0)
        version_id, rule = item.on(received)
        if old is not None and old.item_id == item.id and old.received_on == received:
            # A change of rule never rewrites a case: it keeps what it came under.
            version_id = old.item_version_id
            law, promise, unit = old.legal_limit, old.promised_limit, DayUnit(old.unit)
        else:
            law, promise, unit = rule.legal_limit, rule.promised_limit, rule.unit
        if f.legal_limit is not None:
            law, unit = f.legal_limit, f.unit or DayUnit.WORKING
        elif f.unit is not None:
            unit = f.unit
        if f.promised_limit is not None:
            promise = f.promised_limit
        deadline_at = f.deadline_at or (rules.end_of(f.deadline_on) if f.deadline_on else None)
        deadline_on = f.deadline_on
        if old is not None and "deadline" not in has and old.deadline_at is not None:
            deadline_at, deadline_on = old.deadline_at, day_of(old.deadline_at)
        stops, stops_clock = self._stops(f, item)
        course = rules.Course(
            received_on=received,
            accepted_on=accepted,
            clock_start=rule.clock_start,
            legal_limit=law,
            promised_limit=promise,
            unit=unit,
            extension=extension,
            told_on=told_on,
            corrected_on=corrected_on,
            procedure=stops if stops_clock else None,
            stopped_wd=told("stopped", f.stopped, (old and old.stopped_wd) or 0),
            closed_on=closed_on,
            deadline_on=deadline_on,
            knows_corrections=bool({"told", "corrected", "corrections"} & has) or told_on is not None,
        )
        m = self._measure(course)
        late = m.late
        if closed_on is not None and deadline_at is not None and deadline_on is not None:
            exact = f.closed_at if f.deadline_at is not None or f.deadline_on is None else None
            late = rules.is_late(closed_on, exact, deadline_on, deadline_at)
        extra = dict(old.extra or {}) if old else {}
        extra.update(f.extra)
        row: dict[str, Any] = {
            "case_no": f.case_no,
            "item_id": item.id,
            "item_version_id": version_id,
            "state": f.state,
            "received_on": received,
            "correction_told_on": told_on,
            "corrected_on": corrected_on,
            "accepted_on": accepted,
            "starts_on": m.starts_on,
            "legal_limit": law,
            "promised_limit": promise,
            "unit": unit,
            "extension": extension,
            "due_on": m.due_on,
            "promised_due_on": m.promised_due_on,
            "yellow_on": m.yellow_on,
            "provisional": m.provisional,
            "held_from": m.held_from,
            "untold_from": m.untold_from,
            "decided_on": closed_on,
            "outcome": f.outcome,
            "deadline_at": deadline_at,
            "closed_at": f.closed_at,
            "running_wd": m.running_wd,
            "enterprise_wd": m.enterprise_wd,
            "stopped_wd": m.stopped_wd,
            "late": late,
        }
        if old is None or {"told", "corrections"} & has:
            row["corrections"] = f.corrections
        if old is None or "correct_by" in has:
            row["correction_due_on"] = f.correct_by
        if old is None or "delivered" in has:
            row["delivered_on"] = f.delivered
        for name, needs in _PLAIN:
            if old is None or has.issuperset(needs):
                row[name] = getattr(f, name)
        if old is None or "applicant" in has:
            row["applicant"] = f.applicant
        if old is None or "applicant_code" in has:
            row["applicant_code"] = f.applicant_code
            row["enterprise_id"] = self.known.enterprises.get(f.applicant_code) if f.applicant_code else None
        for name, words, find in (
            ("department", f.department, self.known.department),
            ("town", f.town, self.known.town),
        ):
            if old is None or name in has:
                row[f"{name}_id"] = self._place(name, words, find, extra, tally)
        if row.get("department_id") is None and "department_id" in row and not f.department:
            row["department_id"] = item.department_id
        row["extra"] = extra or None
        return row

    def _place(
        self, name: str, words: str, find: Callable[[str], int | None], extra: dict[str, Any], tally: Tally
    ) -> int | None:
        extra.pop(name, None)
        found = find(words)
        if found is None and words:
            extra[name] = words
            tally.count(f"unknown_{name}s", words)
        return found

    def _measure(self, course: rules.Course) -> rules.Measured:
        found = self._measured.get(course)
        if found is None:
            found = rules.measure(course, today=self.today, calendar=self.calendar)
            if len(self._measured) >= MEMORY:
                self._measured.clear()
            self._measured[course] = found
        return found

    # --- special steps

    def _stops(
        self, facts: CaseFacts, item: KnownItem
    ) -> tuple[tuple[date, date | None, date | None] | None, bool]:
        if not facts.procedure or facts.procedure_from is None:
            return None, False
        kind = rules.procedure_kind(facts.procedure)
        _id, registered = self.known.register.get((item.id, kind), (None, None))
        times = (facts.procedure_from, facts.procedure_to, facts.procedure_told)
        return times, approvals.stops_clock(kind, registered)

    def _special(self, facts: CaseFacts, item: KnownItem, row: dict[str, Any]) -> dict[str, Any]:
        kind: ProcedureKind = rules.procedure_kind(facts.procedure)
        register_id, registered = self.known.register.get((item.id, kind), (None, None))
        first, last = facts.procedure_from, facts.procedure_to
        assert first is not None
        longest = approvals.longest(kind, registered)
        planned = longest or (max(1, self.calendar.count_workdays(first, last)) if last else 1)
        stops = approvals.stops_clock(kind, registered)
        return self.procedure | {
            "register_id": register_id,
            "kind": kind,
            "stops_clock": stops,
            "ground": facts.procedure,
            "basis": approvals.ARTICLE_45 if stops else "",
            "from_on": first,
            "to_on": last,
            "planned_wd": planned,
            "start_by_on": approvals.start_by(kind, registered, row["accepted_on"], self.calendar),
            "end_by_on": approvals.end_by(kind, registered, first, planned, self.calendar),
            "told_on": facts.procedure_told,
        }

    def _write_special(self, session: Session, special: list[tuple[str, dict[str, Any]]]) -> None:
        if not special:
            return
        keys = queries.case_keys(session, [number for number, _row in special])
        table = bulk.table_of(SpecialProcedure)
        session.connection().execute(
            sa.delete(table).where(table.c.case_id.in_([keys[number].id for number, _row in special]))
        )
        moment: datetime = now()
        bulk.insert(
            session,
            SpecialProcedure,
            [
                row | {"case_id": keys[number].id, "created_at": moment, "updated_at": moment}
                for number, row in special
            ],
        )
