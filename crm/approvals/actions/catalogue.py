"""Changing the item catalogue."""

from __future__ import annotations

from crm.approvals.actions.shared import refuse
from crm.approvals.catalogue_inputs import EditItem
from crm.core.access import Actor, Verb, require_all
from crm.core.db import apply_changes, fetch, unit_of_work
from crm.core.errors import Problem
from crm.core.i18n import _
from models import Item


def edit_item(actor: Actor, form: EditItem) -> None:
    """Change a row of the catalogue. Running cases keep the limits they were registered under."""
    require_all(actor, Verb.CATALOGUE_EDIT)
    typed = form.model_dump(exclude={"item_id", "version", "opened"})
    problems: list[Problem] = []
    if (form.legal_limit is not None or form.extension_limit) and not form.legal_basis:
        problems.append(Problem("legal_basis", _("有法定期限或可延长的，请写明依据。")))
    if form.renew_before is not None and form.valid_months is None:
        problems.append(Problem("valid_months", _("写了提前续期的天数，请同时写证照有效的月数。")))
    refuse(problems)
    with unit_of_work(actor, "approvals.edit_item") as session:
        apply_changes(fetch(session, Item, form.item_id), form.opened, typed, form.version)
