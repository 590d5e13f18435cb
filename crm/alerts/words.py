"""Why an alert is there, in one sentence of the reader's language.

`because(code, facts)` gets the code and facts a rule gave (`crm.alerts.rules`); the Chinese
sentence is stored with the alert, the English one is made when it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from crm.core.i18n import _, language
from models.vocabulary import PARTY_LABELS, PROCEDURE_KIND_LABELS, CaseRoute, DayUnit, Party, ProcedureKind

Facts = Mapping[str, Any]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def because(code: str, facts: Facts) -> str:
    """The sentence. An unknown code (from a newer version) gives an empty one."""
    tell = _SENTENCES.get(code)
    return tell(facts) if tell else ""


def _day(facts: Facts, name: str) -> str:
    """11月18日; with its year when it is not the scan's."""
    value = facts.get(name)
    if not value:
        return "—"
    on = date.fromisoformat(str(value))
    other_year = on.year != facts.get("year_now", on.year)
    if language() == "en":
        return f"{on.day} {_MONTHS[on.month - 1]}" + (f" {on.year}" if other_year else "")
    return (f"{on.year}年" if other_year else "") + f"{on.month}月{on.day}日"


def _who(facts: Facts) -> str:
    """Who is waited for: the department by name, otherwise the party."""
    party = Party(facts.get("party", Party.DEPARTMENT.value))
    if party is Party.DEPARTMENT and facts.get("department"):
        return str(facts["department"])
    return _(PARTY_LABELS[party])


def _milestone_due_soon(f: Facts) -> str:
    return _(
        "{name}节点计划{due}完成，还剩{n}个工作日，等{who}。",
        name=f["name"],
        due=_day(f, "due"),
        n=f["n"],
        who=_who(f),
    )


def _milestone_due_today(f: Facts) -> str:
    return _("{name}节点计划今天（{due}）完成，等{who}。", name=f["name"], due=_day(f, "due"), who=_who(f))


def _milestone_overdue(f: Facts) -> str:
    if not f["n"]:
        return _(
            "{name}节点原定{due}完成，已逾期，尚不足1个工作日，等{who}。",
            name=f["name"],
            due=_day(f, "due"),
            who=_who(f),
        )
    return _(
        "{name}节点原定{due}完成，已逾期{n}个工作日，等{who}。",
        name=f["name"],
        due=_day(f, "due"),
        n=f["n"],
        who=_who(f),
    )


def _clock_soon(f: Facts) -> str:
    if f.get("unit") != DayUnit.CALENDAR:
        return _(
            "办件{no}（{name}）应于{due}办结，还剩{n}个工作日，等{who}。",
            no=f["no"],
            name=f["name"],
            due=_day(f, "due"),
            n=f.get("n", 0),
            who=_who(f),
        )
    return _(
        "办件{no}（{name}）应于{due}办结，还剩{n}日，等{who}。",
        no=f["no"],
        name=f["name"],
        due=_day(f, "due"),
        n=f.get("n", 0),
        who=_who(f),
    )


def _clock_due_today(f: Facts) -> str:
    return _(
        "办件{no}（{name}）今天（{due}）应办结，等{who}。",
        no=f["no"],
        name=f["name"],
        due=_day(f, "due"),
        who=_who(f),
    )


def _clock_untold_stop(f: Facts) -> str:
    return _(
        "办件{no}（{name}）已停表但未书面告知申请人，时限照算，应于{due}办结，等{who}。",
        no=f["no"],
        name=f["name"],
        due=_day(f, "due"),
        who=_who(f),
    )


def _clock_late(f: Facts) -> str:
    return _(
        "办件{no}（{name}）承诺{due}办结，已逾期{n}个工作日，等{who}。",
        no=f["no"],
        name=f["name"],
        due=_day(f, "due"),
        n=f.get("n", 0),
        who=_who(f),
    )


def _clock_past_legal(f: Facts) -> str:
    return _(
        "办件{no}（{name}）法定时限{due}已过，逾期{n}个工作日，等{who}。",
        no=f["no"],
        name=f["name"],
        due=_day(f, "due"),
        n=f.get("n", 0),
        who=_who(f),
    )


def _what(f: Facts) -> str:
    """The special procedure's kind."""
    return _(PROCEDURE_KIND_LABELS[ProcedureKind(f.get("what", ProcedureKind.OTHER.value))])


