"""A district's worth of rows, written fast and without a trail: 5,000 projects, 60,000 milestones."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from crm.core.access import SYSTEM
from crm.core.db import unit_of_work
from crm.core.names import name_key, pinyin_of
from crm.core.today import now
from models import (
    AnnualPlan,
    Assignment,
    Base,
    Department,
    Enterprise,
    Milestone,
    MonthlyProgress,
    Officer,
    Project,
    Town,
    Visit,
)
from models.vocabulary import (
    Category,
    Level,
    OfficerRole,
    Party,
    ProjectStatus,
    ProjectType,
    Stage,
    VisitState,
)

FIRST = "恒瑞钜启博铭澜朗兆金新聚汇千力顺冠德正星景安天"
SECOND = "岳朗能明锐鸿海晟驰禾翼芯川帆合科宇润邦耀致泰玑"
TRADE = ("新能源电池", "精密模具", "半导体封装", "智能照明", "食品饮料", "生物医药", "绿色建材", "冷链物流")


def fill(today: date, *, projects: int = 5_000, milestones_each: int = 12, seed: int = 7) -> None:
    """Fill the current, prepared database. About one milestone in twelve is overdue or near."""
    dice = random.Random(seed)
    with unit_of_work(SYSTEM, "benchmark.fill") as session:
        towns = [t.id for t in session.exec(select(Town))]
        departments = [d.id for d in session.exec(select(Department))]
        officers = []
        for number in range(200):
            officer = Officer(name=f"专员{number:03d}", town_id=dice.choice(towns))
            session.add(officer)
            officers.append(officer)
        session.flush()
        officer_ids = [o.id for o in officers]
        rows: dict[type[Base], list[dict[str, Any]]] = {
            m: [] for m in (Enterprise, Project, Assignment, AnnualPlan, MonthlyProgress, Milestone, Visit)
        }
        for i in range(1, projects + 1):
            word = dice.choice(FIRST) + dice.choice(SECOND) + dice.choice(FIRST)
            firm, name = f"江门市{word}{i}有限公司", f"{word}{dice.choice(TRADE)}项目{i}"
            fpy, fin = pinyin_of(firm)
            ppy, pin = pinyin_of(name)
            town = dice.choice(towns)
            rows[Enterprise].append(
                {
                    "id": i,
                    "name": firm,
                    "name_key": name_key(firm),
                    "pinyin": fpy,
                    "initials": fin,
                    "town_id": town,
                }
            )
            stage = dice.choice(list(Stage)[:10])
            plan = Decimal(dice.randint(1_000, 90_000))
            rows[Project].append(
                {
                    "id": i,
                    "name": name,
                    "name_key": name_key(name),
                    "pinyin": ppy,
                    "initials": pin,
                    "enterprise_id": i,
                    "town_id": town,
                    "level": dice.choice(list(Level)),
                    "category": dice.choice(list(Category)),
                    "project_type": dice.choice(list(ProjectType)),
                    "status": ProjectStatus.ACTIVE,
                    "stage": stage,
                    "stage_entered_on": today - timedelta(days=dice.randint(5, 200)),
                    "total_wan": plan * 3,
                    "lead_department_id": dice.choice(departments),
                    "last_contact_on": today - timedelta(days=dice.randint(0, 60)),
                }
            )
            rows[Assignment].append(
                {
                    "project_id": i,
                    "officer_id": dice.choice(officer_ids),
                    "role": OfficerRole.LEAD,
                    "from_on": today - timedelta(days=300),
                }
            )
            rows[AnnualPlan].append({"project_id": i, "year": today.year, "plan_wan": plan})
            for month in range(1, today.month):
                rows[MonthlyProgress].append(
                    {
                        "project_id": i,
                        "year": today.year,
                        "month": month,
                        "done_wan": (plan * month / 12 * dice.randint(60, 110) / 100).quantize(Decimal(1)),
                        "reported_on": date(today.year, month, 28),
                        "approved_at": now(),
                    }
                )
            for number in range(milestones_each):
                planned = today + timedelta(days=dice.randint(-400, 500))
                done = (
                    planned + timedelta(days=dice.randint(-5, 5))
                    if planned < today - timedelta(days=20)
                    else None
                )
                if done is None and planned < today and dice.random() < 0.6:
                    done = planned
                rows[Milestone].append(
                    {
                        "project_id": i,
                        "code": f"M{number:02d}",
                        "name": f"节点{number:02d}",
                        "stage": stage,
                        "department_id": dice.choice(departments),
                        "waits_for": Party.DEPARTMENT,
                        "planned_on": planned,
                        "done_on": done,
                        "sort": number,
                    }
                )
            for _ in range(4):
                rows[Visit].append(
                    {
                        "request_id": f"b{i}-{_}",
                        "enterprise_id": i,
                        "project_id": i,
                        "visited_on": today - timedelta(days=dice.randint(0, 120)),
                        "note": "了解建设进展",
                        "state": VisitState.COMPLETE,
                    }
                )
        for model, values in rows.items():
            insert_in_batches(session, model, values)


def insert_in_batches(
    session: Session, model: type[Base], values: list[dict[str, Any]], size: int = 2_000
) -> None:
    table = sa.inspect(model).local_table
    defaults = blank_row(model)
    names = set().union(*(v.keys() for v in values)) if values else set()
    for start in range(0, len(values), size):
        batch = [defaults | v for v in values[start : start + size]]
        session.connection().execute(sa.insert(table), batch)
    if "id" in names and session.connection().dialect.name == "postgresql":
        session.connection().execute(
            sa.select(
                sa.func.setval(
                    sa.func.pg_get_serial_sequence(table.name, "id"),
                    sa.select(sa.func.max(table.c.id)).scalar_subquery(),
                )
            )
        )


def blank_row(model: type[Base]) -> dict[str, Any]:
    """The model's own defaults, by column name."""
    return {
        name: field.get_default(call_default_factory=True, validated_data={})
        for name, field in model.model_fields.items()
        if not field.is_required() and name != "id"
    }
