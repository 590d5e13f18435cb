"""The hall's briefing in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from crm.briefings.context import Count, HallFacts, HallPaper, Matter, Pace, Problem, ProjectLine, Red
from crm.briefings.sentences.common import age, as_registered, common_blanks, decision
from crm.briefings.sentences.sums import (
    Group,
    best_and_worst,
    group_rows,
    grouped,
    investment,
    starts,
    together,
)
from crm.briefings.sentences.words import (
    LIGHT_WORDS,
    NAMED,
    NONE,
    against_pace,
    ahead,
    column,
    counts,
    duty,
    full_date,
    late_words,
    names,
    numbered,
    one_line,
    percent,
    period,
    points_cell,
    rate_cell,
    share,
    short_date,
    table_date,
    title_lines,
    yi,
)
from crm.projects.rules import completion_pct, schedule_pct
from models.vocabulary import Light


def overview(f: HallFacts) -> str:
    """The first paragraph a leader reads."""
    if not f.projects:
        return f"截至{full_date(f.as_of)}，全区在册重点项目0项。"
    whole = together("", f.projects)
    suspended = sum(x.suspended for x in f.projects)
    completed = sum(x.completed for x in f.projects)
    aside = counts([Count("暂停", suspended), Count("已完成", completed)], "项")
    aside = f"（其中{aside}）" if aside else ""
    return (
        f"截至{full_date(f.as_of)}，全区安排重点项目{whole.count}项{aside}，项目总投资{yi(whole.total_wan)}，"
        + investment(whole, f.pace)
        + starts(f.pace)
    )


def end_of(f: HallFacts) -> str:
    """截至期末; 截至11月23日 while the period still runs."""
    return "截至期末" if f.as_of == f.to_on else f"截至{short_date(f.as_of, f.to_on.year)}"


def is_quiet(f: HallFacts) -> bool:
    """Nothing at all was recorded in the period."""
    return not any(
        (
            f.visits.total,
            f.demands.raised,
            f.demands.closed,
            f.promises.made,
            f.promises.due,
            f.cases.accepted,
            f.cases.decided,
        )
    )


def _pair(what: str, n: int, unit: str, then: str, m: int) -> str:
    """收到企业诉求9件、办结诉求4件; nothing is said in words, not as 0."""
    if n and m:
        return f"{what}{n}{unit}、{then}{m}{unit}"
    if n:
        return f"{what}{n}{unit}、没有{then}"
    return f"没有{what}" + (f"、{then}{m}{unit}" if m else "")


def service(f: HallFacts) -> str:
    """The second paragraph: the hall's own work in the period."""
    when = period(f.from_on, f.to_on)
    tail = (
        f"{end_of(f)}，红灯项目{len(f.reds)}项，需领导协调事项{len(f.decisions)}项。"
        if f.reds or f.decisions
        else f"{end_of(f)}，没有红灯项目和需领导协调事项。"
    )
    if is_quiet(f):
        return f"{when}，没有走访接待、企业诉求、服务承诺和审批办件记录。{tail}"
    told = [
        f"走访接待{f.visits.total}次、涉及企业{f.visits.enterprises}家"
        if f.visits.total
        else "没有走访接待记录",
        _pair("收到企业诉求", f.demands.raised, "件", "办结诉求", f.demands.closed),
        _pair("到期承诺", f.promises.due, "项", "按期兑现", f.promises.kept),
        f"审批办结{f.cases.decided}件"
        + (f"、其中超时{f.cases.decided_late}件" if f.cases.decided_late else "")
        if f.cases.decided
        else "没有审批办结件",
    ]
    return f"{when}，{'，'.join(told)}。{tail}"


def visits(f: HallFacts) -> list[str]:
    v = f.visits
    if not v.total:
        return ["本期没有走访接待记录。"]
    text = f"本期走访接待{v.total}次，涉及企业{v.enterprises}家。按方式分，{counts(v.by_mode, '次')}。"
    if any(c.n for c in v.by_town):
        text += f"按镇街分，{counts(v.by_town, '次')}。"
    return [text]


