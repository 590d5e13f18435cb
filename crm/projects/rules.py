"""Pure rules of a project's money and status. No database, no screen, no clock.

Money: 完成率 against 序时进度 in percentage points, as the city's own monthly reports compute it
(months elapsed / 12); every published figure recomputes. Lights: the monthly rule set of 银川市
2025-03, 10 to 30 points behind yellow, more than 30 red; up to 10 behind stays green (house rule).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from models.vocabulary import Light, ProjectStatus, Stage, StatusReason

LEVEL_WITHIN = Decimal("0.05")  # points; closer than this reads 与序时进度持平
YELLOW_BEHIND = Decimal(10)  # points
RED_BEHIND = Decimal(30)


class Pace(StrEnum):
    FASTER = "faster"
    LEVEL = "level"
    SLOWER = "slower"


PACE_LABELS: dict[Pace, str] = {
    Pace.FASTER: "快于序时进度",
    Pace.LEVEL: "与序时进度持平",
    Pace.SLOWER: "慢于序时进度",
}


def completion_pct(done: Decimal | None, plan: Decimal | None) -> Decimal | None:
    """完成率, 0-100 and beyond, unrounded; both in the same unit. None without a plan above zero or a figure.

    Print it floored (`crm.ui.words.pct`): 100 % is written only when it is.
    """
    if done is None or plan is None or plan <= 0:
        return None
    return done * 100 / plan


def schedule_pct(month: int) -> Decimal:
    """序时进度 at the end of `month` (1-12), 0-100, unrounded. Raises ValueError outside 1-12."""
    if not 1 <= month <= 12:
        raise ValueError(f"month {month}")
    return Decimal(month) * 100 / 12


def pace(done: Decimal | None, plan: Decimal | None, month: int) -> Decimal | None:
    """完成率 minus 序时进度 in percentage points, unrounded; positive is ahead. None where there is no rate."""
    completed = completion_pct(done, plan)
    return None if completed is None else completed - schedule_pct(month)


def pace_word(points: Decimal) -> Pace:
    """快于 / 慢于 / 持平; within 0.05 points counts as level."""
    if abs(points) < LEVEL_WITHIN:
        return Pace.LEVEL
    return Pace.FASTER if points > 0 else Pace.SLOWER


def pace_light(points: Decimal | None) -> Light:
    """Green up to 10 points behind, yellow from 10 to 30, red beyond 30; grey without a rate."""
    if points is None:
        return Light.GREY
    behind = -points
    if behind > RED_BEHIND:
        return Light.RED
    return Light.YELLOW if behind >= YELLOW_BEHIND else Light.GREEN


# ── Status apart from the stage ─────────────────────────────────────────────────────
# House rule, ADR 0006. Which status may follow which, and in which stages a status makes sense.

NEXT_STATUS: Mapping[ProjectStatus, frozenset[ProjectStatus]] = {
    ProjectStatus.ACTIVE: frozenset(
        {ProjectStatus.SUSPENDED, ProjectStatus.TERMINATED, ProjectStatus.COMPLETED}
    ),
    ProjectStatus.SUSPENDED: frozenset({ProjectStatus.ACTIVE, ProjectStatus.TERMINATED}),
    ProjectStatus.TERMINATED: frozenset({ProjectStatus.ACTIVE}),
    ProjectStatus.COMPLETED: frozenset({ProjectStatus.ACTIVE}),
}
STATUS_STAGES: Mapping[ProjectStatus, frozenset[Stage]] = {
    ProjectStatus.ACTIVE: frozenset(Stage),
    ProjectStatus.SUSPENDED: frozenset(s for s in Stage if s < Stage.PRODUCTION),
    ProjectStatus.TERMINATED: frozenset(s for s in Stage if s < Stage.FULL_CAPACITY),
    ProjectStatus.COMPLETED: frozenset({Stage.PRODUCTION, Stage.FULL_CAPACITY}),
}


@dataclass(frozen=True)
class StatusFacts:
    """What a change of status is judged by."""

    status: ProjectStatus
    stage: Stage
    to: ProjectStatus
    reason: StatusReason | None
    text: str


def _(sentence: str) -> str:
    """Marks a sentence for the catalogue of translations; it is translated where it is shown."""
    return sentence


# One row per refusal: the field at fault, what to say, and when it applies.
STATUS_REFUSALS: tuple[tuple[str, str, Callable[[StatusFacts], bool]], ...] = (
    ("status", _("项目已经是这个状态，无需再改。"), lambda f: f.to == f.status),
    (
        "status",
        _("项目目前的状态不能直接改成所选状态，请先恢复推进。"),
        lambda f: f.to != f.status and f.to not in NEXT_STATUS[f.status],
    ),
    (
        "status",
        _("项目所处的阶段不适用所选状态：投产后才能办结，投产后不再暂停。"),
        lambda f: f.stage not in STATUS_STAGES[f.to],
    ),
    ("reason", _("请选择状态变更的原因。"), lambda f: f.reason is None),
    (
        "text",
        _("原因选“其他”时，请写明具体情况。"),
        lambda f: f.reason is StatusReason.OTHER and not f.text.strip(),
    ),
)


def status_refusals(facts: StatusFacts) -> list[tuple[str, str]]:
    """(field, sentence) of everything that speaks against the change; empty = go ahead."""
    return [(field, says) for field, says, applies in STATUS_REFUSALS if applies(facts)]


def may_move_stage(status: ProjectStatus) -> bool:
    """Only a project in progress changes its stage; a suspended one is taken up again first."""
    return status is ProjectStatus.ACTIVE


# ── Monthly reports ──────────────────────────────────────────────────────────────────


def month_key(year: int, month: int) -> int:
    """A month as a number that orders: 2026-11 -> 24322."""
    return year * 12 + month - 1


def month_ended_or_running(year: int, month: int, today: date) -> bool:
    """A report may be about this month or an earlier one, never about one to come."""
    return month_key(year, month) <= month_key(today.year, today.month)


# ── Dates ───────────────────────────────────────────────────────────────────────────


def in_future(day: date | None, today: date) -> bool:
    """What has happened cannot have happened tomorrow; today is fine."""
    return day is not None and day > today
