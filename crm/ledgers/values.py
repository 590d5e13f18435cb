"""What a ledger's cell means: amounts, dates, spans, officers, codes, places. Pure.

Every parser answers with a value or raises `Unreadable`, whose message says what is wrong and how
to mend it. An empty cell (blank, —, /, 待定 …) is None, never zero.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from stdnum.cn import uscc

from crm.core.i18n import _
from crm.core.names import one_line
from crm.ledgers.reader import Cell
from models.vocabulary import (
    CATEGORY_LABELS,
    LEVEL_LABELS,
    Category,
    DatePrecision,
    Level,
    PlanClass,
)

MAX_WAN = Decimal(100_000_000)  # one trillion yuan: no project is larger
YUAN = Decimal("0.0001")  # one yuan in 万元
FIRST_YEAR, LAST_YEAR = 1980, 2100
EPOCH_1900 = date(1899, 12, 30)

# How offices write "nothing here". 无 says something about a problem, so texts keep it.
EMPTY = frozenset(
    {
        "",
        "-",
        "--",
        "---",
        "—",
        "——",
        "–",
        "―",
        "/",
        "//",
        "\\",
        "|",
        "#",
        "·",
        "n/a",
        "na",
        "null",
        "none",
        "nan",
    }
)
UNKNOWN = frozenset({"无", "待定", "未定", "暂无", "暂未确定", "待确定", "未确定", "待明确", "没有", "不详"})


class Unreadable(ValueError):
    """A value that cannot be taken, with the sentence for the person who typed it."""


@dataclass(frozen=True)
class Day:
    """A date as exactly as it was stated; a month or year is kept as its first day."""

    on: date
    precision: DatePrecision

    @property
    def last(self) -> date:
        """The last day it may mean."""
        if self.precision is DatePrecision.DAY:
            return self.on
        month = 12 if self.precision is DatePrecision.YEAR else self.on.month
        return date(self.on.year, month, calendar.monthrange(self.on.year, month)[1])


@dataclass(frozen=True)
class Person:
    name: str
    phone: str = ""


def narrow(text: str) -> str:
    """For numbers and keys only: full-width to half-width, ends trimmed."""
    return unicodedata.normalize("NFKC", text).strip()


def is_empty(text: str) -> bool:
    return re.sub(r"\s+", "", narrow(text)).casefold() in EMPTY or not narrow(text)


def blank(cell: Cell | None, *, unknown_too: bool = True) -> bool:
    """Whether the cell says nothing."""
    if cell is None:
        return True
    if cell.kind != "s":
        return False
    text = str(cell.value)
    return is_empty(text) or (unknown_too and re.sub(r"\s+", "", narrow(text)) in UNKNOWN)


def _sound(cell: Cell) -> None:
    if cell.kind == "e":
        raise Unreadable(_("单元格是Excel错误值{value}，请改正公式后再导入", value=cell.value))
    if cell.kind == "f":
        raise Unreadable(_("公式没有保存计算结果，请用Excel打开文件、保存后再导入"))


# --- text -------------------------------------------------------------------------------


def text(cell: Cell | None, limit: int = 2000) -> str:
    """Words as written; "" for an empty cell. Raises `Unreadable` for an error cell or an overlong text."""
    if cell is None:
        return ""
    _sound(cell)
    value = (
        re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|_x000D_", "", cell.text)
        .replace("\r\n", "\n")
        .replace("\r", "\n")
    )
    value = value.strip().strip("\u3000").strip()
    if is_empty(value):
        return ""
    if len(value) > limit:
        raise Unreadable(_("文字有{n}个，超过{limit}个的上限，请精简", n=len(value), limit=limit))
    return value


def name(cell: Cell | None, limit: int = 200) -> str:
    """A name on one line, every rare character kept."""
    return one_line(text(cell, limit))


# --- amounts ----------------------------------------------------------------------------

# How many 万元 one of the unit is.
UNITS: dict[str, Decimal] = {
    "亿元": Decimal(10_000),
    "千万元": Decimal(1_000),
    "百万元": Decimal(100),
    "万元": Decimal(1),
    "千元": Decimal("0.1"),
    "元": YUAN,
}
_UNIT_IN_CELL = re.compile(r"(亿|千万|百万|万|千)?(元|圆)?(人民币|整)?$")
_PLAIN_NUMBER = re.compile(r"[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")


def amount(cell: Cell | None, unit: str = "万元") -> Decimal | None:
    """万元, exact to the yuan. `unit` is the column's; a unit in the cell itself goes first.

    Raises `Unreadable` for negative, unreadable, ranged or absurd amounts.
    """
    if cell is None or blank(cell):
        return None
    _sound(cell)
    if cell.kind == "n":
        number, factor = Decimal(repr(cell.value[0])), UNITS[unit]
    elif cell.kind == "s":
        number, factor = _amount_text(str(cell.value), unit)
    else:
        raise Unreadable(_("这里应是金额（单位{unit}），请填数字", unit=_(unit)))
    if not number.is_finite():
        raise Unreadable(_("金额读不懂，请填一个数字，如 12345.6"))
    if number < 0:
        raise Unreadable(_("金额不能为负，请填不小于0的数字"))
    wan = number * factor
    if wan > MAX_WAN:
        raise Unreadable(_("金额折合{wan}万元，超过1万亿元，请检查数字和单位", wan=f"{wan:,.0f}"))
    return wan.quantize(YUAN, ROUND_HALF_UP)


def _amount_text(raw: str, unit: str) -> tuple[Decimal, Decimal]:
    plain = re.sub(r"\s+", "", narrow(raw)).replace("，", ",")
    bare = re.sub(r"^(总投资|投资|合计|人民币|RMB|¥|￥|约为|大约|约|近|预计|暂估|估算|计划)+", "", plain)
    bare = re.sub(r"^[¥￥]", "", bare)
    bare = re.sub(r"(左右|上下|以内|多)$", "", bare)
    found = _UNIT_IN_CELL.search(bare)
    factor = UNITS[unit]
    if found and found.group(0):
        bare = bare[: found.start()]
        factor = UNITS[f"{found.group(1) or ''}元"] if found.group(1) else UNITS["元"]
    if re.fullmatch(r"\(" + _PLAIN_NUMBER.pattern + r"\)", bare):
        raise Unreadable(_("金额不能为负，请填不小于0的数字"))
    if re.search(r"\d[^\d.,]*(元|亿|万)?(-|~|—|–|至|到|～)[^\d]*\d", bare):
        raise Unreadable(_("这里是一个区间，请填一个确定的数字"))
    if not _PLAIN_NUMBER.fullmatch(bare):
        raise Unreadable(_("金额读不懂，请填一个数字，如 12345.6"))
    try:
        return Decimal(bare.replace(",", "")), factor
    except InvalidOperation:  # pragma: no cover - the pattern above lets only numbers through
        raise Unreadable(_("金额读不懂，请填一个数字，如 12345.6")) from None


def measure(cell: Cell | None, limit: Decimal) -> Decimal | None:
    """A plain quantity (亩, 平方米), two decimals; its unit in the cell may follow the number."""
    if cell is None or blank(cell):
        return None
    _sound(cell)
    raw = re.sub(r"\s+", "", narrow(cell.text)).replace("，", ",")
    found = re.fullmatch(r"约?(" + _PLAIN_NUMBER.pattern + r")(亩|平方米|㎡|m2|平米|平方)?", raw)
    if not found:
        raise Unreadable(_("这里应是一个数字"))
    value = Decimal(found.group(1).replace(",", ""))
    if value < 0 or value >= limit:
        raise Unreadable(_("数字不在合理范围内，请检查"))
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


# --- dates ------------------------------------------------------------------------------

_CHINESE_DIGITS = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}
_DATE = (
    r"(?P<y{n}>(?:19|20|21)\d\d)(?!\d(?!\d))\s*(?:年度|年)?"
    r"(?:[-./]?\s*(?P<m{n}>1[0-9]|0?[1-9])(?!\d)\s*月?份?"
    r"(?:[-./]?\s*(?P<d{n}>3[0-9]|[12]\d|0?[1-9])(?!\d)\s*[日号]?)?"
    r"|\s*(?P<q{n}>第?[一二三四1234]季度|[Qq][1-4]|上半年|下半年|年?[初中底末]))?"
    r"\s*(?:底前|底|末|初|中旬|上旬|下旬|月中|以前|之前|前|左右)*"
)
_ONE = re.compile(_DATE.replace("{n}", "1"))
_TWO = re.compile(
    _DATE.replace("{n}", "1") + r"\s*(?:起|开始)?\s*[-~至到]+\s*" + _DATE.replace("{n}", "2") + r"\s*(?:止)?"
)
_SAME_YEAR = re.compile(_DATE.replace("{n}", "1") + r"\s*[-~至到]+\s*(?P<m2>1[0-2]|0?[1-9])\s*月?\s*底?")
_QUARTERS = {"一": 3, "1": 3, "二": 6, "2": 6, "三": 9, "3": 9, "四": 12, "4": 12}


def _date_text(raw: str) -> str:
    plain = narrow(raw)
    plain = re.sub(r"[—–―－‐‑‒﹣～〜至到]+", lambda m: "~" if m.group(0)[0] in "～〜至到" else "-", plain)
    plain = re.sub(
        r"[〇零○一二三四五六七八九]{4}(?=年)",
        lambda m: "".join(_CHINESE_DIGITS[c] for c in m.group(0)),
        plain,
    )
    plain = re.sub(r"(?<=年)([一二三四五六七八九十]{1,3})(?=月)", lambda m: _small(m.group(1)), plain)
    plain = re.sub(r"(?<=月)([一二三四五六七八九十]{1,3})(?=[日号])", lambda m: _small(m.group(1)), plain)
    plain = re.sub(r"(?<!\d)(\d\d)(?=年)", r"20\1", plain)
    plain = re.sub(r"[T ]\d{1,2}:\d\d(:\d\d)?(\.\d+)?$", "", plain)
    plain = re.sub(
        r"^(约|预计|计划|拟|力争)|\((预计|计划|实际|拟)\)|(开工|动工|竣工|完工|投产|建成|完成)$", "", plain
    )
    return re.sub(r"\s+", "", plain)


def _small(chinese: str) -> str:
    tens, ten, ones = chinese.rpartition("十")
    if not ten:
        return _CHINESE_DIGITS[chinese[-1]]
    return str((int(_CHINESE_DIGITS[tens]) if tens else 1) * 10 + (int(_CHINESE_DIGITS[ones]) if ones else 0))


def _build(groups: dict[str, str | None], n: str) -> Day:
    year = int(groups[f"y{n}"] or 0)
    month, on, part = groups.get(f"m{n}"), groups.get(f"d{n}"), groups.get(f"q{n}")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unreadable(_("年份{year}不合理，请检查", year=year))
    if part:
        return Day(date(year, _month_of(part), 1), DatePrecision.MONTH)
    if month is None:
        return Day(date(year, 1, 1), DatePrecision.YEAR)
    if int(month) > 12:
        raise Unreadable(_("没有{month}月，请检查日期", month=int(month)))
    if on is None:
        return Day(date(year, int(month), 1), DatePrecision.MONTH)
    try:
        return Day(date(year, int(month), int(on)), DatePrecision.DAY)
    except ValueError:
        raise Unreadable(
            _("{year}年{month}月没有{day}日，请检查日期", year=year, month=int(month), day=int(on))
        ) from None


def _month_of(part: str) -> int:
    """A promise by quarter or half is kept as its last month (house rule)."""
    if "上半" in part or part[-1] == "中":
        return 6
    if "下半" in part or part[-1] in "底末":
        return 12
    if part[-1] == "初":
        return 1
    return next(_QUARTERS[c] for c in part if c in _QUARTERS)


def day(cell: Cell | None) -> Day | None:
    """A date with how exactly it is stated. Raises `Unreadable` for 30 February and the like."""
    if cell is None or blank(cell):
        return None
    _sound(cell)
    if cell.kind in "dm":
        on = date.fromisoformat(cell.value)
        if not FIRST_YEAR <= on.year <= LAST_YEAR:
            raise Unreadable(_("年份{year}不合理，请检查", year=on.year))
        if cell.kind == "m":
            return Day(on.replace(day=1), DatePrecision.MONTH)
        return Day(on, DatePrecision.DAY)
    if cell.kind not in "ns":
        raise Unreadable(_("日期读不懂，请写成 2026-03-01、2026年3月 或 2026年"))
    raw = _date_text(cell.text)
    packed = re.fullmatch(r"((?:19|20)\d\d)(\d\d)(\d\d)?", raw)
    if packed:
        raw = "-".join(p for p in packed.groups() if p)
    elif re.fullmatch(r"[2-7]\d{4}(\.\d+)?", raw):
        # A date whose cell lost its date format: Excel's serial number.
        return Day(EPOCH_1900 + timedelta(days=int(float(raw))), DatePrecision.DAY)
    found = _ONE.fullmatch(raw)
    if not found:
        raise Unreadable(_("日期读不懂，请写成 2026-03-01、2026年3月 或 2026年"))
    return _build(found.groupdict(), "1")


def span(cell: Cell | None) -> tuple[Day | None, Day | None]:
    """建设起止年限: (start, finish). One year alone is both; one month alone is the start."""
    if cell is None or blank(cell):
        return None, None
    _sound(cell)
    if cell.kind == "s":
        raw = _date_text(str(cell.value))
        for pattern in (_TWO, _SAME_YEAR):
            mixed = re.fullmatch(r"\d{4}[./年]\d{1,2}月?-\d{1,2}月?", raw)  # 2026.3-12: March to December
            if pattern is _SAME_YEAR and _ONE.fullmatch(raw) and not mixed:
                break  # 2026-05 is a month, not the span from 2026 to May
            found = pattern.fullmatch(raw)
            if found:
                groups = found.groupdict()
                first = _build(groups, "1")
                return first, _build({"y2": groups["y1"], **groups}, "2")
    only = day(cell)
    if only is not None and only.precision is DatePrecision.YEAR:
        return only, only
    return only, None


# --- people -----------------------------------------------------------------------------

_MOBILE = r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"
_LANDLINE = r"\(?0\d{2,3}\)?[- ]?\d{7,8}(?:-\d{1,5})?|(?<!\d)\d{7,8}(?!\d)"
_PHONE = re.compile(rf"(?<!\d)(?:{_MOBILE}|{_LANDLINE})(?!\d)")
_ROLE_WORDS = re.compile(
    r"^(牵头(专员|人)?|协办(专员|人)?|组长|副组长|成员|专员|联络员|负责人|主办|A岗|B岗)\s*[:：]\s*"
)
_TITLES = re.compile(
    r"(副?(主任|局长|科长|股长|镇长|书记|部长|处长|所长|经理|主席)|委员|科员|同志|先生|女士)$"
)


def phone(raw: str) -> str:
    """Digits of a mobile number; a land line as 区号-号码; anything else as written, at most 30."""
    plain = narrow(raw)
    digits = re.sub(r"\D", "", plain)
    if re.fullmatch(r"(86)?1[3-9]\d{9}", digits):
        return digits[-11:]
    return re.sub(r"\s+", "", plain)[:30]


def phones(cell: Cell | None) -> list[str]:
    """All numbers in a telephone cell, in order."""
    if cell is None or blank(cell) or cell.kind in "efb":
        return []
    if cell.kind == "n":
        return [phone(f"{float(cell.value[0]):.0f}")]
    raw = narrow(cell.text)
    found = [phone(m.group(0)) for m in _PHONE.finditer(raw)]
    return found or [phone(raw)]


def people(cell: Cell | None) -> list[Person]:
    """Names in one cell, in order, each with the number written beside it.

    Separators are 、，,;；/ a line break or a space; a two-character name with a space inside
    (李 明) and a name broken over two lines (容国⏎栋) stay whole.
    """
    if cell is None or blank(cell):
        return []
    _sound(cell)
    raw = str(cell.text).replace("\u3000", " ").replace("\r", "\n")
    found: list[Person] = []
    for piece in re.split(r"[、，,；;/／|&＆]+|(?<=[\u4e00-\u9fff])和(?=[\u4e00-\u9fff]{2})", raw):
        _one_piece(piece, found)
    for person in found:
        if not 2 <= len(person.name) <= 30 or re.search(r"\d", person.name):
            raise Unreadable(_("人名“{name}”读不懂，多人请用顿号隔开", name=person.name))
    unique: dict[str, Person] = {}
    for person in found:
        unique.setdefault(person.name, person)
    return list(unique.values())


def _one_piece(piece: str, found: list[Person]) -> None:
    """Add the people of one piece between hard separators; a number belongs to the name before it."""
    wide = "".join(unicodedata.normalize("NFKC", c) if c in "（）：＋" or c.isdigit() else c for c in piece)
    last = 0
    for match in [*_PHONE.finditer(wide), None]:
        words = wide[last : match.start()] if match else wide[last:]
        names = _names(words)
        found.extend(Person(n) for n in names)
        if match:
            if found:
                found[-1] = Person(found[-1].name, found[-1].phone or phone(match.group(0)))
            last = match.end()


def _names(words: str) -> list[str]:
    words = re.sub(r"\([^()]*\)|\(|\)", " ", words)
    words = _ROLE_WORDS.sub("", words.strip())
    words = re.sub(r"(电话|手机|联系方式|Tel)\s*[:：]?\s*$", "", words.strip(), flags=re.I)
    pieces = [p.strip(" \t:：.。-") for p in re.split(r"\s+", words)]
    tokens = [t for t in pieces if t and not is_empty(t) and t not in UNKNOWN]
    if tokens and all(re.fullmatch(r"[A-Za-z.'-]+", t) for t in tokens):
        return [" ".join(tokens)]
    names: list[str] = []
    waiting = ""  # a lone character: the surname of the next piece, or the end of the one before
    for i, token in enumerate(tokens):
        if waiting:
            names.append(waiting + token)
            waiting = ""
        elif len(token) == 1:
            following = tokens[i + 1] if i + 1 < len(tokens) else ""
            if (
                names
                and len(names[-1]) == 2
                and ((len(following) != 1 and len(following) != 2) or len(tokens) == 2)
            ):
                names[-1] += token
            elif following:
                waiting = token
            elif names:
                names[-1] += token
            else:
                names.append(token)
        elif len(token) > 2 and _TITLES.search(token) and len(_TITLES.sub("", token)) >= 2:
            names.append(_TITLES.sub("", token))
        elif names and _TITLES.fullmatch(token):
            continue
        else:
            names.append(token)
    return names


# --- codes ------------------------------------------------------------------------------

_PROJECT_CODE = re.compile(r"\d{4}-\d{6}-\d{2}-\d{2}-\d{6}")


def credit_code(cell: Cell | None) -> str | None:
    """统一社会信用代码, upper case, checked by GB 32100-2015. Raises `Unreadable` and says which check character fits."""
    if cell is None or blank(cell):
        return None
    _sound(cell)
    if cell.kind == "n" and abs(float(cell.value[0])) >= 1e15:
        raise Unreadable(_("信用代码被Excel改成了科学计数，请把该列设为“文本”后重新填写"))
    code = uscc.compact(narrow(cell.text).replace("\n", ""))
    if re.fullmatch(r"\d(\.\d+)?E\+?\d+", code):
        raise Unreadable(_("信用代码被Excel改成了科学计数，请把该列设为“文本”后重新填写"))
    if len(code) != 18:
        raise Unreadable(_("统一社会信用代码应为18位，这里是{n}位", n=len(code)))
    try:
        return str(uscc.validate(code))
    except uscc.InvalidChecksum:
        fits = uscc.calc_check_digit(code[:17])
        raise Unreadable(
            _(
                "统一社会信用代码校验不符：前17位对应的校验位应为{fits}，这里是{found}，请核对",
                fits=fits,
                found=code[-1],
            )
        ) from None
    except uscc.ValidationError:
        wrong = next(
            (c for i, c in enumerate(code) if c not in uscc._alphabet or (i < 8 and not c.isdigit())), "?"
        )
        message = _(
            "统一社会信用代码第{place}位“{wrong}”不合规则（不用I、O、S、V、Z，前8位为数字）",
            place=code.index(wrong) + 1 if wrong in code else "?",
            wrong=wrong,
        )
        if all(c in uscc._alphabet for c in code[:17]):
            message += _("；前17位对应的校验位应为{fits}", fits=uscc.calc_check_digit(code[:17]))
        raise Unreadable(message) from None


def project_code(cell: Cell | None) -> str | None:
    """The online platform's code (2318-440703-04-01-659107), or the office's own, upper case."""
    if cell is None or blank(cell):
        return None
    _sound(cell)
    if cell.kind == "n" and abs(float(cell.value[0])) >= 1e15:
        raise Unreadable(_("项目代码被Excel改成了科学计数，请把该列设为“文本”后重新填写"))
    code = re.sub(r"\s+", "", narrow(cell.text)).upper()
    code = re.sub(r"[—–―‐‑‒﹣−]", "-", code)
    bare = code.replace("-", "")
    if re.fullmatch(r"\d{20}", bare):
        code = f"{bare[:4]}-{bare[4:10]}-{bare[10:12]}-{bare[12:14]}-{bare[14:]}"
    if len(code) > 30:
        raise Unreadable(_("项目代码过长（{n}位），应形如 2318-440703-04-01-659107", n=len(code)))
    return code


# --- closed lists -----------------------------------------------------------------------

# Looked for in order; the first hit decides. Reviewable: one line, one way of writing.
LEVEL_WORDS: tuple[tuple[str, Level], ...] = (
    (r"省重|省级|省市?级|^省$|^省[、/,]", Level.PROVINCE),
    (r"市重|市级|^市$|^市[、/,]", Level.CITY),
    (r"区重|区级|县级|^区$", Level.DISTRICT),
)
CATEGORY_WORDS: tuple[tuple[str, Category], ...] = (
    (r"民生|社会事业|公共服务|教育|卫生|医疗|文化体育|住房保障|保障性", Category.LIVELIHOOD),
    (r"基础设施|基建|交通|水利|市政|能源保障|管网|环保工程", Category.INFRASTRUCTURE),
    (r"产业|工业|制造|服务业|农业|企业投资", Category.INDUSTRY),
)
PLAN_CLASS_WORDS: tuple[tuple[str, PlanClass], ...] = (
    (r"预备|前期|储备|谋划", PlanClass.PREPARATION),
    (r"新开工|新建开工|计划开工|拟开工|^新开", PlanClass.NEW_START),
    (r"投产|竣工|建成", PlanClass.PRODUCTION),
    (r"续建|在建|结转", PlanClass.CONTINUED),
)


def level_of(words: str) -> Level | None:
    plain = re.sub(r"\s+", "", narrow(words))
    return next((level for pattern, level in LEVEL_WORDS if re.search(pattern, plain)), None)


def category_of(words: str) -> Category | None:
    plain = re.sub(r"\s+", "", narrow(words))
    return next((c for pattern, c in CATEGORY_WORDS if re.search(pattern, plain)), None)


def plan_class_of(words: str) -> PlanClass | None:
    plain = re.sub(r"\s+", "", narrow(words))
    return next((c for pattern, c in PLAN_CLASS_WORDS if re.search(pattern, plain)), None)


def level(cell: Cell | None) -> Level | None:
    """省重点 / 市重点 / 区重点, however shortened. Raises `Unreadable` with the allowed words."""
    words = text(cell, 60)
    if not words or words in UNKNOWN:
        return None
    found = level_of(words)
    if found is None:
        raise Unreadable(
            _("级别不认识，应为：{allowed}", allowed="、".join(_(x) for x in LEVEL_LABELS.values()))
        )
    return found


def category(cell: Cell | None) -> Category | None:
    """基础设施工程 / 产业工程 / 民生保障工程, however shortened. Raises `Unreadable` with the allowed words."""
    words = text(cell, 60)
    if not words or words in UNKNOWN:
        return None
    found = category_of(words)
    if found is None:
        raise Unreadable(
            _("类别不认识，应为：{allowed}", allowed="、".join(_(x) for x in CATEGORY_LABELS.values()))
        )
    return found


class Towns:
    """The district's towns by every way they are written."""

    def __init__(self, towns: list[tuple[int, str, list[str]]]) -> None:
        self.names = [n for _id, n, _a in towns]
        self._keys: dict[str, int] = {}
        for town_id, full, aliases in towns:
            for way in (full, *aliases):
                self._keys[_town_key(way)] = town_id
        self._stems = {_stem(full): town_id for town_id, full, _a in towns}
        self.label = {town_id: full for town_id, full, _a in towns}
        # Whole names first, so that taking 棠下 out of 棠下镇 leaves nothing behind.
        self.ways = {_town_key(way) for _id, full, aliases in towns for way in (full, *aliases)}

    def find(self, words: str) -> int | None:
        """The town a cell names by itself, with or without 蓬江区 before and 办事处 after."""
        key = re.sub(r"^(广东省)?(江门市)?(蓬江区)?", "", _town_key(words))
        if not key:
            return None
        hit = self._keys.get(key) or self._stems.get(_stem(key))
        if hit:
            return hit
        # 棠下镇莲塘村, 棠下镇滨江大道旁: the town first, a place in it after.
        hits = {i for n, i in ((_town_key(self.label[i]), i) for i in self.label) if key.startswith(n)}
        return hits.pop() if len(hits) == 1 else None

    def inside(self, words: str) -> set[int]:
        """Every town named somewhere in a title, sheet name or address, by full name or alias of 2+ characters."""
        key = _town_key(words)
        return {i for stem, i in self._stems.items() if stem in key}


def _town_key(words: str) -> str:
    return re.sub(r"[\s()（）、,，.。:：·-]", "", narrow(words))


def _stem(key: str) -> str:
    return re.sub(r"(街道办事处|街道办|街办|办事处|街道|街|镇人民政府|镇政府|镇)$", "", key)
