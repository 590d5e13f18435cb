"""特殊环节登记簿: what the register says, what the cases did, and the cases behind each number.

Counted are the procedures of our own cases opened in the last twelve months, and those still open. One is
counted at its register entry, or at the item's entry of the same kind where it was opened without naming
one; what no entry covers is counted apart (`outside`): a step that the register does not know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals.catalogue_rules import ENTRY_FIELDS, Entry
from crm.approvals.queries.cases import case_condition
from crm.approvals.queries.catalogue import DOUBT
from crm.approvals.register_book import Known
from crm.core.access import Actor, Verb, require, scopes
from models import Case, Department, Enterprise, Item, ItemProcedure, Project, SpecialProcedure
from models.vocabulary import ProcedureKind, Scope

MONTHS = 12


class Measure(StrEnum):
    """What is counted of the special procedures that were opened. House rule, after 行政许可法 第四十五条 and the
    register's own limits."""

    OPENED = "opened"
    UNTOLD = "untold"  # needs written notice, and has none
    LATE = "late"  # opened after the register's start limit
    OVER = "over"  # lasts, or lasted, longer than its length
    AGAIN = "again"  # used once more than the register allows


def known_entries(session: Session) -> Known:
    """Every item's code and every entry of the register."""
    items = session.execute(sa.select(col(Item.code), col(Item.id))).all()
    rows = session.exec(select(ItemProcedure)).all()
    return Known(
        {str(code): int(id_) for code, id_ in items},
        {(row.item_id, row.kind, row.name): (row.id or 0, _entry(row)) for row in rows},
    )


@dataclass(frozen=True)
class EntryRow:
    """One entry with its item. `doubtful`: something in it was never confirmed."""

    id: int
    version: int
    item_id: int
    item_code: str
    item: str
    department: str
    entry: Entry

    @property
    def doubtful(self) -> bool:
        return any(word in self.entry.certainty for word in DOUBT)


@dataclass(frozen=True)
class RegisterRow:
    """One entry and what the cases did with it: how many procedures of each measure."""

    row: EntryRow
    counts: Mapping[Measure, int]


@dataclass(frozen=True)
class RegisterFilter:
    """What the register is narrowed to. `stops` None: whether or not it stops the clock."""

    search: str = ""
    department_id: int | None = None
    kind: ProcedureKind | None = None
    stops: bool | None = None
    doubtful_only: bool = False
    measure: Measure | None = None  # only entries with such a procedure
    item_id: int | None = None
    active_only: bool = True


@dataclass(frozen=True)
class RegisterSums:
    """The whole (filtered) register in numbers."""

    items: int
    entries: int
    stops: int
    doubtful: int
    counts: Mapping[Measure, int]


def _entry(row: Any) -> Entry:
    return Entry(**{name: getattr(row, name) for name in ENTRY_FIELDS})


def entries_of_item(session: Session, item_id: int) -> list[EntryRow]:
    """The register of one item, active entries first."""
    rows = session.execute(
        _listed()
        .where(col(ItemProcedure.item_id) == int(item_id))
        .order_by(col(ItemProcedure.active).desc(), *_order())
    )
    return [_row(*found) for found in rows]


def all_entries(session: Session, wanted: RegisterFilter | None = None) -> list[EntryRow]:
    """Every entry, stopped ones too, by item: what is given out as a workbook. Public knowledge: no scope."""
    rows = session.execute(
        _listed().where(*_wanted(wanted or RegisterFilter(active_only=False))).order_by(*_order())
    )
    return [_row(*found) for found in rows]


def register_page(
    session: Session,
    actor: Actor,
    today: date,
    wanted: RegisterFilter,
    *,
    page: int = 1,
    per_page: int = 25,
) -> tuple[list[RegisterRow], RegisterSums]:
    """(one page of the register by item, the sums over all of it). A department sees its own items."""
    require(actor, Verb.INSIGHT_VIEW)
    counted = _counted(actor, today).subquery()
    where = [*_wanted(wanted), *_own(actor)]
    columns = [sa.func.coalesce(counted.c[m.value], 0) for m in Measure]
    joined = _listed().outerjoin(counted, counted.c.entry_id == col(ItemProcedure.id)).where(*where)
    if wanted.measure is not None:
        joined = joined.where(sa.func.coalesce(counted.c[wanted.measure.value], 0) > 0)
    sums = session.execute(
        joined.with_only_columns(
            sa.func.count(sa.distinct(col(ItemProcedure.item_id))),
            sa.func.count(col(ItemProcedure.id)),
            sa.func.coalesce(sa.func.sum(sa.case((col(ItemProcedure.stops_clock), 1), else_=0)), 0),
            sa.func.coalesce(sa.func.sum(sa.case((_doubted(), 1), else_=0)), 0),
            *(sa.func.coalesce(sa.func.sum(c), 0) for c in columns),
            maintain_column_froms=True,
        )
    ).one()
    rows = session.execute(
        joined.add_columns(*columns).order_by(*_order()).limit(per_page).offset((page - 1) * per_page)
    )
    found = [
        RegisterRow(_row(procedure, item, department), _by_measure(numbers))
        for procedure, item, department, *numbers in rows
    ]
    return found, RegisterSums(int(sums[0]), int(sums[1]), int(sums[2]), int(sums[3]), _by_measure(sums[4:]))


