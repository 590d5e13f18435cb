"""What a ledger's cell means: amounts, dates, spans, officers, codes, places. Pure.

Every parser answers with a value or raises `Unreadable`, whose message says what is wrong and how
to mend it. An empty cell (blank, —, /, 待定 …) is None, never zero.
"""

from crm.ledgers.values.amounts import MAX_WAN, UNITS, YUAN, amount, measure
from crm.ledgers.values.codes import credit_code, project_code
from crm.ledgers.values.dates import Day, day, small, span, start, years_in_digits
from crm.ledgers.values.persons import Person, people, phone, phones
from crm.ledgers.values.places import (
    Towns,
    categories_in,
    category,
    category_of,
    level,
    level_of,
    plan_class_of,
)
from crm.ledgers.values.words import EMPTY, UNKNOWN, Unreadable, blank, is_empty, name, narrow, text

__all__ = [
    "EMPTY", "MAX_WAN", "UNITS", "UNKNOWN", "YUAN", "Day", "Person", "Towns", "Unreadable", "amount", "blank",
    "categories_in", "category", "category_of", "credit_code", "day", "is_empty", "level", "level_of", "measure", "name", "narrow",
    "people", "phone", "phones", "plan_class_of", "project_code", "small", "span", "start", "text", "years_in_digits",
]  # fmt: skip
