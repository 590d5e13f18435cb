"""A backup restored is the same data; anything less than a whole backup is refused."""

from __future__ import annotations

import json
import shutil
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crm.core import vault
from crm.core.access import SYSTEM
from crm.core.db import engine, fetch, unit_of_work
from crm.core.errors import Refusal
from crm.core.settings import load_settings
from crm.prepare import prepare
from models import Base, Project
from tests.conftest import _use

PHOTO = b"\xff\xd8photo"


def contents() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with engine().connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table)).all()), key=repr)
            for table in Base.metadata.sorted_tables
        }


def store_file() -> Path:
    path = load_settings().files / "ab" / "abcdef"
    path.parent.mkdir(parents=True)
    path.write_bytes(PHOTO)
    return path


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Another, empty machine."""

    def move() -> None:
        var = tmp_path / "elsewhere"
        shutil.rmtree(var, ignore_errors=True)
        var.mkdir()
        _use(monkeypatch, var, f"sqlite:///{var / 'crm.sqlite3'}")

    return move


def test_a_backup_restored_on_an_empty_machine_is_equal_row_by_row(
    db: Path, cast: Any, tmp_path: Path, elsewhere: Any
) -> None:
    store_file()
    before, target = contents(), tmp_path / "b.tar"
    made = vault.backup(target)
    assert made.files == 1
    elsewhere()
    vault.restore(target)
    prepare()
    assert contents() == before
    assert (load_settings().files / "ab" / "abcdef").read_bytes() == PHOTO


def test_the_restored_trail_still_refuses_changes(
    db: Path, cast: Any, tmp_path: Path, elsewhere: Any
) -> None:
    vault.backup(tmp_path / "b.tar")
    elsewhere()
    vault.restore(tmp_path / "b.tar")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine().begin() as connection:
        connection.execute(sa.text("delete from audit_entry"))


def test_a_backup_taken_while_people_write_is_consistent(
    db: Path, cast: Any, tmp_path: Path, elsewhere: Any
) -> None:
    written, busy, stop = [0], threading.Event(), threading.Event()

    def write() -> None:
        while not stop.is_set():
            with unit_of_work(SYSTEM, "projects.edit") as session:
                fetch(session, Project, cast.project).remark = f"第{written[0] + 1}次"
            written[0] += 1
            if written[0] == 3:
                busy.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert busy.wait(10)
    vault.backup(tmp_path / "b.tar")
    stop.set()
    writer.join()
    elsewhere()
    vault.restore(tmp_path / "b.tar")
    with engine().connect() as connection:
        assert connection.execute(sa.text("pragma integrity_check")).scalar() == "ok"
        edits = connection.execute(
            sa.text("select count(*) from audit_entry where action = 'projects.edit'")
        ).scalar_one()
        remark = connection.execute(
            sa.text("select remark from project where id = :i"), {"i": cast.project}
        ).scalar_one()
    assert edits >= 3
    assert remark == f"第{edits}次"


def test_existing_data_is_replaced_only_by_force_and_then_kept_aside(
    db: Path, cast: Any, tmp_path: Path
) -> None:
    vault.backup(tmp_path / "b.tar")
    before = contents()
    with unit_of_work(SYSTEM, "projects.edit") as session:
        fetch(session, Project, cast.project).remark = "后来"
    with pytest.raises(Refusal, match="--force"):
        vault.restore(tmp_path / "b.tar")
    vault.restore(tmp_path / "b.tar", force=True)
    assert contents() == before
    assert list(db.glob("crm.sqlite3.before-restore-*"))


def test_a_prepared_but_empty_database_needs_no_force(
    db: Path, cast: Any, tmp_path: Path, elsewhere: Any
) -> None:
    vault.backup(tmp_path / "b.tar")
    elsewhere()
    prepare()
    vault.restore(tmp_path / "b.tar")
    with engine().connect() as connection:
        assert connection.execute(sa.text("select count(*) from project")).scalar() == 2


def test_a_backup_never_overwrites(db: Path, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_text("mine")
    with pytest.raises(Refusal, match="已存在"):
        vault.backup(tmp_path / "b.tar")
    assert (tmp_path / "b.tar").read_text() == "mine"
    with pytest.raises(Refusal, match="文件夹"):
        vault.backup(tmp_path / "none" / "b.tar")


def _rewrite(path: Path, change: Any) -> None:
    """The same archive with one thing different."""
    with tarfile.open(path) as tar:
        members = [(m, tar.extractfile(m).read()) for m in tar]  # type: ignore[union-attr]
    with tarfile.open(path, "w") as tar:
        for member, data in change(members):
            member.size = len(data)
            import io

            tar.addfile(member, io.BytesIO(data))


def _flip(members: list[Any]) -> list[Any]:
    return [(m, d[:-1] + bytes([d[-1] ^ 1]) if m.name.startswith("database/") else d) for m, d in members]


def _escape(members: list[Any]) -> list[Any]:
    manifest = json.loads(members[0][1])
    name = next(n for n in manifest["sha256"] if n.startswith("files/"))
    manifest["sha256"]["files/../../evil"] = manifest["sha256"].pop(name)
    for member, _data in members:
        if member.name == name:
            member.name = "files/../../evil"
    return [(members[0][0], json.dumps(manifest).encode()), *members[1:]]


def _newer(members: list[Any]) -> list[Any]:
    manifest = json.loads(members[0][1]) | {"schema": "9999"}
    return [(members[0][0], json.dumps(manifest).encode()), *members[1:]]


def _foreign(members: list[Any]) -> list[Any]:
    manifest = json.loads(members[0][1]) | {"database": "postgresql"}
    return [(members[0][0], json.dumps(manifest).encode()), *members[1:]]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_flip, "不是完整"),
        (lambda members: members[:-1], "不是完整"),
        (lambda members: members[1:], "不是完整"),
        (_escape, "不是完整"),
        (_newer, "更新的版本"),
        (_foreign, "不能互相恢复"),
    ],
    ids=[
        "one bit",
        "a file missing",
        "no manifest",
        "a path that climbs out",
        "a newer version",
        "another database",
    ],
)
def test_a_damaged_backup_is_refused_and_nothing_is_touched(
    db: Path, cast: Any, tmp_path: Path, change: Any, says: str
) -> None:
    store_file()
    target = tmp_path / "b.tar"
    vault.backup(target)
    _rewrite(target, change)
    before = contents()
    with pytest.raises(Refusal, match=says):
        vault.restore(target, force=True)
    assert contents() == before
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\x1f\x8b" + b"0" * 2000])
def test_a_file_that_is_no_backup_is_refused(db: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.tar").write_bytes(content)
    with pytest.raises(Refusal, match="不是完整"):
        vault.restore(tmp_path / "b.tar")


@pytest.mark.postgres
def test_a_postgresql_backup_restored_is_equal_row_by_row(
    postgres_db: str, cast: Any, tmp_path: Path
) -> None:
    before = contents()
    vault.backup(tmp_path / "b.tar")
    with unit_of_work(SYSTEM, "projects.edit") as session:
        fetch(session, Project, cast.project).remark = "后来"
    with pytest.raises(Refusal, match="--force"):
        vault.restore(tmp_path / "b.tar")
    engine().dispose()
    vault.restore(tmp_path / "b.tar", force=True)
    assert contents() == before
