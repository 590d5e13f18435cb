"""告知承诺 and 容缺受理: told once, handed in, verified, put right, broken, repaired."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from crm.approvals import actions, queries
from crm.approvals import commitment_rules as rules
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
from crm.approvals.queries import Offer, PromisesView
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import NotAllowed, NotFound, Refusal
from crm.workdays.queries import calendar as read_calendar
from models import AuditEntry, Case, Commitment, CreditMark, Enterprise, Item, ItemDocument
from models.vocabulary import (
    CaseRoute,
    CaseSource,
    CaseState,
    CommitmentState,
    DocumentStanding,
)
from tests.approvals.promises import (
    AFTER,
    CHECK_BY,
    DUE,
    FOUND,
    MEND_BY,
    TOLD,
    broken,
    case_of,
    found_unkept,
    grant,
    promised,
    stored,
)
from tests.conftest import Cast


def view(actor: Actor, case: int, today: date = TOLD) -> PromisesView:
    with reading() as session:
        return queries.promises_of(session, actor, case, today)


def offer(actor: Actor, case: int, route: CaseRoute) -> Offer:
    return next(o for o in view(actor, case).offers if o.route is route)


def documents(code: str, **standings: DocumentStanding) -> dict[str, int]:
    with unit_of_work(SYSTEM, "test.documents") as session:
        item = session.exec(select(Item).where(Item.code == code)).one()
        for old in session.exec(select(ItemDocument).where(ItemDocument.item_id == item.id)):
            session.delete(old)
        rows = {
            name: ItemDocument(item_id=item.id or 0, name=name, standing=s) for name, s in standings.items()
        }
        session.add_all(rows.values())
        session.flush()
        return {name: row.id or 0 for name, row in rows.items()}


# --- making them


def test_a_promise_is_made_with_its_dates_and_the_case_takes_its_route(cast: Cast, any_db: str):
    case = case_of(cast)
    (promise,) = promised(cast.officer, case, "运输车辆密闭改装")
    row = stored(promise)
    assert (row.state, row.due_on, row.verify_by_on) == (CommitmentState.PENDING, DUE, CHECK_BY)
    assert row.enterprise_id == cast.enterprise
    with reading() as session:
        assert session.get_one(Case, case).route is CaseRoute.COMMITMENT
        entry = session.exec(
            select(AuditEntry).where(AuditEntry.record == "commitment", AuditEntry.record_id == promise)
        ).one()
    assert (entry.user_name, entry.action) == ("何志强", "approvals.make_promises")


def test_a_list_with_a_bad_line_says_all_that_is_wrong_and_writes_nothing(cast: Cast):
    case = case_of(cast)
    with pytest.raises(Refusal) as refused:
        actions.make_promises(
            cast.officer,
            MakePromises(
                case_id=case,
                route=CaseRoute.COMMITMENT,
                promised_on=TOLD,
                lines=(
                    PromiseLine(text="消纳场合同", due_on=DUE, verify_by_on=CHECK_BY),
                    PromiseLine(text="", due_on=TOLD, verify_by_on=None),
                    PromiseLine(text="消纳场合同", due_on=DUE, verify_by_on=date(2026, 10, 20)),
                ),
            ),
            today=TOLD,
        )
    told = str(refused.value)
    for part in (
        "第2项：请写明承诺的材料或条件",
        "第2项：期限2026-10-12应晚于承诺日期",
        "第2项：告知承诺须写明最迟核查日期",
        "第3项：最迟核查日期2026-10-20早于承诺期限",
        "第3项“消纳场合同”已经承诺过",
    ):
        assert part in told
    assert view(cast.officer, case).rows == ()


@pytest.mark.parametrize(
    ("promised_on", "today", "why"),
    [
        (date(2026, 10, 9), TOLD, "早于收件日期"),
        (date(2026, 10, 13), TOLD, "在今天之后"),
    ],
)
def test_a_promise_is_made_between_receipt_and_today(cast: Cast, promised_on: date, today: date, why: str):
    case = case_of(cast)
    with pytest.raises(Refusal, match=why):
        actions.make_promises(
            cast.officer,
            MakePromises(
                case_id=case,
                route=CaseRoute.COMMITMENT,
                promised_on=promised_on,
                lines=(PromiseLine(text="合同", due_on=DUE, verify_by_on=CHECK_BY),),
            ),
            today=today,
        )


@pytest.mark.parametrize("state", sorted(set(CaseState) - rules.PROMISING_STATES))
def test_no_promise_once_the_case_is_past_its_running(cast: Cast, state: CaseState):
    case = case_of(cast, state=state)
    with pytest.raises(Refusal, match="不能再登记承诺"):
        promised(cast.officer, case)


def test_an_item_without_a_promise_route_offers_none_and_says_where_to_open_one(cast: Cast):
    case = case_of(cast, "P38")
    found = offer(cast.officer, case, CaseRoute.COMMITMENT)
    assert not found.open
    assert "请先在事项目录" in found.why
    with pytest.raises(Refusal, match="没有列明承诺或容缺的办法"):
        promised(cast.officer, case)


def test_the_general_exclusion_is_told_where_the_item_does_not_open_it(cast: Cast):
    closed = offer(cast.supervisor, case_of(cast, "P61"), CaseRoute.COMMITMENT)
    assert not closed.open
    assert "生态环境保护" in closed.why


def test_an_item_that_opens_it_by_its_own_rule_is_open_with_a_hint(cast: Cast):
    opened = offer(cast.supervisor, case_of(cast, "P24"), CaseRoute.COMMITMENT)
    assert opened.open
    assert "生态环境保护" in opened.hint
    assert "江蓬环审〔2020〕448号" in opened.hint


def test_papers_that_follow_are_told_once_only(cast: Cast):
    case = case_of(cast)
    promised(cast.officer, case, "消纳场合同", route=CaseRoute.LATER_PAPERS)
    with pytest.raises(Refusal, match="不能再告知第二次"):
        promised(cast.officer, case, "运输合同", route=CaseRoute.LATER_PAPERS)
    assert [r.text for r in view(cast.officer, case).rows] == ["消纳场合同"]


def test_a_commitment_beside_papers_that_follow_gives_the_case_its_route(cast: Cast):
    case = case_of(cast)
    promised(cast.officer, case, "消纳场合同")
    promised(cast.officer, case, "运输合同", route=CaseRoute.LATER_PAPERS)
    with reading() as session:
        assert session.get_one(Case, case).route is CaseRoute.COMMITMENT


def test_where_the_documents_are_known_only_those_whose_rule_allows_it(cast: Cast):
    ids = documents(
        "P35",
        图纸=DocumentStanding.NEEDED,
        水质检测报告=DocumentStanding.PROMISE,
        预处理设施材料=DocumentStanding.MAY_FOLLOW,
        旧表=DocumentStanding.DROPPED,
    )
    case = case_of(cast, "P35")
    commitment = offer(cast.officer, case, CaseRoute.COMMITMENT)
    later = offer(cast.officer, case, CaseRoute.LATER_PAPERS)
    assert commitment.documents == {ids["水质检测报告"]: "水质检测报告"}
    assert commitment.free_text, "a condition in words may still be promised"
    assert later.documents == {ids["预处理设施材料"]: "预处理设施材料"}
    assert not later.free_text

    def ask(document: int | None, route: CaseRoute, text: str = "") -> list[int]:
        line = PromiseLine(document_id=document, text=text, due_on=DUE, verify_by_on=CHECK_BY)
        return actions.make_promises(
            cast.officer,
            MakePromises(case_id=case, route=route, promised_on=TOLD, lines=(line,)),
            today=TOLD,
        )

    with pytest.raises(Refusal, match="没有把它列为可以告知承诺的材料"):
        ask(ids["图纸"], CaseRoute.COMMITMENT)
    with pytest.raises(Refusal, match="请从事项的材料清单中选择"):
        ask(None, CaseRoute.LATER_PAPERS, "随便一份")
    (made,) = ask(ids["水质检测报告"], CaseRoute.COMMITMENT)
    assert stored(made).text == "水质检测报告"


def test_a_documents_standing_is_that_of_the_day_the_case_was_received(cast: Cast):
    ids = documents("P35", 隐蔽工程竣工报告=DocumentStanding.PROMISE)
    with unit_of_work(SYSTEM, "test.since") as session:
        row = session.get_one(ItemDocument, ids["隐蔽工程竣工报告"])
        row.since_on, row.before = date(2026, 10, 13), DocumentStanding.NEEDED
    assert offer(cast.officer, case_of(cast, "P35"), CaseRoute.COMMITMENT).documents == {}
    later = case_of(cast, "P35", received_on=date(2026, 10, 13))
    assert list(offer(cast.officer, later, CaseRoute.COMMITMENT).documents) == list(ids.values())


def test_a_case_without_an_enterprise_has_nobody_to_promise(cast: Cast):
    with pytest.raises(Refusal, match="没有写明企业"):
        promised(cast.officer, case_of(cast, enterprise_id=None))


def test_a_case_of_the_halls_system_is_only_read(cast: Cast):
    with pytest.raises(Refusal, match="受理系统"):
        promised(cast.officer, case_of(cast, source=CaseSource.HALL))


def test_a_promise_of_a_halls_case_takes_no_step(cast: Cast):
    case = case_of(cast)
    (promise,) = promised(cast.officer, case)
    with unit_of_work(SYSTEM, "tests.hall") as session:
        session.get_one(Case, case).source = CaseSource.HALL
    with pytest.raises(Refusal, match="受理系统办理"):
        found_unkept(cast.officer, promise)


def test_only_who_works_on_the_case_may(cast: Cast):
    case = case_of(cast)
    for actor, error in ((cast.stranger, NotFound), (cast.clerk, NotAllowed), (cast.leader, NotAllowed)):
        with pytest.raises(error):
            promised(actor, case)
    (promise,) = promised(cast.officer, case)
    with pytest.raises(NotFound):
        found_unkept(cast.stranger, promise)


# --- keeping them


def test_kept_handed_in_and_verified(cast: Cast):
    (promise,) = promised(cast.officer, case_of(cast))
    actions.fulfil_promise(cast.officer, FulfilPromise(commitment_id=promise, fulfilled_on=DUE), today=DUE)
    assert stored(promise).state is CommitmentState.FULFILLED
    actions.verify_promise(
        cast.officer,
        VerifyPromise(commitment_id=promise, verified_on=FOUND, verified_by="冯晓彤", kept=True),
        today=FOUND,
    )
    row = stored(promise)
    assert (row.state, row.verified_on, row.verified_by) == (CommitmentState.VERIFIED, FOUND, "冯晓彤")
    with pytest.raises(Refusal, match="核查通过，不能登记核查"):
        found_unkept(cast.officer, promise)


def test_papers_that_follow_are_done_when_they_are_taken_in(cast: Cast):
    (promise,) = promised(cast.officer, case_of(cast), route=CaseRoute.LATER_PAPERS)
    actions.fulfil_promise(cast.officer, FulfilPromise(commitment_id=promise, fulfilled_on=DUE), today=DUE)
    row = stored(promise)
    assert (row.state, row.verified_by) == (CommitmentState.VERIFIED, "何志强")


def test_the_paper_handed_in_is_kept_and_shown(cast: Cast, db: Any):
    case = case_of(cast)
    (promise,) = promised(cast.officer, case)
    actions.fulfil_promise(
        cast.officer,
        FulfilPromise(
            commitment_id=promise,
            fulfilled_on=TOLD,
            file_name="消纳场合同.pdf",
            file_data=b"%PDF-1.4 contract",
        ),
        today=TOLD,
    )
    (row,) = view(cast.officer, case).rows
    assert row.file_name == "消纳场合同.pdf"

    from crm.web.files import readable

    with reading() as session:
        assert readable(session, cast.officer, row.file_id) is not None
        assert readable(session, cast.stranger, row.file_id) is None


def test_a_disguised_file_is_refused_and_the_promise_stays_open(cast: Cast):
    (promise,) = promised(cast.officer, case_of(cast))
    with pytest.raises(Refusal, match="内容与扩展名"):
        actions.fulfil_promise(
            cast.officer,
            FulfilPromise(commitment_id=promise, fulfilled_on=TOLD, file_name="a.pdf", file_data=b"MZ"),
            today=TOLD,
        )
    assert stored(promise).state is CommitmentState.PENDING


def test_what_is_not_due_yet_cannot_be_found_unkept(cast: Cast):
    (promise,) = promised(cast.officer, case_of(cast))
    with pytest.raises(Refusal, match="承诺期限2026-10-26还没有过"):
        found_unkept(cast.officer, promise, on=DUE)


def test_an_unkept_promise_needs_finding_checker_and_a_day_to_mend_it_by(cast: Cast):
    (promise,) = promised(cast.officer, case_of(cast))
    with pytest.raises(Refusal) as refused:
        actions.verify_promise(
            cast.officer,
            VerifyPromise(commitment_id=promise, verified_on=FOUND, verified_by="", kept=False),
            today=FOUND,
        )
    assert {p.field for p in refused.value.problems} == {"verified_by", "finding", "correct_by_on"}


def test_put_right_in_time_leaves_no_mark(cast: Cast):
    case = case_of(cast)
    (promise,) = promised(cast.officer, case)
    found_unkept(cast.officer, promise)
    assert stored(promise).state is CommitmentState.CORRECTING
    actions.correct_promise(
        cast.officer,
        CorrectedPromise(
            commitment_id=promise, corrected_on=MEND_BY, verified_by="冯晓彤", finding="复查合格"
        ),
        today=MEND_BY,
    )
    row = stored(promise)
    assert (row.state, row.corrected_on) == (CommitmentState.VERIFIED, MEND_BY)
    assert row.finding == "两台车没有密闭；复查合格"
    assert view(cast.officer, case).marks == ()


# --- breaking them


def test_a_promise_is_not_broken_before_the_time_to_mend_it_is_over(cast: Cast):
    (promise,) = promised(cast.officer, case_of(cast))
    with pytest.raises(Refusal, match="待履行，不能认定未履行"):
        broken(cast.officer, promise)
    found_unkept(cast.officer, promise)
    with pytest.raises(Refusal, match="当天仍属于企业"):
        broken(cast.officer, promise, on=MEND_BY)
    assert broken(cast.officer, promise, on=AFTER)


def test_a_broken_promise_marks_the_enterprise_and_closes_both_routes_until_repaired(cast: Cast, any_db: str):
    case = case_of(cast)
    (promise,) = promised(cast.officer, case)
    found_unkept(cast.officer, promise)
    mark = broken(cast.officer, promise)
    again = case_of(cast, "P24")
    for route in rules.ROUTES:
        found = offer(cast.supervisor, again, route)
        assert not found.open
        assert "2026-11-12记入失诺记录" in found.why
        assert "登记信用修复" in found.why
        with pytest.raises(Refusal, match="失诺记录"):
            promised(cast.officer, again, route=route)
    (row,) = view(cast.officer, again).marks
    assert (row.promise, row.marked_on, row.open) == ("运输车辆密闭改装", AFTER, True)

    repaired = date(2026, 11, 20)
    for actor in (cast.officer, cast.handler):
        with pytest.raises(NotAllowed):
            actions.repair_mark(
                actor, RepairMark(mark_id=mark, repaired_on=repaired, basis="修复决定"), today=repaired
            )
    with pytest.raises(Refusal, match="请写明信用修复的依据"):
        actions.repair_mark(
            cast.supervisor, RepairMark(mark_id=mark, repaired_on=repaired, basis=" "), today=repaired
        )
    actions.repair_mark(
        cast.supervisor,
        RepairMark(mark_id=mark, repaired_on=repaired, basis="蓬信修〔2026〕3号"),
        today=repaired,
    )
    assert promised(cast.officer, again, told=repaired, due=date(2026, 12, 4))
    with reading() as session:
        (told,) = queries.enterprise_marks(session, cast.officer, cast.enterprise)
    assert (told.open, told.repaired_on, told.repair_basis) == (False, repaired, "蓬信修〔2026〕3号")


def test_another_enterprise_is_not_touched_by_a_mark(cast: Cast):
    (promise,) = promised(cast.officer, case_of(cast))
    found_unkept(cast.officer, promise)
    broken(cast.officer, promise)
    other = case_of(cast, project_id=cast.other_project, enterprise_id=cast.other_enterprise)
    assert promised(cast.stranger, other)


def test_the_mark_and_the_break_are_one_transaction(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    (promise,) = promised(cast.officer, case_of(cast))
    found_unkept(cast.officer, promise)
    with unit_of_work(SYSTEM, "test.taken") as session:
        firm = session.exec(select(Enterprise.id)).first() or 0
        session.add(
            CreditMark(
                enterprise_id=firm,
                case_id=stored(promise).case_id,
                commitment_id=promise,
                marked_on=AFTER,
                reason="已经记过",
            )
        )
    with pytest.raises(Exception, match=r"(?i)unique"):
        broken(cast.officer, promise)
    assert stored(promise).state is CommitmentState.CORRECTING


def test_a_decision_built_on_a_broken_promise_is_revoked_once(cast: Cast):
    case = case_of(cast)
    (promise,) = promised(cast.officer, case)
    grant(case, date(2026, 10, 13))
    found_unkept(cast.officer, promise)
    form = RevokeDecision(commitment_id=promise, revoked_on=AFTER, reason="蓬城撤〔2026〕1号")
    with pytest.raises(Refusal, match="责令改正，不能撤销决定"):
        actions.revoke_decision(cast.officer, form, today=AFTER)
    broken(cast.officer, promise)
    actions.revoke_decision(cast.officer, form, today=AFTER)
    assert view(cast.officer, case, AFTER).revoked_on == AFTER
    with pytest.raises(Refusal, match="决定已于2026-11-12撤销"):
        actions.revoke_decision(cast.officer, form, today=AFTER)


def test_a_decision_is_not_revoked_before_it_was_made(cast: Cast):
    case = case_of(cast)
    (promise,) = promised(cast.officer, case)
    found_unkept(cast.officer, promise)
    broken(cast.officer, promise)
    later = AFTER + timedelta(days=5)
    grant(case, later)
    form = RevokeDecision(commitment_id=promise, revoked_on=AFTER, reason="蓬城撤〔2026〕1号")
    with pytest.raises(Refusal, match=f"早于{later}"):
        actions.revoke_decision(cast.officer, form, today=later)


def test_where_nothing_was_granted_there_is_nothing_to_revoke(cast: Cast):
    (promise,) = promised(cast.officer, case_of(cast))
    found_unkept(cast.officer, promise)
    broken(cast.officer, promise)
    with pytest.raises(Refusal, match="没有准予的决定"):
        actions.revoke_decision(
            cast.officer,
            RevokeDecision(commitment_id=promise, revoked_on=AFTER, reason="撤"),
            today=AFTER,
        )


def test_a_case_that_ends_takes_its_open_promises_with_it(cast: Cast):
    case = case_of(cast)
    kept, open_, mending = promised(cast.officer, case, "甲", "乙", "丙")
    actions.fulfil_promise(cast.officer, FulfilPromise(commitment_id=kept, fulfilled_on=TOLD), today=TOLD)
    actions.verify_promise(
        cast.officer,
        VerifyPromise(commitment_id=kept, verified_on=TOLD, verified_by="冯晓彤", kept=True),
        today=TOLD,
    )
    found_unkept(cast.officer, mending)
    with unit_of_work(cast.officer, "test.end") as session:
        assert actions.cancel_open(session, session.get_one(Case, case)) == 2
    assert stored(kept).state is CommitmentState.VERIFIED
    assert {stored(open_).state, stored(mending).state} == {CommitmentState.CANCELLED}


# --- the pure rule


def test_the_default_days_are_working_days_for_papers_and_calendar_days_for_the_check(
    cast: Cast,
):
    with reading() as session:
        calendar = read_calendar(session)
    # Wednesday 30 September: 1 to 7 October are off, Saturday 10 October is worked.
    assert rules.hand_in_by(date(2026, 9, 30), 10, calendar) == date(2026, 10, 20)
    assert rules.verify_by(TOLD, DUE, 60) == CHECK_BY
    assert rules.verify_by(TOLD, date(2027, 1, 8), 60) == date(2027, 1, 8), "never before it is due"


@pytest.mark.parametrize("state", list(CommitmentState))
def test_a_closed_promise_allows_no_step_but_revoking(state: CommitmentState):
    steps = rules.next_steps(state, MEND_BY, AFTER, granted=True, revoked=False)
    if state in rules.OPEN_STATES:
        assert steps
        assert rules.PromiseStep.REVOKE not in steps
    else:
        assert steps == ([rules.PromiseStep.REVOKE] if state is CommitmentState.BROKEN else [])


def test_breaking_is_offered_from_the_day_after_the_last_day_to_mend():
    offered = [
        rules.PromiseStep.BREAK
        in rules.next_steps(CommitmentState.CORRECTING, MEND_BY, day, granted=True, revoked=False)
        for day in (MEND_BY, AFTER)
    ]
    assert offered == [False, True]


def test_a_late_promise_says_so(cast: Cast):
    case = case_of(cast)
    (promise,) = promised(cast.officer, case)
    for day, late in ((DUE, False), (FOUND, True)):
        (row,) = view(cast.officer, case, day).rows
        assert (row.acts_by, row.late) == (DUE, late)
    assert isinstance(stored(promise), Commitment)


def test_a_reason_that_is_empty_is_asked_for(cast: Cast):
    (promise,) = promised(cast.officer, case_of(cast))
    found_unkept(cast.officer, promise)
    with pytest.raises(Refusal, match="请写明认定未履行的理由"):
        actions.break_promise(
            cast.officer, BreakPromise(commitment_id=promise, broken_on=AFTER, reason=" "), today=AFTER
        )
