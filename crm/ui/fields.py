"""What the columns are called by people, and how their values read: for timelines and conflicts.

Tables of source strings; show them through `_()`. A test fails when an audited column has no label.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from crm.core.i18n import _
from crm.core.names import mask_phone
from crm.projects.queries import MARK_LABELS
from crm.ui.words import NOTHING, day, moment
from models import vocabulary as v

RECORDS: dict[str, str] = {
    "access": "权限",
    "alert": "预警",
    "annual_plan": "年度计划",
    "assignment": "专员指派",
    "briefing": "简报",
    "calendar_day": "工作日历",
    "calendar_year": "放假通知",
    "clock_stop": "停表",
    "contact": "企业联系人",
    "demand": "诉求",
    "department": "部门",
    "department_contact": "部门联络员",
    "enterprise": "企业",
    "gate_fact": "门槛事实",
    "import_batch": "导入批次",
    "item": "事项",
    "milestone": "节点",
    "milestone_link": "节点先后关系",
    "monthly_progress": "月度进度",
    "officer": "联络专员",
    "permit_case": "办件",
    "plan_step": "计划模板步骤",
    "project": "项目",
    "promise": "承诺事项",
    "saved_mapping": "列对应方案",
    "setting": "系统设置",
    "setup_code": "设置码",
    "stage_move": "阶段推进",
    "stored_file": "文件",
    "threshold": "预警阈值",
    "town": "镇街",
    "user_account": "账号",
    "visit": "走访",
    "visit_person": "走访人员",
}

# One label a column name; a column that means something else in one table is below.
FIELDS: dict[str, str] = {
    "accepted_on": "受理日期",
    "active": "在用",
    "address": "地址",
    "aliases": "别名",
    "answered_on_spot": "当场答复",
    "approved_at": "审核时间",
    "approved_by": "审核人",
    "author_id": "记录人",
    "ball": "等谁",
    "ball_note": "等待说明",
    "baseline_on": "基准日期",
    "basis": "依据",
    "batch_id": "导入批次",
    "because": "原因",
    "because_code": "原因代码",
    "because_facts": "原因数据",
    "building_sqm": "建筑面积（平方米）",
    "capacity": "建设内容及规模",
    "case_id": "办件",
    "case_no": "办件编号",
    "category": "项目类别",
    "certainty": "把握程度",
    "clock_start": "起算",
    "closed_on": "办结日期",
    "code": "代码",
    "committed_at": "导入时间",
    "confirmed_at": "确认时间",
    "confirmed_on": "确认日期",
    "contact_id": "企业联系人",
    "content": "内容",
    "context": "数据快照",
    "count": "数量",
    "counts": "行数",
    "credit_code": "统一社会信用代码",
    "critical": "关键线路",
    "decided_on": "办结日期",
    "deleted_at": "删除时间",
    "demand_class": "诉求类别",
    "demo": "演示账号",
    "department": "部门",
    "department_id": "部门",
    "done_on": "完成日期",
    "done_wan": "本年累计完成投资",
    "due_on": "到期日",
    "duration_wd": "工期（工作日）",
    "enterprise_id": "企业",
    "evidence": "佐证",
    "expires_on": "有效期至",
    "extended_on": "延期日期",
    "extension": "延期天数",
    "extension_approver": "延期批准人",
    "extension_limit": "可延期天数",
    "extension_reason": "延期理由",
    "extra": "其他列",
    "failed_attempts": "连续输错次数",
    "file_id": "文件",
    "file_name": "文件名",
    "filters": "筛选条件",
    "finish_on": "计划竣工",
    "finish_precision": "计划竣工精度",
    "finished_on": "实际竣工",
    "float_wd": "机动（工作日）",
    "follow_up": "后续事项",
    "from_on": "起始日期",
    "from_stage": "原阶段",
    "grade": "等级",
    "ground": "停表事由",
    "handled_at": "处理时间",
    "handled_by": "处理人",
    "handled_note": "处理说明",
    "inactive": "不适用",
    "industry": "行业",
    "is_workday": "上班",
    "issued_on": "发证日期",
    "item_code": "事项代码",
    "item_id": "事项",
    "key": "标识",
    "kind": "种类",
    "land_by_auction": "出让取得用地",
    "land_mu": "用地面积（亩）",
    "language": "界面语言",
    "last_contact_on": "最近联系",
    "last_sign_in_at": "最近登录",
    "late_wd": "逾期（工作日）",
    "lead_department_id": "牵头部门",
    "lead_unit": "牵头单位",
    "leader": "挂点领导",
    "legal_basis": "法律依据",
    "legal_limit": "法定时限",
    "legal_limit_text": "法定时限原文",
    "level": "项目级别",
    "light": "灯",
    "locked_until": "锁定至",
    "login": "登录名",
    "login_key": "登录名（规范）",
    "made_at": "生成时间",
    "made_by": "生成人",
    "mapping": "列对应",
    "milestone_id": "节点",
    "mime": "文件类型",
    "missing": "缺少的条件",
    "mode": "方式",
    "month": "月份",
    "moved_at": "推进时间",
    "moved_on": "推进日期",
    "name": "名称",
    "next_step": "下一步计划",
    "next_visit_on": "下次走访",
    "note": "备注",
    "notice_no": "通知书文号",
    "number": "期号",
    "officer_id": "联络专员",
    "on": "日期",
    "optional": "可选",
    "overridden": "越过门槛",
    "owner": "归属",
    "owner_id": "责任人",
    "password_hash": "密码",
    "password_set_at": "密码设定时间",
    "permit_no": "证照编号",
    "phase": "阶段",
    "phone": "电话",
    "place": "地点",
    "plan_class": "年度计划类别",
    "plan_wan": "年度计划投资",
    "planned_on": "计划日期",
    "planned_start_on": "计划开始",
    "planned_wd": "预计天数（工作日）",
    "prerequisite_id": "前置节点",
    "prerequisite_text": "前置条件",
    "prerequisites": "前置步骤",
    "problem": "存在问题",
    "produced_on": "实际投产",
    "production_on": "目标投产",
    "progress": "形象进度",
    "project_code": "项目代码",
    "project_id": "项目",
    "project_type": "项目类型",
    "promise_route": "告知承诺",
    "promised_due_on": "承诺到期日",
    "promised_limit": "承诺时限",
    "promised_limit_text": "承诺时限原文",
    "provisional": "暂定",
    "public_id": "文件编号",
    "queries_version": "口径版本",
    "raised_on": "提出日期",
    "received_on": "收件日期",
    "record": "记录",
    "record_id": "记录编号",
    "remark": "备注",
    "renew_before": "提前续办",
    "renew_by_on": "续办期限",
    "renew_unit": "续办单位",
    "reported_on": "填报日期",
    "request_id": "提交编号",
    "result": "结果",
    "reverted_at": "撤销时间",
    "reverted_by": "撤销人",
    "role": "角色",
    "seen_on": "最近核对",
    "series_year": "年份",
    "sessions": "登录中的浏览器",
    "sha256": "校验值",
    "short": "简称",
    "side": "哪一方",
    "site": "建设地点",
    "size": "大小（字节）",
    "snoozed_until": "暂缓至",
    "sort": "排序",
    "source": "来源",
    "special_steps": "特殊程序",
    "stage": "阶段",
    "stage_entered_on": "进入阶段日期",
    "start_on": "计划开工",
    "start_precision": "计划开工精度",
    "started_on": "实际开工",
    "state": "状态",
    "status": "项目状态",
    "status_on": "状态日期",
    "status_reason": "状态原因",
    "template": "模板",
    "template_sha256": "模板校验值",
    "text": "内容",
    "title": "职务",
    "to_on": "截止日期",
    "to_stage": "新阶段",
    "told_on": "告知日期",
    "topics": "议题",
    "total_wan": "总投资",
    "town_id": "镇街",
    "unit": "单位",
    "user_id": "账号",
    "valid_months": "有效期（月）",
    "value": "值",
    "visit_id": "走访",
    "visited_on": "走访日期",
    "waits_for": "等谁",
    "what": "被拒绝的操作",
    "year": "年份",
    "yellow_on": "黄灯日期",
}

IN_RECORD: dict[tuple[str, str], str] = {
    ("assignment", "role"): "牵头/协办",
    ("briefing", "title"): "标题",
    ("contact", "name"): "姓名",
    ("department_contact", "name"): "姓名",
    ("officer", "name"): "姓名",
    ("user_account", "name"): "姓名",
    ("user_account", "address"): "网络地址",
    ("visit", "note"): "走访纪要",
    ("visit_person", "name"): "姓名",
    ("permit_case", "due_on"): "法定到期日",
    ("permit_case", "starts_on"): "起算日",
    ("permit_case", "stop"): "停表",
    ("filter", "text"): "搜索",
    ("filter", "mark"): "清单",
    ("filter", "waiting"): "等谁",
    ("filter", "unset"): "未填写",
    ("gate_fact", "code"): "门槛事项",
    ("promise", "due_on"): "答应的日期",
}

# Words of a closed list, by column; where two tables use one name for two lists, by table.
WORDS: dict[str, Mapping[Any, str]] = {
    "level": v.LEVEL_LABELS,
    "category": v.CATEGORY_LABELS,
    "project_type": v.PROJECT_TYPE_LABELS,
    "plan_class": v.PLAN_CLASS_LABELS,
    "status": v.PROJECT_STATUS_LABELS,
    "ball": v.PARTY_LABELS,
    "waits_for": v.PARTY_LABELS,
    "light": v.LIGHT_LABELS,
    "demand_class": v.DEMAND_CLASS_LABELS,
    "mode": v.VISIT_MODE_LABELS,
    "stage": v.STAGE_LABELS,
    "from_stage": v.STAGE_LABELS,
    "to_stage": v.STAGE_LABELS,
}
_PRECISION = {"day": "精确到日", "month": "精确到月", "year": "精确到年"}
WORDS |= {"start_precision": _PRECISION, "finish_precision": _PRECISION, "renew_unit": v.DAY_UNIT_LABELS}
WORDS_IN: dict[tuple[str, str], Mapping[Any, str]] = {
    ("alert", "kind"): v.ALERT_KIND_LABELS,
    ("alert", "state"): v.ALERT_STATE_LABELS,
    ("assignment", "role"): v.OFFICER_ROLE_LABELS,
    ("briefing", "kind"): v.BRIEFING_KIND_LABELS,
    ("clock_stop", "kind"): v.STOP_KIND_LABELS,
    ("demand", "grade"): v.DEMAND_GRADE_LABELS,
    ("permit_case", "state"): v.CASE_STATE_LABELS,
    ("permit_case", "unit"): v.DAY_UNIT_LABELS,
    ("item", "unit"): v.DAY_UNIT_LABELS,
    ("user_account", "role"): v.ROLE_LABELS,
    ("user_account", "language"): {"zh_CN": "中文", "en": "English"},
    ("visit", "state"): {"draft": "草稿", "complete": "正式"},
    ("visit_person", "side"): {"ours": "我方", "enterprise": "企业"},
    ("demand", "state"): {"open": "办理中", "closed": "已办结"},
    ("calendar_day", "kind"): {"holiday": "放假", "makeup": "调休上班", "local": "停工"},
    ("threshold", "unit"): {"wd": "工作日", "days": "日", "points": "个百分点"},
    ("filter", "mark"): MARK_LABELS,
    ("filter", "waiting"): {"me": "我", **v.PARTY_LABELS},
}

# Columns a reader of a timeline has no use for: hashes, snapshots, bookkeeping.
UNTOLD = frozenset(
    {
        "batch_id",
        "because_code",
        "because_facts",
        "context",
        "file_id",
        "key",
        "login_key",
        "project_id",
        "public_id",
        "record",
        "record_id",
        "request_id",
        "seen_on",
        "sha256",
        "sort",
        "template_sha256",
        "visit_id",
    }
)

# What happened, when the action says more than "changed".
ACTIONS: dict[str, str] = {
    "access.denied": "被拒绝",
    "account.change_password": "修改了自己的密码",
    "account.locked": "连续输错密码，账号被锁定",
    "account.sign_in_failed": "登录失败",
    "account.signed_in": "登录",
    "account.signed_out": "退出登录",
    "alerts.acknowledge": "认领了预警",
    "alerts.drop_threshold": "取消了本阶段的阈值",
    "alerts.edit_threshold": "修改了预警阈值",
    "alerts.reopen": "重新打开了预警",
    "alerts.scan": "预警扫描",
    "alerts.snooze": "暂缓了预警",
    "setup.code": "生成了设置码",
    "setup.first_administrator": "建立了第一个管理员",
    "users.create": "开通了账号",
    "users.edit": "修改了账号",
    "users.end_sessions": "让账号退出登录",
    "users.reset_password": "重设了密码",
    "users.set_password": "设定了密码",
    "briefings.template": "更换了简报模板",
    "ledgers.export": "导出了台账",
    "projects.assign": "指派了专员",
    "projects.hand_over": "移交了项目",
    "users.link_officer": "关联了专员与账号",
    "workdays.load_year": "载入了放假通知",
    "workdays.add_closure": "登记了停工日",
    "workdays.remove_closure": "取消了停工日",
    "approvals.register": "收件",
    "approvals.accept": "受理",
    "approvals.stop": "停表",
    "approvals.give_notice": "补书面告知",
    "approvals.resume": "恢复计时",
    "approvals.extend": "延长期限",
    "approvals.decide": "办结",
    "approvals.withdraw": "撤回",
    "approvals.amend": "更正了办件",
    "approvals.edit_item": "修改了事项目录",
    "projects.edit_plan_step": "修改了计划模板",
}

Resolve = Callable[[str, int], str]


def record_label(record: str) -> str:
    """`project` -> 项目, in the user's language."""
    return _(RECORDS[record]) if record in RECORDS else record


