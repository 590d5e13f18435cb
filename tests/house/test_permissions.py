"""Role × action × own and other: generated from the list of public actions, so that none is forgotten.

What a role should reach is told here, from the story of the cast, and not asked of the code.
"""

from __future__ import annotations

import ast
import importlib
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crm.alerts import actions as alerts
from crm.approvals import catalogue_inputs
from crm.approvals import commitment_inputs as promises
from crm.approvals import inputs as cases
from crm.briefings.actions import HallAsk, MastheadForm, ProjectAsk
from crm.briefings.letters import actions as letters
from crm.caselog import reader
from crm.caselog.actions import Asked as AskedImport
from crm.caselog.actions import Reading as CasesReading
from crm.caselog.actions import Received
from crm.core import accounts
from crm.core.access import SYSTEM, TABLE, Actor, Verb
from crm.core.db import engine, unit_of_work
from crm.core.errors import CrmError, NotAllowed, NotFound
from crm.insight import inputs as insight
from crm.ledgers.actions.looking import Reading
from crm.ledgers.actions.mappings import MappingForm
from crm.projects import inputs as projects
from crm.projects.gates import confirmable_codes
from crm.visits import actions as visits
from crm.workdays.actions import Closure, LoadYear
from models import (
    Alert,
    Assignment,
    Briefing,
    Case,
    Commitment,
    CreditMark,
    DepartmentContact,
    GateFact,
    Item,
    Milestone,
    MonthlyProgress,
    Obligation,
    Promise,
    ReformMeasure,
    SpecialProcedure,
    StoredFile,
    SupervisionLetter,
    Visit,
)
from models.vocabulary import (
    AlertKind,
    AlertState,
    BriefingKind,
    CaseOutcome,
    CaseRoute,
    CaseState,
    Category,
    DemandClass,
    Level,
    Light,
    ProcedureKind,
    ProjectStatus,
    Role,
    Stage,
    StatusReason,
    VisitState,
)
from tests.conftest import MONDAY
from tests.house.inspection import ROOT

V = Verb
TODAY = MONDAY
FACT = next(iter(confirmable_codes()))
SOON = TODAY + timedelta(days=1)
CSV = "项目名称,建设单位,总投资（万元）,所属镇街\n甲项目,甲公司,100,棠下镇\n".encode()

# Who may at all: by verb, as TABLE has it. How far: told here. The cast's `project` is in the clerk's
# town and led by the officer; `other_project` is the stranger's.
MINE = {"supervisor", "admin", "leader", "officer", "teammate", "clerk"}
OTHERS = {"supervisor", "admin", "leader", "stranger"}
WHOLE = {"supervisor", "admin", "leader"}
PEOPLE = ("supervisor", "admin", "leader", "officer", "teammate", "stranger", "clerk", "handler")
NOWHERE = ("clerk_without_town", "officer_without_projects", "handler_without_department")


@dataclass(frozen=True)
class Entry:
    """One action. `call(do, actor, s)` calls it on one side's records; `whole` means the verb must reach all."""

    verb: Verb
    call: Callable[[Any, Actor, Any], Any]
    whole: bool = False
    author: bool = False  # only its author, or whose verb reaches everything
    instead: Verb | None = None  # another verb that is enough


def has(entry: Entry, actor: Actor) -> bool:
    """Whether the role has the action's verb at all."""
    return entry.verb in TABLE[actor.role] or entry.instead in TABLE[actor.role]


def form_fields(name: str, s: Any) -> Any:
    return projects.ProjectFields(
        name=name,
        town_id=s.town,
        enterprise_id=s.enterprise,
        level=Level.DISTRICT,
        category=Category.INDUSTRY,
    )


def account_form() -> accounts.UserForm:
    return accounts.UserForm(login="xinren", name="新人", role=Role.LEADER)


def measure_form(s: Any) -> dict[str, Any]:
    return {"title": "压减用时", "item_id": s.item, "owner_id": s.user, "due_on": SOON}


def milestone_form(name: str) -> projects.MilestoneFields:
    return projects.MilestoneFields(name=name, stage=Stage.EARLY_PLANNING)


def visit_form(s: Any) -> visits.VisitForm:
    return visits.VisitForm(
        request_id="0123456789abcdef",
        enterprise_id=s.enterprise,
        project_id=s.project,
        visited_on=TODAY,
        note="谈了用地",
        theirs=(visits.PersonIn(name="华先生"),),
        ours=(visits.PersonIn(name="何志强"),),
    )


def visit_edit(s: Any) -> visits.VisitEdit:
    return visits.VisitEdit(
        version=1,
        opened={},
        enterprise_id=s.enterprise,
        project_id=s.project,
        visited_on=TODAY,
        mode="on_site",
        note="谈了用电",
        theirs=(visits.PersonIn(name="华先生"),),
        ours=(visits.PersonIn(name="何志强"),),
    )


EXAMPLE = ROOT / "crm" / "caselog" / "data" / "办件示例.csv"


def example() -> Received:
    return Received(EXAMPLE, EXAMPLE.name, reader.survey(EXAMPLE, EXAMPLE.name), ours=False)


def special_form(s: Any) -> cases.OpenProcedure:
    return cases.OpenProcedure(
        case_id=s.case,
        kind=next(iter(ProcedureKind)),
        ground="专家评审",
        basis="条例",
        planned_wd=5,
        from_on=TODAY,
    )


def item_form(s: Any) -> catalogue_inputs.EditItem:
    return catalogue_inputs.EditItem.model_construct(item_id=s.item, version=1, opened={})


