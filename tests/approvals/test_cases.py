"""A case from receipt to permit: who may, what is refused, what the clock says, what a correction moves."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from crm.approvals import actions, queries, words
from crm.approvals.inputs import (
    AmendCase,
    CloseProcedure,
    DecideCase,
    ExtendCase,
    GiveNotice,
    OpenProcedure,
    RegisterCase,
)
from crm.approvals.queries import CaseFilter, CaseView
from crm.approvals.rules import Step
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, NotAllowed, NotFound, Refusal
from crm.workdays.actions import Closure, LoadYear, add_closure, load_year
from models import AuditEntry, Case, Item, Project
from models.vocabulary import CaseOutcome, CaseState, DayUnit, Light, ProcedureKind, ProjectStatus
from tests.conftest import Cast

MONDAY = date(2025, 9, 22)
ARTICLE = "行政许可法第四十五条"


def on(month: int, day: int) -> date:
    return date(2025, month, day)


def item_id(code: str) -> int:
    with reading() as session:
        return session.exec(select(Item.id).where(Item.code == code)).one() or 0


def received(cast: Cast, code: str = "P22", actor: Actor | None = None, **more: Any) -> int:
    """A case of the cast's project, received on Monday 22 September 2025."""
    form = RegisterCase(
        **{
            "item_id": item_id(code),
            "project_id": cast.project,
            "received_on": MONDAY,
            "request_id": uuid.uuid4().hex,
        }
        | more
    )
    return actions.register(actor or cast.officer, form, today=more.get("received_on", MONDAY))


def accepted(cast: Cast, code: str = "P22", day: date = MONDAY, **more: Any) -> int:
    case = received(cast, code, **more)
    actions.accept(cast.officer, case, day, today=day)
    return case


def view(case: int, today: date, actor: Actor = SYSTEM) -> CaseView:
    with reading() as session:
        return queries.case_view(session, actor, case, today)


def stored(case: int) -> Case:
    with reading() as session:
        return session.get_one(Case, case)


def review(case: int, **more: Any) -> OpenProcedure:
    return OpenProcedure(
        **{
            "case_id": case,
            "kind": ProcedureKind.EXPERT_REVIEW,
            "ground": "设计方案专家评审",
            "basis": ARTICLE,
            "planned_wd": 4,
            "from_on": on(9, 24),
            "told_on": on(9, 24),
            "notice_no": "江蓬自资告〔2025〕7号",
        }
        | more
    )


def resume(cast: Cast, procedure: int, day: date, today: date) -> None:
    form = CloseProcedure(procedure_id=procedure, to_on=day, result="评审通过")
    actions.close_procedure(cast.officer, form, today=today)


# The catalogue's limits


def test_a_case_runs_under_the_items_legal_and_promised_limits(any_db: str, cast: Cast) -> None:
    case = accepted(cast)
    row = stored(case)
    assert (row.state, row.starts_on, row.legal_limit, row.promised_limit) == (
        CaseState.ACCEPTED,
        MONDAY,
        20,
        10,
    )
    assert (row.due_on, row.promised_due_on, row.yellow_on) == (on(10, 24), on(10, 11), on(10, 9))
    assert row.provisional is False
    seen = view(case, on(10, 9), cast.officer)
    assert seen.row.light is Light.YELLOW
    assert words.because(seen, on(10, 9)) == "承诺期限还剩2个工作日，2025-10-11（周六）到期。"


def test_the_drainage_permit_is_fifteen_days_by_law_and_five_working_days_by_promise(cast: Cast) -> None:
    row = stored(accepted(cast, "P35"))
    assert (row.unit, row.legal_limit, row.promised_limit) == (DayUnit.CALENDAR, 15, 5)
    assert row.due_on == on(10, 7)  # 周二, fifteen calendar days
    assert row.promised_due_on == on(9, 28)  # 周日, a make-up working day


