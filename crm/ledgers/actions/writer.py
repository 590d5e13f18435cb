"""Verdicts into records, and what each row touched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from crm.core.access import Actor, Verb, scopes
from crm.core.names import name_key, pinyin_of
from crm.core.today import now
from crm.ledgers import queries
from crm.ledgers.actions.parts import fields
from crm.ledgers.facts import first_of_month
from crm.ledgers.judge import Firm, Liaison, Verdict, Work
from models import (
    AnnualPlan,
    Assignment,
    Contact,
    Enterprise,
    ImportRow,
    MonthlyProgress,
    Officer,
    Project,
    Record,
)
from models.vocabulary import OfficerRole, RowVerdict, Scope


class Writer:
    """Writes verdicts in bulk, a flush for each kind of record, and remembers what each row touched."""

    def __init__(self, session: Session, actor: Actor, today: date, batch_id: int) -> None:
        self.session, self.actor, self.today, self.batch_id = session, actor, today, batch_id
        self.approved = Scope.ALL in scopes(actor, Verb.LEDGER_IMPORT)
        self.before: dict[int, dict[str, Any]] = {}  # id(record) -> its fields at first touch
        self.touched: dict[int, list[tuple[Record, str]]] = {}  # row index -> records
        self.seen: dict[int, str] = {}

    def write(self, verdicts: list[Verdict]) -> None:
        jobs = [
            (i, v, v.work)
            for i, v in enumerate(verdicts)
            if v.work is not None and v.verdict in (RowVerdict.NEW, RowVerdict.CHANGED)
        ]
        for step in (self._firms, self._officers, self._projects, self._rest):
            step(jobs)
            self.session.flush()
        self._rows(verdicts)

    def _touch(self, index: int, record: Record, verb: str) -> None:
        """Remember a record once, with its fields before the first change."""
        if id(record) in self.seen:
            return
        self.seen[id(record)] = verb
        self.touched.setdefault(index, []).append((record, verb))
        if verb == "update":
            self.before[id(record)] = fields(record)
        else:
            self.session.add(record)

    def _change(self, index: int, record: Record, typed: Mapping[str, Any]) -> None:
        different = {k: v for k, v in typed.items() if getattr(record, k) != v}
        if different:
            self._touch(index, record, "update")
            for name, value in different.items():
                setattr(record, name, value)

    def _firms(self, jobs: list[tuple[int, Verdict, Work]]) -> None:
        for index, _verdict, work in jobs:
            firm = work.firm
            if firm is None:
                continue
            if firm.row is None:
                full, initials = pinyin_of(firm.name)
                firm.row = Enterprise(
                    name=firm.name,
                    name_key=name_key(firm.name),
                    pinyin=full,
                    initials=initials,
                    credit_code=firm.code,
                    town_id=firm.town_id,
                    batch_id=self.batch_id,
                )
                self._touch(index, firm.row, "create")
            else:
                self._change(index, firm.row, self._firm_changes(firm))

    @staticmethod
    def _firm_changes(firm: Firm) -> dict[str, Any]:
        typed: dict[str, Any] = {}
        assert firm.row is not None
        if firm.code and not firm.row.credit_code:
            typed["credit_code"] = firm.code
        if firm.name != firm.row.name:
            full, initials = pinyin_of(firm.name)
            typed |= {
                "name": firm.name,
                "name_key": name_key(firm.name),
                "pinyin": full,
                "initials": initials,
            }
        return typed

    def _officers(self, jobs: list[tuple[int, Verdict, Work]]) -> None:
        for index, _verdict, work in jobs:
            for liaison, _number in work.officers or ():
                self._officer(index, liaison)

    def _officer(self, index: int, liaison: Liaison) -> None:
        if liaison.row is None:
            liaison.row = Officer(name=liaison.name, phone=liaison.phone)
            self._touch(index, liaison.row, "create")
        elif liaison.new_phone:
            self._change(index, liaison.row, {"phone": liaison.new_phone})

    def _projects(self, jobs: list[tuple[int, Verdict, Work]]) -> None:
        for index, _verdict, work in jobs:
            typed = dict(work.set)
            if work.firm is not None and work.set_firm and work.firm.row is not None:
                typed["enterprise_id"] = work.firm.row.id
            if "name" in typed:
                full, initials = pinyin_of(typed["name"])
                typed |= {"name_key": name_key(typed["name"]), "pinyin": full, "initials": initials}
            if work.project is None:
                work.project = Project(**typed, batch_id=self.batch_id)
                self._touch(index, work.project, "create")
            else:
                self._change(index, work.project, typed)

    def _rest(self, jobs: list[tuple[int, Verdict, Work]]) -> None:
        known = self._existing(jobs)
        for index, verdict, work in jobs:
            assert work.project is not None
            key = int(work.project.id or 0)
            if work.plan is not None:
                self._plan(index, key, work.plan, known.plans)
            if work.month is not None:
                self._month(index, key, work.month, known.progress)
            if work.officers is not None:
                self._assign(index, key, verdict, work.officers, known.assignments.get(key, []))
            for assignment in known.assignments.get(key, []):
                if int(assignment.id or 0) in work.phones:
                    self._change(index, assignment, {"phone": work.phones[int(assignment.id or 0)]})
            if work.contact is not None and work.firm is not None and work.firm.row is not None:
                self._contact(index, work)

    def _existing(self, jobs: list[tuple[int, Verdict, Work]]) -> queries.Known:
        """The rows that hang on projects; they are in the session already, so this costs little."""
        return queries.known(self.session, self.actor)

    def _plan(
        self, index: int, key: int, plan: tuple[int, Decimal], known: dict[tuple[int, int], AnnualPlan]
    ) -> None:
        year, amount = plan
        row = known.get((key, year))
        if row is None:
            made = AnnualPlan(project_id=key, year=year, plan_wan=amount, batch_id=self.batch_id)
            self._touch(index, made, "create")
        else:
            self._change(index, row, {"plan_wan": amount})

    def _month(
        self, index: int, key: int, month: dict[str, Any], known: dict[tuple[int, int, int], MonthlyProgress]
    ) -> None:
        typed = {k: v for k, v in month.items() if k not in ("year", "month")}
        row = known.get((key, month["year"], month["month"]))
        # What a whole-district importer brings in has been through the office: it counts as approved
        # (house rule). An officer's own ledger waits for approval like his typed report.
        approval: dict[str, Any] = {
            "approved_at": now() if self.approved else None,
            "approved_by": self.actor.user_id if self.approved else None,
        }
        if row is None:
            row = MonthlyProgress(
                project_id=key,
                year=month["year"],
                month=month["month"],
                reported_on=self.today,
                batch_id=self.batch_id,
                **typed,
                **approval,
            )
            self._touch(index, row, "create")
        else:
            # The batch is remembered, so that an older ledger knows a newer one has been here.
            origin = {"batch_id": self.batch_id} if row.batch_id is None else {}
            self._change(index, row, {**typed, **approval, **origin})

    def _assign(
        self,
        index: int,
        key: int,
        verdict: Verdict,
        people: list[tuple[Liaison, str]],
        open_now: list[Assignment],
    ) -> None:
        """Who stays stays; who left ends the day before the others begin, kept with both dates."""
        wanted = {
            (int(p.row.id or 0) if p.row else 0, OfficerRole.LEAD if i == 0 else OfficerRole.CO): number
            for i, (p, number) in enumerate(people)
        }
        begins = min(first_of_month(verdict.source), self.today)
        leaving = [a for a in open_now if (a.officer_id, a.role) not in wanted]
        if any(a.from_on >= begins for a in leaving):
            begins = max([self.today, *(a.from_on for a in leaving)])
        for a in leaving:
            self._change(index, a, {"to_on": max(begins - timedelta(days=1), a.from_on)})
        staying = {(a.officer_id, a.role): a for a in open_now if a not in leaving}
        for who, number in wanted.items():
            if who in staying:
                if number:
                    self._change(index, staying[who], {"phone": number})
                continue
            made = Assignment(
                project_id=key,
                officer_id=who[0],
                role=who[1],
                from_on=begins,
                phone=number,
                batch_id=self.batch_id,
            )
            self._touch(index, made, "create")

    def _contact(self, index: int, work: Work) -> None:
        assert work.contact is not None
        assert work.firm is not None
        assert work.firm.row is not None
        if work.contact_row is not None:
            self._change(index, work.contact_row, {"phone": work.contact.phone})
            return
        made = Contact(
            enterprise_id=int(work.firm.row.id or 0), name=work.contact.name, phone=work.contact.phone
        )
        self._touch(index, made, "create")

    def _rows(self, verdicts: list[Verdict]) -> None:
        for index, v in enumerate(verdicts):
            touched = [
                {
                    "record": str(type(record).__tablename__),
                    "id": record.id,
                    "verb": verb,
                    "version": record.version,
                    "before": self.before.get(id(record)),
                    "after": fields(record),
                }
                for record, verb in self.touched.get(index, [])
            ]
            project = v.work.project if v.work else None
            self.session.add(
                ImportRow(
                    batch_id=self.batch_id,
                    sheet=v.source.sheet[:120],
                    row=v.source.row,
                    verdict=v.verdict,
                    project_id=project.id if project is not None else None,
                    changes=v.changes,
                    touched=touched,
                    reason=v.reason,
                )
            )
