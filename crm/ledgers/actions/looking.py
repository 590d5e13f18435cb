"""The dry run: a file understood and judged, nothing written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from pydantic import Field
from sqlmodel import Session

from crm.core.access import Actor, Verb, require
from crm.core.db import reading
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.core.inputs import Input
from crm.ledgers import judge as judging
from crm.ledgers import queries, reader, recognise
from crm.ledgers.facts import read_row
from crm.ledgers.judge import Verdict
from crm.ledgers.reader import Sheet
from crm.ledgers.recognise import Choice, Understanding
from models.vocabulary import RowVerdict


@dataclass(frozen=True)
class Look:
    """A file understood and judged; nothing has been written."""

    file_name: str
    sha256: str
    sheets: list[Sheet]
    understanding: Understanding
    verdicts: list[Verdict]
    counts: dict[str, int]

    @property
    def refused(self) -> list[Verdict]:
        return [v for v in self.verdicts if v.verdict is RowVerdict.REFUSED]

    def as_json(self, batch: int | None = None) -> dict[str, Any]:
        """The public form: counts, duplicates and refusals by sheet and row number, the batch or None."""
        return {
            "new": self.counts["new"],
            "changed": self.counts["changed"],
            "unchanged": self.counts["unchanged"],
            "duplicates": [
                {
                    "sheet": v.source.sheet,
                    "row": v.source.row,
                    "name": v.source.name,
                    "repeats_sheet": v.repeats[0] if v.repeats else "",
                    "repeats_row": v.repeats[1] if v.repeats else None,
                    "reason": v.reason,
                }
                for v in self.verdicts
                if v.verdict is RowVerdict.DUPLICATE
            ],
            "refused": [
                {
                    "sheet": v.source.sheet,
                    "row": v.source.row,
                    "column": t.column,
                    "value": t.value,
                    "reason": t.reason,
                }
                for v in self.refused
                for t in v.troubles
            ],
            "batch": batch,
        }


class Reading(Input):
    """How a file is to be read. A year and month here go before what the file says."""

    labels: ClassVar[Mapping[str, str]] = {"year": "年度", "month": "月份"}

    year: int | None = Field(default=None, ge=2000, le=2100)
    month: int | None = Field(default=None, ge=1, le=12)
    mapping: dict[str, Choice] = Field(default_factory=dict)


def look(
    actor: Actor, data: bytes, name: str, how: Reading, *, today: date, sheets: list[Sheet] | None = None
) -> Look:
    """Dry run. Raises `Refusal` for a file that is no ledger. `sheets` spares reading the file again."""
    require(actor, Verb.LEDGER_IMPORT)
    sheets = reader.read(data, name) if sheets is None else sheets
    with reading() as session:
        return look_within(session, actor, data, name, how, today, sheets)


def look_within(
    session: Session, actor: Actor, data: bytes, name: str, how: Reading, today: date, sheets: list[Sheet]
) -> Look:
    known = queries.known(session, actor)
    understanding = recognise.understand(
        sheets,
        file_name=name,
        towns=known.towns,
        today=today,
        year=how.year,
        month=how.month,
        mapping=how.mapping,
    )
    if not any(s.state == "ledger" for s in understanding.sheets):
        raise Refusal(
            _("“{name}”里没有找到台账表头：至少要有“项目名称”和另外两列（如建设单位、总投资）。", name=name)
        )
    verdicts = judging.judge((read_row(r, known.towns) for r in understanding.rows), known)
    return Look(
        name, hashlib.sha256(data).hexdigest(), sheets, understanding, verdicts, judging.counts(verdicts)
    )
