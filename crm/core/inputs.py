"""What a form hands to an action: pydantic models that speak the user's language.

A subclass of `Input` refuses bad values with a `Refusal` that lists every field at once,
so that a page only writes `with speaking(): action(actor, SomeForm(**typed))`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from crm.core.errors import Problem, Refusal
from crm.core.i18n import _


class Input(BaseModel):
    """Parent of every action's input. `labels` are the fields' own Chinese names, for the messages.

    Raises `Refusal` (never `ValidationError`) when built from bad values.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
    labels: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **typed: Any) -> None:
        try:
            super().__init__(**typed)
        except ValidationError as error:
            raise Refusal(*(_problem(self.labels, e) for e in error.errors())) from None


def _problem(labels: Mapping[str, str], error: ErrorDetails) -> Problem:
    field = str(error["loc"][0]) if error["loc"] else ""
    label = _(labels[field]) if field in labels else field
    says = _says(error["type"], error.get("ctx", {}))
    return Problem(field, _("“{label}”{says}", label=label, says=says) if label else says)


def _says(kind: str, ctx: Mapping[str, Any]) -> str:
    """One sentence for one kind of pydantic error; `ctx` carries its numbers."""
    if kind == "missing" or (kind == "string_too_short" and ctx.get("min_length") == 1):
        return _("不能为空，请填写。")
    if kind == "string_pattern_mismatch":
        return _("含有不认识的字符，请检查。")
    if kind == "string_too_long":
        return _("太长，最多 {n} 个字。", n=ctx["max_length"])
    if kind == "greater_than_equal":
        return _("不能小于 {n}。", n=ctx["ge"])
    if kind == "greater_than":
        return _("必须大于 {n}。", n=ctx["gt"])
    if kind == "less_than_equal":
        return _("不能大于 {n}。", n=ctx["le"])
    if kind == "decimal_max_places":
        return _("最多 {n} 位小数。", n=ctx["decimal_places"])
    if kind.startswith(("decimal", "int", "float", "finite")):
        return _("不是有效的数字，请只填数字。")
    if kind.startswith("date"):
        return _("不是有效的日期，请填如 2026-03-31。")
    if kind == "enum":
        return _("不在可选范围内，请重新选择。")
    if kind == "value_error":
        return str(ctx.get("error", ""))
    return _("填写有误，请检查。")
