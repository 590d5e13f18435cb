"""What a visit must say before it counts. House rule, after what liaison systems elsewhere ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from models.vocabulary import VisitState


@dataclass(frozen=True)
class VisitFacts:
    """The parts of a visit that the rule looks at. Names are not blank."""

    state: VisitState
    visited_on: date
    enterprise_id: int | None
    theirs: int  # people of the enterprise
    ours: int
    note: str
    next_visit_on: date | None = None
    promises: int = 0
    demands: int = 0


# What a complete visit needs, by form field; a draft may lack all of it.
REQUIRED: dict[str, Callable[[VisitFacts], bool]] = {
    "enterprise_id": lambda v: v.enterprise_id is not None,
    "theirs": lambda v: v.theirs > 0,
    "ours": lambda v: v.ours > 0,
    "note": lambda v: bool(v.note.strip()),
}


def missing(facts: VisitFacts) -> tuple[str, ...]:
    """The required fields that are empty, in the form's order; none for a draft."""
    if facts.state is VisitState.DRAFT:
        return ()
    return tuple(name for name, present in REQUIRED.items() if not present(facts))


def misplaced(facts: VisitFacts, today: date) -> tuple[str, ...]:
    """The fields whose value cannot be: a visit tomorrow, a next one before this one,
    a promise or demand of nobody."""
    wrong = {
        "visited_on": facts.visited_on > today,
        "next_visit_on": facts.next_visit_on is not None and facts.next_visit_on <= facts.visited_on,
        "promises": facts.promises > 0 and facts.enterprise_id is None,
        "demands": facts.demands > 0 and facts.enterprise_id is None,
    }
    return tuple(name for name, is_wrong in wrong.items() if is_wrong)


def may_become(old: VisitState, new: VisitState) -> bool:
    """A complete visit never goes back to a draft."""
    return not (old is VisitState.COMPLETE and new is VisitState.DRAFT)


# What visits are usually about, as chips of the form; kept as the words themselves.
TOPIC_LABELS: dict[str, str] = {
    "建设进展": "建设进展",
    "报建审批": "报建审批",
    "用地规划": "用地规划",
    "用电用水": "用电用水",
    "用工": "用工",
    "融资": "融资",
    "政策宣讲": "政策宣讲",
    "安全生产": "安全生产",
    "周边协调": "周边协调",
    "生产经营": "生产经营",
}
