"""What the scan left last time: the alerts of a batch, who was told, and the runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.alerts.queries.facts import Batch
from models import Alert, AlertRecipient, ScanRun
from models.vocabulary import AlertKind, AlertState, Light

AT_ONCE = 500  # ids in one IN list


@dataclass(frozen=True)
class Stored:
    """An alert as the last scan left it."""

    id: int
    key: str
    kind: AlertKind
    light: Light
    state: AlertState
    because_code: str
    because_facts: dict[str, Any]
    due_on: date | None
    late_wd: int | None
    seen_on: date
    snoozed_until: date | None
    project_id: int | None
    enterprise_id: int | None
    department_id: int | None


_COLUMNS = (
    Alert.id,
    Alert.key,
    Alert.kind,
    Alert.light,
    Alert.state,
    Alert.because_code,
    Alert.because_facts,
    Alert.due_on,
    Alert.late_wd,
    Alert.seen_on,
    Alert.snoozed_until,
    Alert.project_id,
    Alert.enterprise_id,
    Alert.department_id,
)


def stored(session: Session, batch: Batch, keys: Iterable[str]) -> dict[str, Stored]:
    """By key: every alert of the batch, closed ones too, and those of `keys` that hang elsewhere."""
    statement = sa.select(*_COLUMNS)
    found = {
        row.key: Stored(*row) for row in session.execute(statement.where(batch.covers(Alert.project_id)))
    }
    missing = [key for key in keys if key not in found]
    for start in range(0, len(missing), AT_ONCE):
        some = missing[start : start + AT_ONCE]
        for row in session.execute(statement.where(col(Alert.key).in_(some))):
            found[row.key] = Stored(*row)
    return found


def alerts(session: Session, ids: list[int]) -> list[Alert]:
    """The rows themselves, to be changed."""
    found: list[Alert] = []
    for start in range(0, len(ids), AT_ONCE):
        found += session.exec(select(Alert).where(col(Alert.id).in_(ids[start : start + AT_ONCE])))
    return found


def recipients(session: Session, batch: Batch) -> dict[int, dict[int, int]]:
    """Alert id -> {account id: row id}, of the batch's alerts that stand."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for id_, alert_id, user_id in session.exec(
        select(AlertRecipient.id, AlertRecipient.alert_id, AlertRecipient.user_id)
        .join(Alert, col(Alert.id) == col(AlertRecipient.alert_id))
        .where(batch.covers(Alert.project_id), col(Alert.state) != AlertState.CLOSED)
    ):
        if id_ is not None:
            found[alert_id][user_id] = id_
    return found


def run_of(session: Session, slot: str) -> ScanRun | None:
    """The run that claimed the slot."""
    return session.exec(select(ScanRun).where(ScanRun.slot == slot)).first()


def last_finished(session: Session) -> ScanRun | None:
    """The scan that finished last, whoever started it."""
    return session.exec(
        select(ScanRun).where(col(ScanRun.finished_at).is_not(None)).order_by(col(ScanRun.id).desc()).limit(1)
    ).first()


def standing_by_kind(session: Session) -> dict[AlertKind, int]:
    """How many alerts stand (open, acknowledged or snoozed), by kind."""
    rows = session.exec(
        select(Alert.kind, sa.func.count()).where(col(Alert.state) != AlertState.CLOSED).group_by(Alert.kind)
    )
    return {AlertKind(kind): int(n) for kind, n in rows}