def _late(f: Facts) -> str:
    """3个工作日; under one on a rest day right after the last day."""
    n = int(f.get("n", 0))
    return _("{n}个工作日", n=n) if n else _("不足1个工作日")


def _procedure_untold(f: Facts) -> str:
    return _(
        "办件{no}（{name}）的{what}自{due}起停表未书面告知申请人，已{late}，时限照算，等{who}。",
        no=f["no"],
        name=f["name"],
        what=_what(f),
        due=_day(f, "due"),
        late=_late(f),
        who=_who(f),
    )


def _procedure_started_late(f: Facts) -> str:
    return _(
        "办件{no}（{name}）的{what}应于{due}前启动，{opened}才启动，晚{late}，等{who}。",
        no=f["no"],
        name=f["name"],
        what=_what(f),
        due=_day(f, "due"),
        opened=_day(f, "opened"),
        late=_late(f),
        who=_who(f),
    )


def _procedure_not_opened(f: Facts) -> str:
    return _(
        "办件{no}（{name}）的{what}应于{due}前启动，至今未启动，已晚{late}，等{who}。",
        no=f["no"],
        name=f["name"],
        what=_what(f),
        due=_day(f, "due"),
        late=_late(f),
        who=_who(f),
    )


def _procedure_open_today(f: Facts) -> str:
    return _(
        "办件{no}（{name}）的{what}今天（{due}）必须启动，等{who}。",
        no=f["no"],
        name=f["name"],
        what=_what(f),
        due=_day(f, "due"),
        who=_who(f),
    )


def _procedure_overlong(f: Facts) -> str:
    return _(
        "办件{no}（{name}）的{what}应于{due}前结束，已超期{late}，等{who}。",
        no=f["no"],
        name=f["name"],
        what=_what(f),
        due=_day(f, "due"),
        late=_late(f),
        who=_who(f),
    )


def _procedure_ends_today(f: Facts) -> str:
    return _(
        "办件{no}（{name}）的{what}今天（{due}）应结束，等{who}。",
        no=f["no"],
        name=f["name"],
        what=_what(f),
        due=_day(f, "due"),
        who=_who(f),
    )


def _correction_tell_soon(f: Facts) -> str:
    return _(
        "办件{no}（{name}）须在{due}前受理或一次告知补正，还剩{left}个工作日，逾期不告知视为受理，等{who}。",
        no=f["no"],
        name=f["name"],
        due=_day(f, "due"),
        left=f.get("left", 0),
        who=_who(f),
    )


def _correction_tell_today(f: Facts) -> str:
    return _(
        "办件{no}（{name}）今天（{due}）是受理或一次告知补正的最后一天，逾期不告知视为受理，等{who}。",
        no=f["no"],
        name=f["name"],
        due=_day(f, "due"),
        who=_who(f),
    )


def _correction_silent(f: Facts) -> str:
    return _(
        "办件{no}（{name}）到{due}既未受理也未告知补正，依法自收件之日起视为受理，等{who}。",
        no=f["no"],
        name=f["name"],
        due=_day(f, "due"),
        who=_who(f),
    )


def _correction_overdue(f: Facts) -> str:
    return _(
        "办件{no}（{name}）企业应于{due}前补正，已过{late}，请联系企业。",
        no=f["no"],
        name=f["name"],
        due=_day(f, "due"),
        late=_late(f),
    )


def _how_long(f: Facts) -> str:
    left = int(f["left"])
    if left == 0:
        return _("今天到期")
    return _("还剩{n}天", n=left) if left > 0 else _("已过{n}天", n=-left)


def _permit_renew(f: Facts) -> str:
    return _(
        "{name}{expires}到期，须在{due}前申请延续，{left}。",
        name=f["name"],
        expires=_day(f, "expires"),
        due=_day(f, "due"),
        left=_how_long(f),
    )


def _permit_expires(f: Facts) -> str:
    return _("{name}有效期至{due}，{left}。", name=f["name"], due=_day(f, "due"), left=_how_long(f))


def _start_construction(f: Facts) -> str:
    if f.get("used_up"):
        return _(
            "施工许可证{start}核发，已延期{n}次，须在{due}前开工，否则自行废止，{left}（{basis}）。",
            start=_day(f, "start"),
            n=f["extended"],
            due=_day(f, "due"),
            left=_how_long(f),
            basis=f["basis"],
        )
    return _(
        "施工许可证{start}核发，须在{due}前开工，否则应申请延期或自行废止，{left}（{basis}）。",
        start=_day(f, "start"),
        due=_day(f, "due"),
        left=_how_long(f),
        basis=f["basis"],
    )


