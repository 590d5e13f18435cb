"""A rule changes from a day on: versions, the cases under them, documents."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from crm import prepare
from crm.alerts import daily
from crm.approvals import actions, queries
from crm.approvals.actions import catalogue
from crm.approvals.catalogue_inputs import ChangeRule, DocumentForm, RuleForm
from crm.approvals.catalogue_rules import RULE_FIELDS, ItemRule, in_force, rule_from, standing_on
from crm.approvals.inputs import RegisterCase
from crm.approvals.queries import ItemRow
from crm.approvals.queries.catalogue import DocumentRow, VersionRow, documents, versions
from crm.approvals.reference import seed
from crm.core import trail
from crm.core.access import SYSTEM, Actor
from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, NotAllowed, NotFound, Refusal
from crm.core.today import SHANGHAI
from models import Case, Item, ItemDocument, ItemVersion
from models.vocabulary import DayUnit, DocumentStanding
from tests.conftest import MONDAY, Cast

NOTICE = "江蓬政数〔2026〕18号"
TUESDAY, NEXT_MONDAY = date(2026, 11, 24), date(2026, 11, 30)
S = DocumentStanding


def item(code: str) -> ItemRow:
    with reading() as session:
        return queries.item_row(session.exec(select(Item).where(Item.code == code)).one())


def history(code: str, today: date = MONDAY) -> list[VersionRow]:
    row = item(code)
    with reading() as session:
        return versions(session, row.id, today)


def change(
    actor: Actor,
    code: str,
    from_on: date | None,
    *,
    today: date = MONDAY,
    reason: str = NOTICE,
    seen: ItemRow | None = None,
    **typed: Any,
) -> int:
    row = seen or item(code)
    opened = {name: getattr(row, name) for name in RULE_FIELDS}
    form = ChangeRule(
        item_id=row.id,
        opened=RuleForm(**opened),
        typed=RuleForm(**(opened | typed)),
        from_on=from_on,
        reason=reason,
    )
    return catalogue.change_rule(actor, form, today=today)


def receive(cast: Cast, code: str, received_on: date, today: date) -> Case:
    form = RegisterCase(
        item_id=item(code).id,
        received_on=received_on,
        project_id=cast.project,
        request_id=f"{code}-{received_on}-{today}"[:40],
    )
    case_id = actions.register(cast.officer, form, today=today)
    with reading() as session:
        return session.get_one(Case, case_id)


def test_every_item_starts_with_the_rule_it_has(any_db: str) -> None:
    with reading() as session:
        items = session.exec(select(Item)).all()
        for row in items:
            assert row.id is not None
            (only,) = versions(session, row.id, MONDAY)
            assert only.in_force
            assert only.to_on is None
            assert only.rule == queries.item_row(row).rule
    assert len(items) == 45


def test_the_drainage_permit_goes_from_ten_to_five_days_on_the_notices_day(any_db: str, cast: Cast) -> None:
    change(cast.supervisor, "P35", MONDAY, promised_limit=10)
    change(cast.supervisor, "P35", NEXT_MONDAY, promised_limit=5)
    assert item("P35").promised_limit == 10  # not before its day
    five, ten, first = history("P35")
    assert (first.to_on, ten.from_on, ten.to_on, five.from_on, five.to_on) == (
        MONDAY,
        MONDAY,
        NEXT_MONDAY,
        NEXT_MONDAY,
        None,
    )
    assert five.ahead
    assert ten.in_force
    assert five.changes == {"promised_limit": (10, 5)}
    assert (five.reason, five.by) == (NOTICE, "陈督办")

    assert catalogue.bring_into_force(TUESDAY) == 0
    assert catalogue.bring_into_force(NEXT_MONDAY) == 1
    assert catalogue.bring_into_force(NEXT_MONDAY) == 0  # the second run of the day finds nothing
    assert item("P35").promised_limit == 5


def test_a_change_of_rule_never_rewrites_a_running_case(any_db: str, cast: Cast) -> None:
    old = receive(cast, "P34", MONDAY, MONDAY)
    change(cast.supervisor, "P34", TUESDAY, promised_limit=1, extension_limit=3, clock_start="受理")
    catalogue.bring_into_force(TUESDAY)
    late = receive(cast, "P34", MONDAY, TUESDAY)  # typed in on Tuesday, received on Monday
    new = receive(cast, "P34", TUESDAY, TUESDAY)
    assert [c.promised_limit for c in (old, late, new)] == [3, 3, 1]
    assert old.item_version_id == late.item_version_id != new.item_version_id

    for case in (old, new):
        assert case.id is not None
        actions.accept(cast.officer, case.id, NEXT_MONDAY, today=NEXT_MONDAY)
    with reading() as session:
        again = [session.get_one(Case, case.id) for case in (old, new)]
    assert [c.promised_limit for c in again] == [3, 1]
    assert [c.starts_on for c in again] == [MONDAY, NEXT_MONDAY]  # 收到申请 then, 受理 now


def test_yesterday_cannot_be_ruled_and_a_change_says_why(cast: Cast) -> None:
    with pytest.raises(Refusal) as refused:
        change(cast.supervisor, "P35", MONDAY - timedelta(days=1), reason=" ", promised_limit=4)
    assert {p.field for p in refused.value.problems} == {"from_on", "reason"}
    with pytest.raises(Refusal, match="自哪天起生效"):
        change(cast.supervisor, "P35", None, promised_limit=4)
    with pytest.raises(Refusal, match="没有变化"):
        change(cast.supervisor, "P35", MONDAY)
    assert len(history("P35")) == 1


@pytest.mark.parametrize(
    ("code", "typed", "said"),
    [
        ("P34", {"legal_basis": " "}, "请写明依据"),
        ("P61", {"valid_months": None}, "有效的月数"),
        ("P35", {"promised_limit": 16}, "不能长于法定期限"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(cast: Cast, code: str, typed: dict[str, Any], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        change(cast.supervisor, code, MONDAY, **typed)


def test_only_who_keeps_the_catalogue_may_change_a_rule(cast: Cast) -> None:
    for actor in (cast.officer, cast.leader, cast.clerk, cast.handler):
        with pytest.raises(NotAllowed):
            change(actor, "P35", MONDAY, promised_limit=4)


def test_a_second_change_for_the_same_day_amends_that_days_version(any_db: str, cast: Cast) -> None:
    change(cast.supervisor, "P35", NEXT_MONDAY, promised_limit=4)
    change(cast.admin, "P35", NEXT_MONDAY, follow_up="证5年", reason="补充通知")
    ahead, first = history("P35")
    assert (ahead.by, first.by) == ("钟管理", "系统")
    assert (ahead.rule.promised_limit, ahead.rule.follow_up, ahead.reason) == (4, "证5年", "补充通知")
    assert first.to_on == NEXT_MONDAY


def test_two_who_change_one_limit_to_two_values_are_told(cast: Cast) -> None:
    seen = item("P35")
    change(cast.supervisor, "P35", TUESDAY, promised_limit=4)
    with pytest.raises(Conflict) as clash:
        change(cast.admin, "P35", NEXT_MONDAY, seen=seen, promised_limit=3)
    assert [(c.field, c.opened, c.stored, c.typed) for c in clash.value.clashes] == [
        ("promised_limit", 5, 4, 3)
    ]
    change(cast.admin, "P35", NEXT_MONDAY, seen=seen, extension_limit=2)  # another field: both are kept
    latest = history("P35")[0].rule
    assert (latest.promised_limit, latest.extension_limit) == (4, 2)


def test_a_version_ahead_can_be_withdrawn_and_the_one_before_goes_on(any_db: str, cast: Cast) -> None:
    version = change(cast.supervisor, "P35", NEXT_MONDAY, promised_limit=4)
    with pytest.raises(Refusal, match="撤回原因"):
        catalogue.withdraw_version(cast.supervisor, version, reason=" ", today=MONDAY)
    catalogue.withdraw_version(cast.supervisor, version, reason="通知改期", today=MONDAY)
    (first,) = history("P35")
    assert first.to_on is None
    with reading() as session:
        told, _total = trail.trail(session, cast.supervisor, record="item", record_id=item("P35").id)
    assert [(t.action, t.reason, t.changes) for t in told if t.action == "approvals.withdraw_version"] == [
        ("approvals.withdraw_version", "通知改期", {"from_on": [None, "2026-11-30"]})
    ]
    catalogue.bring_into_force(NEXT_MONDAY)
    assert item("P35").promised_limit == 5


def test_a_version_in_force_is_never_withdrawn(cast: Cast) -> None:
    version = change(cast.supervisor, "P35", MONDAY, promised_limit=4)
    with pytest.raises(Refusal, match="已经生效"):
        catalogue.withdraw_version(cast.supervisor, version, reason="写错", today=MONDAY)
    assert item("P35").promised_limit == 4


def test_an_item_without_versions_gets_its_first_when_it_is_changed(cast: Cast) -> None:
    with unit_of_work(SYSTEM, "test.hall_item") as session:
        session.add(Item(code="H-1", name="全厅事项", promised_limit=8, from_hall=True))
    with reading() as session:
        assert queries.version_on(session, item("H-1").id, MONDAY).id is None
    change(cast.supervisor, "H-1", TUESDAY, promised_limit=4)
    assert [v.rule.promised_limit for v in history("H-1")] == [4, 8]


def test_a_database_without_versions_is_filled_up_and_edits_are_kept(any_db: str) -> None:
    with unit_of_work(SYSTEM, "test.older") as session:
        for row in session.exec(select(ItemVersion)):
            session.delete(row)
        session.exec(select(Item).where(Item.code == "P35")).one().promised_limit = 4
        session.exec(select(Item).where(Item.code == "P61")).one().correction_limit = 5
    with unit_of_work(SYSTEM, "test.seed_again") as session:
        seed(session)
    assert [v.rule.promised_limit for v in history("P35")] == [4]
    assert history("P61")[0].rule.correction_limit == item("P61").correction_limit == 3


def test_the_daily_run_puts_a_rule_into_force_at_midnight_and_preparation_too(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(cast.supervisor, "P35", NEXT_MONDAY, promised_limit=4)
    change(cast.supervisor, "P34", TUESDAY, promised_limit=2)
    assert daily.run_if_due(datetime(2026, 11, 29, 23, 59, tzinfo=SHANGHAI).astimezone(UTC)) is not None
    assert (item("P34").promised_limit, item("P35").promised_limit) == (2, 5)
    assert daily.run_if_due(datetime(2026, 11, 30, 0, 1, tzinfo=SHANGHAI).astimezone(UTC)) is None
    assert item("P35").promised_limit == 4
    change(cast.supervisor, "P35", date(2026, 12, 1), today=NEXT_MONDAY, promised_limit=3)
    monkeypatch.setattr(prepare, "today", lambda: date(2026, 12, 1))
    prepare.prepare()
    assert item("P35").promised_limit == 3


def test_a_case_from_before_versions_were_kept_has_the_rule_of_its_day(cast: Cast) -> None:
    old = receive(cast, "P35", MONDAY, MONDAY)
    with unit_of_work(SYSTEM, "test.older") as session:
        session.get_one(Case, old.id).item_version_id = None
    change(cast.supervisor, "P35", TUESDAY, valid_months=12)
    catalogue.bring_into_force(TUESDAY)
    assert item("P35").valid_months == 12
    with reading() as session:
        assert queries.rule_of_case(session, session.get_one(Case, old.id)).valid_months == 60


def test_three_days_to_correct_for_the_discharge_permits_and_five_for_the_rest(db: object) -> None:
    with reading() as session:
        rows, _ = queries.item_list(session, queries.ItemFilter(), per_page=100)
    assert {r.code for r in rows if r.correction_limit != 5} == {"P61", "P62"}
    assert {r.correction_limit for r in rows if r.code in ("P61", "P62")} == {3}


# --- the rule in itself


DAYS_FROM = st.integers(0, 400).map(lambda n: date(2026, 1, 1) + timedelta(days=n))


@given(st.sets(DAYS_FROM, min_size=1), DAYS_FROM)
def test_on_any_day_one_version_is_in_force(starts: set[date], day: date) -> None:
    ordered = sorted(starts)
    chain = [
        ItemVersion(item_id=1, from_on=start, to_on=end)
        for start, end in zip(ordered, [*ordered[1:], None], strict=True)
    ]
    found = in_force(chain, day)
    assert found is not None
    if day >= ordered[0]:
        assert found.from_on <= day
        assert found.to_on is None or day < found.to_on
    else:
        assert found.from_on == ordered[0]  # nothing older is known


def test_a_rule_comes_back_from_its_json_as_it_was() -> None:
    rule = ItemRule(legal_limit=15, unit=DayUnit.CALENDAR, promised_limit=5, legal_basis="排水许可办法6条")
    assert rule_from(rule.as_json()) == rule
    assert rule_from({"promised_limit": 5, "gone": 1}) == ItemRule(promised_limit=5)


# --- documents


def papers(code: str, today: date = MONDAY) -> dict[str, DocumentRow]:
    row = item(code)
    with reading() as session:
        return {d.name: d for d in documents(session, row.id, today)}


def restand(
    actor: Actor, code: str, name: str, standing: S, since_on: date | None, *, basis: str = NOTICE
) -> None:
    row = papers(code)[name]
    form = DocumentForm(
        item_id=item(code).id,
        document_id=row.id,
        version=row.version,
        opened={"name": row.name, "basis": row.basis, "note": row.note},
        name=row.name,
        standing=standing,
        since_on=since_on,
        basis=basis,
        note=row.note,
    )
    catalogue.save_document(actor, form, today=MONDAY)


def test_the_drainage_permits_papers_say_what_may_be_promised_and_what_is_not_known(db: object) -> None:
    kept = papers("P35")
    assert [d.now for d in kept.values()] == [S.NEEDED, S.NEEDED, S.NEEDED, S.PROMISE, S.PROMISE, S.NEEDED]
    assert {name for name, d in kept.items() if d.now is S.PROMISE} == {"隐蔽工程竣工报告", "水质检测报告"}
    assert all(d.doubtful for d in kept.values() if d.now is S.NEEDED)  # which three were dropped is not said
    assert not any(d.doubtful for d in kept.values() if d.now is S.PROMISE)


def test_a_paper_is_dropped_from_a_day_on_with_its_basis(any_db: str, cast: Cast) -> None:
    with pytest.raises(Refusal) as refused:
        restand(cast.supervisor, "P35", "预处理设施材料", S.DROPPED, MONDAY - timedelta(days=1), basis="")
    assert {p.field for p in refused.value.problems} == {"since_on", "basis"}
    restand(cast.supervisor, "P35", "预处理设施材料", S.DROPPED, NEXT_MONDAY)
    before, after = papers("P35")["预处理设施材料"], papers("P35", NEXT_MONDAY)["预处理设施材料"]
    assert (before.now, before.ahead) == (S.NEEDED, True)
    assert (after.now, after.before, after.ahead) == (S.DROPPED, S.NEEDED, False)
    assert list(papers("P35", NEXT_MONDAY))[-1] == "预处理设施材料"  # what is dropped stands last


def test_a_change_still_ahead_is_taken_back_by_choosing_what_holds_now(cast: Cast) -> None:
    restand(cast.supervisor, "P35", "预处理设施材料", S.DROPPED, NEXT_MONDAY)
    restand(cast.supervisor, "P35", "预处理设施材料", S.NEEDED, None)
    row = papers("P35")["预处理设施材料"]
    assert (row.now, row.before, row.since_on) == (S.NEEDED, None, None)


def test_a_paper_is_listed_once_and_found_only_under_its_item(cast: Cast) -> None:
    form = DocumentForm(item_id=item("P35").id, name="水质检测报告", standing=S.NEEDED)
    with pytest.raises(Refusal, match="已列有"):
        catalogue.save_document(cast.supervisor, form, today=MONDAY)
    elsewhere = form.model_copy(
        update={"item_id": item("P34").id, "document_id": papers("P35")["水质检测报告"].id, "name": "图纸"}
    )
    with pytest.raises(NotFound):
        catalogue.save_document(cast.supervisor, elsewhere, today=MONDAY)
    catalogue.save_document(cast.supervisor, form.model_copy(update={"name": "授权书"}), today=MONDAY)
    assert list(papers("P35"))[-1] == "授权书"


def test_a_paper_asked_for_from_a_day_ahead_is_not_asked_for_before() -> None:
    paper = ItemDocument(item_id=1, name="授权书", standing=S.NEEDED, since_on=NEXT_MONDAY)
    assert [standing_on(paper, day) for day in (MONDAY, NEXT_MONDAY)] == [None, S.NEEDED]
