"""`crm`: the back door. One file per group of commands, listed in `COMMANDS`.

Each file has `register(app)`. A command brings the database up to date before it starts.
"""

from __future__ import annotations

import importlib
import sys

import typer

from crm.core.errors import CrmError

# Files of this folder, in the order of the help page.
COMMANDS = ("serve", "demo", "ledger", "scan", "brief", "clock", "backup", "user", "calendar", "catalogue")


def build() -> typer.Typer:
    """The whole command, assembled."""
    app = typer.Typer(
        name="crm",
        help="会客厅 CRM: key projects, permit clocks, visits and service briefings.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    for name in COMMANDS:
        importlib.import_module(f"crm.cli.{name}").register(app)
    return app


def main() -> None:
    """Entry point of the console command; an expected error is one line on standard error."""
    try:
        build()()
    except CrmError as error:
        print(str(error), file=sys.stderr)
        raise SystemExit(2) from None
