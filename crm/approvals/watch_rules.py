"""The expiry watch list: what lapses, or must follow, when nobody acts in time. Pure.

The list is data (`LINES`), each line with its article of law or its source; the watch query, the screen and
the alerts walk the same table. A permit that no line names is watched by its own end (`PERMIT`).

`due` is the corresponding day so many months on, or that month's last (民法典 第二百零二条), or so many
calendar days. The day itself is still in time; the day after is late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from crm.approvals.rules import months_later
from models.vocabulary import Light


class Start(StrEnum):
    """What starts the time."""

    PERMIT = "permit"  # a permit of `items` issued, or (where no case tells) their milestone done
    STARTED = "started"  # the project's actual start
    SUSPENDED = "suspended"  # works suspended after the start
    TYPED = "typed"  # a day only a paper knows: an `Obligation` row


class Until(StrEnum):
    """What ends the watch, besides a record that the duty is done."""

    STARTED = "started"  # the project's actual start
    MILESTONE = "milestone"  # the milestone `until_code` is done
    RECORD = "record"  # nothing but the record


@dataclass(frozen=True)
class Line:
    """One line of the watch list. `late_months`: only then red, yellow until (two-step rules)."""

    code: str
    start: Start
    until: Until
    basis: str
    items: tuple[str, ...] = ()
    until_code: str = ""
    months: int = 0
    days: int = 0
    late_months: int = 0
    extensions: int = 0  # how often the permit's end may be put off
    extension_months: int = 0  # each time by at most so much

    def due(self, start: date) -> date:
        """The last day allowed."""
        return months_later(start, self.months) + timedelta(days=self.days)


LINES: tuple[Line, ...] = (
    Line(
        "start_construction",
        Start.PERMIT,
        Until.STARTED,
        "建筑法第九条",
        items=("P34",),
        months=3,
        extensions=2,
        extension_months=3,
    ),
    Line(
        "start_after_eia", Start.PERMIT, Until.STARTED, "环境影响评价法第二十四条", ("P23", "P24"), months=60
    ),
    Line(
        "start_after_soil", Start.PERMIT, Until.STARTED, "水利部令第53号第十八条", ("P27", "P28"), months=36
    ),
    Line(
        "start_after_energy", Start.PERMIT, Until.STARTED, "固定资产投资项目节能审查办法", ("P26",), months=24
    ),
    Line(
        "start_after_filing",
        Start.PERMIT,
        Until.STARTED,
        "广东省投资项目备案证通行备注",
        ("P12",),
        months=24,
    ),
    Line(
        "start_after_approval", Start.PERMIT, Until.STARTED, "广东政务服务网核准办事指南", ("P13",), months=24
    ),
    Line("land_idle_fee", Start.TYPED, Until.STARTED, "出让合同约定，闲置土地处置通行做法", months=12),
    Line(
        "land_take_back",
        Start.TYPED,
        Until.STARTED,
        "出让合同约定，闲置土地处置通行做法",
        months=24,
    ),
    Line("report_suspension", Start.SUSPENDED, Until.RECORD, "建筑法第十条", months=1),
    Line("verify_before_resuming", Start.SUSPENDED, Until.RECORD, "建筑法第十条", months=12),
    Line(
        "statistics",
        Start.STARTED,
        Until.MILESTONE,
        "银川市2025年3月重点项目亮灯规则",
        until_code="P42",
        months=1,
        late_months=2,
    ),
    Line(
        "file_acceptance",
        Start.PERMIT,
        Until.MILESTONE,
        "建设工程质量管理条例第四十九条",
        ("P54",),
        "P55",
        days=15,
    ),
    Line("planning_records", Start.PERMIT, Until.RECORD, "城乡规划法第四十五条", ("P54",), months=6),
    Line("discharge_change", Start.TYPED, Until.RECORD, "排污许可管理条例", days=30),
    Line("special_equipment", Start.TYPED, Until.RECORD, "特种设备安全法第三十三条", days=30),
)
BY_CODE: Mapping[str, Line] = {line.code: line for line in LINES}
PERMIT = "expiry"  # the line of a permit watched by its own end

# Permits that lapse only if building does not start; once it has, they are watched no more.
START_BOUND: frozenset[str] = frozenset(
    code
    for line in LINES
    if line.start is Start.PERMIT and line.until is Until.STARTED
    for code in line.items
)
TYPED: tuple[str, ...] = tuple(line.code for line in LINES if line.start is Start.TYPED)
# One contract day starts both times: it is typed once, under the first of them.
FOLLOWS: Mapping[str, str] = {"land_take_back": "land_idle_fee"}

LINE_LABELS: dict[str, str] = {
    PERMIT: "证照有效期",
    "start_construction": "施工许可证开工期限",
    "start_after_eia": "环评批复开工期限",
    "start_after_soil": "水保方案开工期限",
    "start_after_energy": "节能审查意见有效期",
    "start_after_filing": "备案证开工期限",
    "start_after_approval": "核准文件开工期限",
    "land_idle_fee": "合同动工日满1年",
    "land_take_back": "合同动工日满2年",
    "report_suspension": "中止施工报告",
    "verify_before_resuming": "中止满1年核验",
    "statistics": "入统入库",
    "file_acceptance": "竣工验收备案",
    "planning_records": "竣工资料报送规划部门",
    "discharge_change": "排污许可变更",
    "special_equipment": "特种设备使用登记",
}

# What is to be done, and what happens otherwise.
DUTY_LABELS: dict[str, str] = {
    PERMIT: "申请延续，或说明不再需要",
    "start_construction": "开工，或在到期前申请延期（最多两次、每次不超过3个月），否则自行废止",
    "start_after_eia": "开工，逾期须报原审批部门重新审核",
    "start_after_soil": "开工，逾期须重新审核水土保持方案",
    "start_after_energy": "开工，逾期须重新办理节能审查",
    "start_after_filing": "开工，或办理备案延期",
    "start_after_approval": "开工，或在期满30个工作日前申请延期",
    "land_idle_fee": "动工，满1年未动工征收土地闲置费",
    "land_take_back": "动工，满2年未动工可无偿收回",
    "report_suspension": "中止施工之日起1个月内向发证机关报告",
    "verify_before_resuming": "中止满1年的，复工前报发证机关核验施工许可证",
    "statistics": "办理固定资产投资项目入统入库（开工后满1个月黄灯、满2个月红灯）",
    "file_acceptance": "竣工验收合格之日起15日内备案",
    "planning_records": "竣工验收后6个月内向规划部门报送竣工资料",
    "discharge_change": "变更之日起30日内申请变更排污许可证",
    "special_equipment": "投入使用后30日内办理使用登记",
}


def watch_light(line: str, start: date, due: date, today: date, warn_days: int) -> Light:
    """Red past the day, orange on it, yellow within `warn_days` before it, green beyond.

    A two-step rule (`late_months`) is silent until its first day is past, then yellow, and red after its second.
    """
    known = BY_CODE.get(line)
    left = (due - today).days
    if known is not None and known.late_months:
        if left >= 0:
            return Light.GREEN
        return Light.YELLOW if today <= months_later(start, known.late_months) else Light.RED
    if left < 0:
        return Light.RED
    if left == 0:
        return Light.ORANGE
    return Light.YELLOW if left <= warn_days else Light.GREEN


def line_of_item(code: str) -> Line | None:
    """The line by which a permit of this item lapses without a start; None for every other."""
    return next((line for line in LINES if code in line.items and line.until is Until.STARTED), None)


@dataclass(frozen=True)
class ExtensionRefused:
    """Why an extension may not be: the input it concerns, and a code for the sentence."""

    field: str
    code: str


def extension_refused(
    item: str, *, extended: int, ends_on: date, ordered_on: date, new_ends_on: date, started: bool
) -> list[ExtensionRefused]:
    """What speaks against putting off the permit's end; empty when nothing does.

    建筑法 第九条: at most twice, each time at most three months, applied for before it lapses; otherwise
    the permit is void of itself.
    """
    line = line_of_item(item)
    if line is None or not line.extensions:
        return [ExtensionRefused("case_id", "not_extendable")]
    found: list[ExtensionRefused] = []
    if started:
        found.append(ExtensionRefused("case_id", "started"))
    if ordered_on > ends_on:
        found.append(ExtensionRefused("ordered_on", "lapsed"))
    if extended >= line.extensions:
        found.append(ExtensionRefused("case_id", "used_up"))
    if new_ends_on <= ends_on:
        found.append(ExtensionRefused("new_expires_on", "not_later"))
    elif new_ends_on > months_later(ends_on, line.extension_months):
        found.append(ExtensionRefused("new_expires_on", "too_long"))
    return found
