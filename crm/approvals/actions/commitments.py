"""Promises of a case and the credit marks they leave; one transaction each.

What follows what is the table `commitment_rules.PROMISE_STEPS`; which promises a case may make is
`queries.commitments.offers`, which the form reads too.
"""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from crm.approvals import commitment_rules as rules
from crm.approvals.actions.events import record
from crm.approvals.actions.shared import not_ahead, refuse, refuse_the_halls
from crm.approvals.commitment_inputs import (
    BreakPromise,
    CorrectedPromise,
    FulfilPromise,
    MakePromises,
    PromiseLine,
    RepairMark,
    RevokeDecision,
    VerifyPromise,
)
from crm.approvals.commitment_rules import PROMISE_STEP_LABELS, PROMISE_STEPS, PromiseStep
from crm.approvals.queries.cases import find_case
from crm.approvals.queries.commitments import Offer, granted, offers
from crm.core import files
from crm.core.access import Actor, Verb, require, require_all
from crm.core.db import fetch, unit_of_work
from crm.core.errors import NotFound, Problem, Refusal
from crm.core.i18n import _
from crm.workdays import queries as workdays
from models import Case, Commitment, CreditMark
from models.vocabulary import (
    CASE_ROUTE_LABELS,
    COMMITMENT_STATE_LABELS,
    CaseRoute,
    CaseSource,
    CommitmentState,
)

MOST_LINES = 30
FILE_OWNER = "commitment"

# The steps' names in the event log.
TOLD = {CaseRoute.COMMITMENT: "登记承诺", CaseRoute.LATER_PAPERS: "一次告知容缺"}
HANDED_IN, CHECKED, ORDERED = "补交承诺材料", "核查承诺", "责令改正承诺"
PUT_RIGHT, BROKEN, REVOKED = "承诺改正复查", "认定未履行承诺", "撤销决定"


def make_promises(actor: Actor, form: MakePromises, *, today: date) -> list[int]:
    """Tell the list once, with its dates; returns the promises' ids.

    Refused for a route the item or its documents do not open, for a second list of papers to follow, and for
    an enterprise with a broken promise not yet repaired.
    """
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.make_promises") as session:
        case = find_case(session, actor, form.case_id, Verb.CASE_EDIT, locked=True)
        if case.source is CaseSource.HALL:
            raise Refusal(_("这是受理系统的办件，本系统只读，不能登记承诺。"))
        offer = next((o for o in offers(session, case) if o.route is form.route), None)
        if offer is None:
            raise Refusal(Problem("route", _("请选择告知承诺或容缺受理。")))
        if not offer.open:
            raise Refusal(Problem("route", offer.why))
        problems = not_ahead("promised_on", form.promised_on, today)
        if form.promised_on < case.received_on:
            problems.append(Problem("promised_on", _("承诺日期早于收件日期{day}。", day=case.received_on)))
        if not form.lines:
            problems.append(Problem("lines", _("请至少写一项承诺的材料或条件。")))
        if len(form.lines) > MOST_LINES:
            problems.append(Problem("lines", _("一次最多{n}项。", n=MOST_LINES)))
        refuse(problems)
        known = set(
            session.exec(
                select(Commitment.text).where(
                    col(Commitment.case_id) == case.id, col(Commitment.state) != CommitmentState.CANCELLED
                )
            )
        )
        made: list[Commitment] = []
        for number, line in enumerate(form.lines, 1):
            text = line.text or offer.documents.get(line.document_id or 0, "")
            found = _line_problems(number, line, text, offer, form)
            if text and text in known:
                found.append(
                    Problem("lines", _("第{n}项“{text}”已经承诺过，不能重复。", n=number, text=text))
                )
            problems += found
            known.add(text)
            made.append(
                Commitment(
                    case_id=case.id or 0,
                    enterprise_id=case.enterprise_id,
                    route=form.route,
                    document_id=line.document_id,
                    text=text,
                    promised_on=form.promised_on,
                    due_on=line.due_on,
                    verify_by_on=line.verify_by_on,
                )
            )
        refuse(problems)
        session.add_all(made)
        # A commitment is the weightier of the two: papers that follow beside it do not take its place.
        if case.route is not CaseRoute.COMMITMENT:
            case.route = form.route
        session.flush()
        _log(session, case, TOLD[form.route], form.promised_on, actor)
        return [row.id or 0 for row in made]


