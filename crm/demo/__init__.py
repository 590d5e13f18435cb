"""A living town to try the product in."""

from __future__ import annotations

# Shown under the sign-in form of a demo; the accounts exist in no other start.
PASSWORD = "huiketing-demo"  # noqa: S105
