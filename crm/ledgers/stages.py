"""The stage a new project starts in, read conservatively from its 形象进度. Pure; house rule.

One line, one way of writing; the first line that fits decides. What is being done decides before
what has been done, and a later stage is claimed only for words that cannot mean an earlier one.
An existing project's stage is never changed by a ledger: stages are entered through gates.
"""

from __future__ import annotations

import re

from models.vocabulary import STAGE_LABELS, Category, ProjectType, Stage

# A plan is not a fact: 计划12月开工 and 未投产 are taken out before the table is walked.
_NOT_YET = re.compile(
    r"(计划|预计|拟|力争|争取|准备|尚未|暂未|未能|未|待)[^，。；,;]{0,14}?(开工|动工|投产|竣工|完工|封顶|试产|达产|摘牌|开展|取得|完成|办理)[^，。；,;]*"
)

STAGE_WORDS: tuple[tuple[str, Stage], ...] = (
    (r"已?达产|履约评估", Stage.FULL_CAPACITY),
    (r"试运行|试生产|试产|排污许可|安全生产许可|行业许可", Stage.TRIAL),
    (r"已(全面|正式|部分)?投产|正式投产|全面投产|建成投产|竣工投产|投产运营|已投入(使用|运营|生产)|已运营", Stage.PRODUCTION),
    (r"(正在|申请|办理|开展|组织|进行)[^，。；]*(联合验收|竣工验收|竣工备案)|竣工|完工|联合验收", Stage.COMPLETION),
    (r"(正在|申请|办理|申办)[^，。；]*(施工许可|施工图审)", Stage.CONSTRUCTION_PERMIT),
    (r"(正在|申请|办理|申办)[^，。；]*(工程规划许可|规划设计方案|设计方案审查|方案报批)", Stage.PLANNING_PERMIT),
    (r"(正在|申请|办理|申办)[^，。；]*(用地|土地|挂牌|摘牌|不动产权|农转用|征地|拆迁|招拍挂)", Stage.LAND),
    (r"(正在|申请|办理|申办|开展)[^，。；]*(备案|立项|核准|注册|可研|可行性研究|环评)", Stage.FILING),
    (r"设备(安装|调试|进场)|桩基|基坑|基础(施工|工程|完成|建设)|主体(结构|施工|工程|建设|完成)?|封顶|土建|装修|钢结构|厂房(建设|施工)|"
     r"(路基|路面|管道|管网|桥梁)[^，。；]*(施工|铺设|建设|完成)|正在施工(?!许可|图)|施工中|已(全面|正式)?(开工|动工)|开工建设|在建|施工(?!许可|图|排水|用电)", Stage.CONSTRUCTION),
    (r"(已取得|取得|已办理|已领取|已办|完成)[^，。；]*施工许可", Stage.CONSTRUCTION_PERMIT),
    (r"(已取得|取得|已办理|已领取|已办|完成)[^，。；]*工程规划许可", Stage.CONSTRUCTION_PERMIT),
    (r"(已取得|取得|已办理|已领取|已办|完成)[^，。；]*(用地规划许可|不动产权|土地证)|已交地", Stage.PLANNING_PERMIT),
    (r"已?摘牌|(已|完成)[^，。；]*(备案|立项|核准|环评)", Stage.LAND),
    (r"(已|完成)[^，。；]*注册", Stage.FILING),
    (r"(已|完成)[^，。；]*(签约|签订|签署)", Stage.SIGNED),
    (r"签约|洽谈|框架协议|投资协议", Stage.EARLY_PLANNING),
)  # fmt: skip


def stage_of_progress(progress: str) -> Stage:
    """The stage a ledger's words speak of; 前期策划 when they are unclear."""
    plain = re.sub(r"\s+", "", progress)
    if re.match(r"前期(策划|谋划|工作|准备)", plain):
        return Stage.EARLY_PLANNING
    # What is being done is kept even where it contains a word of the plan: 正在办理… stays.
    facts = _NOT_YET.sub("", plain)
    return next((stage for words, stage in STAGE_WORDS if re.search(words, facts)), Stage.EARLY_PLANNING)


def stage_of_label(label: str) -> Stage | None:
    """A stage by its own name (当前阶段 of our export), or None."""
    plain = re.sub(r"\s+", "", label)
    return next((stage for stage, name in STAGE_LABELS.items() if name == plain), None)


def type_of_project(name: str, enterprise: str, category: Category | None) -> ProjectType:
    """Which milestone template a new project takes until somebody says otherwise (house rule)."""
    if category in (Category.INFRASTRUCTURE, Category.LIVELIHOOD) or re.search(
        r"人民政府|街道办事处|管理局$", enterprise
    ):
        return ProjectType.GOVERNMENT_WORKS
    if re.search(r"技术改造|技改|改造升级", name):
        return ProjectType.TECH_UPGRADE
    if re.search(r"租赁|标准厂房入驻", name):
        return ProjectType.LEASED_FACTORY
    return ProjectType.NEW_BUILD
