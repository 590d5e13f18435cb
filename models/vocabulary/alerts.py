"""What an alert is about, and what was done about it."""

from __future__ import annotations

from enum import StrEnum


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
