"""The words of a key project: stages, status, classes."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Stage(IntEnum):
    """The project's large steps, in order; each is entered through a gate (house rule, ADR 0006)."""

    EARLY_PLANNING = 0
    SIGNED = 1
    FILING = 2
    LAND = 3
    PLANNING_PERMIT = 4
    CONSTRUCTION_PERMIT = 5
    CONSTRUCTION = 6
    COMPLETION = 7
    TRIAL = 8
    PRODUCTION = 9
    FULL_CAPACITY = 10


STAGE_LABELS: dict[Stage, str] = {
    Stage.EARLY_PLANNING: "前期策划",
    Stage.SIGNED: "签约",
    Stage.FILING: "企业开办/立项",
    Stage.LAND: "用地",
    Stage.PLANNING_PERMIT: "工程建设许可",
    Stage.CONSTRUCTION_PERMIT: "施工许可",
    Stage.CONSTRUCTION: "开工建设",
    Stage.COMPLETION: "竣工验收",
    Stage.TRIAL: "试运行/行业许可",
    Stage.PRODUCTION: "投产",
    Stage.FULL_CAPACITY: "达产/履约评估",
}


class ProjectStatus(StrEnum):
    """Apart from the stage: a suspended project keeps the stage it was suspended in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    COMPLETED = "completed"


PROJECT_STATUS_LABELS: dict[ProjectStatus, str] = {
    ProjectStatus.ACTIVE: "推进中",
    ProjectStatus.SUSPENDED: "暂停",
    ProjectStatus.TERMINATED: "终止",
    ProjectStatus.COMPLETED: "已完成",
}


class StatusReason(StrEnum):
    """Why a project is suspended, terminated or taken up again. OTHER needs words of its own."""

    LAND = "land"
    FUNDS = "funds"
    MARKET = "market"
    ENTERPRISE = "enterprise"
    POLICY = "policy"
    APPROVAL = "approval"
    SOLVED = "solved"
    FINISHED = "finished"
    OTHER = "other"


STATUS_REASON_LABELS: dict[StatusReason, str] = {
    StatusReason.LAND: "用地问题",
    StatusReason.FUNDS: "资金问题",
    StatusReason.MARKET: "市场变化",
    StatusReason.ENTERPRISE: "企业自身调整",
    StatusReason.POLICY: "政策调整",
    StatusReason.APPROVAL: "报批受阻",
    StatusReason.SOLVED: "问题已解决",
    StatusReason.FINISHED: "建设任务完成",
    StatusReason.OTHER: "其他",
}


class Level(StrEnum):
    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"


LEVEL_LABELS: dict[Level, str] = {
    Level.PROVINCE: "省重点",
    Level.CITY: "市重点",
    Level.DISTRICT: "区重点",
}


class Category(StrEnum):
    INFRASTRUCTURE = "infrastructure"
    INDUSTRY = "industry"
    LIVELIHOOD = "livelihood"


CATEGORY_LABELS: dict[Category, str] = {
    Category.INFRASTRUCTURE: "基础设施工程",
    Category.INDUSTRY: "产业工程",
    Category.LIVELIHOOD: "民生保障工程",
}


class ProjectType(StrEnum):
    """Chooses the milestone plan's template."""

    NEW_BUILD = "new_build"
    TECH_UPGRADE = "tech_upgrade"
    GOVERNMENT_WORKS = "government_works"
    LEASED_FACTORY = "leased_factory"


PROJECT_TYPE_LABELS: dict[ProjectType, str] = {
    ProjectType.NEW_BUILD: "工业新建（出让用地）",
    ProjectType.TECH_UPGRADE: "技术改造（不新增用地）",
    ProjectType.GOVERNMENT_WORKS: "政府投资工程",
    ProjectType.LEASED_FACTORY: "租赁标准厂房",
}


class PlanClass(StrEnum):
    """The annual plan's class of a project (年度计划类别)."""

    NEW_START = "new_start"
    CONTINUED = "continued"
    PRODUCTION = "production"
    PREPARATION = "preparation"


PLAN_CLASS_LABELS: dict[PlanClass, str] = {
    PlanClass.NEW_START: "新开工",
    PlanClass.CONTINUED: "续建",
    PlanClass.PRODUCTION: "投产",
    PlanClass.PREPARATION: "前期预备",
}


class DatePrecision(StrEnum):
    """How exactly a ledger stated a date. A month or year is kept as its first day;
    a promise stated by month is late only after that month's last day."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
