"""The verbs of a visit: log it, mend it, keep what was promised."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from crm.core import drafts, files
from crm.core.access import (
    Actor,
    Verb,
    enterprise_condition,
    project_condition,
    require,
    scopes,
    visit_condition,
)
from crm.core.db import apply_changes, reading, unit_of_work
from crm.core.errors import Conflict, NotAllowed, NotFound, Problem, Refusal
from crm.core.i18n import _
from crm.core.names import one_line
from crm.core.today import now
from crm.visits.inputs import (
    LENGTHS as LENGTHS,
)
from crm.visits.inputs import (
    DemandIn as DemandIn,
)
from crm.visits.inputs import (
    PersonIn as PersonIn,
)
from crm.visits.inputs import (
    PromiseIn as PromiseIn,
)
from crm.visits.inputs import (
    VisitEdit as VisitEdit,
)
from crm.visits.inputs import (
    VisitForm as VisitForm,
)
from crm.visits.rules import VisitFacts, may_become, misplaced, missing
from models import (
    Contact,
    Demand,
    Enterprise,
    Project,
    Promise,
    StoredFile,
    User,
    Visit,
    VisitPerson,
)
from models.vocabulary import Scope, Side, VisitState

MAX_PHOTOS = 9
PHOTO = "visit"
DRAFT_PHOTO = "visit_draft"
DRAFT_FORM = "visit_log"

# The longest text of each field, as the tables keep it.


def log_visit(actor: Actor, form: VisitForm, *, today: date) -> int:
    """Write a visit with its people, promises, demands and photos; returns its id.

    The same `request_id` again returns the first visit. Raises `Refusal` naming every wrong field,
    `NotFound` for an enterprise or project out of the actor's scope.
    """
    require(actor, Verb.VISIT_LOG)
    done = _already(actor, form.request_id)
    if done is not None:
        return done
    try:
        with unit_of_work(actor, "visits.log") as session:
            visit = _write(session, actor, form, today)
            drafts.drop_within(session, actor, DRAFT_FORM)
            assert visit.id is not None
            return visit.id
    except IntegrityError:  # the other click was a moment faster
        done = _already(actor, form.request_id)
        if done is None:
            raise
        return done


def edit_visit(actor: Actor, visit_id: int, form: VisitEdit, *, today: date) -> int:
    """Mend a visit. Its author may, and whoever logs visits for the whole district.

    Raises `Conflict` with the fields somebody else changed meanwhile, `Refusal`, `NotFound`.
    """
    with unit_of_work(actor, "visits.edit") as session:
        visit = _mine(session, actor, visit_id)
        enterprise = _enterprise(session, actor, form.enterprise_id)
        project = _project(session, actor, form.project_id, form.enterprise_id)
        was_of = (visit.project_id, visit.enterprise_id)
        typed: dict[str, Any] = {
            "state": form.state,
            "enterprise_id": enterprise.id if enterprise else None,
            "project_id": project.id if project else None,
            "visited_on": form.visited_on,
            "mode": form.mode,
            "place": _clean(form.place),
            "topics": list(form.topics),
            "note": _clean(form.note),
            "answered_on_spot": _clean(form.answered_on_spot),
            "next_visit_on": form.next_visit_on,
        }
        if not may_become(visit.state, form.state):
            raise Refusal(Problem("state", _("已完成的走访不能退回草稿。")))
        people = _people(session, form.enterprise_id, form.ours, form.theirs)
        _refuse_wrong(
            _facts(form, people),
            today,
            _too_long(note=form.note, answered_on_spot=form.answered_on_spot, place=form.place),
        )
        stale = visit.version != form.version
        apply_changes(visit, form.opened, typed, form.version)
        if _replace_people(session, visit, people):
            if stale:
                raise Conflict(
                    _("您编辑期间，有人先保存了这条走访，参加人员请刷新后重新修改。"), [], visit.version
                )
            visit.updated_at = now()  # so that the version moves with the people too
        for row in _raised_at(session, visit_id):
            row.project_id, row.enterprise_id = visit.project_id, visit.enterprise_id
        session.flush()
        _touch_last_contact(session, *was_of)
        _touch_last_contact(session, visit.project_id, visit.enterprise_id)
        return visit_id


def add_promise(actor: Actor, visit_id: int, form: PromiseIn, *, today: date) -> int:
    """Add a promise to a visit; returns its id."""
    with unit_of_work(actor, "visits.promise") as session:
        visit = _mine(session, actor, visit_id)
        row = _promise_rows(session, visit, [form])[0]
        session.flush()
        return int(row.id or 0)


def add_demand(actor: Actor, visit_id: int, form: DemandIn, *, today: date) -> int:
    """Record a demand raised at a visit; returns its id."""
    with unit_of_work(actor, "visits.demand") as session:
        visit = _mine(session, actor, visit_id)
        row = _demand_rows(session, visit, [form])[0]
        session.flush()
        return int(row.id or 0)


def keep_promise(actor: Actor, promise_id: int, *, done_on: date, result: str = "", today: date) -> None:
    """Tick a promise off, with what came of it. Ticking it twice changes nothing.

    Its owner may, the visit's author, and whoever logs visits in that scope.
    """
    require(actor, Verb.VISIT_LOG)
    with unit_of_work(actor, "visits.keep_promise") as session:
        promise = session.exec(
            select(Promise)
            .join(Visit, col(Promise.visit_id) == col(Visit.id))
            .where(
                col(Promise.id) == int(promise_id),
                sa.or_(
                    visit_condition(actor, Verb.VISIT_LOG), col(Promise.owner_id) == (actor.user_id or -1)
                ),
            )
        ).first()
        if promise is None:
            raise _not_found()
        if done_on > today:
            raise Refusal(Problem("done_on", _("完成日期不能晚于今天。")))
        problems = _too_long(result=result)
        if problems:
            raise Refusal(*problems)
        if promise.done_on is None:
            promise.done_on, promise.result = done_on, _clean(result)


def keep_photo(actor: Actor, data: bytes, name: str) -> str:
    """Shrink a photo just taken and keep it for the person's draft; returns its public id."""
    require(actor, Verb.VISIT_LOG)
    small = files.shrink_photo(data)
    stem = files.clean_name(name).rpartition(".")[0] or _("照片")
    with unit_of_work(actor, "visits.photo") as session:
        stored = files.keep(
            session,
            data=small,
            name=f"{stem}.jpg",
            owner=DRAFT_PHOTO,
            owner_id=actor.user_id,
            actor=actor,
        )
        return stored.public_id


