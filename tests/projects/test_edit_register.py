"""Adding and editing projects and enterprises: on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, NotAllowed, NotFound, Refusal
from crm.projects import actions
from crm.projects.inputs import (
    ContactForm,
    DepartmentContactForm,
    EditEnterprise,
    EditProject,
    EnterpriseFields,
    ProjectFields,
)
from models import AuditEntry, Contact, Department, DepartmentContact, Enterprise, Project
from models.vocabulary import Level, Party, Stage
from tests.conftest import MONDAY

GOOD_CODE = "91440703MA4UQPYH7H"
OTHER_CODE = "91110000600037341L"


def project(project_id: int) -> Project:
    with reading() as session:
        found = session.get(Project, project_id)
        assert found is not None
        return found


def opened(row: Project) -> ProjectFields:
    return ProjectFields(**{name: getattr(row, name) for name in ProjectFields.model_fields})


def edit(actor, row: Project, **typed):
    shown = opened(row)
    form = EditProject(
        project_id=row.id,
        version=row.version,
        opened=shown,
        typed=ProjectFields(**(shown.model_dump() | typed)),
    )
    return actions.edit_project(actor, form, today=MONDAY)


def fields(refused) -> set[str]:
    return {p.field for p in refused.value.problems}


def test_all_that_is_wrong_with_a_form_is_said_at_once_in_chinese():
    with pytest.raises(Refusal) as refused:
        ProjectFields(name=" ", total_wan="-3", land_mu="1.234", start_on="2026-02-30", level="村重点")
    assert {p.field: p.message for p in refused.value.problems} == {
        "name": "“项目名称”不能为空，请填写。",
        "total_wan": "“总投资（万元）”不能小于 0。",
        "land_mu": "“用地面积（亩）”最多 2 位小数。",
        "start_on": "“计划开工”不是有效的日期，请填如 2026-03-31。",
        "level": "“级别”不在可选范围内，请重新选择。",
    }


def test_a_new_project_is_found_by_pinyin_and_knows_its_department(any_db, cast):
    form = ProjectFields(
        name="㙍步湾净水厂\n扩建项目",
        town_id=cast.town,
        lead_unit="住建局",
        level=Level.CITY,
        total_wan="8600.5",
    )
    made = project(actions.create_project(cast.supervisor, form, today=MONDAY))
    assert made.name == "㙍步湾净水厂扩建项目"
    assert made.initials.endswith("bwjsckjxm")
    assert made.lead_department_id == cast.department
    assert (made.stage, made.stage_entered_on) == (Stage.EARLY_PLANNING, MONDAY)
    assert made.total_wan == Decimal("8600.5")


def test_only_who_may_create_creates(any_db, cast):
    for actor in (cast.officer, cast.leader, cast.clerk, cast.handler):
        with pytest.raises(NotAllowed):
            actions.create_project(actor, ProjectFields(name="新项目"), today=MONDAY)


def test_a_twin_by_name_in_the_town_or_by_code_is_refused(any_db, cast):
    with pytest.raises(Refusal) as refused:
        actions.create_project(
            cast.supervisor,
            ProjectFields(name="恒岳新能源电池项目(一期)", town_id=cast.town),
            today=MONDAY,
        )
    assert fields(refused) == {"name"}
    coded = ProjectFields(name="甲项目", project_code="２６０１-440703-04-01-123456")
    pid = actions.create_project(cast.supervisor, coded, today=MONDAY)
    assert project(pid).project_code == "2601-440703-04-01-123456"
    with pytest.raises(Refusal) as refused:
        actions.create_project(
            cast.supervisor, ProjectFields(name="乙项目", project_code=coded.project_code), today=MONDAY
        )
    assert fields(refused) == {"project_code"}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"start_on": date(2026, 5, 1), "finish_on": date(2026, 4, 1)}, "finish_on"),
        ({"started_on": MONDAY + timedelta(days=1)}, "started_on"),  # G21
        ({"started_on": MONDAY, "finished_on": MONDAY - timedelta(days=1)}, "finished_on"),
        ({"project_code": "2601-440703"}, "project_code"),
        ({"enterprise_id": 999_999}, "enterprise_id"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_field(any_db, cast, typed, field):
    with pytest.raises(Refusal) as refused:
        edit(cast.officer, project(cast.project), **typed)
    assert fields(refused) == {field}
    assert project(cast.project).version == 1


def test_today_is_accepted_as_an_actual_date(any_db, cast):  # G21
    edit(cast.officer, project(cast.project), started_on=MONDAY)
    assert project(cast.project).started_on == MONDAY


@pytest.fixture
def invalid(any_db, cast):
    """A project in 用地 that lacks its code and has odd old data: it came from a ledger."""
    pid = cast.make_project(
        "台账旧项目",
        lead=cast.officer.officer_id,
        credit_code=OTHER_CODE,
        stage=Stage.LAND,
        total_wan=Decimal(900),
        start_on=date(2026, 6, 1),
        finish_on=date(2025, 6, 1),
        project_code="旧编号17",
    )
    return cast, pid


def test_editing_an_unrelated_field_of_an_already_invalid_record_succeeds(invalid):  # G7
    cast, pid = invalid
    assert edit(cast.officer, project(pid), remark="已与企业核对") == {"remark": "已与企业核对"}


def test_clearing_what_the_present_stage_requires_is_refused(invalid):  # G8
    cast, pid = invalid
    with pytest.raises(Refusal) as refused:
        edit(cast.officer, project(pid), total_wan=None, town_id=None)
    assert fields(refused) == {"total_wan", "town_id"}
    assert project(pid).total_wan == 900
    with pytest.raises(Refusal) as refused:
        edit(cast.officer, project(pid), enterprise_id=None)
    assert fields(refused) == {"enterprise_id", "credit_code"}


def test_clearing_it_before_it_is_required_is_fine(any_db, cast):
    edit(cast.officer, project(cast.project), total_wan=100)
    edit(cast.officer, project(cast.project), total_wan=None)
    assert project(cast.project).total_wan is None


def test_two_editors_of_different_fields_both_keep_their_work(any_db, cast):  # A7
    seen = project(cast.project)
    edit(cast.officer, seen, remark="甲写的备注")
    edit(cast.teammate, seen, leader="谭副区长")
    row = project(cast.project)
    assert (row.remark, row.leader) == ("甲写的备注", "谭副区长")


def test_the_second_of_two_editors_of_one_field_is_shown_the_first_ones_value(any_db, cast):  # A7
    seen = project(cast.project)
    edit(cast.officer, seen, remark="甲写的备注", leader="谭副区长")
    with pytest.raises(Conflict) as second:
        edit(cast.teammate, seen, remark="乙写的备注", site="棠下园区")
    (clash,) = second.value.clashes
    assert (clash.field, clash.opened, clash.stored, clash.typed) == (
        "remark",
        "",
        "甲写的备注",
        "乙写的备注",
    )
    row = project(cast.project)
    assert (row.remark, row.site) == ("甲写的备注", "")


def test_a_rename_is_searchable_and_a_change_of_unit_changes_the_department(any_db, cast):
    edit(cast.officer, project(cast.project), name="瑞朗项目", lead_unit="区发改局", ball=Party.ENTERPRISE)
    row = project(cast.project)
    assert (row.initials, row.ball) == ("rlxm", "enterprise")
    with reading() as session:
        assert session.get(Department, row.lead_department_id).name == "区发展和改革局"
    edit(cast.officer, row, lead_unit="某某公司")
    assert project(cast.project).lead_department_id is None


def test_an_edit_is_in_the_trail_by_field(any_db, cast):  # A4
    edit(cast.officer, project(cast.project), total_wan="8600")
    with reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "projects.edit_project")).one()
    assert (entry.user_name, entry.changes) == ("何志强", {"total_wan": [None, "8600"]})


def test_another_officers_project_cannot_be_edited(any_db, cast):
    with pytest.raises(NotFound):
        edit(cast.stranger, project(cast.project), remark="x")
    with pytest.raises(NotAllowed):
        edit(cast.leader, project(cast.project), remark="x")


def test_an_enterprises_code_is_checked_by_its_last_character(any_db, cast):
    for wrong in ("91440703MA4UQPYH7X", "9144070", "91440703MA4UQPYH7I"):
        with pytest.raises(Refusal) as refused:
            actions.create_enterprise(cast.officer, EnterpriseFields(name="新企业", credit_code=wrong))
        assert fields(refused) == {"credit_code"}
    made = actions.create_enterprise(
        cast.officer, EnterpriseFields(name="新企业", credit_code="９１110000600037341l ")
    )
    with reading() as session:
        assert session.get(Enterprise, made).credit_code == OTHER_CODE


def test_an_enterprise_is_not_entered_twice(any_db, cast):
    with pytest.raises(Refusal) as refused:
        actions.create_enterprise(
            cast.officer, EnterpriseFields(name="江门市 恒岳科技有限公司", credit_code=GOOD_CODE)
        )
    assert fields(refused) == {"name", "credit_code"}


def edit_firm(actor, enterprise_id, **typed):
    with reading() as session:
        row = session.get(Enterprise, enterprise_id)
    shown = EnterpriseFields(**{n: getattr(row, n) for n in EnterpriseFields.model_fields})
    form = EditEnterprise(
        enterprise_id=row.id,
        version=row.version,
        opened=shown,
        typed=EnterpriseFields(**(shown.model_dump() | typed)),
    )
    return actions.edit_enterprise(actor, form)


def test_a_credit_code_that_a_projects_stage_needs_cannot_be_cleared(any_db, cast):  # G8
    edit_firm(cast.officer, cast.enterprise, credit_code=None)
    edit_firm(cast.officer, cast.enterprise, credit_code=GOOD_CODE)
    with unit_of_work(SYSTEM, "test.stage") as session:
        session.get(Project, cast.project).stage = Stage.LAND
    with pytest.raises(Refusal) as refused:
        edit_firm(cast.officer, cast.enterprise, credit_code=None)
    assert fields(refused) == {"credit_code"}
    assert edit_firm(cast.officer, cast.enterprise, address="棠下镇金桐路") == {"address": "棠下镇金桐路"}


def test_another_officers_enterprise_is_out_of_reach(any_db, cast):
    with pytest.raises(NotFound):
        edit_firm(cast.stranger, cast.enterprise, address="x")
    with pytest.raises(NotFound):
        actions.add_contact(cast.stranger, ContactForm(enterprise_id=cast.enterprise, name="某人"))


def test_the_last_contact_a_stage_needs_is_replaced_before_he_is_retired(any_db, cast):  # G8
    with unit_of_work(SYSTEM, "test.stage") as session:
        session.get(Project, cast.project).stage = Stage.FILING
    with pytest.raises(Refusal, match="接替的联系人"):
        actions.retire_contact(cast.officer, cast.contact, reason="离职")
    actions.add_contact(
        cast.officer, ContactForm(enterprise_id=cast.enterprise, name="陆经理", phone="0750-3288000")
    )
    actions.retire_contact(cast.officer, cast.contact, reason="离职")
    with reading() as session:
        assert session.get(Contact, cast.contact).active is False


def test_a_departments_contact_is_entered_once_and_kept_while_the_stage_needs_one(any_db, cast):
    form = DepartmentContactForm(
        project_id=cast.project, department_id=cast.department, name="冯晓彤", phone="0750-3220000"
    )
    first = actions.add_department_contact(cast.officer, form)
    again = actions.add_department_contact(cast.officer, form.model_copy(update={"phone": "0750-3221111"}))
    assert first == again
    with reading() as session:
        assert session.exec(select(DepartmentContact.phone)).all() == ["0750-3221111"]
    with unit_of_work(SYSTEM, "test.stage") as session:
        session.get(Project, cast.project).stage = Stage.LAND
    with pytest.raises(Refusal, match="部门联络员"):
        actions.remove_department_contact(cast.officer, first)
