"""An empty or older database is brought up to date; a newer one is left alone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from crm.core.db import engine
from crm.core.errors import Refusal
from crm.core.migrate import current, head, upgrade
from models import Base


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
