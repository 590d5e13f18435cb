"""The life of a case: one table of what may be done in which state and what it becomes.

Pure. The actions, the buttons and the import read the same table, so that a step which is offered is a step
that is taken, and one that is refused says why.

Receipt -> correction notice (once) -> acceptance -> special procedures, extension -> decision -> delivery.
Sources: 行政许可法 第三十二条 (correction, acceptance, refusal to accept in writing), 第四十二条 (extension),
第四十四条 (delivery). Before acceptance there is no procedure yet that could be terminated: a case the
enterprise never answers ends as 不予受理 or is withdrawn (house rule; no general law says otherwise).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.workdays.rules import Calendar
from models.vocabulary import OPEN_CASE_STATES, CaseState


class Step(StrEnum):
    """What may be done to a case, in the order of its life."""

    TELL_CORRECTION = "tell_correction"
    TAKE_CORRECTION = "take_correction"
    ACCEPT = "accept"
    DEEM_ACCEPTED = "deem_accepted"  # by the daily run alone
    NOT_ACCEPT = "not_accept"
    OPEN_PROCEDURE = "open_procedure"
    GIVE_NOTICE = "give_notice"
    CLOSE_PROCEDURE = "close_procedure"
    EXTEND = "extend"
    TELL_EXTENSION = "tell_extension"
    DECIDE = "decide"
    DELIVER = "deliver"
    TERMINATE = "terminate"
    WITHDRAW = "withdraw"


STEP_LABELS: dict[Step, str] = {
    Step.TELL_CORRECTION: "告知补正",
    Step.TAKE_CORRECTION: "收到补正",
    Step.ACCEPT: "受理",
    Step.DEEM_ACCEPTED: "视为受理",
    Step.NOT_ACCEPT: "不予受理",
    Step.OPEN_PROCEDURE: "启动特殊环节",
    Step.GIVE_NOTICE: "补书面告知",
    Step.CLOSE_PROCEDURE: "结束特殊环节",
    Step.EXTEND: "延长期限",
    Step.TELL_EXTENSION: "告知延长理由",
    Step.DECIDE: "办结",
    Step.DELIVER: "送达",
    Step.TERMINATE: "终止办理",
    Step.WITHDRAW: "撤回",
}

_RECEIVED = frozenset({CaseState.RECEIVED})
_CORRECTING = frozenset({CaseState.CORRECTING})
_ACCEPTED = frozenset({CaseState.ACCEPTED})


@dataclass(frozen=True)
class Transition:
    """From which states a step may be taken, and the state it leads to; None: the state stays."""

    from_states: frozenset[CaseState]
    to: CaseState | None


TRANSITIONS: dict[Step, Transition] = {
    Step.TELL_CORRECTION: Transition(_RECEIVED, CaseState.CORRECTING),
    Step.TAKE_CORRECTION: Transition(_CORRECTING, CaseState.RECEIVED),
    Step.ACCEPT: Transition(_RECEIVED, CaseState.ACCEPTED),
    Step.DEEM_ACCEPTED: Transition(_RECEIVED, CaseState.ACCEPTED),
    Step.NOT_ACCEPT: Transition(_RECEIVED | _CORRECTING, CaseState.NOT_ACCEPTED),
    Step.OPEN_PROCEDURE: Transition(_ACCEPTED, None),
    Step.GIVE_NOTICE: Transition(_ACCEPTED, None),
    Step.CLOSE_PROCEDURE: Transition(_ACCEPTED, None),
    Step.EXTEND: Transition(_ACCEPTED, None),
    Step.TELL_EXTENSION: Transition(_ACCEPTED, None),
    Step.DECIDE: Transition(_ACCEPTED, CaseState.DECIDED),
    Step.DELIVER: Transition(frozenset({CaseState.DECIDED}), CaseState.DELIVERED),
    Step.TERMINATE: Transition(_ACCEPTED, CaseState.TERMINATED),
    Step.WITHDRAW: Transition(OPEN_CASE_STATES, CaseState.WITHDRAWN),
}

# Why not, by the state that stands in the way. Shown after what was refused.
STATE_REASON_LABELS: dict[CaseState, str] = {
    CaseState.RECEIVED: "尚未受理",
    CaseState.CORRECTING: "正在等申请人补正，请先登记收到补正",
    CaseState.ACCEPTED: "已经受理，正在办理",
    CaseState.DECIDED: "决定已经作出",
    CaseState.DELIVERED: "决定已经送达",
    CaseState.NOT_ACCEPTED: "已经不予受理，不再办理",
    CaseState.WITHDRAWN: "已经撤回，不再办理",
    CaseState.TERMINATED: "已经终止，不再办理",
}


def allowed(step: Step, state: CaseState) -> bool:
    """Whether the state allows the step at all."""
    return state in TRANSITIONS[step].from_states


def after(step: Step, state: CaseState) -> CaseState:
    """The state a step leads to. Raises ValueError where it is not allowed."""
    if not allowed(step, state):
        raise ValueError(f"{step} is not allowed from {state}")
    return TRANSITIONS[step].to or state


def next_steps(state: CaseState, *, told: bool = False, untold_extension: bool = False) -> list[Step]:
    """The steps a person may take on a case in this state, in the order of its life.

    `told`: its correction was told already, and is told once. `untold_extension`: it was extended and the
    applicant has not been told why.
    """
    offered = {
        Step.DEEM_ACCEPTED: False,
        Step.TELL_CORRECTION: not told,
        Step.TELL_EXTENSION: untold_extension,
    }
    return [step for step in Step if allowed(step, state) and offered.get(step, True)]


def accept_by(
    received_on: date,
    corrected_on: date | None,
    correction_limit: int,
    calendar: Calendar,
) -> date:
    """The last day to tell what is missing; silent until its end, the case is accepted from the receipt
    (行政许可法 第三十二条第一款第四项). `correction_limit` is in working days.

    Once the enterprise has answered, the same days run from its answer: what is missing is told once, so
    that only acceptance or its refusal is left (house rule).
    """
    return calendar.add_workdays(complete_on(received_on, corrected_on), correction_limit)


def complete_on(received_on: date, corrected_on: date | None) -> date:
    """The day the papers were there: the receipt, after a correction the day the answer came."""
    return corrected_on or received_on
