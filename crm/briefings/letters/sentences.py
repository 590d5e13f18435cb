"""The letter in words: pure, facts in, sentences out. A Chinese paper whatever the screen speaks.

Wording follows the layout and numeral rules of the other papers (`crm.briefings.sentences.words`): each
fault with its day, how many working days late, and the article it is held against.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from crm.approvals.supervision_rules import ARTICLE_42, Sign
from crm.briefings.letters.context import Letter, LetterFacts, Limit, Wrong
from crm.briefings.sentences.words import (
    NONE,
    TITLE_CHARS,
    full_date,
    one_line,
    table_date,
    title_lines,
)
from models.vocabulary import DayUnit, Light

LATE_LEGAL, LATE_PROMISED, DUE_TODAY, SOON = "late_legal", "late_promised", "due_today", "soon"
PROMISE_BASIS = "本事项公开的承诺办结时限"


def subject(f: LetterFacts) -> str:
    """What the letter is about: whose case of which item."""
    return f"{f.project or f.applicant}{f.item}"


def title(f: LetterFacts) -> list[str]:
    """关于督促办理“……”的函, in lines of at most a title's width, never the last two characters alone."""
    whole = f"关于督促办理“{subject(f)}”的函"
    if len(whole) <= TITLE_CHARS:
        return [whole]
    middle = title_lines(f"“{subject(f)}”的函")
    if len(middle) == 1:
        return ["关于督促办理", *middle]
    rows = -(-len(whole) // TITLE_CHARS)
    return _even(whole, rows)


def _even(text: str, rows: int) -> list[str]:
    """So many lines of nearly the same length, none cut inside a number or a Latin word."""
    lines: list[str] = []
    rest = text
    for left in range(rows, 1, -1):
        cut = -(-len(rest) // left)
        while cut > 4 and (
            (rest[cut - 1].isascii() and rest[cut].isascii() and rest[cut].isalnum())
            or rest[cut] in "”）)，、的"
            or rest[cut - 1] in "“（("
        ):
            cut -= 1
        lines.append(rest[:cut])
        rest = rest[cut:]
    return [*lines, rest]


def opening(f: LetterFacts, us: str) -> list[str]:
    """Whose case, under which clock, where it stands."""
    who = f"{f.applicant}就{f.project}" if f.project and f.applicant else f.project or f.applicant
    text = f"{who or '（未登记申请单位）'}申请的{f.item}（办件编号：{f.case_no}），由你单位办理，{full_date(f.received_on)}收件"
    if f.accepted_on is not None:
        text += f"，{full_date(f.accepted_on)}受理" + (
            "（逾期未告知补正，自收件之日起即为受理）" if f.deemed else ""
        )
    else:
        text += "，至今未受理"
    text += f"，{full_date(f.decided_on)}作出决定。" if f.decided_on else "。"
    lines = [text]
    clocks = [
        _clock("法定时限", f.legal, decided=f.decided_on is not None),
        _clock("承诺时限", f.promised, decided=f.decided_on is not None),
    ]
    told = "；".join(c for c in clocks if c)
    if told:
        stopped = max((c.stopped for c in (f.legal, f.promised) if c is not None), default=0)
        tail = f"。特殊环节依法停表不计入时限的{stopped}个工作日已经扣除" if stopped else ""
        if f.provisional:
            tail += "。到期日跨入尚未公布放假安排的年份，为暂定"
        lines.append(f"{told}{tail}。")
    if f.earlier:
        before = "、".join(
            f"{full_date(e.issued_on)}以{e.number}文" + ("" if e.replied_on else "（未回复）")
            for e in f.earlier
        )
        lines.append(f"对该办件，{us}已于{before}督办。")
    return lines


def _clock(name: str, limit: Limit | None, *, decided: bool) -> str:
    if limit is None:
        return ""
    unit = "个工作日" if limit.unit is DayUnit.WORKING else "日"
    text = f"{name}{limit.days}{unit}，最迟应于{full_date(limit.due_on)}办结，"
    if decided:
        told = f"逾期{limit.late_wd}个工作日" if limit.late_wd else "未逾期"
        return f"{text}实际用{limit.used}{unit}，{told}"
    text += f"已用{limit.used}{unit}"
    if limit.late_wd or limit.left < 0:
        return f"{text}，已逾期{_working(limit.late_wd)}"
    return f"{text}，还剩{limit.left}{unit}" if limit.left > 0 else f"{text}，今天到期"


_FAULTS: dict[str, Callable[[Wrong], str]] = {
    LATE_LEGAL: lambda w: (
        f"超过法定办结时限。最迟应于{_on(w)}办结，至今未办结，已逾期{_days(w)}，不符合{w.basis}关于办理期限的规定。"
    ),
    LATE_PROMISED: lambda w: (
        f"超过承诺办结时限。最迟应于{_on(w)}办结，至今未办结，已逾期{_days(w)}，未兑现{w.basis}。"
    ),
    DUE_TODAY: lambda w: "今天到期。按" + w.basis + f"，应于今天（{_on(w)}）办结。",
    SOON: lambda w: "临近到期。按" + w.basis + f"，最迟应于{_on(w)}办结。",
    Sign.UNTOLD: lambda w: (
        f"停表未书面告知。{w.what}自{_on(w)}起开展，未将所需时间书面告知申请人，不符合{w.basis}的规定，"
        "该期间不得从办理期限中扣除，时限照算。"
    ),
    Sign.LATE_START: lambda w: (
        f"特殊环节启动晚。{w.what}最迟应于{_on(w)}启动，"
        + (f"实际于{full_date(w.done_on)}启动" if w.done_on else "至今未启动")
        + f"，晚{_days(w)}{_held(w)}。"
    ),
    Sign.NOT_OPENED: lambda w: (
        f"特殊环节应启动未启动。{w.what}最迟应于{_on(w)}启动，至今未启动，已晚{_days(w)}{_held(w)}。"
    ),
    Sign.OVERLONG: lambda w: (
        f"特殊环节超期。{w.what}最迟应于{_on(w)}结束，至今未结束，已超{_days(w)}{_held(w)}。"
    ),
    Sign.SILENT: lambda w: (
        f"未受理也未告知补正。按{w.basis}，最迟应于{_on(w)}受理或者一次告知需要补正的全部内容，"
        + (f"已逾期{_days(w)}，" if w.late_wd else "")
        + "逾期不告知的，自收到申请材料之日起即为受理。"
    ),
    Sign.CORRECTION_OVERDUE: lambda w: (
        f"补正逾期未跟进。申请单位最迟应于{_on(w)}补正，至今未补正，已逾期{_days(w)}，未见你单位催告或者处理。"
    ),
    Sign.EXTENSION_UNTOLD: lambda w: (
        f"延期未告知。{_on(w)}批准延长办理期限，未将延长期限的理由告知申请人，不符合{w.basis}的规定。"
    ),
    Sign.UNDELIVERED: lambda w: (
        f"决定未按期送达。最迟应于{_on(w)}向申请人颁发、送达，至今未送达，已逾期{_days(w)}，不符合{w.basis}的规定。"
    ),
}

_REQUESTS: dict[str, Callable[[Wrong], str]] = {
    LATE_LEGAL: lambda w: "立即办结，并说明逾期原因；确因特殊情况一时不能办结的，明确办结日期和责任人",
    LATE_PROMISED: lambda w: "立即办结，并说明逾期原因；确因特殊情况一时不能办结的，明确办结日期和责任人",
    DUE_TODAY: lambda w: "今天内依法作出决定",
    SOON: lambda w: "抓紧办理，确保按期办结",
    Sign.UNTOLD: lambda w: f"立即将{w.what}所需时间书面告知申请人，并补录告知文书文号",
    Sign.LATE_START: lambda w: f"说明{w.what}启动晚的原因，压缩后续环节时间",
    Sign.NOT_OPENED: lambda w: f"立即启动{w.what}；确不需要开展的，书面说明理由",
    Sign.OVERLONG: lambda w: f"尽快结束{w.what}，作出结论并恢复办理",
    Sign.SILENT: lambda w: "立即作出受理、一次性告知补正或者不予受理的决定",
    Sign.CORRECTION_OVERDUE: lambda w: "主动联系申请单位，帮助其尽快补正，或者依法作出处理",
    Sign.EXTENSION_UNTOLD: lambda w: "立即将延长期限的理由告知申请人",
    Sign.UNDELIVERED: lambda w: "立即向申请人送达决定文书",
}


def _on(w: Wrong) -> str:
    return full_date(w.due_on) if w.due_on else "规定日期"


def _days(w: Wrong) -> str:
    return _working(w.late_wd)


def _working(days: int) -> str:
    return f"{days}个工作日" if days else "不足1个工作日"


def _held(w: Wrong) -> str:
    return f"，不符合{w.basis}的规定" if w.basis else ""


def faults(f: LetterFacts) -> list[str]:
    """What went wrong, numbered when there are several."""
    return _numbered([_FAULTS[w.code](w) for w in f.wrongs])


def requests(f: LetterFacts, us: str) -> list[str]:
    """What is asked, each once, then the supervisor's own words and the answer's day."""
    asked = list(dict.fromkeys(_REQUESTS[w.code](w) for w in f.wrongs))
    if words := re.sub("([，、；：])；", r"\1", one_line(f.words)):
        asked.append(words)
    if len(asked) == 1:
        lines = [f"请你单位{asked[0]}。"]
    else:
        lines = ["请你单位按以下要求办理：", *_numbered([f"{a}。" for a in asked])]
    lines.append(
        f"请在{f.reply_wd}个工作日内（最迟{full_date(f.reply_by_on)}）将办理情况、存在问题的原因和整改措施书面回复{us}。"
    )
    return lines


def _numbered(items: list[str]) -> list[str]:
    return items if len(items) == 1 else [f"{n}.{text}" for n, text in enumerate(items, 1)]


def ourselves(office: str) -> str:
    """How the sender calls itself: 我中心, 我局, 我办; 我单位 for any other."""
    if office.endswith("中心"):
        return "我中心"
    return f"我{office[-1]}" if office[-1:] in tuple("局委办厅处") else "我单位"


def step_rows(f: LetterFacts) -> list[dict[str, str]]:
    return [
        {"no": str(n), "on": table_date(s.on), "what": s.what, "detail": one_line(s.detail) or NONE}
        for n, s in enumerate(f.steps, 1)
    ]


def title_of(letter: Letter) -> str:
    """The title in one line: for lists, file names and the document's properties."""
    return "".join(title(letter.facts))


def blanks_of(letter: Letter) -> dict[str, Any]:
    """The words of the letter, for its template."""
    f, us = letter.facts, ourselves(letter.head.office)
    return {
        "head": letter.head.head,
        "office": letter.head.office,
        "number": letter.head.number,
        "title_lines": title(f),
        "to": f.department,
        "opening": opening(f, us),
        "faults": faults(f),
        "step_rows": step_rows(f),
        "requests": requests(f, us),
        "issued_on": full_date(letter.head.issued_on),
    }


_ARTICLE = re.compile(r"(\d+)条")
_DIGITS = "零一二三四五六七八九"


def basis_words(basis: str) -> str:
    """The catalogue's short note of an item's law as a paper cites it: 城乡规划法40条;行政许可法42条 becomes
    城乡规划法第四十条、《中华人民共和国行政许可法》第四十二条. What follows in brackets is left out."""
    parts = []
    for part in re.split("[;；]", re.sub(r"[（(][^）)]*[）)]", "", basis)):
        text = _ARTICLE.sub(lambda m: f"第{chinese(int(m[1]))}条", part.strip().removeprefix("时限按"))
        text = re.sub("(?<!共和国)行政许可法(?!》)", "《中华人民共和国行政许可法》", text)
        if text:
            parts.append(text)
    return "、".join(parts)


def chinese(n: int) -> str:
    """1 to 999 in Chinese numerals, as articles are counted: 四十二, 一百零三."""
    hundreds, rest = divmod(n, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "")


def clock_wrong(limit: Limit, *, legal: bool, basis: str, light: Light) -> Wrong | None:
    """The clock's own fault: past its limit, due today, or soon; None when nothing presses."""
    if limit.late_wd or limit.left < 0:
        code = LATE_LEGAL if legal else LATE_PROMISED
        return Wrong(
            code, basis or (ARTICLE_42 if legal else PROMISE_BASIS), limit.due_on, None, limit.late_wd
        )
    name = basis if legal else PROMISE_BASIS
    if light is Light.ORANGE and limit.left <= 0:
        return Wrong(DUE_TODAY, name or ARTICLE_42, limit.due_on)
    if light is Light.YELLOW:
        return Wrong(SOON, name or ARTICLE_42, limit.due_on)
    return None
