"""A project's light, defined once, in SQL, so that it filters, sorts and counts the same everywhere.

The grounds are a table in order of weight; the first that holds is the project's light and its reason.
Basis: house rule (ADR 0006) after the supervision lights in use (电子监察 黄/红) and the monthly project
lights 慢于序时进度 10–30 个百分点 黄, >30 红.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from crm.core.i18n import _
from crm.projects.queries.past import not_by, reported_by, stage_on, status_on
from crm.projects.rules import completion_pct, pace
from crm.workdays.queries import calendar as load_calendar
from crm.workdays.rules import Calendar
from models import (
    AnnualPlan,
    Assignment,
    Case,
    Department,
    Enterprise,
    Milestone,
    MonthlyProgress,
    Officer,
    Project,
    SpecialProcedure,
    Threshold,
    User,
)
from models.vocabulary import (
    OPEN_CASE_STATES,
    UNDECIDED_CASE_STATES,
    Light,
    OfficerRole,
    Party,
    ProjectStatus,
)

T = TypeVar("T", date, int)


class Ground(StrEnum):
    """Why the light is what it is."""

    CLOSED = "closed"
    MILESTONE_OVERDUE = "milestone_overdue"
    CASE_OVERDUE = "case_overdue"
    PROGRESS_FAR_BEHIND = "progress_far_behind"
    MILESTONE_TODAY = "milestone_today"
    CASE_TODAY = "case_today"
    MILESTONE_SOON = "milestone_soon"
    CASE_SOON = "case_soon"
    PROGRESS_BEHIND = "progress_behind"
    NO_OFFICER = "no_officer"
    NONE = "none"


GROUND_LIGHTS: dict[Ground, Light] = {
    Ground.CLOSED: Light.GREY,
    Ground.MILESTONE_OVERDUE: Light.RED,
    Ground.CASE_OVERDUE: Light.RED,
    Ground.PROGRESS_FAR_BEHIND: Light.RED,
    Ground.MILESTONE_TODAY: Light.ORANGE,
    Ground.CASE_TODAY: Light.ORANGE,
    Ground.MILESTONE_SOON: Light.YELLOW,
    Ground.CASE_SOON: Light.YELLOW,
    Ground.PROGRESS_BEHIND: Light.YELLOW,
    Ground.NO_OFFICER: Light.YELLOW,
    Ground.NONE: Light.GREEN,
}
_MILESTONE = frozenset({Ground.MILESTONE_OVERDUE, Ground.MILESTONE_TODAY, Ground.MILESTONE_SOON})
_CASE = frozenset({Ground.CASE_OVERDUE, Ground.CASE_TODAY, Ground.CASE_SOON})
_PROGRESS = frozenset({Ground.PROGRESS_FAR_BEHIND, Ground.PROGRESS_BEHIND})

# The order the light sorts and filters by; the worst is the largest.
LIGHT_RANKS: dict[Light, int] = {
    Light.GREY: 0,
    Light.GREEN: 1,
    Light.YELLOW: 2,
    Light.ORANGE: 3,
    Light.RED: 4,
}
RANK_LIGHTS = {rank: light for light, rank in LIGHT_RANKS.items()}

_NEVER = 1_000_000


@dataclass(frozen=True)
class LightLimits:
    """The editable numbers behind the light, for each stage that has its own and None for the rest.

    `soon_on`: the last day that counts as soon. `yellow_points`, `red_points`: percentage points
    behind 序时进度. `calendar` counts lateness in working days.
    """

    today: date
    calendar: Calendar
    soon_on: dict[int | None, date] = field(default_factory=dict)
    yellow_points: dict[int | None, int] = field(default_factory=lambda: {None: 10})
    red_points: dict[int | None, int] = field(default_factory=lambda: {None: 30})


def light_limits(session: Session, today: date) -> LightLimits:
    """The limits as the thresholds say today; a missing row falls back to 5 working days, 10 and 30 points."""
    calendar = load_calendar(session)
    stored: dict[str, dict[int | None, int]] = {
        "milestone_soon_wd": {None: 5},
        "progress_yellow_points": {None: 10},
        "progress_red_points": {None: 30},
    }
    for row in session.exec(select(Threshold).where(col(Threshold.code).in_(list(stored)))):
        stored[row.code][row.stage] = row.value
    return LightLimits(
        today=today,
        calendar=calendar,
        soon_on={
            stage: calendar.add_workdays(today, days) if days > 0 else today
            for stage, days in stored["milestone_soon_wd"].items()
        },
        yellow_points={s: v or _NEVER for s, v in stored["progress_yellow_points"].items()},
        red_points={s: v or _NEVER for s, v in stored["progress_red_points"].items()},
    )


def _per_stage(
    values: dict[int | None, T], kind: sa.types.TypeEngine[Any], today: date
) -> sa.ColumnElement[Any]:
    default = sa.literal(values[None], kind)
    stage = stage_on(today)
    own = [(stage == s, sa.literal(v, kind)) for s, v in values.items() if s is not None]
    return sa.case(*own, else_=default) if own else default


@dataclass(frozen=True)
class LightColumns:
    """The light of each project as columns. `join` adds the one-to-one rows they read to a select from Project.

    `rank` is a number of LIGHT_RANKS, `ground` a Ground, `party` a Party (who is being waited for:
    set by hand, else the department of a case that is the ground, else whom the next milestone waits for,
    else the officer). `next` is the open milestone planned first, `case` the most urgent running case,
    `report` the latest month reported this year, `plan` this year's plan; any may be missing.
    """

    rank: sa.ColumnElement[int]
    ground: sa.ColumnElement[str]
    party: sa.ColumnElement[str]
    department_id: sa.ColumnElement[int | None]
    due_on: sa.ColumnElement[date | None]
    next: Any
    case: Any
    report: Any
    plan: Any
    _joins: tuple[tuple[Any, sa.ColumnElement[bool]], ...]

    def join(self, statement: Any) -> Any:
        for target, on in self._joins:
            statement = statement.outerjoin(target, on)
        return statement


def has_active_officer(today: date) -> sa.ColumnElement[bool]:
    """Somebody answers for the project today: assigned, in post, and with his account (if any) enabled."""
    return sa.exists(
        sa.select(sa.literal(1))
        .select_from(Assignment)
        .join(Officer, col(Officer.id) == col(Assignment.officer_id))
        .outerjoin(User, col(User.id) == col(Officer.user_id))
        .where(
            col(Assignment.project_id) == col(Project.id),
            col(Assignment.from_on) <= today,
            sa.or_(col(Assignment.to_on).is_(None), col(Assignment.to_on) >= today),
            col(Officer.active).is_(True),
            sa.or_(col(Officer.user_id).is_(None), col(User.active).is_(True)),
        )
        .correlate(Project)
    )


def _due_of(case: Any) -> sa.ColumnElement[date]:
    """The earlier of what was promised and what the law says."""
    return sa.type_coerce(
        sa.case(
            (case.promised_due_on.is_(None), case.due_on),
            (case.due_on < case.promised_due_on, case.due_on),
            else_=case.promised_due_on,
        ),
        sa.Date,
    )


def light_columns(limits: LightLimits) -> LightColumns:
    """The light's columns for a day and its limits: what happened later had not happened yet.

    Planned dates and the dates cases fall due are those registered now, whatever the day.
    """
    today = limits.today
    ahead: Any = aliased(Milestone, name="next_milestone")
    mine: Any = aliased(Case, name="first_case")
    report: Any = aliased(MonthlyProgress, name="latest_report")
    plan: Any = aliased(AnnualPlan, name="year_plan")

    next_id = (
        sa.select(col(Milestone.id))
        .where(
            col(Milestone.project_id) == col(Project.id),
            not_by(col(Milestone.done_on), today),
            col(Milestone.inactive).is_(False),
            col(Milestone.planned_on).is_not(None),
        )
        .order_by(col(Milestone.planned_on), col(Milestone.sort), col(Milestone.id))
        .limit(1)
        .correlate(Project)
        .scalar_subquery()
    )

    running: Any = aliased(Case, name="running_case")
    stopped = sa.exists(
        sa.select(sa.literal(1)).where(
            col(SpecialProcedure.case_id) == running.id,
            col(SpecialProcedure.stops_clock),
            col(SpecialProcedure.from_on) <= today,
            not_by(col(SpecialProcedure.to_on), today),
            col(SpecialProcedure.told_on) <= today,  # no written notice, no stop: 行政许可法 第四十五条
        )
    )
    urgency = sa.case(
        (_due_of(running) < today, 0),
        (_due_of(running) == today, 1),
        (running.yellow_on <= today, 2),
        else_=3,
    )
    case_id = (
        sa.select(running.id)
        .where(
            running.project_id == col(Project.id),
            running.received_on <= today,
            sa.or_(
                sa.and_(
                    running.decided_on.is_(None),
                    running.state.in_(OPEN_CASE_STATES),
                ),
                sa.and_(running.decided_on > today, running.state.not_in(UNDECIDED_CASE_STATES)),
            ),
            _due_of(running).is_not(None),
            ~stopped,
        )
        .order_by(urgency, _due_of(running), running.id)
        .limit(1)
        .correlate(Project)
        .scalar_subquery()
    )
    report_id = (
        sa.select(col(MonthlyProgress.id))
        .where(
            col(MonthlyProgress.project_id) == col(Project.id),
            reported_by(MonthlyProgress, today),  # a paper about June knows nothing of October
            col(MonthlyProgress.done_wan).is_not(None),
        )
        .order_by(col(MonthlyProgress.month).desc())
        .limit(1)
        .correlate(Project)
        .scalar_subquery()
    )

    # Whole yuan, cross-multiplied: exact on every database. behind = month/12 - done/plan.
    done = sa.type_coerce(report.done_wan, sa.BigInteger)
    planned = sa.type_coerce(plan.plan_wan, sa.BigInteger)
    month = sa.cast(report.month, sa.BigInteger)
    behind = 100 * (month * planned - 12 * done)
    hundredth = 12 * planned
    case_due = _due_of(mine)

    active = status_on(today) == ProjectStatus.ACTIVE.value
    holds: dict[Ground, sa.ColumnElement[bool]] = {
        Ground.CLOSED: ~active,
        Ground.MILESTONE_OVERDUE: ahead.planned_on < today,
        Ground.CASE_OVERDUE: case_due < today,
        Ground.PROGRESS_FAR_BEHIND: sa.and_(
            planned > 0, behind > _per_stage(limits.red_points, sa.BigInteger(), today) * hundredth
        ),
        Ground.MILESTONE_TODAY: ahead.planned_on == today,
        Ground.CASE_TODAY: case_due == today,
        Ground.MILESTONE_SOON: ahead.planned_on <= _per_stage(limits.soon_on, sa.Date(), today),
        Ground.CASE_SOON: mine.yellow_on <= today,
        Ground.PROGRESS_BEHIND: sa.and_(
            planned > 0, behind >= _per_stage(limits.yellow_points, sa.BigInteger(), today) * hundredth
        ),
        Ground.NO_OFFICER: ~has_active_officer(today),
    }
    ground = sa.case(
        *((condition, sa.literal(g.value)) for g, condition in holds.items()), else_=Ground.NONE.value
    )
    rank = sa.case(
        *((condition, LIGHT_RANKS[GROUND_LIGHTS[g]]) for g, condition in holds.items()),
        else_=LIGHT_RANKS[Light.GREEN],
    )
    case_is_ground = sa.and_(active, ground.in_([g.value for g in sorted(_CASE)]))
    party = sa.case(
        (col(Project.ball) != "", col(Project.ball)),
        (case_is_ground, Party.DEPARTMENT.value),
        (ahead.id.is_not(None), sa.type_coerce(ahead.waits_for, sa.String)),
        else_=Party.OFFICER.value,
    )
    due_on = sa.case(
        (~active, sa.null()),
        (ahead.planned_on.is_(None), case_due),
        (case_due < ahead.planned_on, case_due),
        else_=ahead.planned_on,
    )
    return LightColumns(
        rank=rank,
        ground=ground,
        party=party,
        department_id=sa.case((case_is_ground, mine.department_id), else_=ahead.department_id),
        due_on=sa.type_coerce(due_on, sa.Date),
        next=ahead,
        case=mine,
        report=report,
        plan=plan,
        _joins=(
            (ahead, ahead.id == next_id),
            (mine, mine.id == case_id),
            (report, report.id == report_id),
            (plan, sa.and_(plan.project_id == col(Project.id), plan.year == today.year)),
        ),
    )


@dataclass(frozen=True)
class LightInfo:
    """A project's light and why. `record`/`record_id` name the ground's own row (milestone, permit_case, project).

    `late_days` calendar days past `due_on` (negative: still to come), `late_wd` the same in working days.
    `rate_pct` and `points` are of the latest month reported this year (points > 0 = ahead of 序时进度).
    `party` is who is being waited for and `holder` his name. `next_name`/`next_on` the next milestone.
    """

    light: Light
    ground: Ground
    record: str
    record_id: int | None
    name: str
    due_on: date | None
    late_days: int | None
    late_wd: int | None
    party: Party
    holder: str
    by_hand: bool
    next_id: int | None
    next_name: str
    next_on: date | None
    plan_wan: Decimal | None
    done_wan: Decimal | None
    month: int | None
    rate_pct: Decimal | None
    points: Decimal | None
    status: ProjectStatus
    status_reason: str

    @property
    def because(self) -> str:
        """The reason in one clause, in the user's language."""
        if self.ground is Ground.CLOSED:
            text = {
                ProjectStatus.SUSPENDED: _("项目已暂停"),
                ProjectStatus.TERMINATED: _("项目已终止"),
                ProjectStatus.COMPLETED: _("项目已完成"),
            }.get(self.status, "")
            return f"{text}：{self.status_reason}" if self.status_reason else text
        if self.ground in _PROGRESS and self.points is not None and self.rate_pct is not None:
            return _(
                "1-{m}月完成率{rate}%，慢于序时进度{points}个百分点",
                m=self.month,
                rate=one_place(self.rate_pct),
                points=points_place(self.points),
            )
        if self.ground is Ground.NO_OFFICER:
            return _("没有在岗的联络专员")
        if self.ground is Ground.NONE:
            return _("按计划推进")
        return f"{self.name} {self.lateness}"

    @property
    def lateness(self) -> str:
        """逾期3个工作日 / 今天到期 / 还剩2个工作日; empty when no date is the ground."""
        return lateness(self.late_days, self.late_wd)


