"""The words of visits and demands."""

from __future__ import annotations

from enum import StrEnum


class VisitMode(StrEnum):
    ON_SITE = "on_site"
    PHONE = "phone"
    HALL = "hall"
    ONLINE = "online"


VISIT_MODE_LABELS: dict[VisitMode, str] = {
    VisitMode.ON_SITE: "上门",
    VisitMode.PHONE: "电话",
    VisitMode.HALL: "会客厅",
    VisitMode.ONLINE: "线上",
}


class VisitState(StrEnum):
    DRAFT = "draft"
    COMPLETE = "complete"


class Side(StrEnum):
    OURS = "ours"
    ENTERPRISE = "enterprise"


class DemandClass(StrEnum):
    """The main class of what an enterprise asks for (诉求类别)."""

    LAND = "land"
    PLANNING = "planning"
    ENVIRONMENT = "environment"
    APPROVAL = "approval"
    CONSTRUCTION = "construction"
    UTILITIES = "utilities"
    LABOUR = "labour"
    FINANCE = "finance"
    POLICY = "policy"
    TAX = "tax"
    LOGISTICS = "logistics"
    MARKET = "market"
    SAFETY = "safety"
    LEGAL = "legal"
    CROSS_BORDER = "cross_border"
    OTHER = "other"


DEMAND_CLASS_LABELS: dict[DemandClass, str] = {
    DemandClass.LAND: "用地",
    DemandClass.PLANNING: "规划",
    DemandClass.ENVIRONMENT: "环评/能耗",
    DemandClass.APPROVAL: "报建审批",
    DemandClass.CONSTRUCTION: "施工/周边协调",
    DemandClass.UTILITIES: "水电气通信",
    DemandClass.LABOUR: "用工/人才/子女入学",
    DemandClass.FINANCE: "融资",
    DemandClass.POLICY: "政策兑现",
    DemandClass.TAX: "税费",
    DemandClass.LOGISTICS: "物流",
    DemandClass.MARKET: "市场/产业链配套",
    DemandClass.SAFETY: "安全消防",
    DemandClass.LEGAL: "法律纠纷",
    DemandClass.CROSS_BORDER: "跨境/外资",
    DemandClass.OTHER: "其他",
}


class DemandGrade(StrEnum):
    """Urgency; the clocks behind the grades come with the demand's own life."""

    IMMEDIATE = "1"
    ORDINARY = "2"
    COMPLEX = "3"
    MAJOR = "4"


DEMAND_GRADE_LABELS: dict[DemandGrade, str] = {
    DemandGrade.IMMEDIATE: "Ⅰ 即办",
    DemandGrade.ORDINARY: "Ⅱ 一般",
    DemandGrade.COMPLEX: "Ⅲ 复杂",
    DemandGrade.MAJOR: "Ⅳ 重大",
}


class DemandState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
