"""What a ledger's column means, by its header: a table of synonyms, then fuzzy matching. Pure.

Add a way of writing here and nowhere else. `without` are words that make a near match wrong
(累计完成投资 is not 年度计划投资).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

FUZZY = 82.0  # of 100; below it a header stays unmapped and is shown


@dataclass(frozen=True)
class FieldWords:
    field: str
    label: str
    synonyms: tuple[str, ...]
    without: tuple[str, ...] = ()
    shape: str = ""  # a pattern that means the field as well, when no synonym is nearer


def _w(field: str, label: str, synonyms: str, without: str = "", shape: str = "") -> FieldWords:
    return FieldWords(field, label, tuple(synonyms.split()), tuple(without.split()), shape)


FIELDS: tuple[FieldWords, ...] = (
    _w("seq", "序号", "序号 编号 序 No 项目序号 栏次"),
    _w(
        "name",
        "项目名称",
        "项目名称 项目 重点项目名称 重点项目 建设项目名称 工程名称 工程项目名称 名称 项目全称 重点建设项目名称 重大项目名称 项目工程名称",
        "代码 单位 业主 企业 进展 投资 编号 类型 类别 级别 负责 地点 所在 状态 阶段 性质 概况 内容 进度",
    ),
    _w(
        "enterprise",
        "建设单位",
        "建设单位 企业名称 项目业主 业主单位 业主 项目单位 项目法人 投资主体 建设主体 企业 项目业主单位 投资企业 项目建设单位 公司名称 "
        "单位名称 投资单位 投资方 投资方名称 投资人 建设方 承建业主 实施单位 实施主体 法人单位 申报单位 建设单位名称 项目公司 项目(法人)单位 业主(企业)名称 企业(单位)名称",
        "联系 电话 代码 责任 负责 牵头 施工 监理 设计 类型 主管",
    ),
    _w(
        "credit_code",
        "统一社会信用代码",
        "统一社会信用代码 统一信用代码 信用代码 社会信用代码 企业信用代码 统一社会信用代码号 企业代码 组织机构代码 机构代码 "
        "统一社会信用代码(18位) 纳税人识别号 业主信用代码 营业执照号",
        "项目代码",
    ),
    _w(
        "project_code",
        "项目代码",
        "项目代码 投资项目代码 项目统一代码 在线平台项目代码 投资项目统一代码 项目编码 广东省投资项目代码 固定资产投资项目代码 "
        "备案代码 立项代码 在线监管平台代码 赋码 项目编号 备案证编号 备案项目编号",
        "信用",
    ),
    _w("level", "级别", "级别 项目级别 重点级别 项目层级 层级 重点项目级别 省市区级别 项目等级 重点类别 列重级别 重点类型", "行政"),
    _w(
        "category",
        "类别",
        "类别 项目类别 工程类别 项目类型 类型 所属类别 领域 所属领域 投资领域 分类 项目分类 项目领域 板块",
        "年度 计划 行业",
    ),
    _w("plan_class", "年度计划类别", "年度计划类别 计划类别 建设状态 建设性质 项目性质 计划类型 年度类别 建设类型 年度建设性质", "投资 完成"),
    _w(
        "town",
        "属地",
        "属地 镇街 所在镇街 所属镇街 所在镇(街) 属地(镇街) 属地镇街 镇(街) 所在镇街道 街道 镇 乡镇街道 所属镇 所属街道 区域 "
        "所在地 所属区域 所在区域 镇街名称 属地镇(街道) 项目属地 镇(街道) 落户镇街 项目所在镇街 所在街道 所在镇 落地镇街 所属乡镇",
        "责任 单位 领导 联系 专员",
    ),
    _w("site", "建设地点", "建设地点 项目地点 地点 建设地址 项目地址 项目选址 地址 具体地址 所在园区 园区 详细地址 地块"),
    _w("industry", "所属行业", "所属行业 行业 行业类别 产业类别 行业分类 所属产业 产业分类"),
    _w("capacity", "建设规模及内容", "建设规模及内容 建设规模 建设内容 建设内容及规模 主要建设内容 项目概况 建设规模和内容 项目简介 建设内容和规模 主要建设内容及规模"),
    _w("land_mu", "用地面积（亩）", "用地面积 占地面积 土地面积 用地规模 项目用地 用地", "报批 情况 手续 进展 问题 性质 方式"),
    _w("building_sqm", "建筑面积（平方米）", "建筑面积 总建筑面积"),
    _w(
        "total_wan",
        "总投资",
        "总投资 项目总投资 投资总额 计划总投资 总投资额 投资额 概算总投资 估算总投资 投资规模 计划投资总额 项目投资总额 概算 总概算 项目投资 预计总投资",
        "完成 年度 本年 今年 累计 当年 计划投资 固定资产 设备 其中 占 率",
    ),
    _w(
        "plan_wan",
        "年度计划投资",
        "年度计划投资 计划投资 年度投资计划 本年计划 本年计划投资 今年计划投资 当年计划投资 年计划投资 年度计划 本年度计划投资 "
        "年度投资额 年度投资 投资计划 年投资计划 全年计划投资 年度计划完成投资 本年度投资计划 今年计划 全年计划 年度投资目标 年度目标 计划完成投资 目标 投资目标 目标任务 年度任务 年度投资任务 投资任务 年度目标任务 计划",
        "总投资 累计 率 总额 截至 完成情况 实际 占 类别 开工 竣工 下年 明年 上年 去年",
    ),
    _w(
        "done_wan",
        "年度累计完成投资",
        "累计完成投资 完成投资 累计完成 本年完成 本年完成投资 年度完成投资 今年完成投资 本年累计完成投资 年度累计完成投资 当年累计完成投资 "
        "已完成投资 实际完成投资 今年累计完成投资 完成投资额 完成投资情况累计完成 年内累计完成投资 本年度累计完成投资 累计投资 累计完成投资额 至今完成投资 "
        "今年以来完成投资 年初至今完成投资 完成情况 投资完成情况 实际完成 已完成 投资完成 投资累计完成 本月止累计 本月止累计完成 截至本月累计 截至本月累计完成 本月末累计完成 至本月累计完成 年内累计 年内累计完成 年初至今累计完成 今年以来完成 今年累计 今年累计完成 本年累计 年初以来完成投资 目前完成 目前累计完成 截至目前完成 截至目前完成投资 截至目前累计完成 年度完成 本年度完成 累计完成额 累计 完成",
        "计划 率 比例 占 自开工 开工以来 上年 去年 历年 以前年度 当月 本月 单月 同比 时间 预计 内容 进度",
    ),
    _w("rate", "完成率", "完成率 投资完成率 完成比例 占年度计划 完成投资率 计划完成率 占年度计划比例 完成年度计划 投资完成比例 占比"),
    _w(
        "period",
        "建设起止年限",
        "建设起止年限 起止年限 建设年限 建设起止时间 建设周期 起止时间 起止年月 建设起止年月 建设期限 建设工期 建设时间 建设期 项目起止年限 起止日期 工期 建设起止 建设起止日期 建设(起止)年限 开竣工时间 开(竣)工时间 开工竣工时间 建设起讫年限 起讫时间 建设工期(起止)",
        "",
        r"开(工|工时间)?[/、及和至与(—-]*(竣|完)工|起(止|讫|迄)",
    ),
    _w(
        "start",
        "计划开工",
        "计划开工 开工时间 开工年份 开工年度 计划动工时间 计划开工时间 开工日期 动工时间 开工 计划动工 拟开工时间 开工年月 预计开工时间 计划开工日期 开工(动工)时间 起始时间 开始时间 预计开工 建设开始时间 建设起始年 起始年 起始年份 实际开工时间(计划)",
        "实际 竣工 未",
    ),
    _w(
        "finish",
        "计划竣工",
        "计划竣工 竣工时间 竣工年份 竣工年度 计划竣工时间 竣工日期 完工时间 计划完工时间 竣工 计划建成时间 建成时间 拟竣工时间 竣工年月 预计竣工时间 计划竣工日期 预计完工时间 计划完工 结束时间 完成时间 预计竣工 预计建成时间 建设结束时间",
        "实际 开工 投产 未",
    ),
    _w("production_on", "计划投产", "计划投产 投产时间 计划投产时间 预计投产时间 投产日期 拟投产时间 计划投产日期", "实际 已"),
    _w("started_on", "实际开工", "实际开工 实际开工时间 实际动工时间 实际开工日期", "计划"),
    _w("finished_on", "实际竣工", "实际竣工 实际竣工时间 实际完工时间 实际竣工日期", "计划"),
    _w("produced_on", "实际投产", "实际投产 实际投产时间 实际投产日期", "计划"),
    _w(
        "progress",
        "形象进度",
        "形象进度 项目进展 目前进展 进展情况 工程进度 目前进展情况 项目进展情况 工程形象进度 建设进展 当前进展 最新进展 进度情况 推进情况 "
        "工作进展 项目进度 目前形象进度 建设进度 进展 形象进度情况 工程进展 工作进展情况 目前进度 当前进度 项目推进情况 截至目前进展",
        "投资 率 计划 序时",
    ),
    _w(
        "problem",
        "存在问题",
        "存在问题 困难问题 存在困难 存在困难及问题 存在问题及困难 主要问题 问题 困难 需协调问题 存在的问题 需要协调解决的问题 存在主要问题 需协调解决问题 "
        "问题及困难 难点堵点 存在问题和困难 需协调解决的问题 需要协调事项 需协调事项 协调事项 主要困难 主要困难问题 困难与问题 存在困难和需协调事项 堵点难点 需上级协调事项 存在的困难和问题 困难和问题 存在问题及原因",
    ),
    _w(
        "next_step",
        "下一步计划",
        "下一步计划 下一步工作 下步计划 下一步工作计划 下一步安排 下一步工作安排 下步工作计划 下一步措施 工作计划 下一步 下步工作 下一步打算 下步安排 下阶段计划 下月计划 下一步工作措施 解决措施",
        "投资 年度",
    ),
    _w("lead_unit", "责任单位", "责任单位 牵头单位 责任部门 牵头部门 主管部门 责任主体 服务单位 跟进单位 牵头责任单位 主责单位 负责单位 行业主管部门 项目责任单位 挂钩单位", "人 电话 领导"),
    _w(
        "leader",
        "挂点领导",
        "挂点领导 挂钩领导 联系领导 区领导 挂点区领导 包保领导 责任领导 挂钩联系领导 分管领导 挂点联系领导 区挂点领导 牵头领导 挂联领导 挂点责任领导 挂钩区领导 联系区领导 包联领导",
        "电话",
    ),
    _w(
        "officers",
        "服务专员",
        "联络员 服务专员 专员 联络专员 跟进专员 项目专员 牵头专员 项目联络员 联系专员 服务联络员 专班联络员 联络服务专员 责任人 跟进人 项目服务专员 "
        "项目管家 服务管家 首席服务官 服务专员姓名 联络员姓名 专员姓名 责任专员 服务人员 企业服务专员 重点项目专员 对接专员 对接人 经办人 专员(联络员) 服务责任人 跟踪服务人员 挂钩服务人员 服务专班联系人 项目秘书 挂点干部 包联干部",
        "电话 手机 号码 方式 企业 业主 单位 协办 副 协助 B岗",
        r"(专员|服务官|联络员|帮办员|代办员|管家)$|A岗$",
    ),
    _w("co_officers", "协办专员", "协办专员 协办人 协办联络员 副专员 协助专员 B岗专员 专员B岗", "电话 手机 单位", r"B岗$|(协办|协助|副)(服务|联络)?(专员|联络员)$"),
    _w("co_phone", "协办专员电话", "协办专员电话 协办人电话 协办电话 协办专员联系电话 协办专员手机", "", r"(电话|手机|联系方式).*B岗|(协办|协助|B岗).*(电话|手机|联系方式)"),
    _w(
        "phone",
        "专员电话",
        "联系电话 专员电话 手机号码 电话 手机 联系方式 联络员电话 专员手机 专员联系电话 联络员联系电话 手机号 联系手机 电话号码 专员联系方式 服务专员电话 专员手机号码 联络员手机 联络员电话号码",
        "企业 领导 业主 协办 B岗",
    ),
    _w("contact_name", "企业联系人", "企业联系人 项目联系人 业主联系人 企业负责人 项目负责人 企业对接人 企业联络员 联系人 单位联系人 业主代表 项目单位联系人", "电话 手机"),
    _w("contact_phone", "企业联系电话", "企业联系电话 企业联系人电话 企业电话 业主联系电话 企业联系方式 企业联系人手机 项目负责人电话 业主电话 联系人电话 企业联系人联系电话"),
    _w("stage", "当前阶段", "当前阶段 项目阶段 阶段 所处阶段 目前阶段 建设阶段"),
    _w("light", "灯", "灯 亮灯 亮灯情况 预警灯 红黄绿灯 灯色 状态灯"),
    _w("reported", "填报月份", "填报月份 数据月份 数据截至 填报期 截至月份"),
    _w("plan_year", "计划年度", "计划年度 投资计划年度"),
    _w("remark", "备注", "备注 说明 备注说明"),
)  # fmt: skip
BY_FIELD: dict[str, FieldWords] = {f.field: f for f in FIELDS}
MONEY = frozenset({"total_wan", "plan_wan", "done_wan"})
DERIVED = frozenset({"seq", "rate", "light"})  # understood, computed by us, not stored

_UNIT = re.compile(r"(?:单位|金额单位|计量单位)?[:：]?\s*(亿元|千万元|百万元|万元|千元|亿|万|元)(?:人民币)?")
_PERIOD_WORDS = re.compile(
    r"((20\d\d|\d\d)年度?)|截[至止]?\d{0,2}月?(底|末|份)?|[1一][-—–~～至到](\d{1,2}|[一二三四五六七八九十]+)月份?"
    r"|至?\d{1,2}月(底|末|份)止?|\(?单位:.*?\)?$"
)


def squeeze(header: str) -> str:
    """One line without spaces, half-width brackets; what is shown beside the mapping stays as typed."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", header)).strip("*:：·")


