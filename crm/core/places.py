"""The names of towns and departments, for choices."""

from __future__ import annotations

from sqlmodel import Session, col, select

from models import Department, Town


def towns(session: Session) -> dict[int, str]:
    """{id: name} in the district's own order."""
    rows = session.exec(select(Town.id, Town.name).order_by(col(Town.sort), col(Town.id))).all()
    return {int(key): name for key, name in rows if key is not None}


def departments(session: Session) -> dict[int, str]:
    """{id: name} of the departments in use."""
    rows = session.exec(
        select(Department.id, Department.name)
        .where(col(Department.active).is_(True))
        .order_by(col(Department.id))
    ).all()
    return {int(key): name for key, name in rows if key is not None}
