"""Where the product keeps its things, from two environment variables.

`CRM_VAR` is the data folder (default `var/` beside the checkout); `CRM_DATABASE_URL`
is the database (default SQLite in that folder).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    var: Path
    database_url: str

    @property
    def files(self) -> Path:
        """Stored files, by hash."""
        return self.var / "files"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def load_settings() -> Settings:
    """Read the environment; create the data folder if it is missing."""
    var = Path(os.environ.get("CRM_VAR") or ROOT / "var").resolve()
    var.mkdir(parents=True, exist_ok=True)
    url = os.environ.get("CRM_DATABASE_URL") or f"sqlite:///{var / 'crm.sqlite3'}"
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    return Settings(var=var, database_url=url)
