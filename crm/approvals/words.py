"""Why a case has its light, in one sentence; dates with their weekday so that a person can check them."""

from __future__ import annotations

from datetime import date

from crm.approvals.queries import CaseView, ProcedureRow
from crm.approvals.rules import CaseClocks, Clock
from crm.core.i18n import _, language
from crm.workdays.rules import weekday_name
from models.vocabulary import LIGHT_LABELS, PROCEDURE_KIND_LABELS, CaseState, DayUnit, Light


def day(on: date) -> str:
    """2026-11-27（周五）: a date one can check against a wall calendar."""
    return f"{on} ({on:%a})" if language() == "en" else f"{on}（{weekday_name(on)}）"


def days(n: int, unit: DayUnit) -> str:
    """3个工作日 / 3日."""
    return _("{n}个工作日", n=n) if unit is DayUnit.WORKING else _("{n}日", n=n)


def light_word(clocks: CaseClocks) -> str:
    """The light's word; an orange that is no due date says what it is."""
    if clocks.light is Light.ORANGE and clocks.untold:
        return _("停表未告知")
    return _(LIGHT_LABELS[clocks.light])


def because(view: CaseView, today: date) -> str:
    """The one sentence under the light."""
    clocks, state = view.row.clocks, view.row.state
    if state is CaseState.RECEIVED:
        return _received(view)
    if state is CaseState.CORRECTING:
        return _correcting(clocks.enterprise)
    ended = {
        CaseState.WITHDRAWN: _("已撤回，不再计时。"),
        CaseState.NOT_ACCEPTED: _("不予受理，期限没有起算。"),
        CaseState.TERMINATED: _("已终止办理，不再计时。"),
    }
    if state in ended:
        return ended[state]
    watched = clocks.legal if clocks.past_legal else clocks.committed
    if watched is None:
        return _("该事项没有法定或承诺的办理期限。")
    name = _("法定期限") if watched is clocks.legal else _("承诺期限")
    if view.row.decided_on is not None:
        late = watched.late if view.late is None else view.late  # the hall's export may tell the hour
        return _closed(watched, name, view.row.decided_on, late=late or clocks.past_legal)
    return _running(watched, name, clocks.light, view.stops, today)


def _received(view: CaseView) -> str:
    if view.accept_by_on is None:
        return _("已收件，尚未受理，期限没有起算。")
    return _("已收件，尚未受理；至{by}仍不告知的，自收到材料之日起即为受理。", by=day(view.accept_by_on))


def _correcting(clock: Clock | None) -> str:
    if clock is None:
        return _("等申请人补正，期限没有起算。")
    if clock.late:
        return _("等申请人补正，补正期限{due}已过；受理期限没有起算。", due=day(clock.due_on))
    return _("等申请人补正，至{due}；受理期限没有起算。", due=day(clock.due_on))


def _closed(watched: Clock, name: str, decided_on: date, *, late: bool) -> str:
    if late:
        return _(
            "{day}办结，用时{used}，超过{name}{due}。",
            day=day(decided_on),
            used=days(watched.used, watched.unit),
            name=name,
            due=day(watched.due_on),
        )
    return _(
        "{day}办结，用时{used}，在{name}内。",
        day=day(decided_on),
        used=days(watched.used, watched.unit),
        name=name,
    )


def _running(watched: Clock, name: str, light: Light, stops: tuple[ProcedureRow, ...], today: date) -> str:
    due, left = day(watched.due_on), days(watched.left, watched.unit)
    open_now = [s for s in stops if s.from_on <= today and (s.to_on is None or today < s.to_on)]
    if light is Light.RED:
        if watched.left >= 0:
            return _("{name}已于{due}届满。", name=name, due=due)
        return _("{name}已于{due}届满，逾期{n}。", name=name, due=due, n=days(-watched.left, watched.unit))
    if light is Light.ORANGE and any(not s.holds for s in open_now):
        kind = _(PROCEDURE_KIND_LABELS[next(s.kind for s in open_now if not s.holds)])
        return _("{kind}没有书面告知申请人，时间照算；{name}{due}到期。", kind=kind, name=name, due=due)
    if light is Light.ORANGE:
        return _("{name}今天到期。", name=name)
    if light is Light.BLUE:
        held = next((s for s in open_now if s.holds), None)
        kind = _(PROCEDURE_KIND_LABELS[held.kind]) if held else ""
        since = day(held.from_on) if held else ""
        return _("因{kind}自{since}停表，还剩{left}，恢复后继续计算。", kind=kind, since=since, left=left)
    return _("{name}还剩{left}，{due}到期。", name=name, left=left, due=due)
