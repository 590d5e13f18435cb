"""Every closed list of words the product uses, in one place.

Stored by value, shown by label. The label is the field's own Chinese term; the
English one comes from the message catalogue (`crm.core.i18n`). Imports nothing of ours.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Role(StrEnum):
    """Who signs in, and so which table row of `crm.core.access` applies."""

    OFFICER = "officer"
    PARK_STAFF = "park_staff"
    DEPARTMENT = "department"
    SUPERVISOR = "supervisor"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"  # the command line and the nightly scan; never a sign-in


class Scope(StrEnum):
    """How far a permission reaches. A scope without its anchor (no town) reaches nothing."""

    OWN_PROJECTS = "own_projects"
    OWN_TOWN = "own_town"
    OWN_DEPARTMENT = "own_department"
    ALL = "all"


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


class OfficerRole(StrEnum):
    LEAD = "lead"
    CO = "co"


OFFICER_ROLE_LABELS: dict[OfficerRole, str] = {
    OfficerRole.LEAD: "牵头专员",
    OfficerRole.CO: "协办专员",
}


class Party(StrEnum):
    """Who holds the ball."""

    OFFICER = "officer"
    DEPARTMENT = "department"
    ENTERPRISE = "enterprise"


PARTY_LABELS: dict[Party, str] = {
    Party.OFFICER: "专员",
    Party.DEPARTMENT: "部门",
    Party.ENTERPRISE: "企业",
}


class DayUnit(StrEnum):
    """The unit of a limit. Laws that write 日 mean calendar days (domain: 行政许可法 第八十二条 covers only its own limits)."""

    WORKING = "wd"
    CALENDAR = "days"


DAY_UNIT_LABELS: dict[DayUnit, str] = {DayUnit.WORKING: "工作日", DayUnit.CALENDAR: "日"}


class DayKind(StrEnum):
    HOLIDAY = "holiday"  # a day off by notice or law
    MAKEUP = "makeup"  # a weekend day worked by notice
    LOCAL = "local"  # the office's own closure (typhoon, half day): entered by hand


class Light(StrEnum):
    """The only six lights. Never shown by colour alone."""

    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    BLUE = "blue"
    GREY = "grey"


LIGHT_LABELS: dict[Light, str] = {
    Light.GREEN: "正常",
    Light.YELLOW: "临期",
    Light.ORANGE: "今天到期",
    Light.RED: "逾期",
    Light.BLUE: "停表",
    Light.GREY: "已结",
}


class CaseState(StrEnum):
    """Where a case (办件) stands. What may follow what is one table: `crm.approvals.rules`."""

    RECEIVED = "received"
    CORRECTING = "correcting"  # told once what is missing (行政许可法 第三十二条); the enterprise's own time
    ACCEPTED = "accepted"  # running or stopped: the clock tells which
    DECIDED = "decided"
    DELIVERED = "delivered"
    NOT_ACCEPTED = "not_accepted"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"  # ended without a decision, 行政许可法 第六十九、七十条 or the item's own rule


CASE_STATE_LABELS: dict[CaseState, str] = {
    CaseState.RECEIVED: "已收件",
    CaseState.CORRECTING: "待补正",
    CaseState.ACCEPTED: "办理中",
    CaseState.DECIDED: "已办结",
    CaseState.DELIVERED: "已送达",
    CaseState.NOT_ACCEPTED: "不予受理",
    CaseState.WITHDRAWN: "已撤回",
    CaseState.TERMINATED: "已终止",
}

OPEN_CASE_STATES: frozenset[CaseState] = frozenset(
    {CaseState.RECEIVED, CaseState.CORRECTING, CaseState.ACCEPTED}
)


DECIDED_CASE_STATES: frozenset[CaseState] = frozenset({CaseState.DECIDED, CaseState.DELIVERED})
# Closed without a decision: nothing was granted or refused, and the clock counts for nobody.
UNDECIDED_CASE_STATES: frozenset[CaseState] = frozenset(
    {CaseState.NOT_ACCEPTED, CaseState.WITHDRAWN, CaseState.TERMINATED}
)


class CaseOutcome(StrEnum):
    """What was decided. Cases that ended without a decision have none."""

    GRANTED = "granted"
    REFUSED = "refused"


CASE_OUTCOME_LABELS: dict[CaseOutcome, str] = {
    CaseOutcome.GRANTED: "准予",
    CaseOutcome.REFUSED: "不予",
}


class CaseSource(StrEnum):
    """Who keeps the case: we, step by step, or the hall's acceptance system, whose export we read."""

    OURS = "ours"
    HALL = "hall"


