"""The ledger's verbs: look (nothing is written), commit, revert, save a mapping, export.

The page and the command line call the same functions. A commit is one transaction: it judges again
inside it, so that what is written is judged against what is there at that moment.
"""

from crm.ledgers.actions.commits import Committed, commit
from crm.ledgers.actions.giving import EXPORT_CAP, export_projects, keep_export, keep_refused
from crm.ledgers.actions.looking import Look, Reading, look
from crm.ledgers.actions.mappings import MappingForm, load_mapping, save_mapping
from crm.ledgers.actions.reverts import revert

__all__ = [
    "EXPORT_CAP", "Committed", "Look", "MappingForm", "Reading", "commit", "export_projects", "keep_export",
    "keep_refused", "load_mapping", "look", "revert", "save_mapping",
]  # fmt: skip
