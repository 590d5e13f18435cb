"""A step done late shows what it makes impossible, and pushes that when asked."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import Refusal
from crm.projects.actions import mark_done, preview_done
from crm.projects.inputs import MarkDone
from models import Milestone, MilestoneLink
from models.vocabulary import Stage
from tests.conftest import Cast

MONDAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 27)


@pytest.fixture
def plan(cast: Cast) -> dict[str, int]:
    """A (due Monday 16 Nov) -> B (5 working days, due Monday 23) -> C (2, due 4 December); D stands alone."""
    rows = {
        "A": Milestone(code="A", name="规划许可", duration_wd=5, planned_on=date(2026, 11, 16), sort=1),
        "B": Milestone(code="B", name="图纸审查", duration_wd=5, planned_on=MONDAY, sort=2),
        "C": Milestone(code="C", name="施工许可", duration_wd=2, planned_on=date(2026, 12, 4), sort=3),
        "D": Milestone(code="D", name="用工备案", duration_wd=2, planned_on=MONDAY, sort=4),
    }
    with unit_of_work(SYSTEM, "test.plan") as session:
        for row in rows.values():
            row.project_id, row.stage = cast.project, Stage.CONSTRUCTION_PERMIT
            session.add(row)
        session.flush()
        ids = {code: row.id or 0 for code, row in rows.items()}
        session.add_all(
            [
                MilestoneLink(milestone_id=ids["B"], prerequisite_id=ids["A"]),
                MilestoneLink(milestone_id=ids["C"], prerequisite_id=ids["B"]),
            ]
        )
    return ids


def planned(milestone: int) -> date | None:
    with reading() as session:
        return session.get_one(Milestone, milestone).planned_on


def test_what_a_late_step_makes_impossible_is_shown_with_its_new_day(
    cast: Cast, plan: dict[str, int]
) -> None:
    shifts = preview_done(cast.officer, plan["A"], MONDAY, today=MONDAY)
    # B takes five working days after Monday 23 November: Monday 30. C has room until 4 December.
    assert [(s.code, s.old, s.new) for s in shifts] == [("B", MONDAY, date(2026, 11, 30))]
    assert planned(plan["B"]) == MONDAY


def test_a_step_done_in_time_moves_nothing(cast: Cast, plan: dict[str, int]) -> None:
    assert preview_done(cast.officer, plan["A"], date(2026, 11, 16), today=MONDAY) == ()


def test_followers_move_only_when_asked(cast: Cast, plan: dict[str, int]) -> None:
    mark_done(cast.officer, MarkDone(milestone_id=plan["A"], done_on=MONDAY), today=MONDAY)
    assert planned(plan["B"]) == MONDAY


def test_pushing_needs_a_reason_and_moves_as_previewed(cast: Cast, plan: dict[str, int]) -> None:
    form = MarkDone(milestone_id=plan["A"], done_on=FRIDAY, push_followers=True)
    with pytest.raises(Refusal, match="原因"):
        mark_done(cast.officer, form, today=FRIDAY)
    shifts = preview_done(cast.officer, plan["A"], FRIDAY, today=FRIDAY)
    mark_done(cast.officer, form.model_copy(update={"reason": "审图延后"}), today=FRIDAY)
    assert {s.milestone_id: s.new for s in shifts} == {
        plan["B"]: date(2026, 12, 4),
        plan["C"]: date(2026, 12, 8),
    }
    assert (planned(plan["B"]), planned(plan["C"])) == (date(2026, 12, 4), date(2026, 12, 8))
    assert planned(plan["D"]) == MONDAY