def procedure_form(s: Any, actor: Actor) -> catalogue_inputs.ProcedureForm:
    return catalogue_inputs.ProcedureForm(
        item_id=s.item,
        kind=ProcedureKind.SITE_CHECK,
        name=f"核查{actor.name}{s.project}",
        stops_clock=False,
        stop_basis="",
        basis="",
        conditions="",
        start_limit_wd=2,
        longest_wd=3,
        times=1,
        notice_needed=False,
        charged=False,
        charge_basis="",
        certainty="",
        active=True,
    )


E = Entry
ENTRIES: dict[str, Entry] = {
    # -- alerts
    "alerts.actions.acknowledge": E(
        V.ALERT_HANDLE, lambda do, a, s: do(a, alerts.Acknowledge(alert_id=s.alert, version=1, note="已联系"))
    ),
    "alerts.actions.snooze": E(
        V.ALERT_HANDLE,
        lambda do, a, s: do(
            a, alerts.Snooze(alert_id=s.alert, version=1, reason="等批复", until=SOON), today=TODAY
        ),
    ),
    "alerts.actions.reopen": E(V.ALERT_HANDLE, lambda do, a, s: do(a, s.alert, 1)),
    "alerts.actions.run_scan": E(V.SCAN_RUN, lambda do, a, s: do(a, TODAY), whole=True),
    "alerts.actions.edit_threshold": E(
        V.THRESHOLD_EDIT,
        lambda do, a, s: do(a, alerts.ThresholdForm(code="milestone_soon_wd", value=5)),
        whole=True,
    ),
    "alerts.actions.drop_stage_threshold": E(
        V.THRESHOLD_EDIT, lambda do, a, s: do(a, "contact_days", Stage.EARLY_PLANNING), whole=True
    ),
    # -- approvals
    "approvals.actions.receipt.register": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a,
            cases.RegisterCase(item_id=s.item, received_on=TODAY, project_id=s.project, request_id="r" * 12),
            today=TODAY,
        ),
    ),
    "approvals.actions.receipt.accept": E(V.CASE_EDIT, lambda do, a, s: do(a, s.case, TODAY, today=TODAY)),
    "approvals.actions.receipt.tell_correction": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a, cases.TellCorrection(case_id=s.case, told_on=TODAY, due_on=SOON, text="缺图纸"), today=TODAY
        ),
    ),
    "approvals.actions.receipt.take_correction": E(
        V.CASE_EDIT, lambda do, a, s: do(a, s.case, TODAY, today=TODAY)
    ),
    "approvals.actions.receipt.not_accept": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a,
            cases.NotAccept(case_id=s.case, refused_on=TODAY, reason="不属本机关职权", notice_no="1号"),
            today=TODAY,
        ),
    ),
    "approvals.actions.life.tell_extension": E(
        V.CASE_EDIT, lambda do, a, s: do(a, s.case, TODAY, today=TODAY)
    ),
    "approvals.actions.life.deliver": E(V.CASE_EDIT, lambda do, a, s: do(a, s.case, TODAY, today=TODAY)),
    "approvals.actions.life.terminate": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a,
            cases.TerminateCase(case_id=s.case, ended_on=TODAY, basis="条例", reason="主体注销"),
            today=TODAY,
        ),
    ),
    "approvals.actions.receipt.deem_accepted": E(V.SCAN_RUN, lambda do, a, s: do(TODAY, a), whole=True),
    "approvals.actions.procedures.open_procedure": E(
        V.CASE_EDIT, lambda do, a, s: do(a, special_form(s), today=TODAY)
    ),
    "approvals.actions.procedures.give_notice": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a, cases.GiveNotice(procedure_id=s.stop, told_on=TODAY, notice_no="1号"), today=TODAY
        ),
    ),
    "approvals.actions.procedures.close_procedure": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a, cases.CloseProcedure(procedure_id=s.stop, to_on=SOON, result="通过"), today=SOON
        ),
    ),
    "approvals.actions.life.extend": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a,
            cases.ExtendCase(case_id=s.case, days=1, approver="局长", reason="复杂", ordered_on=TODAY),
            today=TODAY,
        ),
    ),
    "approvals.actions.life.decide": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a, cases.DecideCase(case_id=s.case, decided_on=TODAY, outcome=CaseOutcome.GRANTED), today=TODAY
        ),
    ),
    "approvals.actions.life.withdraw": E(
        V.CASE_EDIT, lambda do, a, s: do(a, s.case, TODAY, "企业撤回", today=TODAY)
    ),
    "approvals.actions.life.amend": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a, cases.AmendCase(case_id=s.case, version=1, opened={}, case_no="改号", permit_no="", note="")
        ),
    ),
    "approvals.actions.catalogue.edit_item": E(
        V.CATALOGUE_EDIT, lambda do, a, s: do(a, item_form(s), today=TODAY), whole=True
    ),
    "approvals.actions.catalogue.change_rule": E(
        V.CATALOGUE_EDIT, lambda do, a, s: do(a, SimpleNamespace(), today=TODAY), whole=True
    ),
    "approvals.actions.catalogue.withdraw_version": E(
        V.CATALOGUE_EDIT, lambda do, a, s: do(a, 1, reason="改期", today=TODAY), whole=True
    ),
    "approvals.actions.catalogue.save_document": E(
        V.CATALOGUE_EDIT,
        lambda do, a, s: do(
            a,
            catalogue_inputs.DocumentForm(item_id=s.item, name=f"材料{a.name}{s.project}", standing="needed"),
            today=TODAY,
        ),
        whole=True,
    ),
    "approvals.actions.registry.save_procedure": E(
        V.CATALOGUE_EDIT, lambda do, a, s: do(a, procedure_form(s, a)), whole=True
    ),
    "approvals.actions.registry.look_register": E(V.CATALOGUE_EDIT, lambda do, a, s: do(a, []), whole=True),
    "approvals.actions.registry.write_register": E(
        V.CATALOGUE_EDIT, lambda do, a, s: do(a, [], file_name="登记簿.xlsx"), whole=True
    ),
    "approvals.actions.commitments.make_promises": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a,
            promises.MakePromises(case_id=s.case, route=CaseRoute.COMMITMENT, promised_on=TODAY, lines=()),
            today=TODAY,
        ),
    ),
    "approvals.actions.commitments.fulfil_promise": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a, promises.FulfilPromise(commitment_id=s.commitment, fulfilled_on=TODAY), today=TODAY
        ),
    ),
    "approvals.actions.commitments.verify_promise": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a,
            promises.VerifyPromise(
                commitment_id=s.commitment, verified_on=TODAY, verified_by="冯晓彤", kept=True
            ),
            today=TODAY,
        ),
    ),
    "approvals.actions.commitments.correct_promise": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a,
            promises.CorrectedPromise(commitment_id=s.commitment, corrected_on=TODAY, verified_by="冯晓彤"),
            today=TODAY,
        ),
    ),
    "approvals.actions.commitments.break_promise": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a,
            promises.BreakPromise(commitment_id=s.commitment, broken_on=TODAY, reason="逾期"),
            today=TODAY,
        ),
    ),
    "approvals.actions.commitments.revoke_decision": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a,
            promises.RevokeDecision(commitment_id=s.commitment, revoked_on=TODAY, reason="1号"),
            today=TODAY,
        ),
    ),
    "approvals.actions.commitments.repair_mark": E(
        V.SUPERVISE,
        lambda do, a, s: do(
            a, promises.RepairMark(mark_id=s.mark, repaired_on=TODAY, basis="1号"), today=TODAY
        ),
        whole=True,
    ),
    "approvals.actions.expiry.extend_permit": E(
        V.CASE_EDIT,
        lambda do, a, s: do(
            a,
            promises.ExtendPermit(
                case_id=s.case, ordered_on=TODAY, new_expires_on=SOON, reason="未到场", approver="局长"
            ),
            today=TODAY,
        ),
    ),
    "approvals.actions.expiry.add_duty": E(
        V.MILESTONE_EDIT,
        lambda do, a, s: do(
            a,
            promises.AddDuty(project_id=s.project, line="special_equipment", from_on=TODAY, what="锅炉"),
            today=TODAY,
        ),
    ),
    "approvals.actions.expiry.settle_duty": E(
        V.MILESTONE_EDIT,
        lambda do, a, s: do(
            a,
            promises.SettleDuty(
                line="special_equipment",
                record="obligation",
                record_id=s.obligation,
                done_on=TODAY,
                evidence="1号",
            ),
            today=TODAY,
        ),
    ),
    # -- briefings
    "briefings.actions.draft_hall": E(
        V.BRIEFING_MAKE, lambda do, a, s: do(a, HallAsk(from_on=TODAY, to_on=TODAY), today=TODAY), whole=True
    ),
    "briefings.actions.issue_hall": E(
        V.BRIEFING_MAKE, lambda do, a, s: do(a, HallAsk(from_on=TODAY, to_on=TODAY), today=TODAY), whole=True
    ),
    "briefings.actions.draft_project": E(
        V.BRIEFING_MAKE, lambda do, a, s: do(a, ProjectAsk(project_id=s.project, as_of=TODAY), today=TODAY)
    ),
    "briefings.actions.issue_project": E(
        V.BRIEFING_MAKE, lambda do, a, s: do(a, ProjectAsk(project_id=s.project, as_of=TODAY), today=TODAY)
    ),
    "briefings.actions.verify": E(V.BRIEFING_READ, lambda do, a, s: do(a, s.briefing)),
    "briefings.actions.keep_template": E(
        V.SETTING_EDIT, lambda do, a, s: do(a, BriefingKind.HALL, b"no template"), whole=True
    ),
    "briefings.actions.drop_template": E(
        V.SETTING_EDIT, lambda do, a, s: do(a, BriefingKind.HALL), whole=True
    ),
    "briefings.actions.save_masthead": E(
        V.SETTING_EDIT,
        lambda do, a, s: do(
            a, MastheadForm(office="区会客厅", masthead_hall="简报", masthead_project="专报", copies=5)
        ),
        whole=True,
    ),
    # -- supervision letters
    "briefings.letters.actions.draft": E(
        V.SUPERVISE, lambda do, a, s: do(a, letters.LetterForm(case_id=s.case), today=TODAY), whole=True
    ),
    "briefings.letters.actions.issue": E(
        V.SUPERVISE, lambda do, a, s: do(a, letters.LetterForm(case_id=s.case), today=TODAY), whole=True
    ),
    "briefings.letters.actions.reply": E(
        V.SUPERVISE,
        lambda do, a, s: do(
            a, letters.ReplyForm(letter_id=s.letter, text="已办", replied_on=TODAY), today=TODAY
        ),
        whole=True,
    ),
    "briefings.letters.actions.withdraw": E(
        V.SUPERVISE,
        lambda do, a, s: do(a, letters.WithdrawForm(letter_id=s.letter, reason="误发"), today=TODAY),
        whole=True,
    ),
    "briefings.letters.actions.save_head": E(
        V.SETTING_EDIT,
        lambda do, a, s: do(a, letters.HeadForm(head="区会客厅", office="区会客厅", mark="江蓬")),
        whole=True,
    ),
    # -- accounts
    "core.accounts.create_user": E(V.USER_ADMIN, lambda do, a, s: do(a, account_form()), whole=True),
    "core.accounts.edit_user": E(
        V.USER_ADMIN, lambda do, a, s: do(a, s.user, account_form(), opened={}, version=1), whole=True
    ),
    "core.accounts.set_password": E(V.USER_ADMIN, lambda do, a, s: do(a, s.user), whole=True),
    "core.accounts.choose_password": E(
        V.USER_ADMIN, lambda do, a, s: do(a, s.user, "mooncake lantern"), whole=True
    ),
    "core.accounts.end_sessions": E(V.USER_ADMIN, lambda do, a, s: do(a, s.user), whole=True),
    "core.accounts.link_officer": E(V.USER_ADMIN, lambda do, a, s: do(a, s.user, None), whole=True),
    # -- caselog
    "caselog.actions.files.receive": E(
        V.CASE_IMPORT, lambda do, a, s: do(a, EXAMPLE, EXAMPLE.name), whole=True
    ),
    "caselog.actions.looking.look": E(
        V.CASE_IMPORT, lambda do, a, s: do(a, example(), CasesReading(), today=TODAY), whole=True
    ),
    "caselog.actions.starting.start": E(
        V.CASE_IMPORT, lambda do, a, s: do(a, example(), AskedImport(), today=TODAY), whole=True
    ),
    "caselog.actions.starting.resume": E(V.CASE_IMPORT, lambda do, a, s: do(a, 1), whole=True),
    "caselog.actions.starting.stop": E(V.CASE_IMPORT, lambda do, a, s: do(a, 1), whole=True),
    "caselog.actions.starting.discard": E(V.CASE_IMPORT, lambda do, a, s: do(a, 1), whole=True),
    "caselog.actions.running.run": E(V.CASE_IMPORT, lambda do, a, s: do(a, 1, today=TODAY), whole=True),
    "caselog.actions.giving.keep_refused": E(V.CASE_IMPORT, lambda do, a, s: do(a, 1), whole=True),
    # -- insight
    "insight.forecast.actions.forecast_all": E(V.SCAN_RUN, lambda do, a, s: do(a, TODAY), whole=True),
    "insight.forecast.actions.keep_backtest": E(V.SCAN_RUN, lambda do, a, s: do(a, TODAY, []), whole=True),
    "insight.actions.measures.make_measure": E(
        V.MEASURE_EDIT,
        lambda do, a, s: do(a, insight.MakeMeasure(**measure_form(s), request_id="measure-1"), today=TODAY),
        whole=True,
    ),
    "insight.actions.measures.edit_measure": E(
        V.MEASURE_EDIT,
        lambda do, a, s: do(
            a,
            insight.EditMeasure(
                measure_id=s.measure,
                version=1,
                opened=insight.MeasureFields(**measure_form(s)),
                typed=insight.MeasureFields(**(measure_form(s) | {"title": "改名"})),
            ),
            today=TODAY,
        ),
        whole=True,
    ),
    "insight.actions.measures.put_in_force": E(
        V.MEASURE_EDIT,
        lambda do, a, s: do(a, insight.PutInForce(measure_id=s.measure, in_force_on=TODAY), today=TODAY),
        whole=True,
    ),
    "insight.actions.measures.drop_measure": E(
        V.MEASURE_EDIT,
        lambda do, a, s: do(a, insight.DropMeasure(measure_id=s.measure, reason="不再需要")),
        whole=True,
    ),
    "insight.actions.tally.recount": E(V.INSIGHT_VIEW, lambda do, a, s: do(a, [TODAY]), whole=True),
    "insight.actions.tally.recount_stale": E(V.INSIGHT_VIEW, lambda do, a, s: do(a), whole=True),
    # -- ledgers
    "ledgers.actions.commits.commit": E(
        V.LEDGER_IMPORT, lambda do, a, s: do(a, CSV, "台账.csv", Reading(), today=TODAY)
    ),
    "ledgers.actions.looking.look": E(
        V.LEDGER_IMPORT, lambda do, a, s: do(a, CSV, "台账.csv", Reading(), today=TODAY)
    ),
    "ledgers.actions.registers.keep_register": E(V.INSIGHT_VIEW, lambda do, a, s: do(a, today=TODAY)),
    "ledgers.actions.registers.keep_refused_entries": E(
        V.CATALOGUE_EDIT, lambda do, a, s: do(a, [], "登记簿.xlsx")
    ),
    "ledgers.actions.giving.keep_refused": E(V.LEDGER_IMPORT, lambda do, a, s: do(a, SimpleNamespace())),
    "ledgers.actions.giving.export_projects": E(V.EXPORT, lambda do, a, s: do(a, today=TODAY)),
    "ledgers.actions.giving.keep_export": E(V.EXPORT, lambda do, a, s: do(a, today=TODAY)),
    "ledgers.actions.mappings.save_mapping": E(
        V.LEDGER_IMPORT, lambda do, a, s: do(a, MappingForm(name="我的", choices={}))
    ),
    "ledgers.actions.mappings.load_mapping": E(V.LEDGER_IMPORT, lambda do, a, s: do(a, "没有")),
    "ledgers.actions.reverts.revert": E(V.LEDGER_IMPORT, lambda do, a, s: do(a, 999)),
    # -- milestones and plans
    "projects.actions.milestones.preview_move": E(
        V.MILESTONE_EDIT, lambda do, a, s: do(a, s.milestone, SOON, today=TODAY)
    ),
    "projects.actions.milestones.preview_done": E(
        V.MILESTONE_EDIT, lambda do, a, s: do(a, s.milestone, TODAY, today=TODAY)
    ),
    "projects.actions.milestones.move_milestone": E(
        V.MILESTONE_EDIT,
        lambda do, a, s: do(
            a,
            projects.MoveMilestone(milestone_id=s.milestone, planned_on=SOON, version=1, reason="调整"),
            today=TODAY,
        ),
    ),
    "projects.actions.milestones.mark_done": E(
        V.MILESTONE_EDIT,
        lambda do, a, s: do(
            a, projects.MarkDone(milestone_id=s.milestone, done_on=TODAY, evidence="1号"), today=TODAY
        ),
    ),
    "projects.actions.milestones.reopen": E(
        V.MILESTONE_EDIT, lambda do, a, s: do(a, s.milestone, reason="填错")
    ),
    "projects.actions.milestones.set_inactive": E(
        V.MILESTONE_EDIT, lambda do, a, s: do(a, s.milestone, True, reason="不需要")
    ),
    "projects.actions.milestones.add_milestone": E(
        V.MILESTONE_EDIT,
        lambda do, a, s: do(
            a,
            projects.AddMilestone(project_id=s.project, name="自定", stage=Stage.EARLY_PLANNING),
            today=TODAY,
        ),
    ),
    "projects.actions.milestones.edit_milestone": E(
        V.MILESTONE_EDIT,
        lambda do, a, s: do(
            a,
            projects.EditMilestone(
                milestone_id=s.milestone,
                version=1,
                opened=milestone_form("节点"),
                typed=milestone_form("新名"),
            ),
        ),
    ),
    "projects.actions.milestones.link_milestones": E(
        V.MILESTONE_EDIT, lambda do, a, s: do(a, s.milestone, [])
    ),
    "projects.actions.milestones.delete_milestone": E(
        V.MILESTONE_EDIT, lambda do, a, s: do(a, s.milestone, reason="重复")
    ),
    "projects.actions.plan.plan_choices": E(V.MILESTONE_EDIT, lambda do, a, s: do(a, s.project)),
    "projects.actions.plan.preview_plan": E(
        V.MILESTONE_EDIT,
        lambda do, a, s: do(a, projects.MakePlan(project_id=s.project, direction="forward"), today=TODAY),
    ),
    "projects.actions.plan.make_plan": E(
        V.MILESTONE_EDIT,
        lambda do, a, s: do(a, projects.MakePlan(project_id=s.project, direction="forward"), today=TODAY),
    ),
    "projects.actions.templates.edit_plan_step": E(
        V.CATALOGUE_EDIT, lambda do, a, s: do(a, SimpleNamespace()), whole=True
    ),
    # -- officers
    "projects.actions.officers.assign": E(
        V.PROJECT_ASSIGN,
        lambda do, a, s: do(
            a, projects.AssignForm(project_id=s.project, officer_id=s.officer, from_on=TODAY), today=TODAY
        ),
    ),
    "projects.actions.officers.hand_over": E(
        V.PROJECT_ASSIGN,
        lambda do, a, s: do(
            a,
            projects.HandOver(officer_id=s.officer, project_ids=(s.project,), from_on=TODAY, note="轮岗"),
            today=TODAY,
        ),
    ),
    "projects.actions.officers.end_assignment": E(
        V.PROJECT_ASSIGN,
        lambda do, a, s: do(
            a, projects.EndAssignment(assignment_id=s.assignment, to_on=TODAY, note="调岗"), today=TODAY
        ),
    ),
    "projects.actions.officers.create_officer": E(
        V.PROJECT_ASSIGN, lambda do, a, s: do(a, projects.OfficerFields(name="新专员")), whole=True
    ),
    "projects.actions.officers.edit_officer": E(
        V.PROJECT_ASSIGN, lambda do, a, s: do(a, s.officer, projects.OfficerFields(name="改名")), whole=True
    ),
    "projects.actions.officers.deactivate_officer": E(
        V.PROJECT_ASSIGN, lambda do, a, s: do(a, s.officer, reason="调离"), whole=True
    ),
    "projects.actions.officers.reactivate_officer": E(
        V.PROJECT_ASSIGN, lambda do, a, s: do(a, s.officer), whole=True
    ),
    "projects.actions.officers.link_account": E(
        V.USER_ADMIN, lambda do, a, s: do(a, s.officer, None), whole=True
    ),
    # -- progress
    "projects.actions.progress.report_progress": E(
        V.PROGRESS_REPORT,
        lambda do, a, s: do(
            a, projects.ReportProgress(project_id=s.project, year=2026, month=9, done_wan=1), today=TODAY
        ),
    ),
    "projects.actions.progress.approve_progress": E(
        V.PROGRESS_APPROVE, lambda do, a, s: do(a, s.progress, version=1)
    ),
    "projects.actions.progress.return_progress": E(
        V.PROGRESS_APPROVE, lambda do, a, s: do(a, s.progress, reason="核对")
    ),
    "projects.actions.progress.set_annual_plan": E(
        V.PROJECT_EDIT,
        lambda do, a, s: do(a, projects.AnnualPlanForm(project_id=s.project, year=2026, plan_wan=100)),
    ),
    # -- the register
    "projects.actions.register.create_project": E(
        V.PROJECT_CREATE, lambda do, a, s: do(a, form_fields("新项目", s), today=TODAY), whole=True
    ),
    "projects.actions.register.edit_project": E(
        V.PROJECT_EDIT,
        lambda do, a, s: do(
            a,
            projects.EditProject(
                project_id=s.project, version=1, opened=form_fields("旧", s), typed=form_fields("新", s)
            ),
            today=TODAY,
        ),
    ),
    "projects.actions.register.add_department_contact": E(
        V.PROJECT_EDIT,
        lambda do, a, s: do(
            a, projects.DepartmentContactForm(project_id=s.project, department_id=s.department, name="联络员")
        ),
    ),
    "projects.actions.register.remove_department_contact": E(
        V.PROJECT_EDIT, lambda do, a, s: do(a, s.department_contact)
    ),
    "projects.actions.register.create_enterprise": E(
        V.PROJECT_CREATE,
        lambda do, a, s: do(a, projects.EnterpriseFields(name="新公司")),
        instead=V.PROJECT_EDIT,  # a project's own officer names its enterprise
    ),
    "projects.actions.register.edit_enterprise": E(
        V.PROJECT_EDIT,
        lambda do, a, s: do(
            a,
            projects.EditEnterprise(
                enterprise_id=s.enterprise,
                version=1,
                opened=projects.EnterpriseFields(name="旧公司"),
                typed=projects.EnterpriseFields(name="新公司"),
            ),
        ),
    ),
    "projects.actions.register.add_contact": E(
        V.PROJECT_EDIT,
        lambda do, a, s: do(a, projects.ContactForm(enterprise_id=s.enterprise, name="新联系人")),
    ),
    "projects.actions.register.edit_contact": E(
        V.PROJECT_EDIT,
        lambda do, a, s: do(
            a, s.contact, projects.ContactForm(enterprise_id=s.enterprise, name="改名"), version=1
        ),
    ),
    "projects.actions.register.retire_contact": E(
        V.PROJECT_EDIT, lambda do, a, s: do(a, s.contact, reason="离职")
    ),
    # -- stages
    "projects.actions.stages.move_stage": E(
        V.STAGE_MOVE,
        lambda do, a, s: do(
            a, projects.MoveStage(project_id=s.project, to_stage=Stage.SIGNED, moved_on=TODAY), today=TODAY
        ),
    ),
    "projects.actions.stages.confirm_fact": E(
        V.PROJECT_EDIT,
        lambda do, a, s: do(
            a,
            projects.ConfirmFact(project_id=s.project, code=FACT, confirmed_on=TODAY, evidence="协议"),
            today=TODAY,
        ),
    ),
    "projects.actions.stages.withdraw_fact": E(
        V.PROJECT_EDIT, lambda do, a, s: do(a, s.project, FACT, reason="作废")
    ),
    "projects.actions.stages.set_status": E(
        V.STAGE_MOVE,
        lambda do, a, s: do(
            a,
            projects.SetStatus(
                project_id=s.project,
                status=ProjectStatus.SUSPENDED,
                on=TODAY,
                reason=next(iter(StatusReason)),
                text="资金",
            ),
            today=TODAY,
        ),
    ),
    # -- visits
    "visits.actions.log_visit": E(V.VISIT_LOG, lambda do, a, s: do(a, visit_form(s), today=TODAY)),
    "visits.actions.edit_visit": E(
        V.VISIT_LOG, lambda do, a, s: do(a, s.visit, visit_edit(s), today=TODAY), author=True
    ),
    "visits.actions.add_promise": E(
        V.VISIT_LOG,
        lambda do, a, s: do(a, s.visit, visits.PromiseIn(text="协调用电"), today=TODAY),
        author=True,
    ),
    "visits.actions.add_demand": E(
        V.VISIT_LOG,
        lambda do, a, s: do(
            a, s.visit, visits.DemandIn(demand_class=next(iter(DemandClass)), content="用工"), today=TODAY
        ),
        author=True,
    ),
    "visits.actions.keep_promise": E(
        V.VISIT_LOG, lambda do, a, s: do(a, s.promise, done_on=TODAY, today=TODAY)
    ),
    "visits.actions.keep_photo": E(V.VISIT_LOG, lambda do, a, s: do(a, b"no picture", "a.jpg")),
    "visits.actions.add_photos": E(V.VISIT_LOG, lambda do, a, s: do(a, s.visit, []), author=True),
    "visits.actions.remove_photo": E(V.VISIT_LOG, lambda do, a, s: do(a, s.photo), author=True),
    # -- the calendar
    "workdays.actions.preview_year": E(
        V.CALENDAR_EDIT, lambda do, a, s: do(a, LoadYear(year=2027, content="1月1日放假")), whole=True
    ),
    "workdays.actions.load_year": E(
        V.CALENDAR_EDIT, lambda do, a, s: do(a, LoadYear(year=2027, content="x"), today=TODAY), whole=True
    ),
    "workdays.actions.add_closure": E(
        V.CALENDAR_EDIT, lambda do, a, s: do(a, Closure(on=SOON, name="台风"), today=TODAY), whole=True
    ),
    "workdays.actions.remove_closure": E(
        V.CALENDAR_EDIT, lambda do, a, s: do(a, SOON, today=TODAY), whole=True
    ),
}

