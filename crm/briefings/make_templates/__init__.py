"""Builds the shipped Word templates once: `python -m crm.briefings.make_templates`.

From then on they are ordinary Word files that the office edits in Word; this folder only says how
they began and lets a test rebuild them. Plain WordprocessingML, no library: every measure is in `layout`.
"""

from __future__ import annotations

from pathlib import Path

from crm.briefings.make_templates.package import build
from crm.briefings.make_templates.papers import hall, letter, project
from crm.core.settings import ROOT

FOLDER = ROOT / "templates_docx"


def write(folder: Path = FOLDER) -> None:
    """Every template into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hall.docx").write_bytes(build(hall()))
    (folder / "project.docx").write_bytes(build(project()))
    (folder / "letter.docx").write_bytes(build(letter(), letter=True))


__all__ = ["FOLDER", "build", "hall", "letter", "project", "write"]
