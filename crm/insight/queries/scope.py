"""What is asked of the tally, kept in the URL, and which of it an actor reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from crm.core.access import Actor, Verb, scopes
from crm.insight.rules import COSTS, Against, Measure, Months, compared, month_of, months_on
from models import CaseTally
from models.vocabulary import Scope

SPANS = (1, 3, 6, 12)


class By(StrEnum):
    """What the figures are broken down by."""

    ITEM = "item"
    DEPARTMENT = "department"
    STEP = "step"
    TOWN = "town"
    MONTH = "month"


BY_LABELS: dict[By, str] = {
    By.ITEM: "事项",
    By.DEPARTMENT: "部门",
    By.STEP: "环节",
    By.TOWN: "镇街",
    By.MONTH: "月份",
}


@dataclass(frozen=True)
class Asked:
    """One view of the analysis. `key` opens one place: an id, or a month as 202610; None lists them."""

    by: By = By.ITEM
    last: date | None = None  # the period's last month; None: the last whole one
    span: int = 3
    against: Against = Against.PREVIOUS
    cost: Measure = Measure.RUNNING_WD
    item: int | None = None
    department: int | None = None
    town: int | None = None
    key: int | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Asked:
        """From URL parameters; what makes no sense asks nothing."""
        asked = cls()
        for name, kind in _KINDS.items():
            try:
                asked = replace(asked, **{name: kind(query[name])})
            except (KeyError, ValueError):
                continue
        if asked.span not in SPANS:
            asked = replace(asked, span=3)
        return asked if asked.cost in COSTS else replace(asked, cost=Measure.RUNNING_WD)

    def query(self) -> dict[str, str]:
        """As URL parameters, only what differs from the plain view."""
        plain, found = Asked(), {}
        for name in _KINDS:
            value = getattr(self, name)
            if value != getattr(plain, name):
                found[name] = value.strftime("%Y-%m") if isinstance(value, date) else str(value)
        return found

    def but(self, **changes: Any) -> Asked:
        return replace(self, **changes)

    def period(self, today: date) -> Months:
        """The months asked for: the opened month alone, else the span."""
        month = month_of_key(self.key) if self.by is By.MONTH else None
        if month is not None:
            return Months(month, 1)
        return Months.up_to(self.last or months_on(month_of(today), -1), self.span)

    def before(self, today: date) -> Months:
        return compared(self.period(today), self.against)


def key_of_month(month: date) -> int:
    """202610: a month as the view's key."""
    return month.year * 100 + month.month


def month_of_key(key: int | None) -> date | None:
    """The month a key names, None when it names none."""
    year, index = divmod(key or 0, 100)
    return date(year, index, 1) if 1 <= index <= 12 and 1990 <= year <= 2100 else None


def _number(raw: str) -> int:
    number = int(raw)
    if not 0 < number < 2**31:
        raise ValueError(raw)
    return number


def _month(raw: str) -> date:
    month = date.fromisoformat(f"{raw}-01")
    if not 1990 <= month.year <= 2100:
        raise ValueError(raw)
    return month


_KINDS: dict[str, Any] = {
    "by": By,
    "last": _month,
    "span": int,
    "against": Against,
    "cost": Measure,
    "item": _number,
    "department": _number,
    "town": _number,
    "key": _number,
}


def tally_condition(actor: Actor) -> sa.ColumnElement[bool]:
    """The SQL condition on `CaseTally`: all, or the actor's own department's cases."""
    reach = scopes(actor, Verb.INSIGHT_VIEW)
    if Scope.ALL in reach:
        return sa.true()
    if Scope.OWN_DEPARTMENT in reach and actor.department_id is not None:
        return col(CaseTally.department_id) == actor.department_id
    return sa.false()


def narrowed(actor: Actor, asked: Asked) -> list[sa.ColumnElement[bool]]:
    """The conditions of a view, its months and measures apart."""
    where = [tally_condition(actor)]
    for column, value in (
        (col(CaseTally.item_id), asked.item),
        (col(CaseTally.department_id), asked.department),
        (col(CaseTally.town_id), asked.town),
    ):
        if value is not None:
            where.append(column == value)
    return where
