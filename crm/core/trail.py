"""Reading the audit trail: a record's own story, and the administrator's whole log."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, enterprise_condition, may, project_condition, scopes
from crm.core.today import SHANGHAI
from models import (
    Alert,
    AnnualPlan,
    Assignment,
    AuditEntry,
    Case,
    Contact,
    Demand,
    Department,
    Enterprise,
    Item,
    ItemDocument,
    ItemProcedure,
    Milestone,
    MonthlyProgress,
    Officer,
    PlanStep,
    Project,
    Promise,
    SpecialProcedure,
    Town,
    User,
    Visit,
)
from models.vocabulary import AuditVerb, Scope, VisitState

# Bookkeeping of machines: in the log, not in a record's story.
NOT_TOLD = ("prepare.reference",)
# What the keeper of the catalogue keeps.
CATALOGUE = ("item", "item_version", "item_document", "item_procedure", "plan_step")


@dataclass(frozen=True)
class TrailRow:
    """One line of the trail. `changes` is {field: [old, new]} as stored."""

    id: int
    at: datetime
    user_id: int | None
    user_name: str
    action: str
    verb: AuditVerb
    record: str
    record_id: int | None
    project_id: int | None
    enterprise_id: int | None
    changes: dict[str, Any]
    reason: str


def reach(actor: Actor) -> sa.ColumnElement[bool]:
    """The lines an actor may read: all with the log's permission, else those of projects and
    enterprises in his reach; of papers and visits only what he may read as such."""
    if may(actor, Verb.AUDIT_VIEW):
        return sa.true()
    drafts = select(Visit.id).where(
        col(Visit.state) == VisitState.DRAFT, col(Visit.author_id).is_distinct_from(actor.user_id)
    )
    hidden: list[sa.ColumnElement[bool]] = [
        sa.and_(col(AuditEntry.record) == "visit", col(AuditEntry.record_id).in_(drafts)),
        *(
            sa.and_(
                col(AuditEntry.record) == model.__tablename__,
                col(AuditEntry.record_id).in_(select(model.id).where(col(model.visit_id).in_(drafts))),
            )
            for model in (Promise, Demand)
        ),
        sa.and_(
            col(AuditEntry.record) == "briefing",
            col(AuditEntry.project_id).not_in(
                select(Project.id).where(project_condition(actor, Verb.BRIEFING_READ))
            ),
        ),
    ]
    return sa.and_(~sa.or_(*hidden), _near(actor))


def _near(actor: Actor) -> sa.ColumnElement[bool]:
    return sa.or_(
        # Who keeps the catalogue reads how it came to be what it is.
        col(AuditEntry.record).in_(CATALOGUE) if may(actor, Verb.CATALOGUE_EDIT) else sa.false(),
        # Who sees the whole analysis reads how its measures came about.
        col(AuditEntry.record) == "reform_measure"
        if Scope.ALL in scopes(actor, Verb.INSIGHT_VIEW)
        else sa.false(),
        col(AuditEntry.project_id).in_(select(Project.id).where(project_condition(actor, Verb.PROJECT_VIEW))),
        sa.and_(
            col(AuditEntry.project_id).is_(None),
            col(AuditEntry.enterprise_id).in_(
                select(Enterprise.id).where(enterprise_condition(actor, Verb.ENTERPRISE_VIEW))
            ),
        ),
    )


def trail(
    session: Session,
    actor: Actor,
    *,
    record: str | None = None,
    record_id: int | None = None,
    records: Mapping[str, Collection[int]] | None = None,
    project_id: int | None = None,
    enterprise_id: int | None = None,
    user_id: int | None = None,
    action: str | None = None,
    search: str = "",
    from_on: date | None = None,
    to_on: date | None = None,
    page: int = 1,
    per_page: int = 25,
) -> tuple[list[TrailRow], int]:
    """A page of the trail, newest first, and how many lines there are. Days are the district's.

    `records`: lines of any of these, by table and ids."""
    conditions: list[sa.ColumnElement[bool]] = [reach(actor)]
    if record is not None:
        conditions.append(col(AuditEntry.record) == record)
    if record_id is not None:
        conditions.append(col(AuditEntry.record_id) == int(record_id))
    if records is not None:
        conditions.append(
            sa.or_(
                sa.false(),
                *(
                    sa.and_(col(AuditEntry.record) == name, col(AuditEntry.record_id).in_(ids))
                    for name, ids in records.items()
                ),
            )
        )
    if project_id is not None:
        conditions.append(col(AuditEntry.project_id) == int(project_id))
    if enterprise_id is not None:
        conditions.append(col(AuditEntry.enterprise_id) == int(enterprise_id))
    if user_id is not None:
        conditions.append(col(AuditEntry.user_id) == int(user_id))
    if action:
        conditions.append(col(AuditEntry.action) == action)
    if search.strip():
        text = search.strip()
        conditions.append(
            sa.or_(
                col(AuditEntry.user_name).contains(text, autoescape=True),
                col(AuditEntry.action).contains(text, autoescape=True),
                col(AuditEntry.reason).contains(text, autoescape=True),
            )
        )
    if from_on is not None:
        conditions.append(col(AuditEntry.at) >= datetime.combine(from_on, time(), SHANGHAI))
    if to_on is not None:
        conditions.append(col(AuditEntry.at) < datetime.combine(to_on + timedelta(days=1), time(), SHANGHAI))
    if any(part is not None for part in (record, records, project_id, enterprise_id)):
        conditions.append(col(AuditEntry.action).not_in(NOT_TOLD))
    total = session.scalar(sa.select(sa.func.count()).select_from(AuditEntry).where(*conditions)) or 0
    rows = session.exec(
        select(AuditEntry)
        .where(*conditions)
        .order_by(col(AuditEntry.id).desc())
        .offset((page - 1) * per_page)
        .limit(per_page)
    ).all()
    return [
        TrailRow(
            r.id or 0,
            r.at,
            r.user_id,
            r.user_name,
            r.action,
            r.verb,
            r.record,
            r.record_id,
            r.project_id,
            r.enterprise_id,
            dict(r.changes),
            r.reason,
        )
        for r in rows
    ], int(total)


def actions_seen(session: Session, actor: Actor) -> list[str]:
    """The actions that occur in the log, for its filter."""
    if not may(actor, Verb.AUDIT_VIEW):
        return []
    return list(session.exec(select(AuditEntry.action).distinct().order_by(AuditEntry.action)).all())


_NAMED: dict[str, Any] = {
    "town_id": Town,
    "department_id": Department,
    "lead_department_id": Department,
    "enterprise_id": Enterprise,
    "project_id": Project,
    "officer_id": Officer,
    "item_id": Item,
    "milestone_id": Milestone,
    "case_id": Case,
    "prerequisite_id": Milestone,
    "contact_id": Contact,
    "user_id": User,
    "author_id": User,
    "owner_id": User,
    "approved_by": User,
    "handled_by": User,
    "made_by": User,
    "reverted_by": User,
}


def _told_of(row: TrailRow) -> Iterator[tuple[str, Any]]:
    """The changes, those inside a filter that was asked for included."""
    yield from row.changes.items()
    for pair in row.changes.values():
        for value in pair if isinstance(pair, list) else ():
            if isinstance(value, dict):
                yield from ((name, [None, inner]) for name, inner in value.items())


def names_in(session: Session, rows: list[TrailRow]) -> dict[tuple[str, int], str]:
    """The names of the rows that the changes point at, {("town_id", 4): "棠下镇"}, and of the rows
    changed themselves, {("milestone", 7): "施工许可证"}."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        for field, pair in _told_of(row):
            if field not in _NAMED or (field == "owner_id" and row.record == "stored_file"):
                continue
            for value in pair if isinstance(pair, list) else ():
                if isinstance(value, int) and not isinstance(value, bool):
                    wanted.setdefault(field, set()).add(value)
    found = _subjects(session, rows)
    for field, ids in wanted.items():
        model = _NAMED[field]
        name_of: Any = model.case_no if model is Case else model.name
        for key, name in session.execute(sa.select(model.id, name_of).where(col(model.id).in_(ids))):
            found[field, int(key)] = str(name)
    return found