def unit_of(header: str) -> str | None:
    """The money unit a header or title line states, or None. `元` only where it stands alone."""
    plain = squeeze(header)
    for found in re.finditer(r"\(([^()]*)\)|[:：/](\S{1,6})$|(亿元|万元)", plain):
        inner = next((g for g in found.groups() if g), "")
        hit = _UNIT.fullmatch(inner) or re.fullmatch(r".*?[、,;:]?(亿元|千万元|百万元|万元|千元|元).*", inner)
        if hit:
            word = hit.group(1)
            return word if word.endswith("元") else f"{word}元"
    return None


def year_of(header: str) -> int | None:
    found = re.search(r"(20\d\d)年?", squeeze(header))
    return int(found.group(1)) if found else None


def month_of(header: str) -> int | None:
    """10 of 1-10月累计完成."""
    found = re.search(r"(?<!\d)1月?[-—–~～至到](\d{1,2})月", squeeze(header))
    if found is None:
        found = re.search(r"(?:截至|截止|至)(?:20\d\d年)?(\d{1,2})月", squeeze(header))
    return int(found.group(1)) if found and 1 <= int(found.group(1)) <= 12 else None


# Words that offices use for one another, in a header and in a synonym alike.
_SAME = (
    (re.compile(r"动工"), "开工"),
    (re.compile(r"完工"), "竣工"),
    (re.compile(r"日期|年月(?!日)"), "时间"),
    (re.compile(r"联络人"), "联络员"),
    (re.compile(r"街镇|镇\(街道?\)|镇街道?|乡镇"), "镇街"),
    (re.compile(r"部门"), "单位"),
    (re.compile(r"下一?阶段|下一?步(?!步)"), "下步"),
    (re.compile(r"当前|现阶段|现时"), "目前"),
    (re.compile(r"^(实际|计划|预计|拟)[/、或和及(]+(实际|计划|预计|拟)\)?"), "计划"),
    (re.compile(r"开工/开工"), "开工"),
)


