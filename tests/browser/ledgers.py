"""Ledgers in the shapes that offices keep, and what is true in each.

`titled`: title and unit lines, a two-row merged header, sections, a subtotal after each, a total, a note.
`one_sheet_a_town`: amounts in 亿元, said in the header, a total at the foot of each sheet.
`from_an_old_system`: a GB18030 CSV with rare characters, thousands separators and full-width digits.
`with_bad_rows`: three good rows among four that must be refused.

Every name is invented; the credit codes pass the check of GB 32100.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from stdnum.cn import uscc


@dataclass(frozen=True)
class Known:
    """One project as the ledger states it. Amounts in 万元; `officers` is empty for a project without one."""

    name: str
    firm: str
    town: str
    total_wan: Decimal
    plan_wan: Decimal
    done_wan: Decimal
    officers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """A file, the projects it holds, and the sheet rows that must be refused."""

    path: Path
    projects: tuple[Known, ...]
    refused: tuple[int, ...] = ()


def credit_code(serial: int) -> str:
    """A valid unified social credit code of 蓬江区, another for each serial."""
    body = f"91440703MA{serial:07d}"
    return body + uscc.calc_check_digit(body)


def known(name: str, firm: str, town: str, total: str, plan: str, done: str, *officers: str) -> Known:
    return Known(name, f"江门市{firm}有限公司", town, Decimal(total), Decimal(plan), Decimal(done), officers)


TITLED = (
    known("澄屿光伏组件项目（一期）", "澄屿新能源", "棠下镇", "86500", "24000", "9120", "邝启明"),
    known("澄屿光伏组件项目（二期）", "澄屿新能源", "棠下镇", "43210.5", "8000", "7900", "邝启明", "麦佩仪"),
    known("岚汐医疗器械生产基地", "岚汐医疗科技", "荷塘镇", "31250", "12500", "12500", "麦佩仪"),
    known("蓬江区滨水管网提升工程", "滨水市政建设", "杜阮镇", "19800", "6600", "1050"),
)
BY_TOWN = (
    known("砚北精密铸件扩产项目", "砚北铸造", "白沙街道", "15200", "5100", "2300", "邝启明"),
    known("砚北模具检测中心", "砚北铸造", "白沙街道", "8600", "4300", "4100", "邝启明"),
    known("浔川冷链物流园", "浔川供应链", "环市街道", "62000", "18700", "3300", "麦佩仪"),
    known("榕畔智能照明项目", "榕畔光电", "潮连街道", "12400", "2500", "2500", "麦佩仪"),
)
OLD_SYSTEM = (
    known("𬭚基合金靶材项目", "㙍岸新材料", "棠下镇", "28430", "9000", "4200", "邝启明"),
    known("㙍岸高纯氧化物项目", "㙍岸新材料", "棠下镇", "7250.25", "1200", "0", "麦佩仪"),
    known("杜阮镇数字化车间改造", "霁川五金", "杜阮镇", "3600", "3600", "1800", "邝启明", "麦佩仪"),
)
GOOD_AMONG_BAD = (
    known("珩安食品中央厨房", "珩安食品", "荷塘镇", "9800", "4000", "2100", "邝启明"),
    known("珩安食品检测实验室", "珩安食品", "荷塘镇", "2600", "2600", "2600", "邝启明"),
    known("沅石建材循环利用项目", "沅石建材", "杜阮镇", "17300", "7000", "900", "麦佩仪"),
)


def titled(folder: Path, day: date) -> Ledger:
    """The monthly table as it is printed and signed; its title says the month."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "项目进展"
    width = 10
    sheet.append([f"{day.year}年区重点项目进展情况表（截至{day.year}年{day.month}月）"])
    sheet.append(["单位：万元"])
    sheet.append(
        [
            "序号",
            "项目名称",
            "建设单位",
            "统一社会信用代码",
            "属地",
            "投资情况",
            None,
            None,
            "服务专员",
            "备注",
        ]
    )
    sheet.append([None] * 5 + ["总投资", "年度计划投资", "累计完成投资", None, None])
    for column in (1, 2, 3, 4, 5, 9, 10):
        sheet.merge_cells(start_row=3, end_row=4, start_column=column, end_column=column)
    for row, last in ((1, width), (2, width)):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
    sheet.merge_cells(start_row=3, end_row=3, start_column=6, end_column=8)
    serial = 0
    for section, part in (("一、产业工程", TITLED[:3]), ("二、基础设施工程", TITLED[3:])):
        sheet.append([section])
        sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=width)
        for p in part:
            serial += 1
            name = p.name.replace("（", "\n（")  # a line break inside the name, as cells are typed
            sheet.append(
                [serial, name, p.firm, _code_of(p.firm), p.town, *_amounts(p), "、".join(p.officers), None]
            )
        sheet.append(["小计", f"{len(part)}项", None, None, None, *_sums(part)])
    sheet.append(["合计", f"{len(TITLED)}项", None, None, None, *_sums(TITLED)])
    sheet.append(["注：累计完成投资为年初以来数。"])
    return _kept(book, folder / "重点项目进展表.xlsx", TITLED)


