"""The frozen facts of a supervision letter: what every date and number in it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from models.vocabulary import DayUnit, Light


@dataclass(frozen=True)
class Head:
    """Whose letter this is: `head` in red, `office` signs, `mark` is the 机关代字; the number is mark〔year〕serial号."""

    head: str
    office: str
    mark: str
    series_year: int
    serial: int
    issued_on: date

    @property
    def number(self) -> str:
        return f"{self.mark}〔{self.series_year}〕{self.serial}号"


@dataclass(frozen=True)
class Limit:
    """One clock of the case on the letter's day. `days` is the whole limit in `unit`, extension included;
    `left` is in the same unit, `late_wd` the working days past `due_on`, 0 when not past."""

    days: int
    unit: DayUnit
    due_on: date
    used: int
    left: int
    late_wd: int
    stopped: int


@dataclass(frozen=True)
class Wrong:
    """One thing that went wrong, by its code (a `Sign`, or the clock's), with the article it is held against."""

    code: str
    basis: str
    due_on: date | None = None
    done_on: date | None = None
    late_wd: int = 0
    what: str = ""  # the special procedure's name


@dataclass(frozen=True)
class Step:
    """One line of the case's history."""

    on: date
    what: str
    detail: str


@dataclass(frozen=True)
class Earlier:
    """A letter sent before on the same case."""

    number: str
    issued_on: date
    replied_on: date | None


@dataclass(frozen=True)
class LetterFacts:
    """What a letter tells of one case as of its day."""

    case_id: int
    case_no: str
    item: str
    item_basis: str
    applicant: str
    project: str
    department: str
    received_on: date
    accepted_on: date | None
    deemed: bool
    starts_on: date | None
    decided_on: date | None
    legal: Limit | None
    promised: Limit | None
    light: Light
    provisional: bool
    wrongs: tuple[Wrong, ...]
    steps: tuple[Step, ...]
    earlier: tuple[Earlier, ...]
    reply_by_on: date
    reply_wd: int
    words: str  # what the supervisor adds in his own words


@dataclass(frozen=True)
class Letter:
    """A whole letter: head and facts. The same letter makes the same bytes."""

    head: Head
    facts: LetterFacts


_ADAPTER: TypeAdapter[Letter] = TypeAdapter(Letter)


def to_plain(letter: Letter) -> dict[str, Any]:
    """The letter as JSON values: what is stored, and what the sha256 is of."""
    plain: dict[str, Any] = _ADAPTER.dump_python(letter, mode="json")
    return plain


def from_plain(plain: dict[str, Any]) -> Letter:
    """A stored letter as it was frozen. Raises `ValueError` for one of another shape."""
    return _ADAPTER.validate_python(plain)