@lru_cache(maxsize=20_000)
def alike(header: str) -> str:
    """The header in one choice of words."""
    plain = squeeze(header)
    for words, one in _SAME:
        plain = words.sub(one, plain)
    return plain


def core(header: str) -> str:
    """The header without units, years and months: what it is about."""
    plain = squeeze(header)
    plain = re.sub(
        r"\((?:单位[:：]?)?(?:亿元|千万元|百万元|万元|千元|亿|万|元|%|％|亩|平方米|㎡|m2|人民币|年/?月|年月日?|必填|选填)[^()]*\)",
        "",
        plain,
    )
    plain = re.sub(r"[,、:：/]?(单位[:：])?(亿元|万元|%|％)$", "", plain)
    plain = _PERIOD_WORDS.sub("", plain)
    plain = plain.strip("-—/:：.、,*")
    while plain.startswith("(") and plain.endswith(")") and plain.count("(") == 1:
        plain = plain[1:-1]
    if plain.count("(") != plain.count(")"):
        plain = plain.strip("()")
    return plain.strip("-—/:：.、,*") or squeeze(header)


# Words of the header above that make the one below mean something else.
_PARENT_VETO = ("自开工", "开工以来", "上年", "去年", "历年", "以前年度", "下年", "明年", "当月", "本月")
_WITH_PHONE = re.compile(r"(姓名)?[及和、/与+,，]?(其|的)?(联系|手机)?(电话|方式|手机|号码)(号码)?$")
_PEOPLE = frozenset({"officers", "co_officers", "contact_name"})


