"""办件: one application of one item, its special procedures, its promises, its events."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.base import Base, Record, instant, json_column, now_column, words
from models.vocabulary import (
    CaseOutcome,
    CaseRoute,
    CaseSource,
    CaseState,
    CommitmentState,
    DayUnit,
    LoadState,
    ProcedureKind,
)


class Case(Record, table=True):
    """A statutory date is never typed: `due_on`, `promised_due_on`, `yellow_on`, `accept_by_on`,
    `deliver_by_on`, `held_from`, `untold_from` and the measures at the end are hints that the action
    writes from the rule (crm.approvals.rules) whenever a ground changes.

    One table for the cases we keep and for those the hall's acceptance system keeps (`source`).
    """

    __tablename__ = "permit_case"
    __table_args__ = (
        sa.Index("ix_permit_case_open_due", "decided_on", "due_on"),
        sa.Index("ix_permit_case_expiry", "expires_on"),
        sa.Index("ix_permit_case_item", "item_id", "received_on"),
        sa.Index("ix_permit_case_department", "department_id", "received_on"),
        # What lists filter by, so that a year's million is counted and paged without reading its rows.
        sa.Index(
            "ix_permit_case_list",
            "received_on",
            "id",
            "decided_on",
            "item_id",
            "department_id",
            "town_id",
            "project_id",
            "enterprise_id",
            "state",
            "late",
            "corrections",
            "running_wd",
            "stopped_wd",
            "outcome",
        ),
        # Few cases wait to be accepted; an index of those alone costs a large import nothing.
        sa.Index(
            "ix_permit_case_accept_by",
            "accept_by_on",
            sqlite_where=sa.text("accept_by_on IS NOT NULL"),
            postgresql_where=sa.text("accept_by_on IS NOT NULL"),
        ),
        # Issued permits, which the expiry watch asks for by item; the hall's cases tell of none.
        sa.Index(
            "ix_permit_case_issued",
            "item_id",
            "issued_on",
            sqlite_where=sa.text("issued_on IS NOT NULL"),
            postgresql_where=sa.text("issued_on IS NOT NULL"),
        ),
        # Decisions not yet delivered: the board asks which are late.
        sa.Index(
            "ix_permit_case_deliver_by",
            "deliver_by_on",
            sqlite_where=sa.text("deliver_by_on IS NOT NULL AND delivered_on IS NULL"),
            postgresql_where=sa.text("deliver_by_on IS NOT NULL AND delivered_on IS NULL"),
        ),
    )

    case_no: str = Field(unique=True, max_length=60)
    source: CaseSource = words(CaseSource, default=CaseSource.OURS)
    item_id: int = Field(foreign_key="item.id")
    item_version_id: int | None = Field(default=None, foreign_key="item_version.id")
    enterprise_id: int | None = Field(default=None, foreign_key="enterprise.id", index=True)
    applicant: str = Field(default="", max_length=120)  # an organisation as the hall wrote it; never a person
    applicant_code: str = Field(default="", max_length=18)
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    milestone_id: int | None = Field(default=None, foreign_key="milestone.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id")
    town_id: int | None = Field(default=None, foreign_key="town.id")
    channel: str = Field(default="", max_length=40)
    handler: str = Field(default="", max_length=60)
    route: CaseRoute = words(CaseRoute, default=CaseRoute.ORDINARY)
    state: CaseState = words(CaseState, default=CaseState.RECEIVED)
    received_on: date
    accept_by_on: date | None = None  # silent by the end of this day: accepted from the day of receipt
    correction_told_on: date | None = None
    correction_due_on: date | None = None  # by when the enterprise was asked to answer
    correction_text: str = Field(default="", max_length=1000)
    corrected_on: date | None = None
    accepted_on: date | None = None
    deemed: bool = False  # accepted because nobody told the applicant anything, 行政许可法 第三十二条
    # Day zero of the clock: the acceptance, or the receipt where the item's law counts from it.
    starts_on: date | None = None
    # The item's limits as they were on the day: a change of rule never rewrites a running case.
    legal_limit: int | None = None
    promised_limit: int | None = None
    unit: DayUnit = words(DayUnit, default=DayUnit.WORKING)
    extension: int = 0
    extension_approver: str = Field(default="", max_length=60)
    extension_reason: str = Field(default="", max_length=300)
    extended_on: date | None = None
    extension_told_on: date | None = None
    due_on: date | None = None
    promised_due_on: date | None = None
    yellow_on: date | None = None
    provisional: bool = False
    held_from: date | None = None  # stopped with notice since that day, and not resumed
    untold_from: date | None = None  # stopped without notice since that day: the clock runs on
    decided_on: date | None = None  # the day it closed: decided, withdrawn, not accepted or terminated
    outcome: CaseOutcome | None = words(CaseOutcome, nullable=True)
    result: str = Field(default="", max_length=120)
    permit_no: str = Field(default="", max_length=80)
    issued_on: date | None = None
    expires_on: date | None = None
    renew_by_on: date | None = None
    permit_extensions: int = 0  # how often the permit itself was prolonged (建筑法 第九条: at most twice)
    deliver_by_on: date | None = None
    delivered_on: date | None = None
    note: str = Field(default="", max_length=500)
    request_id: str | None = Field(default=None, unique=True, max_length=40)  # four fast clicks make one row
    # The acceptance system's own deadline and closing moment, where its export states them.
    deadline_at: datetime | None = instant()
    closed_at: datetime | None = instant()
    # Measures of a closed case, in working days: the authority's, the enterprise's, the days stopped.
    running_wd: int | None = None
    enterprise_wd: int | None = None
    stopped_wd: int | None = None
    late: bool | None = None
    corrections: int = 0
    batch_id: int | None = Field(default=None, foreign_key="case_batch.id")
    # Of what the hall's export said last: the same row brought again changes nothing.
    fingerprint: str | None = Field(default=None, max_length=24)
    extra: dict[str, Any] | None = Field(
        default=None, sa_type=sa.JSON
    )  # columns of the export kept as they were


class SpecialProcedure(Record, table=True):
    """特殊环节 of one case, half-open [from_on, to_on); `to_on` None while it lasts.

    With `stops_clock` it is a stop (停表), and then without `told_on` (written notice, 行政许可法
    第四十五条) it does not stop the clock. The register's limits are copied when it is opened.
    """

    __tablename__ = "special_procedure"

    case_id: int = Field(foreign_key="permit_case.id", index=True)
    register_id: int | None = Field(default=None, foreign_key="item_procedure.id")
    kind: ProcedureKind = words(ProcedureKind)
    stops_clock: bool = True
    ground: str = Field(max_length=300)
    basis: str = Field(max_length=200)
    opened_by: str = Field(default="", max_length=60)
    from_on: date
    to_on: date | None = None
    planned_wd: int
    start_by_on: date | None = None  # the register's start limit, counted from acceptance
    end_by_on: date | None = None  # the register's longest duration, else the planned one, from the opening
    told_on: date | None = None
    notice_no: str = Field(default="", max_length=80)
    notice_file_id: int | None = Field(default=None, foreign_key="stored_file.id")
    staff: list[str] = json_column(default=list)  # a site check needs two at least, 行政许可法 第三十四条
    approver: str = Field(default="", max_length=60)  # of a second use
    result: str = Field(default="", max_length=500)


class Commitment(Record, table=True):
    """告知承诺 or 容缺: one document or condition promised by the enterprise, and its verification."""

    __tablename__ = "commitment"
    __table_args__ = (sa.Index("ix_commitment_open_due", "state", "due_on"),)

    case_id: int = Field(foreign_key="permit_case.id", index=True)
    enterprise_id: int | None = Field(default=None, foreign_key="enterprise.id", index=True)
    route: CaseRoute = words(CaseRoute)  # COMMITMENT or LATER_PAPERS
    document_id: int | None = Field(default=None, foreign_key="item_document.id")
    text: str = Field(max_length=300)
    state: CommitmentState = words(CommitmentState, default=CommitmentState.PENDING)
    promised_on: date  # the day the list was told and the promise made
    due_on: date
    fulfilled_on: date | None = None
    verify_by_on: date | None = None
    verified_on: date | None = None
    verified_by: str = Field(default="", max_length=60)
    finding: str = Field(default="", max_length=500)
    correct_by_on: date | None = None
    corrected_on: date | None = None
    broken_on: date | None = None
    revoked_on: date | None = None  # the decision built on it was revoked
    file_id: int | None = Field(default=None, foreign_key="stored_file.id")


class CreditMark(Record, table=True):
    """A broken promise of an enterprise: no promise route until repaired (广东省优化营商环境条例 第三十六条)."""

    __tablename__ = "credit_mark"

    enterprise_id: int = Field(foreign_key="enterprise.id", index=True)
    case_id: int = Field(foreign_key="permit_case.id")
    commitment_id: int = Field(foreign_key="commitment.id", unique=True)
    marked_on: date
    reason: str = Field(max_length=500)
    repaired_on: date | None = None
    repair_basis: str = Field(default="", max_length=300)


class CaseStep(Base, table=True):
    """The name of a step in the event log, e.g. 受理, 现场核查, or as the hall's system words it."""

    __tablename__ = "case_step"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=120)