# Not in the table, with the reason; those that only read accounts ask `require_all` themselves (below).
ELSEWHERE = {
    "briefings.letters.actions.may_reply": "itself a check",
    "briefings.letters.actions.verify": "its readers are tried in tests/briefings/test_letters.py",
    "approvals.actions.events.record": "inside the caller's transaction, which has asked",
    "approvals.actions.steps.end": "inside the caller's transaction, which has asked",
    "approvals.actions.steps.take": "inside the caller's transaction, which has asked",
    "approvals.actions.shared.keep_notice": "inside the caller's transaction, which has asked",
    "approvals.actions.shared.open_case": "itself a check",
    "core.accounts.must_change_password": "one's own account",
    "core.accounts.change_own_password": "one's own account",
    "core.accounts.set_language_of": "one's own account",
    "core.accounts.users": "a query, tried in tests/core",
    "core.accounts.user": "a query, tried in tests/core",
    "core.accounts.sessions_of": "a query, tried in tests/core",
    "core.accounts.officers_to_link": "a query, tried in tests/core",
    "ledgers.actions.looking.look_within": "inside the caller's transaction, which has asked",
    "projects.actions.refusals.refuse_other_departments": "itself a check",
    "projects.actions.refusals.refuse_waiving": "itself a check",
    "projects.actions.stages.move_in": "inside the caller's transaction, which has asked",
    "projects.actions.stages.move_many": "answers for each project by itself, tried below",
}


