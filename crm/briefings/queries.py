"""Every number and name of the papers, read once and frozen; and the archive of papers.

The register's figures, lights and clocks are those of `crm.projects.queries` and
`crm.approvals.rules`: nothing is defined a second time here. The projects are read as rows and summed
by `sentences`, and the sums are held against the register's own figures: a paper whose totals differ
is not made (`Mismatch`).

What is approved is decided by `MonthlyProgress.approved_at`: unapproved words never leave this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals import queries as approvals
from crm.approvals.rules import Stop, Terms, case_clocks
from crm.briefings.context import (
    CaseFacts,
    CaseRow,
    Count,
    DemandFacts,
    DemandNote,
    HallFacts,
    Imprint,
    Matter,
    Node,
    OfficerTerm,
    Pace,
    Problem,
    ProjectFacts,
    ProjectLine,
    PromiseFacts,
    Red,
    Report,
    VisitFacts,
    VisitNote,
)
from crm.briefings.sentences import together
from crm.core.access import Actor, Verb, enterprise_condition, project_condition, scopes, visit_condition
from crm.core.errors import CrmError, NotFound, Refusal
from crm.core.i18n import _
from crm.core.names import mask_phone
from crm.projects.queries import (
    MARK_LABELS,
    Ground,
    LightInfo,
    Mark,
    Summary,
    mark_condition,
    project_lights,
    summary,
)
from crm.workdays.queries import calendar as load_calendar
from crm.workdays.rules import Calendar
from models import (
    AnnualPlan,
    Assignment,
    Briefing,
    Case,
    Contact,
    Demand,
    Department,
    Enterprise,
    Item,
    Milestone,
    MonthlyProgress,
    Officer,
    Project,
    Promise,
    Setting,
    StageMove,
    StoredFile,
    Town,
    User,
    Visit,
    VisitPerson,
)
from models.vocabulary import (
    CATEGORY_LABELS,
    DAY_UNIT_LABELS,
    DEMAND_CLASS_LABELS,
    DEMAND_GRADE_LABELS,
    LEVEL_LABELS,
    OFFICER_ROLE_LABELS,
    PARTY_LABELS,
    PROJECT_STATUS_LABELS,
    PROJECT_TYPE_LABELS,
    STAGE_LABELS,
    VISIT_MODE_LABELS,
    BriefingKind,
    CaseState,
    DayUnit,
    DemandGrade,
    Light,
    OfficerRole,
    Party,
    ProjectStatus,
    Scope,
    Side,
    Stage,
    VisitMode,
    VisitState,
)

QUERIES_VERSION = "1"  # raised whenever a number of a paper changes its meaning

# 提级: a matter this many working days late goes to the leader in charge (house rule, after the
# escalation ladder T+3 of the district's supervision practice).
ESCALATE_WD = 3
DAYS_OF_MONTH = 28  # a period of so many days or more looks a month ahead, a shorter one a week
LAST_VISITS = 3

SETTING_KEY = "briefing"
DEFAULT_SETTING: dict[str, Any] = {
    "office": "蓬江区行政服务中心",
    "masthead_hall": "会客厅服务简报",
    "masthead_project": "重点项目服务专报",
    "report_to": "区委、区政府主要领导，分管领导",
    "send_to": "区各有关部门",
    "distribute_to": "各镇街，联络专员",
    "copies": 30,
}


class Mismatch(CrmError):
    """Two ways of reading one figure differ: a paper with a wrong total is worse than none."""


# The hall's briefing -----------------------------------------------------------------------------------


def hall_facts(session: Session, actor: Actor, from_on: date, to_on: date, *, today: date) -> HallFacts:
    """What happened in [from_on, to_on], both days included, and where things stood at its end, or stand
    today when it is not over.

    Raises `Refusal` for a period that ends before it begins.
    """
    if to_on < from_on:
        raise Refusal(_("期间的结束日期（{b}）早于开始日期（{a}），请改正。", a=from_on, b=to_on))
    as_of = min(to_on, today)
    calendar = load_calendar(session)
    lines, lights = _lines(session, actor, as_of)
    cases = _case_facts(session, actor, from_on, to_on, as_of, calendar)
    ahead = 30 if (to_on - from_on).days + 1 >= DAYS_OF_MONTH else 7
    held = _open_nodes(session, actor, as_of, calendar, until=as_of + timedelta(days=ahead))
    nodes = [m for _party, m in held]
    departments = [m for party, m in held if party is Party.DEPARTMENT]
    facts = HallFacts(
        from_on=from_on,
        to_on=to_on,
        as_of=as_of,
        visits=_visit_facts(session, actor, from_on, to_on),
        demands=_demand_facts(session, actor, from_on, to_on, as_of),
        promises=_promise_facts(session, actor, from_on, to_on, as_of, calendar),
        cases=cases,
        pace=_pace(session, actor, as_of, lines),
        projects=lines,
        reds=_reds(lines, lights),
        problems=_problems(session, as_of, lines, lights),
        decisions=_decisions(session, actor, as_of, departments, cases.overdue),
        coming_days=ahead,
        coming_nodes=tuple(m for m in nodes if not m.late),
        coming_promises=_coming_promises(session, actor, as_of, ahead),
        late_nodes=tuple(m for m in nodes if m.late),
    )
    _reconcile(session, actor, facts)
    return facts


def _reconcile(session: Session, actor: Actor, facts: HallFacts) -> None:
    """The paper's own sums against the register's figures and its own parts."""
    whole, register = together("", facts.projects), summary(session, actor, facts.as_of)
    pairs: list[tuple[str, object, object]] = [
        ("项目数", whole.count, register.number),
        ("总投资", whole.total_wan, register.total_wan),
        ("年度计划", whole.plan_wan, register.plan_wan),
        ("累计完成", whole.done_wan, register.done_wan),
        ("截至月份", facts.pace.month, register.month),
        ("走访次数", facts.visits.total, sum(c.n for c in facts.visits.by_mode)),
        ("分镇街走访", facts.visits.total, sum(c.n for c in facts.visits.by_town)),
        ("诉求件数", facts.demands.raised, sum(c.n for c in facts.demands.by_class)),
    ]
    wrong = [f"{name} {a} ≠ {b}" for name, a, b in pairs if a != b]
    if wrong:
        raise Mismatch(_("简报的合计数与明细不一致（{what}），未生成。请联系管理员。", what="；".join(wrong)))


def _lines(
    session: Session, actor: Actor, on: date, only: int | None = None
) -> tuple[tuple[ProjectLine, ...], dict[int, LightInfo]]:
    """The register's projects in scope as they stood, in the order of towns; and their lights.

    A suspended project is in and marked; a terminated one is not (house rule). One project asked for by
    `only` is there whatever its state.
    """
    statement = (
        sa.select(Project, Town.name, AnnualPlan.plan_wan)
        .outerjoin(Town, col(Town.id) == col(Project.town_id))
        .outerjoin(
            AnnualPlan,
            sa.and_(col(AnnualPlan.project_id) == col(Project.id), col(AnnualPlan.year) == on.year),
        )
        .where(project_condition(actor, Verb.PROJECT_VIEW))
        .order_by(col(Town.sort).is_(None), col(Town.sort), col(Project.pinyin), col(Project.id))
    )
    statement = statement.where(
        mark_condition(Mark.REGISTER, on) if only is None else col(Project.id) == int(only)
    )
    rows = session.execute(statement).all()
    ids = [p.id or 0 for p, _town, _plan in rows]
    lights = project_lights(session, on, ids)
    officers = _officers_on(session, ids, on)
    stages = _stages_on(session, ids, on)
    lines = []
    for p, town, plan in rows:
        light = lights[p.id or 0]
        lines.append(
            ProjectLine(
                project_id=p.id or 0,
                name=p.name,
                town=town or "",
                level=LEVEL_LABELS[p.level] if p.level else "",
                category=CATEGORY_LABELS[p.category] if p.category else "",
                stage=STAGE_LABELS[stages.get(p.id or 0, p.stage)],
                suspended=p.status is ProjectStatus.SUSPENDED,
                light=light.light,
                light_why=light.because,
                total_wan=p.total_wan,
                plan_wan=plan,
                done_wan=light.done_wan,
                done_month=light.month,
                unit=p.lead_unit,
                leader=p.leader,
                officers=officers.get(p.id or 0, ()),
            )
        )
    return tuple(lines), lights


def _officers_on(session: Session, ids: Sequence[int], on: date) -> dict[int, tuple[str, ...]]:
    """Who answered on the day, the lead first: last month's paper names last month's officer."""
    found: dict[int, list[str]] = {}
    for project_id, name, _role, _since in _assignments(session, ids, on):
        if name not in found.setdefault(project_id, []):
            found[project_id].append(name)
    return {k: tuple(v) for k, v in found.items()}


def _assignments(session: Session, ids: Sequence[int], on: date) -> list[tuple[int, str, OfficerRole, date]]:
    rows = session.execute(
        sa.select(Assignment.project_id, Officer.name, Assignment.role, Assignment.from_on)
        .join(Officer, col(Officer.id) == col(Assignment.officer_id))
        .where(
            col(Assignment.project_id).in_(list(ids)),
            col(Assignment.from_on) <= on,
            sa.or_(col(Assignment.to_on).is_(None), col(Assignment.to_on) >= on),
        )
        .order_by(sa.case((col(Assignment.role) == OfficerRole.LEAD, 0), else_=1), col(Assignment.id))
    )
    return [(p, n, r, f) for p, n, r, f in rows]


def _stages_on(session: Session, ids: Sequence[int], on: date) -> dict[int, Stage]:
    """The stage of the day for projects that have moved since: where the first later move set out from."""
    found: dict[int, Stage] = {}
    for project_id, from_stage in session.execute(
        sa.select(StageMove.project_id, StageMove.from_stage)
        .where(col(StageMove.project_id).in_(list(ids)), col(StageMove.moved_on) > on)
        .order_by(col(StageMove.id))
    ):
        found.setdefault(project_id, from_stage)
    return found


def _pace(session: Session, actor: Actor, on: date, lines: Sequence[ProjectLine]) -> Pace:
    figures = summary(session, actor, on)
    month = figures.month
    planned = [x for x in lines if x.plan_wan]
    return Pace(
        year=on.year,
        month=month,
        behind_report=sum((x.done_month or 0) < month for x in planned) if month is not None else 0,
        planned_starts=figures.marks[Mark.START_PLANNED].value,
        started=figures.marks[Mark.STARTED].value,
        finished=figures.marks[Mark.FINISHED].value,
        produced=figures.marks[Mark.PRODUCED].value,
        not_started=_marked(session, actor, Mark.NOT_STARTED, on, figures),
        not_finished=_marked(session, actor, Mark.NOT_FINISHED, on, figures),
        not_produced=_marked(session, actor, Mark.NOT_PRODUCED, on, figures),
    )


def _marked(session: Session, actor: Actor, mark: Mark, on: date, figures: Summary) -> tuple[str, ...]:
    """The projects behind one of the register's figures, by name."""
    held = tuple(
        session.exec(
            select(Project.name)
            .where(project_condition(actor, Verb.PROJECT_VIEW), mark_condition(mark, on))
            .order_by(col(Project.start_on), col(Project.id))
        )
    )
    if len(held) != figures.marks[mark].value:
        raise Mismatch(_("“{what}”的项目数与清单不一致，未生成。请联系管理员。", what=_(MARK_LABELS[mark])))
    return held


