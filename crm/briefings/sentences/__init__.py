"""How the papers put their facts: pure wording, facts in, sentences out."""

from __future__ import annotations

from typing import Any

from crm.briefings.context import HallPaper, Paper
from crm.briefings.sentences.common import issue
from crm.briefings.sentences.hall import hall_blanks, hall_title
from crm.briefings.sentences.project import project_blanks, project_title
from crm.briefings.sentences.sums import together
from crm.briefings.sentences.words import NONE


def blanks_of(paper: Paper) -> dict[str, Any]:
    """The words of a paper, for its template: texts, lists of texts, lists of rows of texts."""
    return hall_blanks(paper) if isinstance(paper, HallPaper) else project_blanks(paper)


def title_of(paper: Paper) -> str:
    """The paper's title in one line: for lists, file names and the document's properties."""
    lines = hall_title(paper.facts) if isinstance(paper, HallPaper) else project_title(paper.facts)
    return "".join(lines)


__all__ = [
    "NONE",
    "blanks_of",
    "hall_blanks",
    "hall_title",
    "issue",
    "project_blanks",
    "project_title",
    "title_of",
    "together",
]
