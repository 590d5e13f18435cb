"""crm user: accounts from the keyboard of the server."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from sqlmodel import Session, col, select

from crm.cli.output import emit, say
from crm.core import accounts, signin
from crm.core.access import SYSTEM
from crm.core.db import reading
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.core.signin import login_key
from crm.prepare import prepare
from models import Department, Town, User
from models.vocabulary import Role

ROLES = ", ".join(role.value for role in accounts.SIGN_IN_ROLES)
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, alone on standard output.")]
PasswordStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input instead of making one."),
]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    group = typer.Typer(help="Accounts: add, list, disable, reset passwords.", no_args_is_help=True)
    group.command("add", help="Open an account; prints its one-time password.")(add)
    group.command("list", help="List the accounts.")(list_users)
    group.command("disable", help="Disable an account; its open pages are signed out at once.")(disable)
    group.command("enable", help="Let a disabled account sign in again.")(enable)
    group.command("password", help="Reset an account's password; prints a one-time password.")(password)
    group.command("setup-code", help="Print a fresh one-time code for the first administrator.")(setup_code)
    app.add_typer(group, name="user")


def add(
    login: Annotated[str, typer.Argument(help="Name to sign in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[str, typer.Option(help=f"One of: {ROLES}.")],
    town: Annotated[
        str | None, typer.Option(help="Town (镇街), by name or a short way of writing it.")
    ] = None,
    department: Annotated[str | None, typer.Option(help="Department, by name or short name.")] = None,
    password_stdin: PasswordStdin = False,
    json: Json = False,
) -> None:
    """Create one account."""
    prepare()
    if role not in {r.value for r in accounts.SIGN_IN_ROLES}:
        raise Refusal(_("没有角色“{role}”，可用的有：{roles}。", role=role, roles=ROLES))
    with reading() as session:
        form = accounts.UserForm(
            login=login,
            name=name,
            role=Role(role),
            town_id=_town(session, town),
            department_id=_department(session, department),
        )
    typed = _typed(password_stdin)
    user_id, once = accounts.create_user(SYSTEM, form, password=typed)
    if json:
        emit({"id": user_id, "login": login, "one_time_password": once or None})
    else:
        print(once or _("已开通。"))


def list_users(json: Json = False) -> None:
    """Every account, active ones first."""
    prepare()
    with reading() as session:
        rows, _total = accounts.users(session, SYSTEM, per_page=100_000)
    if json:
        emit(
            [
                {
                    "id": r.id,
                    "login": r.login,
                    "name": r.name,
                    "role": r.role,
                    "town": r.town or None,
                    "department": r.department or None,
                    "active": r.active,
                    "demo": r.demo,
                    "last_sign_in_at": r.last_sign_in_at,
                    "open_sessions": r.open_sessions,
                }
                for r in rows
            ]
        )
        return
    for r in rows:
        state = "" if r.active else "  (disabled)"
        print(f"{r.login:<16} {r.role.value:<14} {r.name}  {r.town or r.department}{state}")


def disable(login: Annotated[str, typer.Argument(help="Whose account.")], json: Json = False) -> None:
    """Disable; open pages go to the sign-in form within a second."""
    _switch(login, active=False, json=json)


def enable(login: Annotated[str, typer.Argument(help="Whose account.")], json: Json = False) -> None:
    """Enable again."""
    _switch(login, active=True, json=json)


def _switch(login: str, *, active: bool, json: bool) -> None:
    prepare()
    with reading() as session:
        row = accounts.user(session, SYSTEM, _find(session, login))
    opened = {f: getattr(row, f) for f in accounts.UserForm.model_fields}
    form = accounts.UserForm(**(opened | {"active": active}))
    changed = accounts.edit_user(SYSTEM, row.id, form, opened=opened, version=row.version)
    if json:
        emit({"id": row.id, "login": row.login, "active": active, "changed": bool(changed)})


def password(
    login: Annotated[str, typer.Argument(help="Whose account.")],
    password_stdin: PasswordStdin = False,
    json: Json = False,
) -> None:
    """Reset a password; also unlocks the account and signs it out everywhere."""
    prepare()
    with reading() as session:
        user_id = _find(session, login)
    typed = _typed(password_stdin)
    once = ""
    if typed is None:
        once = accounts.set_password(SYSTEM, user_id)
    else:
        accounts.choose_password(SYSTEM, user_id, typed)
    if json:
        emit({"id": user_id, "login": login, "one_time_password": once or None})
    elif once:
        print(once)


def setup_code(json: Json = False) -> None:
    """A fresh code; refused once there is an administrator."""
    prepare()
    code = signin.new_setup_code()
    if code is None:
        raise Refusal(_("已经有管理员，不再需要设置码。忘记密码请用 crm user password。"))
    if json:
        emit({"setup_code": code})
    else:
        say(_("请打开 /account/setup，用这个一次性设置码建立第一个管理员账号："))
        print(code)


def _typed(from_stdin: bool) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if from_stdin else None


def _find(session: Session, login: str) -> int:
    found = session.exec(select(User.id).where(col(User.login_key) == login_key(login))).first()
    if found is None:
        raise Refusal(_("没有登录名为“{login}”的账号。", login=login))
    return found


def _town(session: Session, text: str | None) -> int | None:
    if text is None:
        return None
    for town in session.exec(select(Town)):
        if text in (town.name, town.code, *town.aliases):
            return town.id
    raise Refusal(_("没有镇街“{name}”，请按全称填写。", name=text))


def _department(session: Session, text: str | None) -> int | None:
    if text is None:
        return None
    for department in session.exec(select(Department)):
        if text in (department.name, department.short, *department.aliases):
            return department.id
    raise Refusal(_("没有部门“{name}”，请按全称填写。", name=text))
