"""Reform measures: what may be done to one, and its before and after, told honestly.

Pure; counts in, verdict out.

- Same season: the whole months since the measure came into force (at most twelve), beside the same months one
  year earlier. A month in which it came into force after the first day belongs to neither side.
- Days: the Hodges–Lehmann estimate of the shift, the median of all differences between a case after and a case
  before, with its distribution-free 95 % interval in the large-sample form (Hollander, Wolfe & Chicken,
  Nonparametric Statistical Methods, 3rd ed., 4.2 and 4.3). Its variance is taken without the correction for
  ties, which widens the interval: rather no difference said than one too many.
- Shares: the difference with Newcombe's hybrid score interval (Newcombe, Statistics in Medicine 17, 1998,
  873–890, method 10), made of two Wilson intervals.
- An interval that holds zero says 看不出差别; fewer than `FEW` cases on a side say nothing. Neither excludes that
  something else changed in the same time.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import NormalDist

from crm.insight.rules import FEW, Histogram, Months, Share, count, month_of, months_on
from models.vocabulary import MeasureState

Z = NormalDist().inv_cdf(0.975)
MOST_MONTHS = 12


class MeasureStep(StrEnum):
    """What may be done to a measure."""

    EDIT = "edit"
    PUT_IN_FORCE = "put_in_force"
    DROP = "drop"


MEASURE_STEP_LABELS: dict[MeasureStep, str] = {
    MeasureStep.EDIT: "修改",
    MeasureStep.PUT_IN_FORCE: "登记实施",
    MeasureStep.DROP: "放弃",
}
MEASURE_STEPS: dict[MeasureStep, frozenset[MeasureState]] = {
    MeasureStep.EDIT: frozenset({MeasureState.PLANNED, MeasureState.IN_FORCE}),
    MeasureStep.PUT_IN_FORCE: frozenset({MeasureState.PLANNED}),
    MeasureStep.DROP: frozenset({MeasureState.PLANNED, MeasureState.IN_FORCE}),
}


def next_steps(state: MeasureState) -> list[MeasureStep]:
    return [step for step, states in MEASURE_STEPS.items() if state in states]


@dataclass(frozen=True)
class Seasons:
    """The whole months compared, of equal number; `before` is `after` one year earlier."""

    before: Months
    after: Months


def seasons(in_force_on: date, today: date) -> Seasons | None:
    """The months to compare; None while no whole month has passed since the measure came into force."""
    first = month_of(in_force_on) if in_force_on.day == 1 else months_on(month_of(in_force_on), 1)
    last = months_on(month_of(today), -1)
    whole = (last.year - first.year) * 12 + last.month - first.month + 1
    if whole < 1:
        return None
    # A twelfth month would reach, a year back, into the broken month itself.
    most = MOST_MONTHS if in_force_on.day == 1 else MOST_MONTHS - 1
    after = Months(first, min(whole, most))
    return Seasons(after.earlier(12), after)


class Verdict(StrEnum):
    TOO_FEW = "too_few"
    NO_DIFFERENCE = "no_difference"
    LESS = "less"
    MORE = "more"


@dataclass(frozen=True)
class Change:
    """after - before, with its 95 % interval; in working days, or in parts of one for a share."""

    n_before: int
    n_after: int
    estimate: float | None
    low: float | None
    high: float | None
    verdict: Verdict


def shift(before: Histogram, after: Histogram) -> Change:
    """By how many days the cases after differ from those before (Hodges–Lehmann)."""
    n_before, n_after = count(before), count(after)
    if min(n_before, n_after) < FEW:
        return Change(n_before, n_after, None, None, None, Verdict.TOO_FEW)
    differences: Counter[int] = Counter()
    for b, many_b in before.items():
        for a, many_a in after.items():
            differences[a - b] += many_a * many_b
    pairs = n_before * n_after
    half_width = Z * math.sqrt(pairs * (n_before + n_after + 1) / 12)
    rank = max(1, math.floor(pairs / 2 - half_width))
    middle = ((pairs + 1) // 2, (pairs + 2) // 2)
    low, one, other, high = _ranked(differences, (rank, *middle, pairs + 1 - rank))
    return Change(n_before, n_after, (one + other) / 2, low, high, _verdict(low, high))


def _ranked(differences: Counter[int], ranks: Iterable[int]) -> list[int]:
    """The values at these ranks, counted from 1, rising."""
    found: list[int] = []
    wanted = iter(ranks)
    rank, seen = next(wanted), 0
    for value in sorted(differences):
        seen += differences[value]
        while rank <= seen:
            found.append(value)
            following = next(wanted, None)
            if following is None:
                return found
            rank = following
    raise ValueError("a rank beyond the last difference")


def wilson(share: Share) -> tuple[float, float]:
    """95 % score interval of one share (Wilson 1927), in parts of one."""
    n, p = share.whole, share.part / share.whole
    centre = p + Z**2 / (2 * n)
    spread = Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return (max(0.0, (centre - spread) / (1 + Z**2 / n)), min(1.0, (centre + spread) / (1 + Z**2 / n)))


def share_change(before: Share, after: Share, *, few: int = FEW) -> Change:
    """By how much the share after differs from the one before (Newcombe's method 10)."""
    if min(before.whole, after.whole) < few:
        return Change(before.whole, after.whole, None, None, None, Verdict.TOO_FEW)
    p_before, p_after = before.part / before.whole, after.part / after.whole
    (low_before, high_before), (low_after, high_after) = wilson(before), wilson(after)
    difference = p_after - p_before
    low = difference - math.hypot(p_after - low_after, high_before - p_before)
    high = difference + math.hypot(high_after - p_after, p_before - low_before)
    return Change(before.whole, after.whole, difference, low, high, _verdict(low, high))


def _verdict(low: float, high: float) -> Verdict:
    if low <= 0 <= high:
        return Verdict.NO_DIFFERENCE
    return Verdict.LESS if high < 0 else Verdict.MORE
