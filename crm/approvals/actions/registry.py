"""Keeping the register of special procedures (特殊环节登记簿).

A change of the register holds for what is opened from now on: a running procedure has the limits that were
copied when it was opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm.approvals.actions.catalogue import locked_item
from crm.approvals.actions.shared import refuse
from crm.approvals.catalogue_inputs import ProcedureForm
from crm.approvals.catalogue_rules import ENTRY_FIELDS, WRONG_FIELDS, completed, wrong_with
from crm.approvals.catalogue_words import wrong_words
from crm.approvals.queries.registry import known_entries
from crm.approvals.register_book import Known, Line, Verdict, judge
from crm.core.access import Actor, Verb, require_all
from crm.core.audit import note_event
from crm.core.db import apply_changes, fetch, reading, unit_of_work
from crm.core.errors import NotFound, Problem, Refusal
from crm.core.i18n import _
from models import ItemProcedure
from models.vocabulary import RowVerdict


def save_procedure(actor: Actor, form: ProcedureForm) -> int:
    """Add an entry of the register or change one. Returns its id. What the law refuses is refused with its
    name (`catalogue_rules.wrong_with`)."""
    require_all(actor, Verb.CATALOGUE_EDIT)
    entry = completed(form.entry())
    refuse([Problem(WRONG_FIELDS[wrong], wrong_words(wrong, entry.kind)) for wrong in wrong_with(entry)])
    with unit_of_work(actor, "approvals.save_procedure") as session:
        item = locked_item(session, form.item_id)
        twin = select(ItemProcedure.id).where(
            col(ItemProcedure.item_id) == item.id,
            col(ItemProcedure.kind) == entry.kind,
            col(ItemProcedure.name) == entry.name,
            col(ItemProcedure.id) != (form.procedure_id or 0),
        )
        if session.exec(twin).first() is not None:
            raise Refusal(Problem("name", _("该事项已登记同名环节“{name}”。", name=entry.name)))
        if form.procedure_id is None:
            row = ItemProcedure(item_id=item.id or 0, **asdict(entry))
            session.add(row)
        else:
            row = fetch(session, ItemProcedure, form.procedure_id)
            if row.item_id != item.id:
                raise NotFound(_("没有找到这条记录，或您无权查看。"))
            apply_changes(row, form.opened, asdict(entry), form.version)
        session.flush()
        return row.id or 0


@dataclass(frozen=True)
class Outcome:
    """A register file judged, and perhaps written. `written` are the rows that were."""

    verdicts: tuple[Verdict, ...]
    written: int = 0

    def count(self, verdict: RowVerdict) -> int:
        return sum(v.verdict is verdict for v in self.verdicts)

    @property
    def refused(self) -> tuple[Verdict, ...]:
        return tuple(v for v in self.verdicts if v.verdict is RowVerdict.REFUSED)


def look_register(actor: Actor, lines: Iterable[Line]) -> Outcome:
    """Dry run: every row new, changed, unchanged or refused with its reasons; nothing is written."""
    require_all(actor, Verb.CATALOGUE_EDIT)
    with reading() as session:
        return Outcome(judge(lines, known_entries(session)))


def write_register(
    actor: Actor, lines: Iterable[Line], *, file_name: str, good_rows_only: bool = False
) -> Outcome:
    """Judge the rows again and write them in one transaction: all, or with `good_rows_only` those that were
    not refused. A refused row without it leaves everything as it was. A row the file leaves out stays."""
    require_all(actor, Verb.CATALOGUE_EDIT)
    with unit_of_work(
        actor, "approvals.import_register", reason=_("导入文件{name}", name=file_name[:200])
    ) as session:
        known = known_entries(session)
        outcome = Outcome(judge(lines, known))
        if outcome.refused and not good_rows_only:
            return outcome
        written = sum(_write(session, known, verdict) for verdict in outcome.verdicts)
        try:
            session.flush()
        except IntegrityError as error:
            raise Refusal(_("导入期间有人登记了同样的环节，请重新导入。")) from error
        if written:
            note_event(session, "item_procedure", None, changes={"count": [None, written]})
        return Outcome(outcome.verdicts, written)


def _write(session: Session, known: Known, verdict: Verdict) -> bool:
    if verdict.verdict not in (RowVerdict.NEW, RowVerdict.CHANGED) or verdict.entry is None:
        return False
    if verdict.procedure_id is None:
        session.add(ItemProcedure(item_id=known.items[verdict.line.item_code], **asdict(verdict.entry)))
        return True
    row = fetch(session, ItemProcedure, verdict.procedure_id)
    for name in ENTRY_FIELDS:
        setattr(row, name, getattr(verdict.entry, name))
    return True
