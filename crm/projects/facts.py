"""Reads that the actions stand on: what the gates may know, who answered when, and rows in scope.

`facts_of` is the one place that turns records into `ProjectFacts`; pages show the same facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, enterprise_condition, project_condition, scopes
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.names import name_key
from crm.projects import gates, plan_rules
from models import (
    Assignment,
    Case,
    Contact,
    Department,
    DepartmentContact,
    Enterprise,
    GateFact,
    Item,
    Milestone,
    MilestoneLink,
    Officer,
    Project,
    User,
)
from models.vocabulary import DECIDED_CASE_STATES, OfficerRole, Scope, Stage

LARGE_WAN = Decimal(10_000)  # one 亿元: 江府办函〔2024〕37号 covers leads above it


def _not_found() -> NotFound:
    return NotFound(_("没有找到这条记录，或您无权查看。"))


def project_in_scope(session: Session, actor: Actor, verb: Verb, project_id: int) -> Project:
    """The project if the actor's scope for the verb reaches it; otherwise `NotFound`, as for none at all."""
    found = session.exec(
        select(Project).where(col(Project.id) == int(project_id), project_condition(actor, verb))
    ).first()
    if found is None:
        raise _not_found()
    return found


def project_to_change(session: Session, actor: Actor, verb: Verb, project_id: int) -> Project:
    """`project_in_scope`, its row held until the transaction ends: two hand-overs or moves at once
    follow each other, so that there is never a second lead or a lost stage."""
    found = session.exec(
        select(Project)
        .where(col(Project.id) == int(project_id), project_condition(actor, verb))
        .with_for_update(of=Project)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise _not_found()
    return found


def enterprise_in_scope(session: Session, actor: Actor, verb: Verb, enterprise_id: int) -> Enterprise:
    """The enterprise if the actor's scope for the verb reaches it; otherwise `NotFound`."""
    found = session.exec(
        select(Enterprise).where(col(Enterprise.id) == int(enterprise_id), enterprise_condition(actor, verb))
    ).first()
    if found is None:
        raise _not_found()
    return found


def milestone_in_scope(
    session: Session, actor: Actor, verb: Verb, milestone_id: int, *, to_change: bool = False
) -> tuple[Milestone, Project]:
    """A milestone and its project, if in scope; otherwise `NotFound`.

    A department's handler reaches the milestones of his own department, and all of a project his
    department leads.
    """
    milestone = session.get(Milestone, int(milestone_id))
    if milestone is None:
        raise _not_found()
    read = project_to_change if to_change else project_in_scope
    project = read(session, actor, verb, milestone.project_id)
    if scopes(actor, verb) == {Scope.OWN_DEPARTMENT} and actor.department_id not in (
        milestone.department_id,
        project.lead_department_id,
    ):
        raise _not_found()
    return milestone, project


# ── Gates ───────────────────────────────────────────────────────────────────────────


def facts_of(session: Session, project: Project) -> gates.ProjectFacts:
    """All that the gates may know of one project, from its records."""
    pid = project.id
    milestones = session.exec(select(Milestone).where(col(Milestone.project_id) == pid)).all()
    done = {m.code for m in milestones if m.done_on is not None}
    done |= set(
        session.exec(
            select(Item.code)
            .join(Case, col(Case.item_id) == col(Item.id))
            .where(
                col(Case.project_id) == pid,
                col(Case.state).in_(DECIDED_CASE_STATES),
                col(Case.permit_no) != "",
            )
        )
    )
    done |= set(session.exec(select(GateFact.code).where(col(GateFact.project_id) == pid)))
    firm = session.get(Enterprise, project.enterprise_id) if project.enterprise_id else None
    total = project.total_wan or Decimal(0)
    return gates.ProjectFacts(
        project_type=project.project_type,
        stage=project.stage,
        town=project.town_id is not None,
        enterprise=firm is not None,
        credit_code=bool(firm and firm.credit_code),
        investment=total > 0,
        large=total >= LARGE_WAN,
        land_area=bool(project.land_mu),
        land_by_auction=project.land_by_auction,
        project_code=bool(project.project_code),
        lead_officer=active_lead(session, project.id) is not None,
        contact=firm is not None
        and _any(
            session,
            sa.select(Contact.id).where(  # type: ignore[call-overload]
                col(Contact.enterprise_id) == firm.id, col(Contact.active).is_(True)
            ),
        ),
        department_contact=_any(
            session,
            sa.select(DepartmentContact.id).where(col(DepartmentContact.project_id) == pid),  # type: ignore[call-overload]
        ),
        plan=any(m.planned_on is not None or m.done_on is not None for m in milestones),
        started=project.started_on is not None,
        finished=project.finished_on is not None,
        produced=project.produced_on is not None,
        done=frozenset(done),
        planned=frozenset(m.code for m in milestones if not m.inactive),
        not_needed=frozenset(m.code for m in milestones if m.inactive),
    )


def facts_with(
    facts: gates.ProjectFacts, typed: Mapping[str, Any], firm: Enterprise | None
) -> gates.ProjectFacts:
    """The same facts as they would be with the project form's values `typed` and its enterprise `firm`."""
    total = typed["total_wan"] or Decimal(0)
    return replace(
        facts,
        project_type=typed["project_type"],
        town=typed["town_id"] is not None,
        enterprise=firm is not None,
        credit_code=bool(firm and firm.credit_code),
        investment=total > 0,
        large=total >= LARGE_WAN,
        land_area=bool(typed["land_mu"]),
        land_by_auction=typed["land_by_auction"],
        project_code=bool(typed["project_code"]),
        started=typed["started_on"] is not None,
        finished=typed["finished_on"] is not None,
        produced=typed["produced_on"] is not None,
    )


def still_missing(
    session: Session, actor: Actor, project_id: int, to_stage: Stage | None = None
) -> list[gates.Requirement]:
    """What the project still lacks for `to_stage` (the next stage when None); empty at the last stage.

    The same list the check goes by. Raises `NotFound` for a project the actor may not see.
    """
    project = project_in_scope(session, actor, Verb.PROJECT_VIEW, project_id)
    target = to_stage if to_stage is not None else Stage(min(project.stage + 1, max(Stage)))
    return gates.missing_for(facts_of(session, project), target)


def _any(session: Session, statement: Any) -> bool:
    return session.execute(statement.limit(1)).first() is not None


# ── Officers ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class OfficerOn:
    """Who answered for a project on a day. `to_on` is the last day, None while it lasts."""

    assignment_id: int
    officer_id: int
    name: str
    unit: str
    role: OfficerRole
    from_on: date
    to_on: date | None
    active: bool  # in post, with his account (if any) enabled, as of now


def officers_on(session: Session, project_id: int, day: date) -> tuple[OfficerOn, ...]:
    """The officers of a project on one day, the lead first: a paper about last month names last month's."""
    rows = session.exec(
        select(Assignment, Officer, User)
        .join(Officer, col(Officer.id) == col(Assignment.officer_id))
        .outerjoin(User, col(User.id) == col(Officer.user_id))
        .where(
            col(Assignment.project_id) == int(project_id),
            col(Assignment.from_on) <= day,
            sa.or_(col(Assignment.to_on).is_(None), col(Assignment.to_on) >= day),
        )
        .order_by(col(Assignment.from_on), col(Assignment.id))
    ).all()
    found = [
        OfficerOn(
            assignment_id=a.id or 0,
            officer_id=o.id or 0,
            name=o.name,
            unit=o.unit,
            role=a.role,
            from_on=a.from_on,
            to_on=a.to_on,
            active=o.active and (u is None or u.active),
        )
        for a, o, u in rows
    ]
    return tuple(sorted(found, key=lambda f: f.role is not OfficerRole.LEAD))


def active_lead(session: Session, project_id: int | None) -> Assignment | None:
    """The open assignment of a lead officer who is in post and whose account, if any, is enabled."""
    return session.exec(
        select(Assignment)
        .join(Officer, col(Officer.id) == col(Assignment.officer_id))
        .outerjoin(User, col(User.id) == col(Officer.user_id))
        .where(
            col(Assignment.project_id) == project_id,
            col(Assignment.role) == OfficerRole.LEAD,
            col(Assignment.to_on).is_(None),
            col(Officer.active).is_(True),
            sa.or_(col(Officer.user_id).is_(None), col(User.active).is_(True)),
        )
    ).first()


# ── Plan ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class PlanOf:
    """A project's milestones by code, and the same as steps of the plan's arithmetic."""

    milestones: Mapping[str, Milestone]
    steps: tuple[plan_rules.Step, ...]


def plan_of(session: Session, project_id: int) -> PlanOf:
    """The milestones of a project with their prerequisites, in their order."""
    milestones = session.exec(
        select(Milestone)
        .where(col(Milestone.project_id) == int(project_id))
        .order_by(col(Milestone.sort), col(Milestone.id))
    ).all()
    before: dict[int, list[int]] = {}
    for link in links_of(session, project_id):
        before.setdefault(link.milestone_id, []).append(link.prerequisite_id)
    code = {m.id: m.code for m in milestones}
    return PlanOf(
        milestones={m.code: m for m in milestones},
        steps=tuple(
            plan_rules.Step(
                code=m.code,
                name=m.name,
                duration_wd=m.duration_wd,
                prerequisites=tuple(code[p] for p in before.get(m.id or 0, []) if p in code),
                planned_on=m.planned_on,
                done_on=m.done_on,
                inactive=m.inactive,
                planned_start_on=m.planned_start_on,
            )
            for m in milestones
        ),
    )


def links_of(session: Session, project_id: int) -> Sequence[MilestoneLink]:
    """What must come before what, in one project."""
    return session.exec(
        select(MilestoneLink)
        .join(Milestone, col(Milestone.id) == col(MilestoneLink.milestone_id))
        .where(col(Milestone.project_id) == int(project_id))
    ).all()


# ── Names ───────────────────────────────────────────────────────────────────────────


def department_named(session: Session, text: str) -> int | None:
    """The department a unit's name means: by name, short name or alias. None when there is no such one."""
    key = name_key(text)
    if not key:
        return None
    for department in session.exec(select(Department)):
        names = (department.name, department.short, *department.aliases)
        if any(name and name_key(name) == key for name in names):
            return department.id
    return None
