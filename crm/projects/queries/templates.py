"""The plan templates as they stand. Public knowledge within the house: no scope."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from crm.core.errors import NotFound
from crm.core.i18n import _
from models import PlanStep
from models.vocabulary import Party, ProjectType, Stage


@dataclass(frozen=True)
class PlanStepRow:
    """One step of a template. `prerequisites` are codes of the same template, in its order."""

    id: int
    version: int
    project_type: ProjectType
    code: str
    name: str
    stage: Stage
    item_code: str
    duration_wd: int
    waits_for: Party
    prerequisites: tuple[str, ...]
    optional: bool


def plan_steps(session: Session, project_type: ProjectType) -> list[PlanStepRow]:
    """A template's steps in order: some sixty at most, so no pages."""
    rows = session.exec(
        select(PlanStep)
        .where(col(PlanStep.project_type) == project_type)
        .order_by(col(PlanStep.sort), col(PlanStep.id))
    ).all()
    order = {row.code: number for number, row in enumerate(rows)}
    return [_row(row, order) for row in rows]


def find_plan_step(session: Session, step_id: int) -> PlanStepRow:
    """One step, or `NotFound`."""
    found = session.get(PlanStep, int(step_id))
    if found is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return next(row for row in plan_steps(session, found.project_type) if row.id == found.id)


def _row(row: PlanStep, order: dict[str, int]) -> PlanStepRow:
    return PlanStepRow(
        id=row.id or 0,
        version=row.version,
        project_type=row.project_type,
        code=row.code,
        name=row.name,
        stage=row.stage,
        item_code=row.item_code or "",
        duration_wd=row.duration_wd,
        waits_for=row.waits_for,
        prerequisites=tuple(sorted(row.prerequisites, key=lambda code: order.get(code, 0))),
        optional=row.optional,
    )
