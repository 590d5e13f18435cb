"""Reference data of this room."""

from __future__ import annotations

from sqlmodel import Session


def seed(session: Session) -> None:
    """Add what is missing."""
