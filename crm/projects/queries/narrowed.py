"""Exactly the projects a list shows, as ids, for whatever is done to all of them at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.core.access import Actor, Verb, project_condition
from crm.projects.queries.filters import ProjectFilter, conditions
from crm.projects.queries.lights import light_columns, light_limits
from models import Enterprise, Project


def ids_asked(session: Session, actor: Actor, verb: Verb, asked: ProjectFilter, *, today: date) -> Any:
    """A SELECT of the ids that the filter asks for and the verb reaches: for `column.in_(…)`."""
    lights = light_columns(light_limits(session, today))
    where, reads_light = conditions(asked, actor, today, lights)
    statement = sa.select(col(Project.id)).select_from(Project)
    statement = statement.outerjoin(Enterprise, col(Enterprise.id) == col(Project.enterprise_id))
    if reads_light:
        statement = lights.join(statement)
    return statement.where(*where, project_condition(actor, verb))