def public_actions() -> list[str]:
    """Every public function with an `actor` in the rooms' actions and the accounts."""
    rooms = ROOT / "crm"
    paths = [p for where in ("*/actions.py", "*/actions/*.py", "*/*/actions.py") for p in rooms.glob(where)]
    found = []
    for path in [*paths, ROOT / "crm/core/accounts.py"]:
        module = ".".join(path.relative_to(ROOT / "crm").with_suffix("").parts)
        for node in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            if any(a.arg == "actor" for a in [*node.args.args, *node.args.kwonlyargs]):
                found.append(f"{module}.{node.name}")
    return sorted(found)


def function(name: str) -> Callable[..., Any]:
    module, _dot, last = name.rpartition(".")
    return getattr(importlib.import_module(f"crm.{module}"), last)  # type: ignore[no-any-return]


def test_every_public_action_is_in_the_table() -> None:
    assert sorted({*ENTRIES, *ELSEWHERE}) == public_actions()


# -- the world ---------------------------------------------------------------------------


def side(cast: Any, key: str, author: Actor, project: int, enterprise: int, contact: int, town: int) -> Any:
    """One project's records of every kind, made by `author`."""
    with unit_of_work(SYSTEM, "test.side") as session:
        item = session.query(Item).order_by(Item.id).first()
        assert item is not None
        milestone = Milestone(
            project_id=project, code="X1", name="节点", stage=Stage.EARLY_PLANNING, planned_on=SOON
        )
        case = Case(
            case_no=key, item_id=item.id, project_id=project, enterprise_id=enterprise,
            state=CaseState.ACCEPTED, received_on=TODAY, accepted_on=TODAY, starts_on=TODAY, legal_limit=20,
        )  # fmt: skip
        alert = Alert(
            key=key, kind=next(iter(AlertKind)), light=Light.RED, because="逾期", project_id=project,
            state=AlertState.OPEN, raised_on=TODAY, seen_on=TODAY,
        )  # fmt: skip
        visit = Visit(
            request_id=f"{key}-visit", enterprise_id=enterprise, project_id=project, visited_on=TODAY,
            note="谈", state=VisitState.COMPLETE, author_id=author.user_id,
        )  # fmt: skip
        progress = MonthlyProgress(project_id=project, year=2026, month=10, done_wan=1, reported_on=TODAY)
        person = DepartmentContact(project_id=project, department_id=cast.department, name="部门人")
        paper = Briefing(
            kind=BriefingKind.PROJECT, series_year=2026, number=project, title="专报", project_id=project,
            context={}, sha256="0" * 64, template="t", template_sha256="0" * 64, queries_version="1",
        )  # fmt: skip
        measure = ReformMeasure(title="压减用时", item_id=item.id, owner_id=cast.admin.user_id, due_on=SOON)
        fact = GateFact(project_id=project, code=FACT, confirmed_on=TODAY, evidence="协议")
        session.add_all([measure, milestone, case, alert, visit, progress, person, paper, fact])
        session.flush()
        letter = SupervisionLetter(
            number=key, series_year=2025, serial=project, case_id=case.id, project_id=project, issued_on=TODAY,
            reply_by_on=TODAY - timedelta(days=1), facts={}, sha256="0" * 64, template_sha256="0" * 64,
        )  # fmt: skip
        session.add(letter)
        stop = SpecialProcedure(
            case_id=case.id,
            kind=next(iter(ProcedureKind)),
            ground="评审",
            basis="条例",
            from_on=TODAY,
            planned_wd=5,
        )
        promise = Promise(visit_id=visit.id, project_id=project, enterprise_id=enterprise, text="协调")
        photo = StoredFile(
            public_id=f"{key}-photo", sha256="0" * 64, name="a.jpg", mime="image/jpeg", size=1,
            owner="visit", owner_id=visit.id, made_by=author.user_id, made_at=alert.created_at,
        )  # fmt: skip
        commitment = Commitment(
            case_id=case.id, enterprise_id=enterprise, route=CaseRoute.COMMITMENT, text="合同",
            promised_on=TODAY, due_on=SOON,
        )  # fmt: skip
        obligation = Obligation(project_id=project, line="special_equipment", what="锅炉2号", from_on=TODAY)
        session.add_all([stop, promise, photo, commitment, obligation])
        session.flush()
        mark = CreditMark(
            enterprise_id=enterprise,
            case_id=case.id,
            commitment_id=commitment.id,
            marked_on=TODAY,
            reason="逾期",
        )
        session.add(mark)
        session.flush()
        assignment = session.query(Assignment).filter_by(project_id=project).first()
        assert assignment is not None
        return SimpleNamespace(
            project=project, enterprise=enterprise, contact=contact, town=town, item=item.id,
            department=cast.department, milestone=milestone.id, case=case.id, alert=alert.id,
            visit=visit.id, progress=progress.id, department_contact=person.id, briefing=paper.id,
            mark=mark.id, commitment=commitment.id, obligation=obligation.id, stop=stop.id, promise=promise.id, photo=photo.public_id, letter=letter.id, assignment=assignment.id,
            officer=assignment.officer_id, user=cast.admin.user_id, measure=measure.id,
        )  # fmt: skip


