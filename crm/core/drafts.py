"""Half-filled forms, kept as they are typed: they survive a reload, a lost connection and a restart.

One draft per person and form; only its owner ever reads it. Not audited: nothing has been said yet.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm.core.access import Actor
from crm.core.audit import plain
from crm.core.db import reading, unit_of_work
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.core.today import now
from models import Draft

MAX_DRAFT_CHARS = 200_000


def save_draft(actor: Actor, form: str, content: dict[str, Any]) -> None:
    """Keep what is in the form now. Dates and words become text; an unchanged draft writes nothing.

    Raises `Refusal` when it is longer than 200,000 characters of JSON. An actor without an account keeps none.
    """
    if actor.user_id is None:
        return
    text = json.dumps(content, ensure_ascii=False, default=plain)
    if len(text) > MAX_DRAFT_CHARS:
        raise Refusal(_("内容太长，草稿没有保存，请删减后再试。"))
    kept: dict[str, Any] = json.loads(text)
    if load_draft(actor, form) == kept:
        return
    try:
        _put(actor, form, kept)
    except IntegrityError:  # another tab made the row a moment ago
        _put(actor, form, kept)


def load_draft(actor: Actor, form: str) -> dict[str, Any] | None:
    """What was kept, dates as ISO text; None when there is no draft."""
    if actor.user_id is None:
        return None
    with reading() as session:
        row = _row(session, actor.user_id, form)
        return dict(row.content) if row else None


def drop_draft(actor: Actor, form: str) -> None:
    """Forget the draft; nothing happens when there is none."""
    if actor.user_id is None:
        return
    with unit_of_work(actor, "drafts.drop") as session:
        drop_within(session, actor, form)


def drop_within(session: Session, actor: Actor, form: str) -> None:
    """Forget the draft in the transaction that saves the form."""
    row = _row(session, actor.user_id, form) if actor.user_id is not None else None
    if row is not None:
        session.delete(row)


def _put(actor: Actor, form: str, kept: dict[str, Any]) -> None:
    with unit_of_work(actor, "drafts.save") as session:
        assert actor.user_id is not None
        row = _row(session, actor.user_id, form)
        if row is None:
            session.add(Draft(user_id=actor.user_id, form=form, content=kept, saved_at=now()))
        else:
            row.content, row.saved_at = kept, now()


def _row(session: Session, user_id: int, form: str) -> Draft | None:
    return session.exec(
        select(Draft).where(col(Draft.user_id) == int(user_id), col(Draft.form) == form)
    ).first()