def _reds(lines: Sequence[ProjectLine], lights: dict[int, LightInfo]) -> tuple[Red, ...]:
    return tuple(
        Red(
            project=x.name,
            town=x.town,
            cause=x.light_why.replace(" ", ""),
            unit=lights[x.project_id].holder if lights[x.project_id].party is Party.DEPARTMENT else x.unit,
            officers=x.officers,
            due_on=lights[x.project_id].due_on,
        )
        for x in lines
        if x.light is Light.RED
    )


def _reports(session: Session, ids: Sequence[int], on: date) -> dict[int, Report]:
    """Each project's latest approved words: approved, and reported, by the end of the day."""
    found: dict[int, Report] = {}
    for m in session.exec(
        select(MonthlyProgress)
        .where(
            col(MonthlyProgress.project_id).in_(list(ids)),
            col(MonthlyProgress.approved_at).is_not(None),
            col(MonthlyProgress.reported_on) <= on,
            sa.or_(
                col(MonthlyProgress.year) < on.year,
                sa.and_(col(MonthlyProgress.year) == on.year, col(MonthlyProgress.month) <= on.month),
            ),
        )
        .order_by(col(MonthlyProgress.year).desc(), col(MonthlyProgress.month).desc())
    ):
        found.setdefault(
            m.project_id, Report(m.year, m.month, m.progress, m.problem, m.next_step, m.reported_on)
        )
    return found