@pytest.fixture
def world(cast: Any, db: Path) -> Any:
    sides = {
        "mine": side(cast, "mine", cast.officer, cast.project, cast.enterprise, cast.contact, cast.town),
        "other": side(
            cast, "other", cast.stranger, cast.other_project, cast.other_enterprise,
            cast.other_contact, cast.other_town,
        ),
    }  # fmt: skip
    people = {name: getattr(cast, name) for name in PEOPLE}
    people |= {
        "clerk_without_town": replace(cast.clerk, town_id=None),
        "officer_without_projects": replace(cast.officer, user_id=cast.leader.user_id, officer_id=None),
        "handler_without_department": replace(cast.handler, department_id=None),
    }
    return SimpleNamespace(people=people, sides=sides, file=db / "crm.sqlite3", cast=cast)


def reaches(entry: Entry, who: str, actor: Actor, where: str) -> bool:
    """Whether the story says that this person may do it to this side's records."""
    if not has(entry, actor) or who in NOWHERE:
        return False
    if entry.whole:
        return who in WHOLE
    if entry.author:
        return who == "supervisor" or who == ("officer" if where == "mine" else "stranger")
    return who in (MINE if where == "mine" else OTHERS)


class Restored:
    """The database as it was, after each call that was allowed."""

    def __init__(self, file: Path) -> None:
        self.file, self.copy = file, file.with_suffix(".copy")
        engine().dispose()
        sqlite3.connect(file).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
        shutil.copy(file, self.copy)

    def again(self) -> None:
        engine().dispose()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.copy, self.file)


