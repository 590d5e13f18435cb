"""Changing the item catalogue: its rules in versions, its documents.

A rule is never edited in place: every change is a new version in force from a day, today or ahead, and the
version before it ends on that day. `Item` carries a copy of the version in force; `put_in_force` alone
writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date

from sqlmodel import Session, col, select

from crm.approvals.actions.shared import refuse
from crm.approvals.catalogue_inputs import ChangeRule, DocumentForm, EditItem
from crm.approvals.catalogue_rules import (
    RULE_FIELDS,
    ItemRule,
    differences,
    in_force,
    rule_from,
    rule_of_row,
    standing_on,
)
from crm.core.access import SYSTEM, Actor, Verb, require_all
from crm.core.audit import note_event
from crm.core.db import apply_changes, fetch, reading, unit_of_work
from crm.core.errors import Conflict, FieldClash, NotFound, Problem, Refusal
from crm.core.i18n import _
from models import Item, ItemDocument, ItemVersion

# The first version of an item in force since nobody knows when (house rule): a day before any case here.
FIRST_ON = date(2020, 1, 1)


def edit_item(actor: Actor, form: EditItem, *, today: date) -> None:
    """Change what is no rule: name, department, how well the row is known, whether it is in use."""
    require_all(actor, Verb.CATALOGUE_EDIT)
    typed = form.model_dump(exclude={"item_id", "version", "opened"})
    with unit_of_work(actor, "approvals.edit_item") as session:
        item = fetch(session, Item, form.item_id)
        changed = apply_changes(item, form.opened, typed, form.version)
        if "certainty" in changed:
            # How well a rule is known is no change of it: told of the version in force.
            version = in_force(_versions(session, item), today)
            if version is not None:
                version.rule = version.rule | {"certainty": form.certainty}


def change_rule(actor: Actor, form: ChangeRule, *, today: date) -> int:
    """A new version of an item's rule, in force from `form.from_on`. Returns its id.

    Only what was typed differently from what the form showed is changed: a version that somebody made in
    between keeps the rest, and where both changed one field to different values `Conflict` is raised. A
    second change for the same day amends that day's version. Running cases keep the rule they came under.
    """
    require_all(actor, Verb.CATALOGUE_EDIT)
    refuse(_rule_problems(form, today))
    from_on = form.from_on or today
    with unit_of_work(actor, "approvals.change_rule", reason=form.reason) as session:
        item = locked_item(session, form.item_id)
        versions = _versions(session, item) or [first_version(session, item)]
        base = in_force(versions, from_on)
        assert base is not None
        rule = _merged(form, rule_from(base.rule), item.version)
        if not differences(rule_from(base.rule), rule):
            raise Refusal(_("规则没有变化，不需要新版本。"))
        if base.from_on == from_on:
            base.rule, base.reason = rule.as_json(), form.reason
            row = base
        else:
            # Dates first: the new row and the one before it must never both be open.
            row = ItemVersion(
                item_id=item.id or 0,
                from_on=from_on,
                to_on=base.to_on,
                rule=rule.as_json(),
                reason=form.reason,
            )
            base.to_on = from_on
            session.add(row)
        session.flush()
        put_in_force(session, today, [item])
        return row.id or 0


def withdraw_version(actor: Actor, version_id: int, *, reason: str, today: date) -> None:
    """Take back a version that is not in force yet; the one before it goes on. One in force is never taken
    back: cases may have come under it."""
    require_all(actor, Verb.CATALOGUE_EDIT)
    text = reason.strip()[:300]
    with unit_of_work(actor, "approvals.withdraw_version", reason=text) as session:
        row = fetch(session, ItemVersion, version_id)
        versions = _versions(session, locked_item(session, row.item_id))
        if row.from_on <= today:
            raise Refusal(
                _("该版本自{day}起已经生效，不能撤回；请另行发布新版本。", day=row.from_on.isoformat())
            )
        refuse([] if text else [Problem("reason", _("请写明撤回原因。"))])
        for before in versions:
            if before.to_on == row.from_on:
                before.to_on = row.to_on
        session.delete(row)
        # The version is gone; the item's own story keeps that it was there.
        note_event(session, "item", row.item_id, changes={"from_on": [None, row.from_on.isoformat()]})


def put_in_force(session: Session, today: date, items: Sequence[Item] | None = None) -> int:
    """Make each item's rule fields those of its version in force on `today`; how many items changed."""
    wanted = list(session.exec(select(Item)).all() if items is None else items)
    by_item: dict[int, list[ItemVersion]] = {}
    query = select(ItemVersion)
    if items is not None:
        query = query.where(col(ItemVersion.item_id).in_([item.id for item in wanted]))
    for version in session.exec(query):
        by_item.setdefault(version.item_id, []).append(version)
    changed = 0
    for item in wanted:
        current = in_force(by_item.get(item.id or 0, []), today)
        if current is None:
            continue
        new = differences(rule_of_row(item), rule_from(current.rule))
        for name, (_old, value) in new.items():
            setattr(item, name, value)
        changed += bool(new)
    return changed


def bring_into_force(today: date) -> int:
    """Once a day, and when the product starts: put into force what is due. How many items changed.

    Writes only when something is due, so that it may be asked every minute."""
    with reading() as session:
        due = put_in_force(session, today)
        session.rollback()
    if not due:
        return 0
    with unit_of_work(SYSTEM, "approvals.put_in_force") as session:
        return put_in_force(session, today)


