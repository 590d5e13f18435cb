"""`crm clock`: the due date and light of one application, or of a CSV of them."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from crm.approvals import rules
from crm.approvals.rules import Clock, Stop
from crm.cli.output import emit, say
from crm.core import today as wall
from crm.core.db import reading
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.prepare import prepare
from crm.workdays import queries
from crm.workdays.rules import MAX_DAYS, Calendar
from models.vocabulary import CLOCK_STATE_LABELS, LIGHT_LABELS, DayUnit

YEARS = range(1990, 2200)  # outside it, a date is a slip of the pen
NOT_TOLD = "-"  # a stop of which the applicant was not told in writing
COLUMNS = ("accepted", "limit", "unit", "stops", "extend", "today")


@dataclass(frozen=True)
class Ask:
    """One question to the clock. `today` None means the day it is."""

    accepted: date
    limit: int
    unit: DayUnit
    stops: tuple[Stop, ...]
    extend: int
    today: date | None


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("clock", help="When a permit is due, what is used and left, and its light.")(clock)


def clock(
    accepted: Annotated[str | None, typer.Option(help="Day of acceptance, YYYY-MM-DD.")] = None,
    limit: Annotated[str | None, typer.Option(help="The limit, in days of the unit.")] = None,
    unit: Annotated[str, typer.Option(help="wd = working days, days = calendar days.")] = "wd",
    stop: Annotated[
        list[str] | None,
        typer.Option(
            help="Days not counted, FROM:TO, TO being the first day that counts again; FROM: while open. "
            "FROM:TO:TOLD where the written notice was given on another day, FROM:TO:- where none was."
        ),
    ] = None,
    extend: Annotated[str, typer.Option(help="Days of a granted extension.")] = "0",
    today: Annotated[
        str | None, typer.Option(help="The day to judge on; the present day if left out.")
    ] = None,
    roll: Annotated[
        bool,
        typer.Option(
            "--roll",
            help="Calendar days: move a last day that is a rest day to the next working day (民法典 203).",
        ),
    ] = False,
    batch: Annotated[
        str | None,
        typer.Option(
            help="A CSV with the columns accepted, limit, unit, stops (FROM:TO;FROM:TO), extend, today."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")] = False,
) -> None:
    """Answer one question, or every row of a batch in its order."""
    if batch is not None:
        if any(v is not None for v in (accepted, limit, today)) or stop or extend != "0" or unit != "wd":
            raise Refusal(_("--batch 已包含各列，不能再写 --accepted、--limit、--stop 等选项。"))
        asked = list(_read_batch(batch))
    else:
        given = {
            "accepted": accepted or "",
            "limit": limit or "",
            "unit": unit,
            "stops": ";".join(stop or []),
            "extend": extend,
            "today": today or "",
        }
        asked = [_ask(given, _option)]
    prepare()
    with reading() as session:
        calendar = queries.calendar(session)
    present = wall.today()
    answers = [_answer(ask, calendar, ask.today or present, roll=roll) for ask in asked]
    if as_json:
        emit([_plain(a) for a in answers] if batch is not None else _plain(answers[0]))
    else:
        _table(asked, answers)


def _answer(ask: Ask, calendar: Calendar, today: date, *, roll: bool) -> Clock:
    return rules.clock(
        ask.accepted, ask.limit, ask.unit, ask.stops, ask.extend, today=today, calendar=calendar, roll=roll
    )


def _plain(answer: Clock) -> dict[str, Any]:
    return {
        "due_on": answer.due_on,
        "used": answer.used,
        "left": answer.left,
        "state": answer.state,
        "light": answer.light,
        "provisional": answer.provisional,
    }


class _Bad(Exception):
    """A value that cannot be read: which column, and why."""

    def __init__(self, column: str, why: str) -> None:
        self.column, self.why = column, why


def _option(bad: _Bad) -> NoReturn:
    name = {"stops": "stop"}.get(bad.column, bad.column)
    raise Refusal(_("选项 --{name}：{why}", name=name, why=bad.why))


def _ask(row: dict[str, str], refuse: Any) -> Ask:
    try:
        extend = row.get("extend", "")
        return Ask(
            accepted=_day("accepted", row.get("accepted", "")),
            limit=_whole("limit", row.get("limit", "")),
            unit=_unit(row.get("unit", "") or DayUnit.WORKING.value),
            stops=tuple(_stops(row.get("stops", ""))),
            extend=_whole("extend", extend) if extend else 0,
            today=_day("today", row["today"]) if row.get("today") else None,
        )
    except _Bad as bad:
        refuse(bad)
        raise AssertionError from bad


def _day(column: str, text: str) -> date:
    if not text:
        raise _Bad(column, _("没有填日期，请写成 2025-09-22"))
    try:
        # fromisoformat alone also takes 20250922 and 2025-W39-1
        if len(text) != 10:
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise _Bad(column, _("“{text}”不是日期，请写成 2025-09-22", text=text)) from None
    if day.year not in YEARS:
        raise _Bad(column, _("“{text}”的年份超出范围", text=text))
    return day


def _whole(column: str, text: str) -> int:
    if not text:
        raise _Bad(column, _("没有填天数，请写一个整数"))
    if not (text.isascii() and text.isdigit()) or len(text) > 6 or int(text) * 2 > MAX_DAYS:
        raise _Bad(column, _("“{text}”不是天数，请写 0 至 {most} 的整数", text=text, most=MAX_DAYS // 2))
    return int(text)


def _unit(text: str) -> DayUnit:
    try:
        return DayUnit(text)
    except ValueError:
        raise _Bad("unit", _("“{text}”不是单位，请写 wd（工作日）或 days（日）", text=text)) from None


def _stops(text: str) -> Iterator[Stop]:
    for part in filter(None, (p.strip() for p in text.split(";"))):
        start, colon, rest = (p.strip() for p in part.partition(":"))
        if not colon:
            raise _Bad("stops", _("“{text}”缺少冒号，请写成 起:止，未恢复的写成 起:", text=part))
        end, _colon, told = (p.strip() for p in rest.partition(":"))
        from_on = _day("stops", start)
        to_on = _day("stops", end) if end else None
        if to_on is not None and to_on <= from_on:
            raise _Bad("stops", _("“{text}”的恢复日不晚于停表日", text=part))
        yield Stop(from_on, to_on, None if told == NOT_TOLD else _day("stops", told) if told else from_on)


def _read_batch(name: str) -> Iterator[Ask]:
    reader = csv.reader(io.StringIO(_text_of(name), newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        _check_header(header)
        for number, cells in enumerate(reader, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(header):
                raise Refusal(_("第{row}行：比表头多出{n}列", row=number, n=len(cells) - len(header)))
            row = dict(zip(header, (cell.strip() for cell in cells), strict=False))

            def refuse(bad: _Bad, number: int = number) -> NoReturn:
                raise Refusal(_("第{row}行 {column} 列：{why}", row=number, column=bad.column, why=bad.why))

            yield _ask(row, refuse)
    except csv.Error as error:
        raise Refusal(_("第{row}行：不是合格的 CSV（{why}）", row=reader.line_num, why=error)) from None


def _check_header(header: list[str]) -> None:
    missing = [name for name in ("accepted", "limit") if name not in header]
    if missing:
        raise Refusal(
            _("第1行表头缺少列：{missing}；应有 {all}", missing="、".join(missing), all=", ".join(COLUMNS))
        )
    unknown = [name for name in header if name and name not in COLUMNS]
    if unknown:
        raise Refusal(
            _(
                "第1行表头有不认识的列：{unknown}；可用 {all}",
                unknown="、".join(unknown),
                all=", ".join(COLUMNS),
            )
        )
    if len(set(header)) != len(header):
        raise Refusal(_("第1行表头有重复的列"))


def _text_of(name: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise Refusal(_("读不了文件 {name}：{why}", name=name, why=error.strerror)) from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Refusal(_("文件 {name} 不是 UTF-8 或 GB18030 编码的 CSV 文本", name=name))


def _table(asked: Iterable[Ask], answers: Iterable[Clock]) -> None:
    head = ("accepted", "limit", "unit", "due_on", "used", "left", "state", "light", "")
    print("  ".join(h.ljust(10) for h in head).rstrip())
    for ask, answer in zip(asked, answers, strict=True):
        cells = (
            ask.accepted,
            answer.limit,
            answer.unit.value,
            answer.due_on,
            answer.used,
            answer.left,
            _(CLOCK_STATE_LABELS[answer.state]),
            _(LIGHT_LABELS[answer.light]),
            _("暂定") if answer.provisional else "",
        )
        print("  ".join(str(c).ljust(10) for c in cells).rstrip())
        if answer.rolled_on and answer.rolled_on - answer.due_on > timedelta(0):
            say(
                _(
                    "{due}是休息日；如依民法典第二百零三条顺延，则为{rolled}（加 --roll）。",
                    due=answer.due_on,
                    rolled=answer.rolled_on,
                )
            )