def add_photos(actor: Actor, visit_id: int, photos: Iterable[str]) -> None:
    """Give photos kept for the person's draft to a visit he may mend."""
    with unit_of_work(actor, "visits.add_photos") as session:
        visit = _mine(session, actor, visit_id)
        _hand_over_photos(session, actor, visit, tuple(photos))


def remove_photo(actor: Actor, public_id: str) -> None:
    """Take a photo away: from the person's own draft, or from a visit he may mend."""
    require(actor, Verb.VISIT_LOG)
    with unit_of_work(actor, "visits.remove_photo") as session:
        stored = files.find(session, public_id)
        if stored.owner == PHOTO and stored.owner_id is not None:
            _mine(session, actor, stored.owner_id)
        elif stored.owner != DRAFT_PHOTO or stored.made_by != actor.user_id:
            raise _not_found()
        files.discard(session, stored)


# Helpers, in the order they are called


def _already(actor: Actor, request_id: str) -> int | None:
    with reading() as session:
        found = session.exec(
            select(Visit.id).where(
                col(Visit.request_id) == request_id, col(Visit.author_id).is_not_distinct_from(actor.user_id)
            )
        ).first()
        return int(found) if found is not None else None


def _facts(
    form: VisitForm | VisitEdit, people: Collection[VisitPerson], promises: int = 0, demands: int = 0
) -> VisitFacts:
    """What the rule judges, from a form and the people it names."""
    return VisitFacts(
        form.state,
        form.visited_on,
        form.enterprise_id,
        sum(p.side is Side.ENTERPRISE for p in people),
        sum(p.side is Side.OURS for p in people),
        form.note,
        form.next_visit_on,
        promises,
        demands,
    )


