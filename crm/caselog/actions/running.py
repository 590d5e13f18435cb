"""The import itself: chunk after chunk, each one transaction that also moves the point it is taken up from.

A run claims its batch by its `version`. Every chunk writes its counts on the batch only while the batch is
still running under that version; otherwise (stopped, or taken over by another run) the chunk is rolled back
and the run ends. So a stop, a crash and a second run leave whole chunks and nothing else.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.caselog import bulk, reader
from crm.caselog.actions.files import forget
from crm.caselog.actions.looking import Loader, loader_of
from crm.caselog.reader import Survey
from crm.caselog.tally import NAMED, Tally
from crm.core.access import Actor, Verb, require
from crm.core.audit import note_event
from crm.core.db import fetch, reading, refresh_statistics, unit_of_work
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.core.today import now
from models import Case, CaseBatch, CaseBatchRow, CaseEvent
from models.vocabulary import LoadState

CHUNK = 4_000
MAX_ASIDE = 100_000  # rows set aside; further ones are counted
HOPELESS = 20_000  # rows of which nine in ten were refused: the columns are wrong

log = logging.getLogger(__name__)

Loaded = Callable[[frozenset[date]], Any]
Progress = Callable[[int, int], Any]

_loaded: list[Loaded] = []
# The room above that registers itself when imported: imports only go downwards, so it is named here.
_LISTENING = ("crm.insight.actions",)


def on_loaded(tell: Loaded) -> Loaded:
    """Register what is to be done when an import has ended, however it ended. `tell` is given the months
    (their first days) in which touched cases were received or closed; it opens its own transactions."""
    if tell not in _loaded:
        _loaded.append(tell)
    return tell


class Superseded(Exception):
    """The batch is no longer this run's: stopped, or taken over."""


@dataclass
class _Run:
    """One run of one batch. `base` are the counts it started from."""

    actor: Actor
    batch_id: int
    fence: int
    survey: Survey
    name: str
    path: Path
    mapping: dict[str, Any]
    phase: str
    done: int
    counts: dict[str, int]
    summary: dict[str, Any]
    stored: int = 0  # rows set aside so far
    months: set[str] = field(default_factory=set)


def run(
    actor: Actor, batch_id: int, *, today: date, progress: Progress | None = None, chunk: int = CHUNK
) -> LoadState:
    """Work off a batch from where it stands. Returns how it ended: done, stopped or failed.

    `progress(rows done, rows in all)` is called after every chunk. A file of both kinds is followed by its
    events, in a batch of their own.
    """
    require(actor, Verb.CASE_IMPORT)
    state, following = _run_one(actor, batch_id, today, progress, chunk)
    if following is not None:
        return run(actor, following, today=today, progress=progress, chunk=chunk)
    return state


def _run_one(
    actor: Actor, batch_id: int, today: date, progress: Progress | None, chunk: int
) -> tuple[LoadState, int | None]:
    this = _claim(actor, batch_id)
    following = None
    try:
        if this.phase == "check":
            _walk(this, today, progress, chunk, write=False)
            state = _checked(this)
        else:
            state = LoadState.RUNNING
        if state is LoadState.RUNNING:
            _walk(this, today, progress, chunk, write=True)
            following = _finish(this)
            state = LoadState.DONE
            refresh_statistics(Case, CaseEvent)
    except Superseded:
        state = LoadState.STOPPED
    except Refusal as error:
        state = _fail(this, str(error))
    except Exception as error:
        # Never the error's own words: a database's message quotes the rows.
        log.error("import %s failed: %s", batch_id, type(error).__name__, exc_info=error.__cause__ is None)
        state = _fail(this, _("程序出错（{kind}），可以从中断处继续。", kind=type(error).__name__))
    finally:
        _tell_loaded(this)
    return state, following