def one_place(value: Decimal) -> str:
    """A rate or points to one decimal, towards zero, so that nothing is rounded up to 100."""
    return f"{value.quantize(Decimal('0.1'), ROUND_DOWN)}"


def points_place(points: Decimal) -> str:
    """Percentage points to one decimal without their sign, half up: as the briefings print them."""
    return f"{abs(points).quantize(Decimal('0.1'), ROUND_HALF_UP)}"


def lateness(late_days: int | None, late_wd: int | None) -> str:
    """How late in words. A date that slipped over rest days only is late by calendar days."""
    if late_days is None:
        return ""
    if late_days == 0:
        return _("今天到期")
    if late_days > 0:
        return _("逾期{n}个工作日", n=late_wd) if late_wd else _("逾期{n}天", n=late_days)
    return _("还剩{n}个工作日", n=-late_wd) if late_wd else _("还剩{n}天", n=-late_days)


def days_late(calendar: Calendar, due_on: date | None, today: date) -> tuple[int | None, int | None]:
    """(calendar days, working days) past a date; negative while it is to come."""
    if due_on is None:
        return None, None
    if due_on < today:
        return (today - due_on).days, calendar.count_workdays(due_on, today)
    return (today - due_on).days, -calendar.count_workdays(today, due_on)


def light_select(columns: LightColumns) -> list[sa.ColumnElement[Any]]:
    """The columns `light_of` needs, labelled."""
    return [
        col(Project.id).label("project_id"),
        col(Project.status).label("project_status"),
        col(Project.status_reason).label("project_status_reason"),
        col(Project.ball).label("ball_by_hand"),
        col(Project.lead_unit).label("ball_lead_unit"),
        columns.ground.label("ground"),
        columns.rank.label("light_rank"),
        columns.party.label("party"),
        columns.department_id.label("ball_department_id"),
        columns.next.id.label("next_id"),
        columns.next.name.label("next_name"),
        columns.next.planned_on.label("next_on"),
        columns.case.id.label("case_id"),
        columns.case.case_no.label("case_no"),
        _due_of(columns.case).label("case_due_on"),
        columns.case.item_id.label("case_item_id"),
        columns.report.month.label("report_month"),
        columns.report.done_wan.label("report_done_wan"),
        columns.plan.plan_wan.label("year_plan_wan"),
    ]


