"""Is everything running: what the health screen and the health check tell."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

import sqlalchemy as sa
from sqlmodel import Session, col, select

from crm.core.access import Actor, Verb, require_all
from crm.core.migrate import current
from crm.core.settings import load_settings
from crm.core.today import now
from models import CalendarYear, ScanRun, User, WebSession

LOW_DISK_MB = 500  # SQLite cannot even delete on a full disk: it needs room for its log


@dataclass(frozen=True)
class State:
    """One look at the running system. Sizes in MB (10^6 bytes)."""

    version: str
    database: str  # sqlite / postgresql
    schema: str
    database_mb: int
    files_mb: int
    free_mb: int
    users: int
    open_sessions: int
    last_scan_at: datetime | None
    last_scan_error: str
    confirmed_years: tuple[int, ...]

    @property
    def disk_low(self) -> bool:
        return self.free_mb < LOW_DISK_MB


def product_version() -> str:
    try:
        return version("huiketing-crm")
    except PackageNotFoundError:
        return "?"


def free_mb() -> int:
    """Room left where the data lies, in MB."""
    return shutil.disk_usage(load_settings().var).free // 1_000_000


def state(session: Session, actor: Actor) -> State:
    """What the administrator sees. Raises `NotAllowed` for others."""
    require_all(actor, Verb.HEALTH_VIEW)
    settings = load_settings()
    connection = session.connection()
    if settings.is_sqlite:
        size = int(
            connection.execute(
                sa.text("select page_count * page_size from pragma_page_count(), pragma_page_size()")
            ).scalar_one()
        )
    else:
        size = int(connection.execute(sa.text("select pg_database_size(current_database())")).scalar_one())
    files = sum(p.stat().st_size for p in settings.files.rglob("*") if p.is_file())
    scan = session.exec(
        select(ScanRun).where(col(ScanRun.finished_at).is_not(None)).order_by(col(ScanRun.id).desc()).limit(1)
    ).first()
    # A run that failed is not finished: its error stands with the run that was started last.
    newest = session.exec(select(ScanRun).order_by(col(ScanRun.id).desc()).limit(1)).first()
    return State(
        version=product_version(),
        database=connection.dialect.name,
        schema=current(connection) or "",
        database_mb=size // 1_000_000,
        files_mb=files // 1_000_000,
        free_mb=free_mb(),
        users=int(
            session.scalar(sa.select(sa.func.count()).select_from(User).where(col(User.active).is_(True)))
            or 0
        ),
        open_sessions=int(
            session.scalar(
                sa.select(sa.func.count())
                .select_from(WebSession)
                .where(col(WebSession.ended_at).is_(None), col(WebSession.expires_at) > now())
            )
            or 0
        ),
        last_scan_at=scan.finished_at if scan else None,
        last_scan_error=newest.error if newest else "",
        confirmed_years=tuple(session.exec(select(CalendarYear.year).order_by(col(CalendarYear.year))).all()),
    )