def _claim(actor: Actor, batch_id: int) -> _Run:
    require(actor, Verb.CASE_IMPORT)
    with unit_of_work(actor, "caselog.claim") as session:
        batch = fetch(session, CaseBatch, batch_id)
        if batch.state is not LoadState.RUNNING:
            raise Refusal(_("这次导入已经不在进行。"))
        mapping = dict(batch.mapping)
        path = Path(str(mapping.get("path", "")))
        if not mapping.get("path") or not path.is_file():
            raise Refusal(_("导入的文件已不在服务器上，请重新选择同一个文件，会从中断处继续。"))
        fence = batch.version + 1
        _set(session, batch_id, version=fence, updated_at=now())
        return _Run(
            actor=actor,
            batch_id=batch_id,
            fence=fence,
            survey=Survey.from_json(mapping["survey"]),
            name=batch.file_name,
            path=path,
            mapping=mapping,
            phase=str(mapping.get("phase", "write")),
            done=batch.rows_done,
            counts={n: getattr(batch, n) for n in COUNTS},
            summary=dict(batch.summary),
            stored=int(batch.summary.get("set_aside", 0)),
            months=set(batch.summary.get("months", ())),
        )


COUNTS = ("created", "changed", "unchanged", "duplicates", "refused")


def _set(session: Session, batch_id: int, *, fence: int | None = None, **values: Any) -> int:
    """Write on the batch past the trail; with `fence` only while it is this run's. Returns rows written."""
    mine = [col(CaseBatch.id) == batch_id]
    if fence is not None:
        mine += [col(CaseBatch.version) == fence, col(CaseBatch.state) == LoadState.RUNNING]
    done: Any = session.connection().execute(
        sa.update(bulk.table_of(CaseBatch)).where(*mine).values(**values)
    )
    return int(done.rowcount)


def _walk(this: _Run, today: date, progress: Progress | None, chunk: int, *, write: bool) -> None:
    """One pass over the file behind `this.done`."""
    with reading() as session:
        loader = loader_of(
            session,
            this.survey,
            "events" if "at" in this.mapping["places"] else "cases",
            this.mapping["places"],
            today=today,
            batch_id=this.batch_id,
            item=str(this.mapping.get("item", "")),
            many_rows=bool(this.mapping.get("many_rows")),
        )
    rows = reader.records(this.path, this.survey, this.name)
    for number, cells in islice(rows, this.done):
        loader.skip(number, cells)
    while _chunk(this, loader, rows, chunk, write=write):
        if progress is not None:
            progress(this.done, this.survey.rows)


def _chunk(
    this: _Run, loader: Loader, rows: Iterator[tuple[int, list[str]]], size: int, *, write: bool
) -> bool:
    """Judge and settle the next rows; False when there are none left."""
    tally = Tally()
    judged: list[Any] = []
    taken = 0
    for number, cells in islice(rows, size):
        taken += 1
        damaged = this.survey.damaged and reader.is_damaged(cells)
        one = loader.judge(number, cells, tally, damaged=damaged)
        if one is not None:
            judged.append(one)
    if not taken:
        return False
    with unit_of_work(this.actor, "caselog.load") as session:
        loader.settle(session, judged, tally, write=write)
        _add(this, tally, taken)
        room = max(0, MAX_ASIDE - this.stored)
        asides = tally.asides[:room]
        this.stored += len(asides)
        this.summary["set_aside"] = this.stored
        bulk.insert(
            session,
            CaseBatchRow,
            [
                {"batch_id": this.batch_id, "row": a.row, "reason": a.reason, "values": a.values}
                for a in asides
            ],
        )
        written = _set(
            session,
            this.batch_id,
            fence=this.fence,
            rows_done=this.done,
            summary=this.summary,
            updated_at=now(),
            **this.counts,
        )
        if not written:
            raise Superseded
    if this.done >= HOPELESS and this.counts["refused"] > this.done * 9 // 10:
        raise Refusal(
            _(
                "前{n}行里有{bad}行退回，已停止：多半是列对应错了或文件不对。",
                n=this.done,
                bad=this.counts["refused"],
            )
        )
    return True


def _add(this: _Run, tally: Tally, taken: int) -> None:
    this.done += taken
    for name in COUNTS:
        this.counts[name] += getattr(tally, name)
    for word, n in tally.counts.items():
        counts = this.summary.setdefault("counts", {})
        counts[word] = counts.get(word, 0) + n
    for word, names in tally.named.items():
        known = this.summary.setdefault("named", {}).setdefault(word, {})
        for name, n in names.items():
            if name in known or len(known) < NAMED:
                known[name] = known.get(name, 0) + n
    this.months |= {month.isoformat() for month in tally.months}
    this.summary["months"] = sorted(this.months)


