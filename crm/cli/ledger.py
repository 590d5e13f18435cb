"""`crm import ledger` and `crm export projects`."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from crm.cli import cases, event_log
from crm.cli.output import emit, say
from crm.core import today as wall
from crm.core.access import SYSTEM
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.ledgers import actions
from crm.ledgers.queries import ProjectLine
from crm.ledgers.reader import FILE_BYTES
from crm.ledgers.workbook import projects_workbook
from crm.prepare import prepare


def register(app: typer.Typer) -> None:
    """Add this file's commands: the `import` and `export` groups."""
    into = typer.Typer(help="Bring data in: ledgers, the hall's cases and events.", no_args_is_help=True)
    into.command("ledger", help="Read an office ledger (.xlsx, .xls, .csv): dry run unless told to commit.")(
        import_ledger
    )
    cases.add_to(into)
    app.add_typer(into, name="import")
    out = typer.Typer(help="Write data out: projects, the event log.", no_args_is_help=True)
    out.command(
        "projects", help="List all projects, or write them to a workbook that can be imported again."
    )(export_projects)
    event_log.add_to(out)
    app.add_typer(out, name="export")


def import_ledger(
    file: Annotated[Path, typer.Argument(help="The ledger file.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change (default).")] = False,
    commit: Annotated[
        bool, typer.Option("--commit", help="Write all rows, or none if any is refused.")
    ] = False,
    commit_good: Annotated[
        bool, typer.Option("--commit-good", help="Write the good rows, skip refused ones.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    year: Annotated[
        int | None, typer.Option(help="The ledger's year, if it does not say or says it wrong.")
    ] = None,
    month: Annotated[int | None, typer.Option(help="The ledger's month, 1-12, likewise.")] = None,
    mapping: Annotated[str, typer.Option(help="Name of a saved column mapping.")] = "",
    today: Annotated[str, typer.Option(help="Pretend it is this day, YYYY-MM-DD.")] = "",
) -> None:
    """Exit code 0: done; 1: rows were refused and so nothing was written; 2: the file was not read."""
    if dry_run + commit + commit_good > 1:
        raise Refusal(_("--dry-run、--commit、--commit-good 只能选一个。"))
    day = _day(today)
    try:
        if file.stat().st_size > FILE_BYTES:
            raise Refusal(_("文件“{name}”超过20MB的上限。请拆分后再导入。", name=file.name))
        data = file.read_bytes()
    except OSError:
        raise Refusal(_("打不开文件“{name}”，请检查路径和权限。", name=str(file))) from None
    prepare()
    how = actions.Reading(
        year=year, month=month, mapping=actions.load_mapping(SYSTEM, mapping) if mapping else {}
    )
    batch: int | None = None
    blocked = False
    if commit or commit_good:
        done = actions.commit(SYSTEM, data, file.name, how, today=day, good_rows_only=commit_good)
        found, batch, blocked = done.look, done.batch, done.blocked
    else:
        found = actions.look(SYSTEM, data, file.name, how, today=day)
    if as_json:
        emit(found.as_json(batch))
    else:
        _tell(found)
    if blocked:
        say(
            _(
                "有{n}行退回，全部没有写入。改正后再导入，或用 --commit-good 只导入好的行。",
                n=len(found.refused),
            )
        )
        raise typer.Exit(1)
    if commit or commit_good:
        say(_("已写入，批次{batch}。", batch=batch) if batch else _("没有需要写入的变化。"))


def _tell(found: actions.Look) -> None:
    for sheet in found.understanding.sheets:
        shown = _("“{name}”", name=sheet.name or found.file_name)
        if sheet.state == "ledger":
            period = _("{year}年{month}月", year=sheet.year, month=sheet.month)
            print(
                _(
                    "{sheet}：表头在第{row}行，{n}个项目，{period}",
                    sheet=shown,
                    row=sheet.header_row,
                    n=sheet.rows,
                    period=period,
                )
            )
            kept = [c.header for c in sheet.columns if c.field == ""]
            if kept:
                print("  " + _("未对应的列（按原列名保存）：{columns}", columns="、".join(kept)))
        for note in sheet.notes:
            print(f"  {shown} {note}" if sheet.state != "ledger" else f"  {note}")
    c = found.counts
    print(
        _(
            "新增{new} 变更{changed} 不变{unchanged} 重复{duplicate} 退回{refused}",
            new=c["new"], changed=c["changed"], unchanged=c["unchanged"], duplicate=c["duplicate"], refused=c["refused"],
        )
    )  # fmt: skip
    for v in found.verdicts:
        where = f"{v.source.sheet or found.file_name} #{v.source.row} {v.source.name}"
        if v.reason:
            print(f"  {where}：{v.reason}")
        elif v.verdict.value == "changed":
            told = "；".join(f"{k}：{old or '—'} → {new or '—'}" for k, (old, new) in v.changes.items())
            print(f"  {where}：{told}")
        if v.verdict.value in ("new", "changed", "unchanged"):
            for note in v.notes:
                print(f"  {where}：{note}")


def export_projects(
    as_json: Annotated[bool, typer.Option("--json", help="Print the projects as JSON (default).")] = False,
    xlsx: Annotated[Path | None, typer.Option(help="Write them to this workbook instead.")] = None,
    today: Annotated[str, typer.Option(help="Pretend it is this day, YYYY-MM-DD (for the lights).")] = "",
) -> None:
    """All projects, amounts in 万元, words as the ledgers write them."""
    day = _day(today)
    prepare()
    lines = actions.export_projects(SYSTEM, today=day)
    if xlsx is not None:
        _write(xlsx, projects_workbook(lines, day))
        say(_("已写出{n}个项目：{path}", n=len(lines), path=str(xlsx)))
    if as_json or xlsx is None:
        emit([project_json(line) for line in lines])


def project_json(line: ProjectLine) -> dict[str, Any]:
    """The public form of a project: exactly these keys, in this order."""
    keys = (
        "name", "enterprise", "credit_code", "project_code", "level", "category", "town", "total_wan", "plan_wan",
        "done_wan", "start_on", "finish_on", "progress", "problem", "next_step", "lead_unit", "leader", "officers",
        "stage", "light",
    )  # fmt: skip
    return {k: list(line.officers) if k == "officers" else getattr(line, k) for k in keys}


def _write(path: Path, data: bytes) -> None:
    """The whole file or none: written beside its place and renamed."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "wb") as f:
            f.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError:
        raise Refusal(_("写不了文件“{name}”，请检查路径和权限。", name=str(path))) from None


def _day(words: str) -> date:
    if not words:
        return wall.today()
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise Refusal(_("日期“{day}”读不懂，请写成 2026-11-23。", day=words)) from None
