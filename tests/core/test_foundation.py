"""The ground the rooms stand on: one transaction, its trail, and a clash told field by field."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlmodel import select

from crm.core.db import apply_changes, fetch, reading, unit_of_work
from crm.core.errors import Conflict, NotFound
from models import AuditEntry, Project, Town


def test_a_change_and_its_trail_are_written_together(any_db, cast):
    with unit_of_work(cast.officer, "projects.edit", reason="企业更名") as session:
        fetch(session, Project, cast.project).capacity = "年产电池2吉瓦时"
    with reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "projects.edit")).one()
    assert entry.user_name == "何志强"
    assert entry.project_id == cast.project
    assert entry.changes == {"capacity": ["", "年产电池2吉瓦时"]}
    assert entry.reason == "企业更名"


def test_a_failed_save_leaves_neither_change_nor_trail(any_db, cast):
    with pytest.raises(ZeroDivisionError), unit_of_work(cast.officer, "projects.edit") as session:
        fetch(session, Project, cast.project).capacity = "x"
        session.flush()
        raise ZeroDivisionError
    with reading() as session:
        assert fetch(session, Project, cast.project).capacity == ""
        assert not session.exec(select(AuditEntry).where(AuditEntry.action == "projects.edit")).all()


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET user_name='x'", "DELETE FROM audit_entry"])
def test_the_database_itself_refuses_to_change_the_trail(any_db, cast, statement):
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), reading() as session:
        session.connection().execute(sa.text(statement))


def test_a_bulk_statement_that_would_leave_no_trail_is_refused(any_db, cast):
    with (
        pytest.raises(RuntimeError, match="audit trail"),
        unit_of_work(cast.system, "x.y") as session,
    ):
        session.exec(sa.update(Town).values(sort=1))


def test_the_second_of_two_savers_is_shown_the_clash_and_keeps_his_other_fields(any_db, cast):
    opened = {"capacity": "", "site": "", "remark": ""}
    with unit_of_work(cast.officer, "first.save") as session:
        project = fetch(session, Project, cast.project)
        version = project.version
        apply_changes(project, opened, opened | {"capacity": "甲", "site": "三堡"}, version)
    with unit_of_work(cast.teammate, "second.save") as session, pytest.raises(Conflict) as told:
        apply_changes(fetch(session, Project, cast.project), opened, opened | {"capacity": "乙"}, version)
    assert [(c.field, c.opened, c.stored, c.typed) for c in told.value.clashes] == [
        ("capacity", "", "甲", "乙")
    ]
    with unit_of_work(cast.teammate, "third.save") as session:
        apply_changes(fetch(session, Project, cast.project), opened, opened | {"remark": "丙"}, version)
    with reading() as session:
        project = fetch(session, Project, cast.project)
        assert (project.capacity, project.site, project.remark) == ("甲", "三堡", "丙")


@pytest.mark.parametrize("key", [None, "x", 10**9, 1.5e300])
def test_a_record_that_is_not_there_is_simply_not_found(db, key):
    with reading() as session, pytest.raises(NotFound):
        fetch(session, Project, key)
