"""Who changed what, when, from what to what. Append-only: triggers in the database refuse the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Base, json_column, now_column, words
from models.vocabulary import AuditVerb


class AuditEntry(Base, table=True):
    """Written by `crm.core.audit` in the same transaction as the change. `changes` is {field: [old, new]}."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("ix_audit_entry_record", "record", "record_id", "id"),
        sa.Index("ix_audit_entry_project", "project_id", "id"),
        sa.Index("ix_audit_entry_enterprise", "enterprise_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = now_column()
    user_id: int | None = Field(default=None, index=True)  # no foreign key: the trail outlives the account
    user_name: str = Field(default="", max_length=60)
    action: str = Field(max_length=60, index=True)
    verb: AuditVerb = words(AuditVerb)
    record: str = Field(max_length=40)
    record_id: int | None = None
    project_id: int | None = None
    enterprise_id: int | None = None
    changes: dict[str, Any] = json_column()
    reason: str = Field(default="", max_length=500)
