"""The words of briefings, letters, imports, measures and the trail."""

from __future__ import annotations

from enum import StrEnum


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