@pytest.mark.parametrize(
    ("code", "starts"), [("P34", on(9, 22)), ("P23", on(9, 22)), ("P22", on(9, 25)), ("P35", on(9, 25))]
)
def test_some_laws_count_from_receipt_and_some_from_acceptance(cast: Cast, code: str, starts: date) -> None:
    assert stored(accepted(cast, code, day=on(9, 25))).starts_on == starts


def test_a_red_case_says_whether_it_is_late_by_promise_or_by_law(cast: Cast) -> None:
    case = accepted(cast)
    late = view(case, on(10, 14))
    assert (late.row.light, late.row.clocks.past_legal) == (Light.RED, False)
    assert words.because(late, on(10, 14)) == "承诺期限已于2025-10-11（周六）届满，逾期2个工作日。"
    very_late = view(case, on(10, 27))
    assert (very_late.row.light, very_late.row.clocks.past_legal) == (Light.RED, True)
    assert words.because(very_late, on(10, 27)) == "法定期限已于2025-10-24（周五）届满，逾期1个工作日。"


def test_a_change_of_the_catalogue_never_rewrites_a_running_case(cast: Cast) -> None:
    case = accepted(cast)
    with unit_of_work(SYSTEM, "test.item") as session:
        session.get_one(Item, item_id("P22")).promised_limit = 3
    actions.open_procedure(cast.officer, review(case), today=on(9, 24))
    assert stored(case).promised_limit == 10


# Dates that cannot be


@pytest.mark.parametrize("ahead", [1, 400])
def test_what_has_not_happened_cannot_be_recorded(cast: Cast, ahead: int) -> None:  # G21
    later = MONDAY + timedelta(days=ahead)
    with pytest.raises(Refusal, match="今天之后"):
        actions.register(
            cast.officer,
            RegisterCase(
                item_id=item_id("P22"),
                project_id=cast.project,
                received_on=later,
                request_id=uuid.uuid4().hex,
            ),
            today=MONDAY,
        )
    case = received(cast)
    with pytest.raises(Refusal, match="今天之后"):
        actions.accept(cast.officer, case, later, today=MONDAY)
    actions.accept(cast.officer, case, MONDAY, today=MONDAY)
    with pytest.raises(Refusal, match="今天之后"):
        actions.decide(
            cast.officer,
            DecideCase(case_id=case, decided_on=later, outcome=CaseOutcome.GRANTED),
            today=MONDAY,
        )
    with pytest.raises(Refusal, match="今天之后"):
        actions.open_procedure(
            cast.officer, review(case, from_on=later, told_on=None, notice_no=""), today=MONDAY
        )
    with pytest.raises(Refusal, match="今天之后"):
        actions.withdraw(cast.officer, case, later, "企业改址", today=MONDAY)
    assert stored(case).state is CaseState.ACCEPTED


def test_no_step_may_come_before_the_one_it_follows(cast: Cast) -> None:  # K10
    case = received(cast)
    with pytest.raises(Refusal, match="早于收件日期"):
        actions.accept(cast.officer, case, on(9, 19), today=MONDAY)
    actions.accept(cast.officer, case, MONDAY, today=MONDAY)
    with pytest.raises(Refusal, match="早于受理日期"):
        actions.decide(
            cast.officer,
            DecideCase(case_id=case, decided_on=on(9, 19), outcome=CaseOutcome.GRANTED),
            today=MONDAY,
        )
    with pytest.raises(Refusal, match="早于起算日期"):
        actions.open_procedure(
            cast.officer, review(case, from_on=on(9, 19), told_on=None, notice_no=""), today=MONDAY
        )


def test_no_form_has_a_field_for_a_statutory_date() -> None:  # K6
    hints = {"due_on", "promised_due_on", "yellow_on", "renew_by_on", "starts_on", "provisional"}
    for form in (RegisterCase, OpenProcedure, GiveNotice, ExtendCase, DecideCase, AmendCase):
        assert hints.isdisjoint(form.model_fields)


