"""The demo town: made in one transaction from one seed, every date relative to the day it is made.

The people and firms come first, then each project with its plan, money, permits and visits, so that
what one screen says agrees with every other. Written through the unit of work like everything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from random import Random

from sqlmodel import Session, select
from stdnum.cn import uscc

from crm.core.access import SYSTEM, Actor
from crm.core.accounts import actor_of_user
from crm.core.db import unit_of_work
from crm.core.names import name_key, pinyin_of
from crm.core.passwords import hash_of
from crm.demo import PASSWORD, words
from crm.demo.cases import write_cases
from crm.demo.hall import write_hall
from crm.demo.insight import write_measures
from crm.demo.projects import Made, Plot, write_project
from crm.demo.promises import write_promises
from crm.demo.supervision import send_letters, write_supervision
from crm.demo.visits import write_visits
from crm.prepare import prepare
from crm.workdays.queries import calendar as read_calendar
from crm.workdays.rules import Calendar
from models import Contact, Department, Enterprise, Item, Officer, PlanStep, Setting, Town, User
from models.vocabulary import Category, Level, ProjectStatus, ProjectType, Role, Stage

SEED = "会客厅"
MARK = "demo"  # the setting that says: this database was begun as a demo

# How many projects stand in each stage; 60 in all.
STAGES: dict[Stage, int] = {
    Stage.EARLY_PLANNING: 5,
    Stage.SIGNED: 5,
    Stage.FILING: 5,
    Stage.LAND: 6,
    Stage.PLANNING_PERMIT: 7,
    Stage.CONSTRUCTION_PERMIT: 7,
    Stage.CONSTRUCTION: 12,
    Stage.COMPLETION: 4,
    Stage.TRIAL: 3,
    Stage.PRODUCTION: 4,
    Stage.FULL_CAPACITY: 2,
}
# The key-project towns get more than the streets.
TOWN_SHARE = (
    "棠下镇",
    "荷塘镇",
    "杜阮镇",
    "棠下镇",
    "环市街道",
    "棠下镇",
    "荷塘镇",
    "白沙街道",
    "杜阮镇",
    "潮连街道",
)
TYPES = (
    ProjectType.NEW_BUILD,
    ProjectType.NEW_BUILD,
    ProjectType.TECH_UPGRADE,
    ProjectType.NEW_BUILD,
    ProjectType.GOVERNMENT_WORKS,
    ProjectType.LEASED_FACTORY,
)


@dataclass(frozen=True)
class Account:
    """One demo sign-in."""

    login: str
    name: str
    role: Role


@dataclass(frozen=True)
class DemoTown:
    """What was made, for the console."""

    today: date
    accounts: tuple[Account, ...]
    projects: int
    cases: int
    visits: int


@dataclass
class Cast:
    """The people of the town while it is being written."""

    actors: dict[str, Actor] = field(default_factory=dict)  # by login
    officers: list[Officer] = field(default_factory=list)
    gone: Officer | None = None


def make(today: date) -> DemoTown:
    """Fill an empty, prepared database with the demo town of that day, then scan it once for alerts."""
    prepare()
    rng = Random(SEED)  # noqa: S311 - invented facts, not secrets
    with unit_of_work(SYSTEM, "demo.make") as session:
        calendar = read_calendar(session)
        cast = _people(session, today)
        made: list[Made] = []
        for plot in _plots(session, rng, today, calendar, cast):
            made.append(write_project(session, rng, plot))
        cases = write_cases(session, rng, made, today, calendar)
        write_promises(session, today, calendar)
        write_supervision(session, today, calendar)
        visits = write_visits(session, rng, made, cast.actors, today, calendar)
        session.add(Setting(key=MARK, value={"made_on": today.isoformat()}))
        hall = write_hall(session, today, calendar)
    send_letters(cast.actors["chenduban"], today)
    write_measures(cast.actors["chenduban"], today)
    from crm.alerts.scan import scan
    from crm.insight.forecast.actions import nightly

    scan(today)
    nightly(today)
    return DemoTown(today, accounts(), len(made), cases + hall, visits)


def accounts() -> tuple[Account, ...]:
    """The demo sign-ins, in the order they are shown."""
    return tuple(Account(login, name, role) for login, name, role, _town, _department in words.PEOPLE)


def _people(session: Session, today: date) -> Cast:
    towns = {t.name: t for t in session.exec(select(Town))}
    departments = {d.name: d for d in session.exec(select(Department))}
    cast, secret = Cast(), hash_of(PASSWORD)
    since = today - timedelta(days=400)
    for number, (login, name, role, town, department) in enumerate(words.PEOPLE):
        user = User(
            login=login,
            login_key=login,
            name=name,
            role=role,
            password_hash=secret,
            town_id=towns[town].id if town else None,
            department_id=departments[department].id if department else None,
            phone=phone(900 + number),
            demo=True,
            created_at=datetime.combine(since, time(1), tzinfo=UTC),
        )
        session.add(user)
        session.flush()
        if role is Role.OFFICER:
            officer = Officer(
                name=name,
                phone=user.phone,
                unit=words.OFFICER_UNITS[town],
                town_id=user.town_id,
                user_id=user.id,
            )
            session.add(officer)
            session.flush()
            cast.officers.append(officer)
        cast.actors[login] = actor_of_user(session, user)
    cast.gone = Officer(name=words.GONE_OFFICER, unit=words.OFFICER_UNITS[""], active=False)
    session.add(cast.gone)
    session.flush()
    return cast


def phone(number: int) -> str:
    """A mobile number that nobody has: the 154 range was never given to an operator."""
    return f"154{number:08d}"


def credit_code(number: int) -> str:
    """A valid 统一社会信用代码 of the district (GB 32100-2015) with an invented body."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    digits = ""
    rest = 7_000_000 + number * 7919
    for _position in range(6):
        rest, index = divmod(rest, len(alphabet))
        digits = alphabet[index] + digits
    body = f"91440703MA{digits}X"
    return body + str(uscc.calc_check_digit(body))


