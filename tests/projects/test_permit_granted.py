"""A granted permit proves its milestone: the officer types the day once."""

from __future__ import annotations

import uuid
from datetime import date

from sqlmodel import col, select

from crm.approvals import actions as approvals
from crm.approvals.inputs import DecideCase, RegisterCase
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from models import Item, Milestone, MilestoneLink
from models.vocabulary import CaseOutcome, Stage
from tests.conftest import Cast

MONDAY, FRIDAY = date(2026, 11, 16), date(2026, 11, 20)


def planned(cast: Cast, *, prerequisite_done: bool) -> tuple[int, int]:
    """The construction permit with one prerequisite; (milestone id, item id)."""
    with unit_of_work(SYSTEM, "test.plan") as session:
        item = session.exec(select(Item).where(Item.code == "P34")).one()
        first = Milestone(
            project_id=cast.project,
            code="P22",
            name="建设工程规划许可证",
            stage=Stage.PLANNING_PERMIT,
            done_on=date(2026, 10, 9) if prerequisite_done else None,
        )
        permit = Milestone(
            project_id=cast.project,
            code="P34",
            name="建筑工程施工许可证",
            stage=Stage.CONSTRUCTION_PERMIT,
            item_id=item.id,
            planned_on=FRIDAY,
        )
        session.add_all([first, permit])
        session.flush()
        session.add(MilestoneLink(milestone_id=permit.id or 0, prerequisite_id=first.id or 0))
        return permit.id or 0, item.id or 0


def granted(cast: Cast, milestone: int, item: int, **permit: object) -> Milestone:
    form = RegisterCase(
        item_id=item,
        project_id=cast.project,
        milestone_id=milestone,
        received_on=MONDAY,
        request_id=uuid.uuid4().hex,
    )
    case = approvals.register(cast.officer, form, today=FRIDAY)
    approvals.accept(cast.officer, case, MONDAY, today=FRIDAY)
    approvals.decide(
        cast.officer,
        DecideCase(case_id=case, decided_on=FRIDAY, outcome=CaseOutcome.GRANTED, **permit),
        today=FRIDAY,
    )
    with reading() as session:
        return session.exec(select(Milestone).where(col(Milestone.id) == milestone)).one()


def test_a_permit_granted_on_friday_completes_its_milestone_on_friday(any_db: str, cast: Cast) -> None:
    milestone, item = planned(cast, prerequisite_done=True)
    row = granted(cast, milestone, item, permit_no="440703202611200101", issued_on=FRIDAY)
    assert (row.done_on, row.evidence) == (FRIDAY, "440703202611200101")


def test_a_decision_without_a_permit_leaves_the_milestone_open(cast: Cast) -> None:
    milestone, item = planned(cast, prerequisite_done=True)
    assert granted(cast, milestone, item).done_on is None


def test_a_milestone_whose_prerequisite_is_open_stays_open(cast: Cast) -> None:
    milestone, item = planned(cast, prerequisite_done=False)
    row = granted(cast, milestone, item, permit_no="440703202611200101", issued_on=FRIDAY)
    assert row.done_on is None
