"""Small exports of an acceptance system, as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from crm.caselog import actions, queries
from crm.caselog.actions import Asked, Reading
from crm.caselog.queries import BatchLine
from crm.core.access import SYSTEM
from crm.core.db import reading
from models import Case

TODAY = date(2026, 11, 23)  # a Monday
CODE = "91440703MA4UQPYH7H"  # of the cast's enterprise
HEAD = ("办件编号", "事项编码", "事项名称", "申请单位", "统一社会信用代码", "部门", "镇街", "收件时间", "受理时间",
        "办结时间", "办理结果", "承诺期限", "法定期限", "期限单位")  # fmt: skip


def row(number: str, **cells: str) -> list[str]:
    """One good case of the drainage permit, received on Monday 2 March 2026; `cells` by header change it."""
    good = dict(
        zip(
            HEAD,
            (number, "P35", "", "江门市恒岳科技有限公司", CODE, "住建局", "棠下", "2026-03-02", "2026-03-02",
             "2026-03-06", "准予许可", "5", "15", "工作日"),
            strict=True,
        )
    )  # fmt: skip
    return list((good | cells).values())


def text(rows: Sequence[Sequence[Any]], head: Sequence[str] = HEAD) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue()


def put(folder: Path, rows: Sequence[Sequence[Any]], head: Sequence[str] = HEAD, *, name: str = "办件.csv",
        encoding: str = "utf-8") -> Path:  # fmt: skip
    path = folder / name
    path.write_text(text(rows, head), encoding=encoding)
    return path


def bring(
    path: Path, *, mode: str = "good", today: date = TODAY, chunk: int = 4_000, **how: Any
) -> BatchLine:
    """Import a file from the back door; returns what its first batch came to."""
    received = actions.receive(SYSTEM, path, path.name)
    asked = Asked(how=Reading(**how), mode=mode)
    batch_id = actions.start(SYSTEM, received, asked, today=today)
    actions.run(SYSTEM, batch_id, today=today, chunk=chunk)
    return line(batch_id)


def line(batch_id: int) -> BatchLine:
    with reading() as session:
        return queries.batch(session, SYSTEM, batch_id)


def reasons(batch_id: int) -> dict[int, str]:
    """row number -> why it did not come in."""
    with reading() as session:
        return {r.row: r.reason for r in queries.set_aside(session, SYSTEM, batch_id)}


def case(number: str) -> Case:
    with reading() as session:
        return session.exec(select(Case).where(Case.case_no == number)).one()


def count(session: Session, model: Any) -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one())


def counts(batch: BatchLine) -> tuple[int, int, int, int, int]:
    """(new, changed, unchanged, duplicates, refused)."""
    return batch.created, batch.changed, batch.unchanged, batch.duplicates, batch.refused
