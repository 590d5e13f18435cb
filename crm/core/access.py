"""Who may do what, how far: one table of role x verb x scope.

Asked in every action (`require`) and every query (`project_condition`). A scope whose
anchor is missing (a clerk without a town) reaches nothing, not everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import col, select

from crm.core.errors import NotAllowed
from crm.core.i18n import _
from models import Assignment, Milestone, Project, Visit
from models.vocabulary import Role, Scope, VisitState


class Verb(StrEnum):
    PROJECT_VIEW = "project.view"
    PROJECT_EDIT = "project.edit"
    PROJECT_CREATE = "project.create"
    PROJECT_ASSIGN = "project.assign"
    STAGE_MOVE = "stage.move"
    STAGE_OVERRIDE = "stage.override"
    MILESTONE_EDIT = "milestone.edit"
    PROGRESS_REPORT = "progress.report"
    PROGRESS_APPROVE = "progress.approve"
    CASE_EDIT = "case.edit"
    VISIT_LOG = "visit.log"
    VISIT_VIEW = "visit.view"
    ENTERPRISE_VIEW = "enterprise.view"
    PHONE_SEE = "phone.see"
    LEDGER_IMPORT = "ledger.import"
    EXPORT = "export"
    ALERT_VIEW = "alert.view"
    ALERT_HANDLE = "alert.handle"
    SCAN_RUN = "scan.run"
    BRIEFING_READ = "briefing.read"
    BRIEFING_MAKE = "briefing.make"
    CASE_IMPORT = "case.import"
    INSIGHT_VIEW = "insight.view"
    MEASURE_EDIT = "measure.edit"
    SUPERVISE = "supervise"
    CATALOGUE_EDIT = "catalogue.edit"
    THRESHOLD_EDIT = "threshold.edit"
    CALENDAR_EDIT = "calendar.edit"
    SETTING_EDIT = "setting.edit"
    USER_ADMIN = "user.admin"
    AUDIT_VIEW = "audit.view"
    HEALTH_VIEW = "health.view"


_OWN = frozenset({Scope.OWN_PROJECTS})
_TOWN = frozenset({Scope.OWN_TOWN})
_DEPT = frozenset({Scope.OWN_DEPARTMENT})
_ALL = frozenset({Scope.ALL})
_OWN_AND_TOWN = frozenset({Scope.OWN_PROJECTS, Scope.OWN_TOWN})

V = Verb
# House rule, ADR 0004. A verb that is absent is refused.
TABLE: dict[Role, dict[Verb, frozenset[Scope]]] = {
    Role.OFFICER: {
        V.PROJECT_VIEW: _OWN_AND_TOWN,
        V.PROJECT_EDIT: _OWN,
        V.STAGE_MOVE: _OWN,
        V.MILESTONE_EDIT: _OWN,
        V.PROGRESS_REPORT: _OWN,
        V.CASE_EDIT: _OWN,
        V.VISIT_LOG: _OWN_AND_TOWN,
        V.VISIT_VIEW: _OWN_AND_TOWN,
        V.ENTERPRISE_VIEW: _OWN_AND_TOWN,
        V.PHONE_SEE: _OWN,
        V.LEDGER_IMPORT: _OWN_AND_TOWN,
        V.EXPORT: _OWN,
        V.ALERT_VIEW: _OWN,
        V.ALERT_HANDLE: _OWN,
        V.BRIEFING_READ: _OWN,
        V.BRIEFING_MAKE: _OWN,
    },
    Role.PARK_STAFF: {
        V.PROJECT_VIEW: _TOWN,
        V.VISIT_LOG: _TOWN,
        V.VISIT_VIEW: _TOWN,
        V.ENTERPRISE_VIEW: _TOWN,
        V.ALERT_VIEW: _TOWN,
    },
    Role.DEPARTMENT: {
        V.PROJECT_VIEW: _DEPT,
        V.MILESTONE_EDIT: _DEPT,
        V.CASE_EDIT: _DEPT,
        V.INSIGHT_VIEW: _DEPT,
        V.VISIT_VIEW: _DEPT,
        V.ENTERPRISE_VIEW: _DEPT,
        V.ALERT_VIEW: _DEPT,
        V.ALERT_HANDLE: _DEPT,
    },
    Role.SUPERVISOR: dict.fromkeys(
        (
            V.PROJECT_VIEW,
            V.PROJECT_EDIT,
            V.PROJECT_CREATE,
            V.PROJECT_ASSIGN,
            V.STAGE_MOVE,
            V.STAGE_OVERRIDE,
            V.MILESTONE_EDIT,
            V.PROGRESS_REPORT,
            V.PROGRESS_APPROVE,
            V.CASE_EDIT,
            V.VISIT_LOG,
            V.VISIT_VIEW,
            V.ENTERPRISE_VIEW,
            V.PHONE_SEE,
            V.LEDGER_IMPORT,
            V.EXPORT,
            V.ALERT_VIEW,
            V.ALERT_HANDLE,
            V.SCAN_RUN,
            V.BRIEFING_READ,
            V.BRIEFING_MAKE,
            V.CASE_IMPORT,
            V.INSIGHT_VIEW,
            V.MEASURE_EDIT,
            V.SUPERVISE,
            V.CATALOGUE_EDIT,
            V.THRESHOLD_EDIT,
        ),
        _ALL,
    ),
    Role.LEADER: dict.fromkeys(
        (
            V.PROJECT_VIEW,
            V.VISIT_VIEW,
            V.ENTERPRISE_VIEW,
            V.ALERT_VIEW,
            V.BRIEFING_READ,
            V.INSIGHT_VIEW,
        ),
        _ALL,
    ),
    Role.ADMINISTRATOR: dict.fromkeys(
        (
            V.PROJECT_VIEW,
            V.PROJECT_CREATE,
            V.PROJECT_ASSIGN,
            V.ENTERPRISE_VIEW,
            V.VISIT_VIEW,
            V.LEDGER_IMPORT,
            V.EXPORT,
            V.ALERT_VIEW,
            V.SCAN_RUN,
            V.BRIEFING_READ,
            V.CASE_IMPORT,
            V.INSIGHT_VIEW,
            V.CATALOGUE_EDIT,
            V.THRESHOLD_EDIT,
            V.CALENDAR_EDIT,
            V.SETTING_EDIT,
            V.USER_ADMIN,
            V.AUDIT_VIEW,
            V.HEALTH_VIEW,
        ),
        _ALL,
    ),
    Role.SYSTEM: dict.fromkeys(V, _ALL),
}


@dataclass(frozen=True)
class Actor:
    """Who is acting. `officer_id` is his officer record, if he is one."""

    user_id: int | None
    name: str
    role: Role
    town_id: int | None = None
    department_id: int | None = None
    officer_id: int | None = None
    language: str = "zh_CN"


SYSTEM = Actor(user_id=None, name="系统", role=Role.SYSTEM)


def scopes(actor: Actor, verb: Verb) -> frozenset[Scope]:
    """How far the actor's permission for this verb reaches; empty = not at all."""
    return TABLE.get(actor.role, {}).get(verb, frozenset())