def _problems(
    session: Session, on: date, lines: Sequence[ProjectLine], lights: dict[int, LightInfo]
) -> tuple[Problem, ...]:
    """Approved difficulties of the latest report, the projects at red first."""
    reports = _reports(session, [x.project_id for x in lines], on)
    worst_first = sorted(lines, key=lambda x: x.light is not Light.RED)
    found = []
    for x in worst_first:
        report, light = reports.get(x.project_id), lights[x.project_id]
        if report is None or not report.problem.strip():
            continue
        ahead = light.next_on is not None and light.next_on >= on
        found.append(
            Problem(
                project=x.name,
                town=x.town,
                text=report.problem,
                next_step=report.next_step,
                unit=x.unit,
                officers=x.officers,
                due_on=light.next_on if ahead else None,
                due_what=light.next_name if ahead else "",
                month=report.month,
                reported_on=report.reported_on,
            )
        )
    return tuple(found)


# Visits, demands, promises -------------------------------------------------------------------------------


def _visit_facts(session: Session, actor: Actor, from_on: date, to_on: date) -> VisitFacts:
    where = (
        col(Visit.state) == VisitState.COMPLETE,
        col(Visit.visited_on) >= from_on,
        col(Visit.visited_on) <= to_on,
        visit_condition(actor, Verb.VISIT_VIEW),
    )
    modes = {
        mode: int(n)
        for mode, n in session.execute(
            sa.select(Visit.mode, sa.func.count()).where(*where).group_by(col(Visit.mode))
        )
    }
    # The town of the project visited, else of the enterprise.
    town = sa.func.coalesce(col(Project.town_id), col(Enterprise.town_id))
    towns = session.execute(
        sa.select(Town.name, sa.func.count())
        .select_from(Visit)
        .outerjoin(Project, col(Project.id) == col(Visit.project_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Visit.enterprise_id))
        .outerjoin(Town, col(Town.id) == town)
        .where(*where)
        .group_by(col(Town.name), col(Town.sort))
        .order_by(sa.func.count().desc(), col(Town.sort))
    ).all()
    enterprises = session.execute(
        sa.select(
            sa.func.count(sa.distinct(sa.func.coalesce(col(Visit.enterprise_id), col(Project.enterprise_id))))
        )
        .select_from(Visit)
        .outerjoin(Project, col(Project.id) == col(Visit.project_id))
        .where(*where)
    ).scalar_one()
    return VisitFacts(
        total=sum(modes.values()),
        enterprises=int(enterprises),
        by_mode=tuple(Count(VISIT_MODE_LABELS[m], int(modes.get(m, 0))) for m in VisitMode if modes.get(m)),
        by_town=tuple(
            [Count(name, int(n)) for name, n in towns if name]
            + [Count("未填镇街", int(n)) for name, n in towns if not name]
        ),
    )


def _demand_scope(actor: Actor) -> sa.ColumnElement[bool]:
    return _of_scope(actor, col(Demand.project_id), col(Demand.enterprise_id), col(Demand.visit_id))


def _of_scope(actor: Actor, project_id: Any, enterprise_id: Any, visit_id: Any) -> sa.ColumnElement[bool]:
    """Something raised at a visit: reached by its project, else its enterprise, or by the visit itself.
    What a draft says is not yet said."""
    complete = sa.or_(
        visit_id.is_(None), visit_id.in_(select(Visit.id).where(col(Visit.state) == VisitState.COMPLETE))
    )
    if Scope.ALL in scopes(actor, Verb.VISIT_VIEW):
        return complete
    return sa.and_(
        complete,
        sa.or_(
            project_id.in_(select(Project.id).where(project_condition(actor, Verb.VISIT_VIEW))),
            sa.and_(
                project_id.is_(None),
                enterprise_id.in_(select(Enterprise.id).where(enterprise_condition(actor, Verb.VISIT_VIEW))),
            ),
        ),
    )


