"""Starting the demo afresh: what speaks against it, and the wiping itself."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from crm.core.db import engine, reading
from crm.core.settings import load_settings
from models import AuditEntry, Project, User
from models.vocabulary import AuditVerb

DEMO_ACTION = "demo.make"


@dataclass(frozen=True)
class Found:
    """What a database holds. `own_*` are not the demo's: real accounts, and projects that neither
    the demo nor a demo account made."""

    users: int
    projects: int
    own_users: int
    own_projects: int

    @property
    def empty(self) -> bool:
        return self.users == 0 and self.projects == 0

    @property
    def only_demo(self) -> bool:
        return self.own_users == 0 and self.own_projects == 0


def look() -> Found:
    """Count what is there and whose it is, by the audit trail."""
    with reading() as session:
        return Found(
            users=_count(session, sa.select(col(User.id))),
            projects=_count(session, sa.select(col(Project.id))),
            own_users=_count(session, sa.select(col(User.id)).where(col(User.demo).is_(False))),
            own_projects=_count(
                session,
                sa.select(col(Project.id)).where(
                    col(Project.id).not_in(
                        sa.select(col(AuditEntry.record_id)).where(
                            col(AuditEntry.record) == "project",
                            col(AuditEntry.verb) == AuditVerb.CREATE,
                            col(AuditEntry.record_id).is_not(None),
                            sa.or_(
                                col(AuditEntry.action) == DEMO_ACTION,
                                col(AuditEntry.user_id).in_(
                                    sa.select(col(User.id)).where(col(User.demo).is_(True))
                                ),
                            ),
                        )
                    )
                ),
            ),
        )


def _count(session: Session, statement: sa.Select[Any]) -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(statement.subquery())).scalar_one())


def wipe() -> None:
    """Drop every table and stored file. The trail refuses deletion row by row, so whole tables go."""
    found = sa.MetaData()
    with engine().begin() as connection:
        found.reflect(connection)
        found.drop_all(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("DROP FUNCTION IF EXISTS refuse_audit_change()"))
    shutil.rmtree(load_settings().files, ignore_errors=True)