# What a line about a row calls it, when the change itself does not say.
_SUBJECTS: dict[str, tuple[Any, Any]] = {
    model.__tablename__: (model, name)
    for model, name in (
        (Milestone, Milestone.name),
        (Case, Case.case_no),
        (Item, Item.name),
        (ItemDocument, ItemDocument.name),
        (ItemProcedure, ItemProcedure.name),
        (PlanStep, PlanStep.name),
        (Officer, Officer.name),
        (User, User.name),
        (Contact, Contact.name),
        (Project, Project.name),
        (Enterprise, Enterprise.name),
        (SpecialProcedure, SpecialProcedure.ground),
        (Promise, Promise.text),
        (Demand, Demand.content),
        (Alert, Alert.because),
        (
            MonthlyProgress,
            sa.cast(col(MonthlyProgress.year), sa.String)
            + "-"
            + sa.cast(col(MonthlyProgress.month), sa.String),
        ),
        (AnnualPlan, sa.cast(col(AnnualPlan.year), sa.String)),
    )
}


def _subjects(session: Session, rows: list[TrailRow]) -> dict[tuple[str, int], str]:
    """{("milestone", 7): "施工许可证"} for the rows that were changed and are still there."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if row.verb is AuditVerb.UPDATE and row.record_id is not None:
            wanted.setdefault(row.record, set()).add(row.record_id)
    found: dict[tuple[str, int], str] = {}
    for record, ids in wanted.items():
        if record == "assignment":
            statement = (
                sa.select(col(Assignment.id), col(Officer.name))
                .join(Officer, col(Officer.id) == col(Assignment.officer_id))
                .where(col(Assignment.id).in_(ids))
            )
        elif record in _SUBJECTS:
            model, name = _SUBJECTS[record]
            statement = sa.select(model.id, name).where(model.id.in_(ids))
        else:
            continue
        for key, name in session.execute(statement):
            text = " ".join(str(name or "").split())
            found[record, int(key)] = text if len(text) <= 30 else text[:30] + "…"
    return found
