"""How the papers put their facts: pure wording, facts in, sentences out."""

from __future__ import annotations

from typing import Any

from crm.briefings.context import HallPaper, Paper
from crm.briefings.sentences.common import decision, issue
from crm.briefings.sentences.hall import (
    annex_rows,
    hall_blanks,
    hall_title,
    overview,
    problem,
    progress,
    service,
)
from crm.briefings.sentences.project import project_blanks, project_lead, project_title
from crm.briefings.sentences.sums import together
from crm.briefings.sentences.words import (
    LISTED,
    NONE,
    TITLE_CHARS,
    against_pace,
    ahead,
    column,
    exact,
    full_date,
    numbered,
    one_line,
    percent,
    period,
    rate_cell,
    stated_date,
    table_date,
    title_lines,
    yi,
)


def blanks_of(paper: Paper) -> dict[str, Any]:
    """The words of a paper, for its template: texts, lists of texts, lists of rows of texts."""
    return hall_blanks(paper) if isinstance(paper, HallPaper) else project_blanks(paper)


def title_of(paper: Paper) -> str:
    """The paper's title in one line: for lists, file names and the document's properties."""
    lines = hall_title(paper.facts) if isinstance(paper, HallPaper) else project_title(paper.facts)
    return "".join(lines)


__all__ = [
    "LISTED",
    "NONE",
    "TITLE_CHARS",
    "against_pace",
    "ahead",
    "annex_rows",
    "blanks_of",
    "column",
    "decision",
    "exact",
    "full_date",
    "hall_blanks",
    "hall_title",
    "issue",
    "numbered",
    "one_line",
    "overview",
    "percent",
    "period",
    "problem",
    "progress",
    "project_blanks",
    "project_lead",
    "project_title",
    "rate_cell",
    "service",
    "stated_date",
    "table_date",
    "title_lines",
    "title_of",
    "together",
    "yi",
]