def _write(session: Session, actor: Actor, form: VisitForm, today: date) -> Visit:
    enterprise = _enterprise(session, actor, form.enterprise_id)
    project = _project(session, actor, form.project_id, form.enterprise_id)
    people = _people(session, enterprise.id if enterprise else None, form.ours, form.theirs)
    _refuse_wrong(
        _facts(form, people, len(form.promises), len(form.demands)),
        today,
        _too_long(note=form.note, answered_on_spot=form.answered_on_spot, place=form.place),
    )
    visit = Visit(
        request_id=form.request_id,
        enterprise_id=enterprise.id if enterprise else None,
        project_id=project.id if project else None,
        visited_on=form.visited_on,
        mode=form.mode,
        place=_clean(form.place),
        topics=list(form.topics),
        note=_clean(form.note),
        answered_on_spot=_clean(form.answered_on_spot),
        next_visit_on=form.next_visit_on,
        state=form.state,
        author_id=actor.user_id,
    )
    session.add(visit)
    session.flush()
    _replace_people(session, visit, people)
    _promise_rows(session, visit, form.promises)
    _demand_rows(session, visit, form.demands)
    _hand_over_photos(session, actor, visit, form.photos)
    session.flush()
    _touch_last_contact(session, visit.project_id, visit.enterprise_id)
    return visit


def _not_found() -> NotFound:
    return NotFound(_("没有找到这条记录，或您无权查看。"))


def _enterprise(session: Session, actor: Actor, enterprise_id: int | None) -> Enterprise | None:
    if enterprise_id is None:
        return None
    found = session.exec(
        select(Enterprise).where(
            col(Enterprise.id) == int(enterprise_id), enterprise_condition(actor, Verb.VISIT_LOG)
        )
    ).first()
    if found is None:
        raise _not_found()
    return found


def _project(
    session: Session, actor: Actor, project_id: int | None, enterprise_id: int | None
) -> Project | None:
    if project_id is None:
        return None
    found = session.exec(
        select(Project).where(col(Project.id) == int(project_id), project_condition(actor, Verb.VISIT_LOG))
    ).first()
    if found is None:
        raise _not_found()
    if found.enterprise_id != enterprise_id:
        raise Refusal(Problem("project_id", _("所选项目不属于这家企业，请重新选择项目。")))
    return found


def _mine(session: Session, actor: Actor, visit_id: int) -> Visit:
    """A visit the actor may mend."""
    require(actor, Verb.VISIT_LOG)
    visit = session.exec(
        select(Visit).where(col(Visit.id) == int(visit_id), visit_condition(actor, Verb.VISIT_VIEW))
    ).first()
    if visit is None:
        raise _not_found()
    if visit.author_id != actor.user_id and Scope.ALL not in scopes(actor, Verb.VISIT_LOG):
        raise NotAllowed(_("只有登记人和督办人员可以修改这条走访。"))
    return visit


