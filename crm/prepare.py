"""Brings an empty or older database up to date: tables, each room's reference data, the rules due today.

Called first by every command and by the server. Costs a few milliseconds when nothing is to do.
"""

from __future__ import annotations

import importlib

from sqlmodel import Session

from crm.approvals.actions.catalogue import bring_into_force
from crm.core.access import SYSTEM
from crm.core.db import reading, unit_of_work
from crm.core.migrate import upgrade
from crm.core.today import today
from models import Setting

# Bump when a room's reference data changes; each seed only adds what is missing.
REFERENCE_VERSION = 2
ROOMS = ("crm.core", "crm.workdays", "crm.approvals", "crm.projects", "crm.alerts", "crm.briefings")


def prepare() -> None:
    """Tables to the head, reference data present (towns, departments, calendar, catalogue, thresholds), and of
    each item of the catalogue the rule that is in force today."""
    upgrade()
    _reference()
    bring_into_force(today())


def _reference() -> None:
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
