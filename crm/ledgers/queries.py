"""What the import and export rooms read. Every SELECT of crm.ledgers is here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, project_condition, require, scopes
from crm.core.i18n import _
from crm.core.names import name_key
from crm.ledgers import values
from crm.ledgers.recognise import Choice
from crm.projects.queries import ProjectFilter, ids_asked
from crm.projects.queries.lights import project_lights
from models import (
    AnnualPlan,
    Assignment,
    AuditEntry,
    Contact,
    Department,
    Enterprise,
    ImportBatch,
    ImportRow,
    MonthlyProgress,
    Officer,
    Project,
    SavedMapping,
    Town,
    User,
)
from models.vocabulary import (
    CATEGORY_LABELS,
    LEVEL_LABELS,
    STAGE_LABELS,
    BatchState,
    DatePrecision,
    OfficerRole,
    Scope,
)

# --- what an import is compared with -------------------------------------------------------


@dataclass
class Known:
    """The register as an import sees it, read in a handful of queries."""

    towns: values.Towns
    projects: list[Project]
    enterprises: dict[int, Enterprise]
    officers: dict[str, list[Officer]]
    assignments: dict[int, list[Assignment]]  # open ones, lead first, by project
    officer_by_id: dict[int, Officer]
    plans: dict[tuple[int, int], AnnualPlan]
    progress: dict[tuple[int, int, int], MonthlyProgress]
    contacts: dict[int, list[Contact]]
    departments: dict[str, int]
    reach: frozenset[Scope]
    in_scope: set[int] | None  # None = everything
    may_assign: bool
    own_town: int | None = None
    newest: dict[int, tuple[int, int]] = field(
        default_factory=dict
    )  # project -> latest month a ledger brought
    by_code: dict[str, Project] = field(default_factory=dict)
    by_name: dict[str, list[Project]] = field(default_factory=lambda: defaultdict(list))
    enterprise_by_code: dict[str, Enterprise] = field(default_factory=dict)
    enterprise_by_key: dict[str, list[Enterprise]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for p in self.projects:
            if p.project_code:
                self.by_code[p.project_code] = p
            self.by_name[p.name_key].append(p)
        for e in self.enterprises.values():
            if e.credit_code:
                self.enterprise_by_code[e.credit_code] = e
            self.enterprise_by_key[e.name_key].append(e)
        for (project_id, year, month), report in self.progress.items():
            if report.batch_id is not None:
                self.newest[project_id] = max((year, month), self.newest.get(project_id, (0, 0)))


def towns(session: Session) -> values.Towns:
    rows = session.exec(select(Town).order_by(col(Town.sort)))
    return values.Towns([(t.id, t.name, t.aliases) for t in rows if t.id is not None])


def known(session: Session, actor: Actor) -> Known:
    """Everything rows are matched with. Permission is asked row by row of `in_scope`."""
    require(actor, Verb.LEDGER_IMPORT)
    reach = scopes(actor, Verb.LEDGER_IMPORT)
    in_scope = (
        None
        if Scope.ALL in reach
        else {
            int(i)
            for i in session.exec(select(Project.id).where(project_condition(actor, Verb.LEDGER_IMPORT)))
            if i is not None
        }
    )
    officers: dict[str, list[Officer]] = defaultdict(list)
    officer_by_id = {}
    for o in session.exec(select(Officer).order_by(col(Officer.id))):
        officers[o.name].append(o)
        officer_by_id[int(o.id or 0)] = o
    assignments: dict[int, list[Assignment]] = defaultdict(list)
    open_ones = session.exec(
        select(Assignment)
        .where(col(Assignment.to_on).is_(None))
        .order_by(sa.case((col(Assignment.role) == OfficerRole.LEAD, 0), else_=1), col(Assignment.id))
    )
    for a in open_ones:
        assignments[a.project_id].append(a)
    contacts: dict[int, list[Contact]] = defaultdict(list)
    for c in session.exec(select(Contact).where(col(Contact.active).is_(True))):
        contacts[c.enterprise_id].append(c)
    departments: dict[str, int] = {}
    for d in session.exec(select(Department).where(col(Department.active).is_(True))):
        for way in (d.name, d.short, *d.aliases):
            if way:
                departments.setdefault(name_key(way), int(d.id or 0))
    return Known(
        towns=towns(session),
        projects=list(session.exec(select(Project).order_by(col(Project.id)))),
        enterprises={
            int(e.id or 0): e for e in session.exec(select(Enterprise).order_by(col(Enterprise.id)))
        },
        officers=officers,
        assignments=assignments,
        officer_by_id=officer_by_id,
        plans={(p.project_id, p.year): p for p in session.exec(select(AnnualPlan))},
        progress={(m.project_id, m.year, m.month): m for m in session.exec(select(MonthlyProgress))},
        contacts=contacts,
        departments=departments,
        reach=reach,
        in_scope=in_scope,
        may_assign=bool(scopes(actor, Verb.PROJECT_ASSIGN)),
        own_town=actor.town_id,
    )


# --- saved mappings --------------------------------------------------------------------------


def mapping_names(session: Session, actor: Actor) -> list[str]:
    require(actor, Verb.LEDGER_IMPORT)
    return list(session.exec(select(SavedMapping.name).order_by(col(SavedMapping.name))))


def mapping(session: Session, actor: Actor, name: str) -> dict[str, Choice] | None:
    """The choices saved under a name, or None."""
    require(actor, Verb.LEDGER_IMPORT)
    row = session.exec(select(SavedMapping).where(col(SavedMapping.name) == name)).first()
    if row is None:
        return None
    return {key: Choice(str(c.get("field", "")), str(c.get("unit", ""))) for key, c in row.mapping.items()}


# --- batches ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class BatchLine:
    """One committed import in the history."""

    id: int
    file_name: str
    by: str
    committed_at: datetime
    reverted_at: datetime | None
    state: BatchState
    mode: str
    year: int | None
    month: int | None
    new: int
    changed: int
    unchanged: int
    duplicates: int
    refused: int


def batches(
    session: Session, actor: Actor, *, page: int = 1, per_page: int = 10
) -> tuple[list[BatchLine], int]:
    """The history, newest first: all of it for a whole-district importer, else one's own."""
    require(actor, Verb.LEDGER_IMPORT)
    mine = batch_condition(actor)
    total = session.exec(select(sa.func.count()).select_from(ImportBatch).where(mine)).one()
    rows = session.exec(
        select(ImportBatch, User.name)
        .outerjoin(User, col(User.id) == col(ImportBatch.user_id))
        .where(mine)
        .order_by(col(ImportBatch.id).desc())
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return [_batch_line(b, name) for b, name in rows], int(total)


def batch_condition(actor: Actor) -> sa.ColumnElement[bool]:
    if Scope.ALL in scopes(actor, Verb.LEDGER_IMPORT):
        return sa.true()
    if actor.user_id is None:
        return sa.false()
    return col(ImportBatch.user_id) == actor.user_id


def _batch_line(b: ImportBatch, by: str | None) -> BatchLine:
    counts = b.counts
    return BatchLine(
        int(b.id or 0), b.file_name, by or _("系统"), b.committed_at, b.reverted_at, b.state, b.mode, b.year, b.month,
        counts.get("new", 0), counts.get("changed", 0), counts.get("unchanged", 0), counts.get("duplicate", 0),
        counts.get("refused", 0),
    )  # fmt: skip


def batch_rows(session: Session, batch_id: int) -> list[ImportRow]:
    """What each row of a batch did, in the order of the file. Asked by the revert, inside its transaction."""
    return list(
        session.exec(select(ImportRow).where(col(ImportRow.batch_id) == batch_id).order_by(col(ImportRow.id)))
    )


def last_audit_id(session: Session) -> int:
    return int(session.exec(select(sa.func.max(AuditEntry.id))).one() or 0)


def edits_since(session: Session, record: str, record_id: int, audit_id: int) -> list[AuditEntry]:
    """What happened to one record after a point of the trail, oldest first."""
    return list(
        session.exec(
            select(AuditEntry)
            .where(
                col(AuditEntry.record) == record,
                col(AuditEntry.record_id) == record_id,
                col(AuditEntry.id) > audit_id,
            )
            .order_by(col(AuditEntry.id))
        )
    )


# --- export ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProjectLine:
    """A project as the ledgers write it. Amounts 万元; `plan_wan` of `plan_year`, `done_wan` and texts of `reported`."""

    name: str
    enterprise: str
    credit_code: str
    project_code: str
    level: str
    category: str
    town: str
    total_wan: Decimal | None
    plan_wan: Decimal | None
    done_wan: Decimal | None
    start_on: date | None
    finish_on: date | None
    progress: str
    problem: str
    next_step: str
    lead_unit: str
    leader: str
    officers: tuple[str, ...]
    stage: str
    light: str
    start_precision: DatePrecision
    finish_precision: DatePrecision
    plan_year: int | None
    reported: tuple[int, int] | None


def project_lines(
    session: Session, actor: Actor, today: date, asked: ProjectFilter | None = None
) -> list[ProjectLine]:
    """Every project the actor may export and the filter asks for, by id. The latest reported month and that year's plan go with it."""
    require(actor, Verb.EXPORT)
    ids = ids_asked(session, actor, Verb.EXPORT, asked or ProjectFilter(), today=today)
    rows = session.exec(
        select(Project, Enterprise, Town.name)
        .outerjoin(Enterprise, col(Enterprise.id) == col(Project.enterprise_id))
        .outerjoin(Town, col(Town.id) == col(Project.town_id))
        .where(col(Project.id).in_(ids))
        .order_by(col(Project.id))
    ).all()
    latest: dict[int, MonthlyProgress] = {}
    for m in session.exec(
        select(MonthlyProgress)
        .where(col(MonthlyProgress.project_id).in_(ids))
        .order_by(col(MonthlyProgress.year), col(MonthlyProgress.month))
    ):
        latest[m.project_id] = m
    plans: dict[int, dict[int, AnnualPlan]] = defaultdict(dict)
    for p in session.exec(select(AnnualPlan).where(col(AnnualPlan.project_id).in_(ids))):
        plans[p.project_id][p.year] = p
    names: dict[int, list[str]] = defaultdict(list)
    officers = session.exec(
        select(Assignment.project_id, Officer.name)
        .join(Officer, col(Officer.id) == col(Assignment.officer_id))
        .where(col(Assignment.to_on).is_(None), col(Assignment.project_id).in_(ids))
        .order_by(sa.case((col(Assignment.role) == OfficerRole.LEAD, 0), else_=1), col(Assignment.id))
    )
    for project_id, name in officers:
        names[project_id].append(name)
    lights = project_lights(session, today, [int(p.id or 0) for p, _e, _t in rows])
    lines = []
    for project, enterprise, town in rows:
        key = int(project.id or 0)
        month = latest.get(key)
        years = plans.get(key, {})
        year = month.year if month and month.year in years else max(years, default=None)
        lines.append(
            ProjectLine(
                name=project.name,
                enterprise=enterprise.name if enterprise else "",
                credit_code=(enterprise.credit_code or "") if enterprise else "",
                project_code=project.project_code or "",
                level=LEVEL_LABELS[project.level] if project.level else "",
                category=CATEGORY_LABELS[project.category] if project.category else "",
                town=town or "",
                total_wan=project.total_wan,
                plan_wan=years[year].plan_wan if year is not None else None,
                done_wan=month.done_wan if month else None,
                start_on=project.start_on,
                finish_on=project.finish_on,
                progress=month.progress if month else "",
                problem=month.problem if month else "",
                next_step=month.next_step if month else "",
                lead_unit=project.lead_unit,
                leader=project.leader,
                officers=tuple(names.get(key, ())),
                stage=STAGE_LABELS[project.stage],
                light=lights[key].light.value,
                start_precision=project.start_precision,
                finish_precision=project.finish_precision,
                plan_year=year,
                reported=(month.year, month.month) if month else None,
            )
        )
    return lines
