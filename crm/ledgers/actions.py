"""The ledger's verbs: look (nothing is written), commit, revert, save a mapping, export.

The page and the command line call the same functions. A commit is one transaction: it judges again
inside it, so that what is written is judged against what is there at that moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Session, col, select

from crm.core import files
from crm.core.access import Actor, Verb, require, scopes
from crm.core.audit import note_event
from crm.core.audit import plain as json_plain
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, NotFound, Refusal
from crm.core.i18n import _
from crm.core.inputs import Input
from crm.core.names import name_key, pinyin_of
from crm.core.today import now
from crm.ledgers import judge as judging
from crm.ledgers import queries, reader, recognise, workbook
from crm.ledgers.facts import first_of_month, read_row
from crm.ledgers.headers import BY_FIELD, MONEY
from crm.ledgers.judge import Firm, Liaison, Verdict, Work
from crm.ledgers.reader import Sheet
from crm.ledgers.recognise import Choice, Understanding
from crm.ledgers.values import UNITS
from models import (
    Alert,
    AlertRecipient,
    AnnualPlan,
    Assignment,
    Base,
    Contact,
    Enterprise,
    ImportBatch,
    ImportRow,
    MonthlyProgress,
    Officer,
    Project,
    Record,
    SavedMapping,
    StoredFile,
)
from models.base import StepType, UTCDateTime, WanType, WordType
from models.vocabulary import BatchState, OfficerRole, RowVerdict, Scope

EXPORT_CAP = 20_000  # projects in one file (house rule)


@dataclass(frozen=True)
class Look:
    """A file understood and judged; nothing has been written."""

    file_name: str
    sha256: str
    sheets: list[Sheet]
    understanding: Understanding
    verdicts: list[Verdict]
    counts: dict[str, int]

    @property
    def refused(self) -> list[Verdict]:
        return [v for v in self.verdicts if v.verdict is RowVerdict.REFUSED]

    def as_json(self, batch: int | None = None) -> dict[str, Any]:
        """The public form: counts, duplicates and refusals by sheet and row number, the batch or None."""
        return {
            "new": self.counts["new"],
            "changed": self.counts["changed"],
            "unchanged": self.counts["unchanged"],
            "duplicates": [
                {
                    "sheet": v.source.sheet,
                    "row": v.source.row,
                    "name": v.source.name,
                    "repeats_sheet": v.repeats[0] if v.repeats else "",
                    "repeats_row": v.repeats[1] if v.repeats else None,
                    "reason": v.reason,
                }
                for v in self.verdicts
                if v.verdict is RowVerdict.DUPLICATE
            ],
            "refused": [
                {
                    "sheet": v.source.sheet,
                    "row": v.source.row,
                    "column": t.column,
                    "value": t.value,
                    "reason": t.reason,
                }
                for v in self.refused
                for t in v.troubles
            ],
            "batch": batch,
        }


class Reading(Input):
    """How a file is to be read. A year and month here go before what the file says."""

    labels: ClassVar[Mapping[str, str]] = {"year": "年度", "month": "月份"}

    year: int | None = Field(default=None, ge=2000, le=2100)
    month: int | None = Field(default=None, ge=1, le=12)
    mapping: dict[str, Choice] = Field(default_factory=dict)


def look(
    actor: Actor, data: bytes, name: str, how: Reading, *, today: date, sheets: list[Sheet] | None = None
) -> Look:
    """Dry run. Raises `Refusal` for a file that is no ledger. `sheets` spares reading the file again."""
    require(actor, Verb.LEDGER_IMPORT)
    sheets = reader.read(data, name) if sheets is None else sheets
    with reading() as session:
        return _look(session, actor, data, name, how, today, sheets)


def _look(
    session: Session, actor: Actor, data: bytes, name: str, how: Reading, today: date, sheets: list[Sheet]
) -> Look:
    known = queries.known(session, actor)
    understanding = recognise.understand(
        sheets,
        file_name=name,
        towns=known.towns,
        today=today,
        year=how.year,
        month=how.month,
        mapping=how.mapping,
    )
    if not any(s.state == "ledger" for s in understanding.sheets):
        raise Refusal(
            _("“{name}”里没有找到台账表头：至少要有“项目名称”和另外两列（如建设单位、总投资）。", name=name)
        )
    verdicts = judging.judge((read_row(r, known.towns) for r in understanding.rows), known)
    return Look(
        name, hashlib.sha256(data).hexdigest(), sheets, understanding, verdicts, judging.counts(verdicts)
    )


@dataclass(frozen=True)
class Committed:
    """What a commit did. `batch` None: nothing was to be written, or refused rows forbade it."""

    look: Look
    batch: int | None
    blocked: bool


def commit(
    actor: Actor,
    data: bytes,
    name: str,
    how: Reading,
    *,
    today: date,
    good_rows_only: bool = False,
    sheets: list[Sheet] | None = None,
    expected: dict[str, int] | None = None,
) -> Committed:
    """Write the new and changed rows, all or nothing unless `good_rows_only`.

    A refused row blocks an all-or-nothing commit; a duplicate is skipped and listed. `expected` are
    the counts the user was shown: if the register has changed since, nothing is written.
    """
    require(actor, Verb.LEDGER_IMPORT)
    sheets = reader.read(data, name) if sheets is None else sheets
    with unit_of_work(actor, "ledgers.commit") as session, session.no_autoflush:
        found = _look(session, actor, data, name, how, today, sheets)
        if expected is not None and expected != found.counts:
            raise Refusal(_("您核对之后，登记库有了变化，请重新核对数字再提交。"))
        if found.refused and not good_rows_only:
            return Committed(found, None, True)
        if not found.counts["new"] and not found.counts["changed"]:
            return Committed(found, None, False)
        batch = ImportBatch(
            file_name=files.clean_name(name),
            sha256=found.sha256,
            mode="commit_good" if good_rows_only else "commit",
            year=found.understanding.year,
            month=found.understanding.month,
            mapping={"columns": {c.header: c.field for c in found.understanding.columns}},
            counts=found.counts,
            user_id=actor.user_id,
        )
        session.add(batch)
        session.flush()
        _Writer(session, actor, today, int(batch.id or 0)).write(found.verdicts)
        session.flush()
        batch.mapping = {**batch.mapping, "audit_upto": queries.last_audit_id(session)}
        return Committed(found, int(batch.id or 0), False)


# --- writing ----------------------------------------------------------------------------------


class _Writer:
    """Writes verdicts in bulk, a flush for each kind of record, and remembers what each row touched."""

    def __init__(self, session: Session, actor: Actor, today: date, batch_id: int) -> None:
        self.session, self.actor, self.today, self.batch_id = session, actor, today, batch_id
        self.approved = Scope.ALL in scopes(actor, Verb.LEDGER_IMPORT)
        self.before: dict[int, dict[str, Any]] = {}  # id(record) -> its fields at first touch
        self.touched: dict[int, list[tuple[Record, str]]] = {}  # row index -> records
        self.seen: dict[int, str] = {}

    def write(self, verdicts: list[Verdict]) -> None:
        jobs = [
            (i, v, v.work)
            for i, v in enumerate(verdicts)
            if v.work is not None and v.verdict in (RowVerdict.NEW, RowVerdict.CHANGED)
        ]
        for step in (self._firms, self._officers, self._projects, self._rest):
            step(jobs)
            self.session.flush()
        self._rows(verdicts)

    def _touch(self, index: int, record: Record, verb: str) -> None:
        """Remember a record once, with its fields before the first change."""
        if id(record) in self.seen:
            return
        self.seen[id(record)] = verb
        self.touched.setdefault(index, []).append((record, verb))
        if verb == "update":
            self.before[id(record)] = _fields(record)
        else:
            self.session.add(record)

    def _change(self, index: int, record: Record, typed: Mapping[str, Any]) -> None:
        different = {k: v for k, v in typed.items() if getattr(record, k) != v}
        if different:
            self._touch(index, record, "update")
            for name, value in different.items():
                setattr(record, name, value)

    def _firms(self, jobs: list[tuple[int, Verdict, Work]]) -> None:
        for index, _verdict, work in jobs:
            firm = work.firm
            if firm is None:
                continue
            if firm.row is None:
                full, initials = pinyin_of(firm.name)
                firm.row = Enterprise(
                    name=firm.name,
                    name_key=name_key(firm.name),
                    pinyin=full,
                    initials=initials,
                    credit_code=firm.code,
                    town_id=firm.town_id,
                    batch_id=self.batch_id,
                )
                self._touch(index, firm.row, "create")
            else:
                self._change(index, firm.row, self._firm_changes(firm))

    @staticmethod
    def _firm_changes(firm: Firm) -> dict[str, Any]:
        typed: dict[str, Any] = {}
        assert firm.row is not None
        if firm.code and not firm.row.credit_code:
            typed["credit_code"] = firm.code
        if firm.name != firm.row.name:
            full, initials = pinyin_of(firm.name)
            typed |= {
                "name": firm.name,
                "name_key": name_key(firm.name),
                "pinyin": full,
                "initials": initials,
            }
        return typed

    def _officers(self, jobs: list[tuple[int, Verdict, Work]]) -> None:
        for index, _verdict, work in jobs:
            for liaison, _number in work.officers or ():
                self._officer(index, liaison)

    def _officer(self, index: int, liaison: Liaison) -> None:
        if liaison.row is None:
            liaison.row = Officer(name=liaison.name, phone=liaison.phone)
            self._touch(index, liaison.row, "create")
        elif liaison.new_phone:
            self._change(index, liaison.row, {"phone": liaison.new_phone})

    def _projects(self, jobs: list[tuple[int, Verdict, Work]]) -> None:
        for index, _verdict, work in jobs:
            typed = dict(work.set)
            if work.firm is not None and work.set_firm and work.firm.row is not None:
                typed["enterprise_id"] = work.firm.row.id
            if "name" in typed:
                full, initials = pinyin_of(typed["name"])
                typed |= {"name_key": name_key(typed["name"]), "pinyin": full, "initials": initials}
            if work.project is None:
                work.project = Project(**typed, batch_id=self.batch_id)
                self._touch(index, work.project, "create")
            else:
                self._change(index, work.project, typed)

    def _rest(self, jobs: list[tuple[int, Verdict, Work]]) -> None:
        known = self._existing(jobs)
        for index, verdict, work in jobs:
            assert work.project is not None
            key = int(work.project.id or 0)
            if work.plan is not None:
                self._plan(index, key, work.plan, known.plans)
            if work.month is not None:
                self._month(index, key, work.month, known.progress)
            if work.officers is not None:
                self._assign(index, key, verdict, work.officers, known.assignments.get(key, []))
            for assignment in known.assignments.get(key, []):
                if int(assignment.id or 0) in work.phones:
                    self._change(index, assignment, {"phone": work.phones[int(assignment.id or 0)]})
            if work.contact is not None and work.firm is not None and work.firm.row is not None:
                self._contact(index, work)

    def _existing(self, jobs: list[tuple[int, Verdict, Work]]) -> queries.Known:
        """The rows that hang on projects; they are in the session already, so this costs little."""
        return queries.known(self.session, self.actor)

    def _plan(
        self, index: int, key: int, plan: tuple[int, Decimal], known: dict[tuple[int, int], AnnualPlan]
    ) -> None:
        year, amount = plan
        row = known.get((key, year))
        if row is None:
            made = AnnualPlan(project_id=key, year=year, plan_wan=amount, batch_id=self.batch_id)
            self._touch(index, made, "create")
        else:
            self._change(index, row, {"plan_wan": amount})

    def _month(
        self, index: int, key: int, month: dict[str, Any], known: dict[tuple[int, int, int], MonthlyProgress]
    ) -> None:
        typed = {k: v for k, v in month.items() if k not in ("year", "month")}
        row = known.get((key, month["year"], month["month"]))
        # What a whole-district importer brings in has been through the office: it counts as approved
        # (house rule). An officer's own ledger waits for approval like his typed report.
        approval: dict[str, Any] = {
            "approved_at": now() if self.approved else None,
            "approved_by": self.actor.user_id if self.approved else None,
        }
        if row is None:
            row = MonthlyProgress(
                project_id=key,
                year=month["year"],
                month=month["month"],
                reported_on=self.today,
                batch_id=self.batch_id,
                **typed,
                **approval,
            )
            self._touch(index, row, "create")
        else:
            self._change(index, row, {**typed, **approval})

    def _assign(
        self,
        index: int,
        key: int,
        verdict: Verdict,
        people: list[tuple[Liaison, str]],
        open_now: list[Assignment],
    ) -> None:
        """Who stays stays; who left ends the day before the others begin, kept with both dates."""
        wanted = {
            (int(p.row.id or 0) if p.row else 0, OfficerRole.LEAD if i == 0 else OfficerRole.CO): number
            for i, (p, number) in enumerate(people)
        }
        begins = min(first_of_month(verdict.source), self.today)
        leaving = [a for a in open_now if (a.officer_id, a.role) not in wanted]
        if any(a.from_on >= begins for a in leaving):
            begins = max([self.today, *(a.from_on for a in leaving)])
        for a in leaving:
            self._change(index, a, {"to_on": max(begins - timedelta(days=1), a.from_on)})
        staying = {(a.officer_id, a.role): a for a in open_now if a not in leaving}
        for who, number in wanted.items():
            if who in staying:
                if number:
                    self._change(index, staying[who], {"phone": number})
                continue
            made = Assignment(
                project_id=key,
                officer_id=who[0],
                role=who[1],
                from_on=begins,
                phone=number,
                batch_id=self.batch_id,
            )
            self._touch(index, made, "create")

    def _contact(self, index: int, work: Work) -> None:
        assert work.contact is not None
        assert work.firm is not None
        assert work.firm.row is not None
        if work.contact_row is not None:
            self._change(index, work.contact_row, {"phone": work.contact.phone})
            return
        made = Contact(
            enterprise_id=int(work.firm.row.id or 0), name=work.contact.name, phone=work.contact.phone
        )
        self._touch(index, made, "create")

    def _rows(self, verdicts: list[Verdict]) -> None:
        for index, v in enumerate(verdicts):
            touched = [
                {
                    "record": str(type(record).__tablename__),
                    "id": record.id,
                    "verb": verb,
                    "version": record.version,
                    "before": self.before.get(id(record)),
                    "after": _fields(record),
                }
                for record, verb in self.touched.get(index, [])
            ]
            project = v.work.project if v.work else None
            self.session.add(
                ImportRow(
                    batch_id=self.batch_id,
                    sheet=v.source.sheet[:120],
                    row=v.source.row,
                    verdict=v.verdict,
                    project_id=project.id if project is not None else None,
                    changes=v.changes,
                    touched=touched,
                    reason=v.reason,
                )
            )


_QUIET = frozenset({"id", "version", "created_at", "updated_at"})


def _fields(record: Base) -> dict[str, Any]:
    """A record's own fields as JSON."""
    names = [a.key for a in sa.inspect(type(record)).column_attrs]
    return {n: json_plain(getattr(record, n)) for n in names if n not in _QUIET}


