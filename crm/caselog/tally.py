"""What a chunk of an export came to: counts, what is told beside them, and the rows set aside. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from crm.caselog.facts import Trouble

NAMED = 30  # how many names of unknown things are told


class Aside(NamedTuple):
    """A row that does not come in."""

    row: int
    reason: str
    values: dict[str, Any]


@dataclass
class Tally:
    """What one chunk came to."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    refused: int = 0
    days: set[date | None] = field(default_factory=set)  # on which touched cases were received or closed
    asides: list[Aside] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)  # what else is told, by its word
    named: dict[str, dict[str, int]] = field(default_factory=dict)  # unknown things by kind and name

    def touch(self, *days: date | None) -> None:
        """A case of these days was changed."""
        self.days.update(days)

    @property
    def months(self) -> set[date]:
        """The first days of the months in which touched cases were received or closed."""
        return {day.replace(day=1) for day in self.days if day is not None}

    def count(self, word: str, name: str = "") -> None:
        self.counts[word] = self.counts.get(word, 0) + 1
        if name:
            names = self.named.setdefault(word, {})
            if name in names or len(names) < NAMED:
                names[name] = names.get(name, 0) + 1


def reason_of(troubles: list[Trouble]) -> str:
    """All that is wrong with a row, in one line."""
    return "；".join(
        f"{t.column}“{t.value}”：{t.reason}" if t.value else f"{t.column}：{t.reason}" for t in troubles
    )[:500]