@pytest.fixture
def restored(world: Any) -> Restored:
    return Restored(world.file)


# Of these nothing but the verb is asked: they touch no record of the project.
UNSCOPED = {
    "caselog.actions.starting.start",
    "ledgers.actions.commits.commit",
    "ledgers.actions.looking.look",
    "ledgers.actions.giving.keep_refused",
    "ledgers.actions.registers.keep_register",
    "ledgers.actions.registers.keep_refused_entries",
    "ledgers.actions.giving.export_projects",
    "ledgers.actions.giving.keep_export",
    "ledgers.actions.mappings.save_mapping",
    "ledgers.actions.mappings.load_mapping",
    "ledgers.actions.reverts.revert",
    "projects.actions.register.create_enterprise",
    "visits.actions.keep_photo",
}
# Nothing is there to be found; who may not is refused all the same.
NOT_THERE = {
    "briefings.actions.verify",
    "workdays.actions.remove_closure",
    "caselog.actions.starting.resume",
    "caselog.actions.starting.stop",
    "caselog.actions.starting.discard",
    "caselog.actions.running.run",
    "caselog.actions.giving.keep_refused",
}


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_who_may_not_is_refused_and_nothing_is_written(world: Any, name: str) -> None:
    entry, do = ENTRIES[name], function(name)
    watching = sqlite3.connect(world.file)
    wrong = []
    for who, actor in world.people.items():
        for where, records in world.sides.items():
            if name in UNSCOPED and has(entry, actor):
                continue
            if reaches(entry, who, actor, where):
                continue
            before = watching.execute("PRAGMA data_version").fetchone()
            try:
                entry.call(do, actor, records)
                wrong.append(f"{who} on {where}: done")
            except (NotAllowed, NotFound):
                pass
            except Exception as error:
                wrong.append(f"{who} on {where}: {type(error).__name__} {error}")
            if watching.execute("PRAGMA data_version").fetchone() != before:
                wrong.append(f"{who} on {where}: something was written")
    watching.close()
    assert wrong == []


