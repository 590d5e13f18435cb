"""Reads the building's own source, for the inspection tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


# Files whose whole module level is words for the screen.
WORD_TABLES = ("crm/ui/fields.py", "crm/web/menu.py", "crm/projects/gates.py")


@dataclass(frozen=True)
class Source:
    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every Python file below the folders, parsed; migrations left out."""
    found = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations/versions" in str(path):
                continue
            text = path.read_text("utf-8")
            found.append(Source(path, text, ast.parse(text)))
    return tuple(found)


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call below the node with its dotted name as written ("st.markdown", "_")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def messages() -> dict[str, str]:
    """Every source sentence given to `_()`, with the file it first stands in; labels included."""
    found: dict[str, str] = {}
    for source in sources("crm", "pages", "models"):
        if source.name in WORD_TABLES:
            for statement in source.tree.body:
                if isinstance(statement, ast.Assign | ast.AnnAssign):
                    for node in ast.walk(statement):
                        if isinstance(node, ast.Constant) and isinstance(node.value, str):
                            found.setdefault(node.value, source.name)
        for name, call in calls(source.tree):
            if name == "_w" and source.name == "crm/ledgers/headers.py":
                found.setdefault(str(ast.literal_eval(call.args[1])), source.name)
            if name in ("_", "i18n._") and call.args and isinstance(call.args[0], ast.Constant):
                found.setdefault(str(call.args[0].value), source.name)
        for node in ast.walk(source.tree):
            target = None
            if isinstance(node, ast.AnnAssign):
                target, value = node.target, node.value
            elif isinstance(node, ast.Assign):
                target, value = node.targets[0], node.value
            else:
                continue
            if (
                isinstance(target, ast.Name)
                and target.id.upper().endswith("LABELS")
                and isinstance(value, ast.Dict)
            ):
                for item in value.values:
                    if isinstance(item, ast.Constant) and isinstance(item.value, str):
                        found.setdefault(item.value, source.name)
    for path in sorted((ROOT / "crm" / "web" / "templates").glob("*.html")):
        for text in re.findall(r"""_\(\s*["']([^"']+)["']""", path.read_text("utf-8")):
            found.setdefault(text, str(path.relative_to(ROOT)))
    return found
