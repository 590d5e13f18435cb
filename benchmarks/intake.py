"""The hall's exports coming in: rows a second beside a bare copy of the same file into a plain table.

`python -m benchmarks intake` takes 100,000 cases and their events; `python -m benchmarks.intake [n]` as many as
said (960,000 is a hall's year). SQLite; with CRM_BENCH_POSTGRES=postgresql://… (an empty database) PostgreSQL too.
`python -m benchmarks.intake --log FILE` brings in a real log and tells how many of its closed cases were late.
"""

from __future__ import annotations

import csv
import itertools
import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from benchmarks.__main__ import Line, fresh_database, once

UNTIL = date(2026, 11, 23)
ROWS = 100_000
CHUNK = 4_000


def bare_sqlite(path: Path, folder: Path) -> int:
    """csv.reader and executemany into a table without indexes, in the same chunks."""
    connection = sqlite3.connect(folder / "bare.sqlite3")
    connection.execute("PRAGMA journal_mode=WAL")
    with path.open(encoding="utf-8-sig", newline="") as f:
        rows = csv.reader(f)
        width = len(next(rows))
        connection.execute("CREATE TABLE bare (" + ",".join(f"c{i} TEXT" for i in range(width)) + ")")
        order = "INSERT INTO bare VALUES (" + ",".join("?" * width) + ")"
        done = 0
        while chunk := list(itertools.islice(rows, CHUNK)):
            with connection:
                connection.executemany(order, chunk)
            done += len(chunk)
    connection.close()
    return done


def bare_postgres(path: Path, url: str) -> int:
    """csv.reader and COPY into a table without indexes, in the same chunks."""
    import psycopg

    with psycopg.connect(url) as connection, path.open(encoding="utf-8-sig", newline="") as f:
        rows = csv.reader(f)
        width = len(next(rows))
        connection.execute("CREATE TEMP TABLE bare (" + ",".join(f"c{i} text" for i in range(width)) + ")")  # type: ignore[arg-type]
        done = 0
        while chunk := list(itertools.islice(rows, CHUNK)):
            with connection.cursor() as cursor, cursor.copy("COPY bare FROM STDIN") as copy:
                for row in chunk:
                    copy.write_row(row)
            connection.commit()
            done += len(chunk)
    return done


def bring(path: Path) -> int:
    """The product's own way, from the file to the last row. Returns the rows of its last batch."""
    from crm.caselog import actions, queries
    from crm.caselog.actions import Asked
    from crm.core.access import SYSTEM
    from crm.core.db import reading

    received = actions.receive(SYSTEM, path, path.name)
    batch = actions.start(SYSTEM, received, Asked(), today=UNTIL)
    actions.run(SYSTEM, batch, today=UNTIL)
    with reading() as session:
        line = queries.batch(session, SYSTEM, batch)
    if line.error or line.refused:
        print(f"{path.name}: {line.state.value} {line.error} refused {line.refused}", file=sys.stderr)
    return line.rows_done


@contextmanager
def postgres(url: str) -> Iterator[None]:
    """The product on an empty PostgreSQL database."""
    from crm.core import db
    from crm.prepare import prepare

    with tempfile.TemporaryDirectory() as folder:
        os.environ["CRM_VAR"], os.environ["CRM_DATABASE_URL"] = folder, url
        db.engine_for.cache_clear()
        prepare()
        yield
        db.engine().dispose()
        db.engine_for.cache_clear()
        os.environ.pop("CRM_DATABASE_URL")


def measure_intake(n: int = ROWS) -> Iterator[Line]:
    """Cases, the same cases again, and their events; processor time is told apart from the clock on the wall."""
    from benchmarks.hall import write_cases, write_events

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        cases, events = folder / "cases.csv", folder / "events.csv"
        write_cases(cases, n, 7, UNTIL)
        m = write_events(events, n, 7, UNTIL)
        plain_cases = n / once(lambda: bare_sqlite(cases, folder))
        (folder / "bare.sqlite3").unlink()
        plain_events = m / once(lambda: bare_sqlite(events, folder))
        beside = "bare csv.reader + executemany, no index"
        with fresh_database():
            spent = time.process_time()
            yield Line(
                f"import {n:,} cases, SQLite", n / once(lambda: bring(cases)), "rows/s", plain_cases, beside
            )
            yield Line("  of it processor time, ours alone", time.process_time() - spent, "s", None, "")
            again = n / once(lambda: bring(cases))
            yield Line("the same file again, all unchanged", again, "rows/s", plain_cases, beside)
            yield Line(
                f"import their {m:,} events", m / once(lambda: bring(events)), "rows/s", plain_events, beside
            )
        url = os.environ.get("CRM_BENCH_POSTGRES")
        if url:
            plain = n / once(lambda: bare_postgres(cases, url))
            plain_m = m / once(lambda: bare_postgres(events, url))
            beside = "bare csv.reader + COPY, no index"
            with postgres(url):
                yield Line(
                    f"import {n:,} cases, PostgreSQL", n / once(lambda: bring(cases)), "rows/s", plain, beside
                )
                yield Line(
                    f"import their {m:,} events", m / once(lambda: bring(events)), "rows/s", plain_m, beside
                )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Line("peak memory of the import's process", peak, "MiB", None, "")


def tell_log(path: Path) -> None:
    """A real log with its own deadlines: closed cases, late ones, events."""
    import sqlalchemy as sa
    from sqlmodel import col

    from crm.core.db import reading
    from models import Case, CaseEvent

    with fresh_database(), reading() as session:
        bring(path)
        closed = col(Case.decided_on).is_not(None)
        cases, done, late = session.execute(
            sa.select(
                sa.func.count(),
                sa.func.count().filter(closed),
                sa.func.count().filter(col(Case.late).is_(True)),
            ).select_from(Case)
        ).one()
        events = session.execute(sa.select(sa.func.count()).select_from(CaseEvent)).scalar_one()
        print(f"{cases} cases, {done} closed, {late} of them late by their own deadline; {events} events")


def main() -> None:
    if sys.argv[1:2] == ["--log"]:
        tell_log(Path(sys.argv[2]))
        return
    for line in measure_intake(int(sys.argv[1]) if sys.argv[1:] else ROWS):
        print(line, flush=True)


if __name__ == "__main__":
    main()
