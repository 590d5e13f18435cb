"""Reads of cases and the catalogue: one case with its clocks, lists paged in SQL, the expiry watch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals import rules
from crm.approvals.rules import CaseClocks, Step, Stop, Terms
from crm.core.access import Actor, Verb, enterprise_condition, project_condition, require, scopes
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.names import name_key
from crm.workdays import queries as workdays
from crm.workdays.rules import Calendar
from models import Case, ClockStop, Department, Enterprise, Item, Milestone, Project
from models.vocabulary import CaseState, DayUnit, Light, ProjectStatus, Scope, StopKind


def case_condition(actor: Actor, verb: Verb) -> sa.ColumnElement[bool]:
    """The SQL condition on `Case`: of a project in scope, of an enterprise in scope when it has no
    project, or decided by the actor's own department."""
    reach = scopes(actor, verb)
    if Scope.ALL in reach:
        return sa.true()
    if not reach:
        return sa.false()
    either: list[sa.ColumnElement[bool]] = [
        col(Case.project_id).in_(select(Project.id).where(project_condition(actor, verb))),
        sa.and_(
            col(Case.project_id).is_(None),
            col(Case.enterprise_id).in_(select(Enterprise.id).where(enterprise_condition(actor, verb))),
        ),
    ]
    if Scope.OWN_DEPARTMENT in reach and actor.department_id is not None:
        either.append(col(Case.department_id) == actor.department_id)
    return sa.or_(*either)


def find_case(session: Session, actor: Actor, case_id: int, verb: Verb) -> Case:
    """The case, if it is there and in the actor's reach for the verb; else the same `NotFound`."""
    found = session.exec(
        select(Case).where(col(Case.id) == int(case_id), case_condition(actor, verb))
    ).first()
    if found is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return found


def stops_of(session: Session, case_ids: Sequence[int]) -> dict[int, list[ClockStop]]:
    """The stops of each case, oldest first."""
    found: dict[int, list[ClockStop]] = defaultdict(list)
    for start in range(0, len(case_ids), 500):
        rows = session.exec(
            select(ClockStop)
            .where(col(ClockStop.case_id).in_(case_ids[start : start + 500]))
            .order_by(col(ClockStop.from_on), col(ClockStop.id))
        )
        for row in rows:
            found[row.case_id].append(row)
    return found


def clocks_of(case: Case, stops: Sequence[ClockStop], today: date, calendar: Calendar) -> CaseClocks:
    """The rule's verdict on a stored case. The only way from a row to a light."""
    return rules.case_clocks(
        Terms(
            case.starts_on or case.accepted_on,
            case.legal_limit,
            case.promised_limit,
            case.unit,
            case.extension,
        ),
        [Stop(s.from_on, s.to_on, s.told_on) for s in stops],
        today=today,
        calendar=calendar,
        decided_on=case.decided_on,
    )


@dataclass(frozen=True)
class CaseRow:
    """One case in a list. `clocks` is judged on the day asked for."""

    id: int
    case_no: str
    item_code: str
    item: str
    department: str
    enterprise_id: int | None
    enterprise: str
    project_id: int | None
    project: str
    milestone_id: int | None
    state: CaseState
    received_on: date
    accepted_on: date | None
    decided_on: date | None
    permit_no: str
    expires_on: date | None
    clocks: CaseClocks

    @property
    def light(self) -> Light:
        return self.clocks.light


@dataclass(frozen=True)
class StopRow:
    """One stop of a case. `open`: not resumed yet; `holds`: it does stop the clock on the day asked for."""

    id: int
    kind: StopKind
    ground: str
    basis: str
    from_on: date
    to_on: date | None
    planned_wd: int
    told_on: date | None
    notice_no: str
    open: bool
    holds: bool


@dataclass(frozen=True)
class CaseView:
    """One case whole. `steps` are what its state allows next, whoever asks."""

    row: CaseRow
    version: int
    starts_on: date | None
    legal_limit: int | None
    promised_limit: int | None
    unit: DayUnit
    extension: int
    extension_limit: int
    extension_approver: str
    extension_reason: str
    extended_on: date | None
    result: str
    issued_on: date | None
    renew_by_on: date | None
    note: str
    legal_basis: str
    special_steps: str
    follow_up: str
    clock_start: str
    valid_months: int | None
    stops: tuple[StopRow, ...]
    steps: tuple[Step, ...]
    milestone: str  # the project's milestone that the permit proves, "" without one
    milestone_done_on: date | None