def officers_of(session: Session, project_ids: Sequence[int], today: date) -> dict[int, tuple[str, ...]]:
    """The officers answering today by project, the lead first."""
    if not project_ids:
        return {}
    rows = session.exec(
        select(Assignment.project_id, Officer.name)
        .join(Officer, col(Officer.id) == col(Assignment.officer_id))
        .where(
            col(Assignment.project_id).in_(list(project_ids)),
            col(Assignment.from_on) <= today,
            sa.or_(col(Assignment.to_on).is_(None), col(Assignment.to_on) >= today),
        )
        .order_by(sa.case((col(Assignment.role) == OfficerRole.LEAD, 0), else_=1), col(Assignment.id))
    )
    found: dict[int, list[str]] = {}
    for project_id, name in rows:
        if name not in found.setdefault(project_id, []):
            found[project_id].append(name)
    return {key: tuple(names) for key, names in found.items()}


@dataclass(frozen=True)
class LightWords:
    """Names the light's rows refer to, read once for a page of projects."""

    departments: dict[int, str]
    items: dict[int, str]
    enterprises: dict[int, str]  # by project
    officers: dict[int, tuple[str, ...]]  # by project


def light_words(session: Session, rows: Sequence[Any], today: date) -> LightWords:
    """The names for these light rows."""
    from models import Item

    ids = [int(r.project_id) for r in rows]
    items = {int(r.case_item_id) for r in rows if r.case_item_id is not None}
    return LightWords(
        departments={
            int(i or 0): short or name
            for i, short, name in session.exec(select(Department.id, Department.short, Department.name))
        },
        items={
            int(i or 0): n for i, n in session.exec(select(Item.id, Item.name).where(col(Item.id).in_(items)))
        }
        if items
        else {},
        enterprises={
            int(i or 0): n
            for i, n in session.exec(
                select(Project.id, Enterprise.name)
                .join(Enterprise, col(Enterprise.id) == col(Project.enterprise_id))
                .where(col(Project.id).in_(ids))
            )
        },
        officers=officers_of(session, ids, today),
    )


