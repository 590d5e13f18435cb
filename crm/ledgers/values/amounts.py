"""Amounts in 万元 and plain quantities. Pure."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from crm.core.i18n import _
from crm.ledgers.reader import Cell
from crm.ledgers.values.words import Unreadable, blank, narrow, sound

MAX_WAN = Decimal(100_000_000)  # one trillion yuan: no project is larger
YUAN = Decimal("0.0001")  # one yuan in 万元

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
    sound(cell)
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
    sound(cell)
    raw = re.sub(r"\s+", "", narrow(cell.text)).replace("，", ",")
    found = re.fullmatch(r"约?(" + _PLAIN_NUMBER.pattern + r")(亩|平方米|㎡|m2|平米|平方)?", raw)
    if not found:
        raise Unreadable(_("这里应是一个数字"))
    value = Decimal(found.group(1).replace(",", ""))
    if value < 0 or value >= limit:
        raise Unreadable(_("数字不在合理范围内，请检查"))
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)
