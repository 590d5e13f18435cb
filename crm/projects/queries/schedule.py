"""挂图作战: many projects on one chart, planned against actual, and who blocks what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import Actor
from crm.projects.queries.filters import ProjectFilter, Sort
from crm.projects.queries.register import ProjectRow, list_projects
from models import Milestone, Project
from models.vocabulary import DatePrecision


@dataclass(frozen=True)
class Span:
    """Two ends of a bar; either may be missing."""

    from_on: date | None
    to_on: date | None

    @property
    def drawn(self) -> bool:
        return self.from_on is not None and self.to_on is not None and self.from_on <= self.to_on


@dataclass(frozen=True)
class GanttRow:
    """One project's line. `planned`: first planned start to last planned date of its milestones, else its
    announced start and finish; `actual`: the first actual date to today, or to the finish.
    `done` of `milestones` are completed; `blocker` is the latest reported problem."""

    project: ProjectRow
    planned: Span
    actual: Span
    milestones: int
    done: int
    blocker: str
    start_on: date | None
    start_precision: DatePrecision
    finish_on: date | None
    finish_precision: DatePrecision
    production_on: date | None


def gantt_rows(
    session: Session,
    actor: Actor,
    asked: ProjectFilter,
    sort: Sort,
    page: int,
    *,
    today: date,
    per_page: int = 20,
) -> tuple[tuple[GanttRow, ...], int]:
    """(a page of lines, how many projects in all), by the same filter as the list."""
    found = list_projects(session, actor, asked, sort, page, today=today, per_page=per_page)
    return _rows(session, found.rows, today), found.total


def _rows(session: Session, projects: Sequence[ProjectRow], today: date) -> tuple[GanttRow, ...]:
    from models import MonthlyProgress

    ids = [p.id for p in projects]
    if not ids:
        return ()
    spans = {
        int(r.project_id): r
        for r in session.execute(
            sa.select(
                col(Milestone.project_id),
                sa.func.min(
                    sa.func.coalesce(col(Milestone.planned_start_on), col(Milestone.planned_on))
                ).label("first"),
                sa.func.max(col(Milestone.planned_on)).label("last"),
                sa.func.min(col(Milestone.done_on)).label("first_done"),
                sa.func.max(col(Milestone.done_on)).label("last_done"),
                sa.func.count().label("number"),
                sa.func.count(col(Milestone.done_on)).label("done"),
            )
            .where(col(Milestone.project_id).in_(ids), col(Milestone.inactive).is_(False))
            .group_by(col(Milestone.project_id))
        )
    }
    dates = {p.id or 0: p for p in session.exec(select(Project).where(col(Project.id).in_(ids)))}
    blockers: dict[int, str] = {}
    for project_id, problem in session.exec(
        select(MonthlyProgress.project_id, MonthlyProgress.problem)
        .where(col(MonthlyProgress.project_id).in_(ids), col(MonthlyProgress.year) == today.year)
        .order_by(col(MonthlyProgress.month))
    ):
        blockers[project_id] = problem  # the last month's word stands, even when it is empty
    rows = []
    for p in projects:
        own, span = dates[p.id], spans.get(p.id)
        first = (span.first if span else None) or own.start_on
        last = (span.last if span else None) or own.finish_on
        began = (span.first_done if span else None) or own.started_on
        complete = span is not None and span.number == span.done
        ended = own.produced_on or (span.last_done if span and complete else None) or today
        rows.append(
            GanttRow(
                project=p,
                planned=Span(first, last),
                actual=Span(began, ended if began else None),
                milestones=span.number if span else 0,
                done=span.done if span else 0,
                blocker=blockers.get(p.id, "") or own.ball_note,
                start_on=own.start_on,
                start_precision=own.start_precision,
                finish_on=own.finish_on,
                finish_precision=own.finish_precision,
                production_on=own.production_on,
            )
        )
    return tuple(rows)
