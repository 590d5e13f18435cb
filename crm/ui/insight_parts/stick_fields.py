"""The fields of a reform measure, for making and changing one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from crm.core.i18n import _
from crm.insight.inputs import MEASURE_FIELD_LABELS

Choices = tuple[Mapping[int, str], Mapping[int, str], Mapping[int, str]]  # items, departments, owners


def labels(table: Mapping[str, str]) -> dict[str, str]:
    """A table of labels in the reader's language."""
    return {name: _(text) for name, text in table.items()}


def fields(key: str, start: Mapping[str, Any], choices: Choices) -> dict[str, Any]:
    """The widgets inside a form; returns what is typed, None where nothing is chosen."""
    words = labels(MEASURE_FIELD_LABELS)
    items, departments, owners = choices

    def choose(name: str, options: Mapping[int, str]) -> int | None:
        keys = list(options)
        chosen = start.get(name)
        return st.selectbox(
            words[name],
            keys,
            index=keys.index(chosen) if isinstance(chosen, int) and chosen in options else None,
            format_func=lambda k: options[k],
            placeholder=_("请选择"),
            key=f"{key}-{name}",
        )

    typed: dict[str, Any] = {
        "title": st.text_input(words["title"], start.get("title", ""), max_chars=200, key=f"{key}-title"),
        "item_id": choose("item_id", items),
        "department_id": choose("department_id", departments),
        "text": st.text_area(words["text"], start.get("text", ""), max_chars=1000, key=f"{key}-text"),
        "owner_id": choose("owner_id", owners),
        "due_on": st.date_input(words["due_on"], start.get("due_on"), key=f"{key}-due"),
    }
    return typed
