"""What commands print: JSON alone on standard output, messages on standard error."""

from __future__ import annotations

import dataclasses
import json
import sys
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any


def plain(value: Any) -> Any:
    """For `json.dumps(default=)`: dates as ISO, whole Decimals as int, enums as value."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value)} has no JSON form")


def emit(value: Any) -> None:
    """The result, as JSON, alone on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=1, default=plain))


def say(message: str) -> None:
    """A message to the person at the keyboard."""
    print(message, file=sys.stderr)