def _named() -> sa.Select[Case, Item, Department, Enterprise, Project]:
    return (
        sa.select(Case, Item, Department, Enterprise, Project)
        .join(Item, col(Item.id) == col(Case.item_id))
        .outerjoin(Department, col(Department.id) == col(Case.department_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Case.enterprise_id))
        .outerjoin(Project, col(Project.id) == col(Case.project_id))
    )


def _rows(
    session: Session, query: sa.Select[Case, Item, Department, Enterprise, Project], today: date
) -> list[CaseRow]:
    found = session.execute(query).all()
    calendar = workdays.calendar(session)
    stops = stops_of(session, [case.id for case, *_rest in found if case.id is not None])
    return [
        CaseRow(
            id=case.id or 0,
            case_no=case.case_no,
            item_code=item.code,
            item=item.name,
            department=(department.short or department.name) if department else "",
            enterprise_id=case.enterprise_id,
            enterprise=enterprise.name if enterprise else "",
            project_id=case.project_id,
            project=project.name if project else "",
            milestone_id=case.milestone_id,
            state=case.state,
            received_on=case.received_on,
            accepted_on=case.accepted_on,
            decided_on=case.decided_on,
            permit_no=case.permit_no,
            expires_on=case.expires_on,
            clocks=clocks_of(case, stops[case.id or 0], today, calendar),
        )
        for case, item, department, enterprise, project in found
    ]


def case_view(session: Session, actor: Actor, case_id: int, today: date) -> CaseView:
    """One case with its clocks, stops and next steps."""
    require(actor, Verb.PROJECT_VIEW)
    case = find_case(session, actor, case_id, Verb.PROJECT_VIEW)
    row = _rows(session, _named().where(col(Case.id) == case.id), today)[0]
    item = session.get_one(Item, case.item_id)
    stops = stops_of(session, [row.id])[row.id]
    milestone = session.get(Milestone, case.milestone_id) if case.milestone_id is not None else None
    return CaseView(
        row=row,
        version=case.version,
        starts_on=case.starts_on or case.accepted_on,
        legal_limit=case.legal_limit,
        promised_limit=case.promised_limit,
        unit=case.unit,
        extension=case.extension,
        extension_limit=item.extension_limit,
        extension_approver=case.extension_approver,
        extension_reason=case.extension_reason,
        extended_on=case.extended_on,
        result=case.result,
        issued_on=case.issued_on,
        renew_by_on=case.renew_by_on,
        note=case.note,
        legal_basis=item.legal_basis,
        special_steps=item.special_steps,
        follow_up=item.follow_up,
        clock_start=item.clock_start,
        valid_months=item.valid_months,
        stops=tuple(_stop_row(stop, today) for stop in stops),
        steps=tuple(rules.next_steps(case.state)),
        milestone=milestone.name if milestone else "",
        milestone_done_on=milestone.done_on if milestone else None,
    )


def _stop_row(stop: ClockStop, today: date) -> StopRow:
    return StopRow(
        id=stop.id or 0,
        kind=stop.kind,
        ground=stop.ground,
        basis=stop.basis,
        from_on=stop.from_on,
        to_on=stop.to_on,
        planned_wd=stop.planned_wd,
        told_on=stop.told_on,
        notice_no=stop.notice_no,
        open=stop.to_on is None,
        holds=Stop(stop.from_on, stop.to_on, stop.told_on).holds_on(today),
    )


def cases_of_project(session: Session, actor: Actor, project_id: int, today: date) -> list[CaseRow]:
    """The cases of one project, running ones first, then by due date."""
    require(actor, Verb.PROJECT_VIEW)
    query = (
        _named()
        .where(col(Case.project_id) == int(project_id), case_condition(actor, Verb.PROJECT_VIEW))
        .order_by(col(Case.decided_on).is_not(None), *_by_due())
    )
    return _rows(session, query, today)


def _by_due() -> tuple[Any, ...]:
    due = sa.func.coalesce(col(Case.promised_due_on), col(Case.due_on))
    return (due.is_(None), due, col(Case.received_on), col(Case.id))


@dataclass(frozen=True)
class CaseFilter:
    """What a list of cases is narrowed to. `search` is a case number, item, enterprise or project."""

    search: str = ""
    state: CaseState | None = None
    department_id: int | None = None
    running_only: bool = False