def test_a_step_the_state_does_not_allow_is_refused_with_the_reason(cast: Cast) -> None:
    case = received(cast)
    assert view(case, MONDAY).steps == (Step.TELL_CORRECTION, Step.ACCEPT, Step.NOT_ACCEPT, Step.WITHDRAW)
    with pytest.raises(Refusal, match="办件已收件，不能启动特殊环节：尚未受理"):
        actions.open_procedure(cast.officer, review(case), today=on(9, 24))
    actions.accept(cast.officer, case, MONDAY, today=MONDAY)
    with pytest.raises(Refusal, match="办件办理中，不能受理：已经受理"):
        actions.accept(cast.officer, case, MONDAY, today=MONDAY)


# Stops


def test_a_stop_needs_its_ground_its_basis_and_its_length_all_told_at_once(cast: Cast) -> None:  # K4
    case = accepted(cast)
    with pytest.raises(Refusal) as refused:
        actions.open_procedure(
            cast.officer, review(case, ground="", basis="", planned_wd=None), today=on(9, 24)
        )
    assert {p.field for p in refused.value.problems} == {"ground", "basis", "planned_wd"}
    assert view(case, on(9, 24)).stops == ()


def test_a_site_check_does_not_stop_the_clock_by_article_45(cast: Cast) -> None:
    case = accepted(cast)
    with pytest.raises(Refusal, match="第四十五条只列举"):
        actions.open_procedure(
            cast.officer,
            review(case, kind=ProcedureKind.OTHER, ground="现场核查", basis=ARTICLE),
            today=on(9, 24),
        )


def test_a_stop_with_notice_is_blue_and_its_end_moves_the_due_dates(any_db: str, cast: Cast) -> None:
    case = accepted(cast)
    stop = actions.open_procedure(cast.officer, review(case), today=on(9, 24))
    held = view(case, on(9, 26))
    assert (held.row.light, held.row.clocks.promised and held.row.clocks.promised.left) == (Light.BLUE, 9)
    assert (
        words.because(held, on(9, 26))
        == "因专家评审自2025-09-24（周三）停表，还剩9个工作日，恢复后继续计算。"
    )
    resume(cast, stop, on(9, 29), on(9, 29))
    row = stored(case)
    assert (row.promised_due_on, row.due_on) == (on(10, 16), on(10, 30))  # W2


def test_a_stop_without_notice_is_recorded_but_the_clock_runs_on_orange(cast: Cast) -> None:  # K4
    case = accepted(cast)
    stop = actions.open_procedure(cast.officer, review(case, told_on=None, notice_no=""), today=on(9, 24))
    seen = view(case, on(9, 26))
    assert (seen.row.light, seen.stops[0].holds) == (Light.ORANGE, False)
    assert stored(case).promised_due_on == on(10, 11)
    assert "没有书面告知" in words.because(seen, on(9, 26))
    actions.give_notice(
        cast.officer,
        GiveNotice(procedure_id=stop, told_on=on(9, 26), notice_no="告〔2025〕8号"),
        today=on(9, 26),
    )
    assert view(case, on(9, 26)).row.light is Light.BLUE
    resume(cast, stop, on(9, 29), on(9, 29))
    assert stored(case).promised_due_on == on(10, 14)  # 周五 9-26 and 周日 9-28 only


def test_a_notice_is_given_once_and_has_a_number(cast: Cast) -> None:
    case = accepted(cast)
    stop = actions.open_procedure(cast.officer, review(case), today=on(9, 24))
    with pytest.raises(Refusal) as refused:
        actions.give_notice(
            cast.officer, GiveNotice(procedure_id=stop, told_on=on(9, 25), notice_no=""), today=on(9, 25)
        )
    assert {p.field for p in refused.value.problems} == {"told_on", "notice_no"}


