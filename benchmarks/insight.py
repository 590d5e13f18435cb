"""How long the analysis takes at a hall's full size, beside asking the cases themselves for the same figures.

`python -m benchmarks.insight`: on the database that CRM_VAR / CRM_DATABASE_URL name, filled by
`python -m benchmarks.hall fill`; what was not counted yet is counted first. `python -m benchmarks insight` fills
a tenth of a year by itself. Ours are medians of five, "bare" is one run of the plain SQL over `permit_case` and
`case_event` that gives the counts, sums and histograms of the same places in the same two periods, without names,
order and pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from benchmarks.__main__ import TODAY, Line, once, seconds
from crm.core.access import SYSTEM
from crm.core.db import reading
from crm.insight.actions import tally
from crm.insight.queries import bottlenecks
from crm.insight.queries.scope import Asked, By
from crm.insight.rules import Months
from models import Case, CaseEvent
from models.vocabulary import CaseOutcome, CaseState

DAYS = (Case.running_wd, Case.enterprise_wd, Case.stopped_wd)
KEYS: dict[By, Any] = {By.ITEM: Case.item_id, By.DEPARTMENT: Case.department_id, By.TOWN: Case.town_id}
BESIDE = "the same counts from the cases"


def naive(session: Session, asked: Asked) -> None:
    """The figures of a view asked of the cases directly."""
    for period in (asked.period(TODAY), asked.before(TODAY)):
        for query in _steps(period) if asked.by is By.STEP else _cases(period, asked):
            session.execute(query).all()


def _cases(period: Months, asked: Asked) -> Iterator[sa.Select[Any]]:
    inside = [col(Case.decided_on) >= period.first, col(Case.decided_on) < period.end]
    if asked.key is not None:
        inside.append(col(KEYS[asked.by]) == asked.key)
    # A month as a key: the databases write it unlike, a year and a month they both know.
    month = (sa.extract("year", col(Case.decided_on)), sa.extract("month", col(Case.decided_on)))
    key = month if asked.by is By.MONTH else (col(KEYS[asked.by]),)

    def some(condition: Any) -> Any:
        return sa.func.sum(sa.case((condition, 1), else_=0))

    yield (
        sa.select(
            *key,
            sa.func.count(),
            some(col(Case.outcome) == CaseOutcome.GRANTED),
            some(col(Case.outcome) == CaseOutcome.REFUSED),
            some(col(Case.state).in_((CaseState.NOT_ACCEPTED, CaseState.WITHDRAWN))),
            some(col(Case.late).is_(True)),
            sa.func.count(col(Case.late)),
            sa.func.sum(col(Case.corrections)),
        )
        .where(*inside)
        .group_by(*key)
    )
    for days in DAYS:
        yield sa.select(*key, col(days), sa.func.count()).where(*inside).group_by(*key, col(days))


def _steps(period: Months) -> Iterator[sa.Select[Any]]:
    yield (
        sa.select(col(CaseEvent.step_id), col(CaseEvent.wait_wd), sa.func.count())
        .join(Case, col(Case.id) == col(CaseEvent.case_id))
        .where(
            col(Case.decided_on) >= period.first,
            col(Case.decided_on) < period.end,
            col(CaseEvent.wait_wd).is_not(None),
        )
        .group_by(col(CaseEvent.step_id), col(CaseEvent.wait_wd))
    )


def measure() -> Iterator[Line]:
    """Every view of the page over three months and over twelve, and counting itself."""
    yield from _counting()
    with reading() as session:
        first = bottlenecks.ranking(session, SYSTEM, Asked(), today=TODAY).places[0].key
        views = [Asked(by=by, span=span) for span in (3, 12) for by in By]
        views += [Asked(by=By.ITEM, span=span, key=first) for span in (3, 12)]
        for asked in views:
            name = f"{asked.by.value}{', one' if asked.key else ''}, {asked.span} months"
            ours = seconds(_view(session, asked)) * 1_000
            yield Line(f"analysis by {name}", ours, "ms", once(_naive(session, asked)) * 1_000, BESIDE)


def _view(session: Session, asked: Asked) -> Callable[[], None]:
    def run() -> None:
        if asked.key is None:
            bottlenecks.ranking(session, SYSTEM, asked, today=TODAY)
        else:
            bottlenecks.place(session, SYSTEM, asked, today=TODAY)
        session.rollback()

    return run


def _naive(session: Session, asked: Asked) -> Callable[[], None]:
    def run() -> None:
        naive(session, asked)
        session.rollback()

    return run


def _counting() -> Iterator[Line]:
    """Counting one whole month anew, beside reading its cases once; and finding what changed."""
    with reading() as session:
        stale = tally.stale_months(session)
    if stale:
        tally.recount(SYSTEM, stale)
    month = Asked(span=1).period(TODAY)

    def read() -> None:
        with reading() as session:
            for query in (*_cases(month, Asked()), *_steps(month)):
                session.execute(query).all()

    def find() -> None:
        with reading() as session:
            tally.stale_months(session)

    plain = seconds(read, times=3) * 1_000
    yield Line(
        "counting a month anew", once(lambda: tally.recount(SYSTEM, month)) * 1_000, "ms", plain, BESIDE
    )
    yield Line("finding the months that changed", seconds(find, times=3) * 1_000, "ms", None, "")


def main() -> None:
    print(f"{'what':44} {'ours':>12} {'bare':>12} {'unit':12} {'ours/bare':>8}  beside")
    for line in measure():
        print(line, flush=True)


if __name__ == "__main__":
    main()
