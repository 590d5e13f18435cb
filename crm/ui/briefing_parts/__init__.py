"""Pieces of the two briefing screens."""