def _line_problems(
    number: int, line: PromiseLine, text: str, offer: Offer, form: MakePromises
) -> list[Problem]:
    def wrong(message: str) -> Problem:
        return Problem("lines", _("第{n}项：{what}", n=number, what=message))

    problems: list[Problem] = []
    if line.document_id is not None and line.document_id not in offer.documents:
        problems.append(
            wrong(_("事项的材料清单没有把它列为可以{route}的材料。", route=_(CASE_ROUTE_LABELS[form.route])))
        )
    elif line.document_id is None and not offer.free_text:
        problems.append(wrong(_("请从事项的材料清单中选择，不能自行填写。")))
    elif not text:
        problems.append(wrong(_("请写明承诺的材料或条件。")))
    if line.due_on <= form.promised_on:
        problems.append(wrong(_("期限{day}应晚于承诺日期。", day=line.due_on)))
    if line.verify_by_on is None:
        if form.route is CaseRoute.COMMITMENT:
            problems.append(wrong(_("告知承诺须写明最迟核查日期。")))
    elif line.verify_by_on < line.due_on:
        problems.append(wrong(_("最迟核查日期{day}早于承诺期限。", day=line.verify_by_on)))
    return problems


def fulfil_promise(actor: Actor, form: FulfilPromise, *, today: date) -> None:
    """已交. Papers that follow and need no check of their own are done with it: who takes them looks at them."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.fulfil_promise") as session:
        promise, case = _promise(session, actor, form.commitment_id, PromiseStep.FULFIL)
        problems = not_ahead("fulfilled_on", form.fulfilled_on, today)
        problems += _not_before("fulfilled_on", form.fulfilled_on, promise.promised_on)
        refuse(problems)
        promise.fulfilled_on = form.fulfilled_on
        promise.state = CommitmentState.FULFILLED
        if promise.route is CaseRoute.LATER_PAPERS and promise.verify_by_on is None:
            promise.state = CommitmentState.VERIFIED
            promise.verified_on, promise.verified_by = form.fulfilled_on, actor.name[:60]
        if form.file_data is not None:
            stored = files.keep(
                session,
                data=form.file_data,
                name=form.file_name,
                owner=FILE_OWNER,
                owner_id=promise.id,
                actor=actor,
            )
            promise.file_id = stored.id
        _log(session, case, HANDED_IN, form.fulfilled_on, actor)


def verify_promise(actor: Actor, form: VerifyPromise, *, today: date) -> None:
    """核查: kept, or not kept and ordered to be put right by a day."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.verify_promise") as session:
        promise, case = _promise(session, actor, form.commitment_id, PromiseStep.VERIFY)
        problems = not_ahead("verified_on", form.verified_on, today)
        problems += _not_before("verified_on", form.verified_on, promise.fulfilled_on or promise.promised_on)
        problems += _checked_by(form.verified_by)
        if not form.kept:
            if not form.finding:
                problems.append(Problem("finding", _("请写明核查发现的问题。")))
            if form.correct_by_on is None:
                problems.append(Problem("correct_by_on", _("请写明责令改正的期限。")))
            elif form.correct_by_on <= form.verified_on:
                problems.append(Problem("correct_by_on", _("改正期限应晚于核查日期。")))
            if promise.state is CommitmentState.PENDING and form.verified_on <= promise.due_on:
                problems.append(
                    Problem("kept", _("承诺期限{day}还没有过，不能认定没有履行。", day=promise.due_on))
                )
        refuse(problems)
        promise.verified_on, promise.verified_by = form.verified_on, form.verified_by
        promise.finding = form.finding
        if form.kept:
            promise.state = CommitmentState.VERIFIED
            promise.fulfilled_on = promise.fulfilled_on or form.verified_on
        else:
            promise.state, promise.correct_by_on = CommitmentState.CORRECTING, form.correct_by_on
        _log(session, case, CHECKED if form.kept else ORDERED, form.verified_on, actor)


def correct_promise(actor: Actor, form: CorrectedPromise, *, today: date) -> None:
    """已改正: what was ordered to be put right is found in order."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.correct_promise") as session:
        promise, case = _promise(session, actor, form.commitment_id, PromiseStep.CORRECTED)
        problems = not_ahead("corrected_on", form.corrected_on, today)
        problems += _not_before("corrected_on", form.corrected_on, promise.verified_on or promise.promised_on)
        problems += _checked_by(form.verified_by)
        refuse(problems)
        promise.corrected_on, promise.verified_by = form.corrected_on, form.verified_by
        promise.state = CommitmentState.VERIFIED
        promise.fulfilled_on = promise.fulfilled_on or form.corrected_on
        if form.finding:
            promise.finding = f"{promise.finding}；{form.finding}"[:500]
        _log(session, case, PUT_RIGHT, form.corrected_on, actor)


def break_promise(actor: Actor, form: BreakPromise, *, today: date) -> int:
    """认定未履行, after the time to put it right has passed: marks the enterprise. Returns the mark's id."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.break_promise", reason=form.reason) as session:
        promise, case = _promise(session, actor, form.commitment_id, PromiseStep.BREAK)
        problems = not_ahead("broken_on", form.broken_on, today)
        if not rules.correction_lapsed(promise.correct_by_on, form.broken_on):
            problems.append(
                Problem(
                    "broken_on",
                    _("改正期限{day}当天仍属于企业，过后才能认定未履行。", day=promise.correct_by_on),
                )
            )
        if not form.reason:
            problems.append(Problem("reason", _("请写明认定未履行的理由。")))
        if case.enterprise_id is None:
            problems.append(Problem("commitment_id", _("办件没有写明企业，无法记入失诺记录。")))
        refuse(problems)
        promise.state, promise.broken_on = CommitmentState.BROKEN, form.broken_on
        mark = CreditMark(
            enterprise_id=case.enterprise_id or 0,
            case_id=case.id or 0,
            commitment_id=promise.id or 0,
            marked_on=form.broken_on,
            reason=form.reason,
        )
        session.add(mark)
        session.flush()
        _log(session, case, BROKEN, form.broken_on, actor)
        return mark.id or 0