def light_of(row: Any, words: LightWords, limits: LightLimits) -> LightInfo:
    """The light of one selected row."""
    ground = Ground(row.ground)
    record, record_id, name, due_on = "project", int(row.project_id), "", None
    if ground in _MILESTONE:
        record, record_id, name, due_on = "milestone", row.next_id, row.next_name, row.next_on
    elif ground in _CASE:
        record, record_id, due_on = "permit_case", row.case_id, row.case_due_on
        name = words.items.get(row.case_item_id, row.case_no)
    late_days, late_wd = days_late(limits.calendar, due_on, limits.today)
    party = Party(row.party)
    if party is Party.DEPARTMENT:
        holder = words.departments.get(row.ball_department_id or 0, row.ball_lead_unit)
    elif party is Party.ENTERPRISE:
        holder = words.enterprises.get(int(row.project_id), "")
    else:
        holder = "、".join(words.officers.get(int(row.project_id), ())[:1])
    rate, points = progress_standing(row.year_plan_wan, row.report_done_wan, row.report_month)
    return LightInfo(
        light=GROUND_LIGHTS[ground],
        ground=ground,
        record=record,
        record_id=record_id,
        name=name,
        due_on=due_on,
        late_days=late_days,
        late_wd=late_wd,
        party=party,
        holder=holder,
        by_hand=bool(row.ball_by_hand),
        next_id=row.next_id,
        next_name=row.next_name or "",
        next_on=row.next_on,
        plan_wan=row.year_plan_wan,
        done_wan=row.report_done_wan,
        month=row.report_month,
        rate_pct=rate,
        points=points,
        status=row.project_status,
        status_reason=row.project_status_reason,
    )


