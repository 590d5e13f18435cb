"""`crm catalogue register export FILE` and `import FILE`: the register of special procedures as a workbook."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from crm.approvals.actions.registry import Outcome, look_register, write_register
from crm.approvals.queries.registry import all_entries
from crm.cli.output import emit, say
from crm.core import today as wall
from crm.core.access import SYSTEM
from crm.core.db import reading
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.ledgers.reader import FILE_BYTES
from crm.ledgers.registers import read_register, register_workbook
from crm.prepare import prepare
from models.vocabulary import RowVerdict


def register(app: typer.Typer) -> None:
    """Add this file's commands: the `catalogue register` group."""
    catalogue = typer.Typer(help="The permit catalogue.", no_args_is_help=True)
    book = typer.Typer(help="The register of special procedures.", no_args_is_help=True)
    book.command("export", help="Write the register to a workbook (.xlsx).")(export_register)
    book.command("import", help="Read the register back: all rows, or none if any is refused.")(
        import_register
    )
    catalogue.add_typer(book, name="register")
    app.add_typer(catalogue, name="catalogue")


def export_register(
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
) -> None:
    """Every entry, stopped ones too."""
    prepare()
    with reading() as session:
        rows = all_entries(session)
    data = register_workbook(rows, wall.today())
    try:
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
        with os.fdopen(handle, "wb") as f:
            f.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except OSError:
        raise Refusal(_("写不了文件“{name}”，请检查路径和权限。", name=str(file))) from None
    say(_("已写出{n}个特殊环节：{path}", n=len(rows), path=str(file)))


def import_register(
    file: Annotated[Path, typer.Argument(help="The workbook, as exported.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    good_rows_only: Annotated[
        bool, typer.Option("--good-rows-only", help="Write the good rows, skip refused ones.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Exit code 0: done; 1: rows were refused and so nothing was written; 2: the file was not read."""
    try:
        if file.stat().st_size > FILE_BYTES:
            raise Refusal(_("文件“{name}”超过20MB的上限。请拆分后再导入。", name=file.name))
        data = file.read_bytes()
    except OSError:
        raise Refusal(_("打不开文件“{name}”，请检查路径和权限。", name=str(file))) from None
    prepare()
    lines = read_register(data, file.name).lines
    if dry_run:
        outcome = look_register(SYSTEM, lines)
    else:
        outcome = write_register(SYSTEM, lines, file_name=file.name, good_rows_only=good_rows_only)
    if as_json:
        emit(_public(outcome))
    else:
        _tell(outcome)
    if outcome.refused and not dry_run and not good_rows_only:
        say(
            _(
                "有{n}行退回，全部没有写入。改正后再导入，或用 --good-rows-only 只导入好的行。",
                n=len(outcome.refused),
            )
        )
        raise typer.Exit(1)
    if not dry_run:
        say(_("已写入{n}行。", n=outcome.written) if outcome.written else _("没有需要写入的变化。"))


def _tell(outcome: Outcome) -> None:
    print(
        _(
            "新增{new} 变更{changed} 不变{unchanged} 退回{refused}",
            new=outcome.count(RowVerdict.NEW),
            changed=outcome.count(RowVerdict.CHANGED),
            unchanged=outcome.count(RowVerdict.UNCHANGED),
            refused=len(outcome.refused),
        )
    )
    for verdict in outcome.verdicts:
        where = f"#{verdict.line.row} {verdict.line.item_code} {verdict.line.cells.get('环节名称', '')}"
        for header, (old, new) in verdict.changes.items():
            print(f"  {where} {header}：{old or '—'} → {new or '—'}")
        for trouble in verdict.troubles:
            allowed = _("（可填：{allowed}）", allowed=trouble.allowed) if trouble.allowed else ""
            print(f"  {where} {trouble.column}：{trouble.reason}{allowed}")


def _public(outcome: Outcome) -> dict[str, Any]:
    """The public form: counts, what changes, and refusals by row, column, value and allowed values."""
    return {
        "new": outcome.count(RowVerdict.NEW),
        "changed": outcome.count(RowVerdict.CHANGED),
        "unchanged": outcome.count(RowVerdict.UNCHANGED),
        "refused": [
            {
                "row": v.line.row,
                "column": t.column,
                "value": t.value,
                "reason": t.reason,
                "allowed": t.allowed,
            }
            for v in outcome.refused
            for t in v.troubles
        ],
        "changes": [
            {"row": v.line.row, "item": v.line.item_code, "column": header, "old": old, "new": new}
            for v in outcome.verdicts
            for header, (old, new) in v.changes.items()
        ],
        "written": outcome.written,
    }
