"""The report on one project in words."""

from __future__ import annotations

from datetime import date
from typing import Any

from crm.briefings.context import ProjectFacts, ProjectPaper
from crm.briefings.sentences.common import age, as_registered, common_blanks, decision
from crm.briefings.sentences.words import (
    NONE,
    against_pace,
    ahead,
    bare,
    duty,
    exact,
    full_date,
    late_words,
    months,
    names,
    numbered,
    one_line,
    percent,
    share,
    short_date,
    stated_date,
    table_date,
    title_lines,
)
from crm.projects.rules import LEVEL_WITHIN, completion_pct


def project_lead(f: ProjectFacts) -> str:
    """Where the project stands, by the numbers."""
    x = f.line
    text = f"截至{full_date(f.as_of)}，项目处于“{x.stage}”阶段"
    text += f"（{f.status}，{one_line(f.status_reason)}）" if x.suspended and f.status_reason else ""
    text += f"，总投资{exact(x.total_wan)}" if x.total_wan is not None else "，总投资未登记"
    text += f"，{f.year}年度计划投资{exact(x.plan_wan)}" if x.plan_wan else f"，{f.year}年没有年度计划投资"
    value, points = completion_pct(x.done_wan, x.plan_wan), ahead(x.done_wan, x.plan_wan, x.done_month)
    if x.done_wan is None or x.done_month is None:
        text += "，今年尚无进度月报"
    else:
        text += f"，{months(x.done_month)}累计完成投资{exact(x.done_wan)}"
        if value is not None and points is not None:
            text += f"，占年度计划投资的{percent(value)}，{against_pace(points)}"
    done, late = sum(n.done_on is not None for n in f.nodes), sum(bool(n.late) for n in f.nodes)
    if f.nodes:
        text += f"。审批与建设节点{len(f.nodes)}个，{f'已完成{done}个' if done else '均未完成'}"
    else:
        text += "。尚未编制节点计划"
    text += f"，逾期{late}个" if late else ""
    text += "。" + (f"今年走访{f.visits_this_year}次" if f.visits_this_year else "今年没有走访记录")
    raised, closed = len(f.demands), sum(d.closed_on is not None for d in f.demands)
    if raised:
        text += f"，收到企业诉求{raised}件、{f'已办结{closed}件' if closed else '均未办结'}。"
    else:
        text += "，没有收到企业诉求。"
    return text


def basics(f: ProjectFacts) -> list[str]:
    x = f.line
    kind = "，".join(
        y
        for y in (
            f"为{x.level}项目" if x.level else "",
            f"类别为{x.category}" if x.category else "",
            f"类型为{f.project_type}" if f.project_type else "",
            f"所属行业为{f.industry}" if f.industry else "",
        )
        if y
    )
    where = x.town + (f"（{f.site}）" if f.site and x.town else f.site)
    text = f"{x.name}"
    text += f"由{f.enterprise}建设" if f.enterprise else "（建设单位未登记）"
    text += f"，{kind}" if kind else ""
    text += f"，位于{where}" if where else ""
    text += f"，总投资{exact(x.total_wan)}" if x.total_wan is not None else ""
    text += f"，用地{bare(f.land_mu)}亩" if f.land_mu else ""
    text += f"，建筑面积{bare(f.building_sqm)}平方米" if f.building_sqm else ""
    text += "。"
    if f.capacity:
        text += f"建设规模与内容：{one_line(f.capacity)}。"
    codes = [
        f"项目代码{f.project_code}" if f.project_code else "",
        f"统一社会信用代码{f.credit_code}" if f.credit_code else "",
    ]
    lines = [text]
    if any(codes):
        lines.append("；".join(c for c in codes if c) + "。")
    dates = [
        f"计划{stated_date(f.start_on, f.start_precision)}开工" if f.start_on else "计划开工时间未定",
        f"{full_date(f.started_on)}实际开工" if f.started_on else "",
        f"计划{stated_date(f.finish_on, f.finish_precision)}竣工" if f.finish_on else "计划竣工时间未定",
        f"{full_date(f.finished_on)}实际竣工" if f.finished_on else "",
        f"{full_date(f.stage_entered_on)}进入“{x.stage}”阶段" if f.stage_entered_on else "",
    ]
    lines.append("，".join(d for d in dates if d) + "。")
    who = [
        f"挂点领导：{x.leader}" if x.leader else "挂点领导未明确",
        f"责任单位：{x.unit}" if x.unit else "责任单位未明确",
        "、".join(f"{t.role}：{t.name}（{full_date(t.from_on)}起）" for t in f.terms)
        or "截至当日没有在岗联络专员",
        f"企业联系人：{'、'.join(f.contacts)}" if f.contacts else "企业联系人未登记",
    ]
    lines.append("；".join(who) + "。")
    return lines


