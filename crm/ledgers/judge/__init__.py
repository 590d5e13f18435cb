"""Compares a ledger's rows with the register: new, changed (field by field), unchanged, duplicate, refused.

Nothing is written here; each verdict carries the work an approving action does.
"""

from crm.ledgers.judge.verdicts import counts, judge
from crm.ledgers.judge.work import Firm, Liaison, Verdict, Work

__all__ = ["Firm", "Liaison", "Verdict", "Work", "counts", "judge"]