def may(actor: Actor, verb: Verb) -> bool:
    """Whether the actor has the verb at any scope: for menus and buttons. Never enough to write."""
    return bool(scopes(actor, verb))


def require(actor: Actor, verb: Verb) -> None:
    """Refuse an actor whose role lacks the verb altogether. Raises `NotAllowed`."""
    if not may(actor, verb):
        raise NotAllowed(_("您没有“{verb}”的权限，如需办理请联系管理员。", verb=verb_label(verb)))


def require_all(actor: Actor, verb: Verb) -> None:
    """Refuse unless the verb reaches everything (settings, whole-district operations)."""
    if Scope.ALL not in scopes(actor, verb):
        raise NotAllowed(_("您没有“{verb}”的权限，如需办理请联系管理员。", verb=verb_label(verb)))


def project_condition(actor: Actor, verb: Verb) -> sa.ColumnElement[bool]:
    """The SQL condition on `Project` that the actor's scopes for this verb allow."""
    reach = scopes(actor, verb)
    if Scope.ALL in reach:
        return sa.true()
    either: list[sa.ColumnElement[bool]] = []
    if Scope.OWN_PROJECTS in reach and actor.officer_id is not None:
        either.append(
            col(Project.id).in_(
                select(Assignment.project_id).where(
                    col(Assignment.officer_id) == actor.officer_id, col(Assignment.to_on).is_(None)
                )
            )
        )
    if Scope.OWN_TOWN in reach and actor.town_id is not None:
        either.append(col(Project.town_id) == actor.town_id)
    if Scope.OWN_DEPARTMENT in reach and actor.department_id is not None:
        either.append(col(Project.lead_department_id) == actor.department_id)
        either.append(
            col(Project.id).in_(
                select(Milestone.project_id).where(col(Milestone.department_id) == actor.department_id)
            )
        )
    return sa.or_(*either) if either else sa.false()


