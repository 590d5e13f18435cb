"""One demo project: its plan with what is done, its stage moves, officers, and money month by month."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from sqlmodel import Session, col, select

from crm.core.names import name_key, pinyin_of
from crm.demo import words
from crm.demo.history import ahead_of_stage, lived
from crm.projects import gates
from crm.projects.plan_rules import Step, lay_out, start_of
from crm.workdays.rules import Calendar
from models import (
    AnnualPlan,
    Assignment,
    Contact,
    Department,
    DepartmentContact,
    Enterprise,
    GateFact,
    Item,
    Milestone,
    MilestoneLink,
    MonthlyProgress,
    Officer,
    PlanStep,
    Project,
    StageMove,
    Town,
)
from models.vocabulary import (
    Category,
    DatePrecision,
    Level,
    OfficerRole,
    PlanClass,
    ProjectStatus,
    ProjectType,
    Stage,
)

START, DONE = "P41", "P69"
FINISH = ("P55", "C04")  # a building is finished with its filing, refitted floor with its machines
SLACK_WD = (0, 45, 10, 70, 25)  # how much later than its plan a project is wanted in production
WARM_UP = 12  # working days between two stages where no step fills them
EVIDENCE_WORD = {"P22": "自然资规", "P16": "自然资规", "P34": "住建", "P24": "环审", "P23": "环审"}


@dataclass(frozen=True)
class Plot:
    """What one project is to be. `pace` is its money ahead of 序时进度 as a share of the year's plan."""

    number: int
    name: str
    kind: ProjectType
    stage: Stage
    category: Category
    level: Level
    industry: str
    capacity: str
    site: str
    town: Town
    firm: Enterprise
    lead: Officer
    co: Officer | None
    gone: Officer | None
    unit: str
    lead_department: Department
    steps: list[PlanStep]
    items: dict[str, Item]
    departments: dict[str, Department]
    status: ProjectStatus
    late: bool
    due_today: bool
    no_officer: bool
    handed_over: bool
    pace: float
    reports_missing: int
    today: date
    calendar: Calendar


@dataclass
class Made:
    """A project as written, with what the permits and visits need of it."""

    plot: Plot
    row: Project
    milestones: dict[str, Milestone] = field(default_factory=dict)
    since: date = date.min


def write_project(session: Session, rng: Random, plot: Plot) -> Made:
    """Write the project and everything that hangs on it but permits and visits."""
    full, initials = pinyin_of(plot.name)
    total = Decimal(rng.choice((6_000, 9_500, 12_000, 18_600, 26_000, 35_000, 52_000, 86_000, 120_000)))
    if plot.kind in (ProjectType.TECH_UPGRADE, ProjectType.LEASED_FACTORY):
        total = (total / 5).quantize(Decimal(1))
    row = Project(
        name=plot.name,
        name_key=name_key(plot.name),
        pinyin=full,
        initials=initials,
        enterprise_id=plot.firm.id,
        town_id=plot.town.id,
        level=plot.level,
        category=plot.category,
        project_type=plot.kind,
        industry=plot.industry,
        site=plot.site,
        capacity=plot.capacity,
        total_wan=total,
        lead_unit=plot.unit,
        lead_department_id=plot.lead_department.id,
        leader=words.LEADERS[plot.number % 2],
        stage=plot.stage,
        status=plot.status,
        land_by_auction=plot.kind is ProjectType.NEW_BUILD,
    )
    if plot.kind in (ProjectType.NEW_BUILD, ProjectType.GOVERNMENT_WORKS):
        row.land_mu = Decimal(rng.randrange(15, 180))
        row.building_sqm = row.land_mu * Decimal(rng.randrange(700, 1300))
    else:
        row.building_sqm = Decimal(rng.randrange(3, 30) * 1000)
    made = Made(plot, row)
    dates = _dates(plot, rng)
    made.since = dates.since
    row.created_at = _at(dates.since)
    if plot.stage >= Stage.FILING:
        row.project_code = (
            f"{dates.since:%y%m}-440703-04-{'01' if plot.number % 2 else '02'}-{100000 + plot.number * 3571}"
        )
    _own_dates(plot, row, dates)
    session.add(row)
    session.flush()
    assert row.id is not None
    _write_plan(session, made, dates)
    _write_moves(session, made, dates)
    _write_people(session, rng, made, dates.since)
    _write_gate_facts(session, made)
    _write_money(session, rng, made, dates)
    session.flush()
    return made


@dataclass
class Dates:
    """Every step's promised and actual day, and the day each stage was entered."""

    since: date
    planned: dict[str, date]
    done: dict[str, date]
    wanted: list[PlanStep]
    entered: dict[Stage, date]
    critical: dict[str, int | None]


