"""One project as of one day."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.briefings.context import (
    CaseRow,
    DemandNote,
    Matter,
    Node,
    OfficerTerm,
    ProjectFacts,
    ProjectLine,
    VisitNote,
)
from crm.briefings.queries.contact import (
    open_demand,
    open_promise,
    promise_matter,
    promise_rows,
    promise_scope,
)
from crm.briefings.queries.days import days_late, happened_by
from crm.briefings.queries.permits import case_rows, clocks_on, decisions, holder_of, is_late, late_case
from crm.briefings.queries.register import approved_reports, assignments_on, register_lines
from crm.core.access import Actor, Verb, project_condition
from crm.core.errors import NotFound, Refusal
from crm.core.i18n import _
from crm.core.names import mask_phone
from crm.projects.queries import Ground, LightInfo
from crm.projects.queries.past import status_on
from crm.workdays.queries import calendar as load_calendar
from crm.workdays.rules import Calendar
from models import (
    Case,
    Contact,
    Demand,
    Department,
    Enterprise,
    Milestone,
    Project,
    Promise,
    Visit,
    VisitPerson,
)
from models.vocabulary import (
    DAY_UNIT_LABELS,
    DEMAND_CLASS_LABELS,
    DEMAND_GRADE_LABELS,
    OFFICER_ROLE_LABELS,
    PARTY_LABELS,
    PROJECT_STATUS_LABELS,
    PROJECT_TYPE_LABELS,
    VISIT_MODE_LABELS,
    DayUnit,
    Light,
    Party,
    ProjectStatus,
    Side,
    VisitState,
)

LAST_VISITS = 3


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
    lines, lights = register_lines(session, actor, on, only=p.id)
    if not lines:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    line, light = lines[0], lights[p.id]
    status = ProjectStatus(
        session.execute(sa.select(status_on(on)).where(col(Project.id) == p.id)).scalar_one()
    )
    since = happened_by(p.status_on, on)
    planned = _project_nodes(session, p, status, line, on, calendar)
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
        status=PROJECT_STATUS_LABELS[status],
        status_reason=p.status_reason if since or p.status_on is None else "",
        status_on=since,
        start_on=p.start_on,
        start_precision=p.start_precision,
        started_on=happened_by(p.started_on, on),
        finish_on=p.finish_on,
        finish_precision=p.finish_precision,
        finished_on=happened_by(p.finished_on, on),
        stage_entered_on=happened_by(p.stage_entered_on, on),
        terms=tuple(
            OfficerTerm(name, OFFICER_ROLE_LABELS[role], since)
            for _id, name, role, since in assignments_on(session, [p.id], on)
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
        report=approved_reports(session, [p.id], on).get(p.id),
        nodes=tuple(n for _party, _m, n in planned),
        cases=case_rows,
        visits_this_year=total_visits,
        last_visits=visits,
        demands=_project_demands(session, p.id, on),
        promises=tuple(
            promise_matter(x, to, on, calendar)
            for x, to in promise_rows(
                session, [*promise_scope(actor, on), col(Promise.project_id) == p.id, open_promise(on)]
            )
        ),
        decisions=decisions(session, actor, on, late_nodes, late_cases, only=p.id),
        ball=_ball(light),
    )


def _ball(light: LightInfo) -> str:
    if light.ground is Ground.CLOSED:
        return ""
    word = PARTY_LABELS[light.party]
    return f"{word}（{light.holder}）" if light.holder else word


def _project_nodes(
    session: Session, p: Project, status: ProjectStatus, line: ProjectLine, on: date, calendar: Calendar
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
        done = happened_by(m.done_on, on)
        late, unit = days_late(calendar, m.planned_on, on) if done is None else (None, "")
        if status is not ProjectStatus.ACTIVE:
            late = None
        party = holder_of(m, department, p.lead_unit, "建设单位", line.officers)
        matter = Matter(p.name, m.name, party, m.planned_on, late, unit)
        found.append((m.waits_for, matter, Node(m.name, party, m.planned_on, done, late, m.critical)))
    return found


def _project_cases(
    session: Session, actor: Actor, p: Project, on: date, calendar: Calendar
) -> tuple[tuple[CaseRow, ...], tuple[Matter, ...]]:
    rows = case_rows(session, actor, on, [col(Case.project_id) == p.id])
    clocks = clocks_on(session, [r[0] for r in rows], on, calendar)
    told, late = [], []
    for c, item, department, _project, _firm in rows:
        both = clocks[c.id or 0]
        clock = both.committed
        decided = happened_by(c.decided_on, on)
        matter = late_case(both, on, calendar, item.name, department, p.name)
        if decided is not None:
            state = "超时办结" if is_late(both) else "已办结"
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
                accepted_on=happened_by(c.accepted_on, on),
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
            sa.or_(col(Demand.raised_on) >= date(on.year, 1, 1), open_demand(on)),
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
            happened_by(d.closed_on, on),
            d.result if happened_by(d.closed_on, on) else "",
        )
        for d in rows
    ]
    return tuple(sorted(notes, key=lambda n: n.closed_on is not None))
