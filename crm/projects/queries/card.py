"""Everything one project's page shows, as far as this reader may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, project_condition, visit_condition
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.names import mask_phone
from crm.projects.queries.lights import (
    LightInfo,
    LightLimits,
    days_late,
    light_limits,
    progress_standing,
    project_lights,
)
from models import (
    AnnualPlan,
    Assignment,
    Case,
    Contact,
    Demand,
    Department,
    DepartmentContact,
    Enterprise,
    Milestone,
    MilestoneLink,
    MonthlyProgress,
    Officer,
    Project,
    StageMove,
    StoredFile,
    Town,
    User,
    Visit,
    VisitPerson,
)
from models.vocabulary import (
    DemandClass,
    DemandGrade,
    DemandState,
    Light,
    OfficerRole,
    Party,
    ProjectStatus,
    Side,
    Stage,
    VisitMode,
    VisitState,
)

# What a page of one project may offer to do; asked for this project, not for the role.
ASKED_VERBS = (
    Verb.PROJECT_EDIT,
    Verb.PROJECT_ASSIGN,
    Verb.STAGE_MOVE,
    Verb.STAGE_OVERRIDE,
    Verb.MILESTONE_EDIT,
    Verb.PROGRESS_REPORT,
    Verb.PROGRESS_APPROVE,
    Verb.CASE_EDIT,
    Verb.VISIT_LOG,
    Verb.VISIT_VIEW,
    Verb.PHONE_SEE,
    Verb.BRIEFING_MAKE,
)


@dataclass(frozen=True)
class OfficerLine:
    """One assignment, past or present. `to_on` is the last day, None while it lasts."""

    assignment_id: int
    officer_id: int
    name: str
    role: OfficerRole
    from_on: date
    to_on: date | None
    active: bool
    note: str


@dataclass(frozen=True)
class ContactLine:
    """A person at the enterprise or in a department; `phone` masked unless the reader may see it."""

    id: int
    name: str
    title: str
    phone: str


@dataclass(frozen=True)
class MilestoneLine:
    """One milestone with its light. `late_wd` working days past the plan (negative: to come), None when done."""

    id: int
    version: int
    code: str
    name: str
    stage: Stage
    item_id: int | None
    department_id: int | None
    department: str
    waits_for: Party
    duration_wd: int
    baseline_on: date | None
    planned_start_on: date | None
    planned_on: date | None
    done_on: date | None
    critical: bool
    float_wd: int | None
    inactive: bool
    evidence: str
    note: str
    light: Light
    late_days: int | None
    late_wd: int | None
    prerequisites: tuple[int, ...]


@dataclass(frozen=True)
class MonthLine:
    """A month's report. `rate_pct` 完成率 0–100, `points` percentage points ahead of 序时进度 (negative: behind)."""

    id: int
    version: int
    year: int
    month: int
    done_wan: Decimal | None
    rate_pct: Decimal | None
    points: Decimal | None
    progress: str
    problem: str
    next_step: str
    reported_on: date
    approved_at: datetime | None
    approved_by: str


@dataclass(frozen=True)
class Money:
    """This year's plan and what was reported against it. Amounts in 万元."""

    year: int
    plan_id: int | None
    plan_version: int
    plan_wan: Decimal | None
    months: tuple[MonthLine, ...]
    years: tuple[int, ...]

    @property
    def latest(self) -> MonthLine | None:
        reported = [m for m in self.months if m.done_wan is not None]
        return reported[-1] if reported else None


@dataclass(frozen=True)
class VisitLine:
    id: int
    visited_on: date
    mode: VisitMode
    state: VisitState
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    note: str
    topics: tuple[str, ...]


@dataclass(frozen=True)
class DemandLine:
    id: int
    visit_id: int | None
    raised_on: date
    demand_class: DemandClass
    grade: DemandGrade
    content: str
    state: DemandState
    result: str


@dataclass(frozen=True)
class MoveLine:
    """One entry into a stage, with what an override walked past."""

    from_stage: Stage
    to_stage: Stage
    moved_on: date
    by: str
    note: str
    overridden: bool
    missing: tuple[str, ...]


@dataclass(frozen=True)
class FileLine:
    public_id: str
    name: str
    size: int
    made_at: datetime
    of: str


