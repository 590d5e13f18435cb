"""An empty or older database is brought up to date; a newer one is left alone."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlmodel import select

from crm.core.access import SYSTEM
from crm.core.db import engine, reading, unit_of_work
from crm.core.errors import Refusal
from crm.core.migrate import HERE, current, head, upgrade
from crm.prepare import prepare
from models import Base, Case, SpecialProcedure
from models.vocabulary import CaseRoute, CaseSource, ProcedureKind


@pytest.fixture
def empty_db(any_db: str) -> None:
    """The test's own database with every table taken out of it."""
    with engine().begin() as connection:
        if any_db == "postgres":
            connection.execute(sa.text("drop schema public cascade"))
            connection.execute(sa.text("create schema public"))
        else:
            connection.execute(sa.text("pragma defer_foreign_keys=on"))
            names = connection.execute(
                sa.text("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
            ).scalars()
            for name in list(names):
                connection.execute(sa.text(f'drop table "{name}"'))


def test_the_migrations_build_exactly_the_tables_of_the_models(any_db: str) -> None:
    with engine().connect() as connection:
        assert current(connection) == head()
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_database_up_to_date_is_not_touched(any_db: str) -> None:
    assert upgrade() is False


def test_a_database_of_a_newer_version_is_refused_in_plain_words(any_db: str) -> None:
    with engine().begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(Refusal, match="更新的版本"):
        upgrade()


def _an_older_database() -> None:
    """The tables of the first version, with one case whose clock stands stopped for an expert review."""
    with engine().connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(HERE))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.commit()
    at = "2026-11-16 01:00:00+00:00"
    common = f"1, '{at}', '{at}'"
    with engine().begin() as connection:
        item = (
            "insert into item (id, version, created_at, updated_at, code, name, phase, kind, department, "
            "legal_limit, legal_limit_text, unit, promised_limit_text, extension_limit, clock_start, legal_basis, "
            "prerequisite_text, promise_route, special_steps, follow_up, renew_unit, certainty, active) values "
            f"(7000, {common}, 'P32', '消防设计审查', '', '', '', 15, '', 'wd', '', 0, '受理', '', '', '', '', '', "
            "'days', '', true)"
        )
        case = (
            "insert into permit_case (id, version, created_at, updated_at, case_no, item_id, state, received_on, "
            "accepted_on, legal_limit, unit, extension, extension_approver, extension_reason, provisional, "
            f"result, permit_no, note) values (3, {common}, 'XF-2026-003', 7000, 'accepted', '2026-11-09', "
            "'2026-11-10', 15, 'wd', 0, '', '', false, '', '', '')"
        )
        stop = (
            "insert into clock_stop (id, version, created_at, updated_at, case_id, kind, ground, basis, from_on, "
            f"planned_wd, told_on, notice_no) values (5, {common}, 3, 'expert_review', '特殊消防设计', "
            "'行政许可法第四十五条', '2026-11-16', 20, '2026-11-16', '告〔2026〕5号')"
        )
        for statement in (item, case, stop):
            connection.execute(sa.text(statement))


def test_an_older_database_keeps_its_cases_and_its_stops(any_db: str, empty_db: None) -> None:
    _an_older_database()
    assert upgrade() is True
    with engine().connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    with reading() as session:
        row = session.exec(select(SpecialProcedure)).one()
        assert (row.case_id, row.kind, row.stops_clock) == (3, ProcedureKind.EXPERT_REVIEW, True)
        assert (row.told_on, row.to_on, row.staff) == (date(2026, 11, 16), None, [])
        case = session.exec(select(Case)).one()
        assert (case.source, case.route, case.corrections) == (CaseSource.OURS, CaseRoute.ORDINARY, 0)
    prepare()
    with unit_of_work(SYSTEM, "tests.open_another") as session:
        row = session.exec(select(SpecialProcedure)).one()
        session.add(SpecialProcedure(**row.model_dump(exclude={"id", "version"})))  # the next number is free


def test_references_are_enforced_again_after_an_upgrade(db: object) -> None:
    with engine().connect() as connection:
        assert connection.execute(sa.text("pragma foreign_keys")).scalar_one() == 1
