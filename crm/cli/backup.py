"""crm backup and crm restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crm.cli.output import emit, say
from crm.core import vault
from crm.core.i18n import _
from crm.prepare import prepare

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, alone on standard output.")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("backup", help="Write the database and all stored files to one .tar file.")(backup)
    app.command("restore", help="Put a backup back, after checking it whole. Stop the server first.")(restore)


def backup(
    file: Annotated[Path, typer.Argument(help="The .tar file to write; must not exist yet.")],
    json: Json = False,
) -> None:
    """Back up while people work."""
    prepare()
    done = vault.backup(file)
    if json:
        emit(_told(done))
    else:
        say(_("备份完成：{path}，{n}个文件，{size}字节。", path=done.path, n=done.files, size=done.size))


def restore(
    file: Annotated[Path, typer.Argument(help="A file made by crm backup.")],
    force: Annotated[bool, typer.Option("--force", help="Replace data that is already there.")] = False,
    json: Json = False,
) -> None:
    """Restore into an empty data folder or database (or over it with --force)."""
    done = vault.restore(file, force=force)
    prepare()  # an older backup is brought up to this version
    if json:
        emit(_told(done))
    else:
        say(_("恢复完成：{path}，{n}个文件。", path=done.path, n=done.files))


def _told(done: vault.Backup) -> dict[str, object]:
    return {
        "file": str(done.path),
        "database": done.database,
        "schema": done.schema,
        "files": done.files,
        "size": done.size,
        "made_at": done.made_at,
    }
