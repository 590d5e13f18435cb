"""Who looks at the case and on which day, and what its fields are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NoReturn

import streamlit as st

from crm.core.access import Actor
from crm.core.i18n import _
from crm.ui.show import saved
from crm.ui.words import day


@dataclass(frozen=True)
class Desk:
    """Given to every part of the screen: nothing below it reads the clock or the session."""

    actor: Actor
    today: date

    def day(self, value: date | None) -> str:
        return day(value, year=self.today.year)


def labels() -> dict[str, str]:
    """Field -> its name, in the reader's language."""
    return {
        "item_id": _("事项"),
        "project_id": _("项目"),
        "received_on": _("收件日期"),
        "accepted_on": _("受理日期"),
        "case_no": _("办件编号"),
        "correction_text": _("需要补正的全部内容"),
        "correction_due_on": _("补正期限"),
        "due_on": _("补正期限"),
        "text": _("需要补正的全部内容"),
        "corrected_on": _("收到补正日期"),
        "refused_on": _("不予受理日期"),
        "kind": _("特殊环节"),
        "procedure": _("特殊环节"),
        "register_id": _("特殊环节"),
        "ground": _("启动事由"),
        "basis": _("依据"),
        "planned_wd": _("计划工作日数"),
        "opened_on": _("启动日期"),
        "opened_by": _("启动人"),
        "staff": _("核查人员"),
        "again_approver": _("再次启动的批准人"),
        "conclusion": _("结论"),
        "ended_on": _("结束日期"),
        "last_day": _("最后一天"),
        "from_on": _("停表日（当天起不计）"),
        "to_on": _("恢复日（当天起计）"),
        "told_on": _("书面告知日期"),
        "notice_file": _("告知书"),
        "notice_no": _("告知文书文号"),
        "days": _("延长天数"),
        "approver": _("批准人（机关负责人）"),
        "reason": _("理由"),
        "ordered_on": _("批准日期"),
        "extension_told_on": _("告知申请人日期"),
        "outcome": _("决定"),
        "delivered_on": _("送达日期"),
        "decided_on": _("办结日期"),
        "result": _("结果说明"),
        "permit_no": _("证号"),
        "issued_on": _("发证日期"),
        "expires_on": _("有效期至"),
        "withdrawn_on": _("撤回日期"),
        "note": _("备注"),
    }


def done(message: str, project_id: int | None) -> NoReturn:
    """After a save: the project's alerts are looked at again, and the page runs afresh."""
    saved(message, project_id=project_id)
    st.rerun()
