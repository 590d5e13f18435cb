"""What the project pages hand to the actions. Building one with bad values raises `Refusal` in Chinese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from stdnum.cn import uscc

from crm.core.i18n import _
from crm.core.inputs import Input
from crm.core.names import one_line
from models.vocabulary import (
    Category,
    DatePrecision,
    Level,
    OfficerRole,
    Party,
    PlanClass,
    ProjectStatus,
    ProjectType,
    Stage,
    StatusReason,
)

# 投资项目在线审批监管平台's own form: year-month, region, industry, kind, serial.
PROJECT_CODE = re.compile(r"[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}")
LARGEST_WAN = Decimal(100_000_000)  # one trillion yuan: anything beyond is a unit mistaken


def _none_if_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _half_width(value: str) -> str:
    """Full-width digits and letters as typed by some input methods, and stray spaces."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", value)).upper()


def _code(value: str | None) -> str | None:
    return None if value is None else _half_width(value)


def good_credit_code(code: str) -> bool:
    """统一社会信用代码 with its check character (GB 32100-2015)."""
    return bool(uscc.is_valid(code))


def good_project_code(code: str) -> bool:
    """投资项目代码 of the online platform, by its form."""
    return PROJECT_CODE.fullmatch(code) is not None


# A code is judged by the action, and only when it is new or changed: a record that came with an
# odd one can still be edited elsewhere.
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line)]
Code = Annotated[
    Annotated[str, Field(max_length=30)] | None, BeforeValidator(_none_if_blank), AfterValidator(_code)
]
Wan = Annotated[Decimal | None, Field(ge=0, le=LARGEST_WAN, decimal_places=4)]
Day = Annotated[date | None, BeforeValidator(_none_if_blank)]


# ── Projects ────────────────────────────────────────────────────────────────────────

PROJECT_LABELS: dict[str, str] = {
    "name": "项目名称",
    "project_code": "投资项目代码",
    "enterprise_id": "建设单位",
    "town_id": "所在镇街",
    "level": "级别",
    "category": "类别",
    "project_type": "项目类型",
    "plan_class": "年度计划类别",
    "industry": "行业",
    "site": "建设地点",
    "land_mu": "用地面积（亩）",
    "building_sqm": "建筑面积（平方米）",
    "capacity": "建设规模与内容",
    "land_by_auction": "出让用地",
    "total_wan": "总投资（万元）",
    "start_on": "计划开工",
    "start_precision": "计划开工精确到",
    "finish_on": "计划竣工",
    "finish_precision": "计划竣工精确到",
    "production_on": "计划投产",
    "started_on": "实际开工日期",
    "finished_on": "实际竣工日期",
    "produced_on": "实际投产日期",
    "lead_unit": "责任单位",
    "leader": "挂点领导",
    "ball": "目前等谁",
    "ball_note": "等什么",
    "remark": "备注",
}


class ProjectFields(Input):
    """The editable fields of a project, as the form shows them. Amounts in 万元, land in 亩."""

    labels: ClassVar[Mapping[str, str]] = PROJECT_LABELS

    name: Name
    project_code: Code = None
    enterprise_id: int | None = None
    town_id: int | None = None
    level: Level | None = None
    category: Category | None = None
    project_type: ProjectType = ProjectType.NEW_BUILD
    plan_class: PlanClass | None = None
    industry: str = Field(default="", max_length=80)
    site: str = Field(default="", max_length=200)
    land_mu: Decimal | None = Field(default=None, ge=0, le=1_000_000, decimal_places=2)
    building_sqm: Decimal | None = Field(default=None, ge=0, le=1_000_000_000, decimal_places=2)
    capacity: str = Field(default="", max_length=1000)
    land_by_auction: bool = True
    total_wan: Wan = None
    start_on: Day = None
    start_precision: DatePrecision = DatePrecision.DAY
    finish_on: Day = None
    finish_precision: DatePrecision = DatePrecision.DAY
    production_on: Day = None
    started_on: Day = None
    finished_on: Day = None
    produced_on: Day = None
    lead_unit: str = Field(default="", max_length=80)
    leader: str = Field(default="", max_length=60)
    ball: Annotated[Party | None, BeforeValidator(_none_if_blank)] = None
    ball_note: str = Field(default="", max_length=200)
    remark: str = Field(default="", max_length=2000)


class EditProject(Input):
    """An edit: what the form showed when it was opened, what it says now, and the version it was opened with."""

    project_id: int
    version: int
    opened: ProjectFields
    typed: ProjectFields


class DepartmentContactForm(Input):
    labels: ClassVar[Mapping[str, str]] = {
        "department_id": "部门",
        "name": "姓名",
        "phone": "联系电话",
    }
    project_id: int
    department_id: int
    name: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(one_line)]
    phone: str = Field(default="", max_length=30)


# ── Enterprises ─────────────────────────────────────────────────────────────────────

