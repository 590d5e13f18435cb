"""A letter's life: what it is written from, its number, its answer, who may do and read what."""

from __future__ import annotations

import io
import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
from docx import Document
from sqlmodel import select

from crm.alerts.actions import ThresholdForm, edit_threshold
from crm.alerts.queries.lists import list_thresholds
from crm.approvals.actions import refresh_hints
from crm.briefings import render
from crm.briefings.letters import actions, queries
from crm.briefings.letters.actions import HeadForm, Issued, LetterForm, ReplyForm, WithdrawForm
from crm.briefings.letters.queries import LetterAsk
from crm.core import files
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import CrmError, NotAllowed, NotFound, Refusal
from crm.core.i18n import using
from crm.web.files import readable
from crm.workdays.queries import calendar as read_calendar
from models import (
    AuditEntry,
    Case,
    CaseEvent,
    CaseStep,
    Department,
    Item,
    SpecialProcedure,
    SupervisionLetter,
)
from models.vocabulary import CaseOutcome, CaseSource, CaseState, LetterState, ProcedureKind

MONDAY = date(2026, 11, 23)  # 周一
THURSDAY = date(2026, 11, 26)  # the third working day after
FRIDAY = date(2026, 11, 27)


def a_case(cast: Any, *procedures: SpecialProcedure, **more: Any) -> int:
    """排水许可, promised in 5 working days, accepted 2026-11-09 (周一): due 11-16, late since."""
    with unit_of_work(SYSTEM, "test.case") as session:
        values: dict[str, Any] = {
            "case_no": f"L{len(session.exec(select(Case.id)).all())}",
            "item_id": session.exec(select(Item).where(Item.code == "P35")).one().id,
            "project_id": cast.project,
            "enterprise_id": cast.enterprise,
            "department_id": cast.department,
            "state": CaseState.ACCEPTED,
            "received_on": date(2026, 11, 6),
            "accepted_on": date(2026, 11, 9),
            "starts_on": date(2026, 11, 9),
            "legal_limit": 15,
            "promised_limit": 5,
        } | more
        case = Case(**values)
        session.add(case)
        session.flush()
        for row in procedures:
            row.case_id = case.id or 0
            session.add(row)
        session.flush()
        refresh_hints(session, case, read_calendar(session), MONDAY)
        return case.id or 0


def a_procedure(**more: Any) -> SpecialProcedure:
    values: dict[str, Any] = {
        "case_id": 0,
        "kind": ProcedureKind.EXPERT_REVIEW,
        "stops_clock": True,
        "ground": "论证排水方案",
        "basis": "行政许可法第四十五条",
        "from_on": date(2026, 11, 11),
        "planned_wd": 3,
        "told_on": None,
    } | more
    return SpecialProcedure(**values)


def issue(actor: Actor, case_id: int, *, today: date = MONDAY, **more: Any) -> Issued:
    return actions.issue(actor, LetterForm(case_id=case_id, **more), today=today)


def text(issued: Issued) -> str:
    return render.text_of(issued.data)


def stored(letter_id: int) -> SupervisionLetter:
    with reading() as session:
        return session.get_one(SupervisionLetter, letter_id)


# --- from a case to a letter ---------------------------------------------------------------------------------


def test_a_letter_tells_the_case_its_faults_and_its_history(any_db: str, cast: Any) -> None:
    id_ = a_case(
        cast,
        a_procedure(),
        a_procedure(
            kind=ProcedureKind.SITE_CHECK,
            stops_clock=False,
            ground="核查排放口",
            basis="行政许可法第三十四条",
            from_on=date(2026, 11, 13),
            to_on=date(2026, 11, 17),
            start_by_on=date(2026, 11, 11),
            result="符合要求",
        ),
    )
    made = issue(cast.supervisor, id_)
    assert made.number == "江蓬政服督〔2026〕1号"
    told = text(made)
    for words in (
        "区住房和城乡建设局：",
        "江门市恒岳科技有限公司就恒岳新能源电池项目（一期）申请的",
        "承诺时限5个工作日，最迟应于2026年11月16日办结，已用10个工作日，已逾期5个工作日",
        "1.超过承诺办结时限。",
        "2.停表未书面告知。专家评审自2026年11月11日起开展",
        "3.特殊环节启动晚。现场核查最迟应于2026年11月11日启动，实际于2026年11月13日启动，晚2个工作日",
        "4.特殊环节超期。专家评审最迟应于2026年11月16日结束，至今未结束，已超5个工作日",
        "请在3个工作日内（最迟2026年11月26日）",
    ):
        assert words in told
    assert "超过法定办结时限" not in told, "15 days from 11-09: the law's own limit has not passed"
    table = Document(io.BytesIO(made.data)).tables[0]
    history = [(r.cells[1].text, r.cells[2].text) for r in table.rows[1:]]
    assert history == [
        ("2026-11-06", "收件"),
        ("2026-11-09", "受理"),
        ("2026-11-11", "专家评审启动"),
        ("2026-11-13", "现场核查启动"),
        ("2026-11-17", "现场核查结束"),
    ]
    row = stored(made.id)
    assert (row.case_id, row.project_id, row.department_id) == (id_, cast.project, cast.department)
    assert (row.issued_on, row.reply_by_on, row.state) == (MONDAY, THURSDAY, LetterState.ISSUED)
    with reading() as session:
        (note,) = session.exec(
            select(AuditEntry).where(AuditEntry.record == "permit_case", AuditEntry.action == "letters.issue")
        )
    assert note.changes == {"supervision_letter": [None, made.number]}


