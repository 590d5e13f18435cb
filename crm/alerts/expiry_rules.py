"""The expiry watch list: what lapses, or must follow, when nobody acts in time.

The list is data (`WATCHES`), each line with its article of law or its source. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crm.alerts.rules import Finding, add_months, json_facts
from crm.workdays.rules import Calendar
from models.vocabulary import AlertKind, Light


@dataclass(frozen=True)
class Watch:
    """One line of the expiry watch list: what must happen, how long after what.

    `items` are catalogue codes whose issue or completion starts the time; `until` names what ends
    the watch: "started" (the project's actual start) or the code of a milestone to be done.
    """

    code: str
    items: tuple[str, ...]
    until: str
    months: int = 0
    days: int = 0
    basis: str = ""

    def due(self, start: date) -> date:
        """The last day allowed."""
        return add_months(start, self.months) + timedelta(days=self.days)


WATCHES: tuple[Watch, ...] = (
    Watch("start_construction", ("P34",), "started", months=3, basis="建筑法第九条"),
    Watch("start_after_eia", ("P23", "P24"), "started", months=60, basis="环境影响评价法第二十四条"),
    Watch("start_after_soil", ("P27", "P28"), "started", months=36, basis="水利部令第53号第十八条"),
    Watch("start_after_energy", ("P26",), "started", months=24, basis="固定资产投资项目节能审查办法"),
    Watch("start_after_filing", ("P12",), "started", months=24, basis="广东省投资项目备案证有效期"),
    Watch("start_after_approval", ("P13",), "started", months=24, basis="核准文件有效期"),
    Watch("file_acceptance", ("P54",), "P55", days=15, basis="建设工程质量管理条例第四十九条"),
)
WATCHED_ITEMS: frozenset[str] = frozenset(code for watch in WATCHES for code in watch.items)
STARTED_ITEMS: frozenset[str] = frozenset(
    code for watch in WATCHES if watch.until == "started" for code in watch.items
)


@dataclass(frozen=True)
class WatchFact:
    """Something that started a watched time: a permit issued, or a milestone done."""

    record: str  # "case" or "milestone"
    record_id: int
    item_code: str
    name: str
    from_on: date
    project_id: int
    started: bool  # the project has actually started
    done_codes: frozenset[str] = frozenset()  # milestones of the project that are done
    expires_on: date | None = None  # the permit's own last day, when it states one (an extension)
    department_id: int | None = None


def watch(fact: WatchFact, today: date, calendar: Calendar, warn_days: int) -> Iterator[Finding]:
    """The watched times that `fact` starts and that end within `warn_days`, or have ended."""
    for line in WATCHES:
        if fact.item_code not in line.items:
            continue
        if fact.started if line.until == "started" else line.until in fact.done_codes:
            continue
        due = fact.expires_on or line.due(fact.from_on)
        if (due - today).days > warn_days:
            continue
        yield _expiry(
            f"{fact.record}:{fact.record_id}:{line.code}",
            fact.record,
            fact.record_id,
            line.code,
            due,
            today,
            calendar,
            project_id=fact.project_id,
            department_id=fact.department_id,
            name=fact.name,
            start=fact.from_on,
            basis=line.basis,
        )


@dataclass(frozen=True)
class PermitFact:
    """An issued permit that ends, and has not been replaced by a newer one."""

    case_id: int
    item_code: str
    name: str
    permit_no: str
    expires_on: date | None
    renew_by_on: date | None
    renewal_applied: bool = False
    project_id: int | None = None
    enterprise_id: int | None = None
    department_id: int | None = None


def permit(fact: PermitFact, today: date, calendar: Calendar, warn_days: int) -> Finding | None:
    """Renewal to be applied for, then the permit's end: one alert that climbs.

    Permits that lapse only if the project does not start are judged by `watch`.
    """
    if fact.item_code in STARTED_ITEMS:
        return None
    if fact.renew_by_on is not None and not fact.renewal_applied:
        code, due = "permit_renew", fact.renew_by_on
    elif fact.expires_on is not None:
        code, due = "permit_expires", fact.expires_on
    else:
        return None
    if fact.expires_on is not None and fact.expires_on < today:
        code, due = "permit_expires", fact.expires_on
    if (due - today).days > warn_days:
        return None
    return _expiry(
        f"case:{fact.case_id}:expiry",
        "case",
        fact.case_id,
        code,
        due,
        today,
        calendar,
        project_id=fact.project_id,
        enterprise_id=fact.enterprise_id,
        department_id=fact.department_id,
        name=fact.name,
        no=fact.permit_no,
        expires=fact.expires_on,
    )


def _expiry(
    key: str,
    record: str,
    record_id: int,
    code: str,
    due: date,
    today: date,
    calendar: Calendar,
    *,
    project_id: int | None,
    enterprise_id: int | None = None,
    department_id: int | None = None,
    **facts: Any,
) -> Finding:
    left = (due - today).days
    light = Light.RED if left < 0 else Light.ORANGE if left == 0 else Light.YELLOW
    return Finding(
        key=key,
        kind=AlertKind.EXPIRY,
        light=light,
        because_code=code,
        because_facts=json_facts(due=due, left=left, **facts),
        project_id=project_id,
        record=record,
        record_id=record_id,
        due_on=due,
        late_wd=calendar.count_workdays(due, today) if left < 0 else None,
        enterprise_id=enterprise_id,
        department_id=department_id,
    )
