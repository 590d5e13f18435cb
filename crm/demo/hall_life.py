"""Invented lives of a hall's cases, one after the other in the order they come in.

Deterministic for a seed. The shape is a real hall's: a few items make most of the volume, spring
festival is quiet and the end of the year busy, most cases are early, two to four in a hundred late,
some papers are sent back, a few steps stop the clock. One bottleneck is put in on purpose: the site
checks of the drainage permit open late until its reform.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import NamedTuple

from stdnum.cn import uscc

from crm.demo.hall_items import HallItem
from crm.workdays.rules import Calendar
from models.vocabulary import ProcedureKind

TOWNS = ("环市街道", "白沙街道", "潮连街道", "棠下镇", "荷塘镇", "杜阮镇", "滨江新区", "")
_TOWN_SHARE = tuple(accumulate((24, 20, 6, 17, 9, 15, 6, 3)))
CHANNELS = ("窗口", "网上办事大厅", "粤省事/粤商通", "自助终端", "邮寄")
_CHANNEL_SHARE = tuple(accumulate((38, 34, 20, 6, 2)))
MONTHS = (0.95, 0.62, 1.12, 1.04, 0.98, 1.1, 1.02, 0.96, 1.03, 0.86, 1.05, 1.27)  # January first
WEEK = (1.18, 1.06, 1.0, 0.97, 0.94)  # Monday first, of worked days
FORGOTTEN = 0.0006  # the share of cases that nobody has finished
REST_DAY = 0.05  # what comes in on a day off, online
DRAINAGE = "P35"
BEFORE_REFORM = 10  # working days the drainage permit was promised in, as the district tells it

RECEIVED, TOLD, CORRECTED, ACCEPTED, REFUSED = "收件", "补正告知", "补正材料", "受理", "不予受理"
CHECKED, REVIEWED, EXAMINED, DECIDED = "现场核查", "专家评审", "审查", "办结"
WITHDRAWN = "撤回"
START, DONE = "start", "complete"


class Event(NamedTuple):
    """`at` is the wall clock's, without a zone."""

    step: str
    at: datetime
    who: str
    lifecycle: str = DONE


class Stopped(NamedTuple):
    """A special procedure, half-open [from_on, to_on); `to_on` None while it lasts."""

    kind: ProcedureKind
    from_on: date
    to_on: date | None


class Life(NamedTuple):
    """One case as it stands at the end of the last day. Moments are the wall clock's, without a zone."""

    number: str
    item: HallItem
    promised: int | None
    town: str
    channel: str
    applicant: str
    code: str
    person: bool
    received: datetime
    told: datetime | None
    corrected: datetime | None
    accepted: datetime | None
    stopped: Stopped | None
    stopped_wd: int
    checked: Stopped | None  # the site check, which stops no clock
    decided: datetime | None
    result: str
    handler: str
    events: tuple[Event, ...]


class WorkedDays:
    """Quick arithmetic on one calendar from `first` to `last`."""

    def __init__(self, calendar: Calendar, first: date, last: date) -> None:
        self.days: list[date] = []
        day = first
        while day <= last:
            if calendar.is_workday(day):
                self.days.append(day)
            day += timedelta(days=1)
        self._place = {
            first + timedelta(days=n): bisect_right(self.days, first + timedelta(days=n)) - 1
            for n in range((last - first).days + 1)
        }

    def after(self, day: date, n: int) -> date:
        """The n-th working day after `day`; for 0 the day itself if worked, else the next that is."""
        at = self._place[day] + n
        if n == 0 and self.days[at] != day:
            at += 1
        return self.days[at]

    def between(self, after: date, until: date) -> int:
        """Working days in (after, until]."""
        return self._place[until] - self._place[after]


def lives(
    n: int,
    since: date,
    until: date,
    *,
    seed: int,
    items: Sequence[HallItem],
    calendar: Calendar,
    reform_on: date,
    handlers: int = 9,
) -> Iterator[Life]:
    """Exactly `n` cases received from `since` to `until`, as they stand on `until`.

    `reform_on`: from this day the drainage permit is promised in 5 working days and its site checks
    open in time. `handlers`: people at each department's counter.
    """
    dice = Random(seed)  # noqa: S311 - invented facts, not secrets
    worked = WorkedDays(calendar, since - timedelta(days=30), until + timedelta(days=400))
    shares = tuple(accumulate(i.weight for i in items))
    firms = firm_names()
    made = 0
    for day, count in _volumes(n, since, until, calendar):
        moments = sorted(dice.random() for _ in range(count))
        for share in moments:
            made += 1
            item = items[bisect_right(shares, dice.random() * shares[-1])]
            yield _live(dice, worked, item, day, share, made, until, reform_on, firms, handlers)


