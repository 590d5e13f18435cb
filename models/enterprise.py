"""企业 and the people one reaches there."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Record


class Enterprise(Record, table=True):
    """`name` is kept exactly as written; `name_key` is only for matching (crm.core.names)."""

    __tablename__ = "enterprise"

    name: str = Field(max_length=200)
    name_key: str = Field(max_length=200, index=True)
    pinyin: str = Field(default="", max_length=800)
    initials: str = Field(default="", max_length=200, index=True)
    credit_code: str | None = Field(default=None, unique=True, max_length=18)
    town_id: int | None = Field(default=None, foreign_key="town.id", index=True)
    address: str = Field(default="", max_length=200)
    industry: str = Field(default="", max_length=80)
    batch_id: int | None = Field(default=None, foreign_key="import_batch.id")


class Contact(Record, table=True):
    """A person at the enterprise. Personal data: shown masked unless the reader may see it."""

    __tablename__ = "contact"
    __table_args__ = (sa.Index("ix_contact_enterprise", "enterprise_id", "active"),)

    enterprise_id: int = Field(foreign_key="enterprise.id")
    name: str = Field(max_length=60)
    title: str = Field(default="", max_length=60)
    phone: str = Field(default="", max_length=30)
    active: bool = True