def _people(
    session: Session, enterprise_id: int | None, ours: Iterable[PersonIn], theirs: Iterable[PersonIn]
) -> list[VisitPerson]:
    """The people as rows without a visit yet; a new name of the enterprise becomes its contact."""
    problems: list[Problem] = []
    rows: list[VisitPerson] = []
    for person in ours:
        user = session.get(User, int(person.user_id)) if person.user_id is not None else None
        name = user.name if user else one_line(_clean(person.name))
        if name:
            rows.append(
                VisitPerson(
                    visit_id=0,
                    side=Side.OURS,
                    name=name,
                    title=one_line(_clean(person.title)),
                    user_id=user.id if user else None,
                )
            )
    for person in theirs:
        contact: Contact | None = None
        name = one_line(_clean(person.name))
        if person.contact_id is not None:
            contact = session.get(Contact, int(person.contact_id))
            if contact is None or contact.enterprise_id != enterprise_id:
                problems.append(
                    Problem("theirs", _("“{name}”不是这家企业的联系人，请重新选择。", name=name or "?"))
                )
                continue
        elif name and enterprise_id is not None:
            contact = session.exec(
                select(Contact).where(
                    col(Contact.enterprise_id) == enterprise_id,
                    col(Contact.name) == name,
                    col(Contact.active).is_(True),
                )
            ).first()
        if contact is None and not name:
            continue
        rows.append(
            VisitPerson(
                visit_id=0,
                side=Side.ENTERPRISE,
                name=contact.name if contact else name,
                title=contact.title if contact else one_line(_clean(person.title)),
                contact_id=contact.id if contact else None,
            )
        )
    for row in rows:
        problems += [
            Problem("ours" if row.side is Side.OURS else "theirs", p.message)
            for p in _too_long(name=row.name, title=row.title)
        ]
    if problems:
        raise Refusal(*problems)
    unique = {(r.side, r.name): r for r in reversed(rows)}
    return list(reversed(unique.values()))


def _refuse_wrong(facts: VisitFacts, today: date, problems: list[Problem]) -> None:
    """Everything that is wrong, field by field, at once."""
    sentences = {
        "enterprise_id": _("请选择走访的企业。"),
        "theirs": _("请至少填写一位企业接待人。"),
        "ours": _("请至少填写一位走访人。"),
        "note": _("请写下走访情况，一两句即可。"),
    }
    places = {
        "visited_on": _("走访日期不能晚于今天。"),
        "next_visit_on": _("下次走访日期要晚于本次走访日期。"),
        "promises": _("登记承诺前请先选择企业。"),
        "demands": _("登记诉求前请先选择企业。"),
    }
    found = [Problem(name, sentences[name]) for name in missing(facts)]
    found += [Problem(name, places[name]) for name in misplaced(facts, today)]
    found += problems
    if found:
        raise Refusal(*found)


def _too_long(**texts: str) -> list[Problem]:
    return [
        Problem(name, _("内容有{n}字，最多{limit}字，请删减。", n=len(text), limit=LENGTHS[name]))
        for name, text in texts.items()
        if len(_clean(text)) > LENGTHS[name]
    ]


def _clean(text: str) -> str:
    """As typed, without the control characters a database refuses; ends trimmed."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def _replace_people(session: Session, visit: Visit, people: list[VisitPerson]) -> bool:
    """Make the visit's people these, creating contacts for new names. Returns whether anything changed."""
    assert visit.id is not None
    present = {
        (p.side, p.name): p
        for p in session.exec(select(VisitPerson).where(col(VisitPerson.visit_id) == visit.id))
    }
    wanted = {(p.side, p.name): p for p in people}
    for key, row in present.items():
        if key not in wanted:
            session.delete(row)
    for key, row in wanted.items():
        if key in present:
            continue
        if row.side is Side.ENTERPRISE and row.contact_id is None and visit.enterprise_id is not None:
            contact = Contact(enterprise_id=visit.enterprise_id, name=row.name, title=row.title)
            session.add(contact)
            session.flush()
            row.contact_id = contact.id
        row.visit_id = visit.id
        session.add(row)
    return set(present) != set(wanted)


def _raised_at(session: Session, visit_id: int) -> list[Promise | Demand]:
    """Promises and demands belong to the enterprise and project of their visit."""
    return [
        *session.exec(select(Promise).where(col(Promise.visit_id) == visit_id)),
        *session.exec(select(Demand).where(col(Demand.visit_id) == visit_id)),
    ]


