"""The demo town's analysis: its cases counted, the drainage permit's reform with its before and after, and a
measure only just planned."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import col, select

from crm.core.access import SYSTEM, Actor
from crm.core.db import reading
from crm.demo.hall import REFORM_DAYS_AGO
from crm.insight.actions import tally
from crm.insight.actions.measures import make_measure, put_in_force
from crm.insight.inputs import MakeMeasure, PutInForce
from crm.insight.queries import bottlenecks
from crm.insight.queries.scope import Asked, By
from models import Item, User
from models.vocabulary import Role

DRAINAGE = "P35"


def write_measures(supervisor: Actor, today: date) -> None:
    """Count the town's cases, then make the two measures as the supervisor would."""
    tally.recount_stale(SYSTEM)
    reform_on = today - timedelta(days=REFORM_DAYS_AGO)
    decided_on = reform_on - timedelta(days=40)
    with reading() as session:
        drainage = session.exec(select(Item).where(Item.code == DRAINAGE)).one()
        ranked = bottlenecks.ranking(session, SYSTEM, Asked(), today=today, per_page=5).places
        handlers = {
            u.department_id: u.id
            for u in session.exec(select(User).where(col(User.role) == Role.DEPARTMENT).order_by(User.login))
        }
        anybody = next(iter(handlers.values()), supervisor.user_id or 0) or 0
        worst = next((p for p in ranked if p.key not in (None, drainage.id)), None)
        worst_of = session.get(Item, worst.key) if worst is not None else None
    made = make_measure(
        supervisor,
        MakeMeasure(
            title="排水许可由10个工作日压到5个，材料由8份减到5份",
            item_id=drainage.id,
            text="现场核查并入5个工作日，受理后2个工作日内启动；隐蔽工程竣工报告和水质检测报告可以书面承诺代替。",
            owner_id=handlers.get(drainage.department_id) or anybody,
            due_on=reform_on,
            found_in=Asked(by=By.ITEM, key=drainage.id).query(),
            request_id="demo-drainage",
        ),
        today=decided_on,
    )
    put_in_force(
        supervisor,
        PutInForce(measure_id=made, in_force_on=reform_on, note="全区范围实施，先行承诺、同步审批"),
        today=today,
    )
    if worst_of is not None:
        make_measure(
            supervisor,
            MakeMeasure(
                title=f"压减“{worst_of.name}”的用时",
                item_id=worst_of.id,
                text="先把受理到审查的等待压下来，下次例会前拿出办法。",
                owner_id=handlers.get(worst_of.department_id) or anybody,
                due_on=today + timedelta(days=21),
                found_in=Asked(by=By.ITEM, key=worst_of.id).query(),
                request_id="demo-worst",
            ),
            today=today,
        )
