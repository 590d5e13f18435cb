"""The security headers of every answer, and the one place that builds the page's policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

RawHeaders = list[tuple[bytes, bytes]]

ALWAYS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
NO_STORE = (b"cache-control", b"no-store")

# The sign-in pages carry their own style and no script at all.
FORM_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# A stored file opened in the browser may do nothing.
FILE_POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


def script_hashes(html: str) -> list[str]:
    """The CSP hashes of a page's inline scripts."""
    inline = re.findall(r"<script>(.*?)</script>", html, re.S)
    return [
        "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for text in inline
    ]


def app_policy(html: str) -> str:
    """The policy of the application's own page, with the hashes of its inline scripts."""
    scripts = " ".join(["'self'", "'wasm-unsafe-eval'", *script_hashes(html)])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
        "frame-src 'self' blob: data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def dressed(headers: Iterable[tuple[bytes, bytes]], *, policy: str, secure: bool, store: bool) -> RawHeaders:
    """The answer's headers with ours put in; what the answer itself says about policy and caching stays
    unless it must not be stored."""
    ours: dict[bytes, bytes] = dict(ALWAYS)
    ours[b"content-security-policy"] = policy.encode()
    if secure:
        ours[HSTS[0]] = HSTS[1]
    given = [(k.lower(), v) for k, v in headers]
    names = {k for k, _v in given}
    if not store:
        given = [(k, v) for k, v in given if k != b"cache-control"] + [NO_STORE]
    given = [(k, v) for k, v in given if k != b"server"]
    return given + [(k, v) for k, v in ours.items() if k not in names]