def _by_measure(numbers: Sequence[Any]) -> dict[Measure, int]:
    return {measure: int(n) for measure, n in zip(Measure, numbers, strict=True)}


def _listed() -> sa.Select[ItemProcedure, Item, Department]:
    return (
        sa.select(ItemProcedure, Item, Department)
        .join(Item, col(Item.id) == col(ItemProcedure.item_id))
        .outerjoin(Department, col(Department.id) == col(Item.department_id))
    )


def _row(procedure: ItemProcedure, item: Item, department: Department | None) -> EntryRow:
    return EntryRow(
        id=procedure.id or 0,
        version=procedure.version,
        item_id=item.id or 0,
        item_code=item.code,
        item=item.name,
        department=department.name if department else item.department,
        entry=_entry(procedure),
    )


def _order() -> tuple[Any, ...]:
    return (col(Item.code), col(ItemProcedure.kind), col(ItemProcedure.name), col(ItemProcedure.id))


def _doubted() -> sa.ColumnElement[bool]:
    return sa.or_(*(col(ItemProcedure.certainty).contains(word) for word in DOUBT))


def _wanted(wanted: RegisterFilter) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if wanted.active_only:
        where += [col(ItemProcedure.active).is_(True), col(Item.active).is_(True)]
    if wanted.item_id is not None:
        where.append(col(ItemProcedure.item_id) == wanted.item_id)
    if wanted.department_id is not None:
        where.append(col(Item.department_id) == wanted.department_id)
    if wanted.kind is not None:
        where.append(col(ItemProcedure.kind) == wanted.kind)
    if wanted.stops is not None:
        where.append(col(ItemProcedure.stops_clock).is_(wanted.stops))
    if wanted.doubtful_only:
        where.append(_doubted())
    text = wanted.search.strip()
    if text:
        told = (Item.code, Item.name, ItemProcedure.name, ItemProcedure.basis, ItemProcedure.stop_basis)
        where.append(sa.or_(*(col(c).contains(text, autoescape=True) for c in told)))
    return where


def _own(actor: Actor) -> list[sa.ColumnElement[bool]]:
    if Scope.ALL in scopes(actor, Verb.INSIGHT_VIEW):
        return []
    if actor.department_id is None:
        return [sa.false()]
    return [col(Item.department_id) == actor.department_id]


# --- what the cases did


def _covered_by() -> sa.ColumnElement[Any]:
    """The register's entry a procedure is counted at, NULL where none covers it."""
    same_kind = (
        sa.select(sa.func.min(col(ItemProcedure.id)))
        .where(
            col(ItemProcedure.item_id) == col(Case.item_id),
            col(ItemProcedure.kind) == col(SpecialProcedure.kind),
        )
        .correlate(Case, SpecialProcedure)
        .scalar_subquery()
    )
    return sa.func.coalesce(col(SpecialProcedure.register_id), same_kind)


def _procedures(actor: Actor) -> sa.Select[Any]:
    """The procedures of the last twelve months and the open ones, each with its entry and how many-eth of
    that entry it is in its case."""
    entry = _covered_by().label("entry_id")
    nth = (
        sa.func.row_number()
        .over(
            partition_by=(col(SpecialProcedure.case_id), entry),
            order_by=(col(SpecialProcedure.from_on), col(SpecialProcedure.id)),
        )
        .label("nth")
    )
    return (
        sa.select(
            col(SpecialProcedure.id).label("procedure_id"),
            col(SpecialProcedure.case_id).label("case_id"),
            entry,
            nth,
            col(SpecialProcedure.stops_clock).label("stopped"),
            col(SpecialProcedure.from_on).label("from_on"),
            col(SpecialProcedure.to_on).label("to_on"),
            col(SpecialProcedure.told_on).label("told_on"),
            col(SpecialProcedure.start_by_on).label("start_by_on"),
            col(SpecialProcedure.end_by_on).label("end_by_on"),
        )
        .join(Case, col(Case.id) == col(SpecialProcedure.case_id))
        .where(case_condition(actor, Verb.INSIGHT_VIEW))
    )


def _in_window(p: Any, today: date) -> sa.ColumnElement[bool]:
    since = date(today.year - 1, today.month, 1)  # twelve whole months and the days of this one
    return sa.or_(p.c.from_on >= since, p.c.to_on.is_(None))


