"""Passwords: argon2id, and which ones are too easy.

Hashing is slow on purpose (64 MiB each), so only two run at a time, however many sign in.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crm.core.errors import Problem
from crm.core.i18n import _

MIN_LENGTH = 8
MAX_LENGTH = 128
PARALLEL_HASHES = 2

_hasher = PasswordHasher()  # argon2id, 64 MiB, t=3, p=4: RFC 9106's second recommendation
_room = threading.BoundedSemaphore(PARALLEL_HASHES)

# What people here really choose, and the words of this product; matched as a whole or as the stem
# of a password that only adds digits or signs (pengjiang2026!).
COMMON = frozenset(
    [
        "password",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "admin",
        "administrator",
        "adminadmin",
        "root",
        "welcome",
        "letmein",
        "iloveyou",
        "qwerty",
        "qwertyuiop",
        "qwer",
        "asdf",
        "asdfgh",
        "asdfghjkl",
        "zxcvbn",
        "zxcvbnm",
        "1qaz2wsx",
        "1q2w3e4r",
        "1q2w3e4r5t",
        "qazwsx",
        "qazwsxedc",
        "abc",
        "abcd",
        "abcdef",
        "abcdefg",
        "abcdefgh",
        "aa",
        "aaa",
        "aaaa",
        "a",
        "woaini",
        "wodemima",
        "mima",
        "iloveu",
        "test",
        "guest",
        "user",
        "dragon",
        "monkey",
        "football",
        "baseball",
        "sunshine",
        "princess",
        "superman",
        "changeme",
        "secret",
        "login",
        "master",
        "hello",
        "pengjiang",
        "jiangmen",
        "pengjiangqu",
        "guangdong",
        "huiketing",
        "zhongdian",
        "xiangmu",
        "zhengwu",
        "zhengshuju",
        "yuanqu",
        "crm",
        "huiketingcrm",
        "china",
        "zhongguo",
        "beijing",
        "guangzhou",
        "shenzhen",
    ]
)


def normal(password: str) -> str:
    """One form of a password however the keyboard composed it."""
    return unicodedata.normalize("NFKC", password)


def hash_of(password: str) -> str:
    """The argon2id hash to store."""
    with _room:
        return _hasher.hash(normal(password))


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))


def matches(stored: str, password: str) -> bool:
    """Whether the password is right. An unknown account (`stored` empty) costs the same time."""
    with _room:
        try:
            right = _hasher.verify(stored or _nobody(), normal(password)[:MAX_LENGTH])
        except (VerificationError, InvalidHashError):
            return False
    return right and bool(stored)


def problems(password: str, *, login: str = "", name: str = "", minimum: int = MIN_LENGTH) -> list[Problem]:
    """Everything that is wrong with a new password; empty when it may be used.

    Length and well-known words only, as ASVS 5.0 6.2 asks: no composition rules.
    """
    found: list[Problem] = []
    text = normal(password)
    if len(text) < minimum:
        found.append(Problem("password", _("密码至少{n}位，可以用一句容易记的话。", n=minimum)))
    if len(text) > MAX_LENGTH:
        found.append(Problem("password", _("密码最多{n}位。", n=MAX_LENGTH)))
    folded = text.casefold()
    stem = folded.strip("0123456789!@#$%^&*()_+-=.,?~ ")
    mine = {w.casefold() for w in (login, name) if w}
    if not stem or stem in COMMON or folded in COMMON or stem in mine or len(set(folded)) < 4:
        found.append(Problem("password", _("这个密码太常见，容易被猜到，请换一个。")))
    return found


def temporary() -> str:
    """A one-time password that is easy to read out: 12 letters and digits without look-alikes."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    raw = "".join(secrets.choice(alphabet) for _i in range(12))
    return f"{raw[:4]}-{raw[4:8]}-{raw[8:]}"
