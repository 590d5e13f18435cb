"""What the scan reads of special procedures and corrections: the open cases of a batch with their procedures."""

from __future__ import annotations

from sqlmodel import Session, col, select

from crm.alerts.procedure_rules import ProcedureFact
from crm.alerts.queries.facts import Batch, alerted
from crm.approvals.queries.signs import watched_of
from crm.workdays.rules import Calendar
from models import Case, Department, Item
from models.vocabulary import OPEN_CASE_STATES


def watched(session: Session, batch: Batch, calendar: Calendar) -> list[ProcedureFact]:
    """Open cases of the batch, whatever the status of their project: the applicant's time runs on."""
    rows = session.exec(
        select(Case, Item.name, Department.name)
        .join(Item, col(Item.id) == col(Case.item_id))
        .outerjoin(Department, col(Department.id) == col(Case.department_id))
        .where(
            batch.covers(Case.project_id),
            alerted(),
            col(Case.decided_on).is_(None),
            col(Case.state).in_(sorted(OPEN_CASE_STATES)),
        )
    ).all()
    signs = watched_of(session, [case for case, _item, _department in rows], calendar)
    return [
        ProcedureFact(
            case_id=int(case.id or 0),
            case_no=case.case_no,
            item=item,
            watched=signs[int(case.id or 0)],
            project_id=case.project_id,
            enterprise_id=case.enterprise_id,
            department_id=case.department_id,
            department=department or "",
        )
        for case, item, department in rows
    ]