def _start_before(f: Facts) -> str:
    return _(
        "{name}{start}取得，至{due}仍未开工须重新审核或延期，{left}（{basis}）。",
        name=f["name"],
        start=_day(f, "start"),
        due=_day(f, "due"),
        left=_how_long(f),
        basis=f["basis"],
    )


def _file_acceptance(f: Facts) -> str:
    return _(
        "竣工验收{start}合格，须在{due}前办理竣工验收备案，{left}（{basis}）。",
        start=_day(f, "start"),
        due=_day(f, "due"),
        left=_how_long(f),
        basis=f["basis"],
    )


def _permit_void(f: Facts) -> str:
    return _(
        "施工许可证{start}核发，至{due}没有开工也没有延期，已自行废止，须重新申领（{basis}）。",
        start=_day(f, "start"),
        due=_day(f, "due"),
        basis=f["basis"],
    )


def _land(f: Facts) -> str:
    return _(
        "出让合同约定{start}动工，至{due}仍未动工的，{what}，{left}（{basis}）。",
        start=_day(f, "start"),
        due=_day(f, "due"),
        what=f["consequence"],
        left=_how_long(f),
        basis=f["basis"],
    )


def _land_idle_fee(f: Facts) -> str:
    return _land({**f, "consequence": _("征收土地闲置费")})


def _land_take_back(f: Facts) -> str:
    return _land({**f, "consequence": _("可无偿收回")})


def _report_suspension(f: Facts) -> str:
    return _(
        "{start}起中止施工，须在{due}前向发证机关报告，{left}（{basis}）。",
        start=_day(f, "start"),
        due=_day(f, "due"),
        left=_how_long(f),
        basis=f["basis"],
    )


def _verify_before_resuming(f: Facts) -> str:
    return _(
        "{start}起中止施工，到{due}满1年，复工前须报发证机关核验施工许可证，{left}（{basis}）。",
        start=_day(f, "start"),
        due=_day(f, "due"),
        left=_how_long(f),
        basis=f["basis"],
    )


def _statistics(f: Facts) -> str:
    return _(
        "{start}已开工，须在{due}前办理入统入库，{left}（{basis}）。",
        start=_day(f, "start"),
        due=_day(f, "due"),
        left=_how_long(f),
        basis=f["basis"],
    )


def _planning_records(f: Facts) -> str:
    return _(
        "竣工验收{start}合格，须在{due}前向规划部门报送竣工资料，{left}（{basis}）。",
        start=_day(f, "start"),
        due=_day(f, "due"),
        left=_how_long(f),
        basis=f["basis"],
    )


def _discharge_change(f: Facts) -> str:
    return _(
        "{what}自{start}变更，须在{due}前申请变更排污许可证，{left}（{basis}）。",
        what=f["what"],
        start=_day(f, "start"),
        due=_day(f, "due"),
        left=_how_long(f),
        basis=f["basis"],
    )


def _special_equipment(f: Facts) -> str:
    return _(
        "{what}自{start}投用，须在{due}前办理特种设备使用登记，{left}（{basis}）。",
        what=f["what"],
        start=_day(f, "start"),
        due=_day(f, "due"),
        left=_how_long(f),
        basis=f["basis"],
    )


def _when(f: Facts) -> str:
    """还剩2个工作日 / 今天到期 / 已逾期3个工作日, of a promise."""
    n = int(f["n"])
    if f["past"]:
        return _("已逾期{n}个工作日", n=n) if n else _("已逾期，尚不足1个工作日")
    return _("还剩{n}个工作日", n=n) if n else _("今天到期")


def _promise_due(f: Facts) -> str:
    if f["route"] == CaseRoute.LATER_PAPERS:
        return _(
            "办件{no}（{name}）容缺的“{text}”应于{due}前补交，{when}。",
            no=f["no"],
            name=f["name"],
            text=f["text"],
            due=_day(f, "due"),
            when=_when(f),
        )
    return _(
        "办件{no}（{name}）承诺的“{text}”应于{due}前履行，{when}。",
        no=f["no"],
        name=f["name"],
        text=f["text"],
        due=_day(f, "due"),
        when=_when(f),
    )


