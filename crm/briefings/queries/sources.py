"""The records behind the figures of the hall's first paragraphs: every number opens what it counts.

The same conditions as the figures themselves, on the same days, so that a number and its list never differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.briefings.context import HallFacts, ProjectLine
from crm.briefings.queries.contact import demand_scope, promise_rows, promise_scope, visit_where
from crm.briefings.queries.days import happened_by
from crm.briefings.queries.permits import case_rows, case_subject, clocks_on, is_late
from crm.briefings.sentences import together
from crm.briefings.sentences.words import ahead, percent, points_cell, yi
from crm.core.access import Actor, Verb, project_condition
from crm.core.i18n import _
from crm.projects.queries import MARK_LABELS, Mark, mark_condition
from crm.projects.rules import completion_pct
from crm.workdays.queries import calendar as load_calendar
from models import Case, Demand, Enterprise, Project, Visit
from models.vocabulary import Light


@dataclass(frozen=True)
class Entry:
    """One record: `page` and `id` of its screen, "" and 0 for one that has none."""

    label: str
    page: str
    id: int


@dataclass(frozen=True)
class Source:
    """One figure of the paper as printed, and the records it counts or sums."""

    figure: str
    value: str
    entries: tuple[Entry, ...]


def hall_sources(session: Session, actor: Actor, facts: HallFacts) -> tuple[Source, ...]:
    """The figures of the first two paragraphs, in their order."""
    return (
        *_of_projects(session, actor, facts),
        *_of_contact(session, actor, facts),
        *_of_cases(session, actor, facts),
        *_at_the_end(facts),
    )


def _count(figure: str, entries: Iterable[Entry]) -> Source:
    held = tuple(entries)
    return Source(figure, str(len(held)), held)


def _lines(lines: Iterable[ProjectLine]) -> tuple[Entry, ...]:
    return tuple(Entry(x.name, "project", x.project_id) for x in lines)


def _of_projects(session: Session, actor: Actor, f: HallFacts) -> list[Source]:
    whole, everything = together("", f.projects), _lines(f.projects)
    planned = _lines(x for x in f.projects if x.plan_wan)
    found = [
        Source(_("重点项目数"), str(whole.count), everything),
        _count(_("其中暂停"), _lines(x for x in f.projects if x.suspended)),
        _count(_("其中已完成"), _lines(x for x in f.projects if x.completed)),
        Source(_("项目总投资"), yi(whole.total_wan), everything),
        Source(_("年度计划投资"), yi(whole.plan_wan), planned),
        Source(
            _("累计完成投资"), yi(whole.done_wan), _lines(x for x in f.projects if x.done_wan is not None)
        ),
    ]
    rate = completion_pct(whole.done_wan, whole.plan_wan)
    if rate is not None and f.pace.month is not None:
        found.append(Source(_("占年度计划投资"), percent(rate), planned))
    points = ahead(whole.done_wan, whole.plan_wan, f.pace.month)
    if points is not None:
        found.append(Source(_("与序时进度相比（百分点）"), points_cell(points), planned))
    for mark in (
        Mark.START_PLANNED,
        Mark.STARTED,
        Mark.FINISHED,
        Mark.PRODUCED,
        Mark.NOT_STARTED,
        Mark.NOT_FINISHED,
        Mark.NOT_PRODUCED,
    ):
        rows = session.exec(
            select(Project.id, Project.name)
            .where(project_condition(actor, Verb.PROJECT_VIEW), mark_condition(mark, f.as_of))
            .order_by(col(Project.pinyin), col(Project.id))
        )
        found.append(_count(_(MARK_LABELS[mark]), (Entry(n, "project", int(i or 0)) for i, n in rows)))
    return found


def _of_contact(session: Session, actor: Actor, f: HallFacts) -> list[Source]:
    visits = session.execute(
        sa.select(Visit.id, Visit.visited_on, Enterprise.name, Project.name, Enterprise.id)
        .outerjoin(Project, col(Project.id) == col(Visit.project_id))
        .outerjoin(
            Enterprise,
            col(Enterprise.id) == sa.func.coalesce(col(Visit.enterprise_id), col(Project.enterprise_id)),
        )
        .where(*visit_where(actor, f.from_on, f.to_on))
        .order_by(col(Visit.visited_on), col(Visit.id))
    ).all()
    firms = {firm_id: Entry(firm, "enterprise", firm_id) for _i, _on, firm, _p, firm_id in visits if firm_id}

    def demands(day: object) -> list[Entry]:
        rows = session.exec(
            select(Demand)
            .where(demand_scope(actor), col(day) >= f.from_on, col(day) <= f.to_on)  # type: ignore[arg-type, operator]
            .order_by(col(Demand.raised_on), col(Demand.id))
        )
        return [
            Entry(
                d.content,
                "visit" if d.visit_id else "project" if d.project_id else "enterprise",
                d.visit_id or d.project_id or d.enterprise_id or 0,
            )
            for d in rows
        ]

    due, kept = [], []
    for p, to in promise_rows(session, promise_scope(actor, f.as_of)):
        done = happened_by(p.done_on, f.as_of)
        if p.due_on is None or not f.from_on <= p.due_on <= f.to_on or (done is None and p.due_on > f.as_of):
            continue
        entry = Entry(f"{to}：{p.text}", "visit", p.visit_id)
        due.append(entry)
        if done is not None and done <= p.due_on:
            kept.append(entry)
    return [
        _count(
            _("走访接待"),
            (Entry(f"{on} {firm or project or ''}", "visit", i) for i, on, firm, project, _id in visits),
        ),
        _count(_("涉及企业"), firms.values()),
        _count(_("收到企业诉求"), demands(Demand.raised_on)),
        _count(_("办结诉求"), demands(Demand.closed_on)),
        _count(_("到期承诺"), due),
        _count(_("按期兑现"), kept),
    ]


def _of_cases(session: Session, actor: Actor, f: HallFacts) -> list[Source]:
    rows = case_rows(
        session, actor, f.as_of, [col(Case.decided_on) >= f.from_on, col(Case.decided_on) <= f.as_of]
    )
    clocks = clocks_on(session, [r[0] for r in rows], f.as_of, load_calendar(session))
    entries = {
        c.id or 0: Entry(f"{case_subject(project, firm)} {item.name}", "case", c.id or 0)
        for c, item, _department, project, firm in rows
    }
    return [
        _count(_("审批办结"), entries.values()),
        _count(_("其中超时"), (e for i, e in entries.items() if is_late(clocks[i]))),
    ]


def _at_the_end(f: HallFacts) -> list[Source]:
    ids = {x.name: x.project_id for x in f.projects}
    return [
        _count(_("红灯项目"), _lines(x for x in f.projects if x.light is Light.RED)),
        _count(
            _("需领导协调事项"),
            (
                Entry(f"{m.subject}：{m.what}", "project" if m.subject in ids else "", ids.get(m.subject, 0))
                for m in f.decisions
            ),
        ),
    ]