def _demand_facts(session: Session, actor: Actor, from_on: date, to_on: date, as_of: date) -> DemandFacts:
    scope = _demand_scope(actor)
    raised = sa.and_(col(Demand.raised_on) >= from_on, col(Demand.raised_on) <= to_on)
    closed = sa.and_(col(Demand.closed_on) >= from_on, col(Demand.closed_on) <= to_on)
    by_class = {
        kind: int(n)
        for kind, n in session.execute(
            sa.select(Demand.demand_class, sa.func.count())
            .where(scope, raised)
            .group_by(col(Demand.demand_class))
        )
    }
    open_ = _open_demand(as_of)
    numbers = session.execute(
        sa.select(
            sa.func.count(sa.case((raised, 1))),
            sa.func.count(sa.case((closed, 1))),
            sa.func.count(sa.case((open_, 1))),
            sa.func.count(sa.case((sa.and_(open_, col(Demand.grade) == DemandGrade.MAJOR), 1))),
        ).where(scope)
    ).one()
    order = sorted(by_class, key=lambda k: (-by_class[k], list(DEMAND_CLASS_LABELS).index(k)))
    return DemandFacts(
        raised=int(numbers[0]),
        by_class=tuple(Count(DEMAND_CLASS_LABELS[k], by_class[k]) for k in order),
        closed=int(numbers[1]),
        open_total=int(numbers[2]),
        open_major=int(numbers[3]),
    )


def _open_demand(on: date) -> sa.ColumnElement[bool]:
    return sa.and_(
        col(Demand.raised_on) <= on, sa.or_(col(Demand.closed_on).is_(None), col(Demand.closed_on) > on)
    )


def _promise_rows(session: Session, where: Sequence[sa.ColumnElement[bool]]) -> list[tuple[Promise, str]]:
    """(promise, whom it was made to) with the visit's day joined for its making."""
    rows = session.execute(
        sa.select(Promise, Enterprise.name, Project.name)
        .join(Visit, col(Visit.id) == col(Promise.visit_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Promise.enterprise_id))
        .outerjoin(Project, col(Project.id) == col(Promise.project_id))
        .where(*where)
        .order_by(col(Promise.due_on).is_(None), col(Promise.due_on), col(Promise.id))
    )
    return [(p, enterprise or project or "企业") for p, enterprise, project in rows]


def _promise_scope(actor: Actor, on: date) -> list[sa.ColumnElement[bool]]:
    return [
        _of_scope(actor, col(Promise.project_id), col(Promise.enterprise_id), col(Promise.visit_id)),
        col(Visit.visited_on) <= on,
    ]


def _open_promise(on: date) -> sa.ColumnElement[bool]:
    return sa.or_(col(Promise.done_on).is_(None), col(Promise.done_on) > on)


def _promise_facts(
    session: Session, actor: Actor, from_on: date, to_on: date, as_of: date, calendar: Calendar
) -> PromiseFacts:
    """Those due later than the day the paper is judged on have not fallen due yet."""
    rows = _promise_rows(session, _promise_scope(actor, as_of))
    made = session.execute(
        sa.select(sa.func.count())
        .select_from(Promise)
        .join(Visit, col(Visit.id) == col(Promise.visit_id))
        .where(*_promise_scope(actor, to_on), col(Visit.visited_on) >= from_on)
    ).scalar_one()
    kept = kept_late = broken = 0
    open_ = []
    for p, to in rows:
        done = _by(p.done_on, as_of)
        if done is None:
            open_.append((p, to))
        if p.due_on is None or not from_on <= p.due_on <= to_on:
            continue
        if done is not None:
            kept += done <= p.due_on
            kept_late += done > p.due_on
        else:
            broken += p.due_on <= as_of
    return PromiseFacts(
        made=int(made),
        due=kept + kept_late + broken,
        kept=kept,
        kept_late=kept_late,
        broken=broken,
        open_total=len(open_),
        overdue=tuple(
            _promise_matter(p, to, as_of, calendar)
            for p, to in open_
            if p.due_on is not None and p.due_on < as_of
        ),
    )


def _promise_matter(p: Promise, to: str, on: date, calendar: Calendar) -> Matter:
    late, unit = _late(calendar, p.due_on, on)
    return Matter(subject=to, what=p.text, who=p.owner, on=p.due_on, late=late, unit_word=unit)


def _late(calendar: Calendar, due_on: date | None, on: date) -> tuple[int | None, str]:
    """Working days past a date; over rest days alone, calendar days; None when not late."""
    if due_on is None or due_on >= on:
        return None, "个工作日"
    days = calendar.count_workdays(due_on, on)
    return (days, "个工作日") if days else ((on - due_on).days, "天")


def _coming_promises(session: Session, actor: Actor, on: date, days: int) -> tuple[Matter, ...]:
    rows = _promise_rows(
        session,
        [
            *_promise_scope(actor, on),
            _open_promise(on),
            col(Promise.due_on) >= on,
            col(Promise.due_on) <= on + timedelta(days=days),
        ],
    )
    return tuple(Matter(subject=f"{to}：", what=p.text, who=p.owner, on=p.due_on) for p, to in rows)


# Permit cases and nodes -----------------------------------------------------------------------------------


def _case_rows(
    session: Session, actor: Actor, on: date, where: Iterable[sa.ColumnElement[bool]] = ()
) -> list[tuple[Case, Item, Department | None, Project | None, Enterprise | None]]:
    rows = session.execute(
        sa.select(Case, Item, Department, Project, Enterprise)
        .join(Item, col(Item.id) == col(Case.item_id))
        .outerjoin(Department, col(Department.id) == col(Case.department_id))
        .outerjoin(Project, col(Project.id) == col(Case.project_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Case.enterprise_id))
        .where(
            approvals.case_condition(actor, Verb.PROJECT_VIEW),
            col(Case.state) != CaseState.WITHDRAWN,
            col(Case.received_on) <= on,
            *where,
        )
        .order_by(col(Case.due_on), col(Case.id))
    )
    return [(c, i, d, p, e) for c, i, d, p, e in rows]


