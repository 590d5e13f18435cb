"""An item's rule and its versions in time, its documents, its register of special procedures. Pure.

A version holds from `from_on` until the day before `to_on` (None: until further notice), so that on any
day at most one is in force. A case comes under the version of the day it was received (house rule, after
the 不溯及既往 of 立法法), and keeps it: a later change never rewrites it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from crm.approvals.rules.procedures import ARTICLE_45
from models.vocabulary import ARTICLE_45_KINDS, DayUnit, DocumentStanding, ProcedureKind


@dataclass(frozen=True)
class ItemRule:
    """Everything of an item that a change of rule may change. Limits are days of `unit`; what is promised
    is always working days; the fields are named as those of `models.Item`."""

    legal_limit: int | None = None
    legal_limit_text: str = ""
    unit: DayUnit = DayUnit.WORKING
    promised_limit: int | None = None
    promised_limit_text: str = ""
    extension_limit: int = 0
    correction_limit: int = 5
    clock_start: str = ""
    legal_basis: str = ""
    prerequisite_text: str = ""
    promise_route: str = ""
    special_steps: str = ""
    follow_up: str = ""
    valid_months: int | None = None
    renew_before: int | None = None
    renew_unit: DayUnit = DayUnit.CALENDAR
    certainty: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            name: value.value if isinstance(value, DayUnit) else value for name, value in asdict(self).items()
        }


RULE_FIELDS: tuple[str, ...] = tuple(f.name for f in fields(ItemRule))


def rule_from(values: Mapping[str, Any]) -> ItemRule:
    """A rule from stored JSON; a field that an older version did not know has its default."""
    known = {name: values[name] for name in RULE_FIELDS if name in values}
    for name in ("unit", "renew_unit"):
        if name in known:
            known[name] = DayUnit(known[name])
    return ItemRule(**known)


def rule_of_row(row: object) -> ItemRule:
    """The rule as an `Item` row carries it."""
    return ItemRule(**{name: getattr(row, name) for name in RULE_FIELDS})


def differences(old: ItemRule, new: ItemRule) -> dict[str, tuple[Any, Any]]:
    """field -> (old, new) of what a change changes."""
    before, after = asdict(old), asdict(new)
    return {name: (before[name], after[name]) for name in RULE_FIELDS if before[name] != after[name]}


class Spell(Protocol):
    """A version, by its days alone."""

    from_on: date
    to_on: date | None


S = TypeVar("S", bound=Spell)


def in_force(versions: Sequence[S], day: date) -> S | None:
    """The version of that day; the first known one for a day before it (house rule: nothing older is
    known, and the case must have some rule). None without any version."""
    ordered = sorted(versions, key=lambda v: v.from_on)
    found = [v for v in ordered if v.from_on <= day]
    return found[-1] if found else ordered[0] if ordered else None


# --- documents


class Asked(Protocol):
    """A document (材料), by what the rule says of it and since when."""

    standing: DocumentStanding
    before: DocumentStanding | None
    since_on: date | None


def standing_on(document: Asked, day: date) -> DocumentStanding | None:
    """What the rule says of the document on that day; None for one that is not asked for yet."""
    ahead = document.since_on is not None and document.since_on > day
    return document.before if ahead else document.standing


# --- the register of special procedures


@dataclass(frozen=True)
class Entry:
    """特殊环节登记: what the register says of one special procedure of one item. Limits are working days,
    the start limit counted from acceptance; None where nobody set one. Named as `models.ItemProcedure`."""

    kind: ProcedureKind
    name: str = ""
    stops_clock: bool = False
    stop_basis: str = ""
    basis: str = ""
    conditions: str = ""
    start_limit_wd: int | None = None
    longest_wd: int | None = None
    times: int = 1
    notice_needed: bool = False
    charged: bool = False
    charge_basis: str = ""
    certainty: str = ""
    active: bool = True


ENTRY_FIELDS: tuple[str, ...] = tuple(f.name for f in fields(Entry))


class Wrong(StrEnum):
    """What an entry of the register may be refused for."""

    NOT_ARTICLE_45 = "not_article_45"
    STOP_BASIS_IDLE = "stop_basis_idle"
    NO_NOTICE = "no_notice"
    NO_CHARGE_BASIS = "no_charge_basis"
    CHARGE_BASIS_IDLE = "charge_basis_idle"
    NO_NAME = "no_name"


# Each with the field it is told at.
WRONG_FIELDS: dict[Wrong, str] = {
    Wrong.NOT_ARTICLE_45: "stop_basis",
    Wrong.STOP_BASIS_IDLE: "stop_basis",
    Wrong.NO_NOTICE: "notice_needed",
    Wrong.NO_CHARGE_BASIS: "charge_basis",
    Wrong.CHARGE_BASIS_IDLE: "charge_basis",
    Wrong.NO_NAME: "name",
}


def names_article_45(basis: str) -> bool:
    """Whether a basis is 行政许可法 第四十五条 and nothing else, however it is written."""
    plain = re.sub(r"[《》\s，、；。]", "", basis)
    return re.fullmatch(r"((中华人民共和国)?(行政)?许可法)?第?(四十五|45)条(第[一二]款)?", plain) is not None


def wrong_with(entry: Entry) -> list[Wrong]:
    """Everything the entry is refused for; empty when it may stand.

    行政许可法 第四十五条 lets only the kinds it names stop the clock, and only with written notice; any other
    kind needs a basis of its own. 第五十八条 lets a procedure be charged only where a law says so.
    """
    own_basis = bool(entry.stop_basis) and not names_article_45(entry.stop_basis)
    verdicts = (
        (
            entry.stops_clock and entry.kind not in ARTICLE_45_KINDS and not own_basis,
            Wrong.NOT_ARTICLE_45,
        ),
        (not entry.stops_clock and bool(entry.stop_basis), Wrong.STOP_BASIS_IDLE),
        (entry.stops_clock and not entry.notice_needed, Wrong.NO_NOTICE),
        (entry.charged and not entry.charge_basis, Wrong.NO_CHARGE_BASIS),
        (not entry.charged and bool(entry.charge_basis), Wrong.CHARGE_BASIS_IDLE),
        (not entry.name, Wrong.NO_NAME),
    )
    return [wrong for applies, wrong in verdicts if applies]


def completed(entry: Entry) -> Entry:
    """The entry with what the law itself fills in: the stop basis of a kind that 第四十五条 names."""
    if entry.stops_clock and not entry.stop_basis and entry.kind in ARTICLE_45_KINDS:
        return replace(entry, stop_basis=ARTICLE_45)
    return entry