def demands(f: HallFacts) -> list[str]:
    d = f.demands
    first = (
        f"本期收到企业诉求{d.raised}件，按类别分，{counts(d.by_class, '件')}；"
        if d.raised
        else "本期没有新增企业诉求；"
    )
    first += f"办结{d.closed}件。" if d.closed else "没有办结诉求。"
    if not d.open_total:
        return [first + f"{end_of(f)}，没有未办结诉求。"]
    major = f"，其中Ⅳ级（重大）{d.open_major}件" if d.open_major else ""
    return [first + f"{end_of(f)}，未办结诉求{d.open_total}件{major}。"]


def promises(f: HallFacts) -> list[str]:
    s = f.promises
    made = f"本期新作承诺{s.made}项；" if s.made else "本期没有新作承诺；"
    if s.due:
        parts = [
            Count("按期兑现", s.kept),
            Count("逾期兑现", s.kept_late),
            Count("到期未兑现", s.broken),
            Count("最后一天到期待兑现", s.falling_due),
        ]
        over = s.due - s.falling_due
        rate = ""
        if over:
            rate = f"，按期兑现率{share(s.kept, over)}" if s.kept else "，没有按期兑现的"
        due = f"本期到期{s.due}项，{counts(parts, '项')}{rate}。"
    else:
        due = "没有到期承诺。"
    if not s.open_total:
        return [made + due + f"{end_of(f)}，没有未兑现承诺。"]
    late = f"，其中逾期{len(s.overdue)}项：" if s.overdue else "，均未到期。"
    lines = [made + due + f"{end_of(f)}，未兑现承诺{s.open_total}项{late}"]
    year = f.as_of.year
    return lines + numbered(
        [
            f"{m.subject}：{one_line(m.what)}。责任人{m.who or '未明确'}，"
            + (f"承诺{short_date(m.on, year)}完成" if m.on else "未定时限")
            + f"{late_words(m)}。"
            for m in s.overdue
        ]
    )


def approvals(f: HallFacts) -> list[str]:
    c = f.cases
    told = [f"本期受理审批办件{c.accepted}件" if c.accepted else "本期没有新受理审批办件"]
    if c.decided:
        in_time = c.decided - c.decided_late
        told.append(
            f"办结{c.decided}件，其中{counts([Count('按时办结', in_time), Count('超时办结', c.decided_late)], '件')}，"
            f"按时办结率{share(in_time, c.decided)}"
            if in_time and c.decided_late
            else f"办结{c.decided}件，全部{'按时' if in_time else '超时'}办结"
        )
    else:
        told.append("没有办结件")
    text = "；".join(told) + "。"
    if not c.open_total:
        return [text + f"{end_of(f)}，没有在办件。"]
    aside = [f"停表{c.stopped}件" if c.stopped else "", f"逾期{len(c.overdue)}件" if c.overdue else ""]
    inner = "、".join(x for x in aside if x)
    text += f"{end_of(f)}，在办{c.open_total}件" + (f"，其中{inner}" if inner else "，均未停表、未逾期")
    lines = [text + ("，逾期件如下：" if c.overdue else "。")]
    year = f.as_of.year
    return lines + numbered(
        [
            f"{m.subject}：{one_line(m.what)}，由{m.who or '（部门未登记）'}办理，"
            + (f"应于{short_date(m.on, year)}办结" if m.on else "时限未定")
            + f"{late_words(m)}。"
            for m in c.overdue
        ],
        what="件",
    )


def progress(f: HallFacts) -> list[str]:
    if not f.projects:
        return ["全区没有在册重点项目。"]
    whole = together("", f.projects)
    lines = [f"全区重点项目{whole.count}项，总投资{yi(whole.total_wan)}，" + investment(whole, f.pace)]
    if f.pace.month is not None and f.pace.behind_report:
        lines[0] += (
            f"其中{f.pace.behind_report}项未报{f.pace.month}月进度，按最近一次上报数计，没有上报的按0计。"
        )
    levels = grouped(f.projects, "level", "未定级别")
    if len(levels) > 1:
        lines.append("按级别分，" + "；".join(_level_words(g, f.pace) for g in levels) + "。")
    shown = [Light.GREEN, Light.YELLOW, Light.ORANGE, Light.RED]
    lit = [Count(LIGHT_WORDS[x], sum(p.light is x and not p.suspended for p in f.projects)) for x in shown]
    paused = sum(p.suspended for p in f.projects)
    closed = sum(p.light is Light.GREY and not p.suspended for p in f.projects)
    lit += [Count("暂停", paused), Count("已完成", closed)]
    lines.append(f"按亮灯分，{counts(lit, '项')}。")
    lines.append(starts(f.pace, named=True))
    return lines