ENTERPRISE_LABELS: dict[str, str] = {
    "name": "企业名称",
    "credit_code": "统一社会信用代码",
    "town_id": "所在镇街",
    "address": "地址",
    "industry": "行业",
}


class EnterpriseFields(Input):
    """The editable fields of an enterprise. The action checks `credit_code` by its check character."""

    labels: ClassVar[Mapping[str, str]] = ENTERPRISE_LABELS

    name: Name
    credit_code: Code = None
    town_id: int | None = None
    address: str = Field(default="", max_length=200)
    industry: str = Field(default="", max_length=80)


class EditEnterprise(Input):
    enterprise_id: int
    version: int
    opened: EnterpriseFields
    typed: EnterpriseFields


CONTACT_LABELS: dict[str, str] = {"name": "姓名", "title": "职务", "phone": "联系电话"}


class ContactForm(Input):
    """A person at the enterprise."""

    labels: ClassVar[Mapping[str, str]] = CONTACT_LABELS

    enterprise_id: int
    name: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(one_line)]
    title: str = Field(default="", max_length=60)
    phone: Annotated[str, Field(max_length=30, pattern=r"^[0-9０-９+\-—()（）\s转/、]*$")] = ""


# ── Stages ──────────────────────────────────────────────────────────────────────────

STAGE_MOVE_LABELS: dict[str, str] = {
    "to_stage": "进入阶段",
    "moved_on": "进入日期",
    "note": "说明",
    "override": "越过门槛",
}


class MoveStage(Input):
    """One move. `from_stage` is the stage the form showed; `note` is the reason of going back or overriding."""

    labels: ClassVar[Mapping[str, str]] = STAGE_MOVE_LABELS

    project_id: int
    to_stage: Stage
    moved_on: date
    note: str = Field(default="", max_length=500)
    override: bool = False
    from_stage: Stage | None = None


class ConfirmFact(Input):
    """A person vouches for something no other record proves. `code` is from `gates.confirmable_codes()`."""

    labels: ClassVar[Mapping[str, str]] = {
        "code": "确认事项",
        "confirmed_on": "日期",
        "evidence": "文件名称和文号",
    }

    project_id: int
    code: str = Field(min_length=1, max_length=40)
    confirmed_on: date
    evidence: str = Field(min_length=1, max_length=300)


class SetStatus(Input):
    """Suspend, terminate, complete or take up again. `text` says more; with OTHER it must."""

    labels: ClassVar[Mapping[str, str]] = {
        "status": "状态",
        "reason": "原因",
        "text": "具体情况",
        "on": "日期",
    }
    project_id: int
    status: ProjectStatus
    on: date
    reason: StatusReason | None = None
    text: str = Field(default="", max_length=400)


# ── Milestones ──────────────────────────────────────────────────────────────────────


class Direction(StrEnum):
    FORWARD = "forward"  # from today's state
    BACKWARD = "backward"  # from the wanted production date (倒排工期)


DIRECTION_LABELS: dict[Direction, str] = {
    Direction.FORWARD: "从今天起顺排",
    Direction.BACKWARD: "从投产日期倒排",
}

MILESTONE_LABELS: dict[str, str] = {
    "name": "节点名称",
    "stage": "所属阶段",
    "planned_on": "计划完成",
    "done_on": "实际完成",
    "duration_wd": "工期（工作日）",
    "waits_for": "由谁办理",
    "department_id": "办理部门",
    "prerequisites": "前置节点",
    "evidence": "依据（文号）",
    "note": "备注",
    "reason": "原因",
    "production_on": "要求投产日期",
}


class MakePlan(Input):
    """`include`: codes of optional steps wanted; `leave_out`: codes of steps this project does not need.

    Backward needs `production_on`. `reason` is needed when a promise already made moves later,
    or when the wanted date leaves less time than the plan takes.
    """

    labels: ClassVar[Mapping[str, str]] = MILESTONE_LABELS

    project_id: int
    direction: Direction
    production_on: Day = None
    include: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    reason: str = Field(default="", max_length=300)

    @model_validator(mode="after")
    def _backward_needs_a_date(self) -> Self:
        if self.direction is Direction.BACKWARD and self.production_on is None:
            raise ValueError(_("倒排工期需要先填写要求投产日期。"))
        return self


class MoveMilestone(Input):
    """A new promised date. `version` is the milestone's, as the form was opened with."""

    labels: ClassVar[Mapping[str, str]] = MILESTONE_LABELS

    milestone_id: int
    planned_on: date
    version: int
    reason: str = Field(default="", max_length=300)


class MarkDone(Input):
    """An actual date. `reason` is needed when followers are pushed."""

    labels: ClassVar[Mapping[str, str]] = MILESTONE_LABELS

    milestone_id: int
    done_on: date
    evidence: str = Field(default="", max_length=300)
    version: int | None = None
    push_followers: bool = False  # promises that this date makes impossible move with it
    reason: str = Field(default="", max_length=300)


