"""Who answers for a project, from when to when. Nothing is overwritten: a hand-over ends one row and begins another."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import Session, col, select

from crm.core import access
from crm.core.access import Actor, Verb
from crm.core.db import fetch, unit_of_work
from crm.core.errors import Problem, Refusal
from crm.core.i18n import _
from crm.projects import rules
from crm.projects.facts import project_to_change
from crm.projects.inputs import AssignForm, EndAssignment, HandOver, OfficerFields
from models import Assignment, Officer, Town, User
from models.vocabulary import OfficerRole, Role


def assign(actor: Actor, form: AssignForm, *, today: date) -> int:
    """Give a project a lead or co-officer from a day on; returns the assignment's id.

    A lead already there ends the day before, and the hand-over note is kept; the first assignment's
    date survives. Raises `Refusal`: officer not in post, day in the future or before the present
    lead's own first day, replaced without a note.
    """
    access.require(actor, Verb.PROJECT_ASSIGN)
    with unit_of_work(actor, "projects.assign", reason=form.note) as session:
        project = project_to_change(session, actor, Verb.PROJECT_ASSIGN, form.project_id)
        return assign_in(session, project.id or 0, form, today=today)


def assign_in(session: Session, project_id: int, form: AssignForm, *, today: date) -> int:
    """The assignment itself, inside the caller's transaction. The caller has checked scope."""
    officer = fetch(session, Officer, form.officer_id)
    standing = _open(session, project_id)
    lead = next((a for a in standing if a.role is OfficerRole.LEAD), None)
    mine = next((a for a in standing if a.officer_id == officer.id), None)
    replaced = lead if form.role is OfficerRole.LEAD else None
    problems = []
    if not _in_post(session, officer):
        problems.append(
            Problem("officer_id", _("{name}已停用，不能指派，请另选一名在岗专员。", name=officer.name))
        )
    if rules.in_future(form.from_on, today):
        problems.append(Problem("from_on", _("开始日期不能晚于今天；交接请在当天办理。")))
    if mine is not None and mine.role is form.role:
        problems.append(Problem("officer_id", _("{name}已经在这个项目担任此角色。", name=officer.name)))
    endings = list({a.id: a for a in (replaced, mine) if a is not None}.values())
    for ending in endings:
        if form.from_on < ending.from_on:
            problems.append(
                Problem(
                    "from_on",
                    _("开始日期不能早于现任专员的开始日期 {day}。", day=ending.from_on),
                )
            )
    if replaced is not None and replaced is not mine and not form.note:
        problems.append(Problem("note", _("更换牵头专员，请写明交接事项。")))
    if problems:
        raise Refusal(*problems)
    for ending in endings:
        ending.to_on = form.from_on - timedelta(days=1)
    row = Assignment(
        project_id=project_id,
        officer_id=officer.id or 0,
        role=form.role,
        from_on=form.from_on,
        note=form.note,
    )
    session.add(row)
    session.flush()
    return row.id or 0


def hand_over(actor: Actor, form: HandOver, *, today: date) -> list[int]:
    """Give several projects to another officer, all or none; returns their ids.

    Each one through the same rules as a single assignment: the first day survives, the note is kept.
    Raises `Refusal` naming the project that stands in the way, or when there is nothing to hand over.
    """
    access.require(actor, Verb.PROJECT_ASSIGN)
    if form.from_officer_id == form.officer_id:
        raise Refusal(Problem("officer_id", _("接手人就是现任专员，请另选一人。")))
    with unit_of_work(actor, "projects.hand_over", reason=form.note) as session:
        ids = sorted(set(form.project_ids)) or _held_by(session, form.from_officer_id)
        if not ids:
            raise Refusal(Problem("project_ids", _("没有可移交的项目，请先选择项目。")))
        for project_id in ids:
            project = project_to_change(session, actor, Verb.PROJECT_ASSIGN, project_id)
            try:
                _take_over(session, project_id, form, today)
            except Refusal as refusal:
                raise Refusal(
                    *(
                        Problem(p.field, _("“{name}”：{why}", name=project.name, why=p.message))
                        for p in refusal.problems
                    )
                ) from None
        return ids


def _held_by(session: Session, officer_id: int | None) -> list[int]:
    if officer_id is None:
        return []
    return sorted(
        session.exec(
            select(Assignment.project_id).where(
                col(Assignment.officer_id) == int(officer_id), col(Assignment.to_on).is_(None)
            )
        )
    )


def _take_over(session: Session, project_id: int, form: HandOver, today: date) -> None:
    """One project of a hand-over. A successor already on it keeps the heavier of the two roles."""
    standing = _open(session, project_id)
    leaving = next((a for a in standing if a.officer_id == form.from_officer_id), None)
    if form.from_officer_id is not None and leaving is None:
        raise Refusal(Problem("project_ids", _("现任专员已不在这个项目。")))
    role = leaving.role if leaving is not None else OfficerRole.LEAD
    successor = next((a for a in standing if a.officer_id == form.officer_id), None)
    if leaving is not None and role is OfficerRole.CO:
        if form.from_on < leaving.from_on:
            raise Refusal(
                Problem("from_on", _("开始日期不能早于现任专员的开始日期 {day}。", day=leaving.from_on))
            )
        leaving.to_on = form.from_on - timedelta(days=1)
        if successor is not None:
            return
    assign_in(
        session,
        project_id,
        AssignForm(
            project_id=project_id,
            officer_id=form.officer_id,
            role=role,
            from_on=form.from_on,
            note=form.note,
        ),
        today=today,
    )


