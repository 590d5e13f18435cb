"""An independent oracle of the clock: a slow count, day after day, from the notices' own files.

Written apart from the rule and importing nothing of it, nor of the calendar's code: it reads the published days
off, walks every single day and asks of each whether it is worked and whether it is stopped.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "crm" / "workdays" / "data"
DAY = timedelta(days=1)
LAW_OFF = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}  # from 2025 on; used for years without a notice


@dataclass(frozen=True)
class Question:
    """One case: stops are (from, to or None, told or None), extensions are days."""

    accepted: date
    limit: int
    unit: str  # "wd" or "days"
    stops: tuple[tuple[date, date | None, date | None], ...]
    extensions: tuple[int, ...]
    today: date
    decided: date | None = None


@dataclass(frozen=True)
class Answer:
    due: date
    used: int
    left: int
    state: str
    light: str


@cache
def _published() -> dict[date, str]:
    with (DATA / "days.csv").open(encoding="utf-8") as f:
        return {date.fromisoformat(row["day"]): row["kind"] for row in csv.DictReader(f)}


@cache
def _lunar() -> frozenset[date]:
    with (DATA / "lunar_days.csv").open(encoding="utf-8") as f:
        return frozenset(date.fromisoformat(row["day"]) for row in csv.DictReader(f))


@cache
def _last_published_year() -> int:
    return max(day.year for day in _published())


@cache
def worked(day: date) -> bool:
    kind = _published().get(day)
    if kind == "makeup":
        return True
    if kind == "holiday":
        return False
    if day.year > _last_published_year() and ((day.month, day.day) in LAW_OFF or day in _lunar()):
        return False
    return day.isoweekday() <= 5


def held(question: Question, day: date, *, open_end: date | None) -> bool:
    """Whether a stop of which the applicant was told keeps this day from counting; an open one lasts until the
    day before `open_end`, or for ever."""
    for begins, ends, told in question.stops:
        end = ends if ends is not None else open_end
        if told is not None and day >= begins and day >= told and (end is None or day < end):
            return True
    return False


def counts(question: Question, day: date, *, open_end: date | None) -> bool:
    if question.unit == "wd" and not worked(day):
        return False
    return not held(question, day, open_end=open_end)


def judge(question: Question) -> Answer:
    """Walk it."""
    end = question.decided or question.today
    whole = question.limit + sum(question.extensions)

    due, still = question.accepted, whole
    while still > 0:
        due += DAY
        if counts(question, due, open_end=end):
            still -= 1

    used, day = 0, question.accepted
    while day < end:
        day += DAY
        if counts(question, day, open_end=None):
            used += 1

    return Answer(due, used, whole - used, _state(question), _light(question, due, whole - used, whole, end))


def _state(question: Question) -> str:
    if question.decided:
        return "closed"
    if question.today < question.accepted:
        return "not_started"
    return "stopped" if held(question, question.today, open_end=None) else "running"


def _light(question: Question, due: date, left: int, whole: int, end: date) -> str:
    if question.decided:
        return "grey"
    if end > due:
        return "red"
    today = question.today
    for begins, ends, told in question.stops:
        under_way = begins <= today and (ends is None or today < ends)
        if under_way and (told is None or today < told):
            return "orange"
    if held(question, today, open_end=None):
        return "blue"
    if today == due:
        return "orange"
    if today < question.accepted:
        return "green"
    fifth = whole // 5 + (1 if whole % 5 else 0)
    return "yellow" if left <= max(1, fifth) else "green"
