"""A case's light as SQL, from the hints alone: for lists and boards of many cases.

The same table as `rules.clock`, read off the dates that `actions.refresh_hints` writes at every step. It holds
for any day from the case's last step on: while a stop holds the due date moves with it, and only one that had
passed before the stop began (`held_from`) stays past. tests/approvals/test_light_sql.py compares it with
`clocks_of` on random cases on both databases.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from models import Case
from models.vocabulary import Light


def light_on(today: date, case: Any = Case) -> sa.ColumnElement[str]:
    """The light of a case on the day, as one of `Light`'s values. `case` may be an alias of `Case`."""
    committed = sa.func.coalesce(col(case.promised_due_on), col(case.due_on))
    return sa.case(
        (col(case.decided_on).is_not(None), Light.GREY.value),
        (sa.or_(_past_legal(today, case), _past_promise(today, case)), Light.RED.value),
        (col(case.untold_from) <= today, Light.ORANGE.value),
        (col(case.held_from) <= today, Light.BLUE.value),
        (committed == today, Light.ORANGE.value),
        (col(case.yellow_on) <= today, Light.YELLOW.value),
        else_=Light.GREEN.value,
    )


def light_is(lights: Collection[Light], today: date, case: Any = Case) -> sa.ColumnElement[bool]:
    """Whether the case shows one of these lights on the day. An open case is found by its index first."""
    wanted = light_on(today, case).in_(sorted(light.value for light in lights))
    if Light.GREY not in lights:
        return sa.and_(col(case.decided_on).is_(None), wanted)
    return wanted


def past_legal(today: date, case: Any = Case) -> sa.ColumnElement[bool]:
    """Whether an open case is past the limit of the law on the day."""
    return sa.and_(col(case.decided_on).is_(None), _past_legal(today, case))


def _past_legal(today: date, case: Any) -> sa.ColumnElement[bool]:
    # Where no law limits it, the hall's own deadline stands in `due_on`: that is no law.
    return sa.and_(col(case.legal_limit).is_not(None), _past(today, col(case.due_on), case))


def _past_promise(today: date, case: Any) -> sa.ColumnElement[bool]:
    return _past(today, col(case.promised_due_on), case)


def _past(today: date, due: Any, case: Any) -> sa.ColumnElement[bool]:
    held = col(case.held_from)
    return sa.and_(
        due < today,
        # A limit of no day at all is due on day zero, whatever stops it afterwards.
        sa.or_(held.is_(None), due < held, due == col(case.starts_on)),
    )