def end_assignment(actor: Actor, form: EndAssignment, *, today: date) -> None:
    """End an assignment without a successor; the project then stands on the list of those without an officer."""
    access.require(actor, Verb.PROJECT_ASSIGN)
    with unit_of_work(actor, "projects.end_assignment", reason=form.note) as session:
        row = fetch(session, Assignment, form.assignment_id)
        project_to_change(session, actor, Verb.PROJECT_ASSIGN, row.project_id)
        if row.to_on is not None:
            raise Refusal(_("这次指派已于 {day} 结束。", day=row.to_on))
        if rules.in_future(form.to_on, today):
            raise Refusal(Problem("to_on", _("最后一天不能晚于今天。")))
        if form.to_on < row.from_on:
            raise Refusal(Problem("to_on", _("最后一天不能早于开始日期 {day}。", day=row.from_on)))
        row.to_on = form.to_on
        row.note = "；".join(filter(None, (row.note, form.note)))[:500]


def create_officer(actor: Actor, form: OfficerFields) -> int:
    """Add an officer to the roll, with or without an account yet. Refuses a namesake in the same unit."""
    access.require_all(actor, Verb.PROJECT_ASSIGN)
    with unit_of_work(actor, "projects.create_officer") as session:
        _check_officer(session, form, None)
        row = Officer(**form.model_dump())
        session.add(row)
        session.flush()
        return row.id or 0


def edit_officer(actor: Actor, officer_id: int, form: OfficerFields) -> None:
    """Correct an officer's name, phone, unit or town."""
    access.require_all(actor, Verb.PROJECT_ASSIGN)
    with unit_of_work(actor, "projects.edit_officer") as session:
        row = fetch(session, Officer, officer_id)
        _check_officer(session, form, row.id)
        for name, value in form.model_dump().items():
            setattr(row, name, value)


def deactivate_officer(actor: Actor, officer_id: int, *, reason: str) -> list[int]:
    """Take an officer out of post; returns the projects he led, which now have no active lead.

    His assignments stay open until each is handed over, so that nothing is lost from sight.
    """
    access.require_all(actor, Verb.PROJECT_ASSIGN)
    if not reason.strip():
        raise Refusal(Problem("reason", _("停用专员，请写明原因。")))
    with unit_of_work(actor, "projects.deactivate_officer", reason=reason.strip()) as session:
        row = fetch(session, Officer, officer_id)
        row.active = False
        return list(
            session.exec(
                select(Assignment.project_id)
                .where(
                    col(Assignment.officer_id) == row.id,
                    col(Assignment.role) == OfficerRole.LEAD,
                    col(Assignment.to_on).is_(None),
                )
                .order_by(col(Assignment.project_id))
            )
        )


def reactivate_officer(actor: Actor, officer_id: int) -> None:
    """Put an officer back in post."""
    access.require_all(actor, Verb.PROJECT_ASSIGN)
    with unit_of_work(actor, "projects.reactivate_officer") as session:
        fetch(session, Officer, officer_id).active = True


def link_account(actor: Actor, officer_id: int, user_id: int | None) -> None:
    """Say which account is this officer's; None takes the link away. One account, one officer."""
    access.require_all(actor, Verb.USER_ADMIN)
    with unit_of_work(actor, "projects.link_account") as session:
        row = fetch(session, Officer, officer_id)
        if user_id is not None:
            user = fetch(session, User, user_id)
            if user.role is not Role.OFFICER:
                raise Refusal(Problem("user_id", _("“{name}”不是联络专员账号。", name=user.name)))
            other = session.exec(select(Officer).where(col(Officer.user_id) == user.id)).first()
            if other is not None and other.id != row.id:
                raise Refusal(
                    Problem("user_id", _("这个账号已关联专员“{name}”，请先解除。", name=other.name))
                )
        row.user_id = int(user_id) if user_id is not None else None


def _open(session: Session, project_id: int) -> list[Assignment]:
    return list(
        session.exec(
            select(Assignment).where(
                col(Assignment.project_id) == project_id, col(Assignment.to_on).is_(None)
            )
        )
    )


def _in_post(session: Session, officer: Officer) -> bool:
    user = session.get(User, officer.user_id) if officer.user_id is not None else None
    return officer.active and (user is None or user.active)


def _check_officer(session: Session, form: OfficerFields, officer_id: int | None) -> None:
    if form.town_id is not None:
        fetch(session, Town, form.town_id)
    twin = session.exec(
        select(Officer).where(col(Officer.name) == form.name, col(Officer.unit) == form.unit)
    ).first()
    if twin is not None and twin.id != officer_id:
        raise Refusal(Problem("name", _("同一单位已有同名专员，请填写不同的单位以示区分。")))
