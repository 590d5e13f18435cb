"""What a start needs to know: is this a demo, and is there an administrator yet."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, select

from crm.core import signin
from crm.core.db import reading
from crm.core.i18n import _
from crm.core.today import today
from crm.web.app import Serving
from models import Project, User
from models.vocabulary import ROLE_LABELS


@dataclass(frozen=True)
class Start:
    """The application's settings and what is told on the console."""

    settings: Serving
    greeting: tuple[str, ...]


def production_serving(*, daily_scan: bool = True) -> Start:
    """Without demo accounts; prints a fresh one-time code while there is no administrator."""
    code = signin.new_setup_code()
    greeting = (
        (
            _("还没有管理员。请打开 /account/setup，用这个一次性设置码建立第一个管理员账号："),
            f"    {code}",
        )
        if code
        else ()
    )
    return Start(Serving(daily_scan=daily_scan), greeting)


def demo_serving(*, daily_scan: bool = True) -> Start:
    """With the demo town: made if the database is empty, its sign-ins printed."""
    from crm.demo import PASSWORD
    from crm.demo.town import make

    with reading() as session:
        empty = (
            session.exec(select(Project.id).limit(1)).first() is None
            and session.exec(select(User.id).limit(1)).first() is None
        )
    if empty:
        make(today())
    people = demo_people()
    lines = [_("演示账号（密码都是 {password}）", password=PASSWORD)]
    lines += [f"    {login:<12}{name}  {role}" for login, name, role in people]
    return Start(Serving(True, people, PASSWORD, daily_scan), tuple(lines))


def demo_people() -> tuple[tuple[str, str, str], ...]:
    """(login, name, role) of one demo account a role."""
    found: dict[str, tuple[str, str, str]] = {}
    with reading() as session:
        for user in session.exec(
            select(User).where(col(User.demo).is_(True), col(User.active).is_(True)).order_by(col(User.id))
        ):
            found.setdefault(user.role.value, (user.login, user.name, _(ROLE_LABELS[user.role])))
    return tuple(found.values())