def test_a_stop_resumes_once_and_after_it_began(cast: Cast) -> None:  # C9
    case = accepted(cast)
    stop = actions.open_procedure(cast.officer, review(case), today=on(9, 24))
    with pytest.raises(Refusal, match="晚于启动日期"):
        resume(cast, stop, on(9, 24), on(9, 26))
    resume(cast, stop, on(9, 26), on(9, 26))
    with pytest.raises(Refusal, match="已于2025-09-26结束"):
        resume(cast, stop, on(9, 28), on(9, 29))


# Extension


def extension(case: int, **more: Any) -> ExtendCase:
    return ExtendCase(
        **{
            "case_id": case,
            "days": 10,
            "approver": "区自然资源局局长",
            "reason": "需补充地下管线资料",
            "ordered_on": on(9, 30),
        }
        | more
    )


def test_an_extension_moves_both_due_dates_once_it_is_ordered(any_db: str, cast: Cast) -> None:  # K5
    case = accepted(cast)
    actions.extend(cast.officer, extension(case), today=on(9, 30))
    row = stored(case)
    assert (row.extension, row.extended_on) == (10, on(9, 30))
    assert (row.promised_due_on, row.due_on) == (on(10, 24), on(11, 7))


def test_an_extension_needs_its_approver_and_its_reason(cast: Cast) -> None:  # K5
    case = accepted(cast)
    with pytest.raises(Refusal) as refused:
        actions.extend(cast.officer, extension(case, approver=" ", reason="", days=11), today=on(9, 30))
    assert {p.field for p in refused.value.problems} == {"approver", "reason", "days"}


def test_a_second_extension_is_refused_unless_it_has_a_basis(cast: Cast) -> None:  # K5
    case = accepted(cast)
    actions.extend(cast.officer, extension(case), today=on(9, 30))
    with pytest.raises(Refusal, match="再次延长须写明法律依据"):
        actions.extend(cast.officer, extension(case, days=5), today=on(9, 30))
    actions.extend(cast.officer, extension(case, days=5, basis="某某条例第九条"), today=on(9, 30))
    assert stored(case).extension == 15


def test_an_item_without_extension_in_law_is_not_extended(cast: Cast) -> None:
    case = accepted(cast, "P34")
    with pytest.raises(Refusal, match="没有列明该事项可以延长"):
        actions.extend(cast.officer, extension(case, ordered_on=on(9, 24)), today=on(9, 24))


def test_a_limit_that_has_run_out_is_not_extended(cast: Cast) -> None:
    case = accepted(cast)
    with pytest.raises(Refusal, match="届满后不能再延长"):
        actions.extend(cast.officer, extension(case, ordered_on=on(10, 27)), today=on(10, 27))


# Decision and withdrawal


def permit(case: int, **more: Any) -> DecideCase:
    return DecideCase(
        **{
            "case_id": case,
            "decided_on": on(9, 29),
            "outcome": CaseOutcome.GRANTED,
            "permit_no": "440703202509290101",
            "issued_on": on(9, 29),
        }
        | more
    )


def test_a_building_permit_must_be_used_within_three_months(any_db: str, cast: Cast) -> None:
    case = accepted(cast, "P34")
    actions.decide(cast.officer, permit(case), today=on(9, 29))
    row = stored(case)
    assert (row.state, row.expires_on) == (CaseState.DECIDED, on(12, 29))  # 建筑法 第九条
    with reading() as session:
        watched = queries.watch_list(session, cast.officer, on(11, 3)).rows
        assert [(w.item_code, w.act_by_on, w.days_left, w.must_start) for w in watched] == [
            ("P34", on(12, 29), 56, True)
        ]
        assert queries.watch_list(session, cast.stranger, on(11, 3)).rows == []
    with unit_of_work(SYSTEM, "test.start") as session:
        session.get_one(Project, cast.project).started_on = on(10, 20)
    with reading() as session:
        watched = queries.watch_list(session, cast.officer, on(11, 3)).rows
        assert [w for w in watched if w.case_id is not None] == []  # what starting brings is no permit's


