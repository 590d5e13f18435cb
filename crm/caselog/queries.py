"""Every read of the hall's imports: what a row is recognised by, what is stored already, the batches."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals.catalogue_rules import ItemRule, in_force, rule_from, rule_of_row
from crm.approvals.rules import Registered
from crm.core.access import Actor, Verb, require
from crm.core.db import fetch
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.names import name_key
from crm.core.today import now
from models import (
    Case,
    CaseBatch,
    CaseBatchRow,
    CaseEvent,
    CaseStep,
    Department,
    Enterprise,
    Item,
    ItemProcedure,
    ItemVersion,
    Town,
    User,
)
from models.vocabulary import CaseSource, CaseState, LoadState, ProcedureKind

PER_PAGE = 10
DEAD_AFTER = timedelta(seconds=120)  # a chunk takes a second or two; on a busy machine ten


# --- what a row is recognised by


@dataclass
class Spell:
    """A version of an item, as `in_force` wants it."""

    from_on: date
    to_on: date | None
    id: int
    rule: ItemRule


@dataclass(frozen=True)
class KnownItem:
    """An item and its rules in time; without versions the row's own rule holds on every day."""

    id: int
    name: str
    rule: ItemRule
    department_id: int | None
    spells: tuple[Spell, ...]

    def on(self, day: date) -> tuple[int | None, ItemRule]:
        """(version, rule) in force on that day."""
        found = in_force(self.spells, day)
        return (found.id, found.rule) if found else (None, self.rule)


class Known:
    """Items by code or exact name, departments and towns by alias, enterprises by credit code; kept in
    memory for one import, `items` refreshed when the import adds one."""

    def __init__(self, session: Session) -> None:
        self.items_by_code: dict[str, KnownItem] = {}
        self.items_by_name: dict[str, KnownItem] = {}
        spells: dict[int, list[Spell]] = {}
        for version in session.exec(select(ItemVersion)):
            spells.setdefault(version.item_id, []).append(
                Spell(version.from_on, version.to_on, version.id or 0, rule_from(version.rule))
            )
        for item in session.exec(select(Item).order_by(col(Item.active), col(Item.id).desc())):
            self.add_item(item, tuple(spells.get(item.id or 0, ())))  # an active item, then the oldest, wins
        self.departments: dict[str, int] = {}
        for department in session.exec(select(Department)):
            for way in (department.name, department.short, *department.aliases):
                self.departments.setdefault(name_key(way), department.id or 0)
        self.towns: dict[str, int] = {}
        for town in session.exec(select(Town)):
            for way in (town.name, *town.aliases):
                self.towns.setdefault(name_key(way), town.id or 0)
        self.enterprises: dict[str, int] = {
            code: int(key)
            for code, key in session.execute(
                sa.select(Enterprise.credit_code, Enterprise.id).where(
                    col(Enterprise.credit_code).is_not(None)
                )
            )
        }
        self.register: dict[tuple[int, ProcedureKind], tuple[int, Registered]] = {
            (row.item_id, row.kind): (
                row.id or 0,
                Registered(row.stops_clock, row.stop_basis, row.start_limit_wd, row.longest_wd, row.times),
            )
            for row in session.exec(select(ItemProcedure).where(col(ItemProcedure.active).is_(True)))
        }
        self._keys: dict[str, str] = {}

    def add_item(self, item: Item, spells: tuple[Spell, ...] = ()) -> KnownItem:
        known = KnownItem(item.id or 0, item.name, rule_of_row(item), item.department_id, spells)
        self.items_by_code[item.code] = known
        if item.hall_code:
            self.items_by_code[item.hall_code] = known
        self.items_by_name[item.name] = known
        return known

    def item(self, code: str, name: str) -> KnownItem | None:
        """By its code, ours or the hall's; else by its exact name."""
        found = self.items_by_code.get(code) if code else None
        return found or (self.items_by_name.get(name) if name else None)

    def department(self, words: str) -> int | None:
        return self.departments.get(self._key(words)) if words else None

    def town(self, words: str) -> int | None:
        return self.towns.get(self._key(words)) if words else None

    def _key(self, words: str) -> str:
        found = self._keys.get(words)
        if found is None:
            if len(self._keys) > 20_000:
                self._keys.clear()
            found = self._keys[words] = name_key(words).removeprefix("江门市蓬江区").removeprefix("蓬江区")
            if found not in self.departments and found not in self.towns:
                found = self._keys[words] = name_key(words)
        return found