def _plots(session: Session, rng: Random, today: date, calendar: Calendar, cast: Cast) -> Iterator[Plot]:
    """The sixty projects to build: where, what, who, how it is going."""
    towns = {t.name: t for t in session.exec(select(Town))}
    departments = {d.name: d for d in session.exec(select(Department))}
    items = {i.code: i for i in session.exec(select(Item))}
    steps: dict[ProjectType, list[PlanStep]] = {}
    for step in session.exec(select(PlanStep).order_by(PlanStep.project_type, PlanStep.sort)):  # type: ignore[arg-type]
        steps.setdefault(step.project_type, []).append(step)
    firms = _firms(session, rng, towns)
    places, types, works = cycle(TOWN_SHARE), cycle(TYPES), iter(words.PUBLIC_WORKS)
    trades = cycle(words.TRADES)
    builders = cycle(_builders(session, towns))
    number = 0
    for stage, count in STAGES.items():
        for at in range(count):
            place, kind = next(places), next(types)
            if kind is ProjectType.GOVERNMENT_WORKS and stage is Stage.EARLY_PLANNING:
                kind = ProjectType.NEW_BUILD
            category, trade, base = Category.INDUSTRY, next(trades), ""
            if kind is ProjectType.GOVERNMENT_WORKS:
                base, category = next(works)
                firm, brand = next(builders), ""
                name, capacity = base.format(town=place), "按批复的建设规模和内容实施。"
            else:
                firm, brand = firms(place, trade[1])
                n = rng.choice((3, 5, 8, 12, 20, 30))
                what = rng.choice(words.UPGRADES) if kind is ProjectType.TECH_UPGRADE else trade[2]
                phase = "（一期）" if number % 11 == 3 else "（二期）" if number % 11 == 7 else ""
                name, capacity = f"{brand}{what}{phase}", trade[3].format(n=n) + "。"
            yield Plot(
                number=number,
                name=name,
                kind=kind,
                stage=stage,
                category=category,
                level=_level(number),
                industry="" if kind is ProjectType.GOVERNMENT_WORKS else trade[0],
                capacity=capacity,
                site=rng.choice(words.SITES[place]),
                town=towns[place],
                firm=firm,
                lead=_lead(cast, number, place),
                co=cast.officers[(number * 3 + 1) % len(cast.officers)] if number % 4 == 0 else None,
                gone=cast.gone,
                unit=place if number % 3 else "区经济促进局",
                lead_department=departments["区住房和城乡建设局"]
                if kind is ProjectType.GOVERNMENT_WORKS
                else departments["区经济促进局"],
                steps=steps.get(kind, []),
                items=items,
                departments=departments,
                status=_status(stage, at),
                late=stage not in (Stage.EARLY_PLANNING, Stage.FULL_CAPACITY) and number % 5 == 2,
                due_today=number in (25, 39),
                no_officer=number == 23,
                handed_over=number in (31, 34, 48),
                pace=_pace(number),
                reports_missing=2 if number == 36 else 1 if number in (20, 29, 41, 47) else 0,
                today=today,
                calendar=calendar,
            )
            number += 1