def _wanted(plot: Plot) -> list[PlanStep]:
    """The template's regular steps, and a few optional ones that suit the trade."""
    extra = {"P64"} if plot.industry == "食品加工" else set()
    if plot.number % 4 == 1:
        extra.add("P32")
    if plot.industry == "生物医药":
        extra.add("P23")
    chosen = [s for s in plot.steps if not s.optional or s.code in extra]
    if "P23" in extra:
        chosen = [s for s in chosen if s.code != "P24"]
    if plot.stage is Stage.EARLY_PLANNING and plot.number % 2:
        return []  # no plan yet: what an empty plan says
    return chosen


def _dates(plot: Plot, rng: Random) -> Dates:
    """What is done lies behind today in the plan's own order; what is open is laid out by the rule."""
    calendar, today = plot.calendar, plot.today
    wanted = _wanted(plot)
    heads: dict[str, int] = {}
    for step in wanted:
        heads[step.code] = max((heads.get(p, 0) for p in step.prerequisites), default=0) + step.duration_wd
    reached = Stage.TRIAL if plot.stage >= Stage.PRODUCTION else Stage(plot.stage - 1) if plot.stage else None
    done_codes = {s.code for s in wanted if reached is not None and s.stage <= reached}
    if plot.stage >= Stage.PRODUCTION:
        done_codes |= {s.code for s in wanted if s.code in (DONE, "G04")}
    elif plot.stage > Stage.EARLY_PLANNING:
        here = [s for s in wanted if s.stage == plot.stage]
        for step in here[: 1 + plot.number % max(1, len(here) - 1)] if len(here) > 1 else []:
            if all(p in done_codes for p in step.prerequisites if p in heads):
                done_codes.add(step.code)
    # One site with its building permit and nothing begun: the permit's three months run out.
    if plot.number == NOT_STARTED:
        done_codes -= {s.code for s in wanted if s.stage == Stage.CONSTRUCTION}
    took = lived(plot.number, wanted)
    gap = 1 + plot.number % 9 + (55 if plot.number == NOT_STARTED else 0)
    if plot.stage >= Stage.PRODUCTION:
        gap += 30 + plot.number % 40
    base = today if calendar.is_workday(today) else calendar.add_workdays(today, -1)
    passed = max((took[c] for c in done_codes), default=0) + gap
    start = calendar.add_workdays(base, -passed)
    done_codes |= ahead_of_stage(wanted, done_codes, took, plot.stage, passed)
    done = {c: calendar.add_workdays(start, took[c]) for c in done_codes}
    planned = {c: calendar.add_workdays(start, max(1, heads[c])) for c in done_codes}
    layout = lay_out(
        [
            Step(s.code, s.name, s.duration_wd, tuple(s.prerequisites), planned.get(s.code), done.get(s.code))
            for s in wanted
        ],
        calendar,
        calendar.add_workdays(base, (plot.number * 5) % 11 - 4),
    )
    soonest = calendar.add_workdays(base, 2 + plot.number * 3 % 14)
    critical: dict[str, int | None] = {}
    for placed in layout.placed:
        planned[placed.code], critical[placed.code] = max(placed.finish_on, soonest), placed.float_wd
    ready = [
        s for s in wanted if s.code not in done and all(p in done for p in s.prerequisites if p in heads)
    ]
    if plot.due_today and ready:
        planned[ready[0].code] = today
    elif plot.late:
        for i, step in enumerate(ready[: 1 + plot.number % 2]):
            planned[step.code] = calendar.add_workdays(base, -(2 + (plot.number + i * 5) % 14))
    entered = _entered(plot, wanted, done, start)
    since = min([*entered.values(), start]) - timedelta(days=rng.randrange(8, 30))
    return Dates(since, planned, done, wanted, entered, critical)


NOT_STARTED = 36


def _entered(plot: Plot, wanted: list[PlanStep], done: dict[str, date], start: date) -> dict[Stage, date]:
    """The day each stage was entered: when the steps of the ones before it were done."""
    entered = {Stage.EARLY_PLANNING: start - timedelta(days=20)}
    last = entered[Stage.EARLY_PLANNING]
    for stage in list(Stage)[1 : plot.stage + 1]:
        before = [done[s.code] for s in wanted if s.stage < stage and s.code in done]
        if stage is Stage.PRODUCTION:
            before = [done[DONE]]
        if stage is Stage.FULL_CAPACITY:
            before = [done[DONE] + timedelta(days=20)]
        last = max([last, *before]) if before else last + timedelta(days=WARM_UP)
        entered[stage] = min(last, plot.today)
    return entered