# --- reverting ----------------------------------------------------------------------------------

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
        setattr(record, name, _from_json(columns[name].type, value))


def _from_json(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, WordType):
        return kind.words(value)
    if isinstance(kind, StepType):
        return kind.steps(value)
    if isinstance(kind, UTCDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(value)
    if isinstance(kind, WanType | sa.Numeric) and not isinstance(kind, sa.Float):
        return Decimal(value)
    return value


def _parts(ids: Iterable[int], size: int = 500) -> list[list[int]]:
    """Lists short enough for one IN: SQLite takes 32,766 parameters, and plans long ones badly."""
    ordered = sorted(ids)
    return [ordered[i : i + size] for i in range(0, len(ordered), size)]


# --- mappings -----------------------------------------------------------------------------------


class MappingForm(Input):
    """A column mapping under a name. Keys are headers as `Column.key` gives them."""

    labels: ClassVar[Mapping[str, str]] = {"name": "名称"}

    name: str = Field(min_length=1, max_length=80)
    choices: dict[str, Choice]


def save_mapping(actor: Actor, form: MappingForm) -> int:
    """Save or replace a mapping. Only its maker or a whole-district importer replaces one."""
    require(actor, Verb.LEDGER_IMPORT)
    taken: dict[str, str] = {}
    for key, choice in form.choices.items():
        if choice.field not in (*BY_FIELD, recognise.KEEP, recognise.IGNORE):
            raise Refusal(_("不认识的栏目“{field}”。", field=choice.field))
        if choice.unit and (choice.field not in MONEY or choice.unit not in UNITS):
            raise Refusal(_("列“{column}”不能用单位“{unit}”。", column=key, unit=choice.unit))
        if choice.field in BY_FIELD:
            if choice.field in taken:
                raise Refusal(_("“{a}”和“{b}”对应了同一个栏目，请改其中一列。", a=taken[choice.field], b=key))
            taken[choice.field] = key
    stored = {k: {"field": c.field, "unit": c.unit} for k, c in form.choices.items()}
    with unit_of_work(actor, "ledgers.save_mapping") as session:
        row = session.exec(select(SavedMapping).where(col(SavedMapping.name) == form.name)).first()
        if row is None:
            row = SavedMapping(name=form.name, mapping=stored, made_by=actor.user_id)
            session.add(row)
        elif row.made_by == actor.user_id or Scope.ALL in scopes(actor, Verb.LEDGER_IMPORT):
            row.mapping = stored
        else:
            raise NotAllowed(_("“{name}”由别人保存，请换一个名称。", name=form.name))
        session.flush()
        return int(row.id or 0)


def load_mapping(actor: Actor, name: str) -> dict[str, Choice]:
    """The choices saved under a name, or `NotFound`."""
    with reading() as session:
        found = queries.mapping(session, actor, name)
    if found is None:
        raise NotFound(_("没有名为“{name}”的列对应关系。", name=name))
    return found


# --- giving out ------------------------------------------------------------------------------------


def keep_refused(actor: Actor, found: Look) -> str:
    """Store the refused rows as a workbook only the importer may fetch; returns its public id."""
    require(actor, Verb.LEDGER_IMPORT)
    data = workbook.refused_workbook(found.sheets, found.understanding, found.verdicts)
    stem = found.file_name.rpartition(".")[0] or found.file_name
    with unit_of_work(actor, "ledgers.refused_rows") as session:
        stored: StoredFile = files.keep(
            session,
            data=data,
            name=_("{stem}-退回行.xlsx", stem=stem),
            owner="import_batch",
            owner_id=None,
            actor=actor,
        )
        return stored.public_id


def export_projects(actor: Actor, *, today: date) -> list[queries.ProjectLine]:
    """All projects the actor may export; the export itself is logged: who, filters, how many."""
    require(actor, Verb.EXPORT)
    with unit_of_work(actor, "ledgers.export") as session:
        lines = queries.project_lines(session, actor, today)
        if len(lines) > EXPORT_CAP:
            raise Refusal(_("一次最多导出{n}个项目，请缩小范围。", n=EXPORT_CAP))
        note_event(session, "project", None, changes={"count": [None, len(lines)], "filters": [None, {}]})
        return lines


def keep_export(actor: Actor, *, today: date) -> str:
    """The export as a workbook only its maker may fetch; returns its public id."""
    lines = export_projects(actor, today=today)
    with unit_of_work(actor, "ledgers.export_file") as session:
        stored: StoredFile = files.keep(
            session,
            data=workbook.projects_workbook(lines, today),
            name=_("重点项目台账-{day}.xlsx", day=today.isoformat()),
            owner="export",
            owner_id=None,
            actor=actor,
        )
        return stored.public_id