def _level_words(g: Group, pace: Pace) -> str:
    text = f"{g.name}{g.count}项，总投资{yi(g.total_wan)}"
    value, points = completion_pct(g.done_wan, g.plan_wan), ahead(g.done_wan, g.plan_wan, pace.month)
    if value is None or points is None:
        return text
    return f"{text}，完成年度计划投资的{percent(value)}，{against_pace(points)}"


def red_list(f: HallFacts) -> list[str]:
    if not f.reds:
        return [f"{end_of(f)}，没有红灯项目。"]
    return [
        f"{end_of(f)}，红灯项目{len(f.reds)}项，占重点项目总数的{share(len(f.reds), len(f.projects))}，"
        f"分别是{names([r.project for r in f.reds])}。"
    ]


def red_rows(reds: Sequence[Red]) -> list[dict[str, str]]:
    return [
        {
            "no": str(n),
            "name": r.project,
            "town": r.town or NONE,
            "cause": one_line(r.cause),
            "who": "、".join(x for x in (r.unit, *r.officers) if x) or "未明确",
            "by": table_date(r.due_on) if r.due_on else "未定",
        }
        for n, r in enumerate(reds, 1)
    ]


def problem(x: Problem, on: date) -> str:
    """One difficulty: project, cause, who, what next, by when, and how old the words are."""
    place = f"（{x.town}）" if x.town else ""
    if x.due_on is None or not x.due_what:
        by = "未报"
    elif x.due_on < on:
        by = f"原定{short_date(x.due_on, on.year)}完成{x.due_what}，已过期，须重新明确"
    else:
        by = f"{short_date(x.due_on, on.year)}前完成{x.due_what}"
    step = one_line(x.next_step)
    return (
        f"{x.project}{place}：{one_line(x.text)}。责任单位：{duty(x.unit, x.officers)}；"
        f"下一步：{step or '未报措施'}；时限：{by}（{x.month}月月报，{age(x.reported_on, on)}）。"
    )


def next_steps(f: HallFacts) -> list[str]:
    """What comes due, and what is late, each with who and by when."""
    year, lines = f.as_of.year, []

    def dated(m: Matter) -> str:
        when = short_date(m.on, year) if m.on else "时限未定"
        return f"{m.subject}{one_line(m.what)}（{when}，{m.who or '责任人未明确'}）"

    def some(items: Sequence[Matter]) -> str:
        shown = "；".join(dated(m) for m in items[:NAMED])
        return shown + (f"；另有{len(items) - NAMED}项见系统清单" if len(items) > NAMED else "")

    if f.coming_nodes:
        lines.append(
            f"一是抓好到期节点。未来{f.coming_days}天有{len(f.coming_nodes)}个节点到期：{some(f.coming_nodes)}。"
        )
    late = list(f.late_nodes) + list(f.cases.overdue)
    if late:
        head = "一二三"[len(lines)]
        lines.append(
            f"{head}是督办逾期事项。逾期节点{len(f.late_nodes)}个、逾期办件{len(f.cases.overdue)}件："
            + "；".join(
                f"{m.subject}{one_line(m.what)}（{m.who or '责任人未明确'}{late_words(m)}）"
                for m in late[:NAMED]
            )
            + (f"；另有{len(late) - NAMED}项见系统清单" if len(late) > NAMED else "")
            + "。"
        )
    if f.coming_promises:
        head = "一二三"[len(lines)]
        lines.append(
            f"{head}是兑现服务承诺。未来{f.coming_days}天有{len(f.coming_promises)}项承诺到期：{some(f.coming_promises)}。"
        )
    if lines:
        return lines
    return [f"未来{f.coming_days}天没有到期的节点和承诺，目前没有逾期的节点和办件。"]


