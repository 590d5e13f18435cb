"""The forecast at full size, beside reading the same rows; and how well it does on the bundled history.

`fill` writes 5,000 projects by the plan templates, one in five a new building and the rest refits, each
lived to a random day of its own, so that most have a plan under way and some are finished.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from benchmarks.district import insert_in_batches
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.names import name_key
from crm.demo.history import lived
from crm.insight.forecast import actions, queries
from crm.insight.forecast.backtest_rules import WHAT_LABELS, Share
from crm.workdays.queries import calendar as calendar_of
from models import Enterprise, Item, Milestone, MilestoneLink, PlanStep, Project
from models.vocabulary import Party, ProjectStatus, ProjectType, Stage


def fill(today: date, *, projects: int = 5_000, seed: int = 7) -> tuple[int, int]:
    """Fill the current, prepared database. Returns how many milestones and how many of them are done."""
    dice = random.Random(seed)
    with unit_of_work(SYSTEM, "benchmark.fill") as session:
        calendar = calendar_of(session)
        items = {i.code: i.id for i in session.exec(select(Item))}
        steps = {
            kind: [s for s in _template(session, kind) if not s.optional]
            for kind in (ProjectType.NEW_BUILD, ProjectType.TECH_UPGRADE)
        }
        rows: dict[Any, list[dict[str, Any]]] = {
            m: [] for m in (Enterprise, Project, Milestone, MilestoneLink)
        }
        number = done = 0
        for i in range(1, projects + 1):
            kind = ProjectType.NEW_BUILD if i % 5 == 0 else ProjectType.TECH_UPGRADE
            name = f"测算{i}号项目"
            rows[Enterprise].append({"id": i, "name": f"江门市测算{i}有限公司", "name_key": f"测算{i}"})
            finish = lived(i, steps[kind])
            now = dice.randint(0, round(max(finish.values()) * 1.15))
            start = calendar.add_workdays(today, -now)
            ids: dict[str, int] = {}
            stage = Stage.EARLY_PLANNING
            for sort, step in enumerate(steps[kind]):
                number += 1
                ids[step.code] = number
                over = finish[step.code] <= now
                done += over
                stage = max(stage, step.stage) if over else stage
                rows[Milestone].append(
                    {
                        "id": number,
                        "project_id": i,
                        "code": step.code,
                        "name": step.name,
                        "stage": step.stage,
                        "item_id": items.get(step.item_code or ""),
                        "waits_for": Party(step.waits_for),
                        "duration_wd": step.duration_wd,
                        "done_on": calendar.add_workdays(start, finish[step.code]) if over else None,
                        "sort": sort,
                    }
                )
                rows[MilestoneLink] += [
                    {"milestone_id": number, "prerequisite_id": ids[p]}
                    for p in step.prerequisites
                    if p in ids
                ]
            rows[Project].append(
                {
                    "id": i,
                    "name": name,
                    "name_key": name_key(name),
                    "enterprise_id": i,
                    "project_type": kind,
                    "status": ProjectStatus.ACTIVE,
                    "stage": stage,
                    "production_on": today + timedelta(days=dice.randint(30, 900)),
                }
            )
        for model, values in rows.items():
            insert_in_batches(session, model, values)
    return number, done


def _template(session: Session, kind: ProjectType) -> list[PlanStep]:
    return list(
        session.exec(select(PlanStep).where(col(PlanStep.project_type) == kind).order_by(col(PlanStep.sort)))
    )


def timed(
    seconds: Callable[..., float], once: Callable[..., float], today: date
) -> list[tuple[str, float, str, float]]:
    """(what, ours, unit, bare) of each measure on the filled database."""
    with reading() as session:
        calendar = calendar_of(session)

    def bare_all() -> None:
        with reading() as session:
            for model in (Project, Milestone, MilestoneLink):
                session.connection().execute(select(*sa.inspect(model).local_table.c)).all()

    def bare_one() -> None:
        with reading() as session:
            session.connection().execute(
                select(*sa.inspect(Milestone).local_table.c).where(col(Milestone.project_id) == 5)
            ).all()

    def history() -> None:
        with reading() as session:
            queries.history(session, calendar, today)

    def one() -> None:
        with reading() as session:
            queries.fresh(session, SYSTEM, 5, today)

    def listed() -> None:
        with reading() as session:
            queries.forecasts(session, SYSTEM, page=100)
            queries.forecast_counts(session, SYSTEM)

    plain, few = seconds(bare_all, times=3), seconds(bare_one, times=3)
    return [
        ("history of durations", seconds(history, times=3) * 1_000, "ms", plain * 1_000),
        ("every project, kept", once(lambda: actions.forecast_all(SYSTEM, today)), "s", plain),
        ("one project afresh", seconds(one, times=3) * 1_000, "ms", few * 1_000),
        ("back-test of 600 forecasts", once(lambda: actions.backtest(today)), "s", plain),
        ("list of forecasts, page 100, and counts", seconds(listed, times=3) * 1_000, "ms", few * 1_000),
    ]


def told(shares: list[Share]) -> list[str]:
    """The calibration as lines, with how much stands behind each."""
    lines = [
        f"{'calibration, bundled demo history':34} {'level':>6} {'due':>6} {'kept':>6} {'share':>7}  95 % interval"
    ]
    for s in shares:
        if not s.n or s.low is None or s.high is None:
            lines.append(f"{WHAT_LABELS[s.what]:34} {s.level:5}% {s.n:6} {'-':>6} {'-':>7}  nothing due yet")
            continue
        thin = "  (thin history)" if s.thin else ""
        lines.append(
            f"{WHAT_LABELS[s.what]:34} {s.level:5}% {s.n:6} {s.hits:6} {100 * s.hits / s.n:6.1f}%"
            f"  {100 * s.low:.0f}-{100 * s.high:.0f} %, {s.projects} projects{thin}"
        )
    return lines
