"""`crm brief`: the two service briefings as Word files, and the check of an office's own template."""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from crm.briefings import actions, queries, render
from crm.briefings.actions import HallAsk, Issued, ProjectAsk
from crm.briefings.context import to_plain
from crm.cli.output import emit, say
from crm.core import today as wall
from crm.core.access import SYSTEM
from crm.core.db import reading
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.prepare import prepare
from models.vocabulary import BRIEFING_KIND_LABELS, BriefingKind

Out = Annotated[Path, typer.Option("--out", help="Where to write the .docx.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    brief = typer.Typer(help="Service briefings as Word files.", no_args_is_help=True)
    brief.command("hall", help="The reception hall's briefing of a period; issued, numbered and archived.")(
        hall
    )
    brief.command("project", help="The report on one project; issued, numbered and archived.")(project)
    brief.command("check-template", help="Check a Word template against the blanks it must carry.")(
        check_template
    )
    app.add_typer(brief, name="brief")


def hall(
    from_on: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    to_on: Annotated[str, typer.Option("--to", help="Last day, YYYY-MM-DD.")],
    out: Out,
    as_json: AsJson = False,
) -> None:
    """The hall's briefing of [from, to]."""
    ask = HallAsk(from_on=_day("--from", from_on), to_on=_day("--to", to_on))
    _writable(out)
    prepare()
    _hand_over(actions.issue_hall(SYSTEM, ask, today=wall.today()), out, as_json)


def project(
    code: Annotated[
        str, typer.Option("--project", help="Project code; else the exact name, or the record's number.")
    ],
    out: Out,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The day to report on, YYYY-MM-DD; today if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The report on one project."""
    today = wall.today()
    day = _day("--as-of", as_of) if as_of else today
    _writable(out)
    prepare()
    with reading() as session:
        found = queries.find_project(session, SYSTEM, code)
    _hand_over(
        actions.issue_project(SYSTEM, ProjectAsk(project_id=found, as_of=day), today=today), out, as_json
    )


def check_template(
    file: Annotated[Path, typer.Argument(help="A .docx template.")],
    kind: Annotated[
        str | None, typer.Option("--kind", help="hall or project; by the file's name if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Which blanks the template lacks, which it asks for that nothing fills, and whether it runs."""
    name = kind or ("project" if "project" in file.stem.lower() or "专报" in file.stem else "hall")
    if name not in set(BriefingKind):
        raise Refusal(_("--kind 只能是 hall 或 project，收到的是“{value}”。", value=name))
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Refusal(_("读不到文件“{path}”，请检查路径。", path=file)) from error
    report = render.check(data, BriefingKind(name))
    if as_json:
        emit(
            {
                "kind": name,
                "ok": report.usable and not report.missing,
                "missing": list(report.missing),
                "unknown": list(report.unknown),
                "broken": report.broken,
            }
        )
    else:
        say(_("按“{kind}”检查。", kind=_(BRIEFING_KIND_LABELS[BriefingKind(name)])))
        if report.broken:
            say(report.broken)
        for path in report.unknown:
            say(_("系统不认识的空格：{path}", path=path))
        for path in report.missing:
            say(_("模板缺少的空格：{path}", path=path))
        if report.usable and not report.missing:
            say(_("模板可用，空格齐全。"))
    if not report.usable or report.missing:
        raise typer.Exit(1)


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Refusal(
            _("{option} 不是有效的日期：“{text}”，请写成 2026-11-22 这样。", option=option, text=text)
        ) from error


def _writable(out: Path) -> None:
    """Refuse before anything is issued what could not be written afterwards."""
    if out.suffix.lower() != ".docx":
        raise Refusal(_("--out 要以 .docx 结尾，收到的是“{name}”。", name=out.name))
    folder = out.resolve().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise Refusal(_("不能写入文件夹“{folder}”，请先建立它或换一个位置。", folder=folder))


def _hand_over(issued: Issued, out: Path, as_json: bool) -> None:
    handle, temporary = tempfile.mkstemp(dir=out.resolve().parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(issued.data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(out)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if as_json:
        emit(
            {
                "id": issued.id,
                "kind": issued.kind,
                "series_year": issued.series_year,
                "number": issued.number,
                "title": issued.title,
                "new": issued.new,
                "out": str(out),
                "sha256": issued.sha256,
                "file_sha256": hashlib.sha256(issued.data).hexdigest(),
                "facts": to_plain(issued.paper)["facts"],
            }
        )
        return
    say(
        _(
            "{title}：{year}年第{n}期，已存档，写入 {out}",
            title=issued.title,
            year=issued.series_year,
            n=issued.number,
            out=out,
        )
        if issued.new
        else _(
            "{title}：与已存档的{year}年第{n}期内容相同，未另编号，写入 {out}",
            title=issued.title,
            year=issued.series_year,
            n=issued.number,
            out=out,
        )
    )