def annex_rows(lines: Sequence[ProjectLine], month: int | None) -> list[dict[str, str]]:
    """The annex, a row a project, the total last."""
    whole = together("合计", lines)
    totals = column([*(x.total_wan for x in lines), whole.total_wan])
    plans = column([*(x.plan_wan for x in lines), whole.plan_wan])
    dones = column([*(x.done_wan for x in lines), whole.done_wan])
    rows = [
        {
            "no": str(i + 1),
            "name": x.name + ("（暂停）" if x.suspended else "（已完成）" if x.completed else ""),
            "town": x.town or NONE,
            "stage": x.stage,
            "light": "暂停" if x.suspended else LIGHT_WORDS[x.light],
            "total": totals[i],
            "plan": plans[i],
            "done": dones[i],
            "rate": rate_cell(completion_pct(x.done_wan, x.plan_wan)),
            "diff": points_cell(ahead(x.done_wan, x.plan_wan, month)),
            "unit": x.unit or NONE,
            "officer": x.officers[0] if x.officers else "未指派",
        }
        for i, x in enumerate(lines)
    ]
    rows.append(
        {
            "no": "",
            "name": f"合计（{whole.count}项）",
            "town": "",
            "stage": "",
            "light": "",
            "total": totals[-1],
            "plan": plans[-1],
            "done": dones[-1],
            "rate": rate_cell(completion_pct(whole.done_wan, whole.plan_wan)),
            "diff": points_cell(ahead(whole.done_wan, whole.plan_wan, month)),
            "unit": "",
            "officer": "",
        }
    )
    return rows


def annex_notes(pace: Pace) -> list[str]:
    told = "注：“快慢”为完成率与序时进度之差，“—”表示没有年度计划或没有上报"
    if pace.month is not None:
        told += f"；序时进度按{pace.month}个月计，为{percent(schedule_pct(pace.month))}"
    return [told + "。"]


def hall_title(f: HallFacts) -> list[str]:
    return title_lines(f"关于{period(f.from_on, f.to_on)}", "会客厅服务工作情况的简报")


def hall_blanks(paper: HallPaper) -> dict[str, Any]:
    """Every blank of hall.docx."""
    f = paper.facts
    month = f.pace.month
    whole = together("合计", f.projects)
    classes = grouped(f.projects, "category", "未分类")
    towns = grouped(f.projects, "town", "未定镇街")
    return common_blanks(paper.imprint, hall_title(f)) | {
        "lead": [overview(f), service(f)],
        "visits": visits(f),
        "demands": demands(f),
        "promises": promises(f),
        "approvals": approvals(f),
        "progress": progress(f),
        "by_class": [_by(classes, month, "类", f)],
        "class_rows": group_rows(classes, whole, month) if classes else [],
        "by_town": [_by(towns, month, "个镇街", f)],
        "town_rows": group_rows(towns, whole, month) if towns else [],
        "reds": red_list(f),
        "red_rows": red_rows(f.reds),
        "problems": numbered([problem(x, f.as_of) for x in f.problems], what="个问题")
        or ["本期没有经审核的问题上报。"],
        "decisions": numbered([decision(x, f.as_of) for x in f.decisions])
        or [f"{end_of(f)}，没有需领导协调事项。"],
        "next_steps": next_steps(f),
        # A line of the annex, which lies on its side, holds 28 characters of a title.
        "annex_title_lines": [f"截至{full_date(f.as_of)}重点项目进展情况表"],
        "annex_rows": annex_rows(f.projects, month),
        "annex_notes": [
            *annex_notes(f.pace),
            *(x.removeprefix("注：") for x in as_registered(f.as_of, paper.imprint.issued_on)),
        ],
    }


def _by(groups: Sequence[Group], month: int | None, unit: str, f: HallFacts) -> str:
    if not groups:
        return "没有在册重点项目。"
    told = f"重点项目涉及{len(groups)}{unit}。"
    return told + (best_and_worst(groups, month, unit) or "可比的完成率不足两个，不作排名。")