class CaseEvent(Base, table=True):
    """One event of a case; never edited. `number` is the source's own id of it, "" for ours.

    `wait_wd`: working days since the case's event before it (since receipt for the first).
    """

    __tablename__ = "case_event"
    __table_args__ = (sa.Index("ix_case_event_case", "case_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="permit_case.id")
    step_id: int = Field(foreign_key="case_step.id")
    at: datetime = now_column()
    who: str = Field(default="", max_length=60)
    unit: str = Field(default="", max_length=60)  # organisational group
    lifecycle: str = Field(default="complete", max_length=20)
    number: str = Field(default="", max_length=40)
    wait_wd: int | None = None


class CaseBatch(Record, table=True):
    """One import of the hall's cases or events. `rows_done` is where it is taken up again.

    `mode`: good (the good rows come in), all (none, if any is refused), check (nothing is written).
    `summary` holds what else the person is told: new items, unknown departments, months touched.
    While it runs, `updated_at` beats and `version` says which run may write.
    """

    __tablename__ = "case_batch"

    kind: str = Field(max_length=10)  # cases / events
    file_name: str = Field(max_length=255)
    sha256: str = Field(max_length=64, index=True)
    state: LoadState = words(LoadState, default=LoadState.RUNNING)
    rows_total: int | None = None
    rows_done: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    refused: int = 0
    mode: str = Field(default="good", max_length=10)
    mapping: dict[str, Any] = json_column()
    summary: dict[str, Any] = json_column()
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    started_at: datetime = now_column()
    finished_at: datetime | None = instant()
    error: str = Field(default="", max_length=500)


class CaseBatchRow(Base, table=True):
    """A row that was refused, with its reason, so that it can be downloaded, mended and brought again."""

    __tablename__ = "case_batch_row"
    __table_args__ = (sa.Index("ix_case_batch_row_batch", "batch_id", "row"),)

    id: int | None = Field(default=None, primary_key=True)
    batch_id: int = Field(foreign_key="case_batch.id")
    row: int
    reason: str = Field(max_length=500)
    values: dict[str, Any] = json_column()


class CaseTally(Base, table=True):
    """Closed cases of one month counted by item, department, town and value: the source of every
    analysis figure, rebuilt from the cases by one query (crm.insight). Medians of whole working days are
    exact from it."""

    __tablename__ = "case_tally"
    # Every column: a figure is read from the index alone, in half the time.
    __table_args__ = (
        sa.Index(
            "ix_case_tally_measure",
            "measure",
            "month",
            "item_id",
            "department_id",
            "town_id",
            "step_id",
            "value",
            "n",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    month: date  # its first day
    item_id: int
    department_id: int | None = None
    town_id: int | None = None
    step_id: int | None = None  # of a waiting before a step
    measure: str = Field(max_length=20)
    value: int
    n: int


class CaseTallyMonth(Base, table=True):
    """One month of the tally: when it was counted, and the mark of the rows it was counted from
    (how many, and the last change among them); another mark means it must be counted again."""

    __tablename__ = "case_tally_month"

    month: date = Field(primary_key=True)  # its first day
    counted_at: datetime = now_column()
    mark: str = Field(max_length=200)
