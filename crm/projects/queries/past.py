"""A project as it stood on a day: its status and stage before what changed since.

For today these are the columns themselves; a paper about June must not read October's. The status comes
from the trail of changes, the stage from the moves. What keeps no history (name, investment, planned dates)
is read as it is registered now, and a paper that needs it for a past day says so.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from models import AuditEntry, Project, StageMove
from models.base import StepType
from models.vocabulary import ProjectStatus, Stage


def status_on(day: date) -> sa.ColumnElement[str]:
    """The status at the end of the day, as its word: what the first later change set out from.

    A later change without a trail (an import) is taken to have set out from 推进中.
    """
    before = (
        sa.select(col(AuditEntry.changes)[("status", 0)].as_string())
        .where(
            col(AuditEntry.record) == "project",
            col(AuditEntry.record_id) == col(Project.id),
            col(AuditEntry.changes)[("status", 0)].as_string().is_not(None),
            col(AuditEntry.changes)[("status_on", 1)].as_string() > day.isoformat(),
        )
        .order_by(col(AuditEntry.id))
        .limit(1)
        .correlate(Project)
        .scalar_subquery()
    )
    return sa.case(
        (
            sa.or_(col(Project.status_on).is_(None), col(Project.status_on) <= day),
            sa.type_coerce(col(Project.status), sa.String),
        ),
        else_=sa.func.coalesce(before, ProjectStatus.ACTIVE.value),
    )


def stage_on(day: date) -> Any:
    """The stage at the end of the day, as the column's own type: where the first later move set out from."""
    before = (
        sa.select(col(StageMove.from_stage))
        .where(col(StageMove.project_id) == col(Project.id), col(StageMove.moved_on) > day)
        .order_by(col(StageMove.id))
        .limit(1)
        .correlate(Project)
        .scalar_subquery()
    )
    return sa.type_coerce(
        sa.case(
            (
                sa.or_(col(Project.stage_entered_on).is_(None), col(Project.stage_entered_on) <= day),
                col(Project.stage),
            ),
            else_=sa.func.coalesce(before, col(Project.stage)),
        ),
        StepType(Stage),
    )


def not_by(column: Any, day: date) -> sa.ColumnElement[bool]:
    """It had not happened by the end of the day."""
    return sa.or_(column.is_(None), column > day)


def reported_by(report: Any, day: date) -> sa.ColumnElement[bool]:
    """A monthly report of the day's year that may be told on it: of a month that is over, or filed by then."""
    over = day.month if (day + timedelta(days=1)).month != day.month else day.month - 1
    return sa.and_(
        report.year == day.year,
        sa.or_(report.month <= over, sa.and_(report.month <= day.month, report.reported_on <= day)),
    )
