"""The item catalogue: lists and one item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals.catalogue_rules import ItemRule, in_force, rule_from, rule_of_row
from crm.core.db import fetch
from crm.core.errors import NotFound
from crm.core.i18n import _
from models import Case, Department, Item, ItemVersion
from models.vocabulary import DayUnit


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
    def doubtful(self) -> bool:
        told = f"{self.certainty} {self.legal_limit_text} {self.special_steps} {self.follow_up} {self.department}"
        return any(word in told for word in DOUBT)


DOUBT = ("待核", "待确认")


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
        told = (Item.certainty, Item.legal_limit_text, Item.special_steps, Item.follow_up, Item.department)
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
    """The rule a case came under: its version's, else the item's as it is."""
    version = None if case.item_version_id is None else session.get(ItemVersion, case.item_version_id)
    return rule_of_row(fetch(session, Item, case.item_id)) if version is None else rule_from(version.rule)


def phases(session: Session) -> list[str]:
    """The phases the catalogue knows, in order."""
    return list(session.exec(select(Item.phase).distinct().order_by(col(Item.phase))))


def departments(session: Session) -> dict[int, str]:
    """id -> name of the departments one may choose."""
    rows = session.exec(
        select(Department).where(col(Department.active).is_(True)).order_by(col(Department.id))
    )
    return {d.id: d.name for d in rows if d.id is not None}
