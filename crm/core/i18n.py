"""Two languages. Source strings are Chinese, because the law's terms are; `en` is the translation.

`_("逾期{n}个工作日", n=3)` looks the sentence up and fills its blanks. Catalogues are plain
.po files under crm/locale, read once; a test fails on a missing translation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

LANGUAGES = {"zh_CN": "中文", "en": "English"}
LOCALE_DIR = Path(__file__).resolve().parents[1] / "locale"

_language: ContextVar[str] = ContextVar("language", default="zh_CN")


@cache
def catalogue(language: str) -> dict[str, str]:
    """msgid -> msgstr of one language; empty for the source language."""
    path = LOCALE_DIR / language / "LC_MESSAGES" / "crm.po"
    if not path.exists():
        return {}
    with path.open("rb") as f:
        return {str(m.id): str(m.string) for m in read_po(f) if m.id and m.string}


def language() -> str:
    return _language.get()


def set_language(code: str) -> None:
    """For the rest of this run (a page run or a command)."""
    _language.set(code if code in LANGUAGES else "zh_CN")


@contextmanager
def using(code: str) -> Iterator[None]:
    token = _language.set(code if code in LANGUAGES else "zh_CN")
    try:
        yield
    finally:
        _language.reset(token)


def _(message: str, /, **blanks: Any) -> str:
    """The sentence in the current language, its `{blanks}` filled."""
    text = catalogue(_language.get()).get(message, message)
    return text.format(**blanks) if blanks else text
