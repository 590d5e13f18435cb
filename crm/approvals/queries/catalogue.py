"""The item catalogue: lists and one item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals.catalogue_rules import (
    RULE_FIELDS,
    ItemRule,
    differences,
    in_force,
    rule_from,
    rule_of_row,
    standing_on,
)
from crm.core.db import fetch
from crm.core.errors import NotFound
from crm.core.i18n import _
from models import AuditEntry, Case, Department, Item, ItemDocument, ItemVersion
from models.vocabulary import DayUnit, DocumentStanding


@dataclass(frozen=True)
class ItemRow:
    """One item of the catalogue. `doubtful`: something in it was never confirmed."""

    id: int
    version: int
    code: str
    name: str
    phase: str
    kind: str
    department: str
    department_id: int | None
    legal_limit: int | None
    legal_limit_text: str
    unit: DayUnit
    promised_limit: int | None
    promised_limit_text: str
    extension_limit: int
    correction_limit: int
    clock_start: str
    legal_basis: str
    prerequisite_text: str
    promise_route: str
    special_steps: str
    follow_up: str
    valid_months: int | None
    renew_before: int | None
    renew_unit: DayUnit
    certainty: str
    active: bool

    @property
    def rule(self) -> ItemRule:
        return ItemRule(**{name: getattr(self, name) for name in RULE_FIELDS})

    @property
    def doubts(self) -> tuple[str, ...]:
        """The fields in which something was never confirmed."""
        return tuple(name for name in DOUBTED if any(word in getattr(self, name) for word in DOUBT))

    @property
    def doubtful(self) -> bool:
        return bool(self.doubts)


DOUBT = ("待核", "待确认")
DOUBTED = ("certainty", "legal_limit_text", "special_steps", "follow_up", "department")


@dataclass(frozen=True)
class ItemFilter:
    """What the catalogue is narrowed to."""

    search: str = ""
    phase: str = ""
    department_id: int | None = None
    doubtful_only: bool = False
    active_only: bool = True


def item_list(
    session: Session, wanted: ItemFilter, *, page: int = 1, per_page: int = 25
) -> tuple[list[ItemRow], int]:
    """(one page of the catalogue, how many there are) by code. Public knowledge: no scope."""
    where: list[sa.ColumnElement[bool]] = []
    if wanted.active_only:
        where.append(col(Item.active).is_(True))
    if wanted.phase:
        where.append(col(Item.phase) == wanted.phase)
    if wanted.department_id is not None:
        where.append(col(Item.department_id) == wanted.department_id)
    text = wanted.search.strip()
    if text:
        where.append(
            sa.or_(
                *(
                    c.contains(text, autoescape=True)
                    for c in (col(Item.code), col(Item.name), col(Item.legal_basis), col(Item.department))
                )
            )
        )
    if wanted.doubtful_only:
        told = (getattr(Item, name) for name in DOUBTED)
        where.append(sa.or_(*(col(c).contains(word) for c in told for word in DOUBT)))
    total = session.exec(select(sa.func.count(col(Item.id))).where(*where)).one()
    rows = session.exec(
        select(Item).where(*where).order_by(col(Item.code)).limit(per_page).offset((page - 1) * per_page)
    )
    return [item_row(item) for item in rows], int(total)


def find_item(session: Session, item_id: int) -> ItemRow:
    """One item, or `NotFound`."""
    item = session.get(Item, int(item_id))
    if item is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return item_row(item)


def item_row(item: Item) -> ItemRow:
    values = item.model_dump(include=set(ItemRow.__dataclass_fields__) - {"id"})
    return ItemRow(id=item.id or 0, **values)


@dataclass(frozen=True)
class VersionOn:
    """The rule an item has on a day. `id` is None for an item whose versions nobody keeps yet."""

    id: int | None
    rule: ItemRule


def version_on(session: Session, item_id: int, day: date) -> VersionOn:
    """The version of an item that a case received on that day comes under; `NotFound` without the item."""
    versions = session.exec(select(ItemVersion).where(ItemVersion.item_id == int(item_id))).all()
    found = in_force(versions, day)
    if found is None:
        return VersionOn(None, rule_of_row(fetch(session, Item, item_id)))
    return VersionOn(found.id, rule_from(found.rule))


def rule_of_case(session: Session, case: Case) -> ItemRule:
    """The rule a case came under: its version's; for one from before versions were kept, that of the day it
    was received."""
    version = None if case.item_version_id is None else session.get(ItemVersion, case.item_version_id)
    if version is None:
        return version_on(session, case.item_id, case.received_on).rule
    return rule_from(version.rule)


@dataclass(frozen=True)
class VersionRow:
    """One version of an item's rule. `changes`: field -> (old, new) against the version before it, empty for
    the first. `by` is who last wrote it, "" where the trail does not say."""

    id: int
    from_on: date
    to_on: date | None
    rule: ItemRule
    reason: str
    changes: Mapping[str, tuple[Any, Any]]
    by: str
    at: datetime | None
    ahead: bool
    in_force: bool


def versions(session: Session, item_id: int, today: date) -> list[VersionRow]:
    """The versions of an item, newest first; empty for an item whose rule was never kept in versions."""
    rows = session.exec(
        select(ItemVersion).where(ItemVersion.item_id == int(item_id)).order_by(col(ItemVersion.from_on))
    ).all()
    if not rows:
        return []
    written = _written(session, [row.id for row in rows])
    current = in_force(rows, today)
    found: list[VersionRow] = []
    before: ItemRule | None = None
    for row in rows:
        rule = rule_from(row.rule)
        by, at = written.get(row.id, ("", None))
        found.append(
            VersionRow(
                id=row.id or 0,
                from_on=row.from_on,
                to_on=row.to_on,
                rule=rule,
                reason=row.reason,
                changes=differences(before, rule) if before is not None else {},
                by=by,
                at=at,
                ahead=row.from_on > today,
                in_force=row is current,
            )
        )
        before = rule
    return found[::-1]


def _written(session: Session, ids: Sequence[int | None]) -> dict[int | None, tuple[str, datetime]]:
    """id -> (who, when) of the line of the trail that last gave each version its rule."""
    rows = session.exec(
        select(AuditEntry)
        .where(col(AuditEntry.record) == "item_version", col(AuditEntry.record_id).in_(ids))
        .order_by(col(AuditEntry.id))
    )
    return {row.record_id: (row.user_name, row.at) for row in rows if "rule" in row.changes}


@dataclass(frozen=True)
class DocumentRow:
    """One document of an item. `now` is what the rule says of it today, None while it is not asked for yet;
    with `ahead` it becomes `standing` on `since_on`."""

    id: int
    version: int
    name: str
    standing: DocumentStanding
    before: DocumentStanding | None
    since_on: date | None
    basis: str
    note: str
    now: DocumentStanding | None
    ahead: bool

    @property
    def doubtful(self) -> bool:
        return any(word in self.note for word in DOUBT)


# A dropped document is asked of nobody; a promised one still has its promise to sign.
ASKED = frozenset(DocumentStanding) - {DocumentStanding.DROPPED}


def documents(session: Session, item_id: int, today: date) -> list[DocumentRow]:
    """The documents of an item, in its own order; those dropped last."""
    rows = session.exec(
        select(ItemDocument)
        .where(ItemDocument.item_id == int(item_id))
        .order_by(col(ItemDocument.sort), col(ItemDocument.id))
    )
    found = [
        DocumentRow(
            id=row.id or 0,
            version=row.version,
            name=row.name,
            standing=row.standing,
            before=row.before,
            since_on=row.since_on,
            basis=row.basis,
            note=row.note,
            now=standing_on(row, today),
            ahead=row.since_on is not None and row.since_on > today,
        )
        for row in rows
    ]
    return sorted(found, key=lambda d: d.now not in ASKED)


def phases(session: Session) -> list[str]:
    """The phases the catalogue knows, in order."""
    return list(session.exec(select(Item.phase).distinct().order_by(col(Item.phase))))


def departments(session: Session) -> dict[int, str]:
    """id -> name of the departments one may choose."""
    rows = session.exec(
        select(Department).where(col(Department.active).is_(True)).order_by(col(Department.id))
    )
    return {d.id: d.name for d in rows if d.id is not None}
