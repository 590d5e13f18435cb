"""The audit trail: one listener on every session, so that no action can forget it.

Every insert, update and delete of a mapped row becomes an `AuditEntry` in the same
transaction. ORM bulk updates and deletes by-pass the unit of work, so they are refused
on audited tables unless the statement says `execution_options(unaudited="why")`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

from models import (
    AlertRecipient,
    AuditEntry,
    Base,
    CaseBatchRow,
    CaseEvent,
    CaseStep,
    CaseTally,
    CaseTallyMonth,
    Draft,
    ImportRow,
    Project,
    ProjectForecast,
    ScanRun,
    SetupCode,
    WebSession,
)
from models.enterprise import Enterprise
from models.vocabulary import AuditVerb

# Bookkeeping rows that are themselves a trace, or private drafts.
NOT_AUDITED: tuple[type[Base], ...] = (
    AuditEntry,
    AlertRecipient,
    CaseBatchRow,
    CaseEvent,
    CaseStep,
    CaseTally,
    CaseTallyMonth,
    Draft,
    ImportRow,
    ProjectForecast,
    ScanRun,
    SetupCode,
    WebSession,
)
# Bookkeeping, and hints that are computed again from audited rows.
QUIET_FIELDS = frozenset(
    {
        "version",
        "updated_at",
        "created_at",
        "pinyin",
        "initials",
        "name_key",
        "last_contact_on",
        "accept_by_on",
        "deliver_by_on",
        "held_from",
        "untold_from",
        "running_wd",
        "enterprise_wd",
        "stopped_wd",
        "late",
    }
)
SECRET_FIELDS = frozenset({"password_hash"})


def plain(value: Any) -> Any:
    """A JSON value that reads as a person would write it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def note_event(
    session: Session,
    record: str,
    record_id: int | None,
    *,
    changes: dict[str, Any] | None = None,
    project_id: int | None = None,
    enterprise_id: int | None = None,
) -> None:
    """Record something that changed no row of its own: a sign-in, an export, a refusal."""
    session.add(_entry(session, AuditVerb.EVENT, record, record_id, changes or {}, project_id, enterprise_id))


def _entry(
    session: Session,
    verb: AuditVerb,
    record: str,
    record_id: int | None,
    changes: dict[str, Any],
    project_id: int | None,
    enterprise_id: int | None,
) -> AuditEntry:
    actor = session.info.get("actor")
    return AuditEntry(
        user_id=getattr(actor, "user_id", None),
        user_name=getattr(actor, "name", ""),
        action=session.info.get("action", "unnamed"),
        verb=verb,
        record=record,
        record_id=record_id,
        project_id=project_id,
        enterprise_id=enterprise_id,
        changes=changes,
        reason=session.info.get("reason", ""),
    )


def _changes(row: Base, verb: AuditVerb) -> dict[str, list[Any]]:
    state = sa.inspect(row)
    found: dict[str, list[Any]] = {}
    for attribute in state.mapper.column_attrs:
        name = attribute.key
        if name in QUIET_FIELDS or name == "id":
            continue
        value = getattr(row, name)
        if verb is AuditVerb.CREATE:
            old, new = None, value
        elif verb is AuditVerb.DELETE:
            old, new = value, None
        else:
            history = state.attrs[name].history
            if not history.has_changes():
                continue
            old = history.deleted[0] if history.deleted else None
            new = history.added[0] if history.added else None
        if name in SECRET_FIELDS:
            old, new = ("***" if old else old), ("***" if new else new)
        old, new = plain(old), plain(new)
        if old == new or (verb is AuditVerb.CREATE and new in ("", None, [], {})):
            continue
        found[name] = [old, new]
    return found


def _after_flush(session: Session, _context: UOWTransaction) -> None:
    rows: list[dict[str, Any]] = []
    for verb, instances in (
        (AuditVerb.CREATE, session.new),
        (AuditVerb.UPDATE, session.dirty),
        (AuditVerb.DELETE, session.deleted),
    ):
        for row in instances:
            if not isinstance(row, Base) or isinstance(row, NOT_AUDITED):
                continue
            changes = _changes(row, verb)
            if verb is AuditVerb.UPDATE and not changes:
                continue
            key = getattr(row, "id", None)
            is_project, is_enterprise = isinstance(row, Project), isinstance(row, Enterprise)
            entry = _entry(
                session,
                verb,
                str(type(row).__tablename__),
                key if isinstance(key, int) else None,
                changes,
                key if is_project else getattr(row, "project_id", None),
                key if is_enterprise else getattr(row, "enterprise_id", None),
            )
            rows.append(entry.model_dump(exclude={"id"}))
    if rows:
        session.connection().execute(sa.insert(AuditEntry), rows)


def _refuse_unaudited_bulk(state: ORMExecuteState) -> None:
    if not (state.is_update or state.is_delete or state.is_insert):
        return
    if state.execution_options.get("unaudited"):
        return
    mapper = state.bind_mapper
    if mapper is None or issubclass(mapper.class_, NOT_AUDITED):
        return
    raise RuntimeError(
        f"a bulk statement on {mapper.class_.__tablename__} would leave no audit trail; "
        "change the objects instead, or say execution_options(unaudited='why')"
    )


def watch(session_class: type[Session]) -> None:
    """Attach the trail to a session class, once."""
    if not event.contains(session_class, "after_flush", _after_flush):
        event.listen(session_class, "after_flush", _after_flush)
        event.listen(session_class, "do_orm_execute", _refuse_unaudited_bulk)
