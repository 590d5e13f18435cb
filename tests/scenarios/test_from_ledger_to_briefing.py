"""One story through the command alone: an empty folder, four ledgers, a scan, two briefings, and every sum agrees."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from crm.core.today import today
from tests.browser import ledgers
from tests.browser.ledgers import Ledger

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Office:
    """A folder with its own database, and the `crm` command in a process of its own."""

    var: Path
    day: date

    def crm(self, *arguments: str, fails: bool = False) -> str:
        done = subprocess.run(
            [sys.executable, "-c", "from crm.cli import main; main()", *arguments],
            cwd=ROOT,
            env={k: v for k, v in os.environ.items() if k != "CRM_DATABASE_URL"} | {"CRM_VAR": str(self.var)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) is fails, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    def json(self, *arguments: str, fails: bool = False) -> Any:
        return json.loads(self.crm(*arguments, "--json", fails=fails))

    def take(self, ledger: Ledger, *how: str, fails: bool = False) -> dict[str, Any]:
        """Import for the present month, which a ledger without a title does not say."""
        found: dict[str, Any] = self.json(
            "import", "ledger", str(ledger.path), *how, "--today", self.day.isoformat(), fails=fails
        )
        return found


def counts(found: dict[str, Any]) -> dict[str, int]:
    """Rows by what became of them; lists are counted."""
    keys = ("new", "changed", "unchanged", "duplicates", "refused")
    return {k: len(found[k]) if isinstance(found[k], list) else int(found[k]) for k in keys}


def tables_of(data: bytes) -> dict[str, list[list[str]]]:
    """The paper's tables by the text of their first heading cell."""
    tables = [
        [[c.text.strip() for c in row.cells] for row in t.rows] for t in Document(io.BytesIO(data)).tables
    ]
    return {rows[0][0] if rows[0][0] != "序号" else rows[0][1]: rows for rows in tables if rows}


def text_of(data: bytes) -> str:
    return "\n".join(p.text for p in Document(io.BytesIO(data)).paragraphs)


def amount(cell: str) -> Decimal:
    return Decimal(cell.replace(",", ""))


def total(rows: Sequence[dict[str, Any]], key: str) -> Decimal:
    return sum((Decimal(str(r[key])) for r in rows if r[key] is not None), Decimal(0))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    var = tmp_path / "data"
    var.mkdir()
    return Office(var, today())


def test_four_ledgers_become_a_register_and_two_briefings_whose_sums_agree(
    office: Office, tmp_path: Path
) -> None:
    day = office.day
    bad = ledgers.with_bad_rows(tmp_path)
    good = [
        ledgers.titled(tmp_path, day),
        ledgers.one_sheet_a_town(tmp_path),
        ledgers.from_an_old_system(tmp_path),
    ]

    # A dry run tells and writes nothing.
    told = office.take(good[0])
    assert counts(told)["new"] == len(good[0].projects)
    assert told["batch"] is None
    assert office.json("export", "projects") == []

    for ledger in good:
        found = counts(office.take(ledger, "--commit"))
        assert found == {
            "new": len(ledger.projects),
            "changed": 0,
            "unchanged": 0,
            "duplicates": 0,
            "refused": 0,
        }, ledger.path.name

    # All or nothing writes nothing while a row is refused; good rows only writes the rest.
    refused = office.take(bad, "--commit", fails=True)
    assert [r["row"] for r in refused["refused"]] == list(bad.refused)
    assert all(r["reason"] for r in refused["refused"])
    written = office.take(bad, "--commit-good")
    assert counts(written)["new"] == len(bad.projects)

    # The same files again change nothing.
    for ledger in good:
        again = counts(office.take(ledger, "--commit"))
        assert (again["new"], again["changed"]) == (0, 0), ledger.path.name
        assert again["unchanged"] == len(ledger.projects), ledger.path.name

    # The register holds what the ledgers say, to the yuan and to the character.
    truth = {p.name: p for ledger in (*good, bad) for p in ledger.projects}
    register = {p["name"]: p for p in office.json("export", "projects", "--today", day.isoformat())}
    assert set(register) == set(truth)
    for name, p in truth.items():
        row = register[name]
        assert (row["enterprise"], row["town"], row["officers"]) == (p.firm, p.town, list(p.officers)), name
        assert [Decimal(str(row[k])) for k in ("total_wan", "plan_wan", "done_wan")] == [
            p.total_wan,
            p.plan_wan,
            p.done_wan,
        ], name

    # The scan warns of the one project nobody looks after, and tells it once.
    first = office.json("scan", "--today", day.isoformat())
    unattended = {p.name for p in truth.values() if not p.officers}
    assert {a["project"] for a in first["alerts"] if a["kind"] == "no_officer"} == unattended
    second = office.json("scan", "--today", day.isoformat())
    assert (second["raised"], second["open"]) == (0, first["open"])

    # The hall's briefing: every total is the sum of the register.
    rows = list(register.values())
    hall = tmp_path / "简报.docx"
    office.json(
        "brief", "hall", "--from", day.replace(day=1).isoformat(), "--to", day.isoformat(), "--out", str(hall)
    )
    tables = tables_of(hall.read_bytes())
    sums = [total(rows, key) for key in ("total_wan", "plan_wan", "done_wan")]
    for heading, name_at, first_amount in (("类别", 0, 2), ("镇街", 0, 2), ("项目名称", 1, 5)):
        lines = tables[heading]
        last = lines[-1]
        assert last[name_at].startswith("合计"), heading
        assert [amount(c) for c in last[first_amount : first_amount + 3]] == sums, heading
    assert amount(tables["镇街"][-1][1]) == len(rows)
    for line in tables["镇街"][1:-1]:
        part = [r for r in rows if r["town"] == line[0]]
        assert amount(line[1]) == len(part), line[0]
        assert [amount(c) for c in line[2:5]] == [
            total(part, key) for key in ("total_wan", "plan_wan", "done_wan")
        ], line[0]
    listed = {line[1]: line for line in tables["项目名称"][1:-1]}
    assert set(listed) == set(register)
    assert f"全区安排重点项目{len(rows)}项" in text_of(hall.read_bytes())
    reds = sum(1 for r in rows if r["light"] == "red")
    assert sum(line[4] == "红灯" for line in listed.values()) == reds

    # One project's report names its officer, its amounts and its firm; the paper is asked for by name.
    report = tmp_path / "专报.docx"
    office.json("brief", "project", "--project", "𬭚基合金靶材项目", "--out", str(report))
    told_of = text_of(report.read_bytes())
    for fact in ("𬭚基合金靶材项目", "江门市㙍岸新材料有限公司", "邝启明", "总投资2.843亿元", "4200万元"):
        assert fact in told_of
