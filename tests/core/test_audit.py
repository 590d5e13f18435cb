"""The trail: written by one mechanism, read by whom it concerns, told in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from crm.core import audit, trail
from crm.core.access import SYSTEM
from crm.core.db import fetch, reading, unit_of_work
from crm.core.today import today
from crm.ui import fields
from crm.ui.timeline import changes_text, sentence
from models import AuditEntry, Base, Contact, Project, Town, User
from models.vocabulary import AuditVerb, Level, Stage

AUDITED = sorted(
    (m for m in Project._sa_registry.mappers if not issubclass(m.class_, audit.NOT_AUDITED)),
    key=lambda m: m.local_table.name,
)


def change(actor: Any, project: int, **values: Any) -> None:
    with unit_of_work(actor, "projects.edit") as session:
        row = fetch(session, Project, project)
        for field, value in values.items():
            setattr(row, field, value)


@pytest.mark.parametrize("mapper", AUDITED, ids=lambda m: m.local_table.name)
def test_every_audited_column_has_a_word_for_people(mapper: Any) -> None:
    record = mapper.local_table.name
    assert record in fields.RECORDS
    for column in mapper.column_attrs:
        if column.key not in audit.QUIET_FIELDS and column.key != "id":
            assert fields.label(column.key, record) != column.key, f"{record}.{column.key}"


def test_a_change_reads_as_a_sentence_with_old_and_new(any_db: str, cast: Any) -> None:
    change(cast.officer, cast.project, level=Level.PROVINCE, stage=Stage.LAND, town_id=cast.other_town)
    with reading() as session:
        rows, _total = trail.trail(session, cast.supervisor, project_id=cast.project)
        newest = rows[0]
        names = trail.names_in(session, rows)
    assert newest.user_name == "何志强"
    assert sentence(newest) == "修改项目"
    text = changes_text(newest, names, phones=False)
    assert "项目级别：区重点 → 省重点" in text
    assert "阶段：前期策划 → 用地" in text
    assert "镇街：棠下镇 → 荷塘镇" in text


def test_a_story_belongs_to_whom_its_project_belongs(any_db: str, cast: Any) -> None:
    change(cast.officer, cast.project, remark="甲")
    change(cast.stranger, cast.other_project, remark="乙")
    with reading() as session:
        for actor, own, other in (
            (cast.officer, 1, 0),
            (cast.stranger, 0, 1),
            (cast.admin, 1, 1),
            (cast.clerk, 1, 0),
        ):
            assert bool(trail.trail(session, actor, project_id=cast.project)[1]) is bool(own)
            assert bool(trail.trail(session, actor, project_id=cast.other_project)[1]) is bool(other)


def test_lines_without_a_project_or_enterprise_are_the_administrators(any_db: str, cast: Any) -> None:
    with unit_of_work(cast.admin, "users.edit") as session:
        fetch(session, User, cast.clerk.user_id).phone = "13900000001"
    with reading() as session:
        assert trail.trail(session, cast.admin, record="user_account")[1] > 0
        for actor in (cast.supervisor, cast.officer, cast.leader, cast.handler):
            assert trail.trail(session, actor, record="user_account")[1] == 0


def test_the_log_is_filtered_and_paged_in_the_database(any_db: str, cast: Any) -> None:
    for n in range(30):
        change(cast.officer, cast.project, remark=f"第{n}次")
    with reading() as session:
        rows, total = trail.trail(
            session, cast.admin, action="projects.edit", user_id=cast.officer.user_id, page=2, per_page=20
        )
        assert (len(rows), total) == (10, 30)
        assert [r.id for r in rows] == sorted((r.id for r in rows), reverse=True)
        day = today()
        assert trail.trail(session, cast.admin, action="projects.edit", from_on=day, to_on=day)[1] == 30
        later = day + timedelta(days=1)
        assert trail.trail(session, cast.admin, from_on=later)[1] == 0
        assert trail.trail(session, cast.admin, search="何志强")[1] == 30
        assert trail.trail(session, cast.admin, search="%")[1] == 0


def test_passwords_never_reach_the_trail(any_db: str, cast: Any) -> None:
    with unit_of_work(cast.admin, "users.reset_password") as session:
        fetch(session, User, cast.clerk.user_id).password_hash = "$argon2id$secret"
    with reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "users.reset_password")).one()
    assert entry.changes == {"password_hash": ["", "***"]}


def test_a_phone_in_the_trail_is_masked_for_whom_may_not_see_it(any_db: str, cast: Any) -> None:
    with unit_of_work(cast.supervisor, "contacts.edit") as session:
        fetch(session, Contact, cast.contact).phone = "13911112222"
    with reading() as session:
        rows, _total = trail.trail(session, cast.leader, enterprise_id=cast.enterprise)
        masked = changes_text(rows[0], {}, phones=False)
        assert "139****1234 → 139****2222" in masked
        assert "13911112222" in changes_text(rows[0], {}, phones=True)


def test_creating_and_deleting_leave_one_line_each_and_reading_none(any_db: str, cast: Any) -> None:
    with unit_of_work(SYSTEM, "towns.create") as session:
        town = Town(code="440703999", name="试验镇")
        session.add(town)
    with unit_of_work(SYSTEM, "towns.delete") as session:
        session.delete(fetch(session, Town, town.id))
    with reading() as session:
        fetch(session, Project, cast.project)
        rows = session.exec(
            select(AuditEntry).where(AuditEntry.record == "town").order_by(AuditEntry.id)
        ).all()
        lines = [(r.action, r.verb) for r in rows if r.action.startswith("towns.")]
    assert lines == [("towns.create", AuditVerb.CREATE), ("towns.delete", AuditVerb.DELETE)]


def test_a_save_that_changes_nothing_leaves_no_line(any_db: str, cast: Any) -> None:
    change(cast.officer, cast.project, remark="同样")
    with reading() as session:
        before = len(session.exec(select(AuditEntry.id)).all())
    change(cast.officer, cast.project, remark="同样")
    with reading() as session:
        assert len(session.exec(select(AuditEntry.id)).all()) == before


def test_every_table_is_audited_or_named_as_bookkeeping() -> None:
    assert {
        m.class_.__name__ for m in Project._sa_registry.mappers if issubclass(m.class_, audit.NOT_AUDITED)
    } == {
        "AuditEntry",
        "AlertRecipient",
        "CaseBatchRow",
        "CaseEvent",
        "CaseStep",
        "CaseTally",
        "CaseTallyMonth",
        "Draft",
        "ImportRow",
        "ProjectForecast",
        "ScanRun",
        "SetupCode",
        "WebSession",
    }
    assert all(issubclass(m.class_, Base) for m in AUDITED)
