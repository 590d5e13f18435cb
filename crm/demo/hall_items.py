"""The 106 items of an invented hall: the catalogue's own and what the other counters see all day."""

from __future__ import annotations

from typing import NamedTuple

from crm.approvals.reference import rows
from models.vocabulary import DayUnit

# Steps of a plan that nobody applies for at a counter.
NOT_APPLIED_FOR = frozenset({"L01", "L02", "P15", "P41", "P42", "P57", "P69"})


class HallItem(NamedTuple):
    """`weight`: share of the hall's cases, any scale. `legal` in `unit`, `promised` in working days.
    `pace`: the usual share of the promise used up. The rest are shares of its cases, 0-1."""

    code: str
    name: str
    department: str
    weight: float
    legal: int | None
    unit: DayUnit
    promised: int | None
    clock_start: str
    pace: float
    corrected: float
    checked: float
    stopped: float
    late: float


# Weights of the catalogue's items that a hall sees often; the others are rare.
BUSY = {
    "P11": 900.0,
    "P12": 60.0,
    "P36": 70.0,
    "P35": 90.0,
    "P38": 50.0,
    "P56": 420.0,
    "P64": 25.0,
    "P68": 160.0,
}
BUSY |= {"P63": 80.0, "P25": 60.0, "P62": 12.0, "P37": 140.0, "P53": 14.0}
CHECKED = {"P35": 0.45, "P34": 0.25, "P36": 0.6, "P38": 0.7, "P64": 0.8, "P67": 1.0, "P61": 0.6, "P62": 0.3}
STOPPED = {
    "P22": 0.3,
    "P23": 0.7,
    "P24": 0.35,
    "P26": 0.5,
    "P27": 0.6,
    "P29": 0.5,
    "P32": 0.3,
    "P66": 0.8,
    "P2A": 0.5,
}

SOCIAL, HEALTH, TRANSPORT = "区人力资源和社会保障局", "区卫生健康局", "区交通运输局"
CIVIL, POLICE, CULTURE = "区民政局", "江门市公安局蓬江分局", "区文化广电旅游体育局"
SCHOOLS, TAX, FARMS, VETERANS = "区教育局", "区税务局", "区农业农村和水利局", "区退役军人事务局"
MARKET, BUILDING, LAND, CITY = (
    "区市场监督管理局",
    "区住房和城乡建设局",
    "区自然资源局",
    "区城市管理和综合执法局",
)
SAFETY, PENSION, JUSTICE, FUND = (
    "区应急管理局",
    "区医疗保障局",
    "区司法局",
    "江门市住房公积金管理中心蓬江管理部",
)

