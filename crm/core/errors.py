"""What an action says when it will not do what it was asked.

Messages are in the user's language: what is wrong, where, and how to mend it.
`crm.ui` is the one place that shows them; the command line prints them on standard error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `field` names the input ("" = the whole form)."""

    field: str
    message: str


class CrmError(Exception):
    """Something the user is told. Nothing has been written."""


class Refusal(CrmError):
    """The input or the moment is wrong. Lists all that is wrong at once."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(p if isinstance(p, Problem) else Problem("", p) for p in problems)
        super().__init__("；".join(p.message for p in self.problems))


class NotAllowed(CrmError):
    """The actor may not do this."""


class NotFound(CrmError):
    """No such record, or none that the actor may see: the answer is the same."""


@dataclass(frozen=True)
class FieldClash:
    """One field of a record that two people changed: as it was opened, as it stands, as typed."""

    field: str
    opened: Any
    stored: Any
    typed: Any


class Conflict(CrmError):
    """Somebody saved first. Carries what he changed, so that nothing typed is lost."""

    def __init__(self, message: str, clashes: list[FieldClash], stored_version: int) -> None:
        self.clashes = clashes
        self.stored_version = stored_version
        super().__init__(message)
