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
from crm.approvals.actions.events import record
from crm.approvals.actions.expiry import add_duty, extend_permit, settle_duty
from crm.approvals.actions.hints import recompute, refresh_hints
from crm.approvals.actions.life import (
    amend,
    decide,
    deliver,
    extend,
    on_granted,
    tell_extension,
    terminate,
    withdraw,
)
from crm.approvals.actions.procedures import close_procedure, give_notice, open_procedure
from crm.approvals.actions.receipt import (
    accept,
    deem_accepted,
    not_accept,
    register,
    take_correction,
    tell_correction,
)

__all__ = [
    "accept",
    "add_duty",
    "amend",
    "break_promise",
    "cancel_open",
    "close_procedure",
    "correct_promise",
    "decide",
    "deem_accepted",
    "deliver",
    "edit_item",
    "extend",
    "extend_permit",
    "fulfil_promise",
    "give_notice",
    "make_promises",
    "not_accept",
    "on_granted",
    "open_procedure",
    "recompute",
    "record",
    "refresh_hints",
    "register",
    "repair_mark",
    "revoke_decision",
    "settle_duty",
    "take_correction",
    "tell_correction",
    "tell_extension",
    "terminate",
    "verify_promise",
    "withdraw",
]