CASE_SOURCE_LABELS: dict[CaseSource, str] = {
    CaseSource.OURS: "本系统",
    CaseSource.HALL: "受理系统",
}


class CaseRoute(StrEnum):
    """How the papers come: whole, later (容缺受理), or replaced by a promise (告知承诺)."""

    ORDINARY = "ordinary"
    LATER_PAPERS = "later_papers"
    COMMITMENT = "commitment"


CASE_ROUTE_LABELS: dict[CaseRoute, str] = {
    CaseRoute.ORDINARY: "一般程序",
    CaseRoute.LATER_PAPERS: "容缺受理",
    CaseRoute.COMMITMENT: "告知承诺",
}


class DocumentStanding(StrEnum):
    """What the item's rule says of one document (材料)."""

    NEEDED = "needed"
    MAY_FOLLOW = "may_follow"
    PROMISE = "promise"
    DROPPED = "dropped"


DOCUMENT_STANDING_LABELS: dict[DocumentStanding, str] = {
    DocumentStanding.NEEDED: "必须提交",
    DocumentStanding.MAY_FOLLOW: "可容缺后补",
    DocumentStanding.PROMISE: "可用承诺代替",
    DocumentStanding.DROPPED: "已取消",
}


class CommitmentState(StrEnum):
    """A promise of one document or condition, from the day it is made."""

    PENDING = "pending"  # due, not handed in yet
    FULFILLED = "fulfilled"  # handed in; verification may follow
    VERIFIED = "verified"
    CORRECTING = "correcting"  # found untrue or unfulfilled, ordered to put right
    BROKEN = "broken"  # not put right: the enterprise is marked
    CANCELLED = "cancelled"  # the case ended before it fell due


COMMITMENT_STATE_LABELS: dict[CommitmentState, str] = {
    CommitmentState.PENDING: "待履行",
    CommitmentState.FULFILLED: "已履行待核查",
    CommitmentState.VERIFIED: "核查通过",
    CommitmentState.CORRECTING: "责令改正",
    CommitmentState.BROKEN: "未履行",
    CommitmentState.CANCELLED: "已取消",
}


class ClockState(StrEnum):
    """What a clock is doing; whether it is late is its light."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    STOPPED = "stopped"
    CLOSED = "closed"


CLOCK_STATE_LABELS: dict[ClockState, str] = {
    ClockState.NOT_STARTED: "未起算",
    ClockState.RUNNING: "计时中",
    ClockState.STOPPED: "已停表",
    ClockState.CLOSED: "已结束",
}


class ProcedureKind(StrEnum):
    """The special procedures (特殊环节). Which of them stop the clock is a row of the item's register."""

    HEARING = "hearing"
    TENDER = "tender"
    AUCTION = "auction"
    INSPECTION = "inspection"
    TESTING = "testing"
    QUARANTINE = "quarantine"
    APPRAISAL = "appraisal"
    EXPERT_REVIEW = "expert_review"
    TECHNICAL_REVIEW = "technical_review"
    SITE_CHECK = "site_check"
    PUBLICITY = "publicity"
    CONSULTATION = "consultation"
    OTHER = "other"


PROCEDURE_KIND_LABELS: dict[ProcedureKind, str] = {
    ProcedureKind.HEARING: "听证",
    ProcedureKind.TENDER: "招标",
    ProcedureKind.AUCTION: "拍卖",
    ProcedureKind.INSPECTION: "检验",
    ProcedureKind.TESTING: "检测",
    ProcedureKind.QUARANTINE: "检疫",
    ProcedureKind.APPRAISAL: "鉴定",
    ProcedureKind.EXPERT_REVIEW: "专家评审",
    ProcedureKind.TECHNICAL_REVIEW: "技术审查",
    ProcedureKind.SITE_CHECK: "现场核查",
    ProcedureKind.PUBLICITY: "公示公告",
    ProcedureKind.CONSULTATION: "征求其他部门意见",
    ProcedureKind.OTHER: "其他（依事项规定）",
}

# 行政许可法 第四十五条 names these and no others; time for them is not counted once the applicant is told.
ARTICLE_45_KINDS: frozenset[ProcedureKind] = frozenset(
    {
        ProcedureKind.HEARING,
        ProcedureKind.TENDER,
        ProcedureKind.AUCTION,
        ProcedureKind.INSPECTION,
        ProcedureKind.TESTING,
        ProcedureKind.QUARANTINE,
        ProcedureKind.APPRAISAL,
        ProcedureKind.EXPERT_REVIEW,
    }
)


class MeasureState(StrEnum):
    """A reform measure (改革举措) made from a finding."""

    PLANNED = "planned"
    IN_FORCE = "in_force"
    DROPPED = "dropped"


