"""`crm import cases FILE` and `crm import events FILE`: the acceptance system's exports, whatever their size."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from crm.caselog import actions, queries
from crm.caselog.actions import Asked, Reading
from crm.caselog.headers import LABELS
from crm.caselog.queries import BatchLine
from crm.caselog.words import told_counts
from crm.cli.output import emit, say
from crm.core import today as wall
from crm.core.access import SYSTEM
from crm.core.db import reading
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.prepare import prepare
from models.vocabulary import LoadState

File = Annotated[Path, typer.Argument(help="The export (.csv, .xlsx).")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Judge every row, write nothing.")]
Whole = Annotated[
    bool,
    typer.Option("--all-or-nothing", help="Write nothing if any row is refused (default: the good rows)."),
]
Columns = Annotated[
    list[str] | None, typer.Option("--column", help="What a column means, as HEADER=FIELD; may be repeated.")
]
Refused = Annotated[Path | None, typer.Option("--refused", help="Write the rows set aside to this workbook.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Today = Annotated[str, typer.Option("--today", help="Pretend it is this day, YYYY-MM-DD.")]
Item = Annotated[str, typer.Option("--item", help="What all cases apply for, if no column tells.")]


def add_to(group: typer.Typer) -> None:
    """Add this file's commands to the `import` group."""
    group.command("cases", help="Read the acceptance system's cases, one row a case.")(import_cases)
    group.command("events", help="Read the acceptance system's events, one row an event.")(import_events)


def import_cases(
    file: File,
    dry_run: DryRun = False,
    all_or_nothing: Whole = False,
    column: Columns = None,
    item: Item = "",
    refused: Refused = None,
    as_json: AsJson = False,
    today: Today = "",
) -> None:
    """Exit code 0: done; 1: stopped, or refused rows forbade it; 2: the file was not read."""
    how = Reading(kind="cases", columns=_columns(column, "cases"), item=item)
    _bring(file, how, dry_run, all_or_nothing, refused, as_json, today)


def import_events(
    file: File,
    dry_run: DryRun = False,
    all_or_nothing: Whole = False,
    column: Columns = None,
    item: Item = "",
    refused: Refused = None,
    as_json: AsJson = False,
    today: Today = "",
) -> None:
    """A file whose rows carry their case too brings the cases first. Exit codes as for cases."""
    how = Reading(kind="events", columns=_columns(column, "events"), item=item)
    _bring(file, how, dry_run, all_or_nothing, refused, as_json, today)


def _bring(
    file: Path, how: Reading, dry_run: bool, whole: bool, refused: Path | None, as_json: bool, today: str
) -> None:
    if dry_run and whole:
        raise Refusal(_("--dry-run 和 --all-or-nothing 只能选一个。"))
    day = _day(today)
    prepare()
    received = actions.receive(SYSTEM, file, file.name)
    found = actions.look(SYSTEM, received, how, today=day)
    for note in found.notes:
        say(note)
    mode = "check" if dry_run else "all" if whole else "good"
    batch_id = actions.start(SYSTEM, received, Asked(how=how, mode=mode), today=day)
    try:
        actions.run(SYSTEM, batch_id, today=day, progress=_progress)
    except KeyboardInterrupt:
        _stopped(batch_id)
    lines = _lines(batch_id)
    if as_json:
        emit([_json(line) for line in lines])
    else:
        for line in lines:
            for sentence in told_counts(line):
                print(sentence)
    for line in lines:
        if refused is not None and line.refused + line.duplicates:
            _write_refused(refused, line)
    if any(line.state is not LoadState.DONE for line in lines):
        raise typer.Exit(1)


def _stopped(batch_id: int) -> None:
    try:
        actions.stop(SYSTEM, batch_id)
    except Refusal:
        return
    say(_("已停止。再次导入同一个文件会从中断处继续。"))


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} / {total:,}", end="" if done < total else "\n", file=sys.stderr, flush=True)


def _lines(batch_id: int) -> list[BatchLine]:
    """The batch and the one that followed it."""
    with reading() as session:
        lines, _total = queries.batches(session, SYSTEM)
    return [line for line in reversed(lines) if line.id >= batch_id]


def _json(line: BatchLine) -> dict[str, Any]:
    """The public form of an import's result."""
    with reading() as session:
        rows = queries.set_aside(session, SYSTEM, line.id, limit=1_000)
    counts: dict[str, int] = line.summary.get("counts", {})
    named: dict[str, dict[str, int]] = line.summary.get("named", {})
    return {
        "batch": line.id,
        "kind": line.kind,
        "state": line.state.value,
        "mode": line.mode,
        "rows": line.rows_done,
        "new": line.created,
        "changed": line.changed,
        "unchanged": line.unchanged,
        "duplicates": line.duplicates,
        "refused": line.refused,
        "error": line.error,
        "counts": counts,
        "named": named,
        "set_aside": [{"row": r.row, "reason": r.reason, "values": r.values} for r in rows],
    }


def _write_refused(path: Path, line: BatchLine) -> None:
    with reading() as session:
        rows = queries.set_aside(session, SYSTEM, line.id, limit=actions.MOST)
    try:
        path.write_bytes(actions.workbook(rows))
    except OSError:
        raise Refusal(_("写不了文件“{name}”，请检查路径和权限。", name=str(path))) from None
    say(_("已写出{n}行：{path}", n=len(rows), path=str(path)))


def _columns(said: list[str] | None, kind: str) -> dict[str, str]:
    found = {}
    for words in said or ():
        header, mark, field = words.rpartition("=")
        if not mark or (field and field not in LABELS[kind]):
            raise Refusal(_("--column 应写成“列名=字段”，字段有：{fields}", fields="、".join(LABELS[kind])))
        found[header] = field
    return found


def _day(words: str) -> date:
    if not words:
        return wall.today()
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise Refusal(_("日期“{day}”读不懂，请写成 2026-11-23。", day=words)) from None
