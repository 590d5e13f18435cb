"""`crm export events FILE`: the event log, for process-mining tools."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from crm.approvals.queries import Span
from crm.caselog.export import Format, LogAsked, export_events
from crm.cli.output import emit, say
from crm.core.access import SYSTEM
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.prepare import prepare


def add_to(group: typer.Typer) -> None:
    """Add this file's command to the `export` group."""
    group.command("events", help="Write the event log: XES (IEEE 1849) or CSV, one row an event.")(events)


def events(
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    how: Annotated[
        Format | None, typer.Option("--format", help="csv or xes; without it, by the file's name.")
    ] = None,
    first: Annotated[str, typer.Option("--from", help="Cases received from this day on, YYYY-MM-DD.")] = "",
    last: Annotated[str, typer.Option("--to", help="Cases received to this day, YYYY-MM-DD.")] = "",
    item: Annotated[str, typer.Option("--item", help="Cases of this item alone, by its code.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """The whole file or none: written beside its place and renamed."""
    chosen = how or (Format.CSV if file.suffix.lower() == ".csv" else Format.XES)
    asked = LogAsked(item=item, received=Span(_day(first), _day(last)))
    prepare()
    try:
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    except OSError:
        raise _unwritable(file) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            written = export_events(SYSTEM, out, chosen, asked)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except OSError:
        raise _unwritable(file) from None
    finally:
        Path(temporary).unlink(missing_ok=True)
    if as_json:
        emit({"file": str(file), "format": chosen.value, "cases": written.cases, "events": written.events})
    else:
        say(
            _(
                "已写出{cases}个办件、{events}条环节记录：{path}",
                cases=f"{written.cases:,}",
                events=f"{written.events:,}",
                path=str(file),
            )
        )


def _unwritable(file: Path) -> Refusal:
    return Refusal(_("写不了文件“{name}”，请检查路径和权限。", name=str(file)))


def _day(words: str) -> date | None:
    if not words:
        return None
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise Refusal(_("日期“{day}”读不懂，请写成 2026-11-23。", day=words)) from None
