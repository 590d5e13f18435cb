"""Brings an empty or older database up to date: tables, then each room's reference data.

Called first by every command and by the server. Costs a few milliseconds when nothing is to do.
"""

from __future__ import annotations

import importlib

from sqlmodel import Session

from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.migrate import upgrade
from models import Setting

# Bump when a room's reference data changes; each seed only adds what is missing.
REFERENCE_VERSION = 1
ROOMS = ("crm.core", "crm.workdays", "crm.approvals", "crm.projects", "crm.alerts", "crm.briefings")


def prepare() -> None:
    """Tables to the head, reference data present (towns, departments, calendar, catalogue, thresholds)."""
    upgrade()
    with reading() as session:
        if _seeded(session) >= REFERENCE_VERSION:
            return
    with unit_of_work(SYSTEM, "prepare.reference") as session:
        if _seeded(session) >= REFERENCE_VERSION:
            return
        for room in ROOMS:
            importlib.import_module(f"{room}.reference").seed(session)
        row = session.get(Setting, "reference")
        if row is None:
            session.add(Setting(key="reference", value={"version": REFERENCE_VERSION}))
        else:
            row.value = {"version": REFERENCE_VERSION}


def _seeded(session: Session) -> int:
    row = session.get(Setting, "reference")
    return int(row.value.get("version", 0)) if row else 0
