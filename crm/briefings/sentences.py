"""How the papers put their facts: pure wording, facts in, sentences out.

Numerals by GB/T 15835-2011 (Arabic numbers, years in four digits, no leading zero). 快于/慢于/持平 and
个百分点 as the published reports of the trade use them. House rules: a rate is floored to one decimal,
so that 100% is printed only when it is; a difference of rates is computed from unrounded amounts and
printed half up; under 0.05 it is 持平; no adjective without a number.

The papers are Chinese documents whatever language the screen speaks, so nothing here is translated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from crm.briefings.context import (
    Count,
    HallFacts,
    HallPaper,
    Imprint,
    Matter,
    Pace,
    Paper,
    Problem,
    ProjectFacts,
    ProjectLine,
    ProjectPaper,
    Red,
)
from crm.projects.rules import LEVEL_WITHIN, completion_pct, schedule_pct
from crm.projects.rules import pace as points_ahead
from models.vocabulary import DatePrecision, Light

TENTH = Decimal("0.1")
NONE = "—"
LISTED = 10  # items of one list in the text; what is over is counted, never dropped silently
NAMED = 5  # of names or items strung together in one sentence
TITLE_CHARS = 18  # a 22 pt line holds 20

LIGHT_WORDS = {
    Light.GREEN: "绿灯",
    Light.YELLOW: "黄灯",
    Light.ORANGE: "橙灯",
    Light.RED: "红灯",
    Light.BLUE: "暂停",
    Light.GREY: "已结",
}


# Numbers and dates ------------------------------------------------------------------------------


def full_date(value: date) -> str:
    """2026年11月2日."""
    return f"{value.year}年{value.month}月{value.day}日"


def short_date(value: date, year: int) -> str:
    """11月2日, with its year when that is not `year`."""
    return f"{value.month}月{value.day}日" if value.year == year else full_date(value)


def table_date(value: date | None) -> str:
    """2026-11-02: the one style of every table."""
    return value.isoformat() if value else NONE


def stated_date(value: date, precision: DatePrecision) -> str:
    """As exactly as it was promised: 2026年, 2026年3月, 2026年3月1日."""
    if precision is DatePrecision.YEAR:
        return f"{value.year}年"
    return f"{value.year}年{value.month}月" if precision is DatePrecision.MONTH else full_date(value)


def _last_day(value: date) -> bool:
    return (date.fromordinal(value.toordinal() + 1)).month != value.month


def period(start: date, end: date) -> str:
    """2026年10月 for a whole month; else from a day to a day, nothing said twice."""
    if start == end:
        return full_date(start)
    if start.year != end.year:
        return f"{full_date(start)}至{full_date(end)}"
    if start.day == 1 and _last_day(end):
        if start.month == end.month:
            return f"{start.year}年{start.month}月"
        return f"{start.year}年{start.month}—{end.month}月"
    if start.month == end.month:
        return f"{start.year}年{start.month}月{start.day}日至{end.day}日"
    return f"{full_date(start)}至{end.month}月{end.day}日"


def months(last: int) -> str:
    """1—10月; January alone is 1月."""
    return "1月" if last == 1 else f"1—{last}月"


def yi(wan: Decimal) -> str:
    """An aggregate from 万元: 31.8亿元, one decimal, half up; under 1亿元 it stays in 万元."""
    if abs(wan) < 10_000:
        return f"{_bare(wan)}万元"
    return f"{(wan / 10_000).quantize(TENTH, ROUND_HALF_UP)}亿元"


def exact(wan: Decimal) -> str:
    """One project's amount, nothing rounded: 8.65亿元 when two decimals hold it, else 86543万元."""
    if abs(wan) >= 10_000 and wan % 100 == 0:
        return f"{_bare(wan / 10_000)}亿元"
    return f"{_bare(wan)}万元"


def _bare(value: Decimal) -> str:
    return format(value.normalize(), "f")


def floored(value: Decimal) -> Decimal:
    """One decimal, downwards: 99.99 stays below 100. The one exception keeps 100 for equality alone:
    what lies just above it is told as 100.1."""
    shown = value.quantize(TENTH, ROUND_FLOOR)
    return shown + TENTH if shown == 100 and value != 100 else shown


def percent(value: Decimal) -> str:
    """97.1%; a whole number without its zero: 25%."""
    shown = floored(value)
    return f"{shown:.0f}%" if shown == shown.to_integral_value() else f"{shown}%"