@pytest.mark.parametrize(
    ("code", "expires", "renew_by"),
    [
        ("P61", date(2030, 9, 29), date(2030, 7, 31)),  # 60 days before
        ("P29", date(2030, 9, 29), date(2030, 8, 15)),  # 45 days before
        ("P23", date(2030, 9, 29), None),
        ("P22", None, None),
    ],
)
def test_a_permits_end_and_its_renewal_come_from_the_item(
    cast: Cast, code: str, expires: date | None, renew_by: date | None
) -> None:
    case = accepted(cast, code)
    actions.decide(cast.officer, permit(case), today=on(9, 29))
    assert (stored(case).expires_on, stored(case).renew_by_on) == (expires, renew_by)


def test_thirty_working_days_before_the_end_are_counted_by_the_calendar(cast: Cast) -> None:
    case = accepted(cast, "P64")
    actions.decide(cast.officer, permit(case, expires_on=date(2026, 11, 23)), today=on(9, 29))
    assert stored(case).renew_by_on == date(2026, 10, 12)  # 周一, six whole weeks


def test_a_permit_has_its_number_and_its_day_together(cast: Cast) -> None:
    case = accepted(cast)
    for half in ({"permit_no": ""}, {"issued_on": None}, {"issued_on": on(9, 26)}, {"expires_on": on(9, 29)}):
        with pytest.raises(Refusal):
            actions.decide(cast.officer, permit(case, **half), today=on(9, 29))
    with pytest.raises(Refusal, match="办理结果"):
        actions.decide(cast.officer, permit(case, outcome=None), today=on(9, 29))


def test_a_case_is_not_decided_while_it_is_stopped(cast: Cast) -> None:
    case = accepted(cast)
    actions.open_procedure(cast.officer, review(case), today=on(9, 24))
    with pytest.raises(Refusal, match="还没有结束"):
        actions.decide(cast.officer, permit(case), today=on(9, 29))


def test_a_decided_case_is_grey_and_says_whether_it_kept_its_date(cast: Cast) -> None:
    kept, late = accepted(cast), accepted(cast)
    actions.decide(cast.officer, permit(kept), today=on(9, 29))
    actions.decide(cast.officer, permit(late, decided_on=on(10, 14), issued_on=on(10, 14)), today=on(10, 14))
    assert view(kept, on(12, 1)).row.light is Light.GREY
    assert (
        words.because(view(kept, on(12, 1)), on(12, 1))
        == "2025-09-29（周一）办结，用时6个工作日，在承诺期限内。"
    )
    assert "超过承诺期限2025-10-11（周六）" in words.because(view(late, on(12, 1)), on(12, 1))
    assert view(kept, on(12, 1)).steps == (Step.DELIVER,)


def test_a_withdrawn_case_ends_its_clock_and_its_stops(any_db: str, cast: Cast) -> None:  # K12
    case = accepted(cast)
    actions.open_procedure(cast.officer, review(case), today=on(9, 24))
    with pytest.raises(Refusal, match="撤回原因"):
        actions.withdraw(cast.officer, case, on(9, 26), "  ", today=on(9, 26))
    actions.withdraw(cast.officer, case, on(9, 26), "企业改址", today=on(9, 26))
    seen = view(case, date(2026, 1, 5))
    assert (seen.row.state, seen.row.light, seen.stops[0].to_on) == (
        CaseState.WITHDRAWN,
        Light.GREY,
        on(9, 26),
    )
    assert seen.steps == ()
    with reading() as session:
        running, total = queries.case_list(session, SYSTEM, date(2026, 1, 5), CaseFilter(state="open"))
    assert (running, total) == ([], 0)


# Who may


