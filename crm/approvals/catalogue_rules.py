"""An item's rule and its versions in time. Pure.

A version holds from `from_on` until the day before `to_on` (None: until further notice), so that on any
day at most one is in force. A case comes under the version of the day it was received (house rule, after the 不溯及既往 of
立法法), and keeps it: a later change never rewrites it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Protocol, TypeVar

from models.vocabulary import DayUnit


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