def share(part: int, whole: int) -> str:
    """6.5% of a count."""
    return percent(Decimal(part * 100) / whole)


def ahead(done: Decimal | None, plan: Decimal | None, month: int | None) -> Decimal | None:
    """Percentage points ahead (+) or behind (-) 序时进度, unrounded; None without a report."""
    return None if month is None else points_ahead(done, plan, month)


def against_pace(points: Decimal) -> str:
    """快于序时进度2.1个百分点 / 慢于… / 与序时进度持平."""
    if abs(points) < LEVEL_WITHIN:
        return "与序时进度持平"
    shown = abs(points).quantize(TENTH, ROUND_HALF_UP)
    return f"{'快于' if points > 0 else '慢于'}序时进度{shown}个百分点"


def column(values: Sequence[Decimal | None]) -> list[str]:
    """A table's column of amounts: thousands parted, the same decimals in every row, exact."""
    places = max((_places(v) for v in values if v is not None), default=0)
    return [NONE if v is None else f"{v:,.{places}f}" for v in values]


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def rate_cell(value: Decimal | None) -> str:
    return NONE if value is None else f"{floored(value)}"


def points_cell(points: Decimal | None) -> str:
    if points is None:
        return NONE
    shown = points.quantize(TENTH, ROUND_HALF_UP)
    return f"{shown}" if shown else "0.0"


# Words --------------------------------------------------------------------------------------------


def one_line(text: str) -> str:
    """Free text inside a sentence: its lines joined, its last stop taken off."""
    lines = [
        part.strip().rstrip("。；;.") for part in text.replace("\r", "\n").replace("\v", "\n").split("\n")
    ]
    return "；".join(part for part in lines if part)


def counts(items: Iterable[Count], unit: str) -> str:
    """上门10次、电话3次; what did not happen is not told."""
    return "、".join(f"{c.name}{c.n}{unit}" for c in items if c.n)


def names(items: Sequence[str], *, most: int = NAMED) -> str:
    return "、".join(items[:most]) + (f"等{len(items)}项" if len(items) > most else "")


def numbered(items: Sequence[str], *, most: int = LISTED, what: str = "项") -> list[str]:
    """1.… 2.… as paragraphs; what is over is counted."""
    lines = [f"{n}.{text}" for n, text in enumerate(items[:most], 1)]
    if len(items) > most:
        lines.append(f"另有{len(items) - most}{what}，见系统清单。")
    return lines


def late_words(matter: Matter) -> str:
    return f"，已逾期{matter.late}{matter.unit_word}" if matter.late else ""


def duty(unit: str, officers: Sequence[str]) -> str:
    """Who answers: the unit, then the officers; both missing is said."""
    who = [unit] if unit else []
    if officers:
        who.append(f"联络专员{'、'.join(officers)}")
    return "、".join(who) or "责任单位和联络专员未明确"


def title_lines(*parts: str) -> list[str]:
    """A title of lines of at most `TITLE_CHARS`, broken between parts, inside a part evenly."""
    whole = "".join(parts)
    if len(whole) <= TITLE_CHARS:
        return [whole]
    lines: list[str] = []
    for part in parts:
        rest = part
        while len(rest) > TITLE_CHARS:
            cut = _break_at(rest)
            lines.append(rest[:cut])
            rest = rest[cut:]
        lines.append(rest)
    return lines