# --- what is stored already


class StoredCase(NamedTuple):
    """A case of the same number, with the grounds its clock stands on."""

    id: int
    case_no: str
    source: CaseSource
    fingerprint: str | None
    item_id: int
    item_version_id: int | None
    received_on: date
    accepted_on: date | None
    told_on: date | None
    corrected_on: date | None
    corrections: int
    state: CaseState
    closed_on: date | None
    closed_at: datetime | None
    deadline_at: datetime | None
    legal_limit: int | None
    promised_limit: int | None
    unit: Any
    extension: int
    stopped_wd: int | None
    enterprise_wd: int | None
    extra: dict[str, Any] | None


_STORED = (
    Case.id, Case.case_no, Case.source, Case.fingerprint, Case.item_id, Case.item_version_id, Case.received_on,
    Case.accepted_on, Case.correction_told_on, Case.corrected_on, Case.corrections, Case.state, Case.decided_on,
    Case.closed_at, Case.deadline_at, Case.legal_limit, Case.promised_limit, Case.unit, Case.extension,
    Case.stopped_wd, Case.enterprise_wd, Case.extra,
)  # fmt: skip


def stored_cases(session: Session, numbers: Collection[str]) -> dict[str, StoredCase]:
    """The cases of these numbers, whoever keeps them."""
    rows = session.execute(sa.select(*_STORED).where(col(Case.case_no).in_(list(numbers))))
    return {row[1]: StoredCase(*row) for row in rows}


class CaseKey(NamedTuple):
    """What an event needs to know of its case."""

    id: int
    source: CaseSource
    received_on: date
    decided_on: date | None


def case_keys(session: Session, numbers: Collection[str]) -> dict[str, CaseKey]:
    """The cases of these numbers, for their events."""
    rows = session.execute(
        sa.select(Case.case_no, Case.id, Case.source, Case.received_on, Case.decided_on).where(
            col(Case.case_no).in_(list(numbers))
        )
    )
    return {row[0]: CaseKey(*row[1:]) for row in rows}


class StoredEvent(NamedTuple):
    id: int
    case_id: int
    step_id: int
    at: datetime
    lifecycle: str
    number: str
    wait_wd: int | None


def stored_events(session: Session, case_ids: Iterable[int]) -> dict[int, list[StoredEvent]]:
    """The events of these cases."""
    rows = session.execute(
        sa.select(
            CaseEvent.id,
            CaseEvent.case_id,
            CaseEvent.step_id,
            CaseEvent.at,
            CaseEvent.lifecycle,
            CaseEvent.number,
            CaseEvent.wait_wd,
        ).where(col(CaseEvent.case_id).in_(list(case_ids)))
    )
    found: dict[int, list[StoredEvent]] = {}
    for row in rows:
        found.setdefault(row[1], []).append(StoredEvent(*row))
    return found


def steps(session: Session) -> dict[str, int]:
    """Step name -> id."""
    return {name: int(key) for name, key in session.execute(sa.select(CaseStep.name, CaseStep.id))}


# --- the batches


@dataclass(frozen=True)
class BatchLine:
    """One import, as a person is shown it."""

    id: int
    kind: str  # cases / events
    file_name: str
    state: LoadState
    mode: str  # good / all / check
    phase: str  # check / write
    rows_total: int | None
    rows_done: int
    created: int
    changed: int
    unchanged: int
    duplicates: int
    refused: int
    by: str
    started_at: datetime
    beat_at: datetime
    finished_at: datetime | None
    error: str
    summary: dict[str, Any]
    takes_up: bool  # its file is still there: it can be taken up again
    dead: bool  # it says it runs, but has not been heard of for a while

    @property
    def share(self) -> float:
        """How far it is, 0 to 1; never 1 before it is done."""
        if self.state is LoadState.DONE:
            return 1.0
        if not self.rows_total:
            return 0.0
        return min(self.rows_done / self.rows_total, 0.99)