def node_rows(f: ProjectFacts) -> list[dict[str, str]]:
    def state(n: Any) -> str:
        if n.done_on:
            return "已完成"
        if n.late:
            return f"逾期{n.late}个工作日"
        if n.planned_on is None:
            return "未定计划"
        return (
            "未到期" if n.planned_on >= f.as_of else "暂停"
        )  # past its date, yet not late: the project rests

    return [
        {
            "no": str(i),
            "name": n.name + ("（关键）" if n.critical else ""),
            "party": n.party or NONE,
            "planned": table_date(n.planned_on),
            "done": table_date(n.done_on),
            "state": state(n),
        }
        for i, n in enumerate(f.nodes, 1)
    ]


def service_lines(f: ProjectFacts) -> list[str]:
    lines = []
    if f.report and f.report.progress:
        r = f.report
        lines.append(f"形象进度：{one_line(r.progress)}（{r.month}月月报，{age(r.reported_on, f.as_of)}）。")
    else:
        lines.append("没有经审核的形象进度。")
    if not f.nodes:
        return [*lines, "项目尚未编制节点计划。"]
    done = [n for n in f.nodes if n.done_on]
    open_ = sorted(
        (n for n in f.nodes if not n.done_on and n.planned_on), key=lambda n: n.planned_on or date.max
    )
    told = f"已完成{len(done)}个、占{share(len(done), len(f.nodes))}" if done else "均未完成"
    text = f"审批与建设节点{len(f.nodes)}个，{told}"
    late = [n for n in f.nodes if n.late]
    text += f"，逾期{len(late)}个（{names([n.name for n in late])}）" if late else "，没有逾期"
    if open_:
        n = open_[0]
        assert n.planned_on is not None
        text += f"。当前节点为{n.name}，计划{full_date(n.planned_on)}完成，由{n.party or '（未明确）'}负责"
    text += f"。当前待办方：{f.ball}。" if f.ball else "。"
    return [*lines, text]


def _split(done: int, whole: int, closed: str, still: str) -> str:
    """已办结2件、在办1件; one of them alone is 全部."""
    if done == whole:
        return f"全部{closed}"
    return f"已{closed}{done}件、{still}{whole - done}件" if done else f"全部{still}"


def case_lines(f: ProjectFacts) -> list[str]:
    if not f.cases:
        return ["项目没有审批办件登记。"]
    done = sum(c.state in ("已办结", "超时办结") for c in f.cases)
    text = f"审批办件{len(f.cases)}件，{_split(done, len(f.cases), '办结', '在办')}。"
    if any(c.provisional for c in f.cases):
        text += "带“*”的日期按尚未公布放假安排的年份推算，为暂定。"
    return [text]


def case_rows(f: ProjectFacts) -> list[dict[str, str]]:
    return [
        {
            "no": str(i),
            "name": c.name,
            "accepted": table_date(c.accepted_on),
            "limit": c.limit or NONE,
            "due": table_date(c.due_on) + ("*" if c.provisional and c.due_on else ""),
            "state": c.state,
        }
        for i, c in enumerate(f.cases, 1)
    ]


