"""The words of approvals: a case, its route, its papers and promises, its special procedures."""

from __future__ import annotations

from enum import StrEnum


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