def _firms(session: Session, rng: Random, towns: dict[str, Town]):  # type: ignore[no-untyped-def]
    """Gives the next invented firm of a town and trade, with one contact or two."""
    brands, serial = list(words.BRANDS), iter(range(1, 1000))
    rng.shuffle(brands)
    stock = iter(brands)

    def firm(town: str, trade: str) -> tuple[Enterprise, str]:
        brand = next(stock)
        return _enterprise(session, rng, f"江门市{brand}{trade}有限公司", towns[town], next(serial)), brand

    return firm


def _builders(session: Session, towns: dict[str, Town]) -> list[Enterprise]:
    rng = Random(SEED + "builders")  # noqa: S311
    return [
        _enterprise(session, rng, f"江门市蓬江区{name}有限公司", towns["白沙街道"], 900 + i)
        for i, name in enumerate(words.PUBLIC_BUILDERS)
    ]


def _enterprise(session: Session, rng: Random, name: str, town: Town, number: int) -> Enterprise:
    full, initials = pinyin_of(name)
    row = Enterprise(
        name=name,
        name_key=name_key(name),
        pinyin=full,
        initials=initials,
        credit_code=credit_code(number),
        town_id=town.id,
        address=f"江门市蓬江区{rng.choice(words.SITES[town.name])}{rng.randrange(1, 99)}号",
    )
    session.add(row)
    session.flush()
    for i in range(rng.choice((1, 2, 2))):
        session.add(
            Contact(
                enterprise_id=row.id or 0,
                name=rng.choice(words.SURNAMES) + rng.choice(words.GIVEN),
                title=words.TITLES[rng.randrange(len(words.TITLES))],
                phone=phone(number * 10 + i),
            )
        )
    return row


def _level(number: int) -> Level:
    return Level.PROVINCE if number % 12 == 5 else Level.CITY if number % 3 == 0 else Level.DISTRICT


def _lead(cast: Cast, number: int, town: str) -> Officer:
    """The town's own officer takes two of three of its projects; the centre's four share the rest."""
    own = [o for o in cast.officers if o.unit == words.OFFICER_UNITS[town]]
    if own and number % 3:
        return own[0]
    return cast.officers[number // 3 % 4]


def _status(stage: Stage, at: int) -> ProjectStatus:
    if stage is Stage.CONSTRUCTION and at == 7:
        return ProjectStatus.SUSPENDED
    if stage is Stage.LAND and at == 4:
        return ProjectStatus.TERMINATED
    if stage is Stage.FULL_CAPACITY and at == 1:
        return ProjectStatus.COMPLETED
    return ProjectStatus.ACTIVE


def _pace(number: int) -> float:
    """How far ahead (+) or behind (-) of 序时进度 the project's money is, as a share of the year's plan."""
    far = {37: -0.46, 27: -0.43, 33: -0.22, 24: -0.19, 51: -0.18, 43: 0.12, 48: 0.15, 40: 0.08}
    return far.get(number, ((number * 37) % 100 - 45) / 1000)