def _promise_correct(f: Facts) -> str:
    return _(
        "办件{no}（{name}）承诺的“{text}”没有履行，责令{due}前改正，{when}。",
        no=f["no"],
        name=f["name"],
        text=f["text"],
        due=_day(f, "due"),
        when=_when(f),
    )


def _promise_verify(f: Facts) -> str:
    return _(
        "办件{no}（{name}）承诺的“{text}”应于{due}前核查，{when}，等{who}。",
        no=f["no"],
        name=f["name"],
        text=f["text"],
        due=_day(f, "due"),
        when=_when(f),
        who=_who(f),
    )


def _no_contact(f: Facts) -> str:
    return _(
        "已{n}天没有走访或联系企业，上次是{last}（本阶段不超过{limit}天）。",
        n=f["n"],
        last=_day(f, "last"),
        limit=f["limit"],
    )


def _never_contacted(f: Facts) -> str:
    return _("建档{n}天以来从未走访或联系企业（本阶段不超过{limit}天）。", n=f["n"], limit=f["limit"])


def _no_officer(_facts: Facts) -> str:
    return _("项目没有在岗联络专员，出了问题没有人收到提醒。")


def _officer_left(f: Facts) -> str:
    return _("专员{names}的账号已停用，项目没有在岗联络专员。", names="、".join(f.get("names", [])))


def _progress_missing(f: Facts) -> str:
    return _(
        "{year}年{month}月进度未报，应于{due}前报送。", year=f["year"], month=f["upto"], due=_day(f, "due")
    )


def _progress_missing_months(f: Facts) -> str:
    return _(
        "{year}年{first}月至{upto}月进度连续{n}个月未报，最近一期应于{due}前报送。",
        year=f["year"],
        first=f["first"],
        upto=f["upto"],
        n=f["n"],
        due=_day(f, "due"),
    )


def _progress_behind(f: Facts) -> str:
    return _(
        "1—{month}月完成年度计划投资的{rate}%，慢于序时进度{points}个百分点。",
        month=f["month"],
        rate=f["rate"],
        points=f["points"],
    )


_SENTENCES: dict[str, Callable[[Facts], str]] = {
    "milestone_due_soon": _milestone_due_soon,
    "milestone_due_today": _milestone_due_today,
    "milestone_overdue": _milestone_overdue,
    "clock_soon": _clock_soon,
    "clock_due_today": _clock_due_today,
    "clock_untold_stop": _clock_untold_stop,
    "clock_late": _clock_late,
    "procedure_untold": _procedure_untold,
    "procedure_started_late": _procedure_started_late,
    "procedure_not_opened": _procedure_not_opened,
    "procedure_open_today": _procedure_open_today,
    "procedure_overlong": _procedure_overlong,
    "procedure_ends_today": _procedure_ends_today,
    "correction_tell_soon": _correction_tell_soon,
    "correction_tell_today": _correction_tell_today,
    "correction_silent": _correction_silent,
    "correction_overdue": _correction_overdue,
    "clock_past_legal": _clock_past_legal,
    "permit_renew": _permit_renew,
    "permit_expires": _permit_expires,
    "start_construction": _start_construction,
    "start_after_eia": _start_before,
    "start_after_soil": _start_before,
    "start_after_energy": _start_before,
    "start_after_filing": _start_before,
    "start_after_approval": _start_before,
    "file_acceptance": _file_acceptance,
    "permit_void": _permit_void,
    "land_idle_fee": _land_idle_fee,
    "land_take_back": _land_take_back,
    "report_suspension": _report_suspension,
    "verify_before_resuming": _verify_before_resuming,
    "statistics": _statistics,
    "planning_records": _planning_records,
    "discharge_change": _discharge_change,
    "special_equipment": _special_equipment,
    "promise_due": _promise_due,
    "promise_correct": _promise_correct,
    "promise_verify": _promise_verify,
    "no_contact": _no_contact,
    "never_contacted": _never_contacted,
    "no_officer": _no_officer,
    "officer_left": _officer_left,
    "progress_missing": _progress_missing,
    "progress_missing_months": _progress_missing_months,
    "progress_behind": _progress_behind,
}
CODES = frozenset(_SENTENCES)


def sentence(because_code: str, because_facts: Facts, stored: str) -> str:
    """An alert's sentence in the reader's language; the stored Chinese one when its code is unknown."""
    return because(because_code, because_facts) or stored