def test_a_case_is_seen_and_worked_only_within_reach(any_db: str, cast: Cast) -> None:  # A1, A9
    case = accepted(cast)
    with reading() as session:
        assert queries.case_view(session, cast.teammate, case, MONDAY).row.id == case
        assert queries.case_view(session, cast.clerk, case, MONDAY).row.id == case  # same town
        for outsider in (cast.stranger, cast.handler):
            with pytest.raises(NotFound):
                queries.case_view(session, outsider, case, MONDAY)
            assert queries.cases_of_project(session, outsider, cast.project, MONDAY) == []
            assert queries.case_list(session, outsider, MONDAY, CaseFilter()) == ([], 0)
    with pytest.raises(NotFound):
        actions.open_procedure(cast.stranger, review(case), today=on(9, 24))
    with pytest.raises(NotAllowed):
        actions.open_procedure(cast.clerk, review(case), today=on(9, 24))
    with pytest.raises(NotAllowed):
        actions.accept(cast.leader, case, MONDAY, today=MONDAY)
    with pytest.raises(NotFound):
        received(cast, actor=cast.stranger)


def test_a_department_works_the_cases_it_decides(cast: Cast) -> None:
    case = received(cast, "P34")  # 区住房和城乡建设局
    actions.accept(cast.handler, case, MONDAY, today=MONDAY)
    assert stored(case).state is CaseState.ACCEPTED
    with reading() as session:
        assert [r.id for r in queries.case_list(session, cast.handler, MONDAY, CaseFilter())[0]] == [case]


def test_a_clerk_without_a_town_sees_no_case(cast: Cast) -> None:  # A2
    from dataclasses import replace

    accepted(cast)
    with reading() as session:
        assert queries.case_list(session, replace(cast.clerk, town_id=None), MONDAY, CaseFilter()) == ([], 0)


# Once is once


def test_four_fast_clicks_make_one_case(cast: Cast) -> None:
    nonce = uuid.uuid4().hex
    assert len({received(cast, request_id=nonce) for _ in range(4)}) == 1


def test_a_case_number_is_used_once(any_db: str, cast: Cast) -> None:
    received(cast, case_no="江蓬受〔2025〕1号")
    with pytest.raises(Refusal, match="已经用过"):
        received(cast, case_no="江蓬受〔2025〕1号")


def test_the_second_of_two_savers_is_shown_what_the_first_changed(cast: Cast) -> None:  # A7
    case = received(cast, case_no="一号")
    opened = {"case_no": "一号", "permit_no": "", "note": ""}
    first = AmendCase(case_id=case, version=1, opened=opened, case_no="一号", permit_no="", note="补了图纸")
    actions.amend(cast.officer, first)
    second = first.model_copy(update={"note": "缺图纸"})
    with pytest.raises(Conflict) as clash:
        actions.amend(cast.teammate, second)
    assert [(c.field, c.stored, c.typed) for c in clash.value.clashes] == [("note", "补了图纸", "缺图纸")]


def test_every_step_is_in_the_trail_with_who_and_from_what_to_what(cast: Cast) -> None:  # A4
    case = accepted(cast)
    actions.open_procedure(cast.officer, review(case), today=on(9, 24))
    with reading() as session:
        rows = session.exec(
            select(AuditEntry)
            .where(AuditEntry.record == "permit_case", AuditEntry.record_id == case)
            .order_by(col(AuditEntry.id))
        ).all()
    assert [r.action for r in rows][:3] == [
        "approvals.register",
        "approvals.accept",
        "approvals.open_procedure",
    ]
    assert {r.user_name for r in rows} == {"何志强"}
    assert rows[1].changes["state"] == ["received", "accepted"]
    assert "专家评审" in rows[2].changes["stop"][1]


# A calendar corrected later