def _own_dates(plot: Plot, row: Project, dates: Dates) -> None:
    """The project's own promises, from its plan; stated by month, as ledgers do."""
    finish = next((c for c in FINISH if c in dates.planned), None)
    starts = dates.planned.get(START) or plot.today + timedelta(days=200 - 15 * plot.stage)
    finishes = dates.planned.get(finish, starts + timedelta(days=400)) if finish else starts + timedelta(400)
    if plot.late and plot.stage is Stage.CONSTRUCTION_PERMIT:
        starts = plot.today - timedelta(days=65)  # 应开工未开工
    row.start_on, row.start_precision = starts.replace(day=1), DatePrecision.MONTH
    if plot.number % 5 == 0:
        row.finish_on, row.finish_precision = date(finishes.year, 1, 1), DatePrecision.YEAR
    else:
        row.finish_on, row.finish_precision = finishes.replace(day=1), DatePrecision.MONTH
    row.production_on = dates.planned.get(DONE)
    if row.production_on is not None and DONE not in dates.done:
        slack = SLACK_WD[plot.number % len(SLACK_WD)]
        row.production_on = plot.calendar.add_workdays(row.production_on, slack)
    row.started_on = dates.done.get(START)
    row.finished_on = dates.done.get(finish) if finish and plot.stage >= Stage.TRIAL else None
    row.produced_on = dates.done.get(DONE)
    row.stage_entered_on = dates.entered[plot.stage]
    row.plan_class = (
        PlanClass.PREPARATION
        if plot.stage < Stage.LAND
        else PlanClass.NEW_START
        if row.started_on is None or row.started_on.year == plot.today.year
        else PlanClass.PRODUCTION
        if plot.stage >= Stage.TRIAL
        else PlanClass.CONTINUED
    )
    if plot.status is not ProjectStatus.ACTIVE:
        row.status_on = max(dates.entered[plot.stage], plot.today - timedelta(days=26))
        row.status_reason = {
            ProjectStatus.SUSPENDED: "资金问题：股东增资未到位，施工单位已退场，企业承诺两个月内复工",
            ProjectStatus.TERMINATED: "企业自身调整：企业将产能改投外地，双方协商终止协议",
            ProjectStatus.COMPLETED: "建设任务完成",
        }[plot.status]
    if plot.number % 13 == 6:
        row.ball, row.ball_note = "enterprise", "等企业提交修改后的总平面图"
    if plot.number % 17 == 9:
        row.ball, row.ball_note = "department", "等供电部门答复迁改窗口"


def _write_plan(session: Session, made: Made, dates: Dates) -> None:
    plot, project = made.plot, made.row
    for sort, step in enumerate(dates.wanted):
        item = plot.items.get(step.item_code or "")
        done = dates.done.get(step.code)
        milestone = Milestone(
            project_id=project.id or 0,
            code=step.code,
            name=step.name,
            stage=step.stage,
            item_id=item.id if item else None,
            department_id=item.department_id if item else None,
            waits_for=step.waits_for,
            duration_wd=step.duration_wd,
            baseline_on=dates.planned[step.code],
            planned_start_on=start_of(plot.calendar, dates.planned[step.code], step.duration_wd),
            planned_on=dates.planned[step.code],
            done_on=done,
            evidence=_evidence(step.code, done, plot.number) if done else "",
            critical=dates.critical.get(step.code) == 0,
            float_wd=dates.critical.get(step.code),
            sort=sort * 10,
        )
        made.milestones[step.code] = milestone
    session.add_all(made.milestones.values())
    session.flush()
    session.add_all(
        MilestoneLink(
            milestone_id=made.milestones[s.code].id or 0, prerequisite_id=made.milestones[p].id or 0
        )
        for s in dates.wanted
        for p in s.prerequisites
        if p in made.milestones
    )


def _evidence(code: str, done: date, number: int) -> str:
    word = EVIDENCE_WORD.get(code)
    return words.EVIDENCE.format(word=word, year=done.year, n=number * 3 + 11) if word else ""


def _write_moves(session: Session, made: Made, dates: Dates) -> None:
    stages = sorted(dates.entered)
    for before, after in pairwise(stages):
        session.add(
            StageMove(
                project_id=made.row.id or 0,
                from_stage=before,
                to_stage=after,
                moved_on=dates.entered[after],
                moved_at=_at(dates.entered[after]),
                note="" if made.plot.number % 6 else "按月度调度会意见转入下一阶段",
            )
        )


