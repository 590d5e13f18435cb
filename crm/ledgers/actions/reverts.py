"""Taking a batch back, or saying who stands in the way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, require
from crm.core.db import unit_of_work
from crm.core.errors import NotFound, Refusal
from crm.core.i18n import _
from crm.core.today import now
from crm.ledgers import queries
from crm.ledgers.actions.parts import from_json
from models import (
    Alert,
    AlertRecipient,
    AnnualPlan,
    Assignment,
    Base,
    Contact,
    Enterprise,
    ImportBatch,
    MonthlyProgress,
    Officer,
    Project,
    Record,
)
from models.vocabulary import BatchState

# What a batch may make, in the order in which it is taken back.
_KINDS: tuple[type[Record], ...] = (
    Assignment,
    MonthlyProgress,
    AnnualPlan,
    Contact,
    Project,
    Officer,
    Enterprise,
)
_KIND_LABELS: dict[str, str] = {
    "assignment": "专员指派",
    "monthly_progress": "月度进度",
    "annual_plan": "年度计划",
    "contact": "企业联系人",
    "project": "项目",
    "officer": "专员",
    "enterprise": "企业",
    "milestone": "节点",
    "visit": "走访",
    "permit_case": "办件",
    "demand": "诉求",
    "promise": "承诺",
    "stage_move": "阶段推进",
    "gate_fact": "门槛材料",
    "briefing": "专报",
    "department_contact": "部门联络员",
    "import_row": "导入",
    "alert": "预警",
}


def revert(actor: Actor, batch_id: int) -> int:
    """Take a batch back. Returns how many records were restored or removed.

    Raises `Refusal` naming who did what when anything it made or changed has been edited since, or
    something else now hangs on it; then nothing is taken back.
    """
    require(actor, Verb.LEDGER_IMPORT)
    with unit_of_work(actor, "ledgers.revert") as session, session.no_autoflush:
        batch = session.exec(
            select(ImportBatch).where(col(ImportBatch.id) == int(batch_id), queries.batch_condition(actor))
        ).first()
        if batch is None:
            raise NotFound(_("没有找到这条记录，或您无权查看。"))
        if batch.state is BatchState.REVERTED:
            raise Refusal(_("这一批已经撤销过了。"))
        touched = [t for row in queries.batch_rows(session, int(batch.id or 0)) for t in row.touched]
        audit_upto = int(batch.mapping.get("audit_upto", 0))
        records, problems = _still_ours(session, touched, audit_upto)
        alerts = _system_alerts(session, touched)
        problems += _hanging_on(session, touched, audit_upto)
        if problems:
            raise Refusal(_("这一批不能撤销，因为导入之后已有人改动："), *problems[:20])
        for alert in alerts:
            session.delete(alert)
        session.flush()
        for t in touched:
            if t["verb"] == "update":
                _restore(records[t["record"], int(t["id"])], t["before"])
        session.flush()
        for kind in _KINDS:
            for t in touched:
                if t["verb"] == "create" and t["record"] == kind.__tablename__:
                    session.delete(records[t["record"], int(t["id"])])
            session.flush()
        batch.state = BatchState.REVERTED
        batch.reverted_at = now()
        batch.reverted_by = actor.user_id
        return len(touched)


def _still_ours(
    session: Session, touched: list[dict[str, Any]], audit_upto: int
) -> tuple[dict[tuple[str, int], Record], list[str]]:
    """The records a batch touched, and what is said of each that somebody has edited since."""
    by_table: dict[str, type[Record]] = {str(k.__tablename__): k for k in _KINDS}
    wanted: dict[str, set[int]] = {}
    for t in touched:
        wanted.setdefault(t["record"], set()).add(int(t["id"]))
    records: dict[tuple[str, int], Record] = {}
    for table, ids in wanted.items():
        for part in _parts(ids):
            for record in session.exec(select(by_table[table]).where(col(by_table[table].id).in_(part))):
                records[table, int(record.id or 0)] = record
    problems = []
    for t in touched:
        key = (t["record"], int(t["id"]))
        found = records.get(key)
        if found is None or found.version != t["version"]:
            problems.append(_who_did(session, t, audit_upto))
    return records, problems


def _who_did(session: Session, t: dict[str, Any], audit_upto: int) -> str:
    edits = queries.edits_since(session, t["record"], int(t["id"]), audit_upto)
    what = _(_KIND_LABELS.get(t["record"], t["record"]))
    name = str(t["after"].get("name", "")) or f"#{t['id']}"
    if not edits:
        return _("{what}“{name}”已被改动", what=what, name=name)
    said = "、".join(dict.fromkeys(k for e in edits for k in e.changes)) or edits[-1].verb.value
    who = "、".join(dict.fromkeys(e.user_name or _("系统") for e in edits))
    return _("{what}“{name}”：{who}改过{fields}", what=what, name=name, who=who, fields=said)


def _system_alerts(session: Session, touched: list[dict[str, Any]]) -> list[Alert]:
    """Alerts the scan raised on projects this batch made, and nobody has handled: they go with them."""
    made = [int(t["id"]) for t in touched if t["verb"] == "create" and t["record"] == "project"]
    alerts: list[Alert] = []
    for part in _parts(made):
        alerts += session.exec(
            select(Alert).where(col(Alert.project_id).in_(part), col(Alert.handled_by).is_(None))
        )
    for part in _parts([int(a.id or 0) for a in alerts]):
        session.execute(sa.delete(AlertRecipient).where(col(AlertRecipient.alert_id).in_(part)))
    return alerts


def _hanging_on(session: Session, touched: list[dict[str, Any]], audit_upto: int) -> list[str]:
    """What others have since hung on records this batch made. Walks every foreign key of the schema,
    so that a relation added later is not forgotten."""
    made: dict[str, set[int]] = {}
    for t in touched:
        if t["verb"] == "create":
            made.setdefault(t["record"], set()).add(int(t["id"]))
    problems = []
    for table in Base.metadata.sorted_tables:
        if table.name in ("import_row", "alert", "alert_recipient") or "id" not in table.c:
            continue
        for key in (k for c in table.c for k in c.foreign_keys):
            parent = key.column.table.name
            ids = made.get(parent)
            if not ids:
                continue
            for part in _parts(ids):
                rows = session.execute(sa.select(table.c.id, key.parent).where(key.parent.in_(part))).all()
                for child, owner in rows:
                    if int(child) in made.get(table.name, set()):
                        continue
                    edits = queries.edits_since(session, table.name, int(child), audit_upto)
                    who = next((e.user_name for e in edits if e.user_name), _("系统"))
                    problems.append(
                        _(
                            "{parent}“{name}”上已有{who}登记的{what}",
                            parent=_(_KIND_LABELS.get(parent, parent)),
                            name=_name_of(touched, parent, int(owner)),
                            who=who,
                            what=_(_KIND_LABELS.get(table.name, table.name)),
                        )
                    )
    handled = {
        a
        for part in _parts(made.get("project", set()))
        for a in session.exec(
            select(Alert.project_id).where(
                col(Alert.project_id).in_(part), col(Alert.handled_by).is_not(None)
            )
        )
    }
    problems += [
        _(
            "{parent}“{name}”上已有处理过的预警",
            parent=_("项目"),
            name=_name_of(touched, "project", int(p or 0)),
        )
        for p in handled
    ]
    return problems


def _name_of(touched: list[dict[str, Any]], table: str, key: int) -> str:
    return next(
        (str(t["after"].get("name", key)) for t in touched if t["record"] == table and int(t["id"]) == key),
        str(key),
    )


def _restore(record: Record, before: dict[str, Any]) -> None:
    """Put a record's fields back as they were."""
    columns = sa.inspect(type(record)).columns
    for name, value in before.items():
        setattr(record, name, from_json(columns[name].type, value))


def _parts(ids: Iterable[int], size: int = 500) -> list[list[int]]:
    """Lists short enough for one IN: SQLite takes 32,766 parameters, and plans long ones badly."""
    ordered = sorted(ids)
    return [ordered[i : i + size] for i in range(0, len(ordered), size)]