def _promise_rows(session: Session, visit: Visit, forms: Iterable[PromiseIn]) -> list[Promise]:
    rows: list[Promise] = []
    problems: list[Problem] = []
    for form in forms:
        text = _clean(form.text)
        if not text:
            problems.append(Problem("promises", _("请写明承诺了什么。")))
        if form.due_on is not None and form.due_on < visit.visited_on:
            problems.append(Problem("promises", _("承诺的期限不能早于走访日期。")))
        problems += [Problem("promises", p.message) for p in _too_long(text=form.text, owner=form.owner)]
        owner = session.get(User, int(form.owner_id)) if form.owner_id is not None else None
        rows.append(
            Promise(
                visit_id=visit.id or 0,
                project_id=visit.project_id,
                enterprise_id=visit.enterprise_id,
                text=text,
                owner=owner.name if owner else _clean(form.owner),
                owner_id=owner.id if owner else None,
                due_on=form.due_on,
            )
        )
    if problems:
        raise Refusal(*problems)
    session.add_all(rows)
    return rows


def _demand_rows(session: Session, visit: Visit, forms: Iterable[DemandIn]) -> list[Demand]:
    rows: list[Demand] = []
    problems: list[Problem] = []
    for form in forms:
        content = _clean(form.content)
        if not content:
            problems.append(Problem("demands", _("请写明企业的诉求。")))
        problems += [Problem("demands", p.message) for p in _too_long(content=form.content)]
        rows.append(
            Demand(
                visit_id=visit.id,
                enterprise_id=visit.enterprise_id,
                project_id=visit.project_id,
                demand_class=form.demand_class,
                grade=form.grade,
                content=content,
                raised_on=visit.visited_on,
            )
        )
    if problems:
        raise Refusal(*problems)
    session.add_all(rows)
    return rows


def _hand_over_photos(session: Session, actor: Actor, visit: Visit, photos: tuple[str, ...]) -> None:
    """The person's draft photos become the visit's; ids that are not his are not found."""
    if not photos:
        return
    rows = session.exec(
        select(StoredFile).where(
            col(StoredFile.public_id).in_(photos),
            col(StoredFile.owner) == DRAFT_PHOTO,
            col(StoredFile.made_by) == actor.user_id,
            col(StoredFile.deleted_at).is_(None),
        )
    ).all()
    if len(rows) != len(set(photos)):
        raise _not_found()
    have = len(files.of_owner(session, PHOTO, visit.id or 0))
    if have + len(rows) > MAX_PHOTOS:
        raise Refusal(Problem("photos", _("一次走访最多保存{n}张照片。", n=MAX_PHOTOS)))
    for row in rows:
        row.owner, row.owner_id = PHOTO, visit.id


def _touch_last_contact(session: Session, project_id: int | None, enterprise_id: int | None) -> None:
    """Write the hint `Project.last_contact_on` of the projects this visit is a contact of: the latest
    `visited_on` of their complete visits, whatever the day of typing (so an edit may move it back)."""
    if project_id is not None:
        which = col(Project.id) == project_id
    elif enterprise_id is not None:
        which = col(Project.enterprise_id) == enterprise_id
    else:
        return
    locked = select(Project).where(which).order_by(col(Project.id)).with_for_update()
    for project in session.exec(locked.execution_options(populate_existing=True)):
        latest = session.exec(
            select(sa.func.max(col(Visit.visited_on))).where(
                col(Visit.state) == VisitState.COMPLETE,
                contact_of(project.id or 0, project.enterprise_id),
            )
        ).one()
        if project.last_contact_on != latest:
            project.last_contact_on = latest
    session.flush()


def contact_of(project_id: int, enterprise_id: int | None) -> sa.ColumnElement[bool]:
    """The condition on `Visit`: it names this project, or names none and was to its enterprise (house rule)."""
    named = col(Visit.project_id) == project_id
    if enterprise_id is None:
        return named
    return sa.or_(named, sa.and_(col(Visit.project_id).is_(None), col(Visit.enterprise_id) == enterprise_id))