def contact_lines(f: ProjectFacts) -> list[str]:
    year = f.as_of.year
    lines = []
    if f.visits_this_year:
        text = f"今年走访{f.visits_this_year}次。"
        if f.last_visits:
            v = f.last_visits[0]
            who = f"，{'、'.join(v.people)}参加" if v.people else ""
            note = one_line(v.note)
            text += f"最近一次为{short_date(v.on, year)}（{v.mode}{who}）" + (f"：{note}。" if note else "。")
        lines.append(text)
    else:
        lines.append("今年没有走访记录。")
    if f.demands:
        closed = sum(d.closed_on is not None for d in f.demands)
        lines.append(f"收到企业诉求{len(f.demands)}件，{_split(closed, len(f.demands), '办结', '未办结')}：")
        lines += numbered(
            [
                f"{d.demand_class}（{d.grade}）：{one_line(d.content)}（{short_date(d.raised_on, year)}提出）。"
                + (
                    f"{short_date(d.closed_on, year)}办结"
                    + (f"，结果：{one_line(d.result)}。" if d.result else "。")
                    if d.closed_on
                    else f"未办结，已{(f.as_of - d.raised_on).days}天。"
                )
                for d in f.demands
            ],
            what="件",
        )
    else:
        lines.append("没有收到企业诉求。")
    if f.promises:
        late = sum(bool(m.late) for m in f.promises)
        lines.append(
            f"对企业未兑现承诺{len(f.promises)}项" + (f"，其中逾期{late}项：" if late else "，均未到期：")
        )
        lines += numbered(
            [
                f"{one_line(m.what)}。责任人{m.who or '未明确'}，"
                + (f"承诺{short_date(m.on, year)}完成" if m.on else "时限未定")
                + f"{late_words(m)}。"
                for m in f.promises
            ]
        )
    else:
        lines.append("没有未兑现的承诺。")
    return lines


def project_problems(f: ProjectFacts) -> list[str]:
    lines = []
    if f.line.suspended:
        since = f"{full_date(f.status_on)}起" if f.status_on else ""
        why = f"，{one_line(f.status_reason)}" if f.status_reason else ""
        lines.append(
            f"项目{since}暂停{why}，暂停期间节点不计逾期。责任单位：{duty(f.line.unit, f.line.officers)}。"
        )
    if f.report and f.report.problem:
        r = f.report
        lines.append(
            f"{one_line(r.problem)}。责任单位：{duty(f.line.unit, f.line.officers)}"
            f"（{r.month}月月报，{age(r.reported_on, f.as_of)}）。"
        )
    for n in f.nodes:
        if n.late and n.planned_on:
            lines.append(
                f"{n.name}应于{full_date(n.planned_on)}完成，已逾期{n.late}个工作日，责任方：{n.party or '未明确'}。"
            )
    for c in f.cases:
        if c.state.startswith("逾期") and c.due_on:
            lines.append(
                f"{c.name}应于{full_date(c.due_on)}办结，{c.state}，办理单位：{c.department or '未登记'}。"
            )
    points = ahead(f.line.done_wan, f.line.plan_wan, f.line.done_month)
    if points is not None and points <= -LEVEL_WITHIN:
        lines.append(f"投资完成{against_pace(points)}，责任单位：{duty(f.line.unit, f.line.officers)}。")
    if not lines:
        return ["没有经审核的问题上报，也没有逾期的节点和办件。"]
    return numbered(lines, what="个问题")


def project_next(f: ProjectFacts) -> list[str]:
    lines = []
    if f.report and f.report.next_step:
        r = f.report
        lines.append(
            f"{one_line(r.next_step)}。责任单位：{duty(f.line.unit, f.line.officers)}"
            f"（{r.month}月月报，{age(r.reported_on, f.as_of)}）。"
        )
    coming = sorted(
        (n for n in f.nodes if not n.done_on and n.planned_on and n.planned_on >= f.as_of),
        key=lambda n: n.planned_on or date.max,
    )
    for n in coming[:5]:
        assert n.planned_on is not None
        lines.append(f"{full_date(n.planned_on)}前完成{n.name}，责任方：{n.party or '未明确'}。")
    if not lines:
        return ["没有经审核的下一步计划，也没有已排期的后续节点。"]
    more = len(coming) - 5
    return numbered(lines, what="个节点") + ([f"其后另有{more}个节点，见表1。"] if more > 0 else [])


def project_title(f: ProjectFacts) -> list[str]:
    return title_lines(f.line.name, "服务专报")


def project_blanks(paper: ProjectPaper) -> dict[str, Any]:
    """Every blank of project.docx."""
    f = paper.facts
    return common_blanks(paper.imprint, project_title(f)) | {
        "lead": [project_lead(f)],
        "basics": [*basics(f), *as_registered(f.as_of, paper.imprint.issued_on)],
        "service": service_lines(f),
        "node_rows": node_rows(f),
        "cases": case_lines(f),
        "case_rows": case_rows(f),
        "contact": contact_lines(f),
        "problems": project_problems(f),
        "next_steps": project_next(f),
        "decisions": numbered([decision(x, f.as_of) for x in f.decisions]) or ["没有需领导协调事项。"],
    }