@lru_cache(maxsize=20_000)
def score(header: str, field: FieldWords) -> float:
    """0-100: how surely the header means the field. 100 is a synonym word for word."""
    plain, about = squeeze(header), core(header)
    if field.field == "done_wan" and re.match(r"(20\d\d年)?\d{1,2}月份?(当月)?完成", plain):
        return 0.0  # one month's own figure, not the year's total
    if field.field in _PEOPLE and re.search(r"[及和、/与+,，]", about):
        alone = _WITH_PHONE.sub("", about)  # 服务专员及联系电话: the number stands in the same cell
        if alone and alone != about:
            return max(0.0, score(alone, field) - 1.0)
    known = {squeeze(s) for s in field.synonyms}
    if plain in known:
        return 100.0
    plain, about = alike(plain), alike(about)
    known |= {alike(s) for s in known}
    if plain in known:
        return 99.5
    if about in known:
        return 99.0
    unbracketed = re.sub(r"\([^()]*\)", "", about)
    if unbracketed in known:
        return 98.0
    # 项目名称及建设内容, 责任单位和责任人: the first of two things that stand in one cell.
    first = re.split(r"[及和与、/+(]", about, maxsplit=1)[0]
    if len(first) >= 3 and first != about and first in known:
        return 93.0
    if not about or any(w in about for w in field.without):
        return 0.0
    if field.field == "rate" and not re.search("率|比|占", about):
        return 0.0
    best = max(fuzz.ratio(about, s) for s in known)
    if field.shape and re.search(field.shape, about):
        best = max(best, 90.0)
    # 企业名称（盖章）, 目前主要进展情况: the synonym inside a somewhat longer header.
    inside = max((len(s) for s in known if len(s) >= 3 and s in about), default=0)
    if inside and inside / len(about) >= 0.5:
        best = max(best, 84.0 + 10.0 * inside / len(about))
    return best if best >= FUZZY else 0.0


