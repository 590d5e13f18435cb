"""How long the demo town's steps really took: some quicker than planned, most slower, projects unlike."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from random import Random

from models import PlanStep
from models.vocabulary import Party, Stage

# The logarithm of days taken to days planned: on the middle, between projects, between steps.
MIDDLE, OF_PROJECT, OF_STEP = math.log(1.1), 0.12, 0.28
OPENING = ("P34", "P41")  # what a stage itself stands for is not done before it
ENTERPRISE_MORE = 0.08  # what waits for the enterprise varies more and takes longer


def lived(number: int, steps: Sequence[PlanStep]) -> dict[str, int]:
    """Working days from the project's start to each step's finish, in the plan's own order.

    From the project's number alone, so that no other fact of the town moves with it.
    """
    rng = Random(f"history-{number}")  # noqa: S311 - invented facts, not secrets
    pace = rng.gauss(0, OF_PROJECT)
    finish: dict[str, int] = {}
    for step in steps:
        enterprise = step.waits_for is Party.ENTERPRISE
        spread = OF_STEP + (ENTERPRISE_MORE if enterprise else 0)
        slow = MIDDLE + (ENTERPRISE_MORE if enterprise else 0) + pace + rng.gauss(0, spread)
        took = max(1, round(step.duration_wd * math.exp(slow)))
        before = max((finish[p] for p in step.prerequisites if p in finish), default=0)
        finish[step.code] = before + took
    return finish


def ahead_of_stage(
    steps: Sequence[PlanStep], done: Collection[str], finish: Mapping[str, int], stage: Stage, now: int
) -> set[str]:
    """The steps of later stages that were begun as soon as they could be, and are done by `now`."""
    found: set[str] = set()
    for step in steps:
        before = [p for p in step.prerequisites if p in finish]
        if (
            step.stage > stage
            and step.code not in OPENING
            and before
            and all(p in done or p in found for p in before)
            and finish[step.code] <= now
        ):
            found.add(step.code)
    return found
