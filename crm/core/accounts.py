"""Accounts and their sessions: who is behind a cookie, right now."""

from __future__ import annotations

from sqlmodel import Session, col, select

from crm.core.access import Actor
from crm.core.db import reading
from crm.core.today import now
from models import Officer, User, WebSession


def actor_of_user(session: Session, user: User) -> Actor:
    """The actor a user account stands for."""
    officer_id = session.exec(
        select(Officer.id).where(col(Officer.user_id) == user.id, col(Officer.active).is_(True))
    ).first()
    return Actor(
        user_id=user.id,
        name=user.name,
        role=user.role,
        town_id=user.town_id,
        department_id=user.department_id,
        officer_id=officer_id,
        language=user.language,
    )


def actor_of_session(session_id: int, user_id: int) -> Actor | None:
    """The actor of a live session row, or None when it has ended or the account is disabled."""
    with reading() as session:
        found = session.exec(
            select(User)
            .join(WebSession, col(WebSession.user_id) == User.id)
            .where(
                col(WebSession.id) == int(session_id),
                col(User.id) == int(user_id),
                col(WebSession.ended_at).is_(None),
                col(WebSession.expires_at) > now(),
                col(User.active).is_(True),
            )
        ).first()
        return actor_of_user(session, found) if found else None