def label(field: str, record: str = "") -> str:
    """What people call a column."""
    text = IN_RECORD.get((record, field)) or FIELDS.get(field)
    return _(text) if text else field


def _word(words: Mapping[Any, str], value: Any) -> str | None:
    for key, text in words.items():
        if key == value or str(key) == str(value) or getattr(key, "value", None) == value:
            return _(text)
    return None


def tell(
    field: str, value: Any, record: str = "", *, resolve: Resolve | None = None, phones: bool = True
) -> str:
    """A stored or typed value as a person reads it. `resolve("town", 4)` gives a row's name."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if field == "phone" and not phones:
        return mask_phone(str(value))
    words = WORDS_IN.get((record, field)) or WORDS.get(field)
    if words is not None:
        text = _word(words, value.value if isinstance(value, Enum) else value)
        if text:
            return text
    if field.endswith("_id") and resolve is not None and isinstance(value, int):
        return resolve(field, value) or _("（已删除）")
    if field in {"approved_by", "handled_by", "made_by", "reverted_by"} and resolve is not None:
        return resolve("user_id", int(value)) or str(value)
    if field.endswith("_wan"):
        return f"{Decimal(str(value)):,f}{_('万元')}"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, str) and field.endswith("_at"):
        return moment(datetime.fromisoformat(value))
    if isinstance(value, str) and (field.endswith("_on") or field == "on"):
        return day(date.fromisoformat(value))
    if isinstance(value, list | tuple):
        return "、".join(str(part) for part in value)
    if isinstance(value, dict):
        return "、".join(
            f"{label(k, 'filter')} {tell(k, part, 'filter', resolve=resolve, phones=phones)}"
            for k, part in value.items()
        )
    return str(value)