def _checked(this: _Run) -> LoadState:
    """After the pass that writes nothing: go on to write, or end."""
    with unit_of_work(this.actor, "caselog.checked") as session:
        batch = fetch(session, CaseBatch, this.batch_id)
        if batch.mode == "all" and not this.counts["refused"]:
            this.phase, this.done, this.months, this.stored = "write", 0, set(), 0
            this.counts = dict.fromkeys(COUNTS, 0)
            this.summary = {}
            session.execute(sa.delete(CaseBatchRow).where(col(CaseBatchRow.batch_id) == this.batch_id))
            this.mapping = this.mapping | {"phase": "write"}
            written = _set(
                session,
                this.batch_id,
                fence=this.fence,
                mapping=this.mapping,
                rows_done=0,
                summary={},
                updated_at=now(),
                **this.counts,
            )
            if not written:
                raise Superseded
            return LoadState.RUNNING
        this.months = set()  # nothing was written
        this.summary["months"] = []
        error = ""
        if batch.mode == "all":
            error = _("有{n}行退回，按要求全部没有写入。改正后请重新导入。", n=this.counts["refused"])
        state = LoadState.FAILED if error else LoadState.DONE
        _end(session, this, state, error)
        return state


def _finish(this: _Run) -> int | None:
    """The last row is in. Returns the batch of the file's events, where it has them."""
    with unit_of_work(this.actor, "caselog.finish") as session:
        then = str(this.mapping.get("then", ""))
        if not then:
            _end(session, this, LoadState.DONE, "")
            return None
        batch = fetch(session, CaseBatch, this.batch_id)
        following = CaseBatch(
            kind=then,
            file_name=batch.file_name,
            sha256=batch.sha256,
            mode=batch.mode,
            rows_total=batch.rows_total,
            mapping=this.mapping
            | {
                "places": this.mapping["then_places"],
                "then": "",
                "then_places": {},
                "phase": "write" if batch.mode == "good" else "check",
            },
            user_id=batch.user_id,
        )
        this.mapping = this.mapping | {"ours": False}  # the file is the next batch's now
        _end(session, this, LoadState.DONE, "")
        session.add(following)
        session.flush()
        return following.id


def _end(session: Session, this: _Run, state: LoadState, error: str) -> None:
    """Close the batch; our copy of the file goes."""
    mapping = {k: v for k, v in this.mapping.items() if k != "path"}
    moment = now()
    written = _set(
        session,
        this.batch_id,
        fence=this.fence,
        state=state,
        error=error,
        mapping=mapping,
        summary=this.summary,
        finished_at=moment,
        updated_at=moment,
    )
    if not written:
        raise Superseded
    counts = {name: [None, n] for name, n in this.counts.items() if n}
    note_event(session, "case_batch", this.batch_id, changes={"state": ["running", state.value]} | counts)
    if this.mapping.get("ours"):
        forget(str(this.path))


def _fail(this: _Run, error: str) -> LoadState:
    """Say why it ended early. What came in stays; the file too, so that it can be taken up."""
    with unit_of_work(this.actor, "caselog.fail") as session:
        _set(
            session,
            this.batch_id,
            fence=this.fence,
            state=LoadState.FAILED,
            error=error[:500],
            finished_at=now(),
            updated_at=now(),
        )
        note_event(session, "case_batch", this.batch_id, changes={"state": ["running", "failed"]})
    return LoadState.FAILED


def _tell_loaded(this: _Run) -> None:
    """Those who count the cases hear which months changed; that they cannot does not undo the import."""
    months = frozenset(date.fromisoformat(month) for month in this.months)
    if not months:
        return
    try:
        for name in _LISTENING:
            importlib.import_module(name)
        for tell in _loaded:
            tell(months)
    except Exception:
        log.exception("the months of import %s were not counted again", this.batch_id)