def enterprise_condition(actor: Actor, verb: Verb) -> sa.ColumnElement[bool]:
    """The SQL condition on `Enterprise`: reached by a project in scope, or by the town itself."""
    from models import Enterprise

    reach = scopes(actor, verb)
    if Scope.ALL in reach:
        return sa.true()
    either: list[sa.ColumnElement[bool]] = [
        col(Enterprise.id).in_(
            select(Project.enterprise_id).where(
                project_condition(actor, verb), col(Project.enterprise_id).is_not(None)
            )
        )
    ]
    if Scope.OWN_TOWN in reach and actor.town_id is not None:
        either.append(col(Enterprise.town_id) == actor.town_id)
    return sa.or_(*either)


def visit_condition(actor: Actor, verb: Verb) -> sa.ColumnElement[bool]:
    """The SQL condition on `Visit`: his own, or a complete one of a project or enterprise in scope.

    A draft is its author's alone, whoever asks (house rule: nobody reads over the shoulder).
    """
    from models import Enterprise

    reach = scopes(actor, verb)
    if actor.role is Role.SYSTEM:
        return sa.true()
    if not reach:
        return sa.false()
    own = col(Visit.author_id) == (actor.user_id or -1)
    complete = col(Visit.state) == VisitState.COMPLETE
    if Scope.ALL in reach:
        return sa.or_(own, complete)
    either: list[sa.ColumnElement[bool]] = [
        col(Visit.project_id).in_(select(Project.id).where(project_condition(actor, verb))),
        sa.and_(
            col(Visit.project_id).is_(None),
            col(Visit.enterprise_id).in_(select(Enterprise.id).where(enterprise_condition(actor, verb))),
        ),
    ]
    return sa.or_(own, sa.and_(complete, sa.or_(*either)))


def verb_label(verb: Verb) -> str:
    """The verb in the user's language."""
    return _(VERB_LABELS[verb])


VERB_LABELS: dict[Verb, str] = {
    V.PROJECT_VIEW: "查看项目",
    V.PROJECT_EDIT: "修改项目",
    V.PROJECT_CREATE: "新建项目",
    V.PROJECT_ASSIGN: "指派专员",
    V.STAGE_MOVE: "推进阶段",
    V.STAGE_OVERRIDE: "越过门槛推进阶段",
    V.MILESTONE_EDIT: "修改节点",
    V.PROGRESS_REPORT: "填报进度",
    V.PROGRESS_APPROVE: "审核进度",
    V.CASE_EDIT: "登记办件",
    V.VISIT_LOG: "登记走访",
    V.VISIT_VIEW: "查看走访",
    V.ENTERPRISE_VIEW: "查看企业",
    V.PHONE_SEE: "查看完整联系电话",
    V.LEDGER_IMPORT: "导入台账",
    V.EXPORT: "导出",
    V.ALERT_VIEW: "查看预警",
    V.ALERT_HANDLE: "处理预警",
    V.SCAN_RUN: "运行预警扫描",
    V.BRIEFING_READ: "阅读简报",
    V.BRIEFING_MAKE: "生成简报",
    V.CASE_IMPORT: "导入全厅办件",
    V.INSIGHT_VIEW: "查看数据研判",
    V.MEASURE_EDIT: "维护改革举措",
    V.SUPERVISE: "发督办函",
    V.CATALOGUE_EDIT: "维护事项目录",
    V.THRESHOLD_EDIT: "维护预警阈值",
    V.CALENDAR_EDIT: "维护工作日历",
    V.SETTING_EDIT: "维护系统设置",
    V.USER_ADMIN: "管理账号",
    V.AUDIT_VIEW: "查看操作日志",
    V.HEALTH_VIEW: "查看运行状况",
}
