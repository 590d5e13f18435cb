"""What is done with the analysis. Importing this room registers the count that follows every import."""

from crm.insight.actions import tally

__all__ = ["tally"]
