"""What is given out of the register of special procedures: the whole of it, and refused rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from crm.approvals.queries.registry import all_entries
from crm.approvals.register_book import Verdict
from crm.core import files
from crm.core.access import Actor, Verb, require
from crm.core.audit import note_event
from crm.core.db import unit_of_work
from crm.core.i18n import _
from crm.ledgers import registers


def keep_register(actor: Actor, *, today: date) -> str:
    """The register as a workbook only its maker may fetch; returns its public id. Public knowledge: whoever
    may look at it may take it along. The export itself is logged."""
    require(actor, Verb.INSIGHT_VIEW)
    with unit_of_work(actor, "ledgers.export_register") as session:
        rows = all_entries(session)
        note_event(session, "item_procedure", None, changes={"count": [None, len(rows)]})
        stored = files.keep(
            session,
            data=registers.register_workbook(rows, today),
            name=_("特殊环节登记簿-{day}.xlsx", day=today.isoformat()),
            owner="export",
            owner_id=None,
            actor=actor,
        )
        return stored.public_id


def keep_refused_entries(actor: Actor, verdicts: Sequence[Verdict], file_name: str) -> str:
    """The refused rows as a workbook only the importer may fetch; returns its public id."""
    require(actor, Verb.CATALOGUE_EDIT)
    stem = file_name.rpartition(".")[0] or file_name
    with unit_of_work(actor, "ledgers.refused_entries") as session:
        stored = files.keep(
            session,
            data=registers.refused_workbook(verdicts),
            name=_("{stem}-退回行.xlsx", stem=stem),
            owner="export",
            owner_id=None,
            actor=actor,
        )
        return stored.public_id
