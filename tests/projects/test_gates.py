"""The gate table by itself: what is missing, for whom, all at once. No database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.projects.gates import (
    FIELD_FACTS,
    GATES,
    ProjectFacts,
    Requirement,
    confirmable_codes,
    gate_of,
    missing_for,
    newly_missing,
    newly_waived,
)
from crm.projects.reference import read_steps
from models.vocabulary import ProjectType, Stage

EMPTY = ProjectFacts()
ALL_CODES = frozenset(fact for r in GATES for fact in r.any_of if fact not in FIELD_FACTS)
COMPLETE = ProjectFacts(
    **dict.fromkeys(FIELD_FACTS, True),  # type: ignore[arg-type]
    done=ALL_CODES,
)


def codes(found: list[Requirement]) -> list[str]:
    return [r.code for r in found]


def test_an_empty_project_is_told_everything_that_signing_needs_at_once():  # G1
    assert codes(missing_for(EMPTY, Stage.SIGNED)) == ["town", "enterprise", "investment", "lead_officer"]


def test_a_jump_lists_what_every_stage_on_the_way_misses():  # G2
    one = codes(missing_for(EMPTY, Stage.SIGNED))
    two = codes(missing_for(EMPTY, Stage.FILING))
    assert two == [*one, "agreement", "contact"]


def test_nobody_responsible_means_no_land_stage():  # G3
    facts = replace(COMPLETE, stage=Stage.FILING, lead_officer=False, department_contact=False)
    assert codes(missing_for(facts, Stage.LAND)) == ["lead_officer", "department_contact"]


def test_one_thing_missing_is_exactly_one_line():  # G4
    facts = replace(COMPLETE, stage=Stage.FILING, credit_code=False)
    assert codes(missing_for(facts, Stage.LAND)) == ["credit_code"]


def test_land_bought_at_auction_needs_the_deal_and_other_land_does_not():  # G5
    bare = replace(COMPLETE, stage=Stage.LAND, done=frozenset({"P16"}))
    assert codes(missing_for(bare, Stage.PLANNING_PERMIT)) == ["land_deal"]
    assert missing_for(replace(bare, land_by_auction=False), Stage.PLANNING_PERMIT) == []


@pytest.mark.parametrize(("large", "asked"), [(False, False), (True, True)])
def test_only_a_lead_of_a_hundred_million_yuan_needs_the_appraisal(large, asked):  # G6
    facts = replace(EMPTY, large=large)
    assert ("appraisal" in codes(missing_for(facts, Stage.SIGNED))) is asked


def test_a_permit_the_plan_asks_for_is_asked_at_the_gate_and_else_not():
    facts = replace(COMPLETE, stage=Stage.CONSTRUCTION_PERMIT, done=ALL_CODES - {"P32"})
    assert missing_for(facts, Stage.CONSTRUCTION) == []
    assert codes(missing_for(replace(facts, planned=frozenset({"P32"})), Stage.CONSTRUCTION)) == [
        "fire_design"
    ]


@pytest.mark.parametrize("one", ["P23", "P24", "P25"])
def test_one_of_the_three_forms_of_environmental_approval_is_enough(one):
    facts = replace(
        COMPLETE,
        stage=Stage.CONSTRUCTION_PERMIT,
        done=ALL_CODES - {"P23", "P24", "P25"},
        planned=frozenset({"P24"}),
    )
    assert codes(missing_for(facts, Stage.CONSTRUCTION)) == ["environment"]
    assert missing_for(replace(facts, done=facts.done | {one}), Stage.CONSTRUCTION) == []


@pytest.mark.parametrize(
    ("kind", "never_asked"),
    [
        (ProjectType.TECH_UPGRADE, {"land_area", "land_deal", "land_permit", "building_permit", "agreement"}),
        (
            ProjectType.LEASED_FACTORY,
            {"land_area", "land_deal", "land_permit", "building_permit", "drawings"},
        ),
        (ProjectType.GOVERNMENT_WORKS, {"agreement", "filing", "land_deal", "discharge", "trial"}),
        (ProjectType.NEW_BUILD, {"listed", "approval", "own_land", "lease", "handover"}),
    ],
)
def test_a_type_is_not_asked_for_what_its_kind_of_project_never_has(kind, never_asked):
    asked = {r.code for stage in Stage for r in gate_of(stage, ProjectFacts(project_type=kind, large=True))}
    assert asked.isdisjoint(never_asked)


def test_going_back_or_staying_asks_for_nothing():  # G12
    facts = replace(EMPTY, stage=Stage.CONSTRUCTION)
    assert missing_for(facts, Stage.LAND) == []
    assert missing_for(facts, Stage.CONSTRUCTION) == []


def test_a_permit_of_a_stage_long_passed_is_not_asked_again_but_the_firm_is():
    facts = replace(COMPLETE, stage=Stage.CONSTRUCTION, enterprise=False, done=ALL_CODES - {"P16"})
    assert codes(missing_for(facts, Stage.COMPLETION)) == ["enterprise"]


def test_an_old_gap_does_not_stop_an_edit_but_a_new_one_does():  # G7, G8
    before = replace(COMPLETE, stage=Stage.CONSTRUCTION, project_code=False)
    assert newly_missing(before, before) == []
    assert codes(newly_missing(before, replace(before, town=False))) == ["town"]


def test_setting_aside_the_only_proof_switches_a_requirement_off_and_is_noticed():
    before = replace(COMPLETE, done=frozenset(), planned=frozenset({"P28"}))
    after = replace(before, planned=frozenset(), not_needed=frozenset({"P28"}))
    assert codes(newly_waived(before, after)) == ["soil"]
    other = replace(before, planned=frozenset({"P27"}), not_needed=frozenset({"P28"}))
    assert newly_waived(before, other) == []
    assert "soil" in codes(missing_for(replace(other, stage=Stage.CONSTRUCTION_PERMIT), Stage.CONSTRUCTION))


@given(
    kind=st.sampled_from(ProjectType),
    done=st.frozensets(st.sampled_from(sorted(ALL_CODES))),
    fields=st.dictionaries(st.sampled_from(sorted(FIELD_FACTS)), st.booleans()),
    start=st.sampled_from(Stage),
    end=st.sampled_from(Stage),
)
def test_more_facts_never_make_more_missing_and_a_longer_jump_never_less(kind, done, fields, start, end):
    facts = ProjectFacts(project_type=kind, stage=start, done=done, **fields)
    missing = set(codes(missing_for(facts, end)))
    fuller = replace(facts, done=ALL_CODES)
    assert set(codes(missing_for(fuller, end))) <= missing
    if start < end:
        assert set(codes(missing_for(facts, Stage(end - 1)))) <= missing


def test_a_complete_project_of_any_type_may_go_to_the_end():
    for kind in ProjectType:
        assert missing_for(replace(COMPLETE, project_type=kind), Stage.FULL_CAPACITY) == []


def test_the_table_is_well_formed():
    assert len({r.code for r in GATES}) == len(GATES)
    assert [r.stage for r in GATES] == sorted(r.stage for r in GATES)
    assert all(r.label and r.supply and r.any_of and r.types for r in GATES)
    assert all(r.when in FIELD_FACTS for r in GATES if r.when)
    assert {s for s in Stage if s > Stage.EARLY_PLANNING} == {r.stage for r in GATES}


@pytest.mark.parametrize("kind", list(ProjectType))
def test_every_step_a_gate_asks_for_is_in_the_plan_template_or_can_be_confirmed(kind):
    template = {s.code: s for s in read_steps() if s.project_type == kind}
    for requirement in GATES:
        if requirement.standing or kind not in requirement.types or requirement.when_planned:
            continue
        steps = [template[c] for c in requirement.any_of if c in template and not template[c].optional]
        assert steps or set(requirement.any_of) <= {"H01", "H02"}, requirement.code
        assert all(s.stage < requirement.stage for s in steps), f"{requirement.code} comes after its own gate"
        assert set(requirement.any_of) <= set(confirmable_codes())
