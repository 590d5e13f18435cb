"""The contract between the papers and their templates: every blank, and what it carries.

A path ends in `[]` for a text of a list, in `[].x` for a column of a list of rows. `sentences` fills
them, `templates_docx/*.docx` uses them; a test fails on one that is missing and on one that is unused.
"""

from __future__ import annotations

from models.vocabulary import BriefingKind

LETTER = "letter"  # the supervision letter, beside the kinds of briefings

_COMMON: dict[str, str] = {
    "masthead": "简报名（红色大字）",
    "issue": "期号，如“2026年第12期”",
    "office": "编印单位",
    "issued_on": "印发日期，如“2026年11月22日”",
    "title_lines[]": "标题，一行一段",
    "lead[]": "导语，先说数字",
    "report_to": "报：",
    "send_to": "送：",
    "distribute_to": "发：",
    "copies": "共印份数",
}


def _rows(name: str, columns: dict[str, str]) -> dict[str, str]:
    return {f"{name}[].{key}": meaning for key, meaning in columns.items()}


_GROUP = {
    "name": "名称",
    "count": "项目数",
    "total": "总投资（万元）",
    "plan": "年度计划（万元）",
    "done": "累计完成（万元）",
    "rate": "完成率（%）",
    "diff": "比序时进度快慢（百分点）",
}

BLANKS: dict[str, dict[str, str]] = {
    BriefingKind.HALL: _COMMON
    | {
        "visits[]": "走访接待",
        "demands[]": "企业诉求",
        "promises[]": "承诺兑现",
        "approvals[]": "审批办理",
        "progress[]": "重点项目总体情况",
        "by_class[]": "分类别情况",
        "by_town[]": "分镇街情况",
        "reds[]": "红灯项目概述",
        "problems[]": "存在问题（项目、原因、责任单位、措施、时限）",
        "decisions[]": "需领导协调事项",
        "next_steps[]": "下一步工作",
        "annex_title_lines[]": "附件标题",
        "annex_notes[]": "附件表注",
    }
    | _rows("class_rows", _GROUP)
    | _rows("town_rows", _GROUP)
    | _rows(
        "red_rows",
        {"no": "序号", "name": "项目", "town": "镇街", "cause": "原因", "who": "责任人", "by": "时限"},
    )
    | _rows(
        "annex_rows",
        {"no": "序号"}
        | {k: v for k, v in _GROUP.items() if k != "count"}
        | {"town": "镇街", "stage": "阶段", "light": "灯", "unit": "责任单位", "officer": "牵头专员"},
    ),
    BriefingKind.PROJECT: _COMMON
    | {
        "basics[]": "项目基本情况",
        "service[]": "服务推进情况",
        "cases[]": "审批办件概述",
        "contact[]": "走访、诉求和承诺",
        "problems[]": "存在问题及原因",
        "next_steps[]": "下一步计划",
        "decisions[]": "需领导协调事项",
    }
    | _rows(
        "node_rows",
        {
            "no": "序号",
            "name": "节点",
            "party": "责任方",
            "planned": "计划完成",
            "done": "实际完成",
            "state": "状态",
        },
    )
    | _rows(
        "case_rows",
        {
            "no": "序号",
            "name": "事项",
            "accepted": "受理日期",
            "limit": "时限",
            "due": "应办结日期",
            "state": "状态",
        },
    ),
    LETTER: {
        "head": "发文机关标志（红色大字）",
        "number": "发文字号，如“江蓬政服督〔2026〕12号”",
        "title_lines[]": "标题，一行一段",
        "to": "主送机关",
        "opening[]": "何人何事、时限和用时",
        "faults[]": "督办事项：出了什么问题、逾期几个工作日、依据",
        "requests[]": "有关要求和回复期限",
        "office": "署名",
        "issued_on": "成文日期，如“2026年11月22日”",
    }
    | _rows("step_rows", {"no": "序号", "on": "日期", "what": "环节", "detail": "情况"}),
}


def known(kind: str) -> set[str]:
    """Every path a template may mention: the blanks themselves and the lists they lie in."""
    paths = set(BLANKS[kind])
    for path in BLANKS[kind]:
        while "[]" in path:
            path = path[: path.rindex("[]")]
            paths.add(path)
            if "." in path:
                path = path[: path.rindex(".")]
    return paths | {f"{p}[]" for p in list(paths) if any(q.startswith(f"{p}[]") for q in paths)}