def _clocks(session: Session, cases: Sequence[Case], on: date, calendar: Calendar) -> dict[int, Any]:
    """Each case's clocks as of the day: what was decided or stopped later had not happened yet."""
    stops = approvals.stops_of(session, [c.id for c in cases if c.id is not None])
    found = {}
    for c in cases:
        decided = c.decided_on if c.decided_on is not None and c.decided_on <= on else None
        found[c.id or 0] = case_clocks(
            Terms(c.starts_on or c.accepted_on, c.legal_limit, c.promised_limit, c.unit, c.extension),
            [
                Stop(s.from_on, s.to_on if s.to_on is None or s.to_on <= on else None, _by(s.told_on, on))
                for s in stops.get(c.id or 0, [])
                if s.from_on <= on
            ],
            today=on,
            calendar=calendar,
            decided_on=decided,
        )
    return found


def _case_facts(
    session: Session, actor: Actor, from_on: date, to_on: date, as_of: date, calendar: Calendar
) -> CaseFacts:
    rows = _case_rows(
        session,
        actor,
        as_of,
        [
            sa.or_(
                col(Case.decided_on).is_(None),
                col(Case.decided_on) >= from_on,
                sa.and_(col(Case.accepted_on) >= from_on, col(Case.accepted_on) <= to_on),
            )
        ],
    )
    clocks = _clocks(session, [r[0] for r in rows], as_of, calendar)
    accepted = decided = decided_late = open_total = stopped = 0
    overdue = []
    for c, item, department, project, enterprise in rows:
        clock = clocks[c.id or 0]
        accepted += c.accepted_on is not None and from_on <= c.accepted_on <= to_on
        if c.decided_on is not None and c.decided_on <= as_of:
            if c.decided_on >= from_on:
                decided += 1
                decided_late += _is_late(clock)
            continue
        open_total += 1
        stopped += clock.light is Light.BLUE
        if clock.light is Light.RED:
            overdue.append(
                _late_case(clock, as_of, calendar, item.name, department, _case_subject(project, enterprise))
            )
    overdue.sort(key=lambda m: -(m.late or 0))
    return CaseFacts(accepted, decided, decided_late, open_total, stopped, tuple(overdue))


def _is_late(clocks: Any) -> bool:
    return bool(clocks.past_legal or (clocks.committed is not None and clocks.committed.late))


def _case_subject(project: Project | None, enterprise: Enterprise | None) -> str:
    return project.name if project else enterprise.name if enterprise else "（未登记申请人）"


def _late_case(
    clocks: Any, on: date, calendar: Calendar, item: str, department: Department | None, subject: str
) -> Matter:
    clock = clocks.committed
    late, unit = _late(calendar, clock.due_on, on) if clock else (None, "个工作日")
    if clock is not None and clock.left < 0:
        late, unit = -clock.left, "个工作日" if clock.unit is DayUnit.WORKING else "天"
    return Matter(
        subject=subject,
        what=item,
        who=department.name if department else "",
        on=clock.due_on if clock else None,
        late=late,
        unit_word=unit,
    )


def _open_nodes(
    session: Session, actor: Actor, on: date, calendar: Calendar, *, until: date
) -> list[tuple[Party, Matter]]:
    """(whom it waits for, node): open milestones of running projects planned up to `until`, in order."""
    rows = session.execute(
        sa.select(Milestone, Project.name, Department.name, Project.lead_unit, Enterprise.name)
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .outerjoin(Department, col(Department.id) == col(Milestone.department_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Project.enterprise_id))
        .where(
            project_condition(actor, Verb.PROJECT_VIEW),
            col(Project.status) == ProjectStatus.ACTIVE,
            col(Milestone.inactive).is_(False),
            sa.or_(col(Milestone.done_on).is_(None), col(Milestone.done_on) > on),
            col(Milestone.planned_on) <= until,
        )
        .order_by(col(Milestone.planned_on), col(Milestone.id))
    ).all()
    officers = _officers_on(session, list({m.project_id for m, *_rest in rows}), on)
    found = []
    for m, project, department, unit, firm in rows:
        late, unit_word = _late(calendar, m.planned_on, on)
        matter = Matter(
            subject=project,
            what=m.name,
            who=_holder(m, department, unit, firm, officers.get(m.project_id, ())),
            on=m.planned_on,
            late=late,
            unit_word=unit_word,
        )
        found.append((m.waits_for, matter))
    return found


def _holder(
    m: Milestone, department: str | None, unit: str, firm: str | None, officers: Sequence[str]
) -> str:
    """Who must act on a milestone, by name where there is one."""
    if m.waits_for is Party.DEPARTMENT:
        return department or unit
    if m.waits_for is Party.ENTERPRISE:
        return firm or PARTY_LABELS[Party.ENTERPRISE]
    return f"联络专员{'、'.join(officers[:1])}" if officers else unit


def _decisions(
    session: Session,
    actor: Actor,
    on: date,
    nodes: Sequence[Matter],
    cases: Sequence[Matter],
    only: int | None = None,
) -> tuple[Matter, ...]:
    """需领导协调事项: open demands of grade Ⅳ; nodes held by a department and permit cases that are late by
    `ESCALATE_WD` working days or more. A node and its own case are one matter."""
    where = [_demand_scope(actor), _open_demand(on), col(Demand.grade) == DemandGrade.MAJOR]
    if only is not None:
        where.append(col(Demand.project_id) == only)
    rows = session.execute(
        sa.select(Demand, Project.name, Enterprise.name, Project.lead_unit)
        .outerjoin(Project, col(Project.id) == col(Demand.project_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Demand.enterprise_id))
        .where(*where)
        .order_by(col(Demand.raised_on), col(Demand.id))
    ).all()
    officers = _officers_on(session, [d.project_id for d, *_rest in rows if d.project_id], on)
    found = []
    for d, project, firm, unit in rows:
        mine = officers.get(d.project_id or 0, ())
        who = "、".join(x for x in (unit or "", f"联络专员{'、'.join(mine)}" if mine else "") if x)
        what = f"{DEMAND_CLASS_LABELS[d.demand_class]}诉求（Ⅳ级，{d.raised_on.month}月{d.raised_on.day}日提出）：{d.content}"
        found.append(Matter(subject=project or firm or "企业", what=what, who=who, on=None))
    told: set[tuple[str, str]] = set()
    for m in sorted([*cases, *nodes], key=lambda m: -(m.late or 0)):
        if (m.subject, m.what) in told:
            continue
        told.add((m.subject, m.what))
        if m.late and m.late >= ESCALATE_WD and m.unit_word == "个工作日":
            found.append(Matter(m.subject, f"{m.what}逾期，提请协调督办", m.who, m.on, m.late, m.unit_word))
    return tuple(found)


