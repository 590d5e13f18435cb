"""The verbs of a case (办件) and of the catalogue: one transaction each."""

from crm.approvals.actions.catalogue import edit_item
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
    "decide",
    "edit_item",
    "extend",
    "give_notice",
    "on_granted",
    "recompute",
    "refresh_hints",
    "register",
    "resume",
    "stop",
    "withdraw",
]
