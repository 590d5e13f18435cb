"""What a column of the acceptance system's export means, by its header: two tables of synonyms. Pure.

Add a way of writing here and nowhere else. A header is compared without spaces, brackets and what stands
in them; nothing is guessed beyond that: an unknown header stays unmapped and is shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

CASE_LABELS: dict[str, str] = {
    "case_no": "办件编号",
    "item_code": "事项编码",
    "item": "事项名称",
    "applicant": "申请单位",
    "applicant_code": "统一社会信用代码",
    "applicant_kind": "申请人类型",
    "department": "部门",
    "town": "镇街",
    "channel": "渠道",
    "handler": "经办人",
    "route": "办理方式",
    "received": "收件时间",
    "told": "补正告知时间",
    "correct_by": "补正期限",
    "corrected": "补正完成时间",
    "corrections": "补正次数",
    "accepted": "受理时间",
    "status": "办件状态",
    "procedure": "特殊环节",
    "procedure_from": "特殊环节开始",
    "procedure_to": "特殊环节结束",
    "procedure_told": "特殊环节告知时间",
    "stopped": "停表天数",
    "extension": "延期天数",
    "closed": "办结时间",
    "result": "办理结果",
    "delivered": "送达时间",
    "permit_no": "证照编号",
    "promised_limit": "承诺期限",
    "legal_limit": "法定期限",
    "unit": "期限单位",
    "deadline": "应办结时间",
    "group": "承办小组",
    "planned_end": "计划办结时间",
}

EVENT_LABELS: dict[str, str] = {
    "case_no": "办件编号",
    "step": "环节",
    "at": "时间",
    "who": "经办人",
    "unit": "部门",
    "lifecycle": "状态",
    "number": "环节编号",
}

_CASES = {
    "case_no": "办件编号 业务流水号 办件流水号 申办流水号 办件号 受理号 受理编号 业务编号 收件编号 申办编号 事项受理编号 流水号 case:concept:name",
    "item_code": "事项编码 事项代码 实施编码 事项实施编码 实施清单编码 权责编码 项目编码",
    "item": "事项名称 事项 办理事项 申办事项 审批事项 业务事项 项目名称",
    "applicant": "申请单位 申请人 申请单位名称 申请人名称 申请人姓名 申办对象 申办人 申请企业 企业名称 单位名称 办事对象",
    "applicant_code": "统一社会信用代码 信用代码 社会信用代码 证件号码 申请人证件号码 申请人证件号 企业信用代码 申请单位信用代码 统一信用代码",
    "applicant_kind": "申请人类型 申请对象类型 服务对象类型 办事对象类型 申请者类型 申请类型",
    "department": "部门 办理部门 受理部门 实施部门 实施机关 承办部门 审批部门 受理单位 业务部门 case:department",
    "town": "镇街 属地 所属镇街 所在镇街 镇(街) 区域 受理镇街 所属区域",
    "channel": "渠道 申办渠道 受理渠道 申请渠道 申请方式 收件渠道 办件来源 申报来源 case:channel",
    "handler": "经办人 办理人 受理人 承办人 审批人 经办人员 case:responsible",
    "route": "办理方式 审批方式 受理方式 办件类型 办理类型",
    "received": "收件时间 收件日期 申请时间 申请日期 申报时间 申报日期 收到申请时间 提交时间 case:startdate",
    "told": "补正告知 补正告知时间 补正告知日期 一次性告知时间 补齐补正告知时间 补正通知时间",
    "correct_by": "补正期限 补正截止时间 补正截止日期 限期补正时间",
    "corrected": "补正完成 补正完成时间 补正完成日期 补正时间 补正日期 补齐补正时间 补正提交时间",
    "corrections": "补正次数 退回补正次数 补齐补正次数",
    "accepted": "受理时间 受理日期 正式受理时间 准予受理时间",
    "status": "办件状态 状态 办理状态 当前状态 业务状态",
    "procedure": "特殊环节 特殊程序 特别程序 特殊环节名称 特别程序名称 特殊程序名称 特别程序种类",
    "procedure_from": "特殊环节开始 特殊环节开始时间 特殊程序开始时间 特别程序开始时间 停表开始 停表时间 停表开始时间 特别程序启动时间",
    "procedure_to": "特殊环节结束 特殊环节结束时间 特殊程序结束时间 特别程序结束时间 停表结束 恢复计时 停表结束时间 恢复计时时间",
    "procedure_told": "特殊环节告知 特殊环节告知时间 特殊程序告知时间 特别程序告知时间 书面告知时间 停表告知 停表告知时间",
    "stopped": "停表天数 停表工作日 特殊程序天数 特别程序天数 不计时天数 扣除天数",
    "extension": "延期天数 延长天数 延长期限 批准延期天数",
    "closed": "办结时间 办结日期 审批办结时间 决定时间 决定日期 办理完成时间 实际办结时间 结束时间 case:enddate",
    "result": "办理结果 办结结果 审批结果 决定结果 办结类型 办结方式",
    "delivered": "送达时间 送达日期 取件时间 领证时间 出证时间",
    "permit_no": "证照编号 证件编号 文号 批文号 批准文号 许可证号 证照号码 结果文号",
    "promised_limit": "承诺期限 承诺时限 承诺办结时限 承诺工作日 承诺办理时限 承诺天数",
    "legal_limit": "法定期限 法定时限 法定办结时限 法定工作日 法定办理时限 法定天数",
    "unit": "期限单位 时限单位 法定时限单位 法定期限单位 法定办结时限单位",
    "deadline": "应办结时间 应办结日期 承诺办结时间 到期时间 截止时间 办理截止时间 应办结期限 case:deadline",
    "group": "承办小组 小组 科室 承办科室 case:group",
    "planned_end": "计划办结时间 计划完成时间 case:enddate_planned",
}  # fmt: skip

_EVENTS = {
    "case_no": _CASES["case_no"],
    "step": "环节 环节名称 办理环节 步骤 节点 办理步骤 活动 concept:name activity",
    "at": "时间 办理时间 环节时间 操作时间 完成时间 环节完成时间 发生时间 处理时间 time:timestamp timestamp",
    "who": "经办人 办理人 操作人 处理人 承办人 环节经办人 办理人员 org:resource resource",
    "unit": "部门 办理部门 承办部门 科室 办理科室 承办科室 处理部门 环节部门 org:group",
    "lifecycle": "状态 环节状态 办理状态 操作类型 动作 lifecycle:transition",
    "number": "环节编号 环节流水号 步骤编号 环节id 任务编号 concept:instance",
}

CASE_NEEDS = ("case_no", "received")
EVENT_NEEDS = ("case_no", "step", "at")


def squeeze(header: str) -> str:
    """The header for comparing: NFKC, lower case, without spaces, marks and what stands in brackets."""
    plain = unicodedata.normalize("NFKC", header).casefold()
    plain = re.sub(r"\([^()]*\)|\[[^\[\]]*\]|【[^】]*】", "", plain)
    return re.sub(r"[\s*_、，,.。/\\-]+|[:：]+$", "", plain)


def _table(words: dict[str, str]) -> dict[str, str]:
    return {squeeze(way): field for field, ways in words.items() for way in ways.split()}


WAYS: dict[str, dict[str, str]] = {"cases": _table(_CASES), "events": _table(_EVENTS)}
LABELS: dict[str, dict[str, str]] = {"cases": CASE_LABELS, "events": EVENT_LABELS}
NEEDS: dict[str, tuple[str, ...]] = {"cases": CASE_NEEDS, "events": EVENT_NEEDS}


def recognise(headers: Sequence[str], kind: str) -> dict[int, str]:
    """{column from 0: field}; the first column of a field wins, an unknown header is left out."""
    ways = WAYS[kind]
    found: dict[int, str] = {}
    for place, header in enumerate(headers):
        field = ways.get(squeeze(header))
        if field is not None and field not in found.values():
            found[place] = field
    return found


def missing(fields: Sequence[str], kind: str) -> list[str]:
    """The needed fields no column stands for."""
    return [field for field in NEEDS[kind] if field not in fields]
