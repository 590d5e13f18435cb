"""A year's notice as it arrives: CSV, JSON, or the pasted text of the State Council's 通知.

`parse` reads it whole or refuses it whole, with every fault it found. Nothing is written here.

- Text: “1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。” A sentence without 放假 or 上班
  decides nothing (“安排职工在除夕休息” is advice, not a day off).
- CSV: a header and a row a day, e.g. `day,kind,name` / `2027-01-01,holiday,元旦`.
- JSON: `{"year": 2027, "source": "…", "holidays": {"2027-01-01": "元旦"}, "workdays": ["2027-01-04"]}`
  (lists or objects), or the format of the public holiday-cn data
  (`{"year": …, "days": [{"name", "date", "isOffDay"}]}`).
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crm.core.errors import Problem, Refusal
from crm.core.i18n import _
from crm.workdays.rules import EVERY_DAY, SATURDAY, WEEKDAYS, weekday_name
from models.vocabulary import DayKind

MAX_BYTES = 1_000_000
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class NoticeDay:
    """One day the notice speaks of."""

    on: date
    kind: DayKind  # HOLIDAY or MAKEUP
    name: str

    @property
    def is_workday(self) -> bool:
        return self.kind is DayKind.MAKEUP


@dataclass(frozen=True)
class Notice:
    """A notice read. `warnings` are doubts that do not stop it: a statutory day it never mentions."""

    year: int
    days: tuple[NoticeDay, ...]
    source: str
    warnings: tuple[str, ...]


def parse(content: str | bytes, year: int, source: str = "") -> Notice:
    """Read the notice of `year`. Raises `Refusal` listing every fault at once.

    Days of the December before may belong to it (the New Year holiday). `source` is what the
    notice is called; "" takes the one in the file, or names the year.
    """
    if not 2000 <= year <= 2100:
        raise Refusal(Problem("year", _("年份“{year}”超出范围，请填 2000 至 2100。", year=year)))
    text = _decode(content).strip()
    if not text:
        raise Refusal(Problem("content", _("没有内容：请粘贴通知全文，或选择 CSV、JSON 文件。")))
    faults: list[str] = []
    named = ""
    if text[0] in "{[":
        days, named = _from_json(text, year, faults)
    elif _looks_like_csv(text):
        days = _from_csv(text, faults)
    else:
        days = _from_text(text, year, faults)
    if not days and not faults:
        faults.append(_("没有读到任何放假或上班的日期。"))
    checked = _check(days, year, faults)
    if faults:
        raise Refusal(*(Problem("content", f) for f in dict.fromkeys(faults)))
    return Notice(
        year=year,
        days=checked,
        source=(source.strip() or named or _("{year}年放假安排（载入）", year=year))[:200],
        warnings=tuple(_unsaid(checked, year)),
    )


def _decode(content: str | bytes) -> str:
    if isinstance(content, str):
        return content.lstrip("\ufeff")
    if len(content) > MAX_BYTES:
        raise Refusal(Problem("content", _("文件太大：一年的放假安排不会超过1兆。")))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Refusal(Problem("content", _("读不懂这个文件：请用 UTF-8 或 GB18030 编码的文本、CSV 或 JSON。")))


def _check(days: Iterable[NoticeDay], year: int, faults: list[str]) -> tuple[NoticeDay, ...]:
    found: dict[date, NoticeDay] = {}
    for day in days:
        if not (day.on.year == year or (day.on.year == year - 1 and day.on.month == 12)):
            faults.append(_("{day}不属于{year}年的通知。", day=day.on, year=year))
        if day.kind is DayKind.MAKEUP and day.on.weekday() < SATURDAY:
            faults.append(
                _(
                    "{day}是{weekday}，不是周末，不能作为调休上班日。",
                    day=day.on,
                    weekday=weekday_name(day.on),
                )
            )
        other = found.setdefault(day.on, day)
        if other.kind is not day.kind:
            faults.append(_("{day}既写放假又写上班。", day=day.on))
    return tuple(found[on] for on in sorted(found))


def _unsaid(days: Iterable[NoticeDay], year: int) -> Iterable[str]:
    """Days off by law itself that the notice never mentions: perhaps it was not pasted whole."""
    off = {d.on for d in days if d.kind is DayKind.HOLIDAY}
    for month, day in ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3)):
        on = date(year, month, day)
        if on not in off and EVERY_DAY.is_statutory(on):
            yield _("没有写到{day}（法定节假日），请核对是否贴全；该日仍按放假计算。", day=on)


# --- pasted text

_WEEKDAY = re.compile(r"(?:周|星期)([一二三四五六日天])")
_TOKEN = re.compile(
    r"(?:(?P<year>\d{4})年)?(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})日(?:\((?P<note>[^()]*)\))?"
    r"|(?P<to>至|到|—|–|-|~)"
    r"|(?P<from>起)"
    r"|(?P<verb>放假|上班)"
    r"|共(?P<count>\d{1,2})天"
)


def _from_text(text: str, year: int, faults: list[str]) -> list[NoticeDay]:
    found: list[NoticeDay] = []
    name = ""
    for sentence in re.split(r"[。;\n]", unicodedata.normalize("NFKC", text).replace(";", "。")):
        sentence = re.sub(r"[ \t\u3000]+", "", sentence)
        head, colon, body = sentence.partition(":")
        if colon:
            name = re.sub(r"^[一二三四五六七八九十\d]+[、.]", "", head)[-30:]
        else:
            body = sentence
        if "放假" in body or "上班" in body:
            found += _Sentence(body, year, name, faults).days()
    return found


class _Sentence:
    """One sentence, read left to right: dates gather until 放假 or 上班 says what they are."""

    def __init__(self, body: str, year: int, name: str, faults: list[str]) -> None:
        self.body, self.year, self.name, self.faults = body, year, name, faults
        self.waiting: list[date] = []
        self.found: list[NoticeDay] = []
        self.last: date | None = None
        self.range_open = False
        self.since = False
        self.off_group = 0

    def days(self) -> list[NoticeDay]:
        for match in _TOKEN.finditer(self.body):
            if match["day"]:
                self._date(match)
            elif match["to"]:
                self.range_open = bool(self.waiting)
            elif match["from"]:
                self.since = True
            elif match["verb"]:
                self._verb(match["verb"])
            elif match["count"] and self.off_group and int(match["count"]) != self.off_group:
                self._fault(_("写明共{n}天，但日期算出{m}天", n=match["count"], m=self.off_group))
        return self.found

    def _date(self, match: re.Match[str]) -> None:
        month = int(match["month"]) if match["month"] else (self.last.month if self.last else 0)
        year = int(match["year"]) if match["year"] else (self.last.year if self.last else self.year)
        try:
            on = date(year, month, int(match["day"]))
        except ValueError:
            self._fault(_("“{text}”不是一个日期", text=match[0]))
            return
        self._weekday(on, match["note"] or "")
        if self.range_open and self.waiting:
            start = self.waiting[-1]
            if not timedelta(0) < on - start < timedelta(days=31):
                self._fault(_("“{a}至{b}”首尾颠倒或过长", a=start, b=on))
            else:
                self.waiting += [start + ONE_DAY * i for i in range(1, (on - start).days + 1)]
            self.range_open = False
        else:
            self.waiting.append(on)
        self.last = on

    def _weekday(self, on: date, note: str) -> None:
        said = _WEEKDAY.search(note)
        if said:
            named = WEEKDAYS["一二三四五六日".index(said[1].replace("天", "日"))]
            if named != weekday_name(on):
                self._fault(_("{day}写作{named}，实际是{real}", day=on, named=named, real=weekday_name(on)))

    def _verb(self, verb: str) -> None:
        kind = DayKind.HOLIDAY if verb == "放假" else DayKind.MAKEUP
        if not (self.since and kind is DayKind.MAKEUP):  # “2月3日起正常上班” names no make-up day
            self.found += [NoticeDay(on, kind, self.name) for on in self.waiting]
        self.off_group = len(self.waiting) if kind is DayKind.HOLIDAY else 0
        self.waiting, self.since = [], False

    def _fault(self, why: str) -> None:
        self.faults.append(_("“{sentence}”：{why}。", sentence=self.body[:60], why=why))


# --- CSV

_DAY_COLUMNS = ("day", "date", "日期")
_KIND_COLUMNS = ("kind", "type", "类型", "isoffday", "是否放假")
_NAME_COLUMNS = ("name", "名称", "节日")
_OFF = frozenset({"holiday", "off", "in_lieu_off", "放假", "休", "休息", "true", "1", "是"})
_ON = frozenset({"makeup", "makeup_workday", "workday", "work", "上班", "班", "补班", "false", "0", "否"})


def _looks_like_csv(text: str) -> bool:
    cells = _header(text.splitlines()[0])
    return any(c in _DAY_COLUMNS for c in cells) and any(c in _KIND_COLUMNS for c in cells)


def _header(line: str) -> list[str]:
    return [c.strip().strip('"').lower() for c in line.split(",")]


def _from_csv(text: str, faults: list[str]) -> list[NoticeDay]:
    rows = csv.reader(io.StringIO(text, newline=""))
    header = [c.strip().lower() for c in next(rows)]

    def column(names: tuple[str, ...]) -> int | None:
        return next((i for i, c in enumerate(header) if c in names), None)

    at_day, at_kind, at_name = column(_DAY_COLUMNS), column(_KIND_COLUMNS), column(_NAME_COLUMNS)
    found: list[NoticeDay] = []
    for number, cells in enumerate(rows, start=2):
        values = [c.strip() for c in cells]
        if not any(values):
            continue
        where = _("第{row}行", row=number)

        def at(index: int | None, values: list[str] = values) -> str:
            return values[index] if index is not None and index < len(values) else ""

        found += _one(at(at_day), at(at_kind), at(at_name), where, faults)
    return found


def _one(day: str, kind: str, name: str, where: str, faults: list[str]) -> list[NoticeDay]:
    word = unicodedata.normalize("NFKC", kind).casefold()
    if word not in _OFF | _ON:
        faults.append(
            _("{where}：类型“{kind}”看不懂，请写 holiday（放假）或 makeup（上班）。", where=where, kind=kind)
        )
        return []
    try:
        on = date.fromisoformat(day)
    except ValueError:
        faults.append(_("{where}：“{day}”不是日期，请写成 2027-01-01。", where=where, day=day))
        return []
    return [NoticeDay(on, DayKind.HOLIDAY if word in _OFF else DayKind.MAKEUP, name[:60])]


# --- JSON


def _from_json(text: str, year: int, faults: list[str]) -> tuple[list[NoticeDay], str]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refusal(Problem("content", _("不是合格的 JSON：{why}", why=error))) from None
    if isinstance(data, list):
        data = {"days": data}
    if not isinstance(data, dict):
        raise Refusal(Problem("content", _("JSON 里没有 days，也没有 holidays 和 workdays。")))
    said = data.get("year", year)
    if said != year:
        faults.append(_("文件写的是{said}年，要载入的是{year}年。", said=said, year=year))
    found: list[NoticeDay] = []
    for key, kind in (("holidays", "holiday"), ("workdays", "makeup")):
        found += _listed(data.get(key, {}), key, kind, faults)
    if isinstance(data.get("days"), list):
        for number, row in enumerate(data["days"], start=1):
            where = _("days 第{n}项", n=number)
            if not isinstance(row, dict):
                faults.append(_("{where}：应为含 date 和 isOffDay 的对象。", where=where))
                continue
            off = row.get("isOffDay", row.get("kind", ""))
            found += _one(
                str(row.get("date", row.get("day", ""))), str(off), str(row.get("name", "")), where, faults
            )
    papers = data.get("papers")
    source = str(data.get("source", "")) or (str(papers[0]) if isinstance(papers, list) and papers else "")
    return found, source


def _listed(values: Any, key: str, kind: str, faults: list[str]) -> list[NoticeDay]:
    if isinstance(values, list):
        values = dict.fromkeys((str(v) for v in values), "")
    if not isinstance(values, dict):
        faults.append(_("{key} 应为日期的列表，或“日期: 名称”的对象。", key=key))
        return []
    found: list[NoticeDay] = []
    for number, (day, name) in enumerate(values.items(), start=1):
        found += _one(str(day), kind, str(name), _("{key} 第{n}项", key=key, n=number), faults)
    return found