@pytest.mark.parametrize("name", sorted(set(ENTRIES) - UNSCOPED - NOT_THERE))
def test_who_may_is_not_turned_away(world: Any, restored: Restored, name: str) -> None:
    entry, do = ENTRIES[name], function(name)
    wrong, tried = [], 0
    for who, actor in world.people.items():
        for where, records in world.sides.items():
            if not reaches(entry, who, actor, where):
                continue
            tried += 1
            try:
                entry.call(do, actor, records)
            except (NotAllowed, NotFound) as error:
                wrong.append(f"{who} on {where}: {error}")
            except (CrmError, AttributeError):
                pass  # the moment or the form is wrong, the person is not
            restored.again()
    assert wrong == []
    assert tried


def test_moving_several_moves_only_ones_own(world: Any) -> None:
    do = function("projects.actions.stages.move_many")
    ids = [records.project for records in world.sides.values()]
    for who in ("officer", "stranger", "officer_without_projects"):
        outcomes = do(world.people[who], ids, Stage.SIGNED, moved_on=TODAY, today=TODAY)
        theirs = {"officer": [ids[0]], "stranger": [ids[1]]}.get(who, [])
        for outcome in outcomes:
            if outcome.project_id not in theirs:
                assert not outcome.moved
                assert outcome.name == ""  # not even what it is called
    with pytest.raises(NotAllowed):
        do(world.people["clerk"], ids, Stage.SIGNED, moved_on=TODAY, today=TODAY)
