"""From a figure to the cases it counted: the list of cases takes its filters from the URL."""

from __future__ import annotations

from typing import Any

from crm.insight.queries.bottlenecks import Place
from crm.insight.queries.scope import Asked, By
from crm.insight.rules import Measure, Months
from crm.ui import links

# What of the list's filters says the same as the measure.
_FILTERS: dict[Measure, dict[str, str]] = {
    Measure.GRANTED: {"outcome": "granted"},
    Measure.REFUSED: {"outcome": "refused"},
    Measure.RETURNED: {"state": "returned"},
    Measure.CORRECTIONS: {"corrected": "yes"},
    Measure.RUNNING_WD: {"running": "0..", "sort": "longest"},
    Measure.ENTERPRISE_WD: {"enterprise_time": "0.."},
    Measure.STOPPED_WD: {"stopped_time": "0.."},
    Measure.TOTAL_WD: {"total_time": "0.."},
    Measure.LATE: {"late": "yes"},
    Measure.LATE_OWN: {"own_late": "yes"},
    Measure.PROCEDURES: {"procedures": "yes"},
    Measure.PROCEDURE_LATE: {"opened_late": "yes"},
    Measure.PROCEDURE_UNTOLD: {"untold": "yes"},
    Measure.STEP_WAIT: {"wait": "0.."},
}
_NAMES = {By.ITEM: "item_id", By.DEPARTMENT: "department_id", By.STEP: "step", By.TOWN: "town_id"}


def cases(asked: Asked, place: Place | None, period: Months, measure: Measure) -> str:
    """The URL of the cases behind one figure of a place (None: of the whole view) in a period."""
    return links.to("case", **query(asked, place, period, measure))


def query(asked: Asked, place: Place | None, period: Months, measure: Measure) -> dict[str, Any]:
    """The same as the list's parameters."""
    found: dict[str, Any] = {
        "item_id": asked.item,
        "department_id": asked.department,
        "town_id": asked.town,
    }
    if place is not None and asked.by in _NAMES and (place.key is not None or asked.by is not By.ITEM):
        found[_NAMES[asked.by]] = place.key or 0
    first, last = f"{period.first:%Y-%m}", f"{period.last:%Y-%m}"
    months = first if period.count == 1 else f"{first}..{last}"
    if measure is Measure.RECEIVED:
        found |= {"state": "all", "received": months}
    else:
        found |= {"state": "closed", "decided": months} | _FILTERS.get(measure, {})
    return found
