"""The expiry watch: issued permits whose end, or last day to apply for renewal, is near or past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.approvals.queries.cases import _named, case_condition
from crm.core.access import Actor, Verb, require
from models import Case, Item, Project
from models.vocabulary import ProjectStatus

# Permits that lapse unless building starts; once it has started they are watched no more.
# 建筑法 第九条 (P34); 环境影响评价法 第二十四条 (P23, P24); 水利部令第53号 (P27, P28); filing and
# approval of the project (P12, P13) and the energy review (P26).
START_BOUND = frozenset({"P12", "P13", "P23", "P24", "P26", "P27", "P28", "P34"})


@dataclass(frozen=True)
class ExpiryRow:
    """One issued permit whose end, or last day to apply for renewal, is near or past."""

    case_id: int
    item_code: str
    item: str
    permit_no: str
    enterprise: str
    project_id: int | None
    project: str
    issued_on: date
    expires_on: date
    renew_by_on: date | None
    must_start: bool  # it lapses because building has not started
    act_by_on: date  # the earlier of the two dates: the one to act before
    days_left: int  # calendar days to `act_by_on`; negative when past
    follow_up: str


def expiry_watch(session: Session, actor: Actor, today: date, *, within_days: int = 90) -> list[ExpiryRow]:
    """Issued permits to act on within so many calendar days, soonest first.

    A permit that only lapses without a start is left out once the project has started; so is any
    permit of a terminated project.
    """
    require(actor, Verb.PROJECT_VIEW)
    until = today + timedelta(days=within_days)
    act_by = sa.func.coalesce(col(Case.renew_by_on), col(Case.expires_on))
    query = (
        _named()
        .where(
            case_condition(actor, Verb.PROJECT_VIEW),
            col(Case.issued_on).is_not(None),
            col(Case.expires_on).is_not(None),
            act_by <= until,
            sa.or_(col(Item.code).not_in(START_BOUND), col(Project.started_on).is_(None)),
            sa.or_(col(Case.project_id).is_(None), col(Project.status) != ProjectStatus.TERMINATED),
        )
        .order_by(act_by, col(Case.id))
    )
    found: list[ExpiryRow] = []
    for case, item, _department, enterprise, project in session.execute(query):
        act_by_on = case.renew_by_on or case.expires_on
        found.append(
            ExpiryRow(
                case_id=case.id,
                item_code=item.code,
                item=item.name,
                permit_no=case.permit_no,
                enterprise=enterprise.name if enterprise else "",
                project_id=case.project_id,
                project=project.name if project else "",
                issued_on=case.issued_on,
                expires_on=case.expires_on,
                renew_by_on=case.renew_by_on,
                must_start=item.code in START_BOUND,
                act_by_on=act_by_on,
                days_left=(act_by_on - today).days,
                follow_up=item.follow_up,
            )
        )
    return found