def _verdicts(p: Any, today: date) -> dict[Measure, sa.ColumnElement[bool]]:
    """What each measure means, once, for the number and for the list behind it."""
    e = ItemProcedure
    return {
        Measure.OPENED: sa.true(),
        Measure.UNTOLD: sa.and_(
            p.c.told_on.is_(None), sa.or_(p.c.stopped.is_(True), col(e.notice_needed).is_(True))
        ),
        Measure.LATE: p.c.from_on > p.c.start_by_on,
        # `to_on` is the first day that counts again, so that a length of n working days ends on the n-th.
        Measure.OVER: sa.func.coalesce(p.c.to_on, sa.literal(today, sa.Date())) > p.c.end_by_on,
        Measure.AGAIN: p.c.nth > col(e.times),
    }


def _counted(actor: Actor, today: date) -> sa.Select[Any]:
    p = _procedures(actor).subquery("p")
    verdicts = _verdicts(p, today)
    return (
        sa.select(
            p.c.entry_id,
            *(
                sa.func.sum(sa.case((condition, 1), else_=0)).label(measure.value)
                for measure, condition in verdicts.items()
            ),
        )
        .join(ItemProcedure, col(ItemProcedure.id) == p.c.entry_id)
        .where(_in_window(p, today))
        .group_by(p.c.entry_id)
    )


@dataclass(frozen=True)
class Use:
    """One procedure behind a number, with its case. `nth` of its entry in that case."""

    procedure_id: int
    case_id: int
    case_no: str
    whose: str
    item: str
    name: str
    kind: ProcedureKind
    from_on: date
    to_on: date | None
    told_on: date | None
    start_by_on: date | None
    end_by_on: date | None
    nth: int


def uses(
    session: Session,
    actor: Actor,
    today: date,
    measure: Measure,
    *,
    entry_id: int | None = None,
    wanted: RegisterFilter | None = None,
    page: int = 1,
    per_page: int = 25,
) -> tuple[list[Use], int]:
    """(one page of the procedures behind a number, how many there are), newest first."""
    require(actor, Verb.INSIGHT_VIEW)
    p = _procedures(actor).subquery("p")
    query = (
        sa.select(
            p, Case, Item, ItemProcedure, Enterprise, Project, col(SpecialProcedure.kind).label("opened_as")
        )
        .join(SpecialProcedure, col(SpecialProcedure.id) == p.c.procedure_id)
        .join(Case, col(Case.id) == p.c.case_id)
        .join(Item, col(Item.id) == col(Case.item_id))
        .join(ItemProcedure, col(ItemProcedure.id) == p.c.entry_id)
        .outerjoin(Enterprise, col(Enterprise.id) == col(Case.enterprise_id))
        .outerjoin(Project, col(Project.id) == col(Case.project_id))
        .where(
            _in_window(p, today),
            _verdicts(p, today)[measure],
            *_wanted(wanted or RegisterFilter(active_only=False)),
            *_own(actor),
        )
    )
    if entry_id is not None:
        query = query.where(p.c.entry_id == int(entry_id))
    return _uses(session, query, p, page, per_page)


def outside(
    session: Session, actor: Actor, today: date, *, page: int = 1, per_page: int = 25
) -> tuple[list[Use], int]:
    """(one page of the procedures that no entry of the register covers, how many there are)."""
    require(actor, Verb.INSIGHT_VIEW)
    p = _procedures(actor).subquery("p")
    query = (
        sa.select(
            p,
            Case,
            Item,
            sa.null().label("entry"),
            Enterprise,
            Project,
            col(SpecialProcedure.kind).label("opened_as"),
        )
        .join(SpecialProcedure, col(SpecialProcedure.id) == p.c.procedure_id)
        .join(Case, col(Case.id) == p.c.case_id)
        .join(Item, col(Item.id) == col(Case.item_id))
        .outerjoin(Enterprise, col(Enterprise.id) == col(Case.enterprise_id))
        .outerjoin(Project, col(Project.id) == col(Case.project_id))
        .where(_in_window(p, today), p.c.entry_id.is_(None), *_own(actor))
    )
    return _uses(session, query, p, page, per_page)


def _uses(session: Session, query: sa.Select[Any], p: Any, page: int, per_page: int) -> tuple[list[Use], int]:
    total = session.execute(
        query.with_only_columns(sa.func.count(p.c.procedure_id), maintain_column_froms=True)
    ).scalar_one()
    rows = session.execute(
        query.order_by(p.c.from_on.desc(), p.c.procedure_id.desc())
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    found = []
    for row in rows:
        case, item, enterprise, project = row.Case, row.Item, row.Enterprise, row.Project
        entry = getattr(row, "ItemProcedure", None)
        found.append(
            Use(
                procedure_id=row.procedure_id,
                case_id=row.case_id,
                case_no=case.case_no,
                whose=project.name if project else enterprise.name if enterprise else case.applicant,
                item=item.name,
                name=entry.name if entry else "",
                kind=row.opened_as,
                from_on=row.from_on,
                to_on=row.to_on,
                told_on=row.told_on,
                start_by_on=row.start_by_on,
                end_by_on=row.end_by_on,
                nth=row.nth,
            )
        )
    return found, int(total)