def one_sheet_a_town(folder: Path) -> Ledger:
    """Each town fills its own sheet; the sheet's name is the town, amounts in 亿元."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for town in dict.fromkeys(p.town for p in BY_TOWN):
        sheet = book.create_sheet(town)
        sheet.append([f"{town}重点项目台账"])
        sheet.append(
            [
                "项目",
                "统一社会信用代码",
                "企业名称",
                "服务专员",
                "投资总额（亿元）",
                "本年计划（亿元）",
                "本年完成（亿元）",
            ]
        )
        part = [p for p in BY_TOWN if p.town == town]
        for p in part:
            amounts = [a / 10_000 for a in _amounts(p)]
            sheet.append([p.name, _code_of(p.firm), p.firm, "、".join(p.officers), *amounts])
        sheet.append(["合计", None, None, None, *(s / 10_000 for s in _sums(part))])
    return _kept(book, folder / "各镇街台账.xlsx", BY_TOWN)


def from_an_old_system(folder: Path) -> Ledger:
    """What another system writes out: GB18030, short town names, amounts as text."""
    path = folder / "系统导出.csv"
    with path.open("w", encoding="gb18030", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(
            [
                "项目名称",
                "企业名称",
                "统一社会信用代码",
                "镇街",
                "总投资（万元）",
                "年度计划投资（万元）",
                "本年累计完成投资（万元）",
                "联络专员",
            ]
        )
        for p in OLD_SYSTEM:
            plan = str(p.plan_wan).translate({ord("0") + n: ord("０") + n for n in range(10)})
            writer.writerow(
                [
                    p.name,
                    p.firm,
                    _code_of(p.firm),
                    p.town.removesuffix("镇"),
                    f"{p.total_wan:,}",
                    plan,
                    f"{p.done_wan:,}",
                    " ".join(p.officers),
                ]
            )
    return Ledger(path, OLD_SYSTEM)


def with_bad_rows(folder: Path) -> Ledger:
    """Rows 3, 5, 6 and 8 must come back: a town of another district, a range, a wrong code, no name."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(
        [
            "项目名称",
            "建设单位",
            "统一社会信用代码",
            "属地",
            "总投资（万元）",
            "年度计划投资（万元）",
            "累计完成投资（万元）",
            "联络员",
        ]
    )

    def line(p: Known, **wrong: Any) -> list[Any]:
        row = {
            "name": p.name,
            "firm": p.firm,
            "code": _code_of(p.firm),
            "town": p.town,
            "total": float(p.total_wan),
            "plan": float(p.plan_wan),
            "done": float(p.done_wan),
            "officer": "、".join(p.officers),
        }
        return list((row | wrong).values())

    first, second, third = GOOD_AMONG_BAD
    spoilt = credit_code(99)
    spoilt = spoilt[:-1] + ("0" if spoilt[-1] != "0" else "1")
    sheet.append(line(first))
    sheet.append(line(first, name="外区项目", town="会城街道"))
    sheet.append(line(second))
    sheet.append(line(second, name="投资未定项目", total="1.2-1.5"))
    sheet.append(line(third, name="代码有误项目", firm="江门市沅外贸易有限公司", code=spoilt))
    sheet.append(line(third))
    sheet.append(line(third, name=None))
    return Ledger(_kept(book, folder / "待补正台账.xlsx", ()).path, GOOD_AMONG_BAD, refused=(3, 5, 6, 8))


def _amounts(p: Known) -> list[float]:
    return [float(p.total_wan), float(p.plan_wan), float(p.done_wan)]


def _sums(part: Sequence[Known]) -> list[float]:
    return [sum(column) for column in zip(*(_amounts(p) for p in part), strict=True)]


def _code_of(firm: str) -> str:
    firms = list(dict.fromkeys(p.firm for p in (*TITLED, *BY_TOWN, *OLD_SYSTEM, *GOOD_AMONG_BAD)))
    return credit_code(firms.index(firm) + 1)


def _kept(book: Workbook, path: Path, projects: tuple[Known, ...]) -> Ledger:
    book.save(path)
    return Ledger(path, projects)
