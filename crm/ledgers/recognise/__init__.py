"""A workbook's plain cells to project rows: where the header is, what each column means, which lines
are sections, totals and notes. Pure; what is uncertain is said, not guessed silently.
"""

from crm.ledgers.recognise.book import understand
from crm.ledgers.recognise.lines import is_total, place_of, strip_enumerator
from crm.ledgers.recognise.periods import period_of
from crm.ledgers.recognise.shapes import (
    IGNORE,
    KEEP,
    Choice,
    Column,
    Place,
    SheetView,
    SourceRow,
    Understanding,
    letter,
)

__all__ = [
    "IGNORE", "KEEP", "Choice", "Column", "Place", "SheetView", "SourceRow", "Understanding", "is_total", "letter",
    "period_of", "place_of", "strip_enumerator", "understand",
]  # fmt: skip
