"""The nightly forecast of every project being pursued, and its back-test, kept for the screens."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from crm.core import access
from crm.core.access import SYSTEM, Actor, Verb
from crm.core.db import reading, unit_of_work
from crm.core.today import now as instant_now
from crm.insight.forecast import backtest_rules, queries, rules
from crm.insight.forecast.backtest_rules import Share, Tried
from crm.insight.forecast.facts import ProjectFacts
from crm.insight.forecast.history_rules import ENOUGH_OWN, ENOUGH_POOLED, History
from crm.projects.plan_rules import PlanCycle
from crm.workdays.queries import calendar as calendar_of
from crm.workdays.rules import Calendar
from models import ProjectForecast, Setting

AT_ONCE = 100  # projects computed and written in one transaction
TAKE_OVER = timedelta(minutes=30)  # a run unfinished for so long has died with its process
RUN_KEY = "forecast_run"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """What a run did. `forecast` projects got dates, `without` have none to get; `complete` is False when
    it was stopped between two batches: the next run does the rest."""

    forecast: int
    without: int
    complete: bool


def forecast_all(
    actor: Actor,
    today: date,
    *,
    progress: Callable[[int, int], None] | None = None,
    stop: threading.Event | None = None,
) -> Made:
    """Forecast every project being pursued and keep it, with the history it was made from; projects no
    longer pursued lose theirs.

    `progress(done, total)` after each batch. Raises `NotAllowed`.
    """
    access.require(actor, Verb.SCAN_RUN)
    with reading() as session:
        calendar = calendar_of(session)
        known = queries.history(session, calendar, today)
        ids = queries.active_ids(session)
    with unit_of_work(actor, "forecast.drop") as session:
        _put(session, queries.HISTORY_KEY, {"on": today.isoformat(), "history": known.packed()})
        session.execute(
            sa.delete(ProjectForecast)
            .where(col(ProjectForecast.project_id).not_in(sa.select(sa.column("id")).select_from(_active())))
            .execution_options(synchronize_session=False)
        )
    made = without = 0
    for start in range(0, len(ids), AT_ONCE):
        if stop is not None and stop.is_set():
            return Made(made, without, complete=False)
        some = ids[start : start + AT_ONCE]
        with reading() as session:
            facts = queries.plans(session, some)
        rows = [row for f in facts for row in _rows(f, known, calendar, today)]
        with unit_of_work(actor, "forecast.make") as session:
            session.execute(
                sa.delete(ProjectForecast)
                .where(col(ProjectForecast.project_id).in_(some))
                .execution_options(synchronize_session=False)
            )
            if rows:
                session.execute(sa.insert(ProjectForecast), rows)
        here = len({row["project_id"] for row in rows})
        made, without = made + here, without + len(facts) - here
        if progress is not None:
            progress(min(start + AT_ONCE, len(ids)), len(ids))
    return Made(made, without, complete=True)


def _active() -> sa.Subquery:
    from models import Project
    from models.vocabulary import ProjectStatus

    return (
        sa.select(col(Project.id).label("id")).where(col(Project.status) == ProjectStatus.ACTIVE).subquery()
    )


def _rows(facts: ProjectFacts, known: History, calendar: Calendar, today: date) -> list[dict[str, Any]]:
    try:
        found = rules.forecast(facts.id, facts.status, facts.ahead(calendar, today), known, calendar, today)
    except PlanCycle:
        log.warning("project %s has a circle in its plan and no forecast", facts.id)
        return []
    steps = [[code, b.level.value, b.n] for code, b in found.behind.items()]
    basis = {
        "draws": found.draws,
        "common_pace": round(found.common_pace, 3),
        "enough": [ENOUGH_OWN, ENOUGH_POOLED],
        "steps": steps,
    }
    return [
        {
            "project_id": facts.id,
            "target": a.target.value,
            "made_on": today,
            "p50_on": a.p50_on,
            "p80_on": a.p80_on,
            "p95_on": a.p95_on,
            "movers": [asdict(m) for m in a.movers],
            "basis": basis | {"code": a.code, "name": a.name, "provisional": a.provisional},
            "made_at": instant_now(),
        }
        for a in found.arrivals
    ]


# ── Back-test ───────────────────────────────────────────────────────────────────────


def backtest(today: date, *, stop: threading.Event | None = None) -> list[Share]:
    """The calibration of the forecast over the last twelve months; keeps nothing."""
    tried: list[Tried] = []
    with reading() as session:
        calendar = calendar_of(session)
        ids = queries.finished_or_active(session)
        pairs = [(as_of, i) for as_of in backtest_rules.month_firsts(today) for i in ids]
        chosen = backtest_rules.evenly(pairs)
        facts: dict[int, ProjectFacts] = {}
        wanted = sorted({i for _as_of, i in chosen})
        for start in range(0, len(wanted), AT_ONCE):
            facts |= {f.id: f for f in queries.plans(session, wanted[start : start + AT_ONCE])}
        for as_of in sorted({day for day, _id in chosen}):
            known = queries.history(session, calendar, as_of)
            for day, project_id in chosen:
                if stop is not None and stop.is_set():
                    return []
                if day == as_of:
                    tried += _tried(facts[project_id], known, calendar, as_of)
    return backtest_rules.calibration(tried, today)


def _tried(facts: ProjectFacts, known: History, calendar: Calendar, as_of: date) -> list[Tried]:
    really = {m.code: m.done_on for m in facts.milestones if m.done_on is not None}
    try:
        return backtest_rules.try_one(facts.id, facts.ahead(calendar, as_of), really, known, calendar, as_of)
    except PlanCycle:
        return []


def keep_backtest(actor: Actor, today: date, shares: Sequence[Share]) -> None:
    """Keep the calibration for the forecast page. Raises `NotAllowed`."""
    access.require(actor, Verb.SCAN_RUN)
    lines = [asdict(s) | {"what": s.what.value} for s in shares]
    with unit_of_work(actor, "forecast.backtest") as session:
        _put(session, queries.BACKTEST_KEY, {"made_on": today.isoformat(), "lines": lines})


# ── Nightly ─────────────────────────────────────────────────────────────────────────


def nightly(
    today: date, stop: threading.Event | None = None, *, now: Callable[[], datetime] = instant_now
) -> bool:
    """The day's forecasts and back-test, once a day whatever number of processes asks, each minute if they
    like. A run whose process died is taken over after `TAKE_OVER`. True when this call did it."""
    if not _claim(today, now()):
        return False
    made = forecast_all(SYSTEM, today, stop=stop)
    if not made.complete:
        _release()
        return False
    shares = backtest(today, stop=stop)
    if stop is not None and stop.is_set():
        _release()
        return False
    keep_backtest(SYSTEM, today, shares)
    with unit_of_work(SYSTEM, "forecast.done") as session:
        _put(session, RUN_KEY, {"on": today.isoformat(), "finished": True})
    log.info("forecast of %s: %d projects with dates, %d without", today, made.forecast, made.without)
    return True


def _claim(today: date, moment: datetime) -> bool:
    try:
        with unit_of_work(SYSTEM, "forecast.claim") as session:
            row = session.get(Setting, RUN_KEY, with_for_update=True)
            value = dict(row.value) if row else {}
            if value.get("on") == today.isoformat():
                started = value.get("started_at")
                if value.get("finished") or (
                    started is not None and datetime.fromisoformat(started) > moment - TAKE_OVER
                ):
                    return False
            _put(session, RUN_KEY, {"on": today.isoformat(), "started_at": moment.isoformat()})
    except IntegrityError:  # another process was the first ever, a moment ago
        return False
    return True


def _release() -> None:
    with unit_of_work(SYSTEM, "forecast.stopped") as session:
        _put(session, RUN_KEY, {})


def _put(session: Session, key: str, value: dict[str, Any]) -> None:
    """A setting of the machinery's own: no line in the trail, nobody decided anything."""
    quiet = {"synchronize_session": False, "unaudited": "the nightly forecast's own bookkeeping"}
    changed = session.execute(
        sa.update(Setting).where(col(Setting.key) == key).values(value=value).execution_options(**quiet)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        session.execute(sa.insert(Setting).values(key=key, value=value).execution_options(**quiet))