# (name, department, weight, legal limit in working days, promised, share with a site check)
_OTHERS: tuple[tuple[str, str, float, int, int, float], ...] = (
    ("社会保险参保登记", SOCIAL, 980, 15, 1, 0),
    ("企业职工基本养老保险待遇核定", SOCIAL, 260, 30, 10, 0),
    ("失业保险金申领", SOCIAL, 310, 15, 5, 0),
    ("灵活就业社会保险补贴申领", SOCIAL, 220, 20, 10, 0),
    ("劳务派遣经营许可", SOCIAL, 4, 20, 8, 0.3),
    ("人力资源服务许可", SOCIAL, 5, 20, 8, 0.2),
    ("企业实行不定时工作制审批", SOCIAL, 3, 20, 7, 0),
    ("民办职业培训学校设立审批", SOCIAL, 0.6, 60, 20, 1),
    ("工伤认定", SOCIAL, 40, 60, 30, 0.2),
    ("市场主体变更登记", MARKET, 760, 3, 1, 0),
    ("市场主体注销登记", MARKET, 330, 3, 1, 0),
    ("个体工商户登记", MARKET, 1150, 3, 1, 0),
    ("食品经营许可", MARKET, 290, 20, 7, 0.5),
    ("食品小作坊登记", MARKET, 8, 15, 5, 0.9),
    ("药品零售企业许可", MARKET, 9, 30, 12, 0.9),
    ("第三类医疗器械经营许可", MARKET, 7, 30, 12, 0.8),
    ("第二类医疗器械经营备案", MARKET, 22, 1, 1, 0),
    ("特种设备作业人员资格认定", MARKET, 60, 20, 10, 0),
    ("股权出质设立登记", MARKET, 12, 1, 1, 0),
    ("基本医疗保险参保登记", PENSION, 620, 10, 1, 0),
    ("异地就医备案", PENSION, 280, 3, 1, 0),
    ("医疗费用手工报销", PENSION, 140, 30, 15, 0),
    ("生育津贴支付", PENSION, 75, 20, 10, 0),
    ("门诊特定病种待遇认定", PENSION, 90, 15, 7, 0),
    ("公共场所卫生许可", HEALTH, 34, 20, 5, 0.7),
    ("医疗机构执业登记", HEALTH, 3, 45, 15, 1),
    ("诊所备案", HEALTH, 6, 5, 2, 0),
    ("护士执业注册", HEALTH, 38, 20, 3, 0),
    ("医师执业注册", HEALTH, 30, 20, 5, 0),
    ("饮用水供水单位卫生许可", HEALTH, 2, 20, 8, 1),
    ("放射诊疗许可", HEALTH, 2, 20, 10, 0.9),
    ("生育登记", HEALTH, 130, 5, 1, 0),
    ("道路普通货物运输经营许可", TRANSPORT, 46, 20, 4, 0),
    ("道路运输证配发换发", TRANSPORT, 120, 10, 2, 0),
    ("道路旅客运输经营许可", TRANSPORT, 1, 20, 10, 0.5),
    ("涉路施工许可", TRANSPORT, 4, 20, 9, 0.8),
    ("从业人员从业资格证核发", TRANSPORT, 95, 10, 3, 0),
    ("机动车维修经营备案", TRANSPORT, 14, 5, 1, 0),
    ("婚姻登记", CIVIL, 160, 1, 1, 0),
    ("社会团体成立登记", CIVIL, 1, 60, 20, 0.2),
    ("民办非企业单位成立登记", CIVIL, 1.5, 60, 20, 0.4),
    ("最低生活保障审核确认", CIVIL, 22, 30, 20, 1),
    ("高龄老人津贴申领", CIVIL, 70, 20, 10, 0),
    ("户口登记与迁移", POLICE, 480, 10, 3, 0),
    ("居民身份证申领", POLICE, 520, 60, 15, 0),
    ("居住证签发", POLICE, 340, 15, 10, 0),
    ("旅馆业特种行业许可", POLICE, 2, 20, 8, 1),
    ("公章刻制备案", POLICE, 210, 1, 1, 0),
    ("大型群众性活动安全许可", POLICE, 1, 7, 5, 0.9),
    ("营业性演出审批", CULTURE, 3, 3, 2, 0),
    ("互联网上网服务营业场所许可", CULTURE, 1, 20, 8, 1),
    ("娱乐经营许可", CULTURE, 1.5, 20, 8, 1),
    ("高危险性体育项目经营许可", CULTURE, 1.2, 30, 10, 1),
    ("教师资格认定", SCHOOLS, 36, 30, 20, 0),
    ("民办学校设立审批", SCHOOLS, 0.5, 60, 25, 1),
    ("校外培训机构办学许可", SCHOOLS, 0.8, 60, 20, 1),
    ("发票领用", TAX, 700, 1, 1, 0),
    ("一般纳税人登记", TAX, 110, 1, 1, 0),
    ("对纳税人延期缴纳税款的核准", TAX, 1, 20, 10, 0),
    ("动物防疫条件合格证核发", FARMS, 2, 15, 7, 1),
    ("农药经营许可", FARMS, 1.5, 20, 10, 0.8),
    ("水产苗种生产许可", FARMS, 1, 15, 8, 0.8),
    ("退役军人优待证申领", VETERANS, 28, 30, 20, 0),
    ("房地产开发企业资质核定", BUILDING, 1.5, 20, 8, 0),
    ("商品房预售许可", BUILDING, 3, 10, 4, 0.5),
    ("不动产转移登记", LAND, 390, 30, 3, 0),
    ("户外广告设施设置审批", CITY, 26, 20, 5, 0.8),
    ("住房公积金提取", FUND, 410, 3, 1, 0),
)


def items() -> tuple[HallItem, ...]:
    """All 106, the catalogue's first. The hall's own carry codes H001, H002 …"""
    found = [_of_catalogue(row) for row in rows() if row["code"] not in NOT_APPLIED_FOR]
    for number, (name, department, weight, legal, promised, checked) in enumerate(_OTHERS, 1):
        found.append(
            HallItem(
                code=f"H{number:03d}",
                name=name,
                department=department,
                weight=weight,
                legal=legal,
                unit=DayUnit.WORKING,
                promised=promised,
                clock_start="受理",
                pace=0.35 + number * 7 % 10 * 0.05,
                corrected=0.04 + number * 3 % 7 * 0.02,
                checked=checked,
                stopped=0.15 if legal >= 45 else 0.0,
                late=0.012 + number * 5 % 9 * 0.003,
            )
        )
    return tuple(found)


def _of_catalogue(row: dict[str, str]) -> HallItem:
    code, number = row["code"], int(row["code"][1:], 16)
    promised = int(row["promised_limit"]) if row["promised_limit"] else None
    return HallItem(
        code=code,
        name=row["name"],
        department=row["decides"],
        weight=BUSY.get(code, 1.0 + number % 5),
        legal=int(row["legal_limit"]) if row["legal_limit"] else None,
        unit=DayUnit(row["unit"]),
        promised=promised,
        clock_start=row["clock_start"],
        pace=0.5 + number % 5 * 0.08,
        corrected=0.1 + number % 4 * 0.04,
        checked=CHECKED.get(code, 0.0),
        stopped=STOPPED.get(code, 0.0),
        late=0.02 + number % 6 * 0.006,
    )
