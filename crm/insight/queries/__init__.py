"""Reads of the tally: where approvals stick."""
