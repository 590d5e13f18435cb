"""计划模板: edited by who keeps the catalogue; never a circle; two savers; its story is told."""

from __future__ import annotations

from typing import Any

import pytest

from crm.core import trail
from crm.core.db import reading
from crm.core.errors import Conflict, NotAllowed, Refusal
from crm.projects.actions import edit_plan_step
from crm.projects.inputs import EditPlanStep, PlanStepFields
from crm.projects.queries.templates import PlanStepRow, plan_steps
from models.vocabulary import ProjectType
from tests.conftest import Cast

FIELDS = tuple(PlanStepFields.model_fields)


def step(code: str, kind: ProjectType = ProjectType.NEW_BUILD) -> PlanStepRow:
    with reading() as session:
        return next(s for s in plan_steps(session, kind) if s.code == code)


def durations(code: str) -> dict[ProjectType, int]:
    """The step's duration in each template that has it."""
    with reading() as session:
        return {k: s.duration_wd for k in ProjectType for s in plan_steps(session, k) if s.code == code}


def form(row: PlanStepRow, **changes: Any) -> EditPlanStep:
    shown = {name: getattr(row, name) for name in FIELDS}
    return EditPlanStep(
        step_id=row.id,
        version=row.version,
        opened=PlanStepFields(**shown),
        typed=PlanStepFields(**(shown | changes)),
    )


def test_a_step_takes_its_new_duration_and_only_that_is_in_the_trail(any_db: str, cast: Cast) -> None:
    edit_plan_step(cast.supervisor, form(step("P12"), duration_wd=3))
    assert step("P12").duration_wd == 3
    with reading() as session:
        rows, _n = trail.trail(session, cast.supervisor, record="plan_step", record_id=step("P12").id)
    assert [r.changes for r in rows] == [{"duration_wd": [1, 3]}]


def test_the_same_step_of_another_type_is_untouched(cast: Cast) -> None:
    before = durations("P12")
    edit_plan_step(cast.supervisor, form(step("P12"), duration_wd=9))
    assert len(before) > 1
    assert durations("P12") == before | {ProjectType.NEW_BUILD: 9}


def test_a_circle_is_refused_with_its_path_and_nothing_is_saved(cast: Cast) -> None:
    before = step("L01")
    with pytest.raises(Refusal) as refused:
        edit_plan_step(cast.supervisor, form(before, prerequisites=("P12",), duration_wd=99))
    told = str(refused.value)
    assert "招商线索登记与研判" in told
    assert "企业投资项目备案" in told
    assert "→" in told
    assert step("L01") == before


def test_a_prerequisite_of_no_such_template_is_refused(cast: Cast) -> None:
    with pytest.raises(Refusal, match="X99"):
        edit_plan_step(cast.supervisor, form(step("P12"), prerequisites=("X99",)))


def test_two_savers_of_different_fields_both_stand_and_of_one_field_the_second_is_asked(cast: Cast) -> None:
    opened = step("P12")
    edit_plan_step(cast.supervisor, form(opened, duration_wd=3))
    edit_plan_step(cast.admin, form(opened, name="投资项目备案"))
    assert (step("P12").duration_wd, step("P12").name) == (3, "投资项目备案")
    with pytest.raises(Conflict) as conflict:
        edit_plan_step(cast.admin, form(opened, duration_wd=5))
    assert [(c.field, c.stored, c.typed) for c in conflict.value.clashes] == [("duration_wd", 3, 5)]


def test_who_does_not_keep_the_catalogue_changes_and_reads_nothing(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        edit_plan_step(cast.officer, form(step("P12"), duration_wd=3))
    edit_plan_step(cast.supervisor, form(step("P12"), duration_wd=3))
    with reading() as session:
        assert trail.trail(session, cast.officer, record="plan_step", record_id=step("P12").id) == ([], 0)


def test_the_step_is_edited_on_its_screen_and_its_story_is_read_there(cast: Cast, app_test: Any) -> None:
    page = app_test("catalogue", cast.supervisor, step=step("P12").id)
    assert not page.exception
    next(n for n in page.number_input if n.label == "工期（工作日）").set_value(4)
    next(b for b in page.button if b.label == "保存").click().run()
    assert not page.exception
    assert step("P12").duration_wd == 4
    told = " ".join(str(m.value) for m in page.markdown).replace("\\", "")
    assert "陈督办" in told
    assert "工期（工作日）：1 → **4**" in told


def test_both_tabs_stand_side_by_side(cast: Cast, app_test: Any) -> None:
    page = app_test("catalogue", cast.supervisor)
    assert not page.exception
    assert [t.label for t in page.tabs] == ["事项", "计划模板"]
    assert len(page.dataframe) == 2
