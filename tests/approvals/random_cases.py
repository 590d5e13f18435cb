"""Random cases for the oracle's comparisons: seeded, so that a failure is the same failure tomorrow."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from tests.approvals.oracle import Question

FIRST, LAST = date(2019, 1, 1), date(2026, 9, 30)


def a_case(rng: Random) -> Question:
    """One case as offices have them: most limits short, some stops, some of them untold or still open."""
    accepted = FIRST + timedelta(days=rng.randrange((LAST - FIRST).days))
    limit = rng.choice((0, 1, 3, 5, 7, 10, 15, 20, 30, 45, 60))
    today = accepted + timedelta(days=rng.randrange(-5, max(20, limit * 3)))
    decided = None
    if today > accepted and rng.random() < 0.2:
        decided = accepted + timedelta(days=rng.randrange((today - accepted).days))
    return Question(
        accepted=accepted,
        limit=limit,
        unit=rng.choice(("wd", "days")),
        stops=tuple(a_stop(rng, accepted, limit) for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))),
        extensions=tuple(rng.choice((3, 5, 10, 15)) for _ in range(rng.choice((0, 0, 0, 1, 2)))),
        today=today,
        decided=decided,
    )


def a_stop(rng: Random, accepted: date, limit: int) -> tuple[date, date | None, date | None]:
    begins = accepted + timedelta(days=rng.randrange(0, limit * 2 + 3))
    ends = None if rng.random() < 0.25 else begins + timedelta(days=rng.randrange(1, 25))
    told = None if rng.random() < 0.15 else begins + timedelta(days=rng.choice((0, 0, 0, -2, 1, 4)))
    return begins, ends, told