# The report on one project ---------------------------------------------------------------------------------


def find_project(session: Session, actor: Actor, key: str) -> int:
    """The project meant by its code, its exact name or its number; `NotFound` for one not in reach.

    Raises `Refusal` when a name fits several, naming their codes.
    """
    text = key.strip()
    reach = project_condition(actor, Verb.BRIEFING_MAKE)

    def those(condition: sa.ColumnElement[bool]) -> list[tuple[int, str | None]]:
        return [
            (int(i or 0), code)
            for i, code in session.exec(select(Project.id, Project.project_code).where(reach, condition))
        ]

    found = those(col(Project.project_code) == text) or those(col(Project.name) == text)
    if not found and text.isascii() and text.isdigit() and len(text) < 10:
        found = those(col(Project.id) == int(text))
    if not found:
        raise NotFound(
            _(
                "没有找到项目“{key}”，或您无权查看。请填项目代码（如 2603-440703-04-01-123456）或完整项目名称。",
                key=text,
            )
        )
    if len(found) > 1:
        raise Refusal(
            _(
                "有 {n} 个项目名为“{key}”，请改用项目代码：{codes}。",
                n=len(found),
                key=text,
                codes="、".join(code or _("编号{id}", id=i) for i, code in found),
            )
        )
    return found[0][0]


def project_facts(session: Session, actor: Actor, project_id: int, on: date) -> ProjectFacts:
    """One project as of the day. Raises `NotFound` for one not in reach."""
    found = session.execute(
        sa.select(Project, Enterprise)
        .outerjoin(Enterprise, col(Enterprise.id) == col(Project.enterprise_id))
        .where(col(Project.id) == int(project_id), project_condition(actor, Verb.BRIEFING_MAKE))
    ).first()
    if found is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    p, firm = found
    calendar = load_calendar(session)
    lines, lights = _lines(session, actor, on, only=p.id)
    if not lines:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    line, light = lines[0], lights[p.id]
    planned = _project_nodes(session, p, line, on, calendar)
    late_nodes = [m for party, m, n in planned if n.late and party is Party.DEPARTMENT]
    case_rows, late_cases = _project_cases(session, actor, p, on, calendar)
    visits, total_visits = _project_visits(session, p.id, on)
    return ProjectFacts(
        project_id=p.id,
        as_of=on,
        line=line,
        enterprise=firm.name if firm else "",
        credit_code=(firm.credit_code or "") if firm else "",
        project_code=p.project_code or "",
        project_type=PROJECT_TYPE_LABELS[p.project_type],
        industry=p.industry,
        site=p.site,
        land_mu=p.land_mu,
        building_sqm=p.building_sqm,
        capacity=p.capacity,
        status=PROJECT_STATUS_LABELS[p.status],
        status_reason=p.status_reason,
        status_on=p.status_on,
        start_on=p.start_on,
        start_precision=p.start_precision,
        started_on=_by(p.started_on, on),
        finish_on=p.finish_on,
        finish_precision=p.finish_precision,
        finished_on=_by(p.finished_on, on),
        stage_entered_on=_by(p.stage_entered_on, on),
        terms=tuple(
            OfficerTerm(name, OFFICER_ROLE_LABELS[role], since)
            for _id, name, role, since in _assignments(session, [p.id], on)
        ),
        contacts=tuple(
            f"{c.name}{f'（{c.title}）' if c.title else ''}{mask_phone(c.phone)}"
            for c in session.exec(
                select(Contact)
                .where(col(Contact.enterprise_id) == (firm.id if firm else 0), col(Contact.active).is_(True))
                .order_by(col(Contact.id))
                .limit(3)
            )
        ),
        year=on.year,
        report=_reports(session, [p.id], on).get(p.id),
        nodes=tuple(n for _party, _m, n in planned),
        cases=case_rows,
        visits_this_year=total_visits,
        last_visits=visits,
        demands=_project_demands(session, p.id, on),
        promises=tuple(
            _promise_matter(x, to, on, calendar)
            for x, to in _promise_rows(
                session, [*_promise_scope(actor, on), col(Promise.project_id) == p.id, _open_promise(on)]
            )
        ),
        decisions=_decisions(session, actor, on, late_nodes, late_cases, only=p.id),
        ball=_ball(light),
    )


def _by(day: date | None, on: date) -> date | None:
    """What happened by the day; later had not happened yet."""
    return day if day is not None and day <= on else None


def _ball(light: LightInfo) -> str:
    if light.ground is Ground.CLOSED:
        return ""
    word = PARTY_LABELS[light.party]
    return f"{word}（{light.holder}）" if light.holder else word


