"""`crm demo`: make the demo town, start it afresh, list its sign-ins."""

from __future__ import annotations

from typing import Annotated

import typer

from crm.cli.output import emit, say
from crm.core.errors import Refusal
from crm.core.i18n import _
from models.vocabulary import ROLE_LABELS

Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    group = typer.Typer(
        no_args_is_help=True, help="The demo town: invented people, firms and projects to try the product in."
    )
    group.command("make", help="Fill an empty database with the demo town of today.")(make)
    group.command("reset", help="Throw the demo town away and build it afresh. Stop the server first.")(reset)
    group.command("accounts", help="List the demo sign-ins and their password.")(accounts)
    app.add_typer(group, name="demo")


def make(json: Json = False) -> None:
    from crm.demo import reset as room
    from crm.prepare import prepare

    prepare()
    found = room.look()
    if not found.empty:
        raise Refusal(
            _(
                "数据库里已有{users}个账号、{projects}个项目。演示城镇只建在空数据库里；重来请用 crm demo reset。",
                users=found.users,
                projects=found.projects,
            )
        )
    _build(json)


def reset(
    yes_delete_everything: Annotated[
        bool,
        typer.Option(
            "--yes-delete-everything",
            help="Go on although the database holds accounts or projects that are not the demo's.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    from crm.demo import reset as room
    from crm.prepare import prepare

    prepare()
    found = room.look()
    if not found.only_demo and not yes_delete_everything:
        raise Refusal(
            _(
                "没有重置：数据库里有{users}个正式账号、{projects}个不属于演示的项目，重置会全部删除。"
                "确实要删，请先备份（crm backup），再加 --yes-delete-everything。",
                users=found.own_users,
                projects=found.own_projects,
            )
        )
    room.wipe()
    _build(json)


def accounts(json: Json = False) -> None:
    from crm.demo import PASSWORD, town

    rows = [{"login": a.login, "name": a.name, "role": a.role.value} for a in town.accounts()]
    if json:
        emit({"password": PASSWORD, "accounts": rows})
        return
    for account in town.accounts():
        print(f"{account.login:<12}{account.name}\t{_(ROLE_LABELS[account.role])}")
    say(_("密码都是 {password}；只在 crm serve --demo 下可以登录。", password=PASSWORD))


def _build(json: bool) -> None:
    from crm.core.today import today
    from crm.demo import PASSWORD, town

    made = town.make(today())
    if json:
        emit(
            {
                "today": made.today,
                "projects": made.projects,
                "cases": made.cases,
                "visits": made.visits,
                "accounts": len(made.accounts),
                "password": PASSWORD,
            }
        )
        return
    print(
        _(
            "演示城镇已建好：{projects}个项目、{cases}个办件、{visits}次走访、{accounts}个账号，密码都是 {password}",
            projects=made.projects,
            cases=made.cases,
            visits=made.visits,
            accounts=len(made.accounts),
            password=PASSWORD,
        )
    )