def rank(header: str, field: FieldWords) -> int:
    """Among word-for-word synonyms, the earlier is the more usual way of writing."""
    known = [squeeze(s) for s in field.synonyms]
    return min((known.index(h) for h in (squeeze(header), core(header)) if h in known), default=len(known))


_UNIT_ONLY = re.compile(
    r"\(?(单位[:：])?(亿元|万元|元|亿|万|亩|平方米|㎡|%|％|个|人|年|年月|年、月|年/月)\)?"
)


def score_parts(parts: tuple[str, ...], field: FieldWords) -> float:
    """The score of a header of several rows: of all of it, or of its last row alone."""
    if len(parts) > 1 and _UNIT_ONLY.fullmatch(squeeze(parts[-1])):
        parts = parts[:-1]
    if not parts:
        return 0.0
    whole = score("".join(parts), field)
    if len(parts) == 1:
        return whole
    # 企业信息 over 名称 is 企业名称.
    group = re.sub(r"(基本)?(信息|情况|资料)$", "", squeeze(parts[-2]))
    whole = max(whole, score(group + parts[-1], field) - 0.5)
    above = squeeze("".join(parts[:-1]))
    veto = _PARENT_VETO + (field.without if field.field == "phone" else ())
    leaf = 0.0 if any(w in above for w in veto) else score(parts[-1], field) - 0.5
    return max(whole, leaf)


@lru_cache(maxsize=20_000)
def best_field(header: str) -> tuple[str, float]:
    """The surest meaning of one header by itself; ("", 0) when none reaches the threshold."""
    if not squeeze(header) or len(squeeze(header)) > 40:
        return "", 0.0
    field, value = max(((f.field, score(header, f)) for f in FIELDS), key=lambda p: p[1])
    return (field, value) if value else ("", 0.0)
