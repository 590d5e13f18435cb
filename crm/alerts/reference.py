"""The default thresholds, each with where it comes from; the office may change every one."""

from __future__ import annotations

from sqlmodel import Session, select

from crm.alerts.rules import (
    COMMITMENT_SOON_WD,
    CORRECTION_WARN_WD,
    EXPIRY_WARN_DAYS,
    LETTER_REPLY_WD,
    MILESTONE_SOON_WD,
    NO_CONTACT_DAYS,
    PROCEDURE_RED_WD,
    PROGRESS_DUE_DAY_WD,
    PROGRESS_RED_POINTS,
    PROGRESS_YELLOW_POINTS,
    PROMISE_HAND_IN_WD,
    PROMISE_VERIFY_DAYS,
    THRESHOLD_RULES,
)
from models import Threshold
from models.vocabulary import Stage

# Domain notes: 无锡 重大项目服务专员 (call weekly, visit monthly); 江府办函〔2024〕37号 (leads: every two
# weeks); 银川市 2025-03 (10 and 30 points). The rest are house rules.
DEFAULTS: tuple[tuple[str, Stage | None, int, str], ...] = (
    (MILESTONE_SOON_WD, None, 5, "本系统默认：提前一周提醒"),
    (NO_CONTACT_DAYS, None, 30, "无锡市重大项目服务专员制度：现场走访每月不少于1次"),
    (NO_CONTACT_DAYS, Stage.EARLY_PLANNING, 14, "江府办函〔2024〕37号：在谈线索两周一报"),
    (NO_CONTACT_DAYS, Stage.CONSTRUCTION, 14, "本系统默认：开工建设期每两周联系1次"),
    (NO_CONTACT_DAYS, Stage.PRODUCTION, 90, "本系统默认：投产后每季度回访1次"),
    (NO_CONTACT_DAYS, Stage.FULL_CAPACITY, 90, "本系统默认：投产后每季度回访1次"),
    (EXPIRY_WARN_DAYS, None, 30, "本系统默认：证照到期、限期事项提前30天提醒"),
    (COMMITMENT_SOON_WD, None, 3, "本系统默认：承诺、补交、核查到期前3个工作日提醒"),
    (PROMISE_HAND_IN_WD, None, 10, "各地做法5至20个工作日，没有统一规定，待本区确认"),
    (PROMISE_VERIFY_DAYS, None, 60, "各地做法多在60日内核查，没有统一规定，待本区确认"),
    (PROGRESS_DUE_DAY_WD, None, 5, "本系统默认：每月前5个工作日内报上月进度"),
    (PROGRESS_YELLOW_POINTS, None, 10, "银川市2025年3月重点项目亮灯规则：慢于序时进度10个百分点以上黄灯"),
    (PROGRESS_RED_POINTS, None, 30, "银川市2025年3月重点项目亮灯规则：慢于序时进度30个百分点以上红灯"),
    (PROCEDURE_RED_WD, None, 3, "本系统默认：特殊环节的问题拖过3个工作日即提级"),
    (CORRECTION_WARN_WD, None, 1, "本系统默认：行政许可法第三十二条的告知期限届满前1个工作日提醒"),
    (LETTER_REPLY_WD, None, 3, "本系统默认：督办函3个工作日内回复"),
)


def seed(session: Session) -> None:
    """Add the thresholds that are missing; touch none that is there."""
    there = {(t.code, t.stage) for t in session.exec(select(Threshold))}
    for code, stage, value, basis in DEFAULTS:
        key = (code, None if stage is None else int(stage))
        if key not in there:
            rule = THRESHOLD_RULES[code]
            session.add(Threshold(code=code, stage=key[1], value=value, unit=rule.unit, basis=basis))
    session.flush()
