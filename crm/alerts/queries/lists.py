"""Alerts as people read them: scoped, filtered, sorted, counted and paged in SQL.

A count and the list behind it use the same `AlertFilter`, so that every number opens its records.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from crm.alerts.rules import LOUDNESS
from crm.core.access import Actor, Verb, project_condition, scopes
from crm.core.names import name_key
from models import Alert, AlertRecipient, Department, Enterprise, Project, Threshold, Town, User
from models.vocabulary import AlertKind, AlertState, Light, Scope

NO_DEPARTMENT = 0  # as a filter: waits for an officer, an enterprise, or nobody


class AlertSort(StrEnum):
    URGENT = "urgent"
    DUE = "due"
    RECENT = "recent"


ALERT_SORT_LABELS: dict[AlertSort, str] = {
    AlertSort.URGENT: "最要紧",
    AlertSort.DUE: "最先到期",
    AlertSort.RECENT: "最近发现",
}


@dataclass(frozen=True)
class AlertFilter:
    """What a list of alerts may be narrowed by; None asks nothing, and then only closed ones are left out.

    `mine`: those the actor himself is told of. `pressing`: orange or red and taken up by nobody yet.
    `raised_on`: the day the ground was first found. `late_from`: at least so many working days late.
    """

    mine: bool = False
    pressing: bool = False
    late_from: int | None = None
    kind: AlertKind | None = None
    light: Light | None = None
    state: AlertState | None = None
    department_id: int | None = None
    town_id: int | None = None
    project_id: int | None = None
    raised_on: date | None = None
    text: str = ""

    def but(self, **changes: Any) -> AlertFilter:
        return replace(self, **changes)

    def query(self) -> dict[str, str]:
        """As URL parameters: what `read` reads back."""
        found = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and value != "" and value is not False:
                found[each.name] = "1" if value is True else str(value)
        return found

    @classmethod
    def read(cls, query: dict[str, str]) -> AlertFilter:
        """From URL parameters; what makes no sense asks nothing."""
        values: dict[str, Any] = {}
        for name, kind in _KINDS.items():
            raw = query.get(name, "")
            if raw:
                try:
                    values[name] = kind(raw)
                except ValueError:
                    continue
        return cls(**values)


_KINDS: dict[str, Any] = {
    "mine": lambda raw: raw == "1",
    "pressing": lambda raw: raw == "1",
    "late_from": int,
    "kind": AlertKind,
    "light": Light,
    "state": AlertState,
    "department_id": int,
    "town_id": int,
    "project_id": int,
    "raised_on": date.fromisoformat,
    "text": str,
}


@dataclass(frozen=True)
class AlertRow:
    """One alert with the names around it. `because` is Chinese; `words.sentence` tells it in either language.

    `may_handle`: whether the reader may acknowledge or snooze it.
    """

    id: int
    version: int
    key: str
    kind: AlertKind
    light: Light
    state: AlertState
    because: str
    because_code: str
    because_facts: dict[str, Any]
    project_id: int | None
    project_name: str
    project_code: str
    enterprise_id: int | None
    enterprise_name: str
    town: str
    department_id: int | None
    department: str
    record: str
    record_id: int | None
    due_on: date | None
    late_wd: int | None
    raised_on: date
    handled_by: str
    handled_at: datetime | None
    handled_note: str
    snoozed_until: date | None
    may_handle: bool

    @property
    def opens(self) -> tuple[str, dict[str, int | None]]:
        """The screen of the record the alert is about, and its parameters."""
        if self.record == "case":
            return "case", {"id": self.record_id}
        if self.record == "milestone":
            return "project", {"id": self.project_id, "milestone": self.record_id}
        return "project", {"id": self.project_id}


@dataclass(frozen=True)
class AlertPage:
    """A page of alerts and how many there are in all."""

    rows: list[AlertRow]
    total: int


def alert_condition(actor: Actor, verb: Verb) -> sa.ColumnElement[bool]:
    """The SQL condition on `Alert` that the actor's scopes for this verb allow.

    By the alert's project. A department also reaches what waits for it, and handles only that and
    what waits for no other department.
    """
    reach = scopes(actor, verb)
    if Scope.ALL in reach:
        return sa.true()
    inside = col(Alert.project_id).in_(select(Project.id).where(project_condition(actor, verb)))
    if Scope.OWN_DEPARTMENT not in reach:
        return inside
    if actor.department_id is None:
        return sa.false()
    own = col(Alert.department_id) == actor.department_id
    if verb is Verb.ALERT_HANDLE:
        return sa.or_(own, sa.and_(col(Alert.department_id).is_(None), inside))
    return sa.or_(own, inside)


def _told(actor: Actor) -> sa.ColumnElement[bool]:
    return col(Alert.id).in_(
        select(AlertRecipient.alert_id).where(col(AlertRecipient.user_id) == actor.user_id)
    )


def _where(actor: Actor, asked: AlertFilter) -> list[sa.ColumnElement[bool]]:
    found = [alert_condition(actor, Verb.ALERT_VIEW)]
    if asked.state is None:
        found.append(col(Alert.state) != AlertState.CLOSED)
    for column, value in (
        (Alert.state, asked.state),
        (Alert.kind, asked.kind),
        (Alert.light, asked.light),
        (Alert.project_id, asked.project_id),
        (Alert.raised_on, asked.raised_on),
        (Project.town_id, asked.town_id),
    ):
        if value is not None:
            found.append(col(column) == value)
    if asked.department_id == NO_DEPARTMENT:
        found.append(col(Alert.department_id).is_(None))
    elif asked.department_id is not None:
        found.append(col(Alert.department_id) == asked.department_id)
    if asked.mine:
        found.append(_told(actor))
    if asked.pressing:
        found.append(col(Alert.light).in_([Light.ORANGE, Light.RED]))
        found.append(col(Alert.state) == AlertState.OPEN)
    if asked.late_from is not None:
        found.append(col(Alert.late_wd) >= asked.late_from)
    if asked.text.strip():
        found.append(_text(asked.text.strip()))
    return found


def _text(text: str) -> sa.ColumnElement[bool]:
    """Project or enterprise by name, pinyin or initials, project code, or words of the sentence."""
    key = name_key(text)
    either = [
        col(Project.name).contains(text, autoescape=True),
        col(Enterprise.name).contains(text, autoescape=True),
        col(Project.project_code).contains(text, autoescape=True),
        col(Alert.because).contains(text, autoescape=True),
    ]
    if key.isascii() and key.isalnum():
        for column in (Project.pinyin, Project.initials, Enterprise.pinyin, Enterprise.initials):
            either.append(col(column).contains(key, autoescape=True))
    return sa.or_(*either)


def _from(columns: list[Any]) -> Any:
    """A select over alerts with the names around them joined one to one."""
    return (
        sa.select(*columns)
        .select_from(Alert)
        .outerjoin(Project, col(Project.id) == col(Alert.project_id))
        .outerjoin(
            Enterprise,
            col(Enterprise.id) == sa.func.coalesce(col(Alert.enterprise_id), col(Project.enterprise_id)),
        )
    )


_LOUDNESS = sa.case(*((col(Alert.light) == light, n) for light, n in LOUDNESS.items() if n), else_=0).label(
    "loudness"
)

_ORDER: dict[AlertSort, list[Any]] = {
    AlertSort.URGENT: [
        _LOUDNESS.desc(),
        col(Alert.late_wd).desc().nulls_last(),
        col(Alert.due_on).asc().nulls_last(),
    ],
    AlertSort.DUE: [col(Alert.due_on).asc().nulls_last(), _LOUDNESS.desc()],
    AlertSort.RECENT: [col(Alert.raised_on).desc(), _LOUDNESS.desc()],
}


def list_alerts(
    session: Session,
    actor: Actor,
    asked: AlertFilter | None = None,
    *,
    sort: AlertSort = AlertSort.URGENT,
    page: int = 1,
    per_page: int = 25,
) -> AlertPage:
    """The alerts the actor may see and asks for. A page past the end is the last page."""
    asked = asked or AlertFilter()
    where = _where(actor, asked)
    total = int(session.execute(_from([sa.func.count()]).where(*where)).scalar_one())
    page = max(1, min(page, -(-total // per_page)))
    statement = (
        _rows(actor)
        .where(*where)
        .order_by(*_ORDER[sort], col(Alert.id))
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return AlertPage([_row(r) for r in session.execute(statement)], total)


def alert_row(session: Session, actor: Actor, alert_id: int) -> AlertRow | None:
    """One alert, closed or not, if the actor may see it."""
    statement = _rows(actor).where(col(Alert.id) == int(alert_id), alert_condition(actor, Verb.ALERT_VIEW))
    found = session.execute(statement).first()
    return _row(found) if found else None


def to_handle(session: Session, actor: Actor, alert_id: int) -> Alert | None:
    """The row itself, if the actor may handle it."""
    return session.exec(
        select(Alert).where(col(Alert.id) == int(alert_id), alert_condition(actor, Verb.ALERT_HANDLE))
    ).first()


def _rows(actor: Actor) -> Any:
    handler = aliased(User)
    return (
        _from(
            [
                Alert,
                col(Project.name).label("project_name"),
                col(Project.project_code).label("project_code"),
                col(Enterprise.id).label("enterprise_id"),
                col(Enterprise.name).label("enterprise_name"),
                col(Town.name).label("town_name"),
                col(Department.name).label("department_name"),
                handler.name.label("handler_name"),  # type: ignore[attr-defined]
                alert_condition(actor, Verb.ALERT_HANDLE).label("may_handle"),
            ]
        )
        .outerjoin(Town, col(Town.id) == sa.func.coalesce(col(Project.town_id), col(Enterprise.town_id)))
        .outerjoin(Department, col(Department.id) == col(Alert.department_id))
        .outerjoin(handler, handler.id == col(Alert.handled_by))  # type: ignore[arg-type]
    )


def _row(r: Any) -> AlertRow:
    alert: Alert = r[0]
    return AlertRow(
        id=int(alert.id or 0),
        version=alert.version,
        key=alert.key,
        kind=alert.kind,
        light=alert.light,
        state=alert.state,
        because=alert.because,
        because_code=alert.because_code,
        because_facts=alert.because_facts,
        project_id=alert.project_id,
        project_name=r.project_name or "",
        project_code=r.project_code or "",
        enterprise_id=r.enterprise_id,
        enterprise_name=r.enterprise_name or "",
        town=r.town_name or "",
        department_id=alert.department_id,
        department=r.department_name or "",
        record=alert.record,
        record_id=alert.record_id,
        due_on=alert.due_on,
        late_wd=alert.late_wd,
        raised_on=alert.raised_on,
        handled_by=r.handler_name or "",
        handled_at=alert.handled_at,
        handled_note=alert.handled_note,
        snoozed_until=alert.snoozed_until,
        may_handle=bool(r.may_handle),
    )


# --- counts -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AlertCounts:
    """How many alerts by kind and by light, after a filter."""

    by_kind: Counter[AlertKind]
    by_light: Counter[Light]
    total: int


def count_alerts(session: Session, actor: Actor, asked: AlertFilter | None = None) -> AlertCounts:
    """Counts of what `list_alerts` would list."""
    rows = session.execute(
        _from([Alert.kind, Alert.light, sa.func.count()])
        .where(*_where(actor, asked or AlertFilter()))
        .group_by(Alert.kind, Alert.light)
    ).all()
    by_kind: Counter[AlertKind] = Counter()
    by_light: Counter[Light] = Counter()
    for kind, light, n in rows:
        by_kind[kind] += int(n)
        by_light[light] += int(n)
    return AlertCounts(by_kind, by_light, sum(by_light.values()))


@dataclass(frozen=True)
class DepartmentLights:
    """One row of the board of lights, the department by its short name. NO_DEPARTMENT: waits for none."""

    department_id: int
    department: str
    yellow: int
    orange: int
    red: int


def department_lights(
    session: Session, actor: Actor, asked: AlertFilter | None = None
) -> list[DepartmentLights]:
    """Departments x lights of the standing alerts, the reddest first; what waits for none comes last."""
    rows = session.execute(
        _from([Alert.department_id, Department.short, Department.name, Alert.light, sa.func.count()])
        .outerjoin(Department, col(Department.id) == col(Alert.department_id))
        .where(*_where(actor, asked or AlertFilter()))
        .group_by(Alert.department_id, Department.short, Department.name, Alert.light)
    ).all()
    names: dict[int, str] = {}
    counted: dict[int, Counter[Light]] = {}
    for department_id, short, name, light, n in rows:
        key = department_id or NO_DEPARTMENT
        names[key] = short or name or ""
        counted.setdefault(key, Counter())[light] += int(n)
    board = [
        DepartmentLights(key, names[key], c[Light.YELLOW], c[Light.ORANGE], c[Light.RED])
        for key, c in counted.items()
    ]
    return sorted(
        board, key=lambda d: (d.department_id == NO_DEPARTMENT, -d.red, -d.orange, -d.yellow, d.department)
    )


# --- thresholds ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ThresholdRow:
    """One editable number with where it comes from. `stage` None: all stages without their own."""

    id: int
    version: int
    code: str
    stage: int | None
    value: int
    unit: str
    basis: str


def list_thresholds(session: Session) -> list[ThresholdRow]:
    """All of them, the general number of a code before its stages'."""
    rows = session.exec(
        select(Threshold).order_by(col(Threshold.code), col(Threshold.stage).asc().nulls_first())
    )
    return [ThresholdRow(int(t.id or 0), t.version, t.code, t.stage, t.value, t.unit, t.basis) for t in rows]


def threshold(session: Session, code: str, stage: int | None) -> Threshold | None:
    """The row of one code and stage."""
    return session.exec(
        select(Threshold).where(
            col(Threshold.code) == code,
            col(Threshold.stage).is_(None) if stage is None else col(Threshold.stage) == stage,
        )
    ).first()
