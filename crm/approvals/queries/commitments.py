"""Promises of a case (告知承诺, 容缺), what may be promised, and the credit marks of an enterprise."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.approvals import commitment_rules as rules
from crm.approvals.commitment_rules import PromiseStep
from crm.approvals.queries.cases import case_condition, find_case
from crm.core.access import Actor, Verb, enterprise_condition, project_condition, require
from crm.core.errors import NotFound
from crm.core.i18n import _
from models import (
    Case,
    Commitment,
    CreditMark,
    Enterprise,
    Item,
    ItemDocument,
    Project,
    StoredFile,
)
from models.vocabulary import CASE_STATE_LABELS, CaseOutcome, CaseRoute, CommitmentState


@dataclass(frozen=True)
class PromiseRow:
    """One promise. `acts_by` is the day it is next to be acted on by, `late` whether that day is past."""

    id: int
    route: CaseRoute
    text: str
    state: CommitmentState
    promised_on: date
    due_on: date
    fulfilled_on: date | None
    verify_by_on: date | None
    verified_on: date | None
    verified_by: str
    finding: str
    correct_by_on: date | None
    corrected_on: date | None
    broken_on: date | None
    revoked_on: date | None
    file_id: str  # the public id of the paper handed in, "" without one
    file_name: str
    acts_by: date | None
    late: bool
    steps: tuple[PromiseStep, ...]


@dataclass(frozen=True)
class Offer:
    """Whether a route is open to a case, and if not, why and how to mend it.

    `documents`: id -> name of what may be promised by its rule; `free_text`: a condition in words may be.
    `hint`: what to bear in mind although it is open.
    """

    route: CaseRoute
    open: bool
    why: str = ""
    hint: str = ""
    documents: dict[int, str] = field(default_factory=dict)
    free_text: bool = False


@dataclass(frozen=True)
class MarkRow:
    """失诺记录. `case_in_reach`: the reader may open the case it comes from."""

    id: int
    enterprise_id: int
    case_id: int
    case_no: str
    item: str
    promise: str
    marked_on: date
    reason: str
    repaired_on: date | None
    repair_basis: str
    case_in_reach: bool

    @property
    def open(self) -> bool:
        return self.repaired_on is None


@dataclass(frozen=True)
class PromisesView:
    """Everything the case page shows of promises. `revoked_on`: the decision built on them was revoked."""

    rows: tuple[PromiseRow, ...]
    offers: tuple[Offer, ...]
    marks: tuple[MarkRow, ...]  # of the enterprise, not repaired
    revoked_on: date | None
    enterprise_id: int | None


def promises_of(session: Session, actor: Actor, case_id: int, today: date) -> PromisesView:
    """The promises of one case, oldest first, with what may still be promised."""
    require(actor, Verb.PROJECT_VIEW)
    case = find_case(session, actor, case_id, Verb.PROJECT_VIEW)
    found = session.exec(
        select(Commitment, StoredFile)
        .outerjoin(StoredFile, col(StoredFile.id) == col(Commitment.file_id))
        .where(col(Commitment.case_id) == case.id)
        .order_by(col(Commitment.promised_on), col(Commitment.id))
    ).all()
    rows = tuple(_row(commitment, file, case, today) for commitment, file in found)
    return PromisesView(
        rows=rows,
        offers=offers(session, case),
        marks=tuple(open_marks(session, actor, case.enterprise_id)),
        revoked_on=max((r.revoked_on for r in rows if r.revoked_on is not None), default=None),
        enterprise_id=case.enterprise_id,
    )


def _row(promise: Commitment, file: StoredFile | None, case: Case, today: date) -> PromiseRow:
    acts_by = rules.acts_by(promise.state, promise.due_on, promise.verify_by_on, promise.correct_by_on)
    return PromiseRow(
        id=promise.id or 0,
        route=promise.route,
        text=promise.text,
        state=promise.state,
        promised_on=promise.promised_on,
        due_on=promise.due_on,
        fulfilled_on=promise.fulfilled_on,
        verify_by_on=promise.verify_by_on,
        verified_on=promise.verified_on,
        verified_by=promise.verified_by,
        finding=promise.finding,
        correct_by_on=promise.correct_by_on,
        corrected_on=promise.corrected_on,
        broken_on=promise.broken_on,
        revoked_on=promise.revoked_on,
        file_id=file.public_id if file else "",
        file_name=file.name if file else "",
        acts_by=acts_by,
        late=acts_by is not None and acts_by < today,
        steps=tuple(
            rules.next_steps(
                promise.state,
                promise.correct_by_on,
                today,
                granted=granted(case),
                revoked=promise.revoked_on is not None,
            )
        ),
    )


def granted(case: Case) -> bool:
    """Whether there is a decision to revoke: one that granted, or (older rows) issued a permit."""
    return case.outcome is CaseOutcome.GRANTED or case.issued_on is not None


def offers(session: Session, case: Case) -> tuple[Offer, ...]:
    """Which routes are open to this case, and why not. The form and the action ask the same."""
    item = session.get_one(Item, case.item_id)
    made = session.exec(
        select(Commitment.route).where(
            col(Commitment.case_id) == case.id, col(Commitment.state) != CommitmentState.CANCELLED
        )
    ).all()
    documents = session.exec(
        select(ItemDocument)
        .where(col(ItemDocument.item_id) == item.id)
        .order_by(col(ItemDocument.sort), col(ItemDocument.id))
    ).all()
    closed = _closed(session, case)
    return tuple(
        _offer(route, item, case, closed, made.count(route), list(documents)) for route in rules.ROUTES
    )


def _closed(session: Session, case: Case) -> str:
    """Why no promise at all may be made in this case; "" when it may."""
    if case.state not in rules.PROMISING_STATES:
        return _(
            "办件{state}，不能再登记承诺；承诺应在收件或受理后、作出决定前登记。",
            state=_(CASE_STATE_LABELS[case.state]),
        )
    if case.enterprise_id is None:
        return _("办件没有写明企业，不知道由谁承诺；请先在项目中补上建设单位。")
    marks = _marks(session, col(CreditMark.repaired_on).is_(None), enterprise_id=case.enterprise_id)
    if marks:
        return closed_by(marks[0][1].case_no, marks[0][0].marked_on)
    return ""


def closed_by(case_no: str, marked_on: date) -> str:
    """What a clerk is told of a marked enterprise: why, since when, and how to mend it."""
    return _(
        "该企业在办件{no}中未履行承诺，{day}记入失诺记录，信用修复前不适用告知承诺和容缺受理，请按一般程序收齐材料。"
        "修复：企业改正并提交修复材料后，由督办在企业档案中登记信用修复。",
        no=case_no,
        day=marked_on,
    )


def _offer(
    route: CaseRoute, item: Item, case: Case, closed: str, made: int, documents: list[ItemDocument]
) -> Offer:
    wanted = rules.STANDING_OF_ROUTE[route]
    fitting = {
        d.id: d.name
        for d in documents
        if d.id is not None
        and rules.standing_on(d.standing, d.since_on, d.before, case.received_on) is wanted
    }
    # Conditions in words belong to a commitment; papers that follow are named by the item's own list.
    free_text = bool(item.promise_route) and (route is CaseRoute.COMMITMENT or not documents)
    if closed:
        return Offer(route, open=False, why=closed)
    if route is CaseRoute.LATER_PAPERS and made:
        return Offer(
            route,
            open=False,
            why=_(
                "容缺的材料和补交日期已经一次性告知，不能再告知第二次（广东省优化营商环境条例第三十二条）。"
            ),
        )
    if not fitting and not free_text:
        return Offer(route, open=False, why=_not_opened(route, item, bool(documents)))
    excluded = rules.excluded_field(item.name, item.department)
    hint = ""
    if excluded is not None:
        hint = _(
            "直接涉及{field}的事项一般不适用告知承诺和容缺；本事项依自身规定开放：{route}。请核对是否属于开放范围。",
            field=_(rules.EXCLUDED_FIELDS_LABELS[excluded]),
            route=item.promise_route or _("材料清单已列明"),
        )
    return Offer(route, open=True, hint=hint, documents=fitting, free_text=free_text)


def _not_opened(route: CaseRoute, item: Item, listed: bool) -> str:
    if route is CaseRoute.LATER_PAPERS and listed:
        return _(
            "事项“{name}”的材料清单里没有可以容缺后补的材料；如规定允许，请先在事项目录中修改。",
            name=item.name,
        )
    excluded = rules.excluded_field(item.name, item.department)
    if excluded is not None:
        return _(
            "事项“{name}”没有列明承诺或容缺的办法；直接涉及{field}的事项一般不适用，除非事项自身的规定开放。"
            "如有规定，请先在事项目录的“承诺与容缺”中写明。",
            name=item.name,
            field=_(rules.EXCLUDED_FIELDS_LABELS[excluded]),
        )
    return _(
        "事项“{name}”没有列明承诺或容缺的办法；如有规定，请先在事项目录的“承诺与容缺”中写明。", name=item.name
    )


# --- the decision built on a promise


def revoked(case_id: Any) -> sa.ColumnElement[bool]:
    """The SQL condition that the decision of the case `case_id` was revoked: its permit is held no more."""
    return (
        sa.select(col(Commitment.id))
        .where(col(Commitment.case_id) == case_id, col(Commitment.revoked_on).is_not(None))
        .exists()
    )


# --- credit marks


def enterprise_marks(session: Session, actor: Actor, enterprise_id: int) -> list[MarkRow]:
    """Every mark of an enterprise in reach, open ones first. Raises `NotFound` for one out of reach."""
    require(actor, Verb.ENTERPRISE_VIEW)
    known = session.exec(
        select(Enterprise.id).where(
            col(Enterprise.id) == int(enterprise_id), enterprise_condition(actor, Verb.ENTERPRISE_VIEW)
        )
    ).first()
    if known is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return _mark_rows(session, actor, sa.true(), known)


def open_marks(session: Session, actor: Actor, enterprise_id: int | None) -> list[MarkRow]:
    """The marks not repaired. Told to whoever works on a case of the enterprise: they close his route too."""
    return _mark_rows(session, actor, col(CreditMark.repaired_on).is_(None), enterprise_id)


def marks_of_project(session: Session, actor: Actor, project_id: int) -> list[MarkRow]:
    """The open marks of the enterprise behind a project one may register a case for, before anything is typed."""
    enterprise_id = session.exec(
        select(Project.enterprise_id).where(
            col(Project.id) == int(project_id), project_condition(actor, Verb.CASE_EDIT)
        )
    ).first()
    return open_marks(session, actor, enterprise_id)


def _marks(
    session: Session, where: sa.ColumnElement[bool], *, enterprise_id: int | None
) -> list[tuple[CreditMark, Case, Item, Commitment]]:
    if enterprise_id is None:
        return []
    found = session.execute(
        sa.select(CreditMark, Case, Item, Commitment)
        .join(Case, col(Case.id) == col(CreditMark.case_id))
        .join(Item, col(Item.id) == col(Case.item_id))
        .join(Commitment, col(Commitment.id) == col(CreditMark.commitment_id))
        .where(col(CreditMark.enterprise_id) == enterprise_id, where)
        .order_by(
            col(CreditMark.repaired_on).is_not(None), col(CreditMark.marked_on).desc(), col(CreditMark.id)
        )
    )
    return [(mark, case, item, promise) for mark, case, item, promise in found]


def _mark_rows(
    session: Session, actor: Actor, where: sa.ColumnElement[bool], enterprise_id: int | None
) -> list[MarkRow]:
    found = _marks(session, where, enterprise_id=enterprise_id)
    reach = set(
        session.exec(
            select(Case.id).where(
                col(Case.id).in_([case.id for _mark, case, _item, _promise in found]),
                case_condition(actor, Verb.PROJECT_VIEW),
            )
        )
    )
    return [
        MarkRow(
            id=mark.id or 0,
            enterprise_id=mark.enterprise_id,
            case_id=mark.case_id,
            case_no=case.case_no,
            item=item.name,
            promise=promise.text,
            marked_on=mark.marked_on,
            reason=mark.reason,
            repaired_on=mark.repaired_on,
            repair_basis=mark.repair_basis,
            case_in_reach=case.id in reach,
        )
        for mark, case, item, promise in found
    ]
