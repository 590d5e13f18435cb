"""限期事项: a day the law or a contract counts from that no permit carries, and the day it was dealt with."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Record


class Obligation(Record, table=True):
    """One dated duty of a project under one line of the watch list (`crm.approvals.watch_rules.LINES`).

    `from_on` starts the time: the contract's start date, the first use of a piece of special equipment, or
    the day a permit was issued or works were suspended. `done_on` ends it. Where the product knows the start
    itself (a permit, a suspension) the row is only written when the duty is done.
    """

    __tablename__ = "obligation"
    __table_args__ = (sa.Index("ix_obligation_project_line", "project_id", "line"),)

    project_id: int | None = Field(default=None, foreign_key="project.id")
    case_id: int | None = Field(default=None, foreign_key="permit_case.id", index=True)
    line: str = Field(max_length=30)
    what: str = Field(default="", max_length=120)  # which contract, which piece of equipment
    from_on: date
    done_on: date | None = None
    evidence: str = Field(default="", max_length=300)  # the document's number, or why it is no longer due
