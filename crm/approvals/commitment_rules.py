"""告知承诺 and 容缺受理: what may be promised, what follows what, what is due when. Pure.

Sources:

- 容缺受理: accept first, tell once what is missing and by when (广东省优化营商环境条例 第三十二条).
- 告知承诺: the applicant chooses freely, the promise enters the credit file (同条例 第三十六条); it is
  checked within the set time, what is not kept is ordered to be put right, then the decision is revoked; who
  broke a promise may not promise again before the credit is repaired (安阳市政务服务条例 第二十五条至第二十九条).
- No law fixes how long papers may follow or when the check is due: both are form defaults that the office
  sets among its thresholds, and each promise carries its own dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from crm.workdays.rules import Calendar
from models.vocabulary import CaseRoute, CaseState, CommitmentState, DocumentStanding

# The house's starting numbers (practice: 容缺 5 to 20 working days, checks within 60 days; not law).
HAND_IN_WD = 10
VERIFY_DAYS = 60
CORRECT_WD = 10


class PromiseStep(StrEnum):
    """What may be done to a promise."""

    FULFIL = "fulfil"
    VERIFY = "verify"
    CORRECTED = "corrected"
    BREAK = "break"
    REVOKE = "revoke"


PROMISE_STEP_LABELS: dict[PromiseStep, str] = {
    PromiseStep.FULFIL: "登记已交",
    PromiseStep.VERIFY: "登记核查",
    PromiseStep.CORRECTED: "登记已改正",
    PromiseStep.BREAK: "认定未履行",
    PromiseStep.REVOKE: "撤销决定",
}

PROMISE_STEPS: dict[PromiseStep, frozenset[CommitmentState]] = {
    PromiseStep.FULFIL: frozenset({CommitmentState.PENDING}),
    PromiseStep.VERIFY: frozenset({CommitmentState.PENDING, CommitmentState.FULFILLED}),
    PromiseStep.CORRECTED: frozenset({CommitmentState.CORRECTING}),
    # Never at once: it is ordered to be put right first, and the time given must have passed.
    PromiseStep.BREAK: frozenset({CommitmentState.CORRECTING}),
    PromiseStep.REVOKE: frozenset({CommitmentState.BROKEN}),
}

OPEN_STATES: frozenset[CommitmentState] = frozenset(
    {CommitmentState.PENDING, CommitmentState.FULFILLED, CommitmentState.CORRECTING}
)

# In these states of a case a promise may be made: before the decision, and not while the applicant is
# putting right papers that no promise may replace.
PROMISING_STATES: frozenset[CaseState] = frozenset({CaseState.RECEIVED, CaseState.ACCEPTED})

ROUTES: tuple[CaseRoute, ...] = (CaseRoute.COMMITMENT, CaseRoute.LATER_PAPERS)

# What a document's rule must say before it may be promised on this route.
STANDING_OF_ROUTE: Mapping[CaseRoute, DocumentStanding] = {
    CaseRoute.COMMITMENT: DocumentStanding.PROMISE,
    CaseRoute.LATER_PAPERS: DocumentStanding.MAY_FOLLOW,
}

# Not for what bears directly on these (安阳市政务服务条例 第二十五条), unless the item's own rule opens it
# (Guangdong tries 环评告知承诺 in planned areas). Told as a hint; words looked for in item and department.
EXCLUDED_FIELDS_LABELS: dict[str, str] = {
    "national": "国家安全",
    "public": "公共安全",
    "financial": "金融审慎监管",
    "environment": "生态环境保护",
    "health": "人身健康",
}
_WORDS: Mapping[str, tuple[str, ...]] = {
    "national": ("国家安全", "涉密"),
    "public": ("消防", "危险化学品", "安全生产", "特种设备", "应急管理", "人防"),
    "financial": ("金融",),
    "environment": ("环境影响", "排污", "生态环境"),
    "health": ("食品", "药品", "卫生", "医疗"),
}


def next_steps(
    state: CommitmentState, correct_by_on: date | None, today: date, *, granted: bool, revoked: bool
) -> list[PromiseStep]:
    """The steps a promise in this state allows today, in the order of its life."""
    steps = [step for step, states in PROMISE_STEPS.items() if state in states]
    if PromiseStep.BREAK in steps and not correction_lapsed(correct_by_on, today):
        steps.remove(PromiseStep.BREAK)
    if PromiseStep.REVOKE in steps and (not granted or revoked):
        steps.remove(PromiseStep.REVOKE)
    return steps


def correction_lapsed(correct_by_on: date | None, today: date) -> bool:
    """Whether the time to put it right is over: its last day belongs to the enterprise."""
    return correct_by_on is not None and today > correct_by_on


def standing_on(
    standing: DocumentStanding, since_on: date | None, before: DocumentStanding | None, day: date
) -> DocumentStanding:
    """What the rule asked of a document on that day; before a change nobody described, it was needed."""
    if since_on is None or since_on <= day:
        return standing
    return before or DocumentStanding.NEEDED


def excluded_field(item: str, department: str) -> str | None:
    """The field of the general exclusion the item seems to touch, a key of `EXCLUDED_FIELDS_LABELS`."""
    told = item + department
    return next((name for name, words in _WORDS.items() if any(w in told for w in words)), None)


def hand_in_by(promised_on: date, wd: int, calendar: Calendar) -> date:
    """The default day the missing papers are due: so many working days after the list was told."""
    return calendar.add_workdays(promised_on, wd)


def verify_by(promised_on: date, due_on: date, days: int) -> date:
    """The default last day of the check: so many calendar days after the promise, never before it is due."""
    return max(promised_on + timedelta(days=days), due_on)


def acts_by(
    state: CommitmentState, due_on: date, verify_by_on: date | None, correct_by_on: date | None
) -> date | None:
    """The day the promise is next to be acted on by; None when nothing is open."""
    if state is CommitmentState.PENDING:
        return due_on
    if state is CommitmentState.FULFILLED:
        return verify_by_on
    if state is CommitmentState.CORRECTING:
        return correct_by_on
    return None