@dataclass(frozen=True)
class ProjectCard:
    """`fields` are the record's own columns by name, for forms; `may` the verbs that reach this project."""

    id: int
    version: int
    name: str
    fields: Mapping[str, Any]
    enterprise_id: int | None
    enterprise: str
    credit_code: str | None
    town: str
    lead_department: str
    stage: Stage
    status: ProjectStatus
    light: LightInfo
    officers: tuple[OfficerLine, ...]
    contacts: tuple[ContactLine, ...]
    department_contacts: tuple[tuple[str, ContactLine], ...]
    may: frozenset[Verb]


def visible_project(session: Session, actor: Actor, project_id: int) -> Project:
    """The project, or `NotFound`: for one that is not there and for one that is not the reader's alike."""
    found = session.exec(
        select(Project).where(col(Project.id) == int(project_id), project_condition(actor, Verb.PROJECT_VIEW))
    ).first()
    if found is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return found


def verbs_on(session: Session, actor: Actor, project_id: int) -> frozenset[Verb]:
    """Which of ASKED_VERBS reach this project."""
    row = session.execute(
        sa.select(*(project_condition(actor, v).label(f"v{i}") for i, v in enumerate(ASKED_VERBS)))
        .select_from(Project)
        .where(col(Project.id) == int(project_id))
    ).first()
    return frozenset(v for v, yes in zip(ASKED_VERBS, row or (), strict=False) if yes)


def project_card(session: Session, actor: Actor, project_id: int, today: date) -> ProjectCard:
    """Who, what and where it stands. Raises `NotFound`."""
    project = visible_project(session, actor, project_id)
    assert project.id is not None
    may = verbs_on(session, actor, project.id)
    firm = session.get(Enterprise, project.enterprise_id) if project.enterprise_id else None
    town = session.get(Town, project.town_id) if project.town_id else None
    lead = session.get(Department, project.lead_department_id) if project.lead_department_id else None
    sees_phones = Verb.PHONE_SEE in may

    def phone(raw: str) -> str:
        return raw if sees_phones else mask_phone(raw)

    contacts = (
        session.exec(
            select(Contact)
            .where(col(Contact.enterprise_id) == firm.id, col(Contact.active).is_(True))
            .order_by(col(Contact.id))
        ).all()
        if firm
        else []
    )
    liaison = session.exec(
        select(DepartmentContact, Department)
        .join(Department, col(Department.id) == col(DepartmentContact.department_id))
        .where(col(DepartmentContact.project_id) == project.id)
        .order_by(col(DepartmentContact.id))
    ).all()
    return ProjectCard(
        id=project.id,
        version=project.version,
        name=project.name,
        fields=MappingProxyType(project.model_dump()),
        enterprise_id=project.enterprise_id,
        enterprise=firm.name if firm else "",
        credit_code=firm.credit_code if firm else None,
        town=town.name if town else "",
        lead_department=lead.name if lead else "",
        stage=project.stage,
        status=project.status,
        light=project_lights(session, today, [project.id])[project.id],
        officers=project_officers(session, project.id),
        contacts=tuple(ContactLine(c.id or 0, c.name, c.title, phone(c.phone)) for c in contacts),
        department_contacts=tuple(
            (d.short or d.name, ContactLine(c.id or 0, c.name, "", phone(c.phone))) for c, d in liaison
        ),
        may=may,
    )


def project_officers(session: Session, project_id: int) -> tuple[OfficerLine, ...]:
    """Every assignment of the project, present ones first, the lead first."""
    rows = session.exec(
        select(Assignment, Officer, User.active)
        .join(Officer, col(Officer.id) == col(Assignment.officer_id))
        .outerjoin(User, col(User.id) == col(Officer.user_id))
        .where(col(Assignment.project_id) == project_id)
        .order_by(
            sa.case((col(Assignment.to_on).is_(None), 0), else_=1),
            sa.case((col(Assignment.role) == OfficerRole.LEAD, 0), else_=1),
            col(Assignment.from_on).desc(),
            col(Assignment.id),
        )
    ).all()
    return tuple(
        OfficerLine(
            assignment_id=a.id or 0,
            officer_id=a.officer_id,
            name=o.name,
            role=a.role,
            from_on=a.from_on,
            to_on=a.to_on,
            active=o.active and account is not False,
            note=a.note,
        )
        for a, o, account in rows
    )


