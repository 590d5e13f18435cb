"""A cell's words to a value: days, instants, numbers, codes. Pure; remembers what it has read, because a
year's export says the same few thousand things a million times."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from stdnum.cn import uscc

from crm.core.i18n import _
from crm.core.today import SHANGHAI

FIRST_YEAR, LAST_YEAR = 1980, 2100
EPOCH_1900 = date(1899, 12, 30)
MAX_DAYS = 2_000  # longer than any limit; a bigger number stands in the wrong column

# How systems write "nothing here".
EMPTY = frozenset({"", "-", "--", "—", "——", "/", "\\", "null", "none", "nan", "nat", "n/a", "无", "(null)"})


class Unreadable(ValueError):
    """A value that cannot be taken, with the sentence for the person who brought it."""


class Moment(NamedTuple):
    """A day in the district, and the instant where the cell states a time of day."""

    on: date
    at: datetime | None


def is_empty(text: str) -> bool:
    return text.strip().casefold() in EMPTY


_SLOW = re.compile(
    r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*日?"
    r"(?:[ T]*(?P<hh>\d{1,2})[:时](?P<mm>\d{1,2})(?:[:分](?P<ss>\d{1,2})(?:\.\d+)?)?[分秒]?)?"
)


def moment(text: str) -> Moment:
    """A day with or without its time. A time without zone is the district's; one with it is turned into
    the district's day. Raises `Unreadable` for 30 February and the like."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return _moment_slowly(text)
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Unreadable(_("年份{year}不合理，请检查", year=at.year))
    if at.tzinfo is not None:
        return Moment(at.astimezone(SHANGHAI).date(), at)
    if len(text) <= 10:
        return Moment(at.date(), None)
    return Moment(at.date(), at.replace(tzinfo=SHANGHAI))


@lru_cache(maxsize=20_000)
def _moment_slowly(text: str) -> Moment:
    plain = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(r"[2-7]\d{4}(\.\d+)?", plain):  # a date whose cell lost its format: Excel's serial number
        days = float(plain)
        on = EPOCH_1900 + timedelta(days=int(days))
        if days == int(days):
            return Moment(on, None)
        clock = datetime.combine(on, time(), SHANGHAI) + timedelta(seconds=round(days % 1 * 86_400))
        return Moment(on, clock)
    found = _SLOW.fullmatch(plain)
    if found is None:
        raise Unreadable(_("日期读不懂，请写成 2026-03-01 或 2026-03-01 09:30"))
    year, month, day = int(found["y"]), int(found["m"]), int(found["d"])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unreadable(_("年份{year}不合理，请检查", year=year))
    if not 1 <= month <= 12:
        raise Unreadable(_("没有{month}月，请检查日期", month=month))
    try:
        on = date(year, month, day)
    except ValueError:
        raise Unreadable(
            _("{year}年{month}月没有{day}日，请检查日期", year=year, month=month, day=day)
        ) from None
    if found["hh"] is None:
        return Moment(on, None)
    try:
        clock_time = time(int(found["hh"]), int(found["mm"]), int(found["ss"] or 0))
    except ValueError:
        raise Unreadable(_("没有这个钟点，请检查时间")) from None
    return Moment(on, datetime.combine(on, clock_time, SHANGHAI))


@lru_cache(maxsize=2_000)
def days(text: str) -> int:
    """A number of days from 0 upward: 5, 5.0, 5个工作日, 15日. 即办 and 当场 are 0."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain in ("即办", "当场", "即时", "当场办结", "即时办结", "当日"):
        return 0
    found = re.fullmatch(r"(\d{1,6})(?:\.0+)?\s*(?:个)?(?:工作日|自然日|日历日|日|天|工作天)?", plain)
    if found is None or int(found[1]) > MAX_DAYS:
        raise Unreadable(_("天数读不懂，请填0到{most}的整数", most=MAX_DAYS))
    return int(found[1])


def whole_number(text: str) -> int:
    """A count from 0 upward: 2, 2次."""
    return days(re.sub(r"次$", "", text.strip()))


class Code(NamedTuple):
    """A number in the column of credit codes: a valid code, or "" with what it is instead."""

    code: str
    person: bool  # an identity card's number: not kept
    odd: bool  # neither: an old organisation code and the like; not kept, told


_ID_CARD = re.compile(r"\d{17}[\dXx*]|\d{15}|\d{3,6}\*{4,}[\dXx*]*")


def _is_id_card(code: str) -> bool:
    """GB 11643: six digits of place, a date of birth, a check character; or one that is masked already."""
    if "*" in code:
        return _ID_CARD.fullmatch(code) is not None
    if len(code) == 15:
        return code.isdigit() and _is_birthday("19" + code[6:12])
    return not (len(code) != 18 or not code[:17].isdigit() or not _is_birthday(code[6:14]))


def _is_birthday(digits: str) -> bool:
    try:
        born = datetime.strptime(digits, "%Y%m%d")  # noqa: DTZ007 a day, no instant
    except ValueError:
        return False
    return 1900 <= born.year <= 2100


@lru_cache(maxsize=100_000)
def credit_code(text: str) -> Code:
    """统一社会信用代码 (GB 32100-2015), upper case. Raises `Unreadable` for one of 18 characters that is
    wrong, or one that Excel turned into a number."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
    if re.fullmatch(r"\d(\.\d+)?E\+?\d+", plain):
        raise Unreadable(_("信用代码被Excel改成了科学计数，请把该列设为“文本”后重新填写"))
    if uscc.is_valid(plain):
        return Code(uscc.compact(plain), person=False, odd=False)
    if _is_id_card(plain):
        return Code("", person=True, odd=False)
    compact = uscc.compact(plain)
    if len(compact) != 18:
        return Code("", person=False, odd=True)
    try:
        fits = uscc.calc_check_digit(compact[:17])
    except ValueError:
        raise Unreadable(
            _("统一社会信用代码不合规则（18位，不用I、O、S、V、Z，前8位为数字），请核对")
        ) from None
    raise Unreadable(
        _(
            "统一社会信用代码校验不符：前17位对应的校验位应为{fits}，这里是{found}，请核对",
            fits=fits,
            found=compact[-1],
        )
    )


def text(words: str, limit: int) -> str:
    """Words on one line. Raises `Unreadable` for an overlong text."""
    if not words.isprintable():  # also true of most Chinese; false for line breaks and control marks
        words = re.sub(r"[\x00-\x1f\x7f\u2028\u2029\ufeff]+", " ", words)
    words = words.strip()
    if len(words) > limit:
        raise Unreadable(_("文字有{n}个，超过{limit}个的上限，请精简", n=len(words), limit=limit))
    return "" if words in EMPTY else words
