"""A project's plan as it was known on a day, ready for the forecast. Pure; the records are passed in.

For a day gone by only what had happened by then counts: a step done later is open again, a case decided
later is running again. The graph itself and the plan's durations are today's, for older ones are not kept;
the back-test says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from crm.insight.forecast.history_rules import Ahead
from crm.projects.plan_rules import Step
from crm.workdays.rules import Calendar
from models.vocabulary import Party, ProjectStatus, Stage


@dataclass(frozen=True)
class MilestoneFact:
    """A milestone as recorded. `kind` is its item's, "" without one."""

    id: int
    code: str
    name: str
    stage: Stage
    item_id: int | None
    kind: str
    party: Party
    duration_wd: int
    planned_on: date | None
    done_on: date | None
    inactive: bool


@dataclass(frozen=True)
class CaseFact:
    """A case of a milestone that was accepted. `decided_on` None while it runs."""

    accepted_on: date
    decided_on: date | None


@dataclass(frozen=True)
class ProjectFacts:
    """One project's plan. `before`: milestone id -> ids of its prerequisites; `cases` by milestone id;
    `entered`: the first day of each stage it has entered, as far as that is recorded."""

    id: int
    name: str
    status: ProjectStatus
    production_on: date | None
    milestones: tuple[MilestoneFact, ...]
    before: Mapping[int, tuple[int, ...]]
    cases: Mapping[int, tuple[CaseFact, ...]]
    stage: Stage = Stage.EARLY_PLANNING
    entered: Mapping[Stage, date] = field(default_factory=dict)

    def ahead(self, calendar: Calendar, as_of: date) -> list[Ahead]:
        """The milestones as the forecast of that day sees them, in their order."""
        by_id = {m.id: m for m in self.milestones}

        def done_by(m: MilestoneFact) -> date | None:
            return m.done_on if m.done_on is not None and m.done_on <= as_of else None

        def since(m: MilestoneFact) -> date | None:
            """The day the last prerequisite was done, or its stage was entered if that was later. None
            while one is open or the stage not entered, or without any prerequisite."""
            entered = self.entered.get(m.stage)
            if (entered is not None and entered > as_of) or (entered is None and m.stage > self.stage):
                return None
            last: date | None = None
            todo, met = list(self.before.get(m.id, ())), set[int]()
            while todo:
                p = by_id.get(todo.pop())
                if p is None or p.id in met:
                    continue
                met.add(p.id)
                on = done_by(p)
                if on is None and p.inactive:
                    todo.extend(self.before.get(p.id, ()))
                elif on is None:
                    return None
                elif last is None or on > last:
                    last = on
            return max(last, entered) if last is not None and entered is not None else last

        found = []
        for m in self.milestones:
            done_on = done_by(m)
            begun = since(m) if done_on is None and not m.inactive else None
            accepted = [
                c.accepted_on
                for c in self.cases.get(m.id, ())
                if c.accepted_on <= as_of and (c.decided_on is None or c.decided_on > as_of)
            ]
            found.append(
                Ahead(
                    step=Step(
                        code=m.code,
                        name=m.name,
                        duration_wd=m.duration_wd,
                        prerequisites=tuple(by_id[p].code for p in self.before.get(m.id, ()) if p in by_id),
                        planned_on=m.planned_on,
                        done_on=done_on,
                        inactive=m.inactive and done_on is None,
                    ),
                    stage=m.stage,
                    party=m.party,
                    item_id=m.item_id,
                    kind=m.kind,
                    used_wd=max(0, calendar.count_workdays(begun, as_of)) if begun is not None else 0,
                    begun=begun is not None,
                    case_wd=max(0, calendar.count_workdays(min(accepted), as_of)) if accepted else None,
                )
            )
        return found