def project_milestones(
    session: Session, actor: Actor, project_id: int, today: date, *, limits: LightLimits | None = None
) -> tuple[MilestoneLine, ...]:
    """The plan in order: by stage, then as sorted. Raises `NotFound`."""
    project = visible_project(session, actor, project_id)
    limits = limits or light_limits(session, today)
    soon_on = limits.soon_on.get(int(project.stage), limits.soon_on[None])
    running = project.status is ProjectStatus.ACTIVE
    links: dict[int, list[int]] = {}
    for after, before in session.exec(
        select(MilestoneLink.milestone_id, MilestoneLink.prerequisite_id)
        .join(Milestone, col(Milestone.id) == col(MilestoneLink.milestone_id))
        .where(col(Milestone.project_id) == project.id)
    ):
        links.setdefault(after, []).append(before)
    rows = session.exec(
        select(Milestone, Department.short, Department.name)
        .outerjoin(Department, col(Department.id) == col(Milestone.department_id))
        .where(col(Milestone.project_id) == project.id)
        .order_by(col(Milestone.sort), col(Milestone.stage), col(Milestone.id))
    ).all()
    lines = []
    for m, short, name in rows:
        open_ = m.done_on is None and not m.inactive and running
        late_days, late_wd = days_late(limits.calendar, m.planned_on, today) if open_ else (None, None)
        lines.append(
            MilestoneLine(
                id=m.id or 0,
                version=m.version,
                code=m.code,
                name=m.name,
                stage=m.stage,
                item_id=m.item_id,
                department_id=m.department_id,
                department=short or name or "",
                waits_for=m.waits_for,
                duration_wd=m.duration_wd,
                baseline_on=m.baseline_on,
                planned_start_on=m.planned_start_on,
                planned_on=m.planned_on,
                done_on=m.done_on,
                critical=m.critical,
                float_wd=m.float_wd,
                inactive=m.inactive,
                evidence=m.evidence,
                note=m.note,
                light=_dated_light(m.planned_on, soon_on, today) if open_ else Light.GREY,
                late_days=late_days,
                late_wd=late_wd,
                prerequisites=tuple(links.get(m.id or 0, ())),
            )
        )
    return tuple(lines)


def _dated_light(due_on: date | None, yellow_on_or_before: date | None, today: date) -> Light:
    if due_on is None:
        return Light.GREEN
    if due_on < today:
        return Light.RED
    if due_on == today:
        return Light.ORANGE
    return Light.YELLOW if yellow_on_or_before and due_on <= yellow_on_or_before else Light.GREEN


def project_money(session: Session, actor: Actor, project_id: int, year: int) -> Money:
    """The year's plan and its months in order. Raises `NotFound`."""
    project = visible_project(session, actor, project_id)
    plan = session.exec(
        select(AnnualPlan).where(col(AnnualPlan.project_id) == project.id, col(AnnualPlan.year) == year)
    ).first()
    plan_wan = plan.plan_wan if plan else None
    rows = session.exec(
        select(MonthlyProgress, User.name)
        .outerjoin(User, col(User.id) == col(MonthlyProgress.approved_by))
        .where(col(MonthlyProgress.project_id) == project.id, col(MonthlyProgress.year) == year)
        .order_by(col(MonthlyProgress.month))
    ).all()
    years = session.exec(
        select(AnnualPlan.year)
        .where(col(AnnualPlan.project_id) == project.id)
        .union(select(MonthlyProgress.year).where(col(MonthlyProgress.project_id) == project.id))
    ).all()
    months = []
    for m, approver in rows:
        rate, points = progress_standing(plan_wan, m.done_wan, m.month)
        months.append(
            MonthLine(
                id=m.id or 0,
                version=m.version,
                year=m.year,
                month=m.month,
                done_wan=m.done_wan,
                rate_pct=rate,
                points=points,
                progress=m.progress,
                problem=m.problem,
                next_step=m.next_step,
                reported_on=m.reported_on,
                approved_at=m.approved_at,
                approved_by=approver or "",
            )
        )
    return Money(
        year=year,
        plan_id=plan.id if plan else None,
        plan_version=plan.version if plan else 0,
        plan_wan=plan_wan,
        months=tuple(months),
        years=tuple(sorted({year, *(int(y[0] if isinstance(y, tuple | sa.Row) else y) for y in years)})),
    )


def project_visits(
    session: Session, actor: Actor, project_id: int, *, page: int = 1, per_page: int = 20
) -> tuple[tuple[VisitLine, ...], int]:
    """(a page of visits, newest first; how many in all), as far as the reader may see visits. Raises `NotFound`."""
    project = visible_project(session, actor, project_id)
    return _visits(session, actor, col(Visit.project_id) == project.id, page, per_page)


