"""The register itself: projects, enterprises, and the people one reaches there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm.core import access
from crm.core.access import Actor, Verb
from crm.core.db import apply_changes, fetch, unit_of_work
from crm.core.errors import Problem, Refusal
from crm.core.i18n import _
from crm.core.names import name_key, pinyin_of
from crm.projects import gates, rules
from crm.projects.facts import (
    department_named,
    enterprise_in_scope,
    facts_of,
    facts_with,
    project_to_change,
)
from crm.projects.inputs import (
    ENTERPRISE_LABELS,
    PROJECT_LABELS,
    ContactForm,
    DepartmentContactForm,
    EditEnterprise,
    EditProject,
    EnterpriseFields,
    ProjectFields,
    good_credit_code,
    good_project_code,
)
from models import Contact, Department, DepartmentContact, Enterprise, Project, Town

ACTUAL_DATES = ("started_on", "finished_on", "produced_on")  # in the order they happen


def create_project(actor: Actor, form: ProjectFields, *, today: date) -> int:
    """Add a project at the first stage; returns its id.

    Raises `Refusal`: a date that contradicts another, a code or a name in the town already taken.
    """
    access.require_all(actor, Verb.PROJECT_CREATE)
    with unit_of_work(actor, "projects.create_project") as session:
        problems = _project_problems(session, form, today, None, ProjectFields.model_fields)
        if problems:
            raise Refusal(*problems)
        full, initials = pinyin_of(form.name)
        project = Project(
            **_values(form),
            name_key=name_key(form.name),
            pinyin=full,
            initials=initials,
            lead_department_id=department_named(session, form.lead_unit),
            stage_entered_on=today,
        )
        session.add(project)
        with _unique("project_code"):
            session.flush()
        return project.id or 0


def edit_project(actor: Actor, form: EditProject, *, today: date) -> dict[str, Any]:
    """Change a project's fields; returns what changed.

    `Conflict` names, field by field, what somebody else saved meanwhile. `Refusal` when a value is
    wrong, or when the edit would take away what the project's present stage requires; what was
    missing before does not stand in the way.
    """
    access.require(actor, Verb.PROJECT_EDIT)
    with unit_of_work(actor, "projects.edit_project") as session:
        project = project_to_change(session, actor, Verb.PROJECT_EDIT, form.project_id)
        before = facts_of(session, project)
        changed = apply_changes(project, _values(form.opened), _values(form.typed), form.version)
        merged = {name: getattr(project, name) for name in _values(form.typed)}
        with session.no_autoflush:
            kept = ProjectFields.model_construct(**merged)
            problems = _project_problems(session, kept, today, project.id, changed)
            firm = session.get(Enterprise, project.enterprise_id) if project.enterprise_id else None
        after = facts_with(before, merged, firm)
        problems += [_kept_problem(r) for r in gates.newly_missing(before, after)]
        if problems:
            raise Refusal(*problems)
        if "name" in changed:
            project.name_key = name_key(project.name)
            project.pinyin, project.initials = pinyin_of(project.name)
        if "lead_unit" in changed:
            project.lead_department_id = department_named(session, project.lead_unit)
        with _unique("project_code"):
            session.flush()
        return changed


@contextmanager
def _unique(field: str) -> Iterator[None]:
    """Somebody entered the same code in the same moment: the database's own unique key says so."""
    try:
        yield
    except IntegrityError as error:
        raise Refusal(Problem(field, _("刚刚有人登记了相同的代码，请刷新后核对。"))) from error


def _values(form: ProjectFields) -> dict[str, Any]:
    """The form as the record keeps it: the hand-set party is a word or ""."""
    values = form.model_dump()
    values["ball"] = form.ball.value if form.ball else ""
    return values


def _kept_problem(requirement: gates.Requirement) -> Problem:
    return Problem(
        requirement.field or requirement.code,
        _("项目目前所处阶段要求有“{label}”，不能清空。", label=_(requirement.label)),
    )