def _volumes(n: int, since: date, until: date, calendar: Calendar) -> Iterator[tuple[date, int]]:
    """How many come in on each day; exactly `n` in all."""
    days = [since + timedelta(days=i) for i in range((until - since).days + 1)]
    weights = [
        MONTHS[d.month - 1] * (WEEK[min(d.weekday(), 4)] if calendar.is_workday(d) else REST_DAY)
        for d in days
    ]
    total, given, so_far = sum(weights), 0, 0.0
    for day, weight in zip(days, weights, strict=True):
        so_far += weight
        due = round(n * so_far / total)
        yield day, due - given
        given = due


def _live(
    dice: Random,
    worked: WorkedDays,
    item: HallItem,
    day: date,
    share: float,
    serial: int,
    until: date,
    reform_on: date,
    firms: tuple[tuple[str, str], ...],
    handlers: int,
) -> Life:
    toss = dice.random
    rest_day = worked.after(day, 0) != day
    channel = CHANNELS[1 if rest_day else bisect_right(_CHANNEL_SHARE, toss() * 100)]
    received = _at(day, share)
    counter = f"{_counter(item.department)}{1 + int(toss() * handlers):02d}号"
    person = toss() < (0.15 if item.code.startswith("P") else 0.55)
    applicant, code = ("", "") if person else firms[int(toss() * toss() * len(firms))]
    promised, pace = item.promised, item.pace
    old_drainage = item.code == DRAINAGE and day < reform_on
    if old_drainage:
        promised, pace = BEFORE_REFORM, 0.9
    events = [Event(RECEIVED, received, counter)]
    told = corrected = accepted = decided = None
    stopped: Stopped | None = None
    checked: Stopped | None = None
    stopped_wd, result = 0, ""

    # Sent back once, answered or given up.
    desk_day = worked.after(day, 0 if toss() < 0.7 else int(toss() * 3) + 1)
    if toss() < item.corrected:
        told = _later(received, worked.after(day, int(toss() * 5) + (1 if toss() < 0.96 else 3)), toss())
        events.append(Event(TOLD, told, counter))
        if toss() < 0.94:
            corrected = _later(told, worked.after(told.date(), 1 + int(toss() * toss() * 20)), toss())
            events.append(Event(CORRECTED, corrected, ""))
            desk_day = worked.after(corrected.date(), 0 if toss() < 0.6 else 1)
        else:
            desk_day = worked.after(told.date(), 30)
    if toss() < (0.9 if told is not None and corrected is None else 0.006):
        decided = _later(events[-1].at, desk_day, toss())
        result = REFUSED
        events.append(Event(REFUSED, decided, counter))
    else:
        accepted = _later(events[-1].at, desk_day, toss())
        events.append(Event(ACCEPTED, accepted, counter))
        if toss() < 0.008:
            decided = _later(accepted, worked.after(desk_day, int(toss() * 4)), toss())
            result = "申请人撤回"
            events.append(Event(WITHDRAWN, decided, counter))
        else:
            used = _used(dice, promised if promised is not None else item.legal, pace, item.late)
            if toss() < item.checked:
                wait = 3 + int(toss() * 5) if old_drainage else int(toss() * toss() * 5)
                if old_drainage:
                    used = max(used, wait + 1 + int(toss() * 3))
                wait = min(wait, used)
                begun = _later(accepted, worked.after(desk_day, wait), toss())
                ended = _later(begun, worked.after(begun.date(), int(toss() * (used - wait + 1))), toss())
                events += [Event(CHECKED, begun, counter, START), Event(CHECKED, ended, counter)]
                over = max(ended.date(), begun.date() + timedelta(days=1))
                checked = Stopped(ProcedureKind.SITE_CHECK, begun.date(), over)
            if toss() < item.stopped:
                stopped_wd = 4 + int(toss() * 16)
                from_on = worked.after(desk_day, min(2, used) + 1)
                to_on = worked.after(from_on, stopped_wd)
                stopped = Stopped(ProcedureKind.EXPERT_REVIEW, from_on, to_on)
                events += [Event(REVIEWED, _at(from_on, toss()), counter, START)]
                events += [Event(REVIEWED, _at(to_on, toss()), counter)]
            last = worked.after(desk_day, used + stopped_wd)
            if used + stopped_wd > 1:
                events.append(Event(EXAMINED, _at(worked.after(last, -1), toss()), counter))
            if toss() > FORGOTTEN:
                decided = _later(max(e.at for e in events), last, toss())
                result = "准予许可" if toss() < 0.975 else "不予许可"
                events.append(Event(DECIDED, decided, counter))

    # What lies after the last day has not happened yet.
    events = sorted((e for e in events if e.at.date() <= until), key=lambda e: e.at)
    stopped, checked = _by(stopped, until), _by(checked, until)
    if stopped is None or stopped.to_on is None:
        stopped_wd = 0
    return Life(
        number=f"440703{day:%Y%m%d}{serial % 1_000_000:06d}",
        item=item,
        promised=promised,
        town=TOWNS[bisect_right(_TOWN_SHARE, toss() * 100)],
        channel=channel,
        applicant=applicant,
        code=code,
        person=person,
        received=received,
        told=_until(told, until),
        corrected=_until(corrected, until),
        accepted=_until(accepted, until),
        stopped=stopped,
        stopped_wd=stopped_wd,
        checked=checked,
        decided=_until(decided, until),
        result=result if _until(decided, until) else "",
        handler=counter,
        events=tuple(events),
    )


