"""What judging comes to: the fate of each row and the work it needs. Plain records."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from crm.ledgers.facts import LedgerRow, Trouble
from crm.ledgers.values import Person
from models import Contact, Enterprise, Officer, Project
from models.vocabulary import (
    CATEGORY_LABELS,
    LEVEL_LABELS,
    PLAN_CLASS_LABELS,
    STAGE_LABELS,
    RowVerdict,
)


@dataclass
class Firm:
    """The enterprise a row means: one of the register, or one to be made. `code` is given to it if it has none."""

    name: str
    code: str | None
    town_id: int | None
    row: Enterprise | None = None

    @property
    def code_now(self) -> str | None:
        return (self.row.credit_code if self.row else None) or self.code


@dataclass
class Liaison:
    """The officer a name means: one of the register, or one to be made."""

    name: str
    phone: str
    row: Officer | None = None
    new_phone: str = ""  # to be written on an officer who has none


@dataclass
class Work:
    """What an approved row writes."""

    project: Project | None = None
    set: dict[str, Any] = field(default_factory=dict)
    firm: Firm | None = None
    set_firm: bool = False
    plan: tuple[int, Decimal] | None = None
    month: dict[str, Any] | None = None
    officers: list[tuple[Liaison, str]] | None = None  # (who, number of this project only), lead first
    phones: dict[int, str] = field(default_factory=dict)  # assignment id -> number of this project only
    contact: Person | None = None
    contact_row: Contact | None = None
    newer: tuple[int, int] | None = None  # a ledger of this later month has been here
    stays: list[str] = field(
        default_factory=list
    )  # what this older one says otherwise, and does not overwrite


@dataclass
class Verdict:
    """One row's fate. `changes` is {column: [old, new]} in words."""

    source: LedgerRow
    verdict: RowVerdict
    changes: dict[str, list[str]] = field(default_factory=dict)
    repeats: tuple[str, int] | None = None
    reason: str = ""
    troubles: list[Trouble] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    work: Work | None = None


# Project columns a ledger may set, in the order they are shown.
PROJECT_LABELS: dict[str, str] = {
    "name": "项目名称",
    "project_code": "项目代码",
    "level": "级别",
    "category": "类别",
    "town_id": "属地",
    "plan_class": "年度计划类别",
    "industry": "所属行业",
    "site": "建设地点",
    "land_mu": "用地面积（亩）",
    "building_sqm": "建筑面积（平方米）",
    "capacity": "建设规模及内容",
    "total_wan": "总投资（万元）",
    "start_on": "计划开工",
    "finish_on": "计划竣工",
    "production_on": "计划投产",
    "started_on": "实际开工",
    "finished_on": "实际竣工",
    "produced_on": "实际投产",
    "lead_unit": "责任单位",
    "leader": "挂点领导",
    "remark": "备注",
}
MONTH_LABELS = {
    "done_wan": "累计完成投资（万元）",
    "progress": "形象进度",
    "problem": "存在问题",
    "next_step": "下一步计划",
}
PRECISIONS = {"start_on": "start_precision", "finish_on": "finish_precision"}
WORDS: tuple[dict[Any, str], ...] = (LEVEL_LABELS, CATEGORY_LABELS, PLAN_CLASS_LABELS, STAGE_LABELS)


def both_differ(a: Any, b: Any) -> bool:
    """Both are known and not the same."""
    return bool(a) and bool(b) and a != b
