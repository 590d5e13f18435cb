"""The verbs of a case (办件) and of the catalogue: one transaction each."""

from crm.approvals.actions.catalogue import edit_item
from crm.approvals.actions.commitments import (
    break_promise,
    cancel_open,
    correct_promise,
    fulfil_promise,
    make_promises,
    repair_mark,
    revoke_decision,
    verify_promise,
)
from crm.approvals.actions.hints import recompute, refresh_hints
from crm.approvals.actions.life import (
    ARTICLE_45,
    accept,
    amend,
    decide,
    extend,
    on_granted,
    register,
    withdraw,
)
from crm.approvals.actions.procedures import give_notice, resume, stop

__all__ = [
    "ARTICLE_45",
    "accept",
    "amend",
    "break_promise",
    "cancel_open",
    "correct_promise",
    "decide",
    "edit_item",
    "extend",
    "fulfil_promise",
    "give_notice",
    "make_promises",
    "on_granted",
    "recompute",
    "refresh_hints",
    "register",
    "repair_mark",
    "resume",
    "revoke_decision",
    "stop",
    "verify_promise",
    "withdraw",
]
