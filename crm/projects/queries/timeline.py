"""The audit trail of a project or an enterprise as sentences: who, when, what, from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, enterprise_condition
from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.core.names import mask_phone
from crm.projects.inputs import (
    CONTACT_LABELS,
    ENTERPRISE_LABELS,
    MILESTONE_LABELS,
    OFFICER_LABELS,
    PROGRESS_LABELS,
    PROJECT_LABELS,
)
from crm.projects.queries.card import verbs_on, visible_project
from models import (
    Assignment,
    AuditEntry,
    Case,
    Contact,
    Department,
    Enterprise,
    Item,
    Milestone,
    Officer,
    Town,
    User,
)
from models.vocabulary import (
    ALERT_KIND_LABELS,
    ALERT_STATE_LABELS,
    CASE_STATE_LABELS,
    CATEGORY_LABELS,
    DEMAND_CLASS_LABELS,
    DEMAND_GRADE_LABELS,
    LEVEL_LABELS,
    LIGHT_LABELS,
    OFFICER_ROLE_LABELS,
    PARTY_LABELS,
    PLAN_CLASS_LABELS,
    PROJECT_STATUS_LABELS,
    PROJECT_TYPE_LABELS,
    STAGE_LABELS,
    STOP_KIND_LABELS,
    VISIT_MODE_LABELS,
    AlertKind,
    AlertState,
    AuditVerb,
    CaseState,
    Category,
    DatePrecision,
    DemandClass,
    DemandGrade,
    DemandState,
    Level,
    Light,
    OfficerRole,
    Party,
    PlanClass,
    ProjectStatus,
    ProjectType,
    Stage,
    StopKind,
    VisitMode,
    VisitState,
)

RECORD_LABELS: dict[str, str] = {
    "project": "项目",
    "milestone": "节点",
    "assignment": "专员任期",
    "annual_plan": "年度计划",
    "monthly_progress": "月度进度",
    "stage_move": "阶段推进",
    "gate_fact": "门槛确认",
    "department_contact": "部门联络员",
    "permit_case": "办件",
    "clock_stop": "停表",
    "visit": "走访",
    "promise": "承诺事项",
    "demand": "诉求",
    "alert": "预警",
    "briefing": "简报",
    "enterprise": "企业",
    "contact": "企业联系人",
    "stored_file": "文件",
}
VERB_WORDS: dict[AuditVerb, str] = {
    AuditVerb.CREATE: "新增",
    AuditVerb.UPDATE: "修改",
    AuditVerb.DELETE: "删除",
    AuditVerb.EVENT: "记录",
}

# Labels a record's own forms do not have; the rest come from the forms.
_EXTRA_LABELS: dict[str, str] = {
    "stage": "阶段",
    "stage_entered_on": "进入阶段日期",
    "status": "状态",
    "status_reason": "状态原因",
    "status_on": "状态日期",
    "last_contact_on": "最近联系日期",
    "lead_department_id": "牵头部门",
    "extra": "台账其他列",
    "batch_id": "导入批次",
    "from_stage": "原阶段",
    "to_stage": "进入阶段",
    "moved_on": "日期",
    "overridden": "越过门槛",
    "missing": "尚缺",
    "code": "编号",
    "item_id": "事项",
    "department_id": "部门",
    "baseline_on": "最初计划",
    "planned_start_on": "计划开始",
    "planned_on": "计划完成",
    "done_on": "完成日期",
    "critical": "关键线路",
    "float_wd": "机动工作日",
    "inactive": "不需要",
    "sort": "顺序",
    "officer_id": "专员",
    "role": "角色",
    "from_on": "开始日期",
    "to_on": "结束日期",
    "reported_on": "填报日期",
    "approved_at": "审核时间",
    "approved_by": "审核人",
    "confirmed_on": "确认日期",
    "evidence": "依据",
    "case_no": "办件编号",
    "state": "状态",
    "received_on": "收件日期",
    "accepted_on": "受理日期",
    "legal_limit": "法定时限",
    "promised_limit": "承诺时限",
    "unit": "单位",
    "extension": "延期",
    "extension_approver": "延期批准人",
    "extension_reason": "延期理由",
    "extended_on": "延期日期",
    "due_on": "到期日",
    "promised_due_on": "承诺到期日",
    "yellow_on": "黄灯日期",
    "provisional": "暂定",
    "decided_on": "办结日期",
    "result": "结果",
    "permit_no": "证照编号",
    "issued_on": "发证日期",
    "expires_on": "有效期至",
    "renew_by_on": "应延续日期",
    "kind": "种类",
    "ground": "事由",
    "basis": "依据",
    "planned_wd": "预计工作日",
    "told_on": "书面告知日期",
    "notice_no": "告知文书号",
    "visited_on": "走访日期",
    "mode": "方式",
    "place": "地点",
    "topics": "议题",
    "answered_on_spot": "现场答复",
    "next_visit_on": "下次走访",
    "text": "内容",
    "owner": "承办人",
    "owner_id": "承办人",
    "demand_class": "诉求类别",
    "grade": "等级",
    "content": "内容",
    "raised_on": "提出日期",
    "closed_on": "办结日期",
    "because": "原因",
    "light": "灯",
    "handled_by": "处理人",
    "handled_at": "处理时间",
    "handled_note": "处理说明",
    "snoozed_until": "暂缓至",
    "title": "职务",
    "active": "有效",
    "phone": "联系电话",
    "note": "备注",
    "number": "期号",
    "milestone_id": "节点",
    "enterprise_id": "企业",
    "project_id": "项目",
    "contact_id": "联系人",
    "name": "名称",
}
_OWN_LABELS: dict[str, Mapping[str, str]] = {
    "project": PROJECT_LABELS,
    "milestone": MILESTONE_LABELS,
    "assignment": OFFICER_LABELS,
    "annual_plan": PROGRESS_LABELS,
    "monthly_progress": PROGRESS_LABELS,
    "enterprise": ENTERPRISE_LABELS,
    "contact": CONTACT_LABELS,
}
# Bookkeeping nobody reads in a timeline.
_SILENT = frozenset(
    {
        "batch_id",
        "sort",
        "name_key",
        "request_id",
        "because_code",
        "because_facts",
        "key",
        "record",
        "record_id",
        "seen_on",
        "project_id",
        "author_id",
        "visit_id",
        "case_id",
        "sha256",
        "template_sha256",
        "context",
        "queries_version",
        "template",
        "file_id",
        "made_by",
        "user_id",
        "moved_at",
        "extra",
    }
)

_PRECISION_LABELS = {DatePrecision.DAY: "日", DatePrecision.MONTH: "月", DatePrecision.YEAR: "年"}
_STATES: dict[str, tuple[type[StrEnum], Mapping[Any, str]]] = {
    "permit_case": (CaseState, CASE_STATE_LABELS),
    "alert": (AlertState, ALERT_STATE_LABELS),
    "demand": (DemandState, {DemandState.OPEN: "办理中", DemandState.CLOSED: "已办结"}),
    "visit": (VisitState, {VisitState.DRAFT: "草稿", VisitState.COMPLETE: "已完成"}),
}
_KINDS: dict[str, tuple[type[StrEnum], Mapping[Any, str]]] = {
    "alert": (AlertKind, ALERT_KIND_LABELS),
    "clock_stop": (StopKind, STOP_KIND_LABELS),
}
_ENUMS: dict[str, tuple[type[StrEnum] | type[IntEnum], Mapping[Any, str]]] = {
    "stage": (Stage, STAGE_LABELS),
    "from_stage": (Stage, STAGE_LABELS),
    "to_stage": (Stage, STAGE_LABELS),
    "status": (ProjectStatus, PROJECT_STATUS_LABELS),
    "level": (Level, LEVEL_LABELS),
    "category": (Category, CATEGORY_LABELS),
    "project_type": (ProjectType, PROJECT_TYPE_LABELS),
    "plan_class": (PlanClass, PLAN_CLASS_LABELS),
    "role": (OfficerRole, OFFICER_ROLE_LABELS),
    "waits_for": (Party, PARTY_LABELS),
    "ball": (Party, PARTY_LABELS),
    "mode": (VisitMode, VISIT_MODE_LABELS),
    "light": (Light, LIGHT_LABELS),
    "demand_class": (DemandClass, DEMAND_CLASS_LABELS),
    "grade": (DemandGrade, DEMAND_GRADE_LABELS),
    "start_precision": (DatePrecision, _PRECISION_LABELS),
    "finish_precision": (DatePrecision, _PRECISION_LABELS),
}
# field -> (table, column that names the row)
_NAMED: dict[str, tuple[Any, Any]] = {
    "town_id": (Town.id, Town.name),
    "department_id": (Department.id, Department.name),
    "lead_department_id": (Department.id, Department.name),
    "officer_id": (Officer.id, Officer.name),
    "enterprise_id": (Enterprise.id, Enterprise.name),
    "item_id": (Item.id, Item.name),
    "milestone_id": (Milestone.id, Milestone.name),
    "owner_id": (User.id, User.name),
    "approved_by": (User.id, User.name),
    "handled_by": (User.id, User.name),
    "contact_id": (Contact.id, Contact.name),
}
# record -> how its row is called in a sentence
_RECORD_NAMES: dict[str, tuple[Any, Any]] = {
    "milestone": (Milestone.id, Milestone.name),
    "permit_case": (Case.id, Case.case_no),
    "contact": (Contact.id, Contact.name),
}


@dataclass(frozen=True)
class Change:
    """One field: its label, what it was and what it became, as a person would write them ("" = empty)."""

    field: str
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class TimelineEntry:
    """One line of the trail. `what` is a phrase such as 修改节点“施工许可证”."""

    id: int
    at: datetime
    who: str
    what: str
    record: str
    record_id: int | None
    verb: AuditVerb
    changes: tuple[Change, ...]
    reason: str


def project_timeline(
    session: Session, actor: Actor, project_id: int, *, page: int = 1, per_page: int = 30
) -> tuple[tuple[TimelineEntry, ...], int]:
    """(a page of the project's trail, newest first; how many in all). Raises `NotFound`."""
    project = visible_project(session, actor, project_id)
    may = verbs_on(session, actor, project.id or 0)
    where: list[sa.ColumnElement[bool]] = [col(AuditEntry.project_id) == project.id]
    if Verb.VISIT_VIEW not in may:
        where.append(col(AuditEntry.record).not_in(["visit", "promise", "demand"]))
    return _page(session, where, page, per_page, sees_phones=Verb.PHONE_SEE in may)


def enterprise_timeline(
    session: Session, actor: Actor, enterprise_id: int, *, page: int = 1, per_page: int = 30
) -> tuple[tuple[TimelineEntry, ...], int]:
    """(a page of the enterprise's own trail, newest first; how many in all). Raises `NotFound`."""
    found = session.exec(
        select(Enterprise.id).where(
            col(Enterprise.id) == int(enterprise_id), enterprise_condition(actor, Verb.ENTERPRISE_VIEW)
        )
    ).first()
    if found is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    where: list[sa.ColumnElement[bool]] = [
        col(AuditEntry.enterprise_id) == found,
        col(AuditEntry.record).in_(["enterprise", "contact"]),
    ]
    return _page(session, where, page, per_page, sees_phones=False)


def _page(
    session: Session,
    where: Sequence[sa.ColumnElement[bool]],
    page: int,
    per_page: int,
    *,
    sees_phones: bool,
) -> tuple[tuple[TimelineEntry, ...], int]:
    total = int(
        session.execute(sa.select(sa.func.count()).select_from(AuditEntry).where(*where)).scalar_one()
    )
    entries = session.exec(
        select(AuditEntry)
        .where(*where)
        .order_by(col(AuditEntry.id).desc())
        .limit(per_page)
        .offset((max(1, page) - 1) * per_page)
    ).all()
    return tell(session, entries, sees_phones=sees_phones), total


def tell(session: Session, entries: Iterable[AuditEntry], *, sees_phones: bool) -> tuple[TimelineEntry, ...]:
    """Audit rows as sentences, ids turned into names, phones masked unless they may be seen."""
    entries = list(entries)
    names = _names(session, entries)
    told = []
    for entry in entries:
        changes = tuple(
            Change(
                field=name,
                label=_(_label(entry.record, name)),
                old=_shown(entry.record, name, pair[0], names, sees_phones),
                new=_shown(entry.record, name, pair[1], names, sees_phones),
            )
            for name, pair in entry.changes.items()
            if name not in _SILENT and isinstance(pair, list) and len(pair) == 2
        )
        told.append(
            TimelineEntry(
                id=entry.id or 0,
                at=entry.at,
                who=entry.user_name or _("系统"),
                what=_what(entry, names),
                record=entry.record,
                record_id=entry.record_id,
                verb=entry.verb,
                changes=changes,
                reason=entry.reason,
            )
        )
    return tuple(told)


def _label(record: str, field: str) -> str:
    return _OWN_LABELS.get(record, {}).get(field) or _EXTRA_LABELS.get(field) or field


def _what(entry: AuditEntry, names: Mapping[tuple[str, int], str]) -> str:
    if entry.record == "stage_move":
        pairs = entry.changes
        old = _enum_word("from_stage", (pairs.get("from_stage") or [None, None])[1])
        new = _enum_word("to_stage", (pairs.get("to_stage") or [None, None])[1])
        return _("推进阶段：{old} → {new}", old=old, new=new)
    verb = _(VERB_WORDS[entry.verb])
    record = _(RECORD_LABELS.get(entry.record, entry.record))
    name = _own_name(entry, names)
    return _("{verb}{record}“{name}”", verb=verb, record=record, name=name) if name else f"{verb}{record}"


def _own_name(entry: AuditEntry, names: Mapping[tuple[str, int], str]) -> str:
    for field in ("name", "case_no", "title") if entry.verb is not AuditVerb.UPDATE else ():
        pair = entry.changes.get(field)
        if isinstance(pair, list) and any(pair):
            return str(pair[1] or pair[0])
    if entry.record == "monthly_progress" and "month" in entry.changes:
        return _("{m}月", m=entry.changes["month"][1])
    return names.get((entry.record, entry.record_id or 0), "")


def _names(session: Session, entries: Sequence[AuditEntry]) -> dict[tuple[str, int], str]:
    """(field or record, id) -> name, one query for each table that is mentioned."""
    wanted: dict[str, set[int]] = {}
    for entry in entries:
        if entry.record_id and entry.record in (*_RECORD_NAMES, "assignment"):
            wanted.setdefault(entry.record, set()).add(entry.record_id)
        for name, pair in entry.changes.items():
            if name in _NAMED and isinstance(pair, list):
                wanted.setdefault(name, set()).update(v for v in pair if isinstance(v, int))
    found: dict[tuple[str, int], str] = {}
    for key, ids in wanted.items():
        if not ids:
            continue
        if key == "assignment":
            statement = (
                sa.select(col(Assignment.id), col(Officer.name))
                .join(Officer, col(Officer.id) == col(Assignment.officer_id))
                .where(col(Assignment.id).in_(ids))
            )
        else:
            id_column, name_column = _RECORD_NAMES.get(key) or _NAMED[key]
            statement = sa.select(col(id_column), col(name_column)).where(col(id_column).in_(ids))
        for row_id, name in session.execute(statement):
            found[key, int(row_id)] = name
    return found


def _enum_word(field: str, value: Any) -> str:
    enum, labels = _ENUMS[field]
    try:
        return _(labels[enum(value)])
    except (ValueError, KeyError):
        return str(value)


def _shown(
    record: str, field: str, value: Any, names: Mapping[tuple[str, int], str], sees_phones: bool
) -> str:
    if value in (None, "", [], {}):
        return ""
    if field == "phone":
        return str(value) if sees_phones else mask_phone(str(value))
    if field == "state" and record in _STATES:
        enum, labels = _STATES[record]
        return _(labels.get(enum(value), str(value)))
    if field == "kind" and record in _KINDS:
        enum, labels = _KINDS[record]
        return _(labels.get(enum(value), str(value)))
    if field in _ENUMS:
        return _enum_word(field, value)
    if field in _NAMED and isinstance(value, int):
        return names.get((field, value), f"#{value}")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if field.endswith("_wan"):
        return f"{value}{_('万元')}"
    if isinstance(value, list):
        return "、".join(str(v) for v in value)
    return str(value)


__all__ = [
    "Change",
    "TimelineEntry",
    "enterprise_timeline",
    "project_timeline",
    "tell",
]