def _break_at(text: str) -> int:
    """Where to break a long line: before a bracket or after a natural seam, else evenly, never inside a number or Latin word."""
    rows = -(-len(text) // TITLE_CHARS)
    ideal = -(-len(text) // rows)
    seams = [
        i
        for i in range(4, min(TITLE_CHARS, len(text) - 3) + 1)
        if text[i] in "（(" or text[i - 1] in "）)的市区镇县、"
    ]
    if seams:
        best = min(seams, key=lambda i: abs(i - ideal))
        if len(text) - best <= TITLE_CHARS * (rows - 1) or rows > 2:
            return best
    cut = min(ideal, TITLE_CHARS)
    while cut > 4 and text[cut - 1].isascii() and text[cut].isascii() and text[cut].isalnum():
        cut -= 1
    return cut


# Sums ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """Some projects taken together; every total is the sum of its own lines."""

    name: str
    count: int
    total_wan: Decimal
    plan_wan: Decimal
    done_wan: Decimal


def together(name: str, lines: Iterable[ProjectLine]) -> Group:
    held = list(lines)
    return Group(
        name,
        len(held),
        sum((x.total_wan or Decimal() for x in held), Decimal()),
        sum((x.plan_wan or Decimal() for x in held), Decimal()),
        sum((x.done_wan or Decimal() for x in held), Decimal()),
    )


def grouped(lines: Sequence[ProjectLine], field: str, empty: str) -> list[Group]:
    """One group for each value of `field`, in the order of the lines' own first sight, the unnamed last."""
    seen: dict[str, list[ProjectLine]] = {}
    for line in lines:
        seen.setdefault(getattr(line, field) or empty, []).append(line)
    order = sorted(seen, key=lambda name: name == empty)
    return [together(name, seen[name]) for name in order]


def group_rows(groups: Sequence[Group], whole: Group, month: int | None) -> list[dict[str, str]]:
    rows = [*groups, Group("合计", whole.count, whole.total_wan, whole.plan_wan, whole.done_wan)]
    totals, plans, dones = (
        column([r.total_wan for r in rows]),
        column([r.plan_wan for r in rows]),
        column([r.done_wan for r in rows]),
    )
    return [
        {
            "name": r.name,
            "count": str(r.count),
            "total": totals[i],
            "plan": plans[i],
            "done": dones[i],
            "rate": rate_cell(completion_pct(r.done_wan, r.plan_wan)),
            "diff": points_cell(ahead(r.done_wan, r.plan_wan, month)),
        }
        for i, r in enumerate(rows)
    ]


def best_and_worst(groups: Sequence[Group], month: int | None, unit: str) -> str:
    """Who leads and who lags, both by number; nothing to compare says so."""
    rated = [(value, g) for g in groups if (value := ahead(g.done_wan, g.plan_wan, month)) is not None]
    if len(rated) < 2:
        return ""
    top, low = max(rated, key=lambda x: x[0]), min(rated, key=lambda x: x[0])
    if top[0] == low[0]:
        return ""

    def told(pair: tuple[Decimal, Group], word: str) -> str:
        value = completion_pct(pair[1].done_wan, pair[1].plan_wan)
        assert value is not None
        return f"{pair[1].name}完成率{word}，为{percent(value)}，{against_pace(pair[0])}"

    behind = sorted((x for x in rated if x[0] <= -LEVEL_WITHIN), key=lambda x: x[0])
    tail = ""
    if len(behind) > 1:
        tail = (
            f"慢于序时进度的有{len(behind)}{unit}，依次为"
            + "、".join(f"{g.name}（慢{abs(v).quantize(TENTH, ROUND_HALF_UP)}个百分点）" for v, g in behind)
            + "。"
        )
    return f"{told(top, '最高')}；{told(low, '最低')}。{tail}"


# The sentences of both papers -----------------------------------------------------------------------


def investment(whole: Group, pace: Pace) -> str:
    """年度计划投资…，1—10月累计完成投资…，占…的…%，快于序时进度…个百分点。"""
    plan = (
        f"{pace.year}年度计划投资{yi(whole.plan_wan)}"
        if whole.plan_wan
        else f"{pace.year}年未下达年度计划投资"
    )
    if pace.month is None:
        return f"{plan}，今年尚无进度月报。"
    done = f"{months(pace.month)}累计完成投资{yi(whole.done_wan)}"
    value = completion_pct(whole.done_wan, whole.plan_wan)
    points = ahead(whole.done_wan, whole.plan_wan, pace.month)
    if value is None or points is None:
        return f"{plan}，{done}。"
    return f"{plan}，{done}，占年度计划投资的{percent(value)}，{against_pace(points)}。"


def starts(pace: Pace, *, named: bool = False) -> str:
    """今年计划开工…项，已开工…项… and the three lists."""
    told = []
    if pace.planned_starts:
        told.append(f"{pace.year}年计划开工项目{pace.planned_starts}项")
    done = "、".join(
        f"{word}{n}项"
        for word, n in (("开工", pace.started), ("竣工", pace.finished), ("投产", pace.produced))
        if n
    )
    told.append(f"今年已{done}" if done else "今年暂无开工、竣工、投产项目")
    missed = [
        f"{word}{len(held)}项" + (f"（{names(held)}）" if named else "")
        for word, held in (
            ("应开工未开工", pace.not_started),
            ("应竣工未竣工", pace.not_finished),
            ("应投产未投产", pace.not_produced),
        )
        if held
    ]
    told.append("、".join(missed) or "没有应开工未开工、应竣工未竣工、应投产未投产项目")
    return "；".join(told) + "。"


def overview(f: HallFacts) -> str:
    """The first paragraph a leader reads."""
    if not f.projects:
        return f"截至{full_date(f.as_of)}，全区在册重点项目0项。"
    whole = together("", f.projects)
    suspended = sum(x.suspended for x in f.projects)
    aside = f"（其中暂停{suspended}项）" if suspended else ""
    return (
        f"截至{full_date(f.as_of)}，全区安排重点项目{whole.count}项{aside}，项目总投资{yi(whole.total_wan)}，"
        + investment(whole, f.pace)
        + starts(f.pace)
    )


def _end(f: HallFacts) -> str:
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
        f"{_end(f)}，红灯项目{len(f.reds)}项，需领导协调事项{len(f.decisions)}项。"
        if f.reds or f.decisions
        else f"{_end(f)}，没有红灯项目和需领导协调事项。"
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
        return [first + f"{_end(f)}，没有未办结诉求。"]
    major = f"，其中Ⅳ级（重大）{d.open_major}件" if d.open_major else ""
    return [first + f"{_end(f)}，未办结诉求{d.open_total}件{major}。"]


def promises(f: HallFacts) -> list[str]:
    s = f.promises
    made = f"本期新作承诺{s.made}项；" if s.made else "本期没有新作承诺；"
    if s.due:
        parts = [f"按期兑现{s.kept}项"]
        if s.kept_late:
            parts.append(f"逾期兑现{s.kept_late}项")
        if s.broken:
            parts.append(f"到期未兑现{s.broken}项")
        due = f"本期到期{s.due}项，{'、'.join(parts)}，按期兑现率{share(s.kept, s.due)}。"
    else:
        due = "没有到期承诺。"
    if not s.open_total:
        return [made + due + f"{_end(f)}，没有未兑现承诺。"]
    late = f"，其中逾期{len(s.overdue)}项：" if s.overdue else "，均未到期。"
    lines = [made + due + f"{_end(f)}，未兑现承诺{s.open_total}项{late}"]
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
            f"办结{c.decided}件，其中按时办结{in_time}件、超时办结{c.decided_late}件，"
            f"按时办结率{share(in_time, c.decided)}"
        )
    else:
        told.append("没有办结件")
    text = "；".join(told) + "。"
    if not c.open_total:
        return [text + f"{_end(f)}，没有在办件。"]
    aside = [f"停表{c.stopped}件" if c.stopped else "", f"逾期{len(c.overdue)}件" if c.overdue else ""]
    inner = "、".join(x for x in aside if x)
    text += f"{_end(f)}，在办{c.open_total}件" + (f"，其中{inner}" if inner else "，均未停表、未逾期")
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
        return [f"{_end(f)}，没有红灯项目。"]
    return [
        f"{_end(f)}，红灯项目{len(f.reds)}项，占重点项目总数的{share(len(f.reds), len(f.projects))}，"
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
    by = f"{short_date(x.due_on, on.year)}前完成{x.due_what}" if x.due_on and x.due_what else "未报"
    step = one_line(x.next_step)
    return (
        f"{x.project}{place}：{one_line(x.text)}。责任单位：{duty(x.unit, x.officers)}；"
        f"下一步：{step or '未报措施'}；时限：{by}（{x.month}月月报，{age(x.reported_on, on)}）。"
    )


def age(reported_on: date, on: date) -> str:
    """How old reported words are on the paper's day."""
    days = (on - reported_on).days
    return f"{short_date(reported_on, on.year)}填报" + (f"，距今{days}天" if days > 0 else "")


def decision(m: Matter, on: date) -> str:
    return (
        f"{m.subject}：{one_line(m.what)}。责任单位：{m.who or '未明确'}；"
        + (f"时限：{'原定' if m.late else ''}{short_date(m.on, on.year)}" if m.on else "时限：待领导明确")
        + f"{late_words(m)}。"
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
            "name": x.name + ("（暂停）" if x.suspended else ""),
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


def issue(imprint: Imprint) -> str:
    """2026年第12期."""
    return f"{imprint.series_year}年第{imprint.number}期"


def _common(imprint: Imprint, lines: list[str]) -> dict[str, Any]:
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


def hall_title(f: HallFacts) -> list[str]:
    return title_lines(f"关于{period(f.from_on, f.to_on)}", "会客厅服务工作情况的简报")


def hall_blanks(paper: HallPaper) -> dict[str, Any]:
    """Every blank of hall.docx."""
    f = paper.facts
    month = f.pace.month
    whole = together("合计", f.projects)
    classes = grouped(f.projects, "category", "未分类")
    towns = grouped(f.projects, "town", "未定镇街")
    return _common(paper.imprint, hall_title(f)) | {
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
        or [f"{_end(f)}，没有需领导协调事项。"],
        "next_steps": next_steps(f),
        # A line of the annex, which lies on its side, holds 28 characters of a title.
        "annex_title_lines": [f"截至{full_date(f.as_of)}重点项目进展情况表"],
        "annex_rows": annex_rows(f.projects, month),
        "annex_notes": annex_notes(f.pace),
    }


def _by(groups: Sequence[Group], month: int | None, unit: str, f: HallFacts) -> str:
    if not groups:
        return "没有在册重点项目。"
    told = f"重点项目涉及{len(groups)}{unit}。"
    return told + (best_and_worst(groups, month, unit) or "可比的完成率不足两个，不作排名。")


# The report on one project --------------------------------------------------------------------------


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
    text += f"。审批与建设节点{len(f.nodes)}个，已完成{done}个" if f.nodes else "。尚未编制节点计划"
    text += f"，逾期{late}个" if late else ""
    text += "。" + (f"今年走访{f.visits_this_year}次" if f.visits_this_year else "今年没有走访记录")
    raised, closed = len(f.demands), sum(d.closed_on is not None for d in f.demands)
    text += f"，收到企业诉求{raised}件、已办结{closed}件。" if raised else "，没有收到企业诉求。"
    return text


def basics(f: ProjectFacts) -> list[str]:
    x = f.line
    kind = "、".join(y for y in (x.level, x.category, f.project_type, f.industry) if y)
    where = x.town + (f"（{f.site}）" if f.site and x.town else f.site)
    text = f"{x.name}"
    text += f"由{f.enterprise}建设" if f.enterprise else "（建设单位未登记）"
    text += f"，属{kind}" if kind else ""
    text += f"，位于{where}" if where else ""
    text += f"，总投资{exact(x.total_wan)}" if x.total_wan is not None else ""
    text += f"，用地{_bare(f.land_mu)}亩" if f.land_mu else ""
    text += f"，建筑面积{_bare(f.building_sqm)}平方米" if f.building_sqm else ""
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
        return "进行中" if n.planned_on else "未定计划"

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
    text = f"审批与建设节点{len(f.nodes)}个，已完成{len(done)}个、占{share(len(done), len(f.nodes))}"
    late = [n for n in f.nodes if n.late]
    text += f"，逾期{len(late)}个（{names([n.name for n in late])}）" if late else "，没有逾期"
    if open_:
        n = open_[0]
        assert n.planned_on is not None
        text += f"。当前节点为{n.name}，计划{full_date(n.planned_on)}完成，由{n.party or '（未明确）'}负责"
    text += f"。当前待办方：{f.ball}。" if f.ball else "。"
    return [*lines, text]


def case_lines(f: ProjectFacts) -> list[str]:
    if not f.cases:
        return ["项目没有审批办件登记。"]
    done = sum(c.state in ("已办结", "超时办结") for c in f.cases)
    text = f"审批办件{len(f.cases)}件，已办结{done}件、在办{len(f.cases) - done}件。"
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
        lines.append(f"收到企业诉求{len(f.demands)}件，已办结{closed}件、未办结{len(f.demands) - closed}件：")
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
    return _common(paper.imprint, project_title(f)) | {
        "lead": [project_lead(f)],
        "basics": basics(f),
        "service": service_lines(f),
        "node_rows": node_rows(f),
        "cases": case_lines(f),
        "case_rows": case_rows(f),
        "contact": contact_lines(f),
        "problems": project_problems(f),
        "next_steps": project_next(f),
        "decisions": numbered([decision(x, f.as_of) for x in f.decisions]) or ["没有需领导协调事项。"],
    }


def blanks_of(paper: Paper) -> dict[str, Any]:
    """The words of a paper, for its template: texts, lists of texts, lists of rows of texts."""
    return hall_blanks(paper) if isinstance(paper, HallPaper) else project_blanks(paper)


def title_of(paper: Paper) -> str:
    """The paper's title in one line: for lists, file names and the document's properties."""
    lines = hall_title(paper.facts) if isinstance(paper, HallPaper) else project_title(paper.facts)
    return "".join(lines)
