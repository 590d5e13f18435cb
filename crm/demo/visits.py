"""The demo town's visits: most projects seen every few weeks, some silent, with promises and demands."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlmodel import Session, col, select

from crm.core.access import SYSTEM, Actor
from crm.demo import words
from crm.demo.projects import Made
from crm.workdays.rules import Calendar
from models import Contact, Demand, Promise, Visit, VisitPerson
from models.vocabulary import (
    DemandGrade,
    DemandState,
    ProjectStatus,
    Role,
    Side,
    Stage,
    VisitMode,
    VisitState,
)

LOOK_BACK = 150  # days
SILENT = frozenset({8, 21, 30, 37, 49, 55})  # nobody has been there for weeks
NEVER = frozenset({3, 44})  # nor ever
MODES = (
    VisitMode.ON_SITE,
    VisitMode.ON_SITE,
    VisitMode.PHONE,
    VisitMode.HALL,
    VisitMode.ON_SITE,
    VisitMode.ONLINE,
)


def write_visits(
    session: Session,
    rng: Random,
    made: list[Made],
    actors: dict[str, Actor],
    today: date,
    calendar: Calendar,
) -> int:
    """Write them under the name of whoever went; returns how many."""
    contacts: dict[int, list[Contact]] = {}
    for contact in session.exec(select(Contact).order_by(col(Contact.id))):
        contacts.setdefault(contact.enterprise_id, []).append(contact)
    by_officer = {int(a.officer_id): a for a in actors.values() if a.officer_id is not None}
    clerks = {a.town_id: a for a in actors.values() if a.role is Role.PARK_STAFF}
    count = 0
    for project in made:
        plot = project.plot
        if plot.number in NEVER or plot.status is ProjectStatus.TERMINATED:
            continue
        lead = by_officer[plot.lead.id or 0]
        days = _days(rng, plot.number, plot.stage, project.since, today, calendar)
        for at, day in enumerate(days):
            clerk = clerks.get(plot.town.id)
            who = clerk if clerk is not None and at % 3 == 1 else lead
            count += 1
            session.flush()
            session.info.update(actor=who, action="visits.log")
            _visit(
                session,
                rng,
                project,
                who,
                lead,
                contacts.get(plot.firm.id or 0, []),
                day,
                today,
                count,
                latest=day == days[-1],
            )
        session.flush()
        session.info.update(actor=SYSTEM, action="demo.make")
        project.row.last_contact_on = days[-1] if days else None
    return count


def _days(rng: Random, number: int, stage: Stage, since: date, today: date, calendar: Calendar) -> list[date]:
    """The working days of the visits, oldest first."""
    first = max(since, today - timedelta(days=LOOK_BACK))
    last = today - timedelta(days=number % 13)
    if number in SILENT:
        last = today - timedelta(days=47 + number % 20)
    every = 30 if stage >= Stage.PRODUCTION else 24 if number % 3 else 18
    days: list[date] = []
    day = last
    while day >= first and len(days) < 7:
        worked = day if calendar.is_workday(day) else calendar.add_workdays(day, -1)
        if worked >= since:
            days.append(worked)
        day -= timedelta(days=every + rng.randrange(-5, 6))
    return sorted(set(days))


def _visit(
    session: Session,
    rng: Random,
    project: Made,
    who: Actor,
    lead: Actor,
    people: list[Contact],
    day: date,
    today: date,
    number: int,
    *,
    latest: bool,
) -> None:
    plot, row = project.plot, project.row
    mode = MODES[(plot.number + number) % len(MODES)]
    received = people[: 1 + number % 2] if people else []
    host = received[0].name[0] + (received[0].title or "负责人") if received else "企业负责人"
    # What is typed the same evening, or, now and then, days later.
    typed = min(day + timedelta(days=6 if number % 11 == 0 else 0), today)
    visit = Visit(
        request_id=f"demo-{number}",
        enterprise_id=plot.firm.id,
        project_id=row.id,
        visited_on=day,
        mode=mode,
        place=plot.site if mode is VisitMode.ON_SITE else "会客厅" if mode is VisitMode.HALL else "",
        topics=sorted(rng.sample(words.TOPICS, 1 + number % 3), key=words.TOPICS.index),
        note=rng.choice(words.NOTES[mode]).format(
            who=host, what=rng.choice(words.PROGRESS[plot.stage]).rstrip("。")
        ),
        answered_on_spot=rng.choice(words.ANSWERS),
        next_visit_on=today + timedelta(days=(number * 5) % 21 - 3) if latest and number % 2 == 0 else None,
        state=VisitState.COMPLETE,
        author_id=who.user_id,
        created_at=datetime.combine(typed, time(9, number % 60), tzinfo=UTC),
    )
    if visit.next_visit_on is not None and visit.next_visit_on <= day:
        visit.next_visit_on = today + timedelta(days=4)
    session.add(visit)
    session.flush()
    assert visit.id is not None
    ours = [who] if who.user_id == lead.user_id or mode is VisitMode.PHONE else [who, lead]
    session.add_all(
        VisitPerson(visit_id=visit.id, side=Side.OURS, name=a.name, user_id=a.user_id) for a in ours
    )
    session.add_all(
        VisitPerson(visit_id=visit.id, side=Side.ENTERPRISE, name=c.name, title=c.title, contact_id=c.id)
        for c in received
    )
    if number % 4 == 0:
        _promise(session, rng, visit, lead, day, today, number, latest=latest)
    if number % 3 == 0:
        _demand(session, visit, day, today, number)


def _promise(
    session: Session,
    rng: Random,
    visit: Visit,
    lead: Actor,
    day: date,
    today: date,
    number: int,
    *,
    latest: bool,
) -> None:
    due = max(day, today + timedelta(days=(number // 4) % 9 - 3)) if latest else day + timedelta(days=10)
    kept = not latest or number % 16 == 12
    done = min(due - timedelta(days=number % 3), today) if kept else None
    session.add(
        Promise(
            visit_id=visit.id or 0,
            project_id=visit.project_id,
            enterprise_id=visit.enterprise_id,
            text=rng.choice(words.PROMISES),
            owner=lead.name,
            owner_id=lead.user_id,
            due_on=due,
            done_on=max(done, day) if done else None,
            result="已答复企业" if done else "",
        )
    )


def _demand(session: Session, visit: Visit, day: date, today: date, number: int) -> None:
    kind, grade, content = words.DEMANDS[(number // 3) % len(words.DEMANDS)]
    closed = ((today - day).days > 25 and number % 9 != 0) or (grade is DemandGrade.MAJOR and number % 4 != 2)
    session.add(
        Demand(
            visit_id=visit.id,
            enterprise_id=visit.enterprise_id,
            project_id=visit.project_id,
            demand_class=kind,
            grade=grade,
            content=content,
            raised_on=day,
            state=DemandState.CLOSED if closed else DemandState.OPEN,
            closed_on=min(day + timedelta(days=6 + number % 15), today) if closed else None,
            result="已解决，企业确认" if closed else "",
        )
    )