class MilestoneFields(Input):
    """What can be changed of an open milestone apart from its dates."""

    labels: ClassVar[Mapping[str, str]] = MILESTONE_LABELS

    name: Annotated[str, Field(min_length=1, max_length=120), AfterValidator(one_line)]
    stage: Stage
    duration_wd: int = Field(default=0, ge=0, le=2000)
    waits_for: Party = Party.DEPARTMENT
    department_id: int | None = None
    note: str = Field(default="", max_length=1000)


class AddMilestone(MilestoneFields):
    """A step of this project's own. `prerequisites` are milestone ids of the same project."""

    project_id: int
    planned_on: Day = None
    prerequisites: tuple[int, ...] = ()


class EditMilestone(Input):
    milestone_id: int
    version: int
    opened: MilestoneFields
    typed: MilestoneFields


PLAN_STEP_LABELS: dict[str, str] = {
    "name": "步骤名称",
    "stage": "阶段",
    "duration_wd": "工期（工作日）",
    "waits_for": "等谁办理",
    "prerequisites": "前置步骤",
    "optional": "可选（不是每个项目都有）",
}


class PlanStepFields(Input):
    """What may be changed of a template's step. `prerequisites` are codes of the same template."""

    labels: ClassVar[Mapping[str, str]] = PLAN_STEP_LABELS

    name: Annotated[str, Field(min_length=1, max_length=120), AfterValidator(one_line)]
    stage: Stage
    duration_wd: int = Field(default=0, ge=0, le=2000)
    waits_for: Party = Party.DEPARTMENT
    prerequisites: tuple[str, ...] = ()
    optional: bool = False


class EditPlanStep(Input):
    """`opened` is what the form showed, `version` the step's at that moment."""

    step_id: int
    version: int
    opened: PlanStepFields
    typed: PlanStepFields


# ── Officers ────────────────────────────────────────────────────────────────────────

OFFICER_LABELS: dict[str, str] = {
    "name": "姓名",
    "phone": "联系电话",
    "unit": "单位",
    "town_id": "所在镇街",
    "officer_id": "专员",
    "role": "角色",
    "from_on": "开始日期",
    "to_on": "最后一天",
    "note": "交接说明",
}


class OfficerFields(Input):
    labels: ClassVar[Mapping[str, str]] = OFFICER_LABELS

    name: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(one_line)]
    phone: str = Field(default="", max_length=30)
    unit: str = Field(default="", max_length=80)
    town_id: int | None = None


class AssignForm(Input):
    """`from_on` is the officer's first day; a lead replaced ends the day before. `note`: what is handed over."""

    labels: ClassVar[Mapping[str, str]] = OFFICER_LABELS

    project_id: int
    officer_id: int
    role: OfficerRole = OfficerRole.LEAD
    from_on: date
    note: str = Field(default="", max_length=500)


class HandOver(Input):
    """Several projects to another officer at once. `from_officer_id` None: he becomes the lead of each project
    named; else he takes over that officer's role in them (in all of his when none is named)."""

    labels: ClassVar[Mapping[str, str]] = OFFICER_LABELS

    from_officer_id: int | None = None
    officer_id: int
    project_ids: tuple[int, ...] = ()
    from_on: date
    note: str = Field(min_length=1, max_length=500)


class EndAssignment(Input):
    """`to_on` is the officer's last day on the project."""

    labels: ClassVar[Mapping[str, str]] = OFFICER_LABELS

    assignment_id: int
    to_on: date
    note: str = Field(min_length=1, max_length=500)


# ── Monthly progress and annual plan ────────────────────────────────────────────────

PROGRESS_LABELS: dict[str, str] = {
    "year": "年份",
    "month": "月份",
    "done_wan": "1至本月完成投资（万元）",
    "plan_wan": "年度计划投资（万元）",
    "progress": "形象进度",
    "problem": "存在问题",
    "next_step": "下一步计划",
    "reason": "原因",
}


class ReportProgress(Input):
    """One month's report. `done_wan` is this year's total up to the month's end, in 万元.

    `version` is that of the report the form showed, None for a new one. `reason` is needed when the
    total is below an earlier month's.
    """

    labels: ClassVar[Mapping[str, str]] = PROGRESS_LABELS

    project_id: int
    year: int = Field(ge=2000, le=2100)
    month: int = Field(ge=1, le=12)
    done_wan: Wan = None
    progress: str = Field(default="", max_length=2000)
    problem: str = Field(default="", max_length=2000)
    next_step: str = Field(default="", max_length=2000)
    version: int | None = None
    reason: str = Field(default="", max_length=300)


class AnnualPlanForm(Input):
    labels: ClassVar[Mapping[str, str]] = PROGRESS_LABELS

    project_id: int
    year: int = Field(ge=2000, le=2100)
    plan_wan: Wan = None
    version: int | None = None
