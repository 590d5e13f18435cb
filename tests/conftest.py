"""The tests' own town: a prepared database on both engines, and a cast to play the stories.

`db` is SQLite, `any_db` runs the test on SQLite and on a real PostgreSQL that the tests start.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_postgresql import factories
from sqlmodel import Session, select

from crm.core import db as core_db
from crm.core.access import SYSTEM, Actor
from crm.core.accounts import actor_of_user
from crm.core.db import reading, unit_of_work
from crm.core.names import name_key, pinyin_of
from crm.core.today import now
from crm.prepare import prepare
from models import (
    Assignment,
    Contact,
    Department,
    Enterprise,
    Officer,
    Project,
    Town,
    User,
    WebSession,
)
from models.vocabulary import Category, Level, OfficerRole, Role

ROOT = Path(__file__).resolve().parents[1]
# PM4Py is no dependency of the project: its comparison is collected where somebody has installed it.
collect_ignore = [] if find_spec("pm4py") else ["caselog/test_export_pm4py.py"]
MONDAY = date(2026, 11, 23)  # a Monday; no holiday near, 2027 without a notice ahead

postgres_server = factories.postgresql_proc(
    executable=str(ROOT / "tests" / "tools" / "pg_ctl"), unixsocketdir="/tmp", port=None
)


def pytest_configure(config: pytest.Config) -> None:
    os.environ.pop("CRM_DATABASE_URL", None)


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """A file made for a test carries the second it was made in: two workers must give the test one name."""
    return argname if isinstance(val, bytes) else None


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With CI=true a skipped test is a failed run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("CI=true: nothing may be skipped", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _forget_engines() -> None:
    for url in list(_seen_urls):
        core_db.engine_for(url).dispose()
    _seen_urls.clear()
    core_db.engine_for.cache_clear()


_seen_urls: set[str] = set()


def _use(monkeypatch: pytest.MonkeyPatch, var: Path, url: str) -> None:
    _forget_engines()
    monkeypatch.setenv("CRM_VAR", str(var))
    monkeypatch.setenv("CRM_DATABASE_URL", url)
    _seen_urls.add(url)


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared database file, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("prepared")
    patch = pytest.MonkeyPatch()
    _use(patch, folder, f"sqlite:///{folder / 'crm.sqlite3'}")
    prepare()
    _forget_engines()
    patch.undo()
    return folder / "crm.sqlite3"


@pytest.fixture
def db(prepared_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A prepared SQLite database of its own, in its own data folder."""
    var = tmp_path / "var"
    var.mkdir()
    shutil.copy(prepared_sqlite, var / "crm.sqlite3")
    _use(monkeypatch, var, f"sqlite:///{var / 'crm.sqlite3'}")
    yield var
    _forget_engines()


def _server_url(server: Any, name: str) -> str:
    return f"postgresql://{server.user}@{server.host}:{server.port}/{name}"