def test_past_the_law_says_so_and_a_case_without_a_project_names_the_applicant(cast: Any) -> None:
    id_ = a_case(cast, project_id=None, legal_limit=5, promised_limit=None)
    told = text(issue(cast.supervisor, id_))
    assert "超过法定办结时限。最迟应于2026年11月16日办结" in told
    assert "江门市恒岳科技有限公司申请的" in told
    assert "承诺时限" not in told


def test_a_late_delivery_is_pressed_for_after_the_decision(cast: Any) -> None:
    id_ = a_case(
        cast,
        state=CaseState.DECIDED,
        decided_on=date(2026, 11, 6),
        outcome=CaseOutcome.GRANTED,
        result="准予",
    )
    told = text(issue(cast.supervisor, id_))
    assert "决定未按期送达。最迟应于2026年11月20日向申请人颁发、送达" in told
    assert "《中华人民共和国行政许可法》第四十四条" in told
    assert "至今未办结" not in told


def test_a_hall_case_tells_its_history_from_the_log(cast: Any) -> None:
    id_ = a_case(
        cast, source=CaseSource.HALL, project_id=None, enterprise_id=None, applicant="某某贸易有限公司"
    )
    with unit_of_work(SYSTEM, "test.log") as session:
        step = CaseStep(name="窗口收件复核")
        session.add(step)
        session.flush()
        session.add(
            CaseEvent(case_id=id_, step_id=step.id or 0, at=datetime(2026, 11, 6, 17, tzinfo=UTC), who="张三")
        )
    told = text(issue(cast.supervisor, id_))
    assert "某某贸易有限公司申请的" in told
    assert "2026-11-07\n窗口收件复核" in told, "17:00 UTC is the next day in the district"
    assert "张三" not in told


def test_nothing_wrong_or_nobody_to_write_to_is_refused(any_db: str, cast: Any) -> None:
    fine = a_case(cast, promised_limit=60, legal_limit=60)
    with pytest.raises(Refusal, match="不需要督办"):
        issue(cast.supervisor, fine)
    nobody = a_case(cast, department_id=None)
    with pytest.raises(Refusal, match="没有登记办理部门"):
        issue(cast.supervisor, nobody)
    with pytest.raises(NotFound):
        issue(cast.supervisor, 99_999)
    with reading() as session:
        assert session.exec(select(SupervisionLetter)).all() == []


def test_the_days_for_the_answer_are_the_houses_threshold_or_typed(cast: Any) -> None:
    first = actions.draft(cast.supervisor, LetterForm(case_id=a_case(cast), reply_wd=1), today=MONDAY)
    assert first.letter.facts.reply_by_on == date(2026, 11, 24)
    with reading() as session:
        row = next(t for t in list_thresholds(session) if t.code == "letter_reply_wd")
    edit_threshold(
        cast.supervisor, ThresholdForm(code=row.code, value=5, basis="区里要求", version=row.version)
    )
    again = actions.draft(cast.supervisor, LetterForm(case_id=a_case(cast)), today=MONDAY)
    assert again.letter.facts.reply_by_on == date(2026, 11, 30)


def test_a_draft_writes_nothing_and_is_the_very_letter_issued(any_db: str, cast: Any) -> None:
    form = LetterForm(case_id=a_case(cast, a_procedure()), words="请分管领导牵头会商")
    draft = actions.draft(cast.supervisor, form, today=MONDAY)
    with reading() as session:
        assert session.exec(select(SupervisionLetter)).all() == []
    assert actions.issue(cast.supervisor, form, today=MONDAY).data == draft.data


def test_the_paper_stays_chinese_for_an_english_screen(cast: Any) -> None:
    id_ = a_case(cast, a_procedure())
    with using("en"):
        draft = actions.draft(cast.supervisor, LetterForm(case_id=id_), today=MONDAY)
    assert draft.data == issue(cast.supervisor, id_).data


# --- numbers --------------------------------------------------------------------------------------------------


