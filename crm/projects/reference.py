"""The milestone plan templates of the four project types, from `data/plan_steps.csv`; editable rows once seeded.

Steps and prerequisites follow the permit catalogue (crm.approvals); durations are the upper end of the
usual commitment in working days, those of construction steps (C..) are house defaults to be edited.
"""

from __future__ import annotations

import csv
from pathlib import Path

from sqlmodel import Session, select

from models import PlanStep
from models.vocabulary import Party, ProjectType, Stage

STEPS = Path(__file__).resolve().parent / "data" / "plan_steps.csv"


def read_steps() -> list[PlanStep]:
    """The rows of the data file as unsaved plan steps."""
    with STEPS.open(encoding="utf-8", newline="") as f:
        return [
            PlanStep(
                project_type=ProjectType(row["project_type"]),
                code=row["code"],
                name=row["name"],
                stage=Stage(int(row["stage"])),
                item_code=row["item_code"] or None,
                duration_wd=int(row["duration_wd"]),
                waits_for=Party(row["waits_for"]),
                prerequisites=row["prerequisites"].split(";") if row["prerequisites"] else [],
                optional=row["optional"] == "yes",
                sort=int(row["sort"]),
            )
            for row in csv.DictReader(f)
        ]


def seed(session: Session) -> None:
    """Add the template steps that are missing; touch none that is there."""
    known = {(s.project_type, s.code) for s in session.exec(select(PlanStep))}
    session.add_all(s for s in read_steps() if (s.project_type, s.code) not in known)
    session.flush()
