"""Committing a ledger: one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crm.core import files
from crm.core.access import Actor, Verb, require
from crm.core.db import unit_of_work
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.ledgers import queries, reader
from crm.ledgers.actions.looking import Look, Reading, look_within
from crm.ledgers.actions.writer import Writer
from crm.ledgers.reader import Sheet
from models import (
    ImportBatch,
)


@dataclass(frozen=True)
class Committed:
    """What a commit did. `batch` None: nothing was to be written, or refused rows forbade it."""

    look: Look
    batch: int | None
    blocked: bool


def commit(
    actor: Actor,
    data: bytes,
    name: str,
    how: Reading,
    *,
    today: date,
    good_rows_only: bool = False,
    sheets: list[Sheet] | None = None,
    expected: dict[str, int] | None = None,
) -> Committed:
    """Write the new and changed rows, all or nothing unless `good_rows_only`.

    A refused row blocks an all-or-nothing commit; a duplicate is skipped and listed. `expected` are
    the counts the user was shown: if the register has changed since, nothing is written.
    """
    require(actor, Verb.LEDGER_IMPORT)
    sheets = reader.read(data, name) if sheets is None else sheets
    with unit_of_work(actor, "ledgers.commit") as session, session.no_autoflush:
        found = look_within(session, actor, data, name, how, today, sheets)
        if expected is not None and expected != found.counts:
            raise Refusal(_("您核对之后，登记库有了变化，请重新核对数字再提交。"))
        if found.refused and not good_rows_only:
            return Committed(found, None, True)
        if not found.counts["new"] and not found.counts["changed"]:
            return Committed(found, None, False)
        batch = ImportBatch(
            file_name=files.clean_name(name),
            sha256=found.sha256,
            mode="commit_good" if good_rows_only else "commit",
            year=found.understanding.year,
            month=found.understanding.month,
            mapping={"columns": {c.header: c.field for c in found.understanding.columns}},
            counts=found.counts,
            user_id=actor.user_id,
        )
        session.add(batch)
        session.flush()
        Writer(session, actor, today, int(batch.id or 0)).write(found.verdicts)
        session.flush()
        batch.mapping = {**batch.mapping, "audit_upto": queries.last_audit_id(session)}
        return Committed(found, int(batch.id or 0), False)
