"""An import can be stopped, broken off and taken up; only one runs at a time; nothing is half-saved."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from crm.caselog import actions, bulk, queries
from crm.caselog.actions import Asked, running
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import Refusal
from crm.core.settings import ROOT
from crm.core.today import now
from models import Case, CaseBatch
from models.vocabulary import LoadState
from tests.caselog.exports import TODAY, bring, case, count, counts, line, put, row
from tests.conftest import Cast

ROWS = [row(f"A{n:02d}") for n in range(10)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return put(tmp_path, ROWS)


def begin(path: Path, **asked: Any) -> int:
    received = actions.receive(SYSTEM, path, path.name)
    return actions.start(SYSTEM, received, Asked(**asked), today=TODAY)


def cases() -> int:
    with reading() as session:
        return count(session, Case)


def stop_after(batch: int, done: int) -> Any:
    """A progress that presses the stop button once so many rows are in."""

    def progress(rows: int, _total: int) -> None:
        if rows == done:
            actions.stop(SYSTEM, batch)

    return progress


def test_a_stop_leaves_whole_chunks_and_the_rest_follows_later(any_db: str, cast: Cast, path: Path) -> None:
    batch = begin(path)
    assert (
        actions.run(SYSTEM, batch, today=TODAY, chunk=3, progress=stop_after(batch, 6)) is LoadState.STOPPED
    )
    assert cases() == 6
    assert (line(batch).rows_done, line(batch).created) == (6, 6)
    actions.resume(SYSTEM, batch)
    assert actions.run(SYSTEM, batch, today=TODAY, chunk=3) is LoadState.DONE
    assert cases() == 10
    assert counts(line(batch)) == (10, 0, 0, 0, 0)


def test_the_same_file_chosen_again_is_taken_up_where_it_stopped(db: Path, path: Path) -> None:
    batch = begin(path)
    actions.run(SYSTEM, batch, today=TODAY, chunk=3, progress=stop_after(batch, 3))
    assert begin(path) == batch
    actions.run(SYSTEM, batch, today=TODAY)
    assert counts(line(batch)) == (10, 0, 0, 0, 0)
    assert begin(path) != batch


def test_a_number_repeated_behind_the_break_is_still_a_repeat(db: Path, tmp_path: Path) -> None:
    path = put(tmp_path, [*ROWS[:4], row("A00", 办结时间="2026-03-20")])
    batch = begin(path)
    actions.run(SYSTEM, batch, today=TODAY, chunk=2, progress=stop_after(batch, 4))
    actions.resume(SYSTEM, batch)
    actions.run(SYSTEM, batch, today=TODAY)
    assert counts(line(batch)) == (4, 0, 0, 1, 0)


def test_a_run_that_dies_in_a_chunk_leaves_nothing_of_it(
    any_db: str, cast: Cast, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin(path)
    insert = bulk.insert

    def dies(session: Any, model: Any, rows: Any, same: Any = None) -> None:
        insert(session, model, rows, same)
        if any(r.get("case_no") == "A07" for r in rows):
            raise MemoryError

    monkeypatch.setattr(bulk, "insert", dies)
    assert actions.run(SYSTEM, batch, today=TODAY, chunk=3) is LoadState.FAILED
    assert cases() == 6
    assert line(batch).error == "程序出错（MemoryError），可以从中断处继续。"
    monkeypatch.undo()


def test_a_second_import_is_refused_while_one_is_alive(
    any_db: str, cast: Cast, path: Path, tmp_path: Path
) -> None:
    batch = begin(path)
    other = put(tmp_path, [row("B1")], name="另一份.csv")
    with pytest.raises(Refusal, match=r"正在导入“办件\.csv”（已处理0行），请等它完成或先停止它"):
        begin(other)
    with pytest.raises(Refusal, match="这次导入还在进行"):
        actions.resume(SYSTEM, batch)
    actions.stop(SYSTEM, batch)
    assert begin(other) != batch


def test_a_dead_import_makes_way_and_can_be_taken_up(db: Path, path: Path, tmp_path: Path) -> None:
    batch = begin(path)
    with unit_of_work(SYSTEM, "test.dies") as session:
        table = bulk.table_of(CaseBatch)
        long_ago = now() - queries.DEAD_AFTER - timedelta(seconds=1)
        session.execute(sa.update(table).where(table.c.id == batch).values(updated_at=long_ago))
    assert line(batch).dead
    other = begin(put(tmp_path, [row("B1")], name="另一份.csv"))
    assert line(batch).state is LoadState.FAILED
    assert line(batch).error == "导入进程意外中断，可以从中断处继续。"
    actions.run(SYSTEM, other, today=TODAY)
    actions.resume(SYSTEM, batch)
    assert actions.run(SYSTEM, batch, today=TODAY) is LoadState.DONE


def test_a_run_that_was_taken_over_writes_no_more(db: Path, path: Path) -> None:
    batch = begin(path)

    def taken_over(rows: int, _total: int) -> None:
        if rows == 3:
            running._claim(SYSTEM, batch)

    assert actions.run(SYSTEM, batch, today=TODAY, chunk=3, progress=taken_over) is LoadState.STOPPED
    assert (cases(), line(batch).rows_done) == (3, 3)


def test_all_or_nothing_is_asked_before_the_first_row_is_written(db: Path, path: Path) -> None:
    seen: list[tuple[int, int]] = []
    batch = begin(path, mode="all")

    def watch(rows: int, _total: int) -> None:
        seen.append((rows, cases()))

    actions.run(SYSTEM, batch, today=TODAY, chunk=5, progress=watch)
    assert seen == [(5, 0), (10, 0), (5, 5), (10, 10)]
    assert counts(line(batch)) == (10, 0, 0, 0, 0)


def test_a_file_of_the_wrong_kind_is_given_up_early(
    db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "HOPELESS", 5)
    found = bring(put(tmp_path, [row(f"A{n}", 收件时间="x") for n in range(50)]), chunk=5)
    assert found.state is LoadState.FAILED
    assert found.error == "前5行里有5行退回，已停止：多半是列对应错了或文件不对。"


def test_our_copy_of_the_file_is_gone_once_it_has_come_in(db: Path, path: Path) -> None:
    with path.open("rb") as f:
        received = actions.receive(SYSTEM, f, "办件.csv")
    assert received.ours
    assert received.path.is_relative_to(db / "intake")
    batch = actions.start(SYSTEM, received, Asked(), today=TODAY)
    actions.run(SYSTEM, batch, today=TODAY)
    assert list((db / "intake").iterdir()) == []
    assert path.is_file()
    with pytest.raises(Refusal, match="这次导入已经完成"):
        actions.resume(SYSTEM, batch)


def test_what_is_given_up_leaves_no_file(db: Path, path: Path) -> None:
    with path.open("rb") as f:
        received = actions.receive(SYSTEM, f, "办件.csv")
    batch = actions.start(SYSTEM, received, Asked(), today=TODAY)
    actions.run(SYSTEM, batch, today=TODAY, chunk=3, progress=stop_after(batch, 3))
    assert line(batch).takes_up
    actions.discard(SYSTEM, batch)
    assert list((db / "intake").iterdir()) == []
    assert not line(batch).takes_up
    with pytest.raises(Refusal, match="会从中断处继续"):
        actions.resume(SYSTEM, batch)


def test_the_work_is_done_in_a_process_of_its_own(db: Path, path: Path) -> None:
    batch = begin(path)
    done = subprocess.run(
        [sys.executable, "-m", "crm.caselog.worker", str(batch)], cwd=ROOT, timeout=120, check=False
    )
    assert done.returncode == 0
    assert counts(line(batch)) == (10, 0, 0, 0, 0)
    with reading() as session:
        assert session.exec(select(CaseBatch.state).where(col(CaseBatch.id) == batch)).one() is LoadState.DONE
    assert case("A05").late is False