def _visits(
    session: Session, actor: Actor, which: sa.ColumnElement[bool], page: int, per_page: int
) -> tuple[tuple[VisitLine, ...], int]:
    where = (which, visit_condition(actor, Verb.VISIT_VIEW))
    total = int(session.execute(sa.select(sa.func.count()).select_from(Visit).where(*where)).scalar_one())
    visits = session.exec(
        select(Visit)
        .where(*where)
        .order_by(col(Visit.visited_on).desc(), col(Visit.id).desc())
        .limit(per_page)
        .offset((max(1, page) - 1) * per_page)
    ).all()
    people: dict[tuple[int, Side], list[str]] = {}
    ids = [v.id for v in visits]
    if ids:
        for p in session.exec(
            select(VisitPerson).where(col(VisitPerson.visit_id).in_(ids)).order_by(col(VisitPerson.id))
        ):
            people.setdefault((p.visit_id, p.side), []).append(p.name)
    lines = tuple(
        VisitLine(
            id=v.id or 0,
            visited_on=v.visited_on,
            mode=v.mode,
            state=v.state,
            ours=tuple(people.get((v.id or 0, Side.OURS), ())),
            theirs=tuple(people.get((v.id or 0, Side.ENTERPRISE), ())),
            note=v.note,
            topics=tuple(v.topics),
        )
        for v in visits
    )
    return lines, total


def project_demands(session: Session, actor: Actor, project_id: int) -> tuple[DemandLine, ...]:
    """What the enterprise asks for on this project, open ones first. Raises `NotFound`."""
    project = visible_project(session, actor, project_id)
    if Verb.VISIT_VIEW not in verbs_on(session, actor, project.id or 0):
        return ()
    return _demands(session, actor, col(Demand.project_id) == project.id)


def _demands(session: Session, actor: Actor, which: sa.ColumnElement[bool]) -> tuple[DemandLine, ...]:
    """Of the firm's other projects, and of somebody else's draft, only what the reader may see."""
    rows = session.exec(
        select(Demand)
        .where(
            which,
            sa.or_(
                col(Demand.project_id).is_(None),
                col(Demand.project_id).in_(
                    select(Project.id).where(project_condition(actor, Verb.VISIT_VIEW))
                ),
            ),
            sa.or_(
                col(Demand.visit_id).is_(None),
                col(Demand.visit_id).in_(select(Visit.id).where(visit_condition(actor, Verb.VISIT_VIEW))),
            ),
        )
        .order_by(sa.case((col(Demand.state) == DemandState.OPEN, 0), else_=1), col(Demand.raised_on).desc())
    ).all()
    return tuple(
        DemandLine(
            id=d.id or 0,
            visit_id=d.visit_id,
            raised_on=d.raised_on,
            demand_class=d.demand_class,
            grade=d.grade,
            content=d.content,
            state=d.state,
            result=d.result,
        )
        for d in rows
    )


def project_moves(session: Session, actor: Actor, project_id: int) -> tuple[MoveLine, ...]:
    """Every entry into a stage, newest first. Raises `NotFound`."""
    project = visible_project(session, actor, project_id)
    rows = session.exec(
        select(StageMove, User.name)
        .outerjoin(User, col(User.id) == col(StageMove.user_id))
        .where(col(StageMove.project_id) == project.id)
        .order_by(col(StageMove.id).desc())
    ).all()
    return tuple(
        MoveLine(m.from_stage, m.to_stage, m.moved_on, name or "", m.note, m.overridden, tuple(m.missing))
        for m, name in rows
    )


def project_files(session: Session, actor: Actor, project_id: int) -> tuple[FileLine, ...]:
    """Files kept with the project, its cases and its visits that the reader may see, newest first."""
    project = visible_project(session, actor, project_id)
    owned: list[sa.ColumnElement[bool]] = [
        sa.and_(col(StoredFile.owner) == "project", col(StoredFile.owner_id) == project.id),
        sa.and_(
            col(StoredFile.owner).in_(["case", "permit_case"]),
            col(StoredFile.owner_id).in_(select(Case.id).where(col(Case.project_id) == project.id)),
        ),
        sa.and_(
            col(StoredFile.owner) == "visit",
            col(StoredFile.owner_id).in_(
                select(Visit.id).where(
                    col(Visit.project_id) == project.id, visit_condition(actor, Verb.VISIT_VIEW)
                )
            ),
        ),
    ]
    rows = session.exec(
        select(StoredFile)
        .where(sa.or_(*owned), col(StoredFile.deleted_at).is_(None))
        .order_by(col(StoredFile.id).desc())
        .limit(200)
    ).all()
    return tuple(FileLine(f.public_id, f.name, f.size, f.made_at, f.owner) for f in rows)
