"""An event log through the product and back, held against PM4Py's own reading of the original.

`PYTHON benchmarks/pm4py_compare.py LOG.csv`, with a PYTHON that has PM4Py 2.7 (AGPL: kept out of the
project's own environment). LOG.csv has PM4Py's column names. The product imports it into a new database by
its command line and exports XES and CSV; PM4Py reads all three. Ends with 1 if anything differs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
CASE, STEP, AT = "case:concept:name", "concept:name", "time:timestamp"
FIELDS = (CASE, STEP, AT, "org:resource", "org:group", "concept:instance", "lifecycle:transition")

# What the product itself counts, through the queries its pages use.
OURS = """
import json
from datetime import date
from crm.approvals.queries import CaseFilter, count_cases
from crm.core.access import SYSTEM
from crm.core.db import reading
def n(**asked):
    with reading() as session:
        return count_cases(session, SYSTEM, date.today(), CaseFilter.read({"state": "all"} | asked))
print(json.dumps({"cases": n(), "closed": n(state="closed"), "late": n(own_late="yes")}))
"""


def product(*words: str, var: Path) -> str:
    return subprocess.run(
        [str(BIN / words[0]), *words[1:]],
        env={**os.environ, "CRM_VAR": str(var), "CRM_DATABASE_URL": f"sqlite:///{var}/crm.sqlite3"},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def lines(log: Any) -> list[tuple[Any, ...]]:
    """Every event as a tuple, case by case in the order of time; ties as the log has them."""
    ordered = log.assign(_at=range(len(log))).sort_values([CASE, AT, "_at"])
    blank = ordered[list(FIELDS)].astype(object).where(ordered[list(FIELDS)].notna(), "")
    return [tuple(row) for row in blank.itertuples(index=False)]


def figures(log: Any) -> dict[str, Any]:
    import pm4py

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "cases": log[CASE].nunique(),
            "events": len(log),
            "activities": log[STEP].value_counts().to_dict(),
            "resources": log["org:resource"].value_counts().to_dict(),
            "variants": {k: int(v) for k, v in pm4py.get_variants(log).items()},
            "start activities": pm4py.get_start_activities(log),
            "end activities": pm4py.get_end_activities(log),
            "case durations": sorted(pm4py.get_all_case_durations(log)),
        }


def shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"{len(value)} kinds, {sum(value.values()):,} in all"
    if isinstance(value, list):
        return f"{len(value)}, median {value[len(value) // 2] / 86400:.2f} d, sum {sum(value) / 86400:,.1f} d"
    return f"{value:,}" if isinstance(value, int) else str(value)


def main() -> int:
    import pandas as pd
    import pm4py

    original = pd.read_csv(sys.argv[1])
    original[AT] = pd.to_datetime(original[AT], utc=True, format="ISO8601")
    original = pm4py.format_dataframe(original, case_id=CASE, activity_key=STEP, timestamp_key=AT)
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        told = json.loads(
            product("crm", "import", "events", sys.argv[1], "--item", "Permit", "--json", var=var)
        )
        for name in ("log.xes", "log.csv"):
            product("crm", "export", "events", str(var / name), "--json", var=var)
        counted = json.loads(product("python", "-c", OURS, var=var))
        xes = pm4py.read_xes(str(var / "log.xes"))
        table = pd.read_csv(var / "log.csv")
    table[AT] = pd.to_datetime(table[AT], utc=True, format="ISO8601")
    table = pm4py.format_dataframe(table, case_id=CASE, activity_key=STEP, timestamp_key=AT)
    print("imported:", {batch["kind"]: batch["new"] for batch in told})

    wrong = 0
    reference = figures(original)
    for what, log in (("XES", xes), ("CSV", table)):
        found = figures(log)
        for name, value in reference.items():
            same = found[name] == value
            wrong += not same
            print(f"{what}  {name:18} {'equal' if same else 'DIFFERS':8} {shown(value)}")
            if not same:
                print(f"     {'':18} {'ours':8} {shown(found[name])}")
        same = lines(log) == lines(original)
        wrong += not same
        print(f"{what}  {'event by event':18} {'equal' if same else 'DIFFERS':8} {', '.join(FIELDS)}")
    wrong += _deadlines(original, counted, pd.to_datetime)
    return int(wrong > 0)


def _deadlines(original: Any, counted: dict[str, int], instant: Callable[..., Any]) -> int:
    """Closed cases and those closed after the deadline the log states."""
    if "case:deadline" not in original or "case:enddate" not in original:
        return 0
    cases = original.drop_duplicates(CASE)
    end, due = (
        instant(cases[name], utc=True, format="ISO8601") for name in ("case:enddate", "case:deadline")
    )
    expected = {"cases": len(cases), "closed": int(end.notna().sum()), "late": int((end > due).sum())}
    same = expected == counted
    print(f"own  {'deadlines':18} {'equal' if same else 'DIFFERS':8} {expected} ours {counted}")
    return int(not same)


if __name__ == "__main__":
    raise SystemExit(main())