def first_version(session: Session, item: Item) -> ItemVersion:
    """The rule an item has had since nobody knows when, as its first version; flushed."""
    row = ItemVersion(
        item_id=item.id or 0,
        from_on=FIRST_ON,
        rule=rule_of_row(item).as_json(),
        reason=_("建库时目录所载规则"),
    )
    session.add(row)
    session.flush()
    return row


def locked_item(session: Session, item_id: int) -> Item:
    """The item, nobody else changing its versions, documents or register meanwhile."""
    item = session.exec(select(Item).where(col(Item.id) == int(item_id)).with_for_update()).first()
    if item is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return item


def _versions(session: Session, item: Item) -> list[ItemVersion]:
    return list(
        session.exec(
            select(ItemVersion).where(col(ItemVersion.item_id) == item.id).order_by(col(ItemVersion.from_on))
        )
    )


def _rule_problems(form: ChangeRule, today: date) -> list[Problem]:
    typed = form.typed
    problems: list[Problem] = []
    if form.from_on is None:
        problems.append(Problem("from_on", _("请写明新规则自哪天起生效。")))
    elif form.from_on < today:
        problems.append(
            Problem("from_on", _("生效日期{day}已经过去；规则只能自今天或以后生效。", day=form.from_on))
        )
    if not form.reason:
        problems.append(Problem("reason", _("请写明变更理由和通知文号。")))
    if (typed.legal_limit is not None or typed.extension_limit) and not typed.legal_basis:
        problems.append(Problem("legal_basis", _("有法定期限或可延长的，请写明依据。")))
    if (
        typed.legal_limit is not None
        and typed.promised_limit is not None
        and typed.promised_limit > typed.legal_limit
    ):
        problems.append(Problem("promised_limit", _("承诺期限不能长于法定期限。")))
    if typed.renew_before is not None and typed.valid_months is None:
        problems.append(Problem("valid_months", _("写了提前续期的天数，请同时写证照有效的月数。")))
    return problems


def _merged(form: ChangeRule, base: ItemRule, version: int) -> ItemRule:
    """The base with what was typed; `Conflict` where it was changed meanwhile to something else."""
    opened, typed, stored = asdict(form.opened.rule()), asdict(form.typed.rule()), asdict(base)
    changed = [name for name in RULE_FIELDS if typed[name] != opened[name]]
    clashes = [
        FieldClash(name, opened[name], stored[name], typed[name])
        for name in changed
        if stored[name] not in (opened[name], typed[name])
    ]
    if clashes:
        raise Conflict(_("该日适用的规则已被修改过。请逐项选择保留哪一个值。"), clashes, version)
    return replace(base, **{name: typed[name] for name in changed})


# --- documents


def save_document(actor: Actor, form: DocumentForm, *, today: date) -> int:
    """Add a document or change one. Returns its id.

    A change of its standing (needed, may follow, promise, dropped) needs a basis and comes into force on
    `since_on`, today or ahead; one that was still ahead is replaced. Name, basis and note change at once.
    """
    require_all(actor, Verb.CATALOGUE_EDIT)
    refuse([] if form.name else [Problem("name", _("请写明材料名称。"))])
    with unit_of_work(actor, "approvals.save_document") as session:
        item = locked_item(session, form.item_id)
        twin = select(ItemDocument.id).where(
            col(ItemDocument.item_id) == item.id,
            col(ItemDocument.name) == form.name,
            col(ItemDocument.id) != (form.document_id or 0),
        )
        if session.exec(twin).first() is not None:
            raise Refusal(Problem("name", _("该事项已列有材料“{name}”。", name=form.name)))
        if form.document_id is None:
            refuse(_since_problems(form, today) if form.since_on is not None else [])
            last = session.exec(
                select(ItemDocument.sort)
                .where(col(ItemDocument.item_id) == item.id)
                .order_by(col(ItemDocument.sort).desc())
            ).first()
            row = ItemDocument(
                item_id=item.id or 0,
                name=form.name,
                standing=form.standing,
                since_on=form.since_on,
                basis=form.basis,
                note=form.note,
                sort=(last or 0) + 10,
            )
            session.add(row)
            session.flush()
            return row.id or 0
        row = fetch(session, ItemDocument, form.document_id)
        if row.item_id != item.id:
            raise NotFound(_("没有找到这条记录，或您无权查看。"))
        apply_changes(row, form.opened, form.model_dump(include={"name", "basis", "note"}), form.version)
        _restand(row, form, today)
        return row.id or 0


def _restand(row: ItemDocument, form: DocumentForm, today: date) -> None:
    now = standing_on(row, today)
    if form.standing is row.standing and form.since_on in (None, row.since_on):
        return
    if form.standing is now:  # a change that was still ahead is taken back
        row.standing, row.before, row.since_on = form.standing, None, None
        return
    refuse(_since_problems(form, today))
    row.before, row.standing, row.since_on = now, form.standing, form.since_on


def _since_problems(form: DocumentForm, today: date) -> list[Problem]:
    problems: list[Problem] = []
    if form.since_on is None:
        problems.append(Problem("since_on", _("请写明新的提交要求自哪天起实行。")))
    elif form.since_on < today:
        problems.append(
            Problem("since_on", _("实行日期{day}已经过去；只能自今天或以后实行。", day=form.since_on))
        )
    if not form.basis:
        problems.append(Problem("basis", _("请写明依据的通知文号。")))
    return problems
