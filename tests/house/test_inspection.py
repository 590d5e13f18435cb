"""The building inspection: the house's own rules, read off its source."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tests.house.inspection import ROOT, calls, dotted, imports, messages, sources

ROOMS = [p for p in sorted((ROOT / "crm").iterdir()) if (p / "__init__.py").exists() and p.name != "cli"]


def found(pattern: str, *folders: str, leave: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{s.name}:{i}"
        for s in sources(*folders)
        if s.name not in leave
        for i, line in enumerate(s.text.splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_only_the_database_room_commits():
    assert found(r"\.commit\(\)", "crm", "pages", leave=("crm/core/db.py", "crm/core/migrate.py")) == []


def test_only_the_renderer_knows_the_word_library():
    knows = {
        s.name
        for s in sources("crm", "pages")
        for name in imports(s.tree)
        if name.split(".")[0] in ("docx", "docxtpl")
    }
    assert {n for n in knows if not n.startswith("crm/briefings/")} == set()


@pytest.mark.parametrize(
    "source",
    [s for s in sources("crm") if s.path.name == "rules.py" or s.path.parent.name == "rules"],
    ids=lambda s: s.name,
)
def test_a_rule_touches_nothing(source):
    allowed = set(sys.stdlib_module_names) | {"__future__"}
    strangers = [
        name
        for name in imports(source.tree)
        if name.split(".")[0] not in allowed
        and name != "models.vocabulary"
        and not name.endswith(("rules", "_rules"))
        and ".rules." not in name
        and name.split(".")[0] not in ("networkx", "numpy")  # arithmetic without a door to anywhere
    ]
    assert strangers == []
    clocks = [n for n, _ in calls(source.tree) if n in ("date.today", "datetime.now", "today", "now")]
    assert clocks == [], "a rule has no wall clock: pass the day in"


def test_no_sql_is_built_from_text():
    built = [
        f"{s.name}:{call.lineno}"
        for s in sources("crm", "pages")
        for name, call in calls(s.tree)
        if name.split(".")[-1] in ("text", "execute", "exec_driver_sql")
        and call.args
        and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
        and s.name not in ("crm/core/db.py", "crm/core/vault.py")  # PRAGMA and table names of our own
    ]
    assert built == []


def test_no_page_shows_raw_html():
    assert found(r"unsafe_allow_html|unsafe_allow_javascript", "pages", "crm/ui") == []


def test_a_date_out_of_range_reaches_the_action_and_its_sentence():
    """Streamlit keeps a typed day beyond its limits to itself, says so in English, and sends the day before
    it: a save would write a date nobody typed. The action refuses in the reader's words instead."""
    limited = [
        f"{s.name}:{call.lineno}"
        for s in sources("pages", "crm/ui")
        for name, call in calls(s.tree)
        if name.split(".")[-1] == "date_input"
        for keyword in call.keywords
        if keyword.arg in ("min_value", "max_value")
        and not (isinstance(keyword.value, ast.Call) and getattr(keyword.value.func, "id", "") == "date")
    ]
    assert limited == []


def test_a_page_writes_no_sql_and_builds_no_row():
    guilty = [
        f"{s.name}: {name}"
        for s in sources("pages")
        for name in imports(s.tree)
        if name.startswith(("sqlalchemy", "sqlmodel", "models")) and name != "models.vocabulary"
    ]
    assert guilty == []


def test_every_action_asks_who_may():
    """A public function with an `actor` that opens a unit of work asks `require*`, or a function it calls does."""
    silent = []
    for source in sources("crm"):
        if "actions" not in source.name and source.name != "crm/core/accounts.py":
            continue
        functions = {n.name: n for n in ast.walk(source.tree) if isinstance(n, ast.FunctionDef)}
        asks = {
            name
            for name, node in functions.items()
            if any(
                n.split(".")[-1] in ("require", "require_all", "project_condition", "visit_condition")
                for n, _ in calls(node)
            )
        }
        grown = True
        while grown:
            more = {
                name
                for name, node in functions.items()
                if name not in asks and any(n.split(".")[-1] in asks for n, _ in calls(node))
            }
            asks |= more
            grown = bool(more)
        for name, node in functions.items():
            arguments = [a.arg for a in node.args.args]
            writes = any(n.split(".")[-1] == "unit_of_work" for n, _ in calls(node))
            marked = "# own record" in source.text.splitlines()[node.lineno - 1]
            if writes and "actor" in arguments and name not in asks and not marked:
                silent.append(f"{source.name}:{name}")
    assert silent == []


def test_sentences_are_literal_so_that_they_can_be_translated():
    odd = [
        f"{s.name}:{call.lineno}"
        for s in sources("crm", "pages")
        for name, call in calls(s.tree)
        if name == "_" and call.args and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert odd == []


def test_every_sentence_has_its_english():
    path = ROOT / "crm" / "locale" / "en" / "LC_MESSAGES" / "crm.po"
    with path.open("rb") as f:
        english = {str(m.id): str(m.string) for m in read_po(f) if m.id}
    missing = {text: where for text, where in messages().items() if re.search(r"[\u4e00-\u9fff]", text)}
    missing = {text: where for text, where in missing.items() if not english.get(text)}
    assert missing == {}


def test_the_blanks_of_a_translation_are_the_blanks_of_its_sentence():
    path = ROOT / "crm" / "locale" / "en" / "LC_MESSAGES" / "crm.po"
    with path.open("rb") as f:
        pairs = [(str(m.id), str(m.string)) for m in read_po(f) if m.id]
    blank = re.compile(r"\{(\w*)[^}]*\}")
    wrong = [a for a, b in pairs if b and set(blank.findall(a)) != set(blank.findall(b))]
    assert wrong == []


def test_no_page_speaks_chinese_outside_the_catalogue():
    """A Chinese sentence in a page stands inside `_()`; otherwise the English switch misses it."""
    loose = []
    for source in sources("pages"):
        inside: set[int] = set()
        for name, call in calls(source.tree):
            if name == "_" and call.args:
                inside |= {id(n) for n in ast.walk(call.args[0])}
        documented = {
            id(node.body[0].value)
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        labels = {
            id(n)
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Assign | ast.AnnAssign)
            and dotted(node.targets[0] if isinstance(node, ast.Assign) else node.target).endswith("LABELS")
            for n in ast.walk(node)
        }
        loose += [
            f"{source.name}:{n.lineno} {n.value[:20]}"
            for n in ast.walk(source.tree)
            if isinstance(n, ast.Constant)
            and isinstance(n.value, str)
            and re.search(r"[\u4e00-\u9fff]{2}", n.value)
            and id(n) not in inside | documented | labels
        ]
    assert loose == []


def test_every_page_is_on_the_menu_and_every_menu_line_has_its_page():
    from crm.web.menu import MENU

    files = {p.stem for p in (ROOT / "pages").glob("*.py")} - {"__init__"}
    assert {spec.file for spec in MENU} == files


@pytest.mark.parametrize("room", ROOMS, ids=lambda p: p.name)
def test_every_room_says_what_it_is_for(room: Path):
    assert (room / "README.md").exists()


def test_no_test_sleeps():
    """A server of another process may be asked again until it answers: tests/browser/conftest.py, once."""
    leave = ("tests/house/test_inspection.py", "tests/browser/conftest.py")
    assert found(r"time\.sleep|wait_for_timeout|asyncio\.sleep", "tests", leave=leave) == []


def test_no_file_is_too_long_to_read_in_a_few_minutes():
    long = [f"{s.name}: {n}" for s in sources("crm", "pages", "models") if (n := s.text.count("\n")) > 600]
    assert long == []