@pytest.fixture(scope="session")
def prepared_postgres(postgres_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A prepared PostgreSQL database, the template of each test's own."""
    with psycopg.connect(_server_url(postgres_server, "postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE crm_prepared TEMPLATE template0 ENCODING 'UTF8'")
    patch = pytest.MonkeyPatch()
    _use(patch, tmp_path_factory.mktemp("pg"), _server_url(postgres_server, "crm_prepared"))
    prepare()
    _forget_engines()
    patch.undo()
    return postgres_server


@pytest.fixture
def postgres_db(prepared_postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A prepared PostgreSQL database of its own; yields its URL."""
    server, name = prepared_postgres, f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(_server_url(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE crm_prepared")
    var = tmp_path / "var"
    var.mkdir()
    _use(monkeypatch, var, _server_url(server, name))
    yield _server_url(server, name)
    _forget_engines()
    with psycopg.connect(_server_url(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_db(request: pytest.FixtureRequest) -> str:
    """The same test on SQLite and on PostgreSQL."""
    request.getfixturevalue("db" if request.param == "sqlite" else "postgres_db")
    return str(request.param)


@dataclass(frozen=True)
class Cast:
    """Who plays. `officer` leads `project` in 棠下镇; `teammate` is its co-officer; `stranger` is an
    officer of 荷塘镇 with `other_project`; `clerk` is park staff of 棠下镇; `handler` works at 区住房和城乡建设局."""

    supervisor: Actor
    admin: Actor
    leader: Actor
    officer: Actor
    teammate: Actor
    stranger: Actor
    clerk: Actor
    handler: Actor
    system: Actor
    project: int
    other_project: int
    enterprise: int
    other_enterprise: int
    contact: int
    other_contact: int
    town: int
    other_town: int
    department: int
    make_project: Callable[..., int]


def _town(session: Session, name: str) -> Town:
    return session.exec(select(Town).where(Town.name == name)).one()


def _user(session: Session, login: str, name: str, role: Role, **more: Any) -> User:
    user = User(login=login, login_key=login, name=name, role=role, **more)
    session.add(user)
    session.flush()
    return user


def make_project(
    name: str = "恒岳新能源电池项目（一期）",
    *,
    town: str = "棠下镇",
    enterprise: str | None = None,
    credit_code: str | None = None,
    lead: int | None = None,
    co: int | None = None,
    since: date | None = None,
    **fields: Any,
) -> int:
    """A project as the register keeps it; `lead` and `co` are officer ids. Returns its id."""
    with unit_of_work(SYSTEM, "test.project") as session:
        place = _town(session, town)
        firm_name = enterprise or f"江门市{name[:4]}有限公司"
        firm = session.exec(select(Enterprise).where(Enterprise.name == firm_name)).first()
        if firm is None:
            full, initials = pinyin_of(firm_name)
            firm = Enterprise(
                name=firm_name,
                name_key=name_key(firm_name),
                pinyin=full,
                initials=initials,
                credit_code=credit_code,
                town_id=place.id,
            )
            session.add(firm)
            session.flush()
        full, initials = pinyin_of(name)
        values: dict[str, Any] = {
            "level": Level.DISTRICT,
            "category": Category.INDUSTRY,
            "stage_entered_on": MONDAY - timedelta(days=30),
        } | fields
        project = Project(
            name=name,
            name_key=name_key(name),
            pinyin=full,
            initials=initials,
            town_id=place.id,
            enterprise_id=firm.id,
            **values,
        )
        session.add(project)
        session.flush()
        assert project.id is not None
        for officer_id, role in ((lead, OfficerRole.LEAD), (co, OfficerRole.CO)):
            if officer_id is not None:
                session.add(
                    Assignment(
                        project_id=project.id,
                        officer_id=officer_id,
                        role=role,
                        from_on=since or MONDAY - timedelta(days=200),
                    )
                )
    return project.id


def build_cast() -> Cast:
    """Fill the current database with the cast."""
    with unit_of_work(SYSTEM, "test.cast") as session:
        tangxia, hetang = _town(session, "棠下镇"), _town(session, "荷塘镇")
        housing = session.exec(select(Department).where(Department.name == "区住房和城乡建设局")).one()
        users = {
            "supervisor": _user(session, "dubanzu", "陈督办", Role.SUPERVISOR),
            "admin": _user(session, "guanli", "钟管理", Role.ADMINISTRATOR),
            "leader": _user(session, "lingdao", "谭主任", Role.LEADER),
            "officer": _user(session, "hezq", "何志强", Role.OFFICER),
            "teammate": _user(session, "lixy", "李欣怡", Role.OFFICER),
            "stranger": _user(session, "ougd", "区国栋", Role.OFFICER, town_id=hetang.id),
            "clerk": _user(session, "linyq", "林咏琪", Role.PARK_STAFF, town_id=tangxia.id),
            "handler": _user(session, "fengxt", "冯晓彤", Role.DEPARTMENT, department_id=housing.id),
        }
        officers: dict[str, int] = {}
        for key in ("officer", "teammate", "stranger"):
            officer = Officer(name=users[key].name, user_id=users[key].id, town_id=users[key].town_id)
            session.add(officer)
            session.flush()
            assert officer.id is not None
            officers[key] = officer.id
        actors = {key: actor_of_user(session, user) for key, user in users.items()}
        town_id, other_town_id, department_id = tangxia.id, hetang.id, housing.id
    project = make_project(
        lead=officers["officer"],
        co=officers["teammate"],
        enterprise="江门市恒岳科技有限公司",
        credit_code="91440703MA4UQPYH7H",
    )
    other = make_project(
        "瑞朗精密模具项目",
        town="荷塘镇",
        lead=officers["stranger"],
        enterprise="江门市瑞朗实业有限公司",
    )
    with unit_of_work(SYSTEM, "test.contacts") as session:
        first, second = session.get(Project, project), session.get(Project, other)
        assert first is not None
        assert second is not None
        assert first.enterprise_id is not None
        assert second.enterprise_id is not None
        contact = Contact(
            enterprise_id=first.enterprise_id, name="华粤升", title="副总经理", phone="13900001234"
        )
        other_contact = Contact(
            enterprise_id=second.enterprise_id, name="余丽华", title="厂长", phone="13900005678"
        )
        session.add_all([contact, other_contact])
        session.flush()
        ids = (first.enterprise_id, second.enterprise_id, contact.id, other_contact.id)
    assert town_id is not None
    assert other_town_id is not None
    assert department_id is not None
    assert ids[2] is not None
    assert ids[3] is not None
    return Cast(
        **actors,
        system=SYSTEM,
        project=project,
        other_project=other,
        enterprise=ids[0],
        other_enterprise=ids[1],
        contact=ids[2],
        other_contact=ids[3],
        town=town_id,
        other_town=other_town_id,
        department=department_id,
        make_project=make_project,
    )


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> Cast:
    """The cast, in whichever database the test asked for (SQLite when it asked for none)."""
    wanted = ("any_db", "postgres_db", "db")
    if not any(name in request.fixturenames for name in wanted):
        request.getfixturevalue("db")
    for name in wanted:
        if name in request.fixturenames:
            request.getfixturevalue(name)
    return build_cast()


def open_session(actor: Actor) -> int:
    """A live sign-in of the actor; returns the session row's id."""
    with unit_of_work(SYSTEM, "test.session") as session:
        row = WebSession(
            token_hash=uuid.uuid4().hex,
            user_id=actor.user_id or 0,
            expires_at=now() + timedelta(hours=8),
        )
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id


@pytest.fixture
def app_test(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`app_test("project", cast.officer, id=5)`: the page, run once as that actor, as an AppTest."""
    from streamlit.testing.v1 import AppTest

    _cache_component_scan()

    def run(page: str, actor: Actor, **query: Any) -> Any:
        at = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=30)
        at.user = {"uid": str(actor.user_id), "sid": str(open_session(actor))}
        for key, value in query.items():
            at.query_params[key] = str(value)
        return at.run()

    return run


@cache
def _cache_component_scan() -> None:
    """Every new AppTest scans all installed packages for components; once is enough."""
    from streamlit.components.v2 import manifest_scanner

    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A reading session on the test's database."""
    with reading() as opened:
        yield opened