def _project_nodes(
    session: Session, p: Project, line: ProjectLine, on: date, calendar: Calendar
) -> list[tuple[Party, Matter, Node]]:
    """The plan in order, each node also as a matter; those not needed are left out."""
    rows = session.execute(
        sa.select(Milestone, Department.name)
        .outerjoin(Department, col(Department.id) == col(Milestone.department_id))
        .where(col(Milestone.project_id) == p.id, col(Milestone.inactive).is_(False))
        .order_by(col(Milestone.sort), col(Milestone.stage), col(Milestone.id))
    )
    found = []
    for m, department in rows:
        done = _by(m.done_on, on)
        late, unit = _late(calendar, m.planned_on, on) if done is None else (None, "")
        if p.status is not ProjectStatus.ACTIVE:
            late = None
        party = _holder(m, department, p.lead_unit, "建设单位", line.officers)
        matter = Matter(p.name, m.name, party, m.planned_on, late, unit)
        found.append((m.waits_for, matter, Node(m.name, party, m.planned_on, done, late, m.critical)))
    return found


def _project_cases(
    session: Session, actor: Actor, p: Project, on: date, calendar: Calendar
) -> tuple[tuple[CaseRow, ...], tuple[Matter, ...]]:
    rows = _case_rows(session, actor, on, [col(Case.project_id) == p.id])
    clocks = _clocks(session, [r[0] for r in rows], on, calendar)
    told, late = [], []
    for c, item, department, _project, _firm in rows:
        both = clocks[c.id or 0]
        clock = both.committed
        decided = _by(c.decided_on, on)
        matter = _late_case(both, on, calendar, item.name, department, p.name)
        if decided is not None:
            state = "超时办结" if _is_late(both) else "已办结"
        elif both.light is Light.BLUE:
            state = "停表"
        elif both.light is Light.RED:
            state = f"逾期{matter.late}{matter.unit_word}"
            late.append(matter)
        elif clock is None:
            state = "待受理" if c.accepted_on is None else "办理中"
        else:
            state = (
                f"剩{clock.left}{'个' if clock.unit is DayUnit.WORKING else ''}{DAY_UNIT_LABELS[clock.unit]}"
            )
        told.append(
            CaseRow(
                name=item.name,
                department=department.name if department else "",
                accepted_on=_by(c.accepted_on, on),
                limit=f"{clock.limit}{'个' if clock.unit is DayUnit.WORKING else ''}{DAY_UNIT_LABELS[clock.unit]}"
                if clock
                else "",
                due_on=clock.due_on if clock else None,
                state=state,
                provisional=both.provisional,
            )
        )
    return tuple(told), tuple(late)


def _project_visits(session: Session, project_id: int, on: date) -> tuple[tuple[VisitNote, ...], int]:
    where = (
        col(Visit.project_id) == project_id,
        col(Visit.state) == VisitState.COMPLETE,
        col(Visit.visited_on) >= date(on.year, 1, 1),
        col(Visit.visited_on) <= on,
    )
    total = session.execute(sa.select(sa.func.count()).select_from(Visit).where(*where)).scalar_one()
    last = session.exec(
        select(Visit)
        .where(*where)
        .order_by(col(Visit.visited_on).desc(), col(Visit.id).desc())
        .limit(LAST_VISITS)
    ).all()
    people: dict[int, list[str]] = {}
    for person in session.exec(
        select(VisitPerson)
        .where(col(VisitPerson.visit_id).in_([v.id for v in last]), col(VisitPerson.side) == Side.OURS)
        .order_by(col(VisitPerson.id))
    ):
        people.setdefault(person.visit_id, []).append(person.name)
    notes = tuple(
        VisitNote(v.visited_on, VISIT_MODE_LABELS[v.mode], tuple(people.get(v.id or 0, ())), v.note)
        for v in last
    )
    return notes, int(total)


def _project_demands(session: Session, project_id: int, on: date) -> tuple[DemandNote, ...]:
    """Raised this year, and older ones still open, the open first."""
    rows = session.exec(
        select(Demand)
        .where(
            col(Demand.project_id) == project_id,
            col(Demand.raised_on) <= on,
            sa.or_(col(Demand.raised_on) >= date(on.year, 1, 1), _open_demand(on)),
            sa.or_(
                col(Demand.visit_id).is_(None),
                col(Demand.visit_id).in_(select(Visit.id).where(col(Visit.state) == VisitState.COMPLETE)),
            ),
        )
        .order_by(col(Demand.raised_on).desc(), col(Demand.id).desc())
    ).all()
    notes = [
        DemandNote(
            DEMAND_CLASS_LABELS[d.demand_class],
            DEMAND_GRADE_LABELS[d.grade],
            d.content,
            d.raised_on,
            _by(d.closed_on, on),
            d.result if _by(d.closed_on, on) else "",
        )
        for d in rows
    ]
    return tuple(sorted(notes, key=lambda n: n.closed_on is not None))


# Masthead, numbers, archive ---------------------------------------------------------------------------------


def setting(session: Session) -> dict[str, Any]:
    """The office's name, mastheads and distribution, as set, else as shipped."""
    row = session.get(Setting, SETTING_KEY)
    return DEFAULT_SETTING | {k: v for k, v in (row.value if row else {}).items() if k in DEFAULT_SETTING}


def imprint(session: Session, kind: BriefingKind, issued_on: date, number: int) -> Imprint:
    values = setting(session)
    return Imprint(
        masthead=values[f"masthead_{kind.value}"],
        office=values["office"],
        series_year=issued_on.year,
        number=number,
        issued_on=issued_on,
        report_to=values["report_to"],
        send_to=values["send_to"],
        distribute_to=values["distribute_to"],
        copies=int(values["copies"]),
    )


def next_number(session: Session, kind: BriefingKind, year: int) -> int:
    """The next of the series; inside the transaction that will use it (`actions` holds the lock)."""
    last = session.execute(
        sa.select(sa.func.max(col(Briefing.number))).where(
            col(Briefing.kind) == kind, col(Briefing.series_year) == year
        )
    ).scalar_one()
    return int(last or 0) + 1


