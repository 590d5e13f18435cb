"""Letters by hand: one with three faults, one bare, one with names as long as they come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from crm.approvals.supervision_rules import ARTICLE_45, Sign
from crm.briefings import render
from crm.briefings.blanks import LETTER
from crm.briefings.letters.context import Earlier, Head, Letter, LetterFacts, Limit, Step, Wrong
from crm.briefings.letters.sentences import LATE_LEGAL, SOON, blanks_of, title_of
from models.vocabulary import DayUnit, Light

HEAD = Head("蓬江区行政服务中心", "蓬江区行政服务中心", "江蓬政服督", 2026, 12, date(2026, 11, 23))


def facts(**more: Any) -> LetterFacts:
    values: dict[str, Any] = {
        "case_id": 1,
        "case_no": "4407032611020007",
        "item": "建筑工程施工许可证核发",
        "item_basis": "建筑法第八条",
        "applicant": "江门市恒岳科技有限公司",
        "project": "恒岳新能源电池项目（一期）",
        "department": "区住房和城乡建设局",
        "received_on": date(2026, 11, 2),
        "accepted_on": date(2026, 11, 3),
        "deemed": False,
        "starts_on": date(2026, 11, 3),
        "decided_on": None,
        "legal": Limit(7, DayUnit.CALENDAR, date(2026, 11, 10), 20, -13, 9, 0),
        "promised": Limit(3, DayUnit.WORKING, date(2026, 11, 6), 14, -11, 11, 0),
        "light": Light.RED,
        "provisional": False,
        "wrongs": (
            Wrong(LATE_LEGAL, "建筑法第八条", date(2026, 11, 10), None, 9),
            Wrong(Sign.UNTOLD, ARTICLE_45, date(2026, 11, 5), None, 12, "专家评审"),
            Wrong(
                Sign.LATE_START, "行政许可法第三十四条", date(2026, 11, 5), date(2026, 11, 9), 2, "现场核查"
            ),
        ),
        "steps": (
            Step(date(2026, 11, 2), "收件", "收到申请材料"),
            Step(date(2026, 11, 3), "受理", "自11月3日起算"),
            Step(date(2026, 11, 5), "专家评审启动", "未书面告知申请人，时限照算；计划10个工作日"),
            Step(date(2026, 11, 9), "现场核查启动", "最迟应于11月5日启动，晚2个工作日"),
        ),
        "earlier": (),
        "reply_by_on": date(2026, 11, 26),
        "reply_wd": 3,
        "words": "",
    } | more
    return LetterFacts(**values)


def letter(**more: Any) -> Letter:
    return Letter(HEAD, facts(**more))


def bare() -> Letter:
    """No project, no promise, nothing late yet: one request, one page and a little."""
    return letter(
        project="",
        promised=None,
        legal=Limit(20, DayUnit.WORKING, date(2026, 11, 25), 18, 2, 0, 0),
        light=Light.YELLOW,
        wrongs=(Wrong(SOON, "城乡规划法第四十条", date(2026, 11, 25)),),
        steps=(Step(date(2026, 10, 27), "收件", ""), Step(date(2026, 10, 28), "受理", "")),
    )


def long() -> Letter:
    """Names of the greatest length, a second letter, words of the supervisor's own, forty lines of history."""
    long_name = (
        "江门市蓬江区潮连岛滨江生态文明综合整治与新能源汽车零部件产业配套提升工程建设项目（二期A3地块）"
    )
    made = letter(
        project=long_name,
        applicant="江门市蓬江区潮连岛滨江新能源汽车零部件产业园投资开发建设运营管理有限责任公司",
        item="固定资产投资项目节能审查(含碳排放评价)",
        steps=tuple(Step(date(2026, 11, 2), f"第{n}次专家评审启动", "组织专家论证" * 6) for n in range(40)),
        earlier=(Earlier("江蓬政服督〔2026〕3号", date(2026, 11, 12), None),),
        words="请分管领导牵头会商，\n一次性解决。",
    )
    return replace(made, head=replace(HEAD, serial=1208))


def made(it: Letter) -> bytes:
    template = (render.SHIPPED_FOLDER / f"{LETTER}.docx").read_bytes()
    properties = render.Properties(title_of(it), it.head.office, it.head.issued_on)
    return render.render(template, blanks_of(it), properties)
