"""Two hand-overs in the same moment, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlmodel import select

from crm.core.db import reading
from crm.core.errors import CrmError
from crm.projects import actions
from crm.projects.inputs import AssignForm, OfficerFields
from models import Assignment
from models.vocabulary import OfficerRole
from tests.conftest import MONDAY


def test_hand_overs_at_once_leave_exactly_one_lead(any_db, cast):
    candidates = [
        actions.create_officer(cast.supervisor, OfficerFields(name=f"专员{n}", unit="会客厅"))
        for n in range(4)
    ]
    project = cast.make_project("刚签约还没有专员的项目")
    start = Barrier(len(candidates))

    def hand_over(officer_id: int) -> bool:
        form = AssignForm(project_id=project, officer_id=officer_id, from_on=MONDAY, note="同时交接")
        start.wait()
        try:
            actions.assign(cast.supervisor, form, today=MONDAY)
        except CrmError:
            return False
        return True

    with ThreadPoolExecutor(len(candidates)) as pool:
        done = list(pool.map(hand_over, candidates))
    with reading() as session:
        leads = session.exec(
            select(Assignment.officer_id).where(
                Assignment.project_id == project,
                Assignment.role == OfficerRole.LEAD,
                Assignment.to_on.is_(None),
            )
        ).all()
    assert any(done)
    assert len(leads) == 1
    assert leads[0] in candidates