def test_a_loaded_notice_moves_open_deadlines_lists_them_and_leaves_closed_ones(
    any_db: str, cast: Cast
) -> None:  # W8
    day = date(2026, 12, 14)
    open_case = received(cast, received_on=day)
    closed_case = received(cast, received_on=day)
    for case in (open_case, closed_case):
        actions.accept(cast.officer, case, day, today=day)
    actions.decide(cast.officer, permit(closed_case, decided_on=day, issued_on=day), today=day)
    before = stored(closed_case)
    assert stored(open_case).provisional is True
    loaded = load_year(
        cast.admin,
        LoadYear(year=2027, content="元旦：1月1日（周五）至5日（周二）放假调休，共5天。1月9日（周六）上班。"),
        today=day,
    )
    assert [(m.record_id, m.old_on, m.new_on) for m in loaded.moved] == [
        (open_case, date(2027, 1, 12), date(2027, 1, 13)),
    ]
    assert stored(open_case).provisional is False
    after = stored(closed_case)
    assert (after.due_on, after.provisional, after.version) == (
        before.due_on,
        before.provisional,
        before.version,
    )


def test_a_loaded_notice_moves_the_last_day_to_renew_that_is_counted_in_working_days(cast: Cast) -> None:
    case = accepted(cast, "P64")
    actions.decide(cast.officer, permit(case, expires_on=date(2027, 2, 26)), today=on(9, 29))
    before = stored(case)
    moved = load_year(
        cast.admin,
        LoadYear(year=2027, content="春节：2月5日至11日放假调休，共7天。"),
        today=date(2026, 11, 23),
    ).moved
    after = stored(case)
    # 周二 2-9 to 周四 2-11 are off as well: the last day moves from a 周三 back to a 周五.
    assert [(m.record_id, m.old_on, m.new_on) for m in moved] == [
        (case, before.renew_by_on, after.renew_by_on)
    ]
    assert (before.renew_by_on, after.renew_by_on) == (date(2027, 1, 13), date(2027, 1, 8))
    assert after.due_on == before.due_on


def test_a_typhoon_closure_moves_every_running_case_by_a_day(cast: Cast) -> None:
    case = accepted(cast)
    moved = add_closure(SYSTEM, Closure(on=on(9, 24), name="台风停工"), today=on(9, 24))
    assert {(m.record_id, m.old_on, m.new_on) for m in moved} == {
        (case, on(10, 24), on(10, 27)),
        (case, on(10, 11), on(10, 13)),
    }


# Lists


def test_cases_are_found_paged_and_ordered_by_what_is_due_first(any_db: str, cast: Cast) -> None:
    slow, fast = accepted(cast, "P29"), accepted(cast, "P34")
    firm = received(cast, "P35", actor=cast.supervisor, project_id=None, enterprise_id=cast.other_enterprise)
    with reading() as session:
        rows, total = queries.case_list(
            session, cast.supervisor, MONDAY, CaseFilter(state="open"), per_page=2
        )
        assert ([r.id for r in rows], total) == ([fast, slow], 3)
        rows, _ = queries.case_list(
            session, cast.supervisor, MONDAY, CaseFilter(state="open"), page=2, per_page=2
        )
        assert [r.id for r in rows] == [firm]
        for text in ("排水管网", "瑞朗", str(rows[0].case_no)):
            found, _ = queries.case_list(session, cast.supervisor, MONDAY, CaseFilter(text=text))
            assert [r.id for r in found] == [firm]
        assert queries.case_list(session, cast.supervisor, MONDAY, CaseFilter(text="100%_"))[1] == 0
        mine = queries.cases_of_project(session, cast.officer, cast.project, MONDAY)
        assert [r.id for r in mine] == [fast, slow]


def test_the_permits_of_a_terminated_project_are_watched_no_more(cast: Cast) -> None:
    case = accepted(cast, "P61")
    actions.decide(cast.officer, permit(case, expires_on=on(12, 1)), today=on(9, 29))
    with reading() as session:
        assert len(queries.watch_list(session, SYSTEM, on(9, 29)).rows) == 1
    with unit_of_work(SYSTEM, "test.end") as session:
        session.get_one(Project, cast.project).status = ProjectStatus.TERMINATED
    with reading() as session:
        assert queries.watch_list(session, SYSTEM, on(9, 29)).rows == []
