"""One committed import, what each row did, and the saved column mappings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Base, Record, instant, json_column, now_column, words
from models.vocabulary import BatchState, RowVerdict


class ImportBatch(Base, table=True):
    """A batch can be reverted as long as nobody has edited what it made."""

    __tablename__ = "import_batch"

    id: int | None = Field(default=None, primary_key=True)
    file_name: str = Field(max_length=255)
    sha256: str = Field(max_length=64, index=True)
    mode: str = Field(max_length=20)  # commit / commit_good
    state: BatchState = words(BatchState, default=BatchState.COMMITTED)
    year: int | None = None
    month: int | None = None
    mapping: dict[str, Any] = json_column()
    counts: dict[str, int] = json_column()
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    committed_at: datetime = now_column()
    reverted_at: datetime | None = instant()
    reverted_by: int | None = Field(default=None, foreign_key="user_account.id")


class ImportRow(Base, table=True):
    """`before` and `after` carry each touched record's fields and version, for reverting and for 'who did'."""

    __tablename__ = "import_row"
    __table_args__ = (sa.Index("ix_import_row_batch", "batch_id", "verdict"),)

    id: int | None = Field(default=None, primary_key=True)
    batch_id: int = Field(foreign_key="import_batch.id")
    sheet: str = Field(max_length=120)
    row: int
    verdict: RowVerdict = words(RowVerdict)
    project_id: int | None = None
    changes: dict[str, Any] = json_column()
    touched: list[dict[str, Any]] = json_column(default=list)
    reason: str = Field(default="", max_length=1000)


class SavedMapping(Record, table=True):
    """A column mapping a person corrected, saved under a name."""

    __tablename__ = "saved_mapping"

    name: str = Field(unique=True, max_length=80)
    mapping: dict[str, Any] = json_column()
    made_by: int | None = Field(default=None, foreign_key="user_account.id")
