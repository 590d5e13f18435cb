"""URLs of our screens and files, in one place."""

from __future__ import annotations

from urllib.parse import urlencode


def to(page: str, **params: object) -> str:
    """`to("project", id=5)` -> "/project?id=5". The page's name is its file's name."""
    query = urlencode({k: str(v) for k, v in params.items() if v is not None})
    return ("/" if page == "home" else f"/{page}") + (f"?{query}" if query else "")


def file(public_id: str) -> str:
    """A stored file, through our own permission-checked route."""
    return f"/files/{public_id}"
