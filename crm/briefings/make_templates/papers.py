"""The papers as they began: what stands where."""

from __future__ import annotations

from crm.briefings import layout as L
from crm.briefings.make_templates.pieces import Column, each, endnote, h1, h2, only_if, p, section, table
from crm.briefings.make_templates.styles import KEEP


def _masthead() -> list[str]:
    return [
        p("Masthead", "{{ masthead }}"),
        p("Issue", "{{ issue }}"),
        p("Imprint", "{{ office }}", "\t", "{{ issued_on }}"),
        p("Body"),
        each("PaperTitle", "title_lines"),
        p("Body"),
        each("Body", "lead"),
    ]


def _group_columns(first: str) -> list[Column]:
    return [
        Column(first, "name", 1844, "l"),
        Column("项目数", "count", 900, "r"),
        Column("总投资", "total", 1400, "r"),
        Column("年度计划", "plan", 1300, "r"),
        Column("累计完成", "done", 1300, "r"),
        Column("完成率\n（%）", "rate", 1000, "r"),
        Column("快慢\n(百分点)", "diff", 1100, "r"),
    ]


def hall() -> list[str]:
    """会客厅服务简报: what the hall did in a period, and where the key projects stand."""
    return [
        *_masthead(),
        h1("一、会客厅服务情况"),
        h2("（一）走访接待"),
        each("Body", "visits"),
        h2("（二）企业诉求"),
        each("Body", "demands"),
        h2("（三）承诺兑现"),
        each("Body", "promises"),
        h2("（四）审批办理"),
        each("Body", "approvals"),
        h1("二、重点项目推进情况"),
        h2("（一）总体情况"),
        each("Body", "progress"),
        h2("（二）分类别情况"),
        each("Body", "by_class"),
        only_if(
            "class_rows",
            p("Caption1", "表1  各类别重点项目投资完成情况"),
            p("Unit", "单位：项、万元"),
            table("class_rows", _group_columns("类别")),
            p("Gap"),
        ),
        h2("（三）分镇街情况"),
        each("Body", "by_town"),
        only_if(
            "town_rows",
            p("Caption1", "表2  各镇街重点项目投资完成情况"),
            p("Unit", "单位：项、万元"),
            table("town_rows", _group_columns("镇街")),
            p("Gap"),
        ),
        h1("三、红灯项目"),
        each("Body", "reds"),
        only_if(
            "red_rows",
            p("Caption1", "表3  红灯项目清单"),
            table(
                "red_rows",
                [
                    Column("序号", "no", 560),
                    Column("项目", "name", 2200, "l"),
                    Column("镇街", "town", 960),
                    Column("原因", "cause", 2300, "l"),
                    Column("责任人", "who", 1404, "l"),
                    Column("时限", "by", 1420),
                ],
            ),
            p("Gap"),
        ),
        h1("四、存在问题"),
        each("Body", "problems"),
        h1("五、需领导协调事项"),
        each("Body", "decisions"),
        h1("六、下一步工作"),
        each("Body", "next_steps"),
        p("Body"),
        p("AnnexNote", "附件：重点项目进展情况表", more=section(wide=False)),
        p("AnnexMark", "附件"),
        each("PaperTitle", "annex_title_lines"),
        p("Unit", "单位：万元"),
        table(
            "annex_rows",
            [
                Column("序号", "no", 420),
                Column("项目名称", "name", 2044, "l"),
                Column("镇街", "town", 970),
                Column("阶段", "stage", 1250),
                Column("灯", "light", 640),
                Column("总投资", "total", 1290, "r"),
                Column("年度计划", "plan", 1120, "r"),
                Column("累计完成", "done", 1120, "r"),
                Column("完成率\n（%）", "rate", 790, "r"),
                Column("快慢\n(百分点)", "diff", 960, "r"),
                Column("责任单位", "unit", 1372, "l"),
                Column("专员", "officer", 780),
            ],
            annex=True,
        ),
        p("Gap"),
        each("ACell", "annex_notes"),
        p("Gap"),
        endnote(L.ANNEX_W, floating=False),
        section(wide=True),
    ]


def project() -> list[str]:
    """重点项目服务专报: one project, whole."""
    return [
        *_masthead(),
        h1("一、项目基本情况"),
        each("Body", "basics"),
        h1("二、服务推进情况"),
        each("Body", "service"),
        only_if(
            "node_rows",
            p("Caption1", "表1  审批与建设节点"),
            table(
                "node_rows",
                [
                    Column("序号", "no", 560),
                    Column("节点", "name", 2800, "l"),
                    Column("责任方", "party", 1900, "l"),
                    Column("计划完成", "planned", 1200),
                    Column("实际完成", "done", 1200),
                    Column("状态", "state", 1184),
                ],
            ),
            p("Gap"),
        ),
        each("Body", "cases"),
        only_if(
            "case_rows",
            p("Caption1", "表2  审批办件"),
            table(
                "case_rows",
                [
                    Column("序号", "no", 560),
                    Column("事项", "name", 2884, "l"),
                    Column("受理", "accepted", 1200),
                    Column("时限", "limit", 1250),
                    Column("应办结", "due", 1250),
                    Column("状态", "state", 1700),
                ],
            ),
            p("Gap"),
        ),
        h1("三、企业诉求及办理"),
        each("Body", "contact"),
        h1("四、存在问题及原因"),
        each("Body", "problems"),
        h1("五、下一步计划和需协调事项"),
        h2("（一）下一步计划"),
        each("Body", "next_steps"),
        h2("（二）需领导协调事项"),
        each("Body", "decisions"),
        endnote(L.TYPE_W, floating=True),
        section(wide=False),
    ]


def letter() -> list[str]:
    """督办函: one case pressed for. The order and places of GB/T 9704-2012 7.2-7.3, with room for the seal."""
    return [
        p("LetterHead", "{{ head }}"),
        p("LetterNumber", "{{ number }}"),
        p("Body"),
        p("Body"),
        each("PaperTitle", "title_lines"),
        p("Body"),
        p("LetterTo", "{{ to }}："),
        each("Body", "opening"),
        h1("一、督办事项"),
        each("Body", "faults"),
        h1("二、办理经过"),
        p("LetterLead", "该办件自收件以来的办理经过如下："),
        table(
            "step_rows",
            [
                Column("序号", "no", 640),
                Column("日期", "on", 1360),
                Column("环节", "what", 2100, "l"),
                Column("情况", "detail", 4744, "l"),
            ],
        ),
        p("Gap"),
        h1("三、有关要求"),
        # The requests go over the page with the signature, which never stands there alone.
        p("Body", "{%p for text in requests %}"),
        p("Body", "{{ text }}", more=KEEP),
        p("Body", "{%p endfor %}"),
        p("LetterBlank"),
        p("LetterSign", "{{ office }}"),
        p("LetterDate", "{{ issued_on }}"),
        section(wide=False),
    ]
