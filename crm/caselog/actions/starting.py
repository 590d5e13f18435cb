"""Starting, stopping and taking up again; one import at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Session, col, select

from crm.caselog import queries
from crm.caselog.actions.files import Received, forget
from crm.caselog.actions.looking import Reading, default_item, has_a_row_an_event, kinds_of, places_of
from crm.core import files
from crm.core.access import Actor, Verb, require
from crm.core.audit import note_event
from crm.core.db import fetch, unit_of_work
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.core.inputs import Input
from crm.core.settings import ROOT
from crm.core.today import now
from models import CaseBatch
from models.vocabulary import LoadState


class Asked(Input):
    """What is to be done with a file. `mode`: good (good rows come in, bad ones are set aside), all (none,
    if any is refused), check (nothing is written)."""

    labels: ClassVar[Mapping[str, str]] = {"mode": "导入方式"}

    how: Reading = Field(default_factory=Reading)
    mode: str = Field(default="good", pattern="^(good|all|check)$")


def start(actor: Actor, received: Received, asked: Asked, *, today: date) -> int:
    """Make the batch that `run` works off; returns its id. The same file in the same manner, stopped or
    broken off before, is taken up where it was. Refused while another import is under way."""
    require(actor, Verb.CASE_IMPORT)
    found = received.survey
    kinds = kinds_of(found, asked.how)
    if not kinds:
        raise Refusal(_("文件缺少必要的列，请先对应好再导入。"))
    with unit_of_work(actor, "caselog.start") as session:
        _only_one(session)
        mappings = {kind: places_of(found, asked.how, kind) for kind in kinds}
        # Events of cases that are not written cannot be judged: a check looks at the cases alone.
        follows = len(kinds) > 1 and asked.mode != "check"
        mapping: dict[str, Any] = {
            "survey": found.as_json(),
            "places": mappings[kinds[0]],
            "item": asked.how.item or default_item(received, mappings),
            "many_rows": has_a_row_an_event(found, asked.how),
            "then": "events" if follows else "",
            "then_places": mappings["events"] if follows else {},
        }
        before = _unfinished(session, found.sha256, kinds[0], asked.mode, mapping)
        place = {"path": str(received.path.resolve()), "ours": received.ours}
        if before is not None:
            before.mapping = before.mapping | place
            _take_up(before)
            return before.id or 0
        batch = CaseBatch(
            kind=kinds[0],
            file_name=files.clean_name(received.name),
            sha256=found.sha256,
            mode=asked.mode,
            rows_total=found.rows,
            mapping=mapping | place | {"phase": "write" if asked.mode == "good" else "check"},
            user_id=actor.user_id,
        )
        session.add(batch)
        session.flush()
        return batch.id or 0


def resume(actor: Actor, batch_id: int) -> None:
    """Take up an import that was stopped, failed or died. The caller then runs or launches it."""
    require(actor, Verb.CASE_IMPORT)
    with unit_of_work(actor, "caselog.resume") as session:
        batch = fetch(session, CaseBatch, batch_id)
        if batch.state is LoadState.DONE:
            raise Refusal(_("这次导入已经完成。"))
        _only_one(session, besides=batch_id)
        if batch.state is LoadState.RUNNING and now() - batch.updated_at < queries.DEAD_AFTER:
            raise Refusal(_("这次导入还在进行。"))
        path = str(batch.mapping.get("path", ""))
        if not path or not Path(path).is_file():
            raise Refusal(_("导入的文件已不在服务器上，请重新选择同一个文件，会从中断处继续。"))
        _take_up(batch)


def _take_up(batch: CaseBatch) -> None:
    batch.state, batch.error, batch.finished_at = LoadState.RUNNING, "", None
    batch.updated_at = now()


def stop(actor: Actor, batch_id: int) -> None:
    """Ask an import to stop after the rows it is writing; what has come in stays, the rest can follow."""
    require(actor, Verb.CASE_IMPORT)
    with unit_of_work(actor, "caselog.stop") as session:
        done: Any = session.execute(
            sa.update(CaseBatch)
            .where(col(CaseBatch.id) == batch_id, col(CaseBatch.state) == LoadState.RUNNING)
            .values(state=LoadState.STOPPED, finished_at=now(), updated_at=now())
            .execution_options(unaudited="told by the event below", synchronize_session=False)
        )
        if done.rowcount == 0:
            raise Refusal(_("这次导入已经不在进行。"))
        note_event(session, "case_batch", batch_id, changes={"state": ["running", "stopped"]})


def discard(actor: Actor, batch_id: int) -> None:
    """Give up what is left of an import: its file is removed, what came in stays."""
    require(actor, Verb.CASE_IMPORT)
    with unit_of_work(actor, "caselog.discard") as session:
        batch = fetch(session, CaseBatch, batch_id)
        if batch.state is LoadState.RUNNING and now() - batch.updated_at < queries.DEAD_AFTER:
            raise Refusal(_("这次导入还在进行，请先停止。"))
        if batch.mapping.get("ours"):
            forget(str(batch.mapping.get("path", "")))
        batch.mapping = {k: v for k, v in batch.mapping.items() if k != "path"}
        if batch.state is LoadState.RUNNING:
            batch.state, batch.finished_at = LoadState.STOPPED, now()


def launch(batch_id: int) -> None:
    """Run a batch in a process of its own, which outlives the page that asked for it."""
    subprocess.Popen(
        [sys.executable, "-m", "crm.caselog.worker", str(batch_id)],
        cwd=ROOT,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _only_one(session: Session, *, besides: int = 0) -> None:
    """Refuse while another import is alive; one that died without a word is closed as failed."""
    if session.connection().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE case_batch IN SHARE ROW EXCLUSIVE MODE"))
    while (other := queries.running(session, besides=besides)) is not None:
        if now() - other.updated_at < queries.DEAD_AFTER:
            raise Refusal(
                _(
                    "正在导入“{name}”（已处理{done}行），请等它完成或先停止它。",
                    name=other.file_name,
                    done=other.rows_done,
                )
            )
        other.state, other.finished_at = LoadState.FAILED, now()
        other.error = _("导入进程意外中断，可以从中断处继续。")
        session.flush()


def _unfinished(
    session: Session, sha256: str, kind: str, mode: str, mapping: dict[str, Any]
) -> CaseBatch | None:
    """An import of the same file, read the same way, that was stopped or broken off."""
    rows = session.exec(
        select(CaseBatch)
        .where(
            col(CaseBatch.sha256) == sha256,
            col(CaseBatch.kind) == kind,
            col(CaseBatch.mode) == mode,
            col(CaseBatch.state).in_((LoadState.STOPPED, LoadState.FAILED)),
        )
        .order_by(col(CaseBatch.id).desc())
        .limit(1)
    ).all()
    same = ("survey", "places", "item", "many_rows", "then", "then_places")
    plain = {"survey": {**mapping["survey"]}} | {k: mapping[k] for k in same[1:]}
    for row in rows:
        kept = {k: row.mapping.get(k) for k in same}
        if row.rows_done < (row.rows_total or 0) and _alike(kept, plain):
            return row
    return None


def _alike(kept: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Equal as JSON: a tuple and the list it became are the same."""
    import json

    return json.dumps(kept, sort_keys=True) == json.dumps(asked, sort_keys=True)