def test_numbers_run_by_the_year_and_a_withdrawn_one_stays_used(any_db: str, cast: Any) -> None:
    first = issue(cast.supervisor, a_case(cast))
    actions.withdraw(cast.supervisor, WithdrawForm(letter_id=first.id, reason="发错部门"), today=MONDAY)
    second = issue(cast.supervisor, a_case(cast))
    next_year = issue(cast.supervisor, a_case(cast), today=date(2027, 1, 4))
    assert [x.number for x in (first, second, next_year)] == [
        "江蓬政服督〔2026〕1号",
        "江蓬政服督〔2026〕2号",
        "江蓬政服督〔2027〕1号",
    ]


def test_ten_at_once_get_ten_numbers_without_a_gap_or_a_double(any_db: str, cast: Any) -> None:
    cases = [a_case(cast) for _n in range(10)]
    numbers: list[str] = []
    failed: list[BaseException] = []

    def one(case_id: int) -> None:
        try:
            numbers.append(issue(cast.supervisor, case_id).number)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=one, args=(c,)) for c in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(numbers) == sorted(f"江蓬政服督〔2026〕{n}号" for n in range(1, 11))


def test_four_fast_clicks_make_one_letter(any_db: str, cast: Any) -> None:
    id_ = a_case(cast)
    made: list[Issued] = []
    threads = [threading.Thread(target=lambda: made.append(issue(cast.supervisor, id_))) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert {m.id for m in made} == {made[0].id}
    assert sorted(m.new for m in made) == [False, False, False, True]


def test_a_second_letter_waits_until_the_first_ones_day_is_over(any_db: str, cast: Any) -> None:
    id_ = a_case(cast)
    first = issue(cast.supervisor, id_)
    with pytest.raises(Refusal, match="回复期限2026-11-26未到"):
        issue(cast.supervisor, id_, today=THURSDAY)
    second = issue(cast.supervisor, id_, today=FRIDAY)
    assert f"我中心已于2026年11月23日以{first.number}文（未回复）督办" in text(second)


# --- answer and withdrawal --------------------------------------------------------------------------------------


def test_the_department_answers_once(any_db: str, cast: Any) -> None:
    made = issue(cast.supervisor, a_case(cast))
    form = ReplyForm(letter_id=made.id, text="已明确责任人，本周办结。", replied_on=MONDAY)
    with pytest.raises(Refusal, match="早于签发日期"):
        actions.reply(
            cast.handler,
            ReplyForm(letter_id=made.id, text="早", replied_on=date(2026, 11, 20)),
            today=MONDAY,
        )
    with pytest.raises(Refusal, match="在今天之后"):
        actions.reply(cast.handler, ReplyForm(letter_id=made.id, text="晚", replied_on=FRIDAY), today=MONDAY)
    actions.reply(cast.handler, form, today=MONDAY)
    row = stored(made.id)
    assert (row.state, row.reply, row.replied_on) == (LetterState.REPLIED, "已明确责任人，本周办结。", MONDAY)
    with pytest.raises(Refusal, match="已回复，不能再改"):
        actions.reply(cast.supervisor, form, today=MONDAY)
    with pytest.raises(Refusal, match="已回复，不能再改"):
        actions.withdraw(cast.supervisor, WithdrawForm(letter_id=made.id, reason="误发"), today=MONDAY)


@pytest.mark.parametrize(
    "form",
    [
        lambda: ReplyForm(letter_id=1, text="  ", replied_on=MONDAY),
        lambda: WithdrawForm(letter_id=1, reason=""),
    ],
)
def test_an_answer_and_a_withdrawal_need_words(form: Any) -> None:
    with pytest.raises(Refusal, match="不能为空"):
        form()


def test_who_may_write_answer_withdraw(any_db: str, cast: Any) -> None:
    id_ = a_case(cast)
    for who in (cast.leader, cast.admin, cast.officer, cast.clerk, cast.handler):
        for do in (actions.draft, actions.issue):
            with pytest.raises(NotAllowed):
                do(who, LetterForm(case_id=id_), today=MONDAY)
    made = issue(cast.supervisor, id_)
    reply = ReplyForm(letter_id=made.id, text="好", replied_on=MONDAY)
    for who in (cast.leader, cast.admin, cast.officer, cast.clerk):
        with pytest.raises(NotAllowed):
            actions.reply(who, reply, today=MONDAY)
    for who in (cast.leader, cast.admin, cast.officer, cast.clerk, cast.handler):
        with pytest.raises(NotAllowed):
            actions.withdraw(who, WithdrawForm(letter_id=made.id, reason="错"), today=MONDAY)
    with reading() as session:
        elsewhere = session.exec(select(Department).where(Department.id != cast.department)).first()
    assert elsewhere is not None
    with unit_of_work(SYSTEM, "test.move") as session:
        session.get_one(SupervisionLetter, made.id).department_id = elsewhere.id
    with pytest.raises(NotFound):
        actions.reply(cast.handler, reply, today=MONDAY)
    assert stored(made.id).state is LetterState.ISSUED


# --- reading --------------------------------------------------------------------------------------------------------


def may_open(actor: Actor, made: Issued) -> bool:
    with reading() as session:
        try:
            queries.letter(session, actor, made.id, MONDAY)
        except CrmError:
            opened = False
        else:
            opened = True
        served = readable(session, actor, made.public_id) is not None
        listed = made.id in [r.id for r in queries.letters(session, actor, MONDAY, LetterAsk())[0]]
        case_id = session.get_one(SupervisionLetter, made.id).case_id
        of_case = made.id in [r.id for r in queries.letters_of_case(session, actor, case_id, MONDAY)]
    assert opened == served == listed == of_case, "the record, its file, the list and the case agree"
    return opened


def test_a_letter_is_between_offices(any_db: str, cast: Any) -> None:
    with reading() as session:
        elsewhere = session.exec(select(Department).where(Department.id != cast.department)).first()
    assert elsewhere is not None
    own = issue(cast.supervisor, a_case(cast))
    other = issue(cast.supervisor, a_case(cast, department_id=elsewhere.id, project_id=None))
    readers = {
        name: (may_open(getattr(cast, name), own), may_open(getattr(cast, name), other))
        for name in ("supervisor", "leader", "admin", "handler", "officer", "teammate", "stranger", "clerk")
    }
    assert readers == {
        "supervisor": (True, True),
        "leader": (True, True),
        "admin": (True, True),
        "handler": (True, False),
        "officer": (True, False),
        "teammate": (True, False),
        "stranger": (False, False),
        "clerk": (False, False),
    }


def test_unanswered_come_first_and_are_counted_when_late(any_db: str, cast: Any) -> None:
    answered = issue(cast.supervisor, a_case(cast))
    actions.reply(cast.handler, ReplyForm(letter_id=answered.id, text="好", replied_on=MONDAY), today=MONDAY)
    slow = issue(cast.supervisor, a_case(cast), reply_wd=10)
    late = issue(cast.supervisor, a_case(cast))
    with reading() as session:
        rows, total = queries.letters(session, cast.leader, FRIDAY, LetterAsk())
        assert ([r.id for r in rows], total) == ([late.id, slow.id, answered.id], 3)
        assert [r.overdue_wd for r in rows] == [1, None, None]
        waiting = queries.waiting_by_department(session, cast.leader, FRIDAY)
        assert (waiting[cast.department].waiting, waiting[cast.department].overdue) == (2, 1)
        for asked, ids in (
            (LetterAsk(overdue=True), [late.id]),
            (LetterAsk(state=LetterState.REPLIED), [answered.id]),
            (LetterAsk(text="〔2026〕2号"), [slow.id]),
            (LetterAsk(text="恒岳"), [late.id, slow.id, answered.id]),
            (LetterAsk(text="没有这样的"), []),
        ):
            found, n = queries.letters(session, cast.leader, FRIDAY, LetterAsk.read(asked.query()))
            assert ([r.id for r in found], n) == (ids, len(ids)), asked


def test_a_stored_letter_proves_itself_and_shows_a_forgery(any_db: str, cast: Any) -> None:
    made = issue(cast.supervisor, a_case(cast, a_procedure()))
    assert actions.verify(cast.leader, made.id, today=MONDAY) == actions.Verdict(True, True, True)
    with unit_of_work(SYSTEM, "test.forge") as session:
        row = session.get_one(SupervisionLetter, made.id)
        row.facts = row.facts | {"head": row.facts["head"] | {"serial": 9}}
    assert actions.verify(cast.leader, made.id, today=MONDAY).snapshot_intact is False
    with reading() as session:
        files.path_of(queries.letter(session, cast.leader, made.id, MONDAY).file).write_bytes(b"x")
    assert actions.verify(cast.leader, made.id, today=MONDAY).file_intact is False


def test_the_head_is_the_offices_own(cast: Any) -> None:
    with pytest.raises(NotAllowed):
        actions.save_head(cast.supervisor, HeadForm(head="区局", office="区局", mark="江蓬"))
    with pytest.raises(Refusal, match="太长"):
        HeadForm(head="江门市蓬江区行政服务中心", office="区局", mark="江蓬")
    actions.save_head(
        cast.admin, HeadForm(head="蓬江区政务服务局", office="蓬江区政务服务局", mark="江蓬政数督")
    )
    made = issue(cast.supervisor, a_case(cast))
    assert made.number == "江蓬政数督〔2026〕1号"
    assert "书面回复我局" in text(made)
