"""`crm calendar`: the working-day calendar: look at a year, load its notice."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crm.cli.output import emit, say
from crm.core import today as wall
from crm.core.access import SYSTEM
from crm.core.db import reading
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.prepare import prepare
from crm.workdays import actions, queries
from crm.workdays.rules import weekday_name
from models.vocabulary import DayKind

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    group = typer.Typer(no_args_is_help=True, help="The working-day calendar: years, days, a year's notice.")
    group.command("years", help="The years and whether their notice is loaded.")(years)
    group.command("show", help="The days of one year that differ from their weekday.")(show)
    group.command("load", help="Load a year's notice (CSV, JSON or pasted text) and list what moved.")(load)
    app.add_typer(group, name="calendar")


def years(as_json: AsJson = False) -> None:
    """One line a year."""
    prepare()
    with reading() as session:
        rows = queries.years(session, wall.today())
    if as_json:
        emit(rows)
        return
    for row in rows:
        state = row.source if row.confirmed else _("暂定：通知尚未载入")
        print(f"{row.year}  {_('{n}个工作日', n=row.workdays)}  {state}")


def show(year: Annotated[int, typer.Argument(help="The year.")], as_json: AsJson = False) -> None:
    """The year's state and its special days."""
    prepare()
    with reading() as session:
        row = next((y for y in queries.years(session, wall.today()) if y.year == year), None)
        days = queries.days_of(session, year)
    if as_json:
        emit(
            {
                "year": year,
                "confirmed": bool(row and row.confirmed),
                "source": row.source if row else "",
                "days": days,
            }
        )
        return
    print(f"{year}  {row.source if row and row.confirmed else _('暂定：通知尚未载入')}")
    words = {DayKind.HOLIDAY: _("放假"), DayKind.MAKEUP: _("上班"), DayKind.LOCAL: _("停工")}
    for day in days:
        print(f"{day.on} {weekday_name(day.on)}  {words[day.kind]}  {day.name}")


def load(
    year: Annotated[int, typer.Argument(help="The year the notice is for.")],
    file: Annotated[str, typer.Argument(help="The notice as CSV, JSON or text; - reads standard input.")],
    source: Annotated[str, typer.Option(help="What the notice is called.")] = "",
    as_json: AsJson = False,
) -> None:
    """Confirm the year and recompute what is open."""
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise Refusal(_("读不了文件 {name}：{why}", name=file, why=error.strerror)) from None
    prepare()
    form = actions.LoadYear(year=year, content=content, source=source[:200])
    loaded = actions.load_year(SYSTEM, form, today=wall.today())
    for warning in loaded.warnings:
        say(warning)
    if as_json:
        emit(loaded)
        return
    print(
        _(
            "已载入{year}年：{days}天，与原来不同{changes}天。",
            year=year,
            days=loaded.days,
            changes=len(loaded.changes),
        )
    )
    if not loaded.moved:
        print(_("没有在办期限因此变动。"))
    for moved in loaded.moved:
        print(_("{what}：{old} → {new}", what=moved.what, old=moved.old_on, new=moved.new_on))
