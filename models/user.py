"""Accounts, their sessions, and the one-time code of a first start."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from models.base import Base, Record, instant, now_column, words
from models.vocabulary import Role


class User(Record, table=True):
    """Someone who signs in. What he may do is his role's rows in `crm.core.access`."""

    __tablename__ = "user_account"

    login: str = Field(max_length=60)
    login_key: str = Field(unique=True, max_length=60)  # NFKC + casefold: ａｄｍｉｎ is admin
    name: str = Field(max_length=60)
    role: Role = words(Role, index=True)
    password_hash: str = Field(default="", max_length=200)  # "" never matches
    town_id: int | None = Field(default=None, foreign_key="town.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    phone: str = Field(default="", max_length=30)
    language: str = Field(default="zh_CN", max_length=10)
    active: bool = Field(default=True, index=True)
    demo: bool = False
    failed_attempts: int = 0
    locked_until: datetime | None = instant()
    password_set_at: datetime | None = instant()
    last_sign_in_at: datetime | None = instant()


class WebSession(Base, table=True):
    """One signed-in browser. Only the token's SHA-256 is kept."""

    __tablename__ = "web_session"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(unique=True, max_length=64)
    user_id: int = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = now_column()
    seen_at: datetime = now_column()
    expires_at: datetime = now_column()
    ended_at: datetime | None = instant()
    ended_why: str = Field(default="", max_length=30)
    address: str = Field(default="", max_length=64)
    agent: str = Field(default="", max_length=200)


class SetupCode(Base, table=True):
    """The one-time code that lets the first administrator in; printed once on the console."""

    __tablename__ = "setup_code"

    id: int | None = Field(default=None, primary_key=True)
    code_hash: str = Field(max_length=64)
    created_at: datetime = now_column()
    used_at: datetime | None = instant()
    failed_attempts: int = 0
