"""Backup and restore: the database and the stored files in one .tar, checked by its manifest.

SQLite is copied with VACUUM INTO, which is consistent while people work; a plain copy of the file
loses what is still in its log. PostgreSQL goes through pg_dump and pg_restore.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import sqlalchemy as sa

from crm.core.db import engine, engine_for
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.core.migrate import current, head
from crm.core.settings import Settings, load_settings
from crm.core.state import product_version
from crm.core.today import now

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE_NAME, POSTGRES_NAME = "crm.sqlite3", "crm.pgdump"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Backup:
    """What a backup holds. Sizes in bytes."""

    path: Path
    database: str
    schema: str
    files: int
    size: int
    made_at: str


# -- out -----------------------------------------------------------------------------------


def backup(target: Path) -> Backup:
    """Write a backup. The name appears only when the file is whole. Raises `Refusal` if it exists."""
    if target.exists():
        raise Refusal(_("文件已存在：{path}。请换一个名字，备份不会覆盖旧的。", path=target))
    if not target.parent.is_dir():
        raise Refusal(_("没有这个文件夹：{path}。请先建立。", path=target.parent))
    settings = load_settings()
    made_at = now().isoformat(timespec="seconds")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".crm-backup-") as folder:
        dump = _dump(settings, Path(folder))
        entries = {f"database/{dump.name}": dump}
        if settings.files.is_dir():
            for path in sorted(p for p in settings.files.rglob("*") if p.is_file()):
                entries[f"files/{path.relative_to(settings.files).as_posix()}"] = path
        with engine().connect() as connection:
            schema = current(connection) or ""
        sums = {name: _sha256(path) for name, path in entries.items()}
        kind = engine().dialect.name
        manifest = {
            "format": FORMAT,
            "version": product_version(),
            "made_at": made_at,
            "database": kind,
            "schema": schema,
            "sha256": sums,
        }
        whole = Path(folder) / "whole.tar"
        with tarfile.open(whole, "w") as tar:
            text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
            info = tarfile.TarInfo(MANIFEST)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
            for name, path in entries.items():
                tar.add(path, arcname=name, recursive=False)
        with whole.open("rb") as f:
            os.fsync(f.fileno())
        whole.replace(target)
    return Backup(
        target,
        kind,
        schema,
        len(entries) - 1,
        target.stat().st_size,
        made_at,
    )


def _dump(settings: Settings, folder: Path) -> Path:
    if settings.is_sqlite:
        path = folder / SQLITE_NAME
        raw = engine().raw_connection()
        try:
            raw.execute("VACUUM INTO ?", (str(path),))  # type: ignore[attr-defined]
        finally:
            raw.close()
        return path
    path = folder / POSTGRES_NAME
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}", settings)
    return path


def _run(program: str, *arguments: str | Settings) -> None:
    settings = next(a for a in arguments if isinstance(a, Settings))
    words = [a for a in arguments if isinstance(a, str)]
    found = shutil.which(program)
    if found is None:
        raise Refusal(_("没有找到 {program}。请在本机安装 PostgreSQL 客户端程序后再试。", program=program))
    url = sa.make_url(settings.database_url)
    environment = os.environ | {
        key: value
        for key, value in {
            "PGHOST": str(url.query.get("host") or url.host or ""),
            "PGPORT": str(url.port or ""),
            "PGUSER": url.username or "",
            "PGPASSWORD": url.password or "",
            "PGDATABASE": url.database or "",
        }.items()
        if value
    }
    done = subprocess.run([found, *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refusal(_("{program} 没有成功：{why}", program=program, why=done.stderr.strip()[-500:]))


# -- in ------------------------------------------------------------------------------------


def restore(source: Path, *, force: bool = False) -> Backup:
    """Put a backup back. Everything is checked before anything is touched.

    Refuses over data that is already there unless `force`; then the old data folder is moved aside,
    not deleted (SQLite), or the database's tables are replaced (PostgreSQL).
    """
    settings = load_settings()
    if not source.is_file():
        raise Refusal(_("没有找到备份文件：{path}。", path=source))
    with tempfile.TemporaryDirectory(dir=settings.var, prefix=".crm-restore-") as name:
        folder = Path(name)
        manifest = _unpack(source, folder)
        kind = engine().dialect.name
        if manifest["database"] != kind:
            raise Refusal(
                _(
                    "这份备份来自 {there}，现在的数据库是 {here}，不能互相恢复。",
                    there=manifest["database"],
                    here=kind,
                )
            )
        if str(manifest["schema"]) > head():
            raise Refusal(_("这份备份由更新的版本生成，请先升级程序再恢复。"))
        if _has_data(settings) and not force:
            raise Refusal(_("目标里已有数据，没有恢复。确定要替换时请加 --force。"))
        if settings.is_sqlite:
            _restore_sqlite(settings, folder)
        else:
            _run(
                "pg_restore",
                "--clean",
                "--if-exists",
                "--no-owner",
                "--no-privileges",
                "--single-transaction",
                "--dbname",
                str(sa.make_url(settings.database_url).database),
                str(folder / "database" / POSTGRES_NAME),
                settings,
            )
        _restore_files(settings, folder)
    return Backup(
        source,
        str(manifest["database"]),
        str(manifest["schema"]),
        len(manifest["sha256"]) - 1,
        source.stat().st_size,
        str(manifest["made_at"]),
    )


def _unpack(source: Path, folder: Path) -> dict[str, Any]:
    broken = Refusal(_("这不是完整的会客厅备份，没有恢复：{path}。", path=source))
    try:
        with tarfile.open(source, "r:") as tar:
            first = tar.next()
            stream = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
            if stream is None:
                raise broken
            manifest: dict[str, Any] = json.loads(stream.read())
            if manifest.get("format") != FORMAT or not isinstance(manifest.get("sha256"), dict):
                raise broken
            left = dict(manifest["sha256"])
            for member in tar:
                name = PurePosixPath(member.name)
                if member.name == MANIFEST:
                    continue
                expected = left.pop(member.name, None)
                inside = tar.extractfile(member)
                if (
                    expected is None
                    or inside is None
                    or not member.isfile()
                    or ".." in name.parts
                    or name.is_absolute()
                ):
                    raise broken
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if _copy(inside, path) != expected:
                    raise broken
    except (tarfile.TarError, OSError, ValueError, KeyError, EOFError) as error:
        raise broken from error
    if left:
        raise broken
    return manifest


def _copy(source: IO[bytes], path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as out:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def _has_data(settings: Settings) -> bool:
    if settings.is_sqlite:
        database = sa.make_url(settings.database_url).database
        if database and not Path(database).exists():
            return False
    with engine().connect() as connection:
        if not sa.inspect(connection).has_table("user_account"):
            return False
        tables = ("user_account", "project", "enterprise")
        return any(
            connection.execute(sa.text(f"select 1 from {table} limit 1")).first()  # noqa: S608 - our own names
            for table in tables
        )


def _restore_sqlite(settings: Settings, folder: Path) -> None:
    target = Path(str(sa.make_url(settings.database_url).database))
    engine().dispose()
    engine_for.cache_clear()
    stamp = now().strftime("%Y%m%d%H%M%S")
    for suffix in ("", "-wal", "-shm"):
        old = Path(f"{target}{suffix}")
        if old.exists():
            old.rename(Path(f"{target}.before-restore-{stamp}{suffix}"))
    shutil.move(folder / "database" / SQLITE_NAME, target)


def _restore_files(settings: Settings, folder: Path) -> None:
    # Files are kept by their hash: one that is there already is the same one.
    for path in _files(folder / "files"):
        target = settings.files / path.relative_to(folder / "files")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)


def _files(folder: Path) -> Iterator[Path]:
    return (p for p in sorted(folder.rglob("*")) if p.is_file()) if folder.is_dir() else iter(())


def _sha256(path: Path) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