def _project_problems(
    session: Session, form: ProjectFields, today: date, project_id: int | None, changed: Collection[str]
) -> list[Problem]:
    """What speaks against the fields in `changed`, all at once; what was odd before is left alone."""
    label = {name: _(text) for name, text in PROJECT_LABELS.items()}
    problems = [
        Problem(name, _("“{label}”不能晚于今天。", label=label[name]))
        for name in ACTUAL_DATES
        if name in changed and rules.in_future(getattr(form, name), today)
    ]
    for first, second in (
        ("start_on", "finish_on"),
        ("started_on", "finished_on"),
        ("started_on", "produced_on"),
    ):
        a, b = getattr(form, first), getattr(form, second)
        if {first, second}.isdisjoint(changed) or a is None or b is None or b >= a:
            continue
        says = _("“{second}”早于“{first}”，请核对。", first=label[first], second=label[second])
        problems.append(Problem(second, says))
    for name, model in (("town_id", Town), ("enterprise_id", Enterprise)):
        key = getattr(form, name)
        if name in changed and key is not None and session.get(model, key) is None:
            problems.append(Problem(name, _("所选的“{label}”已不存在，请重新选择。", label=label[name])))
    other = col(Project.id) != (project_id or 0)
    if "project_code" in changed and form.project_code:
        if not good_project_code(form.project_code):
            problems.append(Problem("project_code", _("项目代码格式不对，应如 2601-440703-04-01-123456。")))
        twin = session.exec(
            select(Project).where(col(Project.project_code) == form.project_code, other)
        ).first()
        if twin is not None:
            problems.append(
                Problem("project_code", _("这个项目代码已用于“{name}”，请核对。", name=twin.name))
            )
    if not {"name", "town_id"}.isdisjoint(changed):
        town = col(Project.town_id)
        same = session.exec(
            select(Project).where(
                col(Project.name_key) == name_key(form.name),
                town == form.town_id if form.town_id else town.is_(None),
                other,
            )
        ).first()
        if same is not None:
            problems.append(Problem("name", _("同一镇街已有项目“{name}”，请勿重复登记。", name=same.name)))
    return problems


# ── People of the departments ───────────────────────────────────────────────────────


def add_department_contact(actor: Actor, form: DepartmentContactForm) -> int:
    """Name a department's contact person for a project; the same person again only updates his phone."""
    access.require(actor, Verb.PROJECT_EDIT)
    with unit_of_work(actor, "projects.add_department_contact") as session:
        project = project_to_change(session, actor, Verb.PROJECT_EDIT, form.project_id)
        fetch(session, Department, form.department_id)
        row = session.exec(
            select(DepartmentContact).where(
                col(DepartmentContact.project_id) == project.id,
                col(DepartmentContact.department_id) == form.department_id,
                col(DepartmentContact.name) == form.name,
            )
        ).first()
        if row is None:
            row = DepartmentContact(**form.model_dump())
            session.add(row)
        row.phone = form.phone
        session.flush()
        return row.id or 0


def remove_department_contact(actor: Actor, contact_id: int) -> None:
    """Take a department's contact person off a project; refused when the stage reached needs one."""
    access.require(actor, Verb.PROJECT_EDIT)
    with unit_of_work(actor, "projects.remove_department_contact") as session:
        row = fetch(session, DepartmentContact, contact_id)
        project = project_to_change(session, actor, Verb.PROJECT_EDIT, row.project_id)
        before = facts_of(session, project)
        session.delete(row)
        session.flush()
        lost = gates.newly_missing(before, facts_of(session, project))
        if lost:
            raise Refusal(*(_kept_problem(r) for r in lost))


# ── Enterprises ─────────────────────────────────────────────────────────────────────


def create_enterprise(actor: Actor, form: EnterpriseFields) -> int:
    """Add an enterprise; returns its id. Refuses a credit code or a name already there."""
    if not access.may(actor, Verb.PROJECT_CREATE):
        access.require(actor, Verb.PROJECT_EDIT)
    with unit_of_work(actor, "projects.create_enterprise") as session:
        problems = _enterprise_problems(session, form, None, EnterpriseFields.model_fields)
        if problems:
            raise Refusal(*problems)
        full, initials = pinyin_of(form.name)
        row = Enterprise(**form.model_dump(), name_key=name_key(form.name), pinyin=full, initials=initials)
        session.add(row)
        with _unique("credit_code"):
            session.flush()
        return row.id or 0


