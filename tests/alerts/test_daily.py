"""The run at 07:30 in the district: once a day, by one process of many, and caught up when missed."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from crm.alerts import daily
from crm.core.db import reading
from crm.core.today import SHANGHAI
from models import ScanRun

HALF_PAST_SEVEN = datetime(2026, 11, 23, 7, 30, tzinfo=SHANGHAI)


def runs() -> list[tuple[str, bool]]:
    with reading() as session:
        return [
            (r.slot, r.finished_at is not None) for r in session.exec(select(ScanRun).order_by(ScanRun.slot))
        ]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 23, 7, 29, 59, tzinfo=SHANGHAI), None),
        (HALF_PAST_SEVEN, date(2026, 11, 23)),
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), date(2026, 11, 23)),  # the server's clock is UTC
        (datetime(2026, 11, 22, 23, 29, tzinfo=UTC), None),
        (datetime(2026, 11, 23, 16, 30, tzinfo=UTC), None),  # 00:30 of the 24th in the district
        (datetime(2028, 2, 29, 12, 0, tzinfo=SHANGHAI), date(2028, 2, 29)),
    ],
)
def test_a_run_is_due_from_half_past_seven_in_the_district(moment: datetime, day: date | None) -> None:
    assert daily.due_day(moment) == day


def test_the_wait_never_sleeps_past_the_next_run() -> None:
    assert daily.seconds_to_look(HALF_PAST_SEVEN - timedelta(seconds=5)) == 5
    assert daily.seconds_to_look(HALF_PAST_SEVEN) == daily.LOOK_EVERY_S


class Clock:
    """A wall clock that moves only while somebody waits."""

    def __init__(self, at: datetime, until: datetime) -> None:
        self.at, self.until = at, until

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> bool:
        self.at += timedelta(seconds=seconds)
        return self.at >= self.until


def test_three_days_of_running_make_three_runs(any_db: str, cast: Any) -> None:
    clock = Clock(HALF_PAST_SEVEN - timedelta(hours=1), HALF_PAST_SEVEN + timedelta(days=2, minutes=3))
    daily.run_forever(threading.Event(), now=clock.now, wait=clock.wait)
    assert runs() == [(f"daily:2026-11-{d}", True) for d in (23, 24, 25)]


def test_a_process_started_late_catches_up_at_once(db: Any, cast: Any) -> None:
    start = HALF_PAST_SEVEN + timedelta(hours=9)
    clock = Clock(start, start + timedelta(seconds=1))
    daily.run_forever(threading.Event(), now=clock.now, wait=clock.wait)
    assert runs() == [("daily:2026-11-23", True)]


def test_a_process_started_before_the_hour_waits_for_it(db: Any, cast: Any) -> None:
    clock = Clock(HALF_PAST_SEVEN - timedelta(hours=1), HALF_PAST_SEVEN - timedelta(minutes=1))
    daily.run_forever(threading.Event(), now=clock.now, wait=clock.wait)
    assert runs() == []


def test_several_processes_share_one_run(any_db: str, cast: Any) -> None:
    results: list[Any] = []
    start = threading.Barrier(4)

    def run() -> None:
        start.wait()
        results.append(daily.run_if_due(HALF_PAST_SEVEN, now=lambda: HALF_PAST_SEVEN))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.ran for result in results) == [False, False, False, True]
    assert runs() == [("daily:2026-11-23", True)]


def test_a_failed_run_is_kept_with_its_error_and_tried_again(
    db: Any, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm.alerts import scan as scanning

    calls: list[datetime] = []
    real = scanning._one_batch
    clock = Clock(HALF_PAST_SEVEN, HALF_PAST_SEVEN + timedelta(minutes=12))

    def fail_once(*given: Any) -> Any:
        calls.append(clock.at)
        if len(calls) == 1:
            raise OSError("disk full")
        return real(*given)

    monkeypatch.setattr(scanning, "_one_batch", fail_once)
    daily.run_forever(threading.Event(), now=clock.now, wait=clock.wait)
    assert calls[1] - calls[0] >= scanning.TAKE_OVER
    assert runs() == [("daily:2026-11-23", True)]


def test_a_thread_told_to_stop_ends(db: Any) -> None:
    stop = threading.Event()
    stop.set()
    daily.run_forever(stop)
    assert runs() == []
