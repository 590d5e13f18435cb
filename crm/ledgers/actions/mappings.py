"""Column mappings under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from sqlmodel import col, select

from crm.core.access import Actor, Verb, require, scopes
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, NotFound, Refusal
from crm.core.i18n import _
from crm.core.inputs import Input
from crm.ledgers import queries, recognise
from crm.ledgers.headers import BY_FIELD, MONEY
from crm.ledgers.recognise import Choice
from crm.ledgers.values import UNITS
from models import (
    SavedMapping,
)
from models.vocabulary import Scope


class MappingForm(Input):
    """A column mapping under a name. Keys are headers as `Column.key` gives them."""

    labels: ClassVar[Mapping[str, str]] = {"name": "名称"}

    name: str = Field(min_length=1, max_length=80)
    choices: dict[str, Choice]


def save_mapping(actor: Actor, form: MappingForm) -> int:
    """Save or replace a mapping. Only its maker or a whole-district importer replaces one."""
    require(actor, Verb.LEDGER_IMPORT)
    taken: dict[str, str] = {}
    for key, choice in form.choices.items():
        if choice.field not in (*BY_FIELD, recognise.KEEP, recognise.IGNORE):
            raise Refusal(_("不认识的栏目“{field}”。", field=choice.field))
        if choice.unit and (choice.field not in MONEY or choice.unit not in UNITS):
            raise Refusal(_("列“{column}”不能用单位“{unit}”。", column=key, unit=choice.unit))
        if choice.field in BY_FIELD:
            if choice.field in taken:
                raise Refusal(_("“{a}”和“{b}”对应了同一个栏目，请改其中一列。", a=taken[choice.field], b=key))
            taken[choice.field] = key
    stored = {k: {"field": c.field, "unit": c.unit} for k, c in form.choices.items()}
    with unit_of_work(actor, "ledgers.save_mapping") as session:
        row = session.exec(select(SavedMapping).where(col(SavedMapping.name) == form.name)).first()
        if row is None:
            row = SavedMapping(name=form.name, mapping=stored, made_by=actor.user_id)
            session.add(row)
        elif row.made_by == actor.user_id or Scope.ALL in scopes(actor, Verb.LEDGER_IMPORT):
            row.mapping = stored
        else:
            raise NotAllowed(_("“{name}”由别人保存，请换一个名称。", name=form.name))
        session.flush()
        return int(row.id or 0)


def load_mapping(actor: Actor, name: str) -> dict[str, Choice]:
    """The choices saved under a name, or `NotFound`."""
    with reading() as session:
        found = queries.mapping(session, actor, name)
    if found is None:
        raise NotFound(_("没有名为“{name}”的列对应关系。", name=name))
    return found
