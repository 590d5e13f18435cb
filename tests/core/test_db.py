"""The database's promises: safe settings, whole transactions, and versions that notice a second saver."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import select

from crm.core.access import SYSTEM
from crm.core.db import apply_changes, engine, fetch, reading, unit_of_work
from crm.core.errors import Conflict, NotFound, Refusal
from crm.core.migrate import current, head, upgrade
from crm.prepare import prepare
from models import Project, Setting, Town


def test_sqlite_survives_a_power_cut_by_its_settings(db: object) -> None:
    with engine().connect() as connection:
        answers = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert answers == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_a_row_that_points_nowhere_is_refused(any_db: str, cast: Any) -> None:
    with pytest.raises(sa.exc.IntegrityError), unit_of_work(SYSTEM, "test") as session:
        fetch(session, Project, cast.project).town_id = 999


@pytest.mark.parametrize("key", [np.int64(1), "1", 1.0])
def test_a_key_from_a_table_or_an_address_finds_its_row(any_db: str, key: Any) -> None:
    with reading() as session:
        assert fetch(session, Town, key).id == 1


@pytest.mark.parametrize("key", [None, "", "x", "1; drop table town", float("nan"), 999])
def test_a_key_that_is_none_is_not_found(any_db: str, key: Any) -> None:
    with reading() as session, pytest.raises((NotFound,)):
        fetch(session, Town, key)


def test_two_hundred_writers_all_get_through(any_db: str) -> None:
    with unit_of_work(SYSTEM, "test") as session:
        session.add(Setting(key="counter", value={"n": 0}))

    def add(_n: int) -> None:
        with unit_of_work(SYSTEM, "test") as session:
            row = session.exec(select(Setting).where(Setting.key == "counter").with_for_update()).one()
            row.value = {"n": row.value["n"] + 1}

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(add, range(200)))
    with reading() as session:
        assert session.get(Setting, "counter").value == {"n": 200}


def test_two_transactions_on_one_record_cannot_both_win(any_db: str, cast: Any) -> None:
    if any_db == "sqlite":
        with unit_of_work(SYSTEM, "test") as session:
            version = fetch(session, Project, cast.project).version
        with unit_of_work(SYSTEM, "test") as session:
            fetch(session, Project, cast.project).remark = "甲"
        with pytest.raises(Conflict), unit_of_work(SYSTEM, "test") as session:
            row = fetch(session, Project, cast.project)
            apply_changes(row, {"remark": ""}, {"remark": "乙"}, version)
        return
    with pytest.raises(Conflict), unit_of_work(SYSTEM, "test") as first:
        row = fetch(first, Project, cast.project)
        with unit_of_work(SYSTEM, "test") as second:
            fetch(second, Project, cast.project).remark = "甲"
        row.remark = "乙"
    with reading() as session:
        assert fetch(session, Project, cast.project).remark == "甲"


def test_preparing_twice_changes_nothing(any_db: str) -> None:
    with reading() as session:
        before = session.exec(select(sa.func.count()).select_from(Town)).one()
    prepare()
    assert upgrade() is False
    with reading() as session, engine().connect() as connection:
        assert session.exec(select(sa.func.count()).select_from(Town)).one() == before
        assert current(connection) == head()


def test_a_database_of_a_newer_version_is_refused_with_a_sentence(any_db: str) -> None:
    with engine().begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(Refusal, match="更新的版本"):
        upgrade()
