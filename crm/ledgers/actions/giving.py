"""What is given out: refused rows, all projects."""

from __future__ import annotations

from datetime import date

from crm.core import files
from crm.core.access import Actor, Verb, require
from crm.core.audit import note_event
from crm.core.db import unit_of_work
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.ledgers import queries, workbook
from crm.ledgers.actions.looking import Look
from crm.projects.queries import ProjectFilter
from models import (
    StoredFile,
)

EXPORT_CAP = 20_000  # projects in one file (house rule)


def keep_refused(actor: Actor, found: Look) -> str:
    """Store the refused rows as a workbook only the importer may fetch; returns its public id."""
    require(actor, Verb.LEDGER_IMPORT)
    data = workbook.refused_workbook(found.sheets, found.understanding, found.verdicts)
    stem = found.file_name.rpartition(".")[0] or found.file_name
    with unit_of_work(actor, "ledgers.refused_rows") as session:
        stored: StoredFile = files.keep(
            session,
            data=data,
            name=_("{stem}-退回行.xlsx", stem=stem),
            owner="import_batch",
            owner_id=None,
            actor=actor,
        )
        return stored.public_id


def export_projects(
    actor: Actor, *, today: date, asked: ProjectFilter | None = None
) -> list[queries.ProjectLine]:
    """The projects the actor may export and the filter asks for (all without one).

    The export itself is logged: who, which filters, how many.
    """
    asked = asked or ProjectFilter()
    require(actor, Verb.EXPORT)
    with unit_of_work(actor, "ledgers.export") as session:
        lines = queries.project_lines(session, actor, today, asked)
        if len(lines) > EXPORT_CAP:
            raise Refusal(_("一次最多导出{n}个项目，请缩小范围。", n=EXPORT_CAP))
        note_event(
            session, "project", None, changes={"count": [None, len(lines)], "filters": [None, asked.told()]}
        )
        return lines


def keep_export(actor: Actor, *, today: date, asked: ProjectFilter | None = None) -> str:
    """The export as a workbook only its maker may fetch; returns its public id."""
    lines = export_projects(actor, today=today, asked=asked)
    with unit_of_work(actor, "ledgers.export_file") as session:
        stored: StoredFile = files.keep(
            session,
            data=workbook.projects_workbook(lines, today),
            name=_("重点项目台账-{day}.xlsx", day=today.isoformat()),
            owner="export",
            owner_id=None,
            actor=actor,
        )
        return stored.public_id
