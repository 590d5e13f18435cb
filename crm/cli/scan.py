"""`crm scan`: look for what is late or about to be, from the back door."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from crm.alerts.queries.lists import AlertFilter, AlertRow, list_alerts
from crm.alerts.scan import scan
from crm.alerts.words import sentence
from crm.cli.output import emit, say
from crm.core.access import SYSTEM
from crm.core.db import reading
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.core.today import today as this_day
from crm.prepare import prepare
from models.vocabulary import LIGHT_LABELS

_PAGE = 1000


def register(app: typer.Typer) -> None:
    """Add this file's commands."""

    @app.command("scan")
    def scan_command(
        day: Annotated[
            str | None,
            typer.Option("--today", metavar="YYYY-MM-DD", help="The day to judge by; default: today."),
        ] = None,
        json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    ) -> None:
        """Look for what is late or about to be, and bring the alerts up to date.

        Running it twice, or by two processes at once, changes nothing more.

        \b
        JSON: {"date", "raised", "climbed", "reopened", "closed", "open",
               "by_kind": {kind: number},
               "alerts": [{"key", "kind", "light", "state", "project_id", "project",
                           "project_code", "because", "record", "record_id", "department",
                           "due_on", "late_wd", "raised_on", "link"}]}
        \b
        "open" is the number of alerts that stand: open, acknowledged or snoozed; they are the
        ones listed. "raised" and the others count what this run changed.
        "late_wd" is working days past "due_on", null where days are not counted so.
        """
        run(_day(day) if day else this_day(), as_json=json)


def _day(text: str) -> date:
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal(_("日期“{text}”无法识别，请写成 2026-11-23 这样。", text=text)) from None


def run(today: date, *, as_json: bool) -> None:
    """Scan for the day and print what stands."""
    prepare()
    result = scan(today, progress=_tell_progress)
    rows = _standing()
    if as_json:
        emit(
            {
                "date": today,
                "raised": result.raised,
                "climbed": result.climbed,
                "reopened": result.reopened,
                "closed": result.closed,
                "open": len(rows),
                "by_kind": {kind.value: n for kind, n in result.by_kind.items()},
                "alerts": [_as_json(row) for row in rows],
            }
        )
        return
    for row in rows:
        project = row.project_name or row.enterprise_name or "—"
        print(
            f"{_(LIGHT_LABELS[row.light])}\t{project}\t{sentence(row.because_code, row.because_facts, row.because)}"
        )
    say(
        _(
            "扫描完成：新增{raised}条，消除{closed}条，现有{n}条。",
            raised=result.raised,
            closed=result.closed,
            n=len(rows),
        )
    )


def _tell_progress(done: int, total: int) -> None:
    if total > 4:  # a small district is over before one could read it
        say(_("已扫描{done}/{total}批", done=done, total=total))


def _standing() -> list[AlertRow]:
    rows: list[AlertRow] = []
    with reading() as session:
        while True:
            page = list_alerts(session, SYSTEM, AlertFilter(), page=len(rows) // _PAGE + 1, per_page=_PAGE)
            rows += page.rows
            if len(page.rows) < _PAGE:
                return rows


def _as_json(row: AlertRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "kind": row.kind,
        "light": row.light,
        "state": row.state,
        "project_id": row.project_id,
        "project": row.project_name,
        "project_code": row.project_code,
        "because": row.because,
        "record": row.record,
        "record_id": row.record_id,
        "department": row.department,
        "due_on": row.due_on,
        "late_wd": row.late_wd,
        "raised_on": row.raised_on,
        "link": _link(row),
    }


def _link(row: AlertRow) -> str:
    page, params = row.opens
    return f"/{page}?{urlencode(params)}"