def batches(session: Session, actor: Actor, *, page: int = 1) -> tuple[list[BatchLine], int]:
    """The imports, newest first, ten a page; and how many there are."""
    require(actor, Verb.CASE_IMPORT)
    total = int(session.scalar(sa.select(sa.func.count()).select_from(CaseBatch)) or 0)
    rows = session.execute(
        sa.select(CaseBatch, User.name)
        .outerjoin(User, col(User.id) == col(CaseBatch.user_id))
        .order_by(col(CaseBatch.id).desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    return [_line(batch, name) for batch, name in rows], total


def batch(session: Session, actor: Actor, batch_id: int) -> BatchLine:
    """One import. Raises `NotFound`."""
    require(actor, Verb.CASE_IMPORT)
    row = session.execute(
        sa.select(CaseBatch, User.name)
        .outerjoin(User, col(User.id) == col(CaseBatch.user_id))
        .where(col(CaseBatch.id) == batch_id)
    ).first()
    if row is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return _line(row[0], row[1])


def following(session: Session, actor: Actor, batch_id: int) -> BatchLine | None:
    """The batch of the same file's events that came after its cases; None without one."""
    require(actor, Verb.CASE_IMPORT)
    before = fetch(session, CaseBatch, batch_id)
    if before.kind != "cases":
        return None
    row = session.execute(
        sa.select(CaseBatch, User.name)
        .outerjoin(User, col(User.id) == col(CaseBatch.user_id))
        .where(
            col(CaseBatch.sha256) == before.sha256,
            col(CaseBatch.id) > batch_id,
            col(CaseBatch.kind) == "events",
        )
        .order_by(col(CaseBatch.id))
        .limit(1)
    ).first()
    return _line(row[0], row[1]) if row is not None else None


def running(session: Session, *, besides: int = 0) -> CaseBatch | None:
    """The import that is under way, or died without saying so; None when there is none."""
    return session.exec(
        select(CaseBatch)
        .where(col(CaseBatch.state) == LoadState.RUNNING, col(CaseBatch.id) != besides)
        .order_by(col(CaseBatch.id))
        .limit(1)
    ).first()


def _line(batch: CaseBatch, name: str | None) -> BatchLine:
    return BatchLine(
        id=batch.id or 0,
        kind=batch.kind,
        file_name=batch.file_name,
        state=batch.state,
        mode=batch.mode,
        phase=str(batch.mapping.get("phase", "write")),
        rows_total=batch.rows_total,
        rows_done=batch.rows_done,
        created=batch.created,
        changed=batch.changed,
        unchanged=batch.unchanged,
        duplicates=batch.duplicates,
        refused=batch.refused,
        by=name or _("系统"),
        started_at=batch.started_at,
        beat_at=batch.updated_at,
        finished_at=batch.finished_at,
        error=batch.error,
        summary=batch.summary,
        takes_up=batch.state in (LoadState.STOPPED, LoadState.FAILED) and bool(batch.mapping.get("path")),
        dead=batch.state is LoadState.RUNNING and now() - batch.updated_at > DEAD_AFTER,
    )


@dataclass(frozen=True)
class SetAside:
    """One row that did not come in: its number in the file, why, and its cells by header."""

    row: int
    reason: str
    values: dict[str, Any]


def set_aside(
    session: Session, actor: Actor, batch_id: int, *, first: int = 0, limit: int = 50
) -> list[SetAside]:
    """Rows that did not come in, in the order of the file."""
    require(actor, Verb.CASE_IMPORT)
    rows = session.exec(
        select(CaseBatchRow)
        .where(col(CaseBatchRow.batch_id) == batch_id)
        .order_by(col(CaseBatchRow.row), col(CaseBatchRow.id))
        .offset(first)
        .limit(limit)
    )
    return [SetAside(r.row, r.reason, r.values) for r in rows]
