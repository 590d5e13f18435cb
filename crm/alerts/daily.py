"""The daily run at 07:30 in the district, inside the server process.

Every process of the server may run this thread: the day's slot is claimed in the database, so one
does the work. A process started after 07:30 catches up at once; a run whose process died is taken
over after `scan.TAKE_OVER`. The wait is short and asks the wall clock each time, so that a clock
set forward or a machine that slept is noticed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from crm.alerts.scan import ScanResult, scan
from crm.approvals.actions import deem_accepted
from crm.approvals.actions.catalogue import bring_into_force
from crm.core.today import SHANGHAI
from crm.core.today import now as instant_now

RUN_AT = time(7, 30)
LOOK_EVERY_S = 60.0

log = logging.getLogger(__name__)

# What follows the day's scan in rooms this one may not know: (day, stop). Asked at every look once the
# day's run is due, so each keeps its own claim on the day and does nothing when it has been done.
_FOLLOWING: list[Callable[[date, threading.Event | None], object]] = []


def followed_by(work: Callable[[date, threading.Event | None], object]) -> None:
    """Have `work` called after the daily scan; registering it again changes nothing."""
    if work not in _FOLLOWING:
        _FOLLOWING.append(work)


def run_following(moment: datetime, stop: threading.Event | None = None) -> None:
    """Call what follows, if the day's run is due. One that fails is logged and does not stop the next."""
    day = due_day(moment)
    if day is None:
        return
    for work in _FOLLOWING:
        try:
            work(day, stop)
        except Exception:
            log.exception("%s failed; it is tried again", getattr(work, "__name__", work))


def slot_of(day: date) -> str:
    """The name only one run of the day may have."""
    return f"daily:{day.isoformat()}"


def due_day(moment: datetime) -> date | None:
    """The day whose run is due at this instant: today from 07:30 on, None before."""
    local = moment.astimezone(SHANGHAI)
    return local.date() if local.time() >= RUN_AT else None


def seconds_to_look(moment: datetime) -> float:
    """How long to wait before looking at the clock again; never past the next 07:30."""
    local = moment.astimezone(SHANGHAI)
    next_run = datetime.combine(local.date(), RUN_AT, tzinfo=SHANGHAI)
    if next_run <= local:
        next_run += timedelta(days=1)
    return min(LOOK_EVERY_S, (next_run - local).total_seconds())


def run_if_due(
    moment: datetime, *, stop: threading.Event | None = None, now: Callable[[], datetime] = instant_now
) -> ScanResult | None:
    """Run the day's scan if it is due and nobody has it. None when it is not yet due.

    The rules of the catalogue that begin on this day are put into force first, due or not; and what silence
    accepted overnight is accepted, so that its clock is among those looked at.
    """
    bring_into_force(moment.astimezone(SHANGHAI).date())
    day = due_day(moment)
    if day is None:
        return None
    deem_accepted(day)
    return scan(day, slot=slot_of(day), stop=stop, now=now)


def run_forever(
    stop: threading.Event,
    *,
    now: Callable[[], datetime] = instant_now,
    wait: Callable[[float], bool] | None = None,
) -> None:
    """Until `stop` is set: look at the clock, run what is due, wait.

    `wait(seconds)` returns True when it is time to stop; the default waits on `stop`. A failed run is
    logged and tried again after `scan.TAKE_OVER`; it never ends the thread.
    """
    pause = wait or stop.wait
    while not stop.is_set():
        moment = now()
        try:
            result = run_if_due(moment, stop=stop, now=now)
            if result is not None and result.ran:
                log.info(
                    "daily scan of %s: %d raised, %d closed, %d standing",
                    result.today,
                    result.raised,
                    result.closed,
                    result.standing,
                )
        except Exception:
            log.exception("the daily scan failed; it is tried again")
        run_following(moment, stop)
        if pause(seconds_to_look(moment)):
            return
