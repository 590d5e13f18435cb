"""What the scan reads of promises and of the expiry watch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.alerts.expiry_rules import WatchFact
from crm.alerts.promise_rules import PromiseFact
from crm.alerts.queries.facts import Batch, alerted
from crm.approvals.commitment_rules import OPEN_STATES
from crm.approvals.queries import watched
from models import Case, Commitment, Department, Item
from models.vocabulary import CommitmentState


def _of(batch: Batch) -> Callable[[Any], sa.ColumnElement[bool]]:
    """The batch's condition on a project id. What has no project is not looked up by the index of project ids:
    the hall's million stands there too."""
    if batch.low is None:
        return lambda project_id: sa.func.coalesce(sa.type_coerce(project_id, sa.Integer), 0) == 0
    return batch.covers


def promises(session: Session, batch: Batch, until: date) -> list[PromiseFact]:
    """Open promises of our cases, or of projects of ours, with anything due not later than `until`."""
    due = sa.or_(
        sa.and_(col(Commitment.state) == CommitmentState.PENDING, col(Commitment.due_on) <= until),
        sa.and_(col(Commitment.state) == CommitmentState.CORRECTING, col(Commitment.correct_by_on) <= until),
        sa.and_(
            col(Commitment.state).in_((CommitmentState.PENDING, CommitmentState.FULFILLED)),
            col(Commitment.verify_by_on) <= until,
        ),
    )
    rows = session.execute(
        sa.select(Commitment, Case, col(Item.name), col(Department.name))
        .join(Case, col(Case.id) == col(Commitment.case_id))
        .join(Item, col(Item.id) == col(Case.item_id))
        .outerjoin(Department, col(Department.id) == col(Case.department_id))
        .where(
            _of(batch)(Case.project_id),
            alerted(),
            col(Commitment.state).in_(sorted(OPEN_STATES)),
            due,
        )
    )
    return [
        PromiseFact(
            id=promise.id,
            case_id=promise.case_id,
            case_no=case.case_no,
            item=item,
            text=promise.text,
            route=promise.route,
            state=promise.state,
            due_on=promise.due_on,
            verify_by_on=promise.verify_by_on,
            correct_by_on=promise.correct_by_on,
            project_id=case.project_id,
            enterprise_id=promise.enterprise_id,
            department_id=case.department_id,
            department=department or "",
        )
        for promise, case, item, department in rows
    ]


def watch_facts(session: Session, batch: Batch, until: date, today: date, warn_days: int) -> list[WatchFact]:
    """The rows of the watch list to be acted on not later than `until`."""
    return [
        WatchFact(
            key=row.key,
            line=row.line,
            record=row.record,
            record_id=row.record_id,
            name=row.item,
            from_on=row.from_on,
            act_by_on=row.act_by_on,
            light=row.light,
            days_left=row.days_left,
            expires_on=row.expires_on,
            renewing=row.renewing,
            extended=row.extended,
            permit_no=row.permit_no,
            what=row.what,
            case_id=row.case_id,
            project_id=row.project_id,
            enterprise_id=row.enterprise_id,
            department_id=row.department_id,
        )
        for row in watched(session, batch.low, batch.high, until, today, warn_days=warn_days)
    ]
