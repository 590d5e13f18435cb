"""What one may ask the project register: the filter of a list and of every figure, bound to a URL.

A figure and the list behind it use the same conditions, so a number always opens its own records.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from crm.core.access import Actor
from crm.core.names import name_key
from crm.projects.queries.lights import LIGHT_RANKS, LightColumns, has_active_officer
from crm.projects.queries.past import not_by, stage_on, status_on
from models import AnnualPlan, Assignment, Enterprise, MonthlyProgress, Project
from models.vocabulary import (
    Category,
    DatePrecision,
    Level,
    Light,
    Party,
    PlanClass,
    ProjectStatus,
    Role,
    Stage,
)


class Mark(StrEnum):
    """A group of projects that a figure counts and a list can show."""

    REGISTER = "register"
    PLANNED = "planned"
    REPORTED = "reported"
    UNREPORTED = "unreported"
    START_PLANNED = "start_planned"
    STARTED = "started"
    FINISHED = "finished"
    PRODUCED = "produced"
    NOT_STARTED = "not_started"
    NOT_FINISHED = "not_finished"
    NOT_PRODUCED = "not_produced"
    NO_OFFICER = "no_officer"


MARK_LABELS: dict[Mark, str] = {
    Mark.REGISTER: "在库项目",
    Mark.PLANNED: "有年度计划",
    Mark.REPORTED: "今年已报进度",
    Mark.UNREPORTED: "今年未报进度",
    Mark.START_PLANNED: "今年计划开工",
    Mark.STARTED: "今年已开工",
    Mark.FINISHED: "今年已竣工",
    Mark.PRODUCED: "今年已投产",
    Mark.NOT_STARTED: "应开工未开工",
    Mark.NOT_FINISHED: "应竣工未竣工",
    Mark.NOT_PRODUCED: "应投产未投产",
    Mark.NO_OFFICER: "无在岗专员",
}


class Waiting(StrEnum):
    """Who holds the ball, as the reader asks it."""

    ME = "me"
    OFFICER = "officer"
    DEPARTMENT = "department"
    ENTERPRISE = "enterprise"


class Sort(StrEnum):
    DUE = "due"
    LIGHT = "light"
    STAGE = "stage"
    NAME = "name"
    TOTAL = "total"
    RECENT = "recent"


SORT_LABELS: dict[Sort, str] = {
    Sort.DUE: "最先到期",
    Sort.LIGHT: "灯最重",
    Sort.STAGE: "按阶段",
    Sort.NAME: "按名称",
    Sort.TOTAL: "总投资最大",
    Sort.RECENT: "最近更新",
}


@dataclass(frozen=True)
class ProjectFilter:
    """Everything a list of projects may be narrowed by; None and "" ask nothing."""

    text: str = ""
    town_id: int | None = None
    stage: Stage | None = None
    level: Level | None = None
    category: Category | None = None
    plan_class: PlanClass | None = None
    status: ProjectStatus | None = None
    light: Light | None = None
    officer_id: int | None = None
    enterprise_id: int | None = None
    lead_unit: str = ""
    waiting: Waiting | None = None
    mark: Mark | None = None
    unset: str = ""  # a column of UNSET that must be empty

    def query(self) -> dict[str, str]:
        """As URL parameters: what `ProjectFilter.read` reads back."""
        found: dict[str, str] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value not in (None, ""):
                found[each.name] = str(int(value)) if isinstance(value, Stage) else str(value)
        return found

    def told(self) -> dict[str, int | str]:
        """What was asked, as the trail keeps it."""
        return {n: int(v) if _KINDS[n] in (int, Stage) else v for n, v in self.query().items()}

    @classmethod
    def read(cls, query: dict[str, str]) -> ProjectFilter:
        """From URL parameters; what makes no sense asks nothing."""
        values: dict[str, Any] = {}
        for name, kind in _KINDS.items():
            raw = query.get(name, "")
            if not raw:
                continue
            try:
                values[name] = kind(int(raw)) if kind in (Stage, int) else kind(raw)
            except ValueError:
                continue
        return cls(**values)

    def but(self, **changes: Any) -> ProjectFilter:
        return replace(self, **changes)


_KINDS: dict[str, Any] = {
    "text": str,
    "town_id": int,
    "stage": Stage,
    "level": Level,
    "category": Category,
    "plan_class": PlanClass,
    "status": ProjectStatus,
    "light": Light,
    "officer_id": int,
    "enterprise_id": int,
    "lead_unit": str,
    "waiting": Waiting,
    "mark": Mark,
    "unset": str,
}
UNSET = ("town_id", "level", "category", "lead_unit")


def _past(on: Any, precision: Any, today: date) -> sa.ColumnElement[bool]:
    """The promised date has passed: a month or a year only after its last day (house rule)."""
    return sa.case(
        (precision == DatePrecision.YEAR, on < date(today.year, 1, 1)),
        (precision == DatePrecision.MONTH, on < date(today.year, today.month, 1)),
        else_=on < today,
    )


def _this_year(on: Any, today: date) -> sa.ColumnElement[bool]:
    return sa.and_(on >= date(today.year, 1, 1), on <= date(today.year, 12, 31))


def _happened(on: Any, today: date) -> sa.ColumnElement[bool]:
    return sa.and_(on >= date(today.year, 1, 1), on <= today)


def mark_condition(mark: Mark, today: date) -> sa.ColumnElement[bool]:
    """The SQL condition on `Project` of one group.

    在库: not terminated, and a completed project only while this year's plan names it.
    应开工未开工 and its sisters: active, the promise passed (by its own precision), neither the actual
    date nor a later stage says it happened. Status, stage and actual dates are those of the day.
    """
    status, stage = status_on(today), stage_on(today)
    active = status == ProjectStatus.ACTIVE.value
    planned = sa.exists(
        sa.select(sa.literal(1))
        .where(
            col(AnnualPlan.project_id) == col(Project.id),
            col(AnnualPlan.year) == today.year,
            col(AnnualPlan.plan_wan).is_not(None),
        )
        .correlate(Project)
    )
    reported = sa.exists(
        sa.select(sa.literal(1))
        .where(
            col(MonthlyProgress.project_id) == col(Project.id),
            col(MonthlyProgress.year) == today.year,
            col(MonthlyProgress.done_wan).is_not(None),
        )
        .correlate(Project)
    )
    register = sa.or_(
        status.in_([ProjectStatus.ACTIVE.value, ProjectStatus.SUSPENDED.value]),
        sa.and_(status == ProjectStatus.COMPLETED.value, planned),
    )
    table: dict[Mark, sa.ColumnElement[bool]] = {
        Mark.REGISTER: register,
        Mark.PLANNED: sa.and_(register, planned),
        Mark.REPORTED: sa.and_(register, reported),
        Mark.UNREPORTED: sa.and_(active, planned, ~reported),
        Mark.START_PLANNED: sa.and_(register, _this_year(col(Project.start_on), today)),
        Mark.STARTED: sa.and_(register, _happened(col(Project.started_on), today)),
        Mark.FINISHED: sa.and_(register, _happened(col(Project.finished_on), today)),
        Mark.PRODUCED: sa.and_(register, _happened(col(Project.produced_on), today)),
        Mark.NOT_STARTED: sa.and_(
            active,
            not_by(col(Project.started_on), today),
            stage < Stage.CONSTRUCTION,
            _past(col(Project.start_on), col(Project.start_precision), today),
        ),
        Mark.NOT_FINISHED: sa.and_(
            active,
            not_by(col(Project.finished_on), today),
            stage < Stage.TRIAL,
            _past(col(Project.finish_on), col(Project.finish_precision), today),
        ),
        Mark.NOT_PRODUCED: sa.and_(
            active,
            not_by(col(Project.produced_on), today),
            stage < Stage.PRODUCTION,
            col(Project.production_on) < today,
        ),
        Mark.NO_OFFICER: sa.and_(active, ~has_active_officer(today)),
    }
    return table[mark]


def text_condition(text: str) -> sa.ColumnElement[bool]:
    """Project or enterprise by name, full pinyin, initials; project code; credit code. Needs Enterprise joined."""
    asked = text.strip()
    key = name_key(asked)
    either: list[sa.ColumnElement[bool]] = [
        col(Project.name).contains(asked, autoescape=True),
        col(Enterprise.name).contains(asked, autoescape=True),
        col(Project.project_code).contains(asked, autoescape=True),
        col(Enterprise.credit_code).contains(asked.upper(), autoescape=True),
    ]
    if key:
        either += [
            col(Project.name_key).contains(key, autoescape=True),
            col(Enterprise.name_key).contains(key, autoescape=True),
        ]
    letters = key.lower()
    if letters.isascii() and letters.isalnum():
        for column in (Project.pinyin, Project.initials, Enterprise.pinyin, Enterprise.initials):
            either.append(col(column).contains(letters, autoescape=True))
    return sa.or_(*either)


def conditions(
    asked: ProjectFilter, actor: Actor, today: date, lights: LightColumns
) -> tuple[list[sa.ColumnElement[bool]], bool]:
    """(conditions on Project with Enterprise joined, whether they read the light's joined rows)."""
    found: list[sa.ColumnElement[bool]] = []
    reads_light = False
    for column, value in (
        (Project.town_id, asked.town_id),
        (Project.stage, asked.stage),
        (Project.level, asked.level),
        (Project.category, asked.category),
        (Project.plan_class, asked.plan_class),
        (Project.status, asked.status),
        (Project.enterprise_id, asked.enterprise_id),
        (Project.lead_unit, asked.lead_unit or None),
    ):
        if value is not None:
            found.append(col(column) == value)
    if asked.unset in UNSET:
        empty = col(getattr(Project, asked.unset))
        found.append(empty == "" if asked.unset == "lead_unit" else empty.is_(None))
    if asked.text.strip():
        found.append(text_condition(asked.text))
    if asked.officer_id is not None:
        found.append(_assigned(asked.officer_id))
    if asked.mark is not None:
        found.append(mark_condition(asked.mark, today))
    if asked.light is not None:
        found.append(lights.rank == LIGHT_RANKS.get(asked.light, -1))
        reads_light = True
    if asked.waiting is not None:
        found.append(
            sa.and_(col(Project.status) == ProjectStatus.ACTIVE, _waits(asked.waiting, actor, lights))
        )
        reads_light = True
    return found, reads_light


def _assigned(officer_id: int) -> sa.ColumnElement[bool]:
    return col(Project.id).in_(
        select(Assignment.project_id).where(
            col(Assignment.officer_id) == officer_id, col(Assignment.to_on).is_(None)
        )
    )


def _waits(waiting: Waiting, actor: Actor, lights: LightColumns) -> sa.ColumnElement[bool]:
    if waiting is not Waiting.ME:
        return lights.party == Party(waiting.value).value
    if actor.role is Role.DEPARTMENT:
        return sa.and_(
            lights.party == Party.DEPARTMENT.value,
            lights.department_id == actor.department_id if actor.department_id is not None else sa.false(),
        )
    if actor.officer_id is None:
        return sa.false()
    return sa.and_(lights.party == Party.OFFICER.value, _assigned(actor.officer_id))
