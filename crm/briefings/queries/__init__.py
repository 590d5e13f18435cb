"""Every number and name of the papers, read once and frozen; and the archive of papers.

The register's figures, lights and clocks are those of `crm.projects.queries` and
`crm.approvals.rules`: nothing is defined a second time here. What is approved is decided by
`MonthlyProgress.approved_at`: unapproved words never leave this folder.
"""

from crm.briefings.queries.archive import (
    DEFAULT_SETTING,
    QUERIES_VERSION,
    SETTING_KEY,
    PaperCard,
    PaperPage,
    PaperRow,
    ProjectChoice,
    choices,
    imprint,
    listed,
    made_before,
    next_number,
    one,
    readable,
    setting,
)
from crm.briefings.queries.hall import Mismatch, hall_facts
from crm.briefings.queries.project import find_project, project_facts
from crm.briefings.queries.sources import Entry, Source, hall_sources

__all__ = [
    "DEFAULT_SETTING",
    "QUERIES_VERSION",
    "SETTING_KEY",
    "Entry",
    "Mismatch",
    "PaperCard",
    "PaperPage",
    "PaperRow",
    "ProjectChoice",
    "Source",
    "choices",
    "find_project",
    "hall_facts",
    "hall_sources",
    "imprint",
    "listed",
    "made_before",
    "next_number",
    "one",
    "project_facts",
    "readable",
    "setting",
]
