"""The hall's briefing: what happened in a period, and where the key projects stood at its end.

The projects are read as rows and summed by `sentences`; the sums are held against the register's own
figures: a paper whose totals differ is not made (`Mismatch`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlmodel import Session, col, select

from crm.briefings.context import HallFacts, Pace, Problem, ProjectLine, Red
from crm.briefings.queries.contact import coming_promises, demand_facts, promise_facts, visit_facts
from crm.briefings.queries.permits import case_facts, decisions, open_nodes
from crm.briefings.queries.register import approved_reports, register_lines
from crm.briefings.sentences import together
from crm.core.access import Actor, Verb, project_condition
from crm.core.errors import CrmError, Refusal
from crm.core.i18n import _
from crm.projects.queries import MARK_LABELS, LightInfo, Mark, Summary, mark_condition, summary
from crm.workdays.queries import calendar as load_calendar
from models import Project
from models.vocabulary import Light, Party

DAYS_OF_MONTH = 28  # a period of so many days or more looks a month ahead, a shorter one a week


class Mismatch(CrmError):
    """Two ways of reading one figure differ: a paper with a wrong total is worse than none."""


def hall_facts(session: Session, actor: Actor, from_on: date, to_on: date, *, today: date) -> HallFacts:
    """What happened in [from_on, to_on], both days included, and where things stood at its end, or stand
    today when it is not over.

    Raises `Refusal` for a period that ends before it begins.
    """
    if to_on < from_on:
        raise Refusal(_("期间的结束日期（{b}）早于开始日期（{a}），请改正。", a=from_on, b=to_on))
    as_of = min(to_on, today)
    calendar = load_calendar(session)
    lines, lights = register_lines(session, actor, as_of)
    cases = case_facts(session, actor, from_on, to_on, as_of, calendar)
    ahead = 30 if (to_on - from_on).days + 1 >= DAYS_OF_MONTH else 7
    held = open_nodes(session, actor, as_of, calendar, until=as_of + timedelta(days=ahead))
    nodes = [m for _party, m in held]
    departments = [m for party, m in held if party is Party.DEPARTMENT]
    facts = HallFacts(
        from_on=from_on,
        to_on=to_on,
        as_of=as_of,
        visits=visit_facts(session, actor, from_on, to_on),
        demands=demand_facts(session, actor, from_on, to_on, as_of),
        promises=promise_facts(session, actor, from_on, to_on, as_of, calendar),
        cases=cases,
        pace=_pace(session, actor, as_of, lines),
        projects=lines,
        reds=_reds(lines, lights),
        problems=_problems(session, as_of, lines, lights),
        decisions=decisions(session, actor, as_of, departments, cases.overdue),
        coming_days=ahead,
        coming_nodes=tuple(m for m in nodes if not m.late),
        coming_promises=coming_promises(session, actor, as_of, ahead),
        late_nodes=tuple(m for m in nodes if m.late),
    )
    _reconcile(session, actor, facts)
    return facts


def _reconcile(session: Session, actor: Actor, facts: HallFacts) -> None:
    """The paper's own sums against the register's figures and its own parts."""
    whole, register = together("", facts.projects), summary(session, actor, facts.as_of)
    pairs: list[tuple[str, object, object]] = [
        ("项目数", whole.count, register.number),
        ("总投资", whole.total_wan, register.total_wan),
        ("年度计划", whole.plan_wan, register.plan_wan),
        ("累计完成", whole.done_wan, register.done_wan),
        ("截至月份", facts.pace.month, register.month),
        ("红灯项目", len(facts.reds), register.lights[Light.RED].value),
        (
            "暂停和已完成",
            sum(x.light is Light.GREY for x in facts.projects),
            register.lights[Light.GREY].value,
        ),
        ("走访次数", facts.visits.total, sum(c.n for c in facts.visits.by_mode)),
        ("分镇街走访", facts.visits.total, sum(c.n for c in facts.visits.by_town)),
        ("诉求件数", facts.demands.raised, sum(c.n for c in facts.demands.by_class)),
    ]
    wrong = [f"{name} {a} ≠ {b}" for name, a, b in pairs if a != b]
    if wrong:
        raise Mismatch(_("简报的合计数与明细不一致（{what}），未生成。请联系管理员。", what="；".join(wrong)))


def _pace(session: Session, actor: Actor, on: date, lines: Sequence[ProjectLine]) -> Pace:
    figures = summary(session, actor, on)
    month = figures.month
    planned = [x for x in lines if x.plan_wan]
    return Pace(
        year=on.year,
        month=month,
        behind_report=sum((x.done_month or 0) < month for x in planned) if month is not None else 0,
        planned_starts=figures.marks[Mark.START_PLANNED].value,
        started=figures.marks[Mark.STARTED].value,
        finished=figures.marks[Mark.FINISHED].value,
        produced=figures.marks[Mark.PRODUCED].value,
        not_started=_marked(session, actor, Mark.NOT_STARTED, on, figures),
        not_finished=_marked(session, actor, Mark.NOT_FINISHED, on, figures),
        not_produced=_marked(session, actor, Mark.NOT_PRODUCED, on, figures),
    )


def _marked(session: Session, actor: Actor, mark: Mark, on: date, figures: Summary) -> tuple[str, ...]:
    """The projects behind one of the register's figures, by name."""
    held = tuple(
        session.exec(
            select(Project.name)
            .where(project_condition(actor, Verb.PROJECT_VIEW), mark_condition(mark, on))
            .order_by(col(Project.start_on), col(Project.id))
        )
    )
    if len(held) != figures.marks[mark].value:
        raise Mismatch(_("“{what}”的项目数与清单不一致，未生成。请联系管理员。", what=_(MARK_LABELS[mark])))
    return held


def _reds(lines: Sequence[ProjectLine], lights: dict[int, LightInfo]) -> tuple[Red, ...]:
    return tuple(
        Red(
            project=x.name,
            town=x.town,
            cause=x.light_why.replace(" ", ""),
            unit=lights[x.project_id].holder if lights[x.project_id].party is Party.DEPARTMENT else x.unit,
            officers=x.officers,
            due_on=lights[x.project_id].due_on,
        )
        for x in lines
        if x.light is Light.RED
    )


def _problems(
    session: Session, on: date, lines: Sequence[ProjectLine], lights: dict[int, LightInfo]
) -> tuple[Problem, ...]:
    """Approved difficulties of the latest report, the projects at red first."""
    reports = approved_reports(session, [x.project_id for x in lines], on)
    worst_first = sorted(lines, key=lambda x: x.light is not Light.RED)
    found = []
    for x in worst_first:
        report, light = reports.get(x.project_id), lights[x.project_id]
        if report is None or not report.problem.strip():
            continue
        found.append(
            Problem(
                project=x.name,
                town=x.town,
                text=report.problem,
                next_step=report.next_step,
                unit=x.unit,
                officers=x.officers,
                due_on=light.next_on,
                due_what=light.next_name,
                month=report.month,
                reported_on=report.reported_on,
            )
        )
    return tuple(found)