def case_list(
    session: Session, actor: Actor, today: date, wanted: CaseFilter, *, page: int = 1, per_page: int = 25
) -> tuple[list[CaseRow], int]:
    """(one page of cases, how many there are), soonest due first."""
    require(actor, Verb.PROJECT_VIEW)
    where: list[sa.ColumnElement[bool]] = [case_condition(actor, Verb.PROJECT_VIEW)]
    if wanted.state is not None:
        where.append(col(Case.state) == wanted.state)
    if wanted.running_only:
        where.append(col(Case.state).in_((CaseState.RECEIVED, CaseState.ACCEPTED)))
    if wanted.department_id is not None:
        where.append(col(Case.department_id) == wanted.department_id)
    text = wanted.search.strip()
    if text:
        where.append(
            sa.or_(
                col(Case.case_no).contains(text, autoescape=True),
                col(Item.name).contains(text, autoescape=True),
                col(Enterprise.name_key).contains(name_key(text), autoescape=True),
                col(Project.name_key).contains(name_key(text), autoescape=True),
            )
        )
    base = _named().where(*where)
    total = session.execute(
        base.with_only_columns(sa.func.count(col(Case.id)), maintain_column_froms=True)
    ).scalar_one()
    query = (
        base.order_by(col(Case.decided_on).is_not(None), *_by_due())
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return _rows(session, query, today), int(total)


# Permits that lapse unless building starts; once it has started they are watched no more.
# 建筑法 第九条 (P34); 环境影响评价法 第二十四条 (P23, P24); 水利部令第53号 (P27, P28); filing and
# approval of the project (P12, P13) and the energy review (P26).
START_BOUND = frozenset({"P12", "P13", "P23", "P24", "P26", "P27", "P28", "P34"})


@dataclass(frozen=True)
class ExpiryRow:
    """One issued permit whose end, or last day to apply for renewal, is near or past."""

    case_id: int
    item_code: str
    item: str
    permit_no: str
    enterprise: str
    project_id: int | None
    project: str
    issued_on: date
    expires_on: date
    renew_by_on: date | None
    must_start: bool  # it lapses because building has not started
    act_by_on: date  # the earlier of the two dates: the one to act before
    days_left: int  # calendar days to `act_by_on`; negative when past
    follow_up: str


def expiry_watch(session: Session, actor: Actor, today: date, *, within_days: int = 90) -> list[ExpiryRow]:
    """Issued permits to act on within so many calendar days, soonest first.

    A permit that only lapses without a start is left out once the project has started; so is any
    permit of a terminated project.
    """
    require(actor, Verb.PROJECT_VIEW)
    until = today + timedelta(days=within_days)
    act_by = sa.func.coalesce(col(Case.renew_by_on), col(Case.expires_on))
    query = (
        _named()
        .where(
            case_condition(actor, Verb.PROJECT_VIEW),
            col(Case.issued_on).is_not(None),
            col(Case.expires_on).is_not(None),
            act_by <= until,
            sa.or_(col(Item.code).not_in(START_BOUND), col(Project.started_on).is_(None)),
            sa.or_(col(Case.project_id).is_(None), col(Project.status) != ProjectStatus.TERMINATED),
        )
        .order_by(act_by, col(Case.id))
    )
    found: list[ExpiryRow] = []
    for case, item, _department, enterprise, project in session.execute(query):
        act_by_on = case.renew_by_on or case.expires_on
        found.append(
            ExpiryRow(
                case_id=case.id,
                item_code=item.code,
                item=item.name,
                permit_no=case.permit_no,
                enterprise=enterprise.name if enterprise else "",
                project_id=case.project_id,
                project=project.name if project else "",
                issued_on=case.issued_on,
                expires_on=case.expires_on,
                renew_by_on=case.renew_by_on,
                must_start=item.code in START_BOUND,
                act_by_on=act_by_on,
                days_left=(act_by_on - today).days,
                follow_up=item.follow_up,
            )
        )
    return found


# --- the catalogue


@dataclass(frozen=True)
class ItemRow:
    """One item of the catalogue. `doubtful`: something in it was never confirmed."""

    id: int
    version: int
    code: str
    name: str
    phase: str
    kind: str
    department: str
    department_id: int | None
    legal_limit: int | None
    legal_limit_text: str
    unit: DayUnit
    promised_limit: int | None
    promised_limit_text: str
    extension_limit: int
    clock_start: str
    legal_basis: str
    prerequisite_text: str
    promise_route: str
    special_steps: str
    follow_up: str
    valid_months: int | None
    renew_before: int | None
    renew_unit: DayUnit
    certainty: str
    active: bool

    @property
    def doubtful(self) -> bool:
        told = f"{self.certainty} {self.legal_limit_text} {self.special_steps} {self.follow_up} {self.department}"
        return any(word in told for word in DOUBT)


DOUBT = ("待核", "待确认")


@dataclass(frozen=True)
class ItemFilter:
    """What the catalogue is narrowed to."""

    search: str = ""
    phase: str = ""
    department_id: int | None = None
    doubtful_only: bool = False
    active_only: bool = True


def item_list(
    session: Session, wanted: ItemFilter, *, page: int = 1, per_page: int = 25
) -> tuple[list[ItemRow], int]:
    """(one page of the catalogue, how many there are) by code. Public knowledge: no scope."""
    where: list[sa.ColumnElement[bool]] = []
    if wanted.active_only:
        where.append(col(Item.active).is_(True))
    if wanted.phase:
        where.append(col(Item.phase) == wanted.phase)
    if wanted.department_id is not None:
        where.append(col(Item.department_id) == wanted.department_id)
    text = wanted.search.strip()
    if text:
        where.append(
            sa.or_(
                *(
                    c.contains(text, autoescape=True)
                    for c in (col(Item.code), col(Item.name), col(Item.legal_basis), col(Item.department))
                )
            )
        )
    if wanted.doubtful_only:
        told = (Item.certainty, Item.legal_limit_text, Item.special_steps, Item.follow_up, Item.department)
        where.append(sa.or_(*(col(c).contains(word) for c in told for word in DOUBT)))
    total = session.exec(select(sa.func.count(col(Item.id))).where(*where)).one()
    rows = session.exec(
        select(Item).where(*where).order_by(col(Item.code)).limit(per_page).offset((page - 1) * per_page)
    )
    return [item_row(item) for item in rows], int(total)


def find_item(session: Session, item_id: int) -> ItemRow:
    """One item, or `NotFound`."""
    item = session.get(Item, int(item_id))
    if item is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return item_row(item)


def item_row(item: Item) -> ItemRow:
    values = item.model_dump(include=set(ItemRow.__dataclass_fields__) - {"id"})
    return ItemRow(id=item.id or 0, **values)


def phases(session: Session) -> list[str]:
    """The phases the catalogue knows, in order."""
    return list(session.exec(select(Item.phase).distinct().order_by(col(Item.phase))))


def departments(session: Session) -> dict[int, str]:
    """id -> name of the departments one may choose."""
    rows = session.exec(
        select(Department).where(col(Department.active).is_(True)).order_by(col(Department.id))
    )
    return {d.id: d.name for d in rows if d.id is not None}


def items_to_apply_for(session: Session) -> dict[int, str]:
    """id -> "code name" of the active items, for the form that registers a case."""
    rows = session.exec(select(Item).where(col(Item.active).is_(True)).order_by(col(Item.code)))
    return {i.id: f"{i.code} {i.name}" for i in rows if i.id is not None}


def projects_to_choose(session: Session, actor: Actor, search: str, *, limit: int = 20) -> dict[int, str]:
    """id -> name of the projects one may register a case for, by part of the name."""
    rows = session.exec(
        select(Project)
        .where(
            project_condition(actor, Verb.CASE_EDIT),
            col(Project.name_key).contains(name_key(search), autoescape=True),
        )
        .order_by(col(Project.name))
        .limit(limit)
    )
    return {p.id: p.name for p in rows if p.id is not None}


def project_name(session: Session, actor: Actor, project_id: int) -> str | None:
    """The name of a project one may register a case for; None when it is not in reach."""
    return session.exec(
        select(Project.name).where(
            col(Project.id) == int(project_id), project_condition(actor, Verb.CASE_EDIT)
        )
    ).first()


@dataclass(frozen=True)
class MilestoneChoice:
    """The milestone a new case is for, and the catalogue's item behind it."""

    id: int
    name: str
    project_id: int
    item_id: int | None


def milestone_to_apply_for(session: Session, actor: Actor, milestone_id: int) -> MilestoneChoice | None:
    """A milestone one may register a case for; None when it is not in reach or its project is not."""
    row = session.exec(
        select(Milestone)
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .where(col(Milestone.id) == int(milestone_id), project_condition(actor, Verb.CASE_EDIT))
    ).first()
    return MilestoneChoice(row.id or 0, row.name, row.project_id, row.item_id) if row else None


def may_work(session: Session, actor: Actor, case_id: int) -> bool:
    """Whether the actor may take the case's next step: for its buttons. The action asks again."""
    return (
        session.exec(
            select(Case.id).where(col(Case.id) == int(case_id), case_condition(actor, Verb.CASE_EDIT))
        ).first()
        is not None
    )