def progress_standing(
    plan_wan: Decimal | None, done_wan: Decimal | None, month: int | None
) -> tuple[Decimal | None, Decimal | None]:
    """(完成率 in %, percentage points ahead of 序时进度); None without a plan or a report."""
    if month is None:
        return None, None
    return completion_pct(done_wan, plan_wan), pace(done_wan, plan_wan, month)


def project_lights(
    session: Session, today: date, ids: Iterable[int] | None = None, *, limits: LightLimits | None = None
) -> dict[int, LightInfo]:
    """The light of every project, or of these, by project id. No permission is asked: pass ids in scope."""
    limits = limits or light_limits(session, today)
    columns = light_columns(limits)
    statement = columns.join(sa.select(*light_select(columns)).select_from(Project))
    if ids is not None:
        wanted = [int(i) for i in ids]
        if not wanted:
            return {}
        statement = statement.where(col(Project.id).in_(wanted))
    rows = session.execute(statement).all()
    words = light_words(session, rows, today)
    return {int(r.project_id): light_of(r, words, limits) for r in rows}


__all__ = [
    "GROUND_LIGHTS",
    "LIGHT_RANKS",
    "Ground",
    "LightColumns",
    "LightInfo",
    "LightLimits",
    "days_late",
    "has_active_officer",
    "lateness",
    "light_columns",
    "light_limits",
    "light_of",
    "light_select",
    "light_words",
    "officers_of",
    "progress_standing",
    "project_lights",
]