@dataclass(frozen=True)
class PaperRow:
    """One paper of the archive. `public_id` names its file's URL."""

    id: int
    kind: BriefingKind
    series_year: int
    number: int
    title: str
    project_id: int | None
    from_on: date | None
    to_on: date | None
    made_at: datetime
    made_by: str
    public_id: str
    file_name: str


@dataclass(frozen=True)
class PaperPage:
    rows: tuple[PaperRow, ...]
    total: int


@dataclass(frozen=True)
class PaperCard:
    """One paper with the snapshot it was made from."""

    row: PaperRow
    context: dict[str, Any]
    sha256: str
    template: str
    template_sha256: str
    queries_version: str
    file: StoredFile


def readable(actor: Actor) -> sa.ColumnElement[bool]:
    """The SQL condition on `Briefing`: a project's paper by its project, the hall's for the whole district's
    readers and for who made it."""
    if Scope.ALL in scopes(actor, Verb.BRIEFING_READ):
        return sa.true()
    if not scopes(actor, Verb.BRIEFING_READ):
        return sa.false()
    return col(Briefing.project_id).in_(
        select(Project.id).where(project_condition(actor, Verb.BRIEFING_READ))
    )


def _paper_rows() -> Any:
    return (
        sa.select(Briefing, User.name, StoredFile)
        .join(StoredFile, col(StoredFile.id) == col(Briefing.file_id))
        .outerjoin(User, col(User.id) == col(Briefing.made_by))
    )


def _paper_row(paper: Briefing, maker: str | None, file: StoredFile) -> PaperRow:
    return PaperRow(
        id=paper.id or 0,
        kind=paper.kind,
        series_year=paper.series_year,
        number=paper.number,
        title=paper.title,
        project_id=paper.project_id,
        from_on=paper.from_on,
        to_on=paper.to_on,
        made_at=paper.made_at,
        made_by=maker or _("系统"),
        public_id=file.public_id,
        file_name=file.name,
    )


def listed(
    session: Session,
    actor: Actor,
    *,
    kind: BriefingKind | None = None,
    text: str = "",
    project_id: int | None = None,
    page: int = 1,
    per_page: int = 25,
) -> PaperPage:
    """The archive, newest first. A page past the end is the last page."""
    where = [readable(actor)]
    if kind is not None:
        where.append(col(Briefing.kind) == kind)
    if project_id is not None:
        where.append(col(Briefing.project_id) == int(project_id))
    if text.strip():
        where.append(col(Briefing.title).contains(text.strip(), autoescape=True))
    total = int(session.execute(sa.select(sa.func.count()).select_from(Briefing).where(*where)).scalar_one())
    page = max(1, min(page, -(-total // per_page)))
    rows = session.execute(
        _paper_rows()
        .where(*where)
        .order_by(col(Briefing.made_at).desc(), col(Briefing.id).desc())
        .limit(per_page)
        .offset((page - 1) * per_page)
    ).all()
    return PaperPage(tuple(_paper_row(*r) for r in rows), total)


def one(session: Session, actor: Actor, briefing_id: int) -> PaperCard:
    """One paper. Raises `NotFound` for one that is not there and for one not in reach alike."""
    found = session.execute(
        _paper_rows().where(col(Briefing.id) == int(briefing_id), readable(actor))
    ).first()
    if found is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    paper, maker, file = found
    return PaperCard(
        row=_paper_row(paper, maker, file),
        context=paper.context,
        sha256=paper.sha256,
        template=paper.template,
        template_sha256=paper.template_sha256,
        queries_version=paper.queries_version,
        file=file,
    )


def made_before(
    session: Session, kind: BriefingKind, *, project_id: int | None, from_on: date | None, to_on: date | None
) -> list[Briefing]:
    """Papers on the same subject and period, newest first: one of them may be this very paper."""
    return list(
        session.exec(
            select(Briefing)
            .where(
                col(Briefing.kind) == kind,
                col(Briefing.project_id) == project_id
                if project_id is not None
                else col(Briefing.project_id).is_(None),
                col(Briefing.from_on) == from_on if from_on else col(Briefing.from_on).is_(None),
                col(Briefing.to_on) == to_on,
            )
            .order_by(col(Briefing.id).desc())
            .limit(20)
        )
    )


@dataclass(frozen=True)
class ProjectChoice:
    id: int
    name: str
    project_code: str


def choices(session: Session, actor: Actor, text: str = "", *, limit: int = 50) -> list[ProjectChoice]:
    """Projects the actor may make a report on, by name, pinyin, initials or code."""
    asked = text.strip()
    where = [project_condition(actor, Verb.BRIEFING_MAKE)]
    if asked:
        letters = asked.lower()
        either = [
            col(Project.name).contains(asked, autoescape=True),
            col(Project.project_code).contains(asked, autoescape=True),
        ]
        if letters.isascii() and letters.isalnum():
            either += [
                col(Project.pinyin).contains(letters, autoescape=True),
                col(Project.initials).contains(letters, autoescape=True),
            ]
        where.append(sa.or_(*either))
    rows = session.exec(
        select(Project.id, Project.name, Project.project_code)
        .where(*where)
        .order_by(col(Project.pinyin))
        .limit(limit)
    )
    return [ProjectChoice(int(i or 0), n, c or "") for i, n, c in rows]


__all__ = [
    "DEFAULT_SETTING",
    "QUERIES_VERSION",
    "Mismatch",
    "PaperCard",
    "PaperPage",
    "PaperRow",
    "ProjectChoice",
    "choices",
    "find_project",
    "hall_facts",
    "imprint",
    "listed",
    "made_before",
    "next_number",
    "one",
    "project_facts",
    "readable",
    "setting",
]