MEASURE_STATE_LABELS: dict[MeasureState, str] = {
    MeasureState.PLANNED: "拟定",
    MeasureState.IN_FORCE: "已实施",
    MeasureState.DROPPED: "已放弃",
}


class LetterState(StrEnum):
    """A supervision letter (督办函)."""

    ISSUED = "issued"
    REPLIED = "replied"
    WITHDRAWN = "withdrawn"


LETTER_STATE_LABELS: dict[LetterState, str] = {
    LetterState.ISSUED: "待回复",
    LetterState.REPLIED: "已回复",
    LetterState.WITHDRAWN: "已撤销",
}


class LoadState(StrEnum):
    """An import of the hall's cases or events, which may be stopped and taken up again."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


LOAD_STATE_LABELS: dict[LoadState, str] = {
    LoadState.RUNNING: "正在导入",
    LoadState.STOPPED: "已停止，可续导",
    LoadState.DONE: "已完成",
    LoadState.FAILED: "失败，可续导",
}


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


class AlertKind(StrEnum):
    MILESTONE_DUE_SOON = "milestone_due_soon"
    MILESTONE_DUE_TODAY = "milestone_due_today"
    MILESTONE_OVERDUE = "milestone_overdue"
    CLOCK_YELLOW = "clock_yellow"
    CLOCK_RED = "clock_red"
    PROCEDURE_UNTOLD = "procedure_untold"
    PROCEDURE_LATE_START = "procedure_late_start"
    PROCEDURE_OVERLONG = "procedure_overlong"
    COMMITMENT_DUE = "commitment_due"
    VERIFICATION_DUE = "verification_due"
    CORRECTION_DUE = "correction_due"
    EXPIRY = "expiry"
    NO_CONTACT = "no_contact"
    NO_OFFICER = "no_officer"
    PROGRESS_MISSING = "progress_missing"
    PROGRESS_BEHIND = "progress_behind"


ALERT_KIND_LABELS: dict[AlertKind, str] = {
    AlertKind.MILESTONE_DUE_SOON: "节点临期",
    AlertKind.MILESTONE_DUE_TODAY: "节点今天到期",
    AlertKind.MILESTONE_OVERDUE: "节点逾期",
    AlertKind.CLOCK_YELLOW: "办件黄灯",
    AlertKind.CLOCK_RED: "办件红灯",
    AlertKind.PROCEDURE_UNTOLD: "停表未书面告知",
    AlertKind.PROCEDURE_LATE_START: "特殊环节启动超时",
    AlertKind.PROCEDURE_OVERLONG: "特殊环节超期",
    AlertKind.COMMITMENT_DUE: "承诺或补交到期",
    AlertKind.VERIFICATION_DUE: "承诺核查到期",
    AlertKind.CORRECTION_DUE: "补正告知到期",
    AlertKind.EXPIRY: "证照到期",
    AlertKind.NO_CONTACT: "久未联系",
    AlertKind.NO_OFFICER: "无在岗专员",
    AlertKind.PROGRESS_MISSING: "月报未报",
    AlertKind.PROGRESS_BEHIND: "慢于序时进度",
}


class AlertState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    CLOSED = "closed"


ALERT_STATE_LABELS: dict[AlertState, str] = {
    AlertState.OPEN: "待处理",
    AlertState.ACKNOWLEDGED: "已认领",
    AlertState.SNOOZED: "已暂缓",
    AlertState.CLOSED: "已消除",
}


class BriefingKind(StrEnum):
    HALL = "hall"
    PROJECT = "project"


BRIEFING_KIND_LABELS: dict[BriefingKind, str] = {
    BriefingKind.HALL: "会客厅服务简报",
    BriefingKind.PROJECT: "重点项目服务专报",
}


class RowVerdict(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


ROW_VERDICT_LABELS: dict[RowVerdict, str] = {
    RowVerdict.NEW: "新增",
    RowVerdict.CHANGED: "变更",
    RowVerdict.UNCHANGED: "不变",
    RowVerdict.DUPLICATE: "重复",
    RowVerdict.REFUSED: "退回",
}


class BatchState(StrEnum):
    COMMITTED = "committed"
    REVERTED = "reverted"


class AuditVerb(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    EVENT = (
        "event"  # something that happened without a row of its own changing: a sign-in, a refusal, an export
    )


ROLE_LABELS: dict[Role, str] = {
    Role.OFFICER: "联络专员",
    Role.PARK_STAFF: "园区会客厅",
    Role.DEPARTMENT: "部门经办",
    Role.SUPERVISOR: "督办",
    Role.LEADER: "领导",
    Role.ADMINISTRATOR: "管理员",
    Role.SYSTEM: "系统",
}
