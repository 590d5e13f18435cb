"""PM4Py reads the exported log back equal. Collected only where PM4Py is installed (it is AGPL: never a
dependency of the project)."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path
from random import Random

import pandas as pd
import pm4py
import pytest
import sqlalchemy as sa
from sqlmodel import col

from crm.caselog.export import Format, export_events
from crm.core.access import SYSTEM
from crm.core.db import reading
from models import Case, CaseEvent, CaseStep
from tests.caselog.test_export import put_case

STEPS = ("收件", "受理", "现场核查 <二次>", "审查", "办结 & 送达")


@pytest.fixture
def stored(db: Path) -> list[tuple[object, ...]]:
    """Forty cases with repeated steps and simultaneous events: what the database holds, in the log's order."""
    dice = Random(7)
    for n in range(40):
        after = sorted(timedelta(microseconds=dice.randrange(10**12)) for _ in range(dice.randrange(1, 8)))
        after += after[-1:]  # two of one instant
        put_case(f"B-{n:03d}", *((dice.choice(STEPS), a) for a in after))
    with reading() as session:
        rows = session.execute(
            sa.select(Case.case_no, CaseStep.name, CaseEvent.at, CaseEvent.who, CaseEvent.unit)
            .join(CaseEvent, col(CaseEvent.case_id) == col(Case.id))
            .join(CaseStep, col(CaseStep.id) == col(CaseEvent.step_id))
            .order_by(col(Case.id), col(CaseEvent.at), col(CaseEvent.id))
        )
        return [(number, step, at.astimezone(UTC), who, unit) for number, step, at, who, unit in rows]


@pytest.mark.parametrize("how", list(Format))
def test_pm4py_reads_it_back_equal(stored: list[tuple[object, ...]], tmp_path: Path, how: Format) -> None:
    path = tmp_path / f"log.{how}"
    with path.open("w", encoding="utf-8", newline="") as out:
        export_events(SYSTEM, out, how)
    if how is Format.XES:
        log = pm4py.read_xes(str(path))
    else:
        log = pd.read_csv(path)
        log["time:timestamp"] = pd.to_datetime(log["time:timestamp"], utc=True, format="ISO8601")
        log = pm4py.format_dataframe(log)
    columns = ["case:concept:name", "concept:name", "time:timestamp", "org:resource", "org:group"]
    read = [
        (case, step, at.to_pydatetime(), who, unit)
        for case, step, at, who, unit in log[columns].itertuples(index=False)
    ]
    assert read == stored
    variants: dict[str, list[object]] = {}
    for case, step, *_rest in stored:
        variants.setdefault(str(case), []).append(step)
    assert set(pm4py.get_variants(log)) == {tuple(v) for v in variants.values()}