def _write_people(session: Session, rng: Random, made: Made, since: date) -> None:
    """Lead and co-officers with their dates; three projects were handed over, one has nobody."""
    plot, project_id = made.plot, made.row.id or 0
    change = plot.today - timedelta(days=75 + plot.number)
    if plot.handed_over and plot.gone is not None and since < change:
        session.add(
            Assignment(
                project_id=project_id,
                officer_id=plot.gone.id or 0,
                role=OfficerRole.LEAD,
                from_on=since,
                to_on=change - timedelta(days=1),
                note="工作调动，未办结事项随项目移交",
            )
        )
        since = change
    if plot.no_officer:
        session.add(
            Assignment(
                project_id=project_id,
                officer_id=(plot.gone or plot.lead).id or 0,
                role=OfficerRole.LEAD,
                from_on=since,
                to_on=plot.today - timedelta(days=9),
                note="专员调离，待督办重新指派",
            )
        )
    else:
        session.add(
            Assignment(
                project_id=project_id,
                officer_id=plot.lead.id or 0,
                role=OfficerRole.LEAD,
                from_on=since,
                note="由简伟岸移交" if plot.handed_over else "",
            )
        )
        if plot.co is not None and plot.co.id != plot.lead.id:
            session.add(
                Assignment(
                    project_id=project_id, officer_id=plot.co.id or 0, role=OfficerRole.CO, from_on=since
                )
            )
    if plot.stage >= Stage.FILING:
        for name in ("区自然资源局", "区住房和城乡建设局")[: 1 + plot.number % 2]:
            session.add(
                DepartmentContact(
                    project_id=project_id,
                    department_id=plot.departments[name].id or 0,
                    name=rng.choice(words.SURNAMES) + rng.choice(words.GIVEN),
                    phone=f"154{50_000_000 + plot.number:08d}",
                )
            )


def _write_gate_facts(session: Session, made: Made) -> None:
    """What the gates already passed asked for and no milestone proves, confirmed with its paper."""
    plot = made.plot
    has_contact = session.exec(select(Contact.id).where(col(Contact.enterprise_id) == plot.firm.id)).first()
    facts = gates.ProjectFacts(
        project_type=plot.kind,
        town=True,
        enterprise=True,
        credit_code=True,
        investment=True,
        large=(made.row.total_wan or 0) >= 10_000,
        land_area=made.row.land_mu is not None,
        land_by_auction=made.row.land_by_auction,
        project_code=made.row.project_code is not None,
        lead_officer=True,
        contact=has_contact is not None,
        department_contact=True,
        plan=True,
        started=True,
        finished=True,
        produced=True,
        done=frozenset(c for c, m in made.milestones.items() if m.done_on is not None),
        planned=frozenset(made.milestones),
    )
    for requirement in gates.missing_for(facts, plot.stage):
        if requirement.confirmable:
            session.add(
                GateFact(
                    project_id=made.row.id or 0,
                    code=requirement.any_of[0],
                    confirmed_on=made.row.stage_entered_on or plot.today,
                    evidence=f"{requirement.label}（随立项材料存档）",
                )
            )


def _write_money(session: Session, rng: Random, made: Made, dates: Dates) -> None:
    """Annual plans and monthly totals up to last month: ahead, on time, behind, far behind, not reported."""
    plot, project = made.plot, made.row
    if plot.stage < Stage.LAND or plot.status is ProjectStatus.TERMINATED:
        return
    total = project.total_wan or Decimal(0)
    for year in (plot.today.year - 1, plot.today.year):
        if dates.since.year > year:
            continue
        share = Decimal(rng.randrange(22, 46)) / 100
        plan = (total * share / 100).quantize(Decimal(1)) * 100 or Decimal(100)
        session.add(
            AnnualPlan(
                project_id=project.id or 0, year=year, plan_wan=plan, created_at=_at(date(year, 1, 20))
            )
        )
        last = plot.today.month - 1 if year == plot.today.year else 12
        first = max(1, dates.since.month if dates.since.year == year else 1)
        if year == plot.today.year:
            last -= plot.reports_missing
        else:
            first = max(first, 10)  # of last year the last quarter is enough to compare with
        for month in range(first, last + 1):
            session.add(_report(rng, plot, project.id or 0, year, month, plan))


def _report(
    rng: Random, plot: Plot, project_id: int, year: int, month: int, plan: Decimal
) -> MonthlyProgress:
    pace = plot.pace * (month / 12 if plot.pace < 0 else 1)
    share = max(0.02 * month / 12, month / 12 + pace) if month > 1 else 1 / 14
    done = (plan * Decimal(f"{share:.4f}")).quantize(Decimal(1))
    nice = month % 4 != plot.number % 4
    problem, step = rng.choice(words.PROBLEMS)
    if nice and plot.pace > -0.1:
        problem, step = "", rng.choice(words.NEXT_STEPS)
    ends = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    reported = min(plot.calendar.add_workdays(ends, 1 + plot.number % 4), plot.today)
    return MonthlyProgress(
        project_id=project_id,
        year=year,
        month=month,
        done_wan=done,
        progress=rng.choice(words.PROGRESS[plot.stage]),
        problem=problem,
        next_step=step,
        reported_on=reported,
        approved_at=_at(reported) if plot.number % 9 else None,
        created_at=_at(reported),
    )


def _at(day: date) -> datetime:
    """Two in the afternoon in the district."""
    return datetime.combine(day, time(6), tzinfo=UTC)
