"""Names: matching keys, pinyin, and masking. The name itself is never altered."""

from __future__ import annotations

import re
import unicodedata

from pypinyin import Style, lazy_pinyin

_PUNCTUATION = re.compile(r"[\s()（）【】\[\]「」“”\"'‘’·•,，.。、;；:：\-—–_/\\|]+")


def one_line(text: str) -> str:
    """A name as it is kept: line breaks of a narrow cell removed, ends trimmed, nothing else changed.

    A break between two Latin words becomes one space; between Chinese characters it vanishes.
    """
    text = text.replace("\u3000", " ").strip()
    text = re.sub(r"(?<=[A-Za-z0-9])[\r\n\v]+\s*(?=[A-Za-z0-9])", " ", text)
    return re.sub(r"\s*[\r\n\v]+\s*", "", text)


def name_key(text: str) -> str:
    """For matching only: NFKC, case folded, without spaces, brackets and dashes."""
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text).casefold())


def pinyin_of(text: str) -> tuple[str, str]:
    """(full pinyin without spaces, initials), lower case, for search."""
    plain = name_key(text)
    full = "".join(lazy_pinyin(plain))
    initials = "".join(lazy_pinyin(plain, style=Style.FIRST_LETTER))
    return full.lower()[:800], initials.lower()[:200]


def mask_phone(phone: str) -> str:
    """139****1234; anything too short to mask becomes stars."""
    digits = phone.strip()
    if len(digits) < 7:
        return "*" * len(digits)
    return f"{digits[:3]}{'*' * (len(digits) - 7)}{digits[-4:]}"
