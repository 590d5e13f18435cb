"""crm serve: the application itself."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from crm.cli.output import say


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("serve", help="Start the application at http://HOST:PORT.")(serve)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8501,
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill an empty database with the demo town; let demo accounts in.")
    ] = False,
    scan: Annotated[bool, typer.Option(help="Run the daily alert scan at 07:30 in this process.")] = True,
) -> None:
    """Bring the database up to date, then serve until interrupted."""
    from crm.prepare import prepare
    from crm.web.start import demo_serving, production_serving

    prepare()
    serving = demo_serving(daily_scan=scan) if demo else production_serving(daily_scan=scan)
    for line in serving.greeting:
        say(line)
    say(f"会客厅 CRM  http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}")  # noqa: S104

    import uvicorn

    from crm.web.app import make_app

    uvicorn.run(
        make_app(serving.settings),
        host=host,  # uvicorn binds by itself: a socket bound for it would lose TCP_NODELAY, +40 ms a click
        port=port,
        ws="websockets-sansio",
        ws_per_message_deflate=False,  # costs more processor time than it saves on a local network
        ws_max_size=64 * 1024 * 1024,
        ws_ping_interval=30,
        access_log=False,
        log_config=None,  # Streamlit adds a handler of its own; two would print every line twice
        proxy_headers=True,
        forwarded_allow_ips=os.environ.get("CRM_PROXIES", "127.0.0.1"),
        server_header=False,
        timeout_graceful_shutdown=10,
    )
