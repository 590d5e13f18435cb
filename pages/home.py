"""我的工作台: the first screen, by role. Each answers one question of the person who opens it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from crm.core.access import Actor
from crm.ui.home_parts import administrator, clerk, handler, leader, officer, supervisor
from crm.ui.session import me, today
from models.vocabulary import Role

HOMES: dict[Role, Callable[[Actor, date], None]] = {
    Role.OFFICER: officer.show,
    Role.PARK_STAFF: clerk.show,
    Role.DEPARTMENT: handler.show,
    Role.SUPERVISOR: supervisor.show,
    Role.LEADER: leader.show,
    Role.ADMINISTRATOR: administrator.show,
}

actor = me()
HOMES[actor.role](actor, today())