def revoke_decision(actor: Actor, form: RevokeDecision, *, today: date) -> None:
    """撤销决定: what was granted on a broken promise is held no more; the expiry watch leaves it out."""
    require(actor, Verb.CASE_EDIT)
    with unit_of_work(actor, "approvals.revoke_decision", reason=form.reason) as session:
        promise, case = _promise(session, actor, form.commitment_id, PromiseStep.REVOKE)
        if not granted(case):
            raise Refusal(_("该办件没有准予的决定，无从撤销；请依法作出不予许可的决定。"))
        problems = not_ahead("revoked_on", form.revoked_on, today)
        if promise.revoked_on is not None:
            problems.append(Problem("revoked_on", _("决定已于{day}撤销。", day=promise.revoked_on)))
        first = max(promise.broken_on or promise.promised_on, case.decided_on or promise.promised_on)
        problems += _not_before("revoked_on", form.revoked_on, first)
        if not form.reason:
            problems.append(Problem("reason", _("请写明撤销决定的依据和文号。")))
        refuse(problems)
        promise.revoked_on = form.revoked_on
        _log(session, case, REVOKED, form.revoked_on, actor)


def repair_mark(actor: Actor, form: RepairMark, *, today: date) -> None:
    """信用修复: from that day on the enterprise may promise again."""
    require_all(actor, Verb.SUPERVISE)
    with unit_of_work(actor, "approvals.repair_mark", reason=form.basis) as session:
        mark = fetch(session, CreditMark, form.mark_id)
        problems = not_ahead("repaired_on", form.repaired_on, today)
        if mark.repaired_on is not None:
            problems.append(Problem("repaired_on", _("已于{day}修复。", day=mark.repaired_on)))
        problems += _not_before("repaired_on", form.repaired_on, mark.marked_on)
        if not form.basis:
            problems.append(Problem("basis", _("请写明信用修复的依据和文号。")))
        refuse(problems)
        mark.repaired_on, mark.repair_basis = form.repaired_on, form.basis


def cancel_open(session: Session, case: Case) -> int:
    """A case that ends without a permit needs its promises no more. Called in the transaction that ends it;
    returns how many were cancelled."""
    rows = session.exec(
        select(Commitment).where(
            col(Commitment.case_id) == case.id, col(Commitment.state).in_(sorted(rules.OPEN_STATES))
        )
    ).all()
    for row in rows:
        row.state = CommitmentState.CANCELLED
    return len(rows)


def _promise(
    session: Session, actor: Actor, commitment_id: int, step: PromiseStep
) -> tuple[Commitment, Case]:
    """The promise and its case, if in reach and its state allows the step."""
    promise = session.get(Commitment, int(commitment_id)) if 0 < commitment_id < 2**31 else None
    if promise is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    case = find_case(session, actor, promise.case_id, Verb.CASE_EDIT, locked=True)
    refuse_the_halls(case)
    session.refresh(promise)  # it may have been read before the wait for the case
    if promise.state not in PROMISE_STEPS[step]:
        raise Refusal(
            _(
                "承诺“{text}”{state}，不能{step}。",
                text=promise.text,
                state=_(COMMITMENT_STATE_LABELS[promise.state]),
                step=_(PROMISE_STEP_LABELS[step]),
            )
        )
    return promise, case


def _log(session: Session, case: Case, step: str, on: date, actor: Actor) -> None:
    record(session, case, step, on, actor, workdays.calendar(session))


def _not_before(name: str, on: date, first: date) -> list[Problem]:
    return [Problem(name, _("日期{on}早于{first}。", on=on, first=first))] if on < first else []


def _checked_by(name: str) -> list[Problem]:
    return [] if name else [Problem("verified_by", _("请写明核查人。"))]