def _used(dice: Random, limit: int | None, pace: float, late: float) -> int:
    """Working days the authority takes."""
    limit = limit or 0
    if dice.random() < late:
        return limit + 1 + int(dice.random() ** 2 * max(limit, 3))
    return min(limit, max(0, round(dice.gauss(pace, 0.22) * limit)))


def _at(day: date, share: float) -> datetime:
    """A moment in office hours, 8:30 to 17:30."""
    return datetime.combine(day, time(8, 30)) + timedelta(seconds=int(share * 32_400))


def _later(before: datetime, day: date, share: float) -> datetime:
    """A moment on `day` in office hours, after `before`."""
    moment = _at(day, share)
    return moment if moment > before else before + timedelta(minutes=1 + int(share * 9))


def _by(procedure: Stopped | None, last: date) -> Stopped | None:
    """The procedure as it stands at the end of that day."""
    if procedure is None or procedure.from_on > last:
        return None
    lasts = procedure.to_on is not None and procedure.to_on > last
    return procedure._replace(to_on=None) if lasts else procedure


def _until(moment: datetime | None, last: date) -> datetime | None:
    return moment if moment is not None and moment.date() <= last else None


@cache
def _counter(department: str) -> str:
    """市场: what the people of a department's counter are numbered under."""
    for place in ("江门市", "蓬江", "区"):
        department = department.removeprefix(place)
    return department[:2] or "综合"


_BRANDS = (
    tuple("恒瑞钜启博铭澜朗兆金新聚汇千力顺冠德正星景安天"),
    tuple("岳能明锐鸿海晟驰禾翼芯川帆合科宇润邦耀致泰玑"),
)
_TRADES = (
    "建材", "餐饮管理", "物流", "机电设备", "环保科技", "食品", "服饰", "五金制品", "灯饰", "贸易", "装饰工程", "汽车服务",
    "电子科技", "医疗器械", "农业发展", "包装制品", "商业管理", "教育咨询", "卫浴", "摩托车配件",
)  # fmt: skip
_KINDS = ("有限公司", "贸易有限公司", "实业有限公司", "（江门）有限公司")


@cache
def firm_names() -> tuple[tuple[str, str], ...]:
    """(name, 统一社会信用代码) of the firms that come to the hall; all invented, the codes' check digits true."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    found: list[tuple[str, str]] = []
    for first in _BRANDS[0]:
        for second in _BRANDS[1]:
            for trade in _TRADES:
                for kind in _KINDS:
                    serial, digits = 9_000_000 + len(found) * 613, ""
                    for _position in range(6):
                        serial, index = divmod(serial, len(alphabet))
                        digits = alphabet[index] + digits
                    body = f"91440703MA{digits}Y"
                    name = f"江门市{first}{second}{trade}{kind}"
                    found.append((name, body + str(uscc.calc_check_digit(body))))
    return tuple(found)
