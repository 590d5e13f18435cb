"""What both papers share: matters, the age of words, the masthead's blanks."""

from __future__ import annotations

from datetime import date
from typing import Any

from crm.briefings.context import Imprint, Matter
from crm.briefings.sentences.words import full_date, late_words, one_line, short_date


def age(reported_on: date, on: date) -> str:
    """How old reported words are on the paper's day."""
    days = (on - reported_on).days
    return f"{short_date(reported_on, on.year)}填报" + (f"，距今{days}天" if days > 0 else "")


def as_registered(on: date, issued_on: date) -> list[str]:
    """What keeps no history is told as it is registered on the paper's day; nothing when the day is that day."""
    if on >= issued_on:
        return []
    return [
        f"注：阶段、状态、节点和办件的办结、走访、诉求、承诺、进度和联络专员均为{full_date(on)}的情况；项目名单、总投资、"
        f"年度计划、责任单位、节点计划日期和办件时限没有历史记录，按{full_date(issued_on)}的登记情况。"
    ]


def decision(m: Matter, on: date) -> str:
    return (
        f"{m.subject}：{one_line(m.what)}。责任单位：{m.who or '未明确'}；"
        + (f"时限：{'原定' if m.late else ''}{short_date(m.on, on.year)}" if m.on else "时限：待领导明确")
        + f"{late_words(m)}。"
    )


def issue(imprint: Imprint) -> str:
    """2026年第12期."""
    return f"{imprint.series_year}年第{imprint.number}期"


def common_blanks(imprint: Imprint, lines: list[str]) -> dict[str, Any]:
    return {
        "masthead": imprint.masthead,
        "issue": issue(imprint),
        "office": imprint.office,
        "issued_on": full_date(imprint.issued_on),
        "title_lines": lines,
        "report_to": _stopped(imprint.report_to),
        "send_to": _stopped(imprint.send_to),
        "distribute_to": _stopped(imprint.distribute_to),
        "copies": str(imprint.copies),
    }


def _stopped(text: str) -> str:
    return text.rstrip("。") + "。" if text else "无。"