def edit_enterprise(actor: Actor, form: EditEnterprise) -> dict[str, Any]:
    """Change an enterprise; returns what changed. Clearing a credit code that a project's stage needs is refused."""
    access.require(actor, Verb.PROJECT_EDIT)
    with unit_of_work(actor, "projects.edit_enterprise") as session:
        row = enterprise_in_scope(session, actor, Verb.PROJECT_EDIT, form.enterprise_id)
        projects = session.exec(select(Project).where(col(Project.enterprise_id) == row.id)).all()
        before = [facts_of(session, p) for p in projects]
        changed = apply_changes(row, form.opened.model_dump(), form.typed.model_dump(), form.version)
        kept = EnterpriseFields.model_construct(**{n: getattr(row, n) for n in EnterpriseFields.model_fields})
        with session.no_autoflush:
            problems = _enterprise_problems(session, kept, row.id, changed)
        if "credit_code" in changed and not problems:
            with _unique("credit_code"):
                session.flush()
            for project, facts in zip(projects, before, strict=True):
                problems += [_kept_problem(r) for r in gates.newly_missing(facts, facts_of(session, project))]
        if problems:
            raise Refusal(*problems)
        if "name" in changed:
            row.name_key = name_key(row.name)
            row.pinyin, row.initials = pinyin_of(row.name)
        return changed


def _enterprise_problems(
    session: Session, form: EnterpriseFields, enterprise_id: int | None, changed: Collection[str]
) -> list[Problem]:
    """What speaks against the fields in `changed`, all at once; what was odd before is left alone."""
    problems = []
    other = col(Enterprise.id) != (enterprise_id or 0)
    if "credit_code" in changed and form.credit_code:
        if not good_credit_code(form.credit_code):
            problems.append(
                Problem(
                    "credit_code",
                    _("不是有效的统一社会信用代码（18 位，末位为校验码），请对照营业执照核对。"),
                )
            )
        twin = session.exec(
            select(Enterprise).where(col(Enterprise.credit_code) == form.credit_code, other)
        ).first()
        if twin is not None:
            problems.append(Problem("credit_code", _("这个信用代码已用于“{name}”，请核对。", name=twin.name)))
    if "name" in changed:
        same = session.exec(
            select(Enterprise).where(col(Enterprise.name_key) == name_key(form.name), other)
        ).first()
        if same is not None:
            problems.append(Problem("name", _("已有企业“{name}”，请直接选用。", name=same.name)))
    if "town_id" in changed and form.town_id is not None and session.get(Town, form.town_id) is None:
        problems.append(
            Problem(
                "town_id", _("所选的“{label}”已不存在，请重新选择。", label=_(ENTERPRISE_LABELS["town_id"]))
            )
        )
    return problems


def add_contact(actor: Actor, form: ContactForm) -> int:
    """Add a person one reaches at the enterprise."""
    access.require(actor, Verb.PROJECT_EDIT)
    with unit_of_work(actor, "projects.add_contact") as session:
        enterprise_in_scope(session, actor, Verb.PROJECT_EDIT, form.enterprise_id)
        row = Contact(**form.model_dump())
        session.add(row)
        session.flush()
        return row.id or 0


def edit_contact(actor: Actor, contact_id: int, form: ContactForm, *, version: int) -> None:
    """Correct a contact. `Conflict` when somebody saved first."""
    access.require(actor, Verb.PROJECT_EDIT)
    with unit_of_work(actor, "projects.edit_contact") as session:
        row = fetch(session, Contact, contact_id)
        enterprise_in_scope(session, actor, Verb.PROJECT_EDIT, row.enterprise_id)
        typed = form.model_dump(exclude={"enterprise_id"})
        apply_changes(row, {}, typed, version)


def retire_contact(actor: Actor, contact_id: int, *, reason: str) -> None:
    """Say that a person is no longer to be reached there. His name stays in what has happened."""
    access.require(actor, Verb.PROJECT_EDIT)
    with unit_of_work(actor, "projects.retire_contact", reason=reason.strip()) as session:
        row = fetch(session, Contact, contact_id)
        enterprise_in_scope(session, actor, Verb.PROJECT_EDIT, row.enterprise_id)
        if not reason.strip():
            raise Refusal(Problem("reason", _("停用联系人，请写明原因。")))
        projects = session.exec(select(Project).where(col(Project.enterprise_id) == row.enterprise_id)).all()
        before = [facts_of(session, p) for p in projects]
        row.active = False
        session.flush()
        lost = {
            r.code: r
            for project, facts in zip(projects, before, strict=True)
            for r in gates.newly_missing(facts, facts_of(session, project))
        }
        if lost:
            raise Refusal(_("项目所处阶段要求有企业联系人，请先添加接替的联系人。"))
